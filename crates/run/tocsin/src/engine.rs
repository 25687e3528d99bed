//! Runs stages, each on a thread of its own, until told to stop.

use crate::codec::Codec;
use crate::config::StartAt;
use crate::context::{Context, Origin, StateSettings, Tuning};
use crate::fenced::{is_alone, is_fenced};
use crate::law::Law;
use crate::runtime::{Remedy, Runner, StageError, remedy};
use crate::topology::{Stage, TopicNames};
use crate::turn::Turn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use stream::Cluster;
use telemetry::{StageHealth, TaskState, Telemetry};
use wire::{Framing, SchemaStore};

/// What every stage is made from; each makes its own codecs.
pub(crate) struct Plan {
    /// The log.
    pub(crate) cluster: Arc<dyn Cluster>,
    /// The names of the topics there.
    pub(crate) names: TopicNames,
    /// Writers' schemas.
    pub(crate) store: Arc<SchemaStore>,
    /// How values are framed.
    pub(crate) framing: Framing,
    /// How long an unknown schema id is waited for.
    pub(crate) unknown_schema_wait: Duration,
    /// The law.
    pub(crate) law: Arc<Law>,
    /// Before the names of groups and transactional ids.
    pub(crate) prefix: String,
    /// This instance.
    pub(crate) instance: String,
    /// Where a first start of access-events begins.
    pub(crate) start: Option<StartAt>,
    /// Batches.
    pub(crate) tuning: Tuning,
    /// Where state is kept on disk.
    pub(crate) state: Option<StateSettings>,
    /// How long a step waits for the first record.
    pub(crate) poll_wait: Duration,
    /// Metrics and health.
    pub(crate) telemetry: Arc<Telemetry>,
    /// Names where records came from, where that is elsewhere.
    pub(crate) origin: Option<Origin>,
    /// From when on the stages' time is counted.
    pub(crate) started: Instant,
}

impl Plan {
    /// The same on topics of other names.
    pub(crate) fn on(self: Arc<Self>, names: TopicNames) -> Plan {
        Plan {
            cluster: self.cluster.clone(),
            names,
            store: self.store.clone(),
            framing: self.framing.clone(),
            law: self.law.clone(),
            prefix: self.prefix.clone(),
            instance: self.instance.clone(),
            state: self.state.clone(),
            telemetry: self.telemetry.clone(),
            origin: self.origin.clone(),
            ..*self
        }
    }

    /// What a stage works with, for its own thread.
    pub(crate) fn context(&self) -> Rc<Context> {
        Rc::new(Context {
            cluster: self.cluster.clone(),
            names: self.names.clone(),
            codec: Codec::new(
                self.store.clone(),
                self.framing.clone(),
                self.unknown_schema_wait,
            ),
            law: self.law.clone(),
            prefix: self.prefix.clone(),
            instance: self.instance.clone(),
            start: self.start,
            tuning: self.tuning,
            state: self.state.clone(),
            telemetry: self.telemetry.clone(),
            origin: self.origin.clone(),
        })
    }
}

/// What a stage's thread shows to the one that waits for it.
#[derive(Default)]
struct Pulse {
    steps: AtomicU64,
    busy_steps: AtomicU64,
    settled: AtomicBool,
    /// Time spent in steps that did something, in microseconds.
    busy_micros: AtomicU64,
}

/// A stage, what its thread shows, and the thread.
type Running = (Stage, Arc<Pulse>, JoinHandle<Result<(), StageError>>);

/// Stages that run.
pub(crate) struct Engine {
    stop: Arc<AtomicBool>,
    threads: Vec<Running>,
}

