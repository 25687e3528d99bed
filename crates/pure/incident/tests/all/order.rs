//! The same facts, shuffled, repeated and in pieces, give the same incidents; and keeping incidents
//! up to date piece by piece gives what making all of them at once gives.
use crate::common::*;
use facts::{Account, BreachEvent, Coverage, Decision, Finding};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tocsin_incident::{Attempt, Dirty, Fold, Incident};

#[derive(Debug, Clone)]
enum Fact {
    Finding(String, Option<Box<Finding>>),
    Excused(String, Option<Box<Finding>>),
    Attempt(String, Option<Attempt>),
    Expect(String, BTreeSet<String>, i32),
    Coverage(Coverage),
    Account(Account),
    Breach(Box<BreachEvent>),
    Decision(Decision),
}

impl Fact {
    /// What the last value counts of: facts of one table keep their order.
    fn table_key(&self) -> Option<String> {
        match self {
            Fact::Finding(key, _) => Some(format!("f{key}")),
            Fact::Excused(key, _) => Some(format!("x{key}")),
            Fact::Attempt(key, _) => Some(format!("a{key}")),
            Fact::Expect(group, ..) => Some(format!("e{group}")),
            _ => None,
        }
    }

    fn put(self, fold: &mut Fold) -> Dirty {
        match self {
            Fact::Finding(key, one) => fold.put_finding(key, one.map(|one| *one)),
            Fact::Excused(key, one) => fold.put_excused(key, one.map(|one| *one)),
            Fact::Attempt(key, one) => fold.put_attempt(key, one),
            Fact::Expect(group, selectors, partitions) => {
                fold.expect_searches(&group, selectors, partitions)
            }
            Fact::Coverage(one) => fold.put_coverage(&one),
            Fact::Account(one) => fold.put_account(one),
            Fact::Breach(one) => fold.put_breach(*one),
            Fact::Decision(one) => fold.put_decision(one),
        }
    }
}

const GROUPS: [&str; 6] = [
    "matter:A",
    "matter:B",
    "actor:x",
    "actor:y",
    "unknown-actor",
    "wrong-account",
];

fn pick(from: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(from)
}

fn maybe(from: &'static [&'static str]) -> impl Strategy<Value = Value> {
    proptest::option::of(pick(from)).prop_map(|one| json!(one))
}

fn names(from: &'static [&'static str]) -> impl Strategy<Value = Value> {
    proptest::collection::vec(pick(from), 0..3).prop_map(|list| json!(list))
}

fn a_finding() -> impl Strategy<Value = Fact> {
    let access = (
        maybe(&["x", "y"]),
        pick(&["a", "b", "c"]),
        pick(&["2026-03-01T00:00:00Z", "2026-06-01T00:00:00Z"]),
        maybe(&["yes", "no"]),
        maybe(&["r1", "r2"]),
        maybe(&["s1", "s2"]),
        maybe(&["2026-08-01T00:00:00Z"]),
    );
    let verdict = (pick(&["unauthorised", "unexplained"]), any::<bool>());
    (
        pick(&GROUPS),
        pick(&["e1", "e2", "e3", "e4"]),
        access,
        verdict,
        (
            any::<bool>(),
            proptest::option::weighted(0.2, pick(&["g1", "g2"])),
        ),
    )
        .prop_map(
            |(
                group,
                id,
                (actor, account, at, encrypted, resource, session, until),
                verdict,
                (there, late),
            )| {
                let (verdict, by_order) = verdict;
                let access = json!({"actor": actor, "account": account, "at": at,
                                "encrypted": encrypted, "resource": resource,
                                "session": session, "until": until});
                let other =
                    json!([{"order": "ring", "verdict": "authorised", "reason": "purpose"}]);
                let by_order = if by_order { other } else { json!([]) };
                let late: Vec<&str> = late.into_iter().collect();
                let verdict =
                    json!({"verdict": verdict, "by_order": by_order, "late_grants": late});
                let one = finding(group, id, &access, &verdict);
                let is_excused = !late.is_empty();
                let key = if is_excused {
                    one.excused_key()
                } else {
                    one.key()
                };
                let one = there.then_some(Box::new(one));
                match is_excused {
                    true => Fact::Excused(key, one),
                    false => Fact::Finding(key, one),
                }
            },
        )
}

