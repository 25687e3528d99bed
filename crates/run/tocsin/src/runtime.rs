//! The task loop: one stage on one cluster, step by step.
//!
//! A step reads what is there, lets the processor work and commits its outputs together with its
//! input positions. A processor's state is a function of its inputs and of its own earlier outputs,
//! so whoever takes a partition over rebuilds it from the topics; nothing is emitted before the
//! inputs have been read again as far as they were committed, so a restart is never visible
//! downstream. What the loop does depends on no clock: the caller passes the time and the waiting
//! time, and only how long a commit took is measured, for the metrics.

use crate::anew::Identities;
use crate::context::Context;
use crate::marks::{Due, Marks};
use crate::members::{alone_by_these_rules, label, member_name};
use crate::observe::Watch;
pub(crate) use crate::remedy::{Awaited, OUT_OF_RANGE, Remedy, StageError, begin_again, remedy};
pub(crate) use crate::sink::{PassedOver, Sink};
use crate::topology::{Stage, Topic};
use facts::Source;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;
use stream::{
    Committed, LogError, Position, Reader, RecordRef, TopicPartition, Worker, WorkerSpec,
};

/// What a processor may ask about the step that it works in.
pub(crate) struct Step<'a> {
    /// Time that has passed on the caller's clock, from an origin of its own.
    pub(crate) now: Duration,
    /// Partitions of which not everything was read again that had been committed, by their numbers:
    /// nothing may be emitted for them.
    pub(crate) behind: &'a BTreeSet<i32>,
    worker: &'a dyn Worker,
    broadcast: Option<&'a dyn Reader>,
}

impl Step<'_> {
    /// The next offset that this stage will read of a partition, its own or one of a topic that
    /// every instance reads whole; `None`: it does not read it.
    pub(crate) fn position(&self, topic: &str, partition: i32) -> Option<i64> {
        let broadcast = || self.broadcast?.position(topic, partition);
        self.worker.position(topic, partition).or_else(broadcast)
    }
}

/// Whether a processor has more to do without further input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Nothing is left.
    Done,
    /// It was cut into pieces, and there is another.
    More,
}

/// A synchronous state machine over batches.
pub(crate) trait Processor {
    /// A partition now belongs to this instance: rebuild its state; returns where to start.
    fn take(
        &mut self,
        partition: &TopicPartition,
        committed: Option<&Committed>,
    ) -> Result<i64, StageError>;

    /// Whether everything that it took over is judged again.
    fn is_restored(&self) -> bool {
        true
    }

    /// What to make of an offset that its own topics do not hold any more: by default a person says
    /// where to go on.
    fn overtaken(&self, error: LogError) -> StageError {
        error.into()
    }

    /// A partition went to another instance.
    fn release(&mut self, partition: &TopicPartition);

