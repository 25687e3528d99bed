//! Clocks: what starts them, how long they run, whether they come again, what moves them.

use crate::due::Method;
use facts::MilestoneName;
use serde::{Deserialize, Serialize};

/// A legal limit: each anchor is a clock of its own, the one that ends first is stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockRule {
    /// Its name.
    pub limb: String,
    /// What it says, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
    /// How many days.
    pub days: u32,
    /// How they are counted.
    pub method: Method,
    /// What starts it.
    pub anchors: Vec<Anchor>,
    /// Counted from the end of the period in which the anchor lies, not from the anchor.
    pub period: Option<Period>,
    /// It comes again, counted from each time the duty was done.
    pub repeats: Option<RepeatRule>,
    /// A request of law enforcement moves it.
    pub delay: Option<DelayRule>,
    /// The clause (its cite) of the one condition in the duty's `when` that it belongs to: where
    /// that does not hold, it does not run. `None`: it belongs to all.
    pub only_if: Option<String>,
    /// The one of the duty's texts that it stands in; `None`: all of them.
    pub under_text: Option<String>,
    /// Why it is only shown and never stated: nobody should rely on it.
    pub shown_only: Option<String>,
    /// The question for counsel where the anchor is older than coverage.
    pub coverage_question: Option<String>,
    /// The question for counsel which of the anchors is meant; a reading names one.
    pub anchor_question: Option<String>,
    /// The question for counsel whether each later notice starts a limit of its own.
    pub each_question: Option<String>,
    /// Questions for counsel that stand whenever it runs.
    pub questions: Vec<String>,
}

impl ClockRule {
    /// Every question for counsel that it can raise.
    pub fn raised(&self) -> impl Iterator<Item = &str> {
        let of_delay = self.delay.as_ref().and_then(|one| one.question.as_deref());
        [
            self.coverage_question.as_deref(),
            self.anchor_question.as_deref(),
            self.each_question.as_deref(),
            of_delay,
        ]
        .into_iter()
        .flatten()
        .chain(self.questions.iter().map(String::as_str))
    }
}

/// A period at whose end a clock begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// The calendar year.
    CalendarYear,
    /// The calendar quarter.
    CalendarQuarter,
}

/// A limit that comes again: so many days after each time the duty was done, and where it was not
/// done, after the day on which it was due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepeatRule {
    /// It ends when all of these are on record, with the latest; empty: it has no end.
    #[serde(default)]
    pub until: Vec<MilestoneName>,
    /// What it says of its end, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
}

/// A request of law enforcement moves a limit for public notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelayRule {
    /// What it says, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
    /// For at most so many days from the request; absent: the source names no cap.
    #[serde(default)]
    pub most_days: Option<u32>,
    /// For so many days more where the request is in writing.
    #[serde(default)]
    pub written_days: Option<u32>,
    /// The question for counsel whether it moves the limit at all: until a reading says so, the
    /// limit stands where it is and the later day is only shown.
    #[serde(default)]
    pub question: Option<String>,
}

/// What starts a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anchor {
    /// The earliest notice of the respondent to an authority of the United States, required or not.
    GovernmentNotice,
    /// The earliest such notice that was required.
    RequiredNotice,
    /// The earliest required notice of a client of the respondent to such an authority.
    ClientNotice,
    /// The earliest notice of a client of the respondent to such an authority, required or not.
    AnyClientNotice,
    /// The earliest notice to the people affected.
    ConsumerNotice,
    /// Discovery.
    Discovery,
    /// The first access or exposure.
    IncidentFirst,
    /// The last access or exposure.
    IncidentLast,
    /// The last time it was done, or the duty that it follows was; failing that the day on which
    /// that one is due.
    Performed,
    /// A milestone.
    Milestone(MilestoneName),
}

impl Anchor {
    /// The words of the anchors that are no milestones.
    pub const WORDS: &'static [(&'static str, Anchor)] = &[
        ("government_notice", Anchor::GovernmentNotice),
        ("required_notice", Anchor::RequiredNotice),
        ("client_notice", Anchor::ClientNotice),
        ("any_client_notice", Anchor::AnyClientNotice),
        ("consumer_notice", Anchor::ConsumerNotice),
        ("discovery", Anchor::Discovery),
        ("incident_first", Anchor::IncidentFirst),
        ("incident_last", Anchor::IncidentLast),
        ("performed", Anchor::Performed),
    ];

    /// The anchor with this word.
    pub fn from_word(word: &str) -> Option<Anchor> {
        let found = Anchor::WORDS.iter().find(|(known, _)| *known == word);
        match found {
            Some((_, anchor)) => Some(*anchor),
            None => Some(Anchor::Milestone(word.parse().ok()?)),
        }
    }

    /// The word as it stands in packs and output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Anchor::GovernmentNotice => "government_notice",
            Anchor::RequiredNotice => "required_notice",
            Anchor::ClientNotice => "client_notice",
            Anchor::AnyClientNotice => "any_client_notice",
            Anchor::ConsumerNotice => "consumer_notice",
            Anchor::Discovery => "discovery",
            Anchor::IncidentFirst => "incident_first",
            Anchor::IncidentLast => "incident_last",
            Anchor::Performed => "performed",
            Anchor::Milestone(name) => name.as_str(),
        }
    }
}

/// A day to be reminded on: "within a reasonable time", or our own where the order names no time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReminderRule {
    /// The order's words, in our own.
    pub text: String,
    /// The clause.
    pub cite: String,
    /// Days from discovery where the deployment says nothing.
    pub default_days: u32,
    /// The order names no such time: the reminder is our own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub own: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}
