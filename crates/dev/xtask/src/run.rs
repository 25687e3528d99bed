//! The subcommands of `cargo xtask`.

use crate::parts::kafka::Broker;
use crate::parts::process::Scratch;
use crate::parts::registry::Registry;
use crate::parts::{KAFKA_LIB, REGISTRY_HOME, REQUIRE_REAL, TEST_KAFKA, TEST_REGISTRY, fetch};
use crate::{Trouble, repository};
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Runs every tidy check and prints what it finds.
///
/// # Errors
/// There are findings, or something cannot be read.
pub fn tidy() -> Result<(), Trouble> {
    let found = crate::tidy::all(&repository())?;
    for finding in &found {
        println!("{finding}");
    }
    if found.is_empty() {
        println!("tidy: {} checks, nothing found", crate::tidy::CHECKS.len());
        return Ok(());
    }
    Err(Trouble(format!("tidy found {} things", found.len())))
}

/// Fetches what the tests run on.
///
/// # Errors
/// Something cannot be fetched; says what and how to get what is missing.
pub fn fetch() -> Result<(), Trouble> {
    println!(
        "Kafka {}: {}",
        fetch::KAFKA_VERSION,
        fetch::kafka_lib()?.display()
    );
    println!(
        "registry {}: {}",
        fetch::REGISTRY_VERSION,
        fetch::registry_home()?.display()
    );
    Ok(())
}

/// Runs all tests on real parts. `arguments`: filters of test names, or options of `cargo test`.
///
/// # Errors
/// A part is missing or does not start, or a test fails.
pub fn test(arguments: &[String]) -> Result<(), Trouble> {
    let lib = fetch::kafka_lib()?;
    let home = fetch::registry_home()?;
    provide("promtool", "prometheus")?;
    provide("pdftotext", "poppler-utils")?;
    // Built before the parts start: compilers and a broker together starve each other.
    build_tests(arguments)?;
    let mut tests = cargo(&test_arguments(arguments, false));
    tests.env(KAFKA_LIB, lib);
    tests.env(REGISTRY_HOME, home);
    tests.env(REQUIRE_REAL, "1");
    on_parts(tests, "the tests")
}

fn build_tests(arguments: &[String]) -> Result<(), Trouble> {
    step(
        &mut cargo(&test_arguments(arguments, true)),
        "building the tests",
    )
}

/// Runs the benchmarks on real parts. `arguments`: the name of one; none for all.
///
/// # Errors
/// A part is missing or does not start, or a benchmark fails.
pub fn bench(arguments: &[String]) -> Result<(), Trouble> {
    let mut benches = words("bench --workspace");
    match arguments {
        [] => {}
        [name] => benches.extend(["--bench".to_owned(), name.clone()]),
        _ => return Err(Trouble("use: cargo xtask bench [NAME]".into())),
    }
    // The same selection of packages as the tests: another would build the typesetter anew.
    let build = words("build --release --workspace --bin tocsin");
    step(&mut cargo(&build), "building tocsin")?;
    let build = [benches.as_slice(), &["--no-run".to_owned()]].concat();
    step(&mut cargo(&build), "building the benchmarks")?;
    on_parts(cargo(&benches), "the benchmarks")
}

/// How often a long run of chaos strikes.
const LONG_CHAOS_STRIKES: &str = "100";

/// Kills the stages and the broker under load, and compares with an undisturbed run. `--long`: on
/// three brokers, with everything else that can happen to them and to the stages.
///
/// # Errors
/// A part is missing or does not start, or the results differ.
pub fn chaos(arguments: &[String]) -> Result<(), Trouble> {
    let selection = words("test --release --workspace --test brokers");
    let mut chaos = cargo(&selection);
    chaos.args(["--", "chaos::", "--nocapture"]);
    chaos.env(REQUIRE_REAL, "1");
    chaos.env("TOCSIN_CHAOS_REPORTS", target().join("chaos"));
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(option) = rest.next() {
        let variable = match option {
            "--long" => {
                chaos.env("TOCSIN_CHAOS_LONG", "1");
                if !arguments.iter().any(|other| other == "--kills") {
                    chaos.env("TOCSIN_CHAOS_KILLS", LONG_CHAOS_STRIKES);
                }
                continue;
            }
            "--kills" => "TOCSIN_CHAOS_KILLS",
            "--seed" => "TOCSIN_CHAOS_SEED",
            _ => {
                let how = "use: cargo xtask chaos [--long] [--kills N] [--seed S]";
                return Err(Trouble(how.into()));
            }
        };
        let value = rest.next().filter(|text| text.parse::<u32>().is_ok());
        let value = value.ok_or_else(|| Trouble(format!("{option}: a number must follow")))?;
        chaos.env(variable, value);
    }
    let build = [selection.as_slice(), &["--no-run".to_owned()]].concat();
    step(&mut cargo(&build), "building the chaos")?;
    // Its brokers are its own.
    let registry = Registry::start()?;
    chaos.env(TEST_REGISTRY, registry.url());
    step(&mut chaos, "the chaos")
}

