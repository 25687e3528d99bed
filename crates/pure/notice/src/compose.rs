//! Composes one notice: caption, reasons, due date, items, gaps, and what every notice bears.

use crate::case::Case;
use crate::changes;
use crate::discretion::Discretion;
use crate::document::{
    Due, DutyHead, FORMAT, Kind, NoticeDocument, Reason, ReasonableTime, group_digest, notice_id,
};
use crate::frame::Frame;
use crate::parts::{Change, Earlier, ReservedReading};
use crate::settings::Settings;
use crate::{items, texts, whole};
use facts::{Decision, Kleene, Moment, Report};
use incident::Incident;
use jiff::tz::TimeZone;
use obligation::{Answer, Because, Determination, PerformedAt};
use orders::DutyKind;
use std::collections::BTreeSet;

/// A document that was released before, for the same duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleasedBefore {
    /// What was released.
    pub document: NoticeDocument,
    /// Its digest.
    pub digest: String,
    /// When.
    pub at: Moment,
    /// The decision that released it.
    pub decision: String,
}

/// Why no notice was composed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComposeError {
    /// The determination is about another incident, order or duty.
    NotAboutThis {
        /// What was asked for.
        wanted: String,
        /// What the determination is about.
        found: String,
    },
    /// Incident and determination rest on different facts: one of them is behind.
    DifferentFacts {
        /// The incident.
        incident: String,
    },
    /// The pack names a zone that does not exist.
    UnknownZone {
        /// The zone.
        zone: String,
    },
}

impl std::fmt::Display for ComposeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ComposeError::NotAboutThis { wanted, found } => write!(
                f,
                "no notice was composed: it was to be about {wanted}, but the determination is \
                 about {found}; give the determination of this incident and duty"
            ),
            ComposeError::DifferentFacts { incident } => write!(
                f,
                "no notice was composed: incident {incident} and its determination rest on \
                 different facts; compose when both have arrived"
            ),
            ComposeError::UnknownZone { zone } => write!(
                f,
                "no notice was composed: the pack counts days in \"{zone}\", which is no time \
                 zone; write one such as America/New_York"
            ),
        }
    }
}

impl std::error::Error for ComposeError {}

/// Composes the notice that stands next for one duty of one incident.
///
/// `before` are the releases for this duty, of a report and its updates those of both, of a copy
/// those of updates too, and of an update without any those of copies of the report, in any order:
/// without any it is the initial notice, else a supplement, or a withdrawal where the duty is no
/// longer owed. `answers` are
/// decisions in force beside those that the incident holds.
///
/// Errors: incident and determination do not belong together; the pack's zone does not exist.
pub fn compose(
    frame: &Frame,
    incident: &Incident,
    determination: &Determination,
    before: &[ReleasedBefore],
    answers: &[&Decision],
    settings: &Settings,
) -> Result<NoticeDocument, ComposeError> {
    check(frame, incident, determination)?;
    let zone = TimeZone::get(&frame.zone).map_err(|_| ComposeError::UnknownZone {
        zone: frame.zone.clone(),
    })?;
    let discretion = Discretion::of(incident);
    let mut case = Case::new(
        frame,
        incident,
        determination,
        settings,
        &discretion,
        zone,
        answers,
    );

    let by_hand = by_hand(&case, before);
    let (kind, ordinal) = next(frame, determination.answer, before, by_hand.len());
    let mut enclosures = Vec::new();
    // A withdrawal says why the duty is not owed; it reports nothing anew.
    let items = match kind {
        Kind::Withdrawal => Vec::new(),
        Kind::Initial | Kind::Supplement => items::fill(&mut case, &mut enclosures),
    };
    let notice = notice_id(
        &frame.order.order,
        &frame.duty.duty,
        &incident.id,
        kind,
        ordinal,
    );
    let channel = whole::channel(&mut case, kind, ordinal, &notice);
    let contact = whole::contact(&mut case);
    let confidentiality = whole::confidentiality(&mut case);
    whole::note_whole(&mut case, kind, before, &by_hand);

    let mut document = NoticeDocument {
        format: FORMAT,
        notice,
        kind,
        ordinal,
        incident: incident.id.clone(),
        matters: matters(incident, &discretion),
        groups: about(incident, before),
        order: frame.order.clone(),
        duty: frame.duty.clone(),
        answer: determination.answer,
        why: reasons(&discretion, determination),
        due: determination.clock.as_ref().map(due),
        reminder: determination.reminder.as_ref().map(reasonable_time),
        items,
        enclosures,
        changes: Vec::new(),
        earlier: earlier(before),
        gaps: Vec::new(),
        channel,
        contact,
        confidentiality,
        reservation: texts::reservation(kind),
        assumptions: assumptions(&case),
        reserved: reserved(determination, &discretion),
        caveats: frame.caveats.clone(),
        declaration: frame.declaration.clone(),
    };
    document.gaps = case.into_gaps();
    document.changes = changed(before, &document);
    Ok(document)
}

