//! Which stage reads and writes which topic: the one list that the code, `topics apply` and the
//! design's picture agree on.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use stream::TopicSpec;
use wire::RecordKind;

/// The topics as `deploy/topics/topics.toml` lists them, with settings and reasons.
const TOPICS_TOML: &str = include_str!("../../../../deploy/topics/topics.toml");

/// A processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub(crate) enum Stage {
    /// Passes on what is not plainly an account's own ordinary use.
    Screen,
    /// Goes back for what was reported late.
    Scope,
    /// Was there a basis at that instant?
    Verify,
    /// Folds incidents, counts, decides every duty.
    Assess,
    /// Composes notices; releases what people released.
    Notify,
}

impl Stage {
    /// All, in the direction of the data.
    pub(crate) const ALL: [Stage; 5] = [
        Stage::Screen,
        Stage::Scope,
        Stage::Verify,
        Stage::Assess,
        Stage::Notify,
    ];

    /// The name in configuration, metrics and group names.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Stage::Screen => "screen",
            Stage::Scope => "scope",
            Stage::Verify => "verify",
            Stage::Assess => "assess",
            Stage::Notify => "notify",
        }
    }

    /// Whether one task reads all of its input, whatever the number of instances: what could be one
    /// incident must meet in one place.
    pub(crate) const fn is_single(self) -> bool {
        matches!(self, Stage::Assess | Stage::Notify)
    }

    /// The topics whose partitions its instances share; assess and notify read all of theirs in
    /// one task.
    pub(crate) const fn reads(self) -> &'static [Topic] {
        match self {
            Stage::Screen => &[Topic::AccessEvents],
            Stage::Scope => &[Topic::Activations],
            Stage::Verify => &[Topic::Candidates],
            Stage::Assess => &[
                Topic::Findings,
                Topic::Excused,
                Topic::Searched,
                Topic::BreachEvents,
                Topic::Grants,
                Topic::Accounts,
                Topic::Decisions,
            ],
            Stage::Notify => &[
                Topic::Determinations,
                Topic::Incidents,
                Topic::BreachEvents,
                Topic::Decisions,
            ],
        }
    }

    /// The topics that every instance reads whole, without a group.
    pub(crate) const fn broadcast(self) -> &'static [Topic] {
        match self {
            Stage::Screen | Stage::Scope => &[Topic::BreachEvents, Topic::Grants],
            Stage::Verify => &[Topic::BreachEvents, Topic::Grants, Topic::Coverage],
            Stage::Assess | Stage::Notify => &[],
        }
    }

    /// The topics that it searches again on demand.
    pub(crate) const fn searches(self) -> &'static [Topic] {
        match self {
            Stage::Scope => &[Topic::AccessEvents],
            _ => &[],
        }
    }

    /// The topics that it reads back when it takes work over: what was said before.
    pub(crate) const fn reads_back(self) -> &'static [Topic] {
        match self {
            Stage::Screen => &[Topic::Activations, Topic::Coverage],
            Stage::Scope => &[Topic::Coverage],
            Stage::Verify => &[Topic::Findings, Topic::Excused, Topic::Searched],
            Stage::Assess => &[Topic::Incidents, Topic::Determinations],
            Stage::Notify => &[Topic::Notices, Topic::Outbox],
        }
    }

    /// The topics of which it must only know that they are there, and with how many partitions.
    pub(crate) const fn asks_about(self) -> &'static [Topic] {
        match self {
            Stage::Verify => &[Topic::AccessEvents],
            _ => &[],
        }
    }

    /// The topic that stands for the turn of its one task; `None`: instances work side by side.
    pub(crate) const fn turns_on(self) -> Option<Topic> {
        match self {
            Stage::Assess => Some(Topic::Incidents),
            Stage::Notify => Some(Topic::Notices),
            Stage::Screen | Stage::Scope | Stage::Verify => None,
        }
    }

    /// The group under whose name its positions are committed.
    pub(crate) fn group(self, prefix: &str) -> String {
        format!("{prefix}{}", self.name())
    }

    /// The group in which its instances take turns, where they do ([`Stage::turns_on`]).
    pub(crate) fn turn_group(self, prefix: &str) -> String {
        format!("{prefix}{}-turn", self.name())
    }

    /// The transactional id of its work in an instance. One for the one task, so that whoever takes
    /// it over fences a predecessor that still thinks it is at work.
    pub(crate) fn transactional_id(self, prefix: &str, instance: &str) -> String {
        let group = self.group(prefix);
        if self.is_single() {
            group
        } else {
            format!("{group}-{instance}")
        }
    }

    /// The transactional id with which an instance waits for its turn.
    pub(crate) fn turn_id(self, prefix: &str, instance: &str) -> String {
        format!("{}-{instance}", self.turn_group(prefix))
    }

    /// The topics that it writes.
    pub(crate) const fn writes(self) -> &'static [Topic] {
        match self {
            Stage::Screen => &[
                Topic::Candidates,
                Topic::Activations,
                Topic::Coverage,
                Topic::DeadLetters,
            ],
            Stage::Scope => &[Topic::Candidates, Topic::Coverage, Topic::DeadLetters],
            Stage::Verify => &[
                Topic::Findings,
                Topic::Excused,
                Topic::Searched,
                Topic::DeadLetters,
            ],
            Stage::Assess => &[Topic::Incidents, Topic::Determinations, Topic::DeadLetters],
            Stage::Notify => &[Topic::Notices, Topic::Outbox, Topic::DeadLetters],
        }
    }
}

