//! What the deployment adds to a notice.

use std::collections::BTreeSet;

/// What the deployment adds to a notice. Part of what decides, so a change composes anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whom the Commission contacts, where no statement says so. Names of the company's own staff
    /// or counsel are meant to be public here.
    pub contact: Option<String>,
    /// Whether sources always state `actor_account`, so that a customer without one is unexplained.
    /// Off: such a customer is taken for the account's own user. Which holds is said in
    /// every notice.
    pub actor_account_always_stated: bool,
    /// Orders whose time of force the configuration states.
    pub bound: BTreeSet<String>,
    /// SHA-256 (lower-case hexadecimal) of the documents whose bytes are at hand.
    pub documents: BTreeSet<String>,
    /// Whether a duty that is only `open` gets a draft too: its provisional clock runs already.
    /// Such a draft cannot become ready before the answer is `owed`.
    pub draft_open: bool,
}

impl Default for Settings {
    /// No contact, no documents, drafts also for what is open.
    fn default() -> Settings {
        Settings {
            contact: None,
            actor_account_always_stated: false,
            bound: BTreeSet::new(),
            documents: BTreeSet::new(),
            draft_open: true,
        }
    }
}
