//! The command line. Data goes to standard output, everything else to standard error.

mod notices;

use crate::commands::dead_letters::DeadLetters;
use crate::config::{LogFormat, word};
use crate::topology::Stage;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// What stands behind the options of a command's help: examples, and what its exit codes mean.
macro_rules! help {
    ([$($example:literal),+ $(,)?]) => {
        help!([$($example),+], "0 done, 1 failed")
    };
    ([$($example:literal),+ $(,)?], $codes:literal) => {
        concat!(
            "Examples:", $("\n  tocsin ", $example,)+
            "\n\nExit codes: ", $codes, ", 64 the call or the configuration is wrong"
        )
    };
}
pub(crate) use help;
pub(crate) use notices::{DecisionArgs, Notices, NoticesCommand, Verb};

/// Incident notification for companies under a settlement with the US Federal Trade Commission:
/// finds unauthorised accesses, counts who was affected, decides what is owed and drafts notices.
#[derive(Debug, Parser)]
#[command(name = "tocsin", disable_version_flag = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 the answer is \"differs / not verified / \
                        gaps\", 64 usage or configuration; `tocsin COMMAND --help` says what \
                        each means there.\nNothing that tocsin writes is legal advice."
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Print the version and the digests of the packs that it carries.
    #[arg(long, short = 'V')]
    pub(crate) version: bool,
    /// The form of log lines on standard error.
    #[arg(long, global = true, value_enum)]
    pub(crate) log_format: Option<LogFormat>,
    /// Which log lines: a level, or targets with levels.
    #[arg(long, global = true, env = "TOCSIN_LOG")]
    pub(crate) log: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The main job with nothing installed: a seeded history, the real processors, a table at the
    /// end.
    #[command(after_help = help!(
        ["demo --out out/demo"],
        "0 every line of its history got its answer, 1 failed, 2 one did not"
    ))]
    Demo(Demo),
    /// The processors as Kafka consumers, until stopped.
    #[command(after_help = help!(
        [
            "run --config tocsin.toml --check",
            "run --config tocsin.toml",
            "run screen verify --config tocsin.toml",
        ],
        "0 stopped by a signal, or nothing stands in its way (--check), 1 a stage stopped by \
         itself, or something does, 70 a broker left a call without an answer: start it again"
    ))]
    Run(Run),
    /// The same processors over history, without side effects.
    #[command(after_help = help!(
        [
            "replay --files history/ --order SLUG --out out/replay",
            "replay --config tocsin.toml --from 2026-01-01T00:00:00Z --to 2026-04-01T00:00:00Z \
             --out out/q1",
            "replay --config tocsin.toml --manifest out/q1/manifest.json --out out/again \
             --compare out/q1",
            "replay --config tocsin.toml --rate 5000 --out out/all --compare topics",
            "replay --config tocsin.toml --resume --out out/all --compare topics",
        ],
        "0 done, 1 failed, 2 something differs from what --compare or --manifest names"
    ))]
    Replay(Replay),
    /// One incident's facts in, determinations out.
    #[command(after_help = help!(
        ["decide --order SLUG facts.json"],
        "0 decided, whatever the answer, 1 failed"
    ))]
    Decide(Decide),
    /// When a period ends, with the count shown.
    #[command(after_help = help!(["due --method frcp-6 --days 10 --from 2026-12-15"]))]
    Due(Due),
    /// The law that is loaded.
    #[command(after_help = help!(["orders list", "orders show SLUG"]))]
    Orders(Orders),
    /// Why: the reason tree of an answer, with citations and evidence.
    #[command(after_help = help!(
        [
            "explain inc-0123456789abcdef --out out/demo",
            "explain ask-0123456789abcdef --out out/demo",
        ]
    ))]
    Explain(Explain),
    /// The notices, and the people's decisions on them.
    #[command(after_help = help!(
        ["notices list --config tocsin.toml", "notices show ntc-0123456789abcdef --out out/demo"],
        "0 done, 1 failed, 2 a gap blocks the notice that is shown"
    ))]
    Notices(Notices),
    /// The annex to an annual certification: the year's incidents, the register of
    /// non-compliance, and what is not settled.
    #[command(after_help = help!(
        ["certify --order SLUG --year 2026 --out out/demo --to out/certification"],
        "0 done, also where points are open, 1 failed"
    ))]
    Certify(Certify),
    /// What could not be used: what there is, one of them, and the way back.
    #[command(after_help = help!(
        ["dead-letters list --config tocsin.toml"],
        "0 done, 1 failed, 2 some were not redriven"
    ))]
    DeadLetters(DeadLetters),
    /// The topic graph on a broker.
    #[command(after_help = help!(
        ["topics check --config tocsin.toml"],
        "0 all is as it should be, 1 failed, 2 something differs"
    ))]
    Topics(Topics),
    /// The schema of a record or of a file that a person writes; without a name, what there is.
    #[command(after_help = help!(
        ["schema breach-event > breach-event.schema.json", "schema duty > duty.schema.json"]
    ))]
    Schema(Schema),
    /// A completion script for a shell.
    #[command(after_help = help!(
        [
            "completions bash > tocsin.bash",
            "completions zsh > _tocsin",
            "completions fish > tocsin.fish",
        ]
    ))]
    Completions {
        /// Which shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// `tocsin demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where to leave the notices and files.
    #[arg(long, default_value = "out/demo")]
    pub(crate) out: PathBuf,
    /// The seed of everything that is left to chance.
    #[arg(long, default_value_t = 7)]
    pub(crate) seed: u64,
    /// How many ordinary uses stand around the incidents; the default makes over a million.
    #[arg(long)]
    pub(crate) ordinary: Option<u64>,
    /// Where to serve metrics meanwhile; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub(crate) listen: std::net::SocketAddr,
    /// Go on serving metrics after the end, until interrupted.
    #[arg(long)]
    pub(crate) stay: bool,
    /// Print the table as JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Do not write the input files for `tocsin replay --files`.
    #[arg(long)]
    pub(crate) no_export: bool,
}

