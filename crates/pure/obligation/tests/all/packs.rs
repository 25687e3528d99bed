//! Every case of the packs that ship, their lints, and their locks.

use orders::Packs;
use tocsin_obligation::cases;

#[test]
fn every_case_passes() {
    let packs = Packs::embedded().expect("the packs parse");
    let results = cases::run(&packs);
    let mut failed = String::new();
    for result in results.iter().filter(|result| !result.passes()) {
        failed.push_str(&format!(
            "{}\n    {}\n",
            result.file,
            result.differs.join("\n    ")
        ));
    }
    assert!(failed.is_empty(), "of {} cases:\n{failed}", results.len());
}

#[test]
fn scenarios_1_to_18_are_cases() {
    let packs = Packs::embedded().expect("the packs parse");
    let mut scenarios: Vec<u32> = packs
        .cases()
        .iter()
        .filter_map(|case| case.scenario)
        .collect();
    scenarios.sort_unstable();
    scenarios.dedup();
    assert_eq!(scenarios, (1..=18).collect::<Vec<_>>());
}

#[test]
fn the_packs_lack_nothing() {
    let packs = Packs::embedded().expect("the packs parse");
    let lints: Vec<String> = packs.lint().iter().map(ToString::to_string).collect();
    assert!(lints.is_empty(), "{}", lints.join("\n"));
}

#[test]
fn the_locks_hold() {
    let packs = Packs::embedded().expect("the packs parse");
    for order in packs.orders() {
        let now = packs.render_lock(&order.slug).expect("the order is loaded");
        println!("{}/order.lock:\n{now}", order.slug);
    }
    let lints: Vec<String> = packs.check_lock().iter().map(ToString::to_string).collect();
    assert!(lints.is_empty(), "{}", lints.join("\n"));
}
