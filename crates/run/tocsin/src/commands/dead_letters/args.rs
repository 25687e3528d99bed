//! The command line of `tocsin dead-letters`.

use super::letters::Letter;
use crate::cli::{NoticesAt, help};
use crate::topology::{Stage, TopicNames};
use clap::{Args, Subcommand};
use facts::{Moment, Source};
use std::path::PathBuf;

/// `tocsin dead-letters`.
#[derive(Debug, Args)]
pub(crate) struct DeadLetters {
    /// What about them.
    #[command(subcommand)]
    pub(crate) what: DeadLettersCommand,
}

/// What about dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadLettersCommand {
    /// How many of which code, the oldest and the newest, and which.
    #[command(after_help = help!(
        [
            "dead-letters list --config tocsin.toml",
            "dead-letters list --config tocsin.toml --code avro-unknown-schema --from \
             2026-03-01T00:00:00Z",
            "dead-letters list --out out/replay --json",
        ]
    ))]
    List {
        /// Which.
        #[command(flatten)]
        filter: Filter,
        /// Also those that were redriven.
        #[arg(long)]
        all: bool,
        /// Show at most so many of them, besides the figures; JSON holds all.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        /// Where.
        #[command(flatten)]
        at: NoticesAt,
    },
    /// One dead letter: what is wrong with it and what came with it. What it holds is masked.
    #[command(after_help = help!(
        [
            "dead-letters show access-events/3/1204 --config tocsin.toml",
            "dead-letters show access-events/3/1204 --config tocsin.toml --reveal record.bin",
        ]
    ))]
    Show {
        /// Which, as `list` names it: TOPIC/PARTITION/OFFSET, or FILE:LINE of a replay over files.
        letter: String,
        /// Write the record's own bytes to this new file, readable by you alone. They may name
        /// people.
        #[arg(long)]
        reveal: Option<PathBuf>,
        /// Where.
        #[command(flatten)]
        at: NoticesAt,
    },
    /// Writes the original bytes and headers back to the topic and partition they came from. One
    /// that would fail again is left, and one that was redriven before. A record that was counted
    /// already is not counted twice: records are told apart by their ids.
    #[command(after_help = help!(
        [
            "dead-letters redrive --code avro-unknown-schema --config tocsin.toml --dry-run",
            "dead-letters redrive --code avro-unknown-schema --config tocsin.toml",
            "dead-letters redrive access-events/3/1204 --config tocsin.toml",
        ],
        "0 done, 1 failed, 2 some were left"
    ))]
    Redrive(Redrive),
}

/// `tocsin dead-letters redrive`.
#[derive(Debug, Args)]
pub(crate) struct Redrive {
    /// Which, as `list` names them.
    pub(crate) letters: Vec<String>,
    /// Which.
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// All of them.
    #[arg(long)]
    pub(crate) all: bool,
    /// Also those that were redriven before.
    #[arg(long)]
    pub(crate) again: bool,
    /// Also those that this version cannot read with the registry as it is now: each becomes a dead
    /// letter again.
    #[arg(long)]
    pub(crate) unchecked: bool,
    /// Say what would be done and write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The configuration.
    #[arg(long, short, env = "TOCSIN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which dead letters; what is not named does not restrict.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Filter {
    /// Of this code; repeat for several.
    #[arg(long = "code")]
    pub(crate) codes: Vec<String>,
    /// Buried by this stage; repeat for several.
    #[arg(long = "stage", value_enum)]
    pub(crate) stages: Vec<Stage>,
    /// Of this topic, by its name in the design or on the broker.
    #[arg(long)]
    pub(crate) topic: Option<String>,
    /// Of this partition of the topic.
    #[arg(long, requires = "topic")]
    pub(crate) partition: Option<i32>,
    /// Of these offsets of the partition, FROM..UNTIL (UNTIL is the first that is not meant).
    #[arg(long, requires = "partition", value_parser = offsets)]
    pub(crate) offsets: Option<(i64, i64)>,
    /// Buried at this instant or later.
    #[arg(long)]
    pub(crate) from: Option<Moment>,
    /// Buried before this instant.
    #[arg(long)]
    pub(crate) to: Option<Moment>,
}

fn offsets(text: &str) -> Result<(i64, i64), String> {
    let parsed = text.split_once("..").and_then(|(from, until)| {
        let from = if from.is_empty() { "0" } else { from };
        let until = if until.is_empty() {
            Ok(i64::MAX)
        } else {
            until.parse()
        };
        Some((from.parse().ok()?, until.ok()?))
    });
    parsed.ok_or_else(|| "expected FROM..UNTIL such as 100..200, 100.. or ..200".to_owned())
}

impl Filter {
    /// Whether it restricts anything.
    pub(super) fn is_any(&self) -> bool {
        !self.codes.is_empty()
            || !self.stages.is_empty()
            || self.topic.is_some()
            || self.from.is_some()
            || self.to.is_some()
    }

    /// Whether `letter` is meant. One whose time nobody knows is in no range of time.
    pub(super) fn takes(&self, letter: &Letter, names: &TopicNames) -> bool {
        let code = self.codes.is_empty() || self.codes.contains(&letter.code);
        let of_stage = |stage: &Stage| stage.name() == letter.stage;
        let stage = self.stages.is_empty() || self.stages.iter().any(of_stage);
        let time = (self.from.is_none() && self.to.is_none())
            || letter.buried_at.is_some_and(|at| {
                self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
            });
        code && stage && time && self.takes_place(&letter.source, names)
    }

    fn takes_place(&self, source: &Source, names: &TopicNames) -> bool {
        let Some(wanted) = &self.topic else {
            return true;
        };
        match source {
            Source::File { file, .. } => {
                file.starts_with(wanted.as_str()) && self.offsets.is_none()
            }
            Source::Topic {
                topic,
                partition,
                offset,
            } => {
                let design = names.topic(topic).map(|one| one.name());
                (wanted == topic || Some(wanted.as_str()) == design)
                    && self.partition.is_none_or(|one| one == *partition)
                    && self
                        .offsets
                        .is_none_or(|(from, until)| (from..until).contains(offset))
            }
        }
    }
}
