//! What the answers must be: a single pass over all facts, with no log, no stages, no batches and
//! no search, written apart from the processors. It judges every access by everything on record,
//! folds all of it once, puts every order to every incident and composes every notice.

use crate::world::Fact;
use access::{Judged, Records, Terms};
use facts::{Access, Coverage, CoverageState, Decision, Finding, Variants};
use incident::{Attempt, Fold, Incident, Refused};
use notice::{Decided, Notices, Plan};
use obligation::{Determination, Filing, Instances, Questions, Undigested};
use orders::{Order, Packs};
use std::collections::{BTreeMap, BTreeSet};

/// Key → content, for each topic.
pub(crate) type Said = BTreeMap<&'static str, BTreeMap<String, String>>;

/// The law that binds, as the oracle reads it.
pub(crate) struct Oracle {
    packs: Packs,
    bound: Vec<String>,
    terms: Vec<Terms>,
    decide: obligation::Settings,
    notices: Notices,
}

/// What stands in for every search: the oracle looks at everything, so all of it is done.
const EVERYTHING: &str = "everything";

impl Oracle {
    pub(crate) fn new(orders: &[String]) -> Result<Oracle, String> {
        let packs = Packs::embedded().map_err(|error| error.to_string())?;
        let mut bound = orders.to_vec();
        bound.sort();
        let found: Vec<&Order> = bound.iter().filter_map(|slug| packs.order(slug)).collect();
        let terms = found.iter().map(|order| order.terms.clone()).collect();
        let notices = Notices::new(found, notice::Settings::default());
        let decide = obligation::Settings::new(&[]).map_err(|error| error.to_string())?;
        Ok(Oracle {
            packs,
            bound,
            terms,
            decide,
            notices,
        })
    }

    fn orders(&self) -> impl Iterator<Item = &Order> + Clone {
        self.bound.iter().filter_map(|slug| self.packs.order(slug))
    }

    /// What must be said of `facts`; `unreadable`: how many accesses nobody can read, by partition.
    pub(crate) fn answers(
        &self,
        facts: &[&Fact],
        partitions: i32,
        unreadable: &BTreeMap<i32, u64>,
    ) -> Result<Said, String> {
        let mut said = Said::new();
        let mut fold = Fold::new();
        let records = on_record(facts, &mut fold);
        expect_searches(&records, &mut fold, partitions, unreadable);
        let findings = said.entry("findings").or_default();
        let mut excused = Vec::new();
        for statements in accesses(facts).values() {
            let settings = access::Settings::default();
            let (judged, less) =
                access::judge_and_excuse(statements, &records, &self.terms, &settings);
            for judged in judged {
                put_judged(judged, statements, &mut fold, findings);
            }
            excused.extend(less);
        }
        for finding in excused {
            let all = said.entry("excused").or_default();
            all.insert(finding.excused_key(), facts::canonical_json(&finding));
            fold.put_excused(finding.excused_key(), Some(finding));
        }
        let decisions: BTreeSet<Decision> = facts.iter().filter_map(|one| decision(one)).collect();
        let decisions: Vec<Decision> = decisions.into_iter().collect();
        let decided = Decided::new(&decisions);
        for record in decided.records() {
            let notices = said.entry("notices").or_default();
            notices.insert(record.id.clone(), facts::canonical_json(&record));
        }
        for entry in decided.outbox() {
            let outbox = said.entry("outbox").or_default();
            outbox.insert(entry.key(), facts::canonical_json(&entry));
        }
        let decide = |incident: &Incident| self.decide(incident, &decided);
        let incidents = fold.incidents().into_iter();
        let answers = incidents.map(|one| {
            let answers = decide(&one);
            (one, answers)
        });
        let mut all: Vec<obligation::Decided> = answers.collect();
        all.retain(|(incident, answers)| obligation::keep_told(incident, answers));
        Instances::default().settle(self.orders(), &fold, &self.decide, &mut all, &[], &decide);
        let groups = all.iter().flat_map(|(incident, _)| &incident.groups);
        let present = groups.map(|group| notice::group_digest(group)).collect();
        for (incident, determinations) in all {
            let digested = determinations.into_iter().map(Undigested::digested);
            let determinations: Vec<Determination> = digested.collect();
            self.say(&incident, &determinations, &decided, &mut said)?;
        }
        say_notices(&self.notices.plan_of_gone(&present, &decided), &mut said)?;
        Ok(said)
    }

    /// Every order put to one incident: a release is its duty done, and what was given under one
    /// statute or regulation is a notice to every other order.
    fn decide(&self, incident: &Incident, decided: &Decided) -> Vec<Undigested> {
        let incident = obligation::with_reports(incident, decided.performed(incident));
        let filings: Vec<Filing> = self
            .orders()
            .flat_map(|order| Filing::of(order, &incident))
            .collect();
        let mut determinations: Vec<Undigested> = Vec::new();
        for order in self.orders() {
            let seen = obligation::with_filings(order, &incident, &filings);
            determinations.extend(obligation::decide_each(order, &seen, &self.decide));
        }
        determinations
    }

    /// What people decided of one incident that no order follows.
    fn refused(&self, incident: &Incident, decided: &Decided) -> Vec<Refused> {
        let seen = obligation::with_reports(incident, decided.performed(incident));
        let filings = |order| Filing::of(order, &seen);
        let filings: Vec<Filing> = self.orders().flat_map(filings).collect();
        let mut questions = Questions::default();
        for order in self.orders() {
            questions.add(order, &obligation::with_filings(order, &seen, &filings));
        }
        questions.refused(incident)
    }

