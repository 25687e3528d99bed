//! Verify with its candidates on disk, stepped by hand: what it says is what it says without.

use crate::context::{StateSettings, Tuning};
use crate::demo::Script;
use crate::engine::Plan;
use crate::law::{Law, LawSettings};
use crate::runtime::{Runner, StageError};
use crate::tests::{Stepped, law, plan, poured, said};
use crate::topology::{Stage, Topic};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::{Batch, Space, Store};
use stream::{Cluster, MemoryCluster, Outgoing};
use xtask::parts::http::answering;

/// Pieces so small that most of the candidates go to disk and come back.
const PIECES: usize = 50;

fn with_state(cluster: &MemoryCluster, law: Arc<Law>, directory: Option<&Path>) -> Plan {
    let tuning = Tuning {
        piece_records: PIECES,
        ..Tuning::default()
    };
    Plan {
        state: directory.map(|directory| StateSettings {
            directory: directory.to_owned(),
            cache_bytes: 1 << 20,
        }),
        ..plan(cluster, "0", law, tuning)
    }
}

fn rest(plan: &Plan) {
    assert!(Stepped::open(plan).rest(Duration::ZERO), "not settled");
}

fn plain() -> Arc<Law> {
    law(&LawSettings::default())
}

/// Other rules: one order of those of the demo.
fn few() -> Arc<Law> {
    let orders = Script::built_in().unwrap().orders();
    let orders: Vec<String> = orders.into_iter().take(1).collect();
    Arc::new(Law::load(&orders, None, &LawSettings::default()).unwrap())
}

type Said = std::collections::BTreeMap<(&'static str, Vec<u8>), Vec<u8>>;

/// Where each topic ends.
fn ends(cluster: &MemoryCluster) -> Vec<(&'static str, i64)> {
    let topics = Topic::ALL.into_iter().map(Topic::name);
    let end = |topic| -> i64 {
        let partitions = 0..cluster.partitions(topic).unwrap();
        partitions
            .map(|one| cluster.range(topic, one).unwrap().1)
            .sum()
    };
    topics.map(|topic| (topic, end(topic))).collect()
}

/// Deletes all candidates: whoever says the same afterwards has them from elsewhere.
fn lose_candidates(cluster: &MemoryCluster) {
    let topic = Topic::Candidates.name();
    for partition in 0..cluster.partitions(topic).unwrap() {
        let (_, end) = cluster.range(topic, partition).unwrap();
        assert!(end > 0, "nothing to lose in partition {partition}");
        cluster.trim(topic, partition, end).unwrap();
    }
}

/// Some records that touch what was judged before: one report is taken back, and an employee whose
/// accesses nobody explained had a case.
fn late_records(cluster: &MemoryCluster) {
    let findings = stream::latest(cluster, Topic::Findings.name()).unwrap();
    let keys = findings.keys().map(|key| String::from_utf8_lossy(key));
    let actors =
        keys.filter_map(|key| Some(key.strip_prefix("actor:")?.split('|').next()?.to_owned()));
    let actor = actors.min().expect("an actor without a basis");
    let (codec, mut indicators) = (crate::tests::codec(), Vec::new());
    stream::read_topic(cluster, Topic::BreachEvents.name(), &mut |record| {
        let value = record.value.unwrap_or_default();
        let event: facts::BreachEvent = codec.decode(Topic::BreachEvents, value).unwrap();
        if matches!(event.report, facts::Report::Indicator(_)) {
            indicators.push(event.id);
        }
    })
    .unwrap();
    let indicator = indicators.iter().min().expect("an indicator");
    let retraction = serde_json::json!({
        "id": "br-late", "matter": "M-late", "by": "responder-1",
        "recorded_at": "2026-03-01T00:00:00Z",
        "report": {"kind": "retraction", "of": indicator},
    });
    let case = serde_json::json!({
        "id": "g-late", "kind": "support_case", "recorded_at": "2020-01-01T00:00:00Z",
        "from": "2020-01-01T00:00:00Z", "actors": [actor],
    });
    for (topic, value) in [(Topic::BreachEvents, retraction), (Topic::Grants, case)] {
        let record = Outgoing::new(topic.name(), "late", value.to_string().into_bytes());
        cluster.append(&record).unwrap();
    }
}

#[test]
fn a_start_goes_on_from_its_disk_and_says_nothing_new() {
    let folder = tempfile::tempdir().unwrap();
    let (with, without) = (poured(), poured());
    rest(&with_state(&with, plain(), Some(folder.path())));
    rest(&with_state(&without, plain(), None));
    let first = said(&with);
    assert!(first == said(&without), "a disk makes no difference");
    let before = ends(&with);
    rest(&with_state(&with, plain(), Some(folder.path())));
    assert_eq!(
        ends(&with),
        before,
        "a start that has all of it on disk writes nothing"
    );

    // What comes while nobody runs finds what is on disk, and there alone.
    lose_candidates(&with);
    late_records(&with);
    late_records(&without);
    rest(&with_state(&with, plain(), Some(folder.path())));
    rest(&with_state(&without, plain(), None));
    let late = said(&with);
    assert!(late == said(&without));
    assert!(late != first, "the late records change something");
}

#[test]
fn other_rules_judge_again_what_is_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (with, without) = (poured(), poured());
    let few = few();
    rest(&with_state(&with, plain(), Some(folder.path())));
    let first = said(&with);
    lose_candidates(&with);
    rest(&with_state(&with, few.clone(), Some(folder.path())));
    rest(&with_state(&without, few, None));
    let findings = |cluster: &MemoryCluster| {
        let mut said = said(cluster);
        said.retain(|(topic, _), value| *topic == Topic::Findings.name() && !value.is_empty());
        said
    };
    assert!(findings(&with) == findings(&without));
    assert!(first != said(&with), "the rules make a difference");
}

