//! Notices steps of a transaction, or of leaving a group, that never return.

use super::settings::Stalled;
use crate::memory::locked;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

#[derive(Default)]
struct Steps {
    next: u64,
    running: BTreeMap<u64, (Instant, String)>,
}

/// Keeps the steps that are under way; a thread looks after them. Clones are the same.
#[derive(Clone)]
pub(crate) struct Watchdog {
    steps: Arc<Mutex<Steps>>,
}

/// A step under way; dropping it is its end.
pub(crate) struct Step {
    steps: Arc<Mutex<Steps>>,
    id: u64,
}

impl Watchdog {
    /// Starts the thread; it ends with the watchdog.
    pub(crate) fn start(limit: Duration, stalled: Stalled) -> std::io::Result<Self> {
        let steps = Arc::new(Mutex::new(Steps::default()));
        let weak = Arc::downgrade(&steps);
        let every = (limit / 10).clamp(Duration::from_millis(5), Duration::from_millis(500));
        let thread = std::thread::Builder::new().name("tocsin-watchdog".to_owned());
        thread.spawn(move || {
            while let Some(message) = watch(&weak, limit, every) {
                stalled(&message);
            }
        })?;
        Ok(Watchdog { steps })
    }

    /// A step begins: `what` says which.
    pub(crate) fn step(&self, what: impl Into<String>) -> Step {
        let mut steps = locked(&self.steps);
        steps.next += 1;
        let id = steps.next;
        steps.running.insert(id, (Instant::now(), what.into()));
        Step {
            steps: self.steps.clone(),
            id,
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        locked(&self.steps).running.remove(&self.id);
    }
}

/// Waits for a step to stall and takes it out; `None`: the watchdog is gone.
fn watch(steps: &Weak<Mutex<Steps>>, limit: Duration, every: Duration) -> Option<String> {
    loop {
        {
            let steps = steps.upgrade()?;
            let mut steps = locked(&steps);
            let late = |(since, _): &(Instant, String)| since.elapsed() >= limit;
            let found = steps
                .running
                .iter()
                .find(|(_, step)| late(step))
                .map(|(id, _)| *id);
            if let Some((since, what)) = found.and_then(|id| steps.running.remove(&id)) {
                let seconds = since.elapsed().as_secs();
                return Some(format!("{what} has not returned for {seconds} s"));
            }
        }
        std::thread::sleep(every);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_step_that_hangs_is_told_once_and_one_that_ends_is_not() {
        let (tell, told) = mpsc::channel();
        let tell = Mutex::new(tell);
        let stalled: Stalled = Arc::new(move |what| locked(&tell).send(what.to_owned()).unwrap());
        let watchdog = Watchdog::start(Duration::from_millis(50), stalled).unwrap();
        drop(watchdog.step("the quick one"));
        let hanging = watchdog.step("the hanging one");
        let message = told.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(message.contains("the hanging one"), "{message}");
        assert!(told.recv_timeout(Duration::from_millis(200)).is_err());
        drop((hanging, watchdog));
    }
}
