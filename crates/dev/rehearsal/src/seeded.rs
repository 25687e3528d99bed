//! Everything that is drawn, from one seed.

use tocsin::rehearsal::SplitMix64;

/// The same numbers from the same seed, on every machine.
#[derive(Debug, Clone)]
pub(crate) struct Seeded(SplitMix64);

impl Seeded {
    /// From a seed.
    pub(crate) fn new(seed: u64) -> Seeded {
        Seeded(SplitMix64::new(seed ^ 0x07EA_45A1_5EED_0001))
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`; 0 where `bound` is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % bound).unwrap_or(0)
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, of_a_hundred: usize) -> bool {
        self.below(100) < of_a_hundred
    }

    /// One of them.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// In another order.
    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            let other = self.below(at + 1);
            all.swap(at, other);
        }
    }
}
