//! screen: the hot path. Every access of every customer is looked at once; what is not plainly an
//! account's own ordinary use goes on as a candidate, byte for byte.

use super::reading::{Decoded, LetterKey, bury, decode, read_whole};
use crate::anew::{created_anew, is_another, noted, other, with_note};
use crate::codec::headers;
use crate::config::StartAt;
use crate::context::Context;
use crate::runtime::{Processor, Sink, StageError, Step, Work, begin_again, check_position};
use crate::topology::{Stage, Topic};
use access::{Records, Screen};
use facts::{Activation, BreachEvent, Coverage, CoverageState, Grant};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use stream::{Committed, LogError, Outgoing, RecordRef, TopicPartition};
use telemetry::happenings::NotScreened;

/// The name under which what screen passes on of itself is announced and searched, where the first
/// start lay behind the beginning of the log.
pub(crate) const STANDING: &str = "standing";
/// The name under which screen says how many accesses it could not read.
pub(crate) const UNREADABLE: &str = "unreadable";
/// The name under which screen says that an access which nobody could read was read after all: its
/// dead letter was redriven. `from` is the offset at which it could not be read.
pub(crate) const MENDED: &str = "mended";
/// The name under which screen notes among the activations how far it has looked at accesses: a
/// position that was set by other means does not tell.
pub(crate) const SCREENED: &str = "screened";
/// What the key of coverage begins with by which screen says that it has not looked at all that
/// stands before: until scope has searched it, no count has an upper end.
pub(crate) const INTERRUPTED: &str = "interrupted|";
/// How often it notes that.
const NOTED_EVERY: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Part {
    /// The next offset to be looked at.
    next: i64,
    /// How many partitions accesses had when screen began with this one.
    partitions: i32,
    /// Selectors that were announced for this partition.
    announced: BTreeSet<String>,
    /// Those that were announced, from this offset on, before it was noted of which topic: they are
    /// announced once more, with the note.
    unnoted: BTreeMap<String, i64>,
    /// Those that were announced, from this offset on, by an instance that knew of them when this
    /// one did not yet.
    unknown: BTreeMap<String, i64>,
    /// Those that were announced, from this offset on, of accesses that were not all looked at:
    /// they are announced once more, and scope searches what lies between.
    interrupted: BTreeMap<String, i64>,
    /// So far accesses were looked at before that.
    screened_to: i64,
    /// How far it is noted that they were.
    noted: Option<i64>,
    /// When that was, or was found.
    noted_at: Option<Duration>,
    /// Accesses on this partition that could not be read.
    unreadable: u64,
    unreadable_changed: bool,
    /// The offsets of those that were read after all.
    mended: BTreeSet<i64>,
}

impl Part {
    /// The offsets of this partition's dead letters that `record` was made from and that were not
    /// mended before; they are now. A record that is sent twice mends once.
    fn mend(&mut self, record: &RecordRef<'_>) -> Vec<i64> {
        let from = record
            .headers()
            .filter(|(name, _)| *name == headers::REDRIVEN_FROM)
            .filter_map(|(_, key)| LetterKey::parse(key))
            .filter(|key| key.topic == record.topic && key.partition == record.partition)
            .map(|key| key.offset)
            .filter(|offset| *offset < record.offset);
        from.filter(|offset| self.mended.insert(*offset)).collect()
    }
}

/// What was said of a partition: from where on a selector is applied.
struct Said {
    selector: String,
    offset: i64,
    /// The topic that the offset is in; `None`: nobody noted it.
    topic_id: Option<String>,
    /// How many partitions accesses had; `None`: nobody noted it.
    partitions: Option<i32>,
}

/// See the module.
pub(crate) struct ScreenStage {
    context: Rc<Context>,
    /// The id of access-events.
    accesses_id: Option<String>,
    /// How many partitions activations have, and coverage.
    kept: i32,
    candidates: Arc<str>,
    records: Records,
    screen: Screen,
    stale: bool,
    parts: BTreeMap<i32, Part>,
}

