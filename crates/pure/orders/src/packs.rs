//! All packs: read from the executable or from files that the caller has read.

use crate::case::{self, Case};
use crate::duty::{Duty, Locked};
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
    /// The texts of orders and duties by file, to say where something is.
    pub(crate) texts: BTreeMap<String, String>,
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
            texts: BTreeMap::new(),
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
                None => order.is_some_and(|order| order.no_duty.is_some()),
            };
            if !there {
                return Err(PackError::at_start(file, "the order has no such duty"));
            }
            self.cases.push(case);
        } else if rest == "order.toml" || is_duty {
            self.texts.insert(file.to_owned(), text.to_owned());
        } else if !known {
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
    let mut raws = BTreeMap::new();
    for (file, text) in files.iter().filter(|(file, _)| file.starts_with(&folder)) {
        let name = file.trim_start_matches(&folder).trim_end_matches(".toml");
        let raw: RawDuty = crate::text::parse(file, text)?;
        raws.insert(name.to_owned(), (At { file, text }, raw));
    }
    for (name, mut duty) in duties(raws)? {
        let file = format!("{folder}{name}.toml");
        let text = files.get(&file).map(String::as_str).unwrap_or_default();
        duty.digest = content_digest(&file, text)?;
        parts.push(name.clone());
        parts.push(duty.digest.clone());
        let locked = Locked {
            revision: duty.revision,
            digest: duty.digest.clone(),
        };
        lock.now.insert(name, locked);
        order.duties.push(duty);
    }
    // What follows from another duty stands after those that stand by themselves.
    order.duties.sort_by_key(|duty| duty.of.is_some());
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    order.digest = facts::digest_parts(&parts);
    Ok((order, lock))
}

/// The duties of an order, those that others refer to first made whole.
fn duties(
    mut raws: BTreeMap<String, (At<'_>, RawDuty)>,
) -> Result<BTreeMap<String, Duty>, PackError> {
    let mut whole = BTreeMap::new();
    while !raws.is_empty() {
        let is_ready = |raw: &RawDuty| {
            let mut named = raw.refers_to().into_iter();
            named.all(|name| whole.contains_key(name.get_ref()))
        };
        let ready = raws.iter().find(|(_, (_, raw))| is_ready(raw));
        let Some(name) = ready.map(|(name, _)| name.clone()) else {
            return Err(unresolved(&raws, &whole));
        };
        if let Some((at, raw)) = raws.remove(&name) {
            let duty = raw.into_duty(&name, &at, &whole)?;
            whole.insert(name, duty);
        }
    }
    Ok(whole)
}

/// Why the duties that are left refer to something that is not there, or to each other.
fn unresolved(
    raws: &BTreeMap<String, (At<'_>, RawDuty)>,
    whole: &BTreeMap<String, Duty>,
) -> PackError {
    let mut named = raws
        .values()
        .flat_map(|(at, raw)| raw.refers_to().into_iter().map(move |name| (at, name)));
    let unknown = named.clone().find(|(_, name)| {
        !raws.contains_key(name.get_ref()) && !whole.contains_key(name.get_ref())
    });
    match (unknown, named.next()) {
        (Some((at, name)), _) => {
            let known: Vec<&String> = raws.keys().chain(whole.keys()).collect();
            let message = format!(
                "the order has no duty `{}`; there are {known:?}",
                name.get_ref()
            );
            at.error(name, message)
        }
        (None, Some((at, name))) => {
            let message = format!("`{}` and this duty refer to each other", name.get_ref());
            at.error(name, message)
        }
        (None, None) => PackError::at_start("", "the duties cannot be put in order"),
    }
}

/// Digest of what a file says: comments, layout and the revision itself left out.
fn content_digest(file: &str, text: &str) -> Result<String, PackError> {
    let mut content: toml::Table = crate::text::parse(file, text)?;
    content.remove("revision");
    Ok(facts::digest_json(&content))
}
