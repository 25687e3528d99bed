//! Plays a scenario on the real stages, one thread, simulated time, and compares what they said
//! with what the oracle says.

use crate::canary::Canary;
use crate::check;
use crate::disks::{Disks, KEEPS_STATE};
use crate::faulty::Faulty;
use crate::oracle::Oracle;
use crate::people;
use crate::scenario::{Action, Scenario};
use crate::world::Fact;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use stream::{Cluster, MemoryCluster, Outgoing};
use tocsin::rehearsal::{self, Ended, Instance, Rules, STAGES, Task};
use wire::{Encoder, Framing, RecordKind};

/// What is loaded once for all seeds.
pub struct Stage {
    pub(crate) rules: Rules,
    pub(crate) oracle: Oracle,
    pub(crate) orders: Vec<String>,
}

impl Stage {
    /// The law that binds in the demo.
    ///
    /// # Errors
    /// It cannot be loaded: a fault of the build.
    pub fn load() -> Result<Stage, String> {
        let orders = rehearsal::demo_orders()?;
        Ok(Stage {
            rules: Rules::load(&orders)?,
            oracle: Oracle::new(&orders)?,
            orders,
        })
    }
}

/// What a run came to, where all was well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many steps the stages took.
    pub steps: u64,
    /// How many faults came to pass.
    pub faults: u64,
    /// How many times a stage was opened.
    pub opened: u64,
    /// How many zombies were fenced.
    pub fenced: u64,
    /// How many keys each topic ended with.
    pub said: BTreeMap<&'static str, u64>,
    /// How many incidents it ended with in which nothing counts since late grants excuse it.
    pub excused: u64,
    /// A digest of every record on every topic, in order.
    pub digest: String,
}

/// A day on which the simulated time begins, in milliseconds since 1970.
const BEGIN_MS: i64 = 1_767_225_600_000;
/// After so many rounds without rest something is wrong.
const ROUNDS_MAX: u32 = 20_000;
/// Rounds in which nothing moves before everything is said to rest: what one stage writes in a
/// round the next reads in the same or the next one.
const IDLE_ROUNDS: u32 = 3;

pub(crate) struct Play<'a> {
    stage: &'a Stage,
    scenario: &'a Scenario,
    pub(crate) cluster: Faulty,
    instances: [Instance; 2],
    disks: Option<Disks>,
    /// By instance and stage.
    open: [[Option<Task>; 5]; 2],
    zombies: Vec<(usize, Task)>,
    now: Duration,
    clock: Arc<AtomicI64>,
    encoder: Encoder,
    poured: Vec<Fact>,
    unreadable: BTreeMap<i32, u64>,
    junk: Vec<String>,
    outcome: Outcome,
    pub(crate) people: people::People,
    /// Inputs have gained partitions, and not every stage may have noticed.
    grown: bool,
}

/// Plays it; what was wrong, in words.
///
/// # Errors
/// The first thing that was not as it must be.
pub(crate) fn play(
    stage: &Stage,
    scenario: &Scenario,
    canary: Option<Canary>,
) -> Result<Outcome, String> {
    let mut play = Play::new(stage, scenario, canary)?;
    for action in &scenario.actions {
        play.act(*action)?;
    }
    play.end()
}

/// The first or the second process of the deployment.
fn instance(
    stage: &Stage,
    scenario: &Scenario,
    cluster: &Faulty,
    disks: Option<&Disks>,
    number: usize,
) -> Instance {
    let cluster: Arc<dyn Cluster> = Arc::new(cluster.clone());
    let disk = disks.map(|disks| disks.of(number));
    let name = ["a", "b"][number];
    stage
        .rules
        .instance(cluster, name, scenario.sizes, disk.as_deref())
}

