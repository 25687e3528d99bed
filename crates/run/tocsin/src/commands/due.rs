//! `tocsin due`: when a period ends, with the count shown.

use super::{date, print_json};
use crate::cli::Due;
use crate::errors::{Failure, exit};
use orders::{Calendar, Closure, Method};

/// Days that somebody says are closed.
pub(super) fn closures(days: &[String]) -> Result<Vec<Closure>, Failure> {
    let closure = |day: &String| {
        Ok(Closure {
            on: date(day)?,
            why: "closed, as said on the command line".into(),
        })
    };
    days.iter().map(closure).collect()
}

/// Runs it.
pub(crate) fn due(args: &Due) -> Result<u8, Failure> {
    let from = date(&args.from)?;
    let calendar = Calendar::us_federal(&closures(&args.closed)?)
        .map_err(|error| Failure::failed("pack-invalid", error.to_string()))?;
    let method: Method = args
        .method
        .name()
        .parse()
        .map_err(|_| Failure::usage("method-unknown", "the method is not known"))?;
    let due = orders::due(method, args.days, from, &calendar)
        .map_err(|error| Failure::usage("date-out-of-range", error.to_string()))?;
    if args.json {
        print_json(&due)?;
        return Ok(exit::DONE);
    }
    println!("planned  {}  {}", due.planned, due.planned.strftime("%A"));
    println!("outer    {}  {}", due.outer, due.outer.strftime("%A"));
    println!("naive    {}  {}", due.naive, due.naive.strftime("%A"));
    println!();
    for step in &due.steps {
        let mark = if step.counted { "+" } else { " " };
        println!(
            "{} {mark} {}  {}",
            step.date,
            step.date.strftime("%a"),
            step.why
        );
    }
    Ok(exit::DONE)
}
