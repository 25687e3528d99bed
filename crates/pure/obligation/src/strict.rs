//! Reading records strictly: a member that no record knows is an error, also where it is null.

use crate::facts_file::FactsError;
use serde::de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// A JSON value of which every object has each member once: of two, one would be lost in silence.
pub(crate) struct Once(pub(crate) Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Once, D::Error> {
        deserializer.deserialize_any(OnceVisitor)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Once;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Once, A::Error> {
        let mut values = Vec::new();
        while let Some(Once(value)) = all.next_element()? {
            values.push(value);
        }
        Ok(Once(values.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Once, A::Error> {
        let mut members = Map::new();
        while let Some((name, Once(value))) = all.next_entry::<String, Once>()? {
            if KNOWN.contains(&name.as_str()) && members.contains_key(&name) {
                let why = format!("the member `{name}` stands twice; keep one of them");
                return Err(A::Error::custom(why));
            }
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands twice; keep one of them"));
            }
        }
        Ok(Once(members.into()))
    }
}

/// Every member of the records, for the nearest one to a mistyped name and for those left null.
const KNOWN: &[&str] = &[
    "id",
    "matter",
    "recorded_at",
    "by",
    "entity",
    "report",
    "kind",
    "mode",
    "from",
    "until",
    "actors",
    "accounts",
    "sessions",
    "source_networks",
    "credentials",
    "devices",
    "clients",
    "authority",
    "ground",
    "why",
    "information",
    "count",
    "consumers",
    "resources",
    "acts",
    "accessed",
    "acquired",
    "publicly_exposed",
    "disclosed",
    "encrypted",
    "key",
    "visibility",
    "residence",
    "residential",
    "party",
    "estimated",
    "unit",
    "at_least",
    "at_most",
    "keys",
    "taken",
    "name",
    "at",
    "basis",
    "level",
    "country",
    "required",
    "legal_basis",
    "client",
    "version",
    "document",
    "recipients",
    "order",
    "duty",
    "part",
    "period",
    "value",
    "item",
    "text",
    "provision",
    "violated",
    "material",
    "corrected_at",
    "disclosed_at",
    "changes",
    "to",
    "made",
    "written",
    "agency",
    "contact",
    "media_type",
    "sha256",
    "location",
    "matters",
    "of",
    "topic",
    "access",
    "incident",
    "group",
    "verdict",
    "reason",
    "purposes",
    "grants",
    "late_grants",
    "matched",
    "rests_on_since",
    "by_order",
    "source",
    "actor",
    "actor_kind",
    "actor_account",
    "action",
    "outcome",
    "account",
    "resource",
    "device",
    "session",
    "source_address",
    "credential",
    "reference",
    "revoked_at",
    "age_bands",
    "holder",
    "role",
    "about",
    "question",
    "notice",
    "digest",
    "title",
    "declaration",
    "key_taken",
    "circumstances",
    "topic",
    "partition",
    "offset",
    "file",
    "line",
];

/// The records of one member, each read strictly.
pub(crate) fn list<T: Serialize + DeserializeOwned>(
    members: &Map<String, Value>,
    name: &str,
) -> Result<Vec<T>, FactsError> {
    let values = match members.get(name) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(values)) => values,
        Some(_) => return Err(FactsError::new(name, "must be a list")),
    };
    let read = |(index, value): (usize, &Value)| {
        let at = format!("{name}[{index}]");
        let record: T = serde_json::from_value(value.clone())
            .map_err(|why| FactsError::new(&at, masked(&why.to_string())))?;
        let known =
            serde_json::to_value(&record).map_err(|why| FactsError::new(&at, why.to_string()))?;
        strict(value, &known, &at)?;
        Ok(record)
    };
    values.iter().enumerate().map(read).collect()
}

/// What serde says, without the value that it quotes.
fn masked(message: &str) -> String {
    match message.split_once("string \"") {
        Some((before, rest)) => {
            let after = rest.split_once('"').map_or("", |(_, after)| after);
            format!("{before}a text{after}")
        }
        None => message.to_owned(),
    }
}

/// Every member of `given` must have been understood.
fn strict(given: &Value, known: &Value, at: &str) -> Result<(), FactsError> {
    match (given, known) {
        (Value::Object(given), Value::Object(known)) => {
            for (name, value) in given {
                let silent = match value {
                    Value::Null => true,
                    Value::Array(list) => list.is_empty(),
                    Value::Object(members) => members.is_empty(),
                    _ => false,
                };
                match known.get(name) {
                    Some(known) => strict(value, known, &format!("{at}.{name}"))?,
                    None if silent && KNOWN.contains(&name.as_str()) => {}
                    None => {
                        return Err(FactsError::new(
                            format!("{at}.{name}"),
                            unknown(KNOWN)(name),
                        ));
                    }
                }
            }
            Ok(())
        }
        (Value::Array(given), Value::Array(known)) => given
            .iter()
            .zip(known)
            .enumerate()
            .try_for_each(|(index, (given, known))| {
                strict(given, known, &format!("{at}[{index}]"))
            }),
        _ => Ok(()),
    }
}

pub(crate) fn unknown<'a>(known: &'a [&'a str]) -> impl Fn(&str) -> String + 'a {
    move |name| {
        let nearest = known
            .iter()
            .filter(|word| **word != name)
            .map(|word| (strsim::jaro_winkler(name, word), *word))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(score, _)| *score > 0.7);
        match nearest {
            Some((_, word)) => format!("no such member here; did you mean `{word}`?"),
            None => "no such member here".to_owned(),
        }
    }
}

pub(crate) fn check<T>(
    records: &[T],
    name: &str,
    fault: impl Fn(&T) -> Option<&'static str>,
) -> Result<(), FactsError> {
    for (index, record) in records.iter().enumerate() {
        if let Some(fault) = fault(record) {
            return Err(FactsError::new(format!("{name}[{index}]"), fault));
        }
    }
    Ok(())
}
