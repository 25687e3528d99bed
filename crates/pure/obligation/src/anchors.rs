//! What starts a clock: which instant is on record for an anchor, and how sure it is.

use crate::context::Context;
use facts::{Kleene, MilestoneName, Moment, NotifiedBy, Report};
use incident::Discovery;
use orders::{Anchor, ConditionKind};
use std::collections::BTreeSet;

/// An instant that starts a clock, and how sure it is.
#[derive(Clone)]
pub(crate) struct Start {
    pub(crate) at: Moment,
    pub(crate) basis: &'static str,
    pub(crate) note: Option<String>,
}

impl Start {
    pub(crate) fn sure(at: Moment) -> Start {
        Start {
            at,
            basis: "recorded",
            note: None,
        }
    }
}

impl Context<'_> {
    /// What starts a clock at `anchor`, if it is on record.
    pub(crate) fn start(&self, anchor: Anchor) -> Option<Start> {
        match anchor {
            Anchor::GovernmentNotice
            | Anchor::RequiredNotice
            | Anchor::ClientNotice
            | Anchor::AnyClientNotice => {
                let first = self.starting_notices(anchor).into_iter().next();
                let answered = || self.answered_instant(anchor.as_str());
                first.or_else(|| answered().map(Start::sure))
            }
            Anchor::ConsumerNotice => {
                let given = self.incident.reports.iter().filter_map(|reported| {
                    match &reported.record.report {
                        Report::ConsumerNotice(one) => {
                            Some((one.at?, reported.is_disputed("report.at")))
                        }
                        _ => None,
                    }
                });
                given.min().map(|(at, disputed)| disputable(at, disputed))
            }
            Anchor::Discovery => {
                let (at, recorded) = self.discovered_at()?;
                let note = "provisional: discovered no later than the first record";
                Some(match recorded {
                    true => Start::sure(at),
                    false => Start {
                        at,
                        basis: "first_report",
                        note: Some(note.to_owned()),
                    },
                })
            }
            Anchor::IncidentFirst => self.incident.first.map(Start::sure),
            Anchor::IncidentLast => self.incident.last.map(Start::sure),
            Anchor::Performed => self.after_the_first(),
            Anchor::Milestone(name) => {
                let recorded = self
                    .milestones(name)
                    .filter_map(|(reported, at)| Some((at?, reported.is_disputed("report.at"))))
                    .min();
                recorded
                    .map(|(at, disputed)| disputable(at, disputed))
                    .or_else(|| self.answered_instant(name.as_str()).map(Start::sure))
            }
        }
    }

    /// The notices to authorities of the United States that start a clock, the earliest first; one
    /// that may be none is taken in, so that no date is stated too late.
    pub(crate) fn starting_notices(&self, anchor: Anchor) -> Vec<Start> {
        let by = match anchor {
            Anchor::ClientNotice | Anchor::AnyClientNotice => NotifiedBy::Client,
            _ => NotifiedBy::Respondent,
        };
        let required = !matches!(anchor, Anchor::GovernmentNotice | Anchor::AnyClientNotice);
        let mut given: Vec<(Moment, bool, bool)> = self
            .notices()
            .filter_map(|(reported, notice)| {
                let starts = self.starts_clock(by, reported, notice, required);
                let disputed = reported.is_disputed("report.at");
                starts
                    .may_be()
                    .then_some((notice.at?, disputed, starts == Kleene::Yes))
            })
            .collect();
        given.sort();
        given
            .into_iter()
            .map(|(at, disputed, sure)| {
                let mut start = disputable(at, disputed);
                if !sure {
                    let note = "provisional: whether this notice starts the clock is not settled";
                    start.note = Some(note.to_owned());
                }
                start
            })
            .collect()
    }

    /// When, by the records, the incident came to be covered: the earliest required notice, or the
    /// record with which a count reached its number. None where one of these has no date: it may
    /// have been the earliest.
    pub(crate) fn covered_at(&self) -> Option<Moment> {
        let mut at: Vec<Option<Moment>> = Vec::new();
        let mut open = vec![&self.duty.when];
        while let Some(condition) = open.pop() {
            match &condition.kind {
                ConditionKind::All(parts) | ConditionKind::Any(parts) => open.extend(parts),
                ConditionKind::Count(rule) => {
                    let reached = self
                        .counted(rule)
                        .is_some_and(|(_, count)| count.at_least >= rule.at_least);
                    at.extend(reached.then(|| self.counted_at(rule.at_least)));
                }
                ConditionKind::GovernmentNotice(rule)
                    if self.condition(condition).value().is_yes() =>
                {
                    let given = self.notices().filter(|(reported, notice)| {
                        self.starts_clock(NotifiedBy::Respondent, reported, notice, rule.required)
                            .is_yes()
                    });
                    at.push(given.filter_map(|(_, notice)| notice.at).min());
                }
                _ => {}
            }
        }
        at.into_iter().min().flatten()
    }

    /// The record with which exposures came to `threshold` accounts; where they do not by
    /// themselves, the last record that says what to look for or judges it.
    fn counted_at(&self, threshold: u64) -> Option<Moment> {
        let mut exposures = Vec::new();
        let mut last = None;
        for reported in &self.incident.reports {
            let at = reported.record.recorded_at;
            match &reported.record.report {
                Report::Exposure(one) => {
                    exposures.push((at, one));
                    last = last.max(Some(at));
                }
                Report::Indicator(_) | Report::Judgement(_) | Report::Tally(_) => {
                    last = last.max(Some(at));
                }
                _ => {}
            }
        }
        exposures.sort_by_key(|(at, _)| *at);
        let mut named = BTreeSet::new();
        let mut counted = 0;
        for (at, exposure) in exposures {
            named.extend(exposure.accounts.iter().flatten());
            counted = counted.max(exposure.count.map_or(0, |count| count.at_least));
            if counted.max(named.len() as u64) >= threshold {
                return Some(at);
            }
        }
        last
    }

    /// When discovery is counted from, and whether a record says so. Where none does: the upper end
    /// of the interval; where nothing bounds it above, the last access, so that nothing that is
    /// owed is without a date.
    pub(crate) fn discovered_at(&self) -> Option<(Moment, bool)> {
        match self.discovery() {
            Discovery::Recorded { at } => Some((at, true)),
            Discovery::Between {
                not_before,
                not_after,
            } => {
                let at = not_after.or(self.incident.last).or(not_before)?;
                Some((at, false))
            }
            Discovery::Unknown => None,
        }
    }
}

