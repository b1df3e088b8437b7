//! The service on a loopback port beside a real agreements service, as a client sees it, on both
//! engines.

mod activities;
mod known;
mod layers;
mod peers;
mod recommendations;
mod redacted;
mod support;
