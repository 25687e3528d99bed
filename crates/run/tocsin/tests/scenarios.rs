//! The scenarios that the cases of the packs tell, put to the law by hand (`decide`) and through
//! the whole pipeline (`replay`): the answers and the dates are the same.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A case of a pack that tells a scenario.
struct Case {
    path: PathBuf,
    order: String,
    duty: String,
    scenario: u64,
    text: Value,
}

/// Every case that names its scenario.
fn cases() -> Vec<Case> {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pure/orders/packs");
    let (mut open, mut found) = (vec![packs.clone()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder of the packs") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let parts: Vec<String> = path
                .strip_prefix(&packs)
                .expect("below the packs")
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            let [order, folder, duty, ..] = parts.as_slice() else {
                continue;
            };
            if folder != "cases" {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("text");
            let value: toml::Value = toml::from_str(&text).expect("TOML");
            let text = serde_json::to_value(value).expect("JSON");
            if let Some(scenario) = text["scenario"].as_u64() {
                let (order, duty) = (order.clone(), duty.clone());
                found.push(Case {
                    path,
                    order,
                    duty,
                    scenario,
                    text,
                });
            }
        }
    }
    found.sort_by_key(|case| (case.scenario, case.path.clone()));
    found
}

fn tocsin(arguments: &[&str]) -> Vec<u8> {
    let done = Command::new(env!("CARGO_BIN_EXE_tocsin"))
        .args(arguments)
        .output()
        .expect("tocsin starts");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{arguments:?}: {said}");
    done.stdout
}

/// A row of counts as responders report what was reached otherwise than by logged accesses.
fn exposure(row: &Map<String, Value>) -> Value {
    let mut report = Map::from_iter([("kind".to_owned(), json!("exposure"))]);
    report.insert("acts".to_owned(), json!({ "accessed": "yes" }));
    for (name, value) in row {
        let many = || match value.as_u64() {
            Some(count) => json!({ "at_least": count, "at_most": count }),
            None => value.clone(),
        };
        let (name, value) = match name.as_str() {
            "accounts" => ("count", many()),
            "consumers" | "devices" | "resources" => (name.as_str(), many()),
            "authority" | "key_taken" => continue,
            _ => (name.as_str(), value.clone()),
        };
        report.insert(name.to_owned(), value);
    }
    Value::Object(report)
}

/// The case's facts as files for a replay.
fn history(case: &Case, folder: &Path) {
    let facts = &case.text["facts"];
    let list = |name: &str| facts[name].as_array().cloned().unwrap_or_default();
    let mut reports = list("breach_events");
    let (matter, at) = (
        reports[0]["matter"].clone(),
        reports[0]["recorded_at"].clone(),
    );
    let mut report = |id: String, report: Value| {
        reports.push(json!({ "id": id, "matter": matter, "recorded_at": at, "report": report }));
    };
    for (number, row) in list("counts").iter().enumerate() {
        let row = row.as_object().expect("a row");
        assert_eq!(row["authority"], "unauthorised", "{:?}", case.path);
        report(format!("exposed-{number}"), exposure(row));
        if let Some(taken) = row.get("key_taken") {
            report(
                format!("key-{number}"),
                json!({ "kind": "key", "taken": taken }),
            );
        }
    }
    let mut accesses = Vec::new();
    for finding in list("findings") {
        assert_eq!(finding["verdict"], "unauthorised", "{:?}", case.path);
        let access = finding["access"].clone();
        report(
            format!("judged-{}", accesses.len()),
            json!({ "kind": "judgement", "authority": "unauthorised",
                "ground": finding["ground"], "actors": [access["actor"]],
                "from": "2020-01-01T00:00:00Z", "until": "2030-01-01T00:00:00Z" }),
        );
        accesses.push(access);
    }
    for (name, lines) in [
        ("breach-events", &reports),
        ("access-events", &accesses),
        ("accounts", &list("accounts")),
        ("grants", &list("grants")),
        ("decisions", &list("decisions")),
    ] {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(folder.join(format!("{name}.jsonl")), text).expect("written");
    }
}

/// The determination on the case's duty.
fn on_duty<'a>(case: &Case, all: &'a [Value]) -> &'a Value {
    let found = all
        .iter()
        .find(|one| one["duty"] == case.duty.as_str() || one["duty"].is_null());
    found.unwrap_or_else(|| panic!("{:?}: no determination", case.path))
}

#[test]
fn scenarios_get_the_same_answers_by_decide_and_by_replay() {
    let cases = cases();
    let told: BTreeSet<u64> = cases.iter().map(|case| case.scenario).collect();
    assert_eq!(told, (1..=18).collect());
    let scratch = tempfile::tempdir().expect("a folder");
    for (number, case) in cases.iter().enumerate() {
        let folder = scratch.path().join(number.to_string());
        let (input, out) = (folder.join("in"), folder.join("out"));
        std::fs::create_dir_all(&input).expect("a folder");
        let facts = folder.join("facts.json");
        std::fs::write(&facts, case.text["facts"].to_string()).expect("written");
        let path = |path: &Path| path.to_str().expect("a path").to_owned();
        let decided = tocsin(&["decide", "--order", &case.order, &path(&facts)]);
        let decided: Vec<Value> = serde_json::from_slice(&decided).expect("a JSON array");
        history(case, &input);
        let (input, out) = (path(&input), path(&out));
        tocsin(&[
            "replay",
            "--files",
            &input,
            "--order",
            &case.order,
            "--out",
            &out,
        ]);
        let lines = std::fs::read_to_string(Path::new(&out).join("determinations.jsonl"));
        let replayed: Vec<Value> = lines
            .expect("determinations")
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        let expect = &case.text["expect"];
        for (way, all) in [("decide", &decided), ("replay", &replayed)] {
            let one = on_duty(case, all);
            let told = format!("scenario {}, {way}, {:?}", case.scenario, case.path);
            assert_eq!(
                one["answer"], expect["answer"],
                "{told}\n{}",
                one["because"]
            );
            for day in ["planned", "outer"] {
                if !expect[day].is_null() {
                    assert_eq!(one["clock"][day], expect[day], "{day}, {told}");
                }
            }
        }
    }
}
