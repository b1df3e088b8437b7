//! Files that are as they should be: every value arrives, and nothing is found.

use iati::{Date, Event, Narrative, Reader};

use crate::{activity, file, read, transaction, with};

const FULL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!-- A file of our own -->
<iati-activities version="2.03" xml:lang="en" xmlns:own="https://example.org/own">
  <own:note>not <own:read/> by anybody</own:note>
  <iati-activity default-currency="EUR" hierarchy="1" humanitarian="0" own:extra="1"
      last-updated-datetime="2024-05-06T07:08:09Z">
    <transaction ref="T-1" humanitarian="1">
      <value value-date="2021-01-02">-1234.50</value>
      <tied-status code="5"/>
      <aid-type vocabulary="2" code="9"/><aid-type code="C01"/>
      <finance-type code="110"/>
      <flow-type code="10"/>
      <recipient-region code="619"/>
      <recipient-country code="TM"/>
      <sector code="14030"/>
      <receiver-org receiver-activity-id="YY-9"><narrative>Ministry</narrative></receiver-org>
      <provider-org ref="XX-ORG" type="10" provider-activity-id="XX-0">
        <narrative>Office</narrative>
      </provider-org>
      <description><narrative xml:lang="ru">Первый &amp; второй</narrative></description>
      <transaction-date iso-date="2021-01-03"/>
      <transaction-type code="3"/>
    </transaction>
    <related-activity type="1" ref="XX-0"/>
    <result type="1"><title><narrative>not read</narrative></title><indicator/><indicator/></result>
    <budget status="2"><value currency="USD" value-date="2021-01-01">1000</value>
      <period-end iso-date="2021-12-31"/><period-start iso-date="2021-01-01"/></budget>
    <sector code="14030" percentage="60"/><sector code="15110" percentage="40"/>
    <sector vocabulary="99" code="own"/>
    <recipient-country code="TM" percentage="33.33"/>
    <recipient-country code="UZ" percentage="33.33"/>
    <recipient-region code="619" percentage="33.33"/>
    <default-tied-status code="4"/><default-aid-type code="B01"/>
    <default-finance-type code="410"/><default-flow-type code="20"/>
    <other-identifier ref="OLD-1" type="B1"><owner-org ref="x"/></other-identifier>
    <participating-org role="4" type="22" ref="ZZ" activity-id="ZZ-1">
      <narrative><![CDATA[A <b> & C]]></narrative></participating-org>
    <activity-date type="1" iso-date="2020-02-29"/><activity-date type="3" iso-date="2023-01-01Z"/>
    <activity-status code="2"/>
    <description><narrative>One</narrative></description>
    <description type="2"><narrative>Two
lines</narrative></description>
    <title><narrative>Water &#x2014; wells</narrative><narrative xml:lang="tk">Suw</narrative></title>
    <reporting-org ref="XX-ORG" type="10"><narrative>Office</narrative></reporting-org>
    <iati-identifier>XX-ORG/1 a</iati-identifier>
  </iati-activity>
</iati-activities>
"#;

fn text(lang: &str, text: &str) -> Narrative {
    Narrative { lang: Some(lang.to_owned()), text: text.to_owned() }
}

#[test]
fn every_value_of_an_activity_is_read_in_any_order() {
    let outcome = read(FULL);

    let found = outcome.activity();
    assert_eq!(outcome.findings, []);
    assert_eq!((found.identifier.as_str(), found.line), ("XX-ORG/1 a", 5));
    assert_eq!(found.titles, [text("en", "Water — wells"), text("tk", "Suw")]);
    assert_eq!(found.descriptions, [text("en", "One"), text("en", "Two\nlines")]);
    assert_eq!(found.status.as_deref(), Some("2"));
    assert_eq!(found.dates[0].date, Date { year: 2020, month: 2, day: 29 });
    assert_eq!(found.dates[1].type_, "3");
    let office = found.reporting_org.as_ref().unwrap();
    assert_eq!((office.ref_.as_deref(), office.type_.as_deref()), (Some("XX-ORG"), Some("10")));
    let partner = &found.participating_orgs[0];
    assert_eq!(partner.role.as_deref(), Some("4"));
    assert_eq!(partner.org.activity_id.as_deref(), Some("ZZ-1"));
    assert_eq!(partner.org.names, [text("en", "A <b> & C")]);
    assert_eq!(found.other_identifiers[0].ref_, "OLD-1");
    assert_eq!(found.related_activities[0].ref_, "XX-0");
    assert_eq!(found.recipient_countries[1].code, "UZ");
    assert_eq!(found.recipient_regions[0].percentage.unwrap().to_string(), "33.33");
    let sectors: Vec<_> = found.sectors.iter().map(|it| (&*it.vocabulary, &*it.code)).collect();
    assert_eq!(sectors, [("1", "14030"), ("1", "15110"), ("99", "own")]);
    assert_eq!(found.default_language.as_deref(), Some("en"));
    assert_eq!(found.default_currency.as_deref(), Some("EUR"));
    assert_eq!(found.default_flow_type.as_deref(), Some("20"));
    assert_eq!(found.default_finance_type.as_deref(), Some("410"));
    assert_eq!(found.default_aid_type.as_deref(), Some("B01"));
    assert_eq!(found.default_tied_status.as_deref(), Some("4"));
    assert_eq!((found.hierarchy, found.humanitarian), (Some(1), Some(false)));
    assert_eq!(found.last_updated.as_deref(), Some("2024-05-06T07:08:09Z"));
    assert_eq!((found.results, found.indicators), (1, 2));
}

