//! Records that contradict each other: of one and the same some say yes and some no. That counts as
//! unknown, and whoever reads or is asked is told which records it is.

use crate::context::Context;
use crate::determination::Because;
use crate::near::leaves;
use crate::population::View;
use facts::{Circumstance, CircumstanceName, Key, Kleene, Noncompliance, Report, YesNo};
use incident::{Reported, Row};
use orders::{ConditionKind, Population};
use std::collections::BTreeSet;

/// How many records of a side are named; the others are counted.
const NAMED_MAX: usize = 5;

/// Which records say what of one and the same.
#[derive(Default)]
pub(crate) struct Voices<'a> {
    yes: BTreeSet<&'a str>,
    no: BTreeSet<&'a str>,
    /// They say the one and the other themselves.
    both: BTreeSet<&'a str>,
}

impl<'a> Voices<'a> {
    /// Hears a record that states `value`, or contradicts itself.
    pub(crate) fn hear(&mut self, id: &'a str, value: Option<YesNo>, is_disputed: bool) {
        let side = match (is_disputed, value) {
            (true, _) => &mut self.both,
            (false, Some(YesNo::Yes)) => &mut self.yes,
            (false, Some(YesNo::No)) => &mut self.no,
            (false, None) => return,
        };
        side.insert(id);
    }

    /// What they say; what contradicts itself says nothing.
    pub(crate) fn value(&self) -> Kleene {
        match (self.yes.is_empty(), self.no.is_empty()) {
            (false, true) => Kleene::Yes,
            (true, false) => Kleene::No,
            _ => Kleene::Unknown,
        }
    }

    /// Whether `id` is one of several records that contradict each other.
    pub(crate) fn contradicts(&self, id: &str) -> bool {
        let several = !self.yes.is_empty() && !self.no.is_empty();
        several && (self.yes.contains(id) || self.no.contains(id))
    }

