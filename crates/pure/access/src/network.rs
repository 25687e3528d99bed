//! IP addresses and networks in one space: an IPv4 address inside IPv6 is the IPv4 address.

use ipnet::IpNet;
use rustc_hash::FxHashSet;
use std::net::IpAddr;

/// The prefix of IPv4 in IPv6, `::ffff:0:0/96`.
const MAPPED_BITS: u8 = 96;
const MAPPED: u128 = 0xffff << 32;

/// An address as one number; IPv4 is mapped into IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Address(u128);

impl Address {
    /// The address that `text` writes; `None` where it writes none.
    pub(crate) fn parse(text: &str) -> Option<Address> {
        text.parse::<IpAddr>().ok().map(Address::of)
    }

    fn of(address: IpAddr) -> Address {
        Address(match address {
            IpAddr::V4(four) => four.to_ipv6_mapped().to_bits(),
            IpAddr::V6(six) => six.to_bits(),
        })
    }

    fn is_ipv4(self) -> bool {
        self.0 >> 32 == MAPPED >> 32
    }
}

/// A set of networks, by the length of their prefixes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Networks {
    by_length: Vec<(u8, FxHashSet<u128>)>,
}

impl Networks {
    /// The networks that `texts` write. What writes none is left out: a record that holds such a
    /// text is malformed and never gets here.
    pub(crate) fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Networks {
        let mut networks = Networks::default();
        for (prefix, bits) in texts.into_iter().filter_map(network) {
            networks.insert(prefix, bits);
        }
        networks
    }

    fn insert(&mut self, prefix: u128, bits: u8) {
        match self
            .by_length
            .binary_search_by_key(&bits, |(bits, _)| *bits)
        {
            Ok(at) => {
                self.by_length[at].1.insert(prefix);
            }
            Err(at) => self
                .by_length
                .insert(at, (bits, FxHashSet::from_iter([prefix]))),
        }
    }

    /// Whether one of the networks holds `address`. A network of IPv6 wider than all of IPv4 holds
    /// no IPv4 address.
    pub(crate) fn contains(&self, address: Address) -> bool {
        self.by_length.iter().any(|(bits, prefixes)| {
            (*bits >= MAPPED_BITS || !address.is_ipv4())
                && prefixes.contains(&masked(address.0, *bits))
        })
    }

    /// Each network as its prefix and the length of it, in the order of the lengths.
    pub(crate) fn prefixes(&self) -> impl Iterator<Item = (u8, u128)> {
        self.by_length
            .iter()
            .flat_map(|(bits, all)| all.iter().map(|prefix| (*bits, *prefix)))
    }
}

/// What [`Networks::prefixes`] gives, for one address: the prefix of `bits`, where an address of
/// that kind can have it.
pub(crate) fn prefix_of(address: Address, bits: u8) -> Option<u128> {
    (bits >= MAPPED_BITS || !address.is_ipv4()).then(|| masked(address.0, bits))
}

fn masked(address: u128, bits: u8) -> u128 {
    match bits {
        0 => 0,
        _ => address & (u128::MAX << (128 - u32::from(bits.min(128)))),
    }
}

fn network(text: &str) -> Option<(u128, u8)> {
    if let Some(Address(address)) = Address::parse(text) {
        return Some((address, 128));
    }
    let network: IpNet = text.parse().ok()?;
    let Address(address) = Address::of(network.addr());
    let bits = match network {
        IpNet::V4(four) => MAPPED_BITS + four.prefix_len(),
        IpNet::V6(six) => six.prefix_len(),
    };
    Some((masked(address, bits), bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(networks: &[&str], address: &str) -> bool {
        Networks::parse(networks.iter().copied()).contains(Address::parse(address).unwrap())
    }

    #[test]
    fn an_address_without_a_prefix_is_itself() {
        assert!(holds(&["203.0.113.7"], "203.0.113.7"));
        assert!(!holds(&["203.0.113.7"], "203.0.113.8"));
        assert!(holds(&["2001:db8::1"], "2001:DB8:0::1"));
    }

    #[test]
    fn ipv4_in_ipv6_is_ipv4() {
        assert!(holds(&["203.0.113.0/24"], "::ffff:203.0.113.7"));
        assert!(holds(&["::ffff:203.0.113.0/120"], "203.0.113.7"));
        assert!(holds(&["::ffff:203.0.113.7"], "203.0.113.7"));
        assert!(holds(&["0.0.0.0/0"], "::ffff:1.2.3.4"));
        assert!(!holds(&["0.0.0.0/0"], "2001:db8::1"));
        assert!(!holds(&["::/0"], "1.2.3.4"));
        assert!(holds(&["::/0"], "2001:db8::1"));
    }

    #[test]
    fn host_bits_do_not_matter_and_the_edges_hold() {
        assert!(holds(&["203.0.113.77/25"], "203.0.113.127"));
        assert!(!holds(&["203.0.113.77/25"], "203.0.113.128"));
        assert!(holds(
            &["198.51.100.0/24", "2001:db8::/32"],
            "2001:db8:ffff::1"
        ));
    }
}
