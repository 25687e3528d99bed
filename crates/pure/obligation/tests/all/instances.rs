//! What several incidents would come to if they were one instance, and of whom facts are asked.

use facts::Finding;
use incident::{Dirty, Fold, Incident};
use orders::{Order, Packs};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use tocsin_obligation::{
    Answer, Decided, Instances, Near, Settings, Undigested, decide_duty, decide_each, facts_file,
};

const REPORT: &str = "covered-incident-report";

static PACKS: LazyLock<Packs> = LazyLock::new(|| Packs::embedded().expect("the packs parse"));
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Settings::new(&[]).expect("the calendar"));

fn ring() -> &'static Order {
    PACKS.order("ring").expect("the order")
}

/// A viewing without a basis, by `actor`.
fn viewing(actor: &str, account: &str, at: &str) -> Finding {
    let access = json!({
        "id": format!("{actor}-{account}"), "at": at, "actor": actor, "actor_kind": "employee",
        "action": "view", "outcome": "succeeded", "information": "home_security_recording",
        "account": account, "visibility": "private", "encrypted": "no"});
    let finding = json!({"group": format!("actor:{actor}"), "access": access,
                         "verdict": "unauthorised", "ground": "established",
                         "reason": "no_basis"});
    serde_json::from_value(finding).expect("a finding")
}

/// What assess does with facts as they come: the last word on each incident.
#[derive(Default)]
struct Assess {
    fold: Fold,
    instances: Instances,
    dirty: Dirty,
    says: BTreeMap<String, Vec<Undigested>>,
}

impl Assess {
    fn view(&mut self, actor: &str, accounts: std::ops::Range<u32>, at: &str) {
        for account in accounts {
            let finding = viewing(actor, &format!("{actor}-{account}"), at);
            self.dirty
                .extend(self.fold.put_finding(finding.key(), Some(finding)));
        }
    }

    fn forget(&mut self, actor: &str, account: u32) {
        let finding = viewing(actor, &format!("{actor}-{account}"), "2026-05-01T00:00:00Z");
        self.dirty
            .extend(self.fold.put_finding(finding.key(), None));
    }

    fn step(&mut self) -> usize {
        let rebuilt = self.fold.rebuild(&std::mem::take(&mut self.dirty));
        let put = |one: &Incident| decide_each(ring(), one, &SETTINGS);
        let decided = rebuilt.changed.into_iter();
        let mut decided: Vec<Decided> = decided
            .map(|one| {
                let all = put(&one);
                (one, all)
            })
            .collect();
        let orders = std::iter::once(ring());
        self.instances.settle(
            orders,
            &self.fold,
            &SETTINGS,
            &mut decided,
            &rebuilt.gone,
            &put,
        );
        for id in &rebuilt.gone {
            self.says.remove(id);
        }
        let said = decided.len();
        for (incident, all) in decided {
            self.says.insert(incident.id, all);
        }
        said
    }

    /// What is said of each incident's report about being one with others.
    fn near(&self) -> Vec<&Near> {
        let all = self.says.values().flatten();
        let reports = all.filter(|one| one.duty.as_deref() == Some(REPORT));
        reports
            .flat_map(|one| one.near.iter().filter(|near| near.kind == "instance"))
            .collect()
    }
}

#[test]
fn three_actors_that_are_one_instance_come_to_more() {
    let mut assess = Assess::default();
    for (actor, many) in [("a", 4), ("b", 4), ("c", 4)] {
        assess.view(actor, 0..many, "2026-05-01T00:00:00Z");
        assess.step();
    }
    // Each says it, though only the last one changed in the last step.
    let near = assess.near();
    assert_eq!(near.len(), 3, "{near:?}");
    assert!(
        near[0]
            .what
            .starts_with("if these 3 were one instance (inc-"),
        "{near:?}"
    );
    assert!(near[0].what.ends_with("): 12 accounts"), "{near:?}");
    assert_eq!(
        near[0].would,
        BTreeMap::from([("yes".to_owned(), Answer::Owed)])
    );
    // In one step, and in another order, the same is said.
    let mut at_once = Assess::default();
    for actor in ["c", "a", "b"] {
        at_once.view(actor, 0..4, "2026-05-01T00:00:00Z");
    }
    at_once.step();
    assert_eq!(at_once.says, assess.says);
    // Together they come to nine, so nobody says it any more.
    for account in 0..3 {
        assess.forget("c", account);
    }
    assert_eq!(assess.step(), 3, "the others say something else by that");
    assert_eq!(assess.near(), Vec::<&Near>::new());
}

