//! `cargo xtask lock`: writes the `order.lock` of every pack. Behind the feature `lock`, so that
//! the other commands do not depend on the law.

use crate::tidy::collect;
use crate::{Trouble, repository};
use std::collections::{BTreeMap, BTreeSet};

/// Writes the locks that are not as they should be, and says which.
///
/// # Errors
/// A pack cannot be read or does not parse; a lock cannot be written.
pub fn lock() -> Result<(), Trouble> {
    let folder = repository().join("crates/pure/orders/packs");
    let mut sources = Vec::new();
    for kind in ["toml", "md", "lock"] {
        collect(&folder, &folder, kind, &mut sources)?;
    }
    let files: BTreeMap<String, String> = sources
        .into_iter()
        .map(|file| (file.path, file.text))
        .collect();
    let slugs: BTreeSet<String> = files
        .keys()
        .filter_map(|path| Some(path.split_once('/')?.0.to_owned()))
        .collect();
    let packs = orders::Packs::from_files(files.clone())
        .map_err(|why| Trouble::new("reading the packs", why))?;
    for slug in slugs {
        let name = format!("{slug}/order.lock");
        let Some(text) = packs.render_lock(&slug) else {
            continue;
        };
        if files.get(&name) == Some(&text) {
            println!("{name}: as it was");
            continue;
        }
        std::fs::write(folder.join(&name), text)
            .map_err(|why| Trouble::new(format!("writing {name}"), why))?;
        println!("{name}: written");
    }
    Ok(())
}
