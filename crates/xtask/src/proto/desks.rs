//! The comment of the field that tells the desks of a resource.

use protox::prost_reflect::DynamicMessage;

use super::said::{is_set, text};

/// Returns the comment of the field `desks` of what lies within `parent`, or within nothing.
pub fn desks(said: &DynamicMessage, a_noun: &str, parent: &str) -> String {
    let by = text(said, "desks_by");
    let inherits = format!("those of its {parent}, as they are now; none: all of them.");
    match (by.is_empty(), parent.is_empty()) {
        (_, true) => {}
        (true, false) => return format!("The desks it belongs to: above PUBLIC {inherits}"),
        (false, false) => {
            let of = format!("The desks it belongs to, derived from its `{by}`; where these tell");
            return format!("{of} none and it lies above PUBLIC, {inherits}");
        }
    }
    match (by.is_empty(), is_set(said, "region_desk")) {
        (true, false) => format!("Always empty: {a_noun} belongs to no desk, and so to all."),
        (true, true) => "The desk of the region.".to_owned(),
        (false, false) => {
            format!("The desks it belongs to, derived from its `{by}`; none: all of them.")
        }
        (false, true) => {
            let of = "The desks it belongs to: that of the region, and those derived from its";
            format!("{of} `{by}`.")
        }
    }
}
