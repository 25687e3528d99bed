//! The demo's history: every line of it is a case with an expected answer, and `replay` over what
//! the demo poured gives the demo's bytes.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

fn tocsin(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tocsin"))
        .args(arguments)
        .output()
        .expect("tocsin starts")
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("the file is there");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// What a run left, comparable: file by file, `source` taken out.
fn comparable(out: &Path) -> BTreeMap<String, Vec<Value>> {
    let mut files = BTreeMap::new();
    for name in [
        "findings",
        "incidents",
        "determinations",
        "register",
        "dead-letters",
    ] {
        let mut lines = lines(&out.join(format!("{name}.jsonl")));
        for line in &mut lines {
            line.as_object_mut().expect("an object").remove("source");
        }
        lines.sort_by_key(Value::to_string);
        files.insert(name.to_owned(), lines);
    }
    for entry in std::fs::read_dir(out.join("notices")).expect("notices") {
        let folder = entry.expect("an entry").path();
        let text = std::fs::read_to_string(folder.join("notice.json")).expect("a notice");
        let name = folder
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        files.insert(name, vec![serde_json::from_str(&text).expect("JSON")]);
    }
    files
}

fn script() -> Value {
    let text = include_str!("../../src/demo/history.toml");
    let value: toml::Value = toml::from_str(text).expect("the script");
    serde_json::to_value(value).expect("JSON")
}

/// What was moved in time and what is invented stands where the results are shown.
fn assert_says_what_is_invented(shown: &Output, out: &Path) {
    let summary = std::fs::read_to_string(out.join("summary.json")).expect("a summary");
    let summary: Value = serde_json::from_str(&summary).expect("JSON");
    let assumptions = summary["assumptions"].as_array().expect("assumptions");
    let table = String::from_utf8_lossy(&shown.stdout);
    let lines: Vec<&str> = table.lines().collect();
    for word in ["moved in time", "are invented"] {
        let has = |text: &str| text.contains(word);
        let line = lines.iter().find(|line| has(line));
        let line = line.unwrap_or_else(|| panic!("`{word}` is not in:\n{table}"));
        assert!(assumptions.contains(&(*line).into()), "{assumptions:?}");
    }
}

/// A replay says what it read, of which files how much, and how fast.
fn assert_says_what_it_read(replay: &Path, demo: &Path) {
    let summary = |out: &Path| -> Value {
        let text = std::fs::read_to_string(out.join("summary.json")).expect("a summary");
        serde_json::from_str(&text).expect("JSON")
    };
    let (replay, demo) = (summary(replay), summary(demo));
    let accesses = &demo["inputs"]["accesses"];
    assert!(accesses.as_u64().is_some_and(|count| count > 20_000));
    assert_eq!(&replay["inputs"]["records"]["access-events"], accesses);
    assert_eq!(
        replay["inputs"]["records"]["grants"],
        demo["inputs"]["grants"]
    );
    let ranges = replay["inputs"]["ranges"].as_array().expect("ranges");
    let whole = ranges
        .iter()
        .any(|one| one["topic"] == "access-events" && one["from"] == 0 && one["to"] == *accesses);
    assert!(whole, "{ranges:?}");
    for member in ["accesses_per_second", "seconds", "stages"] {
        let number = match member {
            "seconds" => &replay[member]["judging"],
            "stages" => &replay[member]["screen"]["busy_seconds"],
            _ => &replay[member],
        };
        assert!(
            number.as_f64().is_some_and(|number| number > 0.0),
            "{member}"
        );
    }
}

#[test]
fn every_line_of_the_history_gets_its_answer_and_replay_gives_the_same_bytes() {
    let scratch = tempfile::tempdir().expect("a folder");
    let out = scratch.path().join("demo");
    let shown = tocsin(&[
        "demo",
        "--ordinary",
        "20000",
        "--out",
        out.to_str().expect("a path"),
    ]);
    assert!(
        shown.status.success(),
        "{}",
        String::from_utf8_lossy(&shown.stderr)
    );

    assert_says_what_is_invented(&shown, &out);
    let mut determinations = lines(&out.join("determinations.jsonl"));
    // What follows from the report (the program's tasks) has its cases in the pack.
    determinations.retain(|one| one["duty"].is_null() || one["duty"] == "covered-incident-report");
    // That each is as the history says, `demo` itself compares, and ends with 2 where one is not.
    let script = script();
    let episodes = script["episode"].as_array().expect("episodes").iter();
    let expected = episodes.map(|one| one["expect"].as_object().map_or(0, |orders| orders.len()));
    let expected: usize = expected.sum();
    assert!(expected > 20, "{expected}");
    assert_eq!(
        expected,
        determinations.len(),
        "no determination beside the expected ones"
    );

    let again = scratch.path().join("replay");
    let replayed = tocsin(&[
        "replay",
        "--files",
        out.join("input").to_str().expect("a path"),
        "--order",
        "ring",
        "--order",
        "alexa",
        "--out",
        again.to_str().expect("a path"),
        "--compare",
        out.to_str().expect("a path"),
    ]);
    assert!(
        replayed.status.success(),
        "{}",
        String::from_utf8_lossy(&replayed.stderr)
    );
    assert_eq!(comparable(&out), comparable(&again));
    assert_says_what_it_read(&again, &out);
}

#[test]
fn another_seed_is_another_history_with_the_same_answers() {
    let scratch = tempfile::tempdir().expect("a folder");
    let answers = |seed: &str| {
        let out = scratch.path().join(seed);
        let path = out.to_str().expect("a path").to_owned();
        let shown = tocsin(&[
            "demo",
            "--ordinary",
            "5000",
            "--no-export",
            "--seed",
            seed,
            "--out",
            &path,
        ]);
        assert!(shown.status.success());
        let answers: Vec<(String, String, String)> = lines(&out.join("determinations.jsonl"))
            .iter()
            .map(|one| {
                let text = |member: &str| one[member].to_string();
                (text("incident"), text("order"), text("answer"))
            })
            .collect();
        (answers, lines(&out.join("findings.jsonl")))
    };
    let (first, second) = (answers("1"), answers("2"));
    assert_eq!(first.0, second.0);
    assert_ne!(first.1, second.1, "the seed changes the history");
}
