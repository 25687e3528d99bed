//! Who is in a consumer group and owns what, asked of the group's coordinator alone.
//!
//! The client library's older question (`rd_kafka_list_groups`) goes to every broker, so that it
//! fails while any of them is away, and does not know static names.

#![allow(unsafe_code)]

use super::asked::{answer, ask, failed, text};
use super::cluster::{Client, Shared};
use crate::error::LogError;
use crate::log::Member;
use crate::record::TopicPartition;
use rdkafka::bindings as sys;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Code};
use std::collections::BTreeSet;
use std::ffi::CString;
use std::time::Duration;

/// A group as its coordinator sees it.
#[derive(Default)]
pub(crate) struct Group {
    /// Everybody who is in it.
    pub(crate) members: Vec<Member>,
    /// What they own together.
    pub(crate) owned: BTreeSet<TopicPartition>,
    /// No rebalance is under way.
    pub(crate) stable: bool,
}

/// The group as it is now.
pub(crate) fn group(shared: &Shared, group: &str) -> Result<Group, LogError> {
    let attempt = format!("asking who is in the group {group}");
    // All the time at once, instead of a slice of it again and again: a question to a coordinator
    // that is given up while it is on its way can end the process (librdkafka #5397).
    let patience = shared.settings.patience;
    shared.ask(&attempt, &|client, _| {
        match describe(client, group, patience) {
            // What nobody ever joined or committed to has nobody in it.
            Err(KafkaError::MetadataFetch(Code::GroupIdNotFound)) => Ok(Group::default()),
            answer => answer,
        }
    })
}

fn describe(client: &Client, group: &str, patience: Duration) -> KafkaResult<Group> {
    let name = CString::new(group)?;
    let mut names = [name.as_ptr()];
    let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS;
    ask(
        client,
        operation,
        patience,
        |to| {
            let (names, count) = (names.as_mut_ptr(), names.len());
            // SAFETY: all pointers are valid for the call, which keeps none of them: name and
            // options are copied into the request.
            unsafe {
                sys::rd_kafka_DescribeConsumerGroups(to.client, names, count, to.options, to.queue);
            }
        },
        // SAFETY: the event is valid for the call.
        |event| unsafe { read(event) },
    )
}

/// The group that an answer describes.
///
/// # Safety
/// `event` is a valid event. What is read of it is copied.
unsafe fn read(event: *mut sys::rd_kafka_event_t) -> KafkaResult<Group> {
    // SAFETY: everything that is asked of an event belongs to it and lives as long as it does;
    // an index below a count that was given is valid; an error that is null is none.
    unsafe {
        let result = answer(sys::rd_kafka_event_DescribeConsumerGroups_result(event))?;
        let mut count = 0;
        let groups = sys::rd_kafka_DescribeConsumerGroups_result_groups(result, &mut count);
        let mut found = Group::default();
        for index in 0..count {
            let group = *groups.add(index);
            failed(sys::rd_kafka_ConsumerGroupDescription_error(group))?;
            found.stable = sys::rd_kafka_ConsumerGroupDescription_state(group)
                == sys::rd_kafka_consumer_group_state_t::RD_KAFKA_CONSUMER_GROUP_STATE_STABLE;
            for index in 0..sys::rd_kafka_ConsumerGroupDescription_member_count(group) {
                let member = sys::rd_kafka_ConsumerGroupDescription_member(group, index);
                found.members.push(Member {
                    label: text(sys::rd_kafka_MemberDescription_client_id(member)),
                    instance_id: text(sys::rd_kafka_MemberDescription_group_instance_id(member)),
                });
                let assignment = sys::rd_kafka_MemberDescription_assignment(member);
                if assignment.is_null() {
                    continue;
                }
                let list = sys::rd_kafka_MemberAssignment_partitions(assignment);
                if list.is_null() {
                    continue;
                }
                for index in 0..usize::try_from((*list).cnt).unwrap_or(0) {
                    let one = &*(*list).elems.add(index);
                    if let Some(topic) = text(one.topic) {
                        found
                            .owned
                            .insert(TopicPartition::new(topic, one.partition));
                    }
                }
            }
        }
        Ok(found)
    }
}
