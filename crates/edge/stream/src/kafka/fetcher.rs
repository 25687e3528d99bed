//! Fetches started partitions and keeps their positions: what readers and workers share.

use super::events::{ConsumerEvents, list};
use super::failure::{from_code, from_kafka, kind_of, kind_when_reading};
use super::queue::{Message, Queue, known_end};
use super::watchdog::{Step, Watchdog};
use crate::error::{ErrorKind, LogError};
use crate::log::Each;
use crate::memory::locked;
use crate::record::{RecordRef, TopicPartition};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the application queue is waited for before events are looked at again.
const SLICE: Duration = Duration::from_millis(20);
/// How many events are looked for before a consumer is closed; at most two rebalances meet.
const EVENTS_BEFORE_CLOSE: usize = 4;

/// A partition that is being fetched. librdkafka's own positions are not used: they are wrong
/// behind an end of partition.
struct Place {
    topic: Arc<str>,
    partition: i32,
    /// The next offset.
    next: i64,
    /// The end was reached and nothing came since.
    at_end: bool,
    /// Something was heard since it was started.
    heard: bool,
}

/// A consumer with the queue that its partitions are forwarded to.
pub(crate) struct Fetcher {
    /// Before the consumer, so that it is dropped first.
    queue: Queue,
    pub(crate) consumer: BaseConsumer<ConsumerEvents>,
    /// The group under whose name it reads, whether as a member or not.
    pub(crate) group: String,
    places: Vec<Place>,
    /// What failed while records were delivered: told at the next poll.
    failed: Option<LogError>,
    watchdog: Watchdog,
    /// Behind the consumer: it is dropped after it.
    leaving: Option<Step>,
}

impl Fetcher {
    pub(crate) fn open(config: &ClientConfig, watchdog: Watchdog) -> Result<Self, LogError> {
        let attempt = "opening a Kafka consumer";
        let consumer: BaseConsumer<ConsumerEvents> = config
            .create_with_context(ConsumerEvents::default())
            .map_err(|error| from_kafka(attempt, &error))?;
        let queue = Queue::new(&consumer).ok_or_else(|| {
            let message = format!("{attempt} failed: no queue; the client is opened anew");
            LogError::new(ErrorKind::Fatal, "client", message)
        })?;
        Ok(Fetcher {
            queue,
            consumer,
            group: config.get("group.id").unwrap_or_default().to_owned(),
            places: Vec::new(),
            failed: None,
            watchdog,
            leaving: None,
        })
    }

    /// Joins a group.
    pub(crate) fn subscribe(&self, topics: &[&str]) -> Result<(), LogError> {
        let attempt = format!("joining the group {}", self.group);
        let subscribed = self.consumer.subscribe(topics);
        subscribed.map_err(|error| from_kafka(&attempt, &error))
    }

    fn find(&self, topic: &str, partition: i32) -> Option<&Place> {
        self.places
            .iter()
            .find(|p| *p.topic == *topic && p.partition == partition)
    }

    /// The next offset of a started partition.
    pub(crate) fn position(&self, topic: &str, partition: i32) -> Option<i64> {
        self.find(topic, partition).map(|place| place.next)
    }

    /// The end as last heard of.
    pub(crate) fn end(&self, topic: &str, partition: i32) -> Option<i64> {
        let place = self.find(topic, partition)?;
        if place.at_end {
            Some(place.next)
        } else {
            known_end(&self.consumer, topic, partition)
        }
    }

    /// Every started partition had been read to its end when last heard of.
    pub(crate) fn at_end(&self) -> bool {
        self.places.iter().all(|place| place.at_end)
    }

    /// One past the last record, decided or not; known once the decided ones were read.
    pub(crate) fn written_end(&self, topic: &str, partition: i32) -> Option<i64> {
        let place = self.find(topic, partition).filter(|place| place.at_end)?;
        let known = known_end(&self.consumer, topic, partition)?;
        Some(known.max(place.next))
    }

    /// Whether a started partition has more than what is decided, as last heard of.
    pub(crate) fn is_held_back(&self) -> bool {
        let more = |place: &Place| {
            known_end(&self.consumer, &place.topic, place.partition)
                .is_some_and(|end| end > place.next)
        };
        self.places.iter().any(more)
    }

