//! How long what names something may be: ids and pseudonyms stand in keys and are written again and
//! again, in candidates, findings and incidents.

/// No id, pseudonym or other name in a record is longer, in bytes. Real ones have a few dozen, a
/// long token a few thousand; whatever a record makes tocsin write fits on its topic by this bound.
pub const LONGEST_NAME_BYTES: usize = 64 << 10;

/// Whether one of `names` is longer than a name may be.
pub(crate) fn any_too_long<'a>(names: impl IntoIterator<Item = &'a str>) -> bool {
    names
        .into_iter()
        .any(|name| name.len() > LONGEST_NAME_BYTES)
}

/// The fault of the first of these members that holds a name which is too long, if any.
macro_rules! too_long {
    ($($member:literal: $names:expr),+ $(,)?) => {
        $(if $crate::name::any_too_long($names) {
            Some(concat!("`", $member, "` holds a name of more than 65536 bytes"))
        } else)+ {
            None
        }
    };
}

pub(crate) use too_long;
