//! What a stage shows of itself: each commit, rebalance and state goes to metrics and logs here.

use crate::config::{Log, LogFormat};
use crate::context::Context;
use crate::errors::Failure;
use crate::runtime::{Awaited, Sink, StageError};
use crate::topology::Stage;
use std::time::Duration;
use telemetry::happenings::{BatchCommitted, Rebalanced, TransactionAborted, Waiting};
use telemetry::{Batch, StageHealth, StageMetrics, TaskState};

/// Begins to log to standard error: as the command line says, else as `configured`, else warnings
/// as text.
pub(crate) fn log(
    format: Option<LogFormat>,
    filter: Option<&str>,
    configured: Option<&Log>,
) -> Result<(), Failure> {
    let format = format
        .or(configured.map(|log| log.format))
        .unwrap_or(LogFormat::Text);
    let filter = filter
        .or(configured.map(|log| log.filter.as_str()))
        .unwrap_or("warn");
    let format = match format {
        LogFormat::Text => telemetry::LogFormat::Text,
        LogFormat::Json => telemetry::LogFormat::Json,
    };
    telemetry::init_logging(format, filter)
        .map_err(|error| Failure::usage("logging", error.to_string()))
}

/// The handles of one stage.
pub(crate) struct Watch {
    metrics: StageMetrics,
    batch: Batch,
    /// The stage's health.
    pub(crate) health: StageHealth,
}

impl Watch {
    /// The handles of `stage`.
    pub(crate) fn new(context: &Context, stage: Stage) -> Watch {
        Watch {
            metrics: context.telemetry.metrics().stage(stage.name()),
            batch: Batch::new(),
            health: context.telemetry.health().stage(stage.name()),
        }
    }

    /// What the stage may hold at once, by its configuration; `consumers` fetch ahead.
    pub(crate) fn bounds(&self, context: &Context, consumers: u64) {
        let tuning = &context.tuning;
        let mut bounds = vec![
            ("batch", tuning.batch_bytes),
            ("fetch", consumers * tuning.fetch_bytes),
        ];
        if let Some(state) = &context.state {
            bounds.push(("state_cache", state.cache_bytes as u64));
        }
        self.metrics.set_memory_bounds(&bounds);
    }

    /// A transaction was committed.
    pub(crate) fn committed(&mut self, context: &Context, sink: Sink, took: Duration) {
        for (topic, book) in sink.books() {
            let name = topic.name();
            self.batch.read(name, book.read);
            self.batch.kept(name, book.kept);
            for (reason, count) in book.passed_over().filter(|(_, count)| *count > 0) {
                self.batch.passed_over(name, reason.as_str(), count);
            }
        }
        self.batch.bytes(sink.bytes);
        for record in &sink.out {
            let value = record.value.as_ref().map_or(0, Vec::len);
            self.batch.bytes((record.key.len() + value) as u64);
            let topic = context
                .names
                .topic(&record.topic)
                .map_or("other", |topic| topic.name());
            self.batch.written(topic, 1);
        }
        for dead in sink.dead {
            self.batch.dead_letter(dead);
        }
        BatchCommitted {
            batch: &mut self.batch,
            took,
        }
        .emit(&self.metrics);
    }

    /// The partitions changed.
    pub(crate) fn rebalanced(&self, polled: &stream::Polled) {
        Rebalanced {
            assigned: polled.assigned.len(),
            revoked: polled.revoked.len() + polled.lost.len(),
        }
        .emit(&self.metrics);
    }

    /// A step failed.
    pub(crate) fn failed(&mut self, error: &StageError, again: bool, pause: Duration, tries: u32) {
        let why = error.to_string();
        match error {
            StageError::Wait { on, .. } => {
                let state = match on {
                    Awaited::Registry => TaskState::WaitingForRegistry,
                    Awaited::Disk => TaskState::WaitingForDisk,
                    Awaited::Turn => TaskState::Starting,
                };
                self.health.set_state_because(state, &why);
                Waiting {
                    state,
                    why: &why,
                    attempt: tries,
                    next_in: pause,
                }
                .emit(&self.metrics);
            }
            StageError::Log(log) => {
                let fenced = log.kind == stream::ErrorKind::Fenced;
                TransactionAborted {
                    batch: &mut self.batch,
                    why: &why,
                    fenced,
                }
                .emit(&self.metrics);
                let state = if again {
                    TaskState::WaitingForBroker
                } else {
                    TaskState::Halted
                };
                self.health.set_state_because(state, &why);
            }
            StageError::Stop { .. } => self.halted(error),
        }
    }

