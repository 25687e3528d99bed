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
    put_duty((order, REPORT), events, counts)
}

/// What a duty of an order comes to.
fn put_duty(duty: (&str, &str), events: &[Value], counts: &Value) -> Undigested {
    put_facts(duty, &json!({"breach_events": events, "counts": counts}))
}

fn put_facts((order, duty): (&str, &str), facts: &Value) -> Undigested {
    let packs = Packs::embedded().expect("the packs parse");
    let order = packs.order(order).expect("the order");
    let terms = std::slice::from_ref(&order.terms);
    let incidents = facts_file(&facts.to_string(), terms, None).expect("the facts parse");
    let settings = Settings::new(&[]).expect("the calendar");
    let one = decide_duty(order, Some(duty), &incidents[0], &settings).expect("dates in range");
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

/// A violation of a section of an order, or that there was none.
fn violated(provision: &str, value: &str) -> Value {
    json!({"kind": "noncompliance", "order": "betterhelp", "provision": provision,
           "text": "as it was found", "violated": value})
}

/// What violations of `M-1`, discovered, come to; of `M-2` too, where a record names that.
fn violations(stated: &[(&str, &str, Value)]) -> Undigested {
    let mut events = vec![event("d", "M-1", &milestone("discovered"))];
    if stated.iter().any(|(_, matter, _)| *matter == "M-2") {
        let join = json!({"kind": "join", "matters": ["M-2"]});
        events.push(event("j", "M-1", &join));
    }
    let stated = stated.iter();
    events.extend(stated.map(|(id, matter, report)| event(id, matter, report)));
    put("betterhelp", &events, &json!([]))
}

fn asked(one: &Undigested) -> Vec<&str> {
    let mut facts: Vec<&str> = one.asks.iter().map(|ask| ask.fact.as_str()).collect();
    facts.retain(|fact| *fact != "discovered");
    facts.sort_unstable();
    facts
}

#[test]
fn what_is_denied_of_a_part_leaves_the_rest_of_the_section_open() {
    let part = |first: Value| {
        violations(&[
            ("n1", "M-1", first),
            ("n2", "M-1", violated("II", "no")),
            ("n3", "M-1", violated("III", "no")),
        ])
    };
    let one = part(violated("I.A", "no"));
    assert_eq!(one.answer, Answer::Open, "{:?}", one.because);
    assert_eq!(asked(&one), ["noncompliance:I"]);
    assert!(disputes(&one.because).is_empty());
    assert_eq!(part(violated("I", "no")).answer, Answer::NotOwed);
    // So a violation of another part, learnt later, contradicts nothing.
    let one = violations(&[
        ("n1", "M-1", violated("I.A", "no")),
        ("n4", "M-1", violated("I.B", "yes")),
    ]);
    assert_eq!(one.answer, Answer::Owed);
}

#[test]
fn what_is_denied_for_one_matter_is_not_denied_for_the_one_joined_with_it() {
    let of = |matter: &'static str| {
        let sections = ["I", "II", "III"].into_iter();
        sections.map(move |section| (section, matter, violated(section, "no")))
    };
    let named = |all: Vec<(&'static str, &'static str, Value)>| {
        let mut events = vec![
            event("d", "M-1", &milestone("discovered")),
            event("d2", "M-2", &milestone("discovered")),
            event("j", "M-1", &json!({"kind": "join", "matters": ["M-2"]})),
        ];
        let stated = all.iter();
        let stated =
            stated.map(|(id, matter, report)| event(&format!("{matter}/{id}"), matter, report));
        events.extend(stated);
        put("betterhelp", &events, &json!([]))
    };
    let one = named(of("M-1").collect());
    assert_eq!(one.answer, Answer::Open, "{:?}", one.because);
    let facts = ["noncompliance:I", "noncompliance:II", "noncompliance:III"];
    assert_eq!(asked(&one), facts);
    let mut learnt: Vec<_> = of("M-1").collect();
    learnt.push(("y", "M-2", violated("I", "yes")));
    assert_eq!(named(learnt).answer, Answer::Owed);
    let both = named(of("M-1").chain(of("M-2")).collect());
    assert_eq!(both.answer, Answer::NotOwed);
}

fn circumstance(name: &str, value: &str) -> Value {
    json!({"kind": "circumstance", "name": name, "value": value})
}

