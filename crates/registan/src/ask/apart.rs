//! The dimensions by which sums were to be told apart, also where no row has one: its column is
//! printed all the same, so that a reader sees that nothing was attributed.

use prost_reflect::{DynamicMessage, Kind, ReflectMessage, Value};

/// The cell of what nobody has.
const NONE: &str = "-";

/// Gives the rows of an answer to a request with `group_by` a cell for each dimension that no row
/// has.
pub fn show_dimensions(request: &DynamicMessage, answer: &mut DynamicMessage) {
    let Some(rows) = answer.descriptor().get_field_by_name("sums") else { return };
    let Value::List(mut sums) = answer.get_field(&rows).into_owned() else { return };
    for dimension in dimensions(request) {
        let mut messages = sums.iter().filter_map(Value::as_message);
        let Some(field) = messages.clone().next().and_then(|row| column(row, &dimension)) else {
            continue;
        };
        if messages.any(|row| row.has_field(&field)) {
            continue;
        }
        let none = Value::String(NONE.to_owned());
        let none = if field.is_list() { Value::List(vec![none]) } else { none };
        for row in sums.iter_mut().filter_map(Value::as_message_mut) {
            row.set_field(&field, none.clone());
        }
    }
    answer.set_field(&rows, Value::List(sums));
}

/// The dimensions of a request: `participant` of `DIMENSION_PARTICIPANT`.
fn dimensions(request: &DynamicMessage) -> Vec<String> {
    let Some(field) = request.descriptor().get_field_by_name("group_by") else { return Vec::new() };
    let (Kind::Enum(kind), Value::List(asked)) =
        (field.kind(), request.get_field(&field).into_owned())
    else {
        return Vec::new();
    };
    let names = asked.iter().filter_map(Value::as_enum_number);
    let names = names.filter_map(|number| kind.get_value(number));
    names.map(|value| value.name().trim_start_matches("DIMENSION_").to_lowercase()).collect()
}

/// The field of a row that has a dimension: a text, or texts.
fn column(row: &DynamicMessage, dimension: &str) -> Option<prost_reflect::FieldDescriptor> {
    let plural = match dimension.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{dimension}s"),
    };
    let kind = row.descriptor();
    let found = kind.get_field_by_name(dimension).or_else(|| kind.get_field_by_name(&plural));
    found.filter(|field| field.kind() == Kind::String)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(name: &str, json: serde_json::Value) -> DynamicMessage {
        let kind = api::descriptors().get_message_by_name(name).unwrap();
        DynamicMessage::deserialize(kind, json).unwrap()
    }

    fn shown(sums: &serde_json::Value) -> serde_json::Value {
        let dimensions = ["DIMENSION_PARTICIPANT", "DIMENSION_PRIORITY", "DIMENSION_YEAR"];
        let request = json!({ "group_by": dimensions });
        let request = message("registan.projects.v1.SumTransactionsRequest", request);
        let answer = json!({ "sums": sums });
        let mut answer = message("registan.projects.v1.SumTransactionsResponse", answer);
        show_dimensions(&request, &mut answer);
        serde_json::to_value(&answer).unwrap()["sums"].take()
    }

    #[test]
    fn a_dimension_that_no_row_has_is_shown() {
        assert_eq!(
            shown(&json!([{"amount": "1"}])),
            json!([{"amount": "1", "participant": "-", "priorities": ["-"]}])
        );
        let has =
            json!([{"participant": "organizations/eu", "priorities": ["p"]}, {"amount": "1"}]);
        assert_eq!(shown(&has), has);
        assert_eq!(shown(&json!([])), serde_json::Value::Null);
    }
}
