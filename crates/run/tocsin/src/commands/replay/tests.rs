//! Replays of topics in memory, interrupted and gone on with.

use super::judge::progress;
use super::ranges::{check, check_manifest, freeze};
use super::*;
use crate::anew::CREATED_ANEW;
use crate::cli::{Cli, Command};
use crate::context::{Origin, Tuning};
use crate::engine::Plan;
use crate::errors::exit;
use crate::tests::{Stepped, law, plan, poured};
use clap::Parser;
use facts::{Moment, Source};
use serde_json::Value;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;
use stream::{
    Each, LogError, Outgoing, Position, Reader, Record, TopicIds, TopicSpec, TopicState, Worker,
    WorkerSpec,
};

const EVERYTHING: Wanted = Wanted {
    from: None,
    to: None,
    what_is_left: false,
};

/// When the flag of an interrupt is raised.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Never,
    /// When so many records were read.
    Read(usize),
    /// When everything was read, and the ids of topics are compared.
    Compared,
    /// Never, but retention takes all accesses when the first was read.
    Cut,
}

/// A broker in memory that notes what is read of it.
#[derive(Clone)]
struct Watched {
    inner: MemoryCluster,
    seen: Arc<Mutex<Seen>>,
    interrupted: Arc<AtomicBool>,
    when: When,
    /// A poll waits until so many readers poll at once, or for a while.
    together: usize,
}

#[derive(Default)]
struct Seen {
    read: Vec<(String, i32, i64)>,
    polling: usize,
    most: usize,
    /// A poll waited for others in vain.
    is_alone: bool,
}

impl Watched {
    fn new(inner: &MemoryCluster, when: When) -> Watched {
        Watched {
            inner: inner.clone(),
            seen: Arc::default(),
            interrupted: Arc::default(),
            when,
            together: 1,
        }
    }

    fn read(&self) -> Vec<(String, i32, i64)> {
        self.seen.lock().unwrap().read.clone()
    }
}

impl Cluster for Watched {
    fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        self.inner.partitions(topic)
    }

    fn range(&self, topic: &str, partition: i32) -> Result<(i64, i64), LogError> {
        self.inner.range(topic, partition)
    }

    fn offset_for_time(&self, t: &str, partition: i32, at: i64) -> Result<Option<i64>, LogError> {
        self.inner.offset_for_time(t, partition, at)
    }

    fn open_reader(&self) -> Result<Box<dyn Reader>, LogError> {
        Ok(Box::new(WatchedReader {
            inner: self.inner.open_reader()?,
            cluster: self.clone(),
        }))
    }

    fn open_worker(&self, _: WorkerSpec) -> Result<Box<dyn Worker>, LogError> {
        panic!("a replay joins no group and writes nothing")
    }

    fn members(&self, _: &str) -> Result<Vec<stream::Member>, LogError> {
        panic!("a replay knows no group")
    }

    fn create_topics(&self, _: &[TopicSpec]) -> Result<(), LogError> {
        panic!("a replay creates nothing")
    }

    fn configure_topics(&self, _: &[TopicSpec]) -> Result<(), LogError> {
        panic!("a replay configures nothing")
    }

    fn describe_topics(&self, names: &[&str]) -> Result<Vec<TopicState>, LogError> {
        self.inner.describe_topics(names)
    }

    fn topic_ids(&self, names: &[&str]) -> Result<TopicIds, LogError> {
        if self.when == When::Compared && !self.read().is_empty() {
            self.interrupted.store(true, Ordering::SeqCst);
        }
        self.inner.topic_ids(names)
    }

    fn delete_topics(&self, _: &[&str]) -> Result<(), LogError> {
        panic!("a replay deletes nothing")
    }
}

struct WatchedReader {
    inner: Box<dyn Reader>,
    cluster: Watched,
}

impl Reader for WatchedReader {
    fn assign(&mut self, positions: &[Position]) -> Result<(), LogError> {
        self.inner.assign(positions)
    }

