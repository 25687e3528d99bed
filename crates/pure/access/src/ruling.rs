//! The six rules: what one order makes of what is on record about one access.

use crate::Accepted;
use crate::evidence::{Evidence, Judgements, NearMisses, Own};
use facts::{Ground, Kleene, Reason, Verdict, VerdictGround};

/// What one order makes of one access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ruling {
    pub(crate) verdict: Verdict,
    pub(crate) ground: Option<VerdictGround>,
    pub(crate) reason: Reason,
}

impl Ruling {
    pub(crate) const DISPUTED: Ruling = Ruling::unexplained(Reason::Disputed);

    const fn authorised(reason: Reason) -> Ruling {
        Ruling {
            verdict: Verdict::Authorised,
            ground: None,
            reason,
        }
    }

    pub(crate) const fn unexplained(reason: Reason) -> Ruling {
        Ruling {
            verdict: Verdict::Unexplained,
            ground: None,
            reason,
        }
    }

    const fn unauthorised(ground: VerdictGround, reason: Reason) -> Ruling {
        Ruling {
            verdict: Verdict::Unauthorised,
            ground: Some(ground),
            reason,
        }
    }

    pub(crate) fn is_authorised(self) -> bool {
        self.verdict == Verdict::Authorised
    }

    /// What holds whichever of two rulings is the right one: a verdict on which both agree, with
    /// the weaker ground; else nobody can say.
    pub(crate) fn whichever(self, other: Ruling) -> Ruling {
        if self == other {
            return self;
        }
        match (self.verdict, other.verdict) {
            (Verdict::Unauthorised, Verdict::Unauthorised)
            | (Verdict::Authorised, Verdict::Authorised) => Ruling {
                verdict: self.verdict,
                ground: self.ground.min(other.ground),
                reason: self.reason.min(other.reason),
            },
            _ => Ruling::DISPUTED,
        }
    }
}

/// What an order that accepts `accepted` makes of `evidence`. `near` is asked for only where
/// nothing settles the matter.
pub(crate) fn rule<'a>(
    evidence: &Evidence,
    accepted: Accepted,
    near: impl FnOnce() -> &'a NearMisses,
) -> Ruling {
    let Judgements {
        authorised,
        unauthorised,
        perhaps_authorised,
        perhaps_unauthorised,
    } = evidence.judgements;
    // 1. A judgement of responders.
    let for_it = authorised || perhaps_authorised;
    let against_it = unauthorised.is_some() || perhaps_unauthorised;
    if for_it && against_it {
        return Ruling::DISPUTED;
    }
    if authorised {
        return Ruling::authorised(Reason::Judged);
    }
    if let Some(ground) = unauthorised {
        let ground = match ground {
            Ground::Established => VerdictGround::Established,
            Ground::Believed => VerdictGround::Believed,
        };
        return Ruling::unauthorised(ground, Reason::Judged);
    }
    let rest = rule_without_judgement(evidence, accepted, near);
    if perhaps_authorised {
        return rest.whichever(Ruling::authorised(Reason::Judged));
    }
    if perhaps_unauthorised {
        return rest.whichever(Ruling::unauthorised(
            VerdictGround::Believed,
            Reason::Judged,
        ));
    }
    rest
}

fn rule_without_judgement<'a>(
    evidence: &Evidence,
    accepted: Accepted,
    near: impl FnOnce() -> &'a NearMisses,
) -> Ruling {
    // 2. An indicator, even under a valid grant.
    let indicated = Ruling::unauthorised(VerdictGround::Believed, Reason::Indicated);
    if evidence.indicated == Kleene::Yes {
        return indicated;
    }
    // 3. The account's own user.
    let rest = match evidence.own {
        Own::Yes => Ruling::authorised(Reason::OwnAccount),
        Own::No => rule_by_purpose(evidence, accepted, near),
        // Own use would be authorised, so whatever covers the rest covers it all.
        Own::NotStated => match rule_by_purpose(evidence, accepted, near) {
            covered if covered.is_authorised() => covered,
            _ => Ruling::unexplained(Reason::AccountNotStated),
        },
        Own::Perhaps => rule_by_purpose(evidence, accepted, near),
    };
    if evidence.indicated == Kleene::Unknown {
        return rest.whichever(indicated);
    }
    rest
}

fn rule_by_purpose<'a>(
    evidence: &Evidence,
    accepted: Accepted,
    near: impl FnOnce() -> &'a NearMisses,
) -> Ruling {
    // 4. A purpose that the order accepts, with what it asks for besides.
    if evidence.covering.meets(accepted.purposes) {
        let met = |asked: bool, has: Kleene| if asked { has } else { Kleene::Yes };
        let attested = met(accepted.attestation, evidence.attested);
        let trained = met(accepted.training, evidence.trained);
        return match (attested, trained) {
            (Kleene::Yes, Kleene::Yes) => Ruling::authorised(Reason::Purpose),
            (Kleene::No, _) => Ruling::unexplained(Reason::NotAttested),
            (_, Kleene::No) => Ruling::unexplained(Reason::NotTrained),
            _ => Ruling::DISPUTED,
        };
    }
    // What may be covered is not uncovered.
    if evidence.disputed.meets(accepted.perhaps) {
        return Ruling::DISPUTED;
    }
    if evidence.covering.meets(accepted.perhaps) {
        return Ruling::unexplained(Reason::PurposeNotAccepted);
    }
    if evidence.unlocated.meets(accepted.perhaps) {
        return Ruling::unexplained(Reason::ScopeUnknown);
    }
    // 5. Nothing covers it, and the record is complete. Whose grants to look for is unknown where
    // the actor is; and who may be the account's own user may need none.
    let whose_is_known = evidence.actor_known && evidence.own == Own::No;
    let complete = accepted.perhaps.both(evidence.complete) == accepted.perhaps;
    let not_accepted = !evidence.covering.is_empty();
    if whose_is_known && complete {
        let reason = if not_accepted {
            Reason::PurposeNotAccepted
        } else {
            Reason::NoBasis
        };
        return Ruling::unauthorised(VerdictGround::Established, reason);
    }
    // 6. Nobody can say. The first reason that applies:
    if not_accepted {
        return Ruling::unexplained(Reason::PurposeNotAccepted);
    }
    let near = near();
    let reason = if near.claim_missing {
        Reason::ClaimedNotFound
    } else if near.revoked.meets(accepted.perhaps) {
        Reason::Revoked
    } else if near.expired.meets(accepted.perhaps) {
        Reason::Expired
    } else if near.scope_unknown.meets(accepted.perhaps) {
        Reason::ScopeUnknown
    } else if near.other_account.meets(accepted.perhaps) {
        Reason::OtherAccount
    } else {
        Reason::NoBasisOnRecord
    };
    Ruling::unexplained(reason)
}
