//! The four pages over real HTTP, read by promtool and by a real Prometheus.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tocsin_telemetry::happenings::{BatchCommitted, Rebalanced, TransactionAborted, Waiting};
use tocsin_telemetry::{Batch, BuildInfo, DeadLettered, Server, TaskState, Telemetry, names};
use xtask::parts::{http, prometheus, skip_or_fail};

type Done = Result<(), Box<dyn std::error::Error>>;

fn telemetry() -> Result<Arc<Telemetry>, Box<dyn std::error::Error>> {
    let build = BuildInfo {
        version: "1.2.3".into(),
        packs_digest: "abc".into(),
        instance: "east-2".into(),
    };
    Ok(Arc::new(Telemetry::new(build, Duration::from_secs(60))?))
}

fn serve(telemetry: &Arc<Telemetry>) -> Result<Server, Box<dyn std::error::Error>> {
    Ok(Server::start(
        ([127, 0, 0, 1], 0).into(),
        Arc::clone(telemetry),
    )?)
}

/// One of everything, so that every metric has a series.
fn let_everything_happen(telemetry: &Telemetry) -> Done {
    let stage = telemetry.metrics().stage("screen");
    let took = Duration::from_millis(7);
    let mut batch = Batch::new();
    batch.read("access-events", 100);
    batch.passed_over("access-events", "own_use", 80);
    batch.passed_over("access-events", "standing_duty", 8);
    batch.kept("access-events", 10);
    batch.written("candidates", 10);
    for offset in [41, 42] {
        batch.dead_letter(DeadLettered {
            topic: "access-events".into(),
            partition: 3,
            offset,
            code: "avro-truncated".into(),
        });
    }
    BatchCommitted {
        batch: &mut batch,
        took,
    }
    .emit(&stage);
    Rebalanced {
        assigned: 2,
        revoked: 1,
    }
    .emit(&stage);
    Waiting {
        state: TaskState::WaitingForRegistry,
        why: "refused",
        attempt: 1,
        next_in: took,
    }
    .emit(&stage);
    stage.set_state(1_000, 5_000_000);
    stage.set_memory_bounds(&[("batch", 64 << 20), ("fetch", 32 << 20)]);
    telemetry
        .metrics()
        .set_incidents(&BTreeMap::from([("searching", 2), ("counted", 1)]));
    telemetry
        .metrics()
        .set_determinations(&BTreeMap::from([("owed", 3)]));
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    telemetry
        .deadlines()
        .set("i1", "an-order", "report", Some(now + 10 * 3600));
    let health = telemetry.health().task("screen", "0");
    health.set_state(TaskState::Running);
    health.position("access-events", 3, 90, 100);
    health.newest_record("access-events", now as f64 - 30.0);
    Ok(())
}

#[test]
fn every_metric_is_there_and_promtool_finds_nothing() -> Done {
    let telemetry = telemetry()?;
    let_everything_happen(&telemetry)?;
    let server = serve(&telemetry)?;
    let (status, text) = http::get(server.addr(), "/metrics")?;
    assert_eq!(status, 200);
    for metric in names::ALL {
        assert!(
            text.contains(&format!("# HELP {} ", metric.name)),
            "{}",
            metric.name
        );
    }
    let info = "tocsin_build_info{packs_digest=\"abc\",version=\"1.2.3\"} 1";
    assert!(text.contains(info), "{text}");
    if cfg!(target_os = "linux") {
        assert!(text.contains("process_resident_memory_bytes"), "{text}");
    }
    if let Err(missing) = prometheus::installed() {
        return Ok(skip_or_fail("promtool check metrics", &missing)?);
    }
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = promtool.stdin.take() {
        input.write_all(text.as_bytes())?;
    }
    let done = promtool.wait_with_output()?;
    let said = [done.stdout, done.stderr].concat();
    assert!(
        done.status.success() && said.is_empty(),
        "{}",
        String::from_utf8_lossy(&said)
    );
    Ok(())
}

/// The sum over all series of a metric whose labels contain `label`.
fn sum(text: &str, metric: &str, label: &str) -> f64 {
    let series = text
        .lines()
        .filter(|line| line.starts_with(&format!("{metric}{{")));
    let labelled = series.filter(|line| line.contains(label));
    labelled
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}

