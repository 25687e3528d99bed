//! A real broker that asks who comes and what they may do. `topics apply` gives each stage a user's
//! rights on its own topics; with them the pipeline comes to the same as ever, and everywhere else
//! each stage is refused, by the broker itself.
//!
//! What each may do stands here a second time, by hand and from `deploy/topics`, so that it is not
//! the code's own list that the code is held against.

use crate::support::deployment::{FROM_THE_BEGINNING, STAGES, Said, configuration, wait_settled};
use crate::support::{Demo, Deployment, PATIENCE, Parts, Stage, login, parts};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use stream::{
    Cluster, KafkaCluster, KafkaSettings, LogError, Outgoing, Position, Worker, WorkerSpec,
};
use xtask::parts::kafka::{Broker, password};
use xtask::parts::process::Scratch;
use xtask::parts::skip_or_fail;

/// The users of the broker: one a stage, and one for each thing that people do.
const USERS: [&str; 8] = [
    "screen", "scope", "verify", "assess", "notify", "counsel", "operator", "auditor",
];

/// What stages read of what they said themselves.
const READ_BACK: [(&str, &[&str]); 5] = [
    ("screen", &["activations", "coverage"]),
    ("scope", &["coverage"]),
    ("verify", &["findings", "excused", "searched"]),
    ("assess", &["incidents", "determinations"]),
    ("notify", &["notices", "outbox"]),
];

