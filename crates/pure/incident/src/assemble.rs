//! One incident out of its facts: a pure function of what the fold holds.

use crate::findings::Reached;
use crate::fold::Fold;
use crate::grouping::{Scope, matter_group};
use crate::reports::Entry;
use crate::rows::Rows;
use crate::withdrawal::{ACCESS_EVENTS, ACCOUNTS, BREACH_EVENTS, DECISIONS};
use crate::{Discovery, Incident, Row, Searched};
use facts::{
    Decision, IndicatorMode, Information, Kleene, MilestoneName, Moment, Private, Report, Span,
    digest_json, digest_parts, short_id,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Up to how many groups of one incident every earlier union of them is recognised by its id.
const SUBSETS_UP_TO: usize = 8;

/// The id of the incident that is the union of `groups`, which are sorted.
pub(crate) fn incident_id<'a>(groups: impl IntoIterator<Item = &'a String>) -> String {
    let names: Vec<&str> = groups.into_iter().map(String::as_str).collect();
    short_id("inc", &names)
}

/// What the digest of an incident's facts is made from.
#[derive(Serialize)]
struct Content<'a> {
    groups: &'a BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    times: &'a BTreeMap<String, Vec<Span>>,
    parted_but_connected: bool,
    mode: Option<IndicatorMode>,
    first: Option<Moment>,
    last: Option<Moment>,
    discovery: Discovery,
    rows: &'a [Row],
    attempts: u64,
    searched: &'a Searched,
    reports: Vec<(&'a facts::BreachEvent, &'a [String])>,
    withdrawn: &'a [String],
    decisions: &'a [Decision],
    findings: String,
}

impl Fold {
    /// The incident that `scope` is.
    pub(crate) fn assemble(&self, scope: &Scope) -> Incident {
        let groups = &scope.groups;
        let matters: Vec<String> = named(groups, "matter:").map(str::to_owned).collect();
        let actors: Vec<Private> = named(groups, "actor:").map(Private::from).collect();
        let (standing, withdrawn) = self.reports_on(&matters, scope);
        let access_stands = |id: &str| !self.withdrawals.withdrew(ACCESS_EVENTS, id);
        let account_stands = |id: &str| !self.withdrawals.withdrew(ACCOUNTS, id);
        let reached = self.findings.reached(scope, &access_stands);

        let entries: Vec<&Entry> = standing.values().copied().collect();
        let mut rows = Rows::new(&self.people, &account_stands, &entries);
        for one in &reached {
            rows.add_access(one);
        }
        for (id, entry) in &standing {
            let unsure = self.withdrawals.standing(BREACH_EVENTS, id) == Kleene::Unknown;
            for (exposure, disputed) in entry.exposures() {
                let at = entry.reported.record.recorded_at;
                rows.add_exposure(exposure, &entry.matters, at, disputed || unsure);
            }
        }
        let (first, last) = extent(&reached, &entries);
        let mut incident = Incident {
            id: incident_id(groups),
            matter: matters.first().cloned(),
            information_by_matter: information(&matters, &reached, &entries),
            matters,
            actors,
            groups: groups.iter().cloned().collect(),
            mode: mode(&entries),
            first,
            last,
            discovery: discovery(first, &reached, &entries),
            rows: rows.finish(),
            attempts: self.findings.attempts(scope),
            searched: self.searches.searched(groups),
            reports: entries.iter().map(|entry| entry.reported.clone()).collect(),
            withdrawn,
            decisions: self.decisions_about(groups),
            parted_but_connected: scope.parted,
            times: scope.times.clone(),
            facts_digest: String::new(),
        };
        incident.facts_digest = self.digest(scope, &incident);
        incident
    }

    /// The reports on `matters` that stand, and the ids of those that were withdrawn. Figures
    /// about the whole of a matter are not about those of its accesses that are here by a time.
    fn reports_on(
        &self,
        matters: &[String],
        scope: &Scope,
    ) -> (BTreeMap<&str, &Entry>, Vec<String>) {
        let mut standing = self.reports.on(matters);
        if !scope.guests.is_empty() {
            let is_guest = |matter: &String| scope.guests.contains(&matter_group(matter));
            standing
                .retain(|_, entry| !entry.states_figures() || !entry.matters.iter().all(is_guest));
        }
        let mut withdrawn = Vec::new();
        standing.retain(|id, _| {
            let stands = !self.withdrawals.withdrew(BREACH_EVENTS, id);
            if !stands {
                withdrawn.push((*id).to_owned());
            }
            stands
        });
        (standing, withdrawn)
    }

