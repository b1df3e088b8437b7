//! The filter of the log, as the settings say it.
//!
//! To `tracing` a misspelt level is the name of a target, and a filter that names one target turns
//! all others off, with their errors. So a word alone must be a level or something that can log.

use anyhow::{Context, Result, bail};
use tracing_subscriber::EnvFilter;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
/// The crates of this suite.
const OWN: [&str; 24] = [
    "agreements",
    "api",
    "authority",
    "bench",
    "chassis",
    "chronicle",
    "facts",
    "formats",
    "fuzzing",
    "gateway",
    "iati",
    "ingest",
    "instruments",
    "machine",
    "policy",
    "projects",
    "reference",
    "registan",
    "rights_reporting",
    "serving",
    "standard",
    "testkit",
    "words",
    "xtask",
];
/// The libraries under them that log.
const LIBRARIES: [&str; 14] = [
    "h2",
    "hyper",
    "hyper_util",
    "mio",
    "reqwest",
    "rustls",
    "sea_orm",
    "sea_orm_migration",
    "sqlx",
    "tokio",
    "tokio_util",
    "tonic",
    "tower",
    "tower_http",
];

/// Returns the filter that `text` says; an error if it is none, or has a word that is neither a
/// level nor a target that can be.
pub(super) fn read(text: &str) -> Result<EnvFilter> {
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        if !is_known(word) {
            bail!("log: {}", unknown(word));
        }
    }
    EnvFilter::try_new(text)
        .with_context(|| format!("log: `{text}` is not a filter like info or chassis=debug,info"))
}

/// Returns whether a part of a filter names what can be. One that says a level, or a span, is read
/// by `tracing` alone.
fn is_known(word: &str) -> bool {
    if word.contains(['=', '[']) || word.parse::<u8>().is_ok_and(|level| level <= 5) {
        return true;
    }
    let name = word.split("::").next().unwrap_or_default();
    LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level))
        || OWN.contains(&name)
        || LIBRARIES.iter().any(|it| name.strip_prefix(it).is_some_and(is_end_or_part))
}

/// Returns whether nothing follows the name of a library, or the rest of that of a part of it, such
/// as `_postgres` of `sqlx_postgres`.
fn is_end_or_part(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('_')
}

fn unknown(word: &str) -> String {
    let lower = word.to_lowercase();
    let near = LEVELS.iter().chain(&OWN).chain(&LIBRARIES);
    let near = near.map(|known| (strsim::damerau_levenshtein(known, &lower), known));
    let near = near.filter(|(distance, _)| *distance <= 2).min();
    let meant = near.map_or(String::new(), |(_, known)| format!("; did you mean `{known}`"));
    format!(
        "`{word}` is neither a level nor a crate that logs{meant}; levels are {}; a crate has its \
         own with chassis=debug,info; crates are {}",
        LEVELS.join(", "),
        OWN.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn a_misspelt_level_is_refused_with_those_there_are() {
        for (text, meant) in [("debgu", "debug"), ("INFOO", "info"), ("info,chasis", "chassis")] {
            let told = read(text).unwrap_err().to_string();

            assert!(told.contains(&format!("did you mean `{meant}`")), "{told}");
            assert!(told.contains("off, error, warn, info, debug, trace"), "{told}");
        }
        let told = read("verbose").unwrap_err().to_string();
        assert!(told.starts_with("log: `verbose` is neither a level nor"), "{told}");
        assert!(read("chassis=lots").is_err());
    }

    #[test]
    fn a_filter_is_taken_as_before() {
        for text in [
            "info",
            "OFF",
            "Debug",
            "3",
            "",
            "chassis=debug,info",
            "info,sqlx::query=debug",
            "rights_reporting",
            "chronicle::write",
            "sqlx",
            "some_library=trace,warn",
            "[request{method=x}]=trace",
        ] {
            assert!(read(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn every_crate_is_known() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut found: Vec<String> = ["crates", "services"]
            .iter()
            .flat_map(|folder| fs::read_dir(root.join(folder)).unwrap())
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().join("Cargo.toml").exists())
            .map(|entry| entry.file_name().to_string_lossy().replace('-', "_"))
            .collect();
        found.sort();

        assert_eq!(found, OWN);
        let locked = fs::read_to_string(root.join("Cargo.lock")).unwrap().replace('-', "_");
        for library in LIBRARIES {
            assert!(locked.contains(&format!("name = \"{library}\"")), "{library}");
        }
    }
}
