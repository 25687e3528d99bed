//! Which notices an incident has: drafts, what was released, supplements and withdrawals.

use crate::compose::{ComposeError, ReleasedBefore, compose, groups, last};
use crate::discretion::Discretion;
use crate::document::{Kind, NoticeDocument, notice_id};
use crate::frame::Frame;
use crate::ledger::{Ledger, Problem};
use crate::phase::Phase;
use crate::ready::{OutboxEntry, Released};
use crate::record::NoticeRecord;
use crate::settings::Settings;
use crate::state::{NoticeState, state};
use crate::whole::withdrawal_key;
use facts::{Act, BreachEvent, Decision, Performed, PerformedPart, Report};
use incident::Incident;
use obligation::{Answer, Determination};
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

/// Notices that people released, judged once for many incidents.
#[derive(Debug, Clone, Default)]
pub struct Decided {
    ledger: Ledger,
    released: Vec<(ReleasedBefore, NoticeState)>,
}

impl Decided {
    /// Judges every release on record by the documents that the decisions carry.
    pub fn new(decisions: &[Decision]) -> Decided {
        let ledger = Ledger::new(decisions);
        let mut all = Vec::new();
        for notice in ledger.notices() {
            let state = state(notice, None, &ledger);
            if let Some(released) = &state.released {
                let before = ReleasedBefore {
                    document: released.document().clone(),
                    digest: released.digest().to_owned(),
                    at: released.at(),
                };
                all.push((before, state));
            }
        }
        Decided {
            ledger,
            released: all,
        }
    }

    /// The decisions.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Each release with how it stands now.
    pub(crate) fn releases(&self) -> impl Iterator<Item = &(ReleasedBefore, NoticeState)> {
        self.released.iter()
    }

    /// What releases that stand say was done for this incident, as responders would report it: an
    /// initial notice is the report of its duty, a supplement an update. What was taken back was
    /// not done, as far as is known here: a report says so where it was sent before.
    pub fn performed(&self, incident: &Incident) -> Vec<BreachEvent> {
        let holds = groups(incident);
        let about = self.standing().filter(|(one, _)| one.is_about_any(&holds));
        about
            .filter_map(|(document, released)| {
                let part = match document.kind {
                    Kind::Initial => PerformedPart::Report,
                    Kind::Supplement => PerformedPart::Update,
                    Kind::Withdrawal => return None,
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
        let stands = |state: &&NoticeState| state.phase == Phase::Released;
        self.released.iter().filter_map(move |(one, state)| {
            let state = Some(state).filter(stands)?;
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
    /// Notices of every report duty of `orders`.
    pub fn new<'a>(
        orders: impl IntoIterator<Item = &'a orders::Order>,
        settings: Settings,
    ) -> Notices {
        let reports = |duty: &&orders::Duty| duty.kind == orders::DutyKind::Report;
        Notices::from_frames(
            orders.into_iter().flat_map(|order| {
                order
                    .duties
                    .iter()
                    .filter(reports)
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
    /// withdrawal where the duty is no longer owed).
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
            let here: Vec<&(ReleasedBefore, NoticeState)> = decided
                .released
                .iter()
                .filter(|(one, _)| {
                    one.document.order.order == key.0
                        && one.document.duty.duty == key.1
                        && one.document.is_about_any(&holds)
                })
                .collect();
            self.plan_or_wait(&mut plan, frame, incident, determination, decided, &here);
        }
        plan.sort();
        plan
    }

    /// The words of a duty, if notices of it are composed.
    pub(crate) fn frame(&self, order: &str, duty: &str) -> Option<&Frame> {
        self.frames.get(&(order.to_owned(), duty.to_owned()))
    }

    /// Adds to `plan` what one duty has; `here` are its releases.
    pub(crate) fn plan_or_wait(
        &self,
        plan: &mut Plan,
        frame: &Frame,
        incident: &Incident,
        determination: &Determination,
        decided: &Decided,
        here: &[&(ReleasedBefore, NoticeState)],
    ) {
        if let Err(why) = self.plan_duty(plan, frame, incident, determination, decided, here) {
            plan.waiting.push(Waiting {
                determination: determination.key(),
                why,
            });
        }
    }

    fn plan_duty(
        &self,
        plan: &mut Plan,
        frame: &Frame,
        incident: &Incident,
        determination: &Determination,
        decided: &Decided,
        here: &[&(ReleasedBefore, NoticeState)],
    ) -> Result<(), ComposeError> {
        let performed = performed(determination);
        for (one, state) in here {
            plan.outbox.extend(
                state
                    .released
                    .as_ref()
                    .map(|released| released.outbox(state.held.clone())),
            );
            plan.records.push(NoticeRecord::new(
                one.document.clone(),
                state.clone(),
                Vec::new(),
            ));
        }
        let before: Vec<ReleasedBefore> = here
            .iter()
            .filter(|(_, state)| state.phase == Phase::Released)
            .map(|(one, _)| one.clone())
            .collect();
        if !self.is_due(frame, incident, determination, decided, &before) {
            return Ok(());
        }
        let answers = decided.ledger.answers();
        let document = compose(
            frame,
            incident,
            determination,
            &before,
            &answers,
            &self.settings,
        )?;
        if !before.is_empty() && document.changes.is_empty() {
            return Ok(());
        }
        let mut state = state(&document.notice, Some(&document), &decided.ledger);
        state.problems.extend(refused_readings(frame, incident));
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

    /// Whether a draft stands next at all.
    fn is_due(
        &self,
        frame: &Frame,
        incident: &Incident,
        determination: &Determination,
        decided: &Decided,
        before: &[ReleasedBefore],
    ) -> bool {
        let Some(last) = last(before) else {
            return match determination.answer {
                Answer::Owed => true,
                Answer::Open => self.settings.draft_open,
                Answer::NotOwed => false,
            };
        };
        if determination.answer != Answer::NotOwed {
            return true;
        }
        last.document.kind != Kind::Withdrawal
            && !is_to_stand(frame, incident, decided, &withdrawal_key(before))
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
