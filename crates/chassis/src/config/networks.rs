//! Networks of addresses, such as those of the proxies in front of the suite.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, ensure};
use http::{HeaderMap, HeaderName};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Networks, written `10.0.0.0/8, fd00::/8, 192.0.2.7`. None contain nothing. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Arc<[Network]>);

/// An IPv4 network is one of IPv6, of addresses that stand for IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: u128,
    mask: u128,
}

impl Networks {
    /// Returns whether an address is in one of them.
    pub fn contain(&self, address: IpAddr) -> bool {
        let bits = bits(address);
        self.0.iter().any(|network| bits & network.mask == network.address)
    }

    /// The address of a caller behind proxies of these networks: the last that a proxy forwarded
    /// for and that is none of them. What stands before it was written by the caller.
    pub fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut caller = peer;
        let values = headers.get_all(FORWARDED_FOR).into_iter().rev();
        let mut forwarded = values.flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
        while self.contain(caller) {
            match forwarded.next().map(|text| address(text.trim())) {
                Some(Some(before)) => caller = before,
                // Not an address: the last proxy that is known stands for its caller.
                Some(None) | None => break,
            }
        }
        caller
    }
}

/// An address, with a port or not.
fn address(text: &str) -> Option<IpAddr> {
    let unbracketed = text.trim_matches(['[', ']']).parse().ok();
    unbracketed.or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|at| at.ip()))
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl FromStr for Networks {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::parse).collect::<anyhow::Result<_>>().map(Self)
    }
}

impl FromStr for Network {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let wrong = || format!("{text} is not a network like 10.0.0.0/8");
        let (begin, length) = text.split_once('/').unwrap_or((text, ""));
        let begin: IpAddr = begin.parse().with_context(wrong)?;
        let most: u32 = if begin.is_ipv4() { 32 } else { Ipv6Addr::BITS };
        let length = if length.is_empty() { most } else { length.parse().with_context(wrong)? };
        ensure!(length <= most, wrong());
        let free = most - length;
        let mask = u128::MAX.checked_shl(free).unwrap_or(0);
        let address = bits(begin);
        ensure!(address & mask == address, "{text} has bits set beyond its length");
        Ok(Self { address, mask })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(peer: &str, forwarded: &[&str]) -> String {
        let proxies: Networks = "10.0.0.0/8, fd00::/8".parse().unwrap();
        let mut headers = HeaderMap::new();
        for text in forwarded {
            headers.append(FORWARDED_FOR, text.parse().unwrap());
        }
        proxies.caller(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn the_word_of_a_trusted_proxy_counts_and_no_other() {
        for (peer, forwarded, expected) in [
            ("192.0.2.1", &["198.51.100.7"][..], "192.0.2.1"),
            ("10.1.2.3", &[], "10.1.2.3"),
            ("10.1.2.3", &["198.51.100.7"], "198.51.100.7"),
            ("10.1.2.3", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            ("10.1.2.3", &["203.0.113.9, 198.51.100.7, 10.9.9.9"], "198.51.100.7"),
            ("10.1.2.3", &["203.0.113.9", "198.51.100.7,fd00::1"], "198.51.100.7"),
            ("fd00::2", &["[2001:db8::1]:443"], "2001:db8::1"),
            ("10.1.2.3", &["198.51.100.7:52100"], "198.51.100.7"),
            ("10.1.2.3", &["203.0.113.9, unknown"], "10.1.2.3"),
            ("10.1.2.3", &["10.0.0.4"], "10.0.0.4"),
        ] {
            assert_eq!(caller(peer, forwarded), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn a_network_that_is_none_is_refused() {
        for text in ["10.0.0.0/33", "10.0.0.1/8", "ten", "10.0.0.0/x", "::/129"] {
            text.parse::<Networks>().unwrap_err();
        }
        assert!("0.0.0.0/0".parse::<Networks>().unwrap().contain("192.0.2.1".parse().unwrap()));
        assert!(!"0.0.0.0/0".parse::<Networks>().unwrap().contain("2001:db8::1".parse().unwrap()));
        assert!(!Networks::default().contain("::".parse().unwrap()));
    }
}
