//! `tocsin replay`: the same processors over history, without side effects. What it read and by
//! which rules is in its manifest.json, so that it can be repeated exactly.

mod compare;
mod manifest;
mod topics;

use super::{print_json, table};
use crate::cli::Replay;
use crate::config::Config;
use crate::embedded;
use crate::engine::Plan;
use crate::errors::{Failure, exit};
use crate::files::Folder;
use crate::law::{Law, LawSettings};
use crate::outputs::{OutDir, Results};
use crate::signals::interrupts;
use crate::topology::{Topic, TopicNames};
use compare::{Comparison, Side};
use facts::Source;
use manifest::Manifest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use stream::{Cluster, FileCluster, MemoryCluster};
use topics::{Pace, Range, Wanted};
use wire::SchemaStore;

/// What `--compare` calls the topics of a running pipeline.
const TOPICS: &str = "topics";

/// A run that is about to begin.
struct Run<'a> {
    args: &'a Replay,
    begun: Instant,
    interrupted: Arc<AtomicBool>,
    /// What it is to be compared with, as it was when it began.
    before: Option<Side>,
    manifest: Manifest,
}

/// Runs it.
pub(crate) fn replay(args: &Replay) -> Result<u8, Failure> {
    let begun = Instant::now();
    let earlier = args.manifest.as_deref().map(Manifest::read).transpose()?;
    match (&args.files, &args.config) {
        (Some(folder), _) => files(args, folder, earlier.as_ref(), begun),
        (None, Some(config)) => topics(args, config, earlier.as_ref(), begun),
        (None, None) => Err(Failure::usage("replay-source", "name --files or --config")),
    }
}

/// Somebody wants it to end.
pub(super) fn interrupted() -> Failure {
    Failure::failed(
        "interrupted",
        "interrupted: what an earlier run left in the folder is as it was",
    )
}

/// The orders that bind: those that are named, else the manifest's, else `otherwise`.
fn orders(args: &Replay, earlier: Option<&Manifest>, otherwise: &[String]) -> Vec<String> {
    match earlier {
        _ if !args.law.orders.is_empty() => args.law.orders.clone(),
        Some(manifest) => manifest.orders.clone(),
        None => otherwise.to_vec(),
    }
}

fn files(
    args: &Replay,
    folder: &Path,
    earlier: Option<&Manifest>,
    begun: Instant,
) -> Result<u8, Failure> {
    let orders = orders(args, earlier, &[]);
    let directory = args.law.orders_dir.as_deref();
    let settings = LawSettings {
        documents: args.documents.clone(),
        ..LawSettings::default()
    };
    let law = Law::load(&orders, directory, &settings)?;
    let names = embedded::names();
    let folder = Arc::new(Folder::open(folder, &names)?);
    for kind in &folder.missing {
        eprintln!("no file of {kind}: taken as empty");
    }
    for file in &folder.ignored {
        eprintln!("{file} is passed over: expected .jsonl or .avro, also with .zst or .gz");
    }
    let mut manifest = Manifest::new(&law, &orders);
    for file in folder.inputs() {
        let digest = manifest::digest_of(file)?;
        manifest.files.insert(file.name().to_owned(), digest);
    }
    if let Some(earlier) = earlier {
        earlier.check(&manifest, args.other_rules)?;
    }
    let before = match &args.compare {
        Some(other) if other.as_os_str() == TOPICS => {
            return Err(Failure::usage(
                "replay-source",
                "--compare topics needs the broker of --config; name a folder",
            ));
        }
        other => other.as_deref().map(Side::of_folder).transpose()?,
    };
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
    let run = Run {
        args,
        begun,
        interrupted: interrupts()?,
        before,
        manifest,
    };
    finish(run, &plan, json!({ "files": folder.listing() }))
}

/// A range of real topics: copied into memory by a reader without a group, then judged there.
/// Nothing is written to the broker, and no position is committed.
fn topics(
    args: &Replay,
    config: &Path,
    earlier: Option<&Manifest>,
    begun: Instant,
) -> Result<u8, Failure> {
    let interrupted = interrupts()?;
    let config = Config::load(config)?;
    let orders = orders(args, earlier, &config.orders.bound);
    let law = if args.law.orders.is_empty() && earlier.is_none() {
        super::run::law(&config)?
    } else {
        let directory = args.law.orders_dir.as_deref();
        let settings = super::run::law_settings(&config);
        Law::load(
            &orders,
            directory.or(config.orders.directory.as_deref()),
            &settings,
        )?
    };
    let broker = super::run::kafka(&config)?;
    let source = TopicNames::new(&config.prefix, &config.topics);
    let mut manifest = Manifest::new(&law, &orders);
    manifest.topics = match earlier {
        Some(earlier) => {
            topics::check(&broker, &source, &earlier.topics)?;
            earlier.topics.clone()
        }
        None => {
            let wanted = Wanted {
                from: args.from,
                to: args.to,
                what_is_left: args.what_is_left,
            };
            topics::freeze(&broker, &source, &wanted)?
        }
    };
    if let Some(earlier) = earlier {
        manifest.schemas = schemas_again(&config, &earlier.schemas)?;
        earlier.check(&manifest, args.other_rules)?;
    }
    for Range {
        topic,
        partition,
        from,
        to,
        cut,
        ..
    } in &manifest.topics
    {
        let cut = if *cut {
            ", what stood before is cut"
        } else {
            ""
        };
        eprintln!("{topic}[{partition}]: offsets {from} to {to}{cut}");
    }
    let store = Arc::new(match super::run::registry(&config) {
        Some(registry) => SchemaStore::new(registry),
        None => SchemaStore::without_registry(),
    });
    let law = Arc::new(law);
    let telemetry = embedded::telemetry(&law)?;
    let before = match &args.compare {
        Some(other) if other.as_os_str() == TOPICS => {
            let broker = Arc::new(broker.clone());
            let plan = embedded::plan(broker, store.clone(), law.clone(), telemetry.clone(), None);
            Some(Side::of_topics(&plan.on(source.clone()))?)
        }
        other => other.as_deref().map(Side::of_folder).transpose()?,
    };
    let memory = MemoryCluster::new();
    let accesses = broker.partitions(&source.name(Topic::AccessEvents))?;
    embedded::create_topics(&memory, accesses)?;
    let mut pace = Pace::new(args.rate, &manifest.topics, &interrupted);
    let places = topics::copy(&broker, &source, &memory, &manifest.topics, &mut pace)?;
    let origin = Some(places.origin());
    let plan = embedded::plan(Arc::new(memory), store, law, telemetry, origin);
    let inputs = json!({ "topics": manifest.topics, "from": args.from, "to": args.to });
    let run = Run {
        args,
        begun,
        interrupted,
        before,
        manifest,
    };
    finish(run, &plan, inputs)
}

