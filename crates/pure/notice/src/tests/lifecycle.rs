//! Approvals, releases, rejections and withdrawals.

use crate::fixture::*;
use crate::*;
use facts::{Act, Decision};
use proptest::prelude::*;

pub(super) fn phase(document: &NoticeDocument, decisions: &[Decision]) -> Phase {
    judged(document, decisions).phase
}

pub(super) fn judged(document: &NoticeDocument, decisions: &[Decision]) -> NoticeState {
    state(&document.notice, Some(document), &Ledger::new(decisions))
}

pub(super) fn codes(state: &NoticeState) -> Vec<&str> {
    state
        .problems
        .iter()
        .map(|problem| problem.code.as_str())
        .collect()
}

/// Complete, but not what `complete` says.
fn other_version() -> NoticeDocument {
    let mut document = complete();
    document.items[1].entries[0].value = "Another account of the facts.".to_owned();
    document
}

#[test]
fn two_different_people_and_a_release() {
    let document = complete();
    let decisions = released(&document);
    assert_eq!(phase(&document, &[]), Phase::Ready);
    assert_eq!(phase(&document, &decisions[..1]), Phase::Approved);
    assert_eq!(phase(&document, &decisions[..2]), Phase::Releasable);
    let state = judged(&document, &decisions);
    assert_eq!(state.phase, Phase::Released);
    let released = state.released.unwrap();
    let entry = released.outbox(None);
    assert_eq!(
        (entry.digest.as_str(), entry.document.as_str()),
        (document.digest().as_str(), document.canonical().as_str())
    );
    assert_eq!(
        entry.message_id,
        message_id(&document.notice, &document.digest())
    );
    assert!(entry.subject.starts_with("FTC v. Acme Co."));
    assert!(state.problems.is_empty());
}

#[test]
fn the_same_person_twice_is_one_person() {
    let document = complete();
    let decisions = [
        approve("d-1", 10, "ann", &document),
        approve("d-2", 11, " Ann ", &document),
        release("d-3", 12, &document),
    ];
    let state = judged(&document, &decisions);
    assert_eq!(state.phase, Phase::Approved);
    assert_eq!(codes(&state), ["same_person", "refused"]);
}

#[test]
fn an_approval_of_the_old_version_does_not_release_the_new() {
    let (old, new) = (other_version(), complete());
    let decisions = [
        approve("d-1", 10, "ann", &old),
        approve("d-2", 11, "bob", &new),
        release("d-3", 12, &new),
    ];
    let state = judged(&new, &decisions);
    assert_eq!(state.phase, Phase::Approved);
    assert!(codes(&state).contains(&"other_version") && codes(&state).contains(&"refused"));
    assert!(state.released.is_none());
}

#[test]
fn a_release_is_judged_by_its_own_document_not_by_the_current_draft() {
    let (then, now) = (complete(), other_version());
    let state = judged(&now, &released(&then));
    assert_eq!(state.phase, Phase::Released);
    assert_eq!(state.released.unwrap().digest(), then.digest());
    // Nor does it need a current draft at all.
    let ledger = Ledger::new(&released(&then));
    assert_eq!(
        crate::state(&then.notice, None, &ledger).phase,
        Phase::Released
    );
}

#[test]
fn a_document_that_is_not_of_its_digest_counts_for_nothing() {
    let document = complete();
    let mut decisions = released(&document);
    if let Act::Approve(approve) = &mut decisions[0].act {
        approve.document = other_version().canonical();
    }
    let state = judged(&document, &decisions);
    assert_eq!(state.phase, Phase::Approved);
    assert!(codes(&state).contains(&"digest_mismatch"));
    let mut decisions = released(&document);
    if let Act::Release(release) = &mut decisions[2].act {
        release.document = "{".to_owned();
    }
    let state = judged(&document, &decisions);
    assert_eq!(
        (state.phase, codes(&state)),
        (Phase::Releasable, vec!["unreadable"])
    );
}