    fn seek(&mut self, topic: &str, partition: i32, offset: i64) -> Result<(), LogError> {
        self.inner.seek(topic, partition, offset)
    }

    fn poll(&mut self, max: usize, wait: Duration, each: Each<'_>) -> Result<usize, LogError> {
        let seen = || self.cluster.seen.lock().unwrap();
        {
            let mut seen = seen();
            seen.polling += 1;
            seen.most = seen.most.max(seen.polling);
        }
        let begun = Instant::now();
        while seen().most < self.cluster.together && !seen().is_alone {
            std::thread::sleep(Duration::from_millis(1));
            seen().is_alone |= begun.elapsed() > Duration::from_secs(5);
        }
        let read = self.inner.poll(max.min(100), wait, &mut |record| {
            let at = (record.topic.to_owned(), record.partition, record.offset);
            self.cluster.seen.lock().unwrap().read.push(at);
            each(record);
        });
        let mut seen = seen();
        seen.polling -= 1;
        let accesses = Topic::AccessEvents.name();
        if self.cluster.when == When::Cut && seen.read.iter().any(|one| one.0 == accesses) {
            for partition in 0..self.cluster.partitions(accesses)? {
                let (_, end) = self.cluster.range(accesses, partition)?;
                self.cluster.inner.trim(accesses, partition, end)?;
            }
        }
        if matches!(self.cluster.when, When::Read(most) if seen.read.len() >= most) {
            self.cluster.interrupted.store(true, Ordering::SeqCst);
        }
        read
    }

    fn position(&self, topic: &str, partition: i32) -> Option<i64> {
        self.inner.position(topic, partition)
    }

    fn at_end(&self) -> bool {
        self.inner.at_end()
    }

    fn written_end(&self, topic: &str, partition: i32) -> Option<i64> {
        self.inner.written_end(topic, partition)
    }

    fn refresh_end(&mut self) -> Result<(), LogError> {
        self.inner.refresh_end()
    }
}

/// A replay as it is called, of a broker in memory.
fn replayed(broker: &Watched, out: &Path, options: &[&str]) -> Result<u8, Failure> {
    let call = ["tocsin", "replay", "--config", "-", "--out"];
    let out = out.to_str().unwrap();
    let call = call.iter().chain([&out]).chain(options);
    let Some(Command::Replay(args)) = Cli::try_parse_from(call).unwrap().command else {
        panic!("no replay");
    };
    let law = law(&LawSettings::default());
    let manifest = Manifest::new(&law, &[]);
    let earlier = args.manifest.as_deref().map(Manifest::read).transpose()?;
    let topics = Topics {
        broker: Arc::new(broker.clone()),
        names: embedded::names(),
        store: Arc::new(SchemaStore::without_registry()),
        law,
        interrupted: broker.interrupted.clone(),
    };
    replay_topics(&args, topics, manifest, earlier.as_ref(), Instant::now())
}

/// What a replay left, but for how long it took.
fn left_in(out: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![out.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut bytes = std::fs::read(&path).unwrap();
            if path.ends_with("summary.json") {
                let mut summary: Value = serde_json::from_slice(&bytes).unwrap();
                for timing in ["seconds", "accesses_per_second", "stages"] {
                    summary.as_object_mut().unwrap().remove(timing).unwrap();
                }
                bytes = summary.to_string().into_bytes();
            }
            files.insert(path.strip_prefix(out).unwrap().to_owned(), bytes);
        }
    }
    files
}

fn assert_same(one: &Path, other: &Path) {
    let (one, other) = (left_in(one), left_in(other));
    assert!(one.len() > 10, "{} files show little", one.len());
    let names = |files: &BTreeMap<PathBuf, _>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one), names(&other));
    for (name, bytes) in &one {
        assert!(other[name] == *bytes, "{} differs", name.display());
    }
}

