//! An answer that was given while something was unknown is never contradicted by learning it.

mod worlds;

use facts::Kleene;
use jiff::civil::Date;
use orders::{Order, Packs, Window};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;
use tocsin_obligation::{Answer, Because, Settings, Undigested, decide_each, facts_file};
use worlds::{Choices, World};

static PACKS: LazyLock<Packs> = LazyLock::new(|| Packs::embedded().expect("the packs parse"));

/// Every order that has a duty.
fn bound() -> impl Iterator<Item = &'static Order> {
    PACKS.orders().filter(|order| !order.duties.is_empty())
}

/// Counsel's readings of all questions of all orders, the same ones for the same number; with 0,
/// counsel has read nothing.
fn readings(number: usize) -> Vec<Value> {
    let mut all = Vec::new();
    for order in bound().filter(|_| number > 31) {
        for (place, question) in order.reserved.values().enumerate() {
            let values: Vec<&String> = question.readings.keys().collect();
            let chosen = (number / (place % 5 + 1)) % (values.len() + 1);
            if let Some(value) = values.get(chosen) {
                let id = format!("{}-{}", order.slug, question.id);
                all.push(json!({
                    "id": id, "at": "2026-12-02T00:00:00Z", "by": "counsel@example.com",
                    "role": "counsel", "about": order.slug, "kind": "reading",
                    "order": order.slug, "question": question.id, "value": value,
                    "why": "as argued"}));
            }
        }
    }
    all
}

fn settings(world: &World) -> Settings {
    let mut settings = Settings::new(&[]).expect("the calendar");
    if let Some((from, until)) = world.window {
        let date = |text: &str| text.parse::<Date>().expect("a date");
        let window = Window {
            from: from.map(date),
            until: until.map(date),
        };
        let all = bound().map(|order| (order.slug.clone(), window));
        settings.windows = all.collect();
    }
    settings
}

/// What all orders say to the same facts: without grants, these are the same to all.
fn answers(world: &World, learnt: bool) -> Vec<Undigested> {
    let mut facts = world.facts(learnt);
    facts["decisions"] = readings(world.readings).into();
    let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
    assert_eq!(incidents.len(), 1);
    let settings = settings(world);
    let all = bound().flat_map(|order| decide_each(order, &incidents[0], &settings));
    all.filter(|one| one.duty.is_some()).collect()
}

/// Whether the reasons, or their parts, say something.
fn says(because: &Because, words: &str) -> bool {
    because.text.contains(words) || because.of.iter().any(|part| says(part, words))
}

fn world() -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(any::<u16>(), 0..400)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn learning_never_contradicts(choices in world()) {
        let world = World::draw(&mut Choices::new(choices));
        let (before, after) = (answers(&world, false), answers(&world, true));
        for (before, after) in before.iter().zip(&after) {
            prop_assert_eq!((&before.order, &before.duty), (&after.order, &after.duty));
            // What contradicts itself is open, and says so; without a count of responders that is
            // contradicted, what is on record counts.
            let disputed = world.may_contradict && says(&after.because, "contradict");
            let untold = world.may_contradict && says(&after.because, "they are left out");
            prop_assert!(
                before.answer == Answer::Open
                    || before.answer == after.answer
                    || disputed && after.answer == Answer::Open
                    || untold,
                "{} {:?}: {:?} became {:?}:\n{}\n{}\n{:#?}\n{:#?}",
                before.order, before.duty, before.answer, after.answer,
                world.facts(false), world.facts(true), before.because, after.because,
            );
            for (unit, wide) in before.counts.iter().filter(|_| !world.may_contradict) {
                let narrow = after.counts[unit];
                let within = wide.at_least <= narrow.at_least
                    && wide
                        .at_most
                        .is_none_or(|most| narrow.at_most.is_some_and(|one| one <= most));
                prop_assert!(
                    within,
                    "{} {:?} {unit}: {wide:?} became {narrow:?}\n{}\n{}\n",
                    before.order, before.duty, world.facts(false), world.facts(true),
                );
            }
        }
    }

    #[test]
    fn what_is_open_says_what_would_settle_it(choices in world()) {
        let world = World::draw(&mut Choices::new(choices));
        for one in answers(&world, false) {
            if one.answer == Answer::Open {
                prop_assert_eq!(one.because.value, Kleene::Unknown);
                prop_assert!(!one.asks.is_empty() || !one.reserved.is_empty(), "{:#?}", one);
            } else {
                prop_assert!(one.asks.iter().all(|ask| ask.would.is_empty()));
            }
            prop_assert!(one.answer != Answer::NotOwed || one.reminder.is_none());
            prop_assert!(one.answer != Answer::Owed || one.near.is_empty());
            for near in &one.near {
                prop_assert!(near.would.values().all(|then| *then != one.answer), "{near:?}");
            }
        }
    }
}

