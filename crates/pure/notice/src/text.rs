//! A notice as a letter: subject and plain text, for mail.

use crate::document::{NoticeDocument, State};
use crate::page::{Block, Field, Pages, Section, Table};
use crate::pages::to_pages;
use crate::ready::{Signed, message_id};
use facts::Moment;

/// A mail, as far as the notice decides it. Sender and attachments are the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// To whom.
    pub to: Vec<String>,
    /// The subject; it begins exactly with the pack's literal.
    pub subject: String,
    /// The body.
    pub text: String,
    /// See [`message_id`].
    pub message_id: String,
    /// The date, in seconds since 1970-01-01T00:00:00Z: the release's; none for a draft.
    pub date: Option<i64>,
}

/// `document` as a letter; `released` and `signed` as in [`to_pages`].
///
/// The subject of a draft is the same, so that it can be checked; its body begins with the banner.
pub fn letter(
    document: &NoticeDocument,
    released: Option<Moment>,
    signed: Option<&Signed>,
) -> Letter {
    let pages = to_pages(document, released, signed);
    Letter {
        to: document.channel.to.clone(),
        subject: document.channel.subject.clone().unwrap_or_default(),
        text: text(&pages),
        message_id: message_id(&document.notice, &pages.digest),
        date: pages.dated,
    }
}

/// Lines are broken after this many characters where a blank allows it.
const LINE: usize = 78;

/// The pages as plain text.
pub fn text(pages: &Pages) -> String {
    let mut out = String::new();
    if let Some(banner) = &pages.banner {
        push(&mut out, "", banner);
        out.push('\n');
    }
    push(&mut out, "", &pages.title);
    for line in &pages.subtitle {
        push(&mut out, "", line);
    }
    for section in &pages.sections {
        write_section(&mut out, section);
    }
    out.push('\n');
    push(
        &mut out,
        "",
        &format!("SHA-256 of the model: {}", pages.digest),
    );
    out
}

fn write_section(out: &mut String, section: &Section) {
    let label = section
        .label
        .as_ref()
        .map(|label| format!("{label}. "))
        .unwrap_or_default();
    let cite = section
        .cite
        .as_ref()
        .map(|cite| format!(" [{cite}]"))
        .unwrap_or_default();
    out.push('\n');
    push(out, "", &format!("{label}{}{cite}", section.heading));
    out.push_str(&"-".repeat(LINE.min(40)));
    out.push('\n');
    for block in &section.blocks {
        match block {
            Block::Paragraph(text) => push(out, "", text),
            Block::Note(text) => push(out, "  ", &format!("Note: {text}")),
            Block::List(items) => {
                for item in items {
                    push(out, "  ", &format!("- {item}"));
                }
            }
            Block::Field(field) => write_field(out, field),
            Block::Table(table) => write_table(out, table),
        }
    }
}

fn write_field(out: &mut String, field: &Field) {
    let state = match field.state {
        State::Known => "",
        State::Estimated => " (estimated)",
        State::Unknown => " (unknown)",
    };
    push(out, "", &format!("{}: {}{state}", field.label, field.value));
    if let Some(as_of) = &field.as_of {
        push(out, "    ", &format!("as of {as_of}"));
    }
    if let Some(basis) = &field.basis {
        push(out, "    ", &format!("basis: {basis}"));
    }
}

fn write_table(out: &mut String, table: &Table) {
    for row in &table.rows {
        for (column, cell) in table.columns.iter().zip(row) {
            push(out, "  ", &format!("{column}: {cell}"));
        }
        out.push('\n');
    }
}

/// Appends `text` with every line indented, broken at blanks.
fn push(out: &mut String, indent: &str, text: &str) {
    for line in text.lines() {
        let mut width = 0;
        for word in line.split_whitespace() {
            let length = word.chars().count();
            if width > 0 && width + 1 + length > LINE {
                out.push('\n');
                width = 0;
            }
            if width == 0 {
                out.push_str(indent);
                width = indent.len();
            } else {
                out.push(' ');
                width += 1;
            }
            out.push_str(word);
            width += length;
        }
        out.push('\n');
    }
}
