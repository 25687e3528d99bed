//! One deployment of the pipeline on the parts: its own prefix, its configuration, its topics, its
//! stages as processes of their own.

use super::history::Input;
use super::results::Results;
use super::{Demo, PATIENCE, Parts};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::{
    Cluster, KafkaCluster, KafkaSettings, LogError, Outgoing, Position, TopicSpec, WorkerSpec,
};
use wire::{Decoder, RecordKind, Registry, SchemaStore, subject};
use xtask::Trouble;
use xtask::parts::http;
use xtask::parts::kafka::{ADMIN, password};
use xtask::parts::process::{Process, Scratch};

/// The stages, in the direction of the data.
pub(crate) const STAGES: [&str; 5] = ["screen", "scope", "verify", "assess", "notify"];
/// How many records one transaction of a producer holds.
const PRODUCED_AT_ONCE: usize = 5_000;
/// So many times in a row everything must be seen at rest.
pub(crate) const AT_REST: u32 = 6;
/// Longer than a record takes from one process to the next, also on a busy machine.
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_millis(150);
/// Longer than a stage may take to end when it is asked to, on a busy machine.
const TIME_TO_END: Duration = Duration::from_secs(30);
/// Whoever looks whether a transaction is open gives up then.
const LOOKED_FOR: Duration = Duration::from_secs(2);

/// What a command came to.
pub(crate) struct Said {
    /// Its exit code.
    pub(crate) code: i32,
    /// Its standard output.
    pub(crate) out: String,
    /// Its standard error.
    pub(crate) err: String,
}

/// See the module.
pub(crate) struct Deployment {
    /// Before the names of its topics.
    pub(crate) prefix: String,
    /// Its broker.
    pub(crate) cluster: KafkaCluster,
    /// Its configuration.
    pub(crate) config: PathBuf,
    /// As whom commands and stages are run; `None`: the broker does not ask.
    user: Option<&'static str>,
    copies: String,
    registry: String,
    ids: BTreeMap<RecordKind, u32>,
    scratch: Scratch,
}

impl Deployment {
    /// A deployment of its own, with the orders of the demo; `more` is added to its configuration.
    pub(crate) fn new(parts: &Parts, name: &str, more: &str) -> Deployment {
        let prefix = format!("e2e-{}-{name}-", std::process::id());
        let scratch = Scratch::new(&format!("e2e-{name}")).unwrap();
        let state = scratch.path().join("state");
        let text = configuration(&parts.bootstrap, &parts.registry, &prefix, more);
        // All keep state on disk: what they say is compared with what is said without.
        let text = format!("{text}[state]\ndirectory = {state:?}\n");
        let config = scratch.write("tocsin.toml", &text).unwrap();
        let mut settings = KafkaSettings::new(&parts.bootstrap);
        settings.client = parts.properties();
        let cluster = KafkaCluster::connect(settings).unwrap();
        Deployment {
            prefix,
            cluster,
            config,
            user: parts.secured.then_some(ADMIN),
            copies: parts.copies.to_string(),
            registry: parts.registry.clone(),
            ids: BTreeMap::new(),
            scratch,
        }
    }

    /// The name of a topic here.
    pub(crate) fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Creates the topics and registers the schemas of the inputs, as a company's own systems do.
    pub(crate) fn prepare(&mut self) {
        let spread = ["--partitions", "3", "--replication", &self.copies];
        let said = self.tocsin(&[&["topics", "apply"][..], &spread].concat());
        assert_eq!(said.code, 0, "topics apply: {}{}", said.out, said.err);
        let registry = Registry::new(&self.registry, None);
        for (topic, kind) in [
            ("access-events", RecordKind::AccessEvent),
            ("breach-events", RecordKind::BreachEvent),
            ("grants", RecordKind::Grant),
            ("accounts", RecordKind::Account),
        ] {
            let subject = subject(&self.topic(topic));
            let id = registry.register(&subject, kind.newest_schema()).unwrap();
            self.ids.insert(kind, id);
        }
    }

    /// Runs a command with this configuration to its end.
    pub(crate) fn tocsin(&self, arguments: &[&str]) -> Said {
        let mut command = self.command();
        command.args(arguments).arg("--config").arg(&self.config);
        run(command)
    }

    /// Does something as another user of a broker that asks.
    pub(crate) fn by<T>(&mut self, user: &'static str, act: impl FnOnce(&Deployment) -> T) -> T {
        let before = self.user.replace(user);
        let done = act(self);
        self.user = before;
        done
    }

