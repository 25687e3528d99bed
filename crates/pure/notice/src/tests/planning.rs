//! Supplements, withdrawals and joins.

use crate::fixture::*;
use crate::*;
use facts::{Decision, Interval, Kleene};
use obligation::Answer;

fn states(plan: &Plan) -> Vec<(Kind, u32, Phase)> {
    let mut states: Vec<(Kind, u32, Phase)> = plan
        .records
        .iter()
        .map(|one| (one.kind, one.ordinal, one.state))
        .collect();
    states.sort();
    states
}

fn more_consumers() -> obligation::Determination {
    let mut determination = determination(Answer::Owed);
    determination
        .counts
        .insert("consumers".to_owned(), Interval::exactly(95));
    determination
}

#[test]
fn what_is_owed_has_a_notice_and_what_is_not_has_none() {
    let decided = Decided::default();
    let plan = |answer| states(&notices().plan(&incident(), &[determination(answer)], &decided));
    assert_eq!(plan(Answer::Owed), [(Kind::Initial, 0, Phase::Ready)]);
    assert_eq!(plan(Answer::Open), [(Kind::Initial, 0, Phase::Draft)]);
    assert_eq!(plan(Answer::NotOwed), []);
    let settings = Settings {
        draft_open: false,
        ..settings()
    };
    let strict = Notices::from_frames([frame()], settings);
    assert!(
        strict
            .plan(&incident(), &[determination(Answer::Open)], &decided)
            .records
            .is_empty()
    );
}

#[test]
fn a_determination_that_is_behind_is_waited_for() {
    let mut incident = incident();
    incident.facts_digest = "f1".to_owned();
    let plan = notices().plan(
        &incident,
        &[determination(Answer::Owed)],
        &Decided::default(),
    );
    assert_eq!((plan.records.len(), plan.waiting.len()), (0, 1));
}

#[test]
fn a_material_change_after_a_release_drafts_a_supplement_that_says_what_changed() {
    let document = complete();
    let decided = Decided::new(&released(&document));
    let same = notices().plan(&incident(), &[determination(Answer::Owed)], &decided);
    assert_eq!(states(&same), [(Kind::Initial, 0, Phase::Released)]);
    assert_eq!(same.outbox.len(), 1);

    let plan = notices().plan(&incident(), &[more_consumers()], &decided);
    assert_eq!(
        states(&plan),
        [
            (Kind::Initial, 0, Phase::Released),
            (Kind::Supplement, 1, Phase::Ready)
        ]
    );
    let supplement = plan
        .records
        .iter()
        .find(|one| one.kind == Kind::Supplement)
        .unwrap();
    let changes: Vec<_> = supplement
        .document
        .changes
        .iter()
        .map(|one| (one.item.as_deref(), one.was.as_deref(), one.now.as_deref()))
        .collect();
    assert_eq!(changes, [(Some("C"), Some("81"), Some("95"))]);
    assert_eq!(supplement.document.earlier[0].digest, document.digest());

    // Released in its turn, the next one has the next number and compares with it.
    let mut decisions = released(&document);
    let second = &supplement.document;
    decisions.push(approve("e-1", 14, "ann", second));
    decisions.push(approve("e-2", 15, "bob", second));
    decisions.push(release("e-3", 16, second));
    let decided = Decided::new(&decisions);
    let plan = notices().plan(&incident(), &[more_consumers()], &decided);
    assert_eq!(
        states(&plan),
        [
            (Kind::Initial, 0, Phase::Released),
            (Kind::Supplement, 1, Phase::Released)
        ]
    );
    let plan = notices().plan(&incident(), &[determination(Answer::Owed)], &decided);
    assert!(states(&plan).contains(&(Kind::Supplement, 2, Phase::Ready)));
}

