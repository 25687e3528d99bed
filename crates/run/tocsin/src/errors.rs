//! Failures of commands: what was attempted, why it failed, what to do, and the exit code.

use std::fmt;

/// Exit codes of every command.
pub(crate) mod exit {
    /// Done.
    pub(crate) const DONE: u8 = 0;
    /// Failed.
    pub(crate) const FAILED: u8 = 1;
    /// The answer is "differs", "not verified" or "gaps".
    pub(crate) const DIFFERS: u8 = 2;
    /// The call or the configuration is wrong.
    pub(crate) const USAGE: u8 = 64;
}

/// A command could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The error's code; `docs/errors/<code>.md` is its page.
    pub(crate) code: &'static str,
    /// What was attempted, on what, why it failed and what to do.
    pub(crate) message: String,
    /// The exit code.
    pub(crate) exit: u8,
}

impl Failure {
    /// The call or the configuration is wrong.
    pub(crate) fn usage(code: &'static str, message: impl Into<String>) -> Failure {
        Failure {
            code,
            message: message.into(),
            exit: exit::USAGE,
        }
    }

    /// It could not be done.
    pub(crate) fn failed(code: &'static str, message: impl Into<String>) -> Failure {
        Failure {
            code,
            message: message.into(),
            exit: exit::FAILED,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.message, self.code)
    }
}

/// Codes of the log for what stands in the configuration, and is wrong there.
const CONFIGURED: [&str; 3] = ["client_config", "client_creation", "reserved_property"];

impl From<stream::LogError> for Failure {
    fn from(error: stream::LogError) -> Failure {
        if CONFIGURED.contains(&error.code.as_str()) {
            let why = format!("`kafka.properties`: {error}");
            return Failure::usage("config-invalid", why);
        }
        Failure::failed("log", error.to_string())
    }
}
