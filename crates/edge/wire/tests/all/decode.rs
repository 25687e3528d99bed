//! What is accepted and what is refused: other writers' schemas, hostile bytes, sloppy JSON.
use facts::{Access, AccessView, BreachEvent, Decision, Grant, Report};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tocsin_wire::{
    Decoder, Encoder, Framing, Limits, RecordKind, RegistryError, SchemaSource, SchemaStore,
};

/// A registry in memory; the id 99 makes it look down, 98 look wrong.
struct Schemas(HashMap<u32, String>);

impl SchemaSource for Schemas {
    fn fetch(&self, id: u32) -> Result<String, RegistryError> {
        match id {
            99 => Err(RegistryError::unavailable("down")),
            98 => Err(RegistryError::refused("no rights")),
            _ => self
                .0
                .get(&id)
                .cloned()
                .ok_or_else(|| RegistryError::not_found("unknown")),
        }
    }
}

fn decoder_of(schemas: &[(u32, &str)]) -> Decoder {
    let schemas = schemas
        .iter()
        .map(|(id, text)| (*id, (*text).to_owned()))
        .collect();
    Decoder::new(Arc::new(SchemaStore::new(Schemas(schemas))))
}

fn decoder() -> Decoder {
    decoder_of(&[])
}

fn sample(kind: RecordKind, name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../schemas");
    std::fs::read(folder.join(kind.name()).join("samples").join(name)).unwrap()
}

fn full_access() -> (Access, Vec<u8>) {
    let bytes = sample(RecordKind::AccessEvent, "v1-full.bin");
    (
        decoder().decode(RecordKind::AccessEvent, &bytes).unwrap(),
        bytes,
    )
}

/// Writes `value` with `schema`, framed with `id`, by the Avro library alone.
fn written<T: Serialize>(schema: &str, id: u32, value: &T) -> Vec<u8> {
    let schema: serde_avro_fast::Schema = schema.parse().unwrap();
    let mut config = serde_avro_fast::ser::SerializerConfig::new(&schema);
    let mut out = vec![0];
    out.extend_from_slice(&id.to_be_bytes());
    serde_avro_fast::to_datum(value, &mut out, &mut config).unwrap();
    out
}

fn code<T: for<'a> tocsin_wire::Readable<'a>>(kind: RecordKind, bytes: &[u8]) -> &'static str {
    match decoder().decode::<T>(kind, bytes) {
        Ok(_) => panic!("decoded"),
        Err(error) => error.code(),
    }
}

#[test]
fn a_view_points_into_the_record() {
    let (access, bytes) = full_access();
    let mut decoder = decoder();
    let view: AccessView<'_> = decoder.decode(RecordKind::AccessEvent, &bytes).unwrap();
    let range = bytes.as_ptr_range();
    let inside = |text: &str| range.contains(&text.as_ptr());
    let texts = [
        Some(view.id),
        Some(view.account),
        view.actor,
        view.actor_account,
        view.resource,
        view.device,
        view.session,
        view.source_address,
        view.credential,
        view.client,
        view.key,
        view.basis.map(|basis| basis.kind),
        view.basis.and_then(|basis| basis.reference),
    ];
    assert!(
        texts.into_iter().all(|text| text.is_some_and(inside)),
        "a copy was made"
    );
    assert_eq!(view.at, access.at);
    assert_eq!(view.client, Some("review-tool/2.1 \"beta\" é"));
}

