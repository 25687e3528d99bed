//! Metrics, health and deadlines of one process, put together.

use crate::collect::AtScrape;
use crate::deadlines::Deadlines;
use crate::health::{Clock, Health};
use crate::metrics::Metrics;
use crate::status::Status;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What is running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildInfo {
    /// Version of the executable.
    pub version: String,
    /// Digest of the law that it carries.
    pub packs_digest: String,
    /// This instance's own name, which tells it apart from others; in `/status` only.
    pub instance: String,
}

/// Everything that this process shows to the outside.
pub struct Telemetry {
    metrics: Metrics,
    health: Health,
    deadlines: Arc<Deadlines>,
    build: BuildInfo,
}

impl Telemetry {
    /// Sets everything up. `stall_limit`: a task whose loop has not come round for longer is not
    /// live; choose more than the longest single call that a task makes (broker time-outs).
    ///
    /// # Errors
    /// Metric names that the library refuses: a fault of this crate, which its tests would show.
    pub fn new(build: BuildInfo, stall_limit: Duration) -> Result<Telemetry, TelemetryError> {
        Telemetry::with_clock(build, stall_limit, Clock::real())
    }

    pub(crate) fn with_clock(
        build: BuildInfo,
        stall_limit: Duration,
        clock: Clock,
    ) -> Result<Telemetry, TelemetryError> {
        let metrics = Metrics::new(&build)?;
        let health = Health::new(metrics.clone(), clock, stall_limit);
        let deadlines = Arc::new(Deadlines::default());
        let at_scrape = AtScrape::new(health.clone(), Arc::clone(&deadlines))?;
        metrics.register(Box::new(at_scrape))?;
        Ok(Telemetry {
            metrics,
            health,
            deadlines,
            build,
        })
    }

    /// The metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The health of the tasks.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// What is due and when.
    pub fn deadlines(&self) -> &Arc<Deadlines> {
        &self.deadlines
    }

    /// Nothing is shown any more of incidents, determinations and what is due: they are another
    /// instance's to show, or are made anew.
    pub fn forget_outcome(&self) {
        self.deadlines.clear();
        self.metrics.set_incidents(&BTreeMap::new());
        self.metrics.set_determinations(&BTreeMap::new());
    }

    /// What `/status` answers.
    pub fn status(&self) -> Status {
        self.health.status(&self.build)
    }
}

/// Why metrics could not be made or shown.
#[derive(Debug)]
pub enum TelemetryError {
    /// The metrics library refused a metric.
    Metric(prometheus::Error),
    /// The text is not UTF-8.
    Text(String),
}

impl From<prometheus::Error> for TelemetryError {
    fn from(error: prometheus::Error) -> Self {
        TelemetryError::Metric(error)
    }
}

impl fmt::Display for TelemetryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TelemetryError::Metric(why) => write!(f, "metrics cannot be made: {why}"),
            TelemetryError::Text(why) => write!(f, "metrics cannot be written as text: {why}"),
        }
    }
}

impl std::error::Error for TelemetryError {}
