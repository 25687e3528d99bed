//! Chaos on real brokers: the stages as processes of their own, killed again and again while the
//! demo's history comes in, and the brokers killed under them. In the end stands what an
//! undisturbed run says, and everything that people released is on the outbox exactly once.
//!
//! A long run is on three brokers, which are also replaced and cut off, and the stages are held up
//! for longer than their sessions last. `TOCSIN_CHAOS_LONG` asks for one, `TOCSIN_CHAOS_KILLS` says
//! how often it strikes, `TOCSIN_CHAOS_SEED` where, `TOCSIN_CHAOS_REPORTS` in which folder the
//! report is left; `cargo xtask chaos` sets them. The registry is the one that
//! `TOCSIN_TEST_REGISTRY` names, else it is started here.

mod report;

use crate::support::deployment::{AT_REST, BETWEEN_LOOKS, FROM_THE_BEGINNING};
use crate::support::results::Results;
use crate::support::{Demo, Deployment, PATIENCE, Parts, Seeded, Stage, registry};
use report::{Report, Strike};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};
use stream::Outgoing;
use wire::{Envelope, RecordKind};
use xtask::parts::brokers::Brokers;
use xtask::parts::net::{Cable, Net};
use xtask::parts::process::Scratch;
use xtask::parts::skip_or_fail;

/// Small batches: many transactions to be killed in. What dies is noticed soon.
const FRAGILE: &str = "[run]\nbatch_records = 200\n[kafka.properties]\n\
                       \"session.timeout.ms\" = \"6000\"\n\"transaction.timeout.ms\" = \"8000\"\n\
                       \"message.timeout.ms\" = \"7000\"\n";
/// Longer than a member may be silent, and a transaction open.
const TOO_LONG: Duration = Duration::from_secs(10);
/// How many records are under way at least when something happens.
const LOAD: usize = 2_000;
/// At most so long after they were sent it happens.
const SOON: Duration = Duration::from_millis(1_500);
/// At most so long a broker is gone.
const GONE: Duration = Duration::from_secs(4);
/// What starts or is sent while brokers are away may fail, and is tried so often.
const TRIES: usize = 10;
/// How often a stage is looked at in one load, for a transaction that is open.
const LOOKS: usize = 20;
/// Whose transactions are looked for, and where they write.
const WRITERS: [(&str, &str); 3] = [
    ("screen", "candidates"),
    ("verify", "findings"),
    ("assess", "determinations"),
];

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

/// The history with its decisions, in an order of the seed's.
fn history(
    kafka: &Deployment,
    demo: &Demo,
    decisions: &[Value],
    seeded: &mut Seeded,
) -> Vec<Outgoing> {
    let mut inputs = demo.inputs.clone();
    seeded.shuffle(&mut inputs);
    let mut records: Vec<Outgoing> = inputs
        .iter()
        .map(|one| {
            let value = kafka.confluent(one);
            Outgoing::new(kafka.topic(one.topic), one.key.as_str(), value)
        })
        .collect();
    for one in decisions {
        let at = seeded.below(records.len());
        let key = one["notice"].as_str().unwrap();
        let value = one.to_string().into_bytes();
        records.insert(at, Outgoing::new(kafka.topic("decisions"), key, value));
    }
    records
}

/// Strikes, and starts again what died.
struct Chaos<'a> {
    kafka: &'a Deployment,
    brokers: Brokers,
    stages: Vec<Stage>,
    seeded: Seeded,
    report: Report,
    /// Where a transaction was open when its stage was killed.
    torn: BTreeSet<&'static str>,
    /// What was sent and may come once more.
    sent: Vec<Outgoing>,
}

