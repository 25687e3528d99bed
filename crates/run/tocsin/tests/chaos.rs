//! Chaos on a real broker: the stages as processes of their own, killed again and again while the
//! demo's history comes in, and the broker killed under them. In the end stands what an undisturbed
//! run says, and everything that people released is on the outbox exactly once.
//!
//! `TOCSIN_CHAOS_KILLS` says how many kills, `TOCSIN_CHAOS_SEED` which; `cargo xtask chaos` sets
//! them. The registry is the one that `TOCSIN_TEST_REGISTRY` names, else it is started here.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;
use stream::Outgoing;
use support::deployment::{FROM_THE_BEGINNING, wait_settled};
use support::results::Results;
use support::{Demo, Deployment, Seeded, Stage, parts};
use xtask::parts::kafka::Broker;
use xtask::parts::process::Scratch;

/// Small batches: many transactions to be killed in. What dies is noticed soon.
const FRAGILE: &str = "[run]\nbatch_records = 200\n[kafka.properties]\n\
                       \"session.timeout.ms\" = \"6000\"\n\"transaction.timeout.ms\" = \"8000\"\n\
                       \"message.timeout.ms\" = \"7000\"\n";
/// Longer than a member may be silent, and a transaction open.
const TOO_LONG: Duration = Duration::from_secs(10);
/// From so many kills on it is a long run, which does everything.
const LONG: usize = 50;

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// What people decide: each notice of the demo that is ready is approved by two and released.
fn decisions(demo: &Demo) -> Vec<Value> {
    let mut all = Vec::new();
    for notice in demo.results.notices.values() {
        let notice: Value = serde_json::from_str(notice).unwrap();
        if notice["state"] != "ready" {
            continue;
        }
        let (id, digest) = (&notice["id"], &notice["digest"]);
        let document = facts::canonical_json(&notice["document"]);
        for (kind, by, at) in [
            ("approve", "kim", "2026-05-01T09:00:00Z"),
            ("approve", "sam", "2026-05-01T10:00:00Z"),
            ("release", "lee", "2026-05-02T09:00:00Z"),
        ] {
            let mut one = json!({
                "id": format!("d-{kind}-{by}-{}", id.as_str().unwrap()), "at": at, "by": by,
                "role": "counsel", "about": id, "kind": kind, "notice": id, "digest": digest,
                "document": document,
            });
            if kind == "approve" {
                one["why"] = json!("checked");
            }
            all.push(one);
        }
    }
    assert!(all.len() >= 3, "no notice of the demo is ready");
    all
}

/// What an undisturbed run over files says of the history with these decisions.
fn undisturbed(demo: &Demo, decisions: &[Value]) -> Results {
    let scratch = Scratch::new("chaos-undisturbed").unwrap();
    let input = scratch.path().join("input");
    std::fs::create_dir(&input).unwrap();
    for entry in std::fs::read_dir(demo.out.join("input")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), input.join(entry.file_name())).unwrap();
    }
    let lines: String = decisions.iter().map(|one| format!("{one}\n")).collect();
    std::fs::write(input.join("decisions-1.jsonl"), lines).unwrap();
    let out = scratch.path().join("out");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tocsin"));
    command.args(["replay", "--files"]).arg(&input);
    for order in &demo.orders {
        command.args(["--order", order]);
    }
    let done = command.arg("--out").arg(&out).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "the replay failed: {said}");
    Results::of_folder(&out)
}

/// Kills and starts again.
struct Chaos<'a> {
    kafka: &'a Deployment,
    broker: Broker,
    stages: Vec<Stage>,
    seeded: Seeded,
    long: bool,
}

impl Chaos<'_> {
    fn strike(&mut self, number: usize) {
        std::thread::sleep(Duration::from_millis(self.seeded.below(1_500) as u64));
        if number % 10 == 6 {
            eprintln!("kill {number}: the broker");
            self.broker.kill();
            std::thread::sleep(Duration::from_millis(self.seeded.below(3_000) as u64));
            self.broker.start_again().unwrap();
            return;
        }
        let at = self.seeded.below(self.stages.len());
        if self.long && number % 10 == 3 {
            eprintln!("kill {number}: {} is held up", self.stages[at].name);
            self.stages[at].pause(TOO_LONG);
            return;
        }
        let victim = self.stages.remove(at);
        let name = victim.name.clone();
        eprintln!("kill {number}: {name}");
        victim.kill();
        self.stages.push(self.kafka.start(&[&name]));
    }

    /// Starts again what ended by itself, as a supervisor does: a member that was held up too long
    /// finds its place taken, and ends.
    fn supervise(&mut self) {
        let ended = |stage: &mut Stage| stage.has_ended();
        while let Some(at) = self.stages.iter_mut().position(ended) {
            let gone = self.stages.remove(at);
            eprintln!(
                "{} ended by itself:\n{}",
                gone.name,
                last_lines(&gone.log())
            );
            self.stages.push(self.kafka.start(&[&gone.name]));
        }
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(4)..].join("\n")
}

