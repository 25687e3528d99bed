//! The six rules of the verdict, each reason, and what a finding says besides.

use crate::common::*;
use facts::{Authority, BreachEvent, Finding, Grant, Purpose, Verdict};
use serde_json::json;
use tocsin_access::{Judged, Settings, judge, judge_and_excuse};

#[test]
fn rule_1_a_judgement_decides() {
    let emp = access(json!({}));
    let bad = records(vec![judgement("j1", "unauthorised")], vec![]);
    let found = finding(&emp, &bad, &lenient());
    assert_eq!(words(&found), "unauthorised believed judged");
    assert_eq!(
        (found.group.as_str(), found.matched.len()),
        ("matter:M-7", 1)
    );
    assert_eq!(found.rests_on_since.unwrap().to_string(), at(20));
    let sure = event(
        "j1",
        json!({"kind": "judgement", "authority": "unauthorised", "ground": "established",
               "actors": ["emp"]}),
    );
    let bad = records(vec![sure], vec![grant("g", "consent", json!({}))]);
    assert_eq!(
        verdict(&emp, &bad, &lenient()),
        "unauthorised established judged"
    );
    let indicator = event("i1", json!({"kind": "indicator", "actors": ["emp"]}));
    let good = records(
        vec![judgement("j1", Authority::Authorised.as_str()), indicator],
        vec![],
    );
    assert_eq!(verdict(&emp, &good, &lenient()), "authorised");
}

#[test]
fn rule_1_judgements_that_contradict_each_other_leave_it_open() {
    let emp = access(json!({}));
    let both = [
        judgement("j1", "authorised"),
        judgement("j2", "unauthorised"),
    ];
    let two = records(both.to_vec(), vec![]);
    assert_eq!(verdict(&emp, &two, &lenient()), "unexplained disputed");
    let one = records(
        vec![judgement("j", "authorised"), judgement("j", "unauthorised")],
        vec![],
    );
    assert_eq!(verdict(&emp, &one, &lenient()), "unexplained disputed");
    let settled = [
        both[0].clone(),
        both[1].clone(),
        retraction("r", "j1", None),
    ];
    let settled = records(settled.to_vec(), vec![]);
    assert_eq!(
        verdict(&emp, &settled, &lenient()),
        "unauthorised believed judged"
    );
}

#[test]
fn a_judgement_whose_reach_is_disputed_settles_only_what_all_its_readings_reach() {
    let of = |actors: &[&str]| {
        event(
            "j",
            json!({"kind": "judgement", "authority": "unauthorised", "actors": actors}),
        )
    };
    let records = records(vec![of(&["emp", "x"]), of(&["emp", "y"])], vec![]);
    let by = |actor: &str| verdict(&access(json!({"actor": actor})), &records, &lenient());
    assert_eq!(by("emp"), "unauthorised believed judged");
    assert_eq!(by("x"), "unexplained disputed");
    assert_eq!(by("z"), "unexplained no_basis_on_record");
}

#[test]
fn rule_2_an_indicator_outranks_a_grant_and_the_own_account() {
    let indicator = event(
        "i1",
        json!({"kind": "indicator", "mode": "account_takeover", "sessions": ["s1"],
               "from": at(5), "until": at(11)}),
    );
    let records = records(vec![indicator], vec![grant("g", "consent", json!({}))]);
    let on = |more| verdict(&access(more), &records, &lenient());
    assert_eq!(
        on(json!({"session": "s1"})),
        "unauthorised believed indicated"
    );
    let own = json!({"session": "s1", "actor_kind": "customer", "actor_account": "home"});
    assert_eq!(on(own), "unauthorised believed indicated");
    assert_eq!(on(json!({"session": "s2"})), "authorised");
    // Half-open, and what lasts matches where it overlaps.
    assert_eq!(on(json!({"session": "s1", "at": at(11)})), "authorised");
    let lasts = json!({"session": "s1", "at": at(4), "until": at(6)});
    assert_eq!(on(lasts), "unauthorised believed indicated");
    assert_eq!(
        on(json!({"session": "s1", "at": at(4), "until": at(5)})),
        "authorised"
    );
}

