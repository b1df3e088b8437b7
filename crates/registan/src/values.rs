//! The values of arguments: how each is read.

use api::registan::r#type::v1::PartialDate;
use chronicle::verify::Checkpoint;
use facts::date::Day;
use prost_reflect::MethodDescriptor;
use serde_json::json;
use standard::time::micros;

const PREFIX: &str = "Export";

/// For clap: the method that exports a resource.
pub fn method(typed: &str) -> Result<MethodDescriptor, String> {
    let found = methods().find(|method| resource(method) == typed);
    found.ok_or_else(|| format!("known are {}", resources().join(", ")))
}

/// For clap: what can be exported.
pub fn help() -> String {
    format!("What to export: {}", resources().join(", "))
}

/// Returns the resources that can be exported, in alphabetical order.
fn resources() -> Vec<String> {
    let mut all: Vec<String> = methods().map(|method| resource(&method)).collect();
    all.sort();
    all
}

fn methods() -> impl Iterator<Item = MethodDescriptor> {
    let services = api::descriptors().services();
    let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    methods.filter(|method| method.is_server_streaming() && method.name().starts_with(PREFIX))
}

/// `agreements` of `ExportAgreements`.
pub fn resource(method: &MethodDescriptor) -> String {
    method.name().trim_start_matches(PREFIX).to_lowercase()
}

/// For clap: an instant, as the contract writes it.
pub fn instant(typed: &str) -> Result<String, String> {
    let time = typed.parse::<prost_types::Timestamp>().ok();
    // A day alone is read as its midnight, which a day in the world does not mean.
    let time = time.filter(|_| typed.contains(':'));
    let time = time.ok_or_else(|| "this is not like 2026-11-24T12:00:00Z".to_owned())?;
    Ok(time.to_string())
}

/// For clap: `SEQ:HASH`, as an earlier check printed it.
pub fn checkpoint(typed: &str) -> Result<Checkpoint, String> {
    let found: Checkpoint = typed.parse()?;
    if found.seq == 0 {
        return Err("nothing was recorded at that checkpoint, so every record passes it".to_owned());
    }
    Ok(found)
}

/// For clap: an instant as a record time.
pub fn since(typed: &str) -> Result<i64, String> {
    let time = typed.parse::<prost_types::Timestamp>().ok();
    let micros = time.and_then(|time| micros(Some(time)).ok().flatten());
    micros.ok_or_else(|| "this is not like 2026-11-24T12:00:00Z".to_owned())
}

/// A day of the calendar, as `2024-01-17`.
pub fn day(typed: &str) -> Option<Day> {
    let mut parts = typed.splitn(3, '-').map(|part| part.parse().ok());
    Day::new(parts.next()??, parts.next()??, parts.next()??)
}

/// A day as the contract has it in JSON.
pub fn date(day: Day) -> serde_json::Value {
    json!({ "year": day.year(), "month": day.month(), "day": day.day() })
}

/// For clap: a year, a month or a day, as `2022-08`.
pub fn partial_date(typed: &str) -> Result<PartialDate, String> {
    let parts: Option<Vec<i32>> = typed.split('-').map(|part| part.parse().ok()).collect();
    let parts = parts.filter(|parts| parts.len() <= 3).unwrap_or_default();
    let part = |index: usize| parts.get(index).copied().unwrap_or(0);
    let date = facts::PartialDate::new(part(0), part(1), part(2)).map(Into::into);
    date.ok_or_else(|| "this is not like 2022, 2022-08 or 2022-08-25".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_a_number_and_a_hash() {
        let hash = "0123456789abcdef".repeat(4);

        let read = checkpoint(&format!("7:{hash}")).unwrap();

        assert_eq!(read, Checkpoint { seq: 7, hash: hash.clone() });
        for typed in ["", "7", "7:", "7:abc", &format!("0:{hash}"), &format!("x:{hash}"), &hash] {
            assert!(checkpoint(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn an_instant_is_a_day_with_a_time() {
        let whole = "2026-11-24T12:00:00Z";

        for typed in [whole, "2026-11-24T13:00:00+01:00", "2026-11-24 12:00:00"] {
            assert_eq!(instant(typed).unwrap(), whole, "{typed}");
        }
        for typed in ["2026-11-24", "24.11.2026 12:00", "yesterday", ""] {
            assert!(instant(typed).unwrap_err().contains(whole), "{typed}");
        }
    }

    #[test]
    fn every_list_of_a_resource_can_be_exported() {
        let known = [
            "activities",
            "agreements",
            "frameworks",
            "organizations",
            "parties",
            "projects",
            "recommendations",
            "sources",
            "transactions",
        ];
        let found = resources();

        for resource in known {
            assert!(found.iter().any(|found| found == resource), "{resource}: {found:?}");
        }
    }

    #[test]
    fn a_day_is_a_day_of_the_calendar() {
        assert_eq!(day("2024-02-29"), Day::new(2024, 2, 29));
        for typed in ["2023-02-29", "2024", "2024-1", "yesterday", "2024-01-17-1"] {
            assert_eq!(day(typed), None, "{typed}");
        }
    }
}
