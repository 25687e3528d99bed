//! What we owe: each duty of each bound order, decided in three values, with clocks and reasons.
//!
//! [`decide`] is a pure function of an order, an incident and the deployment's settings. No order
//! is named here: what a clause asks is data of its pack.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod cases;
mod clocks;
mod conditions;
mod context;
mod counted;
mod decide;
mod determination;
mod facts_file;
mod in_force;
mod notices;
mod population;
mod register;
mod settings;
mod shown;
mod strict;

pub use decide::decide;
pub use determination::*;
pub use facts_file::{FactsError, facts_file};
pub use register::{EntryKind, RegisterEntry, register};
pub use settings::Settings;
