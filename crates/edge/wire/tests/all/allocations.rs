//! An event that is passed over costs no allocation on its way from its bytes to screen's decision.
//!
//! The counter is the allocator of this test's executable and counts by thread.
use access::{Ordinary, Records, Screen, Settings, Terms};
use allocation_counter::measure;
use facts::{Access, AccessView};
use serde_json::{Value, json};
use std::sync::Arc;
use tocsin_wire::{Decoder, Encoder, Framing, RecordKind, SchemaStore};

const KIND: RecordKind = RecordKind::AccessEvent;
/// The registry's id of the newest schema, and of a source's own that says more.
const NEWEST: u32 = 7;
const LONGER: u32 = 8;

fn schema() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../schemas/access-event/v1.avsc"
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// With a member more, behind all others, which the vocabulary does not know.
fn longer(mut schema: Value) -> Value {
    let more = json!({"name": "trace", "type": "string"});
    schema["fields"].as_array_mut().unwrap().push(more);
    schema
}

fn decoder() -> Decoder {
    let store = SchemaStore::without_registry();
    store.learn(NEWEST, &schema().to_string()).unwrap();
    store.learn(LONGER, &longer(schema()).to_string()).unwrap();
    Decoder::new(Arc::new(store))
}

/// Everything that a source states.
fn access(kind: &str, actor_account: Option<&str>) -> Access {
    let access = json!({
        "id": "u-1", "at": "2026-03-10T00:00:00Z", "until": "2026-03-10T00:05:00Z",
        "actor": "user-1", "actor_kind": kind, "actor_account": actor_account, "action": "view",
        "outcome": "succeeded", "information": "home_security_recording", "account": "acct-1",
        "resource": "rec-1", "device": "cam-1", "session": "s-1", "source_address": "100.64.3.7",
        "credential": "key-1", "client": "app/9.2", "encrypted": "no", "visibility": "private",
    });
    serde_json::from_value(access).unwrap()
}

/// The bytes of `access`, by the way in which they are written.
fn written(access: &Access) -> [(&'static str, Vec<u8>); 3] {
    let mut encoder = Encoder::new(Framing::SingleObject);
    let bytes = encoder.encode_to_vec(KIND, access).unwrap();
    // Two bytes and a fingerprint of eight stand before the datum.
    let datum = &bytes[10..];
    let framed = |id: u32, more: &[u8]| [&[0][..], &id.to_be_bytes(), datum, more].concat();
    [
        ("of the registry's newest schema", framed(NEWEST, &[])),
        ("of a longer schema", framed(LONGER, b"\x08span")),
        ("single-object", bytes),
    ]
}

/// A service's standing duty, and selectors of every list that find none of these accesses.
fn records() -> Records {
    let mut records = Records::new();
    let duty = json!({"id": "g", "kind": "duty", "from": "2026-01-01T00:00:00Z",
        "actors": ["user-1"]});
    records.add_grant(serde_json::from_value(duty).unwrap());
    for list in [
        json!({"accounts": ["acct-2"]}),
        json!({"actors": ["user-2"], "clients": ["app/9.2"]}),
        json!({"sessions": ["s-2"], "accounts": ["acct-1"]}),
        json!({"credentials": ["key-2"]}),
        json!({"devices": ["cam-2"]}),
        json!({"source_networks": ["100.64.4.0/24", "2001:db8::/32"]}),
        json!({"clients": ["app/9.3"]}),
    ] {
        let mut report = list;
        report["kind"] = json!("indicator");
        let event = json!({"id": report.to_string(), "matter": "M", "report": report,
            "recorded_at": "2026-04-01T00:00:00Z"});
        records.add_breach(serde_json::from_value(event).unwrap());
    }
    records
}

#[test]
fn an_event_that_is_passed_over_is_read_and_decided_without_an_allocation() {
    let terms = [Terms {
        order: "any".to_owned(),
        rows: Vec::new(),
    }];
    let screen = Screen::new(&records(), &terms, &Settings::default());
    assert_eq!(screen.selectors().len(), 7);
    let mut decoder = decoder();
    for (why, access) in [
        (Ordinary::OwnUse, access("customer", Some("acct-1"))),
        (Ordinary::AccountNotStated, access("customer", None)),
        (Ordinary::StandingDuty, access("service", None)),
    ] {
        for (how, bytes) in written(&access) {
            let mut decide = || {
                let view: AccessView<'_> = decoder.decode(KIND, &bytes).unwrap();
                assert!(view.fault().is_none());
                screen.ordinary(&view)
            };
            // The first of a schema looks it up and makes room.
            assert_eq!(decide(), Some(why), "{how}");
            let mut said = None;
            let made = measure(|| (0..100).for_each(|_| said = decide()));
            assert_eq!(said, Some(why), "{how}");
            assert_eq!(made.count_total, 0, "{why:?}, {how}: {made:?}");
        }
    }
}

#[test]
fn an_allocation_is_counted() {
    let access = access("customer", None);
    let made = measure(|| drop(std::hint::black_box(access.account.reveal().to_owned())));
    assert_eq!(made.count_total, 1);
}