impl Engine {
    /// Starts `stages`, each on a thread of its own.
    pub(crate) fn start(plan: &Arc<Plan>, stages: &[Stage]) -> std::io::Result<Engine> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for stage in stages {
            let (stage, plan, stop) = (*stage, plan.clone(), stop.clone());
            let pulse = Arc::new(Pulse::default());
            let beat = pulse.clone();
            let thread = std::thread::Builder::new()
                .name(stage.name().to_owned())
                .spawn(move || run(stage, &plan, &stop, &beat))?;
            threads.push((stage, pulse, thread));
        }
        Ok(Engine { stop, threads })
    }

    /// Whether a stage's thread has ended.
    pub(crate) fn any_ended(&self) -> bool {
        self.threads.iter().any(|(.., thread)| thread.is_finished())
    }

    /// Waits until nothing is outstanding in any stage: every stage has gone round twice with
    /// nothing to do since all were last seen settled. Calls `meanwhile` now and then, and waits no
    /// longer once it says no. False: that, or a stage ended.
    pub(crate) fn wait_settled(&self, meanwhile: &mut dyn FnMut() -> bool) -> bool {
        let sum = |of: fn(&Pulse) -> &AtomicU64| {
            self.threads
                .iter()
                .map(|(_, p, _)| of(p).load(Ordering::SeqCst))
                .sum::<u64>()
        };
        loop {
            if self.any_ended() {
                return false;
            }
            let busy = sum(|pulse| &pulse.busy_steps);
            let marks: Vec<u64> = self
                .threads
                .iter()
                .map(|(_, p, _)| p.steps.load(Ordering::SeqCst))
                .collect();
            // Two whole rounds of every stage after this mark.
            while self
                .threads
                .iter()
                .zip(&marks)
                .any(|((_, pulse, _), mark)| pulse.steps.load(Ordering::SeqCst) < mark + 3)
            {
                if self.any_ended() || !meanwhile() {
                    return false;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            let settled = self
                .threads
                .iter()
                .all(|(_, pulse, _)| pulse.settled.load(Ordering::SeqCst));
            if settled && busy == sum(|pulse| &pulse.busy_steps) {
                return true;
            }
        }
    }

    /// How long each stage worked, waiting left out.
    pub(crate) fn busy(&self) -> Vec<(Stage, Duration)> {
        self.threads
            .iter()
            .map(|(stage, pulse, _)| {
                (
                    *stage,
                    Duration::from_micros(pulse.busy_micros.load(Ordering::SeqCst)),
                )
            })
            .collect()
    }

    /// Lets every stage finish its step and leave its group, and waits at most `time` for them: the
    /// stages that have not ended by then, such as one that waits for a broker that is gone, and
    /// the first error of those that have.
    pub(crate) fn wind_down(self, time: Duration) -> (Vec<Stage>, Result<(), (Stage, StageError)>) {
        self.stop.store(true, Ordering::SeqCst);
        let begun = Instant::now();
        let has_ended = |(.., thread): &Running| thread.is_finished();
        while !self.threads.iter().all(has_ended) && begun.elapsed() < time {
            std::thread::sleep(Duration::from_millis(20));
        }
        let (ended, busy): (Vec<Running>, Vec<Running>) =
            self.threads.into_iter().partition(has_ended);
        let busy = busy.into_iter().map(|(stage, ..)| stage).collect();
        (busy, first_error(ended))
    }

    /// Lets every stage finish its step and leave its group; the first error, if any.
    pub(crate) fn stop(self) -> Result<(), (Stage, StageError)> {
        self.stop.store(true, Ordering::SeqCst);
        first_error(self.threads)
    }
}

/// Waits for the threads; the first error, if any.
fn first_error(threads: Vec<Running>) -> Result<(), (Stage, StageError)> {
    let mut first = Ok(());
    for (stage, _, thread) in threads {
        let result = thread.join().unwrap_or_else(|_| {
            Err(StageError::Stop {
                code: "stage-panicked".to_owned(),
                reason: format!("stage {} ended by a fault of tocsin", stage.name()),
            })
        });
        if let (Err(error), true) = (result, first.is_ok()) {
            first = Err((stage, error));
        }
    }
    first
}

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The pause before the next attempt: `first`, doubled so many times, and never longer than 10 s.
pub(crate) fn back_off(first: Duration, doublings: u32) -> Duration {
    first
        .saturating_mul(1 << doublings.min(7))
        .min(LONGEST_PAUSE)
}

/// Says of a stage whose thread panics that it failed.
struct Fault(StageHealth);

impl Drop for Fault {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let why = "it ended by a fault of tocsin (stage-panicked)";
            self.0.set_state_because(TaskState::Failed, why);
        }
    }
}

/// After a wait, a stage must go on for so long until it is said to be at work: what it waits for
/// stands at the position to which it goes back, so each attempt goes well until it is there.
const THROUGH_AFTER: Duration = Duration::from_secs(5);

/// How a stage has fared since it last went round.
#[derive(Default)]
struct Attempts {
    /// How often it failed in a row.
    failed: u32,
    /// What it ended by last is to be waited for.
    waits: bool,
}

