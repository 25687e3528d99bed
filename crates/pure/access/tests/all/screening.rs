//! What is passed on, what is looked for, and what a record makes to be judged again.

use crate::common::*;
use facts::Access;
use serde_json::json;
use tocsin_access::{Ordinary, Reach, Records, Screen, SelectorKind, Settings, Terms};

fn passes(access: &Access, records: &Records, bound: &[Terms]) -> bool {
    Screen::new(records, bound, &Settings::default()).passes_on(&access.view())
}

#[test]
fn passes_on_whoever_is_not_the_accounts_own_user() {
    let none = records(vec![], vec![]);
    let by = |kind, own| {
        let one = access(json!({"actor_kind": kind, "actor_account": own}));
        passes(&one, &none, &lenient())
    };
    for kind in ["employee", "contractor", "third_party", "service"] {
        assert!(by(json!(kind), json!("home")), "{kind}");
    }
    assert!(by(json!(null), json!("home")));
    assert!(by(json!("customer"), json!("other")));
    assert!(!by(json!("customer"), json!("home")));
    assert!(!by(json!("customer"), json!(null)));
    let screen = Screen::new(
        &none,
        &lenient(),
        &Settings {
            always_stated: true,
        },
    );
    assert!(screen.passes_on(&access(json!({"actor_kind": "customer"})).view()));
}

#[test]
fn says_why_it_passes_over_and_nothing_of_what_is_looked_for() {
    let duty = || grant("g", "duty", json!({"accounts": null}));
    let calm = records(vec![], vec![duty()]);
    let alert = json!({"kind": "indicator", "accounts": ["home"]});
    let alert = records(vec![event("i", alert)], vec![duty()]);
    for (why, kind, own) in [
        (Ordinary::OwnUse, "customer", json!("home")),
        (Ordinary::AccountNotStated, "customer", json!(null)),
        (Ordinary::StandingDuty, "service", json!(null)),
    ] {
        let one = access(json!({"actor_kind": kind, "actor_account": own}));
        let said = |records, always_stated| {
            let settings = Settings { always_stated };
            Screen::new(records, &lenient(), &settings).ordinary(&one.view())
        };
        assert_eq!(said(&calm, false), Some(why));
        assert_eq!(said(&alert, false), None, "{why:?}");
        let stated = (why != Ordinary::AccountNotStated).then_some(why);
        assert_eq!(said(&calm, true), stated);
    }
}

#[test]
fn passes_over_a_standing_duty_only_where_every_order_accepts_it() {
    let duty = || records(vec![], vec![grant("g", "duty", json!({"accounts": null}))]);
    let service = |more| access(with(json!({"actor_kind": "service"}), more));
    assert!(!passes(&service(json!({})), &duty(), &lenient()));
    assert!(!passes(&service(json!({})), &duty(), &[strict("strict")]));
    assert!(passes(
        &service(json!({"action": "share"})),
        &duty(),
        &lenient()
    ));
    assert!(passes(&service(json!({"actor": "x"})), &duty(), &lenient()));
    assert!(passes(
        &service(json!({"at": "2026-02-01T00:00:00Z"})),
        &duty(),
        &lenient()
    ));
    assert!(passes(&access(json!({})), &duty(), &lenient()));
    for row in [
        "purposes = [\"consent\"]",
        "purposes = [\"duty\"]\ntraining = true",
        "purposes = [\"duty\"]\nattestation = true",
        "actions = [\"view\"]\ninformation = [\"home_security_recording\"]\npurposes = []",
    ] {
        let bound = [
            terms("lenient", ""),
            terms("other", &format!("[[rows]]\n{row}")),
        ];
        assert!(passes(&service(json!({})), &duty(), &bound), "{row}");
    }
    let elsewhere = [terms(
        "o",
        "[[rows]]\ninformation = [\"health\"]\npurposes = []",
    )];
    assert!(!passes(&service(json!({})), &duty(), &elsewhere));
}

#[test]
fn passes_on_what_is_looked_for() {
    let own = |more| access(with(json!({"actor_kind": "customer"}), more));
    let looked_for = |report| records(vec![event("i", report)], vec![]);
    for (list, member, value, other) in [
        ("actors", "actor", "a", "b"),
        ("accounts", "account", "a", "b"),
        ("sessions", "session", "a", "b"),
        ("credentials", "credential", "a", "b"),
        ("devices", "device", "a", "b"),
        ("clients", "client", "a", "b"),
        (
            "source_networks",
            "source_address",
            "192.0.2.1",
            "192.0.2.2",
        ),
    ] {
        let all = looked_for(json!({"kind": "indicator", list: [value], "until": at(11)}));
        assert!(
            passes(&own(json!({member: value})), &all, &lenient()),
            "{list}"
        );
        assert!(
            !passes(&own(json!({member: other})), &all, &lenient()),
            "{list}"
        );
        assert!(
            !passes(&own(json!({member: value, "at": at(11)})), &all, &lenient()),
            "{list}"
        );
    }
    let fine = json!({"kind": "judgement", "authority": "authorised", "sessions": ["s"]});
    assert!(!passes(
        &own(json!({"session": "s"})),
        &looked_for(fine),
        &lenient()
    ));
}

