//! A member of a Kafka consumer group with its transactional producer.

use super::cluster::Shared;
use super::events::list;
use super::failure::from_kafka;
use super::fetcher::Fetcher;
use super::handover::Handover;
use super::noted::{note, noted};
use super::settings::Membership;
use super::transaction::Transaction;
use crate::error::LogError;
use crate::log::{Assignment, Committed, Each, Polled, Positions, Worker, WorkerSpec};
use crate::memory::locked;
use crate::record::{Outgoing, Position, TopicPartition};
use rdkafka::consumer::Consumer;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A worker.
pub(crate) struct KafkaWorker {
    /// Before the fetcher: while the group is left nothing may be open.
    transaction: Transaction,
    /// `None` for a worker that reads nothing.
    fetcher: Option<Fetcher>,
    shared: Arc<Shared>,
    /// A group gives it its partitions.
    is_member: bool,
    /// A fixed assignment that was not handed on yet.
    fixed: Option<Vec<TopicPartition>>,
    /// What positions may be committed in besides what is assigned.
    beside: Vec<TopicPartition>,
    /// What is noted with the positions, by topic.
    notes: BTreeMap<String, String>,
    assigned: BTreeSet<TopicPartition>,
    /// Named as revoked or lost by the last poll.
    leaving: Vec<TopicPartition>,
    /// `None` once its group is known to own everything.
    handover: Option<Handover>,
}

impl KafkaWorker {
    pub(crate) fn open(shared: Arc<Shared>, spec: &WorkerSpec) -> Result<Self, LogError> {
        for topic in &spec.topics {
            shared.partitions(topic)?;
        }
        let fixed = match &spec.assignment {
            Assignment::Group => None,
            Assignment::Fixed(partitions) => Some(partitions.clone()),
        };
        for TopicPartition { topic, partition } in fixed.iter().flatten() {
            shared.check_partition(topic, *partition)?;
        }
        // First the producer: it aborts what a predecessor left open, so that the positions
        // which this worker will ask for are final.
        let label = spec.label.as_deref();
        let transaction = Transaction::open(shared.clone(), &spec.transactional_id, label)?;
        let reads = fixed
            .as_ref()
            .is_none_or(|partitions| !partitions.is_empty());
        let fetcher = if reads {
            let config = shared.settings.consuming(&Membership {
                group: &spec.group,
                instance: spec.instance_id.as_deref().filter(|_| fixed.is_none()),
                label,
            });
            let fetcher = Fetcher::open(&config, shared.watchdog.clone())?;
            if fixed.is_none() {
                let topics: Vec<&str> = spec.topics.iter().map(String::as_str).collect();
                fetcher.subscribe(&topics)?;
            }
            Some(fetcher)
        } else {
            None
        };
        let (assigned, leaving) = (BTreeSet::new(), Vec::new());
        let beside = spec.beside.iter().chain(fixed.iter().flatten());
        let topics = beside.map(|one| &*one.topic);
        let topics = topics.chain(spec.topics.iter().map(String::as_str));
        let of = |topic: &str| Some((topic.to_owned(), note(topic, &spec.topic_ids)?));
        let notes = topics.filter_map(of).collect();
        Ok(KafkaWorker {
            transaction,
            fetcher,
            shared,
            is_member: spec.assignment == Assignment::Group,
            fixed,
            beside: spec.beside.clone(),
            notes,
            assigned,
            leaving,
            handover: Handover::of(spec),
        })
    }

    /// Sees to it that what nobody owns after this member came is handed out.
    fn see_to_handover(&mut self) -> Result<(), LogError> {
        if let (Some(handover), Some(fetcher)) = (&mut self.handover, &self.fetcher) {
            let joined = locked(&fetcher.consumer.context().0).joined;
            if handover.is_complete(&self.shared, joined)? {
                self.handover = None;
            }
        }
        Ok(())
    }

    /// Gives away what the last poll named.
    fn release(&mut self) -> Result<(), LogError> {
        if self.leaving.is_empty() {
            return Ok(());
        }
        if self.transaction.is_open() {
            return Err(LogError::open_over_revocation(&self.leaving));
        }
        for partition in self.leaving.drain(..) {
            self.assigned.remove(&partition);
        }
        if let Some(fetcher) = &self.fetcher {
            fetcher.consumer.context().answer(&fetcher.consumer);
        }
        Ok(())
    }

    /// Hands on a rebalance.
    fn changes(&mut self) -> Polled {
        let mut polled = Polled::default();
        if let Some(fixed) = self.fixed.take() {
            polled.assigned = fixed;
        }
        if let Some(fetcher) = &mut self.fetcher {
            let mut told = locked(&fetcher.consumer.context().0);
            polled.assigned.append(&mut told.assigned);
            if told.asked {
                // What came and went since the last poll was never handed on.
                let came = &mut polled.assigned;
                let known = |p: &&TopicPartition| !came.contains(p);
                let gone: Vec<_> = told.revoked.iter().filter(known).cloned().collect();
                came.retain(|p| !told.revoked.contains(p));
                if told.lost {
                    polled.lost = gone
                } else {
                    polled.revoked = gone
                }
            }
            let unanswered = told.asked;
            drop(told);
            let leaving = [polled.revoked.as_slice(), polled.lost.as_slice()].concat();
            fetcher.forget(&leaving);
            self.leaving = leaving;
            if unanswered && self.leaving.is_empty() {
                fetcher.consumer.context().answer(&fetcher.consumer);
            }
        }
        self.assigned.extend(polled.assigned.iter().cloned());
        polled
    }
}

