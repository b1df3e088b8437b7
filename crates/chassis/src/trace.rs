//! The trace of a call: read from its headers, passed on to those who are asked on the way.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};
use instruments::trace::{Trace, current};

use crate::Settings;
use crate::config::Networks;
use crate::tls::Peer;

/// The header of W3C Trace Context.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Tells whom we ask, by `headers`, to which trace it belongs. What stands there is replaced: it
/// names the span of our caller.
pub fn forward(headers: &mut HeaderMap) {
    let Some(trace) = current() else { return };
    if let Ok(value) = HeaderValue::try_from(trace.written()) {
        headers.insert(TRACEPARENT, value);
    }
}

/// The place of a call in its trace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Traced {
    pub trace: Trace,
    /// The span of the caller, if they named one.
    pub parent: Option<Trace>,
}

/// Decides which calls to a port are sampled.
pub(crate) struct Sampling {
    /// How many of a hundred calls, where their caller does not decide.
    pub percent: f64,
    /// The proxies in front of the port, whose word counts.
    proxies: Networks,
    /// True if only services call.
    is_between: bool,
}

impl Sampling {
    /// As the settings say, for a port that only services call, or everybody.
    pub fn new(settings: &Settings, is_between: bool) -> Self {
        let proxies = settings.trusted_proxies.clone();
        Self { percent: settings.trace_percent, proxies, is_between }
    }

    /// Returns whether who calls from `address` decides: a service, by its certificate if it has
    /// shown one, or a proxy. Others could fill the collector.
    pub fn is_decided_by(&self, address: IpAddr, peer: Option<&Peer>) -> bool {
        peer.map_or(self.is_between, Peer::is_known) || self.proxies.contain(address)
    }
}

/// Returns the place of a call to a service: below the span that its headers name, or in a new
/// trace. It is sampled as its caller says, where the caller `decides`; of others `percent` of a
/// hundred are.
pub(crate) fn of(
    headers: &HeaderMap,
    service: &'static str,
    percent: f64,
    decides: bool,
) -> Traced {
    let parent = headers.get(TRACEPARENT).and_then(|it| Trace::read(it.to_str().ok()?));
    let by_chance = || fastrand::f64() * 100.0 < percent;
    let trace = match parent {
        Some(parent) if decides => parent.below(service),
        Some(parent) => parent.below(service).sampled(by_chance()),
        None => Trace::new(service, by_chance()),
    };
    Traced { trace, parent }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_do_not_decide_what_is_sampled() {
        const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let headers = HeaderMap::from_iter([(TRACEPARENT, HeaderValue::from_static(GIVEN))]);
        let trusted_proxies = "10.0.0.0/8".parse().unwrap();
        let settings = Settings { trace_percent: 0.0, trusted_proxies, ..Settings::default() };
        let is_sampled = |address: &str, is_between| {
            let sampling = Sampling::new(&settings, is_between);
            let decides = sampling.is_decided_by(address.parse().unwrap(), None);
            let Traced { trace, parent } = of(&headers, "gateway", sampling.percent, decides);
            assert_eq!(Some(trace.id()), parent.map(Trace::id), "the id is kept");
            trace.is_sampled()
        };

        assert!(!is_sampled("192.0.2.1", false));
        assert!(!is_sampled("127.0.0.1", false));
        assert!(is_sampled("10.0.0.7", false), "a proxy decides");
        assert!(is_sampled("192.0.2.1", true), "a service decides");
    }
}
