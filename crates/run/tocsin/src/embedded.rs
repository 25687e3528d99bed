//! The whole pipeline in one process, over a log in memory or a folder of files: for the demo and
//! for replay. Nothing here can send anything.

use crate::config::StartAt;
use crate::context::{Origin, Tuning};
use crate::engine::{Engine, Plan};
use crate::errors::Failure;
use crate::law::Law;
use crate::topology::{Stage, Topic, TopicNames, specs};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use stream::Cluster;
use telemetry::{BuildInfo, Telemetry};
use wire::{Framing, SchemaStore};

/// How many partitions accesses have in memory.
pub(crate) const PARTITIONS: i32 = 4;

/// Kafka's setting for how long a record may be.
const SIZE: &str = "max.message.bytes";

/// The names of topics in memory: the design's own.
pub(crate) fn names() -> TopicNames {
    TopicNames::new("", &BTreeMap::new())
}

/// Creates the topics that are not there yet; accesses with `partitions` partitions.
pub(crate) fn create_topics(cluster: &dyn Cluster, partitions: i32) -> Result<(), Failure> {
    let names = names();
    let is_input = |name: &str| {
        let topic = names.topic(name);
        topic.is_some_and(|topic| Topic::INPUTS.contains(&topic))
    };
    let specs = specs(&names, Some(partitions))
        .map_err(|why| Failure::failed("topics-file", why))?
        .into_iter()
        // Limits of retention are for brokers; in memory everything is kept.
        .map(|mut spec| {
            spec.config.retain(|name, _| name == SIZE);
            // What a company's own topic took is replayed, whatever limit that has.
            if is_input(&spec.name) {
                spec.config.insert(SIZE.to_owned(), i32::MAX.to_string());
            }
            spec.replication = None;
            spec
        })
        .collect::<Vec<_>>();
    cluster.create_topics(&specs)?;
    Ok(())
}

/// The name of the one instance.
const INSTANCE: &str = "embedded";

/// What the stages are made from.
pub(crate) fn plan(
    cluster: Arc<dyn Cluster>,
    store: Arc<SchemaStore>,
    law: Arc<Law>,
    telemetry: Arc<Telemetry>,
    origin: Option<Origin>,
) -> Arc<Plan> {
    Arc::new(Plan {
        cluster,
        names: names(),
        store,
        framing: Framing::SingleObject,
        unknown_schema_wait: Duration::ZERO,
        law,
        prefix: String::new(),
        instance: INSTANCE.to_owned(),
        start: Some(StartAt::Earliest),
        tuning: Tuning::default(),
        state: None,
        poll_wait: Duration::from_millis(2),
        telemetry,
        origin,
        started: std::time::Instant::now(),
    })
}

/// Metrics and health of this process.
pub(crate) fn telemetry(law: &Law) -> Result<Arc<Telemetry>, Failure> {
    let build = BuildInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        packs_digest: law.digest().to_owned(),
        instance: INSTANCE.to_owned(),
    };
    Telemetry::new(build, Duration::from_secs(120))
        .map(Arc::new)
        .map_err(|error| Failure::failed("telemetry", error.to_string()))
}

/// Starts every stage.
pub(crate) fn start(plan: &Arc<Plan>) -> Result<Engine, Failure> {
    Engine::start(plan, &Stage::ALL)
        .map_err(|error| Failure::failed("threads", format!("starting the stages: {error}")))
}

/// Stops every stage; the first error, if a stage had ended with one.
pub(crate) fn stop(engine: Engine) -> Result<(), Failure> {
    engine.stop().map_err(|(stage, error)| {
        Failure::failed(
            "stage-failed",
            format!("stage {} stopped: {error}", stage.name()),
        )
    })
}
