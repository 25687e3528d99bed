//! What a pack that parses may still lack: citations, literals, questions, windows, cases.

use crate::case::Case;
use crate::duty::{Condition, ConditionKind, Duty, DutyKind};
use crate::error::{PackError, position};
use crate::literals::Literals;
use crate::model::{Order, Window};
use crate::packs::Packs;
use crate::population::Population;
use crate::taken::Taken;
use crate::values::{cites, values};
use std::collections::BTreeSet;

/// Something that a pack lacks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lint {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
    /// How it is written right.
    pub example: Option<String>,
}

impl Lint {
    /// Something about a whole file.
    pub(crate) fn new(file: &str, message: impl Into<String>) -> Lint {
        Lint {
            file: file.to_owned(),
            line: 1,
            column: 1,
            message: message.into(),
            example: None,
        }
    }
}

impl std::fmt::Display for Lint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )?;
        match &self.example {
            Some(example) => write!(f, "\n  for example: {example}"),
            None => Ok(()),
        }
    }
}

/// What was found in one file, each at the words that it is about.
pub(crate) struct Found<'a> {
    pub(crate) file: String,
    pub(crate) text: &'a str,
    pub(crate) lints: Vec<Lint>,
}

impl Found<'_> {
    /// Says `message` at the first place in the file that holds `words`.
    pub(crate) fn say(&mut self, words: &str, message: impl Into<String>) {
        // Quotes are written with a stroke before them.
        let escaped = words.replace('"', "\\\"");
        let offset = self.text.find(words).or_else(|| self.text.find(&escaped));
        let place = position(self.text, offset.unwrap_or_default());
        self.lints.push(Lint {
            line: place.0,
            column: place.1,
            ..Lint::new(&self.file, message)
        });
    }

    /// The same with an example.
    pub(crate) fn say_with(&mut self, words: &str, message: impl Into<String>, example: &str) {
        self.say(words, message);
        if let Some(lint) = self.lints.last_mut() {
            lint.example = Some(example.to_owned());
        }
    }
}

/// How many cases of each answer show a duty.
const CASES_EACH: usize = 3;

impl Packs {
    /// These packs, where their law lacks nothing: what is to decide must not lack a citation, or
    /// have a clause that can never hold. Cases show the law and decide nothing: they may lack.
    ///
    /// # Errors
    /// The first thing that the law of the packs lacks.
    pub fn sound(self) -> Result<Packs, PackError> {
        match self.lint_law().into_iter().next() {
            None => Ok(self),
            Some(lint) => Err(PackError {
                file: lint.file,
                line: lint.line,
                column: lint.column,
                message: lint.message,
                nearest: None,
                example: lint.example,
            }),
        }
    }

    /// What the law of the packs lacks, whether or not cases show it.
    pub fn lint_law(&self) -> Vec<Lint> {
        let mut lints = Vec::new();
        for order in self.orders() {
            let mut found = self.found(format!("{}/order.toml", order.slug));
            lint_order(order, &mut found);
            lints.append(&mut found.lints);
            for duty in &order.duties {
                let mut found = self.found(duty_file(order, duty));
                let taken = Taken::of(order, duty);
                lint_duty(order, duty, &taken, &mut found);
                crate::reach::lint(duty, &taken, &mut found);
                lints.append(&mut found.lints);
            }
        }
        lints.sort();
        lints
    }

    /// Everything that the packs lack; empty when all is in order.
    pub fn lint(&self) -> Vec<Lint> {
        let mut lints = self.lint_law();
        let literals = Literals::read();
        if let Err(error) = &literals {
            lints.push(Lint::new(&error.file, error.to_string()));
        }
        for order in self.orders() {
            let mut found = self.found(format!("{}/order.toml", order.slug));
            if let Ok(literals) = &literals {
                literals.of_order(order, &mut found);
            }
            lints.append(&mut found.lints);
            for duty in &order.duties {
                let mut found = self.found(duty_file(order, duty));
                if let Ok(literals) = &literals {
                    literals.of_duty(order, duty, &mut found);
                }
                let cases: Vec<&Case> = self
                    .cases()
                    .iter()
                    .filter(|case| case.order == order.slug)
                    .filter(|case| case.duty.as_deref() == Some(duty.name.as_str()))
                    .collect();
                lint_cases(&cases, &mut found);
                lints.append(&mut found.lints);
            }
        }
        lints.sort();
        lints
    }

