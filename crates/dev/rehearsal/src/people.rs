//! People who act on what they are told: they answer asks, approve, release, reject and revoke.

use crate::seeded::Seeded;
use facts::Decision;
use notice::NoticeRecord;
use obligation::Determination;
use serde_json::{Value, json};
use std::sync::Arc;
use stream::MemoryCluster;
use wire::{Decoder, Envelope, RecordKind, SchemaStore};

/// What people did so far.
#[derive(Default)]
pub(crate) struct People {
    made: Vec<Decision>,
    days: usize,
}

impl People {
    /// What they decide now, on what stands on the topics; nothing where nothing was said yet.
    pub(crate) fn act(
        &mut self,
        cluster: &MemoryCluster,
        number: u64,
    ) -> Result<Vec<Decision>, String> {
        let mut seeded = Seeded::new(number);
        let made = match seeded.below(8) {
            0 => self.answer(cluster, &mut seeded)?,
            1 => self.take_back(&mut seeded),
            _ => self.about_a_notice(cluster, &mut seeded)?,
        };
        self.made.extend(made.iter().cloned());
        Ok(made)
    }

    fn decision(&mut self, by: &str, about: &str, act: Value) -> Option<Decision> {
        self.days += 1;
        let (month, day) = (8 + self.days / 28 % 5, 1 + self.days % 28);
        let mut decision = json!({"id": format!("de-{}", self.days), "by": by, "role": "counsel",
            "at": format!("2025-{month:02}-{day:02}T12:00:00Z"), "about": about});
        let members = act.as_object()?.clone();
        decision.as_object_mut()?.extend(members);
        serde_json::from_value(decision).ok()
    }

    fn answer(
        &mut self,
        cluster: &MemoryCluster,
        seeded: &mut Seeded,
    ) -> Result<Vec<Decision>, String> {
        let all: Vec<Determination> =
            documents(cluster, "determinations", RecordKind::Determination)?;
        let asks: Vec<(&str, &str)> = all
            .iter()
            .flat_map(|one| one.asks.iter().map(move |ask| (&*one.incident, &*ask.id)))
            .collect();
        if asks.is_empty() {
            return Ok(Vec::new());
        }
        let (incident, question) = asks[seeded.below(asks.len())];
        let act = json!({"kind": "answer", "question": question,
            "value": seeded.pick(&["yes", "no", "3", "2025-07-01T00:00:00Z"])});
        Ok(self.decision("p-1", incident, act).into_iter().collect())
    }

    fn take_back(&mut self, seeded: &mut Seeded) -> Vec<Decision> {
        if self.made.is_empty() {
            return Vec::new();
        }
        let of = self.made[seeded.below(self.made.len())].clone();
        let act = json!({"kind": "revoke", "of": of.id});
        self.decision("p-1", &of.about, act).into_iter().collect()
    }

    fn about_a_notice(
        &mut self,
        cluster: &MemoryCluster,
        seeded: &mut Seeded,
    ) -> Result<Vec<Decision>, String> {
        let all: Vec<NoticeRecord> = documents(cluster, "notices", RecordKind::Notice)?;
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let whole: Vec<&NoticeRecord> = all
            .iter()
            .filter(|one| !one.gaps.iter().any(|gap| gap.blocks))
            .collect();
        let one = if whole.is_empty() || seeded.percent(20) {
            &all[seeded.below(all.len())]
        } else {
            whole[seeded.below(whole.len())]
        };
        let document = facts::canonical_json(&one.document);
        let with = |kind: &str| {
            json!({"kind": kind, "notice": one.id, "digest": one.digest,
                "document": document})
        };
        let bare = |kind: &str| json!({"kind": kind, "notice": one.id, "digest": one.digest});
        let acts = match seeded.below(10) {
            0 => vec![("p-1", bare("reject"))],
            1 => vec![("p-1", json!({"kind": "withdraw", "notice": one.id}))],
            2 => vec![("p-1", with("approve"))],
            3 => vec![
                ("p-1", with("approve")),
                ("p-1", with("approve")),
                ("p-3", with("release")),
            ],
            _ => vec![
                ("p-1", with("approve")),
                ("p-2", with("approve")),
                ("p-3", with("release")),
            ],
        };
        let id = one.id.clone();
        let made = acts
            .into_iter()
            .filter_map(|(by, act)| self.decision(by, &id, act));
        Ok(made.collect())
    }
}

/// The documents that stand on a topic now.
fn documents<T: serde::de::DeserializeOwned>(
    cluster: &MemoryCluster,
    topic: &str,
    kind: RecordKind,
) -> Result<Vec<T>, String> {
    let mut decoder = Decoder::new(Arc::new(SchemaStore::without_registry()));
    let latest = stream::latest(cluster, topic).map_err(|error| error.to_string())?;
    let mut documents = Vec::new();
    for record in latest.into_values() {
        let value = record.value.unwrap_or_default();
        let envelope: Envelope = decoder
            .decode(kind, &value)
            .map_err(|error| error.to_string())?;
        let document = serde_json::from_str(&envelope.document);
        documents.push(document.map_err(|error| error.to_string())?);
    }
    Ok(documents)
}
