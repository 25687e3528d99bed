//! What is measured, and how it is shown: work with its time, processor time and memory.

use crate::Done;
use crate::deployment::Stage;
use std::fmt;
use std::time::Duration;

/// Linux counts processor time for user programs in hundredths of a second, on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;

/// Records that were worked on between the end of the first batch and the end of the last, so that
/// connecting, joining a group and loading are not in it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Work {
    /// Records after those of the first batch.
    pub(crate) records: u64,
    /// The time that they took.
    pub(crate) seconds: f64,
    /// The processor time of the process meanwhile, all its threads.
    pub(crate) cpu_seconds: f64,
}

impl Work {
    /// Records a second; 0 where all was one batch.
    pub(crate) fn rate(&self) -> f64 {
        if self.records == 0 || self.seconds <= 0.0 {
            return 0.0;
        }
        self.records as f64 / self.seconds
    }

    /// Processor time of one record in microseconds; `None` where all was one batch.
    fn cpu_micros(&self) -> Option<f64> {
        (self.records > 0).then(|| self.cpu_seconds / self.records as f64 * 1e6)
    }
}

/// One line of a table.
pub(crate) struct Line {
    what: String,
    work: Option<Work>,
    /// Processor time of the whole process, and the most memory that it held.
    process: Option<(f64, u64)>,
    settled: Duration,
}

impl Line {
    /// Work within this process.
    pub(crate) fn of_work(what: &str, work: Work) -> Line {
        Line {
            what: what.to_owned(),
            work: Some(work),
            process: None,
            settled: Duration::ZERO,
        }
    }

    /// Work of a process that still runs; `settled`: from its start until nothing was outstanding.
    pub(crate) fn of_process(
        what: &str,
        stage: &Stage,
        work: Option<Work>,
        settled: Duration,
    ) -> Done<Line> {
        Ok(Line {
            what: what.to_owned(),
            work,
            process: Some((cpu_seconds(stage.id())?, peak_mb(stage.id())?)),
            settled,
        })
    }
}

/// Lines, each compared with the bare read above it.
pub(crate) struct Table {
    title: String,
    lines: Vec<(Line, Option<Work>)>,
    bare: Option<Work>,
}

impl Table {
    /// Without lines.
    pub(crate) fn new(title: &str) -> Table {
        Table {
            title: title.to_owned(),
            lines: Vec::new(),
            bare: None,
        }
    }

    /// Begins a group with its bare read: what follows is compared with that.
    pub(crate) fn group(&mut self, what: &str, bare: Work) {
        self.bare = Some(bare);
        self.push(Line::of_work(what, bare));
    }

    /// A line.
    pub(crate) fn push(&mut self, line: Line) {
        self.lines.push((line, self.bare));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        writeln!(f, "{}\n", self.title)?;
        writeln!(
            f,
            "{:<48} {:>9} {:>10} {:>7} {:>10} {:>7} {:>7} {:>8} {:>10}",
            "",
            "records",
            "records/s",
            "of bare",
            "CPU µs/rec",
            "of bare",
            "CPU s",
            "peak MB",
            "settled s"
        )?;
        for (line, bare) in &self.lines {
            let work = line.work.unwrap_or_default();
            let rate = work.rate();
            let times = |own: f64, bare: Option<f64>| bare.map(|bare| format!("{:.2}", own / bare));
            let of_rate = bare.map(|bare| bare.rate()).filter(|bare| *bare > 0.0);
            let micros = work.cpu_micros();
            let of_micros = bare.and_then(|bare| bare.cpu_micros());
            writeln!(
                f,
                "{:<48} {:>9} {:>10} {:>7} {:>10} {:>7} {:>7} {:>8} {:>10}",
                line.what,
                or_dash(line.work.map(|work| work.records.to_string())),
                or_dash(line.work.map(|work| match work.records {
                    0 => "one batch".to_owned(),
                    _ => format!("{rate:.0}"),
                })),
                or_dash(times(rate, of_rate).filter(|_| rate > 0.0)),
                or_dash(micros.map(|micros| format!("{micros:.2}"))),
                or_dash(micros.and_then(|micros| times(micros, of_micros))),
                or_dash(line.process.map(|(cpu, _)| format!("{cpu:.2}"))),
                or_dash(line.process.map(|(_, peak)| peak.to_string())),
                or_dash(
                    (!line.settled.is_zero()).then(|| format!("{:.2}", line.settled.as_secs_f64()))
                ),
            )?;
        }
        Ok(())
    }
}

/// The shape of the machine and how busy it is already.
pub(crate) fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let after = |text: &str, name: &str| -> String {
        let line = text.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.split_once(':'));
        value.map_or("unknown".into(), |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "machine: {} ({cores} cores), memory {}, load {}",
        after(&read("/proc/cpuinfo"), "model name"),
        after(&read("/proc/meminfo"), "MemTotal"),
        read("/proc/loadavg").trim()
    )
}

/// Processor time of a process so far, all its threads.
pub(crate) fn cpu_seconds(process: u32) -> Done<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the program's name in brackets and may hold anything; see proc(5).
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks =
        |at: usize| -> Done<f64> { Ok(fields.get(at).ok_or("/proc/PID/stat is short")?.parse()?) };
    Ok((ticks(11)? + ticks(12)?) / TICKS_PER_SECOND)
}

/// Processor time of the threads of a process that run now, in nanoseconds' precision: for the
/// difference between two moments. The scheduler's own count; see proc(5) and sched-stats.
pub(crate) fn threads_cpu_seconds(process: u32) -> Done<f64> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end between the listing and the look.
        let Ok(text) = std::fs::read_to_string(task?.path().join("schedstat")) else {
            continue;
        };
        let first = text.split_whitespace().next().ok_or("an empty schedstat")?;
        nanoseconds += first.parse::<u64>()?;
    }
    Ok(nanoseconds as f64 / 1e9)
}

/// The most memory that a process has held resident so far, in MB.
pub(crate) fn peak_mb(process: u32) -> Done<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.ok_or("no VmHWM")?.parse::<u64>()? / 1024)
}

/// The value below or at which `part` (0 to 1) of the sorted `values` lie: nearest rank.
pub(crate) fn percentile(values: &[Duration], part: f64) -> Duration {
    let rank = (part * values.len() as f64).ceil() as usize;
    values
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}
