//! The pipeline stepped by hand in one thread, with time as the test says, over the log in memory:
//! what tests on a real broker cannot hold still.

use crate::codec::Codec;
use crate::config::StartAt;
use crate::context::Tuning;
use crate::demo::{History, Script};
use crate::embedded;
use crate::engine::Plan;
use crate::law::{Law, LawSettings};
use crate::members::OTHER_RULES;
use crate::runtime::{Remedy, Runner, StageError, remedy};
use crate::topology::{Stage, Topic};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use stream::{Cluster, MemoryCluster, Outgoing};
use wire::{Framing, SchemaStore};
use xtask::parts::http::answering;

/// How many ordinary uses stand around the history's incidents.
const ORDINARY_USES: u64 = 2_000;
/// Of how many accounts an episode is at most: more than any enters, and fewer than are attacked.
const EPISODE_ACCOUNTS_MAX: u64 = 1_000;
/// How many accounts there are.
const ACCOUNTS: u64 = 4_000;

/// A cluster with the demo's history, small, all of it there from the beginning.
pub(crate) fn poured() -> MemoryCluster {
    let cluster = empty();
    pour(&cluster);
    cluster
}

pub(crate) fn empty() -> MemoryCluster {
    let cluster = MemoryCluster::new();
    embedded::create_topics(&cluster, 3).unwrap();
    cluster
}

fn pour(cluster: &MemoryCluster) {
    let (history, codec) = (history(), codec());
    let append = |topic: Topic, key: &str, value: Vec<u8>| {
        let record = Outgoing::new(topic.name(), key, value);
        cluster.append(&record).unwrap();
    };
    for one in &history.grants {
        let value = codec.encode(Topic::Grants, one).unwrap();
        append(Topic::Grants, &one.id, value);
    }
    for one in &history.accounts {
        let value = codec.encode(Topic::Accounts, one).unwrap();
        append(Topic::Accounts, one.account.reveal(), value);
    }
    for one in history.reports.iter().chain(&history.late_reports) {
        let value = codec.encode(Topic::BreachEvents, one).unwrap();
        append(Topic::BreachEvents, &one.matter, value);
    }
    pour_accesses(cluster);
}

/// The accesses of the history, once more.
fn pour_accesses(cluster: &MemoryCluster) {
    let codec = codec();
    for one in history().accesses() {
        let value = codec.encode(Topic::AccessEvents, &one).unwrap();
        let record = Outgoing::new(Topic::AccessEvents.name(), one.account.reveal(), value);
        cluster.append(&record).unwrap();
    }
}

/// Deletes the topic and creates it anew, with nothing in it.
pub(crate) fn create_anew(cluster: &MemoryCluster, topic: Topic) {
    let partitions = cluster.partitions(topic.name()).unwrap();
    cluster.delete_topics(&[topic.name()]).unwrap();
    let anew = stream::TopicSpec::new(topic.name(), partitions);
    cluster.create_topics(&[anew]).unwrap();
}

/// Deletes access-events and creates them anew, with all accesses so many times.
pub(crate) fn accesses_anew(cluster: &MemoryCluster, times: usize) {
    create_anew(cluster, Topic::AccessEvents);
    for _ in 0..times {
        pour_accesses(cluster);
    }
}

fn history() -> History {
    let mut script = Script::built_in().unwrap().scaled(ORDINARY_USES);
    script.accounts = ACCOUNTS;
    for episode in &mut script.episodes {
        let accounts = &mut episode.accounts;
        accounts.count = accounts.count.min(EPISODE_ACCOUNTS_MAX);
        accounts.first = accounts.first.min(ACCOUNTS - accounts.count);
        assert!(episode.reached <= accounts.count, "{}", episode.name);
    }
    History::of(&script, 7)
}

pub(crate) fn codec() -> Codec {
    let store = Arc::new(SchemaStore::without_registry());
    Codec::new(store, Framing::SingleObject, Duration::ZERO)
}

pub(crate) fn law(settings: &LawSettings) -> Arc<Law> {
    let script = Script::built_in().unwrap();
    Arc::new(Law::load(&script.orders(), None, settings).unwrap())
}

/// A plan for an instance of that name, with these settings.
pub(crate) fn plan(cluster: &MemoryCluster, instance: &str, law: Arc<Law>, tuning: Tuning) -> Plan {
    let telemetry = embedded::telemetry(&law).unwrap();
    let store = Arc::new(SchemaStore::without_registry());
    let plan = embedded::plan(Arc::new(cluster.clone()), store, law, telemetry, None);
    let plan = Arc::into_inner(plan).unwrap();
    Plan {
        instance: instance.to_owned(),
        tuning,
        ..plan
    }
}