fn a_report() -> impl Strategy<Value = Value> {
    let recording = "home_security_recording";
    prop_oneof![
        (
            names(&["A", "B", "C"]),
            names(&["x", "y"]),
            pick(&["join", "part"]),
            maybe(&["2026-02-01T00:00:00Z", "2026-04-01T00:00:00Z"]),
            maybe(&["2026-05-01T00:00:00Z", "2026-07-01T00:00:00Z"]),
        )
            .prop_map(|(matters, actors, kind, from, until)| {
                json!({"kind": kind, "matters": matters, "actors": actors, "from": from,
                       "until": until})
            }),
        pick(&["b1", "b2", "b3", "b4", "b5", "b6"])
            .prop_map(|of| json!({"kind": "retraction", "of": of})),
        pick(&["acct1", "acct2"])
            .prop_map(|of| json!({"kind": "retraction", "of": of, "topic": "accounts"})),
        pick(&["e1", "e2"])
            .prop_map(|of| json!({"kind": "retraction", "of": of, "topic": "access-events"})),
        pick(&["d1", "d2"])
            .prop_map(|of| json!({"kind": "retraction", "of": of, "topic": "decisions"})),
        (names(&["a", "b", "z"]), 0..9_u64, maybe(&["believed"])).prop_map(
            move |(accounts, least, ground)| {
                json!({"kind": "exposure", "information": recording, "accounts": accounts,
                       "count": {"at_least": least, "at_most": 9}, "ground": ground,
                       "acts": {"accessed": "yes"}})
            }
        ),
        (names(&["k"]), maybe(&["yes", "no"]))
            .prop_map(|(keys, taken)| json!({"kind": "key", "keys": keys, "taken": taken})),
        (0..4_u64).prop_map(|most| json!({"kind": "tally", "unit": "accounts", "at_most": most})),
        pick(&["2026-09-01T00:00:00Z", "2026-09-02T00:00:00.5Z"])
            .prop_map(|at| json!({"kind": "milestone", "name": "discovered", "at": at})),
        (names(&["x"]), names(&["s1"]), maybe(&["yes", "no"])).prop_map(
            |(actors, sessions, value)| {
                json!({"kind": "circumstance", "name": "identifiable", "value": value,
                       "actors": actors, "sessions": sessions})
            }
        ),
    ]
}

fn a_decision() -> impl Strategy<Value = Fact> {
    let ids: Vec<String> = GROUPS
        .iter()
        .map(|group| Fold::id_of(&[(*group).to_owned()]))
        .chain([
            Fold::id_of(&["matter:A".to_owned(), "matter:B".to_owned()]),
            Fold::id_of(&["actor:x".to_owned(), "matter:A".to_owned()]),
        ])
        .collect();
    let act = prop_oneof![
        maybe(&["yes"]).prop_map(
            |why| json!({"kind": "answer", "question": "q", "value": "yes",
                                              "why": why})
        ),
        Just(json!({"kind": "reading", "order": "o", "question": "q", "value": "no"})),
        pick(&["d1", "d2", "d3"]).prop_map(|of| json!({"kind": "revoke", "of": of})),
    ];
    (
        pick(&["d1", "d2", "d3"]),
        proptest::sample::select(ids),
        act,
    )
        .prop_map(|(id, about, act)| Fact::Decision(decision(id, &about, &act)))
}

fn a_fact() -> impl Strategy<Value = Fact> {
    let people = (
        pick(&["acct1", "acct2", "acct3"]),
        pick(&["a", "b", "z"]),
        pick(&["2026-02-01T00:00:00Z", "2026-05-01T00:00:00Z"]),
        (
            maybe(&["US-CA", "US-NY"]),
            proptest::option::of(names(&["p", "q", "r"])),
            maybe(&["yes", "no"]),
        ),
    );
    let people = people.prop_map(|(id, name, recorded_at, (residence, consumers, home))| {
        let more = json!({"residence": residence, "consumers": consumers, "residential": home});
        Fact::Account(account(id, name, recorded_at, &more))
    });
    let ids = &["b1", "b2", "b3", "b4", "b5", "b6"];
    let days = &["2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z"];
    let reports = (pick(ids), pick(&["A", "A", "B"]), pick(days), a_report()).prop_map(
        |(id, matter, at, report)| Fact::Breach(Box::new(breach_at(id, matter, at, &report))),
    );
    let coverage = (
        pick(&["s1", "s2"]),
        0..2,
        pick(&["searching", "done", "cut"]),
    )
        .prop_map(|(selector, partition, state)| {
            Fact::Coverage(coverage(selector, partition, state))
        });
    let expect = (
        pick(&GROUPS),
        proptest::collection::btree_set("s[12]", 0..2),
        1..3,
    )
        .prop_map(|(group, selectors, partitions)| {
            Fact::Expect(group.into(), selectors, partitions)
        });
    let attempt = (
        pick(&["k1", "k2"]),
        pick(&GROUPS),
        pick(&["e8", "e9"]),
        any::<bool>(),
    )
        .prop_map(|(key, group, access, there)| {
            let attempt = Attempt {
                group: group.into(),
                access: access.into(),
                at: "2026-04-01T00:00:00Z".parse().unwrap(),
            };
            Fact::Attempt(key.into(), there.then_some(attempt))
        });
    prop_oneof![
        4 => a_finding(),
        1 => attempt,
        1 => expect,
        1 => coverage,
        2 => people,
        4 => reports,
        1 => a_decision(),
    ]
}

