//! Decisions: what people say to what tocsin asks. A decision carries the document that it is
//! about.

use crate::name::too_long;
use crate::{Moment, Private};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An answer to an ask.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Answer {
    /// The `id` of the ask.
    pub question: String,
    /// The value, of the type that the ask states, as JSON text without quotes for words.
    pub value: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Counsel's reading of a question that an order reserves to counsel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reading {
    /// The order.
    pub order: String,
    /// The question's id in the pack.
    pub question: String,
    /// The reading that is taken.
    pub value: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A person approves a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Approve {
    /// The notice.
    pub notice: String,
    /// SHA-256 of the notice model in canonical JSON.
    pub digest: String,
    /// The notice model in canonical JSON: what was approved, for good.
    pub document: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A person rejects a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reject {
    /// The notice.
    pub notice: String,
    /// Of which document.
    pub digest: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A person signs a document where the order asks for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sign {
    /// The notice.
    pub notice: String,
    /// Of which document.
    pub digest: String,
    /// The signer's name.
    pub name: String,
    /// The signer's title.
    pub title: String,
    /// The words of the declaration.
    pub declaration: String,
}

/// A person releases a document that two people approved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Release {
    /// The notice.
    pub notice: String,
    /// Of which document.
    pub digest: String,
    /// The notice model in canonical JSON.
    pub document: String,
}

/// A person withdraws a notice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Withdraw {
    /// The notice.
    pub notice: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A person takes a decision back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Revoke {
    /// The decision's id.
    pub of: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Declares the union of acts; `kind` stands beside the envelope's members in human-readable
/// formats, the record's name tells them apart in Avro.
macro_rules! acts {
    ($($(#[$meta:meta])* $variant:ident = $kind:literal),+ $(,)?) => {
        /// What was decided.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Act { $($(#[$meta])* $variant($variant)),+ }

        impl Act {
            /// Every kind, in the order of the vocabulary.
            pub const KINDS: &'static [&'static str] = &[$($kind),+];

            /// The kind, as it stands in JSON.
            pub fn kind(&self) -> &'static str {
                match self { $(Act::$variant(_) => $kind),+ }
            }
        }

        #[derive(Serialize, Deserialize)]
        #[serde(tag = "kind")]
        enum Tagged { $(#[serde(rename = $kind)] $variant($variant)),+ }

        #[derive(Serialize, Deserialize)]
        enum Named { $($variant($variant)),+ }

        impl From<Act> for Tagged {
            fn from(act: Act) -> Tagged {
                match act { $(Act::$variant(payload) => Tagged::$variant(payload)),+ }
            }
        }
        impl From<Tagged> for Act {
            fn from(act: Tagged) -> Act {
                match act { $(Tagged::$variant(payload) => Act::$variant(payload)),+ }
            }
        }
        impl From<Act> for Named {
            fn from(act: Act) -> Named {
                match act { $(Act::$variant(payload) => Named::$variant(payload)),+ }
            }
        }
        impl From<Named> for Act {
            fn from(act: Named) -> Act {
                match act { $(Named::$variant(payload) => Act::$variant(payload)),+ }
            }
        }
    };
}

acts! {
    /// An answer to an ask.
    Answer = "answer",
    /// Counsel's reading.
    Reading = "reading",
    /// An approval.
    Approve = "approve",
    /// A rejection.
    Reject = "reject",
    /// A signature.
    Sign = "sign",
    /// A release.
    Release = "release",
    /// A withdrawal.
    Withdraw = "withdraw",
    /// A decision taken back.
    Revoke = "revoke",
}

/// One decision of a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decision {
    /// Identity at its source; unique in its topic.
    pub id: String,
    /// When.
    pub at: Moment,
    /// By whom: an authenticated identity.
    pub by: Private,
    /// In which role.
    pub role: String,
    /// The incident or notice.
    pub about: String,
    /// What.
    pub act: Act,
}

#[derive(Serialize, Deserialize)]
struct Flat {
    id: String,
    at: Moment,
    by: Private,
    role: String,
    about: String,
    #[serde(flatten)]
    act: Tagged,
}

#[derive(Serialize, Deserialize)]
struct Nested {
    id: String,
    at: Moment,
    by: Private,
    role: String,
    about: String,
    act: Named,
}

impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Decision {
            id,
            at,
            by,
            role,
            about,
            act,
        } = self.clone();
        if serializer.is_human_readable() {
            Flat {
                id,
                at,
                by,
                role,
                about,
                act: act.into(),
            }
            .serialize(serializer)
        } else {
            Nested {
                id,
                at,
                by,
                role,
                about,
                act: act.into(),
            }
            .serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Decision {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Decision, D::Error> {
        Ok(if deserializer.is_human_readable() {
            let Flat {
                id,
                at,
                by,
                role,
                about,
                act,
            } = Flat::deserialize(deserializer)?;
            Decision {
                id,
                at,
                by,
                role,
                about,
                act: act.into(),
            }
        } else {
            let Nested {
                id,
                at,
                by,
                role,
                about,
                act,
            } = Nested::deserialize(deserializer)?;
            Decision {
                id,
                at,
                by,
                role,
                about,
                act: act.into(),
            }
        })
    }
}

impl Decision {
    /// What is wrong with this record beyond its types, if anything.
    pub fn fault(&self) -> Option<&'static str> {
        if self.id.is_empty() {
            return Some("`id` is empty");
        }
        if self.by.reveal().is_empty() {
            return Some("`by` is empty: a decision is a person's");
        }
        too_long!(
            "id": [self.id.as_str()],
            "by": [self.by.reveal()],
            "role": [self.role.as_str()],
            "about": [self.about.as_str()],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_the_act_stand_beside_the_envelope_in_json() {
        let json = r#"{"id":"d1","at":"2026-12-01T00:00:00Z","by":"kim","role":"counsel",
            "about":"inc-1","kind":"reading","order":"o","question":"q","value":"no"}"#;
        let decision: Decision = serde_json::from_str(json).expect("a decision");
        assert_eq!(decision.act.kind(), "reading");
        let again = serde_json::to_value(&decision).expect("json");
        assert_eq!(again["kind"], "reading");
        assert_eq!(again["question"], "q");
    }
}
