//! How many customers of the company were affected: what responders counted, since neither accounts
//! nor the people who use them say who is one.

use crate::case::Case;
use crate::document::{Entry, State};
use crate::items::{classes, figure, plain};
use crate::statements::settled_or_unknown;
use facts::{Interval, Report, Tally, TallyUnit};
use incident::Reported;

const KEY: &str = "customers";
const LABEL: &str = "Customers affected";

/// What the tallies of customers agree on; without one, or where they contradict each other, a gap.
pub(crate) fn customers(case: &mut Case<'_>, letter: &str) -> Entry {
    let found: Vec<(&Reported, Interval)> = case
        .reports()
        .into_iter()
        .filter_map(|report| match &report.record.report {
            Report::Tally(tally) => Some((report, counted(case, report, tally)?)),
            _ => None,
        })
        .collect();
    let all = found
        .iter()
        .try_fold(Interval::UNBOUNDED, |all, (_, one)| all.narrowed(*one));
    let count = match all {
        Some(count) if count != Interval::UNBOUNDED => count,
        Some(_) => {
            let what = "how many of the company's customers were affected is not on record";
            let fill = "record a `tally` with unit `customers`";
            case.missing(Some(letter), KEY, what.to_owned(), fill);
            return settled_or_unknown(case, KEY, LABEL);
        }
        None => {
            let what = "the counts of customers on record contradict each other";
            let fill = "record the `tally` that holds and retract the other";
            case.must(Some(letter), KEY, what.to_owned(), fill);
            return plain(KEY, LABEL, "Not known so far.".to_owned(), State::Unknown);
        }
    };
    if count.at_most.is_none() {
        case.unknown(
            Some(letter),
            &format!("bound/{KEY}"),
            "the number of customers has no upper bound on record".to_owned(),
            "record a `tally` of customers with `at_most`",
        );
    }
    let state = match count.is_exact() && case.incident.searched.complete {
        true => State::Known,
        false => State::Estimated,
    };
    let mut entry = plain(KEY, LABEL, figure(count), state);
    entry.as_of = found.iter().map(|(one, _)| one.record.recorded_at).max();
    entry.basis = case
        .discretion
        .records(found.iter().map(|(one, _)| &one.record.id));
    entry.method = Some("by the responders' own count".to_owned());
    entry.count = Some(count);
    entry.unit = Some(KEY.to_owned());
    entry
}

/// As much of a tally of customers as is said of what the notice is about: at least so many where
/// it has a ground, at most so many where it leaves nothing of that out.
fn counted(case: &Case<'_>, report: &Reported, tally: &Tally) -> Option<Interval> {
    let unclear = [
        "report.kind",
        "report.unit",
        "report.information",
        "report.residence",
    ];
    if tally.unit != TallyUnit::Customers || unclear.iter().any(|path| report.is_disputed(path)) {
        return None;
    }
    let classes = classes(case);
    if tally.information.is_some_and(|one| !classes.contains(&one)) {
        return None;
    }
    let is_whole = tally.residence.is_none()
        && tally
            .information
            .is_none_or(|one| classes.iter().all(|class| *class == one))
        && case.incident.matters.len() <= 1;
    Some(Interval {
        at_least: tally
            .at_least
            .filter(|_| tally.ground.is_some())
            .unwrap_or_default(),
        at_most: tally.at_most.filter(|_| is_whole),
    })
}
