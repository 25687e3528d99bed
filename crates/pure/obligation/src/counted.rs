//! Rows of `counts`: figures that somebody states by hand, class by class.

use facts::{
    CircumstanceName, Ground, Information, Interval, Kleene, Verdict, VerdictGround, Visibility,
    YesNo,
};
use incident::{ActsKnown, Class, Members, Row, Standing};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A row of `counts`.
///
/// It is the form by hand of a class of accesses: `authority` is a verdict, which there is of
/// accesses alone. An access that reaches anything accesses or acquires it (the vocabulary's table
/// of actions: to `share` is to disclose *and* acquire), so a row without `acts` says as much: one
/// of the two, and nobody says which, nor whether it was disclosed or publicly exposed besides.
/// That is what its absence means, not an unknown; a row of what was neither states its `acts`,
/// and of these what is not stated is unknown.
#[derive(Deserialize, Serialize)]
pub(crate) struct CountedRow {
    pub(crate) information: Option<Information>,
    authority: Option<Verdict>,
    ground: Option<Ground>,
    acts: Option<facts::Acts>,
    encrypted: Option<YesNo>,
    key_taken: Option<YesNo>,
    visibility: Option<Visibility>,
    residence: Option<String>,
    residential: Option<YesNo>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    circumstances: BTreeMap<CircumstanceName, Option<YesNo>>,
    accounts: Option<Figure>,
    consumers: Option<Figure>,
    resources: Option<Figure>,
    devices: Option<Figure>,
}

/// A number or an interval.
#[derive(Deserialize, Serialize, Clone, Copy)]
#[serde(untagged)]
enum Figure {
    Exactly(u64),
    Between(Interval),
}

impl CountedRow {
    /// What is wrong with it beyond its types, if anything.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let figures = [self.accounts, self.consumers, self.resources, self.devices];
        let holds_none = |figure: &Figure| match figure {
            Figure::Exactly(_) => false,
            Figure::Between(interval) => interval.is_contradiction(),
        };
        if figures.iter().flatten().any(holds_none) {
            return Some("`at_most` is less than `at_least`");
        }
        self.residence.as_deref().and_then(facts::residence_fault)
    }

    /// The row as an incident holds it; `key` is what `key` reports say of what may be of any key
    /// and any matter, and which contradict each other.
    pub(crate) fn row(&self, key: &(Kleene, BTreeSet<String>)) -> Row {
        let figure = |figure: Option<Figure>| match figure {
            Some(Figure::Exactly(count)) => Interval::exactly(count),
            Some(Figure::Between(interval)) => interval,
            None => Interval::UNBOUNDED,
        };
        let acts = match self.acts {
            None => ActsKnown {
                accessed: Kleene::Unknown,
                acquired: Kleene::Unknown,
                publicly_exposed: Kleene::Unknown,
                disclosed: Kleene::Unknown,
                accessed_or_acquired: true,
            },
            Some(ref acts) => ActsKnown {
                accessed: acts.accessed.into(),
                acquired: acts.acquired.into(),
                publicly_exposed: acts.publicly_exposed.into(),
                disclosed: acts.disclosed.into(),
                accessed_or_acquired: false,
            },
        };
        let verdict = self.authority.unwrap_or(Verdict::Unexplained);
        let ground = match self.ground {
            Some(Ground::Established) => VerdictGround::Established,
            _ => VerdictGround::Believed,
        };
        let (key_taken, disputed_by) = match Kleene::from(self.key_taken) {
            Kleene::Unknown => key.clone(),
            own => (own, BTreeSet::new()),
        };
        let class = Class {
            information: self.information,
            acts,
            reached: Kleene::Yes,
            encrypted: self.encrypted.into(),
            key_taken,
            visibility: self.visibility,
            residential: self.residential.into(),
            residence: self.residence.clone(),
            disputed: false,
            by_order: BTreeMap::new(),
            otherwise: Standing {
                verdict,
                ground: (verdict == Verdict::Unauthorised).then_some(ground),
            },
            circumstances: self
                .circumstances
                .iter()
                .map(|(name, value)| (*name, Kleene::from(*value)))
                .collect(),
            matters: BTreeSet::new(),
            disputed_by,
        };
        let members = Members::Disjoint {
            accounts: figure(self.accounts),
            consumers: figure(self.consumers),
            resources: figure(self.resources),
            devices: figure(self.devices),
        };
        Row { class, members }
    }
}
