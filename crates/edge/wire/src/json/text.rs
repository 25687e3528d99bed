//! JSON text as a tree that borrows, and the two kinds of text that need a closer look.

use super::faults::repeated;
use crate::error::{Code, Fault};
use crate::resolve::out_of_years;
use facts::{Moment, MomentError};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// JSON as it stands, text borrowed where it has no escapes, members in their order.
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    Whole(i64),
    /// A number that is not whole or beyond 64 bits.
    Number(f64),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl Json<'_> {
    pub(super) fn label(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "true or false",
            Json::Whole(_) => "a whole number",
            Json::Number(_) => "a number",
            Json::Text(_) => "a string",
            Json::List(_) => "a list",
            Json::Object(_) => "an object",
        }
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Whole(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(i64::try_from(value).map_or(Json::Number(value as f64), Json::Whole))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value))
    }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json<'de>, A::Error> {
        let mut members = Vec::with_capacity(16);
        while let Some(key) = entries.next_key::<Name<'de>>()? {
            members.push((key.0, entries.next_value()?));
        }
        Ok(Json::Object(members))
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Json<'de>, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

/// The name of a member.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name<'de>, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a member")
            }

            fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(value)))
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(value.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

/// Reads one JSON value, tolerating a byte order mark before it.
pub(super) fn parse(text: &[u8]) -> Result<Json<'_>, Fault> {
    let text = std::str::from_utf8(text)
        .map_err(|_| Fault::new(Code::JsonSyntax, "the text is not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|error| syntax(&error))
}

/// serde_json's message may show content; its place and category do not.
fn syntax(error: &serde_json::Error) -> Fault {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "the text ends before the object does",
        _ if error.to_string().contains("recursion limit") => {
            return Fault::new(Code::TooDeep, "the text is nested deeper than 128");
        }
        _ if error.to_string().contains("number out of range") => "a number is out of range",
        _ if error.to_string().contains("trailing characters") => {
            "something follows after the object; one object a line"
        }
        _ => "the text is no JSON",
    };
    Fault::new(
        Code::JsonSyntax,
        format!("{what} (line {}, column {})", error.line(), error.column()),
    )
}

/// Words as they are, anything else as canonical JSON text.
pub(super) fn as_text<'a>(json: &'a Json<'_>) -> Result<Cow<'a, str>, Fault> {
    fn value(json: &Json<'_>) -> Result<serde_json::Value, Fault> {
        Ok(match json {
            Json::Null => serde_json::Value::Null,
            Json::Bool(one) => (*one).into(),
            Json::Whole(one) => (*one).into(),
            Json::Number(one) => (*one).into(),
            Json::Text(one) => one.as_ref().into(),
            Json::List(list) => list
                .iter()
                .map(value)
                .collect::<Result<Vec<_>, _>>()?
                .into(),
            Json::Object(members) => {
                let mut object = serde_json::Map::new();
                for (name, member) in members {
                    if object
                        .insert(name.as_ref().to_owned(), value(member)?)
                        .is_some()
                    {
                        return Err(repeated(name));
                    }
                }
                object.into()
            }
        })
    }
    match json {
        Json::Text(text) => Ok(Cow::Borrowed(text)),
        other => Ok(Cow::Owned(facts::canonical_json(&value(other)?))),
    }
}

/// An instant in RFC 3339 as microseconds since 1970.
pub(super) fn moment(text: &str) -> Result<i64, Fault> {
    let no_instant = || {
        Fault::new(
            Code::JsonType,
            "not an instant in RFC 3339 such as 2026-12-15T18:00:00Z",
        )
    };
    if !is_rfc3339(text.as_bytes()) {
        return Err(no_instant());
    }
    match text.parse::<Moment>() {
        Ok(moment) => Ok(moment.micros()),
        Err(MomentError::OutOfRange) => Err(out_of_years()),
        Err(MomentError::NotRfc3339) => Err(no_instant()),
    }
}

/// Whether `text` has the form of RFC 3339; the parser behind it takes other forms too.
fn is_rfc3339(text: &[u8]) -> bool {
    const FORM: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let fits = |text: &[u8], form: &[u8]| {
        text.len() == form.len()
            && text.iter().zip(form).all(|(byte, form)| match form {
                b'd' => byte.is_ascii_digit(),
                b'T' => matches!(byte, b'T' | b't' | b' '),
                other => byte == other,
            })
    };
    let Some((stamp, rest)) = text.split_at_checked(FORM.len()) else {
        return false;
    };
    let mut rest = rest;
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits == 0 || digits > 9 {
            return false;
        }
        rest = &fraction[digits..];
    }
    fits(stamp, FORM)
        && (matches!(rest, b"Z" | b"z") || fits(rest, b"+dd:dd") || fits(rest, b"-dd:dd"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_have_one_form() {
        for good in ["2026-12-15T18:00:00Z", "2026-12-15t13:00:00.123456-05:00"] {
            assert!(moment(good).is_ok(), "{good}");
        }
        for bad in [
            "2026-12-15",
            "20261215T180000Z",
            "2026-12-15T18:00:00",
            "2026-12-15T18:00Z",
            "2026-12-15T18:00:00Z[UTC]",
            "2026-13-15T18:00:00Z",
            "",
            "now",
        ] {
            assert_eq!(moment(bad).unwrap_err().code, Code::JsonType, "{bad}");
        }
        assert_eq!(
            moment("1969-12-31T23:59:59Z").unwrap_err().code,
            Code::InstantOutOfRange
        );
        assert_eq!(
            moment("3000-01-01T00:00:00Z").unwrap_err().code,
            Code::InstantOutOfRange
        );
    }
}
