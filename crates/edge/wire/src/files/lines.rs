//! JSON lines: one object a line; empty lines and a byte order mark at the start are no error.

use super::FileError;
use crate::catalog::RecordKind;
use crate::decode::too_long;
use crate::error::{DecodeError, Limits};
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
pub(super) type Line<'r> = (u64, Result<&'r [u8], DecodeError>);

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
            let length = self.buffer.len();
            if length > self.limits.record_bytes && !self.buffer.ends_with(b"\n") {
                let length = length + self.pass_over()?;
                let error = too_long(self.kind, length, &self.limits);
                return Ok(Some((self.line, Err(error))));
            }
            let mark = self.line == 1 && self.buffer.starts_with(BYTE_ORDER_MARK);
            let from = if mark { BYTE_ORDER_MARK.len() } else { 0 };
            if !self.buffer[from..].trim_ascii().is_empty() {
                return Ok(Some((self.line, Ok(self.buffer[from..].trim_ascii_end()))));
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

    /// Passes over the rest of a line that is too long.
    fn pass_over(&mut self) -> Result<usize, FileError> {
        let mut passed = 0;
        loop {
            self.buffer.clear();
            let read = self.more()?;
            passed += read;
            if read == 0 || self.buffer.ends_with(b"\n") {
                self.buffer.clear();
                return Ok(passed);
            }
        }
    }
}