/// What a person is asked about an anchor that is not on record.
pub(crate) fn question(anchor: Anchor) -> String {
    match anchor {
        Anchor::GovernmentNotice => {
            "When did the company first tell a U.S. federal, state or local entity?".to_owned()
        }
        Anchor::RequiredNotice => {
            "When did the company first tell a U.S. authority, as a law requires?".to_owned()
        }
        Anchor::ClientNotice => {
            "When did a client first tell a U.S. authority, as a law requires?".to_owned()
        }
        Anchor::AnyClientNotice => "When did a client first tell a U.S. authority?".to_owned(),
        Anchor::ConsumerNotice => "When were the people affected first told?".to_owned(),
        Anchor::Performed => "When was it last done?".to_owned(),
        Anchor::Discovery => "When did the company discover the incident?".to_owned(),
        Anchor::IncidentFirst => "When was the first access or exposure?".to_owned(),
        Anchor::IncidentLast => "When was the last access or exposure?".to_owned(),
        Anchor::Milestone(MilestoneName::NoNoticeNeeded) => {
            "When was it determined that no U.S. authority need be told?".to_owned()
        }
        Anchor::Milestone(name) => {
            format!("When was the milestone `{name}` reached?")
        }
    }
}

pub(crate) fn disputable(at: Moment, disputed: bool) -> Start {
    if disputed {
        let note = Some("disputed: the earliest instant on record".to_owned());
        Start {
            at,
            basis: "disputed",
            note,
        }
    } else {
        Start {
            at,
            basis: "recorded",
            note: None,
        }
    }
}
