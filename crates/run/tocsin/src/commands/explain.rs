//! `tocsin explain`: why an answer is what it is, from the results of a run.

use super::print_json;
use super::results::{document, lines};
use crate::cli::Explain;
use crate::errors::{Failure, exit};
use facts::Kleene;
use obligation::{Answer, Because, Determination, Reserved};
use serde_json::{Value, json};

/// Runs it.
pub(crate) fn explain(args: &Explain) -> Result<u8, Failure> {
    let determinations: Vec<Determination> = lines(&args.out, "determinations.jsonl")?;
    let incidents: Vec<Value> = lines(&args.out, "incidents.jsonl")?;
    let findings: Vec<Value> = lines(&args.out, "findings.jsonl")?;
    let id = args.id.as_str();
    if let Some(finding) = findings.iter().find(|one| one["access"] == id) {
        return finding_of(finding, args.json);
    }
    let notice = args.out.join("notices").join(id);
    let incident = if notice.is_dir() {
        let notice: Value = document(&notice, "notice.json")?;
        notice["incident"].as_str().unwrap_or_default().to_owned()
    } else {
        id.to_owned()
    };
    let chosen: Vec<&Determination> = determinations
        .iter()
        .filter(|one| {
            one.incident == incident
                || one.matter.as_deref() == Some(id)
                || one.key() == id
                || one.asks.iter().any(|ask| ask.id == id)
        })
        .collect();
    if chosen.is_empty() {
        return Err(Failure::usage(
            "explain-unknown",
            format!(
                "nothing in {} has the id {id}; give the id of an incident, matter, notice, ask, \
                 determination or access",
                args.out.display()
            ),
        ));
    }
    if args.json {
        let about = incidents
            .iter()
            .filter(|one| {
                chosen
                    .iter()
                    .any(|chosen| one["incident"] == chosen.incident.as_str())
            })
            .collect::<Vec<_>>();
        print_json(&json!({ "incidents": about, "determinations": chosen }))?;
        return Ok(exit::DONE);
    }
    for one in &chosen {
        determination(one);
        evidence(&findings, &one.incident);
    }
    let is_chosen = |one: &&Value| {
        chosen
            .iter()
            .any(|chosen| one["incident"] == chosen.incident)
    };
    for refused in incidents.iter().filter(is_chosen).flat_map(refused) {
        println!("{refused}");
    }
    Ok(exit::DONE)
}

/// The decisions on record for an incident that no answer follows, a line for each.
fn refused(incident: &Value) -> Vec<String> {
    let refused = incident["refused"].as_array().into_iter().flatten();
    let of = incident["incident"].as_str().unwrap_or_default();
    let word = |one: &Value, member: &str| one[member].as_str().unwrap_or_default().to_owned();
    refused
        .map(|one| {
            let [id, text, code] = ["decision", "text", "code"].map(|member| word(one, member));
            format!("{of}, decision {id}: {text} [{code}]")
        })
        .collect()
}

fn determination(one: &Determination) {
    let duty = one.duty.as_deref().unwrap_or("no such duty");
    println!(
        "{} under {} ({duty}): {}",
        one.incident,
        one.order,
        answer(one)
    );
    tree(&one.because, 1);
    for (unit, count) in &one.counts {
        println!("  {unit}: {count}");
    }
    for clock in &one.clocks {
        match (clock.anchor_at, clock.planned, clock.outer) {
            (Some(at), Some(planned), Some(outer)) => println!(
                "  clock {}: {} days ({}) from {} at {at} ({}): planned {planned}, outer {outer}",
                clock.limb, clock.days, clock.method, clock.anchor, clock.anchor_basis
            ),
            _ => println!(
                "  clock {}: {} days ({}) from {}, not started",
                clock.limb, clock.days, clock.method, clock.anchor
            ),
        }
    }
    for near in &one.near {
        let would = near.would.iter();
        let would: Vec<String> = would
            .map(|(value, answer)| format!("{value}: {}", word(*answer)))
            .collect();
        println!(
            "  near the line: {} (now {}); {}",
            near.what,
            near.now,
            would.join(", ")
        );
    }
    for spared in &one.spared_by {
        println!(
            "  spared by {} ({}): {}; without {}: {}",
            spared.shown(),
            spared.kind.replace('_', " "),
            spared.what,
            spared.without_what(),
            word(spared.without)
        );
    }
    if one.spared_by_more > 0 {
        println!("  spared by, perhaps: {} more records", one.spared_by_more);
    }
    for ask in &one.asks {
        println!("  asked: {} [{}]", ask.question, ask.id);
    }
    for question in &one.reserved {
        println!("  reserved to counsel: {}", reading(question));
    }
    println!(
        "  rests on pack {} (evidence grade {})",
        one.pack.digest, one.pack.grade
    );
}

