//! Records that contradict each other: of one and the same some say yes and some no. That counts as
//! unknown, and whoever reads or is asked is told which records it is.

use crate::context::Context;
use crate::determination::Because;
use crate::near::leaves;
use crate::population::{Part, View};
use facts::{Circumstance, CircumstanceName, Kleene, Noncompliance, Report, section_covers};
use incident::{Incident, Reported, Row, Stance, Voices};
use orders::{ConditionKind, Population};
use std::collections::{BTreeMap, BTreeSet};

/// How many records of a side are named; the others are counted.
const NAMED_MAX: usize = 5;

/// How it is said that records contradict each other.
pub(crate) trait Dispute {
    /// That they contradict each other, and which; nothing where they settle it, or none speaks.
    fn dispute(&self) -> Option<String>;

    /// The same as a reason, about `what`.
    fn because(&self, what: Option<&str>, cite: &str) -> Option<Because>;

    /// `question` with what is on record, where that contradicts itself.
    fn told(&self, question: String) -> String;
}

impl Dispute for Voices<'_> {
    fn dispute(&self) -> Option<String> {
        if !self.is_disputed() {
            return None;
        }
        let sides = [("yes", &self.yes), ("no", &self.no), ("both", &self.both)];
        let sides = sides.into_iter().filter(|(_, ids)| !ids.is_empty());
        let sides: Vec<String> = sides
            .map(|(word, ids)| format!("{word}: {}", first_of(ids)))
            .collect();
        Some(format!(
            "Records contradict each other, which counts as unknown ({})",
            sides.join("; ")
        ))
    }

    fn because(&self, what: Option<&str>, cite: &str) -> Option<Because> {
        let dispute = self.dispute()?;
        Some(Because {
            text: match what {
                Some(what) => format!("{dispute}: {what}"),
                None => dispute,
            },
            cite: Some(cite.to_owned()),
            value: Kleene::Unknown,
            of: Vec::new(),
            records: self.disputing().into_iter().collect(),
            count: None,
        })
    }

    fn told(&self, question: String) -> String {
        match self.dispute() {
            Some(dispute) => format!("{question} {dispute}."),
            None => question,
        }
    }
}

