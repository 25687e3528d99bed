//! The schemas say what the loader accepts: every file of every pack is valid by them, a misspelt
//! key is not, and no member of the grammar is missing in them.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tocsin_orders::{Packs, case_schema, duty_schema, order_schema};

/// An order that says everything that the grammar can say.
const ORDER: &str = include_str!("everything/order.toml");
const DUTY: &str = include_str!("everything/duty.toml");
const FOLLOWS: &str = include_str!("everything/follows.toml");
const CASE: &str = include_str!("everything/case.toml");

const FILES: [(&str, &str); 4] = [
    ("o/order.toml", ORDER),
    ("o/duties/report.toml", DUTY),
    ("o/duties/update.toml", FOLLOWS),
    ("o/cases/report/owed/it-is-so.toml", CASE),
];

fn schema(file: &str) -> Value {
    if file.ends_with("order.toml") {
        order_schema()
    } else if file.contains("/duties/") {
        duty_schema()
    } else {
        case_schema(json!({ "type": "object" }))
    }
}

/// TOML as JSON; a date written without quotes is a text to a schema.
fn json_of(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(list) => list.into_iter().map(json_of).collect(),
        toml::Value::Table(table) => table
            .into_iter()
            .map(|(name, value)| (name, json_of(value)))
            .collect(),
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
    }
}

fn parsed(text: &str) -> toml::Value {
    toml::Value::Table(text.parse().expect("TOML"))
}

/// A schema, compiled.
struct Validator(boon::Schemas, boon::SchemaIndex);

impl Validator {
    fn new(schema: Value) -> Validator {
        let mut schemas = boon::Schemas::new();
        let mut compiler = boon::Compiler::new();
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

fn validator(file: &str) -> Validator {
    Validator::new(schema(file))
}

fn files(folder: &Path, below: &str, into: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        let name = format!("{below}/{name}");
        if path.is_dir() {
            files(&path, &name, into);
        } else if name.ends_with(".toml") {
            let text = std::fs::read_to_string(&path).expect("the file");
            into.push((name, text));
        }
    }
}

#[test]
fn every_file_of_every_pack_is_valid() {
    let mut all = Vec::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("packs"),
        "",
        &mut all,
    );
    let kinds = ["/x/order.toml", "/x/duties/x.toml", "/x/cases/x.toml"].map(validator);
    assert!(all.len() > 50);
    for (file, text) in all {
        let kind = match () {
            () if file.ends_with("/order.toml") => 0,
            () if file.contains("/duties/") => 1,
            () => 2,
        };
        let fault = kinds[kind].fault(&json_of(parsed(&text)));
        assert_eq!(fault, None, "{file}");
    }
}

fn load(changed: &str, text: &str) -> Result<Packs, tocsin_orders::PackError> {
    let files = FILES.map(|(file, own)| {
        let text = if file == changed { text } else { own };
        (file.to_owned(), text.to_owned())
    });
    Packs::from_files(BTreeMap::from(files))
}

#[test]
fn the_files_that_say_everything_load_and_are_valid() {
    load("", "").expect("they load");
    for (file, text) in FILES {
        let fault = validator(file).fault(&json_of(parsed(text)));
        assert_eq!(fault, None, "{file}");
    }
}

/// The paths of all tables in a value; what lists hold counts as one.
fn tables(value: &toml::Value, path: &mut Vec<String>, into: &mut Vec<Vec<String>>) {
    match value {
        toml::Value::Table(table) => {
            into.push(path.clone());
            for (name, value) in table {
                path.push(name.clone());
                tables(value, path, into);
                path.pop();
            }
        }
        toml::Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                path.push(index.to_string());
                tables(value, path, into);
                path.pop();
            }
        }
        _ => {}
    }
}

fn at_path<'a>(value: &'a mut toml::Value, path: &[String]) -> &'a mut toml::Table {
    let mut here = value;
    for step in path {
        here = match here {
            toml::Value::Table(table) => table.get_mut(step).expect("the path"),
            toml::Value::Array(list) => &mut list[step.parse::<usize>().expect("an index")],
            _ => panic!("no table"),
        };
    }
    here.as_table_mut().expect("a table")
}

/// The schema of the table at `path`.
fn schema_at(root: &Value, path: &[String]) -> Value {
    let resolve = |node: &Value| match node.get("$ref").and_then(Value::as_str) {
        Some(pointer) => root
            .pointer(pointer.trim_start_matches('#'))
            .cloned()
            .expect("a def"),
        None => node.clone(),
    };
    let mut here = root.clone();
    for step in path {
        let next = here
            .pointer(&format!("/properties/{step}"))
            .or_else(|| here.get("items"))
            .or_else(|| here.get("additionalProperties"));
        here = resolve(next.unwrap_or_else(|| panic!("no schema for {path:?}")));
    }
    here
}