#[test]
fn several_lists_must_all_match_and_ipv4_in_ipv6_is_ipv4() {
    let indicator = event(
        "i1",
        json!({"kind": "indicator", "source_networks": ["203.0.113.0/24"], "accounts": ["home"],
               "devices": []}),
    );
    let records = records(
        vec![indicator],
        vec![grant(
            "g",
            "consent",
            json!({"accounts":
        ["home", "other"]}),
        )],
    );
    let from = |address: &str, account: &str| {
        let one = access(json!({"source_address": address, "account": account}));
        verdict(&one, &records, &lenient())
    };
    assert_eq!(
        from("::ffff:203.0.113.9", "home"),
        "unauthorised believed indicated"
    );
    assert_eq!(from("203.0.113.9", "other"), "authorised");
    assert_eq!(from("198.51.100.1", "home"), "authorised");
    assert_eq!(
        verdict(&access(json!({})), &records, &lenient()),
        "authorised"
    );
}

#[test]
fn rule_3_the_accounts_own_user() {
    let none = records(vec![], vec![]);
    let customer = |own| {
        access(json!({"actor": "cust", "actor_kind": "customer",
        "actor_account": own}))
    };
    assert!(judged(&customer(json!("home")), &none, &lenient()).is_empty());
    assert!(judged(&customer(json!(null)), &none, &lenient()).is_empty());
    let other = finding(&customer(json!("elsewhere")), &none, &lenient());
    assert_eq!(words(&other), "unexplained no_basis_on_record");
    assert_eq!(other.group, "wrong-account");
    let shared = records(
        vec![],
        vec![grant("g", "consent", json!({"actors": ["cust"]}))],
    );
    assert!(judged(&customer(json!("elsewhere")), &shared, &lenient()).is_empty());
    let stated = Settings {
        always_stated: true,
    };
    let one = statements([customer(json!(null))]);
    let all = judge(&one, &none, &lenient(), &stated);
    assert_eq!(
        words(all[0].finding().unwrap()),
        "unexplained account_not_stated"
    );
    assert!(judge(&one, &shared, &lenient(), &stated).is_empty());
}

#[test]
fn rule_4_a_purpose_with_attestation_and_training() {
    let emp = access(json!({}));
    let bound = [strict("strict")];
    let case = || grant("g", "support_case", json!({}));
    let attested = || grant("t", "attestation", json!({"accounts": null}));
    let trained = |from| grant("u", "training", json!({"accounts": null, "from": at(from)}));
    let on = |grants| verdict(&emp, &records(vec![], grants), &bound);
    assert_eq!(on(vec![case(), attested(), trained(10)]), "authorised");
    assert_eq!(on(vec![case(), trained(1)]), "unexplained not_attested");
    assert_eq!(
        on(vec![case(), attested(), trained(11)]),
        "unexplained not_trained"
    );
    assert_eq!(on(vec![case()]), "unexplained not_attested");
    assert_eq!(
        verdict(&emp, &records(vec![], vec![case()]), &lenient()),
        "authorised"
    );
}

#[test]
fn rule_4_a_grant_covers_all_of_what_lasts_or_nothing() {
    let records = records(
        vec![],
        vec![grant("g", "consent", json!({"until": at(12)}))],
    );
    let on = |more| verdict(&access(more), &records, &lenient());
    assert_eq!(on(json!({"until": at(12)})), "authorised");
    assert_eq!(
        on(json!({"until": "2026-03-12T00:00:00.000001Z"})),
        "unexplained expired"
    );
    assert_eq!(on(json!({"at": at(12)})), "unexplained expired");
    assert_eq!(on(json!({"at": at(1)})), "authorised");
}

