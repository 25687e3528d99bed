//! `tocsin notices`: what there is, and the people's decisions on it.
//!
//! With `--config` notices are read from the broker and decisions are written to its decisions
//! topic. With `--out` they are read from the results of a run, and a decision is printed as a line
//! for a `decisions.jsonl` file, so that a replay takes it in. `write` makes the files that a run
//! leaves, from either: a running pipeline writes to topics alone.

use super::{print_json, results};
use crate::cli::{DecisionArgs, Notices, NoticesAt, NoticesCommand, Verb};
use crate::codec::Codec;
use crate::errors::{Failure, exit};
use crate::outputs::OutDir;
use crate::topology::{Topic, TopicNames, decision_id};
use facts::{Act, Approve, Decision, Moment, Private, Reject, Release, Sign, Withdraw};
use notice::{NoticeRecord, Phase};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use stream::{Cluster, Outgoing, WorkerSpec};
use wire::Envelope;

/// Runs it.
pub(crate) fn notices(args: &Notices) -> Result<u8, Failure> {
    match &args.what {
        NoticesCommand::List(at) => list(at),
        NoticesCommand::Show { notice, at } => show(notice, at),
        NoticesCommand::Decide {
            notice,
            decision,
            digest,
            who,
            at,
        } => {
            let record = find(notice, at)?;
            current(&record, digest)?;
            let act = match decision {
                Verb::Approve => Act::Approve(Approve {
                    notice: record.id.clone(),
                    digest: record.digest.clone(),
                    document: record.document.canonical(),
                    why: who.why.clone(),
                }),
                Verb::Reject => Act::Reject(Reject {
                    notice: record.id.clone(),
                    digest: record.digest.clone(),
                    why: who.why.clone(),
                }),
                Verb::Withdraw => Act::Withdraw(Withdraw {
                    notice: record.id.clone(),
                    why: who.why.clone(),
                }),
            };
            submit(&record, act, who, at)
        }
        NoticesCommand::Sign {
            notice,
            digest,
            name,
            title,
            who,
            at,
        } => {
            let record = find(notice, at)?;
            current(&record, digest)?;
            let act = sign(&record, name, title)?;
            submit(&record, act, who, at)
        }
        NoticesCommand::Write {
            notices,
            released,
            to,
            at,
        } => write(notices, *released, to, at),
        NoticesCommand::Release {
            notice,
            digest,
            who,
            at,
        } => {
            let record = find(notice, at)?;
            current(&record, digest)?;
            if record.state != Phase::Releasable {
                return Err(Failure::usage(
                    "notice-not-releasable",
                    format!(
                        "notice {notice} is {}: two different people must approve this document, \
                         with no gap left that blocks it, before it can be released",
                        word(&record)
                    ),
                ));
            }
            if record.document.declaration.is_some() && record.signed.is_none() {
                return Err(Failure::usage(
                    "notice-not-releasable",
                    format!(
                        "notice {notice} bears a declaration that nobody has signed; `tocsin \
                         notices sign` does it"
                    ),
                ));
            }
            let act = Act::Release(Release {
                notice: record.id.clone(),
                digest: record.digest.clone(),
                document: record.document.canonical(),
            });
            submit(&record, act, who, at)
        }
    }
}

