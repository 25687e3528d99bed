//! Declarations to be sworn: whether somebody signed the words as they stand, with a day in their
//! blank.

use crate::document::NoticeDocument;
use crate::ready::Signed;
use facts::Sign;

/// Stands in a declaration where the day of its execution is written.
pub(crate) const BLANK: &str = "_____";
/// How long a day in words may be, such as "the 30th day of September, 2026".
const DAY_CHARS_MAX: usize = 40;
/// Of a name of a month at least this much: "Sep", "Sept".
const MONTH_CHARS_MIN: usize = 3;
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// What else stands in a day in words.
const BETWEEN: [&str; 5] = ["the", "day", "of", "in", "year"];
/// What follows the number of a day.
const ENDINGS: [&str; 5] = ["", "st", "nd", "rd", "th"];

/// Whether nobody need swear `document`, or somebody has, in its own words.
pub(crate) fn is_sworn(document: &NoticeDocument, signed: Option<&Signed>) -> bool {
    document.declaration.is_none() || signed.is_some()
}

/// Whether the signature names who signed.
pub(crate) fn is_named(sign: &Sign) -> bool {
    !sign.name.trim().is_empty()
}

/// Whether what was signed are the `words` of a declaration, with its blank as it is or a day in
/// it.
pub(crate) fn is_under(words: &str, sign: &Sign) -> bool {
    let (words, signed) = (words.trim(), sign.declaration.trim());
    let day = words.split_once(BLANK).and_then(|(before, after)| {
        let rest = signed.strip_prefix(before)?;
        rest.strip_suffix(after)
    });
    words == signed || day.is_some_and(is_day)
}

/// Whether `text` can be a day, in figures or in words, and nothing else.
fn is_day(text: &str) -> bool {
    let is_between = |c: char| " ,./-".contains(c);
    let text = text.to_lowercase();
    let mut words = text.split(is_between).filter(|word| !word.is_empty());
    text.chars().count() <= DAY_CHARS_MAX
        && text.chars().any(|c| c.is_ascii_digit())
        && words.all(is_of_a_day)
}

fn is_of_a_day(word: &str) -> bool {
    let figures = word.trim_start_matches(|c: char| c.is_ascii_digit());
    if figures.len() < word.len() {
        return ENDINGS.contains(&figures);
    }
    let mut months = MONTHS.iter();
    let is_month = word.len() >= MONTH_CHARS_MIN && months.any(|month| month.starts_with(word));
    is_month || BETWEEN.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_in_figures_or_in_words_and_nothing_besides() {
        for day in [
            "December 1, 2026",
            "1st of December, 2026",
            "the 30th day of September, 2026",
            "2026-12-01",
            "1 Dec. 2026",
            "12/1/2026",
        ] {
            assert!(is_day(day), "{day}");
        }
        for none in [
            "",
            "someday",
            "December",
            "December 1, as far as I know 1",
            "December 1, not 2026",
            "1x",
        ] {
            assert!(!is_day(none), "{none}");
        }
    }
}
