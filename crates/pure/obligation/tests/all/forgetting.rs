//! The cases of every pack, with less known or with more on record: an answer that was given while
//! something was unknown is never contradicted by learning it, and an owed duty does not vanish by
//! records that have no part in whether it is owed.

use orders::{Case, Order, Packs};
use serde_json::{Value, json};
use tocsin_obligation::{Answer, Settings, decide, decide_duty, facts_file};

/// The answer of the case's duty on other facts; nothing where a date is not covered.
fn answer(order: &Order, case: &Case, facts: &Value, settings: &Settings) -> Option<Answer> {
    let terms = std::slice::from_ref(&order.terms);
    let incidents = facts_file(&facts.to_string(), terms, None).expect("the facts parse");
    let [incident] = incidents.as_slice() else {
        panic!("{}: a case is about one incident", case.file);
    };
    let found = decide_duty(order, case.duty.as_deref(), incident, settings).ok()?;
    found.map(|one| one.answer)
}

/// Everything that one fact less leaves of the facts, each with what was forgotten. Acts are no
/// facts: not on record means not done. Evidence that rebuts a presumption is had or not had, and
/// what individuals authorised is a dispute where a verdict says otherwise. Where nobody says that
/// a product is for homes, or a record in a personal health record, its class stands for it.
fn forgotten(facts: &Value) -> Vec<(String, Value)> {
    let mut less = Vec::new();
    let drop = |pointer: &str, member: &str| {
        let mut facts = facts.clone();
        let object = facts.pointer_mut(pointer).and_then(Value::as_object_mut);
        object.and_then(|object| object.shift_remove(member))?;
        Some((format!("{pointer}/{member}"), facts))
    };
    let length = |list: &str| facts[list].as_array().map_or(0, Vec::len);
    let says = |name: &str| facts["breach_events"].to_string().contains(name);
    for row in 0..length("counts") {
        let members = [
            "information",
            "authority",
            "encrypted",
            "key_taken",
            "visibility",
            "residence",
            "accounts",
            "consumers",
        ];
        let disputed = |member: &str| member == "authority" && says("individual_authorised");
        let at = format!("/counts/{row}");
        let members = members.iter().filter(|member| !disputed(member));
        less.extend(members.filter_map(|member| drop(&at, member)));
        if says("reliable_evidence") {
            continue;
        }
        let acts = ["accessed", "acquired", "publicly_exposed", "disclosed"];
        let at = format!("{at}/acts");
        less.extend(acts.iter().filter_map(|member| drop(&at, member)));
    }
    for index in 0..length("breach_events") {
        let report = &facts["breach_events"][index]["report"];
        let name = report["name"].as_str().unwrap_or_default();
        let at = format!("/breach_events/{index}/report");
        match report["kind"].as_str().unwrap_or_default() {
            "government_notice" => {
                let members = ["required", "country"];
                less.extend(members.iter().filter_map(|member| drop(&at, member)));
            }
            "key" => less.extend(drop(&at, "taken")),
            "circumstance"
                if ![
                    "reliable_evidence_of_no_acquisition",
                    "individual_authorised",
                    "in_personal_health_record",
                ]
                .contains(&name) =>
            {
                less.extend(drop(&at, "value"));
            }
            "noncompliance" => {
                let mut facts = facts.clone();
                facts["breach_events"][index]["report"] =
                    json!({"kind": "statement", "item": "facts", "text": "it happened"});
                less.push((at, facts));
            }
            _ => {}
        }
    }
    less
}

#[test]
fn learning_never_contradicts_in_any_case_of_any_pack() {
    let packs = Packs::embedded().expect("the packs parse");
    let settings = Settings::new(&[]).expect("the calendar");
    let mut wrong = Vec::new();
    let mut tried = 0;
    for case in packs.cases() {
        let order = packs.order(&case.order).expect("an order");
        let Some(now) = answer(order, case, &case.facts, &settings) else {
            continue;
        };
        for (what, facts) in forgotten(&case.facts) {
            tried += 1;
            let before = answer(order, case, &facts, &settings);
            // Statements or readings that differ open again what one of them settled: that is a
            // dispute, not learning.
            if now == Answer::Open && case.file.contains("differ") {
                continue;
            }
            if before.is_some_and(|before| before != Answer::Open && before != now) {
                wrong.push(format!("{}: {what}: {before:?} became {now:?}", case.file));
            }
        }
    }
    assert!(wrong.is_empty(), "of {tried}:\n{}", wrong.join("\n"));
    assert!(tried > 500, "{tried}");
}