#[test]
fn both_framings_carry_the_same_record() {
    let (access, _) = full_access();
    let store = SchemaStore::without_registry();
    store
        .learn(7, RecordKind::AccessEvent.newest_schema())
        .unwrap();
    let mut decoder = Decoder::new(Arc::new(store));
    let mut confluent = Encoder::new(Framing::Confluent(BTreeMap::from([(
        RecordKind::AccessEvent,
        7,
    )])));
    let bytes = confluent
        .encode_to_vec(RecordKind::AccessEvent, &access)
        .unwrap();
    assert_eq!(bytes[..5], [0, 0, 0, 0, 7]);
    assert_eq!(
        decoder
            .decode::<Access>(RecordKind::AccessEvent, &bytes)
            .unwrap(),
        access
    );
    let error = confluent
        .encode_to_vec(RecordKind::Grant, &access)
        .unwrap_err();
    assert_eq!(error.code(), "wire-encode");
    let mut out = vec![1, 2, 3];
    let mut single = Encoder::new(Framing::SingleObject);
    assert!(single.encode(RecordKind::Grant, &access, &mut out).is_err());
    assert_eq!(out, [1, 2, 3], "a failed record leaves nothing behind");
}

#[test]
fn an_encoded_value_does_not_show_in_an_error() {
    let mut single = Encoder::new(Framing::SingleObject);
    let error = single
        .encode_to_vec(RecordKind::Grant, &full_access().0)
        .unwrap_err();
    assert!(!error.to_string().contains("emp-81"));
}

#[derive(Serialize)]
struct Other<'a> {
    extra: Vec<i64>,
    account: &'a str,
    at: i64,
    action: &'a str,
    information: &'a str,
    note: BTreeMap<&'a str, f64>,
    id: &'a str,
    outcome: Option<&'a str>,
    basis: Option<OtherBasis<'a>>,
}

#[derive(Serialize)]
struct OtherBasis<'a> {
    ticket: i32,
    kind: &'a str,
}

/// Another company's schema: other names and order, fields of its own, and `unit` for instants.
fn other_schema(unit: &str) -> String {
    format!(
        r#"{{"type":"record","name":"com.example.Seen","fields":[
            {{"name":"extra","type":{{"type":"array","items":"long"}}}},
            {{"name":"account","type":"string"}},
            {{"name":"at","type":{unit}}},
            {{"name":"action","type":{{"type":"enum","name":"What","symbols":["peek","view"]}}}},
            {{"name":"information","type":{{"type":"enum","name":"Class",
                "symbols":["profile","home_security_recording"]}}}},
            {{"name":"note","type":{{"type":"map","values":"double"}}}},
            {{"name":"id","type":"string"}},
            {{"name":"outcome","type":["null",{{"type":"enum","name":"Result",
                "symbols":["denied","succeeded"]}}],"default":null}},
            {{"name":"basis","type":["null",{{"type":"record","name":"Why","fields":[
                {{"name":"ticket","type":"int"}},{{"name":"kind","type":"string"}}]}}]}}]}}"#
    )
}

fn other<'a>(at: i64, action: &'a str) -> Other<'a> {
    Other {
        extra: vec![1, 2, 3],
        account: "a-1",
        at,
        action,
        information: "profile",
        note: BTreeMap::from([("x", 1.5)]),
        id: "x-1",
        outcome: Some("succeeded"),
        basis: Some(OtherBasis {
            ticket: 4,
            kind: "duty",
        }),
    }
}

