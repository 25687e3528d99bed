//! A transactional producer with the cures for what was seen to hang, stall or cost 100 ms.

use super::acls;
use super::cluster::Shared;
use super::events::ProducerEvents;
use super::failure::{from_code, from_flags, from_kafka, is_refusal, kind_of};
use crate::acl::AclOperation;
use crate::error::{ErrorKind, LogError};
use crate::memory::locked;
use crate::record::Outgoing;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Code};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, PurgeConfig};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long one attempt to initialise takes before the cause of a failure is looked for.
const INIT_SLICE: Duration = Duration::from_secs(3);
/// How long one attempt at a step of a transaction takes; it goes on where the last one stopped.
const SLICE: Duration = Duration::from_secs(5);
/// After how long of draining the processor is no longer kept busy.
const SPIN: Duration = Duration::from_millis(20);

/// The producer of one transactional id.
pub(crate) struct Transaction {
    shared: Arc<Shared>,
    producer: BaseProducer<ProducerEvents>,
    id: String,
    /// What operators are shown.
    label: Option<String>,
    open: bool,
    /// A record was not delivered: the numbering of records that the broker expects has a gap.
    gap: bool,
    /// How many partitions the topics written to have.
    partitions: BTreeMap<Arc<str>, i32>,
}

impl Transaction {
    /// Opens the producer, fences its predecessor and aborts what that left open.
    pub(crate) fn open(
        shared: Arc<Shared>,
        id: &str,
        label: Option<&str>,
    ) -> Result<Self, LogError> {
        let producer = initialised(&shared, id, label)?;
        let (id, label) = (id.to_owned(), label.map(str::to_owned));
        let partitions = BTreeMap::new();
        Ok(Transaction {
            shared,
            producer,
            id,
            label,
            open: false,
            gap: false,
            partitions,
        })
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// Begins a transaction.
    pub(crate) fn begin(&mut self) -> Result<(), LogError> {
        if self.open {
            return Err(LogError::already_open());
        }
        locked(&self.producer.context().undelivered).take();
        let attempt = format!("beginning a transaction of {}", self.id);
        self.producer
            .begin_transaction()
            .map_err(|error| self.failure(&attempt, &error))?;
        self.open = true;
        Ok(())
    }

    /// How many partitions a topic has.
    fn partitions(&mut self, topic: &Arc<str>) -> Result<i32, LogError> {
        if let Some(count) = self.partitions.get(topic) {
            return Ok(*count);
        }
        let count = self.shared.partitions(topic)?;
        self.partitions.insert(topic.clone(), count);
        Ok(count)
    }

    /// Hands a record to the producer; it is delivered by the commit at the latest.
    pub(crate) fn send(&mut self, record: &Outgoing) -> Result<(), LogError> {
        if !self.open {
            return Err(LogError::none_open());
        }
        // Otherwise a send to nowhere fails only after the message time-out.
        let partitions = self.partitions(&record.topic)?;
        if let Some(partition) = record.partition
            && !(0..partitions).contains(&partition)
        {
            return Err(LogError::unknown_partition(
                &record.topic,
                partition,
                partitions,
            ));
        }
        let mut outgoing = BaseRecord::<[u8], [u8]>::to(&record.topic).key(&record.key);
        outgoing.partition = record.partition;
        outgoing.payload = record.value.as_deref();
        outgoing.timestamp = record.timestamp_ms;
        if !record.headers.is_empty() {
            let empty = OwnedHeaders::new_with_capacity(record.headers.len());
            outgoing.headers = Some(record.headers.iter().fold(empty, |all, (key, value)| {
                all.insert(Header {
                    key,
                    value: Some(value.as_slice()),
                })
            }));
        }
        let mut step = None;
        loop {
            match self.producer.send(outgoing) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(Code::QueueFull), again)) => {
                    let what = || format!("a full send queue of {}", self.id);
                    step.get_or_insert_with(|| self.shared.watchdog.step(what()));
                    self.producer.poll(Duration::from_millis(1));
                    outgoing = again;
                }
                Err((error, _)) => {
                    let attempt = format!("writing to {}", record.topic);
                    let failure = self.failure(&attempt, &error);
                    if failure.kind == ErrorKind::NotFound {
                        // It was there a moment ago.
                        return Err(self.shared.missing(&record.topic));
                    }
                    return Err(failure);
                }
            }
        }
    }

    /// Waits until every record handed over is delivered or failed. Without it a commit costs
    /// 100 ms and an abort hangs.
    fn drain(&self) {
        let _step = self
            .shared
            .watchdog
            .step(format!("the delivery of records of {}", self.id));
        let begun = Instant::now();
        while self.producer.in_flight_count() > 0 {
            if begun.elapsed() < SPIN {
                self.producer.poll(Duration::ZERO);
                std::thread::yield_now();
            } else {
                self.producer.poll(Duration::from_millis(1));
            }
        }
    }

    /// Repeats a transactional call as long as librdkafka says that it may, and for so long only
    /// that brokers which are gone are told apart from a call that hangs. Whoever gives up opens
    /// the producer anew, which decides the transaction one way or the other.
    fn insist(
        &self,
        attempt: &str,
        call: &mut dyn FnMut(&BaseProducer<ProducerEvents>) -> KafkaResult<()>,
    ) -> Result<(), LogError> {
        let _step = self.shared.watchdog.step(attempt);
        let begun = Instant::now();
        loop {
            let Err(error) = call(&self.producer) else {
                return Ok(());
            };
            let failure = self.failure(attempt, &error);
            let patience = self.shared.settings.stall * 2 / 3;
            if failure.kind != ErrorKind::Retriable || begun.elapsed() > patience {
                return Err(failure);
            }
            self.producer.poll(Duration::from_millis(5));
        }
    }

    /// Commits the records together with positions; `group` is asked for the membership anew at
    /// every attempt, as it changes with each rebalance.
    pub(crate) fn commit(
        &mut self,
        positions: Option<&TopicPartitionList>,
        group: &dyn Fn() -> Option<ConsumerGroupMetadata>,
    ) -> Result<(), LogError> {
        if !self.open {
            return Err(LogError::none_open());
        }
        self.drain();
        let undelivered = locked(&self.producer.context().undelivered).take();
        if let Some((code, place)) = undelivered {
            self.gap = true;
            let attempt = format!("writing to {place} in a transaction of {}", self.id);
            let flagged = self.fatal(&attempt).or_else(|| self.refusal(&place));
            let reason = format!("a record was not delivered ({code:?})");
            // What the topic finds too large it will find too large again.
            let kind = match code {
                Code::MessageSizeTooLarge => ErrorKind::Config,
                _ => ErrorKind::Abort,
            };
            return Err(flagged.unwrap_or_else(|| from_code(&attempt, kind, code, &reason)));
        }
        if let Some(positions) = positions {
            let attempt = format!("sending positions in a transaction of {}", self.id);
            self.insist(&attempt, &mut |producer| match group() {
                None => Err(KafkaError::Canceled),
                Some(group) => producer.send_offsets_to_transaction(positions, &group, SLICE),
            })?;
        }
        let attempt = format!("committing a transaction of {}", self.id);
        self.insist(&attempt, &mut |producer| producer.commit_transaction(SLICE))?;
        self.open = false;
        Ok(())
    }

    /// Aborts the open transaction, if any.
    pub(crate) fn abort(&mut self) -> Result<(), LogError> {
        if !self.open {
            return Ok(());
        }
        self.producer.purge(PurgeConfig::default().queue());
        self.drain();
        let attempt = format!("aborting a transaction of {}", self.id);
        self.insist(&attempt, &mut |producer| producer.abort_transaction(SLICE))?;
        // The abort itself purges: its reports must not fail the next transaction.
        self.drain();
        let undelivered = locked(&self.producer.context().undelivered).take();
        self.gap |= undelivered.is_some_and(|(code, _)| code != Code::PurgeQueue);
        self.open = false;
        if self.gap {
            // The next transaction would fail for the gap. The abort has just shown that the id
            // is still this worker's, so no successor is fenced by opening it again.
            self.producer = initialised(&self.shared, &self.id, self.label.as_deref())?;
            self.gap = false;
        }
        Ok(())
    }

    /// The error of a client that is of no use any more.
    fn fatal(&self, attempt: &str) -> Option<LogError> {
        let (code, reason) = self.producer.client().fatal_error()?;
        let kind = match kind_of(code) {
            kind @ (ErrorKind::Fenced | ErrorKind::Config) => kind,
            _ => ErrorKind::Fatal,
        };
        Some(from_code(attempt, kind, code, &reason))
    }

    /// The error of a transaction that the brokers refused, of which a record for `place` was not
    /// delivered. All its records are reported as purged, which says nothing of the cause; the call
    /// that begins a transaction does, and cannot begin one while another is open. It does not say
    /// which topic was refused either: the brokers do.
    fn refusal(&self, place: &str) -> Option<LogError> {
        let error = match self.producer.begin_transaction() {
            Err(KafkaError::Transaction(error)) if is_refusal(error.code()) => error,
            _ => return None,
        };
        let topics: Vec<&str> = self.partitions.keys().map(|topic| &**topic).collect();
        let mut refused = acls::own(&self.shared, &topics).unwrap_or_default();
        refused.retain(|_, may| !may.contains(&AclOperation::Write));
        let refused: Vec<String> = refused.into_keys().collect();
        let what = if refused.is_empty() {
            place.to_owned()
        } else {
            refused.join(", ")
        };
        let attempt = format!("writing to {what} in a transaction of {}", self.id);
        Some(from_flags(&attempt, &error))
    }

    fn failure(&self, attempt: &str, error: &KafkaError) -> LogError {
        self.fatal(attempt)
            .unwrap_or_else(|| from_kafka(attempt, error))
    }
}

