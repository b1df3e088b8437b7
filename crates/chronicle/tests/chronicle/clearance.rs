//! A resource above the clearance of a reader does not exist for it: in no answer, no order, no
//! count, no token, no instant.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::common::{Thing, call, public, record, thing};
use chronicle::{At, Chronicle, Error, EventKind, ListRequest, Reader, Stored};
use policy::{Clearance, Desks, Grant, Role, Tier};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use uuid::Uuid;

fn reader(desks: Desks, tier: Tier) -> Reader {
    let mut clearance = Clearance::public();
    let role = Role::Monitor;
    clearance.add(&Grant { role, desks, tier, resource: None, expires: None }, Tier::Secret);
    Reader { clearance, caller: "test#reader".to_owned(), action: "things.read".to_owned() }
}

fn kz() -> i64 {
    Desks::of_country("KZ").bits()
}

/// A public thing, a restricted and a confidential one of the desk KZ, and a restricted one of UZ.
async fn four(record: &Chronicle) -> Vec<Stored<Thing>> {
    let uz = Desks::of_country("UZ").bits();
    let mut made = Vec::new();
    for (who, (tier, desks)) in [
        (Tier::Public, kz()),
        (Tier::Restricted, kz()),
        (Tier::Confidential, kz()),
        (Tier::Restricted, uz),
    ]
    .into_iter()
    .enumerate()
    {
        let value = Thing { tier, desks, ..thing(who, 2) };
        made.push(record.create(&call(), value).await.unwrap().into_stored());
    }
    made
}

async fn names(record: &Chronicle, reader: &Reader, at: Option<i64>) -> Vec<String> {
    let request =
        ListRequest { order_by: "title".to_owned(), read_time: at, ..ListRequest::default() };
    let page = record.list::<Thing>(&request, reader).await.unwrap();
    let mut names: Vec<_> =
        page.items.into_iter().map(|shown| shown.into_stored().value.name).collect();
    names.sort();
    names
}

async fn readings(record: &Chronicle) -> Vec<(String, String, Uuid)> {
    let query = Query::select()
        .columns(["caller", "method", "uid"].map(Alias::new))
        .from(Alias::new("change"))
        .and_where(Expr::col(Alias::new("operation")).eq("read"))
        .order_by(Alias::new("time"), sea_orm::sea_query::Order::Asc)
        .to_owned();
    let rows = record.db.query_all(&query).await.unwrap();
    let get = |row: &sea_orm::QueryResult| {
        (
            row.try_get("", "caller").unwrap(),
            row.try_get("", "method").unwrap(),
            row.try_get("", "uid").unwrap(),
        )
    };
    rows.iter().map(get).collect()
}

#[tokio::test]
async fn each_reader_sees_what_their_desk_and_tier_allow() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        four(&record).await;
        let kazakhstan = Desks::of_country("KZ");
        for (reader, seen) in [
            (public(), vec!["things/t0"]),
            (reader(kazakhstan, Tier::Restricted), vec!["things/t0", "things/t1"]),
            (reader(kazakhstan, Tier::Confidential), vec!["things/t0", "things/t1", "things/t2"]),
            (reader(Desks::ALL, Tier::Restricted), vec!["things/t0", "things/t1", "things/t3"]),
            (Reader::system(), vec!["things/t0", "things/t1", "things/t2", "things/t3"]),
        ] {
            assert_eq!(names(&record, &reader, None).await, seen);
            for who in 0..4 {
                let name = format!("things/t{who}");
                let got = record.get::<Thing>(&name, At::Now, &reader).await;
                assert_eq!(got.is_ok(), seen.contains(&name.as_str()), "{name}");
                let listed = record.revisions::<Thing>(&name, None, 0, "", &reader).await;
                assert_eq!(listed.is_ok(), seen.contains(&name.as_str()), "{name}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_instant_of_an_answer_tells_nothing_of_hidden_writes() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let made = four(&record).await;
        let restricted = reader(Desks::ALL, Tier::Restricted);

        let page = record.list::<Thing>(&ListRequest::default(), &public()).await.unwrap();
        assert_eq!(page.read_time, made[0].recorded, "of the last change that is public");
        let missing = record.get::<Thing>("things/none", At::Now, &public()).await;
        let hidden = record.get::<Thing>("things/t1", At::Now, &public()).await;
        assert!(matches!(missing, Err(Error::NotFound(_))));
        assert!(matches!(hidden, Err(Error::NotFound(_))));
        let theirs = record.head(&restricted).await.unwrap();
        assert_eq!(theirs, made[3].recorded);

        let value = Thing { title: "new".to_owned(), ..made[2].value.clone() };
        record.update(&call(), &made[2], value).await.unwrap();
        assert_eq!(record.head(&restricted).await.unwrap(), theirs, "CONFIDENTIAL moves nothing");
    })
    .await;
}

