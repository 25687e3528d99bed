//! The pipeline under test: its configuration, its topics, its processors as processes of their
//! own, and how their work is watched from outside.

use crate::figures::{Work, threads_cpu_seconds};
use crate::{Done, patiently};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::{Cluster, KafkaCluster, KafkaSettings, Outgoing, Worker, WorkerSpec};
use wire::{Decoder, RecordKind, Registry, SchemaStore, subject};
use xtask::parts::http;
use xtask::parts::process::{Process, Scratch};

/// Partitions of the accesses; as many as the demo has in memory.
pub(crate) const PARTITIONS: i32 = 4;
/// Records of one transaction of the source.
const PRODUCED_AT_ONCE: u64 = 5_000;
/// Nothing here takes longer, unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(3600);
/// Between two looks at a process. Each costs it a page of metrics, so not more often.
const BETWEEN_LOOKS: Duration = Duration::from_millis(25);
/// So long everything must be seen at rest: longer than a record takes from process to process.
const AT_REST: Duration = Duration::from_millis(600);

/// See the module.
pub(crate) struct Deployment {
    /// Its broker.
    pub(crate) cluster: KafkaCluster,
    /// The base address of its registry.
    pub(crate) registry: String,
    prefix: String,
    config: PathBuf,
    /// The registry's ids of the schemas of the inputs.
    pub(crate) ids: BTreeMap<RecordKind, u32>,
    scratch: Scratch,
}

/// The executable that stands in the same target folder as this benchmark.
pub(crate) fn executable() -> Done<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here
        .ancestors()
        .nth(2)
        .ok_or("this benchmark stands nowhere")?;
    let path = folder.join("tocsin");
    if path.is_file() {
        return Ok(path);
    }
    let how = "build it with `cargo build --release --workspace --bin tocsin`";
    Err(format!("{} is missing; {how}", path.display()).into())
}

impl Deployment {
    /// A deployment of its own, bound by `orders`.
    pub(crate) fn new(
        bootstrap: &str,
        registry: &str,
        orders: &[String],
        scratch: Scratch,
    ) -> Done<Deployment> {
        let prefix = format!("bench-{}-", std::process::id());
        let bound: Vec<String> = orders.iter().map(|one| format!("{one:?}")).collect();
        let text = format!(
            "prefix = {prefix:?}\n\
             [kafka]\nbootstrap = {bootstrap:?}\n\
             [registry]\nurl = {registry:?}\n\
             [start]\naccess-events = \"earliest\"\n\
             [orders]\nbound = [{}]\n",
            bound.join(", ")
        );
        let config = scratch.write("tocsin.toml", &text)?;
        Ok(Deployment {
            cluster: KafkaCluster::connect(KafkaSettings::new(bootstrap))?,
            registry: registry.to_owned(),
            prefix,
            config,
            ids: BTreeMap::new(),
            scratch,
        })
    }

    /// From the next start on processors keep state on disk, on a new one; or in memory.
    pub(crate) fn keep_on_disk(&mut self, on_disk: bool) -> Done<()> {
        let directory = self.scratch.path().join("state");
        let text = std::fs::read_to_string(&self.config)?;
        let (before, _) = text.split_once("[state]").unwrap_or((&text, ""));
        let state = if on_disk {
            format!("[state]\ndirectory = {directory:?}\n")
        } else {
            String::new()
        };
        self.config = self
            .scratch
            .write("tocsin.toml", &format!("{before}{state}"))?;
        Ok(())
    }

