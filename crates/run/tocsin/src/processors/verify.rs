//! verify: was there a basis at that instant? Joins each candidate with what is on record about it;
//! whatever comes in late judges again what it touches.
//!
//! A partition's findings stand on the partition of the same number, so what was said before is
//! read back from there, and only what changed is written. Beside them stands what is excused: what
//! an access would be without grants that came late.
//!
//! What a search has covered is passed on to assess once everything is judged that the search had
//! found by then, with what was known of selectors and grants by then: see [`Held`].

use super::reading::{Decoded, bury, decode, read_whole};
use super::screen::note;
use crate::context::Context;
use crate::runtime::{PassedOver, Processor, Sink, StageError, Step, Work};
use crate::topology::{Stage, Topic};
use access::{Judged, Records};
use facts::{Access, Finding, Private, Reason, Source, Variants, Verdict};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::time::Duration;
use stream::{Outgoing, Position, RecordRef, TopicPartition};

/// What stands on a topic about one access.
#[derive(PartialEq, Eq)]
struct Said {
    /// [`Topic::Findings`] or [`Topic::Excused`].
    topic: Topic,
    key: String,
    /// Of the value.
    digest: String,
}

/// Everything that was stated of one access, and what was said about it.
#[derive(Default)]
struct Candidate {
    statements: Variants<Access>,
    source: Option<Source>,
    /// Findings, and what is excused, as they stand. One, as a rule: a map would hold the room of
    /// eleven for each access.
    said: Vec<Said>,
    /// Until when it waits for a basis to be recorded; `None`: it was never held.
    held_until: Option<Duration>,
}

/// Statements on what was searched that wait until what was found is judged. When they were heard,
/// the searched candidates and the selectors stood on their topics; so once this stage has read
/// these topics as far as they went then, and judged what it read, it has judged what was found.
#[derive(Default)]
struct Held {
    /// How far the topics went.
    behind: Vec<Position>,
    /// Keys of the statements.
    keys: BTreeSet<String>,
}

#[derive(Default)]
struct Part {
    candidates: HashMap<String, Candidate>,
    by_actor: HashMap<Private, BTreeSet<String>>,
    by_account: HashMap<Private, BTreeSet<String>>,
    /// Candidates to be judged (again), in the order of their names.
    due: BTreeSet<String>,
    /// Candidates that wait for a basis to be recorded, by the end of their waiting.
    waiting: BTreeSet<(Duration, String)>,
    /// What was searched, as it was passed on: key → value.
    searched: BTreeMap<String, Vec<u8>>,
    /// Keys of what is to be passed on and does not wait yet.
    unsaid: BTreeSet<String>,
    held: Option<Held>,
}

impl Part {
    /// Those that have waited long enough are judged again.
    fn end_waiting(&mut self, now: Duration) {
        while let Some((until, id)) = self.waiting.pop_first() {
            if until > now {
                self.waiting.insert((until, id));
                return;
            }
            self.due.insert(id);
        }
    }
}

/// See the module.
pub(crate) struct VerifyStage {
    context: Rc<Context>,
    records: Records,
    changes: access::Changes,
    parts: BTreeMap<i32, Part>,
    /// What was searched of every partition, also of those that other instances own: key → value.
    coverage: BTreeMap<i32, BTreeMap<String, Vec<u8>>>,
}

