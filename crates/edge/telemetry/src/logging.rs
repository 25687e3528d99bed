//! Logs: where they go, in which form, and how much of them.

use std::fmt;
use tracing_subscriber::EnvFilter;

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people at a terminal. The default.
    #[default]
    Text,
    /// One JSON object a line, for log collectors.
    Json,
}

impl std::str::FromStr for LogFormat {
    type Err = LoggingError;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        match given {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            other => Err(LoggingError::Format(other.to_owned())),
        }
    }
}

/// Why logging could not be set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoggingError {
    /// The form is none that there is.
    Format(String),
    /// The filter cannot be read.
    Filter {
        /// What was given.
        given: String,
        /// Why it cannot be read.
        why: String,
    },
    /// Logging was set up before in this process.
    Already,
}

impl fmt::Display for LoggingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoggingError::Format(given) => {
                write!(f, "log format `{given}` is none; use `text` or `json`")
            }
            LoggingError::Filter { given, why } => write!(
                f,
                "log filter `{given}` cannot be read: {why}; write a level (`info`) or \
                 `info,tocsin_stream=debug`"
            ),
            LoggingError::Already => {
                write!(
                    f,
                    "logging is set up twice in one process; set it up once, in main"
                )
            }
        }
    }
}

impl std::error::Error for LoggingError {}

/// Sends all logs of this process to standard error, filtered by `filter`: a level, or levels by
/// module such as `info,tocsin_stream=debug`. Standard output stays free for data.
///
/// # Errors
/// A filter that cannot be read, and a second call in one process.
pub fn init_logging(format: LogFormat, filter: &str) -> Result<(), LoggingError> {
    let parsed = EnvFilter::try_new(filter).map_err(|error| LoggingError::Filter {
        given: filter.to_owned(),
        why: error.to_string(),
    })?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    let done = match format {
        LogFormat::Text => logs.try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
    done.map_err(|_| LoggingError::Already)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_says_what_is_right() {
        let error = init_logging(LogFormat::Text, "tocsin=loud").unwrap_err();
        assert!(error.to_string().contains("tocsin=loud"), "{error}");
        assert!(error.to_string().contains("write a level"), "{error}");
    }

    #[test]
    fn formats_are_text_and_json() {
        assert_eq!("text".parse(), Ok(LogFormat::Text));
        assert_eq!("json".parse(), Ok(LogFormat::Json));
        let error = "xml".parse::<LogFormat>().unwrap_err();
        assert!(error.to_string().contains("`text` or `json`"), "{error}");
    }
}
