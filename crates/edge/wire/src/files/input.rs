//! Which files of a folder are input, and reading one record after the other from any of them.

use super::FileError;
use super::container::ContainerReader;
use super::lines::LineReader;
use crate::catalog::RecordKind;
use crate::error::{DecodeError, Limits};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The kinds of input, by how their file names begin (which is their topic), in reading order.
const KINDS: &[(&str, RecordKind)] = &[
    ("access-events", RecordKind::AccessEvent),
    ("breach-events", RecordKind::BreachEvent),
    ("grants", RecordKind::Grant),
    ("accounts", RecordKind::Account),
    ("decisions", RecordKind::Decision),
];

/// How much is read from a file at once, in bytes.
const BUFFER_BYTES: usize = 256 << 10;

/// How the bytes of a file are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    None,
    Zstd,
    Gzip,
}

/// One file of input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    path: PathBuf,
    name: String,
    topic: &'static str,
    kind: RecordKind,
    is_container: bool,
    compression: Compression,
}

/// What a folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The input, by kind and then by name: the same order on every machine.
    pub files: Vec<InputFile>,
    /// Kinds of which there is no file; they count as empty, and somebody should be told.
    pub missing: Vec<&'static str>,
    /// Files whose names begin like input and end like none; somebody should be told.
    pub ignored: Vec<String>,
}

/// Finds the input in `folder`, not below it.
pub fn list(folder: &Path) -> Result<Listing, FileError> {
    let unreadable = |error: std::io::Error| {
        FileError::unreadable(format!(
            "listing the folder {} failed: {error}",
            folder.display()
        ))
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_file() {
            names.push(path);
        }
    }
    names.sort();
    let mut listing = Listing {
        files: Vec::new(),
        missing: Vec::new(),
        ignored: Vec::new(),
    };
    for (topic, _) in KINDS {
        let before = listing.files.len();
        for path in &names {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !begins_with(&name, topic) {
                continue;
            }
            match InputFile::at(path) {
                Some(file) => listing.files.push(file),
                None => listing.ignored.push(name.into_owned()),
            }
        }
        if listing.files.len() == before {
            listing.missing.push(topic);
        }
    }
    Ok(listing)
}

/// Whether `name` is of the kind `topic`: nothing, or something that is no letter, follows.
fn begins_with(name: &str, topic: &str) -> bool {
    name.strip_prefix(topic)
        .is_some_and(|rest| !rest.starts_with(|one: char| one.is_ascii_alphabetic()))
}

impl InputFile {
    /// The file at `path`, if its name is one of input.
    pub fn at(path: &Path) -> Option<InputFile> {
        let name = path.file_name()?.to_str()?;
        let (topic, kind) = KINDS.iter().find(|(topic, _)| begins_with(name, topic))?;
        let (stem, compression) = match name.rsplit_once('.')? {
            (stem, "zst") => (stem, Compression::Zstd),
            (stem, "gz") => (stem, Compression::Gzip),
            _ => (name, Compression::None),
        };
        let is_container = match stem.rsplit_once('.')?.1 {
            "jsonl" => false,
            "avro" => true,
            _ => return None,
        };
        Some(InputFile {
            path: path.to_owned(),
            name: name.to_owned(),
            topic,
            kind: *kind,
            is_container,
            compression,
        })
    }

    /// Its name, without the folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The topic whose records it holds.
    pub fn topic(&self) -> &'static str {
        self.topic
    }

    /// Which record it holds.
    pub fn kind(&self) -> RecordKind {
        self.kind
    }

    /// Opens it at its first record.
    pub fn open(&self, limits: Limits) -> Result<Reader, FileError> {
        let file = File::open(&self.path).map_err(|error| {
            FileError::unreadable(format!("opening {} failed: {error}", self.path.display()))
        })?;
        let bytes: Box<dyn Read + Send> = match self.compression {
            Compression::None => Box::new(file),
            Compression::Zstd => {
                Box::new(zstd::stream::read::Decoder::new(file).map_err(|error| {
                    FileError::corrupt(format!("reading {} failed: {error}", self.name))
                })?)
            }
            Compression::Gzip => {
                Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::new(file)))
            }
        };
        let bytes: Box<dyn BufRead + Send> =
            Box::new(BufReader::with_capacity(BUFFER_BYTES, bytes));
        let inner = if self.is_container {
            Inner::Container(Box::new(ContainerReader::new(
                bytes, &self.name, self.kind, limits,
            )?))
        } else {
            Inner::Lines(LineReader::new(bytes, &self.name, self.kind, limits))
        };
        Ok(Reader { inner, next: 0 })
    }

    /// Opens it at the record with this index, from 0. What stands before is read over.
    pub fn open_at(&self, index: u64, limits: Limits) -> Result<Reader, FileError> {
        let mut reader = self.open(limits)?;
        while reader.next < index {
            if reader.read()?.is_none() {
                break;
            }
        }
        Ok(reader)
    }

    /// How many records it holds, those that are wrong by themselves among them. Reads it all.
    pub fn count(&self, limits: Limits) -> Result<u64, FileError> {
        let mut reader = self.open(limits)?;
        while reader.read()?.is_some() {}
        Ok(reader.next)
    }
}

/// One record of a file.
#[derive(Debug)]
pub struct Item<'r> {
    /// Its index among the records of the file, from 0; empty lines have none.
    pub index: u64,
    /// Its line, from 1; in a container the record, from 1.
    pub line: u64,
    /// The bytes, for a [`crate::Decoder`]; or why this record alone cannot be used.
    pub value: Result<&'r [u8], DecodeError>,
    /// The bytes as they stand in the file: of a container the record in its writer's schema.
    /// Empty for what is longer than the limit; its error says length and digest.
    pub original: &'r [u8],
}

enum Inner {
    Lines(LineReader),
    Container(Box<ContainerReader>),
}

/// Reads the records of one file in their order.
pub struct Reader {
    inner: Inner,
    next: u64,
}

impl Reader {
    /// The next record; `None` at the end. After an error there is nothing more to read.
    pub fn read(&mut self) -> Result<Option<Item<'_>>, FileError> {
        let found = match &mut self.inner {
            Inner::Lines(lines) => lines.read()?,
            Inner::Container(container) => container.read()?,
        };
        Ok(found.map(|line| {
            let index = self.next;
            self.next += 1;
            Item {
                index,
                line: line.number,
                value: line.value,
                original: line.original,
            }
        }))
    }
}
