//! Conditions of a write are checked again when it is written, however many write at once.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::common::{Thing, call, public, thing};
use crate::parts::{Part, part, record};
use chronicle::children::Which;
use chronicle::{At, Chronicle, Error, Expected, Reader, Stored, database};
use machine::clock::SystemClock;
use tokio::task::JoinSet;
use uuid::Uuid;

/// Parents that are deleted while children come.
const ROUNDS: usize = 20;
const WRITERS: usize = 6;

/// The same record in another process.
async fn elsewhere(url: &str) -> Arc<Chronicle> {
    let db = database::open(url).await.unwrap();
    Arc::new(Chronicle::open(db, Arc::new(SystemClock)).await.unwrap())
}

/// Creates children of a thing as long as it is not deleted where they look first.
async fn fill(record: Arc<Chronicle>, of: usize, writer: usize) -> usize {
    let mut refused = 0;
    for number in 0..5 {
        let parent = record.last::<Thing>(&format!("things/t{of}"), &public()).await.unwrap();
        if parent.deleted {
            break;
        }
        match record.create(&call(), part(of, writer * 100 + number)).await {
            Ok(_) => {}
            Err(Error::Busy) => refused += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    refused
}

async fn children(record: &Chronicle, of: usize) -> Vec<Stored<Part>> {
    let (parent, which) = (format!("things/t{of}"), Which::Standing);
    record.children::<Part>(&parent, which, Uuid::nil(), 1000, &public()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_comes_to_stand_within_what_is_deleted() {
    testkit::on_both(|url| async move {
        let (here, there) = (record(&url).await, elsewhere(&url).await);
        for of in 0..ROUNDS {
            let parent = here.create(&call(), thing(of, 0)).await.unwrap().into_stored();
            let mut writers = JoinSet::new();
            for writer in 0..WRITERS {
                let record = if writer % 2 == 0 { &here } else { &there };
                writers.spawn(fill(Arc::clone(record), of, writer));
            }
            // Half of them only where there is no child yet.
            let mut expected = Expected::default();
            if of % 2 == 0 {
                expected.no_children::<Part>(&parent.value.name, &public());
            }
            let deleted = here.delete_with(&call(), parent, Vec::new(), expected).await;
            writers.join_all().await;

            let found = children(&here, of).await;
            match deleted {
                Ok(deleted) if of % 2 == 0 => {
                    assert!(found.is_empty(), "{of}: {} within {:?}", found.len(), deleted);
                }
                Ok(deleted) => {
                    let late = |part: &&Stored<Part>| part.recorded > deleted.recorded;
                    assert_eq!(found.iter().filter(late).count(), 0, "{of}");
                }
                Err(Error::Busy) => assert!(of % 2 == 0 && !found.is_empty(), "{of}"),
                Err(error) => panic!("{error:?}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_was_taken_is_told_from_what_others_changed() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let parent = record.create(&call(), thing(0, 0)).await.unwrap().into_stored();
        let child = record.create(&call(), part(0, 0)).await.unwrap().into_stored();
        let child = record.delete(&call(), child).await.unwrap().into_stored();
        let gone = record.delete(&call(), parent).await.unwrap().into_stored();

        let within = record.create(&call(), part(0, 1)).await;
        let taken = record.create(&call(), thing(0, 1)).await;
        let again = record.undelete(&call(), child.clone()).await;

        assert!(matches!(within, Err(Error::Busy)), "{within:?}");
        assert!(matches!(taken, Err(Error::AlreadyExists(_))), "{taken:?}");
        assert!(matches!(again, Err(Error::Busy)), "{again:?}");
        let others = vec![chronicle::Entry::undelete(&child).unwrap()];
        record.undelete_with(&call(), gone, others).await.unwrap();
        assert_eq!(children(&record, 0).await.len(), 1, "with its parent it stands again");
    })
    .await;
}

#[tokio::test]
async fn a_reference_and_what_it_refers_to_do_not_miss_each_other() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let other = record.create(&call(), thing(0, 0)).await.unwrap().into_stored();
        let name = other.value.name.clone();
        let head = || async { record.head(&Reader::system()).await.unwrap() };
        let backend = record.db.get_database_backend();

        // One that refers to it came since nothing did.
        let since = head().await;
        let referrer = record.create(&call(), part(0, 0)).await.unwrap().into_stored();
        let alone = |since| {
            let mut expected = Expected::since(since);
            expected.no_referrer(backend, "part", &name);
            expected
        };
        let refused = record.delete_with(&call(), other.clone(), Vec::new(), alone(since)).await;
        assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
        record.delete(&call(), referrer).await.unwrap();
        let since = head().await;
        record.delete_with(&call(), other, Vec::new(), alone(since)).await.unwrap();

        // It was deleted since it, or the whole that it is a part of, was found.
        for name in [name.clone(), format!("{name}/sections/one")] {
            let expected = Expected::since(since).undeleted(&[name]);
            let refused = record.create_if(&call(), thing(1, 0), expected).await;
            assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
        }
        let expected = Expected::since(since).undeleted(&["things/t2".to_owned()]);
        record.create_if(&call(), thing(1, 0), expected).await.unwrap();
        assert!(record.get::<Thing>("things/t1", At::Now, &public()).await.is_ok());
    })
    .await;
}
