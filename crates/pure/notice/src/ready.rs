//! Complete, approved, released: three types, each made only by the check that it stands for.

use crate::document::{FORMAT, Kind, NoticeDocument, notice_id};
use crate::parts::Gap;
use crate::sworn::is_sworn;
use facts::Moment;
use obligation::Answer;
use serde::{Deserialize, Serialize};

/// A notice that is complete. Only [`Ready::check`] makes one.
///
/// ```compile_fail
/// fn fake(document: tocsin_notice::NoticeDocument) -> tocsin_notice::Ready {
///     tocsin_notice::Ready { document, digest: String::new() }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    document: NoticeDocument,
    digest: String,
}

/// A notice that is not complete, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    /// What blocks it: its gaps, and what the check itself found.
    pub reasons: Vec<String>,
}

impl std::fmt::Display for Incomplete {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the notice is not complete: {}", self.reasons.join("; "))
    }
}

impl std::error::Error for Incomplete {}

impl Ready {
    /// Checks that `document` is complete: no gap that blocks, every item filled, somewhere to send
    /// it, somebody to contact, a duty that is owed (or, for a withdrawal, no longer is), and a
    /// name that is its own.
    ///
    /// Errors: what is missing, each in a sentence.
    pub fn check(document: NoticeDocument) -> Result<Ready, Incomplete> {
        let mut reasons: Vec<String> = document
            .blocking()
            .map(|gap: &Gap| gap.what.clone())
            .collect();
        let mut require = |holds: bool, reason: &str| {
            if !holds {
                reasons.push(reason.to_owned());
            }
        };
        let of_duty = (&document.order.order, &document.duty.duty);
        let own = notice_id(
            of_duty.0,
            of_duty.1,
            &document.incident,
            document.kind,
            document.ordinal,
        );
        let withdrawal = document.kind == Kind::Withdrawal;
        let wanted = if withdrawal {
            Answer::NotOwed
        } else {
            Answer::Owed
        };
        require(
            document.format == FORMAT,
            "its format is not the one that this version writes",
        );
        require(
            document.notice == own,
            "its id is not made from its own content",
        );
        require(
            document.answer == wanted,
            "the determination does not call for this notice",
        );
        require(
            !document.groups.is_empty(),
            "it does not say what it is about",
        );
        let channel = &document.channel;
        let subject = channel.subject.as_deref().unwrap_or_default();
        let is_given = channel.given.is_some();
        require(
            is_given || !channel.to.is_empty(),
            "there is no address to send it to",
        );
        require(is_given || !subject.trim().is_empty(), "it has no subject");
        require(document.contact.is_some(), "it names nobody to contact");
        require(withdrawal || !document.items.is_empty(), "it has no items");
        for item in &document.items {
            let filled = item
                .entries
                .iter()
                .all(|entry| !entry.value.trim().is_empty());
            require(
                filled && !item.entries.is_empty(),
                &format!("item {} is not filled", item.letter),
            );
        }
        if !reasons.is_empty() {
            return Err(Incomplete { reasons });
        }
        let digest = document.digest();
        Ok(Ready { document, digest })
    }

    /// The document.
    pub fn document(&self) -> &NoticeDocument {
        &self.document
    }

    /// What people approve.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The notice, once `approvals` hold two of this digest by different people; else nothing.
    pub(crate) fn approved(self, approvals: &Approvals) -> Option<Releasable> {
        let enough = approvals.digest == self.digest && approvals.people >= APPROVALS_MIN;
        enough.then_some(Releasable { ready: self })
    }
}

/// How many different people must approve a document.
pub const APPROVALS_MIN: usize = 2;

/// How many different people approve one digest at one time. Only decisions make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Approvals {
    pub(crate) digest: String,
    pub(crate) people: usize,
}

/// A complete notice that two different people approved. Only approvals on record make one.
///
/// ```compile_fail
/// fn fake(ready: tocsin_notice::Ready) -> tocsin_notice::Releasable {
///     tocsin_notice::Releasable { ready }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Releasable {
    ready: Ready,
}

