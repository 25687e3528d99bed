//! The schemas of what a duty's clause is made of: conditions and what they count.

use super::build::{
    cite, described, flag, list, may, must, number, own_words, question, table, text, word,
};
use super::order::information;
use crate::duty::Unit;
use facts::{CircumstanceName, Ground, MilestoneName, NotifiedBy, Visibility, YesNo};
use serde_json::{Value, json};

/// Every kind of condition; one holds exactly one of them.
const KINDS: [&str; 11] = [
    "all",
    "any",
    "not",
    "government_notice",
    "notice_required",
    "count",
    "circumstance",
    "noncompliance",
    "milestone",
    "duty",
    "under_text",
];

/// A reference to the condition, which holds conditions.
pub(super) fn condition_ref() -> Value {
    json!({ "$ref": "#/$defs/condition" })
}

fn circumstances() -> Vec<&'static str> {
    CircumstanceName::ALL
        .iter()
        .map(|one| one.as_str())
        .collect()
}

/// Every milestone.
pub(super) fn milestones() -> Vec<&'static str> {
    MilestoneName::ALL.iter().map(|one| one.as_str()).collect()
}

fn units() -> [&'static str; 4] {
    [
        Unit::Accounts,
        Unit::Consumers,
        Unit::Resources,
        Unit::Devices,
    ]
    .map(Unit::as_str)
}

fn by() -> Value {
    let who = NotifiedBy::ALL.iter().map(|one| one.as_str());
    list("Whose count; left out: the respondent's.", word("", who))
}

fn country() -> Value {
    text("The country of the authority; left out: US.")
}

/// What must hold.
pub(super) fn condition() -> Value {
    let one_of: Vec<Value> = KINDS
        .iter()
        .map(|kind| json!({ "required": [kind] }))
        .collect();
    let government = table(
        "An authority was told: an act.",
        vec![
            must(
                "required",
                flag("Only a notice that a statute or regulation required."),
            ),
            may("by", by()),
            may("country", country()),
            may(
                "about",
                text("The population that it must be about; left out: any information."),
            ),
            may(
                "reversal_question",
                question("Where nothing unauthorised is on record any more."),
            ),
        ],
    );
    let required = table(
        "A law requires that an authority be told: a fact.",
        vec![may("by", by()), may("country", country())],
    );
    let unit = table(
        "Whether another unit is meant.",
        vec![
            must("id", question("")),
            must("unit", word("The other unit.", units())),
        ],
    );
    let count = table(
        "So many of a population.",
        vec![
            must("population", text("Of which population.")),
            must("unit", word("In which unit.", units())),
            must("at_least", number("From how many on.")),
            may(
                "aggregation_question",
                question("Whether several times are one instance."),
            ),
            may("unit_question", unit),
            may(
                "in_one_state",
                flag("So many in one State or jurisdiction."),
            ),
        ],
    );
    let members = vec![
        must("text", text("What is asked, in our own words.")),
        must("cite", cite()),
        may("all", list("All of these.", condition_ref())),
        may("any", list("One of these.", condition_ref())),
        may("not", condition_ref()),
        may("government_notice", government),
        may("notice_required", required),
        may("count", count),
        may("circumstance", word("A yes/no fact.", circumstances())),
        may(
            "noncompliance",
            list("A violation of one of these sections.", text("")),
        ),
        may(
            "milestone",
            word("This milestone is on record: an act.", milestones()),
        ),
        may(
            "duty",
            text("The trigger of another duty of the order holds."),
        ),
        may("under_text", text("This one of the duty's texts applies.")),
    ];
    let mut schema = table(
        "What must hold: words, clause and exactly one kind.",
        members,
    );
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("oneOf".to_owned(), one_of.into());
    }
    schema
}

/// A part of a population: its own members, and then words and clause.
fn part(doc: &str, mut members: Vec<super::build::Member>) -> Value {
    members.push(must("text", own_words()));
    members.push(must("cite", cite()));
    table(doc, members)
}

/// What is counted.
pub(super) fn population() -> Value {
    let acts = || {
        word(
            "",
            ["accessed", "acquired", "publicly_exposed", "disclosed"],
        )
    };
    let classes = |doc: &str| list(doc, word("", information()));
    let seen = |doc: &str| {
        let words = Visibility::ALL.iter().map(|one| one.as_str());
        list(doc, word("", words))
    };
    let circumstance = |doc: &str| word(doc, circumstances());
    let authority = vec![
        must(
            "ground",
            described(
                "How sure \"without authorization\" must be to count in at least.",
                word("", Ground::ALL.iter().map(|one| one.as_str())),
            ),
        ),
        may(
            "insider_question",
            question("About staff who act outside the accepted purposes."),
        ),
        may(
            "or_circumstance",
            circumstance("The fact that says so where no verdict does."),
        ),
    ];
    let presumption = vec![
        must("from", acts()),
        must("unless", circumstance("The evidence that rebuts it.")),
    ];
    let visibility = vec![
        must("excluded", seen("Left out.")),
        may("unsure", seen("Neither surely in nor out.")),
        may("question", question("About what is unsure.")),
    ];
    let fact = vec![
        must("name", circumstance("Which fact.")),
        must(
            "must_be",
            word(
                "What it must be.",
                YesNo::ALL.iter().map(|one| one.as_str()),
            ),
        ),
        may(
            "presumed_of",
            classes("Classes whose name says that it holds."),
        ),
    ];
    let asked = || vec![may("question", question("Whether it is left out."))];
    let members = vec![
        may(
            "information",
            part(
                "Which classes of information; left out: any.",
                vec![must("any", classes("Any of these."))],
            ),
        ),
        must(
            "acts",
            part(
                "What must have been done with it.",
                vec![must("any", list("Any of these.", acts()))],
            ),
        ),
        may(
            "presumption",
            part("An act from which one of `acts` is presumed.", presumption),
        ),
        must("authority", part("\"Without authorization\".", authority)),
        may(
            "residential",
            part("Other than residential products are left out.", asked()),
        ),
        may(
            "visibility",
            part("What its users made visible is left out.", visibility),
        ),
        may(
            "encryption",
            part("What was encrypted, its key safe, is left out.", asked()),
        ),
        may(
            "residence",
            part(
                "Only people of one country.",
                vec![must("country", text("ISO 3166-1 alpha-2."))],
            ),
        ),
        may(
            "circumstances",
            list("Facts that must (not) hold of it.", part("", fact)),
        ),
    ];
    part("What is counted: every part must hold.", members)
}