impl VerifyStage {
    /// With nothing on record yet.
    pub(crate) fn new(context: &Rc<Context>) -> VerifyStage {
        VerifyStage {
            context: context.clone(),
            records: Records::new(),
            changes: access::Changes::default(),
            parts: BTreeMap::new(),
            coverage: BTreeMap::new(),
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

    /// Says what is to be said of a candidate; until when it is held, if it is.
    fn judge_one(
        context: &Context,
        records: &Records,
        partition: i32,
        now: Duration,
        candidate: &mut Candidate,
        sink: &mut Sink,
    ) -> Result<Option<Duration>, StageError> {
        let (judged, excused) = context.law.judge(&candidate.statements, records);
        if candidate.said.is_empty() && judged.iter().any(may_find_its_basis) {
            let until = *candidate
                .held_until
                .get_or_insert(now + context.tuning.patience);
            if now < until {
                return Ok(Some(until));
            }
        }
        let mut says: Vec<Said> = Vec::with_capacity(judged.len() + excused.len());
        let statements = &candidate.statements;
        let found = judged.into_iter().filter_map(|judged| match judged {
            Judged::Finding(finding) => Some(*finding),
            Judged::Attempt(attempt) => tried(&attempt.group, statements),
        });
        let found = found.map(|finding| (Topic::Findings, finding.key(), finding));
        let excused = excused.into_iter();
        let excused = excused.map(|one| (Topic::Excused, one.excused_key(), one));
        for (topic, key, mut finding) in found.chain(excused) {
            let digest = facts::digest_json(&finding);
            finding.source.clone_from(&candidate.source);
            let one = Said { topic, key, digest };
            if !candidate.said.contains(&one) {
                let bytes = context.codec.encode(topic, &finding)?;
                let name = context.names.name(topic);
                sink.send(Outgoing::new(name, one.key.as_str(), bytes).on(partition));
            }
            says.push(one);
        }
        for gone in &candidate.said {
            let stands = |one: &Said| (one.topic, &one.key) == (gone.topic, &gone.key);
            if !says.iter().any(stands) {
                let name = context.names.name(gone.topic);
                sink.send(Outgoing::tombstone(name, gone.key.as_str()).on(partition));
            }
        }
        candidate.said = says;
        Ok(None)
    }

    /// How far candidates of `partition`, and the topics that every instance reads whole, go now.
    fn ends(&self, partition: i32) -> Result<Vec<Position>, StageError> {
        let (context, mut ends) = (&self.context, Vec::new());
        let mut end = |topic: Topic, partition: i32| -> Result<(), StageError> {
            let name = context.names.name(topic);
            let (_, end) = context.cluster.range(&name, partition)?;
            ends.push(Position::new(name, partition, end));
            Ok(())
        };
        end(Topic::Candidates, partition)?;
        for topic in [Topic::BreachEvents, Topic::Grants] {
            for one in 0..context.cluster.partitions(&context.names.name(topic))? {
                end(topic, one)?;
            }
        }
        Ok(ends)
    }

    /// Passes on what was searched of a partition whose candidates are judged as far as they were
    /// read; whether anything still waits.
    fn pass_on(
        &mut self,
        partition: i32,
        step: &Step<'_>,
        sink: &mut Sink,
    ) -> Result<bool, StageError> {
        let begins = |part: &Part| part.held.is_none() && !part.unsaid.is_empty();
        if self.parts.get(&partition).is_some_and(begins) {
            let behind = self.ends(partition)?;
            if let Some(part) = self.parts.get_mut(&partition) {
                let keys = std::mem::take(&mut part.unsaid);
                part.held = Some(Held { behind, keys });
            }
        }
        let Some(part) = self.parts.get_mut(&partition) else {
            return Ok(false);
        };
        let read = |end: &Position| {
            let here = step.position(&end.topic, end.partition);
            here.is_some_and(|here| here >= end.offset)
        };
        let judged = |held: &mut Held| part.due.is_empty() && held.behind.iter().all(read);
        if let Some(held) = part.held.take_if(judged) {
            let topic = self.context.names.name(Topic::Searched);
            for key in held.keys {
                let value = self.coverage.get(&partition).and_then(|of| of.get(&key));
                if let Some(value) = value.filter(|value| part.searched.get(&key) != Some(value)) {
                    let out = Outgoing::new(topic.clone(), key.as_str(), value.clone());
                    sink.send(out.on(partition));
                    part.searched.insert(key, value.clone());
                }
            }
        }
        Ok(part.held.is_some() || !part.unsaid.is_empty())
    }
}

/// Whether a basis may be on its way: often a support case is recorded after the access.
fn may_find_its_basis(judged: &Judged) -> bool {
    matches!(
        judged,
        Judged::Finding(finding) if finding.verdict == Verdict::Unexplained
            && finding.matched.is_empty()
            && matches!(finding.reason, Reason::NoBasisOnRecord | Reason::ClaimedNotFound)
    )
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
        let mut said: BTreeMap<(Topic, String), (String, String)> = BTreeMap::new();
        let context = self.context.clone();
        for topic in [Topic::Findings, Topic::Excused] {
            read_whole(&context, topic, Some(at.partition), &mut |record| {
                let Some(key) = record.key.and_then(|key| std::str::from_utf8(key).ok()) else {
                    return Ok(());
                };
                let key = (topic, key.to_owned());
                match decode::<Finding>(&context, topic, &record)? {
                    Decoded::Record(mut finding) => {
                        finding.source = None;
                        let digest = facts::digest_json(&finding);
                        said.insert(key, (finding.access.id, digest));
                    }
                    Decoded::Tombstone => {
                        said.remove(&key);
                    }
                    Decoded::Bad(_) => {}
                }
                Ok(())
            })?;
        }
        let mut part = Part::default();
        read_whole(
            &context,
            Topic::Searched,
            Some(at.partition),
            &mut |record| {
                if let (Some(key), Some(value)) = (record.key, record.value) {
                    let key = String::from_utf8_lossy(key).into_owned();
                    part.searched.insert(key, value.to_vec());
                }
                Ok(())
            },
        )?;
        let covered = self.coverage.get(&at.partition).into_iter().flatten();
        part.unsaid = covered.map(|(key, _)| key.clone()).collect();
        for ((topic, key), (id, digest)) in said {
            let candidate = part.candidates.entry(id).or_default();
            candidate.said.push(Said { topic, key, digest });
        }
        self.parts.insert(at.partition, part);
        let (start, _) = self.context.cluster.range(&at.topic, at.partition)?;
        Ok(start)
    }

    fn release(&mut self, at: &TopicPartition) {
        self.parts.remove(&at.partition);
    }

    fn broadcast(&mut self, topic: Topic, record: RecordRef<'_>) -> Result<(), StageError> {
        if topic == Topic::Coverage {
            // It is not looked at, only passed on; assess says what is wrong with it.
            if let (Some(key), Some(value)) = (record.key, record.value) {
                let key = String::from_utf8_lossy(key).into_owned();
                if let Some(part) = self.parts.get_mut(&record.partition) {
                    part.unsaid.insert(key.clone());
                }
                let of = self.coverage.entry(record.partition).or_default();
                of.insert(key, value.to_vec());
            }
            return Ok(());
        }
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
                sink.pass_over(topic, PassedOver::NoValue, u64::from(fresh));
                return Ok(());
            }
            Decoded::Bad(bad) => {
                if fresh {
                    bury(&self.context, Stage::Verify, &record, &bad, sink)?;
                }
                return Ok(());
            }
        };
        let Some(part) = self.parts.get_mut(&record.partition) else {
            sink.kept += u64::from(fresh);
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
            sink.kept += u64::from(fresh);
        } else {
            sink.pass_over(topic, PassedOver::Duplicate, u64::from(fresh));
        }
        Ok(())
    }

    fn finish(&mut self, step: &Step<'_>, sink: &mut Sink) -> Result<Work, StageError> {
        let mut left = self.context.tuning.piece_records;
        let mut more = false;
        let partitions: Vec<i32> = self.parts.keys().copied().collect();
        for partition in partitions {
            if let Some(part) = self.parts.get_mut(&partition) {
                part.end_waiting(step.now);
                while left > 0
                    && let Some(id) = part.due.pop_first()
                {
                    left -= 1;
                    if let Some(candidate) = part.candidates.get_mut(&id) {
                        let (context, records) = (&self.context, &self.records);
                        let held = Self::judge_one(
                            context, records, partition, step.now, candidate, sink,
                        )?;
                        part.waiting.extend(held.map(|until| (until, id)));
                    }
                }
                more |= !part.due.is_empty() || !part.waiting.is_empty();
            }
            more |= self.pass_on(partition, step, sink)?;
        }
        Ok(if more { Work::More } else { Work::Done })
    }
}