impl<'a> Play<'a> {
    fn new(
        stage: &'a Stage,
        scenario: &'a Scenario,
        canary: Option<Canary>,
    ) -> Result<Play<'a>, String> {
        let clock = Arc::new(AtomicI64::new(BEGIN_MS));
        let told = clock.clone();
        let inner = MemoryCluster::with_clock(move || told.load(Ordering::Relaxed));
        rehearsal::create_topics(&inner, scenario.partitions)?;
        let cluster = Faulty::new(inner, canary, scenario.seed);
        let disks = scenario.disks.then(|| Disks::new(scenario.seed, canary));
        let disks = disks.transpose()?;
        let instance = |number| instance(stage, scenario, &cluster, disks.as_ref(), number);
        Ok(Play {
            stage,
            scenario,
            instances: [instance(0), instance(1)],
            disks,
            cluster: cluster.clone(),
            open: Default::default(),
            zombies: Vec::new(),
            now: Duration::ZERO,
            clock,
            encoder: Encoder::new(Framing::SingleObject),
            poured: Vec::new(),
            unreadable: BTreeMap::new(),
            junk: Vec::new(),
            outcome: Outcome::default(),
            people: people::People::default(),
            grown: false,
        })
    }

    fn act(&mut self, action: Action) -> Result<(), String> {
        match action {
            Action::Pour(fact) => {
                if let Some(fact) = self.scenario.facts.get(fact) {
                    self.pour(fact.clone())?;
                }
            }
            Action::Step { instance, stage } => {
                self.step(instance, stage)?;
            }
            Action::Fail {
                instance,
                stage,
                fault,
            } => {
                self.cluster.arm(Some(fault));
                let done = self.step(instance, stage);
                self.cluster.arm(None);
                done?;
            }
            Action::Crash { instance, stage } => self.end_task(instance, stage, false)?,
            Action::Leave { instance, stage } => self.end_task(instance, stage, true)?,
            Action::Replace { instance, stage } => {
                if let Some(task) = self.open[instance][stage].take() {
                    self.zombies.push((stage, task));
                    self.give_another_disk(instance, stage);
                    self.step(instance, stage)?;
                }
            }
            Action::Zombies => self.step_zombies(),
            Action::Wait(time) => self.wait(time),
            Action::Expire => self.cluster.expire_transactions(),
            Action::People(number) => {
                let cluster = self.cluster.inner.clone();
                for decision in self.people.act(&cluster, number)? {
                    self.pour(Fact::Decision(Box::new(decision)))?;
                }
            }
            Action::Grow(topic, partitions) => {
                let grown = self.cluster.inner.grow(topic, partitions);
                grown.map_err(|why| why.to_string())?;
                self.grown = true;
            }
            Action::Rest => self.rest()?,
        }
        Ok(())
    }

    /// A stage's process is gone, or leaves in good order.
    fn end_task(&mut self, number: usize, stage: usize, leaves: bool) -> Result<(), String> {
        let Some(task) = self.open[number][stage].take() else {
            return Ok(());
        };
        let end = || {
            if leaves {
                return task.close().map_err(|why| format!("leaving: {why:?}"));
            }
            drop(task);
            Ok(())
        };
        match &mut self.disks {
            Some(disks) if stage == KEEPS_STATE => disks.ends(number, end),
            _ => end(),
        }
    }

    /// Whoever was replaced holds on to its disk.
    fn give_another_disk(&mut self, number: usize, stage: usize) {
        if stage == KEEPS_STATE
            && let Some(disks) = &mut self.disks
        {
            disks.replace(number);
            let disks = self.disks.as_ref();
            let (stage, scenario) = (self.stage, self.scenario);
            self.instances[number] = instance(stage, scenario, &self.cluster, disks, number);
        }
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        let millis = i64::try_from(time.as_millis()).unwrap_or(0);
        // The stamps of the log jump back now and then; nothing may depend on them.
        let millis = if millis > 1_000_000 { -millis } else { millis };
        self.clock.fetch_add(millis, Ordering::Relaxed);
    }

    /// Puts a fact on its topic.
    fn pour(&mut self, fact: Fact) -> Result<(), String> {
        let (topic, key, value) = match &fact {
            Fact::Access(one) => {
                let value = self.encode(RecordKind::AccessEvent, one.as_ref())?;
                ("access-events", one.account.reveal().to_owned(), value)
            }
            Fact::Grant(one) => {
                let value = self.encode(RecordKind::Grant, one.as_ref())?;
                ("grants", one.id.clone(), value)
            }
            Fact::Account(one) => {
                let value = self.encode(RecordKind::Account, one.as_ref())?;
                ("accounts", one.account.reveal().to_owned(), value)
            }
            Fact::Breach(one) => {
                let value = self.encode(RecordKind::BreachEvent, one.as_ref())?;
                ("breach-events", one.matter.clone(), value)
            }
            Fact::Decision(one) => {
                let value = self.encode(RecordKind::Decision, one.as_ref())?;
                ("decisions", one.about.clone(), value)
            }
            Fact::Junk(topic, key) => (*topic, key.clone(), b"\x17 no avro".to_vec()),
        };
        let record = Outgoing::new(topic, key, value);
        let place = self.cluster.inner.append(&record);
        let (partition, offset) = place.map_err(|why| why.to_string())?;
        if let Fact::Junk(topic, _) = &fact {
            self.junk.push(format!("{topic}|{partition}|{offset}"));
            if *topic == "access-events" {
                let of = partition % self.scenario.partitions;
                *self.unreadable.entry(of).or_default() += 1;
            }
        }
        self.poured.push(fact);
        Ok(())
    }

    fn encode<T: wire::Writable>(
        &mut self,
        kind: RecordKind,
        value: &T,
    ) -> Result<Vec<u8>, String> {
        let bytes = self.encoder.encode_to_vec(kind, value);
        bytes.map_err(|error| error.to_string())
    }

    /// One step of a stage; whether it moved and whether it is settled.
    fn step(&mut self, instance: usize, stage: usize) -> Result<(bool, bool), String> {
        if rehearsal::is_single(stage) {
            // Instances take turns: who begins fences the other, which has ended by then.
            self.open[1 - instance][stage] = None;
        }
        self.outcome.steps += 1;
        let task = match &mut self.open[instance][stage] {
            Some(task) => task,
            none => {
                self.outcome.opened += 1;
                match self.instances[instance].open(stage) {
                    Ok(task) => none.insert(task),
                    Err(ended) => return self.ended(stage, ended),
                }
            }
        };
        match task.step(self.now) {
            Ok(stepped) => Ok((stepped.moved, stepped.settled)),
            Err(ended) => {
                self.open[instance][stage] = None;
                self.ended(stage, ended)
            }
        }
    }

    /// What the engine does: begin again, or stop, which nobody here has a reason to.
    fn ended(&self, stage: usize, ended: Ended) -> Result<(bool, bool), String> {
        match ended {
            Ended::Again(_) => Ok((true, false)),
            Ended::Stop(why) => Err(format!("stage {} stopped: {why}", STAGES[stage])),
        }
    }

    fn step_zombies(&mut self) {
        let now = self.now;
        let fenced = &mut self.outcome.fenced;
        self.zombies.retain_mut(|(_, task)| match task.step(now) {
            Ok(_) => true,
            Err(_) => {
                *fenced += 1;
                false
            }
        });
    }

    /// All stages go on until nothing moves and all say that nothing is outstanding.
    fn rest(&mut self) -> Result<(), String> {
        self.cluster.expire_transactions();
        if std::mem::take(&mut self.grown) {
            // Stages look every half a minute how many partitions there are.
            self.now += Duration::from_secs(31);
        }
        let mut idle = 0;
        for round in 0..ROUNDS_MAX {
            // Patience ends.
            self.now += Duration::from_secs(u64::from(round / 8));
            let (mut moved, mut settled) = (false, true);
            for stage in 0..STAGES.len() {
                for instance in 0..2 {
                    let there = self.open[instance][stage].is_some();
                    let ours = instance == 0 && self.open[1][stage].is_none();
                    if there || ours || (instance == 0 && !rehearsal::is_single(stage)) {
                        let (m, s) = self.step(instance, stage)?;
                        moved |= m;
                        settled &= s;
                    }
                }
            }
            idle = if moved { 0 } else { idle + 1 };
            if settled && idle > IDLE_ROUNDS {
                return Ok(());
            }
        }
        let waits = format!("they do not come to rest in {ROUNDS_MAX} rounds");
        Err(waits)
    }

    /// Lets everything rest, compares, starts everything anew and sees that nothing more is said.
    fn end(mut self) -> Result<Outcome, String> {
        self.step_zombies();
        self.rest()?;
        if !self.zombies.is_empty() {
            self.step_zombies();
            self.zombies.clear();
            self.rest()?;
        }
        let facts: Vec<&Fact> = self.poured.iter().collect();
        let oracle = &self.stage.oracle;
        let expected = oracle.answers(&facts, self.scenario.partitions, &self.unreadable)?;
        let log = check::read(&self.cluster.inner)?;
        log.nothing_twice()?;
        log.is_as(&expected)?;
        log.dead_letters_are(&self.junk)?;
        for number in 0..2 {
            for stage in 0..STAGES.len() {
                self.end_task(number, stage, false)?;
            }
        }
        self.now += Duration::from_secs(600);
        self.rest()?;
        log.nothing_new(&self.cluster.inner)?;
        let of_disks = self.disks.as_ref().map_or(0, |disks| disks.faults);
        self.outcome.faults = self.cluster.control().faults + of_disks;
        for (topic, keys) in &log.last {
            self.outcome.said.insert(*topic, keys.len() as u64);
        }
        let incidents = log.last.get("incidents").into_iter().flatten();
        let excused = incidents.filter(|(_, one)| one.contains(r#""excused":true"#));
        self.outcome.excused = excused.count() as u64;
        self.outcome.digest = log.digest();
        Ok(self.outcome)
    }
}
