//! What is materially different between two versions of a notice.
//!
//! As-of dates, bases, gaps, digests and the state of a clock are not: they change without anything
//! that was reported becoming wrong or incomplete.

use crate::document::NoticeDocument;
use crate::parts::Change;
use obligation::Answer;
use std::collections::BTreeMap;

type Key = (Option<String>, String);

/// What `now` says otherwise than `was`; empty where nothing that was reported differs.
pub(crate) fn between(was: &NoticeDocument, now: &NoticeDocument) -> Vec<Change> {
    let before = said(was);
    let after = said(now);
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
        if old.map(|(_, value)| value) == new.map(|(_, value)| value) {
            continue;
        }
        let label = new
            .or(old)
            .map(|(label, _)| label.clone())
            .unwrap_or_default();
        changes.push(Change {
            item: key.0.clone(),
            label,
            was: old.map(|(_, value)| value.clone()),
            now: new.map(|(_, value)| value.clone()),
        });
    }
    changes
}

/// Everything that a notice reports: label and value by item and name.
fn said(document: &NoticeDocument) -> BTreeMap<Key, (String, String)> {
    let mut said = BTreeMap::new();
    let mut add = |item: Option<&str>, name: String, label: &str, value: String| {
        said.insert((item.map(str::to_owned), name), (label.to_owned(), value));
    };
    let answer = match document.answer {
        Answer::Owed => "yes",
        Answer::NotOwed => "no",
        Answer::Open => "not settled",
    };
    add(
        None,
        "answer".to_owned(),
        "Whether the report is owed",
        answer.to_owned(),
    );
    if !document.matters.is_empty() {
        add(
            None,
            "matters".to_owned(),
            "Cases",
            document.matters.join(", "),
        );
    }
    let groups = document.groups.join(",");
    add(
        None,
        "groups".to_owned(),
        "What belongs to the incident",
        format!(
            "{} ({})",
            parts(document.groups.len()),
            facts::short_id("set", &[&groups])
        ),
    );
    for item in &document.items {
        for entry in &item.entries {
            let value = entry.value.clone();
            add(Some(&item.letter), entry.name.clone(), &entry.label, value);
        }
    }
    for copy in &document.enclosures {
        let name = format!("enclosure/{}/{}", copy.sent_to, copy.sha256);
        let value = format!("{} (SHA-256 {})", copy.name, copy.sha256);
        add(
            None,
            name,
            &format!("Copy of what was sent to {}", copy.sent_to),
            value,
        );
    }
    said
}

fn parts(count: usize) -> String {
    if count == 1 {
        "1 part".to_owned()
    } else {
        format!("{count} parts")
    }
}
