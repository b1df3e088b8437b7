//! Writes `described.rs` for `crates/standard`: of each message with the option
//! `registan.options.v1.resource`, and of each message within it, the checks of its fields; of the
//! resource itself what the record must know.
//!
//! What an option asks that is not known here fails the build: a rule that stands in the contract
//! is enforced.

use std::collections::BTreeMap;

use protox::prost_reflect::{
    DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor,
};

use crate::contract::path;
use crate::options::{Options, is_output, is_required, member, named, parent, pattern};

pub const RESOURCE: &str = "registan.options.v1.resource";
pub const CODE: &str = "registan.options.v1.code";
const TEXT_BYTES: &str = "registan.options.v1.text_bytes";
/// The fields that every resource has, which the server sets or which are checked for all alike.
const SYSTEM: [&str; 8] =
    ["name", "uid", "etag", "create_time", "update_time", "delete_time", "tier", "desks"];
/// Messages whose checks are written by hand, in `crates/standard/src/checked.rs`.
pub const BY_HAND: &str = "registan.type.v1";
/// Most items of a list for which the contract says nothing else.
const MOST_ITEMS: u64 = 1000;
/// Most fields that one function checks.
const MOST_CHECKS: usize = 12;

/// The pieces of code that are written so far, each once, by the name of what it is for.
pub type Pieces = BTreeMap<String, String>;

pub fn code(pool: &DescriptorPool) -> Result<String, String> {
    let mut pieces = Pieces::new();
    let is_described =
        |message: &MessageDescriptor| Options::of_message(message).has(pool, RESOURCE);
    for message in pool.all_messages().filter(is_described) {
        Description { pool, message: &message }.write(&mut pieces)?;
    }
    let all = pool.all_messages().filter(is_described).map(|message| {
        format!("(\"{}\", violations::<{}>),", message.full_name(), rust(message.full_name()))
    });
    let list = format!(
        "/// Every resource that is described by its message, with what finds the violations of an encoded one; for tests.
        pub const DESCRIBED: &[(&str, Find)] = &[{}];",
        all.collect::<String>()
    );
    Ok(pieces.into_values().chain([list]).collect())
}

/// A message, and what is written for it.
pub struct Description<'a> {
    pub pool: &'a DescriptorPool,
    pub message: &'a MessageDescriptor,
}

