//! No clock, disk, network, thread or printing in the code of `crates/pure`.

use super::rust_text::{Kind, RustText, line_of};
use super::{Finding, SourceFile};
use std::collections::BTreeMap;

const CHECK: &str = "purity";

/// What may not stand in pure code, and what to do instead.
const FORBIDDEN: [(&str, &str); 24] = [
    ("std::fs", "take the content as an argument"),
    ("TcpStream", "take what was received as an argument"),
    ("TcpListener", "take what was received as an argument"),
    ("UdpSocket", "take what was received as an argument"),
    ("ToSocketAddrs", "take the address as an argument"),
    ("std::thread", "let the caller decide where it runs"),
    ("std::process", "return what should happen"),
    ("std::env", "take the setting as an argument"),
    ("std::io::stdin", "take the content as an argument"),
    ("env::var", "take the setting as an argument"),
    ("SystemTime", "take the instant as an argument"),
    ("Instant::now", "take the instant as an argument"),
    ("time::Instant", "take the instant as an argument"),
    ("Timestamp::now", "take the instant as an argument"),
    ("Zoned::now", "take the instant as an argument"),
    ("TimeZone::system", "take the zone that the pack names"),
    ("println!", "return what should be said"),
    ("print!", "return what should be said"),
    ("dbg!", "remove it"),
    (
        "RandomState",
        "identifiers are derived from content; use BTreeMap or rustc-hash",
    ),
    ("thread_local!", "keep state in values"),
    ("async fn", "judgement is a plain function"),
    (".await", "judgement is a plain function"),
    ("include_str!(\"/", "name a path inside the crate"),
];

/// Checks every file of `crates/pure` that is no test.
pub fn check(sources: &[SourceFile]) -> Vec<Finding> {
    let pure = |file: &&SourceFile| file.path.starts_with("crates/pure/") && !file.is_test();
    let mut found = Vec::new();
    for file in sources.iter().filter(pure) {
        let code = RustText::new(&file.text).only(Kind::Code);
        // By line: one word a line is said once.
        let mut bad: BTreeMap<usize, (&str, &str)> = BTreeMap::new();
        for (number, line) in code.lines().enumerate() {
            bad.extend(forbidden(line).map(|it| (number + 1, it)));
        }
        for (number, path) in imports(&code) {
            if let Some(it) = forbidden(&path) {
                bad.entry(number).or_insert(it);
            }
        }
        found.extend(bad.into_iter().map(|(number, (bad, instead))| Finding {
            check: CHECK,
            place: format!("{}:{number}", file.path),
            what: format!("`{bad}` in the pure crates; {instead}"),
        }));
    }
    found
}

/// The first forbidden word in a text, and what to do instead.
fn forbidden(text: &str) -> Option<(&'static str, &'static str)> {
    let mut all = FORBIDDEN.into_iter();
    all.find(|(bad, _)| text.contains(bad))
}

/// What the `use` declarations of some code name, path by path, with the line of each declaration:
/// `use std::{fs, io::{self}};` names `std::fs` and `std::io::self`.
fn imports(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    for (at, word) in code.match_indices("use ") {
        if code[..at].ends_with(is_name) {
            continue;
        }
        let rest = &code[at + word.len()..];
        let tree = rest.split(';').next().unwrap_or(rest);
        let mut paths = Vec::new();
        spread(tree, "", &mut paths);
        let line = line_of(code, at);
        found.extend(paths.into_iter().map(|path| (line, path)));
    }
    found
}

/// Adds the paths of a tree of imports that stands behind `before`.
fn spread(tree: &str, before: &str, paths: &mut Vec<String>) {
    let Some((path, rest)) = tree.split_once('{') else {
        paths.push(format!("{before}{}", tree.trim()));
        return;
    };
    let before = format!("{before}{}", path.trim());
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let (mut depth, mut begin) = (0_usize, 0);
    for (at, letter) in inner.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                spread(&inner[begin..at], &before, paths);
                begin = at + 1;
            }
            _ => {}
        }
    }
    spread(&inner[begin..], &before, paths);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> Vec<String> {
        let file = SourceFile {
            path: path.into(),
            text: text.into(),
        };
        check(&[file]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_forbidden_word_is_found() {
        for (bad, _) in FORBIDDEN.iter().filter(|(bad, _)| !bad.contains('"')) {
            let found = findings(
                "crates/pure/facts/src/a.rs",
                &format!("fn a() {{\n  {bad}\n}}"),
            );
            assert_eq!(found.len(), 1, "{bad}");
            assert!(found[0].contains("a.rs:2"), "{found:?}");
        }
    }

    #[test]
    fn what_is_imported_in_braces_is_found() {
        for (text, bad) in [
            ("use std::{fs, io};", "std::fs"),
            ("use std::{collections::BTreeMap, env};", "std::env"),
            (
                "pub(crate) use std::{\n    io::{self, stdin},\n    mem,\n};",
                "std::io::stdin",
            ),
            ("use std::{fmt::{self, Write}, thread as t};", "std::thread"),
            ("use std::time::{Duration, Instant};", "time::Instant"),
        ] {
            let text = format!("//! A file.\n{text}\n");
            let found = findings("crates/pure/facts/src/a.rs", &text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].contains("a.rs:2"), "{found:?}");
            assert!(found[0].contains(&format!("`{bad}`")), "{found:?}");
        }
        let text = "use std::{collections::{BTreeMap, BTreeSet}, fmt, io};\nfn because () {}";
        assert_eq!(
            findings("crates/pure/facts/src/a.rs", text),
            Vec::<String>::new()
        );
    }

    #[test]
    fn comments_strings_tests_and_other_crates_are_free() {
        let text = "//! no std::fs here\nconst A: &str = \"std::fs\";\n\
                    #[cfg(test)]\nmod tests { use std::fs; }";
        assert_eq!(
            findings("crates/pure/facts/src/a.rs", text),
            Vec::<String>::new()
        );
        assert_eq!(
            findings("crates/edge/wire/src/a.rs", "use std::fs;"),
            Vec::<String>::new()
        );
        assert_eq!(
            findings("crates/pure/a/tests/b.rs", "use std::fs;"),
            Vec::<String>::new()
        );
    }
}
