//! One write of one resource, judged before it is recorded: by a single write and by an import
//! alike.

use std::borrow::Cow;

use chassis::caller::current;
use chassis::failure::Failure;
use chronicle::{Entry, Error, Stored};
use policy::Tier;

use crate::Served;
use crate::access::{Around, may_change, may_create, may_write};
use crate::records::refused;

/// The step that a write takes with one resource, with what stood before it.
pub enum Step<'a, T> {
    /// Records the first version.
    Create(&'a T),
    /// Records the next version of what stands.
    Update(&'a Stored<T>, &'a T),
    /// Deletes what stands.
    Delete(&'a Stored<T>),
    /// Makes what is deleted stand again, as it was.
    Undelete(&'a Stored<T>),
    /// Makes what is deleted stand again, with another value.
    Revive(&'a Stored<T>, &'a T),
}

impl<T: Served> Step<'_, T> {
    /// Checks whether the caller may do this at `now`: what they may not see is not there for them,
    /// what stood and what is to stand must be writable by them, and so must what lies around it.
    pub fn check(&self, around: Option<&Around>, now: i64) -> Result<(), Failure> {
        match self {
            Self::Create(value) => may_create(*value, around, now),
            Self::Update(before, value) => {
                may_touch(before, around, now)?;
                may_change(&before.value, *value, around, now)
            }
            Self::Delete(before) => may_touch(before, around, now),
            Self::Undelete(before) => {
                may_touch(before, around, now)?;
                around.map_or(Ok(()), Around::expect_standing)
            }
            Self::Revive(before, value) => {
                may_touch(before, around, now)?;
                around.map_or(Ok(()), Around::expect_standing)?;
                may_change(&before.value, *value, around, now)
            }
        }
    }

    /// The line of the record that does it, checked. What lies above PUBLIC and tells no desk has
    /// those of what lies around it.
    pub fn entry(&self, around: Option<&Around>, now: i64) -> Result<Entry, Failure> {
        self.check(around, now)?;
        match self {
            Self::Create(value) => Entry::create(&*within(*value, around)),
            Self::Update(before, value) => Entry::update(before, &*within(*value, around)),
            Self::Delete(before) => Entry::delete(&*stored_within(before, around)),
            Self::Undelete(before) => Entry::undelete(&*stored_within(before, around)),
            Self::Revive(before, value) => Entry::revive(before, &*within(*value, around)),
        }
        .map_err(refused::<T>)
    }
}

/// Returns a value with the desks that it has within its parent.
fn within<'a, T: Served>(value: &'a T, around: Option<&Around>) -> Cow<'a, T> {
    let Some(around) = around.filter(|_| value.tier() > Tier::Public) else {
        return Cow::Borrowed(value);
    };
    let mut value = value.clone();
    around.leave_desks(&mut value);
    Cow::Owned(value)
}

/// The same of what is deleted or undeleted, which has the desks of its parent already, unless these
/// change with it.
fn stored_within<'a, T: Served>(
    before: &'a Stored<T>,
    around: Option<&Around>,
) -> Cow<'a, Stored<T>> {
    match within(&before.value, around.filter(|around| around.is_moving())) {
        Cow::Borrowed(_) => Cow::Borrowed(before),
        Cow::Owned(value) => Cow::Owned(Stored { value, ..before.clone() }),
    }
}

/// Refuses to touch what is hidden from the caller, or not theirs to write.
fn may_touch<T: Served>(
    before: &Stored<T>,
    around: Option<&Around>,
    now: i64,
) -> Result<(), Failure> {
    let value = &before.value;
    if !current().clearance.sees(value.tier(), value.desks(), value.name()) {
        return Err(refused::<T>(Error::NotFound(value.name().to_owned())));
    }
    may_write(value, around, now)
}
