//! The cases of the packs, run: facts in, the answer that the pack expects compared with what came.

use crate::determination::{Answer, Because, Determination};
use crate::facts_file::facts_file;
use crate::register::register;
use crate::settings::Settings;
use facts::Kleene;
use incident::Incident;
use orders::{Case, Order, Packs};
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
    pub determination: Option<Determination>,
    /// What differs from what the case expects; empty: it passes.
    pub differs: Vec<String>,
}

impl CaseResult {
    /// Whether the case passes.
    pub fn passes(&self) -> bool {
        self.differs.is_empty()
    }
}

/// Runs every case of the packs with the packs' own defaults.
pub fn run(packs: &Packs) -> Vec<CaseResult> {
    packs
        .cases()
        .iter()
        .map(|case| run_one(packs, case))
        .collect()
}

fn run_one(packs: &Packs, case: &Case) -> CaseResult {
    let mut result = CaseResult {
        order: case.order.clone(),
        duty: case.duty.clone(),
        sentence: case.sentence.clone(),
        file: case.file.clone(),
        scenario: case.scenario,
        determination: None,
        differs: Vec::new(),
    };
    match put(packs, case) {
        Ok((order, incident, determination)) => {
            result.differs = compare(case, order, &incident, &determination);
            result.determination = Some(determination);
        }
        Err(message) => result.differs.push(message),
    }
    result
}

fn put<'a>(packs: &'a Packs, case: &Case) -> Result<(&'a Order, Incident, Determination), String> {
    let order = packs.order(&case.order).ok_or("the order is not loaded")?;
    let settings = Settings::new(&[]).map_err(|error| error.to_string())?;
    let json = case.facts.to_string();
    let terms = std::slice::from_ref(&order.terms);
    let mut incidents = facts_file(&json, terms, None).map_err(|error| error.to_string())?;
    let incident = incidents.pop().filter(|_| incidents.is_empty());
    let incident = incident.ok_or("a case is about one incident")?;
    let determinations =
        crate::decide(order, &incident, &settings).map_err(|error| error.to_string())?;
    let determination = determinations.into_iter().find(|one| one.duty == case.duty);
    Ok((
        order,
        incident,
        determination.ok_or("no determination for this duty")?,
    ))
}

fn compare(case: &Case, order: &Order, incident: &Incident, got: &Determination) -> Vec<String> {
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
        same(
            "reserved",
            set(reserved.iter().map(String::as_str)),
            set(now),
        );
    }
    if let Some(asks) = &expect.asks {
        let now = got.asks.iter().map(|one| one.fact.as_str());
        same("asks", set(asks.iter().map(String::as_str)), set(now));
    }
    if let Some(kinds) = &expect.register {
        let determinations = std::slice::from_ref(got);
        match Settings::new(&[]) {
            Ok(settings) => {
                let entries = register(order, incident, determinations, &[], &settings);
                let now = entries.iter().map(|entry| entry.kind.as_str());
                same("register", set(kinds.iter().map(String::as_str)), set(now));
            }
            Err(error) => same("register", String::new(), error.to_string()),
        }
    }
    differs
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
