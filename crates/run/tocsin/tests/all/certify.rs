//! `certify` over the demo's results, and what it refuses; the page for counsel.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn tocsin(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tocsin"))
        .args(arguments)
        .env_remove("TOCSIN_CONFIG")
        .output()
        .expect("tocsin starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("the file is there")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The annex, as `--json` prints it and as the file has it.
fn annex(out: &str, to: &Path, order: &str, year: &str) -> Value {
    let folder = to.to_str().expect("a path");
    let arguments = [
        "certify", "--order", order, "--year", year, "--out", out, "--to", folder,
    ];
    let output = tocsin(&[&arguments[..], &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let printed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let name = format!("certification-{order}-{year}");
    let written = read(&to.join(format!("{name}.json")));
    assert_eq!(
        serde_json::from_str::<Value>(&written).expect("JSON"),
        printed
    );
    let pdf = std::fs::read(to.join(format!("{name}.pdf"))).expect("a PDF");
    assert!(pdf.starts_with(b"%PDF-"));
    let plain = tocsin(&arguments);
    assert_eq!(
        plain.stdout,
        read(&to.join(format!("{name}.txt"))).into_bytes()
    );
    for point in printed["open"].as_array().expect("points") {
        assert!(
            stderr(&output).contains(text(&point["what"]).trim_end_matches('.')),
            "{point}"
        );
    }
    printed
}

#[test]
fn the_annexes_of_the_demos_year_have_its_incidents_its_register_and_nobody() {
    let scratch = tempfile::tempdir().expect("a folder");
    let out = scratch.path().join("demo");
    let path = out.to_str().expect("a path");
    let demo = tocsin(&["demo", "--ordinary", "2000", "--no-export", "--out", path]);
    assert!(demo.status.success(), "{}", stderr(&demo));

    let ring = annex(path, scratch.path(), "ring", "2026");
    let covered = ring["covered"].as_array().expect("incidents");
    let matters: Vec<&str> = covered.iter().map(|one| text(&one["matters"][0])).collect();
    for matter in ["M-2025-014", "M-2025-052"] {
        assert!(matters.contains(&matter), "{matter}: {matters:?}");
    }
    assert!(!matters.contains(&"M-2017-001"), "not of that year");
    assert_eq!(ring["year"]["first"], "2025-06-16");
    // The clause of this order asks for no description, and none is made up.
    assert!(covered.iter().all(|one| one.get("description").is_none()));
    for one in covered {
        let duty = &one["duties"][0];
        assert!(!text(&duty["determination"]).is_empty() && duty["records"].is_array());
    }
    let determinations = read(&out.join("determinations.jsonl"));
    assert!(determinations.contains(text(&covered[0]["duties"][0]["determination"])));

    let alexa = annex(path, scratch.path(), "alexa", "2026");
    assert_eq!(alexa["covered"].as_array().map(Vec::len), Some(0));
    let lines = alexa["register"].as_array().expect("lines");
    assert_eq!(lines.len(), 2, "{lines:?}");
    let of = |provision: &str| {
        let found = lines
            .iter()
            .find(|line| text(&line["provision"]).starts_with(provision));
        found.unwrap_or_else(|| panic!("{provision}"))
    };
    assert!(of("Mandated Deletion").get("corrected_at").is_some());
    assert!(of("Deletion of Inactive").get("corrected_at").is_none());
    let not_corrected = alexa["open"].as_array().expect("points").iter();
    assert_eq!(
        not_corrected
            .filter(|one| one["kind"] == "not_corrected")
            .count(),
        1
    );

    // Whoever and whatever an access names is in no annex.
    let annexes = ring.to_string() + &alexa.to_string();
    for line in read(&out.join("findings.jsonl")).lines() {
        let finding: Value = serde_json::from_str(line).expect("JSON");
        for member in [
            "actor",
            "account",
            "resource",
            "device",
            "session",
            "source_address",
        ] {
            let name = text(&finding["record"][member]);
            assert!(
                name.is_empty() || !annexes.contains(&format!("{name}\"")),
                "{member} {name}"
            );
            assert!(name.len() < 6 || !annexes.contains(name), "{member} {name}");
        }
    }

    let refused = tocsin(&[
        "certify", "--order", "ring", "--year", "2023", "--out", path,
    ]);
    assert_eq!(refused.status.code(), Some(64));
    assert!(
        stderr(&refused).contains("2024 to 2043"),
        "{}",
        stderr(&refused)
    );
    refuses_what_a_source_does_not_say(scratch.path(), path);
}

const PACK: &str = r#"
revision = 1
title = "In re Other"
parties = ["Other"]
respondent = "Other"
court = "A court"
docket = "1"
document = "Document 1"
zone = "America/New_York"
grade = "order"
sources = [{ title = "the text", grade = "text" }]
no_duty = { text_known = true, text = "None.", cite = "all" }
"#;

fn refuses_what_a_source_does_not_say(scratch: &Path, results: &str) {
    let folder = scratch.join("packs/other");
    std::fs::create_dir_all(&folder).expect("a folder");
    let packs = scratch.join("packs");
    let certify = |pack: &str, further: &[&str]| {
        std::fs::write(folder.join("order.toml"), pack).expect("written");
        let packs = packs.to_str().expect("a path");
        let basic = [
            "certify", "--order", "other", "--year", "2026", "--out", results,
        ];
        let output = tocsin(&[&basic[..], &["--orders-dir", packs], further].concat());
        assert_eq!(output.status.code(), Some(64), "{}", stderr(&output));
        assert!(output.stdout.is_empty());
        stderr(&output)
    };
    assert!(certify(PACK, &[]).contains("[certification-none]"));
    let clause =
        "certification = { cite = \"VI\", describes_incidents = true, by = \"an officer\" }";
    let unknown = PACK.to_owned() + clause;
    assert!(certify(&unknown, &[]).contains("[certification-year-unknown]"));
    assert!(certify(&unknown, &["--ends", "soon"]).contains("[certification-year]"));
    // A run that never looked at the order would give a clean year.
    let stated = certify(&unknown, &["--ends", "12-31"]);
    assert!(stated.contains("[certification-not-bound]"), "{stated}");
}

#[test]
fn certify_asks_where_the_results_are() {
    let nowhere = tocsin(&["certify", "--order", "ring", "--year", "2026"]);
    assert_eq!(nowhere.status.code(), Some(64));
    assert!(stderr(&nowhere).contains("--out"), "{}", stderr(&nowhere));
}

#[test]
fn a_page_is_printed_or_written() {
    let scratch = tempfile::tempdir().expect("a folder");
    let to = scratch.path().join("pages");
    let folder = to.to_str().expect("a path");
    let written = tocsin(&["orders", "page", "ring", "--to", folder]);
    assert_eq!(written.status.code(), Some(0), "{}", stderr(&written));
    let printed = tocsin(&["orders", "page", "ring"]);
    assert_eq!(printed.stdout, read(&to.join("ring.html")).into_bytes());
    assert!(printed.stdout.starts_with(b"<!DOCTYPE html>"));
    assert_eq!(tocsin(&["orders", "page", "rign"]).status.code(), Some(64));
}

#[test]
fn every_schema_that_is_listed_is_printed() {
    let list = tocsin(&["schema"]);
    let names = String::from_utf8_lossy(&list.stdout).into_owned();
    for name in [
        "order",
        "duty",
        "case",
        "facts",
        "config",
        "breach-event",
        "grant",
        "decision",
    ] {
        assert!(names.lines().any(|line| line == name), "{name}");
    }
    for name in names.lines() {
        let schema = tocsin(&["schema", name]);
        let schema: Value = serde_json::from_slice(&schema.stdout).expect("JSON");
        assert!(
            schema["$schema"].is_string() && schema["title"].is_string(),
            "{name}"
        );
    }
    assert_eq!(
        tocsin(&["schema", "duty", "--avro"]).status.code(),
        Some(64)
    );
}
