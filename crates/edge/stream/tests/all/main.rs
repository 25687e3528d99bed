//! The log: one suite for every kind of it, a model of it, and what only a real broker does.

#![allow(clippy::unwrap_used)]

mod broker;
mod conformance;
mod files;
mod model;
#[cfg(feature = "tls")]
mod tls;
