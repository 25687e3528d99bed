//! Typesets documents and reads the pages back with poppler's `pdftotext`, where it is installed.

use std::process::Command;
use std::time::Instant;

use tocsin_press::{Block, Document, Field, Footer, PressError, Section, State, Table, pdf};

const BANNER: &str = "DRAFT — not released";
const DIGEST: &str = "3f9a5c0e7b1d48a26e90c4f7d2b8135a6c7e9f0a1b2c3d4e5f60718293a4b5c6";

fn field(label: &str, value: &str, state: State, basis: &str) -> Block {
    Block::Field(Field {
        label: label.to_owned(),
        value: value.to_owned(),
        state,
        as_of: Some("15 December 2026, 18:00 UTC".to_owned()),
        basis: Some(basis.to_owned()),
    })
}

fn section(label: &str, heading: &str, blocks: Vec<Block>) -> Section {
    Section {
        label: Some(label.to_owned()),
        heading: heading.to_owned(),
        cite: Some(format!("VII.{label}")),
        blocks,
    }
}

/// A report with a block of each kind and a table of `rows` rows.
fn report(rows: usize) -> Document {
    let table = Table {
        columns: ["Account class", "Verdict", "At least", "At most"]
            .map(str::to_owned)
            .to_vec(),
        rows: (0..rows)
            .map(|n| {
                let class = format!("home security recording, view {n}");
                vec![
                    class,
                    "unauthorised".to_owned(),
                    format!("{n}"),
                    format!("{}", n + 1250),
                ]
            })
            .collect(),
    };
    Document {
        title: "Covered Incident Report".to_owned(),
        banner: Some(BANNER.to_owned()),
        subtitle: vec![
            "To: Associate Director for Enforcement".to_owned(),
            "From: Example Camera Company".to_owned(),
            "Matter M-7, initial notice".to_owned(),
        ],
        dated: Some(1_797_357_600),
        sections: vec![
            section(
                "A",
                "Date, or estimated date range, of the incident",
                vec![
                    field(
                        "First access",
                        "2026-06-01",
                        State::Known,
                        "81 accesses, verdict unauthorised",
                    ),
                    field(
                        "Last access",
                        "about 2026-08-31",
                        State::Estimated,
                        "search not finished",
                    ),
                ],
            ),
            section(
                "B",
                "Facts and causes",
                vec![
                Block::Paragraph(
                    "A member of staff viewed recordings of 81 accounts without a support case. \
                     The reviews took place outside the support console, and no purpose that the \
                     order accepts is on record for any of them."
                        .to_owned(),
                ),
                Block::List(vec!["No case was open.".to_owned(), "No consent.".to_owned()]),
                Block::Note("Gap: how the access rights were granted is not known.".to_owned()),
            ],
            ),
            section(
                "C",
                "Number of consumers",
                vec![
                    field(
                        "Consumers",
                        "at least 81, at most 81",
                        State::Known,
                        "accounts by identity",
                    ),
                    field(
                        "Devices",
                        "",
                        State::Unknown,
                        "asked of the responders on 15 December",
                    ),
                    Block::Table(table),
                ],
            ),
        ],
        footer: Footer {
            digest: Some(DIGEST.to_owned()),
            version: Some("tocsin 0.1.0, pack ring 7c31e0a9".to_owned()),
        },
    }
}

/// A document that has `text` in every place, cut where a place has a limit.
fn everywhere(text: &str) -> Document {
    // A character that cannot be shown takes up to ten.
    let cut = |longest: usize| {
        let shown = |c: char| {
            if c.is_ascii_graphic() || c == ' ' {
                1
            } else {
                10
            }
        };
        let mut left = longest;
        let fits = |c: &char| {
            let fits = left >= shown(*c);
            left = left.saturating_sub(shown(*c));
            fits
        };
        text.chars().take_while(fits).collect::<String>()
    };
    Document {
        title: cut(400),
        sections: vec![Section {
            label: Some(cut(40)),
            heading: cut(400),
            cite: Some(cut(160)),
            blocks: vec![
                Block::Paragraph(text.to_owned()),
                Block::Note(text.to_owned()),
                Block::List(vec![text.to_owned()]),
                field(text, text, State::Estimated, text),
                Block::Table(Table {
                    columns: vec![text.to_owned(); 4],
                    rows: vec![vec![text.to_owned(); 4]; 2],
                }),
            ],
        }],
        banner: Some(cut(160)),
        subtitle: vec![text.to_owned()],
        dated: Some(0),
        footer: Footer {
            digest: Some(cut(160)),
            version: Some(cut(160)),
        },
    }
}

