//! Sends dead letters through again: the original bytes and headers, to the topic and partition
//! that they came from, and a null at the letter's key that says so, in one transaction.
//!
//! The letters are read after the one transactional id was taken over, so of two runs at once the
//! later sees everything that the earlier committed, and nothing is sent twice.

use super::Broker;
use super::args::Redrive;
use super::letters::{self, Letter, Letters, chosen};
use crate::codec::{Bad, Codec, from_base64, headers};
use crate::commands::print_json;
use crate::errors::{Failure, exit};
use crate::processors::LetterKey;
use crate::topology::{Topic, TopicNames, redrive_id};
use facts::{Account, BreachEvent, DeadLetter, Decision, Grant, Source};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};
use stream::{Cluster, LogError, Outgoing, RecordRef, Worker, WorkerSpec};
use wire::Code;

/// At most so many letters in one transaction.
const LETTERS_AT_ONCE: usize = 500;
/// At most so many bytes of records in one transaction, and one record more.
const BYTES_AT_ONCE: usize = 8 << 20;

/// Runs it.
pub(super) fn redrive(args: &Redrive) -> Result<u8, Failure> {
    if args.letters.is_empty() && !args.filter.is_any() && !args.all {
        return Err(Failure::usage(
            "redrive-nothing-chosen",
            "say which dead letters: by name, by --code, --stage, --topic, --from or --to, or all \
             of them with --all",
        ));
    }
    let broker = Broker::open(args.config.as_deref())?;
    let done = run(
        &broker.cluster,
        &broker.names,
        &broker.codec,
        &broker.prefix,
        args,
    )?;
    done.say(args)
}

/// Why a letter was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) letter: String,
    pub(super) code: String,
    pub(super) why: String,
}

/// What a run came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Done {
    /// Its name, on everything that it wrote.
    pub(super) run: String,
    /// The letters that were sent, or would be.
    pub(super) sent: Vec<String>,
    /// Those that were sent by an earlier run.
    pub(super) before: Vec<String>,
    /// Those that were left.
    pub(super) left: Vec<Left>,
}

/// Sends what is asked for.
pub(super) fn run(
    cluster: &dyn Cluster,
    names: &TopicNames,
    codec: &Codec,
    prefix: &str,
    args: &Redrive,
) -> Result<Done, Failure> {
    let mut worker = if args.dry_run {
        None
    } else {
        Some(cluster.open_worker(WorkerSpec::writer(redrive_id(prefix)))?)
    };
    let letters = letters::of_topic(cluster, names, codec)?;
    let mut done = Done::default();
    let mut places: BTreeSet<(i32, i64)> = BTreeSet::new();
    for letter in wanted(&letters, names, args)? {
        match (&letter.redriven, sendable(letter, names)) {
            (Some(_), _) if !args.again => done.before.push(letter.name()),
            (_, Err(left)) => done.left.push(left),
            (_, Ok(())) => places.extend(letter.place),
        }
    }
    done.run = run_name(&places);
    let mut sender = Sender {
        names,
        codec,
        worker: worker.as_deref_mut(),
        unchecked: args.unchecked,
        done: &mut done,
        open: (0, 0),
    };
    let mut failed = None;
    let read = stream::read_topic(cluster, &names.name(Topic::DeadLetters), &mut |record| {
        if failed.is_none()
            && places.contains(&(record.partition, record.offset))
            && let Err(failure) = sender.letter(&record)
        {
            failed = Some(failure);
        }
    });
    let result = match failed.or(read.err().map(Failure::from)) {
        None => sender.commit().map_err(Failure::from),
        Some(failure) => Err(failure),
    };
    // It aborts what is open, which would hold up whoever reads the topics.
    let closed = worker.map_or(Ok(()), |worker| worker.close());
    result?;
    closed?;
    Ok(done)
}

/// The letters that were asked for.
fn wanted<'a>(
    letters: &'a Letters,
    names: &TopicNames,
    args: &Redrive,
) -> Result<Vec<&'a Letter>, Failure> {
    if args.letters.is_empty() {
        return Ok(chosen(letters.values(), &args.filter, names, true));
    }
    let all: Vec<&Letter> = letters.values().collect();
    let mut named: Vec<&Letter> = Vec::new();
    for name in &args.letters {
        named.push(super::find(&all, name)?);
    }
    named.retain(|one| args.filter.takes(one, names));
    named.dedup_by(|a, b| a.source == b.source);
    Ok(named)
}

/// Only inputs are sent again, of which the letter holds the bytes. What the stages write to each
/// other they read whole whenever they start, and an old value behind a newer one of its key would
/// take the newer one's place.
fn sendable(letter: &Letter, names: &TopicNames) -> Result<(), Left> {
    let topic = match &letter.source {
        Source::Topic { topic, .. } => names.topic(topic),
        Source::File { .. } => None,
    };
    if letter.bytes == 0 && letter.code == Code::RecordTooLarge.as_str() {
        return Err(Left {
            letter: letter.name(),
            code: letter.code.clone(),
            why: "its record was too long to be kept; have the source send it again under its own \
                  id, without what is too large"
                .to_owned(),
        });
    }
    if topic.is_some_and(|topic| Topic::INPUTS.contains(&topic)) {
        return Ok(());
    }
    Err(Left {
        letter: letter.name(),
        code: "redrive-internal".to_owned(),
        why: "its topic is no input of this configuration; a stage reads its own topics again \
              whenever it starts, so start it with a version that can read the record"
            .to_owned(),
    })
}

