//! Canonical JSON (RFC 8785) and the digests made from it: identifiers come from content.
//!
//! Every finding, incident, determination and notice is written so, and most of what that cost was
//! the writing: so the writer is our own, one buffer for the whole text. Numbers that are no plain
//! integers are left to the public implementation, and a property holds the two to the same bytes.

use serde::Serialize;
use serde_json::ser::Formatter;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::io;

/// `value` as canonical JSON. Everything in the vocabulary has a JSON form, so failure is a fault
/// of the program; it yields a text that says so rather than a panic.
pub fn canonical_json<T: Serialize>(value: &T) -> String {
    String::from_utf8(canonical_bytes(value)).unwrap_or_default()
}

/// SHA-256 of `value` as canonical JSON, in lower-case hexadecimal (64 characters).
pub fn digest_json<T: Serialize>(value: &T) -> String {
    digest_bytes(&canonical_bytes(value))
}

fn canonical_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    // Room for a finding, so that the text of most records is never moved.
    let text = RefCell::new(Vec::with_capacity(1024));
    let canonical = Canonical {
        text: &text,
        objects: Vec::new(),
        members: Vec::new(),
    };
    let mut serializer = serde_json::Serializer::with_formatter(Text(&text), canonical);
    match value.serialize(&mut serializer) {
        Ok(()) => text.take(),
        Err(error) => format!("{{\"not_serialisable\":\"{error}\"}}").into_bytes(),
    }
}

/// The text so far, as what a serializer writes to.
struct Text<'a>(&'a RefCell<Vec<u8>>);

impl io::Write for Text<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes members as they come, without colons and commas, and puts them in order at the end of
/// their object.
struct Canonical<'a> {
    text: &'a RefCell<Vec<u8>>,
    /// The open objects: where each begins in the text, and in `members`.
    objects: Vec<(usize, usize)>,
    /// The members of the open objects so far.
    members: Vec<Member>,
}

/// Where a member stands in the text: its name with quotes, then its value.
#[derive(Clone, Copy)]
struct Member {
    name: usize,
    value: usize,
    end: usize,
    /// Whether its name is ASCII without escapes: then the order of bytes is that of code units.
    plain: bool,
}

impl Member {
    /// Without its quotes: the closing one would come after a space and `!`.
    fn name<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        let end = self.value.saturating_sub(1);
        text.get(self.name + 1..end).unwrap_or_default()
    }

    /// The order of RFC 8785, 3.2.3: by UTF-16 code units of the names, without their escapes.
    fn order(&self, other: &Member, text: &[u8]) -> Ordering {
        if self.plain && other.plain {
            return self.name(text).cmp(other.name(text));
        }
        let units = |one: &Member| -> Vec<u16> {
            let quoted = text.get(one.name..one.value).unwrap_or_default();
            let name: String = serde_json::from_slice(quoted).unwrap_or_default();
            name.encode_utf16().collect()
        };
        units(self).cmp(&units(other))
    }
}

/// RFC 8785, 3.2.2.3: a number is a double. An integer that every double tells from its neighbours
/// reads alike in both.
const PLAIN_MAX: u64 = 1 << 53;

impl Formatter for Canonical<'_> {
    fn begin_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.objects
            .push((self.text.borrow().len(), self.members.len()));
        Ok(())
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        let name = self.text.borrow().len();
        self.members.push(Member {
            name,
            value: name,
            end: name,
            plain: false,
        });
        Ok(())
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        if let Some(member) = self.members.last_mut() {
            let text = self.text.borrow();
            member.value = text.len();
            let name = member.name(&text);
            member.plain = name.is_ascii() && !name.contains(&b'\\');
        }
        Ok(())
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        if let Some(member) = self.members.last_mut() {
            member.end = self.text.borrow().len();
        }
        Ok(())
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        let (begin, first) = self.objects.pop().unwrap_or_default();
        let text = &mut *self.text.borrow_mut();
        let members = self.members.get_mut(first..).unwrap_or_default();
        members.sort_unstable_by(|a, b| a.order(b, text));
        let twice = |pair: &[Member]| pair[0].order(&pair[1], text).is_eq();
        if members.windows(2).any(twice) {
            return Err(io::Error::other("an object has two members of one name"));
        }
        // In order behind what was written, then in its place.
        let ordered = text.len();
        text.push(b'{');
        for (number, member) in members.iter().enumerate() {
            if number > 0 {
                text.push(b',');
            }
            text.extend_from_within(member.name..member.value);
            text.push(b':');
            text.extend_from_within(member.value..member.end);
        }
        text.push(b'}');
        text.drain(begin..ordered);
        self.members.truncate(first);
        Ok(())
    }

    fn write_i64<W: ?Sized + io::Write>(&mut self, to: &mut W, value: i64) -> io::Result<()> {
        if value.unsigned_abs() <= PLAIN_MAX {
            write!(to, "{value}")
        } else {
            self.write_f64(to, value as f64)
        }
    }

    fn write_u64<W: ?Sized + io::Write>(&mut self, to: &mut W, value: u64) -> io::Result<()> {
        if value <= PLAIN_MAX {
            write!(to, "{value}")
        } else {
            self.write_f64(to, value as f64)
        }
    }

    fn write_i128<W: ?Sized + io::Write>(&mut self, to: &mut W, value: i128) -> io::Result<()> {
        self.write_f64(to, value as f64)
    }

    fn write_u128<W: ?Sized + io::Write>(&mut self, to: &mut W, value: u128) -> io::Result<()> {
        self.write_f64(to, value as f64)
    }

    fn write_f32<W: ?Sized + io::Write>(&mut self, to: &mut W, value: f32) -> io::Result<()> {
        self.write_f64(to, f64::from(value))
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, to: &mut W, value: f64) -> io::Result<()> {
        to.write_all(&serde_json_canonicalizer::to_vec(&value)?)
    }

    fn write_number_str<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        value: &str,
    ) -> io::Result<()> {
        self.write_f64(to, value.parse().map_err(io::Error::other)?)
    }

    fn write_raw_fragment<W: ?Sized + io::Write>(&mut self, _: &mut W, _: &str) -> io::Result<()> {
        Err(io::Error::other("raw JSON need not be canonical"))
    }
}

