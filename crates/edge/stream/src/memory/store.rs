//! One partition in memory: segments of packed records, transactions that are open or were aborted.

use crate::record::Beside;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The size at which a segment is closed and shared with readers, in bytes.
const SEGMENT_BYTES: usize = 1 << 20;
/// Offset delta, transaction, time stamp, and the lengths of key, value and headers.
const FIXED_BYTES: usize = 4 + 8 + 8 + 4 + 4 + 4;

/// A record to be appended.
pub(crate) struct Entry<'a> {
    pub(crate) timestamp_ms: i64,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) value: Option<&'a [u8]>,
    pub(crate) headers: &'a [(String, Vec<u8>)],
    /// The transaction; 0: none.
    pub(crate) txn: u64,
}

impl Entry<'_> {
    /// The bytes that the record takes, without Kafka's own framing.
    pub(crate) fn size(&self) -> usize {
        let headers: usize = self
            .headers
            .iter()
            .map(|(k, v)| 8 + k.len() + v.len())
            .sum();
        self.key.map_or(0, <[u8]>::len) + self.value.map_or(0, <[u8]>::len) + headers
    }
}

/// Packed headers: name length, name, value length, value, again and again.
pub(crate) struct Packed<'a>(&'a [u8]);

impl Beside for Packed<'_> {
    fn header(&self, index: usize) -> Option<(&str, &[u8])> {
        let mut rest = self.0;
        for _ in 0..index {
            (_, rest) = take(rest)?;
            (_, rest) = take(rest)?;
        }
        let (name, rest) = take(rest)?;
        let (value, _) = take(rest)?;
        Some((std::str::from_utf8(name).ok()?, value))
    }
}

fn take(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

/// A record as it lies in a segment.
pub(crate) struct View<'a> {
    pub(crate) offset: i64,
    pub(crate) txn: u64,
    pub(crate) timestamp_ms: i64,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) value: Option<&'a [u8]>,
    pub(crate) headers: Packed<'a>,
    /// The bytes from this record's begin to the next one's.
    pub(crate) length: usize,
}

/// The record that begins at `at`; `None` at the end of the bytes.
pub(crate) fn view(bytes: &[u8], at: usize, base: i64) -> Option<View<'_>> {
    let bytes = bytes.get(at..)?;
    let (delta, rest) = bytes.split_first_chunk::<4>()?;
    let (txn, rest) = rest.split_first_chunk::<8>()?;
    let (timestamp, rest) = rest.split_first_chunk::<8>()?;
    let (key, rest) = rest.split_first_chunk::<4>()?;
    let (value, rest) = rest.split_first_chunk::<4>()?;
    let (headers, rest) = rest.split_first_chunk::<4>()?;
    let (key, value) = (i32::from_le_bytes(*key), i32::from_le_bytes(*value));
    let (key, rest) = optional(rest, key)?;
    let (value, rest) = optional(rest, value)?;
    let (headers, rest) = rest.split_at_checked(u32::from_le_bytes(*headers) as usize)?;
    Some(View {
        offset: base + i64::from(u32::from_le_bytes(*delta)),
        txn: u64::from_le_bytes(*txn),
        timestamp_ms: i64::from_le_bytes(*timestamp),
        key,
        value,
        headers: Packed(headers),
        length: bytes.len() - rest.len(),
    })
}

type Optional<'a> = (Option<&'a [u8]>, &'a [u8]);

fn optional(bytes: &[u8], length: i32) -> Option<Optional<'_>> {
    match usize::try_from(length) {
        Ok(length) => bytes
            .split_at_checked(length)
            .map(|(this, rest)| (Some(this), rest)),
        Err(_) => Some((None, bytes)),
    }
}

/// Records in a row. Closed ones are shared with readers, the last one is copied for them.
struct Segment<B> {
    base: i64,
    bytes: B,
    max_timestamp_ms: i64,
}

struct Aborted {
    txn: u64,
    first: i64,
    last: i64,
}

/// One partition.
pub(crate) struct Store {
    start: i64,
    next: i64,
    closed: Vec<Segment<Arc<Vec<u8>>>>,
    tail: Segment<Vec<u8>>,
    /// Open transactions with the offset of their first record.
    open: BTreeMap<u64, i64>,
    aborted: Vec<Aborted>,
}

