//! Which days a certification year has, as the pack or whoever asks states it.

use jiff::civil::Date;
use orders::Order;
use serde::{Deserialize, Serialize};

/// A certification year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificationYear {
    /// The calendar year in which it ends.
    pub year: i16,
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
    /// The pack does not know when a year ends; whoever asked for the annex stated it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stated: bool,
}

/// Why there is no annex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoCertification {
    /// The order asks for no annual certification, as far as the pack knows.
    NotAsked,
    /// The pack does not know when a certification year ends.
    EndUnknown {
        /// The clause.
        cite: String,
    },
    /// Another end of the year was stated than the pack knows.
    OtherEnd {
        /// The month and the day that the pack knows.
        known: (i8, i8),
    },
    /// The day that was stated does not exist in that year.
    NoSuchDay,
    /// The order asks for no certification of that year.
    OutsideTerm {
        /// The first year for which it does.
        first: i16,
        /// The last one, where the pack knows for how many years.
        last: Option<i16>,
    },
}

impl std::fmt::Display for NoCertification {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoCertification::NotAsked => write!(
                f,
                "its pack knows no annual certification; see `tocsin orders show` for what it has"
            ),
            NoCertification::EndUnknown { cite } => write!(
                f,
                "the source does not say when a certification year ends ({cite}); state the last \
                 day of one with --ends MM-DD, which the annex then says"
            ),
            NoCertification::OtherEnd {
                known: (month, day),
            } => write!(
                f,
                "its certification year ends on {month:02}-{day:02} by its pack; leave --ends out"
            ),
            NoCertification::NoSuchDay => write!(
                f,
                "no such day; give the last day of a certification year as --ends MM-DD, such as \
                 06-15, and a year from 1 on"
            ),
            NoCertification::OutsideTerm { first, last } => {
                write!(
                    f,
                    "it asks for certifications of the years that end in {first}"
                )?;
                match last {
                    Some(last) => write!(f, " to {last}; give one of these with --year"),
                    None => write!(f, " and later; give one of these with --year"),
                }
            }
        }
    }
}

impl std::error::Error for NoCertification {}

impl CertificationYear {
    /// The certification year of `order` that ends in `year`. `ends` states its last day (month and
    /// day) where the pack does not know it.
    ///
    /// # Errors
    /// The order has no certification, its year is not known and not stated, or it asks for none
    /// of that year.
    pub fn of(
        order: &Order,
        year: i16,
        ends: Option<(i8, i8)>,
    ) -> Result<CertificationYear, NoCertification> {
        let certification = order
            .certification
            .as_ref()
            .ok_or(NoCertification::NotAsked)?;
        let known = certification.ends_month.zip(certification.ends_day);
        let (end, stated) = match (known, ends) {
            (Some(known), Some(ends)) if known != ends => {
                return Err(NoCertification::OtherEnd { known });
            }
            (Some(known), _) => (known, false),
            (None, Some(ends)) => (ends, true),
            (None, None) => {
                let cite = certification.cite.clone();
                return Err(NoCertification::EndUnknown { cite });
            }
        };
        let (first, last) = days(year, end).ok_or(NoCertification::NoSuchDay)?;
        // The first year is the one that is under way on the first day of force.
        if let Some(begins) = order.in_force.from.or(order.entered) {
            let ended = days(begins.year(), end).is_some_and(|(_, last)| last < begins);
            let first_year = begins.year().saturating_add(i16::from(ended));
            let years = certification.years;
            let last_year = years
                .and_then(|years| i16::try_from(years).ok())
                .map(|years| first_year.saturating_add(years).saturating_sub(1));
            if year < first_year || last_year.is_some_and(|last| year > last) {
                return Err(NoCertification::OutsideTerm {
                    first: first_year,
                    last: last_year,
                });
            }
        }
        Ok(CertificationYear {
            year,
            first,
            last,
            stated,
        })
    }

    /// Whether it has this day.
    pub(crate) fn has(&self, day: Date) -> bool {
        (self.first..=self.last).contains(&day)
    }
}

/// The first and the last day of the year that ends on `end` (month and day) of `year`. A year that
/// ends on 29 February ends on the 28th where there is none.
fn days(year: i16, end: (i8, i8)) -> Option<(Date, Date)> {
    let ends_in = |year: i16| -> Option<Date> {
        let (month, day) = end;
        let first = Date::new(year, month, 1).ok()?;
        let leap = month == 2 && day == 29;
        let day = if leap { first.days_in_month() } else { day };
        Date::new(year, month, day).ok()
    };
    let first = ends_in(year.checked_sub(1)?)?.tomorrow().ok()?;
    Some((first, ends_in(year)?))
}
