//! `tocsin demo`: the main job with nothing installed.

use super::{print_json, table};
use crate::cli::Demo;
use crate::codec::Codec;
use crate::demo::{History, Script};
use crate::embedded;
use crate::engine::{Engine, Plan};
use crate::errors::{Failure, exit};
use crate::law::Law;
use crate::outputs::{OutDir, Results};
use crate::topology::Topic;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::{Feed, MemoryCluster, partition_of};
use wire::files::ContainerWriter;
use wire::{Framing, SchemaStore};

/// Runs it.
pub(crate) fn demo(args: &Demo) -> Result<u8, Failure> {
    let begun = Instant::now();
    let mut script = Script::built_in().map_err(|why| Failure::failed("demo-script", why))?;
    if let Some(ordinary) = args.ordinary {
        script = script.scaled(ordinary);
    }
    let bound: Vec<String> = script.orders();
    let law = Arc::new(Law::load(&bound, None, &Default::default())?);
    let out = OutDir::create(&args.out)?;
    let telemetry = embedded::telemetry(&law)?;
    let server = telemetry::Server::start(args.listen, telemetry.clone())
        .map_err(|error| Failure::failed("http", error.to_string()))?;
    eprintln!("metrics on http://{}/metrics", server.addr());

    let cluster = MemoryCluster::new();
    embedded::create_topics(&cluster, embedded::PARTITIONS)?;
    let plan = embedded::plan(
        Arc::new(cluster.clone()),
        Arc::new(SchemaStore::without_registry()),
        law,
        telemetry,
        None,
    );
    let history = History::of(&script, args.seed);
    let mut pour = Pour::new(&plan, cluster, (!args.no_export).then_some(&out))?;
    let engine = embedded::start(&plan)?;

    eprintln!(
        "{} accesses over {} to {}",
        history.len(),
        script.from,
        script.until
    );
    pour.reference(&history)?;
    let screening = Instant::now();
    pour.accesses(&history)?;
    settle(&engine, "judging")?;
    let screened = screening.elapsed();
    eprintln!("reports that come long after: going back");
    let late = Instant::now();
    pour.reports(&history.late_reports)?;
    settle(&engine, "searching the past")?;
    let went_back = late.elapsed();
    pour.finish()?;

    let busy = engine.busy();
    embedded::stop(engine)?;
    let results = Results::read(&plan)?;
    results.write(&plan, &out)?;
    let rows = table::rows(&results);
    let rates: BTreeMap<&str, serde_json::Value> = busy
        .iter()
        .map(|(stage, took)| (stage.name(), json!({ "busy_seconds": took.as_secs_f64() })))
        .collect();
    let summary = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "command": "demo",
        "seed": args.seed,
        "inputs": { "accesses": history.len(), "from": script.from, "until": script.until,
            "grants": history.grants.len(), "accounts": history.accounts.len(),
            "breach_events": history.reports.len() + history.late_reports.len() },
        "packs": plan.law.packs(),
        "assumptions": plan.law.assumptions(),
        "counts": results.counts(),
        "seconds": { "total": begun.elapsed().as_secs_f64(), "screening": screened.as_secs_f64(),
            "going_back": went_back.as_secs_f64() },
        "accesses_per_second": history.len() as f64 / screened.as_secs_f64(),
        "stages": rates,
    });
    let text = serde_json::to_string_pretty(&summary).unwrap_or_default();
    out.write("summary.json", text.as_bytes())?;
    if args.json {
        print_json(&rows)?;
    } else {
        println!("{}", table::text(&rows));
        println!(
            "Nothing here is legal advice. Results: {}",
            args.out.display()
        );
    }
    eprintln!(
        "{} accesses screened and judged in {:.1} s, the past searched in {:.1} s, {:.1} s in all",
        history.len(),
        screened.as_secs_f64(),
        went_back.as_secs_f64(),
        begun.elapsed().as_secs_f64()
    );
    if args.stay {
        eprintln!("serving metrics until interrupted");
        crate::signals::wait();
    }
    server.shutdown();
    Ok(exit::DONE)
}

fn settle(engine: &Engine, what: &str) -> Result<(), Failure> {
    let mut said = Instant::now();
    let settled = engine.wait_settled(&mut || {
        if said.elapsed() > Duration::from_secs(2) {
            said = Instant::now();
            eprintln!("  {what} …");
        }
    });
    if settled {
        return Ok(());
    }
    Err(Failure::failed(
        "stage-failed",
        "a stage stopped; see the log lines above",
    ))
}

/// Pours a history into the log, and into files for `tocsin replay --files`.
struct Pour {
    plan: Arc<Plan>,
    cluster: MemoryCluster,
    codec: Codec,
    files: BTreeMap<Topic, ContainerWriter>,
}

