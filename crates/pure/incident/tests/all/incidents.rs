//! What is one incident, what is on record about it, and what was taken back.
use crate::common::*;
use facts::{CircumstanceName, Kleene, Moment};
use incident::{Attempt, Discovery, Fold};
use serde_json::json;
use std::collections::BTreeSet;

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

#[test]
fn every_matter_is_an_incident_also_when_nothing_was_reached() {
    let mut fold = Fold::new();
    fold.put_breach(breach(
        "b",
        "M-7",
        &json!({"kind": "milestone", "name": "contained"}),
    ));
    let incident = only(&fold);
    assert_eq!(incident.matter.as_deref(), Some("M-7"));
    assert_eq!(incident.id, Fold::id_of(&["matter:M-7".to_owned()]));
    assert_eq!(counted(&incident).accounts, exactly(0));
    assert!(incident.searched.complete);
}

#[test]
fn joined_groups_are_one_incident_and_count_an_access_once() {
    let mut fold = Fold::new();
    put(
        &mut fold,
        finding(
            "matter:M-7",
            "e1",
            &json!({}),
            &json!({"verdict": "unexplained"}),
        ),
    );
    put(
        &mut fold,
        finding("matter:M-8", "e1", &json!({}), &json!({})),
    );
    put(
        &mut fold,
        finding("actor:x", "e2", &json!({"account": "b"}), &json!({})),
    );
    assert_eq!(fold.incidents().len(), 3);
    let join = json!({"kind": "join", "matters": ["M-8"], "actors": ["x"]});
    let dirty = fold.put_breach(breach("j", "M-7", &join));
    assert_eq!(dirty.len(), 3);
    let incident = only(&fold);
    assert_eq!(incident.groups, ["actor:x", "matter:M-7", "matter:M-8"]);
    assert_eq!(
        (incident.matter.as_deref(), incident.actors.len()),
        (Some("M-7"), 1)
    );
    assert_eq!(counted(&incident).accounts, exactly(2));
    assert_eq!(counted(&incident).resources, from(0));

    fold.put_breach(breach(
        "p",
        "M-7",
        &json!({"kind": "part", "actors": ["x"]}),
    ));
    let still = only(&fold);
    assert!(still.parted_but_connected, "connected through M-8");
    fold.put_breach(breach(
        "p2",
        "M-8",
        &json!({"kind": "part", "actors": ["x"]}),
    ));
    assert_eq!(fold.incidents().len(), 2);
    assert!(!fold.incident_of("actor:x").unwrap().parted_but_connected);

    // Whatever it parted is one again when it is taken back.
    for of in ["p", "p2"] {
        let dirty = fold.put_breach(breach(
            &format!("r{of}"),
            "M-1",
            &json!({"kind": "retraction", "of": of}),
        ));
        assert!(dirty.contains("actor:x"));
    }
    assert!(!fold.incident_of("actor:x").unwrap().parted_but_connected);
    assert_eq!(fold.incident_of("actor:x").unwrap().groups.len(), 3);
}