    /// That they contradict each other, and which; nothing where they settle it, or none speaks.
    pub(crate) fn dispute(&self) -> Option<String> {
        let is_settled = self.value() != Kleene::Unknown;
        if is_settled || (self.yes.is_empty() && self.both.is_empty()) {
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

    /// The same as a reason, about `what`.
    pub(crate) fn because(&self, what: Option<&str>, cite: &str) -> Option<Because> {
        let dispute = self.dispute()?;
        let all = self.yes.iter().chain(&self.no).chain(&self.both);
        let records: BTreeSet<&str> = all.copied().collect();
        Some(Because {
            text: match what {
                Some(what) => format!("{dispute}: {what}"),
                None => dispute,
            },
            cite: Some(cite.to_owned()),
            value: Kleene::Unknown,
            of: Vec::new(),
            records: records.into_iter().map(str::to_owned).collect(),
            count: None,
        })
    }

    /// `question` with what is on record, where that contradicts itself.
    pub(crate) fn told(&self, question: String) -> String {
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
    /// What records state of the whole matter about a yes/no fact.
    pub(crate) fn voices(&self, name: CircumstanceName) -> Voices<'a> {
        let mut voices = Voices::default();
        for (reported, one) in self.stating(name) {
            if one.matching.is_unrestricted() {
                let is_disputed = reported.is_disputed("report.value");
                voices.hear(&reported.record.id, one.value, is_disputed);
            }
        }
        voices
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

    /// What records state of keys, as far as they contradict each other: about the same key, or
    /// one of them about all.
    pub(crate) fn voices_of_keys(&self) -> Voices<'a> {
        let incident = self.incident;
        let reports = incident.reports.iter();
        let stated = reports.filter_map(|reported| match &reported.record.report {
            Report::Key(one) => Some((reported, one)),
            _ => None,
        });
        let stated: Vec<_> = stated.collect();
        // Accesses of an actor by itself are of no matter: reports of all matters speak of them.
        let of_all = incident
            .groups
            .iter()
            .any(|one| !one.starts_with("matter:"));
        let mut voices = Voices::default();
        for (reported, one) in &stated {
            let id = reported.record.id.as_str();
            if reported.is_disputed("report.taken") {
                voices.hear(id, None, true);
                continue;
            }
            let speaks_against = |(other, two): &&(&Reported, &Key)| {
                let overlap = match (&one.keys, &two.keys) {
                    (Some(here), Some(there)) if !here.is_empty() && !there.is_empty() => {
                        here.iter().any(|key| there.contains(key))
                    }
                    _ => true,
                };
                let same = of_all || other.record.matter == reported.record.matter;
                let stands = !other.is_disputed("report.taken");
                let differs = one.taken.zip(two.taken).is_some_and(|(a, b)| a != b);
                stands && same && overlap && differs
            };
            if stated.iter().any(|two| speaks_against(&two)) {
                voices.hear(id, one.taken, false);
            }
        }
        voices
    }

    /// What records state of a violation of `section`: what a `no` of the same matter contradicts
    /// says nothing by itself. A `no` speaks of the parts of what it names, too.
    pub(crate) fn voices_of_section(&self, section: &str) -> Voices<'a> {
        let stated: Vec<_> = self.stating_of_section(section).collect();
        let is_no = |(reported, one): &&(&Reported, &Noncompliance)| {
            one.violated == Some(YesNo::No) && !reported.is_disputed("report.violated")
        };
        let (mut sure, mut all) = (Voices::default(), Voices::default());
        for (reported, one) in &stated {
            let id = reported.record.id.as_str();
            let is_disputed = reported.is_disputed("report.violated");
            let said = one.violated.unwrap_or(YesNo::Yes);
            all.hear(id, Some(said), is_disputed);
            let mut against = stated.iter().filter(is_no);
            let is_contradicted = against.any(|(other, no)| {
                other.record.matter == reported.record.matter
                    && covers(&no.provision, &one.provision)
            });
            if said == YesNo::Yes && !is_contradicted {
                sure.hear(id, Some(said), is_disputed);
            }
        }
        match sure.value() {
            Kleene::Yes => sure,
            _ => all,
        }
    }

    /// The records about a violation of `section` or of a part of it.
    pub(crate) fn stating_of_section(
        &self,
        section: &str,
    ) -> impl Iterator<Item = (&'a Reported, &'a Noncompliance)> {
        let incident = self.incident;
        let reports = incident.reports.iter();
        reports.filter_map(move |reported| match &reported.record.report {
            Report::Noncompliance(one)
                if one.order == self.order.slug && covers(section, &one.provision) =>
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
        match reported.map(|one| &one.record.report) {
            Some(Report::Circumstance(one)) => self.voices(one.name).contradicts(id),
            Some(Report::Key(_)) => self.voices_of_keys().contradicts(id),
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

impl View<'_> {
    /// What is stated of `name`, of the whole matter or of rows that are not settled by it.
    pub(crate) fn voices(&self, name: CircumstanceName) -> Voices<'_> {
        let mut voices = self.context.voices(name);
        let own = |row: &Row| row.class.circumstances.get(&name) == Some(&Kleene::Unknown);
        if self.context.incident.rows.iter().any(own) {
            for (reported, one) in self.context.stating(name) {
                let is_disputed = reported.is_disputed("report.value");
                voices.hear(&reported.record.id, one.value, is_disputed);
            }
        }
        voices
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
                self.voices(name).because(Some(&what), cite)
            })
            .collect();
        found.extend(self.against_evidence());
        found.extend(self.against_individuals());
        if let Some(rule) = &self.population.encryption {
            let keys = self.context.voices_of_keys();
            let what = "whether encryption keys were reached";
            found.extend(keys.because(Some(what), &rule.cite));
        }
        found
    }
}

impl View<'_> {
    /// That something is on record as done, and evidence that it was not.
    fn against_evidence(&self) -> Option<Because> {
        let rule = self.population.presumption.as_ref()?;
        let mut rows = self.context.incident.rows.iter();
        rows.any(|row| self.is_against_evidence(row)).then(|| {
            let what = &self.population.acts.text;
            let name = rule.unless.as_str().replace('_', " ");
            let text = format!(
                "What is on record contradicts itself, which counts as unknown: {what}, and {name}"
            );
            self.contradiction(text, &rule.cite, rule.unless)
        })
    }

    /// That a verdict says otherwise than what is stated of the individuals.
    fn against_individuals(&self) -> Option<Because> {
        let rule = &self.population.authority;
        let name = rule.or_circumstance?;
        let mut rows = self.context.incident.rows.iter();
        rows.any(|row| self.is_against_individuals(row)).then(|| {
            let what = name.as_str().replace('_', " ");
            let text = format!(
                "A verdict and what is stated contradict each other, which counts as unknown: \
                 {what}"
            );
            self.contradiction(text, &rule.cite, name)
        })
    }

    fn contradiction(&self, text: String, cite: &str, name: CircumstanceName) -> Because {
        let stating = self.context.stating(name);
        let records: BTreeSet<&str> = stating.map(|(one, _)| one.record.id.as_str()).collect();
        Because {
            text,
            cite: Some(cite.to_owned()),
            value: Kleene::Unknown,
            of: Vec::new(),
            records: records.into_iter().map(str::to_owned).collect(),
            count: None,
        }
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

/// The yes/no facts that a population asks for.
fn asked_for(population: &Population) -> BTreeSet<CircumstanceName> {
    let rules = population.circumstances.iter().map(|rule| rule.name);
    let presumed = population.presumption.iter().map(|rule| rule.unless);
    let authorised = population.authority.or_circumstance.into_iter();
    rules.chain(presumed).chain(authorised).collect()
}

/// Whether `provision` lies in `section`: "I" covers "I.A", not "II".
pub(crate) fn covers(section: &str, provision: &str) -> bool {
    provision
        .strip_prefix(section)
        .is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_covers_its_parts_only() {
        assert!(covers("I", "I") && covers("I", "I.A") && covers("III.E", "III.E.1"));
        assert!(!covers("I", "II") && !covers("III.E.1", "III.E"));
    }

    #[test]
    fn who_says_what_is_named_and_not_more_than_one_can_read() {
        let ids: Vec<String> = (0..7).map(|one| format!("r{one}")).collect();
        let mut voices = Voices::default();
        voices.hear("n", Some(YesNo::No), false);
        assert_eq!((voices.value(), voices.dispute()), (Kleene::No, None));
        ids.iter()
            .for_each(|id| voices.hear(id, Some(YesNo::Yes), false));
        assert_eq!(voices.value(), Kleene::Unknown);
        let said = "Records contradict each other, which counts as unknown (yes: r0, r1, r2, r3, \
                    r4 and 2 more; no: n)";
        assert_eq!(voices.dispute().as_deref(), Some(said));
        assert!(voices.contradicts("n") && voices.contradicts("r6") && !voices.contradicts("x"));
        let mut one = Voices::default();
        one.hear("d", None, true);
        let said = "Records contradict each other, which counts as unknown (both: d)";
        assert_eq!(one.dispute().as_deref(), Some(said));
    }
}
