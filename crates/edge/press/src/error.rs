//! Why a document could not be typeset or a mail could not be packed.

use std::fmt;

/// Why [`pdf`](crate::pdf) or [`eml`](crate::eml) failed. No variant repeats what a document says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PressError {
    /// The document exceeds a limit of this crate.
    TooLarge {
        /// What there is too much of, with its unit.
        what: &'static str,
        /// How much of it there is.
        found: usize,
        /// How much of it may be there.
        limit: usize,
    },
    /// The document is not one that can be set: a blank title, a ragged table.
    Document {
        /// Where in the document.
        place: String,
        /// What is wrong there and what would be right.
        why: String,
    },
    /// The typesetter refused. The template is part of this crate, so this is a fault of it.
    Typeset {
        /// What the typesetter said.
        why: String,
    },
    /// A header of a mail holds what must not stand in one.
    Header {
        /// The header or the member of [`Mail`](crate::Mail).
        field: &'static str,
        /// What is wrong with it and what would be right.
        why: String,
    },
    /// The mail could not be put together.
    Mail {
        /// What the mail library said.
        why: String,
    },
}

impl fmt::Display for PressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PressError::TooLarge { what, found, limit } => write!(
                f,
                "cannot typeset the document: it has {found} {what}, at most {limit} can be set; \
                 shorten it, or attach the details as a file of their own"
            ),
            PressError::Document { place, why } => {
                write!(f, "cannot typeset the document: {place}: {why}")
            }
            PressError::Typeset { why } => write!(
                f,
                "cannot typeset the document: the typesetter refused it ({why}); this is a fault \
                 of the template, please report it with the notice's digest"
            ),
            PressError::Header { field, why } => {
                write!(f, "cannot pack the mail: {field}: {why}")
            }
            PressError::Mail { why } => write!(f, "cannot pack the mail: {why}"),
        }
    }
}

impl std::error::Error for PressError {}
