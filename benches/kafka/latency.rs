//! From an access to its determination: all five processors at rest, then beside steady loads, each
//! a part of what they take when it comes as fast as it can.

use crate::deployment::{Deployment, Page, Stage};
use crate::figures::percentile;
use crate::history::{History, Views};
use crate::{Done, patiently};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use stream::{Cluster, Position, Reader};
use wire::{Decoder, Envelope, RecordKind};

/// How many accesses are timed, one after the other.
const PROBES: usize = 100;
/// How many ordinary accesses are sent as fast as they can be.
const FLOOD: u64 = 400_000;
/// The loads, as parts of what was taken then; and in how many transactions a second they come.
const LOADS: [f64; 3] = [0.1, 0.5, 0.8];
const LOAD_TRANSACTIONS_PER_SECOND: u64 = 20;
/// How long the topic is quiet before the next probe, so that nothing of the one before is taken
/// for its answer.
const QUIET: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(60);

/// Prints the times, and how long commits took meanwhile.
pub(crate) fn measure(deployment: &Deployment, history: &History, stages: &[Stage]) -> Done<()> {
    let screen = stages.iter().find(|stage| stage.name == "screen");
    let flooded = flood(deployment, history, screen.ok_or("no screen")?)?;
    println!(
        "From an access to its determination, {PROBES} new actors one after the other; as fast as \
         they can, {flooded:.0} ordinary accesses a second are screened\n"
    );
    println!(
        "{:<48} {:>9} {:>9} {:>9} {:>9}",
        "milliseconds", "least", "p50", "p99", "max"
    );
    let mut commits = vec![("at rest".to_owned(), pages(stages)?)];
    let at_rest = patiently(|| Probes::new(deployment, "rest"))?.run()?;
    show("at rest", &at_rest);
    for part in LOADS {
        let what = format!("{:.0} %", part * 100.0);
        let each = (flooded * part) as u64 / LOAD_TRANSACTIONS_PER_SECOND;
        commits.push((what.clone(), pages(stages)?));
        let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
        let begun = Instant::now();
        let loaded = std::thread::scope(|scope| {
            let load = scope.spawn(|| load(deployment, history, each, &stop, &sent));
            let name = format!("load-{:.0}", part * 100.0);
            let probes = patiently(|| Probes::new(deployment, &name));
            let loaded = probes.and_then(|mut probes| probes.run());
            stop.store(true, Ordering::SeqCst);
            match load.join() {
                Ok(Ok(())) => loaded,
                Ok(Err(why)) => Err(why.into()),
                Err(_) => Err("the load ended by a fault".into()),
            }
        })?;
        let rate = sent.load(Ordering::SeqCst) as f64 / begun.elapsed().as_secs_f64();
        show(
            &format!("{what}: {rate:.0} ordinary accesses a second"),
            &loaded,
        );
    }
    commits.push((String::new(), pages(stages)?));
    show_commits(stages, &commits)
}

fn pages(stages: &[Stage]) -> Done<Vec<Page>> {
    stages.iter().map(Stage::page).collect()
}

