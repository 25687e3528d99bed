//! What may have taken something away: an incident as it would be without one record.
//!
//! An answer is a function of the facts, so what it owes to one of them is what it would be without
//! that one. Nothing here depends on the order of arrival: a record that came first and one that
//! came last take away alike.

use crate::assemble::matters;
use crate::fold::Fold;
use crate::grouping::{Scope, named};
use crate::judging::Judging;
use crate::ledger::Ledger;
use crate::reports::Entry;
use crate::voices::Stance;
use crate::withdrawal::{BREACH_EVENTS, DECISIONS, Name, Withdrawals, name};
use crate::{Taker, Without};
use facts::{Kleene, MilestoneName, Report, YesNo, section_covers};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

mod several;

/// How many records are supposed away one by one. Those of a few kinds that people write are meant;
/// the others are counted.
const RECORDS_MAX: usize = 16;
/// How many statements of one disputed record are tried.
const STATEMENTS_MAX: usize = 4;
/// Up to how many accesses an incident is counted anew for a record that bears on them.
const ACCESSES_MAX: u64 = 100_000;

/// What is supposed not to be on record.
#[derive(Debug, Clone, Default)]
pub(crate) struct Less {
    /// A report.
    report: Option<String>,
    /// What stands in its place: the same with one of its statements only.
    instead: Option<Entry>,
    /// Who takes back what, without one who does.
    withdrawals: Option<Withdrawals>,
    /// Records about accounts, by their numbers.
    accounts: BTreeSet<u32>,
}

/// Nothing is supposed away.
pub(crate) static NOTHING: Less = Less {
    report: None,
    instead: None,
    withdrawals: None,
    accounts: BTreeSet::new(),
};

impl Less {
    /// The reports of `all` but for what is supposed away.
    pub(crate) fn apply<'a>(&'a self, matters: &[String], all: &mut BTreeMap<&'a str, &'a Entry>) {
        let Some(id) = &self.report else {
            return;
        };
        let here = |entry: &&Entry| matters.iter().any(|one| entry.matters.contains(one));
        match self.instead.as_ref().filter(here) {
            Some(entry) => _ = all.insert(id, entry),
            None => _ = all.remove(id.as_str()),
        }
    }

    /// The records about accounts, by their numbers.
    pub(crate) fn accounts(&self) -> &BTreeSet<u32> {
        &self.accounts
    }

    /// Whether nothing comes in by it that the incident does not hold anyway.
    fn is_of_facts_here(&self) -> bool {
        self.instead.is_none() && self.withdrawals.is_none()
    }

    /// `entry` as it is supposed to be.
    pub(crate) fn seen<'a>(&'a self, entry: &'a Entry) -> Option<&'a Entry> {
        match &self.report {
            Some(id) if *id == entry.reported.record.id => self.instead.as_ref(),
            _ => Some(entry),
        }
    }
}

/// A record to be supposed away.
enum Away {
    Report(String),
    Statement(String, Box<Entry>),
    Source(Name),
}

impl Fold {
    /// Who takes back what, as far as that is supposed.
    pub(crate) fn taking<'a>(&'a self, less: &'a Less) -> &'a Withdrawals {
        less.withdrawals.as_ref().unwrap_or(&self.withdrawals)
    }

    /// The incident that `scope` is without each record that may have taken something away, and of
    /// how many more that was not tried.
    pub(crate) fn without(&self, scope: &Scope, ledger: &Ledger) -> (Vec<Without>, u64) {
        let takers = self.takers(scope);
        let mut more = takers.len().saturating_sub(RECORDS_MAX) as u64;
        let mut found = Vec::new();
        for ((taker, record), ways) in takers.into_iter().take(RECORDS_MAX) {
            let mut tried = true;
            for away in ways {
                let less = self.less(away);
                let scope = self.scope_less(scope, &less);
                let Some(ledger) = self.ledger_less(&scope, ledger, &less) else {
                    tried = false;
                    continue;
                };
                let mut incident = self.assemble_less(&scope, &ledger, &less);
                if less.is_of_facts_here() && matches!(scope, Cow::Borrowed(_)) {
                    // It follows from what the digest of the whole is made from.
                    incident.facts_digest = String::new();
                } else {
                    incident.facts_digest = self.digest(&scope, &incident, ledger.digest());
                }
                found.push(Without {
                    records: vec![record.clone()],
                    taker,
                    incident,
                });
            }
            more += u64::from(!tried);
        }
        (found, more)
    }

    fn less(&self, away: Away) -> Less {
        match away {
            Away::Report(id) => Less {
                report: Some(id),
                ..Less::default()
            },
            Away::Statement(id, entry) => Less {
                report: Some(id),
                instead: Some(*entry),
                ..Less::default()
            },
            Away::Source(source) => {
                let mut withdrawals = self.withdrawals.clone();
                withdrawals.set(source, Default::default(), true);
                Less {
                    withdrawals: Some(withdrawals),
                    ..Less::default()
                }
            }
        }
    }

