//! The incident as the law sees it, and the record that the incidents topic carries.

use facts::{
    BreachEvent, Decision, Ground, Information, Interval, Kleene, Merged, Moment, Private, Report,
    Span, Verdict, VerdictGround, Visibility,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What one order makes of a class of accesses or of an exposure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Standing {
    /// The verdict.
    pub verdict: Verdict,
    /// How sure an `unauthorised` is.
    pub ground: Option<VerdictGround>,
}

/// What is known about everything in one row; unknown is `Kleene::Unknown` or `None`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Class {
    /// The class of information; `None`: not stated.
    pub information: Option<Information>,
    /// What was done with it.
    pub acts: ActsKnown,
    /// Whether information was reached at all (outcome, action).
    pub reached: Kleene,
    /// Whether it was encrypted in the form in which it was reached.
    pub encrypted: Kleene,
    /// Whether the key was accessed or acquired by an unauthorised person.
    pub key_taken: Kleene,
    /// Who could see it before; `None`: not stated.
    pub visibility: Option<Visibility>,
    /// Whether the product is primarily personal and residential; unknown: the class of information
    /// stands (vocabulary, `information`).
    pub residential: Kleene,
    /// ISO 3166; `None`: not known.
    pub residence: Option<String>,
    /// Statements that contradict each other: counts in at most only.
    pub disputed: bool,
    /// What a bound order makes of it where orders differ; see [`Row::standing`].
    pub by_order: BTreeMap<String, Standing>,
    /// What every other order makes of it.
    pub otherwise: Standing,
    /// Circumstances stated of these accesses in particular (those of the whole matter stand in
    /// [`Incident::reports`]).
    pub circumstances: BTreeMap<facts::CircumstanceName, Kleene>,
    /// In an incident of several matters, where something is stated of one as a whole: those whose
    /// statements speak of it. Empty: it may be of any of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub matters: BTreeSet<String>,
    /// Ids of the records that contradict themselves or each other about its key, or about
    /// circumstances of these accesses in particular.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub disputed_by: BTreeSet<String>,
}

/// What was done, in the orders' words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ActsKnown {
    /// Accessed.
    pub accessed: Kleene,
    /// Acquired.
    pub acquired: Kleene,
    /// Publicly exposed.
    pub publicly_exposed: Kleene,
    /// Disclosed.
    pub disclosed: Kleene,
    /// It was accessed or acquired, or both, and nobody says which.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accessed_or_acquired: bool,
}

/// Who and what belongs to a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Members {
    /// Known one by one and held where facts are folded: [`Incident::overlaps`] says how many stand
    /// in this row, and in which others beside.
    ByIdentity {
        /// The number of this row in the overlaps.
        column: u32,
        /// Accesses and exposures of accounts for which nobody is named: they leave the upper end
        /// of consumers open.
        without_consumers: u64,
        /// Accesses that name no resource: they leave the upper end of resources open.
        without_resource: u64,
        /// Accesses that name no device.
        without_device: u64,
    },
    /// Known one by one, by name.
    Named {
        /// Accounts.
        accounts: BTreeSet<Private>,
        /// Distinct people that `accounts` records name.
        consumers: BTreeSet<Private>,
        /// Affected accounts for which nobody is named: they leave the upper end open.
        accounts_without_consumers: BTreeSet<Private>,
        /// Recordings or records.
        resources: BTreeSet<Private>,
        /// Accesses that name no resource: they leave the upper end of resources open.
        without_resource: u64,
        /// Devices.
        devices: BTreeSet<Private>,
        /// Accesses that name no device.
        without_device: u64,
    },
    /// Only counted: an exposure given as figures. May overlap with other rows.
    Counted {
        /// Accounts.
        accounts: Interval,
        /// Consumers.
        consumers: Interval,
        /// Resources.
        resources: Interval,
        /// Devices.
        devices: Interval,
    },
    /// Only counted, and surely disjoint from every other such row (`decide`'s own rows).
    Disjoint {
        /// Accounts.
        accounts: Interval,
        /// Consumers.
        consumers: Interval,
        /// Resources.
        resources: Interval,
        /// Devices.
        devices: Interval,
    },
}

