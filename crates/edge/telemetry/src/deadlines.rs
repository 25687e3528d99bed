//! What is due and when, so that the distance can be computed when somebody looks.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Order and duty, the labels.
type Kind = (String, String);

/// The outer dates of duties that are owed or open and have not been performed.
///
/// Incidents are kept apart inside and never shown: a metric carries the order and the duty only.
#[derive(Debug, Default)]
pub struct Deadlines {
    by_kind: Mutex<BTreeMap<Kind, BTreeMap<String, i64>>>,
}

/// The deadlines of one order and duty, seen from one instant.
#[derive(Debug, PartialEq)]
pub(crate) struct Outlook {
    pub(crate) order: String,
    pub(crate) duty: String,
    /// Unix seconds.
    pub(crate) nearest: i64,
    pub(crate) overdue: u64,
    pub(crate) within_24h: u64,
    pub(crate) within_72h: u64,
    pub(crate) later: u64,
}

const HOUR_SECONDS: f64 = 3600.0;

impl Deadlines {
    /// Sets when the duty ends for an incident, in Unix seconds: the first instant at which it is
    /// late. `None`: nothing runs (any more), because it is not owed, was performed or has no date.
    pub fn set(&self, incident: &str, order: &str, duty: &str, ends: Option<i64>) {
        let mut all = self.lock();
        let kind = (order.to_owned(), duty.to_owned());
        match ends {
            Some(at) => {
                all.entry(kind).or_default().insert(incident.to_owned(), at);
            }
            None => {
                if let Some(incidents) = all.get_mut(&kind) {
                    incidents.remove(incident);
                    if incidents.is_empty() {
                        all.remove(&kind);
                    }
                }
            }
        }
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    pub(crate) fn outlook(&self, now_unix_seconds: f64) -> Vec<Outlook> {
        let all = self.lock();
        let seen = all.iter().filter_map(|((order, duty), incidents)| {
            let mut outlook = Outlook {
                order: order.clone(),
                duty: duty.clone(),
                nearest: *incidents.values().min()?,
                overdue: 0,
                within_24h: 0,
                within_72h: 0,
                later: 0,
            };
            for ends in incidents.values() {
                let left = *ends as f64 - now_unix_seconds;
                let window = match left {
                    left if left <= 0.0 => &mut outlook.overdue,
                    left if left < 24.0 * HOUR_SECONDS => &mut outlook.within_24h,
                    left if left < 72.0 * HOUR_SECONDS => &mut outlook.within_72h,
                    _ => &mut outlook.later,
                };
                *window += 1;
            }
            Some(outlook)
        });
        seen.collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Kind, BTreeMap<String, i64>>> {
        // The table is whole after every step, also where a thread died.
        self.by_kind.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overdue_duty_does_not_hide_one_that_is_near() {
        let deadlines = Deadlines::default();
        let hour = 3600;
        deadlines.set("i1", "o", "report", Some(-5 * hour));
        deadlines.set("i2", "o", "report", Some(20 * hour));
        deadlines.set("i3", "o", "report", Some(24 * hour));
        deadlines.set("i4", "o", "report", Some(72 * hour));
        let seen = deadlines.outlook(0.0);
        let expected = Outlook {
            order: "o".into(),
            duty: "report".into(),
            nearest: -5 * hour,
            overdue: 1,
            within_24h: 1,
            within_72h: 1,
            later: 1,
        };
        assert_eq!(seen, [expected]);
    }

    #[test]
    fn what_was_performed_is_gone() {
        let deadlines = Deadlines::default();
        deadlines.set("i1", "o", "report", Some(10));
        deadlines.set("i1", "o", "report", None);
        deadlines.set("i2", "o", "other", None);
        assert_eq!(deadlines.outlook(0.0), []);
    }
}