    /// What `scope` would be: other groups, where what is supposed away joins or parts.
    fn scope_less<'a>(&self, scope: &'a Scope, less: &Less) -> Cow<'a, Scope> {
        if self.reports.groupings().next().is_none() {
            return Cow::Borrowed(scope);
        }
        let own = scope.groups.difference(&scope.guests).next();
        let web = self.web_less(less);
        let scopes = own.map(|group| (group, web.scopes_of(group)));
        let there = scopes.and_then(|(group, scopes)| {
            let mut own = scopes.into_iter().filter(|one| !one.guests.contains(group));
            own.next()
        });
        match there {
            Some(other) if other != *scope => Cow::Owned(other),
            _ => Cow::Borrowed(scope),
        }
    }

    /// The ledger of `scope`: `kept`, where what is supposed away does not bear on accesses and
    /// exposures. None where too many would have to be counted anew.
    fn ledger_less<'a>(
        &self,
        scope: &Scope,
        kept: &'a Ledger,
        less: &Less,
    ) -> Option<Cow<'a, Ledger>> {
        let matters = matters(scope);
        let (standing, _) = self.reports_on(&matters, scope, less);
        let entries: Vec<&Entry> = standing.values().copied().collect();
        let judging = Judging::new(&entries, &matters);
        let exposed = self.exposed(&standing, less);
        let same = kept.is_of(scope, &judging);
        if same && kept.states(&exposed) {
            return Some(Cow::Borrowed(kept));
        }
        if kept.entries() > ACCESSES_MAX {
            return None;
        }
        let mut ledger = if same {
            kept.clone()
        } else {
            Ledger::new(scope, judging, self.basis())
        };
        ledger.catch_up(exposed, self.basis());
        Some(Cow::Owned(ledger))
    }

    /// The records that may have taken something away, each with the ways to suppose it away.
    fn takers(&self, scope: &Scope) -> BTreeMap<(Taker, String), Vec<Away>> {
        let mut found: BTreeMap<(Taker, String), Vec<Away>> = BTreeMap::new();
        let mut add = |taker: Taker, id: &str, away: Away| {
            found.entry((taker, id.to_owned())).or_default().push(away);
        };
        let all = self.reports.on(&matters(scope));
        let stands = |topic: &str, id: &str| self.withdrawals.standing(topic, id) != Kleene::No;
        let mut targets: Vec<Name> = all.keys().map(|id| name(BREACH_EVENTS, id)).collect();
        let decisions = self.answers_and_readings(&scope.groups, &|_| true);
        targets.extend(decisions.iter().map(|one| name(DECISIONS, &one.id)));
        for entry in self.reports.groupings() {
            let link = &entry.reported.record;
            if matches!(entry.report(), Some(Report::Join(one) | Report::Part(one))
                if !named(&link.matter, one).is_disjoint(&scope.groups))
            {
                targets.push(name(BREACH_EVENTS, &link.id));
                if matches!(entry.report(), Some(Report::Part(_)))
                    && stands(BREACH_EVENTS, &link.id)
                {
                    add(Taker::Part, &link.id, Away::Report(link.id.clone()));
                }
            }
        }
        targets.sort();
        targets.dedup();
        let sources = targets
            .iter()
            .flat_map(|target| self.withdrawals.above(target));
        let sources: BTreeSet<Name> = sources.collect();
        for (topic, id) in sources.into_iter().filter(|(topic, id)| stands(topic, id)) {
            let taker = match topic.as_str() {
                DECISIONS => Taker::Revocation,
                _ => Taker::Retraction,
            };
            add(taker, &id.clone(), Away::Source((topic, id)));
        }
        for (id, entry) in all.iter().filter(|(id, _)| stands(BREACH_EVENTS, id)) {
            if !entry.reported.disputed.is_empty() {
                for statement in entry.statements.iter().take(STATEMENTS_MAX) {
                    if let Some(alone) = Entry::of(statement.clone()) {
                        let away = Away::Statement((*id).to_owned(), Box::new(alone));
                        add(Taker::Dispute, id, away);
                    }
                }
            }
            if let Some(taker) = entry.report().and_then(taker) {
                add(taker, id, Away::Report((*id).to_owned()));
            }
            let is_denied =
                |(id, other): (&&str, &&Entry)| denies(entry, other) && stands(BREACH_EVENTS, id);
            if is_no(entry) && all.iter().any(is_denied) {
                add(Taker::Denial, id, Away::Report((*id).to_owned()));
            }
        }
        found
    }
}

/// Whether `entry` says that something was no violation.
fn is_no(entry: &Entry) -> bool {
    matches!(entry.report(), Some(Report::Noncompliance(one)) if one.violated == Some(YesNo::No))
}

/// Whether `entry` denies a violation that `other` states. Alone it settles what nobody else has
/// found: it takes away by contradicting another.
fn denies(entry: &Entry, other: &Entry) -> bool {
    match (entry.report(), other.report()) {
        (Some(Report::Noncompliance(no)), Some(Report::Noncompliance(yes))) => {
            is_no(entry)
                && Stance::of(&other.reported) == Some(Stance::Yes)
                && no.order == yes.order
                && section_covers(&no.provision, &yes.provision)
                && !entry.matters.is_disjoint(&other.matters)
        }
        _ => false,
    }
}

/// What a report may take away by what it says.
fn taker(report: &Report) -> Option<Taker> {
    match report {
        Report::Tally(_) => Some(Taker::Tally),
        Report::Key(one) if one.taken.is_some() => Some(Taker::Key),
        Report::Circumstance(one) if one.value.is_some() => Some(Taker::Circumstance),
        // Of what starts something the earliest counts, so that one may put it before an order.
        Report::GovernmentNotice(one) if one.at.is_some() => Some(Taker::Milestone),
        Report::Milestone(one) => match one.name {
            MilestoneName::Discovered
            | MilestoneName::ShouldHaveKnown
            | MilestoneName::Verified
            | MilestoneName::Determined => Some(Taker::Milestone),
            _ => None,
        },
        _ => None,
    }
}
