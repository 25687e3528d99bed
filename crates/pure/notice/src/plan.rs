//! Which notices an incident has: drafts, what was released, supplements and withdrawals.

use crate::compose::{ComposeError, ReleasedBefore, compose, groups, last};
use crate::discretion::Discretion;
use crate::document::{Kind, NoticeDocument, notice_id};
use crate::frame::Frame;
use crate::ledger::{Entry, Ledger, Problem};
use crate::phase::Phase;
use crate::ready::{OutboxEntry, Released};
use crate::record::NoticeRecord;
use crate::rows::{Put, compared_with};
use crate::settings::Settings;
use crate::state::{NoticeState, state};
use crate::whole::withdrawal_key;
use facts::{Act, BreachEvent, Decision, Performed, PerformedPart, Report};
use incident::Incident;
use obligation::{Answer, Determination};
use orders::DutyKind;
use std::collections::BTreeMap;

/// Composes the notices of a set of orders.
#[derive(Debug, Clone)]
pub struct Notices {
    frames: BTreeMap<(String, String), Frame>,
    settings: Settings,
}

/// The notices of one incident.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Every notice that the incident has, by id.
    pub records: Vec<NoticeRecord>,
    /// What people released, by notice and digest.
    pub outbox: Vec<OutboxEntry>,
    /// Duties of which nothing can be said yet, and why. Earlier drafts of them stay as they are.
    pub waiting: Vec<Waiting>,
}

impl Plan {
    pub(crate) fn sort(&mut self) {
        self.records.sort_by(|a, b| a.id.cmp(&b.id));
        self.outbox.sort_by_key(OutboxEntry::key);
    }
}

/// A duty of which nothing can be said yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The key of its determination.
    pub determination: String,
    /// Why.
    pub why: ComposeError,
}

/// A release with how it stands now.
pub(crate) type Release = (ReleasedBefore, NoticeState);

/// Notices that people released, judged once for many incidents.
#[derive(Debug, Clone, Default)]
pub struct Decided {
    ledger: Ledger,
    released: Vec<Release>,
    /// Of each notice that was decided on and not released, a document that a decision carries.
    pending: Vec<NoticeDocument>,
}

impl Decided {
    /// Judges every release on record by the documents that the decisions carry.
    pub fn new(decisions: &[Decision]) -> Decided {
        let ledger = Ledger::new(decisions);
        let mut all = Vec::new();
        let mut pending = Vec::new();
        for notice in ledger.notices() {
            let state = state(notice, None, &ledger);
            if let Some(released) = &state.released {
                let before = ReleasedBefore {
                    document: released.document().clone(),
                    digest: released.digest().to_owned(),
                    at: released.at(),
                    decision: released.decision().to_owned(),
                };
                all.push((before, state));
            } else if let Some(one) = ledger.about(notice).find_map(Entry::document) {
                pending.push(one.clone());
            }
        }
        Decided {
            ledger,
            released: all,
            pending,
        }
    }

    /// Approvals and signatures that hold, of notices that would stand in the place of the draft
    /// `now` and are drafted no more: what they are about was joined, or has another number.
    fn lost(&self, now: &NoticeDocument) -> Vec<Problem> {
        let place = |one: &NoticeDocument| (one.order.order.clone(), one.duty.duty.clone());
        let is_lost = |one: &&NoticeDocument| {
            one.notice != now.notice && place(one) == place(now) && one.is_about_any(&now.groups)
        };
        let lost = self.pending.iter().filter(is_lost);
        let entries = lost.flat_map(|one| self.ledger.in_force(&one.notice));
        let problem = |decision: &Decision| {
            let text = format!(
                "the notice that it is about is drafted no more; in its place stands {}: read that \
                 one and decide again",
                now.notice
            );
            Problem::new(decision, "no_draft", text)
        };
        entries.map(problem).collect()
    }

