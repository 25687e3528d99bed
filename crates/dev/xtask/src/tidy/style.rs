//! The shape of source files: header, line length, file length, no ignored tests, no machine paths.

use super::rust_text::{Kind, RustText};
use super::{Finding, SourceFile};

const CHECK: &str = "style";
const COLUMNS_MAX: usize = 100;
/// Lines of a file without its unit tests. Above 400 it should be thought about, above this split.
const LINES_MAX: usize = 600;

/// Folders that exist on one machine only. `/tmp` too: ask for the folder of temporary files.
const MACHINE_FOLDERS: [&str; 5] = ["/work/", "/root/", "/home/", "/tmp/", "/Users/"];

/// Checks every Rust file.
pub fn check(sources: &[SourceFile]) -> Vec<Finding> {
    sources.iter().flat_map(check_file).collect()
}

fn check_file(file: &SourceFile) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut say = |line: usize, what: String| {
        found.push(Finding {
            check: CHECK,
            place: format!("{}:{line}", file.path),
            what,
        });
    };
    if !file.text.starts_with("//!") {
        say(
            1,
            "does not begin with `//!` and a sentence of its duty".into(),
        );
    }
    let read = RustText::new(&file.text);
    for (number, line) in file.text.lines().enumerate() {
        let columns = line.chars().count();
        if columns > COLUMNS_MAX {
            say(
                number + 1,
                format!("{columns} columns; {COLUMNS_MAX} are enough"),
            );
        }
        if line.ends_with([' ', '\t']) {
            say(number + 1, "ends with a space".into());
        }
    }
    for (number, line) in code_lines(&read) {
        if line.trim_start().starts_with("#[ignore") {
            let instead = "gate slow tests by what the environment has, so that CI runs them";
            say(number, format!("an ignored test; {instead}"));
        }
    }
    let shipped = read.shipped();
    let lines = shipped
        .lines()
        .filter(|line| !line.trim().is_empty())
        .count();
    if !file.is_test() && lines > LINES_MAX {
        say(
            1,
            format!("{lines} lines without tests; split it (at most {LINES_MAX})"),
        );
    }
    if !file.is_test() {
        for (number, line) in read.only(Kind::Text).lines().enumerate() {
            let bad = MACHINE_FOLDERS
                .iter()
                .find(|bad| line.trim_start().starts_with(**bad));
            if let Some(bad) = bad.filter(|_| file.path != "crates/dev/xtask/src/tidy/style.rs") {
                say(
                    number + 1,
                    format!("a path of one machine (`{bad}…`); make it a setting"),
                );
            }
        }
    }
    found
}

/// All lines of code, those of unit tests too, with their numbers.
fn code_lines<'a>(read: &'a RustText<'_>) -> impl Iterator<Item = (usize, String)> + use<'a> {
    let code = read.all_code();
    let lines: Vec<String> = code.lines().map(str::to_owned).collect();
    lines
        .into_iter()
        .enumerate()
        .map(|(number, line)| (number + 1, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        let file = SourceFile {
            path: "crates/edge/a/src/b.rs".into(),
            text: text.into(),
        };
        check(&[file])
            .into_iter()
            .map(|finding| finding.what)
            .collect()
    }

    #[test]
    fn a_good_file_is_let_through() {
        let text =
            "//! Its duty.\n\nfn a() {}\n#[cfg(test)]\nmod tests { const A: &str = \"/tmp/x\"; }\n";
        assert_eq!(findings(text), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_found() {
        let long = format!("//! Duty.\n// {}\n", "x".repeat(100));
        let many = format!("//! Duty.\n{}", "fn a() {}\n".repeat(601));
        let cases = [
            ("fn a() {}\n", "begin with"),
            (long.as_str(), "columns"),
            ("//! Duty.\nfn a() {} \n", "ends with a space"),
            (
                "//! Duty.\n#[cfg(test)]\nmod t {\n  #[ignore]\n  fn a() {}\n}\n",
                "ignored test",
            ),
            (
                "//! Duty.\n#[ignore = \"slow\"]\nfn a() {}\n",
                "ignored test",
            ),
            (many.as_str(), "lines without tests"),
            (
                "//! Duty.\nconst A: &str = \"/root/x\";\n",
                "path of one machine",
            ),
        ];
        for (text, expected) in cases {
            let found = findings(text);
            assert_eq!(found.len(), 1, "{expected}: {found:?}");
            assert!(found[0].contains(expected), "{expected}: {found:?}");
        }
    }
}
