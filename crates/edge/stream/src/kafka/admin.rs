//! Creates, describes, configures and deletes topics on Kafka.

use super::cluster::Shared;
use super::failure::{from_code, from_kafka, kind_of};
use crate::error::{ErrorKind, LogError};
use crate::topic::{TopicSpec, TopicState};
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigSource, NewTopic, ResourceSpecifier,
    TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode as Code;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

type Admin = AdminClient<DefaultClientContext>;

/// How long one request may take before it is made again.
const SLICE: Duration = Duration::from_secs(10);
/// How long until then.
const AGAIN: Duration = Duration::from_millis(100);

/// Makes a request, by a client of its own, until it is answered, fails for good, or no patience is
/// left. One that timed out may have been done all the same, or be done late: so a request must be
/// one that can be made twice.
fn insist<T>(
    shared: &Shared,
    request: &dyn Fn(&Admin, &AdminOptions) -> Result<T, LogError>,
) -> Result<T, LogError> {
    let patience = shared.settings.patience;
    let begun = Instant::now();
    loop {
        let left = patience.saturating_sub(begun.elapsed());
        let slice = left.clamp(AGAIN, SLICE);
        let admin = shared.settings.asking().create();
        let admin: Admin =
            admin.map_err(|error| from_kafka("opening a Kafka administration client", &error))?;
        let options = AdminOptions::new()
            .request_timeout(Some(slice))
            // A little less: brokers that take longer say so themselves.
            .operation_timeout(Some(slice * 4 / 5));
        let error = match request(&admin, &options) {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if error.kind != ErrorKind::Retriable || begun.elapsed() >= patience {
            return Err(error);
        }
        std::thread::sleep(AGAIN);
    }
}

/// Waits for the answer of the client library's own thread.
fn wait<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// The error of one topic.
fn failed(attempt: &str, topic: &str, code: Code) -> LogError {
    let attempt = format!("{attempt} the topic {topic}");
    from_code(&attempt, kind_of(code), code, &code.to_string())
}

/// Creates topics that are not there, and waits until they can be used.
pub(crate) fn create(shared: &Shared, topics: &[TopicSpec]) -> Result<(), LogError> {
    if topics.is_empty() {
        return Ok(());
    }
    let wanted: Vec<NewTopic<'_>> = topics
        .iter()
        .map(|spec| {
            let copies = TopicReplication::Fixed(spec.replication.unwrap_or(-1));
            let topic = NewTopic::new(&spec.name, spec.partitions, copies);
            spec.config
                .iter()
                .fold(topic, |topic, (key, value)| topic.set(key, value))
        })
        .collect();
    insist(shared, &|admin, options| {
        let answers = wait(admin.create_topics(&wanted, options));
        for answer in answers.map_err(|error| from_kafka("creating topics", &error))? {
            match answer {
                Ok(_) | Err((_, Code::TopicAlreadyExists)) => {}
                Err((topic, code)) => return Err(failed("creating", &topic, code)),
            }
        }
        Ok(())
    })?;
    topics
        .iter()
        .try_for_each(|spec| usable(shared, &spec.name))
}

/// Waits until every partition of a new topic has a leader.
fn usable(shared: &Shared, topic: &str) -> Result<(), LogError> {
    let begun = Instant::now();
    loop {
        let attempt = format!("waiting for the new topic {topic}");
        let found = shared.ask(&attempt, &|client, patience| {
            let metadata = client.fetch_metadata(Some(topic), patience)?;
            let found = metadata.topics().iter().find(|found| found.name() == topic);
            Ok(found.is_some_and(|found| {
                let led = found
                    .partitions()
                    .iter()
                    .all(|partition| partition.leader() >= 0);
                found.error().is_none() && !found.partitions().is_empty() && led
            }))
        })?;
        if found {
            return Ok(());
        }
        if begun.elapsed() > shared.settings.patience {
            let message = format!("{attempt} failed: it has no leader yet; look at the brokers");
            return Err(LogError::new(ErrorKind::Retriable, "no_leader", message));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sets what the specifications name. The call of Kafka sets the whole configuration of a topic and
/// forgets what it does not name, so what was set on the topic before is sent with it.
pub(crate) fn configure(shared: &Shared, topics: &[TopicSpec]) -> Result<(), LogError> {
    if topics.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = topics.iter().map(|spec| spec.name.as_str()).collect();
    let there = describe(shared, &names)?;
    let mut whole = Vec::with_capacity(topics.len());
    for spec in topics {
        let topic = there.iter().find(|topic| topic.name == spec.name);
        let topic = topic.ok_or_else(|| LogError::unknown_topic(&spec.name))?;
        whole.push((spec.name.as_str(), spec.over(&topic.overridden)));
    }
    let wanted: Vec<AlterConfig<'_>> = whole
        .iter()
        .map(|(name, config)| {
            let alter = AlterConfig::new(ResourceSpecifier::Topic(name));
            config
                .iter()
                .fold(alter, |alter, (key, value)| alter.set(key, value))
        })
        .collect();
    insist(shared, &|admin, options| {
        let answers = wait(admin.alter_configs(&wanted, options));
        let answers = answers.map_err(|error| from_kafka("configuring topics", &error))?;
        for (answer, spec) in answers.into_iter().zip(topics) {
            answer.map_err(|(_, code)| failed("configuring", &spec.name, code))?;
        }
        Ok(())
    })
}

/// The topics that are there, with all settings.
pub(crate) fn describe(shared: &Shared, names: &[&str]) -> Result<Vec<TopicState>, LogError> {
    let metadata = shared.ask("asking for the topics", &|client, patience| {
        client.fetch_metadata(None, patience).map(|metadata| {
            let of = |topic: &rdkafka::metadata::MetadataTopic| {
                let copies = topic.partitions().first().map_or(0, |p| p.replicas().len());
                (topic.name().to_owned(), topic.partitions().len(), copies)
            };
            metadata.topics().iter().map(of).collect::<Vec<_>>()
        })
    })?;
    let there = |name: &&str| metadata.iter().find(|(found, _, _)| found == name).cloned();
    let found: Vec<_> = names.iter().filter_map(there).collect();
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: Vec<_> = found
        .iter()
        .map(|(name, _, _)| ResourceSpecifier::Topic(name))
        .collect();
    let answers = insist(shared, &|admin, options| {
        let answers = wait(admin.describe_configs(&wanted, options));
        answers.map_err(|error| from_kafka("asking for topic settings", &error))
    })?;
    let mut states = Vec::with_capacity(found.len());
    for (answer, (name, partitions, copies)) in answers.into_iter().zip(found) {
        let resource = match answer {
            Ok(resource) => resource,
            // Deleted in between.
            Err(Code::UnknownTopicOrPartition) => continue,
            Err(code) => return Err(failed("describing", &name, code)),
        };
        let mut state = TopicState {
            name,
            partitions: i32::try_from(partitions).unwrap_or(i32::MAX),
            replication: i32::try_from(copies).unwrap_or(i32::MAX),
            config: Default::default(),
            overridden: Default::default(),
        };
        for entry in resource.entries {
            let Some(value) = entry.value.filter(|_| !entry.is_sensitive) else {
                continue;
            };
            if entry.source == ConfigSource::DynamicTopic {
                state.overridden.insert(entry.name.clone(), value.clone());
            }
            state.config.insert(entry.name, value);
        }
        states.push(state);
    }
    Ok(states)
}

/// Whether the brokers ask anybody for rights; yes where they do not say.
pub(crate) fn has_authorizer(shared: &Shared) -> Result<bool, LogError> {
    let attempt = "asking for the settings of a broker";
    let broker = shared.ask(attempt, &|client, patience| {
        // Any topic will do: the brokers come with the answer.
        let metadata = client.fetch_metadata(Some("tocsin"), patience)?;
        Ok(metadata.brokers().first().map(|broker| broker.id()))
    })?;
    let Some(broker) = broker else {
        return Ok(true);
    };
    let wanted = [ResourceSpecifier::Broker(broker)];
    let answers = insist(shared, &|admin, options| {
        let answers = wait(admin.describe_configs(&wanted, options));
        answers.map_err(|error| from_kafka(attempt, &error))
    })?;
    // Settings that this user may not see are absent.
    let mut settings = answers.into_iter().flatten().flat_map(|one| one.entries);
    let authorizer = settings.find(|entry| entry.name == "authorizer.class.name");
    Ok(authorizer.is_none_or(|entry| entry.value.is_some_and(|class| !class.is_empty())))
}

/// Deletes topics; one that is not there is no error.
pub(crate) fn delete(shared: &Shared, names: &[&str]) -> Result<(), LogError> {
    if names.is_empty() {
        return Ok(());
    }
    insist(shared, &|admin, options| {
        let answers = wait(admin.delete_topics(names, options));
        for answer in answers.map_err(|error| from_kafka("deleting topics", &error))? {
            match answer {
                Ok(_) | Err((_, Code::UnknownTopicOrPartition)) => {}
                Err((topic, code)) => return Err(failed("deleting", &topic, code)),
            }
        }
        Ok(())
    })?;
    shared.forget(names);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind::{Config, Retriable};
    use crate::kafka::cluster::tests::shared;
    use std::cell::Cell;

    #[test]
    fn a_request_that_times_out_is_made_again_while_there_is_patience() {
        let asked = |patience: Duration, answers: [ErrorKind; 2]| {
            let made = Cell::new(0);
            let outcome = insist(&shared(patience), &|_, _| {
                let before = made.replace(made.get() + 1);
                let kind = answers.get(before).copied();
                kind.map_or(Ok(()), |kind| {
                    Err(LogError::new(kind, "planted", "it failed"))
                })
            });
            (made.get(), outcome.map_err(|error| error.kind))
        };
        let minute = Duration::from_secs(60);
        assert_eq!(asked(minute, [Retriable, Retriable]), (3, Ok(())));
        assert_eq!(asked(minute, [Retriable, Config]), (2, Err(Config)));
        let none = Duration::ZERO;
        assert_eq!(asked(none, [Retriable, Retriable]), (1, Err(Retriable)));
    }
}