/// The stages, stepped in turn.
pub(crate) struct Stepped {
    runners: Vec<Runner>,
}

impl Stepped {
    pub(crate) fn open(plan: &Plan) -> Stepped {
        Stepped::of(&Stage::ALL, plan)
    }

    /// These alone.
    pub(crate) fn of(stages: &[Stage], plan: &Plan) -> Stepped {
        let open = |stage: &Stage| Runner::open(*stage, &plan.context()).unwrap();
        Stepped {
            runners: stages.iter().map(open).collect(),
        }
    }

    /// Steps every stage until all are settled, or none has read or written anything for long;
    /// whether all are settled then.
    pub(crate) fn rest(&mut self, now: Duration) -> bool {
        let mut idle = 0;
        for _ in 0..100_000 {
            let (mut moved, mut settled) = (false, true);
            for runner in &mut self.runners {
                let progress = runner.step(now, Duration::ZERO).unwrap();
                moved |= progress.moved;
                settled &= progress.settled;
            }
            idle = if moved { 0 } else { idle + 1 };
            if idle > 20 && settled || idle > 2_000 {
                return settled;
            }
        }
        panic!("the stages do not come to rest");
    }
}

/// The last value of each key on each topic that people see.
pub(crate) fn said(cluster: &MemoryCluster) -> BTreeMap<(&'static str, Vec<u8>), Vec<u8>> {
    let mut said = BTreeMap::new();
    for topic in [
        Topic::Findings,
        Topic::Excused,
        Topic::Incidents,
        Topic::Determinations,
        Topic::Notices,
    ] {
        for (key, record) in stream::latest(cluster, topic.name()).unwrap() {
            // Findings name the place of the access, which is the same in these runs.
            said.insert((topic.name(), key), record.value.unwrap_or_default());
        }
    }
    said
}

/// What a run of everything says.
fn run(tuning: Tuning) -> BTreeMap<(&'static str, Vec<u8>), Vec<u8>> {
    let cluster = poured();
    let plan = plan(&cluster, "0", law(&LawSettings::default()), tuning);
    assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
    let said = said(&cluster);
    assert!(said.len() > 100, "{} documents prove little", said.len());
    said
}

#[test]
fn work_in_pieces_is_the_same_work() {
    let pieces = Tuning {
        batch_records: 1_000,
        piece_records: 997,
        piece_incidents: 3,
        ..Tuning::default()
    };
    assert!(run(Tuning::default()) == run(pieces));
}

#[test]
fn patience_delays_and_never_decides() {
    let cluster = poured();
    let patient = Tuning {
        patience: Duration::from_secs(60),
        ..Tuning::default()
    };
    let plan = plan(&cluster, "0", law(&LawSettings::default()), patient);
    let mut stages = Stepped::open(&plan);
    assert!(!stages.rest(Duration::ZERO), "verdicts are held");
    let early = said(&cluster);
    assert!(!stages.rest(Duration::from_secs(59)), "and still are");
    assert!(said(&cluster) == early);
    assert!(stages.rest(Duration::from_secs(60)));
    let late = said(&cluster);
    assert!(early.len() < late.len(), "what was held is said");
    assert!(late == run(Tuning::default()));
}

#[test]
fn other_rules_wait_until_these_have_left() {
    let cluster = poured();
    let ours = plan(
        &cluster,
        "a",
        law(&LawSettings::default()),
        Tuning::default(),
    );
    let settings = LawSettings {
        reasonable_days: Some(3),
        ..LawSettings::default()
    };
    let theirs = plan(&cluster, "b", law(&settings), Tuning::default());
    for stage in [Stage::Screen, Stage::Scope, Stage::Verify] {
        let mut first = Runner::open(stage, &ours.context()).unwrap();
        first.step(Duration::ZERO, Duration::ZERO).unwrap();
        let same = plan(
            &cluster,
            "c",
            law(&LawSettings::default()),
            Tuning::default(),
        );
        let beside = Runner::open(stage, &same.context()).unwrap();
        beside.close().unwrap();
        match Runner::open(stage, &theirs.context()).map(|_| ()) {
            Err(StageError::Wait { code, .. }) => assert_eq!(code, OTHER_RULES),
            other => panic!("{}: {other:?}", stage.name()),
        }
        first.close().unwrap();
        Runner::open(stage, &theirs.context())
            .unwrap()
            .close()
            .unwrap();
    }
}

