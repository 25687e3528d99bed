//! The fold at scale: `cargo bench --workspace --bench fold`.
//!
//! One incident that grows: `n` accesses on a tenth as many accounts, each of a recording of its
//! own, in six classes of access. They come in batches of a thousand; after each batch the
//! incident is made again and counted for forty orders. Every size runs in a process of its own, so
//! that the memory is its own; the baseline is the smallest size in the same run. Times are times
//! on the processor, so that what else a machine does has little part in them.
//! `TOCSIN_BENCH_LARGE=1` adds ten million accesses; `TOCSIN_BENCH_PEOPLE=1` puts a record with two
//! people on every account first.

use benches::{Clock, resident_bytes};
use facts::{Finding, Ground, Kleene, Private, YesNo};
use incident::{Dirty, Fold, Row};
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const SIZES: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
const LARGE: u64 = 10_000_000;
const BATCH: u64 = 1_000;
const ORDERS: usize = 40;
/// So often counted again that reading the clock has no part in the time.
const COUNTED_TIMES: u32 = 10;
/// Small sizes are over too soon to be timed once.
const LEAST_FACTS: u64 = 20_000;

fn template() -> Finding {
    serde_json::from_value(serde_json::json!({
        "group": "matter:M",
        "access": {
            "id": "", "at": "2026-03-01T00:00:00Z", "actor": "emp-4711", "actor_kind": "employee",
            "action": "view", "outcome": "succeeded", "information": "home_security_recording",
            "account": "", "session": "s-1", "source_address": "198.51.100.7",
            "client": "console/4.2", "visibility": "private", "encrypted": "no",
        },
        "verdict": "unauthorised", "ground": "believed", "reason": "indicated",
        "matched": ["b-1"], "rests_on_since": "2026-04-01T00:00:00Z",
    }))
    .expect("a finding")
}

/// The finding of a number: in an order without order, as hashed partitions give it.
fn finding(template: &Finding, number: u64, of: u64) -> Finding {
    let accounts = (of / 10).max(1);
    let account = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % accounts;
    let mut one = template.clone();
    let access = &mut one.access;
    access.id = format!("acc-{number:016x}");
    access.at = access.at.saturating_add_micros((number as i64) * 1_000);
    access.account = Private::new(format!("acct-{account:08}"));
    access.resource = Some(Private::new(format!("rec-{number:012x}")));
    access.device = Some(Private::new(format!("cam-{account:08}")));
    // Most accounts are in one class, some in two.
    if account.is_multiple_of(4) && number.is_multiple_of(2) {
        access.encrypted = Some(YesNo::Yes);
    }
    if account % 8 == 1 {
        access.visibility = None;
    }
    one
}

fn people(fold: &mut Fold, accounts: u64) {
    for account in 0..accounts {
        let json = serde_json::json!({
            "id": format!("ac-{account:08}"), "account": format!("acct-{account:08}"),
            "recorded_at": "2026-01-01T00:00:00Z", "residence": "US-CA",
            "consumers": [format!("person-{account:08}-a"), format!("person-{account:08}-b")],
        });
        fold.put_account(serde_json::from_value(json).expect("an account"));
    }
}

/// What a clause asks: recordings in the clear, reached without authorization.
fn holds(row: &Row, order: &str) -> Kleene {
    let class = &row.class;
    class
        .reached
        .and(class.acts.accessed)
        .and(!class.encrypted)
        .and(row.unauthorised(order, Ground::Believed))
}

#[derive(Default)]
struct Took {
    facts: u64,
    putting: Duration,
    making: Duration,
    counting: Duration,
    counted: u32,
    bytes: u64,
}

fn fold_of(size: u64, each_batch: bool, took: &mut Took) {
    let template = template();
    let mut fold = Fold::new();
    if std::env::var_os("TOCSIN_BENCH_PEOPLE").is_some() {
        people(&mut fold, (size / 10).max(1));
    }
    let before = resident_bytes();
    let orders: Vec<String> = (0..ORDERS).map(|one| format!("order-{one}")).collect();
    let mut dirty = Dirty::new();
    let mut counted = BTreeSet::new();
    for first in (0..size).step_by(BATCH as usize) {
        let batch: Vec<(String, Finding)> = (first..(first + BATCH).min(size))
            .map(|number| finding(&template, number, size))
            .map(|one| (one.key(), one))
            .collect();
        took.facts += batch.len() as u64;
        let begun = Clock::start();
        for (key, one) in batch {
            dirty.extend(fold.put_finding(key, Some(one)));
        }
        took.putting += begun.elapsed();
        if each_batch || first + BATCH >= size {
            let begun = Clock::start();
            let rebuilt = fold.rebuild(&std::mem::take(&mut dirty));
            took.making += begun.elapsed();
            let incident = rebuilt.changed.first().expect("an incident");
            let begun = Clock::start();
            for order in (0..COUNTED_TIMES).flat_map(|_| &orders) {
                let counts = incident::count(incident, &|row| holds(row, order));
                counted.insert(counts.accounts.at_least);
            }
            took.counting += begun.elapsed();
            took.counted += COUNTED_TIMES;
        }
    }
    assert!(counted.iter().max().is_some_and(|most| *most > 0));
    took.bytes = resident_bytes().saturating_sub(before);
    drop(fold);
}

fn one_size(size: u64) {
    let each_batch = std::env::var_os("TOCSIN_BENCH_ONCE").is_none();
    let mut took = Took::default();
    while took.facts < LEAST_FACTS.max(size) {
        fold_of(size, each_batch, &mut took);
    }
    let per_fact = |time: Duration| time.as_nanos() as f64 / took.facts as f64;
    println!(
        "{size} {} {} {} {}",
        per_fact(took.putting),
        per_fact(took.making),
        took.counting.as_nanos() as f64 / 1e3 / f64::from(took.counted),
        took.bytes as f64 / size as f64,
    );
}

fn main() {
    if let Ok(size) = std::env::var("TOCSIN_BENCH_SIZE") {
        return one_size(size.parse().expect("a number"));
    }
    let mut sizes = SIZES.to_vec();
    if std::env::var_os("TOCSIN_BENCH_LARGE").is_some() {
        sizes.push(LARGE);
    }
    println!("  accesses   put/fact  make/fact   together   40 counts   resident/fact");
    let mut baseline = None;
    for size in sizes {
        let program = std::env::current_exe().expect("this program");
        let output = Command::new(program)
            .env("TOCSIN_BENCH_SIZE", size.to_string())
            .output()
            .expect("runs");
        let text = String::from_utf8_lossy(&output.stdout);
        let figures: Vec<f64> = text.split_whitespace().flat_map(str::parse).collect();
        let [_, put, make, counts, bytes] = figures[..] else {
            panic!("{size}: {text} {}", String::from_utf8_lossy(&output.stderr));
        };
        let together = put + make;
        let ratio = together / *baseline.get_or_insert(together);
        println!(
            "{size:>10} {:>7.2} µs {:>7.2} µs {ratio:>8.2} × {counts:>8.0} µs {bytes:>12.0} B",
            put / 1e3,
            make / 1e3,
        );
    }
}
