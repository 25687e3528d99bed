//! The cases guard the clauses: a clause that is changed makes some case fail.

use orders::Packs;
use std::collections::BTreeMap;
use std::path::Path;
use tocsin_obligation::cases;

/// The files of the packs, as a caller reads them from a directory.
fn files() -> BTreeMap<String, String> {
    fn read(dir: &Path, root: &Path, files: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(dir).expect("a folder of the packs") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                read(&path, root, files);
            } else {
                let name = path.strip_prefix(root).expect("below the packs");
                let text = std::fs::read_to_string(&path).expect("text");
                files.insert(name.to_string_lossy().replace('\\', "/"), text);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../orders/packs");
    let mut files = BTreeMap::new();
    read(&root, &root, &mut files);
    files
}

fn failing(files: BTreeMap<String, String>) -> Vec<String> {
    let packs = Packs::from_files(files).expect("the changed packs parse");
    let results = cases::run(&packs);
    results
        .into_iter()
        .filter(|one| !one.passes())
        .map(|one| one.file)
        .collect()
}

/// Every file with `from` in it, with `to` instead.
fn changed(from: &str, to: &str) -> BTreeMap<String, String> {
    let mut files = files();
    let mut found = false;
    for (name, text) in &mut files {
        if (name.contains("/duties/") || name.ends_with("order.toml")) && text.contains(from) {
            *text = text.replace(from, to);
            found = true;
        }
    }
    assert!(found, "no clause says {from:?}");
    files
}

#[test]
fn packs_from_a_directory_are_those_that_ship() {
    let read = Packs::from_files(files()).expect("the packs parse");
    assert_eq!(read, Packs::embedded().expect("the packs parse"));
}

#[test]
fn some_case_notices_each_change_of_a_clause() {
    let mut unnoticed = Vec::new();
    for (from, to) in [
        ("at_least = 10", "at_least = 11"),
        ("at_least = 10", "at_least = 9"),
        ("days = 10\nmethod", "days = 11\nmethod"),
        ("days = 10\nmethod", "days = 9\nmethod"),
        ("method = \"frcp-6\"", "method = \"calendar\""),
        ("method = \"frcp-6\"", "method = \"ftc-4.3\""),
        ("method = \"frcp-6\"", "method = \"business\""),
        (
            "excluded = [\"public\", \"shared_by_user\"]",
            "excluded = [\"shared_by_user\"]",
        ),
        (
            "excluded = [\"public\", \"shared_by_user\"]",
            "excluded = [\"public\"]",
        ),
        ("unsure = [\"shared_with_others\"]", "unsure = []"),
        (
            "[populations.recordings.encryption]\ntext = \"not encrypted, or the key was reached \
             too\"\ncite = \"Definitions, Covered Incident, last sentence\"\n\
             question = \"mixed_encryption\"\n",
            "",
        ),
        ("working = \"left_out\"", "working = \"by_model\""),
        ("working = \"stands\"", "working = \"falls\""),
        ("ground = \"believed\"", "ground = \"established\""),
        ("required = true", "required = false"),
        ("country = \"US\", about", "country = \"GB\", about"),
        ("by = [\"respondent\"]", "by = [\"respondent\", \"client\"]"),
        (
            "any = [\"home_security_recording\"]",
            "any = [\"home_security_recording\", \"profile\"]",
        ),
        (
            "any = [\"home_security_recording\"]",
            "any = [\"home_security_recording\", \"credential\"]",
        ),
        (
            "any = [\"accessed\", \"acquired\", \"publicly_exposed\"]",
            "any = [\"accessed\", \"acquired\"]",
        ),
        (
            "\"government_notice\", \"no_notice_needed\"",
            "\"no_notice_needed\"",
        ),
        (
            "\"government_notice\", \"no_notice_needed\"",
            "\"government_notice\"",
        ),
        (
            "\"government_notice\", \"no_notice_needed\"",
            "\"required_notice\", \"no_notice_needed\"",
        ),
        ("until = \"2043-06-16\"", "until = \"2044-06-16\""),
        ("from = \"2023-06-16\"", "from = \"2023-06-15\""),
        ("from = \"2023-06-16\"", "from = \"2023-06-17\""),
        ("zone = \"America/New_York\"", "zone = \"UTC\""),
        ("default_days = 10", "default_days = 11"),
        ("staff_may_extend = false", "staff_may_extend = true"),
        ("\"submission\",\n", ""),
    ] {
        if failing(changed(from, to)).is_empty() {
            unnoticed.push((from, to));
        }
    }
    assert!(unnoticed.is_empty(), "no case notices {unnoticed:#?}");
}

#[test]
fn a_changed_clause_needs_a_new_revision_and_a_line_in_changes() {
    let files = changed("at_least = 10", "at_least = 11");
    let packs = Packs::from_files(files.clone()).expect("the changed packs parse");
    let lints = packs.check_lock();
    assert!(
        lints
            .iter()
            .any(|lint| lint.message.contains("under revision 1")),
        "{lints:?}"
    );
    let revised = files
        .into_iter()
        .map(|(name, text)| match name.contains("/duties/") {
            true => (name, text.replace("revision = 1", "revision = 2")),
            false => (name, text),
        })
        .collect();
    let packs = Packs::from_files(revised).expect("the revised packs parse");
    let lints = packs.check_lock();
    assert!(
        lints
            .iter()
            .any(|lint| lint.message.contains("which is not locked")),
        "{lints:?}"
    );
    assert!(
        lints.iter().any(|lint| lint.file.ends_with("CHANGES.md")),
        "{lints:?}"
    );
}