/// What 600 users of a platform come to, in a matter that is joined with another.
fn platform(stated: &[(&str, &str, &str)]) -> Undigested {
    let mut events = vec![
        event("v", "M-1", &milestone("verified")),
        event("j", "M-1", &json!({"kind": "join", "matters": ["M-2"]})),
        event("b", "M-1", &circumstance("platform_terms_breached", "yes")),
    ];
    let stated = stated.iter();
    events.extend(
        stated.map(|(id, matter, value)| {
            event(id, matter, &circumstance("covered_third_party", value))
        }),
    );
    let counts = json!([{"information": "platform_data", "authority": "unauthorised",
                         "ground": "established", "accounts": 600, "consumers": 600}]);
    put("facebook", &events, &counts)
}

#[test]
fn what_is_stated_of_one_matter_denies_nothing_of_another() {
    let one = platform(&[("c2", "M-2", "no")]);
    assert_eq!(one.answer, Answer::Open, "{:?}", one.because);
    assert_eq!(asked(&one), ["circumstance:covered_third_party"]);
    assert!(disputes(&one.because).is_empty());
    // One is enough, and of the other it is said otherwise: no dispute.
    let one = platform(&[("c1", "M-1", "yes"), ("c2", "M-2", "no")]);
    assert_eq!(one.answer, Answer::Owed, "{:?}", one.because);
    let one = platform(&[("c1", "M-1", "no"), ("c2", "M-2", "no")]);
    assert_eq!(one.answer, Answer::NotOwed);
    let one = platform(&[("c1", "M-1", "yes"), ("c2", "M-1", "no")]);
    says(&one, "circumstance:covered_third_party", ("c1", "c2"));
}

#[test]
fn a_capacity_of_one_matter_takes_nothing_out_of_another() {
    let put =
        |stated: &[(&str, &str, &str)]| {
            let mut events = vec![
                event("d", "M-1", &milestone("discovered")),
                event("j", "M-1", &json!({"kind": "join", "matters": ["M-2"]})),
            ];
            let stated = stated.iter();
            events.extend(stated.map(|(id, matter, value)| {
                event(id, matter, &circumstance("hipaa_capacity", value))
            }));
            let counts = json!([{"information": "health_record", "authority": "unauthorised",
            "ground": "established", "acts": {"acquired": "yes"}, "encrypted": "no",
            "visibility": "private", "residence": "US-CA", "accounts": 600, "consumers": 600}]);
            put_duty(("hbnr", "individual-notice"), &events, &counts).answer
        };
    assert_eq!(put(&[("c1", "M-1", "yes")]), Answer::Open);
    let both = [("c1", "M-1", "yes"), ("c2", "M-2", "yes")];
    assert_eq!(put(&both), Answer::NotOwed);
    let other = [("c1", "M-1", "yes"), ("c2", "M-2", "no")];
    assert_eq!(put(&other), Answer::Owed);
}

/// An access of `account` to health information.
fn access(id: &str, matter: &str, account: &str) -> Value {
    json!({"group": format!("matter:{matter}"), "verdict": "unauthorised",
           "ground": "established", "reason": "judged",
           "access": {"id": id, "at": "2026-11-02T10:00:00Z", "actor": "e1",
                      "actor_kind": "employee", "action": "view", "outcome": "succeeded",
                      "information": "health", "account": account, "encrypted": "no",
                      "visibility": "private"}})
}

/// What accesses come to under an order that asks whether people can be identified.
fn accessed(events: &[Value], findings: &[Value]) -> Undigested {
    let mut all = vec![event("d", "M-1", &milestone("discovered"))];
    all.extend(events.iter().cloned());
    let facts = json!({"breach_events": all, "findings": findings});
    put_facts(("skymed", REPORT), &facts)
}

fn identifiable(value: &Value, accounts: &[&str]) -> Value {
    json!({"kind": "circumstance", "name": "identifiable", "value": value, "accounts": accounts})
}

