//! How to reach a Kafka cluster, and the client properties that measured well.

use crate::error::{ErrorKind, LogError};
use rdkafka::ClientConfig;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What is called, with a sentence, when a step of a transaction stalls, or clients that brokers
/// leave without an answer do not close and so cannot be replaced any more.
pub type Stalled = Arc<dyn Fn(&str) + Send + Sync>;

/// Properties that keep the promises of this crate; a user may not set them.
const RESERVED: &[&str] = &[
    "auto.offset.reset",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "isolation.level",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "partitioner",
    "transactional.id",
];

/// librdkafka's default of `session.timeout.ms`.
const SESSION: Duration = Duration::from_secs(45);

/// How to reach a cluster.
#[derive(Clone)]
pub struct KafkaSettings {
    /// The brokers to ask first: `host:port`, separated by commas.
    pub bootstrap: String,
    /// librdkafka's properties for every client: `security.protocol`, `sasl.*`, `ssl.*`,
    /// `client.id`, …. Those that this crate relies on cannot be set.
    pub client: BTreeMap<String, String>,
    /// The same for consumers only, such as `session.timeout.ms`.
    pub consumer: BTreeMap<String, String>,
    /// The same for producers only, such as `compression.codec`.
    pub producer: BTreeMap<String, String>,
    /// The group name under which readers introduce themselves; they never join or commit.
    pub reader_group: String,
    /// How long one question to the cluster may take. Default: 30 s.
    pub patience: Duration,
    /// How long a step of a transaction, or leaving a group, may take before `stalled` is called;
    /// a call that hangs in the client library cannot be cancelled otherwise. As long a topic that
    /// was there is asked for again. Default: 30 s.
    pub stall: Duration,
    /// What happens then, and where clients cannot be replaced any more. Default: a message on
    /// standard error and the end of the process with exit code 70, so that whatever supervises it
    /// starts it again.
    pub stalled: Stalled,
}

/// As whom a consumer introduces itself.
#[derive(Default)]
pub(crate) struct Membership<'a> {
    pub(crate) group: &'a str,
    /// The static name.
    pub(crate) instance: Option<&'a str>,
    /// What operators are shown.
    pub(crate) label: Option<&'a str>,
}

impl KafkaSettings {
    /// A cluster without encryption and everything else by default.
    pub fn new(bootstrap: impl Into<String>) -> Self {
        KafkaSettings {
            bootstrap: bootstrap.into(),
            client: BTreeMap::new(),
            consumer: BTreeMap::new(),
            producer: BTreeMap::new(),
            reader_group: "tocsin-reader".to_owned(),
            patience: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            stalled: Arc::new(|what| {
                eprintln!("tocsin: {what}; the process ends with code 70, to be started again");
                std::process::exit(70);
            }),
        }
    }

    /// An error for a property that may not be set.
    pub(crate) fn check(&self) -> Result<(), LogError> {
        for key in self
            .client
            .keys()
            .chain(self.consumer.keys())
            .chain(self.producer.keys())
        {
            if RESERVED.contains(&key.as_str()) {
                let message = format!(
                    "the Kafka property {key} is set by tocsin itself and cannot be configured; \
                     remove it"
                );
                return Err(LogError::new(
                    ErrorKind::Config,
                    "reserved_property",
                    message,
                ));
            }
        }
        Ok(())
    }

    /// How long a consumer's session lasts, as configured or by librdkafka's default.
    pub(crate) fn session(&self) -> Duration {
        let name = "session.timeout.ms";
        let set = self.consumer.get(name).or_else(|| self.client.get(name));
        let millis = set.and_then(|value| value.parse().ok());
        millis.map_or(SESSION, Duration::from_millis)
    }

    fn base(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        // With the defaults one call was seen to block for 100 s over restarts of a broker.
        config.set("reconnect.backoff.ms", "50");
        config.set("reconnect.backoff.max.ms", "500");
        config.set("socket.keepalive.enable", "true");
        // Until then a partition that a topic has gained is read by nobody: by default for five
        // minutes. It is one small request of each client to one broker.
        config.set("topic.metadata.refresh.interval.ms", "30000");
        config
    }

    fn finish(&self, mut config: ClientConfig, own: &BTreeMap<String, String>) -> ClientConfig {
        for (key, value) in self.client.iter().chain(own) {
            config.set(key, value);
        }
        config
    }

    /// A client for questions only.
    pub(crate) fn asking(&self) -> ClientConfig {
        let mut config = self.base();
        config.set("isolation.level", "read_committed");
        self.finish(config, &BTreeMap::new())
    }

