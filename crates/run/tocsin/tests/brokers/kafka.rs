//! The pipeline on a real broker with a real registry, its stages as processes of their own: the
//! same bytes as embedded, whatever dies and in whatever order things come.
//!
//! The parts are those that `TOCSIN_TEST_KAFKA` and `TOCSIN_TEST_REGISTRY` name, which
//! `cargo xtask test` sets; else they are started here.

use crate::support::deployment::{
    FROM_THE_BEGINNING, STAGES, Said, configuration, run, wait_read, wait_settled,
};
use crate::support::results::Results;
use crate::support::{Demo, Deployment, Input, Seeded, Stage, parts};
use base64::Engine as _;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use stream::{Cluster, KafkaCluster, KafkaSettings};
use xtask::parts::process::Scratch;
use xtask::parts::prometheus::{self, Prometheus};
use xtask::parts::{free_port, skip_or_fail};

/// Small batches: many transactions to be killed in.
const SMALL_BATCHES: &str = "[run]\nbatch_records = 200\n";

fn named<'a>(stages: &'a [Stage], name: &str) -> &'a Stage {
    stages.iter().find(|stage| stage.name == name).unwrap()
}

#[test]
fn the_same_bytes_on_kafka_as_embedded() {
    let Some(parts) = parts("the_same_bytes_on_kafka_as_embedded") else {
        return;
    };
    let demo = Demo::get();
    let mut kafka = Deployment::new(parts, "same", FROM_THE_BEGINNING);
    kafka.prepare();
    let said = kafka.tocsin(&["run", "--check"]);
    assert_eq!(said.code, 0, "run --check: {}{}", said.out, said.err);
    kafka.produce(&demo.early());
    let begun = Instant::now();
    let stages = kafka.start_all();
    wait_settled(&stages);
    let screened = begun.elapsed();
    let before = kafka.results();
    assert!(before != demo.results, "the late case is not known yet");
    let begun = Instant::now();
    kafka.produce(&demo.late());
    wait_settled(&stages);
    eprintln!(
        "judged in {screened:.1?}, the past searched in {:.1?}",
        begun.elapsed()
    );
    let results = kafka.results();
    results.assert_worth_comparing();
    results.assert_same(&demo.results);
    assert_notices_are_written_as_by_the_demo(&kafka, demo);
    for stage in &stages {
        let read = stage.assert_adds_up();
        assert!(read > 0, "{} read nothing", stage.name);
    }
    let screen = named(&stages, "screen").metric("tocsin_records_read_total");
    assert_eq!(
        screen,
        demo.count("access-events"),
        "each access exactly once"
    );
    // Asked to end, each finishes what it does, leaves its group and says that all is well.
    for stage in stages {
        let (name, begun) = (stage.name.clone(), Instant::now());
        assert_eq!(stage.terminate(), Some(0), "{name}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{name}");
    }
}

/// From the topic come the files that the demo left.
fn assert_notices_are_written_as_by_the_demo(kafka: &Deployment, demo: &Demo) {
    let folder = Scratch::new("e2e-notices").unwrap();
    let to = folder.path().to_str().unwrap();
    for entry in std::fs::read_dir(demo.out.join("notices")).unwrap() {
        let left = entry.unwrap();
        let id = left.file_name().into_string().unwrap();
        let said = kafka.tocsin(&["notices", "write", &id, "--to", to]);
        assert_eq!(said.code, 0, "{}", said.err);
        for file in std::fs::read_dir(left.path()).unwrap() {
            let file = file.unwrap();
            let written = folder.path().join("notices").join(&id);
            let written = std::fs::read(written.join(file.file_name())).unwrap();
            let same = std::fs::read(file.path()).unwrap() == written;
            assert!(same, "{}", file.path().display());
        }
    }
}