/// The text of each page, or None where `pdftotext` is not installed. The file stays for a look.
fn pages(name: &str, bytes: &[u8]) -> Option<Vec<String>> {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("press-{name}.pdf"));
    std::fs::write(&path, bytes).unwrap();
    let Ok(out) = Command::new("pdftotext")
        .arg("-layout")
        .arg(&path)
        .arg("-")
        .output()
    else {
        eprintln!("not checked: the text of {name}; install poppler-utils for pdftotext");
        return None;
    };
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let text = String::from_utf8(out.stdout).unwrap();
    Some(
        text.trim_end_matches('\u{c}')
            .split('\u{c}')
            .map(str::to_owned)
            .collect(),
    )
}

fn holds(bytes: &[u8], needle: &str) -> bool {
    bytes
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

/// Text without blanks and line ends: a broken word is found as a whole.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn a_report_says_what_it_was_given() {
    let bytes = pdf(&report(3)).unwrap();
    assert!(bytes.starts_with(b"%PDF-1.7"));
    let Some(pages) = pages("report", &bytes) else {
        return;
    };
    let text = pages.join("\n");
    for part in [
        "Covered Incident Report",
        "To: Associate Director for Enforcement",
        "A. Date, or estimated date range, of the incident",
        "VII.A",
        "about 2026-08-31",
        "as of 15 December 2026, 18:00 UTC",
        "at least 81, at most 81",
        "Gap: how the access rights were granted is not known.",
        "1251",
        "tocsin 0.1.0, pack ring 7c31e0a9",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let lower = text.to_lowercase();
    assert!(
        lower.contains("estimated · as of") && lower.contains("not known · as of"),
        "{text}"
    );
    assert!(
        squeezed(&text).contains(DIGEST),
        "the digest stands there in full"
    );
}

#[test]
fn banner_digest_and_page_number_stand_on_every_page() {
    let bytes = pdf(&report(170)).unwrap();
    let Some(pages) = pages("long", &bytes) else {
        return;
    };
    assert!(pages.len() >= 5, "{} pages", pages.len());
    for (index, page) in pages.iter().enumerate() {
        assert!(page.contains(BANNER), "no banner on page {}", index + 1);
        let number = format!("Page {} of {}", index + 1, pages.len());
        assert!(page.contains(&number), "no `{number}` in\n{page}");
        assert!(
            squeezed(page).contains(DIGEST),
            "no digest on page {}",
            index + 1
        );
    }
    let released = Document {
        banner: None,
        ..report(170)
    };
    let Some(pages) = self::pages("released", &pdf(&released).unwrap()) else {
        return;
    };
    assert!(!pages.join("").contains("DRAFT"));
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let first = pdf(&report(60)).unwrap();
    let other = std::thread::spawn(|| pdf(&everywhere("between")).unwrap());
    assert_eq!(first, pdf(&report(60)).unwrap());
    assert_ne!(first, other.join().unwrap());
    assert_eq!(
        first,
        std::thread::spawn(|| pdf(&report(60)).unwrap())
            .join()
            .unwrap()
    );
}

#[test]
fn a_dated_file_is_for_archives_and_an_undated_one_has_no_date() {
    let dated = pdf(&report(1)).unwrap();
    assert!(holds(&dated, "<pdfaid:part>2</pdfaid:part>"), "PDF/A-2");
    assert!(holds(&dated, "<pdfuaid:part>1</pdfuaid:part>"), "PDF/UA-1");
    assert!(holds(&dated, "2026-12-15T18:00:00"));
    let undated = pdf(&Document {
        dated: None,
        ..report(1)
    })
    .unwrap();
    assert!(!holds(&undated, "pdfaid:part") && !holds(&undated, "CreateDate"));
    assert!(holds(&undated, "<pdfuaid:part>1</pdfuaid:part>"));
    let far = pdf(&Document {
        dated: Some(-5),
        ..report(1)
    })
    .unwrap_err();
    assert!(far.to_string().contains("1970 to 2999"));
}

#[test]
fn hostile_text_is_printed_and_never_run() {
    let bytes = pdf(&everywhere(
        "#panic(\"run\") #import \"/etc/passwd\" #read(\"/document.json\") *bold* _it_ $x^2$ \\ \
         ] } ) @ref <label> `raw` = Heading // no comment /* nor this */ -- ~ \"q\" 'q' [link](x)",
    ))
    .unwrap();
    let Some(pages) = pages("hostile", &bytes) else {
        return;
    };
    let text = squeezed(&pages.join(""));
    for part in [
        "#panic(\"run\")",
        "#import\"/etc/passwd\"",
        "#read(\"/document.json\")",
        "*bold*",
        "_it_",
        "$x^2$",
        "@ref<label>`raw`=Heading//nocomment",
        "--~\"q\"'q'",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn text_that_no_font_can_show_is_named_by_its_code_points() {
    let bytes = pdf(&everywhere("\u{7}bell 中文 😀 \u{202e}exe.fdp tail")).unwrap();
    let Some(pages) = pages("codes", &bytes) else {
        return;
    };
    let text = squeezed(&pages.join(""));
    for part in [
        "[U+0007]bell",
        "[U+4E2DU+6587]",
        "[U+1F600]",
        "[U+202E]exe.fdp",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn scripts_and_long_words_are_set() {
    let long = "0123456789abcdef".repeat(40);
    for text in [
        "שלום עולם, 81 accounts",
        "مرحبا بالعالم 81 accounts",
        "Zürich Ωμέγα Журнал e\u{301}\u{323} ½ § — ffi",
        &long,
        &"ע".repeat(300),
        &"م".repeat(300),
        &"e\u{301}".repeat(300),
        "a\u{651} ا\u{300} ע\u{651} Ж\u{5b0} \u{5b0}",
    ] {
        assert!(pdf(&everywhere(text)).is_ok(), "{text}");
    }
    let bytes = pdf(&everywhere(&long)).unwrap();
    let Some(pages) = pages("words", &bytes) else {
        return;
    };
    assert!(
        squeezed(&pages.join("")).contains(&long),
        "nothing of a long word is lost"
    );
}

#[test]
fn whatever_the_text_a_document_is_set() {
    // A fixed linear congruential sequence: the same texts in every run.
    let mut state = 7_u64;
    let mut draw = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for round in 0..8 {
        let above = [0x80, 0x600, 0x3000, 0x11_0000][round % 4];
        let text: String = (0..60)
            .filter_map(|_| char::from_u32(u32::try_from(draw(above)).unwrap()))
            .collect();
        let set = pdf(&everywhere(&format!("x{text}")));
        if let Err(error) = set {
            panic!("round {round}: {error}: {text:?}");
        }
    }
}

#[test]
fn a_document_without_a_section_is_set() {
    let bare = Document {
        title: "Nothing to report".to_owned(),
        ..Document::default()
    };
    assert!(pdf(&bare).unwrap().starts_with(b"%PDF"));
}

#[test]
fn a_document_that_cannot_be_set_is_refused() {
    let blank = pdf(&Document::default()).unwrap_err();
    assert!(matches!(blank, PressError::Document { .. }));
}

/// As one paragraph these lines took the typesetter more than a minute.
#[test]
fn a_text_at_the_limit_is_set_in_time() {
    let mut document = report(1);
    let lines = "The quick brown fox 81\n".repeat(11_000);
    document.sections[0].blocks = vec![Block::Paragraph(lines)];
    let start = Instant::now();
    assert!(pdf(&document).unwrap().starts_with(b"%PDF"));
    assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
}

/// Prints what a document costs; the bound is far above what was measured.
#[test]
fn a_document_is_set_in_time() {
    let start = Instant::now();
    let _ = pdf(&report(8)).unwrap();
    let first = start.elapsed();
    let start = Instant::now();
    for n in 0..10 {
        let other = Document {
            title: format!("Report {n}"),
            ..report(8)
        };
        let _ = pdf(&other).unwrap();
    }
    let next = start.elapsed() / 10;
    println!("first document {first:?}, each of the next {next:?}");
    assert!(next.as_secs() < 5, "{next:?}");
}
