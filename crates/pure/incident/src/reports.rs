//! Responders' reports, each id with all its statements, found by matter and by account.

use crate::Reported;
use facts::{BreachEvent, Exposure, Merged, MilestoneName, Moment, Private, Report, Variants};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that was stated under one id.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) statements: Variants<BreachEvent>,
    /// What the statements come to.
    pub(crate) reported: Reported,
    /// Every matter that a statement names: one, unless that is disputed.
    pub(crate) matters: BTreeSet<String>,
}

impl Entry {
    /// One statement by itself.
    pub(crate) fn of(event: BreachEvent) -> Option<Entry> {
        let mut statements = Variants::default();
        let matters = BTreeSet::from([event.matter.clone()]);
        statements.insert(event);
        let reported = settled(&statements)?;
        Some(Entry {
            statements,
            reported,
            matters,
        })
    }

    /// Whether the statements agree on what kind of report this is; if not, it decides nothing.
    pub(crate) fn is_of_one_kind(&self) -> bool {
        !self.reported.is_disputed("report.kind")
    }

    /// The report, where its kind is clear.
    pub(crate) fn report(&self) -> Option<&Report> {
        self.is_of_one_kind()
            .then_some(&self.reported.record.report)
    }

    /// Whether any of its statements gives figures about the whole of its matter.
    pub(crate) fn states_figures(&self) -> bool {
        self.statements
            .iter()
            .any(|event| matches!(event.report, Report::Exposure(_) | Report::Tally(_)))
    }

    /// The exposures that it states, and whether it contradicts itself about what they are.
    pub(crate) fn exposures(&self) -> Vec<(&Exposure, bool)> {
        fn exposure(report: &Report) -> Option<&Exposure> {
            match report {
                Report::Exposure(one) => Some(one),
                _ => None,
            }
        }
        if let Some(report) = self.report() {
            let disputed = self.reported.is_disputed("matter");
            return exposure(report)
                .map(|one| (one, disputed))
                .into_iter()
                .collect();
        }
        let stated = self
            .statements
            .iter()
            .filter_map(|event| exposure(&event.report));
        stated.map(|one| (one, true)).collect()
    }
}

/// All reports.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reports {
    by_id: BTreeMap<String, Entry>,
    by_matter: BTreeMap<String, BTreeSet<String>>,
    /// Ids of reports of exposures by the accounts that some statement of them names.
    by_account: BTreeMap<Private, BTreeSet<String>>,
    /// Ids of reports of which some statement is a `join` or `part`.
    groupings: BTreeSet<String>,
}

impl Reports {
    /// Adds a statement; gives what is now on record under its id, or nothing if it was known.
    pub(crate) fn insert(&mut self, event: BreachEvent) -> Option<&Entry> {
        let event = normalised(event);
        let id = event.id.clone();
        let mut statements = self
            .by_id
            .get(&id)
            .map(|entry| entry.statements.clone())
            .unwrap_or_default();
        if !statements.insert(event.clone()) {
            return None;
        }
        self.by_matter
            .entry(event.matter.clone())
            .or_default()
            .insert(id.clone());
        match &event.report {
            Report::Exposure(one) => {
                for account in one.accounts.iter().flatten() {
                    self.by_account
                        .entry(account.clone())
                        .or_default()
                        .insert(id.clone());
                }
            }
            Report::Join(_) | Report::Part(_) => {
                self.groupings.insert(id.clone());
            }
            _ => {}
        }
        let reported = settled(&statements)?;
        let matters = statements.iter().map(|one| one.matter.clone()).collect();
        self.by_id.insert(
            id.clone(),
            Entry {
                statements,
                reported,
                matters,
            },
        );
        self.by_id.get(&id)
    }

    /// What is on record under `id`.
    pub(crate) fn get(&self, id: &str) -> Option<&Entry> {
        self.by_id.get(id)
    }

    /// Every matter that a report names.
    pub(crate) fn matters(&self) -> impl Iterator<Item = &String> {
        self.by_matter.keys()
    }

    /// Whether a report names `matter`.
    pub(crate) fn has_matter(&self, matter: &str) -> bool {
        self.by_matter.contains_key(matter)
    }

    /// The reports on any of `matters`, by id.
    pub(crate) fn on<'a>(&'a self, matters: &[String]) -> BTreeMap<&'a str, &'a Entry> {
        let ids = matters
            .iter()
            .filter_map(|matter| self.by_matter.get(matter))
            .flatten();
        ids.filter_map(|id| Some((id.as_str(), self.by_id.get(id)?)))
            .collect()
    }

    /// The matters of exposures that name `account`.
    pub(crate) fn matters_exposing(&self, account: &str) -> BTreeSet<String> {
        let ids = self.by_account.get(account).into_iter().flatten();
        ids.filter_map(|id| self.by_id.get(id))
            .flat_map(|entry| entry.matters.clone())
            .collect()
    }

    /// The reports that join or part, by id.
    pub(crate) fn groupings(&self) -> impl Iterator<Item = &Entry> {
        self.groupings.iter().filter_map(|id| self.by_id.get(id))
    }
}

/// The figures of an exposure of which it says at least more than at most: it contradicts itself,
/// so each is anything up to the greater.
fn crossed(exposure: &mut Exposure) -> Vec<String> {
    let figures = [
        ("count", &mut exposure.count),
        ("consumers", &mut exposure.consumers),
        ("resources", &mut exposure.resources),
        ("devices", &mut exposure.devices),
    ];
    let mut crossed = Vec::new();
    for (name, figure) in figures {
        if let Some(figure) = figure.as_mut().filter(|one| one.is_contradiction()) {
            figure.at_most = Some(figure.at_least);
            crossed.push(format!("report.{name}.at_least"));
        }
    }
    crossed
}

