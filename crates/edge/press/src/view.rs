//! Checks a document and turns it into the data that the template reads.

use serde::Serialize;

use crate::document::{Block, Document, Section, State, Table};
use crate::error::PressError;
use crate::text::{Printable, Repertoire, one_line, printable};

/// Most bytes of text in one document: more than 100 pages, far above any notice.
const TEXT_BYTES_MAX: usize = 256 << 10;
/// Most sections, blocks, list items and cells together.
const PARTS_MAX: usize = 20_000;
/// Longest title and heading, in characters as printed.
const HEADING_CHARS_MAX: usize = 400;
/// Longest banner, cite, digest and version: what stands at the edge of a page.
const MARGIN_CHARS_MAX: usize = 160;
/// Longest label of a section.
const LABEL_CHARS_MAX: usize = 40;
/// Where a title is cut at the head of the pages after the first.
const RUNNING_CHARS_MAX: usize = 90;
/// Most columns of a table: more do not fit on a page.
const COLUMNS_MAX: usize = 12;
/// Words of running text up to this many characters are never broken.
const WORD: usize = 28;
/// How many characters of a table stand side by side on a page.
const TABLE_LINE: usize = 96;

/// What the template reads.
#[derive(Debug, Serialize)]
pub(crate) struct View {
    /// For the file's metadata.
    title: String,
    /// For the head of the first page.
    head: Printable,
    /// For the head of the pages after it.
    running: String,
    banner: Option<Printable>,
    subtitle: Vec<Printable>,
    sections: Vec<SectionView>,
    digest: Option<Printable>,
    version: Option<Printable>,
}

