//! Records there and back, hostile bytes, samples of every version, a real registry.

#![allow(clippy::unwrap_used)]

mod allocations;
mod decode;
mod files;
mod hostile;
mod registry;
mod round_trip;
mod samples;
