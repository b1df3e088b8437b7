//! The values of this service ↔ the messages of `registan.rights.v1`, one file a noun.

mod activity;
