//! What one evaluation sees: the incident, what people answered and read, and what is supposed.

use crate::determination::{Because, CounselReading, Reserved};
use crate::known::{Known, Look};
use crate::population::Part;
use crate::readings::{reads, refused};
use crate::settings::Settings;
use facts::{Act, Circumstance, Kleene, Moment, Report};
use incident::{Discovery, Incident};
use jiff::tz::TimeZone;
use orders::{Anchor, Condition, Duty, Order};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What people said to what was asked, and counsel's readings, as far as they concern one incident
/// and one order.
pub(crate) struct Said {
    /// The order's, looked up once.
    zone: TimeZone,
    /// By question id: the values on record, each with the least id of a decision that says so.
    answers: BTreeMap<String, BTreeMap<String, String>>,
    /// By question of the pack, in the same way.
    readings: BTreeMap<String, BTreeMap<String, String>>,
    /// The ids of what was asked of this incident under this order, by the name of the duty that
    /// asks and by fact: duties that share a trigger ask the same.
    ask_ids: RefCell<BTreeMap<String, BTreeMap<String, String>>>,
}

impl Said {
    /// Answers are found by the id of their ask. Of readings those count that counsel gave and that
    /// the pack knows.
    pub(crate) fn of(order: &Order, incident: &Incident) -> Said {
        Said::but_for(order, incident, None)
    }

    /// The same without one decision.
    pub(crate) fn but_for(order: &Order, incident: &Incident, without: Option<&str>) -> Said {
        let mut said = Said {
            zone: order.time_zone(),
            answers: BTreeMap::new(),
            readings: BTreeMap::new(),
            ask_ids: RefCell::default(),
        };
        let decisions = incident.decisions.iter();
        for decision in decisions.filter(|one| Some(one.id.as_str()) != without) {
            let (table, question, value) = match &decision.act {
                Act::Answer(answer) => (&mut said.answers, &answer.question, &answer.value),
                Act::Reading(_) => {
                    let read = reads(&order.slug, &incident.id, decision);
                    match read.filter(|one| refused(order, decision, one).is_none()) {
                        Some(reading) => (&mut said.readings, &reading.question, &reading.value),
                        None => continue,
                    }
                }
                _ => continue,
            };
            let values = table.entry(question.clone()).or_default();
            let id = values
                .entry(value.trim_matches('"').to_owned())
                .or_insert(decision.id.clone());
            if decision.id < *id {
                id.clone_from(&decision.id);
            }
        }
        said
    }
}

/// What would be otherwise, to see what depends on it.
#[derive(Default, Clone)]
pub(crate) struct Suppose {
    /// A fact and its value.
    pub(crate) fact: Option<(String, String)>,
    /// A question of the pack and what it makes of that which it is raised about.
    pub(crate) question: Option<(String, bool)>,
    /// No carve-out takes anything out.
    pub(crate) no_carve_outs: bool,
    /// This part of every definition holds of everything.
    pub(crate) part: Option<Part>,
    /// The condition at this place of the tree comes to that.
    pub(crate) leaf: Option<(*const Condition, Kleene)>,
    /// The order binds, or not.
    pub(crate) in_force: Option<Kleene>,
}

impl Suppose {
    /// Whether it makes another of something that was `looked` at.
    pub(crate) fn changes(&self, looked: &BTreeSet<Look>) -> bool {
        let is = |supposed: Option<&String>, name: &String| supposed == Some(name);
        looked.iter().any(|one| match one {
            Look::Fact(name) => is(self.fact.as_ref().map(|(fact, _)| fact), name),
            Look::Question(name) => is(self.question.as_ref().map(|(id, _)| id), name),
            Look::Part(part) => self.settles(*part),
        })
    }

    /// Whether this part of every definition holds of everything by it.
    pub(crate) fn settles(&self, part: Part) -> bool {
        self.part == Some(part) || (self.no_carve_outs && part.is_carve_out())
    }
}

/// Of whom a clause is asked, where statements of yes/no facts name an entity or another party.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subject {
    entity: Option<String>,
    party: Option<String>,
}

