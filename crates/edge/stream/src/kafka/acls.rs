//! Access control lists on Kafka: sets them, takes them away, asks for them, and asks what this
//! user may do itself.

#![allow(unsafe_code)]

use super::admin;
use super::asked::{Owned, Sending, answer, ask, failed, text};
use super::cluster::{Client, Shared};
use super::described::describe as describe_topics;
use super::failure::from_code;
use crate::acl::{Acl, AclOperation, AclPattern, AclPermission, AclResource};
use crate::error::{ErrorKind, LogError};
use rdkafka::bindings as sys;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Code};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CString, c_char};
use std::ptr;
use std::time::{Duration, Instant};
use sys::rd_kafka_AclOperation_t as Op;
use sys::rd_kafka_AclPermissionType_t as Permission;
use sys::rd_kafka_ResourcePatternType_t as Pattern;
use sys::rd_kafka_ResourceType_t as Resource;
use sys::rd_kafka_admin_op_t as Request;

/// The controller has what was just set; the broker that is asked hears of it a moment later.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

const RESOURCES: [(AclResource, Resource); 4] = [
    (AclResource::Topic, Resource::RD_KAFKA_RESOURCE_TOPIC),
    (AclResource::Group, Resource::RD_KAFKA_RESOURCE_GROUP),
    // One number for two things: a broker where settings are asked for, the cluster in an ACL.
    (AclResource::Cluster, Resource::RD_KAFKA_RESOURCE_BROKER),
    (
        AclResource::TransactionalId,
        Resource::RD_KAFKA_RESOURCE_TRANSACTIONAL_ID,
    ),
];

const PATTERNS: [(AclPattern, Pattern); 2] = [
    (
        AclPattern::Literal,
        Pattern::RD_KAFKA_RESOURCE_PATTERN_LITERAL,
    ),
    (
        AclPattern::Prefixed,
        Pattern::RD_KAFKA_RESOURCE_PATTERN_PREFIXED,
    ),
];

const OPERATIONS: [(AclOperation, Op); 11] = [
    (AclOperation::All, Op::RD_KAFKA_ACL_OPERATION_ALL),
    (AclOperation::Read, Op::RD_KAFKA_ACL_OPERATION_READ),
    (AclOperation::Write, Op::RD_KAFKA_ACL_OPERATION_WRITE),
    (AclOperation::Create, Op::RD_KAFKA_ACL_OPERATION_CREATE),
    (AclOperation::Delete, Op::RD_KAFKA_ACL_OPERATION_DELETE),
    (AclOperation::Alter, Op::RD_KAFKA_ACL_OPERATION_ALTER),
    (AclOperation::Describe, Op::RD_KAFKA_ACL_OPERATION_DESCRIBE),
    (
        AclOperation::ClusterAction,
        Op::RD_KAFKA_ACL_OPERATION_CLUSTER_ACTION,
    ),
    (
        AclOperation::DescribeConfigs,
        Op::RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS,
    ),
    (
        AclOperation::AlterConfigs,
        Op::RD_KAFKA_ACL_OPERATION_ALTER_CONFIGS,
    ),
    (
        AclOperation::IdempotentWrite,
        Op::RD_KAFKA_ACL_OPERATION_IDEMPOTENT_WRITE,
    ),
];

/// What stands beside `ours`; an error for what this crate does not set.
fn theirs<A: PartialEq, B: Copy>(pairs: &[(A, B)], ours: &A) -> KafkaResult<B> {
    let found = pairs.iter().find(|(one, _)| one == ours);
    found
        .map(|(_, theirs)| *theirs)
        .ok_or(KafkaError::MetadataFetch(Code::InvalidArgument))
}

fn ours<A: Copy, B: PartialEq>(pairs: &[(A, B)], theirs: &B) -> Option<A> {
    let found = pairs.iter().find(|(_, one)| one == theirs);
    found.map(|(ours, _)| *ours)
}

/// Sets ACLs; one that is there already stays. Returns once the broker that is asked knows them.
pub(crate) fn set(shared: &Shared, acls: &BTreeSet<Acl>) -> Result<(), LogError> {
    if acls.is_empty() {
        return Ok(());
    }
    shared.ask("setting ACLs", &|client, patience| {
        create(client, patience, acls)
    })?;
    settle(shared, acls, &|found| acls.is_subset(found))
}

/// Takes ACLs away; one that is not there is no error. Returns once the broker that is asked knows.
pub(crate) fn remove(shared: &Shared, acls: &BTreeSet<Acl>) -> Result<(), LogError> {
    if acls.is_empty() {
        return Ok(());
    }
    shared.ask("taking ACLs away", &|client, patience| {
        delete(client, patience, acls)
    })?;
    settle(shared, acls, &|found| acls.is_disjoint(found))
}

