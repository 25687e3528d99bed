//! Who may depend on whom, read from `cargo metadata`.

use super::Finding;
use crate::Trouble;
use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const CHECK: &str = "walls";

/// The folders under `crates/`, in the order in which they may lean on each other: each on its own
/// kind and on those before it.
const TIERS: [&str; 4] = ["pure", "edge", "run", "dev"];

/// What crates of `pure` may depend on from outside: none of these touches the world.
const PURE_MAY_USE: [&str; 12] = [
    "include_dir",
    "ipnet",
    "jiff",
    "rust_iso3166",
    "rustc-hash",
    "schemars",
    "serde",
    "serde_json",
    "serde_json_canonicalizer",
    "sha2",
    "strsim",
    "toml",
];

/// What must not come into `pure` by any way, however far.
const PURE_NEVER_REACHES: [&str; 14] = [
    "async-std",
    "getrandom",
    "hyper",
    "mio",
    "prometheus",
    "rand",
    "rand_core",
    "rdkafka",
    "reqwest",
    "socket2",
    "tokio",
    "tracing",
    "tracing-subscriber",
    "ureq",
];

/// Crates from outside that one crate of ours alone may use, and why.
const ONE_USER: [(&str, &str, &str); 9] = [
    ("rdkafka", "tocsin-stream", "one crate knows Kafka"),
    ("rdkafka-sys", "tocsin-stream", "one crate knows Kafka"),
    ("serde_avro_fast", "tocsin-wire", "one crate knows Avro"),
    ("apache-avro", "tocsin-wire", "one crate knows Avro"),
    ("prometheus", "tocsin-telemetry", "one crate knows metrics"),
    (
        "tracing-subscriber",
        "tocsin-telemetry",
        "one crate decides where logs go",
    ),
    ("redb", "tocsin-store", "one crate keeps state on disk"),
    ("typst", "tocsin-press", "one crate typesets"),
    ("lettre", "tocsin-press", "one crate makes mail"),
];

/// A package of the workspace and what it leans on.
#[derive(Debug, Clone, Default)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its folder under `crates/`, or `benches`.
    pub tier: String,
    /// Direct dependencies of what is built and shipped.
    pub uses: BTreeSet<String>,
    /// Direct dependencies of its tests.
    pub tests_use: BTreeSet<String>,
    /// Everything that what is shipped reaches, however far.
    pub reaches: BTreeSet<String>,
}

/// The packages of the workspace at `root`.
///
/// # Errors
/// `cargo metadata` fails.
pub fn packages(root: &Path) -> Result<Vec<Package>, Trouble> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .exec()
        .map_err(|why| Trouble::new("asking cargo for the packages", why))?;
    let names: BTreeMap<_, _> = metadata
        .packages
        .iter()
        .map(|package| (&package.id, package.name.to_string()))
        .collect();
    let mut leads_to: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
        let shipped = node.deps.iter().filter(|dep| {
            dep.dep_kinds.is_empty()
                || dep
                    .dep_kinds
                    .iter()
                    .any(|info| info.kind == DependencyKind::Normal)
        });
        let targets = shipped.filter_map(|dep| names.get(&dep.pkg).cloned());
        if let Some(name) = names.get(&node.id) {
            leads_to.entry(name.clone()).or_default().extend(targets);
        }
    }
    let ours = metadata.workspace_packages().into_iter().map(|package| {
        let path = package.manifest_path.as_str().replace('\\', "/");
        let tier = TIERS
            .iter()
            .find(|tier| path.contains(&format!("/crates/{tier}/")));
        let of_kind = |test: bool| {
            let wanted = package
                .dependencies
                .iter()
                .filter(move |dep| (dep.kind == DependencyKind::Development) == test);
            wanted.map(|dep| dep.name.clone()).collect()
        };
        let name = package.name.to_string();
        Package {
            tier: tier.map_or("benches", |tier| *tier).to_owned(),
            uses: of_kind(false),
            tests_use: of_kind(true),
            reaches: reach(&name, &leads_to),
            name,
        }
    });
    Ok(ours.collect())
}

fn reach(from: &str, leads_to: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(next) = open.pop() {
        for target in leads_to.get(&next).into_iter().flatten() {
            if reached.insert(target.clone()) {
                open.push(target.clone());
            }
        }
    }
    reached
}

