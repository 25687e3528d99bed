//! The schemas of what people write: packs and their cases, facts files, the configuration.

use crate::errors::Failure;
use facts::{CircumstanceName, Ground, Information, Visibility, YesNo};
use serde_json::{Map, Value, json};
use wire::RecordKind;

/// The schema of the configuration, beside the example; a test holds it against the loader.
const CONFIG: &str = include_str!("../../tocsin.schema.json");

/// A file that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// `order.toml` of a pack.
    Order,
    /// `duties/<duty>.toml` of a pack.
    Duty,
    /// `cases/<duty>/<answer>/<sentence>.toml` of a pack.
    Case,
    /// What `tocsin decide` takes.
    Facts,
    /// `tocsin.toml`.
    Config,
}

impl Written {
    /// All of them, with their names.
    pub(super) const ALL: [(&'static str, Written); 5] = [
        ("order", Written::Order),
        ("duty", Written::Duty),
        ("case", Written::Case),
        ("facts", Written::Facts),
        ("config", Written::Config),
    ];

    /// The file with that name.
    pub(super) fn from_name(name: &str) -> Option<Written> {
        let found = Written::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, written)| *written)
    }

    /// Its schema.
    pub(super) fn schema(self) -> Result<Value, Failure> {
        match self {
            Written::Order => Ok(orders::order_schema()),
            Written::Duty => Ok(orders::duty_schema()),
            Written::Case => Ok(orders::case_schema(facts()?)),
            Written::Facts => Ok(super::schema::titled(
                facts()?,
                "A facts file of tocsin decide",
            )),
            Written::Config => serde_json::from_str(CONFIG)
                .map_err(|error| Failure::failed("schema-invalid", error.to_string())),
        }
    }
}

/// A facts file: records as on the topics, and rows of counts.
fn facts() -> Result<Value, Failure> {
    let mut finding = super::schema::record(RecordKind::Finding)?;
    // A finding of a facts file belongs to the file's own matter, whatever it is called elsewhere.
    if let Some(properties) = finding.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("incident".to_owned(), json!({ "type": ["string", "null"] }));
    }
    if let Some(required) = finding.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| name != "group");
    }
    let list = |doc: &str, items: Value| {
        let kinds = ["array", "null"];
        json!({ "type": kinds, "items": items, "description": doc })
    };
    let record = super::schema::record;
    let mut properties = Map::new();
    for (name, doc, items) in [
        (
            "breach_events",
            "What responders report.",
            record(RecordKind::BreachEvent)?,
        ),
        ("findings", "Accesses and the verdicts on them.", finding),
        (
            "counts",
            "Figures that somebody states by hand; rows are disjoint.",
            row(),
        ),
        (
            "accounts",
            "Who uses which account.",
            record(RecordKind::Account)?,
        ),
        (
            "grants",
            "Why accesses were allowed; with any, findings are judged again.",
            record(RecordKind::Grant)?,
        ),
        (
            "decisions",
            "Answers and counsel's readings.",
            record(RecordKind::Decision)?,
        ),
    ] {
        properties.insert(name.to_owned(), list(doc, items));
    }
    Ok(json!({
        "type": "object",
        "description": "One incident's facts. Absent or null means unknown, never \"no\".",
        "properties": properties,
        "additionalProperties": false,
    }))
}

/// A row of `counts`.
fn row() -> Value {
    fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str, doc: &str) -> Value {
        let mut words: Vec<Value> = all.iter().map(|one| word(*one).into()).collect();
        words.push(Value::Null);
        json!({ "enum": words, "description": doc })
    }
    let yes_no = |doc: &str| words(YesNo::ALL, YesNo::as_str, doc);
    let figure = |doc: &str| {
        json!({
            "description": doc,
            "oneOf": [
                { "type": "null" },
                { "type": "integer", "minimum": 0 },
                {
                    "type": "object",
                    "properties": {
                        "at_least": { "type": "integer", "minimum": 0 },
                        "at_most": { "type": ["integer", "null"], "minimum": 0 },
                    },
                    "required": ["at_least"],
                    "additionalProperties": false,
                },
            ],
        })
    };
    let acts: Map<String, Value> = ["accessed", "acquired", "publicly_exposed", "disclosed"]
        .map(|act| (act.to_owned(), yes_no("")))
        .into_iter()
        .collect();
    let circumstances: Map<String, Value> = CircumstanceName::ALL
        .iter()
        .map(|name| (name.as_str().to_owned(), yes_no("")))
        .collect();
    let strict = |properties: Map<String, Value>, doc: &str| {
        json!({
            "type": ["object", "null"],
            "description": doc,
            "properties": properties,
            "additionalProperties": false,
        })
    };
    json!({
        "type": "object",
        "properties": {
            "information": words(Information::ALL, Information::as_str, "Which class."),
            "authority": {
                "enum": ["authorised", "unauthorised", "unexplained", null],
                "description": "The verdict; null: unexplained.",
            },
            "ground": words(Ground::ALL, Ground::as_str, "How sure; null: believed."),
            "acts": strict(acts, "What was done with it; null: accessed."),
            "encrypted": yes_no("Encrypted in the form in which it was reached."),
            "key_taken": yes_no("The key was reached; outranks a `key` report."),
            "visibility": words(Visibility::ALL, Visibility::as_str, "Who could see it before."),
            "residence": {
                "type": ["string", "null"],
                "description": "ISO 3166-2 such as US-CA, or US, or another country.",
            },
            "residential": yes_no("Its product is primarily personal and residential."),
            "circumstances": strict(circumstances, "Facts stated of these in particular."),
            "accounts": figure("How many accounts; null: nobody knows."),
            "consumers": figure("How many people; null: nobody knows."),
            "resources": figure("How many recordings or records; null: nobody knows."),
            "devices": figure("How many devices; null: nobody knows."),
        },
        "additionalProperties": false,
    })
}
