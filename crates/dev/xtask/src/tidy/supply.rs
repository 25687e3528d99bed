//! Where dependencies come from and under which licences: from crates.io, and such that tocsin can
//! be given away under Apache-2.0.

use super::Finding;
use crate::Trouble;
use cargo_metadata::MetadataCommand;
use std::path::Path;

const CHECK: &str = "supply";
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Licences that ask for no more than to be named.
const ALLOWED: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages that ask for more, and why they are taken all the same.
const EXCEPTIONS: [(&str, &str, &str); 2] = [
    (
        "serde_avro_fast",
        "MPL-2.0",
        "used unchanged; its source is on crates.io",
    ),
    (
        "serde_serializer_quick_unsupported",
        "LGPL-3.0-only",
        "part of serde_avro_fast, used unchanged; whoever gives the executable away gives with it \
         the source and the way to build it with another version, which is this repository",
    ),
];

/// A dependency from outside.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// Its name.
    pub name: String,
    /// The licence expression of its manifest.
    pub licence: Option<String>,
    /// Where cargo gets it from.
    pub source: String,
}

/// Every dependency from outside, however far.
///
/// # Errors
/// `cargo metadata` fails.
pub fn dependencies(root: &Path) -> Result<Vec<Dependency>, Trouble> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .exec()
        .map_err(|why| Trouble::new("asking cargo for the packages", why))?;
    let outside = metadata.packages.into_iter().filter_map(|package| {
        Some(Dependency {
            name: package.name.to_string(),
            licence: package.license,
            source: package.source?.to_string(),
        })
    });
    Ok(outside.collect())
}

/// Checks every dependency.
pub fn check(dependencies: &[Dependency]) -> Vec<Finding> {
    let mut found = Vec::new();
    for dependency in dependencies {
        let name = &dependency.name;
        let mut say = |what: String| {
            found.push(Finding {
                check: CHECK,
                place: name.clone(),
                what,
            });
        };
        if dependency.source != CRATES_IO {
            say(format!(
                "comes from {}; take a released version",
                dependency.source
            ));
        }
        let licence = dependency.licence.as_deref().unwrap_or("none stated");
        let excepted = EXCEPTIONS
            .iter()
            .any(|(package, known, _)| package == name && *known == licence);
        if !excepted && !is_allowed(licence) {
            say(format!(
                "licence `{licence}` is not among those allowed; choose another package"
            ));
        }
    }
    found
}

/// Whether some alternative of a licence expression asks only for what is allowed.
fn is_allowed(expression: &str) -> bool {
    // Every part of an `AND` must have an allowed alternative; `(A OR B) AND C` reads the same way.
    expression.split(" AND ").all(|part| {
        let part = part.trim_matches(['(', ')']);
        part.split(" OR ")
            .flat_map(|one| one.split('/'))
            .any(|one| ALLOWED.contains(&one.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(licence: Option<&str>, source: &str) -> Dependency {
        let licence = licence.map(str::to_owned);
        Dependency {
            name: "some".into(),
            licence,
            source: source.into(),
        }
    }

    #[test]
    fn what_tocsin_uses_may_be_given_away() {
        let all = dependencies(&crate::repository()).unwrap();
        assert!(all.len() > 20, "the dependencies are seen");
        assert_eq!(check(&all), []);
    }

    #[test]
    fn expressions_are_read() {
        let good = [
            "MIT/Apache-2.0",
            "GPL-2.0 OR MIT",
            "(MIT OR GPL-3.0) AND Unicode-3.0",
        ];
        assert!(good.iter().all(|one| is_allowed(one)));
        let bad = [
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "AGPL-3.0 OR SSPL-1.0",
            "none stated",
        ];
        assert!(!bad.iter().any(|one| is_allowed(one)));
    }

    #[test]
    fn other_licences_and_other_sources_are_found() {
        assert_eq!(check(&[dependency(Some("MIT"), CRATES_IO)]), []);
        assert_eq!(check(&[dependency(Some("AGPL-3.0"), CRATES_IO)]).len(), 1);
        assert_eq!(check(&[dependency(None, CRATES_IO)]).len(), 1);
        assert_eq!(
            check(&[dependency(Some("MIT"), "git+https://example.org/some")]).len(),
            1
        );
    }
}
