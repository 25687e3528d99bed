//! What only a real broker shows: closing in the middle of a join, topics that go and come back.
//!
//! The tests need `TOCSIN_TEST_KAFKA`, a bootstrap address, which `cargo xtask test` sets.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use stream::{
    Acl, AclOperation, AclResource, Assignment, Cluster, ErrorKind, KafkaCluster, KafkaSettings,
    TopicSpec, Worker, WorkerSpec,
};
use xtask::Trouble;
use xtask::parts::kafka::Broker;
use xtask::parts::{TEST_KAFKA, skip_or_fail};

const WAIT: Duration = Duration::from_millis(10);

/// Settings for the shared broker; `None`: there is none, and the test is skipped.
fn settings(test: &str) -> Option<KafkaSettings> {
    if let Ok(bootstrap) = std::env::var(TEST_KAFKA) {
        return Some(KafkaSettings::new(bootstrap));
    }
    skip_or_fail(test, &Trouble(format!("{TEST_KAFKA} is not set"))).unwrap();
    None
}

/// A name that nobody else uses.
fn name(what: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("kafka-{}-{number}-{what}", std::process::id())
}

/// A dynamic member of the group.
fn member(group: &str, topic: &str) -> WorkerSpec {
    WorkerSpec {
        group: group.to_owned(),
        topics: vec![topic.to_owned()],
        assignment: Assignment::Group,
        ..WorkerSpec::writer(name("txn"))
    }
}

/// Polls for that long and starts what is assigned.
fn polled_for(worker: &mut dyn Worker, time: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        let polled = worker.poll(100, WAIT, &mut |_| {}).unwrap();
        for partition in polled.assigned {
            worker
                .start(&partition.topic, partition.partition, 0)
                .unwrap();
        }
    }
}

/// Where a close hangs, the watchdog ends the process, and the test with it.
#[test]
fn a_worker_can_be_dropped_at_any_moment_of_a_join() {
    let test = "a_worker_can_be_dropped_at_any_moment_of_a_join";
    let Some(mut settings) = settings(test) else {
        return;
    };
    settings.stall = Duration::from_secs(15);
    let cluster = KafkaCluster::connect(settings).unwrap();
    let topic = name("joins");
    cluster.create_topics(&[TopicSpec::new(&topic, 4)]).unwrap();
    let mut longest = Duration::ZERO;
    for round in 0..36 {
        let delay = Duration::from_millis(round * 37 % 400);
        let group = name("group");
        let open = || {
            // A static member does not say farewell to the broker, so it comes to its end sooner.
            let instance_id = (round % 2 == 0).then(|| name("slot"));
            let spec = WorkerSpec {
                instance_id,
                ..member(&group, &topic)
            };
            cluster.open_worker(spec).unwrap()
        };
        let mut workers = vec![open()];
        match round % 3 {
            // Its first assignment lies there and nobody has looked.
            0 => std::thread::sleep(delay),
            1 => polled_for(&mut *workers[0], delay),
            // One gives up partitions while another joins.
            _ => {
                polled_for(&mut *workers[0], Duration::from_millis(200));
                workers.push(open());
                polled_for(&mut *workers[0], delay);
            }
        }
        for worker in workers {
            let begun = Instant::now();
            drop(worker);
            longest = longest.max(begun.elapsed());
        }
    }
    println!("the longest drop took {longest:?}");
}

