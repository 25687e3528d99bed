//! Blocks of records in a file: packed, with a sum over each, so that a torn tail is noticed.
//!
//! A block is a head of 32 bytes, numbers little-endian, and records packed by zstd:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | CRC-32 of all that follows |
//! | 4 | how many bytes the packed records have |
//! | 4 | how many they have unpacked |
//! | 4 | how many records there are |
//! | 8 | the offset from which on the block goes |
//! | 8 | the first offset that is behind it; some between may hold no record |

use serde::{Deserialize, Serialize};
use std::io::{self, ErrorKind, Read, Write};
use stream::RecordRef;

/// A block is closed when its records have so many bytes.
const FULL_BYTES: usize = 1 << 20;
const HEAD_BYTES: usize = 32;
/// The fastest level that zstd is known for: what is packed is read a few times and removed.
const LEVEL: i32 = 1;

/// A record as it lies in a block.
#[derive(Serialize, Deserialize)]
pub(super) struct Packed<'a> {
    pub(super) offset: i64,
    pub(super) timestamp_ms: i64,
    #[serde(borrow)]
    pub(super) key: Option<&'a [u8]>,
    #[serde(borrow)]
    pub(super) value: Option<&'a [u8]>,
    #[serde(borrow)]
    pub(super) headers: Vec<(&'a str, &'a [u8])>,
}

/// The head of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    sum: u32,
    packed: u32,
    unpacked: u32,
    /// How many records there are.
    pub(super) records: u32,
    /// The offset from which on it goes.
    pub(super) from: i64,
    /// The first offset that is behind it.
    pub(super) to: i64,
}

fn wrong(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

impl Head {
    fn bytes(&self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        let numbers = [self.sum, self.packed, self.unpacked, self.records];
        let numbers = numbers.iter().flat_map(|one| one.to_le_bytes());
        let offsets = [self.from, self.to];
        let offsets = offsets.iter().flat_map(|one| one.to_le_bytes());
        for (byte, is) in bytes.iter_mut().zip(numbers.chain(offsets)) {
            *byte = is;
        }
        bytes
    }

    fn of(bytes: &[u8; HEAD_BYTES]) -> Head {
        let number = |at: usize| {
            let four = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
            four.map_or(0, |four| u32::from_le_bytes(*four))
        };
        let offset = |at: usize| {
            let eight = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>());
            eight.map_or(0, |eight| i64::from_le_bytes(*eight))
        };
        Head {
            sum: number(0),
            packed: number(4),
            unpacked: number(8),
            records: number(12),
            from: offset(16),
            to: offset(24),
        }
    }

    fn sum_with(&self, packed: &[u8]) -> u32 {
        let mut sum = crc32fast::Hasher::new();
        sum.update(self.bytes().get(4..).unwrap_or_default());
        sum.update(packed);
        sum.finalize()
    }

    /// How many bytes the block has in its file.
    pub(super) fn length(&self) -> u64 {
        HEAD_BYTES as u64 + u64::from(self.packed)
    }
}

/// Reads a block of a file that has so many bytes `left`, and leaves what is packed in `packed`.
///
/// # Errors
/// `UnexpectedEof` or `InvalidData` where there is no whole block.
pub(super) fn read(file: &mut impl Read, left: u64, packed: &mut Vec<u8>) -> io::Result<Head> {
    let mut bytes = [0; HEAD_BYTES];
    file.read_exact(&mut bytes)?;
    let head = Head::of(&bytes);
    // Nothing is made room for that is not there.
    if head.length() > left {
        return Err(wrong("a block ends behind the end of its file"));
    }
    packed.resize(head.packed as usize, 0);
    file.read_exact(packed)?;
    if head.sum_with(packed) != head.sum {
        return Err(wrong("the sum over a block is another one"));
    }
    Ok(head)
}

/// Unpacks what [`read`] left.
pub(super) fn unpack(head: &Head, packed: &[u8], into: &mut Vec<u8>) -> io::Result<()> {
    into.clear();
    into.reserve(head.unpacked as usize);
    zstd::bulk::Decompressor::new()?.decompress_to_buffer(packed, into)?;
    Ok(())
}

/// The next record of unpacked ones, and what is behind it.
pub(super) fn next(bytes: &[u8]) -> io::Result<(Packed<'_>, &[u8])> {
    postcard::take_from_bytes(bytes).map_err(wrong)
}

/// Records that are not written yet.
pub(super) struct Writer<W> {
    file: W,
    packer: zstd::bulk::Compressor<'static>,
    unpacked: Vec<u8>,
    records: u32,
    from: i64,
}

impl<W: Write> Writer<W> {
    /// Writes blocks from this offset on to the end of `file`.
    pub(super) fn new(file: W, from: i64) -> io::Result<Writer<W>> {
        Ok(Writer {
            file,
            packer: zstd::bulk::Compressor::new(LEVEL)?,
            unpacked: Vec::new(),
            records: 0,
            from,
        })
    }

    /// Takes a record.
    pub(super) fn put(&mut self, record: &RecordRef<'_>) -> io::Result<()> {
        let packed = Packed {
            offset: record.offset,
            timestamp_ms: record.timestamp_ms,
            key: record.key,
            value: record.value,
            headers: record.headers().collect(),
        };
        let unpacked = std::mem::take(&mut self.unpacked);
        self.unpacked = postcard::to_extend(&packed, unpacked).map_err(wrong)?;
        self.records += 1;
        Ok(())
    }

    /// Whether it is time to write.
    pub(super) fn is_full(&self) -> bool {
        self.unpacked.len() >= FULL_BYTES
    }

    /// Writes what was taken as a block that goes to the offset `to`; `None`: there is nothing to
    /// say.
    pub(super) fn write(&mut self, to: i64) -> io::Result<Option<Head>> {
        if to <= self.from {
            return Ok(None);
        }
        let packed = self.packer.compress(&self.unpacked)?;
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(wrong);
        let mut head = Head {
            sum: 0,
            packed: length(&packed)?,
            unpacked: length(&self.unpacked)?,
            records: self.records,
            from: self.from,
            to,
        };
        head.sum = head.sum_with(&packed);
        self.file
            .write_all(&[head.bytes().as_slice(), &packed].concat())?;
        self.unpacked.clear();
        (self.records, self.from) = (0, to);
        Ok(Some(head))
    }
}
