//! Redacts an answer for its caller, by the tiers that the contract gives to fields.
//!
//! One pass over the encoded message, without decoding it; where nothing is redacted nothing is
//! copied.
//!
//! - `shape`: what a pass must know of a message, read from the contract once
//! - `wire`: the wire format
//!
//! A resource says whose it is, by its `name` and its `desks`: in it, and in all that is in it and
//! is no resource itself, the caller's [level](Clearance::level) there decides. Outside of
//! resources, and in one that does not say its `tier` and so is not all there, decides what the
//! caller may read of every desk. A field without a tier, a field that the contract does not know
//! and a group are redacted from every answer. Messages of `google.protobuf` and `google.rpc` are
//! one value.
//!
//! Decides on fields alone, not on whole resources: [`Clearance::condition`] has kept the others
//! out of the answer.

mod shape;
mod wire;

use std::collections::HashMap;
use std::sync::Arc;

use prost_reflect::DescriptorPool;

use self::shape::{Shape, Shapes};
pub use self::wire::Malformed;
use self::wire::{DEEPEST, Fields, Value, put_length};
use crate::rule::path;
use crate::{Clearance, Desks, Tier};

/// The fields of every resource that tell whose it is; a test of the contract holds them to it.
const NAME: u32 = 1;
const RESOURCE_TIER: u32 = 7;
const DESKS: u32 = 8;

/// The redaction of the answers of each method. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Redaction {
    shapes: Arc<[Shape]>,
    methods: Arc<HashMap<String, usize>>,
}

impl Redaction {
    /// Reads the tiers of all that the methods of the contract can answer.
    pub fn of(pool: &DescriptorPool) -> Self {
        let mut shapes = Shapes::of(pool);
        let mut methods = HashMap::new();
        for method in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            methods.insert(path(&method), shapes.add(&method.output()));
        }
        shapes.close();
        Self { shapes: shapes.all.into(), methods: Arc::new(methods) }
    }

    /// Returns the redaction of the answers of a method, by its path. Of a method that is not in
    /// the contract nothing is shown.
    pub fn plan(&self, path: &str) -> Plan {
        let unknown = 0;
        let root = self.methods.get(path).copied().unwrap_or(unknown);
        Plan { shapes: Arc::clone(&self.shapes), root }
    }
}

/// The redaction of the answers of one method.
#[derive(Clone, Debug)]
pub struct Plan {
    shapes: Arc<[Shape]>,
    root: usize,
}

impl Plan {
    /// True if nothing can be in an answer that the caller may not read.
    pub fn is_clean(&self, clearance: &Clearance) -> bool {
        self.shapes[self.root].highest <= clearance.floor()
    }

    /// Redacts an encoded message: returns it without what the caller may not read, and nothing
    /// where all may be read.
    pub fn redact(
        &self,
        message: &[u8],
        clearance: &Clearance,
    ) -> Result<Option<Vec<u8>>, Malformed> {
        let pass = Pass { shapes: &self.shapes, clearance, floor: clearance.floor() };
        pass.message(&self.shapes[self.root], message, pass.floor, DEEPEST)
    }
}

/// One message for one caller.
struct Pass<'a> {
    shapes: &'a [Shape],
    clearance: &'a Clearance,
    /// The tier up to which every desk may be read.
    floor: Tier,
}

impl Pass<'_> {
    /// Redacts a message in which `outer` may be read; returns nothing where all may be read.
    fn message(
        &self,
        shape: &Shape,
        bytes: &[u8],
        outer: Tier,
        depth: u32,
    ) -> Result<Option<Vec<u8>>, Malformed> {
        if shape.highest <= self.floor {
            return Ok(None);
        }
        let level = if shape.is_resource { self.level(bytes)? } else { outer };
        if shape.highest <= level && !shape.holds_resource {
            return Ok(None);
        }
        let depth = depth.checked_sub(1).ok_or(Malformed)?;
        let mut left: Option<Vec<u8>> = None;
        let mut copied = 0;
        let mut fields = Fields::of(bytes);
        while let Some(field) = fields.next()? {
            let known = shape.field(field.number);
            let shown = known.filter(|it| it.tier <= level && field.value != Value::Group);
            let body = match (shown.map(|it| it.message), field.value) {
                (Some(None), _) => continue,
                (Some(Some(inner)), Value::Bytes(body)) => {
                    match self.message(&self.shapes[inner], body, level, depth)? {
                        None => continue,
                        redacted => redacted,
                    }
                }
                (Some(Some(_)), _) => return Err(Malformed),
                (None, _) => None,
            };
            let left = left.get_or_insert_with(|| Vec::with_capacity(bytes.len()));
            left.extend_from_slice(&bytes[copied..field.tag.0]);
            if let Some(body) = body {
                left.extend_from_slice(&bytes[field.tag.0..field.tag.1]);
                put_length(left, body.len());
                left.extend_from_slice(&body);
            }
            copied = field.end;
        }
        if let Some(left) = &mut left {
            left.extend_from_slice(&bytes[copied..]);
        }
        Ok(left)
    }

    /// Returns the tier up to which a resource may be read.
    fn level(&self, bytes: &[u8]) -> Result<Tier, Malformed> {
        let (mut name, mut desks, mut is_whole) = (&[][..], Desks::NONE, false);
        let mut fields = Fields::of(bytes);
        while let Some(field) = fields.next()? {
            match (field.number, field.value) {
                (NAME, Value::Bytes(value)) => name = value,
                (RESOURCE_TIER, Value::Varint(tier)) => is_whole = tier != 0,
                (DESKS, Value::Bytes(name)) => desks = desks.and(Desks::named(text(name)?)),
                (DESKS, _) => return Err(Malformed),
                _ => {}
            }
        }
        if !is_whole {
            return Ok(self.floor);
        }
        Ok(self.clearance.level(desks, text(name)?).max(self.floor))
    }
}

fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|_no_text| Malformed)
}