#[test]
fn what_is_not_material_drafts_nothing() {
    let decided = Decided::new(&released(&complete()));
    let mut incident = incident();
    let mut determination = determination(Answer::Owed);
    determination.digest = "d9".to_owned();
    determination.performed = vec![obligation::PerformedAt {
        at: None,
        record: "d-3".to_owned(),
        part: None,
    }];
    incident.reports.push(event(
        "b-50",
        serde_json::json!({"kind": "key", "taken": "no"}),
    ));
    let plan = notices().plan(&incident, &[determination], &decided);
    assert_eq!(states(&plan), [(Kind::Initial, 0, Phase::Released)]);
}

#[test]
fn what_is_no_longer_owed_drafts_a_withdrawal_that_a_person_must_want() {
    let document = complete();
    let decided = Decided::new(&released(&document));
    let plan = notices().plan(&incident(), &[determination(Answer::NotOwed)], &decided);
    assert_eq!(
        states(&plan),
        [
            (Kind::Initial, 0, Phase::Released),
            (Kind::Withdrawal, 1, Phase::Draft)
        ]
    );
    let question = |plan: &Plan| {
        let one = plan
            .records
            .iter()
            .find(|one| one.kind == Kind::Withdrawal)
            .unwrap();
        one.document.blocking().next().unwrap().clone()
    };
    let gap = question(&plan);
    assert!(gap.what.contains("is it to be withdrawn?"));

    let mut decisions = released(&document);
    decisions.push(answer("a-1", &gap.id, "no"));
    let plan = notices().plan(
        &incident(),
        &[determination(Answer::NotOwed)],
        &Decided::new(&decisions),
    );
    assert_eq!(states(&plan), [(Kind::Initial, 0, Phase::Released)]);

    decisions.pop();
    decisions.push(answer("a-1", &gap.id, "yes"));
    let decided = Decided::new(&decisions);
    let plan = notices().plan(&incident(), &[determination(Answer::NotOwed)], &decided);
    assert!(states(&plan).contains(&(Kind::Withdrawal, 1, Phase::Ready)));
    let withdrawal = plan
        .records
        .iter()
        .find(|one| one.kind == Kind::Withdrawal)
        .unwrap()
        .document
        .clone();
    assert!(withdrawal.items.is_empty());
    assert_eq!(withdrawal.changes[0].now.as_deref(), Some("no"));
    decisions.push(approve("w-1", 20, "ann", &withdrawal));
    decisions.push(approve("w-2", 20, "bob", &withdrawal));
    decisions.push(release("w-3", 21, &withdrawal));
    let decided = Decided::new(&decisions);
    let plan = notices().plan(&incident(), &[determination(Answer::NotOwed)], &decided);
    assert!(states(&plan).contains(&(Kind::Withdrawal, 1, Phase::Released)));
    assert_eq!(plan.records.len(), 2);
    // Owed after all: everything is said again.
    let plan = notices().plan(&incident(), &[determination(Answer::Owed)], &decided);
    assert!(states(&plan).contains(&(Kind::Supplement, 1, Phase::Ready)));
}

