//! What is on record: breach events and grants, accumulated in any order.

use crate::Changes;
use crate::completeness::{Complete, Completeness};
use crate::grants::{GrantFact, GrantReading};
use crate::index::PatternIndex;
use crate::pattern::Pattern;
use crate::readings::Readings;
use crate::selector::Selector;
use crate::sought::{Sought, matching_of};
use crate::withdrawal::{ACCESS_EVENTS, BREACH_EVENTS, GRANTS, Withdrawals};
use facts::{
    AccessView, BreachEvent, Grant, GrantKind, Kleene, Moment, Private, Purpose, Report, Variants,
};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Everything on record that bears on whether an access was allowed.
///
/// The same records give the same state whatever their order, their number and their duplicates.
#[derive(Debug, Clone, Default)]
pub struct Records {
    events: BTreeMap<String, Variants<BreachEvent>>,
    withdrawals: Withdrawals,
    sought: Vec<Option<Sought>>,
    sought_places: BTreeMap<String, usize>,
    sought_index: PatternIndex<usize>,
    selectors: BTreeMap<String, Selector>,
    duties: BTreeMap<String, Selector>,
    stated: BTreeMap<String, Variants<Grant>>,
    places: BTreeMap<String, usize>,
    grants: Vec<GrantFact>,
    by_actor: FxHashMap<Private, ActorGrants>,
    completeness: Completeness,
}

/// The grants that name one actor, by their place among all. A place may stand here though
/// the grant, now better known, no longer covers what it is listed for.
#[derive(Debug, Clone, Default)]
pub(crate) struct ActorGrants {
    pub(crate) all: Vec<usize>,
    anywhere: Vec<usize>,
    by_account: FxHashMap<Private, Vec<usize>>,
}

impl Records {
    /// Nothing on record.
    pub fn new() -> Records {
        Records::default()
    }

    /// Takes in a breach event. What is no indicator, judgement or retraction is kept (another
    /// statement of its id may be one) and changes nothing.
    pub fn add_breach(&mut self, event: BreachEvent) -> Changes {
        let mut changes = Changes::default();
        let id = event.id.clone();
        let statements = self.events.entry(id.clone()).or_default();
        if !statements.insert(event) {
            return changes;
        }
        let Some(readings) = Readings::of(statements) else {
            return changes;
        };
        let touched = self.withdrawals.refresh(&readings);
        self.refresh_event(&id, &readings, &mut changes);
        for (topic, id) in touched {
            match topic.as_str() {
                BREACH_EVENTS => {
                    if let Some(readings) = self.events.get(&id).and_then(Readings::of) {
                        self.refresh_event(&id, &readings, &mut changes);
                    }
                }
                GRANTS => self.refresh_grant(&id, &mut changes),
                ACCESS_EVENTS => {
                    changes.accesses.insert(id);
                }
                _ => {}
            }
        }
        changes
    }

    /// Takes in a grant.
    pub fn add_grant(&mut self, grant: Grant) -> Changes {
        let mut changes = Changes::default();
        let id = grant.id.clone();
        if self.stated.entry(id.clone()).or_default().insert(grant) {
            self.refresh_grant(&id, &mut changes);
        }
        changes
    }

    /// What the breach events of this id may have changed, whichever of them came last and whatever
    /// was on record then: what [`Records::add_breach`] said of each, or more. For whoever judged
    /// before some of them came, and does not know which.
    pub fn may_have_changed_by_breach(&self, id: &str) -> Changes {
        let mut changes = Changes::default();
        for event in self.events.get(id).into_iter().flat_map(Variants::iter) {
            if matches!(event.report, Report::Retraction(_)) {
                changes.before = Some(Moment::MAX);
            }
            // By itself it looks for no less than beside others, which say more of what is meant.
            let matching = matching_of(&event.report);
            changes.patterns.extend(matching.map(Pattern::new));
        }
        changes
    }

    /// The same of the grants of this id.
    pub fn may_have_changed_by_grant(&self, id: &str) -> Changes {
        let mut changes = Changes::default();
        for grant in self.stated.get(id).into_iter().flat_map(Variants::iter) {
            if grant.kind == GrantKind::Complete {
                changes.before = Some(Moment::MAX);
            }
            changes
                .actors
                .extend(grant.actors.iter().flatten().cloned());
        }
        changes
    }

    fn refresh_event(&mut self, id: &str, readings: &Readings<BreachEvent>, changes: &mut Changes) {
        let standing = self.withdrawals.standing(BREACH_EVENTS, id);
        let new = Sought::of(readings, standing);
        let selector = self
            .events
            .get(id)
            .and_then(|all| Selector::of_event(all, standing));
        replace(&mut self.selectors, id, selector, changes);
        let known = self.sought_places.get(id).copied();
        if known.is_none() && new.is_none() {
            return;
        }
        let place = known.unwrap_or(self.sought.len());
        if known.is_none() {
            self.sought_places.insert(id.to_owned(), place);
            self.sought.push(None);
        }
        for pattern in new.iter().flat_map(Sought::patterns) {
            self.sought_index.insert(pattern, place);
        }
        let old = std::mem::replace(&mut self.sought[place], new);
        for one in [old.as_ref(), self.sought[place].as_ref()]
            .into_iter()
            .flatten()
        {
            changes.patterns.extend(one.patterns().iter().cloned());
        }
    }