/// Runs `command` beside a broker and a registry, whose addresses it gets.
fn on_parts(mut command: Command, doing: &str) -> Result<(), Trouble> {
    let broker = Broker::start_steady()?;
    let registry = Registry::start()?;
    eprintln!(
        "xtask: Kafka at {}, registry at {}",
        broker.bootstrap(),
        registry.url()
    );
    command.env(TEST_KAFKA, broker.bootstrap());
    command.env(TEST_REGISTRY, registry.url());
    step(&mut command, doing)
}

/// `cargo test` with filters of names, or with options as they are.
fn test_arguments(given: &[String], build_only: bool) -> Vec<String> {
    let mut all: Vec<String> = vec!["test".into(), "--release".into()];
    let options = given.iter().any(|argument| argument.starts_with('-'));
    if !given
        .iter()
        .any(|argument| argument == "-p" || argument == "--package")
    {
        all.push("--workspace".into());
    }
    match (options, build_only) {
        (true, true) => {
            let before = given.iter().take_while(|argument| *argument != "--");
            all.extend(before.cloned());
            all.push("--no-run".into());
        }
        (true, false) => all.extend(given.iter().cloned()),
        (false, true) => all.push("--no-run".into()),
        (false, false) if given.is_empty() => {}
        (false, false) => {
            all.push("--".into());
            all.extend(given.iter().cloned());
        }
    }
    all
}

/// Runs a broker and a registry in the foreground, until Ctrl-C or the end of standard input.
///
/// # Errors
/// A part is missing or does not start.
pub fn kafka(arguments: &[String]) -> Result<(), Trouble> {
    let broker = match arguments {
        [] => Broker::start()?,
        [flag, port] if flag == "--port" => {
            let port = port
                .parse()
                .map_err(|why| Trouble::new(format!("port `{port}`"), why))?;
            Broker::start_on(port)?
        }
        _ => return Err(Trouble("use: cargo xtask kafka [--port N]".into())),
    };
    let registry = Registry::start()?;
    println!("export {TEST_KAFKA}={}", broker.bootstrap());
    println!("export {TEST_REGISTRY}={}", registry.url());
    eprintln!("xtask: running; Ctrl-C or Ctrl-D ends both and removes their files");
    let mut waiting = Vec::new();
    std::io::stdin()
        .read_to_end(&mut waiting)
        .map_err(|why| Trouble::new("waiting for the end of standard input", why))?;
    Ok(())
}

/// Runs itself again with what it takes to read the law, and writes the packs' locks.
///
/// # Errors
/// The law does not compile, or a lock cannot be made.
pub fn lock() -> Result<(), Trouble> {
    let again = words("run --release --quiet --package xtask --features lock -- lock");
    step(&mut cargo(&again), "making the locks")
}

/// The variable by which cargo has the crates of the workspace compiled by what also lints them.
const LINTING: &str = "RUSTC_WORKSPACE_WRAPPER";

/// Everything that CI asks, in order, with the time of each step; stops at the first that fails.
///
/// # Errors
/// Says which step failed.
pub fn ci() -> Result<(), Trouble> {
    if std::env::var_os(LINTING).is_none() {
        return step(&mut Command::new(repository().join(".ci/run")), ".ci/run");
    }
    type Step<'a> = (&'a str, Box<dyn Fn() -> Result<(), Trouble> + 'a>);
    let steps: [Step<'_>; 7] = [
        (
            "format",
            Box::new(|| step(&mut cargo(&words("fmt --all --check")), "cargo fmt")),
        ),
        ("tidy", Box::new(tidy)),
        (
            "build and lints",
            Box::new(|| build_tests(&["--all-targets".into()])),
        ),
        ("tests", Box::new(|| test(&[]))),
        ("rehearsal", Box::new(rehearsal)),
        ("alerts", Box::new(alerts)),
        ("demo", Box::new(demo)),
    ];
    let mut summary = String::new();
    for (name, run) in &steps {
        println!("── {name}");
        let begun = Instant::now();
        let done = run();
        let result = if done.is_ok() { "ok" } else { "FAILED" };
        let line = format!(
            "{name:<15} {:>7.1} s  {result}\n",
            begun.elapsed().as_secs_f64()
        );
        print!("── {line}");
        summary.push_str(&line);
        if let Err(trouble) = done {
            print!("{summary}");
            return Err(Trouble::new(format!("step {name}"), trouble));
        }
    }
    print!("── summary\n{summary}");
    Ok(())
}

