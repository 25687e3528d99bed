//! A broker behind TLS with a user and password (SCRAM-SHA-512), as most deployments have it.
//!
//! Needs the feature `tls`:
//! `cargo xtask test -p tocsin-stream --features tls --test all tls::`. It is no part of CI: with
//! the feature the client library, and OpenSSL with it, is built once more, which takes minutes.
//! Where the system has OpenSSL's headers, `OPENSSL_NO_VENDOR=1` before the command takes these
//! instead.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use stream::{Cluster, ErrorKind, KafkaCluster, KafkaSettings, Outgoing, TopicSpec, WorkerSpec};
use xtask::parts::kafka::{LOGGING, READY};
use xtask::parts::process::{Process, Scratch};
use xtask::parts::{fetch, free_port, java, skip_or_fail};

const USER: &str = "tocsin";
const PASSWORD: &str = "of-the-user";
const STORE: &str = "of-the-store";

/// A broker whose clients must come over TLS and say who they are.
struct Secured {
    _process: Process,
    scratch: Scratch,
    port: u16,
}

fn program(main: &str, java: &Path, lib: &Path, logging: &Path) -> Command {
    let mut command = Command::new(java);
    command.arg(format!("-Dlog4j2.configurationFile={}", logging.display()));
    command.args(["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]);
    command
        .arg("-cp")
        .arg(format!("{}/*", lib.display()))
        .arg(main);
    command
}

fn done(mut command: Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{command:?}: {said}");
}

/// A key of the broker's with a certificate that it signed itself, and that certificate.
fn certify(java: &Path, folder: &Path) {
    let tool = java.with_file_name("keytool");
    let keytool = |arguments: &[&str]| {
        let mut command = Command::new(&tool);
        command.current_dir(folder).args(arguments);
        command.args(["-keystore", "broker.p12", "-storetype", "PKCS12"]);
        command.args(["-storepass", STORE, "-alias", "broker"]);
        done(command);
    };
    let name = [
        "-dname",
        "CN=localhost",
        "-ext",
        "san=dns:localhost,ip:127.0.0.1",
    ];
    let key = [
        "-genkeypair",
        "-keyalg",
        "EC",
        "-groupname",
        "secp256r1",
        "-validity",
        "2",
    ];
    keytool(&[&key[..], &name[..]].concat());
    keytool(&["-exportcert", "-rfc", "-file", "ca.pem"]);
}

impl Secured {
    fn start() -> Result<Secured, xtask::Trouble> {
        let (java_path, lib) = (java::find(17)?, fetch::kafka_lib()?);
        let (port, inner, controller) = (free_port()?, free_port()?, free_port()?);
        let scratch = Scratch::new("kafka-tls")?;
        certify(&java_path, scratch.path());
        let folder = scratch.path().display();
        let properties = format!(
            "\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=CLIENT://127.0.0.1:{port},INNER://127.0.0.1:{inner},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=CLIENT://127.0.0.1:{port},INNER://127.0.0.1:{inner}
inter.broker.listener.name=INNER
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,INNER:PLAINTEXT,CLIENT:SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.client.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PKCS12
ssl.keystore.location={folder}/broker.p12
ssl.keystore.password={STORE}
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"
        );
        let properties = scratch.write("kraft.properties", &properties)?;
        let logging = scratch.write("log4j2.yaml", LOGGING)?;
        let mut format = program("kafka.tools.StorageTool", &java_path, &lib, &logging);
        format.args(["format", "-t", "tocsinTestClusterAAAAA", "-c"]);
        format.arg(&properties).arg("--add-scram");
        format.arg(format!("SCRAM-SHA-512=[name={USER},password={PASSWORD}]"));
        done(format);
        let mut serve = program("kafka.Kafka", &java_path, &lib, &logging);
        serve.arg(&properties);
        let log = scratch.path().join("broker.log");
        let mut process = Process::start("the Kafka broker with TLS", serve, &log)?;
        process.wait_until(Duration::from_secs(120), |log| log.contains(READY))?;
        Ok(Secured {
            _process: process,
            scratch,
            port,
        })
    }

    fn certificate(&self) -> PathBuf {
        self.scratch.path().join("ca.pem")
    }

    fn settings(&self, password: &str, certificate: &Path) -> KafkaSettings {
        let mut settings = KafkaSettings::new(format!("localhost:{}", self.port));
        let certificate = certificate.display().to_string();
        let properties = [
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanism", "SCRAM-SHA-512"),
            ("sasl.username", USER),
            ("sasl.password", password),
            ("ssl.ca.location", certificate.as_str()),
        ];
        for (key, value) in properties {
            settings.client.insert(key.to_owned(), value.to_owned());
        }
        settings
    }
}

#[test]
fn a_stage_works_over_tls_with_a_password_and_wrong_ones_are_told_at_once() {
    let test = "a_stage_works_over_tls_with_a_password_and_wrong_ones_are_told_at_once";
    let broker = match Secured::start() {
        Ok(broker) => broker,
        Err(missing) => return skip_or_fail(test, &missing).unwrap(),
    };
    let cluster = KafkaCluster::connect(broker.settings(PASSWORD, &broker.certificate())).unwrap();
    let spec = TopicSpec::new("secured", 1).set("retention.ms", "-1");
    cluster.create_topics(&[spec]).unwrap();
    let mut worker = cluster.open_worker(WorkerSpec::writer("writer")).unwrap();
    worker.begin().unwrap();
    worker
        .send(&Outgoing::new("secured", "key", b"over TLS".to_vec()))
        .unwrap();
    worker.commit(&[]).unwrap();
    let mut found = Vec::new();
    while found.is_empty() {
        let mut keep = |record: stream::RecordRef<'_>| {
            found.push(record.value.unwrap().to_vec());
        };
        stream::read_topic(&cluster, "secured", &mut keep).unwrap();
    }
    assert_eq!(found, [b"over TLS".to_vec()]);
    assert_eq!(cluster.members("nobody").unwrap(), []);
    // What a person has to cure is told as that, at once, and without the secret.
    let refused = |password: &str, certificate: &Path| {
        let error = KafkaCluster::connect(broker.settings(password, certificate)).err();
        let error = error.unwrap();
        assert_eq!(error.kind, ErrorKind::Config, "{error}");
        assert!(!error.message.contains(password), "{error}");
        error.code
    };
    let mistaken = refused("not-the-password", &broker.certificate());
    assert!(mistaken.contains("Authentication"), "{mistaken}");
    let elsewhere = Scratch::new("kafka-tls-other").unwrap();
    certify(&java::find(17).unwrap(), elsewhere.path());
    let stranger = refused(PASSWORD, &elsewhere.path().join("ca.pem"));
    assert_eq!(stranger, "SSL");
}
