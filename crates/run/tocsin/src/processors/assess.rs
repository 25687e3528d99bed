//! assess: one task that folds facts into incidents, counts, and puts every bound order to each.
//!
//! What it said before is read back from its own topics at the start; only what changed is written.

use super::reading::{Decoded, bury, decode, read_whole};
use crate::assessment::{Assessed, Assessment};
use crate::context::Context;
use crate::runtime::{Processor, Sink, StageError, Step, Work};
use crate::topology::{Stage, Topic};
use obligation::Answer;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use stream::{Committed, Outgoing, RecordRef, TopicPartition};
use wire::Envelope;

/// See the module.
pub(crate) struct AssessStage {
    context: Rc<Context>,
    assessment: Assessment,
    /// What stands on incidents: id → digest.
    incidents: BTreeMap<String, String>,
    /// What stands on determinations: key → digest.
    determinations: BTreeMap<String, String>,
    /// Answers by key, for the metrics.
    answers: BTreeMap<String, Answer>,
    /// Incidents that were said before the start and not again since; `None` once everything was
    /// decided anew. A new pack or setting may change answers though no fact changed, so a start
    /// decides everything and compares with what was said before.
    unconfirmed: Option<BTreeSet<String>>,
}

impl AssessStage {
    /// With what it said before.
    pub(crate) fn new(context: &Rc<Context>) -> Result<AssessStage, StageError> {
        // Of an earlier turn; what it said is decided anew, and may be gone.
        context.telemetry.forget_outcome();
        let mut stage = AssessStage {
            assessment: Assessment::new(context.partitions(Topic::Searched)?),
            context: context.clone(),
            incidents: BTreeMap::new(),
            determinations: BTreeMap::new(),
            answers: BTreeMap::new(),
            unconfirmed: None,
        };
        for topic in [Topic::Incidents, Topic::Determinations] {
            read_whole(context, Stage::Assess, topic, None, &mut |record| {
                let key = String::from_utf8_lossy(record.key.unwrap_or_default()).into_owned();
                match decode::<Envelope>(context, topic, &record)? {
                    Decoded::Record(one) if topic == Topic::Incidents => {
                        stage.incidents.insert(key, one.digest);
                    }
                    Decoded::Record(one) => {
                        stage.determinations.insert(key, one.digest);
                    }
                    Decoded::Tombstone if topic == Topic::Incidents => {
                        stage.incidents.remove(&key);
                    }
                    Decoded::Tombstone => {
                        stage.determinations.remove(&key);
                    }
                    Decoded::Bad(_) => {}
                }
                Ok(())
            })?;
        }
        stage.unconfirmed = Some(stage.incidents.keys().cloned().collect());
        Ok(stage)
    }

    fn say(&mut self, assessed: &Assessed, sink: &mut Sink) -> Result<(), StageError> {
        let incident = &assessed.incident;
        let questions: BTreeSet<String> = assessed
            .determinations
            .iter()
            .flat_map(|one| one.asks.iter().map(|ask| ask.id.clone()))
            .collect();
        let questions = questions.into_iter().collect();
        let record = incident::record(incident, questions, assessed.refused.clone());
        let document = facts::canonical_json(&record);
        let envelope = Envelope {
            id: incident.id.clone(),
            incident: Some(incident.id.clone()),
            order: None,
            duty: None,
            digest: facts::digest_bytes(document.as_bytes()),
            document,
        };
        if self.incidents.get(&incident.id) != Some(&envelope.digest) {
            let bytes = self.context.codec.encode(Topic::Incidents, &envelope)?;
            let topic = self.context.names.name(Topic::Incidents);
            sink.send(Outgoing::new(topic, incident.id.as_str(), bytes));
            self.incidents.insert(incident.id.clone(), envelope.digest);
        }
        let mut says = BTreeSet::new();
        for one in &assessed.determinations {
            let key = one.key();
            let same = self
                .determinations
                .get(&key)
                .is_some_and(|old| *old == one.digest);
            if !same {
                let envelope = Envelope {
                    id: key.clone(),
                    incident: Some(one.incident.clone()),
                    order: Some(one.order.clone()),
                    duty: one.duty.clone(),
                    digest: one.digest.clone(),
                    document: facts::canonical_json(one),
                };
                let bytes = self
                    .context
                    .codec
                    .encode(Topic::Determinations, &envelope)?;
                let topic = self.context.names.name(Topic::Determinations);
                sink.send(Outgoing::new(topic, key.as_str(), bytes));
                self.determinations.insert(key.clone(), one.digest.clone());
            }
            self.answers.insert(key.clone(), one.answer);
            self.watch_deadline(one);
            says.insert(key);
        }
        self.unsay(&incident.id, &says, sink);
        Ok(())
    }