/// SHA-256 of `bytes`, in lower-case hexadecimal (64 characters).
pub fn digest_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of several texts, each with its length before it so that no two lists collide, in
/// lower-case hexadecimal (64 characters).
pub fn digest_parts(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize())
}

/// An identifier made from content: `prefix`, a hyphen and the first 16 hexadecimal digits of
/// [`digest_parts`].
pub fn short_id(prefix: &str, parts: &[&str]) -> String {
    let digest = digest_parts(parts);
    format!("{prefix}-{}", &digest[..16])
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, Number, Value, json};

    /// Any JSON, with names that need escapes, lie beyond ASCII and beyond 16 bits.
    fn values() -> impl Strategy<Value = Value> {
        let text = || "[a-c\"\\\\ !\u{7}\u{7f}é\u{e000}\u{fb33}\u{10000}😀]{0,4}";
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-99..99_i64).prop_map(Value::from),
            (-2..=2_i64).prop_map(|near| Value::from((1 << 53) + near)),
            any::<f64>().prop_map(|one| Number::from_f64(one).map_or(Value::Null, Value::Number)),
            text().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, move |inner| {
            let member = (
                prop_oneof![text().boxed(), any::<String>().boxed()],
                inner.clone(),
            );
            prop_oneof![
                prop::collection::vec(inner, 0..6).prop_map(Value::from),
                prop::collection::vec(member, 0..8)
                    .prop_map(|all| Value::Object(all.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_same_bytes_as_the_public_implementation(value in values()) {
            let public = serde_json_canonicalizer::to_string(&value).expect("it has a JSON form");
            prop_assert_eq!(canonical_json(&value), public.clone());
            prop_assert_eq!(digest_json(&value), digest_bytes(public.as_bytes()));
        }
    }

    #[test]
    fn the_example_of_the_standard() {
        // RFC 8785, 3.2.3: names in the order of their UTF-16 code units.
        let value = json!({"€": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter",
            "1": "One", "😀": "Emoji", "\u{80}": "Control", "ö": "Latin Small Letter"});
        let text = canonical_json(&value);
        let order = [
            "Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew",
        ];
        let places: Vec<_> = order.iter().map(|word| text.find(word)).collect();
        assert!(
            places.is_sorted() && places.iter().all(Option::is_some),
            "{text}"
        );
        // 3.2.2.3, and integers that no double has.
        let numbers = json!([333333333.3333333, 1e30, 4.50, 2e-3, 1e-27, u64::MAX, -0.0]);
        let written = "[333333333.3333333,1e+30,4.5,0.002,1e-27,18446744073709552000,0]";
        assert_eq!(canonical_json(&numbers), written);
    }

    #[test]
    fn what_has_no_canonical_form_says_so() {
        #[derive(Serialize)]
        struct Twice {
            a: u8,
            #[serde(flatten)]
            more: Map<String, Value>,
        }
        let more = json!({"a": 2}).as_object().cloned().expect("an object");
        let text = canonical_json(&Twice { a: 1, more });
        assert!(text.starts_with("{\"not_serialisable\":"), "{text}");
    }

    #[test]
    fn lists_do_not_collide() {
        assert_ne!(digest_parts(&["ab", "c"]), digest_parts(&["a", "bc"]));
        assert_eq!(
            digest_json(&serde_json::json!({"b": 1, "a": 2})),
            digest_json(&serde_json::json!({"a": 2, "b": 1}))
        );
    }
}
