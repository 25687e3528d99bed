//! The codecs of one stage: values as they stand on topics, and what to do about those that fail.

use crate::runtime::{Awaited, StageError};
use crate::topology::Topic;
use base64::Engine as _;
use facts::{AccessView, Account, BreachEvent, Decision, Grant};
use serde::de::DeserializeOwned;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use stream::{RecordRef, Refusal};
use wire::{DecodeError, Decoder, Encoder, Framing, Readable, SchemaStore, Writable};

/// What a record is beyond its types.
pub(crate) trait Checked {
    /// What is wrong with it, if anything.
    fn fault(&self) -> Option<&'static str> {
        None
    }
}

macro_rules! checked {
    ($($own:ty),* ; $($other:ty),*) => {
        $(impl Checked for $own {
            fn fault(&self) -> Option<&'static str> {
                <$own>::fault(self)
            }
        })*
        $(impl Checked for $other {})*
    };
}
checked!(facts::Access, Account, BreachEvent, Decision, Grant;
    facts::Activation, facts::Coverage, facts::Finding, facts::DeadLetter, wire::Envelope);

/// A value that cannot be used, or not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bad {
    /// The error's code.
    pub(crate) code: String,
    /// What was attempted, why it failed and what to do; no content.
    pub(crate) reason: String,
    /// What decoding said, where that failed.
    error: Option<DecodeError>,
}

impl Bad {
    /// A record whose members contradict the vocabulary.
    pub(crate) fn fault(topic: Topic, fault: &str) -> Bad {
        Bad {
            code: "record-invalid".to_owned(),
            reason: format!(
                "a record of {} breaks the vocabulary: {fault}; correct it at its source and send \
                 it again under its own id",
                topic.name()
            ),
            error: None,
        }
    }

    /// Whether the registry did not answer or refused, so that nothing is known of the value.
    pub(crate) fn is_undecided(&self) -> bool {
        let undecided = |error: &DecodeError| error.is_transient() || error.is_refused();
        self.error.as_ref().is_some_and(undecided)
    }

    /// What the reader of a file said of a record that it could not hand on.
    fn refused(topic: Topic, refusal: &Refusal) -> Bad {
        Bad {
            code: refusal.code.clone(),
            reason: format!("reading a record of {}: {}", topic.name(), refusal.reason),
            error: None,
        }
    }

    fn decoding(topic: Topic, error: DecodeError) -> Bad {
        Bad {
            code: error.code().to_owned(),
            reason: format!("decoding a record of {}: {error}", topic.name()),
            error: Some(error),
        }
    }
}

/// The codecs of one stage, for its own thread.
pub(crate) struct Codec {
    decoder: RefCell<Decoder>,
    encoder: RefCell<Encoder>,
    unknown_schema_wait: Duration,
    /// The time on the caller's clock, from an origin of its own.
    now: Cell<Duration>,
    /// Since when each schema id has been unknown. Each has its own time: with one for all, two
    /// unknown ids in one batch would start it anew in turn, for ever. So has each redrive of dead
    /// letters: the schema may have been registered since the id's own time was over.
    unknown_since: RefCell<BTreeMap<(u32, Vec<u8>), Duration>>,
}

impl Codec {
    /// Codecs that read with `store` and write with `framing`; an unknown schema id is waited for
    /// that long.
    pub(crate) fn new(store: Arc<SchemaStore>, framing: Framing, unknown_wait: Duration) -> Codec {
        Codec {
            decoder: RefCell::new(Decoder::new(store)),
            encoder: RefCell::new(Encoder::new(framing)),
            unknown_schema_wait: unknown_wait,
            now: Cell::new(Duration::ZERO),
            unknown_since: RefCell::default(),
        }
    }

    /// From here on it is `now` on the caller's clock, which alone says how long an unknown schema
    /// has been waited for.
    pub(crate) fn at(&self, now: Duration) {
        self.now.set(now);
    }

    /// A value as an owned record, checked.
    pub(crate) fn decode<T>(&self, topic: Topic, bytes: &[u8]) -> Result<T, Bad>
    where
        T: for<'a> Readable<'a> + Checked,
    {
        let value: T = self
            .decoder
            .borrow_mut()
            .decode(topic.record(), bytes)
            .map_err(|error| Bad::decoding(topic, error))?;
        match value.fault() {
            None => Ok(value),
            Some(fault) => Err(Bad::fault(topic, fault)),
        }
    }

