//! What is known of each dead letter, from its topic or from the results of a run.

use super::args::Filter;
use crate::codec::{Codec, headers};
use crate::commands::results;
use crate::errors::Failure;
use crate::processors::LetterKey;
use crate::topology::{Topic, TopicNames};
use facts::{DeadLetter, Moment, Source};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use stream::{Cluster, RecordRef};

/// A dead letter without the record that it holds.
pub(super) struct Letter {
    /// Where its original stands.
    pub(super) source: Source,
    /// The stage that buried it.
    pub(super) stage: String,
    /// The error's code.
    pub(super) code: String,
    /// What was attempted, why it failed and what to do.
    pub(super) reason: String,
    /// When it was buried; `None`: nobody noted it (a run over files).
    pub(super) buried_at: Option<Moment>,
    /// When the original was written to its topic, by its time stamp.
    pub(super) written_at: Option<Moment>,
    /// The version of tocsin that buried it.
    pub(super) version: Option<String>,
    /// How many bytes the original has.
    pub(super) bytes: usize,
    /// How many bytes its key has; `None`: it has none, or nobody noted it.
    pub(super) key_bytes: Option<usize>,
    /// The names of its headers, with the length of each value.
    pub(super) headers: Vec<(String, usize)>,
    /// Where the letter itself stands on its topic: partition and offset.
    pub(super) place: Option<(i32, i64)>,
    /// When and by which run it was redriven last.
    pub(super) redriven: Option<Redriven>,
}

/// That a letter was redriven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Redriven {
    /// When.
    pub(super) at: Option<Moment>,
    /// By which run of the command.
    pub(super) run: String,
}

/// Dead letters by where their originals stand.
pub(super) type Letters = BTreeMap<Source, Letter>;

impl Letter {
    fn new(letter: &DeadLetter) -> Letter {
        let padding = letter.bytes.bytes().rev().take_while(|one| *one == b'=');
        Letter {
            source: letter.source.clone(),
            stage: letter.stage.clone(),
            code: letter.code.clone(),
            reason: letter.reason.clone(),
            buried_at: None,
            written_at: None,
            version: None,
            bytes: (letter.bytes.len() / 4 * 3).saturating_sub(padding.count()),
            key_bytes: None,
            headers: Vec::new(),
            place: None,
            redriven: None,
        }
    }

    /// The same with what the record on the topic says besides its value.
    fn on_topic(letter: &DeadLetter, record: &RecordRef<'_>) -> Letter {
        let text = |name| Some(String::from_utf8_lossy(record.header(name)?).into_owned());
        let original = |(name, value): (&str, &[u8])| {
            let name = name.strip_prefix(headers::ORIGINAL)?;
            Some((name.to_owned(), value.len()))
        };
        let written_at = text(headers::TIMESTAMP).and_then(|text| text.parse().ok());
        Letter {
            buried_at: moment(record.timestamp_ms),
            written_at: written_at.and_then(moment),
            version: text(headers::VERSION),
            key_bytes: record.header(headers::KEY).map(<[u8]>::len),
            headers: record.headers().filter_map(original).collect(),
            place: Some((record.partition, record.offset)),
            ..Letter::new(letter)
        }
    }

    /// What people call it.
    pub(super) fn name(&self) -> String {
        name(&self.source)
    }

    /// What is known of it, as JSON.
    pub(super) fn json(&self) -> Value {
        let redriven = self
            .redriven
            .as_ref()
            .map(|one| json!({ "at": one.at, "run": one.run }));
        json!({
            "letter": self.name(), "stage": self.stage, "code": self.code, "reason": self.reason,
            "source": self.source, "buried_at": self.buried_at, "written_at": self.written_at,
            "version": self.version, "bytes": self.bytes, "redriven": redriven,
        })
    }
}

/// What people call the letter of a place: without characters that a shell takes for its own.
pub(super) fn name(source: &Source) -> String {
    match source {
        Source::Topic {
            topic,
            partition,
            offset,
        } => format!("{topic}/{partition}/{offset}"),
        Source::File { file, line } => format!("{file}:{line}"),
    }
}

