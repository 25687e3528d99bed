//! The scenarios that the cases of the packs tell, put to the law by hand (`decide`) and through
//! the whole pipeline (`replay`): whatever a case states is the same both ways.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the law notes state of each scenario, by order: no change of a case changes them.
const STATED: &[(u64, &str, &str)] = &[
    (1, "ring", "owed"),
    (2, "ring", "not_owed"),
    (3, "ring", "owed"),
    (4, "ring", "owed"),
    (5, "ring", "not_owed"),
    (6, "ring", "owed"),
    (7, "ring", "not_owed"),
    (8, "ring", "owed"),
    (9, "ring", "not_owed"),
    (10, "ring", "owed"),
    (11, "ring", "not_owed"),
    (12, "ring", "not_owed"),
    (13, "ring", "owed"),
    (14, "ring", "owed"),
    (15, "alexa", "not_owed"),
    (16, "equifax", "not_owed"),
    (16, "equifax", "owed"),
    (17, "facebook", "not_owed"),
    (17, "facebook", "owed"),
    (17, "hbnr", "not_owed"),
    (17, "hbnr", "owed"),
    (17, "rite-aid", "not_owed"),
    (17, "rite-aid", "owed"),
    (17, "safeguards", "not_owed"),
    (17, "safeguards", "owed"),
    (17, "zoom", "not_owed"),
    (17, "zoom", "owed"),
    (18, "1health", "owed"),
    (18, "hbnr", "owed"),
    (18, "skymed", "owed"),
];

