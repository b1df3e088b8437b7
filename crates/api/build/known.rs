//! Writes what each message keeps of itself where only what was known on a day is asked for.

use protox::prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use crate::described::Description;
use crate::options::{is_output, is_required, member, named};

const SOURCE_REF: &str = "registan.type.v1.SourceRef";
const SOURCES: &str = "sources/{source}";
/// The field of what is kept, and marked, where it is not certain that it was known.
const PERHAPS: &str = "perhaps_known";
const DATE: &str = "registan.type.v1.PartialDate";

impl Description<'_> {
    /// Keeps of a message what was known: its parts, the names of sources, and what one field says
    /// by a source of that field alone, `left` by `left_source`. A message that can say so is kept
    /// where it may have been known.
    pub fn keep(&self) -> Result<String, String> {
        let is_marked = has_mark(self.message);
        let mut code = if is_marked { self.mark() } else { String::new() };
        for field in self.own_fields().filter(|field| !is_output(self.pool, field)) {
            if !(is_marked && field.name() == "source") {
                code += &self.keep_field(&field)?;
            }
        }
        if code.is_empty() {
            return Ok(code);
        }
        let kept = if is_marked { self.has_events() } else { "true".to_owned() };
        Ok(format!("fn keep(&mut self, known: &Known) -> bool {{ {code} {kept} }}"))
    }

    /// Marks a message, and has its parts know of it.
    fn mark(&self) -> String {
        let had = self.events().map(|own| format!("let {own} = self.{own}.len();"));
        let had = had.collect::<String>();
        let standing = match self.date() {
            Some(date) => format!("of_event(self.source.as_ref(), self.{date}.as_ref())"),
            None => "standing(self.source.as_ref())".to_owned(),
        };
        format!(
            "
    match known.{standing} {{
        Standing::Later => return false,
        standing => self.perhaps_known = standing == Standing::Perhaps,
    }}
    known.cover(self.source.as_mut());
    let known = &known.within(self.perhaps_known);
    {had}
"
        )
    }

    /// Returns whether something is left of each list of events that had some, where it is not
    /// certain that the whole was known.
    fn has_events(&self) -> String {
        let left = self.events().map(|own| format!("({own} == 0 || !self.{own}.is_empty())"));
        let left: Vec<String> = left.collect();
        if left.is_empty() {
            return "true".to_owned();
        }
        format!("!self.perhaps_known || {}", left.join(" && "))
    }

    /// The lists of parts that can be marked themselves.
    fn events(&self) -> impl Iterator<Item = String> {
        let is_marked = |field: &FieldDescriptor| match field.kind() {
            Kind::Message(part) => field.is_list() && has_mark(&part),
            _ => false,
        };
        self.own_fields().filter(is_marked).map(|field| member(&field))
    }

    /// The field that says when what the message states happened.
    fn date(&self) -> Option<String> {
        let field = self.message.get_field_by_name("date")?;
        let is_date = matches!(field.kind(), Kind::Message(kind) if kind.full_name() == DATE);
        (is_date && !field.is_list()).then(|| member(&field))
    }

    fn keep_field(&self, field: &FieldDescriptor) -> Result<String, String> {
        let own = member(field);
        let is_source = named(self.pool, field)?.iter().any(|pattern| pattern == SOURCES);
        Ok(match field.kind() {
            Kind::Message(kind) if kind.full_name() == SOURCE_REF => self.rest_on(field)?,
            Kind::Message(_) if field.is_list() => {
                format!("self.{own}.retain_mut(|part| part.keep(known));")
            }
            Kind::Message(_) => format!(
                "if self.{own}.as_mut().is_some_and(|part| !part.keep(known)) {{ self.{own} = None; }}"
            ),
            Kind::String if is_source && field.is_list() => {
                format!("self.{own}.retain(|name| known.names(name));")
            }
            Kind::String if is_source => {
                format!("if !known.names(&self.{own}) {{ self.{own}.clear(); }}")
            }
            _ => String::new(),
        })
    }

    /// Leaves out what rests on the source in a field: all of the message, or what the field beside
    /// it says.
    fn rest_on(&self, field: &FieldDescriptor) -> Result<String, String> {
        let (name, own) = (field.name(), member(field));
        let has_source = self.message.get_field_by_name("source").is_some();
        let is_own = name == "source" || (!has_source && is_required(self.pool, field));
        if is_own && !field.is_list() {
            let has = match self.date() {
                Some(date) => format!("has_event(self.{own}.as_ref(), self.{date}.as_ref())"),
                None => format!("has(self.{own}.as_ref())"),
            };
            return Ok(format!("if !known.{has} {{ return false; }}"));
        }
        let beside = name.strip_suffix("_source");
        let beside = beside.and_then(|beside| self.message.get_field_by_name(beside));
        match beside {
            Some(beside) if matches!(beside.kind(), Kind::Message(_)) && !beside.is_list() => {
                let beside = member(&beside);
                Ok(format!(
                    "if !known.has(self.{own}.as_ref()) {{ self.{own} = None; self.{beside} = None; }}"
                ))
            }
            _ => Err(format!("{}: what rests on this source is not known", field.full_name())),
        }
    }
}

/// Returns whether a message can say that it is not certain that it was known.
fn has_mark(message: &MessageDescriptor) -> bool {
    message.get_field_by_name(PERHAPS).is_some()
}
