//! Writing records to files: JSON lines for people and replays, Avro containers for other programs.

use crate::catalog::{Entry, RecordKind, entry};
use crate::compact::Compact;
use crate::decode::SINGLE_OBJECT;
use serde::Serialize;
use serde_avro_fast::object_container_file_encoding::{
    Compression, CompressionLevel, Writer, WriterBuilder,
};
use serde_avro_fast::ser::SerializerConfig;
use std::fmt;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Why a file could not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputError {
    message: String,
}

impl OutputError {
    fn new(file: &str, error: impl fmt::Display) -> OutputError {
        OutputError {
            message: format!("writing {file} failed: {error}"),
        }
    }

    /// The stable word for it.
    pub fn code(&self) -> &'static str {
        "file-unwritable"
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for OutputError {}

enum Lines {
    Plain(BufWriter<File>),
    Zstd(Box<zstd::stream::write::Encoder<'static, BufWriter<File>>>),
}

/// Writes one canonical JSON object (RFC 8785) a line; a name that ends with `.zst` is compressed.
pub struct LinesWriter {
    lines: Lines,
    file: String,
}

impl LinesWriter {
    /// Creates the file at `path`, or empties it.
    pub fn create(path: &Path) -> Result<LinesWriter, OutputError> {
        let name = path.display().to_string();
        let file = File::create(path).map_err(|error| OutputError::new(&name, error))?;
        let file = BufWriter::with_capacity(256 << 10, file);
        let lines = if path.extension().is_some_and(|one| one == "zst") {
            let encoder = zstd::stream::write::Encoder::new(file, 0)
                .map_err(|error| OutputError::new(&name, error))?;
            Lines::Zstd(Box::new(encoder))
        } else {
            Lines::Plain(file)
        };
        Ok(LinesWriter { lines, file: name })
    }

    /// Writes one record.
    pub fn write<T: Serialize>(&mut self, value: &T) -> Result<(), OutputError> {
        let mut line = facts::canonical_json(value);
        line.push('\n');
        self.put(line.as_bytes())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        let written = match &mut self.lines {
            Lines::Plain(file) => file.write_all(bytes),
            Lines::Zstd(file) => file.write_all(bytes),
        };
        written.map_err(|error| OutputError::new(&self.file, error))
    }

    /// Writes what is buffered and ends the file. Without it the end may be missing.
    pub fn finish(self) -> Result<(), OutputError> {
        let ended = match self.lines {
            Lines::Plain(mut file) => file.flush(),
            Lines::Zstd(file) => file.finish().and_then(|mut file| file.flush()),
        };
        ended.map_err(|error| OutputError::new(&self.file, error))
    }
}

/// Writes an Avro object container file of the newest schema, with deflate at its fastest.
pub struct ContainerWriter {
    writer: Writer<'static, 'static, BufWriter<File>>,
    entry: &'static Entry,
    file: String,
}

impl ContainerWriter {
    /// Creates the file at `path`, or empties it.
    pub fn create(path: &Path, kind: RecordKind) -> Result<ContainerWriter, OutputError> {
        let name = path.display().to_string();
        let entry = entry(kind).map_err(|error| OutputError::new(&name, error))?;
        let file = File::create(path).map_err(|error| OutputError::new(&name, error))?;
        // The mark is made from the schema and not drawn, so that the same records give the same
        // file.
        let mut mark = *b"tocsin\0\0........";
        mark[8..].copy_from_slice(&entry.newest.fingerprint);
        let writer = WriterBuilder::with_owned_config(SerializerConfig::new(&entry.newest.avro))
            .compression(Compression::Deflate {
                level: CompressionLevel::new(1),
            })
            .sync_marker(mark)
            .build(BufWriter::new(file))
            .map_err(|error| OutputError::new(&name, error))?;
        Ok(ContainerWriter {
            writer,
            entry,
            file: name,
        })
    }

    /// Writes one record.
    pub fn write<T: Serialize>(&mut self, value: &T) -> Result<(), OutputError> {
        // The library's message may hold content, so it is not passed on.
        self.writer.serialize(Compact(value)).map_err(|_| {
            OutputError::new(
                &self.file,
                "a value does not fit the schema, or the disk is full",
            )
        })
    }

    /// Writes one record that is in single-object encoding of the newest schema already.
    pub fn write_single_object(&mut self, value: &[u8]) -> Result<(), OutputError> {
        let datum = value
            .strip_prefix(&SINGLE_OBJECT)
            .and_then(|rest| rest.strip_prefix(&self.entry.newest.fingerprint))
            .ok_or_else(|| OutputError::new(&self.file, "a value has another schema"))?;
        self.writer
            .push_serialized(datum, 1)
            .map_err(|error| OutputError::new(&self.file, error))
    }

    /// Writes what is buffered and ends the file. Without it the last block may be missing.
    pub fn finish(self) -> Result<(), OutputError> {
        let file = self.file;
        let ended = self.writer.into_inner();
        let mut inner = ended.map_err(|error| OutputError::new(&file, error))?;
        inner
            .flush()
            .map_err(|error| OutputError::new(&file, error))
    }
}