impl Chaos<'_> {
    /// Sends these, and of what was sent before so many a second time that there is some load:
    /// what comes twice must count once. Whether a send that failed arrived is not known, so it is
    /// done again.
    fn send(&mut self, mut records: Vec<Outgoing>) {
        let fresh = records.len();
        while records.len() < LOAD && !self.sent.is_empty() {
            let again = self.seeded.below(self.sent.len());
            records.push(self.sent[again].clone());
        }
        for _ in 0..TRIES {
            match self.kafka.try_send(&records) {
                Ok(()) => return self.sent.extend(records.drain(..fresh)),
                Err(error) => eprintln!("sending again: {error}"),
            }
        }
        panic!("{TRIES} times in vain: the records of a source cannot be sent");
    }

    /// Starts a stage, as a supervisor does: again where it ends at once.
    fn start(&mut self, name: &str) -> Stage {
        for _ in 0..TRIES {
            match self.kafka.try_start("0", &[name], 0) {
                Ok(stage) => return stage,
                Err(why) => {
                    let why = format!("{name}: {}", last_line(&why.0));
                    self.report.ended.push(why);
                }
            }
        }
        panic!("{TRIES} times in vain: {name} does not start");
    }

    fn strike(&mut self, number: usize, strike: Strike) {
        eprintln!("{number}: {strike:?}");
        if strike != Strike::KillInTransaction {
            std::thread::sleep(self.seeded.time_below(SOON));
        }
        let at = self.seeded.below(self.stages.len());
        let node = self.seeded.below(self.brokers.count());
        let gone = self.seeded.time_below(GONE);
        match strike {
            Strike::Kill => self.kill(at),
            Strike::KillInTransaction => {
                let at = self.hold_in_transaction();
                self.kill(at);
            }
            Strike::Pause => self.stages[at].pause(TOO_LONG),
            Strike::Zombie => self.replace_held_up(at),
            Strike::Broker => self.brokers.restart(node, gone).unwrap(),
            // Longer than brokers wait for it.
            Strike::Replace => self.brokers.replace(node, GONE + gone).unwrap(),
            Strike::CutBroker => self.brokers.cut(Cable::Node(node), TOO_LONG).unwrap(),
            Strike::CutStages => self.brokers.cut(Cable::Here, TOO_LONG).unwrap(),
        }
    }

    fn kill(&mut self, at: usize) {
        let victim = self.stages.remove(at);
        let name = victim.name.clone();
        victim.kill();
        let fresh = self.start(&name);
        self.stages.push(fresh);
    }

    /// Holds a stage up in the middle of a transaction: it is held, and what it writes looked at,
    /// until records stand there of which nobody has decided.
    fn hold_in_transaction(&mut self) -> usize {
        for _ in 0..TRIES {
            let (writer, topic) = WRITERS[self.seeded.below(WRITERS.len())];
            for _ in 0..LOOKS {
                self.supervise();
                let named = |stage: &Stage| stage.name == writer;
                let at = self.stages.iter().position(named).unwrap();
                self.stages[at].hold(true);
                // What was decided by then is seen as such.
                std::thread::sleep(BETWEEN_LOOKS);
                if self.kafka.undecided(topic).is_ok_and(|count| count > 0) {
                    self.torn.insert(topic);
                    return at;
                }
                self.stages[at].hold(false);
                std::thread::sleep(self.seeded.time_below(Duration::from_millis(30)));
            }
            self.send(Vec::new());
        }
        panic!("no transaction was seen open, however often it was looked for");
    }

    /// Holds a stage up and puts another in its place. When it wakes one of the two must end, and
    /// say why: as a rule the one that slept, but where its client sees by itself that its session
    /// is over it joins anew, and the other is the one that is fenced.
    fn replace_held_up(&mut self, at: usize) {
        let zombie = self.stages.remove(at);
        let name = zombie.name.clone();
        zombie.hold(true);
        let begun = Instant::now();
        let fresh = self.start(&name);
        std::thread::sleep(TOO_LONG.saturating_sub(begun.elapsed()));
        zombie.hold(false);
        let woken = Instant::now();
        let mut both = vec![zombie, fresh];
        while !both.iter_mut().any(Stage::has_ended) {
            let logs: Vec<String> = both.iter().map(Stage::log).collect();
            let said = logs.join("\n");
            assert!(woken.elapsed() < PATIENCE, "both go on:\n{said}");
            std::thread::sleep(BETWEEN_LOOKS);
        }
        for mut one in both {
            if one.has_ended() {
                let log = one.log();
                assert!(log.contains("Fenced"), "it does not say why: {log}");
            } else {
                self.stages.push(one);
            }
        }
        if !self.stages.iter().any(|one| one.name == name) {
            // Each has fenced the other: a supervisor starts one again.
            let fresh = self.start(&name);
            self.stages.push(fresh);
        }
    }

    /// Starts again what ended by itself, as a supervisor does: a member that was held up too long
    /// may find its place taken, and one whose client hangs ends.
    fn supervise(&mut self) {
        let ended = |stage: &mut Stage| stage.has_ended();
        while let Some(at) = self.stages.iter_mut().position(ended) {
            let gone = self.stages.remove(at);
            let why = format!("{}: {}", gone.name, last_line(&gone.log()));
            eprintln!("ended by itself: {why}");
            self.report.ended.push(why);
            let fresh = self.start(&gone.name);
            self.stages.push(fresh);
        }
    }

    /// Waits until everything is at rest, several times in a row; how long it was until then.
    fn settle(&mut self) -> Duration {
        let begun = Instant::now();
        let (mut since, mut seen, mut moved) = (begun, 0, None);
        while seen < AT_REST {
            self.supervise();
            let now = self.kafka.at_rest(&self.stages);
            if now.is_some() && now == moved {
                seen += 1;
            } else {
                (since, seen) = (Instant::now(), 0);
            }
            moved = now;
            if begun.elapsed() > PATIENCE {
                let of = |stage: &Stage| format!("{}\n{}", stage.status(), stage.log());
                let all: Vec<String> = self.stages.iter().map(of).collect();
                panic!("not at rest within {PATIENCE:?}:\n{}", all.join("\n"));
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        since - begun
    }

    /// Compares with what an undisturbed run says.
    fn compare(&mut self, expected: &Results, decisions: &[Value]) {
        let results = self.kafka.results();
        results.assert_same(expected);
        let released = assert_released_once(self.kafka, decisions);
        for stage in &self.stages {
            stage.assert_adds_up();
        }
        self.report.compared.push(format!(
            "with a replay of the same history over files, the last value of every key, byte for \
             byte: {} findings, {} incidents, {} determinations, {} notices: the same",
            results.findings.len(),
            results.incidents.len(),
            results.determinations.len(),
            results.notices.len(),
        ));
        self.report.compared.push(format!(
            "with what people released, record by record: {released} records on the outbox, each \
             once"
        ));
    }

    /// What was killed in the middle of a transaction left records that nobody sees.
    fn assert_bites(&mut self, topics_max: usize) {
        assert!(!self.torn.is_empty(), "nothing died in a transaction");
        for topic in self.torn.iter().take(topics_max) {
            let name = self.kafka.topic(topic);
            let all = self.brokers.node(0).count(&name, true).unwrap();
            let seen = self.brokers.node(0).count(&name, false).unwrap();
            let ours = stream::read_topic(&self.kafka.cluster, &name, &mut |_| {}).unwrap();
            assert_eq!(
                seen as u64, ours,
                "{topic}: Kafka's own consumer sees others"
            );
            assert!(all > seen, "{topic}: {seen} of {all}: nothing was aborted");
            self.report.compared.push(format!(
                "{topic}: {seen} records read committed, {all} read uncommitted: {} aborted",
                all - seen
            ));
        }
    }
}

impl Drop for Chaos<'_> {
    /// What was done until then helps whoever looks why it failed.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprint!("FAILED; until then:\n{}", self.report);
        }
    }
}

