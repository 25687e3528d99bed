//! What a clause counts: each part of its definition put to one row, in three values.

use crate::context::Context;
use facts::{IndicatorMode, Kleene};
use incident::{Counts, Incident, Row};
use orders::{ActWord, Population, Unit};

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
}

pub(crate) const PARTS: [Part; 8] = [
    Part::Information,
    Part::Reached,
    Part::Acts,
    Part::Authority,
    Part::Residential,
    Part::Visibility,
    Part::Encryption,
    Part::Residence,
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
        };
        view.mixed = context
            .incident
            .rows
            .iter()
            .any(|row| PARTS.iter().all(|part| view.part(*part, row).may_be()));
        view
    }

    /// Whether `row` belongs to it.
    pub(crate) fn holds(&self, row: &Row) -> Kleene {
        PARTS
            .iter()
            .fold(Kleene::Yes, |value, part| value.and(self.part(*part, row)))
    }

    /// How many belong to it.
    pub(crate) fn counts(&self) -> Counts {
        self.count(&|row| self.holds(row))
    }

    pub(crate) fn count(&self, holds: &dyn Fn(&Row) -> Kleene) -> Counts {
        let incident = self.context.incident;
        if self.context.searched() && !incident.searched.complete {
            let mut ruled_out: Incident = incident.clone();
            ruled_out.searched.complete = true;
            return incident::count(&ruled_out, holds);
        }
        incident::count(incident, holds)
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

    pub(crate) fn part(&self, part: Part, row: &Row) -> Kleene {
        let relaxed = self.context.suppose.no_carve_outs;
        match part {
            Part::Information => self.information(row),
            // What was done, by whom and to whom, a notice to an authority states by itself.
            Part::Reached | Part::Acts | Part::Authority | Part::Residence
                if !self.with_authority =>
            {
                Kleene::Yes
            }
            Part::Reached => self.context.or_answered(row.class.reached, "reached"),
            Part::Acts => self.acts(row),
            Part::Authority => self.authority(row),
            Part::Residential if relaxed => Kleene::Yes,
            Part::Residential => self.residential(row),
            Part::Visibility if relaxed => Kleene::Yes,
            Part::Visibility => self.visibility(row),
            Part::Encryption if relaxed => Kleene::Yes,
            Part::Encryption => self.encryption(row),
            Part::Residence => self.residence(row),
        }
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
        let acts = row.class.acts;
        let known = self
            .population
            .acts
            .any
            .iter()
            .fold(Kleene::No, |value, act| {
                value.or(match act {
                    ActWord::Accessed => acts.accessed,
                    ActWord::Acquired => acts.acquired,
                    ActWord::PubliclyExposed => acts.publicly_exposed,
                    ActWord::Disclosed => acts.disclosed,
                })
            });
        self.context.or_answered(known, "acts")
    }

    fn authority(&self, row: &Row) -> Kleene {
        let rule = &self.population.authority;
        let known = row.unauthorised(&self.context.order.slug, rule.ground);
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

    /// Not encrypted, or the key reached too; what was encrypted beside clear ones is for counsel.
    fn encryption(&self, row: &Row) -> Kleene {
        let Some(rule) = &self.population.encryption else {
            return Kleene::Yes;
        };
        let encrypted = self.context.or_answered(row.class.encrypted, "encrypted");
        let key_taken = self.context.or_answered(row.class.key_taken, "key_taken");
        match (!encrypted).or(key_taken) {
            Kleene::No if self.mixed => self.context.effect(rule.question.as_deref()),
            value => value,
        }
    }

    fn residence(&self, row: &Row) -> Kleene {
        let Some(rule) = &self.population.residence else {
            return Kleene::Yes;
        };
        const TERRITORIES: [&str; 6] = ["US-AS", "US-GU", "US-MP", "US-PR", "US-UM", "US-VI"];
        match row.class.residence.as_deref() {
            None => self.context.answered_yes_no("residence"),
            Some(place) if TERRITORIES.contains(&place) => {
                self.context.answered_yes_no("residence")
            }
            Some(place) => Kleene::from(place.split('-').next() == Some(rule.country.as_str())),
        }
    }

    /// Whether every part but `part` may hold of `row`.
    pub(crate) fn otherwise_in(&self, part: Part, row: &Row) -> bool {
        PARTS
            .iter()
            .all(|other| *other == part || self.part(*other, row).may_be())
    }
}

/// The count in one unit.
pub(crate) fn in_unit(counts: &Counts, unit: Unit) -> facts::Interval {
    match unit {
        Unit::Accounts => counts.accounts,
        Unit::Consumers => counts.consumers,
        Unit::Resources => counts.resources,
        Unit::Devices => counts.devices,
    }
}
