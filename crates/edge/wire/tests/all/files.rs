//! Files of every kind: what is written is read again, and what is broken is said to be, and where.
use facts::{Access, AccessView, BreachEvent};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use tocsin_wire::files::{ContainerWriter, InputFile, LinesWriter, list};
use tocsin_wire::{Code, Decoder, Encoder, Framing, Limits, RecordKind, SchemaStore};

fn access(number: u32) -> Access {
    let text = format!(
        r#"{{"id":"acc-{number}","at":"2026-01-01T00:00:{:02}Z","action":"view",
            "information":"profile","account":"a-{number}"}}"#,
        number % 60
    );
    decoder()
        .decode(RecordKind::AccessEvent, text.as_bytes())
        .unwrap()
}

fn decoder() -> Decoder {
    Decoder::new(Arc::new(SchemaStore::without_registry()))
}

fn open(path: &Path) -> InputFile {
    InputFile::at(path).unwrap()
}

/// Everything in the file: the line and the id, or the line and the code.
fn read_all(file: &InputFile) -> Vec<(u64, String)> {
    let mut decoder = decoder();
    let mut reader = file.open(Limits::default()).unwrap();
    let mut found = Vec::new();
    while let Some(item) = reader.read().unwrap() {
        let value = item.value.and_then(|bytes| {
            let view: AccessView<'_> = decoder.decode(RecordKind::AccessEvent, bytes)?;
            Ok(view.id.to_owned())
        });
        found.push((
            item.line,
            value.unwrap_or_else(|error| error.code().to_owned()),
        ));
    }
    found
}

fn gzip(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(part).unwrap();
        out.extend(encoder.finish().unwrap());
    }
    out
}

fn zstd_frames(parts: &[&[u8]]) -> Vec<u8> {
    parts
        .iter()
        .flat_map(|part| zstd::encode_all(*part, 0).unwrap())
        .collect()
}

#[test]
fn a_folder_is_listed_by_kind_and_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "grants.jsonl",
        "access-events-2.avro.zst",
        "access-events-1.jsonl.gz",
        "decisions.txt",
        "accountsheet.jsonl",
        "notes.md",
        "accounts.avro",
    ] {
        std::fs::write(folder.path().join(name), b"").unwrap();
    }
    let listing = list(folder.path()).unwrap();
    let names: Vec<_> = listing.files.iter().map(InputFile::name).collect();
    assert_eq!(
        names,
        [
            "access-events-1.jsonl.gz",
            "access-events-2.avro.zst",
            "grants.jsonl",
            "accounts.avro"
        ]
    );
    assert_eq!(listing.missing, ["breach-events", "decisions"]);
    assert_eq!(listing.ignored, ["decisions.txt"]);
    assert_eq!(listing.files[2].topic(), "grants");
    let error = list(&folder.path().join("nowhere")).unwrap_err();
    assert_eq!(error.code(), "file-unreadable");
}

#[test]
fn lines_keep_their_numbers_and_only_the_wrong_ones_fail() {
    let folder = tempfile::tempdir().unwrap();
    let line = |number: u32| facts::canonical_json(&access(number));
    let text = format!(
        "\u{feff}{}\r\n\n   \n{}\n{{\"id\":}}\n{}",
        line(1),
        line(2),
        line(3)
    );
    let wanted = [(1, "acc-1"), (4, "acc-2"), (5, "json-syntax"), (6, "acc-3")];
    let wanted: Vec<_> = wanted
        .iter()
        .map(|(line, id)| (*line, (*id).to_owned()))
        .collect();
    let (head, tail) = text.as_bytes().split_at(40);
    let forms: [(&str, Vec<u8>); 3] = [
        ("access-events.jsonl", text.clone().into_bytes()),
        ("access-events.jsonl.gz", gzip(&[head, b"", tail])),
        ("access-events.jsonl.zst", zstd_frames(&[head, b"", tail])),
    ];
    for (name, bytes) in forms {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(read_all(&open(&path)), wanted, "{name}");
    }
}

