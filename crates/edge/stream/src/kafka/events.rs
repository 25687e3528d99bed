//! What librdkafka tells besides records: rebalances, deliveries, errors of the client.

use crate::memory::locked;
use crate::record::TopicPartition;
use rdkafka::ClientContext;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::ProducerContext;
use rdkafka::types::RDKafkaRespErr;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// What a consumer was told and has not handed on yet.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) assigned: Vec<TopicPartition>,
    /// To be given back; `true`: lost already.
    pub(crate) revoked: Vec<TopicPartition>,
    pub(crate) lost: bool,
    /// Something was assigned, if only nothing.
    pub(crate) joined: bool,
    /// A revocation waits for its answer.
    pub(crate) asked: bool,
    /// What librdkafka was told to fetch.
    pub(crate) started: BTreeSet<TopicPartition>,
    /// A rebalance was answered: librdkafka resumes what stays, from positions of its own.
    pub(crate) resumed: bool,
    /// The consumer closes.
    pub(crate) closing: bool,
    /// It was answered once since: librdkafka waits for no other answer, nor gives one.
    pub(crate) last_answer: bool,
    /// The last error of the client as such: why a broker cannot be reached, for example.
    pub(crate) last_error: Option<(RDKafkaErrorCode, String)>,
}

/// The consumer's context.
#[derive(Default)]
pub(crate) struct ConsumerEvents(pub(crate) Mutex<Told>);

impl ClientContext for ConsumerEvents {
    fn error(&self, error: KafkaError, reason: &str) {
        note(&mut locked(&self.0).last_error, &error, reason);
    }

    fn stats_raw(&self, _: &[u8]) {}
}

fn note(last: &mut Option<(RDKafkaErrorCode, String)>, error: &KafkaError, reason: &str) {
    let Some(code) = error.rdkafka_error_code() else {
        return;
    };
    if code == RDKafkaErrorCode::PartitionEOF {
        return;
    }
    tracing::debug!(target: "tocsin::kafka", code = ?code, reason, "the Kafka client reports");
    let general = matches!(code, RDKafkaErrorCode::AllBrokersDown);
    if !general || last.is_none() {
        *last = Some((code, reason.to_owned()));
    }
}

/// The partitions of a list.
pub(crate) fn names(list: &TopicPartitionList) -> Vec<TopicPartition> {
    let elements = list.elements();
    elements
        .iter()
        .map(|e| TopicPartition::new(e.topic(), e.partition()))
        .collect()
}

/// A list of partitions without offsets.
pub(crate) fn list<'a>(
    partitions: impl IntoIterator<Item = &'a TopicPartition>,
) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for TopicPartition { topic, partition } in partitions {
        list.add_partition(topic, *partition);
    }
    list
}

impl ConsumerContext for ConsumerEvents {
    /// Takes note only. An assignment is answered with an empty one: fetching begins when the
    /// caller starts each partition. A revocation is answered at the caller's next poll, so that
    /// what is open can be committed while the partitions are still owned.
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        code: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        if locked(&self.0).closing {
            self.let_close(consumer);
            return;
        }
        let found = names(partitions);
        if code == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            if let Err(error) = consumer.incremental_assign(&TopicPartitionList::new()) {
                tracing::warn!(target: "tocsin::kafka", %error, "an assignment was not accepted");
            }
            let mut told = locked(&self.0);
            told.assigned.extend(found);
            told.joined = true;
            told.resumed = true;
            return;
        }
        let lost = consumer.assignment_lost();
        let mut told = locked(&self.0);
        told.revoked.extend(found);
        told.lost |= lost;
        // Whoever was taken for dead has no share until it is given one again.
        told.joined &= !lost;
        told.asked = true;
    }
}

impl ConsumerEvents {
    /// Answers a rebalance of a consumer that is being closed: the first, and no other.
    ///
    /// librdkafka closes in three steps: it asks the application to give up what is assigned, takes
    /// whatever it answers (to that, or to an assignment that was under way) for giving up all,
    /// and ends. What reaches it after its end is thrown away without a reply, and the caller would
    /// wait for ever. So the first answer, which it waits for, is safe: it stands in the queue
    /// behind the request to close. A second one, to the other of two rebalances that met, races
    /// with the end.
    fn let_close(&self, consumer: &BaseConsumer<Self>) {
        if std::mem::replace(&mut locked(&self.0).last_answer, true) {
            return;
        }
        if let Err(error) = consumer.incremental_unassign(&TopicPartitionList::new()) {
            tracing::debug!(target: "tocsin::kafka", %error, "closing a consumer");
        }
    }

    /// Answers a revocation: gives up what was started of it.
    pub(crate) fn answer(&self, consumer: &BaseConsumer<Self>) -> Vec<TopicPartition> {
        let (revoked, started) = {
            let mut told = locked(&self.0);
            if !told.asked {
                return Vec::new();
            }
            told.asked = false;
            told.lost = false;
            told.resumed = true;
            let revoked = std::mem::take(&mut told.revoked);
            let started: Vec<_> = revoked
                .iter()
                .filter(|partition| told.started.remove(*partition))
                .cloned()
                .collect();
            (revoked, started)
        };
        if let Err(error) = consumer.incremental_unassign(&list(&started)) {
            tracing::warn!(target: "tocsin::kafka", %error, "a revocation was not accepted");
        }
        revoked
    }
}

/// The producer's context.
#[derive(Default)]
pub(crate) struct ProducerEvents {
    /// The first record of the transaction that was not delivered.
    pub(crate) undelivered: Mutex<Option<(RDKafkaErrorCode, String)>>,
    pub(crate) last_error: Mutex<Option<(RDKafkaErrorCode, String)>>,
}

impl ClientContext for ProducerEvents {
    fn error(&self, error: KafkaError, reason: &str) {
        note(&mut locked(&self.last_error), &error, reason);
    }

    fn stats_raw(&self, _: &[u8]) {}
}

impl ProducerContext for ProducerEvents {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        use rdkafka::Message;
        if let Err((error, message)) = result
            && let Some(code) = error.rdkafka_error_code()
        {
            let place = TopicPartition::new(message.topic(), message.partition());
            locked(&self.undelivered).get_or_insert((code, place.to_string()));
        }
    }
}
