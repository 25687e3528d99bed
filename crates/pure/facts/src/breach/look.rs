//! What responders look for among the accesses, and what they judge of them.

use super::matching::{Matching, selecting};
use crate::token::tokens;
use crate::{Moment, Private};
use serde::{Deserialize, Serialize};

tokens! {
    /// How it came about.
    IndicatorMode {
        /// Somebody else signed in.
        AccountTakeover = "account_takeover",
        /// Staff.
        Insider = "insider",
        /// A third party.
        ThirdParty = "third_party",
        /// A store stood open.
        ExposedStore = "exposed_store",
        /// Keys were stolen.
        KeyTheft = "key_theft",
        /// A fault in the product.
        Vulnerability = "vulnerability",
    }
}

tokens! {
    /// A responder's verdict.
    Authority {
        /// It was allowed.
        Authorised = "authorised",
        /// It was not.
        Unauthorised = "unauthorised",
    }
}

tokens! {
    /// How sure.
    Ground {
        /// Shown.
        Established = "established",
        /// Reasonably believed.
        Believed = "believed",
    }
}

selecting! {
    /// Look for these, in the past and from now on.
    Indicator as FlatIndicator, "FlatIndicator" {
        /// How it came about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mode: Option<IndicatorMode>,
    }
}

selecting! {
    /// A responder's verdict on the accesses that match.
    Judgement as FlatJudgement, "FlatJudgement" {
        /// The verdict.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        authority: Option<Authority>,
        /// How sure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ground: Option<Ground>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    }
}
