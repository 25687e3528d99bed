//! The logs under test and what the cases share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use stream::{
    Assignment, Cluster, Committed, FileCluster, FileRecord, KafkaCluster, KafkaSettings,
    MemoryCluster, Outgoing, Polled, Position, Record, RecordFiles, RecordStream, TopicIds,
    TopicPartition, TopicSpec, Worker, WorkerSpec,
};

pub(crate) const WAIT: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(30);

/// A log under test.
pub(crate) trait Bed {
    fn kind(&self) -> &'static str;

    fn cluster(&self) -> &dyn Cluster;

    /// A fresh input topic: a vector of values for each partition.
    fn input(&self, partitions: &[Vec<String>]) -> String;

    /// How long the log may take to show what was sent but not committed.
    fn settle(&self) {}

    /// A name that nobody else uses.
    fn name(&self, what: &str) -> String {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        format!("conformance-{}-{number}-{what}", std::process::id())
    }

    /// A fresh topic to write to.
    fn output(&self, partitions: i32) -> String {
        let name = self.name("out");
        self.cluster()
            .create_topics(&[TopicSpec::new(&name, partitions)])
            .unwrap();
        name
    }
}

#[derive(Default)]
pub(crate) struct Memory(MemoryCluster);

impl Bed for Memory {
    fn kind(&self) -> &'static str {
        "memory"
    }

    fn cluster(&self) -> &dyn Cluster {
        &self.0
    }

    fn input(&self, partitions: &[Vec<String>]) -> String {
        fed(self, partitions)
    }
}

pub(crate) struct Kafka(KafkaCluster);

impl Kafka {
    pub(crate) fn connect(bootstrap: &str) -> Self {
        let mut settings = KafkaSettings::new(bootstrap);
        settings
            .client
            .insert("session.timeout.ms".into(), "6000".into());
        Kafka(KafkaCluster::connect(settings).unwrap())
    }
}

