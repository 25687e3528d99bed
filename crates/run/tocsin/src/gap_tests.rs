//! Accesses that screen never looked at: retention was faster, or somebody set its position behind
//! them. What of them is left is found all the same, and what is gone keeps counts open.

use crate::context::Tuning;
use crate::engine::Plan;
use crate::law::LawSettings;
use crate::runtime::{OUT_OF_RANGE, Runner, StageError};
use crate::tests::{Stepped, codec, empty, law, plan, said};
use crate::topology::{Stage, Topic};
use facts::{Access, Coverage, CoverageState};
use std::collections::BTreeMap;
use std::time::Duration;
use stream::{Assignment, MemoryCluster, Outgoing, TopicPartition, WorkerSpec};
use wire::Envelope;

/// Screen notes how far it has looked once a minute.
const NOTED: Duration = Duration::from_secs(61);

fn setup() -> (MemoryCluster, Plan) {
    let cluster = empty();
    let tuning = Tuning::default();
    let plan = plan(&cluster, "0", law(&LawSettings::default()), tuning);
    (cluster, plan)
}

/// An employee views a recording of each of these accounts, without a basis; all on partition 0.
fn views(cluster: &MemoryCluster, accounts: std::ops::Range<u32>) {
    for account in accounts {
        let access: Access = serde_json::from_value(serde_json::json!({
            "id": format!("v-{account}"), "at": "2026-03-01T09:00:00Z",
            "actor": "emp-view", "actor_kind": "employee", "action": "view",
            "outcome": "succeeded", "information": "home_security_recording",
            "account": format!("acct-{account}"), "resource": format!("rec-{account}"),
        }))
        .unwrap();
        let value = codec().encode(Topic::AccessEvents, &access).unwrap();
        let record = Outgoing::new(Topic::AccessEvents.name(), "k", value).on(0);
        cluster.append(&record).unwrap();
    }
}

/// Lets all stages rest twice, so that screen notes how far it is.
fn rest(plan: &Plan) {
    let mut stages = Stepped::open(plan);
    assert!(stages.rest(Duration::ZERO), "not settled");
    assert!(stages.rest(NOTED), "not settled");
}

/// Somebody sets screen's position on partition 0.
fn set_position(plan: &Plan, to: i64) {
    let topic = plan.names.name(Topic::AccessEvents);
    let at = TopicPartition::new(topic.clone(), 0);
    let mut worker = plan
        .cluster
        .open_worker(WorkerSpec {
            group: Stage::Screen.group(&plan.prefix),
            topics: vec![topic.to_string()],
            assignment: Assignment::Fixed(vec![at.clone()]),
            ..WorkerSpec::writer("somebody")
        })
        .unwrap();
    worker.poll(1, Duration::ZERO, &mut |_| {}).unwrap();
    worker.begin().unwrap();
    worker.commit(&[at.at(to)]).unwrap();
    worker.close().unwrap();
}

/// The answers of all orders, by duty.
fn answers(cluster: &MemoryCluster) -> BTreeMap<String, String> {
    let answer = |bytes: Vec<u8>| {
        let envelope: Envelope = codec().decode(Topic::Determinations, &bytes).unwrap();
        let document: serde_json::Value = serde_json::from_str(&envelope.document).unwrap();
        let text = |member: &str| document[member].as_str().unwrap_or_default().to_owned();
        (
            format!("{} {}", text("order"), text("duty")),
            text("answer"),
        )
    };
    let said = said(cluster).into_iter();
    let said = said
        .filter(|((topic, _), bytes)| *topic == Topic::Determinations.name() && !bytes.is_empty());
    said.map(|(_, bytes)| answer(bytes)).collect()
}

/// How the search for what screen passes on of itself stands on partition 0.
fn standing(cluster: &MemoryCluster) -> Coverage {
    let all = stream::latest(cluster, Topic::Coverage.name()).unwrap();
    let record = &all[b"standing|0".as_slice()];
    let value = record.value.as_deref().unwrap();
    codec().decode(Topic::Coverage, value).unwrap()
}

