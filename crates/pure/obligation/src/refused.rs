//! Decisions that no answer follows: about questions that nobody asked, and readings that are not
//! counsel's or that the order does not know. They are refused, and that stands on record.

use crate::near::leaves_of;
use crate::readings::Readings;
use facts::{Act, CircumstanceName, Decision, MilestoneName, Report};
use incident::{Incident, Refused};
use orders::{Anchor, ConditionKind, Duty, Order};
use std::collections::{BTreeMap, BTreeSet};

/// What may be asked of any incident, besides what a clause, a clock or a record raises.
const ALWAYS: [&str; 15] = [
    "accounts",
    "acts",
    "authorised",
    "consumers",
    "devices",
    "discovered",
    "encrypted",
    "information",
    "key_taken",
    "notice_required",
    "private",
    "reached",
    "residence",
    "resources",
    "search",
];

/// What may be asked about a notice to an authority, before its record's id.
const OF_A_NOTICE: [&str; 4] = ["notice_about", "notice_by", "notice_required", "notice_us"];

/// How the ids of what a notice lacks begin.
const OF_A_GAP: &str = "gap-";

/// What people can answer and read about one incident, under each order that was added.
#[derive(Debug, Clone, Default)]
pub struct Questions {
    asks: BTreeSet<String>,
    readings: BTreeMap<String, Readings>,
}

impl Questions {
    /// Adds those of `order`, put to `incident` as the order sees it. Where nobody answered
    /// anything, what can be asked is not worked out.
    pub fn add(&mut self, order: &Order, incident: &Incident) {
        self.readings
            .insert(order.slug.clone(), Readings::of(order));
        let is_answer = |one: &Decision| matches!(one.act, Act::Answer(_));
        if !incident.decisions.iter().any(is_answer) {
            return;
        }
        for duty in &order.duties {
            let ids = facts_asked(duty, incident).into_iter().map(|fact| {
                facts::short_id("ask", &[&incident.id, &order.slug, duty.asks_as(), &fact])
            });
            self.asks.extend(ids);
        }
    }

    /// The decisions on record for `incident` that no answer follows, and why.
    pub fn refused(&self, incident: &Incident) -> Vec<Refused> {
        let decisions = incident.decisions.iter();
        let refused: BTreeSet<Refused> = decisions
            .filter_map(|decision| self.refusal(&incident.id, decision))
            .collect();
        refused.into_iter().collect()
    }

    fn refusal(&self, incident: &str, decision: &Decision) -> Option<Refused> {
        let refused = |code: &str, text: String| Refused {
            decision: decision.id.clone(),
            code: code.to_owned(),
            text,
        };
        match &decision.act {
            Act::Answer(answer) if !self.is_asked(&answer.question) => {
                let text = "this answer is not followed: no question with this id is asked of \
                            this incident under an order that binds; answer what its \
                            determinations ask (`asks`), under the id that stands there";
                Some(refused("unknown_question", text.to_owned()))
            }
            Act::Reading(reading) => {
                let why = match self.readings.get(&reading.order) {
                    _ if decision.about.starts_with("ntc-") => "it is about a notice, which is of \
                        one incident; name that incident, or the order where it is to hold for all"
                        .to_owned(),
                    Some(readings) => readings.refused(incident, decision)?,
                    None if decision.about != incident && decision.about.starts_with("inc-") => {
                        return None;
                    }
                    None => {
                        let orders: Vec<&str> = self.readings.keys().map(String::as_str).collect();
                        format!(
                            "no such order binds here; name the order by its slug, of: {}",
                            orders.join(", ")
                        )
                    }
                };
                let text = format!("this reading is not followed: {why}");
                Some(refused("refused_reading", text))
            }
            _ => None,
        }
    }

    /// What a notice lacks is judged with the notice.
    fn is_asked(&self, question: &str) -> bool {
        question.starts_with(OF_A_GAP) || self.asks.contains(question)
    }
}

