//! What differs between two runs: new, gone and changed answers, and by which members. Nothing
//! personal is said: an answer is named by ids, and of values only figures, dates and verdicts are
//! shown.

use crate::commands::{notices, results};
use crate::engine::Plan;
use crate::errors::Failure;
use crate::outputs::{LINES, Results};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Members of one answer that are printed; compare.json has all.
const MOST_MEMBERS: usize = 6;
/// Answers of one file that are printed; compare.json has all.
const MOST_ANSWERS: usize = 40;
/// The last words of the members whose values may be shown: no text of people, no id of anybody.
const SHOWN: [&str; 8] = [
    "answer", "planned", "outer", "at_least", "at_most", "state", "verdict", "ground",
];

/// The results of one run, by file and by what names each answer there.
#[derive(Default)]
pub(super) struct Side {
    answers: BTreeMap<&'static str, BTreeMap<String, Value>>,
    version: Option<String>,
    packs: BTreeMap<String, String>,
}

/// An answer that is not the same in both.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Difference {
    file: &'static str,
    answer: String,
    what: What,
    /// Which members differ, with the values where these may be shown.
    members: Vec<Member>,
}

/// How it differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum What {
    New,
    Gone,
    Changed,
}

/// A member that differs.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Member {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<Value>,
}

/// Everything that differs.
#[derive(Debug, Serialize)]
pub(super) struct Comparison {
    /// What the runs were made with, where that differs.
    causes: Vec<String>,
    differences: Vec<Difference>,
}

impl Side {
    /// What a run left in a folder.
    pub(super) fn of_folder(folder: &Path) -> Result<Side, Failure> {
        let mut side = Side::default();
        for name in LINES {
            for value in results::lines(folder, name)? {
                side.put(name, value);
            }
        }
        for (id, notice) in notices::of_run(folder)? {
            side.put_notice(id, &notice);
        }
        // A folder without it is still a run: then nothing is known of its packs.
        let summary = std::fs::read_to_string(folder.join("summary.json")).ok();
        let summary = summary.and_then(|text| serde_json::from_str::<Value>(&text).ok());
        if let Some(summary) = summary {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            side.version = summary.get("version").and_then(text);
            let packs = summary.get("packs").and_then(Value::as_array);
            side.packs = packs
                .into_iter()
                .flatten()
                .filter_map(|one| Some((text(one.get("order")?)?, text(one.get("digest")?)?)))
                .collect();
        }
        Ok(side)
    }

    /// What stands on the topics of a pipeline.
    pub(super) fn of_topics(plan: &Plan) -> Result<Side, Failure> {
        let results = Results::read(plan)?;
        let mut side = Side::default();
        for (name, lines) in results.lines(plan) {
            for line in lines {
                let value = serde_json::from_str(&line)
                    .map_err(|error| Failure::failed("results-unreadable", error.to_string()))?;
                side.put(name, value);
            }
        }
        for (id, notice) in &results.notices {
            side.put_notice(id.clone(), notice);
        }
        Ok(side)
    }

    fn put_notice(&mut self, id: String, notice: &notice::NoticeRecord) {
        let value = serde_json::to_value(notice).unwrap_or_default();
        self.answers.entry("notices").or_default().insert(id, value);
    }

    fn put(&mut self, file: &'static str, mut value: Value) {
        if let Some(members) = value.as_object_mut() {
            members.remove("source");
        }
        let word = |member: &str| match value.get(member) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => "-".to_owned(),
            Some(other) => other.to_string(),
        };
        let digest = || {
            facts::digest_json(&value)
                .chars()
                .take(12)
                .collect::<String>()
        };
        let key = match file {
            "incidents.jsonl" => word("incident"),
            "determinations.jsonl" => {
                format!("{} {} {}", word("incident"), word("order"), word("duty"))
            }
            // The group may name a person; two findings of one access differ by their groups.
            "findings.jsonl" => {
                let group = facts::short_id("group", &[&word("group")]);
                format!("access {} in {group}", word("access"))
            }
            "register.jsonl" => format!("{} {} {}", word("order"), word("kind"), digest()),
            _ => format!("{} {} {}", word("stage"), word("code"), digest()),
        };
        self.answers.entry(file).or_default().insert(key, value);
    }
}

