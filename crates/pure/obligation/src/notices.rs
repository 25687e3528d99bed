//! Notices to authorities: the act of telling one, and the fact that a law requires it.

use crate::context::{Context, Node, Wanted};
use crate::population::View;
use facts::{
    GovernmentNotice, Information, Kleene, Level, MilestoneName, NotifiedBy, Report, lies_in,
};
use incident::{Reported, Row};
use orders::{NoticeRule, RequiredRule};
use std::collections::BTreeMap;

impl Context<'_> {
    /// An authority was told: the respondent's act, and what it was told about.
    pub(crate) fn government_notice(&self, text: &str, cite: &str, rule: &NoticeRule) -> Node {
        let notices: Vec<Node> = self
            .notices()
            .map(|(reported, notice)| self.one_notice(cite, rule, reported, notice))
            .collect();
        let told = if notices.is_empty() {
            Node::new(
                "No notice to an authority is on record, so none was given so far",
                cite,
                Kleene::No,
            )
        } else {
            Node::any("An authority was told", cite, notices)
        };
        let about = rule
            .about
            .as_ref()
            .and_then(|name| self.duty.populations.get(name));
        let mut parts = vec![told];
        if let Some(population) = about
            && parts[0].value().may_be()
        {
            let view = View::new(self, population, false);
            parts.push(self.about_recordings(&view, cite, rule));
        }
        Node::all(text, cite, parts)
    }

    /// The notices on record.
    pub(crate) fn notices(&self) -> impl Iterator<Item = (&Reported, &GovernmentNotice)> {
        self.incident
            .reports
            .iter()
            .filter_map(|reported| match &reported.record.report {
                Report::GovernmentNotice(notice) => Some((reported, notice)),
                _ => None,
            })
    }

    fn one_notice(
        &self,
        cite: &str,
        rule: &NoticeRule,
        reported: &Reported,
        notice: &GovernmentNotice,
    ) -> Node {
        let id = &reported.record.id;
        let who = named(notice);
        let told = match notice.at {
            Some(at) => Node::new(format!("It was told on {at}"), cite, Kleene::Yes),
            None => Node::new("It was not told so far", cite, Kleene::No),
        };
        let by = Node::new(
            "It was the company that told it",
            cite,
            self.is_by(&rule.by, reported, notice),
        );
        let mut parts = vec![
            told,
            asking(by, &format!("notice_by:{id}"), || {
                format!("Was it the company itself that told {who} (record {id})?")
            }),
        ];
        if self.is_of_another(reported) {
            let text = "It was about another legal entity than the one that is asked about";
            parts.push(Node::new(text, cite, Kleene::No));
        }
        let place = Node::new(
            format!("It is an authority of {}", rule.country),
            cite,
            self.is_in(&rule.country, reported, notice),
        );
        parts.push(asking(place, &format!("notice_us:{id}"), || {
            whether_in(&rule.country, who, id)
        }));
        if rule.required {
            let required = self.is_required(reported, notice);
            let node = Node::new("A statute or regulation required it", cite, required);
            parts.push(asking(node, &format!("notice_required:{id}"), || {
                whether_required(who, id)
            }));
        }
        let about = rule
            .about
            .as_ref()
            .and_then(|name| self.duty.populations.get(name));
        if let Some(rule) = about.and_then(|population| population.information.as_ref()) {
            let known = self.is_about(&rule.any, reported, notice);
            let fact = format!("notice_about:{id}");
            let node = Node::new(
                format!("It was about {}", rule.text),
                &rule.cite,
                self.or_answered(known, || &fact),
            );
            parts.push(asking(node, &fact, || {
                format!("Was what {who} was told (record {id}) about {}?", rule.text)
            }));
        }
        let mut node = Node::all(format!("Notice to {who}"), cite, parts);
        node.because.records.push(id.clone());
        node
    }

    /// Whether the recordings themselves, whoever was allowed to reach them, are such as the clause
    /// speaks of. Where nothing unauthorised is on record (any more) the notice rests on itself.
    fn about_recordings(&self, view: &View<'_>, cite: &str, rule: &NoticeRule) -> Node {
        let slug = &self.order.slug;
        let ground = view.population.authority.ground;
        let rows: Vec<&Row> = self
            .incident
            .rows
            .iter()
            .filter(|row| view.information(row).may_be())
            .collect();
        let reversed = !rows
            .iter()
            .any(|row| row.unauthorised(slug, ground).may_be());
        let known = rows
            .iter()
            .fold(Kleene::No, |value, row| value.or(view.holds(row)));
        // Only rows that are surely such recordings can show that a carve-out takes all out.
        let is_sure = rows.iter().any(|row| view.information(row).is_yes());
        let wanted = || {
            let mut wanted = view.wanted();
            if known == Kleene::No && !is_sure {
                // It takes all out, if these are such recordings at all.
                wanted.extend(view.wanted_kinds());
            }
            wanted
        };
        let known = match known {
            Kleene::No if !(is_sure && self.searched()) => Kleene::Unknown,
            known => known,
        };
        if reversed && (rows.is_empty() || known.may_be()) {
            let question = rule.reversal_question.as_deref();
            let text = "A notice was given, but no access without authorization is on record (any \
                        more); the clause rests on the notifying";
            let stands = self.effect(question);
            let value = if rows.is_empty() {
                stands
            } else {
                stands.and(known)
            };
            let mut node = Node::new(text, cite, value);
            node.raised.extend(question.map(str::to_owned));
            if value == Kleene::Unknown {
                node.wanted = wanted();
            }
            return node;
        }
        let value = known;
        let text = "What was reached is of the kind that the clause speaks of, and no carve-out \
                    takes all of it out";
        let mut node = Node::new(text, &view.population.cite, value);
        let unit = orders::Unit::Accounts;
        node.because.of = view
            .details(unit)
            .into_iter()
            .map(|node| node.because)
            .collect();
        node.because.of.extend(view.disputes(cite));
        node.raised = if value == Kleene::Yes {
            Default::default()
        } else {
            view.raised()
        };
        if value == Kleene::Unknown {
            node.wanted = wanted();
        }
        node
    }

    /// Whether the notice is about what happened to another legal entity than the one of which the
    /// clause is asked.
    fn is_of_another(&self, reported: &Reported) -> bool {
        self.subject.is_another(reported.record.entity.as_deref())
    }

    fn is_by(&self, by: &[NotifiedBy], reported: &Reported, notice: &GovernmentNotice) -> Kleene {
        if reported.is_disputed("report.by") {
            return self.answered_yes_no(&format!("notice_by:{}", reported.record.id));
        }
        // Who told it is not stated: the respondent (vocabulary, `government_notice`).
        Kleene::from(by.contains(&notice.by.unwrap_or(NotifiedBy::Respondent)))
    }

    fn is_in(&self, country: &str, reported: &Reported, notice: &GovernmentNotice) -> Kleene {
        let fact = || format!("notice_us:{}", reported.record.id);
        let known = match (&notice.country, notice.level) {
            _ if reported.is_disputed("report.country") => Kleene::Unknown,
            (Some(stated), level) => {
                let lies_here = lies_in(&stated.to_uppercase(), country);
                // Of the United States is what its level says, and of another country alike.
                let says = level.map(|level| Kleene::from(level != Level::Foreign));
                match says {
                    Some(says) if country == "US" && says != lies_here => Kleene::Unknown,
                    _ => lies_here,
                }
            }
            (None, Some(Level::Foreign)) if country == "US" => Kleene::No,
            _ => Kleene::Unknown,
        };
        self.or_answered(known, fact)
    }

    fn is_required(&self, reported: &Reported, notice: &GovernmentNotice) -> Kleene {
        let fact = || format!("notice_required:{}", reported.record.id);
        self.or_answered(Kleene::from(notice.required), fact)
    }

    /// What it speaks of; where it does not say, what its matter is about, if that is one class.
    pub(crate) fn is_about(
        &self,
        wanted: &[Information],
        reported: &Reported,
        notice: &GovernmentNotice,
    ) -> Kleene {
        if reported.is_disputed("report.information") {
            return Kleene::Unknown;
        }
        if let Some(stated) = notice.information.as_ref().filter(|list| !list.is_empty()) {
            return Kleene::from(stated.iter().any(|one| wanted.contains(one)));
        }
        if self
            .incident
            .rows
            .iter()
            .any(|row| row.class.information.is_none())
        {
            return Kleene::Unknown;
        }
        match self
            .incident
            .information_by_matter
            .get(&reported.record.matter)
        {
            Some(classes) if classes.len() == 1 => {
                Kleene::from(classes.iter().all(|one| wanted.contains(one)))
            }
            _ => Kleene::Unknown,
        }
    }

    /// Whether a notice to an authority of the United States was given by `who`, as far as a clock
    /// asks; with `required`, only one that a law required.
    pub(crate) fn starts_clock(
        &self,
        who: NotifiedBy,
        reported: &Reported,
        notice: &GovernmentNotice,
        required: bool,
    ) -> Kleene {
        let by = self.is_by(&[who], reported, notice);
        let place = self.is_in("US", reported, notice);
        let needed = if required {
            self.is_required(reported, notice)
        } else {
            Kleene::Yes
        };
        by.and(place)
            .and(needed)
            .and(Kleene::from(notice.at.is_some()))
            .and(Kleene::from(!self.is_of_another(reported)))
    }

    /// What would settle whether a law required a notice, and whether it was to an authority of
    /// `country`.
    pub(crate) fn unclear(
        &self,
        reported: &Reported,
        notice: &GovernmentNotice,
        country: &str,
    ) -> BTreeMap<String, Wanted> {
        let id = &reported.record.id;
        let who = named(notice);
        let mut wanted = BTreeMap::new();
        if self.is_in(country, reported, notice) == Kleene::Unknown {
            let question = whether_in(country, who, id);
            wanted.insert(format!("notice_us:{id}"), Wanted::yes_no(question));
        }
        if self.is_required(reported, notice) == Kleene::Unknown {
            let question = whether_required(who, id);
            wanted.insert(format!("notice_required:{id}"), Wanted::yes_no(question));
        }
        wanted
    }

    /// Whether a law requires that an authority be told: a fact, unknown until somebody settles it.
    pub(crate) fn notice_required(&self, text: &str, cite: &str, rule: &RequiredRule) -> Node {
        let mut node = Node::new(text, cite, Kleene::Unknown);
        let mut value = Kleene::No;
        for (reported, notice) in self.notices() {
            let one = self
                .is_by(&rule.by, reported, notice)
                .and(self.is_in(&rule.country, reported, notice))
                .and(self.is_required(reported, notice))
                .and(Kleene::from(!self.is_of_another(reported)));
            value = value.or(one);
            node.because.records.push(reported.record.id.clone());
        }
        let settled = self.settled_not_required(&mut node);
        let own = rule.by.iter().all(|by| *by == NotifiedBy::Respondent);
        if value == Kleene::No && !(settled && own) {
            value = Kleene::Unknown;
        }
        node.because.value = self.or_answered(value, || "notice_required");
        if node.value() == Kleene::Unknown {
            let question = "Does a statute or regulation require that a federal, state or local \
                            authority be told?";
            node.wanted
                .insert("notice_required".to_owned(), Wanted::yes_no(question));
        }
        node
    }

    /// Whether it was determined for every matter of the incident, on figures that still hold, that
    /// no authority need be told.
    fn settled_not_required(&self, node: &mut Node) -> bool {
        let alone = self
            .incident
            .groups
            .iter()
            .all(|group| group.starts_with("matter:"));
        let counts = self.duty.populations.get(&self.duty.counts);
        let counts = counts.map(|population| View::new(self, population, true).recorded());
        let within = |basis: Option<u64>, most: Option<u64>| match (basis, most) {
            (None, _) => true,
            (Some(basis), Some(most)) => most <= basis,
            (Some(_), None) => false,
        };
        let mut rows = self.incident.rows.iter();
        let classes_known = rows.all(|row| row.class.information.is_some());
        let mut settled = alone && !self.incident.matters.is_empty();
        for matter in &self.incident.matters {
            let about = self.incident.information_by_matter.get(matter);
            let found = self.incident.reports.iter().find(|reported| {
                let Report::Milestone(one) = &reported.record.report else {
                    return false;
                };
                let basis = one.basis.as_ref();
                let classes = basis.and_then(|basis| basis.information.as_ref());
                one.name == MilestoneName::NoNoticeNeeded
                    && reported.record.matter == *matter
                    && !reported.is_disputed("report.basis")
                    && counts.is_none_or(|counts| {
                        within(basis.and_then(|one| one.accounts), counts.accounts.at_most)
                            && within(
                                basis.and_then(|one| one.consumers),
                                counts.consumers.at_most,
                            )
                    })
                    && classes.is_none_or(|classes| {
                        // What nobody has said the class of may be of another one.
                        classes_known
                            && about
                                .is_none_or(|about| about.iter().all(|one| classes.contains(one)))
                    })
            });
            match found {
                Some(reported) => node.because.records.push(reported.record.id.clone()),
                None => settled = false,
            }
        }
        settled
    }
}

/// The authority that was told.
fn named(notice: &GovernmentNotice) -> &str {
    let authority = notice.authority.as_deref();
    authority.unwrap_or("an authority that is not named")
}

fn whether_in(country: &str, who: &str, id: &str) -> String {
    format!("Is {who} (record {id}) a federal, state or local entity of {country}?")
}

fn whether_required(who: &str, id: &str) -> String {
    format!("Did a statute or regulation require that {who} be told (record {id})?")
}

/// Adds what would settle `node`, where it is unknown.
fn asking(mut node: Node, fact: &str, question: impl FnOnce() -> String) -> Node {
    if node.value() == Kleene::Unknown {
        node.wanted
            .insert(fact.to_owned(), Wanted::yes_no(question()));
    }
    node
}
