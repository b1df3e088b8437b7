//! Checks that what is written by hand is what the contract or the migrations say.

use std::path::Path;

use facts::vocabulary::Vocabulary;

/// Compares a text with a file that pins it; with `TESTKIT_PIN` set it writes the file instead.
///
/// # Panics
/// If they differ.
pub fn pinned(file: &str, text: &str) {
    if std::env::var_os("TESTKIT_PIN").is_some() {
        std::fs::write(file, text).expect("the file can be written");
    }
    let kept = std::fs::read_to_string(Path::new(file)).unwrap_or_default();
    assert!(
        kept == text,
        "{file} differs from what the code says now. A schema that has landed needs a new migration; \
         then run the test again with TESTKIT_PIN=1.\n{text}"
    );
}

/// Compares a vocabulary with the enum of this name: the same numbers, and the same words without
/// their prefix.
///
/// # Panics
/// If they differ.
pub fn same_vocabulary<V: Vocabulary>(name: &str) {
    let found = api::descriptors().get_enum_by_name(name).expect("the contract has the enum");
    let values: Vec<(i32, String)> =
        found.values().map(|value| (value.number(), value.name().to_owned())).collect();
    let prefix = values[0].1.trim_end_matches("UNSPECIFIED").to_owned();
    let contract: Vec<_> = values[1..]
        .iter()
        .map(|(number, word)| (*number, word.trim_start_matches(&prefix).to_owned()))
        .collect();
    let ours: Vec<_> = V::ALL.iter().map(|item| (item.number(), item.word().to_owned())).collect();
    assert_eq!(ours, contract, "{name}");
}