#[test]
fn rule_5_absence_counts_only_where_the_record_is_complete() {
    let emp = access(json!({"until": at(11)}));
    let on = |grants| verdict(&emp, &records(vec![], grants), &lenient());
    assert_eq!(
        on(vec![complete("c", 11)]),
        "unauthorised established no_basis"
    );
    assert_eq!(
        on(vec![complete("c", 10)]),
        "unexplained no_basis_on_record"
    );
    let late = "2026-03-10T23:59:59.999999Z";
    let short = grant("c", "complete", json!({"until": late, "of": ["consent"]}));
    assert_eq!(on(vec![short]), "unexplained no_basis_on_record");
    // Every purpose that the order accepts must be complete, and no other.
    let consent = |of| grant("c", "complete", json!({"until": at(12), "of": of}));
    assert_eq!(
        on(vec![consent(json!(["consent"]))]),
        "unexplained no_basis_on_record"
    );
    let only = [terms("only", "[[rows]]\npurposes = [\"consent\"]")];
    let one = records(vec![], vec![consent(json!(["consent"]))]);
    assert_eq!(
        verdict(&emp, &one, &only),
        "unauthorised established no_basis"
    );
    // What covers it but is not accepted is named.
    let duty = grant("g", "duty", json!({"accounts": null}));
    let two = records(vec![], vec![consent(json!(["consent"])), duty]);
    assert_eq!(
        verdict(&emp, &two, &only),
        "unauthorised established purpose_not_accepted"
    );
    assert_eq!(finding(&emp, &two, &only).purposes, [Purpose::Duty]);
    // A declaration that is disputed or was taken back declares nothing.
    assert_eq!(
        on(vec![complete("c", 11), complete("c", 12)]),
        "unexplained no_basis_on_record"
    );
    let back = records(
        vec![retraction("r", "c", Some("grants"))],
        vec![complete("c", 12)],
    );
    assert_eq!(
        verdict(&emp, &back, &lenient()),
        "unexplained no_basis_on_record"
    );
}

#[test]
fn rule_5_what_is_not_known_about_the_actor_is_never_no() {
    let complete = records(vec![], vec![complete("c", 20)]);
    let nobody = finding(&access(json!({"actor": null})), &complete, &lenient());
    assert_eq!(words(&nobody), "unexplained no_basis_on_record");
    assert_eq!(nobody.group, "unknown-actor");
    let kindless = access(json!({"actor_kind": null}));
    assert_eq!(
        verdict(&kindless, &complete, &lenient()),
        "unexplained no_basis_on_record"
    );
    let elsewhere = access(json!({"actor_kind": null, "actor_account": "other"}));
    assert_eq!(
        verdict(&elsewhere, &complete, &lenient()),
        "unauthorised established no_basis"
    );
    // Duty is accepted of services only, so of an unknown kind it may or may not be.
    let duty = records(vec![], vec![grant("g", "duty", json!({}))]);
    let bound = [strict("strict")];
    assert_eq!(
        verdict(&kindless, &duty, &bound),
        "unexplained purpose_not_accepted"
    );
    let service = access(json!({"actor_kind": "service"}));
    assert_eq!(verdict(&service, &duty, &bound), "authorised");
}

#[test]
fn rule_6_each_reason() {
    let on = |more, grants| verdict(&access(more), &records(vec![], grants), &lenient());
    let g = |more| vec![grant("g", "support_case", more)];
    assert_eq!(on(json!({}), vec![]), "unexplained no_basis_on_record");
    assert_eq!(
        on(json!({}), g(json!({"until": at(9)}))),
        "unexplained expired"
    );
    assert_eq!(
        on(json!({}), g(json!({"revoked_at": at(10)}))),
        "unexplained revoked"
    );
    assert_eq!(
        on(
            json!({}),
            g(json!({"revoked_at": "2026-03-10T00:00:00.000001Z"}))
        ),
        "authorised"
    );
    assert_eq!(
        on(json!({}), g(json!({"accounts": ["else"]}))),
        "unexplained other_account"
    );
    assert_eq!(
        on(json!({}), g(json!({"accounts": null}))),
        "unexplained scope_unknown"
    );
    assert_eq!(
        on(json!({}), g(json!({"from": at(11)}))),
        "unexplained no_basis_on_record"
    );
    assert_eq!(
        on(json!({}), g(json!({"actors": ["x"]}))),
        "unexplained no_basis_on_record"
    );
    let claims = |reference: &str| {
        json!({"basis": {"kind": "support_case",
        "reference": reference}})
    };
    let case = g(json!({"accounts": ["else"], "reference": "C-1"}));
    assert_eq!(
        on(claims("C-2"), case.clone()),
        "unexplained claimed_not_found"
    );
    assert_eq!(on(claims("C-1"), case.clone()), "unexplained other_account");
    let kind = |kind: &str| json!({"basis": {"kind": kind}});
    assert_eq!(
        on(kind("consent"), case.clone()),
        "unexplained claimed_not_found"
    );
    assert_eq!(on(kind("support_case"), case), "unexplained other_account");
    let duty = vec![grant("g", "duty", json!({}))];
    let duty = records(vec![], duty);
    let bound = [strict("strict")];
    assert_eq!(
        verdict(&access(json!({})), &duty, &bound),
        "unexplained purpose_not_accepted"
    );
}

