//! Packs are read strictly: what does not parse says where, what was expected and an example.

use std::collections::BTreeMap;
use tocsin_orders::{PackError, Packs};

const ORDER: &str = r#"
revision = 1
title = "Agency v. Company"
parties = ["Company"]
respondent = "Company"
court = "A court"
docket = "1"
document = "Document 1"
zone = "America/New_York"
grade = "order"
sources = [{ title = "the text", grade = "text" }]
"#;

const DUTY: &str = r#"
revision = 1
title = "Report"
kind = "report"
cite = "V"
grade = "order"
text = "Report."
counts = "things"
supplements = "None."
in_force = { trigger = "discovery", cite = "V" }

[populations.things]
text = "things"
cite = "V"
acts = { any = ["accessed"], text = "accessed", cite = "V" }
authority = { ground = "believed", text = "without authorization", cite = "V" }

[when]
text = "Enough?"
cite = "V"
count = { population = "things", unit = "accounts", at_least = 10 }

[[clocks]]
limb = "ten days"
text = "ten days"
cite = "V"
days = 10
method = "frcp-6"
anchors = ["discovery"]
"#;

fn packs(order: &str, duty: &str) -> Result<Packs, PackError> {
    Packs::from_files(BTreeMap::from([
        ("o/order.toml".to_owned(), order.to_owned()),
        ("o/duties/report.toml".to_owned(), duty.to_owned()),
    ]))
}

fn error(order: &str, duty: &str) -> PackError {
    packs(order, duty).expect_err("an error")
}

#[test]
fn a_small_pack_is_read_and_linted() {
    let packs = packs(ORDER, DUTY).expect("it parses");
    let order = packs.order("o").expect("it is there");
    assert_eq!(order.duties[0].name, "report");
    let lints: Vec<String> = packs.lint().iter().map(ToString::to_string).collect();
    assert!(
        lints.iter().any(|one| one.contains("`owed` has 0 cases")),
        "{lints:?}"
    );
    assert!(
        lints.iter().any(|one| one.contains("without items")),
        "{lints:?}"
    );
    assert!(
        lints.iter().any(|one| one.contains("[channel]")),
        "{lints:?}"
    );
    assert!(
        packs
            .check_lock()
            .iter()
            .any(|one| one.message.contains("missing"))
    );
}

#[test]
fn errors_name_file_line_column_and_the_nearest_word() {
    let one = error(&ORDER.replace("docket", "dockett"), DUTY);
    assert_eq!(
        (one.file.as_str(), one.line, one.column),
        ("o/order.toml", 7, 1),
        "{one}"
    );
    assert_eq!(one.nearest.as_deref(), Some("docket"));

    let one = error(ORDER, &DUTY.replace("frcp-6", "frcp6"));
    assert_eq!(one.file, "o/duties/report.toml");
    assert_eq!(
        (one.line, one.nearest.as_deref()),
        (28, Some("frcp-6")),
        "{one}"
    );

    let one = error(ORDER, &DUTY.replace("\"discovery\"]", "\"discovry\"]"));
    assert_eq!((one.line, one.column), (29, 12), "{one}");
    assert!(one.example.is_some());

    let one = error(&ORDER.replace("America/New_York", "America/Newyork"), DUTY);
    assert!(one.to_string().contains("no time zone"), "{one}");
}

#[test]
fn a_condition_has_exactly_one_kind_and_names_what_is_there() {
    let two = DUTY.replace(
        "at_least = 10 }\n",
        "at_least = 10 }\nmilestone = \"verified\"\n",
    );
    let one = error(ORDER, &two);
    assert!(
        one.message.contains("it has 2") && one.example.is_some(),
        "{one}"
    );
    let none = DUTY.replace("count = {", "#");
    assert!(error(ORDER, &none).message.contains("it has 0"));
    let other = DUTY.replace("population = \"things\"", "population = \"thing\"");
    assert!(
        error(ORDER, &other)
            .message
            .contains("`thing` is no population")
    );
}

#[test]
fn a_case_stands_where_its_answer_says() {
    let case = "[expect]\nanswer = \"owed\"\n[facts]\n";
    let with = |file: &str| {
        Packs::from_files(BTreeMap::from([
            ("o/order.toml".to_owned(), ORDER.to_owned()),
            ("o/duties/report.toml".to_owned(), DUTY.to_owned()),
            (file.to_owned(), case.to_owned()),
        ]))
    };
    assert_eq!(
        with("o/cases/report/owed/a-b.toml")
            .expect("it fits")
            .cases()[0]
            .sentence,
        "a b"
    );
    assert!(with("o/cases/report/open/a.toml").is_err());
    assert!(with("o/cases/other/owed/a.toml").is_err());
    assert!(with("p/cases/report/owed/a.toml").is_err());
    assert!(with("o/notes.txt").is_err());
}

#[test]
fn comments_and_layout_are_no_content_but_words_are() {
    let digest = |duty: &str| packs(ORDER, duty).expect("it parses").digest();
    assert_eq!(
        digest(DUTY),
        digest(&DUTY.replace("days = 10", "# ten\ndays    = 10"))
    );
    assert_ne!(
        digest(DUTY),
        digest(&DUTY.replace("days = 10", "days = 11"))
    );
}
