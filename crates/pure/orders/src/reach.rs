//! Clauses that can never hold, and texts that leave a day uncovered: found without any facts.

use crate::duty::{Condition, ConditionKind, Duty, NoticeRule};
use crate::lint::Found;
use crate::population::Population;
use crate::table::{Table, bars, implies, parts};
use crate::taken::Taken;

/// Says which clauses of `duty` can never hold, always hold, or take nothing out. Of what it takes
/// over from another duty that is said there.
pub(crate) fn lint(duty: &Duty, taken: &Taken<'_>, found: &mut Found<'_>) {
    let before = found.lints.len();
    let nothing = || Known {
        taken,
        yes: Vec::new(),
        no: Vec::new(),
    };
    let mut known = nothing();
    for condition in &duty.unless {
        known.not(condition);
    }
    known.holds(&duty.when, found);
    for condition in &duty.unless {
        nothing().holds(condition, found);
    }
    // What one look has found, the other would say in other words.
    if found.lints.len() == before {
        tabled(duty, taken, found);
    }
    let own = duty.populations.iter();
    for (_, population) in own.filter(|(name, _)| !name.contains('/')) {
        can_count(population, found);
    }
}

/// The same by all ways in which the leaves can be true together, where these are few.
fn tabled(duty: &Duty, taken: &Taken<'_>, found: &mut Found<'_>) {
    let all = || std::iter::once(&duty.when).chain(&duty.unless);
    let Some(table) = Table::of(all()) else {
        return;
    };
    let mut said = false;
    for condition in all() {
        said |= alone(condition, &table, taken, found);
    }
    if said {
        return;
    }
    // With each exception in its turn: with which of them is nothing left?
    for (place, exception) in duty.unless.iter().enumerate() {
        let so_far = duty.unless.iter().take(place + 1);
        let is_owed = |way: u32| {
            table.holds(&duty.when, way) && !so_far.clone().any(|one| table.holds(one, way))
        };
        if !table.any(is_owed) {
            let message = format!(
                "with the exception `{}` nothing would ever be owed: it takes out all that is left",
                exception.text
            );
            found.say_with(&exception.text, message, EXAMPLE);
            return;
        }
    }
    let is_owed = |way: u32| {
        table.holds(&duty.when, way) && !duty.unless.iter().any(|one| table.holds(one, way))
    };
    branches(&duty.when, &table, &is_owed, taken, found);
    // The last of those that take out the same is too many.
    let mut needed: Vec<&Condition> = duty.unless.iter().collect();
    for place in (0..duty.unless.len()).rev() {
        let Some(exception) = needed.get(place).copied() else {
            continue;
        };
        let others = needed
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != place);
        let takes_out = |way: u32| {
            table.holds(&duty.when, way)
                && table.holds(exception, way)
                && !others.clone().any(|(_, one)| table.holds(one, way))
        };
        if !table.any(takes_out) {
            let message = format!(
                "the exception `{}` takes nothing out: the duty is not owed there anyway, or \
                 another exception takes out as much",
                exception.text
            );
            found.say_with(&exception.text, message, EXAMPLE);
            needed.remove(place);
        }
    }
}

/// Says of `condition`, of the least of its parts, that it never holds, or always; whether it did.
fn alone(
    condition: &Condition,
    table: &Table<'_>,
    taken: &Taken<'_>,
    found: &mut Found<'_>,
) -> bool {
    let parts = parts(condition).unwrap_or_default();
    let mut said = false;
    for part in parts {
        said |= alone(part, table, taken, found);
    }
    if said || parts.is_empty() || taken.holds(condition) {
        return said;
    }
    let (holds, fails) = (
        table.any(|way| table.holds(condition, way)),
        table.any(|way| !table.holds(condition, way)),
    );
    if !holds {
        never(condition, taken, found);
    } else if !fails {
        let message = format!(
            "`{}` always holds, whatever the facts are: it asks for nothing",
            condition.text
        );
        found.say_with(&condition.text, message, EXAMPLE);
    }
    !holds || !fails
}

/// Says which branches of what is to hold never carry it.
fn branches(
    condition: &Condition,
    table: &Table<'_>,
    is_owed: &dyn Fn(u32) -> bool,
    taken: &Taken<'_>,
    found: &mut Found<'_>,
) {
    // What is taken over may well be wider than what follows from it.
    if taken.holds(condition) {
        return;
    }
    if !table.any(|way| is_owed(way) && table.holds(condition, way)) {
        never(condition, taken, found);
        return;
    }
    if let ConditionKind::All(parts) | ConditionKind::Any(parts) = &condition.kind {
        for part in parts {
            branches(part, table, is_owed, taken, found);
        }
    }
}

