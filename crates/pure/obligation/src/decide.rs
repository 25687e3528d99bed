//! Deciding: every duty of an order put to one incident.

use crate::context::{Context, Node, Said, Suppose, Wanted};
use crate::determination::{Answer, Ask, Because, Determination, PackStamp, Reserved};
use crate::near::near;
use crate::population::View;
use crate::settings::Settings;
use crate::spared::spared_by;
use facts::{Interval, Kleene};
use incident::{Discovery, Incident};
use orders::{Duty, NoDuty, Order, OutOfRange};
use std::collections::{BTreeMap, BTreeSet};

/// What the order asks for about this incident: one determination for each of its duties, and one
/// without a duty where it has none, or where the text of one that it may have is not known.
///
/// # Errors
/// When a date lies outside the years that the calendar knows: a person must look, it is never
/// "not owed".
pub fn decide(
    order: &Order,
    incident: &Incident,
    settings: &Settings,
) -> Result<Vec<Determination>, OutOfRange> {
    let said = Said::of(order, incident);
    let mut determinations = Vec::with_capacity(order.duties.len());
    for duty in &order.duties {
        determinations.push(one(&context(order, duty, incident, settings, &said))?);
    }
    if order.duties.is_empty() || order.no_duty.is_some() {
        determinations.push(without_duty(order, incident));
    }
    Ok(determinations)
}

/// What one duty of the order comes to; with `None`, what the order says where it has no duty.
/// `None` where it has no such duty.
///
/// # Errors
/// As [`decide`].
pub fn decide_duty(
    order: &Order,
    duty: Option<&str>,
    incident: &Incident,
    settings: &Settings,
) -> Result<Option<Determination>, OutOfRange> {
    let Some(duty) = duty else {
        let says = order.duties.is_empty() || order.no_duty.is_some();
        return Ok(says.then(|| without_duty(order, incident)));
    };
    let said = Said::of(order, incident);
    let duty = order.duty(duty);
    duty.map(|duty| one(&context(order, duty, incident, settings, &said)))
        .transpose()
}

/// The duty put to the incident, asked of whom it holds most of.
pub(crate) fn context<'a>(
    order: &'a Order,
    duty: &'a Duty,
    incident: &'a Incident,
    settings: &'a Settings,
    said: &'a Said,
) -> Context<'a> {
    Context::new(order, duty, incident, settings, said)
        .of_whom(&|context| value(context, Suppose::default()))
}

/// The value of a duty with something supposed, and nothing else: that of its [`tree`].
pub(crate) fn value(context: &Context<'_>, suppose: Suppose) -> Kleene {
    let context = context.supposing(suppose);
    let value = context.force_value().and(context.goes_on_value());
    let duty = context.duty;
    let parts = std::iter::once((&duty.when, false));
    let parts = parts.chain(duty.unless.iter().map(|one| (one, true)));
    parts.fold(value, |value, (condition, unless)| match value {
        Kleene::No => Kleene::No,
        value => {
            let here = context.condition_value(condition);
            value.and(if unless { !here } else { here })
        }
    })
}

/// The reason tree of a duty.
pub(crate) fn tree(context: &Context<'_>) -> Node {
    let duty = context.duty;
    let mut parts = vec![context.in_force(), context.condition(&duty.when)];
    parts.extend(context.goes_on());
    if !duty.unless.is_empty() {
        let unless: Vec<Node> = duty
            .unless
            .iter()
            .map(|one| context.condition(one))
            .collect();
        let any = Node::any("One of the exceptions", &duty.cite, unless);
        parts.push(Node::not(
            "None of the exceptions takes it out",
            &duty.cite,
            any,
        ));
    }
    Node::all(String::new(), &duty.cite, parts)
}

