//! Schemas by parts: strict tables, closed sets of words, and what each member is.

use serde_json::{Map, Value, json};

/// A member of a table.
pub(super) struct Member {
    name: &'static str,
    schema: Value,
    required: bool,
}

/// A member that must be there.
pub(super) fn must(name: &'static str, schema: Value) -> Member {
    Member {
        name,
        schema,
        required: true,
    }
}

/// A member that may be left out.
pub(super) fn may(name: &'static str, schema: Value) -> Member {
    Member {
        required: false,
        ..must(name, schema)
    }
}

/// A table that has these members and no others.
pub(super) fn table(doc: &str, members: Vec<Member>) -> Value {
    let required: Vec<Value> = members
        .iter()
        .filter(|member| member.required)
        .map(|member| member.name.into())
        .collect();
    let properties: Map<String, Value> = members
        .into_iter()
        .map(|member| (member.name.to_owned(), member.schema))
        .collect();
    let mut schema = described(doc, json!({ "type": "object" }));
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("properties".to_owned(), properties.into());
        if !required.is_empty() {
            schema.insert("required".to_owned(), required.into());
        }
        schema.insert("additionalProperties".to_owned(), false.into());
    }
    schema
}

/// A table whose members people name themselves.
pub(super) fn by_name(doc: &str, each: Value) -> Value {
    described(
        doc,
        json!({ "type": "object", "additionalProperties": each }),
    )
}

/// A schema with what it is about.
pub(super) fn described(doc: &str, mut schema: Value) -> Value {
    if let Some(schema) = schema.as_object_mut()
        && !doc.is_empty()
    {
        schema.insert("description".to_owned(), doc.into());
    }
    schema
}

/// A list.
pub(super) fn list(doc: &str, each: Value) -> Value {
    described(doc, json!({ "type": "array", "items": each }))
}

/// A text.
pub(super) fn text(doc: &str) -> Value {
    described(doc, json!({ "type": "string" }))
}

/// One of a closed set of words.
pub(super) fn word(doc: &str, words: impl IntoIterator<Item = &'static str>) -> Value {
    let words: Vec<&str> = words.into_iter().collect();
    described(doc, json!({ "type": "string", "enum": words }))
}

/// Yes or no.
pub(super) fn flag(doc: &str) -> Value {
    described(doc, json!({ "type": "boolean" }))
}

/// A number that counts something.
pub(super) fn number(doc: &str) -> Value {
    described(doc, json!({ "type": "integer", "minimum": 0 }))
}

/// A day.
pub(super) fn date(doc: &str) -> Value {
    described(doc, json!({ "type": "string", "format": "date" }))
}

/// A number that goes up with every change of content.
pub(super) fn revision() -> Value {
    number("Goes up with every change of content; `CHANGES.md` says what changed and why.")
}

/// The clause.
pub(super) fn cite() -> Value {
    text("The clause, as it is cited.")
}

/// What it says.
pub(super) fn own_words() -> Value {
    text("What it says, in our own words.")
}

/// The id of a question.
pub(super) fn question(doc: &str) -> Value {
    text(&format!(
        "{doc} The id of a question under `[reserved]` of order.toml."
    ))
}

/// The days in which something is in force.
pub(super) fn window(doc: &str) -> Value {
    let members = vec![
        may("from", date("The first day; left out: not known.")),
        may(
            "until",
            date("The first day no longer; left out: not known."),
        ),
    ];
    table(doc, members)
}

/// How sure a text is.
pub(super) fn grade() -> Value {
    use crate::model::Grade;
    const ALL: [Grade; 7] = [
        Grade::Order,
        Grade::Text,
        Grade::Cfr2015,
        Grade::SecondHand,
        Grade::Computed,
        Grade::Reading,
        Grade::Unverified,
    ];
    word("How sure the text is.", ALL.map(Grade::as_str))
}

/// A schema as a file of its own.
pub(super) fn file(title: &str, mut schema: Value) -> Value {
    if let Some(members) = schema.as_object_mut() {
        let draft = "https://json-schema.org/draft/2020-12/schema";
        members.insert("$schema".to_owned(), draft.into());
        members.insert("title".to_owned(), title.into());
    }
    schema
}

/// What stands in a subject for what the source does not name.
pub(super) fn placeholder() -> Value {
    text(
        "Literal: what the source prints in the subject for something that it does not name; \
         people say what stands there before it goes out.",
    )
}

/// How a report is sent.
pub(super) fn channel() -> Value {
    table(
        "How a report is sent; addresses and subject are literal.",
        vec![
            must("email", text("Literal: the e-mail address.")),
            may("courier", text("The other way, in our own words.")),
            may(
                "unless",
                text("When another channel is allowed, in our own words."),
            ),
            must("subject", text("Literal: how the subject line begins.")),
            may("subject_placeholder", placeholder()),
            may(
                "address",
                list("Literal: the postal address, line by line.", text("")),
            ),
            must("cite", cite()),
        ],
    )
}
