//! `cargo xtask new-resource`.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::proto::{self, Mode};
use crate::shell::root;

/// Writes the message of a resource, with the fields that almost every one has, and its proto
/// service; says what is left to do.
pub fn run(service: &str, noun: &str, plural: &str) -> Result<()> {
    let services = root().join("services").join(service);
    ensure!(services.join("src/resources.rs").is_file(), "no service keeps resources in {service}");
    for word in [noun, plural] {
        let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        ensure!(is_word, "`{word}` must be a word of small letters, such as body and bodies");
    }
    // `rights-reporting` keeps `registan.rights.v1`.
    let segment = service.split('-').next().unwrap_or(service);
    let folder = root().join("proto/registan").join(segment).join("v1");
    let file = folder.join(format!("{noun}.proto"));
    ensure!(!file.exists(), "{} is there already", file.display());
    fs::write(&file, message(segment, noun, plural))
        .with_context(|| format!("{} cannot be written", file.display()))?;
    proto::run(Mode::Write)?;
    let capital = capital(noun);
    println!(
        "left to do (docs/add-a-resource.md):
  proto/registan/{segment}/v1/{noun}.proto: say what it is, then cargo xtask proto
  services/{service}/src/resources.rs: .with::<Value<wire::{capital}>>()
  services/{service}/src/store/migrations.rs:
    SchemaMigration(\"mYYYYMMDD_NNNNNN_keep_{plural}\", schema)
  TESTKIT_PIN=1 cargo test --workspace --test schema"
    );
    Ok(())
}

fn message(segment: &str, noun: &str, plural: &str) -> String {
    include_str!("new_resource.txt")
        .replace("@segment@", segment)
        .replace("@noun@", noun)
        .replace("@plural@", plural)
        .replace("@Noun@", &capital(noun))
}

fn capital(noun: &str) -> String {
    noun[..1].to_uppercase() + &noun[1..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_message_is_named_throughout() {
        let text = message("rights", "case", "cases");

        assert!(!text.contains('@'), "{text}");
        for part in
            ["package registan.rights.v1;", "message Case {", "\"cases/{case}\"", "rights.read"]
        {
            assert!(text.contains(part), "{part}");
        }
    }
}
