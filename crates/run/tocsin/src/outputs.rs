//! What a run leaves behind: the files of the vocabulary, from the last value of each key.

use crate::assessment::{Assessed, Assessment};
use crate::codec::Codec;
use crate::engine::Plan;
use crate::errors::Failure;
use crate::topology::Topic;
use facts::{Access, Finding, Outcome, Private};
use incident::Incident;
use obligation::{Determination, RegisterEntry};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use wire::Envelope;

/// The folder within that of the results where they are made.
const PARTIAL: &str = ".partial";

/// Where a run leaves its results. They are made in a folder of their own and put in their place
/// when all are there, so that whoever looks sees those of one run, also where another broke off.
pub(crate) struct OutDir {
    target: PathBuf,
    made_in: PathBuf,
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(
        "out-unwritable",
        format!(
            "{what} {} failed: {error}; choose another folder",
            path.display()
        ),
    )
}

impl OutDir {
    /// Makes the folder. What an earlier run left there stays until [`OutDir::finish`].
    pub(crate) fn create(path: &Path) -> Result<OutDir, Failure> {
        let made_in = path.join(PARTIAL);
        remove(&made_in)?;
        fs::create_dir_all(&made_in)
            .map_err(|error| failed("making the folder", &made_in, &error))?;
        Ok(OutDir {
            target: path.to_owned(),
            made_in,
        })
    }

    /// A folder that keeps what is in it.
    pub(crate) fn as_it_is(path: &Path) -> OutDir {
        OutDir {
            target: path.to_owned(),
            made_in: path.to_owned(),
        }
    }

    /// The folder in which the results are made.
    pub(crate) fn folder(&self) -> &Path {
        &self.made_in
    }

    /// A file in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.made_in.join(name)
    }

    /// Puts the results in their place, instead of what an earlier run left there, and nothing
    /// else.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        for name in ["notices", "input", "manifest.json", "compare.json"] {
            remove(&self.target.join(name))?;
        }
        for name in FILES {
            remove(&self.target.join(name))?;
        }
        let reading = |error| failed("reading", &self.made_in, &error);
        for entry in fs::read_dir(&self.made_in).map_err(reading)? {
            let made = entry.map_err(reading)?;
            let place = self.target.join(made.file_name());
            fs::rename(made.path(), &place).map_err(|error| failed("writing", &place, &error))?;
        }
        Ok(())
    }

    /// Writes a file, making its folder. Under its name stands the whole of it, or what stood there
    /// before.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.path(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .map_err(|error| failed("making the folder", folder, &error))?;
        }
        let part = path.with_added_extension("part");
        let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, &path));
        written.map_err(|error| {
            let _ = fs::remove_file(&part);
            failed("writing", &path, &error)
        })
    }

    fn write_lines(&self, name: &str, lines: &[String]) -> Result<(), Failure> {
        let mut text = lines.join("\n");
        if !lines.is_empty() {
            text.push('\n');
        }
        self.write(name, text.as_bytes())
    }
}

impl Drop for OutDir {
    /// Nothing half-made stays behind, nor a folder that was made for it and is empty.
    fn drop(&mut self) {
        if self.made_in != self.target {
            let _ = remove(&self.made_in);
            let _ = fs::remove_dir(&self.target);
        }
    }
}

/// Removes a file, or a folder with what is in it; one that is not there is no error.
fn remove(path: &Path) -> Result<(), Failure> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else if path.exists() {
        fs::remove_file(path)
    } else {
        Ok(())
    };
    removed.map_err(|error| failed("removing", path, &error))
}

/// Those of the files that hold an answer a line.
pub(crate) const LINES: [&str; 5] = [
    "findings.jsonl",
    "incidents.jsonl",
    "determinations.jsonl",
    "register.jsonl",
    "dead-letters.jsonl",
];

/// The files of the vocabulary.
const FILES: [&str; 6] = [
    "summary.json",
    "findings.jsonl",
    "incidents.jsonl",
    "determinations.jsonl",
    "register.jsonl",
    "dead-letters.jsonl",
];

/// One line of `findings.jsonl`.
#[derive(Debug, Serialize)]
struct FindingLine<'a> {
    access: &'a str,
    incident: &'a str,
    #[serde(flatten)]
    finding: Value,
    record: &'a facts::Access,
}

