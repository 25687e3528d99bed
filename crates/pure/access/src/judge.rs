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
    judge_and_excuse(statements, records, bound, settings).0
}

/// [`judge`], and what the access would be without grants that were recorded after the record had
/// been declared complete, where that is something else: for each such grant that covers it, and
/// for all of them together, one finding for each group, sorted. [`Finding::late_grants`] are then
/// those that it is without; of more than can be named, the first [`Finding::LATE_GRANTS_MAX`].
/// Such a finding counts nowhere; it says what a late grant took away.
///
/// It is a function of what is on record, so it does not matter which came first. A standing duty
/// excuses nothing here: what it covers, nobody may have passed on to be judged.
pub fn judge_and_excuse(
    statements: &Variants<Access>,
    records: &Records,
    bound: &[Terms],
    settings: &Settings,
) -> (Vec<Judged>, Vec<Finding>) {
    let (mut judged, mut excused) = (Vec::new(), Vec::new());
    let Some(readings) = Readings::of(statements) else {
        return (judged, excused);
    };
    let standing = records.standing_of_access(&readings.merged.id);
    if standing == Kleene::No {
        return (judged, excused);
    }
    let parts = apart(statements, &readings);
    let unsure = parts.is_some() || standing != Kleene::Yes;
    let unnamed = [Terms::default()];
    let bound = if bound.is_empty() { &unnamed } else { bound };
    for part in parts.as_deref().unwrap_or(std::slice::from_ref(&readings)) {
        let case = Case {
            readings: part,
            disputed: &readings.disputed,
            unsure,
            records,
            bound,
            settings,
        };
        let ruled = case.rule_all(&BTreeSet::new());
        excused.extend(case.excused(&ruled));
        judged.extend(case.judged(ruled));
    }
    judged.sort();
    excused.sort();
    (judged, excused)
}

/// What is on record about one reading, and what nearly covers it, once that is asked for.
type Gathered = (Evidence, OnceCell<NearMisses>);

/// What every order makes of an access, and by what.
struct Ruled<'a> {
    gathered: Vec<Gathered>,
    rulings: Vec<(&'a str, Ruling)>,
}

/// One access by one actor on one account.
struct Case<'a> {
    readings: &'a Readings<Access>,
    /// What the statements of the access contradict each other about, all together.
    disputed: &'a [String],
    /// Whether it is disputed who reached whose information, or whether it happened.
    unsure: bool,
    records: &'a Records,
    bound: &'a [Terms],
    settings: &'a Settings,
}

impl<'a> Case<'a> {
    /// What every order makes of it, as it would be without the grants `less`.
    fn rule_all(&self, less: &BTreeSet<String>) -> Ruled<'a> {
        let readings = self.readings.all().iter();
        let gathered: Vec<Gathered> = readings
            .map(|access| {
                let evidence = Evidence::gather(access, self.records, self.settings, less);
                (evidence, OnceCell::new())
            })
            .collect();
        let bound = self.bound.iter();
        let rulings = bound.map(|terms| (terms.order.as_str(), self.rule(terms, &gathered, less)));
        let rulings = rulings.collect();
        Ruled { gathered, rulings }
    }

    fn failed(&self) -> bool {
        plainly_failed(&self.readings.merged.view())
    }

    fn judged(&self, ruled: Ruled<'a>) -> Vec<Judged> {
        let found = self.findings(ruled);
        let attempt = |finding: Finding| self.attempt(finding.group);
        let finding = |finding| Judged::Finding(Box::new(finding));
        match self.failed() {
            true => found.into_iter().map(attempt).collect(),
            false => found.into_iter().map(finding).collect(),
        }
    }

    /// What it would be without late grants, where that is not what it is by `ruled`.
    fn excused(&self, ruled: &Ruled<'a>) -> Vec<Finding> {
        let late = ruled.gathered.iter().flat_map(|(one, _)| &one.excusing);
        let late: BTreeSet<String> = late.cloned().collect();
        if late.is_empty() || self.failed() {
            return Vec::new();
        }
        let (mut found, many) = (Vec::new(), late.len());
        let singly = late.iter().filter(|_| late.len() <= Finding::EXCUSES_MAX);
        let mut sets: Vec<BTreeSet<String>> = singly.map(|one| [one.clone()].into()).collect();
        if late.len() > 1 {
            sets.push(late);
        }
        for less in sets {
            let otherwise = self.rule_all(&less);
            // Without all of them it is said wherever it is without one.
            let is_all = less.len() == many && !found.is_empty();
            if is_all || otherwise.rulings != ruled.rulings {
                let named = less.into_iter().take(Finding::LATE_GRANTS_MAX);
                let less: Vec<String> = named.collect();
                found.extend(self.findings(otherwise).into_iter().map(|one| Finding {
                    late_grants: less.clone(),
                    ..one
                }));
            }
        }
        found
    }

    /// One finding for each group; none where every order says that it is authorised.
    fn findings(&self, ruled: Ruled<'a>) -> Vec<Finding> {
        let Ruled { gathered, rulings } = ruled;
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
            return Vec::new();
        };
        let about = About::of(&gathered, &self.readings.merged);
        let by_order = by_order
            .into_iter()
            .filter(|_| !agree)
            .map(|(order, ruling)| OrderVerdict {
                order: order.to_owned(),
                verdict: ruling.verdict,
                ground: ruling.ground,
                reason: ruling.reason,
            });
        let finding = Finding {
            group: String::new(),
            access: self.readings.merged.clone(),
            disputed: self.disputed.to_vec(),
            verdict: strictest.verdict,
            ground: strictest.ground,
            reason: strictest.reason,
            purposes: about.purposes.iter().collect(),
            grants: about.grants.into_iter().take(GRANTS_NAMED_MAX).collect(),
            late_grants: about
                .late
                .into_iter()
                .take(Finding::LATE_GRANTS_MAX)
                .collect(),
            matched: about.matched.into_iter().collect(),
            rests_on_since: about.since,
            by_order: by_order.collect(),
            source: None,
        };
        let of_group = |group| Finding {
            group,
            ..finding.clone()
        };
        about.groups.into_iter().map(of_group).collect()
    }

    /// What one order makes of it: what holds under every reading.
    fn rule(&self, terms: &Terms, gathered: &[Gathered], less: &BTreeSet<String>) -> Ruling {
        let rulings = self
            .readings
            .all()
            .iter()
            .zip(gathered)
            .map(|(access, (evidence, near))| {
                rule(evidence, terms.accepted(&access.view()), || {
                    near.get_or_init(|| NearMisses::of(access, self.records, less))
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
    fn of(gathered: &[Gathered], access: &Access) -> About {
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
