//! The whole way of a record that could not be used, over the log in memory: it is buried, what it
//! lacked is mended, it is redriven, and nothing shows that it ever was away.

use super::args::{Filter, Redrive};
use super::letters;
use super::redrive::{Done, run};
use crate::codec::{Codec, base64};
use crate::context::Tuning;
use crate::embedded;
use crate::engine::Plan;
use crate::law::LawSettings;
use crate::tests::{Stepped, law, plan, poured};
use crate::topology::Topic;
use facts::Finding;
use std::collections::BTreeMap;
use std::time::Duration;
use stream::{Cluster, MemoryCluster, Outgoing};
use wire::{Framing, RecordKind, SCHEMA_HEADER};

/// A schema id that nobody knows at first.
const ID: u32 = 4242;

/// The demo's history, in which every so many records name their schema by [`ID`]; how many do.
fn with_unknown_schemas(topic: Topic, every: usize) -> (MemoryCluster, usize) {
    let (from, to) = (poured(), MemoryCluster::new());
    embedded::create_topics(&to, 3).unwrap();
    let mut changed = 0;
    for input in Topic::INPUTS {
        let mut seen = 0;
        stream::read_topic(&from, input.name(), &mut |record| {
            let mut value = record.value.unwrap().to_vec();
            seen += 1;
            if input == topic && seen % every == 0 {
                // Single-object encoding: two bytes of marker and eight of fingerprint come first.
                value.splice(..10, [&[0][..], &ID.to_be_bytes()[..]].concat());
                changed += 1;
            }
            let out = Outgoing::new(input.name(), record.key.unwrap(), value);
            to.append(&out.on(record.partition)).unwrap();
        })
        .unwrap();
    }
    (to, changed)
}

/// What a run came to: the last value of each key, findings without their place.
fn said(cluster: &MemoryCluster, plan: &Plan) -> BTreeMap<(&'static str, Vec<u8>), Vec<u8>> {
    let codec = codec(plan);
    let mut said = crate::tests::said(cluster);
    for ((topic, _), value) in &mut said {
        if *topic == Topic::Findings.name() {
            let mut finding: Finding = codec.decode(Topic::Findings, value).unwrap();
            finding.source = None;
            *value = facts::canonical_json(&finding).into_bytes();
        }
    }
    let letters = Topic::DeadLetters.name();
    for (key, record) in stream::latest(cluster, letters).unwrap() {
        said.insert((letters, key), record.value.unwrap());
    }
    assert!(said.len() > 100, "{} documents prove little", said.len());
    said
}

fn codec(plan: &Plan) -> Codec {
    Codec::new(plan.store.clone(), Framing::SingleObject, Duration::ZERO)
}

fn a_plan(cluster: &MemoryCluster) -> Plan {
    plan(
        cluster,
        "0",
        law(&LawSettings::default()),
        Tuning::default(),
    )
}

fn everything() -> Redrive {
    Redrive {
        letters: Vec::new(),
        filter: Filter::default(),
        all: true,
        again: false,
        unchecked: false,
        dry_run: false,
        config: None,
        json: false,
    }
}

fn redriven(cluster: &MemoryCluster, plan: &Plan, args: &Redrive) -> Done {
    run(cluster, &plan.names, &codec(plan), "", args).unwrap()
}

fn without_mishap() -> BTreeMap<(&'static str, Vec<u8>), Vec<u8>> {
    let cluster = poured();
    let plan = a_plan(&cluster);
    assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
    said(&cluster, &plan)
}

fn length(cluster: &MemoryCluster, topic: Topic) -> i64 {
    let partitions = 0..cluster.partitions(topic.name()).unwrap();
    partitions
        .map(|one| cluster.range(topic.name(), one).unwrap().1)
        .sum()
}

#[test]
fn after_a_redrive_nothing_shows_that_a_record_was_away() {
    let whole = without_mishap();
    for (topic, every) in [(Topic::AccessEvents, 40), (Topic::BreachEvents, 7)] {
        let (cluster, changed) = with_unknown_schemas(topic, every);
        let plan = a_plan(&cluster);
        let mut stages = Stepped::open(&plan);
        assert!(stages.rest(Duration::ZERO), "not settled");
        let letters = length(&cluster, Topic::DeadLetters);
        assert!(changed > 3, "{changed} letters of {}", topic.name());
        assert!(letters >= changed as i64);
        assert!(said(&cluster, &plan) != whole, "the mishap changes answers");

        // As long as nobody knows the schema, nothing is sent.
        let early = redriven(&cluster, &plan, &everything());
        assert_eq!((early.sent.len(), early.left.len()), (0, changed));
        assert!(
            early
                .left
                .iter()
                .all(|one| one.code == "avro-unknown-schema")
        );

        let schema = topic.record().newest_schema();
        plan.store.learn(ID, schema).unwrap();
        let input = length(&cluster, topic);
        let dry = Redrive {
            dry_run: true,
            ..everything()
        };
        assert_eq!(redriven(&cluster, &plan, &dry).sent.len(), changed);
        assert_eq!(length(&cluster, topic), input, "a dry run writes nothing");
        let done = redriven(&cluster, &plan, &everything());
        assert_eq!((done.sent.len(), done.left.len()), (changed, 0));
        assert!(stages.rest(Duration::ZERO), "not settled");
        assert!(said(&cluster, &plan) == whole, "{} differ", topic.name());

        // Once more: nothing is sent, unless that is asked for, and then it changes nothing.
        let again = redriven(&cluster, &plan, &everything());
        assert_eq!((again.sent.len(), again.before.len()), (0, changed));
        let again = Redrive {
            again: true,
            ..everything()
        };
        assert_eq!(redriven(&cluster, &plan, &again).sent.len(), changed);
        assert!(stages.rest(Duration::ZERO), "not settled");
        assert!(said(&cluster, &plan) == whole, "sent twice is counted once");
        // And a stage that starts anew, and reads the log again, says the same.
        drop(stages);
        assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
        assert!(said(&cluster, &plan) == whole, "after a restart");
    }
}

