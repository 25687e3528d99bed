//! Several statements of one id: silence beside a value is no contradiction, two values are.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

/// Everything that was stated under one id, each content once, whatever the order of arrival.
///
/// Nearly every id has one statement, so a lone one stands by itself and is never serialised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variants<T> {
    stated: Stated<T>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stated<T> {
    Nothing,
    One(T),
    /// Two or more, by canonical JSON: the same content is the same statement, and the order is
    /// content's.
    Several(BTreeMap<String, T>),
}

impl<T> Default for Variants<T> {
    fn default() -> Self {
        Variants {
            stated: Stated::Nothing,
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

impl<T> Variants<T> {
    /// The statements, in the order of their content.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        let (one, several) = match &self.stated {
            Stated::Nothing => (None, None),
            Stated::One(one) => (Some(one), None),
            Stated::Several(several) => (None, Some(several.values())),
        };
        one.into_iter().chain(several.into_iter().flatten())
    }

    /// How many different statements there are.
    pub fn len(&self) -> usize {
        match &self.stated {
            Stated::Nothing => 0,
            Stated::One(_) => 1,
            Stated::Several(several) => several.len(),
        }
    }

    /// Whether nothing was stated.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Serialize + DeserializeOwned + Clone + PartialEq> Variants<T> {
    /// Adds a statement; says whether it was new.
    pub fn insert(&mut self, statement: T) -> bool {
        match &mut self.stated {
            Stated::Several(several) => {
                let content = crate::canonical_json(&statement);
                several.insert(content, statement).is_none()
            }
            Stated::One(one) if *one == statement => false,
            stated => {
                *stated = match std::mem::replace(stated, Stated::Nothing) {
                    Stated::One(one) => {
                        let before = crate::canonical_json(&one);
                        let content = crate::canonical_json(&statement);
                        // Values can differ in what canonical JSON does not show, as 1 and 1.0.
                        if before == content {
                            *stated = Stated::One(statement);
                            return false;
                        }
                        Stated::Several(BTreeMap::from([(before, one), (content, statement)]))
                    }
                    _ => Stated::One(statement),
                };
                true
            }
        }
    }

    /// What the statements come to; `None` where nothing was stated.
    pub fn merged(&self) -> Option<Merged<T>> {
        let mut statements = self.iter();
        let first = statements.next()?;
        if self.len() == 1 {
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
    use crate::{Access, Grant};
    use proptest::prelude::*;
    use serde_json::json;

    fn grant(json: &str) -> Grant {
        serde_json::from_str(json).expect("a grant")
    }

    /// What [`Variants`] comes to, without its short cuts: everything by its canonical JSON.
    #[derive(Default)]
    struct Naive {
        by_content: BTreeMap<String, Value>,
    }

    impl Naive {
        fn insert<T: Serialize>(&mut self, statement: &T) -> bool {
            let value = serde_json::to_value(statement).expect("a JSON form");
            let content = serde_json_canonicalizer::to_string(&value).expect("a canonical form");
            self.by_content.insert(content, value).is_none()
        }

        /// The merged record and what is disputed.
        fn merged<T: Serialize + DeserializeOwned>(&self) -> Option<(T, Vec<String>)> {
            let mut all = self.by_content.values().cloned();
            let mut merged = all.next()?;
            let mut disputed = BTreeMap::new();
            all.for_each(|one| fold(&mut merged, one, "", &mut disputed));
            for (path, least) in &disputed {
                let mut without = merged.clone();
                remove(&mut without, path);
                if serde_json::from_value::<T>(without.clone()).is_err() {
                    replace(&mut without, path, least.clone());
                }
                merged = without;
            }
            let record = serde_json::from_value(merged).expect("it is still a record");
            Some((record, disputed.into_keys().collect()))
        }
    }

    /// Puts `statements` in this order and in the contrary one, and compares with [`Naive`].
    fn agrees<T>(statements: &[T])
    where
        T: Serialize + DeserializeOwned + Clone + PartialEq + std::fmt::Debug,
    {
        let (mut naive, mut forward) = (Naive::default(), Variants::default());
        let mut backward = Variants::default();
        assert!(forward.is_empty() && forward.merged().is_none());
        for one in statements {
            assert_eq!(forward.insert(one.clone()), naive.insert(one));
            assert_eq!(forward.len(), naive.by_content.len());
        }
        for one in statements.iter().rev() {
            backward.insert(one.clone());
        }
        let json =
            |all: &Variants<T>| -> Vec<String> { all.iter().map(crate::canonical_json).collect() };
        assert_eq!(
            json(&forward),
            naive.by_content.keys().cloned().collect::<Vec<_>>()
        );
        assert_eq!(json(&forward), json(&backward));
        let merged = forward.merged().map(|one| (one.record, one.disputed));
        assert_eq!(merged, naive.merged());
        assert_eq!(forward.merged(), backward.merged());
    }

    /// Statements of one id that say little and so often agree, fill or contradict each other.
    fn accesses() -> impl Strategy<Value = Vec<Access>> {
        let instant = prop::sample::select(vec![1, 2, 3]);
        let word = || prop::option::of(prop::sample::select(vec!["a", "b"]));
        let outcome = prop::option::of(prop::sample::select(vec!["succeeded", "denied"]));
        let one = (instant, word(), word(), outcome, word()).prop_map(
            |(at, actor, resource, outcome, reference)| {
                serde_json::from_value(json!({
                    "id": "x", "at": format!("2026-03-0{at}T00:00:00Z"), "actor": actor,
                    "action": "view", "outcome": outcome, "information": "contact",
                    "account": "home", "resource": resource,
                    "basis": reference.map(|_| json!({"kind": "consent", "reference": reference})),
                }))
                .expect("an access")
            },
        );
        prop::collection::vec(one, 0..6)
    }

    proptest! {
        #[test]
        fn the_same_as_everything_by_its_canonical_json(accesses in accesses()) {
            agrees(&accesses);
        }

        #[test]
        fn values_that_differ_in_what_canonical_json_does_not_show_are_one(
            numbers in prop::collection::vec(
                prop::sample::select(vec![json!(1), json!(1.0), json!(2), json!(2.0)]), 0..5),
        ) {
            let (mut naive, mut all) = (Naive::default(), Variants::default());
            for one in numbers {
                prop_assert_eq!(all.insert(one.clone()), naive.insert(&one));
                let stated: Vec<&Value> = naive.by_content.values().collect();
                prop_assert_eq!(all.iter().collect::<Vec<_>>(), stated);
            }
        }
    }

    #[test]
    fn a_lone_statement_takes_little_more_than_itself() {
        let (lone, one) = (size_of::<Variants<Access>>(), size_of::<Access>());
        assert!(lone <= one + 8, "{lone} bytes for {one}");
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