    /// The name of a topic here.
    pub(crate) fn topic(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The names of topics here.
    pub(crate) fn topics(&self, names: &[&str]) -> Vec<String> {
        names.iter().map(|name| self.topic(name)).collect()
    }

    /// Creates the topics and registers the schemas of the inputs, as a company's systems do.
    pub(crate) fn prepare(&mut self) -> Done<()> {
        let partitions = PARTITIONS.to_string();
        let mut command = Command::new(executable()?);
        command.args([
            "topics",
            "apply",
            "--replication",
            "1",
            "--partitions",
            &partitions,
        ]);
        command.arg("--config").arg(&self.config);
        let done = command.stdin(Stdio::null()).output()?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr);
            return Err(format!("topics apply ended with {}: {said}", done.status).into());
        }
        let registry = Registry::new(&self.registry, None);
        for (topic, kind) in [
            ("access-events", RecordKind::AccessEvent),
            ("breach-events", RecordKind::BreachEvent),
            ("grants", RecordKind::Grant),
            ("accounts", RecordKind::Account),
        ] {
            let subject = subject(&self.topic(topic));
            let id = registry.register(&subject, kind.newest_schema())?;
            self.ids.insert(kind, id);
        }
        Ok(())
    }

    /// What produces to the input topics, under a name of its own.
    pub(crate) fn source(&self, name: &str) -> Done<Source> {
        let id = self.topic(name);
        Ok(Source {
            worker: self.cluster.open_worker(WorkerSpec::writer(id))?,
            open: 0,
        })
    }

    /// Starts one processor as a process of its own.
    pub(crate) fn start(&self, name: &str) -> Done<Stage> {
        let begun = Instant::now();
        let mut command = Command::new(executable()?);
        command.args(["run", name, "--listen", "127.0.0.1:0", "--config"]);
        command.arg(&self.config);
        // A log of its own for each start: the address is read from it.
        let number = std::fs::read_dir(self.scratch.path())?.count();
        let log = self.scratch.path().join(format!("{name}-{number}.log"));
        let mut process = Process::start(name, command, &log)?;
        let mut addr = None;
        process.wait_until(PATIENCE, |log| {
            addr = address(log, "metrics and health on http://");
            addr.is_some()
        })?;
        Ok(Stage {
            name: name.to_owned(),
            addr: addr.ok_or("no address in the log")?,
            begun,
            process,
        })
    }

    /// Watches a processor until it has read `topics` to their ends and nothing is outstanding.
    ///
    /// "Settled" alone is not waited for: a member of a group says so too before it has partitions.
    pub(crate) fn course(&self, stage: &Stage, topics: &[&str]) -> Done<Course> {
        let mut partitions = 0;
        for topic in self.topics(topics) {
            partitions += patiently(|| Ok(self.cluster.partitions(&topic)?))?;
        }
        let watched = Instant::now();
        let (mut first, mut last): (Option<Mark>, Option<Mark>) = (None, None);
        let mut resting: Option<Instant> = None;
        loop {
            let page = stage.page()?;
            let mark = Mark {
                at: Instant::now(),
                read: page.sum("tocsin_records_read_total") as u64,
                moved: (page.sum("tocsin_records_read_total")
                    + page.sum("tocsin_records_written_total")) as u64,
                cpu: threads_cpu_seconds(stage.id())?,
            };
            if last.is_none_or(|last| last.moved != mark.moved) {
                first = first.or((mark.moved > 0).then_some(mark));
                last = Some(mark);
                resting = None;
            }
            let owned = page.count("tocsin_lag_records");
            let rests = page.sum("tocsin_settled") > 0.0
                && owned == usize::try_from(partitions)?
                && page.sum("tocsin_lag_records") == 0.0;
            let since = match (rests, resting) {
                (false, _) => None,
                (true, None) => Some(mark.at),
                (true, since) => since,
            };
            resting = since;
            if since.is_some_and(|since| since.elapsed() > AT_REST) {
                let last = last.unwrap_or(mark);
                let first = first.unwrap_or(last);
                return Ok(Course {
                    records: last.read,
                    work: Work {
                        records: last.read - first.read,
                        seconds: (last.at - first.at).as_secs_f64(),
                        cpu_seconds: last.cpu - first.cpu,
                    },
                    settled: since.unwrap_or(last.at) - stage.begun,
                });
            }
            if watched.elapsed() > PATIENCE {
                let log = stage.process.log_text();
                return Err(format!("{} is not settled: {log}", stage.name).into());
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }

    /// What scope searched, from the coverage that it wrote: accesses after those of the first
    /// piece, over the time between the first piece and the last. Its own metrics count what it
    /// reads of activations, too.
    pub(crate) fn searched(&self, watched: Work) -> Done<Work> {
        let mut decoder = self.decoder();
        let mut pieces: Vec<(i64, i32, i64)> = Vec::new();
        let mut failed = None;
        stream::read_topic(&self.cluster, &self.topic("coverage"), &mut |record| {
            let value = record.value.unwrap_or_default();
            match decoder.decode::<facts::Coverage>(RecordKind::Coverage, value) {
                Ok(one) if one.to > 0 => {
                    pieces.push((record.timestamp_ms, record.partition, one.to));
                }
                Ok(_) => {}
                Err(error) => failed = Some(error),
            }
        })?;
        if let Some(error) = failed {
            return Err(format!("coverage: {error}").into());
        }
        pieces.sort_unstable();
        let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
            return Err("scope searched nothing".into());
        };
        let mut reached: BTreeMap<i32, i64> = BTreeMap::new();
        for (_, partition, to) in &pieces {
            reached.insert(*partition, *to);
        }
        let offsets = reached.values().sum::<i64>() - first.2;
        Ok(Work {
            records: u64::try_from(offsets)?,
            seconds: (last.0 - first.0) as f64 / 1e3,
            cpu_seconds: watched.cpu_seconds,
        })
    }

    /// A decoder of what stands on the topics here.
    pub(crate) fn decoder(&self) -> Decoder {
        let store = SchemaStore::new(Registry::new(&self.registry, None));
        Decoder::new(Arc::new(store))
    }

    /// How many committed records stand on a topic.
    pub(crate) fn count(&self, topic: &str) -> Done<u64> {
        let name = self.topic(topic);
        Ok(stream::read_topic(&self.cluster, &name, &mut |_| {})?)
    }
}

#[derive(Clone, Copy)]
struct Mark {
    at: Instant,
    read: u64,
    moved: u64,
    cpu: f64,
}

/// How a processor's work went.
pub(crate) struct Course {
    /// Records that it has read for the first time, over its whole life.
    pub(crate) records: u64,
    /// Its work between the first commit that was seen and the last.
    pub(crate) work: Work,
    /// From its start until nothing was outstanding.
    pub(crate) settled: Duration,
}

