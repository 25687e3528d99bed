//! `tocsin run`: the processors as Kafka consumers, until stopped.

use super::print_json;
use crate::cli::Run;
use crate::config::{Config, EXAMPLE, LogFormat};
use crate::context::Tuning;
use crate::engine::{Engine, Plan, back_off};
use crate::errors::{Failure, exit};
use crate::law::{Law, LawSettings};
use crate::processors::Disk;
use crate::topology::{Stage, Topic, TopicNames, reader_group};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::{Cluster, ErrorKind, KafkaCluster, KafkaSettings, LogError};
use telemetry::happenings::Waiting;
use telemetry::{BuildInfo, TaskState, Telemetry};
use wire::{Credentials, Framing, RecordKind, Registry, RegistryError, SchemaStore};

/// How long brokers have for their first answer until they are asked again. Told to stop, a process
/// waits for it, and must end in less than ten seconds.
const KNOCK: Duration = Duration::from_secs(5);

/// The configuration that was named.
pub(crate) fn configuration(path: Option<&Path>) -> Result<Config, Failure> {
    let path = path.ok_or_else(|| {
        Failure::usage(
            "config-not-named",
            "no configuration is named; give --config FILE or set TOCSIN_CONFIG",
        )
    })?;
    Config::load(path)
}

/// The cluster of a configuration.
pub(crate) fn kafka(config: &Config) -> Result<KafkaCluster, Failure> {
    Ok(KafkaCluster::connect(kafka_settings(config))?)
}

fn kafka_settings(config: &Config) -> KafkaSettings {
    let mut settings = KafkaSettings::new(&config.kafka.bootstrap);
    settings.client.clone_from(&config.kafka.properties);
    let fetched = ("queued.max.messages.kbytes", config.run.fetch_mib << 10);
    if !settings.client.contains_key(fetched.0) {
        let (name, kib) = fetched;
        settings.consumer.insert(name.to_owned(), kib.to_string());
    }
    settings.reader_group = reader_group(&config.prefix);
    settings
}

/// The same, where brokers answer at all within [`KNOCK`].
fn connected(config: &Config) -> Result<KafkaCluster, LogError> {
    let mut settings = kafka_settings(config);
    settings.patience = KNOCK;
    KafkaCluster::connect(settings)?;
    KafkaCluster::connect(kafka_settings(config))
}

/// The registry of a configuration, if there is one.
pub(crate) fn registry(config: &Config) -> Option<Registry> {
    config.registry.as_ref().map(|one| {
        let credentials = one.username.clone().map(|user| Credentials {
            user,
            password: one.password.clone().unwrap_or_default(),
        });
        Registry::new(&one.url, credentials.as_ref())
    })
}

/// What a configuration says besides the orders.
pub(crate) fn law_settings(config: &Config) -> LawSettings {
    LawSettings {
        actor_account_always_stated: config.judgement.actor_account_always_stated,
        reasonable_days: Some(config.judgement.reasonable_time_days),
        contact: config.notices.contact.clone(),
        documents: config.notices.documents.clone(),
        closures: config.judgement.closures.clone(),
    }
}

/// The law of a configuration.
pub(crate) fn law(config: &Config) -> Result<Law, Failure> {
    Law::load(
        &config.orders.bound,
        config.orders.directory.as_deref(),
        &law_settings(config),
    )
}

/// Where schemas come from, and how values are framed.
type Schemas = (Arc<SchemaStore>, Framing);

/// Schemas: those that we write are registered, those of writers fetched when they are met.
pub(crate) fn schemas(config: &Config, names: &TopicNames) -> Result<Schemas, Failure> {
    registered(config, names).map_err(unregistered)
}

fn unregistered(error: RegistryError) -> Failure {
    Failure::failed("registry", error.to_string())
}