#[test]
fn killed_and_restarted_gives_the_same_bytes() {
    let Some(parts) = parts("killed_and_restarted_gives_the_same_bytes") else {
        return;
    };
    let demo = Demo::get();
    let more = format!("{FROM_THE_BEGINNING}{SMALL_BATCHES}");
    let mut kafka = Deployment::new(parts, "killed", &more);
    kafka.prepare();
    kafka.produce(&demo.early());
    let mut stages = kafka.start_all();
    kill_at_work(&kafka, &mut stages, "verify", "candidates");
    kill_at_work(&kafka, &mut stages, "assess", "findings");
    wait_settled(&stages);
    kafka.produce(&demo.late());
    // Going back is work too: for screen and scope this time.
    for victim in ["scope", "screen"] {
        let at = stages
            .iter()
            .position(|stage| stage.name == victim)
            .unwrap();
        stages.remove(at).kill();
        stages.push(kafka.start(&[victim]));
    }
    wait_settled(&stages);
    kafka.results().assert_same(&demo.results);
    for stage in &stages {
        stage.assert_adds_up();
    }
}

/// Kills a stage while its input is not read to the end, and starts it again.
fn kill_at_work(kafka: &Deployment, stages: &mut Vec<Stage>, name: &str, input: &str) {
    let at = stages.iter().position(|stage| stage.name == name).unwrap();
    let read = wait_read(&stages[at], 0);
    let stage = stages.remove(at);
    stage.kill();
    let there = kafka.length(input);
    eprintln!("{name} killed after {read} records read, {there} on {input}");
    stages.push(kafka.start(&[name]));
}

#[test]
fn shuffled_duplicated_and_late_gives_the_same_bytes() {
    let Some(parts) = parts("shuffled_duplicated_and_late_gives_the_same_bytes") else {
        return;
    };
    let demo = Demo::get();
    let mut kafka = Deployment::new(parts, "shuffled", FROM_THE_BEGINNING);
    kafka.prepare();
    let mut seeded = Seeded(2026);
    let mut inputs: Vec<Input> = demo.inputs.clone();
    let again: Vec<Input> = inputs.iter().step_by(7).cloned().collect();
    inputs.extend(again);
    seeded.shuffle(&mut inputs);
    let records = inputs.iter().map(|one| {
        let value = kafka.confluent(one);
        let record = stream::Outgoing::new(kafka.topic(one.topic), one.key.as_str(), value);
        match one.topic {
            // Not where its key asks for: sources partition as they like.
            "access-events" => record.on(i32::try_from(seeded.below(3)).unwrap()),
            _ => record,
        }
    });
    let records: Vec<stream::Outgoing> = records.collect();
    // The stages run while it comes, in pieces: each selector meets accesses before and after it.
    let stages = kafka.start_all();
    for piece in records.chunks(records.len() / 4 + 1) {
        kafka.send(piece.to_vec());
    }
    wait_settled(&stages);
    let results = kafka.results();
    results.assert_worth_comparing();
    results.assert_same(&demo.results);
    let screen = named(&stages, "screen").assert_adds_up();
    assert!(
        screen > demo.count("access-events"),
        "duplicates are read, too"
    );
    assert_eq!(stages.len(), STAGES.len());
}

/// A record that cannot be used: on which topic, its bytes, the code that its letter must bear.
type Bad = (&'static str, Vec<u8>, &'static str);

/// The longest value that is read, in bytes.
const LONGEST_VALUE: usize = 16 << 20;

/// Text that no compression of a batch makes shorter: the broker's limit is on what is left of it.
fn noise(seed: u64, letters: &[u8], length: usize) -> String {
    let mut seeded = Seeded(seed);
    (0..length)
        .map(|_| char::from(letters[seeded.below(letters.len())]))
        .collect()
}

/// Letters for names; for lz4 as good as any others.
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Records that are too large: the longest that is kept, a longer one, and names beyond 64 KiB.
fn large_records() -> Vec<Bad> {
    let id = noise(1, LETTERS, 1 << 20);
    let access = format!(
        r#"{{"id": "{id}", "at": "2026-01-01T00:00:00Z", "account": "a-1", "action": "view",
        "information": "profile"}}"#
    );
    let report = format!(
        r#"{{"id": "{id}", "matter": "M-BAD", "recorded_at": "2026-01-01T00:00:00Z",
        "report": {{"kind": "retraction", "of": "r-0"}}}}"#
    );
    let longest = noise(2, LETTERS, LONGEST_VALUE);
    let longer = noise(3, LETTERS, LONGEST_VALUE + 1);
    vec![
        ("access-events", access.into_bytes(), "record-invalid"),
        ("breach-events", report.into_bytes(), "record-invalid"),
        ("access-events", longest.into_bytes(), "unknown-encoding"),
        ("access-events", longer.into_bytes(), "record-too-large"),
    ]
}

