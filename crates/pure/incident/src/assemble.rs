//! One incident out of its facts: a pure function of what the fold holds.

use crate::exposures::{Exposed, figures};
use crate::fold::Fold;
use crate::grouping::{Scope, matter_group};
use crate::judging::Judging;
use crate::ledger::{Basis, Ledger};
use crate::reports::Entry;
use crate::suppose::{Less, NOTHING};
use crate::withdrawal::{BREACH_EVENTS, DECISIONS};
use crate::{Discovery, Incident, Overlaps, Row, Searched, Without};
use facts::{
    Decision, IndicatorMode, Information, Kleene, MilestoneName, Moment, Private, Report, Span,
    digest_json, short_id,
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
    overlaps: &'a Overlaps,
    attempts: u64,
    searched: &'a Searched,
    reports: Vec<(&'a facts::BreachEvent, &'a [String])>,
    withdrawn: &'a [String],
    decisions: &'a [Decision],
    findings: String,
    /// What would be without a record is a function of the same facts, and of those that a join or
    /// part speaks of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    without: Vec<(String, &'a str, &'a str)>,
    #[serde(skip_serializing_if = "is_none")]
    without_more: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uncounted: &'a Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uncounted_accounts: Option<u64>,
}

fn is_none(many: &u64) -> bool {
    *many == 0
}

impl Fold {
    /// The ledger of `scope` as the facts are now: `kept` where it is still that, else a new one.
    pub(crate) fn ledger(&self, scope: &Scope, kept: Option<Ledger>) -> Ledger {
        let basis = self.basis();
        let matters = matters(scope);
        let (standing, _) = self.reports_on(&matters, scope, &NOTHING);
        let entries: Vec<&Entry> = standing.values().copied().collect();
        let judging = Judging::new(&entries, &matters);
        let mut ledger = match kept {
            Some(kept) if kept.is_of(scope, &judging) => kept,
            _ => Ledger::new(scope, judging, basis),
        };
        ledger.catch_up(self.exposed(&standing, &NOTHING), basis);
        ledger
    }

