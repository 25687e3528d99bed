//! What a clause counts: each part of its definition put to one row, in three values.

use crate::context::Context;
use crate::known::Look;
use facts::{
    CircumstanceName, GovernmentNotice, IndicatorMode, Interval, Kleene, Report, YesNo, lies_in,
    us_state,
};
use incident::{Counted, Counts, Reported, Row};
use orders::{ActWord, CircumstanceRule, Population, Unit};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

/// A part of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Information,
    Reached,
    Acts,
    Authority,
    Residential,
    Visibility,
    Encryption,
    Residence,
    Circumstances,
}

impl Part {
    /// Whether it takes out what would be counted else.
    pub(crate) fn is_carve_out(self) -> bool {
        matches!(
            self,
            Part::Residential | Part::Visibility | Part::Encryption
        )
    }
}

pub(crate) const PARTS: [Part; 9] = [
    Part::Information,
    Part::Reached,
    Part::Acts,
    Part::Authority,
    Part::Residential,
    Part::Visibility,
    Part::Encryption,
    Part::Residence,
    Part::Circumstances,
];

/// A population put to one incident.
pub(crate) struct View<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) population: &'a Population,
    /// Whether what was done, and without authorization, is asked too: a notice to an authority
    /// rests on itself.
    pub(crate) with_authority: bool,
    /// Encrypted, its key safe, and clear ones (may) stand in this incident together.
    pub(crate) mixed: bool,
    /// What each part comes to of each row of the incident, once it was asked.
    parts: RefCell<Vec<[Option<Kleene>; PARTS.len()]>>,
    /// What the rows alone come to, once it was counted.
    recorded: Cell<Option<Counts>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(
        context: &'a Context<'a>,
        population: &'a Population,
        with_authority: bool,
    ) -> View<'a> {
        let mut view = View {
            context,
            population,
            with_authority,
            mixed: false,
            parts: RefCell::default(),
            recorded: Cell::default(),
        };
        // Only where it is for counsel what that means.
        let encryption = population.encryption.as_ref();
        view.mixed = encryption.is_some_and(|rule| rule.question.is_some())
            && context
                .incident
                .rows
                .iter()
                .any(|row| PARTS.iter().all(|part| view.asked(*part, row).may_be()));
        *view.parts.borrow_mut() = vec![[None; PARTS.len()]; context.incident.rows.len()];
        view
    }

    /// Whether `row` belongs to it.
    pub(crate) fn holds(&self, row: &Row) -> Kleene {
        PARTS
            .iter()
            .fold(Kleene::Yes, |value, part| value.and(self.part(*part, row)))
    }

    /// How many belong to it, by the rows alone.
    pub(crate) fn recorded(&self) -> Counts {
        let counts = self.recorded.get();
        let counts = counts.unwrap_or_else(|| self.count(&|row| self.holds(row)));
        self.recorded.set(Some(counts));
        counts
    }

    /// How many belong to it. What the rows do not say they do not rule out once an authority was
    /// told: where nothing at all is on record of what was reached, nothing bounds the counts then,
    /// and so many people as the notice speaks of may be among them.
    pub(crate) fn counts(&self) -> Counts {
        self.claimed(self.recorded())
    }

    fn claimed(&self, mut counts: Counts) -> Counts {
        let Counts {
            accounts,
            consumers,
            resources,
            devices,
        } = &mut counts;
        let claims = self.claims();
        if !claims.is_empty() && self.is_nothing_known() {
            // A count that responders reported is no row, and bounds what it speaks of.
            for count in [accounts, &mut *consumers, resources, devices] {
                if *count == Interval::exactly(0) {
                    count.at_most = None;
                }
            }
        }
        for (reported, notice) in claims {
            let disputed = reported.is_disputed("report.consumers");
            let claim = notice.consumers.filter(|_| !disputed);
            let most = consumers.at_most.zip(claim);
            if disputed || claim.is_some() {
                consumers.at_most = most.map(|(most, claim)| most.max(claim));
            }
        }
        counts
    }

    /// The notices to authorities that may be about what is counted.
    fn claims(&self) -> Vec<(&Reported, &GovernmentNotice)> {
        let wanted = self.population.information.as_ref();
        let claims = self.context.notices().filter(|(reported, notice)| {
            let about = wanted.map(|rule| self.context.is_about(&rule.any, reported, notice));
            about.is_none_or(|about| about.may_be())
        });
        claims.collect()
    }

    /// The notices that speak of more people than what is on record allows: one that does not say
    /// of how many claims nothing.
    pub(crate) fn claims_of_more(&self) -> Vec<(&Reported, u64)> {
        let most = self.recorded().consumers.at_most;
        let most = most.filter(|_| !self.is_nothing_known());
        let claims = self.claims().into_iter();
        let claims = claims.filter(|(reported, _)| !reported.is_disputed("report.consumers"));
        let claims = claims.filter_map(|(reported, notice)| Some((reported, notice.consumers?)));
        claims
            .filter(|(_, claim)| most.is_some_and(|most| most < *claim))
            .collect()
    }

    /// Whether nothing is on record of what was reached: neither anything that was or was not, nor
    /// a search that found nothing.
    fn is_nothing_known(&self) -> bool {
        let incident = self.context.incident;
        let looked_for = |reported: &Reported| {
            matches!(
                reported.record.report,
                Report::Indicator(_) | Report::Exposure(_)
            )
        };
        incident.rows.is_empty()
            && incident.attempts == 0
            && !incident.reports.iter().any(looked_for)
            && self.context.answered_yes_no("search") != Kleene::Yes
    }

    pub(crate) fn count(&self, holds: &dyn Fn(&Row) -> Kleene) -> Counts {
        self.count_with_disputes(holds).counts
    }

    /// The same, and which of responders' own counts contradict it.
    pub(crate) fn count_with_disputes(&self, holds: &dyn Fn(&Row) -> Kleene) -> Counted {
        let searched = self.context.searched();
        let but_for = |row: &Row| {
            let settled = [Part::Reached, Part::Authority];
            let all = PARTS.iter().filter(|part| !settled.contains(part));
            holds(row).may_be()
                && all
                    .fold(Kleene::Yes, |all, part| all.and(self.part(*part, row)))
                    .is_yes()
        };
        incident::count_but_for(self.context.incident, searched, holds, &but_for)
    }

    /// Whether people of the company may be behind it.
    pub(crate) fn by_insiders(&self) -> bool {
        let incident = self.context.incident;
        incident.mode == Some(IndicatorMode::Insider)
            || incident
                .groups
                .iter()
                .any(|group| group.starts_with("actor:"))
    }

    /// Whether one part holds of `row`.
    pub(crate) fn part(&self, part: Part, row: &Row) -> Kleene {
        let rows = self.context.incident.rows.as_slice();
        let Some(place) = rows.element_offset(row) else {
            return self.asked(part, row);
        };
        let at = part as usize;
        let known = |all: &Vec<[Option<Kleene>; PARTS.len()]>| *all.get(place)?.get(at)?;
        let known = known(&self.parts.borrow());
        known.unwrap_or_else(|| {
            let value = self.asked(part, row);
            let mut parts = self.parts.borrow_mut();
            if let Some(place) = parts.get_mut(place).and_then(|parts| parts.get_mut(at)) {
                *place = Some(value);
            }
            value
        })
    }

    fn asked(&self, part: Part, row: &Row) -> Kleene {
        if self.context.suppose.settles(part) {
            return Kleene::Yes;
        }
        let value = match part {
            Part::Information => self.information(row),
            // What was done, by whom and to whom, a notice to an authority states by itself.
            Part::Reached | Part::Acts | Part::Authority | Part::Residence
                if !self.with_authority =>
            {
                Kleene::Yes
            }
            Part::Reached => self.context.or_answered(row.class.reached, || "reached"),
            Part::Acts => self.acts(row),
            Part::Authority => self.authority(row),
            Part::Residential => self.residential(row),
            Part::Visibility => self.visibility(row),
            Part::Encryption => self.encryption(row),
            Part::Residence => self.residence(row),
            Part::Circumstances => self.circumstances(row),
        };
        if value != Kleene::Yes {
            self.context.known.look(|| Look::Part(part));
        }
        value
    }

    /// Whether `row` is about the information that the clause speaks of.
    pub(crate) fn information(&self, row: &Row) -> Kleene {
        let Some(rule) = &self.population.information else {
            return Kleene::Yes;
        };
        match row.class.information {
            Some(information) => Kleene::from(rule.any.contains(&information)),
            None => self.context.answered_yes_no("information"),
        }
    }

    fn acts(&self, row: &Row) -> Kleene {
        let stated = self.stated_acts(row);
        let known = match &self.population.presumption {
            None => stated,
            Some(rule) => {
                let mut presuming = self.population.acts.any.clone();
                presuming.push(rule.from);
                let presumed = any_done(row, &presuming);
                // What is on record as done, and evidence that it was not, contradict each other.
                let rebutted = match stated {
                    Kleene::Yes => Kleene::Unknown,
                    _ => Kleene::No,
                };
                match self.evidence(rule.unless, row) {
                    Kleene::No => presumed,
                    Kleene::Yes => rebutted,
                    Kleene::Unknown if presumed == rebutted => presumed,
                    Kleene::Unknown => Kleene::Unknown,
                }
            }
        };
        self.context.or_answered(known, || "acts")
    }

    /// What is stated of the acts that are asked for, without what is presumed of them.
    fn stated_acts(&self, row: &Row) -> Kleene {
        any_done(row, &self.population.acts.any)
    }

    /// Whether an act is on record of `row`, and evidence that it was not done.
    pub(crate) fn is_against_evidence(&self, row: &Row) -> bool {
        let rule = self.population.presumption.as_ref();
        rule.is_some_and(|rule| {
            self.stated_acts(row).is_yes() && self.evidence(rule.unless, row).is_yes()
        })
    }

    /// Whether the verdict on `row` and what is stated of the individuals contradict each other.
    pub(crate) fn is_against_individuals(&self, row: &Row) -> bool {
        let rule = &self.population.authority;
        let verdict = row.unauthorised(&self.context.order.slug, rule.ground);
        let said = rule
            .or_circumstance
            .map(|name| !self.circumstance(name, row));
        verdict != Kleene::Unknown && said.is_some_and(|said| said == !verdict)
    }

    /// Whether there is evidence that rebuts a presumption. Evidence is what somebody has: where
    /// none is on record, there is none so far; where records differ, nobody can say.
    pub(crate) fn evidence(&self, name: CircumstanceName, row: &Row) -> Kleene {
        let (known, is_disputed) = match row.class.circumstances.get(&name) {
            Some(own) if *own != Kleene::Unknown => (*own, false),
            _ => {
                let voices = self.context.voices_of_row(name, row);
                (voices.value(), voices.is_disputed())
            }
        };
        let fact = || format!("circumstance:{name}");
        match self.context.or_answered(known, fact) {
            Kleene::Unknown if !is_disputed => Kleene::No,
            known => known,
        }
    }

    /// What is stated of `row` about a yes/no fact, failing that of the whole matter.
    fn circumstance(&self, name: CircumstanceName, row: &Row) -> Kleene {
        let own = row
            .class
            .circumstances
            .get(&name)
            .copied()
            .unwrap_or_default();
        let known = match own {
            Kleene::Unknown => self.context.voices_of_row(name, row).value(),
            own => own,
        };
        self.context
            .or_answered(known, || format!("circumstance:{name}"))
    }

    /// The facts that must (not) hold.
    fn circumstances(&self, row: &Row) -> Kleene {
        let rules = self.population.circumstances.iter();
        rules.fold(Kleene::Yes, |value, rule| {
            value.and(self.one_circumstance(rule, row))
        })
    }

    pub(crate) fn one_circumstance(&self, rule: &CircumstanceRule, row: &Row) -> Kleene {
        let named = |information| rule.presumed_of.contains(&information);
        let value = match self.circumstance(rule.name, row) {
            Kleene::Unknown if row.class.information.is_some_and(named) => Kleene::Yes,
            value => value,
        };
        match rule.must_be {
            YesNo::Yes => value,
            YesNo::No => !value,
        }
    }

    /// The greatest number in one State or jurisdiction.
    pub(crate) fn in_one_state(&self, unit: Unit) -> Interval {
        let rows = self.context.incident.rows.iter();
        let places = rows.filter_map(|row| row.class.residence.as_deref());
        let mut states: BTreeSet<Option<&str>> = places.filter_map(us_state).map(Some).collect();
        // All of those whose State nobody knows may live in one that is not named.
        states.insert(None);
        let count = |state: &Option<&str>| {
            let here = |row: &Row| match row.class.residence.as_deref() {
                Some(place) => match us_state(place) {
                    Some(of) => Kleene::from(Some(of) == *state),
                    // Nobody who lives abroad lives in a State.
                    None if lies_in(place, "US") == Kleene::No => Kleene::No,
                    None => Kleene::Unknown,
                },
                None => Kleene::Unknown,
            };
            let counts = self.count(&|row| self.holds(row).and(here(row)));
            in_unit(&self.claimed(counts), unit)
        };
        let counts: Vec<Interval> = states.iter().map(count).collect();
        let at_most: Option<Vec<u64>> = counts.iter().map(|count| count.at_most).collect();
        Interval {
            at_least: counts
                .iter()
                .map(|count| count.at_least)
                .max()
                .unwrap_or_default(),
            at_most: at_most.map(|most| most.into_iter().max().unwrap_or_default()),
        }
    }

    fn authority(&self, row: &Row) -> Kleene {
        let rule = &self.population.authority;
        let known = row.unauthorised(&self.context.order.slug, rule.ground);
        let said = rule
            .or_circumstance
            .map_or(Kleene::Unknown, |name| !self.circumstance(name, row));
        let known = match (known, said) {
            (Kleene::Unknown, said) => said,
            (known, said) if said != Kleene::Unknown && said != known => Kleene::Unknown,
            (known, _) => known,
        };
        let without = match known {
            Kleene::Unknown => !self.context.answered_yes_no("authorised"),
            known => known,
        };
        match rule.insider_question.as_deref() {
            Some(question) if self.by_insiders() => {
                without.and(self.context.effect(Some(question)))
            }
            _ => without,
        }
    }

    /// Where nobody said what a product is for, the class of information stands.
    fn residential(&self, row: &Row) -> Kleene {
        match (&self.population.residential, row.class.residential) {
            (Some(rule), Kleene::No) => match &rule.question {
                Some(question) => self.context.effect(Some(question)),
                None => Kleene::No,
            },
            _ => Kleene::Yes,
        }
    }

    fn visibility(&self, row: &Row) -> Kleene {
        let Some(rule) = &self.population.visibility else {
            return Kleene::Yes;
        };
        match row.class.visibility {
            Some(seen) if rule.excluded.contains(&seen) => Kleene::No,
            Some(seen) if rule.unsure.contains(&seen) => {
                self.context.effect(rule.question.as_deref())
            }
            Some(_) => Kleene::Yes,
            None => self.context.answered_yes_no("private"),
        }
    }

    /// Whether it was encrypted in the form in which it was reached.
    pub(crate) fn encrypted(&self, row: &Row) -> Kleene {
        self.context
            .or_answered(row.class.encrypted, || "encrypted")
    }

    /// Whether the key was reached too.
    pub(crate) fn key_taken(&self, row: &Row) -> Kleene {
        self.context
            .or_answered(row.class.key_taken, || "key_taken")
    }

    /// Not encrypted, or the key reached too; what was encrypted beside clear ones is for counsel.
    fn encryption(&self, row: &Row) -> Kleene {
        let Some(rule) = &self.population.encryption else {
            return Kleene::Yes;
        };
        match (!self.encrypted(row)).or(self.key_taken(row)) {
            Kleene::No if self.mixed && rule.question.is_some() => {
                self.context.effect(rule.question.as_deref())
            }
            value => value,
        }
    }

    fn residence(&self, row: &Row) -> Kleene {
        let Some(rule) = &self.population.residence else {
            return Kleene::Yes;
        };
        let place = row.class.residence.as_deref();
        let known = place.map_or(Kleene::Unknown, |place| lies_in(place, &rule.country));
        self.context.or_answered(known, || "residence")
    }

    /// Whether every part but `part` may hold of `row`.
    pub(crate) fn otherwise_in(&self, part: Part, row: &Row) -> bool {
        PARTS
            .iter()
            .all(|other| *other == part || self.part(*other, row).may_be())
    }
}

/// Whether any of these was done with what is in `row`.
fn any_done(row: &Row, acts: &[ActWord]) -> Kleene {
    let known = row.class.acts;
    let either = [ActWord::Accessed, ActWord::Acquired];
    if known.accessed_or_acquired && either.iter().all(|act| acts.contains(act)) {
        return Kleene::Yes;
    }
    let done = |act: &ActWord| match act {
        ActWord::Accessed => known.accessed,
        ActWord::Acquired => known.acquired,
        ActWord::PubliclyExposed => known.publicly_exposed,
        ActWord::Disclosed => known.disclosed,
    };
    acts.iter().fold(Kleene::No, |all, act| all.or(done(act)))
}

/// The count in one unit.
pub(crate) fn in_unit(counts: &Counts, unit: Unit) -> Interval {
    match unit {
        Unit::Accounts => counts.accounts,
        Unit::Consumers => counts.consumers,
        Unit::Resources => counts.resources,
        Unit::Devices => counts.devices,
    }
}
