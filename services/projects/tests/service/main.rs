//! The service as its clients see it, on both engines.

mod damaged;
mod import;
mod projects;
mod published;
mod sums;
mod support;
mod transactions;
