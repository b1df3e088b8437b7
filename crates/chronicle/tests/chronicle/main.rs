//! The record, its history and its rules, on both engines. One program, so that it is linked once.

mod common;
mod cut_off;
mod documents;
mod durable;
mod edges;
mod expected;
mod history;
mod kept;
mod layers;
mod log;
mod papers;
mod parts;
mod periods;
mod questions;
mod raised;
// Not of `common`, which `large.rs` shares and which must use all of it.
mod clearance;
#[path = "common/refusal.rs"]
mod refusal;
mod refusals;
mod searching;
mod statements;
mod tampering;
mod watching;
mod went_back;
mod within;
