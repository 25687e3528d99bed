//! What a stage shows of itself: each commit, rebalance and state goes to metrics and logs here.

use crate::config::{Log, LogFormat};
use crate::context::Context;
use crate::errors::Failure;
use crate::runtime::{OTHER_RULES, Sink, StageError};
use crate::topology::Stage;
use std::time::Duration;
use telemetry::happenings::{BatchCommitted, Rebalanced, TransactionAborted, WaitingForRegistry};
use telemetry::{Batch, StageHealth, StageMetrics, TaskState};

/// Begins to log to standard error: as the command line says, else as `configured`, else warnings
/// as text.
pub(crate) fn log(
    format: Option<LogFormat>,
    filter: Option<&str>,
    configured: Option<&Log>,
) -> Result<(), Failure> {
    let format = format
        .or(configured.map(|log| log.format))
        .unwrap_or(LogFormat::Text);
    let filter = filter
        .or(configured.map(|log| log.filter.as_str()))
        .unwrap_or("warn");
    let format = match format {
        LogFormat::Text => telemetry::LogFormat::Text,
        LogFormat::Json => telemetry::LogFormat::Json,
    };
    telemetry::init_logging(format, filter)
        .map_err(|error| Failure::usage("logging", error.to_string()))
}

/// The handles of one stage.
pub(crate) struct Watch {
    stage: Stage,
    metrics: StageMetrics,
    batch: Batch,
    /// The stage's health.
    pub(crate) health: StageHealth,
}

impl Watch {
    /// The handles of `stage`.
    pub(crate) fn new(context: &Context, stage: Stage) -> Watch {
        Watch {
            stage,
            metrics: context.telemetry.metrics().stage(stage.name()),
            batch: Batch::new(),
            health: context.telemetry.health().stage(stage.name()),
        }
    }

    /// A transaction was committed.
    pub(crate) fn committed(&mut self, context: &Context, sink: Sink, took: Duration) {
        for (topic, count) in &sink.read {
            self.batch.read(topic.name(), *count);
        }
        let from = self.stage.reads().first().map_or("", |topic| topic.name());
        self.batch.kept(from, sink.kept);
        if sink.passed_over > 0 {
            self.batch
                .passed_over(from, "ordinary_use", sink.passed_over);
        }
        for record in &sink.out {
            let topic = context
                .names
                .topic(&record.topic)
                .map_or("other", |topic| topic.name());
            self.batch.written(topic, 1);
        }
        for dead in sink.dead {
            self.batch.dead_letter(dead);
        }
        BatchCommitted {
            batch: &mut self.batch,
            took,
        }
        .emit(&self.metrics);
    }

    /// The partitions changed.
    pub(crate) fn rebalanced(&self, polled: &stream::Polled) {
        Rebalanced {
            assigned: polled.assigned.len(),
            revoked: polled.revoked.len() + polled.lost.len(),
        }
        .emit(&self.metrics);
    }

    /// A step failed.
    pub(crate) fn failed(&mut self, error: &StageError, again: bool, pause: Duration, tries: u32) {
        let why = error.to_string();
        match error {
            StageError::Wait { code, .. } if code == OTHER_RULES => {
                self.health.set_state_because(TaskState::Starting, &why);
            }
            StageError::Wait { .. } => {
                self.health
                    .set_state_because(TaskState::WaitingForRegistry, &why);
                WaitingForRegistry {
                    why: &why,
                    attempt: tries,
                    next_in: pause,
                }
                .emit(&self.metrics);
            }
            StageError::Log(log) => {
                let fenced = log.kind == stream::ErrorKind::Fenced;
                TransactionAborted {
                    batch: &mut self.batch,
                    why: &why,
                    fenced,
                }
                .emit(&self.metrics);
                let state = if again {
                    TaskState::WaitingForBroker
                } else {
                    TaskState::Halted
                };
                self.health.set_state_because(state, &why);
            }
            StageError::Stop { .. } => self.health.set_state_because(TaskState::Halted, &why),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::context::Tuning;
    use crate::embedded;
    use crate::engine::Plan;
    use crate::law::LawSettings;
    use crate::runtime::Runner;
    use crate::tests::{law, plan};
    use crate::topology::{Stage, Topic};
    use std::time::{Duration, SystemTime, UNIX_EPOCH};
    use stream::{MemoryCluster, Outgoing};

    /// An access that nobody has explained.
    fn access(id: usize) -> Vec<u8> {
        let access = serde_json::json!({
            "id": format!("a-{id}"), "at": "2026-02-01T10:00:00Z", "account": "acct-1",
            "action": "view", "information": "home_security_recording",
        });
        access.to_string().into_bytes()
    }

    /// What the page of metrics says behind `series`; `None`: there is no such series.
    fn shown(plan: &Plan, series: &str) -> Option<f64> {
        let page = plan.telemetry.metrics().text().unwrap();
        let value = page.lines().find_map(|line| line.strip_prefix(series))?;
        value.trim().parse().ok()
    }

    #[test]
    fn a_stage_that_is_behind_says_for_how_long_until_it_has_caught_up() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let an_hour_ago = i64::try_from(now.as_millis()).unwrap() - 3_600_000;
        let cluster = MemoryCluster::with_clock(move || an_hour_ago);
        embedded::create_topics(&cluster, 3).unwrap();
        for id in 0..10 {
            let record = Outgoing::new(Topic::AccessEvents.name(), "acct-1", access(id));
            cluster.append(&record.on(0)).unwrap();
        }
        let few = Tuning {
            batch_records: 4,
            ..Tuning::default()
        };
        let plan = plan(&cluster, "0", law(&LawSettings::default()), few);
        let mut screen = Runner::open(Stage::Screen, &plan.context()).unwrap();
        let series = "tocsin_lag_seconds{stage=\"screen\",topic=\"access-events\"}";
        let mut seen = Vec::new();
        for _ in 0..40 {
            screen.step(Duration::ZERO, Duration::ZERO).unwrap();
            seen.extend(shown(&plan, series));
        }
        assert!(seen.iter().any(|lag| *lag >= 3_600.0), "{seen:?}");
        assert_eq!(seen.last(), Some(&0.0), "{seen:?}");
    }
}
