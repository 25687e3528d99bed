//! JSON of the vocabulary to Avro of the newest schema, strictly and driven by that schema.
//!
//! Unknown and repeated members, wrong types, words of no set and instants that are not RFC 3339
//! are errors that name the member and never show its content. A union of records is told apart by
//! `kind`: the record's name in snake case.

use crate::cursor::{put_count, put_delimited, put_long};
use crate::error::{Code, Fault};
use crate::graph::{Field, Form, Graph, Meaning, Node, NodeId, short};
use crate::resolve::at_least;
use faults::{missing, repeated, unknown_member, unknown_word, wrong_type};
use std::borrow::Cow;
use text::{Json, as_text, moment, parse};

mod faults;
mod text;

/// Reads one JSON object and appends it to `out` as Avro of `graph`.
pub(crate) fn transcode(text: &[u8], graph: &Graph, out: &mut Vec<u8>) -> Result<(), Fault> {
    let json = parse(text)?;
    Put { graph }.node(graph.root(), &json, out)
}

struct Put<'g> {
    graph: &'g Graph,
}

impl<'g> Put<'g> {
    fn node(&self, id: NodeId, json: &Json<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
        match (self.graph.node(id), json) {
            (Node::Null, Json::Null) => {}
            (Node::Boolean, Json::Bool(value)) => out.push(u8::from(*value)),
            (Node::String, Json::Text(text)) => put_delimited(out, text.as_bytes()),
            (Node::Long(Meaning::Micros), Json::Text(text)) => put_long(out, moment(text)?),
            (Node::Long(Meaning::Micros), _) => {
                return Err(wrong_type(json, "an instant in RFC 3339, in quotes,"));
            }
            (Node::Long(meaning), Json::Whole(value)) => {
                let least = if *meaning == Meaning::Count {
                    0
                } else {
                    i64::MIN
                };
                put_long(out, at_least(*value, least)?);
            }
            (Node::Int(_), Json::Whole(value)) => {
                let value = i32::try_from(*value).map_err(|_| {
                    Fault::new(Code::ValueOutOfRange, "the number has more than 32 bits")
                })?;
                put_long(out, i64::from(value));
            }
            (Node::Enum { name, symbols }, Json::Text(text)) => {
                let index = symbols
                    .iter()
                    .position(|symbol| symbol == text)
                    .ok_or_else(|| unknown_word(name, symbols, text))?;
                put_count(out, index);
            }
            (Node::Array(items), Json::List(list)) => {
                if !list.is_empty() {
                    put_count(out, list.len());
                }
                for (index, item) in list.iter().enumerate() {
                    self.node(*items, item, out)
                        .map_err(|fault| fault.at(index))?;
                }
                out.push(0);
            }
            (Node::Union(branches), _) => self.union(branches, json, out)?,
            (Node::Record { name, fields }, Json::Object(members)) => {
                self.record(name, fields, members, false, out)?;
            }
            (node, _) => return Err(wrong_type(json, expected(node))),
        }
        Ok(())
    }

    fn union(
        &self,
        branches: &'g [NodeId],
        json: &Json<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let null = branches
            .iter()
            .position(|id| matches!(self.graph.node(*id), Node::Null));
        if let (Json::Null, Some(null)) = (json, null) {
            put_count(out, null);
            return Ok(());
        }
        let mut others = branches
            .iter()
            .enumerate()
            .filter(|(index, _)| Some(*index) != null);
        if let (Some((index, branch)), None) = (others.next(), others.next()) {
            put_count(out, index);
            return self.node(*branch, json, out);
        }
        let Json::Object(members) = json else {
            return Err(wrong_type(json, "an object with a `kind`"));
        };
        let (index, name, fields) = self.variant(branches, members)?;
        put_count(out, index);
        self.record(name, fields, members, true, out)
    }

    /// The record that `kind` names.
    fn variant(
        &self,
        branches: &'g [NodeId],
        members: &[(Cow<'_, str>, Json<'_>)],
    ) -> Result<(usize, &'g str, &'g [Field]), Fault> {
        let kind = members
            .iter()
            .find(|(name, _)| name == "kind")
            .map(|(_, value)| value);
        let kind = match kind {
            Some(Json::Text(kind)) => kind,
            Some(other) => return Err(wrong_type(other, "a word").within("kind")),
            None => return Err(missing().within("kind")),
        };
        let mut kinds = Vec::new();
        for (index, branch) in branches.iter().enumerate() {
            if let Node::Record { name, fields } = self.graph.node(*branch) {
                if is_snake_of(kind, short(name)) {
                    return Ok((index, name, fields));
                }
                kinds.push(snake(short(name)));
            }
        }
        Err(unknown_word("kind", &kinds, kind).within("kind"))
    }

