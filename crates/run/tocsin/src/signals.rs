//! Waits for the signals that end a process.

use crate::errors::Failure;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that an interrupt or a termination raises, for work that ends in good order. A second
/// signal ends the process at once.
pub(crate) fn interrupts() -> Result<Arc<AtomicBool>, Failure> {
    let raised = Arc::new(AtomicBool::new(false));
    let flag = raised.clone();
    let watch = move || {
        wait();
        flag.store(true, Ordering::SeqCst);
        wait();
        std::process::exit(i32::from(crate::errors::exit::FAILED));
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(watch)
        .map_err(|error| Failure::failed("threads", format!("waiting for signals: {error}")))?;
    Ok(raised)
}

/// Waits for an interrupt or a termination.
pub(crate) fn wait() {
    wait_or(&|| false);
}

/// Waits for an interrupt or a termination, or until `done` says yes; it is asked four times a
/// second. True: a signal came.
pub(crate) fn wait_or(done: &dyn Fn() -> bool) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        return true;
    };
    runtime.block_on(async {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut interrupt), Ok(mut terminate)) = (
            signal(SignalKind::interrupt()),
            signal(SignalKind::terminate()),
        ) else {
            return true;
        };
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(250));
        loop {
            tokio::select! {
                _ = interrupt.recv() => return true,
                _ = terminate.recv() => return true,
                _ = tick.tick() => {
                    if done() {
                        return false;
                    }
                }
            }
        }
    })
}