fn found(cluster: &MemoryCluster) -> usize {
    let all = stream::latest(cluster, Topic::Findings.name()).unwrap();
    all.values().filter(|one| one.value.is_some()).count()
}

/// Whether any of `answers` is that one.
fn has(answers: &BTreeMap<String, String>, answer: &str) -> bool {
    answers.values().any(|one| one == answer)
}

#[test]
fn what_retention_took_before_it_was_screened_keeps_counts_open() {
    let (cluster, plan) = setup();
    views(&cluster, 0..5);
    rest(&plan);
    let before = answers(&cluster);
    assert!(has(&before, "not_owed"), "{before:?}");
    assert!(!has(&before, "open") && !has(&before, "owed"), "{before:?}");

    // Nobody runs; then seven come, and of those four are gone before anybody looks.
    views(&cluster, 5..12);
    cluster.trim(Topic::AccessEvents.name(), 0, 9).unwrap();
    rest(&plan);
    assert_eq!(standing(&cluster).state, CoverageState::Cut);
    assert_eq!(found(&cluster), 8);
    let after = answers(&cluster);
    assert!(has(&after, "open") && !has(&after, "owed"), "{after:?}");

    // It stays so, and what comes is screened.
    views(&cluster, 12..14);
    rest(&plan);
    assert_eq!(found(&cluster), 10);
    assert_eq!(standing(&cluster).state, CoverageState::Cut);
}

#[test]
fn retention_that_overtakes_a_running_screen_stops_nothing() {
    let (cluster, plan) = setup();
    views(&cluster, 0..5);
    rest(&plan);
    let mut screen = Runner::open(Stage::Screen, &plan.context()).unwrap();
    for _ in 0..20 {
        screen.step(Duration::ZERO, Duration::ZERO).unwrap();
    }
    views(&cluster, 5..8);
    cluster.trim(Topic::AccessEvents.name(), 0, 7).unwrap();
    match screen.step(Duration::ZERO, Duration::ZERO) {
        Err(StageError::Wait { code, .. }) => assert_eq!(code, OUT_OF_RANGE),
        other => panic!("{other:?}"),
    }
    screen.close().unwrap();
    rest(&plan);
    assert_eq!(standing(&cluster).state, CoverageState::Cut);
    assert_eq!(found(&cluster), 6);
    assert!(has(&answers(&cluster), "open"));
}

#[test]
fn what_a_position_was_set_behind_is_searched() {
    let undisturbed = {
        let (cluster, plan) = setup();
        views(&cluster, 0..9);
        rest(&plan);
        answers(&cluster)
    };
    assert!(has(&undisturbed, "not_owed") && !has(&undisturbed, "open"));
    for trimmed in [0, 3] {
        let (cluster, plan) = setup();
        views(&cluster, 0..5);
        rest(&plan);
        views(&cluster, 5..9);
        // What was looked at long ago may go.
        cluster
            .trim(Topic::AccessEvents.name(), 0, trimmed)
            .unwrap();
        set_position(&plan, 8);
        rest(&plan);
        assert_eq!(found(&cluster), 9);
        let state = standing(&cluster).state;
        assert_eq!(state, CoverageState::Done, "{trimmed} are gone");
        assert_eq!(answers(&cluster), undisturbed);
    }
}

#[test]
fn what_is_gone_behind_a_position_that_was_set_keeps_counts_open() {
    let (cluster, plan) = setup();
    views(&cluster, 0..5);
    rest(&plan);
    views(&cluster, 5..9);
    cluster.trim(Topic::AccessEvents.name(), 0, 7).unwrap();
    set_position(&plan, 8);
    rest(&plan);
    assert_eq!(standing(&cluster).state, CoverageState::Cut);
    assert_eq!(found(&cluster), 7);
    assert!(has(&answers(&cluster), "open"));
}

#[test]
fn a_position_that_was_set_back_cuts_nothing() {
    let (cluster, plan) = setup();
    views(&cluster, 0..9);
    rest(&plan);
    let before = answers(&cluster);
    cluster.trim(Topic::AccessEvents.name(), 0, 3).unwrap();
    for to in [0, 5] {
        set_position(&plan, to);
        rest(&plan);
        assert_eq!(standing(&cluster).state, CoverageState::Done);
        assert_eq!(answers(&cluster), before);
    }
    assert!(has(&before, "not_owed") && !has(&before, "open"));
}