fn matters(incident: &Incident, discretion: &Discretion<'_>) -> Vec<String> {
    let said = |matter: &String| discretion.masked(matter);
    incident.matters.iter().map(said).collect()
}

fn reasonable_time(reminder: &obligation::Reminder) -> ReasonableTime {
    ReasonableTime {
        since: reminder.since,
        planned: reminder.planned,
        policy: reminder.policy.clone(),
    }
}

/// What `document` says otherwise than the last release; a withdrawal reports no items. Whether it
/// is owed is compared with the last release of its own duty: whether an update is says nothing of
/// whether its report was. A withdrawal is of all.
fn changed(before: &[ReleasedBefore], document: &NoticeDocument) -> Vec<Change> {
    let Some(since) = last(before) else {
        return Vec::new();
    };
    let is_withdrawal = |one: &NoticeDocument| one.kind == Kind::Withdrawal;
    let is_own = |one: &NoticeDocument| one.duty.duty == document.duty.duty || is_withdrawal(one);
    let own = before.iter().filter(|one| is_own(&one.document));
    let own = latest(own).or(Some(since).filter(|_| is_withdrawal(document)));
    let mut changes = changes::between(
        &since.document,
        document,
        own.map(|one| one.document.answer),
    );
    if document.kind == Kind::Withdrawal {
        changes.retain(|change| change.item.is_none());
    }
    changes
}

fn check(
    frame: &Frame,
    incident: &Incident,
    determination: &Determination,
) -> Result<(), ComposeError> {
    let (order, duty) = (&frame.order.order, &frame.duty.duty);
    if determination.incident != incident.id
        || determination.order != *order
        || determination.duty.as_ref() != Some(duty)
    {
        return Err(ComposeError::NotAboutThis {
            wanted: format!("{}|{order}|{duty}", incident.id),
            found: determination.key(),
        });
    }
    if determination.facts_digest != incident.facts_digest {
        return Err(ComposeError::DifferentFacts {
            incident: incident.id.clone(),
        });
    }
    Ok(())
}

/// The groups of `incident` as documents name them.
pub(crate) fn groups(incident: &Incident) -> Vec<String> {
    let mut groups: Vec<String> = incident
        .groups
        .iter()
        .map(|group| group_digest(group))
        .collect();
    groups.sort();
    groups.dedup();
    groups
}

/// What a document about `incident` is about; where nothing of it is left, what was released.
fn about(incident: &Incident, before: &[ReleasedBefore]) -> Vec<String> {
    let mut about = groups(incident);
    if about.is_empty() {
        let released = before.iter().flat_map(|one| one.document.groups.clone());
        about.extend(released.collect::<BTreeSet<_>>());
    }
    about
}

/// Which notice stands next. An update is never the first: the report went before it. Updates that
/// were made `by_hand` have their numbers too.
fn next(frame: &Frame, answer: Answer, before: &[ReleasedBefore], by_hand: usize) -> (Kind, u32) {
    let is_update = frame.duty.kind == DutyKind::Update;
    let kind = match answer {
        _ if is_update => Kind::Supplement,
        _ if before.is_empty() => return (Kind::Initial, 0),
        Answer::NotOwed => Kind::Withdrawal,
        Answer::Owed | Answer::Open => Kind::Supplement,
    };
    // Its own alone: what is compared with others is not numbered with them.
    let is_own = |one: &&ReleasedBefore| {
        one.document.kind == kind && one.document.duty.duty == frame.duty.duty
    };
    let own: Vec<u32> = before
        .iter()
        .filter(is_own)
        .map(|one| one.document.ordinal)
        .collect();
    let made = u32::try_from(own.len() + by_hand).unwrap_or(u32::MAX);
    let released = own.into_iter().max().unwrap_or(0);
    (kind, released.max(made).saturating_add(1))
}

