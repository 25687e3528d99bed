//! Who was told and when: dates, copies of what was sent, and requests of law enforcement.

use super::composing::{composed, entry, without};
use crate::fixture::*;
use crate::*;
use incident::Incident;
use obligation::Answer;

#[test]
fn materially_different_notices_are_each_enclosed_and_missing_bytes_are_a_gap() {
    let mut incident = incident();
    incident.reports.push(event(
        "b-20",
        serde_json::json!({"kind": "consumer_notice", "at": "2026-10-06T00:00:00Z",
                           "version": "1", "document": "letter"}),
    ));
    incident.reports.push(event(
        "b-21",
        serde_json::json!({"kind": "government_notice", "at": "2026-10-07T00:00:00Z",
            "authority": "State Attorney General", "level": "state", "country": "US",
            "required": "yes", "document": "filing"}),
    ));
    incident.reports.push(event(
        "b-22",
        serde_json::json!({"kind": "document", "name": "filing", "sha256": "b".repeat(64)}),
    ));
    // Not sent yet: an act that has not happened.
    incident.reports.push(event(
        "b-23",
        serde_json::json!({"kind": "government_notice", "authority": "Another"}),
    ));
    let document = composed(&incident);
    assert_eq!(document.enclosures.len(), 1);
    let item = document
        .items
        .iter()
        .find(|item| item.letter == "E")
        .unwrap();
    assert_eq!(item.entries.len(), 2);
    let gap = document.blocking().next().unwrap();
    assert!(
        gap.what.contains("bytes are not among the documents"),
        "{}",
        gap.what
    );
    let mut settings = settings();
    settings.documents.insert("b".repeat(64));
    let determination = determination(Answer::Owed);
    let document = compose(&frame(), &incident, &determination, &[], &[], &settings).unwrap();
    assert_eq!(document.enclosures.len(), 2);
    assert!(document.blocking().next().is_none());
}

#[test]
fn a_notice_to_an_authority_of_another_country_is_not_enclosed() {
    let notice = |authority: &str, place: serde_json::Value| {
        let mut report = serde_json::json!({"kind": "government_notice", "authority": authority,
            "at": "2026-10-07T00:00:00Z", "document": "letter"});
        for (name, value) in place.as_object().unwrap() {
            report[name] = value.clone();
        }
        report
    };
    let mut incident = without(&["b-08"]);
    let british = notice("A British regulator", serde_json::json!({"country": "GB"}));
    incident.reports.push(event("b-20", british));
    let told_elsewhere = composed(&incident);
    assert_eq!(told_elsewhere.enclosures, []);
    let said = entry(&told_elsewhere, "E", "copies").value.clone();
    assert!(said.contains("an authority of US"), "{said}");
    // When people and authorities were told is another question.
    assert!(
        entry(&told_elsewhere, "D", "told/b-20")
            .label
            .contains("British")
    );
    for (id, authority, place) in [
        (
            "b-21",
            "A foreign regulator",
            serde_json::json!({"level": "foreign"}),
        ),
        (
            "b-22",
            "A State Attorney General",
            serde_json::json!({"country": "us"}),
        ),
        (
            "b-23",
            "Another Attorney General",
            serde_json::json!({"level": "state"}),
        ),
        ("b-24", "An authority", serde_json::json!({})),
    ] {
        incident.reports.push(event(id, notice(authority, place)));
    }
    let document = composed(&incident);
    let to: Vec<&str> = document
        .enclosures
        .iter()
        .map(|one| one.sent_to.as_str())
        .collect();
    let american = [
        "A State Attorney General",
        "An authority",
        "Another Attorney General",
    ];
    assert_eq!(to, american);
    // Where the duty speaks of no country, all of them.
    let mut frame = frame();
    frame.items[4].fills = vec![Fill::Copies { country: None }];
    let determination = determination(Answer::Owed);
    let document = compose(&frame, &incident, &determination, &[], &[], &settings()).unwrap();
    assert_eq!(document.enclosures.len(), 5);
}