/// One class and its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What is known about all of them.
    pub class: Class,
    /// Who and what.
    pub members: Members,
}

impl Row {
    /// What `order` makes of it.
    pub fn standing(&self, order: &str) -> Standing {
        self.class
            .by_order
            .get(order)
            .copied()
            .unwrap_or(self.class.otherwise)
    }

    /// Whether it was without authorization under `order`, as far as `ground` asks: with
    /// `Ground::Established` a mere belief is unknown, with `Ground::Believed` it is a yes.
    pub fn unauthorised(&self, order: &str, ground: Ground) -> Kleene {
        let standing = self.standing(order);
        if self.class.disputed && standing.verdict != Verdict::Authorised {
            return Kleene::Unknown;
        }
        match (standing.verdict, standing.ground, ground) {
            (Verdict::Authorised, ..) => Kleene::No,
            (Verdict::Unexplained, ..) => Kleene::Unknown,
            (Verdict::Unauthorised, Some(VerdictGround::Believed), Ground::Established) => {
                Kleene::Unknown
            }
            (Verdict::Unauthorised, ..) => Kleene::Yes,
        }
    }
}

/// Things that stand in exactly these rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Overlap {
    /// The rows, by the `column` of [`Members::ByIdentity`], sorted.
    pub columns: Vec<u32>,
    /// How many things.
    pub members: u64,
}

/// How many different things stand in which rows, so that what is asked of several rows together
/// is a sum: a thing counts once, however many of them hold it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Overlaps {
    /// Accounts.
    pub accounts: Vec<Overlap>,
    /// Distinct people that `accounts` records name.
    pub consumers: Vec<Overlap>,
    /// Recordings or records.
    pub resources: Vec<Overlap>,
    /// Devices.
    pub devices: Vec<Overlap>,
}

/// Counts of one predicate, in the four units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Accounts.
    pub accounts: Interval,
    /// Consumers.
    pub consumers: Interval,
    /// Recordings or records.
    pub resources: Interval,
    /// Devices.
    pub devices: Interval,
}

/// When the company discovered the incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "basis")]
pub enum Discovery {
    /// A `discovered` milestone says so (disputed: the earliest).
    Recorded {
        /// When.
        at: Moment,
    },
    /// Not before the first access or exposure, not after the earliest record that it rests on.
    Between {
        /// The lower end, where anything is dated.
        not_before: Option<Moment>,
        /// The upper end, where a record is dated: clocks run provisionally from here.
        not_after: Option<Moment>,
    },
    /// Nothing on record says anything.
    Unknown,
}

/// How far the past was searched.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Searched {
    /// Whether every search that belongs to this incident is finished without cuts or holes.
    pub complete: bool,
    /// Selectors whose search goes on, by digest.
    pub searching: Vec<String>,
    /// Selectors of which a part of the past is gone.
    pub cut: Vec<String>,
    /// Records inside searched windows that could not be read.
    pub holes: u64,
}

/// A report of responders as it now stands: all statements of its id merged, not retracted.
pub type Reported = Merged<BreachEvent>;

