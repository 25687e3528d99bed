//! Placeholders: what a source prints in a literal subject for something that it does not name. A
//! pack names each, so that nobody sends it unseen.

use crate::lint::Found;

/// How one is named.
const EXAMPLE: &str = "subject_placeholder = \"[X-number]\"";

/// Says where the `placeholder` that is named does not stand in `subject`, and where one seems to
/// stand there that is not named.
pub(crate) fn subject(subject: &str, placeholder: Option<&str>, found: &mut Found<'_>) {
    let mut rest = subject.to_owned();
    if let Some(named) = placeholder {
        if named.trim().is_empty() || subject.matches(named).count() != 1 {
            let message = format!(
                "`subject_placeholder` is to be what stands in the subject, word for word and \
                 once: {subject:?}"
            );
            found.say_with(
                &format!("subject_placeholder = {named:?}"),
                message,
                EXAMPLE,
            );
            return;
        }
        rest = subject.replacen(named, "", 1);
    }
    if seems_to_hold_one(&rest) {
        let message = "the subject seems to hold a placeholder that is not named: it would be sent \
                       as it is printed, and nobody asked";
        found.say_with(&format!("subject = {subject:?}"), message, EXAMPLE);
    }
}

/// Whether something stands in brackets, or a sign or a word in the place of digits or letters.
pub fn seems_to_hold_one(subject: &str) -> bool {
    const SIGNS: [&str; 9] = ["[", "]", "<", ">", "{", "}", "…", "...", "??"];
    SIGNS.iter().any(|sign| subject.contains(sign))
        || has_blank(subject)
        || has_word(subject)
        || has_described(subject)
}

/// Whether a sign stands for something: `#` but before a number, `_` but within a name, and `X`
/// several times, or twice beside a hyphen or a digit.
fn has_blank(subject: &str) -> bool {
    let signs: Vec<char> = subject.chars().collect();
    let at = |place: Option<usize>| place.and_then(|place| signs.get(place)).copied();
    let is = |place: Option<usize>, kind: fn(char) -> bool| at(place).is_some_and(kind);
    let mut crosses = 0_usize;
    for (here, sign) in signs.iter().enumerate() {
        let (before, after) = (here.checked_sub(1), Some(here + 1));
        let blank = match sign {
            '#' => !is(after, |one| one.is_ascii_digit()) || is(before, |one| one == '#'),
            '_' => !is(before, char::is_alphanumeric) || !is(after, char::is_alphanumeric),
            _ => false,
        };
        crosses = match sign.eq_ignore_ascii_case(&'x') {
            true => crosses + 1,
            false => 0,
        };
        let beside = |one: char| one == '-' || one.is_ascii_digit();
        let in_a_number = is(after, beside) || is(here.checked_sub(crosses), beside);
        if blank || crosses > 2 || (crosses == 2 && in_a_number) {
            return true;
        }
    }
    false
}

/// Whether a word says that something is still to come.
fn has_word(subject: &str) -> bool {
    const WORDS: [&str; 3] = ["TBD", "TBA", "TODO"];
    let words = subject.split(|sign: char| !sign.is_alphanumeric());
    let mut words = words.map(str::to_ascii_uppercase);
    let lower = subject.to_ascii_lowercase();
    words.any(|word| WORDS.contains(&word.as_str())) || lower.contains("to be ")
}

/// Whether it stands in round brackets what is to stand there, as `(docket number)`.
fn has_described(subject: &str) -> bool {
    const WHAT: [&str; 12] = [
        "number", "no", "date", "name", "docket", "insert", "file", "case", "matter", "year",
        "company", "title",
    ];
    let mut described = subject.split('(').skip(1);
    described.any(|rest| {
        let inner = rest.split(')').next().unwrap_or_default();
        let mut words = inner.split(|sign: char| !sign.is_alphanumeric());
        !inner.contains(|sign: char| sign.is_ascii_digit())
            && !inner.contains(char::is_uppercase)
            && words.any(|word| WHAT.contains(&word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, placeholder: Option<&str>) -> usize {
        let mut found = Found {
            file: "acme/order.toml".to_owned(),
            text: "",
            lints: Vec::new(),
        };
        subject(text, placeholder, &mut found);
        found.lints.len()
    }

    #[test]
    fn a_placeholder_is_named_and_one_that_is_named_stands_there() {
        assert_eq!(said("In re Acme, Docket 0-00.", None), 0);
        for (subject, placeholder) in [("Acme, [number].", "[number]"), ("C-####", "C-####")] {
            assert_eq!(said(subject, None), 1, "{subject}");
            assert_eq!(said(subject, Some(placeholder)), 0, "{subject}");
        }
        for subject in [
            "Acme, C-XXXX",
            "Acme, 20XX",
            "Acme, XXX",
            "Acme, TBD",
            "Acme, No. _",
            "Acme, No. __",
            "Acme (docket number)",
            "Acme, No. #",
            "Acme, to be assigned",
            "Acme, No. ...",
        ] {
            assert_eq!(said(subject, None), 1, "{subject}");
        }
        for subject in [
            "Acme, File #123",
            "Exxon v. X Corp. (the platform), File No. 172 3203",
            "Acme (FTC File No. 172 3203)",
            "acme_home v. Global Tel*Link",
        ] {
            assert_eq!(said(subject, None), 0, "{subject}");
        }
        assert_eq!(said("Acme, [number].", Some("[other]")), 1);
        assert_eq!(said("[a] Acme [a]", Some("[a]")), 1);
        assert_eq!(said("[a] Acme [b]", Some("[a]")), 1);
        assert_eq!(said("Acme", Some(" ")), 1);
    }
}
