//! notify: one task that composes notices and releases what people released.
//!
//! It composes only where incident and determination rest on the same facts, and it knows the
//! reports that the incident rests on; until then it waits for them. Incidents are composed in
//! pieces, and nothing is said before all that are due are composed: what it says is of one state.

use super::reading::{Decoded, bury, decode, read_whole};
use crate::context::Context;
use crate::runtime::{PassedOver, Processor, Sink, StageError, Step, Work};
use crate::topology::{Stage, Topic};
use facts::{BreachEvent, Decision};
use incident::{Dirty, Fold, IncidentRecord};
use notice::{Decided, NoticeRecord, OutboxEntry, Plan};
use obligation::Determination;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use stream::{Committed, Outgoing, RecordRef, TopicPartition};
use wire::Envelope;

/// What an incident asks to be said: documents by key.
#[derive(Default)]
struct Composed {
    notices: BTreeMap<String, Envelope>,
    outbox: BTreeMap<String, Envelope>,
    /// Something that it rests on is on its way: what was said before stays meanwhile.
    waits: bool,
}

impl Composed {
    fn of(plan: &Plan) -> Composed {
        Composed {
            notices: plan.records.iter().map(notice_envelope).collect(),
            outbox: plan.outbox.iter().map(outbox_envelope).collect(),
            waits: !plan.waiting.is_empty(),
        }
    }
}

/// See the module.
pub(crate) struct NotifyStage {
    context: Rc<Context>,
    incidents: BTreeMap<String, IncidentRecord>,
    /// Determinations by incident and key.
    determinations: BTreeMap<String, BTreeMap<String, Determination>>,
    /// Which incident a determination's key belongs to, for tombstones.
    incident_of: BTreeMap<String, String>,
    reports: Fold,
    decisions: BTreeSet<Decision>,
    /// What people released; stays, whatever became of its incident. `None`: to be judged anew.
    decided: Option<Rc<Decided>>,
    released: Composed,
    /// What is to be said of releases about what is no more.
    of_gone: Composed,
    /// By incident.
    composed: BTreeMap<String, Composed>,
    /// What stands on notices and on outbox: key → digest of the value.
    notices: BTreeMap<String, String>,
    outbox: BTreeMap<String, String>,
    /// Incidents to be composed (again).
    due: BTreeSet<String>,
    /// Groups about which reports came in.
    reported: Dirty,
    /// Whether what is composed may differ from what was said.
    unsaid: bool,
}

impl NotifyStage {
    /// With what it said before.
    pub(crate) fn new(context: &Rc<Context>) -> Result<NotifyStage, StageError> {
        let mut stage = NotifyStage {
            context: context.clone(),
            incidents: BTreeMap::new(),
            determinations: BTreeMap::new(),
            incident_of: BTreeMap::new(),
            reports: Fold::new(),
            decisions: BTreeSet::new(),
            decided: None,
            released: Composed::default(),
            of_gone: Composed::default(),
            composed: BTreeMap::new(),
            notices: BTreeMap::new(),
            outbox: BTreeMap::new(),
            due: BTreeSet::new(),
            reported: Dirty::new(),
            unsaid: true,
        };
        for topic in [Topic::Notices, Topic::Outbox] {
            read_whole(context, Stage::Notify, topic, None, &mut |record| {
                let said = if topic == Topic::Notices {
                    &mut stage.notices
                } else {
                    &mut stage.outbox
                };
                let key = String::from_utf8_lossy(record.key.unwrap_or_default()).into_owned();
                match decode::<Envelope>(context, topic, &record)? {
                    Decoded::Record(one) => {
                        said.insert(key, one.digest);
                    }
                    Decoded::Tombstone => {
                        said.remove(&key);
                    }
                    Decoded::Bad(_) => {}
                }
                Ok(())
            })?;
        }
        Ok(stage)
    }

