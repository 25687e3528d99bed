//! What is searched on one partition of the accesses is judged on any partition of the candidates;
//! and accesses may gain partitions.

use crate::anew::HAS_GROWN;
use crate::config::StartAt;
use crate::context::Tuning;
use crate::engine::Plan;
use crate::law::LawSettings;
use crate::runtime::{Runner, StageError};
use crate::tests::{Stepped, codec, empty, law, plan};
use crate::topology::{Stage, Topic};
use facts::{Access, BreachEvent};
use serde_json::{Value, json};
use std::time::Duration;
use stream::{Cluster, MemoryCluster, Outgoing};

const ACCOUNTS: u32 = 24;

fn instance(cluster: &MemoryCluster, name: &str) -> Plan {
    let law = law(&LawSettings::default());
    plan(cluster, name, law, Tuning::default())
}

/// Each of these accounts looks at its own recording, as it may; all on one partition.
fn own_uses(cluster: &MemoryCluster, accounts: std::ops::Range<u32>, partition: i32) {
    for account in accounts {
        let access: Access = serde_json::from_value(json!({
            "id": format!("v-{account}"), "at": "2026-03-01T09:00:00Z",
            "actor": format!("acct-{account}"), "actor_kind": "customer",
            "action": "view", "outcome": "succeeded", "information": "home_security_recording",
            "account": format!("acct-{account}"), "resource": format!("rec-{account}"),
            "source_address": "198.51.100.7",
        }))
        .unwrap();
        let value = codec().encode(Topic::AccessEvents, &access).unwrap();
        let record = Outgoing::new(Topic::AccessEvents.name(), "k", value).on(partition);
        cluster.append(&record).unwrap();
    }
}

/// It becomes known that they were somebody else's.
fn taken_over_record() -> Outgoing {
    let report: BreachEvent = serde_json::from_value(json!({
        "id": "late", "matter": "M-late", "recorded_at": "2026-06-01T00:00:00Z",
        "report": {"kind": "indicator", "mode": "account_takeover",
            "source_networks": ["198.51.100.0/24"],
            "from": "2026-01-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"},
    }))
    .unwrap();
    let value = codec().encode(Topic::BreachEvents, &report).unwrap();
    Outgoing::new(Topic::BreachEvents.name(), "M-late", value)
}

/// How many accounts were found, and whether the search is said to be complete.
fn incident(plan: &Plan) -> Option<(u64, bool)> {
    let context = plan.context();
    let all = crate::outputs::documents(plan, &context.codec, Topic::Incidents).unwrap();
    let of = |one: &Value| one["matters"].to_string().contains("M-late");
    let one: Value = all.into_values().find(of)?;
    let found = stream::latest(plan.cluster.as_ref(), Topic::Findings.name()).unwrap();
    let found = found.values().filter(|one| one.value.is_some()).count();
    Some((found as u64, one["searched"]["complete"] == true))
}

/// Steps all of them until nothing more moves.
fn step_all(runners: &mut [&mut Runner]) {
    for _ in 0..400 {
        for runner in runners.iter_mut() {
            runner.step(Duration::ZERO, Duration::ZERO).unwrap();
        }
    }
}

/// The candidates of one partition of accesses lie on all partitions of the candidates. While one
/// instance of verify judges none, nobody knows what it will find.
#[test]
fn a_search_is_complete_when_every_partition_has_judged_what_it_found() {
    let cluster = empty();
    let (first, second) = (instance(&cluster, "0"), instance(&cluster, "1"));
    own_uses(&cluster, 0..ACCOUNTS, 0);
    let open = |stage, plan: &Plan| Runner::open(stage, &plan.context()).unwrap();
    let mut verify = [open(Stage::Verify, &first), open(Stage::Verify, &second)];
    let [mut screen, mut scope, mut assess] =
        [Stage::Screen, Stage::Scope, Stage::Assess].map(|stage| open(stage, &first));
    let [one, two] = &mut verify;
    step_all(&mut [&mut screen, &mut scope, one, two, &mut assess]);
    cluster.append(&taken_over_record()).unwrap();
    step_all(&mut [&mut screen, &mut scope, one, &mut assess]);
    if let Some((accounts, complete)) = incident(&first) {
        assert!(accounts < u64::from(ACCOUNTS), "the other one judges none");
        assert!(!complete, "{accounts} accounts are said to be all of them");
    }
    step_all(&mut [&mut screen, &mut scope, two, &mut assess]);
    assert_eq!(incident(&first), Some((u64::from(ACCOUNTS), true)));
}