    /// The program, as the user of the moment.
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tocsin"));
        if let Some(user) = self.user {
            command.env("TOCSIN_KAFKA_USERNAME", user);
            command.env("TOCSIN_KAFKA_PASSWORD", password(user));
        }
        command
    }

    /// The record as it stands on a topic: Confluent's zero byte, the schema's id, the datum.
    pub(crate) fn confluent(&self, input: &Input) -> Vec<u8> {
        let mut value = vec![0];
        value.extend(self.ids[&input.kind].to_be_bytes());
        value.extend(&input.datum);
        value
    }

    /// Produces records, in their order, to the partitions that their keys ask for.
    pub(crate) fn produce(&self, inputs: &[Input]) {
        let records = inputs.iter().map(|one| {
            let value = self.confluent(one);
            Outgoing::new(self.topic(one.topic), one.key.as_str(), value)
        });
        self.send(records.collect());
    }

    /// Produces what is given as it is.
    pub(crate) fn send(&self, records: Vec<Outgoing>) {
        self.try_send(&records).unwrap();
    }

    /// The same. Whoever is told of an error does not know what was sent.
    pub(crate) fn try_send(&self, records: &[Outgoing]) -> Result<(), LogError> {
        let id = format!("{}source", self.prefix);
        let mut worker = self.cluster.open_worker(WorkerSpec::writer(id))?;
        for piece in records.chunks(PRODUCED_AT_ONCE) {
            worker.begin()?;
            for record in piece {
                worker.send(record)?;
            }
            worker.commit(&[])?;
        }
        worker.close()
    }

    /// Gives a topic another setting, as its owner does, and waits until it holds.
    pub(crate) fn configure(&self, topic: &str, setting: &str, value: &str) {
        let name = self.topic(topic);
        let partitions = self.cluster.partitions(&name).unwrap();
        let spec = TopicSpec::new(name.as_str(), partitions).set(setting, value);
        self.cluster.configure_topics(&[spec]).unwrap();
        let begun = Instant::now();
        while self.overridden(topic).get(setting).map(String::as_str) != Some(value) {
            assert!(begun.elapsed() < PATIENCE, "{setting} of {name}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The settings that were set on a topic itself.
    pub(crate) fn overridden(&self, topic: &str) -> BTreeMap<String, String> {
        let name = self.topic(topic);
        let found = self.cluster.describe_topics(&[&name]).unwrap();
        let topic = found.into_iter().next();
        topic
            .unwrap_or_else(|| panic!("{name} is not there"))
            .overridden
    }

    /// Starts one stage, or several, as a process of its own.
    pub(crate) fn start(&self, stages: &[&str]) -> Stage {
        self.start_as("0", stages)
    }

    /// The same as an instance of that name, beside others.
    pub(crate) fn start_as(&self, instance: &str, stages: &[&str]) -> Stage {
        self.start_with(instance, stages, 0)
    }

    /// The same; once a stage stops by itself, it serves its pages for so many seconds more.
    pub(crate) fn start_with(&self, instance: &str, stages: &[&str], linger: u64) -> Stage {
        let started = self.try_start(instance, stages, linger);
        started.unwrap_or_else(|why| panic!("{why}"))
    }

    /// The same, where it may end before it serves anything.
    pub(crate) fn try_start(
        &self,
        instance: &str,
        stages: &[&str],
        linger: u64,
    ) -> Result<Stage, Trouble> {
        let mut command = self.command();
        command.arg("run").args(stages).arg("--config");
        command.arg(&self.config).args(["--listen", "127.0.0.1:0"]);
        command.args(["--linger", &linger.to_string()]);
        command.env("TOCSIN_INSTANCE", instance);
        let name = format!("{}-{instance}", stages.join("-"));
        // A log of its own for each start: the address is read from it.
        let log = (0..)
            .map(|number| self.scratch.path().join(format!("{name}-{number}.log")))
            .find(|path| !path.exists())
            .unwrap();
        let mut process = Process::start(&name, command, &log)?;
        let mut addr = None;
        process.wait_until(PATIENCE, |log| {
            addr = address(log);
            addr.is_some()
        })?;
        Ok(Stage {
            name: stages.join("-"),
            addr: addr.unwrap(),
            process,
        })
    }

    /// Starts every stage, each as a process of its own.
    pub(crate) fn start_all(&self) -> Vec<Stage> {
        STAGES.iter().map(|stage| self.start(&[stage])).collect()
    }

    /// Decodes what stands on its topics.
    pub(crate) fn decoder(&self) -> Decoder {
        let store = SchemaStore::new(Registry::new(&self.registry, None));
        Decoder::new(Arc::new(store))
    }

    /// What stands on its topics now.
    pub(crate) fn results(&self) -> Results {
        Results::of_topics(&self.cluster, self.decoder(), &self.prefix)
    }

    /// How many committed records a topic has had, transaction markers among them.
    pub(crate) fn length(&self, topic: &str) -> i64 {
        let name = self.topic(topic);
        let partitions = 0..self.cluster.partitions(&name).unwrap();
        let ends = partitions.map(|one| self.cluster.range(&name, one).unwrap().1);
        ends.sum()
    }

    /// How many records of a topic, markers among them, nobody has decided about: they stand in
    /// transactions that are open.
    pub(crate) fn undecided(&self, topic: &str) -> Result<i64, LogError> {
        let name = self.topic(topic);
        let mut positions = Vec::new();
        for partition in 0..self.cluster.partitions(&name)? {
            let (_, end) = self.cluster.range(&name, partition)?;
            positions.push(Position::new(name.as_str(), partition, end));
        }
        let mut reader = self.cluster.open_reader()?;
        reader.assign(&positions)?;
        let mut found = 0;
        let begun = Instant::now();
        for Position { partition, .. } in positions {
            let written = loop {
                if let Some(written) = reader.written_end(&name, partition) {
                    break written;
                }
                if begun.elapsed() > LOOKED_FOR {
                    return Ok(0);
                }
                reader.poll(1_000, Duration::from_millis(10), &mut |_| {})?;
            };
            found += written - reader.position(&name, partition).unwrap_or(written);
        }
        Ok(found)
    }

    /// How much these processes have read and written, where nothing is outstanding: each says so,
    /// and stands at the end of what it reads as the brokers know it. `None`: something is, or a
    /// process or broker does not answer.
    pub(crate) fn at_rest(&self, stages: &[Stage]) -> Option<u64> {
        let mut moved = 0;
        for stage in stages {
            let status: Value = serde_json::from_str(&stage.answer("/status")?).ok()?;
            let tasks = status["stages"]
                .as_array()?
                .iter()
                .map(|one| &one["tasks"][0]);
            let places = tasks.flat_map(|task| task["positions"].as_array().into_iter().flatten());
            for place in places {
                let partition = i32::try_from(place["partition"].as_i64()?).ok()?;
                let name = self.topic(place["topic"].as_str()?);
                let (_, end) = self.cluster.range(&name, partition).ok()?;
                if place["position"].as_i64()? < end {
                    return None;
                }
            }
            if status["settled"] != true {
                return None;
            }
            let page = stage.answer("/metrics")?;
            for name in ["tocsin_records_read_total", "tocsin_records_written_total"] {
                let counts = samples(&page, name)
                    .into_iter()
                    .map(|(_, count)| count as u64);
                moved += counts.sum::<u64>();
            }
        }
        Some(moved)
    }
}

/// A running process of one or several stages.
pub(crate) struct Stage {
    /// The names of its stages.
    pub(crate) name: String,
    /// Where it serves its metrics.
    pub(crate) addr: SocketAddr,
    process: Process,
}

impl Stage {
    /// What `/status` says.
    pub(crate) fn status(&self) -> Value {
        let (code, body) = self.get("/status");
        assert_eq!(code, 200, "{}: {body}", self.name);
        serde_json::from_str(&body).unwrap()
    }

    /// An answer of its server.
    ///
    /// # Panics
    /// It does not answer; its last words are shown.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        http::get(self.addr, path).unwrap_or_else(|why| {
            let log = self.process.log_text();
            panic!("{} does not answer {path}: {why}\n{log}", self.name)
        })
    }

    /// What its server says, if it says anything.
    fn answer(&self, path: &str) -> Option<String> {
        let (code, body) = http::get(self.addr, path).ok()?;
        (code == 200).then_some(body)
    }

    /// The sum of a metric over its labels.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        samples(&self.get("/metrics").1, name)
            .iter()
            .map(|one| one.1 as u64)
            .sum()
    }

    /// What it wrote to standard output and error.
    pub(crate) fn log(&self) -> String {
        self.process.log_text()
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(self) {
        self.process.kill();
    }

    /// Holds it up for so long, as a machine does that is out of memory.
    pub(crate) fn pause(&self, time: Duration) {
        self.process.pause(true);
        std::thread::sleep(time);
        self.process.pause(false);
    }

    /// Stops it where it stands, or lets it go on.
    pub(crate) fn hold(&self, held: bool) {
        self.process.pause(held);
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// Asks it to end; its exit code.
    pub(crate) fn terminate(self) -> Option<i32> {
        self.terminate_saying().0
    }

    /// The same, and all that it wrote.
    pub(crate) fn terminate_saying(mut self) -> (Option<i32>, String) {
        let code = self.process.terminate(TIME_TO_END).unwrap();
        (code, self.log())
    }

    /// Every record that it read was passed over, kept or is a dead letter: stage by stage, and
    /// topic by topic, by their names in the design. How many it read.
    pub(crate) fn assert_adds_up(&self) -> u64 {
        let (_, page) = self.get("/metrics");
        let read = by_topic(&page, "tocsin_records_read_total");
        let mut booked = Counts::new();
        for name in [
            "tocsin_records_kept_total",
            "tocsin_records_passed_over_total",
            "tocsin_dead_letters_total",
        ] {
            for (at, count) in by_topic(&page, name) {
                *booked.entry(at).or_default() += count;
            }
        }
        assert_eq!(read, booked, "{}: read, and what became of it", self.name);
        let design = |topic: &str| DESIGN.contains(&topic);
        assert!(read.keys().all(|(_, topic)| design(topic)), "{read:?}");
        read.values().sum()
    }
}

/// What stages read, by its name in the design.
const DESIGN: [&str; 12] = [
    "access-events",
    "breach-events",
    "grants",
    "accounts",
    "decisions",
    "candidates",
    "activations",
    "searched",
    "findings",
    "excused",
    "incidents",
    "determinations",
];

/// Counts by stage and topic.
type Counts = BTreeMap<(String, String), u64>;

/// The samples of one metric on a page, summed up by stage and topic.
fn by_topic(page: &str, name: &str) -> Counts {
    let mut counts = Counts::new();
    for (labels, value) in samples(page, name) {
        let label = |name: &str| {
            let (_, rest) = labels.split_once(&format!("{name}=\"")).unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        let at = (label("stage"), label("topic"));
        *counts.entry(at).or_default() += value as u64;
    }
    counts
}

/// The samples of one metric on a page: labels as they are written, and value.
fn samples(page: &str, name: &str) -> Vec<(String, f64)> {
    let lines = page.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        let (labels, value) = rest.rsplit_once(' ')?;
        let whole = labels.is_empty() || labels.starts_with('{');
        whole.then(|| (labels.to_owned(), value.parse().unwrap()))
    });
    lines.collect()
}