    /// A consumer.
    pub(crate) fn consuming(&self, member: &Membership<'_>) -> ClientConfig {
        let mut config = self.base();
        // The default of 1 s stalls every fast consumer.
        config.set("fetch.queue.backoff.ms", "10");
        // A partition that is started waits for the fetch that is under way: not for 500 ms.
        config.set("fetch.wait.max.ms", "100");
        config.set("queued.min.messages", "50000");
        config.set("queued.max.messages.kbytes", "32768");
        config.set("fetch.message.max.bytes", "4194304");
        config.set("check.crcs", "true");
        config.set("max.poll.interval.ms", "300000");
        let mut config = self.finish(config, &self.consumer);
        config.set("group.id", member.group);
        if let Some(instance) = member.instance {
            config.set("group.instance.id", instance);
        }
        if let Some(label) = member.label {
            config.set("client.id", label);
        }
        config.set("isolation.level", "read_committed");
        config.set("enable.auto.commit", "false");
        config.set("enable.auto.offset.store", "false");
        config.set("enable.partition.eof", "true");
        // Where to start is the caller's decision; there is no silent default.
        config.set("auto.offset.reset", "error");
        config.set("partition.assignment.strategy", "cooperative-sticky");
        config.set("allow.auto.create.topics", "false");
        config
    }

    /// A transactional producer.
    pub(crate) fn producing(&self, transactional_id: &str, label: Option<&str>) -> ClientConfig {
        let mut config = self.base();
        // Sending positions can hang for ever when the group's coordinator dies, unless idle
        // connections are closed.
        config.set("connections.max.idle.ms", "1000");
        config.set("transaction.timeout.ms", "60000");
        // Less than a stalled step is waited for: brokers that are gone are no stall.
        config.set("message.timeout.ms", "25000");
        config.set("linger.ms", "5");
        config.set("compression.codec", "lz4");
        config.set("batch.size", "262144");
        // The default of 100 ms is paid at every transaction that follows another at once.
        config.set("retry.backoff.ms", "5");
        config.set("retry.backoff.max.ms", "1000");
        config.set("queue.buffering.max.messages", "1000000");
        // More than any topic takes (dead letters: 24 MiB): the topic's own limit decides.
        config.set("message.max.bytes", "26214400");
        let mut config = self.finish(config, &self.producer);
        config.set("enable.idempotence", "true");
        config.set("transactional.id", transactional_id);
        if let Some(label) = label {
            config.set("client.id", label);
        }
        config.set("partitioner", "murmur2");
        config
    }
}

impl fmt::Debug for KafkaSettings {
    /// Names of properties, never their values: they may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaSettings")
            .field("bootstrap", &self.bootstrap)
            .field("client", &self.client.keys())
            .field("consumer", &self.consumer.keys())
            .field("producer", &self.producer.keys())
            .field("reader_group", &self.reader_group)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print_and_promises_cannot_be_configured_away() {
        let mut settings = KafkaSettings::new("localhost:9092");
        settings
            .client
            .insert("sasl.password".into(), "hunter2".into());
        let shown = format!("{settings:?}");
        assert!(
            shown.contains("sasl.password") && !shown.contains("hunter2"),
            "{shown}"
        );
        assert!(settings.check().is_ok());
        settings
            .consumer
            .insert("isolation.level".into(), "read_uncommitted".into());
        let error = settings.check().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Config);
        assert!(error.message.contains("isolation.level"));
    }

    #[test]
    fn the_session_is_the_one_that_consumers_get() {
        let mut settings = KafkaSettings::new("localhost:9092");
        assert_eq!(settings.session(), Duration::from_secs(45));
        let mut set = |own: bool, millis: &str| {
            let of = if own {
                &mut settings.consumer
            } else {
                &mut settings.client
            };
            of.insert("session.timeout.ms".into(), millis.into());
            let config = settings.consuming(&Membership::default());
            assert_eq!(config.get("session.timeout.ms"), Some(millis));
            settings.session().as_millis()
        };
        assert_eq!(set(false, "9000"), 9000);
        assert_eq!(set(true, "6000"), 6000);
    }

    #[test]
    fn a_partition_that_was_added_is_heard_of_within_half_a_minute() {
        let config = KafkaSettings::new("localhost:9092").consuming(&Membership::default());
        let refresh = config.get("topic.metadata.refresh.interval.ms").unwrap();
        assert!(refresh.parse::<u64>().unwrap() <= 30_000, "{refresh}");
    }

    #[test]
    fn a_producer_sends_what_the_topic_of_dead_letters_takes() {
        let topics = include_str!("../../../../../deploy/topics/topics.toml");
        let sizes = topics
            .lines()
            .filter_map(|line| line.strip_prefix("\"max.message.bytes\" = \""))
            .filter_map(|rest| rest.strip_suffix('"')?.parse::<u64>().ok());
        let largest = sizes.max().unwrap();
        let config = KafkaSettings::new("localhost:9092").producing("id", None);
        let sent: u64 = config.get("message.max.bytes").unwrap().parse().unwrap();
        assert!(largest > 16 << 20 && sent >= largest, "{sent} of {largest}");
    }
}
