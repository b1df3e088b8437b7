//! Updates of what was recorded otherwise than the contract says, as an import keeps what its file
//! has: a rule that is broken in fields which an update leaves alone does not stop it.

use std::collections::BTreeSet;

use chassis::failure::Failure;
use chronicle::{Shown, Stored};
use facts::{Check, Day, Violation};
use policy::Tier;

use crate::records::noun;
use crate::{Served, failure, mask};

/// Returns the value of a message that an update makes of the current one, or everything that is
/// wrong with it. What is wrong with the current one, too, counts only where the update changes the
/// field, or where the value could not keep the field as it is.
pub(crate) fn read<T: Served>(
    current: &Stored<T>,
    message: &T::Message,
    merged: T::Message,
    now: i64,
) -> Result<T, Failure> {
    let judge = |message: T::Message| {
        let mut check = Check::new(noun::<T>()).on(Day::latest_at(now));
        let value = T::read(&mut check, current.value.name().to_owned(), message);
        (value, check.finish())
    };
    let mut changed = fields_of(mask::differences(Some(message), &merged, Tier::Secret)?.paths);
    let (_, before) = judge(message.clone());
    let (value, mut found) = judge(merged);
    let written = T::write(Shown::unanswered(current.clone()).with(value.clone()));
    changed.extend(fields_of(mask::differences(Some(message), &written, Tier::Secret)?.paths));
    found.retain(|one| changed.contains(field_of(one, noun::<T>())) || !before.contains(one));
    failure::from_violations(found).map_or(Ok(value), Err)
}

/// Returns the fields of a resource to which these paths lead.
fn fields_of(paths: Vec<String>) -> BTreeSet<String> {
    paths.into_iter().map(|path| first_of(&path).to_owned()).collect()
}

/// Returns the field of a resource in which a violation lies.
fn field_of<'a>(violation: &'a Violation, noun: &str) -> &'a str {
    let path = violation.field.strip_prefix(noun).unwrap_or(&violation.field);
    first_of(path.trim_start_matches('.'))
}

fn first_of(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}
