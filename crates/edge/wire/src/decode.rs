//! Bytes to types: values as they stand on topics and lines as they stand in files.

use crate::catalog::{Entry, RecordKind, entry};
use crate::compact;
use crate::cursor::Cursor;
use crate::error::{Code, DecodeError, Fault, Limits, WRITE_THE_ID};
use crate::graph::Graph;
use crate::json;
use crate::records::{Datum, Readable};
use crate::resolve::Plan;
use crate::store::SchemaStore;
use serde::Deserialize;
use serde_avro_fast::de::read::SliceRead;
use serde_avro_fast::de::{DeserializerConfig, DeserializerState};
use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;

/// The first bytes of Avro's single-object encoding; the schema's fingerprint follows.
pub(crate) const SINGLE_OBJECT: [u8; 2] = [0xC3, 0x01];
/// So many readings are kept per decoder before they are made anew.
const MOST_READINGS: usize = 4096;

/// Which schema a value was written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Written {
    Id(u32),
    Fingerprint([u8; 8]),
}

/// How to read what a writer wrote as the newest version of a record.
enum Reading {
    /// The writer's schema is the newest one.
    Same,
    /// It is another.
    Other(Arc<Graph>, Plan),
    /// It cannot be resolved; every value fails alike.
    Refused(DecodeError),
}

/// How `bytes` are encoded.
enum Encoding<'a> {
    Avro(Written, &'a [u8]),
    Json,
}

/// Decodes values of every encoding that is accepted; one per thread.
///
/// Types that borrow (such as `facts::AccessView`) point into the value itself where it was written
/// with the newest schema, and into the decoder's own buffer where it was not or is JSON. In both
/// cases nothing is allocated per record but what the type itself owns; for JSON and reordered
/// fields a few short lists.
pub struct Decoder {
    store: Arc<SchemaStore>,
    limits: Limits,
    scratch: Vec<u8>,
    readings: HashMap<(RecordKind, Written), Arc<Reading>>,
    last: Option<(RecordKind, Written, Arc<Reading>)>,
}

impl Decoder {
    /// A decoder that knows the schemas of `store`, with the default limits.
    pub fn new(store: Arc<SchemaStore>) -> Decoder {
        Decoder::with_limits(store, Limits::default())
    }

    /// A decoder with limits of its own.
    pub fn with_limits(store: Arc<SchemaStore>, limits: Limits) -> Decoder {
        Decoder {
            store,
            limits,
            scratch: Vec::new(),
            readings: HashMap::new(),
            last: None,
        }
    }

    /// Decodes one value: Confluent's wire format, single-object encoding or JSON.
    ///
    /// What the types cannot say (an empty id, an `until` before `at`) is left to the record's own
    /// `fault()`.
    ///
    /// # Errors
    /// With a stable [`DecodeError::code`]. [`DecodeError::is_transient`] is to be waited for,
    /// [`DecodeError::unknown_schema`] to be tried again for a configured time,
    /// [`DecodeError::is_refused`] is a person's to put right; all others are final.
    pub fn decode<'a, T>(&'a mut self, kind: RecordKind, bytes: &'a [u8]) -> Result<T, DecodeError>
    where
        T: Readable<'a>,
    {
        let limits = self.limits;
        let (entry, bytes) = self.datum(kind, bytes)?;
        T::read(&Datum {
            entry,
            bytes,
            limits,
        })
    }

