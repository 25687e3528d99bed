//! How a notice stands: a pure function of the model that is current and of what people decided.

use crate::document::NoticeDocument;
use crate::ledger::{Entry, Ledger, Problem, person};
use crate::phase::{Approval, Phase};
use crate::ready::{Approvals, Ready, Released, Signed};
use crate::sworn::{is_named, is_under};
use facts::{Act, Decision, Moment, Sign};
use std::collections::BTreeSet;

/// How a notice stands, and what made it so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeState {
    /// In a word.
    pub phase: Phase,
    /// Approvals on record, oldest first.
    pub approvals: Vec<Approval>,
    /// The last release, also where it was taken back since.
    pub released: Option<Released>,
    /// Who signed the declaration of the document that was released, or of the current one.
    pub signed: Option<Signed>,
    /// Why the last release is not to be sent, where it is not.
    pub held: Option<String>,
    /// Decisions without the effect that their authors meant.
    pub problems: Vec<Problem>,
}

impl NoticeState {
    /// Whether it was released, and nothing keeps it from being sent.
    pub(crate) fn is_sent(&self) -> bool {
        self.phase == Phase::Released && self.held.is_none()
    }
}

/// Why a release is held that nobody has sworn.
const UNSWORN: &str = "nobody has signed its declaration as it stands, only other words; sign it \
                       as it stands, and it may be sent";

/// How `notice` stands. `now` is the current model, where there is one; decisions are judged by
/// the documents that they carry, so that a replay releases what was released then.
pub fn state(notice: &str, now: Option<&NoticeDocument>, ledger: &Ledger) -> NoticeState {
    let mut judge = Judge {
        notice,
        ledger,
        problems: ledger.problems(notice).to_vec(),
    };
    let releases = judge.releases();
    let last = releases.into_iter().next_back();
    let back = last
        .as_ref()
        .and_then(|last| judge.taken_back(last, Moment::MAX));
    let after = back.as_ref().map(|back| back.at);
    let (phase, current) = judge.phase(now, last.as_ref(), back.as_ref());
    let signed = match (&last, now) {
        (Some(last), now) if back.is_none() || now.is_none() => last.signed().cloned(),
        (_, now) => now.and_then(|now| {
            let words = now.declaration.as_deref()?;
            judge.signed(&now.digest(), words, Moment::MAX)
        }),
    };
    let approvals = judge.approvals(current.as_deref(), after);
    judge.note_late(last.as_ref());
    for document in now.into_iter().chain(last.as_ref().map(Released::document)) {
        judge.note_signatures(document);
    }
    let unsworn = last.as_ref().filter(|last| !last.is_sworn());
    let held = back
        .map(|back| back.why)
        .or_else(|| unsworn.map(|_| UNSWORN.to_owned()));
    let Judge { mut problems, .. } = judge;
    problems.sort();
    problems.dedup();
    NoticeState {
        phase,
        approvals,
        released: last,
        signed,
        held,
        problems,
    }
}

/// What undid a release.
struct TakenBack {
    phase: Phase,
    why: String,
    /// Approvals from before then are used up.
    at: Moment,
}

struct Judge<'a> {
    notice: &'a str,
    ledger: &'a Ledger,
    problems: Vec<Problem>,
}