#[test]
fn a_line_beyond_the_limit_is_one_fault_and_the_next_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access-events.jsonl");
    let good = facts::canonical_json(&access(1));
    std::fs::write(&path, format!("{good}\n{}\n{good}\n", "x".repeat(9000))).unwrap();
    let limits = Limits {
        record_bytes: 1000,
        ..Limits::default()
    };
    let mut reader = open(&path).open(limits).unwrap();
    assert!(reader.read().unwrap().unwrap().value.is_ok());
    let item = reader.read().unwrap().unwrap();
    assert_eq!((item.index, item.line), (1, 2));
    let error = item.value.unwrap_err();
    assert_eq!(error.kind(), Code::RecordTooLarge);
    // What nobody keeps is named by its length and digest.
    assert!(item.original.is_empty());
    assert!(error.to_string().contains("9001 bytes"), "{error}");
    let line = format!("{}\n", "x".repeat(9000));
    let digest = facts::digest_bytes(line.as_bytes());
    assert!(error.to_string().contains(&digest), "{error}");
    let item = reader.read().unwrap().unwrap();
    assert_eq!((item.line, item.value.is_ok()), (3, true));
    assert!(reader.read().unwrap().is_none());
}

#[test]
fn what_the_writers_write_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let all: Vec<Access> = (0..5000).map(access).collect();
    for name in ["access-events.jsonl", "access-events.jsonl.zst"] {
        let mut writer = LinesWriter::create(&folder.path().join(name)).unwrap();
        all.iter().for_each(|one| writer.write(one).unwrap());
        writer.finish().unwrap();
    }
    let container = folder.path().join("access-events-x.avro");
    let mut writer = ContainerWriter::create(&container, RecordKind::AccessEvent).unwrap();
    let mut encoder = Encoder::new(Framing::SingleObject);
    for (index, one) in all.iter().enumerate() {
        if index % 2 == 0 {
            writer.write(one).unwrap();
        } else {
            let bytes = encoder.encode_to_vec(RecordKind::AccessEvent, one).unwrap();
            writer.write_single_object(&bytes).unwrap();
        }
    }
    assert!(writer.write_single_object(b"{}").is_err());
    writer.finish().unwrap();
    let bytes = std::fs::read(&container).unwrap();
    std::fs::write(
        folder.path().join("access-events-y.avro.zst"),
        zstd_frames(&[&bytes]),
    )
    .unwrap();
    let listing = list(folder.path()).unwrap();
    assert_eq!(listing.files.len(), 4);
    for file in listing.files {
        let found = read_all(&file);
        assert_eq!(found.len(), all.len(), "{}", file.name());
        for (index, (line, id)) in found.iter().enumerate() {
            assert_eq!(
                (*line, id),
                (index as u64 + 1, &all[index].id),
                "{}",
                file.name()
            );
        }
        assert_eq!(file.count(Limits::default()).unwrap(), 5000);
        let mut reader = file.open_at(4998, Limits::default()).unwrap();
        assert_eq!(reader.read().unwrap().unwrap().index, 4998);
        assert_eq!(reader.read().unwrap().unwrap().line, 5000);
        assert!(reader.read().unwrap().is_none());
    }
}

/// A container as another program writes it, with its own schema and codec.
fn foreign_container(
    codec: serde_avro_fast::object_container_file_encoding::Compression,
) -> Vec<u8> {
    #[derive(serde::Serialize)]
    struct Row {
        account: &'static str,
        at: i64,
        action: &'static str,
        information: &'static str,
        extra: Vec<i32>,
        id: String,
    }
    let schema: serde_avro_fast::Schema = r#"{"type":"record","name":"Row","fields":[
        {"name":"account","type":"string"},
        {"name":"at","type":{"type":"long","logicalType":"timestamp-millis"}},
        {"name":"action","type":{"type":"enum","name":"A","symbols":["view","peek"]}},
        {"name":"information","type":{"type":"enum","name":"I","symbols":["profile"]}},
        {"name":"extra","type":{"type":"array","items":"int"}},
        {"name":"id","type":"string"}]}"#
        .parse()
        .unwrap();
    let rows = (0..300).map(|number| Row {
        account: "a",
        at: 1_785_702_903_250,
        action: if number == 7 { "peek" } else { "view" },
        information: "profile",
        extra: vec![1; 50],
        id: format!("acc-{number}"),
    });
    serde_avro_fast::object_container_file_encoding::write_all(&schema, codec, Vec::new(), rows)
        .unwrap()
}

#[test]
fn a_container_of_another_schema_is_resolved_record_by_record() {
    use serde_avro_fast::object_container_file_encoding::{Compression, CompressionLevel};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access-events.avro");
    let level = CompressionLevel::default();
    for codec in [
        Compression::Null,
        Compression::Deflate { level },
        Compression::Zstandard { level },
    ] {
        std::fs::write(&path, foreign_container(codec)).unwrap();
        let found = read_all(&open(&path));
        assert_eq!(found.len(), 300);
        assert_eq!(found[7], (8, "avro-unknown-symbol".to_owned()));
        assert_eq!(found[299], (300, "acc-299".to_owned()));
        let mut reader = open(&path).open(Limits::default()).unwrap();
        let mut decoder = decoder();
        let item = reader.read().unwrap().unwrap();
        let view: AccessView<'_> = decoder
            .decode(RecordKind::AccessEvent, item.value.unwrap())
            .unwrap();
        assert_eq!(
            view.at.micros(),
            1_785_702_903_250_000,
            "milliseconds are converted"
        );
        for _ in 1..7 {
            reader.read().unwrap();
        }
        let refused = reader.read().unwrap().unwrap();
        assert_eq!((refused.line, refused.value.is_err()), (8, true));
        assert!(
            refused.original.starts_with(b"\x02a"),
            "as it stands in the file"
        );
    }
}

