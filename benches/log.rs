//! Rates of the logs: `cargo bench --workspace --bench log`.
//!
//! In memory, and on Kafka where `TOCSIN_TEST_KAFKA` holds a bootstrap address.

use std::time::{Duration, Instant};
use stream::{
    Cluster, Feed, KafkaCluster, KafkaSettings, LogError, MemoryCluster, Outgoing, Position,
    TopicSpec, WorkerSpec,
};

const RECORDS: usize = 1_200_000;
const PARTITIONS: i32 = 8;

fn rate(what: &str, begun: Instant, records: usize) {
    let seconds = begun.elapsed().as_secs_f64();
    println!("{what}: {:.2} M/s", records as f64 / seconds / 1e6);
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|kb| kb.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}

fn main() -> Result<(), LogError> {
    let cluster = MemoryCluster::new();
    cluster.create_topics(&[
        TopicSpec::new("in", PARTITIONS),
        TopicSpec::new("out", PARTITIONS),
    ])?;
    let value = [b'v'; 184];
    let each = RECORDS / PARTITIONS as usize;
    let begun = Instant::now();
    for partition in 0..PARTITIONS {
        let feed = |n| Feed {
            timestamp_ms: n as i64,
            key: Some(b"0123456789abcdef"),
            value: Some(&value),
        };
        cluster.append_batch("in", partition, (0..each).map(feed))?;
    }
    rate("append in bulk", begun, RECORDS);
    println!(
        "resident after {RECORDS} records of 200 B: {} MB",
        resident_mb()
    );

    let mut reader = cluster.open_reader()?;
    let starts: Vec<_> = (0..PARTITIONS).map(|p| Position::new("in", p, 0)).collect();
    reader.assign(&starts)?;
    let (begun, mut bytes, mut read) = (Instant::now(), 0, 0);
    while !reader.at_end() {
        read += reader.poll(10_000, Duration::ZERO, &mut |r| {
            bytes += r.value.map_or(0, <[u8]>::len)
        })?;
    }
    rate("read", begun, read);
    assert_eq!((read, bytes), (RECORDS, RECORDS * value.len()));

    transactions("memory", &cluster)?;
    if let Ok(bootstrap) = std::env::var("TOCSIN_TEST_KAFKA") {
        transactions(
            "kafka",
            &KafkaCluster::connect(KafkaSettings::new(bootstrap))?,
        )?;
    }
    Ok(())
}

/// Writes in transactions, and reads that back.
fn transactions(kind: &str, cluster: &dyn Cluster) -> Result<(), LogError> {
    let name = format!("rates-{}", std::process::id());
    cluster.create_topics(&[TopicSpec::new(&name, 1)])?;
    let mut worker = cluster.open_worker(WorkerSpec::writer(name.as_str()))?;
    let record = Outgoing::new(name.as_str(), "key", vec![b'v'; 184]);
    for (transactions, records) in [(100, 10), (200, 1000)] {
        let begun = Instant::now();
        let mut slowest = Duration::ZERO;
        for _ in 0..transactions {
            let begun = Instant::now();
            worker.begin()?;
            for _ in 0..records {
                worker.send(&record)?;
            }
            worker.commit(&[])?;
            slowest = slowest.max(begun.elapsed());
        }
        rate(
            &format!("{kind}: send {records} a transaction"),
            begun,
            transactions * records,
        );
        let mean = begun.elapsed() / u32::try_from(transactions).unwrap_or(1);
        println!("{kind}: a transaction takes {mean:?} on average, {slowest:?} at most");
    }
    let begun = Instant::now();
    let read = stream::read_topic(cluster, &name, &mut |_| {})?;
    rate(
        &format!("{kind}: read"),
        begun,
        usize::try_from(read).unwrap_or(0),
    );
    cluster.delete_topics(&[&name])
}
