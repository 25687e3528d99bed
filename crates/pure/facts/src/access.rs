//! Access events: who reached which customer information, when and how (OCSF calls them API or
//! data-store activity; the field names are the vocabulary's).

use crate::name::too_long;
use crate::token::tokens;
use crate::{Moment, Private, YesNo};
use serde::{Deserialize, Serialize};

tokens! {
    /// What kind of actor reached the information; unknown when the source does not say.
    ActorKind {
        /// A user of the product.
        Customer = "customer",
        /// Staff of the company.
        Employee = "employee",
        /// Staff of a contractor.
        Contractor = "contractor",
        /// A program of the company.
        Service = "service",
        /// Anyone outside: a partner, an integration, another company.
        ThirdParty = "third_party",
    }
}

tokens! {
    /// What was done.
    Action {
        /// A recording was viewed.
        View = "view",
        /// A live stream was viewed.
        LiveView = "live_view",
        /// Audio was listened to.
        Listen = "listen",
        /// Two-way talk.
        Talk = "talk",
        /// A record was read.
        Read = "read",
        /// A copy was taken.
        Download = "download",
        /// Copies were taken in bulk.
        Export = "export",
        /// It was given to somebody.
        Share = "share",
        /// Names were listed: reaches no recording, perhaps other classes.
        List = "list",
        /// Somebody signed in: reaches nothing.
        Authenticate = "authenticate",
        /// A setting was changed: reaches nothing.
        Change = "change",
        /// Something was deleted: reaches nothing.
        Delete = "delete",
    }
}

impl Action {
    /// Accessed, in the orders' sense.
    pub fn accesses(self) -> bool {
        matches!(
            self,
            Action::View | Action::LiveView | Action::Listen | Action::Talk | Action::Read
        )
    }

    /// Acquired, in the orders' sense.
    pub fn acquires(self) -> bool {
        matches!(self, Action::Download | Action::Export | Action::Share)
    }

    /// Disclosed, in the orders' sense.
    pub fn discloses(self) -> bool {
        self == Action::Share
    }

    /// Whether the information itself is reached: for `list` no recording is, other classes may be.
    pub fn reaches(self, information: Information) -> crate::Kleene {
        use crate::Kleene;
        match self {
            Action::Authenticate | Action::Change | Action::Delete => Kleene::No,
            Action::List if information.is_recording() => Kleene::No,
            Action::List => Kleene::Unknown,
            _ => Kleene::Yes,
        }
    }
}

tokens! {
    /// What came of it; unknown when the source does not say.
    Outcome {
        /// It was done.
        Succeeded = "succeeded",
        /// It was refused.
        Denied = "denied",
        /// It broke off.
        Failed = "failed",
    }
}

tokens! {
    /// The class of information, in the source's word.
    Information {
        /// Audio, video or pictures of a home security camera.
        HomeSecurityRecording = "home_security_recording",
        /// A recorded or live meeting.
        MeetingRecording = "meeting_recording",
        /// Audio of a voice assistant.
        VoiceRecording = "voice_recording",
        /// Text made from audio.
        Transcript = "transcript",
        /// Where somebody is or was.
        Geolocation = "geolocation",
        /// Information about health.
        Health = "health",
        /// A record in a personal health record.
        HealthRecord = "health_record",
        /// Financial information.
        Financial = "financial",
        /// Card or account numbers.
        Payment = "payment",
        /// What signs a user in.
        Credential = "credential",
        /// Numbers that an authority gave.
        GovernmentId = "government_id",
        /// Addresses and telephone numbers.
        Contact = "contact",
        /// What a user says about themselves.
        Profile = "profile",
        /// Data of a platform's users.
        PlatformData = "platform_data",
        /// Anything else.
        Other = "other",
    }
}

impl Information {
    /// Whether it is a recording of people.
    pub fn is_recording(self) -> bool {
        matches!(
            self,
            Information::HomeSecurityRecording
                | Information::MeetingRecording
                | Information::VoiceRecording
        )
    }
}

tokens! {
    /// Who could see it before it was reached.
    Visibility {
        /// Nobody else; also what the company, a fault or an attacker made public.
        Private = "private",
        /// The user had shared it with this actor.
        SharedByUser = "shared_by_user",
        /// The user had shared it, but not with this actor.
        SharedWithOthers = "shared_with_others",
        /// An authorised user had made it public.
        Public = "public",
    }
}

/// The purpose that the actor claimed at the time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Basis {
    /// The purpose, in the source's word.
    pub kind: String,
    /// The case, order or task that was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// [`Basis`], borrowed from the record.
#[derive(Clone, Copy, Deserialize)]
pub struct BasisView<'a> {
    /// The purpose, in the source's word.
    pub kind: &'a str,
    /// The case, order or task that was named.
    #[serde(default, borrow)]
    pub reference: Option<&'a str>,
}

/// One access, owned. Null or absent is unknown, never "no".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Access {
    /// Identity at its source; unique in its topic.
    pub id: String,
    /// Begin.
    pub at: Moment,
    /// End of what lasts: the first instant that is no longer in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Private>,
    /// What kind of actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_kind: Option<ActorKind>,
    /// The account that a customer was signed in to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_account: Option<Private>,
    /// What was done.
    pub action: Action,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The class of what was reached.
    pub information: Information,
    /// The customer account whose information it is.
    pub account: Private,
    /// The recording or record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<Private>,
    /// The camera or other device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Private>,
    /// The session in which it was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Private>,
    /// The IP address it was reached from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_address: Option<Private>,
    /// The token or key it was reached with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Private>,
    /// The user agent it was reached with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Private>,
    /// Whether it was encrypted in the form in which it was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<YesNo>,
    /// The key that it was encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Private>,
    /// Who could see it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// The purpose that the actor claimed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
}

