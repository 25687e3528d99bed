//! What a pack that parses may still lack: citations, literals, questions, windows, cases.

use crate::case::Case;
use crate::duty::{Condition, ConditionKind, Duty, DutyKind};
use crate::model::{Order, Window};
use crate::packs::Packs;
use crate::population::Population;
use std::collections::BTreeSet;

/// Something that a pack lacks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lint {
    /// The file.
    pub file: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl Lint {
    pub(crate) fn new(file: &str, message: impl Into<String>) -> Lint {
        Lint {
            file: file.to_owned(),
            message: message.into(),
        }
    }
}

impl std::fmt::Display for Lint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.file, self.message)
    }
}

/// How many cases of each answer show a duty.
const CASES_EACH: usize = 3;

impl Packs {
    /// Everything that the packs lack; empty when all is in order.
    pub fn lint(&self) -> Vec<Lint> {
        let mut found = Vec::new();
        for order in self.orders() {
            found.extend(lint_order(order));
            for duty in &order.duties {
                let cases: Vec<&Case> = self
                    .cases()
                    .iter()
                    .filter(|case| case.order == order.slug)
                    .filter(|case| case.duty.as_deref() == Some(duty.name.as_str()))
                    .collect();
                found.extend(lint_duty(order, duty, &cases));
            }
        }
        found.sort();
        found
    }
}

fn lint_order(order: &Order) -> Vec<Lint> {
    let file = format!("{}/order.toml", order.slug);
    let mut found = Vec::new();
    let mut say = |message: String| found.push(Lint::new(&file, message));
    for (name, text) in [
        ("title", &order.title),
        ("respondent", &order.respondent),
        ("court", &order.court),
        ("docket", &order.docket),
        ("document", &order.document),
    ] {
        if text.trim().is_empty() {
            say(format!("`{name}` is empty"));
        }
    }
    if order.parties.is_empty() {
        say("`parties` names nobody: who is bound?".to_owned());
    }
    if order.sources.is_empty() {
        say("`sources` names nothing: what was this pack made from?".to_owned());
    }
    if order.duties.is_empty() && order.no_duty.is_none() {
        say("there is no duty and no `[no_duty]` that says why".to_owned());
    }
    if is_backwards(order.in_force) {
        say("`in_force` ends before it begins".to_owned());
    }
    if let Some(channel) = &order.channel {
        if channel.subject.trim().is_empty() || !channel.email.contains('@') {
            say("`[channel]` needs the literal `subject` and an `email`".to_owned());
        }
        if channel.courier.is_some() && channel.address.is_empty() {
            say("`[channel]` allows a courier but has no literal `address`".to_owned());
        }
    }
    for question in order.reserved.values() {
        let effects: BTreeSet<bool> = question.readings.values().map(|rule| rule.effect).collect();
        if effects.len() < 2 {
            say(format!(
                "`{}` has no two readings that differ in effect",
                question.id
            ));
        }
        if question.cite.trim().is_empty() || question.question.trim().is_empty() {
            say(format!("`{}` lacks its question or its cite", question.id));
        }
    }
    found
}

fn lint_duty(order: &Order, duty: &Duty, cases: &[&Case]) -> Vec<Lint> {
    let file = format!("{}/duties/{}.toml", order.slug, duty.name);
    let mut found = Vec::new();
    let mut say = |message: String| found.push(Lint::new(&file, message));
    let mut cited = vec![("the duty", &duty.text, &duty.cite)];
    walk(&duty.when, &mut cited);
    duty.unless
        .iter()
        .for_each(|condition| walk(condition, &mut cited));
    duty.populations
        .values()
        .for_each(|population| parts(population, &mut cited));
    cited.extend(
        duty.clocks
            .iter()
            .map(|clock| ("a clock", &clock.text, &clock.cite)),
    );
    cited.extend(
        duty.items
            .iter()
            .map(|item| ("an item", &item.text, &item.cite)),
    );
    for (what, text, cite) in cited {
        if text.trim().is_empty() || cite.trim().is_empty() {
            say(format!(
                "{what} lacks its text or its cite: {text:?}, {cite:?}"
            ));
        }
    }
    twice(
        "item",
        duty.items.iter().map(|item| item.letter.as_str()),
        &mut say,
    );
    twice(
        "clock",
        duty.clocks.iter().map(|clock| clock.limb.as_str()),
        &mut say,
    );
    if is_backwards(duty.in_force.window) {
        say("`in_force` ends before it begins".to_owned());
    }
    let raised = raised(duty);
    for id in &raised {
        if !order.reserved.contains_key(*id) {
            say(format!(
                "the question `{id}` is raised but order.toml does not reserve it"
            ));
        }
    }
    let listed: BTreeSet<&str> = duty.reserved.iter().map(String::as_str).collect();
    for id in listed.symmetric_difference(&raised) {
        say(format!(
            "`reserved` and the questions that the clauses raise differ in `{id}`"
        ));
    }
    if duty.kind == DutyKind::Report {
        if duty.clocks.is_empty() && duty.reminder.is_none() {
            say("a report without clock and reminder would never be due".to_owned());
        }
        if duty.items.is_empty() {
            say("a report without items would say nothing".to_owned());
        }
        if order.channel.is_none() {
            say("order.toml has no `[channel]`: where does the report go?".to_owned());
        }
    }
    for (folder, answer) in crate::case::FOLDERS {
        let there = cases
            .iter()
            .filter(|case| case.expect.answer == *answer)
            .count();
        if there < CASES_EACH {
            say(format!(
                "`{folder}` has {there} cases; each answer is shown by {CASES_EACH}"
            ));
        }
    }
    found
}

