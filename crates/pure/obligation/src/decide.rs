//! Deciding: every duty of an order put to one incident.

use crate::context::{Context, Node, Said, Suppose, Wanted};
use crate::determination::{
    Answer, Ask, Because, Clock, Determination, PackStamp, Reminder, Reserved, Undigested, Untaken,
};
use crate::known::Of;
use crate::near::near;
use crate::population::View;
use crate::readings::reads;
use crate::settings::Settings;
use crate::spared::spared_by;
use facts::{Act, Decision, Interval, Kleene};
use incident::{Discovery, Incident};
use orders::{Duty, EXCEPTIONS, NO_EXCEPTION, NoDuty, Order, OutOfRange};
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
) -> Result<Vec<Undigested>, OutOfRange> {
    let each = each(order, incident, settings).into_iter();
    each.map(|(one, uncovered)| uncovered.map_or(Ok(one), Err))
        .collect()
}

/// The id of the question that a date raises which no calendar, or no text, covers.
pub const DATE_UNCOVERED: &str = "date_uncovered";

/// As [`decide`], where one incident must not keep all others from an answer: a duty for which a
/// date lies outside what is covered names it among its reserved questions ([`DATE_UNCOVERED`]),
/// and has no clock; where it is the text that is not covered, it is open.
pub fn decide_each(order: &Order, incident: &Incident, settings: &Settings) -> Vec<Undigested> {
    let each = each(order, incident, settings).into_iter();
    each.map(|(one, _)| one).collect()
}

type Each = (Undigested, Option<OutOfRange>);

fn each(order: &Order, incident: &Incident, settings: &Settings) -> Vec<Each> {
    let said = Said::of(order, incident);
    let mut all: Vec<Each> = order
        .duties
        .iter()
        .map(|duty| one(&context(order, duty, incident, settings, &said)))
        .collect();
    if order.duties.is_empty() || order.no_duty.is_some() {
        all.push((without_duty(order, incident), None));
    }
    all
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
) -> Result<Option<Undigested>, OutOfRange> {
    let Some(duty) = duty else {
        let says = order.duties.is_empty() || order.no_duty.is_some();
        return Ok(says.then(|| without_duty(order, incident)));
    };
    let said = Said::of(order, incident);
    let duty = order.duty(duty);
    let found = duty.map(|duty| one(&context(order, duty, incident, settings, &said)));
    found
        .map(|(one, uncovered)| uncovered.map_or(Ok(one), Err))
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
    if is_settled(context) {
        return Kleene::No;
    }
    if let Some(value) = context.known.whole(&suppose) {
        return value;
    }
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
    if is_settled(context) {
        return Node::new(String::new(), &duty.cite, Kleene::No).with(excused(&duty.cite));
    }
    let mut parts = vec![
        context.kept(Of::Force, || context.in_force()),
        context.condition(&duty.when),
    ];
    let repeats = context.repeats();
    parts.extend(repeats.map(|rule| context.kept(Of::GoesOn, || context.goes_on(rule))));
    if !duty.unless.is_empty() {
        let unless: Vec<Node> = duty
            .unless
            .iter()
            .map(|one| context.condition(one))
            .collect();
        let any = Node::any(EXCEPTIONS, &duty.cite, unless);
        parts.push(Node::not(NO_EXCEPTION, &duty.cite, any));
    }
    Node::all(String::new(), &duty.cite, parts)
}

/// Whether nothing counts in an incident, nothing more can be found and nobody said anything of it:
/// then nothing is owed. While a search is not finished, or something was cut out of it, nobody
/// knows how many there are; and what people answered, read, released or filed is weighed as ever.
fn is_settled(context: &Context<'_>) -> bool {
    let incident = context.incident;
    if !incident.is_excused() || !incident.searched.complete || !incident.reports.is_empty() {
        return false;
    }
    // A reading of another order says nothing here.
    let says = |one: &Decision| match &one.act {
        Act::Reading(_) => reads(&context.order.slug, &incident.id, one).is_some(),
        _ => true,
    };
    !incident.decisions.iter().any(says)
}

/// Why nothing is owed where nothing counts; see [`Incident::is_excused`].
fn excused(cite: &str) -> Because {
    let text = "Nothing counts: each access that would is excused by a basis that was recorded \
                after the record had been declared complete";
    Node::new(text, cite, Kleene::No).because
}

