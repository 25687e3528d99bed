//! Cases: facts and the answer that the law gives them, as a pack keeps them beside its clauses.

use crate::error::PackError;
use facts::{Interval, Kleene};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One case of a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The order's slug.
    pub order: String,
    /// The duty; `None` for an order that has none.
    pub duty: Option<String>,
    /// The sentence that it shows: its file's name.
    pub sentence: String,
    /// Its file.
    pub file: String,
    /// The scenario of the project's law notes that it encodes, if any.
    pub scenario: Option<u32>,
    /// What is said about it: invented figures, the reading it rests on.
    pub note: Option<String>,
    /// The facts, as `tocsin decide` takes them.
    pub facts: serde_json::Value,
    /// What must come out.
    pub expect: Expect,
}

/// What must come out of a case; what is left out is not compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// `owed`, `not_owed` or `open`.
    pub answer: String,
    /// The planned day of the clock that is stated.
    pub planned: Option<Date>,
    /// The outer day of the clock that is stated.
    pub outer: Option<Date>,
    /// The anchor of the clock that is stated; `none`: no clock runs.
    pub anchor: Option<String>,
    /// The planned day of the reminder.
    pub reminder: Option<Date>,
    /// How many clocks have started.
    pub started: Option<usize>,
    /// Whether the clock that is stated has been met.
    pub met: Option<bool>,
    /// The texts of the duty that applied, or may have.
    pub texts: Option<Vec<String>>,
    /// What would change the answer, by kind (and nothing else, where given).
    pub near: Option<Vec<String>>,
    /// The records without which it would be owed (and no others).
    pub spared_by: Option<Vec<String>>,
    /// The counts, by unit.
    #[serde(default)]
    pub counts: BTreeMap<String, Interval>,
    /// The reason path: the value of the nodes of the reason tree, by clause.
    #[serde(default)]
    pub because: BTreeMap<String, Kleene>,
    /// Questions reserved to counsel that must be named (and no others, where given).
    pub reserved: Option<Vec<String>>,
    /// Facts that must be asked for (and no others, where given).
    pub asks: Option<Vec<String>>,
    /// Kinds of register entries (and no others, where given).
    pub register: Option<Vec<String>>,
    /// What the document of the duty says, in its order: each item's letter and what fills it, such
    /// as `A: date`.
    pub items: Option<Vec<String>>,
    /// No text of the duty covers the date that decides which applies: the first day that one does.
    pub uncovered: Option<Date>,
    /// To how many notices to an authority that a law required it comes for other orders, by what
    /// is on record as performed.
    pub filings: Option<usize>,
    /// What the annual certification says of it.
    pub certification: Option<ExpectCertification>,
}

/// What the annual certification must say of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectCertification {
    /// Whether it must describe the incidents.
    pub describes: bool,
    /// The last day of the certification year in which it was discovered; left out: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// For how many years one is due; left out: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub years: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    scenario: Option<u32>,
    note: Option<String>,
    expect: Expect,
    facts: toml::Value,
}

/// The folders of a duty's cases and the answer that each holds.
pub(crate) const FOLDERS: &[(&str, &str)] =
    &[("owed", "owed"), ("spared", "not_owed"), ("open", "open")];

/// The folder that stands for a duty in an order that has none.
pub(crate) const NO_DUTY: &str = "no-duty";

/// Reads `<slug>/cases/<duty>/<folder>/<sentence>.toml`.
pub(crate) fn parse(file: &str, text: &str) -> Result<Case, PackError> {
    let raw: RawCase = crate::text::parse(file, text)?;
    let parts: Vec<&str> = file.split('/').collect();
    let [slug, "cases", duty, folder, name] = parts.as_slice() else {
        return Err(
            PackError::at_start(file, "a case stands in <slug>/cases/<duty>/<folder>/")
                .with_example("<slug>/cases/<duty>/owed/ten-accounts-are-enough.toml"),
        );
    };
    let answer = FOLDERS
        .iter()
        .find(|(known, _)| known == folder)
        .map(|(_, answer)| *answer);
    if answer != Some(raw.expect.answer.as_str()) {
        let message = format!(
            "the folder `{folder}` does not hold cases that expect `{}`; there are owed (owed), \
             spared (not_owed) and open (open)",
            raw.expect.answer
        );
        return Err(PackError::at_start(file, message));
    }
    Ok(Case {
        order: (*slug).to_owned(),
        duty: (*duty != NO_DUTY).then(|| (*duty).to_owned()),
        sentence: name.trim_end_matches(".toml").replace('-', " "),
        file: file.to_owned(),
        scenario: raw.scenario,
        note: raw.note,
        facts: json(raw.facts),
        expect: raw.expect,
    })
}

/// The JSON form of TOML facts: instants may be written without quotes.
fn json(value: toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(instant) => instant.to_string().into(),
        toml::Value::Array(list) => list.into_iter().map(json).collect(),
        toml::Value::Table(table) => table
            .into_iter()
            .map(|(name, value)| (name, json(value)))
            .collect(),
    }
}
