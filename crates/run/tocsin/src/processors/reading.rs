//! Reading what is on record: decoding with dead letters, and topics read whole.

use crate::codec::{Bad, headers};
use crate::context::Context;
use crate::runtime::{Sink, StageError, source_of};
use crate::topology::{Stage, Topic};
use facts::{DeadLetter, Source};
use std::time::Duration;
use stream::{ErrorKind, LogError, Outgoing, Position, RecordRef};

/// The key of a dead letter: where its original stands on the log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LetterKey {
    /// The original's topic, by its name on the cluster.
    pub(crate) topic: String,
    /// The original's partition.
    pub(crate) partition: i32,
    /// The original's offset.
    pub(crate) offset: i64,
}

impl LetterKey {
    fn of(record: &RecordRef<'_>) -> LetterKey {
        LetterKey {
            topic: record.topic.to_owned(),
            partition: record.partition,
            offset: record.offset,
        }
    }

    /// The key of that letter; `None`: its original stands in a file.
    pub(crate) fn of_letter(letter: &DeadLetter) -> Option<LetterKey> {
        match &letter.source {
            Source::Topic {
                topic,
                partition,
                offset,
            } => Some(LetterKey {
                topic: topic.clone(),
                partition: *partition,
                offset: *offset,
            }),
            Source::File { .. } => None,
        }
    }

    /// Where the original stands.
    pub(crate) fn source(self) -> Source {
        Source::Topic {
            topic: self.topic,
            partition: self.partition,
            offset: self.offset,
        }
    }

    /// The key that is written so.
    pub(crate) fn parse(key: &[u8]) -> Option<LetterKey> {
        let mut parts = std::str::from_utf8(key).ok()?.split('|');
        let parsed = LetterKey {
            topic: parts.next()?.to_owned(),
            partition: parts.next()?.parse().ok()?,
            offset: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(parsed)
    }
}

impl std::fmt::Display for LetterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}|{}|{}", self.topic, self.partition, self.offset)
    }
}

/// What decoding a record came to.
pub(crate) enum Decoded<T> {
    /// It is this.
    Record(T),
    /// It has no value: it takes back what its key said.
    Tombstone,
    /// It cannot be used.
    Bad(Bad),
}

/// Decodes the value of `record`; an error that will pass is the stage's to wait for.
pub(crate) fn decode<T>(
    context: &Context,
    topic: Topic,
    record: &RecordRef<'_>,
) -> Result<Decoded<T>, StageError>
where
    T: for<'a> wire::Readable<'a> + crate::codec::Checked,
{
    let Some(value) = record.value else {
        return Ok(Decoded::Tombstone);
    };
    match context.codec.decode::<T>(topic, value) {
        Ok(value) => Ok(Decoded::Record(value)),
        Err(bad) => context.codec.or_wait(topic, bad, record).map(Decoded::Bad),
    }
}

/// What came beside an original's value may fill so much of its letter, in bytes. The topic of the
/// letters takes 24 MiB, and the longest value that is kept has 21.4 MiB as base64.
const BESIDE_BYTES_MAX: usize = 1 << 20;

/// The bytes of an original that its letter keeps. What is longer than any record may be is kept by
/// nobody: the reason says its length and digest.
fn kept<'r>(record: &RecordRef<'r>) -> &'r [u8] {
    if let Some(refusal) = record.refusal() {
        return refusal.bytes.as_slice();
    }
    let most = wire::Limits::default().record_bytes;
    let value = record.value.filter(|value| value.len() <= most);
    value.unwrap_or_default()
}

/// Puts a record into the dead letters: its bytes, what was wrong, where it stands. Its key is the
/// original's place, so that a letter written twice is one; what else came with the original (key,
/// time stamp, headers) travels in the letter's headers, as all arrival does.
pub(crate) fn bury(
    context: &Context,
    stage: Stage,
    record: &RecordRef<'_>,
    bad: &Bad,
    sink: &mut Sink,
) -> Result<(), StageError> {
    let of_headers: usize = record
        .headers()
        .map(|(name, of)| name.len() + of.len())
        .sum();
    let beside = record.key.map_or(0, <[u8]>::len) + of_headers;
    let fits = beside <= BESIDE_BYTES_MAX;
    let mut reason = bad.reason.clone();
    if !fits {
        let more = format!("; its key and headers have {beside} bytes and are not in this letter");
        reason.push_str(&more);
    }
    let letter = DeadLetter {
        stage: stage.name().to_owned(),
        code: bad.code.clone(),
        reason,
        source: source_of(context, record),
        bytes: crate::codec::base64(kept(record)),
    };
    let key = LetterKey::of(record).to_string();
    let value = context.codec.encode(Topic::DeadLetters, &letter)?;
    sink.dead.push(telemetry::DeadLettered {
        topic: context.names.design(record.topic).to_owned(),
        partition: record.partition,
        offset: record.offset,
        code: bad.code.clone(),
    });
    let mut out = Outgoing::new(context.names.name(Topic::DeadLetters), key, value)
        .header(headers::STAGE, stage.name())
        .header(headers::CODE, bad.code.as_bytes())
        .header(headers::VERSION, env!("CARGO_PKG_VERSION"));
    if let Some(key) = record.key.filter(|_| fits) {
        out = out.header(headers::KEY, key);
    }
    if record.timestamp_ms >= 0 {
        out = out.header(headers::TIMESTAMP, record.timestamp_ms.to_string());
    }
    for (name, value) in record.headers().filter(|_| fits) {
        out = out.header(&format!("{}{name}", headers::ORIGINAL), value);
    }
    sink.send(out);
    Ok(())
}

