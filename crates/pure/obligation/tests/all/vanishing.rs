//! However an owed duty vanishes among accesses, grants, accounts and reports in any order, a
//! record is named that took it away; and what is said of a record that is named holds of exactly
//! the facts without it.

use access::Records;
use facts::{Access, Account, BreachEvent, Finding, Grant, Variants};
use incident::{Fold, Incident, Taker};
use orders::{Order, Packs};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use tocsin_obligation::{
    Answer, Determination, Filing, Settings, Undigested, decide_duty, decide_each, keep_told,
    register, with_filings,
};

const REPORT: &str = "covered-incident-report";
const EMPLOYEE: &str = "actor:emp";

static PACKS: LazyLock<Packs> = LazyLock::new(|| Packs::embedded().expect("the packs parse"));
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Settings::new(&[]).expect("the calendar"));

fn ring() -> &'static Order {
    PACKS.order("ring").expect("the order")
}

/// A record, as it comes.
#[derive(Debug, Clone)]
enum Fact {
    Access(Box<Access>),
    Grant(Grant),
    Account(Account),
    Breach(Box<BreachEvent>),
}

impl Fact {
    fn id(&self) -> &str {
        match self {
            Fact::Access(one) => &one.id,
            Fact::Grant(one) => &one.id,
            Fact::Account(one) => &one.id,
            Fact::Breach(one) => &one.id,
        }
    }

    /// As a determination calls what may be named of its kind.
    fn kind(&self) -> Option<&'static str> {
        match self {
            Fact::Grant(_) => Some("late_grant"),
            Fact::Account(_) => Some("account"),
            Fact::Access(_) | Fact::Breach(_) => None,
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("a record")
}

/// A viewing of a recording of account `number` by a person of the company.
fn viewing(number: u64) -> Fact {
    Fact::Access(Box::new(read(json!({
        "id": format!("v{number:02}"), "at": "2026-06-10T00:00:00Z", "actor": "emp",
        "actor_kind": "employee", "action": "view", "outcome": "succeeded",
        "information": "home_security_recording", "account": format!("a{number:02}"),
        "visibility": "private", "encrypted": "no"}))))
}

/// The word that every grant for the time before July is on record.
fn complete() -> Fact {
    Fact::Grant(read(json!({
        "id": "complete", "kind": "complete", "recorded_at": "2026-07-02T00:00:00Z",
        "until": "2026-07-01T00:00:00Z",
        "of": ["consent", "submission", "support_case", "legal_process", "illegal_activity",
               "legal_rights", "harm_prevention", "duty", "attestation", "training"]})))
}

const LATE: &str = "2026-08-01T00:00:00Z";
const IN_TIME: &str = "2026-01-01T00:00:00Z";

fn grant(id: &str, kind: &str, recorded_at: &str, accounts: &[u64]) -> Fact {
    let accounts: Vec<String> = accounts.iter().map(|one| format!("a{one:02}")).collect();
    let accounts = Some(accounts).filter(|all| !all.is_empty());
    Fact::Grant(read(json!({
        "id": id, "kind": kind, "recorded_at": recorded_at, "from": "2026-01-01T00:00:00Z",
        "actors": ["emp"], "accounts": accounts})))
}

fn account(id: &str, number: u64, recorded_at: &str, more: Value) -> Fact {
    let mut one = json!({"id": id, "account": format!("a{number:02}"), "recorded_at": recorded_at});
    let members = one.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("members").clone());
    Fact::Account(read(one))
}

const MAY: &str = "2026-05-01T00:00:00Z";
const LATER: &str = "2026-05-02T00:00:00Z";

fn no_home(id: &str, number: u64) -> Fact {
    account(id, number, MAY, json!({"residential": "no"}))
}

fn report(id: &str, report: Value) -> Fact {
    Fact::Breach(Box::new(read(json!({
        "id": id, "matter": "M", "recorded_at": "2026-07-03T00:00:00Z", "report": report}))))
}

/// What is on record from the first on: accounts `0..many` were viewed, without a basis.
fn looked_at(many: u64) -> Vec<Fact> {
    let mut all: Vec<Fact> = (0..many).map(viewing).collect();
    all.push(grant("attested", "attestation", IN_TIME, &[]));
    all.push(grant("trained", "training", IN_TIME, &[]));
    all.push(complete());
    all
}