/// A name for this run, from when and what.
fn run_name(places: &BTreeSet<(i32, i64)>) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = since.unwrap_or_default().as_micros().to_string();
    facts::short_id("redrive", &[&now, &format!("{places:?}")])
}

/// Sends letters, some in each transaction.
struct Sender<'a> {
    names: &'a TopicNames,
    codec: &'a Codec,
    /// `None`: only say what would be sent.
    worker: Option<&'a mut (dyn Worker + 'static)>,
    unchecked: bool,
    done: &'a mut Done,
    /// Letters and bytes in the open transaction.
    open: (usize, usize),
}

impl Sender<'_> {
    fn letter(&mut self, record: &RecordRef<'_>) -> Result<(), Failure> {
        let unreadable = |why: &str| Failure::failed("results-unreadable", why);
        let value = record.value.unwrap_or_default();
        let letter: DeadLetter = self
            .codec
            .decode(Topic::DeadLetters, value)
            .map_err(|bad| unreadable(&bad.reason))?;
        let name = letters::name(&letter.source);
        let (Some(bytes), Some(key)) = (from_base64(&letter.bytes), LetterKey::of_letter(&letter))
        else {
            return Err(unreadable(&format!(
                "the letter {name} does not hold its record"
            )));
        };
        if !self.unchecked
            && let Some(topic) = self.names.topic(&key.topic)
            && let Err(bad) = readable(self.codec, topic, &bytes)
        {
            if bad.is_undecided() {
                return Err(Failure::failed("registry", bad.reason));
            }
            self.done.left.push(Left {
                letter: name,
                code: bad.code,
                why: bad.reason,
            });
            return Ok(());
        }
        self.send(&key, bytes, record)?;
        self.done.sent.push(name);
        if self.open.0 >= LETTERS_AT_ONCE || self.open.1 >= BYTES_AT_ONCE {
            self.commit()?;
        }
        Ok(())
    }

    fn send(
        &mut self,
        key: &LetterKey,
        bytes: Vec<u8>,
        letter: &RecordRef<'_>,
    ) -> Result<(), LogError> {
        let Some(worker) = &mut self.worker else {
            return Ok(());
        };
        if self.open.0 == 0 {
            worker.begin()?;
        }
        self.open.0 += 1;
        self.open.1 += bytes.len();
        let original_key = letter.header(headers::KEY).unwrap_or_default();
        let mut out = Outgoing::new(key.topic.as_str(), original_key, bytes).on(key.partition);
        for (name, value) in letter.headers() {
            match name.strip_prefix(headers::ORIGINAL) {
                // The run of an earlier time; what it was made from then stays.
                None | Some(headers::REDRIVE) => {}
                Some(name) => out = out.header(name, value),
            }
        }
        let out = out
            .header(headers::REDRIVEN_FROM, key.to_string())
            .header(headers::REDRIVE, self.done.run.as_str());
        worker.send(&out)?;
        let dead_letters = self.names.name(Topic::DeadLetters);
        let note = Outgoing::tombstone(dead_letters, key.to_string())
            .header(headers::REDRIVE, self.done.run.as_str());
        worker.send(&note)
    }

    fn commit(&mut self) -> Result<(), LogError> {
        if self.open.0 > 0
            && let Some(worker) = &mut self.worker
        {
            worker.commit(&[])?;
            self.open = (0, 0);
        }
        Ok(())
    }
}

/// Whether the stages can use the record as things are now.
fn readable(codec: &Codec, topic: Topic, bytes: &[u8]) -> Result<(), Bad> {
    match topic {
        Topic::AccessEvents => codec.with_access(topic, bytes, |access| access.map(drop)),
        Topic::BreachEvents => codec.decode::<BreachEvent>(topic, bytes).map(drop),
        Topic::Grants => codec.decode::<Grant>(topic, bytes).map(drop),
        Topic::Accounts => codec.decode::<Account>(topic, bytes).map(drop),
        Topic::Decisions => codec.decode::<Decision>(topic, bytes).map(drop),
        _ => Ok(()),
    }
}

impl Done {
    fn say(&self, args: &Redrive) -> Result<u8, Failure> {
        if args.json {
            let left: Vec<Value> = self
                .left
                .iter()
                .map(|one| json!({ "letter": one.letter, "code": one.code, "why": one.why }))
                .collect();
            print_json(&json!({
                "run": self.run, "dry_run": args.dry_run, "redriven": self.sent,
                "redriven_before": self.before, "left": left,
            }))?;
        } else {
            let mut by_topic: BTreeMap<&str, u64> = BTreeMap::new();
            for name in &self.sent {
                let topic = name.split('/').next().unwrap_or_default();
                *by_topic.entry(topic).or_default() += 1;
            }
            let verb = if args.dry_run { "would be" } else { "were" };
            println!("{} dead letters {verb} redriven", self.sent.len());
            for (topic, count) in by_topic {
                println!("  {topic}: {count}");
            }
            if !self.before.is_empty() {
                println!(
                    "{} were redriven before and are left; --again sends them once more",
                    self.before.len()
                );
            }
        }
        for one in &self.left {
            eprintln!("left: {}: {} ({})", one.letter, one.why, one.code);
        }
        Ok(if self.left.is_empty() {
            exit::DONE
        } else {
            exit::DIFFERS
        })
    }
}
