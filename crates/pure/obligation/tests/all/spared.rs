//! Whatever takes an owed duty away is named, and the same facts name the same record.

use orders::{Case, Order, Packs};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tocsin_obligation::{Answer, Settings, Undigested, decide, decide_duty, facts_file};

/// How many cases of each duty are tried: the records that take away are many.
const CASES_OF_A_DUTY: usize = 2;

const AT: &str = "2026-12-28T15:00:00Z";

fn event(id: &str, matter: &str, report: &Value) -> Value {
    json!({"id": id, "matter": matter, "recorded_at": "2026-12-01T00:00:00Z", "report": report})
}

fn exposure(accounts: u64) -> Value {
    json!({"kind": "exposure", "information": "home_security_recording", "ground": "established",
           "acts": {"accessed": "yes"}, "encrypted": "no", "visibility": "private",
           "count": {"at_least": accounts, "at_most": accounts}})
}

fn discovered(at: &str) -> Value {
    json!({"kind": "milestone", "name": "discovered", "at": at})
}

/// What the report duty comes to for the incident of `M-1`.
fn put(events: &[Value], decisions: &[Value]) -> Undigested {
    let packs = Packs::embedded().expect("the packs parse");
    let order = packs.order("ring").expect("the order");
    let facts = json!({"breach_events": events, "decisions": decisions});
    let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
    let of = incidents
        .iter()
        .find(|one| one.matter.as_deref() == Some("M-1"));
    let settings = Settings::new(&[]).expect("the calendar");
    let all = decide(order, of.expect("the matter"), &settings).expect("dates in range");
    all.into_iter().next().expect("the first duty")
}

/// The records named, with by what and what it would be without each.
fn named(one: &Undigested) -> Vec<(&str, &str, Answer)> {
    let named = one.spared_by.iter();
    named
        .map(|one| (one.record.as_str(), one.kind.as_str(), one.without))
        .collect()
}

fn found() -> Value {
    event("d", "M-1", &discovered("2026-11-30T00:00:00Z"))
}

#[test]
fn what_is_owed_was_spared_by_nothing() {
    let one = put(&[found(), event("e", "M-1", &exposure(12))], &[]);
    assert_eq!((one.answer, named(&one)), (Answer::Owed, vec![]));
}

#[test]
fn a_retraction_is_named_and_one_that_was_retracted_is_not() {
    let retraction = |of: &str| json!({"kind": "retraction", "of": of});
    let mut events = vec![
        found(),
        event("e", "M-1", &exposure(12)),
        event("r", "M-9", &retraction("e")),
    ];
    let one = put(&events, &[]);
    assert_ne!(one.answer, Answer::Owed);
    assert_eq!(named(&one), [("r", "retraction", Answer::Owed)]);
    // The same facts in another order, the same bytes.
    events.reverse();
    assert_eq!(put(&events, &[]), one);
    events.push(event("r2", "M-1", &retraction("r")));
    assert_eq!(put(&events, &[]).answer, Answer::Owed);
}

#[test]
fn statements_that_contradict_each_other_are_named() {
    let events = [
        found(),
        event("e", "M-1", &exposure(12)),
        event("e", "M-1", &exposure(3)),
    ];
    let one = put(&events, &[]);
    assert_eq!(one.answer, Answer::Open);
    assert_eq!(named(&one), [("e", "dispute", Answer::Owed)]);
}

#[test]
fn a_part_is_named_in_both_that_it_separates() {
    let both = json!(["M-2"]);
    let events = [
        found(),
        event("e1", "M-1", &exposure(6)),
        event("e2", "M-2", &exposure(6)),
        event("j", "M-1", &json!({"kind": "join", "matters": both})),
        event("p", "M-2", &json!({"kind": "part", "matters": ["M-1"]})),
    ];
    let one = put(&events, &[]);
    let said = (one.answer, named(&one));
    assert_eq!(
        said,
        (Answer::NotOwed, vec![]),
        "figures may overlap: six to twelve"
    );
    let events: Vec<Value> = events
        .into_iter()
        .map(|mut event| {
            // As names, they add up.
            if let Some(count) = event["report"].get("count").cloned() {
                let of = event["matter"].as_str().expect("a matter").to_owned();
                let many = count["at_least"].as_u64().expect("a number");
                let names: Vec<String> = (0..many).map(|one| format!("{of}-{one}")).collect();
                let report = event["report"].as_object_mut().expect("a report");
                report.remove("count");
                report.insert("accounts".to_owned(), json!(names));
            }
            event
        })
        .collect();
    let one = put(&events, &[]);
    assert_eq!(one.answer, Answer::NotOwed);
    assert_eq!(named(&one), [("p", "part", Answer::Owed)]);
}

