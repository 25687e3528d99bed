//! Who reads what, and where from.

use super::bed::*;
use std::collections::BTreeSet;
use std::sync::Arc;
use stream::{
    Assignment, Committed, ErrorKind, Member, Outgoing, TopicPartition, Worker, WorkerSpec,
};

pub(crate) fn restart(bed: &dyn Bed) {
    let given = values(3, 20);
    let (input, output) = (bed.input(&given), bed.output(2));
    let spec = WorkerSpec {
        instance_id: Some(bed.name("slot")),
        ..member(bed, &input)
    };
    let mut rounds = 0;
    loop {
        let mut worker = bed.cluster().open_worker(spec.clone()).unwrap();
        joined_and_started(&mut *worker, 3);
        let mut records = Vec::new();
        let polled = eventually("records or the end", || {
            let polled = worker
                .poll(11, WAIT, &mut |r| records.push(r.to_record()))
                .unwrap();
            (polled.at_end || !records.is_empty()).then_some(polled)
        });
        if polled.at_end && records.is_empty() {
            worker.close().unwrap();
            break;
        }
        worker.begin().unwrap();
        for record in &records {
            let value = record.value.clone().unwrap();
            worker
                .send(&Outgoing::new(output.as_str(), value.clone(), value))
                .unwrap();
        }
        // Every other worker dies before its commit.
        rounds += 1;
        if rounds % 2 == 0 {
            worker.commit(&behind(&records)).unwrap();
        }
    }
    assert!(rounds >= 4);
    let given = sorted(&given);
    expect(
        bed,
        &output,
        &given.iter().map(String::as_str).collect::<Vec<_>>(),
    );
}

pub(crate) fn start(bed: &dyn Bed) {
    let input = bed.input(&values(2, 5));
    let mut worker = bed.cluster().open_worker(member(bed, &input)).unwrap();
    let error = worker.start(&input, 0, 0).unwrap_err();
    assert_eq!(error.code, "not_assigned");
    joined(&mut *worker, 2);
    for _ in 0..5 {
        assert_eq!(poll_nothing(&mut *worker).records, 0);
    }
    worker.start(&input, 1, 3).unwrap();
    assert_eq!(texts(&take_all(&mut *worker)), ["1-3", "1-4"]);
    worker.start(&input, 1, 4).unwrap();
    worker.start(&input, 0, 4).unwrap();
    assert_eq!(texts(&take_all(&mut *worker)), ["0-4", "1-4"]);
    for round in 0..5 {
        worker.start(&input, 0, round).unwrap();
        assert_eq!(worker.position(&input, 0), Some(round));
        assert_eq!(take(&mut *worker, 1)[0].offset, round);
    }
    // Behind the last record, or behind the marker after it.
    assert!(matches!(worker.position(&input, 0), Some(5 | 6)));
    worker.close().unwrap();
}

/// Polls both workers by turns, starting what they get; returns what each owns in the end.
fn shared(workers: &mut [Box<dyn Worker>], owned: &mut [BTreeSet<TopicPartition>], each: usize) {
    eventually("an even share", || {
        for (worker, owned) in workers.iter_mut().zip(owned.iter_mut()) {
            let polled = worker.poll(100, WAIT, &mut |_| {}).unwrap();
            for partition in polled.revoked.iter().chain(&polled.lost) {
                assert!(owned.remove(partition));
            }
            for partition in polled.assigned {
                worker
                    .start(&partition.topic, partition.partition, 0)
                    .unwrap();
                assert!(owned.insert(partition));
            }
        }
        owned.iter().all(|owned| owned.len() == each).then_some(())
    });
}

/// A static member that dies after it was asked to give something up, and before the other has it.
pub(crate) fn back_during_a_handover(bed: &dyn Bed) {
    let input = bed.input(&values(4, 5));
    let spec = WorkerSpec {
        instance_id: Some(bed.name("slot")),
        ..member(bed, &input)
    };
    let other = WorkerSpec {
        transactional_id: bed.name("txn"),
        instance_id: Some(bed.name("other-slot")),
        ..spec.clone()
    };
    let mut first = bed.cluster().open_worker(spec.clone()).unwrap();
    joined_and_started(&mut *first, 4);
    let mut second = bed.cluster().open_worker(other).unwrap();
    let mut owned = [BTreeSet::new(), BTreeSet::new()];
    eventually("the first is asked", || {
        let polled = second.poll(100, WAIT, &mut |_| {}).unwrap();
        for partition in polled.assigned {
            let TopicPartition {
                topic,
                partition: number,
            } = &partition;
            second.start(topic, *number, 0).unwrap();
            assert!(owned[1].insert(partition));
        }
        let polled = first.poll(100, WAIT, &mut |_| {}).unwrap();
        (!polled.revoked.is_empty()).then_some(())
    });
    drop(first);
    let first = bed.cluster().open_worker(spec).unwrap();
    shared(&mut [first, second], &mut owned, 2);
    assert!(owned[0].is_disjoint(&owned[1]));
}