fn last_line(text: &str) -> String {
    let mut lines = text.lines().rev().filter(|line| !line.trim().is_empty());
    lines.next().unwrap_or("(said nothing)").to_owned()
}

/// The brokers of a run, and what cannot be done on them.
fn brokers(long: bool, report: &mut Report) -> Result<Brokers, xtask::Trouble> {
    if !long {
        "one broker".clone_into(&mut report.title);
        return Brokers::one();
    }
    let net = Net::start(3);
    match &net {
        Ok(_) => "three brokers in network namespaces".clone_into(&mut report.title),
        Err(why) => {
            "three brokers on the loopback".clone_into(&mut report.title);
            report.missing.push(format!("nothing was cut off: {why}"));
        }
    }
    Brokers::three(net.ok())
}

#[test]
fn whatever_dies_nothing_is_lost_and_nothing_comes_twice() {
    let test = "whatever_dies_nothing_is_lost_and_nothing_comes_twice";
    let Some(registry) = registry(test) else {
        return;
    };
    let long = std::env::var("TOCSIN_CHAOS_LONG").is_ok_and(|value| value == "1");
    let strikes = number("TOCSIN_CHAOS_KILLS", 10);
    let seed = number("TOCSIN_CHAOS_SEED", 2026);
    let mut report = Report::default();
    let brokers = match brokers(long, &mut report) {
        Ok(brokers) => brokers,
        Err(missing) => return skip_or_fail(test, &missing).unwrap(),
    };
    report.title += &format!(", {strikes} strikes, seed {seed}");
    eprintln!("{}", report.title);
    let demo = Demo::get();
    let decisions = decisions(demo);
    let expected = undisturbed(demo, &decisions);
    expected.assert_worth_comparing();

    let parts = Parts::of_brokers(&brokers, registry);
    let mut kafka = Deployment::new(&parts, "chaos", &format!("{FROM_THE_BEGINNING}{FRAGILE}"));
    kafka.prepare();
    let mut seeded = Seeded(seed as u64);
    let records = history(&kafka, demo, &decisions, &mut seeded);
    let stages = kafka.start_all();
    let mut chaos = Chaos {
        kafka: &kafka,
        brokers,
        stages,
        seeded,
        report,
        torn: BTreeSet::new(),
        sent: Vec::new(),
    };
    let begun = Instant::now();
    let mut pieces = records.chunks(records.len() / strikes + 1);
    for number in 0..strikes {
        let mut strike = Strike::of(number, long);
        let cuts = matches!(strike, Strike::CutBroker | Strike::CutStages);
        if cuts && !chaos.brokers.has_cables() {
            strike = Strike::Kill;
        }
        if matches!(strike, Strike::Broker | Strike::Replace | Strike::CutBroker) {
            // Two copies of something taken away at once would be too many, of three.
            chaos.brokers.wait_whole().unwrap();
        }
        chaos.send(pieces.next().unwrap_or_default().to_vec());
        chaos.strike(number, strike);
        chaos.supervise();
        // Between mere kills the next may come before the last is mended.
        let kill = matches!(strike, Strike::Kill | Strike::KillInTransaction);
        let wait = long && (!kill || chaos.seeded.below(2) == 0);
        let rest = wait.then(|| chaos.settle());
        if let Some(rest) = rest {
            eprintln!("{number}: at rest after {:.1} s", rest.as_secs_f64());
        }
        chaos.report.strikes.entry(strike).or_default().push(rest);
    }
    pieces.for_each(|piece| chaos.send(piece.to_vec()));
    chaos.settle();
    std::thread::sleep(Duration::from_secs(1));
    chaos.settle();
    let spent = begun.elapsed().as_secs();
    chaos.report.title += &format!(", {spent} s");
    chaos.compare(&expected, &decisions);
    // Kafka's own consumer takes its time: in CI one topic is enough.
    chaos.assert_bites(if long { WRITERS.len() } else { 1 });
    chaos.report.leave(seed);
    let missing = &chaos.report.missing;
    assert!(missing.is_empty(), "not everything was done: {missing:?}");
}

