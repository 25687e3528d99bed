//! The real parts that tests run on: found, fetched, started, stopped.
//!
//! Whatever is started here ends with the process that started it, also when that one is killed:
//! see [`process`].

pub mod brokers;
pub mod fetch;
pub mod http;
pub mod java;
pub mod kafka;
pub mod net;
pub mod process;
pub mod prometheus;
pub mod registry;

use crate::Trouble;
use std::net::TcpListener;

/// Set to `1` by `cargo xtask test`: a part that is missing fails the test instead of skipping it.
pub const REQUIRE_REAL: &str = "TOCSIN_REQUIRE_REAL";
/// Bootstrap address of a running broker.
pub const TEST_KAFKA: &str = "TOCSIN_TEST_KAFKA";
/// Base address of a running schema registry, with `/apis/ccompat/v7`.
pub const TEST_REGISTRY: &str = "TOCSIN_TEST_REGISTRY";
/// Folder with the broker's jars, for tests that start a broker of their own.
pub const KAFKA_LIB: &str = "TOCSIN_KAFKA_LIB";
/// Folder with the unpacked registry, for tests that start one of their own.
pub const REGISTRY_HOME: &str = "TOCSIN_REGISTRY_HOME";

/// Whether missing parts must fail a test.
pub fn real_is_required() -> bool {
    std::env::var(REQUIRE_REAL).is_ok_and(|value| value == "1")
}

/// What a test does where a part is missing: fails where real parts are required, else says on
/// standard error that it was skipped.
///
/// # Errors
/// The trouble itself, where real parts are required.
pub fn skip_or_fail(test: &str, missing: &Trouble) -> Result<(), Trouble> {
    if real_is_required() {
        return Err(Trouble(format!(
            "{test} needs a part that is missing: {missing}"
        )));
    }
    eprintln!("skipped: {test}: {missing} (`cargo xtask test` provides all parts)");
    Ok(())
}

/// A TCP port of this machine that was free a moment ago.
///
/// # Errors
/// No port can be opened at all.
pub fn free_port() -> Result<u16, Trouble> {
    let listener = TcpListener::bind(("127.0.0.1", 0));
    let port = listener
        .and_then(|listener| listener.local_addr())
        .map(|addr| addr.port());
    port.map_err(|why| Trouble::new("looking for a free port", why))
}
