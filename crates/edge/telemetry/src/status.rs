//! The answers of `/livez`, `/readyz` and `/status` as plain values.

use crate::health::{Health, is_live, is_ready, is_slow};
use crate::telemetry::BuildInfo;
use serde::Serialize;

/// Everything that `/status` shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// Version of the executable.
    pub version: String,
    /// Digest of the law that it carries.
    pub packs_digest: String,
    /// This instance's own name, as configured.
    pub instance: String,
    /// Every task does what it is there for.
    pub ready: bool,
    /// No task has failed or stands still.
    pub live: bool,
    /// Nothing is outstanding anywhere on this instance.
    pub settled: bool,
    /// The stages, by name.
    pub stages: Vec<StageStatus>,
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageStatus {
    /// Its name.
    pub stage: String,
    /// Nothing is outstanding for any of its tasks.
    pub settled: bool,
    /// How many records wait for it.
    pub lag: i64,
    /// Its tasks on this instance.
    pub tasks: Vec<TaskStatus>,
}

/// One task of a stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskStatus {
    /// Its name within the stage.
    pub task: String,
    /// The word for its state.
    pub state: &'static str,
    /// What it waits for or what a person should do.
    pub detail: Option<String>,
    /// Seconds since it entered the state.
    pub since_seconds: f64,
    /// Seconds since its loop came round.
    pub last_loop_age_seconds: f64,
    /// Not failed, and moving or resting rightly.
    pub live: bool,
    /// Nothing is outstanding.
    pub settled: bool,
    /// Where it stands in what it reads.
    pub positions: Vec<PositionStatus>,
}

/// A position in one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PositionStatus {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset of the next record to be read.
    pub position: i64,
    /// The end of the partition when last seen.
    pub end: i64,
    /// Records in between.
    pub lag: i64,
}

/// The answer of `/readyz`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Readiness {
    pub(crate) ready: bool,
    pub(crate) waiting_for: Vec<Waiting>,
}

/// The answer of `/livez`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Liveness {
    pub(crate) live: bool,
    pub(crate) stall_limit_seconds: f64,
    pub(crate) stalled: Vec<Waiting>,
}

/// One task that keeps the answer from being yes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Waiting {
    stage: String,
    task: String,
    state: &'static str,
    detail: Option<String>,
    last_loop_age_seconds: f64,
}

impl Health {
    pub(crate) fn status(&self, build: &BuildInfo) -> Status {
        let now = self.inner.clock.read().monotonic;
        let limit = self.inner.stall_limit;
        let mut stages: Vec<StageStatus> = Vec::new();
        for ((stage, name), task) in self.inner.lock().iter() {
            let positions = task
                .positions
                .iter()
                .map(|((topic, partition), at)| PositionStatus {
                    topic: topic.clone(),
                    partition: *partition,
                    position: at.position,
                    end: at.end,
                    lag: at.lag(),
                });
            let shown = TaskStatus {
                task: name.clone(),
                state: task.state.as_str(),
                detail: task.detail.clone(),
                since_seconds: now.saturating_sub(task.since).as_secs_f64(),
                last_loop_age_seconds: task.loop_age(now).as_secs_f64(),
                live: is_live(task, now, limit),
                settled: task.settled,
                positions: positions.collect(),
            };
            if stages.last().is_none_or(|last| last.stage != *stage) {
                let empty = StageStatus {
                    stage: stage.clone(),
                    settled: true,
                    lag: 0,
                    tasks: vec![],
                };
                stages.push(empty);
            }
            if let Some(last) = stages.last_mut() {
                last.settled &= shown.settled;
                last.lag += shown.positions.iter().map(|at| at.lag).sum::<i64>();
                last.tasks.push(shown);
            }
        }
        Status {
            version: build.version.clone(),
            packs_digest: build.packs_digest.clone(),
            instance: build.instance.clone(),
            ready: self.is_ready(),
            live: self.is_live(),
            settled: self.is_settled(),
            stages,
        }
    }

    pub(crate) fn readiness(&self) -> Readiness {
        let waiting_for = self.waiting(is_ready);
        Readiness {
            ready: self.is_ready(),
            waiting_for,
        }
    }

    pub(crate) fn liveness(&self) -> Liveness {
        let limit = self.inner.stall_limit;
        let stalled = self.waiting(|task, now| is_live(task, now, limit));
        Liveness {
            live: stalled.is_empty(),
            stall_limit_seconds: limit.as_secs_f64(),
            stalled,
        }
    }

    fn waiting(
        &self,
        good: impl Fn(&crate::health::Task, std::time::Duration) -> bool,
    ) -> Vec<Waiting> {
        let now = self.inner.clock.read().monotonic;
        let tasks = self.inner.lock();
        let bad = tasks.iter().filter(|(_, task)| !good(task, now));
        bad.map(|((stage, name), task)| Waiting {
            stage: stage.clone(),
            task: name.clone(),
            state: match is_slow(task, now) {
                true => "slow",
                false => task.state.as_str(),
            },
            detail: task.detail.clone(),
            last_loop_age_seconds: task.loop_age(now).as_secs_f64(),
        })
        .collect()
    }
}
