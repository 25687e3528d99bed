//! The cases guard the clauses: a clause that is changed makes some case fail. The changes are
//! derived from the packs themselves, so that a new pack is covered without a new line here.

mod edits;

use crate::common::files;
use orders::{Case, Lint, Order, Packs};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use tocsin_obligation::Settings;
use tocsin_obligation::cases::Prepared;

/// Changes that no case can see, and why: the end of the file's name and of the change's words.
const UNSEEN: &[(&str, &str, &str)] = &[
    (
        "equifax/order.toml",
        "reserved.board_incidents.working = \"reported\"",
        "the reading says what a summary describes, not whether or when it is owed",
    ),
    (
        "equifax/order.toml",
        "reserved.quarter.working = \"fiscal\"",
        "when the fiscal quarter ends is not known, so that reading gives no date",
    ),
    (
        "cerebral/order.toml",
        "reserved.update_contents.working = \"changes\"",
        "the reading says what an update says, not whether or when it is owed",
    ),
    (
        "cerebral/order.toml",
        "reserved.public_contents.working = \"confidential\"",
        "the reading says what is published, not whether or when",
    ),
    (
        "facebook/order.toml",
        "reserved.update_contents.working = \"changes\"",
        "the reading says what an update says, not whether or when it is owed",
    ),
    (
        "aylo/order.toml",
        "reserved.state_contents.working = \"otherwise\"",
        "the reading says what the State is told, not whether or when",
    ),
    (
        "equifax/order.toml",
        "reserved.summary_contents.working = \"less\"",
        "the reading says what a summary says, not whether or when it is owed",
    ),
    (
        "goodrx/order.toml",
        "reserved.log_contents.working = \"less\"",
        "the reading says what a log says, not whether or when it is owed",
    ),
    (
        "premom/order.toml",
        "reserved.log_contents.working = \"less\"",
        "the reading says what a log says, not whether or when it is owed",
    ),
    (
        "hbnr/order.toml",
        "reserved.media_timing.working = \"otherwise\"",
        "the other time is not known, so that reading gives no date",
    ),
    (
        "hbnr/duties/ftc-notice.toml",
        "clocks[2].method = \"business\"",
        "no days are counted: the same day",
    ),
    (
        "hbnr/duties/ftc-notice.toml",
        "clocks[2].method = \"ftc-4.3\"",
        "no days are counted: the same day",
    ),
    (
        "zoom/duties/covered-incident-report.toml",
        "populations.content.information dropped",
        "what is no content is counted by `other`, which settles the exception by itself",
    ),
    (
        "flo/order.toml",
        "accepts[0].information dropped",
        "the duty counts information about health alone",
    ),
    (
        "flo/order.toml",
        "accepts[0].actions dropped",
        "the duty counts disclosures alone",
    ),
    (
        "goodrx/order.toml",
        "accepts[0].information dropped",
        "the duties count information about health alone",
    ),
    (
        "hbnr/order.toml",
        "accepts[0].information dropped",
        "the duties count information about health alone",
    ),
    (
        "ring/order.toml",
        "accepts[0].information dropped",
        "the duties count recordings alone",
    ),
    (
        "safeguards/order.toml",
        "accepts[0].information dropped",
        "the duty counts the same classes alone",
    ),
];

#[test]
fn packs_from_a_directory_are_those_that_ship() {
    let read = Packs::from_files(files()).expect("the packs parse");
    assert_eq!(read, Packs::embedded().expect("the packs parse"));
}

/// What a lint says of a question that is listed and not raised (any more). It refuses the file,
/// yet no answer depends on the list: whether a clause asks counsel, a case must show.
const OF_LISTS: [&str; 2] = ["`reserved` and the questions", "no clause raises"];

/// The order of one pack, with one file changed; nothing where the pack is refused, or where a lint
/// objects to its law, those on lists left aside.
fn changed(law: &BTreeMap<String, String>, file: &str, text: String) -> Option<Order> {
    let mut files = law.clone();
    files.insert(file.to_owned(), text);
    let slug = file.split('/').next()?;
    let packs = Packs::from_files(files).ok()?;
    let lints = packs.lint_law();
    let is_aside = |lint: &Lint| OF_LISTS.iter().any(|words| lint.message.contains(words));
    if !lints.iter().all(is_aside) {
        return None;
    }
    packs.order(slug).cloned()
}

