//! Packs letters and reads them back with an independent parser.

use mail_parser::{Address, Message, MessageParser, MimeHeaders};
use tocsin_press::{Attachment, Mail, PressError, eml};

const SUBJECT: &str = "FTC v. Ring LLC.";

fn mail() -> Mail {
    Mail {
        from: "Notices <notices@example.com>".to_owned(),
        to: vec!["agency@example.gov".to_owned()],
        subject: format!("{SUBJECT} Covered Incident Report, matter M-7"),
        text: "Dear all,\nfind the report attached.\n".to_owned(),
        attachments: vec![
            Attachment {
                name: "notice.pdf".to_owned(),
                media_type: "application/pdf".to_owned(),
                bytes: (0..=255).cycle().take(5000).collect(),
            },
            Attachment {
                name: "notice.json".to_owned(),
                media_type: "application/json".to_owned(),
                bytes: b"{\"a\":1}\n{\"b\":2}\r\n".to_vec(),
            },
        ],
        message_id: "n-1.3f9a@tocsin.invalid".to_owned(),
        date: Some(1_797_357_600),
    }
}

fn parse(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).unwrap()
}

fn header_lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    text.split("\r\n\r\n")
        .next()
        .unwrap()
        .split("\r\n")
        .map(str::to_owned)
        .collect()
}

fn why(change: impl FnOnce(&mut Mail)) -> String {
    let mut mail = mail();
    change(&mut mail);
    let error = eml(&mail).unwrap_err();
    assert!(matches!(
        error,
        PressError::Header { .. } | PressError::Mail { .. }
    ));
    error.to_string()
}

#[test]
fn a_letter_reads_back_as_it_was_given() {
    let given = mail();
    let bytes = eml(&given).unwrap();
    let read = parse(&bytes);
    assert_eq!(read.subject().unwrap(), given.subject);
    assert_eq!(read.message_id().unwrap(), given.message_id);
    assert_eq!(read.date().unwrap().to_timestamp(), given.date.unwrap());
    let Some(Address::List(from)) = read.from() else {
        panic!("one sender")
    };
    assert_eq!(from[0].address(), Some("notices@example.com"));
    assert_eq!(from[0].name(), Some("Notices"));
    assert_eq!(
        read.body_text(0).unwrap().replace("\r\n", "\n").trim_end(),
        given.text.trim_end()
    );
    assert_eq!(read.attachment_count(), 2);
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert_eq!(text.matches("Content-Transfer-Encoding: base64").count(), 2);
    for (index, attachment) in given.attachments.iter().enumerate() {
        let part = read.attachment(index.try_into().unwrap()).unwrap();
        assert_eq!(part.attachment_name().unwrap(), attachment.name);
        assert_eq!(part.contents(), attachment.bytes, "byte for byte");
        let found = part.content_type().unwrap();
        let found = format!("{}/{}", found.ctype(), found.subtype().unwrap());
        assert_eq!(found, attachment.media_type);
    }
}

#[test]
fn the_same_letter_gives_the_same_bytes_and_another_one_another_boundary() {
    assert_eq!(eml(&mail()).unwrap(), eml(&mail()).unwrap());
    let boundary = |mail: &Mail| {
        header_lines(&eml(mail).unwrap())
            .into_iter()
            .find(|l| l.contains("boundary="))
            .unwrap()
    };
    let mut other = mail();
    other.text.push('!');
    assert_ne!(boundary(&mail()), boundary(&other));
}

#[test]
fn without_a_date_there_is_none() {
    let mut undated = mail();
    undated.date = None;
    let bytes = eml(&undated).unwrap();
    assert!(parse(&bytes).date().is_none());
    assert!(
        !header_lines(&bytes)
            .iter()
            .any(|line| line.starts_with("Date:"))
    );
    assert_eq!(bytes, eml(&undated).unwrap());
}

#[test]
fn the_subject_begins_exactly_as_given() {
    let bytes = eml(&mail()).unwrap();
    let line = header_lines(&bytes)
        .into_iter()
        .find(|l| l.starts_with("Subject:"))
        .unwrap();
    assert!(line.starts_with("Subject: FTC v. Ring LLC."), "{line}");
}