pub(crate) fn rebalance(bed: &dyn Bed) {
    let input = bed.input(&values(4, 5));
    let spec = member(bed, &input);
    let other = WorkerSpec {
        transactional_id: bed.name("txn"),
        ..spec.clone()
    };
    let mut workers = vec![bed.cluster().open_worker(spec).unwrap()];
    let mut owned = vec![BTreeSet::new()];
    shared(&mut workers, &mut owned, 4);
    workers.push(bed.cluster().open_worker(other).unwrap());
    owned.push(BTreeSet::new());
    shared(&mut workers, &mut owned, 2);
    assert!(owned[0].is_disjoint(&owned[1]));
    let mut found = Vec::new();
    for worker in &mut workers {
        worker.begin().unwrap();
        for partition in &owned[found.len()] {
            worker
                .start(&partition.topic, partition.partition, 0)
                .unwrap();
        }
        let records = take_all(&mut **worker);
        worker.commit(&behind(&records)).unwrap();
        found.push(texts(&records));
    }
    assert_eq!(found.iter().map(Vec::len).sum::<usize>(), 20);
    workers.remove(0).close().unwrap();
    owned.remove(0);
    shared(&mut workers, &mut owned, 4);
    let all: Vec<TopicPartition> = owned[0].iter().cloned().collect();
    let committed = workers[0].committed(&all).unwrap();
    assert!(
        committed.iter().all(|one| offset(one) == Some(5)),
        "{committed:?}"
    );
}

/// A member that has read to the end stays in the group while others come and go. What is written
/// then must arrive, the first record as well.
pub(crate) fn rebalance_at_end(bed: &dyn Bed) {
    if bed.kind() == "files" {
        return; // Nothing is written to a file that was read to its end.
    }
    let input = bed.input(&values(4, 5));
    let spec = member(bed, &input);
    let other = WorkerSpec {
        transactional_id: bed.name("txn"),
        ..spec.clone()
    };
    let mut workers = vec![bed.cluster().open_worker(spec).unwrap()];
    let mut owned = vec![BTreeSet::new()];
    shared(&mut workers, &mut owned, 4);
    eventually("the end", || {
        workers[0]
            .poll(100, WAIT, &mut |_| {})
            .unwrap()
            .at_end
            .then_some(())
    });
    workers.push(bed.cluster().open_worker(other).unwrap());
    owned.push(BTreeSet::new());
    shared(&mut workers, &mut owned, 2);
    let kept: Vec<TopicPartition> = owned[0].iter().cloned().collect();
    let mut writer = writer(bed);
    writer.begin().unwrap();
    for TopicPartition { topic, partition } in &kept {
        let record = Outgoing::new(topic.clone(), "", b"new".to_vec()).on(*partition);
        writer.send(&record).unwrap();
    }
    writer.commit(&[]).unwrap();
    assert_eq!(texts(&take(&mut *workers[0], 2)), ["new", "new"]);
}

pub(crate) fn no_share(bed: &dyn Bed) {
    let input = bed.input(&values(1, 5));
    let spec = member(bed, &input);
    let other = WorkerSpec {
        transactional_id: bed.name("txn"),
        ..spec.clone()
    };
    let mut first = bed.cluster().open_worker(spec).unwrap();
    assert!(!first.has_share());
    joined_and_started(&mut *first, 1);
    assert!(first.has_share());
    let mut second = bed.cluster().open_worker(other).unwrap();
    assert!(!second.has_share());
    eventually("both know their share", || {
        for worker in [&mut first, &mut second] {
            worker.poll(100, WAIT, &mut |_| {}).unwrap();
        }
        (first.has_share() && second.has_share()).then_some(())
    });
}

