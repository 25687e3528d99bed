//! Duties whose notices stand in one row: a report and its updates.
//!
//! An update says what has changed since the report or the last update, so it is compared with the
//! releases of both, and as long as one is drafted that goes back as far, nothing is supplemented
//! besides: what changed is said once. It goes to the assessor too, so a copy of the report that
//! was given once is compared with the updates as well. A report that itself follows another duty
//! (that the people be told) is in its own row.

use crate::compose::{ReleasedBefore, last};
use crate::document::Kind;
use crate::frame::Frame;
use crate::phase::Phase;
use crate::plan::{Decided, Notices, Release};
use incident::Incident;
use obligation::{Answer, Determination};
use orders::DutyKind;

/// One duty put to one incident, with what the others of its row leave to it.
pub(crate) struct Put<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) incident: &'a Incident,
    pub(crate) determination: &'a Determination,
    pub(crate) decided: &'a Decided,
    /// The releases with which the next draft is compared: see [`compared_with`].
    pub(crate) before: Vec<ReleasedBefore>,
    /// Of an update: the report that it follows was made, here or by hand.
    pub(crate) is_reported: bool,
    /// What has changed is told by an update.
    pub(crate) is_updated: bool,
}

impl Notices {
    /// The duties whose releases stand in one row with those of `frame`, itself among them.
    pub(crate) fn row<'a>(&'a self, frame: &'a Frame) -> Vec<&'a str> {
        match frame.duty.kind {
            DutyKind::Report | DutyKind::Update => {
                let updates = self.following(frame, DutyKind::Update);
                updates.chain([reported(frame)]).collect()
            }
            DutyKind::AssessorCopy => {
                let updates = self.following(frame, DutyKind::Update);
                updates.chain([frame.duty.duty.as_str()]).collect()
            }
            _ => vec![frame.duty.duty.as_str()],
        }
    }

    /// Of an update, the copies of its report for those to whom updates go too.
    pub(crate) fn copies<'a>(&'a self, frame: &'a Frame) -> Vec<&'a str> {
        match frame.duty.kind {
            DutyKind::Update => self.following(frame, DutyKind::AssessorCopy).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the report that an update follows was made.
    pub(crate) fn is_reported(&self, frame: &Frame, determinations: &[Determination]) -> bool {
        let first = of(determinations, &frame.order.order, reported(frame));
        first.is_some_and(|one| !one.performed.is_empty())
    }

    /// Whether an update that is drafted tells what has changed since this was released: of a
    /// report, and of its copy for those to whom updates go too. It does where it goes back as far
    /// as the last of `before`, and where the way that it goes is known, so that people can release
    /// it. What was taken back before is told by its own next notice. `holds`: the incident's
    /// groups.
    pub(crate) fn is_updated(
        &self,
        frame: &Frame,
        determinations: &[Determination],
        decided: &Decided,
        holds: &[String],
        before: &[ReleasedBefore],
    ) -> bool {
        let told = matches!(frame.duty.kind, DutyKind::Report | DutyKind::AssessorCopy);
        let since = last(before).filter(|one| told && one.document.kind != Kind::Withdrawal);
        let Some(since) = since else {
            return false;
        };
        let order = &frame.order.order;
        self.following(frame, DutyKind::Update).any(|name| {
            let (Some(update), Some(one)) =
                (self.frame(order, name), of(determinations, order, name))
            else {
                return false;
            };
            let row = decided.about(order, &self.row(update), holds);
            let reported = row.iter().any(|(_, state)| state.is_sent());
            if !(reported || self.is_reported(update, determinations)) {
                return false;
            }
            let copies = decided.about(order, &self.copies(update), holds);
            let of_update = compared_with(update, one.answer, &row, &copies);
            let goes_back = last(&of_update).is_some_and(|other| other.at <= since.at);
            self.is_due_again(one) && update.is_sendable() && goes_back
        })
    }

    /// Whether what is due again and again is due once more: a limit that nothing on record has
    /// met. The answer alone does not say so: what was done once stays owed. Where no limit could
    /// be counted it is not known that none is left.
    pub(crate) fn is_due_again(&self, update: &Determination) -> bool {
        let mut limits = update.clocks.iter();
        let is_left = update.clocks.is_empty() || limits.any(obligation::Clock::is_unmet);
        self.is_drafted(update.answer) && is_left
    }

    /// The duties of this kind that follow the report of which `frame` speaks.
    fn following<'a>(&'a self, frame: &'a Frame, kind: DutyKind) -> impl Iterator<Item = &'a str> {
        let (order, first) = (&frame.order.order, reported(frame));
        let all = self.frames().filter(move |one| one.order.order == *order);
        all.filter(move |one| one.duty.kind == kind && one.follows.as_deref() == Some(first))
            .map(|one| one.duty.duty.as_str())
    }
}

/// The report of which `frame` speaks: of an update or a copy the one that it follows, else itself.
pub(crate) fn reported(frame: &Frame) -> &str {
    match frame.duty.kind {
        DutyKind::Update | DutyKind::AssessorCopy | DutyKind::StateCopy => {
            frame.follows.as_deref().unwrap_or(&frame.duty.duty)
        }
        _ => &frame.duty.duty,
    }
}

fn of<'a>(all: &'a [Determination], order: &str, duty: &str) -> Option<&'a Determination> {
    let mut all = all.iter();
    all.find(|one| one.order == order && one.duty.as_deref() == Some(duty))
}

/// The releases with which the next draft of a duty is compared. `here`: those of its row;
/// `copies`: those of copies of the report, with whose first version an update is compared where
/// the report was made by hand.
pub(crate) fn compared_with(
    frame: &Frame,
    answer: Answer,
    here: &[&Release],
    copies: &[&Release],
) -> Vec<ReleasedBefore> {
    let is_own = |one: &ReleasedBefore| one.document.duty.duty == frame.duty.duty;
    let all = standing(here);
    let own: Vec<ReleasedBefore> = all.iter().filter(|one| is_own(one)).cloned().collect();
    let owed = answer != Answer::NotOwed;
    let is_withdrawn = || last(&own).is_some_and(|one| one.document.kind == Kind::Withdrawal);
    match frame.duty.kind {
        // A report that was taken back and is owed is drafted anew, whatever its updates say.
        DutyKind::Report if owed && own.is_empty() && here.iter().any(|(one, _)| is_own(one)) => {
            Vec::new()
        }
        // What was never given itself has no later version, and what is taken back is its own.
        DutyKind::AssessorCopy if own.is_empty() || !owed || is_withdrawn() => own,
        DutyKind::Update if all.is_empty() => {
            let mut first = standing(copies);
            first.retain(|one| one.document.kind == Kind::Initial);
            first
        }
        _ => all,
    }
}

/// Those that were not taken back.
fn standing(releases: &[&Release]) -> Vec<ReleasedBefore> {
    let all = releases.iter();
    all.filter(|(_, state)| state.phase == Phase::Released)
        .map(|(one, _)| one.clone())
        .collect()
}
