//! `tocsin orders`: the law that is loaded; its pages for counsel; its lints; its cases.

use super::print_json;
use crate::cli::{Orders, OrdersCommand};
use crate::errors::{Failure, exit};
use crate::law::{packs, unknown_order};
use crate::outputs::OutDir;
use obligation::cases::{self, CaseResult};
use orders::{Order, Packs};
use serde_json::{Value, json};
use std::path::Path;

/// Runs it.
pub(crate) fn orders(args: &Orders) -> Result<u8, Failure> {
    let packs = packs(args.orders_dir.as_deref())?;
    match &args.what {
        OrdersCommand::List { thin: false } => list(&packs, args.json),
        OrdersCommand::List { thin: true } => thin(&packs, args.json),
        OrdersCommand::Show { order } => show(&packs, order, args.json),
        OrdersCommand::Page { order, to } => page(&packs, order, to.as_deref()),
        OrdersCommand::Check => check(&packs, args.json),
        OrdersCommand::Test { filter } => test(&packs, filter.as_deref(), args.json),
    }
}

fn line(order: &Order) -> Value {
    let duties: Vec<Value> = order
        .duties
        .iter()
        .map(|duty| {
            let clock = duty.clocks.first();
            json!({
                "duty": duty.name,
                "kind": duty.kind.as_str(),
                "cite": duty.cite,
                "method": clock.map(|clock| clock.method.as_str()),
                "days": clock.map(|clock| clock.days),
            })
        })
        .collect();
    json!({
        "order": order.slug,
        "title": order.title,
        "grade": order.grade.as_str(),
        "in_force": {
            "from": order.in_force.from.map(|date| date.to_string()),
            "until": order.in_force.until.map(|date| date.to_string()),
        },
        "duties": duties,
    })
}

fn list(packs: &Packs, as_json: bool) -> Result<u8, Failure> {
    let lines: Vec<Value> = packs.orders().map(line).collect();
    if as_json {
        print_json(&lines)?;
        return Ok(exit::DONE);
    }
    for order in packs.orders() {
        let date = |date: Option<jiff::civil::Date>| {
            date.map_or_else(|| "?".to_owned(), |date| date.to_string())
        };
        println!(
            "{}  {}  [{}; {} to {}]",
            order.slug,
            order.title,
            order.grade,
            date(order.in_force.from),
            date(order.in_force.until)
        );
        for duty in &order.duties {
            println!("    {}  {}  ({})", duty.name, duty.kind.as_str(), duty.cite);
        }
        if let Some(none) = &order.no_duty {
            let what = match none.text_known {
                true => "no incident-report duty",
                false => "not known whether it has an incident-report duty, so it answers open",
            };
            println!("    {what}: {} ({})", none.text, none.cite);
        }
    }
    Ok(exit::DONE)
}

/// Every clause whose source was too thin to encode.
fn thin(packs: &Packs, as_json: bool) -> Result<u8, Failure> {
    let too_thin = |order: &Order| packs.too_thin(&order.slug).unwrap_or_default();
    if as_json {
        let line = |order: &Order| json!({ "order": order.slug, "too_thin": too_thin(order) });
        print_json(&packs.orders().map(line).collect::<Vec<Value>>())?;
        return Ok(exit::DONE);
    }
    for order in packs.orders() {
        println!("{}  {}  [{}]", order.slug, order.title, order.grade);
        for entry in too_thin(order) {
            println!("    {entry}");
        }
    }
    Ok(exit::DONE)
}