/// All of them.
fn every(many: u64) -> Vec<u64> {
    (0..many).collect()
}

fn fold(facts: &[Fact], order: &Order) -> Fold {
    let (mut fold, mut records) = (Fold::new(), Records::new());
    let mut accesses: BTreeMap<&str, Variants<Access>> = BTreeMap::new();
    for fact in facts {
        match fact {
            Fact::Access(one) => {
                accesses.entry(&one.id).or_default().insert((**one).clone());
            }
            Fact::Grant(one) => _ = records.add_grant(one.clone()),
            Fact::Account(one) => _ = fold.put_account(one.clone()),
            Fact::Breach(one) => {
                records.add_breach((**one).clone());
                fold.put_breach((**one).clone());
            }
        }
    }
    let terms = std::slice::from_ref(&order.terms);
    let settings = access::Settings::default();
    for statements in accesses.values() {
        let (judged, excused) = access::judge_and_excuse(statements, &records, terms, &settings);
        for one in judged {
            let finding = one.finding().expect("nothing failed").clone();
            fold.put_finding(finding.key(), Some(finding));
        }
        for one in excused {
            fold.put_excused(one.excused_key(), Some(one));
        }
    }
    fold
}

fn incident(facts: &[Fact], order: &Order) -> Option<Incident> {
    fold(facts, order).incident_of(EMPLOYEE)
}

/// What the report duty comes to for whatever holds what was done by the person, if it is told.
fn put(facts: &[Fact]) -> Option<Undigested> {
    let incident = incident(facts, ring())?;
    if incident.is_excused() && !keep_told(&incident, &decide_each(ring(), &incident, &SETTINGS)) {
        return None;
    }
    decide_duty(ring(), Some(REPORT), &incident, &SETTINGS).expect("dates in range")
}

/// The report duty among all.
fn report_of(all: &[Undigested]) -> &Undigested {
    let is_report = |one: &&Undigested| one.duty.as_deref() == Some(REPORT);
    all.iter().find(is_report).expect("the report duty")
}

type Named<'a> = (&'a str, &'a str, Answer, u64);

fn named(one: &Undigested) -> Vec<Named<'_>> {
    let named = one.spared_by.iter();
    let named = named.map(|one| {
        let (record, kind) = (one.record.as_str(), one.kind.as_str());
        (record, kind, one.without, one.together)
    });
    named.collect()
}

/// The facts and more of them, in whichever order: what they come to.
fn with(facts: &[Fact], more: &[Fact]) -> Undigested {
    let all: Vec<Fact> = facts.iter().chain(more).cloned().collect();
    let mut turned = all.clone();
    turned.reverse();
    let one = put(&all).expect("an incident");
    assert_eq!(one, put(&turned).expect("an incident"));
    one
}

#[test]
fn late_grants_are_named() {
    let facts = looked_at(10);
    assert_eq!(with(&facts, &[]).answer, Answer::Owed);
    let one = with(&facts, &[grant("g", "consent", LATE, &[3])]);
    assert_eq!(one.answer, Answer::NotOwed);
    assert_eq!(named(&one), [("g", "late_grant", Answer::Owed, 0)]);
    // Two of which neither alone takes it away.
    let more = [
        grant("g1", "consent", LATE, &[1, 2]),
        grant("g2", "support_case", LATE, &[4]),
    ];
    let one = with(&facts, &more);
    let both = ["g1", "g2"].map(|id| (id, "late_grant", Answer::Owed, 2));
    assert_eq!(named(&one), both);
    let line = one.spared_in_a_line().expect("a line");
    // What a source calls a grant may name somebody: whoever looks is shown a digest.
    let [g1, g2] = ["g1", "g2"].map(|id| facts::short_id("rec", &[id]));
    assert_eq!(
        line,
        format!("spared by {g1} (late grant, with others), {g2} (late grant, with others)")
    );
    // Two on the same accesses: neither alone gives it back.
    let more = [
        grant("g1", "consent", LATE, &[1]),
        grant("g2", "support_case", LATE, &[1]),
    ];
    assert_eq!(named(&with(&facts, &more)), both);
}