/// The results of a run, as its topics hold them.
pub(crate) struct Results {
    /// Incidents as documents, by id.
    pub(crate) incidents: BTreeMap<String, Value>,
    /// Determinations, by key.
    pub(crate) determinations: BTreeMap<String, Determination>,
    /// Notices, by id.
    pub(crate) notices: BTreeMap<String, notice::NoticeRecord>,
    /// Findings, by key.
    pub(crate) findings: BTreeMap<String, Finding>,
    /// Dead letters, by key.
    pub(crate) dead_letters: BTreeMap<String, facts::DeadLetter>,
    /// Everything that is known, with its determinations.
    pub(crate) assessed: Vec<Assessed>,
}

fn unreadable(topic: Topic, why: impl std::fmt::Display) -> Failure {
    Failure::failed(
        "results-unreadable",
        format!("reading the topic {}: {why}", topic.name()),
    )
}

/// The last value of each key of a topic.
pub(crate) fn last_values<T>(
    plan: &Plan,
    codec: &Codec,
    topic: Topic,
) -> Result<BTreeMap<String, T>, Failure>
where
    T: for<'a> wire::Readable<'a> + crate::codec::Checked,
{
    let records = stream::latest(plan.cluster.as_ref(), &plan.names.name(topic))?;
    let mut values = BTreeMap::new();
    for (key, record) in records {
        let Some(bytes) = record.value else {
            continue;
        };
        let value = codec
            .decode(topic, &bytes)
            .map_err(|bad| unreadable(topic, bad.reason))?;
        values.insert(String::from_utf8_lossy(&key).into_owned(), value);
    }
    Ok(values)
}

/// The documents of a topic of envelopes, parsed.
pub(crate) fn documents<T: for<'de> Deserialize<'de>>(
    plan: &Plan,
    codec: &Codec,
    topic: Topic,
) -> Result<BTreeMap<String, T>, Failure> {
    last_values::<Envelope>(plan, codec, topic)?
        .into_iter()
        .map(|(key, envelope)| {
            let value = serde_json::from_str(&envelope.document)
                .map_err(|error| unreadable(topic, error))?;
            Ok((key, value))
        })
        .collect()
}

impl Results {
    /// Reads the results of a run from its topics.
    pub(crate) fn read(plan: &Plan) -> Result<Results, Failure> {
        let codec = plan.context();
        let codec = &codec.codec;
        let searched = plan.names.name(Topic::Searched);
        let mut assessment = Assessment::new(plan.cluster.partitions(&searched)?);
        for topic in crate::topology::Stage::Assess.reads() {
            stream::read_topic(
                plan.cluster.as_ref(),
                &plan.names.name(*topic),
                &mut |record| {
                    // What cannot be read is a dead letter of the run itself.
                    let _ = assessment.put(codec, *topic, record.key, record.value);
                },
            )?;
        }
        Ok(Results {
            incidents: documents(plan, codec, Topic::Incidents)?,
            determinations: documents(plan, codec, Topic::Determinations)?,
            notices: documents(plan, codec, Topic::Notices)?,
            findings: last_values(plan, codec, Topic::Findings)?,
            dead_letters: last_values(plan, codec, Topic::DeadLetters)?,
            assessed: assessment.everything(&plan.law),
        })
    }

