//! What the tests on real parts share: the parts, the demo's history, a deployment of the pipeline
//! as processes of its own, and reading back what it wrote.

pub(crate) mod deployment;
pub(crate) mod history;
pub(crate) mod results;
pub(crate) mod stand;

pub(crate) use deployment::{Deployment, Stage};
pub(crate) use history::{Demo, Input};
pub(crate) use stand::{Parts, login, parts, registry};

use std::time::Duration;

/// Nothing here takes longer, unless something is wrong.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// A generator of numbers from a seed (SplitMix64), for orders that are the same in every run.
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as usize % bound
    }

    /// A time below `bound`.
    pub(crate) fn time_below(&mut self, bound: Duration) -> Duration {
        Duration::from_millis(self.below(bound.as_millis() as usize) as u64)
    }

    /// Puts `list` into another order.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for index in (1..list.len()).rev() {
            list.swap(index, self.below(index + 1));
        }
    }
}
