//! The port: one server at a time, and free again after shutdown. A binary of its own, because a
//! test beside it that starts programs would share the socket with them for a moment.

use std::sync::Arc;
use std::time::Duration;
use tocsin_telemetry::{BuildInfo, Server, Telemetry};

type Done = Result<(), Box<dyn std::error::Error>>;

#[test]
fn a_port_in_use_is_said_with_what_to_do_and_shutdown_frees_it() -> Done {
    let build = BuildInfo {
        version: "1.2.3".into(),
        packs_digest: "abc".into(),
        instance: "0".into(),
    };
    let telemetry = Arc::new(Telemetry::new(build, Duration::from_secs(60))?);
    let first = Server::start(([127, 0, 0, 1], 0).into(), Arc::clone(&telemetry))?;
    let addr = first.addr();
    let second = Server::start(addr, Arc::clone(&telemetry));
    let said = second
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(
        said.contains("the port is in use") && said.contains("port 0"),
        "{said}"
    );
    // A scraper keeps its connection open; that must not keep the server from ending.
    let open = std::net::TcpStream::connect(addr)?;
    let begun = std::time::Instant::now();
    first.shutdown();
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "took {:?}",
        begun.elapsed()
    );
    drop(open);
    Server::start(addr, telemetry)?;
    Ok(())
}
