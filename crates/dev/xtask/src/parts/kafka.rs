//! A real Kafka broker (KRaft): one node, on free ports of this machine.
//! [`brokers`](super::brokers) makes several of them one cluster.

use super::process::{Process, Scratch};
use super::{fetch, free_port, java};
use crate::Trouble;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Any id of 22 characters will do: a broker of its own is its own cluster.
const CLUSTER_ID: &str = "tocsinTestClusterAAAAA";
const READY_LIMIT: Duration = Duration::from_secs(120);
/// After how long without a heartbeat the broker counts as gone: after SIGKILL it is back in 4 s
/// instead of 12.
const SESSION_KILLED_MS: u32 = 1_000;
/// The same for a broker that nobody kills; Kafka's own default. On a busy machine a broker misses
/// its own heartbeats for a second, and is then without leaders and coordinators for a while.
const SESSION_STEADY_MS: u32 = 9_000;

/// The broker says only what went wrong, and when it is ready ([`READY`]).
pub const LOGGING: &str = "\
Configuration:
  Appenders:
    Console: { name: out, PatternLayout: { pattern: '%d %p %c{1} %m%n' } }
  Loggers:
    Root: { level: warn, AppenderRef: { ref: out } }
    Logger:
      - { name: kafka.server.KafkaRaftServer, level: info }
      - { name: kafka.server.BrokerServer, level: info }
";

/// What it says then.
pub const READY: &str = "Kafka Server started";

/// Who may do everything on a broker that asks for rights.
pub const ADMIN: &str = "admin";

/// The password of a user of a broker that asks for one.
pub fn password(user: &str) -> String {
    format!("secret-of-{user}")
}

/// Where a node stands, and who else there is.
pub(super) struct Node {
    /// Its number, from 1.
    pub(super) id: usize,
    pub(super) host: String,
    pub(super) port: u16,
    /// `host:port` of each node's controller, its own among them, in the order of their numbers.
    pub(super) controllers: Vec<String>,
    /// The network namespace that it runs in.
    pub(super) namespace: Option<String>,
    pub(super) session_ms: u32,
}

impl Node {
    /// The only one, on this machine.
    fn alone(port: u16, session_ms: u32) -> Result<Node, Trouble> {
        let host = "127.0.0.1".to_owned();
        Ok(Node {
            id: 1,
            controllers: vec![format!("{host}:{}", free_port()?)],
            host,
            port,
            namespace: None,
            session_ms,
        })
    }
}

/// A broker. It ends and its files go when this is dropped, or when this process ends in any way.
pub struct Broker {
    process: Option<Process>,
    scratch: Scratch,
    java: PathBuf,
    lib: PathBuf,
    node: Node,
}

impl Broker {
    /// Formats and starts a broker on a free port, and waits until it serves.
    ///
    /// # Errors
    /// Java or the jars are missing, or it is not ready within 120 s.
    pub fn start() -> Result<Broker, Trouble> {
        Broker::start_on(free_port()?)
    }

