//! verify: was there a basis at that instant? Joins each candidate with what is on record about it;
//! whatever comes in late judges again what it touches.
//!
//! A partition's findings stand on the partition of the same number, so what was said before is
//! read back from there, and only what changed is written.

use super::reading::{Decoded, bury, decode, read_whole};
use super::screen::note;
use crate::context::Context;
use crate::runtime::{Processor, Sink, StageError, Work};
use crate::topology::{Stage, Topic};
use access::{Judged, Records};
use facts::{Access, Finding, Private, Reason, Source, Variants, Verdict};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use stream::{Outgoing, RecordRef, TopicPartition};

/// Everything that was stated of one access, and what was said about it.
#[derive(Default)]
struct Candidate {
    statements: Variants<Access>,
    source: Option<Source>,
    /// Findings as they stand: key → digest of the value.
    said: BTreeMap<String, String>,
}

#[derive(Default)]
struct Part {
    candidates: HashMap<String, Candidate>,
    by_actor: HashMap<Private, BTreeSet<String>>,
    by_account: HashMap<Private, BTreeSet<String>>,
    /// Candidates to be judged (again), in the order of their names.
    due: BTreeSet<String>,
}

/// See the module.
pub(crate) struct VerifyStage {
    context: Rc<Context>,
    records: Records,
    changes: access::Changes,
    parts: BTreeMap<i32, Part>,
}

impl VerifyStage {
    /// With nothing on record yet.
    pub(crate) fn new(context: &Rc<Context>) -> VerifyStage {
        VerifyStage {
            context: context.clone(),
            records: Records::new(),
            changes: access::Changes::default(),
            parts: BTreeMap::new(),
        }
    }

    /// Puts what changed records touch on the list.
    fn spread(&mut self) {
        let changes = std::mem::take(&mut self.changes);
        if changes.is_empty() {
            return;
        }
        let reach = changes.reach();
        for part in self.parts.values_mut() {
            let found: Vec<String> = match &reach {
                access::Reach::Nothing => Vec::new(),
                access::Reach::Everything => part.candidates.keys().cloned().collect(),
                access::Reach::Keyed {
                    actors,
                    accounts,
                    accesses,
                } => {
                    let of = |index: &HashMap<Private, BTreeSet<String>>, key: &Private| {
                        index.get(key).cloned().unwrap_or_default()
                    };
                    let mut found: BTreeSet<String> = accesses.clone();
                    found.extend(actors.iter().flat_map(|key| of(&part.by_actor, key)));
                    found.extend(accounts.iter().flat_map(|key| of(&part.by_account, key)));
                    found.into_iter().collect()
                }
            };
            for id in found {
                if part
                    .candidates
                    .get(&id)
                    .is_some_and(|one| changes.touches(&one.statements))
                {
                    part.due.insert(id);
                }
            }
        }
    }

    fn judge_one(
        context: &Context,
        records: &Records,
        partition: i32,
        candidate: &mut Candidate,
        sink: &mut Sink,
    ) -> Result<(), StageError> {
        let topic = context.names.name(Topic::Findings);
        let mut says = BTreeMap::new();
        for judged in context.law.judge(&candidate.statements, records) {
            let mut finding = match judged {
                Judged::Finding(finding) => *finding,
                Judged::Attempt(attempt) => match tried(&attempt.group, &candidate.statements) {
                    Some(finding) => finding,
                    None => continue,
                },
            };
            let digest = facts::digest_json(&finding);
            finding.source.clone_from(&candidate.source);
            let key = finding.key();
            if candidate.said.get(&key) != Some(&digest) {
                let bytes = context.codec.encode(Topic::Findings, &finding)?;
                sink.send(Outgoing::new(topic.clone(), key.as_str(), bytes).on(partition));
            }
            says.insert(key, digest);
        }
        for gone in candidate.said.keys().filter(|key| !says.contains_key(*key)) {
            sink.send(Outgoing::tombstone(topic.clone(), gone.as_str()).on(partition));
        }
        candidate.said = says;
        Ok(())
    }
}

/// An access that plainly failed, as assess counts it: told apart by its outcome.
fn tried(group: &str, statements: &Variants<Access>) -> Option<Finding> {
    Some(Finding {
        group: group.to_owned(),
        access: statements.merged()?.record,
        disputed: Vec::new(),
        verdict: Verdict::Unexplained,
        ground: None,
        reason: Reason::NoBasisOnRecord,
        purposes: Vec::new(),
        grants: Vec::new(),
        late_grants: Vec::new(),
        matched: Vec::new(),
        rests_on_since: None,
        by_order: Vec::new(),
        source: None,
    })
}

