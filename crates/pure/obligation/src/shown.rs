//! What is said of a population: what would settle it, what counsel must read, what is left out.

use crate::context::{Node, Wanted};
use crate::determination::Because;
use crate::population::{PARTS, Part, View, in_unit};
use crate::voices::Dispute;
use facts::{Information, Kleene, Report, TallyUnit, Visibility};
use incident::{Reported, Row};
use orders::Unit;
use std::collections::{BTreeMap, BTreeSet};

impl View<'_> {
    /// What would settle the rows that nobody can place yet.
    pub(crate) fn wanted(&self) -> BTreeMap<String, Wanted> {
        let mut wanted = BTreeMap::new();
        for row in self
            .context
            .incident
            .rows
            .iter()
            .filter(|row| self.holds(row).may_be())
        {
            for part in PARTS {
                if self.part(part, row) == Kleene::Unknown {
                    self.want(part, row, &mut wanted);
                }
            }
        }
        if !self.context.searched() {
            wanted.insert("search".to_owned(), Wanted::yes_no(self.search_question()));
        }
        wanted
    }

    /// What is to be asked where it matters of what kind the information is, also where a row is
    /// left out whatever that is.
    pub(crate) fn wanted_kinds(&self) -> BTreeMap<String, Wanted> {
        let mut wanted = BTreeMap::new();
        let rows = self.context.incident.rows.iter();
        for row in rows.filter(|row| self.information(row) == Kleene::Unknown) {
            self.want(Part::Information, row, &mut wanted);
        }
        wanted
    }

    fn search_question(&self) -> String {
        let searched = &self.context.incident.searched;
        let so_far = if searched.cut.is_empty() && searched.holes == 0 {
            "The search of the past goes on and answers this by itself."
        } else {
            "A part of the past is gone or could not be read."
        };
        format!("{so_far} Can it be ruled out that more was reached than is on record?")
    }

    fn want(&self, part: Part, row: &Row, wanted: &mut BTreeMap<String, Wanted>) {
        let ask = |text: String| Wanted::yes_no(text);
        let what = &self.population.text;
        let mut add = |fact: &str, text: String| {
            wanted.entry(fact.to_owned()).or_insert_with(|| ask(text));
        };
        match part {
            Part::Information => add(
                "information",
                format!("Is that of which no class of information is stated among {what}?"),
            ),
            Part::Reached => add(
                "reached",
                "Did the accesses whose outcome is not stated reach the information?".to_owned(),
            ),
            Part::Acts => {
                let what = &self.population.acts.text;
                let question = match self.is_against_evidence(row) {
                    false => format!("Was the information {what}, where nothing is stated?"),
                    true => format!(
                        "Was the information {what}, where that is on record and evidence \
                         against it?"
                    ),
                };
                add("acts", question);
                if let Some(rule) = &self.population.presumption
                    && self.evidence(rule.unless, row) == Kleene::Unknown
                {
                    let words = rule.unless.as_str().replace('_', " ");
                    add(
                        &format!("circumstance:{}", rule.unless),
                        self.disputes_about(rule.unless)
                            .told(format!("Is it so: {words}?")),
                    );
                }
            }
            Part::Authority => {
                let question = "Were the accesses that nobody has explained, or about which \
                                statements differ, authorised?";
                let stated = self.population.authority.or_circumstance;
                let voices = stated.map(|name| self.disputes_about(name));
                let voices = voices.unwrap_or_default();
                add("authorised", voices.told(question.to_owned()));
            }
            Part::Visibility if row.class.visibility.is_none() => add(
                "private",
                "Was what was reached private, where nothing is stated of who could see it?"
                    .to_owned(),
            ),
            Part::Encryption => {
                if self.encrypted(row) == Kleene::Unknown {
                    add(
                        "encrypted",
                        "Was it encrypted in the form in which it was reached, where nothing is \
                         stated?"
                            .to_owned(),
                    );
                }
                if self.key_taken(row) == Kleene::Unknown {
                    let question =
                        "Was the encryption key accessed or acquired by an unauthorised person?";
                    add(
                        "key_taken",
                        self.disputes_about_keys().told(question.to_owned()),
                    );
                }
            }
            Part::Residence => add(
                "residence",
                "Do the people live in the country that the clause speaks of, where nothing is \
                 stated?"
                    .to_owned(),
            ),
            Part::Circumstances => {
                for rule in &self.population.circumstances {
                    if self.one_circumstance(rule, row) == Kleene::Unknown {
                        let words = rule.name.as_str().replace('_', " ");
                        let voices = self.disputes_about(rule.name);
                        add(
                            &format!("circumstance:{}", rule.name),
                            voices.told(format!("Is it so: {words}?")),
                        );
                    }
                }
            }
            // What only counsel can settle is reserved, not asked.
            Part::Visibility | Part::Residential => {}
        }
    }

    /// The questions for counsel that rows of this incident raise.
    pub(crate) fn raised(&self) -> BTreeSet<String> {
        let mut raised = BTreeSet::new();
        for row in &self.context.incident.rows {
            let rules = &self.population;
            if let Some(question) = rules
                .residential
                .as_ref()
                .and_then(|one| one.question.as_ref())
                && row.class.residential == Kleene::No
                && self.otherwise_in(Part::Residential, row)
            {
                raised.insert(question.clone());
            }
            if let Some(rule) = &rules.visibility
                && row
                    .class
                    .visibility
                    .is_some_and(|seen: Visibility| rule.unsure.contains(&seen))
                && self.otherwise_in(Part::Visibility, row)
            {
                raised.extend(rule.question.clone());
            }
            if self.mixed
                && let Some(rule) = &rules.encryption
                && self.is_safe(row)
                && self.otherwise_in(Part::Encryption, row)
            {
                raised.extend(rule.question.clone());
            }
        }
        raised
    }

    fn is_safe(&self, row: &Row) -> bool {
        self.encrypted(row) == Kleene::Yes && self.key_taken(row) == Kleene::No
    }

    /// Ids of the reports that the count may rest on, sorted: exposures and responders' own counts
    /// of information that may belong here, and what accesses were looked for and judged by.
    pub(crate) fn rests_on(&self) -> Vec<String> {
        let rests = |reported: &&Reported| match &reported.record.report {
            Report::Exposure(one) => self.may_hold(reported, one.information),
            Report::Tally(one) => is_counted(one.unit) && self.may_hold(reported, one.information),
            Report::Indicator(_) | Report::Judgement(_) => true,
            _ => false,
        };
        let reports = self.context.incident.reports.iter().filter(rests);
        let mut ids: Vec<String> = reports.map(|one| one.record.id.clone()).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// Whether a report that states this class of information may be about what belongs here.
    fn may_hold(&self, reported: &Reported, stated: Option<Information>) -> bool {
        let wanted = self.population.information.as_ref();
        reported.is_disputed("report.information")
            || stated.is_none_or(|one| wanted.is_none_or(|rule| rule.any.contains(&one)))
    }

    /// Responders' own counts in a unit that nothing is counted in: they have no part in the count
    /// of `unit`, and whoever reported them must see that.
    pub(crate) fn in_other_units(&self, cite: &str, unit: Unit) -> Option<Because> {
        if !self.context.detailed {
            return None;
        }
        let (mut units, mut records) = (BTreeSet::new(), BTreeSet::new());
        for reported in &self.context.incident.reports {
            if let Report::Tally(one) = &reported.record.report
                && !is_counted(one.unit)
                && self.may_hold(reported, one.information)
            {
                units.insert(one.unit.as_str());
                records.insert(reported.record.id.clone());
            }
        }
        let units: Vec<&str> = units.into_iter().collect();
        (!records.is_empty()).then(|| Because {
            text: format!(
                "Counts of {} that responders reported are left out: what is compared is {}",
                units.join(" and "),
                unit.as_str()
            ),
            cite: Some(cite.to_owned()),
            value: Kleene::Unknown,
            of: Vec::new(),
            records: records.into_iter().collect(),
            count: None,
        })
    }

    /// Responders' own counts that contradict what is counted, or each other: they have no part in
    /// the count, and people must look.
    pub(crate) fn contradicted(&self, cite: &str) -> Option<Because> {
        let incident = self.context.incident;
        if !self.context.detailed || !incident.has_tally() {
            return None;
        }
        let counted = self.count_with_disputes(&|row| self.holds(row));
        (!counted.contradicted.is_empty()).then(|| Because {
            text: "Counts that responders reported contradict what is on record, or each other; \
                   they are left out"
                .to_owned(),
            cite: Some(cite.to_owned()),
            value: Kleene::Unknown,
            of: Vec::new(),
            records: counted.contradicted,
            count: None,
        })
    }

    /// Part by part: how many are left out by it alone or cannot be placed, in `unit`.
    pub(crate) fn details(&self, unit: Unit) -> Vec<Node> {
        let mut nodes = Vec::new();
        if !self.context.detailed {
            return nodes;
        }
        for part in PARTS {
            for value in [Kleene::No, Kleene::Unknown] {
                let rows = |row: &Row| {
                    let here = self.part(part, row) == value && self.otherwise_in(part, row);
                    Kleene::from(here)
                };
                if !self
                    .context
                    .incident
                    .rows
                    .iter()
                    .any(|row| rows(row).is_yes())
                {
                    continue;
                }
                let (text, cite) = self.words(part);
                let text = match value {
                    Kleene::No => format!("Left out, because not so: {text}"),
                    _ => format!("Not settled whether so: {text}"),
                };
                let mut node = Node::new(text, cite, value);
                let mut count = in_unit(&self.count(&rows), unit);
                if !self.context.searched() {
                    count.at_most = None;
                }
                node.because.count = Some(count);
                nodes.push(node);
            }
        }
        if !self.context.searched() {
            let searched = &self.context.incident.searched;
            let text = format!(
                "The past is not searched to its end: {} searches go on, of {} a part is gone, {} \
                 records could not be read",
                searched.searching.len(),
                searched.cut.len(),
                searched.holes
            );
            nodes.push(Node::new(text, &self.population.cite, Kleene::Unknown));
        }
        nodes
    }

    fn words(&self, part: Part) -> (&str, &str) {
        let rules = self.population;
        let whole = (rules.text.as_str(), rules.cite.as_str());
        match part {
            Part::Information => rules
                .information
                .as_ref()
                .map_or(whole, |one| (&one.text, &one.cite)),
            Part::Reached => ("the information was reached", rules.cite.as_str()),
            Part::Acts => (&rules.acts.text, &rules.acts.cite),
            Part::Authority => (&rules.authority.text, &rules.authority.cite),
            Part::Residential => rules
                .residential
                .as_ref()
                .map_or(whole, |one| (&one.text, &one.cite)),
            Part::Visibility => rules
                .visibility
                .as_ref()
                .map_or(whole, |one| (&one.text, &one.cite)),
            Part::Encryption => rules
                .encryption
                .as_ref()
                .map_or(whole, |one| (&one.text, &one.cite)),
            Part::Residence => rules
                .residence
                .as_ref()
                .map_or(whole, |one| (&one.text, &one.cite)),
            Part::Circumstances => rules
                .circumstances
                .first()
                .map_or(whole, |one| (&one.text, &one.cite)),
        }
    }
}

/// Whether things are counted in this unit, so that a responder's own count narrows what comes out.
fn is_counted(unit: TallyUnit) -> bool {
    match unit {
        TallyUnit::Accounts | TallyUnit::Consumers | TallyUnit::Devices => true,
        TallyUnit::Users | TallyUnit::Customers | TallyUnit::Clients => false,
    }
}
