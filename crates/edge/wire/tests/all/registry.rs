//! The client against a registry that misbehaves, played here, and against a real one.
//!
//! The real one is at `TOCSIN_TEST_REGISTRY`, the base of a Confluent-compatible interface such as
//! `http://127.0.0.1:8081/apis/ccompat/v7`; `cargo xtask test` starts one and sets it.
use facts::{Access, BreachEvent};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tocsin_wire::{
    Credentials, Decoder, Encoder, Framing, RecordKind, Registry, SchemaDirectory, SchemaStore,
    TOPICS, subject,
};

/// A server that gives `answers` one after the other, the last for ever, and keeps what it is
/// asked.
struct Played {
    base: String,
    asked: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<String>>>,
}

/// What is answered: a status and a body.
type Answers = &'static [(u16, &'static str)];

fn play(answers: Answers) -> Played {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let heads = Arc::new(Mutex::new(Vec::new()));
    let (count, kept) = (Arc::clone(&asked), Arc::clone(&heads));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                    break;
                }
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            kept.lock().unwrap().push(head);
            let index = count.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
            let (status, text) = answers[index];
            let _ = write!(
                stream,
                "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
                text.len()
            );
        }
    });
    Played { base, asked, heads }
}

fn access_with_id(id: u32) -> Vec<u8> {
    let text = br#"{"id":"x","at":"2026-01-01T00:00:00Z","action":"view","information":"profile",
        "account":"a"}"#;
    let access: Access = Decoder::new(Arc::new(SchemaStore::without_registry()))
        .decode(RecordKind::AccessEvent, text)
        .unwrap();
    let ids = [(RecordKind::AccessEvent, id)].into_iter().collect();
    Encoder::new(Framing::Confluent(ids))
        .encode_to_vec(RecordKind::AccessEvent, &access)
        .unwrap()
}

#[test]
fn failures_are_transient_or_final() {
    let cases: [(Answers, &str, bool); 11] = [
        (&[(500, "")], "registry-unavailable", true),
        (
            &[(503, "{\"message\":\"busy\"}")],
            "registry-unavailable",
            true,
        ),
        (&[(429, "")], "registry-unavailable", true),
        (
            &[(404, "{\"error_code\":40403,\"message\":\"no\"}")],
            "avro-unknown-schema",
            false,
        ),
        (&[(404, "<html>")], "registry-unavailable", true),
        (
            &[(404, "{\"status\":404,\"title\":\"no resource\"}")],
            "registry-unavailable",
            true,
        ),
        (&[(401, "")], "registry-refused", false),
        (
            &[(403, "{\"error_code\":40301}")],
            "registry-refused",
            false,
        ),
        (&[(400, "")], "registry-refused", false),
        (&[(200, "<html>")], "registry-refused", false),
        // Of one schema, and not of all that is asked.
        (
            &[(200, "{\"schema\":\"x\",\"schemaType\":\"PROTOBUF\"}")],
            "avro-schema-invalid",
            false,
        ),
    ];
    for (answers, code, transient) in cases {
        let played = play(answers);
        let error = Registry::new(&played.base, None).schema(7).unwrap_err();
        assert_eq!(
            (error.code(), error.is_transient()),
            (code, transient),
            "{answers:?}"
        );
        let said = error.to_string();
        assert!(said.contains("schema 7"), "{said}");
        // Whoever gave a status has answered.
        assert!(!said.contains("does not answer"), "{said}");
    }
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let error = Registry::new(&format!("http://{free}"), None)
        .ping()
        .unwrap_err();
    assert_eq!(
        (error.code(), error.is_transient()),
        ("registry-unavailable", true)
    );
    let error = Registry::new("no address at all", None).ping().unwrap_err();
    assert!(!error.is_transient(), "{error}");
}

#[test]
fn what_a_registry_refuses_is_told_apart_from_what_it_does_not_know() {
    let failed = |answers: Answers, id: u32| {
        let store = SchemaStore::new(Registry::new(&play(answers).base, None));
        let error = Decoder::new(Arc::new(store))
            .decode::<Access>(RecordKind::AccessEvent, &access_with_id(id))
            .unwrap_err();
        (error.code(), error.is_refused())
    };
    assert_eq!(failed(&[(403, "")], 7), ("registry-refused", true));
    assert_eq!(failed(&[(200, "[]")], 7), ("registry-refused", true));
    let protobuf: Answers = &[(200, "{\"schema\":\"x\",\"schemaType\":\"PROTOBUF\"}")];
    assert_eq!(failed(protobuf, 7), ("avro-schema-invalid", false));
    let unknown: Answers = &[(404, "{\"error_code\":40403}")];
    assert_eq!(failed(unknown, 7), ("avro-unknown-schema", false));
    // An id that none can have is not asked for: the answer would say nothing of the registry.
    let elsewhere: Answers = &[(404, "{\"error_code\":404}")];
    assert_eq!(failed(elsewhere, 7), ("registry-unavailable", false));
    assert_eq!(failed(elsewhere, 1 << 31), ("avro-unknown-schema", false));
}

