//! Items, gaps and what is never said.

use crate::fixture::*;
use crate::*;
use facts::{Interval, Kleene, StatementItem};
use incident::{Discovery, Incident, Members};
use obligation::Answer;

pub(super) fn composed(incident: &Incident) -> NoticeDocument {
    let determination = determination(Answer::Owed);
    compose(&frame(), incident, &determination, &[], &[], &settings()).unwrap()
}

pub(super) fn entry<'a>(document: &'a NoticeDocument, letter: &str, name: &str) -> &'a Entry {
    let item = document
        .items
        .iter()
        .find(|item| item.letter == letter)
        .unwrap();
    item.entries
        .iter()
        .find(|entry| entry.name.starts_with(name))
        .unwrap()
}

pub(super) fn without(reports: &[&str]) -> Incident {
    let mut incident = incident();
    incident
        .reports
        .retain(|one| !reports.contains(&one.record.id.as_str()));
    incident
}

#[test]
fn a_complete_record_makes_a_complete_notice_in_the_orders_lettering() {
    let document = complete();
    let letters: Vec<&str> = document
        .items
        .iter()
        .map(|item| item.letter.as_str())
        .collect();
    assert_eq!(letters, ["A", "B", "C", "D", "E"]);
    let dates = entry(&document, "A", "dates");
    assert_eq!(
        (dates.value.as_str(), dates.state),
        ("June 1, 2026 to August 20, 2026", State::Known)
    );
    let consumers = entry(&document, "C", "consumers");
    assert_eq!(
        (consumers.value.as_str(), consumers.count),
        ("81", Some(Interval::exactly(81)))
    );
    assert_eq!(consumers.basis, ["b-01"]);
    assert_eq!(
        entry(&document, "C", "accounts").unit.as_deref(),
        Some("accounts")
    );
    let fact = entry(&document, "B", "statement/facts");
    assert_eq!(
        (fact.basis.as_slice(), fact.generated),
        (["b-03".to_owned()].as_slice(), false)
    );
    assert_eq!(
        entry(&document, "D", "milestone/contained").value,
        "October 3, 2026"
    );
    assert_eq!(document.enclosures[0].sha256, DIGEST_OF_COPY);
    assert_eq!(
        document.due.as_ref().unwrap().outer.unwrap().to_string(),
        "2026-12-28"
    );
    assert_eq!(
        document
            .why
            .iter()
            .map(|reason| reason.depth)
            .collect::<Vec<_>>(),
        [0, 1]
    );
    assert!(document.blocking().next().is_none());
    // What is not known is said, and does not keep it from being complete.
    assert!(
        document
            .gaps
            .iter()
            .any(|gap| gap.what == "the cause is not on record")
    );
    assert!(Ready::check(document).is_ok());
}

#[test]
fn figures_beside_named_accounts_are_no_count_one_by_one() {
    // As an exposure has it that names some accounts and says how many there were in all: read
    // from the findings, and from the record of the incident as notify has it.
    let mut incident = incident();
    let mut row = incident.rows[0].clone();
    row.members = Members::Counted {
        accounts: Interval::exactly(5),
        consumers: Interval::ZERO,
        resources: Interval::ZERO,
        devices: Interval::ZERO,
    };
    incident.rows.push(row);
    let record = incident::record(&incident, Vec::new(), vec![]);
    let from_record = incident::from_record(&record, Some(incident.clone()));
    let method = |incident: &Incident| {
        let document = composed(incident);
        entry(&document, "C", "accounts").method.clone().unwrap()
    };
    for read in [&incident, &from_record] {
        assert!(method(read).contains("figures of the responders"));
    }
    // What the order does not ask about is not said of what it does.
    incident.rows[1].class.reached = Kleene::No;
    assert_eq!(method(&incident), "counted one by one, by identity");
}

#[test]
fn what_is_missing_is_a_gap_that_blocks() {
    for (report, item) in [
        ("b-03", "B"),
        ("b-04", "D"),
        ("b-05", "D"),
        ("b-06", "D"),
        ("b-09", "E"),
    ] {
        let document = composed(&without(&[report]));
        let gap = document
            .blocking()
            .next()
            .unwrap_or_else(|| panic!("no gap without {report}"));
        assert_eq!(gap.item.as_deref(), Some(item), "{report}");
        assert!(Ready::check(document).is_err());
    }
    let document = composed(&without(&["b-07"]));
    assert_eq!(document.blocking().next().unwrap().item, None);
}

#[test]
fn without_a_statement_a_sentence_is_made_and_marked() {
    let document = composed(&without(&["b-03"]));
    let fact = entry(&document, "B", "statement/facts");
    assert!(fact.generated);
    assert_eq!(
        fact.value,
        "In the time from June 1, 2026 to August 20, 2026, information (home security recording) \
         of customer accounts (81) and consumers (81) was reached, or is reasonably believed to \
         have been reached, without authorization, by a member of staff. 2 more attempts plainly \
         failed."
    );
}