#[test]
fn rebuilding_names_what_changed_and_what_is_gone() {
    let mut fold = Fold::new();
    let one = finding("matter:M-7", "e1", &json!({}), &json!({}));
    let mut dirty = fold.put_finding(one.key(), Some(one.clone()));
    dirty.extend(fold.put_breach(breach("b", "M-7", &json!({"kind": "key"}))));
    let x = finding("actor:x", "e2", &json!({}), &json!({}));
    dirty.extend(fold.put_finding(x.key(), Some(x.clone())));
    let rebuilt = fold.rebuild(&dirty);
    assert_eq!((rebuilt.changed.len(), rebuilt.gone.len()), (2, 0));
    assert_eq!(rebuilt.changed, fold.incidents());

    // Nothing new: nothing changed.
    assert!(fold.put_finding(one.key(), Some(one)).is_empty());
    assert_eq!(
        fold.rebuild(&["matter:M-7".to_owned()].into()),
        incident::Rebuilt::default()
    );

    let dirty = fold.put_breach(breach(
        "j",
        "M-7",
        &json!({"kind": "join", "actors": ["x"]}),
    ));
    let rebuilt = fold.rebuild(&dirty);
    assert_eq!(rebuilt.changed, fold.incidents());
    let mut gone = [
        Fold::id_of(&["actor:x".into()]),
        Fold::id_of(&["matter:M-7".into()]),
    ];
    gone.sort();
    assert_eq!(rebuilt.gone, gone);

    let dirty = fold.put_breach(breach(
        "r",
        "M-7",
        &json!({"kind": "retraction", "of": "j"}),
    ));
    let rebuilt = fold.rebuild(&dirty);
    assert_eq!((rebuilt.changed.len(), rebuilt.gone.len()), (2, 1));

    let dirty = fold.put_finding(x.key(), None);
    let rebuilt = fold.rebuild(&dirty);
    // What M-7 would be without the retraction of the join is something else now.
    assert_eq!(
        (rebuilt.changed.len(), rebuilt.gone),
        (1, vec![Fold::id_of(&["actor:x".into()])])
    );
}

#[test]
fn after_a_restart_only_what_is_different_is_published_again() {
    let mut fold = Fold::new();
    put(&mut fold, finding("actor:x", "e", &json!({}), &json!({})));
    let incident = only(&fold);
    fold.adopt(&incident.id, &incident.groups, &incident.facts_digest);
    fold.adopt("inc-old", &["actor:y".to_owned()], "digest");
    let rebuilt = fold.rebuild_all();
    assert_eq!(
        (rebuilt.changed.len(), rebuilt.gone),
        (0, vec!["inc-old".to_owned()])
    );
}

#[test]
fn a_retraction_may_come_before_its_target_and_be_retracted() {
    let exposure = breach(
        "e",
        "M",
        &json!({"kind": "exposure", "accounts": ["a"],
        "information": "home_security_recording", "acts": {"accessed": "yes"},
        "ground": "believed"}),
    );
    let retraction = breach("r", "M", &json!({"kind": "retraction", "of": "e"}));
    let retracted = breach("rr", "M", &json!({"kind": "retraction", "of": "r"}));
    let after = |events: &[&facts::BreachEvent]| {
        let mut fold = Fold::new();
        events
            .iter()
            .for_each(|one| _ = fold.put_breach((*one).clone()));
        let incident = only(&fold);
        (
            counted(&incident).accounts.at_most,
            incident.withdrawn,
            incident.reports.len(),
        )
    };
    assert_eq!(after(&[&exposure]), (Some(1), vec![], 1));
    let withdrawn = (Some(0), vec!["e".to_owned()], 1);
    assert_eq!(after(&[&exposure, &retraction]), withdrawn);
    assert_eq!(after(&[&retraction, &exposure]), withdrawn);
    let again = (Some(1), vec!["r".to_owned()], 2);
    assert_eq!(after(&[&exposure, &retraction, &retracted]), again);
    assert_eq!(after(&[&retracted, &retraction, &exposure]), again);
}

#[test]
fn records_of_other_topics_can_be_retracted() {
    let mut fold = Fold::new();
    put(
        &mut fold,
        finding("actor:x", "e1", &json!({"account": "a"}), &json!({})),
    );
    put(
        &mut fold,
        finding("actor:x", "e2", &json!({"account": "b"}), &json!({})),
    );
    let people = json!({"consumers": ["p", "q"]});
    fold.put_account(account("1", "a", "2026-01-01T00:00:00Z", &people));
    fold.put_account(account(
        "2",
        "b",
        "2026-01-01T00:00:00Z",
        &json!({"consumers": ["q"]}),
    ));
    assert_eq!(counted(&only(&fold)).consumers, exactly(2));
    let of = |id: &str, topic: &str| {
        breach(
            &format!("r{topic}"),
            "M",
            &json!({"kind": "retraction", "of": id, "topic": topic}),
        )
    };
    assert!(fold.put_breach(of("1", "accounts")).contains("actor:x"));
    assert_eq!(
        counted(&fold.incident_of("actor:x").unwrap()).consumers,
        from(1)
    );
    assert!(
        fold.put_breach(of("e1", "access-events"))
            .contains("actor:x")
    );
    let incident = fold.incident_of("actor:x").unwrap();
    assert_eq!(
        (counted(&incident).accounts, counted(&incident).consumers),
        (exactly(1), exactly(1))
    );
}

