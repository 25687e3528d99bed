//! Makes a failing scenario smaller while it still fails.

use crate::scenario::{Action, Scenario};
use std::time::Duration;

/// How many attempts are made at most.
const TRIES_MAX: u32 = 3_000;

/// The smallest scenario found that `fails`.
pub(crate) fn shrink(scenario: &Scenario, fails: &mut dyn FnMut(&Scenario) -> bool) -> Scenario {
    let mut smallest = scenario.clone();
    let mut tries = 0;
    let mut piece = smallest.actions.len().div_ceil(2).max(1);
    loop {
        let (mut at, mut shrunk) = (0, false);
        while at < smallest.actions.len() && tries < TRIES_MAX {
            let mut smaller = smallest.clone();
            let until = (at + piece).min(smaller.actions.len());
            smaller.actions.drain(at..until);
            tries += 1;
            if fails(&smaller) {
                (smallest, shrunk) = (smaller, true);
            } else {
                at += piece;
            }
        }
        if tries >= TRIES_MAX || (piece == 1 && !shrunk) {
            break;
        }
        piece = if shrunk { piece } else { piece.div_ceil(2) };
    }
    for plainer in PLAINER {
        let mut other = smallest.clone();
        plainer(&mut other);
        if fails(&other) {
            smallest = other;
        }
    }
    smallest
}

/// What makes a deployment plainer.
const PLAINER: [fn(&mut Scenario); 5] = [
    |one| one.disks = false,
    |one| one.sizes.patience = Duration::ZERO,
    |one| one.partitions = 1,
    |one| one.sizes.from_the_end = false,
    |one| {
        one.sizes.batch_records = 1_000;
        one.sizes.piece_records = 1_000;
        one.sizes.piece_incidents = 500;
    },
];

/// What is left of a scenario, for people.
pub(crate) fn told(scenario: &Scenario) -> String {
    let sizes = scenario.sizes;
    let mut text = format!(
        "{} partitions, batches of {}, pieces of {} and {}, patience {:?}{}\n",
        scenario.partitions,
        sizes.batch_records,
        sizes.piece_records,
        sizes.piece_incidents,
        sizes.patience,
        if sizes.from_the_end {
            ", first start at the end of the log"
        } else {
            ""
        },
    );
    for action in &scenario.actions {
        let line = match action {
            Action::Pour(fact) => match scenario.facts.get(*fact) {
                Some(fact) => format!("Pour {}", fact.told()),
                None => format!("{action:?}"),
            },
            other => format!("{other:?}"),
        };
        text.push_str(&format!("  {line}\n"));
    }
    text
}
