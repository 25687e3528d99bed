//! An Avro schema as a graph of nodes, checked before anything is read by it.

use crate::cursor::{Cursor, malformed};
use crate::error::{Code, Fault, Limits};
use std::fmt;

mod parse;

/// What is wrong with a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFault(String);

impl SchemaFault {
    pub(crate) fn new(text: impl Into<String>) -> SchemaFault {
        SchemaFault(text.into())
    }
}

impl fmt::Display for SchemaFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SchemaFault {}

/// The place of a node in its graph.
pub(crate) type NodeId = usize;

/// What a whole number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Itself.
    Plain,
    /// A count: never negative (our own attribute `tocsin.minimum`).
    Count,
    /// Milliseconds since 1970.
    Millis,
    /// Microseconds since 1970.
    Micros,
    /// Nanoseconds since 1970.
    Nanos,
    /// A date, a time of day or a local time: no instant.
    Other,
}

/// How a field stands in JSON (our own attribute `tocsin.json`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As a member of that name.
    Member,
    /// Its members stand beside those of the record that has it.
    Flat,
    /// As any JSON: words as they are, anything else as its canonical text.
    Text,
}

/// A field of a record.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) node: NodeId,
    pub(crate) form: Form,
}

/// A type in a schema.
#[derive(Debug)]
pub(crate) enum Node {
    Null,
    Boolean,
    Int(Meaning),
    Long(Meaning),
    Float,
    Double,
    Bytes,
    String,
    Fixed(usize),
    Enum { name: String, symbols: Vec<String> },
    Array(NodeId),
    Map(NodeId),
    Union(Vec<NodeId>),
    Record { name: String, fields: Vec<Field> },
}

impl Node {
    /// What people call it.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Node::Null => "null",
            Node::Boolean => "a boolean",
            Node::Int(Meaning::Other) => "a date or time of day",
            Node::Int(_) => "an int",
            Node::Long(Meaning::Millis | Meaning::Micros | Meaning::Nanos) => "an instant",
            Node::Long(Meaning::Other) => "a local time or time of day",
            Node::Long(_) => "a long",
            Node::Float => "a float",
            Node::Double => "a double",
            Node::Bytes => "bytes",
            Node::String => "a string",
            Node::Fixed(_) => "fixed bytes",
            Node::Enum { .. } => "an enum",
            Node::Array(_) => "an array",
            Node::Map(_) => "a map",
            Node::Union(_) => "a union",
            Node::Record { .. } => "a record",
        }
    }
}

/// The last part of a full name.
pub(crate) fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// A schema; the first node is its root.
#[derive(Debug)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    root: NodeId,
}

impl Graph {
    pub(crate) fn root(&self) -> NodeId {
        self.root
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        // Ids are only made by `Build`, which has put a node at each.
        self.nodes.get(id).unwrap_or(&Node::Null)
    }