impl Worker for KafkaWorker {
    fn poll(&mut self, max: usize, wait: Duration, each: Each<'_>) -> Result<Polled, LogError> {
        self.release()?;
        self.see_to_handover()?;
        if self.fixed.is_some() {
            let polled = self.changes();
            if !polled.assigned.is_empty() {
                return Ok(polled);
            }
        }
        let Some(fetcher) = &mut self.fetcher else {
            std::thread::sleep(wait);
            return Ok(Polled {
                at_end: true,
                ..Polled::default()
            });
        };
        let was_at_end = fetcher.at_end();
        let done = |fetcher: &Fetcher| !was_at_end && fetcher.at_end();
        let records = fetcher.poll(max, wait, each, &done)?;
        if records > 0 || !fetcher.rebalancing() {
            return Ok(Polled {
                records,
                at_end: fetcher.at_end(),
                ..Polled::default()
            });
        }
        Ok(self.changes())
    }

    fn start(&mut self, topic: &str, partition: i32, offset: i64) -> Result<(), LogError> {
        let name = TopicPartition::new(topic, partition);
        match &mut self.fetcher {
            Some(fetcher) if self.assigned.contains(&name) && !self.leaving.contains(&name) => {
                fetcher.start(topic, partition, offset)
            }
            _ => Err(LogError::not_assigned(topic, partition)),
        }
    }

    fn position(&self, topic: &str, partition: i32) -> Option<i64> {
        self.fetcher.as_ref()?.position(topic, partition)
    }

    fn end(&self, topic: &str, partition: i32) -> Option<i64> {
        self.fetcher.as_ref()?.end(topic, partition)
    }

    fn has_share(&self) -> bool {
        let joined = |fetcher: &Fetcher| locked(&fetcher.consumer.context().0).joined;
        match &self.fetcher {
            Some(fetcher) if self.is_member => joined(fetcher) && !fetcher.rebalancing(),
            _ => self.fixed.is_none(),
        }
    }

    fn is_held_back(&self) -> bool {
        self.fetcher.as_ref().is_some_and(Fetcher::is_held_back)
    }

    fn committed(&mut self, partitions: &[TopicPartition]) -> Result<Positions, LogError> {
        let Some(fetcher) = &self.fetcher else {
            return Ok(partitions
                .iter()
                .map(|partition| (partition.clone(), None))
                .collect());
        };
        let attempt = format!("asking for the positions of the group {}", fetcher.group);
        let patience = self.shared.settings.patience;
        let answer = fetcher
            .consumer
            .committed_offsets(list(partitions), patience);
        let answer = answer.map_err(|error| from_kafka(&attempt, &error))?;
        let of = |wanted: &TopicPartition| {
            let found = answer.find_partition(&wanted.topic, wanted.partition);
            let Some(found) = found else {
                return Ok((wanted.clone(), None));
            };
            found
                .error()
                .map_err(|error| from_kafka(&attempt, &error))?;
            let committed = match found.offset() {
                Offset::Offset(offset) => Some(Committed {
                    offset,
                    // Brokers hand on text only, whatever other tools have noted.
                    topic_ids: Arc::new(noted(&wanted.topic, found.metadata())),
                }),
                _ => None,
            };
            Ok((wanted.clone(), committed))
        };
        partitions.iter().map(of).collect()
    }

    fn begin(&mut self) -> Result<(), LogError> {
        self.transaction.begin()
    }

    fn send(&mut self, record: &Outgoing) -> Result<(), LogError> {
        self.transaction.send(record)
    }

    fn commit(&mut self, positions: &[Position]) -> Result<(), LogError> {
        if !self.transaction.is_open() {
            return Err(LogError::none_open());
        }
        let mut offsets = TopicPartitionList::new();
        for position @ Position {
            topic,
            partition,
            offset,
        } in positions
        {
            let at = position.topic_partition();
            if !self.assigned.contains(&at) && !self.beside.contains(&at) {
                return Err(LogError::not_owned(&at));
            }
            let mut entry = offsets.add_partition(topic, *partition);
            entry
                .set_offset(Offset::Offset(*offset))
                .map_err(|error| from_kafka(&format!("committing {position}"), &error))?;
            if let Some(note) = self.notes.get(&**topic) {
                entry.set_metadata(note);
            }
        }
        let fetcher = self.fetcher.as_ref();
        let group = || fetcher.and_then(|fetcher| fetcher.consumer.group_metadata());
        self.transaction
            .commit((!positions.is_empty()).then_some(&offsets), &group)
    }

    fn abort(&mut self) -> Result<(), LogError> {
        self.transaction.abort()
    }

    fn close(mut self: Box<Self>) -> Result<(), LogError> {
        self.transaction.abort()
    }
}