    /// A record of a topic that every instance reads whole.
    fn broadcast(&mut self, topic: Topic, record: RecordRef<'_>) -> Result<(), StageError>;

    /// Called after the broadcast records of a step and before its other records.
    fn prepare(&mut self, sink: &mut Sink) -> Result<(), StageError>;

    /// A record of its own topics. `fresh`: it was never committed before.
    fn record(
        &mut self,
        topic: Topic,
        record: RecordRef<'_>,
        fresh: bool,
        sink: &mut Sink,
    ) -> Result<(), StageError>;

    /// Whether each partition's work is its own, so that the others' goes on while one that was
    /// taken over is read again.
    fn is_by_partition(&self) -> bool {
        false
    }

    /// Called after the records of a step, once all inputs are read as far as they were committed;
    /// where its work is [by partition](Self::is_by_partition), before that too.
    fn finish(&mut self, step: &Step<'_>, sink: &mut Sink) -> Result<Work, StageError>;

    /// Called at the end of each step, when what it came to is committed, or is nothing. After
    /// `committed` positions no other instance had taken a partition before they were.
    fn rest(&mut self, _step: &Step<'_>, _committed: bool) -> Result<(), StageError> {
        Ok(())
    }
}

/// So many records are taken at once, and then their bytes looked at.
const AT_ONCE: usize = 2_000;

/// What one step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Something was read, written or is left to do.
    pub(crate) busy: bool,
    /// Something was read or written.
    pub(crate) moved: bool,
    /// No input, search or piece of work is outstanding.
    pub(crate) settled: bool,
}

/// One stage on one cluster.
pub(crate) struct Runner {
    stage: Stage,
    context: Rc<Context>,
    processor: Box<dyn Processor>,
    worker: Box<dyn Worker>,
    broadcast: Option<Box<dyn Reader>>,
    identities: Identities,
    loaded: bool,
    /// Whether everything that was taken over is judged again.
    restored: bool,
    owned: BTreeSet<TopicPartition>,
    marks: Marks,
    resume_at: BTreeMap<TopicPartition, i64>,
    /// By topic, the greatest time stamp of its records that were read: milliseconds since 1970,
    /// 0 where none has one.
    newest: [i64; Topic::ALL.len()],
    idle_steps: u32,
    /// Changes of its partitions that came when it had read records that were not committed.
    deferred: Option<stream::Polled>,
    watch: Watch,
}

impl Runner {
    /// Opens the stage: a worker in its group, and a reader for what every instance reads whole.
    pub(crate) fn open(stage: Stage, context: &Rc<Context>) -> Result<Runner, StageError> {
        let names = &context.names;
        // Before anything is read, so that whatever is read is of these or of later ones.
        let identities = Identities::of(stage, context)?;
        let topics: Vec<String> = stage
            .reads()
            .iter()
            .map(|topic| names.name(*topic).to_string())
            .collect();
        let assignment = if stage.is_single() {
            let mut all = Vec::new();
            for topic in &topics {
                for partition in 0..context.cluster.partitions(topic)? {
                    all.push(TopicPartition::new(topic.as_str(), partition));
                }
            }
            stream::Assignment::Fixed(all)
        } else {
            stream::Assignment::Group
        };
        let group = stage.group(&context.prefix);
        if !stage.is_single() {
            alone_by_these_rules(context, &group)?;
        }
        let marks = Marks::of(stage, names);
        // Who cannot use its disk is no member yet, and keeps no partition from others.
        let disk = crate::processors::disk(stage, context)?;
        let worker = context.cluster.open_worker(WorkerSpec {
            transactional_id: stage.transactional_id(&context.prefix, &context.instance),
            instance_id: Some(member_name(context, &group)),
            label: Some(label()),
            group,
            topics,
            assignment,
            beside: marks.beside().to_vec(),
            topic_ids: identities.ids().clone(),
        })?;
        let broadcast = if stage.broadcast().is_empty() {
            None
        } else {
            let mut reader = context.cluster.open_reader()?;
            let mut positions = Vec::new();
            for topic in stage.broadcast() {
                let name = names.name(*topic);
                for partition in 0..context.cluster.partitions(&name)? {
                    let (start, _) = context.cluster.range(&name, partition)?;
                    positions.push(Position::new(name.clone(), partition, start));
                }
            }
            reader.assign(&positions)?;
            Some(reader)
        };
        let processor = crate::processors::build(stage, context, identities.ids(), disk)?;
        let watch = Watch::new(context, stage);
        watch.bounds(context, 1 + u64::from(broadcast.is_some()));
        // Those of an earlier turn.
        watch.health.forget_positions();
        Ok(Runner {
            stage,
            context: context.clone(),
            processor,
            worker,
            loaded: broadcast.is_none(),
            restored: false,
            broadcast,
            identities,
            owned: BTreeSet::new(),
            marks,
            resume_at: BTreeMap::new(),
            newest: [0; Topic::ALL.len()],
            idle_steps: 0,
            deferred: None,
            watch,
        })
    }

