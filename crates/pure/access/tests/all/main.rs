//! What screen passes on, what verify says, and that the order of records changes neither.

#![allow(clippy::unwrap_used)]

mod common;
mod properties;
mod screening;
mod verdicts;
