//! Fills one lettered item from what is on record.

use crate::case::Case;
use crate::copies;
use crate::customers::customers;
use crate::document::{Entry, Item, State};
use crate::frame::{Fill, ItemFrame};
use crate::parts::Enclosure;
use crate::statements;
use facts::{Ground, Information, Interval, Kleene, MilestoneName, Moment, Report, YesNo};
use incident::{Members, Row};
use std::collections::BTreeSet;

/// Fills every item in the order's own order; copies that go with them land in `enclosures`.
pub(crate) fn fill(case: &mut Case<'_>, enclosures: &mut Vec<Enclosure>) -> Vec<Item> {
    let frame = case.frame;
    frame
        .items
        .iter()
        .map(|item| fill_one(case, item, enclosures))
        .collect()
}

fn fill_one(case: &mut Case<'_>, item: &ItemFrame, enclosures: &mut Vec<Enclosure>) -> Item {
    let letter = item.letter.as_str();
    let mut entries = Vec::new();
    for fill in &item.fills {
        match fill {
            Fill::Dates => entries.push(dates(case, letter)),
            Fill::Count(unit) => entries.push(count(case, letter, unit)),
            Fill::Customers => entries.push(customers(case, letter)),
            Fill::Statement(kind) => entries.extend(statements::entries(case, letter, *kind)),
            Fill::Milestones => entries.extend(milestones(case)),
            Fill::Information => entries.push(information(case)),
            Fill::Told => entries.extend(copies::told(case, letter)),
            Fill::Copies { country } => {
                let country = country.as_deref();
                entries.extend(copies::enclose(case, letter, country, enclosures));
            }
            Fill::NoticeDates => entries.extend(copies::notice_dates(case, letter)),
            Fill::LawEnforcement { copies } => {
                entries.push(law_enforcement(case, letter, *copies, enclosures));
            }
        }
    }
    if entries.is_empty() {
        case.must(
            Some(letter),
            &format!("item/{letter}"),
            format!("nothing is on record for item {letter}"),
            "put on record what the item asks for (a `statement`, a milestone or a notice)",
        );
    }
    Item {
        letter: item.letter.clone(),
        asks: item.asks.clone(),
        cite: item.cite.clone(),
        entries,
    }
}

/// An entry with only a name, a label, a value and a state.
pub(crate) fn plain(name: &str, label: &str, value: String, state: State) -> Entry {
    Entry {
        name: name.to_owned(),
        label: label.to_owned(),
        value,
        state,
        as_of: None,
        basis: Vec::new(),
        method: None,
        count: None,
        unit: None,
        from: None,
        until: None,
        generated: false,
    }
}

/// Rows that the order counts or may count.
pub(crate) fn rows_in_question<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Row> + use<'a> {
    let order = case.determination.order.as_str();
    case.incident
        .rows
        .iter()
        .filter(move |row| row.unauthorised(order, Ground::Believed).may_be())
        .filter(|row| row.class.reached.may_be())
}

/// The days from `from` to `until`, in words.
pub(crate) fn range(case: &Case<'_>, from: Moment, until: Moment) -> String {
    let (from, until) = (case.day(from), case.day(until));
    if from == until {
        from
    } else {
        format!("{from} to {until}")
    }
}

fn dates(case: &mut Case<'_>, letter: &str) -> Entry {
    let label = "When the incident occurred";
    let (Some(from), last) = (case.incident.first, case.incident.last) else {
        case.missing(
            Some(letter),
            "dates",
            "no access or exposure on record has a date".to_owned(),
            "record an `exposure` with `from` and `until`, or an `indicator` that finds accesses",
        );
        return plain(
            "dates",
            label,
            "Not known so far.".to_owned(),
            State::Unknown,
        );
    };
    let until = last.unwrap_or(from).max(from);
    let order = case.determination.order.as_str();
    let sure = case.incident.searched.complete
        && !any_estimated(case)
        && rows_in_question(case)
            .all(|row| row.unauthorised(order, Ground::Believed) == Kleene::Yes);
    let mut entry = plain("dates", label, range(case, from, until), State::Known);
    let mut method = "from the first to the last access or exposure on record".to_owned();
    if !sure {
        entry.state = State::Estimated;
        method.push_str(
            "; estimated, since a search goes on, an access is unexplained or a source estimates",
        );
    }
    entry.as_of = case.figures_as_of();
    entry.basis = case.figures_basis();
    entry.method = Some(format!("{method}; days in {}", case.frame.zone));
    entry.from = Some(from);
    entry.until = Some(until);
    entry
}

