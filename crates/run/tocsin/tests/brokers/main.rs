//! The pipeline on real brokers. One program, so that what waits for one broker waits beside what
//! waits for another, and the demo's history, which they compare with, is made once.
#![allow(clippy::unwrap_used, missing_docs)]

mod authorization;
mod chaos;
mod instances;
mod kafka;
mod ops;
mod replay;
mod support;