    /// Whether both schemas describe the same bytes with the same meaning, by the same names.
    pub(crate) fn same(&self, a: NodeId, other: &Graph, b: NodeId, depth: usize) -> bool {
        let all = |left: &[NodeId], right: &[NodeId]| {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(a, b)| self.same(*a, other, *b, depth + 1))
        };
        if depth > parse::MAX_DEPTH {
            return false;
        }
        match (self.node(a), other.node(b)) {
            (Node::Null, Node::Null)
            | (Node::Boolean, Node::Boolean)
            | (Node::Float, Node::Float)
            | (Node::Double, Node::Double)
            | (Node::Bytes, Node::Bytes)
            | (Node::String, Node::String) => true,
            (Node::Int(a), Node::Int(b)) | (Node::Long(a), Node::Long(b)) => a == b,
            (Node::Fixed(a), Node::Fixed(b)) => a == b,
            (
                Node::Enum {
                    name: a,
                    symbols: left,
                },
                Node::Enum {
                    name: b,
                    symbols: right,
                },
            ) => short(a) == short(b) && left == right,
            (Node::Array(a), Node::Array(b)) | (Node::Map(a), Node::Map(b)) => {
                self.same(*a, other, *b, depth + 1)
            }
            (Node::Union(left), Node::Union(right)) => all(left, right),
            (
                Node::Record {
                    name: a,
                    fields: left,
                },
                Node::Record {
                    name: b,
                    fields: right,
                },
            ) => {
                short(a) == short(b)
                    && left.len() == right.len()
                    && left.iter().zip(right).all(|(a, b)| {
                        a.name == b.name && self.same(a.node, other, b.node, depth + 1)
                    })
            }
            _ => false,
        }
    }

    /// Moves `cursor` behind a value of `node`, without making anything of it.
    pub(crate) fn skip(
        &self,
        node: NodeId,
        cursor: &mut Cursor<'_>,
        limits: &Limits,
        depth: usize,
    ) -> Result<(), Fault> {
        if depth > limits.depth {
            return Err(too_deep(limits));
        }
        match self.node(node) {
            Node::Null => {}
            Node::Boolean => {
                cursor.take(1)?;
            }
            Node::Int(_) | Node::Long(_) | Node::Enum { .. } => {
                cursor.long()?;
            }
            Node::Float => {
                cursor.take(4)?;
            }
            Node::Double => {
                cursor.take(8)?;
            }
            Node::Bytes | Node::String => {
                cursor.delimited()?;
            }
            Node::Fixed(bytes) => {
                cursor.take(*bytes)?;
            }
            Node::Array(items) => self.skip_blocks(*items, false, cursor, limits, depth)?,
            Node::Map(items) => self.skip_blocks(*items, true, cursor, limits, depth)?,
            Node::Union(branches) => {
                let branch = cursor.index()?;
                let branch = branches.get(branch).ok_or_else(|| malformed(NO_BRANCH))?;
                self.skip(*branch, cursor, limits, depth + 1)?;
            }
            Node::Record { fields, .. } => {
                for field in fields {
                    self.skip(field.node, cursor, limits, depth + 1)
                        .map_err(|fault| fault.within(&field.name))?;
                }
            }
        }
        Ok(())
    }

    fn skip_blocks(
        &self,
        items: NodeId,
        keyed: bool,
        cursor: &mut Cursor<'_>,
        limits: &Limits,
        depth: usize,
    ) -> Result<(), Fault> {
        let mut total: u64 = 0;
        loop {
            let (count, bytes) = cursor.block()?;
            if count == 0 {
                return Ok(());
            }
            total = count_items(total, count, limits)?;
            if let Some(bytes) = bytes {
                cursor.take(bytes)?;
                continue;
            }
            for _ in 0..count {
                if keyed {
                    cursor.delimited()?;
                }
                self.skip(items, cursor, limits, depth + 1)?;
            }
        }
    }
}

pub(crate) const NO_BRANCH: &str = "a union has no branch of this index";

/// Adds a block's items to those before it, within the limit.
pub(crate) fn count_items(total: u64, count: u64, limits: &Limits) -> Result<u64, Fault> {
    let total = total.saturating_add(count);
    if total > limits.most_items() as u64 {
        return Err(Fault::new(
            Code::AvroTooManyItems,
            format!(
                "an array or map has more than {} items; split the record or raise the limit",
                limits.most_items()
            ),
        ));
    }
    Ok(total)
}

#[cold]
pub(crate) fn too_deep(limits: &Limits) -> Fault {
    Fault::new(
        Code::TooDeep,
        format!("the record is nested deeper than {}", limits.depth),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_end_cannot_be_skipped_for_ever() {
        let graph =
            Graph::parse(r#"{"type":"record","name":"R","fields":[{"name":"again","type":"R"}]}"#)
                .unwrap();
        let fault = graph.skip(graph.root(), &mut Cursor::new(&[]), &Limits::default(), 0);
        assert_eq!(fault.unwrap_err().code, Code::TooDeep);
    }

    #[test]
    fn an_array_of_nothing_does_not_take_for_ever() {
        let graph = Graph::parse(r#"{"type":"array","items":"null"}"#).unwrap();
        let mut bytes = Vec::new();
        crate::cursor::put_long(&mut bytes, 50_000_000);
        bytes.push(0);
        let fault = graph.skip(
            graph.root(),
            &mut Cursor::new(&bytes),
            &Limits::default(),
            0,
        );
        assert_eq!(fault.unwrap_err().code, Code::AvroTooManyItems);
    }
}
