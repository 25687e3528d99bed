//! Every pack that ships gives notices with its own lettering, subject and address.

use crate::fixture::*;
use crate::*;
use obligation::Answer;
use orders::{DutyKind, Packs};
use std::collections::BTreeSet;

/// An incident with everything on record that some order asks for.
fn described() -> incident::Incident {
    let mut incident = incident();
    let none = serde_json::json!({"kind": "law_enforcement_request", "made": "no"});
    let customers = serde_json::json!({"kind": "tally", "unit": "customers", "at_least": 12,
                                       "at_most": 12, "ground": "established"});
    incident.reports.extend([
        statement("s-90", "confidentiality", "Nothing in it is confidential."),
        statement("s-91", "contact", "The privacy office of the company."),
        statement("s-92", "individual_steps", "Change the password."),
        event("s-93", none),
        event("s-94", customers),
    ]);
    incident
}

#[test]
fn every_duty_of_every_pack_that_is_done_by_a_document_can_be_composed() {
    let packs = Packs::embedded().unwrap();
    let (mut seen, mut recipients) = (BTreeSet::new(), 0);
    for order in packs.orders() {
        for duty in order.duties.iter().filter(|duty| duty.kind.is_paper()) {
            seen.insert(duty.kind.as_str());
            let frame = Frame::of(order, duty);
            assert!(frame.items.iter().all(|item| !item.fills.is_empty()));
            let mut determination = determination(Answer::Owed);
            determination.order = order.slug.clone();
            determination.duty = Some(duty.name.clone());
            let incident = described();
            let compose = |answers: &[&facts::Decision]| {
                compose(&frame, &incident, &determination, &[], answers, &settings()).unwrap()
            };
            let mut document = compose(&[]);
            if frame.placeholder.is_some() {
                let gap = document.blocking().next().unwrap();
                document = compose(&[&answer("a-1", &gap.id, "none")]);
            }
            let letters: Vec<&str> = document
                .items
                .iter()
                .map(|item| item.letter.as_str())
                .collect();
            let asked: Vec<&str> = duty.items.iter().map(|item| item.letter.as_str()).collect();
            assert_eq!(letters, asked, "{}", order.slug);
            let channel = duty.channel.as_ref().or(order.channel.as_ref());
            assert_eq!(document.channel.given, duty.given);
            if let Some(channel) = channel.filter(|_| duty.given.is_none()) {
                let letter = letter(&document, None, None);
                assert!(
                    letter.subject.starts_with(&channel.subject),
                    "{}",
                    letter.subject
                );
                let own = duty.recipients.iter().filter_map(|one| one.email.clone());
                let to = match duty.kind.is_filed() {
                    true => vec![channel.email.clone()],
                    false => own.collect(),
                };
                assert_eq!(letter.to, to);
            }
            // Only what goes to the Commission asks it for confidential treatment.
            assert_eq!(document.confidentiality.is_empty(), !duty.kind.is_filed());
            let follows = |one: &&orders::Duty| one.of.as_ref() == Some(&duty.name);
            let copies = order.duties.iter().filter(follows);
            for besides in copies.chain([duty]).flat_map(|one| &one.recipients) {
                let channel = &document.channel;
                let said = channel.otherwise.iter().chain(&channel.also);
                let mut said = said.filter(|line| line.contains(&besides.who));
                let line = said.next().unwrap();
                assert!(
                    besides.email.iter().all(|mail| line.contains(mail)),
                    "{line}"
                );
                recipients += 1;
            }
            assert!(
                document
                    .caveats
                    .iter()
                    .any(|one| one.contains(order.grade.caution()))
            );
            assert_eq!(document.declaration.is_some(), duty.signature.is_some());
            // Two people release whatever is sworn, where it is signed, and goes a way that is
            // known.
            let mut decisions = released(&document);
            decisions.extend(
                document
                    .declaration
                    .iter()
                    .map(|words| signed(&document, words)),
            );
            if channel.is_some() || document.channel.given.is_some() {
                let ledger = Ledger::new(&decisions);
                let state = state(&document.notice, Some(&document), &ledger);
                assert_eq!(state.phase, Phase::Released, "{:?}", state.problems);
            }
        }
    }
    let kinds = [
        "annual-log",
        "assessor-copy",
        "board-summary",
        "publication",
        "report",
    ];
    let kinds = kinds.into_iter().chain(["state-copy", "update"]);
    assert_eq!(seen, kinds.collect());
    assert!(recipients > 2, "{recipients}");
}