    /// The stage ends by an error.
    pub(crate) fn halted(&self, error: &StageError) {
        let why = error.to_string();
        self.health.set_state_because(TaskState::Halted, &why);
    }
}

#[cfg(test)]
mod tests {
    use crate::config::StartAt;
    use crate::context::Tuning;
    use crate::embedded;
    use crate::engine::Plan;
    use crate::law::LawSettings;
    use crate::runtime::Runner;
    use crate::tests::{Stepped, law, plan};
    use crate::topology::{Stage, Topic, TopicNames};
    use std::collections::BTreeMap;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};
    use stream::{Cluster, MemoryCluster, Outgoing, TopicSpec};

    /// An access by somebody of that kind, signed in to that account; `None`: nobody stated it.
    fn access_by(kind: Option<&str>, signed_in_to: Option<&str>, id: usize) -> Vec<u8> {
        let access = serde_json::json!({
            "id": format!("a-{id}"), "at": "2026-02-01T10:00:00Z", "account": "acct-1",
            "action": "view", "information": "home_security_recording", "actor_kind": kind,
            "actor": kind.map(|kind| format!("{kind}-1")), "actor_account": signed_in_to,
        });
        access.to_string().into_bytes()
    }

    fn access(id: usize) -> Vec<u8> {
        access_by(None, None, id)
    }

    /// What the page of metrics says behind `series`; `None`: there is no such series.
    fn shown(plan: &Plan, series: &str) -> Option<f64> {
        let page = plan.telemetry.metrics().text().unwrap();
        let value = page.lines().find_map(|line| line.strip_prefix(series))?;
        value.trim().parse().ok()
    }

    /// Counts by stage and topic.
    type Counts = BTreeMap<(String, String), f64>;

    /// The samples of these metrics, summed up by stage and topic.
    fn counts(plan: &Plan, metrics: &[&str]) -> Counts {
        let page = plan.telemetry.metrics().text().unwrap();
        let mut counts = Counts::new();
        for line in page.lines() {
            let Some((metric, rest)) = line.split_once('{') else {
                continue;
            };
            if !metrics.contains(&metric) {
                continue;
            }
            let label = |name: &str| {
                let (_, rest) = rest.split_once(&format!("{name}=\"")).unwrap();
                rest.split('"').next().unwrap().to_owned()
            };
            let (_, value) = rest.rsplit_once(' ').unwrap();
            let at = (label("stage"), label("topic"));
            *counts.entry(at).or_default() += value.parse::<f64>().unwrap();
        }
        counts
    }

    #[test]
    fn what_was_read_is_booked_by_stage_and_topic_under_the_names_of_the_design() {
        let names = TopicNames::new("p-", &BTreeMap::new());
        let cluster = MemoryCluster::new();
        let specs = Topic::ALL.map(|topic| TopicSpec::new(names.name(topic).to_string(), 1));
        cluster.create_topics(&specs).unwrap();
        let append = |topic: Topic, value: Vec<u8>| {
            let record = Outgoing::new(names.name(topic), "key", value);
            cluster.append(&record).unwrap();
        };
        let indicator = serde_json::json!({
            "id": "i-1", "matter": "M-1", "recorded_at": "2026-06-01T00:00:00Z",
            "report": {"kind": "indicator", "mode": "insider", "actors": ["emp-1"],
                "from": "2026-01-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
        });
        append(Topic::BreachEvents, indicator.to_string().into_bytes());
        let duty = serde_json::json!({
            "id": "g-1", "kind": "duty", "recorded_at": "2026-01-01T00:00:00Z",
            "from": "2026-01-01T00:00:00Z", "actors": ["service-1"],
        });
        append(Topic::Grants, duty.to_string().into_bytes());
        append(Topic::BreachEvents, b"\x17 no avro".to_vec());
        append(Topic::AccessEvents, b"\x17 no avro".to_vec());
        (0..5).for_each(|id| append(Topic::AccessEvents, access(id)));
        let customer = |own: Option<&str>, id| access_by(Some("customer"), own, id);
        (5..8).for_each(|id| append(Topic::AccessEvents, customer(None, id)));
        let law = law(&LawSettings::default());
        let plan = Plan {
            names: names.clone(),
            prefix: "p-".to_owned(),
            start: Some(StartAt::Latest),
            ..plan(&cluster, "0", law, Tuning::default())
        };
        let mut stages = Stepped::open(&plan);
        assert!(stages.rest(Duration::ZERO), "not settled");
        // One that scope has found already, and one of a customer; one for each other reason for
        // which screen passes an access over, and one of a customer in another's account.
        append(Topic::AccessEvents, access(0));
        append(Topic::AccessEvents, customer(None, 9));
        (10..12).for_each(|id| append(Topic::AccessEvents, customer(Some("acct-1"), id)));
        append(Topic::AccessEvents, customer(Some("acct-2"), 12));
        append(Topic::AccessEvents, access_by(Some("service"), None, 13));
        assert!(stages.rest(Duration::ZERO), "not settled");

        let read = counts(&plan, &["tocsin_records_read_total"]);
        let dead = counts(&plan, &["tocsin_dead_letters_total"]);
        let booked = [
            "tocsin_records_kept_total",
            "tocsin_records_passed_over_total",
            "tocsin_dead_letters_total",
        ];
        assert_eq!(read, counts(&plan, &booked));
        let design = |name: &String| Topic::ALL.iter().any(|topic| topic.name() == name);
        assert!(read.keys().all(|(_, topic)| design(topic)), "{read:?}");
        let of = |stage: &str, topic: &str| (stage.to_owned(), topic.to_owned());
        assert_eq!(read.get(&of("screen", "access-events")), Some(&6.0));
        assert_eq!(read.get(&of("assess", "breach-events")), Some(&2.0));
        assert_eq!(dead.get(&of("scope", "access-events")), Some(&1.0));
        assert_eq!(dead.get(&of("assess", "breach-events")), Some(&1.0));
        for (reason, stage, topic, count) in [
            ("own_use", "screen", "access-events", 2.0),
            ("account_not_stated", "screen", "access-events", 1.0),
            ("standing_duty", "screen", "access-events", 1.0),
            ("not_sought", "scope", "access-events", 3.0),
            ("duplicate", "verify", "candidates", 1.0),
            ("buried_elsewhere", "notify", "breach-events", 1.0),
        ] {
            let labels = format!("{{reason=\"{reason}\",stage=\"{stage}\",topic=\"{topic}\"}}");
            let series = format!("tocsin_records_passed_over_total{labels}");
            assert_eq!(shown(&plan, &series), Some(count), "{series}");
        }
    }

    #[test]
    fn a_stage_that_is_behind_says_for_how_long_until_it_has_caught_up() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let an_hour_ago = i64::try_from(now.as_millis()).unwrap() - 3_600_000;
        let cluster = MemoryCluster::with_clock(move || an_hour_ago);
        embedded::create_topics(&cluster, 3).unwrap();
        for id in 0..10 {
            let record = Outgoing::new(Topic::AccessEvents.name(), "acct-1", access(id));
            cluster.append(&record.on(0)).unwrap();
        }
        let few = Tuning {
            batch_records: 4,
            ..Tuning::default()
        };
        let plan = plan(&cluster, "0", law(&LawSettings::default()), few);
        let mut screen = Runner::open(Stage::Screen, &plan.context()).unwrap();
        let series = "tocsin_lag_seconds{stage=\"screen\",topic=\"access-events\"}";
        let mut seen = Vec::new();
        for _ in 0..40 {
            screen.step(Duration::ZERO, Duration::ZERO).unwrap();
            seen.extend(shown(&plan, series));
        }
        assert!(seen.iter().any(|lag| *lag >= 3_600.0), "{seen:?}");
        assert_eq!(seen.last(), Some(&0.0), "{seen:?}");
    }
}
