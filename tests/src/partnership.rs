//! An invented partnership: what a suite is told of it is a file, and its program is the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::process::program;
use crate::suite::Suite;

/// Three desks with numbers of their own; the countries are of the range that ISO 3166-1 leaves to
/// users.
const DESKS: &str = r#"{"title": "An invented partnership", "desks": [
    {"id": "xa", "number": 7, "title": "Land A", "parties": ["parties/xa"]},
    {"id": "islands", "number": 40, "title": "Two islands", "parties": ["parties/xb", "parties/xc"]},
    {"id": "ocean", "number": 62, "title": "The whole ocean", "region": true}
]}"#;
/// The same, later: one of the islands has a desk of its own.
const LATER: &str = r#"{"title": "An invented partnership", "desks": [
    {"id": "xa", "number": 7, "title": "Land A", "parties": ["parties/xa"]},
    {"id": "islands", "number": 40, "title": "One island", "parties": ["parties/xb"]},
    {"id": "xc", "number": 1, "title": "The other island", "parties": ["parties/xc"]},
    {"id": "ocean", "number": 62, "title": "The whole ocean", "region": true}
]}"#;

/// Writes the files of its desks into a folder: as they are first, and later.
///
/// # Panics
/// If they cannot be written.
pub fn files(folder: &Path) -> [PathBuf; 2] {
    [("desks.json", DESKS), ("later.json", LATER)].map(|(name, text)| {
        let path = folder.join(name);
        fs::write(&path, text).expect("the file can be written");
        path
    })
}

/// Makes its parties: a union, and three states.
///
/// # Panics
/// If they are not made.
pub fn make_parties(suite: &Suite) {
    for (id, kind, country) in [
        ("union", "UNION", ""),
        ("xa", "STATE", "XA"),
        ("xb", "STATE", "XB"),
        ("xc", "STATE", "XC"),
    ] {
        let party = json!({ "kind": format!("KIND_{kind}"), "display_name": format!("Party {id}"),
            "country_code": country, "source": { "citation": "invented" } });
        let request = json!({ "party_id": id, "party": party });
        let made =
            suite.ask_as_writer("agreements.v1.PartyService/CreateParty", &request.to_string());
        made.unwrap_or_else(|refusal| panic!("{}", refusal.text));
    }
}

/// A token from `registan token`, for a role at one of these desks up to a tier.
///
/// # Panics
/// If it is not printed.
pub fn token(suite: &Suite, desks: &Path, role: &str, desk: &str, tier: &str) -> String {
    let registan = program("registan").expect("it is built");
    let printed = Command::new(registan)
        .args(["token", "--role", role, "--desk", desk, "--tier", tier, "--desks"])
        .arg(desks)
        .arg("--data-dir")
        .arg(suite.folder.path().join("data"))
        .output()
        .expect("it starts");
    assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    String::from_utf8_lossy(&printed.stdout).trim().to_owned()
}
