//! One grant, compiled: whether it covers an access, and if not, why not.

use crate::readings::Readings;
use facts::{AccessView, Grant, GrantKind, Kleene, Moment, Private, Purpose, Span};
use rustc_hash::FxHashSet;

/// How a grant stands to an access by an actor that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It covers all of it.
    Covers,
    /// It would, if the access is of one of the records that it is restricted to; the access does
    /// not say of which it is.
    RecordUnknown,
    /// It would, had it not been taken back before the access ended.
    Revoked,
    /// It would, had it not ended before the access did.
    Expired,
    /// It holds at that time, but does not say whose information it is about.
    ScopeUnknown,
    /// It holds at that time, but for other accounts.
    OtherAccount,
    /// Nothing of it is about this access.
    Apart,
}

/// One reading of a grant.
#[derive(Debug, Clone)]
pub(crate) struct GrantReading {
    pub(crate) kind: GrantKind,
    pub(crate) purpose: Option<Purpose>,
    pub(crate) reference: Option<String>,
    span: Span,
    revoked_at: Option<Moment>,
    pub(crate) actors: FxHashSet<Private>,
    accounts: Option<FxHashSet<Private>>,
    records: Option<FxHashSet<Private>>,
}

impl GrantReading {
    /// One reading, compiled; `None` for `complete` and for what has no begin.
    pub(crate) fn new(grant: &Grant) -> Option<GrantReading> {
        fn set(list: &Option<Vec<Private>>) -> Option<FxHashSet<Private>> {
            let list = list.as_ref().filter(|list| !list.is_empty())?;
            Some(list.iter().cloned().collect())
        }
        let from = grant.from.filter(|_| grant.kind != GrantKind::Complete)?;
        Some(GrantReading {
            kind: grant.kind,
            purpose: grant.kind.purpose(),
            reference: grant.reference.clone(),
            span: Span {
                from,
                until: grant.until,
            },
            revoked_at: grant.revoked_at,
            actors: set(&grant.actors).unwrap_or_default(),
            accounts: set(&grant.accounts),
            records: set(&grant.resources),
        })
    }

    /// Whether it speaks of all accounts where it names none.
    fn is_general(&self) -> bool {
        matches!(
            self.kind,
            GrantKind::Duty | GrantKind::Attestation | GrantKind::Training
        )
    }

    /// How it stands to `access`.
    pub(crate) fn fit(&self, access: &AccessView<'_>) -> Fit {
        if !access
            .actor
            .is_some_and(|actor| self.actors.contains(actor))
        {
            return Fit::Apart;
        }
        let scope = match &self.accounts {
            Some(accounts) if accounts.contains(access.account) => None,
            Some(_) => Some(Fit::OtherAccount),
            None if self.is_general() => None,
            None => Some(Fit::ScopeUnknown),
        };
        let record_unknown = match (&self.records, access.resource) {
            (None, _) => false,
            (Some(records), Some(record)) if records.contains(record) => false,
            (Some(_), Some(_)) => return Fit::Apart,
            (Some(_), None) => true,
        };
        let holds = self.span.covers(access.at, access.until);
        let revoked = !self.unrevoked().covers(access.at, access.until);
        match (holds, revoked, scope) {
            (true, false, Some(scope)) => scope,
            (true, false, None) if record_unknown => Fit::RecordUnknown,
            (true, false, None) => Fit::Covers,
            (true, true, None) => Fit::Revoked,
            (false, _, None) if self.span.from <= access.at => Fit::Expired,
            _ => Fit::Apart,
        }
    }

    /// When it holds, as far as taking back goes.
    fn unrevoked(&self) -> Span {
        Span {
            from: Moment::MIN,
            until: self.revoked_at,
        }
    }
}

/// A grant on record.
#[derive(Debug, Clone)]
pub(crate) struct GrantFact {
    /// The record's id.
    pub(crate) id: String,
    /// Whether it was not taken back.
    pub(crate) standing: Kleene,
    /// When it was put on record, by the earliest that is stated; `None` where nothing is.
    pub(crate) recorded_at: Option<Moment>,
    /// What it may mean.
    pub(crate) readings: Vec<GrantReading>,
    /// Whether `readings` says all that was stated.
    whole: bool,
}

impl GrantFact {
    /// What the readings of one id come to.
    pub(crate) fn new(readings: &Readings<Grant>, standing: Kleene) -> GrantFact {
        let compiled: Vec<_> = readings
            .all()
            .iter()
            .filter_map(GrantReading::new)
            .collect();
        GrantFact {
            id: readings.merged.id.clone(),
            standing,
            recorded_at: readings
                .all()
                .iter()
                .filter_map(|one| one.recorded_at)
                .min(),
            whole: compiled.len() == readings.all().len(),
            readings: compiled,
        }
    }

    /// Whether it covers `access` as a grant of some one kind: yes where every reading of it does
    /// and nothing took it back.
    pub(crate) fn covers(&self, access: &AccessView<'_>) -> (Kleene, Option<GrantKind>) {
        let Some(first) = self.readings.first().filter(|_| self.standing.may_be()) else {
            return (Kleene::No, None);
        };
        let one_kind = self.readings.iter().all(|one| one.kind == first.kind);
        let mut any = false;
        let mut all = self.whole && one_kind && self.standing.is_yes();
        for reading in &self.readings {
            let fit = reading.fit(access);
            any |= matches!(fit, Fit::Covers | Fit::RecordUnknown);
            all &= fit == Fit::Covers;
        }
        let kind = one_kind.then_some(first.kind);
        match (any, all) {
            (_, true) => (Kleene::Yes, kind),
            (true, false) => (Kleene::Unknown, kind),
            (false, false) => (Kleene::No, kind),
        }
    }

    /// Whether its statements agree and nothing took it back.
    pub(crate) fn is_clear(&self) -> bool {
        self.readings.len() == 1 && self.whole && self.standing.is_yes()
    }

    /// Whether it is nothing but a duty on which every statement agrees and that nothing took back.
    pub(crate) fn plain_duty(&self) -> Option<&GrantReading> {
        match self.readings.as_slice() {
            [one] if self.is_clear() && one.kind == GrantKind::Duty => Some(one),
            _ => None,
        }
    }
}
