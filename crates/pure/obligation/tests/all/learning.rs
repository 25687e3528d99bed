//! An answer that was given while something was unknown is never contradicted by learning it.

use facts::Kleene;
use obligation_under_test::{Answer, Settings, Undigested, decide, facts_file};
use orders::Packs;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use tocsin_obligation as obligation_under_test;

static PACKS: LazyLock<Packs> = LazyLock::new(|| Packs::embedded().expect("the packs parse"));
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Settings::new(&[]).expect("the calendar"));

/// Every order that has a duty, on the same facts: without grants, they are the same to all.
fn answers(facts: &Value) -> Vec<Undigested> {
    let incidents = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
    assert_eq!(incidents.len(), 1);
    let mut all = Vec::new();
    for order in PACKS.orders().filter(|order| !order.duties.is_empty()) {
        all.extend(decide(order, &incidents[0], &SETTINGS).expect("dates in range"));
    }
    all.retain(|one| one.duty.is_some());
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
                "meeting_recording",
                "health_record",
                "health",
                "financial",
                "platform_data",
                "geolocation",
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
            vec![json!(1), json!(9), json!(10), json!(40), json!(500)],
        )),
        member(
            "consumers",
            vec![json!(1), json!(249), json!(250), json!(600)],
        ),
        member("residence", words(&["US-CA", "US", "GB"])),
    )
        .prop_map(|(a, b, c, d, e, f, g, h)| vec![a, b, c, d, e, f, g, h])
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

/// Yes/no facts of the whole matter. Evidence that rebuts a presumption is had or not had, and what
/// individuals authorised is a dispute where a verdict says otherwise: neither is learnt. Nor is
/// whether a record is in a personal health record: its class stands where nobody says.
fn circumstance() -> impl Strategy<Value = Vec<Member>> {
    let names = words(&[
        "notice_would_be_required",
        "client_notice_required",
        "host_distributed_access",
        "public_meeting",
        "identifiable",
        "hosting_services",
        "contract_breached",
        "platform_terms_breached",
        "covered_third_party",
        "hipaa_capacity",
        "relates_to_product",
        "devices_accessed",
    ]);
    let name = prop::sample::select(names).prop_map(|value| Member {
        name: "name",
        value,
        at_first: true,
    });
    (name, member("value", words(&["yes", "no"]))).prop_map(|(name, value)| vec![name, value])
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
    circumstances: &[Vec<Member>],
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
    let mut named: Vec<&Value> = Vec::new();
    for (index, members) in circumstances.iter().enumerate() {
        // Two statements that differ are a dispute, and nothing is learnt by one.
        let name = &members[0].value;
        if named.contains(&name) {
            continue;
        }
        named.push(name);
        let mut report = object(members, learnt);
        report.insert("kind".to_owned(), json!("circumstance"));
        events.push(json!({
            "id": format!("c{index}"), "matter": "M", "recorded_at": "2026-12-02T00:00:00Z",
            "report": report
        }));
    }
    // What was verified or determined is an act: on record or not, never unknown.
    for name in ["verified", "determined"] {
        events.push(json!({
            "id": name, "matter": "M", "recorded_at": "2026-12-02T00:00:00Z",
            "report": {"kind": "milestone", "name": name, "at": "2026-12-02T00:00:00Z"}
        }));
    }
    let counts: Vec<Map<String, Value>> = rows.iter().map(|row| object(row, learnt)).collect();
    json!({"breach_events": events, "counts": counts})
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn learning_never_contradicts(
        rows in prop::collection::vec(row(), 0..4),
        notices in prop::collection::vec(notice(), 0..2),
        said in prop::collection::vec(circumstance(), 0..4),
        discovered in member("at", words(&["2020-01-01T00:00:00Z", "2026-11-01T00:00:00Z"])),
    ) {
        let before = answers(&facts(&rows, &notices, &said, &discovered, false));
        let after = answers(&facts(&rows, &notices, &said, &discovered, true));
        for (before, after) in before.iter().zip(&after) {
            prop_assert!(
                before.answer == Answer::Open || before.answer == after.answer,
                "{:?} became {:?}:\n{:#?}\n{:#?}",
                before.answer, after.answer, before.because, after.because
            );
            for (unit, wide) in &before.counts {
                let narrow = after.counts[unit];
                let within = wide.at_least <= narrow.at_least
                    && wide
                        .at_most
                        .is_none_or(|most| narrow.at_most.is_some_and(|one| one <= most));
                prop_assert!(within, "{unit}: {wide:?} became {narrow:?}");
            }
        }
    }

    #[test]
    fn what_is_open_says_what_would_settle_it(
        rows in prop::collection::vec(row(), 0..4),
        notices in prop::collection::vec(notice(), 0..2),
        said in prop::collection::vec(circumstance(), 0..4),
        discovered in member("at", words(&["2026-11-01T00:00:00Z"])),
    ) {
        for one in answers(&facts(&rows, &notices, &said, &discovered, false)) {
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
