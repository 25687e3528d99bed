//! Facts by hand: short makers of records, and the predicate of a clause about recordings.
#![allow(missing_docs, unreachable_pub)]

use facts::{
    Account, BreachEvent, Coverage, Decision, Finding, Ground, Information, Interval, Kleene,
};
use serde_json::{Value, json};
use tocsin_incident::{Counts, Fold, Incident, Row, count};

pub use tocsin_incident as incident;

/// `base` with the members of `more`.
pub fn with(mut base: Value, more: &Value) -> Value {
    base.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    base
}

/// A viewing of a recording, unauthorised and established; `access` and `verdict` change it.
pub fn finding(group: &str, id: &str, access: &Value, verdict: &Value) -> Finding {
    let access = with(
        json!({
            "id": id, "at": "2026-06-01T00:00:00Z", "actor": "x", "actor_kind": "employee",
            "action": "view", "outcome": "succeeded", "information": "home_security_recording",
            "account": "acct", "visibility": "private", "encrypted": "no",
        }),
        access,
    );
    let finding = json!({
        "group": group, "access": access, "verdict": "unauthorised", "ground": "established",
        "reason": "no_basis",
    });
    serde_json::from_value(with(finding, verdict)).unwrap()
}

pub fn put(fold: &mut Fold, finding: Finding) {
    fold.put_finding(finding.key(), Some(finding));
}

pub fn breach(id: &str, matter: &str, report: &Value) -> BreachEvent {
    breach_at(id, matter, "2026-10-01T00:00:00Z", report)
}

pub fn breach_at(id: &str, matter: &str, recorded_at: &str, report: &Value) -> BreachEvent {
    serde_json::from_value(json!({
        "id": id, "matter": matter, "recorded_at": recorded_at, "report": report,
    }))
    .unwrap()
}

pub fn account(id: &str, account: &str, recorded_at: &str, more: &Value) -> Account {
    let base = json!({"id": id, "account": account, "recorded_at": recorded_at});
    serde_json::from_value(with(base, more)).unwrap()
}

pub fn coverage(selector: &str, partition: i32, state: &str) -> Coverage {
    serde_json::from_value(json!({
        "selector": selector, "matters": [], "partition": partition, "from": 0, "to": 9,
        "state": state, "holes": 0,
    }))
    .unwrap()
}

pub fn decision(id: &str, about: &str, act: &Value) -> Decision {
    let base = json!({
        "id": id, "at": "2026-11-01T00:00:00Z", "by": "kim", "role": "counsel", "about": about,
    });
    serde_json::from_value(with(base, act)).unwrap()
}

/// Recordings reached without authorization, believed is enough, encrypted ones left out.
pub fn recordings(row: &Row) -> Kleene {
    let class = &row.class;
    let recording = match class.information {
        Some(one) => Kleene::from(one == Information::HomeSecurityRecording),
        None => Kleene::Unknown,
    };
    let acts = class
        .acts
        .accessed
        .or(class.acts.acquired)
        .or(class.acts.publicly_exposed);
    let spared = class.encrypted.and(!class.key_taken);
    recording
        .and(class.reached)
        .and(acts)
        .and(!spared)
        .and(row.unauthorised("ring", Ground::Believed))
}

pub fn counted(incident: &Incident) -> Counts {
    count(incident, &recordings)
}

pub fn only(fold: &Fold) -> Incident {
    let mut all = fold.incidents();
    assert_eq!(
        all.len(),
        1,
        "{:?}",
        all.iter().map(|one| &one.groups).collect::<Vec<_>>()
    );
    all.pop().unwrap()
}

pub const fn exactly(count: u64) -> Interval {
    Interval::exactly(count)
}

pub const fn between(at_least: u64, at_most: u64) -> Interval {
    Interval {
        at_least,
        at_most: Some(at_most),
    }
}

pub const fn from(at_least: u64) -> Interval {
    Interval {
        at_least,
        at_most: None,
    }
}