#[test]
fn what_failed_twice_is_no_hole_once_it_is_read() {
    let whole = without_mishap();
    let (cluster, changed) = with_unknown_schemas(Topic::AccessEvents, 100);
    let plan = a_plan(&cluster);
    let mut stages = Stepped::open(&plan);
    assert!(stages.rest(Duration::ZERO), "not settled");
    let unchecked = Redrive {
        unchecked: true,
        ..everything()
    };
    assert_eq!(redriven(&cluster, &plan, &unchecked).sent.len(), changed);
    assert!(stages.rest(Duration::ZERO), "not settled");
    let standing = letters::of_topic(&cluster, &plan.names, &codec(&plan)).unwrap();
    let open = standing.values().filter(|one| one.redriven.is_none());
    assert_eq!(open.count(), changed, "each failed again, at another place");

    let schema = RecordKind::AccessEvent.newest_schema();
    plan.store.learn(ID, schema).unwrap();
    let done = redriven(&cluster, &plan, &everything());
    assert_eq!((done.sent.len(), done.before.len()), (changed, changed));
    assert!(stages.rest(Duration::ZERO), "not settled");
    assert!(said(&cluster, &plan) == whole);
}

#[test]
fn a_schema_named_in_a_header_is_said_and_the_header_is_kept() {
    let cluster = poured();
    let bare = vec![0, 0, 0, 16, 146, 2];
    let record = Outgoing::new(Topic::AccessEvents.name(), "k", bare.clone())
        .on(0)
        .header(SCHEMA_HEADER, b"\x01sixteen bytes id".to_vec())
        .header("trace", "t-1")
        .at(1_700_000_000_000);
    let (partition, offset) = cluster.append(&record).unwrap();
    let plan = a_plan(&cluster);
    assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
    let letters = letters::of_topic(&cluster, &plan.names, &codec(&plan)).unwrap();
    assert_eq!(letters.len(), 1);
    let letter = letters.values().next().unwrap();
    assert_eq!(letter.code, "schema-guid-framing");
    assert_eq!(letter.name(), format!("access-events/{partition}/{offset}"));
    assert_eq!(letter.key_bytes, Some(1));
    assert_eq!(letter.bytes, bare.len());
    let written = letter.written_at.unwrap();
    assert_eq!(written.millis(), 1_700_000_000_000);
    assert_eq!(letter.version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    let headers = [(SCHEMA_HEADER.to_owned(), 17), ("trace".to_owned(), 3)];
    assert_eq!(letter.headers, headers);

    let unchecked = Redrive {
        unchecked: true,
        ..everything()
    };
    assert_eq!(redriven(&cluster, &plan, &unchecked).sent.len(), 1);
    let mut last = None;
    stream::read_topic(&cluster, Topic::AccessEvents.name(), &mut |record| {
        if record.header("redrive").is_some() {
            last = Some(record.to_record());
        }
    })
    .unwrap();
    let last = last.unwrap();
    assert_eq!(base64(last.value.as_deref().unwrap()), base64(&bare));
    assert_eq!(last.partition, 0);
    assert_eq!(last.key.as_deref(), Some(&b"k"[..]));
    let names: Vec<&str> = last.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, [SCHEMA_HEADER, "trace", "redriven-from", "redrive"]);
    let from = format!("access-events|0|{offset}");
    assert_eq!(last.headers[2].1, from.as_bytes());
}

#[test]
fn what_stages_write_to_each_other_is_not_sent_again() {
    let cluster = poured();
    let junk = Outgoing::new(Topic::Candidates.name(), "k", b"\x17 no avro".to_vec());
    cluster.append(&junk).unwrap();
    let plan = a_plan(&cluster);
    assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
    let done = redriven(&cluster, &plan, &everything());
    assert_eq!((done.sent.len(), done.left.len()), (0, 1));
    assert_eq!(done.left[0].code, "redrive-internal");
}

#[test]
fn a_record_that_was_too_long_to_be_kept_is_left() {
    let cluster = poured();
    let long = vec![0x17; wire::Limits::default().record_bytes + 1];
    let record = Outgoing::new(Topic::AccessEvents.name(), "k", long);
    cluster.append(&record).unwrap();
    let plan = a_plan(&cluster);
    assert!(Stepped::open(&plan).rest(Duration::ZERO), "not settled");
    let unchecked = Redrive {
        unchecked: true,
        ..everything()
    };
    let done = redriven(&cluster, &plan, &unchecked);
    assert_eq!((done.sent.len(), done.left.len()), (0, 1));
    assert_eq!(done.left[0].code, "record-too-large");
}