fn bad_records(kafka: &Deployment) -> Vec<Bad> {
    let mut bad: Vec<Bad> = Vec::new();
    for topic in ["access-events", "breach-events"] {
        let inputs = &Demo::get().inputs;
        let whole = kafka.confluent(inputs.iter().find(|one| one.topic == topic).unwrap());
        let truncated = whole[..whole.len() - 3].to_vec();
        let trailing = [&whole[..], b"more"].concat();
        // Two ids that nobody knows: the time that one is waited for must not start the other's.
        for id in [0x7FFF_FFF0_u32, 0x7FFF_FFF1] {
            let mut unknown = whole.clone();
            unknown[1..5].copy_from_slice(&id.to_be_bytes());
            bad.push((topic, unknown, "avro-unknown-schema"));
        }
        bad.push((topic, truncated, "avro-truncated"));
        bad.push((topic, trailing, "avro-trailing-bytes"));
        bad.push((topic, b"\x17no avro at all".to_vec(), "unknown-encoding"));
        bad.push((topic, Vec::new(), "empty-value"));
    }
    let access = |more: &str| {
        let text = r#""action": "view", "information": "home_security_recording""#;
        format!("{{{text}, {more}}}").into_bytes()
    };
    let json: [(&str, &str); 6] = [
        (
            r#""id": "j1", "at": "2026-01-01T00:00:00Z", "acount": "a-1""#,
            "json-unknown-member",
        ),
        (
            r#""id": "j2", "at": "2026-01-01T00:00:00Z""#,
            "json-missing-member",
        ),
        (
            r#""id": "", "at": "2026-01-01T00:00:00Z", "account": "a-1""#,
            "record-invalid",
        ),
        (
            "\"id\": \"j4\", \"at\": \"2026-01-02T00:00:00Z\", \
             \"until\": \"2026-01-01T00:00:00Z\", \"account\": \"a-1\"",
            "record-invalid",
        ),
        (
            r#""id": "j5", "at": "3000-01-01T00:00:00Z", "account": "a-1""#,
            "instant-out-of-range",
        ),
        (r#""id": "j6", "at": NaN, "account": "a-1""#, "json-syntax"),
    ];
    bad.extend(json.map(|(text, code)| ("access-events", access(text), code)));
    let report = |report: &str| {
        let envelope = r#""id": "j7", "matter": "M-BAD", "recorded_at": "2026-01-01T00:00:00Z""#;
        format!("{{{envelope}, \"report\": {report}}}").into_bytes()
    };
    let milestone = r#"{"kind": "milestone", "name": "discovered", "att": "2026-01-01T00:00:00Z"}"#;
    let backwards = r#"{"kind": "indicator", "mode": "insider", "actors": ["emp-1"],
        "from": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}"#;
    let unrestricted = r#"{"kind": "indicator", "mode": "insider", "from": "2026-01-02T00:00:00Z",
        "until": "2026-01-03T00:00:00Z"}"#;
    bad.push(("breach-events", report(milestone), "json-unknown-member"));
    bad.push(("breach-events", report(backwards), "record-invalid"));
    bad.push(("breach-events", report(unrestricted), "record-invalid"));
    bad.extend(large_records());
    bad
}

