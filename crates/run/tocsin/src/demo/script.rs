//! `history.toml`: what happens, and what each order must answer.

use facts::{Action, ActorKind, BreachEvent, Moment, Purpose, Report};
use jiff::civil::Date;
use obligation::Determination;
use serde::Deserialize;
use std::collections::BTreeMap;

const HISTORY: &str = include_str!("history.toml");

/// The whole script.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Script {
    /// What whoever sees the results must know of them: what was moved, what is invented.
    pub(crate) assumptions: Vec<String>,
    /// The first instant.
    pub(crate) from: Moment,
    /// The first instant after it.
    pub(crate) until: Moment,
    /// Accounts that exist, numbered from 1.
    pub(crate) accounts: u64,
    /// How often customers use their own accounts.
    pub(crate) own_uses: u64,
    /// How often the service does its task.
    pub(crate) service_uses: u64,
    /// The service.
    pub(crate) service: String,
    /// Up to when the record of grants is declared complete.
    pub(crate) complete_until: Moment,
    /// When that was declared.
    pub(crate) complete_recorded_at: Moment,
    /// What happens.
    #[serde(rename = "episode")]
    pub(crate) episodes: Vec<Episode>,
}

/// What kind of happening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EpisodeKind {
    /// One actor reaches recordings of customers.
    Staff,
    /// Agents reach recordings, each with a grant.
    Support,
    /// Many accounts are attacked, some are entered.
    Takeover,
    /// Nothing on access-events; reports only.
    None,
}

/// Accounts by number.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountRange {
    /// The first.
    pub(crate) first: u64,
    /// How many.
    pub(crate) count: u64,
}

/// One happening.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Episode {
    /// The sentence that it shows.
    pub(crate) name: String,
    /// Its kind.
    pub(crate) kind: EpisodeKind,
    /// The responders' case; without one the actor is the incident.
    #[serde(default)]
    pub(crate) matter: Option<String>,
    /// Who; for several agents the first part of their names.
    #[serde(default)]
    pub(crate) actor: Option<String>,
    /// What kind of actor.
    #[serde(default)]
    pub(crate) actor_kind: Option<ActorKind>,
    /// How many agents.
    #[serde(default)]
    pub(crate) agents: u64,
    /// The actor is signed in as the account's own user.
    #[serde(default)]
    pub(crate) account_user: bool,
    /// Whose recordings.
    #[serde(default)]
    pub(crate) accounts: AccountRange,
    /// A child uses these accounts.
    #[serde(default)]
    pub(crate) child: bool,
    /// Begin.
    #[serde(default)]
    pub(crate) from: Option<Moment>,
    /// End.
    #[serde(default)]
    pub(crate) until: Option<Moment>,
    /// How many accesses.
    #[serde(default)]
    pub(crate) accesses: u64,
    /// What is done, in turn.
    #[serde(default)]
    pub(crate) actions: Vec<Action>,
    /// The session, where it is one.
    #[serde(default)]
    pub(crate) session: Option<String>,
    /// The purpose of the grants that stand behind the accesses.
    #[serde(default)]
    pub(crate) purpose: Option<Purpose>,
    /// The purpose that the actor claims, and nobody finds.
    #[serde(default)]
    pub(crate) claims: Option<String>,
    /// A standing task of the actor.
    #[serde(default)]
    pub(crate) duty: Option<String>,
    /// Accounts that are entered.
    #[serde(default)]
    pub(crate) reached: u64,
    /// Of these, accounts of which only the profile is seen.
    #[serde(default)]
    pub(crate) profile_only: u64,
    /// Devices that are reached.
    #[serde(default)]
    pub(crate) devices: u64,
    /// Where the attacks come from: /24 networks.
    #[serde(default)]
    pub(crate) networks: Vec<String>,
    /// What each order must answer.
    #[serde(default)]
    pub(crate) expect: BTreeMap<String, Expected>,
    /// How many entries of the register each order must have from it.
    #[serde(default)]
    pub(crate) register: BTreeMap<String, u64>,
    /// What responders report.
    #[serde(default)]
    pub(crate) reports: Vec<ScriptReport>,
}

/// What an order must answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    /// `owed`, `not_owed` or `open`.
    pub(crate) answer: String,
    /// At least and at most so many accounts.
    #[serde(default)]
    pub(crate) accounts: Option<[u64; 2]>,
    /// The planned date.
    #[serde(default)]
    pub(crate) planned: Option<String>,
    /// The outer date.
    #[serde(default)]
    pub(crate) outer: Option<String>,
}

/// A report of responders.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScriptReport {
    /// It comes long after the accesses were screened.
    #[serde(default)]
    pub(crate) late: bool,
    /// When it was put on record.
    pub(crate) recorded_at: Moment,
    /// What.
    pub(crate) report: Report,
}

impl Script {
    /// The built-in script.
    pub(crate) fn built_in() -> Result<Script, String> {
        toml::from_str(HISTORY).map_err(|error| format!("the demo's history.toml: {error}"))
    }

    /// The orders that some episode expects an answer of.
    pub(crate) fn orders(&self) -> Vec<String> {
        let slugs = self
            .episodes
            .iter()
            .flat_map(|episode| episode.expect.keys().cloned());
        slugs
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// The same with fewer of what is nobody's breach, for quick runs.
    #[must_use]
    pub(crate) fn scaled(mut self, ordinary_uses: u64) -> Script {
        let all = self.own_uses + self.service_uses;
        self.own_uses = self.own_uses * ordinary_uses / all.max(1);
        self.service_uses = self.service_uses * ordinary_uses / all.max(1);
        self
    }
}

impl Episode {
    /// What names the incident that it must be.
    pub(crate) fn group(&self) -> String {
        match (&self.matter, &self.actor) {
            (Some(matter), _) => format!("matter:{matter}"),
            (None, actor) => format!("actor:{}", actor.as_deref().unwrap_or_default()),
        }
    }
}

impl Expected {
    /// By what a determination differs; a figure or date that is not given is not compared.
    pub(crate) fn differs(&self, one: &Determination) -> Vec<String> {
        let answer = serde_json::to_value(one.answer).unwrap_or_default();
        let counted = one.counts.get("accounts");
        let accounts = counted.map(|count| (count.at_least, count.at_most));
        let clock = one.clock.as_ref();
        let day = |day: Option<Date>| day.map(|day| day.to_string());
        let planned = day(clock.and_then(|clock| clock.planned));
        let outer = day(clock.and_then(|clock| clock.outer));
        let expected = self.accounts.map(|[least, most]| (least, Some(most)));
        let mut differs = Vec::new();
        if answer != self.answer.as_str() {
            differs.push(format!("answer {answer}, expected {:?}", self.answer));
        }
        if expected.is_some() && accounts != expected {
            differs.push(format!("accounts {accounts:?}, expected {expected:?}"));
        }
        for (what, is, expected) in [
            ("planned", &planned, &self.planned),
            ("outer", &outer, &self.outer),
        ] {
            if expected.is_some() && is != expected {
                differs.push(format!("{what} {is:?}, expected {expected:?}"));
            }
        }
        differs
    }
}

impl ScriptReport {
    /// As a record.
    pub(crate) fn event(&self, episode: &Episode, index: usize, number: usize) -> BreachEvent {
        BreachEvent {
            id: format!("br-{index:02}-{number:02}"),
            matter: episode
                .matter
                .clone()
                .unwrap_or_else(|| format!("M-{index:02}")),
            recorded_at: self.recorded_at,
            by: Some("responder-1".into()),
            entity: None,
            report: self.report.clone(),
        }
    }
}
