//! What verify knows of one partition: its candidates, what was searched of it, and how far that
//! goes.

use super::candidates::Candidates;
use super::disk::{Note, now_ms};
use crate::context::Context;
use crate::runtime::StageError;
use crate::topology::Topic;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use stream::Position;

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
    /// Keys of the statements.
    pub(super) keys: BTreeSet<String>,
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
    /// Keys of what is to be passed on and does not wait yet.
    pub(super) unsaid: BTreeSet<String>,
    pub(super) held: Option<Held>,
    pub(super) standing: Standing,
    /// What is known to stand once another transaction is committed: until then another instance
    /// may have taken this one's place unnoticed, and said something.
    pub(super) asked: Option<Standing>,
    /// When that was asked.
    pub(super) asked_at: Option<Duration>,
    /// What is on disk.
    pub(super) noted: Option<Note>,
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
