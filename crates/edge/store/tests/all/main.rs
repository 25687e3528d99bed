//! Stores on real files.

#![allow(clippy::unwrap_used, missing_docs)]

mod files;
mod kills;
