//! What an access or an exposure says of what was done, in the orders' words.

use crate::{ActsKnown, Class, Standing};
use facts::{Access, Action, Exposure, Ground, Kleene, Outcome, Verdict, VerdictGround};
use std::collections::{BTreeMap, BTreeSet};

/// What an exposure says of all that it speaks of; the keys are the matter's own affair.
pub(crate) fn class_of_exposure(exposure: &Exposure, disputed: bool) -> Class {
    let ground = exposure.ground.map(|ground| match ground {
        Ground::Established => VerdictGround::Established,
        Ground::Believed => VerdictGround::Believed,
    });
    let verdict = if ground.is_some() {
        Verdict::Unauthorised
    } else {
        Verdict::Unexplained
    };
    let acts = exposure
        .acts
        .as_ref()
        .map_or(acts_unknown(), |acts| ActsKnown {
            accessed: acts.accessed.into(),
            acquired: acts.acquired.into(),
            publicly_exposed: acts.publicly_exposed.into(),
            disclosed: acts.disclosed.into(),
            accessed_or_acquired: false,
        });
    let all_no = [
        acts.accessed,
        acts.acquired,
        acts.publicly_exposed,
        acts.disclosed,
    ]
    .iter()
    .all(|act| *act == Kleene::No);
    Class {
        information: exposure.information,
        acts,
        // An exposure is a report that information was reached; only its acts can say otherwise.
        reached: Kleene::from(!all_no),
        encrypted: exposure.encrypted.into(),
        key_taken: Kleene::Unknown,
        visibility: exposure.visibility,
        residential: exposure.residential.into(),
        residence: exposure.residence.clone(),
        disputed,
        by_order: BTreeMap::new(),
        otherwise: Standing { verdict, ground },
        circumstances: BTreeMap::new(),
        matters: BTreeSet::new(),
        disputed_by: BTreeSet::new(),
    }
}

/// Nobody can say what was done.
pub(crate) fn acts_unknown() -> ActsKnown {
    ActsKnown {
        accessed: Kleene::Unknown,
        acquired: Kleene::Unknown,
        publicly_exposed: Kleene::Unknown,
        disclosed: Kleene::Unknown,
        accessed_or_acquired: false,
    }
}

/// What an access does, in the orders' words. A `share` may be to the public; a `list` reaches
/// other classes than recordings perhaps.
pub(crate) fn acts_of(access: &Access) -> ActsKnown {
    let action = access.action;
    let accessed = match action {
        Action::List => action.reaches(access.information),
        _ => Kleene::from(action.accesses()),
    };
    let publicly_exposed = match action {
        Action::Share => Kleene::Unknown,
        _ => Kleene::No,
    };
    ActsKnown {
        accessed,
        acquired: action.acquires().into(),
        publicly_exposed,
        disclosed: action.discloses().into(),
        accessed_or_acquired: false,
    }
}

/// Whether an access reached anything; see [`facts::ClassOfAccess::reached`].
pub(crate) fn access_reaches(access: &Access) -> Kleene {
    let succeeded = match access.outcome {
        Some(Outcome::Succeeded) => Kleene::Yes,
        Some(_) => Kleene::No,
        None => Kleene::Unknown,
    };
    succeeded.and(access.action.reaches(access.information))
}