    /// The facts that accesses are judged by.
    pub(crate) fn basis(&self) -> Basis<'_> {
        Basis::new(&self.findings, &self.people)
    }

    /// The incident that `scope` is, made from the beginning.
    pub(crate) fn assemble_anew(&self, scope: &Scope) -> Incident {
        self.assemble(scope, &self.ledger(scope, None))
    }

    /// The incident that `scope` is, whose ledger is `ledger`.
    pub(crate) fn assemble(&self, scope: &Scope, ledger: &Ledger) -> Incident {
        let mut incident = self.assemble_less(scope, ledger, &NOTHING);
        (incident.without, incident.without_more) = self.without(scope, ledger);
        self.without_several(scope, ledger, &mut incident);
        incident.named = self.named(scope, ledger, &incident);
        incident.facts_digest = self.digest(scope, &incident, ledger.digest());
        incident
    }

    /// Whom what people wrote about the incident names.
    fn named(&self, scope: &Scope, ledger: &Ledger, incident: &Incident) -> BTreeSet<Private> {
        let reports = incident.reports.iter().map(|one| &one.record);
        let mut named = self.mentioned(scope, ledger, reports);
        named.extend(self.mentioned(scope, ledger, &incident.decisions));
        named
    }

    /// The same without what is supposed away, and without a digest.
    pub(crate) fn assemble_less(&self, scope: &Scope, ledger: &Ledger, less: &Less) -> Incident {
        let groups = &scope.groups;
        let matters = matters(scope);
        let actors: Vec<Private> = named(groups, "actor:").map(Private::from).collect();
        let (standing, withdrawn) = self.reports_on(&matters, scope, less);
        let entries: Vec<&Entry> = standing.values().copied().collect();
        let judging = Judging::new(&entries, &matters);
        let (mut rows, overlaps) = ledger.rows();
        let basis = Basis {
            away: less.accounts(),
            ..self.basis()
        };
        for one in self.exposed(&standing, less) {
            let judged = judging.judged(one.exposure.key.as_ref(), &one.groups());
            rows.extend(figures(&one, &judged, basis));
        }
        let (first, last) = extent(ledger.extent(), &entries);
        let rests_on = ledger.rests_on_since(&self.findings);
        Incident {
            id: incident_id(groups),
            matter: matters.first().cloned(),
            information_by_matter: self.information(&matters, ledger, &entries),
            matters,
            actors,
            groups: groups.iter().cloned().collect(),
            times: scope.times.clone(),
            mode: mode(&entries),
            first,
            last,
            discovery: discovery(first, rests_on, &entries),
            rows,
            overlaps,
            attempts: self.attempts.within(scope),
            searched: self.searches.searched(groups),
            reports: entries.iter().map(|entry| entry.reported.clone()).collect(),
            withdrawn,
            decisions: self.decisions_about(groups, less),
            parted_but_connected: scope.parted,
            named: BTreeSet::new(),
            facts_digest: String::new(),
            without: Vec::new(),
            without_more: 0,
            uncounted: Vec::new(),
            uncounted_accounts: None,
        }
    }

    /// The exposures that `standing` reports state.
    pub(crate) fn exposed(&self, standing: &BTreeMap<&str, &Entry>, less: &Less) -> Vec<Exposed> {
        let exposed = standing.iter().flat_map(|(id, entry)| {
            let unsure = self.taking(less).standing(BREACH_EVENTS, id) == Kleene::Unknown;
            Exposed::of(entry, unsure)
        });
        exposed.collect()
    }

    /// For each matter the classes of information that were, or may have been, reached in it.
    fn information(
        &self,
        matters: &[String],
        ledger: &Ledger,
        entries: &[&Entry],
    ) -> BTreeMap<String, BTreeSet<Information>> {
        let mut by_matter: BTreeMap<String, BTreeSet<Information>> = matters
            .iter()
            .map(|matter| (matter.clone(), BTreeSet::new()))
            .collect();
        for (matter, information) in ledger.information(&self.findings) {
            if let Some(classes) = by_matter.get_mut(matter) {
                classes.insert(information);
            }
        }
        for entry in entries {
            for (exposure, _) in entry.exposures() {
                for matter in &entry.matters {
                    if let Some(classes) = by_matter.get_mut(matter) {
                        classes.extend(exposure.information);
                    }
                }
            }
        }
        by_matter
    }

    /// The reports on `matters` that stand, and the ids of those that were withdrawn. Figures
    /// about the whole of a matter are not about those of its accesses that are here by a time.
    pub(crate) fn reports_on<'a>(
        &'a self,
        matters: &[String],
        scope: &Scope,
        less: &'a Less,
    ) -> (BTreeMap<&'a str, &'a Entry>, Vec<String>) {
        let mut standing = self.reports.on(matters);
        less.apply(matters, &mut standing);
        if !scope.guests.is_empty() {
            let is_guest = |matter: &String| scope.guests.contains(&matter_group(matter));
            standing
                .retain(|_, entry| !entry.states_figures() || !entry.matters.iter().all(is_guest));
        }
        let mut withdrawn = Vec::new();
        standing.retain(|id, _| {
            let stands = !self.taking(less).withdrew(BREACH_EVENTS, id);
            if !stands {
                withdrawn.push((*id).to_owned());
            }
            stands
        });
        (standing, withdrawn)
    }

    /// Answers about the union of `groups`, or about what part of it was an incident before a
    /// join, and all readings; none that was revoked.
    fn decisions_about(&self, groups: &BTreeSet<String>, less: &Less) -> Vec<Decision> {
        let taking = self.taking(less);
        self.answers_and_readings(groups, &|id| !taking.withdrew(DECISIONS, id))
    }

    /// The same, as far as `stands` lets them stand.
    pub(crate) fn answers_and_readings(
        &self,
        groups: &BTreeSet<String>,
        stands: &dyn Fn(&str) -> bool,
    ) -> Vec<Decision> {
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
        self.decisions.about(&ids, stands)
    }

    pub(crate) fn digest(&self, scope: &Scope, incident: &Incident, findings: String) -> String {
        digest_json(&Content {
            groups: &scope.groups,
            times: &scope.times,
            parted_but_connected: incident.parted_but_connected,
            mode: incident.mode,
            first: incident.first,
            last: incident.last,
            discovery: incident.discovery,
            rows: &incident.rows,
            overlaps: &incident.overlaps,
            attempts: incident.attempts,
            searched: &incident.searched,
            reports: incident
                .reports
                .iter()
                .map(|one| (&one.record, one.disputed.as_slice()))
                .collect(),
            withdrawn: &incident.withdrawn,
            decisions: &incident.decisions,
            findings,
            without: incident.without.iter().map(Without::named).collect(),
            without_more: incident.without_more,
            uncounted: &incident.uncounted,
            uncounted_accounts: incident.uncounted_accounts,
        })
    }
}

/// The matters of `scope`, sorted.
pub(crate) fn matters(scope: &Scope) -> Vec<String> {
    named(&scope.groups, "matter:").map(str::to_owned).collect()
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
fn extent(accesses: [Option<Moment>; 2], entries: &[&Entry]) -> (Option<Moment>, Option<Moment>) {
    let mut moments: BTreeSet<Moment> = accesses.into_iter().flatten().collect();
    for (exposure, _) in entries.iter().flat_map(|entry| entry.exposures()) {
        moments.extend([exposure.from, exposure.until].into_iter().flatten());
    }
    (moments.first().copied(), moments.last().copied())
}

/// When it was discovered: the earliest milestone that says so, failing that an interval.
fn discovery(
    first: Option<Moment>,
    rests_on_since: Option<Moment>,
    entries: &[&Entry],
) -> Discovery {
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
    // What was looked for before it happened cannot have been discovered before it happened.
    let not_after = recorded
        .chain(rests_on_since)
        .min()
        .map(|at| first.map_or(at, |first| at.max(first)));
    // An exposure of which nobody says when it began may have begun before all others.
    let mut exposures = entries.iter().flat_map(|entry| entry.exposures());
    let is_timeless = exposures.any(|(exposure, _)| exposure.from.is_none());
    let not_before = first.filter(|_| !is_timeless);
    match (not_before, not_after) {
        (None, None) => Discovery::Unknown,
        (not_before, not_after) => Discovery::Between {
            not_before,
            not_after,
        },
    }
}
