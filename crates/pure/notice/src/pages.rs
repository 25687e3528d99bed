//! A notice as pages: a neutral structure that can be typeset or written as text.

use crate::document::{Due, Entry, Item, Kind, NoticeDocument, State};
use crate::items::figure;
use crate::page::{Block, Field, Pages, Section, Table};
use crate::parts::Change;
use crate::ready::Signed;
use crate::sworn::BLANK;
use crate::texts::{DRAFT_BANNER, kind_words};
use facts::Moment;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// At most so many record ids are printed beside a value; all of them stand in the model.
const RECORDS_SHOWN: usize = 6;

/// `document` as pages. With `released` none it is a draft: every page says so, and what those who
/// approve it should know stands at its end. A declaration bears its day and its signer where
/// `signed` says who that was.
pub fn to_pages(
    document: &NoticeDocument,
    released: Option<Moment>,
    signed: Option<&Signed>,
) -> Pages {
    let words = Words::of(document);
    let mut sections = vec![about(document, &words)];
    if document.kind == Kind::Supplement || !document.changes.is_empty() {
        sections.push(changes(document, &words));
    }
    sections.push(why(document));
    sections.push(due(document, &words));
    sections.extend(document.items.iter().map(|item| item_section(item, &words)));
    if !document.enclosures.is_empty() {
        sections.push(enclosures(document, &words));
    }
    sections.extend(not_known(document));
    sections.push(closing(document));
    sections.extend(declaration(document, signed, &words));
    if released.is_none() {
        sections.push(notes_for_approval(document));
    }
    Pages {
        title: format!("{}: {}", document.order.title, document.duty.title),
        banner: released.is_none().then(|| DRAFT_BANNER.to_owned()),
        subtitle: subtitle(document),
        sections,
        digest: document.digest(),
        dated: released.map(|at| at.micros().div_euclid(1_000_000)),
    }
}

/// Instants and days in the words and the zone of the notice.
struct Words {
    zone: TimeZone,
    name: String,
}

impl Words {
    fn of(document: &NoticeDocument) -> Words {
        let named = document.due.as_ref().map(|due| due.zone.clone());
        let zone = named.as_deref().and_then(|name| TimeZone::get(name).ok());
        match (named, zone) {
            (Some(name), Some(zone)) => Words { zone, name },
            _ => Words {
                zone: TimeZone::UTC,
                name: "UTC".to_owned(),
            },
        }
    }

    fn day(&self, at: Moment) -> String {
        day(at.date_in(&self.zone))
    }

    fn instant(&self, at: Moment) -> String {
        let at = at.timestamp().to_zoned(self.zone.clone());
        format!("{} ({})", at.strftime("%B %-d, %Y, %H:%M:%S"), self.name)
    }
}

fn day(date: Date) -> String {
    date.strftime("%B %-d, %Y").to_string()
}

fn subtitle(document: &NoticeDocument) -> Vec<String> {
    let order = &document.order;
    let mut court: Vec<String> = Vec::new();
    court.extend(order.court.clone());
    court.extend(order.docket.clone());
    court.extend(
        order
            .entered
            .map(|entered| format!("entered {}", day(entered))),
    );
    let mut lines = vec![kind_words(
        document.duty.kind,
        document.kind,
        document.ordinal,
    )];
    if !court.is_empty() {
        lines.push(court.join(", "));
    }
    lines.push(format!(
        "By {}, under {}",
        order.respondent, document.duty.cite
    ));
    lines
}

fn section(heading: &str, blocks: Vec<Block>) -> Section {
    Section {
        label: None,
        heading: heading.to_owned(),
        cite: None,
        blocks,
    }
}

fn known(label: &str, value: String) -> Block {
    Block::Field(Field {
        label: label.to_owned(),
        value,
        state: State::Known,
        as_of: None,
        basis: None,
    })
}

fn about(document: &NoticeDocument, words: &Words) -> Section {
    let mut blocks = vec![known("Notice", document.notice.clone())];
    blocks.push(known("Incident", document.incident.clone()));
    if !document.matters.is_empty() {
        blocks.push(known("Cases", document.matters.join(", ")));
    }
    if !document.channel.to.is_empty() {
        blocks.push(known("To", document.channel.to.join(", ")));
    }
    let also = document.channel.also.iter();
    blocks.extend(also.map(|one| known("Also to", one.clone())));
    if let Some(given) = &document.channel.given {
        blocks.push(known("Given", given.clone()));
    }
    if let Some(contact) = &document.contact {
        blocks.push(known("Contact", contact.clone()));
    }
    if let Some(extent) = &document.duty.extent {
        blocks.push(Block::Paragraph(extent.clone()));
    }
    for earlier in &document.earlier {
        let what = kind_words(earlier.duty_kind, earlier.kind, earlier.ordinal);
        let when = words.instant(earlier.released_at);
        let value = format!("{what}, {}, released {when}", earlier.notice);
        blocks.push(known("Earlier", value));
    }
    section("About this report", blocks)
}

