//! Facts that contradict each other leave a duty open, and the records are named wherever it says
//! so: in the reasons, in what is asked, and in what took the duty away.

use orders::Packs;
use serde_json::{Value, json};
use tocsin_obligation::{Answer, Because, Settings, Undigested, decide_duty, facts_file};

const REPORT: &str = "covered-incident-report";

fn event(id: &str, matter: &str, report: &Value) -> Value {
    json!({"id": id, "matter": matter, "recorded_at": "2026-12-01T15:00:00Z", "report": report})
}

fn milestone(name: &str) -> Value {
    json!({"kind": "milestone", "name": name, "at": "2026-12-01T15:00:00Z"})
}

/// What the report duty of an order comes to.
fn put(order: &str, events: &[Value], counts: &Value) -> Undigested {
    let packs = Packs::embedded().expect("the packs parse");
    let order = packs.order(order).expect("the order");
    let facts = json!({"breach_events": events, "counts": counts});
    let terms = std::slice::from_ref(&order.terms);
    let incidents = facts_file(&facts.to_string(), terms, None).expect("the facts parse");
    let settings = Settings::new(&[]).expect("the calendar");
    let one = decide_duty(order, Some(REPORT), &incidents[0], &settings).expect("dates in range");
    one.expect("the duty")
}

/// The reasons that say that records contradict each other.
fn disputes(because: &Because) -> Vec<&Because> {
    let own = because.text.starts_with("Records contradict each other");
    let parts = because.of.iter().flat_map(disputes);
    std::iter::once(because)
        .filter(|_| own)
        .chain(parts)
        .collect()
}

/// That exactly `records` contradict each other, of which `yes` says yes and `no` no, and that
/// `fact` is asked for with that.
fn says(one: &Undigested, fact: &str, (yes, no): (&str, &str)) {
    assert_eq!(one.answer, Answer::Open);
    let named = format!("(yes: {yes}; no: {no})");
    let found = disputes(&one.because);
    assert_eq!(found.len(), 1, "{:?}", one.because);
    assert!(found[0].text.contains(&named), "{}", found[0].text);
    let mut records = vec![yes, no];
    records.sort_unstable();
    assert_eq!(found[0].records, records);
    let ask = one.asks.iter().find(|ask| ask.fact == fact).expect("asked");
    assert!(ask.question.contains(&named), "{}", ask.question);
    // Without the one that says no it would be owed.
    let spared: Vec<_> = one
        .spared_by
        .iter()
        .map(|one| (one.record.as_str(), one.kind.as_str(), one.without))
        .collect();
    assert_eq!(spared, [(no, "dispute", Answer::Owed)]);
}

#[test]
fn two_records_that_differ_about_a_circumstance_are_named() {
    let stated =
        |name: &str, value: &str| json!({"kind": "circumstance", "name": name, "value": value});
    let events = [
        event("v", "M-1", &milestone("verified")),
        event("b", "M-1", &stated("platform_terms_breached", "yes")),
        event("c1", "M-1", &stated("covered_third_party", "no")),
        event("c2", "M-1", &stated("covered_third_party", "yes")),
    ];
    let counts = json!([{"information": "platform_data", "authority": "unauthorised",
                         "ground": "established", "accounts": 600, "consumers": 600}]);
    let one = put("facebook", &events, &counts);
    says(&one, "circumstance:covered_third_party", ("c2", "c1"));
    let one = put("facebook", &events[..3], &counts);
    assert_eq!(
        (one.answer, disputes(&one.because).len()),
        (Answer::NotOwed, 0)
    );
}

#[test]
fn two_records_that_differ_about_a_key_are_named() {
    let key = |taken: &str, keys: &Value| json!({"kind": "key", "taken": taken, "keys": keys});
    let put = |keys: &[(&str, Value)]| {
        let reached = json!({"kind": "exposure", "information": "home_security_recording",
            "from": "2026-11-01T00:00:00Z", "until": "2026-11-02T00:00:00Z", "key": "k-1",
            "ground": "established", "acts": {"accessed": "yes"}, "encrypted": "yes",
            "visibility": "private", "count": {"at_least": 12, "at_most": 12}});
        let mut events = vec![
            event("d", "M-1", &milestone("discovered")),
            event("e", "M-1", &reached),
        ];
        events.extend(keys.iter().map(|(id, key)| event(id, "M-1", key)));
        put("ring", &events, &json!([]))
    };
    let (of_one, of_all) = (json!(["k-1"]), json!(null));
    let one = put(&[("k1", key("yes", &of_one)), ("k2", key("no", &of_all))]);
    says(&one, "key_taken", ("k1", "k2"));
    // What is said of another key contradicts nothing.
    let other = key("no", &json!(["k-2"]));
    let one = put(&[("k1", key("yes", &of_one)), ("k2", other)]);
    assert_eq!(
        (one.answer, disputes(&one.because).len()),
        (Answer::Owed, 0)
    );
}

#[test]
fn a_violation_that_one_record_states_and_another_denies_is_open() {
    let violated = |provision: &str, value: &str| {
        json!({"kind": "noncompliance", "order": "betterhelp", "provision": provision,
               "text": "as it was found", "violated": value})
    };
    let put = |stated: &[(&str, &str, Value)]| {
        let mut events = vec![
            event("d", "M-1", &milestone("discovered")),
            event("j", "M-1", &json!({"kind": "join", "matters": ["M-2"]})),
        ];
        let stated = stated.iter();
        events.extend(stated.map(|(id, matter, report)| event(id, matter, report)));
        put("betterhelp", &events, &json!([]))
    };
    let (yes, no) = (violated("I.A", "yes"), violated("I.A", "no"));
    let one = put(&[("n1", "M-1", yes.clone()), ("n2", "M-1", no.clone())]);
    says(&one, "noncompliance:I", ("n1", "n2"));
    // Which came first says nothing, and what is denied of the whole is denied of its part.
    let whole = violated("I", "no");
    let one = put(&[("n2", "M-1", whole), ("n1", "M-1", yes.clone())]);
    says(&one, "noncompliance:I", ("n1", "n2"));
    // Another part, or another matter, is another thing.
    let part = violated("I.B", "no");
    let one = put(&[("n1", "M-1", yes.clone()), ("n2", "M-1", part)]);
    assert_eq!(
        (one.answer, disputes(&one.because).len()),
        (Answer::Owed, 0)
    );
    let one = put(&[("n1", "M-1", yes.clone()), ("n2", "M-2", no.clone())]);
    assert_eq!(
        (one.answer, disputes(&one.because).len()),
        (Answer::Owed, 0)
    );
    // What nobody denies stands beside what is disputed.
    let other = violated("II", "yes");
    let one = put(&[("n1", "M-1", yes), ("n2", "M-1", no), ("n3", "M-1", other)]);
    assert_eq!(one.answer, Answer::Owed);
}