fn one(context: &Context<'_>) -> Result<Determination, OutOfRange> {
    let (order, duty, incident) = (context.order, context.duty, context.incident);
    let texts = context.texts()?;
    let texts = texts.into_iter().map(|text| text.name.clone()).collect();
    let mut node = tree(context);
    let answer = Answer::from(node.value());
    node.because.text = format!("{}: {}", duty.title, words(answer));
    let runs = answer != Answer::NotOwed;
    let mut wanted = if answer == Answer::Open {
        std::mem::take(&mut node.wanted)
    } else {
        BTreeMap::new()
    };
    let mut raised = std::mem::take(&mut node.raised);
    let mut clock = None;
    let mut clocks = Vec::new();
    let mut reminder = None;
    if runs {
        let found = context.clocks()?;
        clock = found.stated;
        clocks = found.all;
        raised.extend(found.raised);
        wanted.extend(found.wanted);
        reminder = context.reminder()?;
        if !matches!(context.discovery(), Discovery::Recorded { .. }) {
            let question = "When did the company discover the incident?";
            wanted.insert("discovered".to_owned(), Wanted::instant(question));
        }
    }
    let asks = asks(context, answer, wanted);
    node.because.records = context.used();
    let (spared_by, spared_by_more) = spared_by(context, answer);
    let mut determination = Determination {
        incident: incident.id.clone(),
        matter: incident.matter.clone(),
        order: order.slug.clone(),
        duty: Some(duty.name.clone()),
        digest: String::new(),
        facts_digest: incident.facts_digest.clone(),
        pack: stamp(order, Some(duty)),
        answer,
        because: node.because,
        texts,
        counts: counts(context),
        clock,
        clocks,
        reminder,
        performed: context.performed(),
        asks,
        reserved: raised.iter().map(|id| context.reserved(id)).collect(),
        near: near(context, answer),
        spared_by,
        spared_by_more,
    };
    determination.digest = facts::digest_json(&determination);
    Ok(determination)
}

/// What is asked, each with what its answers would make of the duty.
fn asks(context: &Context<'_>, now: Answer, wanted: BTreeMap<String, Wanted>) -> Vec<Ask> {
    let ask = |(fact, wanted): (String, Wanted)| {
        // Where the duty stands as it is, what an answer would make of it says nothing.
        let values = wanted.values.iter().filter(|_| now == Answer::Open);
        let would = values
            .map(|supposed| {
                let fact = Some((fact.clone(), supposed.clone()));
                let value = value(
                    context,
                    Suppose {
                        fact,
                        ..Suppose::default()
                    },
                );
                (supposed.clone(), Answer::from(value))
            })
            .collect::<BTreeMap<_, _>>();
        let mut question = wanted.question;
        let unusable = context.answers_on_record(&fact);
        if !unusable.is_empty() {
            question.push_str(&format!(
                " (The answers on record, {}, differ or are no {}.)",
                unusable.join(", "),
                wanted.answer_type
            ));
        }
        let answer_type = wanted.answer_type.to_owned();
        Ask {
            id: context.ask_id(&fact),
            fact,
            question,
            answer_type,
            would,
        }
    };
    let mut asks: Vec<Ask> = wanted.into_iter().map(ask).collect();
    asks.sort();
    asks
}

fn counts(context: &Context<'_>) -> BTreeMap<String, Interval> {
    let Some(population) = context.duty.populations.get(&context.duty.counts) else {
        return BTreeMap::new();
    };
    let counts = View::new(context, population, true).counts();
    let mut by_unit = BTreeMap::from([
        ("accounts".to_owned(), counts.accounts),
        ("consumers".to_owned(), counts.consumers),
        ("resources".to_owned(), counts.resources),
        ("devices".to_owned(), counts.devices),
    ]);
    for (unit, count) in &mut by_unit {
        let told = context.answered_count(unit).map(Interval::exactly);
        *count = told.and_then(|told| count.narrowed(told)).unwrap_or(*count);
    }
    by_unit
}

fn stamp(order: &Order, duty: Option<&Duty>) -> PackStamp {
    let grade = duty.map_or(order.grade, |duty| duty.grade);
    PackStamp {
        digest: order.digest.clone(),
        grade: grade.as_str().to_owned(),
    }
}

fn words(answer: Answer) -> &'static str {
    match answer {
        Answer::Owed => "owed",
        Answer::NotOwed => "not owed",
        Answer::Open => "open: it depends on facts or readings that are not on record",
    }
}

