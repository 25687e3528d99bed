//! `tocsin replay`: the same processors over history, without side effects. What it read and by
//! which rules is in its manifest.json, so that it can be repeated exactly.

mod block;
mod compare;
mod fill;
mod judge;
mod manifest;
mod pace;
mod part;
mod ranges;
mod spool;
#[cfg(test)]
mod tests;

use crate::cli::Replay;
use crate::config::Config;
use crate::embedded;
use crate::errors::Failure;
use crate::files::Folder;
use crate::law::{Law, LawSettings};
use crate::signals::interrupts;
use crate::topology::{Topic, TopicNames};
use compare::Side;
use judge::{Judged, Run, judge};
use manifest::Manifest;
use pace::Pace;
use ranges::{Range, Wanted};
use serde_json::json;
use spool::{Asked, Spool};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use stream::{Cluster, FileCluster, MemoryCluster, RecordFiles};
use wire::SchemaStore;

/// What `--compare` calls the topics of a running pipeline.
const TOPICS: &str = "topics";

/// Runs it.
pub(crate) fn replay(args: &Replay) -> Result<u8, Failure> {
    let begun = Instant::now();
    let earlier = args.manifest.as_deref().map(Manifest::read).transpose()?;
    match (&args.files, &args.config) {
        (Some(folder), _) => files(args, folder, earlier.as_ref(), begun),
        (None, Some(config)) => configured(args, config, earlier.as_ref(), begun),
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
    Spool::refuse_unfinished(&args.out)?;
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
        records: None,
    };
    judge(&run, &plan, json!({ "files": folder.listing() }))?.show(args)
}

/// The topics of a broker, and by what they are judged.
struct Topics {
    broker: Arc<dyn Cluster>,
    names: TopicNames,
    store: Arc<SchemaStore>,
    law: Arc<Law>,
    interrupted: Arc<AtomicBool>,
}

fn configured(
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
    let mut manifest = Manifest::new(&law, &orders);
    if let Some(earlier) = earlier {
        manifest.schemas = schemas_again(&config, &earlier.schemas)?;
        earlier.check(&manifest, args.other_rules)?;
    }
    let store = match super::run::registry(&config) {
        Some(registry) => SchemaStore::new(registry),
        None => SchemaStore::without_registry(),
    };
    let topics = Topics {
        broker: Arc::new(super::run::kafka(&config)?),
        names: TopicNames::new(&config.prefix, &config.topics),
        store: Arc::new(store),
        law: Arc::new(law),
        interrupted,
    };
    replay_topics(args, topics, manifest, earlier, begun)
}

/// Ranges of real topics: read into the spool, then judged from there.
fn replay_topics(
    args: &Replay,
    topics: Topics,
    mut manifest: Manifest,
    earlier: Option<&Manifest>,
    begun: Instant,
) -> Result<u8, Failure> {
    let broker = topics.broker.as_ref();
    let spool = Arc::new(spool(args, broker, &topics.names, earlier)?);
    manifest.topics = spool.ranges().to_vec();
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
    if args.resume {
        let left: u64 = spool.left().iter().map(Range::length).sum();
        eprintln!("going on with what an earlier run had read: {left} offsets are left");
    }
    let judged = fill_and_judge(args, &topics, manifest, &spool, begun);
    let judged = judged.map_err(|failure| spool.keep(failure))?;
    spool.remove()?;
    judged.show(args)
}

/// The one that an earlier run left, or a new one, for ranges that are there.
fn spool(
    args: &Replay,
    broker: &dyn Cluster,
    names: &TopicNames,
    earlier: Option<&Manifest>,
) -> Result<Spool, Failure> {
    let wanted = Wanted {
        from: args.from,
        to: args.to,
        what_is_left: args.what_is_left,
    };
    let digest = |manifest: &Manifest| facts::digest_bytes(manifest.json().as_bytes());
    let asked = Asked {
        wanted,
        manifest: earlier.map(digest),
    };
    if args.resume {
        let spool = Spool::resume(&args.out, names, &asked)?;
        if !spool.is_whole() {
            let there = ranges::check(broker, &spool.left(), "Replay archived files");
            there.map_err(|failure| spool.keep(failure))?;
        }
        return Ok(spool);
    }
    Spool::refuse_unfinished(&args.out)?;
    let ranges = match earlier {
        Some(earlier) => {
            ranges::check_manifest(names, &earlier.topics)?;
            let advice = "Replay archived files, or what is left, without --manifest";
            ranges::check(broker, &earlier.topics, advice)?;
            earlier.topics.clone()
        }
        None => ranges::freeze(broker, names, &asked.wanted)?,
    };
    Spool::create(&args.out, names, asked, ranges)
}

fn fill_and_judge(
    args: &Replay,
    topics: &Topics,
    manifest: Manifest,
    spool: &Arc<Spool>,
    begun: Instant,
) -> Result<Judged, Failure> {
    let (store, law) = (topics.store.clone(), topics.law.clone());
    let telemetry = embedded::telemetry(&law)?;
    let before = match &args.compare {
        Some(other) if other.as_os_str() == TOPICS => {
            let broker = topics.broker.clone();
            let plan = embedded::plan(broker, store.clone(), law.clone(), telemetry.clone(), None);
            Some(Side::of_topics(&plan.on(topics.names.clone()))?)
        }
        other => other.as_deref().map(Side::of_folder).transpose()?,
    };
    let readers = args.parallel.map_or_else(
        || std::thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    );
    let total = |ranges: &[Range]| ranges.iter().map(Range::length).sum::<u64>();
    let (left, all) = (total(&spool.left()), total(spool.ranges()));
    let readers = readers.min(spool.ranges().len());
    let pace = Pace::new(
        args.rate,
        readers,
        (all - left, all),
        topics.interrupted.clone(),
    );
    fill::fill(topics.broker.as_ref(), spool, &pace, readers)?;
    let cluster = FileCluster::new(spool.clone(), MemoryCluster::new());
    let accesses = RecordFiles::partitions(spool.as_ref(), Topic::AccessEvents.name());
    embedded::create_topics(&cluster, accesses.max(1))?;
    let origin = Some(spool.origin());
    let plan = embedded::plan(Arc::new(cluster), store, law, telemetry, origin);
    let inputs = json!({ "topics": manifest.topics, "from": args.from, "to": args.to });
    let run = Run {
        args,
        begun,
        interrupted: topics.interrupted.clone(),
        before,
        manifest,
        records: Some(spool.records()),
    };
    judge(&run, &plan, inputs)
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
