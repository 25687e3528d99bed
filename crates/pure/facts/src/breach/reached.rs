//! What was reached otherwise than by logged accesses, how much it was, and whether keys were.

use super::Ground;
use crate::token::tokens;
use crate::{Information, Interval, Moment, Private, Visibility, YesNo};
use serde::{Deserialize, Serialize};

/// What was done with information that was reached otherwise than by logged accesses.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Acts {
    /// It was accessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accessed: Option<YesNo>,
    /// It was acquired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acquired: Option<YesNo>,
    /// It was publicly exposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publicly_exposed: Option<YesNo>,
    /// It was disclosed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosed: Option<YesNo>,
}

/// Pseudonyms named one by one, or only counted.
pub type Entities = Vec<Private>;

/// Information reached otherwise than by logged accesses: an open store, a stolen copy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Exposure {
    /// The class of information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub information: Option<Information>,
    /// The first instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// The first instant it was no longer reachable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// The accounts, where they are known by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Entities>,
    /// How many accounts, where they are only counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Interval>,
    /// How many consumers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumers: Option<Interval>,
    /// How many recordings or records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Interval>,
    /// How many devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices: Option<Interval>,
    /// What was done with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acts: Option<Acts>,
    /// Whether it was encrypted in the form in which it was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<YesNo>,
    /// The key that it was encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Private>,
    /// Who could see it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Where the people live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residence: Option<String>,
    /// Whether the product is primarily for personal and residential use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residential: Option<YesNo>,
    /// To whom it was exposed or disclosed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// How sure; absent: possible, counts in at most only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// Whether the figures are estimates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated: Option<YesNo>,
}

impl Exposure {
    /// Its figures, of whatever is counted.
    pub(super) fn figures(&self) -> impl Iterator<Item = Interval> {
        let all = [self.count, self.consumers, self.resources, self.devices];
        all.into_iter().flatten()
    }
}

tokens! {
    /// What a tally counts.
    TallyUnit {
        /// Accounts.
        Accounts = "accounts",
        /// Consumers.
        Consumers = "consumers",
        /// Users.
        Users = "users",
        /// Customers.
        Customers = "customers",
        /// Clients.
        Clients = "clients",
        /// Devices.
        Devices = "devices",
    }
}

/// A responder's own count: narrows an interval, never widens it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tally {
    /// What was counted.
    pub unit: TallyUnit,
    /// Of which class of information; absent: of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub information: Option<Information>,
    /// Of people where; absent: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residence: Option<String>,
    /// At least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u64>,
    /// At most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
    /// How sure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Whether encryption keys were reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// Which keys; absent: all that matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<Private>>,
    /// Whether they were accessed or acquired by an unauthorised person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<YesNo>,
}