impl ScreenStage {
    /// With nothing on record yet.
    pub(crate) fn new(
        context: &Rc<Context>,
        accesses_id: Option<String>,
    ) -> Result<ScreenStage, StageError> {
        let records = Records::default();
        let screen = context.law.screen(&records);
        Ok(ScreenStage {
            kept: context.partitions(Topic::Activations)?,
            candidates: context.names.name(Topic::Candidates),
            context: context.clone(),
            accesses_id,
            records,
            screen,
            stale: true,
            parts: BTreeMap::new(),
        })
    }

    /// Reads what was announced: of which partition of the accesses, and what.
    fn read_said(
        &self,
        partition: Option<i32>,
        each: &mut dyn FnMut(i32, Said),
    ) -> Result<(), StageError> {
        let (context, topic) = (&self.context, Topic::Activations);
        read_whole(context, Stage::Screen, topic, partition, &mut |record| {
            if let Decoded::Record(one) = decode::<Activation>(context, topic, &record)? {
                let partitions = record.header(headers::PARTITIONS);
                let partitions = partitions.and_then(|text| std::str::from_utf8(text).ok());
                let said = Said {
                    selector: one.selector,
                    offset: one.offset,
                    topic_id: noted(&record).map(str::to_owned),
                    partitions: partitions.and_then(|text| text.parse().ok()),
                };
                each(one.partition, said);
            }
            Ok(())
        })
    }

    /// Whether accesses had fewer partitions when screen began: this is one that they gained since.
    fn came_later(&self, at: &TopicPartition) -> Result<bool, StageError> {
        let mut came_later = false;
        self.read_said(None, &mut |_, one| {
            let is_here = !is_another(self.accesses_id.as_deref(), one.topic_id.as_deref());
            let had = one.partitions.is_some_and(|had| had <= at.partition);
            came_later |= is_here && had;
        })?;
        Ok(came_later)
    }

    /// What was announced of this topic. What nobody noted a topic with was announced before that
    /// was done: of this one, unless there was another in its place since.
    ///
    /// # Errors
    /// `Stop` where another topic was announced of, and of this one nothing is known. Kafka forgets
    /// positions with the topic that they were in; what was announced stays.
    fn announced(&self, at: &TopicPartition, is_known: bool) -> Result<Vec<Said>, StageError> {
        let mut said = Vec::new();
        let context = &self.context;
        let partition = Some(at.partition % self.kept);
        self.read_said(partition, &mut |partition, one| {
            if partition == at.partition {
                said.push(one);
            }
        })?;
        let here = self.accesses_id.as_deref();
        let another = |one: &Said| {
            let (is, was) = other(here, one.topic_id.as_deref())?;
            Some(created_anew(context, Stage::Screen, &at.topic, was, is))
        };
        let Some(stop) = said.iter().rev().find_map(another) else {
            return Ok(said);
        };
        said.retain(|one| one.topic_id.as_deref() == here);
        match said.is_empty() && !is_known {
            true => Err(stop),
            false => Ok(said),
        }
    }

    /// Where to go on, and how far accesses were looked at before: whoever set the position may
    /// have passed over some.
    fn resume(
        &self,
        at: &TopicPartition,
        said: &[Said],
        committed: Option<&Committed>,
    ) -> Result<(i64, i64), StageError> {
        let noted = screened_to(said);
        let announced = said.iter().filter(|one| one.selector != SCREENED);
        // From where on it was said that accesses are looked at; scope searches up to there. Where
        // no position was committed since, this is where the first start was: chosen anew, it would
        // lie behind what arrived meanwhile.
        let first = announced.map(|one| one.offset).min();
        let known = noted.or(first);
        let (next, screened_to) = match committed {
            Some(committed) => {
                // A cluster that had no ids when the position was committed has none noted.
                let is_noted = |one: &Said| one.topic_id.is_some();
                let by_hand = committed.topic_ids.is_empty() && said.iter().any(is_noted);
                let here = committed.offset;
                let screened_to = match by_hand {
                    true => known.unwrap_or(here),
                    false => noted.map_or(here, |noted| noted.max(here)),
                };
                (here, screened_to)
            }
            None => {
                let last = said.iter().map(|one| one.offset).max().unwrap_or(0);
                check_position(&self.context, Stage::Screen, at, last)?;
                match known {
                    Some(known) => (known, known),
                    None => {
                        let first = self.first_start(at)?;
                        (first, first)
                    }
                }
            }
        };
        let (start, _) = self.context.cluster.range(&at.topic, at.partition)?;
        Ok((next.max(start), screened_to))
    }