pub(crate) fn static_member(bed: &dyn Bed) {
    let input = bed.input(&values(3, 5));
    let spec = WorkerSpec {
        instance_id: Some(bed.name("slot")),
        ..member(bed, &input)
    };
    let mut first = bed.cluster().open_worker(spec.clone()).unwrap();
    joined_and_started(&mut *first, 3);
    assert_eq!(take(&mut *first, 15).len(), 15);
    let mut second = bed.cluster().open_worker(spec).unwrap();
    joined_and_started(&mut *second, 3);
    let error = eventually("the first to be fenced", || {
        second.poll(10, WAIT, &mut |_| {}).unwrap();
        first.poll(10, WAIT, &mut |_| {}).err()
    });
    assert_eq!(error.kind, ErrorKind::Fenced, "{error}");
    drop(first);
    second.close().unwrap();
}

pub(crate) fn members(bed: &dyn Bed) {
    let input = bed.input(&values(2, 5));
    let cluster = bed.cluster();
    let named = |label: &str, slot: Option<&str>| Member {
        label: Some(label.to_owned()),
        instance_id: slot.map(str::to_owned),
    };
    let here = |group: &str| {
        let mut found = cluster.members(group).unwrap();
        found.sort_by(|a, b| a.label.cmp(&b.label));
        found
    };
    let slot = bed.name("slot");
    let first = WorkerSpec {
        label: Some("rules/1".to_owned()),
        instance_id: Some(slot.clone()),
        ..member(bed, &input)
    };
    let second = WorkerSpec {
        transactional_id: bed.name("txn"),
        label: Some("rules/2".to_owned()),
        instance_id: None,
        ..first.clone()
    };
    let group = first.group.clone();
    assert_eq!(here(&group), []);
    let mut workers = vec![cluster.open_worker(first).unwrap()];
    let mut owned = vec![BTreeSet::new(), BTreeSet::new()];
    shared(&mut workers, &mut owned[..1], 2);
    assert_eq!(here(&group), [named("rules/1", Some(&slot))]);
    workers.push(cluster.open_worker(second).unwrap());
    shared(&mut workers, &mut owned, 1);
    let both = [named("rules/1", Some(&slot)), named("rules/2", None)];
    assert_eq!(here(&group), both);
    // Positions under the group's name do not make a member.
    let fixed = WorkerSpec {
        transactional_id: bed.name("txn"),
        label: Some("rules/3".to_owned()),
        assignment: Assignment::Fixed(vec![TopicPartition::new(input.as_str(), 0)]),
        ..member(bed, &input)
    };
    let alone = fixed.group.clone();
    let mut worker = cluster.open_worker(fixed).unwrap();
    joined_and_started(&mut *worker, 1);
    worker.begin().unwrap();
    worker
        .commit(&[TopicPartition::new(input.as_str(), 0).at(2)])
        .unwrap();
    assert_eq!(here(&alone), []);
    assert_eq!(here(&bed.name("nobody")), []);
    workers.pop().unwrap().close().unwrap();
    owned.pop();
    shared(&mut workers, &mut owned, 2);
    assert_eq!(here(&group), [named("rules/1", Some(&slot))]);
}

pub(crate) fn open_over_revocation(bed: &dyn Bed) {
    let input = bed.input(&values(2, 5));
    let spec = member(bed, &input);
    let other = WorkerSpec {
        transactional_id: bed.name("txn"),
        ..spec.clone()
    };
    let mut first = bed.cluster().open_worker(spec).unwrap();
    joined_and_started(&mut *first, 2);
    first.begin().unwrap();
    let records = take(&mut *first, 10);
    let mut second = bed.cluster().open_worker(other).unwrap();
    let revoked = eventually("a revocation", || {
        assert!(poll_nothing(&mut *second).assigned.is_empty());
        let polled = first.poll(10, WAIT, &mut |_| {}).unwrap();
        (!polled.revoked.is_empty()).then_some(polled.revoked)
    });
    assert_eq!(revoked.len(), 1);
    let error = first.poll(10, WAIT, &mut |_| {}).unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str()),
        (ErrorKind::Abort, "open_over_revocation")
    );
    assert!(poll_nothing(&mut *second).assigned.is_empty());
    first.commit(&behind(&records)).unwrap();
    let taken = eventually("the second's share", || {
        first.poll(10, WAIT, &mut |_| {}).unwrap();
        let assigned = poll_nothing(&mut *second).assigned;
        (!assigned.is_empty()).then_some(assigned)
    });
    assert_eq!(taken, revoked);
    assert_eq!(offset(&second.committed(&taken).unwrap()[0]), Some(5));
}

