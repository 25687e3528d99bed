//! Whom words mention: pseudonyms that only findings and account records know, where they stand in
//! what people wrote about an incident.
//!
//! Who reads incidents without their findings keeps these out of what is said outside.

use crate::findings::{Findings, NONE};
use crate::fold::Fold;
use crate::grouping::Scope;
use crate::ledger::Ledger;
use crate::names::Names;
use crate::roster::Roster;
use facts::Private;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// Members of reports that list pseudonyms: whoever has the report knows them.
const LISTS: [&str; 12] = [
    "accounts",
    "actors",
    "clients",
    "consumers",
    "credentials",
    "devices",
    "key",
    "keys",
    "resources",
    "sessions",
    "source_networks",
    "by",
];

impl Fold {
    /// The pseudonyms of accesses, accounts and people in `scope` that stand as words of their own
    /// in `records`.
    pub(crate) fn mentioned<'a, S: Serialize + 'a>(
        &self,
        scope: &Scope,
        ledger: &Ledger,
        records: impl IntoIterator<Item = &'a S>,
    ) -> BTreeSet<Private> {
        let lengths = self.lengths();
        let mut found = BTreeSet::new();
        let mut passed = BTreeSet::new();
        for record in records {
            let mut texts = Vec::new();
            words(serde_json::to_value(record).unwrap_or_default(), &mut texts);
            for text in &texts {
                for part in parts(text, &lengths) {
                    if !found.contains(part) && !passed.contains(part) {
                        if self.is_here(scope, ledger, part) {
                            found.insert(Private::from(part));
                        } else {
                            passed.insert(part.to_owned());
                        }
                    }
                }
            }
        }
        found
    }

    fn lengths(&self) -> BTreeSet<usize> {
        let names = self.findings.names().into_iter();
        let names = names.chain([self.people.names()]);
        names
            .flat_map(|one| one.lengths().iter().copied())
            .collect()
    }

    /// Whether an access, an account or a person of the incident bears the name `part`.
    fn is_here(&self, scope: &Scope, ledger: &Ledger, part: &str) -> bool {
        let [accounts, resources, devices, others] = self.findings.names();
        let names = [accounts, self.people.names(), resources, devices];
        let mut counted = names.into_iter().zip(ledger.rosters());
        let is_counted = |(names, roster): (&Names, &Roster)| {
            names.find(part).is_some_and(|number| roster.holds(number))
        };
        // Actors, sessions and the like are counted nowhere, so they are looked for; which is
        // seldom, since it is seldom that a text has such a word at all.
        let is_by = |number: u32| number != NONE && bears(&self.findings, scope, number);
        counted.any(is_counted) || others.find(part).is_some_and(is_by)
    }
}

fn bears(findings: &Findings, scope: &Scope, number: u32) -> bool {
    let mut all = findings.within(scope);
    all.any(|(_, held)| findings.others_of(held).contains(&number))
}

/// Every text in `value`, but for lists of pseudonyms.
fn words(value: Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(all) => all.into_iter().for_each(|one| words(one, texts)),
        Value::Object(members) => {
            for (name, value) in members {
                if !LISTS.contains(&name.as_str()) {
                    words(value, texts);
                }
            }
        }
        _ => {}
    }
}

/// Parts of `text` of these lengths in bytes that begin and end where a word does.
fn parts<'a>(text: &'a str, lengths: &'a BTreeSet<usize>) -> impl Iterator<Item = &'a str> {
    let starts = text.char_indices().scan(false, |inside, (at, c)| {
        let begins = !*inside;
        *inside = c.is_alphanumeric();
        Some((begins, at))
    });
    let starts = starts.filter(|(begins, _)| *begins).map(|(_, at)| at);
    starts.flat_map(move |start| {
        let ends = move |end: &usize| {
            let next = text.get(*end..).and_then(|rest| rest.chars().next());
            let last = text
                .get(start..*end)
                .and_then(|one| one.chars().next_back());
            let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            !(inside(last) && inside(next))
        };
        let room = text.len() - start;
        let lengths = lengths.range(1..=room).map(move |length| start + length);
        lengths
            .filter(ends)
            .filter_map(move |end| text.get(start..end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_words() {
        let lengths = BTreeSet::from([4, 6]);
        let of = |text: &'static str| -> Vec<&str> { parts(text, &lengths).collect() };
        assert_eq!(of("a-17 was seen"), ["a-17", "17 was", "was ", "seen"]);
        assert_eq!(of("case (a-17)"), ["case", "case (", "(a-17)", "a-17"]);
        assert!(of("xa-17").is_empty() && of("größe").is_empty() && of("").is_empty());
    }

    #[test]
    fn lists_are_no_words() {
        let value = serde_json::json!({
            "text": "one", "accounts": ["two"], "of": [{"why": "three", "key": "four"}], "n": 5,
        });
        let mut texts = Vec::new();
        words(value, &mut texts);
        assert_eq!(texts, ["one", "three"]);
    }
}
