//! What was read of frozen ranges, in a folder within that of the results, until it is judged: a
//! file of blocks for each partition, and `spool.json`, which says what was asked for.
//!
//! It outlives an interruption, so that nothing is read twice; judging reads it as a log of files.
//! It holds accesses, and so is its owner's alone.

use super::part::{DAMAGED, Part, Records, failed, here, there};
use super::ranges::{CUT, Range, Wanted};
use crate::anew::CREATED_ANEW;
use crate::context::Origin;
use crate::errors::Failure;
use crate::topology::{Topic, TopicNames};
use facts::Source;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use stream::{RecordFiles, RecordStream};

/// The folder within that of the results.
const FOLDER: &str = ".spool";
/// Says what was asked for; whoever works with the folder has locked it.
const NOTE: &str = "spool.json";
/// Is there when everything was read, and was of the topics that were meant.
const WHOLE: &str = "whole";
/// The name and version of the form of all that.
const FORMAT: &str = "tocsin-spool/1";
/// Why nothing is gone on with.
const OTHER: &str = "replay-resume";

/// What a replay was asked to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    pub(super) wanted: Wanted,
    /// The digest of the manifest that it repeats.
    pub(super) manifest: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    format: String,
    version: String,
    asked: Asked,
    topics: Vec<Range>,
}

/// The folder.
pub(super) struct Spool {
    folder: PathBuf,
    /// Locked as long as this lives.
    _note: File,
    /// No earlier replay left it.
    is_new: bool,
    ranges: Vec<Range>,
    /// In the order of the ranges.
    parts: Vec<Mutex<Part>>,
    /// Which range is which partition, by the topic's name where it is judged.
    places: BTreeMap<String, BTreeMap<i32, usize>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Locks it, unless another replay has.
fn lock(note: &File, folder: &Path) -> Result<(), Failure> {
    match note.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(Failure::usage(
            "replay-running",
            format!(
                "another replay is at work in {}: wait for it, or name another folder with --out",
                folder.display()
            ),
        )),
        Err(TryLockError::Error(error)) => Err(failed("locking", folder, &error)),
    }
}

fn other(why: &str, folder: &Path) -> Failure {
    Failure::usage(
        OTHER,
        format!(
            "nothing can be gone on with in {}: {why}. Call --resume with the options of the run \
             that broke off; or remove the folder and begin anew without --resume",
            folder.display()
        ),
    )
}

impl Spool {
    fn folder(out: &Path) -> PathBuf {
        out.join(FOLDER)
    }

    /// An error where an earlier replay has left something to go on with.
    pub(super) fn refuse_unfinished(out: &Path) -> Result<(), Failure> {
        let folder = Spool::folder(out);
        if !folder.exists() {
            return Ok(());
        }
        if let Ok(note) = File::open(folder.join(NOTE)) {
            lock(&note, &folder)?;
        }
        Err(Failure::usage(
            "replay-unfinished",
            format!(
                "an earlier replay broke off, and what it had read is in {}: call it again with \
                 its options and --resume, which reads on where it stopped; or remove the folder \
                 and begin anew",
                folder.display()
            ),
        ))
    }