#[test]
fn a_disk_of_another_log_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second, without) = (poured(), poured(), poured());
    late_records_after(&first, folder.path());
    rest(&with_state(&second, plain(), Some(folder.path())));
    rest(&with_state(&without, plain(), None));
    assert!(said(&second) == said(&without));
}

fn late_records_after(cluster: &MemoryCluster, directory: &Path) {
    rest(&with_state(cluster, plain(), Some(directory)));
    late_records(cluster);
    rest(&with_state(cluster, plain(), Some(directory)));
}

#[test]
fn a_log_that_was_cut_below_the_disk_stops_the_stage() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = poured();
    let plan = with_state(&cluster, plain(), Some(folder.path()));
    rest(&plan);
    // Others go on while this instance is away, and then the log is cut.
    let others = Plan {
        instance: "1".to_owned(),
        state: None,
        ..with_state(&cluster, plain(), None)
    };
    let access = serde_json::json!({
        "id": "a-late", "at": "2026-02-01T10:00:00Z", "actor": "emp-late",
        "actor_kind": "employee", "action": "view", "outcome": "succeeded",
        "information": "home_security_recording", "account": "acct-late",
    });
    for partition in 0..3 {
        let record = Outgoing::new(
            Topic::AccessEvents.name(),
            "k",
            access.to_string().into_bytes(),
        );
        cluster.append(&record.on(partition)).unwrap();
    }
    rest(&others);
    lose_candidates(&cluster);
    let mut runner = Runner::open(Stage::Verify, &plan.context()).unwrap();
    let error = (0..100).find_map(|_| runner.step(Duration::ZERO, Duration::ZERO).err());
    match error {
        Some(StageError::Stop { code, reason }) => {
            assert_eq!(code, "state-cut", "{reason}");
            assert!(reason.contains("verify-0.redb"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_disk_that_cannot_be_written_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("state");
    std::fs::write(&in_the_way, "a file where the folder should be").unwrap();
    let cluster = poured();
    let plan = with_state(&cluster, plain(), Some(&in_the_way));
    match Runner::open(Stage::Verify, &plan.context()).map(|_| ()) {
        Err(StageError::Wait { code, reason, .. }) => {
            assert_eq!(code, "state-unavailable", "{reason}");
            assert!(reason.contains(in_the_way.to_str().unwrap()), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    std::fs::remove_file(&in_the_way).unwrap();
    rest(&plan);
    // Another process of the same name, on another cluster: one that is fenced would not wait.
    let context = plan.context();
    let _beside = crate::processors::disk(Stage::Verify, &context).unwrap();
    match Runner::open(Stage::Verify, &context).map(|_| ()) {
        Err(StageError::Wait { code, .. }) => assert_eq!(code, "state-in-use"),
        other => panic!("{other:?}"),
    }
}

/// An instance comes back to a partition of which others have said something else meanwhile.
#[test]
fn what_others_said_meanwhile_is_judged_again() {
    let folder = tempfile::tempdir().unwrap();
    let (with, without) = (poured(), poured());
    rest(&with_state(&without, plain(), None));
    let ours = with_state(&with, plain(), Some(folder.path()));
    rest(&ours);
    let first = said(&with);
    let theirs = Plan {
        instance: "1".to_owned(),
        ..with_state(&with, few(), None)
    };
    rest(&theirs);
    assert!(said(&with) != first, "others say something else");
    rest(&ours);
    let findings = |mut said: Said| {
        said.retain(|(topic, _), _| *topic == Topic::Findings.name());
        said
    };
    assert!(findings(said(&with)) == findings(said(&without)));
}

/// A process that died while it forgot a partition left what says nothing of how far it goes.
#[test]
fn what_is_left_of_a_forgotten_partition_is_not_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let (with, without) = (poured(), poured());
    for (cluster, state) in [(&with, Some(folder.path())), (&without, None)] {
        rest(&with_state(cluster, plain(), state));
        late_records(cluster);
    }
    let notes = Space("partitions");
    let path = folder.path().join("verify-0.redb");
    let mut store = Store::open(&path, 1, &[notes], 1 << 20).unwrap();
    let mut batch = Batch::new();
    store
        .keys(notes, b"", None, &mut |key| {
            batch.remove(notes, key);
            true
        })
        .unwrap();
    assert_eq!(batch.len(), 3, "a note for each partition");
    store.write(batch).unwrap();
    drop(store);
    rest(&with_state(&with, plain(), Some(folder.path())));
    rest(&with_state(&without, plain(), None));
    assert!(said(&with) == said(&without));
}

/// What nobody can judge again stays as it was said, with a disk as without one.
#[test]
fn what_was_said_of_candidates_that_are_gone_stands() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = poured();
    rest(&with_state(&cluster, plain(), None));
    let count = |said: Said| {
        let findings = said
            .keys()
            .filter(|(topic, _)| *topic == Topic::Findings.name());
        findings.count()
    };
    let first = count(said(&cluster));
    lose_candidates(&cluster);
    rest(&with_state(&cluster, few(), Some(folder.path())));
    // What may concern every access has all of them gone through that are on disk.
    late_records(&cluster);
    let complete = serde_json::json!({
        "id": "g-whole", "kind": "complete", "of": ["support_case"],
        "recorded_at": "2027-01-02T00:00:00Z", "until": "2027-01-01T00:00:00Z",
    });
    let record = Outgoing::new(
        Topic::Grants.name(),
        "late",
        complete.to_string().into_bytes(),
    );
    cluster.append(&record).unwrap();
    rest(&with_state(&cluster, few(), Some(folder.path())));
    assert_eq!(count(said(&cluster)), first);
    assert!(first > 100, "{first}");
}

/// Other rules may change any answer, so nobody is told that verify is ready before it has gone
/// through all.
#[test]
fn it_is_ready_when_all_is_judged_again() {
    let (cluster, folder) = (poured(), tempfile::tempdir().unwrap());
    rest(&with_state(&cluster, plain(), Some(folder.path())));
    let plan = with_state(&cluster, few(), Some(folder.path()));
    let mut verify = Runner::open(Stage::Verify, &plan.context()).unwrap();
    let mut step = || {
        verify.step(Duration::ZERO, Duration::ZERO).unwrap();
        verify.is_ready()
    };
    let before = (0..10_000).take_while(|_| !step()).count();
    assert!(before > 10, "ready after {before} steps");
    let then = ends(&cluster);
    assert!((0..50).all(|_| step()));
    assert_eq!(ends(&cluster), then, "something was left to judge");
}

/// A candidate that could not be read is a hole while that is so, and is read at a start after it
/// can be, whether the others are on disk or not.
#[test]
fn a_candidate_that_can_be_read_later_is_judged_then() {
    let access: facts::Access = serde_json::from_value(serde_json::json!({
        "id": "v-1", "at": "2026-03-01T09:00:00Z", "actor": "emp-view",
        "actor_kind": "employee", "action": "view", "outcome": "succeeded",
        "information": "home_security_recording", "account": "acct-1", "resource": "rec-1",
    }))
    .unwrap();
    let codec = crate::tests::codec();
    let object = codec.encode(Topic::AccessEvents, &access).unwrap();
    // The same with the id of a schema on a registry instead of a fingerprint.
    let value = [&[0, 0, 0, 0, 7][..], &object[10..]].concat();
    let schema = wire::RecordKind::AccessEvent.newest_schema();
    let schema = serde_json::json!({ "schema": schema }).to_string();
    for on_disk in [true, false] {
        let (cluster, folder) = (poured(), tempfile::tempdir().unwrap());
        let plan = |status, body: &str| {
            let body = body.to_owned().leak();
            let registry = wire::Registry::new(&answering(status, body).unwrap(), None);
            Plan {
                store: Arc::new(wire::SchemaStore::new(registry)),
                ..with_state(&cluster, plain(), on_disk.then(|| folder.path()))
            }
        };
        let holes = || {
            let all = stream::latest(&cluster, Topic::Searched.name()).unwrap();
            let told = |key: &Vec<u8>| key.starts_with(b"unjudged|");
            let told = all.iter().filter(|(key, _)| told(key));
            let of = |bytes: &[u8]| codec.decode::<facts::Coverage>(Topic::Searched, bytes);
            told.map(|(_, one)| of(one.value.as_deref().unwrap()).unwrap().holes)
                .collect::<Vec<u64>>()
        };
        let is_found = || {
            let all = stream::latest(&cluster, Topic::Findings.name()).unwrap();
            all.keys()
                .any(|key| key.starts_with(b"actor:emp-view|v-1|"))
        };
        let record = Outgoing::new(Topic::Candidates.name(), "emp-view", value.clone());
        cluster.append(&record).unwrap();
        let unknown = plan(404, "{\"error_code\":40403}");
        rest(&unknown);
        assert_eq!(
            (holes(), is_found()),
            (vec![1], false),
            "on disk: {on_disk}"
        );
        rest(&unknown);
        assert_eq!(
            (holes(), is_found()),
            (vec![1], false),
            "on disk: {on_disk}"
        );
        rest(&plan(200, &schema));
        assert_eq!((holes(), is_found()), (vec![0], true), "on disk: {on_disk}");
    }
}