/// `tocsin run`.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Which processors; all, if none is named.
    #[arg(value_enum)]
    pub(crate) stages: Vec<Stage>,
    /// The configuration.
    #[arg(long, short, env = "TOCSIN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Try broker, rights, registry and topics, print the plan and end.
    #[arg(long)]
    pub(crate) check: bool,
    /// Where to serve metrics, instead of what the configuration says.
    #[arg(long)]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// When a stage stops by itself, serve metrics and health for so many seconds more before
    /// ending with 1: whoever watches must see which and why. A signal ends it at once.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) linger: u64,
    /// Print an example of a configuration and end.
    #[arg(long)]
    pub(crate) example_config: bool,
    /// Print the plan as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which law.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct LawArgs {
    /// An order that binds this company: SLUG or SLUG@FROM..UNTIL; repeat for several.
    #[arg(long = "order")]
    pub(crate) orders: Vec<String>,
    /// A folder of packs, instead of those in the executable.
    #[arg(long)]
    pub(crate) orders_dir: Option<PathBuf>,
}

/// `tocsin replay`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("history").required(true)))]
pub(crate) struct Replay {
    /// A folder with files of records.
    #[arg(long, group = "history")]
    pub(crate) files: Option<PathBuf>,
    /// A configuration: the topics of a broker.
    #[arg(long, short, group = "history")]
    pub(crate) config: Option<PathBuf>,
    /// With --config: from this instant on (record time stamps of access-events).
    #[arg(long, requires = "config", conflicts_with = "files")]
    pub(crate) from: Option<facts::Moment>,
    /// With --config: before this instant.
    #[arg(long, requires = "config", conflicts_with = "files")]
    pub(crate) to: Option<facts::Moment>,
    /// Which law.
    #[command(flatten)]
    pub(crate) law: LawArgs,
    /// With --files: a folder with the documents that reports name; their digests are checked.
    #[arg(long, requires = "files", conflicts_with = "config")]
    pub(crate) documents: Option<PathBuf>,
    /// Repeat the run that left this manifest.json: the same ranges or files, the same rules.
    #[arg(long, conflicts_with_all = ["from", "to"])]
    pub(crate) manifest: Option<PathBuf>,
    /// With a manifest: the same records, by the rules of now.
    #[arg(long, requires = "manifest")]
    pub(crate) other_rules: bool,
    /// With --config: read at most so many records a second from the broker, all partitions
    /// together.
    #[arg(
        long,
        requires = "config",
        conflicts_with = "files",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub(crate) rate: Option<u32>,
    /// With --config: read so many partitions at once; by default as many as there are cores.
    #[arg(
        long,
        requires = "config",
        conflicts_with = "files",
        value_parser = clap::value_parser!(u16).range(1..=1024)
    )]
    pub(crate) parallel: Option<u16>,
    /// With --config: go on with the replay that broke off in --out, called with the same --from,
    /// --to, --what-is-left and --manifest over the same topics by the same version: what it had
    /// read is not read again, all of it is judged.
    #[arg(long, requires = "config", conflicts_with = "files")]
    pub(crate) resume: bool,
    /// With --config: replay what retention has left of the range; counts then have no upper end.
    #[arg(long, requires = "config", conflicts_with = "files")]
    pub(crate) what_is_left: bool,
    /// A folder with the results of another run, or `topics` for what a pipeline has written to
    /// the broker: show what differs, exit 2 if anything does.
    #[arg(long)]
    pub(crate) compare: Option<PathBuf>,
    /// Where to leave the results.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Print the table as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `tocsin decide`.
