//! Several laws and several incidents at once, and delays that law enforcement asks for.

use crate::common::ORDER;
use orders::{Order, Packs};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tocsin_obligation::{Answer, Filing, Settings, decide_duty, facts_file, with_filings};

const REPORT: &str = "covered-incident-report";

fn incident(matter: &str, accounts: u64, more: &[Value]) -> incident::Incident {
    let event = |id: &str, report: &Value| {
        json!({"id": format!("{matter}-{id}"), "matter": matter,
               "recorded_at": "2026-12-01T15:00:00Z", "report": report})
    };
    let found = json!({"kind": "milestone", "name": "discovered", "at": "2026-12-01T15:00:00Z"});
    let mut events = vec![event("d", &found)];
    for (number, report) in more.iter().enumerate() {
        events.push(event(&number.to_string(), report));
    }
    let facts = json!({"breach_events": events, "counts": [{
        "information": "home_security_recording", "authority": "unauthorised",
        "ground": "established", "encrypted": "no", "visibility": "private",
        "accounts": accounts, "consumers": accounts}]});
    let mut found = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
    found.remove(0)
}

fn answer(order: &Order, incident: &incident::Incident) -> Answer {
    let settings = Settings::new(&[]).expect("the calendar");
    let found = decide_duty(order, Some(REPORT), incident, &settings).expect("dates in range");
    found.expect("the duty").answer
}

#[test]
fn a_notice_under_a_rule_is_a_required_one_for_every_other_order() {
    let packs = Packs::embedded().expect("the packs parse");
    let (rule, order) = (
        packs.order("hbnr").expect("it"),
        packs.order("ring").expect("it"),
    );
    let filed = json!({"kind": "performed", "order": "hbnr", "duty": "ftc-notice",
                       "at": "2026-12-10T15:00:00Z"});
    let told = json!({"kind": "performed", "order": "hbnr", "duty": "individual-notice",
                      "at": "2026-12-10T15:00:00Z"});
    let three = incident("M-1", 3, &[filed, told]);
    let filings = Filing::of(rule, &three);
    assert_eq!(
        filings.len(),
        1,
        "a letter to individuals is no filing: {filings:?}"
    );
    assert!(
        Filing::of(order, &three).is_empty(),
        "an order is no statute"
    );
    assert_eq!(answer(order, &three), Answer::NotOwed);
    let seen = with_filings(order, &three, &filings);
    assert_eq!(seen.facts_digest, three.facts_digest);
    assert_eq!(answer(order, &seen), Answer::Owed);
    // Under the rule itself it is no notice of another law.
    assert_eq!(with_filings(rule, &three, &filings).reports, three.reports);
    assert_eq!(with_filings(order, &seen, &filings).reports, seen.reports);
}

const DUTY: &str = r#"
revision = 1
title = "Public notice"
kind = "publication"
cite = "V"
grade = "order"
text = "Publish."
counts = "things"
in_force = { trigger = "discovery", cite = "V" }

[populations.things]
text = "things"
cite = "V"
acts = { any = ["accessed"], text = "accessed", cite = "V" }
authority = { ground = "believed", text = "without authorization", cite = "V" }

[when]
text = "Any?"
cite = "V"
count = { population = "things", unit = "accounts", at_least = 1 }

[[clocks]]
limb = "ten days"
text = "ten days after discovery"
cite = "V"
days = 10
method = "calendar"
anchors = ["discovery"]
delay = { text = "delayed", cite = "V", most_days = 30, written_days = 60 }
"#;

#[test]
fn law_enforcement_delays_only_as_far_as_the_clause_allows() {
    let packs = Packs::from_files(BTreeMap::from([
        ("o/order.toml".to_owned(), ORDER.to_owned()),
        (format!("o/duties/{REPORT}.toml"), DUTY.to_owned()),
    ]))
    .expect("the pack parses");
    let order = packs.order("o").expect("it");
    let settings = Settings::new(&[]).expect("the calendar");
    let outer = |request: Value| {
        let one = incident("M-1", 3, &[request]);
        let found = decide_duty(order, Some(REPORT), &one, &settings).expect("in range");
        let clock = found.expect("the duty").clock.clone();
        clock.expect("a clock").outer.expect("a day").to_string()
    };
    let asked = |until: &str, written: &str, made: &str| {
        json!({"kind": "law_enforcement_request", "at": "2026-12-02T15:00:00Z",
               "until": format!("{until}T15:00:00Z"), "written": written, "made": made})
    };
    // Ten days from 1 December; thirty from 2 December are 1 January, ninety are 2 March.
    assert_eq!(outer(asked("2026-12-20", "no", "yes")), "2026-12-20");
    assert_eq!(outer(asked("2027-06-01", "no", "yes")), "2027-01-01");
    assert_eq!(outer(asked("2027-06-01", "yes", "yes")), "2027-03-02");
    assert_eq!(outer(asked("2026-12-05", "yes", "yes")), "2026-12-11");
    assert_eq!(outer(asked("2026-12-20", "no", "no")), "2026-12-11");
}