#[derive(Debug, Serialize)]
struct SectionView {
    label: Option<String>,
    heading: Printable,
    cite: Option<Printable>,
    blocks: Vec<BlockView>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum BlockView {
    Paragraph {
        text: Printable,
    },
    Note {
        text: Printable,
    },
    List {
        items: Vec<Printable>,
    },
    Field {
        label: Printable,
        value: Option<Printable>,
        state: &'static str,
        as_of: Option<Printable>,
        basis: Option<Printable>,
    },
    Table {
        columns: Vec<Printable>,
        /// `left` or `right`, one for each column.
        align: Vec<&'static str>,
        rows: Vec<Vec<Printable>>,
    },
}

impl View {
    /// The data of `document`, with the characters of `repertoire` printed as themselves.
    ///
    /// Errors: a blank title or heading, a ragged or too wide table, a document above the limits.
    pub(crate) fn new(document: &Document, repertoire: Repertoire) -> Result<View, PressError> {
        check_size(document)?;
        let title = required("title", &document.title, HEADING_CHARS_MAX, repertoire)?;
        let optional = |place: &str, text: &Option<String>, longest| match text.as_deref() {
            Some(text) if !text.trim().is_empty() => {
                required(place, text, longest, repertoire).map(Some)
            }
            _ => Ok(None),
        };
        let margin = |place: &str, text: &Option<String>| {
            let line = optional(place, text, MARGIN_CHARS_MAX)?;
            Ok::<_, PressError>(line.map(|line| printable(&line, WORD, repertoire)))
        };
        let mut sections = Vec::with_capacity(document.sections.len());
        for (index, section) in document.sections.iter().enumerate() {
            let place = format!("section {}", index + 1);
            let heading = format!("{place}, heading");
            let heading = required(&heading, &section.heading, HEADING_CHARS_MAX, repertoire)?;
            sections.push(SectionView {
                label: optional(&format!("{place}, label"), &section.label, LABEL_CHARS_MAX)?,
                heading: printable(&heading, WORD, repertoire),
                cite: margin(&format!("{place}, cite"), &section.cite)?,
                blocks: blocks(section, &place, repertoire)?,
            });
        }
        let lines = document.subtitle.iter();
        Ok(View {
            head: printable(&title, WORD / 2, repertoire),
            running: running(&title),
            title,
            banner: margin("banner", &document.banner)?,
            subtitle: lines
                .map(|line| printable(line, WORD, repertoire))
                .collect(),
            sections,
            digest: margin("footer, digest", &document.footer.digest)?,
            version: margin("footer, version", &document.footer.version)?,
        })
    }
}

/// One line that must say something and must not be longer than `longest` characters.
fn required(
    place: &str,
    text: &str,
    longest: usize,
    repertoire: Repertoire,
) -> Result<String, PressError> {
    let line = one_line(text, repertoire);
    let chars = line.chars().count();
    if line.is_empty() {
        return Err(at(
            place,
            "it is blank; every document and section needs one",
        ));
    }
    if chars > longest {
        let why = format!("it has {chars} characters, at most {longest} fit; shorten it");
        return Err(at(place, &why));
    }
    Ok(line)
}

/// The title, cut so that it fits the head of a page.
fn running(title: &str) -> String {
    if title.chars().count() <= RUNNING_CHARS_MAX {
        return title.to_owned();
    }
    let cut: String = title.chars().take(RUNNING_CHARS_MAX).collect();
    format!("{}…", cut.trim_end())
}

fn at(place: &str, why: &str) -> PressError {
    PressError::Document {
        place: place.to_owned(),
        why: why.to_owned(),
    }
}

fn blocks(
    section: &Section,
    place: &str,
    repertoire: Repertoire,
) -> Result<Vec<BlockView>, PressError> {
    let mut out = Vec::with_capacity(section.blocks.len());
    for (nth, block) in section.blocks.iter().enumerate() {
        let place = || format!("{place}, block {}", nth + 1);
        let prose = |text: &str| printable(text, WORD, repertoire);
        out.push(match block {
            Block::Paragraph(text) => BlockView::Paragraph { text: prose(text) },
            Block::Note(text) => BlockView::Note { text: prose(text) },
            Block::List(items) => BlockView::List {
                items: items.iter().map(|item| prose(item)).collect(),
            },
            Block::Field(field) => BlockView::Field {
                label: printable(&field.label, WORD / 2, repertoire),
                value: Some(field.value.as_str())
                    .filter(|value| !value.trim().is_empty())
                    .map(prose),
                state: match field.state {
                    State::Known => "known",
                    State::Estimated => "estimated",
                    State::Unknown => "unknown",
                },
                as_of: field.as_of.as_deref().map(prose),
                basis: field.basis.as_deref().map(prose),
            },
            Block::Table(table) => table_view(table, &place(), repertoire)?,
        });
    }
    Ok(out)
}

fn table_view(table: &Table, place: &str, repertoire: Repertoire) -> Result<BlockView, PressError> {
    let width = table.columns.len();
    if width == 0 || width > COLUMNS_MAX {
        let why = format!("the table has {width} columns; 1 to {COLUMNS_MAX} can be set");
        return Err(at(place, &why));
    }
    if let Some(row) = table.rows.iter().position(|row| row.len() != width) {
        let why = format!(
            "row {} has {} cells; the table has {width} columns",
            row + 1,
            table.rows.get(row).map_or(0, Vec::len)
        );
        return Err(at(place, &why));
    }
    let longest = TABLE_LINE / width;
    let cells = |cells: &[String]| -> Vec<Printable> {
        cells
            .iter()
            .map(|cell| printable(cell, longest.min(WORD), repertoire))
            .collect()
    };
    let align = (0..width).map(|column| {
        let mut filled = table
            .rows
            .iter()
            .filter_map(|row| row.get(column))
            .filter(|cell| !cell.trim().is_empty())
            .peekable();
        let figures = filled.peek().is_some() && filled.all(|cell| is_figure(cell));
        if figures { "right" } else { "left" }
    });
    Ok(BlockView::Table {
        columns: cells(&table.columns),
        align: align.collect(),
        rows: table.rows.iter().map(|row| cells(row)).collect(),
    })
}

/// Whether a cell holds a number and nothing else, so that its column is set to the right.
fn is_figure(cell: &str) -> bool {
    let cell = cell.trim();
    cell.starts_with(|c: char| c.is_ascii_digit())
        && cell
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ',' | '.' | '%' | ' '))
}

