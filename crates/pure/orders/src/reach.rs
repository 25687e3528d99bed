//! Clauses that can never hold, and texts that leave a day uncovered: found without any facts.

use crate::duty::{Condition, ConditionKind, CountRule, Duty};
use crate::lint::Found;
use crate::population::Population;

/// Says which clauses of `duty` can never hold.
pub(crate) fn lint(duty: &Duty, found: &mut Found<'_>) {
    let mut known = Known::default();
    for condition in &duty.unless {
        known.not(condition);
    }
    known.holds(&duty.when, found);
    for condition in &duty.unless {
        Known::default().holds(condition, found);
    }
    for population in duty.populations.values() {
        can_count(population, found);
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
#[derive(Default, Clone)]
struct Known<'a> {
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
                    never(condition, found);
                }
                self.not(part);
            }
            leaf => {
                if self.excludes(leaf) {
                    never(condition, found);
                }
                if let ConditionKind::Noncompliance(sections) = leaf
                    && sections.is_empty()
                {
                    never(condition, found);
                }
                if let ConditionKind::Count(rule) = leaf
                    && rule.at_least == 0
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
        let denied = self.no.iter().any(|no| **no == *leaf || fewer(no, leaf));
        let other_text = |yes: &&ConditionKind| match (*yes, leaf) {
            (ConditionKind::UnderText(one), ConditionKind::UnderText(other)) => one != other,
            _ => false,
        };
        denied || self.yes.iter().any(other_text)
    }

    fn empty(&self, condition: &Condition, parts: &[Condition], found: &mut Found<'_>) {
        if parts.is_empty() {
            let message = format!("`{}` has no parts", condition.text);
            found.say(&condition.text, message);
        }
    }
}

/// Whether "not so many" rules out "so many".
fn fewer(no: &ConditionKind, yes: &ConditionKind) -> bool {
    match (no, yes) {
        (ConditionKind::Count(no), ConditionKind::Count(yes)) => {
            let same = CountRule {
                at_least: no.at_least,
                ..yes.clone()
            };
            *no == same && no.at_least <= yes.at_least
        }
        _ => false,
    }
}

fn never(condition: &Condition, found: &mut Found<'_>) {
    let message = format!(
        "`{}` can never hold: another part of the clause, or an exception, rules it out",
        condition.text
    );
    // An exception that takes out a part of what the clause takes in leaves something of it.
    let example = "[[unless]]\ntext = \"Content of fewer than 500 users\"\ncite = \"VI\"\nnot = { \
                   text = \"500 or more\", cite = \"VI\", count = { population = \"content\", unit \
                   = \"accounts\", at_least = 500 } }";
    found.say_with(&condition.text, message, example);
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
