//! Whether stages could do their work on a cluster: their topics, and the rights of this user.

use super::topics::{Compared, compare_only, unfit};
use crate::errors::Failure;
use crate::rights::{Rights, on_topics};
use crate::topology::{Stage, TopicNames, reader_group};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use stream::{AclOperation, Cluster, ErrorKind, KafkaCluster, LogError, WorkerSpec};

/// The code of what this user may not do, and a stage must.
const RIGHT_MISSING: &str = "right-missing";

/// Stands for an instance in the transactional ids that are tried. No instance can be called so:
/// nobody at work is fenced by a trial.
const NOBODY: &str = "(check)";

/// What this user may do with topics, by their names.
type Own = BTreeMap<String, BTreeSet<AclOperation>>;

/// What there is on the cluster for some stages.
pub(crate) struct Found {
    /// What stands in their way, a sentence each.
    pub(crate) problems: Vec<String>,
    /// What the company decides for a topic of its own, and what that costs.
    pub(crate) advice: Vec<String>,
    /// What was not looked at, and why.
    pub(crate) unseen: Vec<String>,
}

/// The names of the topics that these stages need.
fn needed(names: &TopicNames, stages: &[Stage]) -> BTreeSet<Arc<str>> {
    let topics = stages.iter().flat_map(|stage| on_topics(*stage));
    topics.map(|(topic, _)| names.name(topic)).collect()
}

fn own(cluster: &KafkaCluster, needed: &BTreeSet<Arc<str>>) -> Result<Own, LogError> {
    let list: Vec<&str> = needed.iter().map(|name| &**name).collect();
    cluster.own_rights(&list)
}

/// Whether this user may know of the topic, if it is there.
fn may_know(own: &Own, topic: &str) -> bool {
    !own.get(topic).is_some_and(BTreeSet::is_empty)
}

/// Whether this user may know of a topic whose settings it may not see.
fn is_blind(own: &Own) -> bool {
    let mut known = own.values().filter(|may| !may.is_empty());
    known.any(|may| !may.contains(&AclOperation::DescribeConfigs))
}

/// What no stage of these may start with, a sentence each, and what was not looked at. A topic of
/// which this user may not know is left to the stage, which is refused and names it.
pub(crate) fn before_start(
    cluster: &KafkaCluster,
    names: &TopicNames,
    stages: &[Stage],
) -> Result<Found, Failure> {
    let needed = needed(names, stages);
    let own = own(cluster, &needed)?;
    let mut found = Found {
        problems: unfit(cluster, names, &|topic| {
            needed.contains(topic) && may_know(&own, topic)
        })?,
        advice: Vec::new(),
        unseen: Vec::new(),
    };
    found.add_blindness(&own);
    Ok(found)
}

/// Looks at everything that these stages need on the cluster, and tries what can be tried without
/// disturbing those at work, as the user that they run as or as an administrator.
pub(crate) fn look(
    cluster: &KafkaCluster,
    names: &TopicNames,
    prefix: &str,
    rights: Option<&Rights>,
    stages: &[Stage],
) -> Result<Found, Failure> {
    let needed = needed(names, stages);
    let own = own(cluster, &needed)?;
    let Compared {
        differences,
        advice,
    } = compare_only(cluster, names, &|topic| {
        needed.contains(topic) && may_know(&own, topic)
    })?;
    let mut found = Found {
        problems: differences,
        advice,
        unseen: Vec::new(),
    };
    for stage in stages {
        found.add_topics(*stage, names, &own);
        found.try_groups(*stage, cluster, prefix)?;
        found.try_id(*stage, cluster, prefix)?;
    }
    found.add_blindness(&own);
    if let Some(rights) = rights {
        match cluster.acls_of(&rights.principals()) {
            Ok(there) => {
                let (missing, too_many) = rights.differences(&there);
                found.problems.extend(missing);
                found.advice.extend(too_many);
            }
            Err(error) if error.code == "ClusterAuthorizationFailed" => {
                let what = "ACLs, which this user may not see (DESCRIBE on the cluster)";
                found.unseen.push(what.to_owned());
                let single = stages.iter().filter(|stage| stage.is_single());
                found.unseen.extend(single.map(|stage| {
                    let id = stage.transactional_id(prefix, "");
                    format!(
                        "the transactional id {id}: to try it would fence the {} at work",
                        stage.name()
                    )
                }));
            }
            Err(error) => found.add(error)?,
        }
    }
    Ok(found)
}

impl Found {
    /// An error that a person has to cure is a problem among others.
    fn add(&mut self, error: LogError) -> Result<(), Failure> {
        match error.kind {
            ErrorKind::Config if error.code.ends_with("AuthorizationFailed") => {
                self.problems.push(format!("{error} [{RIGHT_MISSING}]"));
                Ok(())
            }
            ErrorKind::Config | ErrorKind::NotFound => {
                self.problems.push(error.to_string());
                Ok(())
            }
            _ => Err(error.into()),
        }
    }

    /// Settings that could not be compared.
    fn add_blindness(&mut self, own: &Own) {
        if is_blind(own) {
            let what = "settings of topics, which this user may not see (DESCRIBE_CONFIGS)";
            self.unseen.push(what.to_owned());
        }
    }

    /// What the stage must do with its topics, and this user may not.
    fn add_topics(&mut self, stage: Stage, names: &TopicNames, own: &Own) {
        for (topic, must) in on_topics(stage) {
            let name = names.name(topic);
            let Some(may) = own.get(&*name) else {
                continue;
            };
            for operation in must {
                // Without it the stage works; what could not be compared is said by itself.
                if may.contains(&operation) || operation == AclOperation::DescribeConfigs {
                    continue;
                }
                let (operation, stage) = (operation.name(), stage.name());
                self.problems.push(format!(
                    "{name}: this user may not {operation} it, which {stage} must; `tocsin topics \
                     check`, called by an administrator, names the ACL [{RIGHT_MISSING}]"
                ));
            }
        }
    }

    /// Asks about the groups that the stage joins, and about that of readers.
    fn try_groups(
        &mut self,
        stage: Stage,
        cluster: &KafkaCluster,
        prefix: &str,
    ) -> Result<(), Failure> {
        let turn = stage.turns_on().map(|_| stage.turn_group(prefix));
        let groups = [stage.group(prefix), reader_group(prefix)];
        for group in groups.into_iter().chain(turn) {
            if let Err(error) = cluster.members(&group) {
                self.add(error)?;
            }
        }
        Ok(())
    }

    /// Opens a transactional producer by an id as the stage's own, which nobody works by.
    fn try_id(
        &mut self,
        stage: Stage,
        cluster: &KafkaCluster,
        prefix: &str,
    ) -> Result<(), Failure> {
        let id = if stage.turns_on().is_some() {
            stage.turn_id(prefix, NOBODY)
        } else {
            stage.transactional_id(prefix, NOBODY)
        };
        let opened = cluster.open_worker(WorkerSpec::writer(id));
        match opened.and_then(|worker| worker.close()) {
            Ok(()) => Ok(()),
            Err(error) => self.add(error),
        }
    }
}
