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

/// Whether something stands in brackets, or a sign in the place of digits or letters.
fn seems_to_hold_one(subject: &str) -> bool {
    subject.contains(['[', ']', '<', '>', '{', '}', '#', '…']) || subject.contains("__")
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
        assert_eq!(said("Acme, [number].", Some("[other]")), 1);
        assert_eq!(said("[a] Acme [a]", Some("[a]")), 1);
        assert_eq!(said("[a] Acme [b]", Some("[a]")), 1);
        assert_eq!(said("Acme", Some(" ")), 1);
    }
}
