//! A Kafka cluster: questions about topics, and the way to readers and workers.

use super::acls;
use super::admin;
use super::described;
use super::failure::{from_code, from_kafka, kind_of};
use super::members;
use super::reader::KafkaReader;
use super::retired::{MOST, Retired};
use super::settings::KafkaSettings;
use super::watchdog::Watchdog;
use super::worker::KafkaWorker;
use crate::acl::{Acl, AclOperation};
use crate::error::{ErrorKind, LogError};
use crate::log::{Cluster, Member, Reader, Worker, WorkerSpec};
use crate::topic::{TopicIds, TopicSpec, TopicState};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Code};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::events::ConsumerEvents;
use crate::memory::locked;

/// How long a question waits before it is asked again.
const AGAIN: Duration = Duration::from_millis(100);

/// What readers and workers share.
pub(crate) struct Shared {
    pub(crate) settings: KafkaSettings,
    pub(crate) watchdog: Watchdog,
    /// A client for questions, without a group.
    client: Mutex<Arc<Client>>,
    /// Its predecessors.
    retired: Retired,
    /// Topics that were there, and since when one is not heard of any more.
    heard: Mutex<BTreeMap<String, Option<Instant>>>,
}

/// A Kafka cluster. Clones are the same cluster.
#[derive(Clone)]
pub struct KafkaCluster {
    shared: Arc<Shared>,
}

impl KafkaCluster {
    /// A cluster that is asked for its brokers, so that a wrong address or password is told at
    /// once.
    ///
    /// # Errors
    /// `Config` for a property that is wrong or reserved, or where the brokers refuse this user;
    /// `Retriable` where no broker answers within the settings' patience.
    pub fn connect(settings: KafkaSettings) -> Result<Self, LogError> {
        let shared = Shared::new(settings)?;
        let attempt = format!(
            "reaching the Kafka brokers at {}",
            shared.settings.bootstrap
        );
        shared.ask(&attempt, &|client, patience| {
            // Any topic will do: the question is whether a broker answers.
            client.fetch_metadata(Some("tocsin"), patience).map(|_| ())
        })?;
        Ok(KafkaCluster {
            shared: Arc::new(shared),
        })
    }

    /// Sets ACLs; one that is there already stays, and none is taken away.
    ///
    /// # Errors
    /// `Config` where this user may not (ALTER on the cluster), or the brokers ask nobody for
    /// rights (`SecurityDisabled`); `Retriable` where none answers.
    pub fn set_acls(&self, acls: &BTreeSet<Acl>) -> Result<(), LogError> {
        acls::set(&self.shared, acls)
    }

    /// Takes ACLs away, exactly these; one that is not there is no error.
    ///
    /// # Errors
    /// As [`set_acls`](Self::set_acls).
    pub fn remove_acls(&self, acls: &BTreeSet<Acl>) -> Result<(), LogError> {
        acls::remove(&self.shared, acls)
    }

    /// The ACLs of these principals (`User:name`; `User:*` stands for everybody), and no others.
    ///
    /// # Errors
    /// `Config` where this user may not see them (DESCRIBE on the cluster), or the brokers ask
    /// nobody for rights (`SecurityDisabled`); `Retriable` where none answers.
    pub fn acls_of(&self, principals: &BTreeSet<String>) -> Result<BTreeSet<Acl>, LogError> {
        acls::of(&self.shared, principals)
    }

    /// What the user of this client may do with topics, as the brokers say; everything where they
    /// ask nobody for rights. A topic of which it may not know at all stands there with nothing;
    /// one that does not exist, or of which the brokers do not say, is absent.
    ///
    /// # Errors
    /// Where no broker answers.
    pub fn own_rights(
        &self,
        topics: &[&str],
    ) -> Result<BTreeMap<String, BTreeSet<AclOperation>>, LogError> {
        acls::own(&self.shared, topics)
    }
}

