//! The fold: facts in any order, any number of times, incidents out.

use crate::Incident;
use crate::assemble::incident_id;
use crate::attempts::Attempts;
use crate::decisions::{Bears, Decisions};
use crate::excused::AllExcused;
use crate::findings::{Digest, Findings, digest};
use crate::grouping::{Link, Scope, Web, matter_group, named};
use crate::ledger::Basis;
use crate::ledgers::Ledgers;
use crate::people::People;
use crate::reports::Reports;
use crate::searches::Searches;
use crate::suppose::{Less, NOTHING};
use crate::withdrawal::{
    ACCESS_EVENTS, ACCOUNTS, BREACH_EVENTS, DECISIONS, Name, Withdrawals, name,
};
use facts::{Account, Act, BreachEvent, Coverage, Decision, Finding, Kleene, Moment, Report};
use std::collections::{BTreeMap, BTreeSet};

/// Names of groups whose incident must be made again. Union what several puts return.
pub type Dirty = BTreeSet<String>;

/// An access that plainly failed: it reached nothing, and is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The name of the group it belongs to; see [`facts::Finding::group`].
    pub group: String,
    /// The access's id.
    pub access: String,
    /// When it began.
    pub at: Moment,
}

/// What became of incidents whose facts changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rebuilt {
    /// Incidents whose facts are not those of the last time, by id.
    pub changed: Vec<Incident>,
    /// Ids that name no incident any more, sorted.
    pub gone: Vec<String>,
}

/// Everything on record about incidents. Two folds that were given the same facts answer the same,
/// whatever the order, the repetitions and the calls of [`Fold::rebuild`] between.
///
/// Findings, what is excused and attempts are a table: the last value of a key counts, and `None`
/// takes it back.
/// Everything else accumulates. [`Fold::rebuild`] costs time in proportion to what changed since
/// the last time; only where a report says something else of keys, of circumstances or of what is
/// one instance, in proportion to the findings of the incident, as [`Fold::incidents`] does.
#[derive(Debug, Clone, Default)]
pub struct Fold {
    pub(crate) findings: Findings,
    pub(crate) excused: AllExcused,
    pub(crate) attempts: Attempts,
    pub(crate) searches: Searches,
    pub(crate) people: People,
    pub(crate) reports: Reports,
    pub(crate) decisions: Decisions,
    pub(crate) withdrawals: Withdrawals,
    /// What the accesses of each incident came to at the last [`Fold::rebuild`].
    ledgers: Ledgers,
    /// Statements of `revoke` decisions: what each id takes back.
    revocations: BTreeMap<String, BTreeSet<String>>,
    /// By group: the incidents that held it, or some of it, at the last [`Fold::rebuild`].
    held_by: BTreeMap<String, BTreeSet<String>>,
    /// By incident: its groups and the digest of its facts then.
    published: BTreeMap<String, (BTreeSet<String>, String)>,
}

impl Fold {
    /// Nothing on record.
    pub fn new() -> Fold {
        Fold::default()
    }

    /// Replaces the finding at `key` on the findings topic; `None` is a tombstone.
    pub fn put_finding(&mut self, key: String, finding: Option<Finding>) -> Dirty {
        let (key, stood) = self.findings.keys(key, finding.as_ref());
        let mut dirty = Dirty::new();
        if let Some(stood) = stood {
            dirty.extend(self.put_own(&stood, None));
        }
        dirty.extend(self.put_own(&key, finding));
        dirty
    }

    /// Replaces what an access would be without the grants of [`Finding::late_grants`], all of them
    /// recorded late, at `key`; `None` is a tombstone. It counts nowhere. An incident of which
    /// nothing else is on record is told, to say by which records: [`Incident::is_excused`].
    pub fn put_excused(&mut self, key: String, finding: Option<Finding>) -> Dirty {
        if let Some(finding) = &finding {
            self.findings.register(&finding.access);
        }
        self.excused.put(&key, finding)
    }

    /// Replaces the finding at its own key.
    fn put_own(&mut self, key: &str, finding: Option<Finding>) -> Dirty {
        let Some(change) = self.findings.change(key, finding) else {
            return Dirty::new();
        };
        let groups = self.findings.groups_of(&change);
        self.take_back(change.access, &groups);
        self.findings.make(change);
        groups
    }

