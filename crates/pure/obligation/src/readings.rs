//! Counsel's readings: which of them answers follow, and why not the others.

use facts::{Act, Decision, Reading};
use orders::Order;
use std::collections::BTreeMap;

/// In which role a question that is reserved to counsel is read.
const COUNSEL: &str = "counsel";

/// What counsel may choose from: the questions of an order, each with the values of its readings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readings {
    order: String,
    values: BTreeMap<String, Vec<String>>,
}

impl Readings {
    /// Those of `order`.
    pub fn of(order: &Order) -> Readings {
        let questions = order.reserved.values();
        let values = questions.map(|one| (one.id.clone(), one.readings.keys().cloned().collect()));
        Readings {
            order: order.slug.clone(),
            values: values.collect(),
        }
    }

    /// Why answers about the incident `incident` do not follow a decision that reads a question of
    /// this order for it; `None`: they follow it, or it is no such decision.
    pub fn refused(&self, incident: &str, decision: &Decision) -> Option<String> {
        let reading = reads(&self.order, incident, decision)?;
        self.refusal(decision, reading)
    }

    /// The question and the value of a reading that answers about the incident `incident` follow.
    pub fn followed<'a>(
        &self,
        incident: &str,
        decision: &'a Decision,
    ) -> Option<(&'a str, &'a str)> {
        let reading = reads(&self.order, incident, decision)?;
        let refused = self.refusal(decision, reading);
        let value = reading.value.trim_matches('"');
        refused
            .is_none()
            .then_some((reading.question.as_str(), value))
    }

    fn refusal(&self, decision: &Decision, reading: &Reading) -> Option<String> {
        let values = self.values.get(&reading.question);
        let values = values.map(|all| all.iter().map(String::as_str).collect());
        refusal(decision, reading, values)
    }
}

/// The reading of a question of `order` that `decision` gives for `incident`: it holds for every
/// incident of its order, unless it says that it is about another one, or about a notice.
pub(crate) fn reads<'a>(
    order: &str,
    incident: &str,
    decision: &'a Decision,
) -> Option<&'a Reading> {
    let Act::Reading(reading) = &decision.act else {
        return None;
    };
    let of_one = ["inc-", "ntc-"]
        .iter()
        .any(|id| decision.about.starts_with(id));
    let here = decision.about == incident || !of_one;
    (here && reading.order == order).then_some(reading)
}

/// Why `reading`, which `decision` gives of a question of `order`, is not followed.
pub(crate) fn refused(order: &Order, decision: &Decision, reading: &Reading) -> Option<String> {
    let question = order.reserved.get(&reading.question);
    let values = question.map(|one| one.readings.keys().map(String::as_str).collect());
    refusal(decision, reading, values)
}

/// The same with the values that the question has; `None`: there is no such question.
fn refusal(decision: &Decision, reading: &Reading, values: Option<Vec<&str>>) -> Option<String> {
    let question = &reading.question;
    let Some(values) = values else {
        let text = "the order reserves no question of this name to counsel; read one that it does \
                    reserve (`tocsin orders show` lists them)";
        return Some(text.to_owned());
    };
    if !decision.role.trim().eq_ignore_ascii_case(COUNSEL) {
        return Some(format!(
            "`{question}` is reserved to counsel, and it was read in another role; let counsel \
             read it, in the role `{COUNSEL}`"
        ));
    }
    if !values.contains(&reading.value.trim_matches('"')) {
        let known = values.join("`, `");
        return Some(format!(
            "`{question}` has no such reading; choose among `{known}`"
        ));
    }
    None
}