#[derive(Debug, Args)]
pub(crate) struct Decide {
    /// The facts, JSON; `-` for standard input.
    pub(crate) facts: PathBuf,
    /// Which law.
    #[command(flatten)]
    pub(crate) law: LawArgs,
    /// As it was known at the end of this day (UTC): records made later are left out. Says which
    /// of the dates then stood in the past.
    #[arg(long)]
    pub(crate) as_of: Option<String>,
    /// A day on which courts and agencies are closed besides the statutory holidays; repeat for
    /// several.
    #[arg(long)]
    pub(crate) closed: Vec<String>,
}

/// `tocsin due`.
#[derive(Debug, Args)]
pub(crate) struct Due {
    /// How days are counted.
    #[arg(long, value_enum)]
    pub(crate) method: DueMethod,
    /// How many days.
    #[arg(long)]
    pub(crate) days: u32,
    /// The day of the event, ISO 8601.
    #[arg(long)]
    pub(crate) from: String,
    /// A day on which the government is closed besides the statutory holidays; repeat for several.
    #[arg(long)]
    pub(crate) closed: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How days are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DueMethod {
    /// Federal Rule of Civil Procedure 6(a).
    #[value(name = "frcp-6")]
    Frcp6,
    /// 16 CFR 4.3(a).
    #[value(name = "ftc-4.3")]
    Ftc43,
    /// Calendar days, no roll.
    #[value(name = "calendar")]
    Calendar,
    /// Business days.
    #[value(name = "business")]
    Business,
}

impl DueMethod {
    /// The name in packs and determinations.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            DueMethod::Frcp6 => "frcp-6",
            DueMethod::Ftc43 => "ftc-4.3",
            DueMethod::Calendar => "calendar",
            DueMethod::Business => "business",
        }
    }
}

/// `tocsin orders`.
#[derive(Debug, Args)]
pub(crate) struct Orders {
    /// What about them.
    #[command(subcommand)]
    pub(crate) what: OrdersCommand,
    /// A folder of packs, instead of those in the executable.
    #[arg(long, global = true)]
    pub(crate) orders_dir: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What about the law that is loaded.
#[derive(Debug, Subcommand)]
pub(crate) enum OrdersCommand {
    /// What there is.
    #[command(after_help = help!(["orders list", "orders list --thin"]))]
    List {
        /// Every clause whose source was too thin to encode, order by order, instead.
        #[arg(long)]
        thin: bool,
    },
    /// One order, clause by clause.
    #[command(after_help = help!(["orders show SLUG"]))]
    Show {
        /// Which.
        order: String,
    },
    /// One order as a page for counsel to read: one HTML file, for the screen and for paper.
    #[command(after_help = help!(["orders page SLUG --to pages"]))]
    Page {
        /// Which.
        order: String,
        /// Where to write SLUG.html, instead of printing it.
        #[arg(long)]
        to: Option<PathBuf>,
    },
    /// Checks citations, grades, literals, windows and locks.
    #[command(after_help = help!(
        ["orders check", "orders check --orders-dir packs"],
        "0 nothing to object to, 1 something is"
    ))]
    Check,
    /// Decides the cases of the packs and compares with what they must come to.
    #[command(after_help = help!(
        ["orders test", "orders test SLUG"],
        "0 every case passes, 1 one fails"
    ))]
    Test {
        /// Only these: an order's, by its whole name, or else those whose path holds this.
        filter: Option<String>,
    },
}

/// `tocsin explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// An incident, a notice, an ask, or an access.
    pub(crate) id: String,
    /// A folder with the results of `demo` or `replay`.
    #[arg(long, default_value = "out/demo")]
    pub(crate) out: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Where results are.
