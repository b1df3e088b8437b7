//! The errors of the record, and their messages.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use facts::ErrorReason;
use std::sync::Arc;

use crate::common::{Thing, call, public, record, thing};
use crate::refusal::refusal;
use chronicle::schema::OPEN;
use chronicle::{Chronicle, Error, ListRequest, Stored, database};
use machine::clock::SystemClock;
use sea_orm::{ConnectionTrait, DatabaseConnection};

fn filtered(filter: &str) -> ListRequest {
    ListRequest { filter: filter.to_owned(), ..ListRequest::default() }
}

#[tokio::test]
async fn a_wrong_filter_is_refused_with_its_place() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        for (filter, part) in [
            ("good = true AND nope = 3", "at byte 16, `nope`: unknown field"),
            ("colour = BLUE", "at byte 9, `BLUE`: unknown value; known are: RED, GREEN"),
            ("day > \"2024-13-01\"", "a day is wanted"),
            ("good = maybe", "true or false is wanted"),
            ("tags = \"x\"", "a list is asked with `:`"),
            ("day:\"2024-02-30\"", "no such day"),
            ("day > 2024", "a year lies between two"),
            ("clour = RED", "did you mean `colour`?"),
            ("colour = REDD", "did you mean RED?"),
            ("tags:JOIN(2019)", "is quoted"),
            ("title = \"\"", "a value is wanted"),
            ("kazakhstan", "a field and a comparison are wanted"),
            ("regex(title, \"x\")", "unknown function; known are: phase_on(\"2024-01-17\")"),
            ("regex(title, \"x\") = true", "at byte 0, `regex`: unknown function"),
            ("good_on(\"2024-01-17\") = true", "unknown function; known are: phase_on"),
            ("phases_on(\"2024-01-17\") = OPEN", "did you mean `phase_on(\"2024-01-17\")`?"),
            ("phase_on(\"2024-02-30\") = OPEN", "at byte 10, `2024-02-30`: no such day"),
            ("phase_on(2024) = OPEN", "at byte 9, `2024`: a day is wanted, in quotes"),
            ("phase_on() = OPEN", "one day is wanted: phase_on(\"2024-01-17\")"),
            ("phase_on(\"2024-01-17\", day) = OPEN", "one day is wanted"),
            ("phase_on((good = true)) = OPEN", "a day is wanted"),
            ("phase_on(\"2024-01-17\") = OPENED", "did you mean OPEN?; known are: UNKNOWN, EARLY"),
            ("phase_on(\"2024-01-17\") = (OPEN)", "phase_on(\"2024-01-17\") = WORD; known are"),
            ("phase_on(\"2024-01-17\") > OPEN", "is asked with `=` or `!=`"),
            ("phase_on(\"2024-01-17\")", "phase_on(\"2024-01-17\") = WORD; known are: UNKNOWN"),
            ("phase_on (\"2024-01-17\") = OPEN", "at byte 24: expected a value"),
            ("phase", "phase_on(\"2024-01-17\") = WORD; known are: UNKNOWN, EARLY"),
            ("phase = OPEN", "a day is wanted: write phase_on(\"2024-01-17\") = OPEN"),
            ("phase.word = \"OPEN\"", "write phase_on(\"2024-01-17\") = \"OPEN\""),
            ("phase:*", "write phase_on(\"2024-01-17\") = *"),
            ("phaze = OPEN", "unknown field; did you mean `phase_on(\"2024-01-17\")`?"),
            ("\"good\" = true", "a field is not quoted"),
            ("title = ", "byte"),
            ("title = \"unterminated", "byte"),
            ("title = \"a\0b\"", "at byte 10: U+0000"),
            ("good = true AND tags:\"\0\"", "at byte 22: U+0000"),
        ] {
            let (reason, message) = refusal::<Thing>(&record, filtered(filter)).await;
            assert_eq!(reason, ErrorReason::FilterInvalid);
            assert!(message.contains(part), "{filter}: {message}");
        }
        for (filter, part) in [
            ("(".repeat(5000), "longer than 4096"),
            ("(".repeat(60) + "good = true" + &")".repeat(60), ""),
            (vec!["good = true"; 101].join(" OR "), "more than 100 terms"),
        ] {
            let (reason, message) = refusal::<Thing>(&record, filtered(&filter)).await;
            assert_eq!(reason, ErrorReason::FilterInvalid);
            assert!(message.contains(part), "{message}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_order_is_refused() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        for (order, part) in [
            ("colour", "sortable are: title, day"),
            ("title up", "is not `field` or `field desc`"),
            ("title, title desc", "is there twice"),
        ] {
            let (reason, message) = refusal::<Thing>(
                &record,
                ListRequest { order_by: order.into(), ..ListRequest::default() },
            )
            .await;
            assert_eq!(reason, ErrorReason::OrderByInvalid);
            assert!(message.contains(part), "{message}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_token_serves_only_the_question_it_was_made_for() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        for number in 0..5 {
            record.create(&call(), thing(number, number)).await.unwrap();
        }
        let first =
            ListRequest { page_size: 2, order_by: "title".into(), ..ListRequest::default() };
        let token = record.list::<Thing>(&first, &public()).await.unwrap().next_page_token;
        let with = |request: ListRequest| ListRequest { page_token: token.clone(), ..request };

        for (request, part) in [
            (
                ListRequest { filter: "good = true".into(), ..with(first.clone()) },
                "`filter` differs",
            ),
            (ListRequest { order_by: "day".into(), ..with(first.clone()) }, "`order_by` differs"),
            (ListRequest { show_deleted: true, ..with(first.clone()) }, "`show_deleted` differs"),
            (ListRequest { read_time: Some(1), ..with(first.clone()) }, "`read_time` differs"),
        ] {
            let (reason, message) = refusal::<Thing>(&record, request).await;
            assert_eq!(reason, ErrorReason::PageTokenMismatch);
            assert!(message.contains(part), "{message}");
        }
        for forged in ["x", "AAAA", &token[1..], &"A".repeat(10_000)] {
            let request = ListRequest { page_token: forged.to_owned(), ..first.clone() };
            assert_eq!(refusal::<Thing>(&record, request).await.0, ErrorReason::PageTokenInvalid);
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_of_revisions_is_of_one_instant() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let first = record.create(&call(), thing(0, 0)).await.unwrap();
        let last = record.update(&call(), &first, thing(0, 1)).await.unwrap();
        let ask = |read_time, token: String| {
            let record = Arc::clone(&record);
            async move {
                record.revisions::<Thing>("things/t0", read_time, 1, &token, &public()).await
            }
        };
        let ahead = Some(last.recorded + 1);

        for asked in [None, Some(last.recorded), ahead] {
            let (_, token, _) = ask(asked, String::new()).await.unwrap();
            for same in [None, asked, Some(last.recorded)] {
                assert_eq!(ask(same, token.clone()).await.unwrap().0[0].number, 1);
            }
            let other = ask(Some(first.recorded), token).await;
            let Err(Error::Invalid { reason, message, .. }) = other else { panic!("{other:?}") };
            assert_eq!(reason, ErrorReason::PageTokenMismatch);
            assert!(message.contains("`read_time` differs"), "{message}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wrong_filter_is_refused_where_nothing_differs() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let head = record.create(&call(), thing(0, 0)).await.unwrap().recorded;

        let wrong = filtered("clour = RED");
        let refused =
            record.difference::<Thing>(&wrong, head, head, uuid::Uuid::nil(), &public()).await;

        let Err(Error::Invalid { reason, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(reason, ErrorReason::FilterInvalid);
    })
    .await;
}

#[tokio::test]
async fn an_instant_in_the_future_is_refused() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;

        let request =
            ListRequest { read_time: Some(record.now() + 60_000_000), ..ListRequest::default() };

        assert_eq!(refusal::<Thing>(&record, request).await.0, ErrorReason::ReadTimeInvalid);
    })
    .await;
}

#[tokio::test]
async fn a_batch_is_recorded_whole_or_not_at_all() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        record.create(&call(), thing(1, 0)).await.unwrap();
        let entries: Vec<_> = [0, 1, 2]
            .iter()
            .map(|who| chronicle::Entry::create(&thing(*who, 0)).unwrap())
            .collect();

        let outcome = record.record(&call(), entries).await;

        assert!(matches!(outcome, Err(Error::Busy)));
        let page = record.list::<Thing>(&ListRequest::default(), &public()).await.unwrap();
        assert_eq!(page.items.len(), 1);
    })
    .await;
}