#[tokio::test]
async fn raising_a_tier_hides_the_past_and_lowering_it_does_not_show_it() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let first = record.create(&call(), Thing { desks: kz(), ..thing(0, 0) }).await.unwrap();
        let mut watcher = record.watch::<Thing>(ListRequest::default(), "", public()).unwrap();
        assert_eq!(watcher.next().await.unwrap()[0].kind, EventKind::Standing);
        assert_eq!(names(&record, &public(), Some(first.recorded)).await.len(), 1);

        let secret = Thing { tier: Tier::Confidential, ..first.value.clone() };
        let raised = record.update(&call(), &first, secret.clone()).await.unwrap();

        let at = At::Time(first.recorded);
        assert!(record.get::<Thing>("things/t0", at, &public()).await.is_err());
        assert!(names(&record, &public(), Some(first.recorded)).await.is_empty());
        let gone = watcher.next().await.unwrap();
        assert_eq!((gone[0].kind, gone[0].stored.is_none()), (EventKind::Removed, true));

        let shown = Thing { tier: Tier::Public, title: "shown".to_owned(), ..secret };
        let lowered = record.update(&call(), &raised, shown).await.unwrap();

        let (revisions, _, _) =
            record.revisions::<Thing>("things/t0", None, 0, "", &public()).await.unwrap();
        let seen: Vec<_> = revisions.iter().map(|one| (one.number, one.stored.revision)).collect();
        assert_eq!(seen, [(1, 3)], "what was raised stays hidden, with what was before");
        assert!(revisions[0].before.is_none());
        assert_eq!(revisions[0].stored.created, lowered.recorded);
        assert!(record.get::<Thing>("things/t0", at, &public()).await.is_err());
        assert!(names(&record, &public(), Some(first.recorded)).await.is_empty());
        assert_eq!(watcher.next().await.unwrap()[0].kind, EventKind::Added);
        let between = At::Time(raised.recorded);
        assert!(record.get::<Thing>("things/t0", between, &public()).await.is_err());
        let (all, next) = record
            .difference::<Thing>(
                &ListRequest::default(),
                raised.recorded,
                lowered.recorded,
                Uuid::nil(),
                &public(),
            )
            .await
            .unwrap();
        assert_eq!((all.len(), next), (1, None));
        assert!(all[0].before.is_none() && all[0].after.is_some());
    })
    .await;
}

#[tokio::test]
async fn reading_what_is_confidential_is_recorded_before_it_is_shown() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let made = four(&record).await;
        let all = reader(Desks::ALL, Tier::Confidential);

        names(&record, &reader(Desks::ALL, Tier::Restricted), None).await;
        record.get::<Thing>("things/t1", At::Now, &all).await.unwrap();
        assert!(readings(&record).await.is_empty(), "RESTRICTED is not");

        record.get::<Thing>("things/t2", At::Now, &all).await.unwrap();
        names(&record, &all, None).await;

        let uid = made[2].uid;
        let one = ("test#reader".to_owned(), "things.read".to_owned(), uid);
        assert_eq!(readings(&record).await, [one.clone(), one]);
    })
    .await;
}