/// Everything that is known about one incident: what the law is applied to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Made from what names it: `facts::short_id("inc", …)` over the sorted names of its groups.
    pub id: String,
    /// The least of its matters, if it has any.
    pub matter: Option<String>,
    /// Its matters.
    pub matters: Vec<String>,
    /// Its actors.
    pub actors: Vec<Private>,
    /// The groups it is a union of (see `facts::Finding::group`), sorted.
    pub groups: Vec<String>,
    /// Of these, those that a join or part divides by time: the spans of which the accesses belong
    /// here, by when they begin.
    pub times: BTreeMap<String, Vec<Span>>,
    /// How it came about, where indicators agree.
    pub mode: Option<facts::IndicatorMode>,
    /// First access or exposure.
    pub first: Option<Moment>,
    /// Last access or exposure.
    pub last: Option<Moment>,
    /// When it was discovered.
    pub discovery: Discovery,
    /// What was reached, by class.
    pub rows: Vec<Row>,
    /// How the rows of [`Members::ByIdentity`] overlap.
    pub overlaps: Overlaps,
    /// Accesses that plainly failed.
    pub attempts: u64,
    /// How far the past was searched.
    pub searched: Searched,
    /// The reports on its matters, by id. Withdrawn ones stand in `withdrawn`.
    pub reports: Vec<Reported>,
    /// Ids of reports that were retracted.
    pub withdrawn: Vec<String>,
    /// For each matter by itself: what it is about, for notices and milestones that speak of their
    /// own matter only (classes of information of its rows).
    pub information_by_matter: BTreeMap<String, BTreeSet<Information>>,
    /// Decisions about this incident (answers) and readings of any order, not revoked, by id.
    pub decisions: Vec<Decision>,
    /// Two groups were parted but are still connected through others: stays one, disputed.
    pub parted_but_connected: bool,
    /// Pseudonyms of its accesses, accounts and people that stand in what people wrote in its
    /// reports and decisions: to be kept out of what is said outside.
    pub named: BTreeSet<Private>,
    /// Digest of the facts above, positions left out: determination and notice rest on it. Account
    /// records are in it by what they change: classes and how many people.
    pub facts_digest: String,
    /// The same without each record that may have taken something away, so that an answer can say
    /// what it owes to it. These have none themselves.
    pub without: Vec<Without>,
    /// At least how many more such records there are, which were not supposed away.
    pub without_more: u64,
    /// Grants that came late and excuse more than can be counted otherwise, by id: the first few of
    /// them. Nobody can say what it would be without these.
    pub uncounted: Vec<String>,
    /// At most how many accounts these excuse accesses to; nothing where that is many, or none are.
    pub uncounted_accounts: Option<u64>,
}

/// An incident as it would be without one record, or without several of one kind together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Without {
    /// The ids of the records, sorted: of a report, of a decision that revokes, of an account or of
    /// a grant. One; several together only of accounts and of grants.
    pub records: Vec<String>,
    /// By what they may take away.
    pub taker: Taker,
    /// The incident without them; of a record that contradicts itself, with one of its statements.
    pub incident: Incident,
}

impl Without {
    /// What it is in the digest of the facts.
    pub(crate) fn named(&self) -> (String, &str, &str) {
        let records = match self.records.as_slice() {
            [one] => one.clone(),
            several => facts::digest_json(&several),
        };
        (records, self.taker.as_str(), &self.incident.facts_digest)
    }
}

/// By what a record may take something away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Taker {
    /// It takes another one back.
    Retraction,
    /// Its statements contradict each other.
    Dispute,
    /// It separates what was one instance.
    Part,
    /// It takes back what people decided.
    Revocation,
    /// A count of responders.
    Tally,
    /// It says that something was earlier.
    Milestone,
    /// Whether keys were reached.
    Key,
    /// A yes/no fact.
    Circumstance,
    /// What is on record about an account: who uses it, where, and what for.
    Account,
    /// A basis that was recorded after the record had been declared complete.
    LateGrant,
    /// It denies a violation that another record states. Last: there may be many, of all orders.
    Denial,
}

impl Taker {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Taker::Retraction => "retraction",
            Taker::Dispute => "dispute",
            Taker::Part => "part",
            Taker::Revocation => "revocation",
            Taker::Tally => "tally",
            Taker::Milestone => "milestone",
            Taker::Key => "key",
            Taker::Circumstance => "circumstance",
            Taker::Account => "account",
            Taker::LateGrant => "late_grant",
            Taker::Denial => "denial",
        }
    }
}

