//! Reading what is on record: decoding with dead letters, and topics read whole.

use crate::codec::Bad;
use crate::context::Context;
use crate::runtime::{Sink, StageError, source_of};
use crate::topology::{Stage, Topic};
use facts::DeadLetter;
use std::time::Duration;
use stream::{Outgoing, Position, RecordRef};

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
    T: serde::de::DeserializeOwned + crate::codec::Checked,
{
    let Some(value) = record.value else {
        return Ok(Decoded::Tombstone);
    };
    match context.codec.decode::<T>(topic, value) {
        Ok(value) => Ok(Decoded::Record(value)),
        Err(bad) => bad.or_wait().map(Decoded::Bad),
    }
}

/// Puts a record into the dead letters: its bytes, what was wrong, where it stands. Its key is the
/// original's place, so that a letter written twice is one.
pub(crate) fn bury(
    context: &Context,
    stage: Stage,
    record: &RecordRef<'_>,
    bad: &Bad,
    sink: &mut Sink,
) -> Result<(), StageError> {
    let letter = DeadLetter {
        stage: stage.name().to_owned(),
        code: bad.code.clone(),
        reason: bad.reason.clone(),
        source: source_of(context, record),
        bytes: crate::codec::base64(record.value.unwrap_or_default()),
    };
    let key = format!("{}|{}|{}", record.topic, record.partition, record.offset);
    let value = context.codec.encode(Topic::DeadLetters, &letter)?;
    sink.dead.push(telemetry::DeadLettered {
        topic: record.topic.to_owned(),
        partition: record.partition,
        offset: record.offset,
        code: bad.code.clone(),
    });
    let mut out = Outgoing::new(context.names.name(Topic::DeadLetters), key, value)
        .header("stage", stage.name())
        .header("code", bad.code.as_bytes());
    if let Some(key) = record.key {
        out = out.header("original-key", key);
    }
    sink.send(out);
    Ok(())
}

/// Reads partitions of `topic` from their beginning to their committed end as it is now.
pub(crate) fn read_whole(
    context: &Context,
    topic: Topic,
    partition: Option<i32>,
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
        let (start, end) = context.cluster.range(&name, partition)?;
        if start < end {
            positions.push(Position::new(name.clone(), partition, start));
        }
    }
    if positions.is_empty() {
        return Ok(());
    }
    reader.assign(&positions)?;
    let mut failed = None;
    while !reader.at_end() && failed.is_none() {
        reader.poll(10_000, Duration::from_millis(100), &mut |record| {
            if failed.is_none()
                && let Err(error) = each(record)
            {
                failed = Some(error);
            }
        })?;
    }
    failed.map_or(Ok(()), Err)
}
