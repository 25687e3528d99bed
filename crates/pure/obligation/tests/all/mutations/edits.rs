//! Every small change of a pack that the law would notice, derived from its TOML.

use jiff::civil::Date;
use toml::{Table, Value};

/// A step into a TOML value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// One change: where, and what stands there then; `None`: nothing.
#[derive(Debug, Clone)]
pub(crate) struct Edit {
    path: Vec<Step>,
    to: Option<Value>,
    /// Another place where the same then stands: of two windows that meet.
    also: Option<Vec<Step>>,
}

impl Edit {
    /// Where it is and what it makes of it, in words.
    pub(crate) fn words(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) if text.is_empty() => text.push_str(key),
                Step::Key(key) => text.push_str(&format!(".{key}")),
                Step::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        match &self.to {
            Some(to) => format!("{text} = {}", to.to_string().replace('\n', " ")),
            None => format!("{text} dropped"),
        }
    }

    /// The table with the change made.
    pub(crate) fn made(&self, table: &Table) -> Table {
        let made = self.made_at(&self.path, table);
        match &self.also {
            Some(path) => self.made_at(path, &made),
            None => made,
        }
    }

    fn made_at(&self, path: &[Step], table: &Table) -> Table {
        let mut root = Value::Table(table.clone());
        let (last, way) = path.split_last().expect("a place");
        let mut at = &mut root;
        for step in way {
            at = match step {
                Step::Key(key) => at.get_mut(key.as_str()).expect("a member"),
                Step::Index(index) => at.get_mut(*index).expect("an element"),
            };
        }
        match (at, last, &self.to) {
            (Value::Table(table), Step::Key(key), Some(to)) => {
                table.insert(key.clone(), to.clone());
            }
            (Value::Table(table), Step::Key(key), None) => {
                table.remove(key);
            }
            (Value::Array(list), Step::Index(index), Some(to)) => list[*index] = to.clone(),
            (Value::Array(list), Step::Index(index), None) => {
                list.remove(*index);
            }
            _ => unreachable!("the path was made from this table"),
        }
        match root {
            Value::Table(table) => table,
            _ => unreachable!("the root is a table"),
        }
    }
}

/// Lists of which each element says something of its own.
const LISTS: [&str; 14] = [
    "accepts",
    "actors",
    "information",
    "actions",
    "purposes",
    "unless",
    "any",
    "all",
    "anchors",
    "until",
    "or",
    "excluded",
    "unsure",
    "noncompliance",
];
/// Members that say something by being there.
const PARTS: [&str; 26] = [
    "actors",
    "actions",
    "delay",
    "encryption",
    "visibility",
    "residential",
    "residence",
    "presumption",
    "circumstances",
    "information",
    "or_circumstance",
    "presumed_of",
    "discovery",
    "only_if",
    "under_text",
    "shown_only",
    "anchor_question",
    "coverage_question",
    "each_question",
    "unit_question",
    "in_one_state",
    "about",
    "repeats",
    "insider_question",
    "unsure",
    "unsure_question",
];
const METHODS: [&str; 4] = ["frcp-6", "ftc-4.3", "calendar", "business"];

/// Every change of a duty or an order.
pub(crate) fn edits(table: &Table) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut walk = Walk {
        edits: &mut edits,
        path: Vec::new(),
    };
    walk.table(table);
    walk.regulation(table);
    walk.windows(table);
    edits
}

/// The days before and after the one that `value` writes.
fn neighbours(value: &Value) -> Vec<Value> {
    let day = value.as_str().and_then(|text| text.parse::<Date>().ok());
    let around = day.map(|day| [day.tomorrow(), day.yesterday()]);
    let around = around.into_iter().flatten().flatten();
    around.map(|day| Value::String(day.to_string())).collect()
}

struct Walk<'a> {
    edits: &'a mut Vec<Edit>,
    path: Vec<Step>,
}