/// Refuses what would take the typesetter minutes.
fn check_size(document: &Document) -> Result<(), PressError> {
    let mut parts = document.sections.len() + document.subtitle.len();
    let mut bytes = document.title.len() + total(&document.subtitle);
    bytes += [
        &document.banner,
        &document.footer.digest,
        &document.footer.version,
    ]
    .into_iter()
    .map(length)
    .sum::<usize>();
    for section in &document.sections {
        bytes += section.heading.len() + length(&section.label) + length(&section.cite);
        parts += section.blocks.len();
        for block in &section.blocks {
            match block {
                Block::Paragraph(text) | Block::Note(text) => bytes += text.len(),
                Block::Field(field) => {
                    bytes += field.label.len() + field.value.len();
                    bytes += length(&field.as_of) + length(&field.basis);
                }
                Block::List(items) => {
                    parts += items.len();
                    bytes += total(items);
                }
                Block::Table(table) => {
                    let rows = table.rows.iter();
                    parts += table.columns.len() + rows.clone().map(Vec::len).sum::<usize>();
                    bytes += total(&table.columns) + rows.map(|row| total(row)).sum::<usize>();
                }
            }
        }
    }
    let limit = |what, found, limit| {
        if found > limit {
            Err(PressError::TooLarge { what, found, limit })
        } else {
            Ok(())
        }
    };
    limit("sections, blocks, list items and cells", parts, PARTS_MAX)?;
    limit("bytes of text", bytes, TEXT_BYTES_MAX)
}

fn length(text: &Option<String>) -> usize {
    text.as_ref().map_or(0, String::len)
}

fn total(texts: &[String]) -> usize {
    texts.iter().map(String::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(block: Block) -> Document {
        Document {
            title: "T".to_owned(),
            sections: vec![Section {
                heading: "H".to_owned(),
                blocks: vec![block],
                ..Section::default()
            }],
            ..Document::default()
        }
    }

    fn table(columns: usize, rows: &[&[&str]]) -> Block {
        Block::Table(Table {
            columns: vec!["c".to_owned(); columns],
            rows: rows
                .iter()
                .map(|row| row.iter().map(|c| (*c).to_owned()).collect())
                .collect(),
        })
    }

    fn refusal(document: &Document) -> String {
        View::new(document, Repertoire::Fonts)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_blank_title_or_heading_is_refused() {
        let blank = Document {
            title: " \n".to_owned(),
            ..Document::default()
        };
        assert!(refusal(&blank).contains("title: it is blank"));
        let mut blank = document(Block::Note("n".to_owned()));
        blank.sections[0].heading.clear();
        assert!(refusal(&blank).contains("section 1, heading: it is blank"));
    }

    #[test]
    fn what_stands_at_the_edge_of_a_page_must_fit() {
        let mut long = document(Block::Note("n".to_owned()));
        long.banner = Some("b".repeat(161));
        assert!(refusal(&long).contains("banner: it has 161 characters, at most 160 fit"));
        assert_eq!(
            running(&"t".repeat(400)).chars().count(),
            RUNNING_CHARS_MAX + 1
        );
    }

    #[test]
    fn a_ragged_or_impossible_table_is_refused_with_its_place() {
        let ragged = refusal(&document(table(2, &[&["1", "2"], &["3"]])));
        assert!(ragged.contains("section 1, block 1: row 2 has 1 cells; the table has 2 columns"));
        assert!(refusal(&document(table(0, &[]))).contains("the table has 0 columns"));
        assert!(refusal(&document(table(13, &[]))).contains("the table has 13 columns"));
    }

    #[test]
    fn a_document_above_the_limits_is_refused() {
        let long = document(Block::Paragraph("x".repeat(TEXT_BYTES_MAX)));
        assert!(refusal(&long).contains("bytes of text, at most 262144"));
        let many = document(Block::List(vec![String::new(); PARTS_MAX]));
        assert!(refusal(&many).contains("at most 20000"));
    }

    #[test]
    fn columns_of_figures_stand_to_the_right() {
        let view = View::new(
            &document(table(3, &[&["81", "a1", ""], &["1,250", "2", ""]])),
            Repertoire::Fonts,
        );
        let BlockView::Table { align, .. } = &view.unwrap().sections[0].blocks[0] else {
            panic!("a table stays a table");
        };
        assert_eq!(align, &["right", "left", "left"]);
    }
}
