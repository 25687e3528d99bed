//! The commands, one file each.

mod certify;
pub(crate) mod dead_letters;
mod decide;
mod demo;
mod due;
mod explain;
mod notices;
mod orders;
mod replay;
mod results;
mod run;
mod schema;
mod table;
mod topics;
mod trial;
mod written;

use crate::cli::{Cli, Command};
use crate::engine::Engine;
use crate::errors::{Failure, exit};
use clap::CommandFactory;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Does what was asked; the exit code.
pub(crate) fn dispatch(cli: Cli) -> Result<u8, Failure> {
    let Some(command) = cli.command else {
        let mut help = Cli::command();
        if cli.version {
            return version();
        }
        help.print_help()
            .map_err(|error| Failure::failed("output", error.to_string()))?;
        return Ok(exit::USAGE);
    };
    match command {
        Command::Demo(args) => demo::demo(&args),
        Command::Run(args) => run::run(&args, cli.log_format, cli.log.as_deref()),
        Command::Replay(args) => replay::replay(&args),
        Command::Decide(args) => decide::decide(&args),
        Command::Due(args) => due::due(&args),
        Command::Orders(args) => orders::orders(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Notices(args) => notices::notices(&args),
        Command::Certify(args) => certify::certify(&args),
        Command::DeadLetters(args) => dead_letters::dead_letters(&args),
        Command::Topics(args) => topics::topics(&args),
        Command::Schema(args) => schema::schema(&args),
        Command::Completions { shell } => {
            let mut command = Cli::command();
            clap_complete::generate(shell, &mut command, "tocsin", &mut std::io::stdout());
            Ok(exit::DONE)
        }
    }
}

/// Version and the digests of the packs that the executable carries.
fn version() -> Result<u8, Failure> {
    println!("tocsin {}", env!("CARGO_PKG_VERSION"));
    for (slug, grade, digest) in crate::law::embedded_packs()? {
        println!("pack {slug} {digest} (evidence grade: {grade})");
    }
    Ok(exit::DONE)
}

/// For how long each stage worked, for a summary.
fn worked(engine: &Engine) -> BTreeMap<&'static str, Value> {
    let busy = engine.busy().into_iter();
    busy.map(|(stage, took)| (stage.name(), json!({ "busy_seconds": took.as_secs_f64() })))
        .collect()
}

/// A date that a person wrote.
fn date(text: &str) -> Result<jiff::civil::Date, Failure> {
    text.parse().map_err(|_| {
        Failure::usage(
            "date-invalid",
            format!("`{text}` is no date; expected ISO 8601 such as 2026-12-15"),
        )
    })
}

/// Prints a value as JSON on standard output.
fn print_json<T: serde::Serialize>(value: &T) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::failed("output", error.to_string()))?;
    println!("{text}");
    Ok(())
}