fn is_backwards(window: Window) -> bool {
    window
        .from
        .zip(window.until)
        .is_some_and(|(from, until)| until <= from)
}

fn twice<'a>(what: &str, names: impl Iterator<Item = &'a str>, say: &mut impl FnMut(String)) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            say(format!("there are two of the {what} `{name}`"));
        }
    }
}

type Cited<'a> = Vec<(&'a str, &'a String, &'a String)>;

fn walk<'a>(condition: &'a Condition, cited: &mut Cited<'a>) {
    cited.push(("a condition", &condition.text, &condition.cite));
    match &condition.kind {
        ConditionKind::All(parts) | ConditionKind::Any(parts) => {
            parts.iter().for_each(|part| walk(part, cited));
        }
        ConditionKind::Not(part) => walk(part, cited),
        _ => {}
    }
}

fn parts<'a>(population: &'a Population, cited: &mut Cited<'a>) {
    cited.push(("a population", &population.text, &population.cite));
    cited.push(("its acts", &population.acts.text, &population.acts.cite));
    cited.push((
        "its authority",
        &population.authority.text,
        &population.authority.cite,
    ));
    cited.extend(
        population
            .information
            .iter()
            .map(|one| ("its information", &one.text, &one.cite)),
    );
    cited.extend(
        population
            .residential
            .iter()
            .map(|one| ("its products", &one.text, &one.cite)),
    );
    cited.extend(
        population
            .visibility
            .iter()
            .map(|one| ("its visibility", &one.text, &one.cite)),
    );
    cited.extend(
        population
            .encryption
            .iter()
            .map(|one| ("its encryption", &one.text, &one.cite)),
    );
    cited.extend(
        population
            .residence
            .iter()
            .map(|one| ("its residence", &one.text, &one.cite)),
    );
}

/// Ids of the questions that the clauses of a duty raise.
fn raised(duty: &Duty) -> BTreeSet<&str> {
    fn of<'a>(condition: &'a Condition, ids: &mut BTreeSet<&'a str>) {
        match &condition.kind {
            ConditionKind::All(parts) | ConditionKind::Any(parts) => {
                parts.iter().for_each(|part| of(part, ids));
            }
            ConditionKind::Not(part) => of(part, ids),
            ConditionKind::GovernmentNotice(rule) => ids.extend(rule.reversal_question.as_deref()),
            ConditionKind::Count(rule) => {
                ids.extend(rule.aggregation_question.as_deref());
                ids.extend(rule.unit_question.as_ref().map(|unit| unit.id.as_str()));
            }
            _ => {}
        }
    }
    let mut ids = BTreeSet::new();
    of(&duty.when, &mut ids);
    duty.unless
        .iter()
        .for_each(|condition| of(condition, &mut ids));
    for population in duty.populations.values() {
        ids.extend(population.authority.insider_question.as_deref());
        ids.extend(
            population
                .residential
                .iter()
                .filter_map(|one| one.question.as_deref()),
        );
        ids.extend(
            population
                .visibility
                .iter()
                .filter_map(|one| one.question.as_deref()),
        );
        ids.extend(
            population
                .encryption
                .iter()
                .filter_map(|one| one.question.as_deref()),
        );
    }
    ids.extend(
        duty.clocks
            .iter()
            .filter_map(|clock| clock.coverage_question.as_deref()),
    );
    ids.extend(duty.in_force.question.as_deref());
    ids
}