    fn found(&self, file: String) -> Found<'_> {
        Found {
            text: self.texts.get(&file).map_or("", String::as_str),
            file,
            lints: Vec::new(),
        }
    }
}

/// The file of a duty, as a path below the packs.
fn duty_file(order: &Order, duty: &Duty) -> String {
    format!("{}/duties/{}.toml", order.slug, duty.name)
}

fn lint_order(order: &Order, found: &mut Found<'_>) {
    for (name, text) in [
        ("title", &order.title),
        ("respondent", &order.respondent),
        ("court", &order.court),
        ("docket", &order.docket),
        ("document", &order.document),
    ] {
        if text.trim().is_empty() {
            found.say(name, format!("`{name}` is empty"));
        }
    }
    if order.parties.is_empty() {
        found.say("parties", "`parties` names nobody: who is bound?");
    }
    if order.sources.is_empty() {
        found.say_with(
            "sources",
            "`sources` names nothing: what was this pack made from?",
            "[[sources]]\ntitle = \"Entered order\"\ngrade = \"order\"",
        );
    }
    if order.duties.is_empty() && order.no_duty.is_none() {
        found.say("", "there is no duty and no `[no_duty]` that says why");
    }
    if is_backwards(order.in_force) {
        found.say("in_force", "`in_force` ends before it begins");
    }
    if let Some(channel) = &order.channel {
        if channel.subject.trim().is_empty() || !channel.email.contains('@') {
            let message = "`[channel]` needs the literal `subject` and an `email`; where the \
                           source does not say, leave it out and say so in `channel_unknown`";
            found.say("[channel]", message);
        }
        let named = channel.subject_placeholder.as_deref();
        crate::placeholder::subject(&channel.subject, named, found);
        if channel.courier.is_some() && channel.address.is_empty() {
            let message = "`[channel]` allows a courier but has no literal `address`";
            found.say("courier", message);
        }
        if !cites(&channel.cite) {
            found.say("[channel]", "`[channel]` has no cite");
        }
    }
    let mut raised: BTreeSet<&str> = order.duties.iter().flat_map(Duty::raised).collect();
    // The evaluator raises this one by itself, where an order's text is not known.
    raised.insert("text_unknown");
    for question in order.reserved.values() {
        let place = format!("[reserved.{}", question.id);
        let readings = question.readings.values();
        let differ: BTreeSet<_> = readings.map(|rule| (rule.effect, rule.anchor)).collect();
        if differ.len() < 2 {
            let message = format!(
                "`{}` has no two readings that differ in effect",
                question.id
            );
            found.say(&place, message);
        }
        if !cites(&question.cite) || question.question.trim().is_empty() {
            let message = format!("`{}` lacks its question or its cite", question.id);
            found.say(&place, message);
        }
        if !order.duties.is_empty() && !raised.contains(question.id.as_str()) {
            let message = format!(
                "no clause raises the question `{}`: nobody would ever be asked it",
                question.id
            );
            found.say(&place, message);
        }
    }
}

