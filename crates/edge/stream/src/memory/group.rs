//! A consumer group in memory: who owns which partition, and the committed positions.

use crate::error::{ErrorKind, LogError};
use crate::log::{self, Committed, WorkerSpec};
use crate::record::TopicPartition;
use std::collections::BTreeMap;

struct Member {
    label: Option<String>,
    instance: Option<String>,
    topics: Vec<String>,
}

/// A group.
#[derive(Default)]
pub(crate) struct Group {
    members: BTreeMap<u64, Member>,
    next_member: u64,
    /// Who reads what now.
    owners: BTreeMap<TopicPartition, u64>,
    /// Who shall read what.
    target: BTreeMap<TopicPartition, u64>,
    /// Changes with every change of `owners`, `target` or `members`.
    pub(crate) version: u64,
    pub(crate) committed: BTreeMap<TopicPartition, Committed>,
}

/// What a member has to take and to give.
#[derive(Default)]
pub(crate) struct Turn {
    pub(crate) assigned: Vec<TopicPartition>,
    pub(crate) revoked: Vec<TopicPartition>,
}

impl Group {
    /// A member joins; a static one takes the place of its namesake, which is fenced.
    pub(crate) fn join(&mut self, spec: &WorkerSpec) -> u64 {
        let instance = &spec.instance_id;
        if instance.is_some() {
            self.members
                .retain(|_, member| member.instance != *instance);
        }
        self.next_member += 1;
        let member = Member {
            label: spec.label.clone(),
            instance: instance.clone(),
            topics: spec.topics.clone(),
        };
        self.members.insert(self.next_member, member);
        self.next_member
    }

    /// Everybody who is in it.
    pub(crate) fn members(&self) -> Vec<log::Member> {
        let of = |member: &Member| log::Member {
            label: member.label.clone(),
            instance_id: member.instance.clone(),
        };
        self.members.values().map(of).collect()
    }

    /// A member leaves, orderly or not.
    pub(crate) fn leave(&mut self, member: u64) {
        self.members.remove(&member);
    }

    /// Whether anybody reads the topic.
    pub(crate) fn reads(&self, topic: &str) -> bool {
        self.members
            .values()
            .any(|member| member.topics.iter().any(|name| name == topic))
    }

    /// Shares the partitions of `topics` anew: evenly, and moving as few as possible.
    pub(crate) fn rebalance(&mut self, partitions: &[TopicPartition]) {
        self.version += 1;
        let members = &self.members;
        self.owners.retain(|_, owner| members.contains_key(owner));
        let mut target = BTreeMap::new();
        let mut counts: BTreeMap<u64, usize> = members.keys().map(|id| (*id, 0)).collect();
        if let (base, Some(extra)) = (
            partitions.len() / counts.len().max(1),
            partitions.len().checked_rem(counts.len()),
        ) {
            let mut extra = extra;
            for partition in partitions {
                let Some(owner) = self.target.get(partition) else {
                    continue;
                };
                let Some(count) = counts.get_mut(owner) else {
                    continue;
                };
                let keeps = *count < base || (*count == base && extra > 0);
                if keeps && wants(members, *owner, partition) {
                    extra -= usize::from(*count == base);
                    *count += 1;
                    target.insert(partition.clone(), *owner);
                }
            }
        }
        for partition in partitions {
            if target.contains_key(partition) {
                continue;
            }
            let takers = counts
                .iter()
                .filter(|(id, _)| wants(members, **id, partition));
            if let Some(id) = takers
                .min_by_key(|(id, count)| (**count, **id))
                .map(|(id, _)| *id)
            {
                counts.entry(id).and_modify(|count| *count += 1);
                target.insert(partition.clone(), id);
            }
        }
        self.target = target;
    }

    /// What the member has to give back and may take now.
    pub(crate) fn turn(&mut self, member: u64) -> Turn {
        let mut turn = Turn::default();
        for (partition, owner) in &self.owners {
            if *owner == member && self.target.get(partition) != Some(&member) {
                turn.revoked.push(partition.clone());
            }
        }
        for (partition, owner) in &self.target {
            if *owner == member && !self.owners.contains_key(partition) {
                turn.assigned.push(partition.clone());
            }
        }
        for partition in &turn.assigned {
            self.owners.insert(partition.clone(), member);
        }
        turn
    }

    /// The member gives back what it was asked for; true where that changes anything.
    pub(crate) fn release(&mut self, member: u64, partitions: &[TopicPartition]) -> bool {
        let before = self.owners.len();
        for partition in partitions {
            if self.owners.get(partition) == Some(&member) {
                self.owners.remove(partition);
            }
        }
        let changed = self.owners.len() != before;
        self.version += u64::from(changed);
        changed
    }

    /// An error where the member was replaced.
    pub(crate) fn check(&self, name: &str, member: u64) -> Result<(), LogError> {
        if self.members.contains_key(&member) {
            return Ok(());
        }
        let message = format!(
            "another worker has joined the group {name} under the same static name: this one is \
             no member any more; stop it, and give each process a name of its own"
        );
        Err(LogError::new(ErrorKind::Fenced, "member_fenced", message))
    }

    /// An error where the member does not own the partition.
    pub(crate) fn check_owner(
        &self,
        member: u64,
        partition: &TopicPartition,
    ) -> Result<(), LogError> {
        if self.owners.get(partition) == Some(&member) {
            return Ok(());
        }
        Err(LogError::not_owned(partition))
    }
}

fn wants(members: &BTreeMap<u64, Member>, id: u64, partition: &TopicPartition) -> bool {
    members
        .get(&id)
        .is_some_and(|m| m.topics.iter().any(|topic| **topic == *partition.topic))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partitions(count: i32) -> Vec<TopicPartition> {
        (0..count)
            .map(|partition| TopicPartition::new("t", partition))
            .collect()
    }

    fn reader() -> WorkerSpec {
        WorkerSpec {
            topics: vec!["t".into()],
            ..WorkerSpec::writer("x")
        }
    }

    fn owned(group: &Group, member: u64) -> Vec<i32> {
        let of = group.target.iter().filter(|(_, owner)| **owner == member);
        of.map(|(partition, _)| partition.partition).collect()
    }

    #[test]
    fn a_share_is_even_and_few_partitions_move() {
        let all = partitions(7);
        let mut group = Group::default();
        let first = group.join(&reader());
        group.rebalance(&all);
        assert_eq!(owned(&group, first).len(), 7);
        let second = group.join(&reader());
        group.rebalance(&all);
        let (kept, moved) = (owned(&group, first), owned(&group, second));
        assert_eq!((kept.len(), moved.len()), (4, 3));
        let third = group.join(&reader());
        group.rebalance(&all);
        let again = owned(&group, first);
        assert!(again.iter().all(|partition| kept.contains(partition)));
        assert_eq!(owned(&group, third).len(), 2);
        group.leave(first);
        group.rebalance(&all);
        assert_eq!(owned(&group, second).len() + owned(&group, third).len(), 7);
    }

    #[test]
    fn a_partition_is_taken_only_when_it_was_given_back() {
        let all = partitions(2);
        let mut group = Group::default();
        let first = group.join(&reader());
        group.rebalance(&all);
        assert_eq!(group.turn(first).assigned.len(), 2);
        let second = group.join(&reader());
        group.rebalance(&all);
        assert!(group.turn(second).assigned.is_empty());
        let revoked = group.turn(first).revoked;
        assert_eq!(revoked.len(), 1);
        assert!(group.turn(second).assigned.is_empty());
        assert!(group.release(first, &revoked));
        assert_eq!(group.turn(second).assigned, revoked);
    }
}
