//! A server as its callers meet it.

mod admin;
mod answers;
mod backends;
mod balance;
mod between;
mod bounds;
mod connections;
mod drain;
mod farewells;
mod handshakes;
mod health;
mod pool;
mod quotas;
mod redacted;
mod reflection;
mod strangers;
mod support;
mod tls;