/// Whether a metric has a series.
fn has_series(text: &str, metric: &names::Metric) -> bool {
    text.contains(&format!("{}{{", metric.name))
}

#[test]
fn read_is_passed_over_and_kept_and_dead_letters_and_an_abort_counts_nothing() -> Done {
    let telemetry = telemetry()?;
    let_everything_happen(&telemetry)?;
    let stage = telemetry.metrics().stage("screen");
    let mut batch = Batch::new();
    batch.read("access-events", 50);
    batch.kept("access-events", 50);
    let why = "broker gone";
    TransactionAborted {
        batch: &mut batch,
        why,
        fenced: false,
    }
    .emit(&stage);
    assert_eq!(batch.total_read(), 0, "left empty for the next try");
    // The same fifty again, and this time they stay.
    batch.read("access-events", 50);
    batch.kept("access-events", 50);
    let took = Duration::from_millis(1);
    BatchCommitted {
        batch: &mut batch,
        took,
    }
    .emit(&stage);
    BatchCommitted {
        batch: &mut batch,
        took,
    }
    .emit(&stage);
    let text = telemetry.metrics().text()?;
    let total = |metric: &names::Metric| sum(&text, metric.name, "topic=\"access-events\"");
    assert_eq!(total(&names::RECORDS_READ), 150.0);
    assert_eq!(total(&names::RECORDS_PASSED_OVER), 88.0);
    assert_eq!(total(&names::RECORDS_KEPT), 60.0);
    assert_eq!(total(&names::DEAD_LETTERS), 2.0);
    assert_eq!(sum(&text, "tocsin_transactions_total", "committed"), 3.0);
    assert_eq!(sum(&text, "tocsin_transactions_total", "aborted"), 1.0);
    Ok(())
}

#[test]
fn states_that_no_longer_exist_are_no_longer_shown() -> Done {
    let telemetry = telemetry()?;
    telemetry
        .metrics()
        .set_incidents(&BTreeMap::from([("searching", 2), ("counted", 1)]));
    telemetry
        .metrics()
        .set_incidents(&BTreeMap::from([("counted", 3)]));
    let health = telemetry.health().stage("screen");
    health.position("access-events", 0, 5, 9);
    health.position("access-events", 1, 9, 9);
    health.forget_position("access-events", 0);
    let text = telemetry.metrics().text()?;
    assert_eq!(sum(&text, "tocsin_incidents", ""), 3.0);
    assert!(!text.contains("state=\"searching\""), "{text}");
    assert!(!text.contains("partition=\"0\""), "{text}");
    assert!(text.contains("partition=\"1\""), "{text}");
    Ok(())
}

#[test]
fn what_an_instance_does_not_own_any_more_is_not_shown() -> Done {
    let telemetry = telemetry()?;
    let_everything_happen(&telemetry)?;
    let of_a_turn = [
        &names::LAG_RECORDS,
        &names::LAG_SECONDS,
        &names::INCIDENTS,
        &names::DETERMINATIONS,
        &names::DEADLINES,
        &names::NEAREST_DEADLINE,
        &names::NEAREST_DEADLINE_TIMESTAMP,
    ];
    let text = telemetry.metrics().text()?;
    assert!(of_a_turn.iter().all(|one| has_series(&text, one)), "{text}");
    telemetry.health().task("screen", "0").forget_positions();
    telemetry.forget_outcome();
    let text = telemetry.metrics().text()?;
    assert!(
        !of_a_turn.iter().any(|one| has_series(&text, one)),
        "{text}"
    );
    assert_eq!(sum(&text, "tocsin_records_read_total", ""), 100.0);
    Ok(())
}

