//! Keeps people out of notices: whatever names an actor, account, consumer, device, recording,
//! session or address of the incident is not taken into a document.

use facts::{Matching, Private, Report};
use incident::{Incident, Members};
use obligation::SparedBy;
use std::collections::{BTreeSet, HashSet};

/// From this many bytes on a pseudonym is looked for anywhere in a text; a shorter one only as a
/// word by itself, since a few letters stand inside many words.
const ANYWHERE_BYTES: usize = 6;
/// Fewer characters than these name nobody.
const LEAST_CHARS: usize = 2;
/// Fewer digits than these, and nothing else, are a number.
const LEAST_DIGITS: usize = 4;

/// Every pseudonym of one incident, to look for in texts.
pub(crate) struct Discretion<'a> {
    names: HashSet<&'a str>,
    lengths: BTreeSet<usize>,
}

impl<'a> Discretion<'a> {
    /// Collects what must not be said about `incident`.
    pub(crate) fn of(incident: &'a Incident) -> Discretion<'a> {
        let mut all = Discretion::of_names(&incident.actors);
        all.add_many(&incident.named);
        for row in &incident.rows {
            if let Members::Named {
                accounts,
                consumers,
                accounts_without_consumers,
                resources,
                devices,
                ..
            } = &row.members
            {
                for set in [
                    accounts,
                    consumers,
                    accounts_without_consumers,
                    resources,
                    devices,
                ] {
                    all.add_many(set);
                }
            }
        }
        for report in &incident.reports {
            all.add_many(&report.record.by);
            all.add_report(&report.record.report);
        }
        for decision in &incident.decisions {
            all.add(&decision.by);
        }
        all
    }

    /// What must not be said where only these names are at hand.
    pub(crate) fn of_names(names: impl IntoIterator<Item = &'a Private>) -> Discretion<'a> {
        let mut all = Discretion {
            names: HashSet::new(),
            lengths: BTreeSet::new(),
        };
        all.add_many(names);
        all
    }

    fn add_report(&mut self, report: &'a Report) {
        match report {
            Report::Indicator(one) => self.add_matching(&one.matching),
            Report::Judgement(one) => self.add_matching(&one.matching),
            Report::Circumstance(one) => self.add_matching(&one.matching),
            Report::Exposure(one) => {
                self.add_many(one.accounts.iter().flatten());
                self.add_many(&one.key);
            }
            Report::Key(one) => self.add_many(one.keys.iter().flatten()),
            Report::Join(one) | Report::Part(one) => self.add_many(one.actors.iter().flatten()),
            _ => {}
        }
    }

    fn add_matching(&mut self, matching: &'a Matching) {
        for (_, list) in matching.lists() {
            self.add_many(list);
        }
    }

    fn add_many(&mut self, names: impl IntoIterator<Item = &'a Private>) {
        for name in names {
            self.add(name);
        }
    }

    fn add(&mut self, name: &'a Private) {
        let name = name.reveal().trim();
        let digits_only = name.bytes().all(|byte| byte.is_ascii_digit());
        let least = if digits_only {
            LEAST_DIGITS
        } else {
            LEAST_CHARS
        };
        if name.chars().count() >= least && self.names.insert(name) {
            self.lengths.insert(name.len());
        }
    }

    /// Whether `text` holds one of them, or any IP address.
    pub(crate) fn is_personal(&self, text: &str) -> bool {
        holds_address(text) || self.holds_name(text)
    }

    fn holds_name(&self, text: &str) -> bool {
        self.lengths.iter().any(|&length| {
            (0..text.len().saturating_sub(length.saturating_sub(1))).any(|start| {
                text.get(start..start + length).is_some_and(|part| {
                    self.names.contains(part)
                        && (length >= ANYWHERE_BYTES || stands_alone(text, start, length))
                })
            })
        })
    }

    /// `text`, unless it names somebody.
    pub(crate) fn said(&self, text: &str) -> Option<String> {
        (!self.is_personal(text)).then(|| text.to_owned())
    }

    /// `text`, with a mark in its place where it names somebody.
    pub(crate) fn masked(&self, text: &str) -> String {
        self.said(text)
            .unwrap_or_else(|| "(withheld: it names a person or an account)".to_owned())
    }

    /// A record's id, or a digest of it where the id itself names somebody.
    pub(crate) fn record(&self, id: &str) -> String {
        self.said(id)
            .unwrap_or_else(|| facts::short_id("rec", &[id]))
    }

    /// The record that took a duty away. One that may be called after people may be so after
    /// somebody of whom no incident knows: of these always a digest.
    pub(crate) fn taker(&self, spared: &SparedBy) -> String {
        match spared.may_be_called_after_people() {
            true => spared.shown().into_owned(),
            false => self.record(&spared.record),
        }
    }

    /// Several record ids, sorted.
    pub(crate) fn records<S: AsRef<str>>(&self, ids: impl IntoIterator<Item = S>) -> Vec<String> {
        let ids: BTreeSet<String> = ids.into_iter().map(|id| self.record(id.as_ref())).collect();
        ids.into_iter().collect()
    }
}

/// Whether an IP address stands in `text`.
fn holds_address(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_hexdigit() || c == '.' || c == ':'))
        .map(|word| word.trim_end_matches(['.', ':']))
        .filter(|word| word.len() >= 5 && word.contains(|c: char| c.is_ascii_digit()))
        .any(|word| word.parse::<std::net::IpAddr>().is_ok())
}

/// Whether no letter or digit stands directly before or after the part of `text`.
fn stands_alone(text: &str, start: usize, length: usize) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let before = text
        .get(..start)
        .and_then(|before| before.chars().next_back());
    let after = text
        .get(start + length..)
        .and_then(|after| after.chars().next());
    edge(before) && edge(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_and_leaves_words_alone() {
        let list: Vec<Private> = ["emp-4711", "kim", "7", "2001:db8::7", "81", "4444"]
            .map(Private::from)
            .to_vec();
        let all = Discretion::of_names(&list);
        assert!(all.is_personal("viewed by emp-4711."));
        assert!(all.is_personal("case-emp-4711-b"));
        assert!(all.is_personal("kim saw it"));
        assert!(!all.is_personal("skimmed"));
        assert!(all.is_personal("from 2001:db8::7, at night"));
        assert!(!all.is_personal("81 accounts of 7 people"));
        assert!(all.is_personal("account 4444"));
        assert!(!all.is_personal("account 44440"));
        assert!(!all.is_personal("größe ü"));
        assert!(!all.is_personal(""));
        assert!(all.is_personal("signed in from 192.0.2.17."));
        assert!(all.is_personal("signed in from fe80::1:2"));
        assert!(!all.is_personal("at 18:00:00 under III.E.1, version 1.2.3"));
        assert_eq!(all.record("b-1"), "b-1");
        assert!(all.record("x-emp-4711").starts_with("rec-"));
    }
}
