//! The answer to one duty for one incident, as the determinations topic carries it.

use crate::decide::DATE_UNCOVERED;
use facts::{Interval, Kleene, Moment};
use incident::{Incident, Taker};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Whether a duty is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It is.
    Owed,
    /// It is not, whatever the unknown facts turn out to be.
    NotOwed,
    /// That depends on facts or readings that are not on record.
    Open,
}

impl Answer {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Answer::Owed => "owed",
            Answer::NotOwed => "not_owed",
            Answer::Open => "open",
        }
    }
}

impl From<Kleene> for Answer {
    fn from(value: Kleene) -> Answer {
        match value {
            Kleene::Yes => Answer::Owed,
            Kleene::No => Answer::NotOwed,
            Kleene::Unknown => Answer::Open,
        }
    }
}

/// A node of the reason tree: what was asked, by which clause, what came out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    /// What was asked or found, in our own words.
    pub text: String,
    /// The clause: section and definition of the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cite: Option<String>,
    /// What came out.
    pub value: Kleene,
    /// The parts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<Because>,
    /// Ids of the records it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<String>,
    /// The count that was compared, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Interval>,
}

/// A clock of a duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Which limb of the deadline.
    pub limb: String,
    /// The clause.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cite: String,
    /// What starts it: the name of a milestone or report, or `discovery`, `incident_first`,
    /// `incident_last`, `period_end`, `performed`.
    pub anchor: String,
    /// For `period_end`: the anchors that lie in the period.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
    /// When it started; `None`: not started.
    #[serde(default)]
    pub anchor_at: Option<Moment>,
    /// `recorded`, `first_report` (provisional), `disputed` (at its earliest), `chained` (from the
    /// day on which what comes before is due) or `not_on_record`.
    pub anchor_basis: String,
    /// The zone in which days are counted.
    pub zone: String,
    /// How days are counted: `frcp-6`, `ftc-4.3`, `calendar`, `business`.
    pub method: String,
    /// How many days.
    pub days: u32,
    /// The naive last day, moved back to a working day.
    #[serde(default)]
    pub planned: Option<Date>,
    /// The last day that the rule allows.
    #[serde(default)]
    pub outer: Option<Date>,
    /// The one of several texts of the duty that it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under_text: Option<String>,
    /// What met it: the duty was done. The answer stays what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met: Option<PerformedAt>,
    /// What must be said with it, such as that staff extended it or that it predates coverage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A date by the deployment's policy where the order says "a reasonable time".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// Since when.
    #[serde(default)]
    pub since: Option<Moment>,
    /// The day to be done by.
    #[serde(default)]
    pub planned: Option<Date>,
    /// The policy, in words.
    pub policy: String,
}

/// A fact that would settle or change the answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ask {
    /// Stable: made from incident, order, duty and fact.
    pub id: String,
    /// The fact, by name.
    pub fact: String,
    /// The question, as a person is asked it.
    pub question: String,
    /// The type of the answer: `yes_no`, `instant`, `count`, `text`.
    #[serde(rename = "type")]
    pub answer_type: String,
    /// What each answer would make of the duty, where that can be said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub would: BTreeMap<String, Answer>,
}

/// A question that the pack reserves to counsel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "FlatReserved", into = "FlatReserved")]
pub struct Reserved {
    /// The question's id in the pack.
    pub id: String,
    /// The question.
    pub question: String,
    /// The pack's own reading, in words; `None`: it has none. The answer follows it unless counsel
    /// reads otherwise; without either it stays open where readings differ.
    pub working_reading: Option<String>,
    /// Counsel's own reading, where one is on record: the answer follows it. In JSON `reading` is
    /// value and decision id; `reading_role` and `reading_at` stand beside it.
    pub reading: Option<CounselReading>,
    /// Counsel's readings differ and none of them was revoked: no reading is followed.
    pub disputed: bool,
}

/// Counsel's reading of a question: a fact with an author and a date. Who it was stands in the
/// decision alone, which names an authenticated identity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CounselReading {
    /// The reading that is taken, as the pack calls it.
    pub value: String,
    /// The decision that says so.
    pub decision: String,
    /// In which role it was given.
    pub role: Option<String>,
    /// When it was given.
    pub at: Option<Moment>,
}

impl CounselReading {
    /// The reading with its author's role, its date and where to find it.
    pub fn in_words(&self) -> String {
        let role = self.role.iter().map(|role| format!("by {role}"));
        let at = self.at.iter().map(|at| format!("on {at}"));
        let decision = std::iter::once(format!("decision {}", self.decision));
        let said: Vec<String> = role.chain(at).chain(decision).collect();
        format!("{} ({})", self.value, said.join(", "))
    }
}

/// [`Reserved`] as it stands in JSON.
#[derive(Serialize, Deserialize)]
struct FlatReserved {
    id: String,
    question: String,
    #[serde(default)]
    working_reading: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reading: Option<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reading_role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reading_at: Option<Moment>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    disputed: bool,
}