    /// The decisions.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The releases under `duties` of `order` that are about any of `groups`.
    pub(crate) fn about<'a>(
        &'a self,
        order: &str,
        duties: &[&str],
        groups: &[String],
    ) -> Vec<&'a Release> {
        let is_here = |document: &NoticeDocument| {
            document.order.order == order
                && duties.contains(&document.duty.duty.as_str())
                && document.is_about_any(groups)
        };
        let all = self.released.iter();
        all.filter(|(one, _)| is_here(&one.document)).collect()
    }

    /// Each release with how it stands now.
    pub(crate) fn releases(&self) -> impl Iterator<Item = &Release> {
        self.released.iter()
    }

    /// What releases that stand say was done for this incident, as responders would report it: a
    /// notice is its duty done, the supplement of a report an update. The supplement of a copy, a
    /// log or a summary is neither its duty done again nor the Commission updated. What was taken
    /// back was not done, as far as is known here: a report says so where it was sent before.
    pub fn performed(&self, incident: &Incident) -> Vec<BreachEvent> {
        let holds = groups(incident);
        let about = self.standing().filter(|(one, _)| one.is_about_any(&holds));
        about
            .filter_map(|(document, released)| {
                let part = match (document.kind, document.duty.kind) {
                    (Kind::Withdrawal, _) => return None,
                    (Kind::Supplement, DutyKind::Report | DutyKind::Update) => {
                        PerformedPart::Update
                    }
                    (Kind::Supplement, _) => return None,
                    (Kind::Initial, kind) => kind.part(),
                };
                Some(BreachEvent {
                    id: released.decision().to_owned(),
                    matter: incident.matter.clone().unwrap_or_default(),
                    recorded_at: released.at(),
                    by: None,
                    entity: None,
                    report: Report::Performed(Performed {
                        order: document.order.order.clone(),
                        duty: document.duty.duty.clone(),
                        at: Some(released.at()),
                        part: Some(part),
                        period: None,
                        until: None,
                        document: None,
                    }),
                })
            })
            .collect()
    }

    /// By the decision that released it: the groups (by
    /// [`group_digest`](crate::document::group_digest)) that each release which stands is about.
    pub fn released_about(&self) -> BTreeMap<String, Vec<String>> {
        self.standing()
            .map(|(document, released)| (released.decision().to_owned(), document.groups.clone()))
            .collect()
    }

    fn standing(&self) -> impl Iterator<Item = (&NoticeDocument, &Released)> {
        self.released.iter().filter_map(move |(one, state)| {
            let state = Some(state).filter(|state| state.is_sent())?;
            Some((&one.document, state.released.as_ref()?))
        })
    }

    /// The record of every notice that was released, whatever became of its incident. A plan may
    /// hold a newer one of the same id: a draft that people took up after a withdrawal.
    pub fn records(&self) -> Vec<NoticeRecord> {
        self.released
            .iter()
            .map(|(one, state)| NoticeRecord::new(one.document.clone(), state.clone(), Vec::new()))
            .collect()
    }

    /// Everything that was released, whatever became of its incident.
    pub fn outbox(&self) -> Vec<OutboxEntry> {
        let mut outbox: Vec<OutboxEntry> = self
            .released
            .iter()
            .filter_map(|(_, state)| {
                state
                    .released
                    .as_ref()
                    .map(|released| released.outbox(state.held.clone()))
            })
            .collect();
        outbox.sort_by_key(OutboxEntry::key);
        outbox
    }
}