/// Waits until the ACLs of those whom these are about are as they should be, for as long as an
/// answer is waited for.
fn settle(
    shared: &Shared,
    acls: &BTreeSet<Acl>,
    is_so: &dyn Fn(&BTreeSet<Acl>) -> bool,
) -> Result<(), LogError> {
    let whose: BTreeSet<String> = acls.iter().map(|acl| acl.principal.clone()).collect();
    let begun = Instant::now();
    while begun.elapsed() < shared.settings.patience && !is_so(&of(shared, &whose)?) {
        std::thread::sleep(LOOK_AGAIN);
    }
    Ok(())
}

/// The ACLs of these principals.
pub(crate) fn of(
    shared: &Shared,
    principals: &BTreeSet<String>,
) -> Result<BTreeSet<Acl>, LogError> {
    let mut found = BTreeSet::new();
    for principal in principals {
        let attempt = format!("asking for the ACLs of {principal}");
        found.extend(shared.ask(&attempt, &|client, patience| {
            describe(client, patience, principal)
        })?);
    }
    if found.is_empty() {
        visible(shared)?;
    }
    Ok(found)
}

/// Whether ACLs are there to be seen. librdkafka drops the error of an answer about ACLs: "you may
/// not see them" and "nobody is asked for rights here" read as "there are none" (seen with 2.12.1,
/// `rd_kafka_DescribeAclsResponse_parse`). So an answer that names none is doubted.
fn visible(shared: &Shared) -> Result<(), LogError> {
    let attempt = "asking for ACLs";
    let refused = |code: Code| from_code(attempt, ErrorKind::Config, code, &code.to_string());
    let mine = shared.ask(attempt, &cluster_rights)?;
    if mine.is_some_and(|mine| !mine.contains(&AclOperation::Describe)) {
        return Err(refused(Code::ClusterAuthorizationFailed));
    }
    if admin::has_authorizer(shared)? {
        Ok(())
    } else {
        Err(refused(Code::SecurityDisabled))
    }
}

/// What this user itself may do with topics, by their names. A topic of which it may not even know
/// stands there with nothing; one that is not there, or of which the brokers do not say, is absent.
pub(crate) fn own(
    shared: &Shared,
    topics: &[&str],
) -> Result<BTreeMap<String, BTreeSet<AclOperation>>, LogError> {
    if topics.is_empty() {
        return Ok(BTreeMap::new());
    }
    let attempt = "asking what this user may do with the topics";
    // All the time at once: see what `members` says of questions that are given up.
    let patience = shared.settings.patience;
    shared.ask(attempt, &|client, _| topic_rights(client, patience, topics))
}

/// What makes an ACL, or the question for exactly this one, which is the same to librdkafka.
type Make = unsafe extern "C" fn(
    Resource,
    *const c_char,
    Pattern,
    *const c_char,
    *const c_char,
    Op,
    Permission,
    *mut c_char,
    usize,
) -> *mut sys::rd_kafka_AclBinding_t;

fn binding(make: Make, acl: &Acl) -> KafkaResult<Owned<sys::rd_kafka_AclBinding_t>> {
    let resource = theirs(&RESOURCES, &acl.resource)?;
    let pattern = theirs(&PATTERNS, &acl.pattern)?;
    let operation = theirs(&OPERATIONS, &acl.operation)?;
    let permission = match acl.permission {
        AclPermission::Allow => Permission::RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW,
        AclPermission::Deny => Permission::RD_KAFKA_ACL_PERMISSION_TYPE_DENY,
    };
    let name = CString::new(acl.name.as_str())?;
    let principal = CString::new(acl.principal.as_str())?;
    let host = CString::new(acl.host.as_str())?;
    let mut why: [c_char; 128] = [0; 128];
    // SAFETY: `make` is one of the two functions that this type is made for; the texts end with 0
    // and are copied; `why` has the length that is given; what is made is destroyed by its own
    // function, which is the same for both, once, and needs no client.
    unsafe {
        let made = make(
            resource,
            name.as_ptr(),
            pattern,
            principal.as_ptr(),
            host.as_ptr(),
            operation,
            permission,
            why.as_mut_ptr(),
            why.len(),
        );
        Owned::new(made, sys::rd_kafka_AclBinding_destroy)
    }
}