impl Judge<'_> {
    fn refuse(&mut self, decision: &Decision, code: &str, text: String) {
        self.problems.push(Problem::new(decision, code, text));
    }

    /// The releases that took place, oldest first.
    fn releases(&mut self) -> Vec<Released> {
        let mut releases: Vec<Released> = Vec::new();
        for entry in self.ledger.about(self.notice) {
            let decision = &entry.decision;
            let Act::Release(release) = &decision.act else {
                continue;
            };
            let standing = releases.last();
            let back = standing.and_then(|standing| self.taken_back(standing, decision.at));
            if let (Some(standing), None) = (standing, &back) {
                if standing.digest() != release.digest {
                    let text = "not released: another version was released before; what has \
                                changed since goes into a supplement";
                    self.refuse(decision, "refused", text.to_owned());
                }
                continue;
            }
            match self.release(entry, &release.digest, back.map(|back| back.at)) {
                Ok(released) => releases.push(released),
                Err((code, why)) => self.refuse(decision, code, format!("not released: {why}")),
            }
        }
        releases
    }

    fn release(
        &self,
        entry: &Entry,
        digest: &str,
        after: Option<Moment>,
    ) -> Result<Released, (&'static str, String)> {
        let decision = &entry.decision;
        if !self.ledger.holds(entry, decision.at) {
            return Err((
                "refused",
                "the release was revoked at the same time".to_owned(),
            ));
        }
        let document = match &entry.paper {
            Some(Ok(document)) => document.clone(),
            Some(Err(problem)) => return Err(problem.clone()),
            None => return Err(("unreadable", "it carries no document".to_owned())),
        };
        let declaration = document.declaration.clone();
        let ready = Ready::check(document).map_err(|error| {
            (
                "incomplete",
                format!("{error}; fill what is missing and approve the new version"),
            )
        })?;
        let approvals = self.approvals_at(digest, decision.at, after);
        let signed = declaration.as_ref().and_then(|words| {
            let by_then = self.signed(digest, words, decision.at);
            by_then.or_else(|| self.signed(digest, words, Moment::MAX))
        });
        // Any signature of the version, since releases on record were made when words were not yet
        // compared: what was released is not drafted and released again. Under other words it
        // names no signer and is held until somebody signs the declaration as it stands.
        if declaration.is_some() && self.signatures(digest, decision.at).is_empty() {
            return Err((
                "refused",
                "the order asks for a signed declaration and no signature of this version is on \
                 record by then; sign it and release again"
                    .to_owned(),
            ));
        }
        let people = approvals.people;
        match ready.approved(&approvals) {
            Some(releasable) => Ok(releasable.release(&decision.id, decision.at, signed)),
            None => Err((
                "refused",
                format!(
                    "two different people must have approved this version by then, and {people} \
                     had (a rejection or withdrawal of the same instant or later undoes \
                     approvals); approve it and release again"
                ),
            )),
        }
    }

    /// How many different people approve `digest` at the time `by`; approvals that were made not
    /// after `after` are used up.
    fn approvals_at(&self, digest: &str, by: Moment, after: Option<Moment>) -> Approvals {
        let people: BTreeSet<String> = self
            .ledger
            .about(self.notice)
            .filter(|entry| self.approves(entry, digest, by, after))
            .map(|entry| person(&entry.decision))
            .collect();
        Approvals {
            digest: digest.to_owned(),
            people: people.len(),
        }
    }

    /// Whether `entry` is an approval of `digest` that holds at the time `by`.
    fn approves(&self, entry: &Entry, digest: &str, by: Moment, after: Option<Moment>) -> bool {
        let Act::Approve(approve) = &entry.decision.act else {
            return false;
        };
        approve.digest == digest
            && entry.document().is_some()
            && after.is_none_or(|after| entry.decision.at > after)
            && self.ledger.holds(entry, by)
            && !self.is_stopped(digest, entry.decision.at, by)
    }

    /// Whether a rejection of `digest` or a withdrawal, made at `from` or later, holds at `by`.
    fn is_stopped(&self, digest: &str, from: Moment, by: Moment) -> bool {
        self.stopping(digest, from, by).is_some()
    }

    fn stopping(&self, digest: &str, from: Moment, by: Moment) -> Option<&Decision> {
        self.ledger
            .about(self.notice)
            .filter(|entry| match &entry.decision.act {
                Act::Reject(reject) => reject.digest == digest,
                Act::Withdraw(_) => true,
                _ => false,
            })
            .filter(|entry| entry.decision.at >= from && self.ledger.holds(entry, by))
            .last()
            .map(|entry| &entry.decision)
    }

    /// Who first signed the declaration of `digest`, in its own words, by then.
    fn signed(&self, digest: &str, words: &str, by: Moment) -> Option<Signed> {
        let all = self.signatures(digest, by).into_iter();
        let mut signed = all.filter(|(_, sign)| is_named(sign) && is_under(words, sign));
        signed.next().map(|(decision, sign)| Signed {
            name: sign.name.clone(),
            title: sign.title.clone(),
            at: decision.at,
            decision: decision.id.clone(),
            declaration: Some(sign.declaration.clone()),
        })
    }

    /// The signatures of `digest` that hold at the time `by`, whatever their words, oldest first.
    fn signatures(&self, digest: &str, by: Moment) -> Vec<(&Decision, &Sign)> {
        let all = self.ledger.about(self.notice).filter_map(|entry| {
            let Act::Sign(sign) = &entry.decision.act else {
                return None;
            };
            let holds = sign.digest == digest
                && self.ledger.holds(entry, by)
                && !self.is_stopped(digest, entry.decision.at, by);
            holds.then_some((&entry.decision, sign))
        });
        all.collect()
    }

    /// Says of a signature under other words than those of the declaration, or under no name, that
    /// it is none.
    fn note_signatures(&mut self, document: &NoticeDocument) {
        let Some(words) = document.declaration.as_deref() else {
            return;
        };
        let all = self.signatures(&document.digest(), Moment::MAX).into_iter();
        let none = |(decision, sign): (&Decision, &Sign)| {
            let why = match (is_named(sign), is_under(words, sign)) {
                (true, true) => return None,
                (false, _) => ("unnamed", "the signature names nobody; sign with a name"),
                (true, false) => (
                    "other_words",
                    "the signature is under other words than the declaration of the notice, so \
                     the notice names no signer by it; sign the declaration as it stands, with \
                     nothing but a day in its blank",
                ),
            };
            Some((decision.clone(), why))
        };
        let none: Vec<_> = all.filter_map(none).collect();
        for (decision, (code, text)) in &none {
            self.refuse(decision, code, (*text).to_owned());
        }
    }

    /// What undid a release by then.
    fn taken_back(&self, released: &Released, by: Moment) -> Option<TakenBack> {
        if let Some(stop) = self.stopping(released.digest(), released.at(), by) {
            let phase = match stop.act {
                Act::Reject(_) => Phase::Rejected,
                _ => Phase::Withdrawn,
            };
            let why = format!("{} after its release by {}", phase.as_str(), stop.id);
            return Some(TakenBack {
                phase,
                why,
                at: stop.at,
            });
        }
        let release = self.ledger.about(self.notice).find(|entry| {
            entry.decision.id == released.decision()
                && matches!(entry.decision.act, Act::Release(_))
        })?;
        let revoke = self.ledger.revocation(release, by)?;
        let why = format!("its release was revoked by {}", revoke.id);
        Some(TakenBack {
            phase: Phase::Withdrawn,
            why,
            at: revoke.at.max(release.decision.at),
        })
    }

    /// The phase, and the digest that approvals count for.
    fn phase(
        &self,
        now: Option<&NoticeDocument>,
        last: Option<&Released>,
        back: Option<&TakenBack>,
    ) -> (Phase, Option<String>) {
        if let (Some(last), None) = (last, back) {
            return (Phase::Released, Some(last.digest().to_owned()));
        }
        let digest = now.map(NoticeDocument::digest);
        let ready = now.and_then(|now| Ready::check(now.clone()).ok());
        let after = back.map(|back| back.at);
        let people = digest.as_ref().map_or(0, |digest| {
            self.approvals_at(digest, Moment::MAX, after).people
        });
        let rejected = digest
            .as_ref()
            .and_then(|digest| self.stopping(digest, Moment::MIN, Moment::MAX));
        let withdrawn = self.ledger.about(self.notice).any(|entry| {
            matches!(entry.decision.act, Act::Withdraw(_)) && self.ledger.holds(entry, Moment::MAX)
        });
        let phase = match (ready, digest.as_ref(), people) {
            // Whoever approves after a rejection or a withdrawal takes the notice up again.
            (Some(ready), Some(digest), people) if people > 0 => {
                let approvals = Approvals {
                    digest: digest.clone(),
                    people,
                };
                match ready.approved(&approvals) {
                    Some(_) => Phase::Releasable,
                    None => Phase::Approved,
                }
            }
            _ if back.is_some() => back.map_or(Phase::Withdrawn, |back| back.phase),
            _ if withdrawn => Phase::Withdrawn,
            _ if rejected.is_some() => Phase::Rejected,
            (Some(_), ..) => Phase::Ready,
            (None, ..) => Phase::Draft,
        };
        (phase, digest)
    }

    /// The approvals on record, and what is wrong with them.
    fn approvals(&mut self, current: Option<&str>, after: Option<Moment>) -> Vec<Approval> {
        let mut approvals = Vec::new();
        let mut people: BTreeSet<(String, String)> = BTreeSet::new();
        for entry in self.ledger.about(self.notice) {
            let decision = &entry.decision;
            let Act::Approve(approve) = &decision.act else {
                continue;
            };
            let mut counts = current == Some(approve.digest.as_str())
                && self.approves(entry, &approve.digest, Moment::MAX, after);
            match &entry.paper {
                None => {}
                Some(Err((code, why))) => {
                    self.refuse(
                        decision,
                        code,
                        format!("the approval does not count: {why}"),
                    );
                }
                Some(Ok(_)) if !people.insert((approve.digest.clone(), person(decision))) => {
                    counts = false;
                    let text = "a second approval by the same person does not count; another \
                                person must approve";
                    self.refuse(decision, "same_person", text.to_owned());
                }
                Some(Ok(document)) => {
                    self.note_approval(decision, current, &approve.digest, document.clone());
                }
            }
            approvals.push(Approval {
                decision: decision.id.clone(),
                role: decision.role.clone(),
                digest: approve.digest.clone(),
                at: decision.at,
                counts,
            });
        }
        approvals
    }

    fn note_approval(
        &mut self,
        decision: &Decision,
        current: Option<&str>,
        digest: &str,
        document: NoticeDocument,
    ) {
        if current.is_some_and(|current| current != digest) {
            let text = "it approves another version than the current one; compare the two and \
                        approve the current one";
            self.refuse(decision, "other_version", text.to_owned());
        } else if let Err(error) = Ready::check(document) {
            self.refuse(
                decision,
                "incomplete",
                format!("the approval does not count: {error}"),
            );
        }
    }

    /// Says of what stops a release after it took place that it cannot call it back.
    fn note_late(&mut self, last: Option<&Released>) {
        let Some(last) = last else { return };
        for entry in self.ledger.about(self.notice) {
            let decision = &entry.decision;
            let stops = match &decision.act {
                Act::Reject(reject) => reject.digest == last.digest(),
                Act::Withdraw(_) => true,
                _ => false,
            };
            if stops && decision.at > last.at() && self.ledger.holds(entry, Moment::MAX) {
                let text = "it came after the release: what was not sent by then is held, what was \
                            sent cannot be called back; a withdrawal or supplement tells the \
                            recipient";
                self.refuse(decision, "after_release", text.to_owned());
            }
        }
    }
}
