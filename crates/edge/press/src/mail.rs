//! Packs a letter with its attachments as an `.eml` file by lettre; sends nothing.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message;
use lettre::message::header::{ContentTransferEncoding, ContentType, Date};
use lettre::message::{Attachment as Part, Body, Mailbox, MultiPart, SinglePart};
use sha2::{Digest, Sha256};

use crate::error::PressError;
use crate::pdf::LAST_SECOND;

/// Longest subject, in characters: RFC 5322 allows lines of 998 and a word cannot be folded.
const SUBJECT_CHARS_MAX: usize = 900;
/// Most bytes of text and attachments; with base64 the file has a third more.
const BYTES_MAX: usize = 64 << 20;

/// A letter to pack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mail {
    /// The sender, as `name@example.com` or `Name <name@example.com>`.
    pub from: String,
    /// The recipients, in the same form; at least one.
    pub to: Vec<String>,
    /// The subject, which a reader gets to see exactly as given here.
    pub subject: String,
    /// The letter, as plain text.
    pub text: String,
    /// The files that go with it, in this order.
    pub attachments: Vec<Attachment>,
    /// The identity of the message, without angle brackets: `left@right`. Made by the caller from
    /// notice and digest, so that a second attempt bears the same one.
    pub message_id: String,
    /// The date of the message, in seconds since 1970-01-01T00:00:00Z; given by the caller, never
    /// read from a clock. Without one the file has no `Date`, and whoever sends it adds one.
    pub date: Option<i64>,
}

/// A file that goes with a letter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attachment {
    /// The file name, without a folder.
    pub name: String,
    /// The media type, such as `application/pdf`.
    pub media_type: String,
    /// The file. It arrives byte for byte: it is always packed as base64.
    pub bytes: Vec<u8>,
}

/// Packs `mail` as an `.eml` file (RFC 5322, `multipart/mixed`).
///
/// The same letter gives the same bytes: the boundary is made from the content, and there is no
/// date but the given one. Long headers are folded, what is not ASCII is encoded (RFC 2047, 2231).
///
/// Errors: a line break or another control character in a header (a value that smuggles in a
/// header of its own), an address that is none, a blank subject or one that a reader would not see
/// as given, no recipient, a media type that is none, a date outside 1970 to 2999, more than
/// 64 MiB.
pub fn eml(mail: &Mail) -> Result<Vec<u8>, PressError> {
    check(mail)?;
    let mut builder = Message::builder().from(mailbox("from", &mail.from)?);
    for recipient in &mail.to {
        builder = builder.to(mailbox("to", recipient)?);
    }
    builder = builder.subject(mail.subject.as_str());
    if let Some(date) = mail.date {
        builder = builder.header(Date::new(UNIX_EPOCH + Duration::from_secs(seconds(date)?)));
    }
    builder = builder.message_id(Some(format!("<{}>", mail.message_id)));

    let mut parts = MultiPart::mixed()
        .boundary(boundary(mail))
        .singlepart(letter(&mail.text));
    for attachment in &mail.attachments {
        parts = parts.singlepart(packed(attachment)?);
    }
    let mut message = builder.multipart(parts).map_err(|error| PressError::Mail {
        why: error.to_string(),
    })?;
    if mail.date.is_none() {
        // lettre puts in the present; a file that nobody dated has no date.
        message.headers_mut().remove_raw("Date");
    }
    Ok(message.formatted())
}

fn refused(field: &'static str, why: &str) -> PressError {
    PressError::Header {
        field,
        why: why.to_owned(),
    }
}

/// Refuses whatever a header must not hold, before anything is built from it.
fn check(mail: &Mail) -> Result<(), PressError> {
    one_line("from", &mail.from)?;
    if mail.to.is_empty() {
        return Err(refused("to", "there is no recipient; give at least one"));
    }
    for recipient in &mail.to {
        one_line("to", recipient)?;
    }
    check_subject(&mail.subject)?;
    check_message_id(&mail.message_id)?;
    for attachment in &mail.attachments {
        one_line("attachment name", &attachment.name)?;
        one_line("attachment media type", &attachment.media_type)?;
        let name = attachment.name.trim();
        if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\\', '"']) {
            let why = "it must be a plain file name, without folder or quotation mark";
            return Err(refused("attachment name", why));
        }
    }
    let found = mail.text.len()
        + mail
            .attachments
            .iter()
            .map(|a| a.bytes.len())
            .sum::<usize>();
    if found > BYTES_MAX {
        return Err(PressError::Mail {
            why: format!(
                "text and attachments have {found} bytes, at most {BYTES_MAX} can be packed; \
                 send large files by another channel and name their digests in the letter"
            ),
        });
    }
    Ok(())
}