const SECURED: &str = "\
[kafka.properties]
\"security.protocol\" = \"SASL_PLAINTEXT\"
\"sasl.mechanism\" = \"PLAIN\"
[kafka.principals]
screen = \"User:screen\"
scope = \"User:scope\"
verify = [\"User:verify\"]
assess = \"User:assess\"
notify = \"User:notify\"
notices = [\"User:counsel\"]
dead-letters = \"User:operator\"
replay = \"User:auditor\"
";

/// A topic of `deploy/topics/topics.toml`: its name, who reads it, who writes it.
struct Topic {
    name: String,
    readers: BTreeSet<String>,
    writers: BTreeSet<String>,
}

/// The topics, with what is read back.
fn topics() -> Vec<Topic> {
    let text = include_str!("../../../../../deploy/topics/topics.toml");
    let file: toml::Table = text.parse().unwrap();
    let of = |one: &toml::Value| {
        let words = |name: &str| -> BTreeSet<String> {
            let list = one[name].as_array().unwrap();
            list.iter()
                .map(|word| word.as_str().unwrap().to_owned())
                .collect()
        };
        let name = one["name"].as_str().unwrap().to_owned();
        let mut readers = words("readers");
        for (stage, back) in READ_BACK {
            if back.contains(&name.as_str()) {
                readers.insert(stage.to_owned());
            }
        }
        let writers = words("writers");
        Topic {
            name,
            readers,
            writers,
        }
    };
    file["topic"].as_array().unwrap().iter().map(of).collect()
}

/// A deployment on a broker of its own that asks.
struct Stand {
    broker: Broker,
    parts: Parts,
    kafka: Deployment,
}

impl Stand {
    fn new(test: &str) -> Option<Stand> {
        let parts = parts(test)?;
        let broker = match Broker::start_secured(&USERS) {
            Ok(broker) => broker,
            Err(missing) => {
                skip_or_fail(test, &missing).unwrap();
                return None;
            }
        };
        let parts = parts.beside_secured(&broker);
        let more = format!("{FROM_THE_BEGINNING}{SECURED}");
        let kafka = Deployment::new(&parts, "secured", &more);
        Some(Stand {
            broker,
            parts,
            kafka,
        })
    }

    /// The cluster as a user sees it.
    fn cluster(&self, user: &str) -> KafkaCluster {
        let mut settings = KafkaSettings::new(&self.parts.bootstrap);
        settings.client = login(user);
        settings.reader_group = format!("{}reader", self.kafka.prefix);
        KafkaCluster::connect(settings).unwrap()
    }

    /// Takes one right from a stage, or gives one, by Kafka's own tool.
    fn change(&self, how: &str, user: &str, operation: &str, topic: &str) {
        let (principal, topic) = (format!("User:{user}"), self.kafka.topic(topic));
        let mut arguments = vec![how, "--allow-principal", &principal];
        arguments.extend(["--operation", operation, "--topic", &topic]);
        if how == "--remove" {
            arguments.push("--force");
        }
        self.broker.acls(&arguments).unwrap();
    }

    /// `topics check` says this one thing.
    fn assert_check_says(&self, parts: &[&str]) {
        let said = self.kafka.tocsin(&["topics", "check"]);
        assert_eq!(said.code, 2, "{}{}", said.out, said.err);
        let lines: Vec<&str> = said.out.lines().collect();
        assert_eq!(lines.len(), 1, "{lines:?}");
        for part in parts {
            assert!(lines[0].contains(part), "{part}: {}", lines[0]);
        }
    }

    fn assert_check_is_clean(&self) {
        let said = self.kafka.tocsin(&["topics", "check"]);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        assert!(said.out.contains("16 topics and "), "{}", said.out);
    }

    /// A stage does not start, and says which right its user lacks.
    fn assert_does_not_start(&mut self, stage: &'static str, lacks: &str, topic: &str) {
        let arguments = ["run", stage, "--listen", "127.0.0.1:0", "--linger", "0"];
        let said = self.by(stage, &arguments);
        assert_eq!(said.code, 1, "{}", said.err);
        let topic = self.kafka.topic(topic);
        let problem = format!("{topic}: this user may not {lacks} it, which {stage} must");
        for part in [
            &*problem,
            "[right-missing]",
            "topics check",
            "[topics-unfit]",
        ] {
            assert!(said.err.contains(part), "{part}: {}", said.err);
        }
        assert!(!said.err.contains(&password(stage)), "{}", said.err);
    }

    /// The stage, as its own user.
    fn start(&mut self, stage: &'static str) -> Stage {
        self.kafka.by(stage, |kafka| kafka.start(&[stage]))
    }

    fn by(&mut self, user: &'static str, arguments: &[&str]) -> Said {
        self.kafka.by(user, |kafka| kafka.tocsin(arguments))
    }
}

/// A stage that is at work ends by itself, and says why without a secret.
fn assert_halts(running: &mut Stage, because: &[&str]) {
    let begun = Instant::now();
    while !running.has_ended() {
        let log = running.log();
        assert!(
            begun.elapsed() < PATIENCE,
            "{} goes on:\n{log}",
            running.name
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    let log = running.log();
    for part in because.iter().chain(&["[stage-failed]"]) {
        assert!(log.contains(part), "{part}:\n{log}");
    }
    assert!(!log.contains(&password(&running.name)), "{log}");
}

/// What Kafka's own tool lists for the stages: principal, resource, name, pattern, operation.
fn listed(broker: &Broker) -> BTreeSet<[String; 5]> {
    let text = broker.acls(&["--list"]).unwrap();
    let word = |line: &str, name: &str| -> String {
        let (_, rest) = line.split_once(&format!("{name}=")).unwrap();
        let end = rest.find([',', ')']).unwrap();
        rest[..end].to_owned()
    };
    let (mut found, mut resource) = (BTreeSet::new(), None);
    for line in text.lines() {
        if line.contains("resourceType=") {
            resource = Some(["resourceType", "name", "patternType"].map(|name| word(line, name)));
        } else if line.contains("principal=") {
            let user = word(line, "principal");
            let stage = user.strip_prefix("User:").unwrap();
            assert_eq!(
                (word(line, "host"), word(line, "permissionType")),
                ("*".into(), "ALLOW".into())
            );
            if STAGES.contains(&stage) {
                let [kind, name, pattern] = resource.clone().unwrap();
                found.insert([user, kind, name, pattern, word(line, "operation")]);
            }
        }
    }
    found
}

/// What should be listed, by hand.
fn expected(prefix: &str) -> BTreeSet<[String; 5]> {
    let mut all = BTreeSet::new();
    let mut add = |stage: &str, kind: &str, name: &str, pattern: &str, operations: &[&str]| {
        for operation in operations {
            let (user, name) = (format!("User:{stage}"), format!("{prefix}{name}"));
            all.insert([user, kind.into(), name, pattern.into(), (*operation).into()]);
        }
    };
    for topic in topics() {
        for stage in &topic.readers {
            add(
                stage,
                "TOPIC",
                &topic.name,
                "LITERAL",
                &["READ", "DESCRIBE", "DESCRIBE_CONFIGS"],
            );
        }
        for stage in &topic.writers {
            add(
                stage,
                "TOPIC",
                &topic.name,
                "LITERAL",
                &["WRITE", "DESCRIBE", "DESCRIBE_CONFIGS"],
            );
        }
    }
    // It counts partitions, and reads none of them.
    let asks = ["DESCRIBE", "DESCRIBE_CONFIGS"];
    add("verify", "TOPIC", "access-events", "LITERAL", &asks);
    let id = "TRANSACTIONAL_ID";
    let may = ["WRITE", "DESCRIBE"];
    let joins = ["READ", "DESCRIBE"];
    for stage in STAGES {
        add(stage, "GROUP", stage, "LITERAL", &joins);
        add(stage, "GROUP", "reader", "LITERAL", &["DESCRIBE"]);
    }
    for stage in ["screen", "scope", "verify"] {
        add(stage, id, &format!("{stage}-"), "PREFIXED", &may);
    }
    for stage in ["assess", "notify"] {
        add(stage, "GROUP", &format!("{stage}-turn"), "LITERAL", &joins);
        add(stage, id, stage, "LITERAL", &may);
        add(stage, id, &format!("{stage}-turn-"), "PREFIXED", &may);
    }
    all
}

/// Reads one record of a partition that has one.
fn read(cluster: &KafkaCluster, topic: &str) -> Result<(), LogError> {
    let (start, end) = cluster.range(topic, 0)?;
    assert!(
        end > start,
        "{topic} is empty: nothing is shown by reading it"
    );
    let mut reader = cluster.open_reader()?;
    reader.assign(&[Position::new(topic, 0, start)])?;
    let begun = Instant::now();
    while reader.poll(1, Duration::from_millis(100), &mut |_| {})? == 0 {
        assert!(
            begun.elapsed() < PATIENCE,
            "{topic}: neither a record nor an error"
        );
    }
    Ok(())
}

fn writer(cluster: &KafkaCluster, id: &str) -> Result<Box<dyn Worker>, LogError> {
    cluster.open_worker(WorkerSpec::writer(id))
}

/// Writes one record.
fn write(cluster: &KafkaCluster, id: &str, topic: &str) -> Result<(), LogError> {
    let mut worker = writer(cluster, id)?;
    worker.begin()?;
    worker.send(&Outgoing::new(topic, "probe", b"a probe".to_vec()).on(0))?;
    worker.commit(&[])?;
    worker.close()
}

/// Done where it may be done, refused by the broker where it may not.
fn assert_refused_unless(may: bool, done: Result<(), LogError>, code: &str, what: &str) {
    match (may, done) {
        (true, Ok(())) => {}
        (false, Err(error)) if error.code == code => {}
        (true, Err(error)) => panic!("{what}: refused, and should not be: {error}"),
        (false, Ok(())) => panic!("{what}: done, and should be refused"),
        (false, Err(error)) => panic!("{what}: not {code}: {error}"),
    }
}

/// Every stage tries everything, as itself.
fn assert_each_keeps_to_its_own(stand: &Stand) {
    let kafka = &stand.kafka;
    let id = |stage: &str| match stage {
        "assess" | "notify" => kafka.topic(stage),
        _ => kafka.topic(&format!("{stage}-probe")),
    };
    let topics = topics();
    assert_eq!(topics.len(), 16);
    // So that on every topic there is something to be read.
    for topic in &topics {
        let (id, name) = (kafka.topic("administrator"), kafka.topic(&topic.name));
        write(&kafka.cluster, &id, &name).unwrap();
    }
    let refused = "TopicAuthorizationFailed";
    for stage in STAGES {
        let cluster = stand.cluster(stage);
        for topic in &topics {
            let name = kafka.topic(&topic.name);
            let may = topic.readers.contains(stage);
            let what = format!("{stage} reads {}", topic.name);
            assert_refused_unless(may, read(&cluster, &name), refused, &what);
            let may = topic.writers.contains(stage);
            let what = format!("{stage} writes {}", topic.name);
            assert_refused_unless(may, write(&cluster, &id(stage), &name), refused, &what);
        }
        for other in STAGES {
            let may = stage == other;
            let code = "TransactionalIdAuthorizationFailed";
            let opened = writer(&cluster, &id(other)).and_then(|worker| worker.close());
            let what = format!("{stage} writes as {other}");
            assert_refused_unless(may, opened, code, &what);
            let asked = cluster.members(&kafka.topic(other)).map(|_| ());
            let what = format!("{stage} looks at the group of {other}");
            assert_refused_unless(may, asked, "GroupAuthorizationFailed", &what);
        }
        let set = cluster.set_acls(&BTreeSet::from([stream::Acl::allow(
            format!("User:{stage}"),
            stream::AclOperation::Read,
            stream::AclResource::Topic,
            "*",
        )]));
        let what = format!("{stage} gives itself rights");
        assert_refused_unless(false, set, "ClusterAuthorizationFailed", &what);
        let seen = cluster.acls_of(&BTreeSet::from([format!("User:{stage}")]));
        assert_eq!(seen.unwrap_err().code, "ClusterAuthorizationFailed");
    }
}

/// What people do, each by the rights of their command and no other.
fn assert_people_can_do_their_part(stand: &mut Stand, demo: &Demo, stages: &[Stage]) {
    let notices = demo.results.notices.values();
    let parsed = notices.map(|one| serde_json::from_str::<Value>(one).unwrap());
    let ready = parsed
        .into_iter()
        .find(|one| one["state"] == "ready")
        .unwrap();
    let (id, digest) = (
        ready["id"].as_str().unwrap(),
        ready["digest"].as_str().unwrap(),
    );
    let mut decide = vec!["notices", "decide", id, "approve", "--digest", digest];
    decide.extend(["--by", "kim", "--role", "counsel", "--why", "checked"]);
    let may_not = |said: Said, code: &str| {
        assert_eq!(said.code, 1, "{}{}", said.out, said.err);
        assert!(said.err.contains(code), "{}", said.err);
    };
    may_not(
        stand.by("auditor", &decide),
        "TransactionalIdAuthorizationFailed",
    );
    may_not(
        stand.by("operator", &["notices", "list"]),
        "TopicAuthorizationFailed",
    );
    let said = stand.by("counsel", &decide);
    assert_eq!(said.code, 0, "{}", said.err);
    wait_settled(stages);
    let said = stand.by("counsel", &["notices", "list", "--json"]);
    let list: Value = serde_json::from_str(&said.out).unwrap();
    let mut list = list.as_array().unwrap().iter();
    let approved = list.find(|one| one["notice"] == id).unwrap();
    assert_eq!(approved["approvals"], 1, "{approved}");

    let redrive = ["dead-letters", "redrive", "--all"];
    may_not(
        stand.by("counsel", &redrive),
        "TransactionalIdAuthorizationFailed",
    );
    let said = stand.by("operator", &redrive);
    assert_eq!(said.code, 0, "{}", said.err);

    let folder = Scratch::new("e2e-secured-replay").unwrap();
    let out = folder.path().join("out");
    let replay = [
        "replay",
        "--out",
        out.to_str().unwrap(),
        "--compare",
        "topics",
    ];
    let said = stand.by("auditor", &replay);
    assert_eq!(said.code, 0, "{}", said.err);
    may_not(stand.by("counsel", &replay), "TopicAuthorizationFailed");
}

/// The user of another stage tries a stage: what it lacks is named, of each kind.
fn assert_another_user_is_told(stand: &mut Stand) {
    let said = stand.by("screen", &["run", "verify", "--check"]);
    assert_eq!(said.code, 1, "{}", said.err);
    for code in [
        "GroupAuthorizationFailed",
        "TransactionalIdAuthorizationFailed",
    ] {
        let of_code = |line: &str| line.contains(code) && line.ends_with("[right-missing]");
        assert!(said.err.lines().any(of_code), "{code}: {}", said.err);
    }
    for (topic, lacks) in [
        ("candidates", "READ"),
        ("findings", "DESCRIBE"),
        ("searched", "WRITE"),
    ] {
        let problem = format!("{}: this user may not {lacks}", stand.kafka.topic(topic));
        assert!(said.err.contains(&problem), "{problem}: {}", said.err);
    }
    // Screen reads these as well.
    for topic in ["grants", "breach-events", "coverage"] {
        let problem = format!("{}: this user may not", stand.kafka.topic(topic));
        assert!(!said.err.contains(&problem), "{problem}: {}", said.err);
    }
}

/// Rights that somebody gave by hand, on the very id of an instance, are enough to start it.
fn assert_an_id_by_hand_is_as_good(stand: &mut Stand) {
    let group = stand.kafka.topic("verify");
    let begun = Instant::now();
    // A member that ended is in its group until its session has.
    while !stand.kafka.cluster.members(&group).unwrap().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "somebody is in {group}");
        std::thread::sleep(Duration::from_millis(200));
    }
    let (all, own) = (format!("{group}-"), format!("{group}-0"));
    let may = ["--allow-principal", "User:verify", "--operation", "WRITE"];
    let may = [&may[..], &["--operation", "DESCRIBE"][..]].concat();
    let prefixed = [
        "--transactional-id",
        &all,
        "--resource-pattern-type",
        "prefixed",
    ];
    let gone = [&["--remove", "--force"][..], &may[..], &prefixed[..]].concat();
    stand.broker.acls(&gone).unwrap();
    let said = stand.by("verify", &["run", "verify", "--check"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let problem = format!("opening the transactional producer {own} failed");
    for part in [&*problem, "[right-missing]"] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
    let given = [&["--add"][..], &may[..], &["--transactional-id", &own][..]].concat();
    stand.broker.acls(&given).unwrap();
    let said = stand.by("verify", &["run", "verify", "--check"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let said = stand.kafka.tocsin(&["topics", "apply", "--revoke"]);
    assert_eq!(said.code, 0, "{}", said.err);
    stand.assert_check_is_clean();
}

/// After a move to another prefix the stages keep nothing of what they had under the old one.
fn assert_a_former_prefix_is_left_behind(stand: &mut Stand) {
    let former = format!("former-{}", stand.kafka.prefix);
    let inputs = [
        "access-events",
        "breach-events",
        "grants",
        "accounts",
        "decisions",
    ];
    let inputs = inputs.map(|name| format!("{name} = {:?}\n", stand.kafka.topic(name)));
    let more = format!("{FROM_THE_BEGINNING}{SECURED}[topics]\n{}", inputs.concat());
    let (bootstrap, registry) = (&stand.parts.bootstrap, &stand.parts.registry);
    let text = configuration(bootstrap, registry, &former, &more);
    let folder = Scratch::new("e2e-secured-former").unwrap();
    let now = stand.kafka.config.clone();
    stand.kafka.config = folder.write("tocsin.toml", &text).unwrap();
    let said = stand
        .kafka
        .tocsin(&["topics", "apply", "--replication", "1"]);
    assert_eq!(said.code, 2, "what the stages have today: {}", said.err);
    stand.kafka.config = now;
    assert!(listed(&stand.broker).len() > expected(&stand.kafka.prefix).len());
    let without = ["topics", "apply", "--revoke"];
    assert_eq!(stand.kafka.tocsin(&without).code, 2);
    let with = [&without[..], &["--old-prefix", &former][..]].concat();
    let said = stand.kafka.tocsin(&with);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let line = format!("took the ACL away: User:verify may READ the topic {former}candidates\n");
    assert!(said.out.contains(&line), "{}", said.out);
    assert_eq!(listed(&stand.broker), expected(&stand.kafka.prefix));
    stand.assert_check_is_clean();
}

/// A right is too many: it is named, and taken away where that is asked for.
fn assert_what_is_too_many_is_taken_away(stand: &Stand) {
    stand.change("--add", "verify", "READ", "accounts");
    let accounts = stand.kafka.topic("accounts");
    let says: [&str; 5] = [
        "User:verify",
        "READ",
        &accounts,
        "--revoke",
        "[acl-too-many]",
    ];
    stand.assert_check_says(&says);
    let said = stand.kafka.tocsin(&["topics", "apply"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    stand.assert_check_says(&says);
    let said = stand.kafka.tocsin(&["topics", "apply", "--revoke"]);
    let line = format!("took the ACL away: User:verify may READ the topic {accounts}\n");
    assert_eq!((said.code, said.out), (0, line), "{}", said.err);
    assert_eq!(listed(&stand.broker), expected(&stand.kafka.prefix));
    stand.assert_check_is_clean();

    // One that reaches beyond tocsin is left for whoever gave it.
    let all = ["--add", "--allow-principal", "User:verify"];
    let all = [&all[..], &["--operation", "READ", "--topic", "*"][..]].concat();
    stand.broker.acls(&all).unwrap();
    let said = stand.kafka.tocsin(&["topics", "apply", "--revoke"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    stand.assert_check_says(&["User:verify may READ all topics", "kafka-acls --remove"]);
}

/// A stage's own user sees the settings of its topics: on one that loses what counts, no stage
/// starts.
fn assert_settings_are_seen(stand: &mut Stand) {
    stand
        .kafka
        .configure("candidates", "cleanup.policy", "compact");
    let said = stand.by("verify", &["run", "verify", "--check"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let candidates = stand.kafka.topic("candidates");
    let problem = format!("{candidates}: cleanup.policy is compact");
    assert!(said.err.contains(&problem), "{}", said.err);
    assert!(!said.err.contains("not looked at: settings"));
    let listen = ["run", "verify", "--listen", "127.0.0.1:0", "--linger", "0"];
    let said = stand.by("verify", &listen);
    assert_eq!(said.code, 1, "{}", said.err);
    for part in [problem.as_str(), "[topics-unfit]"] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }

    // Where they are not to be seen, nothing is said to be right.
    stand.change("--remove", "verify", "DescribeConfigs", "candidates");
    let said = stand.by("verify", &["run", "verify", "--check"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let unseen = format!("not looked at: settings of {candidates}, ");
    assert!(said.err.contains(&unseen), "{}", said.err);
}

#[test]
fn each_stage_may_use_its_own_topics_and_is_refused_everywhere_else() {
    let test = "each_stage_may_use_its_own_topics_and_is_refused_everywhere_else";
    let Some(mut stand) = Stand::new(test) else {
        return;
    };
    let demo = Demo::get();
    stand.kafka.prepare();
    assert_eq!(listed(&stand.broker), expected(&stand.kafka.prefix));
    stand.assert_check_is_clean();

    // With exactly these rights the pipeline comes to what it always comes to.
    stand.kafka.produce(&demo.early());
    let mut stages: Vec<Stage> = STAGES.map(|stage| stand.start(stage)).into();
    wait_settled(&stages);

    // A right to write goes while the stage is at work: it stops and says which, does not start
    // again without it, and goes on where it was with it.
    let activations = stand.kafka.topic("activations");
    stand.change("--remove", "screen", "WRITE", "activations");
    stand.kafka.produce(&demo.late());
    let why = format!("writing to {activations} in a transaction of ");
    assert_halts(&mut stages[0], &[&why, "WRITE to write it", "topics check"]);
    stand.assert_does_not_start("screen", "WRITE", "activations");
    stand.assert_check_says(&["User:screen", "WRITE", &activations, "missing"]);
    let said = stand.kafka.tocsin(&["topics", "apply"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let line = format!("set the ACL: User:screen may WRITE the topic {activations}\n");
    assert_eq!(said.out, line);
    stages[0] = stand.start("screen");
    wait_settled(&stages);
    stand.kafka.results().assert_same(&demo.results);
    for stage in STAGES {
        let said = stand.by(stage, &["run", stage, "--check"]);
        assert_eq!(said.code, 0, "{stage}: {}", said.err);
        assert!(said.err.contains("not looked at: ACLs"), "{}", said.err);
        // Whoever is at work by the one id of these is not disturbed.
        let one = ["assess", "notify"].contains(&stage);
        assert_eq!(said.err.contains("would fence"), one, "{}", said.err);
    }
    assert_people_can_do_their_part(&mut stand, demo, &stages);

    // A right to read goes.
    let candidates = stand.kafka.topic("candidates");
    stand.change("--remove", "verify", "READ", "candidates");
    let why = format!("reading {candidates}[");
    let mut verify = stages.remove(2);
    assert_halts(&mut verify, &[&why, "READ to read it", "topics check"]);
    stand.assert_does_not_start("verify", "READ", "candidates");
    stand.assert_check_says(&["User:verify", "READ", &candidates, "missing"]);
    let said = stand.by("verify", &["run", "verify", "--check"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let problem = format!("problem: {candidates}: this user may not READ it, which verify must");
    assert!(said.err.contains(&problem), "{}", said.err);
    assert_eq!(stand.kafka.tocsin(&["topics", "apply"]).code, 0);
    stand.assert_check_is_clean();
    for stage in stages.drain(..) {
        let log = stage.log();
        assert_eq!(stage.terminate(), Some(0), "{log}");
    }
    assert_each_keeps_to_its_own(&stand);
    stand.assert_check_is_clean();

    assert_another_user_is_told(&mut stand);
    assert_an_id_by_hand_is_as_good(&mut stand);
    assert_a_former_prefix_is_left_behind(&mut stand);
    assert_what_is_too_many_is_taken_away(&stand);
    assert_settings_are_seen(&mut stand);
}