#[test]
fn a_placeholder_in_the_subject_holds_the_notice_up_until_people_say_what_stands_there() {
    let packs = Packs::embedded().unwrap();
    for (slug, printed, filled) in [
        (
            "betterhelp",
            "[X-number]",
            "In re BetterHelp, Inc., X230063.",
        ),
        ("godaddy", "C-####", "In re GoDaddy Inc., X230063."),
    ] {
        let order = packs.order(slug).unwrap();
        let duty = &order.duties[0];
        let frame = Frame::of(order, duty);
        let mut determination = determination(Answer::Owed);
        determination.order = order.slug.clone();
        determination.duty = Some(duty.name.clone());
        let incident = described();
        let composed = |answers: &[facts::Decision]| {
            let answers: Vec<_> = answers.iter().collect();
            let (frame, settings) = (&frame, settings());
            compose(frame, &incident, &determination, &[], &answers, &settings).unwrap()
        };
        let open = composed(&[]);
        let gaps: Vec<_> = open.blocking().collect();
        assert_eq!(gaps.len(), 1, "{slug}: {gaps:?}");
        assert!(gaps[0].what.contains(printed), "{:?}", gaps[0]);
        let subject = |document: &NoticeDocument| document.channel.subject.clone().unwrap();
        let literal = &order.channel.as_ref().unwrap().subject;
        assert!(subject(&open).starts_with(literal));
        let gaps_of_subject = gaps[0].id.clone();
        let says = |id: &str, value: &str| answer(id, &gaps_of_subject, value);
        // As it is printed, where people say so.
        let printed = composed(&[says("a-1", "none")]);
        assert!(printed.blocking().next().is_none());
        assert!(subject(&printed).starts_with(literal));
        let is_told = |document: &NoticeDocument| {
            let mut gaps = document.gaps.iter();
            gaps.any(|gap| gap.id == gaps_of_subject)
        };
        assert!(!is_told(&printed));
        // What stands in its place stands there as it was written.
        let named = composed(&[says("a-1", "X230063")]);
        assert!(named.blocking().next().is_none());
        assert!(subject(&named).starts_with(filled), "{}", subject(&named));
        assert!(!is_told(&named), "what people answered is known");
        // What differs is disputed, and what is no line of text goes into no mail.
        for refused in [
            vec![says("a-1", "X230063"), says("a-2", "X230064")],
            vec![says("a-1", "X230063\r\nBcc: kim@example.com")],
            vec![says("a-1", "")],
            // Nor what says that nobody knows it, or answers another question.
            vec![says("a-1", "unknown")],
            vec![says("a-1", "yes")],
            vec![says("a-1", "n/a")],
            vec![says("a-1", "Not known.")],
            vec![says("a-1", "TBD")],
            vec![says("a-1", "[X-number]")],
        ] {
            let document = composed(&refused);
            assert_eq!(document.blocking().count(), 1);
            assert!(subject(&document).starts_with(literal));
        }
    }
}

