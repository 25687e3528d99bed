//! Pages as a neutral structure: what a typesetter needs, without a word of typesetting.

use crate::document::State;

/// A document to typeset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages {
    /// What it is called.
    pub title: String,
    /// Stands at the head of every page; none on a released notice.
    pub banner: Option<String>,
    /// Lines under the title.
    pub subtitle: Vec<String>,
    /// Its sections, in order.
    pub sections: Vec<Section>,
    /// SHA-256 of the model, for the foot of every page.
    pub digest: String,
    /// When it was released, in seconds since 1970-01-01T00:00:00Z; none for a draft.
    pub dated: Option<i64>,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The item's own letter, for lettered items.
    pub label: Option<String>,
    /// What it is about.
    pub heading: String,
    /// Where it is asked for.
    pub cite: Option<String>,
    /// What is said.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Running text.
    Paragraph(String),
    /// A labelled value with its pedigree.
    Field(Field),
    /// Rows under column heads.
    Table(Table),
    /// A remark set apart from what is reported.
    Note(String),
    /// Items without an order.
    List(Vec<String>),
}

/// A labelled value with its pedigree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What the value is.
    pub label: String,
    /// The value.
    pub value: String,
    /// How well it is known.
    pub state: State,
    /// As of when.
    pub as_of: Option<String>,
    /// Where it comes from.
    pub basis: Option<String>,
}

/// Rows under column heads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The heads.
    pub columns: Vec<String>,
    /// The rows, each with as many cells as there are heads.
    pub rows: Vec<Vec<String>>,
}
