//! One incident under every pack: `cargo bench --workspace --bench decide`.
//!
//! What would change each answer (`near`) is part of it. The baseline is the same with
//! nothing but reports, in the same run; then figures by hand, then a thousand accesses. Times are
//! times on the processor.

use benches::Clock;
use obligation::{Settings, decide, facts_file};
use orders::Packs;
use serde_json::{Value, json};
use std::error::Error;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const ROUNDS: u32 = 200;
/// What one incident may cost under all packs together.
const WANTED: Duration = Duration::from_millis(1);

fn reports() -> Value {
    json!([
        {"id": "b1", "matter": "M", "recorded_at": "2026-12-01T15:00:00Z",
         "report": {"kind": "milestone", "name": "discovered", "at": "2026-12-01T15:00:00Z"}},
        {"id": "b2", "matter": "M", "recorded_at": "2026-12-02T15:00:00Z",
         "report": {"kind": "government_notice", "authority": "Attorney General of California",
                    "level": "state", "country": "US", "required": "yes",
                    "at": "2026-12-02T15:00:00Z"}}
    ])
}

fn counts() -> Value {
    let row = |information: &str, encrypted: &str, count: u32| {
        json!({"information": information, "authority": "unauthorised", "encrypted": encrypted,
               "key_taken": "no", "visibility": "private", "accounts": count, "consumers": count})
    };
    json!([
        row("home_security_recording", "no", 9),
        row("home_security_recording", "yes", 40),
        row("health", "no", 499),
        row("credential", "no", 55_000)
    ])
}

fn findings() -> Value {
    let finding = |number: u32| {
        json!({"verdict": "unexplained", "reason": "no_basis_on_record", "access": {
            "id": format!("x{number}"), "at": "2026-08-02T10:00:00Z", "actor": "e1",
            "actor_kind": "employee", "action": "view", "outcome": "succeeded",
            "information": "home_security_recording", "account": format!("a{}", number / 3),
            "resource": format!("r{number}"), "encrypted": "no", "visibility": "private"}})
    };
    (0..1000).map(finding).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let packs = Packs::embedded()?;
    let settings = Settings::new(&[])?;
    let mut baseline = None;
    for (name, facts) in [
        ("nothing but reports", json!({"breach_events": reports()})),
        (
            "figures by hand",
            json!({"breach_events": reports(), "counts": counts()}),
        ),
        (
            "a thousand accesses",
            json!({"breach_events": reports(), "findings": findings()}),
        ),
    ] {
        let incidents = facts_file(&facts.to_string(), &[], None)?;
        let (mut duties, clock) = (0, Clock::start());
        for _ in 0..ROUNDS {
            duties = 0;
            for order in packs.orders() {
                for incident in &incidents {
                    duties += decide(order, incident, &settings)?.len();
                }
            }
        }
        let took = clock.elapsed() / ROUNDS;
        let first = *baseline.get_or_insert(took);
        let ratio = took.as_secs_f64() / first.as_secs_f64();
        let verdict = if took <= WANTED { "within" } else { "OVER" };
        println!("{name}: {took:?} for {duties} answers, {ratio:.2} x, {verdict} {WANTED:?}");
    }
    Ok(())
}
