//! The facts of a resource, read from the options of its message.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use protox::prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, Kind, MessageDescriptor, ReflectMessage,
    Value,
};

use super::desks::desks;
use super::said::{is_set, text};

/// The imports that the system fields of a message need.
pub const MESSAGE_IMPORTS: [&str; 4] = [
    "google/api/field_behavior.proto",
    "google/api/resource.proto",
    "google/protobuf/timestamp.proto",
    "registan/options/v1/options.proto",
];

/// The imports that the standard methods need, besides that of the resource.
pub const SERVICE_IMPORTS: [&str; 7] = [
    "google/api/annotations.proto",
    "google/api/field_behavior.proto",
    "google/api/resource.proto",
    "google/protobuf/field_mask.proto",
    "google/protobuf/timestamp.proto",
    "registan/options/v1/options.proto",
    "registan/type/v1/type.proto",
];

/// As deep as an index may lie in a message.
const DEPTH: usize = 3;

/// A message with the option `resource`.
pub struct Resource {
    /// The file of the message, below `proto`.
    pub file: PathBuf,
    /// The name of the message: `Framework`.
    pub message: String,
    /// The values of the holes in a template: `framework` for `@noun@`.
    holes: BTreeMap<&'static str, String>,
    /// The conditions that hold for it: `?parent|` begins a line of a template that needs a parent.
    conditions: BTreeSet<&'static str>,
}

impl Resource {
    /// Its name in fields and files: `framework`.
    pub fn noun(&self) -> &str {
        self.holes.get("noun").map_or("", String::as_str)
    }

    /// Returns a template with its holes filled, without the lines whose condition does not hold.
    pub fn filled(&self, template: &str) -> String {
        let lines = template.lines().filter_map(|line| match line.strip_prefix('?') {
            None => Some(line),
            Some(line) => {
                let (condition, line) = line.split_once('|')?;
                self.conditions.contains(condition).then_some(line)
            }
        });
        let mut text = lines.collect::<Vec<_>>().join("\n");
        for (hole, value) in &self.holes {
            text = text.replace(&format!("@{hole}@"), value);
        }
        text
    }
}

/// Returns every resource whose message has the option, ordered by file.
pub fn all(protos: &Path) -> Result<Vec<Resource>> {
    let pool = compiled(protos, |name| !name.ends_with("_service.proto"))?;
    let options = Options::of(&pool)?;
    let resources = pool.all_messages().filter_map(|message| options.resource(&message));
    let mut resources = resources.collect::<Result<Vec<_>>>()?;
    resources.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(resources)
}

/// Returns the whole contract.
pub fn contract(protos: &Path) -> Result<DescriptorPool> {
    compiled(protos, |_| true)
}

/// Returns the contract of the files with these names.
fn compiled(protos: &Path, is_wanted: fn(&str) -> bool) -> Result<DescriptorPool> {
    let mut files = Vec::new();
    find(&protos.join("registan"), is_wanted, &mut files)?;
    files.sort();
    let mut compiler = protox::Compiler::new([protos])?;
    compiler.include_imports(true).open_files(&files)?;
    Ok(compiler.descriptor_pool())
}

/// Finds proto files; those of proto services are written from the others.
fn find(folder: &Path, is_wanted: fn(&str) -> bool, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.to_string_lossy();
        if path.is_dir() {
            find(&path, is_wanted, found)?;
        } else if name.ends_with(".proto") && is_wanted(&name) {
            found.push(path);
        }
    }
    Ok(())
}

/// The options of a message and of its fields.
struct Options {
    /// `google.api.resource`.
    kind: ExtensionDescriptor,
    resource: ExtensionDescriptor,
    index: ExtensionDescriptor,
}

impl Options {
    fn of(pool: &DescriptorPool) -> Result<Self> {
        let extension =
            |name: &str| pool.get_extension_by_name(name).with_context(|| format!("no {name}"));
        Ok(Self {
            kind: extension("google.api.resource")?,
            resource: extension("registan.options.v1.resource")?,
            index: extension("registan.options.v1.index")?,
        })
    }

    /// Returns the facts of a message, or `None` if it is no resource.
    fn resource(&self, message: &MessageDescriptor) -> Option<Result<Resource>> {
        let options = message.options();
        let kind = options.get_extension(&self.kind).as_message()?.clone();
        let said = options
            .has_extension(&self.resource)
            .then(|| options.get_extension(&self.resource).as_message().cloned())??;
        let facts = self.facts(message, &kind, &said);
        Some(facts.with_context(|| format!("the options of {}", message.full_name())))
    }