/// What stands among the bad records and must come out all the same: one matter, twelve accounts,
/// one access that its source contradicts, and one that is as long as a record may be.
fn good_records(kafka: &Deployment) -> Vec<stream::Outgoing> {
    let view = |id: &str, account: &str, actor: &str| {
        let text = format!(
            r#"{{"id": "{id}", "at": "2026-02-01T10:00:00Z", "actor": "{actor}",
            "actor_kind": "employee", "action": "view", "outcome": "succeeded",
            "information": "home_security_recording", "encrypted": "no",
            "visibility": "private", "account": "{account}"}}"#
        );
        stream::Outgoing::new(kafka.topic("access-events"), account, text.into_bytes())
    };
    let report = |id: &str, matter: &str, report: &str| {
        let text = format!(
            r#"{{"id": "{id}", "matter": "{matter}", "recorded_at": "2026-02-03T09:00:00Z",
            "report": {report}}}"#
        );
        stream::Outgoing::new(kafka.topic("breach-events"), matter, text.into_bytes())
    };
    let judgement = |actor: &str| {
        format!(
            r#"{{"kind": "judgement", "authority": "unauthorised", "ground": "established",
            "from": "2026-01-01T00:00:00Z", "until": "2026-03-01T00:00:00Z",
            "actors": ["{actor}"]}}"#
        )
    };
    let mut records: Vec<stream::Outgoing> = (1..=12)
        .map(|number| {
            view(
                &format!("good-{number}"),
                &format!("g-{number}"),
                "emp-good",
            )
        })
        .collect();
    let mut longest = view(&noise(4, LETTERS, 64 << 10), "g-1", "emp-good");
    if let Some(value) = &mut longest.value {
        let room = noise(5, b" \t\r\n", LONGEST_VALUE - value.len());
        value.splice(..0, room.into_bytes());
    }
    records.push(longest);
    records.push(view("twice", "t-1", "emp-twice"));
    records.push(view("twice", "t-2", "emp-twice"));
    records.push(report("r-1", "M-GOOD", &judgement("emp-good")));
    records.push(report("r-2", "M-TWICE", &judgement("emp-twice")));
    let found =
        |at: &str| format!(r#"{{"kind": "milestone", "name": "discovered", "at": "{at}"}}"#);
    records.push(report("r-3", "M-TWICE", &found("2026-02-02T00:00:00Z")));
    records.push(report("r-3", "M-TWICE", &found("2026-02-02T12:00:00Z")));
    records
}

#[test]
fn bad_input_is_a_dead_letter_and_the_pipeline_goes_on() {
    let Some(parts) = parts("bad_input_is_a_dead_letter_and_the_pipeline_goes_on") else {
        return;
    };
    let more = format!("{FROM_THE_BEGINNING}[run]\nunknown_schema_wait_seconds = 1\n");
    let mut kafka = Deployment::new(parts, "bad", &more);
    kafka.prepare();
    // The company's own topic takes more than tocsin reads.
    kafka.configure("access-events", "max.message.bytes", "33554432");
    let bad = bad_records(&kafka);
    let mut good = good_records(&kafka).into_iter();
    // In turn, so that each bad one has good ones behind it.
    let mut records = Vec::new();
    for (topic, value, _) in &bad {
        records.push(stream::Outgoing::new(
            kafka.topic(topic),
            "k",
            value.clone(),
        ));
        records.extend(good.next());
    }
    records.extend(good);
    kafka.send(records);
    let stages = kafka.start_all();
    wait_settled(&stages);
    let results = kafka.results();
    let mut letters: Vec<(String, String, String)> = results
        .dead_letters
        .iter()
        .map(|letter| {
            let text = |member: &str| letter[member].as_str().unwrap().to_owned();
            let topic = letter["source"]["topic"].as_str().unwrap().to_owned();
            let owner = if topic.ends_with("access-events") {
                "screen"
            } else {
                "assess"
            };
            assert_eq!(text("stage"), owner, "the owner of {topic}");
            let bytes = facts::digest_bytes(text("bytes").as_bytes());
            (topic, text("code"), bytes)
        })
        .collect();
    let mut expected: Vec<(String, String, String)> = bad
        .iter()
        .map(|(topic, value, code)| {
            // What is longer is kept by nobody.
            let kept: &[u8] = if value.len() > LONGEST_VALUE {
                &[]
            } else {
                value
            };
            let bytes = base64::engine::general_purpose::STANDARD.encode(kept);
            let bytes = facts::digest_bytes(bytes.as_bytes());
            (kafka.topic(topic), (*code).to_owned(), bytes)
        })
        .collect();
    letters.sort();
    expected.sort();
    assert_eq!(letters, expected);
    for stage in &stages {
        stage.assert_adds_up();
    }
    let dead = |name: &str| named(&stages, name).metric("tocsin_dead_letters_total");
    assert_eq!(dead("screen") + dead("assess"), bad.len() as u64);

    let incident = |matter: &str| -> serde_json::Value {
        let found = results.incidents.values().find(|one| one.contains(matter));
        serde_json::from_str(found.unwrap_or_else(|| panic!("{matter} is missing"))).unwrap()
    };
    let good = incident("M-GOOD");
    assert_eq!(good["counts"]["accounts"]["at_least"], 12, "{good}");
    // Accesses that nobody could read may have been part of it.
    assert!(good["counts"]["accounts"]["at_most"].is_null(), "{good}");
    let holes = bad.iter().filter(|one| one.0 == "access-events").count();
    assert_eq!(good["searched"]["holes"], holes, "{good}");
    let twice = incident("M-TWICE");
    assert_eq!(twice["counts"]["accounts"]["at_least"], 0, "{twice}");
    let of_twice: Vec<&String> = results
        .findings
        .values()
        .filter(|one| one.contains("\"twice\""))
        .collect();
    assert!(!of_twice.is_empty());
    assert!(
        of_twice.iter().all(|one| one.contains("disputed")),
        "{of_twice:?}"
    );
}

