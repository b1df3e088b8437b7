//! Frequent words: few of their rows are gone through, and hidden ones decide nothing.

use std::time::{Duration, Instant};

use chronicle::verify::{Kind, verify};
use chronicle::{Reader, SearchRequest};
use policy::{Desks, Tier};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, Statement};
use tokio::time::sleep;

use super::{Note, Topic, ask, create, note, pages, record};
use crate::common::public;
use crate::parts::{change, reader};

#[tokio::test]
async fn a_search_of_frequent_words_looks_at_few_rows_and_says_so() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        // Two words that most have, and that meet in one; and one that begins like many.
        let title = |it: usize| match it {
            0 => "Energy and transport".to_owned(),
            it if it % 2 == 0 => format!("Energy of many kinds {it}"),
            it => format!("Transport by many ways trans{}", it % 90),
        };
        create(&record, (0..1300).map(|it| note(&format!("n{it}"), &title(it))).collect()).await;
        create(&record, vec![note("short", "Transparency")]).await;
        let incomplete = async |query: &str| {
            let request = SearchRequest { query: query.to_owned(), ..SearchRequest::default() };
            let found = ask(&record, &public(), &request).await.unwrap();
            (found.is_incomplete, found.hits[0].name.clone())
        };
        // So few are found that all rows of a word are gone through.
        assert_eq!(incomplete("energy transport").await, (false, "notes/n0".to_owned()));
        assert_eq!(incomplete("\"energy\" \"transport\"").await, (false, "notes/n0".to_owned()));
        // Not the last of the alphabet, but the heaviest that begins so.
        assert_eq!(incomplete("trans").await, (true, "notes/short".to_owned()));
        assert_eq!(incomplete("transpar").await, (false, "notes/short".to_owned()));
        assert_eq!(pages(&record, "energy", 100).await.len(), 200);
        // As rare as can be looked at whole, whichever words are beside it.
        assert_eq!(incomplete("energy 1298").await, (false, "notes/n1298".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn frequent_words_that_rarely_meet_are_found_and_their_pages_are_whole() {
    let sqlite = testkit::database(testkit::Engine::Sqlite).await.unwrap();
    let record = record(&sqlite.url).await;
    // Each word has more rows than are ever gone through; one in 50 has both.
    let title = |it: usize| match it {
        it if it % 50 == 0 => format!("Energy and transport {it}"),
        it if it % 2 == 0 => format!("Energy and more {it}"),
        it => format!("Transport and more {it}"),
    };
    for some in (0..10_400).collect::<Vec<_>>().chunks(400) {
        create(&record, some.iter().map(|it| note(&format!("n{it}"), &title(*it))).collect()).await;
    }
    let request = SearchRequest { query: "energy transport".to_owned(), ..Default::default() };
    assert!(ask(&record, &public(), &request).await.unwrap().is_incomplete);
    let all = pages(&record, "energy transport", 7).await;
    assert!(all.len() > 80, "{} of 208", all.len());
    assert_eq!(pages(&record, "energy transport", 100).await, all);
}

#[tokio::test]
async fn the_past_and_readers_of_some_desks_find_what_they_may_see_of_frequent_words() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let of = |desks: i64, tier: Tier| {
            move |it: usize| {
                let id = format!("d{desks}-{}-{it}", tier.level());
                Note { tier: tier.level(), desks, ..note(&id, &format!("Water and energy {it}")) }
            }
        };
        create(&record, (0..300).map(of(1, Tier::Restricted)).collect()).await;
        create(&record, (0..300).map(of(1, Tier::Public)).collect()).await;
        let desk = reader(Desks::from_bits(1), Tier::Restricted);
        let all_of = async |reader: &Reader, at: Option<i64>| {
            let mut request = SearchRequest {
                query: "water energy".to_owned(),
                page_size: 100,
                read_time: at,
                ..SearchRequest::default()
            };
            let (mut names, mut incomplete) = (Vec::new(), Vec::new());
            loop {
                let found = ask(&record, reader, &request).await.unwrap();
                names.extend(found.hits.into_iter().map(|hit| hit.name));
                incomplete.push(found.is_incomplete);
                if found.next_page_token.is_empty() {
                    return (names, incomplete);
                }
                request.page_token = found.next_page_token;
            }
        };
        let (public_before, desk_before) =
            (all_of(&public(), None).await, all_of(&desk, None).await);
        assert_eq!(public_before.1, [true; 2], "300 match");
        assert_eq!(desk_before.1, [true; 2]);
        let request = SearchRequest { query: "water".to_owned(), ..SearchRequest::default() };
        let head = ask(&record, &public(), &request).await.unwrap().read_time;
        assert_eq!(all_of(&public(), Some(head)).await, public_before);
        // Of another desk, and above: more than are gone through.
        create(&record, (0..900).map(of(2, Tier::Restricted)).collect()).await;
        create(&record, (0..900).map(of(1, Tier::Confidential)).collect()).await;
        assert_eq!(all_of(&public(), None).await, public_before);
        assert_eq!(all_of(&desk, None).await, desk_before);
        // What was public is found no more when it is hidden, whichever instant is asked for.
        let hide = |note: &mut Note| note.tier = Tier::Secret.level();
        change::<Note>(&record, "notes/d1-1-7", hide).await;
        for at in [None, Some(head)] {
            let (names, _) = all_of(&public(), at).await;
            assert!(!names.iter().any(|name| name == "notes/d1-1-7"));
        }
        let kinds = [Kind::of::<Note>(), Kind::of::<Topic>()];
        assert!(verify(&record.db, &kinds, None, |_| {}).await.unwrap().is_ok());
    })
    .await;
}

