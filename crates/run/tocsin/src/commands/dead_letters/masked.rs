//! What a record looks like without what it says: its encoding, its members and their types.

use crate::topology::Topic;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use wire::RecordKind;

/// Items of a list that are shown.
const MOST_ITEMS: usize = 20;

/// The shape of `bytes` that stood on `topic`. No value of theirs is in it, and no name of a member
/// that no schema knows, since that may be a value in the wrong place.
pub(super) fn masked(bytes: &[u8], topic: Option<Topic>) -> Value {
    let length = bytes.len();
    match bytes {
        [] => json!({ "encoding": "none", "bytes": 0 }),
        [0, a, b, c, d, ..] => json!({
            "encoding": "confluent", "schema_id": u32::from_be_bytes([*a, *b, *c, *d]),
            "bytes": length,
        }),
        [0xC3, 0x01, rest @ ..] if rest.len() >= 8 => {
            let print: String = rest.iter().take(8).map(|b| format!("{b:02x}")).collect();
            json!({ "encoding": "single-object", "fingerprint": print, "bytes": length })
        }
        [1, ..] => json!({ "encoding": "schema named by a GUID", "bytes": length }),
        _ => match serde_json::from_slice::<Value>(bytes) {
            Ok(value) => {
                let known = topic
                    .map(|topic| members(topic.record()))
                    .unwrap_or_default();
                json!({ "encoding": "json", "bytes": length, "outline": outline(&value, &known) })
            }
            Err(_) => json!({ "encoding": "unknown", "bytes": length }),
        },
    }
}

/// The names of all members of a record.
fn members(kind: RecordKind) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let schema = serde_json::from_str(kind.newest_schema()).unwrap_or_default();
    collect(&schema, &mut names);
    names
}

fn collect(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Array(branches) => branches.iter().for_each(|one| collect(one, names)),
        Value::Object(object) => {
            for field in object
                .get("fields")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                names.extend(field.get("name").and_then(Value::as_str).map(str::to_owned));
                collect(field, names);
            }
            for key in ["type", "items", "values"] {
                object
                    .get(key)
                    .into_iter()
                    .for_each(|one| collect(one, names));
            }
        }
        _ => {}
    }
}

fn outline(value: &Value, known: &BTreeSet<String>) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) => json!("(yes or no)"),
        Value::Number(_) => json!("(a number)"),
        Value::String(text) => json!(format!("(text of {} characters)", text.chars().count())),
        Value::Array(items) => {
            let mut shown: Vec<Value> = items
                .iter()
                .take(MOST_ITEMS)
                .map(|one| outline(one, known))
                .collect();
            if items.len() > MOST_ITEMS {
                shown.push(json!(format!("(and {} more)", items.len() - MOST_ITEMS)));
            }
            Value::Array(shown)
        }
        Value::Object(object) => {
            let mut shown = Map::new();
            let mut strangers = 0;
            for (name, value) in object {
                let name = if known.contains(name) || name == "kind" {
                    name.clone()
                } else {
                    strangers += 1;
                    format!("(unknown member {strangers})")
                };
                shown.insert(name, outline(value, known));
            }
            Value::Object(shown)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_record_has_its_shape_and_nothing_of_its_content() {
        let text = r#"{"id": "secret-id", "account": "secret-account", "kim@secret.example": 1,
            "basis": {"kind": "secret", "reference": "secret"}, "at": 12, "until": null}"#;
        let shown = masked(text.as_bytes(), Some(Topic::AccessEvents));
        assert!(!shown.to_string().contains("secret"), "{shown}");
        assert_eq!(shown["outline"]["account"], "(text of 14 characters)");
        assert_eq!(shown["outline"]["at"], "(a number)");
        assert_eq!(shown["outline"]["basis"]["kind"], "(text of 6 characters)");
        assert_eq!(shown["outline"]["(unknown member 1)"], "(a number)");
        let avro = masked(b"\x00\x00\x00\x00\x2a secret", None);
        assert_eq!(avro["schema_id"], 42);
        assert!(!avro.to_string().contains("secret"), "{avro}");
        let broken = masked(br#"{"account": "secret"#, Some(Topic::AccessEvents));
        assert_eq!(broken["encoding"], "unknown");
        assert!(!broken.to_string().contains("secret"), "{broken}");
    }
}
