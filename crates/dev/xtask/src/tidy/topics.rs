//! The topic graph: deploy/topics/topics.toml is its single list; no cycle, no fact lost.

use super::{Finding, read};
use crate::Trouble;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const CHECK: &str = "topics";
const FILE: &str = "deploy/topics/topics.toml";

/// Topics whose records stand on the partition of the same number as those of another topic.
const SAME_PARTITIONS: [(&str, &str); 5] = [
    ("activations", "candidates"),
    ("coverage", "candidates"),
    ("findings", "candidates"),
    ("excused", "candidates"),
    ("searched", "candidates"),
];

/// The file: a list of topics.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topics {
    /// The topics, in the order in which data goes through them.
    pub topic: Vec<Topic>,
}

/// One topic.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Its name without the deployment's prefix.
    pub name: String,
    /// `input`: written by the company's own systems and people. `stream`: from stage to stage.
    /// `table`: the last value of each key counts.
    pub kind: Kind,
    /// What the key of its records is.
    pub key: String,
    /// The stages that write to it.
    pub writers: Vec<String>,
    /// The stages that read it.
    pub readers: Vec<String>,
    /// How many partitions `topics apply` makes.
    pub partitions: u32,
    /// Its settings; everything else is the broker's default.
    #[serde(default)]
    pub config: BTreeMap<String, String>,
    /// Why it is set up so.
    pub reason: String,
}

/// What a topic is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// From outside.
    Input,
    /// From stage to stage.
    Stream,
    /// The last value of each key counts.
    Table,
}

/// Reads and checks the file.
///
/// # Errors
/// It cannot be read. What is wrong inside is a finding.
pub fn check_file(path: &Path) -> Result<Vec<Finding>, Trouble> {
    Ok(match toml::from_str::<Topics>(&read(path)?) {
        Ok(topics) => check(&topics),
        Err(why) => vec![finding(FILE, why.to_string())],
    })
}

/// Checks the list.
pub fn check(topics: &Topics) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for topic in &topics.topic {
        if !seen.insert(&topic.name) {
            found.push(finding(&topic.name, "is listed twice".into()));
        }
        found.extend(
            faults(topic)
                .into_iter()
                .map(|what| finding(&topic.name, what)),
        );
    }
    found.extend(uneven(topics));
    if let Some(way) = cycle(topics) {
        let what = format!(
            "the stages feed themselves: {}; facts must go one way",
            way.join(" → ")
        );
        found.push(finding(FILE, what));
    }
    found
}

/// Topics that must have as many partitions as another one, and have not.
fn uneven(topics: &Topics) -> Vec<Finding> {
    let partitions = |name: &str| {
        let mut all = topics.topic.iter();
        all.find(|topic| topic.name == name)
            .map(|topic| topic.partitions)
    };
    let pairs = SAME_PARTITIONS.into_iter();
    pairs
        .filter_map(|(name, like)| {
            let (here, there) = partitions(name).zip(partitions(like))?;
            let what = format!(
                "has {here} partitions and {like} has {there}; its records stand on the partition \
                 of the same number, so both must have as many"
            );
            (here != there).then(|| finding(name, what))
        })
        .collect()
}

fn finding(place: &str, what: String) -> Finding {
    Finding {
        check: CHECK,
        place: place.to_owned(),
        what,
    }
}

fn faults(topic: &Topic) -> Vec<String> {
    let mut faults = Vec::new();
    let policy = topic.config.get("cleanup.policy").map(String::as_str);
    let compacted = policy.is_some_and(|policy| policy.contains("compact"));
    if topic.reason.trim().is_empty() {
        faults.push("gives no reason for how it is set up".into());
    }
    if topic.partitions == 0 {
        faults.push("has no partition".into());
    }
    match topic.kind {
        Kind::Input => {
            if compacted || policy.is_none() {
                faults.push(
                    "is an input and must say cleanup.policy = \"delete\": compaction keeps the \
                     highest offset, not the latest fact"
                        .into(),
                );
            }
            if !topic.config.contains_key("retention.ms") {
                faults.push("is an input and must say how long it is kept (retention.ms)".into());
            }
            if !topic.writers.is_empty() {
                faults.push("is an input, so no stage may write to it".into());
            }
        }
        Kind::Stream => {
            if compacted {
                faults.push("is a stream and must not be compacted".into());
            }
        }
        Kind::Table => {
            if policy != Some("compact") {
                faults.push("is a table and must say cleanup.policy = \"compact\"".into());
            }
        }
    }
    if topic.kind != Kind::Input && topic.writers.is_empty() {
        faults.push("is written by no stage".into());
    }
    faults
}

