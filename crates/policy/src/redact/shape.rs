//! The shape of a message, as redaction needs it, read from the contract once.

use std::collections::HashMap;

use facts::vocabulary::Vocabulary;
use prost_reflect::{
    DescriptorPool, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor,
};

use crate::Tier;

/// The field option of the contract.
const TIER: &str = "registan.options.v1.tier";
/// The option of a message that is a resource.
const RESOURCE: &str = "google.api.resource";
/// Never shown: stands above every tier.
const NEVER: Tier = Tier::Unread;

/// The shape of a message, as redaction needs it.
#[derive(Debug)]
pub(super) struct Shape {
    /// By number.
    fields: Vec<Field>,
    /// True if it says itself whose it is.
    pub is_resource: bool,
    /// The highest tier of any field in it, however deep.
    pub highest: Tier,
    /// True if a resource may stand in it, however deep.
    pub holds_resource: bool,
}

/// The shape of a field, as redaction needs it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub number: u32,
    /// [`Tier::Unread`], above every level, where the contract has none.
    pub tier: Tier,
    /// The place of the shape of its message, if it is a message to look into.
    pub message: Option<usize>,
}

impl Shape {
    /// A message of which nothing is known, and so nothing shown.
    pub const fn unknown() -> Self {
        Self { fields: Vec::new(), is_resource: false, highest: NEVER, holds_resource: false }
    }

    /// The field of a number, if it is known.
    pub fn field(&self, number: u32) -> Option<&Field> {
        let place = self.fields.binary_search_by_key(&number, |field| field.number);
        place.ok().map(|place| &self.fields[place])
    }
}

/// The shapes of all messages that answers can hold.
#[derive(Debug)]
pub(super) struct Shapes {
    pub all: Vec<Shape>,
    by_name: HashMap<String, usize>,
    tier: Option<ExtensionDescriptor>,
    resource: Option<ExtensionDescriptor>,
}

impl Shapes {
    /// The shapes of the messages of a contract.
    pub fn of(pool: &DescriptorPool) -> Self {
        Self {
            all: vec![Shape::unknown()],
            by_name: HashMap::new(),
            tier: pool.get_extension_by_name(TIER),
            resource: pool.get_extension_by_name(RESOURCE),
        }
    }

    /// The place of the shape of a message; adds it, and those of all messages in it, where they
    /// are new.
    pub fn add(&mut self, message: &MessageDescriptor) -> usize {
        if let Some(place) = self.by_name.get(message.full_name()) {
            return *place;
        }
        let place = self.all.len();
        self.by_name.insert(message.full_name().to_owned(), place);
        self.all.push(Shape::unknown());
        let mut fields: Vec<Field> = message.fields().map(|field| self.field(&field)).collect();
        fields.sort_by_key(|field| field.number);
        let is_resource = self
            .resource
            .as_ref()
            .is_some_and(|resource| message.options().has_extension(resource));
        self.all[place] =
            Shape { fields, is_resource, highest: Tier::Public, holds_resource: false };
        place
    }

    fn field(&mut self, field: &FieldDescriptor) -> Field {
        let message = match field.kind() {
            Kind::Message(message) if !is_whole(&message) => Some(self.add(&message)),
            _ => None,
        };
        Field { number: field.number(), tier: self.tier(field), message }
    }

    fn tier(&self, field: &FieldDescriptor) -> Tier {
        if field.parent_message().is_map_entry() {
            return Tier::Public;
        }
        let Some(tier) = &self.tier else { return NEVER };
        let number = field.options().get_extension(tier).as_enum_number();
        number.and_then(Tier::from_number).unwrap_or(NEVER)
    }

    /// Works out what is below each message, once all are there; messages may hold each other in a
    /// ring.
    pub fn close(&mut self) {
        loop {
            let next: Vec<_> = self.all.iter().map(|shape| self.below(shape)).collect();
            let mut changed = false;
            for (shape, below) in self.all.iter_mut().zip(next) {
                changed |= (shape.highest, shape.holds_resource) != below;
                (shape.highest, shape.holds_resource) = below;
            }
            if !changed {
                return;
            }
        }
    }

    fn below(&self, shape: &Shape) -> (Tier, bool) {
        let mut below = (shape.highest, shape.holds_resource);
        for field in &shape.fields {
            below.0 = below.0.max(field.tier);
            if let Some(inner) = field.message.map(|place| &self.all[place]) {
                below.0 = below.0.max(inner.highest);
                below.1 |= inner.is_resource || inner.holds_resource;
            }
        }
        below
    }
}

/// Messages of others, which have no tiers and are taken as one value. An `Any` could hold
/// anything, and is not.
fn is_whole(message: &MessageDescriptor) -> bool {
    let package = message.package_name();
    let others = package == "google.protobuf" || package == "google.rpc";
    others && message.full_name() != "google.protobuf.Any"
}