/// Plays seeds of the rehearsal. `arguments`: those of the program `rehearse`.
///
/// # Errors
/// It does not build, or a seed fails.
pub fn rehearse(arguments: &[String]) -> Result<(), Trouble> {
    let mut rehearse = Command::new(built("rehearse")?);
    step(rehearse.args(arguments), "the rehearsal")
}

/// Each planted fault from the seed that is known to catch it, then seeds that nobody has played.
fn rehearsal() -> Result<(), Trouble> {
    rehearse(&words("--canaries"))?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = now.map_or(0, |since| since.as_secs());
    let first = seconds.wrapping_mul(CI_SEEDS).to_string();
    let seeds = CI_SEEDS.to_string();
    rehearse(&["--seeds", &seeds, "--first", &first].map(str::to_owned))
}

/// How many fresh seeds CI plays; what fails names its seed.
const CI_SEEDS: u64 = 200;

/// promtool on the alerts, their tests and the scrape configuration.
fn alerts() -> Result<(), Trouble> {
    let folder = repository().join("deploy/prometheus");
    for arguments in ["check rules alerts.yml", "test rules alerts.test.yml"] {
        let mut promtool = Command::new("promtool");
        promtool.args(words(arguments)).current_dir(&folder);
        step(&mut promtool, &format!("promtool {arguments}"))?;
    }
    let mut promtool = Command::new("promtool");
    promtool
        .args(["check", "config", "prometheus.yml"])
        .current_dir(&folder);
    step(&mut promtool, "promtool check config")
}

/// The accesses that the demo must have judged at least.
const DEMO_ACCESSES_MIN: u64 = 1_000_000;
/// The seconds that it may take, by its own clock, with all that it writes.
const DEMO_SECONDS_MAX: f64 = 30.0;

/// What is wrong with a demo, by its summary.json: too few accesses, or too slow.
fn demo_faults(summary: &str) -> Vec<String> {
    let summary: serde_json::Value = serde_json::from_str(summary).unwrap_or_default();
    let mut faults = Vec::new();
    match summary["inputs"]["accesses"].as_u64() {
        Some(accesses) if accesses >= DEMO_ACCESSES_MIN => {}
        Some(accesses) => faults.push(format!(
            "it judged {accesses} accesses, of at least {DEMO_ACCESSES_MIN}"
        )),
        None => faults.push("its summary does not say how many accesses it judged".to_owned()),
    }
    match summary["seconds"]["total"].as_f64() {
        Some(seconds) if seconds <= DEMO_SECONDS_MAX => {}
        Some(seconds) => faults.push(format!(
            "it took {seconds:.1} s, of at most {DEMO_SECONDS_MAX:.0}"
        )),
        None => faults.push("its summary does not say how long it took".to_owned()),
    }
    faults
}

/// How often the demo may try to keep to its time, on a machine that others use too.
const DEMO_TRIES: u32 = 3;

/// The main job as a stranger runs it.
fn demo() -> Result<(), Trouble> {
    let mut done = demo_once();
    for _ in 1..DEMO_TRIES {
        if let Err(trouble) = &done {
            println!("demo: {trouble}; once more");
            done = demo_once();
        }
    }
    done
}

/// It ends well, in time, and leaves its files.
fn demo_once() -> Result<(), Trouble> {
    let scratch = Scratch::new("demo")?;
    let out = scratch.path().join("out");
    let mut tocsin = Command::new(built("tocsin")?);
    tocsin.args(["demo", "--out"]).arg(&out);
    let begun = Instant::now();
    step(&mut tocsin, "the demo")?;
    println!("demo: {:.1} s", begun.elapsed().as_secs_f64());
    for file in [
        "summary.json",
        "incidents.jsonl",
        "determinations.jsonl",
        "findings.jsonl",
    ] {
        let path = out.join(file);
        let filled = std::fs::metadata(&path).is_ok_and(|file| file.len() > 0);
        if !filled {
            return Err(Trouble(format!("the demo left no {file}")));
        }
    }
    let summary = crate::tidy::read(&out.join("summary.json"))?;
    let faults = demo_faults(&summary);
    if !faults.is_empty() {
        return Err(Trouble::new("the demo", faults.join("; ")));
    }
    let notices = std::fs::read_dir(out.join("notices")).map_or(0, Iterator::count);
    if notices == 0 {
        return Err(Trouble("the demo wrote no notice".into()));
    }
    Ok(())
}

