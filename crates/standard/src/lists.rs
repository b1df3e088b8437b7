//! An update replaces a list whole (AIP-134). One that knows nothing of the list, since it was made
//! without reading the resource, would drop items unseen: that is refused.

use chassis::failure::{Code, ErrorReason, Failure};
use prost::{Message, Name};
use prost_reflect::{FieldDescriptor, Kind, ReflectMessage, Value};

use crate::Served;
use crate::access::dynamic;
use crate::failure::kind;

/// Refuses an update without an etag after which a list of messages lacks items that it had.
/// `before` and `after` are as they would be answered; a list is looked at where what was asked
/// for, `merged`, changes it. Lists of texts and numbers are short, and seen whole where they are
/// written.
pub(crate) fn keep_items<T: Served>(
    name: &str,
    before: &T::Message,
    merged: &T::Message,
    after: &T::Message,
) -> Result<(), Failure> {
    let lost = lost(before, merged, after)?;
    if lost.is_empty() {
        return Ok(());
    }
    let fields: Vec<&str> = lost.iter().map(|it| it.field.as_str()).collect();
    let told: Vec<String> =
        lost.iter().map(|it| format!("{} of the {} {}", it.gone, it.of, it.field)).collect();
    let message = format!(
        "the update would leave out {} of {name}, for a list is replaced whole: read {name}, and \
         send the list with all items that are to stay, together with the `etag` that was read; \
         `*` as etag means whatever stands there",
        told.join(" and "),
    );
    let failure = Failure::new(Code::FailedPrecondition, ErrorReason::ItemsLeftOut, message);
    Err(failure.about(&kind::<T>(), name).with("fields", fields.join(",")))
}

/// How many items of a list are in it no more.
#[derive(Debug, PartialEq)]
struct Lost {
    field: String,
    gone: usize,
    of: usize,
}

fn lost<M: Message + Name + Default>(
    before: &M,
    merged: &M,
    after: &M,
) -> Result<Vec<Lost>, Failure> {
    let (before, merged, after) = (dynamic(before)?, dynamic(merged)?, dynamic(after)?);
    let fields = before.descriptor();
    let is_changed = |field: &FieldDescriptor| {
        field.is_list()
            && matches!(field.kind(), Kind::Message(_))
            && before.get_field(field) != merged.get_field(field)
    };
    let lists = fields.fields().filter(is_changed);
    let lost = lists.map(|field| {
        let (had, has) = (before.get_field(&field), after.get_field(&field));
        let (had, mut left) = (items(&had), items(&has).to_vec());
        let is_lost = |item: &&Value| match left.iter().position(|other| other == *item) {
            Some(place) => {
                left.swap_remove(place);
                false
            }
            None => true,
        };
        let gone = had.iter().filter(is_lost).count();
        Lost { field: field.name().to_owned(), gone, of: had.len() }
    });
    Ok(lost.filter(|it| it.gone > 0).collect())
}

fn items(value: &Value) -> &[Value] {
    value.as_list().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use api::registan::agreements::v1::{Party, PartyName};

    use super::{Lost, lost};

    fn party(names: &[&str]) -> Party {
        let name = |text: &&str| PartyName { text: (*text).to_owned(), ..PartyName::default() };
        Party { names: names.iter().map(name).collect(), ..Party::default() }
    }

    fn of(before: &Party, after: &Party) -> Vec<Lost> {
        lost(before, after, after).unwrap()
    }

    #[test]
    fn items_that_stay_may_move_and_others_may_come() {
        assert_eq!(of(&party(&["a", "b"]), &party(&["b", "c", "a"])), []);
    }

    #[test]
    fn items_that_go_are_counted_each() {
        let gone = |gone, of| vec![Lost { field: "names".to_owned(), gone, of }];
        assert_eq!(of(&party(&["a", "b"]), &party(&["c"])), gone(2, 2));
        assert_eq!(of(&party(&["a", "a", "b"]), &party(&["a", "b"])), gone(1, 3));
    }

    #[test]
    fn a_list_that_the_update_does_not_change_is_left_to_its_form() {
        let (before, after) = (party(&["a "]), party(&["a"]));
        assert_eq!(lost(&before, &before, &after).unwrap(), []);
    }
}
