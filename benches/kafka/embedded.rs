//! The same processors in one process over a log in memory: the demo, watched from outside.

use crate::deployment::{Deployment, address, executable, page};
use crate::figures::{cpu_seconds, peak_mb};
use crate::{Done, STAGES, bare_read, compared, patiently, plain};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use stream::{Cluster, Feed, MemoryCluster, TopicSpec};
use xtask::parts::process::Process;

const PATIENCE: Duration = Duration::from_secs(1200);

/// What the demo left.
pub(crate) struct Demo {
    /// The orders that bound it.
    pub(crate) orders: Vec<String>,
    /// The folder with its input.
    pub(crate) input: PathBuf,
    /// Stage → records that it read, and the seconds in which it did something.
    stages: BTreeMap<String, (f64, f64)>,
    accesses: f64,
    seconds: Value,
    cpu_seconds: f64,
    peak_mb: u64,
}

/// Runs the demo with so many ordinary uses; leaves its files in `folder`.
pub(crate) fn demo(folder: &Path, ordinary: u64) -> Done<Demo> {
    let out = folder.join("demo");
    let ordinary = ordinary.to_string();
    let mut command = Command::new(executable()?);
    // It stays, so that its metrics and its memory can be looked at after the end.
    command.args(["demo", "--stay", "--ordinary", &ordinary, "--out"]);
    command.arg(&out);
    let mut process = Process::start("the demo", command, &folder.join("demo.log"))?;
    process.wait_until(PATIENCE, |log| log.contains("until interrupted"))?;
    let addr = address(&process.log_text(), "metrics on http://");
    let page = page(addr.ok_or("the demo does not say where its metrics are")?)?;
    let text = std::fs::read_to_string(out.join("summary.json"))?;
    let summary: Value = serde_json::from_str(&text)?;
    let packs = summary["packs"].as_array().ok_or("no packs")?;
    let orders = packs
        .iter()
        .filter_map(|pack| Some(pack["order"].as_str()?.to_owned()));
    let mut stages = BTreeMap::new();
    for (stage, _) in STAGES {
        let read = page.of_stage("tocsin_records_read_total", stage);
        let busy = summary["stages"][stage]["busy_seconds"].as_f64();
        stages.insert(stage.to_owned(), (read, busy.ok_or("no busy_seconds")?));
    }
    Ok(Demo {
        orders: orders.collect(),
        input: out.join("input"),
        stages,
        accesses: summary["inputs"]["accesses"].as_f64().unwrap_or(0.0),
        seconds: summary["seconds"].clone(),
        cpu_seconds: cpu_seconds(process.id())?,
        peak_mb: peak_mb(process.id())?,
    })
}

impl Demo {
    /// Each processor beside a bare read of the same topics, copied from Kafka into memory.
    pub(crate) fn table(&self, deployment: &Deployment) -> Done<String> {
        let mut text = format!(
            "Embedded: the demo, {} accesses judged in {:.1} s, the past searched in {:.1} s, \
             {:.1} s in all, {:.1} s CPU, peak {} MB, the input's files written besides\n\n",
            self.accesses,
            self.seconds["screening"].as_f64().unwrap_or(0.0),
            self.seconds["going_back"].as_f64().unwrap_or(0.0),
            self.seconds["total"].as_f64().unwrap_or(0.0),
            self.cpu_seconds,
            self.peak_mb
        );
        writeln!(
            text,
            "{:<48} {:>9} {:>10} {:>10} {:>7}",
            "", "records", "busy s", "records/s", "of bare"
        )?;
        for (stage, topics) in STAGES {
            let topics = compared(stage, topics);
            let bare = patiently(|| in_memory(deployment, topics))?;
            let shown = |rate: f64| match rate {
                0.0 => "one batch".to_owned(),
                rate => format!("{rate:.0}"),
            };
            writeln!(
                text,
                "{:<48} {:>9} {:>10} {:>10} {:>7}",
                bare_read(topics),
                bare.records,
                "",
                shown(bare.rate()),
                ""
            )?;
            let (read, busy) = self.stages.get(stage).copied().unwrap_or_default();
            // Scope's input is what tells it to search; its work is the accesses.
            let records = if stage == "scope" {
                self.accesses
            } else {
                read
            };
            let rate = records / busy;
            let of_bare = match bare.rate() {
                0.0 => "-".to_owned(),
                bare => format!("{:.4}", rate / bare),
            };
            writeln!(
                text,
                "{stage:<48} {records:>9} {busy:>10.2} {:>10} {of_bare:>7}",
                shown(rate)
            )?;
        }
        Ok(text)
    }
}

/// Copies topics into memory and reads them there.
fn in_memory(deployment: &Deployment, topics: &[&str]) -> Done<crate::figures::Work> {
    let memory = MemoryCluster::new();
    let names = deployment.topics(topics);
    for name in &names {
        let partitions = deployment.cluster.partitions(name)?;
        memory.create_topics(&[TopicSpec::new(name.as_str(), partitions)])?;
        let mut failed = None;
        stream::read_topic(&deployment.cluster, name, &mut |record| {
            let feed = Feed {
                timestamp_ms: record.timestamp_ms,
                key: record.key,
                value: record.value,
            };
            if let Err(error) = memory.append_batch(name, record.partition, [feed]) {
                failed = Some(error);
            }
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
    }
    plain::read(&memory, &names)
}
