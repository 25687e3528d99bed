//! What several incidents would come to if they were one instance.
//!
//! Whether what one actor did and what another did are one instance is reserved to counsel, so each
//! is an incident of its own, and small ones stay below a number that they reach together. Which
//! ones are tried follows from the facts alone: those of actors by themselves whose accesses began
//! in the same three months, the greatest first. Three months begin with every month, so that no
//! two are kept apart by the end of one; each incident stands in three such places, and what it
//! costs to look does not grow with how many there are.

use crate::determination::{Answer, Near, Undigested};
use crate::near::as_one_instance;
use crate::settings::Settings;
use facts::Interval;
use incident::{Fold, Incident};
use orders::{Condition, ConditionKind, CountRule, Duty, Order};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// How many incidents are tried together.
const TOGETHER_MAX: usize = 8;
/// From how many accounts on an incident stands for itself, and costs too much to count again.
const ACCOUNTS_MAX: u64 = 10_000;

/// An incident with its determinations.
pub type Decided = (Incident, Vec<Undigested>);

/// How many months lie in a place. One begins with every month.
const MONTHS: i32 = 3;

/// Where incidents may be one instance: an order, a duty of it, three months.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    order: String,
    duty: String,
    /// The first of the months, counted from the year 0.
    from: i32,
}

/// An incident that may be a part of something greater.
#[derive(Debug, Clone, Default)]
struct Member {
    groups: Vec<String>,
    /// At least how many stand in it, by place, and what it comes to by itself.
    places: BTreeMap<Place, (u64, Answer)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    incidents: BTreeSet<String>,
    near: Near,
}

/// What is known of incidents that may be one instance; see the module.
#[derive(Debug, Clone, Default)]
pub struct Instances {
    members: BTreeMap<String, Member>,
    places: BTreeMap<Place, BTreeSet<(Reverse<u64>, String)>>,
    found: BTreeMap<Place, Vec<Found>>,
    /// Places where something changed and nobody looked since.
    touched: BTreeSet<Place>,
}

