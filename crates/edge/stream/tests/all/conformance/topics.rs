//! What a record carries, and topics themselves.

use super::bed::*;
use stream::{ErrorKind, Outgoing, Record, TopicSpec, WorkerSpec, partition_of, read_topic};

fn records(bed: &dyn Bed, topic: &str, count: usize) -> Vec<Record> {
    eventually("the records", || {
        let mut found = Vec::new();
        read_topic(bed.cluster(), topic, &mut |record| {
            found.push(record.to_record())
        })
        .unwrap();
        (found.len() == count).then_some(found)
    })
}

pub(crate) fn survive(bed: &dyn Bed) {
    let output = bed.output(2);
    let mut worker = writer(bed);
    worker.begin().unwrap();
    let now = 1_900_000_000_000_i64.min(millis_now());
    let full = Outgoing::new(output.as_str(), vec![0u8, 255, 7], vec![1, 2, 3])
        .header("b", b"1".to_vec())
        .header("a", vec![0, 159])
        .header("b", Vec::new())
        .on(1)
        .at(now);
    worker.send(&full).unwrap();
    worker
        .send(
            &Outgoing::tombstone(output.as_str(), "gone")
                .header("why", "x")
                .on(1),
        )
        .unwrap();
    worker
        .send(&Outgoing::new(output.as_str(), "", Vec::new()).on(1))
        .unwrap();
    worker.commit(&[]).unwrap();
    let found = records(bed, &output, 3);
    assert_eq!(found[0].key.as_deref(), Some(&[0u8, 255, 7][..]));
    assert_eq!(found[0].value.as_deref(), Some(&[1u8, 2, 3][..]));
    assert_eq!(found[0].timestamp_ms, now);
    assert_eq!((found[0].partition, found[0].offset), (1, 0));
    assert_eq!(found[0].headers, full.headers);
    assert_eq!(found[1].value, None);
    assert_eq!(found[1].headers, [("why".to_owned(), b"x".to_vec())]);
    assert!((found[1].timestamp_ms - millis_now()).abs() < 60_000);
    assert_eq!(found[2].key.as_deref(), Some(&[][..]));
    assert_eq!(found[2].value.as_deref(), Some(&[][..]));
    read_topic(bed.cluster(), &output, &mut |record| {
        if record.offset == 0 {
            assert_eq!(record.header("b"), Some(&[][..]));
            assert_eq!(record.header("c"), None);
        }
    })
    .unwrap();
}

fn millis_now() -> i64 {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    now.as_millis() as i64
}

pub(crate) fn partitioner(bed: &dyn Bed) {
    let output = bed.output(7);
    let mut worker = writer(bed);
    worker.begin().unwrap();
    for n in 0..200 {
        let key = format!("key-{n}-{}", "x".repeat(n % 9));
        worker
            .send(&Outgoing::new(output.as_str(), key, vec![1]))
            .unwrap();
    }
    worker
        .send(&Outgoing::new(output.as_str(), "", vec![1]))
        .unwrap();
    worker.commit(&[]).unwrap();
    let found = records(bed, &output, 201);
    for record in found {
        let key = record.key.unwrap();
        assert_eq!(record.partition, partition_of(&key, 7), "{key:?}");
    }
}

pub(crate) fn administration(bed: &dyn Bed) {
    let name = bed.name("made");
    let cluster = bed.cluster();
    let spec = TopicSpec::new(&name, 3)
        .set("cleanup.policy", "compact")
        .set("retention.ms", "-1");
    cluster.create_topics(std::slice::from_ref(&spec)).unwrap();
    cluster
        .create_topics(&[
            TopicSpec::new(&name, 5),
            TopicSpec::new(bed.name("more"), 1),
        ])
        .unwrap();
    assert_eq!(cluster.partitions(&name).unwrap(), 3);
    let nowhere = bed.name("nowhere");
    let found = cluster.describe_topics(&[&name, &nowhere]).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(spec.differences(&found[0]), Vec::<String>::new());
    let wanted = TopicSpec::new(&name, 4)
        .set("cleanup.policy", "delete")
        .set("retention.ms", "-1");
    let differences = wanted.differences(&found[0]);
    assert_eq!(differences.len(), 2, "{differences:?}");
    cluster
        .configure_topics(&[TopicSpec::new(&name, 3).set("max.message.bytes", "99")])
        .unwrap();
    let found = eventually("the new settings", || {
        let found = cluster.describe_topics(&[&name]).unwrap();
        found[0]
            .overridden
            .contains_key("max.message.bytes")
            .then_some(found)
    });
    let before = found[0].overridden.get("cleanup.policy");
    assert_eq!(before.map(String::as_str), Some("compact"), "it stays");
    let missing = cluster.configure_topics(&[TopicSpec::new(&nowhere, 1)]);
    assert_eq!(missing.unwrap_err().kind, ErrorKind::NotFound);
    cluster.delete_topics(&[&name, &nowhere]).unwrap();
    eventually("the deletion", || {
        cluster
            .describe_topics(&[&name])
            .unwrap()
            .is_empty()
            .then_some(())
    });
}

pub(crate) fn another_id(bed: &dyn Bed) {
    let cluster = bed.cluster();
    let id = |name: &str| cluster.topic_ids(&[name]).unwrap().remove(name);
    let (first, second) = (bed.output(1), bed.output(2));
    let nowhere = bed.name("nowhere");
    let names: [&str; 4] = [&first, &second, &nowhere, &first];
    let both = cluster.topic_ids(&names).unwrap();
    assert_eq!(both.len(), 2, "{both:?}");
    assert_ne!(both[&first], both[&second]);
    assert_eq!(id(&first).as_ref(), both.get(&first), "asked again");
    cluster.delete_topics(&[&first]).unwrap();
    eventually("the deletion", || id(&first).is_none().then_some(()));
    let anew = TopicSpec::new(&first, 1);
    cluster.create_topics(&[anew]).unwrap();
    assert_ne!(id(&first).unwrap(), both[&first]);
    // What is read from files has none.
    let input = bed.input(&values(1, 1));
    assert_eq!(id(&input).is_some(), bed.kind() != "files");
}

pub(crate) fn not_found(bed: &dyn Bed) {
    let cluster = bed.cluster();
    let nowhere = bed.name("nowhere");
    assert_eq!(
        cluster.partitions(&nowhere).unwrap_err().kind,
        ErrorKind::NotFound
    );
    assert_eq!(
        cluster.range(&nowhere, 0).unwrap_err().kind,
        ErrorKind::NotFound
    );
    assert_eq!(
        cluster.offset_for_time(&nowhere, 0, 0).unwrap_err().kind,
        ErrorKind::NotFound
    );
    let there = bed.output(2);
    assert_eq!(
        cluster.range(&there, 2).unwrap_err().kind,
        ErrorKind::NotFound
    );
    let mut reader = cluster.open_reader().unwrap();
    let beyond = stream::Position::new(there.as_str(), 2, 0);
    assert_eq!(
        reader.assign(&[beyond]).unwrap_err().kind,
        ErrorKind::NotFound
    );
    let spec = WorkerSpec {
        topics: vec![nowhere.clone()],
        ..member(bed, &nowhere)
    };
    let error = cluster.open_worker(spec).err().unwrap();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.message.contains(&nowhere));
    let invalid = TopicSpec::new(bed.name("none"), 0);
    assert_eq!(
        cluster.create_topics(&[invalid]).unwrap_err().kind,
        ErrorKind::Config
    );
}