#[test]
fn the_dates_of_notices_are_those_on_record_and_none_is_said_where_none_was_sent() {
    let mut frame = frame();
    frame.items[4].fills = vec![Fill::NoticeDates];
    let said = |incident: &Incident| {
        let determination = determination(Answer::Owed);
        let document = compose(&frame, incident, &determination, &[], &[], &settings()).unwrap();
        let entries = document.items[4].entries.iter();
        let entries = entries.map(|one| (one.label.clone(), one.value.clone()));
        entries.collect::<Vec<_>>()
    };
    let text = |label: &str, value: &str| (label.to_owned(), value.to_owned());
    let none = |label: &str| text(label, "None has been sent to date.");
    let neither = ["Notice to the individuals", "Notice to the media"].map(none);
    assert_eq!(said(&without(&["b-08"])), neither);
    let letters = text(
        "Notice sent to consumers",
        "October 5, 2026, 81 recipients, version 1",
    );
    let [_, no_media] = neither;
    assert_eq!(said(&incident()), [letters.clone(), no_media.clone()]);
    let with = |done: &[serde_json::Value]| {
        let mut incident = incident();
        for (number, done) in done.iter().enumerate() {
            incident
                .reports
                .push(event(&format!("b-6{number}"), done.clone()));
        }
        incident
    };
    let done = |order: &str, part: Option<&str>, at: Option<&str>| {
        serde_json::json!({"kind": "performed", "order": order, "duty": "media-notice",
                           "part": part, "at": at})
    };
    let day = Some("2026-10-06T16:00:00Z");
    let media = text("Notice to the media", "October 6, 2026");
    // The duty's own part need not be said.
    for part in [Some("media"), None] {
        let all = [done("acme", part, day), done("other", part, day)];
        assert_eq!(said(&with(&all)), [letters.clone(), media.clone()]);
    }
    let other = done("acme", Some("facilities"), day);
    assert_eq!(said(&with(&[other])), [letters.clone(), no_media]);
    // Without its day it is on record all the same.
    let undated = with(&[done("acme", None, None)]);
    let no_day = text("Notice to the media", "The day is not on record.");
    assert_eq!(said(&undated), [letters, no_day]);
    let determination = determination(Answer::Owed);
    let document = compose(&frame, &undated, &determination, &[], &[], &settings()).unwrap();
    let gap = document.blocking().next().unwrap();
    assert_eq!(gap.what, "Notice to the media: its day is not on record");
}

#[test]
fn a_request_of_law_enforcement_is_enclosed_and_its_missing_bytes_are_a_gap() {
    let mut frame = frame();
    frame.items.push(ItemFrame {
        letter: "F".to_owned(),
        asks: "requests for delay".to_owned(),
        cite: None,
        fills: vec![Fill::LawEnforcement { copies: false }],
    });
    let mut incident = incident();
    let request = serde_json::json!({"kind": "law_enforcement_request", "made": "yes",
        "at": "2026-10-08T00:00:00Z", "written": "yes", "agency": "A police department",
        "document": "request"});
    let paper = serde_json::json!({"kind": "document", "name": "request",
                                   "sha256": "c".repeat(64)});
    incident.reports.push(event("b-30", request));
    incident.reports.push(event("b-31", paper));
    let determination = determination(Answer::Owed);
    let mut settings = settings();
    let document = compose(&frame, &incident, &determination, &[], &[], &settings).unwrap();
    let gap = document.blocking().next().unwrap();
    assert_eq!(gap.item.as_deref(), Some("F"));
    let missing = "the request of law enforcement names, is on record, but its bytes";
    assert!(gap.what.contains(missing), "{}", gap.what);
    settings.documents.insert("c".repeat(64));
    let document = compose(&frame, &incident, &determination, &[], &[], &settings).unwrap();
    assert!(document.blocking().next().is_none());
    let copy = document
        .enclosures
        .iter()
        .find(|one| one.name == "request")
        .unwrap();
    assert_eq!(copy.sent_to, "Acme by law enforcement");
    assert_eq!(copy.sent_at, Some(at("2026-10-08T00:00:00Z")));
    let said = &entry(&document, "F", "law-enforcement").value;
    assert!(said.ends_with("Enclosed: request."), "{said}");
}

