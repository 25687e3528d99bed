//! Counts of one batch, kept by its own thread until the transaction has been decided.

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

    /// By how much read differs from passed over + kept + dead letters: 0 when the books balance,
    /// positive when records are unaccounted for, negative when some were counted twice.
    pub fn imbalance(&self) -> i64 {
        let out = self.passed_over.total() + self.kept.total() + self.dead.len() as u64;
        (self.read.total() as i64).saturating_sub_unsigned(out)
    }

    /// Forgets all counts and keeps the memory.
    pub fn clear(&mut self) {
        self.read.clear();
        self.passed_over.clear();
        self.kept.clear();
        self.written.clear();
        self.dead.clear();
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
        assert_eq!(batch.imbalance(), 2);
        batch.kept("access-events", 3);
        assert_eq!(batch.imbalance(), -1);
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
