//! What a stage keeps on disk, so that it need not keep it in memory nor read it again: spaces of
//! keys and values in one file, changed whole or not at all.
//!
//! The file is a copy of what stands on topics. Whoever uses it writes only what a transaction has
//! committed, and beside it how far that was; so it may be behind the log, never ahead, and losing
//! it costs time and nothing else. This crate knows neither: bytes in, bytes out.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error;

pub use error::{StoreError, StoreErrorKind};

use redb::backends::FileBackend;
use redb::{
    Builder, Database, Durability, OwnedAccessGuard, ReadOnlyTable, ReadableDatabase,
    ReadableTableMetadata, TableDefinition, WriteTransaction,
};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

type Kept = &'static [u8];
type Reading = ReadOnlyTable<Kept, Kept>;

/// The name of a space: keys of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Space(pub &'static str);

impl Space {
    fn table(self) -> TableDefinition<'static, Kept, Kept> {
        TableDefinition::new(self.0)
    }
}

/// What is to be changed, each key once: the last word counts.
#[derive(Debug, Default)]
pub struct Batch {
    changes: BTreeMap<(Space, Vec<u8>), Option<Vec<u8>>>,
}

impl Batch {
    /// Nothing.
    #[must_use]
    pub fn new() -> Batch {
        Batch::default()
    }

    /// `key` has this value.
    pub fn put(&mut self, space: Space, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.changes.insert((space, key.into()), Some(value.into()));
    }

    /// `key` has no value.
    pub fn remove(&mut self, space: Space, key: impl Into<Vec<u8>>) {
        self.changes.insert((space, key.into()), None);
    }

    /// How many keys it changes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Says how the spaces are laid out.
const ABOUT: TableDefinition<'static, &'static str, u32> = TableDefinition::new("about");

/// An open file. Nobody else can open it meanwhile.
pub struct Store {
    path: PathBuf,
    database: Database,
    layout: u32,
    /// In their order.
    spaces: Vec<Space>,
    /// As they stood after the last write; `None` while one is under way.
    reading: Option<BTreeMap<Space, Reading>>,
}

impl Store {
    /// Opens the file at `path`, or creates it with the folders above it, for its owner alone. Its
    /// spaces are laid out by the caller's `layout`. Holds at most about `cache_bytes` of it in
    /// memory.
    ///
    /// # Errors
    /// [`StoreErrorKind::InUse`] where another process has it open, [`StoreErrorKind::Foreign`]
    /// where it is of another layout or something else, and what it holds is left alone;
    /// [`StoreErrorKind::Damaged`], [`StoreErrorKind::Unavailable`].
    pub fn open(
        path: &Path,
        layout: u32,
        spaces: &[Space],
        cache_bytes: usize,
    ) -> Result<Store, StoreError> {
        let database = guarded(path, "opening", || {
            private_folder(path)?;
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(path)?;
            #[cfg(unix)]
            file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
            let backend = FileBackend::new(file)?;
            let mut builder = Builder::new();
            Ok(builder
                .set_cache_size(cache_bytes)
                .create_with_backend(backend)?)
        })?;
        let found = guarded(path, "opening", || laid_out(&database))?;
        if found.is_some_and(|found| found != layout) {
            return Err(StoreError::foreign(path, found.unwrap_or_default(), layout));
        }
        let mut spaces = spaces.to_vec();
        spaces.sort_unstable();
        let mut store = Store {
            path: path.to_owned(),
            database,
            layout,
            spaces,
            reading: None,
        };
        // Creates the spaces that are not there.
        store.write(Batch::new())?;
        Ok(store)
    }