/// What a case of each of these scenarios must state beside its answer: due dates, counts, the
/// register, and what is for counsel.
const PARTICULARS: &[(u64, &str, &str)] = &[
    (1, "/reserved", r#"["aggregation","insider_authorization"]"#),
    (1, "/counts/accounts/at_most", "81"),
    (2, "/register", r#"["near_miss","noncompliance"]"#),
    (2, "/near", r#"["act","count"]"#),
    (3, "/anchor", r#""government_notice""#),
    (4, "/counts/accounts/at_least", "10"),
    (5, "/counts/accounts/at_most", "0"),
    (6, "/counts/accounts/at_least", "600"),
    (7, "/counts/accounts/at_most", "0"),
    (8, "/counts/accounts/at_least", "5000"),
    (9, "/counts/accounts/at_most", "0"),
    (13, "/planned", r#""2026-12-24""#),
    (13, "/outer", r#""2026-12-28""#),
    (14, "/anchor", r#""no_notice_needed""#),
    (15, "/register", r#"["noncompliance"]"#),
];

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

/// What a determination says of what a case may expect under `name`.
fn said(one: &Value, name: &str) -> Value {
    let entries = |list: &str| one[list].as_array().cloned().unwrap_or_default();
    let set = |list: &str, member: &str| {
        let entries = entries(list);
        let words: BTreeSet<&str> = entries
            .iter()
            .filter_map(|entry| entry[member].as_str())
            .collect();
        json!(words)
    };
    let clock = &one["clock"];
    match name {
        "answer" => one["answer"].clone(),
        "planned" | "outer" => clock[name].clone(),
        "anchor" if clock.is_null() => json!("none"),
        "anchor" => clock["anchor"].clone(),
        "reminder" => one["reminder"]["planned"].clone(),
        "started" => {
            let clocks = entries("clocks");
            let started = clocks.iter().filter(|clock| !clock["anchor_at"].is_null());
            json!(started.count())
        }
        "met" => json!(!clock["met"].is_null()),
        "texts" => json!(entries("texts")),
        "reserved" => set("reserved", "id"),
        "asks" => set("asks", "fact"),
        "near" => set("near", "kind"),
        "spared_by" => set("spared_by", "record"),
        other => panic!("a case states `{other}`, which nothing here compares"),
    }
}

/// A list of words as a set; anything else as it is.
fn as_set(value: &Value) -> Value {
    let Some(list) = value.as_array() else {
        return value.clone();
    };
    let words: BTreeSet<&str> = list.iter().filter_map(Value::as_str).collect();
    json!(words)
}

/// The values of the topmost nodes of a reason with this clause.
fn reasons<'a>(because: &'a Value, cite: &str, values: &mut BTreeSet<&'a str>) {
    if because["cite"] == cite {
        values.extend(because["value"].as_str());
    } else if let Some(parts) = because["of"].as_array() {
        parts.iter().for_each(|part| reasons(part, cite, values));
    }
}

/// Compares whatever the case states with what came out; `told` says of which way.
fn compare(case: &Case, one: &Value, told: &str) {
    let expect = case.text["expect"].as_object().expect("what is expected");
    for (name, stated) in expect {
        match name.as_str() {
            // The register is of the whole incident: see `in_register`.
            "register" => {}
            "counts" => {
                for (unit, count) in stated.as_object().expect("counts by unit") {
                    for end in ["at_least", "at_most"] {
                        let got = &one["counts"][unit][end];
                        assert_eq!(*got, count[end], "{unit} {end}, {told}");
                    }
                }
            }
            "because" => {
                for (cite, value) in stated.as_object().expect("values by clause") {
                    let mut values = BTreeSet::new();
                    reasons(&one["because"], cite, &mut values);
                    let stated = BTreeSet::from_iter(value.as_str());
                    assert_eq!(values, stated, "{cite}, {told}");
                }
            }
            name => {
                let got = as_set(&said(one, name));
                assert_eq!(got, as_set(stated), "{name}, {told}\n{}", one["because"]);
            }
        }
    }
}

/// Compares the register of a replay with what the case states of it. A case speaks of its own
/// duty and of violations; what people's reviews add, which the findings say, is not its subject.
fn in_register(case: &Case, entries: &[Value], told: &str) {
    let Some(stated) = case.text["expect"].get("register") else {
        return;
    };
    let pack = case.path.ancestors().nth(4).expect("the pack's folder");
    let duty = std::fs::read_to_string(pack.join(format!("duties/{}.toml", case.duty)));
    let title = duty.ok().map(|text| {
        let duty: toml::Value = toml::from_str(&text).expect("TOML");
        format!("{}: ", duty["title"].as_str().expect("a title"))
    });
    let of_duty = |entry: &&Value| match entry["kind"].as_str() {
        Some("noncompliance") => true,
        Some("covered_incident" | "near_miss") => {
            let text = entry["text"].as_str().unwrap_or_default();
            title.as_ref().is_some_and(|title| text.starts_with(title))
        }
        _ => false,
    };
    let own: Vec<&Value> = entries.iter().filter(of_duty).collect();
    let kinds: BTreeSet<&str> = own.iter().filter_map(|one| one["kind"].as_str()).collect();
    assert_eq!(json!(kinds), as_set(stated), "register, {told}");
    for kind in ["covered_incident", "near_miss"] {
        let told_of = own.iter().filter(|one| one["kind"] == kind).count();
        assert!(told_of <= 1, "{kind} told {told_of} times, {told}");
    }
}

/// The lines of a file of a replay.
fn lines(folder: &str, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(Path::new(folder).join(name)).expect(name);
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn scenarios_get_the_same_answers_by_decide_and_by_replay() {
    let cases = cases();
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
        let replayed = lines(&out, "determinations.jsonl");
        for (way, all) in [("decide", &decided), ("replay", &replayed)] {
            let told = format!("scenario {}, {way}, {:?}", case.scenario, case.path);
            compare(case, on_duty(case, all), &told);
        }
        let told = format!("scenario {}, replay, {:?}", case.scenario, case.path);
        in_register(case, &lines(&out, "register.jsonl"), &told);
    }
}

#[test]
fn the_cases_state_what_the_law_notes_state_of_each_scenario() {
    let cases = cases();
    let answers: BTreeSet<(u64, &str, &str)> = cases
        .iter()
        .map(|case| {
            let answer = case.text["expect"]["answer"].as_str().expect("an answer");
            (case.scenario, case.order.as_str(), answer)
        })
        .collect();
    assert_eq!(answers, BTreeSet::from_iter(STATED.iter().copied()));
    for (scenario, at, stated) in PARTICULARS {
        let stated: Value = serde_json::from_str(stated).expect("JSON");
        let mut told = cases.iter().filter(|case| case.scenario == *scenario);
        let states = told.any(|case| {
            let value = case.text["expect"].pointer(at);
            value.is_some_and(|value| as_set(value) == as_set(&stated))
        });
        assert!(states, "scenario {scenario}: {at} is {stated}");
    }
}
