//! The ledger of the agreements of the reference record, and what a caller sees of one.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use api::registan::agreements::v1::ratification::Kind;
use api::registan::agreements::v1::ratification_service_client::RatificationServiceClient;
use api::registan::agreements::v1::{
    CreateRatificationRequest, LedgerEntry, Ratification, RatificationLedger, WhoIsMissingRequest,
};
use api::registan::options::v1::Tier;
use api::registan::r#type::v1::Date;
use chassis::client::Connection;
use reference::COLLECTIONS;
use tonic::Code;

use crate::support::{Running, citation, fields, on_both, party, reason, serve};

type Client = RatificationServiceClient<Connection>;

/// The law of the reference record, and who belonged to the Union.
async fn recorded(running: &Running) {
    let law = ["sources", "parties", "memberships", "agreements", "ratifications"];
    // The last are sources that speak of what other services keep.
    let all = COLLECTIONS[..COLLECTIONS.len() - 1].iter();
    for collection in all.filter(|one| law.contains(&one.name)) {
        for one in collection.records().unwrap() {
            reference::create(&one, &running.connection).await.unwrap();
        }
    }
}

async fn ask(
    client: &mut Client,
    agreement: &str,
    [year, month, day]: [i32; 3],
) -> RatificationLedger {
    let request = WhoIsMissingRequest {
        agreement: format!("agreements/{agreement}"),
        as_of: Some(Date { year, month, day }),
        read_time: None,
    };
    client.who_is_missing(request).await.unwrap().into_inner()
}

/// How many are in each list: done, ratified, missing, not known, not needed.
fn sizes(it: &RatificationLedger) -> [usize; 5] {
    [&it.done, &it.ratified, &it.missing, &it.not_known, &it.not_needed].map(Vec::len)
}

fn names(entries: &[LedgerEntry]) -> Vec<&str> {
    entries.iter().map(|one| one.party.trim_start_matches("parties/")).collect()
}

fn day(it: Option<&api::registan::r#type::v1::PartialDate>) -> Option<[i32; 3]> {
    it.and_then(|it| it.date).map(|date| [date.year, date.month, date.day])
}

#[tokio::test]
async fn the_enhanced_agreements_say_what_is_known_and_no_more() {
    Box::pin(on_both(|url| async move {
        let running = serve(&url).await;
        let mut client = Client::new(running.connection.clone());
        recorded(&running).await;

        // Kazakhstan: 28 states, the Union, the partner.
        let first = ask(&mut client, "eu-kz-epca-2015", [2017, 6, 1]).await;
        let second = ask(&mut client, "eu-kz-epca-2015", [2017, 12, 12]).await;
        let third = ask(&mut client, "eu-kz-epca-2015", [2020, 2, 15]).await;
        let partner = &first.ratified[0];
        assert!(names(&first.ratified).contains(&"kz"), "{first:?}");
        assert_eq!(day(partner.date.as_ref()), Some([2016, 3, 25]));
        assert_eq!(partner.source.as_ref().unwrap().source, "sources/law-kz-475-v-2016");
        for (ledger, done, next) in [(&first, 9, 18), (&second, 18, 28)] {
            assert_eq!(sizes(ledger), [0, 1, 1, 28, 0]);
            assert_eq!(names(&ledger.missing), ["eu"], "the Council concluded it in 2020");
            assert_eq!(ledger.tally.as_ref().map(|it| (it.done, it.of)), Some((done, 28)));
            assert_eq!(ledger.next_tally.as_ref().unwrap().done, next);
            let said = |note: &String| {
                note.starts_with(&format!("{done} of 28"))
                    && note.contains("only the count is known")
            };
            assert!(ledger.notes.iter().any(said), "{:?}", ledger.notes);
            assert_eq!(ledger.derived, None);
        }
        let concluded = ask(&mut client, "eu-kz-epca-2015", [2020, 1, 25]).await;
        assert_eq!(names(&concluded.ratified), ["eu", "kz"], "by the Council");
        assert!(!names(&concluded.not_known).contains(&"eu"));
        assert_eq!((sizes(&third), names(&third.not_needed)), ([29, 0, 0, 0, 1], vec!["gb"]));
        // In January, and not before the Council concluded it.
        assert_eq!(day(third.last_act.as_ref()), Some([2020, 1, 20]));
        assert_eq!(day(third.derived.as_ref()), Some([2020, 3, 1]));
        assert_eq!((day(third.published.as_ref()), third.differs), (Some([2020, 3, 1]), false));
        assert!(third.rule.as_ref().unwrap().first_of_month);

        // Kyrgyzstan and Uzbekistan: before the signature nobody, then nothing is known.
        for (agreement, before, after, later) in [
            ("eu-kg-epca-2024", [2024, 6, 24], [2024, 6, 25], [2026, 3, 1]),
            ("eu-uz-epca-2025", [2025, 10, 23], [2025, 10, 24], [2026, 3, 1]),
        ] {
            let unsigned = ask(&mut client, agreement, before).await;
            assert_eq!(sizes(&unsigned), [0, 0, 29, 0, 0], "{agreement}");
            assert!(names(&unsigned.missing).contains(&"hr"), "Croatia and not Britain");
            assert!(!names(&unsigned.missing).contains(&"gb"), "Croatia and not Britain");
            for on in [after, later] {
                let signed = ask(&mut client, agreement, on).await;
                assert_eq!(sizes(&signed), [0, 0, 0, 29, 0], "{agreement}");
                let said = &signed.not_known[0].reason;
                assert_eq!(said, "nothing is recorded of its act");
                assert_eq!((&signed.derived, &signed.tally), (&None, &None));
                let why = "no rule for the entry into force is recorded: no day follows";
                assert_eq!(signed.notes, [why]);
            }
        }
    }))
    .await;
}