#[test]
fn a_disputed_discovery_counts_at_its_earliest_and_none_is_an_interval() {
    let mut fold = Fold::new();
    fold.put_breach(breach_at(
        "k",
        "M",
        "2026-10-05T00:00:00Z",
        &json!({"kind": "key"}),
    ));
    put(&mut fold, finding("matter:M", "e", &json!({}), &json!({})));
    let between = Discovery::Between {
        not_before: Some(at("2026-06-01T00:00:00Z")),
        not_after: Some(at("2026-10-05T00:00:00Z")),
    };
    assert_eq!(only(&fold).discovery, between);
    let discovered = |at: &str| {
        let report = json!({"kind": "milestone", "name": "discovered", "at": at});
        breach_at("d", "M", "2026-11-01T00:00:00Z", &report)
    };
    fold.put_breach(discovered("2026-09-02T00:00:00Z"));
    fold.put_breach(discovered("2026-09-01T00:00:00Z"));
    let incident = only(&fold);
    assert_eq!(
        incident.discovery,
        Discovery::Recorded {
            at: at("2026-09-01T00:00:00Z")
        }
    );
    assert!(
        incident
            .reports
            .iter()
            .any(|one| one.is_disputed("report.at"))
    );
    let record = incident::record(
        &incident,
        vec!["q2".into(), "q1".into(), "q2".into()],
        vec![],
    );
    let milestone = ("discovered".to_owned(), Some(at("2026-09-01T00:00:00Z")));
    assert_eq!(
        (record.milestones, record.open_questions.len()),
        (vec![milestone], 2)
    );
}

#[test]
fn what_is_looked_for_from_now_on_was_not_discovered_before_it_happened() {
    let mut fold = Fold::new();
    let indicator = json!({"kind": "indicator", "mode": "insider", "actors": ["x"]});
    fold.put_breach(breach_at("i", "M", "2026-01-01T00:00:00Z", &indicator));
    put(&mut fold, finding("matter:M", "e", &json!({}), &json!({})));
    let first = Some(at("2026-06-01T00:00:00Z"));
    let incident = only(&fold);
    assert_eq!(
        incident.discovery,
        Discovery::Between {
            not_before: first,
            not_after: first
        }
    );
    assert_eq!(incident.mode, Some(facts::IndicatorMode::Insider));
}

#[test]
fn variants_that_differ_in_actor_are_disputed_and_silence_is_superseded() {
    let mut fold = Fold::new();
    put(
        &mut fold,
        finding("unknown-actor", "e", &json!({"actor": null}), &json!({})),
    );
    assert_eq!(counted(&only(&fold)).accounts, exactly(1));
    put(&mut fold, finding("actor:x", "e", &json!({}), &json!({})));
    assert_eq!(only(&fold).groups, ["actor:x"], "the actor is known now");
    assert_eq!(counted(&only(&fold)).accounts, exactly(1));
    let other = finding("actor:y", "e", &json!({"actor": "y"}), &json!({}));
    let dirty = fold.put_finding(other.key(), Some(other.clone()));
    assert!(dirty.contains("actor:x") && dirty.contains("actor:y"));
    for incident in fold.incidents() {
        assert_eq!(counted(&incident).accounts, between(0, 1));
    }
    fold.put_finding(other.key(), None);
    assert_eq!(counted(&only(&fold)).accounts, exactly(1));
}

