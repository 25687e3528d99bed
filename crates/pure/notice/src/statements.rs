//! What people wrote for the notice, and the sentence that figures and dates make where nobody has.

use crate::case::Case;
use crate::document::{Entry, State};
use crate::items::{classes, figure, plain, range};
use facts::{IndicatorMode, Information, Interval, Report, StatementItem, YesNo};
use std::collections::{BTreeMap, BTreeSet};

/// How a statement is headed in the notice.
pub(crate) fn label(item: StatementItem) -> &'static str {
    match item {
        StatementItem::Facts => "Facts",
        StatementItem::Cause => "Cause",
        StatementItem::Scope => "Scope",
        StatementItem::ThirdParties => "Third parties",
        StatementItem::Remediation => "Acts to remediate",
        StatementItem::Protection => "Acts to protect the information",
        StatementItem::ConsumerProtection => "Acts to protect consumers",
        StatementItem::IndividualSteps => "Steps that individuals can take",
        StatementItem::Contact => "Contact",
        StatementItem::Confidentiality => "Confidential treatment",
    }
}

/// Whether a notice may go without it: said where it is on record, no gap where it is not.
fn is_optional(item: StatementItem) -> bool {
    matches!(
        item,
        StatementItem::Scope | StatementItem::ThirdParties | StatementItem::IndividualSteps
    )
}

/// What is said under `kind`; notes a gap where nothing is on record and something is asked for.
pub(crate) fn entries(case: &mut Case<'_>, letter: &str, kind: StatementItem) -> Vec<Entry> {
    let mut entries = written(case, Some(letter), kind);
    if !entries.is_empty() || is_optional(kind) {
        return entries;
    }
    let key = format!("statement/{kind}");
    match kind {
        StatementItem::Facts => {
            case.missing(
                Some(letter),
                &key,
                "nobody has described the facts; the notice has only a sentence made from figures"
                    .to_owned(),
                "record a `statement` with item `facts`",
            );
            entries.push(generated_facts(case));
        }
        // The orders ask for the cause "if known": not knowing it leaves the notice complete.
        StatementItem::Cause => {
            case.unknown(
                Some(letter),
                &key,
                "the cause is not on record".to_owned(),
                "record a `statement` with item `cause`",
            );
            let value = "Not known so far.".to_owned();
            entries.push(plain(&key, label(kind), value, State::Unknown));
        }
        _ => {
            case.missing(
                Some(letter),
                &key,
                format!("nothing is on record under \"{}\"", label(kind)),
                &format!("record a `statement` with item `{kind}`"),
            );
            entries.push(settled_or_unknown(case, &key, label(kind)));
        }
    }
    entries
}

/// The entry of something that nobody has described: what people answered instead, if they did.
pub(crate) fn settled_or_unknown(case: &Case<'_>, key: &str, label: &str) -> Entry {
    match case.settled(key) {
        Some(answer) if answer.value == "none" => {
            let mut entry = plain(key, label, "None to date.".to_owned(), State::Known);
            entry.basis = case.discretion.records(&answer.decisions);
            entry
        }
        Some(answer) => {
            let mut entry = plain(key, label, "Not known so far.".to_owned(), State::Unknown);
            entry.basis = case.discretion.records(&answer.decisions);
            entry
        }
        None => plain(
            key,
            label,
            "Nothing is on record.".to_owned(),
            State::Unknown,
        ),
    }
}