    /// One step at the time `now` of the caller's clock. Reads at most the configured batch; waits
    /// up to `wait` where nothing is there.
    pub(crate) fn step(&mut self, now: Duration, wait: Duration) -> Result<Progress, StageError> {
        self.context.codec.at(now);
        self.identities.look(&self.context, now)?;
        let mut sink = Sink::default();
        let heard = self.read_broadcast(&mut sink)?;
        if !self.loaded {
            return Ok(Progress {
                busy: true,
                moved: true,
                settled: false,
            });
        }
        self.processor.prepare(&mut sink)?;
        let wait = if heard > 0 || !sink.out.is_empty() {
            Duration::ZERO
        } else {
            wait
        };
        let polled = self.gather(wait, &mut sink)?;
        if let Some(error) = sink.failed.take() {
            return Err(error);
        }
        self.change_assignment(&polled)?;
        if !polled.assigned.is_empty() {
            // What is said of a partition that was taken over goes with its first position.
            self.processor.prepare(&mut sink)?;
        }
        let behind = self.behind();
        let has_caught_up = behind.is_empty();
        let work = if has_caught_up || self.processor.is_by_partition() {
            let step = Step {
                now,
                behind: &behind,
                worker: self.worker.as_ref(),
                broadcast: self.broadcast.as_deref(),
            };
            let work = self.processor.finish(&step, &mut sink)?;
            self.restored |= has_caught_up && self.processor.is_restored();
            work
        } else {
            Work::More
        };
        let wrote = sink.out.len();
        let committed = self.commit(now, sink)?;
        let step = Step {
            now,
            behind: &behind,
            worker: self.worker.as_ref(),
            broadcast: self.broadcast.as_deref(),
        };
        self.processor.rest(&step, committed)?;
        let moved = heard > 0 || polled.records > 0 || wrote > 0;
        let busy = moved || work == Work::More;
        self.idle_steps = if busy {
            0
        } else {
            self.idle_steps.saturating_add(1)
        };
        let settled = !busy
            && work == Work::Done
            && polled.at_end
            && self.worker.has_share()
            && !self.worker.is_held_back()
            && self.broadcast_at_end()?;
        self.report(settled);
        Ok(Progress {
            busy,
            moved,
            settled,
        })
    }

    /// Whether it knows its partitions, if only that it has none, has read again what was
    /// committed, and has judged it again: another pack or setting may change any answer.
    pub(crate) fn is_ready(&self) -> bool {
        self.loaded && self.worker.has_share() && self.caught_up() && self.restored
    }

    /// Aborts what is open and leaves the group.
    pub(crate) fn close(self) -> Result<(), LogError> {
        self.worker.close()
    }

    fn read_broadcast(&mut self, sink: &mut Sink) -> Result<usize, StageError> {
        let Some(reader) = &mut self.broadcast else {
            return Ok(0);
        };
        let (names, processor) = (&self.context.names, &mut self.processor);
        let wait = if self.loaded {
            Duration::ZERO
        } else {
            Duration::from_millis(50)
        };
        let heard = reader.poll(self.context.tuning.batch_records, wait, &mut |record| {
            if sink.failed.is_none()
                && let Some(topic) = names.topic(record.topic)
                && let Err(error) = processor.broadcast(topic, record)
            {
                sink.failed = Some(error);
            }
        })?;
        if let Some(error) = sink.failed.take() {
            return Err(error);
        }
        if heard > 0 {
            self.watch.health.settled(false);
        }
        if !self.loaded {
            self.watch.health.beat();
            self.loaded = reader.at_end();
        }
        Ok(heard)
    }

    fn broadcast_at_end(&mut self) -> Result<bool, StageError> {
        match &mut self.broadcast {
            None => Ok(true),
            Some(reader) => {
                // The ends are asked for anew now and then only: each is a question to the cluster.
                if self.idle_steps % 8 == 1 {
                    reader.refresh_end()?;
                }
                Ok(self.idle_steps > 0 && reader.at_end())
            }
        }
    }

    /// Reads until as much as fits into a transaction was read, or nothing more is known to be
    /// there, or the time for that is over, whichever is first.
    fn gather(&mut self, wait: Duration, sink: &mut Sink) -> Result<stream::Polled, StageError> {
        if let Some(changes) = self.deferred.take() {
            return Ok(changes);
        }
        let begun = std::time::Instant::now();
        let (most, bytes) = (
            self.context.tuning.batch_records,
            self.context.tuning.batch_bytes,
        );
        let mut asked = most.min(AT_ONCE);
        let mut all = self.read_own(asked, wait, sink)?;
        let moves = |polled: &stream::Polled| {
            !(polled.assigned.is_empty() && polled.revoked.is_empty() && polled.lost.is_empty())
        };
        let mut last = all.records;
        while last > 0 && all.records < most && !all.at_end && !moves(&all) && !self.is_drained() {
            let interval = self.context.tuning.commit_interval;
            let left = interval.saturating_sub(begun.elapsed());
            // What lies ready is taken, however long it took so far.
            let lies_ready = last == asked;
            if (left.is_zero() && !lies_ready) || sink.bytes >= bytes || sink.failed.is_some() {
                break;
            }
            asked = (most - all.records).min(AT_ONCE);
            let more = self.read_own(asked, left, sink)?;
            if moves(&more) {
                // What was read until now is committed first: the partitions are this instance's
                // until it polls again.
                self.deferred = Some(more);
                break;
            }
            last = more.records;
            all = stream::Polled {
                records: all.records + last,
                ..more
            };
        }
        Ok(all)
    }

