//! What parts of a duty come to as things are, once it was asked: the same is asked again and again
//! with something supposed that bears on few of them.
//!
//! What a part looked at on its way is kept with its value: where something is supposed that it did
//! not look at, it comes to the same.

use crate::context::Suppose;
use crate::population::Part;
use facts::{Interval, Kleene};
use incident::Counts;
use orders::{Condition, CountRule, Population};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

/// Something of which another value may be supposed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Look {
    /// A fact that people may state, by name.
    Fact(String),
    /// A question reserved to counsel, by its id.
    Question(String),
    /// A part of a definition that does not surely hold of everything.
    Part(Part),
}

/// What is looked at while somebody wants to know it.
#[derive(Default)]
struct Watch {
    open: Cell<u32>,
    looked: RefCell<BTreeSet<Look>>,
}

/// What a part comes to, and by what.
struct Kept {
    value: Kleene,
    looked: BTreeSet<Look>,
}

/// A part of a duty that is asked again and again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// Whether the order binds.
    Force,
    /// Whether what is due again and again goes on.
    GoesOn,
    /// A condition without parts.
    Leaf(*const Condition),
}

/// See the module. A duty has few parts: they are found by going through them.
#[derive(Default)]
pub(crate) struct Known {
    parts: RefCell<Vec<(Of, Kept)>>,
    /// What all parts come to together, once each of them was asked.
    whole: Cell<Option<Kleene>>,
    counts: RefCell<Vec<(*const CountRule, Interval)>>,
    populations: RefCell<Vec<(*const Population, Counts)>>,
    watch: Rc<Watch>,
}

impl Known {
    /// Nothing as yet; what is looked at is told to the same.
    pub(crate) fn of_another_duty(&self) -> Known {
        Known {
            watch: self.watch.clone(),
            ..Known::default()
        }
    }

    /// Notes what is looked at.
    pub(crate) fn look(&self, at: impl FnOnce() -> Look) {
        if self.watch.open.get() > 0 {
            self.watch.looked.borrow_mut().insert(at());
        }
    }

    /// The value of a part, unless what is supposed may make another of it, or nobody asked as yet.
    pub(crate) fn value(&self, of: Of, suppose: &Suppose) -> Option<Kleene> {
        let parts = self.parts.borrow();
        let (_, part) = parts.iter().find(|(one, _)| *one == of)?;
        if suppose.changes(&part.looked) {
            return None;
        }
        if self.watch.open.get() > 0 {
            let mut looked = self.watch.looked.borrow_mut();
            looked.extend(part.looked.iter().cloned());
        }
        Some(part.value)
    }

    /// What all parts come to together, where what is supposed bears on none of them.
    pub(crate) fn whole(&self, suppose: &Suppose) -> Option<Kleene> {
        let parts = self.parts.borrow();
        let is_of_a_part = suppose.leaf.is_some() || suppose.in_force.is_some();
        let bears = is_of_a_part || parts.iter().any(|(_, one)| suppose.changes(&one.looked));
        self.whole.get().filter(|_| !bears)
    }

    /// Keeps what all parts come to together.
    pub(crate) fn keep_whole(&self, value: Kleene) {
        self.whole.set(Some(value));
    }

    /// Whether the value of a part was asked for.
    pub(crate) fn has(&self, of: Of) -> bool {
        self.parts.borrow().iter().any(|(one, _)| *one == of)
    }

    /// What `asked` gives, the value of a part as things are, and keeps that value.
    pub(crate) fn keep<T>(&self, of: Of, asked: impl FnOnce() -> (Kleene, T)) -> T {
        let before = self.watch.looked.take();
        self.watch.open.set(self.watch.open.get() + 1);
        let (value, given) = asked();
        self.watch.open.set(self.watch.open.get() - 1);
        let looked = self.watch.looked.replace(before);
        if self.watch.open.get() > 0 {
            let mut outer = self.watch.looked.borrow_mut();
            outer.extend(looked.iter().cloned());
        }
        if !self.has(of) {
            self.parts.borrow_mut().push((of, Kept { value, looked }));
        }
        given
    }

    /// A count as things are, once it was counted.
    pub(crate) fn count(&self, rule: &CountRule) -> Option<Interval> {
        let counts = self.counts.borrow();
        let mut counts = counts.iter();
        counts.find_map(|(of, count)| std::ptr::eq(*of, rule).then_some(*count))
    }

    /// All counts of a population as things are, once they were counted.
    pub(crate) fn counts(&self, population: &Population) -> Option<Counts> {
        let populations = self.populations.borrow();
        let mut populations = populations.iter();
        populations.find_map(|(of, counts)| std::ptr::eq(*of, population).then_some(*counts))
    }

    /// Keeps the counts of a population as things are.
    pub(crate) fn keep_counts(&self, population: &Population, counts: Counts) {
        if self.counts(population).is_none() {
            self.populations.borrow_mut().push((population, counts));
        }
    }

    /// Keeps a count as things are.
    pub(crate) fn keep_count(&self, rule: &CountRule, count: Interval) {
        if self.count(rule).is_none() {
            self.counts.borrow_mut().push((rule, count));
        }
    }
}
