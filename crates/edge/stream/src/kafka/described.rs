//! What brokers say of topics when they are asked to describe them: which topic it is, what this
//! user may do with it.

#![allow(unsafe_code)]

use super::asked::{Owned, Sending, answer, ask, failed, text};
use super::cluster::{Client, Shared};
use crate::error::LogError;
use crate::topic::TopicIds;
use rdkafka::bindings as sys;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Code};
use std::collections::BTreeSet;
use std::ffi::{CString, c_char};
use std::time::Duration;

/// A topic as it is described; valid for the call that it is given to.
pub(super) type Description = *const sys::rd_kafka_TopicDescription_t;

/// The ids of topics; brokers that give none and topics that are not there are left out.
pub(crate) fn ids(shared: &Shared, topics: &[&str]) -> Result<TopicIds, LogError> {
    if topics.is_empty() {
        return Ok(TopicIds::new());
    }
    shared.ask("asking for the ids of topics", &|client, patience| {
        // Whom the client would ask by itself may be gone; this answer names somebody who is there.
        client.fetch_metadata(topics.first().copied(), patience)?;
        let (mut found, mut unknown) = (TopicIds::new(), Ok(()));
        describe(
            client,
            patience,
            topics,
            &|_| {},
            &mut |name, topic| match topic {
                // SAFETY: the description is valid for this call.
                Ok(topic) => found.extend(unsafe { id(topic) }.map(|id| (name, id))),
                Err(KafkaError::MetadataFetch(
                    Code::UnknownTopicOrPartition | Code::TopicAuthorizationFailed,
                )) => {}
                // Such as a topic that is being created: it has an id, which is not known yet.
                Err(error) => unknown = Err(error),
            },
        )?;
        unknown.map(|()| found)
    })
}

/// The id as Kafka's own tools show it; `None`: the broker gave none.
///
/// # Safety
/// `topic` is valid.
unsafe fn id(topic: Description) -> Option<String> {
    // SAFETY: by the contract of this function; the id belongs to the description, and its text,
    // which librdkafka keeps with the id, is copied.
    let (bits, text) = unsafe {
        let id = sys::rd_kafka_TopicDescription_topic_id(topic);
        let bits = sys::rd_kafka_Uuid_most_significant_bits(id)
            | sys::rd_kafka_Uuid_least_significant_bits(id);
        (bits, text(sys::rd_kafka_Uuid_base64str(id)))
    };
    // Kafka writes ids in the alphabet for addresses, librdkafka in the other one.
    let text = text?.replace('+', "-").replace('/', "_");
    (bits != 0).then_some(text)
}

/// Asks the brokers to describe topics, and calls `each` with every one of them: its name, and the
/// description, or why there is none. `options` says what else the answer shall hold.
pub(super) fn describe(
    client: &Client,
    patience: Duration,
    topics: &[&str],
    options: &dyn Fn(&Sending),
    each: &mut dyn FnMut(String, KafkaResult<Description>),
) -> KafkaResult<()> {
    // One name twice is an error to librdkafka.
    let once: BTreeSet<&str> = topics.iter().copied().collect();
    let names = once
        .iter()
        .map(|name| CString::new(*name))
        .collect::<Result<Vec<_>, _>>()?;
    let mut pointers: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
    // SAFETY: the texts end with 0 and are copied; what is made is destroyed by its own function.
    let collection = unsafe {
        let (names, count) = (pointers.as_mut_ptr(), pointers.len());
        let made = sys::rd_kafka_TopicCollection_of_topic_names(names, count);
        Owned::new(made, sys::rd_kafka_TopicCollection_destroy)?
    };
    ask(
        client,
        sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS,
        patience,
        |to| {
            options(to);
            let topics = collection.get();
            // SAFETY: all pointers are valid for the call, which copies topics and options.
            unsafe { sys::rd_kafka_DescribeTopics(to.client, topics, to.options, to.queue) }
        },
        |event| {
            // SAFETY: the event is valid, what is asked of it belongs to it and is copied, and an
            // index below a count that was given is valid.
            unsafe {
                let result = answer(sys::rd_kafka_event_DescribeTopics_result(event))?;
                let mut count = 0;
                let topics = sys::rd_kafka_DescribeTopics_result_topics(result, &raw mut count);
                for index in 0..count {
                    let topic = *topics.add(index);
                    let name = text(sys::rd_kafka_TopicDescription_name(topic)).unwrap_or_default();
                    let known = failed(sys::rd_kafka_TopicDescription_error(topic));
                    each(name, known.map(|()| topic));
                }
            }
            Ok(())
        },
    )
}
