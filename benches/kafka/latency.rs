//! From an access to its determination: all five processors at rest, then beside a steady load.

use crate::deployment::Deployment;
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
/// Ordinary accesses a second, as load; and in how many transactions they come.
const LOAD_PER_SECOND: u64 = 10_000;
const LOAD_TRANSACTIONS_PER_SECOND: u64 = 10;
/// How long the topic is quiet before the next probe, so that nothing of the one before is taken
/// for its answer.
const QUIET: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(60);

/// Prints both.
pub(crate) fn measure(deployment: &Deployment, history: &History) -> Done<()> {
    println!("From an access to its determination, {PROBES} new actors one after the other\n");
    println!(
        "{:<48} {:>9} {:>9} {:>9} {:>9}",
        "milliseconds", "least", "p50", "p99", "max"
    );
    let at_rest = patiently(|| Probes::new(deployment, "rest"))?.run()?;
    show("at rest", &at_rest);
    let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let begun = Instant::now();
    let loaded = std::thread::scope(|scope| {
        let load = scope.spawn(|| load(deployment, history, &stop, &sent));
        let probes = patiently(|| Probes::new(deployment, "load"));
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
        &format!("beside {rate:.0} ordinary accesses a second"),
        &loaded,
    );
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
    stop: &AtomicBool,
    sent: &AtomicU64,
) -> Result<(), String> {
    let run = || -> Done<()> {
        let mut source = deployment.source("load")?;
        let each = LOAD_PER_SECOND / LOAD_TRANSACTIONS_PER_SECOND;
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
    name: &'static str,
    reader: Box<dyn Reader>,
    decoder: Decoder,
    /// Incidents about which something was decided already.
    known: BTreeSet<String>,
}

impl<'a> Probes<'a> {
    fn new(deployment: &'a Deployment, name: &'static str) -> Done<Probes<'a>> {
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
            name,
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