    /// Takes an access out of the ledgers of `groups`, before what is known of it changes.
    fn take_back(&mut self, access: Digest, groups: &Dirty) {
        let basis = Basis::new(&self.findings, &self.people);
        self.ledgers.take_back(access, groups, basis);
    }

    /// Takes everything about these accounts out of the ledgers, before what is known of them
    /// changes; gives the groups that this concerns.
    fn take_back_accounts(&mut self, accounts: &BTreeSet<u32>) -> Dirty {
        let mut dirty = Dirty::new();
        for account in accounts {
            let basis = Basis::new(&self.findings, &self.people);
            for held in self.findings.of_account(*account) {
                let group = Dirty::from([self.findings.group_of_entry(held).to_owned()]);
                self.ledgers.take_back(held.access, &group, basis);
            }
            let groups = self.groups_of_account(*account);
            self.ledgers.doubt_account(*account, &groups);
            dirty.extend(groups);
        }
        dirty
    }

    /// Replaces the attempt at `key` on the findings topic; `None` is a tombstone.
    pub fn put_attempt(&mut self, key: String, attempt: Option<Attempt>) -> Dirty {
        self.attempts.put(key, attempt)
    }

    /// Says that `group` (such as `matter:M-7`, or `actor:…` for a standing duty that was revoked)
    /// is searched completely when `selectors`, by digest, are done on `partitions` partitions of
    /// the accesses. Replaces what was said before, so that a selector that a newer one supersedes
    /// is waited for no longer; so the caller gives all that stand now.
    pub fn expect_searches(
        &mut self,
        group: &str,
        selectors: BTreeSet<String>,
        partitions: i32,
    ) -> Dirty {
        let news = self.searches.expect(group, selectors, partitions);
        if news {
            Dirty::from([group.to_owned()])
        } else {
            Dirty::new()
        }
    }

    /// Takes in how a search stands. The furthest counts, in whatever order it is told: a cut stays
    /// a cut, and of what came as far `done` outranks `searching`. A search that nobody expects
    /// changes nothing.
    pub fn put_coverage(&mut self, coverage: &Coverage) -> Dirty {
        match self.searches.put(coverage) {
            Some(_) if self.searches.is_for_all(&coverage.selector) => self.held_groups(),
            Some(groups) => groups,
            None => Dirty::new(),
        }
    }

    /// Says that no incident is counted in full before `selector` is searched on `partitions`
    /// partitions of the accesses. What nobody could read there is a hole only where a group's own
    /// searches are expected.
    pub fn expect_for_all(&mut self, selector: &str, partitions: i32) -> Dirty {
        match self.searches.expect_for_all(selector, partitions) {
            true => self.held_groups(),
            false => Dirty::new(),
        }
    }

    fn held_groups(&self) -> Dirty {
        self.held_by.keys().cloned().collect()
    }

    /// Says how many records of a partition nobody could read, instead of what was said before:
    /// each is a hole in every search there, until it is mended.
    pub fn put_unread(&mut self, partition: i32, records: u64) -> Dirty {
        self.searches.put_unread(partition, records)
    }

    /// Takes in a statement about an account.
    pub fn put_account(&mut self, account: Account) -> Dirty {
        let Some(news) = self.people.news(account) else {
            return Dirty::new();
        };
        let number = self.findings.account(news.account());
        let touched = self.people.touched(&news, number);
        let dirty = self.take_back_accounts(&touched);
        self.people.insert(news, number);
        dirty
    }

    /// Takes in what people say. Answers, readings and revocations count, others are left to
    /// those who use them.
    pub fn put_decision(&mut self, decision: Decision) -> Dirty {
        if let Act::Revoke(revoke) = &decision.act {
            let of = self.revocations.entry(decision.id.clone()).or_default();
            of.insert(revoke.of.clone());
            let targets = of
                .iter()
                .map(|id| name(DECISIONS, id))
                .collect::<BTreeSet<_>>();
            let sure = targets.len() == 1;
            let touched = self
                .withdrawals
                .set(name(DECISIONS, &decision.id), targets, sure);
            return self.groups_of_records(&touched);
        }
        let bears = self.decisions.insert(decision);
        bears
            .iter()
            .flat_map(|one| self.groups_of_bearing(one))
            .collect()
    }

