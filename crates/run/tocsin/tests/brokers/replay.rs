//! A replay of real topics that breaks off and goes on, and what it leaves as it was.

use crate::support::deployment::FROM_THE_BEGINNING;
use crate::support::{Demo, Deployment, PATIENCE, parts};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use stream::Cluster;
use xtask::parts::kafka::Broker;
use xtask::parts::process::Scratch;

/// Where brokers keep who is in which group and what groups have committed.
const GROUPS: &str = "__consumer_offsets";
/// Where brokers keep transactional ids and their transactions.
const TRANSACTIONS: &str = "__transaction_state";
/// What the pipeline reads and writes.
const TOPICS: [&str; 12] = [
    "access-events",
    "breach-events",
    "grants",
    "accounts",
    "decisions",
    "candidates",
    "findings",
    "incidents",
    "determinations",
    "notices",
    "outbox",
    "dead-letters",
];

/// What a replay left, but for its summary, which says how long it took.
fn left_in(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![out.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("summary.json") {
                let name = path.strip_prefix(out).unwrap().to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// A replay that is struck while it reads; what it said.
fn struck(kafka: &Deployment, out: &str, signal: &str, more: &[&str]) -> String {
    let mut slow = Command::new(env!("CARGO_BIN_EXE_tocsin"))
        .args(["replay", "--rate", "300", "--parallel", "3", "--out", out])
        .args(more)
        .arg("--config")
        .arg(&kafka.config)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let mut said = String::new();
    let mut lines = BufReader::new(slow.stderr.take().unwrap()).lines();
    let mut told = 0;
    while told < 2 {
        let line = lines.next();
        let line = line.unwrap_or_else(|| panic!("it ended: {said}")).unwrap();
        told += i32::from(line.contains("reading: "));
        said = said + &line + "\n";
    }
    let id = slow.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status().unwrap();
    assert!(sent.success(), "it had ended");
    for line in lines {
        said = said + &line.unwrap() + "\n";
    }
    assert!(!slow.wait().unwrap().success());
    assert!(begun.elapsed() < PATIENCE);
    said
}

/// How far the broker's notes and the topics are written, once nothing is under way.
fn written(kafka: &Deployment) -> BTreeMap<String, Vec<(i64, i64)>> {
    let ours = TOPICS.map(|topic| kafka.topic(topic));
    let look = || {
        let names = ours.iter().map(String::as_str).chain([TRANSACTIONS]);
        let of = |name: &str| {
            let partitions = 0..kafka.cluster.partitions(name).unwrap();
            let ranges = partitions.map(|one| kafka.cluster.range(name, one).unwrap());
            (name.to_owned(), ranges.collect())
        };
        names.map(of).collect::<BTreeMap<_, Vec<_>>>()
    };
    let mut before = look();
    loop {
        std::thread::sleep(Duration::from_secs(1));
        let now = look();
        if now == before {
            return now;
        }
        before = now;
    }
}

/// Nobody has joined a group or committed a position: the broker has not noted any.
fn assert_no_group(kafka: &Deployment) {
    let there = kafka.cluster.topic_ids(&[GROUPS]).unwrap();
    if there.is_empty() {
        return;
    }
    for partition in 0..kafka.cluster.partitions(GROUPS).unwrap() {
        let noted = kafka.cluster.range(GROUPS, partition).unwrap();
        assert_eq!(noted, (0, 0), "a group was touched");
    }
}

#[test]
fn a_replay_of_real_topics_that_breaks_off_goes_on_to_the_same_bytes() {
    let test = "a_replay_of_real_topics_that_breaks_off_goes_on_to_the_same_bytes";
    let Some(parts) = parts(test) else {
        return;
    };
    // A broker of its own: what it notes of groups and transactions is ours.
    let broker = Broker::start().unwrap();
    let (parts, demo) = (parts.beside(&broker), Demo::get());
    let mut kafka = Deployment::new(&parts, "resumed", FROM_THE_BEGINNING);
    kafka.prepare();
    kafka.produce(&demo.early());
    let before = written(&kafka);
    let folder = Scratch::new("e2e-resumed").unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let whole = path("whole");
    let said = kafka.tocsin(&["replay", "--out", &whole]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(!Path::new(&whole).join(".spool").exists());
    let expected = left_in(Path::new(&whole));
    assert!(expected.len() > 6, "{} files show little", expected.len());

    let (interrupted, killed) = (path("interrupted"), path("killed"));
    for (signal, more) in [("-TERM", &[][..]), ("-INT", &["--resume"][..])] {
        let said = struck(&kafka, &interrupted, signal, more);
        assert!(said.contains("[interrupted]"), "{said}");
        assert!(said.contains("--resume"), "{said}");
        assert!(said.contains(" records a second, "), "{said}");
        assert!(said.contains(" left"), "{said}");
    }
    struck(&kafka, &killed, "-KILL", &[]);
    assert_eq!(before, written(&kafka), "a replay has written");
    // What is written meanwhile is not in the ranges that were frozen.
    kafka.produce(&demo.late());
    let before = written(&kafka);
    for out in [&interrupted, &killed] {
        let refused = kafka.tocsin(&["replay", "--out", out]);
        assert_eq!(refused.code, 64, "{}", refused.err);
        assert!(
            refused.err.contains("[replay-unfinished]"),
            "{}",
            refused.err
        );
        let said = kafka.tocsin(&["replay", "--resume", "--out", out]);
        assert_eq!(said.code, 0, "{}", said.err);
        let found = left_in(Path::new(out));
        let names = |files: &BTreeMap<PathBuf, _>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&expected), names(&found));
        for (name, bytes) in &expected {
            assert!(found[name] == *bytes, "{out}: {} differs", name.display());
        }
    }
    assert_eq!(before, written(&kafka), "a replay has written");
    assert_no_group(&kafka);
}