/// A question with the reading that the answer follows.
fn reading(question: &Reserved) -> String {
    let asked = &question.question;
    let working = question.working_reading.as_deref().unwrap_or("none");
    match &question.reading {
        Some(reading) => format!(
            "{asked} Counsel's reading: {}. Not followed, the working reading: {working}",
            reading.in_words()
        ),
        None if question.disputed => {
            format!(
                "{asked} Counsel's readings differ. Not followed, the working reading: {working}"
            )
        }
        None => format!("{asked} Working reading: {working}"),
    }
}

fn answer(one: &Determination) -> String {
    word(one.answer)
}

fn word(answer: Answer) -> String {
    serde_json::to_value(answer)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn tree(node: &Because, depth: usize) {
    let mark = match node.value {
        Kleene::Yes => "yes",
        Kleene::No => "no ",
        Kleene::Unknown => "?  ",
    };
    let cite = node
        .cite
        .as_deref()
        .map(|cite| format!(" ({cite})"))
        .unwrap_or_default();
    let count = node
        .count
        .map(|count| format!(" [{count}]"))
        .unwrap_or_default();
    println!("{}{mark} {}{cite}{count}", "  ".repeat(depth), node.text);
    if !node.records.is_empty() {
        println!(
            "{}    records: {}",
            "  ".repeat(depth),
            node.records.join(", ")
        );
    }
    for part in &node.of {
        tree(part, depth + 1);
    }
}

/// Where the accesses behind an incident's figures stand.
fn evidence(findings: &[Value], incident: &str) {
    let of: Vec<&Value> = findings
        .iter()
        .filter(|one| one["incident"] == incident)
        .collect();
    println!("  {} accesses are findings of it", of.len());
    for one in of.iter().take(5) {
        println!("    {} {} {}", one["access"], one["verdict"], one["source"]);
    }
    if of.len() > 5 {
        println!("    … see findings.jsonl");
    }
}

fn finding_of(finding: &Value, as_json: bool) -> Result<u8, Failure> {
    if as_json {
        print_json(finding)?;
        return Ok(exit::DONE);
    }
    println!(
        "access {}: {} ({})",
        finding["access"], finding["verdict"], finding["reason"]
    );
    println!("  incident {}", finding["incident"]);
    for member in [
        "grants",
        "late_grants",
        "purposes",
        "matched",
        "by_order",
        "source",
    ] {
        if let Some(value) = finding.get(member) {
            println!("  {member}: {value}");
        }
    }
    Ok(exit::DONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counsels_reading_is_shown_with_author_and_date_where_it_is_followed() {
        let question = json!({"id": "q", "question": "Does it count?",
                              "working_reading": "It does."});
        let shown = |value: &Value| {
            let question: Reserved = serde_json::from_value(value.clone()).expect("a question");
            reading(&question)
        };
        assert_eq!(shown(&question), "Does it count? Working reading: It does.");
        let mut read = question.clone();
        read["reading"] = json!(["no", "d-7"]);
        read["reading_role"] = json!("counsel");
        read["reading_at"] = json!("2026-12-02T09:00:00Z");
        let said = shown(&read);
        let counsels = "no (by counsel, on 2026-12-02T09:00:00Z, decision d-7)";
        assert!(said.contains(counsels), "{said}");
        assert!(said.contains("Not followed, the working reading"), "{said}");
    }
}
