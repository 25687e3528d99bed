//! Every pack that ships gives notices with its own lettering, subject and address.

use crate::fixture::*;
use crate::*;
use obligation::Answer;
use orders::{DutyKind, Packs};

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
fn every_report_duty_of_every_pack_can_be_composed() {
    let packs = Packs::embedded().unwrap();
    let (mut seen, mut recipients) = (0, 0);
    for order in packs.orders() {
        let reports = order
            .duties
            .iter()
            .filter(|duty| duty.kind == DutyKind::Report);
        for duty in reports {
            seen += 1;
            let frame = Frame::of(order, duty);
            assert!(frame.items.iter().all(|item| !item.fills.is_empty()));
            let mut determination = determination(Answer::Owed);
            determination.order = order.slug.clone();
            determination.duty = Some(duty.name.clone());
            let document =
                compose(&frame, &described(), &determination, &[], &[], &settings()).unwrap();
            let letters: Vec<&str> = document
                .items
                .iter()
                .map(|item| item.letter.as_str())
                .collect();
            let asked: Vec<&str> = duty.items.iter().map(|item| item.letter.as_str()).collect();
            assert_eq!(letters, asked, "{}", order.slug);
            let channel = duty.channel.as_ref().or(order.channel.as_ref());
            if let Some(channel) = channel {
                let letter = letter(&document, None);
                assert!(
                    letter.subject.starts_with(&channel.subject),
                    "{}",
                    letter.subject
                );
                assert_eq!(letter.to, std::slice::from_ref(&channel.email));
            }
            let follows = |one: &&orders::Duty| one.of.as_ref() == Some(&duty.name);
            let copies = order.duties.iter().filter(follows);
            for besides in copies.chain([duty]).flat_map(|one| &one.recipients) {
                let said = document.channel.otherwise.iter();
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
            if document.declaration.is_none() && channel.is_some() {
                let ledger = Ledger::new(&released(&document));
                let state = state(&document.notice, Some(&document), &ledger);
                assert_eq!(state.phase, Phase::Released, "{:?}", state.problems);
            }
        }
    }
    assert!(seen > 0 && recipients > 2, "{recipients}");
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
        problems[2].text.contains("no_such_question"),
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
