//! The change log as those who watch over it read it.

use crate::common::{Thing, call, public, record, thing};
use chronicle::log::{Asked, page};
use chronicle::schema::Schema;
use chronicle::{Call, Reader, database};

#[tokio::test]
async fn the_log_is_asked_by_caller_resource_and_operation() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let other = Call { caller: "users/invented".to_owned(), ..call() };
        record.create(&call(), thing(1, 0)).await.unwrap();
        record.create(&other, thing(2, 0)).await.unwrap();
        let reader = Reader { caller: "users/reader".to_owned(), ..public() };
        record.get::<Thing>("things/t1", chronicle::At::Now, &reader).await.unwrap();
        let (db, kinds) =
            (database::open(&url).await.unwrap(), Schema::service().with::<Thing>().into_kinds());
        let asked = |caller: Option<&str>, name: Option<&str>, operation: Option<&str>| Asked {
            caller: caller.map(Into::into),
            name: name.map(Into::into),
            operation: operation.map(Into::into),
        };

        let all = page(&db, &kinds, &Asked::default(), 0).await.unwrap();

        assert_eq!(all.len(), 2, "a reading of what is public is not recorded");
        assert_eq!((all[0].seq, all[0].name.as_str()), (1, "things/t1"));
        assert_eq!((all[1].caller.as_str(), all[1].method.as_str()), ("users/invented", "Test"));
        let after = page(&db, &kinds, &Asked::default(), all[0].time).await.unwrap();
        assert_eq!(after, all[1..]);
        for (asked, count) in [
            (asked(Some("users/invented"), None, None), 1),
            (asked(Some("nobody"), None, None), 0),
            (asked(None, Some("things/t1"), None), 1),
            (asked(None, Some("things/t1"), Some("update")), 0),
            (asked(None, None, Some("create")), 2),
        ] {
            assert_eq!(page(&db, &kinds, &asked, 0).await.unwrap().len(), count, "{asked:?}");
        }
    })
    .await;
}
