//! What an order accepts as the reason for an access: data of its pack, read and never known here.

use crate::PurposeSet;
use facts::{AccessView, Action, ActorKind, Information, Purpose};
use serde::Deserialize;

/// Which purposes an order accepts, from whom, for which information and act.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The order's slug.
    #[serde(default)]
    pub order: String,
    /// The first row that applies to an access decides; where none does, all eight purposes are
    /// accepted, without attestation or training.
    #[serde(default)]
    pub rows: Vec<TermsRow>,
}

/// What is accepted of some actors for some information and acts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermsRow {
    /// To which kinds of actor it applies; absent: to all, also to one whose kind is not known.
    #[serde(default)]
    pub actors: Option<Vec<ActorKind>>,
    /// To which classes of information it applies; absent: to all.
    #[serde(default)]
    pub information: Option<Vec<Information>>,
    /// To which acts it applies; absent: to all.
    #[serde(default)]
    pub actions: Option<Vec<Action>>,
    /// What is accepted; an empty list accepts nothing.
    pub purposes: Vec<Purpose>,
    /// Whether the actor must also have attested to the purpose.
    #[serde(default)]
    pub attestation: bool,
    /// Whether the actor must also have been trained.
    #[serde(default)]
    pub training: bool,
}

/// What an order accepts of one access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Surely accepted.
    pub purposes: PurposeSet,
    /// Surely or perhaps accepted: more than [`Accepted::purposes`] only where the kind of actor is
    /// not known and the order does not treat all kinds alike.
    pub perhaps: PurposeSet,
    /// Whether the actor must (or, the kind not known, may have to) have attested.
    pub attestation: bool,
    /// Whether the actor must (or, the kind not known, may have to) have been trained.
    pub training: bool,
}

impl Accepted {
    /// What is accepted where a pack says nothing.
    const DEFAULT: Accepted = Accepted {
        purposes: PurposeSet::ALL,
        perhaps: PurposeSet::ALL,
        attestation: false,
        training: false,
    };

    /// Accepted by both whichever of two kinds the actor is.
    fn whichever(self, other: Accepted) -> Accepted {
        Accepted {
            purposes: self.purposes.both(other.purposes),
            perhaps: self.perhaps.either(other.perhaps),
            attestation: self.attestation || other.attestation,
            training: self.training || other.training,
        }
    }
}

impl Terms {
    /// What the order accepts of `access`. Where the kind of actor is not known, surely accepted is
    /// what would be whichever kind it is.
    pub fn accepted(&self, access: &AccessView<'_>) -> Accepted {
        self.accepted_of(access.actor_kind, access.information, access.action)
    }

    /// [`Terms::accepted`], by what it depends on.
    pub(crate) fn accepted_of(
        &self,
        kind: Option<ActorKind>,
        information: Information,
        action: Action,
    ) -> Accepted {
        if let Some(kind) = kind {
            return self.of_kind(kind, information, action);
        }
        ActorKind::ALL
            .iter()
            .map(|kind| self.of_kind(*kind, information, action))
            .reduce(Accepted::whichever)
            .unwrap_or(Accepted::DEFAULT)
    }

    fn of_kind(&self, kind: ActorKind, information: Information, action: Action) -> Accepted {
        fn applies<T: PartialEq>(list: &Option<Vec<T>>, value: &T) -> bool {
            list.as_ref().is_none_or(|list| list.contains(value))
        }
        let row = self.rows.iter().find(|row| {
            applies(&row.actors, &kind)
                && applies(&row.information, &information)
                && applies(&row.actions, &action)
        });
        row.map_or(Accepted::DEFAULT, |row| {
            let purposes: PurposeSet = row.purposes.iter().copied().collect();
            Accepted {
                purposes,
                perhaps: purposes,
                attestation: row.attestation,
                training: row.training,
            }
        })
    }
}
