//! Counting days: the planned and the outer last day of a period, with every step shown to whoever
//! wants to see it.

use crate::calendar::{Calendar, OutOfRange};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How the days of a period are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Method {
    /// Fed. R. Civ. P. 6(a)(1): the trigger day is left out, every day counts, and a period that
    /// ends on a weekend or legal holiday runs to the next day that is none.
    #[serde(rename = "frcp-6")]
    Frcp6,
    /// 16 CFR 4.3(a): begins with the first business day following; rolls forward; of a period of
    /// 7 days or less only business days count.
    #[serde(rename = "ftc-4.3")]
    Ftc43,
    /// Every day counts and the last day stands as it falls.
    #[serde(rename = "calendar")]
    Calendar,
    /// Only business days count.
    #[serde(rename = "business")]
    Business,
}

impl Method {
    /// Every method.
    pub const ALL: &'static [Method] = &[
        Method::Frcp6,
        Method::Ftc43,
        Method::Calendar,
        Method::Business,
    ];

    /// The word as it stands in packs, output and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Frcp6 => "frcp-6",
            Method::Ftc43 => "ftc-4.3",
            Method::Calendar => "calendar",
            Method::Business => "business",
        }
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Method {
    type Err = String;

    fn from_str(given: &str) -> Result<Method, String> {
        Method::ALL
            .iter()
            .copied()
            .find(|one| one.as_str() == given)
            .ok_or_else(|| {
                format!(
                    "`{given}` is no way of counting days: frcp-6, ftc-4.3, calendar or business"
                )
            })
    }
}

/// One day of a count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The day.
    pub date: Date,
    /// Whether it counts.
    pub counted: bool,
    /// Why, or why not.
    pub why: String,
}

/// The last day of a period, with its count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The day to plan for: the naive one, moved back to a working day, not before the trigger.
    pub planned: Date,
    /// The last day that the rule allows.
    pub outer: Date,
    /// Trigger plus N; for business days the Nth one.
    pub naive: Date,
    /// The count, day by day.
    pub steps: Vec<Step>,
}

/// The last day of a period, as [`Due`] has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastDay {
    /// The day to plan for.
    pub planned: Date,
    /// The last day that the rule allows.
    pub outer: Date,
    /// Trigger plus N; for business days the Nth one.
    pub naive: Date,
}

/// The longest period that is counted: a hundred years in days.
const MOST_DAYS: u32 = 36_525;

/// The last day of a period of `days` days after `from`, with the count day by day.
///
/// ```
/// use jiff::civil::date;
/// use tocsin_orders::{Calendar, Method, due};
/// let calendar = Calendar::us_federal(&[]).expect("the calendar that ships");
/// // Ten days from a Tuesday end on Christmas Day: plan for the day before, never for the roll.
/// let ten = due(Method::Frcp6, 10, date(2026, 12, 15), &calendar).expect("in range");
/// assert_eq!((ten.planned, ten.outer), (date(2026, 12, 24), date(2026, 12, 28)));
/// ```
///
/// # Errors
/// When a day of the count lies outside the years that the calendar knows.
pub fn due(method: Method, days: u32, from: Date, calendar: &Calendar) -> Result<Due, OutOfRange> {
    let mut steps = Vec::new();
    let last = count(method, days, from, calendar, Some(&mut steps))?;
    Ok(Due {
        planned: last.planned,
        outer: last.outer,
        naive: last.naive,
        steps,
    })
}

/// [`due`] without its steps: where nobody reads them they are not written.
///
/// # Errors
/// As [`due`].
pub fn last_day(
    method: Method,
    days: u32,
    from: Date,
    calendar: &Calendar,
) -> Result<LastDay, OutOfRange> {
    count(method, days, from, calendar, None)
}

fn count(
    method: Method,
    days: u32,
    from: Date,
    calendar: &Calendar,
    steps: Option<&mut Vec<Step>>,
) -> Result<LastDay, OutOfRange> {
    if days > MOST_DAYS {
        return Err(calendar.out_of_range(None));
    }
    let mut count = Count {
        calendar,
        at: from,
        steps,
    };
    calendar.closed(from)?;
    count.note(false, || "the day of the trigger is not counted".to_owned());
    let naive;
    match method {
        Method::Business => {
            count.business_days(days)?;
            naive = count.at;
        }
        Method::Ftc43 => {
            naive = after(from, days, calendar)?;
            if days <= 7 {
                count.business_days(days)?;
            } else {
                count.begin_with_first_business_day()?;
                count.every_day(2, days)?;
                count.roll("16 CFR 4.3(a)")?;
            }
        }
        Method::Frcp6 => {
            naive = after(from, days, calendar)?;
            count.every_day(1, days)?;
            count.roll("Fed. R. Civ. P. 6(a)(1)(C)")?;
        }
        Method::Calendar => {
            naive = after(from, days, calendar)?;
            count.every_day(1, days)?;
        }
    }
    let planned = working_day_back(naive, from, calendar)?;
    Ok(LastDay {
        planned,
        outer: count.at,
        naive,
    })
}