#[test]
fn a_late_grant_that_leaves_them_unexplained_is_named() {
    let mut facts = looked_at(10);
    facts.retain(|fact| fact.id() != "trained");
    let one = with(&facts, &[grant("g", "consent", LATE, &[3])]);
    assert_eq!(one.answer, Answer::Open);
    assert_eq!(named(&one), [("g", "late_grant", Answer::Owed, 0)]);
    // Without the late training alone nobody can say; without the consent it is owed.
    let both = [
        grant("g", "consent", LATE, &[3]),
        grant("t", "training", LATE, &[]),
    ];
    let one = with(&facts, &both);
    assert_eq!(one.answer, Answer::NotOwed);
    assert_eq!(named(&one), [("g", "late_grant", Answer::Owed, 0)]);
}

#[test]
fn what_was_on_record_in_time_leaves_no_trace() {
    let mut facts = looked_at(10);
    facts.push(grant("g", "consent", IN_TIME, &every(10)));
    assert!(
        incident(&facts, ring()).is_none(),
        "there is no such incident"
    );
    // Without a declaration nothing is late.
    facts.retain(|fact| fact.id() != "complete");
    facts.push(grant("h", "consent", LATE, &every(10)));
    assert!(incident(&facts, ring()).is_none());
}

#[test]
fn where_late_grants_leave_nothing_nothing_is_owed_under_any_order_and_they_are_named() {
    let mut facts = looked_at(10);
    facts.push(grant("g", "consent", LATE, &every(10)));
    let one = with(&facts, &[]);
    assert_eq!(one.answer, Answer::NotOwed);
    assert_eq!(named(&one), [("g", "late_grant", Answer::Owed, 0)]);
    assert_eq!(one.counts["accounts"], facts::Interval::exactly(0));
    let (mut told, mut tried) = (BTreeSet::new(), 0);
    for order in PACKS.orders() {
        // Where an order accepts no consent, they count.
        let Some(incident) = incident(&facts, order).filter(Incident::is_excused) else {
            continue;
        };
        tried += 1;
        let all = decide_each(order, &incident, &SETTINGS);
        if keep_told(&incident, &all) {
            told.insert(order.slug.as_str());
            assert!(all.iter().any(|one| !one.spared_by.is_empty()));
        }
        // Of an order whose text is not known nobody can say anything.
        for one in all.iter().filter(|one| one.duty.is_some()) {
            let said = (&one.order, &one.duty);
            assert_eq!(one.answer, Answer::NotOwed, "{said:?}");
            let asked = (one.asks.len(), one.reserved.len(), one.near.len());
            assert_eq!(asked, (0, 0, 0), "{said:?}");
            assert!(one.clock.is_none() && one.reminder.is_none(), "{said:?}");
        }
        let digested: Vec<Determination> = all.into_iter().map(Undigested::digested).collect();
        let entries = register(order, &incident, &digested, &[], &SETTINGS);
        assert!(entries.is_empty(), "{entries:?}");
    }
    assert!(tried > 20, "{tried} orders prove little");
    // Where a notice to an authority is the whole trigger, there is nothing to tell.
    assert!(told.contains("ring") && !told.contains("uber"), "{told:?}");
    // Nor where nothing would be owed without them.
    let mut few = looked_at(9);
    few.push(grant("g", "consent", LATE, &every(9)));
    assert!(put(&few).is_none());
    let silent = incident(&few, ring()).expect("a function of the facts");
    assert!(!keep_told(
        &silent,
        &decide_each(ring(), &silent, &SETTINGS)
    ));
}

fn uber() -> &'static Order {
    PACKS.order("uber").expect("the order")
}

