//! A question of administration to the brokers: the request, its options and queue, the answer.
//!
//! What the Rust client wraps of librdkafka's administration goes by `admin.rs`; what it does not
//! wrap (groups, ACLs) goes by this.

#![allow(unsafe_code)]

use super::cluster::Client;
use rdkafka::bindings as sys;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Code};
use rdkafka::types::RDKafkaRespErr as Resp;
use std::ffi::{CStr, c_char};
use std::ptr::NonNull;
use std::time::Duration;

/// How much longer than the request itself its answer is waited for.
const GRACE: Duration = Duration::from_secs(1);

/// Something of librdkafka's that is destroyed when dropped.
pub(super) struct Owned<T> {
    it: NonNull<T>,
    destroy: unsafe extern "C" fn(*mut T),
}

impl<T> Owned<T> {
    /// Takes what librdkafka made; an error where it made nothing.
    ///
    /// # Safety
    /// `destroy` is what librdkafka gives for what made `it`, nobody else calls it with `it`, and
    /// the owner lives shorter than the client.
    pub(super) unsafe fn new(
        it: *mut T,
        destroy: unsafe extern "C" fn(*mut T),
    ) -> KafkaResult<Self> {
        let it = NonNull::new(it).ok_or(KafkaError::MetadataFetch(Code::Fail))?;
        Ok(Owned { it, destroy })
    }

    pub(super) fn get(&self) -> *mut T {
        self.it.as_ptr()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: by the contract of `new`.
        unsafe { (self.destroy)(self.get()) }
    }
}

/// What a request is sent with. The pointers are valid while it is being sent.
pub(super) struct Sending {
    pub(super) client: *mut sys::rd_kafka_t,
    pub(super) options: *mut sys::rd_kafka_AdminOptions_t,
    pub(super) queue: *mut sys::rd_kafka_queue_t,
}

/// Asks once: `send` makes the request, `read` takes the answer's event, which is valid and no
/// error, apart.
pub(super) fn ask<T>(
    client: &Client,
    operation: sys::rd_kafka_admin_op_t,
    patience: Duration,
    send: impl FnOnce(&Sending),
    read: impl FnOnce(*mut sys::rd_kafka_event_t) -> KafkaResult<T>,
) -> KafkaResult<T> {
    let client = client.client().native_ptr();
    let millis = |time: Duration| i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: the client lives; what is made is destroyed before it, each by its own function.
    let (queue, options) = unsafe {
        let options = sys::rd_kafka_AdminOptions_new(client, operation);
        (
            Owned::new(sys::rd_kafka_queue_new(client), sys::rd_kafka_queue_destroy)?,
            Owned::new(options, sys::rd_kafka_AdminOptions_destroy)?,
        )
    };
    let mut why: [c_char; 128] = [0; 128];
    // SAFETY: the options live, and `why` has the length that is given.
    refused(unsafe {
        let (reason, room) = (why.as_mut_ptr(), why.len());
        let limit = millis(patience);
        sys::rd_kafka_AdminOptions_set_request_timeout(options.get(), limit, reason, room)
    })?;
    send(&Sending {
        client,
        options: options.get(),
        queue: queue.get(),
    });
    let wait = millis(patience.saturating_add(GRACE));
    // SAFETY: the queue lives; the event is this function's, and destroyed before the queue.
    let event = unsafe {
        let event = sys::rd_kafka_queue_poll(queue.get(), wait);
        Owned::new(event, sys::rd_kafka_event_destroy)
    };
    let event = event.map_err(|_| KafkaError::MetadataFetch(Code::OperationTimedOut))?;
    // SAFETY: the event is whole.
    refused(unsafe { sys::rd_kafka_event_error(event.get()) })?;
    read(event.get())
}

/// The error that a code stands for, if it stands for one. The Rust client's own kind for such
/// answers loses the code, so this is of another kind that keeps it.
pub(super) fn refused(code: Resp) -> KafkaResult<()> {
    match code {
        Resp::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        code => Err(KafkaError::MetadataFetch(code.into())),
    }
}

/// The error of a part of an answer, if it has one.
///
/// # Safety
/// `error` is null or valid.
pub(super) unsafe fn failed(error: *const sys::rd_kafka_error_t) -> KafkaResult<()> {
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: not null, so it is valid (the function's contract).
    refused(unsafe { sys::rd_kafka_error_code(error) })
}

/// What an answer is about; an error where the event holds no such answer.
pub(super) fn answer<T>(result: *const T) -> KafkaResult<*const T> {
    if result.is_null() {
        return Err(KafkaError::MetadataFetch(Code::Fail));
    }
    Ok(result)
}

/// A text that may be absent; an empty one says nothing.
///
/// # Safety
/// `text` is null or a text that ends with 0.
pub(super) unsafe fn text(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, so it is a text (the function's contract).
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    (!text.is_empty()).then(|| text.into_owned())
}
