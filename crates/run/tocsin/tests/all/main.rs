//! The commands as their users run them; what needs brokers of its own is in `brokers`.

mod certify;
mod commands;
mod demo;
mod papers;
mod scenarios;
