//! Reports, copies and updates beside each other: who is told what, once, and under which number.

use super::updating::*;
use crate::fixture::*;
use crate::*;
use facts::{Decision, Interval};
use obligation::{Answer, Determination, PerformedAt};
use orders::DutyKind;

const REPORT: &str = "incident-report";

/// What a draft of this duty and kind says that the count was and is, where it says so.
fn change(plan: &Plan, duty: &str) -> Option<(String, String)> {
    let mut records = plan.records.iter();
    let is_draft = |one: &&NoticeRecord| {
        one.duty == duty && one.kind == Kind::Supplement && one.state == Phase::Ready
    };
    let changes = &records.find(is_draft)?.document.changes;
    let mut counts = changes.iter().filter(|one| one.item.is_some());
    let one = counts.next()?;
    Some((one.was.clone()?, one.now.clone()?))
}

fn from_to(was: &str, now: &str) -> Option<(String, String)> {
    Some((was.to_owned(), now.to_owned()))
}

/// Report and copy released with 81 people.
fn both() -> Vec<Decision> {
    let none = plan(&determinations(Answer::Owed, 81), &[]);
    let report = released_on(10, document(&none, REPORT, Kind::Initial));
    [
        report,
        released_on(10, document(&none, COPY, Kind::Initial)),
    ]
    .concat()
}

/// The number of the update that is drafted.
fn drafted(plan: &Plan) -> Option<u32> {
    let mut states = states(plan).into_iter();
    let is_draft = |one: &(&str, Kind, u32, Phase)| one.0 == UPDATES && one.3 == Phase::Ready;
    states.find(is_draft).map(|one| one.2)
}

#[test]
fn whoever_has_an_older_copy_than_the_report_is_told_what_the_update_does_not_tell() {
    let owed = determinations(Answer::Owed, 81);
    let copy = plan(&owed, &[]);
    let mut decisions = released_on(10, document(&copy, COPY, Kind::Initial));
    let more = determinations(Answer::Owed, 95);
    let report = plan(&more, &decisions);
    decisions.extend(released_on(20, document(&report, REPORT, Kind::Initial)));
    let then = plan(&more, &decisions);
    assert_eq!(document(&then, UPDATES, Kind::Supplement).changes, []);
    assert_eq!(change(&then, COPY), from_to("81", "95"));
}

#[test]
fn what_an_update_told_whoever_has_a_copy_is_not_told_again() {
    let mut decisions = both();
    let more = determinations(Answer::Owed, 95);
    let update = plan(&more, &decisions);
    assert_eq!(change(&update, COPY), None, "the update tells it");
    decisions.extend(released_on(
        14,
        document(&update, UPDATES, Kind::Supplement),
    ));
    let supplements = |plan: &Plan| {
        let all = plan.records.iter().filter(|one| one.state == Phase::Ready);
        let all = all.map(|one| (one.duty.clone(), one.ordinal));
        all.collect::<Vec<_>>()
    };
    assert_eq!(supplements(&plan(&ended(95), &decisions)), []);
    let after = plan(&ended(99), &decisions);
    assert_eq!(change(&after, COPY), from_to("95", "99"));
    let own = document(&after, COPY, Kind::Supplement);
    assert_eq!(own.ordinal, 1, "updates have numbers of their own");
}

#[test]
fn a_copy_does_not_yield_to_an_update_whose_way_is_not_known() {
    let mut updates = follows(UPDATES, DutyKind::Update);
    (updates.to, updates.subject) = (Vec::new(), None);
    let mut copy = follows(COPY, DutyKind::AssessorCopy);
    copy.given = Some("handed to the assessor".to_owned());
    let notices = Notices::from_frames([frame(), updates, copy], settings());
    let mut more = determinations(Answer::Owed, 95);
    more[0].performed = by_hand("b-60", 9);
    let none = plan(&determinations(Answer::Owed, 81), &[]);
    let decisions = released_on(10, document(&none, COPY, Kind::Initial));
    let plan = notices.plan(&incident(), &more, &Decided::new(&decisions));
    assert_eq!(change(&plan, COPY), from_to("81", "95"));
    let update = document(&plan, UPDATES, Kind::Supplement);
    assert!(update.blocking().next().is_some());
    assert_eq!(update.changes.len(), 1);
}

#[test]
fn released_pages_say_to_whom_an_update_goes_besides() {
    let mut updates = follows(UPDATES, DutyKind::Update);
    updates.also = vec!["the assessor, of each update (IX)".to_owned()];
    let notices = Notices::from_frames([frame(), updates], settings());
    let owed = determinations(Answer::Owed, 81);
    let decided = Decided::new(&both());
    let plan = notices.plan(&incident(), &owed, &decided);
    let update = document(&plan, UPDATES, Kind::Supplement);
    let text = letter(update, Some(at("2026-12-20T00:00:00Z")), None).text;
    let says = "Also to: the assessor, of each update (IX)";
    assert!(text.contains(says), "{text}");
}

