//! The TOML of a pack, member by member: strict, and turned into the model only when it is whole.

use crate::due::Method;
use crate::duty::{
    Anchor, ClockRule, Condition, ConditionKind, CountRule, Duty, DutyKind, InForce, Item,
    NoticeRule, ReminderRule, RequiredRule,
};
use crate::error::PackError;
use crate::model::{
    Certification, Channel, Grade, NoDuty, Order, Question, ReadingRule, RegisterRules, SourceText,
    Window,
};
use crate::population::Population;
use facts::{CircumstanceName, MilestoneName};
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
    readings: BTreeMap<String, ReadingRule>,
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
    in_force: InForce,
    counts: Spanned<String>,
    populations: BTreeMap<String, Population>,
    when: Spanned<RawCondition>,
    #[serde(default)]
    unless: Vec<Spanned<RawCondition>>,
    #[serde(default)]
    clocks: Vec<RawClock>,
    reminder: Option<ReminderRule>,
    #[serde(default)]
    items: Vec<Item>,
    extent: Option<String>,
    supplements: String,
    signature: Option<String>,
    #[serde(default)]
    reserved: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClock {
    limb: String,
    text: String,
    cite: String,
    days: u32,
    method: Method,
    anchors: Vec<Spanned<String>>,
    coverage_question: Option<String>,
}

/// A condition as it is written: text, cite and exactly one kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCondition {
    text: String,
    cite: String,
    all: Option<Vec<Spanned<RawCondition>>>,
    any: Option<Vec<Spanned<RawCondition>>>,
    not: Option<Box<Spanned<RawCondition>>>,
    government_notice: Option<NoticeRule>,
    notice_required: Option<RequiredRule>,
    count: Option<CountRule>,
    circumstance: Option<CircumstanceName>,
    noncompliance: Option<Vec<String>>,
    milestone: Option<MilestoneName>,
}

/// A file of a pack while it is turned into the model.
pub(crate) struct At<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
}

impl At<'_> {
    fn error<T>(&self, spanned: &Spanned<T>, message: impl Into<String>) -> PackError {
        PackError::at(self.file, self.text, spanned.span().start, message)
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
            let question = Question {
                id: id.clone(),
                question: raw.question,
                cite: raw.cite,
                readings: raw.readings,
                working: raw.working.map(Spanned::into_inner),
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

impl RawDuty {
    /// The duty; the loader adds the digest.
    pub(crate) fn into_duty(self, name: &str, at: &At<'_>) -> Result<Duty, PackError> {
        if !self.populations.contains_key(self.counts.get_ref()) {
            let known: Vec<&str> = self.populations.keys().map(String::as_str).collect();
            let message = format!(
                "`{}` is no population of this duty; there are {known:?}",
                self.counts.get_ref()
            );
            return Err(at.error(&self.counts, message));
        }
        let names = Names {
            at,
            populations: &self.populations,
        };
        let when = names.condition(self.when)?;
        let unless = self
            .unless
            .into_iter()
            .map(|raw| names.condition(raw))
            .collect::<Result<_, _>>()?;
        let clocks = self
            .clocks
            .into_iter()
            .map(|raw| clock(raw, at))
            .collect::<Result<_, _>>()?;
        Ok(Duty {
            name: name.to_owned(),
            title: self.title,
            cite: self.cite,
            text: self.text,
            grade: self.grade,
            kind: self.kind,
            revision: self.revision,
            in_force: self.in_force,
            counts: self.counts.into_inner(),
            when,
            unless,
            clocks,
            reminder: self.reminder,
            items: self.items,
            extent: self.extent,
            supplements: self.supplements,
            signature: self.signature,
            reserved: self.reserved,
            populations: self.populations,
            digest: String::new(),
        })
    }
}

fn clock(raw: RawClock, at: &At<'_>) -> Result<ClockRule, PackError> {
    let anchors = raw
        .anchors
        .into_iter()
        .map(|word| {
            anchor(word.get_ref()).ok_or_else(|| {
                let message = format!(
                    "`{}` starts no clock; there are government_notice, required_notice, \
                     discovery, incident_first, incident_last and the names of milestones",
                    word.get_ref()
                );
                at.error(&word, message)
                    .with_example("anchors = [\"government_notice\", \"no_notice_needed\"]")
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(ClockRule {
        limb: raw.limb,
        text: raw.text,
        cite: raw.cite,
        days: raw.days,
        method: raw.method,
        anchors,
        coverage_question: raw.coverage_question,
    })
}

fn anchor(word: &str) -> Option<Anchor> {
    Some(match word {
        "government_notice" => Anchor::GovernmentNotice,
        "required_notice" => Anchor::RequiredNotice,
        "discovery" => Anchor::Discovery,
        "incident_first" => Anchor::IncidentFirst,
        "incident_last" => Anchor::IncidentLast,
        _ => Anchor::Milestone(word.parse().ok()?),
    })
}

struct Names<'a> {
    at: &'a At<'a>,
    populations: &'a BTreeMap<String, Population>,
}

impl Names<'_> {
    fn known<T>(&self, at: &Spanned<T>, population: &str) -> Result<(), PackError> {
        if self.populations.contains_key(population) {
            return Ok(());
        }
        let known: Vec<&str> = self.populations.keys().map(String::as_str).collect();
        Err(self.at.error(
            at,
            format!("`{population}` is no population of this duty; there are {known:?}"),
        ))
    }

    fn all(&self, raw: Vec<Spanned<RawCondition>>) -> Result<Vec<Condition>, PackError> {
        raw.into_iter().map(|one| self.condition(one)).collect()
    }

    fn condition(&self, spanned: Spanned<RawCondition>) -> Result<Condition, PackError> {
        let place = Spanned::new(spanned.span(), ());
        let raw = spanned.into_inner();
        let mut kinds = Vec::new();
        if let Some(parts) = raw.all {
            kinds.push(ConditionKind::All(self.all(parts)?));
        }
        if let Some(parts) = raw.any {
            kinds.push(ConditionKind::Any(self.all(parts)?));
        }
        if let Some(part) = raw.not {
            kinds.push(ConditionKind::Not(Box::new(self.condition(*part)?)));
        }
        if let Some(rule) = raw.government_notice {
            if let Some(population) = &rule.about {
                self.known(&place, population)?;
            }
            kinds.push(ConditionKind::GovernmentNotice(rule));
        }
        kinds.extend(raw.notice_required.map(ConditionKind::NoticeRequired));
        if let Some(rule) = raw.count {
            self.known(&place, &rule.population)?;
            kinds.push(ConditionKind::Count(rule));
        }
        kinds.extend(raw.circumstance.map(ConditionKind::Circumstance));
        kinds.extend(raw.noncompliance.map(ConditionKind::Noncompliance));
        kinds.extend(raw.milestone.map(ConditionKind::Milestone));
        match (kinds.pop(), kinds.is_empty()) {
            (Some(kind), true) => Ok(Condition {
                text: raw.text,
                cite: raw.cite,
                kind,
            }),
            (kind, _) => {
                let found = kinds.len() + usize::from(kind.is_some());
                let message = format!(
                    "a condition holds exactly one of all, any, not, government_notice, \
                     notice_required, count, circumstance, noncompliance, milestone; it has {found}"
                );
                Err(self.at.error(&place, message).with_example(
                    "{ text = \"…\", cite = \"…\", count = { population = \"recordings\", \
                     unit = \"accounts\", at_least = 10 } }",
                ))
            }
        }
    }
}
