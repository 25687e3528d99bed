//! Metrics that are computed when somebody looks: states, positions, ages and time left.
//!
//! A gauge that its owner sets stays as it was when the owner hangs. These are made from what is on
//! record and the clock at the scrape, so a stalled stage grows visibly old, and the series of a
//! partition that was taken away is gone.

use crate::deadlines::Deadlines;
use crate::health::{Health, TaskState};
use crate::metrics::scrape_gauge;
use crate::names;
use crate::telemetry::TelemetryError;
use prometheus::GaugeVec;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) struct AtScrape {
    health: Health,
    deadlines: Arc<Deadlines>,
    /// Held during a scrape: reset, filled and read in one go.
    gauges: Mutex<()>,
    task_state: GaugeVec,
    last_loop_age: GaugeVec,
    settled: GaugeVec,
    lag_records: GaugeVec,
    lag_seconds: GaugeVec,
    nearest_timestamp: GaugeVec,
    nearest: GaugeVec,
    windows: GaugeVec,
}

impl AtScrape {
    pub(crate) fn new(
        health: Health,
        deadlines: Arc<Deadlines>,
    ) -> Result<AtScrape, TelemetryError> {
        Ok(AtScrape {
            health,
            deadlines,
            gauges: Mutex::new(()),
            task_state: scrape_gauge(&names::TASK_STATE)?,
            last_loop_age: scrape_gauge(&names::LAST_LOOP_AGE)?,
            settled: scrape_gauge(&names::SETTLED)?,
            lag_records: scrape_gauge(&names::LAG_RECORDS)?,
            lag_seconds: scrape_gauge(&names::LAG_SECONDS)?,
            nearest_timestamp: scrape_gauge(&names::NEAREST_DEADLINE_TIMESTAMP)?,
            nearest: scrape_gauge(&names::NEAREST_DEADLINE)?,
            windows: scrape_gauge(&names::DEADLINES)?,
        })
    }

    fn all(&self) -> [&GaugeVec; 8] {
        [
            &self.task_state,
            &self.last_loop_age,
            &self.settled,
            &self.lag_records,
            &self.lag_seconds,
            &self.nearest_timestamp,
            &self.nearest,
            &self.windows,
        ]
    }

    fn fill_health(&self) {
        let now = self.health.inner.clock.read();
        // By stage and topic: records waiting, and the newest record processed.
        let mut topics: BTreeMap<(String, String), (i64, f64)> = BTreeMap::new();
        let mut settled: BTreeMap<String, bool> = BTreeMap::new();
        for ((stage, _), task) in self.health.inner.lock().iter() {
            for state in TaskState::ALL {
                let gauge = self.task_state.with_label_values(&[stage, state.as_str()]);
                gauge.set(gauge.get() + f64::from(u8::from(state == task.state)));
            }
            *settled.entry(stage.clone()).or_insert(true) &= task.settled;
            let age = self.last_loop_age.with_label_values(&[stage]);
            if task.state.must_move() {
                age.set(age.get().max(task.loop_age(now.monotonic).as_secs_f64()));
            }
            for ((topic, partition), at) in &task.positions {
                let labels = [stage, topic, &partition.to_string()];
                self.lag_records
                    .with_label_values(&labels)
                    .set(at.lag() as f64);
                let entry = topics
                    .entry((stage.clone(), topic.clone()))
                    .or_insert((0, 0.0));
                entry.0 += at.lag();
                entry.1 = entry.1.max(task.newest.get(topic).copied().unwrap_or(0.0));
            }
        }
        for (stage, settled) in settled {
            self.settled
                .with_label_values(&[stage])
                .set(f64::from(u8::from(settled)));
        }
        for ((stage, topic), (waiting, newest)) in topics {
            let behind = waiting > 0 && newest > 0.0;
            let lag = if behind {
                (now.unix_seconds - newest).max(0.0)
            } else {
                0.0
            };
            self.lag_seconds.with_label_values(&[stage, topic]).set(lag);
        }
    }

    fn fill_deadlines(&self) {
        let now = self.health.inner.clock.read().unix_seconds;
        for kind in self.deadlines.outlook(now) {
            let labels = [&kind.order, &kind.duty];
            self.nearest_timestamp
                .with_label_values(&labels)
                .set(kind.nearest as f64);
            self.nearest
                .with_label_values(&labels)
                .set(kind.nearest as f64 - now);
            let windows = [
                ("overdue", kind.overdue),
                ("within_24h", kind.within_24h),
                ("within_72h", kind.within_72h),
                ("later", kind.later),
            ];
            for (window, count) in windows {
                let labels = [&kind.order, &kind.duty, window];
                self.windows.with_label_values(&labels).set(count as f64);
            }
        }
    }
}

impl Collector for AtScrape {
    fn desc(&self) -> Vec<&Desc> {
        self.all().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        // The lock guards no data of its own, so one that a dead thread left is as good.
        let _scrape = self.gauges.lock().unwrap_or_else(PoisonError::into_inner);
        for gauge in self.all() {
            gauge.reset();
        }
        self.fill_health();
        self.fill_deadlines();
        self.all()
            .into_iter()
            .flat_map(Collector::collect)
            .collect()
    }
}
