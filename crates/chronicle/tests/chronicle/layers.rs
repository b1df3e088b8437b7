//! To readers who are not shown all of a resource the record looks as if the versions that change
//! nothing for them were not there: random histories against a model.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::papers::{LEVELS, Model, NAME, Paper, begin, call, paper, reader, record, write};
use chronicle::verify::{Kind, verify};
use chronicle::{At, Chronicle, EventKind, ListRequest, Reader, Resource};
use policy::Tier;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

/// Histories tried on each engine.
const HISTORIES: u64 = 12;

/// Everything that a reader can ask, against the model.
async fn check(record: &Arc<Chronicle>, model: &Model<'_>, start: &str) {
    let (versions, reader) = (model.versions, reader(model.level));
    let first = model.revisions().first().map(|place| versions[*place].time);
    // Readings move the head of a reader who sees everything.
    if let Some(noticed) = model.noticed().filter(|_| model.level < Tier::Secret) {
        assert_eq!(record.head(&reader).await.unwrap(), noticed, "{:?}", model.level);
    }
    if model.is.last().copied().flatten().is_none() {
        // What is hidden now is hidden with its past.
        for version in versions {
            assert!(record.get::<Paper>(NAME, At::Time(version.time), &reader).await.is_err());
        }
        assert!(record.revisions::<Paper>(NAME, None, 0, "", &reader).await.is_err());
        return;
    }
    let mut etags: Vec<(usize, String)> = Vec::new();
    for (place, version) in versions.iter().enumerate() {
        let got = record.get::<Paper>(NAME, At::Time(version.time), &reader).await;
        let Some(is) = model.is[place] else {
            assert!(got.is_err(), "{place}");
            continue;
        };
        let (got, _) = got.unwrap();
        assert_eq!((Some(got.created), got.recorded), (first, versions[is].time), "{place}");
        for (other, etag) in &etags {
            assert_eq!(*other == is, *etag == got.etag, "{other} and {place}");
        }
        etags.push((is, got.etag.clone()));
    }
    revisions(record, model, &reader, &etags).await;
    differences(record, model, &reader).await;

    let mut watcher = record.watch::<Paper>(ListRequest::default(), start, reader.clone()).unwrap();
    let told: Vec<_> = watcher.next().await.unwrap();
    let told: Vec<_> = told
        .into_iter()
        .map(|event| (event.kind, event.time, event.stored.map(|stored| stored.recorded)))
        .collect();
    let expected = (0..versions.len()).filter_map(|place| {
        let (kind, time) = (model.event(place)?, versions[place].time);
        Some((kind, time, (kind != EventKind::Removed).then_some(time)))
    });
    assert_eq!(told, expected.collect::<Vec<_>>(), "{:?}", model.level);
}

/// The revisions, by pages, are numbered without a gap, and have the etags that a Get gives.
async fn revisions(
    record: &Chronicle,
    model: &Model<'_>,
    reader: &Reader,
    etags: &[(usize, String)],
) {
    let (mut token, mut all) = (String::new(), Vec::new());
    loop {
        let page = record.revisions::<Paper>(NAME, None, 3, &token, reader).await.unwrap();
        all.extend(page.0);
        token = page.1;
        if token.is_empty() {
            break;
        }
    }
    let expected = model.revisions();
    assert_eq!(all.len(), expected.len(), "{:?}", model.level);
    for ((revision, place), number) in all.iter().rev().zip(&expected).zip(1..) {
        let version = &model.versions[*place];
        let operation = if number == 1 { "create" } else { version.operation };
        assert_eq!((revision.number, revision.stored.recorded), (number, version.time));
        assert_eq!(revision.operation, operation);
        assert_eq!(revision.before.is_some(), number > 1);
        let etag = etags.iter().find(|(is, _)| is == place).map(|(_, etag)| etag);
        assert_eq!(Some(&revision.stored.etag), etag);
    }
}

/// A Diff between any two versions tells of what the reader is shown of them, and of nothing else.
async fn differences(record: &Chronicle, model: &Model<'_>, reader: &Reader) {
    let versions = model.versions;
    let stands = |place: usize| {
        let seen = model.is[place].is_some() && !versions[place].deleted;
        seen.then(|| versions[place].value.shown_at(model.level).into_owned())
    };
    for (from, to) in (0..versions.len()).zip((0..versions.len()).skip(1)) {
        let (all, _) = record
            .difference::<Paper>(
                &ListRequest::default(),
                versions[from].time,
                versions[to].time,
                Uuid::nil(),
                reader,
            )
            .await
            .unwrap();
        assert_eq!(all.is_empty(), stands(from) == stands(to), "{from} to {to}");
    }
}

