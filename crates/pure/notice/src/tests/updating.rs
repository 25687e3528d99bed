//! Updates of a report, and what goes besides it: to an assessor, on a form, on a site.

use crate::fixture::*;
use crate::*;
use facts::{Decision, Interval};
use obligation::{Answer, Determination};
use orders::DutyKind;

pub(super) const UPDATES: &str = "incident-updates";
pub(super) const COPY: &str = "assessor-copy";

/// A duty that follows the report and has its items.
pub(super) fn follows(duty: &str, kind: DutyKind) -> Frame {
    let mut frame = frame();
    frame.follows = Some(frame.duty.duty);
    frame.duty.duty = duty.to_owned();
    frame.duty.kind = kind;
    frame
}

pub(super) fn papers() -> Notices {
    let mut copy = follows(COPY, DutyKind::AssessorCopy);
    (copy.to, copy.subject) = (Vec::new(), None);
    copy.given = Some("handed to the assessor".to_owned());
    let frames = [frame(), follows(UPDATES, DutyKind::Update), copy];
    Notices::from_frames(frames, settings())
}

/// What the three duties come to; `consumers` affected.
pub(super) fn determinations(updates: Answer, consumers: u64) -> Vec<Determination> {
    let one = |duty: &str, answer: Answer| {
        let mut one = determination(answer);
        one.duty = Some(duty.to_owned());
        let count = Interval::exactly(consumers);
        one.counts.insert("consumers".to_owned(), count);
        one
    };
    vec![
        one("incident-report", Answer::Owed),
        one(UPDATES, updates),
        one(COPY, Answer::Owed),
    ]
}

/// The same after the end of what is to be updated: the answer stays, its last limit is put aside.
pub(super) fn ended(consumers: u64) -> Vec<Determination> {
    let mut all = determinations(Answer::Owed, consumers);
    let mut limit = all[1].clock.clone().unwrap();
    limit.notes = vec!["put aside: it ended on 2026-12-20".to_owned()];
    all[1].clocks = vec![limit];
    all
}

/// On record as done on `day`, by hand.
pub(super) fn by_hand(record: &str, day: u8) -> Vec<obligation::PerformedAt> {
    vec![obligation::PerformedAt {
        at: Some(at(&format!("2026-12-{day:02}T00:00:00Z"))),
        record: record.to_owned(),
        part: None,
    }]
}

pub(super) fn plan(determinations: &[Determination], decisions: &[Decision]) -> Plan {
    papers().plan(&incident(), determinations, &Decided::new(decisions))
}

/// Each notice: its duty, which one it is, and how it stands.
pub(super) fn states(plan: &Plan) -> Vec<(&str, Kind, u32, Phase)> {
    let mut states: Vec<_> = plan
        .records
        .iter()
        .map(|one| (one.duty.as_str(), one.kind, one.ordinal, one.state))
        .collect();
    states.sort();
    states
}

pub(super) fn document<'a>(plan: &'a Plan, duty: &str, kind: Kind) -> &'a NoticeDocument {
    let mut records = plan.records.iter();
    let found = records.find(|one| one.duty == duty && one.kind == kind);
    &found.unwrap().document
}

/// The decisions that release on `day` the update that is due by then.
pub(super) fn updated_on(day: u8, owed: &[Determination], decisions: &[Decision]) -> Vec<Decision> {
    let plan = plan(owed, decisions);
    released_on(day, document(&plan, UPDATES, Kind::Supplement))
}

/// The decisions that release `document` on `day`.
pub(super) fn released_on(day: u8, document: &NoticeDocument) -> Vec<Decision> {
    let id = |what: &str| format!("{what}-{}-{day}", document.duty.duty);
    vec![
        approve(&id("a"), day, "ann", document),
        approve(&id("b"), day, "bob", document),
        release(&id("r"), day, document),
    ]
}

