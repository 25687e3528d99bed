//! What an annex to a certification promises: which year, what is in it, what is open, and nobody
//! named.

use crate::certification::*;
use crate::fixture::*;
use crate::{State, plain_text};
use facts::{Interval, Moment, Private};
use incident::{Counts, Discovery, Incident, IncidentRecord};
use obligation::{
    Answer, CounselReading, Determination, EntryKind, PerformedAt, RegisterEntry, Reserved,
};
use orders::{Order, Packs};
use std::collections::{BTreeMap, BTreeSet};

const ORDER: &str = r#"
revision = 1
title = "In the Matter of Acme"
parties = ["Acme"]
respondent = "Acme"
court = "U.S. District Court for Testing"
docket = "0:00-tt-00000"
document = "Document 1"
entered = "2023-06-16"
in_force = { from = "2023-06-16" }
zone = "America/New_York"
grade = "order"
[[sources]]
title = "Invented"
grade = "reading"
[channel]
email = "reports@agency.example"
subject = "Acme."
cite = "IX"
[certification]
cite = "VI"
ends_month = 6
ends_day = 15
years = 20
describes_incidents = true
by = "the Principal Executive Officer"
"#;

const DUTY: &str = r#"
revision = 1
title = "Incident Report"
kind = "report"
cite = "IX"
grade = "order"
text = "Report each incident."
counts = "all"
in_force = { trigger = "discovery", cite = "IX" }
[populations.all]
text = "information reached without authorization"
cite = "Definitions"
acts = { any = ["accessed"], text = "accessed", cite = "Definitions" }
authority = { ground = "believed", text = "without authorization", cite = "Definitions" }
[when]
text = "Ten accounts or more"
cite = "Definitions"
count = { population = "all", unit = "accounts", at_least = 10 }
[[items]]
letter = "A"
text = "The date"
cite = "IX.A"
fills = "date"
"#;

fn order_of(text: &str) -> Order {
    let files = BTreeMap::from([
        ("acme/order.toml".to_owned(), text.to_owned()),
        (
            "acme/duties/incident-report.toml".to_owned(),
            DUTY.to_owned(),
        ),
    ]);
    Packs::from_files(files)
        .unwrap()
        .order("acme")
        .unwrap()
        .clone()
}

fn order() -> Order {
    order_of(ORDER)
}

fn year(order: &Order, year: i16) -> CertificationYear {
    CertificationYear::of(order, year, None).unwrap()
}

fn record(incident: &Incident) -> IncidentRecord {
    let all = Interval::exactly(81);
    IncidentRecord {
        incident: incident.id.clone(),
        matter: incident.matter.clone(),
        matters: incident.matters.clone(),
        actors: incident.actors.clone(),
        groups: incident.groups.clone(),
        mode: incident.mode,
        first: incident.first,
        last: incident.last,
        discovery: incident.discovery,
        counts: Counts {
            accounts: all,
            consumers: all,
            resources: all,
            devices: all,
        },
        classes: incident.rows.iter().map(|row| row.class.clone()).collect(),
        attempts: incident.attempts,
        milestones: Vec::new(),
        searched: incident.searched.clone(),
        reports: Vec::new(),
        open_questions: Vec::new(),
        refused: Vec::new(),
        named: Default::default(),
        facts_digest: incident.facts_digest.clone(),
        times: incident.times.clone(),
        in_figures: Vec::new(),
        parted_but_connected: incident.parted_but_connected,
        excused: incident.is_excused(),
    }
}

fn discovered(at_text: &str) -> Incident {
    let mut incident = incident();
    incident.first = Some(at("2026-03-01T12:00:00Z"));
    incident.last = Some(at("2026-03-09T12:00:00Z"));
    incident.discovery = Discovery::Recorded { at: at(at_text) };
    incident
}

/// An answer that rests on the pack's own text.
fn answered(order: &Order, answer: Answer) -> Determination {
    let mut one = determination(answer);
    one.pack.digest.clone_from(&order.digest);
    one
}

