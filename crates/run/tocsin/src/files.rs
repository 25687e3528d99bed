//! A folder of files as a cluster's input topics.

use crate::context::Origin;
use crate::errors::Failure;
use crate::topology::{Topic, TopicNames};
use facts::Source;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use stream::{FileRecord, RecordFiles, RecordStream, Refusal};
use wire::Limits;
use wire::files::{FileError, InputFile, Reader};

/// From which record on lines lie how far behind records: empty lines are no records.
type Shifts = Arc<Mutex<BTreeMap<(Topic, i32), Vec<(u64, u64)>>>>;

/// How many records a file has, where they were counted or the file was read to its end.
type Count = Arc<Mutex<Option<u64>>>;

/// The files of one folder, by topic.
pub(crate) struct Folder {
    files: BTreeMap<Topic, Vec<(InputFile, Count)>>,
    names: TopicNames,
    shifts: Shifts,
    /// Kinds of which there is no file.
    pub(crate) missing: Vec<&'static str>,
    /// Files that look like input and are none.
    pub(crate) ignored: Vec<String>,
}

impl Folder {
    /// What `path` holds, under the names of `names`.
    pub(crate) fn open(path: &Path, names: &TopicNames) -> Result<Folder, Failure> {
        let listing = wire::files::list(path).map_err(|error| {
            let hint = "name the folder of the input with --files";
            Failure::usage("files-unreadable", format!("{error}; {hint}"))
        })?;
        if listing.files.is_empty() {
            return Err(Failure::usage(
                "files-none",
                format!(
                    "{} holds no input: expected files such as access-events.jsonl, \
                     breach-events.avro or grants.jsonl.zst",
                    path.display()
                ),
            ));
        }
        let mut files: BTreeMap<Topic, Vec<_>> = BTreeMap::new();
        for file in listing.files {
            if let Some(topic) = Topic::INPUTS
                .into_iter()
                .find(|one| one.name() == file.topic())
            {
                let of_topic = files.entry(topic).or_default();
                of_topic.push((file, Count::default()));
            }
        }
        Ok(Folder {
            files,
            names: names.clone(),
            shifts: Shifts::default(),
            missing: listing.missing,
            ignored: listing.ignored,
        })
    }

    /// The files.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &InputFile> {
        self.files.values().flatten().map(|(file, _)| file)
    }

    /// The names of the files, by topic.
    pub(crate) fn listing(&self) -> BTreeMap<&'static str, Vec<String>> {
        self.files
            .iter()
            .map(|(topic, files)| {
                (
                    topic.name(),
                    files
                        .iter()
                        .map(|(file, _)| file.name().to_owned())
                        .collect(),
                )
            })
            .collect()
    }

    fn file(&self, topic: &str, partition: i32) -> Option<(Topic, &InputFile, &Count)> {
        let topic = self.names.topic(topic)?;
        let (file, count) = self
            .files
            .get(&topic)?
            .get(usize::try_from(partition).ok()?)?;
        Some((topic, file, count))
    }

    /// Names the file and line of a place.
    pub(crate) fn places(self: &Arc<Self>) -> Origin {
        let folder = self.clone();
        Arc::new(move |topic, partition, offset| {
            let (topic, file, _) = folder.file(topic, partition)?;
            let index = u64::try_from(offset).ok()?;
            let shifts = folder.shifts.lock().unwrap_or_else(PoisonError::into_inner);
            let shift = shifts
                .get(&(topic, partition))
                .and_then(|list| list.iter().rev().find(|(from, _)| *from <= index))
                .map_or(0, |(_, shift)| *shift);
            Some(Source::File {
                file: file.name().to_owned(),
                line: index + 1 + shift,
            })
        })
    }
}

impl RecordFiles for Folder {
    fn topics(&self) -> Vec<String> {
        self.files
            .keys()
            .map(|topic| self.names.name(*topic).to_string())
            .collect()
    }

    fn partitions(&self, topic: &str) -> i32 {
        let count = self
            .names
            .topic(topic)
            .and_then(|topic| self.files.get(&topic))
            .map_or(0, Vec::len);
        i32::try_from(count).unwrap_or(i32::MAX)
    }

    fn name(&self, topic: &str, partition: i32) -> String {
        self.file(topic, partition)
            .map(|(_, file, _)| file.name().to_owned())
            .unwrap_or_default()
    }

    fn end(&self, topic: &str, partition: i32) -> Result<i64, String> {
        let (_, file, count) = self.file(topic, partition).ok_or("there is no such file")?;
        // Whoever asks meanwhile waits, and does not count it again.
        let mut count = count.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = match *count {
            Some(counted) => counted,
            None => {
                let counted = file.count(Limits::default());
                *count.insert(counted.map_err(|error| said(&error))?)
            }
        };
        Ok(i64::try_from(counted).unwrap_or(i64::MAX))
    }

    fn open(
        &self,
        topic: &str,
        partition: i32,
        from: i64,
    ) -> Result<Box<dyn RecordStream>, String> {
        let (topic, file, count) = self.file(topic, partition).ok_or("there is no such file")?;
        let from = u64::try_from(from).unwrap_or(0);
        let reader = file
            .open_at(from, Limits::default())
            .map_err(|error| said(&error))?;
        let shifts = self.shifts.clone();
        Ok(Box::new(Records {
            reader,
            at: (topic, partition),
            shifts,
            shift: None,
            count: count.clone(),
            read: (from == 0).then_some(0),
        }))
    }
}

/// Why a file cannot be read, with the code that has a page.
fn said(error: &FileError) -> String {
    format!("{error} ({})", error.code())
}

struct Records {
    reader: Reader,
    at: (Topic, i32),
    shifts: Shifts,
    shift: Option<u64>,
    count: Count,
    /// How many records lie before the next one; `None`: nobody has counted them.
    read: Option<u64>,
}

impl RecordStream for Records {
    fn next(&mut self, record: &mut FileRecord) -> Result<bool, String> {
        let Some(item) = self.reader.read().map_err(|error| said(&error))? else {
            if let Some(read) = self.read {
                let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
                *count = Some(read);
            }
            return Ok(false);
        };
        self.read = Some(item.index + 1);
        let shift = item.line.saturating_sub(item.index + 1);
        if self.shift.map_or(shift > 0, |known| known != shift) {
            self.shift = Some(shift);
            let mut shifts = self.shifts.lock().unwrap_or_else(PoisonError::into_inner);
            let list = shifts.entry(self.at).or_default();
            if list.iter().all(|(from, _)| *from != item.index) {
                list.push((item.index, shift));
                list.sort_unstable();
            }
        }
        match item.value {
            Ok(bytes) => record.value.extend_from_slice(bytes),
            Err(error) => {
                record.refusal = Some(Refusal {
                    code: error.code().to_owned(),
                    reason: error.to_string(),
                    bytes: item.original.to_vec(),
                });
            }
        }
        Ok(true)
    }
}