impl Instances {
    /// Takes in incidents that changed, with what they come to, and those that are `gone`, and says
    /// nothing yet: for whoever goes through many in pieces, and tells of none before it knows all.
    pub fn note<'a>(
        &mut self,
        orders: impl Iterator<Item = &'a Order>,
        decided: &[Decided],
        gone: &[String],
    ) {
        let orders: BTreeMap<&str, &Order> =
            orders.map(|order| (order.slug.as_str(), order)).collect();
        for id in gone.iter().chain(decided.iter().map(|(one, _)| &one.id)) {
            self.take(id);
        }
        for (incident, determinations) in decided {
            self.put(&orders, incident, determinations);
        }
    }

    /// Whether something may be said of the incident `id` that depends on others.
    pub fn depends_on_others(&self, id: &str) -> bool {
        self.members.contains_key(id)
    }

    /// Takes in incidents that changed, with what they come to, and those that are `gone`. Adds to
    /// `decided` what would be if they and others were one instance, and the incidents of which
    /// something else is to be said by that, decided anew by `decide`.
    pub fn settle<'a>(
        &mut self,
        orders: impl Iterator<Item = &'a Order> + Clone,
        fold: &Fold,
        settings: &Settings,
        decided: &mut Vec<Decided>,
        gone: &[String],
        decide: &dyn Fn(&Incident) -> Vec<Undigested>,
    ) {
        self.note(orders.clone(), decided, gone);
        let orders: BTreeMap<&str, &Order> =
            orders.map(|order| (order.slug.as_str(), order)).collect();
        let mut again = BTreeSet::new();
        for place in std::mem::take(&mut self.touched) {
            let before = self.found.remove(&place).unwrap_or_default();
            let now = self.look(&place, &orders, fold, settings);
            if before != now {
                let both = before.iter().chain(&now);
                again.extend(both.flat_map(|one| one.incidents.iter().cloned()));
            }
            if !now.is_empty() {
                self.found.insert(place, now);
            }
        }
        for (incident, _) in decided.iter() {
            again.remove(&incident.id);
        }
        for id in again {
            let group = self.members.get(&id).and_then(|one| one.groups.first());
            if let Some(incident) = group.and_then(|group| fold.incident_of(group)) {
                let determinations = decide(&incident);
                decided.push((incident, determinations));
            }
        }
        decided.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        for (incident, determinations) in decided.iter_mut() {
            for one in determinations {
                self.complete(incident, one);
            }
        }
    }

    /// Forgets an incident.
    fn take(&mut self, id: &str) {
        let member = self.members.remove(id).unwrap_or_default();
        for (place, (many, _)) in &member.places {
            if let Some(here) = self.places.get_mut(place) {
                here.remove(&(Reverse(*many), id.to_owned()));
                if here.is_empty() {
                    self.places.remove(place);
                }
            }
        }
        self.touched.extend(member.places.into_keys());
    }

    /// Notes an incident.
    fn put(
        &mut self,
        orders: &BTreeMap<&str, &Order>,
        incident: &Incident,
        determinations: &[Undigested],
    ) {
        let of_actors = |group: &String| group.starts_with("actor:");
        if !incident.groups.iter().all(of_actors) || !incident.times.is_empty() {
            return;
        }
        let mut member = Member {
            groups: incident.groups.clone(),
            ..Member::default()
        };
        for one in determinations {
            let Some(many) = at_least(orders, one).filter(|many| *many > 0) else {
                continue;
            };
            for place in places(incident, one) {
                let here = self.places.entry(place.clone()).or_default();
                here.insert((Reverse(many), incident.id.clone()));
                member.places.insert(place, (many, one.answer));
            }
        }
        if !member.places.is_empty() {
            self.touched.extend(member.places.keys().cloned());
            self.members.insert(incident.id.clone(), member);
        }
    }

    /// Which of those at `place` would be owed together: as few of the greatest as may come to the
    /// number, and all that are tried, so that each of them says what all come to.
    fn look(
        &self,
        place: &Place,
        orders: &BTreeMap<&str, &Order>,
        fold: &Fold,
        settings: &Settings,
    ) -> Vec<Found> {
        let Some(order) = orders.get(place.order.as_str()) else {
            return Vec::new();
        };
        let rule = order.duty(&place.duty).and_then(aggregated);
        let Some((rule, here)) = rule.zip(self.places.get(place)) else {
            return Vec::new();
        };
        let here = here.iter().take(TOGETHER_MAX);
        let here: Vec<(u64, &str)> = here.map(|(many, id)| (many.0, id.as_str())).collect();
        let mut sum = 0_u64;
        let enough = here.iter().position(|(many, _)| {
            sum = sum.saturating_add(*many);
            sum >= rule.at_least
        });
        let Some(enough) = enough else {
            return Vec::new();
        };
        let few = enough.saturating_add(1).max(2).min(here.len());
        let sizes = BTreeSet::from([few, here.len()]);
        let found = sizes.into_iter().filter_map(|size| {
            let of: Vec<&str> = here.iter().take(size).map(|(_, id)| *id).collect();
            let members = of.iter().filter_map(|id| self.members.get(*id));
            let (mut groups, mut alone) = (BTreeSet::new(), BTreeSet::new());
            for member in members {
                groups.extend(member.groups.iter().cloned());
                alone.extend(member.places.get(place).map(|(_, answer)| *answer));
            }
            let joined = fold.as_one(groups);
            let near = as_one_instance(order, &place.duty, &joined, &of, &alone, settings)?;
            let incidents = of.into_iter().map(str::to_owned).collect();
            Some(Found { incidents, near })
        });
        found.collect()
    }

    /// Adds what would be if it were one instance with others.
    fn complete(&self, incident: &Incident, one: &mut Undigested) {
        let found = places(incident, one).filter_map(|place| self.found.get(&place));
        let of_it = |found: &&Found| found.incidents.contains(&incident.id);
        let near = found.flatten().filter(of_it);
        let near: Vec<Near> = near.map(|found| found.near.clone()).collect();
        one.near.extend(near);
        // The same ones may stand together in several places.
        one.near.sort();
        one.near.dedup();
    }
}

/// Where an incident stands that began in some month: wherever that is one of the months.
fn places(incident: &Incident, one: &Undigested) -> impl Iterator<Item = Place> {
    let zone = jiff::tz::TimeZone::UTC;
    let began = incident.first.map(|first| first.date_in(&zone));
    let of = began.zip(one.duty.clone()).into_iter();
    let order = one.order.clone();
    of.flat_map(move |(began, duty)| {
        let month = i32::from(began.year()) * 12 + i32::from(began.month());
        let order = order.clone();
        (0..MONTHS).map(move |back| Place {
            order: order.clone(),
            duty: duty.clone(),
            from: month - back,
        })
    })
}

/// At least how many stand in an incident that is not owed, of what its duty counts together where
/// counsel reads several as one instance.
fn at_least(orders: &BTreeMap<&str, &Order>, one: &Undigested) -> Option<u64> {
    let duty = orders.get(one.order.as_str())?.duty(one.duty.as_deref()?)?;
    let rule = aggregated(duty).filter(|_| one.answer != Answer::Owed && duty.of.is_none())?;
    let small = |count: &Interval| count.at_most.is_some_and(|most| most <= ACCOUNTS_MAX);
    one.counts.get("accounts").filter(|count| small(count))?;
    Some(one.counts.get(rule.unit.as_str())?.at_least)
}

/// The count of a duty of which it is for counsel what adds up.
fn aggregated(duty: &Duty) -> Option<&CountRule> {
    let mut open: Vec<&Condition> = vec![&duty.when];
    while let Some(condition) = open.pop() {
        match &condition.kind {
            ConditionKind::All(parts) | ConditionKind::Any(parts) => open.extend(parts),
            ConditionKind::Count(rule) if rule.aggregation_question.is_some() => return Some(rule),
            _ => {}
        }
    }
    None
}
