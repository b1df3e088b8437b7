//! Resources as they are sent: as messages, or as the bytes that are stored, which nobody decodes
//! on their way.

use std::marker::PhantomData;

use api::codec::Encode;
use api::registan::r#type::v1::ChangeKind;
use api::standard::{Response as Answer, Standard};
use bytes::BufMut;
use chassis::failure::Failure;
use chronicle::{Error, Event, EventKind, Kept, Resource, Shown};
use policy::{Desk, Desks};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};
use tonic::codec::EncodeBuf;

use crate::failure::refused;
use crate::methods::{List, Watch};
use crate::time::timestamp;
use crate::{Served, Stamp};

/// A resource whose document is its message `M`: the stored bytes, and after them the system fields
/// and what is computed of it. Two encoded messages one after the other are one that has the fields
/// of both.
pub struct Stamped<M> {
    document: Vec<u8>,
    /// All but the desks.
    stamp: Stamp,
    desks: Desks,
    computed: Vec<u8>,
    of: PhantomData<fn() -> M>,
}

/// The number of the field `desks` of every resource.
const DESKS: u32 = 8;

impl<M: Message> Stamped<M> {
    /// Returns what is sent of a version. `document` is its message, as bytes.
    pub(crate) fn of<T: Resource>(
        shown: Shown<Kept<T>>,
        document: fn(Kept<T>) -> Result<Vec<u8>, String>,
    ) -> Result<Self, String> {
        let stored = shown.into_stored();
        let (tier, desks) = (stored.value.tier, stored.value.desks);
        let stamp = Stamp::with(&stored, tier);
        let document = document(stored.value)?;
        Ok(Self { document, stamp, desks, computed: Vec::new(), of: PhantomData })
    }

    /// Returns its message, without the system fields.
    pub(crate) fn message(&self) -> Result<M, String>
    where
        M: Default,
    {
        M::decode(self.document.as_slice()).map_err(|error| error.to_string())
    }

    /// Takes another message, without the system fields, for its own.
    pub(crate) fn changed(self, message: &M) -> Self {
        Self { document: message.encode_to_vec(), ..self }
    }

    /// Adds what `compute` makes of a part `P` of the document: a message with the fields that are
    /// computed, and no others. `P` has some fields of `M`, with their numbers, so that the rest is
    /// not decoded.
    pub(crate) fn with<P: Message + Default>(
        self,
        compute: &impl Fn(P) -> M,
    ) -> Result<Self, String> {
        let part = P::decode(self.document.as_slice()).map_err(|error| error.to_string())?;
        Ok(Self { computed: compute(part).encode_to_vec(), ..self })
    }
}

impl<M: Message + 'static> Encode for Stamped<M> {
    type As = M;

    fn length(&self) -> usize {
        let desks = self.desks.iter().map(|desk| key_len(DESKS) + prefixed(desk.name().len()));
        let stamp = self.stamp.encoded_len() + desks.sum::<usize>();
        self.document.len() + stamp + self.computed.len()
    }

    fn encode(self, buffer: &mut EncodeBuf<'_>) {
        buffer.put_slice(&self.document);
        self.stamp.encode_raw(buffer);
        for name in self.desks.iter().map(Desk::name) {
            encode_key(DESKS, WireType::LengthDelimited, buffer);
            encode_varint(u64::try_from(name.len()).unwrap_or(u64::MAX), buffer);
            buffer.put_slice(name.as_bytes());
        }
        buffer.put_slice(&self.computed);
    }
}

/// An answer with resources in one of its fields: the others as a message, and these as they are
/// sent.
pub struct With<A, M> {
    /// The number of the field.
    tag: u32,
    resources: Vec<A>,
    rest: M,
}

/// The length of a resource in its field, without its key.
fn prefixed(length: usize) -> usize {
    encoded_len_varint(u64::try_from(length).unwrap_or(u64::MAX)) + length
}

impl<A: Encode, M: Message + 'static> Encode for With<A, M> {
    type As = M;

    fn length(&self) -> usize {
        let resources = self.resources.iter().map(|one| key_len(self.tag) + prefixed(one.length()));
        resources.sum::<usize>() + self.rest.encoded_len()
    }

    fn encode(self, buffer: &mut EncodeBuf<'_>) {
        for resource in self.resources {
            encode_key(self.tag, WireType::LengthDelimited, buffer);
            encode_varint(u64::try_from(resource.length()).unwrap_or(u64::MAX), buffer);
            resource.encode(buffer);
        }
        self.rest.encode_raw(buffer);
    }
}

/// Returns what is sent of a version.
pub(crate) fn send<T: Served>(shown: Shown<T::Held>) -> Result<T::Sent, Failure> {
    T::send(shown).map_err(|error| refused::<T>(Error::Corrupt(error)))
}

/// Returns what is sent of a version, with what is computed of it.
pub(crate) fn send_with<T: Computable, P: Message + Default>(
    sent: Stamped<T::Message>,
    compute: &impl Fn(P) -> T::Message,
) -> Result<Stamped<T::Message>, Failure> {
    sent.with(compute).map_err(|error| refused::<T>(Error::Corrupt(error)))
}

/// A resource whose stored bytes are sent, so that what is computed of it can follow them.
pub trait Computable: Served<Held = Kept<Self>, Sent = Stamped<<Self as Served>::Message>> {}

impl<T> Computable for T where T: Served<Held = Kept<T>, Sent = Stamped<<T as Served>::Message>> {}

/// A page of a List.
pub type SentPage<T> = With<<T as Served>::Sent, Answer<List<T>>>;

/// Returns the answer that holds a page: these resources, and the rest.
pub(crate) fn page<T: Served>(resources: Vec<T::Sent>, rest: Answer<List<T>>) -> SentPage<T> {
    With { tag: T::Message::ITEMS, resources, rest }
}

/// An event of a Watch.
pub(crate) type SentEvent<T> = With<<T as Served>::Sent, Answer<Watch<T>>>;

/// Returns the answer that holds an event.
pub(crate) fn event<T: Served>(event: Event<Shown<T::Held>>) -> Result<SentEvent<T>, Failure> {
    let kind = match event.kind {
        EventKind::Standing => ChangeKind::Standing,
        EventKind::Added => ChangeKind::Added,
        EventKind::Changed => ChangeKind::Changed,
        EventKind::Removed => ChangeKind::Removed,
    };
    let removed = || T::Message::removed(event.name, event.uid.to_string());
    let gone = event.stored.is_none().then(removed);
    let rest = T::Message::event(kind, gone, event.resume_token, Some(timestamp(event.time)));
    let resources = event.stored.into_iter().map(send::<T>).collect::<Result<_, _>>()?;
    Ok(With { tag: T::Message::CHANGED, resources, rest })
}

/// Returns an answer that holds no resource.
pub(crate) fn heartbeat<T: Served>(rest: Answer<Watch<T>>) -> SentEvent<T> {
    With { tag: T::Message::CHANGED, resources: Vec::new(), rest }
}
