//! The demo, run once: its exported input is what the tests produce to Kafka, its results are what
//! they expect.

use super::results::Results;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock};
use wire::{Decoder, Limits, RecordKind, SchemaStore};
use xtask::parts::process::Scratch;

/// How many ordinary uses stand around the demo's incidents here.
const ORDINARY_USES: &str = "20000";
/// The case whose reports come long after its accesses were screened.
pub(crate) const LATE_MATTER: &str = "M-2026-003";

/// A record as it is produced.
#[derive(Clone)]
pub(crate) struct Input {
    /// The topic's name in the design.
    pub(crate) topic: &'static str,
    /// What it is.
    pub(crate) kind: RecordKind,
    /// Its key on the topic.
    pub(crate) key: String,
    /// Its Avro datum, without a frame.
    pub(crate) datum: Vec<u8>,
    /// Whether it belongs to the case that is reported late.
    pub(crate) late: bool,
}

/// The demo's input and results.
pub(crate) struct Demo {
    /// The orders that bound it.
    pub(crate) orders: Vec<String>,
    /// All records, each topic in the demo's order.
    pub(crate) inputs: Vec<Input>,
    /// What it came to.
    pub(crate) results: Results,
    /// Its folder.
    pub(crate) out: PathBuf,
    _scratch: Scratch,
}

static DEMO: LazyLock<Demo> = LazyLock::new(Demo::run);

impl Demo {
    /// The demo of this process.
    pub(crate) fn get() -> &'static Demo {
        &DEMO
    }

    /// The records that are there from the beginning.
    pub(crate) fn early(&self) -> Vec<Input> {
        let early = self.inputs.iter().filter(|one| !one.late);
        early.cloned().collect()
    }

    /// The records that come after the accesses were screened.
    pub(crate) fn late(&self) -> Vec<Input> {
        let late = self.inputs.iter().filter(|one| one.late);
        late.cloned().collect()
    }

    /// How many records a topic gets.
    pub(crate) fn count(&self, topic: &str) -> u64 {
        let on_it = self.inputs.iter().filter(|one| one.topic == topic);
        on_it.count() as u64
    }

    fn run() -> Demo {
        let scratch = Scratch::new("e2e-demo").unwrap();
        let out = scratch.path().join("demo");
        let done = Command::new(env!("CARGO_BIN_EXE_tocsin"))
            .args(["demo", "--ordinary", ORDINARY_USES, "--out"])
            .arg(&out)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "the demo failed: {said}");
        let summary = std::fs::read_to_string(out.join("summary.json")).unwrap();
        let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
        let packs = summary["packs"].as_array().unwrap();
        let orders: Vec<String> = packs
            .iter()
            .map(|pack| pack["order"].as_str().unwrap().to_owned())
            .collect();
        assert!(!orders.is_empty());
        let inputs = inputs(&out.join("input"));
        let results = Results::of_folder(&out);
        results.assert_worth_comparing();
        Demo {
            orders,
            inputs,
            results,
            out,
            _scratch: scratch,
        }
    }
}

/// Reads the demo's export, with the keys that the demo uses.
fn inputs(folder: &std::path::Path) -> Vec<Input> {
    let mut decoder = Decoder::new(Arc::new(SchemaStore::without_registry()));
    let mut inputs = Vec::new();
    let mut seen = BTreeSet::new();
    for file in wire::files::list(folder).unwrap().files {
        let mut reader = file.open(Limits::default()).unwrap();
        let (topic, kind) = (file.topic(), file.kind());
        while let Some(item) = reader.read().unwrap() {
            let bytes = item.value.unwrap();
            let (key, late) = identity(&mut decoder, kind, bytes);
            seen.insert(topic);
            inputs.push(Input {
                topic,
                kind,
                key,
                // Single-object encoding: two bytes of marker and eight of fingerprint come first.
                datum: bytes[10..].to_vec(),
                late,
            });
        }
    }
    for topic in ["access-events", "breach-events", "grants", "accounts"] {
        assert!(seen.contains(topic), "the demo exported no {topic}");
    }
    assert!(inputs.iter().any(|one| one.late), "{LATE_MATTER} is gone");
    inputs
}

/// Key of a record, and whether it is reported late.
fn identity(decoder: &mut Decoder, kind: RecordKind, bytes: &[u8]) -> (String, bool) {
    match kind {
        RecordKind::AccessEvent => {
            let one: facts::Access = decoder.decode(kind, bytes).unwrap();
            (one.account.reveal().to_owned(), false)
        }
        RecordKind::BreachEvent => {
            let one: facts::BreachEvent = decoder.decode(kind, bytes).unwrap();
            let late = one.matter == LATE_MATTER;
            (one.matter, late)
        }
        RecordKind::Grant => {
            let one: facts::Grant = decoder.decode(kind, bytes).unwrap();
            (one.id, false)
        }
        RecordKind::Account => {
            let one: facts::Account = decoder.decode(kind, bytes).unwrap();
            (one.account.reveal().to_owned(), false)
        }
        other => panic!("the demo exports no {}", other.name()),
    }
}
