//! Checks that a caller may write a resource: the desks and the tier of the resource, and the tiers
//! of its fields.

use chassis::caller::{RequestContext, current};
use chassis::failure::{Code, ErrorReason, Failure, Violation};
use chronicle::reader::Standing;
use chronicle::{Chronicle, Error, Expected};
use policy::{Desks, Tier};
use prost::{Message, Name};
use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor};

use crate::Served;
use crate::records::{kind, noun};

/// The highest tier of which a desk reads everything: what lies above is read by names alone.
const OF_DESKS: Tier = Tier::Confidential;

/// Returns whether the caller may write a resource of this tier and these desks, by the method they
/// call.
fn granted(tier: Tier, desks: Desks, name: &str, now: i64) -> bool {
    let context = current();
    context.caller.write(&context.rule, tier, desks, name, now)
}

/// The parent of a resource: tier, desks and name, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Around {
    name: String,
    tier: Tier,
    desks: Desks,
    /// The desks that it is to have.
    next_desks: Desks,
    deleted: bool,
}

impl Around {
    /// A parent that is known.
    pub fn of<P: chronicle::Resource>(parent: &P) -> Self {
        let (name, tier, desks) = (parent.name().to_owned(), parent.tier(), parent.desks());
        Self { name, tier, desks, next_desks: desks, deleted: false }
    }

    /// The same, which is to have other desks.
    #[must_use]
    pub fn with_desks(self, next_desks: Desks) -> Self {
        Self { next_desks, ..self }
    }

    /// True if its desks are about to change.
    pub(crate) fn is_moving(&self) -> bool {
        self.desks != self.next_desks
    }

    /// Gives a value the desks that it has within the parent.
    pub(crate) fn leave_desks<T: Served>(&self, value: &mut T) {
        value.inherit(self.next_desks);
    }

