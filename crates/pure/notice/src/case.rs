//! One duty of one incident while its notice is being composed: what is asked again and again, and
//! the gaps found so far.

use crate::discretion::Discretion;
use crate::frame::Frame;
use crate::parts::Gap;
use crate::settings::Settings;
use facts::{Act, Decision, Moment, Report};
use incident::{Incident, Reported};
use jiff::tz::TimeZone;
use obligation::Determination;
use std::collections::BTreeMap;

/// What people answered to a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    /// The value, trimmed, in lower case.
    pub(crate) value: String,
    /// The same as it was written; of several ways to write it the least.
    pub(crate) words: String,
    /// The decisions that say so, by id.
    pub(crate) decisions: Vec<String>,
}

/// See the module.
pub(crate) struct Case<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) incident: &'a Incident,
    pub(crate) determination: &'a Determination,
    pub(crate) settings: &'a Settings,
    pub(crate) discretion: &'a Discretion<'a>,
    pub(crate) zone: TimeZone,
    answers: BTreeMap<String, Option<Answered>>,
    gaps: Vec<Gap>,
}

impl<'a> Case<'a> {
    /// Begins with no gaps; `answers` are decisions in force.
    pub(crate) fn new(
        frame: &'a Frame,
        incident: &'a Incident,
        determination: &'a Determination,
        settings: &'a Settings,
        discretion: &'a Discretion<'a>,
        zone: TimeZone,
        answers: &[&Decision],
    ) -> Case<'a> {
        let answers = collect_answers(incident.decisions.iter().chain(answers.iter().copied()));
        Case {
            frame,
            incident,
            determination,
            settings,
            discretion,
            zone,
            answers,
            gaps: Vec::new(),
        }
    }

    /// The stable id of the gap called `key`.
    pub(crate) fn gap_id(&self, key: &str) -> String {
        let (order, duty) = (&self.frame.order.order, &self.frame.duty.duty);
        facts::short_id("gap", &[&self.incident.id, order, duty, key])
    }

    /// What people answered to the gap called `key`, where they agree.
    pub(crate) fn answer(&self, key: &str) -> Option<&Answered> {
        self.answers.get(&self.gap_id(key)).and_then(Option::as_ref)
    }

    /// Whether people said that there is nothing to say, or that it is not known.
    pub(crate) fn settled(&self, key: &str) -> Option<&Answered> {
        self.answer(key)
            .filter(|answer| matches!(answer.value.as_str(), "none" | "unknown"))
    }

    /// Notes a gap without which the notice is incomplete, unless people settled it.
    pub(crate) fn missing(&mut self, item: Option<&str>, key: &str, what: String, fill: &str) {
        let blocks = self.settled(key).is_none();
        let id = self.gap_id(key);
        let fill = format!(
            "{fill}; or answer `{id}` with `none` or `unknown`, which the notice then says"
        );
        self.note(item, key, what, fill, blocks);
    }

    /// Notes a gap that no answer settles.
    pub(crate) fn must(&mut self, item: Option<&str>, key: &str, what: String, fill: &str) {
        self.note(item, key, what, fill.to_owned(), true);
    }

    /// Notes what is not known and reported as such.
    pub(crate) fn unknown(&mut self, item: Option<&str>, key: &str, what: String, fill: &str) {
        self.note(item, key, what, fill.to_owned(), false);
    }

    fn note(&mut self, item: Option<&str>, key: &str, what: String, fill: String, blocks: bool) {
        let gap = Gap {
            id: self.gap_id(key),
            item: item.map(str::to_owned),
            what: self.discretion.masked(&what),
            fill,
            blocks,
        };
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    /// The gaps found: items in their order, what stands outside them last.
    pub(crate) fn into_gaps(self) -> Vec<Gap> {
        let place = |gap: &Gap| {
            let item = gap.item.as_deref();
            self.frame
                .items
                .iter()
                .position(|one| item == Some(one.letter.as_str()))
                .unwrap_or(usize::MAX)
        };
        let mut gaps = self.gaps;
        gaps.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.cmp(b)));
        gaps
    }

    /// The reports, in the order of their records' ids.
    pub(crate) fn reports(&self) -> Vec<&'a Reported> {
        let mut reports: Vec<&Reported> = self.incident.reports.iter().collect();
        reports.sort_by(|a, b| a.record.id.cmp(&b.record.id));
        reports
    }

    /// The day of `at` where days are counted, in words.
    pub(crate) fn day(&self, at: Moment) -> String {
        at.date_in(&self.zone).strftime("%B %-d, %Y").to_string()
    }

    /// As of when figures are given: the latest record or access that they can rest on.
    pub(crate) fn figures_as_of(&self) -> Option<Moment> {
        self.incident
            .reports
            .iter()
            .filter(|report| bears_on_figures(&report.record.report))
            .map(|report| report.record.recorded_at)
            .chain(self.incident.last)
            .max()
    }

    /// Ids of the reports that figures rest on.
    pub(crate) fn figures_basis(&self) -> Vec<String> {
        self.discretion.records(
            self.incident
                .reports
                .iter()
                .filter(|report| bears_on_figures(&report.record.report))
                .map(|report| &report.record.id),
        )
    }
}

fn bears_on_figures(report: &Report) -> bool {
    matches!(
        report,
        Report::Indicator(_)
            | Report::Judgement(_)
            | Report::Exposure(_)
            | Report::Tally(_)
            | Report::Key(_)
            | Report::Circumstance(_)
            | Report::Join(_)
            | Report::Part(_)
    )
}

/// Answers by question; `None` where they differ.
fn collect_answers<'a>(
    decisions: impl Iterator<Item = &'a Decision>,
) -> BTreeMap<String, Option<Answered>> {
    type Values = BTreeMap<String, (String, Vec<String>)>;
    let mut by_question: BTreeMap<String, Values> = BTreeMap::new();
    for decision in decisions {
        if let Act::Answer(answer) = &decision.act {
            let words = answer.value.trim().trim_matches('"');
            let (least, ids) = by_question
                .entry(answer.question.clone())
                .or_default()
                .entry(words.to_lowercase())
                .or_insert_with(|| (words.to_owned(), Vec::new()));
            if words < least.as_str() {
                words.clone_into(least);
            }
            if !ids.contains(&decision.id) {
                ids.push(decision.id.clone());
                ids.sort();
            }
        }
    }
    by_question
        .into_iter()
        .map(|(question, values)| {
            let mut values = values.into_iter();
            let only = match (values.next(), values.next()) {
                (Some((value, (words, decisions))), None) => Some(Answered {
                    value,
                    words,
                    decisions,
                }),
                _ => None,
            };
            (question, only)
        })
        .collect()
}
