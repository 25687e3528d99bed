//! `tocsin topics apply | check`: the topic graph on a broker, and who may do what with it.

use super::print_json;
use crate::cli::{Topics, TopicsCommand};
use crate::config::Config;
use crate::errors::{Failure, exit};
use crate::rights::Rights;
use crate::topology::{Topic, TopicNames, specs};
use serde_json::json;
use std::collections::BTreeSet;
use stream::{Acl, Cluster, KafkaCluster, TopicSpec, TopicState};

/// Runs it.
pub(crate) fn topics(args: &Topics) -> Result<u8, Failure> {
    let config = super::run::configuration(args.config.as_deref())?;
    let cluster = super::run::kafka(&config)?;
    let names = TopicNames::new(&config.prefix, &config.topics);
    let rights = rights(&config, &names);
    match &args.what {
        TopicsCommand::Apply {
            partitions,
            replication,
            revoke,
        } => {
            let copies = *replication;
            let (created, configured) = apply(&cluster, &names, *partitions, copies)?;
            let (set, removed) = apply_acls(&cluster, rights.as_ref(), *revoke)?;
            say_applied(args.json, [&created, &configured], [&set, &removed])?;
            let mut compared = compare(&cluster, &names)?;
            compared.add_rights(&cluster, rights.as_ref())?;
            for line in &compared.advice {
                eprintln!("advice: {line}");
            }
            let left = compared
                .differences
                .into_iter()
                .filter(|line| copies.is_none_or(|copies| copies >= 2) || !line.contains("insync"))
                .collect::<Vec<_>>();
            for line in &left {
                eprintln!("still differs: {line}");
            }
            Ok(done_where(left.is_empty()))
        }
        TopicsCommand::Check => {
            let mut compared = compare(&cluster, &names)?;
            compared.add_rights(&cluster, rights.as_ref())?;
            let Compared {
                differences,
                advice,
            } = compared;
            if args.json {
                print_json(&json!({ "differences": differences, "advice": advice }))?;
            } else {
                for line in &differences {
                    println!("{line}");
                }
                let topics = Topic::ALL.len();
                match (differences.is_empty(), &rights) {
                    (false, _) => {}
                    (true, None) => println!("{topics} topics are as they should be"),
                    (true, Some(rights)) => {
                        let acls = rights.count();
                        println!("{topics} topics and {acls} ACLs are as they should be");
                    }
                }
            }
            for line in &advice {
                eprintln!("advice: {line}");
            }
            Ok(done_where(differences.is_empty()))
        }
    }
}

fn done_where(nothing_differs: bool) -> u8 {
    if nothing_differs {
        exit::DONE
    } else {
        exit::DIFFERS
    }
}

/// The rights of the principals that a configuration names, if it names any.
pub(crate) fn rights(config: &Config, names: &TopicNames) -> Option<Rights> {
    let principals = config.kafka.principals.as_ref()?;
    Some(Rights::new(principals, names, &config.prefix))
}

/// How the topics of a broker stand beside what they should be.
#[derive(Debug)]
pub(crate) struct Compared {
    /// What must not differ and does, a sentence each.
    pub(crate) differences: Vec<String>,
    /// What the company decides for a topic of its own, and what that costs.
    pub(crate) advice: Vec<String>,
}

impl Compared {
    /// With how the ACLs stand beside what they should be, where rights are given.
    fn add_rights(
        &mut self,
        cluster: &KafkaCluster,
        rights: Option<&Rights>,
    ) -> Result<(), Failure> {
        if let Some(rights) = rights {
            let found = cluster.acls_of(&rights.principals())?;
            let (missing, too_many) = rights.differences(&found);
            self.differences.extend(missing.into_iter().chain(too_many));
        }
        Ok(())
    }
}

