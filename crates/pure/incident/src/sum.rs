//! A digest of a set that follows what comes and goes, whatever the order.

use crate::findings::Digest;
use sha2::{Digest as _, Sha256};

/// The sum of the hashes of its members, lane by lane (Bellare and Micciancio, "A New Paradigm for
/// Collision-Free Hashing", 1997). Sixteen lanes of 64 bits, so that two sets of one sum take about
/// 2⁶⁴ steps to find, as do two findings of one digest (Wagner, "A Generalized Birthday Problem",
/// 2002: 2^(2√n) for n bits).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    lanes: [u64; 16],
}

impl Sum {
    /// Adds a member, or takes one out that was added.
    pub(crate) fn step(&mut self, member: &Digest, more: bool) {
        let mut lanes = self.lanes.iter_mut();
        for part in 0..4_u8 {
            let hash = Sha256::new().chain_update([part]).chain_update(member);
            for (word, lane) in hash.finalize().chunks_exact(8).zip(&mut lanes) {
                let mut bytes = [0; 8];
                bytes.copy_from_slice(word);
                let word = u64::from_be_bytes(bytes);
                *lane = if more {
                    lane.wrapping_add(word)
                } else {
                    lane.wrapping_sub(word)
                };
            }
        }
    }

    /// The digest, in lower-case hexadecimal (64 characters).
    pub(crate) fn digest(&self) -> String {
        let bytes: Vec<u8> = self
            .lanes
            .iter()
            .flat_map(|lane| lane.to_be_bytes())
            .collect();
        facts::digest_bytes(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_does_not_matter_and_what_is_taken_out_leaves_nothing() {
        let members: Vec<Digest> = (0..9_u8).map(|one| [one; 16]).collect();
        let mut forward = Sum::default();
        members.iter().for_each(|one| forward.step(one, true));
        let mut backward = Sum::default();
        members
            .iter()
            .rev()
            .for_each(|one| backward.step(one, true));
        assert_eq!(forward.digest(), backward.digest());
        forward.step(&members[3], false);
        assert_ne!(forward.digest(), backward.digest());
        backward.step(&members[3], false);
        assert_eq!(forward, backward);
        // A set that holds a member twice is another one.
        backward.step(&members[2], true);
        assert_ne!(forward, backward);
        // No lane stands still.
        assert!(forward.lanes.iter().all(|lane| *lane != 0));
    }
}
