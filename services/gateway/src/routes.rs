//! The process that answers each proto service, by its package.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use prost_reflect::{DescriptorPool, MethodDescriptor};

use crate::upstream::Upstream;

/// The packages of each process. What stands in no such package is not passed on.
const PACKAGES: [(&str, &str); 4] = [
    ("agreements", "registan.agreements.v1"),
    ("agreements", "registan.access.v1"),
    ("projects", "registan.projects.v1"),
    ("rights-reporting", "registan.rights.v1"),
];

/// Full names of proto services, each with who answers it.
pub type Table = BTreeMap<String, Arc<Upstream>>;

/// Returns the process that keeps what stands in a package.
pub fn process(package: &str) -> Option<&'static str> {
    PACKAGES.iter().find(|(_, known)| *known == package).map(|(process, _)| *process)
}

/// Finds each proto service of the contract that one of `upstreams` answers.
pub fn table(contract: &DescriptorPool, upstreams: &[Arc<Upstream>]) -> Table {
    let mut table = Table::new();
    for service in contract.services() {
        let process = process(service.package_name());
        let upstream = process.and_then(|name| upstreams.iter().find(|it| it.name == name));
        if let Some(upstream) = upstream {
            table.insert(service.full_name().to_owned(), upstream.clone());
        }
    }
    table
}

/// The path of each method of the contract that has a stream in either direction.
pub fn streams(contract: &DescriptorPool) -> HashSet<String> {
    let methods = contract.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    let streams =
        methods.filter(|method| method.is_client_streaming() || method.is_server_streaming());
    streams.map(|method| path(&method)).collect()
}

/// Returns the path of the calls of a method.
pub fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

#[cfg(test)]
mod tests {
    use chassis::Settings;

    use super::*;

    #[test]
    fn every_service_of_the_contract_has_a_place() {
        let upstreams = PACKAGES.map(|(name, _)| {
            Upstream::new(&Settings::default(), name, "http://127.0.0.1:1").unwrap()
        });

        let table = table(api::descriptors(), &upstreams);

        let elsewhere = ["registan.partnership.v1", "registan.references.v1", "registan.search.v1"];
        for service in api::descriptors().services() {
            let is_elsewhere = elsewhere.contains(&service.package_name());
            assert_eq!(
                table.contains_key(service.full_name()),
                !is_elsewhere,
                "{}",
                service.full_name()
            );
        }
        assert_eq!(table["registan.rights.v1.ActivityService"].name, "rights-reporting");
        assert_eq!(table["registan.access.v1.GrantService"].name, "agreements");
    }
}
