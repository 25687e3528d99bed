//! The verdict on one access, under every order that binds.

use crate::evidence::{self, Evidence, NearMisses};
use crate::readings::{Readings, apart};
use crate::ruling::{Ruling, rule};
use crate::{PurposeSet, Records, Terms};
use facts::{
    Access, AccessView, ActorKind, Finding, Kleene, Moment, OrderVerdict, Private, Variants,
};
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// At most so many grants are named in a finding, the least ids first.
const GRANTS_NAMED_MAX: usize = 32;

/// What a deployment states about its sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Whether the sources always state `actor_account` of customers, so that its absence is not
    /// taken for the account's own user. Default: no, as the vocabulary has it.
    #[serde(default)]
    pub always_stated: bool,
}

/// An access that plainly failed: no finding, but an attempt that its incident counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Attempt {
    /// The group it belongs to, named as in [`Finding::group`].
    pub group: String,
    /// The access, by id.
    pub access: String,
    /// When it was tried.
    pub at: Moment,
    /// The account that it was aimed at.
    pub account: Private,
}

/// What comes of judging one access, for one group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Judged {
    /// Some bound order counts it or may count it.
    Finding(Box<Finding>),
    /// It reached nothing, but somebody tried.
    Attempt(Attempt),
}

impl Judged {
    /// The finding, if it is one.
    pub fn finding(&self) -> Option<&Finding> {
        match self {
            Judged::Finding(finding) => Some(finding),
            Judged::Attempt(_) => None,
        }
    }

    /// The group it belongs to, named as in [`Finding::group`].
    pub fn group(&self) -> &str {
        match self {
            Judged::Finding(finding) => &finding.group,
            Judged::Attempt(attempt) => &attempt.group,
        }
    }
}

/// Whether it is on record that `access` was refused or broke off: it reached nothing.
pub fn plainly_failed(access: &AccessView<'_>) -> bool {
    evidence::plainly_failed(access)
}

/// Judges the access that `statements` describe under every order of `bound`; one result for each
/// group that it belongs to, sorted. Nothing where it is authorised under all of them, and nothing
/// where the access itself was retracted.
///
/// With no order at all it is judged by what holds where a pack says nothing.
///
/// Statements that differ in actor or account are judged each on their own and never say more than
/// `unexplained`, `disputed`. Where others of their members differ, every reading is judged, and
/// what is known is what holds under all of them.
pub fn judge(
    statements: &Variants<Access>,
    records: &Records,
    bound: &[Terms],
    settings: &Settings,
) -> Vec<Judged> {
    let Some(readings) = Readings::of(statements) else {
        return Vec::new();
    };
    let standing = records.standing_of_access(&readings.merged.id);
    if standing == Kleene::No {
        return Vec::new();
    }
    let parts = apart(statements, &readings);
    let unsure = parts.is_some() || standing != Kleene::Yes;
    let mut judged = Vec::new();
    for part in parts.as_deref().unwrap_or(std::slice::from_ref(&readings)) {
        let case = Case {
            readings: part,
            disputed: &readings.disputed,
            unsure,
        };
        case.judge(records, bound, settings, &mut judged);
    }
    judged.sort();
    judged
}

/// One access by one actor on one account.
struct Case<'a> {
    readings: &'a Readings<Access>,
    /// What the statements of the access contradict each other about, all together.
    disputed: &'a [String],
    /// Whether it is disputed who reached whose information, or whether it happened.
    unsure: bool,
}