/// What people said of an incident counts, also where late grants excuse all that was found: every
/// duty of it is told then, or none.
#[test]
fn what_people_said_counts_where_late_grants_leave_nothing_and_all_is_told_or_none() {
    let mut facts = looked_at(10);
    facts.push(grant("g", "consent", LATE, &every(10)));
    for searching in [true, false] {
        let mut fold = fold(&facts, uber());
        if searching {
            fold.expect_searches(EMPLOYEE, BTreeSet::from(["s".to_owned()]), 1);
        }
        let silent = fold.incident_of(EMPLOYEE).expect("an incident");
        let all = decide_each(uber(), &silent, &SETTINGS);
        let expected = match searching {
            true => Answer::Open,
            false => Answer::NotOwed,
        };
        assert_eq!(report_of(&all).answer, expected);
        assert!(!keep_told(&silent, &all), "there is nothing to say of it");
        // Nor is one of its duties left out where another is told.
        let both = [decide_each(ring(), &silent, &SETTINGS), all].concat();
        assert!(keep_told(&silent, &both));

        let question = uber_asks(&facts, "notice_required");
        fold.put_decision(read(json!({
            "id": "d", "at": "2026-09-01T00:00:00Z", "by": "kim", "role": "counsel",
            "about": silent.id, "kind": "answer", "question": question, "value": "yes"})));
        let answered = fold.incident_of(EMPLOYEE).expect("an incident");
        assert!(answered.is_excused());
        let all = decide_each(uber(), &answered, &SETTINGS);
        assert_eq!(
            report_of(&all).answer,
            Answer::Owed,
            "searching: {searching}"
        );
        assert!(keep_told(&answered, &all));
    }
}

/// The id of what Uber's order asks for the fact, while a search is not finished.
fn uber_asks(facts: &[Fact], fact: &str) -> String {
    let mut fold = fold(facts, uber());
    fold.expect_searches(EMPLOYEE, BTreeSet::from(["s".to_owned()]), 1);
    let searching = fold.incident_of(EMPLOYEE).expect("an incident");
    let all = decide_each(uber(), &searching, &SETTINGS);
    let mut asks = report_of(&all).asks.iter();
    let ask = asks.find(|one| one.fact == fact).expect("it is asked");
    ask.id.clone()
}

/// A notice that was given under a regulation is a required one for every order, also where late
/// grants excuse all that was found.
#[test]
fn a_filing_counts_where_late_grants_leave_nothing() {
    let mut facts = looked_at(10);
    facts.push(grant("g", "consent", LATE, &every(10)));
    let incident = incident(&facts, uber()).expect("an incident");
    let filing = Filing {
        order: "hbnr".to_owned(),
        duty: "ftc-notice".to_owned(),
        matter: "M".to_owned(),
        at: read(json!("2026-09-01T00:00:00Z")),
        record: "released".to_owned(),
        information: None,
    };
    let seen = with_filings(uber(), &incident, &[filing]);
    assert!(seen.is_excused());
    let all = decide_each(uber(), &seen, &SETTINGS);
    assert_eq!(report_of(&all).answer, Answer::Owed);
    assert!(keep_told(&seen, &all));
}

/// Nothing is left that counts, and nobody can say as yet that nothing more was reached.
#[test]
fn while_a_search_is_not_finished_what_late_grants_leave_is_open() {
    let mut facts = looked_at(10);
    facts.push(grant("g", "consent", LATE, &every(10)));
    for order in [ring(), uber()] {
        let mut fold = fold(&facts, order);
        fold.expect_searches(EMPLOYEE, BTreeSet::from(["s".to_owned()]), 1);
        let put = |fold: &Fold| {
            let incident = fold.incident_of(EMPLOYEE).expect("an incident");
            assert!(incident.is_excused());
            let all = decide_each(order, &incident, &SETTINGS);
            // Where a notice to an authority is the whole trigger, there is nothing to tell.
            assert_eq!(keep_told(&incident, &all), order.slug == "ring");
            all
        };
        let searching = put(&fold);
        let one = report_of(&searching);
        assert_eq!(one.answer, Answer::Open);
        if order.slug == "ring" {
            assert_eq!(named(one), [("g", "late_grant", Answer::Owed, 0)]);
            assert_eq!(one.counts["accounts"], facts::Interval::UNBOUNDED);
        }
        let done = json!({"selector": "s", "matters": [], "partition": 0, "from": 0, "to": 9,
                          "state": "done", "holes": 0});
        fold.put_coverage(&read(done));
        let done = put(&fold);
        assert!(done.iter().all(|one| one.answer == Answer::NotOwed));
    }
}