#[test]
fn ready_means_that_every_task_works() -> Done {
    let telemetry = telemetry()?;
    let server = serve(&telemetry)?;
    let (status, body) = http::get(server.addr(), "/readyz")?;
    assert_eq!(status, 503, "nothing has started: {body}");
    let screen = telemetry.health().stage("screen");
    let verify = telemetry.health().task("verify", "1");
    screen.set_state(TaskState::Running);
    verify.set_state_because(
        TaskState::WaitingForRegistry,
        "the registry does not answer",
    );
    let (status, body) = http::get(server.addr(), "/readyz")?;
    assert_eq!(status, 503);
    let answer: serde_json::Value = serde_json::from_str(&body)?;
    assert_eq!(answer["waiting_for"][0]["stage"], "verify");
    assert_eq!(answer["waiting_for"][0]["state"], "waiting_for_registry");
    assert_eq!(
        answer["waiting_for"][0]["detail"],
        "the registry does not answer"
    );
    assert_eq!(
        http::get(server.addr(), "/livez")?.0,
        200,
        "a restart would not help"
    );
    verify.set_state(TaskState::Standby);
    assert_eq!(http::get(server.addr(), "/readyz")?.0, 200);
    verify.set_state(TaskState::Failed);
    assert_eq!(
        http::get(server.addr(), "/livez")?.0,
        503,
        "a restart may help"
    );
    Ok(())
}

#[test]
fn status_shows_positions_and_whether_all_is_settled() -> Done {
    let telemetry = telemetry()?;
    let server = serve(&telemetry)?;
    let tasks = ["0", "1"].map(|task| telemetry.health().task("screen", task));
    for task in &tasks {
        task.set_state(TaskState::Running);
    }
    tasks[0].position("access-events", 4, 70, 100);
    tasks[0].settled(true);
    let ask = || -> Result<serde_json::Value, Box<dyn std::error::Error>> {
        Ok(serde_json::from_str(
            &http::get(server.addr(), "/status")?.1,
        )?)
    };
    let status = ask()?;
    assert_eq!(status["instance"], "east-2");
    assert_eq!(status["settled"], false, "one task is not: {status}");
    let stage = &status["stages"][0];
    assert_eq!(
        (&stage["stage"], &stage["lag"]),
        (&"screen".into(), &30.into())
    );
    assert_eq!(stage["tasks"][0]["positions"][0]["position"], 70);
    tasks[1].settled(true);
    assert_eq!(ask()?["settled"], true);
    let text = telemetry.metrics().text()?;
    assert!(
        text.contains("tocsin_settled{stage=\"screen\"} 1"),
        "{text}"
    );
    tasks[1].set_state(TaskState::Restoring);
    assert_eq!(
        ask()?["settled"],
        false,
        "who reads again has something outstanding"
    );
    Ok(())
}

#[test]
fn a_real_prometheus_scrapes_it_and_answers_promql() -> Done {
    if let Err(missing) = prometheus::installed() {
        return Ok(skip_or_fail("a real Prometheus", &missing)?);
    }
    let telemetry = telemetry()?;
    let_everything_happen(&telemetry)?;
    let server = serve(&telemetry)?;
    let prometheus = prometheus::Prometheus::scraping(server.addr())?;
    let limit = Duration::from_secs(60);
    prometheus.wait_for(
        "sum(tocsin_records_read_total{stage=\"screen\"})",
        &[100.0],
        limit,
    )?;
    let balance = "sum(tocsin_records_read_total) - sum(tocsin_records_passed_over_total) \
                   - sum(tocsin_records_kept_total) - sum(tocsin_dead_letters_total)";
    assert_eq!(prometheus.ask(balance)?, [0.0]);
    let near = prometheus.ask("tocsin_nearest_deadline_seconds{order=\"an-order\"}")?;
    assert!(
        near.len() == 1 && near[0] > 9.0 * 3600.0 && near[0] < 10.0 * 3600.0,
        "{near:?}"
    );
    let by_timestamp = "tocsin_nearest_deadline_timestamp_seconds - time()";
    let near = prometheus.ask(by_timestamp)?;
    assert!(near.len() == 1 && near[0] > 9.0 * 3600.0, "{near:?}");
    assert_eq!(prometheus.ask("tocsin_lag_records")?, [10.0]);
    let behind = prometheus.ask("tocsin_lag_seconds")?;
    assert!(behind.len() == 1 && behind[0] >= 30.0, "{behind:?}");
    let quantile = "histogram_quantile(0.5, tocsin_transaction_seconds_bucket)";
    assert_eq!(prometheus.ask(quantile)?.len(), 1);
    Ok(())
}
