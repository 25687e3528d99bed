//! The command line. Data goes to standard output, everything else to standard error.

use crate::commands::dead_letters::DeadLetters;
use crate::config::LogFormat;
use crate::topology::Stage;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Incident notification for companies under a settlement with the US Federal Trade Commission:
/// finds unauthorised accesses, counts who was affected, decides what is owed and drafts notices.
#[derive(Debug, Parser)]
#[command(name = "tocsin", disable_version_flag = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed, 2 the answer is \"differs / not verified / \
                        gaps\", 64 usage or configuration.\nNothing that tocsin writes is legal \
                        advice."
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
    #[command(after_help = "Example:\n  tocsin demo --out out/demo")]
    Demo(Demo),
    /// The processors as Kafka consumers, until stopped.
    #[command(
        after_help = "Examples:\n  tocsin run --config tocsin.toml --check\n  tocsin run \
                            --config tocsin.toml\n  tocsin run screen verify --config tocsin.toml"
    )]
    Run(Run),
    /// The same processors over history, without side effects.
    #[command(
        after_help = "Examples:\n  tocsin replay --files history/ --order SLUG --out \
                            out/replay\n  tocsin replay --config tocsin.toml --from \
                            2026-01-01T00:00:00Z --to 2026-04-01T00:00:00Z --out out/q1\n  tocsin \
                            replay --config tocsin.toml --manifest out/q1/manifest.json --out \
                            out/again --compare out/q1\n  tocsin replay --config tocsin.toml \
                            --rate 5000 --out out/all --compare topics"
    )]
    Replay(Replay),
    /// One incident's facts in, determinations out.
    #[command(after_help = "Example:\n  tocsin decide --order SLUG facts.json")]
    Decide(Decide),
    /// When a period ends, with the count shown.
    #[command(after_help = "Example:\n  tocsin due --method frcp-6 --days 10 --from 2026-12-15")]
    Due(Due),
    /// The law that is loaded.
    #[command(after_help = "Examples:\n  tocsin orders list\n  tocsin orders show SLUG")]
    Orders(Orders),
    /// Why: the reason tree of an answer, with citations and evidence.
    #[command(
        after_help = "Examples:\n  tocsin explain inc-0123456789abcdef --out out/demo\n  \
                            tocsin explain ask-0123456789abcdef --out out/demo"
    )]
    Explain(Explain),
    /// The notices, and the people's decisions on them.
    #[command(
        after_help = "Examples:\n  tocsin notices list --config tocsin.toml\n  tocsin notices show \
                      ntc-0123456789abcdef --out out/demo"
    )]
    Notices(Notices),
    /// The annex to an annual certification: the year's incidents, the register of
    /// non-compliance, and what is not settled.
    #[command(
        after_help = "Example:\n  tocsin certify --order SLUG --year 2026 --out out/demo --to \
                            out/certification"
    )]
    Certify(Certify),
    /// What could not be used: what there is, one of them, and the way back.
    #[command(after_help = "Example:\n  tocsin dead-letters list --config tocsin.toml")]
    DeadLetters(DeadLetters),
    /// The topic graph on a broker.
    #[command(after_help = "Example:\n  tocsin topics check --config tocsin.toml")]
    Topics(Topics),
    /// The schema of a record or of a file that a person writes; without a name, what there is.
    #[command(
        after_help = "Examples:\n  tocsin schema breach-event > breach-event.schema.json\n  \
                            tocsin schema duty > duty.schema.json"
    )]
    Schema(Schema),
    /// A completion script for a shell.
    #[command(
        after_help = "Examples:\n  tocsin completions bash > tocsin.bash\n  tocsin completions zsh \
                      > _tocsin"
    )]
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
pub(crate) struct Replay {
    /// A folder with files of records.
    #[arg(long, conflicts_with = "config", required_unless_present = "config")]
    pub(crate) files: Option<PathBuf>,
    /// A configuration: the topics of a broker.
    #[arg(long, short)]
    pub(crate) config: Option<PathBuf>,
    /// From this instant on (record time stamps of access-events).
    #[arg(long, requires = "config")]
    pub(crate) from: Option<facts::Moment>,
    /// Before this instant.
    #[arg(long, requires = "config")]
    pub(crate) to: Option<facts::Moment>,
    /// Which law.
    #[command(flatten)]
    pub(crate) law: LawArgs,
    /// Repeat the run that left this manifest.json: the same ranges or files, the same rules.
    #[arg(long, conflicts_with_all = ["from", "to"])]
    pub(crate) manifest: Option<PathBuf>,
    /// With a manifest: the same records, by the rules of now.
    #[arg(long, requires = "manifest")]
    pub(crate) other_rules: bool,
    /// Read at most so many records a second from the broker.
    #[arg(long, requires = "config", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,
    /// Replay what retention has left of the range; counts then have no upper end.
    #[arg(long, requires = "config")]
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
    #[command(after_help = "Examples:\n  tocsin orders list\n  tocsin orders list --thin")]
    List {
        /// Every clause whose source was too thin to encode, order by order, instead.
        #[arg(long)]
        thin: bool,
    },
    /// One order, clause by clause.
    #[command(after_help = "Example:\n  tocsin orders show SLUG")]
    Show {
        /// Which.
        order: String,
    },
    /// One order as a page for counsel to read: one HTML file, for the screen and for paper.
    #[command(after_help = "Example:\n  tocsin orders page SLUG --to pages")]
    Page {
        /// Which.
        order: String,
        /// Where to write SLUG.html, instead of printing it.
        #[arg(long)]
        to: Option<PathBuf>,
    },
    /// Checks citations, grades, literals, windows and locks.
    #[command(
        after_help = "Examples:\n  tocsin orders check\n  tocsin orders check --orders-dir packs"
    )]
    Check,
    /// Decides the cases of the packs and compares.
    #[command(after_help = "Examples:\n  tocsin orders test\n  tocsin orders test SLUG")]
    Test {
        /// Only cases whose path holds this.
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

/// `tocsin notices`.
#[derive(Debug, Args)]
pub(crate) struct Notices {
    /// What about them.
    #[command(subcommand)]
    pub(crate) what: NoticesCommand,
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

/// A decision of a person.
#[derive(Debug, Clone, Args)]
pub(crate) struct DecisionArgs {
    /// By whom: the identity that your systems authenticated.
    #[arg(long)]
    pub(crate) by: String,
    /// In which role, such as counsel.
    #[arg(long)]
    pub(crate) role: String,
    /// Why.
    #[arg(long)]
    pub(crate) why: Option<String>,
    /// When; now, unless given.
    #[arg(long)]
    pub(crate) at: Option<facts::Moment>,
}

/// What about notices.
#[derive(Debug, Subcommand)]
pub(crate) enum NoticesCommand {
    /// What there is and how it stands.
    #[command(
        after_help = "Examples:\n  tocsin notices list --config tocsin.toml\n  tocsin notices list \
                      --out out/demo --json"
    )]
    List(NoticesAt),
    /// One notice.
    #[command(
        after_help = "Example:\n  tocsin notices show ntc-0123456789abcdef --config tocsin.toml"
    )]
    Show {
        /// Which.
        notice: String,
        /// Where.
        #[command(flatten)]
        at: NoticesAt,
    },
    /// Approves, rejects or withdraws a notice.
    #[command(
        after_help = "Examples:\n  tocsin notices decide ntc-0123456789abcdef approve --digest \
                      DIGEST --by kim --role counsel --config tocsin.toml\n  tocsin notices decide \
                      ntc-0123456789abcdef reject --digest DIGEST --by sam --role privacy --why \
                      WHY --out out/demo >> decisions.jsonl"
    )]
    Decide {
        /// Which.
        notice: String,
        /// The decision.
        #[arg(value_enum)]
        decision: Verb,
        /// The digest of the document that you read; the command refuses another.
        #[arg(long)]
        digest: String,
        /// Who.
        #[command(flatten)]
        who: DecisionArgs,
        /// Where.
        #[command(flatten)]
        at: NoticesAt,
    },
    /// Writes notices as files, as `demo` and `replay` do: notices/NOTICE/notice.json, .pdf and,
    /// where the order names an address, .eml. Nothing is sent.
    #[command(
        after_help = "Examples:\n  tocsin notices write --released --config tocsin.toml --to \
                      out/released\n  tocsin notices write ntc-0123456789abcdef --config \
                      tocsin.toml --to out/for-counsel"
    )]
    Write {
        /// Which, in whatever state.
        #[arg(value_name = "NOTICE", required_unless_present = "released")]
        notices: Vec<String>,
        /// All that were released and not taken back.
        #[arg(long, conflicts_with = "notices")]
        released: bool,
        /// The folder to write to; what else is in it stays.
        #[arg(long)]
        to: PathBuf,
        /// Where.
        #[command(flatten)]
        at: NoticesAt,
    },
    /// Releases a notice that two people approved. It is written to the outbox; nothing is sent.
    #[command(
        after_help = "Example:\n  tocsin notices release ntc-0123456789abcdef --digest DIGEST --by \
                      lee --role counsel --config tocsin.toml"
    )]
    Release {
        /// Which.
        notice: String,
        /// The digest of the document.
        #[arg(long)]
        digest: String,
        /// Who.
        #[command(flatten)]
        who: DecisionArgs,
        /// Where.
        #[command(flatten)]
        at: NoticesAt,
    },
}