#[derive(Debug, Clone, Args)]
pub(crate) struct NoticesAt {
    /// A folder with the results of `demo` or `replay`.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// A configuration: the topics of a broker.
    #[arg(long, short, env = "TOCSIN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// `tocsin certify`.
#[derive(Debug, Args)]
pub(crate) struct Certify {
    /// Under which order.
    #[arg(long)]
    pub(crate) order: String,
    /// The calendar year in which the certification year ends.
    #[arg(long)]
    pub(crate) year: i16,
    /// The last day of a certification year, MM-DD, where the pack does not know it.
    #[arg(long)]
    pub(crate) ends: Option<String>,
    /// A folder of packs, instead of those in the executable.
    #[arg(long)]
    pub(crate) orders_dir: Option<PathBuf>,
    /// Where to write certification-SLUG-YEAR.json, .txt and .pdf, besides printing it.
    #[arg(long)]
    pub(crate) to: Option<PathBuf>,
    /// Where the results are.
    #[command(flatten)]
    pub(crate) at: NoticesAt,
}

/// `tocsin topics`.
#[derive(Debug, Args)]
pub(crate) struct Topics {
    /// What about them.
    #[command(subcommand)]
    pub(crate) what: TopicsCommand,
    /// The configuration.
    #[arg(long, short, global = true, env = "TOCSIN_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// A prefix as the configuration takes it: other names no broker has.
fn prefix(text: &str) -> Result<String, String> {
    if word(text) {
        return Ok(text.to_owned());
    }
    Err("a prefix may hold letters, digits, `.`, `_` and `-`".to_owned())
}

/// What about topics.
#[derive(Debug, Subcommand)]
pub(crate) enum TopicsCommand {
    /// Creates what is missing and sets what differs; with `kafka.principals`, also ACLs.
    #[command(after_help = help!(
        [
            "topics apply --config tocsin.toml",
            "topics apply --partitions 24 --replication 3 --config tocsin.toml",
            "topics apply --revoke --config tocsin.toml",
            "topics apply --revoke --old-prefix PREFIX --config tocsin.toml",
        ],
        "0 all is as it should be, 1 failed, 2 something still differs or was not to be seen"
    ))]
    Apply {
        /// How many partitions access-events and what goes with it get, where they are created.
        #[arg(long)]
        partitions: Option<i32>,
        /// Copies of each partition, where they are created.
        #[arg(long)]
        replication: Option<i32>,
        /// Also take away what lets a stage use a topic, group or transactional id of tocsin's that
        /// is not its own. While another version is at work, what that one needs goes with it.
        #[arg(long)]
        revoke: bool,
        /// After a move to another prefix: also take away what the stages were given under this
        /// one. People go on reading what stands there.
        #[arg(long, requires = "revoke", value_name = "PREFIX", value_parser = prefix)]
        old_prefix: Option<String>,
    },
    /// Compares with what should be; exit 2 if anything differs.
    #[command(after_help = help!(
        ["topics check --config tocsin.toml"],
        "0 all is as it should be, 1 failed, 2 something differs or was not to be seen"
    ))]
    Check,
}

