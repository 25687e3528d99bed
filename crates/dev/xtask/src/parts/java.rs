//! Which Java to use: the broker needs 17, the registry 21.

use crate::Trouble;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Linux and macOS keep their Java installations.
const FOLDERS: [(&str, &str); 2] = [
    ("/usr/lib/jvm", "bin/java"),
    (
        "/Library/Java/JavaVirtualMachines",
        "Contents/Home/bin/java",
    ),
];

/// A `java` of at least version `least`: JAVA_HOME's, else the one on PATH, else the newest of the
/// folder where the system keeps them.
///
/// # Errors
/// None is new enough; says which were found and how to get one.
pub fn find(least: u32) -> Result<PathBuf, Trouble> {
    let home = std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
    let mut candidates: Vec<PathBuf> = home.into_iter().collect();
    candidates.push(PathBuf::from("java"));
    let preferred = candidates.len();
    for (folder, inside) in FOLDERS {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        candidates.extend(entries.map(|entry| entry.path().join(inside)));
    }
    let versions: Vec<(u32, PathBuf)> = candidates
        .into_iter()
        .map(|java| (version(&java).unwrap_or(0), java))
        .collect();
    choose(least, &versions, preferred).ok_or_else(|| {
        let found = versions.iter().filter(|(version, _)| *version > 0);
        let found: Vec<String> = found
            .map(|(version, java)| format!("{version} ({})", java.display()))
            .collect();
        Trouble(format!(
            "no Java {least} or newer is found (found: {}); install one (Debian: apt-get install \
             openjdk-{least}-jre-headless, or Temurin from adoptium.net) or set JAVA_HOME",
            if found.is_empty() {
                "none".to_owned()
            } else {
                found.join(", ")
            }
        ))
    })
}

fn choose(least: u32, versions: &[(u32, PathBuf)], preferred: usize) -> Option<PathBuf> {
    let (first, rest) = versions.split_at(preferred.min(versions.len()));
    let first = first.iter().find(|(version, _)| *version >= least);
    let newest = || rest.iter().filter(|(version, _)| *version >= least).max();
    first.or_else(newest).map(|(_, java)| java.clone())
}

fn version(java: &Path) -> Option<u32> {
    let done = Command::new(java).arg("-version").output().ok()?;
    parse_version(&String::from_utf8_lossy(&done.stderr))
}

/// The main version out of `openjdk version "17.0.2" …`, `"25" …` or `"1.8.0_292"`.
fn parse_version(text: &str) -> Option<u32> {
    let quoted = text.split('"').nth(1)?;
    let mut parts = quoted
        .split(['.', '-', '_'])
        .map_while(|part| part.parse().ok());
    match parts.next()? {
        1 => parts.next(),
        main => Some(main),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_java_writes_them() {
        assert_eq!(
            parse_version("openjdk version \"17.0.12\" 2024-07-16\nOpenJDK"),
            Some(17)
        );
        assert_eq!(parse_version("openjdk version \"25\" 2025-09-16"), Some(25));
        assert_eq!(parse_version("java version \"1.8.0_292\""), Some(8));
        assert_eq!(parse_version("openjdk version \"22-ea\" 2024"), Some(22));
        assert_eq!(parse_version("command not found"), None);
    }

    #[test]
    fn the_preferred_one_wins_where_it_is_new_enough_else_the_newest() {
        let all: Vec<(u32, PathBuf)> = [(17, "home"), (8, "path"), (21, "a"), (25, "b")]
            .map(|(v, p)| (v, p.into()))
            .to_vec();
        assert_eq!(choose(17, &all, 2), Some("home".into()));
        assert_eq!(choose(21, &all, 2), Some("b".into()));
        assert_eq!(choose(26, &all, 2), None);
    }
}
