//! What happens in one seed: the facts, the deployment, and every step and fault in order.

use crate::faulty::{Fault, Place};
use crate::seeded::Seeded;
use crate::world::{Fact, world};
use std::time::Duration;
use stream::ErrorKind;
use tocsin::rehearsal::Sizes;

/// Everything that a run depends on.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) seed: u64,
    pub(crate) partitions: i32,
    pub(crate) sizes: Sizes,
    /// Whether the instances keep state on disk.
    pub(crate) disks: bool,
    pub(crate) facts: Vec<Fact>,
    pub(crate) actions: Vec<Action>,
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A fact arrives, perhaps again.
    Pour(usize),
    /// A stage takes a step in the first or the second instance; it is opened where it is not.
    Step { instance: usize, stage: usize },
    /// The same, and the log fails in that step.
    Fail {
        instance: usize,
        stage: usize,
        fault: Fault,
    },
    /// A stage's process is gone, without a word.
    Crash { instance: usize, stage: usize },
    /// A stage leaves in good order.
    Leave { instance: usize, stage: usize },
    /// Its successor opens while it still thinks that it is at work.
    Replace { instance: usize, stage: usize },
    /// Those that were replaced take a step.
    Zombies,
    /// Time passes.
    Wait(Duration),
    /// The brokers abort what nobody owns.
    Expire,
    /// Somebody answers, approves, releases or takes back; what, comes from this number.
    People(u64),
    /// An input gains partitions.
    Grow(&'static str, i32),
    /// All stages of the first instance go on until they rest.
    Rest,
}

impl Scenario {
    /// The scenario of a seed. `orders` bind.
    pub(crate) fn of(seed: u64, orders: &[String]) -> Scenario {
        let mut seeded = Seeded::new(seed);
        let facts = world(&mut seeded, orders);
        let partitions = [1, 2, 3][seeded.below(3)];
        let size = |seeded: &mut Seeded| [2, 3, 7, 20, 1_000][seeded.below(5)];
        let sizes = Sizes {
            batch_records: size(&mut seeded),
            piece_records: size(&mut seeded),
            piece_incidents: [1, 2, 500][seeded.below(3)],
            patience: Duration::from_secs([0, 0, 60][seeded.below(3)]),
            from_the_end: seeded.percent(25),
        };
        let mut actions = actions(&mut seeded, facts.len());
        grow(
            &mut Seeded::new(seed ^ 0x06A0_0000),
            &mut actions,
            partitions,
        );
        Scenario {
            seed,
            partitions,
            sizes,
            disks: Seeded::new(seed ^ 0x0D15_C000).percent(40),
            facts,
            actions,
        }
    }
}

/// In some runs inputs gain partitions in the middle.
fn grow(seeded: &mut Seeded, actions: &mut Vec<Action>, partitions: i32) {
    for (topic, has) in [("access-events", partitions), ("breach-events", 1)] {
        if seeded.percent(20) {
            let more = [1, 3][seeded.below(2)];
            let place = seeded.below(actions.len());
            actions.insert(place, Action::Grow(topic, has + more));
        }
    }
}

/// In what order facts arrive and what goes on meanwhile.
fn actions(seeded: &mut Seeded, facts: usize) -> Vec<Action> {
    let mut arrivals: Vec<usize> = (0..facts).collect();
    if seeded.percent(70) {
        seeded.shuffle(&mut arrivals);
    }
    for at in 0..facts {
        if seeded.percent(10) {
            let place = seeded.below(arrivals.len());
            arrivals.insert(place, at);
        }
    }
    // How many stages step between two arrivals, and how much goes wrong.
    let steps = [1, 2, 5][seeded.below(3)];
    let trouble = [0, 5, 15, 30][seeded.below(4)];
    let (second, rests) = (seeded.percent(50), [0, 0, 4][seeded.below(3)]);
    let mut actions = Vec::new();
    for fact in arrivals {
        actions.push(Action::Pour(fact));
        for _ in 0..seeded.below(2 * steps + 1) {
            actions.push(one(seeded, trouble, second));
        }
        if seeded.percent(rests) {
            actions.push(Action::Rest);
        }
    }
    // People act on what was said, so something must have been said.
    for _ in 0..seeded.below(4) {
        actions.push(Action::Rest);
        for _ in 0..1 + seeded.below(4) {
            actions.push(Action::People(seeded.next()));
        }
        for _ in 0..seeded.below(8) {
            actions.push(one(seeded, trouble, second));
        }
    }
    actions
}

fn one(seeded: &mut Seeded, trouble: usize, second: bool) -> Action {
    let stage = seeded.below(5);
    let instance = usize::from(second && seeded.percent(30));
    if !seeded.percent(trouble) {
        return match seeded.below(40) {
            0 => Action::Wait(Duration::from_secs([1, 30, 61, 90_000][seeded.below(4)])),
            1 => Action::Leave { instance, stage },
            2 => Action::People(seeded.next()),
            _ => Action::Step { instance, stage },
        };
    }
    match seeded.below(12) {
        0..=5 => Action::Fail {
            instance,
            stage,
            fault: fault(seeded),
        },
        6..=7 => Action::Crash { instance, stage },
        8..=9 => Action::Replace { instance, stage },
        10 => Action::Zombies,
        _ => Action::Expire,
    }
}

fn fault(seeded: &mut Seeded) -> Fault {
    let kinds = [ErrorKind::Abort, ErrorKind::Fatal, ErrorKind::Retriable];
    let number = u32::try_from(seeded.below(4)).unwrap_or(0);
    let places = [
        Place::Poll,
        Place::Read,
        Place::Committed,
        Place::Begin,
        Place::Send(number),
        Place::Commit,
        Place::Commit,
        Place::AfterCommit,
        Place::AfterCommit,
    ];
    let at = places[seeded.below(places.len())];
    let kind = match at {
        // Only of a fatal error the outcome is not known.
        Place::AfterCommit => ErrorKind::Fatal,
        _ => kinds[seeded.below(kinds.len())],
    };
    Fault { at, kind }
}
