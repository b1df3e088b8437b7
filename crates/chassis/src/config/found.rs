//! The values of the environment and the file, each with its origin.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;

use anyhow::{Context, Result, bail};

use super::keys::{CONFIG, KEYS, Key, OF_COMMANDS};

const PREFIX: &str = "REGISTAN_";

/// A value as text, and where it was found.
pub(super) struct Value {
    pub text: String,
    pub origin: String,
}

/// The variables that are ours. An empty one counts as not set.
pub(super) fn known_variables(
    environment: Vec<(String, OsString)>,
) -> Result<BTreeMap<&'static str, Value>> {
    let mut values = BTreeMap::new();
    for (name, value) in environment {
        if !name.starts_with(PREFIX) || OF_COMMANDS.contains(&name.as_str()) {
            continue;
        }
        let Some(key) = std::iter::once(&CONFIG).chain(&KEYS).find(|key| key.variable() == name)
        else {
            let known = KEYS.iter().map(Key::variable).collect::<Vec<_>>().join(", ");
            bail!("the variable {name} is not known; known are {}, {known}", CONFIG.variable());
        };
        let Ok(text) = value.into_string() else { bail!("the variable {name} is not UTF-8") };
        if !text.is_empty() {
            values.insert(key.flag, Value { text, origin: name });
        }
    }
    Ok(values)
}

pub(super) fn file_values(path: &str) -> Result<BTreeMap<&'static str, Value>> {
    let content =
        fs::read_to_string(path).with_context(|| format!("cannot read the settings in {path}"))?;
    let table: toml::Table = content.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| content[..span.start].lines().count().max(1));
        anyhow::anyhow!("{path}, line {line}: {}", error.message())
    })?;
    let mut values = BTreeMap::new();
    for (name, value) in table {
        let Some(key) = KEYS.iter().find(|key| key.name() == name) else {
            let known = KEYS.iter().map(Key::name).collect::<Vec<_>>().join(", ");
            bail!("{path}: the key `{name}` is not known; known are {known}");
        };
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Float(number) => number.to_string(),
            toml::Value::Boolean(says) => says.to_string(),
            _ => bail!("{path}: the key `{name}` must be a string, a number, true or false"),
        };
        values.insert(key.flag, Value { text, origin: format!("{path}, {name}") });
    }
    Ok(values)
}