/// What the statements come to. Beyond [`Variants::merged`]: a disputed instant that starts
/// something counts at its earliest, a disputed count says nothing, a disputed selector makes the
/// value unknown that it carries.
fn settled(statements: &Variants<BreachEvent>) -> Option<Reported> {
    let mut merged = statements.merged()?;
    if let Report::Exposure(one) = &mut merged.record.report {
        merged.disputed.extend(crossed(one));
    }
    if merged.disputed.is_empty() {
        return Some(merged);
    }
    if let Some(earliest) = statements.iter().map(|one| one.recorded_at).min() {
        merged.record.recorded_at = earliest;
    }
    let earliest = statements
        .iter()
        .filter_map(|one| instant(&one.report))
        .min();
    let disputed = merged.disputed.clone();
    let is_disputed = |path: &str| {
        Merged {
            record: (),
            disputed: disputed.clone(),
        }
        .is_disputed(path)
    };
    match &mut merged.record.report {
        Report::Milestone(one) if is_disputed("report.at") && starts(one.name) => one.at = earliest,
        Report::GovernmentNotice(one) if is_disputed("report.at") => one.at = earliest,
        Report::ConsumerNotice(one) if is_disputed("report.at") => one.at = earliest,
        Report::Exposure(one) => {
            for (name, interval) in [
                ("report.count.at_least", &mut one.count),
                ("report.consumers.at_least", &mut one.consumers),
                ("report.resources.at_least", &mut one.resources),
                ("report.devices.at_least", &mut one.devices),
            ] {
                if let Some(interval) = interval
                    && is_disputed(name)
                {
                    interval.at_least = 0;
                }
            }
        }
        Report::Noncompliance(one) if is_disputed("report.consumers.at_least") => {
            if let Some(interval) = &mut one.consumers {
                interval.at_least = 0;
            }
        }
        Report::Circumstance(one) => {
            let names = one
                .matching
                .lists()
                .map(|(name, _)| format!("report.{name}"));
            let window = ["report.from".to_owned(), "report.until".to_owned()];
            if names.iter().chain(&window).any(|name| is_disputed(name)) {
                one.value = None;
            }
        }
        _ => {}
    }
    Some(merged)
}

/// Whether a milestone starts something; the others end a recurring duty, and where their instant
/// is disputed nothing says that it is over.
fn starts(name: MilestoneName) -> bool {
    !matches!(
        name,
        MilestoneName::InvestigationCompleted | MilestoneName::Remediated
    )
}

fn instant(report: &Report) -> Option<Moment> {
    match report {
        Report::Milestone(one) => one.at,
        Report::GovernmentNotice(one) => one.at,
        Report::ConsumerNotice(one) => one.at,
        _ => None,
    }
}

/// `record` with every list sorted and without repetitions: lists in reports are sets.
fn normalised<T: Serialize + DeserializeOwned>(record: T) -> T {
    fn sort(value: &mut Value) {
        match value {
            Value::Array(items) => {
                items.iter_mut().for_each(sort);
                items.sort_by_cached_key(facts::canonical_json);
                items.dedup();
            }
            Value::Object(members) => members.values_mut().for_each(sort),
            _ => {}
        }
    }
    let Ok(mut value) = serde_json::to_value(&record) else {
        return record;
    };
    sort(&mut value);
    serde_json::from_value(value).unwrap_or(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(report: Value) -> BreachEvent {
        serde_json::from_value(serde_json::json!({
            "id": "b", "matter": "M", "recorded_at": "2026-10-02T00:00:00Z", "report": report,
        }))
        .unwrap()
    }

    fn come_to(reports: &[Value]) -> Reported {
        let mut all = Reports::default();
        for report in reports {
            all.insert(event(report.clone()));
        }
        all.get("b").unwrap().reported.clone()
    }

    #[test]
    fn a_disputed_instant_counts_at_its_earliest_however_it_is_written() {
        let at =
            |text: &str| serde_json::json!({"kind": "milestone", "name": "discovered", "at": text});
        let one = come_to(&[at("2026-10-01T00:00:00.5Z"), at("2026-10-01T00:00:00Z")]);
        let Report::Milestone(milestone) = &one.record.report else {
            unreachable!()
        };
        assert_eq!(milestone.at, Some("2026-10-01T00:00:00Z".parse().unwrap()));
        assert!(one.is_disputed("report.at"));
    }

    #[test]
    fn a_disputed_count_says_nothing() {
        let count = |least: u64| {
            let count = serde_json::json!({"at_least": least, "at_most": least});
            serde_json::json!({"kind": "exposure", "count": count})
        };
        let one = come_to(&[count(9), count(10)]);
        let Report::Exposure(exposure) = &one.record.report else {
            unreachable!()
        };
        assert_eq!(exposure.count, Some(facts::Interval::UNBOUNDED));
    }

    #[test]
    fn a_figure_of_at_least_more_than_at_most_is_anything_up_to_the_greater() {
        let count = serde_json::json!({"at_least": 9, "at_most": 3});
        let one = come_to(&[serde_json::json!({"kind": "exposure", "count": count})]);
        let Report::Exposure(exposure) = &one.record.report else {
            unreachable!()
        };
        let anything = facts::Interval {
            at_least: 0,
            at_most: Some(9),
        };
        assert_eq!(exposure.count, Some(anything));
        assert!(one.is_disputed("report.count"), "{:?}", one.disputed);
    }

    #[test]
    fn lists_are_sets() {
        let accounts = |list: Value| serde_json::json!({"kind": "exposure", "accounts": list});
        let one = come_to(&[
            accounts(serde_json::json!(["b", "a"])),
            accounts(serde_json::json!(["a", "b", "b"])),
        ]);
        assert!(one.disputed.is_empty());
    }
}
