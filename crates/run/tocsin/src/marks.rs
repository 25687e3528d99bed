//! How far a group has committed, what is noted with that, and what is to be committed next.

use crate::topology::{Stage, TopicNames};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use stream::{Committed, Position, TopicIds, TopicPartition};

/// How often positions that do not move are committed again. Brokers forget what nobody committed
/// for a week (`offsets.retention.minutes`) where it is of no member's topics, and what is noted
/// with it.
const RENEWED_EVERY: Duration = Duration::from_secs(86_400);

/// See the module.
pub(crate) struct Marks {
    /// One partition of each topic that every instance reads whole: positions in them are committed
    /// with those of its own, so that no topic takes all that is noted of it with itself.
    beside: Vec<TopicPartition>,
    committed: BTreeMap<TopicPartition, i64>,
    /// Positions with which something else is noted than what is known now.
    stale: BTreeSet<TopicPartition>,
    /// When all are committed again, whether they moved or not.
    renew_at: Option<Duration>,
}

/// What is to be committed.
pub(crate) struct Due {
    /// The positions.
    pub(crate) positions: Vec<Position>,
    /// Whether they are a reason to commit where nothing is written. What is only read whole is
    /// none: it goes along with the next.
    pub(crate) is_reason: bool,
}

impl Marks {
    /// Of a stage, of which nothing is known yet.
    pub(crate) fn of(stage: Stage, names: &TopicNames) -> Marks {
        let whole = stage.broadcast().iter();
        let beside = whole.map(|topic| TopicPartition::new(names.name(*topic), 0));
        Marks {
            beside: beside.collect(),
            committed: BTreeMap::new(),
            stale: BTreeSet::new(),
            renew_at: None,
        }
    }

    /// The partitions that are nobody's, and in which positions are committed all the same.
    pub(crate) fn beside(&self) -> &[TopicPartition] {
        &self.beside
    }

    /// Takes note of what the group has committed, where `ids` are the topics' ids as they are
    /// known. Says whether the partition is one of those beside.
    pub(crate) fn found(
        &mut self,
        at: &TopicPartition,
        committed: Option<&Committed>,
        ids: &TopicIds,
    ) -> bool {
        if let Some(committed) = committed {
            self.set(at, committed.offset);
            if *committed.topic_ids != *ids {
                self.stale.insert(at.clone());
            }
        }
        self.beside.contains(at)
    }

    /// So far it is committed, or as good as committed.
    pub(crate) fn set(&mut self, at: &TopicPartition, offset: i64) {
        self.committed.insert(at.clone(), offset);
    }

    /// How far it is committed.
    pub(crate) fn get(&self, at: &TopicPartition) -> Option<i64> {
        self.committed.get(at).copied()
    }

    /// The partition is another's now.
    pub(crate) fn forget(&mut self, at: &TopicPartition) {
        self.committed.remove(at);
        self.stale.remove(at);
    }

    /// What is to be committed at this time, of these partitions and those beside; `here` says how
    /// far each was read.
    pub(crate) fn due<'a>(
        &mut self,
        now: Duration,
        own: impl Iterator<Item = &'a TopicPartition>,
        here: &dyn Fn(&TopicPartition) -> Option<i64>,
    ) -> Due {
        let renew = now >= *self.renew_at.get_or_insert(now + RENEWED_EVERY);
        let (mut positions, mut is_reason) = (Vec::new(), false);
        let beside = self.beside.iter().map(|at| (at, false));
        for (at, is_own) in own.map(|at| (at, true)).chain(beside) {
            let (here, done) = (here(at), self.get(at));
            let again = renew || self.stale.contains(at);
            // What is only read again lies before what is committed.
            if let Some(to) = here.max(done).filter(|_| again || here > done) {
                positions.push(at.at(to));
                is_reason |= again || is_own;
            }
        }
        Due {
            positions,
            is_reason,
        }
    }

    /// These were committed at this time.
    pub(crate) fn done(&mut self, now: Duration, positions: Vec<Position>) {
        for position in positions {
            let at = position.topic_partition();
            self.stale.remove(&at);
            self.committed.insert(at, position.offset);
        }
        if self.renew_at.is_some_and(|at| now >= at) {
            self.renew_at = Some(now + RENEWED_EVERY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Topic;
    use std::sync::Arc;

    const DAY: Duration = RENEWED_EVERY;

    fn known() -> TopicIds {
        [("candidates".to_owned(), "1".to_owned())].into()
    }

    /// Verify's, with one partition of its own, and how far it and grants are read.
    struct Case {
        marks: Marks,
        own: TopicPartition,
        read: [i64; 2],
    }

    impl Case {
        fn new(noted: TopicIds) -> Case {
            let names = crate::embedded::names();
            let mut marks = Marks::of(Stage::Verify, &names);
            let own = TopicPartition::new(names.name(Topic::Candidates), 2);
            let committed = Committed {
                offset: 10,
                topic_ids: Arc::new(noted),
            };
            assert!(!marks.found(&own, Some(&committed), &known()));
            for at in marks.beside().to_vec() {
                assert!(marks.found(&at, Some(&committed), &known()));
            }
            let read = [0, 10];
            Case { marks, own, read }
        }

        /// What is due, and whether it is a reason; it is committed where it is.
        fn due(&mut self, now: Duration) -> (Vec<(String, i64)>, bool) {
            let [own, grants] = self.read;
            let here = |at: &TopicPartition| match &*at.topic {
                "candidates" => Some(own),
                "grants" => Some(grants),
                _ => Some(10),
            };
            let due = self.marks.due(now, std::iter::once(&self.own), &here);
            let shown = due.positions.iter();
            let shown = shown.map(|one| (one.topic.to_string(), one.offset));
            let shown = (shown.collect(), due.is_reason);
            if due.is_reason {
                self.marks.done(now, due.positions);
            }
            shown
        }
    }

    fn all(of: &[(&str, i64)]) -> Vec<(String, i64)> {
        of.iter()
            .map(|(topic, to)| ((*topic).to_owned(), *to))
            .collect()
    }

    #[test]
    fn what_is_read_whole_goes_along_and_is_no_reason_by_itself() {
        let mut case = Case::new(known());
        let start = Duration::ZERO;
        assert_eq!(case.due(start), (all(&[]), false), "it is read again");
        case.read = [10, 12];
        assert_eq!(case.due(start), (all(&[("grants", 12)]), false));
        case.read = [11, 12];
        let both = all(&[("candidates", 11), ("grants", 12)]);
        assert_eq!(case.due(start), (both, true));
        assert_eq!(case.due(start), (all(&[]), false));
    }

    #[test]
    fn what_is_noted_otherwise_and_what_is_a_day_old_is_committed_again_and_never_back() {
        let whole = [("breach-events", 10), ("grants", 10), ("coverage", 10)];
        let four = all(&[&[("candidates", 10)][..], &whole[..]].concat());
        let mut case = Case::new(TopicIds::new());
        let start = Duration::from_secs(5);
        assert_eq!(case.due(start), (four.clone(), true), "nothing was noted");
        assert_eq!(case.due(start + DAY - start), (all(&[]), false));
        assert_eq!(case.due(start + DAY), (four.clone(), true));
        assert_eq!(case.due(start + DAY), (all(&[]), false));
        assert_eq!(case.due(start + DAY * 2), (four, true));
    }
}