    /// Expects that the parent of a value has these desks still, where those of the value may follow
    /// from them.
    pub(crate) fn expect_desks<T: Served>(&self, value: &T, expected: &mut Expected) {
        if let Some((kind, _)) = T::PARENT.filter(|_| value.tier() > Tier::Public) {
            expected.desks(kind, &self.name, self.desks);
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Refuses what must not stand within something deleted.
    pub(crate) fn expect_standing(&self) -> Result<(), Failure> {
        if !self.deleted {
            return Ok(());
        }
        let name = &self.name;
        let message = format!("{name} is deleted: undelete it first");
        Err(Failure::failed_precondition(ErrorReason::ParentDeleted, name, message))
    }
}

/// Returns the parent of the resource `name`: nothing for a kind without a parent, and for a parent
/// that is not there. One that the caller may not see counts as missing, and is refused as such by
/// the check of references.
pub(crate) async fn around<T: Served>(
    record: &Chronicle,
    name: &str,
) -> Result<Option<Around>, Failure> {
    let Some((of, _)) = T::PARENT else { return Ok(None) };
    let parent = name.rsplitn(3, '/').nth(2).unwrap_or_default();
    let found = record.access(of, parent).await.map_err(crate::records::refused::<T>)?;
    let seen = found.filter(|it| current().clearance.sees(it.tier, it.desks, parent));
    Ok(seen.map(|Standing { tier, desks, deleted }| Around {
        name: parent.to_owned(),
        tier,
        desks,
        next_desks: desks,
        deleted,
    }))
}

/// As [`around`], of a resource that the caller sees: `Busy` where what it lies within was hidden
/// since.
pub(crate) async fn around_seen<T: Served>(
    record: &Chronicle,
    name: &str,
) -> Result<Option<Around>, Failure> {
    let found = around::<T>(record, name).await?;
    if T::PARENT.is_some() && found.is_none() {
        return Err(crate::records::refused::<T>(Error::Busy));
    }
    Ok(found)
}

/// Refuses a value that the caller may not write: of other desks, or above the tier they were
/// given. What lies within another resource needs the same for that.
pub(crate) fn may_write<T: Served>(
    value: &T,
    around: Option<&Around>,
    now: i64,
) -> Result<(), Failure> {
    let own = granted(value.tier(), value.desks(), value.name(), now);
    let outer = |around: &Around| granted(around.tier, around.desks, &around.name, now);
    if own && around.is_none_or(outer) { Ok(()) } else { Err(not_granted::<T>(&current(), value)) }
}

/// Refuses to turn a value that may be written into another: that must be writable too, and a lower
/// tier needs the role PUBLISHER.
pub(crate) fn may_change<T: Served>(
    before: &T,
    after: &T,
    around: Option<&Around>,
    now: i64,
) -> Result<(), Failure> {
    may_write(after, around, now)?;
    may_move(before, after)?;
    if after.tier() >= before.tier() || may_lower(before.tier(), [before, after], now) {
        return Ok(());
    }
    Err(publisher_needed(after, "lowering the tier of a resource"))
}

/// Refuses to give a value other desks by somebody who may not read of it all that a desk may: the
/// readers of the others, themselves perhaps among them, would be shown what they were not. Whether
/// such a field is set makes no difference, so the refusal tells nothing of it.
fn may_move<T: Served>(before: &T, after: &T) -> Result<(), Failure> {
    if !T::LAYERED || before.desks() == after.desks() || level(before) >= OF_DESKS {
        return Ok(());
    }
    let message = format!(
        "giving {} other desks needs a grant to read it as {OF_DESKS:?}: its fields above what you \
         may read would go with it",
        T::Message::NAME
    );
    let failure = Failure::new(Code::PermissionDenied, ErrorReason::NotGranted, message);
    let action = current().rule.action.clone();
    Err(failure.about(&kind::<T>(), before.name()).with("action", action))
}

/// Refuses a first version that the caller may not write, or below the tier of those that say none:
/// that needs the role PUBLISHER too, as lowering it from there would.
pub(crate) fn may_create<T: Served>(
    value: &T,
    around: Option<&Around>,
    now: i64,
) -> Result<(), Failure> {
    may_write(value, around, now)?;
    let default = T::default_tier();
    if value.tier() >= default || may_lower(default, [value], now) {
        return Ok(());
    }
    Err(publisher_needed(value, &format!("recording one below {default:?}")))
}

/// Returns whether the caller may lower resources of this tier that are of the desks of these.
fn may_lower<T: Served, const N: usize>(tier: Tier, of: [&T; N], now: i64) -> bool {
    let caller = &current().caller;
    of.iter().all(|value| caller.publish(tier, value.desks(), value.name(), now))
}

fn publisher_needed<T: Served>(value: &T, what: &str) -> Failure {
    let message = format!("{what} needs the role PUBLISHER for its desks");
    Failure::new(Code::PermissionDenied, ErrorReason::PublisherNeeded, message)
        .about(&kind::<T>(), value.name())
}

fn not_granted<T: Served>(context: &RequestContext, value: &T) -> Failure {
    let desks: Vec<_> = value.desks().iter().map(|desk| desk.id.to_uppercase()).collect();
    let desks = if desks.is_empty() { "any desk".to_owned() } else { desks.join(" or ") };
    let by = desks_by::<T>().map(|by| format!(", whose desks follow from its `{by}`"));
    let message = format!(
        "your grants do not cover writing {} of {desks} as {:?}{}: ask an operator for one",
        T::Message::NAME,
        value.tier(),
        by.unwrap_or_default()
    );
    Failure::new(Code::PermissionDenied, ErrorReason::NotGranted, message)
        .with("action", context.rule.action.clone())
}

/// The field by which a kind is of desks.
fn desks_by<T: Served>() -> Option<String> {
    let extension = api::descriptors().get_extension_by_name("registan.options.v1.resource")?;
    let options = descriptor::<T::Message>().ok()?.options();
    let options = options.get_extension(&extension);
    let by = options.as_message()?.get_field_by_name("desks_by")?;
    by.as_str().filter(|by| !by.is_empty()).map(str::to_owned)
}

/// Above PUBLIC the server makes every id: a chosen one that is taken by something hidden would
/// tell of it.
pub(crate) fn id_violation<T: Served>(value: &T, id: &str) -> Option<Violation> {
    (value.tier() > Tier::Public && !id.is_empty()).then(|| {
        let description = "must be empty above PUBLIC: the server makes the id";
        Violation::new(format!("{}_id", noun::<T>()), ErrorReason::IdNotAllowed, description)
    })
}

/// Returns whether a field lies above what the caller may read of a resource.
pub(crate) fn is_hidden(field: &FieldDescriptor, level: Tier) -> bool {
    tier(field) > level
}

/// The fields of a message that are set and lie above a level, as violations.
pub(crate) fn set_above<T: Served>(
    message: &T::Message,
    level: Tier,
) -> Result<Vec<Violation>, Failure> {
    let descriptor = descriptor::<T::Message>()?;
    if !descriptor.fields().any(|field| is_hidden(&field, level)) {
        return Ok(Vec::new());
    }
    let dynamic = dynamic(message)?;
    let above = dynamic.fields().filter(|(field, _)| is_hidden(field, level));
    Ok(above.map(|(field, _)| too_high(&field, noun::<T>())).collect())
}

/// The violation that a field of a message lies above what the caller may read of it.
pub(crate) fn too_high(field: &FieldDescriptor, within: &str) -> Violation {
    let description = format!("is {:?}, above what you may read of this", tier(field));
    Violation::new(format!("{within}.{}", field.name()), ErrorReason::TierTooHigh, description)
}

/// The highest tier that the caller may read of a value.
pub(crate) fn level<T: Served>(value: &T) -> Tier {
    current().clearance.level(value.desks(), value.name())
}

/// A message by its descriptor.
pub(crate) fn dynamic<M: Message + Name>(message: &M) -> Result<DynamicMessage, Failure> {
    DynamicMessage::decode(descriptor::<M>()?, message.encode_to_vec().as_slice())
        .map_err(Failure::internal)
}

fn descriptor<M: Name>() -> Result<MessageDescriptor, Failure> {
    let name = M::full_name();
    let found = api::descriptors().get_message_by_name(&name);
    found.ok_or_else(|| Failure::internal(format!("{name} has no descriptor")))
}

/// The tier the contract gives a field; without one nobody may read it.
fn tier(field: &FieldDescriptor) -> Tier {
    let Some(option) = api::descriptors().get_extension_by_name("registan.options.v1.tier") else {
        return Tier::Secret;
    };
    let options = field.options();
    let level = options.get_extension(&option).as_enum_number().unwrap_or_default();
    Tier::from_level(level.into())
}