    fn put(&mut self, topic: Topic, record: &RecordRef<'_>) -> Result<(), crate::codec::Bad> {
        let codec = &self.context.codec;
        let key = || String::from_utf8_lossy(record.key.unwrap_or_default()).into_owned();
        match (topic, record.value) {
            (Topic::Incidents, None) => {
                self.incidents.remove(&key());
                self.due.insert(key());
            }
            (Topic::Incidents, Some(value)) => {
                let envelope: Envelope = codec.decode(topic, value)?;
                let one: IncidentRecord = codec.document(topic, &envelope)?;
                self.incidents.insert(key(), one);
                self.due.insert(key());
            }
            (Topic::Determinations, None) => {
                if let Some(incident) = self.incident_of.remove(&key())
                    && let Some(of) = self.determinations.get_mut(&incident)
                {
                    of.remove(&key());
                    self.due.insert(incident);
                }
            }
            (Topic::Determinations, Some(value)) => {
                let envelope: Envelope = codec.decode(topic, value)?;
                let one: Determination = codec.document(topic, &envelope)?;
                self.incident_of.insert(key(), one.incident.clone());
                self.due.insert(one.incident.clone());
                self.determinations
                    .entry(one.incident.clone())
                    .or_default()
                    .insert(key(), one);
            }
            (Topic::BreachEvents, Some(value)) => {
                let event: BreachEvent = codec.decode(topic, value)?;
                let groups = self.reports.put_breach(event);
                self.reported.extend(groups);
                self.unsaid = true;
            }
            (Topic::Decisions, Some(value)) => {
                let decision: Decision = codec.decode(topic, value)?;
                self.reports.put_decision(decision.clone());
                self.decisions.insert(decision);
                self.decided = None;
            }
            _ => {}
        }
        Ok(())
    }

    /// Incident, as far as a notice needs it: what assess says of it, with the reports themselves.
    fn incident(&self, record: &IncidentRecord) -> Option<incident::Incident> {
        let reports = self.reports.incident_among(&record.groups);
        let incident = incident::from_record(record, reports);
        let known: BTreeSet<&str> = incident
            .reports
            .iter()
            .map(|one| one.record.id.as_str())
            .collect();
        // What assess has read and this stage has not will come, and this is done again.
        record
            .reports
            .iter()
            .all(|id| known.contains(id.as_str()))
            .then_some(incident)
    }

    /// What people released, judged once for all incidents; where it changed, all are due.
    fn decide(&mut self) -> Rc<Decided> {
        if let Some(decided) = &self.decided {
            return decided.clone();
        }
        let decisions: Vec<Decision> = self.decisions.iter().cloned().collect();
        let decided = Rc::new(self.context.law.decided(&decisions));
        self.released = Composed {
            notices: decided.records().iter().map(notice_envelope).collect(),
            outbox: decided.outbox().iter().map(outbox_envelope).collect(),
            waits: false,
        };
        self.due.extend(self.incidents.keys().cloned());
        self.unsaid = true;
        self.decided = Some(decided.clone());
        decided
    }

    /// Incidents about which reports came in, and those that wait for reports, are due.
    fn spread(&mut self) {
        let reported = std::mem::take(&mut self.reported);
        if reported.is_empty() {
            return;
        }
        for (id, record) in &self.incidents {
            let waits = || self.composed.get(id).is_some_and(|one| one.waits);
            if record.groups.iter().any(|one| reported.contains(one)) || waits() {
                self.due.insert(id.clone());
            }
        }
    }

    /// What one incident asks to be said; `None`: there is no such incident.
    fn compose(&self, id: &str, decided: &Decided) -> Option<Composed> {
        let record = self.incidents.get(id)?;
        let of = self.determinations.get(id).into_iter().flatten();
        let determinations: Vec<Determination> = of
            .filter(|(_, one)| one.facts_digest == record.facts_digest)
            .map(|(_, one)| one.clone())
            .collect();
        let Some(incident) = self.incident(record) else {
            return Some(Composed {
                waits: true,
                ..Composed::default()
            });
        };
        let law = &self.context.law;
        let mut composed = Composed::of(&law.notices(&incident, &determinations, decided));
        composed.waits |= determinations.is_empty();
        Some(composed)
    }

    /// Asks about releases of which no incident is left.
    fn compose_of_gone(&mut self, decided: &Decided) {
        self.of_gone = Composed::default();
        if !decided.released_about().is_empty() {
            let groups = self.incidents.values().flat_map(|one| &one.groups);
            let present = groups.map(|group| notice::group_digest(group)).collect();
            self.of_gone = Composed::of(&self.context.law.notices_of_gone(&present, decided));
        }
    }

