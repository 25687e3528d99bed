//! No clock, disk, network, thread or printing in the code of `crates/pure`.

use super::rust_text::{Kind, RustText};
use super::{Finding, SourceFile};

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
        for (number, line) in code.lines().enumerate() {
            // `println!` contains `print!`: one word a line is said once.
            let bad = FORBIDDEN.iter().find(|(bad, _)| line.contains(bad));
            if let Some((bad, instead)) = bad {
                let place = format!("{}:{}", file.path, number + 1);
                let what = format!("`{bad}` in the pure crates; {instead}");
                found.push(Finding {
                    check: CHECK,
                    place,
                    what,
                });
            }
        }
    }
    found
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
