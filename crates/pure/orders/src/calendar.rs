//! Which days are working days: holidays as data, observed as the statute says.

use crate::error::PackError;
use crate::text;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The calendar that ships with tocsin.
const US_FEDERAL: &str = include_str!("../calendars/us-federal.toml");

/// Working days and holidays between two years; outside them every question is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Its name, such as `us-federal`.
    pub name: String,
    /// Where its rules come from.
    pub cite: String,
    first_year: i16,
    last_year: i16,
    holidays: BTreeMap<Date, String>,
}

/// A day on which nobody works although no rule says so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    /// The day.
    pub on: Date,
    /// Why, with its source.
    pub why: String,
}

/// Why a date cannot be judged: nothing that is encoded covers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutOfRange {
    /// A calendar does not know the year.
    Calendar {
        /// The calendar that was asked.
        calendar: String,
        /// The day that it was asked about, where it is a day at all.
        date: Option<Date>,
        /// The first and the last year that it knows.
        years: (i16, i16),
    },
    /// No text of a duty is encoded for the day.
    Text {
        /// Order and duty.
        duty: String,
        /// The day.
        date: Date,
        /// The first day for which a text is encoded.
        from: Date,
    },
}

impl std::fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            OutOfRange::Calendar {
                calendar,
                date,
                years: (from, until),
            } => {
                match date {
                    Some(date) => write!(f, "whether {date} is a working day was asked of")?,
                    None => write!(f, "a day beyond all years was asked of")?,
                }
                write!(
                    f,
                    " the calendar `{calendar}`, which knows the years {from} to {until} only; \
                     extend its table after reading the law of those years"
                )
            }
            OutOfRange::Text { duty, date, from } => write!(
                f,
                "what `{duty}` said on {date} was asked; no text before {from} is encoded; a \
                 person must read the text of that day"
            ),
        }
    }
}

impl std::error::Error for OutOfRange {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: String,
    #[expect(dead_code, reason = "for the reader of the file")]
    title: String,
    cite: String,
    years: Years,
    holidays: Vec<Holiday>,
    #[serde(default)]
    closures: Vec<Closure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Years {
    from: i16,
    until: i16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holiday {
    name: String,
    on: On,
    since: Option<i16>,
    until: Option<i16>,
}

/// Either a fixed `day`, or the `nth` `weekday` of the month (`-1`: the last).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct On {
    month: i8,
    day: Option<i8>,
    weekday: Option<String>,
    nth: Option<i8>,
}

impl On {
    fn in_year(&self, year: i16) -> Result<Date, String> {
        let wrong = |error: jiff::Error| format!("no such day in {year}: {error}");
        let first = Date::new(year, self.month, 1).map_err(wrong)?;
        match (self.day, self.weekday.as_deref(), self.nth) {
            (Some(day), None, None) => Date::new(year, self.month, day).map_err(wrong),
            (None, Some(weekday), Some(nth)) => first
                .nth_weekday_of_month(nth, self::weekday(weekday)?)
                .map_err(wrong),
            _ => Err("`on` holds either `day`, or `weekday` and `nth`".to_owned()),
        }
    }
}

fn weekday(name: &str) -> Result<Weekday, String> {
    Ok(match name {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return Err(format!("`{name}` is no weekday such as `monday`")),
    })
}

impl Calendar {
    /// The federal holidays of the United States, with `closures` besides.
    ///
    /// # Errors
    /// When the table that ships with tocsin does not parse: a fault of the build.
    pub fn us_federal(closures: &[Closure]) -> Result<Calendar, PackError> {
        Calendar::parse("calendars/us-federal.toml", US_FEDERAL, closures)
    }

    /// A calendar from its table, with `closures` besides.
    ///
    /// # Errors
    /// When the table does not parse, or a rule of it names no day.
    pub fn parse(file: &str, text: &str, closures: &[Closure]) -> Result<Calendar, PackError> {
        let table: Table = text::parse(file, text)?;
        let mut holidays = BTreeMap::new();
        // One year more: 1 January may be observed on 31 December of the year before.
        for year in table.years.from..=table.years.until.saturating_add(1) {
            for holiday in &table.holidays {
                let in_time = holiday.since.is_none_or(|since| since <= year)
                    && holiday.until.is_none_or(|until| year <= until);
                if in_time {
                    let day = holiday.on.in_year(year).map_err(|message| {
                        PackError::at_start(file, format!("{}: {message}", holiday.name))
                    })?;
                    holidays.insert(observed(day), holiday.name.clone());
                }
            }
        }
        for closure in table.closures.iter().chain(closures) {
            holidays
                .entry(closure.on)
                .or_insert_with(|| closure.why.clone());
        }
        Ok(Calendar {
            name: table.name,
            cite: table.cite,
            first_year: table.years.from,
            last_year: table.years.until,
            holidays,
        })
    }

