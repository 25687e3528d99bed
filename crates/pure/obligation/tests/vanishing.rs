//! However an owed duty vanishes among accesses, grants, accounts and reports in any order, a
//! record is named that took it away.

use access::Records;
use facts::{Access, Account, BreachEvent, Grant, Variants};
use incident::{Fold, Incident, Supposed};
use orders::{Order, Packs};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use tocsin_obligation::{Answer, Determination, Settings, decide_duty};

const REPORT: &str = "covered-incident-report";

static PACKS: LazyLock<Packs> = LazyLock::new(|| Packs::embedded().expect("the packs parse"));
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Settings::new(&[]).expect("the calendar"));

fn ring() -> &'static Order {
    PACKS.order("ring").expect("the order")
}

/// A record, as it comes.
#[derive(Debug, Clone)]
enum Fact {
    Access(Box<Access>),
    Grant(Grant),
    Account(Account),
    Breach(Box<BreachEvent>),
}

impl Fact {
    fn id(&self) -> &str {
        match self {
            Fact::Access(one) => &one.id,
            Fact::Grant(one) => &one.id,
            Fact::Account(one) => &one.id,
            Fact::Breach(one) => &one.id,
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("a record")
}

/// A viewing of a recording of account `number` by a person of the company.
fn viewing(number: u64) -> Fact {
    Fact::Access(Box::new(read(json!({
        "id": format!("v{number:02}"), "at": "2026-06-10T00:00:00Z", "actor": "emp",
        "actor_kind": "employee", "action": "view", "outcome": "succeeded",
        "information": "home_security_recording", "account": format!("a{number:02}"),
        "visibility": "private", "encrypted": "no"}))))
}

/// The word that every grant for the time before July is on record.
fn complete() -> Fact {
    Fact::Grant(read(json!({
        "id": "complete", "kind": "complete", "recorded_at": "2026-07-02T00:00:00Z",
        "until": "2026-07-01T00:00:00Z",
        "of": ["consent", "submission", "support_case", "legal_process", "illegal_activity",
               "legal_rights", "harm_prevention", "duty"]})))
}

fn grant(id: &str, kind: &str, recorded_at: &str, accounts: &[u64]) -> Fact {
    let accounts: Vec<String> = accounts.iter().map(|one| format!("a{one:02}")).collect();
    let accounts = Some(accounts).filter(|all| !all.is_empty());
    Fact::Grant(read(json!({
        "id": id, "kind": kind, "recorded_at": recorded_at, "from": "2026-01-01T00:00:00Z",
        "actors": ["emp"], "accounts": accounts})))
}

const LATE: &str = "2026-08-01T00:00:00Z";
const IN_TIME: &str = "2026-01-01T00:00:00Z";

fn account(id: &str, number: u64, recorded_at: &str, more: Value) -> Fact {
    let mut one = json!({"id": id, "account": format!("a{number:02}"), "recorded_at": recorded_at});
    let members = one.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("members").clone());
    Fact::Account(read(one))
}

fn report(id: &str, report: Value) -> Fact {
    Fact::Breach(Box::new(read(json!({
        "id": id, "matter": "M", "recorded_at": "2026-07-03T00:00:00Z", "report": report}))))
}

/// What is on record from the first on: accounts `0..many` were viewed, without a basis.
fn looked_at(many: u64) -> Vec<Fact> {
    let mut all: Vec<Fact> = (0..many).map(viewing).collect();
    all.push(grant("attested", "attestation", IN_TIME, &[]));
    all.push(grant("trained", "training", IN_TIME, &[]));
    all.push(complete());
    all.push(report(
        "found",
        json!({"kind": "milestone", "name": "discovered", "at": "2026-07-03T00:00:00Z"}),
    ));
    all
}

fn fold(facts: &[Fact]) -> Fold {
    let (mut fold, mut records) = (Fold::new(), Records::new());
    let mut accesses: BTreeMap<&str, Variants<Access>> = BTreeMap::new();
    for fact in facts {
        match fact {
            Fact::Access(one) => {
                accesses.entry(&one.id).or_default().insert((**one).clone());
            }
            Fact::Grant(one) => _ = records.add_grant(one.clone()),
            Fact::Account(one) => _ = fold.put_account(one.clone()),
            Fact::Breach(one) => {
                records.add_breach((**one).clone());
                fold.put_breach((**one).clone());
            }
        }
    }
    let terms = std::slice::from_ref(&ring().terms);
    for statements in accesses.values() {
        for one in access::judge(statements, &records, terms, &access::Settings::default()) {
            let finding = one.finding().expect("nothing failed").clone();
            fold.put_finding(finding.key(), Some(finding));
        }
    }
    fold
}

/// What the report duty comes to for whatever holds what was done by the person.
fn put(facts: &[Fact]) -> Option<Determination> {
    let incident: Incident = fold(facts).incident_of("actor:emp")?;
    decide_duty(ring(), Some(REPORT), &incident, &SETTINGS).expect("dates in range")
}

fn named(one: &Determination) -> Vec<(&str, &str, Answer)> {
    let named = one.spared_by.iter();
    named
        .map(|one| (one.record.as_str(), one.kind.as_str(), one.without))
        .collect()
}

/// The facts and more of them, in whichever order: what they come to.
fn with(facts: &[Fact], more: &[Fact]) -> Determination {
    let all: Vec<Fact> = facts.iter().chain(more).cloned().collect();
    let mut turned = all.clone();
    turned.reverse();
    let one = put(&all).expect("an incident");
    assert_eq!(one, put(&turned).expect("an incident"));
    one
}

#[test]
fn late_grants_are_named_and_the_incident_stays_to_say_so() {
    let facts = looked_at(10);
    assert_eq!(with(&facts, &[]).answer, Answer::Owed);
    let one = with(&facts, &[grant("g", "consent", LATE, &[3])]);
    assert_eq!(one.answer, Answer::NotOwed);
    assert_eq!(named(&one), [("g", "late_grant", Answer::Owed)]);
    let every: Vec<u64> = (0..10).collect();
    let one = with(&facts, &[grant("g", "consent", LATE, &every)]);
    assert_eq!(one.answer, Answer::NotOwed);
    assert_eq!(named(&one), [("g", "late_grant", Answer::Owed)]);
    assert_eq!(one.counts["accounts"], facts::Interval::exactly(0));
    // Two of which neither alone takes it away.
    let more = [
        grant("g1", "consent", LATE, &[1, 2]),
        grant("g2", "support_case", LATE, &[4]),
    ];
    let one = with(&facts, &more);
    let both = ["g1", "g2"].map(|id| (id, "late_grant", Answer::Owed));
    assert_eq!(named(&one), both);
}

#[test]
fn what_was_on_record_in_time_leaves_no_trace() {
    let mut facts = looked_at(10);
    let every: Vec<u64> = (0..10).collect();
    facts.push(grant("g", "consent", IN_TIME, &every));
    assert!(put(&facts).is_none(), "there is no such incident");
    // Without a declaration nothing is late.
    facts.retain(|fact| fact.id() != "complete");
    facts.push(grant("h", "consent", LATE, &every));
    assert!(put(&facts).is_none());
}

#[test]
fn a_late_grant_that_leaves_them_unexplained_is_named() {
    let mut facts = looked_at(10);
    facts.retain(|fact| fact.id() != "trained");
    let one = with(&facts, &[grant("g", "consent", LATE, &[3])]);
    assert_eq!(one.answer, Answer::Open);
    assert_eq!(named(&one), [("g", "late_grant", Answer::Owed)]);
}

#[test]
fn what_is_on_record_about_accounts_is_named() {
    let facts = looked_at(10);
    let residential = |id: &str, value: &str| {
        account(id, 3, "2026-05-01T00:00:00Z", json!({"residential": value}))
    };
    assert_eq!(
        with(&facts, &[residential("r", "yes")]).answer,
        Answer::Owed
    );
    let one = with(&facts, &[residential("r", "no")]);
    assert_ne!(one.answer, Answer::Owed);
    assert_eq!(named(&one), [("r", "account", Answer::Owed)]);
    // A later record on another account takes nothing away.
    let other = account(
        "s",
        4,
        "2026-05-01T00:00:00Z",
        json!({"residence": "US-CA"}),
    );
    let moved = account("t", 4, "2026-05-02T00:00:00Z", json!({"residence": "GB"}));
    let one = with(&facts, &[residential("r", "no"), other, moved]);
    assert_eq!(named(&one), [("r", "account", Answer::Owed)]);
}

/// The incident that holds what the person did, without what is on record about accounts.
fn without_accounts(facts: &[Fact]) -> Vec<Supposed> {
    let incident = fold(facts).incident_of("actor:emp").expect("an incident");
    let mut all = incident.without.into_iter();
    let about = all.find(|one| one.taker == incident::Taker::Account);
    about.map(|one| one.records).unwrap_or_default()
}

#[test]
fn ordinary_account_records_are_not_supposed_away() {
    let mut facts = looked_at(10);
    for number in 0..10 {
        let more = json!({"residence": "US-CA", "residential": "yes", "consumers": ["p", "q"]});
        facts.push(account(
            &format!("r{number}"),
            number,
            "2026-05-01T00:00:00Z",
            more,
        ));
    }
    assert!(without_accounts(&facts).is_empty());
    facts.push(account(
        "s",
        3,
        "2026-05-02T00:00:00Z",
        json!({"residence": "GB"}),
    ));
    let named: Vec<String> = without_accounts(&facts)
        .into_iter()
        .map(|one| one.record)
        .collect();
    assert!(named.contains(&"s".to_owned()), "{named:?}");
}

fn numbers() -> impl Strategy<Value = Vec<u64>> {
    proptest::collection::btree_set(0..12_u64, 1..4).prop_map(|set| set.into_iter().collect())
}

/// A record that may take something away, or give it back.
fn a_taker() -> impl Strategy<Value = Fact> {
    let ids = |prefix: &'static str| (0..4_u8).prop_map(move |one| format!("{prefix}{one}"));
    let kinds = prop::sample::select(vec!["consent", "support_case", "submission"]);
    let late = (ids("g"), kinds, numbers()).prop_map(|(id, kind, of)| grant(&id, kind, LATE, &of));
    let said = prop::sample::select(vec![
        json!({"residential": "no"}),
        json!({"residential": "no", "residence": "US-CA"}),
        json!({"residential": "yes"}),
        json!({"residence": "GB", "consumers": ["p"]}),
        json!({"consumers": ["p", "q"]}),
    ]);
    let at = prop::sample::select(vec!["2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z"]);
    let people = (0..9_u8, 0..12_u64, at, said)
        .prop_map(|(id, number, at, more)| account(&format!("p{id}{number:02}"), number, at, more));
    let of = prop::sample::select(vec![
        ("v03", "access-events"),
        ("v04", "access-events"),
        ("found", "breach-events"),
        ("join", "breach-events"),
        ("j0", "breach-events"),
        ("complete", "grants"),
        ("g0", "grants"),
        ("p003", "accounts"),
    ]);
    let retraction = (ids("r"), of).prop_map(|(id, (of, topic))| {
        report(&id, json!({"kind": "retraction", "of": of, "topic": topic}))
    });
    let authorised = (ids("j"), numbers()).prop_map(|(id, of)| {
        let of: Vec<String> = of.iter().map(|one| format!("a{one:02}")).collect();
        let one = json!({"kind": "judgement", "authority": "authorised", "ground": "established",
                         "accounts": of});
        report(&id, one)
    });
    let tally = (ids("t"), 0..13_u64).prop_map(|(id, most)| {
        let one = json!({"kind": "tally", "unit": "accounts", "ground": "established",
                         "at_least": 0, "at_most": most});
        report(&id, one)
    });
    let earlier = Just(report(
        "earlier",
        json!({"kind": "milestone", "name": "discovered", "at": "2015-01-01T00:00:00Z"}),
    ));
    prop_oneof![
        6 => late,
        6 => people,
        2 => retraction,
        1 => authorised,
        1 => tally,
        1 => earlier,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96,
                                        ..ProptestConfig::default() })]

    #[test]
    fn every_vanishing_has_a_named_cause(
        many in 10..13_u64,
        takers in proptest::collection::vec(a_taker(), 1..8),
        others in Just((0..24_usize).collect::<Vec<_>>()).prop_shuffle(),
        apart in any::<bool>(),
    ) {
        let mut facts = looked_at(many);
        if !apart {
            facts.push(report("join", json!({"kind": "join", "actors": ["emp"]})));
        }
        // What was there first comes in any order as well: a finding that is not yet one.
        let order: Vec<usize> = others.into_iter().filter(|one| *one < facts.len()).collect();
        let mut facts: Vec<Fact> = order.iter().map(|one| facts[*one].clone()).collect();
        facts.extend(takers);
        let mut owed_last = false;
        for end in 1..=facts.len() {
            let last = &facts[end - 1];
            // A report on a matter that is not joined is none of the incident's.
            let is_here = !apart || matches!(last, Fact::Grant(_) | Fact::Account(_));
            let one = put(&facts[..end]);
            if is_here && owed_last {
                let one = one.as_ref().expect("it stays to say why");
                let is_named = one.spared_by.iter().any(|named| named.record == last.id());
                prop_assert!(
                    one.answer == Answer::Owed || is_named || one.spared_by_more > 0,
                    "{last:?} is not named: {:?} {:?}",
                    one.spared_by, facts[..end].iter().map(Fact::id).collect::<Vec<_>>()
                );
            }
            owed_last = one.is_some_and(|one| one.answer == Answer::Owed);
        }
    }
}