impl Subject {
    /// Whether `one` speaks of it: what names nobody speaks of all.
    pub(crate) fn is_meant_by(&self, one: &Circumstance) -> bool {
        (one.entity.is_none() || one.entity == self.entity)
            && (one.party.is_none() || one.party == self.party)
    }

    /// Whether what happened to `entity` happened to another one than that which is asked about:
    /// not where either is not named.
    pub(crate) fn is_another(&self, entity: Option<&str>) -> bool {
        let named = self.entity.as_deref().zip(entity);
        named.is_some_and(|(asked, told)| !asked.trim().eq_ignore_ascii_case(told.trim()))
    }
}

/// Of how many a clause is asked, one by one.
const SUBJECTS_MAX: usize = 64;

/// A fact that would settle something, before its id and its effects are known.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) question: String,
    pub(crate) answer_type: &'static str,
    /// The values whose effect is shown.
    pub(crate) values: Vec<Cow<'static, str>>,
}

impl Wanted {
    pub(crate) fn yes_no(question: impl Into<String>) -> Wanted {
        let values = vec![Cow::Borrowed("yes"), Cow::Borrowed("no")];
        Wanted {
            question: question.into(),
            answer_type: "yes_no",
            values,
        }
    }

    pub(crate) fn instant(question: impl Into<String>) -> Wanted {
        Wanted {
            question: question.into(),
            answer_type: "instant",
            values: Vec::new(),
        }
    }
}

/// A node of the reason tree with what would settle it and which questions it raises.
pub(crate) struct Node {
    pub(crate) because: Because,
    pub(crate) wanted: BTreeMap<String, Wanted>,
    pub(crate) raised: BTreeSet<String>,
}

impl Node {
    pub(crate) fn new(text: impl Into<String>, cite: &str, value: Kleene) -> Node {
        Node {
            because: Because {
                text: text.into(),
                cite: Some(cite.to_owned()),
                value,
                of: Vec::new(),
                records: Vec::new(),
                count: None,
            },
            wanted: BTreeMap::new(),
            raised: BTreeSet::new(),
        }
    }

    pub(crate) fn value(&self) -> Kleene {
        self.because.value
    }

    /// The same for this reason.
    pub(crate) fn with(mut self, why: Because) -> Node {
        self.because.of.push(why);
        self
    }

    /// All of `parts`: what one settles, the others cannot change, so they are not asked about.
    pub(crate) fn all(text: impl Into<String>, cite: &str, parts: Vec<Node>) -> Node {
        let value = parts
            .iter()
            .fold(Kleene::Yes, |value, part| value.and(part.value()));
        Node::of(text, cite, value, parts)
    }

    /// Any of `parts`.
    pub(crate) fn any(text: impl Into<String>, cite: &str, parts: Vec<Node>) -> Node {
        let value = parts
            .iter()
            .fold(Kleene::No, |value, part| value.or(part.value()));
        Node::of(text, cite, value, parts)
    }

    fn of(text: impl Into<String>, cite: &str, value: Kleene, parts: Vec<Node>) -> Node {
        let mut node = Node::new(text, cite, value);
        // One part alone can settle the whole where the whole has its value and it is no
        // conjunction of all: keep the questions of those parts that carry the value.
        let decided = value != Kleene::Unknown;
        for part in parts {
            let carries = part.value() == value;
            if carries || !decided {
                node.raised.extend(part.raised);
            }
            if !decided && part.because.value == Kleene::Unknown {
                node.wanted.extend(part.wanted);
            }
            node.because.of.push(part.because);
        }
        node
    }

    /// Not this.
    pub(crate) fn not(text: impl Into<String>, cite: &str, part: Node) -> Node {
        let mut node = Node::new(text, cite, !part.value());
        node.wanted = part.wanted;
        node.raised = part.raised;
        node.because.of.push(part.because);
        node
    }
}

