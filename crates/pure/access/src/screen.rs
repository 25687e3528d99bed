//! The hot path: which accesses are passed on, and which are plainly an account's own ordinary use.

use crate::grants::{Fit, GrantReading};
use crate::index::PatternIndex;
use crate::pattern::Pattern;
use crate::{PurposeSet, Records, Selector, SelectorKind, Settings, Terms};
use facts::{AccessView, Action, ActorKind, Information, Moment, Private, Purpose};
use rustc_hash::FxHashMap;

/// Why an access is plainly ordinary use, which nothing that is looked for matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordinary {
    /// By the account's own user, signed in to it.
    OwnUse,
    /// By a customer of whom nobody stated the account that they were signed in to: read as its own
    /// user's, where the configuration does not say that sources always state it.
    AccountNotStated,
    /// By a service whose standing duty covers it, and every bound order accepts that.
    StandingDuty,
}

/// Decides for every access whether it is passed on.
///
/// Compiled from [`Records`] and from what the bound orders accept; out of date when
/// [`crate::Changes::screen`] says so. It passes over only what [`crate::judge`] finds authorised
/// under every bound order on the same records: an own account's own user, and a service whose
/// standing duty covers the access, unless something that is looked for matches it.
#[derive(Debug, Clone)]
pub struct Screen {
    always_stated: bool,
    selectors: Vec<Selector>,
    /// The patterns of each selector, by its place.
    patterns: Vec<Vec<Pattern>>,
    index: PatternIndex<Place>,
    is_looking: bool,
    earliest: Moment,
    latest: Option<Moment>,
    duties: Vec<GrantReading>,
    duties_of: FxHashMap<Private, Vec<usize>>,
    /// By class of information and act: whether every bound order is content with a service's duty.
    duty_suffices: Vec<bool>,
}

/// A pattern, by its selector and its place in it.
type Place = (usize, usize);

impl Screen {
    /// Compiles what is on record for the orders that bind.
    pub fn new(records: &Records, bound: &[Terms], settings: &Settings) -> Screen {
        let selectors = records.selectors();
        let patterns = selectors
            .iter()
            .map(|one| one.variants.iter().map(Pattern::new).collect())
            .collect();
        let mut screen = Screen {
            always_stated: settings.always_stated,
            selectors,
            patterns,
            index: PatternIndex::default(),
            is_looking: false,
            earliest: Moment::MAX,
            latest: Some(Moment::MIN),
            duties: records.plain_duties().cloned().collect(),
            duties_of: FxHashMap::default(),
            duty_suffices: duty_suffices(bound),
        };
        screen.index_selectors();
        for (place, duty) in screen.duties.iter().enumerate() {
            for actor in &duty.actors {
                screen
                    .duties_of
                    .entry(actor.clone())
                    .or_default()
                    .push(place);
            }
        }
        screen
    }

    fn index_selectors(&mut self) {
        for (selector, patterns) in self.patterns.iter().enumerate() {
            // A service without a duty is passed on anyway; searching for what one had left out is
            // the business of the past.
            if self.selectors[selector].kind == SelectorKind::RevokedDuty {
                continue;
            }
            for (variant, pattern) in patterns.iter().enumerate() {
                let place = (selector, variant);
                self.earliest = self.earliest.min(pattern.span.from);
                self.latest = self.latest.zip(pattern.span.until).map(|(a, b)| a.max(b));
                self.is_looking = true;
                self.index.insert(pattern, place);
            }
        }
    }

    /// Why `access` is plainly ordinary use, so that it is passed over; `None`: it is passed on.
    /// Allocates nothing.
    pub fn ordinary(&self, access: &AccessView<'_>) -> Option<Ordinary> {
        let ordinary = match access.actor_kind {
            Some(ActorKind::Customer) => match access.actor_account {
                Some(own) => (own == access.account).then_some(Ordinary::OwnUse),
                None => (!self.always_stated).then_some(Ordinary::AccountNotStated),
            },
            Some(ActorKind::Service) => {
                let class = class(access.information, access.action);
                let suffices = self.duty_suffices.get(class).is_some_and(|it| *it);
                (suffices && self.duty_covers(access)).then_some(Ordinary::StandingDuty)
            }
            _ => None,
        };
        ordinary.filter(|_| !self.is_looked_for(access))
    }

    /// Whether `access` is passed on. Allocates nothing.
    pub fn passes_on(&self, access: &AccessView<'_>) -> bool {
        self.ordinary(access).is_none()
    }

    /// What is looked for, in the order of the digests.
    pub fn selectors(&self) -> &[Selector] {
        &self.selectors
    }

    /// Whether the selector at `place` in [`Screen::selectors`] finds `access`. One that searches
    /// again for what a standing duty had covered finds what no standing duty covers now.
    pub fn matches_selector(&self, place: usize, access: &AccessView<'_>) -> bool {
        let (Some(selector), Some(patterns)) =
            (self.selectors.get(place), self.patterns.get(place))
        else {
            return false;
        };
        patterns.iter().any(|pattern| pattern.matches(access))
            && (selector.kind != SelectorKind::RevokedDuty || !self.duty_covers(access))
    }

    /// Whether some indicator or judgement matches.
    fn is_looked_for(&self, access: &AccessView<'_>) -> bool {
        let last = access.until.unwrap_or(access.at).max(access.at);
        let is_past = self.latest.is_some_and(|latest| latest <= access.at);
        if !self.is_looking || is_past || last < self.earliest {
            return false;
        }
        self.index.any(access, |(selector, variant)| {
            self.patterns[selector][variant].matches(access)
        })
    }

    fn duty_covers(&self, access: &AccessView<'_>) -> bool {
        let places = access.actor.and_then(|actor| self.duties_of.get(actor));
        places.is_some_and(|places| {
            places
                .iter()
                .any(|place| self.duties[*place].fit(access) == Fit::Covers)
        })
    }
}

fn class(information: Information, action: Action) -> usize {
    information as usize * Action::ALL.len() + action as usize
}

/// For each class of information and act, whether every bound order accepts the duty of a service
/// and asks for nothing besides. What is shared is always passed on: to whom is not on record.
fn duty_suffices(bound: &[Terms]) -> Vec<bool> {
    let mut table = vec![false; Information::ALL.len() * Action::ALL.len()];
    let duty = PurposeSet::from_iter([Purpose::Duty]);
    for information in Information::ALL {
        for action in Action::ALL {
            table[class(*information, *action)] = *action != Action::Share
                && bound.iter().all(|terms| {
                    let accepted =
                        terms.accepted_of(Some(ActorKind::Service), *information, *action);
                    accepted.purposes.meets(duty) && !accepted.attestation && !accepted.training
                });
        }
    }
    table
}
