//! What the contract says of resources, as code: generated from the options of their messages by `crates/api/build/described.rs`.

use std::ops::Deref;

use chronicle::Field;
use facts::Check;
use facts::vocabulary::Words;

use crate::checked::{Checked, many, one};
use crate::value::Described;
use crate::{Parts, Reference, Stamp};

include!(env!("DESCRIBED"));