fn any_estimated(case: &Case<'_>) -> bool {
    case.incident.reports.iter().any(|report| {
        matches!(&report.record.report,
                 Report::Exposure(exposure) if exposure.estimated == Some(YesNo::Yes))
    })
}

fn unit_words(unit: &str) -> &str {
    match unit {
        "accounts" => "Accounts affected",
        "consumers" => "Consumers affected",
        "resources" => "Recordings or records affected",
        "devices" => "Devices affected",
        other => other,
    }
}

fn count(case: &mut Case<'_>, letter: &str, unit: &str) -> Entry {
    let label = unit_words(unit);
    let Some(&count) = case.determination.counts.get(unit) else {
        case.missing(
            Some(letter),
            &format!("count/{unit}"),
            format!("the clause's count of {unit} is not on record"),
            "record a `tally` or an `exposure` with this unit",
        );
        return plain(unit, label, "Not known so far.".to_owned(), State::Unknown);
    };
    let nothing_known = count == Interval::UNBOUNDED;
    let state = match count {
        _ if nothing_known => State::Unknown,
        count if count.is_exact() && case.incident.searched.complete && !any_estimated(case) => {
            State::Known
        }
        _ => State::Estimated,
    };
    if count.at_most.is_none() {
        let why = why_unbounded(case, unit);
        case.unknown(
            Some(letter),
            &format!("bound/{unit}"),
            format!("the number of {unit} has no upper bound on record: {why}"),
            "let the searches finish, name the people of the affected accounts, or record a \
             `tally` with `at_most`",
        );
    }
    let value = if nothing_known {
        "Not known so far.".to_owned()
    } else {
        figure(count)
    };
    let mut entry = plain(unit, label, value, state);
    entry.as_of = case.figures_as_of();
    entry.basis = case.figures_basis();
    entry.method = Some(method(case));
    entry.count = Some(count);
    entry.unit = Some(unit.to_owned());
    entry
}

/// A count as a reader takes it in.
pub(crate) fn figure(count: Interval) -> String {
    match count.at_most {
        Some(most) if most == count.at_least => grouped(most),
        Some(most) => format!(
            "at least {}, at most {}",
            grouped(count.at_least),
            grouped(most)
        ),
        None => format!(
            "at least {}; no upper bound is known yet",
            grouped(count.at_least)
        ),
    }
}

/// `number` with a comma between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn why_unbounded(case: &Case<'_>, unit: &str) -> &'static str {
    if !case.incident.searched.complete {
        "the search of the access records is not finished, or a part of them is gone"
    } else if unit == "consumers" {
        "of some affected accounts it is not on record who uses them, or a source gives no bound"
    } else {
        "a source gives no upper bound"
    }
}

/// How figures were arrived at.
fn method(case: &Case<'_>) -> String {
    let figures = rows_in_question(case).any(|row| {
        matches!(
            row.members,
            Members::Counted { .. } | Members::Disjoint { .. }
        )
    });
    let mut text = if figures {
        "counted one by one where identities are on record, else from figures of the responders"
    } else {
        "counted one by one, by identity"
    }
    .to_owned();
    if case.incident.has_tally() {
        text.push_str("; narrowed by the responders' own count");
    }
    text
}

/// The classes of information that the order counts or may count.
pub(crate) fn classes(case: &Case<'_>) -> BTreeSet<Information> {
    rows_in_question(case)
        .filter_map(|row| row.class.information)
        .collect()
}