/// Too much to be counted otherwise, or more grants than can be named: they are named, and that
/// nobody counted what is without them.
#[test]
fn late_grants_that_excuse_more_than_can_be_counted_are_named_too() {
    let of_so_many = |accounts: u64| {
        let mut fold = Fold::new();
        for number in 0..10_001 {
            let Fact::Access(mut access) = viewing(number) else {
                continue;
            };
            access.account = format!("a{}", number % accounts).as_str().into();
            let finding: Finding = read(json!({
                "group": EMPLOYEE, "access": access, "verdict": "unauthorised",
                "ground": "established", "reason": "no_basis", "late_grants": ["g"]}));
            fold.put_excused(finding.excused_key(), Some(finding));
        }
        let incident = fold.incident_of(EMPLOYEE).expect("an incident");
        assert!(incident.is_excused() && incident.without.is_empty());
        assert_eq!(incident.uncounted, ["g"]);
        let all = decide_each(ring(), &incident, &SETTINGS);
        (keep_told(&incident, &all), report_of(&all).clone())
    };
    for accounts in [10_001, 10] {
        let (told, one) = of_so_many(accounts);
        assert!(told);
        assert_eq!(one.answer, Answer::NotOwed);
        assert_eq!(named(&one), [("g", "late_grant", Answer::Open, 0)]);
    }
    // All of them together do not come to ten.
    let (told, one) = of_so_many(9);
    assert!(!told && named(&one).is_empty());

    let with_grants = |many: u64| {
        let late = (0..many).map(|one| grant(&format!("g{one:02}"), "consent", LATE, &every(10)));
        put(&looked_at(10).into_iter().chain(late).collect::<Vec<Fact>>()).expect("it is told")
    };
    // Each of 20 excuses an account of its own: 16 are tried alone, and none of them twice counted.
    let own = (0..20).map(|one| grant(&format!("g{one:02}"), "consent", LATE, &[one]));
    let one = put(&looked_at(20).into_iter().chain(own).collect::<Vec<Fact>>()).expect("told");
    assert_eq!(named(&one)[0], ("g00", "late_grant", Answer::Owed, 20));
    assert_eq!((one.spared_by.len(), one.spared_by_more), (5, 15));
    let one = with_grants(31);
    assert_eq!(named(&one)[0], ("g00", "late_grant", Answer::Owed, 31));
    assert_eq!((one.spared_by.len(), one.spared_by_more), (5, 26));
    let one = with_grants(40);
    assert_eq!(named(&one)[0], ("g00", "late_grant", Answer::Open, 0));
    assert_eq!((one.spared_by.len(), one.spared_by_more), (5, 27));
    assert_eq!(one.answer, Answer::NotOwed);
}

#[test]
fn what_is_on_record_about_accounts_is_named() {
    let facts = looked_at(10);
    let one = with(
        &facts,
        &[account("r", 3, MAY, json!({"residential": "yes"}))],
    );
    assert_eq!(one.answer, Answer::Owed);
    let one = with(&facts, &[no_home("r", 3)]);
    assert_ne!(one.answer, Answer::Owed);
    assert_eq!(named(&one), [("r", "account", Answer::Owed, 0)]);
    // Others on record take nothing away.
    let more = [
        no_home("r", 3),
        account("s", 4, MAY, json!({"residence": "US-CA"})),
        account("t", 4, LATER, json!({"residence": "GB"})),
    ];
    assert_eq!(
        named(&with(&facts, &more)),
        [("r", "account", Answer::Owed, 0)]
    );
    // Two that say the same of one account, and one on each of two.
    let twice = [no_home("r", 3), no_home("s", 3)];
    let both = ["r", "s"].map(|id| (id, "account", Answer::Owed, 2));
    assert_eq!(named(&with(&facts, &twice)), both);
    let two = [no_home("r", 3), no_home("s", 4)];
    assert_eq!(named(&with(&facts, &two)), both);
    // Sold, and let since: without the later two it is what it was.
    let let_since = [
        account(
            "q",
            3,
            "2026-04-01T00:00:00Z",
            json!({"residential": "yes"}),
        ),
        no_home("r", 3),
        account("s", 3, LATER, json!({"residential": "no"})),
    ];
    assert_eq!(named(&with(&facts, &let_since)), both);
}

#[test]
fn ordinary_account_records_are_not_supposed_away() {
    let mut facts = looked_at(10);
    for number in 0..10 {
        let more = json!({"residence": "US-CA", "residential": "yes", "consumers": ["p", "q"]});
        facts.push(account(&format!("r{number}"), number, MAY, more));
    }
    let whole = incident(&facts, ring()).expect("an incident");
    assert!(whole.without.is_empty() && whole.without_more == 0);
    facts.push(account("s", 3, LATER, json!({"residence": "GB"})));
    let whole = incident(&facts, ring()).expect("an incident");
    let named = whole.without.iter().map(|one| one.records.as_slice());
    assert!(named.into_iter().any(|records| records == ["s"]));
}

