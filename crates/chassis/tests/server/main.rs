//! A server as its callers meet it.

mod answers;
mod bounds;
mod drain;
mod quotas;
mod redacted;
mod support;
