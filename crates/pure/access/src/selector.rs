//! Selectors: what is looked for in the accesses, in the past and from now on.

use crate::sought::matching_of;
use facts::{
    Authority, BreachEvent, Grant, GrantKind, Kleene, Matching, Private, Report, Variants,
    digest_json,
};
use std::collections::BTreeSet;

/// What makes something looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SelectorKind {
    /// An indicator.
    Indicator,
    /// A judgement of `unauthorised`.
    Judgement,
    /// A standing duty that was narrowed with effect in the past: what was passed over because of
    /// it is looked for again.
    RevokedDuty,
}

impl SelectorKind {
    /// The kind as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            SelectorKind::Indicator => "indicator",
            SelectorKind::Judgement => "judgement",
            SelectorKind::RevokedDuty => "revoked_duty",
        }
    }
}

/// Something that is looked for: the union of all statements that were made under one id.
///
/// Made from the record alone, so that every processor that has read the same records names the
/// same search by the same digest. A changed or disputed record is another selector.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    /// Identifies the search: 64 hexadecimal digits over its content.
    pub digest: String,
    /// What it is made from.
    pub kind: SelectorKind,
    /// The matters that it belongs to: several only where that is disputed; none for a duty.
    pub matters: BTreeSet<String>,
    /// What it looks for: an access that matches one of these.
    pub variants: Vec<Matching>,
    /// Whether the record was surely taken back. It is still looked for, since a retraction can be
    /// retracted, but nothing is judged by it and nothing waits for its search.
    pub withdrawn: bool,
}

impl Selector {
    /// The selector that the statements of one breach event make, if they make one.
    pub(crate) fn of_event(
        statements: &Variants<BreachEvent>,
        standing: Kleene,
    ) -> Option<Selector> {
        let sought = |event: &&BreachEvent| match &event.report {
            Report::Indicator(_) => true,
            Report::Judgement(one) => one.authority == Some(Authority::Unauthorised),
            _ => false,
        };
        if !statements.iter().any(|event| sought(&event)) {
            return None;
        }
        let indicator = |event: &BreachEvent| matches!(event.report, Report::Indicator(_));
        let kind = if statements.iter().any(indicator) {
            SelectorKind::Indicator
        } else {
            SelectorKind::Judgement
        };
        let matters: BTreeSet<String> = statements
            .iter()
            .map(|event| event.matter.clone())
            .collect();
        let variants: BTreeSet<&Matching> = statements
            .iter()
            .filter_map(|event| loosely(&event.report))
            .collect();
        Some(Selector {
            digest: digest_json(&(kind.as_str(), &matters, &variants)),
            kind,
            matters,
            variants: variants.into_iter().cloned().collect(),
            withdrawn: standing == Kleene::No,
        })
    }

    /// The selector that a grant makes, if it is or was a standing duty that something narrowed.
    ///
    /// `retractions` are the records that bear on whether it stands: each new one can end the duty
    /// once more, so each makes another search.
    pub(crate) fn of_duty(
        statements: &Variants<Grant>,
        standing: Kleene,
        retractions: &[&BreachEvent],
    ) -> Option<Selector> {
        let duty = |kind: GrantKind| kind == GrantKind::Duty;
        let narrowed = statements.len() > 1
            || !standing.is_yes()
            || statements.iter().any(|one| one.revoked_at.is_some());
        if !narrowed || !statements.iter().any(|one| duty(one.kind)) {
            return None;
        }
        let lone = statements.len() == 1 && standing.is_yes();
        let variants: BTreeSet<Matching> = statements
            .iter()
            .filter(|one| duty(one.kind))
            .map(|one| Matching {
                // A single statement was never read as anything but revoked from then on.
                from: if lone {
                    one.revoked_at.max(one.from)
                } else {
                    one.from
                },
                until: one.until,
                actors: one.actors.clone(),
                ..Matching::default()
            })
            .filter(|one| {
                one.until
                    .is_none_or(|until| one.from.is_none_or(|from| from < until))
            })
            .collect();
        if variants.is_empty() {
            return None;
        }
        let kind = SelectorKind::RevokedDuty;
        let contents: Vec<_> = statements.iter().collect();
        Some(Selector {
            digest: digest_json(&(kind.as_str(), &contents, retractions)),
            kind,
            matters: BTreeSet::new(),
            variants: variants.into_iter().collect(),
            withdrawn: false,
        })
    }

    /// The actors that it names in every variant, if every variant names some.
    pub fn actors(&self) -> Option<BTreeSet<Private>> {
        self.variants
            .iter()
            .map(|one| one.actors.clone().filter(|list| !list.is_empty()))
            .try_fold(BTreeSet::new(), |mut all, actors| {
                all.extend(actors?);
                Some(all)
            })
    }
}

/// What a report looks for; also a judgement that says nothing yet or the contrary, beside a
/// statement of the same id that makes it a selector.
fn loosely(report: &Report) -> Option<&Matching> {
    match report {
        Report::Judgement(one) => Some(&one.matching),
        other => matching_of(other),
    }
}
