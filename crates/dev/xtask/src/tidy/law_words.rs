//! No docket, order or company in Rust code: law is data. The words come from the packs themselves.

use super::rust_text::{Kind, RustText};
use super::{Finding, SourceFile, entries, read};
use crate::Trouble;
use std::collections::BTreeSet;
use std::path::Path;

const CHECK: &str = "law-words";

/// Keys of order.toml under which companies and dockets are named.
const NAMING_KEYS: [&str; 12] = [
    "bound",
    "case_number",
    "companies",
    "company",
    "docket",
    "dockets",
    "entities",
    "entity",
    "parties",
    "party",
    "respondent",
    "respondents",
];

/// What must not stand in code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Folder names of packs.
    pub slugs: BTreeSet<String>,
    /// Full names of companies, and dockets.
    pub phrases: BTreeSet<String>,
    /// The first word of each company's name, with its capital.
    pub names: BTreeSet<String>,
}

/// The words of every pack under `crates/pure/orders/packs`.
///
/// # Errors
/// The packs cannot be read.
pub fn words(root: &Path) -> Result<Words, Trouble> {
    let mut words = Words::default();
    for folder in entries(&root.join("crates/pure/orders/packs"))? {
        if !folder.is_dir() {
            continue;
        }
        words.slugs.extend(
            folder
                .file_name()
                .map(|name| name.to_string_lossy().into_owned()),
        );
        let file = folder.join("order.toml");
        let parsed: toml::Table = read(&file)?
            .parse()
            .map_err(|why| Trouble::new(format!("reading {}", file.display()), why))?;
        words.take(&toml::Value::Table(parsed), false);
    }
    Ok(words)
}

impl Words {
    fn take(&mut self, value: &toml::Value, naming: bool) {
        match value {
            toml::Value::String(text) if naming => self.take_name(text),
            toml::Value::Array(all) => all.iter().for_each(|one| self.take(one, naming)),
            toml::Value::Table(table) => {
                for (key, inner) in table {
                    // Below a naming key only names and dockets name; roles and notes do not.
                    let names = NAMING_KEYS.contains(&key.as_str()) || (naming && key == "name");
                    self.take(inner, names);
                }
            }
            _ => {}
        }
    }

    fn take_name(&mut self, text: &str) {
        // A name is written with a capital or a figure; a rule that binds whoever it fits says so
        // in common words.
        let is_name = |letter: char| letter.is_uppercase() || letter.is_numeric();
        if text.len() < 4 || !text.contains(is_name) {
            return;
        }
        self.phrases.insert(text.to_owned());
        let first: String = text
            .chars()
            .take_while(|letter| letter.is_alphanumeric())
            .collect();
        if first.len() >= 4 && first.starts_with(char::is_uppercase) {
            self.names.insert(first);
        }
    }
}

/// Checks every Rust file under `crates/` that is no test.
pub fn check(sources: &[SourceFile], words: &Words) -> Vec<Finding> {
    let code = |file: &&SourceFile| file.path.starts_with("crates/") && !file.is_test();
    let mut found = Vec::new();
    for file in sources.iter().filter(code) {
        let read = RustText::new(&file.text);
        let mut look = |text: &str, bad: &dyn Fn(&str) -> Option<String>| {
            for (number, line) in text.lines().enumerate() {
                if let Some(word) = bad(line) {
                    let place = format!("{}:{}", file.path, number + 1);
                    let what = format!(
                        "names `{word}`, which an order binds or is; law and its words are data \
                         (crates/pure/orders/packs, or data files of the demo)"
                    );
                    found.push(Finding {
                        check: CHECK,
                        place,
                        what,
                    });
                }
            }
        };
        look(&read.shipped(), &|line| {
            let phrase = words
                .phrases
                .iter()
                .find(|phrase| line.contains(phrase.as_str()));
            let name = || words.names.iter().find(|name| has_word(line, name));
            phrase.or_else(name).cloned()
        });
        look(&read.only(Kind::Text), &|line| {
            words
                .slugs
                .iter()
                .find(|slug| has_word(line, slug))
                .cloned()
        });
        look(&read.only(Kind::Code), &|line| {
            let parts: BTreeSet<String> = name_parts(line).collect();
            words
                .slugs
                .iter()
                .find(|slug| parts.contains(*slug))
                .cloned()
        });
    }
    found
}

/// Whether `word` stands in `line` between things that are no letters or digits.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// The parts of the names in a line of code, in lower case: `RedFish_a` has `red`, `fish`, `a`.
fn name_parts(line: &str) -> impl Iterator<Item = String> + '_ {
    let words = line.split(|letter: char| !letter.is_alphanumeric());
    words.flat_map(|word| {
        let mut parts = vec![String::new()];
        for letter in word.chars() {
            if letter.is_uppercase() {
                parts.push(String::new());
            }
            if let Some(part) = parts.last_mut() {
                part.extend(letter.to_lowercase());
            }
        }
        // A word in capitals, as of a constant, is one part.
        parts.push(word.to_lowercase());
        parts
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_of(order: &str) -> Words {
        let mut words = Words {
            slugs: ["bell".to_owned()].into(),
            ..Words::default()
        };
        words.take(&toml::Value::Table(order.parse().unwrap()), false);
        words
    }

    fn findings(text: &str) -> usize {
        let words = words_of(
            "title = \"Bell order\"\ndocket = \"1:23-cv-99\"\n\
             [[respondent]]\nname = \"Bellringer LLC\"\nrole = \"Maker\"\n",
        );
        let file = SourceFile {
            path: "crates/edge/a/src/b.rs".into(),
            text: text.into(),
        };
        check(&[file], &words).len()
    }

    #[test]
    fn words_come_from_the_pack() {
        let words = words_of(
            "docket = \"1:23-cv-99\"\nrespondents = [\"Bellringer LLC\"]\n\
             respondent = \"the company\"",
        );
        assert_eq!(
            words.phrases,
            ["1:23-cv-99".into(), "Bellringer LLC".into()].into()
        );
        assert_eq!(words.names, ["Bellringer".into()].into());
    }

    #[test]
    fn company_docket_and_slug_are_found_wherever_they_stand() {
        assert_eq!(findings("// as Bellringer LLC did"), 1);
        assert_eq!(findings("// as Bellringer did"), 1);
        assert_eq!(findings("const A: &str = \"1:23-cv-99\";"), 1);
        assert_eq!(findings("if slug == \"bell\" {}"), 1);
        assert_eq!(findings("fn bell_report() {}"), 1);
        assert_eq!(findings("struct BellOrder;"), 1);
        assert_eq!(findings("const BELL: u8 = 1;"), 1);
    }

    #[test]
    fn other_words_and_tests_are_free() {
        assert_eq!(findings("fn label() {} // a bell"), 0);
        assert_eq!(findings("const A: &str = \"doorbells\"; // the Maker"), 0);
        assert_eq!(
            findings("#[cfg(test)]\nmod tests { const A: &str = \"bell\"; }"),
            0
        );
    }
}
