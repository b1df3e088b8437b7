//! The document of a value: bytes, whose form the resource chooses.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that is stored as bytes. The log commits to these bytes, so a document that was written
/// once must be readable for ever.
///
/// A type that serde can write and read is stored as JSON. A type of another form does not
/// implement `Serialize`, and implements this itself.
pub trait Document: Sized {
    /// Returns the bytes to store, or why there are none.
    fn to_document(&self) -> Result<Vec<u8>, String>;

    /// Returns the value that was stored, or why it cannot be decoded.
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
