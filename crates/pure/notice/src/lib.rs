//! What we say: notices composed item by item as a duty lists them, their gaps, and their way from
//! a draft to a release.
//!
//! A notice is a [`NoticeDocument`]; its digest is what people approve. Only a complete one becomes
//! [`Ready`], only a ready one that two different people approved becomes [`Releasable`], and only
//! a release makes it [`Released`] and gives it an [`OutboxEntry`]. How a notice stands is a
//! function of the current model and of the decisions on record ([`state`]); arrival order
//! never matters. This crate does no I/O, reads no clock and knows no order: the packs' words come
//! in as a [`Frame`]. Nothing personal leaves it.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod case;
pub mod certification;
mod changes;
mod compose;
mod copies;
mod customers;
mod discretion;
mod document;
mod frame;
mod gone;
mod items;
mod ledger;
mod page;
mod pages;
mod parts;
mod phase;
mod plan;
mod ready;
mod record;
mod rows;
mod settings;
mod state;
mod statements;
mod sworn;
mod text;
mod texts;
mod whole;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub use compose::{ComposeError, ReleasedBefore, compose};
pub use document::{
    Due, DutyHead, Entry, FORMAT, Item, Kind, NoticeDocument, OrderHead, Reason, ReasonableTime,
    State, group_digest, notice_id,
};
pub use frame::{Fill, Frame, ItemFrame};
pub use ledger::{Ledger, Problem};
pub use page::{Block, Field, Pages, Section, Table};
pub use pages::to_pages;
pub use parts::{Change, Channel, Earlier, Enclosure, Gap, ReservedReading};
pub use phase::{Approval, Phase};
pub use plan::{Decided, Notices, Plan, Waiting, initial_notice_id};
pub use ready::{
    APPROVALS_MIN, Incomplete, OutboxEntry, Ready, Releasable, Released, Signed, message_id,
};
pub use record::NoticeRecord;
pub use settings::Settings;
pub use state::{NoticeState, state};
pub use text::{Letter, letter, text as plain_text};
pub use texts::DRAFT_BANNER;
