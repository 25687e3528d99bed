//! Breach events: what responders find, do and decide. They come in any order and often late.

use crate::token::tokens;
use crate::{Information, Interval, Moment, Private, Span, Visibility, YesNo};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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

/// What a selector looks for: each list that is given must match; a list that is empty or absent
/// does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Matching {
    /// The first instant in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// The first instant no longer in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// Actors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actors: Option<Vec<Private>>,
    /// Accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<Private>>,
    /// Sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Vec<Private>>,
    /// IP addresses or networks (CIDR); an address without a prefix is itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_networks: Option<Vec<Private>>,
    /// Tokens or keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Vec<Private>>,
    /// Devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices: Option<Vec<Private>>,
    /// User agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<Vec<Private>>,
}

impl Matching {
    /// The seven lists, with their names.
    pub fn lists(&self) -> [(&'static str, &[Private]); 7] {
        fn list(list: &Option<Vec<Private>>) -> &[Private] {
            list.as_deref().unwrap_or_default()
        }
        [
            ("actors", list(&self.actors)),
            ("accounts", list(&self.accounts)),
            ("sessions", list(&self.sessions)),
            ("source_networks", list(&self.source_networks)),
            ("credentials", list(&self.credentials)),
            ("devices", list(&self.devices)),
            ("clients", list(&self.clients)),
        ]
    }

    /// Whether no list restricts anything.
    pub fn is_unrestricted(&self) -> bool {
        self.lists().iter().all(|(_, list)| list.is_empty())
    }

    /// When it holds; an absent `from` means from the beginning.
    pub fn span(&self) -> Span {
        Span {
            from: self.from.unwrap_or(Moment::MIN),
            until: self.until,
        }
    }

    fn fault(&self) -> Option<&'static str> {
        if self
            .from
            .zip(self.until)
            .is_some_and(|(from, until)| until < from)
        {
            return Some("`until` lies before `from`");
        }
        let bad = |text: &Private| {
            text.reveal().parse::<std::net::IpAddr>().is_err()
                && text.reveal().parse::<ipnet::IpNet>().is_err()
        };
        if self.source_networks.iter().flatten().any(bad) {
            return Some("`source_networks` holds something that is no address or network");
        }
        None
    }
}

