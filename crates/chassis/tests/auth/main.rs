//! Who sends a token, and what they may call: seen from outside, at a running server.

mod development;
mod forwarding;
mod keys;
mod rules;
mod streams;
mod support;
mod tokens;
