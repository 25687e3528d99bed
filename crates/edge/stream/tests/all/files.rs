//! Files whose records say more than a value: offsets, keys, headers, times, and no value at all.

use std::sync::Arc;
use std::time::Duration;
use stream::{
    Cluster, FileCluster, FileRecord, MemoryCluster, Position, Record, RecordFiles, RecordStream,
};

/// Offsets 5, 7 and 9 of a log that goes from 3 to 12.
struct Kept;

struct Stream(Vec<i64>);

impl RecordStream for Stream {
    fn next(&mut self, record: &mut FileRecord) -> Result<bool, String> {
        let Some(offset) = self.0.pop() else {
            return Ok(false);
        };
        record.offset = Some(offset);
        record.timestamp_ms = Some(100 + offset);
        match offset {
            5 => record.value.extend_from_slice(b"five"),
            7 => {
                record.key = Some(b"k".to_vec());
                record.is_tombstone = true;
            }
            _ => record.headers.push(("name".to_owned(), b"value".to_vec())),
        }
        Ok(true)
    }
}

impl RecordFiles for Kept {
    fn topics(&self) -> Vec<String> {
        vec!["kept".to_owned()]
    }

    fn partitions(&self, _: &str) -> i32 {
        1
    }

    fn name(&self, _: &str, _: i32) -> String {
        "kept".to_owned()
    }

    fn start(&self, _: &str, _: i32) -> i64 {
        3
    }

    fn end(&self, _: &str, _: i32) -> Result<i64, String> {
        Ok(12)
    }

    fn open(&self, _: &str, _: i32, from: i64) -> Result<Box<dyn RecordStream>, String> {
        let offsets = [9, 7, 5].into_iter().filter(|offset| *offset >= from);
        Ok(Box::new(Stream(offsets.collect())))
    }
}

fn read(from: i64) -> (Vec<Record>, Option<i64>) {
    let cluster = FileCluster::new(Arc::new(Kept), MemoryCluster::new());
    let mut reader = cluster.open_reader().unwrap();
    reader.assign(&[Position::new("kept", 0, from)]).unwrap();
    let mut records = Vec::new();
    while !reader.at_end() {
        reader
            .poll(1, Duration::ZERO, &mut |one| records.push(one.to_record()))
            .unwrap();
    }
    (records, reader.position("kept", 0))
}

#[test]
fn what_the_records_of_a_file_say_is_delivered() {
    let cluster = FileCluster::new(Arc::new(Kept), MemoryCluster::new());
    assert_eq!(cluster.range("kept", 0).unwrap(), (3, 12));
    let record = |offset: i64| Record {
        topic: "kept".into(),
        partition: 0,
        offset,
        timestamp_ms: 100 + offset,
        key: None,
        value: Some(Vec::new()),
        headers: Vec::new(),
    };
    let five = Record {
        value: Some(b"five".to_vec()),
        ..record(5)
    };
    let seven = Record {
        key: Some(b"k".to_vec()),
        value: None,
        ..record(7)
    };
    let nine = Record {
        headers: vec![("name".to_owned(), b"value".to_vec())],
        ..record(9)
    };
    // The position goes behind the last offset, also where that holds no record.
    assert_eq!(read(3), (vec![five, seven, nine.clone()], Some(12)));
    assert_eq!(read(8), (vec![nine], Some(12)));
}

#[test]
fn what_stood_before_the_start_of_a_file_is_gone() {
    let cluster = FileCluster::new(Arc::new(Kept), MemoryCluster::new());
    let mut reader = cluster.open_reader().unwrap();
    reader.assign(&[Position::new("kept", 0, 2)]).unwrap();
    let error = reader.poll(1, Duration::ZERO, &mut |_| {}).unwrap_err();
    assert_eq!(error.code, "offset_out_of_range");
}
