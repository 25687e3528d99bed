//! Clocks: every date that a duty's limits give, which of them is stated, and the reminder.

use crate::anchors::{Start, question};
use crate::context::{Context, Wanted};
use crate::determination::{Clock, Reminder};
use facts::{Kleene, Moment, Report, StaffChange, YesNo};
use incident::Discovery;
use jiff::ToSpan;
use jiff::civil::Date;
use orders::{
    Anchor, ClockRule, DelayRule, Duty, Method, OutOfRange, Period, last_day, working_day_back,
};
use std::collections::{BTreeMap, BTreeSet};

/// The clocks of one duty, and what must be said with them.
#[derive(Default)]
pub(crate) struct Clocks {
    pub(crate) stated: Option<Clock>,
    pub(crate) all: Vec<Clock>,
    pub(crate) raised: BTreeSet<String>,
    pub(crate) wanted: BTreeMap<String, Wanted>,
}

/// What marks a clock that is put aside; by whom or what comes after it.
const PUT_ASIDE: &str = "put aside";
/// What marks a clock that nobody should rely on.
const SHOWN_ONLY: &str = "shown only";

impl Clock {
    /// It is not stated although it runs, for the reason `why`.
    pub(crate) fn put_aside(&mut self, why: &str) {
        if !self.is_put_aside() {
            self.notes.push(format!("{PUT_ASIDE}{why}"));
        }
    }

    /// Whether something is still to be done by it: nothing on record has met it, and no reading
    /// and no end puts it aside.
    pub fn is_unmet(&self) -> bool {
        self.met.is_none() && !self.is_put_aside()
    }

    pub(crate) fn is_put_aside(&self) -> bool {
        let aside = |note: &String| note.starts_with(PUT_ASIDE) || note.starts_with(SHOWN_ONLY);
        self.notes.iter().any(aside)
    }
}

