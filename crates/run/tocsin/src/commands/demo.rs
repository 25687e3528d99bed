//! `tocsin demo`: the main job with nothing installed.

use super::{print_json, table};
use crate::cli::Demo;
use crate::codec::Codec;
use crate::demo::{Episode, History, Script};
use crate::embedded;
use crate::engine::{Engine, Plan};
use crate::errors::{Failure, exit};
use crate::law::Law;
use crate::outputs::{OutDir, Results};
use crate::topology::Topic;
use obligation::Determination;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread::JoinHandle;
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

    let stages = super::worked(&engine);
    embedded::stop(engine)?;
    let results = Results::read(&plan)?;
    results.write(&plan, &out)?;
    let rows = table::rows(&results, &plan.law);
    let mut assumptions = plan.law.assumptions();
    assumptions.extend(script.assumptions.iter().cloned());
    let summary = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "command": "demo",
        "seed": args.seed,
        "inputs": { "accesses": history.len(), "from": script.from, "until": script.until,
            "grants": history.grants.len(), "accounts": history.accounts.len(),
            "breach_events": history.reports.len() + history.late_reports.len() },
        "packs": plan.law.packs(),
        "assumptions": assumptions,
        "counts": results.counts(),
        "seconds": { "total": begun.elapsed().as_secs_f64(), "screening": screened.as_secs_f64(),
            "going_back": went_back.as_secs_f64() },
        "accesses_per_second": history.len() as f64 / screened.as_secs_f64(),
        "stages": stages,
    });
    let text = serde_json::to_string_pretty(&summary).unwrap_or_default();
    out.write("summary.json", text.as_bytes())?;
    out.finish()?;
    let wrong = unexpected(&script, &results, &plan);
    if args.json {
        print_json(&rows)?;
    } else {
        println!("{}", table::text(&rows));
        for line in &script.assumptions {
            println!("{line}");
        }
        let lines = script.episodes.len();
        println!(
            "{} of {lines} lines of the history got their answer.",
            lines - wrong.len()
        );
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
    Ok(end(args, server, &wrong))
}

/// Stays where that was asked for; the exit code.
fn end(args: &Demo, server: telemetry::Server, wrong: &[String]) -> u8 {
    if args.stay {
        eprintln!("serving metrics until interrupted");
        crate::signals::wait();
    }
    server.shutdown();
    for line in wrong {
        eprintln!("not the expected answer: {line}");
    }
    if wrong.is_empty() {
        exit::DONE
    } else {
        exit::DIFFERS
    }
}

/// Lines of the history that did not get the answers, or the register's entries, that they must,
/// each with what differs.
fn unexpected(script: &Script, results: &Results, plan: &Plan) -> Vec<String> {
    let register = results.register(plan);
    let of = |episode: &Episode| {
        let group = episode.group();
        let mut all = results.assessed.iter();
        let Some(found) = all.find(|one| one.incident.groups.contains(&group)) else {
            return vec!["no incident".to_owned()];
        };
        let id = found.incident.id.as_str();
        let mut differs = Vec::new();
        for (order, expected) in &episode.expect {
            // As it stands in the files, not as it would be judged now.
            let mut all = results.determinations.values();
            let is_of = |one: &&Determination| one.incident == id && one.order == *order;
            match all.find(|one| is_of(one) && !plan.law.follows(one)) {
                None => differs.push(format!("{order}: no determination")),
                Some(one) => {
                    let own = expected.differs(one).into_iter();
                    differs.extend(own.map(|what| format!("{order}: {what}")));
                }
            }
        }
        for (order, expected) in &episode.register {
            let of_it = register
                .iter()
                .filter(|entry| entry.order == *order && entry.incident.as_deref() == Some(id));
            let lines: BTreeSet<String> = of_it.map(facts::canonical_json).collect();
            if lines.len() as u64 != *expected {
                let count = lines.len();
                differs.push(format!("{order}: register {count}, expected {expected}"));
            }
        }
        differs
    };
    let episodes = script.episodes.iter().map(|one| (&one.name, of(one)));
    let wrong = episodes.filter(|(_, differs)| !differs.is_empty());
    wrong
        .map(|(name, differs)| format!("{name}: {}", differs.join("; ")))
        .collect()
}

