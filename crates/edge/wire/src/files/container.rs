//! Avro object container files: blocks of records behind a header that holds the writer's schema.
//!
//! Each record comes out in single-object encoding of the newest schema: the bytes as they are
//! where the file has that schema, resolved where it has another. A fingerprint could not name the
//! file's schema: it does not tell milliseconds from microseconds.

use super::FileError;
use super::lines::Line;
use crate::catalog::{Entry, RecordKind, entry};
use crate::cursor::Cursor;
use crate::decode::{SINGLE_OBJECT, report, too_long};
use crate::error::Limits;
use crate::graph::Graph;
use crate::resolve::Plan;
use std::io::{BufRead, Read};

/// No header entry and no block is longer than this, in bytes, compressed or not.
const MAX_BLOCK_BYTES: u64 = 256 << 20;
/// No header has more entries than this.
const MAX_HEADER_ENTRIES: u64 = 1000;

#[derive(Clone, Copy)]
enum Codec {
    Null,
    Deflate,
    Zstandard,
}

pub(super) struct ContainerReader {
    bytes: Box<dyn BufRead + Send>,
    file: String,
    entry: &'static Entry,
    limits: Limits,
    codec: Codec,
    sync: [u8; 16],
    writer: Graph,
    /// None where the file has the newest schema.
    plan: Option<Plan>,
    block: Vec<u8>,
    position: usize,
    left: u64,
    record: u64,
    value: Vec<u8>,
}

impl ContainerReader {
    pub(super) fn new(
        mut bytes: Box<dyn BufRead + Send>,
        file: &str,
        kind: RecordKind,
        limits: Limits,
    ) -> Result<ContainerReader, FileError> {
        let entry = entry(kind).map_err(|error| FileError::schema(error.to_string()))?;
        let header = Header::read(&mut bytes)
            .map_err(|text| FileError::corrupt(format!("reading the header of {file}: {text}")))?;
        let writer = Graph::parse(&header.schema).map_err(|fault| {
            FileError::schema(format!("the schema in {file} cannot be used: {fault}"))
        })?;
        let newest = &entry.newest.graph;
        let plan = if writer.same(writer.root(), newest, newest.root(), 0) {
            None
        } else {
            Some(Plan::new(&writer, newest).map_err(|text| {
                FileError::schema(format!("{file} cannot be read as {}: {text}", kind.name()))
            })?)
        };
        Ok(ContainerReader {
            bytes,
            file: file.to_owned(),
            entry,
            limits,
            codec: header.codec,
            sync: header.sync,
            writer,
            plan,
            block: Vec::new(),
            position: 0,
            left: 0,
            record: 0,
            value: Vec::new(),
        })
    }

    pub(super) fn read(&mut self) -> Result<Option<Line<'_>>, FileError> {
        while self.left == 0 {
            if self.position < self.block.len() {
                return Err(self.corrupt("bytes are left at the end of a block"));
            }
            if !self.next_block()? {
                return Ok(None);
            }
        }
        // Where the record ends must be known first, so that one that is wrong can be passed over.
        let mut cursor = Cursor::new(&self.block[self.position..]);
        let root = self.writer.root();
        if let Err(fault) = self.writer.skip(root, &mut cursor, &self.limits, 0) {
            return Err(self.corrupt(&fault.to_string()));
        }
        let datum = &self.block[self.position..self.position + cursor.position()];
        self.position += cursor.position();
        self.left -= 1;
        self.record += 1;
        let kind = self.entry.kind;
        let most = self.limits.record_bytes;
        if datum.len() > most {
            let digest = facts::digest_bytes(datum);
            return Ok(Some(Line {
                number: self.record,
                value: Err(too_long(kind, datum.len(), &digest, most)),
                original: &[],
            }));
        }
        self.value.clear();
        self.value.extend_from_slice(&SINGLE_OBJECT);
        self.value.extend_from_slice(&self.entry.newest.fingerprint);
        let result = match &self.plan {
            None => {
                self.value.extend_from_slice(datum);
                Ok(())
            }
            Some(plan) => plan.run(
                &self.writer,
                &mut Cursor::new(datum),
                &mut self.value,
                &self.limits,
            ),
        };
        let value = result.map(|()| self.value.as_slice());
        Ok(Some(Line {
            number: self.record,
            value: value.map_err(|fault| report(kind, &fault)),
            original: datum,
        }))
    }

    /// Reads the next block whole, checks its end and unpacks it; false at the end of the file.
    fn next_block(&mut self) -> Result<bool, FileError> {
        let at_end = match self.bytes.fill_buf() {
            Ok(bytes) => bytes.is_empty(),
            Err(error) => return Err(self.corrupt(&error.to_string())),
        };
        if at_end {
            return Ok(false);
        }
        let (count, packed) = match read_block(&mut self.bytes, &self.sync) {
            Ok(block) => block,
            Err(text) => return Err(self.corrupt(&text)),
        };
        self.block.clear();
        self.position = 0;
        let unpacked = match self.codec {
            Codec::Null => {
                self.block = packed;
                Ok(())
            }
            Codec::Deflate => unpack(
                flate2::bufread::DeflateDecoder::new(&packed[..]),
                &mut self.block,
            ),
            Codec::Zstandard => match zstd::stream::read::Decoder::new(&packed[..]) {
                Ok(decoder) => unpack(decoder, &mut self.block),
                Err(error) => Err(error.to_string()),
            },
        };
        if let Err(text) = unpacked {
            return Err(self.corrupt(&text));
        }
        self.left = count;
        Ok(true)
    }

    #[cold]
    fn corrupt(&self, text: &str) -> FileError {
        FileError::corrupt(format!(
            "reading {} broke off at record {}: {text}; what stands before it was read",
            self.file,
            self.record + 1
        ))
    }
}

