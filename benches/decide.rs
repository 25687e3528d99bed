//! One incident under every pack: `cargo bench --workspace --bench decide`.
//!
//! What would change each answer (`near`) is part of it. The baseline is the same with
//! nothing but reports, in the same run; then an ordinary incident, figures by hand and a thousand
//! accesses. What is written gets a digest besides, SHA-256 of its canonical JSON; what that takes
//! for the same answers stands beside each, and is no part of deciding. Times are times on the
//! processor.

use benches::Clock;
use facts::{canonical_json, digest_json};
use obligation::{Determination, Settings, Undigested, decide, facts_file};
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

/// An employee who viewed recordings of 81 accounts without a case, as responders found it.
fn ordinary() -> Value {
    let event = |id: &str, day: u32, report: Value| {
        let at = format!("2026-11-{day:02}T15:00:00Z");
        json!({"id": id, "matter": "M", "recorded_at": at, "report": report})
    };
    let milestone = |name: &str, day: u32| {
        let at = format!("2026-11-{day:02}T09:00:00Z");
        json!({"kind": "milestone", "name": name, "at": at})
    };
    let span = ("2026-06-01T00:00:00Z", "2026-09-01T00:00:00Z");
    json!([
        event(
            "o1",
            2,
            json!({"kind": "indicator", "mode": "insider", "from": span.0,
                              "until": span.1, "actors": ["e1"]})
        ),
        event("o2", 3, milestone("discovered", 2)),
        event(
            "o3",
            5,
            json!({"kind": "judgement", "authority": "unauthorised",
                              "ground": "established", "from": span.0, "until": span.1,
                              "actors": ["e1"], "why": "no support case"})
        ),
        event("o4", 6, json!({"kind": "key", "taken": "no"})),
        event("o5", 9, milestone("contained", 7)),
        event("o6", 12, milestone("no_notice_needed", 12)),
        event(
            "o7",
            13,
            json!({"kind": "statement", "item": "cause",
                               "text": "Access to the review console was not limited to cases."})
        )
    ])
}

fn findings(accesses: u32, group: Option<&str>) -> Value {
    let finding = |number: u32| {
        json!({"group": group.unwrap_or("actor:e1"),
               "verdict": "unexplained", "reason": "no_basis_on_record", "access": {
            "id": format!("x{number}"), "at": "2026-08-02T10:00:00Z", "actor": "e1",
            "actor_kind": "employee", "action": "view", "outcome": "succeeded",
            "information": "home_security_recording", "account": format!("a{}", number / 3),
            "resource": format!("r{number}"), "encrypted": "no", "visibility": "private"}})
    };
    (0..accesses).map(finding).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let packs = Packs::embedded()?;
    let settings = Settings::new(&[])?;
    let mut baseline = None;
    for (name, facts) in [
        ("nothing but reports", json!({"breach_events": reports()})),
        (
            "an ordinary incident",
            json!({"breach_events": ordinary(), "findings": findings(243, Some("matter:M"))}),
        ),
        (
            "figures by hand",
            json!({"breach_events": reports(), "counts": counts()}),
        ),
        (
            "a thousand accesses",
            json!({"breach_events": reports(), "findings": findings(1000, None)}),
        ),
    ] {
        let incidents = facts_file(&facts.to_string(), &[], None)?;
        let (mut answers, clock) = (Vec::new(), Clock::start());
        for _ in 0..ROUNDS {
            answers.clear();
            for order in packs.orders() {
                for incident in &incidents {
                    answers.extend(decide(order, incident, &settings)?);
                }
            }
        }
        let took = clock.elapsed() / ROUNDS;
        // As they are when their digest is taken.
        let answers: Vec<Determination> = answers
            .into_iter()
            .map(|one| Determination {
                digest: String::new(),
                ..Undigested::digested(one)
            })
            .collect();
        let bytes: usize = answers.iter().map(|one| canonical_json(one).len()).sum();
        let (duties, clock) = (answers.len(), Clock::start());
        let mut digits = 0;
        for _ in 0..ROUNDS {
            digits += answers
                .iter()
                .map(|one| digest_json(one).len())
                .sum::<usize>();
        }
        assert_eq!(digits, 64 * duties * ROUNDS as usize);
        let digests = clock.elapsed() / ROUNDS;
        let first = *baseline.get_or_insert(took);
        let ratio = took.as_secs_f64() / first.as_secs_f64();
        let verdict = if took <= WANTED { "within" } else { "OVER" };
        println!(
            "{name}: {took:?} for {duties} answers of {} incidents, {ratio:.2} x, {verdict} \
             {WANTED:?}; {digests:?} more for the digests of {bytes} bytes",
            incidents.len()
        );
    }
    Ok(())
}
