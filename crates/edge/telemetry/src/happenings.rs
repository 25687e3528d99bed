//! The things worth a log line: one type each, which logs and counts, so that the two cannot drift.
//!
//! Fields are numbers and closed sets of words. Content of records never gets here.
//!
//! | level | who must act |
//! |---|---|
//! | error | a person, now |
//! | warn | nobody yet; it is retried or kept, and counted |
//! | info | nobody; it happens rarely and tells the story of the process |
//! | debug | somebody who is looking for a fault |

use crate::batch::Batch;
use crate::metrics::StageMetrics;
use std::time::Duration;
use tracing::{debug, error, info, warn};

/// Dead letters of one batch that get a line each; the rest is summed up in one.
const DEAD_LETTER_LINES_MAX: usize = 10;

/// What an instance had on disk of a partition cannot be gone on from: it reads everything again.
#[derive(Debug)]
pub struct StateForgotten<'a> {
    /// The file.
    pub path: &'a str,
    /// The partition.
    pub partition: i32,
    /// Why.
    pub why: &'a str,
}

impl StateForgotten<'_> {
    /// Logs it.
    pub fn emit(self) {
        warn!(
            path = self.path,
            partition = self.partition,
            why = self.why,
            "the state on disk cannot be gone on from; the partition is read again from its \
             beginning"
        );
    }
}

/// Accesses were passed over: retention deleted them before they were screened, or somebody set the
/// position behind them.
#[derive(Debug)]
pub struct NotScreened<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
    /// The first offset that nobody looked at.
    pub from: i64,
    /// The offset at which screening goes on.
    pub to: i64,
}

impl NotScreened<'_> {
    /// Logs it.
    pub fn emit(self) {
        error!(
            topic = self.topic,
            partition = self.partition,
            from = self.from,
            to = self.to,
            "accesses were not screened; what of them is left on the topic is searched now, and \
             where some are gone every count that rests on them stays open"
        );
    }
}

/// A transaction was committed: what its batch did counts from now on.
#[derive(Debug)]
pub struct BatchCommitted<'a> {
    /// The counts, which are left empty.
    pub batch: &'a mut Batch,
    /// From the transaction's begin to the answer that it is committed.
    pub took: Duration,
}

impl BatchCommitted<'_> {
    /// Counts and logs it.
    pub fn emit(self, stage: &StageMetrics) {
        let name = stage.stage();
        let counters = &stage.inner;
        for (topic, imbalance) in self.batch.imbalances() {
            error!(
                stage = name,
                topic,
                imbalance,
                "records read do not equal passed over + kept + dead letters: a fault of tocsin; \
                 report it with this line"
            );
        }
        debug!(
            stage = name,
            read = self.batch.total_read(),
            written = self.batch.total_written(),
            seconds = self.took.as_secs_f64(),
            "batch committed"
        );
        for ([topic], count) in self.batch.read.moved() {
            counters
                .read
                .with_label_values(&[name, topic])
                .inc_by(count);
        }
        for ([topic, reason], count) in self.batch.passed_over.moved() {
            counters
                .passed_over
                .with_label_values(&[name, topic, reason])
                .inc_by(count);
        }
        for ([topic], count) in self.batch.kept.moved() {
            counters
                .kept
                .with_label_values(&[name, topic])
                .inc_by(count);
        }
        for ([topic], count) in self.batch.written.moved() {
            counters
                .written
                .with_label_values(&[name, topic])
                .inc_by(count);
        }
        dead_letters(stage, self.batch);
        counters
            .transactions
            .with_label_values(&[name, "committed"])
            .inc();
        counters
            .transaction_seconds
            .with_label_values(&[name])
            .observe(self.took.as_secs_f64());
        counters
            .transaction_bytes
            .with_label_values(&[name])
            .observe(self.batch.bytes as f64);
        self.batch.clear();
    }
}