/// A topic of the graph, by its role; its name on a cluster is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Topic {
    /// Every access of every customer.
    AccessEvents,
    /// What responders find, do and decide.
    BreachEvents,
    /// Why accesses were allowed.
    Grants,
    /// Reference data.
    Accounts,
    /// People's decisions.
    Decisions,
    /// Accesses to be judged.
    Candidates,
    /// From where on screen applies which selector.
    Activations,
    /// What of the past was searched.
    Coverage,
    /// The same, once what the search found is judged.
    Searched,
    /// Accesses that some bound order counts or may count.
    Findings,
    /// What accesses would be without grants that came late: counted nowhere.
    Excused,
    /// Incidents.
    Incidents,
    /// Determinations.
    Determinations,
    /// Notices.
    Notices,
    /// Released notices on their way out.
    Outbox,
    /// What could not be used.
    DeadLetters,
}

impl Topic {
    /// All topics.
    pub(crate) const ALL: [Topic; 16] = [
        Topic::AccessEvents,
        Topic::BreachEvents,
        Topic::Grants,
        Topic::Accounts,
        Topic::Decisions,
        Topic::Candidates,
        Topic::Activations,
        Topic::Coverage,
        Topic::Searched,
        Topic::Findings,
        Topic::Excused,
        Topic::Incidents,
        Topic::Determinations,
        Topic::Notices,
        Topic::Outbox,
        Topic::DeadLetters,
    ];

    /// The inputs, which a company names as it likes.
    pub(crate) const INPUTS: [Topic; 5] = [
        Topic::AccessEvents,
        Topic::BreachEvents,
        Topic::Grants,
        Topic::Accounts,
        Topic::Decisions,
    ];

    /// What is kept by partition, of accesses or of candidates: these have as many partitions as
    /// one another, which never change, since keys would move. Access-events may gain some.
    pub(crate) const KEYED: [Topic; 6] = [
        Topic::Activations,
        Topic::Coverage,
        Topic::Searched,
        Topic::Candidates,
        Topic::Findings,
        Topic::Excused,
    ];

