//! What stands on the log at the end, and what must hold of it.

use crate::oracle::{self, Said};
use facts::Finding;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use stream::MemoryCluster;
use wire::{Decoder, Envelope, RecordKind, SchemaStore};

/// Topics that are compared with the oracle.
const ANSWERS: [&str; 6] = [
    "findings",
    "excused",
    "incidents",
    "determinations",
    "notices",
    "outbox",
];
/// Topics on which nothing stands twice in a row under one key.
const NEVER_TWICE: [&str; 10] = [
    "activations",
    "coverage",
    "searched",
    "findings",
    "excused",
    "incidents",
    "determinations",
    "notices",
    "outbox",
    "dead-letters",
];

/// Every record of every topic that a stage writes.
pub(crate) struct Log {
    /// Key → the last content; tombstones left out.
    pub(crate) last: Said,
    /// How often each topic was written to.
    written: BTreeMap<&'static str, u64>,
    /// What stood on a topic twice in a row.
    twice: Vec<String>,
    bytes: Vec<u8>,
}

/// Every topic that a stage writes.
fn topics() -> impl Iterator<Item = &'static str> {
    NEVER_TWICE.into_iter().chain(["candidates"])
}

/// Whether a record notes how far screen has looked: what is behind of it at rest is noted by time,
/// a minute later, and nobody else reads it.
fn is_note(key: Option<&[u8]>) -> bool {
    key.is_some_and(|key| key.starts_with(b"screened|"))
}

/// How often each topic was written to, notes left out.
fn written(cluster: &MemoryCluster) -> Result<BTreeMap<&'static str, u64>, String> {
    let count = |topic| {
        let mut count = 0;
        let read = stream::read_topic(cluster, topic, &mut |record| {
            count += u64::from(!is_note(record.key));
        });
        read.map(|_| (topic, count))
            .map_err(|error| error.to_string())
    };
    topics().map(count).collect()
}

/// Reads everything.
pub(crate) fn read(cluster: &MemoryCluster) -> Result<Log, String> {
    let mut log = Log {
        last: Said::new(),
        written: BTreeMap::new(),
        twice: Vec::new(),
        bytes: Vec::new(),
    };
    let mut decoder = Decoder::new(Arc::new(SchemaStore::without_registry()));
    for topic in topics() {
        let mut failed = None;
        let mut last: BTreeMap<String, Option<Content>> = BTreeMap::new();
        let (bytes, twice) = (&mut log.bytes, &mut log.twice);
        let mut count = 0;
        let read = stream::read_topic(cluster, topic, &mut |record| {
            count += u64::from(!is_note(record.key));
            let key = String::from_utf8_lossy(record.key.unwrap_or_default()).into_owned();
            bytes.extend(record.key.unwrap_or_default());
            bytes.extend(record.value.unwrap_or_default());
            let content = record
                .value
                .map(|value| content(&mut decoder, topic, value));
            let content = match content.transpose() {
                Ok(content) => content,
                Err(why) => {
                    failed = Some(format!("{topic}: {why}"));
                    return;
                }
            };
            let before = last.insert(key.clone(), content.clone());
            let whole = |one: &Option<Content>| one.as_ref().map(|one| one.whole.clone());
            // What was never said is nothing to take back.
            let same = before.as_ref().and_then(whole) == whole(&content);
            if same && NEVER_TWICE.contains(&topic) {
                twice.push(format!("{topic}: the same twice under {key}"));
            }
        });
        read.map_err(|error| error.to_string())?;
        if let Some(why) = failed {
            return Err(why);
        }
        log.written.insert(topic, count);
        let standing = last
            .into_iter()
            .filter_map(|(key, one)| Some((key, one?.compared)));
        log.last.insert(topic, standing.collect());
    }
    Ok(log)
}

/// What a value says: where the access of a finding stands is no part of it.
#[derive(Clone, PartialEq, Eq)]
struct Content {
    whole: String,
    /// What of it the oracle tells too.
    compared: String,
}

