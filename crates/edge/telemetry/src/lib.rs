//! What people and machines may see of a running tocsin: logs, metrics, health.
//!
//! This is the only crate that knows prometheus and tracing-subscriber. It knows no law and no
//! Kafka: stages tell it what happened, in numbers and closed sets of words. Nothing personal goes
//! into a label or a log line: no account, actor, address, session, record content or record key.
//!
//! * [`init_logging`] writes logs to standard error, as text or JSON.
//! * [`Metrics`] holds every metric; the names stand in [`names`] and nowhere else.
//! * [`happenings`] are the things worth a log line: one type each, which logs *and* counts.
//! * [`Health`] is what `/livez`, `/readyz` and `/status` answer from.
//! * [`Server`] serves the four pages on a thread of its own.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod batch;
mod collect;
mod deadlines;
pub mod happenings;
mod health;
mod logging;
mod metrics;
pub mod names;
mod server;
mod status;
mod telemetry;

pub use batch::{Batch, DeadLettered};
pub use deadlines::Deadlines;
pub use health::{Health, StageHealth, TaskState};
pub use logging::{LogFormat, LoggingError, init_logging};
pub use metrics::{Metrics, StageMetrics};
pub use server::{Server, ServerError};
pub use status::{PositionStatus, StageStatus, Status, TaskStatus};
pub use telemetry::{BuildInfo, Telemetry, TelemetryError};
