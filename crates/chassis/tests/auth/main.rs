//! Authentication and authorization, seen from outside, at a running server.

mod development;
mod forwarding;
mod keys;
mod rules;
mod streams;
mod support;
mod tokens;
