//! The suite as a newcomer meets it: reflection that teaches, commands that answer people, refusals
//! that say what to do, overlays that start.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod asking;
mod command;
mod editing;
mod folders;
mod helps;
mod loading;
mod mistyped;
mod overlays;
mod reflection;
mod tables;
mod unseen;