#[test]
fn where_copies_of_requests_are_asked_for_one_without_a_document_is_a_gap() {
    let request = |id: &str, made: &str| {
        let one = serde_json::json!({"kind": "law_enforcement_request", "made": made,
            "at": "2026-10-08T00:00:00Z", "written": "yes", "agency": "A police department"});
        event(id, one)
    };
    let composed = |copies: bool, made: &str, says: Option<&str>| {
        let mut frame = frame();
        frame.items.push(ItemFrame {
            letter: "F".to_owned(),
            asks: "copies of requests for delay".to_owned(),
            cite: None,
            fills: vec![Fill::LawEnforcement { copies }],
        });
        let mut incident = incident();
        incident.reports.push(request("b-30", made));
        let (determination, settings) = (determination(Answer::Owed), settings());
        let compose = |answers: &[&facts::Decision]| {
            compose(&frame, &incident, &determination, &[], answers, &settings).unwrap()
        };
        let document = compose(&[]);
        let gap = document.blocking().next().map(|gap| gap.id.clone());
        match (says, gap) {
            (Some(value), Some(gap)) => compose(&[&answer("a-1", &gap, value)]),
            _ => document,
        }
    };
    // Whether one was made, and whom to contact, is all that others ask for.
    assert!(composed(false, "yes", None).blocking().next().is_none());
    let document = composed(true, "yes", None);
    let gap = document.blocking().next().unwrap();
    assert_eq!(gap.item.as_deref(), Some("F"));
    let names_none = "the request of law enforcement names no document, so there is no copy";
    assert!(gap.what.starts_with(names_none), "{}", gap.what);
    let said = entry(&document, "F", "law-enforcement");
    assert_eq!(said.state, State::Unknown);
    assert!(
        said.value.ends_with("The copy is missing."),
        "{}",
        said.value
    );
    let settled = composed(true, "yes", Some("none"));
    assert!(settled.blocking().next().is_none());
    let said = &entry(&settled, "F", "law-enforcement").value;
    assert!(said.ends_with("There is no copy of it."), "{said}");
    // Of what was not made there is no copy to miss.
    assert!(composed(true, "no", None).blocking().next().is_none());
    // The order that asks for copies says so by its own fill.
    let packs = orders::Packs::embedded().unwrap();
    let order = packs.order("global-tel-link").unwrap();
    let frame = Frame::of(order, order.duty("covered-incident-report").unwrap());
    let fills: Vec<_> = frame.items.iter().flat_map(|item| &item.fills).collect();
    assert!(fills.contains(&&Fill::LawEnforcement { copies: true }));
}

#[test]
fn people_who_were_told_on_a_day_that_is_not_on_record_were_told() {
    let mut frame = frame();
    frame.items[4].fills = vec![Fill::NoticeDates];
    let mut incident = without(&["b-08"]);
    let letters = serde_json::json!({"kind": "consumer_notice", "recipients": 600});
    incident.reports.push(event("b-20", letters));
    let determination = determination(Answer::Owed);
    let document = compose(&frame, &incident, &determination, &[], &[], &settings()).unwrap();
    let said: Vec<_> = document.items[4]
        .entries
        .iter()
        .map(|one| (one.label.as_str(), one.value.as_str(), one.state))
        .collect();
    let none = "None has been sent to date.";
    let undated = "The day is not on record. Besides: 600 recipients.";
    let expected = [
        ("Notice sent to consumers", undated, State::Unknown),
        ("Notice to the media", none, State::Known),
    ];
    assert_eq!(said, expected);
    let gaps: Vec<_> = document.blocking().map(|gap| gap.what.as_str()).collect();
    let no_day = "Notice sent to consumers: its day is not on record";
    assert!(gaps.contains(&no_day), "{gaps:?}");
    // Nor is it said of the copies that none was sent.
    let document = composed(&incident);
    let copies = &entry(&document, "E", "copy").value;
    assert!(copies.contains("a day that is not on record"), "{copies}");
}
