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
            old_prefix,
        } => {
            if *revoke && rights.is_none() {
                let why = "--revoke needs `[kafka.principals]` in the configuration, which says \
                           who runs what; `tocsin run --example-config` shows it";
                return Err(Failure::usage("config-invalid", why));
            }
            let former = old_prefix.as_deref().and_then(|prefix| {
                let names = TopicNames::new(prefix, &config.topics);
                rights_under(&config, &names, prefix)
            });
            let copies = *replication;
            let (created, configured) = apply(&cluster, &names, *partitions, copies)?;
            let (set, removed) = apply_acls(&cluster, rights.as_ref(), *revoke, former.as_ref())?;
            say_applied(args.json, [&created, &configured], [&set, &removed])?;
            let mut compared = compare(&cluster, &names)?;
            compared.add_rights(&cluster, rights.as_ref())?;
            let unseen = compared.say_besides();
            let left = compared
                .differences
                .into_iter()
                .filter(|line| copies.is_none_or(|copies| copies >= 2) || !line.contains("insync"))
                .collect::<Vec<_>>();
            for line in &left {
                eprintln!("still differs: {line}");
            }
            Ok(done_where(left.is_empty() && unseen.is_none()))
        }
        TopicsCommand::Check => check(args, &cluster, &names, rights.as_ref()),
    }
}

/// Compares, and says what differs.
fn check(
    args: &Topics,
    cluster: &KafkaCluster,
    names: &TopicNames,
    rights: Option<&Rights>,
) -> Result<u8, Failure> {
    let mut compared = compare(cluster, names)?;
    compared.add_rights(cluster, rights)?;
    let unseen = compared.say_besides();
    let Compared {
        differences,
        advice,
        ..
    } = compared;
    let is_so = differences.is_empty() && unseen.is_none();
    if args.json {
        let unseen = Vec::from_iter(&unseen);
        print_json(&json!({ "differences": differences, "advice": advice, "unseen": unseen }))?;
        return Ok(done_where(is_so));
    }
    for line in &differences {
        println!("{line}");
    }
    let topics = Topic::ALL.len();
    match rights.filter(|_| is_so) {
        Some(rights) => {
            let acls = rights.count();
            println!("{topics} topics and {acls} ACLs are as they should be");
        }
        None if is_so => println!("{topics} topics are as they should be"),
        None => {}
    }
    Ok(done_where(is_so))
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
    rights_under(config, names, &config.prefix)
}

/// The same where groups and transactional ids have that prefix.
fn rights_under(config: &Config, names: &TopicNames, prefix: &str) -> Option<Rights> {
    let principals = config.kafka.principals.as_ref()?;
    Some(Rights::new(principals, names, prefix))
}

/// How the topics of a broker stand beside what they should be.
#[derive(Debug)]
pub(crate) struct Compared {
    /// What must not differ and does, a sentence each.
    pub(crate) differences: Vec<String>,
    /// What the company decides for a topic of its own, and what that costs.
    pub(crate) advice: Vec<String>,
    /// The topics as they are.
    pub(crate) found: Vec<TopicState>,
}

impl Compared {
    /// What could not be compared. A topic has settings; one without any is one whose settings the
    /// brokers keep to themselves.
    pub(crate) fn unseen(&self) -> Option<String> {
        let untold = self.found.iter().filter(|topic| topic.config.is_empty());
        let untold: Vec<&str> = untold.map(|topic| topic.name.as_str()).collect();
        (!untold.is_empty()).then(|| {
            format!(
                "settings of {}, which the brokers do not tell this user (DESCRIBE_CONFIGS)",
                untold.join(", ")
            )
        })
    }

