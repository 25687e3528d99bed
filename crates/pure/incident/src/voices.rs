//! What records state of one and the same yes/no fact. Where some say yes and some no, or one says
//! both, that counts as unknown, and it is known which records it is.

use crate::Reported;
use facts::{Circumstance, Kleene, Report, YesNo};
use std::collections::BTreeSet;

/// What a record says of a yes/no fact, all its statements together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stance {
    /// That it is so.
    Yes,
    /// That it is not.
    No,
    /// The one and the other, or it contradicts itself about of what it says so.
    Both,
}

impl Stance {
    /// That of a record on a key, a circumstance or a violation; none where it says nothing.
    pub fn of(reported: &Reported) -> Option<Stance> {
        let is_disputed = |path: &str| reported.is_disputed(path);
        let matter = is_disputed("matter");
        match &reported.record.report {
            Report::Key(one) => {
                let place = matter || is_disputed("report.keys");
                stance(one.taken, is_disputed("report.taken"), place)
            }
            // A violation is stated, unless it says that it is none.
            Report::Noncompliance(one) => {
                let members = ["report.order", "report.provision"];
                let place = matter || members.into_iter().any(is_disputed);
                let value = one.violated.unwrap_or(YesNo::Yes);
                stance(Some(value), is_disputed("report.violated"), place)
            }
            // What is said of one thing or of another may take away or not, either way.
            Report::Circumstance(one) if matter || names_several(one, reported) => {
                Some(Stance::Both)
            }
            Report::Circumstance(one) => stance(one.value, is_disputed("report.value"), false),
            _ => None,
        }
    }
}

/// That of a record on `value`. Of what it says so is disputed (`place`): that it is so, it may be
/// of this, and that it is not, of something else.
fn stance(value: Option<YesNo>, is_disputed: bool, place: bool) -> Option<Stance> {
    match (value, is_disputed, place) {
        (_, true, _) | (Some(YesNo::Yes), _, true) => Some(Stance::Both),
        (Some(YesNo::Yes), ..) => Some(Stance::Yes),
        (Some(YesNo::No), _, false) => Some(Stance::No),
        (Some(YesNo::No), ..) | (None, ..) => None,
    }
}

/// Whether it contradicts itself about what it speaks of.
fn names_several(one: &Circumstance, reported: &Reported) -> bool {
    let members = ["name", "entity", "party", "order", "from", "until"].into_iter();
    let lists = one.matching.lists().into_iter().map(|(name, _)| name);
    let mut members = members.chain(lists);
    members.any(|name| reported.is_disputed(&format!("report.{name}")))
}

/// Which records say what of one and the same, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Voices<'a> {
    /// Those that say that it is so.
    pub yes: BTreeSet<&'a str>,
    /// Those that say that it is not.
    pub no: BTreeSet<&'a str>,
    /// Those that say the one and the other themselves.
    pub both: BTreeSet<&'a str>,
}

impl<'a> Voices<'a> {
    /// Hears the record `id`.
    pub fn hear(&mut self, id: &'a str, stance: Option<Stance>) {
        let side = match stance {
            Some(Stance::Yes) => &mut self.yes,
            Some(Stance::No) => &mut self.no,
            Some(Stance::Both) => &mut self.both,
            None => return,
        };
        side.insert(id);
    }

    /// Hears all that `other` has heard.
    pub fn join(&mut self, other: &Voices<'a>) {
        self.yes.extend(&other.yes);
        self.no.extend(&other.no);
        self.both.extend(&other.both);
    }

    /// What they say: unknown where one contradicts itself or another one.
    pub fn value(&self) -> Kleene {
        match (
            self.yes.is_empty(),
            self.no.is_empty(),
            self.both.is_empty(),
        ) {
            (false, true, true) => Kleene::Yes,
            (true, false, true) => Kleene::No,
            _ => Kleene::Unknown,
        }
    }

    /// Whether one contradicts itself or another one.
    pub fn is_disputed(&self) -> bool {
        !self.both.is_empty() || (!self.yes.is_empty() && !self.no.is_empty())
    }

    /// Whether `id` is one of several records that contradict each other.
    pub fn contradicts(&self, id: &str) -> bool {
        let several = !self.yes.is_empty() && !self.no.is_empty();
        several && (self.yes.contains(id) || self.no.contains(id))
    }

    /// All that were heard.
    pub fn records(&self) -> BTreeSet<&'a str> {
        let all = self.yes.iter().chain(&self.no).chain(&self.both);
        all.copied().collect()
    }

    /// Those that contradict themselves or each other; none where that is not so.
    pub fn disputing(&self) -> BTreeSet<String> {
        match self.is_disputed() {
            true => self.records().into_iter().map(str::to_owned).collect(),
            false => BTreeSet::new(),
        }
    }
}
