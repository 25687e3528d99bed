//! The rehearsal itself: seeds that hold, a run that can be had again, planted faults that it sees.

use tocsin_rehearsal::{Canary, Stage, rehearse};

#[test]
fn the_stages_say_what_a_single_pass_says() {
    let stage = Stage::load().unwrap();
    let mut said = std::collections::BTreeMap::new();
    let (mut faults, mut fenced, mut excused) = (0, 0, 0);
    for seed in 0..100 {
        let outcome = rehearse(&stage, seed, None);
        let outcome = outcome.unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        for (topic, keys) in outcome.said {
            *said.entry(topic).or_insert(0) += keys;
        }
        (faults, fenced) = (faults + outcome.faults, fenced + outcome.fenced);
        excused += outcome.excused;
    }
    // A world in which nothing happens would prove nothing.
    for topic in [
        "findings",
        "excused",
        "incidents",
        "determinations",
        "notices",
        "outbox",
        "dead-letters",
    ] {
        assert!(
            said.get(topic).is_some_and(|keys| *keys > 10),
            "{topic}: {said:?}"
        );
    }
    assert!(excused > 0, "late grants excuse no whole incident");
    assert!(faults > 100 && fenced > 20, "{faults} and {fenced}");
}

/// Seeds that once found a fault of the stages, and of what.
const MENDED: [(u64, &str); 2] = [
    (
        359_085_826_328,
        "screen said once more from where on it applies what another instance had said the same of",
    ),
    (
        61_001_053,
        "a start told of incidents before it knew those that may be one instance with them",
    ),
];

#[test]
fn what_a_seed_has_found_stays_mended() {
    let stage = Stage::load().unwrap();
    for (seed, found) in MENDED {
        let outcome = rehearse(&stage, seed, None);
        assert!(outcome.is_ok(), "{found}: {outcome:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let stage = Stage::load().unwrap();
    for seed in 0..20 {
        let once = rehearse(&stage, seed, None);
        assert_eq!(once, rehearse(&stage, seed, None), "seed {seed}");
    }
}

#[test]
fn every_planted_fault_is_caught_by_its_seed() {
    let stage = Stage::load().unwrap();
    for (canary, name, seed) in Canary::ALL {
        assert!(rehearse(&stage, seed, None).is_ok(), "{name}: seed {seed}");
        let planted = rehearse(&stage, seed, Some(canary));
        assert!(planted.is_err(), "{name} is not caught by seed {seed}");
    }
}
