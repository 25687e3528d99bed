//! An incident as it would be without records about accounts, or without grants that came late.
//!
//! Each of them takes away a little, so they are supposed away one by one and also together. Every
//! set that is supposed away is of whole records, and what is left is counted as it would be: what
//! is said here of a set holds of exactly that set.

use super::{Less, NOTHING, RECORDS_MAX};
use crate::findings::{Digest, Held};
use crate::fold::Fold;
use crate::grouping::Scope;
use crate::ledger::{Basis, ByAccount, Instead, Ledger};
use crate::roster::Roster;
use crate::{Incident, Taker, Without};
use facts::{Act, Decision, Finding, Moment, Report, TallyUnit};
use std::collections::{BTreeMap, BTreeSet};

/// Up to how many accesses, and accounts that exposures name, an incident is counted otherwise. It
/// is done with every change of it, and one record takes away nothing of a greater one.
const COUNTED_MAX: usize = 10_000;
/// Up to how many accounts it is known of how many those accesses are that are too many to count.
const ACCOUNTS_MAX: usize = 1_000;
/// Bounds the search for records about accounts that may have taken something away: looks at what
/// they say, and when it was asked.
const LOOKS_MAX: usize = 1_000_000;

/// Entries of what is excused, with their numbers.
type Entries<'a> = Vec<(u32, &'a Held)>;

/// Sets of records about accounts, each by their ids and by their numbers, and of how many more it
/// was not tried. Which they are does not hang on the order in which they came.
#[derive(Default)]
struct Sets {
    sets: BTreeMap<Vec<String>, BTreeSet<u32>>,
    /// The accesses of the incident.
    accesses: ByAccount,
    more: u64,
}

impl Fold {
    /// How many entries of `group` are gone through again and again to say what its incident would
    /// be without records; of more than are counted otherwise none are.
    pub fn entries_supposed(&self, group: &str) -> u64 {
        let counted = [&self.findings, self.excused.findings()].map(|all| all.many_in(group));
        let counted = counted
            .into_iter()
            .filter(|many| *many <= COUNTED_MAX as u64);
        counted.sum()
    }

    /// Adds to `incident`, whose ledger is `ledger`, what it would be without these.
    pub(crate) fn without_several(&self, scope: &Scope, ledger: &Ledger, incident: &mut Incident) {
        let of_accounts = self.sets_of_accounts(ledger, incident);
        incident.without_more += of_accounts.more;
        for (records, away) in of_accounts.sets {
            let less = Less {
                accounts: away,
                ..Less::default()
            };
            let basis = self.basis();
            let accounts = self.people.accounts_of_all(&less.accounts);
            let away = &less.accounts;
            let on = (&accounts, &of_accounts.accesses);
            let ledger = ledger.by_less(on, basis, Basis { away, ..basis });
            let one = self.supposed(scope, &ledger, &less, (Taker::Account, records));
            incident.without.push(one);
        }
        self.without_late(scope, ledger, incident);
    }

    fn supposed(
        &self,
        scope: &Scope,
        ledger: &Ledger,
        less: &Less,
        (taker, records): (Taker, Vec<String>),
    ) -> Without {
        let mut incident = self.assemble_less(scope, ledger, less);
        incident.facts_digest = self.digest(scope, &incident, ledger.digest());
        Without {
            records,
            taker,
            incident,
        }
    }

    /// The records about accounts without which, or without several of which, more may count.
    fn sets_of_accounts(&self, ledger: &Ledger, incident: &Incident) -> Sets {
        // Where people said how many, or what nobody knew, who says more may take that away.
        let is_answer = |one: &Decision| matches!(one.act, Act::Answer(_));
        // Which devices those were nobody learns from an account.
        let is_tally = |one: &crate::Reported| match &one.record.report {
            Report::Tally(tally) => tally.unit != TallyUnit::Devices,
            _ => false,
        };
        let any = incident.decisions.iter().any(is_answer) || incident.reports.iter().any(is_tally);
        let [here, ..] = ledger.rosters();
        let contrary = self.people.contrary();
        if ledger.entries() == 0 || (contrary.is_empty() && !any) {
            return Sets::default();
        }
        if ledger.entries() > COUNTED_MAX as u64 {
            return Sets {
                more: u64::from(any || self.holds_contrary(here)),
                ..Sets::default()
            };
        }
        let members = here.members();
        let members: BTreeSet<u32> = match any {
            true => members.collect(),
            false => members.filter(|one| contrary.contains(one)).collect(),
        };
        self.try_accounts(&members, ledger, any).unwrap_or(Sets {
            more: 1,
            ..Sets::default()
        })
    }