/// Screen has said from where on it looks, and is gone before it commits a position. Whoever begins
/// again begins there, not at the end as it is by then.
#[test]
fn a_first_start_is_kept_before_anything_is_committed() {
    let cluster = empty();
    let law = law(&LawSettings::default());
    let plan = Plan {
        start: Some(StartAt::Latest),
        ..plan(&cluster, "0", law, Tuning::default())
    };
    let mut screen = Runner::open(Stage::Screen, &plan.context()).unwrap();
    for _ in 0..3 {
        screen.step(Duration::ZERO, Duration::ZERO).unwrap();
    }
    drop(screen);
    let announced = stream::latest(&cluster, Topic::Activations.name()).unwrap();
    let standing = announced.keys().filter(|key| key.starts_with(b"standing|"));
    assert_eq!(standing.count(), 3, "one a partition");
    pour(&cluster);
    assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
    assert!(said(&cluster) == run(Tuning::default()));
}

/// Whoever takes a partition over may not have heard of a selector that was announced for it. What
/// it reads before it has is not looked at with that selector, so it says anew from where on it is.
#[test]
fn what_a_new_owner_has_not_heard_of_is_announced_anew() {
    let cluster = poured();
    let law = law(&LawSettings::default());
    let plan = plan(&cluster, "0", law, Tuning::default());
    assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
    let context = plan.context();
    let topic = context.names.name(Topic::AccessEvents);
    let ids = cluster.topic_ids(&[&topic]).unwrap();
    let at = stream::TopicPartition::new(topic, 0);
    let announced = |hears: bool| {
        let mut screen = crate::processors::build(Stage::Screen, &context, &ids, None).unwrap();
        let hear = |screen: &mut dyn crate::runtime::Processor| {
            for topic in Stage::Screen.broadcast() {
                stream::read_topic(&cluster, topic.name(), &mut |record| {
                    screen.broadcast(*topic, record).unwrap();
                })
                .unwrap();
            }
        };
        let mut sink = crate::runtime::Sink::default();
        if hears {
            hear(screen.as_mut());
        }
        screen.prepare(&mut sink).unwrap();
        let committed = stream::Committed {
            offset: 5,
            topic_ids: Arc::new(ids.clone()),
        };
        let next = screen.take(&at, Some(&committed)).unwrap();
        assert_eq!((next, sink.out.len()), (5, 0));
        if !hears {
            hear(screen.as_mut());
        }
        screen.prepare(&mut sink).unwrap();
        sink.out.len()
    };
    assert_eq!(announced(true), 0, "it was said before");
    assert!(announced(false) > 3);
}

#[test]
fn what_decides_is_in_the_digest() {
    let orders = Script::built_in().unwrap().orders();
    let digest = |orders: &[String], settings: &LawSettings| {
        let law = Law::load(orders, None, settings).unwrap();
        (law.digest().to_owned(), law.stamp().to_owned())
    };
    let plain = digest(&orders, &LawSettings::default());
    assert_eq!(plain, digest(&orders, &LawSettings::default()));
    let closed = LawSettings {
        closures: vec![orders::Closure {
            on: "2026-12-24".parse().unwrap(),
            why: "said so".to_owned(),
        }],
        ..LawSettings::default()
    };
    let windows = |from: &str| {
        let first = orders[0].split('@').next().unwrap_or_default();
        let mut orders = orders.clone();
        orders[0] = format!("{first}@{from}..");
        digest(&orders, &LawSettings::default())
    };
    let others = [
        digest(&orders, &closed),
        windows("2024-01-01"),
        windows("2025-01-01"),
    ];
    let all: std::collections::BTreeSet<_> = others.iter().chain([&plain]).collect();
    assert_eq!(all.len(), 4, "each decides otherwise");
}