#[test]
fn what_is_stated_of_a_matter_speaks_of_its_own_accesses() {
    let of_all = |value: &str| identifiable(&json!(value), &[]);
    let join = event("j", "M-1", &json!({"kind": "join", "matters": ["M-2"]}));
    let findings = [access("x1", "M-1", "a1"), access("x2", "M-2", "a2")];
    let put = |stated: &[(&str, &str, &str)], many: usize| {
        let mut events = vec![join.clone()];
        let not_needed = milestone("no_notice_needed");
        events.extend(["M-1", "M-2"].map(|one| event(&format!("{one}/n"), one, &not_needed)));
        let stated = stated.iter();
        events.extend(stated.map(|(id, matter, value)| event(id, matter, &of_all(value))));
        accessed(&events, &findings[..many])
    };
    let yes = ("r1", "M-1", "yes");
    assert_eq!(put(&[yes], 2).answer, Answer::Owed);
    let other = [yes, ("r2", "M-2", "no")];
    let one = put(&other, 2);
    assert_eq!(one.answer, Answer::Owed);
    assert!(disputes(&one.because).is_empty());
    let no = ("r1", "M-1", "no");
    let one = put(&[no], 2);
    assert_eq!(one.answer, Answer::Open);
    assert!(asked(&one).contains(&"circumstance:identifiable"));
    assert_eq!(put(&[no, ("r2", "M-2", "no")], 2).answer, Answer::NotOwed);
    // Where nothing was reached in the matter of which it is so, it makes no duty.
    assert_eq!(put(&[("r2", "M-2", "yes")], 1).answer, Answer::Open);
    assert_eq!(put(&[no, ("r2", "M-2", "yes")], 1).answer, Answer::NotOwed);
}

#[test]
fn statements_of_different_accounts_contradict_nothing() {
    let (yes, no) = (json!("yes"), json!("no"));
    let findings = [access("x1", "M-1", "a1"), access("x2", "M-1", "a2")];
    let events = [
        event("r1", "M-1", &identifiable(&no, &["a1"])),
        event("r2", "M-1", &identifiable(&json!(null), &["a2"])),
        event("r3", "M-1", &identifiable(&yes, &["a3"])),
    ];
    let one = accessed(&events, &findings);
    assert_eq!(one.answer, Answer::Open);
    assert!(disputes(&one.because).is_empty(), "{:?}", one.because);
    assert!(!one.asks[0].question.contains("contradict"));
    // Of one and the same account they do, whoever took it away.
    let events = [
        event("r1", "M-1", &identifiable(&no, &["a1"])),
        event("r3", "M-1", &identifiable(&yes, &["a1"])),
    ];
    let one = accessed(&events, &findings[..1]);
    says(&one, "circumstance:identifiable", ("r3", "r1"));
}

#[test]
fn what_contradicts_itself_is_open_however_many_deny_it() {
    let twice = |id: &str, report: [Value; 2]| report.map(|one| event(id, "M-1", &one));
    // Of a section.
    let stated = |id, section, value| event(id, "M-1", &violated(section, value));
    let mut events = vec![event("d", "M-1", &milestone("discovered"))];
    events.extend(twice("x", [violated("I", "yes"), violated("I", "no")]));
    events.push(stated("n1", "I", "no"));
    events.push(stated("n2", "II", "no"));
    events.push(stated("n3", "III", "no"));
    let one = put("betterhelp", &events, &json!([]));
    assert_eq!(one.answer, Answer::Open);
    assert_eq!(asked(&one), ["noncompliance:I"]);
    let named = "(no: n1; both: x)";
    assert!(disputes(&one.because)[0].text.contains(named));
    assert!(one.asks[0].question.contains(named));
    // Beside it a violation stands that nobody denies, and none that it denies itself.
    events[3] = stated("n1", "I", "yes");
    let one = put("betterhelp", &events, &json!([]));
    assert_eq!(one.answer, Answer::Open, "{:?}", one.because);
    events.push(stated("n4", "II.A", "yes"));
    events.remove(4);
    assert_eq!(put("betterhelp", &events, &json!([])).answer, Answer::Owed);
    // Of a yes/no fact.
    let fact = |value| circumstance("covered_third_party", value);
    let mut events = vec![
        event("v", "M-1", &milestone("verified")),
        event("b", "M-1", &circumstance("platform_terms_breached", "yes")),
    ];
    events.extend(twice("x", [fact("yes"), fact("no")]));
    let counts = json!([{"information": "platform_data", "authority": "unauthorised",
                         "ground": "established", "accounts": 600, "consumers": 600}]);
    for (value, named) in [("no", "(no: c; both: x)"), ("yes", "(yes: c; both: x)")] {
        events.truncate(4);
        events.push(event("c", "M-1", &fact(value)));
        let one = put("facebook", &events, &counts);
        assert_eq!(one.answer, Answer::Open, "{value}");
        assert!(disputes(&one.because)[0].text.contains(named));
    }
    // Of keys, of what was logged or reported and of figures by hand.
    let key = |taken: &str| json!({"kind": "key", "taken": taken});
    let mut events = vec![event("d", "M-1", &milestone("discovered"))];
    events.extend(twice("k", [key("yes"), key("no")]));
    events.push(event("k2", "M-1", &key("no")));
    let row = json!([{"information": "home_security_recording", "authority": "unauthorised",
                      "ground": "established", "encrypted": "yes", "visibility": "private",
                      "accounts": 12, "consumers": 12}]);
    let by_hand = put("ring", &events, &row);
    events.push(event("e", "M-1", &encrypted("k-1")));
    for one in [put("ring", &events, &json!([])), by_hand] {
        assert_eq!(one.answer, Answer::Open, "{:?}", one.because);
        let named = "(no: k2; both: k)";
        assert!(disputes(&one.because)[0].text.contains(named));
        let ask = one.asks.iter().find(|ask| ask.fact == "key_taken");
        assert!(ask.expect("asked").question.contains(named));
    }
}