#[test]
fn whom_words_name_is_known_from_findings_and_accounts() {
    let mut fold = Fold::new();
    let text = "Seen: acct-1 of kim-7, cam.3; by emp 5 over sess-2. Not acct-12, acct-8 or rec-1.";
    let said = json!({"kind": "statement", "item": "facts", "text": text});
    fold.put_breach(breach("b", "M", &said));
    let listed = json!({"kind": "indicator", "accounts": ["acct-4"]});
    fold.put_breach(breach("i", "M", &listed));
    let named = |fold: &Fold| -> Vec<String> {
        let incident = fold.incident_of("matter:M").unwrap();
        let from_record =
            incident::from_record(&incident::record(&incident, Vec::new(), vec![]), None);
        assert_eq!(incident.named, from_record.named);
        let named = incident.named.iter();
        named.map(|one| one.reveal().to_owned()).collect()
    };
    assert!(named(&fold).is_empty());
    let by = json!({"account": "acct-1", "actor": "emp 5", "session": "sess-2", "device": "cam.3"});
    let first = finding("matter:M", "e1", &by, &json!({}));
    put(&mut fold, first.clone());
    put(
        &mut fold,
        finding("matter:M", "e2", &json!({"account": "acct-4"}), &json!({})),
    );
    // It is on record, in another incident.
    put(
        &mut fold,
        finding("actor:x", "e3", &json!({"account": "acct-8"}), &json!({})),
    );
    fold.put_account(account(
        "a",
        "acct-1",
        "2026-01-01T00:00:00Z",
        &json!({"consumers": ["kim-7"]}),
    ));
    assert_eq!(
        named(&fold),
        ["acct-1", "cam.3", "emp 5", "kim-7", "sess-2"]
    );
    fold.put_finding(first.key(), None);
    assert!(named(&fold).is_empty(), "nothing of it is in the incident");
}

#[test]
fn statements_of_one_access_in_one_group_are_one_access() {
    let mut fold = Fold::new();
    put(
        &mut fold,
        finding(
            "matter:M",
            "e",
            &json!({"actor": null, "resource": "r"}),
            &json!({}),
        ),
    );
    put(&mut fold, finding("matter:M", "e", &json!({}), &json!({})));
    let incident = only(&fold);
    assert_eq!(incident.rows.len(), 1);
    // The statement that names the actor outranks the one that does not.
    assert_eq!(counted(&incident).resources, from(0));
}

#[test]
fn attempts_count_each_failed_access_once() {
    let mut fold = Fold::new();
    fold.put_breach(breach("b", "M", &json!({"kind": "key"})));
    let attempt = |id: &str| {
        Some(Attempt {
            group: "matter:M".into(),
            access: id.into(),
            at: at("2026-06-01T00:00:00Z"),
        })
    };
    assert!(
        fold.put_attempt("k1".into(), attempt("e1"))
            .contains("matter:M")
    );
    assert!(fold.put_attempt("k1".into(), attempt("e1")).is_empty());
    fold.put_attempt("k2".into(), attempt("e1"));
    fold.put_attempt("k3".into(), attempt("e2"));
    assert_eq!(only(&fold).attempts, 2);
    fold.put_attempt("k3".into(), None);
    assert_eq!(only(&fold).attempts, 1);
    let alone = Attempt {
        group: "actor:z".into(),
        access: "e9".into(),
        at: at("2026-06-01T00:00:00Z"),
    };
    fold.put_attempt("k4".into(), Some(alone));
    assert_eq!(
        fold.incidents().len(),
        1,
        "an actor is an incident from the first finding"
    );
}

