//! `tocsin topics apply | check`: the topic graph on a broker.

use super::print_json;
use crate::cli::{Topics, TopicsCommand};
use crate::errors::{Failure, exit};
use crate::topology::{Topic, TopicNames, specs};
use serde_json::json;
use stream::{Cluster, TopicSpec};

/// Runs it.
pub(crate) fn topics(args: &Topics) -> Result<u8, Failure> {
    let config = super::run::configuration(args.config.as_deref())?;
    let cluster = super::run::kafka(&config)?;
    let names = TopicNames::new(&config.prefix, &config.topics);
    match &args.what {
        TopicsCommand::Apply {
            partitions,
            replication,
        } => apply(&cluster, &names, *partitions, *replication, args.json),
        TopicsCommand::Check => {
            let differences = differences(&cluster, &names)?;
            if args.json {
                print_json(&json!({ "differences": differences }))?;
            } else {
                for line in &differences {
                    println!("{line}");
                }
                if differences.is_empty() {
                    println!("{} topics are as they should be", Topic::ALL.len());
                }
            }
            Ok(if differences.is_empty() {
                exit::DONE
            } else {
                exit::DIFFERS
            })
        }
    }
}

/// The topics as they should be, accesses and what goes with them with as many partitions as the
/// accesses have, if they are there already.
fn wanted(
    cluster: &dyn Cluster,
    names: &TopicNames,
    partitions: Option<i32>,
) -> Result<Vec<TopicSpec>, Failure> {
    let accesses = names.name(Topic::AccessEvents);
    let there = cluster.describe_topics(&[&accesses])?;
    let partitions = there.first().map(|topic| topic.partitions).or(partitions);
    specs(names, partitions).map_err(|why| Failure::failed("topics-file", why))
}

/// What differs between the topics of the broker and what they should be, a sentence each.
pub(crate) fn differences(
    cluster: &dyn Cluster,
    names: &TopicNames,
) -> Result<Vec<String>, Failure> {
    let wanted = wanted(cluster, names, None)?;
    let list: Vec<&str> = wanted.iter().map(|spec| spec.name.as_str()).collect();
    let found = cluster.describe_topics(&list)?;
    let mut lines = Vec::new();
    for spec in &wanted {
        match found.iter().find(|topic| topic.name == spec.name) {
            Some(topic) => lines.extend(spec.differences(topic)),
            None => lines.push(format!(
                "{}: is missing; `tocsin topics apply` creates it",
                spec.name
            )),
        }
    }
    Ok(lines)
}

fn apply(
    cluster: &dyn Cluster,
    names: &TopicNames,
    partitions: Option<i32>,
    replication: Option<i32>,
    as_json: bool,
) -> Result<u8, Failure> {
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
    let (mut created, mut configured) = (Vec::new(), Vec::new());
    for spec in wanted {
        match found.iter().find(|topic| topic.name == spec.name) {
            None => created.push(spec),
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
    let names_of = |specs: &[TopicSpec]| -> Vec<String> {
        specs.iter().map(|spec| spec.name.clone()).collect()
    };
    if as_json {
        print_json(&json!({ "created": names_of(&created), "configured": names_of(&configured) }))?;
    } else {
        for name in names_of(&created) {
            println!("created {name}");
        }
        for name in names_of(&configured) {
            println!("configured {name}");
        }
    }
    let left = differences(cluster, names)?
        .into_iter()
        .filter(|line| replication.is_none_or(|copies| copies >= 2) || !line.contains("insync"))
        .collect::<Vec<_>>();
    for line in &left {
        eprintln!("still differs: {line}");
    }
    Ok(if left.is_empty() {
        exit::DONE
    } else {
        exit::DIFFERS
    })
}