/// Updates that were made by hand: what is on record as done and is neither a release in `before`
/// nor the sending of one. It is the sending of one where it names its notice as the document, or
/// is of the day of the release.
fn by_hand<'a>(case: &Case<'a>, before: &[ReleasedBefore]) -> Vec<&'a PerformedAt> {
    let is_update = |one: &DutyHead| one.kind == DutyKind::Update;
    if !is_update(&case.frame.duty) {
        return Vec::new();
    }
    let day = |at: Moment| at.date_in(&case.zone);
    let named = |record: &str| {
        let mut reports = case.incident.reports.iter();
        let report = reports.find(|one| one.record.id == record)?;
        match &report.record.report {
            Report::Performed(one) => one.document.as_deref(),
            _ => None,
        }
    };
    let is_of = |done: &PerformedAt, one: &ReleasedBefore| {
        let is_same_day = done.at.is_some_and(|at| day(at) == day(one.at));
        let document = named(&done.record);
        done.record == one.decision
            || is_update(&one.document.duty)
                && (is_same_day || document == Some(one.document.notice.as_str()))
    };
    let done = case.determination.performed.iter();
    done.filter(|done| !before.iter().any(|one| is_of(done, one)))
        .collect()
}

/// The last of several releases.
pub(crate) fn last(before: &[ReleasedBefore]) -> Option<&ReleasedBefore> {
    latest(before.iter())
}

fn latest<'a>(all: impl Iterator<Item = &'a ReleasedBefore>) -> Option<&'a ReleasedBefore> {
    all.max_by(|a, b| (a.at, &a.document.notice).cmp(&(b.at, &b.document.notice)))
}

fn earlier(before: &[ReleasedBefore]) -> Vec<Earlier> {
    let mut earlier: Vec<Earlier> = before
        .iter()
        .map(|one| Earlier {
            notice: one.document.notice.clone(),
            kind: one.document.kind,
            duty_kind: one.document.duty.kind,
            ordinal: one.document.ordinal,
            digest: one.digest.clone(),
            released_at: one.at,
        })
        .collect();
    earlier.sort_by(|a, b| (b.released_at, &b.notice).cmp(&(a.released_at, &a.notice)));
    earlier
}

/// Why the duty is owed or not, and for what is not owed (any more) each record without which it
/// would be.
fn reasons(discretion: &Discretion<'_>, determination: &Determination) -> Vec<Reason> {
    fn walk(discretion: &Discretion<'_>, node: &Because, depth: u32, into: &mut Vec<Reason>) {
        into.push(Reason {
            depth,
            text: discretion.masked(&node.text),
            cite: node.cite.clone(),
            value: node.value,
            count: node.count,
            records: discretion.records(&node.records),
        });
        for part in &node.of {
            walk(discretion, part, depth.saturating_add(1), into);
        }
    }
    let mut reasons = Vec::new();
    walk(discretion, &determination.because, 0, &mut reasons);
    reasons.extend(determination.spared_by.iter().map(|one| Reason {
        depth: 0,
        text: format!(
            "Whether it would be owed without record {} ({}: {}){}",
            discretion.taker(one),
            one.kind.replace('_', " "),
            one.what,
            match one.together {
                0 => String::new(),
                _ => format!(", without {}", one.without_what()),
            }
        ),
        cite: None,
        value: match one.without {
            Answer::Owed => Kleene::Yes,
            Answer::Open | Answer::NotOwed => Kleene::Unknown,
        },
        count: None,
        records: vec![discretion.taker(one)],
    }));
    reasons
}

fn due(clock: &obligation::Clock) -> Due {
    Due {
        limb: clock.limb.clone(),
        anchor: clock.anchor.clone(),
        anchor_at: clock.anchor_at,
        anchor_basis: clock.anchor_basis.clone(),
        zone: clock.zone.clone(),
        method: clock.method.clone(),
        days: clock.days,
        planned: clock.planned,
        outer: clock.outer,
        notes: clock.notes.clone(),
    }
}

fn reserved(determination: &Determination, discretion: &Discretion<'_>) -> Vec<ReservedReading> {
    determination
        .reserved
        .iter()
        .map(|one| ReservedReading::of(one, discretion))
        .collect()
}

fn assumptions(case: &Case<'_>) -> Vec<String> {
    let mut lines = vec![texts::actor_account(
        case.settings.actor_account_always_stated,
    )];
    if !case.frame.in_force_known {
        lines.push(
            if case.settings.bound.contains(&case.frame.order.order) {
                "The pack does not know from when the order is in force; the configuration \
                 states it."
            } else {
                "The pack does not know from when the order is in force; it is taken to bind."
            }
            .to_owned(),
        );
    }
    lines
}