impl From<FlatReserved> for Reserved {
    fn from(flat: FlatReserved) -> Reserved {
        let (role, at) = (flat.reading_role, flat.reading_at);
        Reserved {
            id: flat.id,
            question: flat.question,
            working_reading: flat.working_reading,
            reading: flat.reading.map(|(value, decision)| CounselReading {
                value,
                decision,
                role,
                at,
            }),
            disputed: flat.disputed,
        }
    }
}

impl From<Reserved> for FlatReserved {
    fn from(reserved: Reserved) -> FlatReserved {
        let mut flat = FlatReserved {
            id: reserved.id,
            question: reserved.question,
            working_reading: reserved.working_reading,
            reading: None,
            reading_role: None,
            reading_at: None,
            disputed: reserved.disputed,
        };
        if let Some(reading) = reserved.reading {
            flat.reading = Some((reading.value, reading.decision));
            flat.reading_role = reading.role;
            flat.reading_at = reading.at;
        }
        flat
    }
}

/// One thing supposed, and what it would make of an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Near {
    /// What kind of thing: `count`, `fact`, `act`, `carve_out`, `reading`, `in_force`, `instance`.
    pub kind: String,
    /// What would be otherwise, in words.
    pub what: String,
    /// The clause, or the id of the question reserved to counsel.
    pub cite: String,
    /// How it is now.
    pub now: String,
    /// What each other value would make of the duty.
    pub would: BTreeMap<String, Answer>,
}

/// One duty of one order for one incident. `D` is its digest, or [`Untaken`]: see [`Undigested`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Determination<D = String> {
    /// The incident.
    pub incident: String,
    /// The least of its matters.
    #[serde(default)]
    pub matter: Option<String>,
    /// The order.
    pub order: String,
    /// The duty; `None` for an order that has no such duty or whose text is not known.
    #[serde(default)]
    pub duty: Option<String>,
    /// Digest of this determination's content, itself left empty.
    pub digest: D,
    /// The facts it rests on: `Incident::facts_digest`.
    pub facts_digest: String,
    /// The pack's digest and evidence grade.
    pub pack: PackStamp,
    /// The answer.
    pub answer: Answer,
    /// Why.
    pub because: Because,
    /// The texts of the duty that applied, or may have, where it had several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<String>,
    /// The counts of this duty's clause, by unit (`accounts`, `consumers`, `resources`, `devices`).
    pub counts: BTreeMap<String, Interval>,
    /// The running legal limit that ends first.
    #[serde(default)]
    pub clock: Option<Clock>,
    /// All limits, also those not started.
    pub clocks: Vec<Clock>,
    /// "A reasonable time", by policy.
    #[serde(default)]
    pub reminder: Option<Reminder>,
    /// When it was done, by the ids of `performed` reports and releases.
    pub performed: Vec<PerformedAt>,
    /// What would settle or change it.
    pub asks: Vec<Ask>,
    /// What is reserved to counsel.
    pub reserved: Vec<Reserved>,
    /// Near the line: for what is not owed or open, each single fact, count or reading that would
    /// change the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub near: Vec<Near>,
    /// For what is not owed or open: each record without which it would be owed, up to five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spared_by: Vec<SparedBy>,
    /// At least how many more such records there are, or were too many to be tried.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub spared_by_more: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A record that took a duty away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SparedBy {
    /// The record's id.
    pub record: String,
    /// By what: `retraction`, `dispute`, `part`, `revocation`, `tally`, `milestone`, `key`,
    /// `circumstance`, `account`, `late_grant`, `answer`, `reading`, `judgement`.
    pub kind: String,
    /// What it says, in words.
    pub what: String,
    /// What the duty would be without it: `owed`, or `open` where that is not counted.
    pub without: Answer,
    /// Not without it alone, but without so many records of its kind together, of which it is one;
    /// 0: without it alone.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub together: u64,
}

impl SparedBy {
    /// Whether a system that keeps accounts or grants named the record, and may have called it
    /// after whom it is about.
    pub fn may_be_called_after_people(&self) -> bool {
        let kinds = [Taker::Account, Taker::LateGrant];
        kinds.iter().any(|one| one.as_str() == self.kind)
    }

    /// What the record is called where people look at answers and nobody asked for the record: of
    /// one that may be called after people a digest, the same that a notice says.
    pub fn shown(&self) -> Cow<'_, str> {
        match self.may_be_called_after_people() {
            true => facts::short_id("rec", &[&self.record]).into(),
            false => self.record.as_str().into(),
        }
    }

    /// What is supposed away, in words: `it`, or all of so many.
    pub fn without_what(&self) -> String {
        match self.together {
            0 => "it".to_owned(),
            many => format!("all {many} of its kind together"),
        }
    }
}

/// Whether an incident is told, of which `all` is every bound order's every duty. It is told whole
/// or not at all: where nothing counts since late grants excuse all of it, only if some duty is
/// owed all the same, or would be without these, or was done. Of any other there is nothing to say.
pub fn keep_told(incident: &Incident, all: &[Undigested]) -> bool {
    let says = |one: &Undigested| {
        one.answer == Answer::Owed || !one.spared_by.is_empty() || !one.performed.is_empty()
    };
    !incident.is_excused() || all.iter().any(says)
}