impl Description<'_> {
    fn write(&self, pieces: &mut Pieces) -> Result<(), String> {
        self.checks(pieces)?;
        let code = format!(
            "impl Described for {} {{ {} {} {} {} {} {} {} }}",
            rust(self.message.full_name()),
            self.constants()?,
            self.tiers(),
            self.desks()?,
            self.fields(pieces)?,
            self.said()?,
            self.parts(),
            self.stamp(),
        );
        pieces.insert(format!("{} described", self.message.full_name()), code);
        Ok(())
    }

    pub fn own_fields(&self) -> impl Iterator<Item = FieldDescriptor> {
        self.message.fields().filter(|field| !SYSTEM.contains(&field.name()))
    }

    /// The checks of the fields, and those of the messages within.
    fn checks(&self, pieces: &mut Pieces) -> Result<(), String> {
        let name = format!("{} checks", self.message.full_name());
        if pieces.contains_key(&name) {
            return Ok(());
        }
        let (mut checks, mut refers) = (Vec::new(), String::new());
        for field in self.own_fields() {
            self.check_tier(&field)?;
            // What only the server says is not taken from a caller.
            if is_output(self.pool, &field) {
                checks.push(format!("message.{} = {};", member(&field), nothing(&field)));
                continue;
            }
            checks.push(self.presence(&field) + &self.check(&field, pieces)?);
            refers += &self.refer(&field)?;
        }
        let code = format!(
            "{} impl Checked for {} {{
                fn checked(check: &mut Check, mut message: Self) -> Option<Self> {{
                    {} Some(message)
                }}
                fn refer(&self, at: &str, all: &mut Vec<Reference>) {{ {refers} let _ = (at, all); }}
                {}
            }}",
            self.parted(&mut checks),
            rust(self.message.full_name()),
            checks.concat(),
            self.keep()?,
        );
        pieces.insert(name, code);
        for field in self.own_fields().filter(|field| !is_output(self.pool, field)) {
            if let Kind::Message(kind) = field.kind()
                && ![BY_HAND, "google.protobuf"].contains(&kind.package_name())
            {
                Description { pool: self.pool, message: &kind }.checks(pieces)?;
            }
        }
        Ok(())
    }

    /// The checks of the fields after the first, as functions, so that none is long; what calls
    /// them takes their place.
    fn parted(&self, checks: &mut Vec<String>) -> String {
        let rest = checks.split_off(checks.len().min(MOST_CHECKS));
        let name = self.message.full_name().replace('.', "_").to_lowercase();
        let message = rust(self.message.full_name());
        let mut functions = String::new();
        for (place, some) in rest.chunks(MOST_CHECKS).enumerate() {
            let (function, code) = (format!("{name}_{}", place + 1), some.concat());
            if code.is_empty() {
                continue;
            }
            let is_set = |statement: &str| statement.trim_start().starts_with("message.");
            let binding = if code.split(';').any(is_set) { "mut message" } else { "message" };
            functions += &format!(
                "fn {function}(check: &mut Check, {binding}: {message}) -> {message} {{ {code} message }}"
            );
            checks.push(format!("message = {function}(check, message);"));
        }
        functions
    }

    /// The check that a list which must be given is not empty.
    fn presence(&self, field: &FieldDescriptor) -> String {
        if !field.is_list() || !is_required(self.pool, field) {
            return String::new();
        }
        let (name, own) = (field.name(), member(field));
        format!(
            "if message.{own}.is_empty() {{ check.violation(\"{name}\", facts::ErrorReason::Required, \"must not be empty\"); }}"
        )
    }

    /// How a field is checked.
    fn check(&self, field: &FieldDescriptor, pieces: &mut Pieces) -> Result<String, String> {
        let (name, own, options) = (field.name(), member(field), Options::of_field(field));
        let required = is_required(self.pool, field);
        let most = |path: &[&str]| options.number(self.pool, path);
        let items = match most(&["buf.validate.field", "repeated", "max_items"]) {
            0 => MOST_ITEMS,
            items => items,
        };
        let names = named(self.pool, field)?;
        Ok(match field.kind() {
            Kind::Bool if !field.is_list() => String::new(),
            Kind::Int32 if !field.is_list() => self.whole(field)?,
            Kind::Enum(kind) if !field.is_list() => {
                let words = words(&kind, pieces);
                format!("check.choice(\"{name}\", message.{own}, &{words}, {required});")
            }
            Kind::Message(_) if field.is_list() && options.has(self.pool, TEXT_BYTES) => {
                let bytes = most(&[TEXT_BYTES]);
                format!(
                    "message.{own} = check.each(\"{name}\", {items}, message.{own}, |check, item| facts::wire::text(check, item, {bytes}).into());"
                )
            }
            Kind::Message(_) if field.is_list() => {
                let mut code =
                    format!("message.{own} = many(check, \"{name}\", {items}, message.{own});");
                if let Some(id) = self.part_id(field) {
                    code += &format!(
                        "check.ids(\"{name}\", \"{id}\", message.{own}.iter().map(|part| part.{id}.as_str()));"
                    );
                }
                code
            }
            Kind::Message(_) => {
                format!("message.{own} = one(check, \"{name}\", message.{own}, {required});")
            }
            Kind::String if field.is_list() && !names.is_empty() => format!(
                "message.{own} = check.each(\"{name}\", {items}, message.{own}, |check, item| check.name(\"\", item, &{names:?}, true));"
            ),
            Kind::String if field.is_list() => {
                let bytes =
                    most(&["buf.validate.field", "repeated", "items", "string", "max_bytes"]);
                self.some(field, bytes)?;
                format!(
                    "message.{own} = check.each(\"{name}\", {items}, message.{own}, |check, item| check.required_text(\"\", item, {bytes}));"
                )
            }
            Kind::String if !names.is_empty() => format!(
                "message.{own} = check.name(\"{name}\", message.{own}, &{names:?}, {required});"
            ),
            Kind::String if options.is(self.pool, &["registan.options.v1.part_id"]) => {
                String::new()
            }
            Kind::String if options.is(self.pool, &["registan.options.v1.percentage"]) => format!(
                "message.{own} = facts::wire::read_percentage(check, \"{name}\", message.{own});"
            ),
            Kind::String => {
                let bytes = most(&["buf.validate.field", "string", "max_bytes"]);
                let text = if required { "required_text" } else { "text" };
                match options.number(self.pool, &[CODE]) {
                    0 | 3 => {
                        self.some(field, bytes)?;
                        format!("message.{own} = check.{text}(\"{name}\", message.{own}, {bytes});")
                    }
                    1 => format!(
                        "message.{own} = facts::wire::read_country(check, \"{name}\", message.{own}, {required});"
                    ),
                    2 => format!(
                        "message.{own} = facts::wire::read_currency(check, \"{name}\", message.{own}, {required});"
                    ),
                    _ => return Err(format!("{}: this code is not known", field.full_name())),
                }
            }
            _ => {
                return Err(format!(
                    "{}: how to check such a field is not known",
                    field.full_name()
                ));
            }
        })
    }

    /// The check of a whole number, of which the contract must say the least and the most.
    fn whole(&self, field: &FieldDescriptor) -> Result<String, String> {
        let (name, options) = (field.name(), Options::of_field(field));
        let bound = |which| options.whole(self.pool, &["buf.validate.field", "int32", which]);
        let (Some(least), Some(most)) = (bound("gte"), bound("lte")) else {
            return Err(format!(
                "{}: (buf.validate.field).int32 must say gte and lte",
                field.full_name()
            ));
        };
        Ok(format!("check.whole(\"{name}\", message.{name}, {least}..={most});"))
    }

    fn some(&self, field: &FieldDescriptor, most: u64) -> Result<(), String> {
        let is_missing = most == 0;
        let message = || format!("{}: (buf.validate.field) must say max_bytes", field.full_name());
        if is_missing { Err(message()) } else { Ok(()) }
    }

    /// The field of a part that holds its id.
    fn part_id(&self, field: &FieldDescriptor) -> Option<String> {
        let Kind::Message(part) = field.kind() else { return None };
        let is_id = |field: &FieldDescriptor| {
            Options::of_field(field).is(self.pool, &["registan.options.v1.part_id"])
        };
        part.fields().find(is_id).map(|id| id.name().to_owned())
    }

    /// How the names in a field are gathered.
    fn refer(&self, field: &FieldDescriptor) -> Result<String, String> {
        let (name, own) = (field.name(), member(field));
        let names = !named(self.pool, field)?.is_empty();
        Ok(match field.kind() {
            Kind::Message(_) if field.is_list() => format!(
                "for (place, part) in self.{own}.iter().enumerate() {{ part.refer(&format!(\"{{at}}{name}[{{place}}].\"), all); }}"
            ),
            Kind::Message(_) => format!(
                "if let Some(part) = &self.{own} {{ part.refer(&format!(\"{{at}}{name}.\"), all); }}"
            ),
            Kind::String if names && field.is_list() => {
                format!("all.extend(Reference::all(&format!(\"{{at}}{name}\"), &self.{own}));")
            }
            Kind::String if names => {
                format!("all.extend(Reference::optional(format!(\"{{at}}{name}\"), &self.{own}));")
            }
            _ => String::new(),
        })
    }

    fn constants(&self) -> Result<String, String> {
        let options = Options::of_message(self.message);
        let pattern = pattern(self.pool, self.message)
            .ok_or_else(|| format!("{}: must have a pattern", self.message.name()))?;
        let parent = parent(self.pool, self.message)?;
        Ok(format!(
            "const KIND: &'static str = \"{}\";
            const PATTERN: &'static str = \"{pattern}\";
            const PARENT: Option<(&'static str, &'static str)> = {parent:?};
            const ORDER: &'static str = \"{}\";
            const SERVER_IDS: bool = {};
            fn tier(&self) -> i32 {{ self.tier }}",
            options.text(self.pool, &["google.api.resource", "singular"]),
            options.text(self.pool, &[RESOURCE, "order"]),
            options.is(self.pool, &[RESOURCE, "server_ids"]),
        ))
    }

    /// The parts that others may refer to.
    fn parts(&self) -> String {
        let part = |field: FieldDescriptor| {
            let pattern = Options::of_field(&field).text(self.pool, &["registan.options.v1.parts"]);
            let id = self.part_id(&field).filter(|_| !pattern.is_empty())?;
            let (collection, name) = (pattern.rsplit('/').nth(1)?, member(&field));
            Some(format!(
                "(\"{pattern}\", |it: &T| it.{name}.iter().map(|part| format!(\"{{}}/{collection}/{{}}\", it.name, part.{id})).collect())"
            ))
        };
        let parts: Vec<String> = self.own_fields().filter_map(part).collect();
        format!("fn parts<T: Deref<Target = Self>>() -> Parts<T> {{ vec![{}] }}", parts.join(","))
    }

    fn stamp(&self) -> String {
        let set = SYSTEM[1..].iter().map(|field| format!("self.{field} = stamp.{field};"));
        format!(
            "fn stamp(&mut self, name: String, stamp: Stamp) {{ self.name = name; {} }}",
            set.collect::<String>()
        )
    }
}