    /// Whether a record on an account among `here` may take something away: a question about these
    /// accounts alone, whatever else is on record.
    fn holds_contrary(&self, here: &Roster) -> bool {
        let contrary = self.people.contrary();
        let many: u64 = here.sets().map(|(_, members)| members).sum();
        match contrary.len() as u64 <= many {
            true => contrary.iter().any(|account| here.holds(*account)),
            false => here.members().any(|account| contrary.contains(&account)),
        }
    }

    /// Nothing where that would be too much.
    fn try_accounts(&self, members: &BTreeSet<u32>, ledger: &Ledger, any: bool) -> Option<Sets> {
        if members.is_empty() {
            return Some(Sets::default());
        }
        let exposed_at = ledger.exposed_at();
        let accesses = ledger.by_account(self.basis());
        let mut left = LOOKS_MAX;
        let mut singly = BTreeSet::new();
        let mut together: [BTreeSet<u32>; 3] = Default::default();
        for account in members {
            let many = self.people.many_on(*account);
            let here = accesses.get(account).into_iter().flatten();
            let mut moments: BTreeSet<Moment> = here.map(|(_, at)| *at).collect();
            moments.extend(&exposed_at);
            let looks = many.saturating_pow(3).saturating_add(moments.len());
            left = left.checked_sub(looks)?;
            let takers = self.people.takers(*account, &moments, any);
            singly.extend(takers.singly);
            for (all, of_account) in together.iter_mut().zip(takers.together) {
                all.extend(of_account);
            }
        }
        let named = |all: BTreeSet<u32>| (self.people.ids_of(&all), all);
        let alone = singly.into_iter().map(|one| named(BTreeSet::from([one])));
        let alone: BTreeMap<Vec<String>, BTreeSet<u32>> = alone.collect();
        let more = alone.len().saturating_sub(RECORDS_MAX) as u64;
        let mut sets: BTreeMap<_, _> = alone.into_iter().take(RECORDS_MAX).collect();
        sets.extend(together.into_iter().filter(|all| all.len() > 1).map(named));
        Some(Sets {
            sets,
            accesses,
            more,
        })
    }

