//! Accounts: reference data about whose information it is.

use crate::name::too_long;
use crate::place::residence_fault;
use crate::token::tokens;
use crate::{Moment, Private, YesNo};
use serde::{Deserialize, Serialize};

tokens! {
    /// An age band of a person who uses an account.
    AgeBand {
        /// Under 13.
        Child = "child",
        /// 13 to 17.
        Teen = "teen",
        /// 18 or older.
        Adult = "adult",
    }
}

tokens! {
    /// Who holds an account.
    Holder {
        /// A person.
        Person = "person",
        /// A business.
        Business = "business",
    }
}

/// What was on record about an account at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Account {
    /// Identity at its source; unique in its topic.
    pub id: String,
    /// The account.
    pub account: Private,
    /// When it was put on record.
    pub recorded_at: Moment,
    /// Pseudonyms of the people who use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumers: Option<Vec<Private>>,
    /// ISO 3166-2 such as `US-CA`, `US` (State unknown), or another country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residence: Option<String>,
    /// Age bands of the people who use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age_bands: Option<Vec<AgeBand>>,
    /// Whether its product is primarily for personal and residential use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residential: Option<YesNo>,
    /// Who holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// The business customer whose account it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

impl Account {
    /// What it states that nobody can mean, if anything: it counts as unknown, and whoever writes
    /// it by hand is told.
    pub fn doubt(&self) -> Option<&'static str> {
        self.residence.as_deref().and_then(residence_fault)
    }

    /// What is wrong with this record beyond its types, if anything.
    pub fn fault(&self) -> Option<&'static str> {
        if self.id.is_empty() {
            return Some("`id` is empty");
        }
        if self.account.reveal().is_empty() {
            return Some("`account` is empty");
        }
        too_long!(
            "id": [self.id.as_str()],
            "account": [self.account.reveal()],
            "consumers": self.consumers.iter().flatten().map(Private::reveal),
            "client": self.client.as_deref(),
        )
    }
}
