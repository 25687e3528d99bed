//! What a file holds, who may open it, and what a bad one says.

use std::path::Path;
use tocsin_store::{Batch, Space, Store, StoreErrorKind};

const A: Space = Space("a");
const B: Space = Space("b");
const CACHE: usize = 1 << 20;

fn open(path: &Path) -> Store {
    Store::open(path, 1, &[A, B], CACHE).unwrap()
}

fn get(store: &Store, space: Space, key: &str) -> Option<String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    store.get(space, key.as_bytes(), text).unwrap()
}

fn keys(
    store: &Store,
    space: Space,
    prefix: &str,
    after: Option<&str>,
    most: usize,
) -> Vec<String> {
    let mut found = Vec::new();
    store
        .keys(
            space,
            prefix.as_bytes(),
            after.map(str::as_bytes),
            &mut |key| {
                found.push(String::from_utf8(key.to_vec()).unwrap());
                found.len() < most
            },
        )
        .unwrap();
    found
}

#[test]
fn what_was_written_is_there_when_it_is_opened_again_and_spaces_do_not_mix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deeper/state");
    let mut store = open(&path);
    let mut batch = Batch::new();
    for key in ["x|2", "x|1", "y|1", "x|3"] {
        batch.put(A, key, format!("value of {key}"));
    }
    batch.put(B, "x|1", "another");
    batch.put(A, "gone", "soon");
    store.write(batch).unwrap();
    let mut batch = Batch::new();
    batch.remove(A, "gone");
    batch.remove(A, "never was");
    store.write(batch).unwrap();
    for _ in 0..2 {
        assert_eq!(get(&store, A, "x|1").as_deref(), Some("value of x|1"));
        assert_eq!(get(&store, B, "x|1").as_deref(), Some("another"));
        assert_eq!(get(&store, A, "gone"), None);
        assert_eq!(keys(&store, A, "x|", None, 9), ["x|1", "x|2", "x|3"]);
        assert_eq!(keys(&store, A, "x|", Some("x|1"), 1), ["x|2"]);
        assert_eq!(keys(&store, A, "z", None, 9), Vec::<String>::new());
        assert_eq!((store.len(A).unwrap(), store.len(B).unwrap()), (4, 1));
        assert!(store.bytes() > 0);
        drop(store);
        store = open(&path);
    }
}

#[cfg(unix)]
#[test]
fn a_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deeper/state");
    drop(open(&path));
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    // One that came back from an archive.
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    drop(open(&path));
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
}

#[test]
fn one_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let first = open(&path);
    let second = Store::open(&path, 1, &[A, B], CACHE).err().unwrap();
    assert_eq!(second.kind, StoreErrorKind::InUse);
    assert!(
        second.to_string().contains(path.to_str().unwrap()),
        "{second}"
    );
    drop(first);
    drop(open(&path));
}

#[test]
fn what_is_no_state_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    std::fs::write(&path, "notes of another program".repeat(1_000)).unwrap();
    let error = Store::open(&path, 1, &[A, B], CACHE).err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::Foreign, "{error}");
    assert_eq!(error.code(), "state-foreign");
}

/// Writes noise over every place where a byte of `needle` stands in the file.
fn spoil(path: &Path, needle: &[u8]) {
    let mut bytes = std::fs::read(path).unwrap();
    let mut at = 0;
    let mut found = 0;
    while let Some(next) = bytes[at..]
        .windows(needle.len())
        .position(|one| one == needle)
    {
        bytes[at + next] ^= 0x20;
        at += next + needle.len();
        found += 1;
    }
    assert!(found > 0);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_value_that_the_disk_changed_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let mut store = open(&path);
    let mut batch = Batch::new();
    batch.put(A, "key", "an unmistakable value");
    store.write(batch).unwrap();
    drop(store);
    spoil(&path, b"unmistakable");
    let store = open(&path);
    let error = store.get(A, b"key", |_| ()).err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::Damaged);
    assert!(error.to_string().contains("remove the file"), "{error}");
}

#[test]
fn a_key_that_the_disk_changed_is_noticed_where_keys_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let mut store = open(&path);
    let mut batch = Batch::new();
    batch.put(A, "an unmistakable key", "");
    store.write(batch).unwrap();
    drop(store);
    spoil(&path, b"unmistakable");
    let error = open(&path).keys(A, b"", None, &mut |_| true).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Damaged);
}

/// Whatever becomes of its bytes, a file gives no wrong value, and never ends the process.
#[test]
fn a_file_with_other_bytes_gives_no_wrong_value() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, path) = (folder.path().join("whole"), folder.path().join("state"));
    let mut store = open(&whole);
    let mut batch = Batch::new();
    for number in 0..2_000_u32 {
        batch.put(A, number.to_be_bytes(), number.to_le_bytes().repeat(20));
    }
    store.write(batch).unwrap();
    drop(store);
    let bytes = std::fs::read(&whole).unwrap();
    let (mut wrong, mut right) = (0, 0);
    for round in 0..60 {
        let mut spoilt = bytes.clone();
        let place = (round * 7_919 * 64) % (spoilt.len() - 64);
        spoilt[place..place + 64].fill(0xA5);
        std::fs::write(&path, &spoilt).unwrap();
        let Ok(store) = Store::open(&path, 1, &[A, B], CACHE) else {
            wrong += 1;
            continue;
        };
        for number in 0..2_000_u32 {
            let read = |value: &[u8]| assert_eq!(value, number.to_le_bytes().repeat(20));
            match store.get(A, &number.to_be_bytes(), read) {
                // Where the way to it is damaged, it may look as if it had never been there.
                Ok(found) => right += u32::from(found.is_some()),
                Err(error) => {
                    assert_eq!(error.kind, StoreErrorKind::Damaged, "{error}");
                    wrong += 1;
                }
            }
        }
    }
    assert!(wrong > 0 && right > 1_000, "{wrong} wrong, {right} right");
}

#[test]
fn what_a_file_of_another_layout_holds_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let mut store = open(&path);
    let mut batch = Batch::new();
    batch.put(A, "key", "value");
    store.write(batch).unwrap();
    drop(store);
    let error = Store::open(&path, 2, &[A, B], CACHE).err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::Foreign);
    assert!(error.to_string().contains("layout is 1"), "{error}");
    assert_eq!(get(&open(&path), A, "key").as_deref(), Some("value"));
}

#[test]
fn where_there_is_no_room_it_says_so_and_what_was_written_stays() {
    let error = Store::open(Path::new("/proc/none/state"), 1, &[A], CACHE);
    let error = error.err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error}");
    assert_eq!(error.code(), "state-unavailable");
    let error = Store::probe(Path::new("/proc/none/state")).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deeper/state");
    Store::probe(&path).unwrap();
    assert!(!path.exists());
    let mut left = std::fs::read_dir(path.parent().unwrap()).unwrap();
    assert!(left.next().is_none(), "a probe stays");
}