#[test]
fn what_held_at_the_time_of_the_access_counts() {
    let mut fold = Fold::new();
    for (id, day) in [("1", "2026-05-01"), ("2", "2026-07-01")] {
        let place = if id == "1" { "US-CA" } else { "US-NY" };
        let recorded_at = format!("{day}T00:00:00Z");
        fold.put_account(account(
            id,
            "acct",
            &recorded_at,
            &json!({"residence": place}),
        ));
    }
    put(&mut fold, finding("actor:x", "e", &json!({}), &json!({})));
    assert_eq!(
        only(&fold).rows[0].class.residence.as_deref(),
        Some("US-CA")
    );
    let late = account(
        "3",
        "acct",
        "2026-05-15T00:00:00Z",
        &json!({"residence": "DE"}),
    );
    assert!(fold.put_account(late).contains("actor:x"));
    assert_eq!(only(&fold).rows[0].class.residence.as_deref(), Some("DE"));
}

#[test]
fn circumstances_of_some_accesses_split_rows_and_others_do_not() {
    let mut fold = Fold::new();
    put(
        &mut fold,
        finding("matter:M", "e1", &json!({"account": "a"}), &json!({})),
    );
    put(
        &mut fold,
        finding("matter:M", "e2", &json!({"account": "b"}), &json!({})),
    );
    let some = json!({"kind": "circumstance", "name": "identifiable", "value": "no",
                      "accounts": ["a"]});
    fold.put_breach(breach("c1", "M", &some));
    let whole = json!({"kind": "circumstance", "name": "public_meeting", "value": "no"});
    fold.put_breach(breach("c2", "M", &whole));
    let stated = |fold: &Fold| -> BTreeSet<Option<Kleene>> {
        let rows = only(fold).rows;
        let name = CircumstanceName::Identifiable;
        rows.iter()
            .map(|row| row.class.circumstances.get(&name).copied())
            .collect()
    };
    assert_eq!(stated(&fold), BTreeSet::from([None, Some(Kleene::No)]));
    // Its own matter's accesses only.
    let other = json!({"kind": "circumstance", "name": "identifiable", "value": "yes",
                       "accounts": ["a", "b"]});
    fold.put_breach(breach("c3", "M-2", &other));
    fold.put_breach(breach(
        "j",
        "M-2",
        &json!({"kind": "join", "matters": ["M"]}),
    ));
    assert_eq!(stated(&fold), BTreeSet::from([None, Some(Kleene::No)]));
    // Two that contradict each other: unknown.
    fold.put_breach(breach("c4", "M", &other));
    assert_eq!(
        stated(&fold),
        BTreeSet::from([Some(Kleene::Unknown), Some(Kleene::Yes)])
    );
}

#[test]
fn answers_stay_with_what_they_were_about_across_a_join() {
    let mut fold = Fold::new();
    for matter in ["A", "B", "C"] {
        fold.put_breach(breach(matter, matter, &json!({"kind": "key"})));
    }
    fold.rebuild_all();
    let answer = json!({"kind": "answer", "question": "ask-1", "value": "yes"});
    let about = Fold::id_of(&["matter:A".to_owned()]);
    let dirty = fold.put_decision(decision("d1", &about, &answer));
    assert_eq!(dirty, BTreeSet::from(["matter:A".to_owned()]));
    let of = |fold: &Fold, group: &str| -> Vec<String> {
        let decisions = fold.incident_of(group).unwrap().decisions;
        decisions.into_iter().map(|one| one.id).collect()
    };
    assert_eq!(of(&fold, "matter:A"), ["d1"]);
    assert!(of(&fold, "matter:B").is_empty());

    fold.put_breach(breach(
        "j1",
        "A",
        &json!({"kind": "join", "matters": ["B"]}),
    ));
    let about = Fold::id_of(&["matter:A".to_owned(), "matter:B".to_owned()]);
    fold.rebuild_all();
    fold.put_decision(decision("d2", &about, &answer));
    fold.put_breach(breach(
        "j2",
        "B",
        &json!({"kind": "join", "matters": ["C"]}),
    ));
    assert_eq!(of(&fold, "matter:C"), ["d1", "d2"]);

    fold.rebuild_all();
    let reading = json!({"kind": "reading", "order": "o", "question": "q", "value": "no"});
    assert_eq!(fold.put_decision(decision("d3", "", &reading)).len(), 3);
    let revoke = json!({"kind": "revoke", "of": "d1"});
    assert_eq!(fold.put_decision(decision("d4", "", &revoke)).len(), 3);
    assert_eq!(of(&fold, "matter:C"), ["d2", "d3"]);
    fold.put_decision(decision("d5", "", &json!({"kind": "revoke", "of": "d4"})));
    assert_eq!(of(&fold, "matter:C"), ["d1", "d2", "d3"]);
}

