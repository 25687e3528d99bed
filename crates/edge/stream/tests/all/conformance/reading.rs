//! Readers without a group.

use super::bed::*;
use std::time::{Duration, Instant};
use stream::{Outgoing, Position, Reader, Worker};

fn send(worker: &mut dyn Worker, topic: &str, value: &str) {
    worker
        .send(&Outgoing::new(topic, "k", value.into()))
        .unwrap();
}

/// Reads to the end.
fn rest(reader: &mut dyn Reader) -> Vec<String> {
    let mut found = Vec::new();
    eventually("the end", || {
        reader
            .poll(3, WAIT, &mut |record| found.push(text(record.value)))
            .unwrap();
        reader.at_end().then_some(())
    });
    found
}

pub(crate) fn committed_only(bed: &dyn Bed) {
    let output = bed.output(1);
    let mut worker = writer(bed);
    let begin = [Position::new(output.as_str(), 0, 0)];
    for (before, (value, commit)) in [
        ("a", true),
        ("b", false),
        ("c", true),
        ("d", false),
        ("e", false),
    ]
    .into_iter()
    .enumerate()
    {
        worker.begin().unwrap();
        send(&mut *worker, &output, value);
        // What was not written yet would be aborted without a trace.
        let mut reader = bed.cluster().open_reader().unwrap();
        reader.assign(&begin).unwrap();
        let written = Some(2 * before as i64 + 1);
        eventually("a record is written", || {
            reader.poll(1000, WAIT, &mut |_| {}).unwrap();
            (reader.written_end(&output, 0) == written).then_some(())
        });
        if commit {
            worker.commit(&[]).unwrap();
        } else {
            worker.abort().unwrap();
        }
    }
    expect_end(bed, &output, 10);
    let mut reader = bed.cluster().open_reader().unwrap();
    assert!(reader.at_end());
    reader.assign(&begin).unwrap();
    assert!(!reader.at_end());
    assert_eq!(rest(&mut *reader), ["a", "c"]);
    // Five records and five markers.
    assert_eq!(reader.position(&output, 0), Some(10));
    assert_eq!(reader.position(&output, 1), None);
}

pub(crate) fn seek(bed: &dyn Bed) {
    let given = values(2, 40);
    let input = bed.input(&given);
    let mut reader = bed.cluster().open_reader().unwrap();
    assert!(reader.seek(&input, 0, 0).is_err());
    let both = [
        Position::new(input.as_str(), 0, 0),
        Position::new(input.as_str(), 1, 30),
    ];
    reader.assign(&both).unwrap();
    assert_eq!(rest(&mut *reader).len(), 50);
    for offset in [39, 0, 20, 38, 5] {
        reader.seek(&input, 0, offset).unwrap();
        assert_eq!(reader.position(&input, 0), Some(offset));
        let again = rest(&mut *reader);
        assert_eq!(again, given[0][offset as usize..]);
    }
    reader.assign(&both[1..]).unwrap();
    assert_eq!(rest(&mut *reader), given[1][30..]);
    reader.assign(&[]).unwrap();
    assert!(reader.at_end());
}

pub(crate) fn refresh_end(bed: &dyn Bed) {
    let output = bed.output(1);
    let mut worker = writer(bed);
    worker.begin().unwrap();
    send(&mut *worker, &output, "one");
    worker.commit(&[]).unwrap();
    expect_end(bed, &output, 2);
    let mut reader = bed.cluster().open_reader().unwrap();
    reader
        .assign(&[Position::new(output.as_str(), 0, 0)])
        .unwrap();
    assert_eq!(rest(&mut *reader), ["one"]);
    worker.begin().unwrap();
    send(&mut *worker, &output, "two");
    worker.commit(&[]).unwrap();
    expect_end(bed, &output, 4);
    assert!(reader.at_end());
    reader.refresh_end().unwrap();
    assert!(!reader.at_end());
    assert_eq!(rest(&mut *reader), ["two"]);
}

pub(crate) fn by_time(bed: &dyn Bed) {
    let output = bed.output(1);
    let cluster = bed.cluster();
    let base = 1_700_000_000_000;
    let spec = stream::TopicSpec::new(&output, 1).set("retention.ms", "-1");
    cluster.configure_topics(&[spec]).unwrap();
    assert_eq!(cluster.offset_for_time(&output, 0, base).unwrap(), None);
    let mut worker = writer(bed);
    worker.begin().unwrap();
    for n in 0..3i64 {
        let record = Outgoing::new(output.as_str(), "k", b"v".to_vec()).at(base + n * 1000);
        worker.send(&record).unwrap();
    }
    worker.commit(&[]).unwrap();
    expect_end(bed, &output, 4);
    let ask = |millis| cluster.offset_for_time(&output, 0, millis).unwrap();
    assert_eq!(ask(base - 1), Some(0), "before");
    assert_eq!(ask(base), Some(0), "exact, the first");
    assert_eq!(ask(base + 1), Some(1), "between");
    assert_eq!(ask(base + 1000), Some(1), "exact");
    assert_eq!(ask(base + 2000), Some(2), "exact, the last");
    // Later than the commit: on Kafka its marker has a time, too.
    let year = 366 * 24 * 3_600_000;
    assert_eq!(ask(base + 10 * year), None, "after");
}

pub(crate) fn wakes(bed: &dyn Bed) {
    let output = bed.output(1);
    let mut worker = writer(bed);
    let mut reader = bed.cluster().open_reader().unwrap();
    reader
        .assign(&[Position::new(output.as_str(), 0, 0)])
        .unwrap();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(200));
            worker.begin().unwrap();
            send(&mut *worker, &output, "news");
            worker.commit(&[]).unwrap();
        });
        let read = reader
            .poll(10, Duration::from_secs(20), &mut |_| {})
            .unwrap();
        assert_eq!(read, 1);
    });
    assert!(begun.elapsed() >= Duration::from_millis(200));
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
}
