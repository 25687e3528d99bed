//! Counting by a clause's own predicate: exact where things have names, else in intervals.

use crate::{Counts, Incident, Members, Overlap, Overlaps, Row};
use facts::{Interval, Kleene, Private, Report, Tally, TallyUnit};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;

/// Counts, and the tallies that contradict them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The counts; a tally that contradicts them, or another tally, has no part in them.
    pub counts: Counts,
    /// Ids of the tallies that were left out, sorted: people are asked.
    pub contradicted: Vec<String>,
}

/// Counts what `holds`: at least what surely does, at most what may.
///
/// Accounts, resources and devices with names count once, however many rows hold them. Figures may
/// overlap with each other and with names: at least the greatest, at most the sum; the rows of
/// [`Members::Disjoint`] add up. Consumers are at least one where something was surely reached, and
/// without an upper end while an affected account names nobody. Nothing has an upper end while a
/// search goes on or a part of the past is cut. Tallies of responders narrow what comes out.
///
/// Takes time in proportion to the rows and to the ways in which they overlap, not to who is in
/// them; only [`Members::Named`] are gone through one by one.
pub fn count(incident: &Incident, holds: &dyn Fn(&Row) -> Kleene) -> Counts {
    counted(incident, incident.searched.complete, holds).counts
}

/// [`count`] as if every search were finished: people have ruled out that more was reached.
pub fn count_searched(incident: &Incident, holds: &dyn Fn(&Row) -> Kleene) -> Counts {
    counted(incident, true, holds).counts
}

/// [`count`], and which tallies contradict it.
pub fn count_with_disputes(incident: &Incident, holds: &dyn Fn(&Row) -> Kleene) -> Counted {
    counted(incident, incident.searched.complete, holds)
}

/// [`count_with_disputes`] of what a clause takes parts out of: `but_for` says whether a row surely
/// belongs to it once it is settled what a tally states of it, that so many were reached without
/// authorization. A tally says nothing of the rest, such as whether a recording was encrypted, and
/// where that may still take a row out, it raises no count. `searched`: see [`count_searched`].
pub fn count_but_for(
    incident: &Incident,
    searched: bool,
    holds: &dyn Fn(&Row) -> Kleene,
    but_for: &dyn Fn(&Row) -> bool,
) -> Counted {
    judge(incident, searched, holds, but_for)
}

fn counted(incident: &Incident, searched: bool, holds: &dyn Fn(&Row) -> Kleene) -> Counted {
    judge(incident, searched, holds, &|row| holds(row).may_be())
}

fn judge(
    incident: &Incident,
    searched: bool,
    holds: &dyn Fn(&Row) -> Kleene,
    but_for: &dyn Fn(&Row) -> bool,
) -> Counted {
    let judged: Vec<(&Row, Kleene)> = incident.rows.iter().map(|row| (row, holds(row))).collect();
    let (of_column, overlaps) = (by_column(&judged), &incident.overlaps);
    let of = |unit: Unit| unit.count(&judged, &of_column, overlaps);
    let mut counts = Counts {
        accounts: of(Unit::ACCOUNTS),
        consumers: of(Unit::CONSUMERS),
        resources: of(Unit::RESOURCES),
        devices: of(Unit::DEVICES),
    };
    let consumers = &mut counts.consumers;
    if consumers.at_least == 0
        && consumers.at_most != Some(0)
        && judged
            .iter()
            .any(|(row, holds)| holds.is_yes() && has_somebody(&row.members))
    {
        consumers.at_least = 1;
    }
    if !searched {
        let all = [
            &mut counts.accounts,
            &mut counts.consumers,
            &mut counts.resources,
            &mut counts.devices,
        ];
        all.into_iter().for_each(|one| one.at_most = None);
    }
    match incident.has_tally() {
        true => narrow(incident, &judged, but_for, counts),
        false => Counted {
            counts,
            contradicted: Vec::new(),
        },
    }
}

/// One of the units, by where its members and figures stand.
struct Unit {
    /// Where they have names.
    named: fn(&Members) -> Option<&BTreeSet<Private>>,
    /// Where they are known by identity.
    overlaps: fn(&Overlaps) -> &[Overlap],
    /// Whether, where they are known one by one, some may be missing.
    open: fn(&Members) -> bool,
    /// Figures.
    figure: fn(&Members) -> Option<Interval>,
}

macro_rules! unit {
    ($unit:ident, $open:expr) => {
        Unit {
            named: |members| match members {
                Members::Named { $unit, .. } => Some($unit),
                _ => None,
            },
            overlaps: |overlaps| &overlaps.$unit,
            open: $open,
            figure: |members| match members {
                Members::Counted { $unit, .. } | Members::Disjoint { $unit, .. } => Some(*$unit),
                Members::Named { .. } | Members::ByIdentity { .. } => None,
            },
        }
    };
}

