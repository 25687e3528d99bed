//! `tocsin replay`: the same processors over history, without side effects.

use super::{print_json, table};
use crate::cli::Replay;
use crate::embedded;
use crate::engine::Plan;
use crate::errors::{Failure, exit};
use crate::files::Folder;
use crate::law::{Law, LawSettings};
use crate::outputs::{FILES, OutDir, Results};
use crate::topology::{Topic, TopicNames};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::{Cluster, FileCluster, MemoryCluster, Position};
use wire::SchemaStore;

/// Runs it.
pub(crate) fn replay(args: &Replay) -> Result<u8, Failure> {
    let begun = Instant::now();
    match (&args.files, &args.config) {
        (Some(folder), _) => files(args, folder, begun),
        (None, Some(config)) => topics(args, config, begun),
        (None, None) => Err(Failure::usage("replay-source", "name --files or --config")),
    }
}

fn files(args: &Replay, folder: &Path, begun: Instant) -> Result<u8, Failure> {
    let law = Law::load(
        &args.law.orders,
        args.law.orders_dir.as_deref(),
        &LawSettings::default(),
    )?;
    let names = embedded::names();
    let folder = Arc::new(Folder::open(folder, &names)?);
    for kind in &folder.missing {
        eprintln!("no file of {kind}: taken as empty");
    }
    for file in &folder.ignored {
        eprintln!("{file} is passed over: expected .jsonl or .avro, also with .zst or .gz");
    }
    let memory = MemoryCluster::new();
    let cluster = FileCluster::new(folder.clone(), memory.clone());
    let accesses = names.name(Topic::AccessEvents);
    let partitions = stream::RecordFiles::partitions(folder.as_ref(), &accesses).max(1);
    // The topics of kinds without a file lie in memory, and are empty.
    embedded::create_topics(&cluster, partitions)?;
    let telemetry = embedded::telemetry(&law)?;
    let plan = embedded::plan(
        Arc::new(cluster),
        Arc::new(SchemaStore::without_registry()),
        Arc::new(law),
        telemetry,
        Some(folder.places()),
    );
    finish(args, &plan, begun, &json!({ "files": folder.listing() }))
}

/// A time range of real topics: copied into memory by a reader without a group, then judged there.
/// Nothing is written to the broker, and no position is committed.
fn topics(args: &Replay, config: &Path, begun: Instant) -> Result<u8, Failure> {
    let config = crate::config::Config::load(config)?;
    let law = if args.law.orders.is_empty() {
        super::run::law(&config)?
    } else {
        Law::load(
            &args.law.orders,
            args.law.orders_dir.as_deref(),
            &LawSettings::default(),
        )?
    };
    let broker = super::run::kafka(&config)?;
    let source = TopicNames::new(&config.prefix, &config.topics);
    let store = match super::run::registry(&config) {
        Some(registry) => SchemaStore::new(registry),
        None => SchemaStore::without_registry(),
    };
    let memory = MemoryCluster::new();
    let accesses = broker.partitions(&source.name(Topic::AccessEvents))?;
    embedded::create_topics(&memory, accesses)?;
    let mut ranges = Vec::new();
    for topic in Topic::INPUTS {
        // Reports, grants, accounts and decisions come late: all of them count, whatever the range.
        let (from, to) = if topic == Topic::AccessEvents {
            (args.from, args.to)
        } else {
            (None, None)
        };
        ranges.extend(copy(
            &broker,
            &source.name(topic),
            &memory,
            topic,
            from,
            to,
        )?);
    }
    let telemetry = embedded::telemetry(&law)?;
    let plan = embedded::plan(
        Arc::new(memory),
        Arc::new(store),
        Arc::new(law),
        telemetry,
        None,
    );
    finish(args, &plan, begun, &json!({ "topics": ranges }))
}

