//! Fields of an option.

use protox::prost_reflect::DynamicMessage;

pub fn is_set(message: &DynamicMessage, field: &str) -> bool {
    message.has_field_by_name(field)
}

pub fn text(message: &DynamicMessage, field: &str) -> String {
    message
        .get_field_by_name(field)
        .and_then(|it| it.as_str().map(str::to_owned))
        .unwrap_or_default()
}