/// Positions outlive a topic where somebody commits them late: what they are positions in is noted.
pub(crate) fn noted_topic(bed: &dyn Bed) {
    let input = bed.input(&values(1, 6));
    // Of the topic itself, and of one that is read by other means.
    let with = |id: Option<&str>| WorkerSpec {
        topic_ids: id
            .into_iter()
            .flat_map(|id| [(input.clone(), id), ("other".to_owned(), "its-id")])
            .map(|(topic, id)| (topic, id.to_owned()))
            .collect(),
        ..member(bed, &input)
    };
    let first = with(Some("a-topic"));
    let mut offset = 0;
    for id in [Some("a-topic"), Some("another"), None] {
        let spec = WorkerSpec {
            topic_ids: with(id).topic_ids,
            ..first.clone()
        };
        let mut worker = bed.cluster().open_worker(spec).unwrap();
        let owned = joined_and_started(&mut *worker, 1);
        offset = behind(&take(&mut *worker, 2))[0].offset.max(offset);
        worker.begin().unwrap();
        worker.commit(&[owned[0].at(offset)]).unwrap();
        let noted = Committed {
            offset,
            topic_ids: Arc::new(with(id).topic_ids),
        };
        assert_eq!(worker.committed(&owned).unwrap()[0].1, Some(noted));
        worker.close().unwrap();
    }
    assert_eq!(offset, 6);
}

/// What every instance reads whole is nobody's, and a position in it says which topic it was.
pub(crate) fn beside(bed: &dyn Bed) {
    let (input, whole) = (bed.input(&values(1, 4)), bed.input(&values(2, 3)));
    let one = TopicPartition::new(whole.as_str(), 1);
    let spec = WorkerSpec {
        beside: vec![one.clone()],
        topic_ids: [(input.clone(), "an-id".to_owned())].into(),
        ..member(bed, &input)
    };
    let mut worker = bed.cluster().open_worker(spec.clone()).unwrap();
    let owned = joined_and_started(&mut *worker, 1);
    let records = take(&mut *worker, 2);
    worker.begin().unwrap();
    let positions = [behind(&records), vec![one.at(3)]].concat();
    worker.commit(&positions).unwrap();
    worker.begin().unwrap();
    let elsewhere = TopicPartition::new(whole.as_str(), 0).at(1);
    assert_eq!(worker.commit(&[elsewhere]).unwrap_err().code, "not_owned");
    worker.close().unwrap();

    let mut worker = bed.cluster().open_worker(spec).unwrap();
    assert_eq!(joined(&mut *worker, 1), owned);
    let asked = [owned, vec![one]].concat();
    let found = worker.committed(&asked).unwrap();
    let found: Vec<Committed> = found.into_iter().filter_map(|(_, found)| found).collect();
    assert_eq!(found[1].offset, 3);
    let says = |one: &Committed| one.topic_ids.get(&input).cloned();
    let an_id = Some("an-id".to_owned());
    assert_eq!(
        found.iter().map(says).collect::<Vec<_>>(),
        [an_id.clone(), an_id]
    );
    worker.close().unwrap();
}

pub(crate) fn fixed(bed: &dyn Bed) {
    let input = bed.input(&values(2, 6));
    let one = TopicPartition::new(input.as_str(), 1);
    let spec = WorkerSpec {
        assignment: Assignment::Fixed(vec![one.clone()]),
        ..member(bed, &input)
    };
    let mut worker = bed.cluster().open_worker(spec.clone()).unwrap();
    assert_eq!(
        joined_and_started(&mut *worker, 1),
        std::slice::from_ref(&one)
    );
    let records = take(&mut *worker, 4);
    worker.begin().unwrap();
    worker.commit(&behind(&records)).unwrap();
    worker.close().unwrap();
    let mut worker = bed.cluster().open_worker(spec).unwrap();
    assert_eq!(joined_and_started(&mut *worker, 1), [one]);
    assert_eq!(texts(&take_all(&mut *worker)), ["1-4", "1-5"]);
    worker.close().unwrap();
}

pub(crate) fn out_of_range(bed: &dyn Bed) {
    let input = bed.input(&values(1, 5));
    if bed.kind() == "files" {
        return; // The end of a file is where its records end.
    }
    let mut worker = bed.cluster().open_worker(member(bed, &input)).unwrap();
    joined(&mut *worker, 1);
    worker.start(&input, 0, 1_000).unwrap();
    let error = eventually("an error", || worker.poll(10, WAIT, &mut |_| {}).err());
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    assert_eq!(error.code, "offset_out_of_range");
    let (start, _) = bed.cluster().range(&input, 0).unwrap();
    worker.start(&input, 0, start).unwrap();
    assert_eq!(take(&mut *worker, 5).len(), 5);
}