    fn first_start(&self, at: &TopicPartition) -> Result<i64, StageError> {
        let (start, end) = self.context.cluster.range(&at.topic, at.partition)?;
        if self.came_later(at)? {
            return Ok(start);
        }
        match self.context.start {
            Some(StartAt::Earliest) => Ok(start),
            Some(StartAt::Latest) => Ok(end),
            Some(StartAt::At(moment)) => Ok(self
                .context
                .cluster
                .offset_for_time(&at.topic, at.partition, moment.millis())?
                .unwrap_or(end)),
            None => Err(StageError::Stop {
                code: "start-not-chosen".to_owned(),
                reason: format!(
                    "{at} was never read by this group, and the configuration does not say where \
                     to start: set `start.access-events` to \"earliest\", \"latest\" or an instant"
                ),
            }),
        }
    }
}

impl Processor for ScreenStage {
    fn take(
        &mut self,
        at: &TopicPartition,
        committed: Option<&Committed>,
    ) -> Result<i64, StageError> {
        let mut part = Part::default();
        let context = self.context.clone();
        let said = self.announced(at, committed.is_some())?;
        let (next, screened_to) = self.resume(at, &said, committed)?;
        let was_interrupted = next > screened_to;
        if was_interrupted {
            NotScreened {
                topic: context.names.design(&at.topic),
                partition: at.partition,
                from: screened_to,
                to: next,
            }
            .emit();
        }
        (part.next, part.screened_to) = (next, screened_to);
        let began = said.iter().filter_map(|one| one.partitions).min();
        part.partitions = match began {
            Some(began) => began,
            None => context.partitions(Topic::AccessEvents)?,
        };
        part.noted = self::screened_to(&said);
        // What this instance has not heard of yet it does not apply yet, whoever announced it: when
        // it does, it says from where on, and scope searches up to there.
        let applied = self.screen.selectors();
        let is_applied = |name: &str| applied.iter().any(|one| one.digest == name);
        for one in said.into_iter().filter(|one| one.selector != SCREENED) {
            if one.selector != STANDING && !is_applied(&one.selector) {
                if one.topic_id == self.accesses_id {
                    part.unknown.insert(one.selector, one.offset);
                }
                continue;
            }
            if was_interrupted {
                let from = part.interrupted.entry(one.selector).or_default();
                *from = one.offset.max(*from);
            } else if one.topic_id.is_none() && self.accesses_id.is_some() {
                let offset = part.unnoted.entry(one.selector).or_default();
                *offset = one.offset.max(*offset);
            } else {
                part.announced.insert(one.selector);
            }
        }
        read_whole(
            &context,
            Stage::Screen,
            Topic::Coverage,
            Some(at.partition % self.kept),
            &mut |record| {
                if let Decoded::Record(one) =
                    decode::<Coverage>(&context, Topic::Coverage, &record)?
                    && one.partition == at.partition
                {
                    match one.selector.as_str() {
                        UNREADABLE => part.unreadable = one.holes,
                        MENDED => {
                            part.mended.insert(one.from);
                        }
                        _ => {}
                    }
                }
                Ok(())
            },
        )?;
        self.parts.insert(at.partition, part);
        Ok(next)
    }