/// A spool of these ranges, which everything was asked for.
fn created(out: &Path, ranges: Vec<Range>) -> Spool {
    Spool::create(out, &embedded::names(), everything(), ranges).unwrap()
}

fn everything() -> Asked {
    Asked {
        wanted: EVERYTHING,
        manifest: None,
    }
}

/// Reads into a spool, by so many readers at once.
fn filled(
    broker: &Watched,
    spool: &Spool,
    rate: Option<u32>,
    readers: usize,
) -> Result<(), Failure> {
    let total = spool.ranges().iter().map(Range::length).sum();
    let pace = Pace::new(rate, readers, (0, total), broker.interrupted.clone());
    fill::fill(broker, spool, &pace, readers)
}

/// The log that is judged, and where its records stood.
fn judged(spool: Spool) -> (MemoryCluster, Origin) {
    let spool = Arc::new(spool);
    let cluster = FileCluster::new(spool.clone(), MemoryCluster::new());
    embedded::create_topics(&cluster, 3).unwrap();
    (cluster.memory().clone(), spool.origin())
}

/// The same, of these ranges, with the folder that holds them.
fn copied(ranges: &[Range], broker: &MemoryCluster) -> (MemoryCluster, Origin, tempfile::TempDir) {
    let scratch = tempfile::tempdir().unwrap();
    let spool = created(scratch.path(), ranges.to_vec());
    filled(&Watched::new(broker, When::Never), &spool, None, 2).unwrap();
    let (judged, origin) = judged(spool);
    (judged, origin, scratch)
}

/// Every record of the inputs.
fn records(cluster: &dyn Cluster) -> Vec<Record> {
    let mut records = Vec::new();
    for topic in Topic::INPUTS {
        let mut of_topic = Vec::new();
        stream::read_topic(cluster, topic.name(), &mut |record| {
            of_topic.push(record.to_record());
        })
        .unwrap();
        of_topic.sort_by_key(|record| (record.partition, record.offset));
        records.extend(of_topic);
    }
    records
}

/// The incidents that the ranges come to.
fn incidents(cluster: &MemoryCluster) -> Vec<Value> {
    let law = law(&LawSettings::default());
    let plan = plan(cluster, "0", law, Tuning::default());
    assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
    let context = plan.context();
    let found = crate::outputs::documents(&plan, &context.codec, Topic::Incidents);
    found.unwrap().into_values().collect()
}

#[test]
fn an_interrupted_replay_goes_on_and_comes_to_the_same_bytes() {
    let (log, scratch) = (poured(), tempfile::tempdir().unwrap());
    let folder = |name: &str| scratch.path().join(name);
    let (whole, broken) = (folder("whole"), folder("broken"));
    let undisturbed = Watched::new(&log, When::Never);
    assert_eq!(replayed(&undisturbed, &whole, &[]).unwrap(), exit::DONE);
    let there: BTreeSet<_> = undisturbed.read().into_iter().collect();
    assert!(!whole.join(".spool").exists(), "what was read stays behind");

    let first = Watched::new(&log, When::Read(there.len() / 2));
    let failure = replayed(&first, &broken, &[]).unwrap_err();
    assert_eq!(failure.code, "interrupted");
    assert!(failure.message.contains("--resume"), "{failure}");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&broken.join(".spool")), 0o700);
    for file in std::fs::read_dir(broken.join(".spool")).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
    // What is written meanwhile is not in the ranges that were frozen.
    let late = (0..3).map(|partition| {
        let late = Outgoing::new(Topic::AccessEvents.name(), "k", b"{}".to_vec());
        let (partition, offset) = log.append(&late.on(partition)).unwrap();
        (Topic::AccessEvents.name().to_owned(), partition, offset)
    });
    let late: BTreeSet<_> = late.collect();

    let again = Watched::new(&log, When::Never);
    let refused = replayed(&again, &broken, &[]).unwrap_err();
    assert_eq!(refused.code, "replay-unfinished");
    assert_eq!(replayed(&again, &broken, &["--resume"]), Ok(exit::DONE));
    let (first, again) = (first.read(), again.read());
    assert!(again.len() > 100 && first.len() > 100, "in the middle");
    let both: BTreeSet<_> = first.iter().chain(&again).cloned().collect();
    assert_eq!(both.len(), first.len() + again.len(), "read twice");
    // A poll may bring what is late; it is not taken.
    assert!(!both.is_disjoint(&late), "all was read before");
    assert!(both.difference(&late).eq(&there));
    assert!(
        !broken.join(".spool").exists(),
        "what was read stays behind"
    );
    assert_same(&whole, &broken);
}

