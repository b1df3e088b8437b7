//! Writes `standard.rs`: for each resource with the ten standard methods the one impl by which
//! `crates/standard` serves them.

use prost_types::ServiceDescriptorProto;
use protox::prost_reflect::DescriptorPool;

use crate::contract::{Contract, path, snake};
use crate::options::referred_by;

pub fn code(contract: &Contract<'_>, pool: &DescriptorPool) -> Result<String, String> {
    let mut code = String::new();
    for (_, service) in &contract.services {
        if let Some(methods) = Methods::of(service) {
            code += &methods.implementation(contract, pool)?;
        }
    }
    Ok(code)
}

/// The ten: of each the struct that holds what is asked, and its fields.
const TEN: [(&str, &str, &[&str]); 10] = [
    ("Get", "GetParts", &["name", "read_time", "known_by"]),
    (
        "List",
        "ListParts",
        &[
            "parent",
            "page_size",
            "page_token",
            "filter",
            "order_by",
            "show_deleted",
            "read_time",
            "known_by",
        ],
    ),
    ("Create", "CreateParts<Self>", &["parent", "id", "resource", "request_id", "validate_only"]),
    ("Update", "UpdateParts<Self>", &["resource", "update_mask", "request_id", "validate_only"]),
    ("Delete", "DeleteParts", &["name", "etag", "request_id", "validate_only", "force"]),
    ("Undelete", "DeleteParts", &["name", "etag", "request_id", "validate_only", "force"]),
    (
        "Export",
        "ExportParts",
        &["parent", "filter", "order_by", "show_deleted", "read_time", "known_by"],
    ),
    ("Watch", "WatchParts", &["parent", "filter", "resume_token"]),
    ("Revisions", "RevisionsParts", &["name", "page_size", "page_token", "read_time"]),
    ("Diff", "DiffParts", &["parent", "filter", "from_time", "to_time"]),
];

/// The ten of one resource.
struct Methods<'a> {
    module: String,
    /// Name, request and answer of each, in the order of [`TEN`].
    ten: Vec<[&'a str; 3]>,
}

impl<'a> Methods<'a> {
    /// The methods of a proto service; nothing if it lacks one of the ten.
    fn of(service: &'a ServiceDescriptorProto) -> Option<Self> {
        let noun = service.name().strip_suffix("Service")?;
        let find = |name: &str| service.method.iter().find(|method| method.name() == name);
        let plural = service.method.iter().find_map(|method| method.name().strip_prefix("Diff"))?;
        let method = |(verb, ..): &(&str, &str, &[&str])| match *verb {
            "List" | "Export" | "Watch" | "Diff" => find(&format!("{verb}{plural}")),
            "Revisions" => find(&format!("List{noun}Revisions")),
            _ => find(&format!("{verb}{noun}")),
        };
        let ten = TEN.iter().map(method).collect::<Option<Vec<_>>>()?;
        let ten = ten.iter().map(|it| [it.name(), it.input_type(), it.output_type()]).collect();
        Some(Self { module: snake(service.name()), ten })
    }

    fn get(&self, verb: &str) -> [&'a str; 3] {
        let place = TEN.iter().position(|(known, ..)| *known == verb);
        place.and_then(|place| self.ten.get(place)).copied().unwrap_or_default()
    }

    fn implementation(
        &self,
        contract: &Contract<'_>,
        pool: &DescriptorPool,
    ) -> Result<String, String> {
        let [_, _, resource] = self.get("Get");
        let message = pool.get_message_by_name(resource.trim_start_matches('.'));
        let message = message.ok_or_else(|| format!("{resource} is not in the contract"))?;
        let types = TEN.iter().zip(&self.ten).map(|((verb, ..), [name, ..])| {
            format!("type {verb} = crate::rpc::{}::{name};", self.module)
        });
        Ok(format!(
            "impl Standard for {} {{
                {}
                const REFERRED_BY: &'static [&'static str] = &{:?};
                fn name(&self) -> &str {{ &self.name }}
                fn etag(&self) -> &str {{ &self.etag }}
                fn removed(name: String, uid: String) -> Self {{
                    Self {{ name, uid, ..Self::default() }}
                }}
                {}
                {}
            }}",
            path(resource),
            types.collect::<String>(),
            referred_by(pool, &message)?,
            self.requests(contract, resource)?,
            self.answers(contract, resource)?,
        ))
    }

    /// How each request is taken apart.
    fn requests(&self, contract: &Contract<'_>, resource: &str) -> Result<String, String> {
        let [_, create, _] = self.get("Create");
        let noun = contract.field_of(create, resource)?.name();
        let mut code = String::new();
        for ((verb, parts, fields), [_, request, _]) in TEN.iter().zip(&self.ten) {
            let (method, message) = (verb.to_lowercase(), path(request));
            code += &format!("fn {method}(request: {message}) -> {parts} {{ ");
            code += parts.trim_end_matches("<Self>");
            code += " {";
            for field in *fields {
                let value = match *field {
                    "id" => format!("request.{noun}_id"),
                    "resource" => format!("request.{noun}"),
                    "parent" if !contract.has_field(request, field)? => "String::new()".to_owned(),
                    "force" if !contract.has_field(request, field)? => "false".to_owned(),
                    "known_by" if !contract.has_field(request, field)? => "None".to_owned(),
                    _ => format!("request.{field}"),
                };
                code += &format!("{field}: {value},");
            }
            code += "} }\n";
        }
        Ok(code)
    }

    /// How the answers are put together that hold more than the resource.
    fn answers(&self, contract: &Contract<'_>, resource: &str) -> Result<String, String> {
        let [_, _, list] = self.get("List");
        let [_, _, watch] = self.get("Watch");
        let [_, _, revisions] = self.get("Revisions");
        let [_, _, diff] = self.get("Diff");
        let (items, changed) =
            (contract.field_of(list, resource)?, contract.field_of(watch, resource)?);
        let (items_tag, changed_tag) = (items.number(), changed.number());
        let (items, changed) = (items.name(), changed.name());
        let revision = format!("{resource}Revision");
        let kept = contract.field_of(&revision, resource)?.name();
        Ok(format!(
            "const ITEMS: u32 = {items_tag};
            const CHANGED: u32 = {changed_tag};
            fn page({items}: Vec<Self>, next_page_token: String, read_time: Option<Timestamp>, resume_token: String) -> {list} {{
                {list} {{ {items}, next_page_token, read_time, resume_token }}
            }}
            fn event(kind: ChangeKind, {changed}: Option<Self>, resume_token: String, read_time: Option<Timestamp>) -> {watch} {{
                {watch} {{ kind: kind.into(), {changed}, resume_token, read_time }}
            }}
            fn revisions_page(revisions: Vec<RevisionParts<Self>>, next_page_token: String, read_time: Option<Timestamp>) -> {revisions} {{
                let revisions = revisions.into_iter().map(|one| {revision} {{
                    revision: one.revision, record_time: one.record_time, operation: one.operation.into(),
                    author: one.author, changed: one.changed, {kept}: Some(one.resource),
                }});
                {revisions} {{ revisions: revisions.collect(), next_page_token, read_time }}
            }}
            fn difference(kind: ChangeKind, before: Option<Self>, after: Option<Self>, changed: Option<FieldMask>) -> {diff} {{
                {diff} {{ kind: kind.into(), before, after, changed }}
            }}",
            list = path(list),
            watch = path(watch),
            revisions = path(revisions),
            revision = path(&revision),
            diff = path(diff),
        ))
    }
}
