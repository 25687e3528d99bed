//! What must hold for any records in any order: the screen loses nothing, the order of arrival does
//! not matter, and judging again only what changed is judging everything again.

use crate::common::*;
use facts::{Access, BreachEvent, Grant, Variants};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tocsin_access::{
    Changes, Judged, Reach, Records, Screen, Settings, Terms, judge, judge_and_excuse,
};

#[derive(Debug, Clone)]
enum Record {
    Event(Box<BreachEvent>),
    Grant(Box<Grant>),
}

fn add(records: &mut Records, record: &Record) -> Changes {
    match record {
        Record::Event(event) => records.add_breach((**event).clone()),
        Record::Grant(grant) => records.add_grant((**grant).clone()),
    }
}

fn may_have_changed(records: &Records, record: &Record) -> Changes {
    match record {
        Record::Event(event) => records.may_have_changed_by_breach(&event.id),
        Record::Grant(grant) => records.may_have_changed_by_grant(&grant.id),
    }
}

fn maybe(values: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![1 => Just(Value::Null), 3 => select(values).prop_map(Value::from)]
}

fn list(values: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        proptest::collection::vec(select(values), 0..3).prop_map(|list| json!(list)),
    ]
}

fn day() -> impl Strategy<Value = u32> {
    1..8u32
}

/// Two instants, the second not before the first or null.
fn window() -> impl Strategy<Value = (Value, Value)> {
    (day(), proptest::option::of(0..5u32)).prop_map(|(from, days)| {
        (
            json!(at(from)),
            days.map_or(Value::Null, |days| json!(at(from + days))),
        )
    })
}

const ACTORS: &[&str] = &["a", "b"];
const ACCOUNTS: &[&str] = &["x", "y"];
const SESSIONS: &[&str] = &["s", "t"];
const EVENTS: &[&str] = &["e1", "e2", "e3", "e4"];
const GRANTS: &[&str] = &["g1", "g2", "g3"];

fn an_access() -> impl Strategy<Value = Access> {
    let who = (
        maybe(ACTORS),
        maybe(&["customer", "employee", "service", "service", "service"]),
        maybe(ACCOUNTS),
        select(ACCOUNTS),
    );
    let what = (
        select(&["view", "view", "download", "share"][..]),
        maybe(&["succeeded", "denied"]),
        maybe(&["r", "q"]),
        maybe(SESSIONS),
        maybe(&["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"]),
        prop_oneof![
            Just(Value::Null),
            Just(json!({"kind": "consent", "reference": "C"}))
        ],
    );
    (select(&["a1", "a2", "a3"][..]), window(), who, what).prop_map(
        |(
            id,
            (at, until),
            (actor, kind, own, account),
            (action, outcome, resource, session, address, basis),
        )| {
            access(json!({"id": id, "at": at, "until": until, "actor": actor,
                "actor_kind": kind, "actor_account": own, "account": account, "action": action,
                "outcome": outcome, "resource": resource, "session": session,
                "source_address": address, "basis": basis}))
        },
    )
}

fn a_report() -> impl Strategy<Value = Value> {
    let matching = (
        window(),
        list(ACTORS),
        list(ACCOUNTS),
        list(SESSIONS),
        list(&["192.0.2.0/24", "2001:db8::/32"]),
    );
    let sought = (
        select(&["indicator", "judgement", "judgement"][..]),
        maybe(&["authorised", "unauthorised"]),
        maybe(&["established", "believed"]),
        matching,
    )
        .prop_map(
            |(kind, authority, ground, ((from, until), actors, accounts, sessions, nets))| {
                let mut report = json!({"kind": kind, "from": from, "until": until,
                "actors": actors, "accounts": accounts, "sessions": sessions,
                "source_networks": nets});
                if kind == "judgement" {
                    report["authority"] = authority;
                    report["ground"] = ground;
                }
                report
            },
        );
    let back = prop_oneof![
        select(EVENTS).prop_map(|of| json!({"kind": "retraction", "of": of})),
        select(GRANTS).prop_map(|of| json!({"kind": "retraction", "of": of, "topic": "grants"})),
        Just(json!({"kind": "retraction", "of": "a1", "topic": "access-events"})),
    ];
    prop_oneof![3 => sought, 2 => back]
}

