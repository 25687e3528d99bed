//! The document model: what a notice looks like before it is set, without a word of typesetting.

/// A document to typeset: a title page head, sections in order, and what stands on every page.
///
/// Every text is plain and untrusted. A line feed starts a new line; a character that no bundled
/// font can show (or that shows nothing, or reorders what stands around it) is printed as its
/// code point, such as `[U+1F600]`, so that a reader sees that something stood there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// What the document is called, in its head and in the file's metadata. Must not be blank; at
    /// most 400 characters.
    pub title: String,
    /// Stands at the head of every page, such as "DRAFT — not released". None on a
    /// released one; at most 160 characters.
    pub banner: Option<String>,
    /// Lines under the title: to whom, from whom, in which matter.
    pub subtitle: Vec<String>,
    /// When the document was made, in seconds since 1970-01-01T00:00:00Z, for the file's metadata.
    ///
    /// Given by the caller, never read from a clock. PDF/A asks for it: without one the file is a
    /// PDF/UA-1 only, since a date that nobody stated is not invented here.
    pub dated: Option<i64>,
    /// The items, in the order in which they are printed.
    pub sections: Vec<Section>,
    /// Stands at the foot of every page, beside the page number.
    pub footer: Footer,
}

/// One item of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// The item's own letter or number as the order writes it, such as `A`; printed as given; at
    /// most 40 characters.
    pub label: Option<String>,
    /// What the item is about. Must not be blank; at most 400 characters.
    pub heading: String,
    /// Where the item is asked for, such as `VII.A`; printed small beside the heading; at
    /// most 160 characters.
    pub cite: Option<String>,
    /// What is said under it.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Running text.
    Paragraph(String),
    /// One labelled value with how well it is known.
    Field(Field),
    /// Rows under column heads.
    Table(Table),
    /// A remark set apart from what is reported, such as a gap or a reservation.
    Note(String),
    /// Items without an order.
    List(Vec<String>),
}

/// A labelled value with its pedigree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What the value is.
    pub label: String,
    /// The value; may be empty where it is [`State::Unknown`].
    pub value: String,
    /// How well it is known; printed in words.
    pub state: State,
    /// As of when, in the caller's words.
    pub as_of: Option<String>,
    /// Where it comes from, in the caller's words.
    pub basis: Option<String>,
}

/// How well a value is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Established.
    Known,
    /// Given as an estimate.
    Estimated,
    /// Not known so far; a gap that is said.
    Unknown,
}

/// Rows under column heads. Heads are repeated on every page that the table reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The column heads, 1 to 12.
    pub columns: Vec<String>,
    /// The rows, each with as many cells as there are columns.
    pub rows: Vec<Vec<String>>,
}

/// What stands at the foot of every page, each at most 160 characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Footer {
    /// The digest of the notice model that the document was made from, in full.
    pub digest: Option<String>,
    /// What made it, such as program version and pack digest.
    pub version: Option<String>,
}
