//! Typesets and packs notices: a plain document becomes a PDF, a letter becomes an `.eml` file.
//!
//! This crate knows no law and decides nothing. It is handed a finished [`Document`] or [`Mail`]
//! and gives bytes back; the same value gives the same bytes on every machine: no clock, no
//! system font, no random boundary, no network. What it is handed is untrusted text and reaches
//! the typesetter only as data, never as markup.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod document;
mod error;
mod mail;
mod pdf;
mod text;
mod view;
mod world;

pub use document::{Block, Document, Field, Footer, Section, State, Table};
pub use error::PressError;
pub use mail::{Attachment, Mail, eml};
pub use pdf::pdf;
