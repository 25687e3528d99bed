//! librdkafka's errors, told apart by what the caller has to do.

use crate::error::{ErrorKind, LogError};
use rdkafka::error::{KafkaError, RDKafkaError, RDKafkaErrorCode as Code};

/// The kind of a code that came without librdkafka's flags.
pub(crate) fn kind_of(code: Code) -> ErrorKind {
    match code {
        Code::Fenced
        | Code::ProducerFenced
        | Code::InvalidProducerEpoch
        | Code::FencedInstanceId => ErrorKind::Fenced,
        Code::UnknownTopicOrPartition | Code::UnknownPartition | Code::UnknownTopic => {
            ErrorKind::NotFound
        }
        Code::AutoOffsetReset | Code::OffsetOutOfRange => ErrorKind::NotFound,
        Code::TopicAuthorizationFailed
        | Code::GroupAuthorizationFailed
        | Code::ClusterAuthorizationFailed
        | Code::TransactionalIdAuthorizationFailed
        | Code::SecurityDisabled
        | Code::Authentication
        | Code::SaslAuthenticationFailed
        | Code::UnsupportedSASLMechanism
        | Code::SSL
        | Code::InvalidTopic
        | Code::InvalidConfig
        | Code::InvalidPartitions
        | Code::InvalidReplicationFactor
        | Code::PolicyViolation
        | Code::MessageSizeTooLarge
        | Code::UnreleasedInstanceId
        | Code::InvalidTimestamp => ErrorKind::Config,
        Code::OperationTimedOut
        | Code::RequestTimedOut
        | Code::BrokerTransportFailure
        | Code::AllBrokersDown
        | Code::LeaderNotAvailable
        | Code::NotLeaderForPartition
        | Code::CoordinatorNotAvailable
        | Code::CoordinatorLoadInProgress
        | Code::NotCoordinator
        | Code::NotController
        | Code::NetworkException
        | Code::Resolve
        | Code::QueueFull => ErrorKind::Retriable,
        _ => ErrorKind::Fatal,
    }
}

/// The same for a client that reads: what it reads was there when it began. Whoever opens it again
/// asks for the topics again, and is told when they stay away.
pub(crate) fn kind_when_reading(code: Code) -> ErrorKind {
    match code {
        Code::UnknownTopicOrPartition | Code::UnknownPartition | Code::UnknownTopic => {
            ErrorKind::Retriable
        }
        code => kind_of(code),
    }
}

/// Whether brokers refused it because this user may not do it.
pub(crate) fn is_refusal(code: Code) -> bool {
    matches!(
        code,
        Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
    )
}

/// Which right is missing, and where to look.
fn missing_right(code: Code) -> &'static str {
    match code {
        Code::TopicAuthorizationFailed => {
            "this user lacks an ACL on the topic: READ to read it, WRITE to write it, DESCRIBE to \
             ask about it; `tocsin topics check`, called by an administrator, names it"
        }
        Code::GroupAuthorizationFailed => {
            "this user lacks an ACL on the group: READ to be in it, DESCRIBE to ask about it; \
             `tocsin topics check`, called by an administrator, names it"
        }
        Code::TransactionalIdAuthorizationFailed => {
            "this user lacks an ACL on the transactional id: WRITE; `tocsin topics check`, called \
             by an administrator, names it"
        }
        _ => {
            "this user lacks an ACL on the cluster: CREATE to create topics, ALTER to set ACLs, \
             DESCRIBE to see them; call it as an administrator"
        }
    }
}