fn information(case: &mut Case<'_>) -> Entry {
    let label = "Information affected";
    let classes = classes(case);
    if classes.is_empty() {
        return plain(
            "information",
            label,
            "Not known so far.".to_owned(),
            State::Unknown,
        );
    }
    let words: Vec<String> = classes
        .iter()
        .map(|one| one.as_str().replace('_', " "))
        .collect();
    let unstated = rows_in_question(case).any(|row| row.class.information.is_none());
    let state = if unstated {
        State::Estimated
    } else {
        State::Known
    };
    let mut entry = plain("information", label, words.join(", "), state);
    entry.as_of = case.figures_as_of();
    entry.basis = case.figures_basis();
    entry
}

/// What the company did and when, as far as milestones say.
fn milestones(case: &mut Case<'_>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for report in case.reports() {
        let Report::Milestone(milestone) = &report.record.report else {
            continue;
        };
        let label = match milestone.name {
            MilestoneName::Contained => "Contained",
            MilestoneName::ResponseCompleted => "Response completed",
            MilestoneName::InvestigationCompleted => "Investigation completed",
            MilestoneName::Remediated => "Remediated",
            _ => continue,
        };
        let name = format!(
            "milestone/{}/{}",
            milestone.name,
            case.discretion.record(&report.record.id)
        );
        let mut entry = match milestone.at {
            Some(at) => plain(&name, label, case.day(at), State::Known),
            None => plain(
                &name,
                label,
                "The day is not on record.".to_owned(),
                State::Unknown,
            ),
        };
        entry.as_of = Some(report.record.recorded_at);
        entry.basis = case.discretion.records([&report.record.id]);
        entry.from = milestone.at;
        entries.push(entry);
    }
    entries
}

/// Whether an official asked that public notice be delayed, and whom to contact there; with a copy
/// of each request that names its document, and, where `copies` are asked for, of every one.
fn law_enforcement(
    case: &mut Case<'_>,
    letter: &str,
    copies: bool,
    enclosures: &mut Vec<Enclosure>,
) -> Entry {
    let label = "Request of law enforcement";
    let mut said = Vec::new();
    let mut basis = Vec::new();
    let mut state = State::Known;
    for report in case.reports() {
        let Report::LawEnforcementRequest(one) = &report.record.report else {
            continue;
        };
        said.push(match one.made {
            Some(YesNo::No) => "None was made.".to_owned(),
            _ => {
                let by = one
                    .agency
                    .as_deref()
                    .unwrap_or("an agency that is not named");
                let written = match one.written {
                    Some(YesNo::Yes) => "in writing",
                    Some(YesNo::No) => "not in writing",
                    None => "in a form that is not on record",
                };
                let contact = one.contact.as_deref().unwrap_or("not on record");
                let id = report.record.id.as_str();
                let asked = copies || one.document.is_some();
                let copy = match asked
                    .then(|| copies::enclose_request(case, letter, id, one, enclosures))
                {
                    None => String::new(),
                    Some(Ok(name)) => format!(" Enclosed: {name}."),
                    Some(Err((why, known))) => {
                        if copies {
                            state = state.max(known);
                        }
                        format!(" {why}")
                    }
                };
                format!("Made by {by}, {written}; contact: {contact}.{copy}")
            }
        });
        basis.push(report.record.id.clone());
    }
    if said.is_empty() {
        case.missing(
            Some(letter),
            "law-enforcement",
            "whether a law-enforcement official asked for delay is not on record".to_owned(),
            "record a `law_enforcement_request`, with `made: no` where none was made",
        );
        return statements::settled_or_unknown(case, "law-enforcement", label);
    }
    let mut entry = plain("law-enforcement", label, said.join(" "), state);
    entry.basis = case.discretion.records(basis.iter());
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(figure(Interval::exactly(81)), "81");
        assert_eq!(
            figure(Interval {
                at_least: 910,
                at_most: Some(55_000)
            }),
            "at least 910, at most 55,000"
        );
        assert_eq!(
            figure(Interval {
                at_least: 1_234_567,
                at_most: None
            }),
            "at least 1,234,567; no upper bound is known yet"
        );
    }
}