/// Encrypted recordings of 12 cameras that were reached with a key.
fn encrypted(key: &str) -> Value {
    json!({"kind": "exposure", "information": "home_security_recording", "key": key,
           "from": "2026-11-01T00:00:00Z", "until": "2026-11-02T00:00:00Z",
           "ground": "established", "acts": {"accessed": "yes"}, "encrypted": "yes",
           "visibility": "private", "count": {"at_least": 12, "at_most": 12}})
}

#[test]
fn records_about_another_key_are_not_named() {
    let key = |taken: &str| json!({"kind": "key", "taken": taken, "keys": ["k-1"]});
    let mut events = vec![
        event("d", "M-1", &milestone("discovered")),
        event("e", "M-1", &encrypted("k-2")),
        event("k1", "M-1", &key("yes")),
        event("k2", "M-1", &key("no")),
    ];
    let one = put("ring", &events, &json!([]));
    assert_eq!(one.answer, Answer::Open);
    assert!(disputes(&one.because).is_empty());
    let ask = one.asks.iter().find(|ask| ask.fact == "key_taken");
    assert!(!ask.expect("asked").question.contains("contradict"));
    // Nor where what was reached was not encrypted, and something else is not known.
    let mut clear = encrypted("k-1");
    clear["encrypted"] = json!("no");
    clear["visibility"] = json!(null);
    events[1] = event("e", "M-1", &clear);
    let one = put("ring", &events, &json!([]));
    assert_eq!(one.answer, Answer::Open);
    assert!(asked(&one).contains(&"private") && !asked(&one).contains(&"key_taken"));
    assert!(disputes(&one.because).is_empty());
}

#[test]
fn what_a_matter_says_of_its_keys_settles_no_figures_by_hand_of_another() {
    let key = |id, matter| event(id, matter, &json!({"kind": "key", "taken": "no"}));
    let row = json!([{"information": "home_security_recording", "authority": "unauthorised",
                      "ground": "established", "encrypted": "yes", "visibility": "private",
                      "accounts": 12, "consumers": 12}]);
    let mut events = vec![
        event("d", "M-1", &milestone("discovered")),
        event("j", "M-1", &json!({"kind": "join", "matters": ["M-2"]})),
        key("k1", "M-1"),
    ];
    let one = put("ring", &events, &row);
    assert_eq!(one.answer, Answer::Open, "{:?}", one.because);
    events.push(key("k2", "M-2"));
    assert_eq!(put("ring", &events, &row).answer, Answer::NotOwed);
}

#[test]
fn only_what_contradicts_a_violation_is_named() {
    let one = violations(&[
        ("n1", "M-1", violated("I.A", "yes")),
        ("n2", "M-1", violated("I.A", "no")),
        ("n3", "M-2", violated("I.A", "no")),
        ("n4", "M-1", violated("I.B", "no")),
    ]);
    says(&one, "noncompliance:I", ("n1", "n2"));
}
