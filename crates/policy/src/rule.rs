//! The rules of the contract: who may call a method.

use std::collections::HashMap;
use std::sync::Arc;

use facts::vocabulary::Vocabulary;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, Value};

use crate::Role;

/// The method option of the contract.
const RULE: &str = "registan.options.v1.rule";

/// The records that the audit log keeps of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audit {
    /// Every resource above RESTRICTED in the answer.
    #[default]
    Read,
    /// The write.
    Write,
    /// Nothing.
    Nothing,
}

/// The rule of a method: who may call it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// The action, for logs and grants: `agreements.read`.
    pub action: String,
    /// The roles of which one is needed.
    pub roles: Vec<Role>,
    /// True if an anonymous caller may call it.
    pub anonymous: bool,
    /// The records of the audit log.
    pub audit: Audit,
    /// How many calls it counts for in the quota of its caller; 0 where the contract does not say
    /// it.
    pub cost: u32,
}

/// The rule of every method of the contract that has one.
#[derive(Clone, Debug, Default)]
pub struct Rules(HashMap<String, Arc<Rule>>);

impl Rules {
    /// Reads them. A method whose rule cannot be read has none.
    pub fn of(pool: &DescriptorPool) -> Self {
        let methods = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>());
        let rules =
            methods.filter_map(|method| Some((path(&method), Arc::new(rule(pool, &method)?))));
        Self(rules.collect())
    }

    /// The rule of a method by its path: `/registan.agreements.v1.AgreementService/GetAgreement`.
    pub fn get(&self, path: &str) -> Option<&Arc<Rule>> {
        self.0.get(path)
    }
}

/// The path by which a method is called.
pub fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

fn rule(pool: &DescriptorPool, method: &MethodDescriptor) -> Option<Rule> {
    let extension = pool.get_extension_by_name(RULE)?;
    let options = method.options();
    if !options.has_extension(&extension) {
        return None;
    }
    let option = options.get_extension(&extension);
    let rule = option.as_message()?;
    let action = text(rule, "action").filter(|action| !action.is_empty())?;
    let roles = rule.get_field_by_name("roles")?;
    let roles = roles.as_list()?.iter().map(|role| Role::from_number(role.as_enum_number()?));
    let audit = match rule.get_field_by_name("audit")?.as_enum_number()? {
        0 | 1 => Audit::Read,
        2 => Audit::Write,
        3 => Audit::Nothing,
        _ => return None,
    };
    let anonymous = rule.get_field_by_name("anonymous")?.as_bool()?;
    let cost = rule.get_field_by_name("cost").and_then(|cost| cost.as_u32()).unwrap_or(0);
    Some(Rule { action, roles: roles.collect::<Option<_>>()?, anonymous, audit, cost })
}

fn text(message: &DynamicMessage, field: &str) -> Option<String> {
    message.get_field_by_name(field).as_deref().and_then(Value::as_str).map(ToOwned::to_owned)
}
