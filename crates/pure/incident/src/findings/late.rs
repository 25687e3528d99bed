//! Findings of which one access may have several, by its late grants: what it would be without
//! these.

use super::{Change, Findings, Held, NONE, number};
use facts::{Access, Finding};

impl Change {
    /// What stands there after it.
    pub(crate) fn after(&self) -> Option<&Finding> {
        self.finding.as_ref().map(|(_, finding)| finding)
    }
}

impl Findings {
    /// None, of which each access may stand here several times, by its late grants.
    pub(crate) fn by_late_grants() -> Findings {
        Findings {
            by_late_grants: true,
            ..Findings::default()
        }
    }

    /// Gives what `access` names a number, if it has none.
    pub(crate) fn register(&mut self, access: &Access) {
        number(&mut self.resources, access.resource.clone());
        number(&mut self.devices, access.device.clone());
        self.account(&access.account);
    }

    /// The late grants of an entry, by its number, where they are kept; else none.
    pub(crate) fn late_grants(&self, entry: u32) -> Vec<String> {
        let list = self.late_number(entry).map(|late| self.late.text(late));
        list.and_then(|list| serde_json::from_str(list).ok())
            .unwrap_or_default()
    }

    /// The number of that list: entries with the same list have the same.
    pub(crate) fn late_number(&self, entry: u32) -> Option<u32> {
        self.late_of.get(&entry).copied()
    }

    /// Whether the late grants of an entry are those of `finding`.
    pub(super) fn is_late_by(&self, entry: u32, finding: &Finding) -> bool {
        let here = Finding::late_digest(&self.late_grants(entry));
        here == Finding::late_digest(&finding.late_grants)
    }

    /// Whether an entry that is come by was not taken back.
    pub(super) fn pass(&self, held: &Held) -> bool {
        #[cfg(test)]
        self.passed.set(self.passed.get() + 1);
        held.manner != NONE
    }

    /// How many entries were come by so far.
    #[cfg(test)]
    pub(crate) fn passed(&self) -> u64 {
        self.passed.get()
    }

    /// What a change takes back, with its number.
    pub(crate) fn before(&self, change: &Change) -> Option<(u32, &Held)> {
        let number = change.before?;
        Some((number, self.held.get(number)?))
    }

    /// How many findings of a group stand here.
    pub(crate) fn many_in(&self, group: &str) -> u64 {
        let group = self.group_of.get(group);
        let group = group.and_then(|number| self.groups.get(*number as usize));
        group.map_or(0, |group| group.live)
    }
}

/// A list of late grants as a text of its own.
pub(super) fn list_of(late: &[String]) -> String {
    serde_json::to_string(late).unwrap_or_default()
}