/// Once everything is read nothing is asked of the broker: its topics may be gone.
#[test]
fn judging_that_was_interrupted_begins_again_from_what_was_read() {
    let (log, scratch) = (poured(), tempfile::tempdir().unwrap());
    let (whole, broken) = (scratch.path().join("whole"), scratch.path().join("broken"));
    replayed(&Watched::new(&log, When::Never), &whole, &[]).unwrap();
    let first = Watched::new(&log, When::Compared);
    let failure = replayed(&first, &broken, &[]).unwrap_err();
    assert_eq!(failure.code, "interrupted");
    assert!(!broken.join(".partial").exists());
    crate::tests::accesses_anew(&log, 0);
    let again = Watched::new(&log, When::Never);
    assert_eq!(replayed(&again, &broken, &["--resume"]), Ok(exit::DONE));
    assert_eq!(again.read(), []);
    assert_same(&whole, &broken);
}

#[test]
fn a_torn_tail_is_cut_off_and_read_again() {
    let log = poured();
    let ranges = freeze(&log, &embedded::names(), &EVERYTHING).unwrap();
    let there = records(&copied(&ranges, &log).0);
    assert!(there.len() > 1_000);
    type Damage = fn(&mut Vec<u8>);
    let damages: [(&str, bool, Damage); 3] = [
        ("torn", true, |bytes| bytes.truncate(bytes.len() - 3)),
        ("another bit", true, |bytes| bytes[50] ^= 1),
        ("zeroes behind it", false, |bytes| bytes.extend([0; 4096])),
    ];
    for (what, is_lost, damage) in damages {
        let scratch = tempfile::tempdir().unwrap();
        let spool = created(scratch.path(), ranges.clone());
        let broker = Watched::new(&log, When::Read(there.len() / 2));
        filled(&broker, &spool, None, 1).unwrap_err();
        drop(spool);
        let first = broker.read();
        let (topic, partition, _) = &first[0];
        let file = scratch.path().join(format!(".spool/{topic}-{partition}"));
        let mut bytes = std::fs::read(&file).unwrap();
        damage(&mut bytes);
        std::fs::write(&file, bytes).unwrap();

        let spool = Spool::resume(scratch.path(), &embedded::names(), &everything()).unwrap();
        let broker = Watched::new(&log, When::Never);
        filled(&broker, &spool, None, 1).unwrap();
        let again: BTreeSet<_> = broker.read().into_iter().collect();
        for record in &first {
            let lost = is_lost && (&record.0, &record.1) == (topic, partition);
            assert_eq!(again.contains(record), lost, "{what}: {record:?}");
        }
        assert!(records(&judged(spool).0) == there, "{what}");
    }
}

