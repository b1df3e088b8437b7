//! An update replaces a list whole (AIP-134). One that knows nothing of the list, since it was made
//! without reading the resource, would drop items unseen: that is refused.

use chassis::failure::{Code, ErrorReason, Failure};
use prost::{Message, Name};
use prost_reflect::{Kind, ReflectMessage, Value};

use crate::Served;
use crate::access::dynamic;
use crate::failure::kind;

/// Refuses an update without an etag after which a list of messages lacks items that it had.
/// `before` and `after` are as they would be answered. Lists of texts and numbers are short, and
/// seen whole where they are written.
pub(crate) fn keep_items<T: Served>(
    name: &str,
    before: &T::Message,
    after: &T::Message,
) -> Result<(), Failure> {
    let lost = lost(before, after)?;
    if lost.is_empty() {
        return Ok(());
    }
    let fields: Vec<&str> = lost.iter().map(|it| it.field.as_str()).collect();
    let told: Vec<String> =
        lost.iter().map(|it| format!("{} of the {} {}", it.gone, it.of, it.field)).collect();
    let message = format!(
        "the update would leave out {} of {name}, for a list is replaced whole: read {name}, and send the list with all items that are to stay, together with the `etag` that was read; `*` as etag means whatever stands there",
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

fn lost<M: Message + Name + Default>(before: &M, after: &M) -> Result<Vec<Lost>, Failure> {
    let (before, after) = (dynamic(before)?, dynamic(after)?);
    let lists = before.descriptor();
    let lists = lists.fields().filter(|it| it.is_list() && matches!(it.kind(), Kind::Message(_)));
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

    #[test]
    fn items_that_stay_may_move_and_others_may_come() {
        let none: Vec<Lost> = Vec::new();
        assert_eq!(lost(&party(&["a", "b"]), &party(&["b", "c", "a"])).unwrap(), none);
    }

    #[test]
    fn items_that_go_are_counted_each() {
        let lost_names = |gone, of| vec![Lost { field: "names".to_owned(), gone, of }];
        assert_eq!(lost(&party(&["a", "b"]), &party(&["c"])).unwrap(), lost_names(2, 2));
        assert_eq!(lost(&party(&["a", "a", "b"]), &party(&["a", "b"])).unwrap(), lost_names(1, 3));
    }
}
