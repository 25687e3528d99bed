//! Whether stages could do their work on a cluster: their topics, and the rights of this user.

use super::topics::{Compared, compare_only, unfit};
use crate::config::Config;
use crate::errors::Failure;
use crate::rights::{Rights, on_topics};
use crate::topology::{Stage, TopicNames, reader_group};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use stream::{AclOperation, Cluster, ErrorKind, KafkaCluster, LogError, Member, WorkerSpec};

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
    /// Transactional ids that were not tried; only ACLs say whether this user may use them.
    untried: Vec<String>,
}

/// The names of the topics that these stages need.
fn needed(names: &TopicNames, stages: &[Stage]) -> BTreeSet<Arc<str>> {
    let topics = stages.iter().flat_map(|stage| on_topics(*stage));
    topics.map(|(topic, _)| names.name(topic)).collect()
}

/// Whether this user may know of the topic, if it is there.
fn may_know(own: &Own, topic: &str) -> bool {
    !own.get(topic).is_some_and(BTreeSet::is_empty)
}

/// What no stage of these may start with, a sentence each, and what was not looked at.
pub(crate) fn before_start(
    cluster: &KafkaCluster,
    names: &TopicNames,
    stages: &[Stage],
) -> Result<Found, Failure> {
    Found::of_topics(cluster, names, stages, &unfit)
}

/// Looks at everything that these stages need on the cluster, and tries what can be tried without
/// disturbing those at work, as the user that they run as or as an administrator.
pub(crate) fn look(
    cluster: &KafkaCluster,
    names: &TopicNames,
    config: &Config,
    rights: Option<&Rights>,
    stages: &[Stage],
) -> Result<Found, Failure> {
    let mut found = Found::of_topics(cluster, names, stages, &compare_only)?;
    for stage in stages {
        found.try_groups(*stage, cluster, &config.prefix)?;
        found.try_ids(*stage, cluster, config)?;
    }
    found.add_acls(cluster, rights)?;
    Ok(found)
}

/// How topics are compared, of which those that are chosen.
type Compare<'a> =
    &'a dyn Fn(&dyn Cluster, &TopicNames, &dyn Fn(&str) -> bool) -> Result<Compared, Failure>;

impl Found {
    /// How the topics of the stages are, and what this user may do with them.
    fn of_topics(
        cluster: &KafkaCluster,
        names: &TopicNames,
        stages: &[Stage],
        compare: Compare<'_>,
    ) -> Result<Found, Failure> {
        let needed = needed(names, stages);
        let list: Vec<&str> = needed.iter().map(|name| &**name).collect();
        let own = cluster.own_rights(&list);
        Found::with_rights(own, cluster, names, stages, compare)
    }

    /// The same where the brokers have said `own` of what this user may do.
    fn with_rights(
        own: Result<Own, LogError>,
        cluster: &dyn Cluster,
        names: &TopicNames,
        stages: &[Stage],
        compare: Compare<'_>,
    ) -> Result<Found, Failure> {
        let needed = needed(names, stages);
        let mut unseen = Vec::new();
        let own = match own {
            // What the topics are like is still to be seen.
            Err(error) if error.kind != ErrorKind::Retriable => {
                unseen.push(format!("what this user may do with topics: {error}"));
                Own::new()
            }
            own => own?,
        };
        let chosen = |topic: &str| needed.contains(topic) && may_know(&own, topic);
        let compared = compare(cluster, names, &chosen)?;
        let there = compared.found.iter().map(|topic| topic.name.as_str());
        let unsaid: Vec<&str> = there.filter(|name| !own.contains_key(*name)).collect();
        if unseen.is_empty() && !unsaid.is_empty() {
            let topics = unsaid.join(", ");
            unseen.push(format!(
                "what this user may do with {topics}, which the brokers do not say"
            ));
        }
        unseen.extend(compared.unseen());
        let mut found = Found {
            problems: compared.differences,
            advice: compared.advice,
            unseen,
            untried: Vec::new(),
        };
        for stage in stages {
            found.add_topics(*stage, names, &own);
        }
        Ok(found)
    }

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