fn run(stage: Stage, plan: &Plan, stop: &AtomicBool, pulse: &Pulse) -> Result<(), StageError> {
    let context = plan.context();
    let mut watch = crate::observe::Watch::new(&context, stage);
    watch.health.set_state(TaskState::Starting);
    let _fault = Fault(watch.health.clone());
    let mut attempts = Attempts::default();
    while !stop.load(Ordering::SeqCst) {
        let error = match rounds(stage, plan, &context, stop, pulse, &mut attempts) {
            Ok(()) => break,
            Err(error) => error,
        };
        pulse.settled.store(false, Ordering::SeqCst);
        let stops = remedy(&error) == Remedy::Stop;
        let pause = back_off(Duration::from_millis(100), attempts.failed);
        attempts.failed = attempts.failed.saturating_add(1);
        attempts.waits = matches!(error, StageError::Wait { .. });
        let fenced = is_fenced(&error);
        watch.failed(&error, !stops || fenced, pause, attempts.failed);
        let health = watch.health.clone();
        let mut wait = |time: Duration| {
            let until = Instant::now() + time;
            while Instant::now() < until && !stop.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(20));
                health.beat();
            }
            !stop.load(Ordering::SeqCst)
        };
        if stops && !(fenced && is_alone(stage, &context, &mut wait)) {
            watch.halted(&error);
            return Err(error);
        }
        wait(pause);
    }
    watch.health.set_state(TaskState::Stopped);
    Ok(())
}

