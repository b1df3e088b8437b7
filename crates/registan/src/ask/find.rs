//! Finds a method or a message by what was typed, in whatever length, and what was meant by a
//! misspelling.

use anyhow::Context;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor, ServiceDescriptor};

/// Between the services only; the gateway does not answer for it.
const INTERNAL: &str = "registan.references.v1";
/// How alike two names must be for one to be taken for the other.
const ALIKE: f64 = 0.75;
/// The most names that are suggested.
const MAX_SUGGESTED: usize = 3;

/// The method or resource that was found for what was typed.
#[derive(Debug)]
pub enum Found {
    Service(ServiceDescriptor),
    Method(MethodDescriptor),
}

/// Every service that a gateway answers for.
pub fn services() -> Vec<ServiceDescriptor> {
    let all = api::descriptors().services();
    let mut all: Vec<_> = all.filter(|it| it.package_name() != INTERNAL).collect();
    all.sort_by(|a, b| a.full_name().cmp(b.full_name()));
    all
}

/// `AgreementService/GetAgreement`: what is typed to call it.
pub fn short(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().name(), method.name())
}

/// The method or service that was typed: with or without packages, in any case, the method alone
/// where only one service has it.
pub fn find(typed: &str) -> anyhow::Result<Found> {
    let typed = typed.trim().trim_start_matches('/');
    let services = services();
    if let Some(service) = services.iter().find(|service| is_service(service, typed)) {
        return Ok(Found::Service(service.clone()));
    }
    let (service, name) = typed.rsplit_once(['/', '.']).unwrap_or(("", typed));
    let methods: Vec<_> = services.iter().flat_map(ServiceDescriptor::methods).collect();
    let mut found = methods.iter().filter(|method| {
        method.name().eq_ignore_ascii_case(name)
            && (service.is_empty() || is_service(method.parent_service(), service))
    });
    match (found.next(), found.next()) {
        (Some(method), None) => Ok(Found::Method(method.clone())),
        (Some(one), Some(other)) => {
            anyhow::bail!("say which of them: {} or {}", short(one), short(other))
        }
        (None, _) => Err(not_found(typed, service, &services, &methods)),
    }
}

/// A method by its whole name, and its request with some fields, as JSON has them.
pub fn asked(
    method: &str,
    fields: serde_json::Value,
) -> anyhow::Result<(MethodDescriptor, DynamicMessage)> {
    let Found::Method(method) = find(method)? else { anyhow::bail!("{method} is no method") };
    let request = DynamicMessage::deserialize(method.input(), fields);
    Ok((method, request.context("the contract has another request")?))
}

/// The pattern of the names of a resource: `parties/{party}`.
pub fn pattern(message: &MessageDescriptor) -> Option<String> {
    let extension = api::descriptors().get_extension_by_name("google.api.resource")?;
    let options = message.options();
    let resource = options.get_extension(&extension);
    let patterns = resource.as_message()?.get_field_by_name("pattern")?;
    Some(patterns.as_list()?.first()?.as_str()?.to_owned())
}

/// The message that was typed: with or without packages, in any case.
pub fn message(typed: &str) -> Option<MessageDescriptor> {
    let typed = typed.trim().to_lowercase();
    let mut all = api::descriptors().all_messages();
    all.find(|message| {
        let name = message.full_name().to_lowercase();
        name == typed || name.ends_with(&format!(".{typed}"))
    })
}

/// True for `AgreementService`, for `agreements.v1.AgreementService`, and for the whole name.
fn is_service(service: &ServiceDescriptor, typed: &str) -> bool {
    let (name, typed) = (service.full_name().to_lowercase(), typed.to_lowercase());
    name == typed || name.ends_with(&format!(".{typed}"))
}

fn not_found(
    typed: &str,
    service: &str,
    services: &[ServiceDescriptor],
    methods: &[MethodDescriptor],
) -> anyhow::Error {
    let mut near = nearest(typed, methods, |method| {
        if service.is_empty() { method.name().to_owned() } else { short(method) }
    });
    if service.is_empty() {
        near = near
            .iter()
            .flat_map(|name| methods.iter().filter(move |method| method.name() == name))
            .map(short)
            .collect();
        near.extend(nearest(typed, services, |service| service.name().to_owned()));
        near.truncate(MAX_SUGGESTED);
    }
    let meant = match near.as_slice() {
        [] => String::new(),
        near => format!("did you mean {}? ", near.join(" or ")),
    };
    let message = message(typed).map(|message| {
        format!("; a message has that name: `registan ask {} --explain`", message.name())
    });
    let message = message.unwrap_or_default();
    anyhow::anyhow!("there is no method `{typed}`: {meant}`registan ask` lists them all{message}")
}

/// The names that are most like what was typed, the likest first.
pub fn nearest<T>(typed: &str, all: &[T], name: impl Fn(&T) -> String) -> Vec<String> {
    let typed = typed.to_lowercase();
    let mut near: Vec<(f64, String)> = all
        .iter()
        .map(&name)
        .map(|name| (strsim::normalized_damerau_levenshtein(&typed, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.truncate(MAX_SUGGESTED);
    near.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(typed: &str) -> String {
        match find(typed) {
            Ok(Found::Service(service)) => service.name().to_owned(),
            Ok(Found::Method(method)) => short(&method),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_method_is_found_by_any_of_its_names() {
        for typed in [
            "registan.agreements.v1.AgreementService/GetAgreement",
            "/registan.agreements.v1.AgreementService/GetAgreement",
            "agreements.v1.AgreementService.GetAgreement",
            "AgreementService/GetAgreement",
            "agreementservice/getagreement",
            "GetAgreement",
        ] {
            assert_eq!(found(typed), "AgreementService/GetAgreement", "{typed}");
        }
        assert_eq!(found("AgreementService"), "AgreementService");
        assert_eq!(found("agreements.v1.AgreementService"), "AgreementService");
    }

    #[test]
    fn a_misspelt_one_is_told_what_it_is_near() {
        for (typed, near) in [
            ("GetAgrement", "AgreementService/GetAgreement"),
            ("AgreementService/GetAgreements", "AgreementService/GetAgreement"),
            ("ListPartys", "PartyService/ListParties"),
            ("AgreementServices", "AgreementService"),
        ] {
            let told = found(typed);
            assert!(told.contains("did you mean") && told.contains(near), "{typed}: {told}");
        }
        let told = found("frobnicate");
        assert!(!told.contains("did you mean") && told.contains("registan ask"), "{told}");
    }

    #[test]
    fn a_message_is_found_by_its_name() {
        for typed in ["PartialDate", "partialdate", "registan.type.v1.PartialDate"] {
            assert_eq!(message(typed).unwrap().name(), "PartialDate", "{typed}");
        }
        assert_eq!(message("Date").unwrap().full_name(), "registan.type.v1.Date");
        assert!(found("PartialDate").contains("`registan ask PartialDate --explain`"));
    }

    #[test]
    fn what_is_between_the_services_is_not_offered() {
        assert!(found("ReferenceService").contains("there is no method"));
    }
}
