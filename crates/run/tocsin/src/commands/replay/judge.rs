//! Judges what is to be replayed, and leaves the results.

use super::compare::{Comparison, Side};
use super::interrupted;
use super::manifest::Manifest;
use super::pace::{Again, how_far};
use crate::cli::Replay;
use crate::commands::{print_json, table, worked};
use crate::embedded;
use crate::engine::Plan;
use crate::errors::{Failure, exit};
use crate::outputs::{OutDir, Results};
use crate::topology::{Stage, Topic};
use facts::Source;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use stream::LogError;

/// A run that is about to begin.
pub(super) struct Run<'a> {
    pub(super) args: &'a Replay,
    pub(super) begun: Instant,
    pub(super) interrupted: Arc<AtomicBool>,
    /// What it is to be compared with, as it was when it began.
    pub(super) before: Option<Side>,
    pub(super) manifest: Manifest,
    /// How many records there are of each input; `None`: the log knows.
    pub(super) records: Option<BTreeMap<&'static str, u64>>,
}

/// What a run came to. Its results are in their place.
pub(super) struct Judged {
    rows: Vec<table::Row>,
    comparison: Option<Comparison>,
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

/// How many accesses are to be judged, once that is known: a folder of files counts them, for the
/// stages too. Never, where one cannot be read; the stages say so.
fn accesses(run: &Run<'_>, plan: &Arc<Plan>) -> Arc<OnceLock<u64>> {
    let total = Arc::new(OnceLock::new());
    if let Some(records) = &run.records {
        let of = records.get(Topic::AccessEvents.name()).copied();
        total.get_or_init(|| of.unwrap_or_default());
        return total;
    }
    let (plan, counted) = (plan.clone(), total.clone());
    std::thread::spawn(move || {
        let name = plan.names.name(Topic::AccessEvents);
        let length = |partition| -> Result<u64, LogError> {
            let (from, to) = plan.cluster.range(&name, partition)?;
            Ok(to.abs_diff(from))
        };
        let partitions = plan.cluster.partitions(&name);
        let all = partitions.and_then(|all| (0..all).map(length).sum::<Result<u64, _>>());
        if let Ok(all) = all {
            counted.get_or_init(|| all);
        }
    });
    total
}

/// How far judging has come. Screen looks at every access once; what the others have left to do
/// shows while they do it.
pub(super) fn progress(plan: &Plan, total: Option<u64>, elapsed: Duration) -> String {
    let metrics = plan.telemetry.metrics();
    let screened = metrics.records_read(Stage::Screen.name(), Topic::AccessEvents.name());
    let seconds = elapsed.as_secs();
    match total {
        Some(total) if screened < total => format!(
            "judging: {screened} of {total} accesses screened, {}",
            how_far(screened, total, screened, elapsed)
        ),
        Some(total) => {
            format!("judging: {total} accesses screened, other stages at work, {seconds} s so far")
        }
        None => format!("judging: {screened} accesses screened, {seconds} s so far"),
    }
}

/// Lets the stages judge it, and puts the results in their place.
pub(super) fn judge(run: &Run<'_>, plan: &Arc<Plan>, inputs: Value) -> Result<Judged, Failure> {
    let stop = || run.interrupted.load(Ordering::SeqCst);
    let out = OutDir::create(&run.args.out)?;
    let total = accesses(run, plan);
    let judging = Instant::now();
    let engine = embedded::start(plan)?;
    let mut again = Again::new();
    let settled = engine.wait_settled(&mut || {
        if again.is_due() {
            eprintln!(
                "  {}",
                progress(plan, total.get().copied(), judging.elapsed())
            );
        }
        !stop()
    });
    let (took, stages) = (judging.elapsed(), worked(&engine));
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
    let mut summary = summary(run, plan, inputs, took)?;
    summary["counts"] = json!(results.counts());
    summary["stages"] = json!(stages);
    let summary = serde_json::to_string_pretty(&summary).unwrap_or_default();
    out.write("summary.json", summary.as_bytes())?;
    let digest = |(id, text): (u32, Arc<str>)| (id, facts::digest_bytes(text.as_bytes()));
    let mut manifest = run.manifest.clone();
    manifest.schemas = plan.store.met().into_iter().map(digest).collect();
    out.write("manifest.json", manifest.json().as_bytes())?;
    let comparison = match &run.before {
        None => None,
        Some(before) => {
            let comparison = Comparison::of(before, &Side::of_folder(out.folder())?);
            out.write("compare.json", comparison.json().as_bytes())?;
            Some(comparison)
        }
    };
    if stop() {
        return Err(interrupted());
    }
    out.finish()?;
    let rows = table::rows(&results, &plan.law);
    Ok(Judged { rows, comparison })
}

/// What summary.json says of the run itself; `took` is for how long it judged.
fn summary(
    run: &Run<'_>,
    plan: &Plan,
    mut inputs: Value,
    took: Duration,
) -> Result<Value, Failure> {
    let mut assumptions = plan.law.assumptions();
    if run.manifest.topics.iter().any(|range| range.cut) {
        assumptions.push(
            "Retention had cut a part of what was replayed: what stood there is not in these \
             results, and counts have no upper end."
                .to_owned(),
        );
    }
    let (counted, ranges) = counted(plan)?;
    let records = run.records.as_ref().unwrap_or(&counted);
    let accesses = records.get(Topic::AccessEvents.name()).copied();
    inputs["records"] = json!(records);
    if !ranges.is_empty() {
        inputs["ranges"] = json!(ranges);
    }
    let took = took.as_secs_f64();
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "command": "replay",
        "inputs": inputs,
        "packs": plan.law.packs(),
        "assumptions": assumptions,
        "seconds": { "total": run.begun.elapsed().as_secs_f64(), "judging": took },
        "accesses_per_second": accesses.unwrap_or_default() as f64 / took,
    }))
}

impl Judged {
    /// Prints the table, and what differs; the exit code.
    pub(super) fn show(&self, args: &Replay) -> Result<u8, Failure> {
        if args.json {
            print_json(&self.rows)?;
        } else {
            println!("{}", table::text(&self.rows));
        }
        let Some(comparison) = &self.comparison else {
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
}
