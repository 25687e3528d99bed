//! Ends what nobody shall wait for: a client that is stuck may take for ever to close.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// How many may be on their way to their end. Whoever is stuck beyond that stays in use: clients
/// that never end must not become more and more, and only a new process is without them.
pub(crate) const MOST: usize = 4;
/// How long until it is looked again whether somebody still uses it.
const AGAIN: Duration = Duration::from_millis(20);

/// Counts those that are on their way.
#[derive(Default)]
pub(crate) struct Retired(Arc<()>);

impl Retired {
    /// Whether so many are on their way that there is none for another.
    pub(crate) fn are_most(&self) -> bool {
        Arc::strong_count(&self.0) > MOST
    }

    /// The way to the end of one more, on a thread of its own; `None`: there are too many, or there
    /// is no thread for it.
    pub(crate) fn way<T: Send + Sync + 'static>(&self) -> Option<Sender<Arc<T>>> {
        if self.are_most() {
            return None;
        }
        let counted = self.0.clone();
        let (way, coming) = channel();
        let thread = std::thread::Builder::new().name("tocsin-retired".to_owned());
        let started = thread.spawn(move || {
            if let Ok(last) = coming.recv() {
                end(last);
            }
            drop(counted);
        });
        if let Err(error) = started {
            tracing::warn!(target: "tocsin::kafka", %error, "no thread to close a client on");
            return None;
        }
        Some(way)
    }
}

/// Waits until nobody else uses it, so that it ends here and not with the last of them.
fn end<T>(mut it: Arc<T>) {
    while let Err(used) = Arc::try_unwrap(it) {
        it = used;
        std::thread::sleep(AGAIN);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::sync::mpsc::Receiver;
    use std::thread::ThreadId;

    const PATIENCE: Duration = Duration::from_secs(10);

    /// Says on which thread it ends.
    struct Tells(Sender<ThreadId>);

    impl Drop for Tells {
        fn drop(&mut self) {
            self.0.send(std::thread::current().id()).unwrap();
        }
    }

    #[test]
    fn whoever_uses_it_last_does_not_wait_for_its_end() {
        let (tell, told) = channel();
        let it = Arc::new(Tells(tell));
        let way = Retired::default().way().unwrap();
        way.send(it.clone()).unwrap();
        // Its end was asked for, and somebody still asks by it.
        assert!(told.recv_timeout(AGAIN * 4).is_err());
        drop(it);
        let ended_on = told.recv_timeout(PATIENCE).unwrap();
        assert_ne!(ended_on, std::thread::current().id());
    }

    /// Ends only when it may.
    pub(crate) struct Stuck(std::sync::Mutex<Receiver<()>>);

    impl Drop for Stuck {
        fn drop(&mut self) {
            let _ = self.0.get_mut().unwrap().recv_timeout(PATIENCE);
        }
    }

    /// As many as may be on their way, all of which wait until what is given back is dropped.
    pub(crate) fn fill(retired: &Retired) -> Vec<Sender<()>> {
        let one = |_| {
            let (may, waits) = channel();
            let way = retired.way().unwrap();
            way.send(Arc::new(Stuck(waits.into()))).unwrap();
            may
        };
        (0..MOST).map(one).collect()
    }

    #[test]
    fn those_that_do_not_end_do_not_become_more_and_more() {
        let retired = Retired::default();
        let let_go = fill(&retired);
        assert!(retired.way::<Stuck>().is_none(), "one too many");
        drop(let_go);
        let begun = std::time::Instant::now();
        while retired.way::<Stuck>().is_none() {
            assert!(begun.elapsed() < PATIENCE, "there is room again");
            std::thread::sleep(AGAIN);
        }
    }
}
