//! Pages and mails, read back by other programs.

#![allow(clippy::unwrap_used)]

mod eml;
mod pdf;