    /// Answers about the union of `groups`, or about what part of it was an incident before a
    /// join, and all readings; none that was revoked.
    fn decisions_about(&self, groups: &BTreeSet<String>) -> Vec<Decision> {
        let mut ids: BTreeSet<String> = groups.iter().map(|group| incident_id([group])).collect();
        ids.insert(incident_id(groups));
        let names: Vec<&String> = groups.iter().collect();
        if (3..=SUBSETS_UP_TO).contains(&names.len()) && self.decisions.has_answers_beyond(&ids) {
            for mask in 1_u32..1 << names.len() {
                let chosen = names
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| mask >> at & 1 == 1);
                ids.insert(incident_id(chosen.map(|(_, name)| *name)));
            }
        }
        self.decisions
            .about(&ids, &|id| !self.withdrawals.withdrew(DECISIONS, id))
    }

    fn digest(&self, scope: &Scope, incident: &Incident) -> String {
        let findings: Vec<&str> = self.findings.digests(scope).flatten().collect();
        digest_json(&Content {
            groups: &scope.groups,
            times: &scope.times,
            parted_but_connected: incident.parted_but_connected,
            mode: incident.mode,
            first: incident.first,
            last: incident.last,
            discovery: incident.discovery,
            rows: &incident.rows,
            attempts: incident.attempts,
            searched: &incident.searched,
            reports: incident
                .reports
                .iter()
                .map(|one| (&one.record, one.disputed.as_slice()))
                .collect(),
            withdrawn: &incident.withdrawn,
            decisions: &incident.decisions,
            findings: digest_parts(&findings),
        })
    }
}

fn named<'a>(groups: &'a BTreeSet<String>, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    groups
        .iter()
        .filter_map(move |group| group.strip_prefix(prefix))
}

/// How it came about, where all indicators that say so agree.
fn mode(entries: &[&Entry]) -> Option<IndicatorMode> {
    let mut modes = BTreeSet::new();
    for entry in entries {
        if let Some(Report::Indicator(one)) = entry.report() {
            if entry.reported.is_disputed("report.mode") {
                return None;
            }
            modes.extend(one.mode);
        }
    }
    modes.pop_first().filter(|_| modes.is_empty())
}

/// First and last access or exposure. What has an end lasts to its end.
fn extent(reached: &[Reached<'_>], entries: &[&Entry]) -> (Option<Moment>, Option<Moment>) {
    let mut moments = BTreeSet::new();
    for access in reached.iter().map(|one| one.access.as_ref()) {
        moments.extend([Some(access.at), access.until].into_iter().flatten());
    }
    for (exposure, _) in entries.iter().flat_map(|entry| entry.exposures()) {
        moments.extend([exposure.from, exposure.until].into_iter().flatten());
    }
    (moments.first().copied(), moments.last().copied())
}

/// When it was discovered: the earliest milestone that says so, failing that an interval.
fn discovery(first: Option<Moment>, reached: &[Reached<'_>], entries: &[&Entry]) -> Discovery {
    let stated = entries.iter().filter_map(|entry| match entry.report() {
        Some(Report::Milestone(one)) if one.name == MilestoneName::Discovered => one.at,
        _ => None,
    });
    if let Some(at) = stated.min() {
        return Discovery::Recorded { at };
    }
    let bears = |entry: &&&Entry| !matches!(entry.report(), Some(Report::Retraction(_)));
    let recorded = entries
        .iter()
        .filter(bears)
        .map(|entry| entry.reported.record.recorded_at);
    let rests_on = reached.iter().filter_map(|one| one.rests_on_since);
    // What was looked for before it happened cannot have been discovered before it happened.
    let not_after = recorded
        .chain(rests_on)
        .min()
        .map(|at| first.map_or(at, |first| at.max(first)));
    match (first, not_after) {
        (None, None) => Discovery::Unknown,
        (not_before, not_after) => Discovery::Between {
            not_before,
            not_after,
        },
    }
}

/// For each matter the classes of information that were, or may have been, reached in it.
fn information(
    matters: &[String],
    reached: &[Reached<'_>],
    entries: &[&Entry],
) -> BTreeMap<String, BTreeSet<Information>> {
    let mut by_matter: BTreeMap<String, BTreeSet<Information>> = matters
        .iter()
        .map(|matter| (matter.clone(), BTreeSet::new()))
        .collect();
    let mut add = |matter: &str, information: Option<Information>| {
        if let Some(classes) = by_matter.get_mut(matter) {
            classes.extend(information);
        }
    };
    for one in reached {
        let access = one.access.as_ref();
        let known = !one.disputed_members.contains("information");
        let information = Some(access.information).filter(|_| known);
        let reaches = access.action.reaches(access.information).may_be();
        for matter in one
            .groups
            .iter()
            .filter_map(|group| group.strip_prefix("matter:"))
        {
            if reaches {
                add(matter, information);
            }
        }
    }
    for entry in entries {
        for (exposure, _) in entry.exposures() {
            entry
                .matters
                .iter()
                .for_each(|matter| add(matter, exposure.information));
        }
    }
    by_matter
}
