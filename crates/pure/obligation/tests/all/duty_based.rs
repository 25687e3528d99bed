//! A trigger that asks whether a law requires a notice: a fact, unknown until somebody settles it.

use crate::common::ORDER;
use orders::Packs;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tocsin_obligation::{Answer, Settings, Undigested, decide, facts_file};

const DUTY: &str = r#"
revision = 1
title = "Report"
kind = "report"
cite = "V"
grade = "order"
text = "Report."
counts = "things"
supplements = "None."
in_force = { trigger = "discovery", cite = "V" }

[populations.things]
text = "things"
cite = "V"
acts = { any = ["accessed"], text = "accessed", cite = "V" }
authority = { ground = "believed", text = "without authorization", cite = "V" }
residence = { country = "US", text = "of people in the United States", cite = "V" }

[when]
text = "Both?"
cite = "V"

[[when.all]]
text = "A law requires that an authority be told"
cite = "V(1)"
notice_required = {}

[[when.all]]
text = "Not in an ended meeting"
cite = "V(2)"
not = { text = "A public meeting", cite = "V(2)", circumstance = "public_meeting" }

[[when.all]]
text = "I or II was violated"
cite = "V(3)"
noncompliance = ["I", "II"]

[[when.all]]
text = "Enough people"
cite = "V(4)"
count = { population = "things", unit = "consumers", at_least = 5 }

[[clocks]]
limb = "thirty days"
text = "thirty days after discovery"
cite = "V"
days = 30
method = "ftc-4.3"
anchors = ["discovery"]
"#;

fn event(id: &str, matter: &str, report: Value) -> Value {
    json!({"id": id, "matter": matter, "recorded_at": "2026-12-04T15:00:00Z", "report": report})
}

fn determined(events: Vec<Value>, residence: &str) -> Undigested {
    determined_by(DUTY, events, residence)
}

fn determined_by(duty: &str, events: Vec<Value>, residence: &str) -> Undigested {
    let packs = Packs::from_files(BTreeMap::from([
        ("o/order.toml".to_owned(), ORDER.to_owned()),
        ("o/duties/report.toml".to_owned(), duty.to_owned()),
    ]))
    .expect("the pack parses");
    let facts = json!({"breach_events": events, "counts": [{
        "information": "profile", "authority": "unauthorised", "ground": "established",
        "acts": {"accessed": "yes"}, "residence": residence, "accounts": 9, "consumers": 9}]});
    let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
    let order = packs.order("o").expect("the order");
    let settings = Settings::new(&[]).expect("the calendar");
    decide(order, &incidents[0], &settings)
        .expect("dates in range")
        .remove(0)
}

fn settled() -> Vec<Value> {
    vec![
        event(
            "c",
            "M-1",
            json!({"kind": "circumstance", "name": "public_meeting", "value": "no"}),
        ),
        event(
            "v",
            "M-1",
            json!({"kind": "noncompliance", "order": "o", "provision": "I.A",
            "text": "x"}),
        ),
        event("j", "M-1", json!({"kind": "join", "matters": ["M-2"]})),
    ]
}

fn not_needed(id: &str, matter: &str, accounts: u64) -> Value {
    event(
        id,
        matter,
        json!({"kind": "milestone", "name": "no_notice_needed",
        "at": "2026-12-04T15:00:00Z", "basis": {"accounts": accounts}}),
    )
}

fn required(id: &str) -> Value {
    event(
        id,
        "M-2",
        json!({"kind": "government_notice", "country": "US", "required": "yes"}),
    )
}

#[test]
fn it_is_open_until_every_matter_is_settled() {
    let mut events = settled();
    let open = determined(events.clone(), "US-CA");
    assert_eq!(open.answer, Answer::Open);
    let facts: Vec<&str> = open.asks.iter().map(|ask| ask.fact.as_str()).collect();
    assert!(
        facts.contains(&"notice_required") && facts.contains(&"discovered"),
        "{facts:?}"
    );

    // A decision about one matter does not speak for the one that was joined with it.
    events.push(not_needed("n1", "M-1", 20));
    assert_eq!(determined(events.clone(), "US-CA").answer, Answer::Open);
    events.push(not_needed("n2", "M-2", 20));
    assert_eq!(determined(events.clone(), "US-CA").answer, Answer::NotOwed);
    // A required notice outranks it, told or not.
    events.push(required("g"));
    assert_eq!(determined(events, "US-CA").answer, Answer::Owed);
}