fn dead_letters(stage: &StageMetrics, batch: &Batch) {
    let name = stage.stage();
    for (seen, dead) in batch.dead.iter().enumerate() {
        let labels = [name, &dead.topic, &dead.code];
        stage.inner.dead_letters.with_label_values(&labels).inc();
        if seen < DEAD_LETTER_LINES_MAX {
            warn!(
                stage = name,
                topic = dead.topic,
                partition = dead.partition,
                offset = dead.offset,
                code = dead.code,
                "record kept as a dead letter; its code has a page under docs/errors"
            );
        }
    }
    if batch.dead.len() > DEAD_LETTER_LINES_MAX {
        warn!(
            stage = name,
            more = batch.dead.len() - DEAD_LETTER_LINES_MAX,
            "more dead letters in the same batch, each with its reason in the topic"
        );
    }
}

/// A transaction was given up; its batch is read and judged again.
#[derive(Debug)]
pub struct TransactionAborted<'a> {
    /// The counts, which are left empty and never counted.
    pub batch: &'a mut Batch,
    /// What failed, in the broker's or the client's words; never content of a record.
    pub why: &'a str,
    /// Another instance took over with the same transactional id.
    pub fenced: bool,
}

impl TransactionAborted<'_> {
    /// Counts and logs it.
    pub fn emit(self, stage: &StageMetrics) {
        let name = stage.stage();
        let result = if self.fenced { "fenced" } else { "aborted" };
        stage
            .inner
            .transactions
            .with_label_values(&[name, result])
            .inc();
        warn!(
            stage = name,
            result,
            why = self.why,
            read = self.batch.total_read(),
            "transaction given up; its records are read again"
        );
        self.batch.clear();
    }
}

/// The partitions that this instance works on changed.
#[derive(Debug, Clone, Copy)]
pub struct Rebalanced {
    /// How many partitions were given to this instance.
    pub assigned: usize,
    /// How many were taken away.
    pub revoked: usize,
}

impl Rebalanced {
    /// Counts and logs it.
    pub fn emit(self, stage: &StageMetrics) {
        stage
            .inner
            .rebalances
            .with_label_values(&[stage.stage()])
            .inc();
        info!(
            stage = stage.stage(),
            assigned = self.assigned,
            revoked = self.revoked,
            "partitions reassigned"
        );
    }
}

/// The stage waits for something outside that will come back. What it waits on the registry is
/// counted besides.
#[derive(Debug, Clone, Copy)]
pub struct Waiting<'a> {
    /// What it is doing while it waits.
    pub state: crate::TaskState,
    /// Why the last attempt failed.
    pub why: &'a str,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// How long it waits before the next.
    pub next_in: Duration,
}

impl Waiting<'_> {
    /// Counts and logs it.
    pub fn emit(self, stage: &StageMetrics) {
        if self.state == crate::TaskState::WaitingForRegistry {
            let waits = &stage.inner.registry_waits;
            waits.with_label_values(&[stage.stage()]).inc();
        }
        warn!(
            stage = stage.stage(),
            state = self.state.as_str(),
            why = self.why,
            attempt = self.attempt,
            next_in_seconds = self.next_in.as_secs_f64(),
            "waiting; nothing is lost"
        );
    }
}

/// A task entered another state. [`StageHealth`](crate::StageHealth) emits it.
#[derive(Debug, Clone, Copy)]
pub struct TaskStateChanged<'a> {
    /// The task within its stage.
    pub task: &'a str,
    /// The state it left, if it had one.
    pub from: Option<crate::TaskState>,
    /// The state it entered.
    pub to: crate::TaskState,
    /// What is being waited for or what a person should do, if anything.
    pub detail: Option<&'a str>,
}

impl TaskStateChanged<'_> {
    /// Counts and logs it.
    pub fn emit(self, stage: &StageMetrics) {
        let name = stage.stage();
        let to = self.to.as_str();
        stage
            .inner
            .task_state_changes
            .with_label_values(&[name, to])
            .inc();
        let from = self.from.map_or("none", crate::TaskState::as_str);
        let detail = self.detail.unwrap_or_default();
        match self.to {
            crate::TaskState::Halted | crate::TaskState::Failed => {
                error!(
                    stage = name,
                    task = self.task,
                    from,
                    to,
                    detail,
                    "task state changed"
                );
            }
            _ => info!(
                stage = name,
                task = self.task,
                from,
                to,
                detail,
                "task state changed"
            ),
        }
    }
}