fn changes(document: &NoticeDocument, words: &Words) -> Section {
    let since = document
        .earlier
        .first()
        .map(|earlier| format!(" since {}", words.day(earlier.released_at)))
        .unwrap_or_default();
    let heading = format!("What has changed{since}");
    if document.changes.is_empty() {
        let text = match document.earlier.is_empty() {
            true => "What was reported before is not at hand here.",
            false => "Nothing of what was reported.",
        };
        return section(&heading, vec![Block::Paragraph(text.to_owned())]);
    }
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "—".to_owned());
    let rows = document
        .changes
        .iter()
        .map(|change| {
            vec![
                dash(&change.item),
                change.label.clone(),
                dash(&change.was),
                dash(&change.now),
                dash(&traced(change)),
            ]
        })
        .collect();
    let columns = ["Item", "What", "Was", "Is now", "By records"]
        .map(str::to_owned)
        .to_vec();
    section(&heading, vec![Block::Table(Table { columns, rows })])
}

/// What a change rests on: the records that came to it and those that left, or all of them where
/// the same ones say something else now.
fn traced(change: &Change) -> Option<String> {
    let only = |some: &[String], others: &[String]| -> Vec<String> {
        let own = some.iter().filter(|id| !others.contains(id));
        own.cloned().collect()
    };
    let come = only(&change.basis, &change.was_basis);
    let gone = only(&change.was_basis, &change.basis);
    let said = match (come.is_empty(), gone.is_empty()) {
        (true, true) => records(&change.basis),
        (false, true) => records(&come),
        (true, false) => format!("no longer {}", records(&gone)),
        (false, false) => format!("{}; no longer {}", records(&come), records(&gone)),
    };
    (!said.is_empty()).then_some(said)
}

/// Record ids, as many of them as are printed.
fn records(ids: &[String]) -> String {
    let shown = ids.iter().take(RECORDS_SHOWN).cloned().collect::<Vec<_>>();
    match ids.len().saturating_sub(RECORDS_SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn why(document: &NoticeDocument) -> Section {
    let mut blocks = Vec::new();
    let heading = match document.kind {
        Kind::Withdrawal => "Why the earlier report is withdrawn",
        Kind::Initial | Kind::Supplement => "Why this report is made",
    };
    let mut steps = Vec::new();
    for reason in &document.why {
        let cite = reason
            .cite
            .as_ref()
            .map(|cite| format!(" [{cite}]"))
            .unwrap_or_default();
        let count = reason
            .count
            .map(|count| format!(" ({})", figure(count)))
            .unwrap_or_default();
        let text = format!("{}{count}: {}{cite}", reason.text, reason.value.as_str());
        if reason.depth == 0 {
            blocks.push(Block::Paragraph(text));
        } else {
            let indent = "· ".repeat(reason.depth.saturating_sub(1) as usize);
            steps.push(format!("{indent}{text}"));
        }
    }
    if !steps.is_empty() {
        blocks.push(Block::List(steps));
    }
    section(heading, blocks)
}

fn due(document: &NoticeDocument, words: &Words) -> Section {
    let mut blocks = Vec::new();
    match &document.due {
        Some(due) => blocks.extend(due_blocks(due, words)),
        None => blocks.push(Block::Paragraph("No legal limit runs so far.".to_owned())),
    }
    if let Some(reminder) = &document.reminder {
        let since = reminder
            .since
            .map(|since| format!(", counted from {}", words.day(since)))
            .unwrap_or_default();
        let by = reminder
            .planned
            .map(day)
            .unwrap_or_else(|| "no date yet".to_owned());
        blocks.push(Block::Paragraph(format!(
            "{}: {by}{since}.",
            reminder.policy
        )));
    }
    section("When it is due", blocks)
}

fn due_blocks(due: &Due, words: &Words) -> Vec<Block> {
    let anchor = due.anchor.replace('_', " ");
    let started = match due.anchor_at {
        Some(at) => words.instant(at),
        None => "not started".to_owned(),
    };
    let dated = |date: Option<Date>| date.map(day).unwrap_or_else(|| "—".to_owned());
    let columns = [
        "Limit",
        "Runs from",
        "Started",
        "Counted",
        "To be done by",
        "Last day",
    ];
    let row = vec![
        due.limb.clone(),
        format!("{anchor} ({})", due.anchor_basis.replace('_', " ")),
        started,
        format!("{} days, {}", due.days, due.method),
        dated(due.planned),
        dated(due.outer),
    ];
    let mut blocks = vec![Block::Table(Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: vec![row],
    })];
    blocks.extend(due.notes.iter().cloned().map(Block::Note));
    blocks
}

fn item_section(item: &Item, words: &Words) -> Section {
    Section {
        label: Some(item.letter.clone()),
        heading: item.asks.clone(),
        cite: item.cite.clone(),
        blocks: item
            .entries
            .iter()
            .map(|entry| Block::Field(field(entry, words)))
            .collect(),
    }
}

fn field(entry: &Entry, words: &Words) -> Field {
    let mut basis: Vec<String> = entry.method.iter().cloned().collect();
    if !entry.basis.is_empty() {
        basis.push(format!("records {}", records(&entry.basis)));
    }
    Field {
        label: entry.label.clone(),
        value: entry.value.clone(),
        state: entry.state,
        as_of: entry.as_of.map(|at| words.day(at)),
        basis: (!basis.is_empty()).then(|| basis.join("; ")),
    }
}

fn enclosures(document: &NoticeDocument, words: &Words) -> Section {
    let columns = ["Document", "Sent to", "Version", "First sent", "SHA-256"];
    let rows = document
        .enclosures
        .iter()
        .map(|copy| {
            vec![
                copy.name.clone(),
                copy.sent_to.clone(),
                copy.version.clone().unwrap_or_else(|| "—".to_owned()),
                copy.sent_at
                    .map(|at| words.day(at))
                    .unwrap_or_else(|| "—".to_owned()),
                copy.sha256.clone(),
            ]
        })
        .collect();
    let table = Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows,
    };
    section("Enclosures", vec![Block::Table(table)])
}

