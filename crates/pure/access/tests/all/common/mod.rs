//! Builders that the tests share.

use facts::{Access, BreachEvent, Finding, Grant, Variants};
use serde_json::{Value, json};
use tocsin_access::{Judged, Records, Settings, Terms, judge};

/// An instant of March 2026: `at(5)` is the beginning of the fifth.
pub(crate) fn at(day: u32) -> String {
    format!("2026-03-{day:02}T00:00:00Z")
}

/// `base` with the members of `more` put over it; null takes a member away.
pub(crate) fn with(mut base: Value, more: Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

/// An employee's view of a recording of account `home` on the tenth.
pub(crate) fn access(more: Value) -> Access {
    let base = json!({"id": "a1", "at": at(10), "actor": "emp", "actor_kind": "employee",
        "action": "view", "outcome": "succeeded", "information": "home_security_recording",
        "account": "home"});
    serde_json::from_value(with(base, more)).unwrap()
}

/// A grant to `emp` for account `home` from the first on.
pub(crate) fn grant(id: &str, kind: &str, more: Value) -> Grant {
    let base = json!({"id": id, "kind": kind, "recorded_at": at(1), "from": at(1),
        "actors": ["emp"], "accounts": ["home"]});
    serde_json::from_value(with(base, more)).unwrap()
}

/// The source's word that its record of all eight purposes is complete before the `day`th.
pub(crate) fn complete(id: &str, day: u32) -> Grant {
    let of = json!([
        "consent",
        "submission",
        "support_case",
        "legal_process",
        "illegal_activity",
        "legal_rights",
        "harm_prevention",
        "duty"
    ]);
    let all = json!({"id": id, "kind": "complete", "until": at(day), "of": of});
    serde_json::from_value(all).unwrap()
}

/// A breach event of matter M-7.
pub(crate) fn event(id: &str, report: Value) -> BreachEvent {
    event_of("M-7", id, report)
}

/// A breach event of `matter`, recorded on the twentieth.
pub(crate) fn event_of(matter: &str, id: &str, report: Value) -> BreachEvent {
    let all = json!({"id": id, "matter": matter, "recorded_at": at(20), "report": report});
    serde_json::from_value(all).unwrap()
}

/// A judgement of `authority` on all that `emp` did.
pub(crate) fn judgement(id: &str, authority: &str) -> BreachEvent {
    event(
        id,
        json!({"kind": "judgement", "authority": authority, "actors": ["emp"]}),
    )
}

/// A retraction, by `id`, of the record `of` on `topic`.
pub(crate) fn retraction(id: &str, of: &str, topic: Option<&str>) -> BreachEvent {
    event(id, json!({"kind": "retraction", "of": of, "topic": topic}))
}

/// What an order accepts.
pub(crate) fn terms(order: &str, rows: &str) -> Terms {
    let mut terms: Terms = toml::from_str(rows).unwrap();
    terms.order = order.to_owned();
    terms
}

/// An order that accepts all but duty of people, with attestation and training; of services also
/// duty, without.
pub(crate) fn strict(order: &str) -> Terms {
    terms(
        order,
        r#"
        [[rows]]
        actors = ["employee", "contractor", "third_party"]
        purposes = ["consent", "submission", "support_case", "legal_process", "illegal_activity",
                    "legal_rights", "harm_prevention"]
        attestation = true
        training = true
        "#,
    )
}

/// One order that accepts everything.
pub(crate) fn lenient() -> Vec<Terms> {
    vec![terms("lenient", "")]
}

/// Records of these.
pub(crate) fn records(events: Vec<BreachEvent>, grants: Vec<Grant>) -> Records {
    let mut records = Records::new();
    for event in events {
        records.add_breach(event);
    }
    for grant in grants {
        records.add_grant(grant);
    }
    records
}

/// The statements of one access.
pub(crate) fn statements(all: impl IntoIterator<Item = Access>) -> Variants<Access> {
    let mut variants = Variants::default();
    for one in all {
        variants.insert(one);
    }
    variants
}

/// What comes of judging one access that was stated once.
pub(crate) fn judged(access: &Access, records: &Records, bound: &[Terms]) -> Vec<Judged> {
    judge(
        &statements([access.clone()]),
        records,
        bound,
        &Settings::default(),
    )
}

/// The one finding on one access.
pub(crate) fn finding(access: &Access, records: &Records, bound: &[Terms]) -> Finding {
    let all = judged(access, records, bound);
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].finding().unwrap().clone()
}

/// Verdict, ground and reason of a finding, as words.
pub(crate) fn words(finding: &Finding) -> String {
    let ground = finding
        .ground
        .map_or(String::new(), |ground| format!(" {ground}"));
    format!("{}{ground} {}", finding.verdict, finding.reason)
}

/// [`words`] of the one finding on one access; `authorised` where there is none.
pub(crate) fn verdict(access: &Access, records: &Records, bound: &[Terms]) -> String {
    let all = judged(access, records, bound);
    if all.is_empty() {
        "authorised".to_owned()
    } else {
        words(&finding(access, records, bound))
    }
}