/// The statements under `kind`, oldest first. What names somebody, or contradicts itself, is not
/// said and is a gap.
pub(crate) fn written(
    case: &mut Case<'_>,
    letter: Option<&str>,
    kind: StatementItem,
) -> Vec<Entry> {
    let mut found = Vec::new();
    for report in case.reports() {
        let Report::Statement(statement) = &report.record.report else {
            continue;
        };
        if statement.item != kind {
            continue;
        }
        let id = case.discretion.record(&report.record.id);
        let key = format!("statement/{kind}/{id}");
        if ["report.text", "report.item", "report.kind"]
            .iter()
            .any(|path| report.is_disputed(path))
        {
            case.must(
                letter,
                &key,
                format!("the statement {id} contradicts itself and is not used"),
                "record one that holds and retract the other",
            );
            continue;
        }
        let Some(text) = case
            .discretion
            .said(statement.text.trim())
            .filter(|text| !text.is_empty())
        else {
            case.must(
                letter,
                &key,
                format!(
                    "the statement {id} is blank, or names a person, an account, a device, a \
                     recording or an address, and is not used"
                ),
                "retract it and record one that names nobody: the notice may become public",
            );
            continue;
        };
        let as_of = statement.at.unwrap_or(report.record.recorded_at);
        let estimated = statement.estimated == Some(YesNo::Yes);
        let state = if estimated {
            State::Estimated
        } else {
            State::Known
        };
        let mut entry = plain(&key, label(kind), text, state);
        entry.as_of = Some(as_of);
        entry.from = statement.at;
        entry.basis = vec![id];
        found.push((as_of, entry));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.name.cmp(&b.1.name)));
    found.into_iter().map(|(_, entry)| entry).collect()
}

/// A sentence made from figures and dates, and marked as such.
fn generated_facts(case: &Case<'_>) -> Entry {
    let when = match case.incident.first {
        Some(first) => {
            let last = case.incident.last.unwrap_or(first).max(first);
            if case.day(first) == case.day(last) {
                format!("On {}", case.day(first))
            } else {
                format!("In the time from {}", range(case, first, last))
            }
        }
        None => NO_TIME.to_owned(),
    };
    let text = sentence(
        &when,
        &classes(case),
        &case.determination.counts,
        case.incident.mode,
        case.incident.attempts,
    );
    let mut entry = plain(
        "statement/facts",
        label(StatementItem::Facts),
        text,
        State::Estimated,
    );
    entry.as_of = case.figures_as_of();
    entry.basis = case.figures_basis();
    entry.method = Some("made from figures and dates on record; no person wrote it".to_owned());
    entry.generated = true;
    entry
}

/// How a sentence begins whose time nobody knows.
pub(crate) const NO_TIME: &str = "At a time that is not on record";

/// What happened, in a sentence made from figures: `when` begins it.
pub(crate) fn sentence(
    when: &str,
    classes: &BTreeSet<Information>,
    counts: &BTreeMap<String, Interval>,
    mode: Option<IndicatorMode>,
    attempts: u64,
) -> String {
    let classes: Vec<String> = classes
        .iter()
        .map(|one| one.as_str().replace('_', " "))
        .collect();
    let what = if classes.is_empty() {
        "information".to_owned()
    } else {
        format!("information ({})", classes.join(", "))
    };
    let whose = match (counts.get("accounts"), counts.get("consumers")) {
        (Some(accounts), Some(consumers)) => format!(
            "of customer accounts ({}) and consumers ({})",
            figure(*accounts),
            figure(*consumers)
        ),
        (Some(accounts), None) => format!("of customer accounts ({})", figure(*accounts)),
        (None, Some(consumers)) => format!("of consumers ({})", figure(*consumers)),
        (None, None) => "of customers".to_owned(),
    };
    let how = mode.map(mode_words).unwrap_or_default();
    let attempts = match attempts {
        0 => String::new(),
        1 => " One more attempt plainly failed.".to_owned(),
        n => format!(
            " {} more attempts plainly failed.",
            figure(Interval::exactly(n))
        ),
    };
    format!(
        "{when}, {what} {whose} was reached, or is reasonably believed to have been reached, \
         without authorization{how}.{attempts}"
    )
}

fn mode_words(mode: IndicatorMode) -> &'static str {
    match mode {
        IndicatorMode::AccountTakeover => ", by somebody who signed in to customers' accounts",
        IndicatorMode::Insider => ", by a member of staff",
        IndicatorMode::ThirdParty => ", by a third party",
        IndicatorMode::ExposedStore => ", in a store that stood open",
        IndicatorMode::KeyTheft => ", by means of stolen keys",
        IndicatorMode::Vulnerability => ", through a fault in a product",
    }
}