/// What is not known: a part of the report, released or not.
fn not_known(document: &NoticeDocument) -> Option<Section> {
    let lines: Vec<String> = document
        .gaps
        .iter()
        .filter(|gap| !gap.blocks)
        .map(|gap| match &gap.item {
            Some(item) => format!("Item {item}: {}.", gap.what.trim_end_matches(['.', '?'])),
            None => gap.what.clone(),
        })
        .collect();
    (!lines.is_empty()).then(|| section("What is not known so far", vec![Block::List(lines)]))
}

fn closing(document: &NoticeDocument) -> Section {
    let mut blocks: Vec<Block> = document
        .confidentiality
        .iter()
        .cloned()
        .map(Block::Paragraph)
        .collect();
    blocks.extend(document.reservation.iter().cloned().map(Block::Paragraph));
    if !document.assumptions.is_empty() {
        let lines = document.assumptions.join(" ");
        blocks.push(Block::Note(format!("Taken for granted: {lines}")));
    }
    let heading = match document.confidentiality.is_empty() {
        true => "Reservations",
        false => "Confidentiality and reservations",
    };
    section(heading, blocks)
}

/// The declaration, word for word; signed, with its day where the form leaves a blank for it.
fn declaration(
    document: &NoticeDocument,
    signed: Option<&Signed>,
    words: &Words,
) -> Option<Section> {
    let literal = document.declaration.as_ref()?;
    let mut blocks = Vec::new();
    match signed {
        None => blocks.push(Block::Paragraph(literal.clone())),
        Some(signed) => {
            // Word for word as it was signed; a blank that was left has the day of the signature.
            let said = signed.declaration.as_ref().unwrap_or(literal);
            let said = said.replace(BLANK, &words.day(signed.at));
            blocks.push(Block::Paragraph(said));
            let name = match signed.title.trim() {
                "" => signed.name.clone(),
                title => format!("{}, {title}", signed.name),
            };
            blocks.push(known("Signed", name));
        }
    }
    Some(section("Declaration", blocks))
}

/// What is not part of the report, for those who approve it.
fn notes_for_approval(document: &NoticeDocument) -> Section {
    let mut blocks: Vec<Block> = document.caveats.iter().cloned().map(Block::Note).collect();
    let missing: Vec<String> = document
        .gaps
        .iter()
        .map(|gap| {
            let item = gap
                .item
                .as_ref()
                .map(|item| format!("Item {item}: "))
                .unwrap_or_default();
            let weight = if gap.blocks { "Missing" } else { "Not known" };
            format!(
                "{weight}. {item}{}. To fill it: {}.",
                gap.what.trim_end_matches('.'),
                gap.fill
            )
        })
        .collect();
    if !missing.is_empty() {
        blocks.push(Block::List(missing));
    }
    for one in &document.reserved {
        blocks.push(Block::Note(format!(
            "Reserved to counsel ({}). {} — {}",
            one.id,
            one.question,
            one.in_words()
        )));
    }
    for line in document
        .channel
        .directed
        .iter()
        .chain(&document.channel.otherwise)
    {
        blocks.push(Block::Note(format!("Channel. {line}")));
    }
    section(
        "Notes for those who approve; not part of the report",
        blocks,
    )
}
