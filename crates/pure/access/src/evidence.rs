//! What is on record about one reading of one access. Knows no law.

use crate::grants::Fit;
use crate::sought::{Says, Sought};
use crate::{PurposeSet, Records, Settings};
use facts::{Access, AccessView, ActorKind, GrantKind, Ground, Kleene, Moment, Outcome, Purpose};
use std::collections::BTreeSet;

/// Whether the actor is the account's own user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Own {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// A customer, but the source did not state whose, though it always does.
    NotStated,
    /// The kind of actor is not known, and nothing says that it is not the account's own user.
    Perhaps,
}

/// What the responders' judgements that match say together.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Judgements {
    pub(crate) authorised: bool,
    pub(crate) unauthorised: Option<Ground>,
    pub(crate) perhaps_authorised: bool,
    pub(crate) perhaps_unauthorised: bool,
}

/// What is on record about one reading of one access.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    pub(crate) judgements: Judgements,
    pub(crate) indicated: Kleene,
    pub(crate) own: Own,
    pub(crate) actor_known: bool,
    /// Purposes that surely cover it.
    pub(crate) covering: PurposeSet,
    /// Purposes that cover it as some statements have it.
    pub(crate) disputed: PurposeSet,
    /// Purposes that cover it if it is of a record that it does not name.
    pub(crate) unlocated: PurposeSet,
    pub(crate) attested: Kleene,
    pub(crate) trained: Kleene,
    /// Purposes of which the source has said that all grants for its time are on record.
    pub(crate) complete: PurposeSet,
    /// Grants that cover it or may, by id.
    pub(crate) grants: BTreeSet<String>,
    /// Of these, those recorded after the source had said that the record is complete.
    pub(crate) late: BTreeSet<String>,
    /// Of these, those of which it can be said what accesses would be without them. A duty is none:
    /// screen passes over what it covers, whenever it was recorded.
    pub(crate) excusing: BTreeSet<String>,
    /// Indicators and judgements that match, by id.
    pub(crate) matched: BTreeSet<String>,
    /// The matters of these.
    pub(crate) matters: BTreeSet<String>,
    /// When the earliest of these that speaks against the access was recorded.
    pub(crate) since: Option<Moment>,
}

/// Why what an actor has does not cover an access, by purpose.
#[derive(Debug, Clone, Default)]
pub(crate) struct NearMisses {
    /// The claim that the access carries is not on record for the actor.
    pub(crate) claim_missing: bool,
    pub(crate) revoked: PurposeSet,
    pub(crate) expired: PurposeSet,
    pub(crate) scope_unknown: PurposeSet,
    pub(crate) other_account: PurposeSet,
    /// Grants that were taken back or had ended, or that the claim names: by id.
    pub(crate) grants: BTreeSet<String>,
}

impl Evidence {
    /// Gathers what is on record about `access`, as it would be without the grants `less`.
    pub(crate) fn gather(
        access: &Access,
        records: &Records,
        settings: &Settings,
        less: &BTreeSet<String>,
    ) -> Evidence {
        let view = access.view();
        let mut evidence = Evidence {
            judgements: Judgements::default(),
            indicated: Kleene::No,
            own: own(&view, settings),
            actor_known: view.actor.is_some(),
            covering: PurposeSet::NONE,
            disputed: PurposeSet::NONE,
            unlocated: PurposeSet::NONE,
            attested: Kleene::No,
            trained: Kleene::No,
            complete: PurposeSet::NONE,
            grants: BTreeSet::new(),
            late: BTreeSet::new(),
            excusing: BTreeSet::new(),
            matched: BTreeSet::new(),
            matters: BTreeSet::new(),
            since: None,
        };
        records.sought_for(&view, |sought| evidence.weigh(sought, &view));
        evidence.look_at_grants(&view, records, less);
        evidence.complete = Purpose::ALL
            .iter()
            .copied()
            .filter(|purpose| {
                let until = records.complete_until(*purpose);
                until.is_some_and(|until| covers_time(until, &view))
            })
            .collect();
        evidence
    }

    fn weigh(&mut self, sought: &Sought, access: &AccessView<'_>) {
        let matches = sought.matches(access);
        if !matches.may_be() {
            return;
        }
        self.matched.insert(sought.id.clone());
        self.matters.extend(sought.matters.iter().cloned());
        if sought.says != Says::Authorised {
            self.since = Some(
                self.since
                    .map_or(sought.since, |since| since.min(sought.since)),
            );
        }
        let judgements = &mut self.judgements;
        match (sought.says, matches) {
            (Says::Indicated, matches) => self.indicated = self.indicated.or(matches),
            (Says::Authorised, Kleene::Yes) => judgements.authorised = true,
            (Says::Authorised, _) => judgements.perhaps_authorised = true,
            (Says::Unauthorised(ground), Kleene::Yes) => {
                // The ground is stronger where one of several judgements says so.
                let established = ground == Ground::Established
                    || judgements.unauthorised == Some(Ground::Established);
                judgements.unauthorised = Some(if established {
                    Ground::Established
                } else {
                    Ground::Believed
                });
            }
            (Says::Unauthorised(_), _) => judgements.perhaps_unauthorised = true,
            (Says::Contradicts, _) => {
                judgements.perhaps_authorised = true;
                judgements.perhaps_unauthorised = true;
            }
        }
    }

