//! What may be wrong with JSON, in words that name members and never show their content.

use super::text::Json;
use crate::error::{Code, Fault};
use crate::graph::{Field, Form, short};

/// The nearest of `known` to `given`, if it is near at all.
fn nearest<'k>(given: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known
        .map(|word| (strsim::jaro_winkler(given, word), word))
        .filter(|(score, _)| *score > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

/// A member's name as a message may show it: a word, never something that may be a pseudonym.
fn shown(member: &str) -> &str {
    let is_word = !member.is_empty()
        && member.len() <= 40
        && member
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    if is_word { member } else { "?" }
}

#[cold]
pub(super) fn wrong_type(json: &Json<'_>, wanted: &str) -> Fault {
    Fault::new(
        Code::JsonType,
        format!("{} stands where {wanted} is needed", json.label()),
    )
}

#[cold]
pub(super) fn missing() -> Fault {
    Fault::new(
        Code::JsonMissingMember,
        "the record needs this member and does not have it",
    )
}

#[cold]
pub(super) fn repeated(member: &str) -> Fault {
    Fault::new(
        Code::JsonRepeatedMember,
        "the member stands twice in one object",
    )
    .within(shown(member))
}

#[cold]
pub(super) fn unknown_member(
    given: &str,
    record: &str,
    fields: &[Field],
    inner: &[Field],
) -> Fault {
    let known = fields
        .iter()
        .filter(|field| field.form != Form::Flat)
        .chain(inner);
    let near = nearest(given, known.map(|field| field.name.as_str()));
    let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    let text = format!("no version of {} knows this member{hint}", short(record));
    Fault::new(Code::JsonUnknownMember, text).within(shown(given))
}

#[cold]
pub(super) fn unknown_word(set: &str, known: &[String], given: &str) -> Fault {
    let hint = match nearest(given, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it knows {}", known.join(", ")),
    };
    Fault::new(
        Code::JsonUnknownWord,
        format!("the word is none that {} knows; {hint}", short(set)),
    )
}
