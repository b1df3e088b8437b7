//! The options of a message and its fields.

use protox::prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value,
};

/// The options of a message or a field; none is the same as the default.
pub struct Options(DynamicMessage);

impl Options {
    pub fn of_message(message: &MessageDescriptor) -> Self {
        Self(message.options())
    }

    pub fn of_field(field: &FieldDescriptor) -> Self {
        Self(field.options())
    }

    /// The value of an extension; nothing if it is not set.
    fn get(&self, pool: &DescriptorPool, extension: &str) -> Option<Value> {
        let extension = pool.get_extension_by_name(extension)?;
        self.0.has_extension(&extension).then(|| self.0.get_extension(&extension).into_owned())
    }

    /// The text at a path of fields in an extension; empty if it is not set.
    pub fn text(&self, pool: &DescriptorPool, path: &[&str]) -> String {
        self.at(pool, path).and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// The texts of a list.
    pub fn texts(&self, pool: &DescriptorPool, path: &[&str]) -> Vec<String> {
        let list = self.at(pool, path);
        let items = list.as_ref().and_then(Value::as_list).unwrap_or_default();
        items.iter().filter_map(|item| Some(item.as_str()?.to_owned())).collect()
    }

    /// The numbers of a list of enum values.
    pub fn numbers(&self, pool: &DescriptorPool, path: &[&str]) -> Vec<i32> {
        let list = self.at(pool, path);
        let items = list.as_ref().and_then(Value::as_list).unwrap_or_default();
        items.iter().filter_map(Value::as_enum_number).collect()
    }

    /// The number of an enum value or a count; 0 if it is not set.
    pub fn number(&self, pool: &DescriptorPool, path: &[&str]) -> u64 {
        let number = |value: Value| match value {
            Value::EnumNumber(number) => u64::try_from(number).ok(),
            value => value.as_u64(),
        };
        self.at(pool, path).and_then(number).unwrap_or_default()
    }

    /// A whole number; nothing if it is not set.
    pub fn whole(&self, pool: &DescriptorPool, path: &[&str]) -> Option<i32> {
        self.at(pool, path).and_then(|value| value.as_i32())
    }

    /// Returns whether a yes is set.
    pub fn is(&self, pool: &DescriptorPool, path: &[&str]) -> bool {
        self.at(pool, path).and_then(|it| it.as_bool()).unwrap_or_default()
    }

    /// Returns whether an extension is set.
    pub fn has(&self, pool: &DescriptorPool, extension: &str) -> bool {
        self.get(pool, extension).is_some()
    }

    fn at(&self, pool: &DescriptorPool, path: &[&str]) -> Option<Value> {
        let (extension, fields) = path.split_first()?;
        let mut value = self.get(pool, extension)?;
        for field in fields {
            let message = value.as_message()?;
            if !message.has_field_by_name(field) {
                return None;
            }
            value = message.get_field_by_name(field)?.into_owned();
        }
        Some(value)
    }
}

/// Returns whether a field must be given.
pub fn is_required(pool: &DescriptorPool, field: &FieldDescriptor) -> bool {
    Options::of_field(field).numbers(pool, &["google.api.field_behavior"]).contains(&2)
}

/// Returns whether a field is said by the server alone.
pub fn is_output(pool: &DescriptorPool, field: &FieldDescriptor) -> bool {
    Options::of_field(field).numbers(pool, &["google.api.field_behavior"]).contains(&3)
}

/// The name pattern of a resource; nothing for other messages.
pub fn pattern(pool: &DescriptorPool, message: &MessageDescriptor) -> Option<String> {
    let patterns = Options::of_message(message).texts(pool, &["google.api.resource", "pattern"]);
    patterns.into_iter().next()
}

/// The name that the member of a field has in Rust: `r#type` of `type`.
pub fn member(field: &FieldDescriptor) -> String {
    let name = field.name();
    if syn::parse_str::<syn::Ident>(name).is_ok() { name.to_owned() } else { format!("r#{name}") }
}

/// Of a resource within another: the kind of that one, and what its name is called in the pattern.
pub fn parent(
    pool: &DescriptorPool,
    message: &MessageDescriptor,
) -> Result<Option<(String, String)>, String> {
    let own = pattern(pool, message).unwrap_or_default();
    let Some(above) = own.rsplitn(3, '/').nth(2) else { return Ok(None) };
    let is_it = |message: &MessageDescriptor| pattern(pool, message).as_deref() == Some(above);
    let found = pool.all_messages().find(is_it);
    let found = found.ok_or_else(|| format!("{}: {above} is no resource", message.full_name()))?;
    let kind = Options::of_message(&found).text(pool, &["google.api.resource", "singular"]);
    let field = above.rsplit('/').next().unwrap_or_default().trim_matches(['{', '}']);
    Ok(Some((kind, field.to_owned())))
}

/// The name patterns of which a field holds one; none for a field that names nothing.
pub fn named(pool: &DescriptorPool, field: &FieldDescriptor) -> Result<Vec<String>, String> {
    let options = Options::of_field(field);
    let kind = options.text(pool, &["google.api.resource_reference", "type"]);
    if kind.is_empty() {
        return Ok(options.texts(pool, &["registan.options.v1.names"]));
    }
    let is_it = |message: &MessageDescriptor| {
        Options::of_message(message).text(pool, &["google.api.resource", "type"]) == kind
    };
    let found = pool.all_messages().find(is_it).and_then(|message| pattern(pool, &message));
    found
        .map(|pattern| vec![pattern])
        .ok_or_else(|| format!("{}: {kind} is no resource", field.full_name()))
}

/// The resources of the package of a resource that may name it, or a part of it: the singulars of
/// their names.
pub fn referred_by(
    pool: &DescriptorPool,
    message: &MessageDescriptor,
) -> Result<Vec<String>, String> {
    let Some(pattern) = pattern(pool, message) else { return Ok(Vec::new()) };
    let beside = |it: &MessageDescriptor| it.package_name() == message.package_name();
    let mut kinds = Vec::new();
    for other in pool.all_messages().filter(beside) {
        let path = ["google.api.resource", "singular"];
        let singular = Options::of_message(&other).text(pool, &path);
        if !singular.is_empty() && names(pool, &other, &pattern, &mut Vec::new())? {
            kinds.push(singular);
        }
    }
    kinds.sort();
    Ok(kinds)
}

/// Returns whether a field of a message, or of one within it, holds names of this pattern.
fn names(
    pool: &DescriptorPool,
    message: &MessageDescriptor,
    pattern: &str,
    seen: &mut Vec<String>,
) -> Result<bool, String> {
    if seen.iter().any(|name| name == message.full_name()) {
        return Ok(false);
    }
    seen.push(message.full_name().to_owned());
    for field in message.fields() {
        if named(pool, &field)?.iter().any(|it| it.starts_with(pattern)) {
            return Ok(true);
        }
        if let Kind::Message(kind) = field.kind()
            && names(pool, &kind, pattern, seen)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}
