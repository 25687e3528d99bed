//! A duty: when it is owed, by when, what it says and where it goes; and the grammar of conditions.

use crate::clock::{ClockRule, ReminderRule};
use crate::model::{Channel, Grade, Window};
use crate::population::Population;
use facts::{CircumstanceName, MilestoneName, NotifiedBy, PerformedPart};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One duty of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Duty {
    /// Its file's name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The clause.
    pub cite: String,
    /// What it asks, in our own words.
    pub text: String,
    /// How sure its text is.
    pub grade: Grade,
    /// What kind of duty.
    pub kind: DutyKind,
    /// The duty that it follows and whose trigger it shares, such as the first report.
    pub of: Option<String>,
    /// The duties of the order from which it takes clauses over.
    pub takes_from: Vec<String>,
    /// A number that goes up with every change of content.
    pub revision: u32,
    /// When it is in force; the order's window where it says nothing itself.
    pub in_force: InForce,
    /// The texts that applied one after the other, oldest first; empty: there is only one.
    pub texts: Vec<TextWindow>,
    /// The question for counsel which text applies where it changed while a clock ran.
    pub text_question: Option<String>,
    /// What counts as discovery; `None`: the milestone `discovered` alone.
    pub discovery: Option<DiscoveryRule>,
    /// What is counted, by name.
    pub populations: BTreeMap<String, Population>,
    /// The population whose counts a notice states.
    pub counts: String,
    /// When it is owed.
    pub when: Condition,
    /// Unless one of these holds.
    pub unless: Vec<Condition>,
    /// Its legal limits.
    pub clocks: Vec<ClockRule>,
    /// Where the order says "a reasonable time".
    pub reminder: Option<ReminderRule>,
    /// What the notice says, in the order's lettering; its own, or those of the duty `items_of`.
    pub items: Vec<Item>,
    /// The clause on how far the items are due, such as "to the extent possible".
    pub extent: Option<String>,
    /// The clause on supplements, or that there is none.
    pub supplements: String,
    /// Who signs, and how; `None`: nobody need.
    pub signature: Option<String>,
    /// How it is sent, where that is not how the order says.
    pub channel: Option<Channel>,
    /// To whom it goes besides, or where the order's channel is not meant.
    pub recipients: Vec<Recipient>,
    /// How it is given where it is not mailed: on a form, on a site, by hand.
    pub given: Option<String>,
    /// Whether it is among what the Commission's staff may extend under an order that lets them;
    /// `None`: as the order says.
    pub staff_may_extend: Option<bool>,
    /// Ids of the order's questions that this duty raises.
    pub reserved: Vec<String>,
    /// Digest of its content.
    pub digest: String,
}

/// What kind of duty it is, as counsel would call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DutyKind {
    /// A report of its own to the Commission.
    Report,
    /// An update of a report, due again and again.
    Update,
    /// A log of the year's smaller incidents.
    AnnualLog,
    /// A summary for the board.
    BoardSummary,
    /// Making it public.
    Publication,
    /// Telling the people affected.
    IndividualNotice,
    /// Telling the media.
    MediaNotice,
    /// Telling the facilities that are customers.
    FacilityNotice,
    /// A copy of a report to the assessor.
    AssessorCopy,
    /// A report or a copy of one to an authority of a State.
    StateCopy,
    /// A task of the security program that an incident starts.
    Task,
    /// An entry in the annual certification, without a report clock.
    CertificationEntry,
}

impl DutyKind {
    /// Whether a document about the incident is what is owed, which tocsin drafts. Letters to
    /// people and to the media are the company's own words, a task is no document, and what a
    /// certification says is drafted for the year.
    pub const fn is_paper(self) -> bool {
        self.is_filed()
            || matches!(
                self,
                DutyKind::BoardSummary
                    | DutyKind::Publication
                    | DutyKind::AssessorCopy
                    | DutyKind::StateCopy
            )
    }

    /// Whether it is done by a document that goes to the Commission.
    pub const fn is_filed(self) -> bool {
        matches!(
            self,
            DutyKind::Report | DutyKind::Update | DutyKind::AnnualLog
        )
    }