#[test]
fn people_may_say_that_there_is_nothing_to_say() {
    let mut incident = without(&["b-04"]);
    let gap = composed(&incident).blocking().next().unwrap().clone();
    incident.decisions = vec![answer("a-1", &gap.id, "none")];
    let document = composed(&incident);
    assert!(document.blocking().next().is_none());
    let said = entry(&document, "D", "statement/remediation");
    assert_eq!(
        (said.value.as_str(), said.basis.as_slice()),
        ("None to date.", ["a-1".to_owned()].as_slice())
    );
    assert!(Ready::check(document).is_ok());
    // Two people who say different things settle nothing.
    incident.decisions.push(answer("a-2", &gap.id, "unknown"));
    assert!(composed(&incident).blocking().next().is_some());
}

#[test]
fn customers_are_those_that_responders_counted_and_without_a_count_a_gap() {
    let mut frame = frame();
    frame.items[2].fills = vec![Fill::Customers];
    let determination = determination(Answer::Owed);
    let composed = |incident: &Incident| {
        compose(&frame, incident, &determination, &[], &[], &settings()).unwrap()
    };
    let mut incident = incident();
    let document = composed(&incident);
    let gap = document.blocking().next().unwrap();
    assert_eq!(gap.item.as_deref(), Some("C"));
    assert!(gap.what.contains("customers"), "{}", gap.what);
    assert_eq!(
        document.items[2].entries.len(),
        1,
        "no figure of anything else"
    );
    let tally = |id: &str, at_least: u64, at_most: u64| {
        let report = serde_json::json!({"kind": "tally", "unit": "customers",
            "at_least": at_least, "at_most": at_most, "ground": "established"});
        event(id, report)
    };
    incident
        .reports
        .extend([tally("b-40", 10, 14), tally("b-41", 12, 20)]);
    let document = composed(&incident);
    assert!(document.blocking().next().is_none());
    let said = entry(&document, "C", "customers");
    let count = Interval {
        at_least: 12,
        at_most: Some(14),
    };
    assert_eq!((said.count, said.state), (Some(count), State::Estimated));
    assert_eq!(said.basis, ["b-40", "b-41"]);
    // Two that contradict each other are none.
    incident.reports.push(tally("b-42", 30, 30));
    let document = composed(&incident);
    let gap = document.blocking().next().unwrap();
    assert!(gap.what.contains("contradict each other"), "{}", gap.what);
    assert_eq!(entry(&document, "C", "customers").count, None);
}

#[test]
fn an_open_search_is_said_and_the_figures_are_lower_bounds() {
    let mut incident = incident();
    incident.searched.complete = false;
    incident.searched.searching = vec!["s".to_owned()];
    let mut determination = determination(Answer::Owed);
    determination.counts.insert(
        "consumers".to_owned(),
        Interval {
            at_least: 81,
            at_most: None,
        },
    );
    let document = compose(&frame(), &incident, &determination, &[], &[], &settings()).unwrap();
    let consumers = entry(&document, "C", "consumers");
    assert_eq!(consumers.state, State::Estimated);
    assert_eq!(consumers.value, "at least 81; no upper bound is known yet");
    assert_eq!(entry(&document, "A", "dates").state, State::Estimated);
    let gaps: Vec<&str> = document.gaps.iter().map(|gap| gap.what.as_str()).collect();
    assert!(
        gaps.iter().any(|what| what.contains("not fully searched")),
        "{gaps:?}"
    );
    assert!(
        gaps.iter().any(|what| what.contains("no upper bound")),
        "{gaps:?}"
    );
}

#[test]
fn unknown_discovery_and_asks_are_said() {
    let mut incident = incident();
    incident.discovery = Discovery::Unknown;
    let mut determination = determination(Answer::Owed);
    determination.asks = vec![ask()];
    let document = compose(&frame(), &incident, &determination, &[], &[], &settings()).unwrap();
    let said = |part: &str| {
        document
            .gaps
            .iter()
            .any(|gap| gap.what.contains(part) && !gap.blocks)
    };
    assert!(said("discovered") && said("encrypted"));
}

#[test]
fn what_is_only_open_cannot_become_ready() {
    let mut determination = determination(Answer::Open);
    determination.asks = vec![ask()];
    let document = compose(&frame(), &incident(), &determination, &[], &[], &settings()).unwrap();
    assert!(
        document
            .blocking()
            .any(|gap| gap.what.contains("not settled"))
    );
    assert!(Ready::check(document).is_err());
}

#[test]
fn incident_and_determination_must_rest_on_the_same_facts() {
    let mut incident = incident();
    incident.facts_digest = "f1".to_owned();
    let error = compose(
        &frame(),
        &incident,
        &determination(Answer::Owed),
        &[],
        &[],
        &settings(),
    );
    assert!(matches!(error, Err(ComposeError::DifferentFacts { .. })));
}