#[test]
fn each_matter_knows_what_it_is_about() {
    let mut fold = Fold::new();
    put(&mut fold, finding("matter:A", "e1", &json!({}), &json!({})));
    put(
        &mut fold,
        finding(
            "matter:B",
            "e2",
            &json!({"information": "profile"}),
            &json!({}),
        ),
    );
    let report = json!({"kind": "exposure", "information": "payment"});
    fold.put_breach(breach("b", "B", &report));
    fold.put_breach(breach("j", "A", &json!({"kind": "join", "matters": ["B"]})));
    let by_matter = only(&fold).information_by_matter;
    assert_eq!(by_matter["A"].len(), 1);
    assert_eq!(by_matter["B"].len(), 2);
}

#[test]
fn where_an_access_stands_is_no_part_of_its_facts() {
    let digest = |offset: i64| {
        let mut fold = Fold::new();
        let source = json!({"source": {"topic": "t", "partition": 0, "offset": offset}});
        put(&mut fold, finding("actor:x", "e", &json!({}), &source));
        only(&fold).facts_digest
    };
    assert_eq!(digest(1), digest(2));
}

/// Two accesses by x, in March and in June, and one on M in June.
fn two_times() -> Fold {
    let mut fold = Fold::new();
    for (id, day) in [("e3", "2026-03-01"), ("e6", "2026-06-01")] {
        let access = json!({"account": id, "at": format!("{day}T00:00:00Z")});
        put(&mut fold, finding("actor:x", id, &access, &json!({})));
    }
    let access = json!({"account": "m", "actor": null});
    put(&mut fold, finding("matter:M", "m", &access, &json!({})));
    fold
}

fn grouping(kind: &str, more: &serde_json::Value) -> serde_json::Value {
    let base = json!({"kind": kind, "actors": ["x"]});
    with(base, more)
}

#[test]
fn a_join_in_time_takes_what_began_in_it_and_leaves_the_rest() {
    let mut fold = two_times();
    let join = grouping("join", &json!({"from": "2026-05-01T00:00:00Z"}));
    fold.put_breach(breach("j", "M", &join));
    let joined = fold.incident_of("matter:M").unwrap();
    assert_eq!(joined.groups, ["actor:x", "matter:M"]);
    assert_eq!(joined.id, Fold::id_of(&joined.groups));
    assert_eq!(counted(&joined).accounts, exactly(2));
    assert_eq!(joined.first, Some(at("2026-06-01T00:00:00Z")));
    let rest = fold.incident_of("actor:x").unwrap();
    assert_eq!(
        (rest.groups.clone(), rest.matters.len()),
        (vec!["actor:x".to_owned()], 0)
    );
    assert_eq!(counted(&rest).accounts, exactly(1));
    assert_eq!(fold.incidents().len(), 2);
    // Each access belongs to one of them, and they say so; the record carries it.
    for (day, here, there) in [("2026-04-30", false, true), ("2026-05-01", true, false)] {
        let at = at(&format!("{day}T00:00:00Z"));
        assert_eq!(
            (joined.holds("actor:x", at), rest.holds("actor:x", at)),
            (here, there)
        );
    }
    let record = incident::record(&joined, vec![], vec![]);
    let again = incident::from_record(&record, None);
    assert_eq!(again.times, joined.times);
    // Without a time it is taken whole; ids do not depend on the time that a join gives.
    let mut whole = two_times();
    whole.put_breach(breach("j", "M", &grouping("join", &json!({}))));
    assert_eq!(only(&whole).id, joined.id);
    assert_eq!(counted(&only(&whole)).accounts, exactly(3));
}

