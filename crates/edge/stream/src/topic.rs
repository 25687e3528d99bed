//! Topics as they should be and as they are.

use std::collections::BTreeMap;

/// The ids of topics, by name ([`Cluster::topic_ids`](crate::Cluster::topic_ids)).
pub type TopicIds = BTreeMap<String, String>;

/// A topic as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// How many partitions it has.
    pub partitions: i32,
    /// How many copies; `None`: what the brokers are configured for.
    pub replication: Option<i32>,
    /// Its settings by Kafka's names (`cleanup.policy`, `retention.ms`, …).
    pub config: BTreeMap<String, String>,
}

impl TopicSpec {
    /// A topic with the cluster's own settings.
    pub fn new(name: impl Into<String>, partitions: i32) -> Self {
        let (name, config) = (name.into(), BTreeMap::new());
        TopicSpec {
            name,
            partitions,
            replication: None,
            config,
        }
    }

    /// The same with one setting more.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.config.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The configuration of a topic on which `set` was set, once it has these settings.
    pub(crate) fn over(&self, set: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut config = set.clone();
        config.extend(self.config.clone());
        config
    }

    /// What differs between this and the topic that is there, one sentence each; empty: nothing.
    /// Settings that this does not name are not compared.
    pub fn differences(&self, found: &TopicState) -> Vec<String> {
        let mut out = Vec::new();
        let name = &self.name;
        if found.partitions != self.partitions {
            let (has, wanted) = (found.partitions, self.partitions);
            out.push(format!("{name}: has {has} partitions, expected {wanted}"));
        }
        if let Some(wanted) = self.replication
            && found.replication != wanted
        {
            let has = found.replication;
            out.push(format!(
                "{name}: has {has} copies of each partition, expected {wanted}"
            ));
        }
        for (key, wanted) in &self.config {
            match found.config.get(key) {
                Some(value) if same_setting(key, value, wanted) => {}
                Some(value) => out.push(format!("{name}: {key} is {value}, expected {wanted}")),
                None => out.push(format!("{name}: {key} is not set, expected {wanted}")),
            }
        }
        out
    }
}

/// Lists of policies are sets: `compact,delete` is `delete,compact`.
fn same_setting(key: &str, left: &str, right: &str) -> bool {
    if key != "cleanup.policy" {
        return left == right;
    }
    let set = |text: &str| {
        let mut parts: Vec<String> = text.split(',').map(|part| part.trim().to_owned()).collect();
        parts.sort();
        parts
    };
    set(left) == set(right)
}

/// A topic as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicState {
    /// Its name.
    pub name: String,
    /// How many partitions it has.
    pub partitions: i32,
    /// How many copies each partition has.
    pub replication: i32,
    /// All settings that the cluster reports, defaults among them.
    pub config: BTreeMap<String, String>,
    /// Those of the settings that were set on the topic itself.
    pub overridden: BTreeMap<String, String>,
}