/// Sends ordinary accesses as fast as it can; how many of them a second were screened.
fn flood(deployment: &Deployment, history: &History, screen: &Stage) -> Done<f64> {
    let read = |page: &Page| page.sum("tocsin_records_read_total");
    let before = read(&screen.page()?);
    let begun = Instant::now();
    let mut source = deployment.source("flood")?;
    let ordinary = history.ordinary.iter().cycle();
    for record in ordinary.take(usize::try_from(FLOOD)?) {
        source.send(record)?;
    }
    source.flush()?;
    while read(&screen.page()?) < before + FLOOD as f64 {
        if begun.elapsed() > PATIENCE {
            return Err("the flood is not screened".into());
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    Ok(FLOOD as f64 / begun.elapsed().as_secs_f64())
}

/// How long the commits of each stage took from one look to the next.
fn show_commits(stages: &[Stage], looks: &[(String, Vec<Page>)]) -> Done<()> {
    println!("\nCommits meanwhile, from a transaction's begin to the brokers' answer\n");
    println!(
        "{:<48} {:>9} {:>9} {:>9} {:>9}",
        "milliseconds", "commits", "mean", "p50 <=", "p99 <="
    );
    for (now, next) in looks.iter().zip(looks.iter().skip(1)) {
        for ((stage, before), after) in stages.iter().zip(&now.1).zip(&next.1) {
            let done = after.histogram("tocsin_transaction_seconds", &stage.name);
            let done = done.since(&before.histogram("tocsin_transaction_seconds", &stage.name));
            let ms = |seconds: f64| format!("{:.0}", seconds * 1e3);
            println!(
                "{:<48} {:>9} {:>9} {:>9} {:>9}",
                format!("{}, {}", now.0, stage.name),
                done.count(),
                ms(done.mean()),
                ms(done.at_most(0.5)),
                ms(done.at_most(0.99)),
            );
        }
    }
    println!();
    Ok(())
}

fn show(what: &str, sorted: &[Duration]) {
    let ms = |value: Duration| format!("{:.0}", value.as_secs_f64() * 1e3);
    println!(
        "{what:<48} {:>9} {:>9} {:>9} {:>9}",
        ms(percentile(sorted, 0.0)),
        ms(percentile(sorted, 0.5)),
        ms(percentile(sorted, 0.99)),
        ms(percentile(sorted, 1.0))
    );
}

/// Sends ordinary accesses until told to stop. Errors as text: they leave a thread.
fn load(
    deployment: &Deployment,
    history: &History,
    each: u64,
    stop: &AtomicBool,
    sent: &AtomicU64,
) -> Result<(), String> {
    let run = || -> Done<()> {
        let mut source = deployment.source("load")?;
        let pause = Duration::from_secs(1) / u32::try_from(LOAD_TRANSACTIONS_PER_SECOND)?;
        let mut ordinary = history.ordinary.iter().cycle();
        let mut next = Instant::now();
        while !stop.load(Ordering::SeqCst) {
            for _ in 0..each {
                source.send(ordinary.next().ok_or("no ordinary accesses")?)?;
            }
            source.flush()?;
            sent.fetch_add(each, Ordering::SeqCst);
            next += pause;
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        Ok(())
    };
    run().map_err(|why| why.to_string())
}

/// Sends one access of a new actor after the other and waits for what is decided about each.
struct Probes<'a> {
    deployment: &'a Deployment,
    name: String,
    reader: Box<dyn Reader>,
    decoder: Decoder,
    /// Incidents about which something was decided already.
    known: BTreeSet<String>,
}

impl<'a> Probes<'a> {
    fn new(deployment: &'a Deployment, name: &str) -> Done<Probes<'a>> {
        let topic = deployment.topic("determinations");
        let mut starts = Vec::new();
        for partition in 0..deployment.cluster.partitions(&topic)? {
            let (start, _) = deployment.cluster.range(&topic, partition)?;
            starts.push(Position::new(topic.as_str(), partition, start));
        }
        let mut reader = deployment.cluster.open_reader()?;
        reader.assign(&starts)?;
        let mut probes = Probes {
            deployment,
            name: name.to_owned(),
            reader,
            decoder: deployment.decoder(),
            known: BTreeSet::new(),
        };
        // What was decided before the first probe.
        while !probes.reader.at_end() {
            probes.hear(Duration::from_millis(100))?;
        }
        Ok(probes)
    }

    /// Reads what is there; whether it is about an incident of which nothing was known.
    fn hear(&mut self, wait: Duration) -> Done<bool> {
        let (decoder, known) = (&mut self.decoder, &mut self.known);
        let (mut new, mut failed) = (false, None);
        self.reader.poll(10_000, wait, &mut |record| {
            let Some(value) = record.value else { return };
            match decoder.decode::<Envelope>(RecordKind::Determination, value) {
                Ok(one) => new |= known.insert(one.incident.unwrap_or_default()),
                Err(error) => failed = Some(error),
            }
        })?;
        match failed {
            Some(error) => Err(format!("determinations: {error}").into()),
            None => Ok(new),
        }
    }

    /// The times, sorted; each from before the access is handed to its producer.
    fn run(&mut self) -> Done<Vec<Duration>> {
        let mut source = self.deployment.source(&format!("probe-{}", self.name))?;
        let mut views = Views::new(self.deployment);
        let mut times = Vec::new();
        for number in 1..=PROBES {
            let quiet = Instant::now();
            while quiet.elapsed() < QUIET {
                if self.hear(Duration::from_millis(20))? {
                    return Err("something was decided that nobody asked for".into());
                }
            }
            let record = views.view(&format!("emp-{}-{number:03}", self.name), 1)?;
            let begun = Instant::now();
            source.send(&record)?;
            source.flush()?;
            while !self.hear(Duration::from_millis(20))? {
                if begun.elapsed() > PATIENCE {
                    return Err(format!("probe {number}: nothing within {PATIENCE:?}").into());
                }
            }
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        Ok(times)
    }
}
