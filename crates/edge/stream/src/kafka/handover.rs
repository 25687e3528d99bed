//! Partitions that nobody owns, and how a group is made to hand them out.
//!
//! A cooperative group hands a partition over in two rebalances: in the first its owner gives it
//! up, in the second, which the former owner asks for, the other gets it. A static member that
//! comes back in between (after a crash, or because its worker was opened again) is given what is
//! left to it, without a rebalance (KIP-345), and knows of nothing that it gave up: nobody asks
//! for the second one (seen with 4.3), and nobody reads the partition. So a static member that has
//! come back looks at what its group owns, and where something is missing a member without a
//! static name joins and leaves again, which makes the group share everything out anew.

use super::cluster::Shared;
use super::fetcher::Fetcher;
use super::members;
use super::settings::Membership;
use crate::error::LogError;
use crate::log::{Assignment, WorkerSpec};
use crate::memory::locked;
use crate::record::TopicPartition;
use rdkafka::consumer::Consumer;
use std::time::{Duration, Instant};

/// How long a group is left alone between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// A member that passes through leaves at the latest then.
const PASSING: Duration = Duration::from_secs(30);

/// The look at a group after a static member has come (back).
pub(crate) struct Handover {
    group: String,
    topics: Vec<String>,
    look_at: Instant,
    /// The member that passes through, and since when.
    passing: Option<(Fetcher, Instant)>,
}

impl Handover {
    /// For a static member; others leave their group when they go.
    pub(crate) fn of(spec: &WorkerSpec) -> Option<Handover> {
        let is_static = spec.assignment == Assignment::Group && spec.instance_id.is_some();
        is_static.then(|| Handover {
            group: spec.group.clone(),
            topics: spec.topics.clone(),
            look_at: Instant::now(),
            passing: None,
        })
    }

    /// Goes on looking; true once the group owns everything. `joined`: this worker has been given
    /// its share.
    pub(crate) fn is_complete(&mut self, shared: &Shared, joined: bool) -> Result<bool, LogError> {
        if let Some((member, since)) = &mut self.passing {
            member.poll(1, Duration::ZERO, &mut |_| {}, &|_| true)?;
            let joined = locked(&member.consumer.context().0).joined;
            if joined || since.elapsed() > PASSING {
                self.passing = None;
                self.look_at = Instant::now() + BETWEEN_LOOKS;
            }
            return Ok(false);
        }
        if !joined || Instant::now() < self.look_at {
            return Ok(false);
        }
        self.look_at = Instant::now() + BETWEEN_LOOKS;
        let group = members::group(shared, &self.group)?;
        if !group.stable {
            return Ok(false);
        }
        for topic in &self.topics {
            for partition in 0..shared.partitions(topic)? {
                let one = TopicPartition::new(topic.as_str(), partition);
                if !group.owned.contains(&one) {
                    tracing::info!(
                        target: "tocsin::kafka",
                        group = self.group,
                        partition = %one,
                        "nobody owns a partition: the group is made to share out anew"
                    );
                    self.passing = Some((self.pass_through(shared)?, Instant::now()));
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn pass_through(&self, shared: &Shared) -> Result<Fetcher, LogError> {
        let config = shared.settings.consuming(&Membership {
            group: &self.group,
            instance: None,
            label: Some("tocsin-passing-through"),
        });
        let member = Fetcher::open(&config, shared.watchdog.clone())?;
        let topics: Vec<&str> = self.topics.iter().map(String::as_str).collect();
        member.subscribe(&topics)?;
        Ok(member)
    }
}
