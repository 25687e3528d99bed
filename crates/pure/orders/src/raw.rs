//! The TOML of a pack, member by member: strict, and turned into the model only when it is whole.

use crate::clock::{Anchor, ClockRule, ReminderRule};
use crate::duty::{
    Condition, ConditionKind, DiscoveryRule, Duty, DutyKind, Fills, InForce, Item, Recipient,
    TextWindow,
};
use crate::error::PackError;
use crate::model::{
    Certification, Channel, Grade, NoDuty, Order, Question, ReadingRule, RegisterRules, SourceText,
    Window,
};
use crate::population::Population;
use crate::raw_clock::RawClock;
use crate::raw_condition::{Names, RawCondition, duties_named, of_duty};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// `order.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawOrder {
    title: String,
    revision: u32,
    parties: Vec<String>,
    respondent: String,
    court: String,
    docket: String,
    document: String,
    entered: Option<Date>,
    #[serde(default)]
    in_force: Window,
    zone: Spanned<String>,
    grade: Grade,
    channel: Option<Channel>,
    channel_unknown: Option<String>,
    #[serde(default)]
    regulation: bool,
    #[serde(default)]
    staff_may_extend: bool,
    sources: Vec<SourceText>,
    #[serde(default)]
    accepts: Vec<access::TermsRow>,
    #[serde(default)]
    reserved: BTreeMap<String, RawQuestion>,
    no_duty: Option<NoDuty>,
    #[serde(default)]
    register: RegisterRules,
    certification: Option<Certification>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuestion {
    question: String,
    cite: String,
    working: Option<Spanned<String>>,
    #[serde(default)]
    contents: bool,
    readings: BTreeMap<String, Spanned<RawReading>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReading {
    text: String,
    effect: Option<bool>,
    anchor: Option<Spanned<String>>,
}

/// `duties/<duty>.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawDuty {
    title: String,
    cite: String,
    text: String,
    grade: Grade,
    kind: DutyKind,
    revision: u32,
    of: Option<Spanned<String>>,
    in_force: Option<InForce>,
    #[serde(default)]
    texts: Vec<TextWindow>,
    text_question: Option<String>,
    discovery: Option<DiscoveryRule>,
    counts: Option<Spanned<String>>,
    #[serde(default)]
    populations: BTreeMap<String, Population>,
    when: Option<Spanned<RawCondition>>,
    #[serde(default)]
    unless: Vec<Spanned<RawCondition>>,
    #[serde(default)]
    clocks: Vec<RawClock>,
    reminder: Option<ReminderRule>,
    #[serde(default)]
    items: Vec<Item>,
    items_of: Option<Spanned<String>>,
    extent: Option<String>,
    #[serde(default)]
    supplements: String,
    signature: Option<String>,
    channel: Option<Channel>,
    #[serde(default)]
    recipients: Vec<Recipient>,
    given: Option<String>,
    staff_may_extend: Option<bool>,
    #[serde(default)]
    reserved: Vec<String>,
}

/// A file of a pack while it is turned into the model.
pub(crate) struct At<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

impl At<'_> {
    pub(crate) fn error<T>(&self, spanned: &Spanned<T>, message: impl Into<String>) -> PackError {
        let offset = spanned.span().start;
        let mut error = PackError::at(self.file, self.text, offset, message);
        error.example = crate::text::example_at(self.text, offset);
        error
    }
}

impl RawOrder {
    pub(crate) fn revision(&self) -> u32 {
        self.revision
    }

    /// The order without its duties; the loader adds them and the digest.
    pub(crate) fn into_order(self, slug: &str, at: &At<'_>) -> Result<Order, PackError> {
        if jiff::tz::TimeZone::get(self.zone.get_ref()).is_err() {
            return Err(at
                .error(
                    &self.zone,
                    format!("`{}` is no time zone", self.zone.get_ref()),
                )
                .with_example("zone = \"America/New_York\""));
        }
        let mut reserved = BTreeMap::new();
        for (id, raw) in self.reserved {
            if let Some(working) = &raw.working
                && !raw.readings.contains_key(working.get_ref())
            {
                let message = format!("`{}` is none of the question's readings", working.get_ref());
                return Err(at.error(working, message));
            }
            let readings = raw
                .readings
                .into_iter()
                .map(|(value, reading)| Ok((value, self::reading(reading, at)?)))
                .collect::<Result<_, PackError>>()?;
            let question = Question {
                id: id.clone(),
                question: raw.question,
                cite: raw.cite,
                readings,
                working: raw.working.map(Spanned::into_inner),
                contents: raw.contents,
            };
            reserved.insert(id, question);
        }
        Ok(Order {
            slug: slug.to_owned(),
            title: self.title,
            parties: self.parties,
            respondent: self.respondent,
            court: self.court,
            docket: self.docket,
            document: self.document,
            entered: self.entered,
            in_force: self.in_force,
            zone: self.zone.into_inner(),
            grade: self.grade,
            channel: self.channel,
            channel_unknown: self.channel_unknown,
            regulation: self.regulation,
            staff_may_extend: self.staff_may_extend,
            sources: self.sources,
            terms: access::Terms {
                order: slug.to_owned(),
                rows: self.accepts,
            },
            reserved,
            duties: Vec::new(),
            no_duty: self.no_duty,
            register: self.register,
            certification: self.certification,
            digest: String::new(),
        })
    }
}

fn reading(spanned: Spanned<RawReading>, at: &At<'_>) -> Result<ReadingRule, PackError> {
    let place = Spanned::new(spanned.span(), ());
    let raw = spanned.into_inner();
    let anchor = match raw.anchor {
        Some(word) => Some(anchor(&word, at)?),
        None => None,
    };
    if raw.effect.is_none() && anchor.is_none() {
        let message = "a reading needs its `effect` or, for a question about clocks, its `anchor`";
        return Err(at.error(&place, message).with_example("effect = true"));
    }
    Ok(ReadingRule {
        text: raw.text,
        effect: raw.effect.unwrap_or(true),
        anchor,
    })
}