    /// A new one, with nothing in it.
    pub(super) fn create(
        out: &Path,
        names: &TopicNames,
        asked: Asked,
        ranges: Vec<Range>,
    ) -> Result<Spool, Failure> {
        let folder = Spool::folder(out);
        let note = Note {
            format: FORMAT.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            asked,
            topics: ranges,
        };
        fs::create_dir_all(out).map_err(|error| failed("making the folder", out, &error))?;
        let made = fs::DirBuilder::new().mode(0o700).create(&folder);
        made.map_err(|error| failed("making the folder", &folder, &error))?;
        let path = folder.join(NOTE);
        let text = serde_json::to_string_pretty(&note).unwrap_or_default();
        let mut options = OpenOptions::new();
        let opened = options.write(true).create_new(true).mode(0o600).open(&path);
        let mut file = opened.map_err(|error| failed("writing", &path, &error))?;
        lock(&file, &folder)?;
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_all());
        written.map_err(|error| failed("writing", &path, &error))?;
        let mut spool = Spool::open(folder, file, names, note.topics)?;
        spool.is_new = true;
        Ok(spool)
    }

    /// The one that an earlier replay of the same left.
    pub(super) fn resume(out: &Path, names: &TopicNames, asked: &Asked) -> Result<Spool, Failure> {
        let folder = Spool::folder(out);
        let mut file = File::open(folder.join(NOTE)).map_err(|error| match error.kind() {
            ErrorKind::NotFound => other("no replay broke off there", &folder),
            _ => failed("opening", &folder, &error),
        })?;
        lock(&file, &folder)?;
        let mut text = String::new();
        let read = file
            .read_to_string(&mut text)
            .map_err(|why| why.to_string());
        let note = read.and_then(|_| serde_json::from_str(&text).map_err(|why| why.to_string()));
        let note: Note = note.map_err(|why| {
            let why = format!("{} of {} cannot be read: {why}", NOTE, folder.display());
            Failure::failed(DAMAGED, format!("{why}; remove the folder and begin anew"))
        })?;
        let mut differs = Vec::new();
        let version = env!("CARGO_PKG_VERSION");
        if (note.format.as_str(), note.version.as_str()) != (FORMAT, version) {
            let was = &note.version;
            differs.push(format!("tocsin was {was}, and is {version}"));
        }
        let (was, is) = (&note.asked.wanted, &asked.wanted);
        for (option, is_same) in [
            ("--from", was.from == is.from),
            ("--to", was.to == is.to),
            ("--what-is-left", was.what_is_left == is.what_is_left),
            ("--manifest", note.asked.manifest == asked.manifest),
        ] {
            if !is_same {
                differs.push(format!("{option} was another"));
            }
        }
        let inputs = Topic::INPUTS.map(|topic| names.name(topic));
        let foreign = |range: &&Range| !inputs.iter().any(|name| **name == *range.topic);
        if let Some(range) = note.topics.iter().find(foreign) {
            let topic = &range.topic;
            differs.push(format!("{topic} is no input of this configuration"));
        }
        if !differs.is_empty() {
            return Err(other(&differs.join("; "), &folder));
        }
        let spool = Spool::open(folder, file, names, note.topics)?;
        if !spool.is_whole() {
            // Where a part was cut, what is read anew is to be compared anew.
            let _ = fs::remove_file(spool.folder.join(WHOLE));
        }
        Ok(spool)
    }

    fn open(
        folder: PathBuf,
        note: File,
        names: &TopicNames,
        ranges: Vec<Range>,
    ) -> Result<Spool, Failure> {
        let (mut parts, mut places) = (Vec::new(), BTreeMap::<_, BTreeMap<_, _>>::new());
        for (index, range) in ranges.iter().enumerate() {
            let topic = names.design(&range.topic);
            let file = format!("{topic}-{}", range.partition);
            parts.push(Mutex::new(Part::open(folder.join(file), range)?));
            let of_topic = places.entry(topic.to_owned()).or_default();
            of_topic.insert(range.partition, index);
        }
        Ok(Spool {
            folder,
            _note: note,
            is_new: false,
            ranges,
            parts,
            places,
        })
    }

    /// The ranges as they were frozen.
    pub(super) fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// What was read of each.
    pub(super) fn parts(&self) -> &[Mutex<Part>] {
        &self.parts
    }

    /// What is still to be read of each.
    pub(super) fn left(&self) -> Vec<Range> {
        let parts = self.parts.iter();
        parts.map(|part| locked(part).left()).collect()
    }

    /// Whether everything was read.
    pub(super) fn is_whole(&self) -> bool {
        self.folder.join(WHOLE).exists() && self.left().iter().all(|left| left.length() == 0)
    }

    /// Everything was read, and was of the topics that were meant.
    pub(super) fn set_whole(&self) -> Result<(), Failure> {
        let path = self.folder.join(WHOLE);
        fs::write(&path, []).map_err(|error| failed("writing", &path, &error))
    }

    /// How many records there are of each topic.
    pub(super) fn records(&self) -> BTreeMap<&'static str, u64> {
        let of = |topic: Topic| {
            let partitions = self.places.get(topic.name()).into_iter().flatten();
            let parts = partitions.filter_map(|(_, index)| self.parts.get(*index));
            (topic.name(), parts.map(|part| locked(part).count).sum())
        };
        Topic::INPUTS.map(of).into()
    }

    /// Says of a failure how to go on. Where a new one has read nothing, nothing stays behind.
    pub(super) fn keep(&self, mut failure: Failure) -> Failure {
        if self.is_new && self.parts.iter().all(|part| locked(part).bytes == 0) {
            // The failure says more than another one.
            let _ = self.remove();
            return failure;
        }
        let folder = self.folder.display();
        let advice = if [CUT, CREATED_ANEW].contains(&failure.code) {
            format!("What was read cannot be completed: remove {folder} and begin anew")
        } else {
            format!("What was read is kept in {folder}: the same call with --resume goes on there")
        };
        failure.message = format!("{}. {advice}", failure.message);
        failure
    }

    /// Removes the folder, and that of the results where nothing else is in it.
    pub(super) fn remove(&self) -> Result<(), Failure> {
        let removed = fs::remove_dir_all(&self.folder);
        removed.map_err(|error| failed("removing", &self.folder, &error))?;
        if let Some(out) = self.folder.parent() {
            let _ = fs::remove_dir(out);
        }
        Ok(())
    }

    fn range(&self, topic: &str, partition: i32) -> Option<&Range> {
        self.ranges.get(*self.places.get(topic)?.get(&partition)?)
    }

    fn part(&self, topic: &str, partition: i32) -> Option<MutexGuard<'_, Part>> {
        let part = self.parts.get(*self.places.get(topic)?.get(&partition)?);
        part.map(locked)
    }

    /// For the stages that judge it: where each record stood on the brokers.
    pub(super) fn origin(self: &Arc<Self>) -> Origin {
        let spool = self.clone();
        Arc::new(move |topic, partition, offset| {
            let range = spool.range(topic, partition)?;
            Some(Source::Topic {
                topic: range.topic.clone(),
                partition,
                offset: there(range, offset),
            })
        })
    }
}

