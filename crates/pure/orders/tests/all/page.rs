//! A page says everything that its pack says, is well-formed, and lets no pack write markup.

use roxmltree::{Document, ParsingOptions};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tocsin_orders::Packs;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packs")
}

/// Every text of a page, in order, with single blanks.
fn texts(page: &str) -> String {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(page, options).expect("a well-formed page");
    let body = document
        .descendants()
        .find(|node| node.has_tag_name("body"))
        .expect("a body");
    let texts: Vec<&str> = body
        .descendants()
        .filter(|node| node.is_text())
        .filter_map(|node| node.text())
        .collect();
    words(&texts.join(" "))
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Every text and number in a file.
fn leaves(value: &toml::Value, into: &mut Vec<String>) {
    match value {
        toml::Value::Table(table) => table.values().for_each(|one| leaves(one, into)),
        toml::Value::Array(list) => list.iter().for_each(|one| leaves(one, into)),
        toml::Value::Boolean(_) => {}
        toml::Value::String(text) => into.push(text.clone()),
        other => into.push(other.to_string()),
    }
}

#[test]
fn every_pack_has_a_page_that_loses_nothing() {
    let packs = Packs::embedded().expect("packs");
    let mut seen = 0;
    for order in packs.orders() {
        let page = packs.page(&order.slug).expect("TOML").expect("a page");
        let shown = texts(&page);
        let pack = folder().join(&order.slug);
        let mut files = vec![pack.join("order.toml")];
        let duties = order
            .duties
            .iter()
            .map(|duty| format!("duties/{}.toml", duty.name));
        files.extend(duties.map(|duty| pack.join(duty)));
        for file in files {
            let text = std::fs::read_to_string(&file).expect("the file");
            let mut said = Vec::new();
            leaves(
                &text.parse::<toml::Table>().expect("TOML").into(),
                &mut said,
            );
            // A comment is often where a reading stands.
            let comments = text
                .lines()
                .filter_map(|line| line.trim().strip_prefix('#'));
            said.extend(comments.map(str::to_owned));
            for one in said {
                assert!(shown.contains(&words(&one)), "{}: {one}", file.display());
                seen += 1;
            }
        }
        let changes = std::fs::read_to_string(pack.join("CHANGES.md")).expect("CHANGES.md");
        for line in changes.lines() {
            let line = words(line.trim_start_matches(['#', '*', '-', ' ']));
            assert!(shown.contains(&line), "{}: {line}", order.slug);
        }
        for case in packs.cases().iter().filter(|case| case.order == order.slug) {
            let expect = &case.expect;
            let days = [expect.planned, expect.outer, expect.reminder];
            let mut said: Vec<String> = days.iter().flatten().map(ToString::to_string).collect();
            said.extend([case.sentence.clone(), expect.answer.clone()]);
            said.extend(case.note.clone());
            said.extend(expect.because.keys().cloned());
            said.extend(
                expect
                    .asks
                    .iter()
                    .chain(&expect.reserved)
                    .flatten()
                    .cloned(),
            );
            for one in said {
                assert!(shown.contains(&words(&one)), "{}: {one}", case.file);
            }
        }
        for part in [
            order.digest.as_str(),
            order.grade.caution(),
            "Too thin to encode",
        ] {
            assert!(shown.contains(part), "{}: {part}", order.slug);
        }
    }
    assert!(seen > 100, "{seen}");
}

const ORDER: &str = r#"
revision = 1
title = "Agency & <b>Company</b> v. \"X\""
parties = ["Company"]
respondent = "Company"
court = "A court <script>alert(1)</script>"
docket = "1"
document = "Document 1\u0001"
zone = "America/New_York"
grade = "order"
sources = [{ title = "the text", grade = "text" }]
no_duty = { text_known = true, text = "None", cite = "all" }
[reserved.a]
question = "Q?"
cite = "I"
readings = { "x y" = { text = "T", effect = true } }
"#;

fn invented(order: &str) -> Packs {
    let files = BTreeMap::from([("o/order.toml".to_owned(), order.to_owned())]);
    Packs::from_files(files).expect("a pack")
}

#[test]
fn what_a_pack_says_is_text_and_never_markup() {
    let page = invented(ORDER).page("o").expect("TOML").expect("a page");
    assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
    let shown = texts(&page);
    assert!(
        shown.contains("Agency & <b>Company</b> v. \"X\""),
        "{shown}"
    );
    assert!(shown.contains("<script>alert(1)</script>"));
    assert!(shown.contains("No working reading"));
    for outside in ["http:", "https:", "src=", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn there_is_no_page_of_an_order_that_is_not_there() {
    assert_eq!(invented(ORDER).page("p").expect("TOML"), None);
}

#[test]
fn what_was_too_thin_is_told_entry_by_entry() {
    let packs = Packs::embedded().expect("packs");
    for order in packs.orders() {
        let told = packs.too_thin(&order.slug).expect("the order is there");
        let changes = folder().join(&order.slug).join("CHANGES.md");
        let changes = std::fs::read_to_string(changes).expect("CHANGES.md");
        let (_, thin) = changes.split_once("Too thin to encode").expect("the list");
        let listed = thin.lines().filter(|line| line.starts_with("* ")).count();
        assert_eq!(told.len(), listed, "{}: {told:?}", order.slug);
        assert!(listed > 0, "{}", order.slug);
        let changes = words(&changes);
        for entry in told {
            assert!(changes.contains(&entry), "{}: {entry}", order.slug);
        }
    }
    assert_eq!(packs.too_thin("none"), None);
}