/// How a notice stands, in a word.
fn word(record: &NoticeRecord) -> String {
    serde_json::to_value(record.state)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// The command refuses to decide on a document that is no longer current; the processor never
/// refuses by that, since it judges the document that the decision carries.
fn current(record: &NoticeRecord, digest: &str) -> Result<(), Failure> {
    if record.digest == digest {
        return Ok(());
    }
    Err(Failure::usage(
        "notice-not-current",
        format!(
            "notice {}: the document with digest {digest} is not the current one, which is {}; \
             read that one and decide again",
            record.id, record.digest
        ),
    ))
}

/// The signature under the declaration that a notice bears, which is shown to who signs.
fn sign(record: &NoticeRecord, name: &str, title: &str) -> Result<Act, Failure> {
    let Some(declaration) = record.document.declaration.clone() else {
        let id = &record.id;
        let message = format!("notice {id} bears no declaration: its order asks for none");
        return Err(Failure::usage("notice-not-sworn", message));
    };
    eprintln!("{name}, {title}, signs: {declaration}");
    Ok(Act::Sign(Sign {
        notice: record.id.clone(),
        digest: record.digest.clone(),
        name: name.to_owned(),
        title: title.to_owned(),
        declaration,
    }))
}

/// Every notice in the results of a run, by id.
pub(super) fn of_run(out: &Path) -> Result<BTreeMap<String, NoticeRecord>, Failure> {
    let mut records = BTreeMap::new();
    let folder = out.join("notices");
    // A run without notices leaves no folder for them, but its determinations.
    if !folder.is_dir() && out.join("determinations.jsonl").is_file() {
        return Ok(records);
    }
    let unreadable = |error: std::io::Error| results::unreadable(&folder, &error);
    for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let record: NoticeRecord = results::document(&path, "notice.json")?;
        records.insert(record.id.clone(), record);
    }
    Ok(records)
}

/// Every notice of the place that was named.
pub(super) fn all(at: &NoticesAt) -> Result<BTreeMap<String, NoticeRecord>, Failure> {
    match (&at.out, &at.config) {
        (Some(out), _) => of_run(out),
        (None, Some(path)) => {
            let config = crate::config::Config::load(path)?;
            let names = TopicNames::new(&config.prefix, &config.topics);
            let cluster = super::run::kafka(&config)?;
            let (store, framing) = super::run::schemas(&config, &names)?;
            let codec = Codec::new(store, framing, Duration::ZERO);
            let mut records = BTreeMap::new();
            for (_, record) in stream::latest(&cluster, &names.name(Topic::Notices))? {
                let Some(bytes) = record.value else {
                    continue;
                };
                let bad =
                    |bad: crate::codec::Bad| Failure::failed("results-unreadable", bad.reason);
                let envelope: Envelope = codec.decode(Topic::Notices, &bytes).map_err(bad)?;
                let record: NoticeRecord =
                    codec.document(Topic::Notices, &envelope).map_err(bad)?;
                records.insert(record.id.clone(), record);
            }
            Ok(records)
        }
        (None, None) => Err(Failure::usage(
            "notices-where",
            "name where the notices are: --out FOLDER of a run, or --config FILE of a broker",
        )),
    }
}

fn find(notice: &str, at: &NoticesAt) -> Result<NoticeRecord, Failure> {
    all(at)?.remove(notice).ok_or_else(|| unknown(notice))
}

fn unknown(notice: &str) -> Failure {
    Failure::usage(
        "notice-unknown",
        format!("there is no notice {notice}; `tocsin notices list` shows what there is"),
    )
}

/// Writes those that are named, or all that are released, as files below `to`.
fn write(names: &[String], released: bool, to: &Path, at: &NoticesAt) -> Result<u8, Failure> {
    let there = all(at)?;
    let chosen: Vec<&NoticeRecord> = if released {
        let is_released = |one: &&NoticeRecord| one.state == Phase::Released && one.held.is_none();
        there.values().filter(is_released).collect()
    } else {
        let find = |name: &String| there.get(name).ok_or_else(|| unknown(name));
        names.iter().map(find).collect::<Result<_, _>>()?
    };
    if chosen.is_empty() {
        eprintln!("no notice is released; nothing is written");
    }
    let out = OutDir::as_it_is(to);
    let mut lines: Vec<Value> = Vec::new();
    for one in chosen {
        let files: Vec<String> = crate::notices::write(one, &out, &one.id)?
            .iter()
            .map(|name| out.path(name).display().to_string())
            .collect();
        if !at.json {
            files.iter().for_each(|file| println!("{file}"));
        }
        lines.push(json!({ "notice": one.id, "state": one.state, "files": files }));
    }
    if at.json {
        print_json(&lines)?;
    }
    Ok(exit::DONE)
}

