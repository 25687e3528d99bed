//! What a clause counts, as a pack defines it: parts that must all hold, each with its clause.

use facts::{CircumstanceName, Ground, Information, Visibility, YesNo};
use serde::{Deserialize, Serialize};

/// What is counted: every part must hold of a row of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// What it is, in our own words, such as "recordings reached without authorization".
    pub text: String,
    /// The definition.
    pub cite: String,
    /// Which classes of information; absent: any.
    #[serde(default)]
    pub information: Option<AnyOf<Information>>,
    /// What must have been done with it (any of these).
    pub acts: AnyOf<ActWord>,
    /// Another act from which one of `acts` is presumed.
    #[serde(default)]
    pub presumption: Option<PresumptionRule>,
    /// How sure "without authorization" must be to count in at least.
    pub authority: AuthorityRule,
    /// Products that are not primarily personal and residential are left out.
    #[serde(default)]
    pub residential: Option<ResidentialRule>,
    /// What its users have made visible is left out.
    #[serde(default)]
    pub visibility: Option<VisibilityRule>,
    /// What was encrypted, its key safe, is left out.
    #[serde(default)]
    pub encryption: Option<EncryptionRule>,
    /// Only people of this country (`US`: also its States; its territories are unknown).
    #[serde(default)]
    pub residence: Option<ResidenceRule>,
    /// Facts that must (not) hold of it.
    #[serde(default)]
    pub circumstances: Vec<CircumstanceRule>,
}

/// A yes/no fact that must hold, or must not; stated of the whole matter or of some accesses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CircumstanceRule {
    /// Which fact.
    pub name: CircumstanceName,
    /// What it must be.
    pub must_be: YesNo,
    /// What it means, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
    /// Classes of information whose name says that it holds, where nobody says that it does not.
    #[serde(default)]
    pub presumed_of: Vec<Information>,
}

/// One act is presumed from another: a rule about what evidence is on record.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresumptionRule {
    /// The act from which another is presumed.
    pub from: ActWord,
    /// The evidence that rebuts it: not on record means that there is none so far.
    pub unless: CircumstanceName,
    /// What it means, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
}

/// An act, in the orders' words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActWord {
    /// Accessed.
    Accessed,
    /// Acquired.
    Acquired,
    /// Publicly exposed.
    PubliclyExposed,
    /// Disclosed.
    Disclosed,
}

/// Any of a list, with the clause that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnyOf<T> {
    /// The list.
    pub any: Vec<T>,
    /// What it means, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
}

/// "Without authorization".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityRule {
    /// `believed`: a reasonable belief is enough; `established`: it is not.
    pub ground: Ground,
    /// What it means, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
    /// The question for counsel about staff who act outside the accepted purposes.
    #[serde(default)]
    pub insider_question: Option<String>,
    /// The fact that says whether it was authorised where no verdict does, such as
    /// `individual_authorised`; where it contradicts a verdict, nobody can say.
    #[serde(default)]
    pub or_circumstance: Option<CircumstanceName>,
}

/// Products of another kind are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidentialRule {
    /// What it means, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
    /// The question for counsel.
    #[serde(default)]
    pub question: Option<String>,
}

/// What its users have made visible is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisibilityRule {
    /// Left out.
    pub excluded: Vec<Visibility>,
    /// Neither surely in nor out: reserved to counsel.
    #[serde(default)]
    pub unsure: Vec<Visibility>,
    /// What it means, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
    /// The question for counsel about what is unsure.
    #[serde(default)]
    pub question: Option<String>,
}

/// What was encrypted is left out while its key is safe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncryptionRule {
    /// What it means, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
    /// The question for counsel where encrypted and clear stand in one incident; its `effect` says
    /// whether the encrypted part counts then.
    #[serde(default)]
    pub question: Option<String>,
}

/// Only people of one country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidenceRule {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// What it means, in our own words.
    pub text: String,
    /// The clause.
    pub cite: String,
}
