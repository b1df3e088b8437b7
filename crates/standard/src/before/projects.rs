//! Documents of before of what the service of projects keeps, as its types wrote them, with every
//! list filled.

use api::registan::projects::v1::{
    Organization, Participant, Project, Recipient, Sector, Transaction, TransactionParty,
};
use api::registan::r#type::v1::external_id;
use api::registan::r#type::v1::{
    Basis, Confidence, Date, ExternalId, LocalizedText, Money, PartialDate, SourceRef,
};

use super::read;

#[test]
fn an_organization_of_before_is_read() {
    let document = br#"{"name":"organizations/o","tier":"RESTRICTED","display_name":"A fund",
        "names":[{"language":"ru","text":"\u0424\u043e\u043d\u0434"}],"iati_ref":"XI-O","type_code":"40",
        "party":"parties/eu","external_ids":[{"scheme":"IATI","value":"XI-OLD"}],"note":"A note",
        "source":{"source":"sources/s","locator":"p. 3","basis":"REPORTED"},"confidence":"UNSURE"}"#;

    let organization: Organization = read(document).unwrap();

    let known = Organization {
        name: "organizations/o".to_owned(),
        tier: 2,
        display_name: "A fund".to_owned(),
        names: vec![LocalizedText {
            language_code: "ru".to_owned(),
            text: "\u{424}\u{43e}\u{43d}\u{434}".to_owned(),
            original: false,
        }],
        iati_ref: "XI-O".to_owned(),
        type_code: "40".to_owned(),
        party: "parties/eu".to_owned(),
        external_ids: vec![ExternalId {
            scheme: external_id::Scheme::Iati.into(),
            value: "XI-OLD".to_owned(),
            confidence: 0,
        }],
        note: "A note".to_owned(),
        source: Some(SourceRef {
            source: "sources/s".to_owned(),
            locator: "p. 3".to_owned(),
            basis: Basis::Reported.into(),
            ..SourceRef::default()
        }),
        confidence: Confidence::Unsure.into(),
        ..Organization::default()
    };
    assert_eq!(organization, known);
}

#[test]
fn a_project_of_before_is_read() {
    let document = br#"{"name":"projects/p","tier":"PUBLIC","kind":"PROJECT","title":"Water",
        "titles":[{"language":"en","text":"Water"}],"descriptions":[{"language":"","text":"Wells","original":true}],
        "status":"CLOSED","iati_identifier":"XI-1","dates":[{"kind":"ANNOUNCED","date":{"year":2020,"month":6,
        "day":0,"as_given":"06/07","end":{"year":2020,"month":7,"day":0}}}],"participants":[{"role":"FUNDING",
        "organization":"organizations/o","reference":"XI-O","display_name":"A fund","confidence":"LIKELY"},{}],
        "recipients":[{"country_code":"KG","percentage":"60.00"},{"region_code":"619"}],
        "sectors":[{"vocabulary":"1","code":"14020","percentage":"100"}],"default_currency":"EUR",
        "amounts":[{"kind":"CO_FINANCING","money":{"amount":"-1.50","currency":"USD","value_date":20200131},
        "note":"A part","source":{"citation":"A list"},"confidence":"CERTAIN"}],"agreements":["agreements/a"],
        "frameworks":["frameworks/f/priorities/r2"],"relations":[{"kind":"CO_FUNDED","project":"projects/q",
        "iati_identifier":"XI-2","confidence":"UNSURE"}],"external_ids":[{"scheme":"CRIS","value":"ACA/1"}],
        "note":"A note","source":{"citation":"A list"},"confidence":null}"#;

    let project: Project = read(document).unwrap();

    let dates = &project.dates[0];
    let interval = PartialDate {
        date: Some(Date { year: 2020, month: 6, day: 0 }),
        qualifier: 0,
        as_given: "06/07".to_owned(),
        end: Some(Date { year: 2020, month: 7, day: 0 }),
    };
    assert_eq!((dates.kind, dates.date.as_ref()), (101, Some(&interval)));
    let fund = Participant {
        role: 1,
        organization: "organizations/o".to_owned(),
        r#ref: "XI-O".to_owned(),
        display_name: "A fund".to_owned(),
        confidence: Confidence::Likely.into(),
    };
    assert_eq!(project.participants, [fund, Participant::default()]);
    let recipient = |country_code: &str, region_code: &str, percentage: &str| Recipient {
        country_code: country_code.to_owned(),
        region_code: region_code.to_owned(),
        percentage: percentage.to_owned(),
    };
    assert_eq!(project.recipients, [recipient("KG", "", "60.00"), recipient("", "619", "")]);
    let sector = &project.sectors[0];
    assert_eq!((&*sector.vocabulary, &*sector.code, &*sector.percentage), ("1", "14020", "100"));
    let amount = &project.amounts[0];
    let money = Money {
        amount: "-1.50".to_owned(),
        currency_code: "USD".to_owned(),
        value_date: Some(Date { year: 2020, month: 1, day: 31 }),
    };
    assert_eq!((amount.kind, &amount.money, &*amount.note), (5, &Some(money), "A part"));
    let relation = &project.relations[0];
    assert_eq!((relation.kind, &*relation.project, relation.confidence), (4, "projects/q", 3));
    assert_eq!((project.kind, project.status, project.confidence), (1, 4, 0));
    assert_eq!(project.agreements, ["agreements/a"]);
    assert_eq!(project.frameworks, ["frameworks/f/priorities/r2"]);
    assert_eq!(project.external_ids[0].value, "ACA/1");
}

#[test]
fn a_transaction_of_before_is_read() {
    let document = br#"{"name":"projects/p/transactions/t","type":"OUTGOING_COMMITMENT","date":20230228,
        "value":{"amount":"-10.50","currency":"EUR","value_date":20230301},"provider":{"organization":"organizations/o",
        "reference":"XI-O","display_name":"A fund"},"receiver":{"display_name":"A city"},
        "descriptions":[{"language":"en","text":"Pumps"}],"recipients":[{"country_code":"KG"}],
        "sectors":[{"vocabulary":"2","code":"140"}],"reference":"T/1","source":{"citation":"A list"}}"#;

    let transaction: Transaction = read(document).unwrap();

    let party = |organization: &str, r#ref: &str, display_name: &str| TransactionParty {
        organization: organization.to_owned(),
        r#ref: r#ref.to_owned(),
        display_name: display_name.to_owned(),
    };
    let known = Transaction {
        name: "projects/p/transactions/t".to_owned(),
        tier: 1,
        r#type: 2,
        date: Some(Date { year: 2023, month: 2, day: 28 }),
        value: Some(Money {
            amount: "-10.50".to_owned(),
            currency_code: "EUR".to_owned(),
            value_date: Some(Date { year: 2023, month: 3, day: 1 }),
        }),
        provider: Some(party("organizations/o", "XI-O", "A fund")),
        receiver: Some(party("", "", "A city")),
        descriptions: vec![LocalizedText {
            language_code: "en".to_owned(),
            text: "Pumps".to_owned(),
            original: false,
        }],
        recipients: vec![Recipient { country_code: "KG".to_owned(), ..Recipient::default() }],
        sectors: vec![Sector {
            vocabulary: "2".to_owned(),
            code: "140".to_owned(),
            percentage: String::new(),
        }],
        r#ref: "T/1".to_owned(),
        source: Some(SourceRef { citation: "A list".to_owned(), ..SourceRef::default() }),
        ..Transaction::default()
    };
    assert_eq!(transaction, known);
}
