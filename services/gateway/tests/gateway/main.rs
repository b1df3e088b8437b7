//! The gateway as its callers meet it, in front of a real server.

mod briefs;
mod command;
mod failing;
mod known;
mod large;
mod lasting;
mod passing;
mod record;
mod scripted;
mod searching;
mod stopping;
mod support;
mod watching;
