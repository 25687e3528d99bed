//! Up to when the source has said that its record of grants is complete.

use facts::{GrantKind, Moment, Purpose};
use std::collections::{BTreeMap, BTreeSet};

/// The source's word that every grant of some kinds is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complete {
    /// Of which kinds.
    pub(crate) of: BTreeSet<GrantKind>,
    /// For the time before this instant.
    pub(crate) until: Moment,
    /// When that was said. Where the source does not say when, `until`: not earlier than that.
    pub(crate) declared_at: Moment,
}

/// All such declarations that stand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Completeness {
    declared: BTreeMap<String, Complete>,
    /// For each kind, in the order of time: when something was declared, and up to when the record
    /// was complete by all that was declared until then.
    course: BTreeMap<GrantKind, Vec<(Moment, Moment)>>,
}

impl Completeness {
    /// Replaces what is declared under `id`; gives the instant before which this may matter, if it
    /// is new.
    pub(crate) fn replace(&mut self, id: &str, new: Option<Complete>) -> Option<Moment> {
        let old = match &new {
            Some(new) => self.declared.insert(id.to_owned(), new.clone()),
            None => self.declared.remove(id),
        };
        if old == new {
            return None;
        }
        let changed: Vec<Complete> = [old, new].into_iter().flatten().collect();
        for kind in changed.iter().flat_map(|one| &one.of) {
            self.chart(*kind);
        }
        changed.iter().map(|one| one.until).max()
    }

    fn chart(&mut self, kind: GrantKind) {
        let about = self.declared.values().filter(|one| one.of.contains(&kind));
        let mut course: Vec<_> = about.map(|one| (one.declared_at, one.until)).collect();
        course.sort_unstable();
        let mut furthest = Moment::MIN;
        for (_, until) in &mut course {
            furthest = furthest.max(*until);
            *until = furthest;
        }
        self.course.insert(kind, course);
    }

    /// Up to when every grant of `purpose` is on record.
    pub(crate) fn until(&self, purpose: Purpose) -> Option<Moment> {
        self.course
            .get(&purpose.grant_kind())?
            .last()
            .map(|(_, until)| *until)
    }

    /// Whether a grant of `kind` that was recorded at `recorded_at` comes after the source had said
    /// that all such grants for the time of an access at `at` are on record.
    pub(crate) fn is_late(&self, kind: GrantKind, recorded_at: Moment, at: Moment) -> bool {
        self.course.get(&kind).is_some_and(|course| {
            let before = course.partition_point(|(declared_at, _)| *declared_at < recorded_at);
            before > 0 && course[before - 1].1 > at
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        text.parse().unwrap()
    }

    fn complete(until: &str, declared_at: &str) -> Option<Complete> {
        let of = BTreeSet::from([GrantKind::Consent]);
        Some(Complete {
            of,
            until: at(until),
            declared_at: at(declared_at),
        })
    }

    #[test]
    fn late_is_what_comes_after_a_declaration_about_its_time() {
        let mut all = Completeness::default();
        let march = at("2026-03-01T00:00:00Z");
        let first = complete("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z");
        assert_eq!(all.replace("c1", first.clone()), Some(march));
        assert_eq!(all.replace("c1", first), None);
        all.replace(
            "c2",
            complete("2026-02-01T00:00:00Z", "2026-04-01T00:00:00Z"),
        );
        assert_eq!(all.until(Purpose::Consent), Some(march));
        let late = |recorded: &str, access: &str| {
            all.is_late(GrantKind::Consent, at(recorded), at(access))
        };
        assert!(late("2026-03-03T00:00:00Z", "2026-02-28T00:00:00Z"));
        assert!(!late("2026-03-02T00:00:00Z", "2026-02-28T00:00:00Z"));
        assert!(!late("2026-03-03T00:00:00Z", "2026-03-01T00:00:00Z"));
        assert!(late("2026-05-03T00:00:00Z", "2026-02-28T00:00:00Z"));
        assert!(!all.is_late(GrantKind::Duty, at("2026-05-03T00:00:00Z"), march));
        assert_eq!(all.replace("c1", None), Some(march));
        assert_eq!(
            all.until(Purpose::Consent),
            Some(at("2026-02-01T00:00:00Z"))
        );
    }
}