#[test]
fn what_is_restricted_to_records_covers_these() {
    let g = grant("g", "consent", json!({"resources": ["r1"]}));
    let all = records(vec![], vec![g, complete("c", 20)]);
    let on = |resource| verdict(&access(json!({"resource": resource})), &all, &lenient());
    assert_eq!(on(json!("r1")), "authorised");
    assert_eq!(on(json!("r2")), "unauthorised established no_basis");
    assert_eq!(on(json!(null)), "unexplained scope_unknown");
}

#[test]
fn orders_differ_and_the_strictest_leads() {
    let emp = access(json!({}));
    let bound = [terms("mild", ""), strict("severe")];
    let records = records(
        vec![],
        vec![grant("g", "duty", json!({})), complete("c", 20)],
    );
    let found = finding(&emp, &records, &bound);
    assert_eq!(
        words(&found),
        "unauthorised established purpose_not_accepted"
    );
    assert_eq!(found.verdict_under("mild").0, Verdict::Authorised);
    assert_eq!(found.verdict_under("severe").0, Verdict::Unauthorised);
    assert_eq!(found.by_order.len(), 2);
    let alike = finding(&access(json!({"actor": "x"})), &records, &bound);
    assert!(alike.by_order.is_empty());
}

#[test]
fn a_late_grant_is_honoured_and_shown() {
    let emp = access(json!({}));
    let said = with(
        serde_json::to_value(complete("c", 12)).unwrap(),
        json!({"recorded_at": at(13)}),
    );
    let said = || serde_json::from_value(said.clone()).unwrap();
    let late = |day| grant("g", "duty", json!({"recorded_at": at(day)}));
    let all = records(vec![], vec![said(), late(14)]);
    assert_eq!(verdict(&emp, &all, &lenient()), "authorised");
    let found = finding(&emp, &all, &[strict("strict")]);
    assert_eq!(
        (found.grants, found.late_grants),
        (vec!["g".to_owned()], vec!["g".to_owned()])
    );
    let all = records(vec![], vec![said(), late(13)]);
    assert!(
        finding(&emp, &all, &[strict("strict")])
            .late_grants
            .is_empty()
    );
}

