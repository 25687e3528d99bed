//! The types that stand for the records of topics.
//!
//! What reads and writes a type is compiled here, once for each; as generic code it would be
//! compiled again in every crate and every test that reads records, which took longer than all
//! else.

use crate::catalog::{Entry, RecordKind};
use crate::decode;
use crate::encode::{EncodeError, Encoder};
use crate::envelope::Envelope;
use crate::error::{DecodeError, Limits};
use facts::{
    Access, AccessView, Account, Activation, BreachEvent, Coverage, DeadLetter, Decision, Finding,
    Grant,
};

/// A value in the newest schema of its record, without a frame.
pub struct Datum<'a> {
    pub(crate) entry: &'static Entry,
    pub(crate) bytes: &'a [u8],
    pub(crate) limits: Limits,
}

/// A type that [`crate::Decoder::decode`] gives.
pub trait Readable<'a>: Sized {
    /// Reads a value.
    ///
    /// # Errors
    /// As [`crate::Decoder::decode`].
    fn read(datum: &Datum<'a>) -> Result<Self, DecodeError>;
}

/// A type that [`Encoder::encode`] takes.
pub trait Writable {
    /// Appends the value to `out`, without a frame.
    ///
    /// # Errors
    /// As [`Encoder::encode`].
    fn write(
        &self,
        encoder: &mut Encoder,
        kind: RecordKind,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError>;
}

macro_rules! record {
    ($($type:ty),*) => {
        $(
            impl<'a> Readable<'a> for $type {
                fn read(datum: &Datum<'a>) -> Result<Self, DecodeError> {
                    decode::read(datum)
                }
            }

            impl Writable for $type {
                fn write(
                    &self,
                    encoder: &mut Encoder,
                    kind: RecordKind,
                    out: &mut Vec<u8>,
                ) -> Result<(), EncodeError> {
                    encoder.datum(kind, self, out)
                }
            }
        )*
    };
}
record!(
    Access,
    Account,
    Activation,
    BreachEvent,
    Coverage,
    DeadLetter,
    Decision,
    Envelope,
    Finding,
    Grant
);

impl<'a> Readable<'a> for AccessView<'a> {
    fn read(datum: &Datum<'a>) -> Result<Self, DecodeError> {
        decode::read(datum)
    }
}
