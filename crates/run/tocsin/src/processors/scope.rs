//! scope: a selector that becomes known today is searched in the past, up to where screen applies
//! it, so that an incident is counted in full. Many selectors share one scan, and how far each has
//! come is on the coverage topic.

use super::reading::{Decoded, bury, decode, read_whole};
use super::screen::{INTERRUPTED, SCREENED, STANDING, candidate, note};
use crate::anew::{is_another, noted, with_note};
use crate::codec::headers;
use crate::context::Context;
use crate::runtime::{
    OUT_OF_RANGE, PassedOver, Processor, Sink, StageError, Step, Work, begin_again,
};
use crate::topology::{Stage, Topic};
use access::{Records, Screen};
use facts::{Activation, Coverage, CoverageState};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use stream::{Committed, Outgoing, Position, Reader, RecordRef, TopicPartition};

#[derive(Default)]
struct Part {
    /// Selector → the offset from which screen applies it.
    activations: BTreeMap<String, i64>,
    /// Selector → how far its search has come.
    coverage: BTreeMap<String, Coverage>,
    /// Selectors whose search is not finished.
    pending: BTreeSet<String>,
    /// Selectors that were announced or searched in another topic of this name, which is gone.
    bereft: BTreeSet<String>,
}

/// See the module.
pub(crate) struct ScopeStage {
    context: Rc<Context>,
    candidates: Arc<str>,
    accesses: Arc<str>,
    /// The id of that topic.
    accesses_id: Option<String>,
    records: Records,
    screen: Screen,
    stale: bool,
    /// How many partitions activations have, and coverage: what is said of a partition of accesses
    /// stands on that of its number, or of the rest where they have more.
    kept: i32,
    /// By partition of accesses.
    parts: BTreeMap<i32, Part>,
    reader: Box<dyn Reader>,
    /// Where the reader stands, so that a scan goes on without being assigned anew.
    reading: Option<(i32, i64)>,
}

impl ScopeStage {
    /// With nothing on record yet.
    pub(crate) fn new(
        context: &Rc<Context>,
        accesses_id: Option<String>,
    ) -> Result<ScopeStage, StageError> {
        let records = Records::default();
        let screen = context.law.screen(&records);
        Ok(ScopeStage {
            candidates: context.names.name(Topic::Candidates),
            accesses: context.names.name(Topic::AccessEvents),
            accesses_id,
            reader: context.cluster.open_reader()?,
            context: context.clone(),
            records,
            screen,
            stale: true,
            kept: context.partitions(Topic::Activations)?,
            parts: BTreeMap::new(),
            reading: None,
        })
    }

    /// Searches one piece of a partition for all selectors that are due there.
    fn search(&mut self, partition: i32, sink: &mut Sink) -> Result<(), StageError> {
        let (log_start, _) = self.context.cluster.range(&self.accesses, partition)?;
        let due = self.due(partition, log_start);
        let Some(begin) = due.iter().map(|one| one.cursor).min() else {
            return Ok(());
        };
        let stop = due.iter().map(|one| one.until).max().unwrap_or(begin);
        let reached = if begin < stop {
            self.scan(partition, begin, stop, &due, sink)?
        } else {
            (stop, 0)
        };
        self.advance(partition, log_start, reached, &due, sink)
    }

    /// The pending selectors of a partition that are known here, with their windows.
    fn due(&self, partition: i32, log_start: i64) -> Vec<Due> {
        let Some(part) = self.parts.get(&partition) else {
            return Vec::new();
        };
        part.pending
            .iter()
            .filter_map(|digest| {
                let until = *part.activations.get(digest)?;
                let cursor = part
                    .coverage
                    .get(digest)
                    .map_or(log_start, |c| c.to)
                    .max(log_start);
                let (index, matters) = self.known(digest)?;
                Some(Due {
                    digest: digest.clone(),
                    index,
                    matters,
                    cursor,
                    until,
                })
            })
            .collect()
    }

