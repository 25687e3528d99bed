//! The commands as a person meets them: output, errors and exit codes.

use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Output, Stdio};

fn tocsin(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tocsin"))
        .args(arguments)
        .output()
        .expect("tocsin starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn decide(facts: &Value) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tocsin"))
        .args(["decide", "--order", "ring", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("tocsin starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin
        .write_all(facts.to_string().as_bytes())
        .expect("written");
    drop(stdin);
    child.wait_with_output().expect("tocsin ends")
}

fn forty_accounts() -> Value {
    json!({
        "breach_events": [
            { "id": "b1", "matter": "M-1", "recorded_at": "2026-12-01T09:00:00Z",
              "report": { "kind": "milestone", "name": "discovered",
                          "at": "2026-12-01T08:00:00Z" } },
            { "id": "b2", "matter": "M-1", "recorded_at": "2026-12-15T18:00:00Z",
              "report": { "kind": "milestone", "name": "no_notice_needed",
                          "at": "2026-12-15T18:00:00Z" } },
        ],
        "counts": [
            { "information": "home_security_recording", "authority": "unauthorised",
              "ground": "established", "encrypted": "no", "visibility": "private",
              "accounts": 40, "consumers": 40 },
        ],
    })
}

#[test]
fn decide_prints_determinations_and_exits_0_whatever_the_answer() {
    let output = decide(&forty_accounts());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let answers: Vec<Value> = serde_json::from_str(&stdout(&output)).expect("a JSON array");
    assert_eq!(answers[0]["answer"], "owed");
    assert_eq!(answers[0]["clock"]["planned"], "2026-12-24");
    assert_eq!(answers[0]["clock"]["outer"], "2026-12-28");
    let mut nine = forty_accounts();
    nine["counts"][0]["accounts"] = json!(9);
    let output = decide(&nine);
    assert_eq!(output.status.code(), Some(0));
    let answers: Vec<Value> = serde_json::from_str(&stdout(&output)).expect("a JSON array");
    assert_eq!(answers[0]["answer"], "not_owed");
}

#[test]
fn a_typo_in_a_legal_record_does_not_pass_silently() {
    let mut facts = forty_accounts();
    facts["counts"][0]["acounts"] = json!(3);
    let output = decide(&facts);
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("accounts"), "{}", stderr(&output));
}

#[test]
fn due_shows_the_count() {
    let output = tocsin(&[
        "due",
        "--method",
        "frcp-6",
        "--days",
        "10",
        "--from",
        "2026-12-15",
        "--json",
    ]);
    let due: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!(due["planned"], "2026-12-24");
    assert_eq!(due["outer"], "2026-12-28");
    assert_eq!(due["naive"], "2026-12-25");
    assert!(
        due["steps"]
            .as_array()
            .is_some_and(|steps| steps.len() >= 10)
    );
    let wrong = tocsin(&[
        "due", "--method", "frcp-6", "--days", "10", "--from", "soon",
    ]);
    assert_eq!(wrong.status.code(), Some(64));
}

#[test]
fn orders_are_listed_checked_and_tested() {
    let list = tocsin(&["orders", "list", "--json"]);
    let orders: Vec<Value> = serde_json::from_str(&stdout(&list)).expect("JSON");
    for member in ["order", "title", "grade", "in_force", "duties"] {
        assert!(
            orders.iter().all(|one| one.get(member).is_some()),
            "{member}"
        );
    }
    assert_eq!(tocsin(&["orders", "check"]).status.code(), Some(0));
    let tested = tocsin(&["orders", "test"]);
    assert_eq!(tested.status.code(), Some(0), "{}", stdout(&tested));
    assert!(stdout(&tested).contains("0 failed"));
}

#[test]
fn an_unknown_order_names_what_there_is() {
    let output = tocsin(&["decide", "--order", "rign", "-"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(
        stderr(&output).contains("did you mean"),
        "{}",
        stderr(&output)
    );
    let none = tocsin(&["replay", "--files", ".", "--out", "x"]);
    assert_eq!(none.status.code(), Some(64));
    assert!(stderr(&none).contains("--order"), "{}", stderr(&none));
}

#[test]
fn version_help_schema_and_completions() {
    let version = stdout(&tocsin(&["--version"]));
    assert!(version.contains(env!("CARGO_PKG_VERSION")) && version.contains("pack "));
    let help = tocsin(&["replay", "--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(stdout(&help).contains("Example"));
    let schema = tocsin(&["schema", "breach-event"]);
    assert!(serde_json::from_str::<Value>(&stdout(&schema)).is_ok());
    assert_eq!(tocsin(&["schema", "breach"]).status.code(), Some(64));
    assert!(stdout(&tocsin(&["completions", "bash"])).contains("_tocsin"));
    assert_eq!(tocsin(&["frobnicate"]).status.code(), Some(64));
}

/// The determination that a notice is about, as a folder of results has it.
fn determination_of(out: &str, notice: &Value) -> Value {
    let text = std::fs::read_to_string(format!("{out}/determinations.jsonl")).expect("a file");
    let mut lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let same = |one: &Value| {
        let members = ["incident", "order", "duty"];
        members.iter().all(|member| one[member] == notice[member])
    };
    lines.find(same).expect("its determination")
}

/// Writing the released notice again gives the files that the run wrote, and no others.
fn is_written_as_the_run_wrote_it(out: &str, to: &str, id: &str) {
    let output = tocsin(&["notices", "write", "--released", "--out", out, "--to", to]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let written = std::fs::read_dir(format!("{to}/notices")).expect("a folder");
    assert_eq!(written.count(), 1, "only what is released");
    for form in ["json", "pdf", "eml"] {
        let read = |folder: &str| std::fs::read(format!("{folder}/notices/{id}/notice.{form}"));
        let (again, first) = (read(to).expect("a file"), read(out).expect("a file"));
        assert!(!first.is_empty() && again == first, "{form}");
        let line = format!("{to}/notices/{id}/notice.{form}");
        assert!(stdout(&output).lines().any(|one| one == line), "{line}");
    }
    // By its name too, and by that of no other.
    let named = ["notices", "write", id, "--out", out, "--to", to, "--json"];
    let lines: Value = serde_json::from_str(&stdout(&tocsin(&named))).expect("JSON");
    assert_eq!(
        (&lines[0]["notice"], &lines[0]["state"]),
        (&id.into(), &"released".into())
    );
    for wrong in [&["ntc-0"][..], &[], &[id, "--released"]] {
        let words = [&["notices", "write", "--out", out, "--to", to][..], wrong].concat();
        assert_eq!(tocsin(&words).status.code(), Some(64), "{wrong:?}");
    }
}

#[test]
fn two_people_approve_a_notice_and_a_replay_releases_it() {
    let scratch = tempfile::tempdir().expect("a folder");
    let path = |name: &str| {
        scratch
            .path()
            .join(name)
            .to_str()
            .expect("a path")
            .to_owned()
    };
    let (demo, again) = (path("demo"), path("again"));
    assert!(
        tocsin(&["demo", "--ordinary", "2000", "--out", &demo])
            .status
            .success()
    );
    let list = stdout(&tocsin(&["notices", "list", "--out", &demo, "--json"]));
    let notices: Vec<Value> = serde_json::from_str(&list).expect("JSON");
    let ready = notices
        .iter()
        .find(|one| one["state"] == "ready")
        .expect("a ready notice");
    let (id, digest) = (
        ready["notice"].as_str().unwrap(),
        ready["digest"].as_str().unwrap(),
    );
    let by = |who: &str, at: &str, out: &str, words: &[&str]| {
        let common = ["--by", who, "--role", "counsel", "--at", at, "--out", out];
        let output = tocsin(&[&["notices"], words, &common].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let approve = ["decide", id, "approve", "--digest", digest];
    // A document that is not the current one is refused.
    let old = tocsin(&[
        "notices", "decide", id, "approve", "--digest", "00", "--by", "kim", "--role", "counsel",
        "--out", &demo,
    ]);
    assert_eq!(old.status.code(), Some(64));
    assert!(stderr(&old).contains("not the current one"));
    // Not releasable before two people approved it.
    let early = tocsin(&[
        "notices", "release", id, "--digest", digest, "--by", "kim", "--role", "counsel", "--out",
        &demo,
    ]);
    assert_eq!(early.status.code(), Some(64));
    let mut decisions = by("kim", "2026-05-01T09:00:00Z", &demo, &approve);
    decisions.push_str(&by("sam", "2026-05-01T10:00:00Z", &demo, &approve));
    let input = scratch.path().join("demo/input");
    std::fs::write(input.join("decisions-1.jsonl"), &decisions).expect("written");
    let replay = |out: &str| {
        let input = input.to_str().expect("a path");
        let run = tocsin(&[
            "replay", "--files", input, "--order", "ring", "--order", "alexa", "--out", out,
        ]);
        assert!(run.status.success(), "{}", stderr(&run));
        let file = format!("{out}/notices/{id}/notice.json");
        let text = std::fs::read_to_string(file).expect("the notice");
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    assert_eq!(replay(&again)["state"], "releasable");
    let words = ["release", id, "--digest", digest];
    let release = by("lee", "2026-05-02T09:00:00Z", &again, &words);
    decisions.push_str(&release);
    std::fs::write(input.join("decisions-1.jsonl"), &decisions).expect("written");
    let released = replay(&path("released"));
    assert_eq!(released["state"], "released");
    assert_eq!(released["digest"], digest);
    is_written_as_the_run_wrote_it(&path("released"), &path("written"), id);
    // A release is its duty done, as a `performed` report is; taken back, it is not.
    let determination = |out: &str| determination_of(out, &released);
    let release: Value = serde_json::from_str(release.trim()).expect("JSON");
    let before = determination(&again);
    assert_eq!(
        (&before["answer"], &before["clock"]["met"]),
        (&"owed".into(), &Value::Null)
    );
    let after = determination(&path("released"));
    assert_eq!(after["answer"], "owed");
    assert_eq!(after["performed"][0]["record"], release["id"]);
    assert_eq!(after["clock"]["met"]["at"], "2026-05-02T09:00:00Z");
    assert_eq!(after["facts_digest"], before["facts_digest"]);
    let why = ["--digest", digest, "--why", "sent to nobody"];
    let words = [&["decide", id, "withdraw"][..], &why].concat();
    let withdraw = by("kim", "2026-05-03T09:00:00Z", &path("released"), &words);
    decisions.push_str(&withdraw);
    std::fs::write(input.join("decisions-1.jsonl"), &decisions).expect("written");
    replay(&path("withdrawn"));
    assert_eq!(determination(&path("withdrawn")), before);
}
