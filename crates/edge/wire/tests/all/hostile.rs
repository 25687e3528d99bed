//! Bytes that nobody meant: every truncation, many mutations, noise. Errors are fine, panics not.
use std::path::Path;
use std::sync::Arc;
use tocsin_wire::{
    Decoder, Envelope, Limits, RecordKind, RegistryError, SCHEMA_HEADER, SchemaSource, SchemaStore,
};

/// A small generator; the seed is in the test, so a failure repeats.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % below
    }
}

fn decodes(decoder: &mut Decoder, kind: RecordKind, bytes: &[u8]) -> Result<(), &'static str> {
    let result = match kind {
        RecordKind::AccessEvent => decoder
            .decode::<facts::AccessView<'_>>(kind, bytes)
            .map(|_| ()),
        RecordKind::Grant => decoder.decode::<facts::Grant>(kind, bytes).map(|_| ()),
        RecordKind::Account => decoder.decode::<facts::Account>(kind, bytes).map(|_| ()),
        RecordKind::BreachEvent => decoder
            .decode::<facts::BreachEvent>(kind, bytes)
            .map(|_| ()),
        RecordKind::Decision => decoder.decode::<facts::Decision>(kind, bytes).map(|_| ()),
        RecordKind::Activation => decoder.decode::<facts::Activation>(kind, bytes).map(|_| ()),
        RecordKind::Coverage => decoder.decode::<facts::Coverage>(kind, bytes).map(|_| ()),
        RecordKind::Finding => decoder.decode::<facts::Finding>(kind, bytes).map(|_| ()),
        RecordKind::DeadLetter => decoder.decode::<facts::DeadLetter>(kind, bytes).map(|_| ()),
        _ => decoder.decode::<Envelope>(kind, bytes).map(|_| ()),
    };
    result.map_err(|error| {
        assert!(
            !error.to_string().contains("emp-81"),
            "content in a message: {error}"
        );
        assert_ne!(error.code(), "wire-internal", "{error}");
        error.code()
    })
}

fn samples() -> Vec<(RecordKind, Vec<u8>)> {
    let mut found = Vec::new();
    for kind in RecordKind::ALL {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../schemas")
            .join(kind.name())
            .join("samples");
        let mut paths: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        found.extend(
            paths
                .into_iter()
                .map(|path| (*kind, std::fs::read(path).unwrap())),
        );
    }
    found
}

fn decoder() -> Decoder {
    let limits = Limits {
        items: 10_000,
        ..Limits::default()
    };
    let store = SchemaStore::without_registry();
    // The samples' own schemas under an id, and one that needs resolving, so that mutated frames
    // reach every way of reading.
    for (id, kind) in RecordKind::ALL.iter().enumerate() {
        store.learn(id as u32, kind.newest_schema()).unwrap();
        let foreign = kind
            .newest_schema()
            .replace("timestamp-micros", "timestamp-millis");
        store.learn(id as u32 + 100, &foreign).unwrap();
    }
    Decoder::with_limits(Arc::new(store), limits)
}

#[test]
fn every_truncation_of_every_sample_is_an_error() {
    let mut decoder = decoder();
    for (kind, bytes) in samples() {
        let is_json = bytes.starts_with(b"{");
        let whole = bytes.trim_ascii_end().len();
        for end in 0..whole {
            let result = decodes(&mut decoder, kind, &bytes[..end]);
            assert!(
                result.is_err(),
                "{} decodes cut at {end} (JSON: {is_json})",
                kind.name()
            );
        }
        assert!(decodes(&mut decoder, kind, &bytes).is_ok());
    }
}

#[test]
fn mutated_samples_do_not_panic() {
    let mut decoder = decoder();
    let mut random = Random(0x1234_5678);
    let samples = samples();
    let (mut fine, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let (kind, bytes) = &samples[random.next(samples.len())];
        let mut bytes = bytes.clone();
        if bytes[0] == 0xC3 && random.next(3) == 0 {
            // The same datum under a registry's id, with our schema or one to be resolved.
            let place = RecordKind::ALL.iter().position(|one| one == kind).unwrap();
            let id = place as u32 + if random.next(2) == 0 { 0 } else { 100 };
            bytes.splice(..10, [0].into_iter().chain(id.to_be_bytes()));
        }
        for _ in 0..=random.next(4) {
            let at = random.next(bytes.len());
            match random.next(4) {
                0 => bytes[at] = random.next(256) as u8,
                1 => bytes[at] ^= 1 << random.next(8),
                2 => {
                    bytes.remove(at);
                }
                _ => bytes.insert(at, random.next(256) as u8),
            }
            if bytes.is_empty() {
                break;
            }
        }
        match decodes(&mut decoder, *kind, &bytes) {
            Ok(()) => fine += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(
        fine > 500 && refused > 500,
        "{fine} fine, {refused} refused: the test is blunt"
    );
}

#[test]
fn noise_behind_a_good_frame_does_not_panic() {
    let mut decoder = decoder();
    let mut random = Random(42);
    for round in 0..15_000 {
        let place = random.next(RecordKind::ALL.len());
        let id = place as u32 + if round % 2 == 0 { 0 } else { 100 };
        let mut bytes = vec![0];
        bytes.extend_from_slice(&id.to_be_bytes());
        let small = round % 3 == 0;
        for _ in 0..random.next(200) {
            bytes.push(random.next(if small { 8 } else { 256 }) as u8);
        }
        let _ = decodes(&mut decoder, RecordKind::ALL[place], &bytes);
    }
}

struct Down;

impl SchemaSource for Down {
    fn fetch(&self, _: u32) -> Result<String, RegistryError> {
        Err(RegistryError::unavailable("down"))
    }
}

#[test]
fn a_value_that_does_not_carry_the_id_of_its_schema_is_told_as_that() {
    let kind = RecordKind::AccessEvent;
    let path = "../../../schemas/access-event/samples/v1-full.bin";
    let sample = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    // Single-object encoding: two bytes and a fingerprint of eight before the bare Avro.
    let bare = &sample[10..];
    let guid = [7; 16];
    let mut decoder = Decoder::new(Arc::new(SchemaStore::new(Down)));
    let mut fails = |bytes: &[u8]| decoder.decode::<facts::Access>(kind, bytes).unwrap_err();
    let in_value = [&[1], &guid[..], bare].concat();
    assert_eq!(fails(&in_value).code(), "schema-guid-framing");
    let named = [&[1], &guid[..]].concat();
    let headers = [("trace", &b"x"[..]), (SCHEMA_HEADER, &named[..])];
    // An id of sixteen characters: the first byte is a blank, and looks like JSON.
    let error = fails(bare);
    assert_eq!(error.code(), "json-syntax");
    assert_eq!(
        error.clone().with_headers(headers).code(),
        "schema-guid-framing"
    );
    assert_eq!(
        error.with_headers([headers[0]]).code(),
        "json-syntax",
        "another header says nothing about the schema"
    );
    let waiting = fails(&[0, 0, 0, 0, 7, 0]).with_headers(headers);
    assert!(waiting.is_transient(), "an id is there and is waited for");
}