#[test]
fn each_of_three_says_what_all_three_come_to() {
    let mut assess = Assess::default();
    for actor in ["a", "b", "c"] {
        assess.view(actor, 0..9, "2026-05-01T00:00:00Z");
        assess.step();
    }
    let of_all = assess.near().into_iter();
    let of_all = of_all.filter(|near| near.what.ends_with("): 27 accounts"));
    assert_eq!(of_all.count(), 3, "{:?}", assess.near());
    // Two of them are enough, which those two say.
    let of_two = assess.near().into_iter();
    let of_two = of_two.filter(|near| near.what.starts_with("if these 2 were one instance"));
    let of_two: Vec<_> = of_two.collect();
    assert_eq!(of_two.len(), 2, "{of_two:?}");
    assert!(of_two[0].what.ends_with("): 18 accounts"), "{of_two:?}");
    assert_eq!(assess.near().len(), 5);
}

#[test]
fn the_end_of_a_quarter_keeps_no_two_apart() {
    for (first, second, is_close) in [
        ("2026-03-31T00:00:00Z", "2026-04-01T00:00:00Z", true),
        ("2025-12-31T00:00:00Z", "2026-01-01T00:00:00Z", true),
        ("2026-02-01T00:00:00Z", "2026-04-30T00:00:00Z", true),
        ("2026-02-28T00:00:00Z", "2026-05-01T00:00:00Z", false),
    ] {
        let mut assess = Assess::default();
        assess.view("a", 0..9, first);
        assess.step();
        assess.view("b", 0..9, second);
        assess.step();
        let near = assess.near();
        // The same two may stand together in several places, and say it once each.
        assert_eq!(
            near.len(),
            if is_close { 2 } else { 0 },
            "{first}: {near:?}"
        );
        let mut other = Assess::default();
        other.view("b", 0..9, second);
        other.view("a", 0..9, first);
        other.step();
        assert_eq!(other.says, assess.says, "{first}");
    }
}

#[test]
fn as_few_as_come_to_the_number_and_only_what_lies_close_in_time() {
    let mut assess = Assess::default();
    assess.view("a", 0..9, "2026-05-01T00:00:00Z");
    assess.view("b", 0..2, "2026-06-01T00:00:00Z");
    assess.view("c", 0..1, "2026-06-01T00:00:00Z");
    assess.view("later", 0..9, "2026-09-01T00:00:00Z");
    assess.step();
    let near = assess.near();
    let say = |many: &str| near.iter().filter(|one| one.what.ends_with(many)).count();
    assert_eq!(near.len(), 5, "{near:?}");
    assert_eq!(
        (say("): 11 accounts"), say("): 12 accounts")),
        (2, 3),
        "{near:?}"
    );
    // One that is owed by itself stands for itself.
    assess.view("a", 9..10, "2026-05-01T00:00:00Z");
    assess.step();
    assert_eq!(assess.near(), Vec::<&Near>::new());
}

#[test]
fn an_account_that_two_of_them_reached_counts_once() {
    let mut assess = Assess::default();
    for actor in ["a", "b"] {
        for account in 0..9 {
            let finding = viewing(actor, &format!("same-{account}"), "2026-05-01T00:00:00Z");
            let dirty = assess.fold.put_finding(finding.key(), Some(finding));
            assess.dirty.extend(dirty);
        }
    }
    assess.step();
    assert_eq!(assess.near(), Vec::<&Near>::new());
}

