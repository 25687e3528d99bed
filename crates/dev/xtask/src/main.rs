//! `cargo xtask …`: the developers' commands.

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask tidy             checks that compilers do not see (walls, purity, topics, guards, text)
cargo xtask fetch            fetches the Kafka broker and the schema registry of the tests
cargo xtask test [FILTER…]   all tests, on a real Kafka, schema registry and Prometheus
cargo xtask bench [NAME]     the benchmarks, or one of them, on a real Kafka and schema registry
cargo xtask chaos [--long]   kills processes and the broker under load; --kills N, --seed S; --long:
                             three brokers, also replaced and cut off, and processes held up
cargo xtask rehearse [ARG…]  seeded runs of the real stages with faults, against a naive oracle
cargo xtask kafka [--port N] a broker and a registry in the foreground, until Ctrl-C
cargo xtask lock             writes order.lock of every pack whose content has a new revision
cargo xtask ci               everything that CI asks: format, lints, tests, rehearsal, alerts, demo
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.first().map(String::as_str) {
        Some("tidy") => xtask::run::tidy(),
        Some("fetch") => xtask::run::fetch(),
        Some("test") => xtask::run::test(&arguments[1..]),
        Some("bench") => xtask::run::bench(&arguments[1..]),
        Some("chaos") => xtask::run::chaos(&arguments[1..]),
        Some("rehearse") => xtask::run::rehearse(&arguments[1..]),
        Some("kafka") => xtask::run::kafka(&arguments[1..]),
        #[cfg(feature = "lock")]
        Some("lock") => xtask::lock(),
        #[cfg(not(feature = "lock"))]
        Some("lock") => xtask::run::lock(),
        Some("ci") => xtask::run::ci(),
        Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(64);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("xtask: {trouble}");
            ExitCode::FAILURE
        }
    }
}
