//! Outputs and positions: together or not at all.

use super::bed::*;
use stream::{Assignment, ErrorKind, Outgoing, TopicPartition, Worker, WorkerSpec};

pub(crate) fn commit(bed: &dyn Bed) {
    let given = values(2, 10);
    let (input, output) = (bed.input(&given), bed.output(3));
    let mut worker = bed.cluster().open_worker(member(bed, &input)).unwrap();
    let owned = joined_and_started(&mut *worker, 2);
    let records = take(&mut *worker, 20);
    assert_eq!(texts(&records), sorted(&given));
    worker.begin().unwrap();
    for record in &records {
        let value = record.value.clone().unwrap();
        worker
            .send(&Outgoing::new(output.as_str(), value.clone(), value))
            .unwrap();
    }
    bed.settle();
    assert!(committed_values(bed, &output).is_empty());
    assert!(
        worker
            .committed(&owned)
            .unwrap()
            .iter()
            .all(|(_, offset)| offset.is_none())
    );
    worker.commit(&behind(&records)).unwrap();
    let given = sorted(&given);
    expect(
        bed,
        &output,
        &given.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    assert!(
        worker
            .committed(&owned)
            .unwrap()
            .iter()
            .all(|one| offset(one) == Some(10))
    );
    worker.close().unwrap();
}

pub(crate) fn abort(bed: &dyn Bed) {
    let given = values(2, 10);
    let (input, output) = (bed.input(&given), bed.output(1));
    let mut worker = bed.cluster().open_worker(member(bed, &input)).unwrap();
    let owned = joined_and_started(&mut *worker, 2);
    let records = take(&mut *worker, 15);
    worker.begin().unwrap();
    worker
        .send(&Outgoing::new(output.as_str(), "k", b"aborted".to_vec()))
        .unwrap();
    bed.settle();
    worker.abort().unwrap();
    assert_eq!(records.len(), 15);
    assert!(
        worker
            .committed(&owned)
            .unwrap()
            .iter()
            .all(|(_, offset)| offset.is_none())
    );
    start(&mut *worker, &owned);
    let again = take_all(&mut *worker);
    assert_eq!(texts(&again), sorted(&given));
    worker.begin().unwrap();
    worker
        .send(&Outgoing::new(output.as_str(), "k", b"kept".to_vec()))
        .unwrap();
    worker.commit(&behind(&again)).unwrap();
    expect(bed, &output, &["kept"]);
    worker.abort().unwrap();
    worker.close().unwrap();
}

pub(crate) fn open_blocks(bed: &dyn Bed) {
    let output = bed.output(1);
    let (mut slow, mut fast) = (writer(bed), writer(bed));
    slow.begin().unwrap();
    slow.send(&Outgoing::new(output.as_str(), "k", b"slow".to_vec()))
        .unwrap();
    bed.settle();
    fast.begin().unwrap();
    fast.send(&Outgoing::new(output.as_str(), "k", b"fast".to_vec()))
        .unwrap();
    fast.commit(&[]).unwrap();
    assert_eq!(bed.cluster().range(&output, 0).unwrap(), (0, 0));
    assert!(committed_values(bed, &output).is_empty());
    slow.commit(&[]).unwrap();
    expect(bed, &output, &["slow", "fast"]);
    expect_end(bed, &output, 4);
    assert_eq!(committed_values(bed, &output), ["slow", "fast"]);
}

pub(crate) fn held_back(bed: &dyn Bed) {
    let output = bed.output(1);
    let spec = WorkerSpec {
        assignment: Assignment::Fixed(vec![TopicPartition::new(output.as_str(), 0)]),
        ..member(bed, &output)
    };
    let mut reader = bed.cluster().open_worker(spec).unwrap();
    assert!(!reader.has_share());
    joined_and_started(&mut *reader, 1);
    assert!(reader.has_share() && take_all(&mut *reader).is_empty());
    assert!(!reader.is_held_back());
    let mut slow = writer(bed);
    let record = Outgoing::new(output.as_str(), "k", b"slow".to_vec());
    let outcomes: [fn(&mut dyn Worker); 2] = [
        |worker| worker.commit(&[]).unwrap(),
        |worker| worker.abort().unwrap(),
    ];
    for end in outcomes {
        slow.begin().unwrap();
        slow.send(&record).unwrap();
        bed.settle();
        eventually("something undecided", || {
            assert!(take_all(&mut *reader).is_empty());
            reader.is_held_back().then_some(())
        });
        end(&mut *slow);
        eventually("all is decided", || {
            take_all(&mut *reader);
            (!reader.is_held_back()).then_some(())
        });
    }
    reader.close().unwrap();
}

pub(crate) fn fencing(bed: &dyn Bed) {
    let output = bed.output(1);
    let id = bed.name("shared");
    let mut first = bed.cluster().open_worker(WorkerSpec::writer(&id)).unwrap();
    first.begin().unwrap();
    first
        .send(&Outgoing::new(output.as_str(), "k", b"first".to_vec()))
        .unwrap();
    bed.settle();
    let mut second = bed.cluster().open_worker(WorkerSpec::writer(&id)).unwrap();
    second.begin().unwrap();
    second
        .send(&Outgoing::new(output.as_str(), "k", b"second".to_vec()))
        .unwrap();
    let error = first.commit(&[]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Fenced, "{error}");
    second.commit(&[]).unwrap();
    expect(bed, &output, &["second"]);
    let error = first.begin().and_then(|()| first.commit(&[])).unwrap_err();
    assert!(
        matches!(error.kind, ErrorKind::Fenced | ErrorKind::Fatal),
        "{error}"
    );
    second.close().unwrap();
}

pub(crate) fn crash(bed: &dyn Bed) {
    let output = bed.output(1);
    let id = bed.name("crashed");
    let mut first = bed.cluster().open_worker(WorkerSpec::writer(&id)).unwrap();
    first.begin().unwrap();
    first
        .send(&Outgoing::new(output.as_str(), "k", b"lost".to_vec()))
        .unwrap();
    bed.settle();
    drop(first);
    let mut other = writer(bed);
    other.begin().unwrap();
    other
        .send(&Outgoing::new(output.as_str(), "k", b"other".to_vec()))
        .unwrap();
    other.commit(&[]).unwrap();
    assert!(
        committed_values(bed, &output).is_empty(),
        "the open transaction must block"
    );
    let successor = bed.cluster().open_worker(WorkerSpec::writer(&id)).unwrap();
    expect(bed, &output, &["other"]);
    successor.close().unwrap();
}

pub(crate) fn misuse(bed: &dyn Bed) {
    let output = bed.output(1);
    let mut worker = writer(bed);
    let record = Outgoing::new(output.as_str(), "k", b"v".to_vec());
    assert_eq!(worker.send(&record).unwrap_err().code, "no_transaction");
    assert_eq!(worker.commit(&[]).unwrap_err().code, "no_transaction");
    worker.begin().unwrap();
    assert_eq!(worker.begin().unwrap_err().code, "transaction_open");
    let nowhere = Outgoing::new(bed.name("nowhere"), "k", b"v".to_vec());
    assert_eq!(worker.send(&nowhere).unwrap_err().kind, ErrorKind::NotFound);
    let beyond = record.clone().on(7);
    assert_eq!(worker.send(&beyond).unwrap_err().kind, ErrorKind::NotFound);
    worker.send(&record).unwrap();
    worker.commit(&[]).unwrap();
    expect(bed, &output, &["v"]);
}

pub(crate) fn without_outputs(bed: &dyn Bed) {
    let input = bed.input(&values(1, 5));
    let mut worker = bed.cluster().open_worker(member(bed, &input)).unwrap();
    let owned = joined_and_started(&mut *worker, 1);
    worker.begin().unwrap();
    worker.commit(&[]).unwrap();
    let records = take(&mut *worker, 5);
    worker.begin().unwrap();
    worker.commit(&behind(&records)).unwrap();
    assert_eq!(offset(&worker.committed(&owned).unwrap()[0]), Some(5));
    worker.begin().unwrap();
    worker.close().unwrap();
}

pub(crate) fn too_large(bed: &dyn Bed) {
    let output = bed.output(1);
    let mut worker = writer(bed);
    worker.begin().unwrap();
    // Kafka measures what is left after compression, so it must not compress.
    let mut state = 1u32;
    let noise = (0..2 << 20).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    let large = Outgoing::new(output.as_str(), "k", noise.collect());
    // Kafka may say so only at the commit.
    let error = worker
        .send(&large)
        .and_then(|()| worker.commit(&[]))
        .unwrap_err();
    assert!(
        matches!(error.kind, ErrorKind::Config | ErrorKind::Abort),
        "{error}"
    );
    worker.abort().unwrap();
    worker.begin().unwrap();
    worker
        .send(&Outgoing::new(output.as_str(), "k", b"small".to_vec()))
        .unwrap();
    worker.commit(&[]).unwrap();
    expect(bed, &output, &["small"]);
}
