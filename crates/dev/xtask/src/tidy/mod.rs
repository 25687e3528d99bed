//! Checks of what compilers do not see. Each is a function from what it looks at to findings, and
//! each has a test that shows it failing.

pub mod codes;
pub mod guards;
pub mod law_words;
pub mod purity;
pub mod rust_text;
pub mod style;
pub mod supply;
pub mod topics;
pub mod walls;

use crate::Trouble;
use std::path::Path;

/// One thing that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The check that found it.
    pub check: &'static str,
    /// The file (with line, where there is one) or package.
    pub place: String,
    /// What is wrong and what to do.
    pub what: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}: {}", self.check, self.place, self.what)
    }
}

/// The checks by name; ARCHITECTURE.md refers to them as `tidy:<name>`.
pub const CHECKS: [&str; 8] = [
    "walls",
    "supply",
    "purity",
    "law-words",
    "topics",
    "style",
    "guards",
    "codes",
];

/// A file of the repository, with its path relative to the root.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Relative path with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl SourceFile {
    /// Whether the file as a whole is a test, a bench or a case.
    pub fn is_test(&self) -> bool {
        let inside = |folder: &str| {
            self.path.starts_with(&format!("{folder}/"))
                || self.path.contains(&format!("/{folder}/"))
        };
        inside("tests") || inside("cases") || inside("benches") || self.path.ends_with("/tests.rs")
    }
}

/// Runs every check on the repository at `root`.
///
/// # Errors
/// Something that the checks look at cannot be read.
pub fn all(root: &Path) -> Result<Vec<Finding>, Trouble> {
    let mut sources = Vec::new();
    for folder in ["crates", "benches"] {
        collect(root, &root.join(folder), "rs", &mut sources)?;
    }
    let mut found = walls::check(&walls::packages(root)?);
    found.extend(supply::check(&supply::dependencies(root)?));
    found.extend(purity::check(&sources));
    found.extend(law_words::check(&sources, &law_words::words(root)?));
    found.extend(topics::check_file(&root.join("deploy/topics/topics.toml"))?);
    found.extend(style::check(&sources));
    // A text that is missing has no invariants, which is a finding like any other.
    let architecture = read(&root.join("ARCHITECTURE.md")).unwrap_or_default();
    found.extend(guards::check(&architecture, &sources));
    found.extend(codes::check_folder(&root.join("docs/errors"), &sources)?);
    found.sort();
    Ok(found)
}

/// Reads a text file.
///
/// # Errors
/// It is not there or no UTF-8.
pub(crate) fn read(path: &Path) -> Result<String, Trouble> {
    std::fs::read_to_string(path)
        .map_err(|why| Trouble::new(format!("reading {}", path.display()), why))
}

/// The entries of a folder, sorted by name.
pub(crate) fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>, Trouble> {
    let reading = |why| Trouble::new(format!("reading {}", folder.display()), why);
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(reading)? {
        all.push(entry.map_err(reading)?.path());
    }
    all.sort();
    Ok(all)
}

/// Adds every file under `folder` whose name ends with `.extension`.
pub(crate) fn collect(
    root: &Path,
    folder: &Path,
    extension: &str,
    into: &mut Vec<SourceFile>,
) -> Result<(), Trouble> {
    for path in entries(folder)? {
        if path.is_dir() {
            if !path.ends_with("target") {
                collect(root, &path, extension, into)?;
            }
        } else if path.extension().is_some_and(|end| end == extension) {
            let relative = path.strip_prefix(root).unwrap_or(&path);
            let text = read(&path)?;
            into.push(SourceFile {
                path: relative.to_string_lossy().replace('\\', "/"),
                text,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_files_are_told_by_their_folder() {
        let file = |path: &str| SourceFile {
            path: path.into(),
            text: String::new(),
        };
        assert!(file("crates/edge/wire/tests/all.rs").is_test());
        assert!(file("benches/screen.rs").is_test());
        assert!(file("crates/pure/facts/src/merge/tests.rs").is_test());
        assert!(!file("crates/pure/facts/src/merge.rs").is_test());
    }

    #[test]
    fn a_finding_reads_as_check_place_and_what() {
        let finding = Finding {
            check: "style",
            place: "a.rs:3".into(),
            what: "too long".into(),
        };
        assert_eq!(finding.to_string(), "style: a.rs:3: too long");
    }
}
