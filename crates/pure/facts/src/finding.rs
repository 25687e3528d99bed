//! Findings: accesses that some bound order counts or may count.

use crate::token::tokens;
use crate::{
    Access, Action, ActorKind, Information, Kleene, Moment, Outcome, Private, Purpose, Source,
    Visibility, YesNo,
};
use serde::{Deserialize, Serialize};

tokens! {
    /// Whether an access was authorised.
    ///
    /// The order of the variants is from lenient to strict.
    Verdict {
        /// It was.
        Authorised = "authorised",
        /// Nobody can say yet.
        Unexplained = "unexplained",
        /// It was not.
        Unauthorised = "unauthorised",
    }
}

tokens! {
    /// How sure an `unauthorised` is.
    VerdictGround {
        /// Reasonably believed.
        Believed = "believed",
        /// Shown.
        Established = "established",
    }
}

tokens! {
    /// Why a verdict is what it is.
    Reason {
        /// A judgement of responders says so.
        Judged = "judged",
        /// Judgements, or statements of one access, contradict each other.
        Disputed = "disputed",
        /// An indicator matches.
        Indicated = "indicated",
        /// The account's own user.
        OwnAccount = "own_account",
        /// A customer whose own account the source did not state.
        AccountNotStated = "account_not_stated",
        /// An accepted purpose covers it.
        Purpose = "purpose",
        /// A purpose covers it, but the actor had not attested to it.
        NotAttested = "not_attested",
        /// A purpose covers it, but the actor had not been trained.
        NotTrained = "not_trained",
        /// No purpose covers it, and the record is declared complete.
        NoBasis = "no_basis",
        /// What covers it is a purpose that the order does not accept.
        PurposeNotAccepted = "purpose_not_accepted",
        /// Nothing covers it so far.
        NoBasisOnRecord = "no_basis_on_record",
        /// The purpose that the actor claimed is not on record.
        ClaimedNotFound = "claimed_not_found",
        /// What would cover it had ended.
        Expired = "expired",
        /// What would cover it had been taken back.
        Revoked = "revoked",
        /// What would cover it names other accounts.
        OtherAccount = "other_account",
        /// What would cover it does not say whose accounts.
        ScopeUnknown = "scope_unknown",
    }
}

/// What one order makes of an access.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrderVerdict {
    /// The order.
    pub order: String,
    /// The verdict.
    pub verdict: Verdict,
    /// How sure an `unauthorised` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<VerdictGround>,
    /// Why.
    pub reason: Reason,
}

/// What matters to a clause about the access itself; with the verdict it makes the class by which
/// members are counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClassOfAccess {
    /// The class of information.
    pub information: Information,
    /// What was done.
    pub action: Action,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Whether it was encrypted in the form in which it was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<YesNo>,
    /// Who could see it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// What kind of actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_kind: Option<ActorKind>,
}

impl ClassOfAccess {
    /// Whether information was reached at all.
    pub fn reached(&self) -> Kleene {
        let succeeded = match self.outcome {
            Some(Outcome::Succeeded) => Kleene::Yes,
            Some(_) => Kleene::No,
            None => Kleene::Unknown,
        };
        succeeded.and(self.action.reaches(self.information))
    }
}

/// One access that some bound order counts or may count, in one incident.
///
/// Its key is [`Finding::key`]; a verdict that becomes authorised, or an access that moves to
/// another incident, leaves a tombstone there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Finding {
    /// The name of the group it belongs to: `matter:<id>`, `actor:<actor>`, `wrong-account` or
    /// `unknown-actor`. An incident is a union of groups, made when read.
    pub group: String,
    /// The access, with every member that is known.
    pub access: Access,
    /// Members of the access that its statements contradict each other about.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "nullable"
    )]
    pub disputed: Vec<String>,
    /// The strictest verdict among the bound orders.
    pub verdict: Verdict,
    /// How sure an `unauthorised` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<VerdictGround>,
    /// Why.
    pub reason: Reason,
    /// Purposes on record that cover it.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "nullable"
    )]
    pub purposes: Vec<Purpose>,
    /// The grants that were looked at, by id.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "nullable"
    )]
    pub grants: Vec<String>,
    /// Of these, the grants that were recorded after a declaration that the record is complete.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "nullable"
    )]
    pub late_grants: Vec<String>,
    /// Indicators and judgements that matched, by id.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "nullable"
    )]
    pub matched: Vec<String>,
    /// When the earliest record was made on which the verdict rests: no discovery was later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rests_on_since: Option<Moment>,
    /// What each bound order makes of it, where they differ.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "nullable"
    )]
    pub by_order: Vec<OrderVerdict>,
    /// Where the access stands: shown, never compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

impl Finding {
    /// At most so many late grants are named, the least ids: a list of so many may be a part of a
    /// longer one.
    pub const LATE_GRANTS_MAX: usize = 32;
    /// Up to how many late grants that excuse one access it is said what it would be without each.
    pub const EXCUSES_MAX: usize = 8;

    /// The key on the findings topic: the group and the access. Variants of one access that differ
    /// in actor or account are findings of their own, so both are part of it.
    pub fn key(&self) -> String {
        let actor = self.access.actor.as_ref().map_or("", Private::reveal);
        let variant = crate::digest_parts(&[actor, self.access.account.reveal()]);
        format!("{}|{}|{}", self.group, self.access.id, &variant[..8])
    }

    /// The key of what the access would be without [`Finding::late_grants`], which counts nowhere.
    pub fn excused_key(&self) -> String {
        format!("{}|{}", self.key(), Finding::late_digest(&self.late_grants))
    }

    /// A list of late grants in a key: how [`Finding::excused_key`] ends.
    pub fn late_digest(late_grants: &[String]) -> String {
        let grants: Vec<&str> = late_grants.iter().map(String::as_str).collect();
        let mut digest = crate::digest_parts(&grants);
        digest.truncate(8);
        digest
    }

    /// What `order` makes of it.
    pub fn verdict_under(&self, order: &str) -> (Verdict, Option<VerdictGround>, Reason) {
        self.by_order
            .iter()
            .find(|one| one.order == order)
            .map_or((self.verdict, self.ground, self.reason), |one| {
                (one.verdict, one.ground, one.reason)
            })
    }

    /// What matters to a clause about the access itself.
    pub fn class(&self) -> ClassOfAccess {
        ClassOfAccess {
            information: self.access.information,
            action: self.access.action,
            outcome: self.access.outcome,
            encrypted: self.access.encrypted,
            visibility: self.access.visibility,
            actor_kind: self.access.actor_kind,
        }
    }
}

/// A list that a writer may have left null.
pub(crate) fn nullable<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}
