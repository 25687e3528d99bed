//! Reading a schema from its JSON, with bounds on everything.

use super::{Field, Form, Graph, Meaning, Node, NodeId, SchemaFault};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// No schema text is longer than this, in bytes.
const MAX_TEXT_BYTES: usize = 1 << 20;
/// No schema has more nodes than this.
const MAX_NODES: usize = 20_000;
/// No schema is nested deeper than this.
pub(super) const MAX_DEPTH: usize = 64;
/// No `fixed` is longer than this, in bytes.
const MAX_FIXED_BYTES: u64 = 16 << 20;

impl Graph {
    /// Reads a schema and checks it: size, depth, names, repeated fields, symbols and branches.
    pub(crate) fn parse(text: &str) -> Result<Graph, SchemaFault> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(SchemaFault::new(format!(
                "the schema is {} bytes long; at most {MAX_TEXT_BYTES} are accepted",
                text.len()
            )));
        }
        let value: Value = serde_json::from_str(text).map_err(|error| {
            SchemaFault::new(format!(
                "the schema is no JSON (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        let mut build = Build {
            nodes: Vec::new(),
            names: BTreeMap::new(),
        };
        let root = build.node(&value, "", 0)?;
        Ok(Graph {
            nodes: build.nodes,
            root,
        })
    }
}

/// The work of reading a schema.
struct Build {
    nodes: Vec<Node>,
    names: BTreeMap<String, NodeId>,
}

impl Build {
    fn push(&mut self, node: Node) -> Result<NodeId, SchemaFault> {
        if self.nodes.len() >= MAX_NODES {
            return Err(SchemaFault::new(format!(
                "the schema has more than {MAX_NODES} types"
            )));
        }
        self.nodes.push(node);
        Ok(self.nodes.len() - 1)
    }

    fn node(&mut self, value: &Value, space: &str, depth: usize) -> Result<NodeId, SchemaFault> {
        if depth > MAX_DEPTH {
            return Err(SchemaFault::new(format!(
                "the schema is nested deeper than {MAX_DEPTH}"
            )));
        }
        match value {
            Value::String(name) => self.by_name(name, space, None),
            Value::Array(branches) => self.union(branches, space, depth),
            Value::Object(object) => match object.get("type") {
                Some(Value::String(kind)) => self.object(kind, object, space, depth),
                Some(inner @ (Value::Object(_) | Value::Array(_))) => {
                    self.node(inner, space, depth + 1)
                }
                _ => Err(SchemaFault::new("a type has no `type`")),
            },
            _ => Err(SchemaFault::new(
                "a type is neither a name nor an object nor a union",
            )),
        }
    }

    fn by_name(
        &mut self,
        name: &str,
        space: &str,
        object: Option<&Map<String, Value>>,
    ) -> Result<NodeId, SchemaFault> {
        let node = match name {
            "null" => Node::Null,
            "boolean" => Node::Boolean,
            "int" => Node::Int(meaning(object, false)),
            "long" => Node::Long(meaning(object, true)),
            "float" => Node::Float,
            "double" => Node::Double,
            "bytes" => Node::Bytes,
            "string" => Node::String,
            _ => {
                let full = full_name(name, space);
                return self
                    .names
                    .get(&full)
                    .or_else(|| self.names.get(name))
                    .copied()
                    .ok_or_else(|| {
                        SchemaFault::new(format!("the type `{full}` is used and not defined"))
                    });
            }
        };
        self.push(node)
    }

    fn union(
        &mut self,
        branches: &[Value],
        space: &str,
        depth: usize,
    ) -> Result<NodeId, SchemaFault> {
        if branches.is_empty() {
            return Err(SchemaFault::new("a union has no branch"));
        }
        let mut ids = Vec::with_capacity(branches.len());
        let mut seen = BTreeSet::new();
        for branch in branches {
            let id = self.node(branch, space, depth + 1)?;
            let label = match &self.nodes[id] {
                Node::Union(_) => return Err(SchemaFault::new("a union stands inside a union")),
                Node::Record { name, .. } | Node::Enum { name, .. } => name.clone(),
                Node::Fixed(_) => format!("fixed {id}"),
                Node::Int(_) => "int".to_owned(),
                Node::Long(_) => "long".to_owned(),
                node => node.label().to_owned(),
            };
            if !seen.insert(label) {
                return Err(SchemaFault::new("a union has two branches of one type"));
            }
            ids.push(id);
        }
        self.push(Node::Union(ids))
    }

    fn object(
        &mut self,
        kind: &str,
        object: &Map<String, Value>,
        space: &str,
        depth: usize,
    ) -> Result<NodeId, SchemaFault> {
        match kind {
            "array" | "map" => {
                let key = if kind == "array" { "items" } else { "values" };
                let inner = object
                    .get(key)
                    .ok_or_else(|| SchemaFault::new(format!("a type {kind} has no `{key}`")))?;
                let inner = self.node(inner, space, depth + 1)?;
                self.push(if kind == "array" {
                    Node::Array(inner)
                } else {
                    Node::Map(inner)
                })
            }
            "record" | "error" => self.record(object, space, depth),
            "enum" => {
                let (name, id) = self.declare(object, space)?;
                let symbols = strings(object.get("symbols"));
                let distinct: BTreeSet<_> = symbols.iter().collect();
                if symbols.is_empty() || distinct.len() != symbols.len() {
                    return Err(SchemaFault::new(format!(
                        "the enum `{name}` has no symbols or one twice"
                    )));
                }
                self.nodes[id] = Node::Enum { name, symbols };
                Ok(id)
            }
            "fixed" => {
                let (name, id) = self.declare(object, space)?;
                let bytes = object
                    .get("size")
                    .and_then(Value::as_u64)
                    .filter(|bytes| *bytes <= MAX_FIXED_BYTES)
                    .and_then(|bytes| usize::try_from(bytes).ok())
                    .ok_or_else(|| {
                        SchemaFault::new(format!(
                            "the fixed type `{name}` has no size of at most {MAX_FIXED_BYTES}"
                        ))
                    })?;
                self.nodes[id] = Node::Fixed(bytes);
                Ok(id)
            }
            _ => self.by_name(kind, space, Some(object)),
        }
    }

    fn record(
        &mut self,
        object: &Map<String, Value>,
        space: &str,
        depth: usize,
    ) -> Result<NodeId, SchemaFault> {
        let (name, id) = self.declare(object, space)?;
        let inner = name
            .rsplit_once('.')
            .map_or("", |(space, _)| space)
            .to_owned();
        let mut fields = Vec::new();
        let mut seen = BTreeSet::new();
        for field in object
            .get("fields")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let field_name = field
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if field_name.is_empty() || !seen.insert(field_name) {
                return Err(SchemaFault::new(format!(
                    "the record `{name}` has a field without a name or one twice"
                )));
            }
            let kind = field.get("type").ok_or_else(|| {
                SchemaFault::new(format!("the field `{name}.{field_name}` has no type"))
            })?;
            fields.push(Field {
                name: field_name.to_owned(),
                aliases: strings(field.get("aliases")),
                node: self.node(kind, &inner, depth + 1)?,
                form: match field.get("tocsin.json").and_then(Value::as_str) {
                    Some("flat") => Form::Flat,
                    Some("text") => Form::Text,
                    _ => Form::Member,
                },
            });
        }
        self.nodes[id] = Node::Record { name, fields };
        Ok(id)
    }

    /// Takes the place of a named type before its inside is read, which may speak of it.
    fn declare(
        &mut self,
        object: &Map<String, Value>,
        space: &str,
    ) -> Result<(String, NodeId), SchemaFault> {
        let name = object
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if name.is_empty() {
            return Err(SchemaFault::new("a named type has no name"));
        }
        let space = object
            .get("namespace")
            .and_then(Value::as_str)
            .unwrap_or(space);
        let full = full_name(name, space);
        let id = self.push(Node::Null)?;
        if self.names.insert(full.clone(), id).is_some() {
            return Err(SchemaFault::new(format!(
                "the type `{full}` is defined twice"
            )));
        }
        Ok((full, id))
    }
}