impl Context<'_> {
    /// All clocks of the duty. The one stated is the earliest that does not end before discovery,
    /// of those that nothing on record has met, if there is one.
    pub(crate) fn clocks(&self) -> Result<Clocks, OutOfRange> {
        let mut clocks = Clocks::default();
        let mut under = self.texts()?;
        let mut index = 0;
        for rule in &self.duty.clocks {
            if rule.under_text.is_none() {
                self.limb(rule, &mut clocks)?;
            }
        }
        while let Some(text) = under.get(index).copied() {
            let before = clocks.all.len();
            for rule in &self.duty.clocks {
                if rule.under_text.as_deref() == Some(text.name.as_str()) {
                    self.limb(rule, &mut clocks)?;
                }
            }
            let outlives = |clock: &Clock| clock.outer.zip(text.until).is_some_and(|(a, b)| a >= b);
            if clocks.all[before..].iter().any(outlives) {
                let next = self.duty.texts.iter().find(|next| next.from == text.until);
                let next = next.filter(|next| !under.contains(next));
                under.extend(next);
                clocks.raised.extend(self.duty.text_question.clone());
            }
            index += 1;
        }
        self.by_text(&mut clocks);
        let discovered = match self.discovery() {
            Discovery::Recorded { at } => Some(at.date_in(self.zone())),
            _ => None,
        };
        let running = |met: bool, early: bool| {
            let all = clocks.all.iter();
            all.filter(|clock| clock.outer.is_some() && !clock.is_put_aside())
                .filter(|clock| met || clock.met.is_none())
                .filter(|clock| early || discovered.is_none_or(|day| clock.outer >= Some(day)))
                .min_by_key(|clock| (clock.outer, clock.planned))
                .cloned()
        };
        let order = [(false, false), (false, true), (true, false), (true, true)];
        clocks.stated = order
            .into_iter()
            .find_map(|(met, early)| running(met, early));
        self.or_earlier(&mut clocks);
        Ok(clocks)
    }

    /// Where a client's notice starts the clock too and none is on record, the date is the stated
    /// one or an earlier one.
    fn or_earlier(&self, clocks: &mut Clocks) {
        let Some(stated) = &mut clocks.stated else {
            return;
        };
        let (any, required) = (Anchor::AnyClientNotice, Anchor::ClientNotice);
        let of_clients = |rule: &&ClockRule| {
            let mut anchors = rule.anchors.iter();
            anchors.any(|anchor| *anchor == any || *anchor == required)
        };
        let rules = || self.duty.clocks.iter().filter(of_clients);
        let starts = |anchor: Anchor| rules().any(|rule| rule.anchors.contains(&anchor));
        // A notice that a law required is none of the earliest where any at all is on record.
        let is_known = starts(any) && !clocks.wanted.contains_key(any.as_str());
        // Where counsel says which of the two is meant, the other starts nothing and is not asked
        // for, nor does it stand for the one that is.
        let mut questions = rules().filter_map(|rule| rule.anchor_question.as_deref());
        let meant = questions.find_map(|question| self.anchor_read(question));
        clocks.wanted.retain(|fact, _| match meant {
            Some(meant) => fact == meant.as_str(),
            None => fact == any.as_str() || (fact == required.as_str() && !is_known),
        });
        if !clocks.wanted.is_empty() {
            let note = "or earlier: when a client first told an authority is not on record";
            stated.notes.push(note.to_owned());
        }
    }

    /// Where the text changed while a clock ran, counsel's reading says whose clocks stand; without
    /// one the earlier date runs.
    fn by_text(&self, clocks: &mut Clocks) {
        let Some(question) = &self.duty.text_question else {
            return;
        };
        if !clocks.raised.contains(question) {
            return;
        }
        let names = |clock: &Clock| clock.under_text.clone();
        let mut texts: Vec<String> = clocks.all.iter().filter_map(names).collect();
        texts.dedup();
        let aside = match (self.effect(Some(question)), texts.as_slice()) {
            (Kleene::Yes, [_, later @ ..]) => later.to_vec(),
            (Kleene::No, [earlier @ .., _]) => earlier.to_vec(),
            _ => Vec::new(),
        };
        let by = self.read_by(question);
        for clock in &mut clocks.all {
            let under = clock.under_text.as_ref();
            if under.is_some_and(|name| aside.contains(name)) {
                clock.put_aside(&by);
            } else if under.is_some() {
                let note = "the text changed while it ran; which applies is for counsel";
                clock.notes.push(note.to_owned());
            }
        }
    }

    /// The clocks of one limb.
    fn limb(&self, rule: &ClockRule, clocks: &mut Clocks) -> Result<(), OutOfRange> {
        let only_if = rule.only_if.as_deref();
        let only_if = only_if.and_then(|cite| self.duty.when.at(cite));
        let holds = only_if.map_or(Kleene::Yes, |one| self.condition(one).value());
        if holds == Kleene::No {
            return Ok(());
        }
        let mut strict = Vec::new();
        if let Some(repeats) = &rule.repeats {
            strict = self.chain(rule, repeats)?;
        } else {
            for anchor in &rule.anchors {
                let start = self.start(*anchor);
                if start.is_none() {
                    let wanted = Wanted::instant(question(*anchor));
                    clocks.wanted.insert(anchor.as_str().to_owned(), wanted);
                }
                let clock = self.anchored(rule, *anchor, start)?;
                let same = |one: &&mut Clock| {
                    rule.period.is_some() && one.anchor_at.is_some() && one.outer == clock.outer
                };
                match strict.iter_mut().find(same) {
                    Some(one) => one.of.push(anchor.as_str().to_owned()),
                    None => strict.push(clock),
                }
            }
            self.which_anchor(rule, &mut strict, clocks);
        }
        self.coverage(rule, &mut strict, clocks)?;
        if rule.repeats.is_none() {
            let met = self.performed().into_iter().next();
            for clock in strict.iter_mut().filter(|clock| clock.outer.is_some()) {
                clock.met.clone_from(&met);
            }
            self.each(rule, &mut strict, clocks)?;
        }
        for clock in &mut strict {
            clock.under_text.clone_from(&rule.under_text);
            if let Some(why) = &rule.shown_only {
                clock.notes.push(format!("{SHOWN_ONLY}: {why}"));
            }
            if holds == Kleene::Unknown && clock.outer.is_some() {
                let note = "provisional: whether the limb that it belongs to holds is not settled";
                clock.notes.push(note.to_owned());
            }
        }
        if strict.iter().any(|clock| clock.outer.is_some()) {
            clocks.raised.extend(rule.questions.iter().cloned());
        }
        let mut delayed = self.delayed(rule, &mut strict, clocks)?;
        clocks.all.append(&mut strict);
        clocks.all.append(&mut delayed);
        Ok(())
    }

    /// The clock of one anchor; where the limb counts from the end of a period, of the one in which
    /// the anchor lies.
    fn anchored(
        &self,
        rule: &ClockRule,
        anchor: Anchor,
        start: Option<Start>,
    ) -> Result<Clock, OutOfRange> {
        let Some(period) = rule.period else {
            return self.clock(rule, anchor.as_str(), start);
        };
        let zone = self.zone();
        let ends = start.and_then(|start| {
            let last = period_end(period, start.at.date_in(zone))?;
            let at = self.moment(last)?;
            Some(Start { at, ..start })
        });
        let mut clock = self.clock(rule, "period_end", ends)?;
        clock.of.push(anchor.as_str().to_owned());
        Ok(clock)
    }

    /// The first instant of `day` in the order's zone.
    pub(crate) fn moment(&self, day: Date) -> Option<Moment> {
        let zoned = day.to_zoned(self.zone().clone()).ok()?;
        Moment::from_micros(zoned.timestamp().as_microsecond()).ok()
    }

    /// A limit for each later notice too, once, however many anchors it is one of: stated only
    /// where counsel's reading says that each starts one of its own. What was done before it does
    /// not meet it.
    fn each(
        &self,
        rule: &ClockRule,
        strict: &mut Vec<Clock>,
        clocks: &mut Clocks,
    ) -> Result<(), OutOfRange> {
        let Some(question) = &rule.each_question else {
            return Ok(());
        };
        let own = self.effect(Some(question)) == Kleene::Yes;
        let meant = rule.anchor_question.as_deref();
        let meant = meant.and_then(|question| self.anchor_read(question));
        let running = strict.iter().filter(|clock| !clock.is_put_aside());
        let mut begun: BTreeSet<Moment> = running.filter_map(|clock| clock.anchor_at).collect();
        for anchor in &rule.anchors {
            let notices = matches!(anchor, Anchor::GovernmentNotice | Anchor::RequiredNotice);
            if !notices || meant.is_some_and(|meant| meant != *anchor) {
                continue;
            }
            for start in self.starting_notices(*anchor).into_iter().skip(1) {
                let since = start.at;
                if !begun.insert(since) {
                    continue;
                }
                clocks.raised.insert(question.clone());
                let mut clock = self.clock(rule, anchor.as_str(), Some(start))?;
                clock.limb = format!("{}, a later notice", rule.limb);
                let mut done = self.performed().into_iter();
                clock.met = done.find(|one| one.at.is_some_and(|at| at >= since));
                if !own {
                    let note = "whether a later notice starts a limit of its own is for counsel";
                    clock.notes.push(format!("{SHOWN_ONLY}: {note}"));
                }
                strict.push(clock);
            }
        }
        Ok(())
    }

    /// Which of the anchors is meant is for counsel; without a reading the earliest stands. Where
    /// one of them is not on record, the date of another may be no date at all.
    fn which_anchor(&self, rule: &ClockRule, strict: &mut [Clock], clocks: &mut Clocks) {
        let Some(question) = &rule.anchor_question else {
            return;
        };
        let days: BTreeSet<Option<Date>> = strict.iter().map(|clock| clock.outer).collect();
        if days.len() < 2 {
            return;
        }
        clocks.raised.insert(question.clone());
        if let Some(meant) = self.anchor_read(question) {
            let by = self.read_by(question);
            for clock in strict.iter_mut() {
                let named = clock.of.iter().chain([&clock.anchor]);
                if !named.into_iter().any(|word| word == meant.as_str()) {
                    clock.put_aside(&by);
                }
            }
        }
    }

    /// A clock of `rule` from `start`.
    pub(crate) fn clock(
        &self,
        rule: &ClockRule,
        anchor: &str,
        start: Option<Start>,
    ) -> Result<Clock, OutOfRange> {
        let mut clock = Clock {
            limb: rule.limb.clone(),
            cite: rule.cite.clone(),
            anchor: anchor.to_owned(),
            of: Vec::new(),
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
            under_text: None,
            met: None,
            notes: Vec::new(),
        };
        let Some(start) = start else {
            return Ok(clock);
        };
        clock.notes.extend(start.note);
        let day = start.at.date_in(self.zone());
        let counted = last_day(rule.method, rule.days, day, &self.settings.calendar)?;
        clock.planned = Some(counted.planned);
        clock.outer = Some(counted.outer);
        clock
            .notes
            .extend(hour(self.duty, rule.method).map(str::to_owned));
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

    /// What the Commission's staff wrote about the date: it moves it only where the pack says so,
    /// of the order and of the duty.
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
            Ok(date) if self.order.staff_may_extend && self.duty.may_be_extended() => {
                clock.outer = Some(date);
                clock.planned = Some(working_day_back(date, trigger, &self.settings.calendar)?);
                clock
                    .notes
                    .push(format!("staff moved the date to {date} in writing"));
            }
            read => {
                let may = self.order.staff_may_extend && self.duty.may_be_extended();
                let moves = match read {
                    Err(_) if may => "that is no date and moves none; write one such as 2027-01-20",
                    _ if self.order.staff_may_extend => {
                        "the order lets staff extend others, not this duty"
                    }
                    _ => "under this order that moves no date",
                };
                clock.notes.push(format!("staff wrote: {to}; {moves}"));
            }
        }
        Ok(())
    }

    /// A request of law enforcement: the later day it gives. Where the pack asks counsel whether it
    /// moves the limit, the limit stands until a reading says so, and the later day is shown.
    fn delayed(
        &self,
        rule: &ClockRule,
        strict: &mut [Clock],
        clocks: &mut Clocks,
    ) -> Result<Vec<Clock>, OutOfRange> {
        let mut shown = Vec::new();
        let Some(delay) = &rule.delay else {
            return Ok(shown);
        };
        let Some(until) = self.delay_until(delay) else {
            return Ok(shown);
        };
        let moves = match &delay.question {
            None => true,
            Some(question) => {
                clocks.raised.insert(question.clone());
                self.effect(Some(question)) == Kleene::Yes
            }
        };
        for clock in strict.iter_mut() {
            let (Some(outer), Some(at)) = (clock.outer, clock.anchor_at) else {
                continue;
            };
            if until <= outer {
                continue;
            }
            let trigger = at.date_in(self.zone());
            let planned = working_day_back(until, trigger, &self.settings.calendar)?;
            let mut later = clock.clone();
            later.outer = Some(until);
            later.planned = Some(planned);
            let note = format!("law enforcement asked for delay until {until}");
            if moves {
                later.notes.push(note);
                *clock = later;
            } else {
                later.limb = format!("{}, delayed", clock.limb);
                later.notes.push(format!(
                    "{SHOWN_ONLY}: {note}; whether that moves the limit is for counsel"
                ));
                shown.push(later);
            }
        }
        Ok(shown)
    }

    /// The last day of the delay that law enforcement asked for, within what the clause allows; of
    /// several requests, the latest.
    fn delay_until(&self, delay: &DelayRule) -> Option<Date> {
        let zone = self.zone();
        let mut latest = None;
        for reported in &self.incident.reports {
            let Report::LawEnforcementRequest(one) = &reported.record.report else {
                continue;
            };
            if one.made == Some(YesNo::No) {
                continue;
            }
            let asked = one.until.map(|until| until.date_in(zone));
            let written = delay
                .written_days
                .filter(|_| one.written == Some(YesNo::Yes));
            let days = delay
                .most_days
                .map(|days| days + written.unwrap_or_default());
            let from = one.at.map(|at| at.date_in(zone));
            let cap = days
                .zip(from)
                .and_then(|(days, from)| from.checked_add(i64::from(days).days()).ok());
            let until = match (asked, cap, days) {
                (Some(asked), Some(cap), _) => Some(asked.min(cap)),
                (Some(asked), None, None) => Some(asked),
                // A cap that cannot be counted, since nobody knows when they asked, allows nothing.
                (_, None, _) => None,
                (None, cap, _) => cap,
            };
            latest = latest.max(until);
        }
        latest
    }

    /// Adds the strict clocks of a limb and, where they began before the incident was covered, the
    /// one that runs from coverage.
    fn coverage(
        &self,
        rule: &ClockRule,
        strict: &mut Vec<Clock>,
        clocks: &mut Clocks,
    ) -> Result<(), OutOfRange> {
        let Some(question) = &rule.coverage_question else {
            return Ok(());
        };
        let zone = self.zone();
        let covered = self.covered_at();
        let is_before = |clock: &Clock| match (clock.anchor_at, covered) {
            (Some(at), Some(covered)) => at.date_in(zone) < covered.date_in(zone),
            _ => false,
        };
        let too_early = strict.iter().any(is_before);
        if too_early {
            clocks.raised.insert(question.clone());
            let strict_stands = self.effect(Some(question)) != Kleene::No;
            let by = self.read_by(question);
            for clock in strict.iter_mut().filter(|clock| is_before(clock)) {
                clock
                    .notes
                    .push("began before the incident was covered; for counsel".to_owned());
                if !strict_stands {
                    clock.put_aside(&by);
                }
            }
        }
        if too_early && let Some(at) = covered {
            let start = Start {
                at,
                basis: "recorded",
                note: Some("from coverage".to_owned()),
            };
            let mut clock = self.clock(rule, "coverage", Some(start))?;
            clock.limb = format!("{}, from coverage", rule.limb);
            strict.push(clock);
        }
        Ok(())
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
                let day = at.date_in(self.zone());
                let method = Method::Calendar;
                Some(last_day(method, days, day, &self.settings.calendar)?.planned)
            }
            None => None,
        };
        Ok(Some(Reminder {
            since,
            planned,
            policy: match rule.own {
                false => format!("within a reasonable time: {days} days"),
                true => format!("our own reminder: {days} days"),
            },
        }))
    }
}

/// The hour of the day to plan for, where what is due goes to the Commission: neither rule lets one
/// rely on the end of the day for what is no filing with a court.
fn hour(duty: &Duty, method: Method) -> Option<&'static str> {
    let is_sent = duty.kind.is_filed();
    match method {
        Method::Frcp6 if is_sent => Some(
            "plan on 5:00 p.m. Eastern of the planned day: the rule's end of the day is that of a \
             filing with the court, which a report to the Commission is not [reading]",
        ),
        Method::Ftc43 if is_sent => Some(
            "plan on 5:00 p.m. Eastern of the planned day: what is received later counts as \
             received on the next business day (16 CFR 4.3(d)) [reading]",
        ),
        _ => None,
    }
}

/// The last day of the period in which `day` lies.
fn period_end(period: Period, day: Date) -> Option<Date> {
    match period {
        Period::CalendarYear => Date::new(day.year(), 12, 31).ok(),
        Period::CalendarQuarter => {
            let month = (day.month() + 2) / 3 * 3;
            Some(Date::new(day.year(), month, 1).ok()?.last_of_month())
        }
    }
}
