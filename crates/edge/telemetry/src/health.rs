//! What state every task is in, how far it is, and whether it still moves.

use crate::happenings::TaskStateChanged;
use crate::metrics::Metrics;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What a task is doing. The words are part of `/status`, `/readyz` and the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskState {
    /// Its thread runs and nothing is set up yet.
    Starting,
    /// The broker does not answer; it is asked again.
    WaitingForBroker,
    /// The schema registry does not answer, or does not know a schema yet; it is asked again.
    WaitingForRegistry,
    /// The disk with its state is full, read-only, gone or in use; it is tried again.
    WaitingForDisk,
    /// It reads its inputs and what it said before again, as far as they were committed.
    Restoring,
    /// It works.
    Running,
    /// Another instance has the work; this one takes over when that one goes.
    Standby,
    /// It stopped by itself because going on could be wrong; a person decides. The detail says how.
    Halted,
    /// Its thread ended by a fault of tocsin; a restart may help.
    Failed,
    /// It ended as it was told to.
    Stopped,
}

impl TaskState {
    /// Every state.
    pub const ALL: [TaskState; 10] = [
        TaskState::Starting,
        TaskState::WaitingForBroker,
        TaskState::WaitingForRegistry,
        TaskState::WaitingForDisk,
        TaskState::Restoring,
        TaskState::Running,
        TaskState::Standby,
        TaskState::Halted,
        TaskState::Failed,
        TaskState::Stopped,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            TaskState::Starting => "starting",
            TaskState::WaitingForBroker => "waiting_for_broker",
            TaskState::WaitingForRegistry => "waiting_for_registry",
            TaskState::WaitingForDisk => "waiting_for_disk",
            TaskState::Restoring => "restoring",
            TaskState::Running => "running",
            TaskState::Standby => "standby",
            TaskState::Halted => "halted",
            TaskState::Failed => "failed",
            TaskState::Stopped => "stopped",
        }
    }

    /// Whether it does what it is there for.
    pub const fn is_ready(self) -> bool {
        matches!(self, TaskState::Running | TaskState::Standby)
    }

    /// Whether its loop is expected to come round. Halted and stopped ones rest rightly, and a
    /// restart would not help them; a failed one is not live whatever its last loop says.
    pub(crate) const fn must_move(self) -> bool {
        !matches!(self, TaskState::Halted | TaskState::Stopped)
    }
}

/// Where the time comes from: the process's clocks, or a hand in tests.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Reading + Send + Sync>);

/// One look at the clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// Since an origin of the process; never goes back.
    pub(crate) monotonic: Duration,
    /// Wall clock, Unix seconds.
    pub(crate) unix_seconds: f64,
}

impl Clock {
    pub(crate) fn real() -> Clock {
        let origin = Instant::now();
        Clock::from_fn(move || Reading {
            monotonic: origin.elapsed(),
            unix_seconds: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0.0, |since| since.as_secs_f64()),
        })
    }

    pub(crate) fn from_fn(read: impl Fn() -> Reading + Send + Sync + 'static) -> Clock {
        Clock(Arc::new(read))
    }

    pub(crate) fn read(&self) -> Reading {
        (self.0)()
    }
}

/// The health of all tasks of this process. Cloning gives another handle on the same.
#[derive(Clone)]
pub struct Health {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) clock: Clock,
    pub(crate) stall_limit: Duration,
    metrics: Metrics,
    tasks: Mutex<BTreeMap<(String, String), Task>>,
}

pub(crate) struct Task {
    pub(crate) state: TaskState,
    pub(crate) detail: Option<String>,
    pub(crate) since: Duration,
    pub(crate) settled: bool,
    pub(crate) last_loop_millis: Arc<AtomicU64>,
    pub(crate) positions: BTreeMap<(String, i32), Position>,
    /// Unix seconds of the newest record processed, by topic.
    pub(crate) newest: BTreeMap<String, f64>,
}

#[derive(Clone, Copy)]
pub(crate) struct Position {
    pub(crate) position: i64,
    pub(crate) end: i64,
}

impl Position {
    pub(crate) fn lag(self) -> i64 {
        (self.end - self.position).max(0)
    }
}

impl Task {
    pub(crate) fn loop_age(&self, now: Duration) -> Duration {
        let last = Duration::from_millis(self.last_loop_millis.load(Ordering::Relaxed));
        now.saturating_sub(last)
    }
}

impl Health {
    pub(crate) fn new(metrics: Metrics, clock: Clock, stall_limit: Duration) -> Health {
        let tasks = Mutex::default();
        Health {
            inner: Arc::new(Inner {
                clock,
                stall_limit,
                metrics,
                tasks,
            }),
        }
    }

    /// The only task of a stage; the same as [`task`](Self::task) with the name `0`.
    pub fn stage(&self, stage: &str) -> StageHealth {
        self.task(stage, "0")
    }

