//! What is on record about duties: what was done, what was violated, what others directed.

use super::Ground;
use crate::token::tokens;
use crate::{Information, Interval, Moment, YesNo};
use serde::{Deserialize, Serialize};

tokens! {
    /// Which part of a duty was done.
    PerformedPart {
        /// The report.
        Report = "report",
        /// An update.
        Update = "update",
        /// To the assessor.
        Assessor = "assessor",
        /// To a State authority.
        StateAuthority = "state_authority",
        /// To individuals.
        Individuals = "individuals",
        /// To media.
        Media = "media",
        /// To facilities.
        Facilities = "facilities",
        /// To the board.
        Board = "board",
        /// Publication.
        Publication = "publication",
        /// A task of the program.
        Task = "task",
    }
}

/// A duty was done, in tocsin or by hand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Performed {
    /// The order.
    pub order: String,
    /// The duty.
    pub duty: String,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// Which part; absent: the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<PerformedPart>,
    /// For which period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// Until when it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// Its text, by the name of a `document` report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

/// A section of an order was, or may have been, violated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Noncompliance {
    /// The order.
    pub order: String,
    /// The provision, beginning with the section as the pack writes it.
    pub provision: String,
    /// What happened.
    pub text: String,
    /// Whether it is a violation; absent or null: yes, for that is what the record is there to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violated: Option<YesNo>,
    /// How sure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// Whether it is material.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub material: Option<YesNo>,
    /// About how many people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumers: Option<Interval>,
    /// About which classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub information: Option<Vec<Information>>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// When it was corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<Moment>,
    /// When it was disclosed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosed_at: Option<Moment>,
}

/// Whether `provision` lies in `section`: "I" covers "I" and "I.A", not "II".
pub fn section_covers(section: &str, provision: &str) -> bool {
    provision
        .strip_prefix(section)
        .is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
}

tokens! {
    /// What the Commission's staff changed.
    StaffChange {
        /// The date.
        Due = "due",
        /// The channel.
        Channel = "channel",
        /// The form.
        Form = "form",
    }
}

/// The Commission's staff directed otherwise in writing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StaffDirection {
    /// The order.
    pub order: String,
    /// The duty; absent: all of the order's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duty: Option<String>,
    /// What changes.
    pub changes: StaffChange,
    /// To what: a date for `due`, words for the others.
    pub to: String,
    /// When they wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// The letter, by the name of a `document` report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

/// A law-enforcement agency asked that public notice be delayed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LawEnforcementRequest {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// Whether it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<YesNo>,
    /// Whether it was in writing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<YesNo>,
    /// By which agency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// Whom to contact there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The request, by the name of a `document` report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_covers_its_parts_only() {
        let covers = section_covers;
        assert!(covers("I", "I") && covers("I", "I.A") && covers("III.E", "III.E.1"));
        assert!(!covers("I", "II") && !covers("III.E.1", "III.E"));
    }
}