#[test]
fn a_part_in_time_leaves_one_instance_before_and_after() {
    let mut fold = two_times();
    fold.put_breach(breach("j", "M", &grouping("join", &json!({}))));
    let time = json!({"from": "2026-02-01T00:00:00Z", "until": "2026-03-02T00:00:00Z"});
    let dirty = fold.put_breach(breach("p", "M", &grouping("part", &time)));
    assert!(dirty.contains("actor:x") && dirty.contains("matter:M"));
    let joined = fold.incident_of("actor:x").unwrap();
    assert_eq!(joined.groups, ["actor:x", "matter:M"]);
    assert!(!joined.parted_but_connected);
    assert_eq!(counted(&joined).accounts, exactly(2));
    let [apart] = fold
        .incidents()
        .into_iter()
        .filter(|one| one.groups == ["actor:x"])
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    assert_eq!(counted(&apart).accounts, exactly(1));
    assert_eq!(apart.last, Some(at("2026-03-01T00:00:00Z")));
}

#[test]
fn a_time_that_is_disputed_joins_all_and_parts_nothing() {
    let time = |from: &str| json!({"from": format!("{from}T00:00:00Z")});
    let mut fold = two_times();
    for from in ["2026-05-01", "2026-05-02"] {
        fold.put_breach(breach("j", "M", &grouping("join", &time(from))));
    }
    assert_eq!(counted(&only(&fold)).accounts, exactly(3));
    for from in ["2026-05-01", "2026-05-02"] {
        fold.put_breach(breach("p", "M", &grouping("part", &time(from))));
    }
    assert_eq!(only(&fold).groups.len(), 2);
}

#[test]
fn figures_about_a_whole_matter_stay_with_its_remainder() {
    let mut fold = Fold::new();
    let access = json!({"account": "n", "actor": null});
    put(&mut fold, finding("matter:N", "n", &access, &json!({})));
    let exposure = json!({"kind": "exposure", "count": {"at_least": 30, "at_most": 40},
                          "information": "home_security_recording", "ground": "believed",
                          "acts": {"accessed": "yes"}, "encrypted": "no"});
    fold.put_breach(breach("x", "N", &exposure));
    let tally = json!({"kind": "tally", "unit": "accounts", "at_least": 35, "ground": "believed"});
    fold.put_breach(breach("t", "N", &tally));
    let known = json!({"kind": "milestone", "name": "discovered", "at": "2026-07-01T00:00:00Z"});
    fold.put_breach(breach("d", "N", &known));
    let join = json!({"kind": "join", "matters": ["N"], "from": "2026-05-01T00:00:00Z"});
    fold.put_breach(breach("j", "M", &join));
    let joined = fold.incident_of("matter:M").unwrap();
    assert_eq!(counted(&joined).accounts, exactly(1));
    let ids: Vec<&str> = joined
        .reports
        .iter()
        .map(|one| one.record.id.as_str())
        .collect();
    assert_eq!(ids, ["d", "j"]);
    assert_eq!(joined.matters, ["M", "N"]);
    let rest = fold.incident_of("matter:N").unwrap();
    assert_eq!(counted(&rest).accounts, between(35, 40));
    assert_eq!(rest.reports.len(), 3);
    // A reader of the record knows what is counted in figures, and what by identity.
    for (one, in_figures) in [(&joined, vec![]), (&rest, vec![0])] {
        let record = incident::record(one, vec![], vec![]);
        assert_eq!(record.in_figures, in_figures);
        let rows = incident::from_record(&record, None).rows;
        let by_identity =
            |row: &incident::Row| matches!(row.members, incident::Members::ByIdentity { .. });
        let by_identity: Vec<bool> = rows.iter().map(by_identity).collect();
        assert_eq!(by_identity, [in_figures.is_empty()]);
    }
    // Who reads the reports alone finds the same reports on each of them.
    let mut reader = Fold::new();
    for (id, matter, report) in [
        ("x", "N", &exposure),
        ("t", "N", &tally),
        ("d", "N", &known),
        ("j", "M", &join),
    ] {
        reader.put_breach(breach(id, matter, report));
    }
    for one in [joined, rest] {
        assert_eq!(
            reader.incident_among(&one.groups).unwrap().reports,
            one.reports
        );
    }
}

