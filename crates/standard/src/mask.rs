//! AIP-134 field masks: which fields of an update are taken, for any message, by its descriptor.

use chassis::failure::{ErrorReason, Failure, Violation};
use policy::Tier;
use prost::{Message, Name};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, ReflectMessage, Value};
use prost_types::FieldMask;

use crate::access::{dynamic, is_hidden, too_high};

/// Paths of one mask: more than any resource has fields.
const MOST_PATHS: usize = 100;

/// `current` with the fields of `mask` taken from `wanted`, both of the kind `noun`. An empty mask
/// takes every field that is set, `*` takes all. Fields that only the server sets, and the name,
/// are left alone, also where the mask names them (AIP-203); so is, under `*`, what lies above
/// `level` and is not set: nobody empties what they cannot see. A path that does not exist, or lies
/// above `level`, is refused.
pub fn merge<M: Message + Name + Default>(
    noun: &str,
    current: &M,
    wanted: &M,
    mask: Option<&FieldMask>,
    level: Tier,
) -> Result<M, Failure> {
    let mut target = dynamic(current)?;
    let source = dynamic(wanted)?;
    let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    if paths.len() > MOST_PATHS {
        let description = format!("has {} paths; at most {MOST_PATHS} are taken", paths.len());
        return Err(Failure::invalid(vec![invalid(description)]));
    }
    let mut violations = Vec::new();
    let all = matches!(paths, [all] if all == "*");
    if paths.is_empty() || all {
        for field in source.descriptor().fields().filter(|field| !is_fixed(field)) {
            match (is_hidden(&field, level), source.has_field(&field)) {
                (true, true) => violations.push(too_high(&field, noun)),
                (false, set) if set || all => take(&mut target, &source, &field),
                _ => {}
            }
        }
    } else {
        let applied = paths.iter().map(|path| apply(&mut target, &source, path, noun, level));
        violations = applied.filter_map(Result::err).collect();
    }
    if violations.is_empty() {
        M::decode(target.encode_to_vec().as_slice()).map_err(Failure::internal)
    } else {
        Err(Failure::invalid(violations))
    }
}

fn invalid(description: String) -> Violation {
    Violation::new("update_mask", ErrorReason::MaskInvalid, description)
}

/// `a` or `a.b.c`: nothing inside a list or a map.
fn apply(
    target: &mut DynamicMessage,
    source: &DynamicMessage,
    path: &str,
    within: &str,
    level: Tier,
) -> Result<(), Violation> {
    let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
    let Some(field) = target.descriptor().get_field_by_name(head) else {
        let kind = target.descriptor();
        let known = kind.fields().filter(|field| !is_fixed(field));
        let known: Vec<_> = known.map(|field| field.name().to_owned()).collect();
        return Err(invalid(format!(
            "`{}` is no field; known are: {}",
            clip(path),
            known.join(", ")
        )));
    };
    if is_fixed(&field) {
        return Ok(());
    }
    if is_hidden(&field, level) {
        return Err(too_high(&field, within));
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
    let mut value = target.get_field(&field).into_owned();
    if let (Value::Message(inner), Some(given)) = (&mut value, given.as_message()) {
        apply(inner, given, rest, &format!("{within}.{head}"), level)?;
    }
    // Of a message that neither has there is no part to take.
    if target.has_field(&field) || source.has_field(&field) {
        target.set_field(&field, value);
    }
    Ok(())
}

/// The paths of the fields in which two messages differ, as far as they lie within `level`: into
/// messages, not into lists. Without a first all that is set in the second.
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

/// Returns whether only the server sets it: `OUTPUT_ONLY` (3), `IDENTIFIER` (8), and the etag,
/// which guards and is not stored.
pub fn is_fixed(field: &FieldDescriptor) -> bool {
    let Some(extension) = api::descriptors().get_extension_by_name("google.api.field_behavior")
    else {
        return false;
    };
    let options = field.options();
    let value = options.get_extension(&extension);
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
    use api::registan::rights::v1::Activity;
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

    fn visit() -> Activity {
        Activity {
            name: "activities/a".to_owned(),
            summary: "A visit".to_owned(),
            internal_note: "kept".to_owned(),
            ..Activity::default()
        }
    }

    #[test]
    fn what_lies_above_the_writer_is_refused_where_it_is_named_and_kept_where_it_is_not() {
        let blind = Activity { summary: "B".to_owned(), ..Activity::default() };
        let merge = |wanted: &Activity, paths: &[&str]| {
            super::merge("activity", &visit(), wanted, Some(&mask(paths)), Tier::Restricted)
        };

        for paths in [&[][..], &["*"], &["summary"]] {
            let merged = merge(&blind, paths).unwrap();
            assert_eq!((merged.summary.as_str(), merged.internal_note.as_str()), ("B", "kept"));
        }
        assert_eq!(merge(&visit(), &["summary"]).unwrap(), visit());
        for (wanted, paths) in [(blind, &["internal_note"][..]), (visit(), &[]), (visit(), &["*"])]
        {
            let refusal = merge(&wanted, paths).unwrap_err();
            let violations = &refusal.violations;
            assert_eq!(violations.len(), 1);
            assert_eq!(violations[0].field, "activity.internal_note");
            assert_eq!(violations[0].reason, ErrorReason::TierTooHigh);
        }
    }

    fn mask(paths: &[&str]) -> FieldMask {
        FieldMask { paths: paths.iter().map(|&path| path.to_owned()).collect() }
    }

    #[test]
    fn only_the_fields_of_the_mask_are_taken() {
        let wanted =
            Party { display_name: "X".to_owned(), uid: "forged".to_owned(), ..Party::default() };

        let merged = merge(
            "party",
            &party(),
            &wanted,
            Some(&mask(&["display_name", "uid", "note"])),
            Tier::Public,
        )
        .unwrap();

        assert_eq!(merged, Party { display_name: "X".to_owned(), note: String::new(), ..party() });
    }

    #[test]
    fn an_empty_mask_takes_what_is_set_and_a_star_takes_all() {
        let wanted = Party { display_name: "X".to_owned(), ..Party::default() };

        let some = merge("party", &party(), &wanted, None, Tier::Public).unwrap();
        let all = merge("party", &party(), &wanted, Some(&mask(&["*"])), Tier::Public).unwrap();

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

        let merged = merge(
            "party",
            &party(),
            &wanted,
            Some(&mask(&["established.date.year"])),
            Tier::Public,
        )
        .unwrap();

        assert_eq!(merged.established.unwrap().date, Some(Date { year: 1990, month: 12, day: 16 }));
    }

    #[test]
    fn a_path_into_what_neither_has_changes_nothing() {
        let without = Party { established: None, ..party() };
        let mask = mask(&["established.qualifier", "established.date.year"]);

        let merged =
            merge("party", &without, &Party::default(), Some(&mask), Tier::Public).unwrap();

        assert_eq!(merged, without);
    }

    #[test]
    fn paths_that_do_not_exist_are_all_named() {
        let refusal = merge(
            "party",
            &party(),
            &party(),
            Some(&mask(&["nothing", "names.text", "display_name.x"])),
            Tier::Public,
        )
        .unwrap_err();

        assert_eq!(refusal.violations.len(), 3);
        let unknown = &refusal.violations[0].description;
        assert!(unknown.starts_with("`nothing` is no field; known are: tier, "), "{unknown}");
        let fixed = ["name", "uid", "etag", "create_time", "update_time", "delete_time"];
        assert!(fixed.iter().all(|it| !unknown.contains(&format!(" {it},"))), "{unknown}");
    }
}