/// Each release is on the outbox, once, as it was approved.
fn assert_released_once(kafka: &Deployment, decisions: &[Value]) -> usize {
    let name = kafka.topic("outbox");
    let mut decoder = kafka.decoder();
    let mut found = Vec::new();
    stream::read_topic(&kafka.cluster, &name, &mut |record| {
        let key = String::from_utf8_lossy(record.key.unwrap()).into_owned();
        let one: Envelope = decoder
            .decode(RecordKind::OutboxEntry, record.value.unwrap())
            .unwrap();
        found.push((key, one.document));
    })
    .unwrap();
    found.sort();
    let releases = decisions.iter().filter(|one| one["kind"] == "release");
    let mut expected: Vec<(String, String)> = releases.map(on_the_outbox).collect();
    expected.sort();
    assert_eq!(found, expected);
    found.len()
}

/// Key and document that a release must have on the outbox.
fn on_the_outbox(release: &Value) -> (String, String) {
    let word = |member: &str| release[member].as_str().unwrap();
    let (notice, digest, document) = (word("notice"), word("digest"), word("document"));
    let stated: Value = serde_json::from_str(document).unwrap();
    let entry = json!({
        "notice": notice, "digest": digest, "document": document,
        "order": stated["order"]["order"], "duty": stated["duty"]["duty"],
        "incident": stated["incident"], "subject": stated["channel"]["subject"],
        "to": stated["channel"]["to"], "released_at": release["at"],
        "message_id": format!("{notice}.{}@tocsin.invalid", &digest[..32]),
    });
    (format!("{notice}|{digest}"), facts::canonical_json(&entry))
}
