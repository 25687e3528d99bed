//! Instants of the vocabulary: microseconds in UTC, within the years that a legal record can have.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An instant, in microseconds since 1970-01-01T00:00:00Z.
///
/// Only the years 1970 to 2999 exist: anything else in a record is a fault of its source and an
/// error, never a silent far past or far future. In human-readable formats it is RFC 3339 (finer
/// digits than microseconds are cut off), else the number of microseconds (Avro
/// `timestamp-micros`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

/// Why something is no [`Moment`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MomentError {
    /// Before 1970 or after 2999.
    OutOfRange,
    /// Not an instant in RFC 3339.
    NotRfc3339,
}

impl std::fmt::Display for MomentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            MomentError::OutOfRange => "the instant lies outside the years 1970 to 2999",
            MomentError::NotRfc3339 => "not an instant in RFC 3339 such as 2026-12-15T18:00:00Z",
        })
    }
}

impl std::error::Error for MomentError {}

impl Moment {
    /// 1970-01-01T00:00:00Z.
    pub const MIN: Moment = Moment(0);
    /// The last microsecond of the year 2999.
    pub const MAX: Moment = Moment(32_503_679_999_999_999);

    /// The instant `micros` microseconds after 1970-01-01T00:00:00Z.
    pub const fn from_micros(micros: i64) -> Result<Moment, MomentError> {
        if micros < Moment::MIN.0 || micros > Moment::MAX.0 {
            return Err(MomentError::OutOfRange);
        }
        Ok(Moment(micros))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since 1970-01-01T00:00:00Z, cut off: what Kafka stamps records with.
    pub const fn millis(self) -> i64 {
        self.0 / 1000
    }

    /// This instant and `micros` microseconds (or before it, when negative), kept within the range.
    pub const fn saturating_add_micros(self, micros: i64) -> Moment {
        let sum = self.0.saturating_add(micros);
        if sum < Moment::MIN.0 {
            Moment::MIN
        } else if sum > Moment::MAX.0 {
            Moment::MAX
        } else {
            Moment(sum)
        }
    }

    /// As jiff's time stamp.
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The civil date of this instant in `zone`: days are counted where the court or agency sits.
    pub fn date_in(self, zone: &TimeZone) -> Date {
        zone.to_datetime(self.timestamp()).date()
    }
}

impl std::str::FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Moment, MomentError> {
        let stamp: Timestamp = text.parse().map_err(|_| MomentError::NotRfc3339)?;
        Moment::from_micros(
            stamp
                .as_nanosecond()
                .div_euclid(1000)
                .try_into()
                .unwrap_or(-1),
        )
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.timestamp())
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Moment;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an instant in RFC 3339 such as \"2026-12-15T18:00:00Z\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Moment, E> {
                text.parse().map_err(E::custom)
            }
        }
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(Text)
        } else {
            Moment::from_micros(i64::deserialize(deserializer)?).map_err(de::Error::custom)
        }
    }
}

/// A half-open span of time: `until` is the first instant that is no longer in; none means no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// The first instant in.
    pub from: Moment,
    /// The first instant no longer in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

impl Span {
    /// Whether `at` lies in this span.
    pub fn contains(&self, at: Moment) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }

    /// Whether this span covers all of what begins `at` and, if it lasts, ends before `until`.
    pub fn covers(&self, at: Moment, until: Option<Moment>) -> bool {
        self.contains(at)
            && match (self.until, until) {
                (Some(end), Some(until)) => until <= end,
                _ => true,
            }
    }

    /// Whether this span and what begins `at` and, if it lasts, ends before `until` share an
    /// instant.
    pub fn overlaps(&self, at: Moment, until: Option<Moment>) -> bool {
        let last = until.map_or(at, |until| at.max(until.saturating_add_micros(-1)));
        self.until.is_none_or(|end| at < end) && last >= self.from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Moment {
        text.parse().expect("an instant")
    }

    #[test]
    fn round_trips_text_and_refuses_other_centuries() {
        assert_eq!(
            at("2026-12-15T18:00:00Z").to_string(),
            "2026-12-15T18:00:00Z"
        );
        assert_eq!(at("2026-12-15T13:00:00-05:00"), at("2026-12-15T18:00:00Z"));
        assert_eq!(
            "3000-01-01T00:00:00Z".parse::<Moment>(),
            Err(MomentError::OutOfRange)
        );
        assert_eq!(
            "1969-12-31T23:59:59Z".parse::<Moment>(),
            Err(MomentError::OutOfRange)
        );
        assert_eq!(at("2999-12-31T23:59:59.999999Z"), Moment::MAX);
        assert!("2026-12-15".parse::<Moment>().is_err());
    }

    #[test]
    fn a_number_in_json_is_no_instant() {
        assert!(serde_json::from_str::<Moment>("1700000000000000").is_err());
    }

    #[test]
    fn spans_are_half_open() {
        let span = Span {
            from: at("2026-01-01T00:00:00Z"),
            until: Some(at("2026-01-02T00:00:00Z")),
        };
        assert!(span.contains(at("2026-01-01T00:00:00Z")));
        assert!(!span.contains(at("2026-01-02T00:00:00Z")));
        assert!(span.covers(at("2026-01-01T23:00:00Z"), Some(at("2026-01-02T00:00:00Z"))));
        assert!(!span.covers(at("2026-01-01T23:00:00Z"), Some(at("2026-01-02T00:00:01Z"))));
        assert!(span.overlaps(at("2025-12-31T23:00:00Z"), Some(at("2026-01-01T00:00:01Z"))));
        assert!(!span.overlaps(at("2025-12-31T23:00:00Z"), Some(at("2026-01-01T00:00:00Z"))));
        assert!(!span.overlaps(at("2026-01-02T00:00:00Z"), None));
    }
}