impl Comparison {
    /// What is not the same `now` as `before`.
    pub(super) fn of(before: &Side, now: &Side) -> Comparison {
        let mut differences = Vec::new();
        let none = BTreeMap::new();
        for file in LINES.into_iter().chain(["notices"]) {
            let old = before.answers.get(file).unwrap_or(&none);
            let new = now.answers.get(file).unwrap_or(&none);
            let mut add = |answer: &String, what, members| {
                differences.push(Difference {
                    file,
                    answer: answer.clone(),
                    what,
                    members,
                });
            };
            for (key, value) in new {
                match old.get(key) {
                    None => add(key, What::New, Vec::new()),
                    Some(was) if was == value => {}
                    Some(was) => {
                        let mut members = Vec::new();
                        differing("", was, value, &mut members);
                        add(key, What::Changed, members);
                    }
                }
            }
            for key in old.keys().filter(|key| !new.contains_key(*key)) {
                add(key, What::Gone, Vec::new());
            }
        }
        Comparison {
            causes: causes(before, now),
            differences,
        }
    }

    /// Whether both runs came to the same.
    pub(super) fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }

    /// As a file.
    pub(super) fn json(&self) -> String {
        let value = json!({ "causes": self.causes, "differences": self.differences });
        serde_json::to_string_pretty(&value).unwrap_or_default()
    }

    /// In lines for people.
    pub(super) fn text(&self) -> Vec<String> {
        if self.is_empty() {
            return vec!["nothing differs".to_owned()];
        }
        let mut lines: Vec<String> = self
            .causes
            .iter()
            .map(|one| format!("made with {one}"))
            .collect();
        let mut by_file: BTreeMap<&str, Vec<&Difference>> = BTreeMap::new();
        for one in &self.differences {
            by_file.entry(one.file).or_default().push(one);
        }
        for (file, differences) in by_file {
            let count = |what| differences.iter().filter(|one| one.what == what).count();
            lines.push(format!(
                "{file}: {} new, {} gone, {} changed",
                count(What::New),
                count(What::Gone),
                count(What::Changed)
            ));
            lines.extend(differences.iter().take(MOST_ANSWERS).map(|one| one.line()));
            if differences.len() > MOST_ANSWERS {
                let more = differences.len() - MOST_ANSWERS;
                lines.push(format!("  … and {more} more, in compare.json"));
            }
        }
        lines
    }
}