    /// Why nobody works on `date`; `None` for a working day.
    ///
    /// # Errors
    /// When the calendar does not know the year.
    pub fn closed(&self, date: Date) -> Result<Option<&str>, OutOfRange> {
        if date.year() < self.first_year || date.year() > self.last_year {
            return Err(self.out_of_range(Some(date)));
        }
        Ok(match (self.holidays.get(&date), date.weekday()) {
            (Some(name), _) => Some(name),
            (None, Weekday::Saturday) => Some("Saturday"),
            (None, Weekday::Sunday) => Some("Sunday"),
            _ => None,
        })
    }

    /// Holidays and closures of `year` on the days that they are observed, in order.
    pub fn holidays_of(&self, year: i16) -> impl Iterator<Item = (Date, &str)> {
        self.holidays
            .iter()
            .filter(move |(date, _)| date.year() == year)
            .map(|(date, name)| (*date, name.as_str()))
    }

    pub(crate) fn out_of_range(&self, date: Option<Date>) -> OutOfRange {
        OutOfRange::Calendar {
            calendar: self.name.clone(),
            date,
            years: (self.first_year, self.last_year),
        }
    }
}

/// 5 U.S.C. 6103(b): a Saturday's holiday on the Friday before; a Sunday's on the Monday after.
fn observed(day: Date) -> Date {
    match day.weekday() {
        Weekday::Saturday => day.saturating_sub(1.day()),
        Weekday::Sunday => day.saturating_add(1.day()),
        _ => day,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn observed_in(year: i16) -> Vec<(i8, i8)> {
        let calendar = Calendar::us_federal(&[]).unwrap();
        calendar
            .holidays_of(year)
            .map(|(day, _)| (day.month(), day.day()))
            .collect()
    }

    #[test]
    fn holidays_are_observed_as_the_statute_says() {
        assert_eq!(
            observed_in(2026),
            [
                (1, 1),
                (1, 19),
                (2, 16),
                (5, 25),
                (6, 19),
                (7, 3),
                (9, 7),
                (10, 12),
                (11, 11),
                (11, 26),
                (12, 25)
            ]
        );
        assert_eq!(
            observed_in(2027),
            [
                (1, 1),
                (1, 18),
                (2, 15),
                (5, 31),
                (6, 18),
                (7, 5),
                (9, 6),
                (10, 11),
                (11, 11),
                (11, 25),
                (12, 24),
                (12, 31)
            ]
        );
        assert_eq!(
            observed_in(2028),
            [
                (1, 17),
                (2, 21),
                (5, 29),
                (6, 19),
                (7, 4),
                (9, 4),
                (10, 9),
                (11, 10),
                (11, 23),
                (12, 25)
            ]
        );
    }

    #[test]
    fn a_year_outside_the_table_is_an_error() {
        let calendar = Calendar::us_federal(&[]).unwrap();
        assert!(calendar.closed(date(1999, 12, 31)).is_err());
        assert!(calendar.closed(date(2101, 1, 1)).is_err());
        // Saturday 1 January 2101 is observed on the last day of the table.
        assert_eq!(
            calendar.closed(date(2100, 12, 31)),
            Ok(Some("New Year's Day"))
        );
    }

    #[test]
    fn juneteenth_begins_with_its_statute_and_16_april_is_a_working_day() {
        let calendar = Calendar::us_federal(&[]).unwrap();
        assert_eq!(calendar.closed(date(2020, 6, 19)), Ok(None));
        assert!(calendar.closed(date(2021, 6, 18)).unwrap().is_some());
        assert_eq!(calendar.closed(date(2026, 4, 16)), Ok(None));
    }

    #[test]
    fn a_closure_of_the_configuration_counts() {
        let closures = [Closure {
            on: date(2026, 12, 24),
            why: "closed by order".to_owned(),
        }];
        let calendar = Calendar::us_federal(&closures).unwrap();
        assert_eq!(
            calendar.closed(date(2026, 12, 24)),
            Ok(Some("closed by order"))
        );
    }
}