    /// Its name in the design and in files.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Topic::AccessEvents => "access-events",
            Topic::BreachEvents => "breach-events",
            Topic::Grants => "grants",
            Topic::Accounts => "accounts",
            Topic::Decisions => "decisions",
            Topic::Candidates => "candidates",
            Topic::Activations => "activations",
            Topic::Coverage => "coverage",
            Topic::Searched => "searched",
            Topic::Findings => "findings",
            Topic::Excused => "excused",
            Topic::Incidents => "incidents",
            Topic::Determinations => "determinations",
            Topic::Notices => "notices",
            Topic::Outbox => "outbox",
            Topic::DeadLetters => "dead-letters",
        }
    }

    /// The record that its values are.
    pub(crate) const fn record(self) -> RecordKind {
        match self {
            Topic::AccessEvents | Topic::Candidates => RecordKind::AccessEvent,
            Topic::BreachEvents => RecordKind::BreachEvent,
            Topic::Grants => RecordKind::Grant,
            Topic::Accounts => RecordKind::Account,
            Topic::Decisions => RecordKind::Decision,
            Topic::Activations => RecordKind::Activation,
            Topic::Coverage | Topic::Searched => RecordKind::Coverage,
            Topic::Findings | Topic::Excused => RecordKind::Finding,
            Topic::Incidents => RecordKind::Incident,
            Topic::Determinations => RecordKind::Determination,
            Topic::Notices => RecordKind::Notice,
            Topic::Outbox => RecordKind::OutboxEntry,
            Topic::DeadLetters => RecordKind::DeadLetter,
        }
    }
}

/// The group under whose name topics are read without being in it.
pub(crate) fn reader_group(prefix: &str) -> String {
    format!("{prefix}reader")
}

/// The transactional id of `dead-letters redrive`.
pub(crate) fn redrive_id(prefix: &str) -> String {
    format!("{prefix}redrive")
}

/// The transactional id of a decision: two people who decide at once do not fence each other.
pub(crate) fn decision_id(prefix: &str, decision: &str) -> String {
    format!("{prefix}decision-{decision}")
}

/// The names of the topics on one cluster.
#[derive(Debug, Clone)]
pub(crate) struct TopicNames {
    names: BTreeMap<Topic, Arc<str>>,
}

impl TopicNames {
    /// `prefix` before every name of ours; inputs as `inputs` names them, else likewise prefixed.
    pub(crate) fn new(prefix: &str, inputs: &BTreeMap<String, String>) -> TopicNames {
        let names = Topic::ALL
            .into_iter()
            .map(|topic| {
                let name = inputs
                    .get(topic.name())
                    .cloned()
                    .unwrap_or_else(|| format!("{prefix}{}", topic.name()));
                (topic, Arc::from(name))
            })
            .collect();
        TopicNames { names }
    }

    /// The name of `topic` on the cluster.
    pub(crate) fn name(&self, topic: Topic) -> Arc<str> {
        self.names
            .get(&topic)
            .cloned()
            .unwrap_or_else(|| Arc::from(topic.name()))
    }

    /// The name in the design of the topic that is called `name` on the cluster, as metrics have
    /// it; `name` itself where it is none of ours.
    pub(crate) fn design<'a>(&self, name: &'a str) -> &'a str {
        self.topic(name).map_or(name, |topic| topic.name())
    }

    /// Which topic has that name on the cluster.
    pub(crate) fn topic(&self, name: &str) -> Option<Topic> {
        self.names
            .iter()
            .find(|(_, known)| &***known == name)
            .map(|(topic, _)| *topic)
    }
}

/// `deploy/topics/topics.toml`.
#[derive(Debug, Deserialize)]
pub(crate) struct TopicsFile {
    /// The topics.
    #[serde(rename = "topic")]
    pub(crate) topics: Vec<TopicEntry>,
}

/// One topic of `deploy/topics/topics.toml`.
#[derive(Debug, Deserialize)]
pub(crate) struct TopicEntry {
    /// Its name in the design.
    pub(crate) name: String,
    /// Who writes it; `outside` for inputs.
    #[serde(default)]
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the graph's test compares it with the code")
    )]
    pub(crate) writers: Vec<String>,
    /// Who reads it.
    #[serde(default)]
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the graph's test compares it with the code")
    )]
    pub(crate) readers: Vec<String>,
    /// How many partitions.
    pub(crate) partitions: i32,
    /// Kafka's settings.
    #[serde(default)]
    pub(crate) config: BTreeMap<String, String>,
}

/// The topics as they should be.
pub(crate) fn topics_file() -> Result<TopicsFile, String> {
    toml::from_str(TOPICS_TOML).map_err(|error| format!("deploy/topics/topics.toml: {error}"))
}

