//! The annex as pages: what the signer reads, section by section.

use super::{Belongs, Certification, Covered, CoveredDuty, OpenKind, OpenPoint, RegisterLine};
use crate::document::State;
use crate::items::figure;
use crate::page::{Block, Field, Pages, Section, Table};
use facts::{Moment, YesNo};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use obligation::EntryKind;

/// On every page: people certify, not this.
const BANNER: &str = "DRAFT — annex for review, not a certification";
/// At most so many record ids are printed beside a value; all of them stand in the model.
const RECORDS_SHOWN: usize = 6;
/// At most so many incidents, lines or points are printed in a section; all stand in the model.
const SHOWN: usize = 60;

/// `annex` as pages.
pub fn certification_pages(annex: &Certification) -> Pages {
    let words = Words(TimeZone::get(&annex.zone).unwrap_or(TimeZone::UTC));
    let mut sections = vec![about(annex)];
    sections.extend(covered(annex, &words));
    sections.push(register(annex, &words));
    sections.push(settled(annex, &words));
    sections.push(open(annex));
    if !annex.elsewhere.is_empty() {
        sections.push(elsewhere(annex));
    }
    if !annex.reserved.is_empty() {
        sections.push(readings(annex));
    }
    sections.push(rests_on(annex));
    sections.push(signature(annex));
    let order = &annex.order;
    let court: Vec<String> = [&order.court, &order.docket]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    let mut subtitle = vec![format!("Certification year {}", span(annex))];
    if !court.is_empty() {
        subtitle.push(court.join(", "));
    }
    subtitle.push(format!("By {}, under {}", order.respondent, annex.cite));
    Pages {
        title: format!("{}: annex to the annual certification", order.title),
        banner: Some(BANNER.to_owned()),
        subtitle,
        sections,
        digest: annex.digest(),
        dated: None,
    }
}

/// Instants in the words and the zone of the order.
struct Words(TimeZone);

impl Words {
    fn at(&self, at: Option<Moment>) -> String {
        at.map(|at| day(at.date_in(&self.0)))
            .unwrap_or_else(|| "not on record".to_owned())
    }

    fn span(&self, from: Option<Moment>, until: Option<Moment>) -> String {
        match (from, until) {
            (None, None) => "not on record".to_owned(),
            (from, until) if from == until => self.at(from),
            (Some(_), None) => format!("since {}; no end is on record", self.at(from)),
            (None, Some(_)) => format!("until {}; since when is not on record", self.at(until)),
            (Some(_), Some(_)) => format!("{} to {}", self.at(from), self.at(until)),
        }
    }
}

fn day(date: Date) -> String {
    date.strftime("%B %-d, %Y").to_string()
}

fn span(annex: &Certification) -> String {
    format!("{} to {}", day(annex.year.first), day(annex.year.last))
}

fn section(heading: &str, blocks: Vec<Block>) -> Section {
    Section {
        label: None,
        heading: heading.to_owned(),
        cite: None,
        blocks,
    }
}

fn paragraph(text: impl Into<String>) -> Block {
    Block::Paragraph(text.into())
}

fn field(label: &str, value: String, state: State, basis: Option<String>) -> Block {
    Block::Field(Field {
        label: label.to_owned(),
        value,
        state,
        as_of: None,
        basis,
    })
}

fn known(label: &str, value: impl Into<String>) -> Block {
    field(label, value.into(), State::Known, None)
}

/// The first of `items`, and a note on how many are left out.
fn shown<T>(items: &[T]) -> (&[T], Option<Block>) {
    let (shown, rest) = items.split_at(items.len().min(SHOWN));
    let note = (!rest.is_empty()).then(|| {
        let count = rest.len();
        Block::Note(format!(
            "{count} more stand in the JSON form of this annex."
        ))
    });
    (shown, note)
}

fn records(ids: &[String]) -> Option<String> {
    let (first, rest) = ids.split_at(ids.len().min(RECORDS_SHOWN));
    let more = match rest.len() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    (!ids.is_empty()).then(|| format!("records {}{more}", first.join(", ")))
}

fn about(annex: &Certification) -> Section {
    let mut blocks = vec![
        paragraph(
            "What is on record for the year, for whoever signs the certification: the incidents, \
             the register of non-compliance with what was corrected and disclosed, the evidence, \
             and what is not settled. It certifies nothing itself and is not legal advice.",
        ),
        known("Certification year", span(annex)),
        known("Asked for by", &*annex.cite),
        known("To be signed by", &*annex.by),
    ];
    if annex.year.stated {
        let text = "The source does not say when a certification year ends; it was stated by \
                    whoever asked for this annex.";
        blocks.push(Block::Note(text.to_owned()));
    }
    section("About this annex", blocks)
}