fn settle(engine: &Engine, what: &str) -> Result<(), Failure> {
    let mut said = Instant::now();
    let settled = engine.wait_settled(&mut || {
        if said.elapsed() > Duration::from_secs(2) {
            said = Instant::now();
            eprintln!("  {what} …");
        }
        true
    });
    if settled {
        return Ok(());
    }
    Err(Failure::failed(
        "stage-failed",
        "a stage stopped; see the log lines above",
    ))
}

/// Records on their way into a file.
type Export = (Topic, Vec<Vec<u8>>);

/// Writes what is poured into files for `tocsin replay --files`, on a thread of its own: packing
/// takes longer than pouring.
struct Exporter {
    send: SyncSender<Export>,
    thread: JoinHandle<Result<(), String>>,
}

impl Exporter {
    fn start(out: &OutDir) -> Result<Exporter, Failure> {
        out.write("input/README.txt", INPUT_README.as_bytes())?;
        let mut files = BTreeMap::new();
        for topic in Topic::INPUTS {
            let path = out.path(&format!("input/{}.avro", topic.name()));
            let writer = ContainerWriter::create(&path, topic.record())
                .map_err(|error| Failure::failed("out-unwritable", error.to_string()))?;
            files.insert(topic, writer);
        }
        let (send, receive) = std::sync::mpsc::sync_channel::<Export>(64);
        let thread = std::thread::spawn(move || {
            for (topic, values) in receive {
                let Some(file) = files.get_mut(&topic) else {
                    continue;
                };
                for value in &values {
                    file.write_single_object(value)
                        .map_err(|error| error.to_string())?;
                }
            }
            for (_, file) in files {
                file.finish().map_err(|error| error.to_string())?;
            }
            Ok(())
        });
        Ok(Exporter { send, thread })
    }

    fn finish(self) -> Result<(), Failure> {
        drop(self.send);
        let written = self
            .thread
            .join()
            .unwrap_or_else(|_| Err("the writer ended".to_owned()));
        written.map_err(|error| Failure::failed("out-unwritable", error))
    }
}

/// Pours a history into the log, and into files.
struct Pour {
    plan: Arc<Plan>,
    cluster: MemoryCluster,
    codec: Codec,
    exporter: Option<Exporter>,
}

/// An access on its way into the log: time stamp, key, value.
type Poured = (i64, Vec<u8>, Vec<u8>);

impl Pour {
    fn new(
        plan: &Arc<Plan>,
        cluster: MemoryCluster,
        export: Option<&OutDir>,
    ) -> Result<Pour, Failure> {
        let store = Arc::new(SchemaStore::without_registry());
        let exporter = export.map(Exporter::start).transpose()?;
        let codec = Codec::new(store, Framing::SingleObject, Duration::ZERO);
        Ok(Pour {
            plan: plan.clone(),
            cluster,
            codec,
            exporter,
        })
    }

    fn encode<T: wire::Writable>(&self, topic: Topic, value: &T) -> Result<Vec<u8>, Failure> {
        self.codec
            .encode(topic, value)
            .map_err(|error| Failure::failed("encode", error.to_string()))
    }

    fn export(&self, topic: Topic, values: Vec<Vec<u8>>) -> Result<(), Failure> {
        match &self.exporter {
            None => Ok(()),
            Some(exporter) => exporter.send.send((topic, values)).map_err(|_| {
                Failure::failed("out-unwritable", "the files of the input cannot be written")
            }),
        }
    }