/// An account that one record has in the United States and no home, and another a home elsewhere:
/// no choice of the two has a home there.
#[test]
fn records_of_one_account_are_not_put_together_as_no_choice_of_them_is() {
    let facts = looked_at(10);
    let more = [
        account(
            "r",
            3,
            MAY,
            json!({"residence": "US-CA", "residential": "no"}),
        ),
        account(
            "s",
            3,
            MAY,
            json!({"residence": "GB", "residential": "yes"}),
        ),
    ];
    let all: Vec<Fact> = facts.into_iter().chain(more).collect();
    let incident = incident(&all, ring()).expect("an incident");
    let account = |one: &Incident| {
        let classes = one.rows.iter().map(|row| &row.class);
        let known = classes.map(|one| (one.residence.clone(), one.residential));
        known.collect::<BTreeSet<_>>()
    };
    let never = (Some("US-CA".to_owned()), facts::Kleene::Yes);
    assert!(!incident.without.is_empty());
    for without in &incident.without {
        assert!(
            !account(&without.incident).contains(&never),
            "{:?}",
            without.records
        );
    }
}

/// One record takes nothing away of so many, and counting them otherwise costs with every change.
#[test]
fn an_exposure_is_counted_otherwise_up_to_a_bound() {
    let of = |many: u64| {
        let accounts: Vec<String> = (0..many).map(|one| format!("a{one:02}")).collect();
        let exposure = json!({"kind": "exposure", "information": "home_security_recording",
            "ground": "established", "acts": {"accessed": "yes"}, "encrypted": "no",
            "visibility": "private", "accounts": accounts,
            "from": "2026-06-01T00:00:00Z", "until": "2026-06-02T00:00:00Z"});
        let found = json!({"kind": "milestone", "name": "discovered",
                           "at": "2026-07-03T00:00:00Z"});
        let mut all = vec![report("e", exposure), report("found", found)];
        all.extend((0..many).map(|one| no_home(&format!("r{one}"), one)));
        let incident = fold(&all, ring())
            .incident_of("matter:M")
            .expect("an incident");
        let one = decide_duty(ring(), Some(REPORT), &incident, &SETTINGS).expect("in range");
        (one.expect("the duty"), incident)
    };
    let (one, incident) = of(10_000);
    assert_eq!(
        (one.answer, one.spared_by[0].together),
        (Answer::Open, 10_000)
    );
    assert_eq!((one.spared_by.len(), one.spared_by_more), (5, 9_995));
    let of_accounts = |one: &Incident| {
        let all = one.without.iter();
        all.filter(|one| one.taker == Taker::Account).count()
    };
    assert_eq!(of_accounts(&incident), 17, "16 alone, and all together");
    let (one, incident) = of(10_001);
    assert_eq!((one.answer, one.spared_by.len()), (Answer::Open, 0));
    assert_eq!((of_accounts(&incident), incident.without_more), (0, 1));
}

/// Of so many that one record takes nothing away it is still said whether there is one on them, and
/// records on other accounts, however many, do not matter.
#[test]
fn records_on_accounts_of_others_do_not_change_what_is_said() {
    let many = 10_001;
    let accounts: Vec<String> = (0..many).map(|one| format!("a{one:02}")).collect();
    let exposure = json!({"kind": "exposure", "information": "home_security_recording",
        "ground": "established", "acts": {"accessed": "yes"}, "encrypted": "no",
        "visibility": "private", "accounts": accounts,
        "from": "2026-06-01T00:00:00Z", "until": "2026-06-02T00:00:00Z"});
    let mut fold = fold(&[report("e", exposure)], ring());
    let others = (0..=many).map(|one| no_home(&format!("r{one}"), many + one));
    for other in others {
        if let Fact::Account(other) = other {
            fold.put_account(other);
        }
    }
    let of = |fold: &Fold| fold.incident_of("matter:M").expect("an incident");
    assert_eq!(of(&fold).without_more, 0);
    if let Fact::Account(one) = no_home("s", 0) {
        fold.put_account(one);
    }
    assert_eq!(of(&fold).without_more, 1);
}