#[test]
fn what_it_would_be_without_late_grants_is_said_apart() {
    let emp = access(json!({}));
    let said = with(
        serde_json::to_value(complete("c", 12)).unwrap(),
        json!({"recorded_at": at(13)}),
    );
    let one = |id: &str, kind: &str, day| grant(id, kind, json!({"recorded_at": at(day)}));
    let put = |events: Vec<BreachEvent>, mut grants: Vec<Grant>| {
        grants.push(serde_json::from_value(said.clone()).unwrap());
        let settings = Settings::default();
        let all = records(events, grants);
        judge_and_excuse(&statements([emp.clone()]), &all, &lenient(), &settings)
    };
    let (judged, excused) = put(vec![], vec![one("g", "consent", 14)]);
    assert!(
        judged.is_empty(),
        "it is authorised, and nothing else is said of it"
    );
    assert_eq!(excused.len(), 1);
    assert_eq!(words(&excused[0]), "unauthorised established no_basis");
    assert_eq!(
        (&*excused[0].group, &excused[0].late_grants[..]),
        ("actor:emp", &["g".into()][..])
    );
    // Either of two is enough: it is something else without both alone.
    let two = vec![one("g", "consent", 14), one("h", "support_case", 14)];
    let (_, excused) = put(vec![], two);
    assert_eq!(excused.len(), 1);
    assert_eq!(excused[0].late_grants, ["g", "h"]);
    // Of more than can be named it is said what it is without all, by the first of them.
    let many = (10..60).map(|number| one(&format!("g{number}"), "consent", 14));
    let (_, excused) = put(vec![], many.collect());
    assert_eq!(excused.len(), 1);
    assert_eq!(words(&excused[0]), "unauthorised established no_basis");
    assert_eq!(excused[0].late_grants.len(), Finding::LATE_GRANTS_MAX);
    assert_eq!(excused[0].late_grants[31], "g41");
    // In time; a standing duty, which screen passes over; and no basis at all.
    for other in [
        one("g", "consent", 13),
        one("g", "duty", 14),
        one("g", "training", 14),
    ] {
        assert!(put(vec![], vec![other]).1.is_empty());
    }
    // By the earliest that is stated, where that is disputed.
    let disputed = vec![one("g", "consent", 13), one("g", "consent", 14)];
    assert!(put(vec![], disputed).1.is_empty());
    // Where it is said to be unauthorised anyway, nothing is taken away.
    let judged = vec![judgement("j", "unauthorised")];
    let (judged, excused) = put(judged, vec![one("g", "consent", 14)]);
    assert_eq!((judged.len(), excused.len()), (1, 0));
}

#[test]
fn a_grant_that_contradicts_itself_counts_where_it_does_not() {
    let one = |day| grant("g", "consent", json!({"revoked_at": at(day)}));
    let records = records(vec![], vec![one(8), one(12), complete("c", 31)]);
    let on = |day| verdict(&access(json!({"at": at(day)})), &records, &lenient());
    assert_eq!(on(5), "authorised");
    assert_eq!(on(10), "unexplained disputed");
    assert_eq!(on(20), "unauthorised established no_basis");
}

#[test]
fn a_retraction_can_arrive_first_and_be_retracted() {
    let emp = access(json!({}));
    let chain = |links: &[(&str, &str)]| {
        let mut all: Vec<_> = links
            .iter()
            .map(|(id, of)| retraction(id, of, None))
            .collect();
        all.push(judgement("j", "unauthorised"));
        verdict(&emp, &records(all, vec![]), &lenient())
    };
    assert_eq!(chain(&[("r1", "j")]), "unexplained no_basis_on_record");
    assert_eq!(
        chain(&[("r2", "r1"), ("r1", "j")]),
        "unauthorised believed judged"
    );
    assert_eq!(
        chain(&[("r1", "j"), ("r3", "r2"), ("r2", "r1")]),
        "unexplained no_basis_on_record"
    );
    // Two that retract each other settle nothing.
    assert_eq!(
        chain(&[("r1", "j"), ("r1x", "r1"), ("r1", "r1x")]),
        "unexplained disputed"
    );
    assert_eq!(chain(&[("j", "j")]), "unexplained disputed");
    let gone = records(
        vec![retraction("r", "g", Some("grants"))],
        vec![grant("g", "consent", json!({}))],
    );
    assert_eq!(
        verdict(&emp, &gone, &lenient()),
        "unexplained no_basis_on_record"
    );
    let elsewhere = records(
        vec![retraction("r", "g", None)],
        vec![grant("g", "consent", json!({}))],
    );
    assert_eq!(verdict(&emp, &elsewhere, &lenient()), "authorised");
    let access_gone = records(vec![retraction("r", "a1", Some("access-events"))], vec![]);
    assert!(judged(&emp, &access_gone, &lenient()).is_empty());
}

