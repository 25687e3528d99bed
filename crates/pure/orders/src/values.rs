//! Values that parse and that nobody can mean: countries that are none, lists that name nobody
//! or one twice, cites that cite nothing, periods longer than anybody plans.

use crate::duty::{Condition, ConditionKind, Duty};
use crate::lint::Found;
use crate::taken::Taken;
use std::collections::BTreeSet;

/// The longest period of a clock that is taken for one, in days: an order binds for twenty years.
const DAYS_MAX: u32 = 7_305;

/// Says what no duty can mean.
pub(crate) fn values(duty: &Duty, taken: &Taken<'_>, found: &mut Found<'_>) {
    let populations = duty.populations.values();
    for population in populations.filter(|one| !taken.defines(one)) {
        if let Some(rule) = &population.residence {
            country(&rule.country, found);
        }
        if let Some(rule) = &population.visibility {
            let both = rule.excluded.iter().any(|one| rule.unsure.contains(one));
            if both {
                let message = "`visibility` names the same both in `excluded` and in `unsure`";
                found.say(&rule.text, message);
            }
        }
    }
    std::iter::once(&duty.when)
        .chain(&duty.unless)
        .for_each(|condition| condition_values(condition, taken, found));
    for clock in &duty.clocks {
        if clock.days > DAYS_MAX {
            let message = format!("{} days are more than twenty years", clock.days);
            found.say_with(&clock.text, message, "days = 10");
        }
        let mut seen = BTreeSet::new();
        if !clock.anchors.iter().all(|anchor| seen.insert(*anchor)) {
            let message = format!("an anchor of the clock `{}` stands twice", clock.limb);
            found.say_with(&clock.text, message, "anchors = [\"discovery\"]");
        }
    }
}

fn condition_values(condition: &Condition, taken: &Taken<'_>, found: &mut Found<'_>) {
    if taken.holds(condition) {
        return;
    }
    match &condition.kind {
        ConditionKind::All(parts) | ConditionKind::Any(parts) => parts
            .iter()
            .for_each(|part| condition_values(part, taken, found)),
        ConditionKind::Not(part) => condition_values(part, taken, found),
        ConditionKind::GovernmentNotice(rule) => {
            country(&rule.country, found);
            nobody(&rule.by, condition, found);
        }
        ConditionKind::NoticeRequired(rule) => {
            country(&rule.country, found);
            nobody(&rule.by, condition, found);
        }
        ConditionKind::Noncompliance(sections) => {
            let mut seen = BTreeSet::new();
            if !sections.iter().all(|one| seen.insert(one)) {
                let message = format!("`{}` names a section twice", condition.text);
                found.say_with(&condition.text, message, "noncompliance = [\"I\", \"II\"]");
            }
        }
        _ => {}
    }
}

fn nobody<T>(by: &[T], condition: &Condition, found: &mut Found<'_>) {
    if by.is_empty() {
        let message = format!(
            "`{}` is met by nobody's notice: `by` is empty",
            condition.text
        );
        found.say_with(&condition.text, message, "by = [\"respondent\"]");
    }
}

fn country(code: &str, found: &mut Found<'_>) {
    if !facts::is_country(code) {
        let message = format!("`{code}` is no country by ISO 3166-1 alpha-2");
        found.say_with(&format!("country = {code:?}"), message, "country = \"US\"");
    }
}

/// Whether a cite says where something stands: not nothing, not signs alone, nor that somebody is
/// to look.
pub(crate) fn cites(cite: &str) -> bool {
    const LATER: [&str; 6] = ["todo", "tbd", "tbc", "fixme", "xxx", "unknown"];
    let words = cite.trim().to_lowercase();
    words.chars().any(char::is_alphanumeric) && !LATER.contains(&words.as_str())
}
