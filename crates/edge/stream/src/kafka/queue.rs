//! One application queue for all partitions of a consumer, read in batches.
//!
//! `rd_kafka_consume_batch_queue` is two to four times faster than polling record by record. It
//! must not be called on the consumer's own queue, which also carries rebalances; so each
//! partition's queue is forwarded to one of our own.

#![allow(unsafe_code)]

use super::events::ConsumerEvents;
use crate::record::Beside;
use rdkafka::bindings as sys;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::RDKafkaRespErr as Resp;
use std::ffi::{CStr, CString};
use std::ptr::{self, NonNull};

/// How many records one call brings at most.
const BATCH_RECORDS: usize = 1000;

/// The application queue of one consumer. It must be dropped before the consumer.
pub(crate) struct Queue {
    queue: NonNull<sys::rd_kafka_queue_t>,
    buffer: Vec<*mut sys::rd_kafka_message_t>,
}

// SAFETY: librdkafka's queues may be used from any thread; the buffer is empty between calls.
unsafe impl Send for Queue {}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: the queue was made by `rd_kafka_queue_new`, is destroyed once, and the consumer
        // that it belongs to still lives (see the type's contract).
        unsafe { sys::rd_kafka_queue_destroy(self.queue.as_ptr()) }
    }
}

/// A record, or a consumer's event about one partition; it gives its memory back when dropped.
pub(crate) struct Message(NonNull<sys::rd_kafka_message_t>);

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: the message came from `rd_kafka_consume_batch_queue`, which hands over
        // ownership, and is destroyed once.
        unsafe { sys::rd_kafka_message_destroy(self.0.as_ptr()) }
    }
}

impl Message {
    fn raw(&self) -> &sys::rd_kafka_message_t {
        // SAFETY: the pointer is valid until the drop, and nobody writes through it.
        unsafe { self.0.as_ref() }
    }

    /// The error that this stands for; `None`: a record.
    pub(crate) fn error(&self) -> Option<RDKafkaErrorCode> {
        let code = self.raw().err;
        (code != Resp::RD_KAFKA_RESP_ERR_NO_ERROR).then(|| code.into())
    }

    /// What librdkafka says about the error.
    pub(crate) fn reason(&self) -> String {
        // SAFETY: the message is valid; the text lives as long as it and ends with a zero.
        unsafe {
            let text = sys::rd_kafka_message_errstr(self.0.as_ptr());
            if text.is_null() {
                String::new()
            } else {
                CStr::from_ptr(text).to_string_lossy().into()
            }
        }
    }

    /// Identifies topic and partition as long as a message of them lives.
    pub(crate) fn place(&self) -> (usize, i32) {
        (self.raw().rkt as usize, self.raw().partition)
    }

    /// The topic's name; empty for an event that is about none.
    pub(crate) fn topic(&self) -> &str {
        if self.raw().rkt.is_null() {
            return "";
        }
        // SAFETY: the message keeps its topic alive, whose name is a constant that ends with a
        // zero.
        let name = unsafe { CStr::from_ptr(sys::rd_kafka_topic_name(self.raw().rkt)) };
        name.to_str().unwrap_or_default()
    }

    pub(crate) fn partition(&self) -> i32 {
        self.raw().partition
    }

    pub(crate) fn offset(&self) -> i64 {
        self.raw().offset
    }

    pub(crate) fn timestamp_ms(&self) -> i64 {
        // SAFETY: the message is valid, and a null kind is allowed.
        unsafe { sys::rd_kafka_message_timestamp(self.0.as_ptr(), ptr::null_mut()) }
    }

    pub(crate) fn key(&self) -> Option<&[u8]> {
        // SAFETY: librdkafka gives pointer and length of a buffer that lives as long as the
        // message; null means absent.
        unsafe { bytes(self.raw().key, self.raw().key_len) }
    }

    pub(crate) fn value(&self) -> Option<&[u8]> {
        // SAFETY: as for the key.
        unsafe { bytes(self.raw().payload, self.raw().len) }
    }
}

/// # Safety
/// `data` is null or points to `length` bytes that live for `'a`.
unsafe fn bytes<'a>(data: *const std::ffi::c_void, length: usize) -> Option<&'a [u8]> {
    if data.is_null() {
        return None;
    }
    // SAFETY: by the contract of this function.
    Some(unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) })
}