impl Walk<'_> {
    fn add(&mut self, step: Step, to: Option<Value>) {
        let mut path = self.path.clone();
        path.push(step);
        self.edits.push(Edit {
            path,
            to,
            also: None,
        });
    }

    fn inside(&mut self, step: Step, value: &Value) {
        self.path.push(step);
        match value {
            Value::Table(table) => self.table(table),
            Value::Array(list) => {
                for (index, value) in list.iter().enumerate() {
                    self.inside(Step::Index(index), value);
                }
            }
            _ => {}
        }
        self.path.pop();
    }

    fn table(&mut self, table: &Table) {
        for (key, value) in table {
            // What is only shown is stated nowhere, so only its being shown can be noticed.
            if !table.contains_key("shown_only") || key == "shown_only" {
                self.member(key, value);
            }
            let skipped = ["reserved", "texts", "register"];
            if !(self.path.is_empty() && skipped.contains(&key.as_str())) {
                self.inside(Step::Key(key.clone()), value);
            }
        }
        if self.path.is_empty() {
            self.working(table);
        }
    }

    fn member(&mut self, key: &str, value: &Value) {
        let here = || Step::Key(key.to_owned());
        match (key, value) {
            (
                "days" | "at_least" | "default_days" | "most_days" | "written_days",
                Value::Integer(number),
            ) => {
                for other in [number + 1, number - 1] {
                    if other >= 0 {
                        self.add(here(), Some(Value::Integer(other)));
                    }
                }
            }
            (
                "required" | "staff_may_extend" | "text_known" | "attestation" | "training",
                Value::Boolean(flag),
            ) => {
                self.add(here(), Some(Value::Boolean(!flag)));
            }
            ("ground", Value::String(word)) => {
                let is_believed = word == "believed";
                let other = if is_believed {
                    "established"
                } else {
                    "believed"
                };
                self.add(here(), Some(Value::String(other.to_owned())));
            }
            // Whether a request moves a limit at all is for counsel.
            ("question", _) if self.path.last() == Some(&Step::Key("delay".to_owned())) => {
                self.add(here(), None);
            }
            ("method", Value::String(method)) => {
                for other in METHODS.iter().filter(|other| *other != method) {
                    self.add(here(), Some(Value::String((*other).to_owned())));
                }
            }
            ("must_be", Value::String(word)) => {
                let other = if word == "yes" { "no" } else { "yes" };
                self.add(here(), Some(Value::String(other.to_owned())));
            }
            ("by", Value::Array(words)) => {
                let of_clients = words.iter().any(|word| word.as_str() == Some("client"));
                let other = if of_clients { "respondent" } else { "client" };
                let other = Value::String(other.to_owned());
                self.add(here(), Some(Value::Array(vec![other])));
            }
            ("country", Value::String(_)) => {
                self.add(here(), Some(Value::String("GB".to_owned())));
            }
            ("unit", Value::String(unit)) if unit != "devices" => {
                self.add(here(), Some(Value::String("devices".to_owned())));
            }
            ("period", Value::String(word)) => {
                let year = "calendar_year";
                let other = if word == year {
                    "calendar_quarter"
                } else {
                    year
                };
                self.add(here(), Some(Value::String(other.to_owned())));
            }
            (list, Value::Array(values)) if LISTS.contains(&list) => {
                for index in 0..values.len() {
                    self.path.push(here());
                    self.add(Step::Index(index), None);
                    self.path.pop();
                }
            }
            _ => self.beside_the_answer(key, value),
        }
        if PARTS.contains(&key) && !self.path.is_empty() || key == "discovery" {
            self.add(here(), None);
        }
    }

    /// What changes no answer, or days alone: items, certification, zone, time of force.
    fn beside_the_answer(&mut self, key: &str, value: &Value) {
        let here = || Step::Key(key.to_owned());
        match (key, value) {
            ("ends_month" | "ends_day" | "years", Value::Integer(number)) => {
                for other in [number + 1, number - 1] {
                    self.add(here(), Some(Value::Integer(other)));
                }
            }
            ("describes_incidents", Value::Boolean(flag)) => {
                self.add(here(), Some(Value::Boolean(!flag)));
            }
            ("fills", Value::String(word)) => {
                let other = if word == "date" {
                    "information"
                } else {
                    "date"
                };
                self.add(here(), Some(Value::String(other.to_owned())));
            }
            ("items", Value::Array(items)) if self.path.is_empty() => {
                self.path.push(here());
                for index in 0..items.len() {
                    self.add(Step::Index(index), None);
                }
                self.path.pop();
            }
            // West of it, and east.
            ("zone", Value::String(zone)) => {
                let west = match zone.as_str() {
                    "America/Los_Angeles" => "Pacific/Honolulu",
                    _ => "America/Los_Angeles",
                };
                for other in [west, "Etc/UTC"] {
                    self.add(here(), Some(Value::String(other.to_owned())));
                }
            }
            ("from" | "until" | "unsure", Value::String(_)) => {
                for day in neighbours(value) {
                    self.add(here(), Some(day));
                }
            }
            _ => {}
        }
    }

    /// Of an order and its rule, which of both it is.
    fn regulation(&mut self, table: &Table) {
        if table.contains_key("parties") {
            let is_one = table.get("regulation").and_then(Value::as_bool);
            let other = Value::Boolean(!is_one.unwrap_or_default());
            self.add(Step::Key("regulation".to_owned()), Some(other));
        }
    }

    /// Another first day of each text of a duty: where one follows another, that ends then.
    fn windows(&mut self, table: &Table) {
        let texts = table.get("texts").and_then(Value::as_array);
        for (index, text) in texts.into_iter().flatten().enumerate() {
            let place = |index: usize, key: &str| {
                let (texts, key) = (Step::Key("texts".to_owned()), Step::Key(key.to_owned()));
                vec![texts, Step::Index(index), key]
            };
            let days = text.get("from").map(neighbours).unwrap_or_default();
            self.edits.extend(days.into_iter().map(|day| Edit {
                path: place(index, "from"),
                to: Some(day),
                also: index.checked_sub(1).map(|before| place(before, "until")),
            }));
        }
    }

    /// Another working reading, of each question that has one.
    fn working(&mut self, table: &Table) {
        let Some(Value::Table(reserved)) = table.get("reserved") else {
            return;
        };
        for (id, question) in reserved {
            let (Some(working), Some(readings)) = (
                question.get("working").and_then(Value::as_str),
                question.get("readings").and_then(Value::as_table),
            ) else {
                continue;
            };
            for other in readings.keys().filter(|other| *other != working) {
                self.path = vec![Step::Key("reserved".to_owned()), Step::Key(id.clone())];
                let to = Value::String(other.clone());
                self.add(Step::Key("working".to_owned()), Some(to));
                self.path.clear();
            }
        }
    }
}
