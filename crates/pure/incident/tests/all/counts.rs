//! Counts of cases made by hand, each with the figure that a person would give.
use crate::common::*;
use incident::{Fold, Members, count_with_disputes};
use serde_json::{Value, json};

#[test]
fn an_insider_views_recordings_of_81_accounts_many_times() {
    let mut fold = Fold::new();
    for at in 0..810 {
        let access = json!({"account": format!("a{}", at % 81), "resource": format!("r{at}"),
                            "device": format!("d{}", at % 90)});
        put(
            &mut fold,
            finding("actor:x", &format!("e{at}"), &access, &json!({})),
        );
    }
    let counts = counted(&only(&fold));
    assert_eq!(counts.accounts, exactly(81));
    assert_eq!(counts.resources, exactly(810));
    assert_eq!(counts.devices, exactly(90));
    // Nobody is named for them: surely one person, and nothing bounds how many.
    assert_eq!(counts.consumers, from(1));
}

#[test]
fn accounts_of_which_only_the_profile_was_seen_do_not_count() {
    let mut fold = Fold::new();
    for at in 0..1250 {
        let access = json!({"account": format!("a{}", at % 910), "device": format!("d{at}"),
                            "resource": "r"});
        put(
            &mut fold,
            finding("matter:M", &format!("e{at}"), &access, &json!({})),
        );
    }
    for at in 0..300 {
        let access = json!({"account": format!("p{at}"), "information": "profile",
                            "action": "read"});
        put(
            &mut fold,
            finding("matter:M", &format!("p{at}"), &access, &json!({})),
        );
    }
    let incident = only(&fold);
    let counts = counted(&incident);
    assert_eq!(
        (counts.accounts, counts.devices),
        (exactly(910), exactly(1250))
    );
    assert_eq!(
        incident::record(&incident, vec![], vec![]).counts.accounts,
        exactly(1210)
    );
}

#[test]
fn consumers_are_the_distinct_people_that_accounts_name() {
    let mut fold = Fold::new();
    let people = |list: Value| json!({"consumers": list, "residence": "US-CA"});
    fold.put_account(account(
        "1",
        "a",
        "2026-01-01T00:00:00Z",
        &people(json!(["p", "q"])),
    ));
    fold.put_account(account(
        "2",
        "b",
        "2026-01-01T00:00:00Z",
        &people(json!(["q", "r"])),
    ));
    put(
        &mut fold,
        finding("actor:x", "e1", &json!({"account": "a"}), &json!({})),
    );
    put(
        &mut fold,
        finding("actor:x", "e2", &json!({"account": "b"}), &json!({})),
    );
    assert_eq!(counted(&only(&fold)).consumers, exactly(3));
    put(
        &mut fold,
        finding("actor:x", "e3", &json!({"account": "c"}), &json!({})),
    );
    assert_eq!(counted(&only(&fold)).consumers, from(3));
}

#[test]
fn unexplained_unknown_and_disputed_count_in_at_most_only() {
    let unknown = [
        (json!({}), json!({"verdict": "unexplained", "ground": null})),
        (json!({"outcome": null}), json!({})),
        (json!({"encrypted": null}), json!({})),
        (json!({}), json!({"disputed": ["account"]})),
        (json!({}), json!({"reason": "disputed"})),
        (json!({}), json!({"disputed": ["action"]})),
    ];
    for (access, verdict) in unknown {
        let mut fold = Fold::new();
        put(
            &mut fold,
            finding("actor:x", "e1", &json!({"account": "a"}), &json!({})),
        );
        put(&mut fold, finding("actor:x", "e2", &access, &verdict));
        assert_eq!(
            counted(&only(&fold)).accounts,
            between(1, 2),
            "{access} {verdict}"
        );
    }
}

#[test]
fn each_order_counts_by_its_own_verdict() {
    let mut fold = Fold::new();
    let verdict = json!({"by_order": [
        {"order": "ring", "verdict": "authorised", "reason": "purpose"},
        {"order": "other", "verdict": "unauthorised", "ground": "established",
         "reason": "no_basis"}]});
    put(&mut fold, finding("actor:x", "e1", &json!({}), &verdict));
    let incident = only(&fold);
    assert_eq!(counted(&incident).accounts, exactly(0));
    assert_eq!(
        incident::record(&incident, vec![], vec![]).counts.accounts,
        exactly(1)
    );
}

