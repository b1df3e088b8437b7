//! The members of a union on a day, and of the groups of states that stand for its members.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use api::registan::agreements::v1::party::Kind;
use api::registan::agreements::v1::{
    CreateMembershipRequest, ListMembersRequest, Members, Membership,
};
use api::registan::r#type::v1::{Date, PartialDate};
use tonic::Code;

use crate::support::{Running, citation, fields, on_both, party, reason, serve};

type Parts = (i32, i32, i32);

fn day((year, month, day): Parts) -> Date {
    Date { year, month, day }
}

fn date(parts: Parts) -> PartialDate {
    PartialDate { date: Some(day(parts)), ..PartialDate::default() }
}

/// Records that a state belongs to `parties/union`.
async fn belongs(running: &mut Running, party: &str, id: &str, joined: Parts, left: Option<Parts>) {
    let membership = Membership {
        party: format!("parties/{party}"),
        group: "parties/union".to_owned(),
        joined: Some(date(joined)),
        left: left.map(date),
        source: Some(citation("a treaty")),
        ..Membership::default()
    };
    let request = CreateMembershipRequest {
        membership: Some(membership),
        membership_id: format!("union-{id}"),
        ..CreateMembershipRequest::default()
    };
    running.memberships.create_membership(request).await.unwrap();
}

async fn members(running: &mut Running, group: &str, on: Option<Parts>) -> Members {
    let request =
        ListMembersRequest { group: group.to_owned(), as_of: on.map(day), read_time: None };
    running.memberships.list_members(request).await.unwrap().into_inner()
}

/// A union with a state that stays, one that left, and one of which only the year of its joining is
/// known; and two groups of its states.
async fn union(running: &mut Running) {
    for id in ["aa", "bb", "cc"] {
        running.parties.create_party(party(id, Kind::State)).await.unwrap();
    }
    running.parties.create_party(party("union", Kind::Union)).await.unwrap();
    for (id, on) in [("states", None), ("states-of-1995", Some((1995, 1, 1)))] {
        let mut request = party(id, Kind::States);
        let states = request.party.as_mut().unwrap();
        "parties/union".clone_into(&mut states.members_of);
        states.members_on = on.map(day);
        running.parties.create_party(request).await.unwrap();
    }
    belongs(running, "aa", "aa", (1990, 1, 1), None).await;
    belongs(running, "bb", "bb", (1990, 1, 1), Some((2020, 1, 31))).await;
    belongs(running, "cc", "cc", (2004, 0, 0), None).await;
}

#[tokio::test]
async fn the_members_of_a_union_change_by_the_day() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        union(&mut running).await;

        for (on, known, doubt) in [
            ((1989, 12, 31), vec![], vec![]),
            ((1990, 1, 1), vec!["parties/aa", "parties/bb"], vec![]),
            ((2004, 5, 1), vec!["parties/aa", "parties/bb"], vec!["parties/cc joined 2004"]),
            ((2020, 1, 31), vec!["parties/aa", "parties/bb", "parties/cc"], vec![]),
            ((2020, 2, 1), vec!["parties/aa", "parties/cc"], vec![]),
        ] {
            for group in ["parties/union", "parties/states"] {
                let found = members(&mut running, group, Some(on)).await;
                let of_doubt = found.undetermined.iter();
                let of_doubt: Vec<_> =
                    of_doubt.map(|one| format!("{} {}", one.party, one.reason)).collect();
                assert_eq!((found.members, of_doubt), (names(&known), names(&doubt)), "{on:?}");
                assert_eq!((found.group.as_str(), found.as_of), (group, Some(day(on))));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn of_a_group_without_recorded_memberships_it_is_not_known_who_belongs() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        running.parties.create_party(party("community", Kind::Union)).await.unwrap();

        let found = members(&mut running, "parties/community", Some((1999, 7, 1))).await;

        assert!(found.members.is_empty(), "{found:?}");
        let unknown = &found.undetermined[0];
        assert_eq!(unknown.party, "parties/community");
        assert_eq!(unknown.reason, "no memberships of it are recorded");
    })
    .await;
}

