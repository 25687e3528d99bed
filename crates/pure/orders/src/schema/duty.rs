//! The schema of `duties/<duty>.toml`.

use super::build::{
    by_name, channel, cite, date, described, file, flag, grade, list, may, must, number, own_words,
    placeholder, question, revision, table, text, window, word,
};
use super::clause::{condition, condition_ref, milestones, population};
use super::order::anchors;
use crate::due::Method;
use crate::duty::DutyKind;
use serde_json::{Value, json};

const KINDS: [DutyKind; 12] = [
    DutyKind::Report,
    DutyKind::Update,
    DutyKind::AnnualLog,
    DutyKind::BoardSummary,
    DutyKind::Publication,
    DutyKind::IndividualNotice,
    DutyKind::MediaNotice,
    DutyKind::FacilityNotice,
    DutyKind::AssessorCopy,
    DutyKind::StateCopy,
    DutyKind::Task,
    DutyKind::CertificationEntry,
];

const FILLS: [&str; 16] = [
    "date",
    "facts_and_cause",
    "facts_cause_and_scope",
    "information",
    "consumers",
    "customers",
    "remediation_and_protection",
    "representative_copies",
    "confidentiality",
    "contact",
    "what_happened",
    "individual_steps",
    "law_enforcement",
    "law_enforcement_copies",
    "facts_cause_and_participants",
    "notice_dates",
];

pub(super) fn duty() -> Value {
    let members = vec![
        must("revision", revision()),
        must("title", text("What the order calls it.")),
        must(
            "kind",
            word("What kind of duty it is.", KINDS.map(DutyKind::as_str)),
        ),
        must("cite", cite()),
        must("grade", grade()),
        must("text", text("What it asks, in our own words.")),
        may(
            "of",
            text("The duty that it follows and whose trigger it shares."),
        ),
        may("in_force", in_force()),
        may(
            "texts",
            list("The texts that applied one after the other.", text_window()),
        ),
        may(
            "text_question",
            question("Which text applies where it changed while a clock ran."),
        ),
        may("discovery", discovery()),
        may(
            "counts",
            text("The population whose counts a notice states."),
        ),
        may(
            "populations",
            by_name("What is counted, by name.", population()),
        ),
        may("when", described("When it is owed.", condition_ref())),
        may(
            "unless",
            list("Unless one of these holds.", condition_ref()),
        ),
        may("clocks", list("Its legal limits.", clock())),
        may("reminder", reminder()),
        may(
            "items",
            list("What the report says, in the order's lettering.", item()),
        ),
        may(
            "items_of",
            text("The duty whose items it has, such as the report of which it is a copy."),
        ),
        may("extent", text("The clause on how far the items are due.")),
        may(
            "supplements",
            text("The clause on supplements, or that there is none."),
        ),
        may(
            "signature",
            text("Who signs, and how; left out: nobody need."),
        ),
        may("channel", channel()),
        may("recipients", list("To whom else it goes.", recipient())),
        may(
            "given",
            text("How it is given where it is not mailed: on a form, on a site, by hand."),
        ),
        may(
            "staff_may_extend",
            flag("Whether staff may move its date, where the order lets them move dates."),
        ),
        may(
            "reserved",
            list("Ids of the order's questions that it raises.", text("")),
        ),
    ];
    let mut schema = file(
        "A duty of a pack",
        table("A duty: one clause as data.", members),
    );
    if let Some(schema) = schema.as_object_mut() {
        // What follows another duty takes over what it does not say itself.
        let whole = json!([{ "required": ["of"] }, { "required": ["when", "counts", "in_force"] }]);
        schema.insert("anyOf".to_owned(), whole);
        schema.insert("$defs".to_owned(), json!({ "condition": condition() }));
    }
    schema
}