    /// The place of a selector among those that are known here, and its matters; the place of what
    /// screen passes on of itself is `None`.
    fn known(&self, digest: &str) -> Option<(Option<usize>, Vec<String>)> {
        if digest == STANDING {
            return Some((None, Vec::new()));
        }
        let selectors = self.screen.selectors();
        let index = selectors.iter().position(|one| one.digest == *digest)?;
        let matters = selectors.get(index)?.matters.iter().cloned();
        Some((Some(index), matters.collect()))
    }

    /// Says of what was announced or searched in a topic that is gone that it is cut: what stood
    /// there and was not searched, or not screened, cannot be any more.
    fn cut_bereft(&mut self, sink: &mut Sink) -> Result<(), StageError> {
        let all = self.parts.iter();
        let bereft = all.flat_map(|(at, part)| part.bereft.iter().map(|one| (*at, one.clone())));
        for (partition, selector) in bereft.collect::<Vec<_>>() {
            let known = self.known(&selector);
            let Some(part) = self.parts.get_mut(&partition) else {
                continue;
            };
            let before = part.coverage.get(&selector);
            let matters = before.map(|coverage| coverage.matters.clone());
            let Some(matters) = matters.or(known.map(|(_, matters)| matters)) else {
                // Not heard of yet; nobody waits for it before it is.
                continue;
            };
            part.bereft.remove(&selector);
            if before.is_some_and(|coverage| coverage.state == CoverageState::Cut) {
                continue;
            }
            let coverage = Coverage {
                selector,
                matters,
                partition,
                from: 0,
                to: 0,
                state: CoverageState::Cut,
                holes: before.map_or(0, |coverage| coverage.holes),
            };
            self.say(coverage, sink)?;
        }
        Ok(())
    }

    /// Writes how a search stands, and remembers it.
    fn say(&mut self, coverage: Coverage, sink: &mut Sink) -> Result<(), StageError> {
        let partition = coverage.partition;
        let bytes = self.context.codec.encode(Topic::Coverage, &coverage)?;
        let key = format!("{}|{partition}", coverage.selector);
        let topic = self.context.names.name(Topic::Coverage);
        let out = Outgoing::new(topic, key, bytes).on(partition % self.kept);
        sink.send(with_note(out, self.accesses_id.as_deref()));
        let part = self.parts.entry(partition).or_default();
        part.coverage.insert(coverage.selector.clone(), coverage);
        Ok(())
    }

    /// Reads from `begin` towards `stop` and passes on what the selectors look for; returns the
    /// offset that was reached, and how many accesses before screen's first start could not be
    /// read.
    fn scan(
        &mut self,
        partition: i32,
        begin: i64,
        stop: i64,
        due: &[Due],
        sink: &mut Sink,
    ) -> Result<(i64, u64), StageError> {
        if self.reading != Some((partition, begin)) {
            self.reader
                .assign(&[Position::new(self.accesses.clone(), partition, begin)])?;
        }
        let (context, screen, candidates) = (&self.context, &self.screen, &self.candidates);
        let (mut failed, mut holes) = (None, 0);
        let max = self.context.tuning.piece_records;
        let polled = self
            .reader
            .poll(max, Duration::from_millis(200), &mut |record| {
                if failed.is_some() || record.offset >= stop {
                    return;
                }
                sink.read(Topic::AccessEvents, 1);
                let value = record.value.unwrap_or_default();
                let bad = context
                    .codec
                    .with_access(Topic::AccessEvents, value, |access| match access {
                        Ok(view) => {
                            let wanted = due.iter().any(|one| {
                                (one.cursor..one.until).contains(&record.offset)
                                    && match one.index {
                                        Some(index) => screen.matches_selector(index, view),
                                        None => screen.passes_on(view),
                                    }
                            });
                            if wanted {
                                let key = view.actor.unwrap_or(view.account);
                                sink.send(candidate(candidates.clone(), key, &record));
                                sink.keep(Topic::AccessEvents, 1);
                            } else {
                                sink.pass_over(Topic::AccessEvents, PassedOver::NotSought, 1);
                            }
                            None
                        }
                        Err(bad) => Some(bad),
                    });
                // What cannot be read is screen's dead letter, and counted there, unless it stands
                // before screen's first start: then nobody but this stage sees it.
                let Some(bad) = bad else {
                    return;
                };
                let before_screen = due.iter().any(|one| {
                    one.index.is_none() && (one.cursor..one.until).contains(&record.offset)
                });
                let codec = &context.codec;
                let bad = codec.or_wait(Topic::AccessEvents, bad, &record);
                let buried = bad.and_then(|bad| {
                    if before_screen {
                        holes += 1;
                        return bury(context, Stage::Scope, &record, &bad, sink);
                    }
                    sink.pass_over(Topic::AccessEvents, PassedOver::BuriedElsewhere, 1);
                    Ok(())
                });
                if let Err(error) = buried {
                    failed = Some(error);
                }
            });
        match polled {
            // Retention was faster: begun again, the search says that it is cut.
            Err(error) if error.code == OUT_OF_RANGE => return Err(begin_again(&error)),
            polled => polled?,
        };
        if let Some(error) = failed {
            return Err(error);
        }
        let here = self
            .reader
            .position(&self.accesses, partition)
            .unwrap_or(begin);
        self.reading = Some((partition, here));
        Ok((here, holes))
    }