fn names(of: &[&str]) -> Vec<String> {
    of.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn a_group_that_stays_the_same_is_that_of_its_own_day() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        union(&mut running).await;

        for on in [None, Some((2024, 1, 17))] {
            let found = members(&mut running, "parties/states-of-1995", on).await;
            assert_eq!(found.members, ["parties/aa", "parties/bb"]);
            assert_eq!(found.as_of, Some(day((1995, 1, 1))));
        }
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_by_its_own_field() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        union(&mut running).await;
        let mut ask = async |group: &str, on: Option<Parts>| {
            let group = group.to_owned();
            let request = ListMembersRequest { group, as_of: on.map(day), read_time: None };
            let status = running.memberships.list_members(request).await.unwrap_err();
            (status.code(), reason(&status), fields(&status))
        };

        let invalid = |reason: &str, field: &str| {
            (Code::InvalidArgument, reason.to_owned(), vec![field.to_owned()])
        };
        assert_eq!(ask("union", None).await, invalid("NAME_INVALID", "group"));
        let found = ask("parties/union", Some((2024, 2, 30))).await;
        assert_eq!(found, invalid("DATE_INVALID", "as_of"));
        let found = ask("parties/aa", Some((2024, 1, 17))).await;
        assert_eq!(found, invalid("PARTY_KIND_INVALID", "group"), "a state is no group");
        let found = ask("parties/zz", None).await;
        assert_eq!(found, (Code::NotFound, "NOT_FOUND".to_owned(), Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn a_group_of_more_memberships_than_a_page_is_to_be_listed() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        union(&mut running).await;
        for number in 3..1000 {
            belongs(&mut running, "aa", &format!("more-{number}"), (1990, 1, 1), None).await;
        }
        assert_eq!(members(&mut running, "parties/union", None).await.members.len(), 2);

        belongs(&mut running, "aa", "more-1000", (1990, 1, 1), None).await;

        let request =
            ListMembersRequest { group: "parties/states".to_owned(), ..Default::default() };
        let refusal = running.memberships.list_members(request).await.unwrap_err();
        let refused = (refusal.code(), reason(&refusal));
        assert_eq!(refused, (Code::ResourceExhausted, "ANSWER_TOO_LARGE".to_owned()));
        assert!(refusal.message().contains("group = \"parties/union\""), "{}", refusal.message());
    })
    .await;
}

/// The law of a state that is bound only as one of a group is not known: that is said, in place of
/// lists without anything in them.
#[tokio::test]
async fn the_law_of_a_member_of_a_group_alone_is_refused_with_the_groups() {
    use api::registan::agreements::v1::GetLegalBasisRequest;
    on_both(|url| async move {
        let mut running = serve(&url).await;
        union(&mut running).await;
        running.parties.create_party(party("dd", Kind::State)).await.unwrap();
        let mut law = async |party: &str| {
            let party = format!("parties/{party}");
            let request = GetLegalBasisRequest { party, ..GetLegalBasisRequest::default() };
            running.agreements.get_legal_basis(request).await
        };

        let refusal = law("aa").await.unwrap_err();
        let seen = (refusal.code(), reason(&refusal), fields(&refusal));
        let field = vec!["party".to_owned()];
        assert_eq!(seen, (Code::InvalidArgument, "PARTY_KIND_INVALID".to_owned(), field));
        let message = refusal.message().to_owned();
        assert!(message.contains("parties/states, parties/states-of-1995"), "{message}");
        let late = law("cc").await.unwrap_err();
        assert!(!late.message().contains("states-of-1995"), "it joined in 2004");
        assert!(law("dd").await.is_ok(), "it belongs to no group");
        running.parties.create_party(party("somewhere", Kind::Region)).await.unwrap();
        let region = law("somewhere").await.unwrap_err();
        assert_eq!(reason(&region), "PARTY_KIND_INVALID");
        assert!(region.message().contains("one of its states"), "{}", region.message());
    })
    .await;
}
