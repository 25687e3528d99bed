//! What a pack says, as it is parsed: the order, its questions for counsel, what it accepts.

use crate::clock::Anchor;
use crate::duty::Duty;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How sure the text of a pack is; the words are those of the project's law notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// The text of the entered order, read through a machine extraction of the document.
    Order,
    /// The text itself was seen.
    Text,
    /// The 2015 annual edition of the CFR was seen.
    #[serde(rename = "cfr-2015")]
    Cfr2015,
    /// Press or another third party.
    SecondHand,
    /// Calculated.
    Computed,
    /// An engineering reading that counsel must confirm.
    Reading,
    /// To be checked before anybody relies on it.
    Unverified,
}

impl Grade {
    /// The word as it stands in packs and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Grade::Order => "order",
            Grade::Text => "text",
            Grade::Cfr2015 => "cfr-2015",
            Grade::SecondHand => "second-hand",
            Grade::Computed => "computed",
            Grade::Reading => "reading",
            Grade::Unverified => "unverified",
        }
    }

    /// What a draft must say about it.
    pub const fn caution(self) -> &'static str {
        match self {
            Grade::Order => {
                "The order was read through a machine extraction; nobody has compared this pack \
                 with the court's document."
            }
            Grade::Text => "The text was seen; counsel has not confirmed this encoding of it.",
            Grade::Cfr2015 => {
                "The 2015 annual edition was seen; whether the text still stands was not checked."
            }
            Grade::SecondHand => {
                "The text was not seen; this pack rests on what others wrote of it."
            }
            Grade::Computed => {
                "Calculated from other facts of the pack; counsel has not confirmed it."
            }
            Grade::Reading => "An engineering reading that counsel must confirm.",
            Grade::Unverified => "Unverified: to be checked before anybody relies on it.",
        }
    }
}

impl std::fmt::Display for Grade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// When an order or duty is in force, in the order's zone; half-open; `None`: not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The first day.
    #[serde(default)]
    pub from: Option<Date>,
    /// The first day no longer.
    #[serde(default)]
    pub until: Option<Date>,
}

/// How a report is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// The e-mail address.
    pub email: String,
    /// The other way, in our own words.
    #[serde(default)]
    pub courier: Option<String>,
    /// Under which condition another channel is allowed, in our own words.
    #[serde(default)]
    pub unless: Option<String>,
    /// Literal: how the subject line must begin.
    pub subject: String,
    /// Literal: what the source prints in the subject for something that it does not name.
    #[serde(default)]
    pub subject_placeholder: Option<String>,
    /// Literal: the postal address, line by line.
    #[serde(default)]
    pub address: Vec<String>,
    /// The clause.
    pub cite: String,
}

/// A source that the pack was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceText {
    /// What it is.
    pub title: String,
    /// How sure it is.
    pub grade: Grade,
}

/// A question that the pack reserves to counsel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its id, unique in the order.
    pub id: String,
    /// The question.
    pub question: String,
    /// The clause that leaves it open.
    pub cite: String,
    /// The readings by their values.
    pub readings: BTreeMap<String, ReadingRule>,
    /// The value of the reading that answers follow until counsel says otherwise; `None`: an answer
    /// stays open where the readings differ.
    pub working: Option<String>,
    /// It is about what a document says, on which no answer and no date rests. Documents are
    /// drafted by the working reading alone; by another one people write them.
    pub contents: bool,
}

/// One way to read a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingRule {
    /// The reading in our own words.
    pub text: String,
    /// What it makes of whatever the question is raised about: `true` if that counts, stands or
    /// binds, `false` if not.
    pub effect: bool,
    /// Where the question is which anchor of a clock is meant: this one.
    pub anchor: Option<Anchor>,
}

impl Question {
    /// The words of the reading with this value.
    pub fn words(&self, value: &str) -> Option<&str> {
        self.readings.get(value).map(|rule| rule.text.as_str())
    }
}

/// What an order without a report duty says instead, or that its text is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoDuty {
    /// Whether the text is known; unknown text is open, never "no duty".
    pub text_known: bool,
    /// What was found, in our own words.
    pub text: String,
    /// Where it would stand.
    pub cite: String,
}

/// What of an incident goes into the register behind the certification.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterRules {
    /// The clause on people's review of recordings; absent: no such entries.
    #[serde(default)]
    pub review: Option<ReviewRule>,
    /// The clause under which violations are collected.
    #[serde(default)]
    pub noncompliance: Option<String>,
}

/// The clause that restricts people's review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewRule {
    /// The clause.
    pub cite: String,
    /// Of which classes of information.
    pub information: Vec<facts::Information>,
}

/// The annual certification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certification {
    /// The clause.
    pub cite: String,
    /// The month in which a certification year ends; `None`: the source does not say.
    #[serde(default)]
    pub ends_month: Option<i8>,
    /// The last day of a certification year in that month; `None`: the source does not say.
    #[serde(default)]
    pub ends_day: Option<i8>,
    /// For how many years; `None`: the source does not say.
    #[serde(default)]
    pub years: Option<u32>,
    /// Whether it must describe the incidents.
    pub describes_incidents: bool,
    /// Who signs, in our own words.
    pub by: String,
}

impl Certification {
    /// The certification year that ends in `year`: its first and its last day, where the pack knows
    /// when one ends.
    pub fn period(&self, year: i16) -> Option<(Date, Date)> {
        let (month, day) = (self.ends_month?, self.ends_day?);
        let last = Date::new(year, month, day).ok()?;
        let before = Date::new(year.checked_sub(1)?, month, day).ok()?;
        Some((before.tomorrow().ok()?, last))
    }
}

/// One order or rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Its folder.
    pub slug: String,
    /// Its caption.
    pub title: String,
    /// Those bound.
    pub parties: Vec<String>,
    /// How a notice calls the company.
    pub respondent: String,
    /// The court or agency.
    pub court: String,
    /// The docket.
    pub docket: String,
    /// The document that was read.
    pub document: String,
    /// When it was entered.
    pub entered: Option<Date>,
    /// When it is in force.
    pub in_force: Window,
    /// The zone in which days are counted.
    pub zone: String,
    /// How sure its text is.
    pub grade: Grade,
    /// How a report is sent; `None`: the order names no way, or it is not known.
    pub channel: Option<Channel>,
    /// Why there is no channel, where a report has to go somewhere: what the source does not say.
    pub channel_unknown: Option<String>,
    /// It is a statute or regulation, not an order: a notice under it is one that a law requires.
    pub regulation: bool,
    /// Whether the Commission's staff may move a due date.
    pub staff_may_extend: bool,
    /// What it was made from.
    pub sources: Vec<SourceText>,
    /// Which purposes it accepts.
    pub terms: access::Terms,
    /// Questions reserved to counsel, by id.
    pub reserved: BTreeMap<String, Question>,
    /// Its incident duties, by name.
    pub duties: Vec<Duty>,
    /// Why there is none, where there is none.
    pub no_duty: Option<NoDuty>,
    /// What goes into the register.
    pub register: RegisterRules,
    /// The annual certification.
    pub certification: Option<Certification>,
    /// Digest of all that decides: the order and its duties, not the cases.
    pub digest: String,
}

impl Order {
    /// The duty with this name.
    pub fn duty(&self, name: &str) -> Option<&Duty> {
        self.duties.iter().find(|duty| duty.name == name)
    }

    /// The zone in which days are counted. The loader has checked that it exists.
    pub fn time_zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.zone).unwrap_or(jiff::tz::TimeZone::UTC)
    }
}