#[test]
fn every_value_of_a_transaction_and_a_budget_is_read() {
    let outcome = read(FULL);

    let found = &outcome.activity().transactions[0];
    assert_eq!((found.ref_.as_deref(), found.line), (Some("T-1"), 7));
    assert_eq!((&*found.type_, found.date.to_string()), ("3", "2021-01-03".to_owned()));
    assert_eq!(found.value.amount.to_string(), "-1234.50");
    assert_eq!(found.value.currency, "EUR");
    assert_eq!(found.value.value_date.unwrap().to_string(), "2021-01-02");
    assert_eq!(found.description, [text("ru", "Первый & второй")]);
    let provider = found.provider_org.as_ref().unwrap();
    assert_eq!(provider.activity_id.as_deref(), Some("XX-0"));
    assert_eq!(provider.names, [text("en", "Office")]);
    let receiver = found.receiver_org.as_ref().unwrap();
    assert_eq!((&receiver.ref_, receiver.activity_id.as_deref()), (&None, Some("YY-9")));
    assert_eq!(found.sectors[0].code, "14030");
    assert_eq!(found.recipient_country.as_deref(), Some("TM"));
    assert_eq!(found.recipient_region.as_ref().unwrap().code, "619");
    assert_eq!(found.flow_type.as_deref(), Some("10"));
    assert_eq!(found.finance_type.as_deref(), Some("110"));
    assert_eq!(found.aid_type.as_deref(), Some("C01"));
    assert_eq!(found.tied_status.as_deref(), Some("5"));
    assert_eq!(found.humanitarian, Some(true));
    let budget = &outcome.activity().budgets[0];
    assert_eq!((&*budget.type_, &*budget.status), ("1", "2"));
    assert_eq!(budget.value.currency, "USD");
    assert_eq!(budget.period_end.to_string(), "2021-12-31");
}

#[test]
fn activities_come_in_the_order_of_the_file_and_are_counted() {
    let one = activity("XX-1", &transaction("<value>1</value>").repeat(2));
    let input = file(&format!("{one}{}", activity("XX-2", "")));

    let outcome = read(&input);

    assert_eq!(outcome.identifiers(), ["XX-1", "XX-2"]);
    assert_eq!((outcome.totals.records, outcome.totals.children), (2, 2));
    assert_eq!(outcome.totals.bytes, input.len() as u64);
    assert_eq!(outcome.findings, []);
}

#[test]
fn foreign_elements_are_passed_over_silently() {
    let outcome = read(with(
        "<x:sector code=\"bad\"/><sector xmlns=\"urn:other\" code=\"bad\"><narrative/></sector>\
         <sector xmlns=\"urn:other\"><value>bad</value></sector><unheard-of code=\"&no;\"/>\
         <x:transaction><value>bad</value></x:transaction>",
    ));

    assert_eq!(outcome.activity().sectors, []);
    assert_eq!(outcome.findings, []);
    assert_eq!(outcome.totals.children, 0);
}

/// More than an activity may hold at once: each has eleven parts.
#[test]
fn an_activity_in_parts_has_as_many_transactions_as_its_publisher_wrote() {
    let text =
        "<description>".to_owned() + &"<narrative>x</narrative>".repeat(10) + "</description>";
    let one = transaction(&format!("<value value-date=\"2021-05-06\">10</value>{text}"));
    let file = file(&activity("XX-1", &one.repeat(9_200)));

    let (mut taken, mut findings) = (0, Vec::new());
    for event in &mut Reader::in_parts(file.as_bytes()) {
        match event {
            Event::Part(it) | Event::Record(it, _) => taken += it.transactions.len(),
            Event::Finding(finding) => findings.push(finding),
        }
    }

    assert_eq!((taken, findings), (9_200, vec![]));
}

#[test]
fn an_activity_of_many_transactions_comes_in_parts() {
    let one = transaction("<value value-date=\"2021-05-06\">10</value>");
    let related = "<related-activity ref=\"XX-2\" type=\"1\"/>";
    let many = activity("XX-1", &format!("{}{related}", one.repeat(1200)));
    let again = activity("XX-1", &one.repeat(600));
    let nameless = activity("", &one.repeat(600));
    let file = file(&format!("{many}{again}{nameless}{}", activity("XX-3", &one)));

    let mut reader = Reader::in_parts(file.as_bytes());
    let mut seen = Vec::new();
    for event in &mut reader {
        seen.push(match event {
            Event::Part(it) => ("part", it.transactions.len(), it.titles.len()),
            Event::Record(it, findings) => {
                assert_eq!(findings, []);
                ("whole", it.transactions.len(), it.related_activities.len())
            }
            Event::Finding(finding) => (finding.rule, 0, 0),
        });
    }

    let wanted = [
        ("part", 500, 1),
        ("part", 500, 0),
        ("whole", 200, 1),
        ("identifier-duplicate", 0, 0),
        ("identifier-missing", 0, 0),
        ("whole", 1, 0),
    ];
    assert_eq!(seen, wanted);
    assert_eq!((reader.totals().records, reader.totals().children), (4, 2401));
}
