//! The rehearsal: the real processors in their real loop, over the log in memory, in one thread and
//! simulated time, with everything that can go wrong drawn from one seed: other orders of arrival,
//! duplicates, delays, crashes before, within and after a commit, outcomes that nobody hears of,
//! replaced workers that go on, rebalances, disks that are lost or old, jumps of the clock, late
//! grants, retractions.
//!
//! At the end the findings, incidents, determinations, notices and the outbox must be what a naive
//! single pass over the facts says, none lost and none twice, and a restart must change nothing.
//! Whether the rehearsal would notice is rehearsed too: each planted fault ([`Canary`]) must be
//! caught.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod canary;
mod check;
mod disks;
mod faulty;
mod oracle;
mod people;
mod run;
mod scenario;
mod seeded;
mod shrink;
mod world;

pub use canary::Canary;
pub use run::{Outcome, Stage};

use scenario::Scenario;

/// Plays one seed; with a planted fault, if one is named.
///
/// # Errors
/// What was not as it must be.
pub fn rehearse(stage: &Stage, seed: u64, canary: Option<Canary>) -> Result<Outcome, String> {
    run::play(stage, &Scenario::of(seed, &stage.orders), canary)
}

/// The smallest scenario found that fails as the seed does, and how it fails.
#[must_use]
pub fn shrink(stage: &Stage, seed: u64, canary: Option<Canary>) -> String {
    let scenario = Scenario::of(seed, &stage.orders);
    let mut fails = |one: &Scenario| run::play(stage, one, canary).is_err();
    let small = shrink::shrink(&scenario, &mut fails);
    let why = run::play(stage, &small, canary).err().unwrap_or_default();
    format!("{}{why}", shrink::told(&small))
}