fn entry(kind: EntryKind, text: &str) -> RegisterEntry {
    RegisterEntry {
        order: "acme".to_owned(),
        kind,
        incident: Some("inc-1".to_owned()),
        provision: Some("III.E.1".to_owned()),
        text: text.to_owned(),
        from: Some(at("2026-03-01T12:00:00Z")),
        until: Some(at("2026-03-09T12:00:00Z")),
        corrected_at: None,
        disclosed_at: None,
        material: None,
        records: vec!["b-20".to_owned()],
        said: None,
        described: None,
    }
}

struct Run {
    order: Order,
    incidents: Vec<IncidentRecord>,
    determinations: Vec<Determination>,
    register: Vec<RegisterEntry>,
    names: BTreeMap<String, BTreeSet<Private>>,
}

impl Run {
    fn of(incident: &Incident, answer: Answer) -> Run {
        let order = order();
        Run {
            determinations: vec![answered(&order, answer)],
            incidents: vec![record(incident)],
            register: Vec::new(),
            names: BTreeMap::new(),
            order,
        }
    }

    fn annex(&self, ends: i16) -> Certification {
        let material = Material {
            incidents: &self.incidents,
            determinations: &self.determinations,
            register: &self.register,
            notices: &[],
            names: &self.names,
            assumptions: &[],
        };
        certification(&self.order, year(&self.order, ends), &material).unwrap()
    }
}

fn kinds(annex: &Certification) -> BTreeSet<OpenKind> {
    annex.open.iter().map(|point| point.kind).collect()
}

#[test]
fn the_year_is_the_packs_own_and_ends_where_the_order_does() {
    let order = order();
    let one = year(&order, 2026);
    assert_eq!(one.first.to_string(), "2025-06-16");
    assert_eq!(one.last.to_string(), "2026-06-15");
    assert!(!one.stated);
    let of = |order: &Order, year, ends| CertificationYear::of(order, year, ends).unwrap_err();
    // Twenty years: the first ends in 2024, the last in 2043.
    assert!(year(&order, 2024).first > "2023-06-15".parse().unwrap());
    assert_eq!(year(&order, 2043).year, 2043);
    let outside = NoCertification::OutsideTerm {
        first: 2024,
        last: Some(2043),
    };
    assert_eq!(of(&order, 2023, None), outside);
    assert_eq!(of(&order, 2044, None), outside);
    assert_eq!(
        of(&order, 2026, Some((12, 31))),
        NoCertification::OtherEnd { known: (6, 15) }
    );
}

#[test]
fn a_year_that_the_source_does_not_state_is_not_invented() {
    let unknown = order_of(&ORDER.replace("ends_month = 6\nends_day = 15\n", ""));
    let none = CertificationYear::of(&unknown, 2026, None).unwrap_err();
    assert_eq!(
        none,
        NoCertification::EndUnknown {
            cite: "VI".to_owned()
        }
    );
    assert!(none.to_string().contains("--ends MM-DD"), "{none}");
    let stated = CertificationYear::of(&unknown, 2026, Some((12, 31))).unwrap();
    assert_eq!(
        (stated.first.to_string().as_str(), stated.stated),
        ("2026-01-01", true)
    );
    let leap = CertificationYear::of(&unknown, 2027, Some((2, 29))).unwrap();
    assert_eq!(leap.last.to_string(), "2027-02-28");
    let none = CertificationYear::of(&unknown, 2026, Some((2, 30))).unwrap_err();
    assert_eq!(none, NoCertification::NoSuchDay);
    let start = ORDER.find("[certification]").unwrap();
    let without = order_of(&ORDER[..start]);
    let none = CertificationYear::of(&without, 2026, Some((12, 31))).unwrap_err();
    assert_eq!(none, NoCertification::NotAsked);
}

