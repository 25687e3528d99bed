//! The log in memory against a naive model of Kafka's semantics, over seeded random histories.

use std::time::Duration;
use stream::{Cluster, Feed, MemoryCluster, Outgoing, Position, TopicSpec, Worker, WorkerSpec};

/// A plain linear congruential generator: histories must not depend on a library's version.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// What is known of one offset.
enum Slot {
    Record {
        writer: Option<(usize, u64)>,
        at: i64,
        value: Vec<u8>,
    },
    Marker,
}

#[derive(Default)]
struct Model {
    slots: Vec<Slot>,
    /// Decided transactions: writer, number, committed.
    decided: Vec<(usize, u64, bool)>,
}

impl Model {
    fn end(&self) -> usize {
        let open = |slot: &Slot| match slot {
            Slot::Record {
                writer: Some((writer, number)),
                ..
            } => !self
                .decided
                .iter()
                .any(|d| (d.0, d.1) == (*writer, *number)),
            _ => false,
        };
        self.slots.iter().position(open).unwrap_or(self.slots.len())
    }

    fn visible(&self) -> Vec<(i64, Vec<u8>)> {
        let shown = |(offset, slot): (usize, &Slot)| match slot {
            Slot::Record { writer, value, .. } => {
                let aborted = writer.is_some_and(|(w, n)| self.decided.contains(&(w, n, false)));
                (!aborted).then(|| (offset as i64, value.clone()))
            }
            Slot::Marker => None,
        };
        self.slots[..self.end()]
            .iter()
            .enumerate()
            .filter_map(shown)
            .collect()
    }

    fn for_time(&self, millis: i64) -> Option<i64> {
        let late = |slot: &Slot| matches!(slot, Slot::Record { at, .. } if *at >= millis);
        self.slots[..self.end()]
            .iter()
            .position(late)
            .map(|offset| offset as i64)
    }
}

struct Writer {
    worker: Box<dyn Worker>,
    number: u64,
    open: bool,
    wrote: bool,
}

fn read_from(cluster: &MemoryCluster, from: i64, dice: &mut Dice) -> Vec<(i64, Vec<u8>)> {
    let mut reader = cluster.open_reader().unwrap();
    reader.assign(&[Position::new("t", 0, from)]).unwrap();
    let mut found = Vec::new();
    while !reader.at_end() {
        let max = 1 + dice.roll(9) as usize;
        let mut each = |r: stream::RecordRef<'_>| found.push((r.offset, r.value.unwrap().to_vec()));
        reader.poll(max, Duration::ZERO, &mut each).unwrap();
    }
    found
}

fn compare(cluster: &MemoryCluster, model: &Model, dice: &mut Dice) {
    let end = model.end() as i64;
    assert_eq!(cluster.range("t", 0).unwrap(), (0, end));
    let all = model.visible();
    assert_eq!(read_from(cluster, 0, dice), all);
    let from = dice.roll(model.slots.len() as u64 + 1) as i64;
    let rest: Vec<_> = all
        .into_iter()
        .filter(|(offset, _)| *offset >= from)
        .collect();
    assert_eq!(read_from(cluster, from, dice), rest);
    let millis = dice.roll(1200) as i64;
    assert_eq!(
        cluster.offset_for_time("t", 0, millis).unwrap(),
        model.for_time(millis)
    );
}

