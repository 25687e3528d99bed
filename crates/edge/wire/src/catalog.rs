//! The records that processes exchange, their schemas in every version, and where they stand.

use crate::error::{Code, DecodeError};
use crate::graph::{Graph, SchemaFault};
use std::sync::LazyLock;

/// A record of the vocabulary, by the name of its folder below `schemas/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// Who reached which customer information; also what is passed on as a candidate.
    AccessEvent,
    /// Why an access was allowed.
    Grant,
    /// Reference data about an account.
    Account,
    /// What responders find, do and decide.
    BreachEvent,
    /// What people decide on what tocsin asks.
    Decision,
    /// From where on a selector is applied.
    Activation,
    /// How far the past was searched.
    Coverage,
    /// An access that some bound order counts or may count.
    Finding,
    /// An incident, in a [`crate::Envelope`].
    Incident,
    /// A determination, in a [`crate::Envelope`].
    Determination,
    /// A notice, in a [`crate::Envelope`].
    Notice,
    /// A released notice, in a [`crate::Envelope`].
    OutboxEntry,
    /// A record that could not be used.
    DeadLetter,
}

impl RecordKind {
    /// Every record.
    pub const ALL: &'static [RecordKind] = &[
        RecordKind::AccessEvent,
        RecordKind::Grant,
        RecordKind::Account,
        RecordKind::BreachEvent,
        RecordKind::Decision,
        RecordKind::Activation,
        RecordKind::Coverage,
        RecordKind::Finding,
        RecordKind::Incident,
        RecordKind::Determination,
        RecordKind::Notice,
        RecordKind::OutboxEntry,
        RecordKind::DeadLetter,
    ];

    /// The name, as in `schemas/<name>/`.
    pub const fn name(self) -> &'static str {
        match self {
            RecordKind::AccessEvent => "access-event",
            RecordKind::Grant => "grant",
            RecordKind::Account => "account",
            RecordKind::BreachEvent => "breach-event",
            RecordKind::Decision => "decision",
            RecordKind::Activation => "activation",
            RecordKind::Coverage => "coverage",
            RecordKind::Finding => "finding",
            RecordKind::Incident => "incident",
            RecordKind::Determination => "determination",
            RecordKind::Notice => "notice",
            RecordKind::OutboxEntry => "outbox-entry",
            RecordKind::DeadLetter => "dead-letter",
        }
    }

    /// The record of that name.
    pub fn from_name(name: &str) -> Option<RecordKind> {
        RecordKind::ALL
            .iter()
            .copied()
            .find(|kind| kind.name() == name)
    }

    /// What stands on the topic of that name (the vocabulary's, without a deployment's prefix).
    pub fn on_topic(topic: &str) -> Option<RecordKind> {
        TOPICS
            .iter()
            .find(|(name, _)| *name == topic)
            .map(|(_, kind)| *kind)
    }

    /// The text of every version of the schema, from version 1 on.
    pub const fn schemas(self) -> &'static [&'static str] {
        match self {
            RecordKind::AccessEvent => &[include_str!("../../../../schemas/access-event/v1.avsc")],
            RecordKind::Grant => &[include_str!("../../../../schemas/grant/v1.avsc")],
            RecordKind::Account => &[include_str!("../../../../schemas/account/v1.avsc")],
            RecordKind::BreachEvent => &[include_str!("../../../../schemas/breach-event/v1.avsc")],
            RecordKind::Decision => &[include_str!("../../../../schemas/decision/v1.avsc")],
            RecordKind::Activation => &[include_str!("../../../../schemas/activation/v1.avsc")],
            RecordKind::Coverage => &[include_str!("../../../../schemas/coverage/v1.avsc")],
            RecordKind::Finding => &[include_str!("../../../../schemas/finding/v1.avsc")],
            RecordKind::Incident => &[include_str!("../../../../schemas/incident/v1.avsc")],
            RecordKind::Determination => {
                &[include_str!("../../../../schemas/determination/v1.avsc")]
            }
            RecordKind::Notice => &[include_str!("../../../../schemas/notice/v1.avsc")],
            RecordKind::OutboxEntry => &[include_str!("../../../../schemas/outbox-entry/v1.avsc")],
            RecordKind::DeadLetter => &[include_str!("../../../../schemas/dead-letter/v1.avsc")],
        }
    }

    /// The text of the newest version of the schema: what is written and registered.
    pub fn newest_schema(self) -> &'static str {
        self.schemas().last().copied().unwrap_or_default()
    }
}

