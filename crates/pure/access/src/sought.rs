//! One indicator or judgement, as all statements of its id come to.

use crate::pattern::Pattern;
use crate::readings::Readings;
use facts::{AccessView, Authority, BreachEvent, Ground, Kleene, Matching, Moment, Report};
use std::collections::BTreeSet;

/// What an indicator or judgement says of the accesses that match it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// An indicator: look at it.
    Indicated,
    /// Responders found it authorised.
    Authorised,
    /// Responders found it unauthorised.
    Unauthorised(Ground),
    /// Statements of one judgement contradict each other.
    Contradicts,
}

/// An indicator or judgement on record.
#[derive(Debug, Clone)]
pub(crate) struct Sought {
    /// The record's id.
    pub(crate) id: String,
    /// The matters that it was reported for: several only where that is disputed.
    pub(crate) matters: BTreeSet<String>,
    /// When the earliest statement of it was made.
    pub(crate) since: Moment,
    /// What it says.
    pub(crate) says: Says,
    /// Whether it was not taken back.
    pub(crate) standing: Kleene,
    /// What its readings look for.
    patterns: Vec<Pattern>,
    /// Whether every reading is an indicator or every one a judgement, of one matter.
    clear: bool,
}

/// What a report looks for, if it is an indicator or a judgement that says something.
pub(crate) fn matching_of(report: &Report) -> Option<&Matching> {
    match report {
        Report::Indicator(one) => Some(&one.matching),
        Report::Judgement(one) => one.authority.is_some().then_some(&one.matching),
        _ => None,
    }
}

impl Sought {
    /// What the readings of one id come to; `None` where none is an indicator or a judgement.
    pub(crate) fn of(readings: &Readings<BreachEvent>, standing: Kleene) -> Option<Sought> {
        let reports = readings.all().iter().map(|reading| &reading.report);
        let matchings: BTreeSet<Matching> =
            reports.clone().filter_map(matching_of).cloned().collect();
        if matchings.is_empty() {
            return None;
        }
        let mut says = reports.clone().filter_map(said);
        let first = says.next()?;
        let says = says.fold(first, combined);
        let clear = reports.clone().all(|report| matching_of(report).is_some())
            && !readings.is_disputed("report.kind")
            && !readings.is_disputed("matter");
        Some(Sought {
            id: readings.merged.id.clone(),
            matters: readings
                .all()
                .iter()
                .map(|reading| reading.matter.clone())
                .collect(),
            since: readings
                .all()
                .iter()
                .map(|reading| reading.recorded_at)
                .min()
                .unwrap_or(readings.merged.recorded_at),
            says,
            standing,
            patterns: matchings.iter().map(Pattern::new).collect(),
            clear,
        })
    }

    /// Whether it speaks of `access`: yes where every reading does, unknown where one does or where
    /// it may have been taken back.
    pub(crate) fn matches(&self, access: &AccessView<'_>) -> Kleene {
        if self.standing == Kleene::No {
            return Kleene::No;
        }
        let mut any = false;
        let mut all = true;
        for pattern in &self.patterns {
            let matches = pattern.matches(access);
            any |= matches;
            all &= matches;
        }
        match (any, all && self.clear && self.standing.is_yes()) {
            (_, true) => Kleene::Yes,
            (true, false) => Kleene::Unknown,
            (false, false) => Kleene::No,
        }
    }

    /// Its patterns, one for each reading.
    pub(crate) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }
}

fn said(report: &Report) -> Option<Says> {
    match report {
        Report::Indicator(_) => Some(Says::Indicated),
        Report::Judgement(one) => one.authority.map(|authority| match authority {
            Authority::Authorised => Says::Authorised,
            Authority::Unauthorised => Says::Unauthorised(one.ground.unwrap_or(Ground::Believed)),
        }),
        _ => None,
    }
}

/// What two readings of one id say together.
fn combined(one: Says, other: Says) -> Says {
    match (one, other) {
        (one, other) if one == other => one,
        // Only the ground is disputed: the weaker one is what is known.
        (Says::Unauthorised(_), Says::Unauthorised(_)) => Says::Unauthorised(Ground::Believed),
        _ => Says::Contradicts,
    }
}
