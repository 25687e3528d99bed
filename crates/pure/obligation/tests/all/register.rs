//! The register: what must not be forgotten, owed or not.

use facts::Finding;
use incident::Incident;
use orders::{Order, Packs};
use serde_json::json;
use tocsin_obligation::{
    Answer, Determination, EntryKind, RegisterEntry, Settings, Undigested, decide, facts_file,
    register,
};

fn finding(id: &str, reason: &str, verdict: &str, kind: &str) -> serde_json::Value {
    json!({"access": {"id": id, "at": "2026-08-01T10:00:00Z", "actor": "e1", "actor_kind": kind,
        "action": "view", "outcome": "succeeded", "information": "home_security_recording",
        "account": "a1", "encrypted": "no", "visibility": "private"},
        "group": "matter:M", "verdict": verdict, "reason": reason})
}

fn determinations(order: &Order, incident: &Incident, settings: &Settings) -> Vec<Determination> {
    let decided = decide(order, incident, settings).expect("dates in range");
    decided.into_iter().map(Undigested::digested).collect()
}

#[test]
fn reviews_go_in_whatever_the_count() {
    let packs = Packs::embedded().expect("packs");
    let order = packs
        .orders()
        .find(|order| order.register.review.is_some())
        .expect("an order on review");
    let values = [
        finding("x1", "no_basis_on_record", "unexplained", "employee"),
        finding("x2", "not_attested", "unexplained", "contractor"),
        finding("x3", "purpose", "authorised", "employee"),
        finding("x4", "no_basis_on_record", "unexplained", "service"),
    ];
    let facts = json!({"breach_events": [{"id": "d", "matter": "M",
        "recorded_at": "2026-12-01T00:00:00Z",
        "report": {"kind": "milestone", "name": "discovered", "at": "2026-12-01T00:00:00Z"}},
        {"id": "v", "matter": "M", "recorded_at": "2026-12-01T00:00:00Z",
        "report": {"kind": "noncompliance", "order": order.slug, "provision": "III.E.1",
            "text": "no attestation was asked for"}},
        {"id": "w", "matter": "M", "recorded_at": "2026-12-01T00:00:00Z",
        "report": {"kind": "noncompliance", "order": order.slug, "provision": "III.E.2",
            "text": "not verified", "violated": "no"}}],
        "findings": values});
    let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
    let settings = Settings::new(&[]).expect("the calendar");
    let determinations = determinations(order, &incidents[0], &settings);
    let findings: Vec<Finding> = values
        .iter()
        .map(|value| serde_json::from_value(value.clone()).expect("a finding"))
        .collect();
    let entries = register(order, &incidents[0], &determinations, &findings, &settings);
    let kinds: Vec<EntryKind> = entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(
        kinds,
        [
            EntryKind::Noncompliance,
            EntryKind::ReviewWithoutBasis,
            EntryKind::ReviewWithoutAttestation
        ]
    );
    assert!(entries[1].text.starts_with("1 "), "{}", entries[1].text);
    assert_eq!(entries[0].provision.as_deref(), Some("III.E.1"));
}

#[test]
fn a_violation_that_another_record_denies_is_disputed_as_where_it_is_decided() {
    let packs = Packs::embedded().expect("packs");
    let order = packs.orders().next().expect("an order");
    let stated = |id: &str, matter: &str, provision: &str, violated: &str| {
        json!({"id": id, "matter": matter, "recorded_at": "2026-12-01T00:00:00Z",
               "report": {"kind": "noncompliance", "order": order.slug, "provision": provision,
                          "text": format!("found in {id}"), "violated": violated}})
    };
    let entries = |events: Vec<serde_json::Value>| {
        let facts = json!({"breach_events": events});
        let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
        let settings = Settings::new(&[]).expect("the calendar");
        let none: [Determination; 0] = [];
        let all = register(order, &incidents[0], &none, &[], &settings);
        let texts = all.into_iter().map(|one| one.text);
        texts.collect::<Vec<String>>()
    };
    let join = json!({"id": "j", "matter": "M-1", "recorded_at": "2026-12-01T00:00:00Z",
                      "report": {"kind": "join", "matters": ["M-2"]}});
    let yes = stated("n1", "M-1", "I.A", "yes");
    let denied = entries(vec![yes.clone(), stated("n2", "M-1", "I", "no")]);
    assert_eq!(denied, ["found in n1 (disputed)"]);
    // Of another part, or of another matter, nothing is denied.
    let other = entries(vec![yes.clone(), stated("n2", "M-1", "I.B", "no")]);
    assert_eq!(other, ["found in n1"]);
    let other = entries(vec![yes.clone(), join, stated("n2", "M-2", "I", "no")]);
    assert_eq!(other, ["found in n1"]);
    let itself = entries(vec![yes, stated("n1", "M-1", "I.A", "no")]);
    assert_eq!(itself.len(), 1);
    assert!(itself[0].ends_with(" (disputed)"));
}