#[test]
fn statements_that_differ_in_actor_or_account_are_judged_each_on_its_own() {
    let records = records(
        vec![judgement("j", "unauthorised")],
        vec![grant("g", "consent", json!({"actors": ["ok"]}))],
    );
    let judge_all =
        |all: Vec<_>| judge(&statements(all), &records, &lenient(), &Settings::default());
    let two = judge_all(vec![access(json!({})), access(json!({"actor": "x"}))]);
    let words: Vec<_> = two
        .iter()
        .map(|one| (one.group().to_owned(), words(one.finding().unwrap())))
        .collect();
    let disputed = "unexplained disputed".to_owned();
    assert_eq!(
        words,
        [
            ("actor:x".to_owned(), disputed.clone()),
            ("matter:M-7".to_owned(), disputed)
        ]
    );
    assert_eq!(two[0].finding().unwrap().disputed, ["actor"]);
    assert_ne!(
        two[0].finding().unwrap().key(),
        two[1].finding().unwrap().key()
    );
    // One of them may be in order.
    let one = judge_all(vec![access(json!({})), access(json!({"actor": "ok"}))]);
    assert_eq!(one.len(), 1);
    // Silence beside a name is no contradiction.
    let none = judge_all(vec![
        access(json!({"actor": null})),
        access(json!({"actor": "ok"})),
    ]);
    assert!(none.is_empty());
    let accounts = judge_all(vec![
        access(json!({"actor": "x"})),
        access(json!({"actor": "x",
        "account": "other"})),
    ]);
    assert_eq!(accounts.len(), 2);
}

#[test]
fn other_members_that_are_disputed_count_as_unknown() {
    let indicator = event("i", json!({"kind": "indicator", "sessions": ["s1"]}));
    let records = records(vec![indicator], vec![grant("g", "consent", json!({}))]);
    let two = statements([
        access(json!({"session": "s1"})),
        access(json!({"session": "s2"})),
    ]);
    let all = judge(&two, &records, &lenient(), &Settings::default());
    let found = all[0].finding().unwrap();
    assert_eq!(
        (words(found).as_str(), found.group.as_str()),
        ("unexplained disputed", "matter:M-7")
    );
    assert_eq!(found.disputed, ["session"]);
    // A contradiction that does not matter to the verdict does not unsettle it.
    let two = statements([
        access(json!({"session": "s1", "device": "d1"})),
        access(json!({"session": "s1", "device": "d2"})),
    ]);
    let all = judge(&two, &records, &lenient(), &Settings::default());
    assert_eq!(
        words(all[0].finding().unwrap()),
        "unauthorised believed indicated"
    );
}

#[test]
fn what_plainly_failed_is_an_attempt() {
    let indicator = event("i", json!({"kind": "indicator", "sessions": ["s1"]}));
    let records = records(vec![indicator], vec![]);
    let tried = access(json!({"session": "s1", "outcome": "denied", "actor_kind": "customer"}));
    match judged(&tried, &records, &lenient()).as_slice() {
        [Judged::Attempt(attempt)] => assert_eq!(attempt.group, "matter:M-7"),
        other => panic!("{other:?}"),
    }
    let own = access(json!({"outcome": "failed", "actor_kind": "customer"}));
    assert!(judged(&own, &records, &lenient()).is_empty());
    // Whether it failed is disputed: then it may have reached something.
    let unsure = statements([
        tried.clone(),
        access(json!({"session": "s1",
        "outcome": "succeeded", "actor_kind": "customer"})),
    ]);
    let all = judge(&unsure, &records, &lenient(), &Settings::default());
    assert_eq!(
        words(all[0].finding().unwrap()),
        "unauthorised believed indicated"
    );
}

#[test]
fn an_access_belongs_to_each_matter_that_matched_it() {
    let one = |matter, id| event_of(matter, id, json!({"kind": "indicator", "actors": ["emp"]}));
    let two = records(vec![one("M-2", "i2"), one("M-1", "i1")], vec![]);
    let groups: Vec<_> = judged(&access(json!({})), &two, &lenient())
        .iter()
        .map(|one| one.group().to_owned())
        .collect();
    assert_eq!(groups, ["matter:M-1", "matter:M-2"]);
    // One record that was stated for two matters belongs to both, perhaps.
    let unsure = records(vec![one("M-2", "i"), one("M-1", "i")], vec![]);
    let all = judged(&access(json!({})), &unsure, &lenient());
    assert_eq!(all.len(), 2);
    assert!(
        all.iter()
            .all(|one| words(one.finding().unwrap()) == "unexplained disputed")
    );
}