    /// The value in the newest schema, without a frame.
    fn datum<'a>(
        &'a mut self,
        kind: RecordKind,
        bytes: &'a [u8],
    ) -> Result<(&'static Entry, &'a [u8]), DecodeError> {
        let entry = entry(kind)?;
        let datum = match self.encoding(kind, bytes)? {
            Encoding::Json => {
                self.scratch.clear();
                json::transcode(bytes, &entry.newest.graph, &mut self.scratch)
                    .map_err(|fault| report(kind, &fault))?;
                &self.scratch
            }
            Encoding::Avro(written, datum) => {
                let reading = self.reading(entry, written)?;
                match &*reading {
                    Reading::Same => datum,
                    Reading::Refused(error) => return Err(error.clone()),
                    Reading::Other(writer, plan) => {
                        self.scratch.clear();
                        resolve(writer, plan, datum, &mut self.scratch, &self.limits)
                            .map_err(|fault| report(kind, &fault))?;
                        &self.scratch
                    }
                }
            }
        };
        Ok((entry, datum))
    }

    /// The same value in single-object encoding of the newest schema, in the decoder's own buffer:
    /// what a source wrote in any encoding, ready to be passed on.
    pub fn normalise<'a>(
        &'a mut self,
        kind: RecordKind,
        bytes: &'a [u8],
    ) -> Result<&'a [u8], DecodeError> {
        let entry = entry(kind)?;
        let mut out = std::mem::take(&mut self.scratch);
        out.clear();
        out.extend_from_slice(&SINGLE_OBJECT);
        out.extend_from_slice(&entry.newest.fingerprint);
        let result = self.normalise_into(entry, bytes, &mut out);
        self.scratch = out;
        result.map(|()| self.scratch.as_slice())
    }

    fn normalise_into(
        &mut self,
        entry: &'static Entry,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), DecodeError> {
        let kind = entry.kind;
        let result = match self.encoding(kind, bytes)? {
            Encoding::Json => json::transcode(bytes, &entry.newest.graph, out),
            Encoding::Avro(written, datum) => match &*self.reading(entry, written)? {
                Reading::Refused(error) => return Err(error.clone()),
                Reading::Other(writer, plan) => resolve(writer, plan, datum, out, &self.limits),
                Reading::Same => {
                    out.extend_from_slice(datum);
                    return examine(entry, datum, &self.limits);
                }
            },
        };
        result.map_err(|fault| report(kind, &fault))
    }

    fn encoding<'a>(&self, kind: RecordKind, bytes: &'a [u8]) -> Result<Encoding<'a>, DecodeError> {
        let most = self.limits.bytes_of(kind);
        if bytes.len() > most {
            let digest = facts::digest_bytes(bytes);
            return Err(too_long(kind, bytes.len(), &digest, most));
        }
        match bytes {
            [] => Err(DecodeError::new(
                Code::EmptyValue,
                format!("the value has no bytes where {} is expected", kind.name()),
            )),
            [0, rest @ ..] => match rest.split_first_chunk::<4>() {
                Some((id, datum)) => {
                    Ok(Encoding::Avro(Written::Id(u32::from_be_bytes(*id)), datum))
                }
                None => Err(cut_frame(kind)),
            },
            [0xC3, 0x01, rest @ ..] => match rest.split_first_chunk::<8>() {
                Some((print, datum)) => Ok(Encoding::Avro(Written::Fingerprint(*print), datum)),
                None => Err(cut_frame(kind)),
            },
            [1, ..] => Err(DecodeError::new(
                Code::SchemaGuidFraming,
                format!(
                    "the value names the schema of {} by a GUID (first byte 1), {WRITE_THE_ID}",
                    kind.name()
                ),
            )),
            [b'{' | b' ' | b'\t' | b'\r' | b'\n', ..] | [0xEF, 0xBB, 0xBF, ..] => {
                Ok(Encoding::Json)
            }
            _ => Err(DecodeError::new(
                Code::UnknownEncoding,
                format!(
                    "the value is neither Confluent Avro (first byte 0) nor single-object Avro \
                     (C3 01) nor a JSON object where {} is expected",
                    kind.name()
                ),
            )),
        }
    }

    fn reading(
        &mut self,
        entry: &'static Entry,
        written: Written,
    ) -> Result<Arc<Reading>, DecodeError> {
        if let Some((kind, last, reading)) = &self.last
            && *kind == entry.kind
            && *last == written
        {
            return Ok(Arc::clone(reading));
        }
        let key = (entry.kind, written);
        let reading = match self.readings.get(&key) {
            Some(reading) => Arc::clone(reading),
            None => {
                let reading = Arc::new(self.make_reading(entry, written)?);
                if self.readings.len() >= MOST_READINGS {
                    self.readings.clear();
                }
                self.readings.insert(key, Arc::clone(&reading));
                reading
            }
        };
        self.last = Some((entry.kind, written, Arc::clone(&reading)));
        Ok(reading)
    }

    fn make_reading(
        &self,
        entry: &'static Entry,
        written: Written,
    ) -> Result<Reading, DecodeError> {
        match written {
            Written::Id(id) => {
                let writer = self.store.get(id)?;
                Ok(reading_of(entry, writer, &format!("schema {id}")))
            }
            Written::Fingerprint(print) if print == entry.newest.fingerprint => Ok(Reading::Same),
            Written::Fingerprint(print) => {
                let older = entry.versions.iter().zip(entry.kind.schemas());
                let mut older = older.rev();
                let older = older.find(|(version, _)| version.fingerprint == print);
                let Some((_, text)) = older else {
                    return Err(DecodeError::new(
                        Code::AvroUnknownSchema,
                        format!(
                            "the fingerprint of the value is of no version of {} that this \
                             program knows; update it, or write with a registry",
                            entry.kind.name()
                        ),
                    ));
                };
                let writer = Graph::parse(text)
                    .map_err(|fault| DecodeError::new(Code::Internal, fault.to_string()))?;
                Ok(reading_of(entry, Arc::new(writer), "an older version"))
            }
        }
    }
}