/// Where a reader goes on: segment and byte.
pub(crate) type Place = (usize, usize);

/// A run of records that a reader holds without the partition's lock.
pub(crate) struct Chunk {
    pub(crate) bytes: ChunkBytes,
    pub(crate) base: i64,
    /// The next byte to read.
    pub(crate) at: usize,
    /// The offset at which the run ends.
    pub(crate) limit: i64,
    /// Transactions whose records are to be skipped.
    pub(crate) aborted: Vec<u64>,
    segment: usize,
    /// The byte of the segment at which `bytes` begins.
    first: usize,
}

pub(crate) enum ChunkBytes {
    Shared(Arc<Vec<u8>>),
    Own(Vec<u8>),
}

impl Chunk {
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.bytes {
            ChunkBytes::Shared(bytes) => bytes,
            ChunkBytes::Own(bytes) => bytes,
        }
    }

    /// Where reading goes on after what was taken out of this chunk.
    pub(crate) fn place(&self) -> Place {
        (self.segment, self.first + self.at)
    }

    /// The buffer, to be used again.
    pub(crate) fn into_spare(self) -> Vec<u8> {
        match self.bytes {
            ChunkBytes::Own(bytes) => bytes,
            ChunkBytes::Shared(_) => Vec::new(),
        }
    }
}

impl Store {
    pub(crate) fn new() -> Self {
        Store {
            start: 0,
            next: 0,
            closed: Vec::new(),
            tail: Segment {
                base: 0,
                bytes: Vec::new(),
                max_timestamp_ms: i64::MIN,
            },
            open: BTreeMap::new(),
            aborted: Vec::new(),
        }
    }

    /// The first offset that is still there, and the end of what is decided.
    pub(crate) fn range(&self) -> (i64, i64) {
        (
            self.start,
            self.open.values().copied().min().unwrap_or(self.next),
        )
    }

    /// One past the last record, decided or not.
    pub(crate) fn written_end(&self) -> i64 {
        self.next
    }

    /// Whether more was written than is decided.
    pub(crate) fn is_held_back(&self) -> bool {
        self.range().1 < self.next
    }

    /// Appends a record; true where it is the first of its transaction here.
    pub(crate) fn append(&mut self, entry: &Entry<'_>) -> (i64, bool) {
        let size = FIXED_BYTES + entry.size();
        let full = self.tail.bytes.len() + size > SEGMENT_BYTES;
        if (full && !self.tail.bytes.is_empty()) || self.next - self.tail.base > i64::from(u32::MAX)
        {
            self.close_tail();
        }
        let offset = self.next;
        let delta = u32::try_from(offset - self.tail.base).unwrap_or(u32::MAX);
        let length =
            |part: Option<&[u8]>| part.map_or(-1, |part| i32::try_from(part.len()).unwrap_or(-1));
        let out = &mut self.tail.bytes;
        out.extend_from_slice(&delta.to_le_bytes());
        out.extend_from_slice(&entry.txn.to_le_bytes());
        out.extend_from_slice(&entry.timestamp_ms.to_le_bytes());
        out.extend_from_slice(&length(entry.key).to_le_bytes());
        out.extend_from_slice(&length(entry.value).to_le_bytes());
        let headers: usize = entry
            .headers
            .iter()
            .map(|(k, v)| 8 + k.len() + v.len())
            .sum();
        out.extend_from_slice(&(headers as u32).to_le_bytes());
        out.extend_from_slice(entry.key.unwrap_or_default());
        out.extend_from_slice(entry.value.unwrap_or_default());
        for (key, value) in entry.headers {
            for part in [key.as_bytes(), value.as_slice()] {
                out.extend_from_slice(&(part.len() as u32).to_le_bytes());
                out.extend_from_slice(part);
            }
        }
        self.tail.max_timestamp_ms = self.tail.max_timestamp_ms.max(entry.timestamp_ms);
        self.next += 1;
        let first = entry.txn != 0 && !self.open.contains_key(&entry.txn);
        if first {
            self.open.insert(entry.txn, offset);
        }
        (offset, first)
    }

    fn close_tail(&mut self) {
        let fresh = Segment {
            base: self.next,
            bytes: Vec::new(),
            max_timestamp_ms: i64::MIN,
        };
        let Segment {
            base,
            mut bytes,
            max_timestamp_ms,
        } = std::mem::replace(&mut self.tail, fresh);
        bytes.shrink_to_fit();
        self.closed.push(Segment {
            base,
            bytes: Arc::new(bytes),
            max_timestamp_ms,
        });
    }