#[test]
fn attempts_go_where_their_time_goes() {
    let mut fold = two_times();
    for (key, day) in [
        ("k1", "2026-03-01"),
        ("k2", "2026-06-01"),
        ("k3", "2026-06-02"),
    ] {
        let attempt = Attempt {
            group: "actor:x".into(),
            access: key.into(),
            at: at(&format!("{day}T00:00:00Z")),
        };
        fold.put_attempt(key.into(), Some(attempt));
    }
    let join = grouping("join", &json!({"from": "2026-05-01T00:00:00Z"}));
    fold.put_breach(breach("j", "M", &join));
    assert_eq!(fold.incident_of("matter:M").unwrap().attempts, 2);
    assert_eq!(fold.incident_of("actor:x").unwrap().attempts, 1);
}

#[test]
fn findings_that_come_and_go_by_the_thousand_leave_what_is_there() {
    let one = |number: u64, round: u64| {
        let access = json!({"account": format!("a{}", number % 7), "resource": format!("r{number}"),
                            "at": format!("2026-06-{:02}T00:00:00Z", 1 + number % 28),
                            "until": format!("2026-07-{:02}T00:00:00Z", 1 + number % 28)});
        let verdict = if round.is_multiple_of(2) {
            "unauthorised"
        } else {
            "unexplained"
        };
        let verdict = json!({"verdict": verdict, "grants": [format!("g{round}")]});
        finding("actor:x", &format!("e{number}"), &access, &verdict)
    };
    let mut fold = Fold::new();
    let mut kept = None;
    // Each round says something else of all, takes a half back and makes the incident again.
    for round in 0..5 {
        let mut dirty = BTreeSet::new();
        for number in 0..700 {
            let one = one(number, round);
            dirty.extend(fold.put_finding(one.key(), Some(one)));
        }
        for number in (0..700).filter(|number| number % 2 == round % 2) {
            dirty.extend(fold.put_finding(one(number, 0).key(), None));
        }
        kept = fold.rebuild(&dirty).changed.pop();
    }
    let mut anew = Fold::new();
    for number in (0..700).filter(|number| number % 2 == 1) {
        put(&mut anew, one(number, 4));
    }
    assert_eq!(kept.unwrap(), only(&anew));
    assert_eq!(only(&fold), only(&anew));
    assert_eq!(counted(&only(&fold)).resources, exactly(350));
}

#[test]
fn a_finding_at_a_key_that_is_not_its_own_is_replaced_at_that_key() {
    let mut fold = Fold::new();
    let e1 = finding("actor:x", "e1", &json!({"account": "a"}), &json!({}));
    let e2 = finding("actor:x", "e2", &json!({"account": "b"}), &json!({}));
    fold.put_finding("somewhere".to_owned(), Some(e1.clone()));
    assert_eq!(counted(&only(&fold)).accounts, exactly(1));
    fold.put_finding("somewhere".to_owned(), Some(e2));
    assert_eq!(counted(&only(&fold)).accounts, exactly(1));
    fold.put_finding("elsewhere".to_owned(), Some(e1));
    assert_eq!(counted(&only(&fold)).accounts, exactly(2));
    for key in ["somewhere", "elsewhere"] {
        assert_eq!(fold.put_finding(key.to_owned(), None).len(), 1);
    }
    assert!(fold.incidents().is_empty());
}
