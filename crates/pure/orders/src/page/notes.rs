//! What authors write beside the data: the comments of a file, and the list of changes.

use super::html::{self, Html, element};

/// The comments of a TOML file that stand on lines of their own, each with the line that follows
/// it. Several lines under each other are one.
pub(super) fn comments(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    let mut inside: Option<&str> = None;
    for line in text.lines() {
        let trimmed = line.trim();
        if inside.is_none()
            && let Some(remark) = trimmed.strip_prefix('#')
        {
            comment.push(remark.trim());
            continue;
        }
        if !comment.is_empty() {
            let place = match trimmed {
                "" => "the whole file",
                line => line.split(" = ").next().unwrap_or(line),
            };
            found.push((place.to_owned(), comment.join(" ")));
            comment.clear();
        }
        // A text of several lines is data, whatever its lines begin with.
        for quotes in ["\"\"\"", "'''"] {
            let odd = line.matches(quotes).count() % 2 == 1;
            inside = match (inside, odd) {
                (None, true) => Some(quotes),
                (Some(open), true) if open == quotes => None,
                (unchanged, _) => unchanged,
            };
        }
    }
    if !comment.is_empty() {
        found.push(("the end of the file".to_owned(), comment.join(" ")));
    }
    found
}

/// The words under which a pack lists what its source was too thin for.
const TOO_THIN: &str = "too thin to encode";

/// `CHANGES.md` in two: the changes, and what the source was too thin for.
pub(super) fn split(text: &str) -> (String, String) {
    let (mut changes, mut too_thin) = (String::new(), String::new());
    let mut is_thin = false;
    for line in text.lines() {
        let begins = line
            .trim_start_matches(['#', ' '])
            .to_lowercase()
            .starts_with(TOO_THIN);
        if begins {
            is_thin = true;
            // The heading of the page says it already; what stands behind it does not.
            if !line.starts_with('#') {
                too_thin.push_str(line);
                too_thin.push('\n');
            }
            continue;
        }
        is_thin &= !line.starts_with('#');
        let part = if is_thin { &mut too_thin } else { &mut changes };
        part.push_str(line);
        part.push('\n');
    }
    (changes, too_thin.trim().to_owned())
}

/// The entries of such a list, each on one line without its mark; what leads into a list is none.
pub(super) fn entries(text: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines().map(str::trim) {
        if let Some(begins) = bullet(line) {
            entries.push(begins.to_owned());
        } else if !line.is_empty() {
            match entries.last_mut().filter(|_| goes_on) {
                Some(entry) => {
                    entry.push(' ');
                    entry.push_str(line);
                }
                None => entries.push(line.to_owned()),
            }
        }
        goes_on = !line.is_empty();
    }
    entries.retain(|entry| !entry.ends_with(':'));
    for entry in &mut entries {
        entry.truncate(entry.trim_end_matches([';', '.']).len());
    }
    entries
}

/// What stands behind the mark of a list.
fn bullet(line: &str) -> Option<&str> {
    line.strip_prefix("* ").or_else(|| line.strip_prefix("- "))
}

/// Headings, bullets and paragraphs: as much of Markdown as the lists of changes use.
pub(super) fn markdown(text: &str) -> Html {
    let mut html = Html::default();
    let mut list = Html::default();
    let mut open: Option<(bool, String)> = None;
    for line in text.lines().chain([""]) {
        let trimmed = line.trim();
        let bullet = bullet(trimmed);
        let heading = trimmed.starts_with('#');
        let goes_on = !trimmed.is_empty() && bullet.is_none() && !heading;
        if goes_on && let Some((_, text)) = &mut open {
            text.push(' ');
            text.push_str(trimmed);
            continue;
        }
        match open.take() {
            Some((true, text)) => list.add(element("li", &text)),
            Some((false, text)) => html.paragraph(&text),
            None => {}
        }
        if bullet.is_none() && !trimmed.is_empty() && !list.is_empty() {
            html.add(html::wrap("ul", "", std::mem::take(&mut list)));
        }
        if heading {
            html.add(element("h4", trimmed.trim_start_matches('#').trim()));
        } else if let Some(text) = bullet {
            open = Some((true, text.to_owned()));
        } else if goes_on {
            open = Some((false, trimmed.to_owned()));
        }
    }
    if !list.is_empty() {
        html.add(html::wrap("ul", "", list));
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_found_with_their_place_and_data_is_none() {
        let text =
            "# one\n# two\ntitle = \"a\"\ntext = \"\"\"\n# data\n\"\"\"\n# three\n\n[x]\n# end";
        let expected = [
            ("title", "one two"),
            ("the whole file", "three"),
            ("the end of the file", "end"),
        ];
        let expected = expected.map(|(place, remark)| (place.to_owned(), remark.to_owned()));
        assert_eq!(comments(text), expected);
    }

    #[test]
    fn a_list_is_told_entry_by_entry() {
        let text = "What our source does not say:\n\n* the term;\n* the signer, of whom\n  \
                    nothing\n  is said.\n\nThe rest.";
        let expected = [
            "the term",
            "the signer, of whom nothing is said",
            "The rest",
        ];
        assert_eq!(entries(text), expected);
        assert!(entries("").is_empty());
    }

    #[test]
    fn what_was_too_thin_stands_apart_however_it_is_headed() {
        let (changes, thin) =
            split("# Changes\n\n* r1\n\n## Too thin to encode\n\n* the term\n\n# Z\nz");
        assert!(changes.contains("r1") && changes.contains('z') && !changes.contains("term"));
        assert_eq!(thin, "* the term");
        let (_, thin) = split("* r1\n\nToo thin to encode: the term,\nthe signer.\n");
        assert_eq!(thin, "Too thin to encode: the term,\nthe signer.");
    }
}