impl Pour {
    fn new(
        plan: &Arc<Plan>,
        cluster: MemoryCluster,
        export: Option<&OutDir>,
    ) -> Result<Pour, Failure> {
        let store = Arc::new(SchemaStore::without_registry());
        let mut files = BTreeMap::new();
        if let Some(out) = export {
            out.write("input/README.txt", INPUT_README.as_bytes())?;
            for topic in Topic::INPUTS {
                let path = out.path(&format!("input/{}.avro", topic.name()));
                let writer = ContainerWriter::create(&path, topic.record())
                    .map_err(|error| Failure::failed("out-unwritable", error.to_string()))?;
                files.insert(topic, writer);
            }
        }
        let codec = Codec::new(store, Framing::SingleObject, Duration::ZERO);
        Ok(Pour {
            plan: plan.clone(),
            cluster,
            codec,
            files,
        })
    }

    fn encode<T: serde::Serialize>(&self, topic: Topic, value: &T) -> Result<Vec<u8>, Failure> {
        self.codec
            .encode(topic, value)
            .map_err(|error| Failure::failed("encode", error.to_string()))
    }

    fn export(&mut self, topic: Topic, value: &[u8]) -> Result<(), Failure> {
        match self.files.get_mut(&topic) {
            None => Ok(()),
            Some(file) => file
                .write_single_object(value)
                .map_err(|error| Failure::failed("out-unwritable", error.to_string())),
        }
    }

    /// Appends a few records.
    fn pour<T: serde::Serialize>(
        &mut self,
        topic: Topic,
        records: &[T],
        key: impl Fn(&T) -> String,
    ) -> Result<(), Failure> {
        let name = self.plan.names.name(topic);
        for record in records {
            let value = self.encode(topic, record)?;
            self.export(topic, &value)?;
            self.cluster
                .append(&stream::Outgoing::new(name.clone(), key(record), value))?;
        }
        Ok(())
    }

    fn reference(&mut self, history: &History) -> Result<(), Failure> {
        self.pour(Topic::Grants, &history.grants, |one| one.id.clone())?;
        self.pour(Topic::Accounts, &history.accounts, |one| {
            one.account.reveal().to_owned()
        })?;
        self.reports(&history.reports)
    }

    fn reports(&mut self, reports: &[facts::BreachEvent]) -> Result<(), Failure> {
        self.pour(Topic::BreachEvents, reports, |one| one.matter.clone())
    }

    /// Appends all accesses, with progress.
    fn accesses(&mut self, history: &History) -> Result<(), Failure> {
        const PIECE: usize = 20_000;
        let name = self.plan.names.name(Topic::AccessEvents);
        let count = usize::try_from(embedded::PARTITIONS).unwrap_or(1);
        let mut pieces: Vec<Vec<(i64, Vec<u8>, Vec<u8>)>> = vec![Vec::new(); count];
        let mut poured: u64 = 0;
        let mut said = Instant::now();
        let mut accesses = history.accesses().peekable();
        while let Some(access) = accesses.next() {
            let value = self.encode(Topic::AccessEvents, &access)?;
            self.export(Topic::AccessEvents, &value)?;
            let key = access.account.reveal().as_bytes().to_vec();
            let partition = usize::try_from(partition_of(&key, embedded::PARTITIONS)).unwrap_or(0);
            if let Some(piece) = pieces.get_mut(partition) {
                piece.push((access.at.millis(), key, value));
            }
            poured += 1;
            let last = accesses.peek().is_none();
            for (partition, piece) in pieces.iter_mut().enumerate() {
                if piece.len() >= PIECE || (last && !piece.is_empty()) {
                    let partition = i32::try_from(partition).unwrap_or(0);
                    let feed = piece.iter().map(|(at, key, value)| Feed {
                        timestamp_ms: *at,
                        key: Some(key),
                        value: Some(value),
                    });
                    self.cluster.append_batch(&name, partition, feed)?;
                    piece.clear();
                }
            }
            if said.elapsed() > Duration::from_secs(1) {
                said = Instant::now();
                let part = 100.0 * poured as f64 / history.len() as f64;
                eprintln!(
                    "  {poured} of {} accesses poured ({part:.0} %)",
                    history.len()
                );
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Failure> {
        for (_, file) in std::mem::take(&mut self.files) {
            file.finish()
                .map_err(|error| Failure::failed("out-unwritable", error.to_string()))?;
        }
        Ok(())
    }
}

const INPUT_README: &str = "What the demo poured, as Avro object container files.\n\
    The same processors over them: tocsin replay --files FOLDER --order SLUG --out OUT\n";
