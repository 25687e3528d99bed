//! What operators do, on a real broker with a real registry: dead letters sent through again,
//! ranges of real topics replayed, repeated and compared, topics set up beside a company's own.
//!
//! The parts are those that `TOCSIN_TEST_KAFKA` and `TOCSIN_TEST_REGISTRY` name, which
//! `cargo xtask test` sets; else they are started here.

use crate::support::deployment::{FROM_THE_BEGINNING, STAGES, configuration, wait_settled};
use crate::support::results::Results;
use crate::support::{Demo, Deployment, PATIENCE, Parts, Stage, parts};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use stream::{Assignment, Cluster, Outgoing, TopicPartition, TopicSpec, WorkerSpec};
use wire::{RecordKind, Registry, subject};
use xtask::parts::http::answering;
use xtask::parts::kafka::Broker;
use xtask::parts::process::Scratch;
use xtask::parts::skip_or_fail;

/// The newest schema of an access, with one nullable field more; `number` makes another of it.
fn schema_with_more(number: u32) -> String {
    let mut schema: Value = serde_json::from_str(RecordKind::AccessEvent.newest_schema()).unwrap();
    let more = serde_json::json!({ "name": format!("more_{number}"), "type": ["null", "string"],
        "default": null, "doc": "What a newer release of the source says." });
    schema["fields"].as_array_mut().unwrap().push(more);
    schema.to_string()
}