    /// One task of a stage, in state [`TaskState::Starting`] where it is new. `task` is a small
    /// number or word that stays the same over restarts.
    pub fn task(&self, stage: &str, task: &str) -> StageHealth {
        let now = self.inner.clock.read().monotonic;
        let mut tasks = self.inner.lock();
        let entry = tasks
            .entry((stage.to_owned(), task.to_owned()))
            .or_insert_with(|| Task {
                state: TaskState::Starting,
                detail: None,
                since: now,
                settled: false,
                last_loop_millis: Arc::new(AtomicU64::new(millis(now))),
                positions: BTreeMap::new(),
                newest: BTreeMap::new(),
            });
        StageHealth {
            inner: Arc::clone(&self.inner),
            key: (stage.to_owned(), task.to_owned()),
            last_loop_millis: Arc::clone(&entry.last_loop_millis),
        }
    }

    /// Whether there are tasks and every one of them has nothing outstanding.
    pub fn is_settled(&self) -> bool {
        let tasks = self.inner.lock();
        !tasks.is_empty() && tasks.values().all(|task| task.settled)
    }

    /// Whether there are tasks and every one does what it is there for.
    pub fn is_ready(&self) -> bool {
        let now = self.inner.clock.read().monotonic;
        let tasks = self.inner.lock();
        !tasks.is_empty() && tasks.values().all(|task| is_ready(task, now))
    }

    /// Whether no task has failed or stands still for longer than the limit. The broker and the
    /// registry have no part in it: a restart does not mend those.
    pub fn is_live(&self) -> bool {
        let now = self.inner.clock.read().monotonic;
        let limit = self.inner.stall_limit;
        self.inner
            .lock()
            .values()
            .all(|task| is_live(task, now, limit))
    }
}

/// After so long without an end of its loop a task at work is slow: a broker or a disk keeps it
/// waiting.
const SLOW_AFTER: Duration = Duration::from_secs(10);

pub(crate) fn is_slow(task: &Task, now: Duration) -> bool {
    task.state.is_ready() && task.loop_age(now) > SLOW_AFTER
}

pub(crate) fn is_ready(task: &Task, now: Duration) -> bool {
    task.state.is_ready() && !is_slow(task, now)
}

pub(crate) fn is_live(task: &Task, now: Duration, limit: Duration) -> bool {
    let moves = !task.state.must_move() || task.loop_age(now) <= limit;
    task.state != TaskState::Failed && moves
}