/// Refuses line breaks and other control characters: the way to smuggle in a header.
fn one_line(field: &'static str, value: &str) -> Result<(), PressError> {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    match value.chars().find(|&c| breaks(c)) {
        None => Ok(()),
        Some(c) => Err(refused(
            field,
            &format!(
                "it holds the control character U+{:04X}, which could start a header of its own; \
                 remove it",
                u32::from(c)
            ),
        )),
    }
}

/// Refuses a subject that a reader would not see exactly as given.
fn check_subject(subject: &str) -> Result<(), PressError> {
    one_line("subject", subject)?;
    if subject.trim().is_empty() || subject.trim() != subject {
        return Err(refused(
            "subject",
            "it is blank, or begins or ends with a blank",
        ));
    }
    if subject.contains("  ") {
        let why = "it holds two blanks in a row, of which mail readers keep one; write one";
        return Err(refused("subject", why));
    }
    if subject.contains("=?") {
        let why = "it holds `=?`, which mail readers take for encoded text; write it without";
        return Err(refused("subject", why));
    }
    if subject.chars().count() > SUBJECT_CHARS_MAX {
        let why = format!("it is longer than {SUBJECT_CHARS_MAX} characters; shorten it");
        return Err(refused("subject", &why));
    }
    Ok(())
}

/// A message id is `left@right` of the characters that need no quoting (RFC 5322, `dot-atom`).
fn check_message_id(id: &str) -> Result<(), PressError> {
    let atom = |part: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        !part.is_empty()
            && part.chars().all(plain)
            && !part.starts_with('.')
            && !part.ends_with('.')
            && !part.contains("..")
    };
    match id.split_once('@') {
        Some((left, right)) if id.len() <= 250 && atom(left) && atom(right) => Ok(()),
        _ => Err(refused(
            "message id",
            "it must be left@right, of at most 250 ASCII letters, digits, dots and hyphens, \
             without angle brackets",
        )),
    }
}

fn mailbox(field: &'static str, value: &str) -> Result<Mailbox, PressError> {
    value.parse().map_err(|error| {
        let why = format!(
            "it is no mail address ({error}); write name@example.com or \
             Name <name@example.com>"
        );
        refused(field, &why)
    })
}

fn seconds(date: i64) -> Result<u64, PressError> {
    u64::try_from(date)
        .ok()
        .filter(|_| date <= LAST_SECOND)
        .ok_or_else(|| {
            refused(
                "date",
                "it lies outside the years 1970 to 2999; give seconds since 1970",
            )
        })
}

/// The text, with every line ended the same way.
fn letter(text: &str) -> SinglePart {
    SinglePart::plain(text.replace("\r\n", "\n").replace('\r', "\n"))
}

fn packed(attachment: &Attachment) -> Result<SinglePart, PressError> {
    let content_type = ContentType::parse(&attachment.media_type).map_err(|error| {
        let why = format!("it is none ({error}); write one such as application/pdf");
        refused("attachment media type", &why)
    })?;
    // Never as text: a relay that changes a line end would change the digest of the file.
    let body = Body::new_with_encoding(attachment.bytes.clone(), ContentTransferEncoding::Base64)
        .map_err(|_| PressError::Mail {
        why: "an attachment could not be encoded".to_owned(),
    })?;
    Ok(Part::new(attachment.name.clone()).body(body, content_type))
}

/// A boundary that follows from the content: the same letter gives the same bytes, and no text can
/// hold its own boundary.
fn boundary(mail: &Mail) -> String {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    for text in [&mail.from, &mail.subject, &mail.text, &mail.message_id] {
        add(text.as_bytes());
    }
    for recipient in &mail.to {
        add(recipient.as_bytes());
    }
    for attachment in &mail.attachments {
        add(attachment.name.as_bytes());
        add(attachment.media_type.as_bytes());
        add(&attachment.bytes);
    }
    add(&mail.date.unwrap_or(-1).to_be_bytes());
    let digest = hash.finalize();
    let hex: String = digest
        .iter()
        .take(20)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("tocsin-{hex}")
}
