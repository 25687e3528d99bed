//! What happened: the vocabulary that every crate of tocsin shares, and nothing that decides.
//!
//! A record comes in (an access, a grant, an account, a breach event, a decision), is merged with
//! other statements of the same id ([`merge`]), and what is not on record stays unknown. This crate
//! does no I/O, reads no clock and knows no law; names and meanings follow the project's
//! vocabulary.

mod access;
mod account;
mod breach;
mod canonical;
mod dead_letter;
mod decision;
mod finding;
mod grant;
mod interval;
mod kleene;
mod merge;
mod moment;
mod name;
mod place;
mod private;
mod search;
mod source;
mod token;

pub use access::{
    Access, AccessView, Action, ActorKind, Basis, BasisView, Information, Outcome, Visibility,
};
pub use account::{Account, AgeBand, Holder};
pub use breach::{
    Acts, Authority, BreachEvent, Circumstance, CircumstanceName, ConsumerNotice, Document,
    Entities, Exposure, GovernmentNotice, Ground, Grouping, Indicator, IndicatorMode, Judgement,
    Key, LawEnforcementRequest, Level, Matching, Milestone, MilestoneBasis, MilestoneName,
    Noncompliance, NotifiedBy, Performed, PerformedPart, Report, Retraction, StaffChange,
    StaffDirection, Statement, StatementItem, Tally, TallyUnit, section_covers,
};
pub use canonical::{canonical_json, digest_bytes, digest_json, digest_parts, short_id};
pub use dead_letter::DeadLetter;
pub use decision::{
    Act, Answer, Approve, Decision, Reading, Reject, Release, Revoke, Sign, Withdraw,
};
pub use finding::{ClassOfAccess, Finding, OrderVerdict, Reason, Verdict, VerdictGround};
pub use grant::{Grant, GrantKind, Purpose};
pub use interval::Interval;
pub use kleene::{Kleene, YesNo};
pub use merge::{Merged, Variants};
pub use moment::{Moment, MomentError, Span};
pub use name::LONGEST_NAME_BYTES;
pub use place::{is_country, lies_in, residence_fault, us_state};
pub use private::Private;
pub use search::{Activation, Coverage, CoverageState, Progress};
pub use source::Source;
pub use token::UnknownToken;
