//! The pages that are served, and the port that they are served on.

mod pages;
mod port;
