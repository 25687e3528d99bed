//! The schema of a case.

use super::build::{
    by_name, date, described, file, flag, list, may, must, number, table, text, word,
};
use super::order::anchors;
use crate::case::FOLDERS;
use serde_json::{Value, json};

pub(super) fn case(facts: Value) -> Value {
    let members = vec![
        may(
            "scenario",
            number("The scenario of the project's law notes that it encodes."),
        ),
        may(
            "note",
            text("What is said about it: invented figures, the reading it rests on."),
        ),
        must("expect", expect()),
        must(
            "facts",
            described("The facts, as `tocsin decide` takes them.", facts),
        ),
    ];
    file(
        "A case of a pack",
        table(
            "A case: facts, and the answer that the law gives them.",
            members,
        ),
    )
}

fn expect() -> Value {
    let interval = table(
        "At least and at most; at_most left out: nothing bounds it.",
        vec![
            must("at_least", number("")),
            may(
                "at_most",
                json!({ "type": ["integer", "null"], "minimum": 0 }),
            ),
        ],
    );
    let started = anchors().into_iter().chain(["none", "period_end"]);
    let texts = |doc: &str| list(doc, text(""));
    let members = vec![
        must(
            "answer",
            word("The answer.", FOLDERS.iter().map(|(_, answer)| *answer)),
        ),
        may(
            "planned",
            date("The planned day of the clock that is stated."),
        ),
        may("outer", date("The outer day of the clock that is stated.")),
        may(
            "anchor",
            word(
                "The anchor of the clock that is stated; `none`: no clock.",
                started,
            ),
        ),
        may("reminder", date("The planned day of the reminder.")),
        may("started", number("How many clocks have started.")),
        may(
            "met",
            flag("Whether the clock that is stated has been met."),
        ),
        may(
            "texts",
            texts("The texts of the duty that applied, or may have."),
        ),
        may(
            "near",
            texts("What would change the answer, by kind (and nothing else)."),
        ),
        may(
            "spared_by",
            texts("Ids of the records without which it would be owed (and no others)."),
        ),
        may("counts", by_name("The counts, by unit.", interval)),
        may(
            "because",
            by_name(
                "The reason path: values of the reason tree, by clause.",
                word("", ["yes", "no", "unknown"]),
            ),
        ),
        may(
            "reserved",
            texts("Questions reserved to counsel that must be named (and no others)."),
        ),
        may(
            "asks",
            texts("Facts that must be asked for (and no others)."),
        ),
        may(
            "register",
            texts("Kinds of register entries (and no others)."),
        ),
        may(
            "items",
            texts("What its document says, in order: letter and what fills it, as `A: date`."),
        ),
        may(
            "uncovered",
            date(
                "No text covers the date that decides which applies: the first day that one does.",
            ),
        ),
        may(
            "filings",
            number("To how many notices that a law required it comes for other orders."),
        ),
        may("certification", certification()),
    ];
    table(
        "What must come out; what is left out is not compared.",
        members,
    )
}

fn certification() -> Value {
    let members = vec![
        must("describes", flag("Whether it must describe the incidents.")),
        may(
            "until",
            date("The last day of the certification year in which it was discovered."),
        ),
        may("years", number("For how many years one is due.")),
    ];
    table("What the annual certification says of it.", members)
}
