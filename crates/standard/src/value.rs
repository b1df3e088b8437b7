//! Resources whose value is their message. The options of the message describe them whole.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use chronicle::totals::Totals;
use chronicle::{Document, Field, Kept, Resource, Said, Shown};
use facts::Check;
use facts::vocabulary::Vocabulary;
use policy::{Desks, Tier};
use prost::encoding::{WireType, decode_key, decode_varint};

use crate::checked::Checked;
use crate::known::Known;
use crate::{Parts, Reference, Served, Stamp, Stamped, known_by};

/// The number of the field `name` of every resource.
const NAME: u32 = 1;

/// A message whose options describe a resource; generated for each message with
/// `(registan.options.v1.resource)`.
pub trait Described:
    Checked + api::standard::Standard + PartialEq + fmt::Debug + Send + Sync
{
    /// As [`Resource::KIND`]: the singular of its name.
    const KIND: &'static str;
    /// As [`Resource::PATTERN`].
    const PATTERN: &'static str;
    /// As [`Resource::PARENT`].
    const PARENT: Option<(&'static str, &'static str)>;
    /// As [`Served::ORDER`].
    const ORDER: &'static str;
    /// As [`Served::SERVER_IDS`].
    const SERVER_IDS: bool;
    /// As [`Resource::LAYERED`].
    const LAYERED: bool;
    /// As [`Resource::AUDITED`].
    const AUDITED: bool;
    /// The number of [`Served::default_tier`].
    const DEFAULT_TIER: i32;

    /// Returns the number of its tier.
    fn tier(&self) -> i32;

    /// Clears the fields that lie above the tier with this number.
    fn redact(&mut self, level: i32);

    /// Returns its desks, as its parties or its country tell them, or as it took them for its own.
    fn desks(&self) -> Desks;

    /// As [`Resource::inherit`].
    fn inherit(&mut self, _: Desks) {}

    /// Returns every field by which a list may be asked, of a value that holds the message.
    fn fields<T: Deref<Target = Self>>() -> Vec<Field<T>>;

    /// As [`Resource::SEARCHED`].
    const SEARCHED: bool;
    /// As [`Resource::THROUGH`].
    const THROUGH: &'static [(&'static str, &'static str)];

    /// Returns the texts by whose words it is found.
    fn said(&self) -> Vec<Said<'_>>;

    /// Returns the parts that others may refer to, of a value that holds the message.
    fn parts<T: Deref<Target = Self>>() -> Parts<T>;

    /// Sets what the server says of it: everything but its name and what a caller sent.
    fn stamp(&mut self, name: String, stamp: Stamp);
}

/// Rules that span several fields, which no option can say. Pure.
pub trait Rules<M> {
    /// As [`Resource::TOTALS`].
    const TOTALS: Option<Totals> = None;

    /// As [`Served::REFERABLE`].
    const REFERABLE: bool = true;

    /// Checks a message whose fields are each as the contract says, and brings it to its one form.
    fn check(message: &mut M, check: &mut Check);

    /// Sets what follows from the rest within the parts of a message, such as a field that only the
    /// server says: it is stored, for nothing can follow the stored bytes of a part.
    fn complete(_: &mut M) {}

    /// Returns the fields by which a list may be asked that the contract calls computed, and those
    /// of sums, of a value that holds the message.
    fn fields<T: Deref<Target = M>>() -> Vec<Field<T>> {
        Vec::new()
    }
}

/// No rule besides those of the contract.
pub enum NoRules {}

impl<M> Rules<M> for NoRules {
    fn check(_: &mut M, _: &mut Check) {}
}

/// A value that is the message `M`, under the rules `R`. Its document is the encoded message,
/// without what only the server says.
pub struct Value<M, R = NoRules>(M, PhantomData<fn() -> R>);

impl<M, R> Value<M, R> {
    /// Takes a message that is as the contract and the rules say already.
    pub const fn of(message: M) -> Self {
        Self(message, PhantomData)
    }

    /// Returns the message.
    pub fn into_message(self) -> M {
        self.0
    }
}

impl<M, R> Deref for Value<M, R> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.0
    }
}

/// A changed message must be as the contract and the rules say then, too.
impl<M, R> DerefMut for Value<M, R> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.0
    }
}

impl<M: Clone, R> Clone for Value<M, R> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<M: PartialEq, R> PartialEq for Value<M, R> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<M: fmt::Debug, R> fmt::Debug for Value<M, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// True for a document of before the message became the value, which is JSON. No message begins
/// with this byte.
fn is_of_before(document: &[u8]) -> bool {
    document.first() == Some(&b'{')
}

impl<M: Described, R: Rules<M> + 'static> Document for Value<M, R> {
    fn to_document(&self) -> Result<Vec<u8>, String> {
        Ok(self.0.encode_to_vec())
    }

    fn from_document(document: &[u8]) -> Result<Self, String> {
        if is_of_before(document) {
            let mut message = crate::before::read(document)?;
            R::complete(&mut message);
            return Ok(Self(message, PhantomData));
        }
        let message = M::decode(document).map_err(|error| error.to_string())?;
        Ok(Self(message, PhantomData))
    }
}