    /// How the ACLs are beside `rights`; where they are not to be seen, what only they say.
    fn add_acls(&mut self, cluster: &KafkaCluster, rights: Option<&Rights>) -> Result<(), Failure> {
        let whose = rights.map_or_else(BTreeSet::new, Rights::principals);
        match (rights, cluster.acls_of(&whose)) {
            (Some(rights), Ok(there)) => {
                let (missing, too_many) = rights.differences(&there);
                self.problems.extend(missing);
                self.advice.extend(too_many);
            }
            // Nobody is asked for rights.
            (None, Err(error)) if error.code == "SecurityDisabled" => {}
            (Some(_), Err(error)) if error.code != "ClusterAuthorizationFailed" => {
                self.add(error)?;
            }
            (rights, _) => {
                if rights.is_some() {
                    let what = "ACLs, which this user may not see (DESCRIBE on the cluster)";
                    self.unseen.push(what.to_owned());
                }
                self.unseen.append(&mut self.untried);
            }
        }
        Ok(())
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

    /// Whether this user may write by the ids of the stage. First by one that begins as they do and
    /// that no instance can have. Where that is refused, the one of this instance may be allowed
    /// all the same; this, and the one id of a stage with one task, are tried only while nobody is
    /// at work by them: a trial fences whoever is.
    fn try_ids(
        &mut self,
        stage: Stage,
        cluster: &KafkaCluster,
        config: &Config,
    ) -> Result<(), Failure> {
        let (prefix, instance) = (config.prefix.as_str(), config.instance.as_str());
        let takes_turns = stage.turns_on().is_some();
        let group = if takes_turns {
            stage.turn_group(prefix)
        } else {
            stage.group(prefix)
        };
        let id = |stage: Stage, prefix: &str, instance: &str| {
            if takes_turns {
                stage.turn_id(prefix, instance)
            } else {
                stage.transactional_id(prefix, instance)
            }
        };
        let members = cluster.members(&group);
        let own = format!("{group}-{instance}-");
        let is_own = |one: &Member| {
            let name = one.instance_id.as_deref();
            name.is_some_and(|name| name.starts_with(&own))
        };
        if let Err(refused) = try_id(cluster, &id(stage, prefix, NOBODY)) {
            match &members {
                Ok(members) if is_of_id(&refused) => {
                    self.try_free(cluster, &id(stage, prefix, instance), || {
                        !members.iter().any(is_own)
                    })?;
                }
                _ => self.add(refused)?,
            }
        }
        if stage.is_single() {
            let id = stage.transactional_id(prefix, instance);
            let is_free = || members.as_ref().is_ok_and(Vec::is_empty);
            self.try_free(cluster, &id, is_free)?;
        }
        Ok(())
    }

    /// Tries an id by which somebody may be at work.
    fn try_free(
        &mut self,
        cluster: &KafkaCluster,
        id: &str,
        is_free: impl FnOnce() -> bool,
    ) -> Result<(), Failure> {
        if !is_free() {
            let why = "to try it would fence whoever is at work by it";
            self.untried
                .push(format!("the transactional id {id}: {why}"));
            return Ok(());
        }
        try_id(cluster, id).or_else(|error| self.add(error))
    }
}

/// Whether an id was refused, and not something else.
fn is_of_id(error: &LogError) -> bool {
    error.code == "TransactionalIdAuthorizationFailed"
}

/// Opens a transactional producer, and closes it.
fn try_id(cluster: &KafkaCluster, id: &str) -> Result<(), LogError> {
    let opened = cluster.open_worker(WorkerSpec::writer(id));
    opened.and_then(|worker| worker.close())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded;
    use crate::topology::{Topic, specs};
    use stream::MemoryCluster;

    /// What stands in verify's way, and what was not looked at, where brokers say that of rights.
    fn found(own: Own) -> Found {
        let (cluster, names) = (MemoryCluster::new(), embedded::names());
        let topics = specs(&names, Some(3)).unwrap();
        cluster.create_topics(&topics).unwrap();
        Found::with_rights(Ok(own), &cluster, &names, &[Stage::Verify], &unfit).unwrap()
    }

    /// What verify must do with its topics.
    fn enough() -> Own {
        let must = on_topics(Stage::Verify).into_iter();
        must.map(|(topic, may)| (topic.name().to_owned(), may.into_iter().collect()))
            .collect()
    }

    #[test]
    fn rights_that_brokers_do_not_say_are_not_seen_and_refuse_nobody() {
        let said = found(enough());
        assert_eq!((said.problems, said.unseen), (Vec::new(), Vec::new()));

        let mut some = enough();
        some.remove(Topic::Grants.name());
        let said = found(some);
        assert_eq!(said.problems, Vec::<String>::new());
        assert_eq!(said.unseen.len(), 1, "{:?}", said.unseen);
        let says = ["may do with grants,", "do not say"].map(|part| said.unseen[0].contains(part));
        assert_eq!(says, [true; 2], "{:?}", said.unseen);

        let said = found(Own::new());
        assert_eq!(said.problems, Vec::<String>::new());
        assert_eq!(said.unseen.len(), 1, "{:?}", said.unseen);

        // Of what this user may not even know, the brokers have said it.
        let mut refused = enough();
        refused.insert(Topic::Grants.name().to_owned(), BTreeSet::new());
        let said = found(refused).problems;
        assert!(!said.is_empty() && said.iter().all(|one| one.contains(RIGHT_MISSING)));
    }
}
