//! Finds the patterns that an access may match without trying each.

use crate::network::{Address, prefix_of};
use crate::pattern::{Member, Pattern};
use facts::{AccessView, Private};
use rustc_hash::FxHashMap;

/// Patterns by one of the values that they look for; `T` says which pattern it is.
#[derive(Debug, Clone)]
pub(crate) struct PatternIndex<T> {
    by_member: Vec<FxHashMap<Private, Vec<T>>>,
    by_network: Vec<(u8, FxHashMap<u128, Vec<T>>)>,
}

impl<T> Default for PatternIndex<T> {
    fn default() -> Self {
        let by_member = Member::ALL.iter().map(|_| FxHashMap::default()).collect();
        PatternIndex {
            by_member,
            by_network: Vec::new(),
        }
    }
}

impl<T: Copy + PartialEq> PatternIndex<T> {
    /// Adds `pattern` as `what`. One that restricts nothing is malformed and never found.
    pub(crate) fn insert(&mut self, pattern: &Pattern, what: T) {
        if let Some((member, values)) = pattern.key() {
            let index = &mut self.by_member[member as usize];
            for value in values {
                add(index.entry(value.clone()).or_default(), what);
            }
        } else if let Some(networks) = pattern.networks() {
            for (bits, prefix) in networks.prefixes() {
                let at = match self.by_network.binary_search_by_key(&bits, |one| one.0) {
                    Ok(at) => at,
                    Err(at) => {
                        self.by_network.insert(at, (bits, FxHashMap::default()));
                        at
                    }
                };
                add(self.by_network[at].1.entry(prefix).or_default(), what);
            }
        }
    }

    /// Whether `test` holds for one of the patterns that `access` may match; it is asked for no
    /// other, and for each once or more until it holds. Allocates nothing.
    pub(crate) fn any(&self, access: &AccessView<'_>, mut test: impl FnMut(T) -> bool) -> bool {
        for (member, index) in Member::ALL.iter().zip(&self.by_member) {
            if !index.is_empty()
                && let Some(value) = member.of(access)
                && let Some(found) = index.get(value)
                && found.iter().any(|what| test(*what))
            {
                return true;
            }
        }
        if self.by_network.is_empty() {
            return false;
        }
        let Some(address) = access.source_address.and_then(Address::parse) else {
            return false;
        };
        self.by_network.iter().any(|(bits, index)| {
            prefix_of(address, *bits)
                .and_then(|prefix| index.get(&prefix))
                .is_some_and(|found| found.iter().any(|what| test(*what)))
        })
    }
}

/// Adds `what` once: what is added for one pattern comes in one go.
fn add<T: PartialEq>(to: &mut Vec<T>, what: T) {
    if to.last() != Some(&what) {
        to.push(what);
    }
}