/// The schemas of an earlier run as the registry has them now, by the digest of their text.
fn schemas_again(
    config: &Config,
    earlier: &BTreeMap<u32, String>,
) -> Result<BTreeMap<u32, String>, Failure> {
    let Some(registry) = super::run::registry(config) else {
        return Ok(BTreeMap::new());
    };
    let fetch = |id: &u32| {
        let text = registry
            .schema(*id)
            .map_err(|error| Failure::failed("registry", error.to_string()))?;
        Ok((*id, facts::digest_bytes(text.as_bytes())))
    };
    earlier.keys().map(fetch).collect()
}

/// How many records of each input there were; of files also which of each.
fn counted(plan: &Plan) -> Result<(BTreeMap<&'static str, u64>, Vec<Value>), Failure> {
    let (mut records, mut ranges) = (BTreeMap::new(), Vec::new());
    for topic in Topic::INPUTS {
        let name = plan.names.name(topic);
        let mut count: u64 = 0;
        for partition in 0..plan.cluster.partitions(&name)? {
            let (from, to) = plan.cluster.range(&name, partition)?;
            count += to.abs_diff(from);
            let origin = plan.origin.as_ref();
            let source = origin.and_then(|origin| origin(&name, partition, from));
            if let Some(Source::File { file, .. }) = source {
                let range = json!({ "file": file, "topic": topic.name(), "from": from, "to": to });
                ranges.push(range);
            }
        }
        records.insert(topic.name(), count);
    }
    Ok((records, ranges))
}

fn finish(mut run: Run<'_>, plan: &Arc<Plan>, mut inputs: Value) -> Result<u8, Failure> {
    let args = run.args;
    let stop = || run.interrupted.load(Ordering::SeqCst);
    let out = OutDir::create(&args.out)?;
    let judging = Instant::now();
    let engine = embedded::start(plan)?;
    let mut said = Instant::now();
    let settled = engine.wait_settled(&mut || {
        if said.elapsed() > Duration::from_secs(2) {
            said = Instant::now();
            eprintln!("  judging … {:.0} s", run.begun.elapsed().as_secs_f64());
        }
        !stop()
    });
    let (judged, stages) = (judging.elapsed().as_secs_f64(), super::worked(&engine));
    embedded::stop(engine)?;
    if stop() {
        return Err(interrupted());
    }
    if !settled {
        return Err(Failure::failed(
            "stage-failed",
            "a stage stopped; see the log lines above",
        ));
    }
    let results = Results::read(plan)?;
    results.write(plan, &out)?;
    let mut assumptions = plan.law.assumptions();
    if run.manifest.topics.iter().any(|range| range.cut) {
        assumptions.push(
            "Retention had cut a part of what was replayed: what stood there is not in these \
             results, and counts have no upper end."
                .to_owned(),
        );
    }
    let (records, ranges) = counted(plan)?;
    let accesses = records.get(Topic::AccessEvents.name()).copied();
    inputs["records"] = json!(records);
    if !ranges.is_empty() {
        inputs["ranges"] = json!(ranges);
    }
    let summary = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "command": "replay",
        "inputs": inputs,
        "packs": plan.law.packs(),
        "assumptions": assumptions,
        "counts": results.counts(),
        "seconds": { "total": run.begun.elapsed().as_secs_f64(), "judging": judged },
        "accesses_per_second": accesses.unwrap_or_default() as f64 / judged,
        "stages": stages,
    });
    let summary = serde_json::to_string_pretty(&summary).unwrap_or_default();
    out.write("summary.json", summary.as_bytes())?;
    let digest = |(id, text): (u32, Arc<str>)| (id, facts::digest_bytes(text.as_bytes()));
    run.manifest.schemas = plan.store.met().into_iter().map(digest).collect();
    out.write("manifest.json", run.manifest.json().as_bytes())?;
    let comparison = match &run.before {
        None => None,
        Some(before) => {
            let comparison = Comparison::of(before, &Side::of_folder(out.folder())?);
            out.write("compare.json", comparison.json().as_bytes())?;
            Some(comparison)
        }
    };
    if run.interrupted.load(Ordering::SeqCst) {
        return Err(interrupted());
    }
    out.finish()?;
    let rows = table::rows(&results, &plan.law);
    if args.json {
        print_json(&rows)?;
    } else {
        println!("{}", table::text(&rows));
    }
    let Some(comparison) = comparison else {
        return Ok(exit::DONE);
    };
    for line in comparison.text() {
        eprintln!("{line}");
    }
    Ok(if comparison.is_empty() {
        exit::DONE
    } else {
        exit::DIFFERS
    })
}