#[test]
fn prometheus_scrapes_it_and_promql_answers() {
    let test = "prometheus_scrapes_it_and_promql_answers";
    let Some(parts) = parts(test) else {
        return;
    };
    if let Err(missing) = prometheus::installed() {
        skip_or_fail(test, &missing).unwrap();
        return;
    }
    let demo = Demo::get();
    let mut kafka = Deployment::new(parts, "metrics", FROM_THE_BEGINNING);
    kafka.prepare();
    kafka.produce(&demo.early());
    // All stages in one process, as a small company runs it.
    let stage = kafka.start(&[]);
    let prometheus = Prometheus::scraping(stage.addr).unwrap();
    wait_settled([&stage]);
    kafka.produce(&demo.late());
    wait_settled([&stage]);
    let accesses = demo.count("access-events") as f64;
    let incidents = demo.results.incidents.len() as f64;
    let determinations = demo.results.determinations.len() as f64;
    let adds_up = "sum(tocsin_records_read_total) - sum(tocsin_records_kept_total) \
                   - sum(tocsin_records_passed_over_total) \
                   - (sum(tocsin_dead_letters_total) or vector(0))";
    for (query, answer) in [
        ("sum(tocsin_incidents)", incidents),
        ("sum(tocsin_determinations)", determinations),
        ("min(tocsin_settled)", 1.0),
        ("count(tocsin_settled)", STAGES.len() as f64),
        ("sum(tocsin_lag_records)", 0.0),
        ("sum(tocsin_records_read_total{stage=\"screen\"})", accesses),
        (adds_up, 0.0),
        ("count(tocsin_build_info)", 1.0),
        ("count(tocsin_nearest_deadline_seconds) > bool 0", 1.0),
    ] {
        prometheus
            .wait_for(query, &[answer], Duration::from_secs(10))
            .unwrap();
    }
    let (_, page) = stage.get("/metrics");
    for private in ["emp-", "acct-", "M-2025", "inc-"] {
        assert!(
            !page.contains(private),
            "{private} stands on the page of metrics"
        );
    }
}

#[test]
fn replay_of_real_topics_equals_embedded() {
    let Some(parts) = parts("replay_of_real_topics_equals_embedded") else {
        return;
    };
    let demo = Demo::get();
    let mut kafka = Deployment::new(parts, "replay", FROM_THE_BEGINNING);
    kafka.prepare();
    kafka.produce(&demo.inputs);
    let folder = Scratch::new("e2e-replayed").unwrap();
    let out = folder.path().join("out");
    let (out, old) = (out.to_str().unwrap(), demo.out.to_str().unwrap());
    let said = kafka.tocsin(&["replay", "--out", out, "--compare", old]);
    assert_eq!(said.code, 0, "replay: {}", said.err);
    Results::of_folder(Path::new(out)).assert_same(&demo.results);
    for topic in [
        "candidates",
        "findings",
        "excused",
        "incidents",
        "notices",
        "dead-letters",
    ] {
        assert_eq!(kafka.length(topic), 0, "replay wrote to {topic}");
    }
    // Fewer accesses, another answer: the comparison can fail.
    let said = kafka.tocsin(&[
        "replay",
        "--to",
        "1970-01-02T00:00:00Z",
        "--out",
        out,
        "--compare",
        old,
    ]);
    assert_eq!(said.code, 2, "replay of nothing: {}", said.err);
}

/// A registry that answers everything with 500, until the test ends.
fn broken_registry() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let _ = stream.set_read_timeout(Some(Duration::from_millis(300)));
            let _ = stream.read(&mut [0; 4096]);
            let answer = b"HTTP/1.1 500 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(answer);
        }
    });
    url
}

