//! The packs as files: literals, pages and the JSON Schemas of what people write.

mod literals;
mod packs;
mod page;
mod schema;