/// What stands on a partition that came later is looked at from its beginning, wherever the first
/// start was, and searched.
#[test]
fn accesses_that_gain_partitions_are_screened_and_searched() {
    for start in [StartAt::Earliest, StartAt::Latest] {
        let cluster = empty();
        let plan = Plan {
            start: Some(start),
            ..instance(&cluster, "0")
        };
        let mut stages = Stepped::open(&plan);
        assert!(stages.rest(Duration::ZERO), "not settled");
        own_uses(&cluster, 0..4, 0);
        assert!(stages.rest(Duration::ZERO), "not settled");
        cluster.grow(Topic::AccessEvents.name(), 8).unwrap();
        own_uses(&cluster, 4..10, 4);
        own_uses(&cluster, 10..15, 7);
        let later = Duration::from_secs(60);
        assert!(stages.rest(later), "not settled");
        cluster.append(&taken_over_record()).unwrap();
        assert!(stages.rest(later), "not settled");
        assert_eq!(incident(&plan), Some((15, true)), "{start:?}");
        own_uses(&cluster, 15..ACCOUNTS, 6);
        assert!(stages.rest(later), "not settled");
        assert_eq!(incident(&plan), Some((u64::from(ACCOUNTS), true)));
        drop(stages);
        // After a start it knows all that again.
        let mut stages = Stepped::open(&plan);
        cluster.grow(Topic::AccessEvents.name(), 9).unwrap();
        own_uses(&cluster, ACCOUNTS..ACCOUNTS + 2, 8);
        assert!(stages.rest(later), "not settled");
        assert_eq!(incident(&plan), Some((u64::from(ACCOUNTS) + 2, true)));
    }
}

/// A report on a partition that nobody knew of would be heard by nobody.
#[test]
fn inputs_that_gain_partitions_are_read_whole() {
    for stage in Stage::ALL {
        let cluster = empty();
        let plan = instance(&cluster, "0");
        let mut runner = Runner::open(stage, &plan.context()).unwrap();
        let mut at = |second| {
            (0..50).find_map(|_| {
                let done = runner.step(Duration::from_secs(second), Duration::ZERO);
                done.err()
            })
        };
        assert!(at(0).is_none());
        cluster.grow(Topic::BreachEvents.name(), 2).unwrap();
        assert!(at(29).is_none());
        match at(30) {
            Some(StageError::Wait { code, .. }) => assert_eq!(code, HAS_GROWN),
            other => panic!("{}: {other:?}", stage.name()),
        }
    }
    let cluster = empty();
    let plan = instance(&cluster, "0");
    own_uses(&cluster, 0..ACCOUNTS, 0);
    cluster.grow(Topic::BreachEvents.name(), 8).unwrap();
    let report = taken_over_record();
    cluster.append(&report.on(7)).unwrap();
    assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
    assert_eq!(incident(&plan), Some((u64::from(ACCOUNTS), true)));
}

/// What stands on the partition of its key would be looked for on another.
#[test]
fn what_tocsin_keeps_must_not_gain_partitions() {
    for (stage, topic) in [
        (Stage::Scope, Topic::Activations),
        (Stage::Verify, Topic::Candidates),
        (Stage::Assess, Topic::Findings),
        (Stage::Notify, Topic::Incidents),
    ] {
        let cluster = empty();
        let plan = instance(&cluster, "0");
        let mut runner = Runner::open(stage, &plan.context()).unwrap();
        let has = cluster.partitions(topic.name()).unwrap();
        cluster.grow(topic.name(), has + 1).unwrap();
        let late = Duration::from_secs(30);
        let mut steps = (0..50).filter_map(|_| {
            let early = runner.step(Duration::ZERO, Duration::ZERO).err();
            early.or_else(|| runner.step(late, Duration::ZERO).err())
        });
        match steps.next() {
            Some(StageError::Stop { code, .. }) => assert_eq!(code, "topics-unfit"),
            other => panic!("{}: {other:?}", stage.name()),
        }
    }
}