fn create(client: &Client, patience: Duration, acls: &BTreeSet<Acl>) -> KafkaResult<()> {
    let made = acls
        .iter()
        .map(|acl| binding(sys::rd_kafka_AclBinding_new, acl))
        .collect::<KafkaResult<Vec<_>>>()?;
    let mut pointers: Vec<_> = made.iter().map(Owned::get).collect();
    ask(
        client,
        Request::RD_KAFKA_ADMIN_OP_CREATEACLS,
        patience,
        |to| {
            let (acls, count) = (pointers.as_mut_ptr(), pointers.len());
            // SAFETY: all pointers are valid for the call, which copies bindings and options.
            unsafe { sys::rd_kafka_CreateAcls(to.client, acls, count, to.options, to.queue) }
        },
        |event| {
            // SAFETY: the event is valid, what is asked of it belongs to it, and an index below a
            // count that was given is valid.
            unsafe {
                let result = answer(sys::rd_kafka_event_CreateAcls_result(event))?;
                let mut count = 0;
                let results = sys::rd_kafka_CreateAcls_result_acls(result, &raw mut count);
                (0..count).try_for_each(|index| {
                    failed(sys::rd_kafka_acl_result_error(*results.add(index)))
                })
            }
        },
    )
}

fn delete(client: &Client, patience: Duration, acls: &BTreeSet<Acl>) -> KafkaResult<()> {
    let made = acls
        .iter()
        .map(|acl| binding(sys::rd_kafka_AclBindingFilter_new, acl))
        .collect::<KafkaResult<Vec<_>>>()?;
    let mut pointers: Vec<_> = made.iter().map(Owned::get).collect();
    ask(
        client,
        Request::RD_KAFKA_ADMIN_OP_DELETEACLS,
        patience,
        |to| {
            let (acls, count) = (pointers.as_mut_ptr(), pointers.len());
            // SAFETY: all pointers are valid for the call, which copies filters and options.
            unsafe { sys::rd_kafka_DeleteAcls(to.client, acls, count, to.options, to.queue) }
        },
        |event| {
            // SAFETY: the event is valid, what is asked of it belongs to it, and an index below a
            // count that was given is valid.
            unsafe {
                let result = answer(sys::rd_kafka_event_DeleteAcls_result(event))?;
                let mut count = 0;
                let answers = sys::rd_kafka_DeleteAcls_result_responses(result, &raw mut count);
                (0..count).try_for_each(|index| {
                    let answer = *answers.add(index);
                    failed(sys::rd_kafka_DeleteAcls_result_response_error(answer))
                })
            }
        },
    )
}

fn describe(client: &Client, patience: Duration, principal: &str) -> KafkaResult<Vec<Acl>> {
    let principal = CString::new(principal)?;
    let mut why: [c_char; 128] = [0; 128];
    // SAFETY: the text ends with 0 and is copied, texts that are null are not asked for, `why` has
    // the length that is given; a filter is destroyed as a binding is, which it is to librdkafka.
    let filter = unsafe {
        let made = sys::rd_kafka_AclBindingFilter_new(
            Resource::RD_KAFKA_RESOURCE_ANY,
            ptr::null(),
            Pattern::RD_KAFKA_RESOURCE_PATTERN_ANY,
            principal.as_ptr(),
            ptr::null(),
            Op::RD_KAFKA_ACL_OPERATION_ANY,
            Permission::RD_KAFKA_ACL_PERMISSION_TYPE_ANY,
            why.as_mut_ptr(),
            why.len(),
        );
        Owned::new(made, sys::rd_kafka_AclBinding_destroy)?
    };
    ask(
        client,
        Request::RD_KAFKA_ADMIN_OP_DESCRIBEACLS,
        patience,
        // SAFETY: all pointers are valid for the call, which copies filter and options.
        |to| unsafe { sys::rd_kafka_DescribeAcls(to.client, filter.get(), to.options, to.queue) },
        |event| {
            // SAFETY: the event is valid, what is asked of it belongs to it and is copied, and an
            // index below a count that was given is valid.
            unsafe {
                let result = answer(sys::rd_kafka_event_DescribeAcls_result(event))?;
                let mut count = 0;
                let acls = sys::rd_kafka_DescribeAcls_result_acls(result, &raw mut count);
                (0..count).map(|index| acl(*acls.add(index))).collect()
            }
        },
    )
}

/// An ACL of an answer.
///
/// # Safety
/// `binding` is valid. librdkafka has put "unknown" for numbers that its enumerations lack.
unsafe fn acl(binding: *const sys::rd_kafka_AclBinding_t) -> KafkaResult<Acl> {
    // SAFETY: by the contract of this function; texts belong to the binding and are copied.
    unsafe {
        failed(sys::rd_kafka_AclBinding_error(binding))?;
        let resource = ours(&RESOURCES, &sys::rd_kafka_AclBinding_restype(binding));
        let pattern = sys::rd_kafka_AclBinding_resource_pattern_type(binding);
        let operation = ours(&OPERATIONS, &sys::rd_kafka_AclBinding_operation(binding));
        let permission = match sys::rd_kafka_AclBinding_permission_type(binding) {
            Permission::RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW => AclPermission::Allow,
            _ => AclPermission::Deny,
        };
        Ok(Acl {
            principal: text(sys::rd_kafka_AclBinding_principal(binding)).unwrap_or_default(),
            resource: resource.unwrap_or(AclResource::Other),
            name: text(sys::rd_kafka_AclBinding_name(binding)).unwrap_or_default(),
            pattern: ours(&PATTERNS, &pattern).unwrap_or(AclPattern::Other),
            operation: operation.unwrap_or(AclOperation::Other),
            permission,
            host: text(sys::rd_kafka_AclBinding_host(binding)).unwrap_or_default(),
        })
    }
}