fn lint_duty(order: &Order, duty: &Duty, taken: &Taken<'_>, found: &mut Found<'_>) {
    for (what, text, cite) in cited(duty) {
        if taken.has(text, cite) {
            continue;
        }
        if text.trim().is_empty() || !cites(cite) {
            let message = format!("{what} lacks its text or its cite: {text:?}, {cite:?}");
            let place = if text.trim().is_empty() { cite } else { text };
            found.say_with(place, message, "cite = \"VII\"");
        }
    }
    if !taken.items(&duty.items) {
        let letters = duty.items.iter().map(|item| item.letter.as_str());
        twice("item", letters, found);
        numbering(duty, found);
    }
    values(duty, taken, found);
    let limbs = duty.clocks.iter().map(|clock| clock.limb.as_str());
    twice("clock", limbs, found);
    if !taken.in_force(&duty.in_force) {
        if is_backwards(duty.in_force.window) {
            found.say("in_force", "`in_force` ends before it begins");
        }
        last_day(order, duty, found);
    }
    let own = duty.channel.iter();
    let own = own.map(|one| (&one.subject, one.subject_placeholder.as_deref()));
    let others = duty.recipients.iter();
    let others = others.filter_map(|one| Some((one.subject.as_ref()?, &one.subject_placeholder)));
    let others = others.map(|(subject, named)| (subject, named.as_deref()));
    for (subject, named) in own.chain(others) {
        crate::placeholder::subject(subject, named, found);
    }
    questions(order, duty, found);
    if !taken.texts(&duty.texts) {
        crate::reach::texts(duty, found);
    }
    if duty.kind != DutyKind::CertificationEntry
        && duty.clocks.iter().all(|clock| clock.shown_only.is_some())
        && duty.reminder.is_none()
    {
        let message = format!(
            "a {} without clock and reminder would never be due",
            duty.kind.as_str()
        );
        found.say("kind", message);
    }
    for clock in &duty.clocks {
        if clock.anchors.is_empty() {
            let message = format!("nothing starts the clock `{}`", clock.limb);
            found.say_with(&clock.text, message, "anchors = [\"discovery\"]");
        }
        let chained = clock.anchors.contains(&crate::clock::Anchor::Performed);
        if (clock.repeats.is_some() && !chained) || (chained && duty.of.is_none()) {
            let message = "a clock that `repeats` runs from `performed`; a duty with such a clock \
                           says in `of` which one it follows";
            found.say(&clock.text, message);
        }
    }
    if duty.kind.is_paper() {
        paper(order, duty, found);
    }
    // A letter of staff is about reports; what else it moves, the pack must say.
    if order.staff_may_extend && !duty.kind.is_filed() && duty.staff_may_extend.is_none() {
        let message = "staff may extend reports under this order: may they move the date of this, \
                       which is none?";
        found.say_with("kind", message, "staff_may_extend = false");
    }
}

/// A day of which nobody knows whether the duty binds on it is the last one, and counsel is asked.
fn last_day(order: &Order, duty: &Duty, found: &mut Found<'_>) {
    let rule = &duty.in_force;
    if rule.unsure.is_some() != rule.unsure_question.is_some() {
        let message = "`unsure` and `unsure_question` stand together: which day it is, and what \
                       counsel is asked about it";
        found.say_with("in_force", message, "unsure_question = \"last_day\"");
    }
    let until = rule.window.until.or(order.in_force.until);
    let last = until.and_then(|until| until.yesterday().ok());
    if let Some(day) = rule.unsure.filter(|day| Some(*day) != last) {
        let message = format!("`unsure` is {day}, which is not the last day before `until`");
        found.say("unsure", message);
    }
}

/// A duty that is done by a document: what it says, and where it goes.
fn paper(order: &Order, duty: &Duty, found: &mut Found<'_>) {
    if duty.items.is_empty() {
        let message = format!("a {} without items would say nothing", duty.kind.as_str());
        found.say_with("kind", message, "items_of = \"covered-incident-report\"");
    }
    let own = duty.channel.is_some() || duty.given.is_some() || !duty.recipients.is_empty();
    let the_orders = order.channel.is_some() || order.channel_unknown.is_some();
    let is_known = own || (duty.kind.is_filed() && the_orders);
    if !is_known {
        let message = if duty.kind.is_filed() {
            "order.toml has no `[channel]` and no `channel_unknown` that says why: where does the \
             report go?"
        } else {
            "it goes neither to `[[recipients]]`, nor does `given` say how it is given"
        };
        found.say("kind", message);
    }
}

