//! `tocsin topics apply | check`: the topic graph on a broker.

use super::print_json;
use crate::cli::{Topics, TopicsCommand};
use crate::errors::{Failure, exit};
use crate::topology::{Topic, TopicNames, specs};
use serde_json::json;
use stream::{Cluster, TopicSpec, TopicState};

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
            let Compared {
                differences,
                advice,
            } = compare(&cluster, &names)?;
            if args.json {
                print_json(&json!({ "differences": differences, "advice": advice }))?;
            } else {
                for line in &differences {
                    println!("{line}");
                }
                if differences.is_empty() {
                    println!("{} topics are as they should be", Topic::ALL.len());
                }
            }
            for line in &advice {
                eprintln!("advice: {line}");
            }
            Ok(if differences.is_empty() {
                exit::DONE
            } else {
                exit::DIFFERS
            })
        }
    }
}

/// How the topics of a broker stand beside what they should be.
#[derive(Debug)]
pub(crate) struct Compared {
    /// What must not differ and does, a sentence each.
    pub(crate) differences: Vec<String>,
    /// What the company decides for a topic of its own, and what that costs.
    pub(crate) advice: Vec<String>,
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
    let there = there.first();
    let partitions = there.map(|topic| topic.partitions).or(partitions);
    let mut specs = specs(names, partitions).map_err(|why| Failure::failed("topics-file", why))?;
    let own = specs.iter_mut().find(|spec| *spec.name == *accesses);
    if let Some(own) = own.filter(|_| there.is_some()) {
        // The company's own, with settings for its other readers: only what destroys facts is a
        // difference.
        own.config.retain(|setting, _| setting == "cleanup.policy");
    }
    Ok(specs)
}

/// How the topics of the broker stand beside what they should be.
pub(crate) fn compare(cluster: &dyn Cluster, names: &TopicNames) -> Result<Compared, Failure> {
    let (differences, found) = differences(cluster, &wanted(cluster, names, None)?)?;
    let accesses = names.name(Topic::AccessEvents);
    let accesses = found.iter().find(|topic| *topic.name == *accesses);
    Ok(Compared {
        differences,
        advice: accesses.map_or_else(Vec::new, advice),
    })
}

/// What no stage may start with: a topic that is not there, with other partitions than what goes
/// with it has, or that loses records which count.
pub(crate) fn unfit(cluster: &dyn Cluster, names: &TopicNames) -> Result<Vec<String>, Failure> {
    let mut wanted = wanted(cluster, names, None)?;
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
    let compared = compare(cluster, names)?;
    for line in &compared.advice {
        eprintln!("advice: {line}");
    }
    let left = compared
        .differences
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
        let code = apply(&cluster, &names, Some(9), None, false).unwrap();
        assert_eq!(code, exit::DONE);

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
        let code = apply(&cluster, &names, None, None, false).unwrap();
        assert_eq!(code, exit::DIFFERS);
        assert_eq!(state(&cluster, "access-events").config, accesses.config);
        let differences = compare(&cluster, &names).unwrap().differences;
        assert_eq!(differences.len(), 1, "{differences:?}");
        assert!(differences[0].contains("cleanup.policy is compact"));
    }

    #[test]
    fn no_stage_starts_with_topics_that_lose_records_or_do_not_go_together() {
        let names = TopicNames::new("", &BTreeMap::new());
        let cluster = MemoryCluster::new();
        let missing = unfit(&cluster, &names).unwrap();
        assert!(missing.iter().any(|one| one.contains("is missing")));
        apply(&cluster, &names, Some(3), None, false).unwrap();
        assert_eq!(unfit(&cluster, &names).unwrap(), Vec::<String>::new());
        // A setting that only checks complain of keeps no stage from its work.
        let other = TopicSpec::new("findings", 3).set("compression.type", "gzip");
        cluster.configure_topics(&[other]).unwrap();
        assert_eq!(unfit(&cluster, &names).unwrap(), Vec::<String>::new());
        cluster.delete_topics(&["candidates"]).unwrap();
        let few = TopicSpec::new("candidates", 2).set("cleanup.policy", "compact");
        cluster.create_topics(&[few]).unwrap();
        let unfit = unfit(&cluster, &names).unwrap();
        assert!(
            unfit.iter().any(|one| one.starts_with("candidates")),
            "{unfit:?}"
        );
    }
}
