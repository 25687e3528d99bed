//! What we promised: orders and rules as data, their grammar, calendars and day counts.
//!
//! A pack is a folder of TOML under `packs/`; this crate reads it strictly, checks it and counts
//! days. It applies nothing: that is the obligation crate's part. No docket stands in this code.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod calendar;
mod case;
mod clock;
mod due;
mod duty;
mod error;
mod lint;
mod literals;
mod lock;
mod model;
mod packs;
mod page;
mod placeholder;
mod population;
mod questions;
mod raw;
mod raw_clock;
mod raw_condition;
mod reach;
mod schema;
mod table;
mod taken;
mod text;
mod values;

pub use calendar::{Calendar, Closure, OutOfRange};
pub use case::{Case, Expect, ExpectCertification};
pub use clock::{Anchor, ClockRule, DelayRule, Period, ReminderRule, RepeatRule};
pub use due::{Due, LastDay, Method, Step, due, last_day, working_day_back};
pub use duty::{
    Condition, ConditionKind, CountRule, DiscoveryRule, Duty, DutyKind, Fills, InForce, Item,
    Locked, NoticeRule, Recipient, RequiredRule, TextWindow, Trigger, Unit, UnitQuestion,
};
pub use error::PackError;
pub use lint::Lint;
pub use model::{
    Certification, Channel, Grade, NoDuty, Order, Question, ReadingRule, RegisterRules, ReviewRule,
    SourceText, Window,
};
pub use packs::Packs;
pub use placeholder::seems_to_hold_one as seems_to_hold_placeholder;
pub use population::{
    ActWord, AnyOf, AuthorityRule, CircumstanceRule, EncryptionRule, Population, PresumptionRule,
    ResidenceRule, ResidentialRule, VisibilityRule,
};
pub use raw_condition::{EXCEPTIONS, NO_EXCEPTION};
pub use schema::{case_schema, duty_schema, order_schema};
