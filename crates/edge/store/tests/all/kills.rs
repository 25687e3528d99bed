//! A process that is killed while it writes leaves what it wrote last, whole.

use std::process::{Command, Stdio};
use std::time::Duration;
use tocsin_store::{Batch, Space, Store};

const NUMBERS: Space = Space("numbers");
const COUNT: Space = Space("count");
const KEYS: u64 = 500;
/// Tells the test program to be the process that is killed.
const CHILD: &str = "TOCSIN_STORE_CHILD";

/// Writes in each transaction one number under all keys and as the count, for ever.
fn write_for_ever(path: &str) -> ! {
    let mut store = Store::open(path.as_ref(), 1, &[COUNT, NUMBERS], 1 << 20).unwrap();
    let mut number = 0_u64;
    loop {
        number += 1;
        let mut batch = Batch::new();
        for key in 0..KEYS {
            let long = number.to_le_bytes().repeat(20);
            batch.put(NUMBERS, key.to_be_bytes(), long);
        }
        batch.put(COUNT, "count", number.to_le_bytes());
        store.write(batch).unwrap();
    }
}

#[test]
fn a_killed_writer_leaves_whole_transactions() {
    if let Ok(path) = std::env::var(CHILD) {
        write_for_ever(&path);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let mut last = 0;
    for round in 0..8 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "kills::a_killed_writer_leaves_whole_transactions",
            ])
            .env(CHILD, &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(150 + 37 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::open(&path, 1, &[COUNT, NUMBERS], 1 << 20).unwrap();
        let number = |bytes: &[u8]| u64::from_le_bytes(bytes[..8].try_into().unwrap());
        let Some(count) = store.get(COUNT, b"count", number).unwrap() else {
            continue;
        };
        for key in 0..KEYS {
            let there = store.get(NUMBERS, &key.to_be_bytes(), number).unwrap();
            assert_eq!(there, Some(count), "key {key}");
        }
        assert!(count > 0);
        last = last.max(count);
    }
    assert!(last > 0, "nothing was ever written");
}