/// Nothing is judged by a block that is not as it was written, nor as if it were not there.
#[test]
fn what_is_damaged_while_it_is_judged_ends_the_replay() {
    let log = poured();
    let ranges = freeze(&log, &embedded::names(), &EVERYTHING).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let spool = created(scratch.path(), ranges);
    filled(&Watched::new(&log, When::Never), &spool, None, 2).unwrap();
    let name = Topic::Accounts.name();
    let file = scratch.path().join(format!(".spool/{name}-0"));
    let (judged, _) = judged(spool);
    stream::read_topic(&judged, name, &mut |_| {}).unwrap();
    let whole = std::fs::read(&file).unwrap();
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    // Each byte of the first block's head and some behind it, the last one, and a file that is cut.
    let last = whole.len() - 1;
    let damaged = (0..40).chain([last]).map(flipped);
    for bytes in damaged.chain([whole[..last].to_vec(), Vec::new()]) {
        std::fs::write(&file, bytes).unwrap();
        let error = stream::read_topic(&judged, name, &mut |_| {}).unwrap_err();
        assert!(error.to_string().contains("spool-damaged"), "{error}");
        assert!(error.to_string().contains(&format!("{name}-0")), "{error}");
    }
}

#[test]
fn where_nothing_was_read_a_new_replay_leaves_nothing_and_another_what_was_frozen() {
    let (log, scratch) = (poured(), tempfile::tempdir().unwrap());
    let out = scratch.path().join("out");
    let ranges = freeze(&log, &embedded::names(), &EVERYTHING).unwrap();
    let failure = || Failure::failed("log", "the broker is gone");
    let spool = created(&out, ranges.clone());
    assert_eq!(spool.keep(failure()), failure());
    assert!(!out.exists());
    drop(created(&out, ranges.clone()));
    let spool = Spool::resume(&out, &embedded::names(), &everything()).unwrap();
    assert_eq!(spool.ranges(), ranges);
    let said = spool.keep(failure()).message;
    assert!(
        said.contains("the broker is gone. What was read is kept"),
        "{said}"
    );
    assert!(said.contains("--resume"), "{said}");
    assert!(out.join(".spool").exists());
}

#[test]
fn retention_that_goes_on_meanwhile_ends_the_replay_and_says_what_is_left() {
    let (log, scratch) = (poured(), tempfile::tempdir().unwrap());
    let out = scratch.path().join("out");
    let accesses = Topic::AccessEvents.name();
    let broker = Watched::new(&log, When::Cut);
    let refused = |options: &[&str]| {
        let failure = replayed(&broker, &out, options).unwrap_err();
        assert_eq!(failure.code, "replay-cut");
        let said = failure.message;
        assert!(
            said.contains(&format!("{accesses}[2] holds offsets")),
            "{said}"
        );
        assert!(said.contains("cannot be completed: remove"), "{said}");
        assert!(!said.contains("--resume"), "{said}");
    };
    refused(&["--parallel", "1"]);
    refused(&["--resume"]);
    assert!(!out.join("summary.json").exists());
}

