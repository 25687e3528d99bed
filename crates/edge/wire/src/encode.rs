//! Types to bytes: values as they stand on topics.

use crate::catalog::{RecordKind, entry};
use crate::compact::Compact;
use crate::records::Writable;
use serde::Serialize;
use serde_avro_fast::ser::{SerializerConfig, SerializerState};
use std::collections::BTreeMap;
use std::fmt;

/// How a value says by which schema it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Framing {
    /// Confluent's wire format: a zero byte and the registry's id of the schema, for each record.
    Confluent(BTreeMap<RecordKind, u32>),
    /// Avro's single-object encoding: the schema's fingerprint, no registry.
    SingleObject,
}

/// Why a value could not be encoded. A fault of this program or of its configuration: every value
/// of the vocabulary's types has a place in the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    message: String,
}

impl EncodeError {
    pub(crate) fn new(message: impl Into<String>) -> EncodeError {
        EncodeError {
            message: message.into(),
        }
    }

    /// The stable word for it.
    pub fn code(&self) -> &'static str {
        "wire-encode"
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for EncodeError {}

/// Encodes values; one per thread, its buffers are used again.
pub struct Encoder {
    framing: Framing,
    configs: BTreeMap<RecordKind, SerializerConfig<'static>>,
}

impl Encoder {
    /// An encoder that frames values so.
    pub fn new(framing: Framing) -> Encoder {
        Encoder {
            framing,
            configs: BTreeMap::new(),
        }
    }

    /// Appends `value`, framed, to `out`. On an error `out` is as it was.
    pub fn encode<T>(
        &mut self,
        kind: RecordKind,
        value: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError>
    where
        T: Writable + ?Sized,
    {
        let before = out.len();
        self.frame(kind, out)?;
        value
            .write(self, kind, out)
            .inspect_err(|_| out.truncate(before))
    }

    /// `value`, framed, in bytes of its own.
    pub fn encode_to_vec<T>(&mut self, kind: RecordKind, value: &T) -> Result<Vec<u8>, EncodeError>
    where
        T: Writable + ?Sized,
    {
        let mut out = Vec::new();
        self.encode(kind, value, &mut out)?;
        Ok(out)
    }

    fn frame(&self, kind: RecordKind, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match &self.framing {
            Framing::Confluent(ids) => {
                let id = ids.get(&kind).ok_or_else(|| {
                    EncodeError::new(format!(
                        "the schema of {} has no id; register it before anything is written",
                        kind.name()
                    ))
                })?;
                out.push(0);
                out.extend_from_slice(&id.to_be_bytes());
            }
            Framing::SingleObject => {
                let entry = entry(kind).map_err(|error| EncodeError::new(error.to_string()))?;
                out.extend_from_slice(&crate::decode::SINGLE_OBJECT);
                out.extend_from_slice(&entry.newest.fingerprint);
            }
        }
        Ok(())
    }

    /// Appends `value` without a frame.
    pub(crate) fn datum<T>(
        &mut self,
        kind: RecordKind,
        value: &T,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError>
    where
        T: Serialize + ?Sized,
    {
        let entry = entry(kind).map_err(|error| EncodeError::new(error.to_string()))?;
        let config = self
            .configs
            .entry(kind)
            .or_insert_with(|| SerializerConfig::new(&entry.newest.avro));
        let mut state = SerializerState::from_writer(&mut *out, config);
        // The library's message may hold content, so it is not passed on.
        value.serialize(Compact(state.serializer())).map_err(|_| {
            EncodeError::new(format!(
                "the value does not fit the schema of {}: a member is missing, unknown or too \
                 large",
                kind.name()
            ))
        })
    }
}
