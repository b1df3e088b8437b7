//! `registan load` of the reference record: every call is answered.

use e2e::Suite;

use super::command::json;

#[test]
fn a_load_asks_the_law_of_states_that_have_one() {
    let Some(suite) = Suite::embedded() else { return };

    let load = ["load", "--mix", "get=1,list=1,law=2", "--callers", "4", "--seconds", "1"];
    let measured = json(&suite, &[&load[..], &["--json"]].concat());

    assert_eq!(measured["failed"], 0, "{measured}");
    let law = measured["calls"].as_array().unwrap().iter().find(|it| it["call"] == "law");
    assert!(law.unwrap()["answered"].as_u64().unwrap() > 0, "{measured}");
}