/// The topics as they should be. Accesses and what goes with them have as many partitions as the
/// accesses have; where these are not there, or not to be seen, as `partitions` says, or else as
/// one of the others has.
fn wanted(
    cluster: &dyn Cluster,
    names: &TopicNames,
    partitions: Option<i32>,
) -> Result<Vec<TopicSpec>, Failure> {
    let accesses = names.name(Topic::AccessEvents);
    let alike = Topic::LIKE_ACCESSES.map(|topic| names.name(topic));
    let there = cluster.describe_topics(&alike.each_ref().map(|name| &**name))?;
    let own = there.iter().find(|topic| *topic.name == *accesses);
    let partitions = own
        .map(|topic| topic.partitions)
        .or(partitions)
        .or_else(|| there.first().map(|topic| topic.partitions));
    let is_there = own.is_some();
    let mut specs = specs(names, partitions).map_err(|why| Failure::failed("topics-file", why))?;
    let own = specs.iter_mut().find(|spec| *spec.name == *accesses);
    if let Some(own) = own.filter(|_| is_there) {
        // The company's own, with settings for its other readers: only what destroys facts is a
        // difference.
        own.config.retain(|setting, _| setting == "cleanup.policy");
    }
    Ok(specs)
}

/// How the topics of the broker stand beside what they should be.
pub(crate) fn compare(cluster: &dyn Cluster, names: &TopicNames) -> Result<Compared, Failure> {
    compare_only(cluster, names, &|_| true)
}

/// The same of those topics alone whose names are chosen.
pub(crate) fn compare_only(
    cluster: &dyn Cluster,
    names: &TopicNames,
    chosen: &dyn Fn(&str) -> bool,
) -> Result<Compared, Failure> {
    let mut wanted = wanted(cluster, names, None)?;
    wanted.retain(|spec| chosen(&spec.name));
    let (differences, found) = differences(cluster, &wanted)?;
    let accesses = names.name(Topic::AccessEvents);
    let accesses = found.iter().find(|topic| *topic.name == *accesses);
    Ok(Compared {
        differences,
        advice: accesses.map_or_else(Vec::new, advice),
    })
}

/// What no stage may start with, of the topics whose names are chosen: one that is not there, with
/// other partitions than what goes with it has, or that loses records which count.
pub(crate) fn unfit(
    cluster: &dyn Cluster,
    names: &TopicNames,
    chosen: &dyn Fn(&str) -> bool,
) -> Result<Vec<String>, Failure> {
    let mut wanted = wanted(cluster, names, None)?;
    wanted.retain(|spec| chosen(&spec.name));
    for spec in &mut wanted {
        spec.config.retain(|setting, _| setting == "cleanup.policy");
    }
    Ok(differences(cluster, &wanted)?.0)
}

/// How topics differ from `wanted`, a sentence each, and how they are.
fn differences(
    cluster: &dyn Cluster,
    wanted: &[TopicSpec],
) -> Result<(Vec<String>, Vec<TopicState>), Failure> {
    let list: Vec<&str> = wanted.iter().map(|spec| spec.name.as_str()).collect();
    let found = cluster.describe_topics(&list)?;
    let mut differences = Vec::new();
    for spec in wanted {
        match found.iter().find(|topic| topic.name == spec.name) {
            // A topic has settings; that none is told is for want of a right to see them.
            Some(topic) if topic.config.is_empty() => {
                let partitions_alone = TopicSpec::new(spec.name.as_str(), spec.partitions);
                differences.extend(partitions_alone.differences(topic));
            }
            Some(topic) => differences.extend(spec.differences(topic)),
            None => differences.push(format!(
                "{}: is missing; `tocsin topics apply` creates it",
                spec.name
            )),
        }
    }
    Ok((differences, found))
}

/// What it costs that a company keeps its accesses for a time only.
fn advice(accesses: &TopicState) -> Vec<String> {
    ["retention.ms", "retention.bytes"]
        .into_iter()
        .filter_map(|setting| {
            let value = accesses.config.get(setting)?;
            // Less than nothing stands for no limit.
            (!value.starts_with('-')).then(|| {
                format!(
                    "{}: {setting} is {value}. An access that is gone when a breach is found \
                     cannot be searched any more: coverage says `cut`, and counts have no upper \
                     end. Keep accesses as long as people may have to look back (-1: for good), \
                     or archive them for `tocsin replay --files`",
                    accesses.name
                )
            })
        })
        .collect()
}

