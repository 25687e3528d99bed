//! Every sample of every version of every schema decodes for ever, to the same thing.
//!
//! A sample is `schemas/<record>/samples/<name>.json`, in the vocabulary's form, and beside it the
//! bytes `v<N>-<name>.bin` in single-object encoding, once for each version that could say it. The
//! bytes are written once and never again: a test run with `TOCSIN_WRITE_SAMPLES=1` adds those that
//! are missing and changes none.
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tocsin_wire::{Decoder, Encoder, Envelope, Framing, RecordKind, SchemaStore};

fn folder(kind: RecordKind) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../schemas")
        .join(kind.name())
        .join("samples")
}

fn samples(kind: RecordKind, extension: &str) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<_> = std::fs::read_dir(folder(kind))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|one| one == extension))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(&path).unwrap())
        })
        .collect();
    found.sort();
    found
}

/// JSON to the type, to Avro, to the type, to JSON: nothing is lost or changed on the way.
fn there_and_back<T>(kind: RecordKind)
where
    T: Serialize
        + tocsin_wire::Writable
        + for<'a> tocsin_wire::Readable<'a>
        + PartialEq
        + std::fmt::Debug,
{
    let mut decoder = Decoder::new(Arc::new(SchemaStore::without_registry()));
    let mut encoder = Encoder::new(Framing::SingleObject);
    let write = std::env::var_os("TOCSIN_WRITE_SAMPLES").is_some();
    let found = samples(kind, "json");
    assert!(!found.is_empty(), "no sample of {}", kind.name());
    for (name, text) in found {
        let label = format!("{} {name}", kind.name());
        let value: T = decoder
            .decode(kind, &text)
            .unwrap_or_else(|error| panic!("{label}: {error}"));
        let avro = encoder.encode_to_vec(kind, &value).unwrap();
        let again: T = decoder.decode(kind, &avro).unwrap();
        assert_eq!(again, value, "{label}");
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(serde_json::to_value(&again).unwrap(), json, "{label}");
        assert_eq!(
            decoder.normalise(kind, &text).unwrap(),
            avro,
            "{label}: JSON to Avro at once"
        );

        let newest = folder(kind).join(format!("v{}-{name}.bin", kind.schemas().len()));
        if write && !newest.exists() {
            std::fs::write(&newest, &avro).unwrap();
        }
        assert!(
            newest.exists(),
            "{label}: run with TOCSIN_WRITE_SAMPLES=1 to lock its bytes"
        );
    }
    for (name, bytes) in samples(kind, "bin") {
        let (version, of) = name.split_once('-').unwrap();
        let text = std::fs::read(folder(kind).join(format!("{of}.json"))).unwrap();
        let wanted: T = decoder.decode(kind, &text).unwrap();
        let locked: T = decoder.decode(kind, &bytes).unwrap();
        assert_eq!(locked, wanted, "{} {name}", kind.name());
        if version == format!("v{}", kind.schemas().len()) {
            assert_eq!(
                encoder.encode_to_vec(kind, &locked).unwrap(),
                bytes,
                "{} {name}",
                kind.name()
            );
        }
    }
}

#[test]
fn every_sample_of_every_version_decodes_for_ever() {
    for kind in RecordKind::ALL {
        match kind {
            RecordKind::AccessEvent => there_and_back::<facts::Access>(*kind),
            RecordKind::Grant => there_and_back::<facts::Grant>(*kind),
            RecordKind::Account => there_and_back::<facts::Account>(*kind),
            RecordKind::BreachEvent => there_and_back::<facts::BreachEvent>(*kind),
            RecordKind::Decision => there_and_back::<facts::Decision>(*kind),
            RecordKind::Activation => there_and_back::<facts::Activation>(*kind),
            RecordKind::Coverage => there_and_back::<facts::Coverage>(*kind),
            RecordKind::Finding => there_and_back::<facts::Finding>(*kind),
            RecordKind::DeadLetter => there_and_back::<facts::DeadLetter>(*kind),
            RecordKind::Incident
            | RecordKind::Determination
            | RecordKind::Notice
            | RecordKind::OutboxEntry => there_and_back::<Envelope>(*kind),
        }
    }
}

#[test]
fn every_kind_of_report_and_act_has_a_sample() {
    let kinds = |kind: RecordKind, at: fn(&serde_json::Value) -> &serde_json::Value| {
        let found = samples(kind, "json");
        let mut kinds: Vec<String> = found
            .iter()
            .map(|(_, text)| serde_json::from_slice::<serde_json::Value>(text).unwrap())
            .map(|json| at(&json).as_str().unwrap().to_owned())
            .collect();
        kinds.sort();
        kinds.dedup();
        kinds.len()
    };
    let reports = kinds(RecordKind::BreachEvent, |json| &json["report"]["kind"]);
    assert_eq!(reports, facts::Report::KINDS.len());
    assert_eq!(
        kinds(RecordKind::Decision, |json| &json["kind"]),
        facts::Act::KINDS.len()
    );
}