#[test]
fn a_long_subject_is_folded_and_reads_back() {
    let mut long = mail();
    long.subject = format!(
        "{SUBJECT} {}",
        "Covered Incident Report and more ".repeat(12)
    );
    long.subject = long.subject.trim().to_owned();
    let bytes = eml(&long).unwrap();
    assert!(header_lines(&bytes).iter().all(|line| line.len() <= 78));
    assert_eq!(parse(&bytes).subject().unwrap(), long.subject);
}

#[test]
fn a_subject_beyond_ascii_is_encoded_and_reads_back() {
    for tail in [
        "Zürich — § 5",
        "中文 report 中文",
        "a é b ü",
        "😀",
        "שלום world",
    ] {
        let mut other = mail();
        other.subject = format!("{SUBJECT} {tail}");
        let bytes = eml(&other).unwrap();
        assert!(bytes.is_ascii());
        assert_eq!(parse(&bytes).subject().unwrap(), other.subject);
        let line = header_lines(&bytes)
            .into_iter()
            .find(|l| l.starts_with("Subject:"))
            .unwrap();
        assert!(line.starts_with("Subject: FTC v. Ring LLC."), "{line}");
    }
}

#[test]
fn text_beyond_ascii_and_long_lines_are_encoded_and_read_back() {
    let mut other = mail();
    other.text = format!(
        "Grüße — 中文 😀\r\nmixed\rends\n.\n--{}\nFrom here",
        "x".repeat(2000)
    );
    let bytes = eml(&other).unwrap();
    assert!(bytes.is_ascii());
    assert!(bytes.split(|&b| b == b'\n').all(|line| line.len() <= 998));
    let expected = other.text.replace("\r\n", "\n").replace('\r', "\n");
    assert_eq!(
        parse(&bytes).body_text(0).unwrap().replace("\r\n", "\n"),
        expected
    );
}

#[test]
fn a_header_cannot_be_smuggled_in() {
    let smuggled = "x\r\nBcc: other@example.com";
    for control in [
        "x\nBcc: a@b.c",
        "x\rBcc: a@b.c",
        smuggled,
        "x\0",
        "x\u{2028}y",
    ] {
        assert!(why(|m| m.subject = control.to_owned()).contains("subject: it holds the control"));
        assert!(why(|m| m.from = format!("{control} <a@b.c>")).contains("from: it holds"));
        assert!(why(|m| m.to.push(format!("a@b.c{control}"))).contains("to: it holds"));
        assert!(why(|m| m.message_id = format!("{control}@b.c")).contains("message id"));
        let name = why(|m| m.attachments[0].name = control.to_owned());
        assert!(name.contains("attachment name: it holds"));
        let media_type = why(|m| m.attachments[0].media_type = control.to_owned());
        assert!(media_type.contains("attachment media type: it holds"));
    }
}

#[test]
fn what_is_no_letter_is_refused_with_what_would_be_right() {
    assert!(why(|m| m.to.clear()).contains("at least one"));
    assert!(why(|m| m.from = "nobody".to_owned()).contains("name@example.com"));
    assert!(why(|m| m.subject = " ".to_owned()).contains("blank"));
    assert!(why(|m| m.subject = "FTC v.  Ring".to_owned()).contains("two blanks"));
    assert!(why(|m| m.subject = "FTC =?utf-8?q?x?=".to_owned()).contains("`=?`"));
    assert!(why(|m| m.subject = "x".repeat(901)).contains("shorten"));
    assert!(why(|m| m.message_id = "<a@b>".to_owned()).contains("angle brackets"));
    assert!(why(|m| m.message_id = "ab".to_owned()).contains("left@right"));
    assert!(why(|m| m.date = Some(-1)).contains("1970 to 2999"));
    assert!(why(|m| m.date = Some(i64::MAX)).contains("1970 to 2999"));
    assert!(why(|m| m.attachments[0].media_type = "pdf".to_owned()).contains("application/pdf"));
    assert!(why(|m| m.attachments[0].name = "../x".to_owned()).contains("plain file name"));
}

#[test]
fn an_error_does_not_repeat_an_address() {
    assert!(!why(|m| m.to = vec!["jane.doe at example".to_owned()]).contains("jane"));
}

#[test]
fn a_file_name_beyond_ascii_reads_back() {
    let mut other = mail();
    other.attachments[0].name = "Prüfbericht — 1.pdf".to_owned();
    let bytes = eml(&other).unwrap();
    assert!(bytes.is_ascii());
    assert_eq!(
        parse(&bytes).attachment(0).unwrap().attachment_name(),
        Some("Prüfbericht — 1.pdf")
    );
}
