//! What was released about something of which nothing is on record any more.
//!
//! An incident that rests on accesses alone is no more once none of them counts: each was taken
//! back, or is authorised by now. A notice of it that was released still stands, and people are
//! asked whether it is to be withdrawn, as they are where a duty is no longer owed.

use crate::document::NoticeDocument;
use crate::frame::Frame;
use crate::phase::Phase;
use crate::plan::{Decided, Notices, Plan, Release};
use crate::rows::{Put, compared_with, reported};
use facts::Kleene;
use incident::Incident;
use obligation::{Answer, Because, Determination, PackStamp};
use orders::DutyKind;
use std::collections::{BTreeMap, BTreeSet};

impl Notices {
    /// The drafts that take back what was released, where no incident holds a group that the
    /// release is about. `present`: the groups of all incidents, by [`crate::group_digest`].
    pub fn plan_of_gone(&self, present: &BTreeSet<String>, decided: &Decided) -> Plan {
        let is_gone = |document: &NoticeDocument| {
            let mut groups = document.groups.iter();
            groups.all(|group| !present.contains(group))
        };
        let mut by_duty: BTreeMap<(&str, &str), Vec<&Release>> = BTreeMap::new();
        for one in decided.releases() {
            let document = &one.0.document;
            if one.1.phase == Phase::Released && is_gone(document) {
                let key = (document.order.order.as_str(), self.reported_by(document));
                by_duty.entry(key).or_default().push(one);
            }
        }
        let mut plan = Plan::default();
        for ((order, duty), releases) in by_duty {
            let Some(frame) = self.frame(order, duty) else {
                continue;
            };
            for here in together(releases) {
                let id = here.iter().map(|(one, _)| one.document.incident.as_str());
                let incident = Incident::nothing(id.min().unwrap_or_default());
                let answer = not_owed(frame, &incident);
                let put = Put {
                    frame,
                    incident: &incident,
                    determination: &answer,
                    decided,
                    before: compared_with(frame, answer.answer, &here, &[]),
                    is_reported: false,
                    is_updated: false,
                };
                self.plan_or_wait(&mut plan, &put, &here);
            }
        }
        plan.sort();
        plan
    }

    /// The duty under which what a document reported is taken back: of an update, its report's.
    fn reported_by<'a>(&'a self, document: &'a NoticeDocument) -> &'a str {
        let duty = &document.duty.duty;
        let frame = self.frame(&document.order.order, duty);
        match frame.filter(|frame| frame.duty.kind == DutyKind::Update) {
            Some(update) => reported(update),
            None => duty,
        }
    }
}

/// Releases that are about the same, directly or through others.
fn together(releases: Vec<&Release>) -> Vec<Vec<&Release>> {
    let mut found: Vec<(BTreeSet<&str>, Vec<&Release>)> = Vec::new();
    for one in releases {
        let mut groups: BTreeSet<&str> = one.0.document.groups.iter().map(String::as_str).collect();
        let mut all = vec![one];
        found.retain_mut(|(others, members)| {
            let apart = others.is_disjoint(&groups);
            if !apart {
                groups.append(others);
                all.append(members);
            }
            apart
        });
        found.push((groups, all));
    }
    found.into_iter().map(|(_, members)| members).collect()
}

/// What a duty comes to where there is nothing.
fn not_owed(frame: &Frame, incident: &Incident) -> Determination {
    Determination {
        incident: incident.id.clone(),
        matter: None,
        order: frame.order.order.clone(),
        duty: Some(frame.duty.duty.clone()),
        digest: String::new(),
        facts_digest: incident.facts_digest.clone(),
        pack: PackStamp {
            digest: frame.order.pack.clone(),
            grade: frame.order.grade.clone(),
        },
        answer: Answer::NotOwed,
        because: Because {
            text: "Nothing of what was reported is on record any more: each access of it was \
                   taken back, or is authorised by now"
                .to_owned(),
            cite: Some(frame.duty.cite.clone()),
            value: Kleene::No,
            of: Vec::new(),
            records: Vec::new(),
            count: None,
        },
        texts: Vec::new(),
        counts: BTreeMap::new(),
        clock: None,
        clocks: Vec::new(),
        reminder: None,
        performed: Vec::new(),
        asks: Vec::new(),
        reserved: Vec::new(),
        near: Vec::new(),
        spared_by: Vec::new(),
        spared_by_more: 0,
    }
}
