//! `registan backup` and `registan restore`: a suite is copied while it serves, a backup that is
//! not what it was is refused, and nothing is ever overwritten.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use e2e::examples::blocks;
use e2e::{Suite, program};
use sea_orm::{ConnectionTrait, Database};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::Engine;
use uuid::Uuid;

fn registan(arguments: &[&str], paths: [&Path; 2]) -> Output {
    let [folder, data] = paths;
    let mut command = Command::new(program("registan").unwrap());
    let (name, more) = arguments.split_first().unwrap();
    command.arg(name).arg(folder).args(more).arg("--data-dir").arg(data);
    command.output().unwrap()
}

fn printed(arguments: &[&str], paths: [&Path; 2]) -> String {
    let output = registan(arguments, paths);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// The one line of a command that must fail.
fn refused(arguments: &[&str], paths: [&Path; 2]) -> String {
    let output = registan(arguments, paths);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    errors
}

/// The checkpoints in the lines of a command, by service.
fn checkpoints(text: &str) -> Vec<(String, String)> {
    let line = |line: &str| {
        let (service, rest) = line.split_once(": ")?;
        let (_, checkpoint) = rest.split_once("checkpoint ")?;
        Some((service.to_owned(), checkpoint.split(',').next()?.to_owned()))
    };
    let mut found: Vec<_> = text.lines().filter_map(line).collect();
    found.sort();
    found
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).into_iter().flatten();
    let mut all: Vec<_> = all.map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

/// A copy of a backup, to be altered.
fn copied(backup: &Path, to: &Path) -> PathBuf {
    fs::create_dir(to).unwrap();
    for file in entries(backup) {
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
    to.to_owned()
}

/// Changes the manifest of a backup.
fn with_manifest(backup: &Path, change: impl Fn(&mut Value)) {
    let file = backup.join("manifest.json");
    let mut manifest = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    change(&mut manifest);
    fs::write(&file, manifest.to_string()).unwrap();
}

/// The entry of agreements.
fn part(manifest: &mut Value) -> &mut Value {
    let parts = manifest["parts"].as_array_mut().unwrap();
    parts.iter_mut().find(|part| part["service"] == "agreements").unwrap()
}

#[test]
fn a_suite_is_backed_up_while_it_serves_and_restored_elsewhere() {
    let Some(suite) = Suite::embedded() else { return };
    let folder = suite.folder.path();
    let (data, backup, restored) =
        (folder.join("data"), folder.join("some/backup"), folder.join("restored"));

    let said = printed(&["backup"], [&backup, &data]);
    assert_eq!(checkpoints(&said).len(), 3, "{said}");
    assert!(said.lines().last().unwrap().contains("whole and verified"), "{said}");
    assert_eq!(mode(&backup), 0o700);
    assert_eq!(entries(&backup).len(), 4, "three databases and a manifest, nothing beside");
    assert!(entries(&backup).iter().all(|file| mode(file) == 0o600));
    assert_eq!(entries(backup.parent().unwrap()), std::slice::from_ref(&backup));

    let before: Vec<_> = entries(&backup).iter().map(|file| fs::read(file).unwrap()).collect();
    let again = refused(&["backup"], [&backup, &data]);
    assert!(again.contains("never overwritten"), "{again}");
    let over = refused(&["restore"], [&backup, &data]);
    assert!(over.contains("nothing is overwritten") && over.contains("--data-dir"), "{over}");
    let elsewhere = ["restore", "agreements", "--database-url", "postgres://localhost/none"];
    let other = refused(&elsewhere, [&backup, &data]);
    assert!(other.contains("of SQLite"), "{other}");

    let told = printed(&["restore"], [&backup, &restored]);
    assert_eq!(checkpoints(&told), checkpoints(&said), "{told}");
    assert!(told.contains("RECORD_WENT_BACK"), "{told}");
    let after: Vec<_> = entries(&backup).iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(before == after, "neither verifying nor restoring changes a backup");
    assert_eq!(mode(&restored.join("agreements.db")), 0o600);
    assert!(restored.join("reference-record").exists(), "a restored record is not seeded again");
    assert!(!restored.join("development-issuer.key").exists(), "keys are no part of a backup");

    let list = r#"{"page_size": 1000}"#;
    let asked = suite.ask("agreements.v1.PartyService/ListParties", list).unwrap();
    drop(suite.processes);
    let kept = suite.folder;
    fs::rename(&data, kept.path().join("lost")).unwrap();
    fs::rename(&restored, &data).unwrap();
    let second = Suite::embedded_in(kept, &[]).unwrap();
    let answer = second.ask("agreements.v1.PartyService/ListParties", list).unwrap();
    assert_eq!(answer["parties"], asked["parties"]);
    assert!(!second.logged(0).contains("reference record seeded"), "{}", second.logged(0));
}

/// Nobody's record is mixed with ours because a flag was left out.
#[test]
fn a_suite_that_began_empty_stays_so_and_so_does_its_copy() {
    let parties = |suite: &Suite| {
        let answer = suite.ask("agreements.v1.PartyService/ListParties", "{}").unwrap();
        answer["parties"].as_array().map_or(0, Vec::len)
    };
    let first = Suite::embedded_in(tempfile::tempdir().unwrap(), &["--empty"]);
    let (Some(_), Some(first)) = (testkit::tool("grpcurl"), first) else { return };
    assert_eq!(parties(&first), 0);
    let copied = tempfile::tempdir().unwrap();
    let backup = copied.path().join("backup");
    printed(&["backup"], [&backup, &first.folder.path().join("data")]);
    printed(&["restore"], [&backup, &copied.path().join("data")]);
    drop(first.processes);

    for folder in [first.folder, copied] {
        let suite = Suite::embedded_in(folder, &[]).unwrap();
        assert_eq!(parties(&suite), 0, "{}", suite.logged(0));
    }
}

/// A part of a record is not the record: what is not restored begins with the reference record, as
/// in a new folder.
#[test]
fn a_folder_is_seeded_until_all_services_are_restored_to_it() {
    let Some(suite) = Suite::embedded() else { return };
    let folder = suite.folder.path();
    let (data, one, all) = (folder.join("data"), folder.join("one"), folder.join("all"));
    printed(&["backup", "agreements"], [&one, &data]);
    printed(&["backup"], [&all, &data]);
    let mark = |folder: &Path| folder.join("reference-record").exists();

    let restored = folder.join("restored");
    printed(&["restore"], [&one, &restored]);
    assert!(!mark(&restored), "projects and rights-reporting are not there");
    printed(&["restore", "projects"], [&all, &restored]);
    assert!(!mark(&restored), "rights-reporting is not there");
    let said = printed(&["restore", "rights-reporting"], [&all, &restored]);
    assert!(mark(&restored));

    let manifest = fs::read(all.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let made: prost_types::Timestamp = manifest["made"].as_str().unwrap().parse().unwrap();
    for part in manifest["parts"].as_array().unwrap() {
        let last: prost_types::Timestamp = part["last_change"].as_str().unwrap().parse().unwrap();
        assert!((last.seconds, last.nanos) <= (made.seconds, made.nanos), "{manifest}");
    }
    let last = manifest["parts"][0]["last_change"].as_str().unwrap();
    assert!(said.contains(&format!("the last recorded at {last}")), "{said}");
    assert!(!said.contains(manifest["made"].as_str().unwrap()), "{said}");

    let partly = tempfile::tempdir().unwrap();
    printed(&["restore"], [&one, &partly.path().join("data")]);
    let second = Suite::embedded_in(partly, &[]).unwrap();
    for (method, key) in [
        ("projects.v1.ProjectService/ListProjects", "projects"),
        ("agreements.v1.PartyService/ListParties", "parties"),
    ] {
        let [first, second] = [&suite, &second].map(|suite| {
            let answer = suite.ask(method, r#"{"page_size": 1000}"#).unwrap();
            answer[key].as_array().map_or(0, Vec::len)
        });
        assert!(first > 0 && first == second, "{key}: {first} and {second}");
    }
}

#[tokio::test]
async fn a_backup_that_is_not_what_it_was_is_refused_and_leaves_nothing() {
    let Some(suite) = Suite::embedded() else { return };
    let folder = suite.folder.path();
    let (data, backup, target) =
        (folder.join("data"), folder.join("backup"), folder.join("target"));
    printed(&["backup"], [&backup, &data]);
    drop(suite.processes);
    let refuses = |backup: &Path, words: &str| {
        let line = refused(&["restore"], [backup, &target]);
        assert!(line.contains(words), "{line}");
        assert_eq!(entries(&target), Vec::<PathBuf>::new(), "{words}: nothing is left");
    };

    let altered = copied(&backup, &folder.join("altered"));
    let mut bytes = fs::read(altered.join("agreements.db")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(altered.join("agreements.db"), bytes).unwrap();
    refuses(&altered, "agreements.db is not the file that was backed up");

    // Whoever alters a file can write its digest anew: the record does not fit its log.
    let forged = copied(&backup, &folder.join("forged"));
    let file = forged.join("agreements.db");
    let db = Database::connect(format!("sqlite:{}", file.display())).await.unwrap();
    let forge = "UPDATE party SET display_name = 'Forged' WHERE name = 'parties/kz'";
    db.execute_unprepared(forge).await.unwrap();
    db.close().await.unwrap();
    let (size, digest) =
        (fs::metadata(&file).unwrap().len(), hex::encode(Sha256::digest(fs::read(&file).unwrap())));
    with_manifest(&forged, |manifest| {
        part(manifest)["size"] = json!(size);
        part(manifest)["sha256"] = json!(digest);
    });
    refuses(&forged, "parties/kz");

    let other = copied(&backup, &folder.join("other"));
    with_manifest(&other, |manifest| {
        let changes = part(manifest)["changes"].clone();
        part(manifest)["checkpoint"] = json!(format!("{changes}:{}", "0".repeat(64)));
    });
    refuses(&other, "has another hash than was noted");

    let newer = copied(&backup, &folder.join("newer"));
    with_manifest(&newer, |manifest| manifest["format"] = json!(2));
    refuses(&newer, "of a form that this version does not know");
    fs::remove_file(newer.join("manifest.json")).unwrap();
    refuses(&newer, "no backup that came to its end");

    // A record that was altered is not backed up, and no half of a backup is left.
    let file = data.join("agreements.db");
    let db = Database::connect(format!("sqlite:{}", file.display())).await.unwrap();
    db.execute_unprepared(forge).await.unwrap();
    db.close().await.unwrap();
    let line = refused(&["backup"], [&folder.join("second"), &data]);
    assert!(line.contains("parties/kz") && line.contains("an earlier backup"), "{line}");
    assert!(!folder.join("second").exists() && !folder.join("second.partial").exists());
}

/// The commands of the section on PostgreSQL, as they are.
#[tokio::test]
async fn the_commands_of_the_document_back_up_postgres_and_restore_it() {
    let Some(registan) = program("registan") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(format!("{name}.url"));
    let mut databases = Vec::new();
    for name in ["agreements", "projects", "rights-reporting"] {
        let Some(database) = testkit::database(Engine::Postgres).await else { return };
        fs::write(file(name), &database.url).unwrap();
        let mut migrate = Command::new(&registan);
        migrate.args(["migrate", name, "--database-url-file"]).arg(file(name));
        assert!(migrate.status().unwrap().success(), "{name}");
        databases.push(database);
    }
    let url = &databases[0].url;
    let (address, host) = url.split_once("?host=").unwrap();
    let (server, _) = address.rsplit_once('/').unwrap();
    let name = format!("new_{}", Uuid::new_v4().simple());
    fs::write(file("agreements-new"), format!("{server}/{name}?host={host}")).unwrap();

    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/backup.md");
    let blocks = blocks(&document, "PostgreSQL").unwrap();
    assert_eq!(blocks.len(), 2, "{blocks:?}");
    let path = [registan.parent().unwrap().to_str().unwrap(), &env::var("PATH").unwrap()].join(":");
    let mut said = Vec::new();
    for commands in blocks {
        let mut shell = Command::new("sh");
        shell.args(["-ec", &commands.replace("agreements_new", &name)]).current_dir(&folder);
        shell.env("PATH", &path).env("PGHOST", host).env("PGUSER", "postgres");
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{commands}: {output:?}");
        said.push(String::from_utf8(output.stdout).unwrap());
    }

    let form = "registan restore backups/law agreements --database-url-file FILE";
    assert!(said[0].contains(form), "{}", said[0]);
    for backup in ["rights", "projects", "law"] {
        assert!(folder.path().join("backups").join(backup).join("manifest.json").exists());
    }
    let admin = Database::connect(url).await.unwrap();
    admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    admin.close().await.unwrap();
}
