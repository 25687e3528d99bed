//! Ignorance is a value.

/// A fact as far as the record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Known<T> {
    /// The record says so, and nothing on record says otherwise.
    Known(T),
    /// The record says nothing.
    #[default]
    Unknown,
    /// The record contradicts itself; counts as unknown, and a person is asked.
    Disputed,
}

impl<T> Known<T> {
    /// The value, where the record is clear.
    pub fn as_known(&self) -> Option<&T> {
        match self {
            Known::Known(value) => Some(value),
            _ => None,
        }
    }

    /// What several statements about one thing come to: silence beside a value is no contradiction.
    pub fn from_statements(statements: impl IntoIterator<Item = Option<T>>) -> Known<T>
    where
        T: PartialEq,
    {
        let mut known = Known::Unknown;
        for statement in statements.into_iter().flatten() {
            known = match known {
                Known::Unknown => Known::Known(statement),
                Known::Known(value) if value == statement => Known::Known(value),
                _ => return Known::Disputed,
            };
        }
        known
    }
}
