//! tocsin: consumes access events and breach events, decides what a settlement obliges the company
//! to report, and drafts regulator-ready notices. This crate only wires; it decides nothing.
//!
//! [`main`] is the executable. What else is public is for the rehearsal, which steps the same
//! stages by hand.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod anew;
mod assessment;
mod cli;
mod codec;
mod commands;
mod config;
mod context;
mod demo;
mod embedded;
mod engine;
mod errors;
mod fenced;
mod files;
#[cfg(test)]
mod gap_tests;
mod law;
mod marks;
mod members;
mod notices;
mod numbers;
mod observe;
mod outputs;
#[cfg(test)]
mod partition_tests;
mod processors;
#[doc(hidden)]
pub mod rehearsal;
mod remedy;
mod rights;
mod runtime;
mod signals;
mod sink;
#[cfg(test)]
mod state_tests;
#[cfg(test)]
mod tests;
mod topology;
mod turn;

use clap::Parser;
use std::process::ExitCode;

/// The executable `tocsin`: reads the command line, does what it says and tells how it ended.
#[must_use]
pub fn main() -> ExitCode {
    sigpipe::reset();
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let help = !error.use_stderr();
            let _ = error.print();
            return ExitCode::from(if help {
                errors::exit::DONE
            } else {
                errors::exit::USAGE
            });
        }
    };
    // `run` logs as its configuration says, so it begins to log when that is read.
    let configured = matches!(cli.command, Some(cli::Command::Run(_)));
    if !configured && let Err(failure) = observe::log(cli.log_format, cli.log.as_deref(), None) {
        eprintln!("tocsin: {failure}");
        return ExitCode::from(failure.exit);
    }
    match commands::dispatch(cli) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("tocsin: {failure}");
            ExitCode::from(failure.exit)
        }
    }
}