/// The client for questions.
pub(crate) type Client = BaseConsumer<ConsumerEvents>;
type Question<'a, T> = &'a dyn Fn(&Client, Duration) -> KafkaResult<T>;

fn asking(settings: &KafkaSettings) -> Result<Client, LogError> {
    let client = settings.asking();
    client
        .create_with_context(ConsumerEvents::default())
        .map_err(|error| from_kafka("opening a Kafka client", &error))
}

/// Whether some broker answers this client; where none does there is only to wait for them, and a
/// new process would not even start.
fn hears(client: &Client) -> bool {
    let answer = client.fetch_metadata(Some("tocsin"), Duration::from_secs(5));
    answer.is_ok()
}

impl Shared {
    /// What is shared of a cluster that nobody has asked anything yet.
    fn new(settings: KafkaSettings) -> Result<Shared, LogError> {
        settings.check()?;
        let watchdog =
            Watchdog::start(settings.stall, settings.stalled.clone()).map_err(|why| {
                let message =
                    format!("starting the watchdog thread failed: {why}; raise the limit");
                LogError::new(ErrorKind::Fatal, "thread", message)
            })?;
        let client = asking(&settings)?;
        Ok(Shared {
            settings,
            watchdog,
            client: Mutex::new(Arc::new(client)),
            retired: Retired::default(),
            heard: Mutex::default(),
        })
    }