#[test]
fn an_earlier_discovery_is_named() {
    let events = [
        found(),
        event("d0", "M-1", &discovered("2020-01-01T00:00:00Z")),
        event("e", "M-1", &exposure(12)),
    ];
    let one = put(&events, &[]);
    assert_eq!(one.answer, Answer::NotOwed);
    assert_eq!(named(&one), [("d0", "milestone", Answer::Owed)]);
}

#[test]
fn a_key_report_that_contradicts_another_is_named() {
    let mut encrypted = exposure(12);
    encrypted["encrypted"] = json!("yes");
    let key = |taken: &str| json!({"kind": "key", "taken": taken});
    let events = [
        found(),
        event("e", "M-1", &encrypted),
        event("k1", "M-1", &key("yes")),
        event("k2", "M-1", &key("no")),
    ];
    let one = put(&events, &[]);
    assert_eq!(one.answer, Answer::Open);
    assert_eq!(named(&one), [("k2", "dispute", Answer::Owed)]);
}

#[test]
fn what_is_denied_under_another_order_pushes_out_nothing() {
    let mut encrypted = exposure(12);
    encrypted["encrypted"] = json!("yes");
    let key = |taken: &str| json!({"kind": "key", "taken": taken});
    let violated = |provision: &str, value: &str| {
        json!({"kind": "noncompliance", "order": "betterhelp", "provision": provision,
               "text": "as it was found", "violated": value})
    };
    let mut events = vec![
        found(),
        event("e", "M-1", &encrypted),
        event("k1", "M-1", &key("yes")),
        event("k2", "M-1", &key("no")),
    ];
    for number in 0..20 {
        let section = format!("I.{number}");
        events.push(event(
            &format!("n{number:02}"),
            "M-1",
            &violated(&section, "no"),
        ));
    }
    let one = put(&events, &[]);
    assert_eq!(named(&one), [("k2", "dispute", Answer::Owed)]);
    assert_eq!(one.spared_by_more, 0);
    // Nor where they take something away under that one.
    for number in 0..20 {
        let section = format!("I.{number}");
        events.push(event(
            &format!("y{number:02}"),
            "M-1",
            &violated(&section, "yes"),
        ));
    }
    assert_eq!(named(&put(&events, &[])), [("k2", "dispute", Answer::Owed)]);
}

#[test]
fn counsels_reading_and_its_revocation_are_named() {
    let mut shared = exposure(12);
    shared["visibility"] = json!("shared_with_others");
    let events = [found(), event("e", "M-1", &shared)];
    let reading = |id: &str, value: &str| {
        json!({"id": id, "at": AT, "by": "counsel@example.com", "role": "counsel", "about": "ring",
               "kind": "reading", "order": "ring", "question": "shared_recordings",
               "value": value, "why": "as argued"})
    };
    let revoke = json!({"id": "v", "at": AT, "by": "counsel@example.com", "role": "counsel",
                        "about": "ring", "kind": "revoke", "of": "a", "why": "thought again"});
    let owed = [reading("a", "that_party_only")];
    assert_eq!(put(&events, &owed).answer, Answer::Owed);
    let revoked = put(&events, &[reading("a", "that_party_only"), revoke]);
    assert_eq!(revoked.answer, Answer::Open);
    assert_eq!(named(&revoked), [("v", "revocation", Answer::Owed)]);
    let differ = [
        reading("a", "that_party_only"),
        reading("b", "every_access"),
    ];
    let differ = put(&events, &differ);
    assert_eq!(named(&differ), [("b", "reading", Answer::Owed)]);
}

#[test]
fn a_judgement_may_have_spared_it() {
    let judgement = json!({"kind": "judgement", "authority": "authorised",
                           "ground": "established", "actors": ["x"]});
    let looked = json!({"kind": "indicator", "mode": "insider", "actors": ["x"]});
    let events = [
        found(),
        event("i", "M-1", &looked),
        event("j", "M-1", &judgement),
    ];
    let one = put(&events, &[]);
    assert_eq!(one.answer, Answer::NotOwed);
    assert_eq!(named(&one), [("j", "judgement", Answer::Open)]);
    let line = one.spared_in_a_line().expect("a line");
    assert_eq!(line, "spared by j (judgement, perhaps)");
}