impl Case<'_> {
    fn judge(
        &self,
        records: &Records,
        bound: &[Terms],
        settings: &Settings,
        judged: &mut Vec<Judged>,
    ) {
        let gathered: Vec<(Evidence, OnceCell<NearMisses>)> = self
            .readings
            .all()
            .iter()
            .map(|access| (Evidence::gather(access, records, settings), OnceCell::new()))
            .collect();
        let unnamed = [Terms::default()];
        let bound = if bound.is_empty() { &unnamed } else { bound };
        let rulings = bound
            .iter()
            .map(|terms| (terms.order.as_str(), self.rule(terms, &gathered, records)));
        let rulings: Vec<(&str, Ruling)> = rulings.collect();
        let agree = rulings.windows(2).all(|two| two[0].1 == two[1].1);
        // Where they agree any one is the strictest, and none is named.
        let by_order: BTreeMap<&str, Ruling> = if agree {
            rulings.into_iter().take(1).collect()
        } else {
            rulings.into_iter().collect()
        };
        let strictest = by_order.values().copied().reduce(|a, b| {
            if (b.verdict, b.ground) > (a.verdict, a.ground) {
                b
            } else {
                a
            }
        });
        let Some(strictest) = strictest.filter(|one| !one.is_authorised()) else {
            return;
        };
        let about = About::of(&gathered, &self.readings.merged);
        if plainly_failed(&self.readings.merged.view()) {
            judged.extend(about.groups.into_iter().map(|group| self.attempt(group)));
            return;
        }
        let by_order = by_order
            .into_iter()
            .filter(|_| !agree)
            .map(|(order, ruling)| OrderVerdict {
                order: order.to_owned(),
                verdict: ruling.verdict,
                ground: ruling.ground,
                reason: ruling.reason,
            });
        let mut finding = Finding {
            group: String::new(),
            access: self.readings.merged.clone(),
            disputed: self.disputed.to_vec(),
            verdict: strictest.verdict,
            ground: strictest.ground,
            reason: strictest.reason,
            purposes: about.purposes.iter().collect(),
            grants: about.grants.into_iter().take(GRANTS_NAMED_MAX).collect(),
            late_grants: about.late.into_iter().take(GRANTS_NAMED_MAX).collect(),
            matched: about.matched.into_iter().collect(),
            rests_on_since: about.since,
            by_order: by_order.collect(),
            source: None,
        };
        for group in about.groups {
            finding.group = group;
            judged.push(Judged::Finding(Box::new(finding.clone())));
        }
    }

    /// What one order makes of it: what holds under every reading.
    fn rule(
        &self,
        terms: &Terms,
        gathered: &[(Evidence, OnceCell<NearMisses>)],
        records: &Records,
    ) -> Ruling {
        let rulings = self
            .readings
            .all()
            .iter()
            .zip(gathered)
            .map(|(access, (evidence, near))| {
                rule(evidence, terms.accepted(&access.view()), || {
                    near.get_or_init(|| NearMisses::of(access, records))
                })
            });
        let ruling = rulings
            .reduce(Ruling::whichever)
            .unwrap_or(Ruling::DISPUTED);
        if self.unsure && !ruling.is_authorised() {
            Ruling::DISPUTED
        } else {
            ruling
        }
    }

    fn attempt(&self, group: String) -> Judged {
        let access = &self.readings.merged;
        Judged::Attempt(Attempt {
            group,
            access: access.id.clone(),
            at: access.at,
            account: access.account.clone(),
        })
    }
}

/// What a finding says besides its verdict, over all readings.
#[derive(Default)]
struct About {
    groups: BTreeSet<String>,
    purposes: PurposeSet,
    grants: BTreeSet<String>,
    late: BTreeSet<String>,
    matched: BTreeSet<String>,
    since: Option<Moment>,
}

impl About {
    fn of(gathered: &[(Evidence, OnceCell<NearMisses>)], access: &Access) -> About {
        let mut about = About {
            purposes: PurposeSet::ALL,
            ..About::default()
        };
        for (evidence, near) in gathered {
            about.purposes = about.purposes.both(evidence.covering);
            about.grants.extend(evidence.grants.iter().cloned());
            about
                .grants
                .extend(near.get().into_iter().flat_map(|near| near.grants.clone()));
            about.late.extend(evidence.late.iter().cloned());
            about.matched.extend(evidence.matched.iter().cloned());
            about.groups.extend(
                evidence
                    .matters
                    .iter()
                    .map(|matter| format!("matter:{matter}")),
            );
            about.since = match (about.since, evidence.since) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        if about.groups.is_empty() {
            about.groups.insert(own_group(access));
        }
        about
    }
}

/// The group of an access that no indicator or judgement matched.
fn own_group(access: &Access) -> String {
    match (&access.actor_kind, &access.actor) {
        (Some(ActorKind::Customer), _) => "wrong-account".to_owned(),
        (_, Some(actor)) => format!("actor:{}", actor.reveal()),
        (_, None) => "unknown-actor".to_owned(),
    }
}
