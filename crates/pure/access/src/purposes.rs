//! A set of the eight purposes, small enough to copy.

use facts::Purpose;

/// Some of the eight purposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PurposeSet(u8);

impl PurposeSet {
    /// None of them.
    pub const NONE: PurposeSet = PurposeSet(0);
    /// All eight.
    pub const ALL: PurposeSet = PurposeSet(u8::MAX);

    const fn bit(purpose: Purpose) -> u8 {
        1 << (purpose as u8)
    }

    /// Whether it holds none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it holds `purpose`.
    pub const fn contains(self, purpose: Purpose) -> bool {
        self.0 & PurposeSet::bit(purpose) != 0
    }

    /// Adds `purpose`.
    pub const fn insert(&mut self, purpose: Purpose) {
        self.0 |= PurposeSet::bit(purpose);
    }

    /// Those in both.
    #[must_use]
    pub const fn both(self, other: PurposeSet) -> PurposeSet {
        PurposeSet(self.0 & other.0)
    }

    /// Those in either.
    #[must_use]
    pub const fn either(self, other: PurposeSet) -> PurposeSet {
        PurposeSet(self.0 | other.0)
    }

    /// Whether some purpose is in both.
    pub const fn meets(self, other: PurposeSet) -> bool {
        self.0 & other.0 != 0
    }

    /// Its members, in the order of the vocabulary.
    pub fn iter(self) -> impl Iterator<Item = Purpose> {
        Purpose::ALL
            .iter()
            .copied()
            .filter(move |purpose| self.contains(*purpose))
    }
}

impl FromIterator<Purpose> for PurposeSet {
    fn from_iter<I: IntoIterator<Item = Purpose>>(purposes: I) -> PurposeSet {
        let mut set = PurposeSet::NONE;
        for purpose in purposes {
            set.insert(purpose);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_holds_each_and_none_holds_none() {
        assert_eq!(
            Purpose::ALL.iter().copied().collect::<PurposeSet>(),
            PurposeSet::ALL
        );
        assert_eq!(PurposeSet::ALL.iter().count(), 8);
        assert_eq!(PurposeSet::NONE.iter().count(), 0);
    }
}
