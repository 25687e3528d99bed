//! Clocks: every date that a duty's limits give, which of them is stated, and the reminder.

use crate::context::{Context, Wanted};
use crate::determination::{Clock, Reminder};
use facts::{Kleene, MilestoneName, Moment, Report, StaffChange};
use incident::Discovery;
use jiff::civil::Date;
use orders::{Anchor, ClockRule, ConditionKind, OutOfRange, due, working_day_back};
use std::collections::{BTreeMap, BTreeSet};

/// The clocks of one duty, and what must be said with them.
pub(crate) struct Clocks {
    pub(crate) stated: Option<Clock>,
    pub(crate) all: Vec<Clock>,
    pub(crate) raised: BTreeSet<String>,
    pub(crate) wanted: BTreeMap<String, Wanted>,
}

/// An instant that starts a clock, and how sure it is.
struct Start {
    at: Moment,
    basis: &'static str,
    note: Option<String>,
}

impl Context<'_> {
    /// All clocks of the duty. The one stated is the earliest that does not end before discovery.
    pub(crate) fn clocks(&self) -> Result<Clocks, OutOfRange> {
        let mut clocks = Clocks {
            stated: None,
            all: Vec::new(),
            raised: BTreeSet::new(),
            wanted: BTreeMap::new(),
        };
        for rule in &self.duty.clocks {
            let mut strict = Vec::new();
            for anchor in &rule.anchors {
                let start = self.start(*anchor);
                if start.is_none() {
                    let question = question(*anchor);
                    clocks
                        .wanted
                        .insert(anchor.as_str().to_owned(), Wanted::instant(question));
                }
                strict.push(self.clock(rule, anchor.as_str(), start)?);
            }
            self.coverage(rule, strict, &mut clocks)?;
        }
        let discovered = match self.discovery() {
            Discovery::Recorded { at } => Some(at.date_in(&self.order.time_zone())),
            _ => None,
        };
        let started = || clocks.all.iter().filter(|clock| clock.outer.is_some());
        let in_time = |clock: &&Clock| !clock.notes.iter().any(|note| note == NOT_STATED);
        let after = |clock: &&Clock| discovered.is_none_or(|day| clock.outer >= Some(day));
        let first = |clocks: &mut dyn Iterator<Item = &Clock>| {
            clocks
                .min_by_key(|clock| (clock.outer, clock.planned))
                .cloned()
        };
        clocks.stated = first(&mut started().filter(in_time).filter(after))
            .or_else(|| first(&mut started().filter(in_time)));
        if clocks.stated.is_some() {
            clocks.wanted.clear();
        }
        Ok(clocks)
    }

    /// What starts a clock at `anchor`, if it is on record.
    fn start(&self, anchor: Anchor) -> Option<Start> {
        let sure = |at: Moment| Start {
            at,
            basis: "recorded",
            note: None,
        };
        match anchor {
            Anchor::GovernmentNotice | Anchor::RequiredNotice => {
                let required = anchor == Anchor::RequiredNotice;
                self.first_notice(required)
                    .or_else(|| self.answered_instant(anchor.as_str()).map(sure))
            }
            Anchor::Discovery => {
                let (at, recorded) = self.discovered_at()?;
                let note = "provisional: discovered no later than the first record";
                Some(match recorded {
                    true => sure(at),
                    false => Start {
                        at,
                        basis: "first_report",
                        note: Some(note.to_owned()),
                    },
                })
            }
            Anchor::IncidentFirst => self.incident.first.map(sure),
            Anchor::IncidentLast => self.incident.last.map(sure),
            Anchor::Milestone(name) => {
                let recorded = self
                    .milestones(name)
                    .filter_map(|(reported, at)| Some((at?, reported.is_disputed("report.at"))))
                    .min();
                recorded
                    .map(|(at, disputed)| disputable(at, disputed))
                    .or_else(|| self.answered_instant(name.as_str()).map(sure))
            }
        }
    }

    /// The earliest notice to an authority of the United States; one that may be none is taken in,
    /// so that no date is stated too late.
    fn first_notice(&self, required: bool) -> Option<Start> {
        let (at, disputed, sure) = self
            .notices()
            .filter_map(|(reported, notice)| {
                let starts = self.starts_clock(reported, notice, required);
                let disputed = reported.is_disputed("report.at");
                starts
                    .may_be()
                    .then_some((notice.at?, disputed, starts == Kleene::Yes))
            })
            .min()?;
        let mut start = disputable(at, disputed);
        if !sure {
            let note = "provisional: whether this notice starts the clock is not settled";
            start.note = Some(note.to_owned());
        }
        Some(start)
    }

    fn clock(
        &self,
        rule: &ClockRule,
        anchor: &str,
        start: Option<Start>,
    ) -> Result<Clock, OutOfRange> {
        let mut clock = Clock {
            limb: rule.limb.clone(),
            anchor: anchor.to_owned(),
            anchor_at: start.as_ref().map(|start| start.at),
            anchor_basis: start
                .as_ref()
                .map_or("not_on_record", |start| start.basis)
                .to_owned(),
            zone: self.order.zone.clone(),
            method: rule.method.to_string(),
            days: rule.days,
            planned: None,
            outer: None,
            notes: Vec::new(),
        };
        let Some(start) = start else {
            return Ok(clock);
        };
        clock.notes.extend(start.note);
        let day = start.at.date_in(&self.order.time_zone());
        let counted = due(rule.method, rule.days, day, &self.settings.calendar)?;
        clock.planned = Some(counted.planned);
        clock.outer = Some(counted.outer);
        self.directed(day, &mut clock)?;
        if self
            .window()
            .until
            .zip(clock.outer)
            .is_some_and(|(until, outer)| outer >= until)
        {
            let note = "outlives the order's last day and runs on; for counsel";
            clock.notes.push(note.to_owned());
        }
        Ok(clock)
    }

    /// What the Commission's staff wrote about the date: it moves it only where the pack says so.
    fn directed(&self, trigger: Date, clock: &mut Clock) -> Result<(), OutOfRange> {
        // What staff directed counts from the latest.
        let mut latest: Option<(Option<Moment>, &str)> = None;
        for reported in &self.incident.reports {
            if let Report::StaffDirection(one) = &reported.record.report
                && one.order == self.order.slug
                && one.duty.as_ref().is_none_or(|duty| *duty == self.duty.name)
                && one.changes == StaffChange::Due
            {
                latest = latest.max(Some((one.at, one.to.as_str())));
            }
        }
        let Some((_, to)) = latest else {
            return Ok(());
        };
        match to.parse::<Date>() {
            Ok(date) if self.order.staff_may_extend => {
                clock.outer = Some(date);
                clock.planned = Some(working_day_back(date, trigger, &self.settings.calendar)?);
                clock
                    .notes
                    .push(format!("staff moved the date to {date} in writing"));
            }
            _ => {
                let note = format!("staff wrote: {to}; under this order that moves no date");
                clock.notes.push(note);
            }
        }
        Ok(())
    }

    /// Adds the strict clocks of a limb and, where they began before the incident was covered, the
    /// one that runs from coverage.
    fn coverage(
        &self,
        rule: &ClockRule,
        mut strict: Vec<Clock>,
        clocks: &mut Clocks,
    ) -> Result<(), OutOfRange> {
        let Some(question) = &rule.coverage_question else {
            clocks.all.append(&mut strict);
            return Ok(());
        };
        let zone = self.order.time_zone();
        let covered = self.covered_at();
        let is_before = |clock: &Clock| match (clock.anchor_at, covered) {
            (Some(at), Some(covered)) => at.date_in(&zone) < covered.date_in(&zone),
            _ => false,
        };
        let too_early = strict.iter().any(is_before);
        if too_early {
            clocks.raised.insert(question.clone());
            let strict_stands = self.effect(Some(question)) != Kleene::No;
            for clock in strict.iter_mut().filter(|clock| is_before(clock)) {
                clock
                    .notes
                    .push("began before the incident was covered; for counsel".to_owned());
                if !strict_stands {
                    clock.notes.push(NOT_STATED.to_owned());
                }
            }
        }
        clocks.all.append(&mut strict);
        if too_early && let Some(at) = covered {
            let start = Start {
                at,
                basis: "recorded",
                note: Some("from coverage".to_owned()),
            };
            let mut clock = self.clock(rule, "coverage", Some(start))?;
            clock.limb = format!("{}, from coverage", rule.limb);
            clocks.all.push(clock);
        }
        Ok(())
    }

    /// When, by the records, the incident came to be covered: the earliest required notice, or the
    /// record with which a count reached its number. None where one of these has no date: it may
    /// have been the earliest.
    fn covered_at(&self) -> Option<Moment> {
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
                        self.starts_clock(reported, notice, rule.required).is_yes()
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
    fn discovered_at(&self) -> Option<(Moment, bool)> {
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

    /// "A reasonable time" from discovery, by the deployment's policy.
    pub(crate) fn reminder(&self) -> Result<Option<Reminder>, OutOfRange> {
        let Some(rule) = &self.duty.reminder else {
            return Ok(None);
        };
        let days = self.settings.reasonable_days.unwrap_or(rule.default_days);
        let since = self.discovered_at().map(|(at, _)| at);
        let planned = match since {
            Some(at) => {
                let day = at.date_in(&self.order.time_zone());
                let method = orders::Method::Calendar;
                Some(due(method, days, day, &self.settings.calendar)?.planned)
            }
            None => None,
        };
        Ok(Some(Reminder {
            since,
            planned,
            policy: format!("within a reasonable time: {days} days"),
        }))
    }
}

/// What a person is asked about an anchor that is not on record.
fn question(anchor: Anchor) -> String {
    match anchor {
        Anchor::GovernmentNotice => {
            "When did the company first tell a U.S. federal, state or local entity?".to_owned()
        }
        Anchor::RequiredNotice => {
            "When did the company first tell a U.S. authority, as a law requires?".to_owned()
        }
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

/// What marks a clock that counsel's reading puts aside.
const NOT_STATED: &str = "put aside by counsel's reading";

fn disputable(at: Moment, disputed: bool) -> Start {
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