/// Checks every wall.
pub fn check(packages: &[Package]) -> Vec<Finding> {
    let tiers: BTreeMap<&str, &str> = packages
        .iter()
        .map(|package| (package.name.as_str(), package.tier.as_str()))
        .collect();
    let mut found = Vec::new();
    for package in packages {
        let mut say = |what: String| {
            found.push(Finding {
                check: CHECK,
                place: package.name.clone(),
                what,
            });
        };
        for used in &package.uses {
            match tiers.get(used.as_str()) {
                Some(tier) if rank(tier) > rank(&package.tier) => say(format!(
                    "a crate of `{}` depends on `{used}` of `{tier}`; only later ones may lean on \
                     earlier ones ({})",
                    package.tier,
                    TIERS.join(", ")
                )),
                Some(_) => {}
                None if package.tier == "pure" && !PURE_MAY_USE.contains(&used.as_str()) => {
                    say(format!(
                        "a crate of `pure` depends on `{used}`, which is not among those that \
                         touch nothing; do it at the edge, or show that it is pure and list it"
                    ));
                }
                None => {}
            }
            for (outside, owner, why) in ONE_USER {
                if used == outside && package.name != owner {
                    say(format!(
                        "depends on `{used}`, which is for `{owner}` alone: {why}"
                    ));
                }
            }
        }
        if package.tier == "pure" {
            for reached in PURE_NEVER_REACHES
                .iter()
                .filter(|bad| package.reaches.contains(**bad))
            {
                say(format!(
                    "reaches `{reached}` through its dependencies; switch the feature off that \
                     brings it in (cargo tree -i {reached})"
                ));
            }
        }
        for used in &package.tests_use {
            for (outside, owner, why) in ONE_USER {
                if used == outside && package.name != owner && package.tier != "dev" {
                    say(format!(
                        "its tests use `{used}`, which is for `{owner}` alone: {why}"
                    ));
                }
            }
        }
    }
    found
}

/// The place in the order; what stands outside the tiers may lean on all of them.
fn rank(tier: &str) -> usize {
    TIERS
        .iter()
        .position(|known| *known == tier)
        .unwrap_or(TIERS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, tier: &str, uses: &[&str]) -> Package {
        let uses: BTreeSet<String> = uses.iter().map(|used| (*used).to_owned()).collect();
        let (name, tier) = (name.to_owned(), tier.to_owned());
        Package {
            name,
            tier,
            reaches: uses.clone(),
            uses,
            tests_use: BTreeSet::new(),
        }
    }

    fn findings(packages: &[Package]) -> Vec<String> {
        check(packages).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn this_workspace_has_its_walls() {
        let packages = packages(&crate::repository()).unwrap();
        assert!(packages.len() > 5, "the workspace is seen");
        let reaches_much = |package: &Package| package.reaches.len() > 20;
        assert!(
            packages.iter().any(reaches_much),
            "what lies behind is seen"
        );
        assert_eq!(findings(&packages), Vec::<String>::new());
    }

    #[test]
    fn pure_may_not_touch_the_world() {
        let found = findings(&[package("tocsin-facts", "pure", &["serde", "tokio"])]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].contains("`tokio`, which is not among"),
            "{found:?}"
        );
        assert!(found[1].contains("reaches `tokio`"), "{found:?}");
    }

    #[test]
    fn pure_may_not_reach_randomness_by_a_detour() {
        let mut facts = package("tocsin-facts", "pure", &["serde"]);
        facts.reaches.insert("getrandom".into());
        assert_eq!(findings(&[facts]).len(), 1);
    }

    #[test]
    fn earlier_tiers_do_not_lean_on_later_ones() {
        for (tier, used) in [("pure", "edge"), ("edge", "run"), ("run", "dev")] {
            let all = [package("a", tier, &["b"]), package("b", used, &[])];
            assert_eq!(findings(&all).len(), 1, "{tier} on {used}");
            let all = [package("a", tier, &[]), package("b", used, &["a"])];
            assert_eq!(findings(&all).len(), 0, "{used} on {tier}");
        }
    }

    #[test]
    fn kafka_avro_and_metrics_have_one_user_each() {
        for outside in [
            "rdkafka",
            "serde_avro_fast",
            "prometheus",
            "tracing-subscriber",
        ] {
            let found = findings(&[package("tocsin", "run", &[outside])]);
            assert_eq!(found.len(), 1, "{outside}");
            assert!(found[0].contains(" alone: one crate"), "{found:?}");
        }
        assert_eq!(
            findings(&[package("tocsin-stream", "edge", &["rdkafka"])]).len(),
            0
        );
    }

    #[test]
    fn tests_of_dev_crates_alone_may_look_behind_a_wall() {
        let mut shipped = package("tocsin", "run", &[]);
        shipped.tests_use.insert("rdkafka".into());
        assert_eq!(findings(&[shipped.clone()]).len(), 1);
        shipped.tier = "dev".into();
        assert_eq!(findings(&[shipped]).len(), 0);
    }
}
