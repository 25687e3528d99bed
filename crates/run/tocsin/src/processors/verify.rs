//! verify: was there a basis at that instant? Joins each candidate with what is on record about it;
//! whatever comes in late judges again what it touches.
//!
//! A partition's findings stand on the partition of the same number, so what was said before is
//! read back from there, and only what changed is written. Beside them stands what is excused: what
//! an access would be without grants that came late.
//!
//! What a search has covered is passed on to assess once everything is judged that the search had
//! found by then, with what was known of selectors and grants by then: see [`Held`].

use super::candidates::{Candidate, Candidates, Said};
use super::disk::{Disk, Note, now_ms};
use super::part::{ASKED_EVERY, Held, Part};
use super::reading::{Decoded, bury, decode, read_behind, read_whole};
use super::screen::note;
use super::searches::Searches;
use crate::context::Context;
use crate::runtime::{PassedOver, Processor, Sink, StageError, Step, Work};
use crate::topology::{Stage, Topic};
use access::{Changes, Judged, Records};
use facts::{Access, BreachEvent, Finding, Grant, Reason, Source, Variants, Verdict};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use stream::{Committed, Outgoing, Position, RecordRef, TopicIds, TopicPartition};

/// How often what changed is written to disk, where a folder is configured for it.
const WRITTEN_EVERY: Duration = Duration::from_secs(5);

/// How often it is asked how many partitions the accesses have.
const COUNTED_EVERY: Duration = Duration::from_secs(30);

/// The topics that [`Note`] is about.
const NOTED: [Topic; 5] = [
    Topic::Candidates,
    Topic::BreachEvents,
    Topic::Grants,
    Topic::Findings,
    Topic::Excused,
];

/// See the module.
pub(crate) struct VerifyStage {
    context: Rc<Context>,
    records: Records,
    changes: Changes,
    parts: BTreeMap<i32, Part>,
    /// What was searched of the accesses.
    searches: Searches,
    /// When it was asked how many partitions these have.
    counted_at: Option<Duration>,
    /// How many partitions candidates have, and what stands on the same ones.
    kept: i32,
    disk: Option<Rc<Disk>>,
    /// The ids of the topics that [`Note`] is about, as far as they are known.
    ids: TopicIds,
    /// How many partitions they have.
    partitions: BTreeMap<Arc<str>, i32>,
    /// When the disk was last written.
    written_at: Option<Duration>,
}

impl VerifyStage {
    /// With nothing on record yet, and what is on `disk`, if there is one.
    pub(crate) fn new(
        context: &Rc<Context>,
        disk: Option<Rc<Disk>>,
    ) -> Result<VerifyStage, StageError> {
        let (mut ids, mut partitions) = (TopicIds::new(), BTreeMap::new());
        if disk.is_some() {
            let names = NOTED.map(|topic| context.names.name(topic));
            ids = context
                .cluster
                .topic_ids(&names.each_ref().map(|name| &**name))?;
            for name in names {
                let count = context.cluster.partitions(&name)?;
                partitions.insert(name, count);
            }
        }
        Ok(VerifyStage {
            searches: Searches::new(context.partitions(Topic::AccessEvents)?),
            counted_at: None,
            kept: context.partitions(Topic::Candidates)?,
            context: context.clone(),
            records: Records::new(),
            changes: Changes::default(),
            parts: BTreeMap::new(),
            disk,
            ids,
            partitions,
            written_at: None,
        })
    }

    /// Puts what changed records touch on the list.
    fn spread(&mut self) -> Result<(), StageError> {
        let changes = std::mem::take(&mut self.changes);
        if changes.is_empty() {
            return Ok(());
        }
        let reach = changes.reach();
        for part in self.parts.values_mut() {
            part.candidates.spread(&changes, &reach)?;
        }
        Ok(())
    }

    /// What records that came since `note` was written may have changed. They are on record by now,
    /// or will be heard of.
    fn changes_since(&self, note: &Note) -> Result<Changes, StageError> {
        let (context, mut changes) = (&self.context, Changes::default());
        for topic in [Topic::BreachEvents, Topic::Grants] {
            let name = context.names.name(topic);
            let from = |partition| {
                let key = (name.to_string(), partition);
                Some(note.judged_with.get(&key).copied().unwrap_or(0))
            };
            read_behind(context, Stage::Verify, topic, None, &from, &mut |record| {
                changes.merge(may_have_changed(context, &self.records, topic, &record)?);
                Ok(())
            })?;
        }
        Ok(changes)
    }