    /// Appends a few records.
    fn pour<T: serde::Serialize + wire::Writable>(
        &mut self,
        topic: Topic,
        records: &[T],
        key: impl Fn(&T) -> String,
    ) -> Result<(), Failure> {
        let name = self.plan.names.name(topic);
        let mut values = Vec::with_capacity(records.len());
        for record in records {
            let value = self.encode(topic, record)?;
            values.push(value.clone());
            self.cluster
                .append(&stream::Outgoing::new(name.clone(), key(record), value))?;
        }
        self.export(topic, values)
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
        let count = usize::try_from(embedded::PARTITIONS).unwrap_or(1);
        let mut pieces: Vec<Vec<Poured>> = vec![Vec::new(); count];
        let mut poured: u64 = 0;
        let mut said = Instant::now();
        for access in history.accesses() {
            let value = self.encode(Topic::AccessEvents, &access)?;
            let key = access.account.reveal().as_bytes().to_vec();
            let partition = partition_of(&key, embedded::PARTITIONS);
            let Some(piece) = usize::try_from(partition)
                .ok()
                .and_then(|at| pieces.get_mut(at))
            else {
                continue;
            };
            piece.push((access.at.millis(), key, value));
            poured += 1;
            if piece.len() >= PIECE {
                let piece = std::mem::take(piece);
                self.piece(partition, piece)?;
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
        for (partition, piece) in pieces.into_iter().enumerate() {
            self.piece(i32::try_from(partition).unwrap_or(0), piece)?;
        }
        Ok(())
    }

    fn piece(&mut self, partition: i32, piece: Vec<Poured>) -> Result<(), Failure> {
        let feed = piece.iter().map(|(at, key, value)| Feed {
            timestamp_ms: *at,
            key: Some(key),
            value: Some(value),
        });
        let name = self.plan.names.name(Topic::AccessEvents);
        self.cluster.append_batch(&name, partition, feed)?;
        let values = piece.into_iter().map(|(_, _, value)| value).collect();
        self.export(Topic::AccessEvents, values)
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.exporter.take().map_or(Ok(()), Exporter::finish)
    }
}

const INPUT_README: &str = "What the demo poured, as Avro object container files.\n\
    The same processors over them: tocsin replay --files FOLDER --order SLUG --out OUT\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Tuning;
    use crate::demo::Expected;
    use crate::law::LawSettings;
    use crate::tests::{Stepped, law, plan, poured};

    #[test]
    fn whatever_is_not_as_the_history_says_is_named() {
        let cluster = poured();
        let plan = plan(
            &cluster,
            "0",
            law(&LawSettings::default()),
            Tuning::default(),
        );
        assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
        let results = Results::read(&plan).unwrap();
        let script = Script::built_in().unwrap();
        let wrong = |script: &Script| unexpected(script, &results, &plan);
        assert_eq!(wrong(&script), Vec::<String>::new());

        type Change = fn(&mut Episode);
        let changes: [(&str, Change); 6] = [
            ("no incident", |one| one.matter = Some("M-0".to_owned())),
            ("answer", |one| ring_of(one).answer = "open".to_owned()),
            ("accounts", |one| ring_of(one).accounts = Some([0, 81])),
            ("planned", |one| {
                ring_of(one).planned = Some("2026-01-01".to_owned())
            }),
            ("outer", |one| {
                ring_of(one).outer = Some("2026-01-01".to_owned())
            }),
            ("register", |one| {
                one.register.insert("ring".to_owned(), 99);
            }),
        ];
        let with_outer = |one: &Episode| one.expect.values().any(|one| one.outer.is_some());
        let at = script.episodes.iter().position(with_outer).unwrap();
        for (what, change) in changes {
            let mut other = script.clone();
            change(&mut other.episodes[at]);
            let said = wrong(&other);
            assert_eq!(said.len(), 1, "{what}: {said:?}");
            assert!(said[0].starts_with(&script.episodes[at].name), "{said:?}");
            assert!(said[0].contains(what), "{what}: {said:?}");
        }
    }

    fn ring_of(episode: &mut Episode) -> &mut Expected {
        episode.expect.get_mut("ring").unwrap()
    }
}