#[test]
fn any_writer_schema_that_resolves_is_accepted() {
    let micros = 1_785_702_903_250_001;
    let units = [
        (
            r#"{"type":"long","logicalType":"timestamp-micros"}"#,
            micros,
        ),
        (
            r#"{"type":"long","logicalType":"timestamp-millis"}"#,
            micros / 1000,
        ),
        (
            r#"{"type":"long","logicalType":"timestamp-nanos"}"#,
            micros * 1000 + 999,
        ),
        (r#""long""#, micros),
        (
            r#"["null",{"type":"long","logicalType":"timestamp-micros"}]"#,
            micros,
        ),
    ];
    for (unit, at) in units {
        let schema = other_schema(unit);
        let mut decoder = decoder_of(&[(5, &schema)]);
        let bytes = written(&schema, 5, &other(at, "view"));
        let view: AccessView<'_> = decoder.decode(RecordKind::AccessEvent, &bytes).unwrap();
        assert_eq!(view.at.micros() / 1000, micros / 1000, "{unit}");
        assert_eq!((view.id, view.account, view.actor), ("x-1", "a-1", None));
        assert_eq!(view.outcome, Some(facts::Outcome::Succeeded));
        assert_eq!(view.basis.map(|basis| basis.kind), Some("duty"));
    }
}

#[test]
fn what_could_be_misread_is_refused() {
    let cases = [
        (r#""long""#, 1_785_702_903_250, "instant-out-of-range"),
        (
            r#"{"type":"long","logicalType":"local-timestamp-micros"}"#,
            1,
            "avro-schema-mismatch",
        ),
        (
            r#"{"type":"int","logicalType":"date"}"#,
            20_000,
            "avro-schema-mismatch",
        ),
        (
            r#"{"type":"long","logicalType":"timestamp-micros"}"#,
            -1,
            "instant-out-of-range",
        ),
        (
            r#"{"type":"long","logicalType":"timestamp-millis"}"#,
            i64::MAX,
            "instant-out-of-range",
        ),
    ];
    for (unit, at, wanted) in cases {
        let schema = other_schema(unit);
        let mut decoder = decoder_of(&[(5, &schema)]);
        let bytes = written(&schema, 5, &other(at, "view"));
        let error = decoder
            .decode::<Access>(RecordKind::AccessEvent, &bytes)
            .unwrap_err();
        assert_eq!(error.code(), wanted, "{unit}");
        assert!(error.to_string().contains("`at`"), "{error}");
    }
    let schema = other_schema(r#"{"type":"long","logicalType":"timestamp-micros"}"#);
    let mut decoder = decoder_of(&[(5, &schema)]);
    let bytes = written(&schema, 5, &other(1_785_702_903_250_001, "peek"));
    let error = decoder
        .decode::<Access>(RecordKind::AccessEvent, &bytes)
        .unwrap_err();
    assert_eq!(error.code(), "avro-unknown-symbol");
    assert!(!error.to_string().contains("peek"));
}

#[test]
fn a_schema_that_does_not_resolve_says_which_member() {
    let missing = r#"{"type":"record","name":"A","fields":[{"name":"id","type":"string"}]}"#;
    let wrong = r#"{"type":"record","name":"A","fields":[{"name":"id","type":"double"}]}"#;
    let broken = r#"{"type":"record","name":"A","fields":[{"name":"id","type":"Nowhere"}]}"#;
    let mut decoder = decoder_of(&[(1, missing), (2, wrong), (3, broken)]);
    let mut fails = |id: u8| {
        let bytes = [0, 0, 0, 0, id, 0];
        let error = decoder
            .decode::<Grant>(RecordKind::Grant, &bytes)
            .unwrap_err();
        (
            error.code(),
            error.to_string(),
            error.is_transient(),
            error.unknown_schema(),
        )
    };
    let (code, text, _, _) = fails(1);
    assert_eq!(code, "avro-schema-mismatch");
    assert!(text.contains("`kind`"), "{text}");
    let (code, text, _, _) = fails(2);
    assert_eq!(code, "avro-schema-mismatch");
    assert!(text.contains("`id` is a double"), "{text}");
    assert_eq!(fails(3).0, "avro-schema-invalid");
    assert_eq!((fails(4).0, fails(4).3), ("avro-unknown-schema", Some(4)));
    assert_eq!((fails(99).0, fails(99).2), ("registry-unavailable", true));
    assert_eq!((fails(98).0, fails(98).2), ("registry-refused", false));
}

#[test]
fn a_union_of_reports_is_resolved_by_name() {
    let schema = r#"{"type":"record","name":"B","namespace":"org.other","fields":[
        {"name":"report","type":[
            {"type":"record","name":"Retraction","fields":[{"name":"of","type":"string"}]},
            {"type":"record","name":"Gossip","fields":[{"name":"of","type":"string"}]}]},
        {"name":"matter","type":"string"},{"name":"id","type":"string"},
        {"name":"recorded_at","type":{"type":"long","logicalType":"timestamp-millis"}}]}"#;
    let mut decoder = decoder_of(&[(5, schema)]);
    let record = |branch: u8| {
        let mut bytes = vec![0, 0, 0, 0, 5, branch, 2, b'x', 2, b'M', 2, b'i'];
        bytes.extend_from_slice(&[0x80, 0xa0, 0xb6, 0x93, 0x85, 0x69]);
        bytes
    };
    let event: BreachEvent = decoder.decode(RecordKind::BreachEvent, &record(0)).unwrap();
    assert!(matches!(&event.report, Report::Retraction(one) if one.of == "x"));
    let error = decoder
        .decode::<BreachEvent>(RecordKind::BreachEvent, &record(2))
        .unwrap_err();
    assert_eq!(error.code(), "avro-schema-mismatch");
    let error = decoder
        .decode::<BreachEvent>(RecordKind::BreachEvent, &record(4))
        .unwrap_err();
    assert_eq!(error.code(), "avro-malformed");
}

#[test]
fn hostile_frames_and_bytes_have_codes() {
    let kind = RecordKind::AccessEvent;
    let (_, bytes) = full_access();
    assert_eq!(code::<Access>(kind, b""), "empty-value");
    assert_eq!(code::<Access>(kind, b"\0\0\0"), "avro-truncated");
    assert_eq!(code::<Access>(kind, &[0xC3, 1, 2]), "avro-truncated");
    assert_eq!(code::<Access>(kind, b"hello"), "unknown-encoding");
    assert_eq!(code::<Access>(kind, b"[1]"), "unknown-encoding");
    assert_eq!(
        code::<Access>(kind, &[0xC3, 1, 9, 9, 9, 9, 9, 9, 9, 9, 0]),
        "avro-unknown-schema"
    );
    let grant = sample(RecordKind::Grant, "v1-complete.bin");
    assert_eq!(
        code::<Access>(kind, &grant),
        "avro-unknown-schema",
        "a record of another topic"
    );
    let mut more = bytes.clone();
    more.push(0);
    assert_eq!(code::<Access>(kind, &more), "avro-trailing-bytes");
    let long = vec![b' '; Limits::default().record_bytes + 1];
    assert_eq!(code::<Access>(kind, &long), "record-too-large");
    for end in 0..bytes.len() {
        let code = code::<Access>(kind, &bytes[..end]);
        assert!(
            matches!(code, "avro-truncated" | "empty-value" | "unknown-encoding"),
            "{code}"
        );
    }
}

#[test]
fn a_list_longer_than_the_limit_is_refused_before_it_is_read() {
    let mut event: BreachEvent = decoder()
        .decode(
            RecordKind::BreachEvent,
            &sample(RecordKind::BreachEvent, "key.json"),
        )
        .unwrap();
    if let Report::Key(key) = &mut event.report {
        key.keys = Some(vec!["k".into(); 5000]);
    }
    let mut encoder = Encoder::new(Framing::SingleObject);
    let bytes = encoder
        .encode_to_vec(RecordKind::BreachEvent, &event)
        .unwrap();
    assert_eq!(
        decoder()
            .decode::<BreachEvent>(RecordKind::BreachEvent, &bytes)
            .unwrap(),
        event
    );
    let limits = Limits {
        items: 4999,
        ..Limits::default()
    };
    let mut strict = Decoder::with_limits(Arc::new(SchemaStore::without_registry()), limits);
    let error = strict
        .decode::<BreachEvent>(RecordKind::BreachEvent, &bytes)
        .unwrap_err();
    assert_eq!(error.code(), "avro-too-large");
    let bomb = r#"{"type":"record","name":"G","fields":[
        {"name":"nothing","type":{"type":"array","items":"null"}},{"name":"id","type":"string"},
        {"name":"kind","type":{"type":"enum","name":"K","symbols":["duty"]}}]}"#;
    let mut decoder = decoder_of(&[(5, bomb)]);
    let bytes = [0, 0, 0, 0, 5, 0x80, 0xc2, 0xd7, 0x2f, 0, 2, b'g', 0];
    let error = decoder
        .decode::<Grant>(RecordKind::Grant, &bytes)
        .unwrap_err();
    assert_eq!(error.code(), "avro-too-large");
}