/// The value of a field that nobody set.
fn nothing(field: &FieldDescriptor) -> &'static str {
    match field.kind() {
        _ if field.is_list() => "Vec::new()",
        Kind::Message(_) => "None",
        Kind::Bool => "false",
        Kind::String => "String::new()",
        _ => "0",
    }
}

/// The name of the words of an enum, which are written once.
pub fn words(kind: &EnumDescriptor, pieces: &mut Pieces) -> String {
    let name = kind.full_name().trim_start_matches("registan.").replace('.', "_").to_uppercase();
    let zero = kind.default_value();
    let prefix = zero.name().trim_end_matches("UNSPECIFIED");
    let known: Vec<_> = kind.values().filter(|value| value.number() != 0).collect();
    let words = known.iter().map(|it| it.name().trim_start_matches(prefix).to_owned());
    pieces.insert(
        format!(" {name}"),
        format!(
            "/// The words of `{}`, with their numbers.
            pub static {name}: Words = Words {{ numbers: &{:?}, words: &{:?} }};",
            kind.full_name(),
            known
                .iter()
                .map(protox::prost_reflect::EnumValueDescriptor::number)
                .collect::<Vec<_>>(),
            words.collect::<Vec<_>>(),
        ),
    );
    name
}

/// The path of a message, seen from another crate.
fn rust(message: &str) -> String {
    path(&format!(".{message}")).replacen("crate", "api", 1)
}