    /// Fetches the partition from `offset` on; again, to go on from elsewhere.
    pub(crate) fn start(
        &mut self,
        topic: &str,
        partition: i32,
        offset: i64,
    ) -> Result<(), LogError> {
        let name = TopicPartition::new(topic, partition);
        let attempt = || format!("starting {name} at offset {offset}");
        if self.find(topic, partition).is_some() {
            self.stop(std::slice::from_ref(&name))?;
        }
        self.queue.forward(&self.consumer, topic, partition);
        let mut wanted = TopicPartitionList::new();
        wanted
            .add_partition_offset(topic, partition, Offset::Offset(offset))
            .map_err(|error| from_kafka(&attempt(), &error))?;
        self.consumer
            .incremental_assign(&wanted)
            .map_err(|error| from_kafka(&attempt(), &error))?;
        locked(&self.consumer.context().0)
            .started
            .insert(name.clone());
        let TopicPartition { topic, partition } = name;
        self.places.push(Place {
            topic,
            partition,
            next: offset,
            at_end: false,
            heard: false,
        });
        Ok(())
    }

    /// Fetches these no more.
    pub(crate) fn stop(&mut self, partitions: &[TopicPartition]) -> Result<(), LogError> {
        let among = |place: &Place| {
            partitions
                .iter()
                .any(|p| p.partition == place.partition && *p.topic == *place.topic)
        };
        self.places.retain(|place| !among(place));
        let stopped: Vec<TopicPartition> = {
            let mut told = locked(&self.consumer.context().0);
            partitions
                .iter()
                .filter(|p| told.started.remove(*p))
                .cloned()
                .collect()
        };
        if stopped.is_empty() {
            return Ok(());
        }
        let unassigned = self.consumer.incremental_unassign(&list(&stopped));
        unassigned.map_err(|error| from_kafka("stopping to fetch partitions", &error))
    }

    /// Forgets positions of partitions that go away, without telling librdkafka yet.
    pub(crate) fn forget(&mut self, partitions: &[TopicPartition]) {
        self.places.retain(|place| {
            !partitions
                .iter()
                .any(|p| p.partition == place.partition && *p.topic == *place.topic)
        });
    }

    /// Serves rebalances and errors.
    pub(crate) fn serve(&mut self) -> Result<(), LogError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        // What was forwarded while an earlier fetch was still being stopped may have been undone.
        for place in self.places.iter().filter(|place| !place.heard) {
            self.queue
                .forward(&self.consumer, &place.topic, place.partition);
        }
        while let Some(event) = self.consumer.poll(Duration::ZERO) {
            let Err(error) = event else { continue };
            if let Some(error) = serious(&self.group, &error) {
                return Err(error);
            }
        }
        self.resume()
    }

    /// Fetches everything that stays from this crate's own positions on.
    ///
    /// A rebalance pauses all partitions and resumes them where librdkafka believes to be. Behind
    /// an end of partition that is one too far (librdkafka #4844): the next record would be
    /// skipped, silently.
    fn resume(&mut self) -> Result<(), LogError> {
        if !std::mem::take(&mut locked(&self.consumer.context().0).resumed) {
            return Ok(());
        }
        let attempt = "going on after a rebalance";
        let failed = |error| from_kafka(attempt, &error);
        let mut wanted = TopicPartitionList::new();
        for place in &mut self.places {
            let (partition, offset) = (place.partition, Offset::Offset(place.next));
            wanted
                .add_partition_offset(&place.topic, partition, offset)
                .map_err(failed)?;
            place.heard = false;
        }
        if self.places.is_empty() {
            return Ok(());
        }
        self.consumer
            .incremental_unassign(&wanted)
            .map_err(failed)?;
        for place in &self.places {
            self.queue
                .forward(&self.consumer, &place.topic, place.partition);
        }
        self.consumer.incremental_assign(&wanted).map_err(failed)
    }

    /// Whether a rebalance waits to be handed on.
    pub(crate) fn rebalancing(&self) -> bool {
        let told = locked(&self.consumer.context().0);
        !told.assigned.is_empty() || told.asked
    }

    /// Delivers up to `max` records; ends early for a rebalance, an error, or when `done` says so.
    pub(crate) fn poll(
        &mut self,
        max: usize,
        wait: Duration,
        each: Each<'_>,
        done: &dyn Fn(&Fetcher) -> bool,
    ) -> Result<usize, LogError> {
        let until = Instant::now() + wait;
        let mut count = 0;
        loop {
            self.serve()?;
            if self.rebalancing() || count >= max {
                return Ok(count);
            }
            let left = until.saturating_duration_since(Instant::now());
            let slice = if count > 0 {
                Duration::ZERO
            } else {
                left.min(SLICE)
            };
            let taken = self.take(max - count, slice, each);
            count += taken.0;
            if self.failed.is_some() {
                if count > 0 {
                    return Ok(count);
                }
                continue;
            }
            if taken.1 == 0 && (count > 0 || left.is_zero()) {
                return Ok(count);
            }
            if count == 0 && done(self) {
                return Ok(0);
            }
        }
    }

    /// Takes one batch; returns how many records and how many messages there were.
    fn take(&mut self, max: usize, wait: Duration, each: Each<'_>) -> (usize, usize) {
        let mut count = 0;
        // The place of the message before: records of a partition come in runs.
        let mut last: Option<((usize, i32), usize)> = None;
        let (places, failed) = (&mut self.places, &mut self.failed);
        let wait_ms = i32::try_from(wait.as_millis()).unwrap_or(0);
        // The wait is rounded down; a rest below a millisecond must not become a busy loop.
        let wait_ms = if wait.is_zero() { 0 } else { wait_ms.max(1) };
        let taken = self.queue.take(max, wait_ms, &mut |message| {
            let id = message.place();
            let index = match last {
                Some((known, index)) if known == id => Some(index),
                _ => {
                    let (topic, partition) = (message.topic(), message.partition());
                    places
                        .iter()
                        .position(|p| p.partition == partition && *p.topic == *topic)
                }
            };
            let place = index.and_then(|index| {
                last = Some((id, index));
                places.get_mut(index)
            });
            match (place, message.error()) {
                (Some(place), None) => {
                    if message.offset() < place.next {
                        return;
                    }
                    place.next = message.offset() + 1;
                    (place.heard, place.at_end) = (true, false);
                    count += 1;
                    each(record(&place.topic, &message));
                }
                (Some(place), Some(Code::PartitionEOF)) => {
                    place.next = place.next.max(message.offset());
                    (place.heard, place.at_end) = (true, true);
                }
                (None, None | Some(Code::PartitionEOF)) => {}
                (place, Some(code)) => {
                    let error = partition_error(place.as_deref(), code, &message.reason());
                    failed.get_or_insert(error);
                }
            }
        });
        (count, taken)
    }
}

