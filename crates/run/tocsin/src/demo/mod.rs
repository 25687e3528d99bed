//! The demo's history: a seeded stream of a camera company's records with incidents hidden in it,
//! each with the answer that it must get. What happens is data, in `history.toml`.

mod background;
mod episodes;
mod script;

#[cfg(test)]
pub(crate) use script::Expected;
pub(crate) use script::{Episode, Script};

use crate::numbers::SplitMix64;
use facts::{Access, Account, BreachEvent, Grant, Moment};

/// Numbers from one seed: the same history in every run.
pub(crate) struct Seeded(SplitMix64);

impl Seeded {
    /// From a seed.
    pub(crate) fn new(seed: u64) -> Seeded {
        Seeded(SplitMix64::new(seed ^ 0x5EED_0F70_C511_D3A0))
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`; 0 where `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }

    /// An instant from `from` on and before `until`.
    pub(crate) fn between(&mut self, from: Moment, until: Moment) -> Moment {
        let span = u64::try_from(until.micros() - from.micros()).unwrap_or(0);
        // Whole seconds read better in a notice.
        let offset = self.below(span.max(1)) / 1_000_000 * 1_000_000;
        from.saturating_add_micros(i64::try_from(offset).unwrap_or(0))
    }
}

/// A history, ready to be poured.
pub(crate) struct History {
    /// Accesses of the episodes, in the order of time.
    pub(crate) episodes: Vec<Access>,
    /// What stands between them.
    pub(crate) background: background::Background,
    /// Why accesses were allowed.
    pub(crate) grants: Vec<Grant>,
    /// Reference data.
    pub(crate) accounts: Vec<Account>,
    /// What responders reported while it happened.
    pub(crate) reports: Vec<BreachEvent>,
    /// What responders reported long after: found by going back.
    pub(crate) late_reports: Vec<BreachEvent>,
}

impl History {
    /// The history that `script` tells, with numbers from `seed`.
    pub(crate) fn of(script: &Script, seed: u64) -> History {
        let mut seeded = Seeded::new(seed);
        let mut episodes = Vec::new();
        let mut grants = background::grants(script);
        let (mut reports, mut late_reports) = (Vec::new(), Vec::new());
        for (index, episode) in script.episodes.iter().enumerate() {
            episodes::accesses(episode, index, &mut seeded, &mut episodes);
            episodes::grants(episode, index, &mut grants);
            for (number, report) in episode.reports.iter().enumerate() {
                let event = report.event(episode, index, number);
                if report.late {
                    &mut late_reports
                } else {
                    &mut reports
                }
                .push(event);
            }
        }
        episodes.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        let accounts = background::accounts(script);
        let background = background::Background::new(script, seeded.next());
        History {
            episodes,
            background,
            grants,
            accounts,
            reports,
            late_reports,
        }
    }

    /// All accesses in the order of time.
    pub(crate) fn accesses(&self) -> impl Iterator<Item = Access> + '_ {
        let mut own = self.background.iter().peekable();
        let mut episodes = self.episodes.iter().peekable();
        std::iter::from_fn(move || match (own.peek(), episodes.peek()) {
            (Some(a), Some(b)) if a.at <= b.at => own.next(),
            (_, Some(_)) => episodes.next().cloned(),
            (_, None) => own.next(),
        })
    }

    /// How many accesses there are.
    pub(crate) fn len(&self) -> u64 {
        self.background.len() + self.episodes.len() as u64
    }
}

/// The name of account number `number`.
pub(crate) fn account_name(number: u64) -> String {
    format!("acct-{number:06}")
}