/// `tocsin schema`.
#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// The name; without it, the list.
    pub(crate) name: Option<String>,
    /// The Avro schema instead of JSON Schema.
    #[arg(long)]
    pub(crate) avro: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn what_is_about_topics_is_refused_beside_files_and_the_other_way_round() {
        let parsed = |more: &[&str]| {
            let call = ["tocsin", "replay", "--out", "o"].iter().chain(more);
            Cli::try_parse_from(call).is_ok()
        };
        assert!(parsed(&["--files", "f", "--documents", "d"]));
        assert!(!parsed(&["--config", "c", "--documents", "d"]));
        for of_topics in [
            &["--from", "2026-01-01T00:00:00Z"][..],
            &["--to", "2026-01-01T00:00:00Z"],
            &["--rate", "100"],
            &["--parallel", "2"],
            &["--resume"],
            &["--what-is-left"],
        ] {
            let with = |source: [&'static str; 2]| [&source[..], of_topics].concat();
            assert!(parsed(&with(["--config", "c"])), "{of_topics:?}");
            assert!(!parsed(&with(["--files", "f"])), "{of_topics:?}");
        }
    }

    /// Every command, with what its help says behind the options.
    fn commands(of: &clap::Command, path: &str, found: &mut Vec<(String, String)>) {
        for one in of.get_subcommands() {
            let name = format!("{path} {}", one.get_name());
            commands(one, &name, found);
            let help = one.get_after_help().map(ToString::to_string);
            found.push((name, help.unwrap_or_default()));
        }
    }

    /// The commands that may end with 2, and those that they are commands of.
    const DIFFERS: [&str; 9] = [
        "tocsin demo",
        "tocsin replay",
        "tocsin notices",
        "tocsin notices show",
        "tocsin dead-letters",
        "tocsin dead-letters redrive",
        "tocsin topics",
        "tocsin topics apply",
        "tocsin topics check",
    ];

    #[test]
    fn every_command_says_how_it_ends_and_shows_examples_and_takes_them() {
        let mut found = Vec::new();
        commands(&Cli::command(), "tocsin", &mut found);
        assert!(found.len() > 20, "{found:?}");
        for (name, help) in found {
            let lines = help.lines().map(str::trim);
            let examples: Vec<&str> = lines.filter(|line| line.starts_with("tocsin ")).collect();
            let has_some = help.starts_with("Examples:") && !examples.is_empty();
            assert!(has_some, "{name} shows no example");
            let codes = help.lines().find(|line| line.starts_with("Exit codes: 0 "));
            let codes = codes.unwrap_or_else(|| panic!("{name} does not say how it ends"));
            assert!(codes.contains(", 1 ") && codes.contains(", 64 "), "{name}");
            let differs = DIFFERS.contains(&name.as_str());
            assert_eq!(codes.contains(", 2 "), differs, "{name}: {codes}");
            for example in examples {
                let rest = example.strip_prefix(name.as_str());
                let is_its_own = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
                assert!(is_its_own, "`{example}` is none of {name}");
                let words = example.split(' ');
                let words = words.take_while(|word| !word.starts_with('>'));
                if let Err(error) = Cli::try_parse_from(words) {
                    panic!("{example}: {error}");
                }
            }
        }
    }

    #[test]
    fn a_decision_without_words_is_refused_with_an_example() {
        let decide = "tocsin notices decide ntc-0 approve --digest 00 --out out";
        let with = |by: &'static str, role: &'static str, why: &'static str| {
            let words = ["--by", by, "--role", role, "--why", why];
            Cli::try_parse_from(decide.split(' ').chain(words))
        };
        assert!(with("kim", "counsel", "figures checked").is_ok());
        for (by, role, why) in [
            ("kim", "counsel", ""),
            ("kim", " ", "x"),
            ("", "counsel", "x"),
        ] {
            let said = with(by, role, why).map(drop).unwrap_err().to_string();
            assert!(said.contains("--why \"figures checked\""), "{said}");
        }
    }

    #[test]
    fn an_old_prefix_is_what_a_prefix_may_be() {
        let apply = |prefix: &'static str| {
            let words = "tocsin topics apply --revoke --old-prefix".split(' ');
            Cli::try_parse_from(words.chain([prefix])).map(drop)
        };
        // Where there was none before, there is nothing before the names.
        for right in ["", "t-", "Team_1.tocsin-"] {
            assert!(apply(right).is_ok(), "{right}");
        }
        for wrong in ["t ", "*", "t/", "t\n", "ü-"] {
            let said = apply(wrong).unwrap_err().to_string();
            let says = ["--old-prefix", "letters, digits"].map(|part| said.contains(part));
            assert_eq!(says, [true; 2], "{said}");
        }
    }

    #[test]
    fn what_to_write_is_named_or_is_all_that_is_released() {
        let write = |more: &[&'static str]| {
            let words = ["tocsin", "notices", "write", "--to", "out", "--out", "x"];
            Cli::try_parse_from(words.iter().chain(more)).map(drop)
        };
        assert!(write(&["ntc-1", "ntc-2"]).is_ok() && write(&["--released"]).is_ok());
        for wrong in [&[][..], &["ntc-1", "--released"]] {
            let said = write(wrong).unwrap_err().to_string();
            assert!(said.contains("--released"), "{said}");
        }
    }

    #[test]
    fn what_to_replay_is_one_of_two_and_both_are_named() {
        let replay = |more: &[&'static str]| {
            let words = ["tocsin", "replay", "--out", "out"];
            Cli::try_parse_from(words.iter().chain(more)).map(drop)
        };
        assert!(replay(&["--files", "f"]).is_ok() && replay(&["--config", "c"]).is_ok());
        for wrong in [&[][..], &["--files", "f", "--config", "c"]] {
            let said = replay(wrong).unwrap_err().to_string();
            assert!(
                said.contains("--files") && said.contains("--config"),
                "{said}"
            );
        }
    }
}