/// How many entries of the index of the words of notes PostgreSQL gave out. A connection tells at
/// the latest when it ends, so the others are waited for.
async fn gone_through(url: &str) -> i64 {
    let alone = Database::connect(ConnectOptions::new(url).max_connections(1).to_owned());
    let alone = alone.await.unwrap();
    let ask = async |sql: &str| -> i64 {
        let statement = Statement::from_string(alone.get_database_backend(), sql);
        let row = alone.query_one_raw(statement).await.unwrap().unwrap();
        row.try_get("", "number").unwrap()
    };
    let others = "SELECT COUNT(*) AS number FROM pg_stat_activity \
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let until = Instant::now() + Duration::from_secs(20);
    while ask(others).await > 0 {
        assert!(Instant::now() < until, "a connection does not end");
        sleep(Duration::from_millis(50)).await;
    }
    let read = "SELECT idx_tup_read AS number FROM pg_stat_user_indexes \
                WHERE indexrelname = 'note_words_value'";
    ask(read).await
}

#[tokio::test]
async fn postgres_does_not_go_through_a_frequent_word_for_each_candidate() {
    const SEARCHES: usize = 60;
    let Some(database) = testkit::database(testkit::Engine::Postgres).await else { return };
    let filled = record(&database.url).await;
    // Most words are rare, so that a plan for any word expects few rows of it.
    let title = |it: usize| format!("Energy {} of {} in transport", it % 7, it + 100);
    create(&filled, (0..1200).map(|it| note(&format!("n{it}"), &title(it))).collect()).await;
    // Then the index alone can answer, and plans for any words are made after some searches.
    filled.db.execute_unprepared("VACUUM ANALYZE").await.unwrap();
    filled.db.close_by_ref().await.unwrap();
    drop(filled);

    let before = gone_through(&database.url).await;
    let searched = record(&database.url).await;
    let queries = ["energy 3", "\"3\" \"energy\"", "energy transport"];
    for query in queries.iter().cycle().take(SEARCHES) {
        let request = SearchRequest { query: (*query).to_owned(), ..SearchRequest::default() };
        assert!(!ask(&searched, &public(), &request).await.unwrap().hits.is_empty(), "{query}");
    }
    searched.db.close_by_ref().await.unwrap();
    drop(searched);
    let all = gone_through(&database.url).await - before;
    // Once for each word, and not once for each candidate.
    assert!((1..200_000).contains(&all), "{all} entries for {SEARCHES} searches");
}