/// A producer whose id is this one's alone.
fn initialised(
    shared: &Shared,
    id: &str,
    label: Option<&str>,
) -> Result<BaseProducer<ProducerEvents>, LogError> {
    let attempt = format!("opening the transactional producer {id}");
    let producer: BaseProducer<ProducerEvents> = shared
        .settings
        .producing(id, label)
        .create_with_context(ProducerEvents::default())
        .map_err(|error| from_kafka(&attempt, &error))?;
    let begun = Instant::now();
    while let Err(error) = producer.init_transactions(INIT_SLICE) {
        let KafkaError::Transaction(flags) = &error else {
            return Err(from_kafka(&attempt, &error));
        };
        // Serves the event that names the cause: the call itself says only "timed out".
        producer.poll(Duration::ZERO);
        let cause = locked(&producer.context().last_error).clone();
        let cause = cause.filter(|(code, _)| kind_of(*code) == ErrorKind::Config);
        if let Some((code, reason)) = cause {
            return Err(from_code(&attempt, ErrorKind::Config, code, &reason));
        }
        let again = flags.is_retriable() || flags.code() == Code::OperationTimedOut;
        if !again || begun.elapsed() > shared.settings.patience {
            return Err(from_flags(&attempt, flags));
        }
    }
    Ok(producer)
}