/// Waits until every process says that nothing is outstanding, several times in a row, and has read
/// nothing in between.
///
/// # Panics
/// They are not within [`PATIENCE`]; says where they stand.
pub(crate) fn wait_settled<'a>(stages: impl IntoIterator<Item = &'a Stage>) {
    let stages: Vec<&Stage> = stages.into_iter().collect();
    let begun = Instant::now();
    let (mut seen, mut moved) = (0, u64::MAX);
    while seen < AT_REST {
        let settled = stages.iter().all(|stage| stage.status()["settled"] == true);
        let total = stages.iter().map(|stage| {
            stage.metric("tocsin_records_read_total") + stage.metric("tocsin_records_written_total")
        });
        let total = total.sum();
        seen = if settled && total == moved {
            seen + 1
        } else {
            0
        };
        moved = total;
        if begun.elapsed() > PATIENCE {
            let states: Vec<String> = stages
                .iter()
                .map(|stage| format!("{}\n{}\n{}", stage.name, stage.status(), stage.log()))
                .collect();
            panic!("not settled within {PATIENCE:?}:\n{}", states.join("\n"));
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
}

/// Waits until a stage has committed more than `count` records of its input.
///
/// # Panics
/// It has not within [`PATIENCE`]; says where it stands.
pub(crate) fn wait_read(stage: &Stage, count: u64) -> u64 {
    wait_read_beside(stage, count, &String::new)
}

/// The same; what goes on `beside` it is said with it.
pub(crate) fn wait_read_beside(stage: &Stage, count: u64, beside: &dyn Fn() -> String) -> u64 {
    let begun = Instant::now();
    loop {
        let read = stage.metric("tocsin_records_read_total");
        if read > count {
            return read;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{} has read {read} records within {PATIENCE:?}:\n{}\n{}\n{}",
            stage.name,
            stage.status(),
            stage.log(),
            beside()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Runs a command to its end.
pub(crate) fn run(mut command: Command) -> Said {
    let done = command.stdin(Stdio::null()).output().unwrap();
    Said {
        code: done.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&done.stdout).into_owned(),
        err: String::from_utf8_lossy(&done.stderr).into_owned(),
    }
}

/// The text of a configuration for these parts.
pub(crate) fn configuration(bootstrap: &str, registry: &str, prefix: &str, more: &str) -> String {
    let orders: Vec<String> = Demo::get()
        .orders
        .iter()
        .map(|one| format!("{one:?}"))
        .collect();
    format!(
        "prefix = {prefix:?}\n\
         [kafka]\nbootstrap = {bootstrap:?}\n\
         [registry]\nurl = {registry:?}\n\
         [orders]\nbound = [{}]\n\
         {more}",
        orders.join(", ")
    )
}

/// What most tests add: begin with the first record that is there.
pub(crate) const FROM_THE_BEGINNING: &str = "[start]\naccess-events = \"earliest\"\n";

fn address(log: &str) -> Option<SocketAddr> {
    let (_, rest) = log.split_once("metrics and health on http://")?;
    let (addr, _) = rest.split_once('/')?;
    addr.parse().ok()
}
