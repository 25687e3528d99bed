//! Pages and letters.

use crate::fixture::*;
use crate::*;

#[test]
fn a_draft_says_so_and_a_released_notice_does_not() {
    let document = complete();
    let draft = to_pages(&document, None, None);
    assert_eq!(draft.banner.as_deref(), Some("DRAFT — not released"));
    assert!(
        draft
            .sections
            .last()
            .unwrap()
            .heading
            .contains("not part of the report")
    );
    let released = to_pages(&document, Some(at("2026-12-12T00:00:00Z")), None);
    assert_eq!(
        (released.banner, released.dated),
        (None, Some(1_797_033_600))
    );
    assert!(
        !released
            .sections
            .iter()
            .any(|one| one.heading.contains("not part of the report"))
    );
    assert_eq!(draft.digest, released.digest);
}

#[test]
fn items_keep_their_letters_and_values_their_pedigree() {
    let pages = to_pages(&complete(), None, None);
    let letters: Vec<&str> = pages
        .sections
        .iter()
        .filter_map(|one| one.label.as_deref())
        .collect();
    assert_eq!(letters, ["A", "B", "C", "D", "E"]);
    let c = pages
        .sections
        .iter()
        .find(|one| one.label.as_deref() == Some("C"))
        .unwrap();
    let Block::Field(field) = &c.blocks[0] else {
        panic!("no field")
    };
    assert_eq!(field.value, "81");
    assert_eq!(field.as_of.as_deref(), Some("October 1, 2026"));
    assert_eq!(
        field.basis.as_deref(),
        Some("counted one by one, by identity; records b-01")
    );
    for section in &pages.sections {
        for block in &section.blocks {
            if let Block::Table(table) = block {
                assert!(
                    table
                        .rows
                        .iter()
                        .all(|row| row.len() == table.columns.len())
                );
            }
        }
    }
}

#[test]
fn a_letter_has_the_subject_and_the_whole_notice() {
    let document = complete();
    let letter = letter(&document, Some(at("2026-12-12T00:00:00Z")), None);
    assert!(letter.subject.starts_with("FTC v. Acme Co."));
    assert_eq!(letter.to, ["reports@agency.example"]);
    assert_eq!(
        letter.message_id,
        message_id(&document.notice, &document.digest())
    );
    assert!(!letter.text.contains("DRAFT"));
    for part in [
        "Consumers affected: 81",
        "A member of staff viewed",
        "December 28, 2026",
    ] {
        assert!(letter.text.contains(part), "{part}\n{}", letter.text);
    }
    assert!(letter.text.lines().all(|line| line.chars().count() <= 100));
    let draft = crate::letter(&document, None, None);
    assert!(draft.text.starts_with("DRAFT — not released\n"));
}