fn full_name(name: &str, space: &str) -> String {
    if name.contains('.') || space.is_empty() {
        name.to_owned()
    } else {
        format!("{space}.{name}")
    }
}

fn strings(value: Option<&Value>) -> Vec<String> {
    let words = value.and_then(Value::as_array).into_iter().flatten();
    words.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn meaning(object: Option<&Map<String, Value>>, long: bool) -> Meaning {
    let Some(object) = object else {
        return Meaning::Plain;
    };
    let logical = object
        .get("logicalType")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match logical {
        "timestamp-millis" if long => Meaning::Millis,
        "timestamp-micros" if long => Meaning::Micros,
        "timestamp-nanos" if long => Meaning::Nanos,
        "time-micros"
        | "local-timestamp-millis"
        | "local-timestamp-micros"
        | "local-timestamp-nanos"
            if long =>
        {
            Meaning::Other
        }
        "date" | "time-millis" if !long => Meaning::Other,
        _ if object.get("tocsin.minimum").and_then(Value::as_i64) == Some(0) => Meaning::Count,
        _ => Meaning::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Graph::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn broken_schemas_are_refused() {
        assert!(refused("{").contains("no JSON"));
        assert!(refused(r#"{"type":"fixed","name":"F","size":9000000000000000000}"#).contains("F"));
        assert!(refused(r#"["null","null"]"#).contains("two branches"));
        assert!(refused(r#"["null",["int","long"]]"#).contains("inside"));
        assert!(
            refused(
                r#"{"type":"record","name":"R","fields":[
            {"name":"a","type":"int"},{"name":"a","type":"int"}]}"#
            )
            .contains("twice")
        );
        assert!(
            refused(r#"{"type":"record","name":"R","fields":[{"name":"a","type":"X"}]}"#)
                .contains("not defined")
        );
        assert!(
            refused(&format!("{}\"int\"{}", "[".repeat(100), "]".repeat(100))).contains("deeper")
        );
        let deep = format!(
            "{}\"int\"{}",
            r#"{"type":"array","items":"#.repeat(100),
            "}".repeat(100)
        );
        assert!(refused(&deep).contains("deeper"));
    }
}