#[test]
fn what_cannot_be_gone_on_with_is_refused_and_says_why() {
    let scratch = tempfile::tempdir().unwrap();
    let resumed = |log: &MemoryCluster, out: &Path, options: &[&str]| {
        let options = [&["--resume"], options].concat();
        let broker = Watched::new(log, When::Never);
        let refused = replayed(&broker, out, &options).unwrap_err();
        assert_eq!(broker.read(), [], "{refused}");
        (refused.code, refused.message)
    };
    let broken = |log: &MemoryCluster, name: &str| {
        let (out, broker) = (
            scratch.path().join(name),
            Watched::new(log, When::Read(1_000)),
        );
        let failure = replayed(&broker, &out, &[]).unwrap_err();
        assert_eq!(failure.code, "interrupted");
        out
    };
    let log = poured();
    let out = broken(&log, "out");
    let (code, said) = resumed(&log, &scratch.path().join("nothing"), &[]);
    assert_eq!(code, "replay-resume");
    assert!(said.contains("no replay broke off there"), "{said}");
    assert!(!scratch.path().join("nothing").exists());
    for option in ["--from", "--to"] {
        let (code, said) = resumed(&log, &out, &[option, "2026-01-01T00:00:00Z"]);
        assert_eq!(code, "replay-resume");
        assert!(said.contains(&format!("{option} was another")), "{said}");
    }
    let law = law(&LawSettings::default());
    let manifest = scratch.path().join("manifest.json");
    std::fs::write(&manifest, Manifest::new(&law, &[]).json()).unwrap();
    let (code, said) = resumed(&log, &out, &["--manifest", manifest.to_str().unwrap()]);
    assert_eq!(code, "replay-resume");
    assert!(said.contains("--manifest was another"), "{said}");
    // While another is at it, nobody else is.
    let at_work = Spool::resume(&out, &embedded::names(), &everything()).unwrap();
    assert_eq!(resumed(&log, &out, &[]).0, "replay-running");
    let refused = replayed(&Watched::new(&log, When::Never), &out, &[]).unwrap_err();
    assert_eq!(refused.code, "replay-running");
    drop(at_work);
    // By another version.
    let note = out.join(".spool/spool.json");
    let text = std::fs::read_to_string(&note).unwrap();
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    std::fs::write(&note, text.replace(&version, "\"version\": \"0.0.0\"")).unwrap();
    let (code, said) = resumed(&log, &out, &[]);
    assert_eq!(code, "replay-resume");
    assert!(said.contains("tocsin was 0.0.0"), "{said}");
    std::fs::write(&note, &text[..text.len() / 2]).unwrap();
    assert_eq!(resumed(&log, &out, &[]).0, "spool-damaged");
    std::fs::write(&note, &text).unwrap();

    // Retention may take what was read, and nothing else.
    let accesses = Topic::AccessEvents.name();
    let spool = Spool::resume(&out, &embedded::names(), &everything()).unwrap();
    let left = spool.left();
    let left = left
        .iter()
        .find(|left| left.topic == accesses && left.length() > 0);
    let (partition, next) = left.map(|left| (left.partition, left.from)).unwrap();
    drop(spool);
    log.trim(accesses, partition, next + 1).unwrap();
    let (code, said) = resumed(&log, &out, &[]);
    assert_eq!(code, "replay-cut");
    assert!(
        said.contains(&format!("{accesses}[{partition}] holds offsets")),
        "{said}"
    );
    assert!(said.contains("cannot be completed: remove"), "{said}");

    let log = poured();
    let out = broken(&log, "anew");
    crate::tests::accesses_anew(&log, 2);
    assert_eq!(resumed(&log, &out, &[]).0, CREATED_ANEW);
    assert!(out.join(".spool").exists());
}

#[test]
fn partitions_are_read_at_once_and_a_failure_of_one_ends_all() {
    let log = poured();
    let ranges = freeze(&log, &embedded::names(), &EVERYTHING).unwrap();
    let there = records(&log);
    let most = |readers: usize, together: usize| {
        let scratch = tempfile::tempdir().unwrap();
        let spool = created(scratch.path(), ranges.clone());
        let broker = Watched {
            together,
            ..Watched::new(&log, When::Never)
        };
        filled(&broker, &spool, None, readers).unwrap();
        assert!(records(&judged(spool).0) == there, "{readers} readers");
        broker.seen.lock().unwrap().most
    };
    assert_eq!(most(1, 1), 1);
    assert_eq!(most(3, 3), 3);

    let scratch = tempfile::tempdir().unwrap();
    let mut gone = ranges.clone();
    gone[0].topic = "gone".to_owned();
    // The longest is read first.
    gone[0].to = gone[0].from + 1_000_000;
    let spool = created(scratch.path(), gone);
    let broker = Watched::new(&log, When::Never);
    // So slow that it would take an hour, were it not for the failure.
    let failure = filled(&broker, &spool, Some(1), 2).unwrap_err();
    assert!(failure.message.contains("gone"), "{failure}");
}