/// One random history with three writers and a feeder, compared after every few steps. Values of
/// up to `bytes` bytes: large ones cross the bounds of segments.
fn history(seed: u64, steps: usize, bytes: u64) {
    let cluster = MemoryCluster::new();
    let spec = TopicSpec::new("t", 1).set("max.message.bytes", "100000000");
    cluster.create_topics(&[spec]).unwrap();
    let mut dice = Dice(seed);
    let mut model = Model::default();
    let open = |id: usize| {
        cluster
            .open_worker(WorkerSpec::writer(format!("w{id}")))
            .unwrap()
    };
    let mut writers: Vec<Writer> = (0..3)
        .map(|id| Writer {
            worker: open(id),
            number: 0,
            open: false,
            wrote: false,
        })
        .collect();
    for step in 0..steps {
        let id = dice.roll(3) as usize;
        let at = dice.roll(1000) as i64;
        let value = vec![step as u8; dice.roll(bytes) as usize];
        let writer = &mut writers[id];
        match dice.roll(10) {
            0 => {
                let feed = Feed {
                    timestamp_ms: at,
                    key: None,
                    value: Some(&value),
                };
                cluster.append_batch("t", 0, [feed, feed]).unwrap();
                for _ in 0..2 {
                    model.slots.push(Slot::Record {
                        writer: None,
                        at,
                        value: value.clone(),
                    });
                }
            }
            1..=6 => {
                if !writer.open {
                    writer.worker.begin().unwrap();
                    (writer.open, writer.wrote) = (true, false);
                    writer.number += 1;
                }
                let record = Outgoing::new("t", "k", value.clone()).at(at);
                writer.worker.send(&record).unwrap();
                writer.wrote = true;
                model.slots.push(Slot::Record {
                    writer: Some((id, writer.number)),
                    at,
                    value,
                });
            }
            outcome if writer.open => {
                let commit = outcome == 7;
                if commit {
                    writer.worker.commit(&[]).unwrap();
                } else if outcome == 8 {
                    writer.worker.abort().unwrap();
                } else {
                    // A crash: the successor aborts.
                    writer.worker = open(id);
                }
                writer.open = false;
                model.decided.push((id, writer.number, commit));
                if writer.wrote {
                    model.slots.push(Slot::Marker);
                }
            }
            _ => {}
        }
        if step % 7 == 0 {
            compare(&cluster, &model, &mut dice);
        }
    }
    compare(&cluster, &model, &mut dice);
}

#[test]
fn random_histories_read_as_kafka_would_show_them() {
    for seed in 0..200 {
        history(seed, 120, 40);
    }
    for seed in 0..4 {
        history(seed, 120, 400_000);
    }
}

#[test]
fn what_retention_cut_is_an_error_and_the_rest_stays() {
    let cluster = MemoryCluster::new();
    cluster.create_topics(&[TopicSpec::new("t", 1)]).unwrap();
    let value = [7u8; 100_000];
    for n in 0..50 {
        let feed = Feed {
            timestamp_ms: n,
            key: None,
            value: Some(&value),
        };
        cluster.append_batch("t", 0, [feed]).unwrap();
    }
    cluster.trim("t", 0, 35).unwrap();
    assert_eq!(cluster.range("t", 0).unwrap(), (35, 50));
    let mut reader = cluster.open_reader().unwrap();
    reader.assign(&[Position::new("t", 0, 34)]).unwrap();
    let error = reader.poll(1, Duration::ZERO, &mut |_| {}).unwrap_err();
    assert_eq!(error.code, "offset_out_of_range");
    assert_eq!(read_from(&cluster, 35, &mut Dice(1)).len(), 15);
    assert_eq!(cluster.offset_for_time("t", 0, 0).unwrap(), Some(35));
}

/// A reader under way while others write sees each record once, in order.
#[test]
fn readers_and_writers_at_once() {
    let cluster = MemoryCluster::new();
    cluster.create_topics(&[TopicSpec::new("t", 2)]).unwrap();
    std::thread::scope(|scope| {
        for id in 0..2 {
            let cluster = cluster.clone();
            scope.spawn(move || {
                let mut worker = cluster
                    .open_worker(WorkerSpec::writer(format!("w{id}")))
                    .unwrap();
                for n in 0..500u32 {
                    worker.begin().unwrap();
                    for _ in 0..3 {
                        let value = n.to_le_bytes().to_vec();
                        worker.send(&Outgoing::new("t", "k", value).on(id)).unwrap();
                    }
                    if n % 3 == 0 {
                        worker.abort().unwrap()
                    } else {
                        worker.commit(&[]).unwrap()
                    }
                }
            });
        }
        let mut reader = cluster.open_reader().unwrap();
        reader
            .assign(&[Position::new("t", 0, 0), Position::new("t", 1, 0)])
            .unwrap();
        let mut found = [Vec::new(), Vec::new()];
        while found[0].len() + found[1].len() < 2 * 333 * 3 {
            let each = &mut |record: stream::RecordRef<'_>| {
                let value = u32::from_le_bytes(record.value.unwrap().try_into().unwrap());
                found[record.partition as usize].push(value);
            };
            let read = reader.poll(100, Duration::from_secs(10), each).unwrap();
            assert!(read > 0, "nothing came");
        }
        let expected: Vec<u32> = (0..500)
            .filter(|n| n % 3 != 0)
            .flat_map(|n| [n; 3])
            .collect();
        assert_eq!(found, [expected.clone(), expected]);
    });
}