/// Creates what is missing and sets what differs; which topics.
fn apply(
    cluster: &dyn Cluster,
    names: &TopicNames,
    partitions: Option<i32>,
    replication: Option<i32>,
) -> Result<(Vec<TopicSpec>, Vec<TopicSpec>), Failure> {
    let mut wanted = wanted(cluster, names, partitions)?;
    for spec in &mut wanted {
        spec.replication = replication;
        // A setting that more copies than there are must acknowledge would stop every write.
        if replication.is_some_and(|copies| copies < 2) {
            spec.config
                .insert("min.insync.replicas".to_owned(), "1".to_owned());
        }
    }
    let list: Vec<&str> = wanted.iter().map(|spec| spec.name.as_str()).collect();
    let found = cluster.describe_topics(&list)?;
    let accesses = names.name(Topic::AccessEvents);
    let (mut created, mut configured) = (Vec::new(), Vec::new());
    for spec in wanted {
        match found.iter().find(|topic| topic.name == spec.name) {
            None => created.push(spec),
            // Other systems rely on how it is set up, and another policy may delete at once.
            Some(_) if *spec.name == *accesses => {}
            Some(topic) => {
                let same_copies = TopicSpec {
                    replication: None,
                    ..spec
                };
                if !same_copies.differences(topic).is_empty() {
                    configured.push(same_copies);
                }
            }
        }
    }
    cluster.create_topics(&created)?;
    cluster.configure_topics(&configured)?;
    Ok((created, configured))
}

/// Sets the ACLs that are missing and, where it is asked for, takes away what stages may besides
/// with what is tocsin's; which.
fn apply_acls(
    cluster: &KafkaCluster,
    rights: Option<&Rights>,
    revoke: bool,
) -> Result<(BTreeSet<Acl>, BTreeSet<Acl>), Failure> {
    let Some(rights) = rights else {
        return Ok((BTreeSet::new(), BTreeSet::new()));
    };
    let found = cluster.acls_of(&rights.principals())?;
    let missing = rights.missing(&found);
    let removed = if revoke {
        rights.revocable(&found)
    } else {
        BTreeSet::new()
    };
    // What is missing first: a stage that is at work goes on meanwhile.
    cluster.set_acls(&missing)?;
    cluster.remove_acls(&removed)?;
    Ok((missing, removed))
}