    /// Puts `members` into a record, in the order of its fields.
    fn record(
        &self,
        name: &str,
        fields: &'g [Field],
        members: &[(Cow<'_, str>, Json<'_>)],
        tagged: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let flat = fields.iter().position(|field| field.form == Form::Flat);
        let inner = match flat.map(|index| self.graph.node(fields[index].node)) {
            Some(Node::Union(branches)) => Some(self.variant(branches, members)?),
            _ => None,
        };
        let inner_fields = inner.map_or(&[][..], |(_, _, fields)| fields);
        let mut slots: Vec<Option<&Json<'_>>> = vec![None; fields.len() + inner_fields.len()];
        let mut kinds = 0;
        let mut guess = 0;
        for (member, value) in members {
            if (tagged || inner.is_some()) && member == "kind" {
                kinds += 1;
                if kinds > 1 {
                    return Err(repeated("kind"));
                }
                continue;
            }
            let index = place(member, fields, inner_fields, flat, guess)
                .ok_or_else(|| unknown_member(member, name, fields, inner_fields))?;
            guess = index + 1;
            if slots[index].replace(value).is_some() {
                return Err(repeated(member));
            }
        }
        let (own, others) = slots.split_at(fields.len());
        for (index, field) in fields.iter().enumerate() {
            match inner {
                Some((branch, _, inner)) if Some(index) == flat => {
                    put_count(out, branch);
                    for (field, slot) in inner.iter().zip(others) {
                        self.field(field, *slot, out)?;
                    }
                }
                _ => self.field(field, own[index], out)?,
            }
        }
        Ok(())
    }

    fn field(
        &self,
        field: &Field,
        value: Option<&Json<'_>>,
        out: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let result = match (value, field.form) {
            (None, _) => match self.graph.node(field.node) {
                Node::Union(_) => self
                    .node(field.node, &Json::Null, out)
                    .map_err(|_| missing()),
                _ => Err(missing()),
            },
            (Some(Json::Null), Form::Text) => Err(missing()),
            (Some(value), Form::Text) => as_text(value).map(|text| {
                put_delimited(out, text.as_bytes());
            }),
            (Some(value), _) => self.node(field.node, value, out),
        };
        result.map_err(|fault| fault.within(&field.name))
    }
}

/// The index of the field that `member` is: of the record, then of the variant beside it.
fn place(
    member: &str,
    fields: &[Field],
    inner: &[Field],
    flat: Option<usize>,
    guess: usize,
) -> Option<usize> {
    // Sources write members in one order, so the field after the last one is the likely one.
    if fields.get(guess).is_some_and(|field| field.name == member) && Some(guess) != flat {
        return Some(guess);
    }
    let own = fields
        .iter()
        .position(|field| field.name == member)
        .filter(|at| Some(*at) != flat);
    own.or_else(|| {
        let at = inner.iter().position(|field| field.name == member)?;
        Some(fields.len() + at)
    })
}

fn expected(node: &Node) -> &'static str {
    match node {
        Node::Null => "null",
        Node::Boolean => "true or false",
        Node::Int(_) | Node::Long(_) => "a whole number",
        Node::Float | Node::Double => "a number",
        Node::Bytes | Node::String | Node::Fixed(_) => "a string",
        Node::Enum { .. } => "a word",
        Node::Array(_) => "a list",
        Node::Map(_) | Node::Union(_) | Node::Record { .. } => "an object",
    }
}

/// Whether `kind` is `name` in snake case, without making a string of it.
fn is_snake_of(kind: &str, name: &str) -> bool {
    let mut kind = kind.bytes();
    for (index, byte) in name.bytes().enumerate() {
        if byte.is_ascii_uppercase() && index > 0 && kind.next() != Some(b'_') {
            return false;
        }
        if kind.next() != Some(byte.to_ascii_lowercase()) {
            return false;
        }
    }
    kind.next().is_none()
}

fn snake(name: &str) -> String {
    let mut word = String::new();
    for (index, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && index > 0 {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_record_names_in_snake_case() {
        assert_eq!(snake("GovernmentNotice"), "government_notice");
        assert!(is_snake_of("government_notice", "GovernmentNotice"));
        assert!(!is_snake_of("governmentnotice", "GovernmentNotice"));
        assert!(!is_snake_of("key", "KeyS"));
        assert!(is_snake_of("join", "Join"));
    }
}