    /// The word as it stands in packs and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            DutyKind::Report => "report",
            DutyKind::Update => "update",
            DutyKind::AnnualLog => "annual-log",
            DutyKind::BoardSummary => "board-summary",
            DutyKind::Publication => "publication",
            DutyKind::IndividualNotice => "individual-notice",
            DutyKind::MediaNotice => "media-notice",
            DutyKind::FacilityNotice => "facility-notice",
            DutyKind::AssessorCopy => "assessor-copy",
            DutyKind::StateCopy => "state-copy",
            DutyKind::Task => "task",
            DutyKind::CertificationEntry => "certification-entry",
        }
    }

    /// Which part of a `performed` report meets it; a report that names no part means this one.
    pub const fn part(self) -> PerformedPart {
        match self {
            DutyKind::Report | DutyKind::AnnualLog | DutyKind::CertificationEntry => {
                PerformedPart::Report
            }
            DutyKind::Update => PerformedPart::Update,
            DutyKind::BoardSummary => PerformedPart::Board,
            DutyKind::Publication => PerformedPart::Publication,
            DutyKind::IndividualNotice => PerformedPart::Individuals,
            DutyKind::MediaNotice => PerformedPart::Media,
            DutyKind::FacilityNotice => PerformedPart::Facilities,
            DutyKind::AssessorCopy => PerformedPart::Assessor,
            DutyKind::StateCopy => PerformedPart::StateAuthority,
            DutyKind::Task => PerformedPart::Task,
        }
    }
}

impl Duty {
    /// Whether a `performed` report that names the duty `duty` and `part` meets this one: its own
    /// name with its part or none, or another duty of those that share its trigger with just its
    /// part. `named` is the duty of that name, if the order has one. A report or a task must be
    /// named itself.
    pub fn is_met_by(&self, duty: &str, named: Option<&Duty>, part: Option<PerformedPart>) -> bool {
        let own = self.kind.part();
        if duty == self.name {
            return part.is_none_or(|part| part == own);
        }
        let shares = named.is_some_and(|named| named.asks_as() == self.asks_as());
        let may = !matches!(own, PerformedPart::Report | PerformedPart::Task);
        shares && may && part == Some(own)
    }

    /// Whether the Commission's staff may extend it, where the order lets them extend anything.
    pub fn may_be_extended(&self) -> bool {
        self.staff_may_extend.unwrap_or(true)
    }

    /// The name under which facts are asked for: that of the first duty of those that share a
    /// trigger, so that an answer holds for all of them.
    pub fn asks_as(&self) -> &str {
        self.of.as_deref().unwrap_or(&self.name)
    }
}

/// One of the texts that a duty had, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextWindow {
    /// Its name, by which conditions and clocks refer to it.
    pub name: String,
    /// The first day; absent for the first: from of old.
    #[serde(default)]
    pub from: Option<Date>,
    /// The first day no longer; absent for the last: it stands.
    #[serde(default)]
    pub until: Option<Date>,
    /// What it is, in our own words.
    pub text: String,
    /// Where it stands.
    pub cite: String,
    /// How sure it is.
    pub grade: Grade,
}

/// What counts as discovery: the earliest of these milestones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscoveryRule {
    /// The milestones besides `discovered`.
    pub or: Vec<MilestoneName>,
    /// What it means, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
}

/// To whom a report or a copy of it goes besides, or instead of, the order's own channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// Who, in our own words.
    pub who: String,
    /// The clause.
    pub cite: String,
    /// Literal: the e-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// Literal: how the subject line must begin.
    #[serde(default)]
    pub subject: Option<String>,
    /// Literal: what the source prints in the subject for something that it does not name.
    #[serde(default)]
    pub subject_placeholder: Option<String>,
    /// Literal: the postal address, line by line.
    #[serde(default)]
    pub address: Vec<String>,
}

/// When a duty is in force, and which instant must lie in that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InForce {
    /// The instant that must lie in the time of force.
    pub trigger: Trigger,
    /// The time; null ends are the order's.
    #[serde(default)]
    pub window: Window,
    /// The clause.
    pub cite: String,
    /// The question for counsel where the trigger lies on both sides.
    #[serde(default)]
    pub question: Option<String>,
    /// The last day of that time, where the source does not say whether it binds on it: the
    /// `unsure_question` is raised by a trigger on it.
    #[serde(default)]
    pub unsure: Option<Date>,
    /// The question for counsel whether it binds on that day.
    #[serde(default)]
    pub unsure_question: Option<String>,
}

/// Which instant must lie in the time of force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Discovery.
    Discovery,
    /// Notification of an authority.
    Notification,
    /// Verification.
    Verification,
    /// Determination.
    Determination,
}

/// A condition, with the words and the clause of every part.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What is asked, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
    /// What must hold.
    pub kind: ConditionKind,
}