    /// The same on a port of one's choice.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_on(port: u16) -> Result<Broker, Trouble> {
        Broker::open(Node::alone(port, SESSION_KILLED_MS)?, None)
    }

    /// The same on a free port for a broker that is not killed: a busy machine does not unsettle
    /// it.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_steady() -> Result<Broker, Trouble> {
        Broker::open(Node::alone(free_port()?, SESSION_STEADY_MS)?, None)
    }

    /// The same for a broker that lets in only these users and [`ADMIN`], by [`password`] (SASL
    /// PLAIN), and on which nobody but [`ADMIN`] may do what no ACL allows.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_secured(users: &[&str]) -> Result<Broker, Trouble> {
        Broker::open(Node::alone(free_port()?, SESSION_STEADY_MS)?, Some(users))
    }

    fn open(node: Node, users: Option<&[&str]>) -> Result<Broker, Trouble> {
        let mut broker = Broker::formatted(node, users)?;
        broker.start_again()?;
        Ok(broker)
    }

    /// A broker that is ready to be started.
    pub(super) fn formatted(node: Node, users: Option<&[&str]>) -> Result<Broker, Trouble> {
        let java = java::find(17)?;
        let lib = fetch::kafka_lib()?;
        let scratch = Scratch::new("kafka")?;
        let mut text = properties(&scratch, &node);
        text += &users.map_or_else(|| OPEN.to_owned(), secured);
        scratch.write("kraft.properties", &text)?;
        scratch.write("admin.properties", &login(ADMIN))?;
        scratch.write("log4j2.yaml", LOGGING)?;
        let broker = Broker {
            process: None,
            scratch,
            java,
            lib,
            node,
        };
        broker.format()?;
        Ok(broker)
    }

    /// `host:port` for clients.
    pub fn bootstrap(&self) -> String {
        format!("{}:{}", self.node.host, self.node.port)
    }

    /// Has Kafka's own tool for ACLs do something as [`ADMIN`]; what it says.
    ///
    /// # Errors
    /// It does not run, or says that it failed.
    pub fn acls(&self, arguments: &[&str]) -> Result<String, Trouble> {
        let doing = format!("kafka-acls {}", arguments.join(" "));
        let mut command = self.command("org.apache.kafka.tools.AclCommand");
        command.args(["--bootstrap-server", &self.bootstrap()]);
        command.arg("--command-config");
        command.arg(self.scratch.path().join("admin.properties"));
        let done = command.args(arguments).output();
        let done = done.map_err(|why| Trouble::new(&doing, why))?;
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        if done.status.success() {
            return Ok(said);
        }
        let why = said + &String::from_utf8_lossy(&done.stderr);
        Err(Trouble::new(doing, why))
    }

    /// Deletes the records of a partition before an offset, as retention does.
    ///
    /// # Errors
    /// Kafka's own tool does not run, or says that it failed.
    pub fn delete_records(&self, topic: &str, partition: i32, to: i64) -> Result<(), Trouble> {
        let doing = format!("deleting the records of {topic}/{partition} before {to}");
        let wanted = format!(
            "{{\"version\": 1, \"partitions\": [{{\"topic\": \"{topic}\", \
             \"partition\": {partition}, \"offset\": {to}}}]}}"
        );
        let file = self.scratch.write("delete-records.json", &wanted)?;
        let mut command = self.command("org.apache.kafka.tools.DeleteRecordsCommand");
        command.args(["--bootstrap-server", &self.bootstrap()]);
        command.arg("--offset-json-file").arg(file);
        let done = command.output().map_err(|why| Trouble::new(&doing, why))?;
        let said = String::from_utf8_lossy(&done.stdout);
        if done.status.success() && said.contains("low_watermark") {
            return Ok(());
        }
        Err(Trouble::new(doing, said))
    }

    /// Gives a topic more partitions, `partitions` in all.
    ///
    /// # Errors
    /// Kafka's own tool does not run, or says that it failed.
    pub fn grow(&self, topic: &str, partitions: i32) -> Result<(), Trouble> {
        let doing = format!("giving {topic} {partitions} partitions");
        let mut command = self.command("org.apache.kafka.tools.TopicCommand");
        command.args(["--bootstrap-server", &self.bootstrap(), "--alter"]);
        command.args(["--topic", topic, "--partitions", &partitions.to_string()]);
        let done = command.output().map_err(|why| Trouble::new(&doing, why))?;
        if done.status.success() {
            return Ok(());
        }
        Err(Trouble::new(doing, String::from_utf8_lossy(&done.stdout)))
    }

    /// How many records of a topic a consumer sees, those of aborted transactions as well or not.
    ///
    /// # Errors
    /// Kafka's own consumer does not run, or says nothing within its time.
    pub fn count(&self, topic: &str, aborted_too: bool) -> Result<usize, Trouble> {
        let doing = format!("counting the records of {topic}");
        let isolation = if aborted_too {
            "read_uncommitted"
        } else {
            "read_committed"
        };
        let mut command = self.command("org.apache.kafka.tools.consumer.ConsoleConsumer");
        command.args(["--bootstrap-server", &self.bootstrap(), "--topic", topic]);
        command.args(["--from-beginning", "--timeout-ms", "8000"]);
        command.args(["--isolation-level", isolation]);
        // A line each: the offset, without what is personal or breaks lines.
        for property in ["print.value=false", "print.offset=true"] {
            command.args(["--formatter-property", property]);
        }
        let done = command.output().map_err(|why| Trouble::new(&doing, why))?;
        let said = String::from_utf8_lossy(&done.stdout);
        let lines = said.lines().filter(|line| line.starts_with("Offset:"));
        Ok(lines.count())
    }

    /// The partitions that lack a copy which keeps up, as Kafka's own tool lists them; nothing
    /// where every copy does.
    ///
    /// # Errors
    /// The tool does not run, or no broker answers it.
    pub fn lacking(&self) -> Result<String, Trouble> {
        let doing = "kafka-topics --describe --under-replicated-partitions";
        let mut command = self.command("org.apache.kafka.tools.TopicCommand");
        command.args(["--bootstrap-server", &self.bootstrap(), "--describe"]);
        let done = command.arg("--under-replicated-partitions").output();
        let done = done.map_err(|why| Trouble::new(doing, why))?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if done.status.success() {
            return Ok(said(&done.stdout));
        }
        Err(Trouble::new(
            doing,
            said(&done.stdout) + &said(&done.stderr),
        ))
    }

    /// Kills it as a power cut would. Its files stay; [`start_again`](Self::start_again) uses them.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    /// Holds it up for so long, as a machine does that is out of memory.
    pub fn pause(&self, time: Duration) {
        if let Some(process) = &self.process {
            process.pause(true);
            std::thread::sleep(time);
            process.pause(false);
        }
    }

    /// Starts it again over the files that it left, on the same port, and waits until it serves.
    ///
    /// # Errors
    /// It is not ready within 120 s.
    pub fn start_again(&mut self) -> Result<(), Trouble> {
        self.launch()?;
        self.wait_ready()
    }

    /// The same without waiting.
    pub(super) fn launch(&mut self) -> Result<(), Trouble> {
        self.kill();
        let log = self.scratch.path().join("broker.log");
        // An older start's words must not make this one look ready.
        let _ = std::fs::remove_file(&log);
        let mut command = self.command("kafka.Kafka");
        command.arg(self.scratch.path().join("kraft.properties"));
        let command = match &self.node.namespace {
            None => command,
            Some(namespace) => within(namespace, &command),
        };
        self.process = Some(Process::start("the Kafka broker", command, &log)?);
        Ok(())
    }

    /// Waits until it serves.
    pub(super) fn wait_ready(&mut self) -> Result<(), Trouble> {
        let Some(process) = &mut self.process else {
            return Err(Trouble("the Kafka broker was not started".into()));
        };
        process.wait_until(READY_LIMIT, |log| log.contains(READY))
    }

    /// Takes its place with an empty disk, as a new machine of the same name. It must be killed.
    pub(super) fn wipe(&self) -> Result<(), Trouble> {
        let data = self.scratch.path().join("data");
        let wiping = |why| Trouble::new(format!("wiping {}", data.display()), why);
        std::fs::remove_dir_all(&data).map_err(wiping)?;
        self.format()
    }

    fn format(&self) -> Result<(), Trouble> {
        let doing = "formatting the Kafka broker's folder";
        let mut command = self.command("kafka.tools.StorageTool");
        command.args(["format", "-t", CLUSTER_ID, "--ignore-formatted", "-c"]);
        command.arg(self.scratch.path().join("kraft.properties"));
        let done = command.output().map_err(|why| Trouble::new(doing, why))?;
        if done.status.success() {
            return Ok(());
        }
        let said = [done.stdout, done.stderr].concat();
        Err(Trouble::new(doing, String::from_utf8_lossy(&said)))
    }

    fn command(&self, class: &str) -> Command {
        let mut command = Command::new(&self.java);
        let logging = self.scratch.path().join("log4j2.yaml");
        // Under 256 MB it dies; the serial collector and the first compiler start fastest.
        command.args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
        command.arg(format!("-Dlog4j2.configurationFile={}", logging.display()));
        command
            .arg("-cp")
            .arg(format!("{}/*", self.lib.display()))
            .arg(class);
        command
    }
}

