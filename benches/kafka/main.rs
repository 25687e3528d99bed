//! Every processor embedded and on Kafka, beside a bare consumer of the same topics in the same
//! run: `cargo xtask bench kafka`.
//!
//! The broker and the registry are those that `TOCSIN_TEST_KAFKA` and `TOCSIN_TEST_REGISTRY` name.
//! The demo runs first, embedded, and leaves its input; then the same input goes to Kafka, and each
//! processor, a process of its own, works on what the one before it left. README.md says what each
//! line must show.

mod deployment;
mod embedded;
mod figures;
mod history;
mod latency;
mod plain;
mod state;

use deployment::{Deployment, Stage};
use figures::{Line, Table};
use std::error::Error;
use std::time::Duration;
use stream::{Cluster, ErrorKind, LogError};
use xtask::parts::process::Scratch;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Any error ends the run; its text says what was attempted.
pub(crate) type Done<T> = Result<T, Box<dyn Error>>;

/// How often, and how long apart, is asked again what a busy broker did not answer.
const ATTEMPTS: u32 = 10;
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(2);

/// Asks again what a broker refused for the moment: on a busy machine it loses its own controller
/// for a second now and then.
pub(crate) fn patiently<T>(mut ask: impl FnMut() -> Done<T>) -> Done<T> {
    for _ in 1..ATTEMPTS {
        match ask() {
            Err(why)
                if why
                    .downcast_ref::<LogError>()
                    .is_some_and(|error| error.kind == ErrorKind::Retriable) =>
            {
                eprintln!("kafka: {why}");
                std::thread::sleep(BETWEEN_ATTEMPTS);
            }
            done => return done,
        }
    }
    ask()
}

/// How many ordinary uses the history has, unless `TOCSIN_BENCH_ORDINARY` says otherwise; the
/// demo's own default.
const ORDINARY_USES: u64 = 1_000_000;

/// The processors in the direction of the data, each with the topics that it reads to their ends.
const STAGES: [(&str, &[&str]); 5] = [
    ("screen", &["access-events"]),
    ("scope", &["activations"]),
    ("verify", &["candidates"]),
    (
        "assess",
        &[
            "findings",
            "excused",
            "searched",
            "breach-events",
            "grants",
            "accounts",
            "decisions",
        ],
    ),
    (
        "notify",
        &["determinations", "incidents", "breach-events", "decisions"],
    ),
];

/// What a processor's bare consumer reads: the same, but for scope, whose work is to read the
/// accesses again.
fn compared<'a>(stage: &str, topics: &'a [&'a str]) -> &'a [&'a str] {
    match stage {
        "scope" => &["access-events"],
        _ => topics,
    }
}

/// What a bare read of these topics is called.
pub(crate) fn bare_read(topics: &[&str]) -> String {
    match topics {
        [one] => format!("bare read of {one}"),
        [first, rest @ ..] => format!("bare read of {first} and {} more topics", rest.len()),
        [] => String::new(),
    }
}

fn main() -> Done<()> {
    let given = |name: &str| std::env::var(name).ok();
    let (Some(bootstrap), Some(registry)) = (
        given(xtask::parts::TEST_KAFKA),
        given(xtask::parts::TEST_REGISTRY),
    ) else {
        println!("kafka: not run, no broker is named; `cargo xtask bench kafka` starts one");
        return Ok(());
    };
    let ordinary = match given("TOCSIN_BENCH_ORDINARY") {
        Some(text) => text.parse()?,
        None => ORDINARY_USES,
    };
    println!("{}", figures::machine());
    let scratch = Scratch::new("bench")?;
    if let Some(candidates) = given("TOCSIN_BENCH_STATE") {
        let orders = embedded::demo(scratch.path(), 1_000)?.orders;
        let mut deployment = Deployment::new(&bootstrap, &registry, &orders, scratch)?;
        deployment.prepare()?;
        return state::measure(&mut deployment, candidates.parse()?);
    }
    let demo = embedded::demo(scratch.path(), ordinary)?;
    let mut deployment = Deployment::new(&bootstrap, &registry, &demo.orders, scratch)?;
    deployment.prepare()?;
    let history = history::pour(&demo.input, &deployment)?;
    println!(
        "{} accesses of {} B, {} actors without a basis among them, on {} partitions\n",
        history.accesses,
        history.bytes_each,
        history::ACTORS,
        deployment::PARTITIONS,
    );

    let mut table = Table::new("On Kafka, each processor alone as a process of its own");
    for (stage, topics) in STAGES {
        one_by_one(&deployment, &history, stage, topics, &mut table)?;
    }
    println!("{table}");
    println!("{}", demo.table(&deployment)?);

    let mut stages = Vec::new();
    let mut restored = Table::new("Started again over its history, until nothing is outstanding");
    for (name, topics) in STAGES {
        let stage = deployment.start(name)?;
        let settled = deployment.course(&stage, topics)?.settled;
        restored.push(Line::of_process(name, &stage, None, settled)?);
        stages.push(stage);
    }
    println!("{restored}");
    latency::measure(&deployment, &history, &stages)?;
    println!("{}", at_the_end(&stages)?);
    // The figures of a run that lost something would be worth nothing.
    match patiently(|| deployment.count("dead-letters"))? {
        0 => Ok(()),
        dead => Err(format!("{dead} dead letters").into()),
    }
}

/// Runs one processor over what the one before it left, between two bare reads of its input.
fn one_by_one(
    deployment: &Deployment,
    history: &history::History,
    name: &str,
    topics: &[&str],
    table: &mut Table,
) -> Done<()> {
    let names = deployment.topics(compared(name, topics));
    let cluster: &dyn Cluster = &deployment.cluster;
    let before = patiently(|| plain::read(cluster, &names))?;
    let mut between = Vec::new();
    if name == "screen" {
        let decode = || plain::decode(deployment, &names);
        between.push(("read and decode", patiently(decode)?));
        let commit = || plain::commit(cluster, &names);
        between.push(("read and commit", patiently(commit)?));
    }
    let stage = deployment.start(name)?;
    let mut course = deployment.course(&stage, topics)?;
    match name {
        "screen" => {
            let read = course.records;
            if read != history.accesses {
                return Err(format!("screen read {read} of {}", history.accesses).into());
            }
            // What comes late must be announced by screen before scope can search for it.
            deployment.late(history)?;
            deployment.course(&stage, topics)?;
        }
        "scope" => course.work = patiently(|| deployment.searched(course.work))?,
        _ => {}
    }
    let line = Line::of_process(name, &stage, Some(course.work), course.settled)?;
    drop(stage);
    let after = patiently(|| plain::read(cluster, &names))?;
    // The faster of both: a ratio must not flatter the processor.
    let bare = if after.rate() > before.rate() {
        after
    } else {
        before
    };
    table.group(&bare_read(compared(name, topics)), bare);
    for (what, work) in between {
        table.push(Line::of_work(what, work));
    }
    table.push(line);
    Ok(())
}

fn at_the_end(stages: &[Stage]) -> Done<Table> {
    let mut table = Table::new("All five, after the probes and the load");
    for stage in stages {
        table.push(Line::of_process(&stage.name, stage, None, Duration::ZERO)?);
    }
    Ok(table)
}
