//! Several instances on a real broker: what one of them does not know yet, another does not count
//! as known, and who takes over goes on as if nothing had happened.
//!
//! The parts are those that `TOCSIN_TEST_KAFKA` and `TOCSIN_TEST_REGISTRY` name, which
//! `cargo xtask test` sets; else they are started here.

use crate::support::deployment::{FROM_THE_BEGINNING, STAGES, wait_read_beside, wait_settled};
use crate::support::history::LATE_MATTER;
use crate::support::results::Results;
use crate::support::{Demo, Deployment, PATIENCE, Stage, parts};
use serde_json::Value;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};
use stream::{Assignment, Cluster, KafkaCluster, KafkaSettings, Outgoing, WorkerSpec};
use xtask::parts::kafka::Broker;

/// A member that is dead is noticed soon, and so is a transaction that it leaves open.
const SOON: &str = "[kafka.properties]\n\"session.timeout.ms\" = \"6000\"\n\
                    \"transaction.timeout.ms\" = \"8000\"\n\"message.timeout.ms\" = \"7000\"\n";

/// The answer on the report duty for the matter that is reported late.
fn late_answer(results: &Results) -> Option<String> {
    let all = results.determinations.values();
    let parsed = all.map(|one| serde_json::from_str::<Value>(one).unwrap());
    let of_matter =
        |one: &Value| one["matter"] == LATE_MATTER && one["duty"] == "covered-incident-report";
    let found = parsed.into_iter().find(of_matter)?;
    Some(found["answer"].as_str().unwrap().to_owned())
}

/// How many partitions of its input a stage knows its position in.
fn positions(of: &Stage, stage: &str) -> i32 {
    let status = of.status();
    let stages = status["stages"].as_array().unwrap();
    let found = stages.iter().find(|one| one["stage"] == stage).unwrap();
    let positions = found["tasks"][0]["positions"].as_array().unwrap();
    i32::try_from(positions.len()).unwrap()
}

/// Asks again and again until the answer is there.
///
/// # Panics
/// It is not there within [`PATIENCE`].
fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{what}: not within {PATIENCE:?}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Were assess to believe that a search is finished while what it found is not judged, it would say
/// that nothing is owed.
#[test]
fn a_search_is_not_finished_before_what_it_found_is_judged() {
    let Some(parts) = parts("a_search_is_not_finished_before_what_it_found_is_judged") else {
        return;
    };
    let demo = Demo::get();
    let mut kafka = Deployment::new(parts, "unjudged", FROM_THE_BEGINNING);
    kafka.prepare();
    kafka.produce(&demo.early());
    kafka.produce(&demo.late());
    // Everything is searched and nothing is judged.
    let mut stages: Vec<Stage> = ["screen", "scope", "assess"]
        .iter()
        .map(|stage| kafka.start(&[stage]))
        .collect();
    wait_settled(&stages);
    assert!(kafka.length("coverage") > 0 && kafka.length("candidates") > 0);
    assert_eq!(late_answer(&kafka.results()).as_deref(), Some("open"));
    stages.extend(["verify", "notify"].map(|stage| kafka.start(&[stage])));
    wait_settled(&stages);
    let results = kafka.results();
    assert_eq!(late_answer(&results).as_deref(), Some("owed"));
    results.assert_same(&demo.results);
}