#[test]
fn an_incident_belongs_to_the_year_of_its_discovery_in_the_orders_zone() {
    // The evening of 15 June in New York is the morning of the 16th in Greenwich.
    let last = Run::of(&discovered("2026-06-16T03:00:00Z"), Answer::Owed);
    let annex = last.annex(2026);
    assert_eq!(annex.covered.len(), 1);
    assert_eq!(annex.covered[0].belongs, Belongs::Surely);
    assert!(last.annex(2027).covered.is_empty());
    let next = Run::of(&discovered("2026-06-16T05:00:00Z"), Answer::Owed);
    assert!(next.annex(2026).covered.is_empty());
    assert_eq!(next.annex(2027).covered.len(), 1);
    // Its accesses lie in the year before, and that is said there.
    let beside = &next.annex(2026).elsewhere;
    assert_eq!(beside.len(), 1);
    assert!(beside[0].why.contains("accesses"), "{}", beside[0].why);
    let spared = Run::of(&discovered("2026-03-10T12:00:00Z"), Answer::NotOwed);
    let annex = spared.annex(2026);
    assert!(annex.covered.is_empty() && annex.elsewhere.is_empty() && annex.open.is_empty());
}

#[test]
fn a_discovery_that_nobody_dated_is_in_every_year_that_it_may_be_and_open() {
    let mut incident = discovered("2026-03-10T12:00:00Z");
    incident.discovery = Discovery::Between {
        not_before: Some(at("2026-03-01T12:00:00Z")),
        not_after: Some(at("2026-09-01T12:00:00Z")),
    };
    let run = Run::of(&incident, Answer::Owed);
    for ends in [2026, 2027] {
        let annex = run.annex(ends);
        assert_eq!(annex.covered[0].belongs, Belongs::Perhaps);
        assert!(kinds(&annex).contains(&OpenKind::Placement));
    }
    assert!(run.annex(2025).covered.is_empty());
    assert!(run.annex(2028).covered.is_empty());
    incident.discovery = Discovery::Between {
        not_before: Some(at("2026-03-01T12:00:00Z")),
        not_after: Some(at("2026-04-01T12:00:00Z")),
    };
    let annex = Run::of(&incident, Answer::Owed).annex(2026);
    assert_eq!(annex.covered[0].belongs, Belongs::Surely);
}

#[test]
fn a_violation_stays_until_it_was_corrected_or_disclosed() {
    let mut run = Run::of(&discovered("2026-03-10T12:00:00Z"), Answer::NotOwed);
    run.register = vec![entry(
        EntryKind::Noncompliance,
        "no attestation was asked for",
    )];
    let line = |run: &Run, ends| run.annex(ends).register.first().cloned();
    assert!(line(&run, 2025).is_none());
    assert!(!line(&run, 2026).unwrap().carried_over);
    assert!(line(&run, 2027).unwrap().carried_over);
    assert!(kinds(&run.annex(2027)).contains(&OpenKind::NotCorrected));
    run.register[0].corrected_at = Some(at("2026-05-01T12:00:00Z"));
    assert!(line(&run, 2026).is_some() && line(&run, 2027).is_none());
    assert!(!kinds(&run.annex(2026)).contains(&OpenKind::NotCorrected));
    // It lasted on, and was disclosed two years later.
    run.register[0].until = None;
    run.register[0].corrected_at = None;
    run.register[0].disclosed_at = Some(at("2027-12-01T12:00:00Z"));
    assert!(!line(&run, 2028).unwrap().carried_over && line(&run, 2029).is_none());
    // A review is of the days of its accesses, a near miss of its incident's year.
    run.register = vec![
        entry(EntryKind::ReviewWithoutAttestation, "3 reviews"),
        entry(EntryKind::NearMiss, "9 of at least 10 accounts"),
    ];
    assert_eq!(run.annex(2026).register.len(), 2);
    assert!(run.annex(2027).register.is_empty());
}

