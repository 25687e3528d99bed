//! Reading Avro's binary encoding byte by byte, with every bound checked.

use crate::error::{Code, Fault};

/// A place in Avro bytes.
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { bytes, position: 0 }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    /// A second cursor on the same bytes that begins at `position`.
    pub(crate) fn again_at(&self, position: usize) -> Cursor<'a> {
        Cursor {
            bytes: self.bytes,
            position: position.min(self.bytes.len()),
        }
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        if count > self.remaining() {
            return Err(truncated());
        }
        let from = self.position;
        self.position += count;
        Ok(&self.bytes[from..self.position])
    }

    /// A zigzag variable-length integer of at most 64 bits.
    pub(crate) fn long(&mut self) -> Result<i64, Fault> {
        let mut bits: u64 = 0;
        for (count, byte) in self.bytes[self.position..].iter().take(10).enumerate() {
            if count == 9 && *byte > 1 {
                return Err(malformed("an integer has more than 64 bits"));
            }
            bits |= u64::from(byte & 0x7f) << (7 * count);
            if byte & 0x80 == 0 {
                self.position += count + 1;
                return Ok((bits >> 1).cast_signed() ^ -((bits & 1).cast_signed()));
            }
        }
        if self.remaining() >= 10 {
            return Err(malformed("an integer has more than 64 bits"));
        }
        Err(truncated())
    }

    /// An integer of at most 32 bits.
    pub(crate) fn int(&mut self) -> Result<i32, Fault> {
        i32::try_from(self.long()?).map_err(|_| malformed("an int has more than 32 bits"))
    }

    /// An index into a union or an enum.
    pub(crate) fn index(&mut self) -> Result<usize, Fault> {
        usize::try_from(self.long()?).map_err(|_| malformed("an index is negative"))
    }

    /// Bytes with their length before them.
    pub(crate) fn delimited(&mut self) -> Result<&'a [u8], Fault> {
        let length = self.long()?;
        let length = usize::try_from(length).map_err(|_| malformed("a length is negative"))?;
        self.take(length)
    }

    /// Text with its length before it.
    pub(crate) fn text(&mut self) -> Result<&'a str, Fault> {
        std::str::from_utf8(self.delimited()?).map_err(|_| malformed("a string is not UTF-8"))
    }

    /// How many items the next block of an array or map has (0: it ends), and their length in
    /// bytes where the writer says it.
    pub(crate) fn block(&mut self) -> Result<(u64, Option<usize>), Fault> {
        let count = self.long()?;
        if count >= 0 {
            return Ok((count.unsigned_abs(), None));
        }
        let bytes = usize::try_from(self.long()?)
            .map_err(|_| malformed("the length of a block is negative"))?;
        Ok((count.unsigned_abs(), Some(bytes)))
    }
}

/// Appends `value` as a zigzag variable-length integer.
pub(crate) fn put_long(out: &mut Vec<u8>, value: i64) {
    let mut bits = (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned();
    while bits >= 0x80 {
        out.push((bits & 0x7f) as u8 | 0x80);
        bits >>= 7;
    }
    out.push(bits as u8);
}

/// Appends a count or an index; nothing in memory is longer than `i64::MAX`.
pub(crate) fn put_count(out: &mut Vec<u8>, count: usize) {
    put_long(out, i64::try_from(count).unwrap_or(i64::MAX));
}

/// Appends `bytes` with their length before them.
pub(crate) fn put_delimited(out: &mut Vec<u8>, bytes: &[u8]) {
    put_count(out, bytes.len());
    out.extend_from_slice(bytes);
}

#[cold]
pub(crate) fn truncated() -> Fault {
    Fault::new(
        Code::AvroTruncated,
        "the bytes end here; the record was cut off on its way",
    )
}

#[cold]
pub(crate) fn malformed(text: &str) -> Fault {
    Fault::new(Code::AvroMalformed, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_round_trip_and_longer_ones_are_refused() {
        for value in [
            0,
            -1,
            1,
            63,
            -64,
            64,
            i64::MAX,
            i64::MIN,
            1_700_000_000_000_000,
        ] {
            let mut out = Vec::new();
            put_long(&mut out, value);
            assert_eq!(Cursor::new(&out).long().unwrap(), value);
            out.pop();
            assert!(Cursor::new(&out).long().is_err());
        }
        let long = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        assert_eq!(
            Cursor::new(&long).long().unwrap_err().code,
            Code::AvroMalformed
        );
        assert_eq!(
            Cursor::new(&[0x80; 12]).long().unwrap_err().code,
            Code::AvroMalformed
        );
        assert_eq!(
            Cursor::new(&[0x80; 3]).long().unwrap_err().code,
            Code::AvroTruncated
        );
    }

    #[test]
    fn a_length_beyond_the_end_is_truncation() {
        assert_eq!(
            Cursor::new(&[0x7e, 1]).delimited().unwrap_err().code,
            Code::AvroTruncated
        );
        assert_eq!(
            Cursor::new(&[0x01]).delimited().unwrap_err().code,
            Code::AvroMalformed
        );
    }
}