#[test]
fn a_registry_that_is_down_is_asked_again_only_after_a_pause() {
    let played = play(&[
        (500, ""),
        (200, "{\"schema\":\"{\\\"type\\\":\\\"null\\\"}\"}"),
    ]);
    let store = SchemaStore::new(Registry::new(&played.base, None));
    let mut decoder = Decoder::new(Arc::new(store));
    let bytes = access_with_id(3);
    let mut code = || {
        let error = decoder
            .decode::<Access>(RecordKind::AccessEvent, &bytes)
            .unwrap_err();
        (error.code(), error.is_transient())
    };
    assert_eq!(code(), ("registry-unavailable", true));
    assert_eq!(code(), ("registry-unavailable", true));
    assert_eq!(
        played.asked.load(Ordering::SeqCst),
        1,
        "no second question within the pause"
    );
    std::thread::sleep(std::time::Duration::from_millis(150));
    assert_eq!(
        code(),
        ("avro-schema-mismatch", false),
        "it answered, with a schema of nothing"
    );
    assert_eq!(code().0, "avro-schema-mismatch");
    assert_eq!(played.asked.load(Ordering::SeqCst), 2);
}

#[test]
fn credentials_are_sent_and_subjects_are_encoded() {
    let played = play(&[(200, "{\"id\":12}")]);
    let credentials = Credentials {
        user: "kim".to_owned(),
        password: "pw".to_owned(),
    };
    let registry = Registry::new(&format!("{}/", played.base), Some(&credentials));
    assert_eq!(registry.register("a b/c-value", "\"string\"").unwrap(), 12);
    let heads = played.heads.lock().unwrap();
    assert!(
        heads[0].starts_with("POST /subjects/a%20b%2Fc-value/versions "),
        "{}",
        heads[0]
    );
    assert!(
        heads[0]
            .to_ascii_lowercase()
            .contains("authorization: basic a2ltonb3"),
        "{}",
        heads[0]
    );
}

#[test]
fn a_schema_that_contradicts_says_why() {
    let played = play(&[
        (409, "{\"error_code\":409,\"message\":\"incompatible\"}"),
        (
            200,
            "{\"is_compatible\":false,\"messages\":[\"field id was removed\"]}",
        ),
    ]);
    let error = Registry::new(&played.base, None)
        .register("t-value", "\"string\"")
        .unwrap_err();
    assert!(error.is_incompatible() && !error.is_transient());
    assert!(
        error.to_string().contains("field id was removed"),
        "{error}"
    );
}

#[test]
fn a_folder_stands_in_for_a_registry() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("3.avsc"),
        RecordKind::AccessEvent.newest_schema(),
    )
    .unwrap();
    let store = SchemaStore::new(SchemaDirectory::new(folder.path()));
    let mut decoder = Decoder::new(Arc::new(store));
    assert!(
        decoder
            .decode::<Access>(RecordKind::AccessEvent, &access_with_id(3))
            .is_ok()
    );
    let error = decoder
        .decode::<Access>(RecordKind::AccessEvent, &access_with_id(4))
        .unwrap_err();
    assert_eq!(error.unknown_schema(), Some(4));
}

#[test]
fn a_real_registry_takes_every_schema_and_gives_it_back() {
    let Ok(base) = std::env::var("TOCSIN_TEST_REGISTRY") else {
        let required = std::env::var_os("TOCSIN_REQUIRE_REAL").is_some();
        assert!(
            !required,
            "TOCSIN_REQUIRE_REAL is set and TOCSIN_TEST_REGISTRY is not"
        );
        println!(
            "skipped: no registry; `cargo xtask test` starts one, or set TOCSIN_TEST_REGISTRY"
        );
        return;
    };
    let registry = Registry::new(&base, None);
    registry.ping().unwrap();
    let prefix = format!("wire-{}.", std::process::id());
    let topics: Vec<_> = TOPICS
        .iter()
        .map(|(topic, kind)| (format!("{prefix}{topic}"), *kind))
        .collect();
    let named = || topics.iter().map(|(topic, kind)| (topic.as_str(), *kind));
    let ids = registry.register_topics(named()).unwrap();
    assert_eq!(
        registry.register_topics(named()).unwrap(),
        ids,
        "the same schema, the same id"
    );
    for (kind, id) in &ids {
        let text = registry.schema(*id).unwrap();
        let given: serde_json::Value = serde_json::from_str(&text).unwrap();
        let wanted: serde_json::Value = serde_json::from_str(kind.newest_schema()).unwrap();
        assert_eq!(given, wanted, "{}", kind.name());
    }
    let mut encoder = Encoder::new(Framing::Confluent(ids));
    let mut decoder = Decoder::new(Arc::new(SchemaStore::new(registry.clone())));
    let text = br#"{"id":"b","matter":"M","recorded_at":"2026-01-01T00:00:00Z",
        "report":{"kind":"judgement","until":"2026-01-01T00:00:00Z","actors":["e"]}}"#;
    let event: BreachEvent = decoder.decode(RecordKind::BreachEvent, text).unwrap();
    let bytes = encoder
        .encode_to_vec(RecordKind::BreachEvent, &event)
        .unwrap();
    assert_eq!(
        decoder
            .decode::<BreachEvent>(RecordKind::BreachEvent, &bytes)
            .unwrap(),
        event
    );

    let unknown = registry.schema(2_000_000_000).unwrap_err();
    assert!(unknown.is_not_found(), "{unknown}");
    let grants = subject(&format!("{prefix}grants"));
    assert!(
        registry
            .is_compatible(&grants, RecordKind::Grant.newest_schema())
            .unwrap()
    );
    assert!(
        registry
            .is_compatible("wire-never-registered-value", "\"string\"")
            .unwrap()
    );
    let nonsense = registry
        .register(&grants, "{\"type\":\"no such type\"}")
        .unwrap_err();
    assert!(!nonsense.is_transient(), "{nonsense}");
}
