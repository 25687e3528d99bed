//! Who is in a consumer group and owns what, asked of the group's coordinator alone.
//!
//! The client library's older question (`rd_kafka_list_groups`) goes to every broker, so that it
//! fails while any of them is away, and does not know static names.

#![allow(unsafe_code)]

use super::cluster::{Client, Shared};
use crate::error::LogError;
use crate::log::Member;
use crate::record::TopicPartition;
use rdkafka::bindings as sys;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Code};
use rdkafka::types::RDKafkaRespErr as Resp;
use std::collections::BTreeSet;
use std::ffi::{CStr, CString, c_char};
use std::ptr::NonNull;
use std::time::Duration;

/// How much longer than the request itself its answer is waited for.
const GRACE: Duration = Duration::from_secs(1);

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
    shared.ask(&attempt, &|client, patience| {
        match ask(client, group, patience) {
            // What nobody ever joined or committed to has nobody in it.
            Err(KafkaError::GroupListFetch(Code::GroupIdNotFound)) => Ok(Group::default()),
            answer => answer,
        }
    })
}

/// Something of librdkafka's that is destroyed when dropped.
struct Owned<T> {
    it: NonNull<T>,
    destroy: unsafe extern "C" fn(*mut T),
}

impl<T> Owned<T> {
    fn new(it: *mut T, destroy: unsafe extern "C" fn(*mut T)) -> KafkaResult<Self> {
        let it = NonNull::new(it).ok_or(KafkaError::GroupListFetch(Code::Fail))?;
        Ok(Owned { it, destroy })
    }

    fn get(&self) -> *mut T {
        self.it.as_ptr()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: `destroy` is the function that librdkafka gives for what made `it`, `it` is
        // called with it once, and every owner lives shorter than the client.
        unsafe { (self.destroy)(self.get()) }
    }
}

fn ask(client: &Client, group: &str, patience: Duration) -> KafkaResult<Group> {
    let name = CString::new(group)?;
    let rk = client.client().native_ptr();
    let millis = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: the client lives; what is made is destroyed before it.
    let (queue, options) = unsafe {
        let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS;
        let options = sys::rd_kafka_AdminOptions_new(rk, operation);
        (
            Owned::new(sys::rd_kafka_queue_new(rk), sys::rd_kafka_queue_destroy)?,
            Owned::new(options, sys::rd_kafka_AdminOptions_destroy)?,
        )
    };
    let mut names = [name.as_ptr()];
    let mut why: [c_char; 128] = [0; 128];
    // SAFETY: all pointers are valid for the calls, which keep none of them: the name and the
    // options are copied into the request. `why` has the length that is given.
    let event = unsafe {
        let (reason, room) = (why.as_mut_ptr(), why.len());
        let options = options.get();
        refused(sys::rd_kafka_AdminOptions_set_request_timeout(
            options, millis, reason, room,
        ))?;
        let queue = queue.get();
        sys::rd_kafka_DescribeConsumerGroups(rk, names.as_mut_ptr(), names.len(), options, queue);
        let wait = patience.saturating_add(GRACE).as_millis();
        sys::rd_kafka_queue_poll(queue, i32::try_from(wait).unwrap_or(i32::MAX))
    };
    let timed_out = KafkaError::GroupListFetch(Code::OperationTimedOut);
    let event = Owned::new(event, sys::rd_kafka_event_destroy).map_err(|_| timed_out)?;
    // SAFETY: the event is whole and lives until the end of this function.
    unsafe { read(event.get()) }
}

fn refused(code: Resp) -> KafkaResult<()> {
    match code {
        Resp::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        code => Err(KafkaError::GroupListFetch(code.into())),
    }
}

/// The group that an answer describes.
///
/// # Safety
/// `event` is a valid event. What is read of it is copied.
unsafe fn read(event: *mut sys::rd_kafka_event_t) -> KafkaResult<Group> {
    // SAFETY: everything that is asked of an event belongs to it and lives as long as it does;
    // an index below a count that was given is valid; an error that is null is none.
    unsafe {
        refused(sys::rd_kafka_event_error(event))?;
        let result = sys::rd_kafka_event_DescribeConsumerGroups_result(event);
        if result.is_null() {
            return Err(KafkaError::GroupListFetch(Code::Fail));
        }
        let mut count = 0;
        let groups = sys::rd_kafka_DescribeConsumerGroups_result_groups(result, &mut count);
        let mut found = Group::default();
        for index in 0..count {
            let group = *groups.add(index);
            let error = sys::rd_kafka_ConsumerGroupDescription_error(group);
            if !error.is_null() {
                refused(sys::rd_kafka_error_code(error))?;
            }
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

/// A text that may be absent; an empty one says nothing.
///
/// # Safety
/// `text` is null or a text that ends with 0.
unsafe fn text(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, so it is a text (the function's contract).
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    (!text.is_empty()).then(|| text.into_owned())
}