impl Condition {
    /// The one condition in this tree with the clause `cite`; none where there are several.
    pub fn at(&self, cite: &str) -> Option<&Condition> {
        let (mut open, mut found) = (vec![self], None);
        while let Some(condition) = open.pop() {
            if condition.cite == cite && found.replace(condition).is_some() {
                return None;
            }
            match &condition.kind {
                ConditionKind::All(parts) | ConditionKind::Any(parts) => open.extend(parts),
                ConditionKind::Not(part) => open.push(part),
                _ => {}
            }
        }
        found
    }
}

/// What must hold.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionKind {
    /// All of these.
    All(Vec<Condition>),
    /// One of these.
    Any(Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// An authority was told: an act.
    GovernmentNotice(NoticeRule),
    /// A law requires that an authority be told: a fact.
    NoticeRequired(RequiredRule),
    /// So many of a population.
    Count(CountRule),
    /// A yes/no fact.
    Circumstance(CircumstanceName),
    /// A violation of one of these sections.
    Noncompliance(Vec<String>),
    /// This milestone is on record: an act.
    Milestone(MilestoneName),
    /// This one of the duty's texts applies, by the instant that must lie in the time of force.
    UnderText(String),
}

/// An authority was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeRule {
    /// Whether only a notice that a statute or regulation required meets it.
    pub required: bool,
    /// Whose notices count; absent: the respondent's.
    #[serde(default = "respondent")]
    pub by: Vec<NotifiedBy>,
    /// The country of the authority.
    #[serde(default = "united_states")]
    pub country: String,
    /// The population that it must be about; absent: any information.
    #[serde(default)]
    pub about: Option<String>,
    /// The question for counsel where nothing unauthorised is on record (any more).
    #[serde(default)]
    pub reversal_question: Option<String>,
}

/// A law requires that an authority be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredRule {
    /// Whose duties count; absent: the respondent's.
    #[serde(default = "respondent")]
    pub by: Vec<NotifiedBy>,
    /// The country of the authority.
    #[serde(default = "united_states")]
    pub country: String,
}

fn respondent() -> Vec<NotifiedBy> {
    vec![NotifiedBy::Respondent]
}

fn united_states() -> String {
    "US".to_owned()
}

/// What is counted, one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Accounts.
    Accounts,
    /// Consumers.
    Consumers,
    /// Recordings or records.
    Resources,
    /// Devices.
    Devices,
}

impl Unit {
    /// The word as it stands in packs and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Unit::Accounts => "accounts",
            Unit::Consumers => "consumers",
            Unit::Resources => "resources",
            Unit::Devices => "devices",
        }
    }
}

/// So many of a population.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountRule {
    /// Of which population.
    pub population: String,
    /// In which unit.
    pub unit: Unit,
    /// From how many on.
    pub at_least: u64,
    /// The question for counsel whether what happened at several times is one instance.
    #[serde(default)]
    pub aggregation_question: Option<String>,
    /// The question for counsel whether another unit is meant where that would reach the number.
    #[serde(default)]
    pub unit_question: Option<UnitQuestion>,
    /// So many in one State or jurisdiction, not in all together.
    #[serde(default)]
    pub in_one_state: bool,
}

/// Whether another unit is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitQuestion {
    /// The question's id.
    pub id: String,
    /// The other unit.
    pub unit: Unit,
}

/// One item of the notice, in the order's own lettering.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its letter or number.
    pub letter: String,
    /// What it asks, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
    /// What fills it.
    pub fills: Fills,
}

/// What fills an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fills {
    /// The date, estimated date or range of the incident.
    Date,
    /// The facts and, if known, the causes.
    FactsAndCause,
    /// The facts, the causes and the scope.
    FactsCauseAndScope,
    /// The types of information.
    Information,
    /// The number of consumers.
    Consumers,
    /// The number of customers of the respondent.
    Customers,
    /// What was done to remediate and to protect.
    RemediationAndProtection,
    /// Copies of each materially different notice.
    RepresentativeCopies,
    /// Which parts are confidential, and why.
    Confidentiality,
    /// The name of the company and whom to contact.
    Contact,
    /// What happened, with the dates and the third parties that got the information.
    WhatHappened,
    /// What individuals should do.
    IndividualSteps,
    /// Whether a law-enforcement official asked for delay, and whom to contact there.
    LawEnforcement,
    /// The same, with a copy of each request that was made.
    LawEnforcementCopies,
    /// Facts, causes and who took part.
    FactsCauseAndParticipants,
    /// When people, the media and authorities were told.
    NoticeDates,
}

/// A digest and a revision: what `order.lock` holds of each duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    /// The revision.
    pub revision: u32,
    /// The digest of that revision.
    pub digest: String,
}