#[test]
fn what_took_a_reported_duty_away_is_named_in_the_question_and_in_the_reasons() {
    let decided = Decided::new(&released(&complete()));
    let mut spared = determination(Answer::NotOwed);
    spared.spared_by = vec![obligation::SparedBy {
        record: "b-77".to_owned(),
        kind: "retraction".to_owned(),
        what: "it takes another record back".to_owned(),
        without: Answer::Owed,
        together: 0,
    }];
    let put = |one: &obligation::Determination| {
        let plan = notices().plan(&incident(), std::slice::from_ref(one), &decided);
        let is_new = |one: &NoticeRecord| one.kind != Kind::Initial;
        let new = plan.records.into_iter().find(is_new).unwrap();
        let asked = new.document.blocking().next().unwrap().what.clone();
        (new.document, asked)
    };
    let (document, asked) = put(&spared);
    assert!(
        asked.ends_with("It would be owed but for b-77 (retraction)."),
        "{asked}"
    );
    let why = document.why.last().unwrap();
    assert!(why.text.contains("without record b-77"), "{why:?}");
    assert_eq!(why.records, ["b-77"]);
    // So is another law.
    spared.pack.digest = "p1".to_owned();
    let (_, asked) = put(&spared);
    let says = "The pack of the order is another one since: p0 then, p1 now.";
    assert!(asked.ends_with(says), "{asked}");
    // Who is named by a record's id is not said.
    spared.spared_by[0].record = "emp-4711".to_owned();
    let (document, asked) = put(&spared);
    let text = format!("{asked}{:?}", document.why);
    assert!(!text.contains("emp-4711"), "{text}");
    // Nor what an account or a grant is called, of which the incident knows nobody.
    for (kind, id) in [
        ("account", "acct-jane.doe"),
        ("late_grant", "consent-jane.doe"),
    ] {
        spared.spared_by[0].record = id.to_owned();
        spared.spared_by[0].kind = kind.to_owned();
        spared.spared_by[0].together = 3;
        spared.spared_by_more = 4;
        let (document, asked) = put(&spared);
        let whole = serde_json::to_string(&document).unwrap();
        assert!(
            !whole.contains("jane") && !asked.contains("jane"),
            "{whole}"
        );
        let digest = facts::short_id("rec", &[id]);
        assert!(asked.contains(&digest), "{asked}");
        assert_eq!(document.why.last().unwrap().records, [digest]);
        assert!(asked.contains(", together with 2 others)"), "{asked}");
        assert!(asked.contains("there are 4 more such records"), "{asked}");
    }
    // Where nobody counted what is without it, that is said too.
    spared.spared_by[0].together = 0;
    spared.spared_by[0].without = Answer::Open;
    let (_, asked) = put(&spared);
    assert!(asked.contains("(late grant, perhaps)"), "{asked}");
    spared.spared_by[0].without = Answer::Owed;
    // What became open is asked about in the same way.
    spared.answer = Answer::Open;
    let (document, asked) = put(&spared);
    assert_eq!(document.kind, Kind::Supplement);
    assert!(asked.contains("It would be owed but for"), "{asked}");
}

#[test]
fn what_was_released_of_what_is_no_more_is_asked_about() {
    let document = complete();
    let mut decisions = released(&document);
    let plan = |present: &[String], decisions: &[Decision]| {
        let present = present.iter().cloned().collect();
        notices().plan_of_gone(&present, &Decided::new(decisions))
    };
    let gone = plan(&[], &decisions);
    let expected = [
        (Kind::Initial, 0, Phase::Released),
        (Kind::Withdrawal, 1, Phase::Draft),
    ];
    let states = states(&gone);
    assert!(
        states.len() == 2 && expected.iter().all(|one| states.contains(one)),
        "{states:?}"
    );
    let is_new = |one: &&NoticeRecord| one.kind == Kind::Withdrawal;
    let new = &gone.records.iter().find(is_new).unwrap().document;
    assert_eq!(
        (&new.groups, &new.incident),
        (&document.groups, &document.incident)
    );
    let asks = |gap: &&Gap| gap.what.contains("is it to be withdrawn?");
    let asked = new.blocking().find(asks).unwrap();
    assert_eq!(new.why[0].value, Kleene::No);
    // One of its groups is still there: that incident asks.
    assert_eq!(plan(&document.groups[..1], &decisions).records, []);
    // It is to stand.
    decisions.push(answer("a-1", &asked.id, "no"));
    let stands = plan(&[], &decisions);
    assert_eq!(stands.records.len(), 1);
    // Nothing was released: nothing is asked.
    assert_eq!(plan(&[], &[]).records, []);
}