fn show(packs: &Packs, slug: &str, as_json: bool) -> Result<u8, Failure> {
    let order = packs
        .order(slug)
        .ok_or_else(|| unknown_order(packs, slug))?;
    if as_json {
        print_json(&line(order))?;
        return Ok(exit::DONE);
    }
    println!(
        "{}\n{}, {}\n{}",
        order.title, order.court, order.docket, order.document
    );
    println!("Evidence grade: {}. {}", order.grade, order.grade.caution());
    for duty in &order.duties {
        println!("\n{} ({})\n  {}", duty.title, duty.cite, duty.text);
        clause(&duty.when, 1);
        for one in &duty.unless {
            println!("  unless");
            clause(one, 2);
        }
        for clock in &duty.clocks {
            let anchors: Vec<&str> = clock.anchors.iter().map(|one| one.as_str()).collect();
            println!(
                "  clock: {} days ({}) from the first of {} ({})",
                clock.days,
                clock.method.as_str(),
                anchors.join(", "),
                clock.cite
            );
        }
        for item in &duty.items {
            println!("  {}. {} ({})", item.letter, item.text, item.cite);
        }
    }
    if let Some(none) = &order.no_duty {
        println!("\nNo incident-report duty: {} ({})", none.text, none.cite);
    }
    println!("\nReserved to counsel:");
    for question in order.reserved.values() {
        let working = question
            .working
            .as_deref()
            .and_then(|value| question.words(value));
        println!("  {}: {}", question.id, question.question);
        println!(
            "    working reading: {}",
            working.unwrap_or("none; the answer stays open")
        );
    }
    println!("\nToo thin to encode:");
    for entry in packs.too_thin(slug).unwrap_or_default() {
        println!("  {entry}");
    }
    Ok(exit::DONE)
}

/// The page of one order, for counsel.
fn page(packs: &Packs, slug: &str, to: Option<&Path>) -> Result<u8, Failure> {
    let page = packs
        .page(slug)
        .map_err(|error| Failure::usage("pack-invalid", error.to_string()))?
        .ok_or_else(|| unknown_order(packs, slug))?;
    match to {
        None => print!("{page}"),
        Some(folder) => {
            let (out, name) = (OutDir::as_it_is(folder), format!("{slug}.html"));
            out.write(&name, page.as_bytes())?;
            eprintln!("wrote {}", out.path(&name).display());
        }
    }
    Ok(exit::DONE)
}

fn clause(condition: &orders::Condition, depth: usize) {
    println!(
        "{}- {} ({})",
        "  ".repeat(depth),
        condition.text,
        condition.cite
    );
    match &condition.kind {
        orders::ConditionKind::All(parts) | orders::ConditionKind::Any(parts) => {
            for part in parts {
                clause(part, depth + 1);
            }
        }
        orders::ConditionKind::Not(part) => clause(part, depth + 1),
        _ => {}
    }
}

fn check(packs: &Packs, as_json: bool) -> Result<u8, Failure> {
    let mut findings: Vec<String> = packs.lint().iter().map(ToString::to_string).collect();
    findings.extend(packs.check_lock().iter().map(ToString::to_string));
    if as_json {
        print_json(&findings)?;
    } else {
        for finding in &findings {
            println!("{finding}");
        }
        if findings.is_empty() {
            println!("{} packs, nothing to object to", packs.orders().count());
        }
    }
    Ok(if findings.is_empty() {
        exit::DONE
    } else {
        exit::FAILED
    })
}

fn test(packs: &Packs, filter: Option<&str>, as_json: bool) -> Result<u8, Failure> {
    // A whole name means the order, also where others have it in theirs.
    let of_order = filter.filter(|name| packs.order(name).is_some());
    let chosen = |file: &str| match (of_order, filter) {
        (Some(order), _) => file.split('/').next() == Some(order),
        (None, Some(part)) => file.contains(part),
        (None, None) => true,
    };
    let mut results: Vec<CaseResult> = cases::run(packs);
    let example = results.first().map(|one| one.file.clone());
    results.retain(|one| chosen(&one.file));
    if results.is_empty() {
        let why = match (filter, example) {
            (Some(filter), Some(example)) => format!(
                "no case's path holds `{filter}`; give the name of an order, as `tocsin orders \
                 list` has it, or a part of a path such as {example}"
            ),
            _ => "the packs have no cases; write some below SLUG/cases/DUTY".to_owned(),
        };
        return Err(Failure::usage("case-unknown", why));
    }
    let failed = results.iter().filter(|one| !one.passes()).count();
    if as_json {
        let lines: Vec<Value> = results
            .iter()
            .map(|one| json!({ "case": one.file, "problems": one.differs }))
            .collect();
        print_json(&lines)?;
    } else {
        for one in &results {
            println!(
                "{} {}",
                if one.passes() { "ok  " } else { "FAIL" },
                one.file
            );
            for problem in &one.differs {
                println!("     {problem}");
            }
        }
        println!("{} cases, {failed} failed", results.len());
    }
    Ok(if failed == 0 {
        exit::DONE
    } else {
        exit::FAILED
    })
}
