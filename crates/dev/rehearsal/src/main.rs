//! `rehearse`: plays seeds, shows what fails and makes it small; `cargo xtask rehearse` runs it.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;
use tocsin_rehearsal::{Canary, Outcome, Stage, rehearse, shrink};

/// As in the executable.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

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

/// What some seeds came to.
#[derive(Default)]
struct Sum {
    outcome: Outcome,
    /// The seeds that failed, with why.
    failed: BTreeMap<u64, String>,
}

impl Sum {
    fn add(&mut self, other: Outcome) {
        let sum = &mut self.outcome;
        sum.steps += other.steps;
        sum.faults += other.faults;
        sum.opened += other.opened;
        sum.fenced += other.fenced;
        sum.excused += other.excused;
        for (topic, keys) in other.said {
            *sum.said.entry(topic).or_default() += keys;
        }
    }
}

/// Plays the seeds on every processor; each is one thread's and no other's. All below one that
/// fails are played, so the first that is named is always the same.
fn play(stage: &Stage, first: u64, count: u64, asked: &Asked) -> Sum {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let one = || {
        let mut sum = Sum::default();
        while !stop.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                break;
            }
            let seed = first.saturating_add(number);
            match rehearse(stage, seed, asked.canary) {
                Ok(outcome) => sum.add(outcome),
                Err(why) => {
                    stop.fetch_or(!asked.keep_going, Ordering::Relaxed);
                    sum.failed.insert(seed, why);
                }
            }
        }
        sum
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        let mut all = Sum::default();
        for thread in threads {
            let sum = thread
                .join()
                .unwrap_or_else(|why| std::panic::resume_unwind(why));
            all.add(sum.outcome);
            all.failed.extend(sum.failed);
        }
        all
    })
}

/// Plays seeds and stops at the first that fails.
fn seeds(stage: &Stage, asked: &Asked) -> bool {
    let (first, count) = match asked.seed {
        Some(seed) => (seed, 1),
        None => (asked.first, asked.seeds.unwrap_or(1_000)),
    };
    let begun = Instant::now();
    let Sum { outcome, failed } = play(stage, first, count, asked);
    if let (Some((seed, why)), false) = (failed.first_key_value(), asked.keep_going) {
        println!("seed {seed} fails: {why}\n\nmade small:");
        println!("{}", shrink(stage, *seed, asked.canary));
        println!("\nagain with: cargo xtask rehearse --seed {seed}");
        return false;
    }
    for (seed, why) in &failed {
        let line = why.lines().next().unwrap_or_default();
        println!("seed {seed} fails: {line}");
    }
    let seconds = begun.elapsed().as_secs_f64();
    let per_minute = 60.0 * count as f64 / seconds.max(0.001);
    println!(
        "rehearsal: seeds {first} to {}, {} not as the oracle says, in {seconds:.1} s \
         ({per_minute:.0} a minute): {} steps, {} starts, {} faults, {} fenced; at the end \
         {:?}, of the incidents {} excused",
        first.saturating_add(count).saturating_sub(1),
        failed.len(),
        outcome.steps,
        outcome.opened,
        outcome.faults,
        outcome.fenced,
        outcome.said,
        outcome.excused,
    );
    failed.is_empty()
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