impl Notices {
    /// Notices of every duty of `orders` that is done by a document.
    pub fn new<'a>(
        orders: impl IntoIterator<Item = &'a orders::Order>,
        settings: Settings,
    ) -> Notices {
        let papers = |duty: &&orders::Duty| duty.kind.is_paper();
        Notices::from_frames(
            orders.into_iter().flat_map(|order| {
                order
                    .duties
                    .iter()
                    .filter(papers)
                    .map(|duty| Frame::of(order, duty))
            }),
            settings,
        )
    }

    /// The same from frames.
    pub fn from_frames(frames: impl IntoIterator<Item = Frame>, settings: Settings) -> Notices {
        let key = |frame: &Frame| (frame.order.order.clone(), frame.duty.duty.clone());
        Notices {
            frames: frames
                .into_iter()
                .map(|frame| (key(&frame), frame))
                .collect(),
            settings,
        }
    }

    /// Digest of what decides here: with the packs' own digests, a change of it composes anew.
    pub fn digest(&self) -> String {
        let settings = &self.settings;
        let frames: Vec<(&String, &String)> = self
            .frames
            .values()
            .map(|frame| (&frame.order.order, &frame.order.pack))
            .collect();
        facts::digest_json(&(
            crate::document::FORMAT,
            frames,
            &settings.contact,
            settings.actor_account_always_stated,
            &settings.bound,
            &settings.documents,
            settings.draft_open,
        ))
    }

    /// The notices of `incident`: for each duty the release that it has, and the draft that stands
    /// next (an initial notice, a supplement where what was released has materially changed, a
    /// withdrawal where the duty is no longer owed). Where an update of a report is drafted, what
    /// has changed since the report goes into it, and into no supplement besides.
    ///
    /// A released document belongs to whatever incident holds any of the groups that it names, also
    /// after joins; its record is made from decisions alone and so is the same from each of them.
    pub fn plan(
        &self,
        incident: &Incident,
        determinations: &[Determination],
        decided: &Decided,
    ) -> Plan {
        let mut plan = Plan::default();
        let holds = groups(incident);
        for determination in determinations {
            let Some(duty) = &determination.duty else {
                continue;
            };
            let key = (determination.order.clone(), duty.clone());
            let Some(frame) = self.frames.get(&key) else {
                continue;
            };
            let here = decided.about(&key.0, &self.row(frame), &holds);
            let copies = decided.about(&key.0, &self.copies(frame), &holds);
            let before = compared_with(frame, determination.answer, &here, &copies);
            let is_updated = self.is_updated(frame, determinations, decided, &holds, &before);
            let put = Put {
                frame,
                incident,
                determination,
                decided,
                before,
                is_reported: self.is_reported(frame, determinations),
                is_updated,
            };
            self.plan_or_wait(&mut plan, &put, &here);
        }
        plan.sort();
        plan
    }

    /// The words of a duty, if notices of it are composed.
    pub(crate) fn frame(&self, order: &str, duty: &str) -> Option<&Frame> {
        self.frames.get(&(order.to_owned(), duty.to_owned()))
    }

    /// Every duty of which notices are composed.
    pub(crate) fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.frames.values()
    }

    /// Adds to `plan` what one duty has; `here` are the releases of its row.
    pub(crate) fn plan_or_wait(&self, plan: &mut Plan, put: &Put<'_>, here: &[&Release]) {
        if let Err(why) = self.plan_duty(plan, put, here) {
            plan.waiting.push(Waiting {
                determination: put.determination.key(),
                why,
            });
        }
    }

    fn plan_duty(
        &self,
        plan: &mut Plan,
        put: &Put<'_>,
        here: &[&Release],
    ) -> Result<(), ComposeError> {
        let (frame, incident, determination) = (put.frame, put.incident, put.determination);
        let performed = performed(determination);
        let ledger = &put.decided.ledger;
        let is_own = |one: &ReleasedBefore| one.document.duty.duty == frame.duty.duty;
        for (one, state) in here.iter().filter(|(one, _)| is_own(one)) {
            let released = state.released.as_ref();
            let held = state.held.clone();
            plan.outbox.extend(released.map(|one| one.outbox(held)));
            let mut state = state.clone();
            let problems = told_otherwise(frame, incident, &one.document, ledger);
            state.problems.extend(problems);
            state.problems.sort();
            let record = NoticeRecord::new(one.document.clone(), state, Vec::new());
            plan.records.push(record);
        }
        let before = &put.before;
        if !self.is_due(put, here) {
            return Ok(());
        }
        let answers = ledger.answers();
        let document = compose(
            frame,
            incident,
            determination,
            before,
            &answers,
            &self.settings,
        )?;
        // An update is due whether or not anything has changed.
        let is_update = frame.duty.kind == DutyKind::Update;
        if !before.is_empty() && document.changes.is_empty() && !is_update {
            return Ok(());
        }
        let mut state = state(&document.notice, Some(&document), ledger);
        state.problems.extend(refused_readings(frame, incident));
        state.problems.extend(put.decided.lost(&document));
        state.problems.sort();
        // Its own release was taken back: the record above shows that until people take it
        // up again.
        if let Some(index) = plan
            .records
            .iter()
            .position(|record| record.id == document.notice)
        {
            if matches!(state.phase, Phase::Withdrawn | Phase::Rejected) {
                return Ok(());
            }
            plan.records.remove(index);
        }
        plan.records
            .push(NoticeRecord::new(document, state, performed));
        Ok(())
    }

    /// Whether a draft stands next at all; `here` are the releases of its row.
    fn is_due(&self, put: &Put<'_>, here: &[&Release]) -> bool {
        let answer = put.determination.answer;
        let before = &put.before;
        if put.frame.duty.kind == DutyKind::Update {
            let follows = put.is_reported || here.iter().any(|(_, state)| state.is_sent());
            // One that is held is still to be sent itself.
            let is_held = here.iter().any(|(one, state)| {
                let is_own = one.document.duty.duty == put.frame.duty.duty;
                is_own && state.phase == Phase::Released && state.held.is_some()
            });
            return follows && !is_held && self.is_due_again(put.determination);
        }
        let Some(last) = last(before) else {
            return self.is_drafted(answer);
        };
        if answer != Answer::NotOwed {
            return !put.is_updated;
        }
        last.document.kind != Kind::Withdrawal
            && !is_to_stand(
                put.frame,
                put.incident,
                put.decided,
                &withdrawal_key(before),
            )
    }

    /// Whether a duty with this answer gets a draft.
    pub(crate) fn is_drafted(&self, answer: Answer) -> bool {
        match answer {
            Answer::Owed => true,
            Answer::Open => self.settings.draft_open,
            Answer::NotOwed => false,
        }
    }
}