/// What the report duty of an order comes to, with circumstances of which each names somebody.
fn asked_of(order: &str, whom: &str, stated: &[(&str, &str, Option<&str>)]) -> Answer {
    let event = |id: String, report: &Value| {
        json!({"id": id, "matter": "M-1", "recorded_at": "2026-12-01T15:00:00Z",
               "report": report})
    };
    let verified = json!({"kind": "milestone", "name": "verified", "at": "2026-12-01T15:00:00Z"});
    let mut events = vec![event("v".to_owned(), &verified)];
    for (number, (name, value, of)) in stated.iter().enumerate() {
        let mut report = json!({"kind": "circumstance", "name": name, "value": value});
        if let Some(of) = of {
            report[whom] = json!(of);
        }
        events.push(event(format!("c{number}"), &report));
    }
    let facts = json!({"breach_events": events, "counts": [{
        "information": "platform_data", "authority": "unauthorised", "ground": "established",
        "accounts": 600, "consumers": 600}]});
    let found = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
    let order = PACKS.order(order).expect("the order");
    let duty = decide_duty(order, Some(REPORT), &found[0], &SETTINGS).expect("dates in range");
    duty.expect("the duty").answer
}

#[test]
fn facts_about_different_parties_do_not_add_up_to_one() {
    let (covered, breached) = ("covered_third_party", "platform_terms_breached");
    let (a, b) = (Some("App A"), Some("App B"));
    for whom in ["party", "entity"] {
        let asked = |stated: &[(&str, &str, Option<&str>)]| asked_of("facebook", whom, stated);
        assert_eq!(
            asked(&[(covered, "yes", a), (breached, "yes", a)]),
            Answer::Owed
        );
        let crossed = [
            (covered, "yes", a),
            (breached, "no", a),
            (covered, "no", b),
            (breached, "yes", b),
        ];
        assert_eq!(asked(&crossed), Answer::NotOwed, "{whom}");
        // It is enough that it holds of one; what names nobody holds of all.
        let one = [
            (covered, "yes", a),
            (covered, "no", b),
            (breached, "yes", None),
        ];
        assert_eq!(asked(&one), Answer::Owed, "{whom}");
        // Of whom it may hold is not settled.
        let open = [(covered, "yes", a), (covered, "no", b), (breached, "no", b)];
        assert_eq!(asked(&open), Answer::Open, "{whom}");
    }
}

#[test]
fn a_notice_about_another_entity_than_the_one_asked_about_does_not_count() {
    let event = |id: &str, entity: Option<&str>, report: Value| {
        json!({"id": id, "matter": "M-1", "recorded_at": "2026-12-01T15:00:00Z",
               "entity": entity, "report": report})
    };
    let answer = |asked: Option<&str>, told: Option<&str>| {
        let hosting = json!({"kind": "circumstance", "name": "hosting_services", "value": "yes",
                             "entity": asked});
        let notice = json!({"kind": "government_notice", "level": "state", "country": "US",
                            "required": "yes", "at": "2026-12-01T15:00:00Z"});
        let found = json!({"kind": "milestone", "name": "discovered",
                           "at": "2026-11-30T15:00:00Z"});
        let events = [
            event("d", None, found),
            event("h", None, hosting),
            event("n", told, notice),
        ];
        let facts = json!({"breach_events": events, "counts": [{
            "information": "contact", "authority": "unauthorised", "ground": "established",
            "encrypted": "no", "visibility": "private", "accounts": 5, "consumers": 5}]});
        let found = facts_file(&facts.to_string(), &[], None).expect("the facts parse");
        let order = PACKS.order("godaddy").expect("the order");
        let duty = decide_duty(order, Some(REPORT), &found[0], &SETTINGS).expect("dates in range");
        duty.expect("the duty")
    };
    let (host, parent) = (Some("Host LLC"), Some("Parent Inc."));
    let other = answer(host, parent);
    assert_eq!(other.answer, Answer::NotOwed);
    let why = serde_json::to_string(&other.because).expect("JSON");
    assert!(why.contains("another legal entity"), "{why}");
    assert_eq!(answer(host, host).answer, Answer::Owed);
    assert_eq!(answer(host, Some("HOST LLC ")).answer, Answer::Owed);
    // Where nobody says whom it happened to, or of whom is asked, it counts.
    assert_eq!(answer(host, None).answer, Answer::Owed);
    assert_eq!(answer(None, parent).answer, Answer::Owed);
}