    /// Takes in what responders report.
    pub fn put_breach(&mut self, event: BreachEvent) -> Dirty {
        let id = event.id.clone();
        // What a report joined until now may fall apart by what is said of it.
        let mut dirty = self.groups_of_report(&id);
        let Some(entry) = self.reports.insert(event) else {
            return Dirty::new();
        };
        let mut targets = BTreeSet::new();
        let mut only_retractions = true;
        for statement in entry.statements.iter() {
            match &statement.report {
                Report::Exposure(one) => {
                    for account in one.accounts.iter().flatten() {
                        self.findings.account(account);
                    }
                    only_retractions = false;
                }
                Report::Retraction(one) => {
                    let topic = one.topic.as_deref().unwrap_or(BREACH_EVENTS);
                    targets.insert(name(topic, &one.of));
                }
                _ => only_retractions = false,
            }
        }
        let sure = only_retractions && targets.len() == 1;
        let touched = self
            .withdrawals
            .set(name(BREACH_EVENTS, &id), targets, sure);
        dirty.extend(self.groups_of_records(&touched));
        self.withdraw(&touched);
        dirty.extend(self.groups_of_report(&id));
        dirty
    }

    /// Notes of accesses and account records among `records` whether they stand now.
    fn withdraw(&mut self, records: &BTreeSet<Name>) {
        for (topic, id) in records {
            let withdrawn = self.withdrawals.withdrew(topic, id);
            if topic == ACCESS_EVENTS {
                let access = digest(id.as_bytes());
                if withdrawn != self.findings.is_withdrawn(access) {
                    let groups = self.findings.groups_with_access(access);
                    self.take_back(access, &groups);
                    self.findings.set_withdrawn(access, withdrawn);
                }
            } else if topic == ACCOUNTS && withdrawn != self.people.is_withdrawn(id) {
                self.take_back_accounts(&self.people.accounts_of(id));
                self.people.set_withdrawn(id, withdrawn);
            }
        }
    }

    /// Groups that the report `id` is about, or joins or parts by any of its statements.
    fn groups_of_report(&self, id: &str) -> Dirty {
        let mut groups = Dirty::new();
        for statement in self
            .reports
            .get(id)
            .into_iter()
            .flat_map(|entry| entry.statements.iter())
        {
            groups.insert(matter_group(&statement.matter));
            if let Report::Join(one) | Report::Part(one) = &statement.report {
                groups.extend(named(&statement.matter, one));
            }
        }
        groups
    }

    fn groups_of_records(&self, records: &BTreeSet<Name>) -> Dirty {
        let mut groups = Dirty::new();
        for (topic, id) in records {
            match topic.as_str() {
                BREACH_EVENTS => groups.extend(self.groups_of_report(id)),
                ACCESS_EVENTS => {
                    let access = digest(id.as_bytes());
                    groups.extend(self.findings.groups_with_access(access));
                    groups.extend(self.excused.findings().groups_with_access(access));
                }
                ACCOUNTS => {
                    let accounts = self.people.accounts_of(id);
                    groups.extend(accounts.iter().flat_map(|one| self.groups_of_account(*one)));
                }
                DECISIONS => {
                    let bearing = self.decisions.bearing(id);
                    groups.extend(bearing.iter().flat_map(|one| self.groups_of_bearing(one)));
                }
                _ => {}
            }
        }
        groups
    }

    fn groups_of_account(&self, account: u32) -> Dirty {
        let mut groups = self.findings.groups_with_account(account);
        let name = self.findings.account_name(account);
        groups.extend(self.excused.groups_with_account(name));
        let matters = self.reports.matters_exposing(name);
        groups.extend(matters.iter().map(|matter| matter_group(matter)));
        groups
    }

    fn groups_of_bearing(&self, bears: &Bears) -> Dirty {
        match bears {
            Bears::Everything => self.held_groups(),
            Bears::On(id) => {
                let published = self.published.get(id);
                let mut groups = published.map_or_else(Dirty::new, |(groups, _)| groups.clone());
                // It may be what a part of a joined incident was called, or would be without one of
                // the reports that join and part.
                let joined = self
                    .published
                    .values()
                    .filter(|(groups, _)| groups.len() > 1);
                groups.extend(joined.flat_map(|(groups, _)| groups.iter().cloned()));
                for entry in self.reports.groupings() {
                    groups.extend(self.groups_of_report(&entry.reported.record.id));
                }
                groups
            }
        }
    }