    /// Notes how far the search came, in the transaction that carries what it found.
    fn advance(
        &mut self,
        partition: i32,
        log_start: i64,
        (here, holes): (i64, u64),
        due: &[Due],
        sink: &mut Sink,
    ) -> Result<(), StageError> {
        for one in due {
            let Some(part) = self.parts.get_mut(&partition) else {
                return Ok(());
            };
            let before = part.coverage.get(&one.digest);
            // What is not there for screen's own search is not there for selectors that come now,
            // also where the log begins at its beginning: a topic that was here before is gone.
            let standing = part.coverage.get(STANDING);
            let bereft = before.is_none()
                && standing.is_some_and(|coverage| coverage.state == CoverageState::Cut);
            let from = before.map_or(log_start, |coverage| coverage.from);
            let to = here.clamp(one.cursor, one.until.max(one.cursor));
            // What stood before the log's beginning, or was cut away behind the cursor, is gone.
            let cut = bereft
                || from > 0
                || before.is_some_and(|coverage| {
                    coverage.state == CoverageState::Cut || coverage.to < log_start
                });
            let finished = to >= one.until;
            let state = match (cut, finished) {
                (true, _) => CoverageState::Cut,
                (false, true) => CoverageState::Done,
                (false, false) => CoverageState::Searching,
            };
            let coverage = Coverage {
                selector: one.digest.clone(),
                matters: one.matters.clone(),
                partition,
                from,
                to,
                state,
                holes: before.map_or(0, |coverage| coverage.holes)
                    + if one.index.is_none() { holes } else { 0 },
            };
            let is_news = before != Some(&coverage);
            if finished {
                part.pending.remove(&one.digest);
            }
            if is_news {
                self.say(coverage, sink)?;
            }
        }
        Ok(())
    }
}

/// Where screen has passed over accesses, what it had looked at before need not be searched.
fn go_on(coverage: &mut Coverage, record: &RecordRef<'_>) {
    let offset = |header| {
        std::str::from_utf8(record.header(header)?)
            .ok()?
            .parse()
            .ok()
    };
    let of = |header| -> Option<i64> { offset(header) };
    if let (Some(applied_from), Some(screened_to)) =
        (of(headers::APPLIED_FROM), of(headers::SCREENED_TO))
        && coverage.to >= applied_from
    {
        coverage.to = coverage.to.max(screened_to);
    }
}

/// A selector that is to be searched in one partition.
struct Due {
    digest: String,
    /// Its place among the selectors; `None`: what screen passes on of itself.
    index: Option<usize>,
    matters: Vec<String>,
    /// The next offset to be searched.
    cursor: i64,
    /// The first offset that screen looks at itself.
    until: i64,
}

