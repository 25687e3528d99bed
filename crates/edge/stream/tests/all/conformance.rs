//! One suite for every log: what a processor may rely on holds in memory, over files and on Kafka.
//!
//! The part on Kafka runs where `TOCSIN_TEST_KAFKA` holds a bootstrap address, which
//! `cargo xtask test` sets.

mod bed;
mod groups;
mod reading;
mod topics;
mod transactions;

use bed::{Bed, Files, Kafka, Memory};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

type Case = (&'static str, fn(&dyn Bed));

const CASES: &[Case] = &[
    (
        "commit makes outputs and positions visible together",
        transactions::commit,
    ),
    ("abort hides outputs and rewinds", transactions::abort),
    (
        "an open transaction is invisible and blocks later records",
        transactions::open_blocks,
    ),
    (
        "who has read to an open transaction is told that more lies behind it",
        transactions::held_back,
    ),
    (
        "a second worker with the same id fences the first",
        transactions::fencing,
    ),
    (
        "what a crashed worker left open is aborted by its successor",
        transactions::crash,
    ),
    (
        "a transaction needs to be begun, once",
        transactions::misuse,
    ),
    (
        "an empty transaction and one without outputs commit",
        transactions::without_outputs,
    ),
    (
        "a record that is too large is refused, the worker goes on",
        transactions::too_large,
    ),
    (
        "a restart continues at the committed positions",
        groups::restart,
    ),
    (
        "nothing is delivered before start, and start again rewinds",
        groups::start,
    ),
    (
        "two workers share partitions, one leaves, the other has all",
        groups::rebalance,
    ),
    (
        "a rebalance loses nothing behind the end",
        groups::rebalance_at_end,
    ),
    (
        "a member learns that nothing is left for it",
        groups::no_share,
    ),
    (
        "a static member is replaced by its namesake",
        groups::static_member,
    ),
    (
        "who comes back during a hand-over leaves nothing unowned",
        groups::back_during_a_handover,
    ),
    (
        "everybody who is in a group is named, and who left is not",
        groups::members,
    ),
    (
        "a transaction over a revocation must end before the next poll",
        groups::open_over_revocation,
    ),
    (
        "a fixed assignment keeps positions without membership",
        groups::fixed,
    ),
    (
        "a position is noted with the ids of topics",
        groups::noted_topic,
    ),
    (
        "a position in what is read besides stands with the others",
        groups::beside,
    ),
    (
        "a position outside of the log is an error",
        groups::out_of_range,
    ),
    (
        "a reader sees only committed records and ends behind the markers",
        reading::committed_only,
    ),
    ("a reader seeks and sees the same again", reading::seek),
    (
        "the end moves only when it is asked for",
        reading::refresh_end,
    ),
    (
        "offsets by time: exact, between, before, after",
        reading::by_time,
    ),
    ("a sleeping reader wakes for a commit", reading::wakes),
    (
        "key, tombstone, headers and time stamp survive",
        topics::survive,
    ),
    ("the partition of a key is Kafka's", topics::partitioner),
    (
        "topics are created once, described, configured and deleted",
        topics::administration,
    ),
    (
        "a topic that is created anew has another id",
        topics::another_id,
    ),
    ("what is not there is said so", topics::not_found),
];

/// How many cases wait for a broker at once: they are nearly idle, each with topics of its own.
const LANES: usize = 4;

fn run(bed: &(dyn Bed + Sync), lanes: usize) {
    let only = std::env::var("TOCSIN_TEST_CASE").unwrap_or_default();
    let cases = CASES.iter().filter(|(name, _)| name.contains(&only));
    let cases = Mutex::new(cases);
    let failed = Mutex::new(Vec::new());
    let lane = || {
        loop {
            let next = cases.lock().unwrap().next();
            let Some((name, case)) = next else { break };
            let begun = std::time::Instant::now();
            println!("{}: {name}", bed.kind());
            if catch_unwind(AssertUnwindSafe(|| case(bed))).is_err() {
                failed.lock().unwrap().push(*name);
            }
            let spent = begun.elapsed().as_millis();
            println!("{}: {name}: {spent} ms", bed.kind());
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..lanes {
            scope.spawn(lane);
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{}: {failed:?}", bed.kind());
}

#[test]
fn memory_conforms() {
    run(&Memory::default(), 1);
}

#[test]
fn files_conform() {
    run(&Files::default(), 1);
}

#[test]
fn kafka_conforms() {
    let Ok(bootstrap) = std::env::var("TOCSIN_TEST_KAFKA") else {
        println!(
            "skipped: no Kafka. `cargo xtask test` starts one, or set TOCSIN_TEST_KAFKA to the \
             bootstrap address of a test cluster"
        );
        return;
    };
    run(&Kafka::connect(&bootstrap), LANES);
}
