//! Whether an access is among those that a report speaks of.

use facts::{Access, Matching, Private};
use ipnet::IpNet;
use std::net::IpAddr;

/// Whether `access` matches: it overlaps the window, and each list that is given names what the
/// access states. What the access does not state matches no list; without a list nothing matches.
pub(crate) fn matches(matching: &Matching, access: &Access) -> bool {
    if matching.is_unrestricted() || !matching.span().overlaps(access.at, access.until) {
        return false;
    }
    let names = |list: &Option<Vec<Private>>, value: Option<&Private>| {
        let list = list.as_deref().unwrap_or_default();
        list.is_empty() || value.is_some_and(|value| list.contains(value))
    };
    names(&matching.actors, access.actor.as_ref())
        && names(&matching.accounts, Some(&access.account))
        && names(&matching.sessions, access.session.as_ref())
        && names(&matching.credentials, access.credential.as_ref())
        && names(&matching.devices, access.device.as_ref())
        && names(&matching.clients, access.client.as_ref())
        && holds(
            matching.source_networks.as_deref().unwrap_or_default(),
            access,
        )
}

fn holds(networks: &[Private], access: &Access) -> bool {
    if networks.is_empty() {
        return true;
    }
    let address = access
        .source_address
        .as_ref()
        .and_then(|text| text.reveal().parse().ok());
    let Some(address) = address.map(|address: IpAddr| address.to_canonical()) else {
        return false;
    };
    networks.iter().any(|text| {
        let text = text.reveal();
        match text.parse::<IpAddr>() {
            Ok(one) => one.to_canonical() == address,
            Err(_) => text
                .parse()
                .is_ok_and(|net: IpNet| canonical(net).contains(&address)),
        }
    })
}

/// A network of IPv4 written in IPv6 as the IPv4 network that it is.
fn canonical(net: IpNet) -> IpNet {
    if let IpNet::V6(six) = net
        && let Some(four) = six.addr().to_ipv4_mapped()
        && let Some(length) = six.prefix_len().checked_sub(96)
        && let Ok(net) = IpNet::new(IpAddr::V4(four), length)
    {
        return net;
    }
    net
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(address: &str) -> Access {
        serde_json::from_value(serde_json::json!({
            "id": "a", "at": "2026-06-01T00:00:00Z", "action": "view", "actor": "x",
            "information": "home_security_recording", "account": "acct",
            "source_address": address,
        }))
        .unwrap()
    }

    fn matching(json: serde_json::Value) -> Matching {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn every_list_must_match_and_ipv4_in_ipv6_is_ipv4() {
        let nets = serde_json::json!({"source_networks": ["10.0.0.0/8"], "actors": ["x"]});
        assert!(matches(&matching(nets.clone()), &access("::ffff:10.1.2.3")));
        assert!(!matches(&matching(nets), &access("11.0.0.1")));
        let mapped = serde_json::json!({"source_networks": ["::ffff:10.0.0.0/104"]});
        assert!(matches(&matching(mapped), &access("10.1.2.3")));
        let other = serde_json::json!({"source_networks": ["10.0.0.0/8"], "actors": ["y"]});
        assert!(!matches(&matching(other), &access("10.1.2.3")));
        assert!(!matches(
            &matching(serde_json::json!({})),
            &access("10.1.2.3")
        ));
    }
}