fn json_error(kind: RecordKind, text: &str) -> (&'static str, String) {
    let mut decoder = decoder();
    let error = match kind {
        RecordKind::Decision => decoder.decode::<Decision>(kind, text.as_bytes()).err(),
        RecordKind::BreachEvent => decoder.decode::<BreachEvent>(kind, text.as_bytes()).err(),
        RecordKind::Grant => decoder.decode::<Grant>(kind, text.as_bytes()).err(),
        _ => decoder.decode::<Access>(kind, text.as_bytes()).err(),
    };
    let error = error.unwrap_or_else(|| panic!("decoded: {text}"));
    (error.code(), error.to_string())
}

const LEAST: &str = r#""id":"x","at":"2026-01-01T00:00:00Z","action":"view","account":"a""#;

#[test]
fn json_is_strict_and_names_the_nearest_member() {
    let access = |rest: &str| json_error(RecordKind::AccessEvent, &format!("{{{LEAST}{rest}}}"));
    let (code, text) = access(r#","information":"profile","acount":"secret-7""#);
    assert_eq!(code, "json-unknown-member");
    assert!(
        text.contains("`acount`") && text.contains("`account`"),
        "{text}"
    );
    assert!(!text.contains("secret"), "{text}");
    let (code, text) = access(r#","information":"profile","acct-7":1"#);
    assert_eq!(code, "json-unknown-member");
    assert!(!text.contains("acct-7"), "{text}");
    let (code, text) = access(r#","information":"profil""#);
    assert_eq!(code, "json-unknown-word");
    assert!(
        text.contains("`information`") && text.contains("`profile`"),
        "{text}"
    );
    assert!(!text.contains("`profil`"), "{text}");
    let (code, text) = access("");
    assert_eq!(
        (code, text.contains("`information`")),
        ("json-missing-member", true)
    );
    assert_eq!(access(r#","information":null"#).0, "json-type");
    assert_eq!(
        access(r#","information":"profile","id":"y""#).0,
        "json-repeated-member"
    );
    assert_eq!(
        access(r#","information":"profile","actor":7"#).0,
        "json-type"
    );
    assert_eq!(
        access(r#","information":"profile","encrypted":true"#).0,
        "json-type"
    );
    assert_eq!(
        access(r#","information":"profile","until":1700000000000000"#).0,
        "json-type"
    );
    assert_eq!(
        access(r#","information":"profile","until":"3000-01-01T00:00:00Z""#).0,
        "instant-out-of-range"
    );
    assert_eq!(
        access(r#","information":"profile","basis":{"kind":"duty","ref":"x"}"#).0,
        "json-unknown-member"
    );
    let json = |text: &str| json_error(RecordKind::AccessEvent, text).0;
    assert_eq!(json("{"), "json-syntax");
    assert_eq!(json("{} {}"), "json-syntax");
    assert_eq!(
        json(&format!("{{{LEAST},\"information\":\"profile\"}} x")),
        "json-syntax"
    );
    assert_eq!(
        json(&format!(
            "{{\"id\":{}1{}}}",
            "[".repeat(200),
            "]".repeat(200)
        )),
        "too-deep"
    );
    assert_eq!(json("{\"id\":NaN}"), "json-syntax");
    assert_eq!(json("{\"id\":\"\u{1}\"}"), "json-syntax");
}

#[test]
fn json_tells_unions_apart_by_kind() {
    let breach = |report: &str| {
        let text = format!(
            r#"{{"id":"b","matter":"M","recorded_at":"2026-01-01T00:00:00Z","report":{report}}}"#
        );
        json_error(RecordKind::BreachEvent, &text)
    };
    let (code, text) = breach(r#"{"kind":"talley","unit":"accounts"}"#);
    assert_eq!(code, "json-unknown-word");
    assert!(
        text.contains("`report.kind`") && text.contains("`tally`"),
        "{text}"
    );
    assert_eq!(breach(r#"{"unit":"accounts"}"#).0, "json-missing-member");
    let (code, text) = breach(r#"{"kind":"tally","unit":"accounts","at_lest":1}"#);
    assert_eq!(code, "json-unknown-member");
    assert!(
        text.contains("`report.at_lest`") && text.contains("`at_least`"),
        "{text}"
    );
    assert_eq!(
        breach(r#"{"kind":"tally","kind":"tally","unit":"accounts"}"#).0,
        "json-repeated-member"
    );
    assert_eq!(
        breach(r#"{"kind":"tally","unit":"accounts","at_least":-1}"#).0,
        "value-out-of-range"
    );
    assert_eq!(
        breach(r#"{"kind":"tally","unit":"accounts","at_least":1.5}"#).0,
        "json-type"
    );
    let (_, text) = breach(r#"{"kind":"key","keys":["a",7]}"#);
    assert!(text.contains("`report.keys[1]`"), "{text}");

    let decision = |act: &str| {
        let text = format!(
            r#"{{"id":"d","at":"2026-01-01T00:00:00Z","by":"k","role":"r","about":"i",{act}}}"#
        );
        json_error(RecordKind::Decision, &text)
    };
    assert_eq!(decision(r#""kind":"revoke""#).0, "json-missing-member");
    assert_eq!(
        decision(r#""kind":"revoke","of":"x","act":{}"#).0,
        "json-unknown-member"
    );
    assert_eq!(
        decision(r#""kind":"revoke","of":"x","value":"y""#).0,
        "json-unknown-member"
    );
    assert_eq!(
        decision(r#""kind":"answer","question":"q","value":null"#).0,
        "json-missing-member"
    );
    assert_eq!(decision(r#""of":"x""#).0, "json-missing-member");
}

#[test]
fn an_answer_has_the_type_that_the_ask_states() {
    let mut decoder = decoder();
    let mut value = |json: &str| {
        let text = format!(
            r#"{{"id":"d","at":"2026-01-01T00:00:00Z","by":"k","role":"r","about":"i",
                "kind":"answer","question":"q","value":{json}}}"#
        );
        let decision: Decision = decoder
            .decode(RecordKind::Decision, text.as_bytes())
            .unwrap();
        match decision.act {
            facts::Act::Answer(answer) => answer.value,
            _ => panic!("no answer"),
        }
    };
    assert_eq!(value("\"yes\""), "yes");
    assert_eq!(value("81"), "81");
    assert_eq!(value("{\"b\":1,\"a\":[true]}"), "{\"a\":[true],\"b\":1}");
}

#[test]
fn json_with_escapes_a_mark_and_space_around_it_is_read() {
    let text = format!(
        "\u{feff} {{{LEAST},\"information\":\"profile\",\"client\":\"a \\\"b\\\" \\u00e9\",\
         \"actor\":null}}\r\n"
    );
    let mut decoder = decoder();
    let view: AccessView<'_> = decoder
        .decode(RecordKind::AccessEvent, text.as_bytes())
        .unwrap();
    assert_eq!(view.client, Some("a \"b\" é"));
    assert_eq!(view.actor, None);
}

#[test]
fn a_very_long_id_is_no_error_of_the_encoding() {
    let (mut access, _) = full_access();
    access.id = "x".repeat(1 << 20);
    let bytes = Encoder::new(Framing::SingleObject)
        .encode_to_vec(RecordKind::AccessEvent, &access)
        .unwrap();
    assert_eq!(
        decoder()
            .decode::<Access>(RecordKind::AccessEvent, &bytes)
            .unwrap(),
        access
    );
}
