//! The edges of the suite: which service may call which, and what. The one place where they stand;
//! the port of a service holds the certificates of its callers against them.

use api::rpc::Rpc;
use api::rpc::access_service::GetOwnGrants;
use api::rpc::reference_service::CheckReferences;
use chassis::tls::{self, Caller, Callers};

const ACCESS: &str = GetOwnGrants::SERVICE;
const REFERENCES: &str = CheckReferences::SERVICE;

/// Calls all that callers from outside may call, in their name.
const GATEWAY: Caller = Caller { name: tls::GATEWAY, may_call: &[] };

/// Each service with those that may call it. The gateway is not here: everybody may call it.
pub const EDGES: [(&str, Callers); 3] = [
    (
        "agreements",
        &[
            GATEWAY,
            // Both ask whether a name exists, when a source was published, and for the grants of
            // their caller.
            Caller { name: "projects", may_call: &[REFERENCES, ACCESS] },
            Caller { name: "rights-reporting", may_call: &[REFERENCES, ACCESS] },
        ],
    ),
    ("projects", &[GATEWAY, Caller { name: "rights-reporting", may_call: &[REFERENCES] }]),
    ("rights-reporting", &[GATEWAY]),
];

/// Returns the services that may call `service`; nothing where everybody may.
pub(crate) fn callers(service: &str) -> Option<Callers> {
    EDGES.iter().find(|(name, _)| *name == service).map(|(_, callers)| *callers)
}
