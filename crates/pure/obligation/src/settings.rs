//! What a deployment says besides the law: its policy, its closures, when an order binds it.

use orders::{Calendar, Closure, Duty, Order, PackError, Window};
use std::collections::BTreeMap;

/// What a deployment says besides the law. A part of every answer: its digest belongs to what
/// decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Working days and holidays.
    pub calendar: Calendar,
    /// "A reasonable time" in days, by the deployment's policy; `None`: the pack's default.
    pub reasonable_days: Option<u32>,
    /// When an order binds this company, by slug; outranks the dates of the pack.
    pub windows: BTreeMap<String, Window>,
}

impl Settings {
    /// The federal calendar with `closures`, the packs' defaults otherwise.
    ///
    /// # Errors
    /// When the calendar that ships with tocsin does not parse: a fault of the build.
    pub fn new(closures: &[Closure]) -> Result<Settings, PackError> {
        Ok(Settings {
            calendar: Calendar::us_federal(closures)?,
            reasonable_days: None,
            windows: BTreeMap::new(),
        })
    }

    /// When `order`, or its `duty`, is in force: what the deployment states, else the duty's own
    /// time, else the order's.
    pub fn window(&self, order: &Order, duty: Option<&Duty>) -> Window {
        if let Some(stated) = self.windows.get(&order.slug) {
            return *stated;
        }
        let own = duty.map(|duty| duty.in_force.window).unwrap_or_default();
        Window {
            from: own.from.or(order.in_force.from),
            until: own.until.or(order.in_force.until),
        }
    }
}