    fn look_at_grants(
        &mut self,
        access: &AccessView<'_>,
        records: &Records,
        less: &BTreeSet<String>,
    ) {
        let Some(actor) = access.actor else {
            return;
        };
        for grant in records.grants_about(actor, access.account) {
            let (covers, kind) = grant.covers(access);
            if !covers.may_be() || less.contains(&grant.id) {
                continue;
            }
            self.grants.insert(grant.id.clone());
            if let (Some(kind), Some(recorded_at)) = (kind, grant.recorded_at)
                && records.completeness().is_late(kind, recorded_at, access.at)
            {
                self.late.insert(grant.id.clone());
                if kind != GrantKind::Duty {
                    self.excusing.insert(grant.id.clone());
                }
            }
            for reading in &grant.readings {
                match (reading.fit(access), reading.kind) {
                    (Fit::Covers | Fit::RecordUnknown, GrantKind::Attestation) => {
                        self.attested = self.attested.or(covers);
                    }
                    (Fit::Covers | Fit::RecordUnknown, GrantKind::Training) => {
                        self.trained = self.trained.or(covers);
                    }
                    (fit @ (Fit::Covers | Fit::RecordUnknown), _) => {
                        let set = match (covers, fit, grant.is_clear()) {
                            (Kleene::Yes, _, _) => &mut self.covering,
                            (_, Fit::RecordUnknown, true) => &mut self.unlocated,
                            _ => &mut self.disputed,
                        };
                        if let Some(purpose) = reading.purpose {
                            set.insert(purpose);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

impl NearMisses {
    /// Looks through all that names the actor, but for the grants `less`, for what nearly covers
    /// `access`: among the grants that its claim names, where it names some, else among all.
    pub(crate) fn of(access: &Access, records: &Records, less: &BTreeSet<String>) -> NearMisses {
        let mut near = NearMisses::default();
        let view = access.view();
        let claims_reference = view.basis.is_some_and(|basis| basis.reference.is_some());
        near.claim_missing = view.basis.is_some();
        for grant in records.grants_of(view.actor.unwrap_or_default()) {
            if !grant.standing.may_be() || less.contains(&grant.id) {
                continue;
            }
            let claimed = view.basis.is_some_and(|basis| {
                grant.readings.iter().any(|reading| match basis.reference {
                    Some(reference) => reading.reference.as_deref() == Some(reference),
                    None => reading.kind.as_str() == basis.kind,
                })
            });
            near.claim_missing &= !claimed;
            if claims_reference && !claimed {
                continue;
            }
            for reading in &grant.readings {
                let Some(purpose) = reading.purpose else {
                    continue;
                };
                let fit = reading.fit(&view);
                let set = match fit {
                    Fit::Revoked => &mut near.revoked,
                    Fit::Expired => &mut near.expired,
                    Fit::ScopeUnknown => &mut near.scope_unknown,
                    Fit::OtherAccount => &mut near.other_account,
                    Fit::Covers | Fit::RecordUnknown | Fit::Apart => continue,
                };
                set.insert(purpose);
                if claims_reference || matches!(fit, Fit::Revoked | Fit::Expired) {
                    near.grants.insert(grant.id.clone());
                }
            }
        }
        near
    }
}

/// Whether what is on record before `until` is all there is for the time of `access`.
fn covers_time(until: Moment, access: &AccessView<'_>) -> bool {
    access.at < until && access.until.is_none_or(|end| end <= until)
}

fn own(access: &AccessView<'_>, settings: &Settings) -> Own {
    let stated = access.actor_account.map(|own| own == access.account);
    match (access.actor_kind, stated) {
        (Some(ActorKind::Customer), Some(true)) => Own::Yes,
        (Some(ActorKind::Customer), None) if settings.always_stated => Own::NotStated,
        (Some(ActorKind::Customer), None) => Own::Yes,
        (None, Some(true) | None) => Own::Perhaps,
        (_, Some(false)) | (Some(_), _) => Own::No,
    }
}

/// Whether it is on record that the access was refused or broke off, and so reached nothing.
pub(crate) fn plainly_failed(access: &AccessView<'_>) -> bool {
    matches!(access.outcome, Some(Outcome::Denied | Outcome::Failed))
}
