//! Every invariant of ARCHITECTURE.md names a guard, and every guard that is named exists.
//!
//! An invariant is a list item or table row under a heading that says `Invariants`. It names its
//! guard as `` guard: `name` `` (several with commas): a test function, with or without its path,
//! or `tidy:<check>`.

use super::rust_text::RustText;
use super::{CHECKS, Finding, SourceFile};
use std::collections::BTreeSet;

const CHECK: &str = "guards";
const FILE: &str = "ARCHITECTURE.md";

/// Checks the text of ARCHITECTURE.md against the tests of `sources`.
pub fn check(architecture: &str, sources: &[SourceFile]) -> Vec<Finding> {
    let tests: BTreeSet<String> = sources.iter().flat_map(|file| tests(&file.text)).collect();
    let invariants = invariants(architecture);
    let mut found = Vec::new();
    let mut say = |line: usize, what: String| {
        found.push(Finding {
            check: CHECK,
            place: format!("{FILE}:{line}"),
            what,
        });
    };
    if invariants.is_empty() {
        say(
            1,
            "lists no invariants (a heading that says `Invariants`, with a list)".into(),
        );
    }
    for (line, text) in &invariants {
        if guards(text).is_empty() {
            say(
                *line,
                "an invariant without a guard; add guard: `test_name`".into(),
            );
        }
    }
    // Guards that are named outside the list must exist as well.
    for (number, line) in architecture.lines().enumerate() {
        for guard in guards(line) {
            let exists = match guard.strip_prefix("tidy:") {
                Some(check) => CHECKS.contains(&check),
                None => tests.contains(guard.rsplit("::").next().unwrap_or(guard)),
            };
            if !exists {
                say(
                    number + 1,
                    format!("guard `{guard}` does not exist as a test or tidy check"),
                );
            }
        }
    }
    found
}

/// The guards that a text names.
fn guards(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    for (at, mark) in text.match_indices("guard: ") {
        let rest = &text[at + mark.len()..];
        if rest.starts_with('`') {
            let mut rest = rest;
            while let Some((name, after)) = rest.strip_prefix('`').and_then(|r| r.split_once('`')) {
                all.push(name);
                rest = after.trim_start_matches([',', ' ', '\n']);
            }
        } else {
            let name = rest.split([' ', '\n', '|']).next().unwrap_or_default();
            let name = name.trim_end_matches(['.', ',', ';', ')']);
            all.extend((!name.is_empty()).then_some(name));
        }
    }
    all
}

/// The items under headings that say `Invariants`, with the line where each begins.
fn invariants(text: &str) -> Vec<(usize, String)> {
    let mut items: Vec<(usize, String)> = Vec::new();
    let mut inside = None;
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        let level = line.chars().take_while(|letter| *letter == '#').count();
        if level > 0 {
            open = false;
            if line.to_lowercase().contains("invariant") {
                inside = Some(level);
            } else if inside.is_some_and(|outer| level <= outer) {
                inside = None;
            }
            continue;
        }
        if inside.is_none() {
            continue;
        }
        if is_item(line) {
            items.push((number + 1, line.to_owned()));
            open = true;
        } else if line.trim().is_empty() || line.starts_with('|') {
            open = false;
        } else if let (true, Some((_, item))) = (open, items.last_mut()) {
            item.push('\n');
            item.push_str(line.trim_start());
        }
    }
    items
}

fn is_item(line: &str) -> bool {
    let numbered = line
        .split_once(". ")
        .is_some_and(|(number, _)| number.parse::<u32>().is_ok());
    let row = line.starts_with('|') && line.contains("guard: ");
    line.starts_with("- ") || line.starts_with("* ") || numbered || row
}

/// The names of the test functions in a Rust text.
fn tests(text: &str) -> Vec<String> {
    let code = RustText::new(text).all_code();
    let mut names = Vec::new();
    let mut marked = false;
    for line in code.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            marked = true;
        }
        let name = line.split_once("fn ").map(|(_, rest)| rest);
        let name = name.and_then(|rest| rest.split(['(', '<', ' ']).next());
        if let (true, Some(name)) = (marked, name) {
            names.push(name.to_owned());
            marked = false;
        }
    }
    names
}

#[cfg(test)]
mod tests_of_this_check {
    use super::*;

    fn findings(architecture: &str) -> Vec<String> {
        let text = "//! A.\n#[cfg(test)]\nmod tests {\n#[test]\nfn holds() {}\nfn helper() {}\n}";
        let file = SourceFile {
            path: "crates/pure/a/src/b.rs".into(),
            text: text.into(),
        };
        check(architecture, &[file])
            .into_iter()
            .map(|found| found.what)
            .collect()
    }

    #[test]
    fn named_guards_that_exist_are_let_through() {
        let text = "# A\n## Invariants\n\n* One thing holds. guard: `holds`\n\
                    * Another,\n  on two lines. guard: `a::b::holds`, `tidy:walls`\n\
                    1. A third guard: holds.\n\n## After\n\n* free\n";
        assert_eq!(findings(text), Vec::<String>::new());
    }

    #[test]
    fn an_invariant_without_guard_is_found() {
        let found = findings("## Invariants\n\n- One thing holds.\n- Another. guard: `holds`\n");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("without a guard"), "{found:?}");
    }

    #[test]
    fn a_guard_that_does_not_exist_is_found() {
        for guard in ["gone", "helper", "tidy:gone", "a::gone"] {
            let found = findings(&format!("## Invariants\n- One. guard: `{guard}`\n"));
            assert_eq!(found.len(), 1, "{guard}: {found:?}");
            assert!(found[0].contains("does not exist"), "{found:?}");
        }
    }

    #[test]
    fn a_text_without_invariants_is_found() {
        assert_eq!(findings("# Architecture\n").len(), 1);
    }
}
