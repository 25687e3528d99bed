//! The envelope in which documents travel whose shape other crates own.

use serde::{Deserialize, Serialize};

/// A document in canonical JSON, with what it is about beside it: the value on the topics
/// incidents, determinations, notices and outbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Envelope {
    /// Its identity; made from what it is about, so that it is the same in every run.
    pub id: String,
    /// The incident it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// The order it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// The duty it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duty: Option<String>,
    /// SHA-256 of the document, hexadecimal.
    pub digest: String,
    /// The document in canonical JSON (RFC 8785), in the form of the vocabulary.
    pub document: String,
}
