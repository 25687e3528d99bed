//! What was read of one range: a file of blocks, written at its end and read from any offset.

use super::block::{self, Head, Writer};
use super::ranges::Range;
use crate::errors::Failure;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use stream::{FileRecord, RecordRef, RecordStream};

/// Why a file cannot be used.
pub(super) const DAMAGED: &str = "spool-damaged";

/// What was read of one range.
pub(super) struct Part {
    /// The file; there is none before the first block.
    pub(super) path: PathBuf,
    range: Range,
    /// The first offset that is still to be read.
    next: i64,
    /// How many records there are.
    pub(super) count: u64,
    /// How long the file is as far as it is whole.
    pub(super) bytes: u64,
    /// From which offset on each block goes, and where it stands.
    blocks: Vec<(i64, u64)>,
}

/// Something went wrong with a file or folder.
pub(super) fn failed(doing: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::failed(
        "out-unwritable",
        format!("{doing} {} failed: {error}", path.display()),
    )
}

/// Where a record is read that stood at the offset `there`. A log that begins behind its first
/// offset was cut, and scope says so of each search; so one that was not begins at 0.
pub(super) fn here(range: &Range, there: i64) -> i64 {
    there - range.from + i64::from(range.cut)
}

/// Where a record stood that is read at the offset `here`.
pub(super) fn there(range: &Range, here: i64) -> i64 {
    here + range.from - i64::from(range.cut)
}

impl Part {
    /// Goes through what is in the file, and cuts a torn tail off.
    pub(super) fn open(path: PathBuf, range: &Range) -> Result<Part, Failure> {
        let mut part = Part {
            path,
            range: range.clone(),
            next: range.from,
            count: 0,
            bytes: 0,
            blocks: Vec::new(),
        };
        let file = match OpenOptions::new().read(true).write(true).open(&part.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(part),
            Err(error) => return Err(failed("opening", &part.path, &error)),
        };
        let read = part.scan(&file).and_then(|length| {
            if length > part.bytes {
                let (path, bytes) = (part.path.display(), part.bytes);
                eprintln!("{path} is whole up to byte {bytes}: the rest is read again");
                file.set_len(bytes)?;
            }
            Ok(())
        });
        read.map_err(|error| failed("reading", &part.path, &error))?;
        Ok(part)
    }

    /// Takes note of the blocks that are whole; how long the file is.
    fn scan(&mut self, file: &File) -> io::Result<u64> {
        let length = file.metadata()?.len();
        let (mut reader, mut packed) = (BufReader::new(file), Vec::new());
        while self.bytes < length {
            match block::read(&mut reader, length - self.bytes, &mut packed) {
                Ok(head) if self.follows(&head) => self.add(&head),
                Err(error) if !is_torn(&error) => return Err(error),
                Ok(_) | Err(_) => break,
            }
        }
        Ok(length)
    }

    /// Whether a block is the one that comes next.
    fn follows(&self, head: &Head) -> bool {
        head.from == self.next && head.to > head.from && head.to <= self.range.to
    }

    fn add(&mut self, head: &Head) {
        self.blocks.push((head.from, self.bytes));
        self.bytes += head.length();
        self.count += u64::from(head.records);
        self.next = head.to;
    }

    /// What is still to be read.
    pub(super) fn left(&self) -> Range {
        Range {
            from: self.next,
            ..self.range.clone()
        }
    }

    /// Where its next records go.
    pub(super) fn writer(&mut self) -> Result<Filling<'_>, Failure> {
        let opened = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&self.path);
        let writer = opened.and_then(|file| Writer::new(file, self.next));
        match writer {
            Ok(writer) => Ok(Filling { part: self, writer }),
            Err(error) => Err(failed("opening", &self.path, &error)),
        }
    }

    /// Its records from an offset of the judged log on.
    pub(super) fn records(&self, from: i64) -> io::Result<Records> {
        let mut records = Records {
            range: Some(self.range.clone()),
            from: there(&self.range, from),
            left: self.bytes,
            ..Records::default()
        };
        if self.bytes > 0 {
            let behind = |(begins, _): &(i64, u64)| *begins <= records.from;
            let index = self.blocks.partition_point(behind).saturating_sub(1);
            let at = self.blocks.get(index).map_or(0, |(_, at)| *at);
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(at))?;
            records.file = Some(BufReader::new(file));
            records.left -= at;
        }
        Ok(records)
    }
}

fn is_torn(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::InvalidData
    )
}

/// A part that is being written.
pub(super) struct Filling<'a> {
    part: &'a mut Part,
    writer: Writer<File>,
}

impl Filling<'_> {
    /// Takes the next record, and writes all that it has taken where that is enough.
    pub(super) fn put(&mut self, record: &RecordRef<'_>) -> Result<(), Failure> {
        let put = self.writer.put(record);
        put.map_err(|error| failed("writing", &self.part.path, &error))?;
        if self.writer.is_full() {
            self.finish(record.offset + 1)?;
        }
        Ok(())
    }

    /// Everything before the offset `to` was taken: writes it.
    pub(super) fn finish(&mut self, to: i64) -> Result<(), Failure> {
        let written = self.writer.write(to);
        let head = written.map_err(|error| failed("writing", &self.part.path, &error))?;
        if let Some(head) = head {
            self.part.add(&head);
        }
        Ok(())
    }
}

/// Reads the blocks of a part.
#[derive(Default)]
pub(super) struct Records {
    file: Option<BufReader<File>>,
    /// How many bytes are left in the file.
    left: u64,
    range: Option<Range>,
    /// Records before this offset are not wanted.
    from: i64,
    packed: Vec<u8>,
    unpacked: Vec<u8>,
    /// How far the unpacked records are read.
    at: usize,
}

impl Records {
    fn read(&mut self, record: &mut FileRecord) -> io::Result<bool> {
        let (Some(file), Some(range)) = (&mut self.file, &self.range) else {
            return Ok(false);
        };
        loop {
            let rest = self.unpacked.get(self.at..).unwrap_or_default();
            if rest.is_empty() {
                if self.left == 0 {
                    return Ok(false);
                }
                let head = block::read(file, self.left, &mut self.packed)?;
                block::unpack(&head, &self.packed, &mut self.unpacked)?;
                self.left -= head.length();
                self.at = 0;
                continue;
            }
            let (one, behind) = block::next(rest)?;
            self.at = self.unpacked.len() - behind.len();
            if one.offset < self.from {
                continue;
            }
            record.offset = Some(here(range, one.offset));
            record.timestamp_ms = Some(one.timestamp_ms);
            record.key = one.key.map(<[u8]>::to_vec);
            record
                .value
                .extend_from_slice(one.value.unwrap_or_default());
            record.is_tombstone = one.value.is_none();
            let headers = one.headers.iter();
            record.headers = headers
                .map(|(name, value)| ((*name).to_owned(), value.to_vec()))
                .collect();
            return Ok(true);
        }
    }
}

impl RecordStream for Records {
    fn next(&mut self, record: &mut FileRecord) -> Result<bool, String> {
        let read = self.read(record);
        read.map_err(|error| format!("{error} ({DAMAGED})"))
    }
}