/// Declares a report that looks for accesses. Its selector stands flat beside its own members, in
/// Avro as in JSON: `serde(flatten)` would read it through a buffer that takes every format for a
/// human-readable one, so that instants could not be read from Avro.
macro_rules! selecting {
    (
        $(#[$meta:meta])*
        $name:ident as $flat:ident, $flat_name:literal {
            $($(#[doc = $doc:literal])+ $(#[serde $fattr:tt])? $field:ident: $type:ty),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(from = $flat_name, into = $flat_name)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: $type,)+
            /// Which accesses.
            pub matching: Matching,
        }

        #[derive(Serialize, Deserialize)]
        struct $flat {
            $($(#[serde $fattr])? $field: $type,)+
            #[serde(default, skip_serializing_if = "Option::is_none")]
            from: Option<Moment>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            until: Option<Moment>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            actors: Option<Vec<Private>>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            accounts: Option<Vec<Private>>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            sessions: Option<Vec<Private>>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            source_networks: Option<Vec<Private>>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            credentials: Option<Vec<Private>>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            devices: Option<Vec<Private>>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            clients: Option<Vec<Private>>,
        }

        impl From<$flat> for $name {
            fn from(flat: $flat) -> $name {
                let $flat {
                    $($field,)+
                    from, until, actors, accounts, sessions, source_networks, credentials, devices,
                    clients,
                } = flat;
                let matching = Matching {
                    from, until, actors, accounts, sessions, source_networks, credentials, devices,
                    clients,
                };
                $name { $($field,)+ matching }
            }
        }

        impl From<$name> for $flat {
            fn from(report: $name) -> $flat {
                let $name { $($field,)+ matching } = report;
                let Matching {
                    from, until, actors, accounts, sessions, source_networks, credentials, devices,
                    clients,
                } = matching;
                $flat {
                    $($field,)+
                    from, until, actors, accounts, sessions, source_networks, credentials, devices,
                    clients,
                }
            }
        }
    };
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

/// What was done with information that was reached otherwise than by logged accesses.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Acts {
    /// It was accessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accessed: Option<YesNo>,
    /// It was acquired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acquired: Option<YesNo>,
    /// It was publicly exposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publicly_exposed: Option<YesNo>,
    /// It was disclosed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosed: Option<YesNo>,
}

/// Pseudonyms named one by one, or only counted.
pub type Entities = Vec<Private>;

/// Information reached otherwise than by logged accesses: an open store, a stolen copy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Exposure {
    /// The class of information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub information: Option<Information>,
    /// The first instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// The first instant it was no longer reachable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// The accounts, where they are known by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Entities>,
    /// How many accounts, where they are only counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Interval>,
    /// How many consumers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumers: Option<Interval>,
    /// How many recordings or records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Interval>,
    /// How many devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices: Option<Interval>,
    /// What was done with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acts: Option<Acts>,
    /// Whether it was encrypted in the form in which it was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<YesNo>,
    /// The key that it was encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Private>,
    /// Who could see it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Where the people live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residence: Option<String>,
    /// Whether the product is primarily for personal and residential use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residential: Option<YesNo>,
    /// To whom it was exposed or disclosed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// How sure; absent: possible, counts in at most only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// Whether the figures are estimates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated: Option<YesNo>,
}

tokens! {
    /// What a tally counts.
    TallyUnit {
        /// Accounts.
        Accounts = "accounts",
        /// Consumers.
        Consumers = "consumers",
        /// Users.
        Users = "users",
        /// Customers.
        Customers = "customers",
        /// Clients.
        Clients = "clients",
        /// Devices.
        Devices = "devices",
    }
}

/// A responder's own count: narrows an interval, never widens it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tally {
    /// What was counted.
    pub unit: TallyUnit,
    /// Of which class of information; absent: of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub information: Option<Information>,
    /// Of people where; absent: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residence: Option<String>,
    /// At least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u64>,
    /// At most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
    /// How sure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Whether encryption keys were reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// Which keys; absent: all that matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<Private>>,
    /// Whether they were accessed or acquired by an unauthorised person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<YesNo>,
}

tokens! {
    /// A point in the life of an incident.
    MilestoneName {
        /// The company discovered it.
        Discovered = "discovered",
        /// The company should have known of it.
        ShouldHaveKnown = "should_have_known",
        /// It was verified or confirmed.
        Verified = "verified",
        /// It was determined that a third-party incident happened.
        Determined = "determined",
        /// It was contained.
        Contained = "contained",
        /// The response was completed.
        ResponseCompleted = "response_completed",
        /// The investigation was completed.
        InvestigationCompleted = "investigation_completed",
        /// It was remediated.
        Remediated = "remediated",
        /// It was determined that no U.S. authority need be told.
        NoNoticeNeeded = "no_notice_needed",
    }
}

/// On which figures the decision that no notice is needed rests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MilestoneBasis {
    /// The classes of information.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub information: Option<Vec<Information>>,
    /// Up to how many accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<u64>,
    /// Up to how many consumers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumers: Option<u64>,
}

/// A point in the life of an incident was reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Milestone {
    /// Which.
    pub name: MilestoneName,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// For `no_notice_needed`: the figures it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<MilestoneBasis>,
}

tokens! {
    /// The level of an authority.
    Level {
        /// Federal or national.
        Federal = "federal",
        /// A State.
        State = "state",
        /// A locality.
        Local = "local",
        /// Of another country.
        Foreign = "foreign",
    }
}

tokens! {
    /// Who told the authority.
    NotifiedBy {
        /// The company under the order.
        Respondent = "respondent",
        /// A client of it.
        Client = "client",
        /// Somebody else.
        Other = "other",
    }
}

/// An authority was told, or is to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GovernmentNotice {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// Its level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Its country, ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Whether a statute or regulation of the United States, a State or a locality required it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<YesNo>,
    /// Which statute or regulation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<String>,
    /// When; absent: not told yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// About which classes; absent: what its matter is about, where that is one class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub information: Option<Vec<Information>>,
    /// About how many people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumers: Option<u64>,
    /// Who told it; absent: the respondent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<NotifiedBy>,
    /// Which client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Which version of the notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its text, by the name of a `document` report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

/// People were told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConsumerNotice {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// How many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipients: Option<u64>,
    /// Which version of the notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its text, by the name of a `document` report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

tokens! {
    /// Which part of a duty was done.
    PerformedPart {
        /// The report.
        Report = "report",
        /// An update.
        Update = "update",
        /// To the assessor.
        Assessor = "assessor",
        /// To a State authority.
        StateAuthority = "state_authority",
        /// To individuals.
        Individuals = "individuals",
        /// To media.
        Media = "media",
        /// To facilities.
        Facilities = "facilities",
        /// To the board.
        Board = "board",
        /// Publication.
        Publication = "publication",
        /// A task of the program.
        Task = "task",
    }
}

/// A duty was done, in tocsin or by hand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Performed {
    /// The order.
    pub order: String,
    /// The duty.
    pub duty: String,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// Which part; absent: the report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<PerformedPart>,
    /// For which period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// Until when it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// Its text, by the name of a `document` report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

tokens! {
    /// A yes/no fact that no other record carries.
    CircumstanceName {
        /// A notice would be required if recordings counted as personal information.
        NoticeWouldBeRequired = "notice_would_be_required",
        /// A client of the respondent must notify.
        ClientNoticeRequired = "client_notice_required",
        /// The host distributed the link or password.
        HostDistributedAccess = "host_distributed_access",
        /// It was a public meeting.
        PublicMeeting = "public_meeting",
        /// The people can be identified.
        Identifiable = "identifiable",
        /// It relates to hosting services.
        HostingServices = "hosting_services",
        /// A third party broke its contract.
        ContractBreached = "contract_breached",
        /// The platform's terms were broken.
        PlatformTermsBreached = "platform_terms_breached",
        /// The third party is one that the order covers.
        CoveredThirdParty = "covered_third_party",
        /// The individual authorised it.
        IndividualAuthorised = "individual_authorised",
        /// Reliable evidence shows that nothing was acquired.
        ReliableEvidenceOfNoAcquisition = "reliable_evidence_of_no_acquisition",
        /// It was in a personal health record.
        InPersonalHealthRecord = "in_personal_health_record",
        /// The entity acted as HIPAA covered entity or business associate.
        HipaaCapacity = "hipaa_capacity",
        /// It relates to a product.
        RelatesToProduct = "relates_to_product",
        /// Devices or access information were accessed.
        DevicesAccessed = "devices_accessed",
    }
}

selecting! {
    /// A yes/no fact, with the accesses it speaks of (no list: the whole matter).
    Circumstance as FlatCircumstance, "FlatCircumstance" {
        /// Which.
        name: CircumstanceName,
        /// Whether it is so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<YesNo>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
        /// The legal entity it speaks of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entity: Option<String>,
        /// The other party.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        party: Option<String>,
        /// The order it matters to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order: Option<String>,
        /// What shows it, by the name of a `document` report.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        document: Option<String>,
    }
}

tokens! {
    /// Which part of a notice a statement is for.
    StatementItem {
        /// The facts.
        Facts = "facts",
        /// The cause.
        Cause = "cause",
        /// The scope.
        Scope = "scope",
        /// Third parties.
        ThirdParties = "third_parties",
        /// What was done to remediate.
        Remediation = "remediation",
        /// What was done to protect the information from further exposure or access.
        Protection = "protection",
        /// What was done to protect the people.
        ConsumerProtection = "consumer_protection",
        /// What individuals should do.
        IndividualSteps = "individual_steps",
        /// Whom to contact.
        Contact = "contact",
        /// What is confidential, and why.
        Confidentiality = "confidentiality",
    }
}

/// Words for the notice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Statement {
    /// Which part.
    pub item: StatementItem,
    /// The words. People write them for a public record: no names of consumers.
    pub text: String,
    /// As of when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// Whether it is an estimate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated: Option<YesNo>,
}

