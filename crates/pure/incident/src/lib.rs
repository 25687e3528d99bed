//! What we know: facts folded into one incident, counted exactly in intervals.
//!
//! Facts accumulate and arrival order never matters: [`Fold`] holds sets, and everything that it
//! answers is a function of those sets. Knows no law: what a clause counts comes in as a predicate.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod assemble;
mod attempts;
mod classes;
mod counts;
mod decisions;
mod excused;
mod exposures;
mod findings;
mod fold;
mod grouping;
mod judging;
mod ledger;
mod ledgers;
mod mentions;
mod model;
mod names;
mod people;
mod reached;
mod record;
mod reports;
mod roster;
mod searches;
mod sum;
mod suppose;
mod voices;
mod withdrawal;

pub use counts::{Counted, count, count_but_for, count_searched, count_with_disputes};
pub use fold::{Attempt, Dirty, Fold, Rebuilt};
pub use judging::key_taken;
pub use model::*;
pub use record::{from_record, record};
pub use voices::{Stance, Voices};