impl Unit {
    const ACCOUNTS: Unit = unit!(accounts, |_| false);
    const CONSUMERS: Unit = unit!(consumers, nobody_is_named_for_some);
    const RESOURCES: Unit = unit!(resources, |members| without(members).0 > 0);
    const DEVICES: Unit = unit!(devices, |members| without(members).1 > 0);

    fn count(
        &self,
        judged: &[(&Row, Kleene)],
        of_column: &[Kleene],
        overlaps: &Overlaps,
    ) -> Interval {
        let mut sure = Vec::new();
        let mut possible = Vec::new();
        let mut open = false;
        let mut greatest = 0_u64;
        let mut disjoint = 0_u64;
        let mut most = Some(0_u64);
        for (row, holds) in judged.iter().filter(|(_, holds)| holds.may_be()) {
            open |= (self.open)(&row.members);
            if let Some(members) = (self.named)(&row.members) {
                possible.push(members);
                if holds.is_yes() {
                    sure.push(members);
                }
            } else if let Some(figure) = (self.figure)(&row.members) {
                most = most.zip(figure.at_most).map(|(a, b)| a.saturating_add(b));
                if holds.is_yes() {
                    match row.members {
                        Members::Disjoint { .. } => {
                            disjoint = disjoint.saturating_add(figure.at_least);
                        }
                        _ => greatest = greatest.max(figure.at_least),
                    }
                }
            }
        }
        let named = union(&sure);
        let reachable = if sure.len() == possible.len() {
            named
        } else {
            union(&possible)
        };
        let (known, perhaps) = by_identity((self.overlaps)(overlaps), of_column);
        let at_most = most
            .filter(|_| !open)
            .map(|most| most.saturating_add(reachable).saturating_add(perhaps));
        let at_least = named.max(known).max(greatest).max(disjoint);
        // Sound figures cannot cross; where a source's own do, what is sure stands.
        Interval {
            at_least,
            at_most: at_most.map(|most| most.max(at_least)),
        }
    }
}

/// What the rows come to that are known by identity, by the `column` of each.
fn by_column(judged: &[(&Row, Kleene)]) -> Vec<Kleene> {
    let mut of_column = vec![Kleene::No; judged.len()];
    for (row, holds) in judged {
        if let Members::ByIdentity { column, .. } = row.members {
            let at = column as usize;
            if at >= of_column.len() {
                of_column.resize(at + 1, Kleene::No);
            }
            of_column[at] = of_column[at].or(*holds);
        }
    }
    of_column
}

/// How many things stand in a row that surely is counted, and how many in one that may be.
fn by_identity(overlaps: &[Overlap], of_column: &[Kleene]) -> (u64, u64) {
    let (mut sure, mut possible) = (0_u64, 0_u64);
    for overlap in overlaps {
        let columns = overlap.columns.iter();
        let holds = columns
            .filter_map(|column| of_column.get(*column as usize))
            .fold(Kleene::No, |all, one| all.or(*one));
        if holds.may_be() {
            possible += overlap.members;
        }
        if holds.is_yes() {
            sure += overlap.members;
        }
    }
    (sure, possible)
}

fn nobody_is_named_for_some(members: &Members) -> bool {
    match members {
        Members::Named {
            accounts_without_consumers,
            ..
        } => !accounts_without_consumers.is_empty(),
        Members::ByIdentity {
            without_consumers, ..
        } => *without_consumers > 0,
        Members::Counted { .. } | Members::Disjoint { .. } => false,
    }
}

/// How many accesses name no resource, and how many no device.
fn without(members: &Members) -> (u64, u64) {
    match members {
        Members::Named {
            without_resource,
            without_device,
            ..
        }
        | Members::ByIdentity {
            without_resource,
            without_device,
            ..
        } => (*without_resource, *without_device),
        Members::Counted { .. } | Members::Disjoint { .. } => (0, 0),
    }
}

/// How many different members the sets have together.
fn union(sets: &[&BTreeSet<Private>]) -> u64 {
    match sets {
        [] => 0,
        [one] => one.len() as u64,
        _ => {
            let most = sets.iter().map(|set| set.len()).max().unwrap_or_default();
            let mut all = FxHashSet::with_capacity_and_hasher(most, Default::default());
            all.extend(sets.iter().flat_map(|set| set.iter()).map(Private::reveal));
            all.len() as u64
        }
    }
}

