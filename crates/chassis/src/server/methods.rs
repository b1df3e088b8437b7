//! The methods that are served: who may call them and whether they stream, from the descriptors.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use policy::rule::path;
use policy::{Audit, Rule, Rules};
use prost_reflect::{DescriptorError, DescriptorPool};

use super::measured::Meters;

/// The proto services that every server answers to all callers: health and reflection. These
/// contracts are not ours, so they have no rule of their own.
const OPEN: [&str; 3] = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

/// The cost of a method with a stream where the contract gives none.
const STREAM_COST: u32 = 5;

/// The rule of what everybody may ask.
pub(super) static OPEN_RULE: LazyLock<Arc<Rule>> = LazyLock::new(|| {
    let action = "server.read".to_owned();
    Arc::new(Rule { action, anonymous: true, audit: Audit::Nothing, ..Rule::default() })
});

/// A method that is served.
#[derive(Debug)]
pub(super) struct Method {
    /// It has a stream in either direction: its deadline is longer.
    pub is_stream: bool,
    /// How many calls it counts for in the quota of its caller, before what its bytes count for.
    pub cost: u32,
    /// Every caller may call it, also with an invalid token.
    pub is_open: bool,
    /// The rule of who may call it; without one, no caller.
    pub rule: Option<Arc<Rule>>,
    /// The counts of its calls.
    pub meters: Meters,
}

/// By path.
#[derive(Debug)]
pub(super) struct Methods {
    methods: HashMap<String, Method>,
    services: Vec<String>,
}

/// Returns the cost that the contract gives, or a default: to open a stream is more work than a
/// unary call.
fn cost(is_stream: bool, rule: Option<&Rule>) -> u32 {
    match rule.map_or(0, |rule| rule.cost) {
        0 if is_stream => STREAM_COST,
        0 => 1,
        said => said,
    }
}

impl Methods {
    /// Reads a contract, of which the proto services `served` are answered here; health and
    /// reflection are known without.
    pub fn read(contract: &DescriptorPool, served: &[String]) -> Result<Self, DescriptorError> {
        let mut methods = HashMap::new();
        let rules = Rules::of(contract);
        for service in
            contract.services().filter(|it| served.iter().any(|name| name == it.full_name()))
        {
            for method in service.methods() {
                let is_stream = method.is_client_streaming() || method.is_server_streaming();
                let path = path(&method);
                let rule = rules.get(&path).cloned();
                let cost = cost(is_stream, rule.as_deref());
                let meters = Meters::default();
                methods.insert(path, Method { is_stream, cost, is_open: false, rule, meters });
            }
        }
        for set in [
            tonic_health::pb::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ] {
            let pool = DescriptorPool::decode(set)?;
            for service in pool.services().filter(|it| OPEN.contains(&it.full_name())) {
                for method in service.methods() {
                    let is_stream = method.is_client_streaming() || method.is_server_streaming();
                    let rule = Some(Arc::clone(&OPEN_RULE));
                    let cost = cost(is_stream, None);
                    let meters = Meters::default();
                    let open = Method { is_stream, cost, is_open: true, rule, meters };
                    methods.insert(path(&method), open);
                }
            }
        }
        Ok(Self { methods, services: served.to_vec() })
    }

    /// The method that is called by `path`.
    pub fn find(&self, path: &str) -> Option<&Method> {
        self.methods.get(path)
    }

    /// Returns whether the proto service that `path` asks for is answered here.
    pub fn knows_service_of(&self, path: &str) -> bool {
        let service = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        self.services.iter().any(|known| known == service) || OPEN.contains(&service)
    }
}
