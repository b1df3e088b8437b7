//! The Containerfile builds what compose and the manifests run; PostgreSQL gets a database for
//! each.

use manifests::compose::parse;
use manifests::deploy;
use std::collections::BTreeSet;

fn read(path: &str) -> String {
    std::fs::read_to_string(deploy().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The arguments of every line of `text` that starts with `word`.
fn lines<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    text.lines().filter_map(|line| line.trim_start().strip_prefix(word)).map(str::trim).collect()
}

#[test]
fn the_containerfile_builds_every_binary_that_is_run() {
    let file = read("Containerfile");
    let compose = parse(&read("compose.yaml")).unwrap_or_else(|error| panic!("{error}"));
    let images = compose.services.values().filter_map(|it| it.image.strip_prefix("registan/"));
    let run: BTreeSet<_> = images.filter_map(|image| image.split(':').next()).collect();

    let words: Vec<_> = file.split_whitespace().collect();
    let packages = words
        .windows(2)
        .filter(|pair| pair[0] == "--package")
        .map(|pair| pair[1].trim_end_matches(';'));
    let copied = lines(&file, "for name in")[0].trim_end_matches("; do \\").split(' ');

    assert_eq!(packages.collect::<BTreeSet<_>>(), run);
    assert_eq!(copied.collect::<BTreeSet<_>>(), run);
}

#[test]
fn the_image_is_empty_but_for_the_binary_and_not_root() {
    let file = read("Containerfile");
    let version = env!("CARGO_PKG_RUST_VERSION");

    assert_eq!(lines(&file, "FROM "), [&*format!("rust:{version}-alpine AS build"), "scratch"]);
    assert_eq!(lines(&file, "USER "), ["65532:65532"]);
    assert_eq!(lines(&file, "ENTRYPOINT "), [r#"["/service"]"#]);
}

#[test]
fn what_is_built_is_stripped_small_and_says_of_what_it_was_built() {
    let file = read("Containerfile");

    for needed in [
        "cargo install --locked cargo-auditable@",
        "CARGO_PROFILE_RELEASE_STRIP=symbols",
        "cargo auditable build --release --locked",
        r#"test "$(gzip -c "/out/$name" | wc -c)" -le 26214400"#,
    ] {
        assert!(file.contains(needed), "the Containerfile has no {needed:?}");
    }
    // One image for each platform, from one file: none is named.
    assert!(!file.contains("x86_64") && !file.contains("--platform"));
}

#[test]
fn postgres_gets_a_database_for_every_secret() {
    let compose = parse(&read("compose.yaml")).unwrap_or_else(|error| panic!("{error}"));
    let secrets = compose.secrets.keys().map(String::as_str).filter(|name| *name != "postgres");

    let script = read("postgres/init.sh");
    let databases = lines(&script, "for service in")[0].trim_end_matches("; do").split(' ');

    assert_eq!(databases.collect::<BTreeSet<_>>(), secrets.collect::<BTreeSet<_>>());
}
