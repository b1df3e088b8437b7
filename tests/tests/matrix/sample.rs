//! The resources that belong to desks, and a sample of each, as the contract describes them.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value as Any};
use serde_json::{Value, json};

/// A proto service, the names of its resource, and a field to change.
pub type Resource = (String, String, String, String);

/// Returns the option that describes a resource.
fn said(message: &MessageDescriptor) -> Option<DynamicMessage> {
    let option = api::descriptors().get_extension_by_name("registan.options.v1.resource");
    let option = option.expect("the contract has it");
    let options = message.options();
    if !options.has_extension(&option) {
        return None;
    }
    options.get_extension(&option).as_message().cloned()
}

fn text(said: &DynamicMessage, field: &str) -> String {
    let value = said.get_field_by_name(field).expect("it has such a field");
    value.as_str().unwrap_or_default().to_owned()
}

/// Every resource that belongs to desks. The others, sources and organizations, are of all desks;
/// and grants only operators see.
pub fn resources() -> Vec<Resource> {
    let mut all = Vec::new();
    for message in api::descriptors().all_messages() {
        let Some(said) = said(&message) else { continue };
        if text(&said, "desks_by").is_empty() {
            continue;
        }
        let service = format!("{}Service", message.full_name());
        let methods = api::descriptors().get_service_by_name(&service).expect("its proto service");
        let many =
            methods.methods().find_map(|it| Some(it.name().strip_prefix("Diff")?.to_owned()));
        let field = match message.name() {
            "Activity" => "summary",
            "Party" | "Ratification" => "note",
            "Recommendation" => "action",
            "Transaction" => "ref",
            _ => "title",
        };
        let many = many.expect("it has a Diff");
        all.push((service, message.name().to_owned(), many, field.to_owned()));
    }
    assert!(all.len() >= 8, "{all:?}");
    all
}

fn is_required(field: &FieldDescriptor) -> bool {
    let extension = api::descriptors().get_extension_by_name("google.api.field_behavior");
    let options = field.options();
    let all = options.get_extension(&extension.expect("the contract has it"));
    all.as_list().is_some_and(|all| all.contains(&Any::EnumNumber(2)))
}

/// A resource of a tier that belongs to the desk of a country: what must be given, and no more.
pub fn sample(one: &str, tier: &str, country: &str) -> Value {
    let message =
        api::descriptors().all_messages().find(|it| it.name() == one && said(it).is_some());
    let message = message.expect("a resource");
    let by = text(&said(&message).expect("a resource"), "desks_by");
    let mut sample = json!({ "tier": tier });
    for field in message.fields() {
        let party = format!("parties/{}", country.to_lowercase());
        let value = match field.kind() {
            Kind::String if field.name() == by && field.is_list() => json!([party]),
            Kind::String if field.name() == by => json!(country),
            _ if !is_required(&field) => continue,
            Kind::String => json!("Before."),
            Kind::Enum(kind) => json!(kind.values().nth(1).expect("it has values").name()),
            Kind::Message(kind) if kind.name() == "SourceRef" => {
                json!({ "citation": "made for a test" })
            }
            other => panic!("what a sample of {} holds is not known: {other:?}", field.full_name()),
        };
        sample[field.name()] = value;
    }
    sample
}

/// The resource within which others are made, the package of its proto service, and its collection.
pub fn within(one: &str) -> Option<[&'static str; 3]> {
    match one {
        "Transaction" => Some(["Project", "registan.projects.v1", "projects"]),
        "Ratification" => Some(["Agreement", "registan.agreements.v1", "agreements"]),
        _ => None,
    }
}

/// The id of the resource within which others are made.
pub fn parent(country: &str) -> String {
    format!("around-{}", country.to_lowercase())
}
