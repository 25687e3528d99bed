//! Canonical JSON (RFC 8785) and the digests made from it: identifiers come from content.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// `value` as canonical JSON. Everything in the vocabulary has a JSON form, so failure is a fault
/// of the program; it yields a text that says so rather than a panic.
pub fn canonical_json<T: Serialize>(value: &T) -> String {
    serde_json_canonicalizer::to_string(value)
        .unwrap_or_else(|error| format!("{{\"not_serialisable\":\"{error}\"}}"))
}

/// SHA-256 of `value` as canonical JSON, in lower-case hexadecimal (64 characters).
pub fn digest_json<T: Serialize>(value: &T) -> String {
    hex(&Sha256::digest(canonical_json(value).as_bytes()))
}

/// SHA-256 of `bytes`, in lower-case hexadecimal (64 characters).
pub fn digest_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of several texts, each with its length before it so that no two lists collide, in
/// lower-case hexadecimal (64 characters).
pub fn digest_parts(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize())
}

/// An identifier made from content: `prefix`, a hyphen and the first 16 hexadecimal digits of
/// [`digest_parts`].
pub fn short_id(prefix: &str, parts: &[&str]) -> String {
    let digest = digest_parts(parts);
    format!("{prefix}-{}", &digest[..16])
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_do_not_collide() {
        assert_ne!(digest_parts(&["ab", "c"]), digest_parts(&["a", "bc"]));
        assert_eq!(
            digest_json(&serde_json::json!({"b": 1, "a": 2})),
            digest_json(&serde_json::json!({"a": 2, "b": 1}))
        );
    }
}