fn registered(config: &Config, names: &TopicNames) -> Result<Schemas, RegistryError> {
    let Some(registry) = registry(config) else {
        return Ok((
            Arc::new(SchemaStore::without_registry()),
            Framing::SingleObject,
        ));
    };
    let topics: Vec<(String, RecordKind)> = Topic::ALL
        .into_iter()
        .filter(|topic| !Topic::INPUTS.contains(topic) || *topic == Topic::Decisions)
        .map(|topic| (names.name(topic).to_string(), topic.record()))
        .collect();
    let ids = registry.register_topics(topics.iter().map(|(name, kind)| (name.as_str(), *kind)))?;
    let store = SchemaStore::new(registry);
    for (kind, id) in &ids {
        store
            .learn(*id, kind.newest_schema())
            .map_err(|error| RegistryError::refused(error.to_string()))?;
    }
    Ok((Arc::new(store), Framing::Confluent(ids)))
}

/// Why something outside did not answer.
enum Unanswered {
    /// It may yet.
    Yet(String),
    /// It will not.
    Never(Failure),
}

/// Asks for what stages that are about to start need until there is an answer; they say meanwhile
/// that they are in the state `waiting`. `None`: told to stop before.
fn in_time<T: Send>(
    stages: &[Stage],
    telemetry: &Telemetry,
    waiting: TaskState,
    ask: &(dyn Fn() -> Result<T, Unanswered> + Sync),
) -> Result<Option<T>, Failure> {
    let mut attempt = 1;
    loop {
        // On a thread of its own: a signal must not wait for an answer that does not come.
        let asked = std::thread::scope(|scope| {
            let asking = scope.spawn(ask);
            let stop = crate::signals::wait_or(&|| asking.is_finished());
            (stop, asking.join())
        });
        let why = match asked {
            (true, _) => return Ok(None),
            (false, Ok(Ok(answer))) => return Ok(Some(answer)),
            (false, Ok(Err(Unanswered::Yet(why)))) => why,
            (false, Ok(Err(Unanswered::Never(failure)))) => return Err(failure),
            (false, Err(_)) => {
                let what = "asking brokers or the registry ended by a fault of tocsin";
                return Err(Failure::failed("stage-panicked", what));
            }
        };
        let next_in = back_off(Duration::from_millis(250), attempt);
        eprintln!(
            "tocsin: {why}; asking again in {:.1} s",
            next_in.as_secs_f64()
        );
        for stage in stages {
            let health = telemetry.health().stage(stage.name());
            health.set_state_because(waiting, &why);
            Waiting {
                state: waiting,
                why: &why,
                attempt,
                next_in,
            }
            .emit(&telemetry.metrics().stage(stage.name()));
        }
        let until = Instant::now() + next_in;
        if crate::signals::wait_or(&|| Instant::now() >= until) {
            return Ok(None);
        }
        attempt += 1;
    }
}

/// The brokers, and then the registry with the schemas.
fn parts_in_time(
    config: &Config,
    names: &TopicNames,
    stages: &[Stage],
    telemetry: &Telemetry,
) -> Result<Option<(KafkaCluster, Schemas)>, Failure> {
    for stage in stages {
        telemetry
            .health()
            .stage(stage.name())
            .set_state(TaskState::Starting);
    }
    let brokers = || {
        connected(config).map_err(|error| match error.kind {
            ErrorKind::Retriable => Unanswered::Yet(error.to_string()),
            _ => Unanswered::Never(error.into()),
        })
    };
    let Some(cluster) = in_time(stages, telemetry, TaskState::WaitingForBroker, &brokers)? else {
        return Ok(None);
    };
    let schemas = || {
        registered(config, names).map_err(|error| {
            if error.is_transient() {
                Unanswered::Yet(error.to_string())
            } else {
                Unanswered::Never(unregistered(error))
            }
        })
    };
    let schemas = in_time(stages, telemetry, TaskState::WaitingForRegistry, &schemas)?;
    Ok(schemas.map(|schemas| (cluster, schemas)))
}