impl Incident {
    /// One of which nothing is on record.
    pub fn nothing(id: &str) -> Incident {
        Incident {
            id: id.to_owned(),
            matter: None,
            matters: Vec::new(),
            actors: Vec::new(),
            groups: Vec::new(),
            times: BTreeMap::new(),
            mode: None,
            first: None,
            last: None,
            discovery: Discovery::Unknown,
            rows: Vec::new(),
            overlaps: Overlaps::default(),
            attempts: 0,
            searched: Searched {
                complete: true,
                searching: Vec::new(),
                cut: Vec::new(),
                holes: 0,
            },
            reports: Vec::new(),
            withdrawn: Vec::new(),
            information_by_matter: BTreeMap::new(),
            decisions: Vec::new(),
            parted_but_connected: false,
            named: BTreeSet::new(),
            facts_digest: String::new(),
            without: Vec::new(),
            without_more: 0,
            uncounted: Vec::new(),
            uncounted_accounts: None,
        }
    }

    /// Whether nothing counts in it and nothing is on record of it, but that accesses would count
    /// were it not for grants that came late. It is there to say which those are.
    pub fn is_excused(&self) -> bool {
        !self.groups.is_empty() && self.matters.is_empty() && self.rows.is_empty()
    }

    /// Whether responders counted something themselves.
    pub fn has_tally(&self) -> bool {
        let is_tally = |one: &Reported| matches!(one.record.report, Report::Tally(_));
        self.reports.iter().any(is_tally)
    }

    /// Whether an access of `group` that begins `at` belongs to it.
    pub fn holds(&self, group: &str, at: Moment) -> bool {
        self.groups.iter().any(|one| one == group)
            && self
                .times
                .get(group)
                .is_none_or(|spans| spans.iter().any(|span| span.contains(at)))
    }
}

/// The incident as the incidents topic and `incidents.jsonl` carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRecord {
    /// See [`Incident::id`].
    pub incident: String,
    /// See [`Incident::matter`].
    #[serde(default)]
    pub matter: Option<String>,
    /// See [`Incident::matters`].
    pub matters: Vec<String>,
    /// See [`Incident::actors`].
    pub actors: Vec<Private>,
    /// See [`Incident::groups`].
    pub groups: Vec<String>,
    /// See [`Incident::times`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub times: BTreeMap<String, Vec<Span>>,
    /// See [`Incident::mode`].
    #[serde(default)]
    pub mode: Option<facts::IndicatorMode>,
    /// See [`Incident::first`].
    #[serde(default)]
    pub first: Option<Moment>,
    /// See [`Incident::last`].
    #[serde(default)]
    pub last: Option<Moment>,
    /// See [`Incident::discovery`].
    pub discovery: Discovery,
    /// Counts of everything that was or may have been reached without authorization under the
    /// strictest bound order: an overview. Each clause counts by its own predicate.
    pub counts: Counts,
    /// The classes of what was reached or may have been, without who and what: [`Incident::rows`].
    #[serde(default)]
    pub classes: Vec<Class>,
    /// Of these, by their place, those of which some are known by figures alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_figures: Vec<usize>,
    /// See [`Incident::attempts`].
    pub attempts: u64,
    /// Milestones on record: name and instant.
    pub milestones: Vec<(String, Option<Moment>)>,
    /// See [`Incident::searched`].
    pub searched: Searched,
    /// Reports that it rests on, by id.
    pub reports: Vec<String>,
    /// Ids of the asks of all its determinations.
    pub open_questions: Vec<String>,
    /// Decisions on record that no determination follows, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// See [`Incident::parted_but_connected`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub parted_but_connected: bool,
    /// See [`Incident::is_excused`]: nothing counts in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub excused: bool,
    /// See [`Incident::named`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub named: BTreeSet<Private>,
    /// See [`Incident::facts_digest`].
    pub facts_digest: String,
}

/// A decision that no determination follows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refused {
    /// The decision, by id.
    pub decision: String,
    /// A word for it: `unknown_question`, `refused_reading`.
    pub code: String,
    /// What was attempted, why nothing follows it and what to do.
    pub text: String,
}
