//! The table at the end of a run: incident, who, how many, and what each order makes of it.

use crate::law::Law;
use crate::outputs::Results;
use obligation::{Answer, Determination};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// One row: an incident under one order.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    incident: String,
    who: String,
    order: String,
    bound: Option<Bound>,
    duty: Option<String>,
    /// The texts of the duty that applied, or may have, where it had several.
    texts: Vec<String>,
    answer: Answer,
    accounts: Option<facts::Interval>,
    because: String,
    spared: Option<String>,
    planned: Option<String>,
    outer: Option<String>,
    notice: Option<String>,
}

/// Who is bound by what a row is about, and when.
#[derive(Debug, Clone, Serialize)]
struct Bound {
    who: String,
    #[serde(flatten)]
    window: orders::Window,
}

impl Bound {
    /// The days, the last one not in them; `?`: not known.
    fn days(&self) -> String {
        let day =
            |day: Option<jiff::civil::Date>| day.map_or("?".to_owned(), |day| day.to_string());
        match (self.window.from, self.window.until) {
            (None, None) => "?".to_owned(),
            (from, until) => format!("{}..{}", day(from), day(until)),
        }
    }
}

/// The rows, incident by incident.
pub(crate) fn rows(results: &Results, law: &Law) -> Vec<Row> {
    let mut rows: Vec<Row> = results
        .determinations
        .values()
        .filter(|one| one.answer != Answer::NotOwed || !law.follows(one))
        .map(|one| Row {
            incident: one.incident.clone(),
            who: who(results, &one.incident),
            order: one.order.clone(),
            bound: law.binds(one).map(|(who, window)| Bound {
                who: who.to_owned(),
                window,
            }),
            duty: one.duty.clone(),
            texts: one.texts.clone(),
            answer: one.answer,
            accounts: one.counts.get("accounts").copied(),
            because: one.in_a_line(),
            spared: one.spared_in_a_line(),
            planned: planned(one),
            outer: one
                .clock
                .as_ref()
                .and_then(|c| c.outer)
                .map(|day| day.to_string()),
            notice: results
                .notices
                .values()
                .find(|notice| {
                    notice.incident == one.incident
                        && notice.order == one.order
                        && Some(&notice.duty) == one.duty.as_ref()
                })
                .map(|notice| format!("notices/{}", notice.id)),
        })
        .collect();
    rows.sort_by(|a, b| (&a.who, &a.order, &a.duty).cmp(&(&b.who, &b.order, &b.duty)));
    rows
}

/// The matters of an incident, or what kind of group it is; actors are not printed.
fn who(results: &Results, incident: &str) -> String {
    let groups = results
        .incidents
        .get(incident)
        .and_then(|one| one.get("groups"));
    let names: Vec<String> = groups
        .and_then(|groups| groups.as_array())
        .into_iter()
        .flatten()
        .filter_map(|group| group.as_str())
        .map(|group| match group.split_once(':') {
            Some(("matter", matter)) => matter.to_owned(),
            Some(("actor", _)) => "one actor".to_owned(),
            _ => group.to_owned(),
        })
        .collect();
    names.join(", ")
}

/// The planned day of the running clock; where none runs, the day by the deployment's policy for "a
/// reasonable time", so that nothing that is owed is without a date.
fn planned(one: &Determination) -> Option<String> {
    let clock = one.clock.as_ref().and_then(|clock| clock.planned);
    let reminder = one.reminder.as_ref().and_then(|reminder| reminder.planned);
    match (clock, reminder) {
        (Some(day), _) => Some(day.to_string()),
        (None, Some(day)) if one.answer != Answer::NotOwed => Some(format!("{day} (policy)")),
        _ => None,
    }
}

/// The rows that say the same but for their duty, such as the tasks that one incident starts, as
/// one, with the names of the duties.
fn together(rows: &[Row]) -> Vec<(&Row, String)> {
    let mut found: Vec<(&Row, String)> = Vec::new();
    for row in rows {
        let duty = row.duty.as_deref().unwrap_or_default();
        let same = |(one, _): &&mut (&Row, String)| {
            (&one.incident, &one.order, one.answer, &one.because)
                == (&row.incident, &row.order, row.answer, &row.because)
                && (&one.planned, &one.outer) == (&row.planned, &row.outer)
                && one.notice.is_none()
                && row.notice.is_none()
        };
        match found.iter_mut().find(same) {
            Some((_, duties)) => {
                duties.push_str(", ");
                duties.push_str(duty);
            }
            None => found.push((row, duty.to_owned())),
        }
    }
    found
}

/// The table as text.
pub(crate) fn text(rows: &[Row]) -> String {
    let rows = together(rows);
    let mut out = String::new();
    let heads = [
        "incident", "who", "order", "bound", "text", "accounts", "answer", "planned", "outer",
        "notice",
    ];
    let cells: Vec<[String; 10]> = rows
        .iter()
        .map(|(row, _)| {
            let dash = || "–".to_owned();
            [
                row.incident.clone(),
                row.who.clone(),
                row.order.clone(),
                row.bound.as_ref().map_or_else(dash, Bound::days),
                match row.texts.is_empty() {
                    true => dash(),
                    false => row.texts.join(", "),
                },
                row.accounts.map_or_else(dash, |accounts| short(&accounts)),
                match row.answer {
                    Answer::Owed => "OWED".to_owned(),
                    Answer::NotOwed => "not owed".to_owned(),
                    Answer::Open => "open".to_owned(),
                },
                row.planned.clone().unwrap_or_else(dash),
                row.outer.clone().unwrap_or_else(dash),
                row.notice.clone().unwrap_or_else(dash),
            ]
        })
        .collect();
    let width = |column: usize| {
        let cell = |cells: &[String; 10]| cells.get(column).map_or(0, |cell| cell.chars().count());
        let head = heads.get(column).map_or(0, |head| head.len());
        cells.iter().map(cell).max().unwrap_or(0).max(head)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut line = |cells: &[&str]| {
        for (cell, width) in cells.iter().zip(&widths) {
            let pad = width.saturating_sub(cell.chars().count());
            let _ = write!(out, "{cell}{}  ", " ".repeat(pad));
        }
        while out.ends_with(' ') {
            out.pop();
        }
        out.push('\n');
    };
    line(&heads);
    for (cells, (row, duties)) in cells.iter().zip(&rows) {
        line(&cells.each_ref().map(String::as_str));
        let named = if duties.is_empty() { "" } else { ": " };
        line(&["", &format!("└ {duties}{named}{}", row.because)]);
        if let Some(spared) = &row.spared {
            line(&["", &format!("  {spared}")]);
        }
    }
    let bound = rows.iter();
    let bound = bound.filter_map(|(row, _)| Some((&row.order, &row.bound.as_ref()?.who)));
    let bound: BTreeSet<_> = bound.collect();
    for (order, who) in bound {
        line(&["", &format!("{order} binds {who}")]);
    }
    out
}

fn short(interval: &facts::Interval) -> String {
    match interval.at_most {
        Some(most) if most == interval.at_least => most.to_string(),
        Some(most) => format!("{}–{most}", interval.at_least),
        None => format!("{}–?", interval.at_least),
    }
}
