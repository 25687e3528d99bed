//! Several statements of one id: silence beside a value is no contradiction, two values are.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

/// Everything that was stated under one id, each content once, whatever the order of arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variants<T> {
    // Keyed by canonical JSON: the same content is the same statement, and the order is content's.
    by_content: BTreeMap<String, T>,
}

impl<T> Default for Variants<T> {
    fn default() -> Self {
        Variants {
            by_content: BTreeMap::new(),
        }
    }
}

/// What the statements of one id come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged<T> {
    /// The record with every member that is known; a disputed optional member is absent, a disputed
    /// required one holds the least of its values, so ask [`Merged::is_disputed`] first.
    pub record: T,
    /// Paths of the members that contradict each other, such as `revoked_at` or `report.at`.
    pub disputed: Vec<String>,
}

impl<T> Merged<T> {
    /// Whether the member at `path`, or one below it, is disputed.
    pub fn is_disputed(&self, path: &str) -> bool {
        self.disputed.iter().any(|one| {
            one.strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}

impl<T: Serialize + DeserializeOwned + Clone> Variants<T> {
    /// Adds a statement; says whether it was new.
    pub fn insert(&mut self, statement: T) -> bool {
        let content = crate::canonical_json(&statement);
        self.by_content.insert(content, statement).is_none()
    }

    /// The statements, in the order of their content.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.by_content.values()
    }

    /// How many different statements there are.
    pub fn len(&self) -> usize {
        self.by_content.len()
    }

    /// Whether nothing was stated.
    pub fn is_empty(&self) -> bool {
        self.by_content.is_empty()
    }

    /// What the statements come to; `None` where nothing was stated.
    pub fn merged(&self) -> Option<Merged<T>> {
        let mut statements = self.by_content.values();
        let first = statements.next()?;
        if self.by_content.len() == 1 {
            return Some(Merged {
                record: first.clone(),
                disputed: Vec::new(),
            });
        }
        let mut merged = serde_json::to_value(first).ok()?;
        let mut disputed = BTreeMap::new();
        for statement in statements {
            fold(
                &mut merged,
                serde_json::to_value(statement).ok()?,
                "",
                &mut disputed,
            );
        }
        // Leave out what is disputed where the type allows it, path by path.
        for path in disputed.keys() {
            let mut without = merged.clone();
            remove(&mut without, path);
            if serde_json::from_value::<T>(without.clone()).is_ok() {
                merged = without;
            } else if let Some(least) = disputed.get(path) {
                replace(&mut merged, path, least.clone());
            }
        }
        let record = serde_json::from_value(merged).unwrap_or_else(|_| first.clone());
        Some(Merged {
            record,
            disputed: disputed.into_keys().collect(),
        })
    }
}

/// Folds `other` into `merged`; notes for each contradiction its path and the least value seen.
fn fold(merged: &mut Value, other: Value, path: &str, disputed: &mut BTreeMap<String, Value>) {
    match (merged, other) {
        (_, Value::Null) => {}
        (slot @ Value::Null, other) => *slot = other,
        (Value::Object(a), Value::Object(b)) => {
            for (name, value) in b {
                let inner = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                fold(
                    a.entry(name).or_insert(Value::Null),
                    value,
                    &inner,
                    disputed,
                );
            }
        }
        (slot, other) => {
            if *slot != other {
                let so_far = disputed.get(path).unwrap_or(slot);
                let least = lesser(so_far, &other);
                disputed.insert(path.to_owned(), least);
            }
        }
    }
}

/// The lesser of two values: the earlier of two instants, the smaller of two numbers, else the
/// first by its text, so that the order of arrival never decides.
fn lesser(a: &Value, b: &Value) -> Value {
    let instant = |value: &Value| {
        value
            .as_str()
            .and_then(|text| text.parse::<crate::Moment>().ok())
    };
    let first = match (instant(a), instant(b), a.as_f64(), b.as_f64()) {
        (Some(a), Some(b), ..) => a <= b,
        (.., Some(a), Some(b)) => a <= b,
        _ => crate::canonical_json(a) <= crate::canonical_json(b),
    };
    if first { a.clone() } else { b.clone() }
}

fn parent<'a>(value: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let mut steps: Vec<&str> = path.split('.').collect();
    let last = steps.pop()?.to_owned();
    let mut at = value;
    for step in steps {
        at = at.get_mut(step)?;
    }
    Some((at, last))
}

fn remove(value: &mut Value, path: &str) {
    if let Some((Value::Object(members), last)) = parent(value, path) {
        members.shift_remove(&last);
    }
}

fn replace(value: &mut Value, path: &str, with: Value) {
    if let Some((Value::Object(members), last)) = parent(value, path) {
        members.insert(last, with);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grant;

    fn grant(json: &str) -> Grant {
        serde_json::from_str(json).expect("a grant")
    }

    #[test]
    fn silence_beside_a_value_is_no_contradiction() {
        let mut grants = Variants::default();
        let early = r#"{"id":"g","kind":"duty","from":"2026-01-01T00:00:00Z","actors":["a"]}"#;
        let late = r#"{"id":"g","kind":"duty","from":"2026-01-01T00:00:00Z","actors":["a"],
                       "revoked_at":"2026-02-01T00:00:00Z"}"#;
        assert!(grants.insert(grant(early)));
        assert!(!grants.insert(grant(early)));
        assert!(grants.insert(grant(late)));
        let merged = grants.merged().expect("something was stated");
        assert!(merged.disputed.is_empty());
        assert_eq!(merged.record, grant(late));
    }

    #[test]
    fn the_lesser_of_two_instants_is_the_earlier() {
        let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z");
        assert_eq!(lesser(&late.into(), &early.into()), Value::from(early));
        assert_eq!(lesser(&9.into(), &10.into()), Value::from(9));
    }

    #[test]
    fn two_values_are_disputed_and_never_the_later_wins() {
        let one = r#"{"id":"g","kind":"duty","from":"2026-01-01T00:00:00Z","actors":["a"],
                      "revoked_at":"2026-02-01T00:00:00Z"}"#;
        let two = r#"{"id":"g","kind":"consent","from":"2026-01-01T00:00:00Z","actors":["a"],
                      "revoked_at":"2026-03-01T00:00:00Z"}"#;
        let mut forward = Variants::default();
        forward.insert(grant(one));
        forward.insert(grant(two));
        let mut backward = Variants::default();
        backward.insert(grant(two));
        backward.insert(grant(one));
        let merged = forward.merged().expect("something was stated");
        assert_eq!(merged, backward.merged().expect("something was stated"));
        assert_eq!(merged.disputed, ["kind", "revoked_at"]);
        assert_eq!(merged.record.revoked_at, None);
        assert!(merged.is_disputed("kind"));
        assert!(!merged.is_disputed("kin"));
    }
}