impl RecordFiles for Spool {
    fn topics(&self) -> Vec<String> {
        self.places
            .keys()
            .map(|topic| (*topic).to_owned())
            .collect()
    }

    fn partitions(&self, topic: &str) -> i32 {
        let of_topic = self.places.get(topic);
        let last = of_topic.and_then(|of_topic| of_topic.last_key_value());
        last.map_or(0, |(partition, _)| partition + 1)
    }

    fn name(&self, topic: &str, partition: i32) -> String {
        let part = self.part(topic, partition);
        part.map_or_else(String::new, |part| part.path.display().to_string())
    }

    fn start(&self, topic: &str, partition: i32) -> i64 {
        let range = self.range(topic, partition);
        range.map_or(0, |range| here(range, range.from))
    }

    fn end(&self, topic: &str, partition: i32) -> Result<i64, String> {
        let range = self.range(topic, partition);
        Ok(range.map_or(0, |range| here(range, range.to)))
    }

    fn open(
        &self,
        topic: &str,
        partition: i32,
        from: i64,
    ) -> Result<Box<dyn RecordStream>, String> {
        let part = self.part(topic, partition);
        let records = part.map_or_else(|| Ok(Records::default()), |part| part.records(from));
        Ok(Box::new(records.map_err(|error| error.to_string())?))
    }
}