    /// Ends a transaction; its marker takes an offset, as in Kafka.
    pub(crate) fn finish(&mut self, txn: u64, commit: bool) {
        let Some(first) = self.open.remove(&txn) else {
            return;
        };
        if !commit {
            self.aborted.push(Aborted {
                txn,
                first,
                last: self.next,
            });
        }
        self.next += 1;
    }

    /// The next run of decided records from `position` on; `None` at the end. `Err` holds the
    /// range where the position is outside of it.
    pub(crate) fn read(
        &self,
        position: i64,
        place: Option<Place>,
        spare: Vec<u8>,
    ) -> Result<Option<Chunk>, (i64, i64)> {
        let (start, end) = self.range();
        if position < start || position > self.next {
            return Err((start, end));
        }
        if position >= end {
            return Ok(None);
        }
        let (mut segment, mut at) = place.unwrap_or_else(|| self.locate(position));
        while self
            .closed
            .get(segment)
            .is_some_and(|closed| at >= closed.bytes.len())
        {
            (segment, at) = (segment + 1, 0);
        }
        let (bytes, base, first, until) = match self.closed.get(segment) {
            Some(closed) => {
                let until = self
                    .closed
                    .get(segment + 1)
                    .map_or(self.tail.base, |next| next.base);
                (
                    ChunkBytes::Shared(closed.bytes.clone()),
                    closed.base,
                    0,
                    until,
                )
            }
            None => {
                let mut bytes = spare;
                bytes.clear();
                bytes.extend_from_slice(self.tail.bytes.get(at..).unwrap_or_default());
                (ChunkBytes::Own(bytes), self.tail.base, at, self.next)
            }
        };
        let limit = until.min(end);
        let overlaps = |aborted: &&Aborted| aborted.last >= position && aborted.first < limit;
        let aborted = self
            .aborted
            .iter()
            .filter(overlaps)
            .map(|aborted| aborted.txn)
            .collect();
        Ok(Some(Chunk {
            bytes,
            base,
            at: at - first,
            limit,
            aborted,
            segment,
            first,
        }))
    }

    /// The place of the first record at or after `position`.
    fn locate(&self, position: i64) -> Place {
        let mut segment = self
            .closed
            .partition_point(|closed| closed.base <= position);
        if position < self.tail.base {
            segment = segment.saturating_sub(1);
        }
        let (bytes, base) = match self.closed.get(segment) {
            Some(closed) => (closed.bytes.as_slice(), closed.base),
            None => (self.tail.bytes.as_slice(), self.tail.base),
        };
        let mut at = 0;
        while let Some(record) = view(bytes, at, base) {
            if record.offset >= position {
                break;
            }
            at += record.length;
        }
        (segment, at)
    }

    /// The first decided offset whose time stamp is not before `millis`.
    pub(crate) fn offset_for_time(&self, millis: i64) -> Option<i64> {
        let (start, end) = self.range();
        let closed = self
            .closed
            .iter()
            .map(|s| (s.bytes.as_slice(), s.base, s.max_timestamp_ms));
        let tail = (
            self.tail.bytes.as_slice(),
            self.tail.base,
            self.tail.max_timestamp_ms,
        );
        for (bytes, base, latest) in closed.chain(std::iter::once(tail)) {
            if latest < millis {
                continue;
            }
            let mut at = 0;
            while let Some(record) = view(bytes, at, base) {
                at += record.length;
                if record.offset >= end {
                    return None;
                }
                if record.offset >= start && record.timestamp_ms >= millis {
                    return Some(record.offset);
                }
            }
        }
        None
    }

    /// Drops what is before `before`, as retention does.
    pub(crate) fn trim(&mut self, before: i64) {
        self.start = self.start.max(before.min(self.range().1));
        let bases: Vec<i64> = self
            .closed
            .iter()
            .skip(1)
            .map(|s| s.base)
            .chain([self.tail.base])
            .collect();
        for (segment, until) in self.closed.iter_mut().zip(bases) {
            if until <= self.start && !segment.bytes.is_empty() {
                segment.bytes = Arc::default();
            }
        }
    }
}