/// The anchor that `word` names.
pub(crate) fn anchor(word: &Spanned<String>, at: &At<'_>) -> Result<Anchor, PackError> {
    Anchor::from_word(word.get_ref()).ok_or_else(|| {
        let known: Vec<&str> = Anchor::WORDS.iter().map(|(known, _)| *known).collect();
        let message = format!(
            "`{}` starts no clock; there are {} and the names of milestones",
            word.get_ref(),
            known.join(", ")
        );
        at.error(word, message)
            .with_example("anchors = [\"government_notice\", \"no_notice_needed\"]")
    })
}

impl RawDuty {
    /// The duties of the same order that this one refers to.
    pub(crate) fn refers_to(&self) -> Vec<&Spanned<String>> {
        let mut named: Vec<&Spanned<String>> = self.of.iter().chain(&self.items_of).collect();
        for condition in self.when.iter().chain(&self.unless) {
            duties_named(condition.get_ref(), &mut named);
        }
        named
    }

    /// The duty; the loader adds the digest. `others` holds at least the duties that it refers to.
    pub(crate) fn into_duty(
        mut self,
        name: &str,
        at: &At<'_>,
        others: &BTreeMap<String, Duty>,
    ) -> Result<Duty, PackError> {
        let missing = |what: &str, example: &str| {
            PackError::at_start(at.file, format!("missing field `{what}`")).with_example(example)
        };
        let first = self.of.as_ref().and_then(|of| others.get(of.get_ref()));
        if self.texts.is_empty() {
            self.texts = first.map_or_else(Vec::new, |first| first.texts.clone());
        }
        let mut takes_from: Vec<String> = self
            .refers_to()
            .into_iter()
            .map(|name| name.get_ref().clone())
            .collect();
        takes_from.sort();
        takes_from.dedup();
        self.take_items(at, others)?;
        let mut taken_in = BTreeMap::new();
        let mut when = Vec::new();
        if let Some(first) = first {
            when.push(of_duty(first, &first.text, &first.cite, &mut taken_in));
        }
        let names = Names {
            at,
            populations: &self.populations,
            texts: &self.texts,
            others,
        };
        let own = self.when.take();
        when.extend(
            own.map(|raw| names.condition(raw, &mut taken_in))
                .transpose()?,
        );
        let when = match (when.pop(), when.pop()) {
            (None, _) => return Err(missing("when", "[when]\ntext = \"…\"\ncite = \"…\"")),
            (Some(only), None) => only,
            (Some(own), Some(of)) => Condition {
                text: self.text.clone(),
                cite: self.cite.clone(),
                kind: ConditionKind::All(vec![of, own]),
            },
        };
        let unless = std::mem::take(&mut self.unless)
            .into_iter()
            .map(|raw| names.condition(raw, &mut taken_in))
            .collect::<Result<_, _>>()?;
        let counts = match (&self.counts, first) {
            (Some(own), _) => {
                names.known(own, own.get_ref(), &mut taken_in)?;
                own.get_ref().clone()
            }
            (None, Some(first)) => format!("{}/{}", first.name, first.counts),
            (None, None) => return Err(missing("counts", "counts = \"recordings\"")),
        };
        let inherited = || first.map(|first| first.in_force.clone());
        let in_force = self.in_force.clone().or_else(inherited).ok_or_else(|| {
            missing(
                "in_force",
                "in_force = { trigger = \"discovery\", cite = \"VII\" }",
            )
        })?;
        let clocks: Vec<ClockRule> = std::mem::take(&mut self.clocks)
            .into_iter()
            .map(|raw| raw.into_clock(at, &self.texts, &when))
            .collect::<Result<_, _>>()?;
        self.populations.extend(taken_in);
        let mut duty = Duty {
            name: name.to_owned(),
            title: self.title,
            cite: self.cite,
            text: self.text,
            grade: self.grade,
            kind: self.kind,
            of: self.of.map(Spanned::into_inner),
            takes_from,
            revision: self.revision,
            in_force,
            texts: self.texts,
            text_question: self.text_question,
            discovery: self
                .discovery
                .or(first.and_then(|first| first.discovery.clone())),
            counts,
            when,
            unless,
            clocks,
            reminder: self.reminder,
            items: self.items,
            extent: self.extent,
            supplements: self.supplements,
            signature: self.signature,
            channel: self.channel,
            recipients: self.recipients,
            given: self.given,
            staff_may_extend: self.staff_may_extend,
            reserved: self.reserved,
            populations: self.populations,
            digest: String::new(),
        };
        duty.reserve_what_it_takes_over();
        Ok(duty)
    }
    /// Takes over the items of the duty that `items_of` names, and how far they are due.
    fn take_items(
        &mut self,
        at: &At<'_>,
        others: &BTreeMap<String, Duty>,
    ) -> Result<(), PackError> {
        let Some(other) = &self.items_of else {
            return Ok(());
        };
        if !self.items.is_empty() {
            return Err(at.error(other, "`items_of` stands beside `items`: which are meant?"));
        }
        let Some(other) = others.get(other.get_ref()) else {
            return Ok(());
        };
        // Confidential treatment is asked of the Commission alone.
        let is_filed = self.kind.is_filed();
        let items = other.items.iter();
        let items = items.filter(|one| is_filed || one.fills != Fills::Confidentiality);
        self.items = items.cloned().collect();
        self.extent = self.extent.take().or_else(|| other.extent.clone());
        Ok(())
    }
}
