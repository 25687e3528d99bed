//! notify: one task that composes notices and releases what people released.
//!
//! It composes only where incident and determination rest on the same facts, and it knows the
//! reports that the incident rests on; until then it waits for them.

use super::reading::{Decoded, bury, decode, read_whole};
use crate::context::Context;
use crate::runtime::{Processor, Sink, StageError, Work};
use crate::topology::{Stage, Topic};
use facts::{BreachEvent, Decision};
use incident::{Fold, IncidentRecord};
use notice::{NoticeRecord, OutboxEntry};
use obligation::Determination;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use stream::{Outgoing, RecordRef, TopicPartition};
use wire::Envelope;

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
    /// What stands on notices and on outbox: key → digest of the value.
    notices: BTreeMap<String, String>,
    outbox: BTreeMap<String, String>,
    dirty: bool,
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
            notices: BTreeMap::new(),
            outbox: BTreeMap::new(),
            dirty: true,
        };
        for topic in [Topic::Notices, Topic::Outbox] {
            read_whole(context, topic, None, &mut |record| {
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
            }
            (Topic::Incidents, Some(value)) => {
                let envelope: Envelope = codec.decode(topic, value)?;
                let one: IncidentRecord = codec.document(topic, &envelope)?;
                self.incidents.insert(key(), one);
            }
            (Topic::Determinations, None) => {
                if let Some(incident) = self.incident_of.remove(&key())
                    && let Some(of) = self.determinations.get_mut(&incident)
                {
                    of.remove(&key());
                }
            }
            (Topic::Determinations, Some(value)) => {
                let envelope: Envelope = codec.decode(topic, value)?;
                let one: Determination = codec.document(topic, &envelope)?;
                self.incident_of.insert(key(), one.incident.clone());
                self.determinations
                    .entry(one.incident.clone())
                    .or_default()
                    .insert(key(), one);
            }
            (Topic::BreachEvents, Some(value)) => {
                let event: BreachEvent = codec.decode(topic, value)?;
                self.reports.put_breach(event);
            }
            (Topic::Decisions, Some(value)) => {
                let decision: Decision = codec.decode(topic, value)?;
                self.reports.put_decision(decision.clone());
                self.decisions.insert(decision);
            }
            _ => {}
        }
        self.dirty = true;
        Ok(())
    }

    /// Incident, as far as a notice needs it: what assess says of it, with the reports themselves.
    fn incident(&self, record: &IncidentRecord) -> Option<incident::Incident> {
        let reports = record
            .groups
            .iter()
            .find_map(|group| self.reports.incident_of(group));
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

    fn say(
        said: &mut BTreeMap<String, String>,
        context: &Context,
        topic: Topic,
        key: &str,
        envelope: Envelope,
        sink: &mut Sink,
    ) -> Result<(), StageError> {
        if said.get(key) != Some(&envelope.digest) {
            let bytes = context.codec.encode(topic, &envelope)?;
            sink.send(Outgoing::new(context.names.name(topic), key, bytes));
            said.insert(key.to_owned(), envelope.digest);
        }
        Ok(())
    }
}

impl Processor for NotifyStage {
    fn take(&mut self, at: &TopicPartition, _committed: Option<i64>) -> Result<i64, StageError> {
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
                let bad = bad.or_wait()?;
                // The dead letters of inputs are assess's.
                if fresh && matches!(topic, Topic::Incidents | Topic::Determinations) {
                    bury(&self.context.clone(), Stage::Notify, &record, &bad, sink)?;
                } else {
                    sink.passed_over += u64::from(fresh);
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, sink: &mut Sink) -> Result<Work, StageError> {
        if !std::mem::take(&mut self.dirty) {
            return Ok(Work::Done);
        }
        let decisions: Vec<Decision> = self.decisions.iter().cloned().collect();
        let decided = self.context.law.decided(&decisions);
        // What was released stays, whatever became of its incident.
        let mut notices: BTreeMap<String, NoticeRecord> = decided
            .records()
            .into_iter()
            .map(|one| (one.id.clone(), one))
            .collect();
        let mut outbox: BTreeMap<String, OutboxEntry> = decided
            .outbox()
            .into_iter()
            .map(|entry| (entry.key(), entry))
            .collect();
        // While anything is on its way, what was said before stays.
        let mut waiting = false;
        for record in self.incidents.values() {
            let determinations: Vec<Determination> = self
                .determinations
                .get(&record.incident)
                .into_iter()
                .flat_map(|of| of.values().cloned())
                .filter(|one| one.facts_digest == record.facts_digest)
                .collect();
            let Some(incident) = self.incident(record) else {
                waiting = true;
                continue;
            };
            waiting |= determinations.is_empty();
            let plan = self
                .context
                .law
                .notices(&incident, &determinations, &decided);
            waiting |= !plan.waiting.is_empty();
            notices.extend(plan.records.into_iter().map(|one| (one.id.clone(), one)));
            outbox.extend(plan.outbox.into_iter().map(|one| (one.key(), one)));
        }
        let context = self.context.clone();
        for (id, one) in &notices {
            let envelope = Envelope {
                id: one.id.clone(),
                incident: Some(one.incident.clone()),
                order: Some(one.order.clone()),
                duty: Some(one.duty.clone()),
                digest: facts::digest_json(one),
                document: facts::canonical_json(one),
            };
            Self::say(
                &mut self.notices,
                &context,
                Topic::Notices,
                id,
                envelope,
                sink,
            )?;
        }
        if !waiting {
            let gone: Vec<String> = self
                .notices
                .keys()
                .filter(|id| !notices.contains_key(*id))
                .cloned()
                .collect();
            for id in gone {
                self.notices.remove(&id);
                sink.send(Outgoing::tombstone(
                    context.names.name(Topic::Notices),
                    id.as_str(),
                ));
            }
        }
        for (key, one) in &outbox {
            let envelope = Envelope {
                id: one.notice.clone(),
                incident: Some(one.incident.clone()),
                order: Some(one.order.clone()),
                duty: Some(one.duty.clone()),
                digest: facts::digest_json(one),
                document: facts::canonical_json(one),
            };
            Self::say(
                &mut self.outbox,
                &context,
                Topic::Outbox,
                key,
                envelope,
                sink,
            )?;
        }
        Ok(Work::Done)
    }
}