/// Records that have no part in whether a duty is owed, or can only make it more so.
fn harmless(order: &Order, case: &Case) -> Vec<Value> {
    let at = "2026-12-28T15:00:00Z";
    let duty = case.duty.as_deref().unwrap_or_default();
    let mut reports = vec![
        json!({"kind": "statement", "item": "cause", "text": "a weak password"}),
        json!({"kind": "document", "name": "letter"}),
        json!({"kind": "consumer_notice", "at": at}),
        json!({"kind": "government_notice", "country": "US", "required": "yes", "at": at}),
        json!({"kind": "government_notice", "country": "US", "required": "no", "at": at}),
        json!({"kind": "government_notice", "country": "GB", "required": "no", "at": at}),
        json!({"kind": "key", "taken": "yes"}),
        json!({"kind": "milestone", "name": "contained", "at": at}),
        json!({"kind": "milestone", "name": "response_completed", "at": at}),
        json!({"kind": "milestone", "name": "verified", "at": at}),
        json!({"kind": "milestone", "name": "determined", "at": at}),
        json!({"kind": "law_enforcement_request", "at": at, "made": "yes"}),
        json!({"kind": "exposure", "information": "other", "count": {"at_least": 900}}),
        json!({"kind": "exposure", "information": "health_record", "ground": "established",
               "acts": {"acquired": "yes"}, "consumers": {"at_least": 900, "at_most": 900}}),
    ];
    for part in [
        "report",
        "update",
        "assessor",
        "individuals",
        "publication",
        "board",
        "task",
    ] {
        reports.push(
            json!({"kind": "performed", "order": order.slug, "duty": duty, "at": at,
                            "part": part}),
        );
    }
    for section in ["I", "II", "III"] {
        reports.push(
            json!({"kind": "noncompliance", "order": order.slug, "provision": section,
                            "text": "as it was found"}),
        );
    }
    reports.push(
        json!({"kind": "staff_direction", "order": order.slug, "changes": "due",
                        "to": "2027-06-01", "at": at}),
    );
    reports
}

#[test]
fn an_owed_duty_does_not_vanish_by_other_records() {
    let packs = Packs::embedded().expect("the packs parse");
    let settings = Settings::new(&[]).expect("the calendar");
    let mut gone = Vec::new();
    for case in packs
        .cases()
        .iter()
        .filter(|case| case.expect.answer == "owed")
    {
        let order = packs.order(&case.order).expect("an order");
        let (reach_more, others): (Vec<Value>, Vec<Value>) = harmless(order, case)
            .into_iter()
            .partition(|report| report["kind"] == "exposure");
        for (more_people, reports) in [(true, reach_more), (false, others)] {
            let mut facts = case.facts.clone();
            let events = facts["breach_events"].as_array_mut().expect("events");
            events.extend(reports.into_iter().enumerate().map(|(number, report)| {
                json!({"id": format!("later-{number}"), "matter": "M-1",
                       "recorded_at": "2026-12-28T15:00:00Z", "report": report})
            }));
            if answer(order, case, &facts, &settings) != Some(Answer::NotOwed) {
                continue;
            }
            // More people may make it another duty of the same order; it is never nothing.
            let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
            let all = decide(order, &incidents[0], &settings).unwrap_or_default();
            let another = all.iter().any(|one| one.answer != Answer::NotOwed);
            if !more_people || !another {
                gone.push(format!("{}: more people: {more_people}", case.file));
            }
        }
    }
    assert!(gone.is_empty(), "{}", gone.join("\n"));
}
