//! `tocsin dead-letters`: what could not be used, and the way back for what can be used now.

mod args;
mod letters;
mod masked;
mod redrive;
#[cfg(test)]
mod tests;

pub(crate) use args::DeadLetters;

use super::print_json;
use crate::cli::NoticesAt;
use crate::codec::{Codec, from_base64};
use crate::embedded;
use crate::errors::{Failure, exit};
use crate::topology::{Topic, TopicNames};
use args::{DeadLettersCommand, Filter};
use facts::{DeadLetter, Moment, Source};
use letters::{Letter, chosen, grouped};
use serde_json::{Value, json};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;
use stream::{Cluster, KafkaCluster, Position};

/// Runs it.
pub(crate) fn dead_letters(args: &DeadLetters) -> Result<u8, Failure> {
    match &args.what {
        DeadLettersCommand::List {
            filter,
            all,
            limit,
            at,
        } => list(filter, *all, *limit, at),
        DeadLettersCommand::Show { letter, reveal, at } => show(letter, reveal.as_deref(), at),
        DeadLettersCommand::Redrive(args) => redrive::redrive(args),
    }
}

/// A broker with its dead letters.
struct Broker {
    cluster: KafkaCluster,
    names: TopicNames,
    codec: Codec,
    prefix: String,
}

impl Broker {
    fn open(path: Option<&Path>) -> Result<Broker, Failure> {
        let config = super::run::configuration(path)?;
        let names = TopicNames::new(&config.prefix, &config.topics);
        let cluster = super::run::kafka(&config)?;
        let (store, framing) = super::run::schemas(&config, &names)?;
        Ok(Broker {
            cluster,
            names,
            codec: Codec::new(store, framing, Duration::ZERO),
            prefix: config.prefix,
        })
    }
}

/// Where the letters are, and those that are there.
enum Found {
    OnBroker(Box<Broker>, Vec<Letter>),
    InFolder(Vec<(Letter, DeadLetter)>),
}

impl Found {
    fn at(at: &NoticesAt) -> Result<Found, Failure> {
        match (&at.out, &at.config) {
            (Some(out), _) => Ok(Found::InFolder(letters::of_folder(out)?)),
            (None, Some(config)) => {
                let broker = Broker::open(Some(config))?;
                let letters = letters::of_topic(&broker.cluster, &broker.names, &broker.codec)?;
                Ok(Found::OnBroker(
                    Box::new(broker),
                    letters.into_values().collect(),
                ))
            }
            (None, None) => Err(Failure::usage(
                "dead-letters-where",
                "name where the dead letters are: --out FOLDER of a run, or --config FILE of a \
                 broker",
            )),
        }
    }

    fn names(&self) -> TopicNames {
        match self {
            Found::OnBroker(broker, _) => broker.names.clone(),
            Found::InFolder(_) => embedded::names(),
        }
    }

    fn letters(&self) -> Vec<&Letter> {
        match self {
            Found::OnBroker(_, letters) => letters.iter().collect(),
            Found::InFolder(letters) => letters.iter().map(|(letter, _)| letter).collect(),
        }
    }

    /// The record of a letter: its bytes.
    fn bytes(&self, letter: &Letter) -> Result<Vec<u8>, Failure> {
        let whole = match self {
            Found::InFolder(letters) => letters
                .iter()
                .find(|(one, _)| one.source == letter.source)
                .map(|(_, whole)| whole.bytes.clone()),
            Found::OnBroker(broker, _) => {
                let at = letter.place.map(|place| letter_at(broker, place));
                at.transpose()?.map(|whole| whole.bytes)
            }
        };
        let bytes = whole.as_deref().and_then(from_base64);
        bytes.ok_or_else(|| {
            Failure::failed(
                "results-unreadable",
                format!("the bytes of the letter {} are no base64", letter.name()),
            )
        })
    }
}

/// The letter that stands there.
fn letter_at(broker: &Broker, (partition, offset): (i32, i64)) -> Result<DeadLetter, Failure> {
    let name = broker.names.name(Topic::DeadLetters);
    let mut reader = broker.cluster.open_reader()?;
    reader.assign(&[Position::new(name.clone(), partition, offset)])?;
    let mut found = None;
    while found.is_none() && !reader.at_end() {
        reader.poll(1, Duration::from_millis(100), &mut |record| {
            if record.offset == offset
                && let Some(value) = record.value
            {
                found = Some(broker.codec.decode(Topic::DeadLetters, value));
            }
        })?;
    }
    let gone = || {
        Failure::failed(
            "results-unreadable",
            format!("{name}[{partition}]@{offset} is not there any more"),
        )
    };
    found
        .ok_or_else(gone)?
        .map_err(|bad| Failure::failed("results-unreadable", bad.reason))
}

/// An instant in a table.
fn when(at: Option<Moment>) -> String {
    at.map_or_else(|| "–".to_owned(), |at| at.to_string())
}

