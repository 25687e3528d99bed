//! A table of a pack while it is shown: what was taken has its place, what is left is shown too.

use super::html::{self, Html, row};
use crate::error::PackError;
use std::collections::BTreeSet;
use toml::{Table, Value};

/// See the module.
#[derive(Default)]
pub(super) struct Left(Table);

impl Left {
    /// The table of a whole file.
    pub(super) fn parse(file: &str, text: &str) -> Result<Left, PackError> {
        crate::text::parse(file, text).map(Left)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a member.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.0.remove(key)
    }

    /// Takes a member as a text.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        self.take(key).map(|value| inline(&value))
    }

    /// Takes a member that is a table.
    pub(super) fn table(&mut self, key: &str) -> Option<Left> {
        match self.take(key)? {
            Value::Table(table) => Some(Left(table)),
            other => {
                self.0.insert(key.to_owned(), other);
                None
            }
        }
    }

    /// Takes a member that is a list of tables.
    pub(super) fn list(&mut self, key: &str) -> Vec<Left> {
        let is_list = |value: &Value| {
            value
                .as_array()
                .is_some_and(|list| list.iter().all(Value::is_table))
        };
        if !self.0.get(key).is_some_and(is_list) {
            return Vec::new();
        }
        let Some(Value::Array(list)) = self.take(key) else {
            return Vec::new();
        };
        list.into_iter()
            .filter_map(|value| match value {
                Value::Table(table) => Some(Left(table)),
                _ => None,
            })
            .collect()
    }

    /// Its members that are tables, by name; others are wrapped, so that nothing is lost.
    pub(super) fn tables(self) -> Vec<(String, Left)> {
        self.0
            .into_iter()
            .map(|(name, value)| match value {
                Value::Table(table) => (name, Left(table)),
                other => {
                    let table = Table::from_iter([(name.clone(), other)]);
                    (name, Left(table))
                }
            })
            .collect()
    }

    /// What is left, as terms and what they mean; nothing where nothing is left.
    pub(super) fn further(self) -> Html {
        let mut pairs = Html::default();
        for (name, value) in self.0 {
            pairs.add(html::pair(&words(&name), shown(value)));
        }
        match pairs.is_empty() {
            true => pairs,
            false => html::wrap("dl", "data", pairs),
        }
    }
}

/// `must_be` as `must be`.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn shown(value: Value) -> Html {
    match value {
        Value::Table(table) => Left(table).further(),
        Value::Array(list) if list.iter().any(Value::is_table) => {
            let mut html = Html::default();
            for one in list {
                html.add(shown(one));
            }
            html
        }
        scalar => Html::text(&inline(&scalar)),
    }
}

/// A value in a line.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Boolean(true) => "yes".to_owned(),
        Value::Boolean(false) => "no".to_owned(),
        Value::Array(list) => list.iter().map(inline).collect::<Vec<_>>().join(", "),
        Value::Table(table) => table
            .iter()
            .map(|(name, value)| format!("{} {}", words(name), inline(value)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}

/// Tables of the same kind as one table with a column for each member.
pub(super) fn rows(tables: Vec<Left>) -> Html {
    let members: BTreeSet<String> = tables
        .iter()
        .flat_map(|one| one.0.keys().cloned())
        .collect();
    let heads: Vec<String> = members.iter().map(|name| words(name)).collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut body = Html::default();
    for mut one in tables {
        let cells: Vec<Html> = members
            .iter()
            .map(|name| one.take(name).map(shown).unwrap_or_default())
            .collect();
        body.add(row(&cells));
    }
    html::table(&heads, body)
}
