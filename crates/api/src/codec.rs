//! Messages to bytes and back, as tonic's own does it, but that a stream that waits holds next to
//! nothing: tonic keeps 8 KiB for each, and a merged watch is nine streams.

use std::marker::PhantomData;

use prost::Message;
use tonic::Status;
use tonic::codec::{BufferSettings, EncodeBuf, Encoder};
use tonic_prost::ProstDecoder;

/// The bytes kept for a message that may come.
const KEPT: usize = 512;
/// Messages that are ready leave together up to so many bytes. A stream keeps the room for them to
/// its end, at either side of each connection: with the 32 KiB of tonic an idle merged watch held
/// 180 kB in the gateway.
const TOGETHER: usize = 8 * 1024;

fn settings() -> BufferSettings {
    BufferSettings::new(KEPT, TOGETHER)
}

/// A message, or bytes that are encoded like one.
pub trait Encode: Send + 'static {
    /// The message.
    type As;

    /// The length of the encoded message.
    fn length(&self) -> usize;

    /// Encodes the message.
    fn encode(self, buffer: &mut EncodeBuf<'_>);
}

impl<M: Message + 'static> Encode for M {
    type As = M;

    fn length(&self) -> usize {
        self.encoded_len()
    }

    fn encode(self, buffer: &mut EncodeBuf<'_>) {
        self.encode_raw(buffer);
    }
}

/// The codec of every client and server of the contract.
#[derive(Clone, Debug)]
pub struct Codec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for Codec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> tonic::codec::Codec for Codec<T, U>
where
    T: Encode,
    U: Message + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = Exact<T>;
    type Decoder = ProstDecoder<U>;

    fn encoder(&mut self) -> Exact<T> {
        Exact(PhantomData)
    }

    fn decoder(&mut self) -> ProstDecoder<U> {
        ProstDecoder::new(settings())
    }
}

/// Makes room for each message before it is written, so that a large one is not moved while it
/// grows.
#[derive(Clone, Debug)]
pub struct Exact<T>(PhantomData<T>);

impl<T: Encode> Encoder for Exact<T> {
    type Item = T;
    type Error = Status;

    fn encode(&mut self, message: T, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.reserve(message.length());
        Encode::encode(message, buffer);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        settings()
    }
}