fn a_record() -> impl Strategy<Value = Record> {
    let event = (select(EVENTS), select(&["M-1", "M-2"][..]), a_report())
        .prop_map(|(id, matter, report)| event_of(matter, id, report))
        .prop_filter("well formed", |event| event.fault().is_none())
        .prop_map(|event| Record::Event(Box::new(event)));
    let kinds = &[
        "duty",
        "duty",
        "duty",
        "consent",
        "support_case",
        "attestation",
        "training",
    ][..];
    let narrow = (
        (select(GRANTS), select(kinds), day(), window()),
        (list(ACTORS), list(ACCOUNTS), list(&["r"]), maybe(&["C"])),
        proptest::option::of(day()),
    )
        .prop_map(
            |(
                (id, kind, recorded, (from, until)),
                (actors, accounts, records, reference),
                revoked,
            )| {
                grant(
                    id,
                    kind,
                    json!({"recorded_at": at(recorded), "from": from, "until": until,
                "actors": actors, "accounts": accounts, "resources": records,
                "reference": reference, "revoked_at": revoked.map(at)}),
                )
            },
        )
        .prop_filter("well formed", |grant| grant.fault().is_none())
        .prop_map(|grant| Record::Grant(Box::new(grant)));
    let complete = (select(&["c1", "c2", "g1"][..]), day())
        .prop_map(|(id, day)| Record::Grant(Box::new(complete(id, day))));
    // What covers nearly everything, so that the screen has something to pass over.
    let broad = (
        select(GRANTS),
        1..3u32,
        proptest::option::weighted(0.2, day()),
    )
        .prop_map(|(id, from, revoked)| {
            let more = json!({"from": at(from), "actors": ACTORS, "accounts": null,
                "revoked_at": revoked.map(at)});
            Record::Grant(Box::new(grant(id, "duty", more)))
        });
    prop_oneof![4 => event, 3 => narrow, 3 => broad, 1 => complete]
}

fn orders() -> impl Strategy<Value = Vec<Terms>> {
    select(vec![
        vec![],
        lenient(),
        vec![strict("strict")],
        vec![
            terms("mild", ""),
            strict("strict"),
            terms("none", "[[rows]]\npurposes = []"),
        ],
    ])
}

fn some_records() -> impl Strategy<Value = Vec<Record>> {
    proptest::collection::vec(a_record(), 0..10)
}

fn some_accesses() -> impl Strategy<Value = Vec<Access>> {
    proptest::collection::vec(an_access(), 1..12)
}

fn fold(records: &[Record]) -> Records {
    let mut all = Records::new();
    for record in records {
        add(&mut all, record);
    }
    all
}