/// Asks that the answer say what this user may do.
fn with_rights(to: &Sending) {
    // SAFETY: the options are valid; an error that is given is the caller's to destroy.
    unsafe {
        let error = sys::rd_kafka_AdminOptions_set_include_authorized_operations(to.options, 1);
        if !error.is_null() {
            sys::rd_kafka_error_destroy(error);
        }
    }
}

/// The operations of an answer; `None`: it does not say.
///
/// # Safety
/// `all` is null or points to `count` operations.
unsafe fn operations(all: *const Op, count: usize) -> Option<BTreeSet<AclOperation>> {
    if all.is_null() {
        return None;
    }
    if count == 0 {
        // Not null all the same, and perhaps not where an operation may stand.
        return Some(BTreeSet::new());
    }
    // SAFETY: not null, so it is what the function's contract says.
    let all = unsafe { std::slice::from_raw_parts(all, count) };
    let known = all.iter().filter_map(|one| ours(&OPERATIONS, one));
    Some(known.collect())
}

/// What an answer says that this user may do with a topic that it describes. Whoever may do nothing
/// with a topic is not told of it at all, so nothing is what brokers say that do not fill it in:
/// some which speak Kafka's protocol do not.
fn of_described(may: Option<BTreeSet<AclOperation>>) -> Option<BTreeSet<AclOperation>> {
    may.filter(|may| !may.is_empty())
}

/// What this user may do with the cluster itself; `None`: the brokers do not say. Nothing at all is
/// an answer here: it is what Kafka says to whoever lacks DESCRIBE on the cluster.
fn cluster_rights(
    client: &Client,
    patience: Duration,
) -> KafkaResult<Option<BTreeSet<AclOperation>>> {
    ask(
        client,
        Request::RD_KAFKA_ADMIN_OP_DESCRIBECLUSTER,
        patience,
        |to| {
            with_rights(to);
            // SAFETY: all pointers are valid for the call, which copies the options.
            unsafe { sys::rd_kafka_DescribeCluster(to.client, to.options, to.queue) }
        },
        |event| {
            // SAFETY: the event is valid, and what is asked of it belongs to it and is copied.
            unsafe {
                let result = answer(sys::rd_kafka_event_DescribeCluster_result(event))?;
                let mut count = 0;
                let all = sys::rd_kafka_DescribeCluster_result_authorized_operations(
                    result,
                    &raw mut count,
                );
                Ok(operations(all, count))
            }
        },
    )
}

fn topic_rights(
    client: &Client,
    patience: Duration,
    topics: &[&str],
) -> KafkaResult<BTreeMap<String, BTreeSet<AclOperation>>> {
    let mut found = BTreeMap::new();
    describe_topics(
        client,
        patience,
        topics,
        &with_rights,
        &mut |name, topic| {
            let may = match topic {
                Ok(topic) => {
                    let mut count = 0;
                    // SAFETY: the description is valid for this call, and what is asked of it is
                    // copied.
                    unsafe {
                        let all = sys::rd_kafka_TopicDescription_authorized_operations(
                            topic,
                            &raw mut count,
                        );
                        of_described(operations(all, count))
                    }
                }
                Err(KafkaError::MetadataFetch(Code::TopicAuthorizationFailed)) => {
                    Some(BTreeSet::new())
                }
                Err(_) => None,
            };
            found.extend(may.map(|may| (name, may)));
        },
    )?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(all: &[Op]) -> Option<BTreeSet<AclOperation>> {
        // SAFETY: the pointer is that of the slice, with its length.
        unsafe { operations(all.as_ptr(), all.len()) }
    }

    /// Brokers that do not fill it in answer so, and nobody may do nothing with what is described.
    #[test]
    fn a_topic_that_is_described_with_no_operation_does_not_say_what_this_user_may() {
        // SAFETY: nothing is looked at where the pointer is null.
        assert_eq!(unsafe { operations(ptr::null(), 0) }, None);
        assert_eq!(of_described(said(&[])), None);
        let read = of_described(said(&[Op::RD_KAFKA_ACL_OPERATION_READ]));
        assert_eq!(read, Some(BTreeSet::from([AclOperation::Read])));
        // Of the cluster it says that this user may not even ask about it.
        assert_eq!(said(&[]), Some(BTreeSet::new()));
    }
}
