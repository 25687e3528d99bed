//! What a replay read and by which rules, so that it can be repeated exactly.

use super::ranges::Range;
use crate::errors::{Failure, exit};
use crate::law::Law;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use wire::files::InputFile;

/// The name and version of this form.
const FORMAT: &str = "tocsin-replay/1";

/// The file `manifest.json` of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// The form of this file.
    format: String,
    /// The version of tocsin.
    version: String,
    /// The digest of everything that decides: packs, what binds, settings of judgement.
    law: String,
    /// The orders that bind, as they were named.
    pub(super) orders: Vec<String>,
    /// The digest of each of their packs.
    packs: BTreeMap<String, String>,
    /// The ranges of topics that were read; empty: files were.
    pub(super) topics: Vec<Range>,
    /// The files that were read, with the SHA-256 of their bytes.
    pub(super) files: BTreeMap<String, String>,
    /// The writers' schemas that were met, by their id in the registry, with the SHA-256 of their
    /// text.
    pub(super) schemas: BTreeMap<u32, String>,
}

impl Manifest {
    /// What is about to be replayed.
    pub(super) fn new(law: &Law, orders: &[String]) -> Manifest {
        let packs = law.packs().into_iter();
        Manifest {
            format: FORMAT.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            law: law.digest().to_owned(),
            orders: orders.to_vec(),
            packs: packs.map(|one| (one.order, one.digest)).collect(),
            topics: Vec::new(),
            files: BTreeMap::new(),
            schemas: BTreeMap::new(),
        }
    }

    /// Reads one.
    pub(super) fn read(path: &Path) -> Result<Manifest, Failure> {
        let invalid = |why: String| {
            Failure::usage(
                "manifest-invalid",
                format!(
                    "{} is no manifest of a replay: {why}; name the manifest.json of its folder",
                    path.display()
                ),
            )
        };
        let text = std::fs::read_to_string(path).map_err(|error| invalid(error.to_string()))?;
        let manifest: Manifest =
            serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(invalid(format!(
                "its form is {:?}, this version reads {FORMAT:?}",
                manifest.format
            )));
        }
        Ok(manifest)
    }

    /// As it is written.
    pub(super) fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// An error where `now`, that is about to be replayed, is not what this says. Other rules are
    /// no error where they are wanted.
    pub(super) fn check(&self, now: &Manifest, other_rules: bool) -> Result<(), Failure> {
        let mut differs = Vec::new();
        if !other_rules {
            if self.version != now.version {
                differs.push(format!(
                    "tocsin is {}, it was {}",
                    now.version, self.version
                ));
            }
            for (order, was) in &self.packs {
                match now.packs.get(order) {
                    Some(is) if is == was => {}
                    Some(is) => differs.push(format!("the pack {order} is {is}, it was {was}")),
                    None => differs.push(format!("{order} does not bind")),
                }
            }
            for order in now
                .packs
                .keys()
                .filter(|one| !self.packs.contains_key(*one))
            {
                differs.push(format!("{order} binds and did not"));
            }
            if differs.is_empty() && self.law != now.law {
                differs.push("the settings of judgement or what binds from when differ".to_owned());
            }
        }
        for (name, was) in &self.files {
            match now.files.get(name) {
                Some(is) if is == was => {}
                Some(_) => differs.push(format!("the file {name} has other bytes")),
                None => differs.push(format!("the file {name} is missing")),
            }
        }
        for name in now
            .files
            .keys()
            .filter(|one| !self.files.contains_key(*one))
        {
            differs.push(format!("the file {name} was not there"));
        }
        for (id, was) in &self.schemas {
            if now.schemas.get(id).is_some_and(|is| is != was) {
                differs.push(format!("the schema {id} of the registry has another text"));
            }
        }
        if differs.is_empty() {
            return Ok(());
        }
        Err(Failure {
            code: "manifest-differs",
            message: format!(
                "this replay cannot be repeated exactly: {}; restore what differs. Where only \
                 rules do, --other-rules takes the same records by the rules of now",
                differs.join("; ")
            ),
            exit: exit::DIFFERS,
        })
    }
}

/// The SHA-256 of a file's bytes.
pub(super) fn digest_of(file: &InputFile) -> Result<String, Failure> {
    let failed = |error: std::io::Error| {
        Failure::failed(
            "files-unreadable",
            format!("reading {}: {error}", file.path().display()),
        )
    };
    let mut bytes = std::fs::File::open(file.path()).map_err(failed)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match bytes.read(&mut buffer).map_err(failed)? {
            0 => {
                let bytes = digest.finalize();
                return Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect());
            }
            read => digest.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::LawSettings;

    fn manifest() -> Manifest {
        let mut manifest = Manifest::new(
            &crate::tests::law(&LawSettings::default()),
            &["an-order".to_owned()],
        );
        manifest.files.insert("a.avro".into(), "1".into());
        manifest.schemas.insert(7, "s".into());
        manifest
    }

    fn refusal(change: impl FnOnce(&mut Manifest), other_rules: bool) -> Option<String> {
        let mut now = manifest();
        change(&mut now);
        let refused = manifest().check(&now, other_rules).err();
        refused.map(|failure| {
            assert_eq!(
                (failure.code, failure.exit),
                ("manifest-differs", exit::DIFFERS)
            );
            failure.message
        })
    }

    #[test]
    fn other_records_are_refused_and_other_rules_unless_they_are_wanted() {
        assert_eq!(refusal(|_| {}, false), None);
        let other = |now: &mut Manifest| {
            now.files.insert("a.avro".into(), "2".into());
            now.files.insert("b.avro".into(), "3".into());
            now.schemas.insert(7, "t".into());
        };
        for rules in [false, true] {
            let said = refusal(other, rules).unwrap();
            for part in ["a.avro has other bytes", "b.avro was not there", "schema 7"] {
                assert!(said.contains(part), "{said}");
            }
        }
        let version = |now: &mut Manifest| now.version = "9".into();
        assert!(refusal(version, false).unwrap().contains("tocsin is 9"));
        assert_eq!(refusal(version, true), None);
        let law = |now: &mut Manifest| now.law = "other".into();
        assert!(
            refusal(law, false)
                .unwrap()
                .contains("settings of judgement")
        );
        assert_eq!(refusal(law, true), None);
    }

    #[test]
    fn it_reads_what_it_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.json");
        std::fs::write(&path, manifest().json()).unwrap();
        assert_eq!(Manifest::read(&path).unwrap(), manifest());
        std::fs::write(&path, manifest().json().replace(FORMAT, "tocsin-replay/2")).unwrap();
        assert_eq!(Manifest::read(&path).unwrap_err().code, "manifest-invalid");
    }
}
