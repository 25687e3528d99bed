//! The hot path: `cargo bench --workspace --bench screen`.
//!
//! One thread, a log in memory. The baseline is the bare read of the same topic in the same run;
//! then the same with decoding, then with the screen's decision, each with its ratio.

use access::{Records, Screen, Settings, Terms};
use facts::{AccessView, BreachEvent};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::{Cluster, Feed, LogError, MemoryCluster, Position, RecordRef, TopicSpec};
use wire::{Decoder, Encoder, Framing, RecordKind, SchemaStore};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const RECORDS: u64 = 1_000_000;
const ROUNDS: usize = 5;

fn access(number: u64) -> facts::Access {
    let account = format!("acct-{:06}", number * 7919 % 62_000);
    let json = format!(
        r#"{{"id":"u-{number:08}","at":"2025-03-01T00:00:00Z","actor":"user-{account}",
        "actor_kind":"customer","actor_account":"{account}","action":"view",
        "outcome":"succeeded","information":"home_security_recording","account":"{account}",
        "resource":"rec-{number:08x}","device":"cam-{account}","session":"s-{number:08x}",
        "source_address":"100.64.{}.{}","client":"app/9.2","encrypted":"no",
        "visibility":"private"}}"#,
        number / 250 % 256,
        number % 250 + 1
    );
    serde_json::from_str(&json).expect("an access")
}

/// Selectors as a response has them: networks, sessions, an actor.
fn records() -> Records {
    let mut records = Records::new();
    for (number, list) in [
        r#""source_networks":["198.51.100.0/24","203.0.113.0/24"]"#,
        r#""sessions":["s-1","s-2","s-3"]"#,
        r#""actors":["emp-1"]"#,
    ]
    .iter()
    .enumerate()
    {
        let json = format!(
            r#"{{"id":"b{number}","matter":"M","recorded_at":"2026-04-01T00:00:00Z",
            "report":{{"kind":"indicator","from":"2025-01-01T00:00:00Z",{list}}}}}"#
        );
        let event: BreachEvent = serde_json::from_str(&json).expect("a breach event");
        records.add_breach(event);
    }
    records
}

/// The best of several rounds over the topic: records a second.
fn rate(cluster: &MemoryCluster, mut each: impl FnMut(RecordRef<'_>)) -> Result<f64, LogError> {
    let mut best = 0.0_f64;
    for _ in 0..ROUNDS {
        let mut reader = cluster.open_reader()?;
        reader.assign(&[Position::new("accesses", 0, 0)])?;
        let (begun, mut read) = (Instant::now(), 0);
        while !reader.at_end() {
            read += reader.poll(20_000, Duration::ZERO, &mut each)?;
        }
        best = best.max(read as f64 / begun.elapsed().as_secs_f64());
    }
    Ok(best)
}

fn main() -> Result<(), LogError> {
    let cluster = MemoryCluster::new();
    cluster.create_topics(&[TopicSpec::new("accesses", 1)])?;
    let mut encoder = Encoder::new(Framing::SingleObject);
    for number in 0..RECORDS {
        let value = encoder
            .encode_to_vec(RecordKind::AccessEvent, &access(number))
            .expect("encodes");
        let feed = Feed {
            timestamp_ms: 0,
            key: Some(b"k"),
            value: Some(&value),
        };
        cluster.append_batch("accesses", 0, [feed])?;
    }
    let mut bytes = 0;
    let bare = rate(&cluster, |record| {
        bytes += record.value.map_or(0, <[u8]>::len)
    })?;
    println!(
        "bare read            {:>6.2} M/s   1.00  ({} B a record)",
        bare / 1e6,
        bytes / (ROUNDS * RECORDS as usize)
    );
    let show = |what: &str, rate: f64| {
        println!("{what:<20} {:>6.2} M/s   {:.2}", rate / 1e6, rate / bare);
    };

    let mut decoder = Decoder::new(Arc::new(SchemaStore::without_registry()));
    let mut good = 0_u64;
    let decoded = rate(&cluster, |record| {
        let value = record.value.unwrap_or_default();
        let view = decoder.decode::<AccessView<'_>>(RecordKind::AccessEvent, value);
        good += u64::from(view.is_ok_and(|view| view.fault().is_none()));
    })?;
    assert_eq!(good, RECORDS * ROUNDS as u64, "every record decodes");
    show("read and decode", decoded);

    let terms = [Terms {
        order: "bench".to_owned(),
        rows: Vec::new(),
    }];
    let screen = Screen::new(
        &records(),
        &terms,
        &Settings {
            always_stated: false,
        },
    );
    let mut passed_on = 0_u64;
    let screened = rate(&cluster, |record| {
        let value = record.value.unwrap_or_default();
        if let Ok(view) = decoder.decode::<AccessView<'_>>(RecordKind::AccessEvent, value) {
            passed_on += u64::from(screen.passes_on(&view));
        }
    })?;
    show("read, decode, screen", screened);
    assert!(passed_on < RECORDS, "ordinary use is passed over");
    Ok(())
}
