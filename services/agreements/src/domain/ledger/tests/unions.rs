//! Bodies of the Union's side that ended, and the one that took their places.

use super::*;

fn union(name: &str, ended: Option<PartialDate>, predecessors: &[&str]) -> wire::Party {
    let of = |party: &&str| format!("parties/{party}");
    wire::Party {
        name: of(&name),
        ended,
        predecessors: predecessors.iter().map(of).collect(),
        ..wire::Party::default()
    }
}

/// An agreement of two Communities with Turkmenistan, and who took their places.
fn with_communities(acts: Vec<wire::Ratification>) -> Recorded {
    let mut all = recorded(&["ec", "ecsc", "tm"], acts);
    all.unions = Unions(vec![
        union("ecsc", Some(date(20_020_723)), &[]),
        union("ec", Some(date(20_091_130)), &["ecsc"]),
        union("eu", None, &["ec", "ecsc"]),
    ]);
    all
}

#[test]
fn a_body_that_ended_is_not_waited_for_and_the_one_in_its_place_is() {
    let all = with_communities(vec![deposit("tm", date(20_040_101))]);
    for (day, not_known, not_needed) in [
        (20_020_723, vec!["ec", "ecsc"], vec![]),
        (20_050_101, vec!["ec"], vec!["ecsc"]),
        (20_091_130, vec!["ec"], vec!["ecsc"]),
        (20_091_201, vec!["eu"], vec!["ec", "ecsc"]),
    ] {
        let ledger = on(&all, Day(day));
        assert_eq!(names(&ledger.not_known), not_known, "{day}");
        assert_eq!(names(&ledger.not_needed), not_needed, "{day}");
    }
    let ledger = on(&all, Day(20_250_101));
    let reasons: Vec<&str> = ledger.not_needed.iter().map(|one| &one.reason[..]).collect();
    let ended = ["it ended on 2009-11-30", "it ended on 2002-07-23"];
    assert_eq!(reasons, ended.map(|one| format!("{one}; parties/eu took its place")));
}

#[test]
fn what_the_body_in_its_place_does_counts_and_what_it_did_itself_too() {
    let own = deposit("eu", date(20_150_105));
    let later = with_communities(vec![deposit("tm", date(20_040_101)), own]);
    let ledger = on(&later, Day(20_250_101));
    assert_eq!(names(&ledger.done), ["eu", "tm"]);
    assert_eq!(ledger.derived, Some(date(20_150_301)));

    let of_one = with_communities(vec![
        deposit("tm", date(20_040_101)),
        deposit("ec", date(20_050_105)),
        deposit("ecsc", date(20_010_101)),
    ]);
    let ledger = on(&of_one, Day(20_250_101));
    assert_eq!(names(&ledger.done), ["ec", "ecsc", "tm"]);
    assert_eq!((ledger.not_needed.len(), ledger.derived), (0, Some(date(20_050_301))));

    // By its own law alone: the one in its place has to say so.
    let law = wire::Ratification {
        deposited: None,
        acted: Some(date(20_050_105)),
        ..deposit("ec", date(20_050_105))
    };
    let ledger = on(&with_communities(vec![law]), Day(20_250_101));
    assert_eq!(names(&ledger.ratified), ["eu"]);
}

#[test]
fn the_council_concludes_for_the_union_that_exists() {
    let mut all = with_communities(Vec::new());
    for (concluded, ratified) in [(20_050_105, "ec"), (20_150_105, "eu")] {
        let kind = wire::milestone::Kind::ConcludedByCouncil;
        all.agreement.milestones = vec![milestone(kind, concluded, "")];
        let ledger = on(&all, Day(concluded));
        assert_eq!(names(&ledger.ratified), [ratified]);
    }
}
