//! Notices as files: the model, the typeset pages and the mail.

use crate::errors::Failure;
use crate::outputs::OutDir;
use notice::{NoticeRecord, letter, to_pages};

/// From whom mails come, until a deployment says otherwise; a reserved name that nobody owns.
const FROM: &str = "tocsin@tocsin.invalid";

/// Writes `notices/<id>/notice.{json,pdf,eml}` and says which of them; no mail where it is given in
/// another way, or the source of the pack names no address that it could go to.
pub(crate) fn write(record: &NoticeRecord, out: &OutDir, id: &str) -> Result<Vec<String>, Failure> {
    let failed = |what: &str, error: press::PressError| {
        Failure::failed("press", format!("{what} of notice {id}: {error}"))
    };
    let json = serde_json::to_string_pretty(record)
        .map_err(|error| Failure::failed("output", error.to_string()))?;
    let name = |form: &str| format!("notices/{id}/notice.{form}");
    let mut written = vec![name("json"), name("pdf")];
    out.write(&name("json"), json.as_bytes())?;
    let signed = record.signed.as_ref();
    let pages = to_pages(&record.document, record.final_at(), signed);
    let pdf = press::pdf(&typeset(pages)).map_err(|error| failed("typesetting", error))?;
    out.write(&name("pdf"), &pdf)?;
    let letter = letter(&record.document, record.final_at(), signed);
    if letter.to.is_empty() {
        return Ok(written);
    }
    let mail = press::Mail {
        from: FROM.to_owned(),
        to: letter.to,
        subject: letter.subject,
        text: letter.text,
        attachments: vec![press::Attachment {
            name: format!("{id}.pdf"),
            media_type: "application/pdf".to_owned(),
            bytes: pdf,
        }],
        message_id: letter.message_id,
        date: letter.date,
    };
    let eml = press::eml(&mail).map_err(|error| failed("packing the mail", error))?;
    out.write(&name("eml"), &eml)?;
    written.push(name("eml"));
    Ok(written)
}

/// Pages, for the typesetter.
pub(crate) fn typeset(pages: notice::Pages) -> press::Document {
    press::Document {
        title: pages.title,
        banner: pages.banner,
        subtitle: pages.subtitle,
        dated: pages.dated,
        sections: pages.sections.into_iter().map(section).collect(),
        footer: press::Footer {
            digest: Some(pages.digest),
            version: Some(format!("tocsin {}", env!("CARGO_PKG_VERSION"))),
        },
    }
}

fn section(section: notice::Section) -> press::Section {
    press::Section {
        label: section.label,
        heading: section.heading,
        cite: section.cite,
        blocks: section.blocks.into_iter().map(block).collect(),
    }
}

fn block(block: notice::Block) -> press::Block {
    match block {
        notice::Block::Paragraph(text) => press::Block::Paragraph(text),
        notice::Block::Note(text) => press::Block::Note(text),
        notice::Block::List(items) => press::Block::List(items),
        notice::Block::Table(table) => press::Block::Table(press::Table {
            columns: table.columns,
            rows: table.rows,
        }),
        notice::Block::Field(field) => press::Block::Field(press::Field {
            label: field.label,
            value: field.value,
            state: match field.state {
                notice::State::Known => press::State::Known,
                notice::State::Estimated => press::State::Estimated,
                notice::State::Unknown => press::State::Unknown,
            },
            as_of: field.as_of,
            basis: field.basis,
        }),
    }
}