    /// One incident, its determinations and its notices.
    fn say(
        &self,
        incident: &Incident,
        determinations: &[Determination],
        decided: &Decided,
        said: &mut Said,
    ) -> Result<(), String> {
        let asks = determinations.iter().flat_map(|one| &one.asks);
        let questions: BTreeSet<String> = asks.map(|ask| ask.id.clone()).collect();
        let refused = self.refused(incident, decided);
        let record = incident::record(incident, questions.into_iter().collect(), refused);
        let incidents = said.entry("incidents").or_default();
        incidents.insert(incident.id.clone(), facts::canonical_json(&record));
        for one in determinations {
            let all = said.entry("determinations").or_default();
            all.insert(one.key(), facts::canonical_json(one));
        }
        say_notices(&self.notices.plan(incident, determinations, decided), said)
    }
}

fn say_notices(plan: &Plan, said: &mut Said) -> Result<(), String> {
    if let Some(waiting) = plan.waiting.first() {
        return Err(format!("nothing can be composed: {waiting:?}"));
    }
    for record in &plan.records {
        let notices = said.entry("notices").or_default();
        notices.insert(record.id.clone(), facts::canonical_json(record));
    }
    for entry in &plan.outbox {
        let outbox = said.entry("outbox").or_default();
        outbox.insert(entry.key(), facts::canonical_json(entry));
    }
    Ok(())
}

fn decision(fact: &Fact) -> Option<Decision> {
    match fact {
        Fact::Decision(decision) => Some((**decision).clone()),
        _ => None,
    }
}

/// All statements of each access.
fn accesses(facts: &[&Fact]) -> BTreeMap<String, Variants<Access>> {
    let mut accesses: BTreeMap<String, Variants<Access>> = BTreeMap::new();
    for fact in facts {
        if let Fact::Access(access) = fact {
            let statements = accesses.entry(access.id.clone()).or_default();
            statements.insert((**access).clone());
        }
    }
    accesses
}

/// Takes in everything that is no access.
fn on_record(facts: &[&Fact], fold: &mut Fold) -> Records {
    let mut records = Records::new();
    for fact in facts {
        match fact {
            Fact::Grant(grant) => {
                records.add_grant((**grant).clone());
            }
            Fact::Account(account) => {
                fold.put_account((**account).clone());
            }
            Fact::Breach(event) => {
                records.add_breach((**event).clone());
                fold.put_breach((**event).clone());
            }
            Fact::Decision(decision) => {
                fold.put_decision((**decision).clone());
            }
            Fact::Access(_) | Fact::Junk(..) => {}
        }
    }
    records
}

/// Whatever is looked for was searched everywhere; what nobody can read is a hole.
fn expect_searches(
    records: &Records,
    fold: &mut Fold,
    partitions: i32,
    unreadable: &BTreeMap<i32, u64>,
) {
    for selector in records.selectors() {
        if selector.withdrawn {
            continue;
        }
        let matters = selector.matters.iter().map(|one| format!("matter:{one}"));
        let mut groups: Vec<String> = matters.collect();
        if groups.is_empty() {
            let actors = selector.actors().unwrap_or_default();
            groups.extend(actors.iter().map(|one| format!("actor:{}", one.reveal())));
        }
        for group in groups {
            fold.expect_searches(&group, BTreeSet::from([EVERYTHING.to_owned()]), partitions);
        }
    }
    for partition in 0..partitions {
        fold.put_coverage(&Coverage {
            selector: EVERYTHING.to_owned(),
            matters: Vec::new(),
            partition,
            from: 0,
            to: 0,
            state: CoverageState::Done,
            holes: unreadable.get(&partition).copied().unwrap_or(0),
        });
    }
}

fn put_judged(
    judged: Judged,
    statements: &Variants<Access>,
    fold: &mut Fold,
    findings: &mut BTreeMap<String, String>,
) {
    match judged {
        Judged::Finding(mut finding) => {
            finding.source = None;
            findings.insert(finding.key(), facts::canonical_json(&finding));
            fold.put_finding(finding.key(), Some(*finding));
        }
        Judged::Attempt(attempt) => {
            // On the topic an attempt is a finding whose access failed; only its key is compared.
            let key = statements.merged().map(|merged| {
                let actor = merged.record.actor.as_ref().map_or("", |one| one.reveal());
                let variant = facts::digest_parts(&[actor, merged.record.account.reveal()]);
                format!("{}|{}|{}", attempt.group, attempt.access, &variant[..8])
            });
            let key = key.unwrap_or_default();
            findings.insert(key.clone(), ATTEMPT.to_owned());
            let attempt = Attempt {
                group: attempt.group,
                access: attempt.access,
                at: attempt.at,
            };
            fold.put_attempt(key, Some(attempt));
        }
    }
}

/// What stands for the content of an attempt.
pub(crate) const ATTEMPT: &str = "attempt";

/// The content of a finding on the topic, as the oracle tells it.
pub(crate) fn content(finding: &Finding) -> String {
    let failed = matches!(
        finding.access.outcome,
        Some(facts::Outcome::Denied | facts::Outcome::Failed)
    );
    if failed {
        ATTEMPT.to_owned()
    } else {
        facts::canonical_json(finding)
    }
}
