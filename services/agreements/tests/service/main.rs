//! The service, as a client sees it, on both engines.

mod agreements;
mod parties;
mod support;
