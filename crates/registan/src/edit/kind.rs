//! The kind of a resource, by its name, and how one of it is read and written.

use anyhow::Context;
use facts::check::matches_pattern;
use prost_reflect::{DynamicMessage, MethodDescriptor, ServiceDescriptor, Value};

use crate::ask::find::{pattern, services};

/// The methods of a kind.
pub struct Kind {
    pub get: MethodDescriptor,
    pub update: MethodDescriptor,
}

impl Kind {
    /// The kind of which a name is. An error says which names there are.
    pub fn of(name: &str) -> anyhow::Result<Self> {
        let all: Vec<(String, Self)> = services().iter().flat_map(kinds).collect();
        let patterns: Vec<String> = all.iter().map(|(pattern, _)| pattern.clone()).collect();
        let found = all.into_iter().find(|(pattern, _)| matches_pattern(name, pattern));
        let found = found.with_context(|| {
            format!("`{name}` is no name of what can be edited; known are {}", patterns.join(", "))
        });
        Ok(found?.1)
    }

    /// The request that reads the resource of a name.
    pub fn named(&self, name: &str) -> anyhow::Result<DynamicMessage> {
        let mut request = DynamicMessage::new(self.get.input());
        request.try_set_field_by_name("name", Value::String(name.to_owned()))?;
        Ok(request)
    }
}

/// The kinds that a service both gets and updates, with the patterns of their names.
fn kinds(service: &ServiceDescriptor) -> Vec<(String, Kind)> {
    let methods: Vec<MethodDescriptor> = service.methods().collect();
    let kind = |get: &MethodDescriptor| {
        let noun = get.name().strip_prefix("Get")?;
        let pattern = pattern(&get.output())?;
        let update = methods.iter().find(|it| it.name().strip_prefix("Update") == Some(noun))?;
        Some((pattern, Kind { get: get.clone(), update: update.clone() }))
    };
    methods.iter().filter_map(kind).collect()
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn a_name_says_of_which_kind_it_is() {
        for (name, update) in [
            ("parties/kz", "UpdateParty"),
            ("agreements/eu-kz-epca-2015", "UpdateAgreement"),
            ("agreements/eu-kz-epca-2015/provisions/art-1", "UpdateProvision"),
            ("projects/p/transactions/t", "UpdateTransaction"),
        ] {
            assert_eq!(Kind::of(name).unwrap().update.name(), update, "{name}");
        }
        let told = Kind::of("party/kz").err().unwrap().to_string();
        assert!(told.contains("parties/{party}"), "{told}");
    }
}
