//! Writes what a search finds a resource by: the texts of the fields with the option
//! `registan.options.v1.words`.

use protox::prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use crate::described::{Description, RESOURCE};
use crate::indexed::INDEX;
use crate::options::{Options, member, named, pattern};

pub const WORDS: &str = "registan.options.v1.words";
const NAMED: u64 = 3;

/// The statements that gather texts, and the lists of names with the kinds that they name.
#[derive(Default)]
struct Found {
    texts: String,
    through: Vec<(String, String)>,
}

impl Description<'_> {
    /// The constants and the function by which the record knows the texts.
    pub fn said(&self) -> Result<String, String> {
        let mut found = Found::default();
        for field in self.own_fields() {
            self.said_of(&field, "self", "", &mut found)?;
        }
        let is_searched = !found.texts.is_empty();
        let options = Options::of_message(self.message);
        if is_searched && !options.is(self.pool, &[RESOURCE, "server_ids"]) {
            found.texts += "said.push(Said::new(Weight::Name, self.name.rsplit('/').next().unwrap_or_default()));";
        }
        if !is_searched && !found.through.is_empty() {
            return Err(format!("{}: it has no words of its own", self.message.full_name()));
        }
        let said = if is_searched {
            format!("let mut said = Vec::new(); {} said", found.texts)
        } else {
            "Vec::new()".to_owned()
        };
        Ok(format!(
            "const SEARCHED: bool = {is_searched};
            const THROUGH: &'static [(&'static str, &'static str)] = &{:?};
            fn said(&self) -> Vec<Said<'_>> {{ {said} }}",
            found.through
        ))
    }

    /// Adds what a field of `of` gives, and what the fields of its parts give; `above` is the path
    /// of the list that it is in.
    fn said_of(
        &self,
        field: &FieldDescriptor,
        of: &str,
        above: &str,
        found: &mut Found,
    ) -> Result<(), String> {
        let own = format!("{of}.{}", member(field));
        let weight = match Options::of_field(field).number(self.pool, &[WORDS]) {
            0 => return self.said_within(field, &own, found),
            NAMED => {
                found.through.extend(self.through(field, above)?);
                return Ok(());
            }
            1 => "Name",
            _ => "Text",
        };
        let text = |it: &str| format!("said.push(Said::new(Weight::{weight}, {it}.as_str()));");
        found.texts += &match field.kind() {
            Kind::String if field.is_list() => {
                format!("for text in &{own} {{ {} }}", text("text"))
            }
            Kind::String => format!("if !{own}.is_empty() {{ {} }}", text(&own)),
            Kind::Message(kind) => {
                let of_kind = match kind.full_name() {
                    "registan.type.v1.LocalizedText" => text("one.text"),
                    "registan.type.v1.ExternalId" => text("one.value"),
                    _ => return Err(unknown(field)),
                };
                format!("for one in &{own} {{ {of_kind} }}")
            }
            _ => return Err(unknown(field)),
        };
        Ok(())
    }

    /// Adds what the fields of the parts of a list give.
    fn said_within(
        &self,
        field: &FieldDescriptor,
        own: &str,
        found: &mut Found,
    ) -> Result<(), String> {
        let Kind::Message(part) = field.kind() else { return Ok(()) };
        if !field.is_list() || part.package_name() != self.message.package_name() {
            return Ok(());
        }
        let mut within = Found::default();
        for inner in part.fields() {
            self.said_of(&inner, "part", field.name(), &mut within)?;
        }
        found.through.extend(within.through);
        if !within.texts.is_empty() {
            found.texts += &format!("for part in &{own} {{ {} }}", within.texts);
        }
        Ok(())
    }

    /// The list that a filter asks for by a name, and the kinds that it names.
    fn through(
        &self,
        field: &FieldDescriptor,
        above: &str,
    ) -> Result<Vec<(String, String)>, String> {
        let options = Options::of_field(field);
        let names = named(self.pool, field)?;
        let is_asked = options.is(self.pool, &[INDEX, "filter"]);
        if names.is_empty() || !is_asked || !field.is_list() && above.is_empty() {
            return Err(unknown(field));
        }
        let path = match options.text(self.pool, &[INDEX, "path"]) {
            path if !path.is_empty() => path,
            _ if above.is_empty() => field.name().to_owned(),
            _ => format!("{above}.{}", field.name()),
        };
        let kind = |name: &String| {
            let is_it = |it: &MessageDescriptor| {
                pattern(self.pool, it).as_ref() == Some(name)
                    && it.package_name() == self.message.package_name()
            };
            let named = self.pool.all_messages().find(is_it).ok_or_else(|| unknown(field))?;
            let path_of_kind = ["google.api.resource", "singular"];
            let kind = Options::of_message(&named).text(self.pool, &path_of_kind);
            Ok((path.clone(), kind))
        };
        names.iter().map(kind).collect()
    }
}

fn unknown(field: &FieldDescriptor) -> String {
    format!("{}: how to search by such a field is not known", field.full_name())
}