impl Processor for ScopeStage {
    fn take(
        &mut self,
        at: &TopicPartition,
        _committed: Option<&Committed>,
    ) -> Result<i64, StageError> {
        let mut parts: BTreeMap<i32, Part> = BTreeMap::new();
        let context = self.context.clone();
        read_whole(
            &context,
            Stage::Scope,
            Topic::Coverage,
            Some(at.partition),
            &mut |record| {
                // What screen says of its own search goes to assess alone.
                if let Decoded::Record(mut one) =
                    decode::<Coverage>(&context, Topic::Coverage, &record)?
                    && !record
                        .key
                        .is_some_and(|key| key.starts_with(INTERRUPTED.as_bytes()))
                {
                    let part = parts.entry(one.partition).or_default();
                    if is_another(self.accesses_id.as_deref(), noted(&record)) {
                        (one.from, one.to) = (0, 0);
                        part.bereft.insert(one.selector.clone());
                    }
                    part.coverage.insert(one.selector.clone(), one);
                }
                Ok(())
            },
        )?;
        self.release(at);
        self.parts.append(&mut parts);
        let (start, _) = self.context.cluster.range(&at.topic, at.partition)?;
        Ok(start)
    }

    fn release(&mut self, at: &TopicPartition) {
        let kept = self.kept;
        self.parts.retain(|one, _| one % kept != at.partition);
    }

    fn broadcast(&mut self, topic: Topic, record: RecordRef<'_>) -> Result<(), StageError> {
        note(&self.context, &mut self.records, topic, &record)?;
        self.stale = true;
        Ok(())
    }

    fn prepare(&mut self, _sink: &mut Sink) -> Result<(), StageError> {
        if self.stale {
            self.screen = self.context.law.screen(&self.records);
            self.stale = false;
        }
        Ok(())
    }

    fn record(
        &mut self,
        topic: Topic,
        record: RecordRef<'_>,
        fresh: bool,
        sink: &mut Sink,
    ) -> Result<(), StageError> {
        match decode::<Activation>(&self.context, topic, &record)? {
            Decoded::Record(one) if is_another(self.accesses_id.as_deref(), noted(&record)) => {
                let part = self.parts.entry(one.partition).or_default();
                part.activations.remove(&one.selector);
                part.pending.remove(&one.selector);
                part.bereft.insert(one.selector);
            }
            Decoded::Record(one) if one.selector == SCREENED => {}
            Decoded::Record(one) => {
                let part = self.parts.entry(one.partition).or_default();
                if let Some(coverage) = part.coverage.get_mut(&one.selector) {
                    go_on(coverage, &record);
                }
                let known = part.coverage.get(&one.selector);
                let bereft = part.bereft.contains(&one.selector);
                if bereft || known.is_none_or(|coverage| coverage.to < one.offset) {
                    part.pending.insert(one.selector.clone());
                }
                let until = part.activations.entry(one.selector).or_insert(one.offset);
                *until = one.offset.max(*until);
            }
            Decoded::Tombstone => {
                sink.pass_over(topic, PassedOver::NoValue, u64::from(fresh));
                return Ok(());
            }
            Decoded::Bad(bad) => {
                if fresh {
                    bury(&self.context, Stage::Scope, &record, &bad, sink)?;
                }
                return Ok(());
            }
        }
        sink.kept += u64::from(fresh);
        Ok(())
    }

    fn finish(&mut self, _step: &Step<'_>, sink: &mut Sink) -> Result<Work, StageError> {
        self.cut_bereft(sink)?;
        let partition = self
            .parts
            .iter()
            .find(|(partition, _)| !self.due(**partition, 0).is_empty())
            .map(|(partition, _)| *partition);
        if let Some(partition) = partition {
            self.search(partition, sink)?;
            return Ok(Work::More);
        }
        // A selector that screen announced and this stage does not know is either on its way (then
        // the broadcast topics are not at their end, and the stage is not settled) or was replaced
        // by another statement of its record (then nobody waits for its search).
        Ok(Work::Done)
    }
}
