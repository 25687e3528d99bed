//! What parts of a duty come to as things are, once it was asked: the same is asked again and again
//! with something supposed that bears on few of them.
//!
//! What a part looked at on its way is kept with its value: where something is supposed of a fact
//! or a reading that it did not look at, it comes to the same.

use crate::context::Suppose;
use facts::{Interval, Kleene};
use orders::{Condition, CountRule};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Something of which another value may be supposed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Look {
    /// A fact that people may state, by name.
    Fact(String),
    /// A question reserved to counsel, by its id.
    Question(String),
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    /// Whether the order binds.
    Force,
    /// Whether what is due again and again goes on.
    GoesOn,
    /// A condition without parts.
    Leaf(*const Condition),
}

/// See the module.
#[derive(Default)]
pub(crate) struct Known {
    parts: RefCell<BTreeMap<Of, Kept>>,
    counts: RefCell<BTreeMap<*const CountRule, Interval>>,
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
        let part = parts.get(&of).filter(|one| !suppose.changes(&one.looked))?;
        if self.watch.open.get() > 0 {
            let mut looked = self.watch.looked.borrow_mut();
            looked.extend(part.looked.iter().cloned());
        }
        Some(part.value)
    }

    /// Whether the value of a part was asked for.
    pub(crate) fn has(&self, of: Of) -> bool {
        self.parts.borrow().contains_key(&of)
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
        self.parts.borrow_mut().insert(of, Kept { value, looked });
        given
    }

    /// A count as things are, once it was counted.
    pub(crate) fn count(&self, rule: &CountRule) -> Option<Interval> {
        let counts = self.counts.borrow();
        counts.get(&std::ptr::from_ref(rule)).copied()
    }

    /// Keeps a count as things are.
    pub(crate) fn keep_count(&self, rule: &CountRule, count: Interval) {
        let mut counts = self.counts.borrow_mut();
        counts.insert(std::ptr::from_ref(rule), count);
    }
}