/// A way from a stage back to itself, if there is one.
fn cycle(topics: &Topics) -> Option<Vec<String>> {
    let mut feeds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for topic in &topics.topic {
        for writer in &topic.writers {
            feeds
                .entry(writer)
                .or_default()
                .extend(topic.readers.iter().map(String::as_str));
        }
    }
    let mut done = BTreeSet::new();
    feeds
        .keys()
        .find_map(|stage| walk(stage, &feeds, &mut Vec::new(), &mut done))
}

fn walk<'a>(
    stage: &'a str,
    feeds: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    way: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
) -> Option<Vec<String>> {
    if let Some(begin) = way.iter().position(|passed| *passed == stage) {
        let round = way[begin..].iter().chain([&stage]);
        return Some(round.map(|stage| (*stage).to_owned()).collect());
    }
    if !done.insert(stage) {
        return None;
    }
    way.push(stage);
    let found = feeds.get(stage).into_iter().flatten();
    let found = found.copied().find_map(|next| walk(next, feeds, way, done));
    way.pop();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(name: &str, kind: Kind, writers: &[&str], readers: &[&str]) -> Topic {
        let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
        let policy = match kind {
            Kind::Input | Kind::Stream => "delete",
            Kind::Table => "compact",
        };
        let config = [("cleanup.policy", policy), ("retention.ms", "-1")];
        Topic {
            name: name.into(),
            kind,
            key: "id".into(),
            writers: owned(writers),
            readers: owned(readers),
            partitions: 1,
            config: config
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            reason: "a reason".into(),
        }
    }

    fn findings(topics: Vec<Topic>) -> Vec<String> {
        check(&Topics { topic: topics })
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn the_list_of_this_repository_is_in_order() {
        let found = check_file(&crate::repository().join(FILE)).unwrap();
        assert_eq!(found, []);
    }

    #[test]
    fn a_cycle_is_found_and_shown() {
        let found = findings(vec![
            topic("a", Kind::Stream, &["screen"], &["verify"]),
            topic("b", Kind::Table, &["verify"], &["assess"]),
            topic("c", Kind::Table, &["assess"], &["verify"]),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("assess → verify → assess"), "{found:?}");
    }

    #[test]
    fn a_stage_that_reads_what_it_writes_is_a_cycle() {
        let own = findings(vec![topic("a", Kind::Stream, &["screen"], &["screen"])]);
        assert_eq!(own.len(), 1, "{own:?}");
    }

    #[test]
    fn two_ways_to_one_stage_are_no_cycle() {
        let found = findings(vec![
            topic("in", Kind::Input, &[], &["screen", "scope", "verify"]),
            topic("a", Kind::Stream, &["screen"], &["scope", "verify"]),
            topic("b", Kind::Stream, &["scope"], &["verify"]),
        ]);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn inputs_are_kept_and_never_compacted() {
        let mut bad = topic("in", Kind::Input, &[], &["verify"]);
        bad.config.insert("cleanup.policy".into(), "compact".into());
        bad.config.remove("retention.ms");
        let found = findings(vec![bad]);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn what_stands_on_the_same_partition_number_has_as_many_partitions() {
        let mut candidates = topic("candidates", Kind::Stream, &["screen"], &["verify"]);
        candidates.partitions = 8;
        let activations = topic("activations", Kind::Table, &["screen"], &["scope"]);
        let found = findings(vec![candidates, activations]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].contains("has 1 partitions and candidates has 8"),
            "{found:?}"
        );
    }

    #[test]
    fn each_topic_that_goes_with_another_is_held_to_its_partitions() {
        let whole = || -> Vec<Topic> {
            let text = read(&crate::repository().join(FILE)).unwrap();
            toml::from_str::<Topics>(&text).unwrap().topic
        };
        for name in ["activations", "coverage", "findings", "excused", "searched"] {
            let mut topics = whole();
            let one = topics.iter_mut().find(|topic| topic.name == name);
            one.unwrap().partitions += 1;
            let found = findings(topics);
            let said = format!("topics: {name}: has ");
            assert!(
                found.iter().any(|line| line.starts_with(&said)),
                "{found:?}"
            );
        }
    }

    #[test]
    fn tables_are_compacted_and_everything_has_a_reason_and_a_writer() {
        let mut bad = topic("t", Kind::Table, &[], &["verify"]);
        bad.config.insert("cleanup.policy".into(), "delete".into());
        bad.reason = " ".into();
        bad.partitions = 0;
        assert_eq!(findings(vec![bad.clone(), bad]).len(), 9);
    }
}