/// What one duty comes to.
fn put(order: &str, duty: &str, reports: &[Value], counts: &Value) -> Undigested {
    let events = reports.iter().enumerate().map(|(number, report)| {
        json!({"id": format!("b{number}"), "matter": "M", "recorded_at": "2026-12-01T15:00:00Z",
               "report": report})
    });
    let facts = json!({"breach_events": events.collect::<Vec<_>>(), "counts": counts});
    let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
    let settings = Settings::new(&[]).expect("the calendar");
    let order = PACKS.order(order).expect("the order");
    let mut all = decide_each(order, &incidents[0], &settings).into_iter();
    let found = all.find(|one| one.duty.as_deref() == Some(duty));
    found.expect("the duty")
}

const REPORT: &str = "covered-incident-report";

fn discovered() -> Value {
    json!({"kind": "milestone", "name": "discovered", "at": "2026-12-01T15:00:00Z"})
}

/// Records that are named where the reasons say that something is contradicted.
fn contradicted(because: &Because) -> Vec<String> {
    let own = because.text.contains("contradict");
    let own = own.then(|| because.records.clone());
    let parts = because.of.iter().flat_map(contradicted);
    own.into_iter().flatten().chain(parts).collect()
}

fn asked(one: &Undigested) -> Vec<&str> {
    one.asks.iter().map(|ask| ask.fact.as_str()).collect()
}

#[test]
fn a_row_that_does_not_say_what_was_done_counts_what_was_accessed_or_acquired() {
    let row = |information: &str, acts: Value| {
        json!([{"information": information, "authority": "unauthorised", "ground": "established",
                "encrypted": "no", "visibility": "private", "circumstances": {},
                "accounts": 600, "consumers": 600, "acts": acts}])
    };
    let recordings = |acts| {
        put(
            "ring",
            REPORT,
            &[discovered()],
            &row("home_security_recording", acts),
        )
    };
    assert_eq!(recordings(Value::Null).answer, Answer::Owed);
    assert_eq!(
        recordings(json!({"accessed": "no", "acquired": "yes"})).answer,
        Answer::Owed
    );
    // Of one that says something, nothing is known that it does not say.
    assert_eq!(recordings(json!({"disclosed": "yes"})).answer, Answer::Open);
    // Where the clause asks for another act, or which of the two it was, nobody knows.
    let health = |acts| put("flo", REPORT, &[discovered()], &row("health", acts));
    assert_eq!(
        (health(Value::Null).answer, asked(&health(Value::Null))),
        (Answer::Open, vec!["acts"])
    );
    assert_eq!(health(json!({"disclosed": "yes"})).answer, Answer::Owed);
    assert_eq!(health(json!({"disclosed": "no"})).answer, Answer::NotOwed);
}

#[test]
fn evidence_that_there_was_no_acquisition_settles_it_only_where_nothing_contradicts_it() {
    let evidence = |value: &str| {
        json!({"kind": "circumstance", "name": "reliable_evidence_of_no_acquisition",
               "value": value})
    };
    let put = |more: &[Value], acts: Value| {
        let row = json!([{"information": "financial", "authority": "unauthorised",
                          "ground": "established", "encrypted": "no", "accounts": 600,
                          "consumers": 600, "acts": acts}]);
        let reports: Vec<Value> = std::iter::once(discovered())
            .chain(more.iter().cloned())
            .collect();
        put("safeguards", "ftc-notice", &reports, &row)
    };
    let accessed = || json!({"accessed": "yes"});
    assert_eq!(put(&[], accessed()).answer, Answer::Owed);
    assert_eq!(put(&[evidence("no")], accessed()).answer, Answer::Owed);
    assert_eq!(put(&[evidence("yes")], accessed()).answer, Answer::NotOwed);
    assert_eq!(put(&[evidence("yes")], Value::Null).answer, Answer::NotOwed);
    // An acquisition on record and evidence that there was none: one of them is wrong.
    let one = put(
        &[evidence("yes")],
        json!({"accessed": "yes", "acquired": "yes"}),
    );
    assert_eq!((one.answer, asked(&one)), (Answer::Open, vec!["acts"]));
    assert_eq!(contradicted(&one.because), ["b1"]);
    // Two records differ about the evidence.
    let one = put(&[evidence("yes"), evidence("no")], accessed());
    assert_eq!(one.answer, Answer::Open);
    assert_eq!(contradicted(&one.because), ["b1", "b2"]);
    let fact = "circumstance:reliable_evidence_of_no_acquisition";
    let ask = one.asks.iter().find(|ask| ask.fact == fact).expect("asked");
    assert!(
        ask.question.contains("(yes: b1; no: b2)"),
        "{}",
        ask.question
    );
    assert_eq!(
        (ask.would["yes"], ask.would["no"]),
        (Answer::NotOwed, Answer::Owed)
    );
}

