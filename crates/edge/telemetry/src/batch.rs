//! Counts of one batch, kept by its own thread until the transaction has been decided.

use std::collections::BTreeMap;

/// One record that could not be used: where it stands and why, without any of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLettered {
    /// The topic it was read from.
    pub topic: String,
    /// The partition it was read from.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// The error's code, which has a page under docs/errors.
    pub code: String,
}

/// What one batch read, passed over, kept, gave up and wrote.
///
/// A plain value without locks: add to it as often as needed, then hand it to
/// [`BatchCommitted`](crate::happenings::BatchCommitted) or
/// [`TransactionAborted`](crate::happenings::TransactionAborted). Only what was committed is
/// counted, so a batch that is tried again counts once. Both leave the batch empty for its next
/// use, with its memory.
#[derive(Debug, Default)]
pub struct Batch {
    pub(crate) read: Counts<1>,
    pub(crate) passed_over: Counts<2>,
    pub(crate) kept: Counts<1>,
    pub(crate) written: Counts<1>,
    pub(crate) dead: Vec<DeadLettered>,
    pub(crate) bytes: u64,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Batch {
        Batch::default()
    }

    /// `count` records of `topic` were read.
    pub fn read(&mut self, topic: &str, count: u64) {
        self.read.add([topic], count);
    }

    /// `count` records of `topic` needed nothing more, for `reason`: a short fixed word.
    pub fn passed_over(&mut self, topic: &str, reason: &'static str, count: u64) {
        self.passed_over.add([topic, reason], count);
    }

    /// `count` records of `topic` were passed on or taken into the state.
    pub fn kept(&mut self, topic: &str, count: u64) {
        self.kept.add([topic], count);
    }

    /// `count` records were written to `topic`.
    pub fn written(&mut self, topic: &str, count: u64) {
        self.written.add([topic], count);
    }

    /// `count` bytes of keys and values were read or written.
    pub fn bytes(&mut self, count: u64) {
        self.bytes = self.bytes.saturating_add(count);
    }

    /// A record could not be used.
    pub fn dead_letter(&mut self, dead: DeadLettered) {
        self.dead.push(dead);
    }

    /// How many records were read.
    pub fn total_read(&self) -> u64 {
        self.read.total()
    }

    /// How many records were written.
    pub fn total_written(&self) -> u64 {
        self.written.total()
    }

    /// The topics whose books do not balance, each with the difference between read and passed
    /// over + kept + dead letters: positive where records are unaccounted for, negative where some
    /// were counted twice.
    pub fn imbalances(&self) -> Vec<(&str, i64)> {
        let mut books: BTreeMap<&str, i64> = BTreeMap::new();
        for ([topic], count) in self.read.moved() {
            let book = books.entry(topic).or_default();
            *book = book.saturating_add_unsigned(count);
        }
        let passed_over = self.passed_over.moved();
        let passed_over = passed_over.map(|([topic, _], count)| (topic, count));
        let kept = self.kept.moved().map(|([topic], count)| (topic, count));
        let dead = self.dead.iter().map(|dead| (dead.topic.as_str(), 1));
        for (topic, count) in passed_over.chain(kept).chain(dead) {
            let book = books.entry(topic).or_default();
            *book = book.saturating_sub_unsigned(count);
        }
        books.retain(|_, left| *left != 0);
        books.into_iter().collect()
    }

    /// Forgets all counts and keeps the memory.
    pub fn clear(&mut self) {
        self.read.clear();
        self.passed_over.clear();
        self.kept.clear();
        self.written.clear();
        self.dead.clear();
        self.bytes = 0;
    }
}

/// Few counters, found by comparing words: cheaper than hashing for the handful that a stage has.
#[derive(Debug)]
pub(crate) struct Counts<const N: usize> {
    entries: Vec<([String; N], u64)>,
}

impl<const N: usize> Default for Counts<N> {
    fn default() -> Self {
        Counts {
            entries: Vec::new(),
        }
    }
}

impl<const N: usize> Counts<N> {
    fn add(&mut self, words: [&str; N], count: u64) {
        for (known, total) in &mut self.entries {
            if known.iter().map(String::as_str).eq(words) {
                *total += count;
                return;
            }
        }
        self.entries.push((words.map(str::to_owned), count));
    }

    fn total(&self) -> u64 {
        self.entries.iter().map(|(_, count)| count).sum()
    }

    fn clear(&mut self) {
        for (_, count) in &mut self.entries {
            *count = 0;
        }
    }

    /// The counters that moved.
    pub(crate) fn moved(&self) -> impl Iterator<Item = ([&str; N], u64)> {
        let moved = self.entries.iter().filter(|(_, count)| *count > 0);
        moved.map(|(words, count)| (words.each_ref().map(String::as_str), *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_whose_books_do_not_balance_says_by_how_much() {
        let mut batch = Batch::new();
        batch.read("access-events", 10);
        batch.passed_over("access-events", "own_use", 7);
        batch.kept("access-events", 1);
        assert_eq!(batch.imbalances(), [("access-events", 2)]);
        batch.kept("access-events", 3);
        assert_eq!(batch.imbalances(), [("access-events", -1)]);
    }

    #[test]
    fn what_is_booked_under_another_topic_does_not_balance() {
        let mut batch = Batch::new();
        batch.read("breach-events", 2);
        batch.kept("findings", 1);
        batch.dead_letter(DeadLettered {
            topic: "breach-events".into(),
            partition: 0,
            offset: 7,
            code: "empty-value".into(),
        });
        assert_eq!(
            batch.imbalances(),
            [("breach-events", 1), ("findings", -1)],
            "in sum they would"
        );
        batch.read("findings", 1);
        batch.kept("breach-events", 1);
        assert!(batch.imbalances().is_empty());
    }

    #[test]
    fn a_cleared_batch_counts_nothing() {
        let mut batch = Batch::new();
        batch.read("grants", 3);
        batch.clear();
        assert_eq!(batch.total_read(), 0);
        assert_eq!(batch.read.moved().count(), 0);
    }
}