/// A search that comes later than a gap does not go back over what was screened, and one that was
/// not finished when the gap came does.
#[test]
fn a_search_that_a_gap_interrupts_leaves_nothing_out() {
    let (cluster, plan) = setup();
    views(&cluster, 0..5);
    rest(&plan);
    let report = serde_json::json!({
        "id": "i-1", "matter": "M-1", "recorded_at": "2026-06-01T00:00:00Z",
        "report": {"kind": "indicator", "mode": "insider", "actors": ["emp-view"],
            "from": "2026-01-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"},
    });
    let report = Outgoing::new(
        Topic::BreachEvents.name(),
        "M-1",
        report.to_string().into_bytes(),
    );
    cluster.append(&report).unwrap();
    // Screen announces the selector; scope does not run, so nothing of the past is searched yet.
    let screen = [Stage::Screen];
    assert!(Stepped::of(&screen, &plan).rest(Duration::ZERO));
    views(&cluster, 5..12);
    set_position(&plan, 11);
    rest(&plan);
    let of_matter = said(&cluster).into_keys();
    let of_matter = of_matter
        .filter(|(topic, key)| *topic == Topic::Findings.name() && key.starts_with(b"matter:M-1"));
    assert_eq!(of_matter.count(), 12);
    assert_eq!(standing(&cluster).state, CoverageState::Done);
}

/// Whoever dies at any step after it took a partition over leaves nothing unsaid.
#[test]
fn a_gap_is_said_with_the_position_behind_it() {
    for steps in 1..6 {
        let (cluster, plan) = setup();
        views(&cluster, 0..5);
        rest(&plan);
        views(&cluster, 5..8);
        cluster.trim(Topic::AccessEvents.name(), 0, 8).unwrap();
        let mut screen = Runner::open(Stage::Screen, &plan.context()).unwrap();
        for _ in 0..steps {
            screen.step(Duration::ZERO, Duration::ZERO).unwrap();
        }
        drop(screen);
        rest(&plan);
        let state = standing(&cluster).state;
        assert_eq!(state, CoverageState::Cut, "after {steps} steps");
        assert!(has(&answers(&cluster), "open"), "after {steps} steps");
    }
}

#[test]
fn counts_are_open_before_anybody_has_searched_the_gap() {
    let (cluster, plan) = setup();
    views(&cluster, 0..5);
    rest(&plan);
    assert!(!has(&answers(&cluster), "open"));
    views(&cluster, 5..8);
    set_position(&plan, 8);
    let without_scope = [Stage::Screen, Stage::Verify, Stage::Assess];
    assert!(Stepped::of(&without_scope, &plan).rest(Duration::ZERO));
    assert!(has(&answers(&cluster), "open"));
    rest(&plan);
    assert_eq!(found(&cluster), 8);
    assert!(!has(&answers(&cluster), "open"));
}

/// What could not be read is one hole, however often it is read.
#[test]
fn an_access_that_nobody_can_read_is_one_hole_wherever_positions_are_set() {
    let (cluster, plan) = setup();
    views(&cluster, 0..3);
    rest(&plan);
    let bad = Outgoing::new(Topic::AccessEvents.name(), "k", b"{}".to_vec()).on(0);
    cluster.append(&bad).unwrap();
    views(&cluster, 3..5);
    assert!(Stepped::open(&plan).rest(Duration::ZERO));
    let holes = || -> u64 {
        let all = stream::latest(&cluster, Topic::Coverage.name()).unwrap();
        let values = all.values().map(|one| one.value.as_deref().unwrap());
        let decode = |value| codec().decode::<Coverage>(Topic::Coverage, value).unwrap();
        values.map(|value| decode(value).holes).sum()
    };
    assert_eq!(holes(), 1);
    for to in [0, 5, 1, 6] {
        set_position(&plan, to);
        assert!(Stepped::open(&plan).rest(Duration::ZERO));
        assert_eq!(holes(), 1, "position {to}");
    }
    assert_eq!(found(&cluster), 5);
}
