//! The messages and proto services of the contract, by name.

use std::collections::HashMap;

use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, ServiceDescriptorProto,
};

/// The contract.
pub struct Contract<'a> {
    messages: HashMap<String, &'a DescriptorProto>,
    /// Each proto service with the package it is in.
    pub services: Vec<(&'a str, &'a ServiceDescriptorProto)>,
}

impl<'a> Contract<'a> {
    pub fn of(files: &'a [FileDescriptorProto]) -> Self {
        let mut contract = Self { messages: HashMap::new(), services: Vec::new() };
        for file in files {
            for message in &file.message_type {
                let name = format!(".{}.{}", file.package(), message.name());
                contract.messages.insert(name, message);
            }
            contract.services.extend(file.service.iter().map(|it| (file.package(), it)));
        }
        contract
    }

    /// The message of this full name: `.registan.agreements.v1.Framework`.
    pub fn message(&self, name: &str) -> Result<&'a DescriptorProto, String> {
        self.messages.get(name).copied().ok_or_else(|| format!("{name} is not in the contract"))
    }

    /// The field of `message` that holds a `kind`, or many.
    pub fn field_of(&self, message: &str, kind: &str) -> Result<&'a FieldDescriptorProto, String> {
        let fields = &self.message(message)?.field;
        let found = fields.iter().find(|field| field.type_name() == kind);
        found.ok_or_else(|| format!("{message} has no field of {kind}"))
    }

    pub fn has_field(&self, message: &str, field: &str) -> Result<bool, String> {
        Ok(self.message(message)?.field.iter().any(|it| it.name() == field))
    }
}

/// The path of a message in this crate: `crate::registan::r#type::v1::Date` of
/// `.registan.type.v1.Date`.
pub fn path(message: &str) -> String {
    let parts = message.split('.').map(|part| if part == "type" { "r#type" } else { part });
    format!("crate{}", parts.collect::<Vec<_>>().join("::"))
}

/// `agreement_service` of `AgreementService`.
pub fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
