//! A count that nobody knows exactly: at least, at most.

use serde::{Deserialize, Serialize};

/// How many, as far as the record goes. `at_most: None` means that nothing bounds it.
///
/// ```
/// use tocsin_facts::Interval;
/// let known = Interval::exactly(81);
/// let open = Interval { at_least: 0, at_most: None };
/// assert_eq!(known.plus(open), Interval { at_least: 81, at_most: None });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Surely this many.
    pub at_least: u64,
    /// Surely no more than this; `null` where nothing bounds it.
    #[serde(default)]
    pub at_most: Option<u64>,
}

impl Interval {
    /// Nothing at all.
    pub const ZERO: Interval = Interval::exactly(0);
    /// Anything from nothing on.
    pub const UNBOUNDED: Interval = Interval {
        at_least: 0,
        at_most: None,
    };

    /// Just so many.
    pub const fn exactly(count: u64) -> Interval {
        Interval {
            at_least: count,
            at_most: Some(count),
        }
    }

    /// Whether both ends meet.
    pub fn is_exact(&self) -> bool {
        self.at_most == Some(self.at_least)
    }

    /// Whether the lower end lies above the upper one.
    pub fn is_contradiction(&self) -> bool {
        self.at_most.is_some_and(|most| most < self.at_least)
    }

    /// Of two things that cannot overlap: both together.
    #[must_use]
    pub fn plus(self, other: Interval) -> Interval {
        Interval {
            at_least: self.at_least.saturating_add(other.at_least),
            at_most: self
                .at_most
                .zip(other.at_most)
                .map(|(a, b)| a.saturating_add(b)),
        }
    }

    /// Of two things that may overlap: at least the greater, at most both together.
    #[must_use]
    pub fn overlapping(self, other: Interval) -> Interval {
        Interval {
            at_least: self.at_least.max(other.at_least),
            at_most: self
                .at_most
                .zip(other.at_most)
                .map(|(a, b)| a.saturating_add(b)),
        }
    }

    /// Of one thing counted twice: what both agree on; `None` where they contradict each other.
    pub fn narrowed(self, other: Interval) -> Option<Interval> {
        let at_most = match (self.at_most, other.at_most) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let both = Interval {
            at_least: self.at_least.max(other.at_least),
            at_most,
        };
        (!both.is_contradiction()).then_some(both)
    }

    /// Whether the count reaches `threshold`.
    pub fn reaches(&self, threshold: u64) -> crate::Kleene {
        if self.at_least >= threshold {
            crate::Kleene::Yes
        } else if self.at_most.is_some_and(|most| most < threshold) {
            crate::Kleene::No
        } else {
            crate::Kleene::Unknown
        }
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.at_most {
            Some(most) if most == self.at_least => write!(f, "{most}"),
            Some(most) => write!(f, "at least {}, at most {most}", self.at_least),
            None => write!(f, "at least {}, no upper bound", self.at_least),
        }
    }
}