#[tokio::test]
async fn the_named_are_missing_and_nobody_acts_before_the_signature() {
    Box::pin(on_both(|url| async move {
        let running = serve(&url).await;
        let mut client = Client::new(running.connection.clone());
        recorded(&running).await;

        // Tajikistan: it is not signed.
        let negotiated = ask(&mut client, "eu-tj-epca", [2009, 1, 1]).await;
        assert_eq!(sizes(&negotiated), [0, 0, 29, 0, 0], "{negotiated:?}");

        // Turkmenistan: four are named that had not ratified.
        let named = ask(&mut client, "eu-tm-pca-1998", [2009, 4, 1]).await;
        assert_eq!(names(&named.missing), ["fr", "gb", "gr", "ie"]);
        let named = ask(&mut client, "eu-tm-pca-1998", [2009, 4, 30]).await;
        assert_eq!(names(&named.missing), ["fr", "gb", "gr", "ie"]);
        assert_eq!(sizes(&named)[..3], [11, 1, 4], "the others are those that were counted");
        assert!(!named.notes.iter().any(|note| note.contains("only the count")), "{named:?}");
        let counted = ask(&mut client, "eu-tm-pca-1998", [2009, 5, 1]).await;
        assert!(counted.missing.is_empty(), "nothing later is recorded");
        assert_eq!(counted.tally.as_ref().map(|it| (it.done, it.of)), Some((11, 15)));
        let counted = ask(&mut client, "eu-tm-pca-1998", [2019, 3, 12]).await;
        assert_eq!(counted.tally.as_ref().map(|it| (it.done, it.of)), Some((14, 15)));
    }))
    .await;
}

#[tokio::test]
async fn the_union_acts_in_place_of_the_communities_that_ended() {
    Box::pin(on_both(|url| async move {
        let running = serve(&url).await;
        let mut client = Client::new(running.connection.clone());
        recorded(&running).await;

        let now = ask(&mut client, "eu-tm-pca-1998", [2025, 1, 1]).await;
        let ended: Vec<&LedgerEntry> =
            now.not_needed.iter().filter(|one| one.reason.starts_with("it ended")).collect();
        assert_eq!(ended.len(), 2, "{:?}", now.not_needed);
        for (entry, party, on) in
            [(ended[0], "parties/ec", "2009-11-30"), (ended[1], "parties/ecsc", "2002-07-23")]
        {
            assert_eq!(entry.party, party);
            assert_eq!(entry.reason, format!("it ended on {on}; parties/eu took its place"));
        }
        let waited_for = names(&now.not_known);
        assert!(waited_for.contains(&"eu"), "{waited_for:?}");
        assert!(!waited_for.contains(&"ec") && !waited_for.contains(&"ecsc"), "{waited_for:?}");

        let waits = now.not_known.iter().find(|one| one.party == "parties/eu").unwrap();
        let withheld = "the European Parliament withheld its consent";
        assert!(waits.reason.starts_with(withheld), "{}", waits.reason);
        // Once, nothing was known of the Union between the refusal of 2011 and the consent of 2016.
        let textiles = ask(&mut client, "eu-uz-text-prot", [2013, 1, 1]).await;
        assert!(names(&textiles.missing).contains(&"eu"), "{textiles:?}");

        // One that had acted before it ended has acted.
        let old = ask(&mut client, "eu-kz-pca-1995", [2025, 1, 1]).await;
        assert!(names(&old.done).contains(&"ec"), "{old:?}");
        assert!(!names(&old.done).contains(&"eu"), "{old:?}");
    }))
    .await;
}

