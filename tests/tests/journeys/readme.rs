//! Every example of every document gets the answer that the document shows; every README of a
//! service lists what it serves.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use e2e::examples::{examples, run};
use e2e::{Process, free_address, program};

/// The standard methods of every resource.
const STANDARD: [&str; 10] = [
    "Get",
    "List",
    "Create",
    "Update",
    "Delete",
    "Undelete",
    "Export",
    "Watch",
    "ListRevisions",
    "Diff",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every document of the repository: those of a folder, and those of the folders in it.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(&*name, "target" | "registan-data") && !name.starts_with('.')
        {
            found.extend(documents(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn every_example_of_every_document_works() {
    let root = root();
    let mut counts = BTreeMap::new();
    let mut wrong = Vec::new();
    for path in documents(&root) {
        let examples = examples(&fs::read_to_string(&path).unwrap());
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        if !examples.is_empty() {
            wrong.extend(run(&root, &name, &examples).err());
            counts.insert(name, examples.len());
        }
    }

    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    for (document, fewest) in [("README.md", 9), ("docs/guide.md", 20), ("docs/law.md", 10)] {
        assert!(counts.get(document).is_some_and(|count| *count >= fewest), "{counts:?}");
    }
}

/// The methods that a README lists, by service: a row names one or more services, then their
/// methods.
fn listed(readme: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    for row in readme.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = row.trim_matches('|').split('|');
        let (Some(services), Some(methods)) = (cells.next(), cells.next()) else { continue };
        let services = services.split('`').filter(|word| word.ends_with("Service"));
        let methods: BTreeSet<String> =
            methods.split(',').map(|name| name.trim().trim_matches('`').to_owned()).collect();
        all.extend(
            services.map(|name| (name.rsplit('.').next().unwrap().to_owned(), methods.clone())),
        );
    }
    all
}

/// `Get` of `GetParty`; other methods than the standard ones keep their names.
fn short(service: &str, method: &str) -> String {
    let resource = service.trim_end_matches("Service");
    let plural = match resource.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{resource}s"),
    };
    let short = method.replace(&plural, "").replace(resource, "");
    if STANDARD.contains(&&*short) { short } else { method.to_owned() }
}

/// Returns what a process serves, by reflection.
fn served(name: &str, own: &[&str]) -> Option<BTreeMap<String, BTreeSet<String>>> {
    let (grpcurl, registan) = (testkit::tool("grpcurl")?, program("registan")?);
    let folder = tempfile::tempdir().unwrap();
    let address = free_address().to_string();
    let mut command = Command::new(registan);
    command.args(["serve", name, "--listen", &address, "--data-dir"]).arg(folder.path());
    let mut process = Process::start(&mut command, &folder.path().join("log"));
    process.wait_for(address.parse().unwrap());
    let list = |of: &[&str]| {
        let output =
            Command::new(&grpcurl).args(["-plaintext", &address, "list"]).args(of).output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        text.lines().map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let services =
        list(&[]).into_iter().filter(|it| own.iter().any(|package| it.starts_with(package)));
    let of = |service: String| {
        let short_name = service.rsplit('.').next().unwrap().to_owned();
        let methods = list(&[&service]);
        let methods = methods.iter().map(|it| short(&short_name, it.rsplit('.').next().unwrap()));
        (short_name.clone(), methods.collect())
    };
    Some(services.map(of).collect())
}

#[test]
fn every_readme_of_a_service_lists_the_methods_it_serves() {
    for (name, own) in [
        ("agreements", &["registan."][..]),
        ("projects", &["registan."]),
        ("rights-reporting", &["registan."]),
        ("gateway", &["registan.partnership.", "registan.search."]),
    ] {
        let readme = root().join("services").join(name).join("README.md");
        let Some(served) = served(name, own) else { return };

        assert!(!served.is_empty(), "{name} serves nothing");
        assert_eq!(listed(&fs::read_to_string(readme).unwrap()), served, "{name}");
    }
}