/// The near misses of `order` where the recordings of so many accounts were seen, found in `year`.
fn near_misses(order: &Order, year: u32, accounts: u64, encrypted: &str) -> Vec<RegisterEntry> {
    let facts = json!({"breach_events": [
        {"id": "d", "matter": "M", "recorded_at": format!("{year}-12-01T12:00:00Z"),
         "report": {"kind": "milestone", "name": "discovered",
                    "at": format!("{year}-12-01T12:00:00Z")}}],
        "counts": [{"information": "home_security_recording", "authority": "unauthorised",
            "ground": "established", "encrypted": encrypted, "key_taken": "no",
            "visibility": "private", "accounts": accounts}]});
    let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
    let settings = Settings::new(&[]).expect("the calendar");
    let determinations = determinations(order, &incidents[0], &settings);
    let answers = determinations.iter().map(|one| one.answer);
    assert!(answers.into_iter().all(|answer| answer == Answer::NotOwed));
    let entries = register(order, &incidents[0], &determinations, &[], &settings);
    let near = |one: &RegisterEntry| one.kind == EntryKind::NearMiss;
    entries.into_iter().filter(near).collect()
}

#[test]
fn a_near_miss_is_told_once_and_only_where_it_is_near() {
    let packs = Packs::embedded().expect("packs");
    let order = packs
        .orders()
        .find(|order| order.register.review.is_some())
        .expect("an order on review");
    let first = order.duties.first().expect("a duty");
    assert!(order.duties.iter().any(|duty| duty.of.is_some()));
    // Nine accounts: the report, not every task of the program that would follow it.
    let nine = near_misses(order, 2026, 9, "no");
    assert_eq!(nine.len(), 1, "{nine:?}");
    assert_eq!(nine[0].provision.as_deref(), Some(first.cite.as_str()));
    assert!(
        nine[0].text.contains("9 of at least 10"),
        "{}",
        nine[0].text
    );
    assert_eq!(near_misses(order, 2026, 8, "no").len(), 1);
    assert_eq!(near_misses(order, 2026, 7, "no"), []);
    // Few accounts whose users nobody has named are not near, however a unit is read.
    assert_eq!(near_misses(order, 2026, 1, "no"), []);
    // What the order did not bind to report was no near miss by its count.
    assert_eq!(near_misses(order, 2022, 9, "no"), []);
    // A carve-out alone.
    let encrypted = near_misses(order, 2026, 5000, "yes");
    assert_eq!(encrypted.len(), 1, "{encrypted:?}");
    assert!(encrypted[0].text.contains("a carve-out alone"));
}

#[test]
fn dates_of_the_deployment_outrank_the_packs_and_far_dates_are_errors() {
    let packs = Packs::embedded().expect("packs");
    let order = packs
        .orders()
        .find(|order| !order.duties.is_empty() && order.register.review.is_some())
        .expect("an order");
    let facts = |year: u32| {
        json!({"breach_events": [
            {"id": "d", "matter": "M", "recorded_at": format!("{year}-12-01T12:00:00Z"),
             "report": {"kind": "milestone", "name": "discovered",
                        "at": format!("{year}-12-01T12:00:00Z")}}],
            "counts": [{"information": "home_security_recording", "authority": "unauthorised",
                "ground": "established", "encrypted": "no", "visibility": "private",
                "accounts": 40}]})
        .to_string()
    };
    let mut settings = Settings::new(&[]).expect("the calendar");
    let on = |year: u32, settings: &Settings| {
        let incidents = facts_file(&facts(year), &[], None).expect("the facts parse");
        decide(order, &incidents[0], settings)
    };
    let answer = |year: u32, settings: &Settings| on(year, settings).expect("in range")[0].answer;
    assert_eq!(answer(2022, &settings), Answer::NotOwed);
    let bound = orders::Window {
        from: Some("2021-01-01".parse().expect("a date")),
        until: None,
    };
    settings.windows.insert(order.slug.clone(), bound);
    assert_eq!(answer(2022, &settings), Answer::Owed);
    let error = on(2150, &settings)
        .expect_err("no calendar knows that year")
        .to_string();
    assert!(error.contains("2000 to 2100"), "{error}");
}
