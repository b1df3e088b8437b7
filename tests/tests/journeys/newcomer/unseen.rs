//! Resources that are not public are answered as what does not exist: where one could ask with a
//! token, the command says so, of everything, so that it reveals nothing.

use std::process::Command;

use e2e::{Suite, program};

use super::command::{json, printed, refused, registan};

const ACTIVITY: &str = r#"{"activity": {"kind": "KIND_STATEMENT", "party": "parties/kz",
    "date": {"date": {"year": 2024, "month": 6}}, "outcome": "OUTCOME_CARRIED_OUT",
    "delegation": "delegations/kz", "summary": "A statement in Zmeinogorsk", "source": {"citation": "own note"}}}"#;

fn errors(suite: &Suite, arguments: &[&str]) -> String {
    String::from_utf8(registan(suite, arguments).stderr).unwrap()
}

#[test]
fn what_one_recorded_is_found_as_the_command_says() {
    let Some(suite) = Suite::embedded() else { return };
    let recorded = json(&suite, &["ask", "CreateActivity", ACTIVITY]);
    let name = recorded["name"].as_str().unwrap();
    let get = format!(r#"{{"name": "{name}"}}"#);
    let all = ["ask", "ListActivities", r#"{"filter": "kind = STATEMENT"}"#];

    let folder = suite.folder.path().join("data");
    let hint = format!(
        "`export REGISTAN_TOKEN=$(registan token --role analyst --desk all --data-dir '{}')`",
        folder.display()
    );
    let recorded = refused(&suite, &["ask", "GetActivity", &get]);
    assert!(recorded.contains("NotFound (NOT_FOUND): ") && recorded.contains(&hint), "{recorded}");
    let list = errors(&suite, &all);
    assert!(list.starts_with("Nothing was found: ") && list.contains(&hint), "{list}");
    // A reader of a suite of others cannot follow that, and is not told to.
    assert!(
        list.contains(&format!("where the suite is your own, ask again after {hint}")),
        "{list}"
    );

    // The same of what was never recorded.
    let never = refused(&suite, &["ask", "GetActivity", &get.replace(name, "activities/never")]);
    assert_eq!(never.replace("activities/never", name), recorded);
    let none = ["ask", "ListActivities", r#"{"filter": "kind = DEMARCHE"}"#];
    assert_eq!(errors(&suite, &none), list);
    // By the other commands, too.
    let found = errors(&suite, &["export", "activities", "--filter", "kind = STATEMENT"]);
    assert!(found.starts_with("0 activities, ") && found.ends_with(&list), "{found}");
    assert_eq!(errors(&suite, &["search", "zmeinogorsk"]), list);
    let lineage = refused(&suite, &["lineage", "never"]);
    assert!(lineage.contains("NotFound (NOT_FOUND): ") && lineage.contains(&hint), "{lineage}");
    // Nothing where something was found, or nothing can be signed.
    assert_eq!(errors(&suite, &["ask", "ListParties"]), "");
    let elsewhere = tempfile::tempdir().unwrap();
    let mut without_key = Command::new(program("registan").unwrap());
    without_key.args(all).args(["--gateway", &format!("http://{}", suite.address)]);
    let without_key = without_key.arg("--data-dir").arg(elsewhere.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&without_key.stderr), "");

    let mut token = Command::new(program("registan").unwrap());
    token.args(["token", "--role", "analyst", "--desk", "all", "--data-dir"]).arg(&folder);
    let token = String::from_utf8(token.output().unwrap().stdout).unwrap();
    let with = ["--token", token.trim()];
    let found = json(&suite, &[&["ask", "GetActivity", &get][..], &with].concat());
    assert_eq!(found["summary"], "A statement in Zmeinogorsk");
    assert!(
        printed(&suite, &[&all[..], &with].concat()).contains("Activities (1)"),
        "with a token"
    );
}
