//! What assess knows: facts folded into incidents, and every bound order put to each of them.
//!
//! The processor keeps one up to date; commands that look at finished results build one from the
//! same topics. Both give the same answers, since an answer is a function of the facts.

use crate::codec::Codec;
use crate::law::Law;
use crate::processors::{MENDED, STANDING, UNJUDGED, UNREADABLE};
use crate::topology::Topic;
use access::Records;
use facts::{Account, Act, BreachEvent, Coverage, Decision, Finding, Grant, Outcome};
use incident::{Attempt, Dirty, Fold, Incident, Refused};
use notice::Decided;
use obligation::{Determination, Instances, Undigested};
use std::collections::{BTreeMap, BTreeSet};

/// At most so many entries are gone through again and again in one piece of work, to say what
/// incidents would be without records; one incident at least.
const PIECE_ENTRIES_MAX: u64 = 100_000;

/// One incident and what is owed for it.
pub(crate) struct Assessed {
    /// The incident.
    pub(crate) incident: Incident,
    /// One per bound order and duty.
    pub(crate) determinations: Vec<Determination>,
    /// The decisions on record for it that none of these follows.
    pub(crate) refused: Vec<Refused>,
}

/// What changed.
pub(crate) struct Changed {
    /// Incidents whose facts changed.
    pub(crate) assessed: Vec<Assessed>,
    /// Ids of incidents that are no more.
    pub(crate) gone: Vec<String>,
    /// Whether facts changed that are not in this piece.
    pub(crate) more: bool,
}

/// The accesses that could not be read, of the partitions that one of the candidates' speaks of:
/// how many, by who read them first, and those that were read after all. Each only grows, in
/// whatever order it is told.
#[derive(Default)]
struct Unread {
    /// By partition of accesses.
    by_screen: BTreeMap<i32, u64>,
    by_scope: u64,
    /// As candidates.
    by_verify: u64,
    /// By partition of accesses and offset: the partitions of candidates that have judged what came
    /// of it.
    mended: BTreeMap<(i32, i64), BTreeSet<i64>>,
}

impl Unread {
    /// Of candidates with so many partitions.
    fn left(&self, partitions: i32) -> u64 {
        let by_screen = self.by_screen.values().copied();
        let all = by_screen.fold(self.by_scope, u64::saturating_add);
        let judged = |by: &&BTreeSet<i64>| by.len() as u64 >= u64::from(partitions.unsigned_abs());
        let mended = self.mended.values().filter(judged).count() as u64;
        all.saturating_sub(mended).saturating_add(self.by_verify)
    }
}

/// See the module.
pub(crate) struct Assessment {
    fold: Fold,
    records: Records,
    /// On how many partitions of candidates everything must be judged that a search found.
    partitions: i32,
    selectors_changed: bool,
    /// Groups for which searches are expected.
    expected: BTreeSet<String>,
    /// The accesses that could not be read, by the partition of candidates that speaks of them.
    unread: BTreeMap<i32, Unread>,
    /// What people decided about notices.
    on_notices: BTreeSet<Decision>,
    on_notices_changed: bool,
    /// What came of it.
    decided: Decided,
    dirty: Dirty,
    /// What incidents would come to if they were one instance.
    instances: Instances,
    /// While those that are there at the start are gone through in pieces, and not all are known:
    /// the groups of incidents that are told once they are.
    untold: Option<Dirty>,
}

impl Assessment {
    /// With nothing on record; a search is finished when all `partitions` of candidates say so.
    pub(crate) fn new(partitions: i32) -> Assessment {
        let mut fold = Fold::new();
        // What screen passes on of itself is not looked at before its first start, nor where it has
        // passed over accesses: no incident is counted in full before scope went back.
        fold.expect_for_all(STANDING, partitions);
        Assessment {
            fold,
            records: Records::new(),
            partitions,
            selectors_changed: false,
            expected: BTreeSet::new(),
            unread: BTreeMap::new(),
            on_notices: BTreeSet::new(),
            on_notices_changed: false,
            decided: Decided::default(),
            dirty: Dirty::new(),
            instances: Instances::default(),
            untold: Some(Dirty::new()),
        }
    }