    /// The lines of each file of lines.
    pub(crate) fn lines(&self, plan: &Plan) -> BTreeMap<&'static str, Vec<String>> {
        let mut incidents_of: BTreeMap<&str, Vec<&Incident>> = BTreeMap::new();
        for one in &self.assessed {
            for group in &one.incident.groups {
                incidents_of.entry(group).or_default().push(&one.incident);
            }
        }
        let findings: Vec<String> = self
            .findings
            .values()
            .filter(|finding| !is_attempt(finding))
            .map(|finding| finding_line(finding, &incidents_of))
            .collect();
        let register = self.register(plan);
        let mut register: Vec<String> = register.iter().map(facts::canonical_json).collect();
        register.sort();
        register.dedup();
        let lines = [
            findings,
            lines(self.incidents.values()),
            lines(self.determinations.values()),
            register,
            lines(self.dead_letters.values()),
        ];
        LINES.into_iter().zip(lines).collect()
    }

    /// Writes every file but the summary.
    pub(crate) fn write(&self, plan: &Plan, out: &OutDir) -> Result<(), Failure> {
        for (name, lines) in self.lines(plan) {
            out.write_lines(name, &lines)?;
        }
        for (id, record) in &self.notices {
            crate::notices::write(record, out, id)?;
        }
        Ok(())
    }

    /// The registers behind the certifications of the bound orders.
    pub(crate) fn register(&self, plan: &Plan) -> Vec<RegisterEntry> {
        let mut register = Vec::new();
        for one in &self.assessed {
            let of_it: Vec<Finding> = self
                .findings
                .values()
                .filter(|finding| one.incident.holds(&finding.group, finding.access.at))
                .filter(|finding| !is_attempt(finding))
                .cloned()
                .collect();
            let mut entries = plan
                .law
                .register(&one.incident, &one.determinations, &of_it);
            notice::certification::prepare(&one.incident, &mut entries);
            register.extend(entries);
        }
        register
    }

    /// Whom the accesses of each incident name, by incident.
    pub(crate) fn names(&self) -> BTreeMap<String, BTreeSet<Private>> {
        let mut by_incident: BTreeMap<String, BTreeSet<Private>> = BTreeMap::new();
        for one in &self.assessed {
            let held = |finding: &&Finding| one.incident.holds(&finding.group, finding.access.at);
            let known = by_incident.entry(one.incident.id.clone()).or_default();
            for finding in self.findings.values().filter(held) {
                known.extend(names(&finding.access).cloned());
            }
        }
        by_incident
    }

    /// Counts of everything, for the summary.
    pub(crate) fn counts(&self) -> Value {
        let mut answers: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for one in self.determinations.values() {
            let answer = serde_json::to_value(one.answer).unwrap_or_default();
            let by_answer = answers.entry(one.order.clone()).or_default();
            *by_answer
                .entry(answer.as_str().unwrap_or_default().to_owned())
                .or_default() += 1;
        }
        json!({
            "findings": self.findings.values().filter(|one| !is_attempt(one)).count(),
            "attempts": self.findings.values().filter(|one| is_attempt(one)).count(),
            "incidents": self.incidents.len(),
            "determinations": answers,
            "notices": self.notices.len(),
            "dead_letters": self.dead_letters.len(),
        })
    }
}

/// Whom and what an access names.
pub(crate) fn names(access: &Access) -> impl Iterator<Item = &Private> {
    let optional = [
        &access.actor,
        &access.actor_account,
        &access.resource,
        &access.device,
        &access.session,
        &access.source_address,
        &access.credential,
        &access.client,
        &access.key,
    ];
    let optional = optional.into_iter().flatten();
    optional.chain(std::iter::once(&access.account))
}

/// Whether the access of a finding plainly failed: an attempt, and no finding of the files.
fn is_attempt(finding: &Finding) -> bool {
    matches!(
        finding.access.outcome,
        Some(Outcome::Denied | Outcome::Failed)
    )
}

fn lines<'a, T: Serialize + 'a>(values: impl Iterator<Item = &'a T>) -> Vec<String> {
    values.map(facts::canonical_json).collect()
}

fn finding_line(finding: &Finding, incidents_of: &BTreeMap<&str, Vec<&Incident>>) -> String {
    let mut rest = serde_json::to_value(finding).unwrap_or_default();
    if let Some(members) = rest.as_object_mut() {
        members.remove("access");
    }
    // A join or part may divide a group by time.
    let incident = incidents_of
        .get(finding.group.as_str())
        .into_iter()
        .flatten()
        .find(|one| one.holds(&finding.group, finding.access.at));
    facts::canonical_json(&FindingLine {
        access: &finding.access.id,
        incident: incident.map(|one| one.id.as_str()).unwrap_or_default(),
        finding: rest,
        record: &finding.access,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_as_it_was() {
        let scratch = tempfile::tempdir().unwrap();
        let out = OutDir::as_it_is(scratch.path());
        let read = || fs::read_to_string(scratch.path().join("notices/notice.json")).unwrap();
        out.write("notices/notice.json", b"as it was").unwrap();
        // As where the disk is full: no part of the next one can be written.
        let part = scratch.path().join("notices/notice.json.part");
        fs::create_dir(&part).unwrap();
        let failure = out
            .write("notices/notice.json", b"the next one")
            .unwrap_err();
        assert!(failure.to_string().contains("out-unwritable"), "{failure}");
        assert_eq!(read(), "as it was");
        fs::remove_dir(&part).unwrap();
        out.write("notices/notice.json", b"the next one").unwrap();
        assert_eq!(read(), "the next one");
        let files = fs::read_dir(scratch.path().join("notices")).unwrap();
        assert_eq!(files.count(), 1);
    }
}