    /// Takes in what stands on the topics of findings and of what is excused. `note` is what is on
    /// disk of the partition: what was said since then, another instance said.
    fn read_back(
        &self,
        partition: i32,
        part: &mut Part,
        note: Option<&Note>,
    ) -> Result<(), StageError> {
        let context = &self.context;
        part.standing.at_ms = now_ms();
        for topic in [Topic::Findings, Topic::Excused] {
            let name = context.names.name(topic);
            let from = part.standing.to.get(&*name).copied();
            part.standing.to.insert(name.to_string(), from.unwrap_or(0));
            read_behind(
                context,
                Stage::Verify,
                topic,
                Some(partition),
                &|_| from,
                &mut |record| {
                    let candidates = &mut part.candidates;
                    if let Some(key) = record.key.and_then(|key| std::str::from_utf8(key).ok()) {
                        let again = note.is_some();
                        match decode::<Finding>(context, topic, &record)? {
                            Decoded::Record(mut finding) => {
                                finding.source = None;
                                let digest = facts::digest_json(&finding);
                                let now = Some((&*finding.access.id, digest));
                                candidates.stands(topic, key, now, again)?;
                            }
                            Decoded::Tombstone => candidates.stands(topic, key, None, again)?,
                            Decoded::Bad(_) => {}
                        }
                    }
                    part.standing.to.insert(name.to_string(), record.offset + 1);
                    if part.candidates.in_memory() > context.tuning.piece_records {
                        self.write_early(partition, part, note)?;
                    }
                    Ok(())
                },
            )?;
        }
        Ok(())
    }

    /// Writes what was read back so far, where there is a disk: the rest is as `note` says, or is
    /// not read yet.
    fn write_early(
        &self,
        partition: i32,
        part: &mut Part,
        note: Option<&Note>,
    ) -> Result<(), StageError> {
        let Some(disk) = &self.disk else {
            return Ok(());
        };
        let candidates = self.context.names.name(Topic::Candidates);
        let (start, _) = self.context.cluster.range(&candidates, partition)?;
        let new = || self.note(part, start, BTreeMap::new(), "");
        let note = Note {
            said_to: part.standing.to.clone(),
            sweep: part.candidates.sweep().cloned(),
            ..note.cloned().unwrap_or_else(new)
        };
        let mut writing = disk.begin();
        part.candidates.write(&mut writing)?;
        writing.note(partition, &note)?;
        writing.end()?;
        part.candidates.written();
        // What stands on disk now is to be written over.
        part.noted = None;
        Ok(())
    }

    /// What is noted of a partition.
    fn note(
        &self,
        part: &Part,
        read_to: i64,
        judged_with: BTreeMap<(String, i32), i64>,
        stamp: &str,
    ) -> Note {
        let candidates = self.context.names.name(Topic::Candidates);
        Note {
            topic_ids: self.ids.clone(),
            partitions: self.partitions.get(&candidates).copied().unwrap_or(0),
            read_to,
            said_to: part.standing.to.clone(),
            said_at_ms: part.standing.at_ms,
            judged_with,
            stamp: stamp.to_owned(),
            sweep: part.candidates.sweep().cloned(),
            buried: part.buried.clone(),
        }
    }

    /// Whether the disk is to be written now.
    fn is_due(&self, now: Duration) -> bool {
        let parts = self.parts.values();
        let in_memory: usize = parts.map(|part| part.candidates.in_memory()).sum();
        let mut parts = self.parts.values();
        let must = parts.any(|part| part.candidates.must_be_written());
        let waited = self.written_at.is_none_or(|at| now >= at + WRITTEN_EVERY);
        must || waited || in_memory > self.context.tuning.piece_records
    }

