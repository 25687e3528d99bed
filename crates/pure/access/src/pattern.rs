//! One statement of what to look for, compiled for matching.

use crate::network::{Address, Networks};
use facts::{AccessView, Matching, Private, Span};
use rustc_hash::FxHashSet;

/// A member of an access that a list can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member {
    Session,
    Credential,
    Actor,
    Device,
    Account,
    Client,
}

impl Member {
    /// All of them, in the order of their declaration: the one that usually names the fewest
    /// accesses first.
    pub(crate) const ALL: [Member; 6] = [
        Member::Session,
        Member::Credential,
        Member::Actor,
        Member::Device,
        Member::Account,
        Member::Client,
    ];

    /// What `access` says.
    pub(crate) fn of<'a>(self, access: &AccessView<'a>) -> Option<&'a str> {
        match self {
            Member::Actor => access.actor,
            Member::Account => Some(access.account),
            Member::Session => access.session,
            Member::Credential => access.credential,
            Member::Device => access.device,
            Member::Client => access.client,
        }
    }

    fn list(self, matching: &Matching) -> &[Private] {
        let list = match self {
            Member::Actor => &matching.actors,
            Member::Account => &matching.accounts,
            Member::Session => &matching.sessions,
            Member::Credential => &matching.credentials,
            Member::Device => &matching.devices,
            Member::Client => &matching.clients,
        };
        list.as_deref().unwrap_or_default()
    }
}

/// A [`Matching`], compiled. Each list that is given must match, and the window be overlapped; a
/// member that the access does not state matches no list.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// When; an access matches that overlaps it.
    pub(crate) span: Span,
    lists: Vec<(Member, FxHashSet<Private>)>,
    networks: Option<Networks>,
}

impl Pattern {
    /// `matching`, compiled.
    pub fn new(matching: &Matching) -> Pattern {
        let lists = Member::ALL
            .into_iter()
            .map(|member| (member, member.list(matching)))
            .filter(|(_, list)| !list.is_empty())
            .map(|(member, list)| (member, list.iter().cloned().collect()))
            .collect();
        let networks = matching.source_networks.as_deref().unwrap_or_default();
        let networks =
            (!networks.is_empty()).then(|| Networks::parse(networks.iter().map(Private::reveal)));
        Pattern {
            span: matching.span(),
            lists,
            networks,
        }
    }

    /// Whether `access` matches. What restricts nothing matches nothing: it is malformed.
    pub fn matches(&self, access: &AccessView<'_>) -> bool {
        self.matches_lists(access)
            && self.networks.as_ref().is_none_or(|networks| {
                let address = access.source_address.and_then(Address::parse);
                address.is_some_and(|address| networks.contains(address))
            })
    }

    fn matches_lists(&self, access: &AccessView<'_>) -> bool {
        self.span.overlaps(access.at, access.until)
            && (!self.lists.is_empty() || self.networks.is_some())
            && self
                .lists
                .iter()
                .all(|(member, list)| member.of(access).is_some_and(|value| list.contains(value)))
    }

    /// What to index it by: the member that usually names the fewest accesses, with its values.
    pub(crate) fn key(&self) -> Option<(Member, &FxHashSet<Private>)> {
        self.lists.first().map(|(member, list)| (*member, list))
    }

    /// The values that a list restricts `member` to, if one does.
    pub(crate) fn list(&self, member: Member) -> Option<&FxHashSet<Private>> {
        self.lists
            .iter()
            .find(|(one, _)| *one == member)
            .map(|(_, list)| list)
    }

    /// The networks that it restricts addresses to, if it does.
    pub(crate) fn networks(&self) -> Option<&Networks> {
        self.networks.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::Access;

    fn access(address: &str) -> Access {
        serde_json::from_value(serde_json::json!({
            "id": "a", "at": "2026-06-01T00:00:00Z", "action": "view", "actor": "x",
            "information": "home_security_recording", "account": "acct",
            "source_address": address,
        }))
        .unwrap()
    }

    #[test]
    fn every_list_must_match_and_ipv4_in_ipv6_is_ipv4() {
        let matches = |json: serde_json::Value, address: &str| {
            let matching: Matching = serde_json::from_value(json).unwrap();
            Pattern::new(&matching).matches(&access(address).view())
        };
        let nets = serde_json::json!({"source_networks": ["10.0.0.0/8"], "actors": ["x"]});
        assert!(matches(nets.clone(), "::ffff:10.1.2.3"));
        assert!(!matches(nets, "11.0.0.1"));
        let mapped = serde_json::json!({"source_networks": ["::ffff:10.0.0.0/104"]});
        assert!(matches(mapped, "10.1.2.3"));
        let other = serde_json::json!({"source_networks": ["10.0.0.0/8"], "actors": ["y"]});
        assert!(!matches(other, "10.1.2.3"));
        assert!(!matches(serde_json::json!({}), "10.1.2.3"));
    }
}
