//! Bytes to types and back: the contracts between processes.
//!
//! Values on topics are Avro, framed as Confluent's registry has it or in single-object encoding;
//! files are JSON lines or Avro object container files, compressed or not. Whatever comes in is
//! brought to the newest version of its record, strictly: trailing bytes, unknown or repeated
//! members, words of no set and instants outside the years 1970 to 2999 are errors with a stable
//! code, never panics, and no message shows what a record holds.
//!
//! This crate knows no law and no Kafka, and is the only one that knows how Avro is written.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod catalog;
mod compact;
mod cursor;
mod decode;
mod encode;
mod envelope;
mod error;
pub mod files;
mod graph;
mod json;
mod records;
mod registry;
mod resolve;
mod store;

pub use catalog::{RecordKind, TOPICS};
pub use decode::Decoder;
pub use encode::{EncodeError, Encoder, Framing};
pub use envelope::Envelope;
pub use error::{Code, DecodeError, Limits, SCHEMA_HEADER};
pub use graph::SchemaFault;
pub use records::{Datum, Readable, Writable};
pub use registry::{Credentials, Registry, RegistryError, subject};
pub use store::{SchemaDirectory, SchemaSource, SchemaStore};