/// Brokers tell a stage that it is fenced also where nobody bears its name any more.
#[test]
fn a_stage_that_was_fenced_goes_on_where_nobody_bears_its_name() {
    let Some(parts) = parts("a_stage_that_was_fenced_goes_on_where_nobody_bears_its_name") else {
        return;
    };
    let demo = Demo::get();
    // Three of its namesake's, so that it is not taken for one that stays.
    const SESSION: &str = "[kafka.properties]\n\"session.timeout.ms\" = \"18000\"\n";
    let mut kafka = Deployment::new(parts, "fenced", &format!("{FROM_THE_BEGINNING}{SESSION}"));
    kafka.prepare();
    let stages = kafka.start_all();
    // At rest: in the middle of a transaction the fence is an abort, after which it begins again.
    wait_settled(&stages);
    let group = kafka.topic("screen");
    let name = eventually("screen is in its group", || {
        kafka.cluster.members(&group).ok()?.pop()?.instance_id
    });
    let mut settings = KafkaSettings::new(&parts.bootstrap);
    settings.client = parts.properties();
    let session = ("session.timeout.ms".to_owned(), "6000".to_owned());
    settings.consumer.extend([session]);
    let namesakes = KafkaCluster::connect(settings).unwrap();
    let spec = WorkerSpec {
        group,
        instance_id: Some(name),
        topics: vec![kafka.topic("access-events")],
        assignment: Assignment::Group,
        ..WorkerSpec::writer(kafka.topic("namesake"))
    };
    let mut namesake = namesakes.open_worker(spec).unwrap();
    eventually("screen is fenced", || {
        // Brokers may hand the group over meanwhile; it is asked again.
        let _ = namesake.poll(1, Duration::from_millis(100), &mut |_| {});
        let page = stages[0].get("/metrics").1;
        let mut series = page
            .lines()
            .filter(|line| line.contains(r#"result="fenced""#));
        series.any(|line| !line.ends_with(" 0")).then_some(())
    });
    drop(namesake);
    kafka.produce(&demo.early());
    kafka.produce(&demo.late());
    wait_settled(&stages);
    kafka.results().assert_same(&demo.results);
}

#[test]
fn two_instances_share_the_work_and_one_takes_over_from_the_other() {
    let Some(parts) = parts("two_instances_share_the_work_and_one_takes_over_from_the_other")
    else {
        return;
    };
    let demo = Demo::get();
    let more = format!("{FROM_THE_BEGINNING}[run]\nbatch_records = 200\n");
    let mut kafka = Deployment::new(parts, "two", &format!("{more}{SOON}"));
    kafka.prepare();
    let first = kafka.start_as("a", &STAGES);
    let second = kafka.start_as("b", &STAGES);
    let state = |of: &Stage, stage: &str| -> Option<String> {
        let status = of.status();
        let stages = status["stages"].as_array()?;
        let found = stages.iter().find(|one| one["stage"] == stage)?;
        Some(found["tasks"][0]["state"].as_str()?.to_owned())
    };
    for (one, name) in [(&first, "a"), (&second, "b")] {
        assert_eq!(one.status()["instance"], name);
    }
    // One of the two is at work in each of the stages that are one task; the other stands by.
    for stage in ["assess", "notify"] {
        eventually(&format!("one {stage} stands by"), || {
            let mut states = [state(&first, stage)?, state(&second, stage)?];
            states.sort();
            (states == ["running", "standby"]).then_some(())
        });
    }
    for one in [&first, &second] {
        eventually("both are ready", || {
            (one.get("/readyz").0 == 200).then_some(())
        });
    }
    kafka.produce(&demo.early());
    // Both read, then the one with assess at work dies in the middle of it.
    for one in [&first, &second] {
        let other = if one.addr == first.addr {
            &second
        } else {
            &first
        };
        wait_read_beside(one, 2_000, &|| {
            format!("{}\n{}", other.status(), other.log())
        });
    }
    let works = |of: &Stage| state(of, "assess").as_deref() == Some("running");
    let (victim, heir) = if works(&first) {
        (first, second)
    } else {
        (second, first)
    };
    victim.kill();
    kafka.produce(&demo.late());
    eventually("the other takes over", || works(&heir).then_some(()));
    // Of the stages that share their work it was told of the rest last, one group after the other.
    for (stage, topic) in [
        ("screen", "access-events"),
        ("scope", "activations"),
        ("verify", "candidates"),
    ] {
        let all = kafka.cluster.partitions(&kafka.topic(topic)).unwrap();
        eventually(&format!("{stage} has all of {topic}"), || {
            (positions(&heir, stage) == all).then_some(())
        });
    }
    wait_settled([&heir]);
    std::thread::sleep(Duration::from_millis(500));
    wait_settled([&heir]);
    kafka.results().assert_same(&demo.results);
    heir.assert_adds_up();
}

/// Answers at `address` as the registry does, from now on.
fn stand_in(address: SocketAddr, registry: &str) {
    let real = registry.strip_prefix("http://").unwrap();
    let real = real.split('/').next().unwrap().to_owned();
    let listener = TcpListener::bind(address).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut here), Ok(mut there)) = (stream, TcpStream::connect(&real)) else {
                continue;
            };
            let (mut asks, mut answers) = (here.try_clone().unwrap(), there.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut asks, &mut there));
            std::thread::spawn(move || std::io::copy(&mut answers, &mut here));
        }
    });
}