fn in_force() -> Value {
    let triggers = ["discovery", "notification", "verification", "determination"];
    let members = vec![
        must(
            "trigger",
            word("The instant that must lie in the time of force.", triggers),
        ),
        may("window", window("Where the duty has a time of its own.")),
        must("cite", cite()),
        may(
            "question",
            question("Where the trigger lies on both sides."),
        ),
        may(
            "unsure",
            date("The last day, where the source does not say whether it binds on it."),
        ),
        may("unsure_question", question("Whether it binds on that day.")),
    ];
    table("When the duty is in force.", members)
}

fn text_window() -> Value {
    let members = vec![
        must("name", text("Its name, for conditions and clocks.")),
        may("from", date("The first day; left out for the first one.")),
        may(
            "until",
            date("The first day no longer; left out for the last one."),
        ),
        must("text", own_words()),
        must("cite", cite()),
        must("grade", grade()),
    ];
    table("", members)
}

fn discovery() -> Value {
    let members = vec![
        must(
            "or",
            list("Milestones besides `discovered`.", word("", milestones())),
        ),
        must("text", own_words()),
        must("cite", cite()),
    ];
    table(
        "What counts as discovery; left out: `discovered` alone.",
        members,
    )
}

fn clock() -> Value {
    let repeats = table(
        "It comes again, counted from each time the duty was done.",
        vec![
            may(
                "until",
                list(
                    "It ends when all of these are on record.",
                    word("", milestones()),
                ),
            ),
            must("text", own_words()),
            must("cite", cite()),
        ],
    );
    let delay = table(
        "A request of law enforcement moves it.",
        vec![
            must("text", own_words()),
            must("cite", cite()),
            may(
                "most_days",
                number("For at most so many days; left out: no cap is known."),
            ),
            may(
                "written_days",
                number("So many more where the request is in writing."),
            ),
            may("question", question("Whether it moves the limit at all.")),
        ],
    );
    let members = vec![
        must("limb", text("Its name.")),
        must("text", own_words()),
        must("cite", cite()),
        must("days", number("How many days.")),
        must(
            "method",
            word(
                "How they are counted.",
                Method::ALL.iter().map(|one| one.as_str()),
            ),
        ),
        must(
            "anchors",
            list("What starts it; the first of them.", word("", anchors())),
        ),
        may(
            "period",
            word(
                "Counted from its end.",
                ["calendar_year", "calendar_quarter"],
            ),
        ),
        may("repeats", repeats),
        may("delay", delay),
        may(
            "under_text",
            text("The one of the duty's texts that it stands in."),
        ),
        may(
            "only_if",
            text("The cite of the one condition of `when` without which it does not run."),
        ),
        may("shown_only", text("Why it is only shown and never stated.")),
        may(
            "coverage_question",
            question("Where the anchor is older than coverage."),
        ),
        may(
            "anchor_question",
            question("Which of the anchors is meant."),
        ),
        may(
            "each_question",
            question("Whether each later notice starts a limit of its own."),
        ),
        may(
            "questions",
            list("Questions that stand whenever it runs.", text("")),
        ),
    ];
    table("A legal limit.", members)
}

fn reminder() -> Value {
    let members = vec![
        must("text", own_words()),
        must("cite", cite()),
        must(
            "default_days",
            number("Days from discovery where the deployment says nothing."),
        ),
        may(
            "own",
            flag("The order names no such time: the reminder is tocsin's own."),
        ),
    ];
    table("\"Within a reasonable time\".", members)
}

fn item() -> Value {
    let members = vec![
        must("letter", text("Its letter or number.")),
        must("text", text("What it asks, in our own words.")),
        must("cite", cite()),
        must("fills", word("What fills it.", FILLS)),
    ];
    table("", members)
}

fn recipient() -> Value {
    let members = vec![
        must("who", text("Who, in our own words.")),
        must("cite", cite()),
        may("email", text("Literal: the e-mail address.")),
        may("subject", text("Literal: how the subject line begins.")),
        may("subject_placeholder", placeholder()),
        may(
            "address",
            list("Literal: the postal address, line by line.", text("")),
        ),
    ];
    table("", members)
}
