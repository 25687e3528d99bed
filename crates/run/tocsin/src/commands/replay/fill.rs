//! Copies frozen ranges of real topics into the spool: several partitions at once, by readers
//! without a group. Nothing is written to the broker, and no position is committed.

use super::pace::Pace;
use super::part::Part;
use super::ranges::{self, CUT};
use super::spool::Spool;
use crate::errors::Failure;
use crate::remedy::OUT_OF_RANGE;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use stream::{Cluster, LogError, Position, Reader};

/// Reads what the spool does not hold yet, with so many readers at once.
pub(super) fn fill(
    broker: &dyn Cluster,
    spool: &Spool,
    pace: &Pace,
    readers: usize,
) -> Result<(), Failure> {
    if spool.is_whole() {
        return Ok(());
    }
    let left = spool.left();
    let mut order: Vec<_> = left.iter().zip(spool.parts()).collect();
    order.retain(|(left, _)| left.length() > 0);
    // The longest first: no reader is left with it in the end.
    order.sort_by_key(|(left, _)| std::cmp::Reverse(left.length()));
    let (order, turn) = (order.as_slice(), &AtomicUsize::new(0));
    let read = || -> Result<(), Failure> {
        let mut reader = broker.open_reader()?;
        while let Some((_, part)) = order.get(turn.fetch_add(1, Ordering::SeqCst)) {
            copy(reader.as_mut(), part, pace)?;
        }
        Ok(())
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let begin = |_| {
            scope.spawn(|| {
                let read = read();
                if read.is_err() {
                    pace.fail();
                }
                read
            })
        };
        let threads: Vec<_> = (0..readers.min(order.len())).map(begin).collect();
        let ended = threads.into_iter().map(|thread| thread.join());
        ended
            .map(|ended| ended.unwrap_or_else(|_| Err(panicked())))
            .collect()
    });
    // Those that were stopped because another failed say less than it.
    let failures: Vec<Failure> = results.into_iter().filter_map(Result::err).collect();
    let first = failures.iter().find(|one| one.code != "interrupted");
    if let Some(failure) = first.or(failures.first()) {
        if failure.code == CUT {
            // Says of all partitions what is left.
            ranges::check(broker, &spool.left(), "Replay archived files")?;
        }
        return Err(failure.clone());
    }
    // What was read in between may be of either.
    ranges::same_topics(broker, spool.ranges())?;
    spool.set_whole()
}

fn panicked() -> Failure {
    Failure::failed("stage-panicked", "a reader ended by a fault of tocsin")
}

/// Why a poll failed: retention may have gone on since the ranges were frozen.
fn unread(error: LogError) -> Failure {
    if error.code == OUT_OF_RANGE {
        return Failure::failed(CUT, error.to_string());
    }
    error.into()
}

fn copy(reader: &mut dyn Reader, part: &Mutex<Part>, pace: &Pace) -> Result<(), Failure> {
    let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
    let left = part.left();
    let (name, partition) = (left.topic.as_str(), left.partition);
    reader.assign(&[Position::new(name, partition, left.from)])?;
    let mut filling = part.writer()?;
    // Everything before this offset was taken.
    let mut here = left.from;
    while here < left.to {
        let (before, mut read, mut failed) = (here, 0, None);
        let polled = reader.poll(pace.at_once(), Duration::from_millis(200), &mut |record| {
            if record.offset >= left.to || failed.is_some() {
                return;
            }
            (here, read) = (record.offset + 1, read + 1);
            failed = filling.put(&record).err();
        });
        if let Some(failure) = failed {
            return Err(failure);
        }
        // Offsets without a record, too.
        let position = reader.position(name, partition).unwrap_or(here);
        here = here.max(position).min(left.to);
        let went = polled
            .map_err(unread)
            .and_then(|_| pace.went(read, here.abs_diff(before)));
        if let Err(failure) = went {
            // What was read until then need not be read again.
            filling.finish(here)?;
            return Err(failure);
        }
    }
    filling.finish(here)
}