/// A section of an order was, or may have been, violated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Noncompliance {
    /// The order.
    pub order: String,
    /// The provision, beginning with the section as the pack writes it.
    pub provision: String,
    /// What happened.
    pub text: String,
    /// Whether it is a violation; absent: yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violated: Option<YesNo>,
    /// How sure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// Whether it is material.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub material: Option<YesNo>,
    /// About how many people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumers: Option<Interval>,
    /// About which classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub information: Option<Vec<Information>>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// When it was corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<Moment>,
    /// When it was disclosed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosed_at: Option<Moment>,
}

tokens! {
    /// What the Commission's staff changed.
    StaffChange {
        /// The date.
        Due = "due",
        /// The channel.
        Channel = "channel",
        /// The form.
        Form = "form",
    }
}

/// The Commission's staff directed otherwise in writing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StaffDirection {
    /// The order.
    pub order: String,
    /// The duty; absent: all of the order's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duty: Option<String>,
    /// What changes.
    pub changes: StaffChange,
    /// To what: a date for `due`, words for the others.
    pub to: String,
    /// When they wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// The letter, by the name of a `document` report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

/// A law-enforcement agency asked that public notice be delayed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LawEnforcementRequest {
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// Whether it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<YesNo>,
    /// Whether it was in writing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<YesNo>,
    /// By which agency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// Whom to contact there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The request, by the name of a `document` report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
}

