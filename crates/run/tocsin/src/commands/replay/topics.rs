//! Ranges of real topics: frozen first, then copied into memory by a reader without a group.
//! Nothing is written to the broker, and no position is committed.

use crate::anew::{self, CREATED_ANEW};
use crate::context::Origin;
use crate::embedded;
use crate::errors::Failure;
use crate::topology::{Topic, TopicNames};
use facts::{Moment, Source};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use stream::{Cluster, Feed, LogError, MemoryCluster, Outgoing, Position};

/// At most so many records in one poll.
const BATCH_RECORDS: usize = 10_000;

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

/// What is asked for.
pub(super) struct Wanted {
    /// Accesses from this record time on.
    pub(super) from: Option<Moment>,
    /// Accesses before this record time.
    pub(super) to: Option<Moment>,
    /// What retention has cut is done without.
    pub(super) what_is_left: bool,
}

fn cut(lines: &[String]) -> Failure {
    Failure::failed(
        "replay-cut",
        format!(
            "retention has cut a part of what is to be replayed: {}. Begin later with --from, \
             replay archived files, or take --what-is-left: counts then have no upper end",
            lines.join("; ")
        ),
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
        return Err(cut(&gone));
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

/// An error where the frozen ranges of an earlier replay are not all there any more.
pub(super) fn check(
    broker: &dyn Cluster,
    names: &TopicNames,
    ranges: &[Range],
) -> Result<(), Failure> {
    let mut gone = Vec::new();
    for range in ranges {
        let Range {
            topic,
            partition,
            from,
            to,
            ..
        } = range;
        if !names
            .topic(topic)
            .is_some_and(|one| Topic::INPUTS.contains(&one))
        {
            return Err(Failure::usage(
                "manifest-invalid",
                format!("{topic} of the manifest is no input of this configuration"),
            ));
        }
        let (start, end) = broker.range(topic, *partition)?;
        if from < to && (*from < start || *to > end) {
            gone.push(format!(
                "{topic}[{partition}] holds offsets {start} to {end}, the manifest says {from} to \
                 {to}"
            ));
        }
    }
    if !gone.is_empty() {
        return Err(cut(&gone));
    }
    same_topics(broker, ranges)
}

/// An error where a topic is another one than that of which the ranges were frozen.
fn same_topics(broker: &dyn Cluster, ranges: &[Range]) -> Result<(), Failure> {
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
                     files, or freeze what is there now, without --manifest"
                ),
            ));
        }
    }
    Ok(())
}

/// How fast records may be read, and how far reading has come.
pub(super) struct Pace<'a> {
    rate: Option<u32>,
    interrupted: &'a AtomicBool,
    begun: Instant,
    said: Instant,
    read: u64,
    total: u64,
}

impl<'a> Pace<'a> {
    /// At most `rate` records a second, of `ranges` in all.
    pub(super) fn new(rate: Option<u32>, ranges: &[Range], interrupted: &'a AtomicBool) -> Self {
        let lengths = ranges.iter().map(|one| one.to.abs_diff(one.from));
        Pace {
            rate,
            interrupted,
            begun: Instant::now(),
            said: Instant::now(),
            read: 0,
            total: lengths.sum(),
        }
    }

    fn at_once(&self) -> usize {
        self.rate.map_or(BATCH_RECORDS, |rate| {
            (rate as usize / 10).clamp(1, BATCH_RECORDS)
        })
    }

