//! Conditions put to an incident, in three values, with the reason of every part.

use crate::context::{Context, Node, Suppose, Wanted};
use crate::known::Of;
use crate::population::{View, in_unit};
use crate::voices::Dispute;
use facts::{CircumstanceName, Kleene, MilestoneName, Report};
use incident::Reported;
use orders::{Condition, ConditionKind, CountRule, Unit};
use std::collections::BTreeSet;

impl Context<'_> {
    /// What `condition` comes to.
    pub(crate) fn condition(&self, condition: &Condition) -> Node {
        let (text, cite) = (condition.text.as_str(), condition.cite.as_str());
        if let Some((leaf, value)) = self.suppose.leaf
            && std::ptr::eq(leaf, condition)
        {
            return Node::new(text, cite, value);
        }
        match &condition.kind {
            ConditionKind::All(parts) => Node::all(
                text,
                cite,
                parts.iter().map(|part| self.condition(part)).collect(),
            ),
            ConditionKind::Any(parts) => Node::any(
                text,
                cite,
                parts.iter().map(|part| self.condition(part)).collect(),
            ),
            ConditionKind::Not(part) => Node::not(text, cite, self.condition(part)),
            _ => self.kept(Of::Leaf(condition), || self.leaf(condition)),
        }
    }

    /// What `asked` gives. Nothing is supposed where details are wanted, so its value is kept.
    pub(crate) fn kept(&self, of: Of, asked: impl FnOnce() -> Node) -> Node {
        match self.detailed {
            true => self.known.keep(of, || {
                let node = asked();
                (node.value(), node)
            }),
            false => asked(),
        }
    }

    /// A condition without parts.
    fn leaf(&self, condition: &Condition) -> Node {
        let (text, cite) = (condition.text.as_str(), condition.cite.as_str());
        match &condition.kind {
            ConditionKind::All(_) | ConditionKind::Any(_) | ConditionKind::Not(_) => {
                self.condition(condition)
            }
            ConditionKind::GovernmentNotice(rule) => self.government_notice(text, cite, rule),
            ConditionKind::NoticeRequired(rule) => self.notice_required(text, cite, rule),
            ConditionKind::Count(rule) => self.count(text, cite, rule),
            ConditionKind::Circumstance(name) => {
                // What takes a duty away must be so of each matter, and what makes one of any.
                let enough = match self.takes_away(condition) {
                    true => Kleene::No,
                    false => Kleene::Yes,
                };
                self.circumstance(text, cite, *name, enough)
            }
            ConditionKind::Noncompliance(sections) => self.noncompliance(text, cite, sections),
            ConditionKind::Milestone(name) => self.milestone(text, cite, *name),
            ConditionKind::UnderText(name) => self.under_text(text, cite, name),
        }
    }

    /// The value of [`Context::condition`], without what only a reader wants.
    pub(crate) fn condition_value(&self, condition: &Condition) -> Kleene {
        match (&condition.kind, self.suppose.leaf) {
            (_, Some((leaf, value))) if std::ptr::eq(leaf, condition) => value,
            (ConditionKind::All(parts), _) => {
                parts.iter().fold(Kleene::Yes, |value, part| match value {
                    Kleene::No => value,
                    _ => value.and(self.condition_value(part)),
                })
            }
            (ConditionKind::Any(parts), _) => {
                parts.iter().fold(Kleene::No, |value, part| match value {
                    Kleene::Yes => value,
                    _ => value.or(self.condition_value(part)),
                })
            }
            (ConditionKind::Not(part), _) => !self.condition_value(part),
            _ => self.known_or(Of::Leaf(condition), |context| {
                context.leaf(condition).value()
            }),
        }
    }

    /// The value of a part: what is known of it, unless what is supposed makes another of it.
    fn known_or(&self, of: Of, asked: impl Fn(&Context<'_>) -> Kleene) -> Kleene {
        if !self.known.has(of) {
            let plain = self.supposing(Suppose::default());
            self.known.keep(of, || (asked(&plain), ()));
        }
        let known = self.known.value(of, &self.suppose);
        known.unwrap_or_else(|| asked(self))
    }

    /// The value of [`Context::in_force`].
    pub(crate) fn force_value(&self) -> Kleene {
        match self.suppose.in_force {
            Some(value) => value,
            None => self.known_or(Of::Force, |context| context.in_force().value()),
        }
    }

    /// The value of [`Context::goes_on`]; yes where the duty is not due again and again.
    pub(crate) fn goes_on_value(&self) -> Kleene {
        match self.repeats() {
            Some(rule) => self.known_or(Of::GoesOn, |context| context.goes_on(rule).value()),
            None => Kleene::Yes,
        }
    }

    /// How many of a rule's population there are, a person's own count included.
    pub(crate) fn counted(&self, rule: &CountRule) -> Option<(View<'_>, facts::Interval)> {
        let population = self.duty.populations.get(&rule.population)?;
        let view = View::new(self, population, true);
        let count = if rule.in_one_state {
            view.in_one_state(rule.unit)
        } else {
            in_unit(&view.counts(), rule.unit)
        };
        let told = self.answered_count(rule.unit.as_str());
        let narrowed =
            told.and_then(|count_told| count.narrowed(facts::Interval::exactly(count_told)));
        Some((view, narrowed.unwrap_or(count)))
    }

    /// The same as things are, counted once.
    pub(crate) fn count_as_is(&self, rule: &CountRule) -> Option<facts::Interval> {
        let known = self.known.count(rule);
        known.or_else(|| Some(self.supposing(Suppose::default()).counted(rule)?.1))
    }

    fn count(&self, text: &str, cite: &str, rule: &CountRule) -> Node {
        let Some((view, count)) = self.counted(rule) else {
            return Node::new(text, cite, Kleene::Unknown);
        };
        if self.detailed {
            self.known.keep_count(rule, count);
            self.known.keep_counts(view.population, view.counts());
        }
        let mut node = Node::new(String::new(), cite, count.reaches(rule.at_least));
        self.aggregation(rule, &mut node);
        self.other_unit(rule, &view, &mut node);
        if !self.detailed {
            return node;
        }
        node.because.of = view
            .details(rule.unit)
            .into_iter()
            .map(|node| node.because)
            .collect();
        node.because.of.extend(view.contradicted(cite));
        node.because.of.extend(view.disputes(cite));
        let other = rule.unit_question.as_ref().map(|one| one.unit);
        if rule.unit == Unit::Consumers || other == Some(Unit::Consumers) {
            node.because.of.extend(view.told_of_more(cite));
        }
        node.because.of.extend(view.in_other_units(cite, rule.unit));
        node.because.records = view.rests_on();
        node.because.count = Some(count);
        node.raised.extend(view.raised());
        if view.by_insiders() && node.value().may_be() {
            node.raised
                .extend(view.population.authority.insider_question.clone());
        }
        node.because.text = format!(
            "{text}: {count} of at least {} {}",
            rule.at_least,
            rule.unit.as_str()
        );
        if node.value() == Kleene::Unknown {
            node.wanted = view.wanted();
            if node.wanted.is_empty() && !count.is_exact() {
                let question = format!(
                    "How many {} are there of {}? On record: {count}.",
                    rule.unit.as_str(),
                    view.population.text
                );
                let values = [rule.at_least.saturating_sub(1), rule.at_least];
                let wanted = Wanted {
                    question,
                    answer_type: "count",
                    values: values.iter().map(|one| one.to_string().into()).collect(),
                };
                node.wanted.insert(rule.unit.as_str().to_owned(), wanted);
            }
        }
        node
    }

    /// Whether what happened at several times is one instance is for counsel.
    fn aggregation(&self, rule: &CountRule, node: &mut Node) {
        let Some(question) = &rule.aggregation_question else {
            return;
        };
        if self.happened_at_once() || !node.value().may_be() {
            return;
        }
        node.raised.insert(question.clone());
        if self.effect(Some(question)) != Kleene::Yes {
            node.because.value = node.value().min(Kleene::Unknown);
        }
    }

    /// Whether everything on record happened at one time: not where nobody says when.
    fn happened_at_once(&self) -> bool {
        let incident = self.incident;
        let is_timeless = |reported: &Reported| match &reported.record.report {
            Report::Exposure(one) => one.from.is_none(),
            _ => false,
        };
        incident.first.is_some()
            && incident.first == incident.last
            && !incident.reports.iter().any(is_timeless)
    }

    /// Whether another unit is meant, where that one reaches the number, or may.
    fn other_unit(&self, rule: &CountRule, view: &View<'_>, node: &mut Node) {
        let Some(question) = &rule.unit_question else {
            return;
        };
        let other = in_unit(&view.counts(), question.unit).reaches(rule.at_least);
        if node.value() == Kleene::Yes || other == Kleene::No {
            return;
        }
        let meant = self.effect(Some(&question.id)).and(other);
        if other == Kleene::Yes || meant.may_be() {
            node.raised.insert(question.id.clone());
        }
        node.because.value = node.value().or(meant);
    }

    /// Whether the duty is not owed where `leaf` holds: an exception, or what must not be.
    fn takes_away(&self, leaf: &Condition) -> bool {
        fn below(condition: &Condition, leaf: &Condition, away: bool) -> Option<bool> {
            match &condition.kind {
                _ if std::ptr::eq(condition, leaf) => Some(away),
                ConditionKind::All(parts) | ConditionKind::Any(parts) => {
                    parts.iter().find_map(|part| below(part, leaf, away))
                }
                ConditionKind::Not(part) => below(part, leaf, !away),
                _ => None,
            }
        }
        let mut unless = self.duty.unless.iter();
        let found = unless.find_map(|one| below(one, leaf, true));
        found
            .or_else(|| below(&self.duty.when, leaf, false))
            .unwrap_or(false)
    }

    fn circumstance(&self, text: &str, cite: &str, name: CircumstanceName, enough: Kleene) -> Node {
        let voices = self.voices(name, Some(enough));
        let fact = || format!("circumstance:{name}");
        let mut node = Node::new(text, cite, self.or_answered(voices.value(), fact));
        let of_all = self
            .stating(name)
            .filter(|(_, one)| one.matching.is_unrestricted());
        let records = of_all.map(|(reported, _)| reported.record.id.clone());
        node.because.records = records.collect();
        node.because.of.extend(voices.because(None, cite));
        if node.value() == Kleene::Unknown {
            let question = format!("{text}? ({})", name.as_str().replace('_', " "));
            node.wanted
                .insert(fact(), Wanted::yes_no(voices.told(question)));
        }
        node
    }

    fn noncompliance(&self, text: &str, cite: &str, sections: &[String]) -> Node {
        let mut node = Node::new(text, cite, Kleene::No);
        for section in sections {
            for (reported, _) in self.stating_of_section(section) {
                node.because.records.push(reported.record.id.clone());
            }
        }
        let sections: BTreeSet<&String> = sections.iter().collect();
        for section in sections {
            let fact = format!("noncompliance:{section}");
            let voices = self.voices_of_section(section);
            let value = match (voices.value(), self.answered_yes_no(&fact)) {
                // That it was not violated is no answer to people who found that it was.
                (Kleene::Yes, _) | (Kleene::No, Kleene::Yes) => Kleene::Yes,
                (Kleene::No, _) => Kleene::No,
                (Kleene::Unknown, answered) => answered,
            };
            node.because.value = node.because.value.or(value);
            let what = format!("whether section {section} was violated");
            node.because.of.extend(voices.because(Some(&what), cite));
            if value == Kleene::Unknown {
                let question = format!("Was section {section} of the order violated?");
                node.wanted
                    .insert(fact, Wanted::yes_no(voices.told(question)));
            }
        }
        node
    }

    fn milestone(&self, text: &str, cite: &str, name: MilestoneName) -> Node {
        let mut node = Node::new(text, cite, Kleene::No);
        for reported in &self.incident.reports {
            if let Report::Milestone(one) = &reported.record.report
                && one.name == name
            {
                node.because.value = Kleene::Yes;
                node.because.records.push(reported.record.id.clone());
            }
        }
        node
    }
}