impl Bed for Kafka {
    fn kind(&self) -> &'static str {
        "kafka"
    }

    fn cluster(&self) -> &dyn Cluster {
        &self.0
    }

    fn input(&self, partitions: &[Vec<String>]) -> String {
        fed(self, partitions)
    }

    fn settle(&self) {
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// A topic written through a worker.
fn fed(bed: &dyn Bed, partitions: &[Vec<String>]) -> String {
    let topic = bed.output(partitions.len() as i32);
    let mut writer = writer(bed);
    writer.begin().unwrap();
    for (partition, values) in partitions.iter().enumerate() {
        for value in values {
            let record = Outgoing::new(topic.as_str(), "", value.clone().into_bytes());
            writer.send(&record.on(partition as i32)).unwrap();
        }
    }
    writer.commit(&[]).unwrap();
    writer.close().unwrap();
    for (partition, values) in partitions
        .iter()
        .enumerate()
        .filter(|(_, values)| !values.is_empty())
    {
        let marked = values.len() as i64 + 1;
        eventually("the input's marker", || {
            let end = bed.cluster().range(&topic, partition as i32).unwrap().1;
            (end == marked).then_some(())
        });
    }
    topic
}

/// Text files, a record a line.
struct Lines {
    folder: tempfile::TempDir,
    topic: String,
    partitions: i32,
}

struct LineStream(std::io::Lines<std::io::BufReader<std::fs::File>>);

impl RecordStream for LineStream {
    fn next(&mut self, record: &mut FileRecord) -> Result<bool, String> {
        match self.0.next() {
            None => Ok(false),
            Some(Ok(line)) => {
                record.value.extend_from_slice(line.as_bytes());
                Ok(true)
            }
            Some(Err(why)) => Err(why.to_string()),
        }
    }
}

impl RecordFiles for Lines {
    fn topics(&self) -> Vec<String> {
        vec![self.topic.clone()]
    }

    fn partitions(&self, _: &str) -> i32 {
        self.partitions
    }

    fn name(&self, topic: &str, partition: i32) -> String {
        format!("{topic}-{partition}.txt")
    }

    fn end(&self, topic: &str, partition: i32) -> Result<i64, String> {
        let mut stream = self.open(topic, partition, 0)?;
        let mut count = 0;
        while stream.next(&mut FileRecord::default())? {
            count += 1;
        }
        Ok(count)
    }

    fn open(
        &self,
        topic: &str,
        partition: i32,
        from: i64,
    ) -> Result<Box<dyn RecordStream>, String> {
        use std::io::BufRead;
        let path = self.folder.path().join(self.name(topic, partition));
        let file = std::fs::File::open(path).map_err(|why| why.to_string())?;
        let mut stream = LineStream(std::io::BufReader::new(file).lines());
        for _ in 0..from {
            stream.next(&mut FileRecord::default())?;
        }
        Ok(Box::new(stream))
    }
}

pub(crate) struct Files(FileCluster);

impl Default for Files {
    fn default() -> Self {
        struct None;
        impl RecordFiles for None {
            fn topics(&self) -> Vec<String> {
                Vec::new()
            }
            fn partitions(&self, _: &str) -> i32 {
                0
            }
            fn name(&self, _: &str, _: i32) -> String {
                String::new()
            }
            fn end(&self, _: &str, _: i32) -> Result<i64, String> {
                Ok(0)
            }
            fn open(&self, _: &str, _: i32, _: i64) -> Result<Box<dyn RecordStream>, String> {
                Err("no file".into())
            }
        }
        Files(FileCluster::new(Arc::new(None), MemoryCluster::new()))
    }
}

impl Bed for Files {
    fn kind(&self) -> &'static str {
        "files"
    }

    fn cluster(&self) -> &dyn Cluster {
        &self.0
    }

    fn input(&self, partitions: &[Vec<String>]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let lines = Lines {
            folder,
            topic: self.name("in"),
            partitions: partitions.len() as i32,
        };
        for (partition, values) in partitions.iter().enumerate() {
            let path = lines
                .folder
                .path()
                .join(lines.name(&lines.topic, partition as i32));
            let text: String = values.iter().map(|value| format!("{value}\n")).collect();
            std::fs::write(path, text).unwrap();
        }
        let topic = lines.topic.clone();
        FileCluster::new(Arc::new(lines), self.0.memory().clone());
        topic
    }
}

/// `count` values for each of `partitions` partitions: `0-0`, `0-1`, …
pub(crate) fn values(partitions: usize, count: usize) -> Vec<Vec<String>> {
    let of = |partition| (0..count).map(|n| format!("{partition}-{n}")).collect();
    (0..partitions).map(of).collect()
}

pub(crate) fn writer(bed: &dyn Bed) -> Box<dyn Worker> {
    bed.cluster()
        .open_worker(WorkerSpec::writer(bed.name("writer")))
        .unwrap()
}

/// A dynamic member of a fresh group.
pub(crate) fn member(bed: &dyn Bed, topic: &str) -> WorkerSpec {
    WorkerSpec {
        group: bed.name("group"),
        transactional_id: bed.name("txn"),
        instance_id: None,
        label: None,
        topics: vec![topic.to_owned()],
        assignment: Assignment::Group,
        beside: Vec::new(),
        topic_ids: TopicIds::new(),
    }
}

/// Calls `step` until it answers, or fails.
pub(crate) fn eventually<T>(what: &str, mut step: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = step() {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
    }
}

/// Polls once without expecting records.
pub(crate) fn poll_nothing(worker: &mut dyn Worker) -> Polled {
    let none = |record: stream::RecordRef<'_>| panic!("{record:?} was not expected");
    worker.poll(1000, WAIT, &mut { none }).unwrap()
}