/// What one evaluation sees.
pub(crate) struct Context<'a> {
    pub(crate) order: &'a Order,
    pub(crate) duty: &'a Duty,
    pub(crate) incident: &'a Incident,
    pub(crate) settings: &'a Settings,
    pub(crate) said: &'a Said,
    pub(crate) suppose: Suppose,
    pub(crate) subject: Subject,
    /// Whether the tree is to show its details: not where only the value is wanted.
    pub(crate) detailed: bool,
    pub(crate) known: Rc<Known>,
    used: RefCell<BTreeSet<String>>,
    consulted: RefCell<BTreeSet<String>>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        order: &'a Order,
        duty: &'a Duty,
        incident: &'a Incident,
        settings: &'a Settings,
        said: &'a Said,
    ) -> Context<'a> {
        Context {
            order,
            duty,
            incident,
            settings,
            said,
            suppose: Suppose::default(),
            subject: Subject::default(),
            detailed: true,
            known: Rc::default(),
            used: RefCell::default(),
            consulted: RefCell::default(),
        }
    }

    /// The same with something supposed; only its value is wanted.
    pub(crate) fn supposing(&self, suppose: Suppose) -> Context<'a> {
        Context {
            suppose,
            subject: self.subject.clone(),
            detailed: false,
            known: self.known.clone(),
            used: RefCell::default(),
            consulted: RefCell::default(),
            order: self.order,
            duty: self.duty,
            incident: self.incident,
            settings: self.settings,
            said: self.said,
        }
    }

    /// The zone in which the order counts days.
    pub(crate) fn zone(&self) -> &TimeZone {
        &self.said.zone
    }

    /// Every entity with every other party that a statement about the whole matter names: a clause
    /// that asks several facts asks them of one and the same.
    fn subjects(&self) -> BTreeSet<Subject> {
        let slug = &self.order.slug;
        let stated = self.incident.reports.iter();
        let stated = stated.filter_map(|reported| match &reported.record.report {
            Report::Circumstance(one) if one.matching.is_unrestricted() => Some(one),
            _ => None,
        });
        let (mut entities, mut parties) = (BTreeSet::new(), BTreeSet::new());
        for one in stated.filter(|one| one.order.as_ref().is_none_or(|order| order == slug)) {
            entities.extend(one.entity.clone());
            parties.extend(one.party.clone());
        }
        let or_none = |named: BTreeSet<String>| match named.is_empty() {
            true => vec![None],
            false => named.into_iter().map(Some).collect(),
        };
        let (entities, parties) = (or_none(entities), or_none(parties));
        let pairs = entities.iter().flat_map(|entity| {
            let (entity, parties) = (entity.clone(), parties.iter().cloned());
            parties.map(move |party| Subject {
                entity: entity.clone(),
                party,
            })
        });
        pairs.take(SUBJECTS_MAX).collect()
    }

    /// The same, asked of whom the clause holds most of: it is enough that it holds of one.
    pub(crate) fn of_whom(self, value: &dyn Fn(&Context<'a>) -> Kleene) -> Context<'a> {
        let mut reports = self.incident.reports.iter();
        let names_one = |report: &Report| match report {
            Report::Circumstance(one) => one.entity.is_some() || one.party.is_some(),
            _ => false,
        };
        if !reports.any(|reported| names_one(&reported.record.report)) {
            return self;
        }
        let about = |subject: &Subject| Context {
            subject: subject.clone(),
            ..Context::new(
                self.order,
                self.duty,
                self.incident,
                self.settings,
                self.said,
            )
        };
        let mut best: Option<(Kleene, Context<'a>)> = None;
        let subjects = self.subjects();
        for subject in &subjects {
            let here = about(subject);
            let holds = match subjects.len() {
                1 => Kleene::Yes,
                _ => value(&here),
            };
            if best.as_ref().is_none_or(|(most, _)| holds > *most) {
                best = Some((holds, here));
            }
        }
        best.map_or_else(|| about(&Subject::default()), |(_, here)| here)
    }

    /// The same incident seen by another duty of the order.
    pub(crate) fn on(&self, duty: &'a Duty) -> Context<'a> {
        Context {
            duty,
            known: Rc::new(self.known.of_another_duty()),
            ..self.supposing(self.suppose.clone())
        }
    }

    /// The id under which `fact` is asked for: the same in every run, and one for all duties that
    /// share a trigger.
    pub(crate) fn ask_id(&self, fact: &str) -> String {
        let (incident, order, duty) = (&self.incident.id, &self.order.slug, self.duty.asks_as());
        let mut known = self.said.ask_ids.borrow_mut();
        let known = known.entry(duty.to_owned()).or_default();
        if let Some(id) = known.get(fact) {
            return id.clone();
        }
        let id = facts::short_id("ask", &[incident, order, duty, fact]);
        known.insert(fact.to_owned(), id.clone());
        id
    }

    /// What people answered about `fact`, or what is supposed of it. Answers that differ are
    /// disputed and count as none.
    pub(crate) fn answered(&self, fact: &str) -> Option<String> {
        self.known.look(|| Look::Fact(fact.to_owned()));
        if let Some((name, value)) = &self.suppose.fact
            && name == fact
        {
            return Some(value.clone());
        }
        // Most incidents have no answers, and the id of what would be asked is a digest.
        if self.said.answers.is_empty() {
            return None;
        }
        let values = self.said.answers.get(&self.ask_id(fact))?;
        self.consulted.borrow_mut().extend(values.values().cloned());
        let (value, id) = values.first_key_value().filter(|_| values.len() == 1)?;
        self.used.borrow_mut().insert(id.clone());
        Some(value.clone())
    }

    /// Ids of the answers on record about `fact`, used or not.
    pub(crate) fn answers_on_record(&self, fact: &str) -> Vec<String> {
        if self.said.answers.is_empty() {
            return Vec::new();
        }
        let values = self.said.answers.get(&self.ask_id(fact));
        values
            .into_iter()
            .flat_map(BTreeMap::values)
            .cloned()
            .collect()
    }

    /// Ids of the answers that this evaluation rests on.
    pub(crate) fn used(&self) -> Vec<String> {
        self.used.borrow().iter().cloned().collect()
    }

    /// Ids of the answers and readings that this evaluation looked at, used or disputed.
    pub(crate) fn consulted(&self) -> BTreeSet<String> {
        self.consulted.borrow().clone()
    }

    pub(crate) fn answered_yes_no(&self, fact: &str) -> Kleene {
        match self.answered(fact).as_deref() {
            Some("yes") => Kleene::Yes,
            Some("no") => Kleene::No,
            _ => Kleene::Unknown,
        }
    }

    /// `known` where it is known, else what people answered about `fact`.
    /// Its name is made only where it is asked about.
    pub(crate) fn or_answered<F: AsRef<str>>(
        &self,
        known: Kleene,
        fact: impl FnOnce() -> F,
    ) -> Kleene {
        match known {
            Kleene::Unknown => self.answered_yes_no(fact().as_ref()),
            known => known,
        }
    }

    pub(crate) fn answered_instant(&self, fact: &str) -> Option<Moment> {
        self.answered(fact)?.parse().ok()
    }

    pub(crate) fn answered_count(&self, fact: &str) -> Option<u64> {
        self.answered(fact)?.parse().ok()
    }

    /// What a question of the pack makes of that which it is raised about: counsel's reading,
    /// failing that the working one, failing that nobody can say.
    pub(crate) fn effect(&self, question: Option<&str>) -> Kleene {
        let Some(id) = question else {
            return Kleene::Unknown;
        };
        self.known.look(|| Look::Question(id.to_owned()));
        if let Some((name, effect)) = &self.suppose.question
            && name == id
        {
            return Kleene::from(*effect);
        }
        let rule = self.reading(id);
        rule.map_or(Kleene::Unknown, |rule| Kleene::from(rule.effect))
    }

    /// The anchor that a reading of the question names, if one is followed.
    pub(crate) fn anchor_read(&self, question: &str) -> Option<Anchor> {
        self.reading(question)?.anchor
    }

    /// The reading that is followed: counsel's, failing that the working one.
    fn reading(&self, id: &str) -> Option<&orders::ReadingRule> {
        let question = self.order.reserved.get(id)?;
        let readings = self.said.readings.get(id);
        if let Some(values) = readings {
            self.consulted.borrow_mut().extend(values.values().cloned());
        }
        let value = match readings {
            Some(values) if values.len() == 1 => values.keys().next().map(String::as_str),
            Some(_) => None,
            None => question.working.as_deref(),
        };
        question.readings.get(value?)
    }

    /// By whose reading of `question` a clock is put aside: counsel's is named only where one is
    /// on record.
    pub(crate) fn read_by(&self, question: &str) -> String {
        match self.said.readings.contains_key(question) {
            true => format!(" by counsel's reading of `{question}`"),
            false => format!(
                " by the pack's working reading of `{question}`, which counsel has not read"
            ),
        }
    }

    /// A question as the determination shows it.
    pub(crate) fn reserved(&self, id: &str) -> Reserved {
        let question = self.order.reserved.get(id);
        let readings = self.said.readings.get(id);
        let disputed = readings.is_some_and(|values| values.len() > 1);
        let reading = readings.filter(|_| !disputed);
        let reading = reading.and_then(BTreeMap::first_key_value);
        let working = question.and_then(|one| one.words(one.working.as_deref()?));
        let asked = question.map_or(id, |one| one.question.as_str());
        Reserved {
            id: id.to_owned(),
            question: format!("{asked}{}", self.not_followed(id)),
            working_reading: working.map(str::to_owned),
            reading: reading.map(|(value, id)| self.counsels(value, id)),
            disputed,
        }
    }

    /// What is on record as a reading of the question `id` and is not followed, in words.
    fn not_followed(&self, id: &str) -> String {
        let mut words = String::new();
        for decision in &self.incident.decisions {
            let read = reads(&self.order.slug, &self.incident.id, decision);
            let read = read.filter(|one| one.question == id);
            if let Some(why) = read.and_then(|one| refused(self.order, decision, one)) {
                let refused = format!(" (Reading {} is not followed: {why}.)", decision.id);
                words.push_str(&refused);
            }
        }
        words
    }

    /// Counsel's reading `value` as the decision `id` gives it.
    fn counsels(&self, value: &str, id: &str) -> CounselReading {
        let mut decisions = self.incident.decisions.iter();
        let given = decisions.find(|one| one.id == id);
        CounselReading {
            value: value.to_owned(),
            decision: id.to_owned(),
            role: given.map(|one| one.role.clone()),
            at: given.map(|one| one.at),
        }
    }

    /// When it was discovered, a person's answer included: where the duty takes other milestones
    /// for discovery too, the earliest.
    pub(crate) fn discovery(&self) -> Discovery {
        let found = match self.incident.discovery {
            recorded @ Discovery::Recorded { .. } => recorded,
            other => match self.answered_instant("discovered") {
                Some(at) => Discovery::Recorded { at },
                None => other,
            },
        };
        let rule = self.duty.discovery.as_ref();
        let others = rule.into_iter().flat_map(|rule| &rule.or);
        let Some(other) = others.filter_map(|name| self.milestone_at(*name)).min() else {
            return found;
        };
        match found {
            Discovery::Recorded { at } => Discovery::Recorded { at: at.min(other) },
            Discovery::Between {
                not_before,
                not_after,
            } => Discovery::Between {
                not_before: not_before.map(|at| at.min(other)),
                not_after: Some(not_after.map_or(other, |at| at.min(other))),
            },
            Discovery::Unknown => Discovery::Between {
                not_before: None,
                not_after: Some(other),
            },
        }
    }

    /// Whether every search is finished, or people have ruled the rest out.
    pub(crate) fn searched(&self) -> bool {
        self.incident.searched.complete || self.answered_yes_no("search") == Kleene::Yes
    }
}
