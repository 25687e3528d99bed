//! The disks of the instances, and what becomes of them: a killed process leaves its file as it is,
//! a machine comes back with a file of some time ago, or with none.

use crate::canary::Canary;
use crate::seeded::Seeded;
use std::path::{Path, PathBuf};
use store::{Batch, Space, Store};
use tempfile::TempDir;

/// The stage that keeps something on disk, by its place among the stages.
pub(crate) const KEEPS_STATE: usize = 2;

/// See the module.
pub(crate) struct Disks {
    root: TempDir,
    seeded: Seeded,
    canary: Option<Canary>,
    /// How many disks each instance has had.
    disks: [u32; 2],
    /// How many times each was begun anew, or went back to what it once was.
    pub(crate) faults: u64,
}

/// Every file of `from` stands in `to` as well, and nothing else.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if to.is_dir() {
        std::fs::remove_dir_all(to)?;
    }
    if from.is_dir() {
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

impl Disks {
    /// Empty ones.
    pub(crate) fn new(seed: u64, canary: Option<Canary>) -> Result<Disks, String> {
        // Memory that looks like a disk, where there is such: thousands of seeds a minute.
        let memory = Path::new("/dev/shm");
        let root = if memory.is_dir() {
            TempDir::new_in(memory)
        } else {
            TempDir::new()
        };
        Ok(Disks {
            root: root.map_err(|why| format!("a folder for disks: {why}"))?,
            seeded: Seeded::new(seed ^ 0x000D_15C5),
            canary,
            disks: [0; 2],
            faults: 0,
        })
    }

    /// The disk of an instance.
    pub(crate) fn of(&self, instance: usize) -> PathBuf {
        let number = self.disks[instance];
        self.root.path().join(format!("{instance}-{number}"))
    }

    /// Another disk, while whoever was replaced holds on to the old one.
    pub(crate) fn replace(&mut self, instance: usize) {
        self.disks[instance] += 1;
    }

    /// The process of an instance ends by `end`, and its disk is not always as it left it.
    pub(crate) fn ends(
        &mut self,
        instance: usize,
        end: impl FnOnce() -> Result<(), String>,
    ) -> Result<(), String> {
        let (disk, kept) = (self.of(instance), self.root.path().join("kept"));
        let failed = |why: std::io::Error| format!("a disk: {why}");
        let killed = self.root.path().join("killed");
        match self.seeded.below(10) {
            // As it is while the process runs: nobody closes the file.
            0..=3 => {
                copy(&disk, &killed).map_err(failed)?;
                end()?;
                copy(&killed, &disk).map_err(failed)?;
                if self.seeded.percent(30) {
                    copy(&killed, &kept.join(instance.to_string())).map_err(failed)?;
                }
            }
            // What it once was.
            4 => {
                end()?;
                let kept = kept.join(instance.to_string());
                if kept.is_dir() {
                    copy(&kept, &disk).map_err(failed)?;
                    self.faults += 1;
                }
            }
            // Nothing.
            5 => {
                end()?;
                if disk.is_dir() {
                    std::fs::remove_dir_all(&disk).map_err(failed)?;
                    self.faults += 1;
                }
            }
            _ => end()?,
        }
        match self.canary {
            Some(Canary::DiskForgetsDue) => empty(&disk, Space("due")),
            Some(Canary::DiskForgetsCandidates) => empty(&disk, Space("candidates")),
            Some(Canary::DiskIsAhead) => {
                let once = self.root.path().join("once").join(instance.to_string());
                if once.is_dir() {
                    let notes = notes(&disk)?;
                    copy(&once, &disk).map_err(failed)?;
                    note(&disk, notes)
                } else {
                    copy(&disk, &once).map_err(failed)
                }
            }
            _ => Ok(()),
        }
    }
}

/// How the stage lays its file out.
const LAYOUT: u32 = 1;
/// How far the partitions go by what is noted of them.
const NOTES: Space = Space("partitions");

/// The files of a disk, opened for a space.
fn stores(disk: &Path, space: Space) -> Result<Vec<Store>, String> {
    let Ok(entries) = std::fs::read_dir(disk) else {
        return Ok(Vec::new());
    };
    let open = |path: PathBuf| {
        Store::open(&path, LAYOUT, &[space], 1 << 20).map_err(|why| why.to_string())
    };
    entries.flatten().map(|entry| open(entry.path())).collect()
}

fn keys(store: &Store, space: Space) -> Result<Vec<Vec<u8>>, String> {
    let mut keys = Vec::new();
    let mut push = |key: &[u8]| {
        keys.push(key.to_vec());
        true
    };
    let read = store.keys(space, b"", None, &mut push);
    read.map_err(|why| why.to_string())?;
    Ok(keys)
}

/// Takes everything of a space away from the files of a disk.
fn empty(disk: &Path, space: Space) -> Result<(), String> {
    for mut store in stores(disk, space)? {
        let mut batch = Batch::new();
        for key in keys(&store, space)? {
            batch.remove(space, key);
        }
        store.write(batch).map_err(|why| why.to_string())?;
    }
    Ok(())
}

type Notes = Vec<(Vec<u8>, Vec<u8>)>;

fn notes(disk: &Path) -> Result<Notes, String> {
    let mut notes = Vec::new();
    for store in stores(disk, NOTES)? {
        for key in keys(&store, NOTES)? {
            let note = store.get(NOTES, &key, <[u8]>::to_vec);
            let note = note.map_err(|why| why.to_string())?;
            notes.extend(note.map(|note| (key, note)));
        }
    }
    Ok(notes)
}

fn note(disk: &Path, notes: Notes) -> Result<(), String> {
    for mut store in stores(disk, NOTES)? {
        let mut batch = Batch::new();
        for (key, note) in &notes {
            batch.put(NOTES, key.clone(), note.clone());
        }
        store.write(batch).map_err(|why| why.to_string())?;
    }
    Ok(())
}