/// What lies before screen's first start is found by scope, what cannot be read there too.
#[test]
fn a_first_start_at_the_end_gives_the_same_answers() {
    let answers = |start: StartAt| {
        let cluster = poured();
        for partition in 0..3 {
            let junk = Outgoing::new(Topic::AccessEvents.name(), "junk", b"\x17 no avro".to_vec());
            cluster.append(&junk.on(partition)).unwrap();
        }
        let law = law(&LawSettings::default());
        let plan = Plan {
            start: Some(start),
            ..plan(&cluster, "0", law, Tuning::default())
        };
        assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
        let mut said = said(&cluster);
        let determinations = |key: &(&str, Vec<u8>)| key.0 == Topic::Determinations.name();
        said.retain(|key, _| determinations(key));
        assert!(said.len() > 30, "{} determinations", said.len());
        let letters = stream::latest(&cluster, Topic::DeadLetters.name()).unwrap();
        (said, letters.len())
    };
    let (from_the_beginning, letters) = answers(StartAt::Earliest);
    assert_eq!(letters, 3);
    let (from_the_end, letters) = answers(StartAt::Latest);
    assert_eq!(letters, 3);
    assert!(from_the_beginning == from_the_end);
    // A hole keeps a count open, so without the holes the answers are others.
    let whole = run(Tuning::default());
    assert!(
        from_the_end
            .iter()
            .any(|(key, value)| whole.get(key) != Some(value))
    );
}

/// An access in which every name is as long as it may be.
fn access_of_long_names(id: &str) -> String {
    let name = |letter: &str| letter.repeat(facts::LONGEST_NAME_BYTES);
    let access = serde_json::json!({
        "id": id, "at": "2026-02-01T10:00:00Z", "actor": name("a"), "actor_kind": "employee",
        "actor_account": name("b"), "action": "view", "outcome": "succeeded",
        "information": "home_security_recording", "account": name("c"), "resource": name("d"),
        "device": name("e"), "session": name("f"), "credential": name("g"), "client": name("h"),
        "key": name("i"), "encrypted": "no", "visibility": "private",
    });
    access.to_string()
}

/// What is as large as it may be goes all the way; what is larger is buried; nothing stops.
#[test]
fn the_largest_records_go_all_the_way_and_larger_ones_are_buried() {
    let cluster = empty();
    let append = |topic: Topic, value: String| {
        let record = Outgoing::new(topic.name(), "k", value.into_bytes());
        cluster.append(&record).unwrap();
    };
    let longest = facts::LONGEST_NAME_BYTES;
    let most = wire::Limits::default().record_bytes;
    let good = access_of_long_names(&"j".repeat(longest));
    append(
        Topic::AccessEvents,
        " ".repeat(most - good.len()) + good.as_str(),
    );
    // Grants that were over by then are named in the finding.
    for number in 0..40 {
        let grant = serde_json::json!({
            "id": format!("{number:02}{}", "k".repeat(longest - 2)), "kind": "support_case",
            "recorded_at": "2025-01-01T00:00:00Z", "from": "2025-01-01T00:00:00Z",
            "until": "2025-02-01T00:00:00Z", "actors": ["a".repeat(longest)],
            "accounts": ["c".repeat(longest)],
        });
        append(Topic::Grants, grant.to_string());
    }
    let invalid = access_of_long_names(&"j".repeat(longest + 1));
    append(Topic::AccessEvents, invalid.clone());
    append(Topic::AccessEvents, "\u{17}".repeat(most));
    let too_large = "\u{17}".repeat(most + 1);
    append(Topic::AccessEvents, too_large.clone());

    let law = law(&LawSettings::default());
    let plan = plan(&cluster, "0", law, Tuning::default());
    assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
    let findings = stream::latest(&cluster, Topic::Findings.name()).unwrap();
    let sizes: Vec<usize> = findings
        .values()
        .map(|record| record.value.as_ref().map_or(0, Vec::len))
        .collect();
    assert!(sizes.len() == 1 && sizes[0] > 2 << 20, "{sizes:?}");

    let context = plan.context();
    let mut letters: BTreeMap<String, facts::DeadLetter> = BTreeMap::new();
    for record in stream::latest(&cluster, Topic::DeadLetters.name())
        .unwrap()
        .into_values()
    {
        let value = record.value.unwrap();
        let letter: facts::DeadLetter = context.codec.decode(Topic::DeadLetters, &value).unwrap();
        letters.insert(letter.code.clone(), letter);
    }
    let kept = |code: &str| crate::codec::from_base64(&letters[code].bytes).unwrap();
    assert_eq!(letters.len(), 3, "{:?}", letters.keys());
    assert!(kept("record-invalid") == invalid.as_bytes());
    assert!(letters["record-invalid"].reason.contains("`id`"));
    assert_eq!(kept("unknown-encoding").len(), most);
    assert!(kept("record-too-large").is_empty());
    let reason = &letters["record-too-large"].reason;
    let digest = facts::digest_bytes(too_large.as_bytes());
    assert!(reason.contains(&digest), "{reason}");
}

