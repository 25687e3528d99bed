//! What is owed beyond the first report, from facts to documents: a supplement after a release, an
//! update, a copy that is sworn. Every figure and name is invented.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tocsin"))
        .args(arguments)
        .output()
        .expect("tocsin starts")
}

fn tocsin(arguments: &[&str]) -> Vec<u8> {
    let done = run(arguments);
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{arguments:?}: {said}");
    done.stdout
}

/// A company's records, as they grow from one run to the next.
struct History {
    order: &'static str,
    folder: tempfile::TempDir,
    reports: Vec<Value>,
    decisions: String,
    runs: usize,
}

impl History {
    fn of(order: &'static str) -> History {
        History {
            order,
            folder: tempfile::tempdir().expect("a folder"),
            reports: Vec::new(),
            decisions: String::new(),
            runs: 0,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn report(&mut self, at: &str, report: Value) {
        let id = format!("b{}", self.reports.len());
        let report = json!({ "id": id, "matter": "M-1", "recorded_at": at, "report": report });
        self.reports.push(report);
    }

    /// What a notice must say that no figure says.
    fn described(&mut self, at: &str) {
        for (item, text) in [
            (
                "facts",
                "A member of staff viewed recordings without a case.",
            ),
            ("cause", "Access was wider than the work asked for."),
            ("remediation", "The access was taken away."),
            ("protection", "A view now needs a case."),
            ("consumer_protection", "The people were told what to do."),
            ("contact", "The privacy office of the company."),
        ] {
            self.report(
                at,
                json!({ "kind": "statement", "item": item, "text": text }),
            );
        }
    }

    /// A document of these words, whose bytes are at hand.
    fn document(&mut self, at: &str, name: &str, words: &str) {
        let folder = self.path("documents");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(name), words).expect("written");
        let digest = facts::digest_bytes(words.as_bytes());
        self.report(
            at,
            json!({ "kind": "document", "name": name, "sha256": digest }),
        );
    }

    /// Runs everything on record; the folder of the results.
    fn replay(&mut self) -> PathBuf {
        self.runs += 1;
        let out = self.path(&format!("out-{}", self.runs));
        let input = self.path("in");
        let documents = self.path("documents");
        for folder in [&input, &documents] {
            std::fs::create_dir_all(folder).expect("a folder");
        }
        let lines: String = self.reports.iter().map(|one| format!("{one}\n")).collect();
        std::fs::write(input.join("breach-events.jsonl"), lines).expect("written");
        std::fs::write(input.join("decisions.jsonl"), &self.decisions).expect("written");
        tocsin(&[
            "replay",
            "--files",
            text(&input),
            "--documents",
            text(&documents),
            "--order",
            self.order,
            "--out",
            text(&out),
        ]);
        out
    }

    /// A decision on `notice` as it stands in `out`, made `at`.
    fn decide(&mut self, out: &Path, notice: &Value, by: &str, at: &str, words: &[&str]) {
        let id = notice["id"].as_str().expect("an id");
        let digest = notice["digest"].as_str().expect("a digest");
        let (verb, rest) = words.split_first().expect("a verb");
        let mut arguments = vec!["notices", *verb, id];
        arguments.extend(rest);
        arguments.extend([
            "--digest", digest, "--by", by, "--role", "counsel", "--at", at,
        ]);
        arguments.extend(["--out", text(out)]);
        let line = tocsin(&arguments);
        self.decisions
            .push_str(&String::from_utf8(line).expect("text"));
    }

    /// Two people approve a notice on `day`, `signer` signs it, and somebody releases it.
    fn release(&mut self, out: &Path, duty: &str, kind: &str, day: &str, signer: Option<&str>) {
        let ready = notice(out, duty, kind);
        assert_eq!(ready["state"], "ready", "{}", ready["gaps"]);
        let at = |hour: &str| format!("{day}T{hour}:00:00Z");
        self.decide(out, &ready, "kim", &at("14"), &["decide", "approve"]);
        self.decide(out, &ready, "sam", &at("15"), &["decide", "approve"]);
        let mut out = self.replay();
        if let Some(name) = signer {
            // What is sworn is signed before it is released.
            let id = ready["id"].as_str().expect("an id");
            let digest = ready["digest"].as_str().expect("a digest");
            let words = ["notices", "release", id, "--digest", digest, "--by", "lee"];
            let words = [&words[..], &["--role", "counsel", "--out", text(&out)]].concat();
            let refused = run(&words);
            let said = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert_eq!(refused.status.code(), Some(64), "{said}");
            assert!(said.contains("nobody has signed"), "{said}");
            let sign = ["sign", "--name", name, "--title", "Chief Privacy Officer"];
            self.decide(&out, &ready, "pat", &at("16"), &sign);
            out = self.replay();
        }
        let releasable = notice(&out, duty, kind);
        assert_eq!(
            releasable["state"], "releasable",
            "{}",
            releasable["problems"]
        );
        self.decide(&out, &releasable, "lee", &at("17"), &["release"]);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

/// Every notice of a run.
fn notices(out: &Path) -> Vec<Value> {
    let folders = std::fs::read_dir(out.join("notices")).expect("notices");
    let read = |folder: PathBuf| {
        let text = std::fs::read_to_string(folder.join("notice.json")).expect("a notice");
        serde_json::from_str(&text).expect("JSON")
    };
    folders
        .map(|one| read(one.expect("an entry").path()))
        .collect()
}

/// The one notice of this duty and kind; the last one, of several.
fn notice(out: &Path, duty: &str, kind: &str) -> Value {
    let mut all = notices(out);
    all.retain(|one| one["duty"] == duty && one["kind"] == kind);
    all.sort_by_key(|one| one["ordinal"].as_u64());
    let there = || notices(out).into_iter().map(|one| one["duty"].clone());
    all.pop()
        .unwrap_or_else(|| panic!("{duty}, {kind}: {:?}", there().collect::<Vec<_>>()))
}

/// Whether a notice has a file of this form.
fn has(out: &Path, notice: &Value, form: &str) -> bool {
    let id = notice["id"].as_str().expect("an id");
    let folder = out.join("notices").join(id);
    folder.join(format!("notice.{form}")).is_file()
}

/// The text of a notice, as `notices show` prints it.
fn shown(out: &Path, notice: &Value) -> String {
    let id = notice["id"].as_str().expect("an id");
    String::from_utf8(tocsin(&["notices", "show", id, "--out", text(out)])).expect("text")
}

/// Scenario 14: it was determined on the first day that nobody need be told, and on the twentieth
/// an authority was told all the same.
#[test]
fn a_supplement_after_a_release_says_what_has_changed_and_the_clock_stays_where_it_was() {
    let mut history = History::of("ring");
    let day_1 = "2026-12-01T18:00:00Z";
    for name in ["discovered", "no_notice_needed"] {
        history.report(
            day_1,
            json!({ "kind": "milestone", "name": name, "at": day_1 }),
        );
    }
    let forty = json!({ "at_least": 40, "at_most": 40 });
    let people = json!({ "at_least": 40, "at_most": 60 });
    history.report(
        day_1,
        json!({ "kind": "exposure", "information": "home_security_recording",
            "from": "2026-11-01T00:00:00Z", "until": "2026-11-20T00:00:00Z", "count": forty,
            "consumers": people, "acts": { "accessed": "yes" }, "encrypted": "no",
            "visibility": "private", "ground": "established" }),
    );
    history.described(day_1);
    let out = history.replay();
    let duty = "covered-incident-report";
    history.release(&out, duty, "initial", "2026-12-07", None);
    let out = history.replay();
    let report = notice(&out, duty, "initial");
    assert_eq!(report["state"], "released");
    assert!(has(&out, &report, "eml"));
    assert_eq!(notices(&out).len(), 1, "nothing has changed");

    twenty_days_later(&mut history);
    let out = history.replay();
    let supplement = notice(&out, duty, "supplement");
    let document = &supplement["document"];
    let due = &document["due"];
    assert_eq!(
        (&due["anchor"], &due["outer"]),
        (&json!("no_notice_needed"), &json!("2026-12-11"))
    );
    assert_eq!(document["earlier"][0]["digest"], report["digest"]);
    let change = |item: &str, label: &str| -> Value {
        let changes = document["changes"].as_array().expect("changes");
        let found = changes
            .iter()
            .find(|one| one["item"] == item && one["label"] == label);
        found
            .unwrap_or_else(|| panic!("{item}, {label}: {changes:#?}"))
            .clone()
    };
    // Figures before and after, each with the records behind it.
    let consumers = change("C", "Consumers affected");
    assert_eq!(
        (&consumers["was"], &consumers["now"]),
        (&json!("at least 40, at most 60"), &json!("45"))
    );
    assert_eq!(
        (&consumers["was_basis"], &consumers["basis"]),
        (&json!(["b2"]), &json!(["b2", "b9"]))
    );
    let told = change("D", "Notice sent to Attorney General of California");
    assert_eq!(
        (&told["was"], &told["basis"]),
        (&Value::Null, &json!(["b10"]))
    );
    // A copy of each materially different notice goes with it.
    for (label, name) in [
        (
            "Notice to Attorney General of California",
            "to-the-attorney-general",
        ),
        ("Notice to consumers, version 1", "letter-1"),
        ("Notice to consumers, version 2", "letter-2"),
    ] {
        let copy = change("E", label);
        let now = copy["now"].as_str().expect("a value");
        assert!(now.starts_with(&format!("Enclosed: {name}")), "{now}");
    }
    assert_eq!(document["enclosures"].as_array().map(Vec::len), Some(3));
    let pages = shown(&out, &supplement);
    assert!(
        pages.contains("What has changed since December 7, 2026"),
        "{pages}"
    );
    assert!(
        pages.contains("Was: at least 40, at most 60\n") && pages.contains("Is now: 45\n"),
        "{pages}"
    );
    assert!(pages.contains("By records: b9\n"), "{pages}");

    and_is_released(&mut history, &out, duty);
}

/// Day 20: the people are counted, and they and the Attorney General are told.
fn twenty_days_later(history: &mut History) {
    let day_20 = "2026-12-20T18:00:00Z";
    let more = json!({ "kind": "tally", "unit": "consumers", "at_least": 45, "at_most": 45,
        "ground": "established", "why": "two people share some of the accounts" });
    history.report(day_20, more);
    history.report(
        day_20,
        json!({ "kind": "government_notice", "authority": "Attorney General of California",
            "level": "state", "country": "US", "required": "yes", "at": day_20,
            "information": ["home_security_recording"], "document": "to-the-attorney-general" }),
    );
    history.document(
        day_20,
        "to-the-attorney-general",
        "We tell you of recordings.",
    );
    for (version, document) in [("1", "letter-1"), ("2", "letter-2")] {
        let letter = json!({ "kind": "consumer_notice", "at": day_20, "version": version,
            "document": document });
        history.report(day_20, letter);
        history.document(
            day_20,
            document,
            &format!("Dear customer, version {version}."),
        );
    }
}

/// A supplement is released as the report was, and the report is met by the report.
fn and_is_released(history: &mut History, out: &Path, duty: &str) {
    history.release(out, duty, "supplement", "2026-12-22", None);
    let out = history.replay();
    let released = notice(&out, duty, "supplement");
    assert_eq!(released["state"], "released");
    assert!(has(&out, &released, "eml"));
    let subject = released["document"]["channel"]["subject"].as_str();
    let subject = subject.expect("a subject");
    assert!(subject.starts_with("FTC v. Ring LLC."), "{subject}");
    assert!(subject.contains(", Supplement 1 ("), "{subject}");
    assert_eq!(notices(&out).len(), 2);
    let lines = std::fs::read_to_string(out.join("determinations.jsonl")).expect("a file");
    let answers = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let mut answers = answers.filter(|one: &Value| one["duty"] == duty);
    let met = &answers.next().expect("the report")["clock"]["met"];
    assert_eq!(met["at"], "2026-12-07T17:00:00Z");
}

#[test]
fn a_sworn_copy_is_signed_and_given_by_hand_and_the_update_is_drafted_after_the_report() {
    let mut history = History::of("cerebral");
    let day_1 = "2026-12-01T18:00:00Z";
    history.report(
        day_1,
        json!({ "kind": "milestone", "name": "discovered", "at": day_1 }),
    );
    history.report(
        day_1,
        json!({ "kind": "noncompliance", "order": "cerebral", "provision": "I.A",
            "text": "as it was found" }),
    );
    let three = json!({ "at_least": 3, "at_most": 3 });
    history.report(
        day_1,
        json!({ "kind": "exposure", "information": "health", "from": "2026-11-01T00:00:00Z",
            "until": "2026-11-20T00:00:00Z", "count": three, "consumers": three,
            "acts": { "disclosed": "yes" }, "encrypted": "no", "visibility": "private",
            "ground": "established" }),
    );
    history.described(day_1);
    let out = history.replay();
    let drafted = |out: &Path| {
        let mut all: Vec<String> = notices(out)
            .iter()
            .map(|one| {
                format!(
                    "{} {}",
                    one["duty"].as_str().unwrap(),
                    one["kind"].as_str().unwrap()
                )
            })
            .collect();
        all.sort();
        all
    };
    let before = [
        "assessor-copy initial",
        "covered-incident-report initial",
        "publication initial",
    ];
    assert_eq!(drafted(&out), before, "no update before there is a report");
    // Where the report goes is not in the source of the pack: it waits for counsel.
    let report = notice(&out, "covered-incident-report", "initial");
    assert_eq!(report["state"], "draft");
    let blocking = report["gaps"].as_array().expect("gaps").iter();
    let mut blocking = blocking.filter(|gap| gap["blocks"] == true);
    let gap = blocking.next().expect("a gap");
    assert!(
        gap["what"].as_str().unwrap().contains("no mail address"),
        "{gap}"
    );
    assert_eq!(blocking.next(), None);

    // The copy for the assessor is given by hand: two people, a signature, a release.
    history.release(
        &out,
        "assessor-copy",
        "initial",
        "2026-12-14",
        Some("Pat Doe"),
    );
    // The report was made by hand.
    history.report(
        "2026-12-22T15:00:00Z",
        json!({ "kind": "performed", "order": "cerebral", "duty": "covered-incident-report",
            "at": "2026-12-22T15:00:00Z" }),
    );
    let out = history.replay();
    let copy = notice(&out, "assessor-copy", "initial");
    assert_eq!(
        (&copy["state"], &copy["signed"]["name"]),
        (&json!("released"), &json!("Pat Doe"))
    );
    assert!(has(&out, &copy, "pdf") && !has(&out, &copy, "eml"));
    let pages = shown(&out, &copy);
    assert!(pages.contains("Executed on: December 14, 2026"), "{pages}");
    assert!(
        pages.contains("Signed: Pat Doe, Chief Privacy Officer"),
        "{pages}"
    );
    assert!(pages.contains("Given: handed to the assessor"), "{pages}");
    // Thirty days later an update is due, sworn too, whether or not anything has changed.
    let update = notice(&out, "covered-incident-updates", "supplement");
    let document = &update["document"];
    assert_eq!(document["due"]["outer"], "2027-01-21");
    assert_eq!(document["declaration"], copy["document"]["declaration"]);
    assert_eq!(document["items"], copy["document"]["items"]);
    let asked = document["reserved"].as_array().expect("questions").iter();
    let mut asked = asked.map(|one| one["id"].as_str().expect("an id"));
    assert!(asked.any(|id| id == "update_contents"));
}
