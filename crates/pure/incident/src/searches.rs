//! How far the past was searched, and what is still to be searched.

use crate::Searched;
use facts::{Coverage, CoverageState, Progress};
use std::collections::{BTreeMap, BTreeSet};

/// What must be searched for which group, and what was.
#[derive(Debug, Clone, Default)]
pub(crate) struct Searches {
    expected: BTreeMap<String, (BTreeSet<String>, i32)>,
    /// What must be searched for every group, and on how many partitions.
    for_all: Option<(String, i32)>,
    groups_of: BTreeMap<String, BTreeSet<String>>,
    progress: BTreeMap<String, BTreeMap<i32, Progress>>,
    /// How many records of each partition nobody could read.
    unread: BTreeMap<i32, u64>,
}

impl Searches {
    /// Says that `group` is complete when `selectors` are searched on `partitions` partitions, and
    /// no others; whether that is news.
    pub(crate) fn expect(
        &mut self,
        group: &str,
        selectors: BTreeSet<String>,
        partitions: i32,
    ) -> bool {
        let now = (selectors, partitions);
        let news = match self.expected.get(group) {
            Some(before) => *before != now,
            None => !now.0.is_empty(),
        };
        if !news {
            return false;
        }
        for digest in self
            .expected
            .get(group)
            .into_iter()
            .flat_map(|(before, _)| before)
        {
            if let Some(groups) = self.groups_of.get_mut(digest) {
                groups.remove(group);
            }
        }
        for digest in &now.0 {
            self.groups_of
                .entry(digest.clone())
                .or_default()
                .insert(group.to_owned());
        }
        self.expected.insert(group.to_owned(), now);
        true
    }

    /// Says that every group is complete only when `selector` is searched on `partitions`
    /// partitions; whether that is news.
    pub(crate) fn expect_for_all(&mut self, selector: &str, partitions: i32) -> bool {
        let now = Some((selector.to_owned(), partitions));
        let news = self.for_all != now;
        self.for_all = now;
        news
    }

    /// Whether every group waits for that selector.
    pub(crate) fn is_for_all(&self, selector: &str) -> bool {
        self.for_all
            .as_ref()
            .is_some_and(|(one, _)| one == selector)
    }

    /// Takes in how a search stands; `None`: that is no news. Else the groups that wait for it,
    /// those left out that wait for it with every other.
    pub(crate) fn put(&mut self, coverage: &Coverage) -> Option<BTreeSet<String>> {
        let now = coverage.progress();
        let partitions = self.progress.entry(coverage.selector.clone()).or_default();
        let before = partitions.get(&coverage.partition).copied();
        let joined = before.map_or(now, |before| before.join(now));
        partitions.insert(coverage.partition, joined);
        let told = |one: Progress| (one.state, one.holes);
        if before.map(told) == Some(told(joined)) {
            return None;
        }
        Some(
            self.groups_of
                .get(&coverage.selector)
                .cloned()
                .unwrap_or_default(),
        )
    }

    /// Says how many records of a partition nobody could read, instead of what was said before;
    /// gives the groups whose searches have them as holes.
    pub(crate) fn put_unread(&mut self, partition: i32, records: u64) -> BTreeSet<String> {
        if self.unread.insert(partition, records).unwrap_or(0) == records {
            return BTreeSet::new();
        }
        let on_it = self
            .progress
            .iter()
            .filter(|(_, partitions)| partitions.contains_key(&partition));
        on_it
            .filter_map(|(digest, _)| self.groups_of.get(digest))
            .flatten()
            .cloned()
            .collect()
    }