/// The same program, run in a network namespace.
fn within(namespace: &str, program: &Command) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]);
    command.arg(program.get_program()).args(program.get_args());
    command
}

fn properties(scratch: &Scratch, node: &Node) -> String {
    let Node {
        id,
        host,
        port,
        controllers,
        session_ms,
        ..
    } = node;
    let voters: Vec<String> = (1..)
        .zip(controllers)
        .map(|(id, at)| format!("{id}@{at}"))
        .collect();
    let (controller, voters) = (&controllers[id - 1], voters.join(","));
    // Every node holds everything; of several, all but one must have what was said to be written.
    let copies = controllers.len();
    let least = copies.saturating_sub(1).max(1);
    let data = scratch.path().join("data");
    format!(
        "\
process.roles=broker,controller
node.id={id}
controller.quorum.voters={voters}
listeners=CLIENT://{host}:{port},CONTROLLER://{controller}
advertised.listeners=CLIENT://{host}:{port}
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
log.dirs={}
default.replication.factor={copies}
min.insync.replicas={least}
offsets.topic.replication.factor={copies}
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={least}
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={least}
# Fewer partitions of its own topics: it starts and stops faster.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
broker.heartbeat.interval.ms=200
broker.session.timeout.ms={session_ms}
group.initial.rebalance.delay.ms=0
# A topic that nobody created is a fault that tests must see.
auto.create.topics.enable=false
",
        data.display()
    )
}

/// Whoever comes may do everything.
const OPEN: &str = "listener.security.protocol.map=CONTROLLER:PLAINTEXT,CLIENT:PLAINTEXT\n";

/// Kafka's class for users and passwords that stand in its own settings.
const PLAIN: &str = "org.apache.kafka.common.security.plain.PlainLoginModule";

/// Nobody comes in without a password, the broker and the controller included, and may do what no
/// ACL allows.
fn secured(users: &[&str]) -> String {
    let known: String = users
        .iter()
        .chain([&ADMIN])
        .map(|user| format!(" user_{user}=\"{}\"", password(user)))
        .collect();
    let own = format!("username=\"{ADMIN}\" password=\"{}\"", password(ADMIN));
    format!(
        "\
listener.security.protocol.map=CONTROLLER:SASL_PLAINTEXT,CLIENT:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.client.plain.sasl.jaas.config={PLAIN} required {own}{known};
listener.name.controller.plain.sasl.jaas.config={PLAIN} required {own}{known};
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:{ADMIN}
"
    )
}

/// How Kafka's own tools say who they are.
fn login(user: &str) -> String {
    let password = password(user);
    format!(
        "\
security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.jaas.config={PLAIN} required username=\"{user}\" password=\"{password}\";
"
    )
}
