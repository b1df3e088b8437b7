//! AIP-134 field masks: which fields of an update are taken, for any message, by its descriptor.

use chassis::failure::{Failure, Violation};
use policy::Tier;
use prost::{Message, Name};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage, Value};
use prost_types::FieldMask;

use crate::access::{dynamic, is_hidden};

/// Paths of one mask: more than any resource has fields.
const MOST_PATHS: usize = 100;

/// `current` with the fields of `mask` taken from `wanted`. An empty mask takes every field that is set, `*` takes all.
/// Fields that only the server sets, the name, and what lies above `level` are left alone: nobody empties what they cannot see.
/// A path that does not exist is refused.
pub fn merge<M: Message + Name + Default>(
    current: &M,
    wanted: &M,
    mask: Option<&FieldMask>,
    level: Tier,
) -> Result<M, Failure> {
    let fixed = |field: &FieldDescriptor| fixed(field) || is_hidden(field, level);
    let mut target = dynamic(current)?;
    let source = dynamic(wanted)?;
    let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    if paths.len() > MOST_PATHS {
        let description = format!("has {} paths; at most {MOST_PATHS} are taken", paths.len());
        return Err(Failure::invalid(vec![Violation::new(
            "update_mask",
            "MASK_INVALID",
            description,
        )]));
    }
    match paths {
        [] => {
            for (field, value) in source.fields().filter(|(field, _)| !fixed(field)) {
                target.set_field(&field, value.clone());
            }
        }
        [all] if all == "*" => {
            for field in source.descriptor().fields().filter(|field| !fixed(field)) {
                take(&mut target, &source, &field);
            }
        }
        _ => {
            let violations: Vec<Violation> = paths
                .iter()
                .filter_map(|path| apply(&mut target, &source, path, level).err())
                .collect();
            if !violations.is_empty() {
                return Err(Failure::invalid(violations));
            }
        }
    }
    M::decode(target.encode_to_vec().as_slice()).map_err(Failure::internal)
}

/// `a` or `a.b.c`: nothing inside a list or a map.
fn apply(
    target: &mut DynamicMessage,
    source: &DynamicMessage,
    path: &str,
    level: Tier,
) -> Result<(), Violation> {
    let invalid = |description: String| Violation::new("update_mask", "MASK_INVALID", description);
    let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
    let Some(field) = target.descriptor().get_field_by_name(head) else {
        let known: Vec<_> =
            target.descriptor().fields().map(|field| field.name().to_owned()).collect();
        return Err(invalid(format!(
            "`{}` is no field; known are: {}",
            clip(path),
            known.join(", ")
        )));
    };
    if fixed(&field) || is_hidden(&field, level) {
        return Ok(());
    }
    let Some(rest) = rest else {
        take(target, source, &field);
        return Ok(());
    };
    if field.is_list() || field.is_map() || !matches!(field.kind(), Kind::Message(_)) {
        return Err(invalid(format!(
            "`{}` looks inside a field that can only be taken whole: use `{head}`",
            clip(path)
        )));
    }
    let given = source.get_field(&field);
    match (target.get_field_mut(&field), given.as_message()) {
        (Value::Message(inner), Some(given)) => apply(inner, given, rest, level),
        _ => Ok(()),
    }
}

/// The paths of the fields in which two messages differ, as far as they lie within `level`: into messages, not into lists.
/// Without a first all that is set in the second.
pub fn differences<M: Message + Name + Default>(
    before: Option<&M>,
    after: &M,
    level: Tier,
) -> Result<FieldMask, Failure> {
    let before = match before {
        Some(before) => dynamic(before)?,
        None => dynamic(&M::default())?,
    };
    let mut paths = Vec::new();
    compare(&before, &dynamic(after)?, "", level, &mut paths);
    Ok(FieldMask { paths })
}