#[test]
fn a_copy_says_what_the_report_says() {
    let packs = Packs::embedded().unwrap();
    let mut seen = 0;
    for order in packs.orders() {
        let papers = order.duties.iter().filter(|duty| duty.kind.is_paper());
        for (copy, first) in papers.filter_map(|duty| {
            let is_copy = matches!(duty.kind, DutyKind::AssessorCopy | DutyKind::StateCopy);
            let first = order.duty(duty.of.as_deref()?)?;
            is_copy.then_some((duty, first))
        }) {
            let said = |duty: &orders::Duty| {
                let mut determination = determination(Answer::Owed);
                determination.order = order.slug.clone();
                determination.duty = Some(duty.name.clone());
                let (frame, settings) = (Frame::of(order, duty), settings());
                let incident = described();
                compose(&frame, &incident, &determination, &[], &[], &settings).unwrap()
            };
            let (copy, report) = (said(copy), said(first));
            assert_eq!(copy.items, report.items, "{}", order.slug);
            assert_eq!(copy.enclosures, report.enclosures, "{}", order.slug);
            assert_eq!(copy.declaration, report.declaration, "{}", order.slug);
            seen += 1;
        }
    }
    assert!(seen > 2, "{seen}");
}

#[test]
fn a_reading_that_is_not_followed_is_a_problem_that_the_draft_names() {
    let packs = Packs::embedded().unwrap();
    let is_report = |duty: &&orders::Duty| duty.kind == DutyKind::Report;
    let (order, duty, question) = packs
        .orders()
        .find_map(|order| {
            let duty = order.duties.iter().find(is_report)?;
            Some((order, duty, order.reserved.values().next()?))
        })
        .unwrap();
    let reading = |id: &str, role: &str, question: &str, value: &str| facts::Decision {
        role: role.to_owned(),
        ..decision(
            id,
            1,
            "kim",
            facts::Act::Reading(facts::Reading {
                order: order.slug.clone(),
                question: question.to_owned(),
                value: value.to_owned(),
                why: None,
            }),
        )
    };
    let value = question.readings.keys().next().unwrap();
    let mut incident = described();
    incident.decisions = vec![
        reading("d-1", "counsel", &question.id, value),
        reading("d-2", "responder", &question.id, value),
        reading("d-3", "counsel", &question.id, "no-such-value"),
        reading("d-4", "counsel", "no_such_question", value),
    ];
    let mut determination = determination(Answer::Owed);
    determination.order = order.slug.clone();
    determination.duty = Some(duty.name.clone());
    let notices = Notices::from_frames([Frame::of(order, duty)], settings());
    let plan = notices.plan(&incident, &[determination], &Decided::default());
    let problems = &plan.records[0].problems;
    let told: Vec<(&str, &str)> = problems
        .iter()
        .map(|one| (one.decision.as_str(), one.code.as_str()))
        .collect();
    let refused = ["d-2", "d-3", "d-4"].map(|id| (id, "refused_reading"));
    assert_eq!(told, refused);
    assert!(problems[0].text.contains("another role"), "{problems:?}");
    assert!(problems[1].text.contains(value.as_str()), "{problems:?}");
    assert!(
        problems[2].text.contains("no question of this name"),
        "{problems:?}"
    );
}

#[test]
fn copies_are_of_notices_to_the_authorities_of_which_the_duty_speaks() {
    let packs = Packs::embedded().unwrap();
    let (mut of_one, mut of_all) = (0, 0);
    for order in packs.orders() {
        for duty in &order.duties {
            let frame = Frame::of(order, duty);
            for fill in frame.items.iter().flat_map(|item| &item.fills) {
                match fill {
                    Fill::Copies {
                        country: Some(country),
                    } => {
                        assert_eq!(country, "US", "{}", order.slug);
                        of_one += 1;
                    }
                    Fill::Copies { country: None } => of_all += 1,
                    _ => {}
                }
            }
        }
    }
    assert!(of_one > 0 && of_all > 0, "{of_one}, {of_all}");
}