    /// Says what stands beside the differences; what could not be compared.
    fn say_besides(&self) -> Option<String> {
        for line in &self.advice {
            eprintln!("advice: {line}");
        }
        let unseen = self.unseen();
        if let Some(what) = &unseen {
            eprintln!("not looked at: {what}");
        }
        unseen
    }

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

/// The topics as they should be. What is kept by partition has as many partitions as most of it
/// that is there; where none is, as the accesses have; where these are not there, or not to be
/// seen, as `partitions` says. Accesses have as many as they have.
fn wanted(
    cluster: &dyn Cluster,
    names: &TopicNames,
    partitions: Option<i32>,
) -> Result<Vec<TopicSpec>, Failure> {
    let accesses = names.name(Topic::AccessEvents);
    let kept = Topic::KEYED.map(|topic| names.name(topic));
    let kept = cluster.describe_topics(&kept.each_ref().map(|name| &**name))?;
    let own = cluster.describe_topics(&[&*accesses])?.pop();
    let candidates = names.name(Topic::Candidates);
    let alike = |one: &&TopicState| {
        let same = |other: &&TopicState| other.partitions == one.partitions;
        (kept.iter().filter(same).count(), *one.name == *candidates)
    };
    let partitions = kept
        .iter()
        .max_by_key(alike)
        .or(own.as_ref())
        .map(|topic| topic.partitions)
        .or(partitions);
    let mut specs = specs(names, partitions).map_err(|why| Failure::failed("topics-file", why))?;
    let spec = specs.iter_mut().find(|spec| *spec.name == *accesses);
    if let Some((spec, own)) = spec.zip(own) {
        // The company's own, with settings for its other readers: only what destroys facts is a
        // difference.
        spec.config.retain(|setting, _| setting == "cleanup.policy");
        spec.partitions = own.partitions;
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
    let mut compared = compared(cluster, &wanted)?;
    let accesses = names.name(Topic::AccessEvents);
    let accesses = compared.found.iter().find(|topic| *topic.name == *accesses);
    compared.advice = accesses.map_or_else(Vec::new, advice);
    Ok(compared)
}

/// What no stage may start with, of the topics whose names are chosen: one that is not there, with
/// other partitions than what goes with it has, or that loses records which count.
pub(crate) fn unfit(
    cluster: &dyn Cluster,
    names: &TopicNames,
    chosen: &dyn Fn(&str) -> bool,
) -> Result<Compared, Failure> {
    let mut wanted = wanted(cluster, names, None)?;
    wanted.retain(|spec| chosen(&spec.name));
    for spec in &mut wanted {
        spec.config.retain(|setting, _| setting == "cleanup.policy");
    }
    compared(cluster, &wanted)
}

/// How topics stand beside `wanted`.
fn compared(cluster: &dyn Cluster, wanted: &[TopicSpec]) -> Result<Compared, Failure> {
    let list: Vec<&str> = wanted.iter().map(|spec| spec.name.as_str()).collect();
    let found = cluster.describe_topics(&list)?;
    let mut differences = Vec::new();
    for spec in wanted {
        match found.iter().find(|topic| topic.name == spec.name) {
            // Its settings are not told, which is said by itself.
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
    Ok(Compared {
        differences,
        advice: Vec::new(),
        found,
    })
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
/// with what is tocsin's, and what they have of `former` rights; which.
fn apply_acls(
    cluster: &KafkaCluster,
    rights: Option<&Rights>,
    revoke: bool,
    former: Option<&Rights>,
) -> Result<(BTreeSet<Acl>, BTreeSet<Acl>), Failure> {
    let Some(rights) = rights else {
        return Ok((BTreeSet::new(), BTreeSet::new()));
    };
    let found = cluster.acls_of(&rights.principals())?;
    let missing = rights.missing(&found);
    let mut removed = former.map_or_else(BTreeSet::new, |former| rights.former(former, &found));
    if revoke {
        removed.extend(rights.revocable(&found));
    }
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
        assert_eq!((created.len(), configured.len()), (14, 1));

        // Its accesses are its own; what it records for tocsin is kept for good.
        assert_eq!(state(&cluster, "access-events").config, accesses.config);
        let grants = state(&cluster, "grants").config;
        assert_eq!(grants["message.timestamp.type"], "LogAppendTime");
        assert_eq!(grants["retention.ms"], "-1");
        assert_eq!(state(&cluster, "candidates").partitions, 5);
        let Compared {
            differences,
            advice,
            ..
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
        assert_eq!((count(None), count(Some(3))), (5, 5));
        cluster
            .create_topics(&[TopicSpec::new("access-events", 7)])
            .unwrap();
        assert_eq!(
            (count(None), count(Some(3))),
            (5, 5),
            "accesses may gain some"
        );
    }

    #[test]
    fn no_stage_starts_with_topics_that_lose_records_or_do_not_go_together() {
        let names = TopicNames::new("", &BTreeMap::new());
        let cluster = MemoryCluster::new();
        let compared = |only: &str| unfit(&cluster, &names, &|name| name.starts_with(only));
        let unfit = |only: &str| compared(only).unwrap().differences;
        assert_eq!(unfit("").len(), 16);
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

    #[test]
    fn settings_that_nobody_tells_are_said_to_be_unseen_and_not_to_be_right() {
        let names = TopicNames::new("", &BTreeMap::new());
        let cluster = MemoryCluster::new();
        apply(&cluster, &names, Some(3), None).unwrap();
        assert_eq!(compare(&cluster, &names).unwrap().unseen(), None);
        cluster.delete_topics(&["candidates"]).unwrap();
        // Without settings, as a broker shows it that does not let this user see them.
        let candidates = TopicSpec::new("candidates", 3);
        cluster.create_topics(&[candidates]).unwrap();
        let compared = compare(&cluster, &names).unwrap();
        assert_eq!(compared.differences, Vec::<String>::new());
        let unseen = compared.unseen().unwrap();
        assert!(unseen.starts_with("settings of candidates, "), "{unseen}");
    }
}