/// Says where the texts of `duty` leave a day uncovered or covered twice.
pub(crate) fn texts(duty: &Duty, found: &mut Found<'_>) {
    for pair in duty.texts.windows(2) {
        let [before, after] = pair else { continue };
        if before.until.is_none() || before.until != after.from {
            let message = format!(
                "between `{}` and `{}` a day is covered by no text or by two: the one must end \
                 (`until`) on the day on which the other begins (`from`)",
                before.name, after.name
            );
            found.say_with(&after.name, message, "from = \"2024-07-29\"");
        }
    }
    if let Some(last) = duty.texts.last()
        && last.until.is_some()
    {
        let message = format!("`{}` ends and no text follows it", last.name);
        found.say(&last.name, message);
    }
    for text in &duty.texts {
        let backwards = text
            .from
            .zip(text.until)
            .is_some_and(|(from, until)| until <= from);
        if backwards {
            found.say(&text.name, format!("`{}` ends before it begins", text.name));
        }
    }
}

/// What surely holds, and what surely does not, at one place of a tree.
#[derive(Clone)]
struct Known<'a> {
    taken: &'a Taken<'a>,
    yes: Vec<&'a ConditionKind>,
    no: Vec<&'a ConditionKind>,
}

impl<'a> Known<'a> {
    /// Goes down a condition that is to hold; says where it cannot.
    fn holds(&mut self, condition: &'a Condition, found: &mut Found<'_>) {
        match &condition.kind {
            ConditionKind::All(parts) => {
                self.empty(condition, parts, found);
                parts.iter().for_each(|part| self.holds(part, found));
            }
            ConditionKind::Any(parts) => {
                self.empty(condition, parts, found);
                for part in parts {
                    self.clone().holds(part, found);
                }
            }
            ConditionKind::Not(part) => {
                if self.yes.contains(&&part.kind) {
                    never(condition, self.taken, found);
                }
                self.not(part);
            }
            leaf => {
                if self.excludes(leaf) {
                    never(condition, self.taken, found);
                }
                if let ConditionKind::Noncompliance(sections) = leaf
                    && sections.is_empty()
                {
                    never(condition, self.taken, found);
                }
                if let ConditionKind::Count(rule) = leaf
                    && rule.at_least == 0
                    && !self.taken.holds(condition)
                {
                    let message = "`at_least = 0` always holds: from how many on?";
                    found.say_with(&condition.text, message, "at_least = 1");
                }
                self.yes.push(leaf);
            }
        }
    }

    /// Takes down that `condition` does not hold.
    fn not(&mut self, condition: &'a Condition) {
        match &condition.kind {
            ConditionKind::Any(parts) => parts.iter().for_each(|part| self.not(part)),
            ConditionKind::All(_) => {}
            ConditionKind::Not(part) => self.yes.push(&part.kind),
            leaf => self.no.push(leaf),
        }
    }

    fn excludes(&self, leaf: &ConditionKind) -> bool {
        let is_denied = |no: &&ConditionKind| is_same(no, leaf) || implies(leaf, no);
        self.no.iter().any(is_denied) || self.yes.iter().any(|yes| bars(yes, leaf))
    }

    fn empty(&self, condition: &Condition, parts: &[Condition], found: &mut Found<'_>) {
        if parts.is_empty() && !self.taken.holds(condition) {
            let message = format!("`{}` has no parts", condition.text);
            found.say(&condition.text, message);
        }
    }
}

/// Whether both ask for the same, whatever counsel is asked where nothing unauthorised is on
/// record.
fn is_same(one: &ConditionKind, other: &ConditionKind) -> bool {
    match (one, other) {
        (ConditionKind::GovernmentNotice(one), ConditionKind::GovernmentNotice(other)) => {
            let asking_nothing = |rule: &NoticeRule| NoticeRule {
                reversal_question: None,
                ..rule.clone()
            };
            asking_nothing(one) == asking_nothing(other)
        }
        _ => one == other,
    }
}

/// An exception that takes out a part of what the clause takes in leaves something of it.
const EXAMPLE: &str = "[[unless]]\ntext = \"Content of fewer than 500 users\"\ncite = \"VI\"\n\
                       not = { text = \"500 or more\", cite = \"VI\", count = { population = \
                       \"content\", unit = \"accounts\", at_least = 500 } }";

fn never(condition: &Condition, taken: &Taken<'_>, found: &mut Found<'_>) {
    if taken.holds(condition) {
        return;
    }
    let message = format!(
        "`{}` can never hold: another part of the clause, or an exception, rules it out",
        condition.text
    );
    found.say_with(&condition.text, message, EXAMPLE);
}

fn can_count(population: &Population, found: &mut Found<'_>) {
    let nothing = population.acts.any.is_empty()
        || population
            .information
            .as_ref()
            .is_some_and(|rule| rule.any.is_empty());
    if nothing {
        let message = format!(
            "nothing can belong to `{}`: a list is empty",
            population.text
        );
        found.say_with(&population.text, message, "any = [\"accessed\"]");
    }
    if let Some(rule) = &population.presumption
        && population.acts.any.contains(&rule.from)
    {
        let message = "what `acts` names already needs no presumption";
        found.say(&rule.text, message);
    }
}