/// Every clause of the duty: what it is, its text and its cite.
pub(crate) fn cited(duty: &Duty) -> Cited<'_> {
    let mut cited = vec![("the duty", &duty.text, &duty.cite)];
    walk(&duty.when, &mut cited);
    duty.unless
        .iter()
        .for_each(|condition| walk(condition, &mut cited));
    duty.populations
        .values()
        .for_each(|population| parts(population, &mut cited));
    for clock in &duty.clocks {
        cited.push(("a clock", &clock.text, &clock.cite));
        let repeats = clock.repeats.iter();
        cited.extend(repeats.map(|one| ("its repetition", &one.text, &one.cite)));
        let delay = clock.delay.iter();
        cited.extend(delay.map(|one| ("its delay", &one.text, &one.cite)));
    }
    let items = duty.items.iter();
    cited.extend(items.map(|item| ("an item", &item.text, &item.cite)));
    let reminder = duty.reminder.iter();
    cited.extend(reminder.map(|one| ("the reminder", &one.text, &one.cite)));
    cited.extend(
        duty.texts
            .iter()
            .map(|one| ("a text", &one.text, &one.cite)),
    );
    let discovery = duty.discovery.iter();
    cited.extend(discovery.map(|one| ("discovery", &one.text, &one.cite)));
    let recipients = duty.recipients.iter();
    cited.extend(recipients.map(|one| ("a recipient", &one.who, &one.cite)));
    cited.push((
        "its time of force",
        &duty.in_force.cite,
        &duty.in_force.cite,
    ));
    cited
}

/// Raised, listed and reserved are the same questions.
fn questions(order: &Order, duty: &Duty, found: &mut Found<'_>) {
    let raised = duty.raised();
    for id in &raised {
        if !order.reserved.contains_key(*id) {
            let message =
                format!("the question `{id}` is raised but order.toml does not reserve it");
            found.say(&format!("\"{id}\""), message);
        }
    }
    let listed: BTreeSet<&str> = duty.reserved.iter().map(String::as_str).collect();
    for id in listed.symmetric_difference(&raised) {
        let message =
            format!("`reserved` and the questions that the clauses raise differ in `{id}`");
        found.say("reserved", message);
    }
}

fn lint_cases(cases: &[&Case], found: &mut Found<'_>) {
    for (folder, answer) in crate::case::FOLDERS {
        let there = cases
            .iter()
            .filter(|case| case.expect.answer == *answer)
            .count();
        if there < CASES_EACH {
            let message =
                format!("`{folder}` has {there} cases; each answer is shown by {CASES_EACH}");
            found.say("", message);
        }
    }
}

fn is_backwards(window: Window) -> bool {
    window
        .from
        .zip(window.until)
        .is_some_and(|(from, until)| until <= from)
}

fn twice<'a>(what: &str, names: impl Iterator<Item = &'a str>, found: &mut Found<'_>) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            found.say(name, format!("there are two of the {what} `{name}`"));
        }
    }
}

/// Items bear the source's own letters, all of one kind and in order, or numbers where its letters
/// are not known.
fn numbering(duty: &Duty, found: &mut Found<'_>) {
    const ROMAN: [&str; 12] = [
        "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii",
    ];
    let letter = |first: u8, place: usize| {
        let place = u8::try_from(place).unwrap_or(u8::MAX);
        char::from(first.saturating_add(place)).to_string()
    };
    let styles: [&dyn Fn(usize) -> String; 4] = [
        &|place| (place + 1).to_string(),
        &|place| letter(b'A', place),
        &|place| letter(b'a', place),
        &|place| ROMAN.get(place).copied().unwrap_or_default().to_owned(),
    ];
    let items = || duty.items.iter().enumerate();
    let is_of =
        |style: &&dyn Fn(usize) -> String| items().all(|(place, item)| item.letter == style(place));
    if !styles.iter().any(is_of) {
        let odd = items().find(|(place, item)| item.letter != (place + 1).to_string());
        let odd = odd.map_or("", |(_, item)| item.letter.as_str());
        let message = "the items are neither numbered (1, 2, 3) nor lettered in order (A, B, C; a, \
                       b, c; i, ii, iii) as the source does it; numbers stand where its letters \
                       are not known";
        found.say_with(&format!("letter = \"{odd}\""), message, "letter = \"1\"");
    }
}

pub(crate) type Cited<'a> = Vec<(&'a str, &'a String, &'a String)>;

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
    cited.extend(
        population
            .circumstances
            .iter()
            .map(|one| ("its circumstance", &one.text, &one.cite)),
    );
    cited.extend(
        population
            .presumption
            .iter()
            .map(|one| ("its presumption", &one.text, &one.cite)),
    );
}