/// Accesses of an employee that nobody explained, on one partition of the candidates.
fn unexplained(cluster: &MemoryCluster, ids: std::ops::Range<u32>, partition: i32) {
    for id in ids {
        let id = format!("u-{id}");
        let access: Access = serde_json::from_value(json!({
            "id": id, "at": "2026-03-01T09:00:00Z", "actor": "e-1", "actor_kind": "employee",
            "action": "view", "outcome": "succeeded", "information": "home_security_recording",
            "account": "acct-1", "resource": "rec-1",
        }))
        .unwrap();
        let value = codec().encode(Topic::Candidates, &access).unwrap();
        let record = Outgoing::new(Topic::Candidates.name(), id.as_str(), value).on(partition);
        cluster.append(&record).unwrap();
    }
}

/// One partition that is long to read again keeps no other waiting.
#[test]
fn a_partition_that_was_taken_over_keeps_no_other_from_its_work() {
    let cluster = empty();
    let plan = plan(
        &cluster,
        "0",
        law(&LawSettings::default()),
        Tuning::of_batches(4),
    );
    unexplained(&cluster, 0..200, 0);
    let mut before = Stepped::of(&[Stage::Verify], &plan);
    assert!(before.rest(Duration::ZERO), "not settled");
    drop(before);
    unexplained(&cluster, 200..201, 1);
    let found = || {
        let found = stream::latest(&cluster, Topic::Findings.name()).unwrap();
        found.values().filter(|one| one.value.is_some()).count()
    };
    assert_eq!(found(), 200);
    let mut runner = Runner::open(Stage::Verify, &plan.context()).unwrap();
    for _ in 0..1_000 {
        runner.step(Duration::ZERO, Duration::ZERO).unwrap();
        assert!(
            found() == 201 || !runner.is_ready(),
            "the last one came when all was read"
        );
        if found() == 201 {
            assert!(!runner.is_ready(), "the last one came when all was read");
            return;
        }
    }
    panic!("it was never judged");
}

/// What one transaction reads is bounded in bytes too.
#[test]
fn a_transaction_reads_no_more_once_so_many_bytes_were() {
    let committed = |batch_bytes: u64| {
        let cluster = empty();
        unexplained(&cluster, 0..8_000, 0);
        let tuning = Tuning {
            batch_bytes,
            ..Tuning::default()
        };
        let plan = plan(&cluster, "0", law(&LawSettings::default()), tuning);
        let mut runner = Runner::open(Stage::Verify, &plan.context()).unwrap();
        for _ in 0..40 {
            runner.step(Duration::ZERO, Duration::ZERO).unwrap();
        }
        let page = plan.telemetry.metrics().text().unwrap();
        let of = |series: &str| {
            let value = page
                .lines()
                .find_map(|line| line.strip_prefix(series))
                .unwrap();
            value.trim().parse::<f64>().unwrap()
        };
        let bound = of("tocsin_memory_bound_bytes{of=\"batch\",stage=\"verify\"}");
        assert_eq!(bound, batch_bytes as f64);
        let large = "tocsin_transaction_bytes_bucket{stage=\"verify\",le=\"1000000\"}";
        let all = of("tocsin_transaction_bytes_count{stage=\"verify\"}");
        (all, all - of(large))
    };
    let (whole, large) = committed(64 << 20);
    let (cut, small) = committed(1);
    assert!(cut >= whole + 3.0, "{cut} transactions beside {whole}");
    assert!(large >= 1.0 && small < large + 1.0, "{large} {small}");
}