    /// How far the past was searched for `groups` together.
    pub(crate) fn searched<'a>(&self, groups: impl IntoIterator<Item = &'a String>) -> Searched {
        let mut wanted: BTreeMap<&str, i32> = BTreeMap::new();
        for group in groups {
            if let Some((selectors, partitions)) = self.expected.get(group) {
                for digest in selectors {
                    let most = wanted.entry(digest).or_default();
                    *most = (*most).max(*partitions);
                }
            }
        }
        // What nobody could read is a hole in what is searched for these groups themselves.
        let own: BTreeSet<&str> = wanted.keys().copied().collect();
        if let Some((selector, partitions)) = &self.for_all {
            wanted.entry(selector).or_insert(*partitions);
        }
        let mut searched = Searched::default();
        // A record is one hole, however many selectors meet it.
        let mut holes: BTreeMap<i32, u64> = BTreeMap::new();
        for (digest, partitions) in wanted {
            let progress = self.progress.get(digest);
            let on = |partition| progress.and_then(|all| all.get(&partition));
            let states = (0..partitions).map(|one| on(one).map(|progress| progress.state));
            let states: Vec<Option<CoverageState>> = states.collect();
            if states.contains(&Some(CoverageState::Cut)) {
                searched.cut.push(digest.to_owned());
            }
            let goes_on = |state: &Option<CoverageState>| {
                matches!(state, None | Some(CoverageState::Searching))
            };
            if states.iter().any(goes_on) {
                searched.searching.push(digest.to_owned());
            }
            let progress = progress.filter(|_| own.contains(digest));
            for (partition, one) in progress.into_iter().flatten() {
                let unread = self.unread.get(partition).copied().unwrap_or(0);
                let most = holes.entry(*partition).or_default();
                *most = (*most).max(one.holes).max(unread);
            }
        }
        searched.holes = holes.values().fold(0, |sum, one| sum.saturating_add(*one));
        searched.complete =
            searched.cut.is_empty() && searched.searching.is_empty() && searched.holes == 0;
        searched
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CoverageState::{Cut, Done, Searching};

    fn coverage(partition: i32, state: CoverageState, holes: u64) -> Coverage {
        Coverage {
            selector: "s".into(),
            matters: vec!["M".into()],
            partition,
            from: 0,
            to: 10,
            state,
            holes,
        }
    }

    fn after(records: &[Coverage]) -> Searched {
        let mut searches = Searches::default();
        searches.expect("matter:M", BTreeSet::from(["s".to_owned()]), 2);
        for one in records {
            searches.put(one);
        }
        searches.searched([&"matter:M".to_owned()])
    }

    #[test]
    fn every_partition_must_be_done_without_cut_or_hole() {
        assert!(!after(&[]).complete);
        assert!(!after(&[coverage(0, Done, 0)]).complete);
        assert!(after(&[coverage(0, Done, 0), coverage(1, Done, 0)]).complete);
        assert_eq!(
            after(&[coverage(0, Done, 3), coverage(1, Done, 1)]).holes,
            4
        );
        assert!(!after(&[coverage(0, Done, 3), coverage(1, Done, 0)]).complete);
        assert_eq!(
            after(&[coverage(0, Done, 0), coverage(1, Cut, 0)]).cut,
            ["s"]
        );
    }

    #[test]
    fn what_nobody_could_read_is_a_hole_until_it_is_mended() {
        let mut searches = Searches::default();
        searches.expect("matter:M", BTreeSet::from(["s".to_owned()]), 2);
        let groups = ["matter:M".to_owned()];
        assert!(searches.put_unread(0, 2).is_empty(), "nothing was searched");
        searches.put(&coverage(0, Done, 0));
        searches.put(&coverage(1, Done, 1));
        assert_eq!(searches.searched(&groups).holes, 3);
        assert_eq!(searches.put_unread(0, 1), BTreeSet::from(groups.clone()));
        assert_eq!(searches.searched(&groups).holes, 2);
        assert!(searches.put_unread(0, 1).is_empty(), "no news");
        searches.put_unread(0, 0);
        assert_eq!(searches.searched(&groups).holes, 1);
    }

    #[test]
    fn what_all_wait_for_opens_all_and_its_holes_those_that_search() {
        let mut searches = Searches::default();
        searches.expect("matter:M", BTreeSet::from(["s".to_owned()]), 1);
        searches.put(&coverage(0, Done, 0));
        let groups = ["actor:a".to_owned(), "matter:M".to_owned()];
        let complete = |searches: &Searches| {
            let of = |group| searches.searched([group]).complete;
            groups.each_ref().map(of)
        };
        assert_eq!(complete(&searches), [true, true]);
        assert!(searches.expect_for_all("standing", 1));
        assert!(!searches.expect_for_all("standing", 1), "no news");
        assert_eq!(complete(&searches), [false, false], "nobody told of it");
        let standing = |state, to| Coverage {
            selector: "standing".into(),
            to,
            ..coverage(0, state, 0)
        };
        assert!(searches.put(&standing(Done, 10)).is_some());
        assert_eq!(complete(&searches), [true, true]);
        searches.put(&standing(Searching, 11));
        assert_eq!(complete(&searches), [false, false], "more is searched");
        searches.put(&standing(Done, 20));
        searches.put_unread(0, 1);
        assert_eq!(complete(&searches), [true, false]);
        searches.put(&standing(Cut, 0));
        assert_eq!(searches.searched([&groups[0]]).cut, ["standing"]);
    }

    #[test]
    fn the_order_of_coverage_does_not_matter() {
        let further = |state, to| Coverage {
            to,
            ..coverage(0, state, 0)
        };
        let all = [
            coverage(0, Searching, 0),
            coverage(0, Done, 1),
            further(Searching, 11),
            further(Done, 20),
            coverage(0, Cut, 0),
        ];
        let backward: Vec<_> = all.iter().rev().cloned().collect();
        assert_eq!(after(&all), after(&backward));
        for most in 0..all.len() {
            let backward: Vec<_> = all[..most].iter().rev().cloned().collect();
            assert_eq!(after(&all[..most]), after(&backward), "{most}");
        }
    }
}
