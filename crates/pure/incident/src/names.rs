//! Texts as small numbers, and the plain containers that keep millions of them small.

use rustc_hash::FxHasher;
use std::collections::BTreeSet;
use std::hash::Hasher;

/// How many values a piece of a [`Chunks`] holds.
const CHUNK: usize = 1 << 14;
/// How many bytes a piece of the texts holds; a longer text has a piece of its own.
const TEXT_CHUNK_BYTES: usize = 1 << 18;

/// A list that grows piece by piece: nothing is moved, and no more than a piece stands empty.
#[derive(Debug, Clone)]
pub(crate) struct Chunks<T> {
    chunks: Vec<Vec<T>>,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Chunks { chunks: Vec::new() }
    }
}

impl<T> Chunks<T> {
    pub(crate) fn len(&self) -> usize {
        let full = self.chunks.len().saturating_sub(1) * CHUNK;
        full + self.chunks.last().map_or(0, Vec::len)
    }

    pub(crate) fn push(&mut self, value: T) {
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => {
                if last.len() == last.capacity() {
                    let more = last.len().clamp(4, CHUNK - last.len());
                    last.reserve_exact(more);
                }
                last.push(value);
            }
            _ => self.chunks.push(vec![value]),
        }
    }

    pub(crate) fn get(&self, at: u32) -> Option<&T> {
        self.chunks
            .get(at as usize / CHUNK)?
            .get(at as usize % CHUNK)
    }

    pub(crate) fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        self.chunks
            .get_mut(at as usize / CHUNK)?
            .get_mut(at as usize % CHUNK)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }
}

/// Numbers found by a hash of what they stand for; the same hash may lead to several. Eight bytes
/// an entry, between seven tenths and seven eighths full; what a number stands for is not asked
/// when it grows. Entries lie by their hashes, so it grows from one end to the other, a quarter at
/// a time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    /// Hash in the upper half, number plus one in the lower; zero is free.
    entries: Vec<u64>,
    used: usize,
}

impl Index {
    /// The numbers under `hash`.
    pub(crate) fn under(&self, hash: u32) -> impl Iterator<Item = u32> {
        let mut at = Index::home(hash, self.entries.len());
        std::iter::from_fn(move || {
            loop {
                let entry = *self.entries.get(at)?;
                if entry == 0 {
                    return None;
                }
                at = self.after(at);
                if (entry >> 32) as u32 == hash {
                    return Some(entry as u32 - 1);
                }
            }
        })
    }

    pub(crate) fn insert(&mut self, hash: u32, number: u32) {
        if (self.used + 1) * 8 > self.entries.len() * 7 {
            let room = (self.entries.len() * 5 / 4).max(8);
            let old = std::mem::replace(&mut self.entries, vec![0; room]);
            for entry in old.into_iter().filter(|entry| *entry != 0) {
                self.place(entry);
            }
        }
        self.used += 1;
        self.place(u64::from(hash) << 32 | (u64::from(number) + 1));
    }

    /// Takes `number` out, which stands under `hash`.
    pub(crate) fn remove(&mut self, hash: u32, number: u32) {
        let wanted = u64::from(hash) << 32 | (u64::from(number) + 1);
        let size = self.entries.len();
        let mut hole = Index::home(hash, size);
        loop {
            match self.entries.get(hole) {
                None | Some(0) => return,
                Some(entry) if *entry == wanted => break,
                Some(_) => hole = self.after(hole),
            }
        }
        self.used -= 1;
        // What comes after moves up, so that no search ends at the hole too soon.
        let mut at = hole;
        loop {
            self.entries[hole] = 0;
            loop {
                at = self.after(at);
                let entry = self.entries[at];
                if entry == 0 {
                    return;
                }
                let home = Index::home((entry >> 32) as u32, size);
                let from = |place: usize| match at >= place {
                    true => at - place,
                    false => at + size - place,
                };
                if from(home) >= from(hole) {
                    self.entries[hole] = entry;
                    hole = at;
                    break;
                }
            }
        }
    }

    fn place(&mut self, entry: u64) {
        let mut at = Index::home((entry >> 32) as u32, self.entries.len());
        while self.entries.get(at).is_some_and(|there| *there != 0) {
            at = self.after(at);
        }
        if let Some(free) = self.entries.get_mut(at) {
            *free = entry;
        }
    }

    /// The place after `at`; after the last one comes the first.
    fn after(&self, at: usize) -> usize {
        match at + 1 < self.entries.len() {
            true => at + 1,
            false => 0,
        }
    }