fn record<'a>(topic: &'a str, message: &'a Message) -> RecordRef<'a> {
    RecordRef {
        topic,
        partition: message.partition(),
        offset: message.offset(),
        timestamp_ms: message.timestamp_ms(),
        key: message.key(),
        value: message.value(),
        beside: message,
    }
}

/// The error of one partition.
fn partition_error(place: Option<&Place>, code: Code, reason: &str) -> LogError {
    let Some(Place {
        topic,
        partition,
        next,
        ..
    }) = place
    else {
        return from_code("reading from Kafka", kind_when_reading(code), code, reason);
    };
    if matches!(code, Code::AutoOffsetReset | Code::OffsetOutOfRange) {
        let message = format!(
            "cannot read {topic}[{partition}] at offset {next}: {reason}; retention has cut it, or \
             the topic was created anew. Decide where to start"
        );
        return LogError::new(ErrorKind::NotFound, "offset_out_of_range", message);
    }
    from_code(
        &format!("reading {topic}[{partition}]"),
        kind_when_reading(code),
        code,
        reason,
    )
}

/// An error of the consumer that polling on will not cure; `None` for the others.
fn serious(group: &str, error: &KafkaError) -> Option<LogError> {
    let code = error.rdkafka_error_code()?;
    let unknown = kind_of(code) != kind_when_reading(code);
    let kind = match (error, kind_of(code)) {
        (KafkaError::MessageConsumption(_), _) if unknown => kind_when_reading(code),
        (KafkaError::MessageConsumptionFatal(_), ErrorKind::Fenced) => ErrorKind::Fenced,
        (KafkaError::MessageConsumptionFatal(_), ErrorKind::Config) => ErrorKind::Config,
        (KafkaError::MessageConsumptionFatal(_), _) => ErrorKind::Fatal,
        (_, kind @ (ErrorKind::Config | ErrorKind::NotFound)) => kind,
        (_, ErrorKind::Fenced) => ErrorKind::Fenced,
        // Brokers come and go, generations change: librdkafka goes on by itself.
        _ => {
            tracing::debug!(target: "tocsin::kafka", %error, "the Kafka consumer reports");
            return None;
        }
    };
    let attempt = format!("reading in the name of the group {group}");
    Some(from_code(&attempt, kind, code, &error.to_string()))
}

impl Drop for Fetcher {
    fn drop(&mut self) {
        // It ends after the consumer, whose drop waits until the group was left.
        self.leaving = Some(self.watchdog.step("closing a Kafka consumer"));
        let events = self.consumer.context().clone();
        // What was told before is answered before: of what comes from now on only the first is.
        for _ in 0..EVENTS_BEFORE_CLOSE {
            events.answer(&self.consumer);
            self.consumer.poll(Duration::ZERO);
        }
        events.answer(&self.consumer);
        locked(&events.0).closing = true;
    }
}