fn unpack(packed: impl Read, into: &mut Vec<u8>) -> Result<(), String> {
    let read = packed.take(MAX_BLOCK_BYTES + 1).read_to_end(into);
    let read = read.map_err(|error| format!("a block cannot be unpacked: {error}"))?;
    if read as u64 > MAX_BLOCK_BYTES {
        return Err(format!("a block is longer than {MAX_BLOCK_BYTES} bytes"));
    }
    Ok(())
}

fn read_block(bytes: &mut impl Read, sync: &[u8; 16]) -> Result<(u64, Vec<u8>), String> {
    let count = u64::try_from(read_long(bytes)?).map_err(|_| "a count is negative")?;
    let packed = read_delimited(bytes)?;
    let mut end = [0; 16];
    bytes
        .read_exact(&mut end)
        .map_err(|error| error.to_string())?;
    if &end != sync {
        return Err("a block does not end with the mark of the file".to_owned());
    }
    // Every record of ours has at least one byte, so a count that lies cannot loop for long.
    Ok((count, packed))
}

struct Header {
    schema: String,
    codec: Codec,
    sync: [u8; 16],
}

impl Header {
    fn read(bytes: &mut impl Read) -> Result<Header, String> {
        let mut magic = [0; 4];
        bytes
            .read_exact(&mut magic)
            .map_err(|error| error.to_string())?;
        if &magic != b"Obj\x01" {
            return Err("it is no Avro object container file".to_owned());
        }
        let (mut schema, mut codec) = (None, Codec::Null);
        let mut entries = 0;
        loop {
            let count = read_long(bytes)?;
            if count == 0 {
                break;
            }
            if count < 0 {
                read_long(bytes)?;
            }
            entries += count.unsigned_abs();
            if entries > MAX_HEADER_ENTRIES {
                return Err(format!("it has more than {MAX_HEADER_ENTRIES} entries"));
            }
            for _ in 0..count.unsigned_abs() {
                let key = read_delimited(bytes)?;
                let value = read_delimited(bytes)?;
                match key.as_slice() {
                    b"avro.schema" => {
                        schema =
                            Some(String::from_utf8(value).map_err(|_| "the schema is not UTF-8")?);
                    }
                    b"avro.codec" => codec = codec_of(&value)?,
                    _ => {}
                }
            }
        }
        let mut sync = [0; 16];
        bytes
            .read_exact(&mut sync)
            .map_err(|error| error.to_string())?;
        Ok(Header {
            schema: schema.ok_or("it has no schema")?,
            codec,
            sync,
        })
    }
}

fn codec_of(name: &[u8]) -> Result<Codec, String> {
    match name {
        b"null" | b"" => Ok(Codec::Null),
        b"deflate" => Ok(Codec::Deflate),
        b"zstandard" => Ok(Codec::Zstandard),
        other => Err(format!(
            "its codec {} is not supported; write it with null, deflate or zstandard",
            String::from_utf8_lossy(&other[..other.len().min(20)])
        )),
    }
}

fn read_long(bytes: &mut impl Read) -> Result<i64, String> {
    let mut all = [0; 10];
    for index in 0..all.len() {
        bytes
            .read_exact(&mut all[index..=index])
            .map_err(|error| error.to_string())?;
        if all[index] & 0x80 == 0 {
            return Cursor::new(&all[..=index])
                .long()
                .map_err(|fault| fault.text);
        }
    }
    Err("an integer has more than 64 bits".to_owned())
}

fn read_delimited(bytes: &mut impl Read) -> Result<Vec<u8>, String> {
    let length = u64::try_from(read_long(bytes)?).map_err(|_| "a length is negative")?;
    if length > MAX_BLOCK_BYTES {
        return Err(format!("a part is longer than {MAX_BLOCK_BYTES} bytes"));
    }
    let mut part = Vec::new();
    let read = bytes
        .take(length)
        .read_to_end(&mut part)
        .map_err(|error| error.to_string())?;
    if read as u64 != length {
        return Err("the file ends in the middle of a block".to_owned());
    }
    Ok(part)
}
