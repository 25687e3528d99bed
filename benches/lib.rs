//! What the benchmarks of tocsin share; each is a program of its own beside this file, see
//! README.md.

use std::time::{Duration, Instant};

/// Measures time that this thread spends on a processor: what else a machine does has little part
/// in it. Where the system does not tell, the time that passes.
pub struct Clock {
    on_processor: Option<Duration>,
    wall: Instant,
}

impl Clock {
    /// Begins now.
    pub fn start() -> Clock {
        Clock {
            on_processor: on_processor(),
            wall: Instant::now(),
        }
    }

    /// Since the start.
    pub fn elapsed(&self) -> Duration {
        match (self.on_processor, on_processor()) {
            (Some(begun), Some(now)) => now.saturating_sub(begun),
            _ => self.wall.elapsed(),
        }
    }
}

fn on_processor() -> Option<Duration> {
    // Linux accounts at each tick, 1 to 10 ms apart, and when somebody reads the times of the
    // whole process: without that what is shorter would take no time or a tick.
    std::fs::read("/proc/self/stat").ok()?;
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(stat.split(' ').next()?.parse().ok()?))
}

/// Memory of this process that is resident, in bytes; 0 where the system does not tell.
pub fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|one| one.parse::<u64>().ok());
    pages.unwrap_or_default() * 4096
}
