//! The decisions about notices, and which of them hold at a time.
//!
//! Only `at` counts, never arrival. On equal `at` the stricter wins: an approval or a release is
//! undone by a rejection, a withdrawal or a revocation of the same instant.

use crate::document::NoticeDocument;
use facts::{Act, Decision, Moment};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A decision that has no effect, or not the whole effect that its author meant, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// The decision, by id.
    pub decision: String,
    /// A word for it: `disputed`, `digest_mismatch`, `unreadable`, `other_notice`, `incomplete`,
    /// `refused`, `same_person`, `other_version`, `other_words`, `unnamed`, `not_theirs`,
    /// `after_release`, `refused_reading`, `other_reading`, `no_draft`.
    pub code: String,
    /// What was attempted, why it has no effect and what to do.
    pub text: String,
}

impl Problem {
    pub(crate) fn new(decision: &Decision, code: &str, text: impl Into<String>) -> Problem {
        Problem {
            decision: decision.id.clone(),
            code: code.to_owned(),
            text: text.into(),
        }
    }
}

/// The document that a decision carries, or a word and a sentence on what is wrong with it.
pub(crate) type Paper = Result<NoticeDocument, (&'static str, String)>;

/// One decision with the document that it carries, which is read once.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) decision: Decision,
    /// None for decisions that carry none.
    pub(crate) paper: Option<Paper>,
    /// Revocations of it, by their places in the ledger.
    undone_by: Vec<usize>,
}

impl Entry {
    /// The document, where it can be read and is what the decision says it is.
    pub(crate) fn document(&self) -> Option<&NoticeDocument> {
        self.paper.as_ref().and_then(|paper| paper.as_ref().ok())
    }
}

/// Every decision about notices, in an order that does not depend on arrival.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
    by_notice: BTreeMap<String, Vec<usize>>,
    answers: Vec<usize>,
    readings: Vec<usize>,
    problems: BTreeMap<String, Vec<Problem>>,
}

impl Ledger {
    /// Takes decisions of every kind, in any order, with or without duplicates.
    ///
    /// Different decisions of one id are disputed: what they would allow is not allowed, what they
    /// would stop is stopped.
    pub fn new(decisions: &[Decision]) -> Ledger {
        let mut by_id: BTreeMap<&str, BTreeSet<&Decision>> = BTreeMap::new();
        for decision in decisions {
            by_id.entry(&decision.id).or_default().insert(decision);
        }
        let mut ledger = Ledger::default();
        for variants in by_id.values() {
            let disputed = variants.len() > 1;
            for decision in variants {
                if disputed && !stops(decision) {
                    ledger.problem(
                        decision,
                        Problem::new(
                            decision,
                            "disputed",
                            "two different decisions have this id, so it allows nothing; decide \
                             again under a new id",
                        ),
                    );
                } else {
                    let paper = paper(decision);
                    ledger.entries.push(Entry {
                        decision: (*decision).clone(),
                        paper,
                        undone_by: Vec::new(),
                    });
                }
            }
        }
        ledger
            .entries
            .sort_by(|a, b| (a.decision.at, &a.decision).cmp(&(b.decision.at, &b.decision)));
        ledger.index_revokes();
        ledger.index();
        ledger
    }

    fn problem(&mut self, decision: &Decision, problem: Problem) {
        if let Some(notice) = notice_of(decision) {
            self.problems
                .entry(notice.to_owned())
                .or_default()
                .push(problem);
        }
    }

    /// Notes where the decisions about each notice, and the answers that hold, stand.
    fn index(&mut self) {
        for (index, entry) in self.entries.iter().enumerate() {
            if let Some(notice) = notice_of(&entry.decision) {
                let of = self.by_notice.entry(notice.to_owned()).or_default();
                of.push(index);
            }
        }
        let (mut answers, mut readings) = (Vec::new(), Vec::new());
        for (at, entry) in self.entries.iter().enumerate() {
            let of_kind = match entry.decision.act {
                Act::Answer(_) => &mut answers,
                Act::Reading(_) => &mut readings,
                _ => continue,
            };
            if self.holds(entry, Moment::MAX) {
                of_kind.push(at);
            }
        }
        (self.answers, self.readings) = (answers, readings);
    }