#[tokio::test]
async fn reading_the_past_of_what_is_confidential_now_is_recorded() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        let first = record.create(&call(), Thing { desks: kz(), ..thing(0, 0) }).await.unwrap();
        let raised =
            Thing { tier: Tier::Confidential, title: "raised".to_owned(), ..first.value.clone() };
        let second = record.update(&call(), &first, raised).await.unwrap();
        let all = reader(Desks::ALL, Tier::Confidential);
        let one = ("test#reader".to_owned(), "things.read".to_owned(), first.uid);

        record.get::<Thing>("things/t0", At::Time(first.recorded), &all).await.unwrap();
        assert_eq!(readings(&record).await, [one], "what was PUBLIC then");

        names(&record, &all, Some(first.recorded)).await;
        assert_eq!(readings(&record).await.len(), 2, "in a list");

        let (revisions, next, _) =
            record.revisions::<Thing>("things/t0", None, 1, "", &all).await.unwrap();
        assert!(!next.is_empty() && revisions[0].before.is_some());
        assert_eq!(readings(&record).await.len(), 4, "with what it was before");

        let everything = ListRequest::default();
        let (from, to) = (first.recorded, second.recorded);
        record.difference::<Thing>(&everything, from, to, Uuid::nil(), &all).await.unwrap();
        assert_eq!(readings(&record).await.len(), 6, "both sides of a difference");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_shown() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        four(&record).await;
        let all = reader(Desks::ALL, Tier::Confidential);
        record.db.execute_unprepared("ALTER TABLE change RENAME TO gone").await.unwrap();

        assert!(record.get::<Thing>("things/t1", At::Now, &all).await.is_ok());
        assert!(matches!(
            record.get::<Thing>("things/t2", At::Now, &all).await,
            Err(Error::Database(_))
        ));
        assert!(record.list::<Thing>(&ListRequest::default(), &all).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_page_ends_where_its_bytes_would_be_too_many() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        for who in 0..12 {
            let large = Thing { nickname: Some("x".repeat(1 << 20)), ..thing(who, 0) };
            record.create(&call(), large).await.unwrap();
        }
        let mut request = ListRequest { page_size: 1000, ..ListRequest::default() };
        let (mut pages, mut found) = (0, 0);
        loop {
            let page = record.list::<Thing>(&request, &public()).await.unwrap();
            let bytes: usize = page
                .items
                .iter()
                .filter_map(|one| one.value.nickname.as_ref())
                .map(String::len)
                .sum();
            assert!(bytes <= 3 << 20, "{bytes}");
            (pages, found) = (pages + 1, found + page.items.len());
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!((pages, found), (6, 12));
        let _held: Arc<Chronicle> = record;
    })
    .await;
}

/// Of what somebody else may read it is not known that it was sent, nor that it is to be.
#[tokio::test]
async fn a_token_goes_on_for_who_may_read_the_same_and_nobody_else() {
    testkit::on_both(|url| async move {
        let record = Arc::new(record(&url).await);
        four(&record).await;
        let [kz, uz] = ["KZ", "UZ"].map(Desks::of_country);
        let holder = reader(kz, Tier::Restricted);
        let of_list = record.list::<Thing>(&ListRequest::default(), &holder).await.unwrap();
        let watcher = record.watch::<Thing>(ListRequest::default(), "", holder.clone());
        let mut watcher = watcher.unwrap();
        let events = watcher.next().await.unwrap();
        let tokens = [of_list.resume_token, events.last().unwrap().resume_token.clone()];
        let again = |token: &str, reader: Reader| {
            record.watch::<Thing>(ListRequest::default(), token, reader).map(|_| ())
        };

        let mut elsewhere = holder.clone();
        let resource = Some("papers/one".to_owned());
        let one = Grant {
            role: Role::Monitor,
            desks: Desks::NONE,
            tier: Tier::Confidential,
            resource,
            expires: None,
        };
        elsewhere.clearance.add(&one, Tier::Secret);
        for token in tokens {
            assert!(again(&token, reader(kz, Tier::Restricted)).is_ok(), "the same");
            assert!(again(&token, elsewhere.clone()).is_ok(), "the same of things");
            for other in
                [Reader::public(), reader(kz, Tier::Confidential), reader(uz, Tier::Restricted)]
            {
                let refused = again(&token, other);
                assert!(matches!(refused, Err(Error::VisibilityChanged)), "{refused:?}");
            }
        }
    })
    .await;
}