/// The facts that `duty` may ask about `incident`, whatever is on record.
fn facts_asked(duty: &Duty, incident: &Incident) -> BTreeSet<String> {
    let mut facts: BTreeSet<String> = ALWAYS.map(str::to_owned).into();
    facts.extend(Anchor::WORDS.iter().map(|(word, _)| (*word).to_owned()));
    facts.extend(MilestoneName::ALL.iter().map(|one| one.as_str().to_owned()));
    let circumstances = CircumstanceName::ALL.iter();
    facts.extend(circumstances.map(|name| format!("circumstance:{name}")));
    for leaf in leaves_of(duty) {
        if let ConditionKind::Noncompliance(sections) = &leaf.kind {
            facts.extend(sections.iter().map(|one| format!("noncompliance:{one}")));
        }
    }
    for reported in &incident.reports {
        if let Report::GovernmentNotice(_) = &reported.record.report {
            let id = &reported.record.id;
            facts.extend(OF_A_NOTICE.map(|about| format!("{about}:{id}")));
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Settings, decide_each, facts_file};
    use orders::Packs;
    use serde_json::{Value, json};

    fn decided(id: &str, about: &str, kind: &str, more: Value) -> Value {
        let mut decision = json!({"id": id, "at": "2026-12-02T00:00:00Z", "by": "kim",
                                  "role": "counsel", "about": about, "kind": kind});
        let members = decision.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        decision
    }

    fn incident(decisions: Vec<Value>) -> Incident {
        let found = json!({"kind": "milestone", "name": "discovered",
                           "at": "2026-11-30T00:00:00Z"});
        let facts = json!({
            "breach_events": [{"id": "d", "matter": "M", "recorded_at": "2026-12-01T00:00:00Z",
                               "report": found}],
            "counts": [{"information": "home_security_recording", "authority": "unauthorised",
                        "ground": "established", "acts": {"accessed": "yes"},
                        "visibility": "private", "key_taken": "no", "accounts": 12}],
            "decisions": decisions});
        let incidents = facts_file(&facts.to_string(), &[], None).unwrap();
        incidents.into_iter().next().unwrap()
    }

    #[test]
    fn an_answer_to_what_nobody_asked_and_a_reading_of_what_is_not_reserved_are_refused() {
        let packs = Packs::embedded().unwrap();
        let order = packs.order("ring").unwrap();
        let open = incident(Vec::new());
        let settings = Settings::new(&[]).unwrap();
        let asked = decide_each(order, &open, &settings)
            .remove(0)
            .asks
            .remove(0);
        let answer = |id: &str, question: &str| {
            decided(
                id,
                &open.id,
                "answer",
                json!({"question": question, "value": "no"}),
            )
        };
        let reading = |id: &str, order: &str, question: &str, value: &str| {
            let more = json!({"order": order, "question": question, "value": value});
            decided(id, "x", "reading", more)
        };
        let incident = incident(vec![
            answer("a1", &asked.id),
            answer("a2", "ask-0123456789abcdef"),
            answer("a3", "was it kim?"),
            answer("a4", "gap-0123456789abcdef"),
            reading("r1", "ring", "was it kim?", "yes"),
            reading("r2", "ring", "aggregation", "was it kim?"),
            reading("r3", "sonar", "aggregation", "yes"),
            {
                let mut of_notice = reading("r4", "ring", "aggregation", "by_episode");
                of_notice["about"] = json!("ntc-0123456789abcdef");
                of_notice
            },
        ]);
        let mut questions = Questions::default();
        questions.add(order, &incident);
        let refused = questions.refused(&incident);
        let said: Vec<(&str, &str)> = refused
            .iter()
            .map(|one| (one.decision.as_str(), one.code.as_str()))
            .collect();
        let expected = [
            ("a2", "unknown_question"),
            ("a3", "unknown_question"),
            ("r1", "refused_reading"),
            ("r2", "refused_reading"),
            ("r3", "refused_reading"),
            ("r4", "refused_reading"),
        ];
        assert_eq!(said, expected);
        // What people wrote may name somebody, and is not repeated.
        assert!(
            refused.iter().all(|one| !one.text.contains("kim")),
            "{refused:?}"
        );
    }

    #[test]
    fn whatever_a_case_asks_can_be_answered() {
        let packs = Packs::embedded().unwrap();
        let settings = Settings::new(&[]).unwrap();
        let mut asked = BTreeSet::new();
        for case in packs.cases() {
            let order = packs.order(&case.order).unwrap();
            let terms = std::slice::from_ref(&order.terms);
            let Ok(incidents) = facts_file(&case.facts.to_string(), terms, None) else {
                continue;
            };
            for incident in incidents {
                for one in decide_each(order, &incident, &settings) {
                    let duty = one.duty.as_deref().and_then(|duty| order.duty(duty));
                    let Some(duty) = duty else { continue };
                    let known = facts_asked(duty, &incident);
                    for ask in one.asks {
                        assert!(known.contains(&ask.fact), "{}: {}", case.file, ask.fact);
                        asked.insert(ask.fact);
                    }
                }
            }
        }
        assert!(asked.len() > 20, "{asked:?}");
    }
}