/// The readings on record of questions of the order that no answer follows, and why. They are of
/// one incident, so only its draft says so: what was released is the same from every incident.
fn refused_readings(frame: &Frame, incident: &Incident) -> Vec<Problem> {
    let refused = incident.decisions.iter().filter_map(|decision| {
        let why = frame.readings.refused(&incident.id, decision)?;
        Some((decision, why))
    });
    let refused: Vec<(&Decision, String)> = refused.collect();
    if refused.is_empty() {
        return Vec::new();
    }
    let discretion = Discretion::of(incident);
    let problem = |(decision, why): (&Decision, String)| {
        let text = format!("this reading is not followed: {}", discretion.masked(&why));
        Problem::new(decision, "refused_reading", text)
    };
    refused.into_iter().map(problem).collect()
}

/// Readings of counsel by which what was released says too much or too little: by another reading
/// of what a document says than the one that it was drafted by, people write it. They are of the
/// incident that holds all that the document is about, so the record is the same from each.
fn told_otherwise(
    frame: &Frame,
    incident: &Incident,
    document: &NoticeDocument,
    ledger: &Ledger,
) -> Vec<Problem> {
    if frame.contents.is_empty() {
        return Vec::new();
    }
    let holds = groups(incident);
    if document.kind == Kind::Withdrawal || !document.groups.iter().all(|one| holds.contains(one)) {
        return Vec::new();
    }
    let raised = |question: &str| document.reserved.iter().any(|one| one.id == question);
    let otherwise = ledger.readings().into_iter().filter_map(|decision| {
        let (question, value) = frame.readings.followed(&incident.id, decision)?;
        let drafted = frame.contents.get(question).filter(|_| raised(question))?;
        (value != drafted).then(|| {
            let text = format!(
                "counsel reads `{question}` as `{value}`, and what was released was drafted as \
                 `{drafted}`; write by hand what is to stand in its place and record `performed`"
            );
            Problem::new(decision, "other_reading", text)
        })
    });
    otherwise.collect()
}

/// Whether people answered that what was released is to stand.
fn is_to_stand(frame: &Frame, incident: &Incident, decided: &Decided, key: &str) -> bool {
    let (order, duty) = (&frame.order.order, &frame.duty.duty);
    let question = facts::short_id("gap", &[&incident.id, order, duty, key]);
    let answers = decided.ledger.answers();
    let mut values = incident
        .decisions
        .iter()
        .chain(answers)
        .filter_map(|one| match &one.act {
            Act::Answer(answer) if answer.question == question => {
                Some(answer.value.trim().trim_matches('"').to_lowercase())
            }
            _ => None,
        });
    values
        .next()
        .is_some_and(|first| first == "no" && values.all(|value| value == "no"))
}

/// Reports that say that the duty was done by hand.
fn performed(determination: &Determination) -> Vec<String> {
    let mut records: Vec<String> = determination
        .performed
        .iter()
        .map(|one| one.record.clone())
        .collect();
    records.sort();
    records.dedup();
    records
}

/// The id of the initial notice of a duty, for links from a determination to its notice.
pub fn initial_notice_id(order: &str, duty: &str, incident: &str) -> String {
    notice_id(order, duty, incident, Kind::Initial, 0)
}
