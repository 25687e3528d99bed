//! Brings the broker and the registry into `.cache/`, once.

use crate::{Trouble, repository};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The broker's version; `kafka/pom.xml` names the same.
pub const KAFKA_VERSION: &str = "4.3.0";
/// The registry's version; `registry/pom.xml` names the same.
pub const REGISTRY_VERSION: &str = "3.3.3";

/// Where the broker's jars are, fetched now if they are missing.
///
/// # Errors
/// Maven is missing or cannot fetch them.
pub fn kafka_lib() -> Result<PathBuf, Trouble> {
    if let Some(given) = std::env::var_os(super::KAFKA_LIB) {
        return Ok(given.into());
    }
    let folder = cache(&format!("kafka-{KAFKA_VERSION}"));
    once(&folder, |fresh| copy_dependencies("kafka", fresh))?;
    Ok(folder)
}

/// Where the unpacked registry is, fetched now if it is missing.
///
/// # Errors
/// Maven or tar is missing, or the archive cannot be fetched or unpacked.
pub fn registry_home() -> Result<PathBuf, Trouble> {
    if let Some(given) = std::env::var_os(super::REGISTRY_HOME) {
        return Ok(given.into());
    }
    let folder = cache(&format!("registry-{REGISTRY_VERSION}"));
    once(&folder, |fresh| {
        copy_dependencies("registry", fresh)?;
        let archive = fresh.join(format!(
            "apicurio-registry-app-{REGISTRY_VERSION}-all.tar.gz"
        ));
        let mut tar = Command::new("tar");
        tar.arg("-xzf").arg(&archive).arg("-C").arg(fresh);
        run(tar, "unpacking the schema registry", "apt-get install tar")?;
        let removing = |why| Trouble::new(format!("removing {}", archive.display()), why);
        std::fs::remove_file(&archive).map_err(removing)
    })?;
    Ok(folder)
}

fn cache(name: &str) -> PathBuf {
    repository().join(".cache").join(name)
}

/// Fills `folder` unless it is there. It appears under its name only when it is whole, so a fetch
/// that was interrupted is begun again.
fn once(folder: &Path, fill: impl FnOnce(&Path) -> Result<(), Trouble>) -> Result<(), Trouble> {
    if folder.is_dir() {
        return Ok(());
    }
    let fresh = folder.with_extension(format!("part-{}", std::process::id()));
    let making = |why| Trouble::new(format!("making {}", fresh.display()), why);
    std::fs::create_dir_all(&fresh).map_err(making)?;
    eprintln!("xtask: fetching {}", folder.display());
    let filled = fill(&fresh).and_then(|()| match std::fs::rename(&fresh, folder) {
        // Another process was faster: its folder is as good as ours.
        Err(_) if folder.is_dir() => Ok(()),
        Err(why) => Err(Trouble::new(
            format!("moving {} into place", fresh.display()),
            why,
        )),
        Ok(()) => Ok(()),
    });
    if fresh.is_dir() {
        // What is left of a failed attempt is of no use; a later one does not look at it.
        let _ = std::fs::remove_dir_all(&fresh);
    }
    filled
}

fn copy_dependencies(part: &str, into: &Path) -> Result<(), Trouble> {
    let pom = repository()
        .join("crates/dev/xtask")
        .join(part)
        .join("pom.xml");
    let mut maven = Command::new("mvn");
    maven.args([
        "-q",
        "-B",
        "dependency:copy-dependencies",
        "-DincludeScope=runtime",
        "-f",
    ]);
    maven
        .arg(pom)
        .arg(format!("-DoutputDirectory={}", into.display()));
    run(
        maven,
        &format!("fetching {part} with Maven"),
        "apt-get install maven",
    )
}

fn run(mut command: Command, doing: &str, get_it: &str) -> Result<(), Trouble> {
    let program = command.get_program().to_string_lossy().into_owned();
    let done = command.output().map_err(|why| match why.kind() {
        std::io::ErrorKind::NotFound => Trouble(format!(
            "{doing}: `{program}` is missing; get it with: {get_it}"
        )),
        _ => Trouble::new(doing, why),
    })?;
    if done.status.success() {
        return Ok(());
    }
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    Err(Trouble(format!(
        "{doing}: {program} ended with {}:\n{said}",
        done.status
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parts::process::Scratch;

    #[test]
    fn a_missing_program_is_named_with_the_way_to_get_it() {
        let command = Command::new("no-such-program-here");
        let trouble = run(command, "fetching", "apt-get install it").unwrap_err();
        assert!(
            trouble.0.contains("`no-such-program-here` is missing"),
            "{trouble}"
        );
        assert!(trouble.0.contains("apt-get install it"), "{trouble}");
    }

    #[test]
    fn an_interrupted_fetch_leaves_nothing_that_looks_whole() {
        let scratch = Scratch::new("once").unwrap();
        let folder = scratch.path().join("part");
        let failed = once(&folder, |fresh| {
            std::fs::write(fresh.join("half"), "x").unwrap();
            Err(Trouble("no network".into()))
        });
        assert!(failed.is_err());
        assert!(!folder.exists());
        once(&folder, |fresh| {
            assert!(!fresh.join("half").exists());
            std::fs::write(fresh.join("whole"), "x").map_err(|why| Trouble::new("w", why))
        })
        .unwrap();
        once(&folder, |_| panic!("fetched twice")).unwrap();
        assert!(folder.join("whole").exists());
    }

    #[test]
    fn the_poms_name_the_versions_that_the_code_names() {
        for (part, version) in [("kafka", KAFKA_VERSION), ("registry", REGISTRY_VERSION)] {
            let pom = repository()
                .join("crates/dev/xtask")
                .join(part)
                .join("pom.xml");
            let text = std::fs::read_to_string(pom).unwrap();
            assert!(
                text.contains(&format!("<version>{version}</version>")),
                "{part}"
            );
        }
    }
}
