//! State that is larger than memory: verify with many candidates, each about an account of its own,
//! kept on disk and kept in memory. `TOCSIN_BENCH_STATE` says how many, and this is measured alone.

use crate::deployment::{Deployment, PARTITIONS};
use crate::figures::{Line, Table, peak_mb};
use crate::{Done, bare_read, patiently, plain};
use facts::{Access, Private};
use wire::{Encoder, Framing, RecordKind};

/// Services with a standing duty, so that nothing is found: what is measured is what is kept.
const ACTORS: u64 = 1_000;
/// More than so many are not kept in memory as well, to compare.
const IN_MEMORY_MAX: u64 = 1_000_000;

/// Fills candidates, and has verify judge them and begin again.
pub(crate) fn measure(deployment: &mut Deployment, candidates: u64) -> Done<()> {
    fill(deployment, candidates)?;
    let topics = ["candidates"];
    let names = deployment.topics(&topics);
    let bare = patiently(|| plain::read(&deployment.cluster, &names))?;
    println!("{candidates} candidates on {PARTITIONS} partitions, of as many accounts\n");
    let mut table = Table::new("Verify, first over all candidates, then killed and started again");
    table.group(&bare_read(&topics), bare);
    let mut notes = Vec::new();
    for on_disk in [true, false] {
        if !on_disk && candidates > IN_MEMORY_MAX {
            continue;
        }
        deployment.keep_on_disk(on_disk)?;
        let kept = if on_disk { "on disk" } else { "in memory" };
        let stage = deployment.start("verify")?;
        let first = deployment.course(&stage, &topics)?;
        let read = first.records;
        if on_disk && read != candidates {
            return Err(format!("verify read {read} of {candidates}").into());
        }
        // In memory everything is read again, and nothing of it for the first time.
        let work = on_disk.then_some(first.work);
        table.push(Line::of_process(kept, &stage, work, first.settled)?);
        let page = stage.page()?;
        notes.push(format!(
            "{kept}: {} MB at most, {:.0} records and {:.1} MB on disk",
            peak_mb(stage.id())?,
            page.sum("tocsin_state_records"),
            page.sum("tocsin_state_bytes") / 1e6,
        ));
        if on_disk {
            // What is on disk is at most 5 s behind when the process is killed.
            std::thread::sleep(std::time::Duration::from_secs(6));
            drop(stage);
            let stage = deployment.start("verify")?;
            let again = deployment.course(&stage, &topics)?;
            let what = format!("{kept}, started again");
            table.push(Line::of_process(&what, &stage, None, again.settled)?);
        }
    }
    println!("{table}");
    for note in notes {
        println!("{note}");
    }
    match patiently(|| deployment.count("findings"))? {
        0 => Ok(()),
        found => Err(format!("{found} findings, where every access is a standing duty").into()),
    }
}

fn fill(deployment: &Deployment, candidates: u64) -> Done<()> {
    let mut source = deployment.source("source")?;
    let mut encoder = Encoder::new(Framing::Confluent(deployment.ids.clone()));
    let actor = |number: u64| format!("svc-bench-{number:04}");
    for number in 0..ACTORS {
        let grant = serde_json::json!({
            "id": format!("duty-{number}"), "kind": "duty", "actors": [actor(number)],
            "recorded_at": "2025-01-01T00:00:00Z", "from": "2025-01-01T00:00:00Z",
        });
        let grant: facts::Grant = serde_json::from_value(grant)?;
        let value = encoder.encode_to_vec(RecordKind::Grant, &grant)?;
        source.send(&stream::Outgoing::new(
            deployment.topic("grants"),
            grant.id,
            value,
        ))?;
    }
    let access = serde_json::json!({
        "id": "", "at": "2025-11-03T10:00:00Z", "actor": "", "actor_kind": "service",
        "action": "view", "outcome": "succeeded", "information": "home_security_recording",
        "account": "", "resource": "", "device": "", "encrypted": "no", "visibility": "private",
    });
    let mut access: Access = serde_json::from_value(access)?;
    let topic = deployment.topic("candidates");
    for number in 0..candidates {
        // Names in no order, as those of a company's are.
        let name = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let by = actor(number % ACTORS);
        access.id = format!("evt-{name:016x}");
        access.actor = Some(Private::new(by.clone()));
        access.account = Private::new(format!("acct-{name:016x}"));
        access.resource = Some(Private::new(format!("rec-{name:016x}")));
        access.device = Some(Private::new(format!("cam-{name:016x}")));
        let value = encoder.encode_to_vec(RecordKind::AccessEvent, &access)?;
        source.send(&stream::Outgoing::new(topic.as_str(), by, value))?;
    }
    source.flush()
}