#[test]
fn an_update_stands_next_once_the_report_was_made_and_not_before() {
    use Phase::{Ready, Released};
    let owed = determinations(Answer::Owed, 81);
    let none = plan(&owed, &[]);
    let (copy, report) = (COPY, "incident-report");
    let drafts = [
        (copy, Kind::Initial, 0, Ready),
        (report, Kind::Initial, 0, Ready),
    ];
    assert_eq!(states(&none), drafts);
    // By a release, with nothing changed, and by hand.
    let released = released_on(10, document(&none, report, Kind::Initial));
    let by_release = plan(&owed, &released);
    assert!(states(&by_release).contains(&(UPDATES, Kind::Supplement, 1, Ready)));
    assert!(states(&by_release).contains(&(report, Kind::Initial, 0, Released)));
    let update = document(&by_release, UPDATES, Kind::Supplement);
    assert_eq!(update.changes, []);
    assert_eq!(update.items, document(&none, report, Kind::Initial).items);
    let letter = letter(update, None, None);
    assert!(
        letter.subject.contains(", Update 1 ("),
        "{}",
        letter.subject
    );
    let text = letter.text;
    assert!(
        text.contains("What has changed since December 9, 2026"),
        "{text}"
    );
    assert!(text.contains("Nothing of what was reported."), "{text}");
    let mut by_hand = owed.clone();
    by_hand[0].performed = vec![obligation::PerformedAt {
        at: None,
        record: "b-60".to_owned(),
        part: None,
    }];
    let by_hand = plan(&by_hand, &[]);
    let update = document(&by_hand, UPDATES, Kind::Supplement);
    assert!(
        update
            .gaps
            .iter()
            .any(|gap| gap.what.contains("made by hand"))
    );
    // Taken back, it was not made.
    let taken_back = [
        released,
        vec![withdraw(
            "w",
            11,
            "eve",
            document(&none, report, Kind::Initial),
        )],
    ];
    let taken_back = plan(&owed, &taken_back.concat());
    assert!(!states(&taken_back).iter().any(|one| one.0 == UPDATES));
}

#[test]
fn what_has_changed_is_told_once_by_the_update_with_figures_before_and_after_and_their_records() {
    let owed = determinations(Answer::Owed, 81);
    let none = plan(&owed, &[]);
    let mut decisions = released_on(10, document(&none, "incident-report", Kind::Initial));
    decisions.extend(released_on(10, document(&none, COPY, Kind::Initial)));
    let mut incident = incident();
    let tally = serde_json::json!({"kind": "tally", "unit": "consumers", "at_least": 95,
                                   "at_most": 95, "ground": "established", "why": "by hand"});
    incident.reports.push(event("b-70", tally));
    let more = determinations(Answer::Owed, 95);
    let then = |decisions: &[Decision], of: &[Determination]| {
        papers().plan(&incident, of, &Decided::new(decisions))
    };
    let changed = then(&decisions, &more);
    let supplements = |plan: &Plan| -> Vec<(String, u32)> {
        let all = plan
            .records
            .iter()
            .filter(|one| one.kind == Kind::Supplement);
        all.map(|one| (one.duty.clone(), one.ordinal)).collect()
    };
    assert_eq!(supplements(&changed), [(UPDATES.to_owned(), 1)]);
    let update = document(&changed, UPDATES, Kind::Supplement);
    let [change] = &update.changes[..] else {
        panic!("{:?}", update.changes)
    };
    assert_eq!(
        (change.was.as_deref(), change.now.as_deref()),
        (Some("81"), Some("95"))
    );
    assert!(!change.was_basis.contains(&"b-70".to_owned()), "{change:?}");
    assert!(change.basis.contains(&"b-70".to_owned()), "{change:?}");
    let text = letter(update, None, None).text;
    assert!(text.contains("By records: b-70\n"), "{text}");
    assert_eq!(update.earlier.len(), 1, "the report");

    // Released, it is the last word: the next one compares with it and has the next number.
    decisions.extend(released_on(14, update));
    let next = then(&decisions, &more);
    assert_eq!(document(&next, UPDATES, Kind::Supplement).ordinal, 1);
    let second = next.records.iter().find(|one| one.ordinal == 2).unwrap();
    assert_eq!(
        (second.duty.as_str(), second.document.changes.len()),
        (UPDATES, 0)
    );
    let earlier = |one: &Earlier| (one.duty_kind, one.kind);
    let earlier: Vec<_> = second.document.earlier.iter().map(earlier).collect();
    let update = (DutyKind::Update, Kind::Supplement);
    assert_eq!(earlier, [update, (DutyKind::Report, Kind::Initial)]);
    // When no more updates are due, what changes is a supplement again, of report and copy.
    let ended = then(&decisions, &ended(99));
    let again = [(COPY, 1), ("incident-report", 1), (UPDATES, 1)];
    let again = again.map(|(duty, number)| (duty.to_owned(), number));
    let mut of_ended = supplements(&ended);
    of_ended.sort();
    assert_eq!(of_ended, again);
    assert!(!states(&ended).iter().any(|one| one.1 == Kind::Withdrawal));
}