    /// Takes back an incident with its determinations.
    fn take_back(&mut self, id: &str, sink: &mut Sink) {
        if self.incidents.remove(id).is_some() {
            let topic = self.context.names.name(Topic::Incidents);
            sink.send(Outgoing::tombstone(topic, id));
        }
        self.unsay(id, &BTreeSet::new(), sink);
    }

    /// Takes back determinations of an incident that are not said any more.
    fn unsay(&mut self, incident: &str, says: &BTreeSet<String>, sink: &mut Sink) {
        // A key begins with the incident: see [`obligation::Determination::key`].
        let first = format!("{incident}|");
        let gone: Vec<String> = self
            .determinations
            .range(first.clone()..)
            .map(|(key, _)| key)
            .take_while(|key| key.starts_with(&first))
            .filter(|key| !says.contains(*key))
            .cloned()
            .collect();
        for key in gone {
            let topic = self.context.names.name(Topic::Determinations);
            sink.send(Outgoing::tombstone(topic, key.as_str()));
            if let Some((order, duty)) = key
                .split_once('|')
                .and_then(|(_, rest)| rest.split_once('|'))
            {
                self.context
                    .telemetry
                    .deadlines()
                    .set(incident, order, duty, None);
            }
            self.determinations.remove(&key);
            self.answers.remove(&key);
        }
    }

    /// Shows the outer end of the running clock, while the duty is not performed.
    fn watch_deadline(&self, one: &obligation::Determination) {
        let ends = one
            .clock
            .as_ref()
            .filter(|clock| one.answer != Answer::NotOwed && clock.met.is_none())
            .and_then(|clock| {
                let zone = jiff::tz::TimeZone::get(&clock.zone).ok()?;
                let end = clock.outer?.tomorrow().ok()?.to_zoned(zone).ok()?;
                Some(end.timestamp().as_second())
            });
        let duty = one.duty.as_deref().unwrap_or("-");
        self.context
            .telemetry
            .deadlines()
            .set(&one.incident, &one.order, duty, ends);
    }

    fn show(&self) {
        let mut by_answer: BTreeMap<&str, u64> = BTreeMap::new();
        let mut by_incident: BTreeMap<&str, Answer> = BTreeMap::new();
        for (key, answer) in &self.answers {
            *by_answer.entry(word(*answer)).or_default() += 1;
            let incident = key.split('|').next().unwrap_or_default();
            let worst = by_incident.entry(incident).or_insert(*answer);
            // Owed outranks open outranks not owed.
            let rank = |answer: Answer| match answer {
                Answer::Owed => 2,
                Answer::Open => 1,
                Answer::NotOwed => 0,
            };
            if rank(*answer) > rank(*worst) {
                *worst = *answer;
            }
        }
        let mut by_state: BTreeMap<&str, u64> = BTreeMap::new();
        for answer in by_incident.values() {
            *by_state.entry(word(*answer)).or_default() += 1;
        }
        self.context
            .telemetry
            .metrics()
            .set_determinations(&by_answer);
        self.context.telemetry.metrics().set_incidents(&by_state);
    }
}

/// An answer as a label.
fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Owed => "owed",
        Answer::NotOwed => "not_owed",
        Answer::Open => "open",
    }
}

impl Processor for AssessStage {
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
        let context = self.context.clone();
        match self
            .assessment
            .put(&context.codec, topic, record.key, record.value)
        {
            Ok(()) => sink.kept += u64::from(fresh),
            Err(bad) => {
                let bad = context.codec.or_wait(topic, bad, &record)?;
                if fresh {
                    bury(&context, Stage::Assess, &record, &bad, sink)?;
                }
            }
        }
        Ok(())
    }

    fn is_restored(&self) -> bool {
        self.unconfirmed.is_none()
    }

    fn finish(&mut self, _step: &Step<'_>, sink: &mut Sink) -> Result<Work, StageError> {
        let changed = self
            .assessment
            .changed(&self.context.law, self.context.tuning.piece_incidents);
        let any = !changed.assessed.is_empty() || !changed.gone.is_empty();
        for assessed in &changed.assessed {
            self.say(assessed, sink)?;
        }
        for id in &changed.gone {
            self.take_back(id, sink);
        }
        if let Some(unconfirmed) = &mut self.unconfirmed {
            for assessed in &changed.assessed {
                unconfirmed.remove(&assessed.incident.id);
            }
            // What was said before the start and is not so any more, by other facts or other law.
            if !changed.more {
                for id in self.unconfirmed.take().into_iter().flatten() {
                    self.take_back(&id, sink);
                }
            }
        }
        if any {
            self.show();
        }
        Ok(if changed.more { Work::More } else { Work::Done })
    }
}