impl Difference {
    fn line(&self) -> String {
        let what = match self.what {
            What::New => "new",
            What::Gone => "gone",
            What::Changed => "changed",
        };
        let mut line = format!("  {what}: {}", self.answer);
        let known = |one: &&Member| one.before.is_some() || one.now.is_some();
        // What says most comes first: values, then names of members alone.
        let first = self.members.iter().filter(known);
        let rest = self.members.iter().filter(|one| !known(one));
        let shown: Vec<String> = first
            .chain(rest)
            .take(MOST_MEMBERS)
            .map(|one| match (&one.before, &one.now) {
                (None, None) => one.path.clone(),
                (was, is) => {
                    let text = |value: &Option<Value>| {
                        value.as_ref().map_or_else(|| "–".to_owned(), plain)
                    };
                    format!("{} {} → {}", one.path, text(was), text(is))
                }
            })
            .collect();
        if !shown.is_empty() {
            line.push_str(": ");
            line.push_str(&shown.join("; "));
        }
        if self.members.len() > MOST_MEMBERS {
            line.push_str(&format!(
                " (and {} more)",
                self.members.len() - MOST_MEMBERS
            ));
        }
        line
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// What the two runs were made with, where that differs.
fn causes(before: &Side, now: &Side) -> Vec<String> {
    let mut causes = Vec::new();
    if let (Some(was), Some(is)) = (&before.version, &now.version)
        && was != is
    {
        causes.push(format!("version {is}, before {was}"));
    }
    if before.packs.is_empty() || now.packs.is_empty() {
        return causes;
    }
    for order in before.packs.keys().chain(now.packs.keys()) {
        let cause = match (before.packs.get(order), now.packs.get(order)) {
            (Some(was), Some(is)) if was != is => {
                format!("other clauses of {order}: {is}, before {was}")
            }
            (Some(_), None) => format!("{order} binds no longer"),
            (None, Some(_)) => format!("{order} binds now"),
            _ => continue,
        };
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    causes
}

/// Collects the members by which two values differ, each with the way to it.
fn differing(path: &str, was: &Value, is: &Value, out: &mut Vec<Member>) {
    let empty = Map::new();
    match (was, is) {
        (a, b) if a == b => {}
        (Value::Object(a), Value::Object(b)) => {
            let within = |name: &str| match path {
                "" => name.to_owned(),
                path => format!("{path}.{name}"),
            };
            for (name, value) in a {
                let other = b.get(name).unwrap_or(&Value::Null);
                differing(&within(name), value, other, out);
            }
            for (name, value) in b.iter().filter(|(name, _)| !a.contains_key(*name)) {
                differing(&within(name), &Value::Null, value, out);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differing(&format!("{path}[{index}]"), a, b, out);
            }
        }
        (Value::Object(a), Value::Null) if !a.is_empty() => {
            differing(path, was, &Value::Object(empty), out);
        }
        (Value::Null, Value::Object(b)) if !b.is_empty() => {
            differing(path, &Value::Object(empty), is, out);
        }
        (was, is) => {
            let last = path.rsplit('.').next().unwrap_or(path);
            let shown = SHOWN.contains(&last) && !was.is_array() && !is.is_array();
            let value = |value: &Value| (shown && !value.is_null()).then(|| value.clone());
            out.push(Member {
                path: path.to_owned(),
                before: value(was),
                now: value(is),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(determination: Value, finding: Value) -> Side {
        let mut side = Side::default();
        side.put("determinations.jsonl", determination);
        side.put("findings.jsonl", finding);
        side
    }

    fn determination(answer: &str, least: u64) -> Value {
        json!({ "incident": "inc-1", "order": "o", "duty": "d", "answer": answer,
            "counts": { "accounts": { "at_least": least } }, "because": { "text": "secret" } })
    }

    fn finding(verdict: &str, offset: u64) -> Value {
        json!({ "access": "a-1", "group": "actor:secret", "verdict": verdict,
            "record": { "account": "secret" }, "source": { "offset": offset } })
    }

    #[test]
    fn two_runs_differ_by_answers_and_members_and_nothing_personal_is_said() {
        let before = side(determination("open", 3), finding("unexplained", 1));
        let same = side(determination("open", 3), finding("unexplained", 2));
        assert!(Comparison::of(&before, &same).is_empty(), "places differ");
        let now = side(determination("owed", 12), finding("unauthorised", 1));
        let found = Comparison::of(&before, &now);
        let text = found.text().join("\n");
        assert!(text.contains("answer open → owed"), "{text}");
        assert!(text.contains("counts.accounts.at_least 3 → 12"), "{text}");
        assert!(text.contains("access a-1"), "{text}");
        assert!(
            text.contains("verdict unexplained → unauthorised"),
            "{text}"
        );
        assert!(!text.contains("secret") && !found.json().contains("secret"));
        let gone = Comparison::of(&before, &Side::default());
        assert!(gone.text().join("\n").contains("0 new, 1 gone, 0 changed"));
        let new = Comparison::of(&Side::default(), &before);
        assert!(new.text().join("\n").contains("  new: inc-1 o d"));
    }

    #[test]
    fn another_rule_set_is_named_as_the_cause() {
        let with = |digest: &str| Side {
            packs: BTreeMap::from([("o".to_owned(), digest.to_owned())]),
            ..Side::default()
        };
        let found = Comparison::of(&with("1"), &with("2"));
        assert_eq!(found.causes, ["other clauses of o: 2, before 1"]);
    }
}