/// Returns the text in the first field of an encoded message, which is its name. Nothing of another
/// document.
fn first_field(mut document: &[u8]) -> Option<&str> {
    let (NAME, WireType::LengthDelimited) = decode_key(&mut document).ok()? else { return None };
    let length = usize::try_from(decode_varint(&mut document).ok()?).ok()?;
    str::from_utf8(document.get(..length)?).ok()
}

impl<M: Described, R: Rules<M> + 'static> Resource for Value<M, R> {
    const KIND: &'static str = M::KIND;
    const PATTERN: &'static str = M::PATTERN;
    const PARENT: Option<(&'static str, &'static str)> = M::PARENT;
    const TOTALS: Option<Totals> = R::TOTALS;
    const LAYERED: bool = M::LAYERED;
    const AUDITED: bool = M::AUDITED;
    const SEARCHED: bool = M::SEARCHED;
    const THROUGH: &'static [(&'static str, &'static str)] = M::THROUGH;

    fn name(&self) -> &str {
        self.0.name()
    }

    fn name_in(document: &[u8]) -> Result<String, String> {
        match first_field(document) {
            Some(name) => Ok(name.to_owned()),
            None => Ok(Self::from_document(document)?.name().to_owned()),
        }
    }

    fn tier(&self) -> Tier {
        Tier::from_level(self.0.tier().into())
    }

    fn desks(&self) -> Desks {
        self.0.desks()
    }

    fn inherit(&mut self, desks: Desks) {
        self.0.inherit(desks);
    }

    fn shown_at(&self, tier: Tier) -> Cow<'_, Self> {
        let mut shown = Cow::Borrowed(self);
        if M::LAYERED && tier < Tier::Secret {
            shown.to_mut().0.redact(tier.number());
        }
        shown
    }

    fn said(&self) -> Vec<Said<'_>> {
        self.0.said()
    }

    fn fields() -> Vec<Field<Self>> {
        let mut fields = M::fields();
        fields.extend(R::fields());
        fields.extend(M::SEARCHED.then(Field::said));
        fields
    }
}

impl<M: Described, R: Rules<M> + 'static> Served for Value<M, R> {
    type Message = M;
    type Held = Kept<Self>;
    type Sent = Stamped<M>;
    const ORDER: &'static str = M::ORDER;
    const SERVER_IDS: bool = M::SERVER_IDS;
    const REFERABLE: bool = R::REFERABLE;

    fn default_tier() -> Tier {
        Tier::from_level(M::DEFAULT_TIER.into())
    }

    fn parts() -> Parts<Self> {
        M::parts()
    }

    fn read(check: &mut Check, name: String, mut message: M) -> Self {
        let tier = check.optional_word("tier", message.tier());
        let tier = tier.map_or(M::DEFAULT_TIER, Tier::number);
        message.stamp(name, Stamp { tier, ..Stamp::default() });
        let mut message = M::checked(check, message).unwrap_or_default();
        R::check(&mut message, check);
        R::complete(&mut message);
        Self(message, PhantomData)
    }

    fn send(shown: Shown<Kept<Self>>) -> Result<Stamped<M>, String> {
        Stamped::of(shown, |kept| {
            let inherits = M::PARENT.is_some() && kept.tier > Tier::Public;
            if !inherits && !is_of_before(&kept.document) {
                return Ok(kept.document);
            }
            // Its desks are sent beside the document.
            let mut message = Self::from_document(&kept.document)?.0;
            message.inherit(Desks::NONE);
            Ok(message.encode_to_vec())
        })
    }

    fn write(shown: Shown<Self>) -> M {
        let stamp = Stamp::of(&shown);
        let mut message = shown.into_stored().value.0;
        message.stamp(message.name().to_owned(), stamp);
        message
    }

    fn references(&self) -> Vec<Reference> {
        let mut all = Vec::new();
        self.0.refer("", &mut all);
        all
    }

    fn cite(sent: &Stamped<M>, all: &mut BTreeSet<String>) -> Result<(), String> {
        known_by::cite(&sent.message()?, all);
        Ok(())
    }

    fn keep(sent: Stamped<M>, known: &Known) -> Result<Option<Stamped<M>>, String> {
        let mut message = sent.message()?;
        if !known_by::keep(&mut message, known) {
            return Ok(None);
        }
        R::complete(&mut message);
        Ok(Some(sent.changed(&message)))
    }
}

#[cfg(test)]
mod tests {
    use api::registan::agreements::v1::Party;
    use chronicle::{Document, Resource};
    use prost::Message as _;

    use super::Value;

    #[test]
    fn the_name_is_found_in_documents_of_both_forms() {
        let name = "parties/kz".to_owned();
        let party = Party { name, display_name: "Kazakhstan".to_owned(), ..Party::default() };
        let json = br#"{"name":"parties/kz","kind":"STATE","display_name":"Kazakhstan"}"#;

        for document in [&party.encode_to_vec()[..], json] {
            let value = <Value<Party>>::from_document(document).unwrap();
            assert_eq!(<Value<Party>>::name_in(document).unwrap(), value.name());
        }
        for broken in [&[0x0a, 0x7f, b'p'][..], &[0x0a, 1, 0xff], &[0x0a]] {
            <Value<Party>>::name_in(broken).unwrap_err();
        }
    }
}
