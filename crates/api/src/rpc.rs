//! The methods of the contract as types, so that what serves a method is checked against the
//! contract when it is compiled. The types are generated: a module for each proto service.

use prost::{Message, Name};

/// A method of a proto service.
pub trait Rpc: Default + 'static {
    /// [`Unary`], [`ServerStreaming`] or [`ClientStreaming`].
    type Kind;
    /// The message that goes in.
    type Request: Message + Name + Default + 'static;
    /// The message that comes out.
    type Response: Message + Name + Default + 'static;
    /// The proto service: `registan.agreements.v1.AgreementService`.
    const SERVICE: &'static str;
    /// The path of a call: `/registan.agreements.v1.AgreementService/GetLegalBasis`.
    const PATH: &'static str;
}

/// One request, one answer.
#[derive(Debug)]
pub struct Unary;

/// One request, a stream of answers.
#[derive(Debug)]
pub struct ServerStreaming;

/// A stream of requests, one answer.
#[derive(Debug)]
pub struct ClientStreaming;

include!(concat!(env!("OUT_DIR"), "/rpc.rs"));