#[test]
fn broken_files_say_where_and_end_there() {
    use serde_avro_fast::object_container_file_encoding::Compression;
    let folder = tempfile::tempdir().unwrap();
    let line = format!("{}\n", facts::canonical_json(&access(1)));
    let lines = line.repeat(50_000);
    let zst = zstd_frames(&[lines.as_bytes()]);
    let gz = gzip(&[lines.as_bytes()]);
    let avro = foreign_container(Compression::Null);
    let mut spoiled = avro.clone();
    let in_the_mark = spoiled.len() - 10;
    spoiled[in_the_mark] ^= 0xff;
    let files: [(&str, Vec<u8>); 6] = [
        ("access-events-1.jsonl.zst", zst[..zst.len() - 9].to_vec()),
        ("access-events-2.jsonl.gz", gz[..gz.len() / 2].to_vec()),
        (
            "access-events-3.jsonl.gz",
            [gz.as_slice(), b"garbage at the end"].concat(),
        ),
        ("access-events-4.avro", avro[..avro.len() - 5].to_vec()),
        ("access-events-5.avro", spoiled),
        (
            "access-events-6.avro.zst",
            zstd_frames(&[&avro[..avro.len() / 2]]),
        ),
    ];
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mut reader = open(&path).open(Limits::default()).unwrap();
        let mut error = None;
        for _ in 0..100_000 {
            match reader.read() {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(found) => {
                    error = Some(found);
                    break;
                }
            }
        }
        let error = error.unwrap_or_else(|| panic!("{name} was read to its end"));
        assert_eq!(error.code(), "file-corrupt", "{name}");
        let text = error.to_string();
        assert!(text.contains(name) && text.contains("broke off"), "{text}");
    }
    let wrong = folder.path().join("grants.avro");
    std::fs::write(&wrong, &avro).unwrap();
    let error = open(&wrong).open(Limits::default()).err().unwrap();
    assert_eq!(error.code(), "file-schema");
    std::fs::write(&wrong, b"Obj\x02").unwrap();
    assert_eq!(
        open(&wrong).open(Limits::default()).err().unwrap().code(),
        "file-corrupt"
    );
}

#[test]
fn every_cut_and_many_mutations_of_a_container_end_in_an_error_or_records() {
    use serde_avro_fast::object_container_file_encoding::Compression;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access-events.avro");
    let avro = foreign_container(Compression::Null);
    let mut state = 7_u64;
    for round in 0..600 {
        let mut bytes = avro.clone();
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let at = (state >> 33) as usize % if round % 2 == 0 { 700 } else { bytes.len() };
        if round % 3 == 0 {
            bytes.truncate(at);
        } else {
            bytes[at] ^= 1 << (round % 8);
        }
        std::fs::write(&path, bytes).unwrap();
        let Ok(mut reader) = open(&path).open(Limits::default()) else {
            continue;
        };
        let mut records = 0;
        while let Ok(Some(_)) = reader.read() {
            records += 1;
            assert!(records <= 1_000, "more records than bytes could hold");
        }
    }
}

#[test]
fn breach_events_are_read_from_a_container_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("breach-events.avro");
    let text = br#"{"id":"b","matter":"M","recorded_at":"2026-01-01T00:00:00Z",
        "report":{"kind":"indicator","from":"2026-01-01T00:00:00Z","actors":["e"]}}"#;
    let event: BreachEvent = decoder().decode(RecordKind::BreachEvent, text).unwrap();
    let mut writer = ContainerWriter::create(&path, RecordKind::BreachEvent).unwrap();
    writer.write(&event).unwrap();
    writer.finish().unwrap();
    let mut reader = open(&path).open(Limits::default()).unwrap();
    let mut decoder = decoder();
    let item = reader.read().unwrap().unwrap();
    let again: BreachEvent = decoder
        .decode(RecordKind::BreachEvent, item.value.unwrap())
        .unwrap();
    assert_eq!(again, event);
}
