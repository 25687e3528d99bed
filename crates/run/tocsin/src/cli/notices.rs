//! The command line of `tocsin notices`.

use super::{NoticesAt, help};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `tocsin notices`.
#[derive(Debug, Args)]
pub(crate) struct Notices {
    /// What about them.
    #[command(subcommand)]
    pub(crate) what: NoticesCommand,
}

/// A decision of a person.
#[derive(Debug, Clone, Args)]
pub(crate) struct DecisionArgs {
    /// By whom: the identity that your systems authenticated.
    #[arg(long, value_parser = worded)]
    pub(crate) by: String,
    /// In which role, such as counsel.
    #[arg(long, value_parser = worded)]
    pub(crate) role: String,
    /// Why.
    #[arg(long, value_parser = worded)]
    pub(crate) why: Option<String>,
    /// When; now, unless given.
    #[arg(long)]
    pub(crate) at: Option<facts::Moment>,
}

/// What a person says of a decision stays on record, so a text without a word is none.
fn worded(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("say it, as in --by kim --role counsel --why \"figures checked\"".to_owned());
    }
    Ok(text.to_owned())
}

/// What about notices.
#[derive(Debug, Subcommand)]
pub(crate) enum NoticesCommand {
    /// What there is and how it stands.
    #[command(after_help = help!(
        ["notices list --config tocsin.toml", "notices list --out out/demo --json"]
    ))]
    List(NoticesAt),
    /// One notice.
    #[command(after_help = help!(
        ["notices show ntc-0123456789abcdef --config tocsin.toml"],
        "0 nothing blocks it, 1 failed, 2 a gap does"
    ))]
    Show {
        /// Which.
        notice: String,
        /// Where.
        #[command(flatten)]
        at: NoticesAt,
    },
    /// Approves, rejects or withdraws a notice.
    #[command(after_help = help!(
        [
            "notices decide ntc-0123456789abcdef approve --digest DIGEST --by kim --role counsel \
             --config tocsin.toml",
            "notices decide ntc-0123456789abcdef reject --digest DIGEST --by sam --role privacy \
             --why WHY --out out/demo >> decisions.jsonl",
        ]
    ))]
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
    /// Signs the declaration that a notice bears, where its order asks for one: who calls this
    /// declares what it says. Without it such a notice is not released.
    #[command(after_help = help!(
        [
            "notices sign ntc-0123456789abcdef --digest DIGEST --name Doe \
             --title Officer --by pat --role officer --config tocsin.toml",
        ]
    ))]
    Sign {
        /// Which.
        notice: String,
        /// The digest of the document that you read; the command refuses another.
        #[arg(long)]
        digest: String,
        /// The signer's name, as it is to stand on the notice.
        #[arg(long, value_parser = worded)]
        name: String,
        /// The signer's title.
        #[arg(long, value_parser = worded)]
        title: String,
        /// Who.
        #[command(flatten)]
        who: DecisionArgs,
        /// Where.
        #[command(flatten)]
        at: NoticesAt,
    },
    /// Writes notices as files, as `demo` and `replay` do: notices/NOTICE/notice.json, .pdf and,
    /// where it is mailed to an address that the order names, .eml. Nothing is sent.
    #[command(after_help = help!(
        [
            "notices write --released --config tocsin.toml --to out/released",
            "notices write ntc-0123456789abcdef --config tocsin.toml --to out/for-counsel",
        ]
    ))]
    #[command(group(clap::ArgGroup::new("which").required(true)))]
    Write {
        /// Which, in whatever state.
        #[arg(value_name = "NOTICE", group = "which")]
        notices: Vec<String>,
        /// All that were released and not taken back.
        #[arg(long, group = "which")]
        released: bool,
        /// The folder to write to; what else is in it stays.
        #[arg(long)]
        to: PathBuf,
        /// Where.
        #[command(flatten)]
        at: NoticesAt,
    },
    /// Releases a notice that two people approved. It is written to the outbox; nothing is sent.
    #[command(after_help = help!(
        [
            "notices release ntc-0123456789abcdef --digest DIGEST --by lee --role counsel \
             --config tocsin.toml",
        ]
    ))]
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