#[test]
fn the_rate_holds_for_all_readers_together() {
    let log = poured();
    let ranges = freeze(&log, &embedded::names(), &EVERYTHING).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let spool = created(scratch.path(), ranges);
    let broker = Watched::new(&log, When::Never);
    let total: u64 = spool.ranges().iter().map(Range::length).sum();
    let begun = Instant::now();
    filled(&broker, &spool, Some(u32::try_from(total).unwrap()), 4).unwrap();
    assert!(begun.elapsed() > Duration::from_millis(950), "a second");
}

/// Whatever came with a value on the broker comes with it to the stages.
#[test]
fn keys_headers_times_and_tombstones_are_carried() {
    let log = crate::tests::empty();
    let name = Topic::Accounts.name();
    let value = Outgoing::new(name, "k-1", b"value".to_vec())
        .on(0)
        .at(1_700_000_000_123);
    let value = value
        .header("redrive", b"1".to_vec())
        .header("x", b"\xff".to_vec());
    log.append(&value).unwrap();
    log.append(&Outgoing::tombstone(name, "k-1").on(0).at(7))
        .unwrap();
    // Offsets without a record, as marks of transactions leave them.
    let mut writer = log.open_worker(WorkerSpec::writer("somebody")).unwrap();
    writer.begin().unwrap();
    writer
        .send(&Outgoing::new(name, "k", b"gone".to_vec()).on(0))
        .unwrap();
    writer.abort().unwrap();
    let large = vec![b'x'; 3 << 20];
    let bare = stream::Feed {
        timestamp_ms: 8,
        key: None,
        value: Some(&large),
    };
    log.append_batch(name, 0, [bare, bare]).unwrap();
    // And nothing else on a partition.
    writer.begin().unwrap();
    writer
        .send(&Outgoing::new(name, "k", b"gone".to_vec()).on(1))
        .unwrap();
    writer.abort().unwrap();
    let ranges = freeze(&log, &embedded::names(), &EVERYTHING).unwrap();
    let (copy, _, _scratch) = copied(&ranges, &log);
    let (there, here) = (records(&log), records(&copy));
    assert_eq!(there.len(), 4);
    assert!(there == here);
    assert_eq!(log.range(name, 0).unwrap(), copy.range(name, 0).unwrap());
    // Also from the middle.
    let mut reader = copy.open_reader().unwrap();
    reader.assign(&[Position::new(name, 0, 1)]).unwrap();
    let mut seen = Vec::new();
    while !reader.at_end() {
        reader
            .poll(1, Duration::ZERO, &mut |record| {
                seen.push(record.to_record())
            })
            .unwrap();
    }
    assert!(seen[..] == there[1..]);
}

#[test]
fn judging_says_how_far_it_has_come() {
    let plan = plan(
        &poured(),
        "0",
        law(&LawSettings::default()),
        Tuning::default(),
    );
    let ten = Duration::from_secs(10);
    let none = progress(&plan, Some(400), ten);
    assert_eq!(none, "judging: 0 of 400 accesses screened, 0 %");
    assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
    let name = Topic::AccessEvents.name();
    let partitions = 0..plan.cluster.partitions(name).unwrap();
    let lengths = partitions.map(|partition| plan.cluster.range(name, partition).unwrap().1);
    let all = u64::try_from(lengths.sum::<i64>()).unwrap();
    let half = progress(&plan, Some(2 * all), ten);
    let expected = format!(
        "{all} of {} accesses screened, 50 %, about 10 s left",
        2 * all
    );
    assert_eq!(half, format!("judging: {expected}"));
    let done = progress(&plan, Some(all), ten);
    assert!(
        done.ends_with("other stages at work, 10 s so far"),
        "{done}"
    );
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
    assert_eq!(check(&broker, &whole, "").unwrap_err().code, "replay-cut");
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
    // Whatever topic it is of.
    broker.trim(&names.name(Topic::Accounts), 0, 1).unwrap();
    let left = freeze(&broker, &names, &left).unwrap();
    assert_eq!(left.iter().filter(|range| range.cut).count(), 2);
    let found = incidents(&copied(&left, &broker).0);
    let cut = |one: &&Value| !one["searched"]["cut"].as_array().unwrap().is_empty();
    assert!(found.iter().filter(cut).count() > 2, "searches are not cut");
    let found = incidents(&copied(&whole, &poured()).0);
    assert_eq!(found.iter().filter(cut).count(), 0);
}

