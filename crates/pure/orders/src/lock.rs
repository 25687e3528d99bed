//! `order.lock`: a change of content without a new revision and a line in CHANGES.md fails.

use crate::duty::Locked;
use crate::lint::Lint;
use crate::packs::{Lock, Packs};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LockFile {
    locked: BTreeMap<String, Locked>,
}

impl Packs {
    /// What `order.lock` and `CHANGES.md` of every pack say against its content; empty when all is
    /// in order.
    pub fn check_lock(&self) -> Vec<Lint> {
        self.locks
            .iter()
            .flat_map(|(slug, lock)| check(slug, lock))
            .collect()
    }

    /// The text that `order.lock` of the order `slug` should have.
    pub fn render_lock(&self, slug: &str) -> Option<String> {
        let lock = self.locks.get(slug)?;
        let mut text = "# Revision and digest of the order and of each duty. Made by \
                        `cargo xtask lock`; a change of\n# content needs a new revision and a line \
                        in CHANGES.md first.\n"
            .to_owned();
        for (name, now) in &lock.now {
            text.push_str(&format!(
                "\n[locked.{name}]\nrevision = {}\ndigest = \"{}\"\n",
                now.revision, now.digest
            ));
        }
        Some(text)
    }
}

fn check(slug: &str, lock: &Lock) -> Vec<Lint> {
    let file = format!("{slug}/order.lock");
    let Some(text) = &lock.locked else {
        return vec![Lint::new(
            &file,
            "the file is missing; make it with `cargo xtask lock`",
        )];
    };
    let locked = match crate::text::parse::<LockFile>(&file, text) {
        Ok(parsed) => parsed.locked,
        Err(error) => return vec![Lint::new(&file, error.to_string())],
    };
    let mut found = Vec::new();
    for (name, now) in &lock.now {
        match locked.get(name) {
            None => found.push(Lint::new(&file, format!("`{name}` is not locked"))),
            Some(before) if before == now => {}
            Some(before) if before.digest != now.digest && before.revision >= now.revision => {
                let message = format!(
                    "the content of `{name}` changed under revision {}; set `revision = {}`, say \
                     in CHANGES.md what changed and why, and make order.lock again",
                    now.revision,
                    before.revision + 1
                );
                found.push(Lint::new(&file, message));
            }
            Some(_) => {
                let message = format!(
                    "`{name}` has revision {}, which is not locked; make order.lock again with \
                     `cargo xtask lock`",
                    now.revision
                );
                found.push(Lint::new(&file, message));
            }
        }
        let line = format!("{name} r{}", now.revision);
        let changes = lock.changes.as_deref().unwrap_or_default();
        if !changes.lines().any(|one| one.contains(&line)) {
            let message = format!("no line names `{line}`: say what changed and why");
            found.push(Lint::new(&format!("{slug}/CHANGES.md"), message));
        }
    }
    for name in locked.keys().filter(|name| !lock.now.contains_key(*name)) {
        let message =
            format!("`{name}` is locked but not there; a duty is never removed, only ended");
        found.push(Lint::new(&file, message));
    }
    found
}