impl Beside for Message {
    fn header(&self, index: usize) -> Option<(&str, &[u8])> {
        let mut headers = ptr::null_mut();
        let (mut name, mut value, mut length) = (ptr::null(), ptr::null(), 0);
        // SAFETY: the message is valid, the out parameters are ours; headers, names and values
        // live as long as the message.
        unsafe {
            let found = sys::rd_kafka_message_headers(self.0.as_ptr(), &raw mut headers);
            if found != Resp::RD_KAFKA_RESP_ERR_NO_ERROR || headers.is_null() {
                return None;
            }
            let found = sys::rd_kafka_header_get_all(
                headers,
                index,
                &raw mut name,
                &raw mut value,
                &raw mut length,
            );
            if found != Resp::RD_KAFKA_RESP_ERR_NO_ERROR {
                return None;
            }
            let name = CStr::from_ptr(name).to_str().unwrap_or_default();
            Some((name, bytes(value, length).unwrap_or_default()))
        }
    }
}

impl Queue {
    /// A queue for this consumer; `None` where librdkafka cannot make one.
    pub(crate) fn new(consumer: &BaseConsumer<ConsumerEvents>) -> Option<Self> {
        // SAFETY: the client pointer is valid while the consumer lives.
        let queue = unsafe { sys::rd_kafka_queue_new(consumer.client().native_ptr()) };
        NonNull::new(queue).map(|queue| Queue {
            queue,
            buffer: Vec::with_capacity(BATCH_RECORDS),
        })
    }

    /// Brings a partition's records to this queue from now on. Harmless to repeat; false where
    /// the partition is not known.
    pub(crate) fn forward(
        &self,
        consumer: &BaseConsumer<ConsumerEvents>,
        topic: &str,
        partition: i32,
    ) -> bool {
        let Ok(topic) = CString::new(topic) else {
            return false;
        };
        let client = consumer.client().native_ptr();
        // SAFETY: client, name and both queues are valid; the reference to the partition's queue
        // is given back.
        unsafe {
            let source = sys::rd_kafka_queue_get_partition(client, topic.as_ptr(), partition);
            if source.is_null() {
                return false;
            }
            sys::rd_kafka_queue_forward(source, self.queue.as_ptr());
            sys::rd_kafka_queue_destroy(source);
        }
        true
    }

    /// Calls `each` with up to `max` messages (and no more than one batch); waits up to
    /// `wait_ms` for the first. Returns how many there were.
    pub(crate) fn take(
        &mut self,
        max: usize,
        wait_ms: i32,
        each: &mut dyn FnMut(Message),
    ) -> usize {
        let mut most = max.min(BATCH_RECORDS);
        let mut count = 0;
        // A batch with a wait is waited for until it is full: so at first without, then for one.
        for (size, wait_ms) in [(most, 0), (1, wait_ms)] {
            most = size.min(most);
            if count > 0 || most == 0 || (wait_ms == 0 && size == 1) {
                continue;
            }
            self.buffer.clear();
            // SAFETY: the buffer has room for `most` pointers, and librdkafka writes as many as
            // it says.
            unsafe {
                let got = sys::rd_kafka_consume_batch_queue(
                    self.queue.as_ptr(),
                    wait_ms,
                    self.buffer.as_mut_ptr(),
                    most,
                );
                count = usize::try_from(got).unwrap_or(0);
                self.buffer.set_len(count);
            }
            self.buffer
                .drain(..)
                .filter_map(NonNull::new)
                .for_each(|m| each(Message(m)));
        }
        count
    }
}

/// The end of a partition as the consumer heard last, without asking; `None`: not heard yet.
pub(crate) fn known_end(
    consumer: &BaseConsumer<ConsumerEvents>,
    topic: &str,
    partition: i32,
) -> Option<i64> {
    let topic = CString::new(topic).ok()?;
    let (mut low, mut high) = (-1, -1);
    // SAFETY: client and name are valid, the out parameters are ours.
    let answer = unsafe {
        sys::rd_kafka_get_watermark_offsets(
            consumer.client().native_ptr(),
            topic.as_ptr(),
            partition,
            &raw mut low,
            &raw mut high,
        )
    };
    (answer == Resp::RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0).then_some(high)
}