/// Which record stands on which topic.
pub const TOPICS: &[(&str, RecordKind)] = &[
    ("access-events", RecordKind::AccessEvent),
    ("breach-events", RecordKind::BreachEvent),
    ("grants", RecordKind::Grant),
    ("accounts", RecordKind::Account),
    ("decisions", RecordKind::Decision),
    ("candidates", RecordKind::AccessEvent),
    ("activations", RecordKind::Activation),
    ("coverage", RecordKind::Coverage),
    ("findings", RecordKind::Finding),
    ("excused", RecordKind::Finding),
    ("incidents", RecordKind::Incident),
    ("determinations", RecordKind::Determination),
    ("notices", RecordKind::Notice),
    ("outbox", RecordKind::OutboxEntry),
    ("dead-letters", RecordKind::DeadLetter),
];

/// One version of a record's schema.
pub(crate) struct Version {
    pub(crate) fingerprint: [u8; 8],
    pub(crate) graph: Graph,
    pub(crate) avro: serde_avro_fast::Schema,
}

/// All versions of one record.
pub(crate) struct Entry {
    pub(crate) kind: RecordKind,
    pub(crate) versions: Vec<Version>,
    pub(crate) newest: Version,
}

impl Entry {
    fn build(kind: RecordKind) -> Result<Entry, SchemaFault> {
        let mut versions = Vec::new();
        for text in kind.schemas() {
            let graph = Graph::parse(text)?;
            let avro: serde_avro_fast::Schema = text
                .parse()
                .map_err(|error| SchemaFault::new(format!("{error}")))?;
            versions.push(Version {
                fingerprint: *avro.rabin_fingerprint(),
                graph,
                avro,
            });
        }
        let newest = versions
            .pop()
            .ok_or_else(|| SchemaFault::new("no version"))?;
        Ok(Entry {
            kind,
            versions,
            newest,
        })
    }
}

static CATALOG: LazyLock<Result<Vec<Entry>, SchemaFault>> = LazyLock::new(|| {
    RecordKind::ALL
        .iter()
        .map(|kind| Entry::build(*kind))
        .collect()
});

/// What is known of `kind`. The schemas ship inside the program and a test reads each, so an error
/// is a fault of the build.
pub(crate) fn entry(kind: RecordKind) -> Result<&'static Entry, DecodeError> {
    let entries = CATALOG.as_ref().map_err(|fault| {
        DecodeError::new(
            Code::Internal,
            format!("a schema that ships with this program is broken: {fault}"),
        )
    })?;
    entries
        .iter()
        .find(|entry| entry.kind == kind)
        .ok_or_else(|| {
            DecodeError::new(
                Code::Internal,
                format!("the record {} has no schema", kind.name()),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_that_ships_is_sound_and_documented() {
        for kind in RecordKind::ALL {
            entry(*kind).unwrap_or_else(|error| panic!("{}: {error}", kind.name()));
            for text in kind.schemas() {
                let schema: serde_json::Value = serde_json::from_str(text).unwrap();
                assert_eq!(schema["namespace"], "dev.tocsin");
                documented(&schema);
            }
        }
        assert_eq!(RecordKind::from_name("grant"), Some(RecordKind::Grant));
        assert_eq!(
            RecordKind::on_topic("candidates"),
            Some(RecordKind::AccessEvent)
        );
    }

    fn documented(schema: &serde_json::Value) {
        match schema {
            serde_json::Value::Array(branches) => branches.iter().for_each(documented),
            serde_json::Value::Object(object) => {
                if object.contains_key("name") {
                    let doc = object
                        .get("doc")
                        .and_then(|doc| doc.as_str())
                        .unwrap_or_default();
                    assert!(!doc.is_empty(), "no doc: {}", object["name"]);
                }
                for key in ["type", "items", "fields"] {
                    object.get(key).into_iter().for_each(documented);
                }
            }
            _ => {}
        }
    }
}