/// `facts` in another order, each table's in its own.
fn in_table_order(original: &[Fact], shuffled: Vec<Fact>) -> Vec<Fact> {
    let mut of_key: BTreeMap<String, Vec<&Fact>> = BTreeMap::new();
    for fact in original.iter().rev() {
        if let Some(key) = fact.table_key() {
            of_key.entry(key).or_default().push(fact);
        }
    }
    let next = |fact: Fact| match fact.table_key() {
        Some(key) => of_key.get_mut(&key).unwrap().pop().unwrap().clone(),
        None => fact,
    };
    shuffled.into_iter().map(next).collect()
}

fn made_at_once(facts: &[Fact]) -> Vec<Incident> {
    let mut fold = Fold::new();
    facts
        .iter()
        .for_each(|fact| _ = fact.clone().put(&mut fold));
    fold.incidents()
}

/// The incidents as somebody keeps them who makes again only what each batch touched.
fn kept_up_to_date(facts: &[Fact], batch: usize) -> Vec<Incident> {
    let mut fold = Fold::new();
    let mut kept: BTreeMap<String, Incident> = BTreeMap::new();
    for facts in facts.chunks(batch) {
        let mut dirty = Dirty::new();
        for fact in facts {
            dirty.extend(fact.clone().put(&mut fold));
            // At least once: everything may come twice.
            dirty.extend(fact.clone().put(&mut fold));
        }
        let rebuilt = fold.rebuild(&dirty);
        for id in rebuilt.gone {
            assert!(kept.remove(&id).is_some(), "only what was there is gone");
        }
        kept.extend(rebuilt.changed.into_iter().map(|one| (one.id.clone(), one)));
    }
    kept.into_values().collect()
}

fn facts_in_two_orders() -> impl Strategy<Value = (Vec<Fact>, Vec<Fact>)> {
    proptest::collection::vec(a_fact(), 1..40).prop_flat_map(|facts| {
        let shuffled = Just(facts.clone()).prop_shuffle();
        shuffled.prop_map(move |shuffled| {
            let shuffled = in_table_order(&facts, shuffled);
            (facts.clone(), shuffled)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn order_and_repetition_never_matter((facts, shuffled) in facts_in_two_orders()) {
        let at_once = made_at_once(&facts);
        prop_assert_eq!(&at_once, &made_at_once(&shuffled));
        let twice: Vec<Fact> = shuffled.iter().flat_map(|one| [one.clone(), one.clone()]).collect();
        prop_assert_eq!(&at_once, &made_at_once(&twice));
    }

    #[test]
    fn keeping_up_to_date_gives_the_same(
        (facts, shuffled) in facts_in_two_orders(),
        batch in 1_usize..9,
    ) {
        prop_assert_eq!(made_at_once(&facts), kept_up_to_date(&shuffled, batch));
    }

    #[test]
    fn an_access_belongs_to_one_incident((facts, _) in facts_in_two_orders()) {
        let incidents = made_at_once(&facts);
        let ids: BTreeSet<&String> = incidents.iter().map(|one| &one.id).collect();
        prop_assert_eq!(ids.len(), incidents.len());
        for fact in &facts {
            if let Fact::Finding(_, Some(one)) = fact {
                let access = &one.access;
                let holding = incidents.iter().filter(|all| all.holds(&one.group, access.at));
                prop_assert!(holding.count() <= 1);
            }
        }
    }

    #[test]
    fn counts_never_cross_and_an_id_is_its_groups((facts, _) in facts_in_two_orders()) {
        for incident in made_at_once(&facts) {
            let counts = counted(&incident);
            for one in [counts.accounts, counts.consumers, counts.resources, counts.devices] {
                prop_assert!(!one.is_contradiction(), "{}", one);
            }
            prop_assert_eq!(&incident.id, &Fold::id_of(&incident.groups));
            let again = tocsin_incident::record(&incident, vec![], vec![]);
            let json = facts::canonical_json(&again);
            let back: tocsin_incident::IncidentRecord = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(back, again);
        }
    }
}