/// The accesses, by id.
fn by_id(accesses: &[Access]) -> BTreeMap<String, Variants<Access>> {
    let mut all: BTreeMap<String, Variants<Access>> = BTreeMap::new();
    for access in accesses {
        all.entry(access.id.clone())
            .or_default()
            .insert(access.clone());
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_screen_passes_over_is_authorised(
        records in some_records(), accesses in some_accesses(), bound in orders(),
        always_stated: bool,
    ) {
        let settings = Settings { always_stated };
        let records = fold(&records);
        let screen = Screen::new(&records, &bound, &settings);
        for access in accesses {
            if !screen.passes_on(&access.view()) {
                let one = statements([access.clone()]);
                let judged = judge(&one, &records, &bound, &settings);
                prop_assert!(judged.is_empty(), "{access:?} {judged:?}");
            }
        }
    }

    #[test]
    fn the_order_of_arrival_does_not_matter(
        records in some_records(), accesses in some_accesses(), bound in orders(),
        moves in proptest::collection::vec((any::<Index>(), any::<Index>()), 0..12),
        again in proptest::collection::vec(any::<Index>(), 0..3),
    ) {
        let mut other = records.clone();
        if !other.is_empty() {
            for (from, to) in &moves {
                let (from, to) = (from.index(other.len()), to.index(other.len()));
                other.swap(from, to);
            }
            for one in &again {
                other.push(other[one.index(other.len())].clone());
            }
        }
        let (one, other) = (fold(&records), fold(&other));
        prop_assert_eq!(one.selectors(), other.selectors());
        let settings = Settings::default();
        let screens = [&one, &other].map(|all| Screen::new(all, &bound, &settings));
        for statements in by_id(&accesses).values() {
            prop_assert_eq!(
                judge(statements, &one, &bound, &settings),
                judge(statements, &other, &bound, &settings)
            );
        }
        for access in &accesses {
            let [a, b] = [0, 1].map(|place| screens[place].passes_on(&access.view()));
            prop_assert_eq!(a, b);
        }
    }

    #[test]
    fn judging_again_what_changed_is_judging_everything_again(
        records in some_records(), accesses in some_accesses(), bound in orders(),
    ) {
        let settings = Settings::default();
        let accesses = by_id(&accesses);
        let mut all = Records::new();
        let mut kept: BTreeMap<&str, Vec<Judged>> = accesses
            .iter()
            .map(|(id, one)| (id.as_str(), judge(one, &all, &bound, &settings)))
            .collect();
        for record in &records {
            let changes = add(&mut all, record);
            let reach = changes.reach();
            for (id, one) in accesses.iter().filter(|(_, one)| changes.touches(one)) {
                if let Reach::Keyed { actors, accounts, accesses } = &reach {
                    let named = one.iter().any(|one| {
                        one.actor.as_ref().is_some_and(|actor| actors.contains(actor))
                            || accounts.contains(&one.account)
                    });
                    prop_assert!(named || accesses.contains(id));
                }
                prop_assert_ne!(&reach, &Reach::Nothing);
                kept.insert(id, judge(one, &all, &bound, &settings));
            }
            for (id, one) in &accesses {
                prop_assert_eq!(&kept[id.as_str()], &judge(one, &all, &bound, &settings));
            }
        }
    }

    /// Whoever judged while the first records were there, and hears of the others when all are on
    /// record, judges again whatever these touch.
    #[test]
    fn judging_again_what_may_have_changed_is_judging_everything_again(
        records in some_records(), accesses in some_accesses(), bound in orders(),
        known in any::<Index>(),
    ) {
        let settings = Settings::default();
        let accesses = by_id(&accesses);
        let known = known.index(records.len() + 1);
        let mut all = Records::new();
        for record in &records[..known] {
            add(&mut all, record);
        }
        let before: BTreeMap<&str, _> = accesses
            .iter()
            .map(|(id, one)| (id.as_str(), judge_and_excuse(one, &all, &bound, &settings)))
            .collect();
        for record in &records[known..] {
            add(&mut all, record);
        }
        let mut changes = Changes::default();
        for record in &records[known..] {
            changes.merge(may_have_changed(&all, record));
        }
        let reach = changes.reach();
        for (id, one) in &accesses {
            if before[id.as_str()] != judge_and_excuse(one, &all, &bound, &settings) {
                prop_assert!(changes.touches(one), "{}", id);
                prop_assert_ne!(&reach, &Reach::Nothing);
            }
        }
    }

    /// The hand-over between what is screened as it comes and what is searched for afterwards: a
    /// selector searches the accesses that came before it was active, once, under its digest.
    #[test]
    fn screening_and_searching_together_find_everything(
        records in some_records(), accesses in some_accesses(), bound in orders(),
        times in proptest::collection::vec(any::<Index>(), 12),
    ) {
        let settings = Settings::default();
        let mut all = Records::new();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut found = vec![false; accesses.len()];
        let when = |place: usize| times[place].index(records.len() + 1);
        for step in 0..=records.len() {
            if step > 0 {
                add(&mut all, &records[step - 1]);
            }
            let screen = Screen::new(&all, &bound, &settings);
            for (place, selector) in screen.selectors().iter().enumerate() {
                if !seen.insert(selector.digest.clone()) {
                    continue;
                }
                for (at, access) in accesses.iter().enumerate() {
                    found[at] |= when(at) < step
                        && screen.matches_selector(place, &access.view());
                }
            }
            for (at, access) in accesses.iter().enumerate() {
                found[at] |= when(at) == step && screen.passes_on(&access.view());
            }
        }
        for (at, access) in accesses.iter().enumerate() {
            if !found[at] {
                let one = statements([access.clone()]);
                let judged = judge(&one, &all, &bound, &settings);
                prop_assert!(judged.is_empty(), "{access:?} {judged:?}");
            }
        }
    }
}