/// Who asks for accesses from a time on does without what was before: no search is cut by it.
#[test]
fn a_range_that_begins_in_the_middle_is_not_cut() {
    let (broker, names) = (poured(), embedded::names());
    let mut ranges = freeze(&broker, &names, &EVERYTHING).unwrap();
    let accesses = |range: &&mut Range| range.topic == Topic::AccessEvents.name();
    for range in ranges.iter_mut().filter(accesses) {
        range.from = 20;
    }
    let found = incidents(&copied(&ranges, &broker).0);
    let cut = |one: &&Value| !one["searched"]["cut"].as_array().unwrap().is_empty();
    assert_eq!(found.iter().filter(cut).count(), 0);
    assert!(found.len() > 2);
}

/// A figure in a notice is traced to the record on the broker, and not to a copy of it.
#[test]
fn a_finding_names_the_place_on_the_broker() {
    let (broker, names) = (poured(), embedded::names());
    let accesses = names.name(Topic::AccessEvents);
    broker.trim(&accesses, 1, 20).unwrap();
    // Offsets without a record, as marks of transactions leave them.
    for partition in 0..3 {
        let mut writer = broker.open_worker(WorkerSpec::writer("somebody")).unwrap();
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
    let (copy, origin, _scratch) = copied(&ranges, &broker);
    let plan = Plan {
        origin: Some(origin),
        ..plan(&copy, "0", law(&LawSettings::default()), Tuning::default())
    };
    assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
    let codec = crate::tests::codec();
    let findings = stream::latest(&copy, Topic::Findings.name()).unwrap();
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
    check(&broker, &ranges, "").unwrap();
    let accesses = names.name(Topic::AccessEvents);
    crate::tests::accesses_anew(&broker, 2);
    let refused = check(&broker, &ranges, "").unwrap_err();
    assert_eq!(refused.code, CREATED_ANEW);
    assert!(refused.message.contains(&*accesses), "{}", refused.message);
    let scratch = tempfile::tempdir().unwrap();
    let spool = created(scratch.path(), ranges.clone());
    let read = filled(&Watched::new(&broker, When::Never), &spool, None, 1);
    assert_eq!(read.unwrap_err().code, CREATED_ANEW, "while it was read");
    assert!(!spool.is_whole());
    // A manifest that was written before this was noted says nothing of it.
    let older: Vec<Range> = ranges
        .into_iter()
        .map(|range| Range {
            topic_id: None,
            ..range
        })
        .collect();
    check(&broker, &older, "").unwrap();
}

#[test]
fn ranges_of_a_manifest_that_are_none_are_refused() {
    let (broker, names) = (poured(), embedded::names());
    let ranges = freeze(&broker, &names, &EVERYTHING).unwrap();
    check_manifest(&names, &ranges).unwrap();
    type Change = fn(&mut Vec<Range>);
    let changes: [(Change, &str); 4] = [
        (|ranges| ranges[0].topic = "findings".to_owned(), "no input"),
        (|ranges| ranges[0].from = ranges[0].to + 1, "none"),
        (|ranges| ranges[0].partition = -1, "none"),
        (|ranges| ranges.push(ranges[0].clone()), "two ranges"),
    ];
    for (change, why) in changes {
        let mut ranges = ranges.clone();
        change(&mut ranges);
        let refused = check_manifest(&names, &ranges).unwrap_err();
        assert_eq!(refused.code, "manifest-invalid");
        assert!(refused.message.contains(why), "{refused}");
    }
}
