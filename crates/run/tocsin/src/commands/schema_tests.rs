//! Whether the schemas take what the loaders take: samples, cases, the example configuration.

use super::*;
use crate::config::{Config, EXAMPLE};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[test]
fn every_record_has_a_json_schema_with_its_members() {
    for kind in RecordKind::ALL {
        let schema = record(*kind).expect("a schema");
        assert!(
            schema.pointer("/properties/id").is_some()
                || schema.pointer("/oneOf/0/properties/id").is_some()
                || schema.get("properties").is_some(),
            "{}",
            kind.name()
        );
    }
    let schema = record(RecordKind::BreachEvent).expect("a schema");
    let kinds: Vec<&str> = schema
        .pointer("/properties/report/oneOf")
        .and_then(Value::as_array)
        .expect("a union")
        .iter()
        .filter_map(|one| one.pointer("/properties/kind/const")?.as_str())
        .collect();
    assert_eq!(kinds, facts::Report::KINDS);
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.push(path);
        }
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("the file")
}

/// A schema, compiled.
struct Validator(boon::Schemas, boon::SchemaIndex);

impl Validator {
    fn new(schema: Result<Value, Failure>) -> Validator {
        let mut schemas = boon::Schemas::new();
        let mut compiler = boon::Compiler::new();
        let schema = schema.expect("a schema");
        compiler
            .add_resource("it.json", schema)
            .expect("a resource");
        let index = compiler.compile("it.json", &mut schemas).expect("a schema");
        Validator(schemas, index)
    }

    /// What is wrong with a value; nothing where it is valid.
    fn fault(&self, value: &Value) -> Option<String> {
        let error = self.0.validate(value, self.1).err()?;
        Some(format!("{error:#}"))
    }
}

/// TOML as JSON; an instant written without quotes is a text to a schema.
fn json_of(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(list) => list.into_iter().map(json_of).collect(),
        toml::Value::Table(table) => table
            .into_iter()
            .map(|(name, value)| (name, json_of(value)))
            .collect(),
        other => serde_json::to_value(other).expect("JSON"),
    }
}

fn toml_of(text: &str) -> Value {
    json_of(toml::Value::Table(text.parse().expect("TOML")))
}

#[test]
fn every_sample_of_every_record_is_valid_and_a_misspelt_member_is_not() {
    for kind in RecordKind::ALL {
        let valid = Validator::new(record(*kind));
        let mut all = Vec::new();
        files(
            &root().join("schemas").join(kind.name()).join("samples"),
            &mut all,
        );
        for file in all
            .iter()
            .filter(|file| file.extension().is_some_and(|end| end == "json"))
        {
            let mut value: Value = serde_json::from_str(&read(file)).expect("JSON");
            assert_eq!(valid.fault(&value), None, "{}", file.display());
            value["recorded_att"] = "2026-12-01T00:00:00Z".into();
            assert!(valid.fault(&value).is_some(), "{}", file.display());
        }
    }
}

#[test]
fn every_case_of_every_pack_is_valid_with_its_facts_and_a_misspelt_fact_is_not() {
    let case = Validator::new(Written::Case.schema());
    let facts = Validator::new(Written::Facts.schema());
    let mut all = Vec::new();
    files(&root().join("crates/pure/orders/packs"), &mut all);
    let of_case = |file: &&PathBuf| file.components().any(|part| part.as_os_str() == "cases");
    let mut seen = 0;
    for file in all.iter().filter(of_case) {
        let mut value = toml_of(&read(file));
        assert_eq!(case.fault(&value), None, "{}", file.display());
        assert_eq!(facts.fault(&value["facts"]), None, "{}", file.display());
        value["facts"]["breach_evens"] = Value::Array(Vec::new());
        assert!(case.fault(&value).is_some(), "{}", file.display());
        seen += 1;
    }
    assert!(seen > 40, "{seen}");
    let counts = |row: Value| facts.fault(&json!({ "counts": [row] }));
    let row = json!({ "information": "transcript", "authority": "unauthorised", "accounts": 12,
        "consumers": { "at_least": 3, "at_most": null }, "encrypted": null });
    assert_eq!(counts(row), None);
    for (name, value) in [
        ("acounts", json!(3)),
        ("accounts", json!(-1)),
        ("encrypted", json!("y")),
    ] {
        assert!(counts(json!({ name: value })).is_some(), "{name}");
    }
}

/// The example with every key that it shows as a comment.
fn whole_example() -> String {
    let key = |line: &str| {
        let line = line.strip_prefix("# ")?;
        if line.starts_with('[') {
            return Some(line.to_owned());
        }
        let (name, _) = line.split_once(" = ")?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '"');
        name.chars().all(plain).then(|| line.to_owned())
    };
    let lines = EXAMPLE
        .lines()
        .map(|line| key(line).unwrap_or_else(|| line.to_owned()));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_schema_of_the_configuration_has_what_the_loader_takes() {
    let schema = Written::Config.schema().expect("a schema");
    let valid = Validator::new(Ok(schema.clone()));
    for text in [EXAMPLE.to_owned(), whole_example()] {
        assert_eq!(valid.fault(&toml_of(&text)), None, "{text}");
        // Also a build without TLS: it says so where the example asks for that.
        let plain = text
            .replace("SASL_SSL", "SASL_PLAINTEXT")
            .replace("SCRAM-SHA-512", "PLAIN");
        Config::parse(&plain, "t", &|_| None).expect("the loader takes it");
    }
    for table in [
        "",
        "kafka",
        "kafka.principals",
        "registry",
        "start",
        "orders",
        "judgement",
        "notices",
        "run",
        "state",
        "http",
        "log",
    ] {
        let example = match table {
            "kafka.principals" => whole_example(),
            _ => EXAMPLE.to_owned(),
        };
        let mut probe: toml::Table = example.parse().expect("TOML");
        let path = table.split('.').filter(|name| !name.is_empty());
        let here = path.clone().fold(&mut probe, |here, name| {
            here[name].as_table_mut().expect("a table")
        });
        here.insert("zzz".to_owned(), 1.into());
        let text = toml::to_string(&probe).expect("TOML");
        assert!(valid.fault(&toml_of(&text)).is_some(), "[{table}]");
        let error = Config::parse(&text, "t", &|_| None)
            .expect_err("it is refused")
            .to_string();
        let (_, rest) = error.split_once("expected ").expect("what was expected");
        // Behind it stands in which table.
        let rest = rest.rsplit_once(" in `").map_or(rest, |(named, _)| named);
        let loader: BTreeSet<&str> = rest.split('`').skip(1).step_by(2).collect();
        let place: String = path.map(|name| format!("/properties/{name}")).collect();
        let place = format!("{place}/properties");
        let own = schema
            .pointer(&place)
            .and_then(Value::as_object)
            .expect("members");
        let own: BTreeSet<&str> = own.keys().map(String::as_str).collect();
        let loader: BTreeSet<&str> = loader.into_iter().filter(|name| *name != "zzz").collect();
        assert_eq!(own, loader, "[{table}]");
    }
}