#[test]
fn a_verdict_and_what_the_individuals_authorised_that_differ_are_named() {
    let said = json!({"kind": "circumstance", "name": "individual_authorised", "value": "yes"});
    let row = |authority: Value| {
        json!([{"information": "financial", "authority": authority, "ground": "established",
                "encrypted": "no", "accounts": 600, "consumers": 600}])
    };
    let put = |authority| {
        put(
            "safeguards",
            "ftc-notice",
            &[discovered(), said.clone()],
            &row(authority),
        )
    };
    assert_eq!(put(Value::Null).answer, Answer::NotOwed);
    let one = put(json!("unauthorised"));
    assert_eq!(one.answer, Answer::Open);
    assert_eq!(contradicted(&one.because), ["b1"]);
}

#[test]
fn a_notice_that_speaks_of_more_people_than_are_on_record_is_named() {
    let notice = |consumers: Value| {
        json!({"kind": "government_notice", "country": "US", "required": "yes",
               "at": "2026-12-01T10:00:00Z", "consumers": consumers})
    };
    let row = json!([{"information": "health", "authority": "unauthorised",
                      "ground": "established", "accounts": 499, "consumers": 499}]);
    let put = |consumers| put("rite-aid", REPORT, &[discovered(), notice(consumers)], &row);
    // One that does not say of how many it speaks claims nothing.
    assert_eq!(put(Value::Null).answer, Answer::NotOwed);
    let one = put(json!(499));
    assert_eq!(
        (one.answer, contradicted(&one.because).len()),
        (Answer::NotOwed, 0)
    );
    let one = put(json!(500));
    assert_eq!(one.answer, Answer::Open);
    assert_eq!(contradicted(&one.because), ["b1"]);
    assert!(asked(&one).contains(&"consumers"), "{:?}", one.asks);
}

#[test]
fn a_tally_does_not_say_that_nothing_is_left_out() {
    let tally = |information: &str| {
        json!({"kind": "tally", "unit": "accounts", "information": information,
               "ground": "established", "at_least": 12, "at_most": 20})
    };
    let put = |authority: Value, encrypted: Value, information: Value, of: &str| {
        let row = json!([{"information": information, "authority": authority,
            "ground": "established", "encrypted": encrypted, "key_taken": "no",
            "visibility": "private", "accounts": {"at_least": 9, "at_most": 39}}]);
        put("ring", REPORT, &[discovered(), tally(of)], &row).answer
    };
    let recording = || json!("home_security_recording");
    let of = "home_security_recording";
    let unauthorised = || json!("unauthorised");
    // Responders say how many were reached without authorization.
    assert_eq!(
        put(unauthorised(), json!("no"), recording(), of),
        Answer::Owed
    );
    assert_eq!(put(Value::Null, json!("no"), recording(), of), Answer::Owed);
    // Not whether they were encrypted, nor that what is of no class is of theirs.
    assert_eq!(
        put(unauthorised(), Value::Null, recording(), of),
        Answer::Open
    );
    assert_eq!(
        put(unauthorised(), json!("yes"), recording(), of),
        Answer::NotOwed
    );
    assert_eq!(
        put(unauthorised(), json!("no"), Value::Null, of),
        Answer::Open
    );
}

#[test]
fn an_exposure_that_may_be_of_nobody_is_not_surely_of_somebody() {
    let exposure = |count: Value| {
        json!({"kind": "exposure", "information": "health", "ground": "established",
               "acts": {"accessed": "yes"}, "count": count})
    };
    let put = |count| {
        put(
            "1health",
            REPORT,
            &[discovered(), exposure(count)],
            &json!([]),
        )
        .answer
    };
    assert_eq!(put(Value::Null), Answer::Owed);
    assert_eq!(put(json!({"at_least": 1, "at_most": 9})), Answer::Owed);
    assert_eq!(put(json!({"at_least": 0, "at_most": 9})), Answer::Open);
}