#[test]
fn a_description_is_peoples_own_failing_that_a_sentence_that_says_so() {
    let incident = discovered("2026-03-10T12:00:00Z");
    let mut run = Run::of(&incident, Answer::Owed);
    let annex = run.annex(2026);
    let generated = annex.covered[0].description.as_ref().unwrap();
    assert!(generated.generated);
    assert!(
        generated
            .text
            .starts_with("In the time from March 1, 2026 to March 9, 2026, "),
        "{}",
        generated.text
    );
    assert!(generated.text.contains("(home security recording)"));
    assert!(kinds(&annex).contains(&OpenKind::Description));
    let mut entries = vec![entry(EntryKind::CoveredIncident, "Incident Report: owed.")];
    prepare(&incident, &mut entries);
    run.register = entries;
    let annex = run.annex(2026);
    let description = annex.covered[0].description.as_ref().unwrap();
    assert_eq!(
        description.text,
        "A member of staff viewed recordings without a case."
    );
    assert!(!description.generated && !kinds(&annex).contains(&OpenKind::Description));
    // Where the clause asks for none there is none.
    run.order =
        order_of(&ORDER.replace("describes_incidents = true", "describes_incidents = false"));
    run.determinations = vec![answered(&run.order, Answer::Owed)];
    let annex = run.annex(2026);
    assert!(annex.covered[0].description.is_none());
    assert!(!kinds(&annex).contains(&OpenKind::Description));
}

#[test]
fn what_is_not_settled_is_an_open_point_with_what_would_settle_it() {
    let mut run = Run::of(&discovered("2026-03-10T12:00:00Z"), Answer::Open);
    run.determinations[0].asks = vec![ask()];
    run.determinations[0].reserved = vec![Reserved {
        id: "aggregation".to_owned(),
        question: "One instance or several?".to_owned(),
        working_reading: Some("One.".to_owned()),
        reading: None,
        disputed: false,
    }];
    run.incidents[0].searched.complete = false;
    let annex = run.annex(2026);
    assert!(annex.covered.is_empty());
    let expected = BTreeSet::from([
        OpenKind::Determination,
        OpenKind::Ask,
        OpenKind::Search,
        OpenKind::Reserved,
    ]);
    assert_eq!(kinds(&annex), expected);
    let asked = annex
        .open
        .iter()
        .find(|one| one.kind == OpenKind::Ask)
        .unwrap();
    assert_eq!(asked.settle.as_deref(), Some("answer `ask-1` (yes_no)"));
    assert_eq!(annex.reserved[0].followed.as_deref(), Some("One."));
    // Counsel spoke: no open point any more.
    run.determinations[0].reserved[0].reading = Some(CounselReading {
        value: "several".to_owned(),
        decision: "dec-1".to_owned(),
        role: Some("counsel".to_owned()),
        at: Some(at("2026-12-02T09:00:00Z")),
    });
    let annex = run.annex(2026);
    assert!(!kinds(&annex).contains(&OpenKind::Reserved) && annex.reserved[0].by_counsel);
    // With its date and the decision that says who it was.
    let pages = format!("{:?}", certification_pages(&annex));
    let said = "counsel's reading: several (on 2026-12-02T09:00:00Z, decision dec-1)";
    assert!(pages.contains(said), "{pages}");
    // Another text of the pack.
    run.determinations[0].pack.digest = "other".to_owned();
    assert!(kinds(&run.annex(2026)).contains(&OpenKind::Pack));
}

#[test]
fn what_is_owed_and_not_done_is_open_and_what_was_done_is_told() {
    let mut run = Run::of(&discovered("2026-03-10T12:00:00Z"), Answer::Owed);
    assert!(kinds(&run.annex(2026)).contains(&OpenKind::NotDone));
    run.determinations[0].performed = vec![PerformedAt {
        at: Some(at("2026-12-20T12:00:00Z")),
        record: "b-30".to_owned(),
        part: None,
    }];
    let annex = run.annex(2026);
    assert!(!kinds(&annex).contains(&OpenKind::NotDone));
    let duty = &annex.covered[0].duties[0];
    assert_eq!(duty.performed[0].record, "b-30");
    assert_eq!(duty.determination, "d0");
    assert!(duty.records.contains(&"b-01".to_owned()));
    assert_eq!(duty.outer.unwrap().to_string(), "2026-12-28");
}