/// One access, borrowed from the bytes of its record: what the hot path decodes.
///
/// It has no `Debug` on purpose: everything in it may point at a person.
#[derive(Clone, Copy, Deserialize)]
pub struct AccessView<'a> {
    /// See [`Access::id`].
    pub id: &'a str,
    /// See [`Access::at`].
    pub at: Moment,
    /// See [`Access::until`].
    #[serde(default)]
    pub until: Option<Moment>,
    /// See [`Access::actor`].
    #[serde(default, borrow)]
    pub actor: Option<&'a str>,
    /// See [`Access::actor_kind`].
    #[serde(default)]
    pub actor_kind: Option<ActorKind>,
    /// See [`Access::actor_account`].
    #[serde(default, borrow)]
    pub actor_account: Option<&'a str>,
    /// See [`Access::action`].
    pub action: Action,
    /// See [`Access::outcome`].
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// See [`Access::information`].
    pub information: Information,
    /// See [`Access::account`].
    pub account: &'a str,
    /// See [`Access::resource`].
    #[serde(default, borrow)]
    pub resource: Option<&'a str>,
    /// See [`Access::device`].
    #[serde(default, borrow)]
    pub device: Option<&'a str>,
    /// See [`Access::session`].
    #[serde(default, borrow)]
    pub session: Option<&'a str>,
    /// See [`Access::source_address`].
    #[serde(default, borrow)]
    pub source_address: Option<&'a str>,
    /// See [`Access::credential`].
    #[serde(default, borrow)]
    pub credential: Option<&'a str>,
    /// See [`Access::client`].
    #[serde(default, borrow)]
    pub client: Option<&'a str>,
    /// See [`Access::encrypted`].
    #[serde(default)]
    pub encrypted: Option<YesNo>,
    /// See [`Access::key`].
    #[serde(default, borrow)]
    pub key: Option<&'a str>,
    /// See [`Access::visibility`].
    #[serde(default)]
    pub visibility: Option<Visibility>,
    /// See [`Access::basis`].
    #[serde(default, borrow)]
    pub basis: Option<BasisView<'a>>,
}

impl Access {
    /// The same access, borrowed.
    pub fn view(&self) -> AccessView<'_> {
        fn text(value: &Option<Private>) -> Option<&str> {
            value.as_ref().map(Private::reveal)
        }
        AccessView {
            id: &self.id,
            at: self.at,
            until: self.until,
            actor: text(&self.actor),
            actor_kind: self.actor_kind,
            actor_account: text(&self.actor_account),
            action: self.action,
            outcome: self.outcome,
            information: self.information,
            account: self.account.reveal(),
            resource: text(&self.resource),
            device: text(&self.device),
            session: text(&self.session),
            source_address: text(&self.source_address),
            credential: text(&self.credential),
            client: text(&self.client),
            encrypted: self.encrypted,
            key: text(&self.key),
            visibility: self.visibility,
            basis: self.basis.as_ref().map(|basis| BasisView {
                kind: &basis.kind,
                reference: basis.reference.as_deref(),
            }),
        }
    }

    /// What is wrong with this record beyond its types, if anything.
    pub fn fault(&self) -> Option<&'static str> {
        self.view().fault()
    }
}

impl AccessView<'_> {
    /// What is wrong with this record beyond its types, if anything: an empty id or account, an
    /// `until` before `at`, an address that is none, a name that is too long.
    pub fn fault(&self) -> Option<&'static str> {
        if self.id.is_empty() {
            return Some("`id` is empty");
        }
        if self.account.is_empty() {
            return Some("`account` is empty");
        }
        if self.actor.is_some_and(str::is_empty) {
            return Some("`actor` is empty; leave it out where it is not known");
        }
        if self.until.is_some_and(|until| until < self.at) {
            return Some("`until` lies before `at`");
        }
        if self
            .source_address
            .is_some_and(|text| text.parse::<std::net::IpAddr>().is_err())
        {
            return Some("`source_address` is no IP address");
        }
        too_long!(
            "id": [self.id],
            "account": [self.account],
            "actor": self.actor,
            "actor_account": self.actor_account,
            "resource": self.resource,
            "device": self.device,
            "session": self.session,
            "credential": self.credential,
            "client": self.client,
            "key": self.key,
            "basis": self
                .basis
                .iter()
                .flat_map(|basis| std::iter::once(basis.kind).chain(basis.reference)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LONGEST_NAME_BYTES;

    #[test]
    fn a_name_may_be_long_and_no_longer() {
        let json = r#"{"id":"a","at":"2026-01-01T00:00:00Z","action":"view",
            "information":"profile","account":"acct-1"}"#;
        let access: Access = serde_json::from_str(json).expect("an access");
        let (longest, longer) = ("x".repeat(LONGEST_NAME_BYTES), "x".repeat((64 << 10) + 1));
        let basis = |reference: &str| Basis {
            kind: "support_case".to_owned(),
            reference: Some(reference.to_owned()),
        };
        let with = |name: &str| {
            let id = Access {
                id: name.to_owned(),
                ..access.clone()
            };
            let session = Access {
                session: Some(name.into()),
                ..access.clone()
            };
            let basis = Access {
                basis: Some(basis(name)),
                ..access.clone()
            };
            [id.fault(), session.fault(), basis.fault()]
        };
        assert_eq!(with(&longest), [None; 3]);
        let faults = with(&longer);
        for (fault, member) in faults.iter().zip(["`id`", "`session`", "`basis`"]) {
            let fault = fault.expect("a fault");
            assert!(
                fault.starts_with(member) && fault.contains("65536"),
                "{fault}"
            );
        }
    }
}
