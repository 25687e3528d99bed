//! The metrics themselves: registered once, written to through typed handles.

use crate::names::{self, Metric};
use crate::telemetry::{BuildInfo, TelemetryError};
use prometheus::core::Collector;
use prometheus::{
    Encoder, GaugeVec, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Seconds: warm transactions take milliseconds, one that waits for a broker takes its time-out.
const TRANSACTION_BUCKETS: &[f64] = &[
    0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Bytes: from one record to what a configuration allows.
const BYTES_BUCKETS: &[f64] = &[1e3, 1e4, 1e5, 1e6, 4e6, 16e6, 64e6, 256e6, 1024e6];

/// Every metric of one tocsin. Cloning gives another handle on the same metrics.
///
/// The registry is its own, not the process's: two in one process (as in tests and in the
/// embedded demo) do not mix.
#[derive(Clone)]
pub struct Metrics {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    registry: Registry,
    pub(crate) read: IntCounterVec,
    pub(crate) passed_over: IntCounterVec,
    pub(crate) kept: IntCounterVec,
    pub(crate) dead_letters: IntCounterVec,
    pub(crate) written: IntCounterVec,
    pub(crate) transactions: IntCounterVec,
    pub(crate) transaction_seconds: HistogramVec,
    pub(crate) transaction_bytes: HistogramVec,
    pub(crate) rebalances: IntCounterVec,
    pub(crate) registry_waits: IntCounterVec,
    pub(crate) task_state_changes: IntCounterVec,
    state_records: IntGaugeVec,
    state_bytes: IntGaugeVec,
    memory_bound: IntGaugeVec,
    incidents: IntGaugeVec,
    determinations: IntGaugeVec,
}

impl Metrics {
    /// Registers every metric that is counted as it happens, `process_*` and the build's.
    ///
    /// # Errors
    /// Names that the metrics library refuses or that are registered twice.
    pub fn new(build: &BuildInfo) -> Result<Metrics, TelemetryError> {
        let registry = Registry::new();
        let counter = |metric: &Metric| -> Result<IntCounterVec, TelemetryError> {
            let made = IntCounterVec::new(Opts::new(metric.name, metric.help), metric.labels)?;
            registry.register(Box::new(made.clone()))?;
            Ok(made)
        };
        let gauge = |metric: &Metric| -> Result<IntGaugeVec, TelemetryError> {
            let made = IntGaugeVec::new(Opts::new(metric.name, metric.help), metric.labels)?;
            registry.register(Box::new(made.clone()))?;
            Ok(made)
        };
        let histogram = |metric: &Metric, buckets: &[f64]| -> Result<_, TelemetryError> {
            let options = HistogramOpts::new(metric.name, metric.help).buckets(buckets.to_vec());
            let made = HistogramVec::new(options, metric.labels)?;
            registry.register(Box::new(made.clone()))?;
            Ok(made)
        };
        let info = gauge(&names::BUILD_INFO)?;
        info.with_label_values(&[&build.version, &build.packs_digest])
            .set(1);
        #[cfg(target_os = "linux")]
        registry.register(Box::new(
            prometheus::process_collector::ProcessCollector::for_self(),
        ))?;
        let inner = Inner {
            read: counter(&names::RECORDS_READ)?,
            passed_over: counter(&names::RECORDS_PASSED_OVER)?,
            kept: counter(&names::RECORDS_KEPT)?,
            dead_letters: counter(&names::DEAD_LETTERS)?,
            written: counter(&names::RECORDS_WRITTEN)?,
            transactions: counter(&names::TRANSACTIONS)?,
            transaction_seconds: histogram(&names::TRANSACTION_SECONDS, TRANSACTION_BUCKETS)?,
            transaction_bytes: histogram(&names::TRANSACTION_BYTES, BYTES_BUCKETS)?,
            rebalances: counter(&names::REBALANCES)?,
            registry_waits: counter(&names::REGISTRY_WAITS)?,
            task_state_changes: counter(&names::TASK_STATE_CHANGES)?,
            state_records: gauge(&names::STATE_RECORDS)?,
            state_bytes: gauge(&names::STATE_BYTES)?,
            memory_bound: gauge(&names::MEMORY_BOUND)?,
            incidents: gauge(&names::INCIDENTS)?,
            determinations: gauge(&names::DETERMINATIONS)?,
            registry,
        };
        Ok(Metrics {
            inner: Arc::new(inner),
        })
    }

    /// The handles of one stage. Its transaction counters begin at 0, so that a first abort is
    /// seen as an increase.
    pub fn stage(&self, stage: &str) -> StageMetrics {
        for result in ["committed", "aborted", "fenced"] {
            self.inner.transactions.with_label_values(&[stage, result]);
        }
        self.inner.rebalances.with_label_values(&[stage]);
        StageMetrics {
            stage: stage.into(),
            inner: Arc::clone(&self.inner),
        }
    }

    /// How many records of `topic` the stage has read in committed transactions.
    pub fn records_read(&self, stage: &str, topic: &str) -> u64 {
        self.inner.read.with_label_values(&[stage, topic]).get()
    }

    /// Replaces the number of incidents by state; a state that is not named is gone.
    pub fn set_incidents(&self, by_state: &BTreeMap<&str, u64>) {
        replace(&self.inner.incidents, by_state);
    }

    /// Replaces the number of determinations by answer; an answer that is not named is gone.
    pub fn set_determinations(&self, by_answer: &BTreeMap<&str, u64>) {
        replace(&self.inner.determinations, by_answer);
    }

    /// Adds metrics that are computed when somebody looks.
    pub(crate) fn register(&self, collector: Box<dyn Collector>) -> Result<(), TelemetryError> {
        Ok(self.inner.registry.register(collector)?)
    }

    /// All metrics in Prometheus's text format.
    ///
    /// # Errors
    /// A metric that the encoder refuses; none does as long as names and labels are valid.
    pub fn text(&self) -> Result<String, TelemetryError> {
        let mut out = Vec::new();
        TextEncoder::new().encode(&self.inner.registry.gather(), &mut out)?;
        String::from_utf8(out).map_err(|error| TelemetryError::Text(error.to_string()))
    }
}

fn replace(gauge: &IntGaugeVec, values: &BTreeMap<&str, u64>) {
    // Set before removing, so that a scrape in between never sees an empty set.
    for (label, value) in values {
        gauge
            .with_label_values(&[label])
            .set(i64::try_from(*value).unwrap_or(i64::MAX));
    }
    let known: Vec<String> = gauge
        .collect()
        .iter()
        .flat_map(|family| family.get_metric().to_vec())
        .flat_map(|metric| metric.get_label().to_vec())
        .map(|label| label.value().to_owned())
        .collect();
    for label in known
        .iter()
        .filter(|label| !values.contains_key(label.as_str()))
    {
        // Fails only where the series is gone already.
        let _ = gauge.remove_label_values(&[label]);
    }
}

/// A seconds gauge that is filled when somebody looks.
pub(crate) fn scrape_gauge(metric: &Metric) -> Result<GaugeVec, TelemetryError> {
    Ok(GaugeVec::new(
        Opts::new(metric.name, metric.help),
        metric.labels,
    )?)
}

/// The metrics of one stage; cheap to clone, meant to be made once per task.
#[derive(Clone)]
pub struct StageMetrics {
    pub(crate) stage: Arc<str>,
    pub(crate) inner: Arc<Inner>,
}

impl StageMetrics {
    /// The stage's name, the first label of each of its metrics.
    pub fn stage(&self) -> &str {
        &self.stage
    }

    /// How many bytes the stage may hold at once of each of these, by its configuration.
    pub fn set_memory_bounds(&self, bounds: &[(&str, u64)]) {
        for (of, bytes) in bounds {
            let bytes = i64::try_from(*bytes).unwrap_or(i64::MAX);
            let bound = &self.inner.memory_bound;
            bound.with_label_values(&[&*self.stage, of]).set(bytes);
        }
    }

    /// How many records the stage keeps on disk, and how long their file is, in bytes.
    pub fn set_state(&self, records: u64, bytes: u64) {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let (inner, stage) = (&self.inner, &*self.stage);
        let of = |gauge: &IntGaugeVec| gauge.with_label_values(&[stage]);
        of(&inner.state_records).set(whole(records));
        of(&inner.state_bytes).set(whole(bytes));
    }
}