#[test]
fn after_a_join_the_released_notice_is_the_joined_incidents_initial_one() {
    let document = complete();
    let decided = Decided::new(&released(&document));
    let mut joined = incident();
    joined.id = "inc-joined".to_owned();
    joined.groups.push("matter:M-9".to_owned());
    joined.matters.push("M-9".to_owned());
    let mut determination = determination(Answer::Owed);
    determination.incident = joined.id.clone();
    let plan = notices().plan(&joined, &[determination.clone()], &decided);
    assert_eq!(
        states(&plan),
        [
            (Kind::Initial, 0, Phase::Released),
            (Kind::Supplement, 1, Phase::Ready)
        ]
    );
    let initial = plan
        .records
        .iter()
        .find(|one| one.kind == Kind::Initial)
        .unwrap();
    assert_eq!(
        (initial.incident.as_str(), initial.id.as_str()),
        ("inc-1", document.notice.as_str())
    );
    let supplement = plan
        .records
        .iter()
        .find(|one| one.kind == Kind::Supplement)
        .unwrap();
    assert_eq!(supplement.incident, "inc-joined");
    assert!(
        supplement
            .document
            .changes
            .iter()
            .any(|one| one.now.as_deref() == Some("M-7, M-9"))
    );

    // An incident that holds none of its groups has nothing to do with it.
    joined.groups = vec!["matter:M-9".to_owned()];
    let plan = notices().plan(&joined, &[determination], &decided);
    assert_eq!(states(&plan), [(Kind::Initial, 0, Phase::Ready)]);
}

#[test]
fn a_released_notice_has_the_same_record_from_every_incident_that_holds_it() {
    let decided = Decided::new(&released(&complete()));
    let record = |id: &str, group: &str| {
        let mut part = incident();
        part.id = id.to_owned();
        part.groups = vec![group.to_owned()];
        let mut determination = determination(Answer::Owed);
        determination.incident = id.to_owned();
        let plan = notices().plan(&part, &[determination], &decided);
        plan.records
            .into_iter()
            .find(|one| one.kind == Kind::Initial)
            .unwrap()
    };
    assert_eq!(
        record("inc-a", "actor:emp-4711"),
        record("inc-b", "matter:M-7")
    );
}

#[test]
fn a_release_that_was_taken_back_is_shown_until_people_take_it_up_again() {
    let document = complete();
    let mut decisions = released(&document);
    decisions.push(withdraw("d-9", 13, "eve", &document));
    let decided = Decided::new(&decisions);
    let plan = notices().plan(&incident(), &[more_consumers()], &decided);
    assert_eq!(states(&plan), [(Kind::Initial, 0, Phase::Withdrawn)]);
    assert_eq!(plan.records[0].digest, document.digest());
    assert!(plan.outbox[0].held.is_some());

    let settings = settings();
    let new = compose(
        &frame(),
        &incident(),
        &more_consumers(),
        &[],
        &[],
        &settings,
    )
    .unwrap();
    decisions.push(approve("e-1", 14, "ann", &new));
    let plan = notices().plan(&incident(), &[more_consumers()], &Decided::new(&decisions));
    assert_eq!(states(&plan), [(Kind::Initial, 0, Phase::Approved)]);
    assert_eq!(plan.records[0].digest, new.digest());
    // The new draft was not released, so it must not look as if it had been.
    assert_eq!(
        (plan.records[0].released_at, &plan.records[0].held),
        (None, &None)
    );
}

#[test]
fn what_was_done_by_hand_is_said_beside_the_draft() {
    let mut determination = determination(Answer::Owed);
    determination.performed = vec![obligation::PerformedAt {
        at: None,
        record: "b-77".to_owned(),
        part: None,
    }];
    let plan = notices().plan(&incident(), &[determination], &Decided::default());
    assert_eq!(plan.records[0].performed, ["b-77"]);
}

#[test]
fn records_round_trip() {
    let decided = Decided::new(&released(&complete()));
    for record in notices()
        .plan(&incident(), &[more_consumers()], &decided)
        .records
    {
        let json = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<NoticeRecord>(&json).unwrap(), record);
        assert_eq!(record.digest, record.document.digest());
    }
    let entry = decided.outbox().remove(0);
    let json = serde_json::to_string(&entry).unwrap();
    assert_eq!(serde_json::from_str::<OutboxEntry>(&json).unwrap(), entry);
}