    /// Where to look first: as far into the room as the hash lies among all hashes.
    fn home(hash: u32, room: usize) -> usize {
        ((u64::from(hash) * room as u64) >> 32) as usize
    }
}

/// A set of texts, each known by a number from zero on. What was seen once stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    texts: Vec<String>,
    /// Where each begins: the piece in the upper half, the byte in the lower.
    begins: Chunks<u64>,
    index: Index,
    lengths: BTreeSet<usize>,
}

impl Names {
    pub(crate) fn len(&self) -> usize {
        self.begins.len()
    }

    /// The number of `text`, given to it now if it has none.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        let hash = hash(text);
        if let Some(known) = self.under(hash, text) {
            return known;
        }
        let room = |last: &String| last.len() + text.len() <= TEXT_CHUNK_BYTES;
        if !self.texts.last().is_some_and(room) {
            self.texts.push(String::new());
        }
        let piece = self.texts.len().saturating_sub(1);
        let mut begin = 0;
        if let Some(last) = self.texts.last_mut() {
            begin = last.len();
            last.push_str(text);
        }
        let number = self.begins.len() as u32;
        self.begins.push((piece as u64) << 32 | begin as u64);
        self.index.insert(hash, number);
        self.lengths.insert(text.len());
        number
    }

    /// How long they are, in bytes.
    pub(crate) fn lengths(&self) -> &BTreeSet<usize> {
        &self.lengths
    }

    /// The number of `text`, if it has one.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        self.under(hash(text), text)
    }

    /// The text of a number.
    pub(crate) fn text(&self, number: u32) -> &str {
        let Some(begin) = self.begins.get(number) else {
            return "";
        };
        let Some(piece) = self.texts.get((begin >> 32) as usize) else {
            return "";
        };
        let end = match number.checked_add(1).and_then(|next| self.begins.get(next)) {
            Some(next) if next >> 32 == begin >> 32 => *next as u32 as usize,
            _ => piece.len(),
        };
        piece.get(*begin as u32 as usize..end).unwrap_or_default()
    }

    fn under(&self, hash: u32, text: &str) -> Option<u32> {
        self.index
            .under(hash)
            .find(|number| self.text(*number) == text)
    }
}

fn hash(text: &str) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    (hasher.finish() >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_one_number_and_keeps_it() {
        let mut names = Names::default();
        let text = |at: u32| format!("name-{}", "x".repeat(at as usize % 700)) + &at.to_string();
        for round in 0..2 {
            for at in 0..5_000 {
                assert_eq!(names.number(&text(at)), at, "round {round}");
            }
        }
        let long = "y".repeat(2 * TEXT_CHUNK_BYTES);
        assert_eq!((names.number(&long), names.number("")), (5_000, 5_001));
        assert!((0..5_000).all(|at| names.text(at) == text(at)));
        assert_eq!((names.text(5_000), names.text(5_001)), (long.as_str(), ""));
        assert_eq!((names.find("name-"), names.find("")), (None, Some(5_001)));
        assert_eq!(names.text(9_999), "");
    }

    #[test]
    fn what_is_taken_out_of_an_index_hides_nothing() {
        let mut index = Index::default();
        // Few hashes, so that every search passes others.
        let hash = |number: u32| ((number % 13) << 28) | (number % 3);
        (0..600).for_each(|number| index.insert(hash(number), number));
        for number in (0..600).filter(|number| number % 2 == 0) {
            index.remove(hash(number), number);
            index.remove(hash(number), 7_000);
        }
        for number in 0..600 {
            let found = index.under(hash(number)).any(|one| one == number);
            assert_eq!(found, number % 2 == 1, "{number}");
        }
        assert_eq!(index.used, 300);
        (0..600).for_each(|number| index.remove(hash(number), number));
        assert!(index.entries.iter().all(|entry| *entry == 0));
    }

    #[test]
    fn chunks_keep_their_order() {
        let mut all = Chunks::default();
        let many = 3 * CHUNK as u32 + 5;
        (0..many).for_each(|one| all.push(one));
        assert_eq!(all.len(), many as usize);
        assert!((0..many).all(|at| all.get(at) == Some(&at)) && all.get(many).is_none());
        *all.get_mut(CHUNK as u32).unwrap() = 7;
        assert_eq!(all.iter().filter(|one| **one == 7).count(), 2);
    }
}
