//! Three-valued logic: an answer given while something was unknown stays right whatever it turns
//! out to be (Kleene's strong logic).

use crate::token::tokens;
use serde::{Deserialize, Serialize};

tokens! {
    /// A fact as its source states it; a source that does not know says nothing.
    YesNo {
        /// It is so.
        Yes = "yes",
        /// It is not so.
        No = "no",
    }
}

impl From<bool> for YesNo {
    fn from(value: bool) -> YesNo {
        if value { YesNo::Yes } else { YesNo::No }
    }
}

/// Yes, no or unknown.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Kleene {
    /// Surely not.
    No,
    /// Nobody can say yet.
    #[default]
    Unknown,
    /// Surely so.
    Yes,
}

impl Kleene {
    /// Both: no if either is no.
    pub fn and(self, other: Kleene) -> Kleene {
        self.min(other)
    }

    /// Either: yes if either is yes.
    pub fn or(self, other: Kleene) -> Kleene {
        self.max(other)
    }

    /// The word as it stands in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kleene::No => "no",
            Kleene::Unknown => "unknown",
            Kleene::Yes => "yes",
        }
    }

    /// Whether it is surely so.
    pub fn is_yes(self) -> bool {
        self == Kleene::Yes
    }

    /// Whether it may be so.
    pub fn may_be(self) -> bool {
        self != Kleene::No
    }
}

impl std::ops::Not for Kleene {
    type Output = Kleene;

    fn not(self) -> Kleene {
        match self {
            Kleene::No => Kleene::Yes,
            Kleene::Unknown => Kleene::Unknown,
            Kleene::Yes => Kleene::No,
        }
    }
}

impl From<bool> for Kleene {
    fn from(value: bool) -> Kleene {
        if value { Kleene::Yes } else { Kleene::No }
    }
}

impl From<Option<YesNo>> for Kleene {
    fn from(value: Option<YesNo>) -> Kleene {
        match value {
            Some(YesNo::Yes) => Kleene::Yes,
            Some(YesNo::No) => Kleene::No,
            None => Kleene::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kleene::{self, No, Unknown, Yes};

    #[test]
    fn learning_never_contradicts() {
        // Whatever an unknown becomes, a definite answer that was given while it was unknown holds.
        for a in [No, Unknown, Yes] {
            for b in [No, Yes] {
                for op in [Kleene::and, Kleene::or] {
                    let before = op(a, Unknown);
                    assert!(before == Unknown || before == op(a, b));
                }
            }
        }
        assert_eq!(!Unknown, Unknown);
        assert_eq!(!Yes, No);
    }
}