    /// Whether a file at `path` could be written now, without touching one that is there; its
    /// folder is created where it is not.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`].
    pub fn probe(path: &Path) -> Result<(), StoreError> {
        guarded(path, "trying", || {
            private_folder(path)?;
            let beside = path.with_extension("probe");
            std::fs::write(&beside, b"probe")?;
            Ok(std::fs::remove_file(beside)?)
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn reading(&self, space: Space) -> Result<&Reading, redb::Error> {
        let table = self.reading.as_ref().and_then(|tables| tables.get(&space));
        // A write that failed: what is on disk is whole, and is read by who opens it again.
        table.ok_or(redb::Error::PreviousIo)
    }

    /// Shows `read` the value of `key`; `None`: it has none.
    ///
    /// # Errors
    /// [`StoreErrorKind::Damaged`] where it is not what was written,
    /// [`StoreErrorKind::Unavailable`].
    pub fn get<R>(
        &self,
        space: Space,
        key: &[u8],
        read: impl FnOnce(&[u8]) -> R,
    ) -> Result<Option<R>, StoreError> {
        let found = guarded(&self.path, "reading", || {
            let found = self.reading(space)?.get_owned(key)?;
            let sound = |found: &OwnedAccessGuard<Kept>| unsealed(key, found.value()).is_some();
            Ok(found.map(|found| (sound(&found), found)))
        })?;
        match found {
            None => Ok(None),
            Some((true, found)) => Ok(unsealed(key, found.value()).map(read)),
            Some((false, _)) => Err(StoreError::damaged(&self.path)),
        }
    }

    /// Shows `each` the keys that begin with `prefix`, in their order, from the first behind
    /// `after` on, until it says that it has enough.
    ///
    /// # Errors
    /// [`StoreErrorKind::Damaged`], [`StoreErrorKind::Unavailable`].
    pub fn keys(
        &self,
        space: Space,
        prefix: &[u8],
        after: Option<&[u8]>,
        each: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<(), StoreError> {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        let from = after.map_or(Included(prefix), Excluded);
        let mut sound = true;
        guarded(&self.path, "reading", || {
            let range = self.reading(space)?;
            for entry in range.range_owned::<&[u8]>((from, Unbounded))? {
                let (key, value) = entry?;
                let key = key.value();
                if !key.starts_with(prefix) {
                    break;
                }
                sound = unsealed(key, value.value()).is_some();
                if !sound || !each(key) {
                    break;
                }
            }
            Ok(())
        })?;
        if sound {
            Ok(())
        } else {
            Err(StoreError::damaged(&self.path))
        }
    }

    /// How many keys a space has.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`].
    pub fn len(&self, space: Space) -> Result<u64, StoreError> {
        guarded(&self.path, "reading", || Ok(self.reading(space)?.len()?))
    }

    /// How long the file is, in bytes; 0 where nobody can say.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |file| file.len())
    }

    /// Changes everything that `batch` says, and is on disk when it returns; or changes nothing.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`], as when the disk is full: open the file again.
    pub fn write(&mut self, batch: Batch) -> Result<(), StoreError> {
        // What is read holds on to the pages that are written anew.
        self.reading = None;
        let reading = guarded(&self.path, "writing", || {
            let mut transaction = self.database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            // After a crash it opens at once, whatever it holds.
            transaction.set_quick_repair(true);
            self.change(&transaction, batch)?;
            transaction.commit()?;
            self.read_again()
        })?;
        self.reading = Some(reading);
        Ok(())
    }

    fn change(&self, transaction: &WriteTransaction, batch: Batch) -> Result<(), redb::Error> {
        let mut about = transaction.open_table(ABOUT)?;
        about.insert("layout", self.layout)?;
        let mut changes = batch.changes.into_iter().peekable();
        for space in &self.spaces {
            let mut table = transaction.open_table(space.table())?;
            // The changes are in the order of their spaces as well.
            while let Some(((_, key), value)) = changes.next_if(|((of, _), _)| of == space) {
                match value {
                    Some(value) => drop(table.insert(&*key, &*sealed(&key, value))?),
                    None => drop(table.remove(&*key)?),
                }
            }
        }
        debug_assert!(
            changes.next().is_none(),
            "every space is one of those that it was opened with"
        );
        Ok(())
    }

    fn read_again(&self) -> Result<BTreeMap<Space, Reading>, redb::Error> {
        let transaction = self.database.begin_read()?;
        let spaces = self.spaces.iter();
        spaces
            .map(|space| Ok((*space, transaction.open_table(space.table())?)))
            .collect()
    }
}

/// The layout of a file; `None`: it is new. One that has spaces and says nothing has the layout 0,
/// which is nobody's.
fn laid_out(database: &Database) -> Result<Option<u32>, redb::Error> {
    let transaction = database.begin_read()?;
    if transaction.list_tables()?.next().is_none() {
        return Ok(None);
    }
    match transaction.open_table(ABOUT) {
        Ok(about) => Ok(Some(
            about.get_owned("layout")?.map_or(0, |found| found.value()),
        )),
        Err(_) => Ok(Some(0)),
    }
}

/// Does something with the file at `path`. Where its pages do not fit together the library may
/// panic: that is damage, and no reason for the process to end.
fn guarded<T>(
    path: &Path,
    doing: &str,
    act: impl FnOnce() -> Result<T, redb::Error>,
) -> Result<T, StoreError> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)) {
        Ok(done) => done.map_err(|error| StoreError::new(path, doing, error)),
        Err(_) => Err(StoreError::damaged(path)),
    }
}

/// Creates the folders above `path`, for their owner alone.
fn private_folder(path: &Path) -> std::io::Result<()> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A value with a sum over it and its key in front, so that a value which the disk
/// changed is noticed.
fn sealed(key: &[u8], value: Vec<u8>) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(value.len() + 4);
    sealed.extend_from_slice(&sum(key, &value).to_le_bytes());
    sealed.extend_from_slice(&value);
    sealed
}

/// The value inside; `None`: it is not what was written.
fn unsealed<'a>(key: &[u8], sealed: &'a [u8]) -> Option<&'a [u8]> {
    let (written, value) = sealed.split_first_chunk::<4>()?;
    (sum(key, value).to_le_bytes() == *written).then_some(value)
}

fn sum(key: &[u8], value: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(value);
    hasher.finalize()
}