fn list(filter: &Filter, all: bool, limit: usize, at: &NoticesAt) -> Result<u8, Failure> {
    let found = Found::at(at)?;
    let shown = chosen(found.letters().into_iter(), filter, &found.names(), all);
    let groups = grouped(&shown);
    if at.json {
        let groups: Vec<Value> = groups
            .iter()
            .map(|one| {
                json!({ "stage": one.stage, "code": one.code, "count": one.count,
                    "oldest": one.oldest, "newest": one.newest })
            })
            .collect();
        let letters: Vec<Value> = shown.iter().map(|one| one.json()).collect();
        print_json(&json!({ "groups": groups, "letters": letters }))?;
        return Ok(exit::DONE);
    }
    if shown.is_empty() {
        println!("no dead letters");
        return Ok(exit::DONE);
    }
    println!(
        "{:>7}  {:<8}  {:<22}  {:<27}  newest",
        "count", "stage", "code", "oldest"
    );
    for one in &groups {
        println!(
            "{:>7}  {:<8}  {:<22}  {:<27}  {}",
            one.count,
            one.stage,
            one.code,
            when(one.oldest),
            when(one.newest)
        );
    }
    println!(
        "\n{:<36}  {:<8}  {:<22}  {:>7}  buried",
        "letter", "stage", "code", "bytes"
    );
    for one in shown.iter().take(limit) {
        let redriven = one.redriven.as_ref();
        let redriven =
            redriven.map_or_else(String::new, |one| format!("  redriven {}", when(one.at)));
        println!(
            "{:<36}  {:<8}  {:<22}  {:>7}  {}{redriven}",
            one.name(),
            one.stage,
            one.code,
            one.bytes,
            when(one.buried_at)
        );
    }
    if shown.len() > limit {
        println!(
            "… and {} more; --limit N or --json shows them",
            shown.len() - limit
        );
    }
    Ok(exit::DONE)
}

/// The letter of that name.
fn find<'a>(letters: &[&'a Letter], name: &str) -> Result<&'a Letter, Failure> {
    let found = letters.iter().find(|one| one.name() == name);
    found.copied().ok_or_else(|| {
        Failure::usage(
            "dead-letter-unknown",
            format!(
                "there is no dead letter {name}; `tocsin dead-letters list` shows what there is"
            ),
        )
    })
}

fn show(name: &str, reveal: Option<&Path>, at: &NoticesAt) -> Result<u8, Failure> {
    let found = Found::at(at)?;
    let letter = find(&found.letters(), name)?;
    let bytes = found.bytes(letter)?;
    if let Some(path) = reveal {
        write_private(path, &bytes)?;
        eprintln!(
            "{} bytes of {name} are in {}; they may name people: delete the file when you are done",
            bytes.len(),
            path.display()
        );
    }
    let topic = match &letter.source {
        Source::Topic { topic, .. } => found.names().topic(topic),
        Source::File { file, .. } => Topic::INPUTS
            .into_iter()
            .find(|topic| file.starts_with(topic.name())),
    };
    let headers: Vec<Value> = letter
        .headers
        .iter()
        .map(|(name, bytes)| json!({ "name": name, "bytes": bytes }))
        .collect();
    let mut shown = letter.json();
    if let Some(members) = shown.as_object_mut() {
        let page = format!("docs/errors/{}.md", letter.code);
        members.insert("page".to_owned(), json!(page));
        members.insert("key_bytes".to_owned(), json!(letter.key_bytes));
        members.insert("headers".to_owned(), json!(headers));
        members.insert("record".to_owned(), masked::masked(&bytes, topic));
    }
    if at.json {
        print_json(&shown)?;
        return Ok(exit::DONE);
    }
    println!(
        "letter    {name}\nstage     {}\ncode      {}",
        letter.stage, letter.code
    );
    println!("reason    {}", letter.reason);
    println!("page      docs/errors/{}.md", letter.code);
    println!("buried    {}", when(letter.buried_at));
    println!("written   {}", when(letter.written_at));
    println!("version   {}", letter.version.as_deref().unwrap_or("–"));
    if let Some(one) = &letter.redriven {
        println!("redriven  {} by {}", when(one.at), one.run);
    }
    for (name, bytes) in &letter.headers {
        println!("header    {name} ({bytes} bytes)");
    }
    let record = shown.get("record").unwrap_or(&Value::Null);
    let text = serde_json::to_string_pretty(record).unwrap_or_default();
    println!("record    {}", text.replace('\n', "\n          "));
    println!("          (masked; --reveal FILE writes the bytes to a file)");
    Ok(exit::DONE)
}

/// Writes a file that is not there yet and that its owner alone reads.
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let opened = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let written = opened.and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| {
        Failure::failed(
            "out-unwritable",
            format!(
                "writing {} failed: {error}; name a file that is not there yet",
                path.display()
            ),
        )
    })
}