/// What a person can do about it.
fn hint(kind: ErrorKind, code: Code) -> &'static str {
    match (kind, code) {
        (ErrorKind::Fenced, _) => "another process uses the same id: stop one of them",
        (ErrorKind::Config, code) if is_refusal(code) => missing_right(code),
        (_, Code::SecurityDisabled) => {
            "the brokers have no authorizer (authorizer.class.name), so everybody may do \
             everything: set one, or take kafka.principals out of the configuration"
        }
        (_, Code::Authentication | Code::SaslAuthenticationFailed | Code::SSL) => {
            "check the security.*, sasl.* and ssl.* properties"
        }
        (_, Code::MessageSizeTooLarge) => {
            "raise the topic's max.message.bytes (`tocsin topics apply` does)"
        }
        (_, Code::InvalidTimestamp) => "the topic refuses time stamps so far from the present",
        (ErrorKind::Config, _) => {
            "check the rights (ACLs) and settings of this user on the cluster"
        }
        (ErrorKind::NotFound, _) => "compare the topics with their specification",
        (ErrorKind::Abort, _) => "abort the transaction and start again where it was committed",
        (ErrorKind::Retriable, _) => "it is tried again; check that the brokers can be reached",
        (ErrorKind::Fatal, _) => "the client is opened anew",
    }
}

/// The error of an attempt, from a code.
pub(crate) fn from_code(attempt: &str, kind: ErrorKind, code: Code, reason: &str) -> LogError {
    let hint = hint(kind, code);
    LogError::new(
        kind,
        format!("{code:?}"),
        format!("{attempt} failed: {reason}; {hint}"),
    )
}

/// The code of an error, also of one of administration, of which the client library keeps it back.
fn code_of(error: &KafkaError) -> Option<Code> {
    match error {
        KafkaError::AdminOp(code) => Some(*code),
        error => error.rdkafka_error_code(),
    }
}

/// The error of an attempt.
pub(crate) fn from_kafka(attempt: &str, error: &KafkaError) -> LogError {
    match (error, code_of(error)) {
        (KafkaError::Transaction(error), _) => from_flags(attempt, error),
        // A client configuration error prints the value, which may be a secret.
        (KafkaError::ClientConfig(_, what, key, _), _) => {
            let message = format!("{attempt} failed: the property {key}: {what}; correct it");
            LogError::new(ErrorKind::Config, "client_config", message)
        }
        (KafkaError::ClientCreation(what), _) => {
            let message = format!("{attempt} failed: {what}; correct the Kafka properties");
            LogError::new(ErrorKind::Config, "client_creation", message)
        }
        (_, Some(code)) => from_code(attempt, kind_of(code), code, &error.to_string()),
        (_, None) => {
            let message = format!("{attempt} failed: {error}; the client is opened anew");
            LogError::new(ErrorKind::Fatal, "client", message)
        }
    }
}

/// The error of a transactional call, by librdkafka's three flags.
pub(crate) fn from_flags(attempt: &str, error: &RDKafkaError) -> LogError {
    let code = error.code();
    let by_code = kind_of(code);
    let kind = if error.is_fatal() {
        match by_code {
            ErrorKind::Fenced | ErrorKind::Config => by_code,
            _ => ErrorKind::Fatal,
        }
    } else if is_refusal(code) {
        // An abort and another attempt would end in the same refusal.
        ErrorKind::Config
    } else if error.txn_requires_abort() {
        // Also `FencedInstanceId`, which can be this member's own earlier membership.
        ErrorKind::Abort
    } else if matches!(code, Code::OperationTimedOut | Code::RequestTimedOut) {
        // A request that timed out may still arrive and hit a later transaction: rebuild.
        ErrorKind::Fatal
    } else if error.is_retriable() {
        ErrorKind::Retriable
    } else if by_code == ErrorKind::Fenced {
        ErrorKind::Fenced
    } else {
        ErrorKind::Fatal
    };
    from_code(attempt, kind, code, &error.string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_administration_that_times_out_may_be_made_again() {
        for (code, kind) in [
            (Code::OperationTimedOut, ErrorKind::Retriable),
            (Code::RequestTimedOut, ErrorKind::Retriable),
            (Code::NotController, ErrorKind::Retriable),
            (Code::ClusterAuthorizationFailed, ErrorKind::Config),
            (Code::UnsupportedVersion, ErrorKind::Fatal),
        ] {
            let error = from_kafka("creating topics", &KafkaError::AdminOp(code));
            assert_eq!((error.kind, error.code), (kind, format!("{code:?}")));
            assert!(error.message.starts_with("creating topics failed: "));
        }
    }
}