/// The words in backticks behind "expected".
fn expected(message: &str) -> Option<BTreeSet<String>> {
    let (_, rest) = message.split_once("expected ")?;
    let words = rest.split('`').skip(1).step_by(2);
    message
        .starts_with("unknown field")
        .then(|| words.map(str::to_owned).collect())
}

#[test]
fn no_member_of_the_grammar_is_missing_and_none_is_invented() {
    let mut seen = 0;
    for (file, text) in FILES {
        let (root, valid) = (schema(file), validator(file));
        let whole = parsed(text);
        let mut paths = Vec::new();
        tables(&whole, &mut Vec::new(), &mut paths);
        // Facts have a schema of their own.
        let own = |path: &Vec<String>| path.first().is_none_or(|first| first != "facts");
        for path in paths.into_iter().filter(own) {
            let mut probe = whole.clone();
            at_path(&mut probe, &path).insert("zzz".to_owned(), 1.into());
            let text = toml::to_string(&probe).expect("TOML");
            let error = load(file, &text).expect_err("a member that nothing knows");
            let here = schema_at(&root, &path);
            // A misspelt key is refused by the schema as well.
            let fault = valid.fault(&json_of(probe));
            assert!(fault.is_some(), "{file} {path:?}: {error}");
            let Some(grammar) = expected(&error.message) else {
                assert!(
                    here["additionalProperties"].is_object(),
                    "{file} {path:?}: {error}"
                );
                continue;
            };
            let own = here["properties"].as_object().expect("members");
            let own: BTreeSet<String> = own.keys().cloned().collect();
            let missing: Vec<&String> = grammar.difference(&own).collect();
            assert!(missing.is_empty(), "{file} {path:?}: {missing:?}");
            let invented: Vec<&String> = own.difference(&grammar).collect();
            assert!(invented.is_empty(), "{file} {path:?}: {invented:?}");
            required(file, &whole, &path, &here);
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}

/// What the loader misses when it is left out, the schema asks for, and nothing else.
fn required(file: &str, whole: &toml::Value, path: &[String], schema: &Value) {
    let asked: BTreeSet<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let members: Vec<String> = at_path(&mut whole.clone(), path).keys().cloned().collect();
    for member in members {
        let mut probe = whole.clone();
        at_path(&mut probe, path).remove(&member);
        let text = toml::to_string(&probe).expect("TOML");
        let missed = load(file, &text)
            .err()
            .is_some_and(|error| error.message.contains(&format!("missing field `{member}`")));
        let alone = path.is_empty() && ["when", "counts", "in_force"].contains(&member.as_str());
        assert_eq!(
            missed,
            asked.contains(member.as_str()) || (missed && alone),
            "{file} {path:?} {member}"
        );
    }
}

#[test]
fn words_of_the_grammar_are_the_words_of_the_schemas() {
    for (file, text, word) in [
        ("o/order.toml", ORDER, "second-hand"),
        ("o/duties/report.toml", DUTY, "report"),
        ("o/duties/report.toml", DUTY, "discovery"),
        ("o/duties/report.toml", DUTY, "facts_and_cause"),
        ("o/duties/report.toml", DUTY, "publicly_exposed"),
        ("o/duties/report.toml", DUTY, "frcp-6"),
        ("o/duties/report.toml", DUTY, "calendar_year"),
        ("o/duties/report.toml", DUTY, "accounts"),
    ] {
        let wrong = text.replacen(&format!("\"{word}\""), "\"zzz\"", 1);
        assert_ne!(wrong, text, "{word}");
        let error = load(file, &wrong).expect_err("a word that nothing knows");
        let (_, rest) = error.message.split_once("expected ").unwrap_or_else(|| {
            panic!("{word}: {error}");
        });
        let grammar: BTreeSet<&str> = rest.split('`').skip(1).step_by(2).collect();
        let schema = schema(file);
        let mut sets = Vec::new();
        enums(&schema, &mut sets);
        let same =
            |set: &BTreeSet<String>| set.iter().map(String::as_str).eq(grammar.iter().copied());
        assert!(sets.iter().any(same), "{word}: {grammar:?}");
    }
}

fn enums(value: &Value, into: &mut Vec<BTreeSet<String>>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::Array(words)) = members.get("enum") {
                let words = words.iter().filter_map(Value::as_str);
                into.push(words.map(str::to_owned).collect());
            }
            members.values().for_each(|one| enums(one, into));
        }
        Value::Array(list) => list.iter().for_each(|one| enums(one, into)),
        _ => {}
    }
}
