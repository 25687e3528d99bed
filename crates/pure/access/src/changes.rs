//! What a record that came in changes: which accesses must be judged again.

use crate::pattern::{Member, Pattern};
use crate::readings::{Readings, apart};
use facts::{Access, AccessView, Moment, Private, Variants};
use std::collections::BTreeSet;

/// What a record that came in may have changed: which accesses must be judged again, and whether
/// the screen must be compiled anew.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Whether a [`crate::Screen`] compiled from the records before is out of date.
    pub screen: bool,
    /// Digests of selectors that are new.
    pub selectors: BTreeSet<String>,
    pub(crate) actors: BTreeSet<Private>,
    pub(crate) accesses: BTreeSet<String>,
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) before: Option<Moment>,
}

/// Where the accesses that [`Changes`] touches can be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Nowhere: nothing changed.
    Nothing,
    /// Under these names only; [`Changes::touches`] sorts out which of them.
    Keyed {
        /// Accesses by these actors.
        actors: BTreeSet<Private>,
        /// Accesses to the information of these accounts.
        accounts: BTreeSet<Private>,
        /// Accesses of these ids.
        accesses: BTreeSet<String>,
    },
    /// Anywhere; [`Changes::touches`] sorts out which.
    Everything,
}

impl Changes {
    /// Whether nothing changed: a duplicate, or a record that bears on no access.
    pub fn is_empty(&self) -> bool {
        !self.screen
            && self.selectors.is_empty()
            && self.actors.is_empty()
            && self.accesses.is_empty()
            && self.patterns.is_empty()
            && self.before.is_none()
    }

    /// Adds what another record changed.
    pub fn merge(&mut self, other: Changes) {
        self.screen |= other.screen;
        self.selectors.extend(other.selectors);
        self.actors.extend(other.actors);
        self.accesses.extend(other.accesses);
        self.patterns.extend(other.patterns);
        self.before = self.before.max(other.before);
    }

    /// Where the accesses that must be judged again can be found.
    pub fn reach(&self) -> Reach {
        let mut actors = self.actors.clone();
        let mut accounts = BTreeSet::new();
        if self.before.is_some() {
            return Reach::Everything;
        }
        for pattern in &self.patterns {
            if let Some(list) = pattern.list(Member::Actor) {
                actors.extend(list.iter().cloned());
            } else if let Some(list) = pattern.list(Member::Account) {
                accounts.extend(list.iter().cloned());
            } else {
                return Reach::Everything;
            }
        }
        if actors.is_empty() && accounts.is_empty() && self.accesses.is_empty() {
            return Reach::Nothing;
        }
        Reach::Keyed {
            actors,
            accounts,
            accesses: self.accesses.clone(),
        }
    }

    /// Whether the access that `statements` describe must be judged again.
    pub fn touches(&self, statements: &Variants<Access>) -> bool {
        if statements.len() == 1 {
            return statements.iter().any(|one| self.touches_one(&one.view()));
        }
        let Some(whole) = Readings::of(statements) else {
            return false;
        };
        let parts = apart(statements, &whole);
        let parts = parts.as_deref().unwrap_or(std::slice::from_ref(&whole));
        let mut readings = parts.iter().flat_map(Readings::all);
        readings.any(|one| self.touches_one(&one.view()))
    }

    fn touches_one(&self, access: &AccessView<'_>) -> bool {
        self.before.is_some_and(|before| access.at < before)
            || access
                .actor
                .is_some_and(|actor| self.actors.contains(actor))
            || self.accesses.contains(access.id)
            || self.patterns.iter().any(|pattern| pattern.matches(access))
    }
}