#[test]
fn a_report_that_is_taken_back_is_compared_with_its_last_update() {
    let owed = determinations(Answer::Owed, 81);
    let none = plan(&owed, &[]);
    let mut decisions = released_on(10, document(&none, "incident-report", Kind::Initial));
    decisions.extend(updated_on(12, &owed, &decisions));
    let mut gone = determinations(Answer::NotOwed, 81);
    gone.iter_mut().for_each(|one| one.answer = Answer::NotOwed);
    let plan = plan(&gone, &decisions);
    let withdrawals: Vec<_> = states(&plan)
        .into_iter()
        .filter(|one| one.1 == Kind::Withdrawal)
        .collect();
    assert_eq!(
        withdrawals,
        [("incident-report", Kind::Withdrawal, 1, Phase::Draft)]
    );
    let withdrawal = document(&plan, "incident-report", Kind::Withdrawal);
    assert_eq!(withdrawal.earlier[0].duty_kind, DutyKind::Update);
    // So too where nothing of the incident is left.
    let of_gone = papers().plan_of_gone(&Default::default(), &Decided::new(&decisions));
    let kinds: Vec<_> = states(&of_gone)
        .into_iter()
        .filter(|one| one.1 == Kind::Withdrawal)
        .collect();
    assert_eq!(kinds, withdrawals);
}

#[test]
fn a_report_that_was_taken_back_can_be_taken_up_again_beside_its_updates() {
    let owed = determinations(Answer::Owed, 81);
    let none = plan(&owed, &[]);
    let report = document(&none, "incident-report", Kind::Initial);
    let mut decisions = released_on(10, report);
    decisions.extend(updated_on(12, &owed, &decisions));
    decisions.push(withdraw("w", 13, "eve", report));
    let phase = |decisions: &[Decision]| {
        let plan = plan(&owed, decisions);
        let states = states(&plan);
        let reports = states.iter().filter(|one| one.0 == "incident-report");
        reports.map(|one| (one.1, one.3)).collect::<Vec<_>>()
    };
    assert_eq!(phase(&decisions), [(Kind::Initial, Phase::Withdrawn)]);
    decisions.push(approve("u", 14, "ann", report));
    assert_eq!(phase(&decisions), [(Kind::Initial, Phase::Approved)]);
}

#[test]
fn a_report_that_follows_another_duty_is_told_once_and_then_supplemented() {
    let mut beside_letters = frame();
    beside_letters.follows = Some("individual-notice".to_owned());
    let notices = Notices::from_frames([beside_letters], settings());
    let decided = Decided::new(&released(&complete()));
    let put = |incident: &incident::Incident, one: &Determination| {
        let plan = notices.plan(incident, std::slice::from_ref(one), &decided);
        let found = plan.records.iter();
        let mut found: Vec<_> = found
            .map(|one| (one.kind, one.ordinal, one.state))
            .collect();
        found.sort();
        found
    };
    let initial = (Kind::Initial, 0, Phase::Released);
    let owed = determination(Answer::Owed);
    assert_eq!(put(&incident(), &owed), [initial]);
    let mut more = owed.clone();
    let count = Interval::exactly(95);
    more.counts.insert("consumers".to_owned(), count);
    let supplement = (Kind::Supplement, 1, Phase::Ready);
    assert_eq!(put(&incident(), &more), [initial, supplement]);
    let withdrawal = (Kind::Withdrawal, 1, Phase::Draft);
    let not_owed = determination(Answer::NotOwed);
    assert_eq!(put(&incident(), &not_owed), [initial, withdrawal]);
    // After a join it is the joined incident's.
    let mut joined = incident();
    joined.id = "inc-joined".to_owned();
    joined.groups.push("matter:M-9".to_owned());
    more.incident = joined.id.clone();
    assert_eq!(put(&joined, &more), [initial, supplement]);
}