/// Builds a program of the workspace; where it stands.
fn built(program: &str) -> Result<std::path::PathBuf, Trouble> {
    // The same selection of packages as the tests: another would build the typesetter anew.
    let build = words(&format!("build --release --workspace --bin {program}"));
    step(&mut cargo(&build), &format!("building {program}"))?;
    Ok(target().join("release").join(program))
}

/// Where cargo puts what it builds.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from)
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

fn cargo(arguments: &[String]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(repository());
    // Build scripts that ask for the package's variables (ring's does) would run again, and with
    // them all that leans on them, each time that cargo is called by xtask and then by hand.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

fn step(command: &mut Command, doing: &str) -> Result<(), Trouble> {
    let status = command.status().map_err(|why| Trouble::new(doing, why))?;
    if status.success() {
        return Ok(());
    }
    Err(Trouble(format!("{doing} ended with {status}")))
}

/// Makes sure that `program` is there: by apt-get, where that is possible, else says how to get it.
fn provide(program: &str, package: &str) -> Result<(), Trouble> {
    if on_path(program) {
        return Ok(());
    }
    let missing = Trouble(format!(
        "`{program}` is missing; get it with: apt-get install {package}"
    ));
    let id = Command::new("id").arg("-u").output();
    let root = id.is_ok_and(|done| done.stdout.trim_ascii() == b"0");
    if !root || !on_path("apt-get") {
        return Err(missing);
    }
    eprintln!("xtask: installing the Debian package {package}");
    let install = || {
        Command::new("apt-get")
            .args(["install", "-y", "--no-install-recommends", package])
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let update = || {
        let mut apt = Command::new("apt-get");
        apt.arg("update")
            .stdout(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    if install() || (update() && install()) {
        return Ok(());
    }
    Err(missing)
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(given: &str, build_only: bool) -> String {
        let given: Vec<String> = given.split_whitespace().map(str::to_owned).collect();
        test_arguments(&given, build_only).join(" ")
    }

    #[test]
    fn filters_and_options_reach_cargo_test() {
        assert_eq!(arguments("", false), "test --release --workspace");
        assert_eq!(arguments("a b", false), "test --release --workspace -- a b");
        assert_eq!(
            arguments("a b", true),
            "test --release --workspace --no-run"
        );
        assert_eq!(
            arguments("-p xtask -- a", false),
            "test --release -p xtask -- a"
        );
        assert_eq!(
            arguments("-p xtask -- a", true),
            "test --release -p xtask --no-run"
        );
    }

    #[test]
    fn a_demo_that_judges_too_little_or_takes_too_long_is_found() {
        let of = |accesses: u64, seconds: f64| {
            let summary = serde_json::json!({
                "inputs": { "accesses": accesses },
                "seconds": { "total": seconds },
            });
            demo_faults(&summary.to_string())
        };
        assert!(of(1_000_000, 30.0).is_empty());
        assert_eq!(
            of(999_999, 29.9),
            ["it judged 999999 accesses, of at least 1000000"]
        );
        assert_eq!(of(1_000_001, 30.1), ["it took 30.1 s, of at most 30"]);
        assert_eq!(demo_faults("{}").len(), 2);
        assert_eq!(demo_faults("").len(), 2);
    }

    #[test]
    fn cargo_within_cargo_does_not_see_this_package() {
        let command = cargo(&[]);
        let removed = |name: &str| {
            let mut set = command.get_envs();
            set.any(|(key, value)| key == name && value.is_none())
        };
        // `cargo test` sets them for this test, as `cargo run` does for `cargo xtask`.
        assert!(removed("CARGO_PKG_NAME") && removed("CARGO_MANIFEST_DIR"));
        assert!(!removed("CARGO"));
    }

    #[test]
    fn a_program_that_is_not_there_is_not_on_path() {
        assert!(on_path("sh"));
        assert!(!on_path("no-such-program-here"));
    }
}