/// `date`, moved back to a working day, but not before `floor`.
///
/// # Errors
/// When the calendar does not know the year.
pub fn working_day_back(date: Date, floor: Date, calendar: &Calendar) -> Result<Date, OutOfRange> {
    let mut at = date;
    while at > floor && calendar.closed(at)?.is_some() {
        at = at.yesterday().map_err(|_| calendar.out_of_range(None))?;
    }
    Ok(at)
}

fn after(from: Date, days: u32, calendar: &Calendar) -> Result<Date, OutOfRange> {
    let date = from
        .checked_add(i64::from(days).days())
        .map_err(|_| calendar.out_of_range(None))?;
    calendar.closed(date)?;
    Ok(date)
}

struct Count<'a> {
    calendar: &'a Calendar,
    at: Date,
    /// `None`: nobody reads them.
    steps: Option<&'a mut Vec<Step>>,
}

impl<'a> Count<'a> {
    fn note(&mut self, counted: bool, why: impl FnOnce() -> String) {
        if let Some(steps) = &mut self.steps {
            steps.push(Step {
                date: self.at,
                counted,
                why: why(),
            });
        }
    }

    /// To the next day; says why nobody works on it.
    fn step(&mut self) -> Result<Option<&'a str>, OutOfRange> {
        self.at = self
            .at
            .tomorrow()
            .map_err(|_| self.calendar.out_of_range(None))?;
        self.calendar.closed(self.at)
    }

    fn every_day(&mut self, first: u32, last: u32) -> Result<(), OutOfRange> {
        if self.steps.is_none() {
            let days = (last + 1).saturating_sub(first);
            // Where the end lies beyond the calendar, the first such day is told: step by step.
            if let Ok(end) = after(self.at, days, self.calendar) {
                self.at = end;
                return Ok(());
            }
        }
        for day in first..=last {
            match self.step()? {
                Some(closed) => self.note(true, || format!("day {day} ({closed}, counted)")),
                None => self.note(true, || format!("day {day}")),
            }
        }
        Ok(())
    }

    fn business_days(&mut self, days: u32) -> Result<(), OutOfRange> {
        let mut day = 0;
        while day < days {
            match self.step()? {
                Some(closed) => self.note(false, || format!("{closed}: no business day")),
                None => {
                    day += 1;
                    self.note(true, || format!("business day {day}"));
                }
            }
        }
        Ok(())
    }

    fn begin_with_first_business_day(&mut self) -> Result<(), OutOfRange> {
        while let Some(closed) = self.step()? {
            self.note(false, || {
                format!("{closed}: the period begins with the first business day")
            });
        }
        self.note(true, || {
            "day 1, the first business day following".to_owned()
        });
        Ok(())
    }

    /// From a last day that is no working day to the next one that is.
    fn roll(&mut self, rule: &str) -> Result<(), OutOfRange> {
        let mut closed = self.calendar.closed(self.at)?;
        while let Some(why) = closed {
            if let Some(step) = self.steps.as_mut().and_then(|steps| steps.last_mut()) {
                step.why
                    .push_str(&format!("; {why}: the period runs on ({rule})"));
            }
            closed = self.step()?;
            self.note(false, || "next day".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use std::collections::BTreeSet;

    fn federal() -> Calendar {
        Calendar::us_federal(&[]).unwrap()
    }

    #[test]
    fn golden_vectors() {
        // Trigger, naive, Rule 6 10 d, 4.3(a) 10 d, 10 business days, Rule 6 30 d, 4.3(a) 30 d.
        let d = date;
        let rows = [
            [
                d(2026, 12, 1),
                d(2026, 12, 11),
                d(2026, 12, 11),
                d(2026, 12, 11),
                d(2026, 12, 15),
                d(2026, 12, 31),
                d(2026, 12, 31),
            ],
            [
                d(2026, 12, 4),
                d(2026, 12, 14),
                d(2026, 12, 14),
                d(2026, 12, 16),
                d(2026, 12, 18),
                d(2027, 1, 4),
                d(2027, 1, 5),
            ],
            [
                d(2026, 12, 15),
                d(2026, 12, 25),
                d(2026, 12, 28),
                d(2026, 12, 28),
                d(2026, 12, 30),
                d(2027, 1, 14),
                d(2027, 1, 14),
            ],
            [
                d(2026, 12, 16),
                d(2026, 12, 26),
                d(2026, 12, 28),
                d(2026, 12, 28),
                d(2026, 12, 31),
                d(2027, 1, 15),
                d(2027, 1, 15),
            ],
            [
                d(2027, 6, 8),
                d(2027, 6, 18),
                d(2027, 6, 21),
                d(2027, 6, 21),
                d(2027, 6, 23),
                d(2027, 7, 8),
                d(2027, 7, 8),
            ],
            [
                d(2027, 6, 25),
                d(2027, 7, 5),
                d(2027, 7, 6),
                d(2027, 7, 7),
                d(2027, 7, 12),
                d(2027, 7, 26),
                d(2027, 7, 27),
            ],
            [
                d(2027, 12, 21),
                d(2027, 12, 31),
                d(2028, 1, 3),
                d(2028, 1, 3),
                d(2028, 1, 6),
                d(2028, 1, 20),
                d(2028, 1, 20),
            ],
        ];
        let calendar = federal();
        for [trigger, naive, rule6, ftc, business, rule6_30, ftc_30] in rows {
            let on = |method, days| due(method, days, trigger, &calendar).unwrap();
            assert_eq!(on(Method::Frcp6, 10).naive, naive, "{trigger}");
            assert_eq!(on(Method::Frcp6, 10).outer, rule6, "{trigger}");
            assert_eq!(on(Method::Ftc43, 10).outer, ftc, "{trigger}");
            assert_eq!(on(Method::Business, 10).outer, business, "{trigger}");
            assert_eq!(on(Method::Frcp6, 30).outer, rule6_30, "{trigger}");
            assert_eq!(on(Method::Ftc43, 30).outer, ftc_30, "{trigger}");
            assert_eq!(on(Method::Calendar, 10).outer, naive, "{trigger}");
        }
    }

    /// A second counter, written differently: day numbers and a closed form for the holidays.
    mod second {
        use jiff::civil::{Date, Weekday};

        pub(super) fn number(date: Date) -> i64 {
            let (y, m) = (i64::from(date.year()), i64::from(date.month()));
            let (y, m) = if m <= 2 { (y - 1, m + 12) } else { (y, m) };
            365 * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5 + i64::from(date.day())
        }

        fn statutory(date: Date) -> bool {
            let (day, nth) = (date.day(), (date.day() + 6) / 7);
            let monday = date.weekday() == Weekday::Monday;
            match date.month() {
                1 => day == 1 || monday && nth == 3,
                2 => monday && nth == 3,
                5 => monday && day > 24,
                6 => day == 19 && date.year() > 2020,
                7 => day == 4,
                9 => monday && nth == 1,
                10 => monday && nth == 2,
                11 => day == 11 || date.weekday() == Weekday::Thursday && nth == 4,
                12 => day == 25,
                _ => false,
            }
        }

        pub(super) fn open(date: Date) -> bool {
            let week = number(date).rem_euclid(7);
            let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
            assert_eq!(
                weekend,
                week == number(super::date(2026, 11, 21)).rem_euclid(7)
                    || week == number(super::date(2026, 11, 22)).rem_euclid(7)
            );
            let friday = date.weekday() == Weekday::Friday && statutory(date.tomorrow().unwrap());
            let monday = date.weekday() == Weekday::Monday && statutory(date.yesterday().unwrap());
            !(weekend || statutory(date) || friday || monday)
        }

        fn on_or_after(mut date: Date) -> Date {
            while !open(date) {
                date = date.tomorrow().unwrap();
            }
            date
        }

        pub(super) fn rule6(from: Date, days: i64) -> Date {
            on_or_after(from + jiff::Span::new().days(days))
        }

        pub(super) fn ftc(from: Date, days: i64) -> Date {
            if days < 8 {
                return business(from, days);
            }
            let first = on_or_after(from.tomorrow().unwrap());
            on_or_after(first + jiff::Span::new().days(days - 1))
        }

        pub(super) fn business(from: Date, days: i64) -> Date {
            (0..days).fold(from, |at, _| on_or_after(at.tomorrow().unwrap()))
        }

        /// The last open day up to `naive`, where one lies after the trigger; else the trigger.
        pub(super) fn planned(naive: Date, from: Date) -> Date {
            let after = number(naive) - number(from);
            let mut back = (0..after).map(|days| naive - jiff::Span::new().days(days));
            back.find(|day| open(*day)).unwrap_or(from)
        }
    }

    /// Every number of days that some pack has a clock or a reminder of, and those about the seven
    /// up to which 16 CFR 4.3(a) leaves out what is no business day.
    fn numbers_of_days() -> BTreeSet<u32> {
        let packs = crate::Packs::embedded().unwrap();
        let duties = || packs.orders().flat_map(|order| &order.duties);
        let clocks = duties().flat_map(|duty| &duty.clocks);
        let reminders = duties().filter_map(|duty| duty.reminder.as_ref());
        let reminders = reminders.map(|reminder| reminder.default_days);
        let all = clocks.map(|clock| clock.days).chain(reminders);
        all.chain([1, 7, 8]).collect()
    }

    #[test]
    fn a_second_counter_agrees_on_every_day_from_2018_to_2050() {
        let calendar = federal();
        let numbers = numbers_of_days();
        assert!(
            numbers.is_superset(&BTreeSet::from([10, 30, 60])),
            "{numbers:?}"
        );
        let mut from = date(2018, 1, 1);
        while from < date(2051, 1, 1) {
            for days in &numbers {
                let n = i64::from(*days);
                for method in Method::ALL {
                    let told = format!("{from} + {days} by {method}");
                    let one = due(*method, *days, from, &calendar).unwrap();
                    let outer = match method {
                        Method::Frcp6 => second::rule6(from, n),
                        Method::Ftc43 => second::ftc(from, n),
                        Method::Business => second::business(from, n),
                        Method::Calendar => one.naive,
                    };
                    assert_eq!(one.outer, outer, "{told}");
                    match method {
                        Method::Business => assert_eq!(one.naive, outer, "{told}"),
                        _ => assert_eq!(
                            second::number(one.naive),
                            second::number(from) + n,
                            "{told}"
                        ),
                    }
                    assert_eq!(one.planned, second::planned(one.naive, from), "{told}");
                    let counted = one.steps.iter().filter(|step| step.counted);
                    assert_eq!(counted.count(), *days as usize, "{told}");
                    let last = last_day(*method, *days, from, &calendar).unwrap();
                    let shown = (one.planned, one.outer, one.naive);
                    assert_eq!((last.planned, last.outer, last.naive), shown, "{told}");
                }
            }
            from = from.tomorrow().unwrap();
        }
    }

    #[test]
    fn a_short_period_of_4_3_counts_business_days_only() {
        let calendar = federal();
        // Friday: Monday to Friday are five business days, then Monday and Tuesday.
        let seven = due(Method::Ftc43, 7, date(2026, 12, 4), &calendar).unwrap();
        assert_eq!(seven.outer, date(2026, 12, 15));
        let eight = due(Method::Ftc43, 8, date(2026, 12, 4), &calendar).unwrap();
        assert_eq!(eight.outer, date(2026, 12, 14));
    }

    #[test]
    fn planning_never_goes_before_the_trigger() {
        let calendar = federal();
        let one = due(Method::Frcp6, 1, date(2026, 12, 5), &calendar).unwrap();
        assert_eq!(
            (one.planned, one.outer),
            (date(2026, 12, 5), date(2026, 12, 7))
        );
        let leap = due(Method::Calendar, 60, date(2025, 12, 31), &calendar).unwrap();
        assert_eq!(
            (leap.planned, leap.outer),
            (date(2026, 2, 27), date(2026, 3, 1))
        );
    }

    #[test]
    fn a_count_beyond_the_table_names_the_same_day_with_and_without_its_steps() {
        let calendar = federal();
        let mut errors = 0;
        for before in 0..100 {
            let from = date(2100, 12, 31) - jiff::Span::new().days(before);
            for (days, method) in
                (0..100).flat_map(|days| Method::ALL.iter().map(move |m| (days, m)))
            {
                let shown = due(*method, days, from, &calendar);
                let last = last_day(*method, days, from, &calendar);
                errors += usize::from(shown.is_err());
                let shown = shown.map(|one| (one.planned, one.outer, one.naive));
                let last = last.map(|one| (one.planned, one.outer, one.naive));
                assert_eq!(last, shown, "{from} + {days} by {method}");
            }
        }
        assert!(errors > 1000, "{errors} prove little");
    }

    #[test]
    fn a_count_beyond_the_table_is_an_error() {
        let calendar = federal();
        assert!(due(Method::Frcp6, 10, date(2100, 12, 30), &calendar).is_err());
        assert!(due(Method::Frcp6, 10, date(1999, 12, 30), &calendar).is_err());
        assert!(due(Method::Calendar, u32::MAX, date(2026, 1, 1), &calendar).is_err());
    }
}