/// The first of `ids`, and how many more there are.
fn first_of(ids: &BTreeSet<&str>) -> String {
    let named: Vec<&str> = ids.iter().take(NAMED_MAX).copied().collect();
    match ids.len().saturating_sub(NAMED_MAX) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

impl<'a> Context<'a> {
    /// What records state of the whole of each matter about a yes/no fact.
    fn by_matter(&self, name: CircumstanceName) -> BTreeMap<&'a str, Voices<'a>> {
        let mut found: BTreeMap<&str, Voices<'_>> = BTreeMap::new();
        for (reported, one) in self.stating(name) {
            if one.matching.is_unrestricted() {
                let voices = found.entry(&reported.record.matter).or_default();
                voices.hear(&reported.record.id, Stance::of(reported));
            }
        }
        found
    }

    /// What records state of the whole incident about a yes/no fact. `enough` of one matter is
    /// enough; else what is said must be said of each, as one does not speak for the others. What
    /// is heard is what carries the value, failing that what contradicts itself.
    pub(crate) fn voices(&self, name: CircumstanceName, enough: Option<Kleene>) -> Voices<'a> {
        let by_matter = self.by_matter(name);
        let heard = |is: &dyn Fn(&Voices<'a>) -> bool| {
            let mut all = Voices::default();
            for voices in by_matter.values().filter(|one| is(one)) {
                all.join(voices);
            }
            all
        };
        let matters = self.incident.matters.iter().map(String::as_str);
        let matters: BTreeSet<&str> = matters.chain(by_matter.keys().copied()).collect();
        let value_of = |matter: &&str| by_matter.get(matter).map(Voices::value);
        for value in [Kleene::Yes, Kleene::No] {
            let is_value = |one: Option<Kleene>| one == Some(value);
            let mut values = matters.iter().map(value_of);
            let is_so = match enough == Some(value) {
                true => values.any(is_value),
                false => !matters.is_empty() && values.all(is_value),
            };
            if is_so {
                return heard(&|one| one.value() == value);
            }
        }
        heard(&|one| one.is_disputed())
    }

    /// The records about a yes/no fact, of the whole matter or of some accesses.
    pub(crate) fn stating(
        &self,
        name: CircumstanceName,
    ) -> impl Iterator<Item = (&'a Reported, &'a Circumstance)> {
        let incident = self.incident;
        let reports = incident.reports.iter();
        reports.filter_map(move |reported| match &reported.record.report {
            Report::Circumstance(one) if one.name == name && self.concerns(one) => {
                Some((reported, one))
            }
            _ => None,
        })
    }

    /// Whether `one` speaks of whom is asked about, under this order.
    fn concerns(&self, one: &Circumstance) -> bool {
        let slug = &self.order.slug;
        self.subject.is_meant_by(one) && one.order.as_ref().is_none_or(|order| order == slug)
    }

    /// What records state of `row` about a yes/no fact: those that speak of it in particular,
    /// failing that those of its matters as a whole.
    pub(crate) fn voices_of_row(&self, name: CircumstanceName, row: &Row) -> Voices<'a> {
        let class = &row.class;
        let mut own = Voices::default();
        if !class.disputed_by.is_empty() {
            let stating = self.stating(name);
            for (reported, _) in stating.filter(|(one, _)| is_among(&class.disputed_by, one)) {
                own.hear(&reported.record.id, Stance::of(reported));
            }
        }
        if own != Voices::default() {
            return own;
        }
        if class.matters.is_empty() {
            return self.voices(name, None);
        }
        let mut voices = Voices::default();
        for (matter, stated) in self.by_matter(name) {
            if class.matters.contains(matter) {
                voices.join(&stated);
            }
        }
        voices
    }

    /// The records that contradict each other about the key of `row`.
    fn voices_of_key(&self, row: &Row) -> Voices<'a> {
        let mut voices = Voices::default();
        let reports = self.incident.reports.iter();
        for reported in reports.filter(|one| is_among(&row.class.disputed_by, one)) {
            if matches!(reported.record.report, Report::Key(_)) {
                voices.hear(&reported.record.id, Stance::of(reported));
            }
        }
        voices
    }

    /// What records state of a violation of `section`. What is denied of the whole is denied of
    /// its parts, and what is denied of a part says nothing of the rest; one matter does not speak
    /// for another. What nobody denies stands, whatever is disputed beside it.
    pub(crate) fn voices_of_section(&self, section: &str) -> Voices<'a> {
        let (mut sure, mut contested) = (Voices::default(), Voices::default());
        let mut denied: BTreeMap<&str, Voices<'_>> = BTreeMap::new();
        for (reported, one) in self.stating_of_section(section) {
            let (record, stance) = (&reported.record, Stance::of(reported));
            let mut against = denials(self.incident, reported, one).peekable();
            let is_contested = stance == Some(Stance::Both) || against.peek().is_some();
            match stance {
                Some(Stance::No) if section_covers(&one.provision, section) => {
                    let matter = denied.entry(&record.matter).or_default();
                    matter.hear(&record.id, stance);
                }
                Some(Stance::Yes | Stance::Both) if is_contested => {
                    contested.hear(&record.id, stance);
                    against.for_each(|one| contested.hear(&one.record.id, Stance::of(one)));
                }
                Some(Stance::Yes) if section_covers(section, &one.provision) => {
                    sure.hear(&record.id, stance);
                }
                _ => {}
            }
        }
        if sure.value() == Kleene::Yes {
            return sure;
        }
        if contested.is_disputed() {
            return contested;
        }
        let mut matters = self.incident.matters.iter();
        let mut all = Voices::default();
        if matters.all(|matter| denied.contains_key(matter.as_str())) {
            denied.values().for_each(|one| all.join(one));
        }
        all
    }

    /// The records about a violation of `section`, of a part of it, or of more than it.
    pub(crate) fn stating_of_section(
        &self,
        section: &str,
    ) -> impl Iterator<Item = (&'a Reported, &'a Noncompliance)> {
        let incident = self.incident;
        let reports = incident.reports.iter();
        reports.filter_map(move |reported| match &reported.record.report {
            Report::Noncompliance(one)
                if one.order == self.order.slug
                    && (section_covers(section, &one.provision)
                        || section_covers(&one.provision, section)) =>
            {
                Some((reported, one))
            }
            _ => None,
        })
    }

    /// Whether the record `id` is one of several that contradict each other about what the duty
    /// asks for.
    pub(crate) fn is_contradicted(&self, id: &str) -> bool {
        let mut reports = self.incident.reports.iter();
        let reported = reports.find(|one| one.record.id == id);
        let mut rows = self.incident.rows.iter();
        match reported.map(|one| &one.record.report) {
            Some(Report::Circumstance(one)) => {
                let by_matter = self.by_matter(one.name);
                by_matter.values().any(|voices| voices.contradicts(id))
                    || rows.any(|row| self.voices_of_row(one.name, row).contradicts(id))
            }
            Some(Report::Key(_)) => rows.any(|row| self.voices_of_key(row).contradicts(id)),
            Some(Report::Noncompliance(_)) => {
                let sections = leaves(self)
                    .into_iter()
                    .filter_map(|leaf| match &leaf.kind {
                        ConditionKind::Noncompliance(sections) => Some(sections),
                        _ => None,
                    });
                let mut sections = sections.flatten();
                sections.any(|one| self.voices_of_section(one).contradicts(id))
            }
            _ => false,
        }
    }
}