/// Which text an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackStamp {
    /// Digest of the pack.
    pub digest: String,
    /// Evidence grade of its text.
    pub grade: String,
}

/// A duty was done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PerformedAt {
    /// When.
    #[serde(default)]
    pub at: Option<Moment>,
    /// The record that says so.
    pub record: String,
    /// Which part.
    #[serde(default)]
    pub part: Option<String>,
}

/// Stands where the digest of a determination will stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Untaken;

/// A determination without its digest. To take it costs as much as to decide, and not everything
/// that is decided is written: so it is taken once, where nothing is added any more. Until then it
/// can be looked at, and nobody can write it:
///
/// ```compile_fail
/// fn bytes(one: tocsin_obligation::Undigested) -> Vec<u8> {
///     serde_json::to_vec(&one).unwrap()
/// }
/// ```
///
/// ```
/// fn bytes(one: tocsin_obligation::Undigested) -> Vec<u8> {
///     serde_json::to_vec(&one.digested()).unwrap()
/// }
/// ```
pub type Undigested = Determination<Untaken>;

impl Undigested {
    /// With its digest: SHA-256 of it as canonical JSON, the digest itself left empty.
    pub fn digested(self) -> Determination {
        let Determination {
            incident,
            matter,
            order,
            duty,
            digest: Untaken,
            facts_digest,
            pack,
            answer,
            because,
            texts,
            counts,
            clock,
            clocks,
            reminder,
            performed,
            asks,
            reserved,
            near,
            spared_by,
            spared_by_more,
        } = self;
        let mut one = Determination {
            incident,
            matter,
            order,
            duty,
            digest: String::new(),
            facts_digest,
            pack,
            answer,
            because,
            texts,
            counts,
            clock,
            clocks,
            reminder,
            performed,
            asks,
            reserved,
            near,
            spared_by,
            spared_by_more,
        };
        one.digest = facts::digest_json(&one);
        one
    }
}

impl<D> Determination<D> {
    /// The key on the determinations topic: incident, order and duty.
    pub fn key(&self) -> String {
        format!(
            "{}|{}|{}",
            self.incident,
            self.order,
            self.duty.as_deref().unwrap_or("-")
        )
    }

    /// What took it away, in one line; nothing where no record did.
    pub fn spared_in_a_line(&self) -> Option<String> {
        let more = match self.spared_by_more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = self.spared_by.iter().map(|one| {
            let may = match (one.without, one.together) {
                (Answer::Owed, 0) => "",
                (Answer::Owed, _) => ", with others",
                (Answer::Open | Answer::NotOwed, _) => ", perhaps",
            };
            format!("{} ({}{may})", one.shown(), one.kind.replace('_', " "))
        });
        let named: Vec<String> = named.collect();
        (!named.is_empty()).then(|| format!("spared by {}{more}", named.join(", ")))
    }

    /// Which date no text, or no calendar, covers; nothing where all are covered.
    pub fn uncovered(&self) -> Option<&str> {
        let mut reserved = self.reserved.iter();
        let found = reserved.find(|one| one.id == DATE_UNCOVERED);
        found.map(|one| one.question.as_str())
    }

    /// Why, in one line: the clause that carries the answer and, where it is a count, what was left
    /// out of it; and a date that is not covered, which alone says why it is open. The whole reason
    /// is [`Determination::because`].
    pub fn in_a_line(&self) -> String {
        let uncovered = self.uncovered();
        let uncovered = uncovered.map(|question| format!("{DATE_UNCOVERED}: {question}"));
        match (uncovered, self.answer) {
            (Some(uncovered), Answer::Owed) => {
                format!("{} {uncovered}", with_stop(self.clause_in_a_line()))
            }
            (Some(uncovered), Answer::NotOwed | Answer::Open) => uncovered,
            (None, _) => self.clause_in_a_line(),
        }
    }

    fn clause_in_a_line(&self) -> String {
        let mut node = &self.because;
        // The root and the condition as a whole say nothing that the limb below does not.
        for _ in 0..2 {
            let carries = |part: &&Because| part.value == node.value;
            match node
                .of
                .iter()
                .rev()
                .find(carries)
                .filter(|_| node.count.is_none())
            {
                Some(part) => node = part,
                None => break,
            }
        }
        let left_out = node.of.iter().filter(|part| part.count.is_some());
        let reasons: Vec<String> = left_out
            .map(|part| format!("{} ({})", part.text, part.count.unwrap_or(Interval::ZERO)))
            .collect();
        match reasons.is_empty() {
            true => node.text.clone(),
            false => format!("{} {}", with_stop(node.text.clone()), reasons.join(". ")),
        }
    }
}

/// `text` as a sentence that another one may follow.
fn with_stop(mut text: String) -> String {
    if !text.ends_with(['.', '?', '!']) {
        text.push('.');
    }
    text
}