    /// Whether no more was known to be there when its topics were last heard of. The end of a
    /// transaction takes an offset too.
    fn is_drained(&self) -> bool {
        self.owned.iter().all(|one| {
            let end = self.worker.end(&one.topic, one.partition);
            let next = self.worker.position(&one.topic, one.partition);
            end.zip(next).is_some_and(|(end, next)| end <= next + 1)
        })
    }

    fn read_own(
        &mut self,
        most: usize,
        wait: Duration,
        sink: &mut Sink,
    ) -> Result<stream::Polled, StageError> {
        let (names, processor) = (&self.context.names, &mut self.processor);
        let (marks, health) = (&self.marks, &self.watch.health);
        let newest = &mut self.newest;
        let mut said = false;
        // Records of a batch come in runs of one partition: look a run's names up once.
        let mut run: Option<(TopicPartition, Topic, i64)> = None;
        let polled = self.worker.poll(most, wait, &mut |record| {
            if sink.failed.is_some() {
                return;
            }
            let same = run.as_ref().is_some_and(|(at, ..)| {
                at.partition == record.partition && *at.topic == *record.topic
            });
            if !same {
                let Some(topic) = names.topic(record.topic) else {
                    return;
                };
                let at = TopicPartition::new(record.topic, record.partition);
                let done = marks.get(&at).unwrap_or(0);
                run = Some((at, topic, done));
            }
            let Some((_, topic, done)) = &run else {
                return;
            };
            let fresh = record.offset >= *done;
            sink.bytes +=
                (record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len)) as u64;
            let newest = &mut newest[*topic as usize];
            *newest = record.timestamp_ms.max(*newest);
            if !said {
                // Not only when the step is over: it may take long, and who looks meanwhile
                // must not be told that nothing is outstanding.
                said = true;
                health.settled(false);
            }
            if fresh {
                sink.read(*topic, 1);
            }
            if let Err(error) = processor.record(*topic, record, fresh, sink) {
                sink.failed = Some(error);
            }
            sink.book(*topic);
        });
        polled.map_err(|error| match error.code == OUT_OF_RANGE {
            true => self.processor.overtaken(error),
            false => error.into(),
        })
    }

    fn change_assignment(&mut self, polled: &stream::Polled) -> Result<(), StageError> {
        if !(polled.assigned.is_empty() && polled.revoked.is_empty() && polled.lost.is_empty()) {
            self.watch.rebalanced(polled);
        }
        for gone in polled.revoked.iter().chain(&polled.lost) {
            let topic = self.context.names.design(&gone.topic);
            self.watch.health.forget_position(topic, gone.partition);
            self.processor.release(gone);
            self.owned.remove(gone);
            self.marks.forget(gone);
            self.resume_at.remove(gone);
        }
        if polled.assigned.is_empty() {
            return Ok(());
        }
        if !self.stage.is_single() {
            // Of two that joined at once, the later sees the other only now.
            let group = self.stage.group(&self.context.prefix);
            alone_by_these_rules(&self.context, &group)?;
        }
        self.identities.compare(&self.context)?;
        let asked = [polled.assigned.as_slice(), self.marks.beside()].concat();
        let found = self.worker.committed(&asked)?;
        self.identities.recall(&self.context, &found)?;
        for (taken, committed) in &found {
            let (committed, ids) = (committed.as_ref(), self.identities.ids());
            if self.marks.found(taken, committed, ids) {
                continue;
            }
            let at = committed.map(|committed| committed.offset);
            if let Some(at) = at {
                check_position(&self.context, self.stage, taken, at)?;
            }
            let start = self.processor.take(taken, committed)?;
            self.restored = false;
            self.worker.start(&taken.topic, taken.partition, start)?;
            self.owned.insert(taken.clone());
            self.marks.set(taken, at.unwrap_or(start));
            self.resume_at.insert(taken.clone(), at.unwrap_or(start));
        }
        Ok(())
    }

    /// Whether everything that was committed before has been read again.
    fn caught_up(&self) -> bool {
        self.behind().is_empty()
    }