/// Runs it.
pub(crate) fn run(
    args: &Run,
    log_format: Option<LogFormat>,
    log: Option<&str>,
) -> Result<u8, Failure> {
    if args.example_config {
        print!("{EXAMPLE}");
        return Ok(exit::DONE);
    }
    let config = configuration(args.config.as_deref())?;
    crate::observe::log(log_format, log, Some(&config.log))?;
    let stages = if args.stages.is_empty() {
        Stage::ALL.to_vec()
    } else {
        args.stages.clone()
    };
    let law = Arc::new(law(&config)?);
    let names = TopicNames::new(&config.prefix, &config.topics);
    if args.check {
        let cluster = kafka(&config)?;
        return check(args, &config, &law, &cluster, &names, &stages);
    }
    if config.start.access_events.is_none() && stages.contains(&Stage::Screen) {
        eprintln!(
            "tocsin: `start.access-events` is not set: a first start of screen will stop and say so"
        );
    }
    let build = BuildInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        packs_digest: law.digest().to_owned(),
        instance: config.instance.clone(),
    };
    let telemetry = Telemetry::new(build, Duration::from_secs(300))
        .map(Arc::new)
        .map_err(|error| Failure::failed("telemetry", error.to_string()))?;
    let listen = args.listen.unwrap_or(config.http.listen);
    let server = telemetry::Server::start(listen, telemetry.clone())
        .map_err(|error| Failure::failed("http", error.to_string()))?;
    eprintln!("tocsin: metrics and health on http://{}/", server.addr());
    let Some((cluster, schemas)) = parts_in_time(&config, &names, &stages, &telemetry)? else {
        server.shutdown();
        return Ok(exit::DONE);
    };
    let (store, framing) = schemas;
    match super::trial::before_start(&cluster, &names, &stages) {
        Ok(found) if found.problems.is_empty() => {
            for what in &found.unseen {
                eprintln!("tocsin: {}", not_looked_at(what));
            }
        }
        Ok(found) => {
            let unfit = found.problems.join("; ");
            let why = format!("{unfit}; `tocsin topics check` says all");
            return Err(Failure::failed("topics-unfit", why));
        }
        // A broker that does not answer yet is waited for by the stages, which say so.
        Err(error) => eprintln!("tocsin: the topics were not checked: {error}"),
    }
    let plan = Arc::new(Plan {
        cluster: Arc::new(cluster),
        names,
        store,
        framing,
        unknown_schema_wait: Duration::from_secs(config.run.unknown_schema_wait_seconds),
        law,
        prefix: config.prefix.clone(),
        instance: config.instance.clone(),
        start: config.start.access_events,
        tuning: tuning(&config),
        state: config.state.settings(),
        poll_wait: Duration::from_millis(config.run.poll_wait_ms),
        telemetry,
        origin: None,
        started: std::time::Instant::now(),
    });
    let engine = Engine::start(&plan, &stages)
        .map_err(|error| Failure::failed("threads", format!("starting the stages: {error}")))?;
    let asked = crate::signals::wait_or(&|| engine.any_ended());
    if asked {
        eprintln!("tocsin: stopping; every stage finishes its transaction");
    } else {
        linger(&plan.telemetry, Duration::from_secs(args.linger));
    }
    let (busy, result) = engine.wind_down(TIME_TO_STOP);
    if !busy.is_empty() {
        let busy: Vec<&str> = busy.iter().map(|stage| stage.name()).collect();
        eprintln!(
            "tocsin: not waiting any longer for {}, as it may be while a broker does not answer. \
             What was not committed is aborted and done again by the next start",
            busy.join(", ")
        );
    }
    server.shutdown();
    match result {
        Ok(()) if asked || busy.is_empty() => Ok(exit::DONE),
        Ok(()) => Ok(exit::FAILED),
        Err((stage, error)) => Err(Failure::failed(
            "stage-failed",
            format!("stage {} stopped: {error}", stage.name()),
        )),
    }
}

/// Batches and intervals of a configuration.
fn tuning(config: &Config) -> Tuning {
    Tuning {
        commit_interval: Duration::from_millis(config.run.commit_interval_ms),
        patience: Duration::from_secs(config.judgement.patience_seconds),
        batch_bytes: config.run.batch_mib << 20,
        fetch_bytes: config.run.fetch_mib << 20,
        ..Tuning::of_batches(config.run.batch_records)
    }
}

