//! JSON Schemas of what people write in a pack, for editors: beside the grammar, and held against
//! it by a test that asks the loader what it accepts.

mod build;
mod case;
mod clause;
mod duty;
mod order;

use serde_json::Value;

/// The schema of `order.toml`.
pub fn order_schema() -> Value {
    order::order()
}

/// The schema of `duties/<duty>.toml`.
pub fn duty_schema() -> Value {
    duty::duty()
}

/// The schema of a case. `facts` is the schema of a facts file, which the caller has: it is made of
/// the records' own schemas.
pub fn case_schema(facts: Value) -> Value {
    case::case(facts)
}