/// Whether some case of the pack notices that the order is another one; those of `duty` first.
fn is_noticed(order: &Order, cases: &[(&Case, Prepared<'_>)], duty: &str, how: &Settings) -> bool {
    let own = cases
        .iter()
        .filter(|(case, _)| case.duty.as_deref() == Some(duty));
    let others = cases
        .iter()
        .filter(|(case, _)| case.duty.as_deref() != Some(duty));
    own.chain(others)
        .any(|(_, case)| !case.run(order, how).passes())
}

/// The cases of the pack of `order`, their facts read by what it accepts as a reason for an access.
fn prepared<'a>(packs: &'a Packs, order: &Order) -> Vec<(&'a Case, Prepared<'a>)> {
    let cases = packs.cases().iter();
    let own = cases.filter(|case| case.order == order.slug);
    own.map(|case| (case, Prepared::new(case, order))).collect()
}

/// How many changes of `order` were made, and those that no case of its pack notices.
fn unnoticed(
    packs: &Packs,
    order: &Order,
    all: &BTreeMap<String, String>,
    settings: &Settings,
) -> (usize, Vec<String>) {
    let folder = format!("{}/", order.slug);
    let is_law = |file: &str| {
        let rest = file.strip_prefix(&folder);
        rest.is_some_and(|rest| rest == "order.toml" || rest.starts_with("duties/"))
    };
    let law: BTreeMap<String, String> = all
        .iter()
        .filter(|(file, _)| is_law(file))
        .map(|(file, text)| (file.clone(), text.clone()))
        .collect();
    let cases = prepared(packs, order);
    let (mut made, mut found) = (0, Vec::new());
    for (file, text) in &law {
        let table: toml::Table = toml::from_str(text).expect("a table");
        let name = file.trim_end_matches(".toml");
        let duty = name.rsplit('/').next().unwrap_or_default();
        for edit in edits::edits(&table) {
            let words = edit.words();
            let unseen =
                |(at, what, _): &&(&str, &str, &str)| file.ends_with(at) && words.ends_with(what);
            // Without a clock there is nothing that staff could move, and no day that is counted;
            // nor is anything filed under what asks for no report, or within its time of force.
            let of_clocks = ["staff_may_extend", "zone", "regulation", "in_force"];
            let of_clocks = of_clocks.iter().any(|name| words.starts_with(name));
            let no_clock = order.duties.iter().all(|duty| duty.clocks.is_empty()) && of_clocks;
            if no_clock || UNSEEN.iter().find(unseen).is_some() {
                continue;
            }
            made += 1;
            let text = toml::to_string(&edit.made(&table)).expect("TOML");
            // What is accepted as a reason decides when the facts are read.
            let notices = |other: &Order| match other.terms == order.terms {
                true => is_noticed(other, &cases, duty, settings),
                false => is_noticed(other, &prepared(packs, other), duty, settings),
            };
            // A pack that is refused is noticed.
            if changed(&law, file, text).is_some_and(|other| !notices(&other)) {
                found.push(format!("{file}: {words}"));
            }
        }
    }
    (made, found)
}

#[test]
fn some_case_notices_each_change_of_a_clause() {
    let packs = Packs::embedded().expect("the packs parse");
    let settings = Settings::new(&[]).expect("the calendar");
    let all = files();
    let orders: Vec<&Order> = packs.orders().collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let results: Vec<(usize, Vec<String>)> = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            while let Some(order) = orders.get(next.fetch_add(1, Ordering::Relaxed)) {
                done.push(unnoticed(&packs, order, &all, &settings));
            }
            done
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let finished = running.into_iter().map(|one| one.join().expect("a thread"));
        finished.flatten().collect()
    });
    let made: usize = results.iter().map(|(made, _)| made).sum();
    let few: BTreeSet<&String> = results.iter().flat_map(|(_, found)| found).collect();
    assert!(
        few.is_empty(),
        "of {made} changes no case notices {}: {few:#?}",
        few.len()
    );
    assert!(made > 100, "{made}");
}

/// The packs with `from` replaced in every clause.
fn with(from: &str, to: &str) -> BTreeMap<String, String> {
    let mut files = files();
    for (name, text) in &mut files {
        if name.starts_with("ring/duties/") {
            *text = text.replace(from, to);
        }
    }
    files
}

#[test]
fn a_changed_clause_needs_a_new_revision_and_a_line_in_changes() {
    let files = with("at_least = 10", "at_least = 11");
    let packs = Packs::from_files(files.clone()).expect("the changed packs parse");
    let lints = packs.check_lock();
    assert!(
        lints
            .iter()
            .any(|lint| lint.message.contains("under revision ")),
        "{lints:?}"
    );
    let revised = files
        .into_iter()
        .map(|(name, text)| match name.contains("/duties/") {
            true => {
                let later = text.replace("revision = 2", "revision = 3");
                (name, later.replace("revision = 1", "revision = 2"))
            }
            false => (name, text),
        })
        .collect();
    let packs = Packs::from_files(revised).expect("the revised packs parse");
    let lints = packs.check_lock();
    assert!(
        lints
            .iter()
            .any(|lint| lint.message.contains("which is not locked")),
        "{lints:?}"
    );
    assert!(
        lints.iter().any(|lint| lint.file.ends_with("CHANGES.md")),
        "{lints:?}"
    );
}