    /// Asks until there is an answer, an error that will stay, or no patience left.
    pub(crate) fn ask<T>(&self, attempt: &str, question: Question<'_, T>) -> Result<T, LogError> {
        let begun = Instant::now();
        let patience = self.settings.patience;
        let client = locked(&self.client).clone();
        loop {
            let slice = Duration::from_secs(5).min(patience);
            let answer = question(&client, slice);
            // Serves logs and errors, which would pile up otherwise.
            for _ in 0..100 {
                if client.poll(Duration::ZERO).is_none() {
                    break;
                }
            }
            // With a good answer it is taken as well: what was wrong before is no reason of what
            // fails later.
            let cause = locked(&client.context().0).last_error.take();
            let error = match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => from_kafka(attempt, &error),
            };
            if let Some((code, reason)) = cause.filter(|(code, _)| is_config(*code)) {
                return Err(from_code(attempt, ErrorKind::Config, code, &reason));
            }
            if error.kind != ErrorKind::Retriable {
                return Err(error);
            }
            if begun.elapsed() >= patience {
                self.renew(&client, &hears);
                return Err(error);
            }
            std::thread::sleep(AGAIN);
        }
    }

    /// Asks by another client from now on. One whose coordinator was out of the cluster for a while
    /// goes on waiting for what it knew of it, also when it is back (librdkafka #5511). Whatever it
    /// waits for, nobody waits for its end. Where too many never come to theirs, and brokers that
    /// answer are not to blame (`hears`), the process ends, as it does over a step that stalls.
    fn renew(&self, stuck: &Arc<Client>, hears: &dyn Fn(&Client) -> bool) {
        let mut current = locked(&self.client);
        if !Arc::ptr_eq(&current, stuck) {
            return;
        }
        if self.retired.are_most() {
            drop(current);
            if hears(stuck) {
                (self.settings.stalled)(&format!(
                    "brokers answer, and {} clients in a row were not told what they asked; {MOST} \
                     of them do not close, so there is none in their place",
                    MOST + 1
                ));
            } else {
                tracing::warn!(target: "tocsin::kafka", "clients that were replaced do not close");
            }
            return;
        }
        let Some(end) = self.retired.way() else {
            return;
        };
        if let Ok(fresh) = asking(&self.settings) {
            let old = std::mem::replace(&mut *current, Arc::new(fresh));
            // It waits there.
            let _ = end.send(old);
        }
    }

    /// How many partitions a topic has.
    pub(crate) fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        let attempt = format!("asking for the topic {topic}");
        let answer = self.ask(&attempt, &|client, patience| {
            let metadata = client.fetch_metadata(Some(topic), patience)?;
            let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else {
                return Ok(None);
            };
            match found.error().map(Code::from) {
                None | Some(Code::NoError) => Ok(Some(found.partitions().len())),
                Some(code) => Err(KafkaError::MetadataFetch(code)),
            }
        });
        match answer {
            Ok(Some(count)) if count > 0 => {
                locked(&self.heard).insert(topic.to_owned(), None);
                Ok(i32::try_from(count).unwrap_or(i32::MAX))
            }
            Ok(_) => Err(self.missing(topic)),
            Err(error) if error.kind == ErrorKind::NotFound => Err(self.missing(topic)),
            Err(error) => Err(error),
        }
    }

    /// The error for a topic that is not heard of. One that was there is asked for again for as
    /// long as a stalled step is waited for: brokers that restart forget topics for a moment. One
    /// that never was there is missing.
    pub(crate) fn missing(&self, topic: &str) -> LogError {
        let mut heard = locked(&self.heard);
        let Some(since) = heard.get_mut(topic) else {
            return LogError::unknown_topic(topic);
        };
        if since.get_or_insert_with(Instant::now).elapsed() < self.settings.stall {
            LogError::topic_away(topic)
        } else {
            LogError::unknown_topic(topic)
        }
    }

    /// Topics that are gone because somebody wanted it.
    pub(crate) fn forget(&self, topics: &[&str]) {
        locked(&self.heard).retain(|topic, _| !topics.contains(&topic.as_str()));
    }

    /// An error where the topic has no such partition.
    pub(crate) fn check_partition(&self, topic: &str, partition: i32) -> Result<(), LogError> {
        let partitions = self.partitions(topic)?;
        if (0..partitions).contains(&partition) {
            return Ok(());
        }
        Err(LogError::unknown_partition(topic, partition, partitions))
    }

    /// The first offset and the committed end.
    pub(crate) fn range(&self, topic: &str, partition: i32) -> Result<(i64, i64), LogError> {
        self.check_partition(topic, partition)?;
        let attempt = format!("asking for the offsets of {topic}[{partition}]");
        self.ask(&attempt, &|client, patience| {
            not_heard_yet(client.fetch_watermarks(topic, partition, patience))
        })
    }

    fn offset_for_time(
        &self,
        topic: &str,
        partition: i32,
        ms: i64,
    ) -> Result<Option<i64>, LogError> {
        self.check_partition(topic, partition)?;
        let attempt = format!("asking for the offset of a time in {topic}[{partition}]");
        let found = self.ask(&attempt, &|client, patience| {
            let mut times = TopicPartitionList::new();
            times.add_partition_offset(topic, partition, Offset::Offset(ms))?;
            let found = not_heard_yet(client.offsets_for_times(times, patience))?;
            let Some(element) = found.find_partition(topic, partition) else {
                return Ok(None);
            };
            not_heard_yet(element.error())?;
            Ok(match element.offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            })
        })?;
        // Behind the committed end there is nothing that a reader will see.
        Ok(found)
    }
}

/// The answer about a partition that the cluster has just said is there: a client that does not
/// know it has not heard of it yet, as while topics are being created, and is asked again.
fn not_heard_yet<T>(answer: KafkaResult<T>) -> KafkaResult<T> {
    answer.map_err(|error| match error.rdkafka_error_code().map(kind_of) {
        Some(ErrorKind::NotFound) => KafkaError::MetadataFetch(Code::LeaderNotAvailable),
        _ => error,
    })
}

/// Errors of the client that a person has to cure.
fn is_config(code: Code) -> bool {
    kind_of(code) == ErrorKind::Config
}

