//! The schema of `order.toml`.

use super::build::{
    by_name, channel, cite, date, file, flag, grade, list, may, must, number, own_words, revision,
    table, text, window, word,
};
use crate::clock::Anchor;
use facts::{Action, ActorKind, Information, MilestoneName, Purpose};
use serde_json::Value;

pub(super) fn order() -> Value {
    let members = vec![
        must("revision", revision()),
        must("title", text("The caption.")),
        must("parties", list("Those bound.", text(""))),
        must("respondent", text("How a notice calls the company.")),
        must("court", text("The court or agency.")),
        must("docket", text("The docket.")),
        must("document", text("The document that was read.")),
        may("entered", date("The day of entry; left out: not known.")),
        may(
            "in_force",
            window("When it is in force; until is half-open."),
        ),
        must(
            "zone",
            text("The zone in which days are counted, such as America/New_York."),
        ),
        must("grade", grade()),
        may("channel", channel()),
        may(
            "channel_unknown",
            text("Why there is no channel: what the source does not say."),
        ),
        may("regulation", flag("A statute or regulation, not an order.")),
        may(
            "staff_may_extend",
            flag("The Commission's staff may move a due date."),
        ),
        must("sources", list("What the pack was made from.", source())),
        may(
            "accepts",
            list(
                "What is accepted as the reason for an access; the first row that \
             applies decides.",
                terms(),
            ),
        ),
        may(
            "reserved",
            by_name("Questions reserved to counsel, by id.", reserved()),
        ),
        may("no_duty", no_duty()),
        may("register", register()),
        may("certification", certification()),
    ];
    file(
        "order.toml of a pack",
        table("An order or rule as data.", members),
    )
}

fn source() -> Value {
    let members = vec![must("title", text("What it is.")), must("grade", grade())];
    table("", members)
}

fn terms() -> Value {
    let words = |doc: &str, words: Vec<&'static str>| list(doc, word("", words));
    let actors = ActorKind::ALL.iter().map(|one| one.as_str()).collect();
    let purposes = Purpose::ALL.iter().map(|one| one.as_str()).collect();
    let actions = Action::ALL.iter().map(|one| one.as_str()).collect();
    let members = vec![
        may(
            "actors",
            words("Of which kinds of actor; left out: of all.", actors),
        ),
        may(
            "information",
            words("For which information; left out: for all.", information()),
        ),
        may(
            "actions",
            words("For which acts; left out: for all.", actions),
        ),
        must(
            "purposes",
            words("Which purposes; an empty list accepts nothing.", purposes),
        ),
        may(
            "attestation",
            flag("The actor must also have attested to the purpose."),
        ),
        may("training", flag("The actor must also have been trained.")),
    ];
    table("", members)
}

/// Every class of information.
pub(super) fn information() -> Vec<&'static str> {
    Information::ALL.iter().map(|one| one.as_str()).collect()
}

/// What can start a clock.
pub(super) fn anchors() -> Vec<&'static str> {
    let words = Anchor::WORDS.iter().map(|(word, _)| *word);
    let milestones = MilestoneName::ALL.iter().map(|one| one.as_str());
    words.chain(milestones).collect()
}

fn reserved() -> Value {
    let reading = table(
        "A way to read it; needs `effect` or, for a question about clocks, `anchor`.",
        vec![
            must("text", text("The reading in our own words.")),
            may(
                "effect",
                flag("Whether what the question is raised about counts, stands, binds."),
            ),
            may("anchor", word("The anchor that is meant.", anchors())),
        ],
    );
    let members = vec![
        must("question", text("The question.")),
        must("cite", cite()),
        may(
            "working",
            text(
                "The reading that answers follow until counsel says otherwise; left \
             out: an answer stays open where the readings differ.",
            ),
        ),
        may(
            "contents",
            flag(
                "Whether it is about what a document says: it is drafted by the working reading \
                 alone.",
            ),
        ),
        must(
            "readings",
            by_name("The readings, by their values.", reading),
        ),
    ];
    table("", members)
}

fn no_duty() -> Value {
    let members = vec![
        must(
            "text_known",
            flag("Whether the text is known; one that is not leaves the answer open."),
        ),
        must("text", own_words()),
        must("cite", cite()),
    ];
    table("Why the order has no duty to report incidents.", members)
}

fn register() -> Value {
    let review = table(
        "The clause that restricts people's review of recordings.",
        vec![
            must("cite", cite()),
            must(
                "information",
                list("Of which information.", word("", information())),
            ),
        ],
    );
    let members = vec![
        may("review", review),
        may(
            "noncompliance",
            text("The clause under which violations are collected."),
        ),
    ];
    table(
        "What goes into the register behind the certification.",
        members,
    )
}

fn certification() -> Value {
    let members = vec![
        must("cite", cite()),
        may(
            "ends_month",
            number("The month in which a certification year ends; left out: not known."),
        ),
        may(
            "ends_day",
            number("Its last day in that month; left out: not known."),
        ),
        may("years", number("For how many years; left out: not known.")),
        must(
            "describes_incidents",
            flag("It must describe the incidents of the year."),
        ),
        must("by", text("Who signs, in our own words.")),
    ];
    table("The annual certification.", members)
}