    fn release(&mut self, at: &TopicPartition) {
        self.parts.remove(&at.partition);
    }

    fn broadcast(&mut self, topic: Topic, record: RecordRef<'_>) -> Result<(), StageError> {
        note(&self.context, &mut self.records, topic, &record)?;
        self.stale = true;
        Ok(())
    }

    fn prepare(&mut self, sink: &mut Sink) -> Result<(), StageError> {
        if self.stale {
            self.screen = self.context.law.screen(&self.records);
            self.stale = false;
        }
        // Announce, for each partition, what is applied from its next access on.
        for (partition, part) in &mut self.parts {
            let names = self
                .screen
                .selectors()
                .iter()
                .map(|one| one.digest.as_str());
            for selector in names.chain([STANDING]) {
                if part.announced.contains(selector) {
                    continue;
                }
                part.announced.insert(selector.to_owned());
                // Said already: nothing was looked at since.
                if part.unknown.remove(selector) == Some(part.next) {
                    continue;
                }
                let value = Activation {
                    selector: selector.to_owned(),
                    partition: *partition,
                    offset: part.unnoted.remove(selector).unwrap_or(part.next),
                };
                let key = format!("{selector}|{partition}");
                let bytes = self.context.codec.encode(Topic::Activations, &value)?;
                let topic = self.context.names.name(Topic::Activations);
                let mut out = Outgoing::new(topic, key, bytes)
                    .on(*partition % self.kept)
                    .header(headers::PARTITIONS, part.partitions.to_string());
                if let Some(from) = part.interrupted.remove(selector) {
                    if selector == STANDING {
                        let out = interrupted(&self.context, *partition, part)?;
                        sink.send(out.on(*partition % self.kept));
                    }
                    out = out
                        .header(headers::APPLIED_FROM, from.to_string())
                        .header(headers::SCREENED_TO, part.screened_to.to_string());
                }
                sink.send(with_note(out, self.accesses_id.as_deref()));
            }
        }
        Ok(())
    }

    /// Retention was faster: it begins again where the log begins now, says so, and what lies
    /// between is cut.
    fn overtaken(&self, error: LogError) -> StageError {
        begin_again(&error)
    }

    fn record(
        &mut self,
        topic: Topic,
        record: RecordRef<'_>,
        fresh: bool,
        sink: &mut Sink,
    ) -> Result<(), StageError> {
        let value = record.value.unwrap_or_default();
        let (screen, candidates) = (&self.screen, &self.candidates);
        let bad = self
            .context
            .codec
            .with_access(topic, value, |access| match access {
                Ok(view) => {
                    if let Some(ordinary) = screen.ordinary(view) {
                        sink.pass_over(topic, ordinary.into(), u64::from(fresh));
                    } else {
                        let key = view.actor.unwrap_or(view.account);
                        sink.send(candidate(candidates.clone(), key, &record));
                        sink.kept += u64::from(fresh);
                    }
                    None
                }
                Err(bad) => Some(bad),
            });
        let Some(part) = self.parts.get_mut(&record.partition) else {
            return Ok(());
        };
        part.next = record.offset + 1;
        if !fresh {
            return Ok(());
        }
        let Some(bad) = bad else {
            for offset in part.mend(&record) {
                let value = Coverage {
                    selector: MENDED.to_owned(),
                    matters: Vec::new(),
                    partition: record.partition,
                    from: offset,
                    to: offset + 1,
                    state: CoverageState::Done,
                    holes: 0,
                };
                let bytes = self.context.codec.encode(Topic::Coverage, &value)?;
                let topic = self.context.names.name(Topic::Coverage);
                let key = format!("{MENDED}|{}|{offset}", record.partition);
                let out = Outgoing::new(topic, key, bytes);
                sink.send(out.on(record.partition % self.kept));
            }
            return Ok(());
        };
        let bad = self.context.codec.or_wait(topic, bad, &record)?;
        bury(&self.context, Stage::Screen, &record, &bad, sink)?;
        // What was looked at before was counted then.
        if record.offset >= part.screened_to {
            part.unreadable += 1;
            part.unreadable_changed = true;
        }
        Ok(())
    }