fn compare(
    before: &DynamicMessage,
    after: &DynamicMessage,
    at: &str,
    level: Tier,
    paths: &mut Vec<String>,
) {
    for field in after.descriptor().fields().filter(|field| !is_hidden(field, level)) {
        // What the server stamps on every version says nothing.
        if at.is_empty() && (1..=6).contains(&field.number()) {
            continue;
        }
        let (old, new) = (before.get_field(&field), after.get_field(&field));
        if old == new && before.has_field(&field) == after.has_field(&field) {
            continue;
        }
        let path = format!("{at}{}", field.name());
        match (old.as_message(), new.as_message()) {
            (Some(old), Some(new)) if before.has_field(&field) && after.has_field(&field) => {
                compare(old, new, &format!("{path}."), level, paths);
            }
            _ => paths.push(path),
        }
    }
}

fn take(target: &mut DynamicMessage, source: &DynamicMessage, field: &FieldDescriptor) {
    if source.has_field(field) {
        target.set_field(field, source.get_field(field).into_owned());
    } else {
        target.clear_field(field);
    }
}

/// Whether only the server sets it: `OUTPUT_ONLY` (3), `IDENTIFIER` (8), and the etag, which guards and is not stored.
fn fixed(field: &FieldDescriptor) -> bool {
    let Some(behavior) = api::descriptors().get_extension_by_name("google.api.field_behavior")
    else {
        return false;
    };
    let options = field.options();
    let value = options.get_extension(&behavior);
    let marked = value
        .as_list()
        .is_some_and(|all| all.iter().any(|one| matches!(one.as_enum_number(), Some(3 | 8))));
    marked || field.name() == "etag"
}

fn clip(path: &str) -> String {
    path.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use api::registan::agreements::v1::Party;
    use api::registan::r#type::v1::{Date, PartialDate};

    use super::*;

    fn party() -> Party {
        Party {
            name: "parties/kz".to_owned(),
            uid: "u".to_owned(),
            display_name: "Kazakhstan".to_owned(),
            note: "old".to_owned(),
            established: Some(PartialDate {
                date: Some(Date { year: 1991, month: 12, day: 16 }),
                ..PartialDate::default()
            }),
            ..Party::default()
        }
    }

    fn mask(paths: &[&str]) -> FieldMask {
        FieldMask { paths: paths.iter().map(|&path| path.to_owned()).collect() }
    }

    #[test]
    fn only_the_fields_of_the_mask_are_taken() {
        let wanted =
            Party { display_name: "X".to_owned(), uid: "forged".to_owned(), ..Party::default() };

        let merged =
            merge(&party(), &wanted, Some(&mask(&["display_name", "uid", "note"])), Tier::Public)
                .unwrap();

        assert_eq!(merged, Party { display_name: "X".to_owned(), note: String::new(), ..party() });
    }

    #[test]
    fn an_empty_mask_takes_what_is_set_and_a_star_takes_all() {
        let wanted = Party { display_name: "X".to_owned(), ..Party::default() };

        let some = merge(&party(), &wanted, None, Tier::Public).unwrap();
        let all = merge(&party(), &wanted, Some(&mask(&["*"])), Tier::Public).unwrap();

        assert_eq!(some, Party { display_name: "X".to_owned(), ..party() });
        assert_eq!((all.note.as_str(), all.established, all.uid.as_str()), ("", None, "u"));
    }

    #[test]
    fn a_path_into_a_message_changes_that_part_alone() {
        let year = PartialDate {
            date: Some(Date { year: 1990, ..Date::default() }),
            ..PartialDate::default()
        };
        let wanted = Party { established: Some(year), ..Party::default() };

        let merged =
            merge(&party(), &wanted, Some(&mask(&["established.date.year"])), Tier::Public)
                .unwrap();

        assert_eq!(merged.established.unwrap().date, Some(Date { year: 1990, month: 12, day: 16 }));
    }

    #[test]
    fn paths_that_do_not_exist_are_all_named() {
        let refusal = merge(
            &party(),
            &party(),
            Some(&mask(&["nothing", "names.text", "display_name.x"])),
            Tier::Public,
        )
        .unwrap_err();

        assert_eq!(refusal.violations.len(), 3);
        assert!(refusal.violations[0].description.contains("`nothing` is no field"));
    }
}
