//! The incident as a record: what people and other programs see of it.

use crate::{Class, Counts, Incident, IncidentRecord, Members, Overlaps, Refused, Row, count};
use facts::{Ground, Interval, Moment, Report};
use std::collections::{BTreeMap, BTreeSet};

/// `incident` as the incidents topic carries it. `open_questions` are the ids of the asks of all
/// its determinations, `refused` the decisions that none of them follows.
pub fn record(
    incident: &Incident,
    open_questions: Vec<String>,
    refused: Vec<Refused>,
) -> IncidentRecord {
    let open_questions: BTreeSet<String> = open_questions.into_iter().collect();
    let classes = classes(incident);
    IncidentRecord {
        incident: incident.id.clone(),
        matter: incident.matter.clone(),
        matters: incident.matters.clone(),
        actors: incident.actors.clone(),
        groups: incident.groups.clone(),
        times: incident.times.clone(),
        mode: incident.mode,
        first: incident.first,
        last: incident.last,
        discovery: incident.discovery,
        counts: overview(incident),
        in_figures: in_figures(incident, &classes),
        classes,
        attempts: incident.attempts,
        milestones: milestones(incident),
        searched: incident.searched.clone(),
        reports: incident
            .reports
            .iter()
            .map(|one| one.record.id.clone())
            .collect(),
        open_questions: open_questions.into_iter().collect(),
        refused,
        parted_but_connected: incident.parted_but_connected,
        excused: incident.is_excused(),
        named: incident.named.clone(),
        facts_digest: incident.facts_digest.clone(),
    }
}

/// The classes of the rows, each once, in order.
fn classes(incident: &Incident) -> Vec<Class> {
    let classes: BTreeSet<&Class> = incident.rows.iter().map(|row| &row.class).collect();
    classes.into_iter().cloned().collect()
}

/// The places of the classes of which some are known by figures alone.
fn in_figures(incident: &Incident, classes: &[Class]) -> Vec<usize> {
    let figures = |row: &&Row| {
        matches!(
            row.members,
            Members::Counted { .. } | Members::Disjoint { .. }
        )
    };
    let rows = incident.rows.iter().filter(figures);
    let places = rows.filter_map(|row| classes.binary_search(&row.class).ok());
    places.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The incident as its record tells it, with the reports and decisions that `known` holds: what a
/// reader has that does not read the findings. Its rows have classes and no members, so it can say
/// what was reached, and whether by figures or by identity, and not how many: counts are the
/// determinations' own.
pub fn from_record(record: &IncidentRecord, known: Option<Incident>) -> Incident {
    let none = Interval::ZERO;
    let row = |(place, class): (usize, &Class)| Row {
        class: class.clone(),
        members: if record.in_figures.contains(&place) {
            Members::Counted {
                accounts: none,
                consumers: none,
                resources: none,
                devices: none,
            }
        } else {
            Members::ByIdentity {
                column: place as u32,
                without_consumers: 0,
                without_resource: 0,
                without_device: 0,
            }
        },
    };
    let (reports, withdrawn, decisions) = known
        .map(|known| (known.reports, known.withdrawn, known.decisions))
        .unwrap_or_default();
    Incident {
        id: record.incident.clone(),
        matter: record.matter.clone(),
        matters: record.matters.clone(),
        actors: record.actors.clone(),
        groups: record.groups.clone(),
        times: record.times.clone(),
        mode: record.mode,
        first: record.first,
        last: record.last,
        discovery: record.discovery,
        rows: record.classes.iter().enumerate().map(row).collect(),
        overlaps: Overlaps::default(),
        attempts: record.attempts,
        searched: record.searched.clone(),
        reports,
        withdrawn,
        information_by_matter: BTreeMap::new(),
        decisions,
        parted_but_connected: record.parted_but_connected,
        named: record.named.clone(),
        facts_digest: record.facts_digest.clone(),
        without: Vec::new(),
        without_more: 0,
        uncounted: Vec::new(),
        uncounted_accounts: None,
    }
}

/// What was, or may have been, reached without authorization under the strictest bound order.
fn overview(incident: &Incident) -> Counts {
    count(incident, &|row: &Row| {
        // An order that no row names sees what every other order sees: the strictest verdict.
        row.class
            .reached
            .and(row.unauthorised("", Ground::Believed))
    })
}

/// Milestones on record: name and instant, each once, in order.
fn milestones(incident: &Incident) -> Vec<(String, Option<Moment>)> {
    let stated = incident
        .reports
        .iter()
        .filter(|one| !one.is_disputed("report.kind"));
    let stated = stated.filter_map(|one| match &one.record.report {
        Report::Milestone(milestone) => Some((milestone.name.as_str().to_owned(), milestone.at)),
        _ => None,
    });
    stated.collect::<BTreeSet<_>>().into_iter().collect()
}
