//! Writes the fields by which lists of a resource may be asked.

use protox::prost_reflect::{FieldDescriptor, Kind};

use crate::described::{BY_HAND, CODE, Description, Pieces, words};
use crate::options::{Options, is_required, member, named, parent, pattern};

pub const INDEX: &str = "registan.options.v1.index";

impl Description<'_> {
    /// The fields by which a list may be asked.
    pub fn fields(&self, pieces: &mut Pieces) -> Result<String, String> {
        let mut fields: Vec<String> = self.of_parent()?.into_iter().collect();
        for field in self.own_fields() {
            fields.extend(self.field(&field, pieces)?);
            let Kind::Message(part) = field.kind() else { continue };
            if field.is_list() && part.package_name() != BY_HAND {
                for inner in part.fields() {
                    fields.extend(self.inner(&field, &inner, pieces)?);
                }
            }
        }
        Ok(format!(
            "fn fields<T: Deref<Target = Self>>() -> Vec<Field<T>> {{ vec![{}] }}",
            fields.join(",")
        ))
    }

    fn field(
        &self,
        field: &FieldDescriptor,
        pieces: &mut Pieces,
    ) -> Result<Option<String>, String> {
        let (name, options) = (member(field), Options::of_field(field));
        if !options.has(self.pool, INDEX) || options.is(self.pool, &[INDEX, "computed"]) {
            return Ok(None);
        }
        if let Some(code) = self.valued(field) {
            return Ok(Some(code));
        }
        let year = options.text(self.pool, &[INDEX, "year"]);
        if options.is(self.pool, &[INDEX, "by_day"]) || !year.is_empty() {
            return Err(self.unknown(field));
        }
        let path = match options.text(self.pool, &[INDEX, "path"]) {
            path if path.is_empty() => field.name().to_owned(),
            path => path,
        };
        let sort = options.is(self.pool, &[INDEX, "sort"]);
        let required = is_required(self.pool, field);
        let names = named(self.pool, field)?;
        let clone = format!("|it: &T| it.{name}.clone()");
        let code = match field.kind() {
            Kind::Enum(kind) if !field.is_list() && !sort => {
                let words = words(&kind, pieces);
                if required {
                    format!(
                        "Field::choice(\"{path}\", {words}.words, |it: &T| {words}.word(it.{name}).unwrap_or_default())"
                    )
                } else {
                    format!(
                        "Field::optional_choice(\"{path}\", {words}.words, |it: &T| {words}.word(it.{name}))"
                    )
                }
            }
            // A list of parts is asked by their kind.
            Kind::Message(kind) if field.is_list() && kind.package_name() != BY_HAND && !sort => {
                let of = kind.get_field_by_name("kind").ok_or_else(|| self.unknown(field))?;
                let Kind::Enum(of) = of.kind() else { return Err(self.unknown(field)) };
                let words = words(&of, pieces);
                format!(
                    "Field::choices(\"{path}\", {words}.words, |it: &T| it.{name}.iter().filter_map(|part| {words}.word(part.kind)).collect())"
                )
            }
            Kind::Message(kind) if kind.full_name() == "registan.type.v1.SourceRef" && !sort => {
                format!(
                    "Field::texts(\"{path}\", |it: &T| it.{name}.iter().map(|one| one.source.clone()).filter(|name| !name.is_empty()).collect()).naming(&[\"sources/{{source}}\"])"
                )
            }
            Kind::String if field.is_list() && names.is_empty() && !sort => {
                format!(
                    "Field::texts(\"{path}\", {clone}).spelled(|text| Ok(chronicle::fold(text)))"
                )
            }
            Kind::Int32 if !field.is_list() => {
                format!("Field::number(\"{path}\", |it: &T| i64::from(it.{name}))")
            }
            Kind::Bool if !sort => format!("Field::flag(\"{path}\", |it: &T| it.{name})"),
            Kind::Message(kind) if kind.full_name() == "registan.type.v1.PartialDate" && sort => {
                format!(
                    "Field::sorted_day(\"{path}\", |it: &T| facts::wire::sort_day(it.{name}.as_ref()))"
                )
            }
            Kind::Message(kind) if kind.full_name() == "registan.type.v1.ExternalId" && !sort => {
                format!(
                    "Field::texts(\"{path}\", |it: &T| facts::wire::spellings(&it.{name})).spelled(facts::source::key)"
                )
            }
            Kind::String if field.is_list() && !names.is_empty() && !sort => {
                format!("Field::texts(\"{path}\", {clone}).naming(&{names:?})")
            }
            Kind::String if !names.is_empty() && required && !sort => {
                format!("Field::text(\"{path}\", {clone}).naming(&{names:?})")
            }
            Kind::String if !names.is_empty() && !sort => {
                format!(
                    "Field::optional_text(\"{path}\", |it: &T| Some(it.{name}.clone())).naming(&{names:?})"
                )
            }
            Kind::String if !field.is_list() => match (options.number(self.pool, &[CODE]), sort) {
                (0, true) => format!("Field::sorted_words(\"{path}\", {clone})"),
                (0, false) => format!("Field::words(\"{path}\", {clone})"),
                (1, false) => {
                    format!("Field::text(\"{path}\", {clone}).spelled(facts::code::country)")
                }
                (2, false) => {
                    format!("Field::text(\"{path}\", {clone}).spelled(facts::code::currency)")
                }
                _ => return Err(self.unknown(field)),
            },
            _ => return Err(self.unknown(field)),
        };
        Ok(Some(code))
    }

    /// A field of the messages in a list, by which the list of resources may be asked.
    fn inner(
        &self,
        list: &FieldDescriptor,
        field: &FieldDescriptor,
        pieces: &mut Pieces,
    ) -> Result<Option<String>, String> {
        let options = Options::of_field(field);
        if !options.has(self.pool, INDEX) || options.is(self.pool, &[INDEX, "computed"]) {
            return Ok(None);
        }
        let path = match options.text(self.pool, &[INDEX, "path"]) {
            path if path.is_empty() => format!("{}.{}", list.name(), field.name()),
            path => path,
        };
        let (list, name) = (member(list), member(field));
        if let (Kind::Enum(kind), false) = (field.kind(), field.is_list()) {
            let words = words(&kind, pieces);
            return Ok(Some(format!(
                "Field::choices(\"{path}\", {words}.words, |it: &T| it.{list}.iter().filter_map(|part| {words}.word(part.{name})).collect())"
            )));
        }
        let names = named(self.pool, field)?;
        if names.is_empty() || field.kind() != Kind::String {
            return Err(self.unknown(field));
        }
        if options.is(self.pool, &[INDEX, "edge"]) {
            return self.edge(field, &path, &list, &names, pieces).map(Some);
        }
        let values = if field.is_list() {
            format!("flat_map(|part| part.{name}.iter().cloned())")
        } else {
            format!("map(|part| part.{name}.clone()).filter(|name| !name.is_empty())")
        };
        Ok(Some(format!(
            "Field::texts(\"{path}\", |it: &T| it.{list}.iter().{values}.collect()).naming(&{names:?})"
        )))
    }

    /// The edges of a list of parts, each of which names the other and says the relation in its
    /// field `kind`.
    fn edge(
        &self,
        field: &FieldDescriptor,
        path: &str,
        list: &str,
        names: &[String],
        pieces: &mut Pieces,
    ) -> Result<String, String> {
        let kind = field.parent_message().get_field_by_name("kind");
        let kind = kind.filter(|_| !field.is_list()).map(|kind| kind.kind());
        let Some(Kind::Enum(kind)) = kind else { return Err(self.unknown(field)) };
        let (words, name) = (words(&kind, pieces), member(field));
        Ok(format!(
            "Field::edges(\"{path}\", {words}.words, |it: &T| it.{list}.iter().filter_map(|part| Some((part.{name}.clone(), {words}.word(part.kind)?))).collect()).naming(&{names:?})"
        ))
    }

    /// The field that holds the name of what a resource lies within.
    fn of_parent(&self) -> Result<Option<String>, String> {
        let Some((_, path)) = parent(self.pool, self.message)? else { return Ok(None) };
        let own = pattern(self.pool, self.message).unwrap_or_default();
        let above = own.rsplitn(3, '/').nth(2).unwrap_or_default();
        Ok(Some(format!(
            "Field::text(\"{path}\", |it: &T| it.name.rsplitn(3, '/').nth(2).unwrap_or_default().to_owned()).naming(&[\"{above}\"])"
        )))
    }

    fn unknown(&self, field: &FieldDescriptor) -> String {
        format!("{}: how to ask for such a field is not known", field.full_name())
    }
}
