//! The cases of the packs, run: facts in, the answer that the pack expects compared with what came.

use crate::context::Said;
use crate::decide::context;
use crate::determination::{Answer, Because, Undigested};
use crate::facts_file::facts_file;
use crate::filings::Filing;
use crate::register::register;
use crate::settings::Settings;
use facts::Kleene;
use incident::{Discovery, Incident};
use orders::{Case, ExpectCertification, Order, OutOfRange, Packs};
use std::collections::BTreeSet;

/// What became of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseResult {
    /// The order's slug.
    pub order: String,
    /// The duty, if the order has one.
    pub duty: Option<String>,
    /// The sentence that the case shows.
    pub sentence: String,
    /// Its file.
    pub file: String,
    /// The scenario of the law notes that it encodes.
    pub scenario: Option<u32>,
    /// What came out, where anything did.
    pub determination: Option<Undigested>,
    /// What differs from what the case expects; empty: it passes.
    pub differs: Vec<String>,
}

impl CaseResult {
    /// Whether the case passes.
    pub fn passes(&self) -> bool {
        self.differs.is_empty()
    }
}

/// A case whose facts have been read: put to an order as often as somebody likes.
pub struct Prepared<'a> {
    case: &'a Case,
    incident: Result<Incident, String>,
}

impl<'a> Prepared<'a> {
    /// Reads the facts of `case`; `order` says which purposes it accepts.
    pub fn new(case: &'a Case, order: &Order) -> Prepared<'a> {
        let terms = std::slice::from_ref(&order.terms);
        let incident = match facts_file(&case.facts.to_string(), terms, None) {
            Ok(mut incidents) => match (incidents.pop(), incidents.is_empty()) {
                (Some(incident), true) => Ok(incident),
                _ => Err("a case is about one incident".to_owned()),
            },
            Err(error) => Err(error.to_string()),
        };
        Prepared { case, incident }
    }

    /// Puts it to `order`, which may be a changed one.
    pub fn run(&self, order: &Order, settings: &Settings) -> CaseResult {
        let case = self.case;
        let mut result = CaseResult {
            order: case.order.clone(),
            duty: case.duty.clone(),
            sentence: case.sentence.clone(),
            file: case.file.clone(),
            scenario: case.scenario,
            determination: None,
            differs: Vec::new(),
        };
        let incident = match &self.incident {
            Ok(incident) => incident,
            Err(message) => {
                result.differs.push(message.clone());
                return result;
            }
        };
        match crate::decide_duty(order, case.duty.as_deref(), incident, settings) {
            Ok(Some(determination)) => {
                result.differs = compare(case, order, incident, &determination, settings);
                if let Some(day) = case.expect.uncovered {
                    let message = format!("uncovered: expected before {day}, got covered");
                    result.differs.push(message);
                }
                result.determination = Some(determination);
            }
            Ok(None) => {
                let message = "no determination for this duty".to_owned();
                result.differs.push(message);
            }
            Err(error) => self.uncovered(&error, (order, incident, settings), &mut result),
        }
        result
    }

    /// A date that nothing covers: an error, unless the case expects that of its texts.
    fn uncovered(
        &self,
        error: &OutOfRange,
        (order, incident, settings): (&Order, &Incident, &Settings),
        result: &mut CaseResult,
    ) {
        let first = match error {
            OutOfRange::Text { from, .. } => Some(*from),
            _ => None,
        };
        let expected = self.case.expect.uncovered;
        if first.is_none() || expected != first {
            result.differs.push(error.to_string());
            return;
        }
        let each = crate::decide_each(order, incident, settings).into_iter();
        let mut of_duty = each.filter(|one| one.duty == self.case.duty);
        if let Some(determination) = of_duty.next() {
            result.differs = compare(self.case, order, incident, &determination, settings);
            result.determination = Some(determination);
        }
    }
}

/// Runs every case of the packs with the packs' own defaults.
pub fn run(packs: &Packs) -> Vec<CaseResult> {
    let settings = match Settings::new(&[]) {
        Ok(settings) => settings,
        Err(error) => return vec![unusable(error.to_string())],
    };
    packs
        .cases()
        .iter()
        .filter_map(|case| {
            let order = packs.order(&case.order)?;
            Some(Prepared::new(case, order).run(order, &settings))
        })
        .collect()
}

/// What stands for all cases where none can be run.
fn unusable(why: String) -> CaseResult {
    CaseResult {
        order: String::new(),
        duty: None,
        sentence: "no case can be run".to_owned(),
        file: String::new(),
        scenario: None,
        determination: None,
        differs: vec![why],
    }
}

fn compare(
    case: &Case,
    order: &Order,
    incident: &Incident,
    got: &Undigested,
    settings: &Settings,
) -> Vec<String> {
    let expect = &case.expect;
    let mut differs = Vec::new();
    let mut same = |what: &str, expected: String, got: String| {
        if expected != got {
            differs.push(format!("{what}: expected {expected}, got {got}"));
        }
    };
    let answer = match got.answer {
        Answer::Owed => "owed",
        Answer::NotOwed => "not_owed",
        Answer::Open => "open",
    };
    same("answer", expect.answer.clone(), answer.to_owned());
    let clock = got.clock.as_ref();
    if let Some(planned) = expect.planned {
        same(
            "planned",
            format!("{:?}", Some(planned)),
            format!("{:?}", clock.and_then(|one| one.planned)),
        );
    }
    if let Some(outer) = expect.outer {
        same(
            "outer",
            format!("{:?}", Some(outer)),
            format!("{:?}", clock.and_then(|one| one.outer)),
        );
    }
    if let Some(anchor) = &expect.anchor {
        same(
            "anchor",
            anchor.clone(),
            clock.map_or("none", |one| &one.anchor).to_owned(),
        );
    }
    if let Some(reminder) = expect.reminder {
        let planned = got.reminder.as_ref().and_then(|one| one.planned);
        same(
            "reminder",
            format!("{:?}", Some(reminder)),
            format!("{planned:?}"),
        );
    }
    if let Some(started) = expect.started {
        let now = got
            .clocks
            .iter()
            .filter(|one| one.anchor_at.is_some())
            .count();
        same("clocks started", started.to_string(), now.to_string());
    }
    if let Some(met) = expect.met {
        let now = clock.is_some_and(|one| one.met.is_some());
        same("clock met", met.to_string(), now.to_string());
    }
    if let Some(texts) = &expect.texts {
        same("texts", format!("{texts:?}"), format!("{:?}", got.texts));
    }
    if let Some(near) = &expect.near {
        let now = got.near.iter().map(|one| one.kind.as_str());
        same("near", names(near), set(now));
    }
    if let Some(records) = &expect.spared_by {
        let now = got.spared_by.iter().map(|one| one.record.as_str());
        same("spared_by", names(records), set(now));
    }
    for (unit, count) in &expect.counts {
        let now = got
            .counts
            .get(unit)
            .map(ToString::to_string)
            .unwrap_or_default();
        same(unit, count.to_string(), now);
    }
    for (cite, value) in &expect.because {
        let mut values = BTreeSet::new();
        at(&got.because, cite, &mut values);
        let expected = format!("{:?}", BTreeSet::from([*value]));
        same(
            &format!("reason at {cite}"),
            expected,
            format!("{values:?}"),
        );
    }
    if let Some(reserved) = &expect.reserved {
        let now = got.reserved.iter().map(|one| one.id.as_str());
        same("reserved", names(reserved), set(now));
    }
    if let Some(asks) = &expect.asks {
        let now = got.asks.iter().map(|one| one.fact.as_str());
        same("asks", names(asks), set(now));
    }
    if let Some(kinds) = &expect.register {
        let determinations = std::slice::from_ref(got);
        let entries = register(order, incident, determinations, &[], settings);
        let now = entries.iter().map(|entry| entry.kind.as_str());
        same("register", names(kinds), set(now));
    }
    differs.extend(compare_law(case, order, incident, settings));
    differs
}

/// What a case expects of the order beside the answer: what a document says, what it is for other
/// orders, what the certification says.
fn compare_law(
    case: &Case,
    order: &Order,
    incident: &Incident,
    settings: &Settings,
) -> Vec<String> {
    let expect = &case.expect;
    let mut differs = Vec::new();
    let mut same = |what: &str, expected: String, got: String| {
        if expected != got {
            differs.push(format!("{what}: expected {expected}, got {got}"));
        }
    };
    if let Some(items) = &expect.items {
        let duty = case.duty.as_deref().and_then(|name| order.duty(name));
        let items_now = duty.into_iter().flat_map(|duty| &duty.items);
        let now: Vec<String> = items_now
            .map(|item| {
                let fills = serde_json::to_value(item.fills).unwrap_or_default();
                format!("{}: {}", item.letter, fills.as_str().unwrap_or_default())
            })
            .collect();
        same("items", format!("{items:?}"), format!("{now:?}"));
    }
    if let Some(filings) = expect.filings {
        let now = Filing::of(order, incident).len();
        same("filings", filings.to_string(), now.to_string());
    }
    if let Some(expected) = &expect.certification {
        let now = certification(case, order, incident, settings);
        same(
            "certification",
            format!("{:?}", Some(expected)),
            format!("{:?}", now.as_ref()),
        );
    }
    differs
}

/// What the annual certification says of it; nothing where the order knows none.
fn certification(
    case: &Case,
    order: &Order,
    incident: &Incident,
    settings: &Settings,
) -> Option<ExpectCertification> {
    let clause = order.certification.as_ref()?;
    let said = Said::of(order, incident);
    let duty = case.duty.as_deref().and_then(|name| order.duty(name));
    let discovery = match duty {
        Some(duty) => context(order, duty, incident, settings, &said).discovery(),
        None => incident.discovery,
    };
    let day = match discovery {
        Discovery::Recorded { at } => Some(at.date_in(&order.time_zone())),
        _ => None,
    };
    let until = day.and_then(|day| {
        let mut years = [day.year(), day.year().saturating_add(1)].into_iter();
        years.find_map(|year| clause.period(year).filter(|(_, last)| day <= *last))
    });
    Some(ExpectCertification {
        describes: clause.describes_incidents,
        until: until.map(|(_, last)| last),
        years: clause.years,
    })
}

fn names<'a>(all: impl IntoIterator<Item = &'a String>) -> String {
    set(all.into_iter().map(String::as_str))
}

/// The values of the topmost nodes with this clause.
fn at(because: &Because, cite: &str, values: &mut BTreeSet<Kleene>) {
    if because.cite.as_deref() == Some(cite) {
        values.insert(because.value);
    } else {
        because.of.iter().for_each(|part| at(part, cite, values));
    }
}

fn set<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: BTreeSet<&str> = words.collect();
    format!("{words:?}")
}
