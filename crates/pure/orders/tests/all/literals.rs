//! What a notice reproduces word for word is not reworded in a pack without the lint saying so.

use std::collections::BTreeMap;
use std::path::Path;
use tocsin_orders::{Lint, Packs};

/// The files of one pack that say what the law is.
fn pack(slug: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("packs")
        .join(slug);
    let mut files = BTreeMap::new();
    let mut add = |name: String| {
        let text = std::fs::read_to_string(folder.join(&name)).expect("a file of the pack");
        files.insert(format!("{slug}/{name}"), text);
    };
    add("order.toml".to_owned());
    let duties = std::fs::read_dir(folder.join("duties")).expect("its duties");
    for entry in duties {
        let name = entry.expect("an entry").file_name();
        add(format!("duties/{}", name.to_string_lossy()));
    }
    files
}

/// What the lint says of literals in these files.
fn said(files: BTreeMap<String, String>) -> Vec<Lint> {
    let mut lints = Packs::from_files(files).expect("the pack parses").lint();
    lints.retain(|lint| lint.message.contains("word for word"));
    lints
}

#[test]
fn a_literal_that_was_reworded_is_said_with_its_place() {
    let reworded = [
        (
            "ring",
            "order.toml",
            "FTC v. Ring LLC.\"",
            "FTC v. Ring LLC\"",
        ),
        ("skymed", "order.toml", "No.1923140", "No. 1923140"),
        ("uber", "order.toml", "DEbrief@ftc.gov", "debrief@ftc.gov"),
        ("uber", "order.toml", "Avenue, NW", "Ave., NW"),
        (
            "premom",
            "duties/breach-notice.toml",
            "\"U.S. v. Easy",
            "\"United States v. Easy",
        ),
        (
            "cerebral",
            "duties/covered-incident-report.toml",
            "Executed on: _____",
            "Executed on: _____ (28 U.S.C. 1746)",
        ),
        (
            "aylo",
            "duties/state-authority-report.toml",
            "5th Floor",
            "Fifth Floor",
        ),
    ];
    for (slug, file, from, to) in reworded {
        let mut files = pack(slug);
        assert_eq!(said(files.clone()), [], "{slug}");
        let name = format!("{slug}/{file}");
        let text = files.get_mut(&name).expect("the file");
        let changed = text.replacen(from, to, 1);
        assert_ne!(*text, changed, "{name}: {from}");
        *text = changed;
        let found = said(files);
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert_eq!(found[0].file, name);
        assert!(found[0].line > 1, "{}", found[0]);
    }
}

#[test]
fn a_sworn_report_needs_its_declaration() {
    let mut files = pack("x-mode");
    let name = "x-mode/duties/third-party-incident-report.toml";
    let text = files.get_mut(name).expect("the file");
    let without: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("signature"))
        .collect();
    *text = without.join("\n");
    let found = said(files);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].example.is_some(), "{}", found[0]);
}

#[test]
fn an_order_of_which_no_literals_are_kept_is_not_compared() {
    let files = pack("ring");
    let elsewhere = files
        .into_iter()
        .map(|(name, text)| {
            let name = name.replacen("ring/", "another/", 1);
            (name, text.replace("FTC v. Ring LLC.", "Agency v. Company."))
        })
        .collect();
    assert_eq!(said(elsewhere), []);
}
