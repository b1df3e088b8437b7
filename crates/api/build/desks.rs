//! The desks of a resource, as its message tells them.

use protox::prost_reflect::{Kind, MessageDescriptor};

use crate::described::{CODE, Description, RESOURCE};
use crate::options::{Options, member, named, parent};

impl Description<'_> {
    /// The desks that a message tells; above PUBLIC, what tells none has those of what it lies
    /// within, which are kept in the message.
    pub fn desks(&self) -> Result<String, String> {
        let told = self.told()?;
        if parent(self.pool, self.message)?.is_none() {
            return Ok(format!("fn desks(&self) -> policy::Desks {{ {told} }}"));
        }
        Ok(format!(
            "fn desks(&self) -> policy::Desks {{
                let told = {told};
                let inherited = self.desks.iter().map(|name| policy::Desks::named(name));
                if told.is_none() {{ inherited.fold(told, policy::Desks::and) }} else {{ told }}
            }}
            fn inherit(&mut self, desks: policy::Desks) {{
                self.desks.clear();
                if i64::from(self.tier) > policy::Tier::Public.level() && self.desks().is_none() {{
                    self.desks = desks.names();
                }}
            }}"
        ))
    }

    fn told(&self) -> Result<String, String> {
        let options = Options::of_message(self.message);
        let by = options.text(self.pool, &[RESOURCE, "desks_by"]);
        let mut code = "policy::Desks::NONE".to_owned();
        if let Some(field) = self.message.get_field_by_name(&by) {
            let country = Options::of_field(&field).number(self.pool, &[CODE]) == 1;
            code = if country {
                format!("policy::Desks::of_country(&self.{by})")
            } else if let Kind::Message(part) = field.kind() {
                let name = self.naming(&part)?;
                format!("policy::Desks::of_parties(self.{by}.iter().map(|it| it.{name}.as_str()))")
            } else if !field.is_list() {
                format!("policy::Desks::of_parties([self.{by}.as_str()])")
            } else {
                format!("policy::Desks::of_parties(self.{by}.iter().map(String::as_str))")
            };
        } else if !by.is_empty() {
            return Err(format!("{}: it has no field {by}", self.message.full_name()));
        }
        if options.is(self.pool, &[RESOURCE, "region_desk"]) {
            code = format!("policy::Desks::region().and({code})");
        }
        Ok(code)
    }

    /// The field of a part that is the code of a country, or names a resource.
    fn naming(&self, part: &MessageDescriptor) -> Result<String, String> {
        for field in part.fields() {
            let is_country = Options::of_field(&field).number(self.pool, &[CODE]) == 1;
            if is_country || !named(self.pool, &field)?.is_empty() {
                return Ok(member(&field));
            }
        }
        Err(format!("{}: none of its fields names a resource or a country", part.full_name()))
    }
}
