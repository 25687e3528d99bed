//! The real parts start, answer, survive a power cut and go away.

use std::net::SocketAddr;
use std::time::{Duration, Instant};
use xtask::parts::kafka::Broker;
use xtask::parts::registry::Registry;
use xtask::parts::{http, real_is_required, skip_or_fail};
use xtask::{Trouble, parts};

/// A developer who runs `cargo test` alone should not have to wait for downloads.
fn wanted(test: &str) -> bool {
    let not_asked = Trouble(format!("{} is not 1", parts::REQUIRE_REAL));
    real_is_required() || skip_or_fail(test, &not_asked).is_err()
}

#[test]
fn a_broker_starts_and_is_back_after_a_power_cut() -> Result<(), Trouble> {
    if !wanted("a_broker_starts_and_is_back_after_a_power_cut") {
        return Ok(());
    }
    let begun = Instant::now();
    let mut broker = Broker::start()?;
    let started = begun.elapsed();
    let addr = broker.bootstrap();
    assert!(
        std::net::TcpStream::connect(&addr).is_ok(),
        "{addr} answers"
    );
    broker.kill();
    assert!(
        std::net::TcpStream::connect(&addr).is_err(),
        "{addr} is gone"
    );
    let begun = Instant::now();
    broker.start_again()?;
    assert_eq!(broker.bootstrap(), addr);
    assert!(
        std::net::TcpStream::connect(&addr).is_ok(),
        "{addr} answers again"
    );
    eprintln!(
        "broker: started in {started:.1?}, again after SIGKILL in {:.1?}",
        begun.elapsed()
    );
    drop(broker);
    assert!(
        std::net::TcpStream::connect(&addr).is_err(),
        "{addr} is gone for good"
    );
    Ok(())
}

#[test]
fn a_registry_starts_and_answers() -> Result<(), Trouble> {
    if !wanted("a_registry_starts_and_answers") {
        return Ok(());
    }
    let begun = Instant::now();
    let registry = Registry::start()?;
    assert!(begun.elapsed() < Duration::from_secs(180));
    let addr = SocketAddr::from(([127, 0, 0, 1], registry.port()));
    let subjects = "/apis/ccompat/v7/subjects";
    let (status, body) =
        http::get(addr, subjects).map_err(|why| Trouble::new("asking the registry", why))?;
    assert_eq!((status, body.trim()), (200, "[]"), "{}", registry.url());
    Ok(())
}