#[test]
fn a_registry_that_is_not_there_yet_is_waited_for() {
    let Some(parts) = parts("a_registry_that_is_not_there_yet_is_waited_for") else {
        return;
    };
    let mut kafka = Deployment::new(parts, "patient", FROM_THE_BEGINNING);
    kafka.prepare();
    let port = xtask::parts::free_port().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let (_, path) = parts
        .registry
        .split_at(parts.registry.find("/apis").unwrap());
    let text = std::fs::read_to_string(&kafka.config).unwrap();
    let text = text.replace(&parts.registry, &format!("http://{address}{path}"));
    std::fs::write(&kafka.config, text).unwrap();

    let waits = |stage: &Stage| {
        eventually("it waits for the registry", || {
            let (code, body) = stage.get("/readyz");
            let told = code == 503 && body.contains("waiting_for_registry");
            (told && stage.metric("tocsin_registry_waits_total") > 0).then_some(())
        });
    };
    let told_to_stop = kafka.start_as("a", &["screen"]);
    waits(&told_to_stop);
    assert_eq!(told_to_stop.terminate(), Some(0));

    let stage = kafka.start_as("b", &["screen"]);
    waits(&stage);
    stand_in(address, &parts.registry);
    eventually("it is ready", || {
        (stage.get("/readyz").0 == 200).then_some(())
    });
}

/// Somebody gives inputs more partitions while everything runs, and sources write there before any
/// stage knows of it.
#[test]
fn inputs_gain_partitions_under_a_running_pipeline() {
    let Some(parts) = parts("inputs_gain_partitions_under_a_running_pipeline") else {
        return;
    };
    let broker = Broker::start().unwrap();
    let (parts, demo) = (parts.beside(&broker), Demo::get());
    let often = "[kafka.properties]\n\"topic.metadata.refresh.interval.ms\" = \"2000\"\n";
    let mut kafka = Deployment::new(&parts, "growing", &format!("{FROM_THE_BEGINNING}{often}"));
    kafka.prepare();
    let inputs = &demo.inputs;
    let (first, rest) = inputs.split_at(inputs.len() / 2);
    kafka.produce(first);
    let stages = kafka.start_all();
    wait_settled(&stages);
    let accesses = kafka.topic("access-events");
    let had = kafka.cluster.partitions(&accesses).unwrap();
    broker.grow(&accesses, had + 2).unwrap();
    broker.grow(&kafka.topic("breach-events"), 2).unwrap();
    let records = rest.iter().zip(0..).map(|(one, number)| {
        let value = kafka.confluent(one);
        let record = Outgoing::new(kafka.topic(one.topic), one.key.as_str(), value);
        match one.topic {
            "access-events" => record.on(had + number % 2),
            "breach-events" => record.on(1),
            _ => record,
        }
    });
    let records: Vec<Outgoing> = records.collect();
    eventually("the source knows of them", || kafka.try_send(&records).ok());
    eventually("every stage knows of them", || {
        let all = positions(&stages[0], "screen") == had + 2;
        let grown = |stage: &&Stage| stage.log().contains("topic-has-grown");
        (all && stages.iter().all(|stage| grown(&stage))).then_some(())
    });
    wait_settled(&stages);
    kafka.results().assert_same(&demo.results);
}
