//! Closed sets of words: one macro, so that JSON, Avro and messages cannot drift apart.

/// A word that its set does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownToken {
    /// The set that was asked.
    pub set: &'static str,
    /// The word that was given.
    pub given: String,
    /// The nearest word of the set, if one is near.
    pub nearest: Option<&'static str>,
}

impl std::fmt::Display for UnknownToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is no {}", self.given, self.set)?;
        match self.nearest {
            Some(near) => write!(f, "; did you mean `{near}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for UnknownToken {}

/// The nearest of `known` to `given` by Jaro–Winkler similarity, if it is near at all.
pub(crate) fn nearest(given: &str, known: &[&'static str]) -> Option<&'static str> {
    known
        .iter()
        .map(|word| (strsim::jaro_winkler(given, word), *word))
        .filter(|(score, _)| *score > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

/// Declares an enum of the vocabulary whose variants are words in snake case.
macro_rules! tokens {
    (
        $(#[$meta:meta])*
        $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
                 serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every word of the set, in the order of the vocabulary.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word as it stands in Avro and JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownToken;

            fn from_str(given: &str) -> Result<Self, Self::Err> {
                match given {
                    $($word => Ok($name::$variant),)+
                    _ => Err($crate::UnknownToken {
                        set: stringify!($name),
                        given: given.to_owned(),
                        nearest: $crate::token::nearest(given, &[$($word),+]),
                    }),
                }
            }
        }
    };
}
pub(crate) use tokens;