#[tokio::test]
async fn nobody_had_acted_before_its_own_law() {
    Box::pin(on_both(|url| async move {
        let running = serve(&url).await;
        let mut client = Client::new(running.connection.clone());
        recorded(&running).await;
        for (day, wanted) in
            [([2023, 6, 6], "missing"), ([2023, 6, 7], "open"), ([2024, 1, 1], "done")]
        {
            let found = ask(&mut client, "op-crpd", day).await;
            let lists =
                [("missing", &found.missing), ("open", &found.not_known), ("done", &found.done)];
            let list = lists.iter().find(|(_, list)| names(list).contains(&"kz"));
            assert_eq!(list.map(|(list, _)| *list), Some(wanted), "{day:?}");
        }
    }))
    .await;
}

/// An agreement between two parties, with an act of one that everybody may see and one of the other
/// that not everybody may.
async fn two_acts(running: &mut Running, client: &mut Client) {
    use api::registan::agreements::v1::party::Kind as PartyKind;
    for (id, kind) in [("eu", PartyKind::Union), ("kz", PartyKind::State)] {
        running.parties.create_party(party(id, kind)).await.unwrap();
    }
    let mut request = crate::agreements::agreement(
        "x",
        api::registan::agreements::v1::agreement::Kind::Other,
        Vec::new(),
    );
    request.agreement.as_mut().unwrap().parties = crate::agreements::between(&["eu", "kz"]);
    running.agreements.create_agreement(request).await.unwrap();
    for (id, tier) in [("eu", Tier::Public), ("kz", Tier::Restricted)] {
        let ratification = Ratification {
            party: format!("parties/{id}"),
            kind: Kind::Ratification.into(),
            deposited: Some(api::registan::r#type::v1::PartialDate {
                date: Some(Date { year: 2020, month: 1, day: 1 }),
                ..Default::default()
            }),
            tier: tier.into(),
            source: Some(citation("an instrument")),
            ..Ratification::default()
        };
        let request = CreateRatificationRequest {
            parent: "agreements/x".to_owned(),
            ratification: Some(ratification),
            ..CreateRatificationRequest::default()
        };
        client.create_ratification(request).await.unwrap();
    }
}

#[tokio::test]
async fn what_a_caller_may_not_see_is_not_known_to_them() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let mut client = Client::new(running.connection.clone());
        two_acts(&mut running, &mut client).await;
        let mut anonymous = Client::new(running.nobody.clone());

        let seen = ask(&mut client, "x", [2020, 1, 1]).await;
        let hidden = ask(&mut anonymous, "x", [2020, 1, 1]).await;
        assert_eq!(names(&seen.done), ["eu", "kz"]);
        assert_eq!((names(&hidden.done), names(&hidden.not_known)), (vec!["eu"], vec!["kz"]));
        assert_eq!(hidden.not_known[0].reason, "nothing is recorded of its act");

        let mut refused = async |agreement: &str, month| {
            let agreement = agreement.to_owned();
            let as_of = Some(Date { year: 2020, month, day: 30 });
            let request = WhoIsMissingRequest { agreement, as_of, read_time: None };
            let status = anonymous.who_is_missing(request).await.unwrap_err();
            (status.code(), reason(&status), fields(&status))
        };
        let invalid = |reason: &str, field: &str| {
            (Code::InvalidArgument, reason.to_owned(), vec![field.to_owned()])
        };
        assert_eq!(refused("x", 1).await, invalid("NAME_INVALID", "agreement"));
        assert_eq!(refused("agreements/x", 2).await, invalid("DATE_INVALID", "as_of"));
        let missing = refused("agreements/y", 1).await;
        assert_eq!(missing, (Code::NotFound, "NOT_FOUND".to_owned(), Vec::new()));
    })
    .await;
}
