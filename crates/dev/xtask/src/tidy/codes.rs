//! Every error code has a page, and every page a code: docs/errors/CODES.txt ↔ docs/errors/*.md.

use super::{Finding, entries, read};
use crate::Trouble;
use std::collections::BTreeMap;
use std::path::Path;

const CHECK: &str = "codes";

/// What each page says, as headings.
const HEADINGS: [&str; 3] = ["## What happened", "## What to check", "## What to do"];

/// Checks the folder of error pages.
///
/// # Errors
/// A page that is there cannot be read.
pub fn check_folder(folder: &Path) -> Result<Vec<Finding>, Trouble> {
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
    Ok(check(&read(&folder.join("CODES.txt"))?, &pages))
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
    let listed: Vec<&str> = codes
        .lines()
        .map(str::trim)
        .filter(|code| !code.is_empty())
        .collect();
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