fn covered(annex: &Certification, words: &Words) -> Vec<Section> {
    let asked = if annex.describes_incidents {
        "The clause asks for a brief description of each."
    } else {
        "The clause, as the pack has it, asks for no description of them; they are listed as \
         evidence."
    };
    let count = annex.covered.len();
    let text = match count {
        0 => "By what is on record, nothing is owed for an incident of the year.".to_owned(),
        _ => format!("{count} of the year, for which something is owed. {asked}"),
    };
    let (shown, more) = shown(&annex.covered);
    let mut blocks = vec![paragraph(text)];
    blocks.extend(more);
    let mut sections = vec![section("Incidents", blocks)];
    sections.extend(shown.iter().map(|one| incident(one, words)));
    sections
}

fn incident(one: &Covered, words: &Words) -> Section {
    let mut blocks = Vec::new();
    if let Some(description) = &one.description {
        let state = match description.generated {
            true => State::Estimated,
            false => State::Known,
        };
        let basis = description
            .generated
            .then(|| "figures and dates on record; no person wrote it".to_owned());
        blocks.push(field("Description", description.text.clone(), state, basis));
    }
    if !one.matters.is_empty() {
        blocks.push(known("Cases", one.matters.join(", ")));
    }
    blocks.push(known("Occurred", words.span(one.first, one.last)));
    let discovered = match one.discovered {
        Some(_) => known("Discovered", words.at(one.discovered)),
        None => field("Discovered", words.at(None), State::Unknown, None),
    };
    blocks.push(discovered);
    if one.belongs == Belongs::Perhaps {
        let text = "It may belong to another certification year: see the open points.";
        blocks.push(Block::Note(text.to_owned()));
    }
    for duty in &one.duties {
        blocks.extend(owed(duty, words));
    }
    blocks.push(known("Facts, SHA-256", &*one.facts));
    section(&format!("Incident {}", one.incident), blocks)
}

fn owed(duty: &CoveredDuty, words: &Words) -> Vec<Block> {
    let mut value = format!("Owed ({}). {}", duty.cite, duty.because);
    let counts: Vec<String> = duty
        .counts
        .iter()
        .map(|(unit, count)| format!("{unit}: {}", figure(*count)))
        .collect();
    if !counts.is_empty() {
        value.push_str(&format!("\n{}", counts.join("; ")));
    }
    if let Some(outer) = duty.outer {
        value.push_str(&format!("\nLast day: {}", day(outer)));
    }
    for done in &duty.performed {
        value.push_str(&format!(
            "\nDone: {}, by record {}",
            words.at(done.at),
            done.record
        ));
    }
    for notice in &duty.notices {
        let stands = match notice.released_at {
            Some(at) => format!("released {}", words.at(Some(at))),
            None => "not released".to_owned(),
        };
        value.push_str(&format!(
            "\nNotice {} ({}): {stands}; document {}",
            notice.notice,
            notice.kind.as_str(),
            notice.digest
        ));
    }
    let mut basis = vec![format!("determination {}", duty.determination)];
    basis.extend(records(&duty.records));
    let basis = Some(basis.join("; "));
    vec![field(&duty.title, value, State::Known, basis)]
}

/// The kinds of entries, with what they are.
const KINDS: [(EntryKind, &str); 4] = [
    (EntryKind::Noncompliance, "Violations, or what may be one"),
    (
        EntryKind::ReviewWithoutBasis,
        "People's reviews of recordings without a basis on record",
    ),
    (
        EntryKind::ReviewWithoutAttestation,
        "People's reviews with a purpose, without attestation or training",
    ),
    (EntryKind::NearMiss, "Near misses: not owed, by little"),
];

fn register(annex: &Certification, words: &Words) -> Section {
    let mut blocks = Vec::new();
    for (kind, what) in KINDS {
        let of_kind: Vec<&RegisterLine> = annex
            .register
            .iter()
            .filter(|line| line.kind == kind)
            .collect();
        if of_kind.is_empty() {
            blocks.push(paragraph(format!("{what}: none on record.")));
            continue;
        }
        blocks.push(paragraph(format!("{what}: {}.", of_kind.len())));
        let (shown, more) = shown(&of_kind);
        let columns = ["Provision", "What", "When", "Incident", "Evidence"];
        blocks.push(Block::Table(Table {
            columns: columns.map(str::to_owned).to_vec(),
            rows: shown.iter().map(|line| row(line, words)).collect(),
        }));
        blocks.extend(more);
    }
    section("Register of non-compliance", blocks)
}

