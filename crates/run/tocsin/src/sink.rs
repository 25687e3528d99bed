//! What one step of a stage came to: the records that it writes, and the books of those that it
//! read, topic by topic.

use crate::runtime::StageError;
use crate::topology::Topic;
use access::Ordinary;
use stream::Outgoing;

/// Why a record needed nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PassedOver {
    /// An access by the account's own user, signed in to it.
    OwnUse,
    /// An access by a customer of whom nobody stated the account, read as the account's own user's.
    AccountNotStated,
    /// An access of a service, at a standing duty that every bound order accepts.
    StandingDuty,
    /// An access of the past that no selector which is searched for looks for.
    NotSought,
    /// The same statement was taken in before.
    Duplicate,
    /// It has no value, and there is nothing that it could take back.
    NoValue,
    /// It cannot be used, and its dead letter is another stage's.
    BuriedElsewhere,
}

impl PassedOver {
    /// Every reason.
    pub(crate) const ALL: [PassedOver; 7] = [
        PassedOver::OwnUse,
        PassedOver::AccountNotStated,
        PassedOver::StandingDuty,
        PassedOver::NotSought,
        PassedOver::Duplicate,
        PassedOver::NoValue,
        PassedOver::BuriedElsewhere,
    ];

    /// The word for it in the metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            PassedOver::OwnUse => "own_use",
            PassedOver::AccountNotStated => "account_not_stated",
            PassedOver::StandingDuty => "standing_duty",
            PassedOver::NotSought => "not_sought",
            PassedOver::Duplicate => "duplicate",
            PassedOver::NoValue => "no_value",
            PassedOver::BuriedElsewhere => "buried_elsewhere",
        }
    }
}

impl From<Ordinary> for PassedOver {
    fn from(ordinary: Ordinary) -> PassedOver {
        match ordinary {
            Ordinary::OwnUse => PassedOver::OwnUse,
            Ordinary::AccountNotStated => PassedOver::AccountNotStated,
            Ordinary::StandingDuty => PassedOver::StandingDuty,
        }
    }
}

/// What became of the records of one topic; those that could not be used are not in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Book {
    /// Read for the first time.
    pub(crate) read: u64,
    /// Of these, passed on or taken into the state.
    pub(crate) kept: u64,
    /// Of these, needed nothing more: by the place of the reason in [`PassedOver::ALL`].
    passed_over: [u64; PassedOver::ALL.len()],
}

impl Book {
    /// How many needed nothing more, by the reason.
    pub(crate) fn passed_over(&self) -> impl Iterator<Item = (PassedOver, u64)> {
        PassedOver::ALL.into_iter().zip(self.passed_over)
    }
}

/// What a stage produced in one step.
#[derive(Default)]
pub(crate) struct Sink {
    /// Records to be written, in order.
    pub(crate) out: Vec<Outgoing>,
    /// Of the record at hand: 1 where it was passed on or taken into the state for the first time.
    pub(crate) kept: u64,
    /// Records that could not be used.
    pub(crate) dead: Vec<telemetry::DeadLettered>,
    /// Keys and values of the records that were read, in bytes.
    pub(crate) bytes: u64,
    /// The first error after which nothing more of this step counts.
    pub(crate) failed: Option<StageError>,
    books: [Book; Topic::ALL.len()],
}

impl Sink {
    /// Writes a record.
    pub(crate) fn send(&mut self, record: Outgoing) {
        self.out.push(record);
    }

    /// `count` records of `topic` were read for the first time.
    pub(crate) fn read(&mut self, topic: Topic, count: u64) {
        self.books[topic as usize].read += count;
    }

    /// `count` records of `topic` were passed on or taken into the state.
    pub(crate) fn keep(&mut self, topic: Topic, count: u64) {
        self.books[topic as usize].kept += count;
    }

    /// `count` records of `topic` needed nothing more, for `reason`.
    pub(crate) fn pass_over(&mut self, topic: Topic, reason: PassedOver, count: u64) {
        self.books[topic as usize].passed_over[reason as usize] += count;
    }

    /// Books what its stage said of the record at hand, which is of `topic`.
    pub(crate) fn book(&mut self, topic: Topic) {
        let kept = std::mem::take(&mut self.kept);
        self.keep(topic, kept);
    }

    /// The books of the topics of which something was read.
    pub(crate) fn books(&self) -> impl Iterator<Item = (Topic, &Book)> {
        let all = Topic::ALL.into_iter().zip(&self.books);
        all.filter(|(_, book)| **book != Book::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_topic_and_each_reason_has_its_place_in_the_books() {
        for (at, topic) in Topic::ALL.into_iter().enumerate() {
            assert_eq!(topic as usize, at, "{}", topic.name());
        }
        for (at, reason) in PassedOver::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, at, "{}", reason.as_str());
        }
    }

    #[test]
    fn what_was_said_of_a_record_is_booked_under_its_topic_once() {
        let mut sink = Sink {
            kept: 1,
            ..Sink::default()
        };
        sink.book(Topic::Grants);
        let reason = PassedOver::from(Ordinary::StandingDuty);
        sink.pass_over(Topic::AccessEvents, reason, 1);
        sink.book(Topic::AccessEvents);
        sink.book(Topic::Accounts);
        let books: Vec<(Topic, Book)> = sink.books().map(|(topic, book)| (topic, *book)).collect();
        assert_eq!(books.len(), 2, "{books:?}");
        assert_eq!((books[0].0, books[0].1.kept), (Topic::AccessEvents, 0));
        let reasons = books[0].1.passed_over().filter(|(_, count)| *count > 0);
        assert_eq!(reasons.collect::<Vec<_>>(), [(reason, 1)]);
        assert_eq!((books[1].0, books[1].1.kept), (Topic::Grants, 1));
    }
}