/// Says which topics were created and configured, and which ACLs were set and taken away.
fn say_applied(
    as_json: bool,
    [created, configured]: [&[TopicSpec]; 2],
    [set, removed]: [&BTreeSet<Acl>; 2],
) -> Result<(), Failure> {
    let names = |specs: &[TopicSpec]| -> Vec<String> {
        specs.iter().map(|spec| spec.name.clone()).collect()
    };
    let shown = |acls: &BTreeSet<Acl>| -> Vec<String> { acls.iter().map(Acl::to_string).collect() };
    if as_json {
        return print_json(&json!({
            "created": names(created),
            "configured": names(configured),
            "acls": shown(set),
            "removed_acls": shown(removed),
        }));
    }
    for name in names(created) {
        println!("created {name}");
    }
    for name in names(configured) {
        println!("configured {name}");
    }
    for acl in shown(set) {
        println!("set the ACL: {acl}");
    }
    for acl in shown(removed) {
        println!("took the ACL away: {acl}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use stream::MemoryCluster;

    fn state(cluster: &MemoryCluster, name: &str) -> TopicState {
        let found = cluster.describe_topics(&[name]).unwrap();
        found.into_iter().next().unwrap()
    }

    #[test]
    fn what_a_company_set_on_its_topics_stays() {
        let cluster = MemoryCluster::new();
        let names = TopicNames::new("", &BTreeMap::new());
        let accesses = TopicSpec::new("access-events", 5)
            .set("cleanup.policy", "delete")
            .set("compression.type", "zstd")
            .set("retention.ms", "86400000");
        let grants = TopicSpec::new("grants", 4)
            .set("message.timestamp.type", "LogAppendTime")
            .set("retention.ms", "86400000");
        cluster.create_topics(&[accesses.clone(), grants]).unwrap();
        let (created, configured) = apply(&cluster, &names, Some(9), None).unwrap();
        assert_eq!((created.len(), configured.len()), (13, 1));

        // Its accesses are its own; what it records for tocsin is kept for good.
        assert_eq!(state(&cluster, "access-events").config, accesses.config);
        let grants = state(&cluster, "grants").config;
        assert_eq!(grants["message.timestamp.type"], "LogAppendTime");
        assert_eq!(grants["retention.ms"], "-1");
        assert_eq!(state(&cluster, "candidates").partitions, 5);
        let Compared {
            differences,
            advice,
        } = compare(&cluster, &names).unwrap();
        assert_eq!(differences, Vec::<String>::new());
        assert_eq!(advice.len(), 1, "{advice:?}");
        for part in ["access-events: retention.ms is 86400000", "no upper end"] {
            assert!(advice[0].contains(part), "{advice:?}");
        }
    }

    #[test]
    fn accesses_that_are_compacted_are_refused_and_left_alone() {
        let cluster = MemoryCluster::new();
        let names = TopicNames::new("", &BTreeMap::new());
        let accesses = TopicSpec::new("access-events", 2).set("cleanup.policy", "compact");
        cluster
            .create_topics(std::slice::from_ref(&accesses))
            .unwrap();
        // Deleting in place of compacting would take what is older than the broker's retention.
        apply(&cluster, &names, None, None).unwrap();
        assert_eq!(state(&cluster, "access-events").config, accesses.config);
        let differences = compare(&cluster, &names).unwrap().differences;
        assert_eq!(differences.len(), 1, "{differences:?}");
        assert!(differences[0].contains("cleanup.policy is compact"));
    }

    #[test]
    fn without_accesses_to_be_seen_the_others_say_how_many_partitions() {
        let names = TopicNames::new("", &BTreeMap::new());
        let cluster = MemoryCluster::new();
        cluster
            .create_topics(&[TopicSpec::new("candidates", 5)])
            .unwrap();
        let count = |asked: Option<i32>| {
            let specs = wanted(&cluster, &names, asked).unwrap();
            let findings = specs.iter().find(|spec| spec.name == "findings").unwrap();
            findings.partitions
        };
        assert_eq!((count(None), count(Some(3))), (5, 3));
        cluster
            .create_topics(&[TopicSpec::new("access-events", 7)])
            .unwrap();
        assert_eq!((count(None), count(Some(3))), (7, 7));
    }

    #[test]
    fn no_stage_starts_with_topics_that_lose_records_or_do_not_go_together() {
        let names = TopicNames::new("", &BTreeMap::new());
        let cluster = MemoryCluster::new();
        let unfit = |only: &str| unfit(&cluster, &names, &|name| name.starts_with(only)).unwrap();
        assert_eq!(unfit("").len(), 15);
        assert_eq!(unfit("candidates").len(), 1);
        assert!(unfit("candidates")[0].contains("is missing"));
        apply(&cluster, &names, Some(3), None).unwrap();
        assert_eq!(unfit(""), Vec::<String>::new());
        // A setting that only checks complain of keeps no stage from its work.
        let other = TopicSpec::new("findings", 3).set("compression.type", "gzip");
        cluster.configure_topics(&[other]).unwrap();
        assert_eq!(unfit(""), Vec::<String>::new());
        cluster.delete_topics(&["candidates"]).unwrap();
        let few = TopicSpec::new("candidates", 2).set("cleanup.policy", "compact");
        cluster.create_topics(&[few]).unwrap();
        let said = unfit("");
        assert!(
            said.iter().any(|one| one.starts_with("candidates")),
            "{said:?}"
        );
        assert_eq!(unfit("findings"), Vec::<String>::new());
    }
}
