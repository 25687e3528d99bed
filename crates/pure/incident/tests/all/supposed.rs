//! What an incident would be without some records costs what the incident is, and no more.
use crate::common::*;
use facts::Interval;
use serde_json::json;
use std::time::Instant;
use tocsin_incident::{Fold, Taker};

/// What is bounded is how many accesses are counted otherwise, not how much is said of each.
#[test]
fn late_grants_are_supposed_away_of_so_many_accesses() {
    let mut fold = Fold::new();
    for number in 0..4_000 {
        let access = json!({"account": format!("a{number}")});
        for late in [&["g"][..], &["h"], &["g", "h"]] {
            let late = json!({"late_grants": late});
            let one = finding("actor:x", &format!("e{number}"), &access, &late);
            fold.put_excused(one.excused_key(), Some(one));
        }
    }
    let whole = fold.incident_of("actor:x").unwrap();
    assert!(whole.is_excused() && whole.uncounted.is_empty() && whole.without_more == 0);
    let without = whole.without.iter();
    let without = without.map(|one| (one.records.join(" "), counted(&one.incident).accounts));
    let without: Vec<(String, Interval)> = without.collect();
    let all = Interval::exactly(4_000);
    assert_eq!(without, ["g", "h", "g h"].map(|of| (of.to_owned(), all)));
    // Each is taken back at its own key.
    for late in [&["g"][..], &["g", "h"]] {
        let late = json!({"late_grants": late});
        let one = finding("actor:x", "e0", &json!({"account": "a0"}), &late);
        fold.put_excused(one.excused_key(), None);
    }
    let whole = fold.incident_of("actor:x").unwrap();
    let accounts = |one: &tocsin_incident::Without| counted(&one.incident).accounts.at_least;
    let accounts: Vec<u64> = whole.without.iter().map(accounts).collect();
    assert_eq!(accounts, [3_999, 4_000, 4_000]);
}

/// Two are said to have made one access, each to an account of its own. What one of them did is
/// something else without a grant; what the other did stays what it is.
#[test]
fn without_a_late_grant_only_the_statement_that_it_excuses_is_another() {
    let by = |actor: &str, account: &str| json!({"actor": actor, "account": account});
    let unsure = json!({"verdict": "unexplained", "ground": null, "reason": "disputed"});
    let excused = |fold: &mut Fold, by: &serde_json::Value, late: &[&str]| {
        let less = with(unsure.clone(), &json!({"late_grants": late}));
        let one = finding("matter:M", "e", by, &less);
        fold.put_excused(one.excused_key(), Some(one));
    };
    let mut fold = Fold::new();
    let why = json!({"kind": "milestone", "name": "discovered", "at": "2026-07-01T00:00:00Z"});
    fold.put_breach(breach("d", "M", &why));
    put(&mut fold, finding("matter:M", "e", &by("y", "b"), &unsure));
    excused(&mut fold, &by("x", "a"), &["g"]);
    let accounts = |fold: &Fold| {
        let whole = fold.incident_of("matter:M").unwrap();
        let is_late = |one: &&tocsin_incident::Without| one.taker == Taker::LateGrant;
        let without = whole.without.iter().filter(is_late);
        let without = without.map(|one| (one.records.join(" "), counted(&one.incident).accounts));
        without.collect::<Vec<_>>()
    };
    let up_to = |at_most| Interval {
        at_least: 0,
        at_most: Some(at_most),
    };
    let two = up_to(2);
    assert_eq!(accounts(&fold), [("g".to_owned(), two)]);
    // What both did is excused, the one by more grants than the other.
    let other = finding("matter:M", "e", &by("y", "b"), &unsure);
    fold.put_finding(other.key(), None);
    excused(&mut fold, &by("y", "b"), &["g", "h"]);
    let one = up_to(1);
    let expected = [("g".to_owned(), one), ("g h".to_owned(), two)];
    assert_eq!(accounts(&fold), expected);
}

/// Which devices people counted nobody learns from an account; which accounts, perhaps.
#[test]
fn what_is_on_record_about_accounts_bears_on_counts_of_accounts() {
    let takers = |unit: &str| {
        let mut fold = Fold::new();
        put(&mut fold, finding("matter:M", "e", &json!({}), &json!({})));
        let home = json!({"residence": "US-CA", "residential": "yes"});
        fold.put_account(account("r", "acct", "2026-05-01T00:00:00Z", &home));
        let tally = json!({"kind": "tally", "unit": unit, "at_most": 3, "ground": "established"});
        fold.put_breach(breach("t", "M", &tally));
        let whole = fold.incident_of("matter:M").unwrap();
        let records = whole.without.iter().map(|one| one.records.join(" "));
        records.collect::<Vec<_>>()
    };
    assert_eq!(takers("accounts"), ["t", "r"]);
    assert_eq!(takers("devices"), ["t"]);
}

/// Ten times as many accounts take about ten times as long, and not a hundred times.
#[test]
fn what_is_supposed_away_takes_as_long_as_the_incident_is_large() {
    let takes = |many: u32| {
        let accounts: Vec<String> = (0..many).map(|number| format!("a{number}")).collect();
        let exposure = json!({
            "kind": "exposure", "information": "home_security_recording", "accounts": accounts,
            "ground": "established", "acts": {"accessed": "yes"}});
        let mut fold = Fold::new();
        fold.put_breach(breach("e", "M", &exposure));
        for name in &accounts {
            let no_home = json!({"residential": "no"});
            let at = "2026-05-01T00:00:00Z";
            fold.put_account(account(&format!("r-{name}"), name, at, &no_home));
        }
        let once = |_| {
            let begun = Instant::now();
            let incident = fold.incident_of("matter:M").unwrap();
            let took = begun.elapsed();
            assert_eq!(incident.without.len(), 17, "16 alone, and all together");
            took
        };
        (0..3).map(once).min().unwrap()
    };
    let [few, many] = [1_000, 10_000].map(takes);
    assert!(many < few * 40, "{many:?}, and {few:?} of a tenth");
}