#[test]
fn a_changed_selector_is_another_search_over_the_union() {
    let of = |session| event("i", json!({"kind": "indicator", "sessions": [session]}));
    let mut records = Records::new();
    assert_eq!(records.add_breach(of("s1")).selectors.len(), 1);
    let before = records.selectors();
    assert!(records.add_breach(of("s1")).is_empty());
    assert_eq!(records.add_breach(of("s2")).selectors.len(), 1);
    let after = records.selectors();
    assert_ne!(before[0].digest, after[0].digest);
    let screen = Screen::new(&records, &lenient(), &Settings::default());
    for session in ["s1", "s2"] {
        assert!(screen.matches_selector(0, &access(json!({"session": session})).view()));
    }
    // Taken back, it is still looked for under the same name, but marked.
    let changes = records.add_breach(retraction("r", "i", None));
    assert!(changes.selectors.is_empty() && changes.screen);
    assert_eq!(records.selectors()[0].digest, after[0].digest);
    assert!(records.selectors()[0].withdrawn);
}

#[test]
fn a_duty_revoked_in_the_past_is_looked_for() {
    let duty = |more| grant("g", "duty", with(json!({"accounts": null}), more));
    let service = |day| access(json!({"actor_kind": "service", "at": at(day)}));
    let mut records = records(vec![], vec![duty(json!({}))]);
    assert!(records.selectors().is_empty());
    assert!(!passes(&service(10), &records, &lenient()));
    let changes = records.add_grant(duty(json!({"revoked_at": at(8)})));
    assert_eq!((changes.selectors.len(), changes.screen), (1, true));
    let selector = &records.selectors()[0];
    assert_eq!(
        (selector.kind, selector.matters.len()),
        (SelectorKind::RevokedDuty, 0)
    );
    assert_eq!(selector.actors().unwrap().len(), 1);
    let screen = Screen::new(&records, &lenient(), &Settings::default());
    assert!(screen.matches_selector(0, &service(8).view()));
    assert!(screen.passes_on(&service(8).view()));
    // What it still covers is neither searched for nor passed on: services read everything.
    assert!(!screen.matches_selector(0, &service(7).view()));
    assert!(!screen.passes_on(&service(7).view()));
}

#[test]
fn changes_say_what_must_be_judged_again() {
    let mut all = Records::new();
    let emp = statements([access(json!({}))]);
    let other = statements([access(json!({"id": "a2", "actor": "x", "account": "y"}))]);
    let changes = all.add_grant(grant("g", "consent", json!({})));
    assert!(changes.touches(&emp) && !changes.touches(&other) && !changes.screen);
    assert!(matches!(changes.reach(), Reach::Keyed { actors, .. } if actors.len() == 1));
    let changes = all.add_grant(complete("c", 11));
    assert!(changes.touches(&emp) && changes.reach() == Reach::Everything);
    assert!(!changes.touches(&statements([access(json!({"at": at(11)}))])));
    let changes = all.add_breach(event("i", json!({"kind": "indicator", "accounts": ["y"]})));
    assert!(changes.touches(&other) && !changes.touches(&emp) && changes.screen);
    let changes = all.add_breach(retraction("r", "g", Some("grants")));
    assert!(changes.touches(&emp) && !changes.touches(&other));
    let tally = event(
        "t",
        json!({"kind": "tally", "unit": "accounts", "at_least": 1}),
    );
    assert!(all.add_breach(tally).is_empty());
}

#[test]
fn a_duty_that_ends_a_second_time_is_searched_a_second_time() {
    let duty = grant("g", "duty", json!({"accounts": null}));
    let mut records = records(vec![], vec![duty]);
    let mut digests = std::collections::BTreeSet::new();
    let chain = [
        retraction("r1", "g", Some("grants")),
        retraction("r2", "r1", None),
        retraction("r3", "r2", None),
    ];
    // What was passed over while the duty stood again came after the first search was done.
    for (step, retraction) in chain.into_iter().enumerate() {
        records.add_breach(retraction);
        let selectors = records.selectors();
        assert_eq!(selectors.len(), if step == 1 { 0 } else { 1 });
        assert!(selectors.into_iter().all(|one| digests.insert(one.digest)));
    }
    assert_eq!(digests.len(), 2);
}