/// The second versions before and after a restore had the same etag, so a stale write was accepted.
#[tokio::test]
async fn an_etag_of_a_version_that_a_restore_took_back_is_refused() {
    testkit::on_both(|url| async move {
        let before = record(&url).await;
        let first = before.create(&call(), thing(0, 0)).await.unwrap();
        let taken_back = before.update(&call(), &first, thing(0, 1)).await.unwrap();
        drop(before);

        let after = Chronicle::open(go_back(&url, &first).await, Arc::new(SystemClock)).await;
        let after = after.unwrap();
        let again = after.last::<Thing>("things/t0", &public()).await.unwrap();
        assert_eq!((again.revision, &again.etag), (1, &first.etag), "what was kept is the same");
        let other = after.update(&call(), &again, thing(0, 2)).await.unwrap();

        assert_eq!(other.revision, taken_back.revision);
        let stale = other.expect(&taken_back.etag, true);
        assert!(matches!(stale, Err(Error::EtagMismatch(_))), "{stale:?}");
        assert!(other.expect(&other.etag, true).is_ok());
    })
    .await;
}

/// The database as it was when only the first version of one thing was there.
async fn go_back(url: &str, first: &Stored<Thing>) -> DatabaseConnection {
    let db = database::open(url).await.unwrap();
    for statement in [
        "DELETE FROM thing WHERE revision > 1".to_owned(),
        format!("UPDATE thing SET recorded_to = {OPEN}"),
        format!("DELETE FROM thing_tags WHERE recorded_from > {}", first.recorded),
        format!("UPDATE thing_tags SET recorded_to = {OPEN}"),
        "DELETE FROM change WHERE seq > 1".to_owned(),
        "UPDATE head SET seq = 1, time = (SELECT time FROM change), hash = (SELECT hash FROM change)"
            .to_owned(),
    ] {
        db.execute_unprepared(&statement).await.unwrap();
    }
    db
}