/// Waits until the worker has `count` partitions.
pub(crate) fn joined(worker: &mut dyn Worker, count: usize) -> Vec<TopicPartition> {
    let mut owned = Vec::new();
    eventually("an assignment", || {
        owned.extend(poll_nothing(worker).assigned);
        (owned.len() >= count).then_some(())
    });
    assert_eq!(owned.len(), count);
    owned
}

/// Waits for an assignment and starts it where the group left it, or at the beginning.
pub(crate) fn joined_and_started(worker: &mut dyn Worker, count: usize) -> Vec<TopicPartition> {
    let owned = joined(worker, count);
    start(worker, &owned);
    owned
}

/// The offset of a position that was committed.
pub(crate) fn offset((_, committed): &(TopicPartition, Option<Committed>)) -> Option<i64> {
    committed.as_ref().map(|one| one.offset)
}

pub(crate) fn start(worker: &mut dyn Worker, owned: &[TopicPartition]) {
    for (partition, committed) in worker.committed(owned).unwrap() {
        let offset = committed.map_or(0, |one| one.offset);
        worker
            .start(&partition.topic, partition.partition, offset)
            .unwrap();
    }
}

/// Reads `count` records.
pub(crate) fn take(worker: &mut dyn Worker, count: usize) -> Vec<Record> {
    let mut records = Vec::new();
    eventually("records", || {
        let most = count - records.len();
        worker
            .poll(most, WAIT, &mut |record| records.push(record.to_record()))
            .unwrap();
        (records.len() == count).then_some(())
    });
    records
}

/// Reads until everything that is committed was read.
pub(crate) fn take_all(worker: &mut dyn Worker) -> Vec<Record> {
    let mut records = Vec::new();
    eventually("the end", || {
        let polled = worker.poll(7, WAIT, &mut |record| records.push(record.to_record()));
        polled.unwrap().at_end.then_some(())
    });
    records
}

/// The positions behind these records.
pub(crate) fn behind(records: &[Record]) -> Vec<Position> {
    let mut next = BTreeMap::new();
    for record in records {
        let partition = TopicPartition::new(record.topic.clone(), record.partition);
        let offset: &mut i64 = next.entry(partition).or_default();
        *offset = (*offset).max(record.offset + 1);
    }
    next.iter()
        .map(|(partition, offset)| partition.at(*offset))
        .collect()
}

/// All committed values of a topic, in order within each partition.
pub(crate) fn committed_values(bed: &dyn Bed, topic: &str) -> Vec<String> {
    let mut found = Vec::new();
    stream::read_topic(bed.cluster(), topic, &mut |record| {
        found.push(text(record.value))
    })
    .unwrap();
    found
}

/// Waits until a topic shows exactly these values, in any order: on Kafka a commit becomes visible
/// milliseconds after it returned.
pub(crate) fn expect(bed: &dyn Bed, topic: &str, values: &[&str]) {
    let mut last = Vec::new();
    eventually(&format!("{values:?}"), || {
        last = committed_values(bed, topic);
        last.sort();
        let mut values = values.to_vec();
        values.sort_unstable();
        (last == values).then_some(())
    });
}

/// Waits until the committed end of a topic's first partition is this.
pub(crate) fn expect_end(bed: &dyn Bed, topic: &str, end: i64) {
    eventually(&format!("the end {end}"), || {
        (bed.cluster().range(topic, 0).unwrap() == (0, end)).then_some(())
    });
}

pub(crate) fn text(value: Option<&[u8]>) -> String {
    String::from_utf8(value.unwrap().to_vec()).unwrap()
}

pub(crate) fn texts(records: &[Record]) -> Vec<String> {
    let mut all: Vec<String> = records.iter().map(|r| text(r.value.as_deref())).collect();
    all.sort();
    all
}

pub(crate) fn sorted(values: &[Vec<String>]) -> Vec<String> {
    let mut all: Vec<String> = values.iter().flatten().cloned().collect();
    all.sort();
    all
}