    fn refresh_grant(&mut self, id: &str, changes: &mut Changes) {
        let Some(statements) = self.stated.get(id) else {
            return;
        };
        let Some(readings) = Readings::of(statements) else {
            return;
        };
        let fact = GrantFact::new(&readings, self.withdrawals.standing(GRANTS, id));
        changes.actors.extend(
            statements
                .iter()
                .flat_map(|one| one.actors.iter().flatten())
                .cloned(),
        );
        if statements.iter().any(|one| one.kind == GrantKind::Duty) {
            changes.screen = true;
            let above = self.withdrawals.above(GRANTS, id);
            let above: Vec<_> = above
                .iter()
                .filter_map(|id| self.events.get(id))
                .flat_map(Variants::iter)
                .collect();
            let selector = Selector::of_duty(statements, fact.standing, &above);
            replace(&mut self.duties, id, selector, changes);
        }
        self.refresh_complete(&fact, &readings, changes);
        let place = *self
            .places
            .entry(id.to_owned())
            .or_insert(self.grants.len());
        self.index(place, &readings);
        match self.grants.get_mut(place) {
            Some(old) => *old = fact,
            None => self.grants.push(fact),
        }
    }

    fn refresh_complete(
        &mut self,
        fact: &GrantFact,
        readings: &Readings<Grant>,
        changes: &mut Changes,
    ) {
        let merged = &readings.merged;
        let clear = merged.kind == GrantKind::Complete
            && ["kind", "of", "until", "recorded_at"]
                .iter()
                .all(|one| !readings.is_disputed(one))
            && fact.standing.is_yes();
        let new = merged
            .until
            .zip(merged.of.as_ref())
            .filter(|_| clear)
            .map(|(until, of)| {
                let declared_at = merged.recorded_at.unwrap_or(until);
                Complete {
                    of: of.iter().copied().collect(),
                    until,
                    declared_at,
                }
            });
        let before = self.completeness.replace(&fact.id, new);
        changes.before = changes.before.max(before);
    }

    fn index(&mut self, place: usize, readings: &Readings<Grant>) {
        for grant in readings.all() {
            let actors = grant.actors.iter().flatten();
            for actor in actors.filter(|_| grant.kind != GrantKind::Complete) {
                let of_actor = self.by_actor.entry(actor.clone()).or_default();
                insert_sorted(&mut of_actor.all, place);
                let accounts = grant.accounts.as_deref().unwrap_or_default();
                if accounts.is_empty() {
                    insert_sorted(&mut of_actor.anywhere, place);
                }
                for account in accounts {
                    insert_sorted(
                        of_actor.by_account.entry(account.clone()).or_default(),
                        place,
                    );
                }
            }
        }
    }

    /// Everything that is looked for, each search once, in the order of their digests.
    pub fn selectors(&self) -> Vec<Selector> {
        let mut by_digest: BTreeMap<&str, Selector> = BTreeMap::new();
        for selector in self.selectors.values().chain(self.duties.values()) {
            by_digest
                .entry(&selector.digest)
                .and_modify(|same| same.withdrawn &= selector.withdrawn)
                .or_insert_with(|| selector.clone());
        }
        by_digest.into_values().collect()
    }

    /// Up to when the source has said that every grant of `purpose` is on record.
    pub fn complete_until(&self, purpose: Purpose) -> Option<Moment> {
        self.completeness.until(purpose)
    }

    /// The declarations of completeness that stand.
    pub(crate) fn completeness(&self) -> &Completeness {
        &self.completeness
    }

    /// Hands the indicators and judgements that may match `access` to `look`, some perhaps twice.
    pub(crate) fn sought_for<'a>(
        &'a self,
        access: &AccessView<'_>,
        mut look: impl FnMut(&'a Sought),
    ) {
        self.sought_index.any(access, |place| {
            if let Some(Some(sought)) = self.sought.get(place) {
                look(sought);
            }
            false
        });
    }

    /// Whether the access of this id was not taken back.
    pub(crate) fn standing_of_access(&self, id: &str) -> Kleene {
        self.withdrawals.standing(ACCESS_EVENTS, id)
    }

    /// The grants that name `actor`.
    pub(crate) fn grants_of(&self, actor: &str) -> impl Iterator<Item = &GrantFact> {
        let places = self
            .by_actor
            .get(actor)
            .map(|one| one.all.as_slice())
            .unwrap_or_default();
        places.iter().filter_map(|place| self.grants.get(*place))
    }

    /// The grants that name `actor` and may be about `account`.
    pub(crate) fn grants_about(&self, actor: &str, account: &str) -> Vec<&GrantFact> {
        let Some(of_actor) = self.by_actor.get(actor) else {
            return Vec::new();
        };
        let named = of_actor
            .by_account
            .get(account)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let places: BTreeSet<usize> = named.iter().chain(&of_actor.anywhere).copied().collect();
        places
            .into_iter()
            .filter_map(|place| self.grants.get(place))
            .collect()
    }

    /// The standing duties that nothing on record disputes or took back.
    pub(crate) fn plain_duties(&self) -> impl Iterator<Item = &GrantReading> {
        self.grants.iter().filter_map(GrantFact::plain_duty)
    }
}

/// Replaces the selector of one record; a changed one makes the screen out of date.
fn replace(
    all: &mut BTreeMap<String, Selector>,
    id: &str,
    new: Option<Selector>,
    changes: &mut Changes,
) {
    let old = match &new {
        Some(new) => all.insert(id.to_owned(), new.clone()),
        None => all.remove(id),
    };
    if old != new {
        changes.screen = true;
        let digest_of = |one: &Option<Selector>| one.as_ref().map(|one| one.digest.clone());
        let (old, new) = (digest_of(&old), digest_of(&new));
        if old != new {
            changes.selectors.extend(new);
        }
    }
}

fn insert_sorted(places: &mut Vec<usize>, place: usize) {
    if let Err(at) = places.binary_search(&place) {
        places.insert(at, place);
    }
}