/// The command ends with `code` and says each of `words`.
fn assert_says(said: &Said, code: i32, words: &[&str]) {
    assert_eq!(said.code, code, "{}{}", said.out, said.err);
    for word in words {
        let all = format!("{}{}", said.out, said.err);
        assert!(all.contains(word), "`{word}` is not in:\n{all}");
    }
}

fn with_configuration(folder: &Scratch, text: &str, arguments: &[&str]) -> Said {
    let path = folder.write("tocsin.toml", text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tocsin"));
    command.args(arguments).arg("--config").arg(path);
    run(command)
}

#[test]
fn errors_say_what_to_do() {
    let Some(parts) = parts("errors_say_what_to_do") else {
        return;
    };
    let folder = Scratch::new("e2e-errors").unwrap();
    let (kafka, registry) = (parts.bootstrap.as_str(), parts.registry.as_str());
    let prefix = format!("e2e-{}-errors-", std::process::id());
    let whole = configuration(kafka, registry, &prefix, FROM_THE_BEGINNING);
    let try_with = |text: &str, arguments: &[&str]| with_configuration(&folder, text, arguments);

    // The configuration itself: 64.
    let typo = whole.replace("bootstrap", "bootstrp");
    assert_says(&try_with(&typo, &["run"]), 64, &["tocsin.toml", "bootstrp"]);
    let order = whole.replace("\"ring\"", "\"rign\"");
    assert_says(&try_with(&order, &["run"]), 64, &["rign", "ring"]);
    let mut nowhere = Command::new(env!("CARGO_BIN_EXE_tocsin"));
    nowhere.args(["run", "--config", "no/such/file.toml"]);
    assert_says(&run(nowhere), 64, &["no/such/file.toml", "--config"]);

    // No topics yet.
    let missing = ["access-events: is missing", "tocsin topics apply"];
    assert_says(&try_with(&whole, &["topics", "check"]), 2, &missing);
    assert_says(&try_with(&whole, &["run", "--check"]), 1, &missing);
    let run_it = ["run", "--listen", "127.0.0.1:0", "--linger", "0"];
    assert_says(&try_with(&whole, &run_it), 1, &missing);

    // Topics with a wrong number of partitions.
    let cluster = KafkaCluster::connect(KafkaSettings::new(kafka)).unwrap();
    let [five, three] = [("candidates", 5), ("findings", 3)]
        .map(|(name, count)| stream::TopicSpec::new(format!("{prefix}{name}"), count));
    cluster.create_topics(&[five, three]).unwrap();
    let apply = ["topics", "apply", "--partitions", "3", "--replication", "1"];
    let wrong = ["findings: has 3 partitions, expected 5"];
    assert_says(&try_with(&whole, &apply), 2, &wrong);
    assert_says(&try_with(&whole, &["topics", "check"]), 2, &wrong);
    assert_says(&try_with(&whole, &["run", "--check"]), 1, &wrong);
    assert_says(&try_with(&whole, &run_it), 1, &wrong);

    // Nobody said where to start.
    let other = format!("{prefix}start-");
    let no_start = configuration(kafka, registry, &other, "");
    assert_says(&try_with(&no_start, &apply), 0, &[]);
    let how = ["start.access-events", "\"earliest\""];
    assert_says(&try_with(&no_start, &["run", "--check"]), 1, &how[..1]);
    let screen = [&["run", "screen"][..], &run_it[1..]].concat();
    assert_says(&try_with(&no_start, &screen), 1, &how);

    // A registry that fails; and a broker that is not there.
    let broken = broken_registry();
    let failing = configuration(kafka, &broken, &prefix, FROM_THE_BEGINNING);
    let says = ["answered 500", broken.as_str()];
    assert_says(&try_with(&failing, &["run", "--check"]), 1, &says);
    // A folder for state that cannot be written.
    let no_disk = format!("{whole}[state]\ndirectory = \"/proc/none\"\n");
    let says = ["/proc/none", "state-unavailable"];
    assert_says(&try_with(&no_disk, &["run", "--check"]), 1, &says);
    let nobody = format!("127.0.0.1:{}", free_port().unwrap());
    let alone = configuration(&nobody, registry, &prefix, FROM_THE_BEGINNING);
    assert_says(&try_with(&alone, &["run", "--check"]), 1, &[&nobody]);
}