#[test]
fn a_notice_of_which_nobody_knows_whether_a_law_required_it_brings_nothing_into_force() {
    let put = |country: Value, required: Value, read: bool| {
        let notice = json!({"kind": "government_notice", "at": "2026-12-10T10:00:00Z",
                            "country": country, "required": required});
        let reports = [
            discovered(),
            notice,
            json!({
            "kind": "noncompliance", "order": "betterhelp", "provision": "I", "text": "found"}),
        ];
        let events = reports.iter().enumerate().map(|(number, report)| {
            json!({"id": format!("b{number}"), "matter": "M",
                   "recorded_at": "2026-12-01T15:00:00Z", "report": report})
        });
        let reading = json!({"id": "r", "at": "2026-12-02T00:00:00Z", "by": "counsel@example.com",
            "role": "counsel", "about": "betterhelp", "kind": "reading", "order": "betterhelp",
            "question": "in_force", "value": if read { "binds" } else { "does_not_bind" },
            "why": "as argued"});
        let facts = json!({"breach_events": events.collect::<Vec<_>>(), "decisions": [reading]});
        let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
        let mut settings = Settings::new(&[]).expect("the calendar");
        let window = Window {
            from: Some("2026-12-05".parse().expect("a date")),
            until: None,
        };
        settings.windows.insert("betterhelp".to_owned(), window);
        let mut all = decide_each(
            PACKS.order("betterhelp").expect("the order"),
            &incidents[0],
            &settings,
        );
        all.remove(0)
    };
    let (us, yes) = (|| json!("US"), || json!("yes"));
    assert_eq!(put(us(), yes(), true).answer, Answer::Owed);
    assert_eq!(put(us(), yes(), false).answer, Answer::NotOwed);
    assert_eq!(put(us(), json!("no"), true).answer, Answer::NotOwed);
    let one = put(us(), Value::Null, true);
    assert_eq!(one.answer, Answer::Open);
    assert!(
        asked(&one).contains(&"notice_required:b1"),
        "{:?}",
        one.asks
    );
    let one = put(Value::Null, yes(), true);
    assert_eq!(one.answer, Answer::Open);
    assert!(asked(&one).contains(&"notice_us:b1"), "{:?}", one.asks);
    assert_eq!(put(Value::Null, yes(), false).answer, Answer::NotOwed);
}

#[test]
fn of_what_nobody_knows_when_it_happened_it_is_for_counsel_whether_it_is_one_instance() {
    let exposure = |from: Value, count: u64| {
        json!({"kind": "exposure", "information": "home_security_recording", "from": from,
               "ground": "established", "acts": {"accessed": "yes"}, "encrypted": "no",
               "visibility": "private", "count": {"at_least": count, "at_most": count}})
    };
    let put = |from: Value| {
        let once = exposure(json!("2026-10-01T09:00:00Z"), 12);
        let one = put(
            "ring",
            REPORT,
            &[discovered(), once, exposure(from, 1)],
            &json!([]),
        );
        let raised = one.reserved.iter().any(|one| one.id == "aggregation");
        (one.answer, raised)
    };
    assert_eq!(put(json!("2026-10-01T09:00:00Z")), (Answer::Owed, false));
    assert_eq!(put(json!("2026-10-02T09:00:00Z")), (Answer::Owed, true));
    assert_eq!(put(Value::Null), (Answer::Owed, true));
}

#[test]
fn an_exposure_of_which_nobody_says_when_it_began_may_have_been_discovered_before_the_order() {
    let put = |from: Value| {
        let exposure = json!({"kind": "exposure", "information": "home_security_recording",
            "from": from, "ground": "established", "acts": {"accessed": "yes"},
            "encrypted": "no", "visibility": "private", "count": {"at_least": 12}});
        let indicated = json!({"kind": "exposure", "from": "2026-10-01T09:00:00Z"});
        put("ring", REPORT, &[exposure, indicated], &json!([])).answer
    };
    assert_eq!(put(json!("2026-10-01T09:00:00Z")), Answer::Owed);
    assert_eq!(put(json!("2020-10-01T09:00:00Z")), Answer::Open);
    assert_eq!(put(Value::Null), Answer::Open);
}