fn reading_of(entry: &'static Entry, writer: Arc<Graph>, name: &str) -> Reading {
    let newest = &entry.newest.graph;
    if writer.same(writer.root(), newest, newest.root(), 0) {
        return Reading::Same;
    }
    match Plan::new(&writer, newest) {
        Ok(plan) => Reading::Other(writer, plan),
        Err(text) => Reading::Refused(DecodeError::new(
            Code::AvroSchemaMismatch,
            format!("{name} cannot be read as {}: {text}", entry.kind.name()),
        )),
    }
}

fn resolve(
    writer: &Graph,
    plan: &Plan,
    datum: &[u8],
    out: &mut Vec<u8>,
    limits: &Limits,
) -> Result<(), Fault> {
    let mut cursor = Cursor::new(datum);
    plan.run(writer, &mut cursor, out, limits)?;
    match cursor.remaining() {
        0 => Ok(()),
        more => Err(Fault::new(
            Code::AvroTrailingBytes,
            format!("{more} bytes follow after the end of the record; another schema wrote it"),
        )),
    }
}

/// Reads `datum`.
pub(crate) fn read<'a, T>(datum: &Datum<'a>) -> Result<T, DecodeError>
where
    T: Deserialize<'a>,
{
    let (entry, limits) = (datum.entry, &datum.limits);
    let mut config = DeserializerConfig::new(&entry.newest.avro);
    config.max_seq_size = limits.most_items();
    config.allowed_depth = limits.depth;
    let mut state = DeserializerState::with_config(SliceRead::new(datum.bytes), config);
    let result: Result<T, _> = compact::read(state.deserializer());
    let ended = state.into_reader().fill_buf().is_ok_and(<[u8]>::is_empty);
    match result {
        Ok(value) if ended => Ok(value),
        // The library's message may hold content and does not say where; a second, slow look does.
        _ => {
            examine(entry, datum.bytes, limits)?;
            Err(DecodeError::new(
                Code::ValueOutOfRange,
                format!(
                    "a value of {} is none that the record can hold",
                    entry.kind.name()
                ),
            ))
        }
    }
}

/// Looks through `datum`, written with the newest schema, and says what is wrong with it and where.
fn examine(entry: &Entry, datum: &[u8], limits: &Limits) -> Result<(), DecodeError> {
    let newest = &entry.newest.graph;
    let plan = Plan::new(newest, newest).map_err(|text| DecodeError::new(Code::Internal, text))?;
    resolve(newest, &plan, datum, &mut Vec::new(), limits)
        .map_err(|fault| report(entry.kind, &fault))
}

pub(crate) fn report(kind: RecordKind, fault: &Fault) -> DecodeError {
    DecodeError::new(fault.code, format!("decoding {}: {fault}", kind.name()))
}

/// A value beyond the limit is kept by nobody, so its length and SHA-256 say which it was.
pub(crate) fn too_long(kind: RecordKind, bytes: usize, digest: &str, most: usize) -> DecodeError {
    DecodeError::new(
        Code::RecordTooLarge,
        format!(
            "decoding {}: the value has {bytes} bytes (SHA-256 {digest}), the limit is {most}; \
             send the record without what is too large",
            kind.name()
        ),
    )
}

#[cold]
fn cut_frame(kind: RecordKind) -> DecodeError {
    DecodeError::new(
        Code::AvroTruncated,
        format!(
            "decoding {}: the value ends within the id of its schema",
            kind.name()
        ),
    )
}