    fn facts(
        &self,
        message: &MessageDescriptor,
        kind: &DynamicMessage,
        said: &DynamicMessage,
    ) -> Result<Resource> {
        let mut found = Asked::default();
        self.indexes(message, "", DEPTH, &mut found);
        let patterns = kind.get_field_by_name("pattern");
        let pattern = patterns.as_ref().and_then(|it| it.as_list()?.first()?.as_str());
        let pattern = pattern.context("no pattern")?;

        let mut holes = nouns(kind);
        holes.insert("package", message.package_name().to_owned());
        holes.insert("read", rule(said, "read", "AUDIT_READ")?.join(" "));
        holes.insert("write", rule(said, "write", "AUDIT_WRITE")?.join("\n      "));
        holes.insert("sorts", found.sorts.join(", "));
        holes.insert("order", text(said, "order"));
        let mut conditions = BTreeSet::new();
        places(pattern, &mut holes, &mut conditions);
        // A child is found by its parent; the option says so once the system fields are written.
        let parent = holes.get("parent_noun").filter(|it| !it.is_empty());
        let parent = parent.map(|noun| format!("`{noun}`"));
        let filters = parent.into_iter().chain(found.filters).collect::<Vec<_>>();
        holes.insert("filters", filters.join(", "));

        let server_ids = is_set(said, "server_ids");
        conditions.insert(if server_ids { "server_ids" } else { "chosen" });
        let is_referenced = !is_set(said, "unreferenced");
        holes
            .insert("or_referenced", if is_referenced { ", IS_REFERENCED" } else { "" }.to_owned());
        conditions.extend(is_referenced.then_some("referenced"));
        let tier = words(said, "default_tier").concat().replace("TIER_", "");
        let below = format!("; PUBLISHER_NEEDED below {tier}");
        holes.insert("or_below", if tier.is_empty() { String::new() } else { below });
        holes.insert("tier", if tier.is_empty() { "PUBLIC".to_owned() } else { tier });
        let hole = |name: &str| holes.get(name).map_or("", String::as_str);
        holes.insert("desks", desks(said, hole("a_noun"), hole("parent_noun")));
        conditions.extend(found.by_day.is_some().then_some("as_of"));
        let has_day = found.by_day.is_some();
        holes.insert("as_of", found.by_day.unwrap_or_default());
        let is_knowable = is_knowable(message, &text(kind, "type"));
        conditions.extend(is_knowable.then_some("known_by"));
        known_by(is_knowable, has_day, &mut holes);
        let asks = is_knowable && message.package_name() != "registan.agreements.v1";
        let no_sources = if asks { NO_SOURCES } else { "" };
        holes.insert("or_no_sources", no_sources.to_owned());

        let file = message.parent_file().name().into();
        Ok(Resource { file, message: message.name().to_owned(), holes, conditions })
    }

    /// Collects the names by which a filter and an order know the fields of a message.
    fn indexes(&self, message: &MessageDescriptor, above: &str, depth: usize, found: &mut Asked) {
        let fields = message.fields().map(|field| (format!("{above}{}", field.name()), field));
        for (path, field) in fields.filter(|(path, _)| path != "name") {
            let options = field.options();
            if options.has_extension(&self.index)
                && let Some(index) = options.get_extension(&self.index).as_message()
            {
                found.add(index, &path);
            }
            if depth > 1
                && let Kind::Message(below) = field.kind()
            {
                self.indexes(&below, &format!("{path}."), depth - 1, found);
            }
        }
    }
}

/// The names that a filter and an order of a resource know.
#[derive(Default)]
struct Asked {
    filters: Vec<String>,
    sorts: Vec<String>,
    /// The field that has a value on each day.
    by_day: Option<String>,
}

impl Asked {
    fn add(&mut self, index: &DynamicMessage, path: &str) {
        let own = text(index, "path");
        let name = if own.is_empty() { path } else { &own };
        if is_set(index, "by_day") {
            self.by_day = Some(path.to_owned());
            self.filters.push(format!("`{name}_on(\"2024-01-17\")`"));
        } else if is_set(index, "filter") || is_set(index, "sort") {
            self.filters.push(format!("`{name}`"));
        }
        if is_set(index, "sort") {
            self.sorts.push(format!("`{name}`"));
        }
        if is_set(index, "year") {
            self.filters.push(format!("`{}`", text(index, "year")));
        }
    }
}

/// Returns the names of a kind: `LegalAct`, `legal_act`, `legal act`, and their plurals.
fn nouns(kind: &DynamicMessage) -> BTreeMap<&'static str, String> {
    let (one, many) = (text(kind, "singular"), text(kind, "plural"));
    let words = snake(&one).replace('_', " ");
    let article = if words.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    BTreeMap::from([
        ("Noun", capital(&one)),
        ("Nouns", capital(&many)),
        ("noun", snake(&one)),
        ("nouns", snake(&many)),
        ("a_noun", format!("{article} {words}")),
        ("many_words", snake(&many).replace('_', " ")),
        ("words", words),
    ])
}

