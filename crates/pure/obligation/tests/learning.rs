//! An answer that was given while something was unknown is never contradicted by learning it.

use facts::Kleene;
use obligation_under_test::{Answer, Determination, Settings, decide, facts_file};
use orders::Packs;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use tocsin_obligation as obligation_under_test;

static PACKS: LazyLock<Packs> = LazyLock::new(|| Packs::embedded().expect("the packs parse"));
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Settings::new(&[]).expect("the calendar"));

/// Every order that has a duty, on the same facts.
fn answers(facts: &Value) -> Vec<Determination> {
    let mut all = Vec::new();
    for order in PACKS.orders().filter(|order| !order.duties.is_empty()) {
        let terms = std::slice::from_ref(&order.terms);
        let incidents = facts_file(&facts.to_string(), terms, None).expect("the facts parse");
        assert_eq!(incidents.len(), 1);
        all.extend(decide(order, &incidents[0], &SETTINGS).expect("dates in range"));
    }
    all
}

/// A member that is known at once, or learnt later.
#[derive(Debug, Clone)]
struct Member {
    name: &'static str,
    value: Value,
    at_first: bool,
}

fn member(name: &'static str, values: Vec<Value>) -> impl Strategy<Value = Member> {
    (prop::sample::select(values), prop::bool::weighted(0.6)).prop_map(move |(value, at_first)| {
        Member {
            name,
            value,
            at_first,
        }
    })
}

fn words(list: &[&str]) -> Vec<Value> {
    list.iter().map(|word| json!(word)).collect()
}

fn row() -> impl Strategy<Value = Vec<Member>> {
    (
        member(
            "information",
            words(&[
                "home_security_recording",
                "home_security_recording",
                "profile",
            ]),
        ),
        member("authority", words(&["unauthorised", "authorised"])),
        member("encrypted", words(&["yes", "no"])),
        member("key_taken", words(&["yes", "no"])),
        member(
            "visibility",
            words(&["private", "private", "public", "shared_with_others"]),
        ),
        (member(
            "accounts",
            vec![json!(1), json!(5), json!(9), json!(10), json!(40)],
        )),
        member("consumers", vec![json!(1), json!(12)]),
    )
        .prop_map(|(a, b, c, d, e, f, g)| vec![a, b, c, d, e, f, g])
}

fn notice() -> impl Strategy<Value = Vec<Member>> {
    (
        member("country", words(&["US", "GB"])),
        member("required", words(&["yes", "no"])),
        member(
            "information",
            vec![json!(["home_security_recording"]), json!(["credential"])],
        ),
    )
        .prop_map(|(a, b, c)| {
            // What a notice does not say of itself is no unknown: its matter's class stands for it.
            vec![
                a,
                b,
                Member {
                    at_first: true,
                    ..c
                },
            ]
        })
}

fn object(members: &[Member], learnt: bool) -> Map<String, Value> {
    let known = members.iter().filter(|member| learnt || member.at_first);
    known
        .map(|member| (member.name.to_owned(), member.value.clone()))
        .collect()
}

/// A case as far as it is known at first, or when everything was learnt.
fn facts(
    rows: &[Vec<Member>],
    notices: &[Vec<Member>],
    discovered: &Member,
    learnt: bool,
) -> Value {
    let mut events = vec![json!({
        "id": "s", "matter": "M", "recorded_at": "2026-12-01T00:00:00Z",
        "report": {"kind": "statement", "item": "facts", "text": "something happened"}
    })];
    if learnt || discovered.at_first {
        events.push(json!({
            "id": "d", "matter": "M", "recorded_at": "2026-12-01T00:00:00Z",
            "report": {"kind": "milestone", "name": "discovered", "at": discovered.value}
        }));
    }
    for (index, members) in notices.iter().enumerate() {
        let mut report = object(members, learnt);
        report.insert("kind".to_owned(), json!("government_notice"));
        report.insert("at".to_owned(), json!("2026-11-20T00:00:00Z"));
        events.push(json!({
            "id": format!("n{index}"), "matter": "M", "recorded_at": "2026-12-02T00:00:00Z",
            "report": report
        }));
    }
    let counts: Vec<Map<String, Value>> = rows.iter().map(|row| object(row, learnt)).collect();
    json!({"breach_events": events, "counts": counts})
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn learning_never_contradicts(
        rows in prop::collection::vec(row(), 0..4),
        notices in prop::collection::vec(notice(), 0..2),
        discovered in member("at", words(&["2020-01-01T00:00:00Z", "2026-11-01T00:00:00Z"])),
    ) {
        let before = answers(&facts(&rows, &notices, &discovered, false));
        let after = answers(&facts(&rows, &notices, &discovered, true));
        for (before, after) in before.iter().zip(&after) {
            prop_assert!(
                before.answer == Answer::Open || before.answer == after.answer,
                "{:?} became {:?}:\n{:#?}\n{:#?}",
                before.answer, after.answer, before.because, after.because
            );
            let wider = |unit: &str| {
                let (wide, narrow) = (before.counts[unit], after.counts[unit]);
                wide.at_least <= narrow.at_least
                    && wide.at_most.is_none_or(|most| narrow.at_most.is_some_and(|one| one <= most))
            };
            prop_assert!(wider("accounts"), "{:?} {:?}", before.counts, after.counts);
        }
    }

    #[test]
    fn what_is_open_says_what_would_settle_it(
        rows in prop::collection::vec(row(), 0..4),
        notices in prop::collection::vec(notice(), 0..2),
        discovered in member("at", words(&["2026-11-01T00:00:00Z"])),
    ) {
        for one in answers(&facts(&rows, &notices, &discovered, false)) {
            if one.answer == Answer::Open {
                prop_assert_eq!(one.because.value, Kleene::Unknown);
                prop_assert!(!one.asks.is_empty() || !one.reserved.is_empty(), "{:#?}", one);
            } else {
                prop_assert!(one.asks.iter().all(|ask| ask.would.is_empty()));
            }
            prop_assert!((one.answer == Answer::NotOwed) == one.reminder.is_none());
        }
    }
}