#[test]
fn whatever_dies_nothing_is_lost_and_nothing_comes_twice() {
    let Some(parts) = parts("whatever_dies_nothing_is_lost_and_nothing_comes_twice") else {
        return;
    };
    let kills = number("TOCSIN_CHAOS_KILLS", 10);
    let seed = number("TOCSIN_CHAOS_SEED", 2026);
    eprintln!("{kills} kills, seed {seed}");
    let demo = Demo::get();
    let decisions = decisions(demo);
    let expected = undisturbed(demo, &decisions);
    expected.assert_worth_comparing();

    let broker = Broker::start().unwrap();
    let parts = parts.beside(&broker);
    let mut kafka = Deployment::new(&parts, "chaos", &format!("{FROM_THE_BEGINNING}{FRAGILE}"));
    kafka.prepare();
    let mut seeded = Seeded(seed as u64);
    let mut inputs = demo.inputs.clone();
    seeded.shuffle(&mut inputs);
    let mut records: Vec<Outgoing> = inputs
        .iter()
        .map(|one| {
            Outgoing::new(
                kafka.topic(one.topic),
                one.key.as_str(),
                kafka.confluent(one),
            )
        })
        .collect();
    for one in &decisions {
        let at = seeded.below(records.len());
        let key = one["notice"].as_str().unwrap();
        let value = one.to_string().into_bytes();
        records.insert(at, Outgoing::new(kafka.topic("decisions"), key, value));
    }
    let stages = kafka.start_all();
    let mut chaos = Chaos {
        kafka: &kafka,
        broker,
        stages,
        seeded,
        long: kills >= LONG,
    };
    let mut pieces = records.chunks(records.len() / kills + 1);
    for number in 0..kills {
        if let Some(piece) = pieces.next() {
            kafka.send(piece.to_vec());
        }
        chaos.strike(number);
        chaos.supervise();
    }
    pieces.for_each(|piece| kafka.send(piece.to_vec()));
    chaos.supervise();
    wait_settled(&chaos.stages);
    kafka.results().assert_same(&expected);
    assert_released_once(&kafka, &decisions);
    for stage in &chaos.stages {
        stage.assert_adds_up();
    }
    // What was killed in the middle of a transaction left records that nobody sees.
    let mut unseen = 0;
    let topics = ["candidates", "findings", "incidents", "determinations"];
    for topic in topics.into_iter().take(if chaos.long { 4 } else { 1 }) {
        let name = kafka.topic(topic);
        let all = chaos.broker.count(&name, true).unwrap();
        let seen = chaos.broker.count(&name, false).unwrap();
        assert!(seen > 0 && all >= seen, "{topic}: {seen} of {all}");
        eprintln!("{topic}: {seen} records, {} aborted", all - seen);
        unseen += all - seen;
    }
    assert!(unseen > 0 || !chaos.long, "nothing died in a transaction");
}

/// Each release is on the outbox, once, with the document that was approved.
fn assert_released_once(kafka: &Deployment, decisions: &[Value]) {
    let name = kafka.topic("outbox");
    let mut keys = Vec::new();
    stream::read_topic(&kafka.cluster, &name, &mut |record| {
        keys.push(String::from_utf8_lossy(record.key.unwrap()).into_owned());
    })
    .unwrap();
    keys.sort();
    let releases = decisions.iter().filter(|one| one["kind"] == "release");
    let word = |one: &Value, member: &str| one[member].as_str().unwrap().to_owned();
    let mut expected: Vec<String> = releases
        .map(|one| format!("{}|{}", word(one, "notice"), word(one, "digest")))
        .collect();
    expected.sort();
    assert_eq!(keys, expected);
}