#[test]
fn a_topic_that_was_there_is_waited_for_and_one_that_never_was_is_missing() {
    let test = "a_topic_that_was_there_is_waited_for_and_one_that_never_was_is_missing";
    let Some(mut settings) = settings(test) else {
        return;
    };
    let others = KafkaCluster::connect(settings.clone()).unwrap();
    settings.stall = Duration::from_secs(8);
    let cluster = KafkaCluster::connect(settings).unwrap();
    let topic = name("away");
    let kind = |topic: &str| cluster.partitions(topic).map_err(|error| error.kind);
    assert_eq!(kind(&topic), Err(ErrorKind::NotFound), "it never was there");
    let create = || others.create_topics(&[TopicSpec::new(&topic, 1)]).unwrap();
    create();
    let mut worker = cluster.open_worker(member(&name("group"), &topic)).unwrap();
    polled_for(&mut *worker, Duration::from_secs(1));
    others.delete_topics(&[&topic]).unwrap();
    let away = until("it is not heard of", || kind(&topic).err());
    assert_eq!(away, ErrorKind::Retriable, "it was there");
    // Who reads it hears nothing, or that it shall begin again; never that the topic is missing.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        if let Err(error) = worker.poll(10, WAIT, &mut |_| {}) {
            assert_eq!(error.kind, ErrorKind::Retriable, "{error}");
        }
    }
    create();
    until("it is back", || kind(&topic).ok());
    others.delete_topics(&[&topic]).unwrap();
    let begun = Instant::now();
    until("it is given up", || {
        (kind(&topic) == Err(ErrorKind::NotFound)).then_some(())
    });
    assert!(begun.elapsed() > Duration::from_secs(7), "too early");
}

/// Asks until there is an answer.
fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The client library waits for the coordinator that it knew, and for ever.
#[test]
fn a_broker_that_was_out_of_its_cluster_for_a_while_is_asked_again() {
    let test = "a_broker_that_was_out_of_its_cluster_for_a_while_is_asked_again";
    let broker = match Broker::start() {
        Ok(broker) => broker,
        Err(missing) => return skip_or_fail(test, &missing).unwrap(),
    };
    let mut settings = KafkaSettings::new(broker.bootstrap());
    // A first topic can take its time on a machine that others use too.
    let unhurried = KafkaCluster::connect(settings.clone()).unwrap();
    let topic = name("fenced");
    unhurried
        .create_topics(&[TopicSpec::new(&topic, 1)])
        .unwrap();
    settings.patience = Duration::from_secs(6);
    let cluster = KafkaCluster::connect(settings).unwrap();
    let group = name("group");
    // A broker that has just started may not know its groups yet.
    let members = until("its groups are known", || cluster.members(&group).ok());
    assert_eq!(members, []);
    // It counts as gone after a second without a heartbeat; then nobody is in the cluster. Whoever
    // asks in that moment hears so.
    for _ in 0..3 {
        let asking = cluster.clone();
        let topic = topic.clone();
        let asked = std::thread::spawn(move || asking.range(&topic, 0).map(drop));
        broker.pause(Duration::from_secs(4));
        let _ = asked.join().unwrap();
        until("its group is told of", || cluster.members(&group).ok());
    }
}

/// The client library would answer that there are no ACLs.
#[test]
fn brokers_that_ask_nobody_for_rights_say_so() {
    let test = "brokers_that_ask_nobody_for_rights_say_so";
    let Some(settings) = settings(test) else {
        return;
    };
    let cluster = KafkaCluster::connect(settings).unwrap();
    let user = "User:nobody".to_owned();
    let one = Acl::allow(&user, AclOperation::Read, AclResource::Topic, name("acl"));
    let one = BTreeSet::from([one]);
    let set = cluster.set_acls(&one).unwrap_err();
    let removed = cluster.remove_acls(&one).unwrap_err();
    let asked = cluster.acls_of(&BTreeSet::from([user])).unwrap_err();
    for error in [set, removed, asked] {
        assert_eq!(
            (error.kind, error.code.as_str()),
            (ErrorKind::Config, "SecurityDisabled")
        );
        assert!(error.message.contains("authorizer.class.name"), "{error}");
    }
    let (here, elsewhere) = (name("rights"), name("nowhere"));
    cluster.create_topics(&[TopicSpec::new(&here, 1)]).unwrap();
    let may = cluster.own_rights(&[&here, &elsewhere]).unwrap();
    assert!(may[&here].contains(&AclOperation::Write), "{may:?}");
    assert!(!may.contains_key(&elsewhere), "{may:?}");
}
