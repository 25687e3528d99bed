//! What goes to Kafka: the demo's input, and actors without a basis so that there are incidents
//! enough for assess and notify to work on.

use crate::Done;
use crate::deployment::{Deployment, Source};
use facts::{Access, AccessView, ActorKind, BreachEvent};
use std::path::Path;
use std::sync::Arc;
use stream::Outgoing;
use wire::{Decoder, Encoder, Framing, Limits, RecordKind, SchemaStore};

/// Employees who viewed recordings without a basis, each an incident of its own.
pub(crate) const ACTORS: u64 = 200;
/// Accounts that each of them viewed, once each.
const ACCOUNTS_EACH: u64 = 12;
/// How many ordinary accesses are kept, to be sent again as load.
const ORDINARY_KEPT: usize = 10_000;
/// Single-object encoding: two bytes of marker and eight of fingerprint stand before the datum.
const SINGLE_OBJECT_BYTES: usize = 10;

/// What was produced, and what is to come.
pub(crate) struct History {
    /// Accesses on the topic.
    pub(crate) accesses: u64,
    /// The mean size of an access.
    pub(crate) bytes_each: u64,
    /// Reports that come after everything was screened.
    pub(crate) late: Vec<Outgoing>,
    /// Accesses of customers to their own accounts.
    pub(crate) ordinary: Vec<Outgoing>,
}

/// Produces the demo's input but for its last case, whose reports come late.
pub(crate) fn pour(folder: &Path, deployment: &Deployment) -> Done<History> {
    let mut source = deployment.source("source")?;
    let mut decoder = Decoder::new(Arc::new(SchemaStore::without_registry()));
    let (mut accesses, mut bytes) = (0, 0);
    let (mut reports, mut ordinary) = (Vec::new(), Vec::new());
    for file in wire::files::list(folder)?.files {
        let (topic, kind) = (deployment.topic(file.topic()), file.kind());
        let mut reader = file.open(Limits::default())?;
        while let Some(item) = reader.read()? {
            let value = item.value?;
            let framed = confluent(deployment, kind, value)?;
            match kind {
                RecordKind::AccessEvent => {
                    let view: AccessView<'_> = decoder.decode(kind, value)?;
                    let own = view.actor_kind == Some(ActorKind::Customer)
                        && view.actor_account == Some(view.account);
                    accesses += 1;
                    bytes += framed.len() as u64;
                    let record = Outgoing::new(topic.as_str(), view.account, framed);
                    source.send(&record)?;
                    if own && ordinary.len() < ORDINARY_KEPT {
                        ordinary.push(record);
                    }
                }
                RecordKind::BreachEvent => {
                    let event: BreachEvent = decoder.decode(kind, value)?;
                    let record = Outgoing::new(topic.as_str(), event.matter.as_str(), framed);
                    reports.push((event, record));
                }
                RecordKind::Grant => {
                    let grant: facts::Grant = decoder.decode(kind, value)?;
                    source.send(&Outgoing::new(topic.as_str(), grant.id, framed))?;
                }
                RecordKind::Account => {
                    let account: facts::Account = decoder.decode(kind, value)?;
                    let key = account.account.reveal();
                    source.send(&Outgoing::new(topic.as_str(), key, framed))?;
                }
                other => return Err(format!("the demo exports no {}", other.name()).into()),
            }
        }
    }
    let bytes_each = bytes / accesses.max(1);
    let late = late_case(reports, &mut source)?;
    accesses += actors(deployment, &mut source)?;
    source.flush()?;
    Ok(History {
        accesses,
        bytes_each,
        late,
        ordinary,
    })
}

/// Produces the reports of all cases but the one that was reported last, and returns those.
fn late_case(reports: Vec<(BreachEvent, Outgoing)>, source: &mut Source) -> Done<Vec<Outgoing>> {
    let last = reports.iter().max_by_key(|(event, _)| event.recorded_at);
    let matter = last.ok_or("the demo exports no reports")?.0.matter.clone();
    let (late, early): (Vec<_>, Vec<_>) = reports
        .into_iter()
        .partition(|(event, _)| event.matter == matter);
    for (_, record) in &early {
        source.send(record)?;
    }
    Ok(late.into_iter().map(|(_, record)| record).collect())
}

/// As a record stands on a topic: Confluent's zero byte, the schema's id, the datum.
fn confluent(deployment: &Deployment, kind: RecordKind, value: &[u8]) -> Done<Vec<u8>> {
    let id = deployment.ids.get(&kind).ok_or("a schema without an id")?;
    let datum = value
        .get(SINGLE_OBJECT_BYTES..)
        .ok_or("a value too short")?;
    let mut framed = vec![0];
    framed.extend(id.to_be_bytes());
    framed.extend(datum);
    Ok(framed)
}

fn actors(deployment: &Deployment, source: &mut Source) -> Done<u64> {
    let mut views = Views::new(deployment);
    for actor in 1..=ACTORS {
        for number in 1..=ACCOUNTS_EACH {
            let account = (actor - 1) * ACCOUNTS_EACH + number;
            source.send(&views.view(&format!("emp-bench-{actor:04}"), account)?)?;
        }
    }
    Ok(ACTORS * ACCOUNTS_EACH)
}

/// Makes views by employees for which nothing speaks.
pub(crate) struct Views {
    topic: String,
    encoder: Encoder,
    made: u64,
}

impl Views {
    /// For a deployment's topic.
    pub(crate) fn new(deployment: &Deployment) -> Views {
        Views {
            topic: deployment.topic("access-events"),
            encoder: Encoder::new(Framing::Confluent(deployment.ids.clone())),
            made: 0,
        }
    }

    /// A view of account number `account` by `actor`, while the record of grants is complete.
    pub(crate) fn view(&mut self, actor: &str, account: u64) -> Done<Outgoing> {
        self.made += 1;
        let account = format!("acct-{account:06}");
        let json = format!(
            r#"{{"id":"{actor}-{}","at":"2025-11-03T10:00:00Z","actor":"{actor}",
            "actor_kind":"employee","action":"view","outcome":"succeeded",
            "information":"home_security_recording","account":"{account}",
            "resource":"rec-{account}","device":"cam-{account}-0","encrypted":"no",
            "visibility":"private"}}"#,
            self.made
        );
        let access: Access = serde_json::from_str(&json)?;
        let value = self
            .encoder
            .encode_to_vec(RecordKind::AccessEvent, &access)?;
        Ok(Outgoing::new(self.topic.as_str(), account, value))
    }
}

impl Deployment {
    /// Produces the reports that come late.
    pub(crate) fn late(&self, history: &History) -> Done<()> {
        let mut source = self.source("source")?;
        for record in &history.late {
            source.send(record)?;
        }
        source.flush()
    }
}