/// Records that may take a duty away from a case in which it is owed.
fn takers(order: &Order, facts: &Value) -> Vec<Value> {
    let mut takers = Vec::new();
    let events = facts["breach_events"].as_array().into_iter().flatten();
    for (number, event) in events.enumerate() {
        let id = event["id"].as_str().expect("an id");
        let matter = event["matter"].as_str().expect("a matter");
        let mut retraction = json!({"kind": "retraction", "of": id});
        takers.push(self::event(&format!("t{number}-r"), matter, &retraction));
        retraction["topic"] = json!("breach-events");
        // A second matter would leave findings without a group to their actors.
        let elsewhere = match facts.get("findings") {
            None => "M-other",
            Some(_) => matter,
        };
        let id = format!("t{number}-rt");
        takers.push(self::event(&id, elsewhere, &retraction));
        // The same record says something else as well.
        let mut contrary = event.clone();
        let report = contrary["report"].as_object_mut().expect("a report");
        let flipped: Vec<(String, Value)> = report
            .iter()
            .filter_map(|(name, value)| match value.as_str() {
                Some("yes") => Some((name.clone(), json!("no"))),
                Some("no") => Some((name.clone(), json!("yes"))),
                _ if name == "at" => Some((name.clone(), json!("2015-01-01T00:00:00Z"))),
                _ => None,
            })
            .collect();
        if flipped.is_empty() {
            continue;
        }
        report.extend(flipped);
        takers.push(contrary.clone());
        // And another record does.
        contrary["id"] = json!(format!("t{number}-c"));
        takers.push(contrary);
    }
    takers.push(event("t-d", "M-1", &discovered("2015-01-01T00:00:00Z")));
    let unit = |unit: &str, most: u64| {
        json!({"kind": "tally", "unit": unit, "ground": "established", "at_least": most,
               "at_most": most})
    };
    for (number, most) in [0, 9, 499, 100_000].into_iter().enumerate() {
        takers.push(event(
            &format!("t-a{number}"),
            "M-1",
            &unit("accounts", most),
        ));
        takers.push(event(
            &format!("t-c{number}"),
            "M-1",
            &unit("consumers", most),
        ));
    }
    for (question, rule) in &order.reserved {
        for value in rule.readings.keys() {
            takers.push(
                json!({"id": format!("t-q-{question}-{value}"), "at": AT, "role": "counsel",
                       "by": "counsel@example.com", "about": order.slug, "kind": "reading",
                       "order": order.slug, "question": question, "value": value, "why": "so"}),
            );
        }
    }
    takers
}

fn answer(order: &Order, case: &Case, facts: &Value, settings: &Settings) -> Vec<Undigested> {
    let terms = std::slice::from_ref(&order.terms);
    let Ok(incidents) = facts_file(&facts.to_string(), terms, None) else {
        return Vec::new();
    };
    let decided = incidents
        .iter()
        .filter_map(|one| decide_duty(order, case.duty.as_deref(), one, settings).ok()?);
    decided.collect()
}

#[test]
fn each_vanishing_names_the_record_that_caused_it() {
    let packs = Packs::embedded().expect("the packs parse");
    let settings = Settings::new(&[]).expect("the calendar");
    let (mut unnamed, mut kinds, mut vanished) = (Vec::new(), BTreeSet::new(), 0);
    let mut tried: BTreeMap<_, usize> = BTreeMap::new();
    for case in packs.cases() {
        let tried = tried.entry((&case.order, &case.duty)).or_default();
        if case.expect.answer != "owed" || *tried >= CASES_OF_A_DUTY {
            continue;
        }
        *tried += 1;
        let order = packs.order(&case.order).expect("an order");
        for taker in takers(order, &case.facts) {
            let mut facts = case.facts.clone();
            let list = if taker.get("report").is_some() {
                "breach_events"
            } else {
                "decisions"
            };
            let members = facts.as_object_mut().expect("an object");
            let list = members.entry(list).or_insert_with(|| json!([]));
            list.as_array_mut().expect("a list").push(taker.clone());
            let all = answer(order, case, &facts, &settings);
            // The matter of a retraction is an incident of its own; the case's is the other.
            let Some(one) = all
                .iter()
                .find(|one| one.matter.as_deref() != Some("M-other"))
            else {
                continue;
            };
            if one.answer == Answer::Owed {
                continue;
            }
            vanished += 1;
            let id = taker["id"].as_str().expect("an id");
            match one.spared_by.iter().find(|one| one.record == id) {
                Some(named) => _ = kinds.insert(named.kind.clone()),
                None if one.spared_by_more > 0 => {}
                None => unnamed.push(format!("{}: {taker} → {:?}", case.file, one.spared_by)),
            }
        }
    }
    assert!(
        unnamed.is_empty(),
        "{} of {vanished}:\n{}",
        unnamed.len(),
        unnamed.join("\n")
    );
    assert!(vanished > 250, "{vanished}");
    // What contradicts another record is a dispute, whatever it speaks of.
    let expected = ["dispute", "milestone", "reading", "retraction"];
    assert_eq!(kinds, expected.map(str::to_owned).into());
}
