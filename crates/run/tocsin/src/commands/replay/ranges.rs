//! Ranges of real topics: frozen first, so that what is written meanwhile is not in them, and
//! compared with what is there when they are read.

use crate::anew::{self, CREATED_ANEW};
use crate::errors::Failure;
use crate::topology::{Topic, TopicNames};
use facts::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;
use stream::{Cluster, LogError, Position};

/// A range of one partition, as it was when the replay began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Range {
    /// The topic's name on the cluster.
    pub(super) topic: String,
    /// The partition.
    pub(super) partition: i32,
    /// The first offset.
    pub(super) from: i64,
    /// The first offset that is no longer in it.
    pub(super) to: i64,
    /// The topic's id; `None`: it has none, or the manifest is older than this note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) topic_id: Option<String>,
    /// Retention has cut what stood before it, and that was wanted too: searches say so, and their
    /// counts have no upper end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) cut: bool,
}

impl Range {
    /// How many offsets it has; some may hold no record.
    pub(super) fn length(&self) -> u64 {
        self.to.abs_diff(self.from)
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Accesses from this record time on.
    pub(super) from: Option<Moment>,
    /// Accesses before this record time.
    pub(super) to: Option<Moment>,
    /// What retention has cut is done without.
    pub(super) what_is_left: bool,
}

/// The code of records that are to be read and are not there any more.
pub(super) const CUT: &str = "replay-cut";

fn cut(lines: &[String], advice: &str) -> Failure {
    let lines = lines.join("; ");
    Failure::failed(
        CUT,
        format!("retention has cut a part of what is to be replayed: {lines}. {advice}"),
    )
}

/// Resolves times to offsets, once: what is written meanwhile is not in it.
pub(super) fn freeze(
    broker: &dyn Cluster,
    names: &TopicNames,
    wanted: &Wanted,
) -> Result<Vec<Range>, Failure> {
    let (mut ranges, mut gone) = (Vec::new(), Vec::new());
    let inputs = Topic::INPUTS.map(|topic| names.name(topic));
    let ids = broker.topic_ids(&inputs.each_ref().map(|name| &**name))?;
    for (topic, name) in Topic::INPUTS.into_iter().zip(inputs) {
        let topic_id = ids.get(&*name).cloned();
        // Reports, grants, accounts and decisions come late: all of them count, whatever the range.
        let (after, before) = match topic {
            Topic::AccessEvents => (wanted.from, wanted.to),
            _ => (None, None),
        };
        for partition in 0..broker.partitions(&name)? {
            let (start, end) = broker.range(&name, partition)?;
            let at = |time: Option<Moment>, otherwise: i64| -> Result<i64, LogError> {
                let Some(time) = time else {
                    return Ok(otherwise);
                };
                let found = broker.offset_for_time(&name, partition, time.millis())?;
                Ok(found.unwrap_or(end))
            };
            let from = at(after, start)?;
            // Where the log begins inside the range, nobody knows what stood before.
            let is_cut = start > 0 && from <= start;
            if is_cut {
                let since = first_time(broker, &name, partition, (start, end))?
                    .map_or_else(String::new, |at| format!(", record time {at}"));
                gone.push(format!(
                    "{name}[{partition}] begins at offset {start}{since}, and ends at {end}"
                ));
            }
            ranges.push(Range {
                topic: name.to_string(),
                partition,
                from,
                to: at(before, end)?.max(from),
                topic_id: topic_id.clone(),
                cut: is_cut,
            });
        }
    }
    if !gone.is_empty() && !wanted.what_is_left {
        let advice = "Begin later with --from, replay archived files, or take --what-is-left: \
                      counts then have no upper end";
        return Err(cut(&gone, advice));
    }
    Ok(ranges)
}

/// The record time of the first record that is there.
fn first_time(
    broker: &dyn Cluster,
    name: &str,
    partition: i32,
    (start, end): (i64, i64),
) -> Result<Option<Moment>, LogError> {
    let mut first = None;
    if start < end {
        let mut reader = broker.open_reader()?;
        reader.assign(&[Position::new(name, partition, start)])?;
        while first.is_none() && !reader.at_end() {
            reader.poll(1, Duration::from_millis(200), &mut |record| {
                first = first.or(Some(record.timestamp_ms));
            })?;
        }
    }
    let micros = first
        .filter(|ms| *ms >= 0)
        .and_then(|ms| ms.checked_mul(1000));
    Ok(micros.and_then(|micros| Moment::from_micros(micros).ok()))
}

/// An error where the ranges of a manifest are none of this configuration's inputs.
pub(super) fn check_manifest(names: &TopicNames, ranges: &[Range]) -> Result<(), Failure> {
    let invalid = |why: &str| {
        let advice = "name the manifest.json of a replay, as it was written";
        let message = format!("the manifest cannot be repeated: {why}; {advice}");
        Err(Failure::usage("manifest-invalid", message))
    };
    let mut seen = BTreeSet::new();
    for range in ranges {
        let (topic, partition) = (&range.topic, range.partition);
        let named = names.topic(topic);
        if !named.is_some_and(|one| Topic::INPUTS.contains(&one)) {
            return invalid(&format!("{topic} is no input of this configuration"));
        }
        if partition < 0 || range.from < 0 || range.from > range.to {
            return invalid(&format!("{topic}[{partition}] has a range that is none"));
        }
        if !seen.insert((topic, partition)) {
            return invalid(&format!("{topic}[{partition}] has two ranges"));
        }
    }
    Ok(())
}

/// An error where ranges that were frozen earlier are not all there any more.
pub(super) fn check(broker: &dyn Cluster, ranges: &[Range], advice: &str) -> Result<(), Failure> {
    same_topics(broker, ranges)?;
    let mut gone = Vec::new();
    for range in ranges.iter().filter(|range| range.length() > 0) {
        let Range {
            topic,
            partition,
            from,
            to,
            ..
        } = range;
        let (start, end) = broker.range(topic, *partition)?;
        if *from < start || *to > end {
            gone.push(format!(
                "{topic}[{partition}] holds offsets {start} to {end}, and {from} to {to} are to \
                 be read"
            ));
        }
    }
    if gone.is_empty() {
        Ok(())
    } else {
        Err(cut(&gone, advice))
    }
}

/// An error where a topic is another one than that of which the ranges were frozen.
pub(super) fn same_topics(broker: &dyn Cluster, ranges: &[Range]) -> Result<(), Failure> {
    let names: Vec<&str> = ranges.iter().map(|range| range.topic.as_str()).collect();
    let ids = broker.topic_ids(&names)?;
    for Range {
        topic, topic_id, ..
    } in ranges
    {
        let there = ids.get(topic).map(String::as_str);
        if let Some((is, was)) = anew::other(there, topic_id.as_deref()) {
            return Err(Failure::failed(
                CREATED_ANEW,
                format!(
                    "the ranges to replay are of a topic {topic} of the id {was}, and the one of \
                     this name has the id {is}: it was deleted and created anew. Replay archived \
                     files, or begin anew with what is there now"
                ),
            ));
        }
    }
    Ok(())
}
