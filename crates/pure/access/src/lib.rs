//! Was it allowed: what is on record about one access, and what each order makes of it.
//!
//! [`Records`] accumulates breach events and grants in any order; [`Screen`] is compiled from it
//! for the hot path and passes over only what [`judge`] would find authorised; [`judge`] gives one
//! access its verdict under every bound order. The crate knows no law: which purposes an order
//! accepts, from whom and for what, comes in as [`Terms`]. It does no I/O and reads no clock.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod changes;
mod completeness;
mod evidence;
mod grants;
mod index;
mod judge;
mod network;
mod pattern;
mod purposes;
mod readings;
mod records;
mod ruling;
mod screen;
mod selector;
mod sought;
mod terms;
mod withdrawal;

pub use changes::{Changes, Reach};
pub use judge::{Attempt, Judged, Settings, judge, judge_and_excuse, plainly_failed};
pub use pattern::Pattern;
pub use purposes::PurposeSet;
pub use records::Records;
pub use screen::{Ordinary, Screen};
pub use selector::{Selector, SelectorKind};
pub use terms::{Accepted, Terms, TermsRow};
