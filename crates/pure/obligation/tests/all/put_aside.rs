//! A clock that is put aside says by whom or what: counsel is named only where counsel has read.

use orders::Packs;
use serde_json::{Value, json};
use tocsin_obligation::{Clock, Settings, decide_duty, facts_file};

/// The clocks of the case with this sentence, its facts as `change` leaves them.
fn clocks(order: &str, duty: &str, sentence: &str, change: impl Fn(&mut Value)) -> Vec<Clock> {
    let packs = Packs::embedded().expect("the packs parse");
    let of = |case: &&orders::Case| {
        (case.order.as_str(), case.duty.as_deref()) == (order, Some(duty))
            && case.sentence == sentence
    };
    let mut facts = packs.cases().iter().find(of).expect("it").facts.clone();
    change(&mut facts);
    let order = packs.order(order).expect("the order");
    let terms = std::slice::from_ref(&order.terms);
    let incidents = facts_file(&facts.to_string(), terms, None).expect("the facts parse");
    let settings = Settings::new(&[]).expect("the calendar");
    let one = decide_duty(order, Some(duty), &incidents[0], &settings).expect("dates in range");
    one.expect("the duty").clocks
}

/// Why the clocks from `anchor` are put aside; nothing where they are not.
fn aside<'a>(clocks: &'a [Clock], anchor: &str) -> Vec<&'a str> {
    let of = clocks.iter().filter(|one| one.anchor == anchor);
    let notes = of.flat_map(|one| &one.notes).map(String::as_str);
    notes.filter(|note| note.contains("aside")).collect()
}

/// What a clock says that the pack's own reading of `question` puts aside.
fn by_the_pack(question: &str) -> String {
    format!("put aside by the pack's working reading of `{question}`, which counsel has not read")
}

#[test]
fn what_the_packs_working_reading_puts_aside_is_not_called_counsels() {
    const READ: &str = "by counsels reading a notice that no law required starts the ten days";
    let (order, duty) = ("drizly", "covered-incident-report");
    let all = clocks(order, duty, READ, |facts| {
        facts["decisions"] = json!([]);
    });
    let pack = by_the_pack("voluntary_notice");
    assert_eq!(aside(&all, "government_notice"), [pack]);
    assert!(aside(&all, "required_notice").is_empty());
    // The same with counsel's reading, which is the other one.
    let all = clocks(order, duty, READ, |_| {});
    let said = "put aside by counsel's reading of `voluntary_notice`";
    assert_eq!(aside(&all, "required_notice"), [said]);
    assert!(aside(&all, "government_notice").is_empty());

    let sentence = "forty five days that end on a friday stand";
    let all = clocks("cerebral", "publication", sentence, |_| {});
    let pack = by_the_pack("publication_anchor");
    assert_eq!(aside(&all, "performed"), [pack]);
}

#[test]
fn a_link_of_a_chain_that_has_ended_is_put_aside_by_no_reading() {
    let sentence = "an update that fell due before the end is still owed";
    let all = clocks("facebook", "covered-incident-updates", sentence, |facts| {
        let at = "2027-01-15T15:00:00Z";
        let done = json!({"kind": "performed", "order": "facebook", "at": at,
                          "duty": "covered-incident-updates"});
        let event = json!({"id": "b8", "matter": "M-1", "recorded_at": at, "report": done});
        let events = facts["breach_events"].as_array_mut().expect("events");
        events.push(event);
    });
    assert_eq!(
        aside(&all, "performed"),
        ["put aside: it ended on 2027-01-25"]
    );
}
