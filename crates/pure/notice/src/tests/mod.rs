//! What a notice promises, shown on an invented order.

mod certifying;
mod composing;
mod lifecycle;
mod packs;
mod planning;
mod showing;