#[test]
fn that_a_withdrawal_no_longer_stands_is_told() {
    let owed = determinations(Answer::Owed, 81);
    let mut decisions = both();
    decisions.extend(updated_on(12, &owed, &decisions));
    let mut gone = determinations(Answer::NotOwed, 81);
    gone.iter_mut().for_each(|one| one.answer = Answer::NotOwed);
    let asked = plan(&gone, &decisions);
    let asked = document(&asked, REPORT, Kind::Withdrawal);
    let gap = asked.blocking().next().unwrap();
    decisions.push(answer("yes", &gap.id, "yes"));
    let withdrawal = plan(&gone, &decisions);
    let withdrawal = document(&withdrawal, REPORT, Kind::Withdrawal);
    decisions.extend(released_on(14, withdrawal));
    let again = plan(&owed, &decisions);
    for duty in [REPORT, UPDATES] {
        let mut records = again.records.iter();
        let draft = records.find(|one| one.duty == duty && one.state == Phase::Ready);
        let changes = &draft.unwrap().document.changes;
        let first = &changes[0];
        assert_eq!(first.label, "Whether the report is owed", "{duty}");
        let values = (first.was.as_deref(), first.now.as_deref());
        assert_eq!(values, (Some("no"), Some("yes")), "{duty}");
    }
}

#[test]
fn that_a_report_is_no_longer_settled_is_told_also_after_its_updates() {
    let owed = determinations(Answer::Owed, 81);
    let mut decisions = both();
    decisions.extend(updated_on(12, &owed, &decisions));
    let mut open = ended(81);
    open[0].answer = Answer::Open;
    let plan = plan(&open, &decisions);
    let changes = &document(&plan, REPORT, Kind::Supplement).changes;
    let [answer] = &changes[..] else {
        panic!("{changes:?}")
    };
    let values = (answer.was.as_deref(), answer.now.as_deref());
    assert_eq!(values, (Some("yes"), Some("not settled")));
}

/// The update of these determinations, on record as done by `records`.
fn done(mut all: Vec<Determination>, records: &[(&str, u8)]) -> Vec<Determination> {
    let records = records.iter();
    let done = records.flat_map(|(record, day)| by_hand(record, *day));
    all[1].performed = done.collect::<Vec<PerformedAt>>();
    all
}

#[test]
fn updates_are_numbered_by_what_was_updated_and_by_nothing_twice() {
    let owed = || determinations(Answer::Owed, 95);
    // A supplement of the report is an update to the engine and none by its name.
    let mut decisions = both();
    let supplement = plan(&ended(95), &decisions);
    let supplement = document(&supplement, REPORT, Kind::Supplement);
    decisions.extend(released_on(14, supplement));
    let by_supplement = done(owed(), &[("r-incident-report-14", 14)]);
    assert_eq!(drafted(&plan(&by_supplement, &decisions)), Some(1));

    // Released and then recorded as mailed, it is one: on the day of its release, or by its name.
    let mut decisions = both();
    let first = plan(&owed(), &decisions);
    let first = document(&first, UPDATES, Kind::Supplement);
    decisions.extend(released_on(12, first));
    let release = ("r-incident-updates-12", 12);
    let mailed = done(owed(), &[release, ("b-62", 12)]);
    assert_eq!(drafted(&plan(&mailed, &decisions)), Some(2));
    let later = done(owed(), &[release, ("b-62", 15)]);
    assert_eq!(drafted(&plan(&later, &decisions)), Some(3), "another one");
    let mut incident = incident();
    incident.reports.push(event(
        "b-62",
        serde_json::json!({"kind": "performed", "order": "acme", "duty": UPDATES,
            "at": "2026-12-15T00:00:00Z", "document": first.notice}),
    ));
    let named = papers().plan(&incident, &later, &Decided::new(&decisions));
    assert_eq!(drafted(&named), Some(2));
    // What was made by hand and what was released here have one row of numbers.
    let by_hand = done(owed(), &[("b-61", 11), release]);
    assert_eq!(drafted(&plan(&by_hand, &decisions)), Some(3));
}

#[test]
fn who_decided_on_a_draft_that_has_another_number_now_is_told() {
    let owed = || determinations(Answer::Owed, 81);
    let mut decisions = both();
    let first = plan(&owed(), &decisions);
    let first = document(&first, UPDATES, Kind::Supplement);
    let mut sign = signed(first, "I declare.");
    sign.id = "s-9".to_owned();
    decisions.extend([approve("a-9", 14, "ann", first), sign]);
    let problems = |all: &[Determination], decisions: &[Decision]| {
        let plan = plan(all, decisions);
        let mut records = plan.records.iter();
        let draft = records.find(|one| one.duty == UPDATES && one.released_at.is_none());
        let problems = draft.unwrap().problems.iter();
        let problems = problems.map(|one| (one.decision.clone(), one.code.clone()));
        problems.collect::<Vec<_>>()
    };
    assert_eq!(problems(&owed(), &decisions), []);
    let renamed = done(owed(), &[("b-61", 11)]);
    let lost = ["a-9", "s-9"].map(|id| (id.to_owned(), "no_draft".to_owned()));
    assert_eq!(problems(&renamed, &decisions), lost);
    // What was taken back since is nobody's any more.
    decisions.push(withdraw("w-9", 15, "eve", first));
    assert_eq!(problems(&renamed, &decisions), []);
    // So too after a join: the notice has the name of the incident.
    let mut joined = incident();
    joined.id = "inc-joined".to_owned();
    joined.groups.push("matter:M-9".to_owned());
    let initial = plan(&owed(), &[]);
    let approval = approve("a-1", 9, "ann", document(&initial, REPORT, Kind::Initial));
    let mut all = owed();
    all.iter_mut()
        .for_each(|one| one.incident = joined.id.clone());
    let plan = papers().plan(&joined, &all, &Decided::new(&[approval]));
    let mut records = plan.records.iter();
    let report = records.find(|one| one.duty == REPORT).unwrap();
    assert_eq!(report.problems[0].code, "no_draft");
    assert_eq!(
        report.document.items[2].entries[0].count,
        Some(Interval::exactly(81))
    );
}
