//! How fast records may be read, and how far reading and judging have come.

use crate::errors::Failure;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often it is said how far it has come.
const SAID_EVERY: Duration = Duration::from_secs(2);
/// At most so many records in one poll.
const BATCH_RECORDS: usize = 10_000;
/// For so long a stall is made up for by reading faster, and no longer.
const MADE_UP: Duration = Duration::from_millis(100);

/// Time to say something again.
pub(super) struct Again(Instant);

impl Again {
    /// For the first time in a while.
    pub(super) fn new() -> Again {
        Again(Instant::now())
    }

    /// Whether it is time.
    pub(super) fn is_due(&mut self) -> bool {
        let due = self.0.elapsed() > SAID_EVERY;
        if due {
            self.0 = Instant::now();
        }
        due
    }
}

/// `done` of `total` in per cent, and how long the rest will take where `lately` of them took
/// `elapsed`.
pub(super) fn how_far(done: u64, total: u64, lately: u64, elapsed: Duration) -> String {
    let part = 100.0 * done as f64 / total.max(1) as f64;
    // 100 only when nothing is left.
    let part = part.floor();
    if lately == 0 {
        return format!("{part} %");
    }
    let left = total.saturating_sub(done) as f64 / lately as f64 * elapsed.as_secs_f64();
    let left = if left < 120.0 {
        format!("{left:.0} s")
    } else if left < 7200.0 {
        format!("{:.0} min", left / 60.0)
    } else {
        format!("{:.1} h", left / 3600.0)
    };
    format!("{part} %, about {left} left")
}

/// How fast all readers together may read, and how far they have come.
pub(super) struct Pace {
    rate: Option<u32>,
    readers: usize,
    interrupted: Arc<AtomicBool>,
    failed: AtomicBool,
    begun: Instant,
    /// When the next record may be read.
    next: Mutex<Instant>,
    said: Mutex<Again>,
    /// Records that were read since it began.
    records: AtomicU64,
    /// Offsets that were gone through since it began: some hold no record.
    offsets: AtomicU64,
    /// Offsets that were gone through before it began.
    before: u64,
    total: u64,
}

impl Pace {
    /// At most `rate` records a second by so many readers together, `total` offsets in all, of
    /// which `before` are gone through already.
    pub(super) fn new(
        rate: Option<u32>,
        readers: usize,
        (before, total): (u64, u64),
        interrupted: Arc<AtomicBool>,
    ) -> Pace {
        Pace {
            rate,
            readers: readers.max(1),
            interrupted,
            failed: AtomicBool::new(false),
            begun: Instant::now(),
            next: Mutex::new(Instant::now()),
            said: Mutex::new(Again::new()),
            records: AtomicU64::new(0),
            offsets: AtomicU64::new(0),
            before,
            total,
        }
    }

    /// How many records one reader may ask for at once.
    pub(super) fn at_once(&self) -> usize {
        self.rate.map_or(BATCH_RECORDS, |rate| {
            (rate as usize / 10 / self.readers).clamp(1, BATCH_RECORDS)
        })
    }

    /// Lets the other readers end.
    pub(super) fn fail(&self) {
        self.failed.store(true, Ordering::SeqCst);
    }

    /// Counts what one reader read, says now and then how far all have come, and waits where that
    /// was too fast.
    pub(super) fn went(&self, records: u64, offsets: u64) -> Result<(), Failure> {
        self.records.fetch_add(records, Ordering::SeqCst);
        self.offsets.fetch_add(offsets, Ordering::SeqCst);
        if self.said.try_lock().is_ok_and(|mut said| said.is_due()) {
            eprintln!("  {}", self.progress());
        }
        let due = self.due(records);
        loop {
            let ends = [&self.interrupted, &self.failed];
            if ends.iter().any(|flag| flag.load(Ordering::SeqCst)) {
                return Err(super::interrupted());
            }
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
    }

    /// When one reader that read so many records may go on. Each takes its turn behind the others.
    fn due(&self, records: u64) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rate) = self.rate {
            let now = Instant::now();
            let taken = Duration::from_secs_f64(records as f64 / f64::from(rate.max(1)));
            *next = (*next).max(now.checked_sub(MADE_UP).unwrap_or(now)) + taken;
        }
        *next
    }

    fn progress(&self) -> String {
        let elapsed = self.begun.elapsed();
        let records = self.records.load(Ordering::SeqCst);
        let offsets = self.offsets.load(Ordering::SeqCst);
        let done = self.before + offsets;
        let speed = records as f64 / elapsed.as_secs_f64().max(0.001);
        format!(
            "reading: {done} of {} offsets, {speed:.0} records a second, {}",
            self.total,
            how_far(done, self.total, offsets, elapsed)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_by_what_was_done_lately() {
        let ten = Duration::from_secs(10);
        assert_eq!(how_far(0, 0, 0, ten), "0 %");
        assert_eq!(how_far(50, 100, 50, ten), "50 %, about 10 s left");
        // An earlier run did most of it: that says nothing of how fast this one is.
        assert_eq!(how_far(90, 100, 5, ten), "90 %, about 20 s left");
        assert_eq!(how_far(1, 1_000, 1, ten), "0 %, about 2.8 h left");
        assert_eq!(how_far(999, 1_000, 999, ten), "99 %, about 0 s left");
    }

    #[test]
    fn a_stall_is_not_made_up_for() {
        let pace = Pace::new(Some(100), 2, (0, 100), Arc::default());
        assert_eq!(pace.at_once(), 5, "a tenth of a second of all readers");
        std::thread::sleep(Duration::from_millis(600));
        let begun = Instant::now();
        for _ in 0..5 {
            pace.went(10, 10).unwrap();
        }
        assert!(begun.elapsed() >= Duration::from_millis(400), "faster");
    }

    #[test]
    fn reading_ends_when_it_is_interrupted_or_another_reader_fails() {
        let stop = Arc::new(AtomicBool::new(false));
        let pace = || Pace::new(Some(1), 1, (0, 10), stop.clone());
        pace().went(0, 0).unwrap();
        let failed = pace();
        failed.fail();
        assert_eq!(failed.went(9, 9).unwrap_err().code, "interrupted");
        stop.store(true, Ordering::SeqCst);
        assert_eq!(pace().went(9, 9).unwrap_err().code, "interrupted");
    }
}