/// The records that deny, or may deny, the violation that `stated` states, as `one` says: of the
/// same matter and the same provision, or of more.
pub(crate) fn denials<'a>(
    incident: &'a Incident,
    stated: &Reported,
    one: &Noncompliance,
) -> impl Iterator<Item = &'a Reported> {
    incident.reports.iter().filter(move |other| {
        let Report::Noncompliance(no) = &other.record.report else {
            return false;
        };
        let denies = matches!(Stance::of(other), Some(Stance::No | Stance::Both));
        denies
            && other.record.id != stated.record.id
            && no.order == one.order
            && other.record.matter == stated.record.matter
            && section_covers(&no.provision, &one.provision)
    })
}

fn is_among(ids: &BTreeSet<String>, reported: &Reported) -> bool {
    ids.contains(&reported.record.id)
}

impl View<'_> {
    /// The records that contradict each other about `name` of what cannot be placed by that.
    pub(crate) fn disputes_about(&self, name: CircumstanceName) -> Voices<'_> {
        let part = |row: &&Row| self.holds(row).may_be() && self.asks_about(name, row);
        self.disputing(part, |row| self.context.voices_of_row(name, row))
    }

    /// Whether it is `name` that leaves open whether `row` belongs here.
    fn asks_about(&self, name: CircumstanceName, row: &Row) -> bool {
        let mut rules = self.population.circumstances.iter();
        let open = |part| self.part(part, row) == Kleene::Unknown;
        let presumption = self.population.presumption.as_ref();
        rules.any(|rule| rule.name == name && self.one_circumstance(rule, row) == Kleene::Unknown)
            || (presumption.is_some_and(|rule| rule.unless == name) && open(Part::Acts))
            || (self.population.authority.or_circumstance == Some(name) && open(Part::Authority))
    }

    /// The records that contradict each other about the keys of what cannot be placed by that.
    pub(crate) fn disputes_about_keys(&self) -> Voices<'_> {
        let open = |row: &&Row| {
            self.holds(row).may_be()
                && self.part(Part::Encryption, row) == Kleene::Unknown
                && self.key_taken(row) == Kleene::Unknown
        };
        self.disputing(open, |row| self.context.voices_of_key(row))
    }

    fn disputing<'b>(
        &'b self,
        is_open: impl Fn(&&Row) -> bool,
        voices: impl Fn(&Row) -> Voices<'b>,
    ) -> Voices<'b> {
        let rows = self.context.incident.rows.iter().filter(is_open);
        let all = rows.map(voices).filter(Voices::is_disputed);
        joined(&all.collect::<Vec<_>>())
    }

    /// The records that contradict each other about what is counted, where that is not settled.
    pub(crate) fn disputes(&self, cite: &str) -> Vec<Because> {
        let rows = &self.context.incident.rows;
        if !self.context.detailed || rows.iter().all(|row| self.holds(row) != Kleene::Unknown) {
            return Vec::new();
        }
        let names = asked_for(self.population).into_iter();
        let mut found: Vec<Because> = names
            .filter_map(|name| {
                let what = name.as_str().replace('_', " ");
                self.disputes_about(name).because(Some(&what), cite)
            })
            .collect();
        found.extend(self.against_evidence());
        found.extend(self.against_individuals());
        if let Some(rule) = &self.population.encryption {
            let what = "whether encryption keys were reached";
            found.extend(self.disputes_about_keys().because(Some(what), &rule.cite));
        }
        found
    }
}