    /// Notes for each decision which revocations may undo it.
    fn index_revokes(&mut self) {
        let mut by_id: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, entry) in self.entries.iter().enumerate() {
            by_id.entry(&entry.decision.id).or_default().push(index);
        }
        let mut undone: Vec<(usize, usize)> = Vec::new();
        let mut problems: Vec<(String, Problem)> = Vec::new();
        for (index, Entry { decision, .. }) in self.entries.iter().enumerate() {
            let Act::Revoke(revoke) = &decision.act else {
                continue;
            };
            for &of in by_id.get(revoke.of.as_str()).into_iter().flatten() {
                let Some(Entry {
                    decision: target, ..
                }) = self.entries.get(of)
                else {
                    continue;
                };
                // Only a later revocation undoes another one: there are no circles, also not among
                // different decisions of one id.
                let later = (target.at, &target.id) < (decision.at, &decision.id);
                if matches!(target.act, Act::Revoke(_)) && !later {
                    continue;
                }
                if stops(target) && person(target) != person(decision) {
                    let notice = notice_of(target).unwrap_or_default().to_owned();
                    let text = format!(
                        "only who made decision {} can take it back; it holds",
                        target.id
                    );
                    problems.push((notice, Problem::new(decision, "not_theirs", text)));
                    continue;
                }
                undone.push((of, index));
            }
        }
        for (of, by) in undone {
            if let Some(entry) = self.entries.get_mut(of) {
                entry.undone_by.push(by);
            }
        }
        for (notice, problem) in problems {
            self.problems.entry(notice).or_default().push(problem);
        }
    }

    /// The decisions about `notice`, oldest first.
    pub(crate) fn about(&self, notice: &str) -> impl Iterator<Item = &Entry> {
        self.by_notice
            .get(notice)
            .into_iter()
            .flatten()
            .filter_map(|&index| self.entries.get(index))
    }

    /// The notices that decisions are about.
    pub(crate) fn notices(&self) -> impl Iterator<Item = &str> {
        self.by_notice.keys().map(String::as_str)
    }

    /// The answers that hold.
    pub(crate) fn answers(&self) -> Vec<&Decision> {
        self.answers
            .iter()
            .filter_map(|&index| self.entries.get(index).map(|entry| &entry.decision))
            .collect()
    }

    /// The readings that hold.
    pub(crate) fn readings(&self) -> Vec<&Decision> {
        let all = self.readings.iter();
        all.filter_map(|&index| self.entries.get(index).map(|entry| &entry.decision))
            .collect()
    }

    /// The approvals and signatures of `notice` that hold and that nobody stopped since.
    pub(crate) fn in_force(&self, notice: &str) -> Vec<&Decision> {
        let stopped = self.about(notice).filter(|entry| stops(&entry.decision));
        let stopped = stopped.filter(|entry| self.holds(entry, Moment::MAX));
        let stopped = stopped.map(|entry| entry.decision.at).max();
        let all = self.about(notice).filter(|entry| {
            matches!(entry.decision.act, Act::Approve(_) | Act::Sign(_))
                && self.holds(entry, Moment::MAX)
                && stopped.is_none_or(|at| at < entry.decision.at)
        });
        all.map(|entry| &entry.decision).collect()
    }

    /// What is wrong with decisions about `notice` whatever else is on record.
    pub(crate) fn problems(&self, notice: &str) -> &[Problem] {
        self.problems
            .get(notice)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// Whether `entry` was made by then and not revoked by then.
    pub(crate) fn holds(&self, entry: &Entry, by: Moment) -> bool {
        entry.decision.at <= by && self.revocation(entry, by).is_none()
    }

    /// The first revocation that undoes `entry` by then.
    pub(crate) fn revocation(&self, entry: &Entry, by: Moment) -> Option<&Decision> {
        entry
            .undone_by
            .iter()
            .filter_map(|&index| self.entries.get(index))
            .find(|revoke| self.holds(revoke, by))
            .map(|revoke| &revoke.decision)
    }
}

/// Whether a decision stops a notice or takes something back; the stricter kind.
fn stops(decision: &Decision) -> bool {
    matches!(
        decision.act,
        Act::Reject(_) | Act::Withdraw(_) | Act::Revoke(_)
    )
}

/// The person behind a decision, whatever the case in which the name was written.
pub(crate) fn person(decision: &Decision) -> String {
    decision.by.reveal().trim().to_lowercase()
}

/// The notice that a decision is about, where it is about one.
fn notice_of(decision: &Decision) -> Option<&str> {
    match &decision.act {
        Act::Approve(one) => Some(&one.notice),
        Act::Reject(one) => Some(&one.notice),
        Act::Sign(one) => Some(&one.notice),
        Act::Release(one) => Some(&one.notice),
        Act::Withdraw(one) => Some(&one.notice),
        Act::Answer(_) | Act::Reading(_) | Act::Revoke(_) => None,
    }
}

/// What `decision` carries.
fn paper(decision: &Decision) -> Option<Paper> {
    match &decision.act {
        Act::Approve(one) => Some(read(&one.notice, &one.digest, &one.document)),
        Act::Release(one) => Some(read(&one.notice, &one.digest, &one.document)),
        _ => None,
    }
}

/// The document that a decision carries, judged by itself.
///
/// Errors: it is not JSON, its digest is another, it is no notice of a version that this program
/// knows, or it is another notice.
fn read(notice: &str, digest: &str, document: &str) -> Paper {
    let value: serde_json::Value = serde_json::from_str(document).map_err(|_| {
        let why = "the document that it carries is not JSON; decide again with the notice's own \
                   document";
        ("unreadable", why.to_owned())
    })?;
    if facts::digest_json(&value) != digest {
        let why = "the digest is not that of the document that it carries; decide again with both \
                   as `notices show` gives them";
        return Err(("digest_mismatch", why.to_owned()));
    }
    let read: NoticeDocument = serde_json::from_value(value).map_err(|_| {
        let why = "the document that it carries is no notice of a known version; decide again with \
                   the notice's own document";
        ("unreadable", why.to_owned())
    })?;
    if read.digest() != digest {
        let why = "the document that it carries says more than this version of the program can \
                   show; decide with the version that composed it";
        return Err(("unreadable", why.to_owned()));
    }
    if read.notice != notice {
        let why = "the document that it carries is another notice; decide about that one";
        return Err(("other_notice", why.to_owned()));
    }
    Ok(read)
}