    /// The partitions of which it has not, by their numbers.
    fn behind(&self) -> BTreeSet<i32> {
        let is_behind = |(at, target): &(&TopicPartition, &i64)| {
            let here = self.worker.position(&at.topic, at.partition);
            here.is_none_or(|here| here < **target)
        };
        let behind = self.resume_at.iter().filter(is_behind);
        behind.map(|(at, _)| at.partition).collect()
    }

    /// Commits what a step came to; whether positions were among it.
    fn commit(&mut self, now: Duration, sink: Sink) -> Result<bool, StageError> {
        let (worker, broadcast) = (self.worker.as_ref(), self.broadcast.as_deref());
        let here = |at: &TopicPartition| {
            let whole = || broadcast?.position(&at.topic, at.partition);
            worker.position(&at.topic, at.partition).or_else(whole)
        };
        let Due {
            mut positions,
            is_reason,
        } = self.marks.due(now, self.owned.iter(), &here);
        if sink.out.is_empty() && !is_reason {
            return Ok(false);
        }
        if !is_reason {
            // Brokers look whether a partition is still this member's where positions are committed
            // with the group's generation, and nowhere else.
            let mut owned = self.owned.iter();
            let stays = owned.find_map(|at| Some(at.at(self.marks.get(at)?)));
            positions.extend(stays);
        }
        let with_positions = !positions.is_empty();
        let started = std::time::Instant::now();
        if let Err(error) = self.write(&sink, &positions) {
            let error = error.into();
            if remedy(&error) == Remedy::Stop {
                // Nobody will open the id soon: left open, it holds up whoever reads the topics.
                // What stopped the stage says more than what fails now.
                let _ = self.worker.abort();
            }
            return Err(error);
        }
        self.marks.done(now, positions);
        self.watch.committed(&self.context, sink, started.elapsed());
        Ok(with_positions)
    }

    /// Writes what a step came to, in one transaction.
    fn write(&mut self, sink: &Sink, positions: &[Position]) -> Result<(), LogError> {
        self.worker.begin()?;
        for record in &sink.out {
            self.worker.send(record)?;
        }
        self.worker.commit(positions)
    }

    fn report(&mut self, settled: bool) {
        self.watch.health.beat();
        self.watch.health.settled(settled);
        for at in &self.owned {
            let here = self.worker.position(&at.topic, at.partition);
            let end = self.worker.end(&at.topic, at.partition);
            if let (Some(here), Some(end)) = (here, end) {
                let topic = self.context.names.design(&at.topic);
                self.watch.health.position(topic, at.partition, here, end);
            }
        }
        // What is only read again says nothing of how far behind the work is.
        if self.caught_up() {
            let read = Topic::ALL.into_iter().zip(self.newest);
            for (topic, newest) in read.filter(|(_, newest)| *newest > 0) {
                let seconds = newest as f64 / 1e3;
                self.watch.health.newest_record(topic.name(), seconds);
            }
        }
    }
}

/// A log that ends below what was read of it has lost records, or is another log.
pub(crate) fn check_position(
    context: &Context,
    stage: Stage,
    at: &TopicPartition,
    read_to: i64,
) -> Result<(), StageError> {
    let (_, end) = context.cluster.range(&at.topic, at.partition)?;
    if end >= read_to {
        return Ok(());
    }
    let (group, stage) = (stage.group(&context.prefix), stage.name());
    Err(StageError::Stop {
        code: "position-past-end".to_owned(),
        reason: format!(
            "stage {stage} has read {at} up to offset {read_to}, but the log ends at {end}: the \
             topic lost records or was created anew. Restore the topic, or set the position of the \
             group {group} on purpose"
        ),
    })
}

/// Where a record stands, for people: a topic's offset, or a file's line.
pub(crate) fn source_of(context: &Context, record: &RecordRef<'_>) -> Source {
    place(context, record.topic, record.partition, record.offset)
}

/// The same for a record that is elsewhere.
pub(crate) fn place(context: &Context, topic: &str, partition: i32, offset: i64) -> Source {
    let origin = context.origin.as_ref();
    match origin.and_then(|origin| origin(topic, partition, offset)) {
        Some(source) => source,
        None => Source::Topic {
            topic: topic.to_owned(),
            partition,
            offset,
        },
    }
}
