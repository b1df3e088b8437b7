//! The attributes of one element, read once and bounded.

use std::borrow::Cow;

use quick_xml::events::BytesStart;

use crate::limits::{MAX_ATTRIBUTE, MAX_ATTRIBUTES};
use crate::text::{Odd, attribute};

/// Attributes by their names as written, prefix and all.
#[derive(Debug, Default)]
pub(crate) struct Attrs<'a> {
    values: Vec<(&'a str, Cow<'a, str>)>,
    /// The problems of the values, in their order.
    pub odd: Vec<Odd>,
    /// Bytes of all values.
    pub size: usize,
}

/// Why the attributes cannot be used.
#[derive(Debug)]
pub(crate) enum AttrsProblem {
    /// More than the limit.
    TooMany,
    /// The value of this attribute is longer than the limit.
    TooLong(String),
    /// The tag is not XML.
    Broken(String),
}

impl<'a> Attrs<'a> {
    pub(crate) fn read(tag: &'a BytesStart<'_>) -> Result<Self, AttrsProblem> {
        let mut attrs = Self::default();
        for attr in tag.attributes() {
            let attr = attr.map_err(|error| AttrsProblem::Broken(error.to_string()))?;
            if attrs.values.len() == MAX_ATTRIBUTES {
                return Err(AttrsProblem::TooMany);
            }
            if attr.value.len() > MAX_ATTRIBUTE {
                return Err(AttrsProblem::TooLong(attr.key.as_ref().to_owned()));
            }
            let raw = match attr.value {
                Cow::Borrowed(value) => attribute(value, &mut attrs.odd),
                Cow::Owned(value) => Cow::Owned(attribute(&value, &mut attrs.odd).into_owned()),
            };
            attrs.size += raw.len();
            attrs.values.push((attr.key.into_inner(), raw));
        }
        Ok(attrs)
    }

    /// The value, trimmed; none when it is absent or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.values.iter().find(|(key, _)| *key == name)?;
        (!value.is_empty()).then_some(value)
    }

    /// The names of those that are not empty.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| *name)
    }

    /// True when a value has this character.
    pub(crate) fn has(&self, c: char) -> bool {
        self.values.iter().any(|(_, value)| value.contains(c))
    }

    /// As [`Attrs::get`], owned.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }
}