#[test]
fn nobody_is_named_in_an_annex_wherever_people_wrote_it() {
    let mut incident = discovered("2026-03-10T12:00:00Z");
    incident.matters = vec!["case of emp-4711".to_owned()];
    let mut entries = vec![
        entry(
            EntryKind::Noncompliance,
            "responder-kim saw that cons-0007 was not told",
        ),
        entry(EntryKind::Noncompliance, "emp-4711 had not attested"),
        entry(EntryKind::NearMiss, "near"),
    ];
    entries[2].records = vec!["view-by-emp-4711".to_owned()];
    prepare(&incident, &mut entries);
    assert!(entries[0].said.is_some() && entries[2].said.is_none());
    let mut run = Run::of(&incident, Answer::Owed);
    run.register = entries;
    run.names = BTreeMap::from([(
        "inc-1".to_owned(),
        BTreeSet::from([Private::from("acct-0042"), Private::from("203.0.113.9")]),
    )]);
    run.determinations[0].because.of[0].text = "81 accounts, acct-0042 among them".to_owned();
    run.determinations[0].asks = vec![ask()];
    run.determinations[0].asks[0].question = "Did emp-4711 have a case?".to_owned();
    let annex = run.annex(2026);
    assert_eq!(annex.register.len(), 3);
    let all = serde_json::to_string(&annex).unwrap() + &plain_text(&certification_pages(&annex));
    for name in ["emp-4711", "acct-0042", "cons-0007", "responder-kim"] {
        assert!(!all.contains(name), "{name}");
    }
    assert!(all.contains("withheld"));
}

#[test]
fn the_pages_say_year_signer_grade_and_everything_open_on_a_draft() {
    let mut run = Run::of(&discovered("2026-03-10T12:00:00Z"), Answer::Owed);
    run.determinations[0].asks = vec![ask()];
    run.register = vec![entry(
        EntryKind::Noncompliance,
        "no attestation was asked for",
    )];
    let annex = run.annex(2026);
    let pages = certification_pages(&annex);
    assert!(
        pages
            .banner
            .as_deref()
            .is_some_and(|banner| banner.contains("not a certification"))
    );
    assert_eq!((pages.digest.clone(), pages.dated), (annex.digest(), None));
    let fields = pages.sections.iter().flat_map(|section| &section.blocks);
    let generated = fields.clone().any(|block| {
        matches!(block, crate::Block::Field(field)
                 if field.label == "Description" && field.state == State::Estimated)
    });
    assert!(generated);
    let text = plain_text(&pages);
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "June 16, 2025 to June 15, 2026",
        "the Principal Executive Officer",
        "not legal advice",
        run.order.grade.caution(),
        "no attestation was asked for",
        "Were the recordings encrypted?",
    ] {
        assert!(flat.contains(said), "{said}\n{text}");
    }
    for point in &annex.open {
        assert!(
            flat.contains(&point.what.trim_end_matches('.').replace('\n', " ")),
            "{point}"
        );
    }
    let again: Certification = serde_json::from_str(&facts::canonical_json(&annex)).unwrap();
    assert_eq!(again.digest(), annex.digest());
}

#[test]
fn a_long_year_is_cut_on_paper_and_whole_in_the_model() {
    let mut run = Run::of(&discovered("2026-03-10T12:00:00Z"), Answer::NotOwed);
    let from = |hour: u32| -> Moment { at(&format!("2026-03-01T{:02}:00:00Z", hour % 24)) };
    for number in 0..500 {
        let mut one = entry(
            EntryKind::Noncompliance,
            &format!("deletion {number} was late"),
        );
        one.from = Some(from(number));
        run.register.push(one);
    }
    let annex = run.annex(2026);
    assert_eq!(annex.register.len(), 500);
    let text = plain_text(&certification_pages(&annex));
    assert!(text.contains("more stand in the JSON form"));
    assert!(text.len() < 200_000, "{}", text.len());
}
