//! The document of a value: bytes, whose form the resource chooses.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that is kept as bytes. The log commits to these bytes, so what was kept once must be readable for ever.
///
/// A value that is kept as bytes: one that serde can write and read as JSON; a type of another form implements this itself.
pub trait Document: Sized {
    /// Returns the bytes to keep, or why there are none.
    fn to_document(&self) -> Result<Vec<u8>, String>;

    /// Returns the value in what was kept, or why it cannot be read.
    fn from_document(document: &[u8]) -> Result<Self, String>;
}

impl<T: Serialize + DeserializeOwned> Document for T {
    fn to_document(&self) -> Result<Vec<u8>, String> {
        serde_json::to_vec(self).map_err(|error| error.to_string())
    }

    fn from_document(document: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(document).map_err(|error| error.to_string())
    }
}
