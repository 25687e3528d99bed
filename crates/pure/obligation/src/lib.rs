//! What we owe: each duty of each bound order, decided in three values, with clocks and reasons.
//!
//! [`decide`] is a pure function of an order, an incident and the deployment's settings. No order
//! is named here: what a clause asks is data of its pack.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod anchors;
pub mod cases;
mod clocks;
mod conditions;
mod context;
mod counted;
mod decide;
mod determination;
mod facts_file;
mod filings;
mod in_force;
mod instances;
mod known;
mod near;
mod notices;
mod population;
mod readings;
mod recurring;
mod refused;
mod register;
mod settings;
mod shown;
mod spared;
mod strict;
mod voices;

pub use decide::{DATE_UNCOVERED, decide, decide_duty, decide_each};
pub use determination::*;
pub use facts_file::{FactsError, facts_file};
pub use filings::{Filing, with_filings, with_reports};
pub use instances::{Decided, Instances};
pub use near::as_one_instance;
pub use readings::Readings;
pub use refused::Questions;
pub use register::{EntryKind, RegisterEntry, register};
pub use settings::Settings;