fn list(at: &NoticesAt) -> Result<u8, Failure> {
    let records = all(at)?;
    if at.json {
        let lines: Vec<Value> = records
            .values()
            .map(|one| {
                json!({ "notice": one.id, "incident": one.incident, "order": one.order,
                    "duty": one.duty, "kind": one.kind, "state": one.state,
                    "digest": one.digest, "gaps": one.gaps.len(),
                    "approvals": approvals(one) })
            })
            .collect();
        print_json(&lines)?;
        return Ok(exit::DONE);
    }
    if records.is_empty() {
        eprintln!("there are no notices");
    }
    for one in records.values() {
        let blocking = one.document.blocking().count();
        println!(
            "{}  {}  {}  {}  {}  {}  {} approvals, {blocking} gaps that block it",
            one.id,
            one.incident,
            one.order,
            one.duty,
            one.kind.as_str(),
            word(one),
            approvals(one),
        );
    }
    Ok(exit::DONE)
}

/// How many approvals hold for the document as it is, or was released.
fn approvals(record: &NoticeRecord) -> usize {
    record.approvals.iter().filter(|one| one.counts).count()
}

fn show(notice: &str, at: &NoticesAt) -> Result<u8, Failure> {
    let record = find(notice, at)?;
    if at.json {
        print_json(&record)?;
    } else {
        println!(
            "notice   {}\nstate    {}\ndigest   {}",
            record.id,
            word(&record),
            record.digest
        );
        if let Some(signed) = &record.signed {
            println!("signed   {}, {}, {}", signed.name, signed.title, signed.at);
        }
        if let Some(held) = &record.held {
            println!("held     {held}");
        }
        for gap in &record.gaps {
            let mark = if gap.blocks { "blocks" } else { "open" };
            println!("gap      [{mark}] {} — {}", gap.what, gap.fill);
        }
        for problem in &record.problems {
            println!("problem  {}", problem.text);
        }
        println!(
            "\n{}",
            notice::letter(&record.document, record.final_at(), record.signed.as_ref()).text
        );
    }
    let gaps = record.document.blocking().next().is_some();
    Ok(if gaps { exit::DIFFERS } else { exit::DONE })
}

/// Records a decision: on the broker, or as a line for a file.
fn submit(
    record: &NoticeRecord,
    act: Act,
    who: &DecisionArgs,
    at: &NoticesAt,
) -> Result<u8, Failure> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let micros = i64::try_from(now.as_micros()).unwrap_or(i64::MAX);
    let when = match who.at {
        Some(at) => at,
        None => Moment::from_micros(micros)
            .map_err(|error| Failure::failed("clock", error.to_string()))?,
    };
    let kind = act.kind();
    let parts = [
        record.id.as_str(),
        kind,
        &record.digest,
        &who.by,
        &when.to_string(),
    ];
    let decision = Decision {
        id: facts::short_id("dec", &parts),
        at: when,
        by: Private::new(who.by.clone()),
        role: who.role.clone(),
        about: record.id.clone(),
        act,
    };
    match (&at.out, &at.config) {
        (None, Some(path)) => {
            let config = crate::config::Config::load(path)?;
            let names = TopicNames::new(&config.prefix, &config.topics);
            let cluster = super::run::kafka(&config)?;
            let (store, framing) = super::run::schemas(&config, &names)?;
            let codec = Codec::new(store, framing, Duration::ZERO);
            let value = codec
                .encode(Topic::Decisions, &decision)
                .map_err(|error| Failure::failed("encode", error.to_string()))?;
            let id = decision_id(&config.prefix, &decision.id);
            let mut worker = cluster.open_worker(WorkerSpec::writer(id))?;
            worker.begin()?;
            let topic = names.name(Topic::Decisions);
            worker.send(&Outgoing::new(topic, decision.id.as_str(), value))?;
            worker.commit(&[])?;
            worker.close()?;
            eprintln!("decision {} ({kind}) is on record", decision.id);
        }
        _ => {
            println!("{}", facts::canonical_json(&decision));
            eprintln!("put this line into a decisions.jsonl beside the other input and replay");
        }
    }
    Ok(exit::DONE)
}