impl View<'_> {
    /// That something is on record as done, and evidence that it was not.
    fn against_evidence(&self) -> Option<Because> {
        let rule = self.population.presumption.as_ref()?;
        let what = &self.population.acts.text;
        let name = rule.unless.as_str().replace('_', " ");
        let text = format!(
            "What is on record contradicts itself, which counts as unknown: {what}, and {name}"
        );
        let is_against = |row: &&Row| self.is_against_evidence(row);
        self.contradiction(text, &rule.cite, rule.unless, is_against)
    }

    /// That a verdict says otherwise than what is stated of the individuals.
    fn against_individuals(&self) -> Option<Because> {
        let rule = &self.population.authority;
        let name = rule.or_circumstance?;
        let what = name.as_str().replace('_', " ");
        let text = format!(
            "A verdict and what is stated contradict each other, which counts as unknown: {what}"
        );
        let is_against = |row: &&Row| self.is_against_individuals(row);
        self.contradiction(text, &rule.cite, name, is_against)
    }

    /// What contradicts itself in the rows of which `is_against` holds, and the records about
    /// `name` on their matters.
    fn contradiction(
        &self,
        text: String,
        cite: &str,
        name: CircumstanceName,
        is_against: impl Fn(&&Row) -> bool,
    ) -> Option<Because> {
        let rows: Vec<&Row> = self
            .context
            .incident
            .rows
            .iter()
            .filter(is_against)
            .collect();
        let is_meant = |matter: &String| {
            let mut matters = rows.iter().map(|row| &row.class.matters);
            matters.any(|of| of.is_empty() || of.contains(matter))
        };
        let stating = self.context.stating(name).map(|(one, _)| &one.record);
        let records: BTreeSet<&str> = stating
            .filter(|record| is_meant(&record.matter))
            .map(|record| record.id.as_str())
            .collect();
        (!rows.is_empty()).then(|| Because {
            text,
            cite: Some(cite.to_owned()),
            value: Kleene::Unknown,
            of: Vec::new(),
            records: records.into_iter().map(str::to_owned).collect(),
            count: None,
        })
    }

    /// That a notice to an authority speaks of more people than what is on record allows.
    pub(crate) fn told_of_more(&self, cite: &str) -> Option<Because> {
        if !self.context.detailed {
            return None;
        }
        let claims = self.claims_of_more();
        let most = claims.iter().map(|(_, claim)| *claim).max()?;
        let records: BTreeSet<&str> = claims
            .iter()
            .map(|(one, _)| one.record.id.as_str())
            .collect();
        Some(Because {
            text: format!(
                "A notice to an authority speaks of {most} consumers and contradicts what is on \
                 record: so many may be affected"
            ),
            cite: Some(cite.to_owned()),
            value: Kleene::Unknown,
            of: Vec::new(),
            records: records.into_iter().map(str::to_owned).collect(),
            count: None,
        })
    }
}

fn joined<'a>(all: &[Voices<'a>]) -> Voices<'a> {
    let mut together = Voices::default();
    all.iter().for_each(|one| together.join(one));
    together
}

/// The yes/no facts that a population asks for.
fn asked_for(population: &Population) -> BTreeSet<CircumstanceName> {
    let rules = population.circumstances.iter().map(|rule| rule.name);
    let presumed = population.presumption.iter().map(|rule| rule.unless);
    let authorised = population.authority.or_circumstance.into_iter();
    rules.chain(presumed).chain(authorised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_says_what_is_named_and_not_more_than_one_can_read() {
        let ids: Vec<String> = (0..7).map(|one| format!("r{one}")).collect();
        let mut voices = Voices::default();
        voices.hear("n", Some(Stance::No));
        assert_eq!((voices.value(), voices.dispute()), (Kleene::No, None));
        ids.iter().for_each(|id| voices.hear(id, Some(Stance::Yes)));
        assert_eq!(voices.value(), Kleene::Unknown);
        let said = "Records contradict each other, which counts as unknown (yes: r0, r1, r2, r3, \
                    r4 and 2 more; no: n)";
        assert_eq!(voices.dispute().as_deref(), Some(said));
        assert!(voices.contradicts("n") && voices.contradicts("r6") && !voices.contradicts("x"));
        let mut one = Voices::default();
        one.hear("d", Some(Stance::Both));
        let said = "Records contradict each other, which counts as unknown (both: d)";
        assert_eq!(one.dispute().as_deref(), Some(said));
    }
}