fn row(line: &RegisterLine, words: &Words) -> Vec<String> {
    let mut text = line.text.clone();
    match line.material {
        Some(YesNo::Yes) => text.push_str(" (said to be material)"),
        Some(YesNo::No) => text.push_str(" (said not to be material)"),
        None => {}
    }
    let mut when = words.span(line.from, line.until);
    if line.carried_over {
        when.push_str("; carried over from an earlier year");
    } else if line.belongs == Belongs::Perhaps {
        when.push_str("; may belong to another year");
    }
    let evidence = match line.kind {
        EntryKind::ReviewWithoutBasis | EntryKind::ReviewWithoutAttestation => {
            Some("the findings of the incident".to_owned())
        }
        _ => records(&line.records),
    };
    let dash = || "—".to_owned();
    vec![
        line.provision.clone().unwrap_or_else(dash),
        text,
        when,
        line.incident.clone().unwrap_or_else(dash),
        evidence.unwrap_or_else(dash),
    ]
}

/// What was corrected and disclosed, of what is a violation or may be one.
fn settled(annex: &Certification, words: &Words) -> Section {
    let violations: Vec<&RegisterLine> = annex
        .register
        .iter()
        .filter(|line| line.kind == EntryKind::Noncompliance)
        .collect();
    let heading = "What was corrected and disclosed";
    if violations.is_empty() {
        return section(heading, vec![paragraph("No violation is on record.")]);
    }
    let (shown, more) = shown(&violations);
    let columns = ["Provision", "What", "Corrected", "Disclosed"];
    let rows = shown.iter().map(|line| {
        vec![
            line.provision.clone().unwrap_or_else(|| "—".to_owned()),
            line.text.clone(),
            words.at(line.corrected_at),
            words.at(line.disclosed_at),
        ]
    });
    let mut blocks = vec![Block::Table(Table {
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.collect(),
    })];
    blocks.extend(more);
    section(heading, blocks)
}

fn kind_words(kind: OpenKind) -> &'static str {
    match kind {
        OpenKind::Determination => "Not settled",
        OpenKind::Ask => "Asked",
        OpenKind::Placement => "Which year",
        OpenKind::NotDone => "Not done",
        OpenKind::NotCorrected => "Not corrected",
        OpenKind::Description => "No description",
        OpenKind::Search => "Search",
        OpenKind::Pack => "Pack",
        OpenKind::Reserved => "For counsel",
    }
}

impl std::fmt::Display for OpenPoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(kind_words(self.kind))?;
        if let Some(incident) = &self.incident {
            write!(f, ", {incident}")?;
        }
        write!(f, ": {}", self.what.trim_end_matches('.'))?;
        match &self.settle {
            Some(settle) => write!(f, ". To settle it: {settle}."),
            None => f.write_str("."),
        }
    }
}

fn open(annex: &Certification) -> Section {
    if annex.open.is_empty() {
        return section("Open points", vec![paragraph("None.")]);
    }
    let (shown, more) = shown(&annex.open);
    let mut blocks = vec![Block::List(shown.iter().map(ToString::to_string).collect())];
    blocks.extend(more);
    section("Open points", blocks)
}

fn elsewhere(annex: &Certification) -> Section {
    let (shown, more) = shown(&annex.elsewhere);
    let rows = shown.iter().map(|one| {
        vec![
            one.incident.clone(),
            one.matters.join(", "),
            day(one.discovered),
            one.why.clone(),
        ]
    });
    let columns = ["Incident", "Cases", "Discovered", "What lies in the year"];
    let text = "They belong to the year in which they were discovered; should counsel read it \
                otherwise, they belong here.";
    let mut blocks = vec![
        paragraph(text),
        Block::Table(Table {
            columns: columns.map(str::to_owned).to_vec(),
            rows: rows.collect(),
        }),
    ];
    blocks.extend(more);
    section("Incidents placed in another year", blocks)
}

fn readings(annex: &Certification) -> Section {
    let notes = annex
        .reserved
        .iter()
        .map(|one| Block::Note(format!("{} — {}", one.question, one.in_words())));
    section("Questions reserved to counsel", notes.collect())
}

fn rests_on(annex: &Certification) -> Section {
    let order = &annex.order;
    let mut blocks = vec![
        known("Pack", format!("{}, SHA-256 {}", order.order, order.pack)),
        known("Evidence grade", &*order.grade),
    ];
    let lines = annex.assumptions.iter().chain(&annex.caveats);
    blocks.extend(lines.cloned().map(Block::Note));
    section("What this rests on", blocks)
}

fn signature(annex: &Certification) -> Section {
    let lines = ["Name", "Title", "Date", "Signature"];
    let blank = "_".repeat(40);
    let mut blocks = vec![
        known("Signed by", &*annex.by),
        paragraph("Whoever signs the certification has read this annex:"),
    ];
    blocks.extend(lines.map(|line| paragraph(format!("{line}: {blank}"))));
    section("Who signs", blocks)
}
