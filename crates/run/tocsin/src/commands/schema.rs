//! `tocsin schema`: the schema of a record or of a file that people write, as JSON Schema for
//! editors; of a record also as Avro.

use super::written::Written;
use crate::cli::Schema;
use crate::errors::{Failure, exit};
use serde_json::{Map, Value, json};
use wire::RecordKind;

/// Runs it.
pub(crate) fn schema(args: &Schema) -> Result<u8, Failure> {
    let known = || {
        let written = Written::ALL.iter().map(|(name, _)| *name);
        written.chain(RecordKind::ALL.iter().map(|kind| kind.name()))
    };
    let Some(name) = &args.name else {
        for name in known() {
            println!("{name}");
        }
        return Ok(exit::DONE);
    };
    if let Some(written) = Written::from_name(name) {
        if args.avro {
            return Err(Failure::usage(
                "schema-unknown",
                format!("{name} is a file that people write and has no Avro schema"),
            ));
        }
        super::print_json(&written.schema()?)?;
        return Ok(exit::DONE);
    }
    let kind = RecordKind::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = known().collect();
        Failure::usage(
            "schema-unknown",
            format!("there is no schema {name}; there are: {}", known.join(", ")),
        )
    })?;
    if args.avro {
        println!("{}", kind.newest_schema().trim_end());
        return Ok(exit::DONE);
    }
    super::print_json(&titled(record(kind)?, kind.name()))?;
    Ok(exit::DONE)
}

/// The schema of a record in its JSON form.
pub(super) fn record(kind: RecordKind) -> Result<Value, Failure> {
    let avro: Value = serde_json::from_str(kind.newest_schema())
        .map_err(|error| Failure::failed("schema-invalid", error.to_string()))?;
    Ok(Translation::default().of(&avro, kind))
}

/// A schema as a document of its own.
pub(super) fn titled(mut schema: Value, title: &str) -> Value {
    if let Some(members) = schema.as_object_mut() {
        let draft = json!("https://json-schema.org/draft/2020-12/schema");
        members.insert("$schema".to_owned(), draft);
        members.insert("title".to_owned(), json!(title));
    }
    schema
}

/// From an Avro schema to the JSON form of the same record.
#[derive(Default)]
struct Translation {
    named: Map<String, Value>,
}

impl Translation {
    fn of(&mut self, avro: &Value, kind: RecordKind) -> Value {
        let mut schema = self.schema(avro);
        // A decision's act stands beside the envelope's members, told apart by `kind`.
        if kind == RecordKind::Decision
            && let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut)
            && let Some(act) = properties.remove("act")
        {
            let envelope = Value::Object(properties.clone());
            let variants: Vec<Value> = act
                .get("oneOf")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(|variant| beside(variant, &envelope))
                .collect();
            return json!({ "oneOf": variants });
        }
        schema
    }

    fn schema(&mut self, avro: &Value) -> Value {
        match avro {
            Value::String(name) => match name.as_str() {
                "string" => json!({ "type": "string" }),
                "boolean" => json!({ "type": "boolean" }),
                "int" | "long" => json!({ "type": "integer" }),
                "float" | "double" => json!({ "type": "number" }),
                "null" => json!({ "type": "null" }),
                named => self.named.get(named).cloned().unwrap_or_else(|| json!({})),
            },
            Value::Array(variants) => self.union(variants),
            Value::Object(members) => self.complex(members),
            _ => json!({}),
        }
    }

    fn union(&mut self, variants: &[Value]) -> Value {
        let nullable = variants.iter().any(|one| one == "null");
        let others: Vec<&Value> = variants.iter().filter(|one| *one != "null").collect();
        let records = others.len() > 1;
        let mut schemas: Vec<Value> = others
            .iter()
            .map(|one| {
                let schema = self.schema(one);
                let name = one.get("name").and_then(Value::as_str);
                match name.filter(|_| records) {
                    Some(name) => tagged(schema, &snake(name)),
                    None => schema,
                }
            })
            .collect();
        if nullable {
            schemas.push(json!({ "type": "null" }));
        }
        match schemas.len() {
            1 => schemas.remove(0),
            _ => json!({ "oneOf": schemas }),
        }
    }

    fn complex(&mut self, members: &Map<String, Value>) -> Value {
        let kind = members
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let mut schema = match kind {
            "record" => self.record(members),
            "enum" => json!({ "enum": members.get("symbols").cloned().unwrap_or_default() }),
            "array" => {
                let items = members.get("items").cloned().unwrap_or_default();
                json!({ "type": "array", "items": self.schema(&items) })
            }
            "long" if members.contains_key("logicalType") => {
                json!({ "type": "string", "format": "date-time" })
            }
            other => self.schema(&json!(other)),
        };
        if let (Some(doc), Some(target)) = (members.get("doc"), schema.as_object_mut()) {
            target.insert("description".to_owned(), doc.clone());
        }
        if let Some(name) = members.get("name").and_then(Value::as_str) {
            self.named.insert(name.to_owned(), schema.clone());
            self.named
                .insert(format!("dev.tocsin.{name}"), schema.clone());
        }
        schema
    }

    fn record(&mut self, members: &Map<String, Value>) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in members
            .get("fields")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let Some(name) = field.get("name").and_then(Value::as_str) else {
                continue;
            };
            let mut schema = self.schema(field.get("type").unwrap_or(&Value::Null));
            if let (Some(doc), Some(target)) = (field.get("doc"), schema.as_object_mut()) {
                target.insert("description".to_owned(), doc.clone());
            }
            if field.get("default").is_none() {
                required.push(json!(name));
            } else {
                schema = nullable(schema);
            }
            properties.insert(name.to_owned(), schema);
        }
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }
}

/// What may be left out may also be null: both mean that nobody knows.
fn nullable(schema: Value) -> Value {
    let null = json!({ "type": "null" });
    let has_null = |variants: &Vec<Value>| variants.contains(&null);
    if schema
        .get("oneOf")
        .and_then(Value::as_array)
        .is_some_and(has_null)
    {
        return schema;
    }
    let description = schema.get("description").cloned();
    let mut either = json!({ "oneOf": [schema, null] });
    if let (Some(members), Some(description)) = (either.as_object_mut(), description) {
        members.insert("description".to_owned(), description);
    }
    either
}

/// A record of a union, told apart by `kind`.
fn tagged(mut schema: Value, kind: &str) -> Value {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("kind".to_owned(), json!({ "const": kind }));
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.push(json!("kind"));
    }
    schema
}

/// A variant with the envelope's members beside its own.
fn beside(variant: &Value, envelope: &Value) -> Value {
    let mut both = variant.clone();
    if let (Some(own), Some(others)) = (
        both.get_mut("properties").and_then(Value::as_object_mut),
        envelope.as_object(),
    ) {
        for (name, schema) in others {
            own.insert(name.clone(), schema.clone());
        }
    }
    if let (Some(required), Some(others)) = (
        both.get_mut("required").and_then(Value::as_array_mut),
        envelope.as_object(),
    ) {
        required.extend(others.keys().map(|name| json!(name)));
    }
    both
}

/// `GovernmentNotice` as `government_notice`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
