//! How far the accesses were searched, as screen and scope say it for each of their partitions, and
//! what verify makes of it for a partition of candidates: what a search finds on one partition of
//! the accesses lies on any of the candidates, so each of these says of all searches that what they
//! found there is judged.

use super::screen::{INTERRUPTED, MENDED, UNREADABLE};
use crate::context::Context;
use crate::runtime::StageError;
use crate::topology::Topic;
use facts::{Coverage, CoverageState, Progress};
use std::collections::{BTreeMap, BTreeSet};
use stream::RecordRef;

/// What is passed on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Statement {
    /// How far that selector was searched everywhere.
    Search(String),
    /// The record of that key.
    Record(String),
}

/// See the module.
#[derive(Default)]
pub(super) struct Searches {
    /// By selector and partition of the accesses: what scope says, and what screen says.
    selectors: BTreeMap<String, BTreeMap<i32, [Option<Coverage>; 2]>>,
    /// The others: key → partition and value.
    records: BTreeMap<String, (i32, Vec<u8>)>,
    /// How many partitions the accesses have.
    partitions: i32,
    /// Whether somebody searched one that is not among these.
    lacks_partitions: bool,
}

impl Searches {
    /// Of accesses with so many partitions.
    pub(super) fn new(partitions: i32) -> Searches {
        Searches {
            partitions,
            ..Searches::default()
        }
    }

    /// Takes in a record of the topic of coverage; what is to be said anew. What cannot be read
    /// goes on as it is: assess says what is wrong with it.
    pub(super) fn put(&mut self, context: &Context, record: &RecordRef<'_>) -> Option<Statement> {
        let (key, value) = (record.key?, record.value?);
        let key = String::from_utf8_lossy(key).into_owned();
        let decoded = context.codec.decode::<Coverage>(Topic::Coverage, value);
        let decoded = decoded.ok().filter(|one| !is_count(one));
        let Some(one) = decoded else {
            let value = (record.partition, value.to_vec());
            self.records.insert(key.clone(), value);
            return Some(Statement::Record(key));
        };
        self.lacks_partitions |= one.partition >= self.partitions;
        let by_screen = usize::from(key.starts_with(INTERRUPTED));
        let selector = one.selector.clone();
        let partitions = self.selectors.entry(selector.clone()).or_default();
        let said = partitions.entry(one.partition).or_default();
        let before = said.get_mut(by_screen)?.replace(one.clone());
        // How far a search has come that goes on is no news.
        let told = |one: &Coverage| (one.state, one.holes);
        let goes_on = one.state == CoverageState::Searching
            && before.is_some_and(|before| told(&before) == told(&one));
        (!goes_on).then_some(Statement::Search(selector))
    }

    /// How many partitions the accesses have now; whether that is news.
    pub(super) fn set_partitions(&mut self, partitions: i32) -> bool {
        self.lacks_partitions = false;
        let is_news = self.partitions != partitions;
        self.partitions = partitions;
        is_news
    }

    /// Whether somebody searched a partition of which nothing is known here.
    pub(super) fn lacks_partitions(&self) -> bool {
        self.lacks_partitions
    }

    /// Everything that can be said.
    pub(super) fn all(&self) -> BTreeSet<Statement> {
        let searches = self.selectors.keys().cloned().map(Statement::Search);
        let records = self.records.keys().cloned().map(Statement::Record);
        searches.chain(records).collect()
    }

    /// Key and value of what is to be said on partition `own` of the `of` that candidates have,
    /// where `said` stands there under a key; `None`: nothing.
    pub(super) fn say(
        &self,
        context: &Context,
        statement: &Statement,
        (own, of): (i32, i32),
        said: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Option<(String, Vec<u8>)>, StageError> {
        let says = match statement {
            Statement::Search(selector) => self.search(selector, (own, of)).map(|value| {
                let key = format!("{selector}|{own}");
                (key, Value::New(value))
            }),
            Statement::Record(key) => self.records.get(key).and_then(|(partition, value)| {
                match mended(context, value, own) {
                    Some(value) => Some((format!("{key}|{own}"), Value::New(value))),
                    None if partition % of == own => Some((key.clone(), Value::Given(value))),
                    None => None,
                }
            }),
        };
        let Some((key, value)) = says else {
            return Ok(None);
        };
        let stands = said.get(&key);
        let bytes = match &value {
            Value::New(one) if stands.is_some_and(|stands| goes_on(context, stands, one)) => {
                return Ok(None);
            }
            Value::New(one) => context.codec.encode(Topic::Searched, one)?,
            Value::Given(bytes) => bytes.to_vec(),
        };
        Ok((stands != Some(&bytes)).then_some((key, bytes)))
    }

    /// How far the selector was searched on all partitions together: it goes on where it does
    /// anywhere. What could not be read is said once, by one of the partitions of candidates.
    fn search(&self, selector: &str, (own, of): (i32, i32)) -> Option<Coverage> {
        let partitions = self.selectors.get(selector)?;
        let progress = |said: &[Option<Coverage>; 2]| {
            let said = said.iter().flatten().map(Coverage::progress);
            said.reduce(Progress::join)
        };
        let there = |one: i32| partitions.get(&one).and_then(progress);
        let required: Vec<Option<Progress>> = (0..self.partitions).map(there).collect();
        let goes_on =
            |one: &Option<Progress>| one.is_none_or(|one| one.state == CoverageState::Searching);
        let all = partitions.iter();
        let all: Vec<(i32, Progress)> = all
            .filter_map(|(one, said)| Some((*one, progress(said)?)))
            .collect();
        let is_cut = all.iter().any(|(_, one)| one.state == CoverageState::Cut);
        let state = match required.iter().any(goes_on) {
            true => CoverageState::Searching,
            false if is_cut => CoverageState::Cut,
            false => CoverageState::Done,
        };
        let holes = all.iter().filter(|(one, _)| one % of == own);
        let said = partitions.values().flatten().flatten().next()?;
        Some(Coverage {
            selector: selector.to_owned(),
            matters: said.matters.clone(),
            partition: own,
            from: all.iter().map(|(_, one)| one.from).min().unwrap_or(0),
            // Of two that came as far, assess believes the one that is done: a partition more is
            // one further.
            to: all.iter().map(|(_, one)| one.to).sum::<i64>() + i64::from(self.partitions),
            state,
            holes: holes.map(|(_, one)| one.holes).sum(),
        })
    }
}

/// What is said: made here, or as it came.
enum Value<'a> {
    New(Coverage),
    Given(&'a [u8]),
}

/// Whether it is no search, but says what could not be read, or was read after all.
fn is_count(one: &Coverage) -> bool {
    [UNREADABLE, MENDED].contains(&one.selector.as_str())
}

/// Whether nothing changed but how far a search that goes on has come: assess waits for its end.
fn goes_on(context: &Context, said: &[u8], now: &Coverage) -> bool {
    let told = |one: &Coverage| (one.state, one.holes);
    let said = context.codec.decode::<Coverage>(Topic::Searched, said);
    now.state == CoverageState::Searching && said.is_ok_and(|said| told(&said) == told(now))
}

/// Of an access that was read after all: what it came to may lie on any partition of candidates, so
/// it is no hole any more once each, in `to`, has judged it.
fn mended(context: &Context, value: &[u8], own: i32) -> Option<Coverage> {
    let one = context.codec.decode::<Coverage>(Topic::Coverage, value);
    let one = one.ok().filter(|one| one.selector == MENDED)?;
    Some(Coverage {
        to: i64::from(own),
        ..one
    })
}