/// The error of a read by a day where another service keeps the sources.
const NO_SOURCES: &str = "; UNAVAILABLE (SERVICE_UNAVAILABLE, DATABASE_UNAVAILABLE: with `known_by`, where agreements does not say when the sources were published)";

/// Returns whether a resource rests on a source, or is one.
fn is_knowable(message: &MessageDescriptor, kind: &str) -> bool {
    let is_source = |kind: Kind| {
        kind.as_message().is_some_and(|it| it.full_name() == "registan.type.v1.SourceRef")
    };
    kind == "registan/Source" || message.fields().any(|field| is_source(field.kind()))
}

/// Adds the errors of a day that a read is asked for.
fn known_by(is_knowable: bool, has_day: bool, holes: &mut BTreeMap<&'static str, String>) {
    let (not_known, no_day) = match (is_knowable, has_day) {
        (false, _) => ("", ""),
        (true, false) => (
            " (also where it was not known by `known_by`)",
            ", DATE_INVALID: `known_by` is no day of the calendar",
        ),
        (true, true) => (
            " (also where it was not known by `known_by`)",
            ", DATE_INVALID: `as_of` or `known_by` is no day of the calendar",
        ),
    };
    holes.insert("or_not_known", not_known.to_owned());
    holes.insert("or_no_day", no_day.to_owned());
}

/// Adds the pattern of a resource, and its parent.
fn places(
    pattern: &str,
    holes: &mut BTreeMap<&'static str, String>,
    conditions: &mut BTreeSet<&'static str>,
) {
    let with = |wild: &str, pattern: &str| {
        let parts = pattern.split('/');
        let parts = parts.map(|part| if part.starts_with('{') { wild } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let own = pattern.rsplit_once('/').map_or(pattern, |(above, _)| above);
    let (collection, parent) = match own.rsplit_once('/') {
        None => (own.to_owned(), ""),
        Some((parent, last)) => (format!("{{parent={}}}/{last}", with("*", parent)), parent),
    };
    let mut fill = |hole, with_parent: String| {
        holes.insert(hole, if parent.is_empty() { String::new() } else { with_parent });
    };
    fill("parent", parent.to_owned());
    fill("any_parent", with("-", parent));
    fill("parents", parent.rsplit('/').nth(1).unwrap_or_default().to_owned());
    fill("parent_noun", parent.rsplit('/').next().unwrap_or_default().replace(['{', '}'], ""));
    fill("or_no_parent", "; NOT_FOUND (the parent)".to_owned());
    fill("or_parent_deleted", "; FAILED_PRECONDITION (PARENT_DELETED)".to_owned());
    conditions.extend((!parent.is_empty()).then_some("parent"));
    holes.insert("collection", collection);
    holes.insert("stars", with("*", pattern));
    holes.insert("pattern", pattern.to_owned());
}

/// Returns the fields of a rule as the text of an option.
fn rule(said: &DynamicMessage, name: &str, audit: &str) -> Result<Vec<String>> {
    let rule = said.get_field_by_name(name);
    let rule = rule.as_ref().and_then(|it| it.as_message());
    let rule = rule.filter(|it| is_set(it, "action")).with_context(|| format!("no {name}"))?;
    let mut fields = vec![format!("action: \"{}\"", text(rule, "action"))];
    let roles = words(rule, "roles");
    match roles.as_slice() {
        [] => {}
        [one] => fields.push(format!("roles: {one}")),
        several => fields.push(format!("roles: [{}]", several.join(", "))),
    }
    if is_set(rule, "anonymous") {
        fields.push("anonymous: true".to_owned());
    }
    let own = words(rule, "audit");
    fields.push(format!("audit: {}", own.first().map_or(audit, String::as_str)));
    if let Some(cost) =
        rule.get_field_by_name("cost").and_then(|it| it.as_u32()).filter(|it| *it > 0)
    {
        fields.push(format!("cost: {cost}"));
    }
    Ok(fields)
}

/// Returns the names of the enum values in a field.
fn words(message: &DynamicMessage, field: &str) -> Vec<String> {
    let descriptor = message.descriptor().get_field_by_name(field);
    let Some(Kind::Enum(known)) = descriptor.map(|field| field.kind()) else {
        return Vec::new();
    };
    let word = |value: &Value| Some(known.get_value(value.as_enum_number()?)?.name().to_owned());
    match message.get_field_by_name(field).filter(|_| is_set(message, field)).as_deref() {
        Some(Value::List(all)) => all.iter().filter_map(word).collect(),
        Some(one) => word(one).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Returns `LegalAct` for `legalAct`.
fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// Returns `legal_act` for `legalAct`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