    /// Shows `each` an access, borrowed from its bytes and checked; nothing is allocated for it.
    pub(crate) fn with_access<R>(
        &self,
        topic: Topic,
        bytes: &[u8],
        each: impl FnOnce(Result<&AccessView<'_>, Bad>) -> R,
    ) -> R {
        let mut decoder = self.decoder.borrow_mut();
        match decoder.decode::<AccessView<'_>>(topic.record(), bytes) {
            Ok(view) => match view.fault() {
                None => each(Ok(&view)),
                Some(fault) => each(Err(Bad::fault(topic, fault))),
            },
            Err(error) => each(Err(Bad::decoding(topic, error))),
        }
    }

    /// What is to be done about a value that cannot be used, seen with its record: `bad` is final,
    /// or what it lacks is to be waited for, or to be put right by a person.
    pub(crate) fn or_wait(
        &self,
        topic: Topic,
        bad: Bad,
        record: &RecordRef<'_>,
    ) -> Result<Bad, StageError> {
        if let Some(refusal) = record.refusal() {
            return Ok(Bad::refused(topic, refusal));
        }
        let Some(error) = bad.error else {
            return Ok(bad);
        };
        let error = error.with_headers(record.headers());
        let wait = error.is_transient()
            || error.unknown_schema().is_some_and(|id| {
                let redrive = record.header(headers::REDRIVE).unwrap_or_default();
                let mut unknown = self.unknown_since.borrow_mut();
                let now = self.now.get();
                let since = unknown.entry((id, redrive.to_vec())).or_insert(now);
                now.saturating_sub(*since) < self.unknown_schema_wait
            });
        let refused = error.is_refused();
        let bad = Bad::decoding(topic, error);
        if refused {
            return Err(StageError::Stop {
                code: bad.code,
                reason: bad.reason,
            });
        }
        if wait {
            return Err(StageError::Wait {
                on: Awaited::Registry,
                code: bad.code,
                reason: bad.reason,
            });
        }
        Ok(bad)
    }

    /// The document inside an envelope.
    pub(crate) fn document<T: DeserializeOwned>(
        &self,
        topic: Topic,
        envelope: &wire::Envelope,
    ) -> Result<T, Bad> {
        serde_json::from_str(&envelope.document).map_err(|error| Bad {
            code: "document-invalid".to_owned(),
            reason: format!(
                "the document of a record of {} is not what this version reads: {error}",
                topic.name()
            ),
            error: None,
        })
    }

    /// A value as bytes.
    pub(crate) fn encode<T: Writable>(
        &self,
        topic: Topic,
        value: &T,
    ) -> Result<Vec<u8>, StageError> {
        self.encoder
            .borrow_mut()
            .encode_to_vec(topic.record(), value)
            .map_err(|error| StageError::Stop {
                code: error.code().to_owned(),
                reason: error.to_string(),
            })
    }
}

/// Bytes as base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The bytes behind base64; `None`: it is none.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

/// The names of the headers of a dead letter, and of a record that was made from one again.
pub(crate) mod headers {
    /// The stage that buried it.
    pub(crate) const STAGE: &str = "stage";
    /// The error's code.
    pub(crate) const CODE: &str = "code";
    /// The version of tocsin that buried it.
    pub(crate) const VERSION: &str = "version";
    /// The original's key; absent where it had none.
    pub(crate) const KEY: &str = "original-key";
    /// The original's time stamp in milliseconds since 1970, in digits; absent where it had none.
    pub(crate) const TIMESTAMP: &str = "original-timestamp";
    /// Before the name of each header of the original, in their order.
    pub(crate) const ORIGINAL: &str = "original-header-";
    /// On the letter's null and on the record: which run of `dead-letters redrive` sent it.
    pub(crate) const REDRIVE: &str = "redrive";
    /// On the record: the key of the letter that it was made from. One that failed again and was
    /// redriven again has one for each time.
    pub(crate) const REDRIVEN_FROM: &str = "redriven-from";
    /// On activations and coverage: the id of the topic of accesses that their offsets are in;
    /// absent where it has none.
    pub(crate) const TOPIC_ID: &str = "topic-id";
    /// On an activation that screen says once more, since it has not looked at all that stands
    /// before: from where on it was applied, in digits.
    pub(crate) const APPLIED_FROM: &str = "applied-from";
    /// On the same: so far screen had looked at what came then, in digits.
    pub(crate) const SCREENED_TO: &str = "screened-to";
    /// On an activation: how many partitions accesses had when screen began with this one, in
    /// digits. What is not among them came later.
    pub(crate) const PARTITIONS: &str = "partitions";
}