#[test]
fn a_report_by_hand_is_updated_since_its_copy_and_updates_by_hand_are_counted() {
    let none = plan(&determinations(Answer::Owed, 81), &[]);
    let decisions = released_on(10, document(&none, COPY, Kind::Initial));
    // Nobody has reported so far: no update is drafted that would tell what has changed.
    let mut more = determinations(Answer::Owed, 95);
    let unreported = plan(&more, &decisions);
    assert!(states(&unreported).contains(&(COPY, Kind::Supplement, 1, Phase::Ready)));
    assert!(!states(&unreported).iter().any(|one| one.0 == UPDATES));
    // To supplement a copy is not to update the report, nor to copy it again.
    let supplement = document(&unreported, COPY, Kind::Supplement);
    let both = [decisions.clone(), released_on(11, supplement)].concat();
    let done = Decided::new(&both).performed(&incident());
    assert_eq!(done.len(), 1, "{done:?}");

    more[0].performed = by_hand("b-60", 9);
    let reported = plan(&more, &decisions);
    let is_supplement = |one: &(&str, Kind, u32, Phase)| one.1 == Kind::Supplement;
    let mut drafted = states(&reported);
    drafted.retain(is_supplement);
    assert_eq!(drafted, [(UPDATES, Kind::Supplement, 1, Phase::Ready)]);
    let update = document(&reported, UPDATES, Kind::Supplement);
    let changes: Vec<_> = update
        .changes
        .iter()
        .map(|one| one.was.as_deref())
        .collect();
    assert_eq!(changes, [Some("81")], "{:?}", update.changes);
    let says =
        |update: &NoticeDocument, what: &str| update.gaps.iter().any(|gap| gap.what.contains(what));
    assert!(says(update, "shown since its copy, released on December 9"));

    more[1].performed = by_hand("b-61", 12);
    let second = plan(&more, &decisions);
    let second = document(&second, UPDATES, Kind::Supplement);
    assert_eq!(second.ordinal, 2);
    assert!(says(second, "an update was made by hand on December 11"));
}

#[test]
fn a_reading_of_contents_that_is_not_the_drafted_one_blocks_the_draft() {
    let blocked = |reading: Option<&str>, disputed: bool| {
        let mut determination = determination(Answer::Owed);
        determination.reserved = vec![obligation::Reserved {
            id: "update_contents".to_owned(),
            question: "What does it say?".to_owned(),
            working_reading: Some("All of it.".to_owned()),
            reading: reading.map(|value| obligation::CounselReading {
                value: value.to_owned(),
                decision: "d-1".to_owned(),
                role: None,
                at: None,
            }),
            disputed,
        }];
        let (frame, incident, settings) = (frame(), incident(), settings());
        let document = compose(&frame, &incident, &determination, &[], &[], &settings).unwrap();
        let gaps: Vec<String> = document.blocking().map(|gap| gap.what.clone()).collect();
        gaps
    };
    let blocked_by = |reading| blocked(reading, false);
    assert!(blocked_by(None).is_empty());
    assert!(blocked_by(Some("whole")).is_empty());
    // Readings that differ are none, and not the working one either.
    let says = "counsel's readings of `update_contents` differ, and this is drafted as `whole`";
    assert_eq!(blocked(None, true), [says]);
    let says = "counsel reads `update_contents` as `changes`, and this is drafted as `whole`";
    assert_eq!(blocked_by(Some("changes")), [says]);
}

#[test]
fn what_is_not_mailed_is_released_to_be_given_and_is_its_duty_done() {
    let owed = determinations(Answer::Owed, 81);
    let none = plan(&owed, &[]);
    let copy = document(&none, COPY, Kind::Initial);
    let decisions = released_on(10, copy);
    let decided = Decided::new(&decisions);
    let released = papers().plan(&incident(), &owed, &decided);
    assert!(states(&released).contains(&(COPY, Kind::Initial, 0, Phase::Released)));
    let entry = &released.outbox[0];
    assert_eq!(entry.to, Vec::<String>::new());
    assert_eq!(entry.given.as_deref(), Some("handed to the assessor"));
    let letter = letter(copy, None, None);
    assert!(
        letter.text.contains("Given: handed to the assessor"),
        "{}",
        letter.text
    );
    assert!(
        !letter.text.contains("Confidential treatment"),
        "{}",
        letter.text
    );
    let done = decided.performed(&incident());
    let facts::Report::Performed(done) = &done[0].report else {
        panic!("{done:?}")
    };
    assert_eq!(
        (done.duty.as_str(), done.part),
        (COPY, Some(facts::PerformedPart::Assessor))
    );
    // Neither mailed nor given, it cannot be.
    let mut nowhere = copy.clone();
    nowhere.channel.given = None;
    let why = Ready::check(nowhere).unwrap_err().reasons;
    assert_eq!(
        why,
        ["there is no address to send it to", "it has no subject"]
    );
}
