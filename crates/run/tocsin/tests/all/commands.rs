//! The commands as a person meets them: output, errors and exit codes.

use base64::Engine as _;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use wire::files::LinesWriter;

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

/// Replays the files of a folder. A run that does not end fails its test, and holds up no other.
fn replay_files(folder: &Path, out: &Path) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tocsin"))
        .args(["replay", "--order", "ring", "--files"])
        .arg(folder)
        .arg("--out")
        .arg(out)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("tocsin starts");
    let begun = Instant::now();
    while child.try_wait().expect("a process").is_none() {
        if begun.elapsed() > Duration::from_secs(60) {
            child.kill().expect("killed");
            let said = child.wait_with_output().expect("its words");
            panic!("the replay does not end: {}", stderr(&said));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output().expect("tocsin ends")
}

/// An access as a line of a file has it.
fn access(id: &str) -> Value {
    json!({ "id": id, "at": "2026-01-01T00:00:00Z", "action": "view", "information": "profile",
        "account": "acct-1" })
}

fn decide(facts: &Value) -> Output {
    decide_with(facts, &[])
}

fn decide_with(facts: &Value, options: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tocsin"))
        .args(["decide", "--order", "ring", "-"])
        .args(options)
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
fn a_closure_that_people_add_moves_the_dates() {
    let output = decide_with(&forty_accounts(), &["--closed", "2026-12-28"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let answers: Vec<Value> = serde_json::from_str(&stdout(&output)).expect("a JSON array");
    assert_eq!(answers[0]["clock"]["outer"], "2026-12-29");
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
    let thin = tocsin(&["orders", "list", "--thin", "--json"]);
    let thin: Vec<Value> = serde_json::from_str(&stdout(&thin)).expect("JSON");
    assert_eq!(thin.len(), orders.len());
    for (one, order) in thin.iter().zip(&orders) {
        assert_eq!(one["order"], order["order"]);
        let told = one["too_thin"].as_array().expect("a list");
        assert!(!told.is_empty(), "{one}");
        let slug = one["order"].as_str().expect("a slug");
        let shown = stdout(&tocsin(&["orders", "show", slug]));
        let last = told.last().and_then(Value::as_str).expect("a text");
        assert!(shown.contains(last), "{slug}: {last}");
    }
    assert_eq!(tocsin(&["orders", "check"]).status.code(), Some(0));
    let tested = tocsin(&["orders", "test"]);
    assert_eq!(tested.status.code(), Some(0), "{}", stdout(&tested));
    assert!(stdout(&tested).contains("0 failed"));
    // A whole name is the order's, though cases of others have it in their names.
    let named = stdout(&tocsin(&["orders", "test", "ring"]));
    let cases: Vec<&str> = named
        .lines()
        .filter(|line| line.starts_with("ok"))
        .collect();
    assert!(cases.len() > 100 && cases.iter().all(|line| line.contains(" ring/")));
    assert!(named.ends_with(&format!("{} cases, 0 failed\n", cases.len())));
    let part = stdout(&tocsin(&["orders", "test", "ring/cases/"]));
    assert_eq!(part, named);
    let none = tocsin(&["orders", "test", "no-such-order"]);
    assert_eq!(none.status.code(), Some(64));
    let said = stderr(&none);
    for part in ["no-such-order", "orders list", "/cases/", "[case-unknown]"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // A folder beside the packs must not pass for one with nothing to object to.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("a name");
    for command in ["check", "list", "test"] {
        let none = tocsin(&["orders", command, "--orders-dir", path]);
        assert_eq!(none.status.code(), Some(64), "{command}");
        assert!(stderr(&none).contains("[packs-unreadable]"), "{command}");
    }
}

/// Nothing is listed of a place where there is nothing: what is missing is said, and what to do.
#[test]
fn a_folder_that_holds_no_results_is_an_error_that_says_what_to_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().to_str().expect("a path");
    let missing = format!("{empty}/missing");
    for out in [empty, &missing] {
        for words in [
            &["notices", "list"][..],
            &["notices", "show", "ntc-0"],
            &["notices", "write", "--released", "--to", "written"],
            &["explain", "inc-0"],
            &["certify", "--order", "ring", "--year", "2026"],
            &["dead-letters", "list"],
        ] {
            let output = tocsin(&[words, &["--out", out]].concat());
            let said = stderr(&output);
            assert_eq!(output.status.code(), Some(64), "{words:?}: {said}");
            for part in [out, "--out", "[results-unreadable]"] {
                assert!(said.contains(part), "{words:?}: {part}: {said}");
            }
            assert_eq!(stdout(&output), "", "{words:?}");
        }
    }
    // A run without notices has none, which is no error.
    std::fs::write(folder.path().join("access-events.jsonl"), "").expect("written");
    let out = folder.path().join("out");
    let run = replay_files(folder.path(), &out);
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    let out = out.to_str().expect("a path");
    let list = tocsin(&["notices", "list", "--out", out]);
    assert_eq!(list.status.code(), Some(0), "{}", stderr(&list));
    assert_eq!(stderr(&list), "there are no notices\n");
}

#[test]
fn a_property_that_no_client_takes_is_an_error_of_the_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("tocsin.toml");
    let text = "[kafka]\nbootstrap = \"127.0.0.1:1\"\n[orders]\nbound = [\"ring\"]\n\
                [kafka.properties]\n\"no.such.property\" = \"hunter2\"\n";
    std::fs::write(&config, text).expect("written");
    let config = config.to_str().expect("a path");
    let output = tocsin(&["topics", "check", "--config", config]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(64), "{said}");
    for part in ["kafka.properties", "no.such.property", "[config-invalid]"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
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

/// The shell itself takes the script, where it is at hand.
fn assert_parses(shell: &str, script: &[u8]) {
    let child = Command::new(shell).arg("-n").stdin(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("{shell} is not at hand: its script is not tried");
        return;
    };
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(script).expect("written");
    drop(stdin);
    assert!(child.wait().expect("it ends").success(), "{shell}");
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
    for shell in ["bash", "zsh", "fish"] {
        let script = tocsin(&["completions", shell]);
        assert!(stdout(&script).contains("tocsin"), "{shell}");
        assert_parses(shell, &script.stdout);
    }
    assert_eq!(tocsin(&["frobnicate"]).status.code(), Some(64));
}

#[test]
fn a_file_that_breaks_off_ends_the_replay_and_leaves_no_results() {
    let scratch = tempfile::tempdir().expect("a folder");
    let whole = scratch.path().join("access-events.jsonl.zst");
    let mut lines = LinesWriter::create(&whole).expect("a file");
    for number in 0..5_000 {
        let written = lines.write(&access(&format!("acc-{number}")));
        written.expect("written");
    }
    lines.finish().expect("written");
    let whole = std::fs::read(&whole).expect("the file");
    let cut = whole.get(..whole.len() * 3 / 4).expect("a part");
    let broken: [(&str, &[u8]); 3] = [
        ("access-events.jsonl.zst", cut),
        ("breach-events.jsonl.zst", cut),
        ("access-events.avro", b"Obj\x02 is no header"),
    ];
    for (name, bytes) in broken {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(name), bytes).expect("written");
        let out = folder.path().join("out");
        let run = replay_files(folder.path(), &out);
        let said = stderr(&run);
        assert_eq!(run.status.code(), Some(1), "{name}: {said}");
        for part in [
            name,
            "file-corrupt",
            "file_unreadable",
            "fetch the file anew",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(!out.exists(), "{name}: results of what was not read");
    }
}

/// A number as Avro writes it.
fn avro_long(number: i64) -> Vec<u8> {
    let mut rest = ((number << 1) ^ (number >> 63)) as u64;
    let mut bytes = Vec::new();
    while rest > 0x7F {
        bytes.push((rest & 0x7F) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

/// Bytes as Avro writes them, and texts.
fn avro_bytes(bytes: &[u8]) -> Vec<u8> {
    [avro_long(bytes.len() as i64), bytes.to_vec()].concat()
}

/// An Avro container of another program with one access, whose act is none of ours; the access as
/// it stands there.
fn foreign_container() -> (Vec<u8>, Vec<u8>) {
    let schema = json!({ "type": "record", "name": "Row", "fields": [
        { "name": "account", "type": "string" },
        { "name": "at", "type": { "type": "long", "logicalType": "timestamp-millis" } },
        { "name": "action", "type": { "type": "enum", "name": "A", "symbols": ["view", "peek"] } },
        { "name": "information", "type": { "type": "enum", "name": "I", "symbols": ["profile"] } },
        { "name": "id", "type": "string" },
    ] });
    let row = [
        avro_bytes(b"acct-1"),
        avro_long(1_785_702_903_250),
        avro_long(1),
        avro_long(0),
        avro_bytes(b"acc-9"),
    ]
    .concat();
    let mark = [7_u8; 16].to_vec();
    let container = [
        b"Obj\x01".to_vec(),
        avro_long(1),
        avro_bytes(b"avro.schema"),
        avro_bytes(schema.to_string().as_bytes()),
        avro_long(0),
        mark.clone(),
        avro_long(1),
        avro_bytes(&row),
        mark,
    ]
    .concat();
    (container, row)
}

#[test]
fn what_a_file_holds_and_nobody_can_use_is_a_dead_letter_that_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let (container, row) = foreign_container();
    let long = format!("{}\n", "x".repeat(17 << 20));
    let lines = format!("{}\n{long}{}\n", access("acc-1"), access("acc-2"));
    for (name, bytes) in [
        ("access-events-1.jsonl", lines.as_bytes()),
        ("access-events-2.avro", container.as_slice()),
    ] {
        std::fs::write(folder.path().join(name), bytes).expect("written");
    }
    let out = folder.path().join("out");
    let run = replay_files(folder.path(), &out);
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    let letters = std::fs::read_to_string(out.join("dead-letters.jsonl")).expect("a file");
    let letters: Vec<Value> = letters
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(letters.len(), 2, "{letters:?}");
    let of = |file: &str| {
        let found = letters.iter().find(|one| one["source"]["file"] == file);
        found.expect("its letter")
    };

    // What is too long is kept by nobody, and named by its length and digest.
    let too_long = of("access-events-1.jsonl");
    assert_eq!(too_long["code"], "record-too-large");
    assert_eq!(
        (&too_long["source"]["line"], &too_long["bytes"]),
        (&json!(2), &json!(""))
    );
    let reason = too_long["reason"].as_str().expect("a reason");
    let digest = facts::digest_bytes(long.as_bytes());
    assert!(
        reason.contains(&digest) && reason.contains("17825793"),
        "{reason}"
    );

    let unknown = of("access-events-2.avro");
    assert_eq!(unknown["code"], "avro-unknown-symbol");
    let bytes = base64::engine::general_purpose::STANDARD.encode(&row);
    assert_eq!(unknown["bytes"], bytes);
    let reason = unknown["reason"].as_str().expect("a reason");
    assert!(reason.contains("action"), "{reason}");
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
    let withdrawn = replay(&path("withdrawn"));
    assert_eq!(determination(&path("withdrawn")), before);
    // Approvals that do not hold any more are on record, and are not counted.
    let listed = |out: &str| {
        let list = stdout(&tocsin(&["notices", "list", "--out", out, "--json"]));
        let list: Vec<Value> = serde_json::from_str(&list).expect("JSON");
        let one = list.into_iter().find(|one| one["notice"] == id);
        one.expect("the notice")["approvals"].clone()
    };
    assert_eq!(listed(&path("released")), 2);
    assert_eq!(withdrawn["approvals"].as_array().map(Vec::len), Some(2));
    assert_eq!(listed(&path("withdrawn")), 0);
}
