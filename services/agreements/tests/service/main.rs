//! The service, as a client sees it, on both engines.

mod agreements;
mod durable;
mod grants;
mod parties;
mod referred;
mod sources;
mod support;