fn numbers() -> impl Strategy<Value = Vec<u64>> {
    proptest::collection::btree_set(0..12_u64, 1..4).prop_map(|set| set.into_iter().collect())
}

/// A record that may take something away, or give it back.
fn a_taker() -> impl Strategy<Value = Fact> {
    let ids = |prefix: &'static str| (0..4_u8).prop_map(move |one| format!("{prefix}{one}"));
    let kinds = vec!["consent", "support_case", "submission", "training"];
    let kinds = prop::sample::select(kinds);
    let late = (ids("g"), kinds, numbers()).prop_map(|(id, kind, of)| grant(&id, kind, LATE, &of));
    let said = prop::sample::select(vec![
        json!({"residential": "no"}),
        json!({"residential": "no", "residence": "US-CA"}),
        json!({"residential": "yes"}),
        json!({"residence": "GB", "consumers": ["p"]}),
        json!({"consumers": ["p", "q"]}),
    ]);
    let at = prop::sample::select(vec![MAY, LATER]);
    let people = (0..9_u8, 0..12_u64, at, said)
        .prop_map(|(id, number, at, more)| account(&format!("p{id}{number:02}"), number, at, more));
    let of = prop::sample::select(vec![
        ("v03", "access-events"),
        ("v04", "access-events"),
        ("complete", "grants"),
        ("g0", "grants"),
        ("p003", "accounts"),
    ]);
    let retraction = (ids("r"), of).prop_map(|(id, (of, topic))| {
        report(&id, json!({"kind": "retraction", "of": of, "topic": topic}))
    });
    prop_oneof![6 => late, 6 => people, 1 => retraction]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96,
                                        ..ProptestConfig::default() })]

    #[test]
    fn whichever_late_grant_or_account_record_it_was_is_named_and_rightly(
        many in 10..13_u64,
        takers in proptest::collection::vec(a_taker(), 1..8),
        others in Just((0..24_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let facts = looked_at(many);
        let order: Vec<usize> = others.into_iter().filter(|one| *one < facts.len()).collect();
        let mut facts: Vec<Fact> = order.iter().map(|one| facts[*one].clone()).collect();
        facts.extend(takers);
        let mut owed_last = false;
        for end in 1..=facts.len() {
            let (here, last) = (&facts[..end], &facts[end - 1]);
            let one = put(here);
            // A record that says something else under the id of another is a dispute of its own.
            let is_new = here.iter().filter(|one| one.id() == last.id()).count() == 1;
            if owed_last && is_new && last.kind().is_some() {
                let one = one.as_ref().expect("it stays to say why");
                let is_named = one.spared_by.iter().any(|named| named.record == last.id());
                prop_assert!(
                    one.answer == Answer::Owed || is_named || one.spared_by_more > 0,
                    "{last:?} is not named: {:?}",
                    one.spared_by
                );
            }
            owed_last = one.as_ref().is_some_and(|one| one.answer == Answer::Owed);
            if let Some(one) = one {
                hold_true(here, &one)?;
            }
        }
    }
}

/// The duty is what it is said to be without each record that is named, and without several that
/// are named together.
fn hold_true(facts: &[Fact], one: &Undigested) -> Result<(), TestCaseError> {
    let of_kinds = one.spared_by.iter();
    let of_kinds = of_kinds.filter(|named| ["late_grant", "account"].contains(&&*named.kind));
    for spared in of_kinds {
        let several = one.spared_by.iter().filter(|other| {
            (other.kind == spared.kind && other.together > 0) && spared.together > 0
        });
        let away: BTreeSet<&str> = match spared.together {
            0 => [spared.record.as_str()].into(),
            // Not all of them are named.
            many if many > several.clone().count() as u64 => continue,
            _ => several.map(|one| one.record.as_str()).collect(),
        };
        let is_away = |fact: &&Fact| fact.kind() == Some(&*spared.kind) && away.contains(fact.id());
        let rest: Vec<Fact> = facts
            .iter()
            .filter(|fact| !is_away(fact))
            .cloned()
            .collect();
        let then = put(&rest).map(|one| one.answer);
        prop_assert_eq!(then, Some(spared.without), "without {:?}", away);
    }
    Ok(())
}
