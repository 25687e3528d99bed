//! All packs: read from the executable or from files that the caller has read.

use crate::case::{self, Case};
use crate::duty::Locked;
use crate::error::PackError;
use crate::model::Order;
use crate::raw::{At, RawDuty, RawOrder};
use include_dir::{Dir, DirEntry, include_dir};
use std::collections::BTreeMap;

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/packs");

/// The orders and rules that are loaded, and their cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Packs {
    orders: BTreeMap<String, Order>,
    cases: Vec<Case>,
    pub(crate) locks: BTreeMap<String, Lock>,
}

/// What `order.lock` and CHANGES.md are compared with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Lock {
    /// Revision and digest of the order and of each duty, as they are now.
    pub(crate) now: BTreeMap<String, Locked>,
    /// The text of `order.lock`.
    pub(crate) locked: Option<String>,
    /// The text of `CHANGES.md`.
    pub(crate) changes: Option<String>,
}

impl Packs {
    /// The packs that ship with tocsin.
    ///
    /// # Errors
    /// When one does not parse: a fault of the build.
    pub fn embedded() -> Result<Packs, PackError> {
        let mut files = BTreeMap::new();
        collect(&EMBEDDED, &mut files)?;
        Packs::from_files(files)
    }

    /// Packs from the texts of their files, by path below the packs' folder, such as
    /// `<slug>/order.toml`. The caller reads the files; a path separator is `/`.
    ///
    /// # Errors
    /// The first file that does not parse, that refers to something that is not there, or that does
    /// not belong where it stands.
    pub fn from_files(files: BTreeMap<String, String>) -> Result<Packs, PackError> {
        let mut packs = Packs {
            orders: BTreeMap::new(),
            cases: Vec::new(),
            locks: BTreeMap::new(),
        };
        for (file, text) in &files {
            if let Some(slug) = file.strip_suffix("/order.toml") {
                let (order, lock) = load(slug, file, text, &files)?;
                packs.orders.insert(slug.to_owned(), order);
                packs.locks.insert(slug.to_owned(), lock);
            }
        }
        for (file, text) in &files {
            packs.place(file, text)?;
        }
        Ok(packs)
    }

    /// Reads a case, and refuses what belongs nowhere.
    fn place(&mut self, file: &str, text: &str) -> Result<(), PackError> {
        let (slug, rest) = file.split_once('/').unwrap_or(("", file));
        let known = matches!(rest, "order.toml" | "order.lock" | "CHANGES.md");
        let is_duty = rest.starts_with("duties/") && rest.ends_with(".toml");
        if !self.orders.contains_key(slug) {
            return Err(PackError::at_start(
                file,
                "there is no order.toml for this file",
            ));
        }
        if rest.starts_with("cases/") {
            let case = case::parse(file, text)?;
            let order = self.orders.get(slug);
            let there = match &case.duty {
                Some(duty) => order.is_some_and(|order| order.duty(duty).is_some()),
                None => order.is_some_and(|order| order.duties.is_empty()),
            };
            if !there {
                return Err(PackError::at_start(file, "the order has no such duty"));
            }
            self.cases.push(case);
        } else if !(known || is_duty) {
            return Err(PackError::at_start(file, "a pack has no such file")
                .with_example("<slug>/duties/<duty>.toml"));
        }
        Ok(())
    }

    /// The order with this slug.
    pub fn order(&self, slug: &str) -> Option<&Order> {
        self.orders.get(slug)
    }

    /// All orders, by slug.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    /// All cases, by file.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// The slug that is nearest to `given`, if one is near.
    pub fn nearest(&self, given: &str) -> Option<&str> {
        self.orders
            .keys()
            .map(|slug| (strsim::jaro_winkler(given, slug), slug.as_str()))
            .filter(|(score, _)| *score > 0.7)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, slug)| slug)
    }

    /// Digest of all that decides, in all packs.
    pub fn digest(&self) -> String {
        let parts: Vec<&str> = self
            .orders
            .values()
            .flat_map(|order| [order.slug.as_str(), order.digest.as_str()])
            .collect();
        facts::digest_parts(&parts)
    }
}

fn collect(dir: &Dir<'_>, files: &mut BTreeMap<String, String>) -> Result<(), PackError> {
    for entry in dir.entries() {
        match entry {
            DirEntry::Dir(inner) => collect(inner, files)?,
            DirEntry::File(file) => {
                let path = file.path().to_string_lossy().replace('\\', "/");
                let text = file
                    .contents_utf8()
                    .ok_or_else(|| PackError::at_start(&path, "the file is not UTF-8"))?;
                files.insert(path, text.to_owned());
            }
        }
    }
    Ok(())
}

/// Reads one order and its duties.
fn load(
    slug: &str,
    file: &str,
    text: &str,
    files: &BTreeMap<String, String>,
) -> Result<(Order, Lock), PackError> {
    let raw: RawOrder = crate::text::parse(file, text)?;
    let revision = raw.revision();
    let mut order = raw.into_order(slug, &At { file, text })?;
    let own = content_digest(file, text)?;
    let mut lock = Lock {
        locked: files.get(&format!("{slug}/order.lock")).cloned(),
        changes: files.get(&format!("{slug}/CHANGES.md")).cloned(),
        ..Lock::default()
    };
    lock.now.insert(
        "order".to_owned(),
        Locked {
            revision,
            digest: own.clone(),
        },
    );
    let mut parts = vec![slug.to_owned(), own];
    let folder = format!("{slug}/duties/");
    for (file, text) in files.iter().filter(|(file, _)| file.starts_with(&folder)) {
        let name = file.trim_start_matches(&folder).trim_end_matches(".toml");
        let raw: RawDuty = crate::text::parse(file, text)?;
        let mut duty = raw.into_duty(name, &At { file, text })?;
        duty.digest = content_digest(file, text)?;
        parts.push(name.to_owned());
        parts.push(duty.digest.clone());
        let locked = Locked {
            revision: duty.revision,
            digest: duty.digest.clone(),
        };
        lock.now.insert(name.to_owned(), locked);
        order.duties.push(duty);
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    order.digest = facts::digest_parts(&parts);
    Ok((order, lock))
}

/// Digest of what a file says: comments, layout and the revision itself left out.
fn content_digest(file: &str, text: &str) -> Result<String, PackError> {
    let mut content: toml::Table = crate::text::parse(file, text)?;
    content.remove("revision");
    Ok(facts::digest_json(&content))
}
