//! Declarations that an order wants sworn: who signs, in which words, and what goes out.

use super::lifecycle::{codes, judged, phase};
use crate::fixture::*;
use crate::*;
use facts::{Act, Decision};

const WORDS: &str = "I declare under penalty of perjury. Executed on: _____";

/// A complete notice that is to be sworn, and the decisions that release it unsigned.
fn sworn() -> (NoticeDocument, Vec<Decision>) {
    let mut document = complete();
    document.declaration = Some(WORDS.to_owned());
    let decisions = released(&document);
    (document, decisions)
}

#[test]
fn a_declaration_must_be_signed() {
    let (document, decisions) = sworn();
    assert_eq!(phase(&document, &decisions), Phase::Releasable);
    assert_eq!(judged(&document, &decisions).signed, None);
    let with = |sign: Decision| [decisions.clone(), vec![sign]].concat();
    // Other words are another declaration: nobody signed this one.
    for other in [
        "I believe it.",
        "I declare under penalty of perjury. Executed on: ",
        "I declare under penalty of perjury. Executed on: December 1, as far as I know 1",
        "I declare under penalty of perjury. Executed on: someday",
    ] {
        let signed = signed(&document, other);
        let before = [decisions[..2].to_vec(), vec![signed.clone()]].concat();
        assert_eq!(judged(&document, &before).signed, None, "{other}");
        let state = judged(&document, &with(signed));
        assert_eq!(codes(&state), ["other_words"], "{other}");
        assert!(state.held.is_some(), "{other}");
        assert_eq!(state.released.unwrap().signed(), None);
    }
    // Its blank is there to be filled.
    for day in [
        "December 11, 2026",
        "2026-12-11",
        "1st of December, 2026",
        "_____",
    ] {
        let filled = WORDS.replace("_____", day);
        let state = judged(&document, &with(signed(&document, &filled)));
        assert!(state.problems.is_empty(), "{:?}", state.problems);
        assert!(state.released.unwrap().signed().is_some(), "{day}");
        assert_eq!(state.held, None);
    }
    let state = judged(&document, &with(signed(&document, WORDS)));
    assert_eq!(state.phase, Phase::Released);
    let released = state.released.clone().unwrap();
    let by = released.signed().unwrap();
    assert_eq!(released.outbox(None).signed.as_ref(), Some(by));
    let unreleased = [decisions[..2].to_vec(), vec![signed(&document, WORDS)]].concat();
    assert_eq!(judged(&document, &unreleased).signed.as_ref(), Some(by));
    let record = NoticeRecord::new(document.clone(), state, Vec::new());
    assert_eq!(record.signed.as_ref(), Some(by));
    assert_eq!(record.final_at(), Some(released.at()));
    let text = letter(&document, Some(released.at()), Some(by)).text;
    assert!(text.contains("Executed on: December 11, 2026\n"), "{text}");
    assert!(
        text.contains("Signed: Rita Roe, Chief Privacy Officer"),
        "{text}"
    );
    let draft = letter(&document, None, None).text;
    assert!(draft.contains("Executed on: _____"), "{draft}");
}

#[test]
fn the_day_that_the_signer_wrote_stands_whatever_day_it_is_where_days_are_counted() {
    // Midnight UTC of the first of December is the evening before in New York.
    let (document, _) = sworn();
    let day = |declaration: Option<&str>| {
        let signed = Signed {
            name: "K. Lee".to_owned(),
            title: "Officer".to_owned(),
            at: at("2026-12-01T00:00:00Z"),
            decision: "d-sworn".to_owned(),
            declaration: declaration.map(str::to_owned),
        };
        let text = letter(&document, Some(signed.at), Some(&signed)).text;
        let line = text.lines().find(|line| line.contains("Executed on: "));
        line.unwrap().split("on: ").last().unwrap().to_owned()
    };
    let own = WORDS.replace("_____", "December 1, 2026");
    assert_eq!(day(Some(&own)), "December 1, 2026");
    // Where the blank was left, the day of the signature; so too of what says no words.
    assert_eq!(day(Some(WORDS)), "November 30, 2026");
    assert_eq!(day(None), "November 30, 2026");
    // From a decision on record.
    let (document, mut decisions) = sworn();
    decisions.push(signed(&document, &own));
    let state = judged(&document, &decisions);
    assert_eq!(state.signed.unwrap().declaration, Some(own));
}

#[test]
fn what_was_signed_under_other_words_is_on_record_and_goes_nowhere() {
    let (document, mut decisions) = sworn();
    decisions.push(signed(&document, "I believe it."));
    let decided = Decided::new(&decisions);
    let record = &decided.records()[0];
    assert!(record.held.is_some() && record.signed.is_none());
    assert_eq!(record.state, Phase::Released, "it is not drafted again");
    // It is written as the draft that it is, held in the outbox, and nothing that was done.
    assert_eq!(record.final_at(), None);
    assert_eq!(decided.outbox()[0].held, record.held);
    assert_eq!(decided.performed(&incident()), []);
    assert!(decided.released_about().is_empty());
    // Signed as it stands, it goes out.
    let mut sign = signed(&document, WORDS);
    (sign.id, sign.at) = ("s-2".to_owned(), at("2026-12-14T00:00:00Z"));
    decisions.push(sign);
    let decided = Decided::new(&decisions);
    let record = &decided.records()[0];
    assert_eq!(
        (&record.held, decided.outbox()[0].held.as_ref()),
        (&None, None)
    );
    assert!(record.final_at().is_some());
    assert_eq!(decided.performed(&incident()).len(), 1);
}

#[test]
fn a_signature_names_who_signed() {
    let (document, mut decisions) = sworn();
    let mut sign = signed(&document, WORDS);
    if let Act::Sign(sign) = &mut sign.act {
        sign.name = " ".to_owned();
    }
    decisions.push(sign);
    let state = judged(&document, &decisions);
    assert_eq!(codes(&state), ["unnamed"]);
    assert!(state.held.is_some() && state.signed.is_none());
}