    /// Joins and parts that stand and are clear about what they name. Where a time is disputed, a
    /// join speaks of the longest that it can be and a part of none: too much in one incident is
    /// seen, too little is not.
    fn web(&self) -> Web {
        self.web_less(&NOTHING)
    }

    /// The same without what is supposed away.
    pub(crate) fn web_less(&self, less: &Less) -> Web {
        let (mut joins, mut parts) = (Vec::new(), Vec::new());
        for entry in self.reports.groupings().filter_map(|one| less.seen(one)) {
            let record = &entry.reported.record;
            if self.taking(less).standing(BREACH_EVENTS, &record.id) == Kleene::No
                || entry.reported.is_disputed("matter")
            {
                continue;
            }
            let timeless = ["report.from", "report.until"]
                .iter()
                .any(|path| entry.reported.is_disputed(path));
            match entry.report() {
                Some(Report::Join(one)) => joins.push(Link::new(&record.matter, one)),
                Some(Report::Part(one)) if !timeless => {
                    parts.push(Link::new(&record.matter, one));
                }
                _ => {}
            }
        }
        Web::new(&joins, &parts)
    }

    /// Whether the scope is an incident: a matter, or joined, or something was found in it, or
    /// would be without grants that came late.
    fn exists(&self, web: &Web, scope: &Scope) -> bool {
        let is_matter = |group: &String| {
            let matter = group.strip_prefix("matter:");
            matter.is_some_and(|one| self.reports.has_matter(one))
        };
        scope.groups.difference(&scope.guests).any(is_matter)
            || web.is_joined(scope)
            || self.findings.counts_in(scope)
            || self.excused.within(scope).next().is_some()
    }

    /// The incidents that hold any of `groups`, each once, in order.
    fn scopes(&self, web: &Web, groups: &BTreeSet<String>) -> Vec<Scope> {
        let mut scopes = BTreeMap::new();
        for scope in groups.iter().flat_map(|group| web.scopes_of(group)) {
            if !scopes.contains_key(&scope.groups) && self.exists(web, &scope) {
                scopes.insert(scope.groups.clone(), scope);
            }
        }
        scopes.into_values().collect()
    }

    fn all_groups(&self, web: &Web) -> BTreeSet<String> {
        let matters = self.reports.matters().map(|matter| matter_group(matter));
        matters
            .chain(self.findings.groups().cloned())
            .chain(self.excused.groups().cloned())
            .chain(web.joined().cloned())
            .collect()
    }

    /// Every incident, by id.
    pub fn incidents(&self) -> Vec<Incident> {
        let web = self.web();
        let scopes = self.scopes(&web, &self.all_groups(&web));
        let mut incidents: Vec<Incident> = scopes
            .iter()
            .map(|scope| self.assemble_anew(scope))
            .collect();
        incidents.sort_by(|a, b| a.id.cmp(&b.id));
        incidents
    }

    /// The incident that holds `group`, if one does; where a join or part divides the group by
    /// time, the one that holds what they leave of it.
    pub fn incident_of(&self, group: &str) -> Option<Incident> {
        let web = self.web();
        let scopes = self.scopes(&web, &BTreeSet::from([group.to_owned()]));
        let scope = scopes.iter().find(|scope| !scope.guests.contains(group))?;
        Some(self.assemble_anew(scope))
    }

    /// The incident that is made of exactly `groups`, as [`Incident::groups`] names them. Also
    /// where nothing of it is on record here but that it is joined or parted: who reads reports
    /// alone has no findings.
    pub fn incident_among(&self, groups: &[String]) -> Option<Incident> {
        let groups: BTreeSet<String> = groups.iter().cloned().collect();
        let scopes = self.web().scopes_of(groups.first()?);
        let scope = scopes.iter().find(|scope| scope.groups == groups)?;
        Some(self.assemble_anew(scope))
    }

