//! `rehearse`: plays seeds, shows what fails and makes it small; `cargo xtask rehearse` runs it.

use std::process::ExitCode;
use std::time::Instant;
use tocsin_rehearsal::{Canary, Stage, rehearse, shrink};

const HELP: &str = "\
cargo xtask rehearse [--seeds N] [--first SEED]    plays N seeds (default 1000) from the first (0)
                     [--keep-going]                and lists all that fail
cargo xtask rehearse --seed SEED                   one seed; a failure is made small and shown
cargo xtask rehearse --canaries [--seeds N]        each planted fault: the seed that is known to
                                                   catch it; with --seeds, the first that does
cargo xtask rehearse --canary NAME [--seeds N]     one planted fault
";

struct Asked {
    seeds: Option<u64>,
    first: u64,
    seed: Option<u64>,
    canaries: bool,
    canary: Option<Canary>,
    keep_going: bool,
}

fn asked(arguments: &[String]) -> Option<Asked> {
    let mut asked = Asked {
        seeds: None,
        first: 0,
        seed: None,
        canaries: false,
        canary: None,
        keep_going: false,
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next()?.parse::<u64>().ok();
        match argument.as_str() {
            "--seeds" => asked.seeds = Some(number()?),
            "--first" => asked.first = number()?,
            "--seed" => asked.seed = Some(number()?),
            "--keep-going" => asked.keep_going = true,
            "--canaries" => asked.canaries = true,
            "--canary" => asked.canary = Some(Canary::named(arguments.next()?)?),
            _ => return None,
        }
    }
    Some(asked)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(asked) = asked(&arguments) else {
        eprint!("{HELP}");
        return ExitCode::from(64);
    };
    let stage = match Stage::load() {
        Ok(stage) => stage,
        Err(why) => {
            eprintln!("rehearse: {why}");
            return ExitCode::FAILURE;
        }
    };
    let well = if asked.canaries || (asked.canary.is_some() && asked.seed.is_none()) {
        canaries(&stage, &asked)
    } else {
        seeds(&stage, &asked)
    };
    if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Plays seeds and stops at the first that fails.
fn seeds(stage: &Stage, asked: &Asked) -> bool {
    let (first, count) = match asked.seed {
        Some(seed) => (seed, 1),
        None => (asked.first, asked.seeds.unwrap_or(1_000)),
    };
    let begun = Instant::now();
    let (mut steps, mut faults, mut opened, mut fenced, mut failed) = (0, 0, 0, 0, 0_u64);
    let mut said = std::collections::BTreeMap::<&str, u64>::new();
    for seed in first..first.saturating_add(count) {
        match rehearse(stage, seed, asked.canary) {
            Ok(outcome) => {
                steps += outcome.steps;
                faults += outcome.faults;
                opened += outcome.opened;
                fenced += outcome.fenced;
                for (topic, keys) in outcome.said {
                    *said.entry(topic).or_default() += keys;
                }
            }
            Err(why) if asked.keep_going => {
                failed += 1;
                println!(
                    "seed {seed} fails: {}",
                    why.lines().next().unwrap_or_default()
                );
            }
            Err(why) => {
                println!("seed {seed} fails: {why}\n\nmade small:");
                println!("{}", shrink(stage, seed, asked.canary));
                println!("\nagain with: cargo xtask rehearse --seed {seed}");
                return false;
            }
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    let per_minute = 60.0 * count as f64 / seconds.max(0.001);
    println!(
        "rehearsal: seeds {first} to {}, {failed} not as the oracle says, in {seconds:.1} s \
         ({per_minute:.0} a minute): {steps} steps, {opened} starts, {faults} faults, {fenced} \
         fenced; at the end {said:?}",
        first.saturating_add(count).saturating_sub(1),
    );
    failed == 0
}

/// Plays planted faults: with `--seeds` until one catches it, else the seed on record.
fn canaries(stage: &Stage, asked: &Asked) -> bool {
    let begun = Instant::now();
    let mut well = true;
    for (canary, name, known) in Canary::ALL {
        if asked.canary.is_some_and(|one| one != canary) {
            continue;
        }
        let (first, count) = match asked.seeds {
            Some(count) => (asked.first, count),
            None => (known, 1),
        };
        let caught = (first..first.saturating_add(count)).find_map(|seed| {
            let why = rehearse(stage, seed, Some(canary)).err()?;
            Some((seed, why))
        });
        match caught {
            Some((seed, why)) => {
                let line = why.lines().next().unwrap_or_default();
                println!("{name}: caught by seed {seed}: {line}");
            }
            None => {
                well = false;
                println!("{name}: NOT CAUGHT by seeds {first} and on, {count} of them");
            }
        }
    }
    println!("canaries: {:.1} s", begun.elapsed().as_secs_f64());
    well
}
