//! Files that break off, are no XML, are too old, or say the same twice: an answer each time, and
//! nothing half recorded.

use std::time::Duration;

use api::registan::projects::v1::SumTransactionsRequest;
use api::registan::projects::v1::finding::Severity;

use crate::import::{FIRST, changes, file, imported, paid, rules, two};
use crate::support::{messages, on_both, serve};

#[tokio::test]
async fn a_file_that_breaks_off_is_recorded_up_to_its_last_whole_activity() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let whole = file(&two());
        let cut = whole.find("Roads").unwrap();

        let broken = running.import(&whole.as_bytes()[..cut]).await;
        let titles: Vec<_> = imported(&mut running).await.into_iter().map(|it| it.title).collect();
        let repaired = running.import(whole.as_bytes()).await;

        assert_eq!(changes(&broken), [1, 0, 0, 1, 3, 0]);
        assert_eq!(rules(&broken), ["truncated"]);
        assert_eq!(broken.findings[0].severity(), Severity::Critical);
        assert_eq!(titles, ["Clean water"]);
        assert_eq!(changes(&repaired), [1, 0, 1, 0, 1, 0]);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_activity_file_gives_a_finding_and_records_nothing() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let doctype = file("").replace("<iati-activities", "<!DOCTYPE a><iati-activities");
        let version = file(&two()).replace("2.03", "1.05");

        for (bytes, rule) in [
            (&b"PK\x03\x04 a spreadsheet"[..], "not-xml"),
            (b"", "not-xml"),
            (b"{\"activities\": []}", "not-xml"),
            (b"<html></html>", "not-iati"),
            (b"<iati-organisations version=\"2.03\"/>", "organisation-file"),
            (doctype.as_bytes(), "doctype"),
            (version.as_bytes(), "version-one-file"),
        ] {
            let report = running.import(bytes).await;

            assert_eq!((report.created, report.findings[0].rule.as_str()), (0, rule));
            assert_eq!(report.findings[0].severity(), Severity::Critical, "{rule}");
        }
        assert!(imported(&mut running).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_rest_of_a_stream_after_a_break_is_read_and_dropped() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let mut broken = file("").into_bytes();
        broken.extend(b"<more/>");
        broken.resize(3 << 20, b' ');

        let report = running.import(&broken).await;

        assert_eq!((report.created, rules(&report)), (2, vec!["not-well-formed"]));
    })
    .await;
}

#[tokio::test]
async fn utf_16_is_read_like_utf_8() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let text = file(&two()).replace("encoding=\"UTF-8\"", "encoding=\"UTF-16\"");
        let wide: Vec<u8> =
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();

        let first = running.import(&wide).await;
        let second = running.import(file(&two()).as_bytes()).await;

        assert_eq!(changes(&first), [2, 0, 0, 0, 4, 0], "{:?}", first.findings);
        assert_eq!(changes(&second), [0, 0, 2, 0, 0, 0]);
    })
    .await;
}

#[tokio::test]
async fn duplicate_and_empty_identifiers_are_skipped_with_a_finding() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let twice = file(&two()).replace("XI-IATI-TEST-ROADS", FIRST);
        let empty = file(&two()).replace("XI-IATI-TEST-ROADS", "  ");

        let twice = running.import(twice.as_bytes()).await;
        let empty = running.import(empty.as_bytes()).await;

        assert_eq!(
            (changes(&twice), rules(&twice)),
            ([1, 0, 0, 1, 3, 0], vec!["identifier-duplicate"])
        );
        assert_eq!(
            (changes(&empty), rules(&empty)),
            ([0, 0, 1, 1, 0, 0], vec!["identifier-missing"])
        );
    })
    .await;
}

#[tokio::test]
async fn a_transaction_without_date_or_currency_is_left_out_with_a_finding() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let undated =
            paid("1", "2023-01-01").replace("<transaction-date iso-date=\"2023-01-01\"/>", "");
        let file = file(&(two() + &undated)).replacen(" default-currency=\"EUR\"", "", 1);

        let report = running.import(file.as_bytes()).await;

        assert_eq!(changes(&report), [2, 0, 0, 0, 1, 0]);
        assert_eq!(report.findings.iter().filter(|it| it.rule == "currency-missing").count(), 4);
        assert!(rules(&report).contains(&"date-missing"), "{:?}", report.findings);
    })
    .await;
}

#[tokio::test]
async fn what_was_recorded_before_the_client_went_stays_whole() {
    on_both(|url| async move {
        let mut running = serve(&url).await;
        let activity = |number: usize| {
            format!(
                "<iati-activity><iati-identifier>XI-{number}</iati-identifier>{}</iati-activity>",
                paid("1", "2023-01-01").replace("<value ", "<value currency=\"EUR\" ")
            )
        };
        let all: String = (0..250).map(activity).collect();
        let whole = format!("<iati-activities version=\"2.03\">{all}</iati-activities>");
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let mut client = running.projects.clone();
        let call = tokio::spawn(async move {
            client.import_iati(tokio_stream::wrappers::ReceiverStream::new(receiver)).await
        });

        for message in messages("file.xml", false, &whole.as_bytes()[..whole.len() - 100]) {
            sender.send(message).await.unwrap();
        }
        while imported(&mut running).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        call.abort();
        drop(sender);
        tokio::time::sleep(Duration::from_millis(300)).await;
        let sums = running.sums(SumTransactionsRequest::default()).await;
        let again = running.import(whole.as_bytes()).await;

        // On a busy machine the batch that was begun may be recorded after the sum was asked for.
        let (summed, recorded) = (sums[0].transactions, changes(&again)[2]);
        assert!(summed > 0 && summed % 100 == 0 && summed <= recorded, "{summed} of {recorded}");
        assert!(recorded % 100 == 0, "{recorded}");
        assert_eq!(changes(&again), [250 - recorded, 0, recorded, 0, 250 - recorded, 0]);
    })
    .await;
}