#[test]
fn a_statement_that_names_somebody_is_not_used() {
    for text in [
        "It was emp-4711.",
        "from acct-0007",
        "by responder-kim",
        "from 203.0.113.9",
        "cam-77 in acct-only-findings-know",
    ] {
        let mut incident = incident();
        incident.named.insert("acct-only-findings-know".into());
        *report_mut(&mut incident, "b-03") = statement("x", "facts", text).record.report;
        let document = composed(&incident);
        assert!(!document.canonical().contains(text), "{text}");
        assert!(
            document
                .blocking()
                .any(|gap| gap.what.contains("names a person")),
            "{text}"
        );
    }
}

/// Every pseudonym of the incident.
fn pseudonyms(incident: &Incident) -> Vec<String> {
    let mut all: Vec<String> = incident
        .actors
        .iter()
        .map(|one| one.reveal().to_owned())
        .collect();
    for row in &incident.rows {
        if let Members::Named {
            accounts,
            consumers,
            resources,
            devices,
            ..
        } = &row.members
        {
            for set in [accounts, consumers, resources, devices] {
                all.extend(set.iter().map(|one| one.reveal().to_owned()));
            }
        }
    }
    all.extend(["sess-99121", "198.51.100.7", "responder-kim", "person-a"].map(str::to_owned));
    all
}

#[test]
fn nothing_personal_is_said_wherever_people_wrote_it() {
    let mut incident = incident();
    let names = pseudonyms(&incident);
    for (index, name) in names.iter().enumerate().step_by(37) {
        for item in StatementItem::ALL {
            let id = format!("b-9-{index}-{item}");
            incident.reports.push(statement(
                &id,
                item.as_str(),
                &format!("see {name}, please"),
            ));
        }
        incident.reports.push(event(
            &format!("n-{name}"),
            serde_json::json!({"kind": "government_notice", "at": "2026-10-07T00:00:00Z",
                "authority": format!("office of {name}"), "version": name,
                "document": format!("{name}.pdf"), "required": "yes"}),
        ));
        incident.reports.push(event(
            &format!("s-{name}"),
            serde_json::json!({"kind": "staff_direction", "order": "acme", "changes": "channel",
                "to": format!("tell {name}")}),
        ));
    }
    incident.decisions = vec![{
        let mut one = answer(&format!("a-{}", names[3]), "q", "none");
        one.by = facts::Private::from("person-a");
        one
    }];
    let mut determination = determination(Answer::Owed);
    determination.because.text = format!("because of {}", names[0]);
    determination.asks = vec![ask()];
    determination.asks[0].question = format!("Was {} allowed?", names[0]);
    let document = compose(&frame(), &incident, &determination, &[], &[], &settings()).unwrap();
    let state = state(
        &document.notice,
        Some(&document),
        &Ledger::new(&released(&document)),
    );
    assert_eq!(state.phase, Phase::Draft);
    let plan = notices().plan(
        &incident,
        &[determination],
        &Decided::new(&released(&document)),
    );
    let pages = format!("{:?}", to_pages(&document, None, None));
    let letter = letter(&document, None, None).text;
    let json = serde_json::to_string(&plan.records).unwrap();
    for name in names.iter().map(String::as_str).chain(["ann", "bob"]) {
        for text in [&document.canonical(), &pages, &letter] {
            assert!(!text.contains(name) || name.len() < 4, "{name} is said");
        }
        assert!(
            !json.contains(&format!("\"{name}\"")),
            "{name} is in the record"
        );
        assert!(
            name.len() < 4 || !json.contains(name),
            "{name} is in the record"
        );
    }
}

#[test]
fn a_change_of_any_value_changes_the_digest() {
    let one = complete();
    let mut other = one.clone();
    other.items[2].entries[0].value = "82".to_owned();
    assert_ne!(one.digest(), other.digest());
    let again: NoticeDocument = serde_json::from_str(&one.canonical()).unwrap();
    assert_eq!(again, one);
    assert_eq!(again.digest(), one.digest());
}

#[test]
fn the_order_of_reports_does_not_matter() {
    let mut incident = incident();
    incident.reports.reverse();
    incident.groups.reverse();
    assert_eq!(composed(&incident).canonical(), complete().canonical());
}

#[test]
fn the_subject_begins_with_the_packs_literal() {
    let subject = complete().channel.subject.unwrap();
    assert!(
        subject.starts_with("FTC v. Acme Co. Incident Report, Initial report"),
        "{subject}"
    );
}

#[test]
fn the_readings_that_figures_follow_are_said() {
    let assumptions = complete().assumptions;
    assert!(assumptions[0].contains("own account"), "{assumptions:?}");
    let mut frame = frame();
    frame.in_force_known = false;
    let document = compose(
        &frame,
        &incident(),
        &determination(Answer::Owed),
        &[],
        &[],
        &settings(),
    )
    .unwrap();
    assert!(document.assumptions[1].contains("taken to bind"));
}