/// Whether the row surely has anything in it.
fn has_somebody(members: &Members) -> bool {
    match members {
        Members::Named { accounts, .. } => !accounts.is_empty(),
        // There is a row only where an access or an exposure made one.
        Members::ByIdentity { .. } => true,
        // An exposure is on record: where it does not say how many, that there is somebody is sure,
        // and where it says that there may be nobody, that is not.
        Members::Counted { accounts, .. } => {
            accounts.at_least > 0 || *accounts == Interval::UNBOUNDED
        }
        Members::Disjoint {
            accounts,
            resources,
            devices,
            ..
        } => [accounts, resources, devices]
            .iter()
            .any(|figure| figure.at_least > 0),
    }
}

/// Narrows `counts` by the tallies that speak of what was counted.
fn narrow(
    incident: &Incident,
    judged: &[(&Row, Kleene)],
    but_for: &dyn Fn(&Row) -> bool,
    mut counts: Counts,
) -> Counted {
    let mut contradicted = BTreeSet::new();
    for (unit, counted) in [
        (TallyUnit::Accounts, &mut counts.accounts),
        (TallyUnit::Consumers, &mut counts.consumers),
        (TallyUnit::Devices, &mut counts.devices),
    ] {
        let tallies: Vec<(&str, Interval)> = tallies(incident, judged, but_for, unit).collect();
        let narrowing = tallies.iter().filter(|(id, tally)| {
            let agrees = counted.narrowed(*tally).is_some();
            if !agrees {
                contradicted.insert((*id).to_owned());
            }
            agrees
        });
        let narrowing: Vec<&(&str, Interval)> = narrowing.collect();
        let all = narrowing
            .iter()
            .try_fold(*counted, |counted, (_, one)| counted.narrowed(*one));
        match all {
            Some(all) => *counted = all,
            // They contradict each other: none is better than the others.
            None => contradicted.extend(narrowing.iter().map(|(id, _)| (*id).to_owned())),
        }
    }
    Counted {
        counts,
        contradicted: contradicted.into_iter().collect(),
    }
}

/// The tallies of `unit` with as much of each as is said of what was counted.
fn tallies<'a>(
    incident: &'a Incident,
    judged: &'a [(&Row, Kleene)],
    but_for: &'a dyn Fn(&Row) -> bool,
    unit: TallyUnit,
) -> impl Iterator<Item = (&'a str, Interval)> {
    incident.reports.iter().filter_map(move |reported| {
        let unclear = [
            "matter",
            "report.kind",
            "report.unit",
            "report.information",
            "report.residence",
        ];
        let Report::Tally(tally) = &reported.record.report else {
            return None;
        };
        if tally.unit != unit || unclear.iter().any(|path| reported.is_disputed(path)) {
            return None;
        }
        let at_least = tally
            .at_least
            .filter(|_| raises(tally, judged, but_for))
            .unwrap_or_default();
        let at_most = tally.at_most.filter(|_| bounds(tally, incident, judged));
        Some((reported.record.id.as_str(), Interval { at_least, at_most }))
    })
}

/// Whether at least so many of the tally are at least so many of what was counted: it has a ground,
/// it surely speaks of something, and of nothing that was not counted or may be left out.
fn raises(tally: &Tally, judged: &[(&Row, Kleene)], but_for: &dyn Fn(&Row) -> bool) -> bool {
    tally.ground.is_some()
        && judged.iter().any(|(row, _)| speaks_of(tally, row).is_yes())
        && judged
            .iter()
            .filter(|(row, _)| speaks_of(tally, row).may_be())
            .all(|(row, _)| but_for(row))
}

/// Whether at most so many of the tally are at most so many of what was counted: all of that is
/// what it speaks of, and of its own matter.
fn bounds(tally: &Tally, incident: &Incident, judged: &[(&Row, Kleene)]) -> bool {
    incident.groups.len() == 1
        && judged
            .iter()
            .filter(|(_, holds)| holds.may_be())
            .all(|(row, _)| speaks_of(tally, row).is_yes())
}

/// Whether the tally speaks of what is in the row.
fn speaks_of(tally: &Tally, row: &Row) -> Kleene {
    let information = match (tally.information, row.class.information) {
        (None, _) => Kleene::Yes,
        (Some(wanted), Some(known)) => Kleene::from(wanted == known),
        (Some(_), None) => Kleene::Unknown,
    };
    let residence = match (&tally.residence, &row.class.residence) {
        (None, _) => Kleene::Yes,
        (Some(wanted), Some(known)) => lies_in(known, wanted),
        (Some(_), None) => Kleene::Unknown,
    };
    information.and(residence)
}

/// Whether `known` lies in `wanted`: a State in its country; a country, whose State is not known,
/// perhaps in one of its States.
fn lies_in(known: &str, wanted: &str) -> Kleene {
    let within = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    if within(known, wanted) {
        Kleene::Yes
    } else if within(wanted, known) {
        Kleene::Unknown
    } else {
        Kleene::No
    }
}
