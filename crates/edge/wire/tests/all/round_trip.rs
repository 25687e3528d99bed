//! Whatever the types can hold goes through Avro and JSON and comes back the same.
use facts::{
    Access, Action, ActorKind, Basis, BreachEvent, Grouping, IndicatorMode, Information, Interval,
    Matching, Moment, Outcome, Private, Report, Visibility, YesNo,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::Arc;
use tocsin_wire::{Decoder, Encoder, Framing, RecordKind, SchemaStore};

fn moment() -> impl Strategy<Value = Moment> {
    (Moment::MIN.micros()..=Moment::MAX.micros()).prop_map(|one| Moment::from_micros(one).unwrap())
}

fn private() -> impl Strategy<Value = Private> {
    any::<String>().prop_map(Private::new)
}

fn yes_no() -> impl Strategy<Value = Option<YesNo>> {
    of(select(YesNo::ALL))
}

fn interval() -> impl Strategy<Value = Interval> {
    // Canonical JSON has no whole numbers beyond 2^53 (RFC 8785); no count comes near.
    (0..1_u64 << 53, of(0..1_u64 << 53))
        .prop_map(|(at_least, at_most)| Interval { at_least, at_most })
}

prop_compose! {
    fn access()(
        id in any::<String>(),
        (at, until) in (moment(), of(moment())),
        (actor, actor_kind, actor_account) in
            (of(private()), of(select(ActorKind::ALL)), of(private())),
        (action, outcome, information) in
            (select(Action::ALL), of(select(Outcome::ALL)), select(Information::ALL)),
        account in private(),
        texts in vec(of(private()), 7),
        encrypted in yes_no(),
        visibility in of(select(Visibility::ALL)),
        basis in of((any::<String>(), of(any::<String>()))),
    ) -> Access {
        let mut texts = texts.into_iter();
        let mut text = || texts.next().flatten();
        Access {
            id, at, until, actor, actor_kind, actor_account, action, outcome, information, account,
            resource: text(), device: text(), session: text(), source_address: text(),
            credential: text(), client: text(), encrypted, key: text(), visibility,
            basis: basis.map(|(kind, reference)| Basis { kind, reference }),
        }
    }
}

prop_compose! {
    fn matching()(
        (from, until) in (of(moment()), of(moment())),
        lists in vec(of(vec(private(), 0..4)), 7),
    ) -> Matching {
        let mut lists = lists.into_iter();
        let mut list = || lists.next().flatten();
        Matching {
            from, until, actors: list(), accounts: list(), sessions: list(),
            source_networks: list(), credentials: list(), devices: list(), clients: list(),
        }
    }
}

fn report() -> impl Strategy<Value = Report> {
    let text = || of(any::<String>());
    prop_oneof![
        (of(select(IndicatorMode::ALL)), matching())
            .prop_map(|(mode, matching)| Report::Indicator(facts::Indicator { mode, matching })),
        (matching(), text()).prop_map(|(matching, why)| Report::Judgement(facts::Judgement {
            authority: Some(facts::Authority::Unauthorised),
            ground: None,
            matching,
            why,
        })),
        (
            select(facts::CircumstanceName::ALL),
            yes_no(),
            text(),
            matching()
        )
            .prop_map(|(name, value, why, matching)| Report::Circumstance(
                facts::Circumstance {
                    name,
                    value,
                    why,
                    matching,
                    entity: None,
                    party: None,
                    order: None,
                    document: None,
                }
            )),
        (
            interval(),
            of(interval()),
            yes_no(),
            of(vec(private(), 0..5))
        )
            .prop_map(|(count, consumers, accessed, accounts)| Report::Exposure(
                facts::Exposure {
                    information: None,
                    from: None,
                    until: None,
                    accounts,
                    count: Some(count),
                    consumers,
                    resources: None,
                    devices: None,
                    acts: Some(facts::Acts {
                        accessed,
                        ..facts::Acts::default()
                    }),
                    encrypted: accessed,
                    key: None,
                    visibility: None,
                    residence: None,
                    residential: None,
                    party: None,
                    ground: None,
                    estimated: None,
                }
            )),
        (of(vec(any::<String>(), 0..4)), of(moment())).prop_map(|(matters, from)| {
            Report::Part(Grouping {
                matters,
                actors: None,
                from,
                until: None,
            })
        }),
        (any::<String>(), text())
            .prop_map(|(of, topic)| Report::Retraction(facts::Retraction { of, topic })),
    ]
}

prop_compose! {
    fn breach_event()(
        (id, matter) in (any::<String>(), any::<String>()),
        recorded_at in moment(),
        (by, entity) in (of(private()), of(any::<String>())),
        report in report(),
    ) -> BreachEvent {
        BreachEvent { id, matter, recorded_at, by, entity, report }
    }
}

fn comes_back<T>(kind: RecordKind, value: &T)
where
    T: serde::Serialize
        + serde::de::DeserializeOwned
        + tocsin_wire::Writable
        + for<'a> tocsin_wire::Readable<'a>
        + PartialEq
        + std::fmt::Debug,
{
    let mut decoder = Decoder::new(Arc::new(SchemaStore::without_registry()));
    let avro = Encoder::new(Framing::SingleObject)
        .encode_to_vec(kind, value)
        .unwrap();
    assert_eq!(&decoder.decode::<T>(kind, &avro).unwrap(), value);
    let json = facts::canonical_json(value);
    assert_eq!(&decoder.decode::<T>(kind, json.as_bytes()).unwrap(), value);
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
    assert_eq!(decoder.normalise(kind, json.as_bytes()).unwrap(), avro);
    assert_eq!(decoder.normalise(kind, &avro).unwrap(), avro);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn any_access_comes_back(value in access()) {
        comes_back(RecordKind::AccessEvent, &value);
    }

    #[test]
    fn any_breach_event_comes_back(value in breach_event()) {
        comes_back(RecordKind::BreachEvent, &value);
    }
}
