//! What is folded into incidents and counted, in any order of the facts.

#![allow(clippy::unwrap_used)]

mod common;
mod counts;
mod incidents;
mod order;
mod supposed;