/// What a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Verb {
    /// It is right.
    Approve,
    /// It is not.
    Reject,
    /// It is not to go out, or no longer stands.
    Withdraw,
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

/// What about topics.
#[derive(Debug, Subcommand)]
pub(crate) enum TopicsCommand {
    /// Creates what is missing and sets what differs; with `kafka.principals`, also ACLs.
    #[command(
        after_help = "Examples:\n  tocsin topics apply --config tocsin.toml\n  tocsin topics apply \
                      --partitions 24 --replication 3 --config tocsin.toml\n  tocsin topics apply \
                      --revoke --config tocsin.toml"
    )]
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
    },
    /// Compares with what should be; exit 2 if anything differs.
    #[command(after_help = "Example:\n  tocsin topics check --config tocsin.toml")]
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

    /// Every command, with what its help says behind the options.
    fn commands(of: &clap::Command, path: &str, found: &mut Vec<(String, String)>) {
        for one in of.get_subcommands() {
            let name = format!("{path} {}", one.get_name());
            commands(one, &name, found);
            let help = one.get_after_help().map(ToString::to_string);
            found.push((name, help.unwrap_or_default()));
        }
    }

    #[test]
    fn every_command_shows_examples_and_takes_them() {
        let mut found = Vec::new();
        commands(&Cli::command(), "tocsin", &mut found);
        assert!(found.len() > 20, "{found:?}");
        for (name, help) in found {
            let lines = help.lines().map(str::trim);
            let examples: Vec<&str> = lines.filter(|line| line.starts_with("tocsin ")).collect();
            let has_some = help.starts_with("Example") && !examples.is_empty();
            assert!(has_some, "{name} shows no example");
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
}