impl From<String> for Content {
    fn from(whole: String) -> Content {
        let compared = whole.clone();
        Content { whole, compared }
    }
}

fn content(decoder: &mut Decoder, topic: &str, value: &[u8]) -> Result<Content, String> {
    let kind = match topic {
        "findings" | "excused" => {
            let mut finding: Finding = decoder
                .decode(RecordKind::Finding, value)
                .map_err(|error| error.to_string())?;
            finding.source = None;
            return Ok(Content {
                whole: facts::canonical_json(&finding),
                compared: oracle::content(&finding),
            });
        }
        "incidents" => RecordKind::Incident,
        "determinations" => RecordKind::Determination,
        "notices" => RecordKind::Notice,
        "outbox" => RecordKind::OutboxEntry,
        _ => return Ok(Content::from(format!("{value:02x?}"))),
    };
    let envelope: Envelope = decoder
        .decode(kind, value)
        .map_err(|error| error.to_string())?;
    Ok(Content::from(envelope.document))
}

impl Log {
    /// Nothing is said twice: whoever takes over knows what was said.
    pub(crate) fn nothing_twice(&self) -> Result<(), String> {
        self.twice.first().map_or(Ok(()), |one| Err(one.clone()))
    }

    /// Everything that the oracle says stands there, and nothing else.
    pub(crate) fn is_as(&self, expected: &Said) -> Result<(), String> {
        let none = BTreeMap::new();
        for topic in ANSWERS {
            let (ours, theirs) = (
                self.last.get(topic).unwrap_or(&none),
                expected.get(topic).unwrap_or(&none),
            );
            for (key, content) in theirs {
                match ours.get(key) {
                    None => return Err(format!("{topic}: {key} is lost\n  {content}")),
                    Some(said) if said != content => {
                        let at = differs_at(said, content);
                        return Err(format!(
                            "{topic}: {key} differs\n  said     …{}\n  expected …{}",
                            around(said, at),
                            around(content, at)
                        ));
                    }
                    Some(_) => {}
                }
            }
            if let Some((key, said)) = ours.iter().find(|(key, _)| !theirs.contains_key(*key)) {
                return Err(format!("{topic}: {key} is too much\n  {said}"));
            }
        }
        Ok(())
    }

    /// There is a letter for each record that nobody can read, and no other.
    pub(crate) fn dead_letters_are(&self, places: &[String]) -> Result<(), String> {
        let expected: BTreeSet<&String> = places.iter().collect();
        let letters = self.last.get("dead-letters").into_iter().flatten();
        let found: BTreeSet<&String> = letters.map(|(key, _)| key).collect();
        if expected == found {
            return Ok(());
        }
        Err(format!("dead letters: {found:?}, and not {expected:?}"))
    }

    /// A start when all is at rest is not seen by anybody.
    pub(crate) fn nothing_new(&self, cluster: &MemoryCluster) -> Result<(), String> {
        for (topic, count) in &written(cluster)? {
            let before = self.written.get(topic).copied().unwrap_or(0);
            if *count != before {
                let new = count - before;
                return Err(format!("{topic}: a restart at rest wrote {new} records"));
            }
        }
        Ok(())
    }

    /// A digest of everything, in order.
    pub(crate) fn digest(&self) -> String {
        facts::digest_bytes(&self.bytes)
    }
}

fn differs_at(one: &str, other: &str) -> usize {
    one.bytes()
        .zip(other.bytes())
        .take_while(|(a, b)| a == b)
        .count()
}

/// Some of the text on both sides of a place.
fn around(text: &str, at: usize) -> String {
    let bytes = text.as_bytes();
    let (from, until) = (at.saturating_sub(160), (at + 200).min(bytes.len()));
    String::from_utf8_lossy(bytes.get(from..until).unwrap_or_default()).into_owned()
}