#[test]
fn encrypted_recordings_count_once_the_key_is_taken() {
    let key = |more: Value| breach("k", "M", &with(json!({"kind": "key"}), &more));
    let counts = |report: Option<Value>| {
        let mut fold = Fold::new();
        let access = json!({"account": "a", "encrypted": "yes", "key": "k1"});
        put(&mut fold, finding("matter:M", "e1", &access, &json!({})));
        put(
            &mut fold,
            finding("matter:M", "e2", &json!({"account": "b"}), &json!({})),
        );
        if let Some(report) = report {
            fold.put_breach(key(report));
        }
        counted(&only(&fold)).accounts
    };
    assert_eq!(counts(None), between(1, 2));
    assert_eq!(counts(Some(json!({"taken": "no"}))), exactly(1));
    assert_eq!(counts(Some(json!({"taken": "yes"}))), exactly(2));
    assert_eq!(
        counts(Some(json!({"taken": "yes", "keys": ["k1"]}))),
        exactly(2)
    );
    // What is said of another key says nothing of this one.
    assert_eq!(
        counts(Some(json!({"taken": "yes", "keys": ["k2"]}))),
        between(1, 2)
    );
}

#[test]
fn contradictory_key_reports_are_unknown() {
    let mut fold = Fold::new();
    put(
        &mut fold,
        finding("matter:M", "e1", &json!({"encrypted": "yes"}), &json!({})),
    );
    fold.put_breach(breach("k1", "M", &json!({"kind": "key", "taken": "no"})));
    fold.put_breach(breach("k2", "M", &json!({"kind": "key", "taken": "yes"})));
    assert_eq!(counted(&only(&fold)).accounts, between(0, 1));
}

fn exposure(more: &Value) -> Value {
    with(
        json!({"kind": "exposure", "information": "home_security_recording", "encrypted": "no",
               "acts": {"acquired": "yes"}, "ground": "established"}),
        more,
    )
}

#[test]
fn exposures_given_as_figures_may_overlap() {
    let mut fold = Fold::new();
    let of =
        |least: u64, most: u64| exposure(&json!({"count": {"at_least": least, "at_most": most}}));
    fold.put_breach(breach("b1", "M", &of(40, 50)));
    fold.put_breach(breach("b2", "M", &of(30, 30)));
    for at in 0..7 {
        let access = json!({"account": format!("a{at}")});
        put(
            &mut fold,
            finding("matter:M", &format!("e{at}"), &access, &json!({})),
        );
    }
    assert_eq!(counted(&only(&fold)).accounts, between(40, 87));
}

#[test]
fn exposures_that_name_accounts_are_counted_by_name() {
    let mut fold = Fold::new();
    fold.put_breach(breach(
        "b1",
        "M",
        &exposure(&json!({"accounts": ["a", "b", "c"]})),
    ));
    fold.put_breach(breach(
        "b2",
        "M",
        &exposure(&json!({"accounts": ["c", "d"]})),
    ));
    put(
        &mut fold,
        finding("matter:M", "e", &json!({"account": "a"}), &json!({})),
    );
    let counts = counted(&only(&fold));
    assert_eq!(counts.accounts, exactly(4));
    assert_eq!((counts.consumers, counts.resources), (from(1), from(0)));
}

#[test]
fn figures_beside_named_accounts_bound_what_has_no_names() {
    let mut fold = Fold::new();
    let figures = json!({
        "accounts": ["a", "b"], "consumers": {"at_least": 3, "at_most": 5},
        "resources": {"at_least": 5000, "at_most": 5000}, "devices": {"at_least": 2, "at_most": 2},
        "count": {"at_least": 2, "at_most": 2},
    });
    fold.put_breach(breach("b1", "M", &exposure(&figures)));
    let counts = counted(&only(&fold));
    assert_eq!(counts.accounts, exactly(2));
    assert_eq!(counts.consumers, between(3, 5));
    assert_eq!(
        (counts.resources, counts.devices),
        (exactly(5000), exactly(2))
    );
}

#[test]
fn a_possible_exposure_counts_in_at_most_only_and_an_open_figure_bounds_nothing() {
    let mut fold = Fold::new();
    let count = json!({"count": {"at_least": 30, "at_most": 30}, "ground": null});
    fold.put_breach(breach("b1", "M", &exposure(&count)));
    assert_eq!(counted(&only(&fold)).accounts, between(0, 30));
    fold.put_breach(breach("b2", "M", &exposure(&json!({}))));
    assert_eq!(counted(&only(&fold)).accounts, from(0));
    // What was surely reached belongs to somebody.
    assert_eq!(counted(&only(&fold)).consumers, from(1));
}