#[test]
fn what_documents_say_where_the_source_does_not_is_drafted_by_a_reading_of_the_pack() {
    let packs = Packs::embedded().unwrap();
    let mut seen = 0;
    for order in packs.orders() {
        for question in order.reserved.values().filter(|one| one.contents) {
            let raises = |duty: &&orders::Duty| duty.reserved.contains(&question.id);
            let duties: Vec<_> = order.duties.iter().filter(raises).collect();
            let (id, slug) = (&question.id, &order.slug);
            assert!(!duties.is_empty(), "{slug}: {id}");
            for duty in duties {
                assert!(duty.kind.is_paper(), "{slug}: {id}");
                let frame = Frame::of(order, duty);
                assert_eq!(
                    frame.contents.get(id),
                    question.working.as_ref(),
                    "{slug}: {id}"
                );
            }
            assert!(question.working.is_some(), "{slug}: {id}");
            seen += 1;
        }
    }
    assert!(seen > 4, "{seen}");
}

#[test]
fn the_own_part_of_a_duty_says_that_people_or_the_media_were_told() {
    use facts::PerformedPart as Part;
    let packs = Packs::embedded().unwrap();
    let mut seen = BTreeSet::new();
    for order in packs.orders() {
        for duty in &order.duties {
            let tells = &Frame::of(order, duty).tells;
            let of_duty = |part: Option<Part>| tells.get(&(duty.name.clone(), part)).copied();
            let own = match duty.kind {
                DutyKind::IndividualNotice => Some(Part::Individuals),
                DutyKind::MediaNotice => Some(Part::Media),
                _ => None,
            };
            assert_eq!(of_duty(None), own, "{}/{}", order.slug, duty.name);
            seen.extend(own);
        }
    }
    assert_eq!(seen.len(), 2);
}

#[test]
fn confidential_treatment_is_asked_of_the_commission_alone() {
    let packs = Packs::embedded().unwrap();
    let asks = |duty: &orders::Duty| {
        let mut items = duty.items.iter();
        items.any(|item| item.fills == orders::Fills::Confidentiality)
    };
    let all = packs.orders().flat_map(|order| &order.duties);
    let asking: Vec<_> = all
        .filter(|duty| asks(duty))
        .map(|duty| duty.kind)
        .collect();
    assert!(!asking.is_empty());
    assert!(asking.iter().all(|kind| kind.is_filed()), "{asking:?}");
}

#[test]
fn a_reading_by_which_a_release_says_too_much_is_a_problem_of_the_release() {
    let packs = Packs::embedded().unwrap();
    let order = packs.order("cerebral").unwrap();
    let duty = order.duty("publication").unwrap();
    let frame = Frame::of(order, duty);
    let mut determination = determination(Answer::Owed);
    determination.order = order.slug.clone();
    determination.duty = Some(duty.name.clone());
    determination.reserved = vec![obligation::Reserved {
        id: "public_contents".to_owned(),
        question: "What does the public version leave out?".to_owned(),
        working_reading: Some("Nothing.".to_owned()),
        reading: None,
        disputed: false,
    }];
    let incident = described();
    let document = compose(&frame, &incident, &determination, &[], &[], &settings()).unwrap();
    let reading = |id: &str, value: &str| {
        let act = facts::Reading {
            order: order.slug.clone(),
            question: "public_contents".to_owned(),
            value: value.to_owned(),
            why: None,
        };
        decision(id, 14, "kim", facts::Act::Reading(act))
    };
    let problems = |later: Vec<facts::Decision>| {
        let decisions = [released(&document), later].concat();
        let notices = Notices::from_frames([frame.clone()], settings());
        let decided = Decided::new(&decisions);
        let plan = notices.plan(&incident, std::slice::from_ref(&determination), &decided);
        let record = &plan.records[0];
        assert_eq!(record.state, Phase::Released, "{:?}", record.problems);
        let told = record.problems.iter();
        told.map(|one| (one.decision.clone(), one.code.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(problems(vec![reading("c-1", "nothing")]), []);
    let confidential = reading("c-2", "confidential");
    let other = ("c-2".to_owned(), "other_reading".to_owned());
    assert_eq!(problems(vec![confidential.clone()]), [other]);
    // Revoked, it says nothing any more.
    let revoked = revoke("c-3", 15, "kim", "c-2");
    assert_eq!(problems(vec![confidential, revoked]), []);
}
