//! Why bytes are no record: stable codes, messages that name members and never show their content.

use crate::catalog::RecordKind;
use std::fmt;

/// Declares the codes once: the variant, its word, and what it means.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal),+ $(,)?) => {
        /// The kind of a failure. Its word is stable: dead letters carry it, documentation has a
        /// page for it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $variant),+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// The word of this code.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $word),+ }
            }

            /// What it means, in a sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$variant => concat!($($doc),+)),+ }
            }
        }
    };
}

codes! {
    /// The value has no bytes.
    EmptyValue = "empty-value",
    /// The value is longer than the configured limit.
    RecordTooLarge = "record-too-large",
    /// The first bytes are of no encoding that is known.
    UnknownEncoding = "unknown-encoding",
    /// The value's schema is named by a GUID, or in a header of the record, and not by an id in it.
    SchemaGuidFraming = "schema-guid-framing",
    /// The Avro bytes end before the record does.
    AvroTruncated = "avro-truncated",
    /// Bytes follow after the end of the Avro record.
    AvroTrailingBytes = "avro-trailing-bytes",
    /// The Avro bytes break a rule of the encoding.
    AvroMalformed = "avro-malformed",
    /// An Avro array or map has more items than the configured limit.
    AvroTooManyItems = "avro-too-large",
    /// The record is nested deeper than the limit.
    TooDeep = "too-deep",
    /// An Avro enum has a word that this version does not know.
    AvroUnknownSymbol = "avro-unknown-symbol",
    /// The schema that the value names is known neither here nor to the registry.
    AvroUnknownSchema = "avro-unknown-schema",
    /// The writer's schema cannot be resolved to the record.
    AvroSchemaMismatch = "avro-schema-mismatch",
    /// The writer's schema is itself broken or beyond the limits.
    AvroSchemaInvalid = "avro-schema-invalid",
    /// A value has the right type and is none that the record can hold.
    ValueOutOfRange = "value-out-of-range",
    /// An instant lies outside the years 1970 to 2999.
    InstantOutOfRange = "instant-out-of-range",
    /// The text is no JSON.
    JsonSyntax = "json-syntax",
    /// A member has another type than the record says.
    JsonType = "json-type",
    /// No version of the record knows this member.
    JsonUnknownMember = "json-unknown-member",
    /// A member stands twice in one object.
    JsonRepeatedMember = "json-repeated-member",
    /// A member that the record needs is absent.
    JsonMissingMember = "json-missing-member",
    /// A word is none of its set.
    JsonUnknownWord = "json-unknown-word",
    /// The schema registry does not answer as one, or not at all; it is waited for.
    RegistryUnavailable = "registry-unavailable",
    /// The schema registry refuses whatever it is asked; nothing is known of the value.
    RegistryRefused = "registry-refused",
    /// The program contradicts itself: a schema and a type that belong together differ.
    Internal = "wire-internal",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The header in which Confluent's `HeaderSchemaIdSerializer` names the schema of a value.
pub const SCHEMA_HEADER: &str = "__value_schema_id";

/// What to do about a value that does not carry the id of its schema itself.
pub(crate) const WRITE_THE_ID: &str = "which is not read: only the value itself reaches \
    dead letters, archives and later stages. Have the producer write the id before the value \
    (PrefixSchemaIdSerializer, Confluent's default), and send the record again";

/// Why a value could not be decoded. The message names members and never shows their content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    code: Code,
    message: String,
    schema: Option<u32>,
}

impl DecodeError {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> DecodeError {
        DecodeError {
            code,
            message: message.into(),
            schema: None,
        }
    }

    pub(crate) fn unknown_id(id: u32, message: impl Into<String>) -> DecodeError {
        DecodeError {
            code: Code::AvroUnknownSchema,
            message: message.into(),
            schema: Some(id),
        }
    }

    /// The same failure, seen with the headers of its record: where one of them names the value's
    /// schema ([`SCHEMA_HEADER`]), the value holds bare Avro and no bytes of it say so. To be asked
    /// when a value has failed, so that those that do not cost nothing. A value that is too long
    /// stays that: only its own error says length and digest.
    pub fn with_headers<'h>(
        self,
        headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    ) -> DecodeError {
        let named = headers.into_iter().any(|(name, _)| name == SCHEMA_HEADER);
        let of_the_value = !self.is_transient() && !self.is_refused();
        if named && of_the_value && self.code != Code::RecordTooLarge {
            return DecodeError::new(
                Code::SchemaGuidFraming,
                format!(
                    "the record names the schema of its value in the header {SCHEMA_HEADER}, \
                     {WRITE_THE_ID}"
                ),
            );
        }
        self
    }

    /// The stable word for what went wrong, such as `avro-truncated`.
    pub fn code(&self) -> &'static str {
        self.code.as_str()
    }

    /// The same as a value to match on.
    pub fn kind(&self) -> Code {
        self.code
    }

    /// Whether the same bytes may well decode later: the registry was not reachable. Such a record
    /// is waited for and never becomes a dead letter.
    pub fn is_transient(&self) -> bool {
        self.code == Code::RegistryUnavailable
    }

    /// Whether nothing is known of the bytes because the registry refuses: whoever met them stops
    /// until a person has put it right. Such a record never becomes a dead letter.
    pub fn is_refused(&self) -> bool {
        self.code == Code::RegistryRefused
    }

    /// The id that the registry does not know, if that is what failed. A schema may be registered
    /// a moment after its first record, so the caller tries again for a configured time.
    pub fn unknown_schema(&self) -> Option<u32> {
        self.schema
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

/// A failure somewhere inside a record, with the way to it, from the inside out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) text: String,
    path: String,
}

impl Fault {
    #[cold]
    pub(crate) fn new(code: Code, text: impl Into<String>) -> Fault {
        Fault {
            code,
            text: text.into(),
            path: String::new(),
        }
    }

    /// The same fault, seen from the object that has it in `member`.
    #[cold]
    pub(crate) fn within(mut self, member: &str) -> Fault {
        let dot = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path.insert_str(0, dot);
        self.path.insert_str(0, member);
        self
    }

    /// The same fault, seen from the list that has it at `index`.
    #[cold]
    pub(crate) fn at(mut self, index: usize) -> Fault {
        let dot = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path.insert_str(0, dot);
        self.path.insert_str(0, &format!("[{index}]"));
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.text)
        } else {
            write!(f, "`{}`: {}", self.path, self.text)
        }
    }
}

/// Bounds on what a record may ask of this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest value, in bytes. Default 16 MiB, as the topics with documents allow. A dead
    /// letter may be half as long again, since it holds such a value as base64.
    pub record_bytes: usize,
    /// The most items of one array or map. Default 100 000, more than any indicator of the
    /// settlements lists; values above [`Limits::MOST_ITEMS`] count as that.
    pub items: usize,
    /// The deepest nesting of records, arrays and unions. Default 64; our records need 8.
    pub depth: usize,
}

impl Limits {
    /// No configuration allows more items in one array or map.
    pub const MOST_ITEMS: usize = 1_000_000;

    /// The longest value of a record. A dead letter holds one of any other as base64.
    pub(crate) fn bytes_of(&self, kind: RecordKind) -> usize {
        match kind {
            RecordKind::DeadLetter => self.record_bytes.saturating_add(self.record_bytes / 2),
            _ => self.record_bytes,
        }
    }

    pub(crate) fn most_items(&self) -> usize {
        self.items.min(Limits::MOST_ITEMS)
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            record_bytes: 16 << 20,
            items: 100_000,
            depth: 64,
        }
    }
}