/// Something to attach.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Document {
    /// Its name, which other reports refer to.
    pub name: String,
    /// Its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// SHA-256 of its bytes, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// A path under the documents directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// Matters and actors that are one instance (`join`) or separate ones (`part`), with the envelope's
/// own matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Grouping {
    /// The other matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matters: Option<Vec<String>>,
    /// The actors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actors: Option<Vec<Private>>,
    /// For accesses from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// For accesses before then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

/// A record was wrong; it stays visible as withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Retraction {
    /// The record's id.
    pub of: String,
    /// The topic it stands on; absent: this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
}

/// Declares the union of reports twice: told apart by `kind` in human-readable formats, by the
/// record's name in Avro.
macro_rules! reports {
    ($($(#[$meta:meta])* $variant:ident($payload:ty) = $kind:literal),+ $(,)?) => {
        /// What a breach event reports.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Report { $($(#[$meta])* $variant($payload)),+ }

        impl Report {
            /// Every kind, in the order of the vocabulary.
            pub const KINDS: &'static [&'static str] = &[$($kind),+];

            /// The kind, as it stands in JSON.
            pub fn kind(&self) -> &'static str {
                match self { $(Report::$variant(_) => $kind),+ }
            }
        }

        #[derive(Serialize, Deserialize)]
        #[serde(tag = "kind")]
        enum Tagged { $(#[serde(rename = $kind)] $variant($payload)),+ }

        #[derive(Serialize, Deserialize)]
        enum Named { $($variant($payload)),+ }

        impl Serialize for Report {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    match self.clone() {
                        $(Report::$variant(payload) => Tagged::$variant(payload)),+
                    }.serialize(serializer)
                } else {
                    match self.clone() {
                        $(Report::$variant(payload) => Named::$variant(payload)),+
                    }.serialize(serializer)
                }
            }
        }

        impl<'de> Deserialize<'de> for Report {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Report, D::Error> {
                Ok(if deserializer.is_human_readable() {
                    match Tagged::deserialize(deserializer)? {
                        $(Tagged::$variant(payload) => Report::$variant(payload)),+
                    }
                } else {
                    match Named::deserialize(deserializer)? {
                        $(Named::$variant(payload) => Report::$variant(payload)),+
                    }
                })
            }
        }
    };
}

