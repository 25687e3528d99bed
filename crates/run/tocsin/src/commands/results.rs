//! The files that a `demo` or `replay` left, read back.

use crate::errors::Failure;
use serde::de::DeserializeOwned;
use std::path::Path;

/// One document.
pub(super) fn document<T: DeserializeOwned>(out: &Path, name: &str) -> Result<T, Failure> {
    let path = out.join(name);
    serde_json::from_str(&read(&path)?).map_err(|error| invalid(&path, &error))
}

/// A file of lines.
pub(super) fn lines<T: DeserializeOwned>(out: &Path, name: &str) -> Result<Vec<T>, Failure> {
    let path = out.join(name);
    read(&path)?
        .lines()
        .map(|line| serde_json::from_str(line).map_err(|error| invalid(&path, &error)))
        .collect()
}

/// What stands at `path` is not there, or not to be read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(
        "results-unreadable",
        format!(
            "reading {}: {error}; name the folder that `tocsin demo` or `tocsin replay` left, the \
             one of their --out",
            path.display()
        ),
    )
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn invalid(path: &Path, error: &serde_json::Error) -> Failure {
    Failure::failed(
        "results-unreadable",
        format!(
            "{}: {error}; make the results again with this version, or read them with theirs",
            path.display()
        ),
    )
}
