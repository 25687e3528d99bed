//! Which accesses a report is about: the selector that several reports carry.

use crate::name::too_long;
use crate::{Moment, Private, Span};
use serde::{Deserialize, Serialize};

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

    pub(super) fn fault(&self) -> Option<&'static str> {
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
        fn list(list: &Option<Vec<Private>>) -> impl Iterator<Item = &str> {
            list.iter().flatten().map(Private::reveal)
        }
        too_long!(
            "actors": list(&self.actors),
            "accounts": list(&self.accounts),
            "sessions": list(&self.sessions),
            "credentials": list(&self.credentials),
            "devices": list(&self.devices),
            "clients": list(&self.clients),
        )
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

pub(super) use selecting;