/// Copies a range of one topic; the frozen ranges.
fn copy(
    broker: &dyn Cluster,
    name: &str,
    memory: &MemoryCluster,
    topic: Topic,
    from: Option<facts::Moment>,
    to: Option<facts::Moment>,
) -> Result<Vec<serde_json::Value>, Failure> {
    let ours = embedded::names().name(topic);
    let there = memory.partitions(&ours)?;
    let mut ranges = Vec::new();
    for partition in 0..broker.partitions(name)? {
        let (start, end) = broker.range(name, partition)?;
        let at = |time: Option<facts::Moment>, otherwise: i64| -> Result<i64, Failure> {
            Ok(match time {
                None => otherwise,
                Some(time) => broker
                    .offset_for_time(name, partition, time.millis())?
                    .unwrap_or(end),
            })
        };
        let (from, to) = (at(from, start)?, at(to, end)?);
        eprintln!("{name}[{partition}]: offsets {from} to {to} of {start} to {end}");
        ranges.push(json!({ "topic": name, "partition": partition, "from": from, "to": to }));
        if from >= to {
            continue;
        }
        let mut reader = broker.open_reader()?;
        reader.assign(&[Position::new(name, partition, from)])?;
        let mut failed = None;
        while failed.is_none()
            && reader
                .position(name, partition)
                .is_some_and(|here| here < to)
        {
            reader.poll(10_000, Duration::from_millis(200), &mut |record| {
                if record.offset >= to || failed.is_some() {
                    return;
                }
                let feed = stream::Feed {
                    timestamp_ms: record.timestamp_ms,
                    key: record.key,
                    value: record.value,
                };
                let target = partition % there.max(1);
                if let Err(error) = memory.append_batch(&ours, target, [feed]) {
                    failed = Some(error);
                }
            })?;
        }
        if let Some(error) = failed {
            return Err(error.into());
        }
    }
    Ok(ranges)
}

fn finish(
    args: &Replay,
    plan: &Arc<Plan>,
    begun: Instant,
    inputs: &serde_json::Value,
) -> Result<u8, Failure> {
    let out = OutDir::create(&args.out)?;
    let engine = embedded::start(plan)?;
    let mut said = Instant::now();
    let settled = engine.wait_settled(&mut || {
        if said.elapsed() > Duration::from_secs(2) {
            said = Instant::now();
            eprintln!("  replaying … {:.0} s", begun.elapsed().as_secs_f64());
        }
    });
    embedded::stop(engine)?;
    if !settled {
        return Err(Failure::failed(
            "stage-failed",
            "a stage stopped; see the log lines above",
        ));
    }
    let results = Results::read(plan)?;
    results.write(plan, &out)?;
    let summary = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "command": "replay",
        "inputs": inputs,
        "packs": plan.law.packs(),
        "assumptions": plan.law.assumptions(),
        "counts": results.counts(),
        "seconds": { "total": begun.elapsed().as_secs_f64() },
    });
    out.write(
        "summary.json",
        serde_json::to_string_pretty(&summary)
            .unwrap_or_default()
            .as_bytes(),
    )?;
    let rows = table::rows(&results, &plan.law);
    if args.json {
        print_json(&rows)?;
    } else {
        println!("{}", table::text(&rows));
    }
    match &args.compare {
        None => Ok(exit::DONE),
        Some(other) => compare(&args.out, other),
    }
}

/// Compares two runs as the vocabulary says: file by file, line by line, without the summary and
/// without `source`.
fn compare(new: &Path, old: &Path) -> Result<u8, Failure> {
    let mut differs = false;
    for name in FILES.iter().filter(|name| **name != "summary.json") {
        let (new, old) = (comparable(&new.join(name))?, comparable(&old.join(name))?);
        for line in new.difference(&old) {
            differs = true;
            eprintln!("{name}: new or changed: {}", head(line));
        }
        for line in old.difference(&new) {
            differs = true;
            eprintln!("{name}: gone or changed: {}", head(line));
        }
    }
    let (new, old) = (super::notices::of_run(new)?, super::notices::of_run(old)?);
    for (id, notice) in &new {
        if old.get(id) != Some(notice) {
            differs = true;
            eprintln!("notices/{id}: new or changed");
        }
    }
    for id in old.keys().filter(|id| !new.contains_key(*id)) {
        differs = true;
        eprintln!("notices/{id}: gone");
    }
    Ok(if differs { exit::DIFFERS } else { exit::DONE })
}

fn head(line: &str) -> String {
    line.chars().take(160).collect()
}

fn comparable(path: &Path) -> Result<std::collections::BTreeSet<String>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::failed("compare", format!("reading {}: {error}", path.display()))
    })?;
    text.lines()
        .map(|line| {
            let mut value: serde_json::Value = serde_json::from_str(line).map_err(|error| {
                Failure::failed("compare", format!("{}: {error}", path.display()))
            })?;
            if let Some(members) = value.as_object_mut() {
                members.remove("source");
            }
            Ok(facts::canonical_json(&value))
        })
        .collect()
}
