//! What the rehearsal (`crates/dev/rehearsal`) needs of this crate, and nothing more: the stages,
//! opened and stepped by hand over any log, at the time that the caller says.

use crate::config::StartAt;
use crate::context::{Context, StateSettings, Tuning};
use crate::demo::Script;
use crate::embedded;
use crate::engine::Plan;
use crate::law::{Law, LawSettings};
use crate::runtime::{Remedy, Runner, StageError, remedy};
use crate::topology::Stage;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::Cluster;
use telemetry::Telemetry;
use wire::{Framing, SchemaStore};

pub use crate::numbers::SplitMix64;

/// The names of the stages, in the direction of the data; a stage is its place here.
pub const STAGES: [&str; 5] = [
    Stage::Screen.name(),
    Stage::Scope.name(),
    Stage::Verify.name(),
    Stage::Assess.name(),
    Stage::Notify.name(),
];

/// Whether all instances have one task of the stage between them.
#[must_use]
pub fn is_single(stage: usize) -> bool {
    Stage::ALL.get(stage).is_some_and(|stage| stage.is_single())
}

/// The orders that bind in the demo.
///
/// # Errors
/// The demo's script cannot be read: a fault of the build.
pub fn demo_orders() -> Result<Vec<String>, String> {
    Ok(Script::built_in()?.orders())
}

/// Creates the topics; accesses with `partitions` partitions.
///
/// # Errors
/// The log refuses.
pub fn create_topics(cluster: &dyn Cluster, partitions: i32) -> Result<(), String> {
    embedded::create_topics(cluster, partitions).map_err(|failure| failure.to_string())
}

/// How much a step takes at once, and what else a deployment chooses.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// At most so many records a transaction.
    pub batch_records: usize,
    /// At most so many candidates judged, or records searched, in one piece of work.
    pub piece_records: usize,
    /// At most so many incidents in one piece of work.
    pub piece_incidents: usize,
    /// How long verify waits before it first says that an access is unexplained.
    pub patience: Duration,
    /// Whether a first start of access-events begins at the end of the log.
    pub from_the_end: bool,
}

/// The law that binds, loaded once for many instances.
pub struct Rules {
    law: Arc<Law>,
    telemetry: Arc<Telemetry>,
    store: Arc<SchemaStore>,
}

impl Rules {
    /// The law in the executable, with `orders` binding.
    ///
    /// # Errors
    /// There is no such order, or the metrics cannot be made.
    pub fn load(orders: &[String]) -> Result<Rules, String> {
        let law = Law::load(orders, None, &LawSettings::default());
        let law = law.map_err(|failure| failure.to_string())?;
        let telemetry = embedded::telemetry(&law).map_err(|failure| failure.to_string())?;
        Ok(Rules {
            law: Arc::new(law),
            telemetry,
            store: Arc::new(SchemaStore::without_registry()),
        })
    }

    /// An instance of that name on `cluster`, with a folder for state or without; nothing of it
    /// runs yet.
    #[must_use]
    pub fn instance(
        &self,
        cluster: Arc<dyn Cluster>,
        name: &str,
        sizes: Sizes,
        state: Option<&Path>,
    ) -> Instance {
        let start = if sizes.from_the_end {
            StartAt::Latest
        } else {
            StartAt::Earliest
        };
        let plan = Plan {
            cluster,
            names: embedded::names(),
            store: self.store.clone(),
            framing: Framing::SingleObject,
            unknown_schema_wait: Duration::ZERO,
            law: self.law.clone(),
            prefix: String::new(),
            instance: name.to_owned(),
            start: Some(start),
            tuning: Tuning {
                piece_records: sizes.piece_records,
                piece_incidents: sizes.piece_incidents,
                patience: sizes.patience,
                ..Tuning::of_batches(sizes.batch_records)
            },
            state: state.map(|directory| StateSettings {
                directory: directory.to_owned(),
                cache_bytes: 1 << 20,
            }),
            poll_wait: Duration::ZERO,
            telemetry: self.telemetry.clone(),
            origin: None,
            started: Instant::now(),
        };
        Instance {
            contexts: Stage::ALL.map(|_| plan.context()),
        }
    }
}

/// One process of a deployment, with a context for each stage.
pub struct Instance {
    contexts: [Rc<Context>; 5],
}

impl Instance {
    /// Opens a stage by its place in [`STAGES`], as a thread of the engine does.
    ///
    /// # Errors
    /// The stage cannot begin.
    pub fn open(&self, stage: usize) -> Result<Task, Ended> {
        let (Some(stage), Some(context)) = (Stage::ALL.get(stage), self.contexts.get(stage)) else {
            return Err(Ended::Stop(format!("there is no stage {stage}")));
        };
        Ok(Task(Runner::open(*stage, context).map_err(Ended::from)?))
    }
}

/// A stage that runs. Dropping it is a crash.
pub struct Task(Runner);

/// What one step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stepped {
    /// Something was read or written.
    pub moved: bool,
    /// No input, search or piece of work is outstanding.
    pub settled: bool,
}

/// A stage could not go on, and what the engine does about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It begins again from the committed positions.
    Again(String),
    /// It stops: somebody took over, or a person has to act.
    Stop(String),
}

impl From<StageError> for Ended {
    fn from(error: StageError) -> Ended {
        match remedy(&error) {
            Remedy::Again => Ended::Again(error.to_string()),
            Remedy::Stop => Ended::Stop(error.to_string()),
        }
    }
}

impl Task {
    /// One step at the time `now` of the caller's clock.
    ///
    /// # Errors
    /// The stage cannot go on; drop it.
    pub fn step(&mut self, now: Duration) -> Result<Stepped, Ended> {
        let progress = self.0.step(now, Duration::ZERO).map_err(Ended::from)?;
        Ok(Stepped {
            moved: progress.moved,
            settled: progress.settled,
        })
    }

    /// Leaves in good order.
    ///
    /// # Errors
    /// Leaving was not orderly; the stage is gone all the same.
    pub fn close(self) -> Result<(), Ended> {
        self.0
            .close()
            .map_err(|error| Ended::from(StageError::from(error)))
    }
}