/// An edit of a hidden field gave anonymous callers a new etag, an event, a gap in the revision
/// numbers, another `update_time` and an entry of a Diff.
#[tokio::test]
async fn what_changes_nothing_for_a_reader_is_not_there_for_them() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let before = begin(&record).await;
        let versions = write(&record, 1).await;
        for (level, before) in LEVELS.into_iter().zip(&before) {
            check(&record, &Model::of(&versions, level), before).await;
        }
    })
    .await;
    // On SQLite the rest: the statements are the same.
    for seed in 2..=HISTORIES {
        let database = testkit::database(testkit::Engine::Sqlite).await.unwrap();
        let record = record(&database.url).await;
        let before = begin(&record).await;
        let versions = write(&record, seed).await;
        for (level, before) in LEVELS.into_iter().zip(&before) {
            check(&record, &Model::of(&versions, level), before).await;
        }
        let fits = verify(&record.db, &[Kind::of::<Paper>()], None, |_| {}).await.unwrap();
        assert!(fits.is_ok(), "{fits:?}");
    }
}

/// A writer is held to the etag of what they are shown: a hidden edit by others does not get in
/// their way, a visible one does.
#[tokio::test]
async fn a_writer_is_held_to_the_etag_of_their_own_tier() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let last = async |level| record.last::<Paper>(NAME, &reader(level)).await.unwrap();
        record.create(&call(), paper()).await.unwrap();
        let (read, noted) = (last(Tier::Public).await, last(Tier::Confidential).await);

        let hidden = Paper { hints: [1, 2, 1], ..paper() };
        let edited = record.update(&call(), &noted, hidden.clone()).await.unwrap();

        let now = last(Tier::Public).await;
        assert_eq!((&now.etag, now.recorded), (&read.etag, read.recorded));
        assert!(now.expect(&read.etag, true).is_ok());
        let of_others = last(Tier::Confidential).await;
        assert!(of_others.expect(&noted.etag, true).is_err());
        assert!(of_others.expect(&edited.etag, true).is_ok());

        let titled = Paper { title: 2, ..hidden };
        let answered = record.update(&call(), &now, titled.clone()).await.unwrap();
        let now = last(Tier::Public).await;
        assert_eq!((&now.etag, now.recorded), (&answered.etag, answered.recorded));
        assert!(now.expect(&read.etag, true).is_err());
        assert_eq!(now.value, titled, "the hint is kept");
    })
    .await;
}

/// A database of before has the columns filled from its versions.
#[tokio::test]
async fn an_old_database_is_brought_to_the_same() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let before = begin(&record).await;
        let versions = write(&record, 3).await;
        for column in ["shown", "views"] {
            let drop = format!("ALTER TABLE paper DROP COLUMN {column}");
            record.db.execute_unprepared(&drop).await.unwrap();
        }
        // Every edit was noticed by all.
        let all = "UPDATE head SET public = time, restricted = time, confidential = time";
        record.db.execute_unprepared(all).await.unwrap();
        drop(record);

        let record = crate::papers::record(&url).await;

        for (level, before) in LEVELS.into_iter().zip(&before) {
            check(&record, &Model::of(&versions, level), before).await;
        }
        for statement in ["UPDATE paper SET shown = 1", "UPDATE paper SET views = ''"] {
            let fits = verify(&record.db, &[Kind::of::<Paper>()], None, |_| {}).await.unwrap();
            assert!(fits.is_ok(), "{fits:?}");
            let column = statement.split(' ').nth(3).unwrap();
            let keep = format!("CREATE TABLE kept AS SELECT uid, revision, {column} AS held FROM paper");
            record.db.execute_unprepared(&keep).await.unwrap();
            record.db.execute_unprepared(statement).await.unwrap();
            let found = verify(&record.db, &[Kind::of::<Paper>()], None, |_| {}).await.unwrap();
            assert!(found.unwrap_err().contains(&format!("column {column}")));
            let back = format!(
                "UPDATE paper SET {column} = (SELECT held FROM kept WHERE kept.uid = paper.uid AND kept.revision = paper.revision)"
            );
            record.db.execute_unprepared(&back).await.unwrap();
            record.db.execute_unprepared("DROP TABLE kept").await.unwrap();
        }
    })
    .await;
}
