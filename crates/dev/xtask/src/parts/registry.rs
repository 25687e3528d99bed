//! A real schema registry (Apicurio, in memory) with its Confluent-compatible API.

use super::process::{Process, Scratch};
use super::{fetch, free_port, http, java};
use crate::Trouble;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

const READY_LIMIT: Duration = Duration::from_secs(180);
const API: &str = "/apis/ccompat/v7";

/// A registry. It ends when this is dropped, or when this process ends in any way.
pub struct Registry {
    // Dropped in this order: the process before its folder.
    _process: Process,
    _scratch: Scratch,
    port: u16,
}

impl Registry {
    /// Starts a registry on a free port and waits until it answers.
    ///
    /// # Errors
    /// Java or the registry is missing, or it is not ready within 180 s.
    pub fn start() -> Result<Registry, Trouble> {
        Registry::start_on(free_port()?)
    }

    /// The same on a port of one's choice, as after a registry there was dropped.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_on(port: u16) -> Result<Registry, Trouble> {
        let java = java::find(21)?;
        let home = fetch::registry_home()?;
        let scratch = Scratch::new("registry")?;
        let mut command = Command::new(java);
        command.args([
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-jar",
        ]);
        command.arg(home.join("quarkus-run.jar"));
        command.current_dir(scratch.path());
        command.env("QUARKUS_HTTP_PORT", port.to_string());
        command.env("QUARKUS_HTTP_HOST", "127.0.0.1");
        // Its management pages listen on port 9000 otherwise, where another registry may be.
        command.env("QUARKUS_MANAGEMENT_PORT", free_port()?.to_string());
        command.env("QUARKUS_MANAGEMENT_HOST", "127.0.0.1");
        let log = scratch.path().join("registry.log");
        let mut process = Process::start("the schema registry", command, &log)?;
        let addr = SocketAddr::from(([127, 0, 0, 1], port));
        process.wait_until(READY_LIMIT, |_| {
            http::get(addr, &format!("{API}/subjects")).is_ok_and(|(status, _)| status == 200)
        })?;
        Ok(Registry {
            _process: process,
            _scratch: scratch,
            port,
        })
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The base address of its Confluent-compatible API.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{API}", self.port)
    }
}
