//! What a record that contradicts itself may mean: one reading for each of its statements.

use facts::{Access, BreachEvent, Grant, Matching, Private, Report, Variants};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::{BTreeMap, BTreeSet};

/// A record whose silence another statement of it can fill.
pub(crate) trait Statement: Ord + Clone + Serialize + DeserializeOwned {
    /// Takes from `known` what this statement leaves out.
    fn fill(&mut self, known: &Self);
}

/// What the statements of one id come to.
#[derive(Debug, Clone)]
pub(crate) struct Readings<T> {
    /// The record with every member that is known; see [`facts::Merged::record`].
    pub(crate) merged: T,
    /// Paths of the members that contradict each other.
    pub(crate) disputed: Vec<String>,
    /// Where something is disputed, each statement with its silence filled.
    filled: Vec<T>,
}

impl<T: Statement> Readings<T> {
    /// The readings of `variants`; `None` where nothing was stated.
    pub(crate) fn of(variants: &Variants<T>) -> Option<Readings<T>> {
        let merged = variants.merged()?;
        let filled = if merged.disputed.is_empty() {
            Vec::new()
        } else {
            let filled = variants.iter().map(|statement| {
                let mut statement = statement.clone();
                statement.fill(&merged.record);
                statement
            });
            filled.collect::<BTreeSet<T>>().into_iter().collect()
        };
        Some(Readings {
            merged: merged.record,
            disputed: merged.disputed,
            filled,
        })
    }

    /// The merged record where nothing is disputed, else each statement with its silence filled.
    pub(crate) fn all(&self) -> &[T] {
        if self.filled.is_empty() {
            std::slice::from_ref(&self.merged)
        } else {
            &self.filled
        }
    }

    /// Whether the member at `path` is disputed, or one below or above it.
    pub(crate) fn is_disputed(&self, path: &str) -> bool {
        let begins = |long: &str, short: &str| {
            long.strip_prefix(short)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.disputed
            .iter()
            .any(|one| begins(one, path) || begins(path, one))
    }
}

macro_rules! fill {
    ($to:ident from $known:ident: $($member:ident),+ $(,)?) => {
        $(if $to.$member.is_none() {
            $to.$member.clone_from(&$known.$member);
        })+
    };
}

impl Statement for Access {
    fn fill(&mut self, known: &Access) {
        fill!(self from known: until, actor, actor_kind, actor_account, outcome, resource, device,
              session, source_address, credential, client, encrypted, key, visibility, basis);
        if let (Some(basis), Some(known)) = (&mut self.basis, &known.basis) {
            fill!(basis from known: reference);
        }
    }
}

impl Statement for Grant {
    fn fill(&mut self, known: &Grant) {
        fill!(self from known: recorded_at, from, until, revoked_at, actors, accounts, resources,
              reference, of);
    }
}

impl Statement for BreachEvent {
    fn fill(&mut self, known: &BreachEvent) {
        match (&mut self.report, &known.report) {
            (Report::Indicator(one), Report::Indicator(known)) => {
                fill_matching(&mut one.matching, &known.matching);
            }
            (Report::Judgement(one), Report::Judgement(known)) => {
                fill!(one from known: authority, ground);
                fill_matching(&mut one.matching, &known.matching);
            }
            (Report::Retraction(one), Report::Retraction(known)) => {
                fill!(one from known: topic);
            }
            _ => {}
        }
    }
}

fn fill_matching(one: &mut Matching, known: &Matching) {
    fill!(one from known: from, until, actors, accounts, sessions, source_networks, credentials,
          devices, clients);
}

/// The readings of the statements of one access that differ in actor or account, apart; `None`
/// where none do. A statement that is silent about the actor goes with each that names one for the
/// same account.
pub(crate) fn apart(
    statements: &Variants<Access>,
    whole: &Readings<Access>,
) -> Option<Vec<Readings<Access>>> {
    if !whole.is_disputed("actor") && !whole.is_disputed("account") {
        return None;
    }
    let mut parts: BTreeMap<(Private, Option<Private>), Variants<Access>> = BTreeMap::new();
    let mut silent = Vec::new();
    for statement in statements.iter() {
        let mut statement = statement.clone();
        if statement.actor.is_none() {
            statement.actor.clone_from(&whole.merged.actor);
        }
        if statement.actor.is_none() {
            silent.push(statement);
            continue;
        }
        let names = (statement.account.clone(), statement.actor.clone());
        parts.entry(names).or_default().insert(statement);
    }
    for statement in silent {
        let mut alone = true;
        for ((account, actor), part) in &mut parts {
            if *account == statement.account && actor.is_some() {
                part.insert(statement.clone());
                alone = false;
            }
        }
        if alone {
            let names = (statement.account.clone(), None);
            parts.entry(names).or_default().insert(statement);
        }
    }
    Some(parts.values().filter_map(Readings::of).collect())
}
