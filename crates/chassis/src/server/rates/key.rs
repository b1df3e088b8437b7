//! Whom a quota counts, and what is said when it is used up.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use instruments::table::QUOTA_REFUSALS;
use policy::Caller;

use crate::failure::{self, ErrorReason, Failure};

/// The caller that a quota counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::server) enum Key {
    Subject(String),
    Address(IpAddr),
}

impl Key {
    /// The subject of `caller`, or else the network it calls from.
    pub fn of(caller: &Caller, peer: IpAddr) -> Self {
        if !caller.is_anonymous() {
            return Self::Subject(caller.subject.clone());
        }
        Self::Address(network(peer))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject(subject) => write!(f, "subject:{subject}"),
            Self::Address(address) => write!(f, "clientip:{address}"),
        }
    }
}

/// The network that an address stands for: an IPv6 caller owns a whole /64 and is counted as one.
pub(in crate::server) fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        address @ IpAddr::V4(_) => address,
    }
}

pub(super) fn used_up(
    reason: ErrorReason,
    quota: &'static str,
    limit: NonZeroU32,
    key: &Key,
    allowed: &str,
    wait: Duration,
) -> Failure {
    QUOTA_REFUSALS.with(&[quota]).one();
    let description = format!("one caller may have {allowed}");
    let mut failure = Failure::resource_exhausted(reason, &description)
        .with("quota", quota)
        .with("limit", limit.to_string())
        .retry_after(wait);
    failure.quotas.push(failure::Quota { subject: key.to_string(), description });
    failure
}