    /// Counts records, says how far it has come, and waits where that was too fast.
    fn went(&mut self, records: usize) -> Result<(), Failure> {
        self.read += records as u64;
        if self.said.elapsed() > Duration::from_secs(2) {
            self.said = Instant::now();
            eprintln!("  {}", self.progress());
        }
        let due = self.rate.map_or(Duration::ZERO, |rate| {
            Duration::from_secs_f64(self.read as f64 / f64::from(rate.max(1)))
        });
        loop {
            if self.interrupted.load(Ordering::SeqCst) {
                return Err(super::interrupted());
            }
            let left = due.saturating_sub(self.begun.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
    }

    /// Offsets that hold no record, such as the marks of transactions, count in the total only, so
    /// the time left is an upper estimate.
    fn progress(&self) -> String {
        let seconds = self.begun.elapsed().as_secs_f64();
        let speed = self.read as f64 / seconds.max(0.001);
        let left = self.total.saturating_sub(self.read) as f64 / speed.max(0.001);
        let part = 100.0 * self.read as f64 / (self.total.max(1) as f64);
        format!(
            "{} of {} records read ({part:.0} %), {speed:.0} a second, about {left:.0} s left",
            self.read, self.total
        )
    }
}

/// Where the records of the copy stood: by topic and partition of the copy, for each run of records
/// that lay side by side there and here, the offset here at which it begins, and its place there.
#[derive(Debug, Default)]
pub(super) struct Places(BTreeMap<(String, i32), Vec<(i64, Position)>>);

impl Places {
    /// The record at `offset` of the copy stood at `there`.
    fn note(&mut self, ours: &str, target: i32, offset: i64, there: Position) {
        let runs = self.0.entry((ours.to_owned(), target)).or_default();
        let goes_on = runs.last().is_some_and(|(begin, place)| {
            (&place.topic, place.partition) == (&there.topic, there.partition)
                && there.offset - place.offset == offset - begin
        });
        if !goes_on {
            runs.push((offset, there));
        }
    }

    fn of(&self, topic: &str, partition: i32, offset: i64) -> Option<Source> {
        let runs = self.0.get(&(topic.to_owned(), partition))?;
        let next = runs.partition_point(|(begin, _)| *begin <= offset);
        let (begin, place) = runs.get(next.checked_sub(1)?)?;
        Some(Source::Topic {
            topic: place.topic.to_string(),
            partition: place.partition,
            offset: place.offset + (offset - begin),
        })
    }

    /// For the stages that judge the copy.
    pub(super) fn origin(self) -> Origin {
        Arc::new(move |topic, partition, offset| self.of(topic, partition, offset))
    }
}

/// Copies the ranges into memory, under the design's names; says where each record stood.
pub(super) fn copy(
    broker: &dyn Cluster,
    names: &TopicNames,
    memory: &MemoryCluster,
    ranges: &[Range],
    pace: &mut Pace<'_>,
) -> Result<Places, Failure> {
    let mut places = Places::default();
    for range in ranges {
        let Some(topic) = names.topic(&range.topic) else {
            continue;
        };
        let ours = embedded::names().name(topic);
        let target = range.partition % memory.partitions(&ours)?.max(1);
        if range.cut && topic == Topic::AccessEvents {
            // A log that begins behind its first offset: scope says of each search that it is cut.
            let nothing = Feed {
                timestamp_ms: 0,
                key: None,
                value: None,
            };
            let next = memory.append_batch(&ours, target, [nothing])?;
            memory.trim(&ours, target, next)?;
        }
        if range.from < range.to {
            copy_range(broker, range, memory, (&ours, target), &mut places, pace)?;
        }
    }
    // What was read in between may be of either.
    same_topics(broker, ranges)?;
    Ok(places)
}

fn copy_range(
    broker: &dyn Cluster,
    range: &Range,
    memory: &MemoryCluster,
    (ours, target): (&str, i32),
    places: &mut Places,
    pace: &mut Pace<'_>,
) -> Result<(), Failure> {
    let (name, partition) = (range.topic.as_str(), range.partition);
    let mut reader = broker.open_reader()?;
    reader.assign(&[Position::new(name, partition, range.from)])?;
    let before_end = |reader: &dyn stream::Reader| {
        reader
            .position(name, partition)
            .is_some_and(|here| here < range.to)
    };
    while before_end(reader.as_ref()) {
        let (mut failed, mut read) = (None, 0);
        reader.poll(pace.at_once(), Duration::from_millis(200), &mut |record| {
            if record.offset >= range.to || failed.is_some() {
                return;
            }
            read += 1;
            let there = Position::new(name, partition, record.offset);
            // Headers are rare, and only matter where a value cannot be read.
            let appended = if record.headers().next().is_none() {
                let feed = Feed {
                    timestamp_ms: record.timestamp_ms,
                    key: record.key,
                    value: record.value,
                };
                memory
                    .append_batch(ours, target, [feed])
                    .map(|next| next - 1)
            } else {
                let record = record.to_record();
                let whole = Outgoing {
                    topic: ours.into(),
                    partition: Some(target),
                    key: record.key.unwrap_or_default(),
                    value: record.value,
                    headers: record.headers,
                    timestamp_ms: Some(record.timestamp_ms),
                };
                memory.append(&whole).map(|(_, offset)| offset)
            };
            match appended {
                Ok(offset) => places.note(ours, target, offset, there),
                Err(error) => failed = Some(error),
            }
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        pace.went(read)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Tuning;
    use crate::law::LawSettings;
    use crate::tests::{Stepped, law, plan, poured};
    use serde_json::Value;

    const EVERYTHING: Wanted = Wanted {
        from: None,
        to: None,
        what_is_left: false,
    };

    fn copied(ranges: &[Range], broker: &MemoryCluster) -> MemoryCluster {
        let memory = MemoryCluster::new();
        embedded::create_topics(&memory, 3).unwrap();
        let stop = AtomicBool::new(false);
        let mut pace = Pace::new(None, ranges, &stop);
        copy(broker, &embedded::names(), &memory, ranges, &mut pace).unwrap();
        memory
    }

    /// The incidents that the ranges come to.
    fn incidents(cluster: &MemoryCluster) -> Vec<Value> {
        let plan = plan(
            cluster,
            "0",
            law(&LawSettings::default()),
            Tuning::default(),
        );
        assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
        let context = plan.context();
        let found = crate::outputs::documents(&plan, &context.codec, Topic::Incidents);
        found.unwrap().into_values().collect()
    }

    #[test]
    fn a_range_that_retention_has_cut_is_refused_and_what_is_left_has_no_upper_end() {
        let (broker, names) = (poured(), embedded::names());
        let whole = freeze(&broker, &names, &EVERYTHING).unwrap();
        assert!(whole.iter().all(|range| range.from == 0 && !range.cut));
        let accesses = names.name(Topic::AccessEvents);
        broker.trim(&accesses, 1, 20).unwrap();

        let refused = freeze(&broker, &names, &EVERYTHING).unwrap_err();
        assert_eq!(refused.code, "replay-cut");
        let says = "access-events[1] begins at offset 20, record time ";
        assert!(refused.message.contains(says), "{}", refused.message);
        assert_eq!(
            check(&broker, &names, &whole).unwrap_err().code,
            "replay-cut"
        );
        let later = Wanted {
            from: Moment::from_micros(25_300_000_000_000_000).ok(),
            ..EVERYTHING
        };
        let none = freeze(&broker, &names, &later).unwrap();
        let of_accesses = none.iter().filter(|range| *range.topic == *accesses);
        assert!(of_accesses.clone().all(|range| range.from == range.to));
        assert!(none.iter().all(|range| !range.cut), "later than all of it");

        let left = Wanted {
            what_is_left: true,
            ..EVERYTHING
        };
        let left = freeze(&broker, &names, &left).unwrap();
        assert_eq!(left.iter().filter(|range| range.cut).count(), 1);
        let found = incidents(&copied(&left, &broker));
        let cut = |one: &&Value| !one["searched"]["cut"].as_array().unwrap().is_empty();
        assert!(found.iter().filter(cut).count() > 2, "searches are not cut");
        let found = incidents(&copied(&whole, &poured()));
        assert_eq!(found.iter().filter(cut).count(), 0);
    }

    /// A figure in a notice is traced to the record on the broker, and not to a copy of it.
    #[test]
    fn a_finding_names_the_place_on_the_broker() {
        let (broker, names) = (poured(), embedded::names());
        let accesses = names.name(Topic::AccessEvents);
        broker.trim(&accesses, 1, 20).unwrap();
        // Offsets without a record, as marks of transactions leave them.
        for partition in 0..3 {
            let mut writer = broker
                .open_worker(stream::WorkerSpec::writer("somebody"))
                .unwrap();
            writer.begin().unwrap();
            let record = Outgoing::new(accesses.clone(), "k", b"{}".to_vec()).on(partition);
            writer.send(&record).unwrap();
            writer.abort().unwrap();
        }
        let access = serde_json::json!({
            "id": "v-1", "at": "2026-03-01T09:00:00Z", "actor": "emp-view",
            "actor_kind": "employee", "action": "view", "outcome": "succeeded",
            "information": "home_security_recording", "account": "acct-1", "resource": "rec-1",
        });
        let record = Outgoing::new(accesses.clone(), "k", access.to_string().into_bytes()).on(1);
        let (_, offset) = broker.append(&record).unwrap();
        let wanted = Wanted {
            what_is_left: true,
            ..EVERYTHING
        };
        let ranges = freeze(&broker, &names, &wanted).unwrap();
        let memory = MemoryCluster::new();
        embedded::create_topics(&memory, 3).unwrap();
        let stop = AtomicBool::new(false);
        let mut pace = Pace::new(None, &ranges, &stop);
        let places = copy(&broker, &names, &memory, &ranges, &mut pace).unwrap();
        let plan = crate::engine::Plan {
            origin: Some(places.origin()),
            ..plan(
                &memory,
                "0",
                law(&LawSettings::default()),
                Tuning::default(),
            )
        };
        assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
        let codec = crate::tests::codec();
        let findings = stream::latest(&memory, Topic::Findings.name()).unwrap();
        let sources = findings.iter().map(|(key, record)| {
            let value = record.value.as_deref().unwrap();
            let finding: facts::Finding = codec.decode(Topic::Findings, value).unwrap();
            (String::from_utf8_lossy(key).into_owned(), finding.source)
        });
        let mut seen = 0;
        for (key, source) in sources {
            let Some(Source::Topic {
                topic,
                partition,
                offset: at,
            }) = source
            else {
                panic!("{key}: {source:?}");
            };
            assert_eq!(*topic, *accesses);
            assert!(partition != 1 || at >= 20, "{key} at {at}");
            if key.starts_with("actor:emp-view|v-1|") {
                assert_eq!((partition, at), (1, offset));
            }
            seen += 1;
        }
        assert!(seen > 10, "{seen}");
    }

    #[test]
    fn the_ranges_of_a_topic_that_was_created_anew_are_refused() {
        let (broker, names) = (poured(), embedded::names());
        let ranges = freeze(&broker, &names, &EVERYTHING).unwrap();
        check(&broker, &names, &ranges).unwrap();
        let accesses = names.name(Topic::AccessEvents);
        crate::tests::accesses_anew(&broker, 2);
        let refused = check(&broker, &names, &ranges).unwrap_err();
        assert_eq!(refused.code, CREATED_ANEW);
        assert!(refused.message.contains(&*accesses), "{}", refused.message);
        let memory = MemoryCluster::new();
        embedded::create_topics(&memory, 3).unwrap();
        let stop = AtomicBool::new(false);
        let mut pace = Pace::new(None, &ranges, &stop);
        let copied = copy(&broker, &names, &memory, &ranges, &mut pace);
        assert_eq!(copied.unwrap_err().code, CREATED_ANEW, "while it was read");
        // A manifest that was written before this was noted says nothing of it.
        let older: Vec<Range> = ranges
            .into_iter()
            .map(|range| Range {
                topic_id: None,
                ..range
            })
            .collect();
        check(&broker, &names, &older).unwrap();
    }

    #[test]
    fn reading_keeps_to_its_rate_and_ends_when_it_is_interrupted() {
        let stop = AtomicBool::new(false);
        let mut pace = Pace::new(Some(1_000), &[], &stop);
        assert_eq!(pace.at_once(), 100);
        let begun = Instant::now();
        for _ in 0..3 {
            pace.went(100).unwrap();
        }
        assert!(begun.elapsed() >= Duration::from_millis(290));
        stop.store(true, Ordering::SeqCst);
        assert_eq!(pace.went(1_000_000).unwrap_err().code, "interrupted");
    }
}
