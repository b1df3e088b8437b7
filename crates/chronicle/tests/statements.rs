//! How many statements a read takes: always the same number, whatever the page size.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chassis::clock::SystemClock;
use chronicle::{At, Chronicle, ListRequest, database};
use common::{Thing, call, public, record, thing};

#[tokio::test]
async fn a_get_and_a_page_of_any_size_are_one_statement_each() {
    testkit::on_both(|url| async move {
        let writer = record(&url).await;
        for number in 0..60 {
            writer.create(&call(), thing(number, number)).await.unwrap();
        }
        let statements = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&statements);
        let mut db = database::open(&url).await.unwrap();
        db.set_metric_callback(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let reader = Chronicle::open(db, Arc::new(SystemClock)).await.unwrap();
        statements.store(0, Ordering::Relaxed);

        reader.get::<Thing>("things/t7", At::Now, &public()).await.unwrap();
        assert_eq!(statements.swap(0, Ordering::Relaxed), 1);
        for page_size in [1, 50, 1000] {
            let request = ListRequest {
                filter: "tags:\"tag-0\" OR good = true".to_owned(),
                order_by: "title desc".to_owned(),
                page_size,
                ..ListRequest::default()
            };
            reader.list::<Thing>(&request, &public()).await.unwrap();
            assert_eq!(statements.swap(0, Ordering::Relaxed), 1, "a page of {page_size}");
        }
    })
    .await;
}