/// Produces in transactions, as an orderly source does.
pub(crate) struct Source {
    worker: Box<dyn Worker>,
    open: u64,
}

impl Source {
    /// Hands over a record; it is visible after [`flush`](Self::flush) at the latest.
    pub(crate) fn send(&mut self, record: &Outgoing) -> Done<()> {
        if self.open == 0 {
            self.worker.begin()?;
        }
        self.worker.send(record)?;
        self.open += 1;
        if self.open == PRODUCED_AT_ONCE {
            self.flush()?;
        }
        Ok(())
    }

    /// Commits what was handed over.
    pub(crate) fn flush(&mut self) -> Done<()> {
        if self.open > 0 {
            self.worker.commit(&[])?;
            self.open = 0;
        }
        Ok(())
    }
}

/// A running processor.
pub(crate) struct Stage {
    /// Its name.
    pub(crate) name: String,
    addr: SocketAddr,
    begun: Instant,
    process: Process,
}

impl Stage {
    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Its metrics as they are now.
    pub(crate) fn page(&self) -> Done<Page> {
        page(self.addr).map_err(|why| {
            let log = self.process.log_text();
            format!("{} does not answer: {why}\n{log}", self.name).into()
        })
    }
}

/// A page of metrics.
pub(crate) struct Page(String);

/// A histogram: how many values are at most each bound, in the order of the bounds, and their sum.
pub(crate) struct Histogram {
    buckets: Vec<(f64, f64)>,
    sum: f64,
}

impl Histogram {
    /// What came to it since `before`.
    pub(crate) fn since(&self, before: &Histogram) -> Histogram {
        let earlier = |at: usize| before.buckets.get(at).map_or(0.0, |(_, count)| *count);
        let buckets = self.buckets.iter().enumerate();
        Histogram {
            buckets: buckets
                .map(|(at, (bound, count))| (*bound, count - earlier(at)))
                .collect(),
            sum: self.sum - before.sum,
        }
    }

    /// How many values there are.
    pub(crate) fn count(&self) -> f64 {
        self.buckets.last().map_or(0.0, |(_, count)| *count)
    }

    /// Their mean; 0 where there are none.
    pub(crate) fn mean(&self) -> f64 {
        match self.count() > 0.0 {
            true => self.sum / self.count(),
            false => 0.0,
        }
    }

    /// The least bound that `part` (0 to 1) of the values do not exceed; 0 where there are none.
    pub(crate) fn at_most(&self, part: f64) -> f64 {
        let wanted = part * self.count();
        let mut reached = self.buckets.iter().filter(|(_, count)| *count >= wanted);
        let bound = reached.next().map_or(0.0, |(bound, _)| *bound);
        if self.count() > 0.0 { bound } else { 0.0 }
    }
}

/// The metrics that are served at `addr`.
pub(crate) fn page(addr: SocketAddr) -> Done<Page> {
    match http::get(addr, "/metrics")? {
        (200, body) => Ok(Page(body)),
        (code, body) => Err(format!("/metrics answers {code}: {body}").into()),
    }
}

impl Page {
    /// The values of a metric, with their labels as they are written.
    fn samples<'a>(&'a self, name: &str) -> impl Iterator<Item = (&'a str, f64)> {
        self.0.lines().filter_map(move |line| {
            let rest = line.strip_prefix(name)?;
            let (labels, value) = rest.rsplit_once(' ')?;
            let whole = labels.is_empty() || labels.starts_with('{');
            Some((labels, value.parse().ok().filter(|_| whole)?))
        })
    }

    /// The sum over all labels.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.samples(name).map(|(_, value)| value).sum()
    }

    /// What a stage's histogram holds.
    pub(crate) fn histogram(&self, name: &str, stage: &str) -> Histogram {
        let label = format!("stage=\"{stage}\"");
        let bucket = format!("{name}_bucket");
        let of_stage = self
            .samples(&bucket)
            .filter(|(labels, _)| labels.contains(&label));
        let bounded = of_stage.filter_map(|(labels, count)| {
            let (_, rest) = labels.split_once("le=\"")?;
            let (bound, _) = rest.split_once('"')?;
            let bound = match bound {
                "+Inf" => f64::INFINITY,
                bound => bound.parse().ok()?,
            };
            Some((bound, count))
        });
        Histogram {
            buckets: bounded.collect(),
            sum: self.of_stage(&format!("{name}_sum"), stage),
        }
    }

    /// The sum over what one stage says.
    pub(crate) fn of_stage(&self, name: &str, stage: &str) -> f64 {
        let label = format!("stage=\"{stage}\"");
        let of = self
            .samples(name)
            .filter(|(labels, _)| labels.contains(&label));
        of.map(|(_, value)| value).sum()
    }

    /// How many values there are.
    fn count(&self, name: &str) -> usize {
        self.samples(name).count()
    }
}

/// The address that follows `words` in a log.
pub(crate) fn address(log: &str, words: &str) -> Option<SocketAddr> {
    let (_, rest) = log.split_once(words)?;
    let (addr, _) = rest.split_once('/')?;
    addr.parse().ok()
}