/// The answer of an order that has no such duty, or whose text is not known.
fn without_duty(order: &Order, incident: &Incident) -> Determination {
    let unknown = NoDuty {
        text_known: false,
        text: "The text of this order is not known".to_owned(),
        cite: order.document.clone(),
    };
    let said = order.no_duty.as_ref().unwrap_or(&unknown);
    let (answer, value, reserved) = if said.text_known {
        (Answer::NotOwed, Kleene::No, BTreeSet::new())
    } else {
        let question = Reserved {
            id: "text_unknown".to_owned(),
            question: "What does the order ask for about incidents? Its text is not known."
                .to_owned(),
            working_reading: None,
            reading: None,
        };
        (Answer::Open, Kleene::Unknown, BTreeSet::from([question]))
    };
    let mut determination = Determination {
        incident: incident.id.clone(),
        matter: incident.matter.clone(),
        order: order.slug.clone(),
        duty: None,
        digest: String::new(),
        facts_digest: incident.facts_digest.clone(),
        pack: stamp(order, None),
        answer,
        because: Because {
            text: said.text.clone(),
            cite: Some(said.cite.clone()),
            value,
            of: Vec::new(),
            records: Vec::new(),
            count: None,
        },
        texts: Vec::new(),
        counts: BTreeMap::new(),
        clock: None,
        clocks: Vec::new(),
        reminder: None,
        performed: Vec::new(),
        asks: Vec::new(),
        reserved: reserved.into_iter().collect(),
        near: Vec::new(),
        spared_by: Vec::new(),
        spared_by_more: 0,
    };
    determination.digest = facts::digest_json(&determination);
    determination
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts_file;
    use crate::near::leaves;
    use crate::population::Part;

    /// What is supposed, one by one, of a duty.
    fn suppositions(context: &Context<'_>) -> Vec<Suppose> {
        let mut all = vec![Suppose::default()];
        let values = [Kleene::No, Kleene::Unknown, Kleene::Yes];
        for leaf in leaves(context) {
            let leaf = std::ptr::from_ref(leaf);
            all.extend(values.map(|value| Suppose {
                leaf: Some((leaf, value)),
                ..Suppose::default()
            }));
        }
        all.extend(values.map(|value| Suppose {
            in_force: Some(value),
            ..Suppose::default()
        }));
        for part in [Part::Encryption, Part::Visibility, Part::Circumstances] {
            all.push(Suppose {
                part: Some(part),
                ..Suppose::default()
            });
        }
        all.push(Suppose {
            no_carve_outs: true,
            ..Suppose::default()
        });
        for id in &context.duty.reserved {
            all.extend([true, false].map(|effect| Suppose {
                question: Some((id.clone(), effect)),
                ..Suppose::default()
            }));
        }
        for fact in ["discovered", "search", "notice_required"] {
            all.extend(["yes", "no"].map(|value| Suppose {
                fact: Some((fact.to_owned(), value.to_owned())),
                ..Suppose::default()
            }));
        }
        all
    }

    #[test]
    fn the_value_of_a_duty_is_that_of_its_tree_whatever_is_supposed() {
        let packs = orders::Packs::embedded().unwrap();
        let settings = Settings::new(&[]).unwrap();
        let mut tried = 0;
        for order in packs.orders() {
            let terms = std::slice::from_ref(&order.terms);
            for case in packs.cases().iter().filter(|one| one.order == order.slug) {
                let Some(duty) = case.duty.as_deref().and_then(|name| order.duty(name)) else {
                    continue;
                };
                let incidents = facts_file(&case.facts.to_string(), terms, None).unwrap();
                for incident in &incidents {
                    let said = Said::of(order, incident);
                    let context = context(order, duty, incident, &settings, &said);
                    for supposed in suppositions(&context) {
                        let whole = tree(&context.supposing(supposed.clone())).value();
                        assert_eq!(value(&context, supposed), whole, "{}", case.file);
                        tried += 1;
                    }
                }
            }
        }
        assert!(tried > 20_000, "{tried} prove little");
    }
}