/// Nothing is known of a record whose schema nobody gives out; only one that the registry says it
/// does not know is of no use.
#[test]
fn a_registry_that_refuses_stops_the_stage_and_buries_nothing() {
    let law = law(&LawSettings::default());
    let screened = |status: u16, body: &'static str| {
        let cluster = empty();
        let value = [&[0, 0, 0, 0, 7][..], &b"datum"[..]].concat();
        let record = Outgoing::new(Topic::AccessEvents.name(), "k", value);
        cluster.append(&record).unwrap();
        let registry = wire::Registry::new(&answering(status, body).unwrap(), None);
        let plan = Plan {
            store: Arc::new(SchemaStore::new(registry)),
            ..plan(&cluster, "0", law.clone(), Tuning::default())
        };
        let mut screen = Runner::open(Stage::Screen, &plan.context()).unwrap();
        let stopped = (0..20).find_map(|_| screen.step(Duration::ZERO, Duration::ZERO).err());
        let letters = stream::latest(&cluster, Topic::DeadLetters.name()).unwrap();
        (stopped, letters.len())
    };
    for (status, body) in [(401, ""), (403, ""), (400, "{}"), (200, "<html>")] {
        match screened(status, body) {
            (Some(StageError::Stop { code, reason }), 0) => {
                assert_eq!(code, "registry-refused");
                assert!(reason.contains("schema 7"), "{reason}");
            }
            other => panic!("{status}: {other:?}"),
        }
    }
    match screened(503, "") {
        (Some(StageError::Wait { code, .. }), 0) => assert_eq!(code, "registry-unavailable"),
        other => panic!("{other:?}"),
    }
    let unknown = screened(404, "{\"error_code\":40403}");
    assert!(matches!(unknown, (None, 1)), "{unknown:?}");
}

/// A schema that nobody knows yet is waited for by the caller's clock, also over new beginnings,
/// and not a moment longer than configured.
#[test]
fn an_unknown_schema_is_waited_for_by_the_clock_of_the_caller() {
    let cluster = empty();
    let value = [&[0, 0, 0, 0, 7][..], &b"datum"[..]].concat();
    let record = Outgoing::new(Topic::AccessEvents.name(), "k", value);
    cluster.append(&record).unwrap();
    let law = law(&LawSettings::default());
    let plan = Plan {
        unknown_schema_wait: Duration::from_secs(30),
        ..plan(&cluster, "0", law, Tuning::default())
    };
    let context = plan.context();
    let screened_at = |now: Duration| {
        let mut screen = Runner::open(Stage::Screen, &context).unwrap();
        let stopped = (0..20).find_map(|_| screen.step(now, Duration::ZERO).err());
        let letters = stream::latest(&cluster, Topic::DeadLetters.name()).unwrap();
        (stopped, letters.len())
    };
    let begun = Duration::from_secs(3_600);
    for later in [Duration::ZERO, Duration::from_millis(29_999)] {
        match screened_at(begun + later) {
            (Some(StageError::Wait { code, .. }), 0) => assert_eq!(code, "avro-unknown-schema"),
            other => panic!("{later:?}: {other:?}"),
        }
    }
    let waited = screened_at(begun + Duration::from_secs(30));
    assert!(matches!(waited, (None, 1)), "{waited:?}");
}

/// What a topic says now, by key.
fn standing(cluster: &MemoryCluster, topic: Topic) -> BTreeMap<String, Vec<u8>> {
    let latest = stream::latest(cluster, topic.name()).unwrap().into_iter();
    let there = latest.filter_map(|(key, record)| Some((key, record.value?)));
    let text = |key: Vec<u8>| String::from_utf8(key).unwrap();
    there.map(|(key, value)| (text(key), value)).collect()
}