    fn finish(&mut self, step: &Step<'_>, sink: &mut Sink) -> Result<Work, StageError> {
        for (partition, part) in &mut self.parts {
            let at = *part.noted_at.get_or_insert(step.now);
            let is_due = part.unreadable_changed || step.now >= at + NOTED_EVERY;
            if part.noted.is_none_or(|noted| is_due && noted < part.next) {
                (part.noted, part.noted_at) = (Some(part.next), Some(step.now));
                let value = Activation {
                    selector: SCREENED.to_owned(),
                    partition: *partition,
                    offset: part.next,
                };
                let bytes = self.context.codec.encode(Topic::Activations, &value)?;
                let topic = self.context.names.name(Topic::Activations);
                let key = format!("{SCREENED}|{partition}");
                let out = Outgoing::new(topic, key, bytes).on(*partition % self.kept);
                sink.send(with_note(out, self.accesses_id.as_deref()));
            }
            if part.unreadable_changed {
                part.unreadable_changed = false;
                let value = Coverage {
                    selector: UNREADABLE.to_owned(),
                    matters: Vec::new(),
                    partition: *partition,
                    from: 0,
                    to: part.next,
                    state: CoverageState::Done,
                    holes: part.unreadable,
                };
                let bytes = self.context.codec.encode(Topic::Coverage, &value)?;
                let topic = self.context.names.name(Topic::Coverage);
                let key = format!("{UNREADABLE}|{partition}");
                sink.send(Outgoing::new(topic, key, bytes).on(*partition % self.kept));
            }
        }
        Ok(Work::Done)
    }
}

/// How far it is noted among what was said that accesses were looked at.
fn screened_to(said: &[Said]) -> Option<i64> {
    let notes = said.iter().filter(|one| one.selector == SCREENED);
    notes.map(|one| one.offset).max()
}

/// That what screen passes on of itself is searched for once more.
fn interrupted(context: &Context, partition: i32, part: &Part) -> Result<Outgoing, StageError> {
    let value = Coverage {
        selector: STANDING.to_owned(),
        matters: Vec::new(),
        partition,
        from: part.screened_to,
        to: part.next,
        state: CoverageState::Searching,
        holes: 0,
    };
    let bytes = context.codec.encode(Topic::Coverage, &value)?;
    let topic = context.names.name(Topic::Coverage);
    let key = format!("{INTERRUPTED}{partition}");
    Ok(Outgoing::new(topic, key, bytes))
}

/// A candidate: the access and nothing else; where it stands travels in headers.
pub(crate) fn candidate(topic: Arc<str>, key: &str, record: &RecordRef<'_>) -> Outgoing {
    Outgoing::new(topic, key, record.value.unwrap_or_default().to_vec())
        .header("source-topic", record.topic)
        .header("source-partition", record.partition.to_be_bytes())
        .header("source-offset", record.offset.to_be_bytes())
}

/// Adds a breach event or a grant to what is on record; what cannot be read is counted and skipped
/// here, since assess owns those topics' dead letters. Says what must be judged again.
pub(crate) fn note(
    context: &Context,
    records: &mut Records,
    topic: Topic,
    record: &RecordRef<'_>,
) -> Result<access::Changes, StageError> {
    Ok(match topic {
        Topic::BreachEvents => match decode::<BreachEvent>(context, topic, record)? {
            Decoded::Record(event) => records.add_breach(event),
            Decoded::Tombstone | Decoded::Bad(_) => access::Changes::default(),
        },
        Topic::Grants => match decode::<Grant>(context, topic, record)? {
            Decoded::Record(grant) => records.add_grant(grant),
            Decoded::Tombstone | Decoded::Bad(_) => access::Changes::default(),
        },
        _ => access::Changes::default(),
    })
}