impl Cluster for KafkaCluster {
    fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        self.shared.partitions(topic)
    }

    fn range(&self, topic: &str, partition: i32) -> Result<(i64, i64), LogError> {
        self.shared.range(topic, partition)
    }

    fn offset_for_time(
        &self,
        topic: &str,
        partition: i32,
        millis: i64,
    ) -> Result<Option<i64>, LogError> {
        self.shared.offset_for_time(topic, partition, millis)
    }

    fn open_reader(&self) -> Result<Box<dyn Reader>, LogError> {
        Ok(Box::new(KafkaReader::open(self.shared.clone())?))
    }

    fn open_worker(&self, spec: WorkerSpec) -> Result<Box<dyn Worker>, LogError> {
        Ok(Box::new(KafkaWorker::open(self.shared.clone(), &spec)?))
    }

    fn members(&self, group: &str) -> Result<Vec<Member>, LogError> {
        Ok(members::group(&self.shared, group)?.members)
    }

    fn session(&self) -> Duration {
        self.shared.settings.session()
    }

    fn create_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        admin::create(&self.shared, topics)
    }

    fn configure_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        admin::configure(&self.shared, topics)
    }

    fn describe_topics(&self, names: &[&str]) -> Result<Vec<TopicState>, LogError> {
        admin::describe(&self.shared, names)
    }

    fn topic_ids(&self, names: &[&str]) -> Result<TopicIds, LogError> {
        described::ids(&self.shared, names)
    }

    fn delete_topics(&self, names: &[&str]) -> Result<(), LogError> {
        admin::delete(&self.shared, names)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::kafka::retired::tests::fill;

    /// What is shared of a cluster without a broker.
    pub(crate) fn shared(patience: Duration) -> Shared {
        // An address would have errors of its own to tell.
        let mut settings = KafkaSettings::new("");
        settings.patience = patience;
        Shared::new(settings).unwrap()
    }

    #[test]
    fn what_was_wrong_before_a_good_answer_is_no_reason_of_a_later_time_out() {
        let shared = shared(Duration::ZERO);
        let refused = || {
            let client = locked(&shared.client).clone();
            let reason = (Code::Authentication, "no such user".to_owned());
            locked(&client.context().0).last_error = Some(reason);
        };
        let time_out = || {
            let question = |_: &Client, _: Duration| -> KafkaResult<()> {
                Err(KafkaError::MetadataFetch(Code::OperationTimedOut))
            };
            let error = shared.ask("asking", &question).unwrap_err();
            (error.kind, error.code)
        };
        refused();
        let because = (ErrorKind::Config, "Authentication".to_owned());
        assert_eq!(time_out(), because, "it says why");
        refused();
        shared.ask("asking", &|_, _| Ok(())).unwrap();
        let late = (ErrorKind::Retriable, "OperationTimedOut".to_owned());
        assert_eq!(time_out(), late, "it was cured");
    }

    #[test]
    fn a_process_whose_clients_never_end_ends_itself_where_brokers_answer() {
        let (tell, told) = std::sync::mpsc::channel();
        let tell = Mutex::new(tell);
        let mut settings = KafkaSettings::new("");
        settings.stalled = Arc::new(move |what: &str| locked(&tell).send(what.to_owned()).unwrap());
        let shared = Shared::new(settings).unwrap();
        let current = || locked(&shared.client).clone();
        let let_go = fill(&shared.retired);

        let last = current();
        shared.renew(&last, &|_| false);
        assert!(told.try_recv().is_err(), "no process is answered");
        shared.renew(&last, &|_| true);
        let why = told.try_recv().unwrap();
        assert!(why.contains("do not close"), "{why}");
        assert!(Arc::ptr_eq(&last, &current()), "there is none in its place");

        drop(let_go);
        let begun = Instant::now();
        while shared.retired.are_most() {
            assert!(begun.elapsed() < Duration::from_secs(10), "they end");
            std::thread::sleep(AGAIN);
        }
        shared.renew(&last, &|_| true);
        assert!(!Arc::ptr_eq(&last, &current()), "another has its place");
        assert!(told.try_recv().is_err());
    }
}
