//! A matter that was never on Kafka, put to the law by hand: the facts file of `tocsin decide`.

use crate::counted::CountedRow;
use crate::strict::{Once, check, list, unknown};
use access::{Judged, Records, Terms};
use facts::{
    Account, BreachEvent, Decision, Finding, Grant, Information, Moment, Reason, Report, Variants,
    Verdict,
};
use incident::{Discovery, Fold, Incident, Overlaps, Searched};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Why a facts file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactsError {
    /// Where in the file, such as `breach_events[3].report`.
    pub at: String,
    /// What is wrong, and what to do. Holds no value of the file.
    pub message: String,
}

impl std::fmt::Display for FactsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.at, self.message)
    }
}

impl std::error::Error for FactsError {}

impl FactsError {
    pub(crate) fn new(at: impl Into<String>, message: impl Into<String>) -> FactsError {
        FactsError {
            at: at.into(),
            message: message.into(),
        }
    }
}

/// The members of a facts file.
const MEMBERS: [&str; 6] = [
    "breach_events",
    "findings",
    "counts",
    "accounts",
    "grants",
    "decisions",
];

/// The incidents of a facts file: one, unless it holds several matters that nothing joins.
///
/// `bound` are the terms by which `grants`, if the file has any, judge its findings again; `as_of`
/// leaves out what was put on record later. A row of `counts` without `acts` counts what was
/// accessed or acquired, whichever; one without `ground` what is believed.
///
/// # Errors
/// When the file is no JSON, a member is unknown (the nearest known one is named), missing or of
/// the wrong type, a record contradicts itself, or rows of `counts` could belong to several
/// incidents.
pub fn facts_file(
    json: &str,
    bound: &[Terms],
    as_of: Option<Moment>,
) -> Result<Vec<Incident>, FactsError> {
    let json = json.trim_start_matches('\u{feff}');
    let Once(value) = serde_json::from_str(json).map_err(|why| {
        FactsError::new(
            format!("line {}, column {}", why.line(), why.column()),
            why.to_string(),
        )
    })?;
    let Value::Object(members) = value else {
        return Err(FactsError::new(
            "the file",
            "a facts file is a JSON object with `breach_events`",
        ));
    };
    for name in members.keys() {
        if !MEMBERS.contains(&name.as_str()) {
            return Err(FactsError::new(name, unknown(&MEMBERS)(name)));
        }
    }
    let in_time = |at: Option<Moment>| as_of.is_none_or(|limit| at.is_none_or(|at| at <= limit));
    let mut events: Vec<BreachEvent> = list(&members, "breach_events")?;
    events.retain(|event| in_time(Some(event.recorded_at)));
    check(&events, "breach_events", BreachEvent::fault)?;
    check(&events, "breach_events", BreachEvent::doubt)?;
    let mut accounts: Vec<Account> = list(&members, "accounts")?;
    accounts.retain(|account| in_time(Some(account.recorded_at)));
    check(&accounts, "accounts", Account::fault)?;
    check(&accounts, "accounts", Account::doubt)?;
    let mut grants: Vec<Grant> = list(&members, "grants")?;
    grants.retain(|grant| in_time(grant.recorded_at));
    check(&grants, "grants", Grant::fault)?;
    let mut decisions: Vec<Decision> = list(&members, "decisions")?;
    decisions.retain(|decision| in_time(Some(decision.at)));
    check(&decisions, "decisions", Decision::fault)?;
    let findings = findings(&members, &events)?;
    let (findings, excused) = if grants.is_empty() {
        (findings, Vec::new())
    } else {
        judge(findings, &events, &grants, bound)
    };

    let mut fold = Fold::new();
    for event in &events {
        fold.put_breach(event.clone());
    }
    for finding in findings {
        fold.put_finding(finding.key(), Some(finding));
    }
    for one in excused {
        fold.put_excused(one.excused_key(), Some(one));
    }
    for account in accounts {
        fold.put_account(account);
    }
    for decision in &decisions {
        fold.put_decision(decision.clone());
    }
    let rows: Vec<CountedRow> = list(&members, "counts")?;
    check(&rows, "counts", CountedRow::fault)?;
    let digest = facts::digest_json(&members);
    with_rows(fold.incidents(), &rows, decisions, &digest)
}

/// Adds the rows of `counts` to the one incident of the file.
fn with_rows(
    mut incidents: Vec<Incident>,
    rows: &[CountedRow],
    decisions: Vec<Decision>,
    digest: &str,
) -> Result<Vec<Incident>, FactsError> {
    if incidents.is_empty() {
        incidents.push(empty(decisions));
    }
    if rows.is_empty() {
        return Ok(incidents);
    }
    let [incident] = incidents.as_mut_slice() else {
        return Err(FactsError::new(
            "counts",
            "the file holds several matters, and nothing says whose rows these are; add a `join` \
             report, or decide each matter by itself",
        ));
    };
    add_rows(incident, rows);
    for without in &mut incident.without {
        add_rows(&mut without.incident, rows);
    }
    digest.clone_into(&mut incident.facts_digest);
    Ok(incidents)
}

