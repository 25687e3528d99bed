//! What developers and CI run besides cargo itself: checks, the real parts for tests, the whole CI.
//!
//! * [`parts`] fetches and starts a real Kafka, a real schema registry and a real Prometheus; tests
//!   of other crates use it too, as a dev-dependency.
//! * [`tidy`] checks what compilers do not see.
//! * [`run`] holds the subcommands.

#![cfg_attr(test, allow(clippy::unwrap_used))]

#[cfg(feature = "lock")]
mod lock;
pub mod parts;
pub mod run;
pub mod tidy;

#[cfg(feature = "lock")]
pub use lock::lock;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn repository() -> PathBuf {
    // Two folders above `crates/dev`, where this crate stands.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(3).unwrap_or(here).to_path_buf()
}

/// An error of a developer's command: what was attempted, why it failed, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble(pub String);

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Trouble {}

impl Trouble {
    /// `doing` failed because of `why`.
    pub fn new(doing: impl std::fmt::Display, why: impl std::fmt::Display) -> Trouble {
        Trouble(format!("{doing}: {why}"))
    }
}
