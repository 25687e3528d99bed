//! What a notice promises, shown on an invented order.

mod again;
mod certifying;
mod composing;
mod lifecycle;
mod packs;
mod planning;
mod showing;
mod swearing;
mod telling;
mod updating;
