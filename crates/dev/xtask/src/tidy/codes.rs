//! Every error code has a page, and every page a code that something says:
//! docs/errors/CODES.txt ↔ docs/errors/*.md, and the strings of what ships.

use super::rust_text::RustText;
use super::{Finding, SourceFile, entries, read};
use crate::Trouble;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const CHECK: &str = "codes";

/// What each page says, as headings.
const HEADINGS: [&str; 3] = ["## What happened", "## What to check", "## What to do"];

/// Checks the folder of error pages, and that `sources` say each code.
///
/// # Errors
/// A page that is there cannot be read.
pub fn check_folder(folder: &Path, sources: &[SourceFile]) -> Result<Vec<Finding>, Trouble> {
    if !folder.join("CODES.txt").is_file() {
        return Ok(vec![finding(
            "CODES.txt",
            "is missing; one error code a line".into(),
        )]);
    }
    let mut pages = BTreeMap::new();
    for path in entries(folder)? {
        if path.extension().is_some_and(|end| end == "md") {
            let code = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            pages.insert(code, read(&path)?);
        }
    }
    let codes = read(&folder.join("CODES.txt"))?;
    let mut found = check(&codes, &pages);
    found.extend(unsaid(&codes, sources));
    found.extend(unlisted(&codes, sources));
    Ok(found)
}

/// The codes of a list, one a line.
fn listed(codes: &str) -> impl Iterator<Item = &str> {
    codes.lines().map(str::trim).filter(|code| !code.is_empty())
}

/// Codes that no string of what ships is, whether with hyphens or with underscores: a page for
/// what never happens.
pub fn unsaid(codes: &str, sources: &[SourceFile]) -> Vec<Finding> {
    let mut said = BTreeSet::new();
    for file in sources.iter().filter(|file| ships(file)) {
        let literals = RustText::new(&file.text).literals();
        said.extend(literals.into_iter().map(|one| one.replace('_', "-")));
    }
    listed(codes)
        .filter(|code| !said.contains(&code.replace('_', "-")))
        .map(|code| {
            let what = format!("`{code}` is said by no code that ships; remove it with its page");
            finding("CODES.txt", what)
        })
        .collect()
}

/// Whether it is code that users run.
fn ships(file: &SourceFile) -> bool {
    let shipped = file.path.starts_with("crates/") && !file.path.starts_with("crates/dev/");
    shipped && file.path.contains("/src/") && !file.is_test()
}

/// What stands before a code where an error is made.
const MADE: [&str; 3] = ["Failure::usage(", "Failure::failed(", "code: "];

/// Codes that errors are made with, and that are not listed: messages without a page.
pub fn unlisted(codes: &str, sources: &[SourceFile]) -> Vec<Finding> {
    let listed: BTreeSet<&str> = listed(codes).collect();
    let mut missing = BTreeSet::new();
    for file in sources.iter().filter(|file| ships(file)) {
        let text = RustText::new(&file.text).shipped();
        for (at, made) in MADE.iter().flat_map(|made| text.match_indices(made)) {
            let literal = text[at + made.len()..].trim_start().strip_prefix('"');
            let code = literal.and_then(|rest| rest.split('"').next());
            missing.extend(
                code.filter(|code| !listed.contains(code))
                    .map(str::to_owned),
            );
        }
    }
    let what = |code| format!("lacks `{code}`, which an error says; list it and write its page");
    missing
        .into_iter()
        .map(|code| finding("CODES.txt", what(code)))
        .collect()
}

fn finding(place: &str, what: String) -> Finding {
    Finding {
        check: CHECK,
        place: format!("docs/errors/{place}"),
        what,
    }
}

/// Checks the list of codes against the pages, which are text by code.
pub fn check(codes: &str, pages: &BTreeMap<String, String>) -> Vec<Finding> {
    let listed: Vec<&str> = listed(codes).collect();
    let mut found = Vec::new();
    if !listed.is_sorted_by(|a, b| a < b) {
        found.push(finding(
            "CODES.txt",
            "is not sorted, or has a code twice".into(),
        ));
    }
    for code in &listed {
        match pages.get(*code) {
            None => found.push(finding(&format!("{code}.md"), "is missing".into())),
            Some(page) => {
                let lacks = HEADINGS.iter().filter(|heading| !page.contains(**heading));
                found.extend(
                    lacks.map(|heading| {
                        finding(&format!("{code}.md"), format!("has no `{heading}`"))
                    }),
                );
            }
        }
    }
    let strays = pages.keys().filter(|code| !listed.contains(&code.as_str()));
    // The folder's own introduction is no page of a code.
    for code in strays.filter(|code| *code != "README") {
        let what = "is the page of no code in CODES.txt".to_owned();
        found.push(finding(&format!("{code}.md"), what));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(codes: &[&str]) -> BTreeMap<String, String> {
        codes
            .iter()
            .map(|code| ((*code).to_owned(), HEADINGS.join("\n")))
            .collect()
    }

    #[test]
    fn codes_and_pages_that_agree_are_let_through() {
        assert_eq!(check("a\nb\n", &pages(&["a", "b", "README"])), []);
    }

    fn source(path: &str, text: &str) -> SourceFile {
        SourceFile {
            path: path.into(),
            text: text.into(),
        }
    }

    #[test]
    fn a_code_that_nothing_says_is_found() {
        let sources = [
            source(
                "crates/run/a/src/a.rs",
                "f(\"out-of-range\", \"no_leader\")",
            ),
            source(
                "crates/run/a/src/b.rs",
                "// \"commented\"\nf(\"a tested thing\");\n\
                 #[cfg(test)]\nmod tests { const A: &str = \"tested\"; }",
            ),
            source("crates/run/a/tests/c.rs", "f(\"tested\")"),
            source("crates/dev/x/src/d.rs", "f(\"tested\")"),
        ];
        assert_eq!(unsaid("no_leader\nout_of_range\n", &sources), []);
        let found = unsaid("commented\nno-leader\ntested\n", &sources);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("`commented`"), "{found:?}");
        assert!(found[1].contains("`tested`"), "{found:?}");
    }

    #[test]
    fn a_code_that_is_not_listed_is_found() {
        let sources = [source(
            "crates/run/a/src/a.rs",
            "Failure::usage(\n    \"a-b\",\n    \"text\");\nFailure::failed(\"c-d\", \"e\");\n\
             Stop { code: \"f-g\".to_owned() }; Failure::usage(code, \"text\");",
        )];
        assert_eq!(unlisted("a-b\nc-d\nf-g\n", &sources), []);
        assert_eq!(unlisted("a-b\n", &sources).len(), 2);
        assert_eq!(
            unlisted("", &[source("crates/dev/x/src/d.rs", "code: \"x\"")]),
            []
        );
    }

    #[test]
    fn a_code_without_page_and_a_page_without_code_are_found() {
        assert_eq!(check("a\nb\n", &pages(&["a"])).len(), 1);
        assert_eq!(check("a\n", &pages(&["a", "b"])).len(), 1);
    }

    #[test]
    fn a_page_that_does_not_help_and_a_list_out_of_order_are_found() {
        let poor = BTreeMap::from([("a".to_owned(), "## What happened\n".to_owned())]);
        assert_eq!(check("a\n", &poor).len(), 2);
        assert_eq!(check("b\na\n", &pages(&["a", "b"])).len(), 1);
        assert_eq!(check("a\na\n", &pages(&["a"])).len(), 1);
    }
}
