//! What is materially different between two versions of a notice.
//!
//! As-of dates, bases, gaps, digests and the state of a clock are not: they change without anything
//! that was reported becoming wrong or incomplete. Where a value differs, the records that it
//! rested on and those that it rests on now go with it.

use crate::document::NoticeDocument;
use crate::parts::Change;
use obligation::Answer;
use std::collections::BTreeMap;

type Key = (Option<String>, String);

/// The name of what says whether the duty is owed.
const ANSWER: &str = "answer";

/// A value that a notice reports.
#[derive(PartialEq, Eq)]
struct Said {
    label: String,
    value: String,
    basis: Vec<String>,
}

/// What `now` says otherwise than `was`; empty where nothing that was reported differs. Whether it
/// is owed is compared with `answered`, which was said last of the same; none: of nothing.
pub(crate) fn between(
    was: &NoticeDocument,
    now: &NoticeDocument,
    answered: Option<Answer>,
) -> Vec<Change> {
    let (mut before, mut after) = (said(was), said(now));
    if let Some(then) = answered {
        let key: Key = (None, ANSWER.to_owned());
        before.insert(key.clone(), answer(then));
        after.insert(key, answer(now.answer));
    }
    let mut changes = Vec::new();
    let letters: Vec<Option<String>> = std::iter::once(None)
        .chain(
            now.items
                .iter()
                .chain(&was.items)
                .map(|item| Some(item.letter.clone())),
        )
        .collect();
    let place = |key: &Key| letters.iter().position(|letter| *letter == key.0);
    let mut keys: Vec<&Key> = before.keys().chain(after.keys()).collect();
    keys.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.cmp(b)));
    keys.dedup();
    for key in keys {
        let (old, new) = (before.get(key), after.get(key));
        if old.map(|one| &one.value) == new.map(|one| &one.value) {
            continue;
        }
        let label = new.or(old).map(|one| one.label.clone());
        let basis = |one: Option<&Said>| one.map(|one| one.basis.clone()).unwrap_or_default();
        changes.push(Change {
            item: key.0.clone(),
            label: label.unwrap_or_default(),
            was: old.map(|one| one.value.clone()),
            now: new.map(|one| one.value.clone()),
            was_basis: basis(old),
            basis: basis(new),
        });
    }
    changes
}

/// Everything that a notice reports beside whether it is owed, by item and name.
fn said(document: &NoticeDocument) -> BTreeMap<Key, Said> {
    let mut said = BTreeMap::new();
    let mut put = |item: Option<&str>, name: String, one: Said| {
        said.insert((item.map(str::to_owned), name), one);
    };
    for item in &document.items {
        for entry in &item.entries {
            let one = Said {
                label: entry.label.clone(),
                value: entry.value.clone(),
                basis: entry.basis.clone(),
            };
            put(Some(&item.letter), entry.name.clone(), one);
        }
    }
    let mut add = |name: String, label: &str, value: String| {
        let one = Said {
            label: label.to_owned(),
            value,
            basis: Vec::new(),
        };
        put(None, name, one);
    };
    if !document.matters.is_empty() {
        add("matters".to_owned(), "Cases", document.matters.join(", "));
    }
    let groups = document.groups.join(",");
    add(
        "groups".to_owned(),
        "What belongs to the incident",
        format!(
            "{} ({})",
            parts(document.groups.len()),
            facts::short_id("set", &[&groups])
        ),
    );
    for copy in &document.enclosures {
        let name = format!("enclosure/{}/{}", copy.sent_to, copy.sha256);
        let value = format!("{} (SHA-256 {})", copy.name, copy.sha256);
        add(
            name,
            &format!("Copy of what was sent to {}", copy.sent_to),
            value,
        );
    }
    said
}

/// Whether it is owed, in words.
fn answer(answer: Answer) -> Said {
    let value = match answer {
        Answer::Owed => "yes",
        Answer::NotOwed => "no",
        Answer::Open => "not settled",
    };
    Said {
        label: "Whether the report is owed".to_owned(),
        value: value.to_owned(),
        basis: Vec::new(),
    }
}

fn parts(count: usize) -> String {
    if count == 1 {
        "1 part".to_owned()
    } else {
        format!("{count} parts")
    }
}