/// A time stamp of the log; `None`: it has none.
fn moment(millis: i64) -> Option<Moment> {
    let micros = (millis >= 0).then(|| millis.checked_mul(1000)).flatten()?;
    Moment::from_micros(micros).ok()
}

/// The letters on the topic of a cluster. A null at a letter's key says that it was redriven; a
/// letter behind it, that the same record failed again.
pub(super) fn of_topic(
    cluster: &dyn Cluster,
    names: &TopicNames,
    codec: &Codec,
) -> Result<Letters, Failure> {
    let mut letters = Letters::new();
    let (mut unreadable, mut undecided) = (0_u64, None);
    stream::read_topic(cluster, &names.name(Topic::DeadLetters), &mut |record| {
        let Some(value) = record.value else {
            let letter = record
                .key
                .and_then(LetterKey::parse)
                .and_then(|key| letters.get_mut(&key.source()));
            if let Some(letter) = letter {
                let run = record.header(headers::REDRIVE).unwrap_or_default();
                letter.redriven = Some(Redriven {
                    at: moment(record.timestamp_ms),
                    run: String::from_utf8_lossy(run).into_owned(),
                });
            }
            return;
        };
        match codec.decode::<DeadLetter>(Topic::DeadLetters, value) {
            Ok(letter) => {
                let known = Letter::on_topic(&letter, &record);
                letters.insert(letter.source, known);
            }
            Err(bad) if bad.is_undecided() => undecided = Some(bad.reason),
            Err(_) => unreadable += 1,
        }
    })?;
    if let Some(why) = undecided {
        return Err(Failure::failed("registry", why));
    }
    if unreadable > 0 {
        eprintln!(
            "{unreadable} records of {} are no dead letters that this version reads; they are \
             left out",
            names.name(Topic::DeadLetters)
        );
    }
    Ok(letters)
}

/// The letters in the results of a run, with what each holds.
pub(super) fn of_folder(out: &Path) -> Result<Vec<(Letter, DeadLetter)>, Failure> {
    let letters: Vec<DeadLetter> = results::lines(out, "dead-letters.jsonl")?;
    let known = |letter: DeadLetter| (Letter::new(&letter), letter);
    Ok(letters.into_iter().map(known).collect())
}

/// Those of one code, stage and topic.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// The stage.
    pub(super) stage: String,
    /// The code.
    pub(super) code: String,
    /// How many.
    pub(super) count: usize,
    /// When the first was buried.
    pub(super) oldest: Option<Moment>,
    /// When the last was buried.
    pub(super) newest: Option<Moment>,
}

/// The letters that `filter` takes, unless they were redriven and `all` is not asked for.
pub(super) fn chosen<'a>(
    letters: impl Iterator<Item = &'a Letter>,
    filter: &Filter,
    names: &TopicNames,
    all: bool,
) -> Vec<&'a Letter> {
    let mut chosen: Vec<&Letter> = letters
        .filter(|one| (all || one.redriven.is_none()) && filter.takes(one, names))
        .collect();
    chosen.sort_by(|a, b| (a.buried_at, &a.source).cmp(&(b.buried_at, &b.source)));
    chosen
}

/// Counted by stage and code, the most first.
pub(super) fn grouped(letters: &[&Letter]) -> Vec<Group> {
    let mut groups: BTreeMap<(&str, &str), Group> = BTreeMap::new();
    for one in letters {
        let group = groups
            .entry((one.stage.as_str(), one.code.as_str()))
            .or_insert_with(|| Group {
                stage: one.stage.clone(),
                code: one.code.clone(),
                count: 0,
                oldest: None,
                newest: None,
            });
        group.count += 1;
        group.oldest = [group.oldest, one.buried_at].into_iter().flatten().min();
        group.newest = group.newest.max(one.buried_at);
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups
}