/// A grant that comes late takes findings back, so what it took away stands elsewhere: nobody who
/// reads findings counts it, and the incident that is left owes nothing and says by which grant.
#[test]
fn what_a_late_grant_excuses_counts_nowhere_and_is_told_where_it_would_be_owed() {
    let law = law(&LawSettings::default());
    let told = |many: u64| {
        let cluster = empty();
        let append = |topic: Topic, value: serde_json::Value| {
            let record = Outgoing::new(topic.name(), "k", value.to_string().into_bytes());
            cluster.append(&record).unwrap();
        };
        for number in 0..many {
            append(
                Topic::AccessEvents,
                serde_json::json!({"id": format!("v{number}"), "at": "2026-06-10T00:00:00Z",
                    "actor": "emp", "actor_kind": "employee", "action": "view",
                    "outcome": "succeeded", "information": "home_security_recording",
                    "account": format!("a{number}"), "visibility": "private", "encrypted": "no"}),
            );
        }
        let grant = |id: &str, kind: &str, recorded_at: &str, accounts: Option<Vec<String>>| {
            append(
                Topic::Grants,
                serde_json::json!({"id": id, "kind": kind, "recorded_at": recorded_at,
                    "from": "2026-01-01T00:00:00Z", "actors": ["emp"], "accounts": accounts}),
            );
        };
        grant("attested", "attestation", "2026-01-01T00:00:00Z", None);
        grant("trained", "training", "2026-01-01T00:00:00Z", None);
        append(
            Topic::Grants,
            serde_json::json!({"id": "complete", "kind": "complete",
                "recorded_at": "2026-07-02T00:00:00Z", "until": "2026-07-01T00:00:00Z",
                "of": ["consent", "submission", "support_case", "legal_process",
                    "illegal_activity", "legal_rights", "harm_prevention", "duty"]}),
        );
        let plan = plan(&cluster, "0", law.clone(), Tuning::default());
        let mut stages = Stepped::open(&plan);
        assert!(stages.rest(Duration::ZERO), "not settled");
        assert_eq!(standing(&cluster, Topic::Findings).len() as u64, many);
        assert_eq!(standing(&cluster, Topic::Incidents).len(), 1);
        let whole = standing(&cluster, Topic::Determinations).len();
        let all = (0..many).map(|number| format!("a{number}")).collect();
        grant("g", "consent", "2026-08-01T00:00:00Z", Some(all));
        assert!(stages.rest(Duration::ZERO), "not settled");
        // Whoever takes over says nothing more.
        drop(stages);
        let before = said(&cluster);
        assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
        assert_eq!(before, said(&cluster));
        let is_excused = |(topic, _): &(&str, Vec<u8>)| *topic == Topic::Excused.name();
        assert_eq!(
            before.keys().filter(|one| is_excused(one)).count() as u64,
            many
        );
        assert!(standing(&cluster, Topic::Findings).is_empty());
        assert_eq!(standing(&cluster, Topic::Excused).len() as u64, many);
        let context = plan.context();
        let determinations = standing(&cluster, Topic::Determinations).into_values();
        let determinations: Vec<obligation::Determination> = determinations
            .map(|value| {
                let envelope = context.codec.decode(Topic::Determinations, &value).unwrap();
                let document = context.codec.document(Topic::Determinations, &envelope);
                document.unwrap()
            })
            .collect();
        (
            standing(&cluster, Topic::Incidents).len(),
            determinations,
            whole,
        )
    };
    let (incidents, determinations, whole) = told(10);
    // It is told whole: what every bound order says of it.
    assert_eq!((incidents, determinations.len()), (1, whole));
    let owes = |one: &obligation::Determination| one.answer != obligation::Answer::NotOwed;
    assert!(!determinations.is_empty() && !determinations.iter().any(owes));
    let named = determinations.iter().flat_map(|one| &one.spared_by);
    assert!(
        named
            .clone()
            .all(|one| (&*one.record, &*one.kind) == ("g", "late_grant"))
    );
    assert!(named.count() > 0);
    let (incidents, determinations, _) = told(9);
    assert_eq!((incidents, determinations.len()), (0, 0));
}

/// Readers see nothing behind an open transaction, and nobody else opens the id soon.
#[test]
fn a_stage_that_stops_for_good_leaves_no_transaction_open() {
    let cluster = poured();
    let law = law(&LawSettings::default());
    let plan = plan(&cluster, "0", law, Tuning::default());
    cluster.delete_topics(&[Topic::Candidates.name()]).unwrap();
    let mut screen = Runner::open(Stage::Screen, &plan.context()).unwrap();
    let error = (0..1_000).find_map(|_| screen.step(Duration::ZERO, Duration::ZERO).err());
    assert_eq!(remedy(&error.unwrap()), Remedy::Stop);
    for topic in [Topic::Activations, Topic::Coverage] {
        let mine = Outgoing::new(topic.name(), "k", b"behind it".to_vec());
        let seen = |partition| cluster.range(topic.name(), partition).unwrap().1;
        for partition in 0..3 {
            let before = seen(partition);
            cluster.append(&mine.clone().on(partition)).unwrap();
            assert!(seen(partition) > before, "{}[{partition}]", topic.name());
        }
    }
}