/// The specifications of all topics of this graph under `names`, with `partitions` partitions for
/// access-events and the topics that go with it, or as the file says.
pub(crate) fn specs(names: &TopicNames, partitions: Option<i32>) -> Result<Vec<TopicSpec>, String> {
    let file = topics_file()?;
    Topic::ALL
        .into_iter()
        .map(|topic| {
            let entry = file
                .topics
                .iter()
                .find(|entry| entry.name == topic.name())
                .ok_or_else(|| format!("deploy/topics/topics.toml lacks `{}`", topic.name()))?;
            let is_alike = topic == Topic::AccessEvents || Topic::KEYED.contains(&topic);
            let count = partitions.filter(|_| is_alike);
            let count = count.unwrap_or(entry.partitions);
            let mut spec = TopicSpec::new(names.name(topic).to_string(), count);
            spec.config = entry.config.clone();
            Ok(spec)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_topic_graph_equals_deploy_topics() {
        let file = topics_file().expect("the file parses");
        for topic in Topic::ALL {
            let entry = file
                .topics
                .iter()
                .find(|entry| entry.name == topic.name())
                .unwrap_or_else(|| panic!("{} is missing", topic.name()));
            let readers: BTreeSet<&str> = Stage::ALL
                .into_iter()
                .filter(|stage| {
                    stage.reads().contains(&topic)
                        || stage.broadcast().contains(&topic)
                        || stage.searches().contains(&topic)
                })
                .map(Stage::name)
                .collect();
            let writers: BTreeSet<&str> = Stage::ALL
                .into_iter()
                .filter(|stage| stage.writes().contains(&topic))
                .map(Stage::name)
                .collect();
            let filed = |names: &[String]| {
                names
                    .iter()
                    .filter(|n| *n != "outside")
                    .cloned()
                    .collect::<BTreeSet<String>>()
            };
            let ours = |names: &BTreeSet<&str>| {
                names
                    .iter()
                    .map(|n| (*n).to_owned())
                    .collect::<BTreeSet<String>>()
            };
            assert_eq!(
                filed(&entry.readers),
                ours(&readers),
                "readers of {}",
                topic.name()
            );
            assert_eq!(
                filed(&entry.writers),
                ours(&writers),
                "writers of {}",
                topic.name()
            );
        }
        assert_eq!(
            file.topics.len(),
            Topic::ALL.len(),
            "no topic beside the graph"
        );
    }

    #[test]
    fn whatever_is_read_fits_on_the_topics_that_it_reaches() {
        let file = topics_file().expect("the file parses");
        let takes = |topic: Topic| -> usize {
            let entry = file.topics.iter().find(|entry| entry.name == topic.name());
            let size = entry.and_then(|entry| entry.config.get("max.message.bytes"));
            size.and_then(|size| size.parse().ok()).unwrap_or_default()
        };
        let record = wire::Limits::default().record_bytes;
        let name = facts::LONGEST_NAME_BYTES;
        // The access byte for byte, its key, and where it stands.
        assert!(takes(Topic::Candidates) >= record + 2 * name);
        // The names of the access, its group, 64 grants, and two names again in the key.
        for topic in [Topic::Findings, Topic::Excused] {
            assert!(takes(topic) >= (13 + 1 + 64 + 2) * name + (1 << 20));
        }
        // As base64, with what came beside it.
        assert!(takes(Topic::DeadLetters) >= record.div_ceil(3) * 4 + (2 << 20));
    }

    #[test]
    fn the_topic_graph_has_no_cycle() {
        // A topic comes before whatever is written by the stages that read it.
        let mut done: BTreeSet<Topic> = Topic::INPUTS.into_iter().collect();
        let mut left: Vec<Stage> = Stage::ALL.to_vec();
        while !left.is_empty() {
            let ready: Vec<Stage> = left
                .iter()
                .copied()
                .filter(|stage| {
                    stage
                        .reads()
                        .iter()
                        .chain(stage.broadcast())
                        .chain(stage.searches())
                        .all(|topic| {
                            done.contains(topic)
                                && !left
                                    .iter()
                                    .any(|other| other != stage && other.writes().contains(topic))
                        })
                })
                .collect();
            assert!(!ready.is_empty(), "a cycle among {left:?}");
            for stage in &ready {
                done.extend(stage.writes());
            }
            left.retain(|stage| !ready.contains(stage));
        }
    }
}