#[test]
fn a_schema_registered_too_late_leaves_no_trace_after_a_redrive() {
    let test = "a_schema_registered_too_late_leaves_no_trace_after_a_redrive";
    let Some(parts) = parts(test) else {
        return;
    };
    // Of its own: the test foresees the next id.
    let own = match xtask::parts::registry::Registry::start() {
        Ok(registry) => registry,
        Err(missing) => return skip_or_fail(test, &missing).unwrap(),
    };
    let parts = parts.with_registry(&own);
    let demo = Demo::get();
    let more = format!("{FROM_THE_BEGINNING}[run]\nunknown_schema_wait_seconds = 1\n");
    let mut kafka = Deployment::new(&parts, "redrive", &more);
    kafka.prepare();
    // Its start registers what it writes; after that the ids of the registry stand still.
    let stage = kafka.start(&[]);
    wait_settled([&stage]);
    let registry = Registry::new(&parts.registry, None);
    let subject = subject(&format!("{}elsewhere", kafka.prefix));
    let known = registry.register(&subject, &schema_with_more(0)).unwrap();
    let foreseen = known + 1;

    // Every fiftieth access is written by a schema that nobody has registered yet.
    let accesses = |one: &&crate::support::Input| one.topic == "access-events";
    let mut seen = 0;
    let records = demo.inputs.iter().map(|one| {
        let mut value = kafka.confluent(one);
        seen += usize::from(one.topic == "access-events");
        if one.topic == "access-events" && seen % 50 == 0 {
            value.splice(1..5, foreseen.to_be_bytes());
            // The null of the field more.
            value.push(0);
        }
        Outgoing::new(kafka.topic(one.topic), one.key.as_str(), value).header("trace", "t")
    });
    let records: Vec<Outgoing> = records.collect();
    let away = demo.inputs.iter().filter(accesses).count() / 50;
    kafka.send(records);
    wait_settled([&stage]);
    let before = kafka.results();
    assert_eq!(before.dead_letters.len(), away);
    assert!(before.incidents != demo.results.incidents);

    let list = kafka.tocsin(&["dead-letters", "list", "--json"]);
    let list: Value = serde_json::from_str(&list.out).unwrap();
    assert_eq!(list["groups"][0]["count"], away);
    assert_eq!(list["groups"][0]["stage"], "screen");
    assert_eq!(list["groups"][0]["code"], "avro-unknown-schema");
    let letter = &list["letters"][0];
    assert!(letter["buried_at"].is_string() && letter["written_at"].is_string());
    let name = letter["letter"].as_str().unwrap();
    let shown = kafka.tocsin(&["dead-letters", "show", name]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(
        shown.out.contains("header    trace (1 bytes)"),
        "{}",
        shown.out
    );
    assert!(shown.out.contains(&foreseen.to_string()), "{}", shown.out);
    assert!(!shown.out.contains("acct-"), "personal: {}", shown.out);
    let none = kafka.tocsin(&["dead-letters", "redrive"]);
    assert_eq!(none.code, 64, "{}", none.err);
    let early = kafka.tocsin(&["dead-letters", "redrive", "--all"]);
    assert_eq!(early.code, 2, "{}{}", early.out, early.err);

    let written = kafka.length("access-events");
    let id = registry.register(&subject, &schema_with_more(1)).unwrap();
    assert_eq!(id, foreseen, "somebody else registers meanwhile");
    let redrive = [
        "dead-letters",
        "redrive",
        "--code",
        "avro-unknown-schema",
        "--json",
    ];
    let said = kafka.tocsin(&redrive);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let done: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(done["redriven"].as_array().unwrap().len(), away);
    wait_settled([&stage]);
    let after = kafka.results();
    assert!(
        after.dead_letters.is_empty(),
        "{:?}",
        after.dead_letters.first()
    );
    after.assert_same(&demo.results);
    stage.assert_adds_up();

    // Once more: nothing is left to do.
    let there = kafka.length("access-events");
    assert!(there > written);
    let said = kafka.tocsin(&redrive);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    let done: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(done["redriven"].as_array().unwrap().len(), 0);
    assert_eq!(done["redriven_before"].as_array().unwrap().len(), away);
    assert_eq!(kafka.length("access-events"), there);
    let list = kafka.tocsin(&["dead-letters", "list"]);
    assert!(list.out.contains("no dead letters"), "{}", list.out);
}

#[test]
fn a_replay_is_frozen_repeated_compared_and_refuses_what_is_cut() {
    let test = "a_replay_is_frozen_repeated_compared_and_refuses_what_is_cut";
    let Some(parts) = parts(test) else {
        return;
    };
    let demo = Demo::get();
    let mut kafka = Deployment::new(parts, "ranges", FROM_THE_BEGINNING);
    kafka.prepare();
    kafka.produce(&demo.early());
    let stage = kafka.start(&[]);
    wait_settled([&stage]);
    let folder = Scratch::new("e2e-ranges").unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (first, again) = (path("first"), path("again"));

    // The running pipeline and the replay come to the same.
    let said = kafka.tocsin(&["replay", "--out", &first, "--compare", "topics"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("nothing differs"), "{}", said.err);

    // What is written later is not in a repeated replay; it is in a new one.
    kafka.produce(&demo.late());
    let manifest = format!("{first}/manifest.json");
    let repeated = [
        "replay",
        "--manifest",
        &manifest,
        "--out",
        &again,
        "--compare",
        &first,
    ];
    let said = kafka.tocsin(&repeated);
    assert_eq!(said.code, 0, "{}", said.err);
    let said = kafka.tocsin(&["replay", "--out", &again, "--compare", &first]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(said.err.contains("determinations.jsonl: "), "{}", said.err);
    assert!(
        !said.err.contains("acct-") && !said.err.contains("emp-"),
        "{}",
        said.err
    );
    Results::of_folder(Path::new(&again)).assert_same(&demo.results);
    let text = std::fs::read_to_string(&manifest).unwrap();
    let mut wrong: Value = serde_json::from_str(&text).unwrap();
    assert!(!wrong["schemas"].as_object().unwrap().is_empty());
    wrong["version"] = "0.0.0".into();
    let other = folder.write("wrong.json", &wrong.to_string()).unwrap();
    let other = other.to_str().unwrap();
    let said = kafka.tocsin(&["replay", "--manifest", other, "--out", &again]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert!(
        said.err.contains("manifest-differs") && said.err.contains("0.0.0"),
        "{}",
        said.err
    );

    // An interrupt leaves what was there, and besides only what it had read.
    let before = std::fs::read(format!("{again}/summary.json")).unwrap();
    let begun = Instant::now();
    let mut slow = Command::new(env!("CARGO_BIN_EXE_tocsin"))
        .args(["replay", "--rate", "50", "--out", &again, "--config"])
        .arg(&kafka.config)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(4));
    let id = slow.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let status = slow.wait().unwrap();
    assert!(begun.elapsed() < PATIENCE);
    assert_eq!(status.code(), Some(1));
    let mut said = String::new();
    std::io::Read::read_to_string(&mut slow.stderr.take().unwrap(), &mut said).unwrap();
    assert!(said.contains("[interrupted]"), "{said}");
    assert!(said.contains(" left"), "{said}");
    assert_eq!(
        std::fs::read(format!("{again}/summary.json")).unwrap(),
        before
    );
    assert!(!Path::new(&format!("{again}/.partial")).exists());
    assert!(Path::new(&format!("{again}/.spool")).exists());
}

#[test]
fn a_replay_ends_where_the_registry_refuses() {
    let test = "a_replay_ends_where_the_registry_refuses";
    let Some(parts) = parts(test) else {
        return;
    };
    let demo = Demo::get();
    let mut kafka = Deployment::new(parts, "refused", FROM_THE_BEGINNING);
    kafka.prepare();
    kafka.produce(&demo.late());
    let folder = Scratch::new("e2e-refused").unwrap();
    let text = configuration(
        &parts.bootstrap,
        &answering(403, "").unwrap(),
        &kafka.prefix,
        FROM_THE_BEGINNING,
    );
    kafka.config = folder.write("tocsin.toml", &text).unwrap();
    let out = folder.path().join("out");
    let said = kafka.tocsin(&["replay", "--out", out.to_str().unwrap()]);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    assert!(
        said.err.contains("registry-refused") && said.err.contains("answered 403"),
        "{}",
        said.err
    );
    assert!(said.err.contains("--resume"), "{}", said.err);
    let left = std::fs::read_dir(&out).unwrap();
    let left: Vec<_> = left.map(|one| one.unwrap().file_name()).collect();
    assert_eq!(left, [".spool"], "results of what nobody could read");
}

/// A scraper looks every few seconds: were the process gone at once, no alert could fire.
#[test]
fn a_stage_that_stops_by_itself_is_seen_before_its_process_ends() {
    let test = "a_stage_that_stops_by_itself_is_seen_before_its_process_ends";
    let Some(parts) = parts(test) else {
        return;
    };
    // Nobody says where a first start begins, so screen stops.
    let mut kafka = Deployment::new(parts, "halted", "");
    kafka.prepare();
    let stage = kafka.start_with("0", &["screen", "scope"], 600);
    let halted = "tocsin_task_state{stage=\"screen\",state=\"halted\"} 1";
    let begun = Instant::now();
    while !stage.get("/metrics").1.contains(halted) {
        assert!(begun.elapsed() < PATIENCE, "{}", stage.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_secs(2));
    let (ready, why) = stage.get("/readyz");
    assert_eq!(ready, 503, "{why}");
    assert!(why.contains("start.access-events"), "{why}");
    assert!(stage.get("/metrics").1.contains(halted));
    assert_eq!(stage.get("/livez").0, 200, "a restart would not help");
    // The other stage works on; a signal ends both at once, and the end is no good one.
    let scope = "tocsin_task_state{stage=\"scope\",state=\"running\"} 1";
    while !stage.get("/metrics").1.contains(scope) {
        assert!(begun.elapsed() < PATIENCE, "{}", stage.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(stage.log().contains("stage screen is halted"));
    assert_eq!(stage.terminate(), Some(1));
}

/// Sets the positions of a stage to the beginning of a topic, as Kafka's own tools do.
fn begin_again(kafka: &Deployment, stage: &str, topic: &str) {
    let topic = kafka.topic(topic);
    let partitions = 0..kafka.cluster.partitions(&topic).unwrap();
    let partitions = partitions.map(|one| TopicPartition::new(topic.as_str(), one));
    let partitions: Vec<TopicPartition> = partitions.collect();
    let spec = WorkerSpec {
        group: kafka.topic(stage),
        topics: vec![topic.clone()],
        assignment: Assignment::Fixed(partitions.clone()),
        ..WorkerSpec::writer(kafka.topic("begin-again"))
    };
    let mut worker = kafka.cluster.open_worker(spec).unwrap();
    let polled = worker.poll(1, Duration::ZERO, &mut |_| {}).unwrap();
    assert_eq!(polled.assigned, partitions);
    for (_, committed) in worker.committed(&partitions).unwrap() {
        assert_eq!(committed, None, "brokers forget positions with the topic");
    }
    let positions: Vec<stream::Position> = partitions.iter().map(|one| one.at(0)).collect();
    worker.begin().unwrap();
    worker.commit(&positions).unwrap();
    worker.close().unwrap();
}

/// Deletes a topic, and lets `topics apply` create it anew.
fn create_anew(kafka: &Deployment, topic: &str) {
    let (name, begun) = (kafka.topic(topic), Instant::now());
    kafka.cluster.delete_topics(&[&name]).unwrap();
    let there = || !kafka.cluster.topic_ids(&[&name]).unwrap().is_empty();
    while there() {
        assert!(begun.elapsed() < PATIENCE, "{name} is still there");
        std::thread::sleep(Duration::from_millis(50));
    }
    let apply = ["topics", "apply", "--partitions", "3", "--replication", "1"];
    let said = kafka.tocsin(&apply);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
}

/// How searches stand on the partitions: all of them, and those that are cut.
fn searches(kafka: &Deployment) -> (usize, usize) {
    let mut decoder = kafka.decoder();
    let all = stream::latest(&kafka.cluster, &kafka.topic("coverage")).unwrap();
    let states = all.values().map(|record| {
        let value = record.value.as_deref().unwrap();
        let one: facts::Coverage = decoder.decode(RecordKind::Coverage, value).unwrap();
        one.state
    });
    let states: Vec<facts::CoverageState> = states.collect();
    let cut = |state: &&facts::CoverageState| **state == facts::CoverageState::Cut;
    (states.len(), states.iter().filter(cut).count())
}

/// Brokers forget positions with the topic that they were in, and the new one may have grown past
/// them: then nothing but its id tells that it is another.
#[test]
fn accesses_that_were_created_anew_stop_the_screen_and_leave_counts_open() {
    let test = "accesses_that_were_created_anew_stop_the_screen_and_leave_counts_open";
    let Some(parts) = parts(test) else {
        return;
    };
    let demo = Demo::get();
    let mut kafka = Deployment::new(parts, "anew", FROM_THE_BEGINNING);
    kafka.prepare();
    kafka.produce(&demo.early());
    let stage = kafka.start(&[]);
    wait_settled([&stage]);
    // What comes late is announced from where screen stands.
    kafka.produce(&demo.late());
    wait_settled([&stage]);
    kafka.results().assert_same(&demo.results);
    let (all, cut) = searches(&kafka);
    assert!(all > 9 && cut == 0, "{cut} of {all}");
    assert_eq!(stage.terminate(), Some(0));

    let was = kafka.length("access-events");
    create_anew(&kafka, "access-events");
    let inputs = demo.inputs.iter();
    let again: Vec<_> = inputs.filter(|one| one.topic == "access-events").collect();
    let again: Vec<crate::support::Input> = again.into_iter().cloned().collect();
    kafka.produce(&again);
    kafka.produce(&again);
    assert!(kafka.length("access-events") > was);

    let stage = kafka.start_with("0", &[], 600);
    let halted = "tocsin_task_state{stage=\"screen\",state=\"halted\"} 1";
    let begun = Instant::now();
    let goes_on = || {
        let (all, cut) = searches(&kafka);
        cut < all || !stage.get("/metrics").1.contains(halted)
    };
    while goes_on() {
        assert!(begun.elapsed() < PATIENCE, "{}", stage.log());
        std::thread::sleep(Duration::from_millis(200));
    }
    let (_, why) = stage.get("/readyz");
    assert!(
        why.contains("topic-created-anew") && why.contains("--reset-offsets"),
        "{why}"
    );
    let is_open = |results: &Results| {
        let incidents = results.incidents.values();
        incidents.filter(|one| !one.contains("\"cut\":[]")).count()
    };
    assert_eq!(is_open(&demo.results), 0);
    while is_open(&kafka.results()) < 3 {
        assert!(begun.elapsed() < PATIENCE, "{}", stage.log());
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(stage.terminate(), Some(1));

    // A person says where to go on: what the new topic holds is read, and what is gone stays gone.
    begin_again(&kafka, "screen", "access-events");
    let stage = kafka.start(&[]);
    wait_settled([&stage]);
    let results = kafka.results();
    assert!(results.findings == demo.results.findings);
    assert!(is_open(&results) >= 3);
    let (all, cut) = searches(&kafka);
    assert_eq!(all, cut);
    assert_eq!(stage.terminate(), Some(0));
}

/// Retention is faster than screen, once while nobody runs and once under a running screen: it goes
/// on by itself, and no count has an upper end from then on.
#[test]
fn what_retention_takes_before_it_is_screened_stops_nothing_and_leaves_counts_open() {
    let test = "what_retention_takes_before_it_is_screened_stops_nothing_and_leaves_counts_open";
    let Some(parts) = parts(test) else {
        return;
    };
    let broker = Broker::start().unwrap();
    let (parts, demo) = (parts.beside(&broker), Demo::get());
    let mut kafka = Deployment::new(&parts, "retention", FROM_THE_BEGINNING);
    kafka.prepare();
    kafka.produce(&demo.early());
    let stage = kafka.start(&[]);
    wait_settled([&stage]);
    let before = kafka.results();
    let closed = |results: &Results| {
        let incidents = results.incidents.values();
        incidents.filter(|one| one.contains("\"cut\":[]")).count()
    };
    let all = before.incidents.len();
    assert!(all > 3 && closed(&before) == all);
    assert_eq!(stage.terminate(), Some(0));

    let accesses = kafka.topic("access-events");
    let inputs = demo.inputs.iter();
    let again = inputs.filter(|one| one.topic == "access-events").cloned();
    let again: Vec<crate::support::Input> = again.collect();
    let partitions = kafka.cluster.partitions(&accesses).unwrap();
    let cut_all = || {
        for partition in 0..partitions {
            let (_, end) = kafka.cluster.range(&accesses, partition).unwrap();
            broker.delete_records(&accesses, partition, end).unwrap();
        }
    };
    kafka.produce(&again);
    cut_all();
    let stage = kafka.start(&[]);
    wait_settled([&stage]);
    let results = kafka.results();
    assert_eq!((results.incidents.len(), closed(&results)), (all, 0));
    assert!(results.findings == before.findings);
    assert!(stage.log().contains("accesses were not screened"));

    // It is held while more comes and goes.
    stage.hold(true);
    kafka.produce(&again);
    cut_all();
    stage.hold(false);
    wait_settled([&stage]);
    assert!(kafka.results().findings == before.findings);
    let log = stage.log();
    let said = log.matches("accesses were not screened").count();
    assert!(said >= 2 * partitions as usize, "{log}");
    assert_eq!(stage.terminate(), Some(0));
}

/// Read from its beginning, it would be all there ever was: what had been reported in the old one
/// would count for nothing, and nobody would say so.
#[test]
fn an_input_that_was_created_anew_stops_its_readers_whenever_they_start() {
    let test = "an_input_that_was_created_anew_stops_its_readers_whenever_they_start";
    let Some(parts) = parts(test) else {
        return;
    };
    let demo = Demo::get();
    let mut kafka = Deployment::new(parts, "forgotten", FROM_THE_BEGINNING);
    kafka.prepare();
    kafka.produce(&demo.inputs);
    let stage = kafka.start(&[]);
    wait_settled([&stage]);
    kafka.results().assert_same(&demo.results);
    assert_eq!(stage.terminate(), Some(0));

    create_anew(&kafka, "grants");
    let again = demo.inputs.iter().filter(|one| one.topic == "grants");
    let again: Vec<crate::support::Input> = again.cloned().collect();
    kafka.produce(&again);
    // All but notify read grants. Twice: a supervisor starts them again.
    for _ in 0..2 {
        let stage = kafka.start_with("0", &[], 600);
        let begun = Instant::now();
        let halted = |name: &str| {
            let line = format!("tocsin_task_state{{stage=\"{name}\",state=\"halted\"}} 1");
            stage.get("/metrics").1.contains(&line)
        };
        while !["screen", "scope", "verify", "assess"]
            .into_iter()
            .all(halted)
        {
            assert!(begun.elapsed() < PATIENCE, "{}", stage.log());
            std::thread::sleep(Duration::from_millis(200));
        }
        assert!(!halted("notify"), "{}", stage.log());
        let (_, why) = stage.get("/readyz");
        let group = format!("--group {} --reset-offsets", kafka.topic("verify"));
        assert!(
            why.contains("topic-created-anew") && why.contains(&group),
            "{why}"
        );
        assert_eq!(stage.terminate(), Some(1));
    }

    // A person has sent again what it must hold, and says for each reader that it may go on.
    for stage in ["screen", "scope", "verify", "assess"] {
        begin_again(&kafka, stage, "grants");
    }
    for _ in 0..2 {
        let stage = kafka.start(&[]);
        wait_settled([&stage]);
        kafka.results().assert_same(&demo.results);
        assert_eq!(stage.terminate(), Some(0));
    }
}

/// A broker that a test may kill, beside the registry of all; `None`: the test is skipped.
fn broker_of_its_own(test: &str) -> Option<(Broker, Parts)> {
    let parts = parts(test)?;
    match Broker::start_steady() {
        Ok(broker) => {
            let parts = parts.beside(&broker);
            Some((broker, parts))
        }
        Err(missing) => {
            skip_or_fail(test, &missing).unwrap();
            None
        }
    }
}

/// Who stands by is told nothing by a group whose brokers are gone: it has to ask.
#[test]
fn a_stage_that_stands_by_says_that_its_broker_is_gone() {
    let test = "a_stage_that_stands_by_says_that_its_broker_is_gone";
    let Some((mut broker, parts)) = broker_of_its_own(test) else {
        return;
    };
    let more = "[kafka.properties]\n\"session.timeout.ms\" = \"6000\"\n";
    let mut kafka = Deployment::new(&parts, "standby", &format!("{FROM_THE_BEGINNING}{more}"));
    kafka.prepare();
    let stage = kafka.start(&["assess"]);
    wait_settled([&stage]);
    assert_eq!(stage.get("/readyz").0, 200);
    broker.kill();
    let begun = Instant::now();
    loop {
        let (code, page) = stage.get("/readyz");
        if code == 503 && page.contains("waiting_for_broker") {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(240), "{page}");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(stage.get("/livez").0, 200);
}

/// Brokers that are gone are waited for, whatever a stage was about to do when they went: the
/// process stays and says so. So does one that is started without them. That both go on once
/// brokers are back is for the chaos to show.
#[test]
fn brokers_that_go_away_while_stages_write_are_waited_for() {
    let test = "brokers_that_go_away_while_stages_write_are_waited_for";
    let Some((mut broker, parts)) = broker_of_its_own(test) else {
        return;
    };
    let demo = Demo::get();
    let mut kafka = Deployment::new(&parts, "away", FROM_THE_BEGINNING);
    kafka.prepare();
    kafka.produce(&demo.early());
    kafka.produce(&demo.late());
    let mut stage = kafka.start(&[]);
    // In the middle of the work: screen is not through, and others have begun.
    let written = |stage: &Stage| {
        let page = stage.get("/metrics").1;
        page.matches("tocsin_records_written_total{").count()
    };
    let begun = Instant::now();
    while written(&stage) < 2 {
        assert!(begun.elapsed() < PATIENCE, "{}", stage.log());
        std::thread::sleep(Duration::from_millis(5));
    }
    let says = |stage: &Stage| {
        let (code, page) = stage.get("/readyz");
        code == 503 && page.contains("waiting_for_broker")
    };
    broker.kill();
    let beside = kafka.start_as("1", &["verify"]);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(75) || !says(&stage) || !says(&beside) {
        assert!(!stage.has_ended(), "{}", stage.log());
        assert!(begun.elapsed() < PATIENCE, "{}", stage.log());
        std::thread::sleep(Duration::from_millis(200));
    }
    // Told to stop, it need not wait for them.
    let begun = Instant::now();
    assert_eq!(beside.terminate(), Some(0));
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
}

/// A supervisor waits for an end in good order only so long; nothing is lost by not waiting for a
/// broker, whose successor aborts what stands open.
#[test]
fn a_stop_does_not_wait_for_a_broker_that_is_gone() {
    let test = "a_stop_does_not_wait_for_a_broker_that_is_gone";
    let Some((mut broker, parts)) = broker_of_its_own(test) else {
        return;
    };
    let mut kafka = Deployment::new(&parts, "gone", FROM_THE_BEGINNING);
    kafka.prepare();
    let stage = kafka.start(&STAGES);
    wait_settled([&stage]);
    broker.kill();
    std::thread::sleep(Duration::from_secs(3));
    let begun = Instant::now();
    let (code, log) = stage.terminate_saying();
    let took = begun.elapsed();
    assert_eq!(code, Some(0), "{log}");
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert!(log.contains("not waiting any longer for "), "{log}");
}

#[test]
fn topics_apply_leaves_what_a_company_set() {
    let test = "topics_apply_leaves_what_a_company_set";
    let Some(parts) = parts(test) else {
        return;
    };
    let mut kafka = Deployment::new(parts, "own", FROM_THE_BEGINNING);
    let own = |name: &str| {
        TopicSpec::new(kafka.topic(name), 4)
            .set("retention.ms", "86400000")
            .set("segment.bytes", "52428800")
    };
    let topics = [own("access-events"), own("grants")];
    kafka.cluster.create_topics(&topics).unwrap();
    kafka.prepare();
    assert_eq!(kafka.overridden("access-events"), topics[0].config);
    let grants = kafka.overridden("grants");
    assert_eq!(grants["retention.ms"], "-1");
    assert_eq!(grants["segment.bytes"], "52428800");
    for command in [["topics", "check"], ["run", "--check"]] {
        let said = kafka.tocsin(&command);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        assert!(said.err.contains("no upper end"), "{}", said.err);
    }
}