fn add_rows(incident: &mut Incident, rows: &[CountedRow]) {
    let key = incident::key_taken(incident);
    for row in rows {
        for classes in incident.information_by_matter.values_mut() {
            classes.extend(row.information);
        }
        if incident.information_by_matter.is_empty() {
            for matter in &incident.matters {
                let classes: BTreeSet<Information> = row.information.into_iter().collect();
                incident
                    .information_by_matter
                    .insert(matter.clone(), classes);
            }
        }
        incident.rows.push(row.row(&key));
    }
}

/// An incident of which nothing is on record but rows.
fn empty(decisions: Vec<Decision>) -> Incident {
    Incident {
        id: Fold::id_of(&[]),
        matter: None,
        matters: Vec::new(),
        actors: Vec::new(),
        groups: Vec::new(),
        times: BTreeMap::new(),
        mode: None,
        first: None,
        last: None,
        discovery: Discovery::Unknown,
        rows: Vec::new(),
        overlaps: Overlaps::default(),
        attempts: 0,
        searched: Searched {
            complete: true,
            ..Searched::default()
        },
        reports: Vec::new(),
        withdrawn: Vec::new(),
        information_by_matter: BTreeMap::new(),
        decisions,
        parted_but_connected: false,
        facts_digest: String::new(),
        without: Vec::new(),
        named: Default::default(),
        without_more: 0,
        uncounted: Vec::new(),
        uncounted_accounts: None,
    }
}

/// The findings of the file; `incident` of `findings.jsonl` names none of its groups, so that one
/// without a group belongs to the file's matter, failing that to its actor.
fn findings(
    members: &Map<String, Value>,
    events: &[BreachEvent],
) -> Result<Vec<Finding>, FactsError> {
    let matters: BTreeSet<&str> = events.iter().map(|event| event.matter.as_str()).collect();
    let only = matters.first().filter(|_| matters.len() == 1);
    let Some(Value::Array(values)) = members.get("findings") else {
        return list(members, "findings");
    };
    let mut values = values.clone();
    for value in values.iter_mut().filter_map(Value::as_object_mut) {
        value.shift_remove("incident");
        let actor = value.get("access").and_then(|access| access.get("actor"));
        let group = match (only, actor.and_then(Value::as_str)) {
            (Some(matter), _) => format!("matter:{matter}"),
            (None, Some(actor)) => format!("actor:{actor}"),
            (None, None) => "unknown-actor".to_owned(),
        };
        if value.get("group").is_none_or(Value::is_null) {
            value.insert("group".to_owned(), group.into());
        }
    }
    let prepared = Map::from_iter([("findings".to_owned(), Value::Array(values))]);
    let found: Vec<Finding> = list(&prepared, "findings")?;
    check(&found, "findings", |finding| finding.access.fault())?;
    Ok(found)
}

/// The findings judged again by the grants of the file, and what they would be without late ones.
/// What grants authorise stays on record as that, unless the access was retracted: somebody looked,
/// and it counts nowhere.
fn judge(
    findings: Vec<Finding>,
    events: &[BreachEvent],
    grants: &[Grant],
    bound: &[Terms],
) -> (Vec<Finding>, Vec<Finding>) {
    let mut records = Records::default();
    let mut retracted = BTreeSet::new();
    for event in events {
        if let Report::Retraction(one) = &event.report {
            retracted.insert(one.of.as_str());
        }
        records.add_breach(event.clone());
    }
    for grant in grants {
        records.add_grant(grant.clone());
    }
    let (mut judged, mut excused) = (Vec::new(), Vec::new());
    let settings = access::Settings::default();
    for mut finding in findings {
        let mut variants = Variants::default();
        variants.insert(finding.access.clone());
        let (again, less) = access::judge_and_excuse(&variants, &records, bound, &settings);
        let group = |again: &str| match again.starts_with("matter:") {
            true => again.to_owned(),
            false => finding.group.clone(),
        };
        excused.extend(less.into_iter().map(|one| Finding {
            group: group(&one.group),
            ..one
        }));
        if again.is_empty() && !retracted.contains(finding.access.id.as_str()) {
            (finding.verdict, finding.ground) = (Verdict::Authorised, None);
            finding.reason = Reason::Purpose;
            finding.by_order.clear();
            judged.push(finding);
            continue;
        }
        for one in again {
            if let Judged::Finding(mut again) = one {
                again.group = group(&again.group);
                judged.push(*again);
            }
        }
    }
    (judged, excused)
}
