//! Values that may point at a person: they travel in records and never print.

use serde::{Deserialize, Serialize};

/// A pseudonym, address, session or name that must not reach a log, a metric or an error.
///
/// `Debug` and `Display` print a mask. To put the value somewhere, say [`Private::reveal`]; a
/// reviewer can search for it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Private(String);

impl Private {
    /// Wraps `value`.
    pub fn new(value: impl Into<String>) -> Private {
        Private(value.into())
    }

    /// The value itself, for matching, counting and writing records.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Private {
    fn from(value: &str) -> Private {
        Private(value.to_owned())
    }
}

impl std::borrow::Borrow<str> for Private {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Private {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("•••")
    }
}

impl std::fmt::Display for Private {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("•••")
    }
}

#[cfg(test)]
mod tests {
    use super::Private;

    #[test]
    fn does_not_print() {
        let secret = Private::new("acct-7");
        assert_eq!(format!("{secret:?} {secret}"), "••• •••");
        assert_eq!(
            serde_json::to_string(&secret).expect("serialises"),
            "\"acct-7\""
        );
    }
}