    /// Writes everything that changed, with how far it goes: all that was read is committed.
    fn write(&mut self, disk: &Disk, step: &Step<'_>) -> Result<(), StageError> {
        self.written_at = Some(step.now);
        let (context, mut writing) = (self.context.clone(), disk.begin());
        let candidates = context.names.name(Topic::Candidates);
        let mut judged_with = BTreeMap::new();
        for topic in [Topic::BreachEvents, Topic::Grants] {
            let name = context.names.name(topic);
            for partition in 0..self.partitions.get(&name).copied().unwrap_or(0) {
                let here = step.position(&name, partition).unwrap_or(0);
                judged_with.insert((name.to_string(), partition), here);
            }
        }
        let mut written = BTreeMap::new();
        for (partition, part) in &self.parts {
            let Some(read_to) = step.position(&candidates, *partition) else {
                continue;
            };
            let stamp = context.law.stamp();
            let note = self.note(part, read_to, judged_with.clone(), stamp);
            if part.is_news(&note) {
                part.candidates.write(&mut writing)?;
                writing.note(*partition, &note)?;
                written.insert(*partition, note);
            }
        }
        if written.is_empty() {
            return Ok(());
        }
        writing.end()?;
        for (partition, note) in written {
            if let Some(part) = self.parts.get_mut(&partition) {
                part.candidates.written();
                part.noted = Some(note);
                part.ask(&context, partition, step.now)?;
            }
        }
        let (records, bytes) = disk.size()?;
        let metrics = context.telemetry.metrics().stage(Stage::Verify.name());
        metrics.set_state(records, bytes);
        Ok(())
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
                candidate.changed = true;
                let bytes = context.codec.encode(topic, &finding)?;
                let name = context.names.name(topic);
                sink.send(Outgoing::new(name, one.key.as_str(), bytes).on(partition));
            }
            says.push(one);
        }
        let said = std::mem::take(&mut candidate.said);
        for gone in &said {
            let stands = |one: &Said| (one.topic, &one.key) == (gone.topic, &gone.key);
            if !says.iter().any(stands) {
                candidate.changed = true;
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

    /// Asks now and then how many partitions the accesses have: they may gain some.
    fn count_partitions(&mut self, now: Duration) -> Result<(), StageError> {
        let at = *self.counted_at.get_or_insert(now);
        if now < at + COUNTED_EVERY && !self.searches.lacks_partitions() {
            return Ok(());
        }
        self.counted_at = Some(now);
        let partitions = self.context.partitions(Topic::AccessEvents)?;
        if self.searches.set_partitions(partitions) {
            for part in self.parts.values_mut() {
                part.unsaid.extend(self.searches.all());
            }
        }
        Ok(())
    }

    /// Passes on what was searched, by a partition whose candidates are judged as far as they were
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
                let statements = std::mem::take(&mut part.unsaid);
                part.held = Some(Held { behind, statements });
            }
        }
        let Some(part) = self.parts.get_mut(&partition) else {
            return Ok(false);
        };
        let read = |end: &Position| {
            let here = step.position(&end.topic, end.partition);
            here.is_some_and(|here| here >= end.offset)
        };
        let judged = |held: &mut Held| !part.candidates.has_due() && held.behind.iter().all(read);
        if let Some(held) = part.held.take_if(judged) {
            let topic = self.context.names.name(Topic::Searched);
            let place = (partition, self.kept);
            for statement in &held.statements {
                let searches = &self.searches;
                let says = searches.say(&self.context, statement, place, &part.searched)?;
                if let Some((key, value)) = says {
                    let out = Outgoing::new(topic.clone(), key.as_str(), value.clone());
                    sink.send(out.on(partition));
                    part.searched.insert(key, value);
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
pub(super) fn source(context: &Context, record: &RecordRef<'_>) -> Option<Source> {
    let topic = std::str::from_utf8(record.header("source-topic")?).ok()?;
    let partition = i32::from_be_bytes(record.header("source-partition")?.try_into().ok()?);
    let offset = i64::from_be_bytes(record.header("source-offset")?.try_into().ok()?);
    Some(crate::runtime::place(context, topic, partition, offset))
}

impl Processor for VerifyStage {
    fn take(
        &mut self,
        at: &TopicPartition,
        committed: Option<&Committed>,
    ) -> Result<i64, StageError> {
        let committed = committed.map(|committed| committed.offset);
        let context = self.context.clone();
        let note = match &self.disk {
            Some(disk) => disk.recall(&context, at.partition, &self.ids, committed)?,
            None => None,
        };
        let (disk, piece) = (self.disk.clone(), context.tuning.piece_records);
        let mut part = Part {
            candidates: Candidates::new(at.partition, piece, disk, note.as_ref())?,
            ..Part::default()
        };
        if let Some(note) = &note {
            part.standing.to = note.said_to.clone();
            part.buried.clone_from(&note.buried);
            part.noted = Some(note.clone());
            if note.stamp == context.law.stamp() {
                let changes = self.changes_since(note)?;
                part.candidates.spread(&changes, &changes.reach())?;
            } else {
                part.candidates.judge_all_again();
            }
        }
        self.read_back(at.partition, &mut part, note.as_ref())?;
        part.read_buried(&context, at)?;
        read_whole(
            &context,
            Stage::Verify,
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
        part.unsaid = self.searches.all();
        self.parts.insert(at.partition, part);
        let (start, _) = context.cluster.range(&at.topic, at.partition)?;
        Ok(note.map_or(start, |note| note.read_to))
    }

    fn release(&mut self, at: &TopicPartition) {
        self.parts.remove(&at.partition);
    }

    fn broadcast(&mut self, topic: Topic, record: RecordRef<'_>) -> Result<(), StageError> {
        if topic == Topic::Coverage {
            if let Some(statement) = self.searches.put(&self.context, &record) {
                for part in self.parts.values_mut() {
                    part.unsaid.insert(statement.clone());
                }
            }
            return Ok(());
        }
        let changes = note(&self.context, &mut self.records, topic, &record)?;
        self.changes.merge(changes);
        Ok(())
    }

    fn prepare(&mut self, _sink: &mut Sink) -> Result<(), StageError> {
        self.spread()
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
                if let Some(part) = self.parts.get_mut(&record.partition) {
                    part.buried.insert(record.offset);
                }
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
        let place = source(&self.context, &record);
        if part.candidates.state(access, place)? {
            sink.kept += u64::from(fresh);
        } else {
            sink.pass_over(topic, PassedOver::Duplicate, u64::from(fresh));
        }
        Ok(())
    }

    fn is_restored(&self) -> bool {
        !self.parts.values().any(|part| part.candidates.has_due())
    }

    fn is_by_partition(&self) -> bool {
        true
    }

    fn finish(&mut self, step: &Step<'_>, sink: &mut Sink) -> Result<Work, StageError> {
        self.count_partitions(step.now)?;
        let mut left = self.context.tuning.piece_records;
        let mut more = !step.behind.is_empty();
        let parts = self.parts.keys().copied();
        let partitions: Vec<i32> = parts.filter(|one| !step.behind.contains(one)).collect();
        for partition in partitions {
            if let Some(part) = self.parts.get_mut(&partition) {
                let candidates = &mut part.candidates;
                candidates.end_waiting(step.now);
                while left > 0
                    && let Some(id) = candidates.next_due()?
                {
                    left -= 1;
                    // Of some it is only known what was said: nobody can judge that again.
                    let stated = |one: &&mut Candidate| !one.statements.is_empty();
                    let Some(candidate) = candidates.get(&id)?.filter(stated) else {
                        candidates.leave(&id);
                        continue;
                    };
                    let (context, records) = (&self.context, &self.records);
                    let held =
                        Self::judge_one(context, records, partition, step.now, candidate, sink)?;
                    candidates.judged(id, held);
                }
                more |= candidates.is_open();
            }
            // Before what was searched is passed on: what could not be read is not judged.
            if let Some(part) = self.parts.get_mut(&partition) {
                part.say_buried(&self.context, partition, sink)?;
            }
            more |= self.pass_on(partition, step, sink)?;
        }
        Ok(if more { Work::More } else { Work::Done })
    }

    fn rest(&mut self, step: &Step<'_>, committed: bool) -> Result<(), StageError> {
        let Some(disk) = self.disk.clone() else {
            return Ok(());
        };
        for (partition, part) in self.parts.iter_mut().filter(|_| committed) {
            if let Some(asked) = part.asked.take() {
                part.standing = asked;
            }
            let asked_at = part.asked_at.unwrap_or_default();
            if step.now >= asked_at + ASKED_EVERY {
                part.ask(&self.context, *partition, step.now)?;
            }
        }
        if self.is_due(step.now) {
            self.write(&disk, step)?;
        }
        Ok(())
    }
}

/// What the record may have changed, whatever was on record when it came.
fn may_have_changed(
    context: &Context,
    records: &Records,
    topic: Topic,
    record: &RecordRef<'_>,
) -> Result<Changes, StageError> {
    Ok(match topic {
        Topic::BreachEvents => match decode::<BreachEvent>(context, topic, record)? {
            Decoded::Record(event) => records.may_have_changed_by_breach(&event.id),
            Decoded::Tombstone | Decoded::Bad(_) => Changes::default(),
        },
        _ => match decode::<Grant>(context, topic, record)? {
            Decoded::Record(grant) => records.may_have_changed_by_grant(&grant.id),
            Decoded::Tombstone | Decoded::Bad(_) => Changes::default(),
        },
    })
}