reports! {
    /// Look for these.
    Indicator(Indicator) = "indicator",
    /// A verdict.
    Judgement(Judgement) = "judgement",
    /// Information reached otherwise than by logged accesses.
    Exposure(Exposure) = "exposure",
    /// A count.
    Tally(Tally) = "tally",
    /// Whether keys were reached.
    Key(Key) = "key",
    /// A point in the life of the incident.
    Milestone(Milestone) = "milestone",
    /// An authority was told.
    GovernmentNotice(GovernmentNotice) = "government_notice",
    /// People were told.
    ConsumerNotice(ConsumerNotice) = "consumer_notice",
    /// A duty was done.
    Performed(Performed) = "performed",
    /// A yes/no fact.
    Circumstance(Circumstance) = "circumstance",
    /// Words for the notice.
    Statement(Statement) = "statement",
    /// A section was violated.
    Noncompliance(Noncompliance) = "noncompliance",
    /// Staff directed otherwise.
    StaffDirection(StaffDirection) = "staff_direction",
    /// Law enforcement asked for delay.
    LawEnforcementRequest(LawEnforcementRequest) = "law_enforcement_request",
    /// Something to attach.
    Document(Document) = "document",
    /// One instance.
    Join(Grouping) = "join",
    /// Separate instances.
    Part(Grouping) = "part",
    /// A record was wrong.
    Retraction(Retraction) = "retraction",
}

/// One record of what responders found, did or decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BreachEvent {
    /// Identity at its source; unique in its topic.
    pub id: String,
    /// The responders' case.
    pub matter: String,
    /// When it was put on record.
    pub recorded_at: Moment,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Private>,
    /// The legal entity it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// What is reported.
    pub report: Report,
}

impl BreachEvent {
    /// What is wrong with this record beyond its types, if anything.
    pub fn fault(&self) -> Option<&'static str> {
        if self.id.is_empty() {
            return Some("`id` is empty");
        }
        if self.matter.is_empty() {
            return Some("`matter` is empty");
        }
        match &self.report {
            Report::Indicator(one) if one.matching.is_unrestricted() => {
                Some("an indicator without any list would match everything; name what to look for")
            }
            Report::Judgement(one) if one.matching.is_unrestricted() => {
                Some("a judgement without any list would match everything; name what it judges")
            }
            Report::Indicator(Indicator { matching, .. })
            | Report::Judgement(Judgement { matching, .. })
            | Report::Circumstance(Circumstance { matching, .. }) => matching.fault(),
            Report::Exposure(one)
                if one
                    .from
                    .zip(one.until)
                    .is_some_and(|(from, until)| until < from) =>
            {
                Some("`until` lies before `from`")
            }
            Report::Tally(one)
                if one
                    .at_least
                    .zip(one.at_most)
                    .is_some_and(|(least, most)| most < least) =>
            {
                Some("`at_most` is less than `at_least`")
            }
            Report::Retraction(one) if one.of.is_empty() => Some("`of` is empty"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_told_apart_by_kind() {
        let json = r#"{"id":"b1","matter":"M-7","recorded_at":"2026-10-01T00:00:00Z",
            "report":{"kind":"indicator","mode":"insider","actors":["emp-1"]}}"#;
        let event: BreachEvent = serde_json::from_str(json).expect("a breach event");
        assert_eq!(event.report.kind(), "indicator");
        assert_eq!(event.fault(), None);
        let again: BreachEvent =
            serde_json::from_str(&serde_json::to_string(&event).expect("json")).expect("again");
        assert_eq!(again, event);
    }

    #[test]
    fn an_indicator_that_restricts_nothing_is_malformed() {
        let json = r#"{"id":"b1","matter":"M-7","recorded_at":"2026-10-01T00:00:00Z",
            "report":{"kind":"indicator","actors":[]}}"#;
        let event: BreachEvent = serde_json::from_str(json).expect("a breach event");
        assert!(event.fault().is_some());
    }
}