    /// Writes at most a piece of what is not said yet, and takes back what is said no more;
    /// whether something is left.
    fn say(&mut self, sink: &mut Sink) -> Result<bool, StageError> {
        let context = &self.context;
        let (mut notices, mut outbox) = (BTreeMap::new(), BTreeMap::new());
        let whole = [&self.released, &self.of_gone].into_iter();
        for one in whole.chain(self.composed.values()) {
            notices.extend(&one.notices);
            outbox.extend(&one.outbox);
        }
        let mut left = context.tuning.piece_incidents;
        for (topic, says, said) in [
            (Topic::Notices, &notices, &mut self.notices),
            (Topic::Outbox, &outbox, &mut self.outbox),
        ] {
            for (key, envelope) in says {
                if said.get(*key) == Some(&envelope.digest) {
                    continue;
                }
                if left == 0 {
                    return Ok(true);
                }
                left -= 1;
                let bytes = context.codec.encode(topic, *envelope)?;
                sink.send(Outgoing::new(
                    context.names.name(topic),
                    key.as_str(),
                    bytes,
                ));
                said.insert((*key).clone(), envelope.digest.clone());
            }
        }
        if self.composed.values().any(|one| one.waits) {
            return Ok(false);
        }
        let name = context.names.name(Topic::Notices);
        self.notices.retain(|id, _| {
            let stays = notices.contains_key(id);
            if !stays {
                sink.send(Outgoing::tombstone(name.clone(), id.as_str()));
            }
            stays
        });
        Ok(false)
    }
}

/// A notice as it stands on its topic, by its key.
fn notice_envelope(one: &NoticeRecord) -> (String, Envelope) {
    let envelope = Envelope {
        id: one.id.clone(),
        incident: Some(one.incident.clone()),
        order: Some(one.order.clone()),
        duty: Some(one.duty.clone()),
        digest: facts::digest_json(one),
        document: facts::canonical_json(one),
    };
    (one.id.clone(), envelope)
}

/// A released notice as it stands on the outbox, by its key.
fn outbox_envelope(one: &OutboxEntry) -> (String, Envelope) {
    let envelope = Envelope {
        id: one.notice.clone(),
        incident: Some(one.incident.clone()),
        order: Some(one.order.clone()),
        duty: Some(one.duty.clone()),
        digest: facts::digest_json(one),
        document: facts::canonical_json(one),
    };
    (one.key(), envelope)
}

impl Processor for NotifyStage {
    fn take(
        &mut self,
        at: &TopicPartition,
        _committed: Option<&Committed>,
    ) -> Result<i64, StageError> {
        let (start, _) = self.context.cluster.range(&at.topic, at.partition)?;
        Ok(start)
    }

    fn release(&mut self, _at: &TopicPartition) {}

    fn broadcast(&mut self, _topic: Topic, _record: RecordRef<'_>) -> Result<(), StageError> {
        Ok(())
    }

    fn prepare(&mut self, _sink: &mut Sink) -> Result<(), StageError> {
        Ok(())
    }

    fn record(
        &mut self,
        topic: Topic,
        record: RecordRef<'_>,
        fresh: bool,
        sink: &mut Sink,
    ) -> Result<(), StageError> {
        match self.put(topic, &record) {
            Ok(()) => sink.kept += u64::from(fresh),
            Err(bad) => {
                let bad = self.context.codec.or_wait(topic, bad, &record)?;
                // The dead letters of inputs are assess's.
                if fresh && matches!(topic, Topic::Incidents | Topic::Determinations) {
                    bury(&self.context.clone(), Stage::Notify, &record, &bad, sink)?;
                } else {
                    sink.pass_over(topic, PassedOver::BuriedElsewhere, u64::from(fresh));
                }
            }
        }
        Ok(())
    }

    fn is_restored(&self) -> bool {
        self.due.is_empty() && !self.unsaid
    }

    fn finish(&mut self, _step: &Step<'_>, sink: &mut Sink) -> Result<Work, StageError> {
        let decided = self.decide();
        self.spread();
        for _ in 0..self.context.tuning.piece_incidents {
            let Some(id) = self.due.pop_first() else {
                break;
            };
            match self.compose(&id, &decided) {
                Some(composed) => self.composed.insert(id, composed),
                None => self.composed.remove(&id),
            };
            self.unsaid = true;
        }
        if !self.due.is_empty() {
            return Ok(Work::More);
        }
        if self.unsaid {
            self.compose_of_gone(&decided);
            self.unsaid = self.say(sink)?;
        }
        Ok(if self.unsaid { Work::More } else { Work::Done })
    }
}