    /// What the groups would be if they were one incident. Their joins and parts do not count.
    pub fn as_one(&self, groups: BTreeSet<String>) -> Incident {
        let scope = Scope {
            groups,
            ..Scope::default()
        };
        self.assemble_less(&scope, &self.ledger(&scope, None), &NOTHING)
    }

    /// Says what was published before a restart: the incident, its groups and the digest of its
    /// facts. What of it is not confirmed by [`Fold::rebuild_all`] is gone.
    pub fn adopt(&mut self, incident: &str, groups: &[String], facts_digest: &str) {
        for group in groups {
            let held_by = self.held_by.entry(group.clone()).or_default();
            held_by.insert(incident.to_owned());
        }
        let groups = groups.iter().cloned().collect();
        self.published
            .insert(incident.to_owned(), (groups, facts_digest.to_owned()));
    }

    /// Makes again the incidents that hold any of `dirty`, now or the last time.
    pub fn rebuild(&mut self, dirty: &Dirty) -> Rebuilt {
        let web = self.web();
        let mut touched = dirty.clone();
        let mut before = BTreeSet::new();
        // A group may leave one incident for another, which must be made again as well; one round
        // for each incident that is met.
        let mut open: Vec<String> = dirty.iter().cloned().collect();
        while let Some(group) = open.pop() {
            let mut met = Dirty::new();
            for scope in web.scopes_of(&group) {
                met.extend(scope.groups);
            }
            // What would be without a join or part rests on all that it names.
            met.extend(self.named_with(&group));
            for id in self.held_by.get(&group).into_iter().flatten() {
                if before.insert(id.clone())
                    && let Some((groups, _)) = self.published.get(id)
                {
                    met.extend(groups.iter().cloned());
                }
            }
            open.extend(
                met.into_iter()
                    .filter(|group| touched.insert(group.clone())),
            );
        }
        let old: BTreeMap<String, String> = before
            .into_iter()
            .filter_map(|id| self.published.remove(&id).map(|(_, digest)| (id, digest)))
            .collect();
        for group in &touched {
            self.held_by.remove(group);
        }
        let mut kept = self.ledgers.take(&touched);
        let mut rebuilt = Rebuilt::default();
        for scope in self.scopes(&web, &touched) {
            let ledger = self.ledger(&scope, kept.remove(&scope.groups));
            let incident = self.assemble(&scope, &ledger);
            self.ledgers.put(ledger);
            self.adopt(&incident.id, &incident.groups, &incident.facts_digest);
            if old.get(&incident.id) != Some(&incident.facts_digest) {
                rebuilt.changed.push(incident);
            }
        }
        rebuilt.changed.sort_by(|a, b| a.id.cmp(&b.id));
        let gone = old
            .into_keys()
            .filter(|id| !self.published.contains_key(id));
        rebuilt.gone = gone.collect();
        rebuilt
    }

    /// Has [`Fold::rebuild`] name the incidents that hold a group of which `is_about` is true, also
    /// where their facts did not change: for whoever decides by more than those, or tells of them
    /// later.
    pub fn name_again(&mut self, is_about: impl Fn(&str) -> bool) -> Dirty {
        let mut dirty = Dirty::new();
        for (groups, facts_digest) in self.published.values_mut() {
            if groups.iter().any(|group| is_about(group)) {
                facts_digest.clear();
                dirty.extend(groups.iter().cloned());
            }
        }
        dirty
    }

    /// The groups that some join or part names together with `group`.
    fn named_with(&self, group: &String) -> Dirty {
        let mut found = Dirty::new();
        for statement in self
            .reports
            .groupings()
            .flat_map(|one| one.statements.iter())
        {
            if let Report::Join(one) | Report::Part(one) = &statement.report {
                let named = named(&statement.matter, one);
                if named.contains(group) {
                    found.extend(named);
                }
            }
        }
        found
    }

    /// [`Fold::rebuild`] for everything: after a restart, or when what decides has changed.
    pub fn rebuild_all(&mut self) -> Rebuilt {
        let mut all = self.all_groups(&self.web());
        all.extend(self.held_by.keys().cloned());
        self.rebuild(&all)
    }

    /// The id of the incident that is the union of `groups`, in any order.
    pub fn id_of(groups: &[String]) -> String {
        incident_id(&groups.iter().cloned().collect::<BTreeSet<String>>())
    }
}