#[test]
fn rows_that_are_disjoint_add_up() {
    let mut fold = Fold::new();
    fold.put_breach(breach(
        "b1",
        "M",
        &exposure(&json!({"count": {"at_least": 5, "at_most": 6}})),
    ));
    let mut incident = only(&fold);
    let mut row = incident.rows[0].clone();
    row.members = Members::Disjoint {
        accounts: exactly(4),
        consumers: between(4, 9),
        resources: from(0),
        devices: exactly(0),
    };
    incident.rows = vec![row.clone(), row];
    let counts = counted(&incident);
    assert_eq!(
        (counts.accounts, counts.consumers),
        (exactly(8), between(8, 18))
    );
    assert_eq!((counts.resources, counts.devices), (from(0), exactly(0)));
}

fn tallied(tallies: &[Value]) -> (facts::Interval, Vec<String>) {
    let mut fold = Fold::new();
    for at in 0..39 {
        let verdict = if at < 9 {
            json!({})
        } else {
            json!({"verdict": "unexplained"})
        };
        let access = json!({"account": format!("a{at}")});
        put(
            &mut fold,
            finding("matter:M", &format!("e{at}"), &access, &verdict),
        );
    }
    let profile = json!({"account": "p", "information": "profile", "action": "read"});
    put(&mut fold, finding("matter:M", "p", &profile, &json!({})));
    for (at, tally) in tallies.iter().enumerate() {
        let base = json!({"kind": "tally", "unit": "accounts", "ground": "established"});
        fold.put_breach(breach(&format!("t{at}"), "M", &with(base, tally)));
    }
    let counted = count_with_disputes(&only(&fold), &recordings);
    (counted.counts.accounts, counted.contradicted)
}

#[test]
fn a_tally_narrows_and_never_widens() {
    let recording = "home_security_recording";
    let tally = |more: Value| with(json!({"information": recording}), &more);
    let none = Vec::<String>::new();
    assert_eq!(tallied(&[]), (between(9, 39), none.clone()));
    let narrows = tally(json!({"at_least": 12, "at_most": 20}));
    assert_eq!(tallied(&[narrows]), (between(12, 20), none.clone()));
    let wide = tally(json!({"at_least": 1, "at_most": 500}));
    assert_eq!(tallied(&[wide]), (between(9, 39), none.clone()));
    // A tally of everything bounds a part of it, but does not say how much of it the part is.
    let all = json!({"at_least": 12, "at_most": 20});
    assert_eq!(tallied(&[all]), (between(9, 20), none.clone()));
    // One of another class, of people elsewhere, or without a ground is about something else.
    let other = json!({"information": "profile", "at_least": 12, "at_most": 20});
    assert_eq!(tallied(&[other]), (between(9, 39), none.clone()));
    let elsewhere = tally(json!({"residence": "US-CA", "at_most": 10}));
    assert_eq!(tallied(&[elsewhere]), (between(9, 39), none.clone()));
    let groundless = tally(json!({"at_least": 12, "ground": null}));
    assert_eq!(tallied(&[groundless]), (between(9, 39), none));
}

#[test]
fn tallies_that_contradict_are_left_out_and_shown() {
    let information = "home_security_recording";
    let tally = |least: u64, most: u64| {
        json!({
            "information": information, "at_least": least, "at_most": most
        })
    };
    assert_eq!(
        tallied(&[tally(0, 3)]),
        (between(9, 39), vec!["t0".to_owned()])
    );
    let two = [tally(10, 12), tally(20, 25), tally(0, 3)];
    let all = ["t0", "t1", "t2"].map(str::to_owned).to_vec();
    assert_eq!(tallied(&two), (between(9, 39), all));
}

#[test]
fn an_unfinished_search_has_no_upper_end() {
    let mut fold = Fold::new();
    put(
        &mut fold,
        finding("matter:M", "e", &json!({"resource": "r"}), &json!({})),
    );
    let selectors = std::collections::BTreeSet::from(["s".to_owned()]);
    let dirty = fold.expect_searches("matter:M", selectors, 2);
    assert!(dirty.contains("matter:M"));
    fold.put_coverage(&coverage("s", 0, "done"));
    let counts = counted(&only(&fold));
    assert_eq!((counts.accounts, counts.resources), (from(1), from(1)));
    assert_eq!(only(&fold).searched.searching, ["s"]);
    // A responder's own count bounds it all the same.
    let tally = json!({"kind": "tally", "unit": "accounts", "at_most": 5});
    fold.put_breach(breach("t", "M", &tally));
    assert_eq!(counted(&only(&fold)).accounts, between(1, 5));
    assert!(
        fold.put_coverage(&coverage("s", 1, "done"))
            .contains("matter:M")
    );
    assert_eq!(counted(&only(&fold)).accounts, exactly(1));
    fold.put_coverage(&coverage("s", 1, "cut"));
    assert_eq!(counted(&only(&fold)).resources, from(1));
}