impl Releasable {
    /// The document.
    pub fn document(&self) -> &NoticeDocument {
        self.ready.document()
    }

    /// Released, by the decision `decision` made `at`; `signed` where it bears a declaration.
    pub(crate) fn release(self, decision: &str, at: Moment, signed: Option<Signed>) -> Released {
        Released {
            ready: self.ready,
            decision: decision.to_owned(),
            at,
            signed,
        }
    }
}

/// A notice that people released. Only a release of a [`Releasable`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    ready: Ready,
    decision: String,
    at: Moment,
    signed: Option<Signed>,
}

/// Who signed the declaration of a document, and when. The name is public: it stands on the paper.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The signer's name.
    pub name: String,
    /// The signer's title.
    pub title: String,
    /// When it was signed; the day of execution, where the words that were signed name none.
    pub at: Moment,
    /// The decision, by id.
    pub decision: String,
    /// The declaration as it was signed, with the day that the signer wrote in its blank; none in
    /// what earlier versions wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<String>,
}

impl Released {
    /// The document.
    pub fn document(&self) -> &NoticeDocument {
        self.ready.document()
    }

    /// Its digest.
    pub fn digest(&self) -> &str {
        self.ready.digest()
    }

    /// The decision that released it, by id.
    pub fn decision(&self) -> &str {
        &self.decision
    }

    /// When.
    pub fn at(&self) -> Moment {
        self.at
    }

    /// Who signed its declaration, where it bears one.
    pub fn signed(&self) -> Option<&Signed> {
        self.signed.as_ref()
    }

    /// Whether nobody need swear it, or somebody has, in its own words.
    pub(crate) fn is_sworn(&self) -> bool {
        is_sworn(self.document(), self.signed())
    }

    /// What the outbox carries. `held` says why it is not to be sent any more, where it is not.
    pub fn outbox(&self, held: Option<String>) -> OutboxEntry {
        let document = self.document();
        let (notice, digest) = (document.notice.clone(), self.digest().to_owned());
        OutboxEntry {
            message_id: message_id(&notice, &digest),
            order: document.order.order.clone(),
            duty: document.duty.duty.clone(),
            incident: document.incident.clone(),
            subject: document.channel.subject.clone().unwrap_or_default(),
            to: document.channel.to.clone(),
            given: document.channel.given.clone(),
            released_at: self.at,
            signed: self.signed.clone(),
            document: document.canonical(),
            notice,
            digest,
            held,
        }
    }
}

/// The message id of a notice's mail, without angle brackets: made from notice and digest, so that
/// a second attempt bears the same one. Its right side is a reserved name that nobody can own.
pub fn message_id(notice: &str, digest: &str) -> String {
    let digest = digest.get(..32).unwrap_or(digest);
    format!("{notice}.{digest}@tocsin.invalid")
}

/// What the outbox topic carries: a released document, ready to be packed and sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxEntry {
    /// The notice.
    pub notice: String,
    /// SHA-256 of the document.
    pub digest: String,
    /// The order.
    pub order: String,
    /// The duty.
    pub duty: String,
    /// The incident that it was composed for.
    pub incident: String,
    /// The subject of the mail; it begins with the pack's literal. Empty where it is not mailed.
    pub subject: String,
    /// To whom. Empty where it is not mailed.
    pub to: Vec<String>,
    /// How it is given where it is not mailed: on a form, on a site, by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// When people released it.
    pub released_at: Moment,
    /// Who signed its declaration, where it bears one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<Signed>,
    /// The notice model in canonical JSON.
    pub document: String,
    /// See [`message_id`].
    pub message_id: String,
    /// Why it is not to be sent: it was withdrawn or rejected after its release, or its declaration
    /// was signed under other words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
}

impl OutboxEntry {
    /// The key on the outbox topic: notice and digest.
    pub fn key(&self) -> String {
        format!("{}|{}", self.notice, self.digest)
    }
}
