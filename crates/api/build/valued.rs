//! Writes the fields by which a list may be asked that are of days, money and identifiers.

use protox::prost_reflect::{FieldDescriptor, Kind};

use crate::described::{CODE, Description};
use crate::indexed::INDEX;
use crate::options::{Options, is_required, member};

impl Description<'_> {
    /// The fields of a day with its year, of the currency of an amount, and of identifiers; nothing
    /// for a field of another kind.
    pub fn valued(&self, field: &FieldDescriptor) -> Option<String> {
        let (own, options) = (member(field), Options::of_field(field));
        let path = match options.text(self.pool, &[INDEX, "path"]) {
            path if path.is_empty() => field.name().to_owned(),
            path => path,
        };
        let required = is_required(self.pool, field);
        let with = options.texts(self.pool, &[INDEX, "with"]);
        match field.kind() {
            Kind::String if options.number(self.pool, &[CODE]) == 3 && !field.is_list() => {
                Some(format!(
                    "Field::optional_text(\"{path}\", |it: &T| Some(it.{own}.clone())).spelled(facts::code::iati)"
                ))
            }
            Kind::Message(kind) if field.is_list() => {
                let is_id = kind.full_name() == "registan.type.v1.ExternalId" && !with.is_empty();
                let with: String = with.iter().map(|field| format!("&it.{field},")).collect();
                is_id.then(|| {
                    format!(
                        "Field::texts(\"{path}\", |it: &T| identifiers(&it.{own}, &[{with}])).spelled(facts::source::key)"
                    )
                })
            }
            Kind::Message(kind) if kind.full_name() == "registan.type.v1.Money" && required => {
                Some(format!(
                    "Field::text(\"{path}\", |it: &T| it.{own}.as_ref().map(|money| money.currency_code.clone()).unwrap_or_default()).spelled(facts::code::currency)"
                ))
            }
            Kind::Message(kind) if kind.full_name() == "registan.type.v1.Date" && required => {
                let year = options.text(self.pool, &[INDEX, "year"]);
                let mut code = format!(
                    "Field::sorted_day(\"{path}\", |it: &T| facts::wire::day(it.{own}.as_ref()))"
                );
                if !year.is_empty() {
                    code += &format!(
                        ", Field::number(\"{year}\", |it: &T| it.{own}.as_ref().map_or(0, |day| day.year.into()))"
                    );
                }
                Some(code)
            }
            _ => None,
        }
    }
}