/// How long a stop waits for the stages. A transaction that is left open by then is aborted by
/// whoever takes its id over, and what it read is read again.
const TIME_TO_STOP: Duration = Duration::from_secs(7);

/// Goes on serving what a stage that stopped by itself says of itself, for `time` or until a
/// signal: metrics are looked at every few seconds at best. The other stages work on meanwhile.
fn linger(telemetry: &Telemetry, time: Duration) {
    if time.is_zero() {
        return;
    }
    let stopped = [TaskState::Halted, TaskState::Failed].map(TaskState::as_str);
    for stage in telemetry.status().stages {
        for task in stage.tasks {
            if stopped.contains(&task.state) {
                let why = task.detail.unwrap_or_default();
                eprintln!("tocsin: stage {} is {}: {why}", stage.stage, task.state);
            }
        }
    }
    eprintln!(
        "tocsin: metrics and health are served for {} s more, or until a signal",
        time.as_secs()
    );
    let until = Instant::now().checked_add(time);
    let _ = crate::signals::wait_or(&|| until.is_some_and(|until| Instant::now() >= until));
}

fn not_looked_at(what: &str) -> String {
    format!("not looked at: {what}; `tocsin topics check`, called by an administrator, does")
}

/// Tries everything that a start needs, and prints the plan.
fn check(
    args: &Run,
    config: &Config,
    law: &Law,
    cluster: &KafkaCluster,
    names: &TopicNames,
    stages: &[Stage],
) -> Result<u8, Failure> {
    let rights = super::topics::rights(config, names);
    let super::trial::Found {
        mut problems,
        advice,
        unseen,
        ..
    } = super::trial::look(cluster, names, config, rights.as_ref(), stages)?;
    let accesses = names.name(Topic::AccessEvents);
    if config.start.access_events.is_none() && stages.contains(&Stage::Screen) {
        problems.push("`start.access-events` is not set: a first start needs it".to_owned());
    }
    if let Some(registry) = registry(config)
        && let Err(error) = registry.ping()
    {
        problems.push(error.to_string());
    }
    let state = config.state.settings();
    let state = state.filter(|_| stages.contains(&Stage::Verify));
    let state = state.map(|state| Disk::path(&state, &config.prefix, &config.instance));
    if let Some(Err(error)) = state.as_deref().map(store::Store::probe) {
        problems.push(format!("{error} ({})", error.code()));
    }
    let plan = json!({
        "bootstrap": config.kafka.bootstrap,
        "registry": config.registry.as_ref().map_or("none", |one| one.url.as_str()),
        "prefix": config.prefix,
        "instance": config.instance,
        "state": state.map_or_else(|| "in memory".to_owned(), |path| path.display().to_string()),
        "access_events_partitions": cluster
            .partitions(&accesses)
            .map_or_else(|_| json!("missing"), |count| json!(count)),
        "orders": law.packs(),
        "assumptions": law.assumptions(),
        "stages": stages.iter().map(|stage| json!({
            "stage": stage.name(),
            "group": stage.group(&config.prefix),
            "reads": stage.reads().iter().chain(stage.broadcast()).chain(stage.searches())
                .map(|topic| names.name(*topic).to_string()).collect::<Vec<_>>(),
            "writes": stage.writes().iter()
                .map(|topic| names.name(*topic).to_string()).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "problems": problems,
        "advice": advice,
        "unseen": unseen,
    });
    if args.json {
        print_json(&plan)?;
    } else {
        print!(
            "{}",
            toml::to_string_pretty(&plan).unwrap_or_else(|_| plan.to_string())
        );
    }
    for problem in &problems {
        eprintln!("problem: {problem}");
    }
    for line in &advice {
        eprintln!("advice: {line}");
    }
    for what in &unseen {
        eprintln!("{}", not_looked_at(what));
    }
    Ok(if problems.is_empty() {
        exit::DONE
    } else {
        exit::FAILED
    })
}