#[test]
fn an_incomplete_document_is_not_released_however_many_approve_it() {
    let mut incident = incident();
    incident.reports.retain(|one| one.record.id != "b-03");
    let answer = determination(obligation::Answer::Owed);
    let draft = compose(&frame(), &incident, &answer, &[], &[], &settings()).unwrap();
    let state = judged(&draft, &released(&draft));
    assert_eq!(state.phase, Phase::Draft);
    assert!(codes(&state).contains(&"incomplete"));
    assert!(state.released.is_none());
}

#[test]
fn a_forged_document_does_not_pass_the_check() {
    let forgeries: [fn(&mut NoticeDocument); 7] = [
        |document| document.items.clear(),
        |document| document.items[0].entries.clear(),
        |document| document.channel.to.clear(),
        |document| document.answer = obligation::Answer::Open,
        |document| document.order.order = "another".to_owned(),
        |document| document.groups.clear(),
        |document| document.contact = None,
    ];
    for forge in forgeries {
        let mut document = complete();
        forge(&mut document);
        assert!(Ready::check(document.clone()).is_err());
        assert!(judged(&document, &released(&document)).released.is_none());
    }
}

#[test]
fn at_the_same_time_the_stricter_wins() {
    let document = complete();
    let with = |stop: Decision| {
        let mut decisions = released(&document);
        decisions.push(stop);
        judged(&document, &decisions)
    };
    for stop in [
        reject("d-9", 12, "eve", &document),
        withdraw("d-9", 12, "eve", &document),
    ] {
        let kind = stop.act.kind();
        let state = with(stop);
        assert!(state.released.is_none(), "{kind}");
        assert!(
            matches!(state.phase, Phase::Rejected | Phase::Withdrawn),
            "{kind}"
        );
        assert!(codes(&state).contains(&"refused"), "{kind}");
    }
    // Between the approvals: the later approval alone is not enough.
    assert_eq!(
        with(reject("d-9", 10, "eve", &document)).phase,
        Phase::Approved
    );
    // A rejection of another version stops nothing.
    assert_eq!(
        with(reject("d-9", 12, "eve", &other_version())).phase,
        Phase::Released
    );
    // At the release's own instant a revocation wins too.
    assert!(with(revoke("d-9", 12, "rita", "d-3")).released.is_none());
}

#[test]
fn after_the_release_it_is_held_and_stays_on_record() {
    let document = complete();
    for (stop, phase) in [
        (reject("d-9", 13, "eve", &document), Phase::Rejected),
        (withdraw("d-9", 13, "eve", &document), Phase::Withdrawn),
        (revoke("d-9", 13, "rita", "d-3"), Phase::Withdrawn),
    ] {
        let mut decisions = released(&document);
        decisions.push(stop);
        let state = judged(&document, &decisions);
        assert_eq!(state.phase, phase);
        assert!(state.held.is_some() && state.released.is_some());
        assert!(Decided::new(&decisions).outbox()[0].held.is_some());
    }
}

#[test]
fn approvals_after_a_rejection_take_the_notice_up_again() {
    let document = complete();
    let decisions = [
        approve("d-1", 10, "ann", &document),
        reject("d-2", 11, "eve", &document),
        approve("d-3", 12, "ann", &document),
        approve("d-4", 12, "bob", &document),
        release("d-5", 13, &document),
    ];
    assert_eq!(phase(&document, &decisions[..2]), Phase::Rejected);
    assert_eq!(phase(&document, &decisions[..3]), Phase::Approved);
    assert_eq!(phase(&document, &decisions), Phase::Released);
}

#[test]
fn a_revoked_approval_does_not_count_and_only_its_author_lifts_a_rejection() {
    let document = complete();
    let mut decisions = released(&document);
    decisions.push(revoke("d-4", 11, "eve", "d-1"));
    assert_eq!(phase(&document, &decisions), Phase::Approved);
    // Revoked after the release, it was an approval at the time of the release.
    decisions[3] = revoke("d-4", 13, "eve", "d-1");
    assert_eq!(phase(&document, &decisions), Phase::Released);

    let mut decisions = released(&document);
    decisions.push(reject("r-1", 12, "eve", &document));
    decisions.push(revoke("r-2", 12, "ann", "r-1"));
    let state = judged(&document, &decisions);
    assert_eq!(state.phase, Phase::Rejected);
    assert!(codes(&state).contains(&"not_theirs"));
    decisions[4] = revoke("r-2", 12, "eve", "r-1");
    assert_eq!(phase(&document, &decisions), Phase::Released);
}