    /// Adds what it would be without grants that came late; where these excuse too much to be
    /// counted, which they are.
    fn without_late(&self, scope: &Scope, ledger: &Ledger, incident: &mut Incident) {
        let Some(here) = self.excused_in(scope, ledger) else {
            let (grants, more) = self.excused.grants_of(scope, RECORDS_MAX);
            incident.uncounted_accounts = self.excused.accounts_of(scope, ACCOUNTS_MAX);
            incident.uncounted = grants;
            incident.without_more += more;
            return;
        };
        let excused = self.excused.findings();
        let mut lists: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for (number, _) in &here {
            if let Some(list) = excused.late_number(*number) {
                let list = lists.entry(list);
                list.or_insert_with(|| excused.late_grants(*number));
            }
        }
        let of_lists = |is: &dyn Fn(usize) -> bool| -> BTreeSet<&String> {
            let those = lists.values().filter(|list| is(list.len()));
            those.flatten().collect()
        };
        // A list of so many may be a part of one: without those that it names nothing is known.
        let is_part = |many: usize| many >= Finding::LATE_GRANTS_MAX;
        let parts = of_lists(&is_part);
        let all = of_lists(&|many| !is_part(many));
        // What it is without one of so many is not known.
        let too_many = of_lists(&|many| many > Finding::EXCUSES_MAX);
        let mut singly: BTreeMap<&String, Instead<'_>> = BTreeMap::new();
        let mut longest: BTreeMap<(Digest, u32, u32), (usize, Entries<'_>)> = BTreeMap::new();
        for (number, held) in here {
            let list = excused.late_number(number);
            let list = list.and_then(|list| lists.get(&list));
            let Some(list) = list.filter(|list| !is_part(list.len())) else {
                continue;
            };
            if let [grant] = list.as_slice() {
                let without = singly.entry(grant).or_default();
                without.entry(held.access).or_default().push((number, held));
            }
            // Without all of them an access is without all that excuse it: the longest list, of
            // each statement of who reached whose information.
            let [actor, ..] = excused.others_of(held);
            let statement = (held.access, actor, held.account);
            let (longest, entries) = longest.entry(statement).or_default();
            if list.len() > *longest {
                *longest = list.len();
                entries.clear();
            }
            if list.len() == *longest {
                entries.push((number, held));
            }
        }
        let mut together = Instead::new();
        for ((access, ..), (_, entries)) in longest {
            together.entry(access).or_default().extend(entries);
        }
        singly.retain(|grant, _| !too_many.contains(grant));
        let more = singly.len().saturating_sub(RECORDS_MAX);
        let more = more.saturating_add(parts.len().saturating_sub(RECORDS_MAX));
        incident.without_more += more as u64;
        if !parts.is_empty() {
            incident.uncounted_accounts = self.excused.accounts_of(scope, ACCOUNTS_MAX);
        }
        let parts = parts.into_iter().take(RECORDS_MAX);
        incident.uncounted = parts.cloned().collect();
        let singly = singly.into_iter().take(RECORDS_MAX);
        let singly = singly.map(|(grant, instead)| (vec![grant.clone()], instead));
        let mut sets: Vec<(Vec<String>, Instead<'_>)> = singly.collect();
        if all.len() > 1 {
            sets.push((all.into_iter().cloned().collect(), together));
        }
        for (records, instead) in sets {
            let ledger = ledger.with_instead(&instead, excused, self.basis());
            let one = self.supposed(scope, &ledger, &NOTHING, (Taker::LateGrant, records));
            incident.without.push(one);
        }
    }

    /// What is excused in `scope`; nothing where those accesses, or those that count, are too many.
    fn excused_in<'a>(&'a self, scope: &'a Scope, ledger: &Ledger) -> Option<Vec<(u32, &'a Held)>> {
        let most = match ledger.entries() > COUNTED_MAX as u64 {
            true => 0,
            false => COUNTED_MAX,
        };
        let (mut here, mut accesses) = (Vec::new(), BTreeSet::new());
        for (number, held) in self.excused.within(scope) {
            accesses.insert(held.access);
            if accesses.len() > most {
                return None;
            }
            here.push((number, held));
        }
        Some(here)
    }
}

#[cfg(test)]
mod tests {
    use crate::fold::Fold;
    use serde_json::json;

    /// A demonstration account, which everybody looks at, costs an incident no more than an account
    /// that nobody else saw.
    #[test]
    fn what_others_did_with_an_account_is_not_gone_through() {
        let passes = |others: u64| {
            let mut fold = Fold::new();
            let no_home = json!({"id": "r", "account": "demo", "residential": "no",
                "recorded_at": "2026-05-01T00:00:00Z"});
            fold.put_account(serde_json::from_value(no_home).unwrap());
            let by = std::iter::once("x".to_owned());
            let by = by.chain((0..others).map(|number| format!("o{}", number % 100)));
            for (number, actor) in by.enumerate() {
                let finding = json!({
                    "group": format!("actor:{actor}"), "verdict": "unauthorised",
                    "ground": "established", "reason": "no_basis",
                    "access": {"id": format!("e{number}"), "at": "2026-06-01T00:00:00Z",
                        "actor": actor, "actor_kind": "employee", "action": "view",
                        "outcome": "succeeded", "information": "home_security_recording",
                        "account": "demo", "visibility": "private", "encrypted": "no"}});
                let finding: facts::Finding = serde_json::from_value(finding).unwrap();
                fold.put_finding(finding.key(), Some(finding));
            }
            let before = fold.findings.passed();
            let incident = fold.incident_of("actor:x").unwrap();
            assert_eq!(incident.without.len(), 1);
            fold.findings.passed() - before
        };
        let [alone, among_many] = [0, 2_000].map(passes);
        assert!(alone > 0);
        assert_eq!(alone, among_many);
    }
}
