//! `tocsin decide`: one incident's facts in, determinations out.

use super::{date, print_json};
use crate::cli::Decide;
use crate::errors::{Failure, exit};
use crate::law::{Law, LawSettings};
use obligation::Undigested;
use std::io::Read;

/// Runs it.
pub(crate) fn decide(args: &Decide) -> Result<u8, Failure> {
    let settings = LawSettings {
        closures: super::due::closures(&args.closed)?,
        ..LawSettings::default()
    };
    let law = Law::load(&args.law.orders, args.law.orders_dir.as_deref(), &settings)?;
    let name = args.facts.display().to_string();
    let unreadable = |error: std::io::Error| {
        Failure::usage(
            "facts-unreadable",
            format!(
                "reading the facts from {name}: {error}; name a file, or - for standard input \
                 (`tocsin schema facts` says what it holds)"
            ),
        )
    };
    let mut text = String::new();
    if name == "-" {
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(unreadable)?;
    } else {
        text = std::fs::read_to_string(&args.facts).map_err(unreadable)?;
    }
    let day = args.as_of.as_deref().map(date).transpose()?;
    let as_of = day.and_then(|day| format!("{day}T23:59:59.999999Z").parse().ok());
    let incidents = law
        .facts(&text, as_of)
        .map_err(|why| Failure::usage("facts-invalid", format!("{name}: {why}")))?;
    let mut determinations = Vec::new();
    for incident in &incidents {
        let none = notice::Decided::default();
        let decided = law.decide(incident, &none);
        determinations.extend(decided.into_iter().map(Undigested::digested));
        for refused in law.refused(incident, &none) {
            eprintln!(
                "decision {}: {} [{}]",
                refused.decision, refused.text, refused.code
            );
        }
    }
    let mut reserved = determinations.iter().flat_map(|one| &one.reserved);
    if let Some(uncovered) = reserved.find(|one| one.id == obligation::DATE_UNCOVERED) {
        return Err(Failure::failed(
            "date-uncovered",
            uncovered.question.clone(),
        ));
    }
    if let Some(day) = day {
        for one in &determinations {
            let outer = one.clock.as_ref().and_then(|clock| clock.outer);
            if let Some(outer) = outer.filter(|outer| *outer < day) {
                eprintln!("{}: its outer date {outer} lies before {day}", one.key());
            }
        }
    }
    print_json(&determinations)?;
    Ok(exit::DONE)
}