/// How often a topic that has nothing more to read is looked at while something on it is undecided;
/// each look takes a tenth of a second on Kafka.
const LOOKS: u32 = 20;

/// Reads partitions of `topic` for `stage`, from their beginning to their end as it is now,
/// undecided records among them: what an instance that died left open may hide what was said since.
///
/// # Errors
/// `Retriable` where a transaction stays undecided; it will not for longer than its time-out.
pub(crate) fn read_whole(
    context: &Context,
    stage: Stage,
    topic: Topic,
    partition: Option<i32>,
    each: &mut dyn FnMut(RecordRef<'_>) -> Result<(), StageError>,
) -> Result<(), StageError> {
    read_behind(context, stage, topic, partition, &|_| None, each)
}

/// Reads one record, if it is still there.
pub(crate) fn read_one(
    context: &Context,
    position: &Position,
    each: &mut dyn FnMut(RecordRef<'_>) -> Result<(), StageError>,
) -> Result<(), StageError> {
    let (topic, partition) = (&position.topic, position.partition);
    let (start, _) = context.cluster.range(topic, partition)?;
    if position.offset < start {
        return Ok(());
    }
    let mut reader = context.cluster.open_reader()?;
    reader.assign(std::slice::from_ref(position))?;
    let mut result = Ok(());
    while !reader.at_end() && reader.position(topic, partition) <= Some(position.offset) {
        reader.poll(1, Duration::from_millis(100), &mut |record| {
            if record.offset == position.offset {
                result = each(record);
            }
        })?;
    }
    result
}

/// [`read_whole`] from an offset on in those partitions for which `from` names one.
pub(crate) fn read_behind(
    context: &Context,
    stage: Stage,
    topic: Topic,
    partition: Option<i32>,
    from: &dyn Fn(i32) -> Option<i64>,
    each: &mut dyn FnMut(RecordRef<'_>) -> Result<(), StageError>,
) -> Result<(), StageError> {
    let name = context.names.name(topic);
    let partitions = match partition {
        Some(one) => one..one + 1,
        None => 0..context.cluster.partitions(&name)?,
    };
    let mut reader = context.cluster.open_reader()?;
    let mut positions = Vec::new();
    for partition in partitions {
        let (start, _) = context.cluster.range(&name, partition)?;
        let start = from(partition).map_or(start, |from| start.max(from));
        positions.push(Position::new(name.clone(), partition, start));
    }
    reader.assign(&positions)?;
    let mut ends: Vec<Option<i64>> = vec![None; positions.len()];
    let (mut failed, mut looks) = (None, 0);
    let health = context.telemetry.health().stage(stage.name());
    loop {
        health.beat();
        let read = reader.poll(10_000, Duration::from_millis(100), &mut |record| {
            if failed.is_none()
                && let Err(error) = each(record)
            {
                failed = Some(error);
            }
        })?;
        if let Some(error) = failed.take() {
            return Err(error);
        }
        let mut done = true;
        for (at, end) in positions.iter().zip(&mut ends) {
            *end = end.or_else(|| reader.written_end(&at.topic, at.partition));
            let here = reader.position(&at.topic, at.partition);
            done &= end.is_some_and(|end| here.is_some_and(|here| here >= end));
        }
        if done {
            return Ok(());
        }
        looks = if read > 0 || !reader.at_end() {
            0
        } else {
            looks + 1
        };
        if looks > LOOKS {
            return Err(StageError::Log(LogError::new(
                ErrorKind::Retriable,
                "undecided",
                format!(
                    "reading back what was said on {name}: a transaction that another instance \
                     left open holds it back. It is tried again, until the transaction times out \
                     (transaction.timeout.ms) or that instance comes back"
                ),
            )));
        }
    }
}
