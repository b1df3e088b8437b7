//! A provision of an agreement in a cell, as a lawyer writes it: the article first, then where it
//! stands, what it is about, and how measures are taken under it.

use prost_reflect::DynamicMessage;

/// Gives the text of a field of a message.
pub type Part = fn(&DynamicMessage, &str) -> String;

/// A provision: `Article 94(2): non execution; What a party may do; first: …`.
pub fn of_provision(provision: &DynamicMessage, part: Part) -> String {
    text(provision, Vec::new(), part)
}

/// A provision of a legal basis, with where it stands.
pub fn of_binding(binding: &DynamicMessage, part: Part) -> String {
    let given = binding.get_field_by_name("provision");
    let Some(provision) = given.as_ref().and_then(|value| value.as_message()) else {
        return String::new();
    };
    let (state, since) = (part(binding, "state"), part(binding, "since"));
    let state = if since.is_empty() { state } else { format!("{state} since {since}") };
    let until = labelled("until ", part(binding, "until"));
    let standing = vec![state, until, part(binding, "measure"), part(binding, "reason")];
    text(provision, standing, part)
}

fn text(provision: &DynamicMessage, standing: Vec<String>, part: Part) -> String {
    let codes = provision.get_field_by_name("codes");
    let codes = codes.as_ref().and_then(|codes| codes.as_list()).unwrap_or_default().iter();
    let codes: Vec<String> = codes.filter_map(|code| code.as_str()).map(code).collect();
    let procedure = provision.get_field_by_name("procedure");
    let procedure = procedure.as_ref().and_then(|procedure| procedure.as_message());
    let has_one = provision.has_field_by_name("procedure");
    let own = ["division", "title", "summary", "eli"].map(|name| part(provision, name));
    let mut parts = standing;
    parts.push(codes.join(", "));
    parts.extend(own);
    parts.extend(procedure.filter(|_| has_one).map(|it| of_procedure(it, part)));
    parts.push(part(provision, "name"));
    parts.retain(|part| !part.is_empty());
    format!("{}: {}", article(provision, part), parts.join("; "))
}

/// `Article 94(2)`, marked where the number is not certain.
fn article(provision: &DynamicMessage, part: Part) -> String {
    let (article, paragraph) = (part(provision, "article"), part(provision, "paragraph"));
    let digits = paragraph.bytes().take_while(u8::is_ascii_digit).count();
    let article = match paragraph.split_at(digits) {
        ("", "") => article,
        ("", other) => format!("{article}, {other}"),
        (number, rest) => format!("{article}({number}){rest}"),
    };
    match part(provision, "confidence").as_str() {
        mark @ ("unsure" | "likely") => format!("{article} (article {mark})"),
        _ => article,
    }
}

/// How measures are taken: what comes first in general is told apart from what is so in urgent
/// cases alone.
pub fn of_procedure(procedure: &DynamicMessage, part: Part) -> String {
    let cases = [
        labelled("first: ", part(procedure, "first")),
        labelled("in urgent cases: ", part(procedure, "urgent")),
    ];
    let mut text = cases.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join("; ");
    let days = part(procedure, "consultation_days");
    // Where one of the cases says it, it is so in that case.
    if !days.is_empty() && !text.contains(&format!("{days} days")) {
        text = format!("{text}; consultations: at most {days} days");
    }
    match part(procedure, "confidence").as_str() {
        mark @ ("unsure" | "likely") if !text.is_empty() => format!("{text} (procedure {mark})"),
        _ => text,
    }
}

/// `non execution` of `codebooks/registan-1/codes/non-execution`.
fn code(name: &str) -> String {
    name.rsplit('/').next().unwrap_or_default().replace('-', " ")
}

fn labelled(label: &str, text: String) -> String {
    if text.is_empty() { text } else { format!("{label}{text}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::table::printed;

    #[test]
    fn what_is_so_in_urgent_cases_alone_is_told_apart() {
        let provision = json!({
            "name": "agreements/a/provisions/art-94-2",
            "article": "Article 94",
            "paragraph": "2(b)",
            "eid": "art_94__para_2",
            "codes": ["codebooks/registan-1/codes/non-execution"],
            "summary": "What a party may do",
            "confidence": "CONFIDENCE_LIKELY",
            "procedure": {
                "first": "Consultations",
                "urgent": "Measures at once",
                "consultationDays": 20,
                "confidence": "CONFIDENCE_UNSURE"
            }
        });
        let text = printed(
            "registan.agreements.v1.LegalBasisEntry",
            &[json!({"title": "A", "provisions": [
                {"provision": provision, "state": "STATE_BINDING", "since": {"date": {"year": 2020}}},
                {"provision": {"name": "b", "article": "Article 1"}}
            ]})],
        );

        assert!(
            text.contains(
                "Article 94(2)(b) (article likely): binding since 2020; non execution; What a party \
                 may do; first: Consultations; in urgent cases: Measures at once; consultations: at \
                 most 20 days (procedure unsure); agreements/a/provisions/art-94-2"
            ),
            "{text}"
        );
        assert!(text.contains("Article 1: b"), "{text}");
    }
}
