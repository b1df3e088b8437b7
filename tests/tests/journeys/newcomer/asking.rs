//! `registan brief`, `registan law` and `registan ask` against a running suite.

use std::process::Command;

use e2e::{Suite, free_address, program};
use serde_json::Value;

use super::command::{json, printed, refused};

#[test]
fn people_and_programs_are_answered() {
    let Some(suite) = Suite::embedded() else { return };

    law_and_brief(&suite);
    lists_and_resources(&suite);
    nothing_is_left_out(&suite);
    refusals(&suite);
    writes(&suite);
    by_the_environment(&suite);
}

/// The suite that a variable names; a flag comes before it.
fn by_the_environment(suite: &Suite) {
    let (there, nowhere) = (format!("http://{}", suite.address), "http://127.0.0.1:1".to_owned());
    let asked = |variable: &str, flag: &[&str]| {
        let mut command = Command::new(program("registan").unwrap());
        command.args(["ask", "GetParty", r#"{"name": "parties/kz"}"#]).args(flag);
        let output = command.env("REGISTAN_GATEWAY", variable).output().unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr)
    };

    assert!(asked(&there, &[]).contains("Kazakhstan"), "{}", asked(&there, &[]));
    let by_flag = asked(&nowhere, &["--gateway", &there]);
    assert!(by_flag.contains("Kazakhstan"), "{by_flag}");
    assert!(asked(&nowhere, &[]).contains("no suite answers at http://127.0.0.1:1"));
}

fn law_and_brief(suite: &Suite) {
    let law = printed(suite, &["law", "kz", "--on", "2024-01-17"]);
    assert!(law.contains("Party: parties/kz\nAs of: 2024-01-17\n"), "{law}");
    let line =
        law.lines().find(|line| line.contains("Enhanced Partnership and Cooperation")).unwrap();
    assert!(line.contains("2020-03-01"), "{law}");
    let whole = json(suite, &["law", "kz", "--on", "2024-01-17", "--json"]);
    assert_eq!(whole["party"], "parties/kz");
    assert_eq!(whole["asOf"]["year"], 2024);

    let brief = printed(suite, &["brief", "TM", "--on", "2025-12-31"]);
    for heading in ["\nLaw\n", "\nMoney\n", "\nRights\n", "  Party: Turkmenistan, parties/tm\n"] {
        assert!(brief.contains(heading), "{heading}: {brief}");
    }
    assert!(brief.contains("    Signed not in force (") && brief.contains("TITLE"), "{brief}");
    // Anonymous callers are not told that there is any.
    assert!(brief.contains("none to four") && !brief.contains("fewer than"), "{brief}");
    let whole = json(suite, &["brief", "parties/tm", "--on", "2025-12-31", "--json"]);
    assert!(whole["law"]["legalBasis"].is_object(), "{whole}");
    let hint = "  conventions that it is party to: registan ask ListAgreements '";
    let conventions = brief.lines().find_map(|line| line.strip_prefix(hint)).expect("a hint");
    let found = printed(suite, &["ask", "ListAgreements", conventions.trim_end_matches('\'')]);
    assert!(found.contains("agreements/cat"), "{found}");
    assert!(!found.contains("agreements/cped"), "it is not party to that one: {found}");
}

fn lists_and_resources(suite: &Suite) {
    let list = printed(suite, &["ask", "ListParties", r#"{"page_size": 3}"#]);
    assert!(list.contains("Parties (3)\n") && list.contains("parties/"), "{list}");
    assert!(list.contains("Next page token: "), "{list}");
    let whole = json(suite, &["ask", "ListParties", r#"{"pageSize": 3}"#, "--json"]);
    assert_eq!(whole["parties"].as_array().unwrap().len(), 3);
    let party = json(suite, &["ask", "PartyService/GetParty", r#"{"name": "parties/kz"}"#]);
    assert_eq!(party["displayName"], "Kazakhstan");
    let exported = printed(suite, &["ask", "ExportParties", r#"{"filter": "kind = STATE"}"#]);
    for line in exported.lines() {
        assert!(serde_json::from_str::<Value>(line).unwrap()["name"].is_string(), "{line}");
    }

    let all = printed(suite, &["ask"]);
    assert!(all.contains("  AgreementService/GetAgreement  "), "{all}");
    assert!(all.contains("Returns one agreement, deleted ones included."), "{all}");
    let explained = printed(suite, &["ask", "GetLegalBasis", "--explain"]);
    assert!(explained.contains("  as_of: Date\n    The day in the world."), "{explained}");
}

/// Every agreement and recommendation with its name, to ask for more of it, and with its state.
fn nothing_is_left_out(suite: &Suite) {
    let steel = printed(suite, &["ask", "ListAgreements", r#"{"filter": "title:steel"}"#]);
    assert_eq!(steel.matches("expired").count(), 4, "in the milestones and as the state: {steel}");
    let names = |whole: &Value, list: &str, name: &str| -> Vec<String> {
        let rows = whole[list].as_array().into_iter().flatten();
        rows.map(|row| row[name].as_str().unwrap().to_owned()).collect()
    };
    let law = ["law", "kz", "--on", "2026-11-29"];
    let (text, whole) = (printed(suite, &law), json(suite, &[&law[..], &["--json"]].concat()));
    let ended = names(&whole, "ended", "agreement");
    let all =
        [names(&whole, "inForce", "agreement"), names(&whole, "political", "agreement"), ended];
    assert!(all.concat().len() > 8, "{whole}");
    for agreement in all.concat() {
        assert!(text.contains(&agreement), "{agreement}: {text}");
    }
    let brief = ["brief", "uz", "--on", "2026-11-29"];
    let (text, whole) = (printed(suite, &brief), json(suite, &[&brief[..], &["--json"]].concat()));
    let recommendations = names(&whole["rights"], "recommendations", "name");
    assert!(recommendations.len() > 8, "{whole}");
    for recommendation in &recommendations {
        assert!(text.contains(recommendation), "{recommendation}: {text}");
    }
    assert_eq!(text.matches("addressees: ").count(), recommendations.len(), "{text}");

    let desks = printed(suite, &["ask", "ListDesks"]);
    assert!(desks.contains("Desks (6)\n") && desks.contains("desks/kz"), "{desks}");
}

fn refusals(suite: &Suite) {
    let misspelt = refused(suite, &["ask", "AgreementService/GetAgrement"]);
    assert!(misspelt.contains("did you mean AgreementService/GetAgreement"), "{misspelt}");
    let missing = refused(suite, &["ask", "GetParty", r#"{"name": "parties/atlantis"}"#]);
    assert!(missing.contains("NotFound") && missing.contains("parties/atlantis"), "{missing}");
    let field = refused(suite, &["ask", "GetParty", r#"{"nmae": "parties/kz"}"#]);
    assert!(field.contains("did you mean `name`"), "{field}");
    let stream = refused(suite, &["ask", "ImportIati"]);
    assert!(stream.contains("registan import"), "{stream}");
    let violations = refused(suite, &["ask", "ListParties", r#"{"page_size": -1}"#]);
    assert!(
        violations.contains("InvalidArgument (") && violations.contains("page_size"),
        "{violations}"
    );
    let long = r#"{"filter": "type = DISBURSMENT"}"#;
    let long = refused(suite, &["ask", "SumTransactions", long]);
    assert_eq!(long.matches("DISBURSMENT").count(), 1, "{long}");
    for (arguments, words) in [
        (&["law", "Kazakhstan"][..], "kazakhstan"),
        (&["calendar", "--party", "Kazakhstan"], "kazakhstan"),
        (&["law", "Казахстан"], "казахстан"),
        (&["brief", "Kyrgyz Republic"], "kyrgyz republic"),
        (&["calendar", "--party", "Қазақстан"], "қазақстан"),
    ] {
        let unknown = refused(suite, arguments);
        let hint = format!("`registan search {words} --kind party`");
        assert!(unknown.contains(&hint), "{unknown}");
        assert!(printed(suite, &["search", words, "--kind", "party"]).contains("parties/"));
    }
    let with_reason = refused(suite, &["lineage", "nowhere"]);
    assert!(with_reason.contains("NotFound (NOT_FOUND): "), "{with_reason}");
    let nowhere = format!("http://{}", free_address());
    let output = Command::new(program("registan").unwrap())
        .args(["brief", "kz", "--gateway", &nowhere])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.contains(&nowhere) && errors.contains("registan serve"), "{errors}");
}

/// A write on this machine needs no token to be fetched first; a mask may be written as grpcurl
/// takes it.
fn writes(suite: &Suite) {
    let new = r#"{"party_id": "asked", "party": {"kind": "KIND_ORGANISATION", "display_name": "Asked",
        "source": {"citation": "a test"}}}"#;
    let party = json(suite, &["ask", "CreateParty", new]);
    assert_eq!(party["name"], "parties/asked");
    let change = r#"{"party": {"name": "parties/asked", "display_name": "Asked again"},
        "update_mask": {"paths": ["display_name"]}}"#;
    let party = json(suite, &["ask", "UpdateParty", change]);
    assert_eq!(party["displayName"], "Asked again");

    printed(suite, &["ask", "DeleteParty", r#"{"name": "parties/asked"}"#]);
    let party = json(suite, &["ask", "GetParty", r#"{"name": "parties/asked"}"#]);
    let deleted = &party["deleteTime"].as_str().unwrap()[.."2026-11-29T12:00:00".len()];
    let all = r#"{"filter": "kind = ORGANISATION", "show_deleted": true}"#;
    let list = printed(suite, &["ask", "ListParties", all]);
    assert!(list.contains("DELETE TIME") && list.contains(deleted), "{list}");
}