/// Opens the stage and goes round until told to stop or something fails.
fn rounds(
    stage: Stage,
    plan: &Plan,
    context: &Rc<Context>,
    stop: &AtomicBool,
    pulse: &Pulse,
    attempts: &mut Attempts,
) -> Result<(), StageError> {
    let health = plan.telemetry.health().stage(stage.name());
    let mut turn = Turn::open(stage, context)?;
    let mut open: Option<Runner> = None;
    let (mut running, mut stands_by) = (false, false);
    // Since when it has been at work, or stood by, without a fault.
    let mut well_since: Option<Instant> = None;
    while !stop.load(Ordering::SeqCst) {
        if well_since.is_some_and(|since| since.elapsed() >= THROUGH_AFTER) {
            attempts.waits = false;
        }
        if !turn.is_ours(open.is_some())? {
            if let Some(runner) = open.take() {
                runner.close()?;
                running = false;
            }
            if !std::mem::replace(&mut stands_by, true) {
                // What is left to be seen of an earlier turn is another's to show now.
                health.forget_positions();
                if stage == Stage::Assess {
                    plan.telemetry.forget_outcome();
                }
                turn.has_gone();
                well_since = None;
            }
            well_since.get_or_insert_with(Instant::now);
            health.beat();
            if !attempts.waits {
                health.set_state(TaskState::Standby);
                health.settled(true);
                pulse.settled.store(true, Ordering::SeqCst);
                attempts.failed = 0;
            }
            turn.stands_by(stage, context)?;
            pulse.steps.fetch_add(1, Ordering::SeqCst);
            continue;
        }
        if std::mem::take(&mut stands_by) {
            well_since = None;
        }
        let begun = Instant::now();
        let now = begun.duration_since(plan.started);
        let runner = match &mut open {
            Some(runner) => runner,
            none => {
                // What it reads back when it opens may have to be waited for as well.
                context.codec.at(now);
                none.insert(Runner::open(stage, context)?)
            }
        };
        let progress = runner.step(now, plan.poll_wait)?;
        if progress.busy {
            let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            pulse.busy_micros.fetch_add(took, Ordering::SeqCst);
            pulse.busy_steps.fetch_add(1, Ordering::SeqCst);
        }
        pulse.settled.store(progress.settled, Ordering::SeqCst);
        pulse.steps.fetch_add(1, Ordering::SeqCst);
        if runner.is_ready() {
            well_since.get_or_insert_with(Instant::now);
        }
        if attempts.waits {
            continue;
        }
        attempts.failed = 0;
        if runner.is_ready() != running {
            running = runner.is_ready();
            health.set_state(if running {
                TaskState::Running
            } else {
                TaskState::Restoring
            });
        }
    }
    if let Some(runner) = open {
        runner.close()?;
    }
    turn.close()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded;
    use crate::law::LawSettings;
    use crate::tests::{Stepped, empty, law, plan, poured};
    use crate::topology::Topic;
    use std::collections::BTreeMap;
    use stream::{MemoryCluster, Outgoing};
    use xtask::parts::http::answering;

    /// Whether the page of metrics has a series of that metric with that label.
    fn shows(plan: &Plan, metric: &str, label: &str) -> bool {
        let page = plan.telemetry.metrics().text().unwrap();
        let of_metric = |line: &&str| line.starts_with(&format!("{metric}{{"));
        page.lines()
            .filter(of_metric)
            .any(|line| line.contains(label))
    }

    /// What only the one task that is at work may show.
    const OF_THE_TURN: [(&str, &str); 5] = [
        ("tocsin_incidents", ""),
        ("tocsin_determinations", ""),
        ("tocsin_deadlines", ""),
        ("tocsin_nearest_deadline_seconds", ""),
        ("tocsin_lag_records", "stage=\"assess\""),
    ];

    fn eventually(what: &str, is_so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < Duration::from_secs(120), "{what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn a_stage_that_ends_by_a_fault_of_tocsin_has_failed_and_one_that_ends_well_has_not() {
        let cluster = MemoryCluster::new();
        let law = law(&LawSettings::default());
        let plan = plan(&cluster, "0", law, Tuning::default());
        let stage = |name: &str| Fault(plan.telemetry.health().stage(name));
        let (well, ill) = (stage("screen"), stage("verify"));
        std::thread::spawn(move || drop(well)).join().unwrap();
        let ended = std::thread::spawn(move || {
            let _fault = ill;
            let planted: Option<u8> = "".bytes().next();
            planted.unwrap();
        });
        assert!(ended.join().is_err());
        let failed = |stage: &str| {
            let page = plan.telemetry.metrics().text().unwrap();
            page.contains(&format!(
                "tocsin_task_state{{stage=\"{stage}\",state=\"failed\"}} 1"
            ))
        };
        assert!(failed("verify") && !failed("screen"));
        assert!(!plan.telemetry.health().is_live());
    }

    /// An alert waits for minutes; who says "running" now and then never lets it fire.
    #[test]
    fn a_stage_that_waits_for_the_registry_says_so_all_the_time() {
        let cluster = empty();
        let value = [&[0, 0, 0, 0, 7][..], &b"datum"[..]].concat();
        let record = Outgoing::new(Topic::AccessEvents.name(), "k", value);
        cluster.append(&record).unwrap();
        let registry = wire::Registry::new(&answering(503, "").unwrap(), None);
        let law = law(&LawSettings::default());
        let plan = Arc::new(Plan {
            store: Arc::new(SchemaStore::new(registry)),
            ..plan(&cluster, "0", law, Tuning::default())
        });
        let engine = Engine::start(&plan, &[Stage::Screen]).unwrap();
        let waits = || {
            let page = plan.telemetry.metrics().text().unwrap();
            page.contains("tocsin_task_state{stage=\"screen\",state=\"waiting_for_registry\"} 1")
        };
        eventually("it waits", waits);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(3) {
            assert!(waits(), "after {:?} it does not", begun.elapsed());
            std::thread::sleep(Duration::from_millis(1));
        }
        engine.stop().unwrap();
    }

    #[test]
    fn who_loses_the_turn_shows_nothing_of_it_any_more() {
        let cluster = poured();
        let law = law(&LawSettings::default());
        let plan = Arc::new(plan(&cluster, "0", law, Tuning::default()));
        assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
        let engine = Engine::start(&plan, &[Stage::Assess]).unwrap();
        let is_in = |state: &str| {
            let page = plan.telemetry.metrics().text().unwrap();
            page.contains(&format!(
                "tocsin_task_state{{stage=\"assess\",state=\"{state}\"}} 1"
            ))
        };
        eventually("it works and shows what it knows", || {
            let mut all = OF_THE_TURN.iter();
            is_in("running") && all.all(|(metric, label)| shows(&plan, metric, label))
        });
        // The group takes the turn away: there is nothing left to own.
        cluster.delete_topics(&[Topic::Incidents.name()]).unwrap();
        eventually("it stands by", || is_in("standby"));
        for (metric, label) in OF_THE_TURN {
            assert!(!shows(&plan, metric, label), "{metric}");
        }
        engine.stop().unwrap();
    }

    #[test]
    fn an_assess_that_begins_shows_nothing_of_the_one_before() {
        let cluster = MemoryCluster::new();
        embedded::create_topics(&cluster, 3).unwrap();
        let law = law(&LawSettings::default());
        let plan = plan(&cluster, "0", law, Tuning::default());
        let telemetry = &plan.telemetry;
        telemetry
            .deadlines()
            .set("inc-gone", "an-order", "report", Some(0));
        telemetry
            .metrics()
            .set_incidents(&BTreeMap::from([("owed", 1)]));
        assert!(shows(&plan, "tocsin_deadlines", "an-order"));
        drop(Runner::open(Stage::Assess, &plan.context()).unwrap());
        assert!(!shows(&plan, "tocsin_deadlines", "an-order"));
        assert!(!shows(&plan, "tocsin_incidents", ""));
    }
}