    /// Takes in a record of one of assess's topics.
    pub(crate) fn put(
        &mut self,
        codec: &Codec,
        topic: Topic,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<(), crate::codec::Bad> {
        let dirty = match topic {
            Topic::Findings => {
                let key = String::from_utf8_lossy(key.unwrap_or_default()).into_owned();
                let finding: Option<Finding> =
                    value.map(|value| codec.decode(topic, value)).transpose()?;
                self.put_finding(key, finding)
            }
            Topic::Excused => {
                let key = String::from_utf8_lossy(key.unwrap_or_default()).into_owned();
                let finding = value.map(|value| codec.decode(topic, value)).transpose()?;
                self.fold.put_excused(key, finding)
            }
            Topic::Searched => match value {
                Some(value) => self.put_coverage(codec.decode(topic, value)?),
                None => Dirty::new(),
            },
            Topic::BreachEvents => match value {
                Some(value) => {
                    let event: BreachEvent = codec.decode(topic, value)?;
                    let changes = self.records.add_breach(event.clone());
                    self.selectors_changed |= changes.screen || !changes.selectors.is_empty();
                    self.fold.put_breach(event)
                }
                None => Dirty::new(),
            },
            Topic::Grants => {
                if let Some(value) = value {
                    let grant: Grant = codec.decode(topic, value)?;
                    let changes = self.records.add_grant(grant);
                    self.selectors_changed |= changes.screen || !changes.selectors.is_empty();
                }
                Dirty::new()
            }
            Topic::Accounts => match value {
                Some(value) => self
                    .fold
                    .put_account(codec.decode::<Account>(topic, value)?),
                None => Dirty::new(),
            },
            Topic::Decisions => match value {
                Some(value) => {
                    let decision: Decision = codec.decode(topic, value)?;
                    if !matches!(decision.act, Act::Answer(_) | Act::Reading(_)) {
                        self.on_notices_changed |= self.on_notices.insert(decision.clone());
                    }
                    self.fold.put_decision(decision)
                }
                None => Dirty::new(),
            },
            _ => Dirty::new(),
        };
        self.dirty.extend(dirty);
        Ok(())
    }

    /// A finding whose access plainly failed is an attempt: counted, and nothing more.
    fn put_finding(&mut self, key: String, finding: Option<Finding>) -> Dirty {
        let failed = |finding: &Finding| {
            matches!(
                finding.access.outcome,
                Some(Outcome::Denied | Outcome::Failed)
            )
        };
        match finding {
            Some(finding) if failed(&finding) => {
                let mut dirty = self.fold.put_finding(key.clone(), None);
                let attempt = Attempt {
                    group: finding.group,
                    access: finding.access.id,
                    at: finding.access.at,
                };
                dirty.extend(self.fold.put_attempt(key, Some(attempt)));
                dirty
            }
            other => {
                let mut dirty = self.fold.put_attempt(key.clone(), None);
                dirty.extend(self.fold.put_finding(key, other));
                dirty
            }
        }
    }

    /// An access that nobody could read is a hole in every search of its partition, whenever the
    /// search began: what was in it may have been sought. Screen counts those from its first start
    /// on; those before it are scope's, with the search for what screen passes on of itself. One
    /// that was read after all, since its dead letter was redriven, is a hole no more.
    fn put_coverage(&mut self, mut coverage: Coverage) -> Dirty {
        let partition = coverage.partition % self.partitions.max(1);
        let unread = self.unread.entry(partition).or_default();
        match coverage.selector.as_str() {
            MENDED => {
                let place = (coverage.partition, coverage.from);
                unread.mended.entry(place).or_default().insert(coverage.to);
            }
            UNREADABLE => {
                let known = unread.by_screen.entry(coverage.partition).or_default();
                *known = coverage.holes.max(*known);
            }
            UNJUDGED => unread.by_verify = coverage.holes,
            STANDING => unread.by_scope = coverage.holes.max(unread.by_scope),
            _ => {}
        }
        let left = unread.left(self.partitions);
        let mut dirty = self.fold.put_unread(partition, left);
        if ![UNREADABLE, MENDED, UNJUDGED].contains(&coverage.selector.as_str()) {
            coverage.holes = 0;
            dirty.extend(self.fold.put_coverage(&coverage));
        }
        dirty
    }

    /// Says which searches stand now.
    fn expect(&mut self) {
        let mut by_group: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for selector in self
            .records
            .selectors()
            .into_iter()
            .filter(|one| !one.withdrawn)
        {
            let of_matters = selector
                .matters
                .iter()
                .map(|matter| format!("matter:{matter}"));
            let mut groups: Vec<String> = of_matters.collect();
            if groups.is_empty() {
                let actors = selector.actors().unwrap_or_default();
                groups.extend(
                    actors
                        .iter()
                        .map(|actor| format!("actor:{}", actor.reveal())),
                );
            }
            for group in groups {
                by_group
                    .entry(group)
                    .or_default()
                    .insert(selector.digest.clone());
            }
        }
        // Of these, what nobody could read there is a hole as well.
        for selectors in by_group.values_mut() {
            selectors.insert(STANDING.to_owned());
        }
        let before = std::mem::take(&mut self.expected);
        self.expected = by_group.keys().cloned().collect();
        for group in before {
            by_group.entry(group).or_default();
        }
        for (group, selectors) in by_group {
            let dirty = self
                .fold
                .expect_searches(&group, selectors, self.partitions);
            self.dirty.extend(dirty);
        }
    }

    /// Judges what people decided about notices. A release is its duty done, and one that is taken
    /// back is not: the incidents of either are decided again.
    fn judge_releases(&mut self, law: &Law) {
        if !std::mem::take(&mut self.on_notices_changed) {
            return;
        }
        let decisions: Vec<Decision> = self.on_notices.iter().cloned().collect();
        let before = self.decided.released_about();
        self.decided = law.decided(&decisions);
        let now = self.decided.released_about();
        let only_in = |these: &BTreeMap<String, Vec<String>>, those: &BTreeMap<_, Vec<String>>| {
            let gone = these.iter().filter(|(id, _)| !those.contains_key(*id));
            gone.flat_map(|(_, groups)| groups.clone())
                .collect::<BTreeSet<String>>()
        };
        let mut about = only_in(&before, &now);
        about.extend(only_in(&now, &before));
        if !about.is_empty() {
            let again = self
                .fold
                .name_again(|group| about.contains(&notice::group_digest(group)));
            self.dirty.extend(again);
        }
    }

    /// Incidents that changed since the last time, with their determinations, and the ids of
    /// incidents that are no more: those that hold one of at most `most` groups whose facts
    /// changed. Whether more are left comes with it.
    pub(crate) fn changed(&mut self, law: &Law, most: usize) -> Changed {
        if std::mem::take(&mut self.selectors_changed) {
            self.expect();
        }
        self.judge_releases(law);
        let mut now = std::mem::take(&mut self.dirty);
        let mut entries = 0;
        let mut too_many = |(before, group): &(usize, &String)| {
            entries += self.fold.entries_supposed(group);
            *before > 0 && (*before >= most || entries > PIECE_ENTRIES_MAX)
        };
        if let Some((_, first)) = now.iter().enumerate().find(|one| too_many(one)) {
            let first = first.clone();
            self.dirty = now.split_off(&first);
        }
        let rebuilt = self.fold.rebuild(&now);
        let mut gone = rebuilt.gone;
        let mut answers = answer(law, &self.decided, rebuilt.changed, &mut gone);
        match self.untold.take() {
            // More than one piece at the start.
            Some(mut untold) if !(untold.is_empty() && self.dirty.is_empty()) => {
                law.note(&mut self.instances, &answers, &gone);
                answers.retain(|(incident, _)| {
                    let waits = self.instances.depends_on_others(&incident.id);
                    if waits {
                        untold.extend(incident.groups.iter().cloned());
                    }
                    !waits
                });
                if self.dirty.is_empty() {
                    self.dirty = self.fold.name_again(|group| untold.contains(group));
                } else {
                    self.untold = Some(untold);
                }
            }
            _ => {
                let (fold, decided) = (&self.fold, &self.decided);
                law.as_one(&mut self.instances, fold, decided, &mut answers, &gone);
            }
        }
        Changed {
            assessed: digested(law, &self.decided, answers),
            gone,
            more: !self.dirty.is_empty(),
        }
    }

    /// Every incident with its determinations.
    pub(crate) fn everything(&mut self, law: &Law) -> Vec<Assessed> {
        self.expect();
        self.judge_releases(law);
        let mut gone = Vec::new();
        let mut answers = answer(law, &self.decided, self.fold.incidents(), &mut gone);
        let (fold, decided) = (&self.fold, &self.decided);
        law.as_one(
            &mut Instances::default(),
            fold,
            decided,
            &mut answers,
            &gone,
        );
        digested(law, &self.decided, answers)
    }
}

/// Puts every bound order to each incident that changed. Adds to `gone` what is not told.
fn answer(
    law: &Law,
    decided: &Decided,
    changed: Vec<Incident>,
    gone: &mut Vec<String>,
) -> Vec<obligation::Decided> {
    let answers = changed.into_iter().map(|incident| {
        let determinations = law.decide(&incident, decided);
        (incident, determinations)
    });
    let mut answers: Vec<obligation::Decided> = answers.collect();
    answers.retain(|(incident, determinations)| {
        let told = obligation::keep_told(incident, determinations);
        gone.extend((!told).then(|| incident.id.clone()));
        told
    });
    answers
}

fn digested(law: &Law, decided: &Decided, answers: Vec<obligation::Decided>) -> Vec<Assessed> {
    let answers = answers.into_iter();
    answers
        .map(|(incident, determinations)| Assessed {
            refused: law.refused(&incident, decided),
            incident,
            determinations: determinations
                .into_iter()
                .map(Undigested::digested)
                .collect(),
        })
        .collect()
}
