//! JSON lines: one object a line; empty lines and a byte order mark at the start are no error.

use super::FileError;
use crate::catalog::RecordKind;
use crate::decode::too_long;
use crate::error::{DecodeError, Limits};
use sha2::{Digest, Sha256};
use std::io::{BufRead, Read};

const BYTE_ORDER_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

pub(super) struct LineReader {
    bytes: Box<dyn BufRead + Send>,
    file: String,
    kind: RecordKind,
    limits: Limits,
    buffer: Vec<u8>,
    line: u64,
}

/// A line and what it holds.
pub(super) struct Line<'r> {
    /// Its number, from 1.
    pub(super) number: u64,
    /// The bytes for a decoder, or why there are none.
    pub(super) value: Result<&'r [u8], DecodeError>,
    /// The bytes as they stand in the file; none of what is beyond the limit.
    pub(super) original: &'r [u8],
}

impl LineReader {
    pub(super) fn new(
        bytes: Box<dyn BufRead + Send>,
        file: &str,
        kind: RecordKind,
        limits: Limits,
    ) -> LineReader {
        LineReader {
            bytes,
            file: file.to_owned(),
            kind,
            limits,
            buffer: Vec::new(),
            line: 0,
        }
    }

    pub(super) fn read(&mut self) -> Result<Option<Line<'_>>, FileError> {
        loop {
            self.buffer.clear();
            if self.more()? == 0 {
                return Ok(None);
            }
            self.line += 1;
            let (most, whole) = (self.limits.record_bytes, self.buffer.ends_with(b"\n"));
            if self.buffer.len() > most && !whole {
                let (length, digest) = self.pass_over()?;
                return Ok(Some(Line {
                    number: self.line,
                    value: Err(too_long(self.kind, length, &digest, most)),
                    original: &[],
                }));
            }
            let mark = self.line == 1 && self.buffer.starts_with(BYTE_ORDER_MARK);
            let from = if mark { BYTE_ORDER_MARK.len() } else { 0 };
            if !self.buffer[from..].trim_ascii().is_empty() {
                let bytes = self.buffer[from..].trim_ascii_end();
                return Ok(Some(Line {
                    number: self.line,
                    value: Ok(bytes),
                    original: bytes,
                }));
            }
        }
    }

    /// Reads up to the end of the line or a byte more than the limit.
    fn more(&mut self) -> Result<usize, FileError> {
        let most = self.limits.record_bytes as u64 + 1;
        let read = self
            .bytes
            .by_ref()
            .take(most)
            .read_until(b'\n', &mut self.buffer);
        read.map_err(|error| {
            FileError::corrupt(format!(
                "reading {} broke off in line {}: {error}; what stands before it was read",
                self.file,
                self.line + 1
            ))
        })
    }

    /// Passes over the rest of a line that is too long; the length and SHA-256 of all of it, with
    /// the line break.
    fn pass_over(&mut self) -> Result<(usize, String), FileError> {
        let (mut length, mut digest) = (0, Sha256::new());
        loop {
            length += self.buffer.len();
            digest.update(&self.buffer);
            let whole = self.buffer.ends_with(b"\n");
            self.buffer.clear();
            if whole || self.more()? == 0 {
                let digest = digest.finalize();
                return Ok((
                    length,
                    digest.iter().map(|byte| format!("{byte:02x}")).collect(),
                ));
            }
        }
    }
}
