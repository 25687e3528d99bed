//! What verify does with a candidate, without its broker: `cargo bench --workspace --bench judge`.
//!
//! One thread. The baseline is decoding the candidates in the same run; then each step of the way
//! to a finding by itself: keeping what was stated, judging it under every pack, and naming,
//! digesting and encoding what was found. Times are times on the processor.

use access::{Judged, Records, Settings};
use benches::{Clock, resident_bytes};
use facts::{Access, Finding, Variants};
use orders::Packs;
use serde_json::json;
use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use wire::{Decoder, Encoder, Framing, RecordKind, SchemaStore};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const ACCESSES: usize = 50_000;
const STAFF: usize = 200;
const ROUNDS: usize = 5;

/// Staff who look at recordings, one in ten with a support case, and an attack from one network.
fn access(number: usize) -> Access {
    let attack = number.is_multiple_of(2);
    let staff = number / 2 % STAFF;
    let json = json!({
        "id": format!("acc-{number:016x}"), "at": "2026-03-01T10:00:00Z",
        "actor": if attack { format!("user-{number:08}") } else { format!("emp-{staff:04}") },
        "actor_kind": if attack { "customer" } else { "employee" },
        "actor_account": attack.then(|| format!("other-{number:08}")),
        "action": "view", "outcome": if number.is_multiple_of(4) { "denied" } else { "succeeded" },
        "information": "home_security_recording", "account": format!("acct-{:08}", number / 5),
        "resource": format!("rec-{number:012x}"), "device": format!("cam-{:08}", number / 5),
        "session": format!("s-{number:08x}"), "source_address": if attack { "203.0.113.7" }
            else { "198.51.100.7" },
        "client": "console/4.2", "encrypted": "no", "visibility": "private",
    });
    serde_json::from_value(json).expect("an access")
}

fn records() -> Records {
    let mut records = Records::new();
    let event = json!({"id": "b", "matter": "M", "recorded_at": "2026-04-01T00:00:00Z",
        "report": {"kind": "indicator", "from": "2026-01-01T00:00:00Z",
                   "source_networks": ["203.0.113.0/24"]}});
    records.add_breach(serde_json::from_value(event).expect("a breach event"));
    for staff in 0..STAFF {
        for case in 0..10 {
            let grant = json!({"id": format!("g-{staff}-{case}"), "kind": "support_case",
                "recorded_at": "2026-02-01T00:00:00Z", "from": "2026-02-01T00:00:00Z",
                "actors": [format!("emp-{staff:04}")],
                "accounts": [format!("acct-{:08}", staff * 7 + case)]});
            records.add_grant(serde_json::from_value(grant).expect("a grant"));
        }
    }
    records
}

/// The least time on the processor of several rounds, in microseconds an access.
fn best(mut round: impl FnMut()) -> f64 {
    let times = (0..ROUNDS).map(|_| {
        let clock = Clock::start();
        round();
        clock.elapsed().as_secs_f64()
    });
    times.fold(f64::MAX, f64::min) * 1e6 / ACCESSES as f64
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut encoder = Encoder::new(Framing::SingleObject);
    let candidates: Vec<Vec<u8>> = (0..ACCESSES)
        .map(|number| encoder.encode_to_vec(RecordKind::AccessEvent, &access(number)))
        .collect::<Result<_, _>>()?;
    let mut decoder = Decoder::new(Arc::new(SchemaStore::without_registry()));
    let mut decode = |each: &mut dyn FnMut(Access)| {
        for candidate in &candidates {
            each(
                decoder
                    .decode(RecordKind::AccessEvent, candidate)
                    .expect("it was encoded here"),
            );
        }
    };
    let baseline = best(|| decode(&mut |access| drop(std::hint::black_box(access))));
    let show = |what: &str, took: f64| {
        println!("{what:<28} {took:>7.2} µs {:>6.2} x", took / baseline);
    };
    show("decode", baseline);

    let before = resident_bytes();
    let mut kept: HashMap<String, Variants<Access>> = HashMap::new();
    let (mut first, mut again) = (0.0, 0.0);
    for took in [&mut first, &mut again] {
        let clock = Clock::start();
        decode(&mut |access| {
            kept.entry(access.id.clone()).or_default().insert(access);
        });
        *took = clock.elapsed().as_secs_f64() * 1e6 / ACCESSES as f64 - baseline;
    }
    show("keep", first);
    show("keep what is there already", again);
    let bytes = resident_bytes().saturating_sub(before) / ACCESSES as u64;

    let packs = Packs::embedded()?;
    let bound: Vec<_> = packs.orders().map(|order| order.terms.clone()).collect();
    let (records, settings) = (records(), Settings::default());
    let mut found: Vec<Finding> = Vec::new();
    let mut attempts = 0;
    let judged = best(|| {
        (found, attempts) = (Vec::with_capacity(ACCESSES), 0);
        for statements in kept.values() {
            for one in access::judge(statements, &records, &bound, &settings) {
                match one {
                    Judged::Finding(finding) => found.push(*finding),
                    Judged::Attempt(_) => attempts += 1,
                }
            }
        }
    });
    show("judge", judged);
    let digested = best(|| {
        for finding in &found {
            std::hint::black_box(facts::digest_json(finding));
        }
    });
    let per_finding = ACCESSES as f64 / found.len() as f64;
    show("digest, a finding", digested * per_finding);
    let by_public = best(|| {
        for finding in &found {
            let text = serde_json_canonicalizer::to_vec(finding).expect("it has a JSON form");
            std::hint::black_box(facts::digest_bytes(&text));
        }
    });
    show("the same by the public crate", by_public * per_finding);
    let encoded = best(|| {
        for finding in &found {
            let bytes = encoder.encode_to_vec(RecordKind::Finding, finding);
            std::hint::black_box((finding.key(), bytes.expect("encodes")));
        }
    });
    show("key and encode, a finding", encoded * per_finding);
    println!(
        "{ACCESSES} accesses under {} orders: {} findings, {attempts} attempts; {bytes} B resident \
         an access kept",
        bound.len(),
        found.len()
    );
    Ok(())
}