#[test]
fn a_second_version_is_not_released_beside_the_first() {
    let (first, second) = (complete(), other_version());
    let mut decisions = released(&first);
    decisions.push(approve("e-1", 14, "ann", &second));
    decisions.push(approve("e-2", 14, "bob", &second));
    decisions.push(release("e-3", 15, &second));
    let state = judged(&second, &decisions);
    assert_eq!(state.released.as_ref().unwrap().digest(), first.digest());
    assert!(codes(&state).contains(&"refused"));
    // Once the first is withdrawn it is.
    decisions.push(withdraw("e-0", 13, "eve", &first));
    let state = judged(&second, &decisions);
    assert_eq!(
        (state.phase, state.released.unwrap().digest()),
        (Phase::Released, second.digest().as_str())
    );
}

#[test]
fn a_disputed_decision_allows_nothing_and_stops_what_it_stops() {
    let document = complete();
    let mut decisions = released(&document);
    decisions.push(approve("d-2", 11, "carl", &document));
    let state = judged(&document, &decisions);
    assert_eq!(state.phase, Phase::Approved);
    assert!(codes(&state).contains(&"disputed"));
    let mut decisions = released(&document);
    decisions.push(reject("r-1", 11, "eve", &document));
    decisions.push(reject("r-1", 11, "mal", &document));
    assert!(judged(&document, &decisions).released.is_none());
}

/// Decisions of every kind about two versions, at few instants so that many are equal.
fn any_decision() -> impl Strategy<Value = Decision> {
    let people = prop_oneof![Just("ann"), Just("bob"), Just("eve")];
    (
        0..7usize,
        1u8..5,
        people,
        any::<bool>(),
        0..12usize,
        0..12usize,
    )
        .prop_map(|(kind, day, by, first, id, of)| {
            let document = if first { complete() } else { other_version() };
            let id = format!("d-{id}");
            match kind {
                0..=2 => approve(&id, day, by, &document),
                3 => release(&id, day, &document),
                4 => reject(&id, day, by, &document),
                5 => withdraw(&id, day, by, &document),
                _ => revoke(&id, day, by, &format!("d-{of}")),
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn arrival_order_and_duplicates_change_nothing(
        decisions in proptest::collection::vec(any_decision(), 0..14),
        seed in any::<u64>(),
    ) {
        let document = complete();
        let expected = judged(&document, &decisions);
        let mut shuffled: Vec<Decision> =
            decisions.iter().chain(decisions.iter().take(3)).cloned().collect();
        let mut state = seed | 1;
        for index in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(index, (state >> 33) as usize % (index + 1));
        }
        prop_assert_eq!(judged(&document, &shuffled), expected);
    }

    #[test]
    fn nothing_is_released_without_two_people(
        decisions in proptest::collection::vec(any_decision(), 0..14),
    ) {
        let state = judged(&complete(), &decisions);
        if let Some(released) = state.released {
            let people: std::collections::BTreeSet<&str> = decisions
                .iter()
                .filter(|one| matches!(&one.act, Act::Approve(approve)
                    if approve.digest == released.digest() && one.at <= released.at()))
                .map(|one| one.by.reveal())
                .collect();
            prop_assert!(people.len() >= 2);
        }
    }
}

#[test]
fn revocations_of_one_id_that_revoke_each_other_come_to_an_end() {
    let document = complete();
    let mut decisions = released(&document);
    decisions.push(revoke("r-1", 10, "eve", "d-1"));
    decisions.push(revoke("r-2", 11, "eve", "r-1"));
    decisions.push(revoke("r-1", 13, "eve", "r-2"));
    let forward = judged(&document, &decisions);
    decisions.reverse();
    assert_eq!(judged(&document, &decisions), forward);
}