#[test]
fn a_decision_holds_only_while_the_figures_that_it_rests_on_do() {
    let mut events = settled();
    events.extend([not_needed("n1", "M-1", 8), not_needed("n2", "M-2", 20)]);
    assert_eq!(determined(events, "US-CA").answer, Answer::Open);
}

#[test]
fn provisional_clocks_run_from_the_first_record_and_territories_are_unknown() {
    let mut events = settled();
    events.push(required("g"));
    let owed = determined(events.clone(), "US");
    let clock = owed.clock.clone().expect("a clock runs");
    assert_eq!(clock.anchor_basis, "first_report");
    // Friday 4 December: the period begins on Monday, so the thirtieth day is 5 January.
    assert_eq!(clock.outer, Some("2027-01-05".parse().expect("a date")));
    assert_eq!(determined(events.clone(), "US-PR").answer, Answer::Open);
    assert_eq!(determined(events, "CA").answer, Answer::NotOwed);
}

const FROM_CLIENTS: &str = r#"
[[clocks]]
limb = "ten days, from a client's notice"
text = "ten days after any client told an authority"
cite = "V"
days = 10
method = "calendar"
anchors = ["client_notice", "any_client_notice"]
"#;

#[test]
fn a_notice_of_a_client_that_no_law_required_can_start_a_clock() {
    let duty = format!("{DUTY}{FROM_CLIENTS}");
    let told = |required: &str, at: &str| {
        json!({"kind": "government_notice", "country": "US", "required": required,
               "by": "client", "client": "c1", "at": at})
    };
    let asked = |one: &Undigested| -> BTreeSet<String> {
        let facts = one.asks.iter().map(|ask| ask.fact.clone());
        facts.filter(|fact| fact.contains("client")).collect()
    };
    let is_or_earlier = |one: &Undigested| {
        let notes = one.clock.iter().flat_map(|clock| &clock.notes);
        notes.filter(|note| note.starts_with("or earlier")).count()
    };
    let mut events = settled();
    events.push(required("g"));
    // None is on record: it is asked for, and the date may be an earlier one.
    let nobody = determined_by(&duty, events.clone(), "US");
    let either = ["any_client_notice", "client_notice"].map(str::to_owned);
    assert_eq!(asked(&nobody), BTreeSet::from(either));
    assert_eq!(is_or_earlier(&nobody), 1);
    // A voluntary one starts the clock of any notice alone.
    events.push(event("cn", "M-2", told("no", "2026-12-07T15:00:00Z")));
    let voluntary = determined_by(&duty, events.clone(), "US");
    assert_eq!(asked(&voluntary), BTreeSet::new());
    assert_eq!(is_or_earlier(&voluntary), 0);
    let clock = voluntary.clock.clone().expect("a clock runs");
    assert_eq!(clock.anchor, "any_client_notice");
    assert_eq!(clock.outer, Some("2026-12-17".parse().expect("a date")));
    let started = |one: &&tocsin_obligation::Clock| one.anchor_at.is_some();
    let started: Vec<&str> = voluntary
        .clocks
        .iter()
        .filter(started)
        .map(|clock| clock.anchor.as_str())
        .collect();
    assert_eq!(started, ["discovery", "any_client_notice"]);
    // One that a law required starts both.
    events.push(event("cr", "M-2", told("yes", "2026-12-08T15:00:00Z")));
    let both = determined_by(&duty, events, "US");
    let outer: Vec<String> = both
        .clocks
        .iter()
        .filter(|clock| clock.anchor.contains("client"))
        .filter_map(|clock| Some(format!("{} {}", clock.anchor, clock.outer?)))
        .collect();
    assert_eq!(
        outer,
        ["client_notice 2026-12-18", "any_client_notice 2026-12-17"]
    );
}
