//! The house rules: what each layer may know, how long a file may be, and what never stands in the
//! repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file that is longer is not read in one sitting.
const MOST_LINES: usize = 400;

/// The words that a layer of a service must not contain, for it must not know what they name.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "domain",
        &[
            "async fn",
            "sea_orm",
            "tonic",
            // Messages are values; what else the wire has is not for the rules.
            "api::rpc",
            "api::standard",
            "_client::",
            "crate::store",
            "crate::ops",
            "crate::grpc",
            "Clock",
        ],
    ),
    ("store", &["tonic", "api::", "crate::ops", "crate::grpc"]),
    ("ops", &["crate::grpc", "EntityTrait"]),
    ("grpc", &["sea_orm::", "crate::store"]),
];

/// Returns the folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns every file below a folder with one of these endings.
pub fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("the entry is readable").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() && !matches!(name.as_str(), "target" | ".git" | ".tools" | "registan-data")
        {
            found.extend(files(&path, endings));
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found
}

/// Reads a text.
pub fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("the file is text")
}

#[test]
fn no_layer_names_what_it_must_not_know() {
    let mut breaches = Vec::new();
    for service in ["agreements", "projects", "rights-reporting", "gateway"] {
        for (layer, words) in FORBIDDEN {
            for file in
                files(&root().join("services").join(service).join("src").join(layer), &[".rs"])
            {
                let text = read(&file);
                let found = words.iter().filter(|word| text.contains(**word));
                breaches.extend(found.map(|word| format!("{}: {word}", file.display())));
            }
        }
    }

    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn no_crate_below_a_service_knows_one() {
    let mut breaches = Vec::new();
    for library in
        ["api", "chassis", "chronicle", "facts", "formats", "iati", "ingest", "serving", "standard"]
    {
        let manifest = read(&root().join("crates").join(library).join("Cargo.toml"));
        let dependencies = manifest.split("[dev-dependencies]").next().unwrap_or_default();
        for service in ["agreements", "projects", "rights-reporting", "gateway"] {
            if dependencies.contains(&format!("{service}.workspace")) {
                breaches.push(format!("{library} depends on {service}"));
            }
        }
    }

    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn no_format_knows_the_record() {
    for format in ["formats", "iati"] {
        let manifest = read(&root().join("crates").join(format).join("Cargo.toml"));
        for above in ["chronicle", "standard", "ingest"] {
            assert!(!manifest.contains(&format!("{above}.workspace")), "{format}: {above}");
        }
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    let mut long = Vec::new();
    for folder in ["services", "crates", "tests", "deploy", "fuzz"] {
        for file in files(&root().join(folder), &[".rs"]) {
            let lines = read(&file).lines().count();
            if lines > MOST_LINES {
                long.push(format!("{}: {lines} lines", file.display()));
            }
        }
    }

    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn every_version_and_every_dependency_stands_once() {
    let mut breaches = Vec::new();
    for manifest in files(&root(), &["Cargo.toml"]) {
        // The workspace, and the fuzzer, which is one of its own.
        if read(&manifest).contains("[workspace]") {
            continue;
        }
        for line in read(&manifest).lines() {
            let pinned = line.contains("version = \"")
                || line.split_once(" = \"").is_some_and(|(_, rest)| {
                    rest.starts_with(|first: char| {
                        first.is_ascii_digit() || first == '^' || first == '='
                    })
                });
            if pinned {
                breaches.push(format!("{}: {line}", manifest.display()));
            }
        }
    }

    assert!(
        breaches.is_empty(),
        "a version belongs into the Cargo.toml of the workspace:\n{}",
        breaches.join("\n")
    );
}

#[test]
fn the_repository_speaks_of_the_project_alone() {
    // Put together here, so that this file does not hold them itself.
    let hosts = ["crates", "npmjs", "pypi", "golang"].map(|host| format!("{host}."));
    let paths = ["work", "root", "home"].map(|folder| format!("/{folder}/"));
    let mut breaches = Vec::new();
    for file in files(
        &root(),
        &[
            ".rs",
            ".toml",
            ".md",
            ".proto",
            ".yaml",
            ".yml",
            ".sh",
            ".json",
            ".xml",
            "Containerfile",
        ],
    ) {
        if file.ends_with("Cargo.lock") {
            continue;
        }
        for (number, line) in read(&file).lines().enumerate() {
            let host = hosts.iter().any(|host| {
                line.contains(&format!("://{host}")) || line.contains(&format!("registry.{host}"))
            });
            let path = paths.iter().any(|path| {
                line.split([' ', '"', '\'', '`', '=', ':', '(']).any(|word| word.starts_with(path))
            });
            if host || path {
                breaches.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }

    assert!(breaches.is_empty(), "machine paths or registry hosts:\n{}", breaches.join("\n"));
}

/// There is one server, and it has the limits.
#[test]
fn every_server_has_the_message_limits() {
    let the_one = root().join("crates/serving/src/methods.rs");
    let mut others = Vec::new();
    for folder in ["services", "crates"] {
        let all = files(&root().join(folder), &[".rs"]).into_iter();
        // Neither tests nor the servers that benchmarks measure beside.
        let src = all.filter(|file| file.iter().any(|part| part == "src"));
        for file in src.filter(|file| !file.iter().any(|part| part == "bench")) {
            let text = read(&file);
            let serves = text.contains("server::Grpc") || text.contains("server::{Grpc");
            if serves && file != the_one {
                others.push(file.display().to_string());
            }
        }
    }

    let text = read(&the_one);
    assert!(others.is_empty(), "servers beside the one: {}", others.join(", "));
    assert_eq!(text.matches("Grpc::new(").count(), 1);
    assert!(text.contains(".max_decoding_message_size(max_decoding)"));
    assert!(text.contains(".max_encoding_message_size(MAX_ENCODING)"));
}

/// Two providers of cryptography make rustls panic at the first connection, and one is enough to
/// watch.
#[test]
fn there_is_one_cryptography() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--offline", "--locked"])
        .args(["--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .current_dir(root())
        .output()
        .expect("cargo starts");
    let names: BTreeSet<&str> = std::str::from_utf8(&tree.stdout)
        .expect("it is text")
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();

    assert!(names.contains("aws-lc-rs"), "{}", String::from_utf8_lossy(&tree.stderr));
    for other in ["ring", "openssl", "openssl-sys", "boring", "native-tls", "rsa", "aes-gcm"] {
        assert!(!names.contains(other), "{other}");
    }
}
