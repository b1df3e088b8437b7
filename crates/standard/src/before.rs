//! Documents of before the message became the value: JSON, with the words of enums and the names
//! that the fields of `facts` have.

use api::registan::r#type::v1 as wire;
use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value,
};
use serde_json::{Map, Value as Json};

use crate::value::Described;

type Object = Map<String, Json>;

/// Returns the message that a document says.
pub(crate) fn read<M: Described>(document: &[u8]) -> Result<M, String> {
    let json: Object = serde_json::from_slice(document).map_err(|error| error.to_string())?;
    let descriptor = api::descriptors().get_message_by_name(&M::full_name());
    let descriptor = descriptor.ok_or("the contract does not know it")?;
    let mut message = message(&descriptor, json)?;
    if !message.has_field_by_name("tier") {
        message.set_field_by_name("tier", Value::EnumNumber(M::DEFAULT_TIER));
    }
    message.transcode_to::<M>().map_err(|error| error.to_string())
}

fn message(descriptor: &MessageDescriptor, mut json: Object) -> Result<DynamicMessage, String> {
    rename(descriptor, &mut json);
    let mut message = DynamicMessage::new(descriptor.clone());
    for (name, value) in json.into_iter().filter(|(_, value)| !value.is_null()) {
        let field = descriptor.get_field_by_name(&name);
        let field = field.ok_or_else(|| format!("{}: no field {name}", descriptor.name()))?;
        let value = match value {
            Json::Array(items) if field.is_list() => {
                let items = items.into_iter().map(|item| one(&field, item));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            value => one(&field, value)?,
        };
        message.set_field(&field, value);
    }
    Ok(message)
}

/// Gives the fields of values of `facts` the names that they have on the wire.
fn rename(descriptor: &MessageDescriptor, json: &mut Object) {
    let mut name = |from: &str, to: &str| {
        if let Some(value) = json.remove(from) {
            json.insert(to.to_owned(), value);
        }
    };
    if descriptor.get_field_by_name("ref").is_some() {
        name("reference", "ref");
    }
    match descriptor.name() {
        "LocalizedText" | "PartyName" => name("language", "language_code"),
        "Money" => name("currency", "currency_code"),
        "Grant" => {
            let desks = json.get_mut("for_desks").and_then(Json::as_array_mut);
            for desk in desks.into_iter().flatten() {
                let id = desk.as_str().unwrap_or_default().to_lowercase();
                *desk = Json::String(format!("desks/{id}"));
            }
        }
        "PartialDate" => {
            let parts = ["year", "month", "day"];
            let date =
                parts.into_iter().filter_map(|part| Some((part.to_owned(), json.remove(part)?)));
            let date: Object = date.collect();
            json.insert("date".to_owned(), Json::Object(date));
        }
        _ => {}
    }
}

fn one(field: &FieldDescriptor, json: Json) -> Result<Value, String> {
    let wrong = || format!("{}: not what it held before", field.full_name());
    match (field.kind(), json) {
        (Kind::String, Json::String(text)) => Ok(Value::String(text)),
        (Kind::Bool, Json::Bool(flag)) => Ok(Value::Bool(flag)),
        (Kind::Int32, Json::Number(number)) => {
            let number = number.as_i64().and_then(|number| i32::try_from(number).ok());
            number.map(Value::I32).ok_or_else(wrong)
        }
        (Kind::Enum(kind), Json::String(word)) => word_of(&kind, &word).ok_or_else(wrong),
        (Kind::Message(kind), Json::Object(object)) => message(&kind, object).map(Value::Message),
        // An instant: microseconds since 1970 UTC.
        (Kind::Message(kind), Json::Number(number)) if kind.name() == "Timestamp" => {
            let time = crate::time::timestamp(number.as_i64().ok_or_else(wrong)?);
            let mut message = DynamicMessage::new(kind);
            message.transcode_from(&time).map_err(|error| error.to_string())?;
            Ok(Value::Message(message))
        }
        // A day: `yyyymmdd`.
        (Kind::Message(kind), Json::Number(number)) => {
            let day = number.as_i64().and_then(|number| i32::try_from(number).ok());
            let day: wire::Date = facts::Day(day.ok_or_else(wrong)?).into();
            let mut message = DynamicMessage::new(kind);
            message.transcode_from(&day).map_err(|error| error.to_string())?;
            Ok(Value::Message(message))
        }
        _ => Err(wrong()),
    }
}

fn word_of(kind: &EnumDescriptor, word: &str) -> Option<Value> {
    let prefix = kind.default_value().name().trim_end_matches("UNSPECIFIED").to_owned();
    let value = kind.values().find(|value| value.name().strip_prefix(&prefix) == Some(word))?;
    Some(Value::EnumNumber(value.number()))
}

#[cfg(test)]
mod projects;

#[cfg(test)]
mod tests {
    use api::registan::access::v1::Grant;
    use api::registan::agreements::v1::{Party, PartyName, Source, party, source};
    use api::registan::options::v1::Role;
    use api::registan::rights::v1::{Activity, activity};
    use api::registan::r#type::v1::{Basis, Confidence, Date, ExternalId, PartialDate, SourceRef};
    use api::registan::r#type::v1::{external_id, partial_date};

    use prost_types::Timestamp;

    use super::read;

    #[test]
    fn a_party_of_before_is_read() {
        let document =
            br#"{"name":"parties/kz","tier":"PUBLIC","kind":"STATE","display_name":"Kazakhstan",
            "names":[{"language":"kk","text":"Qazaqstan","original":true}],"country_code":"KZ",
            "established":{"year":1991,"month":12,"day":0,"qualifier":"UNTIL"},"ended":null,
            "external_ids":[{"scheme":"OTHER","value":"M49:398","confidence":"CERTAIN"}],"note":"",
            "source":{"citation":"A list"},"confidence":"LIKELY"}"#;

        let party: Party = read(document).unwrap();

        let known = Party {
            name: "parties/kz".to_owned(),
            tier: 1,
            kind: party::Kind::State.into(),
            display_name: "Kazakhstan".to_owned(),
            names: vec![PartyName {
                language_code: "kk".to_owned(),
                text: "Qazaqstan".to_owned(),
                original: true,
                ..PartyName::default()
            }],
            country_code: "KZ".to_owned(),
            established: Some(PartialDate {
                date: Some(Date { year: 1991, month: 12, day: 0 }),
                qualifier: partial_date::Qualifier::Until.into(),
                ..PartialDate::default()
            }),
            external_ids: vec![ExternalId {
                scheme: external_id::Scheme::Other.into(),
                value: "M49:398".to_owned(),
                confidence: Confidence::Certain.into(),
            }],
            source: Some(SourceRef { citation: "A list".to_owned(), ..SourceRef::default() }),
            confidence: Confidence::Likely.into(),
            ..Party::default()
        };
        assert_eq!(party, known);
    }

    #[test]
    fn a_source_of_before_tiers_is_public_and_keeps_its_day() {
        let document =
            br#"{"name":"sources/s","kind":"DATASET","title":"A table","retrieved":20240131}"#;

        let source: Source = read(document).unwrap();

        assert_eq!((source.tier, source.kind()), (1, source::Kind::Dataset));
        assert_eq!(source.retrieved, Some(Date { year: 2024, month: 1, day: 31 }));
    }

    #[test]
    fn an_activity_of_before_tiers_is_restricted() {
        let document =
            br#"{"name":"activities/a1","kind":"PRISON_VISIT","party":"parties/tm",
            "delegation":"EU Delegation to Turkmenistan","place":"Ashgabat",
            "date":{"year":2024,"month":6,"day":3},"outcome":"REFUSED","summary":"",
            "recommendations":["recommendations/prisons"],"projects":[],
            "source":{"citation":"A report","locator":"p. 3","basis":"REPORTED"},"confidence":null}"#;

        let activity: Activity = read(document).unwrap();

        let known = Activity {
            name: "activities/a1".to_owned(),
            tier: 2,
            kind: activity::Kind::PrisonVisit.into(),
            party: "parties/tm".to_owned(),
            delegation: "EU Delegation to Turkmenistan".to_owned(),
            place: "Ashgabat".to_owned(),
            date: Some(PartialDate {
                date: Some(Date { year: 2024, month: 6, day: 3 }),
                ..PartialDate::default()
            }),
            outcome: activity::Outcome::Refused.into(),
            recommendations: vec!["recommendations/prisons".to_owned()],
            source: Some(SourceRef {
                citation: "A report".to_owned(),
                locator: "p. 3".to_owned(),
                basis: Basis::Reported.into(),
                ..SourceRef::default()
            }),
            ..Activity::default()
        };
        assert_eq!(activity, known);
    }

    #[test]
    fn an_activity_of_before_keeps_its_tier_and_its_hidden_fields() {
        let document =
            br#"{"name":"activities/a1","tier":"PUBLIC","kind":"STATEMENT","party":"parties/kz",
            "delegation":"d","place":"","date":{"year":2024,"month":0,"day":0},"outcome":"PLANNED",
            "summary":"s","recommendations":[],"projects":["projects/p"],"source":{"source":"sources/s"},
            "confidence":"LIKELY","internal_note":"note","route":"by road"}"#;

        let activity: Activity = read(document).unwrap();

        assert_eq!((activity.tier, activity.confidence()), (1, Confidence::Likely));
        let hidden = (activity.internal_note.as_str(), activity.route.as_str());
        assert_eq!(hidden, ("note", "by road"));
    }

    #[test]
    fn a_grant_of_before_is_for_desks_by_their_names_and_keeps_its_instant() {
        let document =
            br#"{"name":"grants/g1","subject":"https://login.example.org#ainura","role":"EDITOR",
            "for_desks":["KZ","REG"],"up_to":"RESTRICTED","resource":"","purpose":"keeps them",
            "expire_time":1798675200000001,"note":""}"#;

        let grant: Grant = read(document).unwrap();

        let known = Grant {
            name: "grants/g1".to_owned(),
            tier: 1,
            subject: "https://login.example.org#ainura".to_owned(),
            role: Role::Editor.into(),
            for_desks: vec!["desks/kz".to_owned(), "desks/reg".to_owned()],
            up_to: 2,
            purpose: "keeps them".to_owned(),
            expire_time: Some(Timestamp { seconds: 1_798_675_200, nanos: 1000 }),
            ..Grant::default()
        };
        assert_eq!(grant, known);
    }

    #[test]
    fn what_the_contract_does_not_know_is_not_dropped() {
        let refusal = read::<Party>(br#"{"name":"parties/kz","colour":"blue"}"#).unwrap_err();

        assert_eq!(refusal, "Party: no field colour");
    }
}
