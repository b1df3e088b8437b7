//! Tests of whether law binds a party on a day.

use api::registan::agreements::v1::agreement::Kind;
use api::registan::agreements::v1::{milestone, participation};
use api::registan::r#type::v1 as types;

use super::*;

fn date(year: i32, month: i32, day: i32) -> Option<types::PartialDate> {
    PartialDate::new(year, month, day).map(Into::into)
}

fn agreement(kind: Kind, milestones: &[(milestone::Kind, i32)]) -> wire::Agreement {
    let milestone = |(kind, year): &(milestone::Kind, i32)| wire::Milestone {
        kind: (*kind).into(),
        date: date(*year, 1, 1),
        ..wire::Milestone::default()
    };
    wire::Agreement {
        name: "agreements/law".to_owned(),
        kind: kind.into(),
        milestones: milestones.iter().map(milestone).collect(),
        ..wire::Agreement::default()
    }
}

fn on(agreement: &wire::Agreement, year: i32) -> &'static str {
    match of_agreement(agreement, &["parties/kz".to_owned()], Day(year * 10_000 + 701)) {
        Binding::Yes => "yes",
        Binding::No(_) => "no",
        Binding::Unknown(_) => "unknown",
    }
}

#[test]
fn an_agreement_binds_while_it_is_in_force() {
    use milestone::Kind::{InForce, ProvisionallyApplied, Replaced, Signed};
    let life = [(Signed, 2015), (ProvisionallyApplied, 2016), (InForce, 2020), (Replaced, 2030)];
    let agreement = agreement(Kind::PartnershipAndCooperation, &life);

    for (year, wanted) in
        [(2014, "no"), (2015, "no"), (2016, "unknown"), (2020, "yes"), (2029, "yes"), (2030, "no")]
    {
        assert_eq!(on(&agreement, year), wanted, "{year}");
    }
}

#[test]
fn an_end_for_a_party_ends_the_duties_of_that_party() {
    use milestone::Kind::{InForce, Replaced};
    let mut agreement = agreement(Kind::TradeAndCooperation, &[(InForce, 1990), (Replaced, 1999)]);
    for (party, wanted) in [("parties/kz", "no"), ("parties/tm", "yes")] {
        agreement.milestones[1].party = party.to_owned();
        assert_eq!(on(&agreement, 2005), wanted, "{party}");
    }
}

#[test]
fn a_convention_binds_whoever_is_party_to_it() {
    use participation::Kind::{Acceded, Party, Signed, Withdrawn};
    let mut convention = agreement(Kind::Convention, &[(milestone::Kind::InForce, 1990)]);
    assert_eq!(on(&convention, 2000), "unknown", "nothing is recorded of its parties");
    let mut with = |parts: &[(participation::Kind, Option<types::PartialDate>)]| {
        let part = |(kind, date): &(participation::Kind, Option<types::PartialDate>)| {
            let (party, date) = ("parties/kz".to_owned(), date.clone());
            wire::Participation { party, kind: (*kind).into(), date, ..Default::default() }
        };
        convention.participations = parts.iter().map(part).collect();
        convention.clone()
    };
    let since_1998 = with(&[(Party, date(1998, 0, 0))]);
    let signed = with(&[(Signed, date(1995, 0, 0))]);
    let undated = with(&[(Party, None)]);
    let gone = with(&[(Acceded, date(1995, 2, 1)), (Withdrawn, date(2005, 2, 1))]);
    let again = with(&[
        (Acceded, date(1995, 2, 1)),
        (Withdrawn, date(2005, 2, 1)),
        (Acceded, date(2010, 2, 1)),
    ]);

    for (convention, year, wanted) in [
        (&since_1998, 1989, "no"),
        (&since_1998, 1997, "no"),
        (&since_1998, 1998, "unknown"),
        (&since_1998, 1999, "yes"),
        (&undated, 2000, "unknown"),
        (&gone, 2004, "yes"),
        (&gone, 2006, "no"),
        (&again, 2006, "no"),
        (&again, 2011, "yes"),
    ] {
        assert_eq!(on(convention, year), wanted, "{year} of {:?}", convention.participations);
    }
    assert_eq!(on(&signed, 2000), "no");
    // Of the Union nothing is recorded: it may be party.
    let both = ["parties/kz".to_owned(), "parties/eu".to_owned()];
    let of_both = of_agreement(&signed, &both, Day(20_000_701));
    assert!(matches!(of_both, Binding::Unknown(_)), "{of_both:?}");
}

#[test]
fn acts_and_frameworks_bind_from_their_first_day_to_their_last() {
    let act = wire::Act {
        adopted: date(2012, 10, 25),
        in_force: date(2014, 1, 1),
        ended: date(2024, 1, 1),
        ..wire::Act::default()
    };
    let framework = wire::Framework {
        adopted: date(2014, 0, 0),
        ended: date(2023, 12, 31),
        ..wire::Framework::default()
    };
    for (day, of_the_act, of_the_framework) in [
        (20_131_231, "No", "No"),
        (20_140_101, "Yes", "Unknown"),
        (20_141_231, "Yes", "Yes"),
        (20_231_231, "Yes", "Yes"),
        (20_240_101, "No", "No"),
    ] {
        let word = |binding: Binding| format!("{binding:?}").split('(').next().unwrap().to_owned();
        assert_eq!(word(of_act(&act, Day(day))), of_the_act, "{day}");
        assert_eq!(word(of_framework(&framework, Day(day))), of_the_framework, "{day}");
    }
}