fn millis(since: Duration) -> u64 {
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl Inner {
    pub(crate) fn lock(&self) -> MutexGuard<'_, BTreeMap<(String, String), Task>> {
        // The table is whole after every step, also where a thread died.
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one task says about itself. Kept by the task; cheap to clone.
#[derive(Clone)]
pub struct StageHealth {
    inner: Arc<Inner>,
    key: (String, String),
    last_loop_millis: Arc<AtomicU64>,
}

impl StageHealth {
    /// The task's loop came round. One atomic store: call it on every turn, idle ones too.
    pub fn beat(&self) {
        self.last_loop_millis
            .store(millis(self.inner.clock.read().monotonic), Ordering::Relaxed);
    }

    /// The task entered `state`. Logged and counted when it differs from the last; a task that is
    /// not at work is not settled either.
    pub fn set_state(&self, state: TaskState) {
        self.enter(state, None);
    }

    /// As [`set_state`](Self::set_state), with what is being waited for, or the command that helps.
    pub fn set_state_because(&self, state: TaskState, detail: &str) {
        self.enter(state, Some(detail));
    }

    fn enter(&self, state: TaskState, detail: Option<&str>) {
        self.beat();
        let now = self.inner.clock.read().monotonic;
        let from = self.update(|task| {
            let from = task.state;
            let changed = from != state || task.detail.as_deref() != detail;
            if from != state {
                task.since = now;
            }
            task.state = state;
            task.detail = detail.map(str::to_owned);
            if !state.is_ready() && state != TaskState::Stopped {
                task.settled = false;
            }
            changed.then_some(from)
        });
        if let Some(from) = from.flatten() {
            let happening = TaskStateChanged {
                task: &self.key.1,
                from: Some(from),
                to: state,
                detail,
            };
            happening.emit(&self.inner.metrics.stage(&self.key.0));
        }
    }

    /// Whether nothing is outstanding for this task: no input, search or held verdict.
    pub fn settled(&self, settled: bool) {
        self.update(|task| task.settled = settled);
    }

    /// The committed position in a partition and the partition's end, as offsets.
    pub fn position(&self, topic: &str, partition: i32, position: i64, end: i64) {
        self.update(|task| {
            let key = (topic.to_owned(), partition);
            task.positions.insert(key, Position { position, end });
        });
    }

    /// The time stamp of the newest record processed of a topic, in Unix seconds: while others
    /// wait behind it, its age is the lag in seconds.
    pub fn newest_record(&self, topic: &str, unix_seconds: f64) {
        self.update(|task| task.newest.insert(topic.to_owned(), unix_seconds));
    }

    /// The partition was taken away; its series end.
    pub fn forget_position(&self, topic: &str, partition: i32) {
        self.update(|task| task.positions.remove(&(topic.to_owned(), partition)));
    }

    /// Nothing of what was read is shown any more, as before an instance begins anew: which
    /// partitions it gets is not known yet.
    pub fn forget_positions(&self) {
        self.update(|task| {
            task.positions.clear();
            task.newest.clear();
        });
    }

    /// The task is gone for good (another instance has it); nothing of it is shown any more.
    pub fn remove(self) {
        self.inner.lock().remove(&self.key);
    }

    fn update<T>(&self, change: impl FnOnce(&mut Task) -> T) -> Option<T> {
        self.inner.lock().get_mut(&self.key).map(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::{BuildInfo, Telemetry};

    /// Telemetry whose clocks show the seconds in the cell.
    fn by_hand() -> (Telemetry, Arc<AtomicU64>) {
        let seconds = Arc::new(AtomicU64::new(100));
        let shown = Arc::clone(&seconds);
        let clock = Clock::from_fn(move || {
            let seconds = shown.load(Ordering::Relaxed);
            Reading {
                monotonic: Duration::from_secs(seconds),
                unix_seconds: seconds as f64,
            }
        });
        let build = BuildInfo {
            version: "1".into(),
            packs_digest: "d".into(),
            instance: "0".into(),
        };
        (
            Telemetry::with_clock(build, Duration::from_secs(60), clock).unwrap(),
            seconds,
        )
    }

    #[test]
    fn a_task_that_stands_still_is_not_live_until_it_moves_again() {
        let (telemetry, now) = by_hand();
        let task = telemetry.health().stage("screen");
        task.set_state(TaskState::Running);
        now.store(160, Ordering::Relaxed);
        assert!(telemetry.health().is_live(), "at the limit");
        now.store(161, Ordering::Relaxed);
        assert!(!telemetry.health().is_live(), "past the limit");
        let text = telemetry.metrics().text().unwrap();
        assert!(
            text.contains("tocsin_last_loop_age_seconds{stage=\"screen\"} 61"),
            "{text}"
        );
        task.beat();
        assert!(telemetry.health().is_live());
    }

    #[test]
    fn a_task_that_is_kept_waiting_is_live_and_not_ready() {
        let (telemetry, now) = by_hand();
        let health = telemetry.health();
        let task = health.stage("screen");
        task.set_state(TaskState::Running);
        now.store(110, Ordering::Relaxed);
        assert!(health.is_ready());
        now.store(111, Ordering::Relaxed);
        assert!(health.is_live() && !health.is_ready());
        let page = serde_json::to_value(health.readiness()).unwrap();
        assert_eq!(page["waiting_for"][0]["state"], "slow", "{page}");
        task.beat();
        assert!(health.is_ready());
        assert!(health.readiness().waiting_for.is_empty());
    }

    #[test]
    fn a_halted_task_needs_a_person_and_no_restart() {
        let (telemetry, now) = by_hand();
        let task = telemetry.health().stage("screen");
        task.set_state_because(TaskState::Halted, "run `tocsin topics check`");
        now.store(1000, Ordering::Relaxed);
        assert!(telemetry.health().is_live());
        assert!(!telemetry.health().is_ready());
    }

    #[test]
    fn lag_in_seconds_grows_while_nobody_reports_and_ends_when_caught_up() {
        let (telemetry, now) = by_hand();
        let task = telemetry.health().stage("screen");
        task.position("access-events", 0, 5, 10);
        task.newest_record("access-events", 95.0);
        let lag = |expected: &str| {
            let text = telemetry.metrics().text().unwrap();
            let line = format!(
                "tocsin_lag_seconds{{stage=\"screen\",topic=\"access-events\"}} {expected}\n"
            );
            assert!(text.contains(&line), "{expected}: {text}");
        };
        lag("5");
        now.store(200, Ordering::Relaxed);
        lag("105");
        task.position("access-events", 0, 10, 10);
        lag("0");
    }

    #[test]
    fn a_state_is_counted_when_it_is_entered_and_not_when_it_is_repeated() {
        let (telemetry, _) = by_hand();
        let task = telemetry.health().stage("screen");
        task.set_state(TaskState::Running);
        task.set_state(TaskState::Running);
        let text = telemetry.metrics().text().unwrap();
        let changes = "tocsin_task_state_changes_total{stage=\"screen\",state=\"running\"} 1";
        assert!(text.contains(changes), "{text}");
        assert!(
            text.contains("tocsin_task_state{stage=\"screen\",state=\"running\"} 1"),
            "{text}"
        );
        assert!(
            text.contains("tocsin_task_state{stage=\"screen\",state=\"starting\"} 0"),
            "{text}"
        );
    }
}
