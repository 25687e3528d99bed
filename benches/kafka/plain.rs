//! What the processors are compared with: the same topics read and nothing else, then with
//! decoding, then with positions committed in transactions.

use crate::Done;
use crate::deployment::Deployment;
use crate::figures::{Work, threads_cpu_seconds};
use facts::AccessView;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::{Assignment, Cluster, Position, RecordRef, TopicPartition, WorkerSpec};
use wire::{Decoder, RecordKind, Registry, SchemaStore};

/// As the processors do by default.
const BATCH_RECORDS: usize = 20_000;
const WAIT: Duration = Duration::from_millis(50);

/// The end of a batch.
#[derive(Clone, Copy)]
struct Mark {
    at: Instant,
    records: u64,
    cpu: f64,
}

impl Mark {
    fn now(records: u64) -> Done<Mark> {
        Ok(Mark {
            at: Instant::now(),
            records,
            cpu: threads_cpu_seconds(std::process::id())?,
        })
    }

    /// What was done since `first`.
    fn since(self, first: Mark) -> Work {
        Work {
            records: self.records - first.records,
            seconds: (self.at - first.at).as_secs_f64(),
            cpu_seconds: self.cpu - first.cpu,
        }
    }
}

fn all_partitions(cluster: &dyn Cluster, topics: &[String]) -> Done<Vec<TopicPartition>> {
    let mut all = Vec::new();
    for topic in topics {
        for partition in 0..cluster.partitions(topic)? {
            all.push(TopicPartition::new(topic.as_str(), partition));
        }
    }
    Ok(all)
}

/// Reads whole topics and looks at nothing.
pub(crate) fn read(cluster: &dyn Cluster, topics: &[String]) -> Done<Work> {
    let mut bytes = 0;
    read_with(cluster, topics, &mut |record| {
        bytes += record.value.map_or(0, <[u8]>::len);
    })
}

/// Reads whole topics of accesses and decodes each, borrowed from its bytes.
pub(crate) fn decode(deployment: &Deployment, topics: &[String]) -> Done<Work> {
    let store = SchemaStore::new(Registry::new(&deployment.registry, None));
    let mut decoder = Decoder::new(Arc::new(store));
    let mut bad = 0;
    let work = read_with(&deployment.cluster, topics, &mut |record| {
        let value = record.value.unwrap_or_default();
        let view = decoder.decode::<AccessView<'_>>(RecordKind::AccessEvent, value);
        bad += u64::from(!view.is_ok_and(|view| view.fault().is_none()));
    })?;
    if bad > 0 {
        return Err(format!("{bad} accesses do not decode").into());
    }
    Ok(work)
}

fn read_with(
    cluster: &dyn Cluster,
    topics: &[String],
    each: &mut dyn FnMut(RecordRef<'_>),
) -> Done<Work> {
    let mut starts: Vec<Position> = Vec::new();
    for at in all_partitions(cluster, topics)? {
        let (start, _) = cluster.range(&at.topic, at.partition)?;
        starts.push(at.at(start));
    }
    let mut reader = cluster.open_reader()?;
    reader.assign(&starts)?;
    let (mut first, mut last, mut records) = (None, Mark::now(0)?, 0);
    while !reader.at_end() {
        let batch = reader.poll(BATCH_RECORDS, WAIT, each)?;
        if batch == 0 {
            continue;
        }
        records += batch as u64;
        last = Mark::now(records)?;
        first = first.or(Some(last));
    }
    Ok(first.map_or(Work::default(), |first| last.since(first)))
}

/// Reads whole topics and commits the positions of each batch in a transaction, as a processor does
/// that finds nothing.
pub(crate) fn commit(cluster: &dyn Cluster, topics: &[String]) -> Done<Work> {
    let all = all_partitions(cluster, topics)?;
    let name = format!("bench-commit-{}", std::process::id());
    let mut worker = cluster.open_worker(WorkerSpec {
        group: name.clone(),
        transactional_id: name,
        instance_id: None,
        label: None,
        topics: topics.to_vec(),
        assignment: Assignment::Fixed(all.clone()),
        beside: Vec::new(),
        topic_ids: stream::TopicIds::new(),
    })?;
    let (mut first, mut last, mut records) = (None, Mark::now(0)?, 0);
    loop {
        let polled = worker.poll(BATCH_RECORDS, WAIT, &mut |_| {})?;
        for at in &polled.assigned {
            let (start, _) = cluster.range(&at.topic, at.partition)?;
            worker.start(&at.topic, at.partition, start)?;
        }
        if polled.records > 0 {
            let here = |at: &TopicPartition| {
                let offset = worker.position(&at.topic, at.partition)?;
                Some(at.at(offset))
            };
            let positions: Vec<Position> = all.iter().filter_map(here).collect();
            worker.begin()?;
            worker.commit(&positions)?;
            records += polled.records as u64;
            last = Mark::now(records)?;
            first = first.or(Some(last));
        } else if polled.assigned.is_empty() && polled.at_end {
            worker.close()?;
            return Ok(first.map_or(Work::default(), |first| last.since(first)));
        }
    }
}
