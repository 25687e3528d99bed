//! What the packs answer: their cases, what learning and forgetting change, what is near the line.

mod common;
mod disputes;
mod duty_based;
mod facts_files;
mod forgetting;
mod instances;
mod learning;
mod mutations;
mod packs;
mod put_aside;
mod register;
mod spared;
mod together;
mod vanishing;