/// Where the access itself stands, from the headers that screen and scope set.
fn source(context: &Context, record: &RecordRef<'_>) -> Option<Source> {
    let topic = std::str::from_utf8(record.header("source-topic")?).ok()?;
    let partition = i32::from_be_bytes(record.header("source-partition")?.try_into().ok()?);
    let offset = i64::from_be_bytes(record.header("source-offset")?.try_into().ok()?);
    Some(crate::runtime::place(context, topic, partition, offset))
}

impl Processor for VerifyStage {
    fn take(&mut self, at: &TopicPartition, _committed: Option<i64>) -> Result<i64, StageError> {
        let mut said: HashMap<String, (String, String)> = HashMap::new();
        let context = self.context.clone();
        read_whole(
            &context,
            Topic::Findings,
            Some(at.partition),
            &mut |record| {
                let Some(key) = record.key.and_then(|key| std::str::from_utf8(key).ok()) else {
                    return Ok(());
                };
                match decode::<Finding>(&context, Topic::Findings, &record)? {
                    Decoded::Record(mut finding) => {
                        finding.source = None;
                        let digest = facts::digest_json(&finding);
                        said.insert(key.to_owned(), (finding.access.id, digest));
                    }
                    Decoded::Tombstone => {
                        said.remove(key);
                    }
                    Decoded::Bad(_) => {}
                }
                Ok(())
            },
        )?;
        let mut part = Part::default();
        for (key, (id, digest)) in said {
            part.candidates
                .entry(id)
                .or_default()
                .said
                .insert(key, digest);
        }
        self.parts.insert(at.partition, part);
        let (start, _) = self.context.cluster.range(&at.topic, at.partition)?;
        Ok(start)
    }

    fn release(&mut self, at: &TopicPartition) {
        self.parts.remove(&at.partition);
    }

    fn broadcast(&mut self, topic: Topic, record: RecordRef<'_>) -> Result<(), StageError> {
        let changes = note(&self.context, &mut self.records, topic, &record)?;
        self.changes.merge(changes);
        Ok(())
    }

    fn prepare(&mut self, _sink: &mut Sink) -> Result<(), StageError> {
        self.spread();
        Ok(())
    }

    fn record(
        &mut self,
        topic: Topic,
        record: RecordRef<'_>,
        fresh: bool,
        sink: &mut Sink,
    ) -> Result<(), StageError> {
        let access = match decode::<Access>(&self.context, topic, &record)? {
            Decoded::Record(access) => access,
            Decoded::Tombstone => {
                sink.kept += u64::from(fresh);
                return Ok(());
            }
            Decoded::Bad(bad) => {
                if fresh {
                    bury(&self.context, Stage::Verify, &record, &bad, sink)?;
                }
                return Ok(());
            }
        };
        sink.kept += u64::from(fresh);
        let Some(part) = self.parts.get_mut(&record.partition) else {
            return Ok(());
        };
        let id = access.id.clone();
        if let Some(actor) = &access.actor {
            part.by_actor
                .entry(actor.clone())
                .or_default()
                .insert(id.clone());
        }
        part.by_account
            .entry(access.account.clone())
            .or_default()
            .insert(id.clone());
        let candidate = part.candidates.entry(id.clone()).or_default();
        // The first place in the log's order; shown, never compared.
        let place = source(&self.context, &record);
        if candidate.source.is_none() || place < candidate.source {
            candidate.source = place;
        }
        if candidate.statements.insert(access) {
            part.due.insert(id);
        }
        Ok(())
    }

    fn finish(&mut self, sink: &mut Sink) -> Result<Work, StageError> {
        let mut left = self.context.tuning.piece_records;
        for (partition, part) in &mut self.parts {
            while left > 0
                && let Some(id) = part.due.pop_first()
            {
                left -= 1;
                if let Some(candidate) = part.candidates.get_mut(&id) {
                    let (context, records) = (&self.context, &self.records);
                    Self::judge_one(context, records, *partition, candidate, sink)?;
                }
            }
        }
        let more = self.parts.values().any(|part| !part.due.is_empty());
        Ok(if more { Work::More } else { Work::Done })
    }
}