fn one(context: &Context<'_>) -> Each {
    let (order, duty, incident) = (context.order, context.duty, context.incident);
    let mut uncovered = None;
    let texts = match context.texts() {
        Ok(texts) => texts.into_iter().map(|text| text.name.clone()).collect(),
        Err(error) => {
            uncovered = Some(error);
            Vec::new()
        }
    };
    let mut node = tree(context);
    context.known.keep_whole(node.value());
    if uncovered.is_some() {
        node.because.value = Kleene::Unknown;
    }
    let answer = Answer::from(node.value());
    node.because.text = format!("{}: {}", duty.title, words(answer));
    let mut wanted = if answer == Answer::Open {
        std::mem::take(&mut node.wanted)
    } else {
        BTreeMap::new()
    };
    let mut raised = std::mem::take(&mut node.raised);
    let mut running = Running::default();
    if answer != Answer::NotOwed {
        match Running::of(context) {
            Ok(found) => running = found,
            Err(error) => uncovered = uncovered.or(Some(error)),
        }
        raised.append(&mut running.raised);
        wanted.append(&mut running.wanted);
        if !matches!(context.discovery(), Discovery::Recorded { .. }) {
            let question = "When did the company discover the incident?";
            wanted.insert("discovered".to_owned(), Wanted::instant(question));
        }
    }
    let asks = asks(context, answer, wanted);
    node.because.records = context.used();
    let (spared_by, spared_by_more) = spared_by(context, answer);
    let mut reserved: Vec<Reserved> = raised.iter().map(|id| context.reserved(id)).collect();
    reserved.extend(uncovered.as_ref().map(|error| Reserved {
        id: DATE_UNCOVERED.to_owned(),
        question: error.to_string(),
        working_reading: None,
        reading: None,
        disputed: false,
    }));
    let determination = Determination {
        incident: incident.id.clone(),
        matter: incident.matter.clone(),
        order: order.slug.clone(),
        duty: Some(duty.name.clone()),
        digest: Untaken,
        facts_digest: incident.facts_digest.clone(),
        pack: stamp(order, Some(duty)),
        answer,
        because: node.because,
        texts,
        counts: counts(context),
        clock: running.clock,
        clocks: running.clocks,
        reminder: running.reminder,
        performed: context.performed(),
        asks,
        reserved,
        near: near(context, answer),
        spared_by,
        spared_by_more,
    };
    (determination, uncovered)
}

/// What runs for a duty that is owed, or may be.
#[derive(Default)]
struct Running {
    clock: Option<Clock>,
    clocks: Vec<Clock>,
    reminder: Option<Reminder>,
    raised: BTreeSet<String>,
    wanted: BTreeMap<String, Wanted>,
}

impl Running {
    fn of(context: &Context<'_>) -> Result<Running, OutOfRange> {
        let found = context.clocks()?;
        Ok(Running {
            clock: found.stated,
            clocks: found.all,
            reminder: context.reminder()?,
            raised: found.raised,
            wanted: found.wanted,
        })
    }
}

/// What is asked, each with what its answers would make of the duty.
fn asks(context: &Context<'_>, now: Answer, wanted: BTreeMap<String, Wanted>) -> Vec<Ask> {
    let ask = |(fact, wanted): (String, Wanted)| {
        // Where the duty stands as it is, what an answer would make of it says nothing.
        let values = wanted.values.iter().filter(|_| now == Answer::Open);
        let would = values
            .map(|supposed| {
                let fact = Some((fact.clone(), supposed.to_string()));
                let value = value(
                    context,
                    Suppose {
                        fact,
                        ..Suppose::default()
                    },
                );
                (supposed.to_string(), Answer::from(value))
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
    let known = context.known.counts(population);
    let counts = known.unwrap_or_else(|| View::new(context, population, true).counts());
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
fn without_duty(order: &Order, incident: &Incident) -> Undigested {
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
            disputed: false,
        };
        (Answer::Open, Kleene::Unknown, BTreeSet::from([question]))
    };
    Determination {
        incident: incident.id.clone(),
        matter: incident.matter.clone(),
        order: order.slug.clone(),
        duty: None,
        digest: Untaken,
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts_file;
    use crate::near::leaves;
    use crate::population::PARTS;

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
        for part in PARTS {
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
        // What is asked of this incident, and what may be asked of any.
        let asked = tree(context).wanted.into_keys();
        let any = ["discovered", "search", "notice_required"].map(str::to_owned);
        for fact in asked.chain(any) {
            all.extend(["yes", "no"].map(|value| Suppose {
                fact: Some((fact.clone(), value.to_owned())),
                ..Suppose::default()
            }));
        }
        all
    }

    #[test]
    fn a_date_that_nothing_covers_is_a_question_and_keeps_no_other_duty_from_its_answer() {
        let packs = orders::Packs::embedded().unwrap();
        let order = packs.order("ring").unwrap();
        let settings = Settings::new(&[]).unwrap();
        let event = |id: &str, report: serde_json::Value| {
            serde_json::json!({"id": id, "matter": "M", "recorded_at": "2026-12-01T00:00:00Z",
                               "report": report})
        };
        let found = serde_json::json!({"kind": "milestone", "name": "discovered",
                                       "at": "2026-11-30T00:00:00Z"});
        let reached = serde_json::json!({
            "kind": "exposure", "information": "home_security_recording",
            "from": "1970-01-01T00:00:00Z", "until": "2026-11-01T00:00:00Z",
            "ground": "established", "acts": {"accessed": "yes"}, "encrypted": "no",
            "visibility": "private", "count": {"at_least": 12, "at_most": 12}});
        let facts = serde_json::json!({"breach_events": [event("d", found), event("e", reached)]});
        let incidents = facts_file(&facts.to_string(), &[], None).unwrap();
        assert!(decide(order, &incidents[0], &settings).is_err());
        let all = decide_each(order, &incidents[0], &settings);
        let is_uncovered = |one: &&Undigested| {
            let mut reserved = one.reserved.iter();
            reserved.any(|question| question.id == DATE_UNCOVERED)
        };
        let (uncovered, others): (Vec<_>, Vec<_>) = all.iter().partition(is_uncovered);
        assert!(!uncovered.is_empty() && !others.is_empty());
        assert!(uncovered.iter().any(|one| one.answer == Answer::Owed));
        assert!(uncovered.iter().all(|one| one.clock.is_none()));
        let report = others
            .iter()
            .find(|one| one.duty.as_deref() == Some("covered-incident-report"));
        assert_eq!(report.unwrap().answer, Answer::Owed);
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
                    context.known.keep_whole(tree(&context).value());
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
