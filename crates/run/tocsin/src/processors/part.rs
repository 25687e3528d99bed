//! What verify knows of one partition: its candidates, what was searched of it, and how far that
//! goes.

use super::candidates::Candidates;
use super::disk::{Note, now_ms};
use super::reading::{Decoded, decode, read_one};
use super::searches::Statement;
use super::verify::source;
use crate::context::Context;
use crate::runtime::{Sink, StageError};
use crate::topology::{Stage, Topic};
use facts::{Access, Coverage, CoverageState};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use stream::{Outgoing, Position, TopicPartition};

/// The name under which verify says how many candidates it could not read.
pub(crate) const UNJUDGED: &str = "unjudged";
/// How often it is asked how far what stands goes, where nothing changes. It is believed after the
/// next commit, which comes once a day at the latest; the topics that tocsin makes keep for a week
/// what was taken back.
pub(super) const ASKED_EVERY: Duration = Duration::from_secs(3_600);

/// Statements on what was searched that wait until what was found is judged. When they were heard,
/// the searched candidates and the selectors stood on their topics; so once this stage has read
/// these topics as far as they went then, and judged what it read, it has judged what was found.
#[derive(Default)]
pub(super) struct Held {
    /// How far the topics went.
    pub(super) behind: Vec<Position>,
    /// The statements.
    pub(super) statements: BTreeSet<Statement>,
}

/// What stands on the topics of one partition, as far as it is known.
#[derive(Default)]
pub(super) struct Standing {
    /// By topic: what was said up to there is among the candidates.
    pub(super) to: BTreeMap<String, i64>,
    /// When that was all; in milliseconds since 1970.
    pub(super) at_ms: i64,
}

/// See the module.
#[derive(Default)]
pub(super) struct Part {
    pub(super) candidates: Candidates,
    /// What was searched, as it was passed on: key → value.
    pub(super) searched: BTreeMap<String, Vec<u8>>,
    /// What is to be passed on and does not wait yet.
    pub(super) unsaid: BTreeSet<Statement>,
    pub(super) held: Option<Held>,
    pub(super) standing: Standing,
    /// What is known to stand once another transaction is committed: until then another instance
    /// may have taken this one's place unnoticed, and said something.
    pub(super) asked: Option<Standing>,
    /// When that was asked.
    pub(super) asked_at: Option<Duration>,
    /// What is on disk.
    pub(super) noted: Option<Note>,
    /// The offsets of candidates that could not be read.
    pub(super) buried: BTreeSet<i64>,
}

impl Part {
    /// Asks how far what stands goes.
    pub(super) fn ask(
        &mut self,
        context: &Context,
        partition: i32,
        now: Duration,
    ) -> Result<(), StageError> {
        let mut asked = Standing {
            to: BTreeMap::new(),
            at_ms: now_ms(),
        };
        for topic in [Topic::Findings, Topic::Excused] {
            let name = context.names.name(topic);
            let (_, end) = context.cluster.range(&name, partition)?;
            asked.to.insert(name.to_string(), end);
        }
        (self.asked, self.asked_at) = (Some(asked), Some(now));
        Ok(())
    }

    /// Tries again to read candidates that could not be read and that are not read anew.
    pub(super) fn read_buried(
        &mut self,
        context: &Context,
        at: &TopicPartition,
    ) -> Result<(), StageError> {
        let health = context.telemetry.health().stage(Stage::Verify.name());
        for offset in self.buried.clone() {
            health.beat();
            read_one(context, &at.at(offset), &mut |record| {
                let access = decode::<Access>(context, Topic::Candidates, &record)?;
                if let Decoded::Record(access) = access {
                    self.candidates.state(access, source(context, &record))?;
                    self.buried.remove(&offset);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Says how many candidates could not be read, where that is news: nobody knows what they are
    /// about. That they are fewer is said once those that were read after all are judged.
    pub(super) fn say_buried(
        &mut self,
        context: &Context,
        partition: i32,
        sink: &mut Sink,
    ) -> Result<(), StageError> {
        let key = format!("{UNJUDGED}|{partition}");
        let said = self.searched.get(&key);
        if self.buried.is_empty() && said.is_none() {
            return Ok(());
        }
        let value = Coverage {
            selector: UNJUDGED.to_owned(),
            matters: Vec::new(),
            partition,
            from: 0,
            to: 0,
            state: CoverageState::Done,
            holes: self.buried.len() as u64,
        };
        let bytes = context.codec.encode(Topic::Searched, &value)?;
        if said != Some(&bytes) {
            let told = said.map(|said| context.codec.decode::<Coverage>(Topic::Searched, said));
            let told = told.and_then(Result::ok).map_or(0, |told| told.holes);
            if value.holes < told && self.candidates.has_due() {
                return Ok(());
            }
            let topic = context.names.name(Topic::Searched);
            sink.send(Outgoing::new(topic, key.as_str(), bytes.clone()).on(partition));
            self.searched.insert(key, bytes);
        }
        Ok(())
    }

    /// Whether it is worth the while to write `note`.
    pub(super) fn is_news(&self, note: &Note) -> bool {
        let Some(noted) = &self.noted else {
            return true;
        };
        let newer = note.said_at_ms.saturating_sub(noted.said_at_ms);
        let same = Note {
            said_at_ms: noted.said_at_ms,
            said_to: noted.said_to.clone(),
            ..note.clone()
        };
        same != *noted
            || self.candidates.must_be_written()
            || self.candidates.has_changed()
            || u128::try_from(newer).is_ok_and(|newer| newer >= ASKED_EVERY.as_millis())
    }
}
