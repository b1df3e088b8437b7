//! A child of something hidden is hidden: in every answer, now and in the past, and from watchers;
//! and watchers are sent it as it is hidden and shown.

use crate::common::{Thing, call, public, thing};
use crate::parts::{
    Client, Part, Random, change, change_something, hide, listed, part, reader, record,
};
use chronicle::verify::{Kind, verify};
use chronicle::{At, Entry, Error, EventKind, ListRequest, Shown};
use policy::{Desks, Tier};
use uuid::Uuid;

#[tokio::test]
async fn who_watches_is_told_nothing_of_what_lies_within_something_hidden() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        record.create(&call(), thing(0, 0)).await.unwrap();
        record.create(&call(), part(0, 0)).await.unwrap();
        let mut client = Client::new(&record, public());
        assert_eq!(client.all().await, [EventKind::Standing]);

        let hidden = hide(&record, 0, Tier::Confidential).await;
        assert_eq!(client.all().await, [EventKind::Removed]);
        assert_eq!(record.head(&public()).await.unwrap(), hidden.recorded);

        let changed = change::<Part>(&record, "things/t0/parts/p0", |part| part.size = 1).await;
        let deleted = record.delete(&call(), changed).await.unwrap().into_stored();
        record.undelete(&call(), deleted).await.unwrap();
        record.create(&call(), part(0, 1)).await.unwrap();
        assert_eq!(client.all().await, []);
        let head = record.head(&public()).await.unwrap();
        assert_eq!(head, hidden.recorded, "it does not move");
        let confidential = reader(Desks::ALL, Tier::Confidential);
        assert!(record.head(&confidential).await.unwrap() > head);

        hide(&record, 0, Tier::Public).await;
        assert_eq!(client.all().await, [EventKind::Added; 2]);
        assert_eq!(client.known, listed(&record, &public(), None).await);
        // One and what it lies within, in one transaction, as an import writes them.
        let known = record.head(&public()).await.unwrap();
        let around = Thing { tier: Tier::Confidential, ..thing(1, 0) };
        let entries = vec![Entry::create(&around).unwrap(), Entry::create(&part(1, 0)).unwrap()];
        record.record(&call(), entries).await.unwrap();
        assert_eq!(record.head(&public()).await.unwrap(), known);
        assert_eq!(client.all().await, []);
        let kinds = [Kind::of::<Thing>(), Kind::of::<Part>()];
        assert!(verify(&record.db, &kinds, None, |_| {}).await.unwrap().is_ok());
    })
    .await;
}

#[tokio::test]
async fn the_past_of_what_lies_within_is_hidden_and_not_shown_with_it() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        record.create(&call(), thing(0, 0)).await.unwrap();
        let name = "things/t0/parts/p0";
        let first = record.create(&call(), part(0, 0)).await.unwrap().recorded;
        let resize = |size| change::<Part>(&record, name, move |part| part.size = size);
        let revisions = || async {
            let found = record.revisions::<Part>(name, None, 0, "", &public()).await;
            found.map(|found| found.0.iter().map(|one| one.stored.value.size).collect::<Vec<_>>())
        };

        let hidden = hide(&record, 0, Tier::Restricted).await.recorded;
        let second = resize(1).await.recorded;
        for at in [first, hidden, second] {
            assert!(listed(&record, &public(), Some(at)).await.is_empty());
            assert!(record.get::<Part>(name, At::Time(at), &public()).await.is_err());
        }
        assert!(matches!(revisions().await, Err(Error::NotFound(_))));
        let third = resize(2).await.recorded;
        let shown = hide(&record, 0, Tier::Public).await.recorded;
        let fourth = resize(3).await.recorded;

        let sizes = [(first, None), (hidden, None), (second, None), (third, None)];
        for (at, size) in sizes.into_iter().chain([(shown, Some(2)), (fourth, Some(3))]) {
            let found = listed(&record, &public(), Some(at)).await;
            assert_eq!(found.values().copied().next(), size, "at {at}");
            let got = record.get::<Part>(name, At::Time(at), &public()).await;
            assert_eq!(got.ok().map(|found| found.0.value.size), size, "at {at}");
        }
        assert_eq!(revisions().await.unwrap(), [3, 2], "0 and 1 were over when it was shown again");

        let all = ListRequest::default();
        for (from, to, is) in [
            (first, third, None),
            (third, shown, Some((None, Some(2)))),
            (first, fourth, Some((None, Some(3)))),
            (shown, fourth, Some((Some(2), Some(3)))),
        ] {
            let (found, next) =
                record.difference::<Part>(&all, from, to, Uuid::nil(), &public()).await.unwrap();
            assert!(next.is_none());
            let size = |one: &Option<Shown<Part>>| one.as_ref().map(|one| one.value.size);
            let found: Vec<_> =
                found.iter().map(|one| (size(&one.before), size(&one.after))).collect();
            assert_eq!(found, Vec::from_iter(is), "{from} to {to}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_watch_goes_on_in_the_midst_of_what_is_hidden_and_shown() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        record.create(&call(), thing(0, 0)).await.unwrap();
        let parts = (0..250).map(|number| Entry::create(&part(0, number)).unwrap());
        record.record(&call(), parts.collect()).await.unwrap();
        let mut client = Client::new(&record, public());
        client.all().await;
        assert_eq!(client.known.len(), 250);

        for (tier, left) in [(Tier::Confidential, 0), (Tier::Public, 250)] {
            hide(&record, 0, tier).await;
            let mut cuts = 0;
            loop {
                let mut watcher = client.begin();
                if client.take(&mut watcher, 70).await.unwrap() {
                    break;
                }
                cuts += 1;
            }
            assert_eq!((client.known.len(), cuts), (left, 3));
        }
        // Hidden and shown again while nobody watches: who knew it knows it again.
        hide(&record, 0, Tier::Secret).await;
        hide(&record, 0, Tier::Public).await;
        client.told.clear();
        let told = client.all().await;
        assert_eq!(told[..250], [EventKind::Removed; 250]);
        assert_eq!(told[250..], [EventKind::Added; 250]);
    })
    .await;
}

#[tokio::test]
async fn what_was_never_sent_is_not_removed() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        for of in 0..2 {
            record.create(&call(), thing(of, 0)).await.unwrap();
            let parts = (0..150).map(|number| Entry::create(&part(of, number)).unwrap());
            record.record(&call(), parts.collect()).await.unwrap();
        }
        let list = ListRequest { page_size: 1, ..ListRequest::default() };
        let of_list = record.list::<Part>(&list, &public()).await.unwrap().resume_token;
        let above = reader(Desks::ALL, Tier::Confidential);
        let of_theirs = record.list::<Part>(&list, &above).await.unwrap().resume_token;
        let mut client = Client::new(&record, public());
        let mut watcher = client.begin();
        client.receive(watcher.next().await.unwrap());
        assert_eq!(client.known.len(), 100);

        // The rest of the snapshot comes after half of it was hidden.
        hide(&record, 1, Tier::Confidential).await;
        while !client.take(&mut watcher, usize::MAX).await.unwrap() {}
        let standing = client.told.iter().filter(|kind| **kind == EventKind::Standing).count();
        let removed = client.told.iter().filter(|kind| **kind == EventKind::Removed).count();
        assert_eq!(standing - removed, 150, "nothing more of what is hidden");
        assert_eq!(client.known, listed(&record, &public(), None).await);

        let all = ListRequest::default();
        let mut late = record.watch::<Part>(all.clone(), &of_list, public()).unwrap();
        let ended = async {
            loop {
                late.next().await?;
            }
        };
        let ended: Result<(), Error> = ended.await;
        assert!(matches!(ended, Err(Error::VisibilityChanged)), "its list may have had a page");
        // Nobody else hears of it.
        let all = record.watch::<Part>(all, &of_theirs, above);
        assert!(all.unwrap().next().await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn whatever_is_hidden_and_shown_who_watches_knows_what_is_listed() {
    testkit::on_both(|url| async move {
        let record = record(&url).await;
        for of in 0..2 {
            record.create(&call(), thing(of, 0)).await.unwrap();
        }
        let kazakhstan = Desks::of_country("KZ");
        let readers = [
            public(),
            reader(Desks::ALL, Tier::Restricted),
            reader(kazakhstan, Tier::Confidential),
            reader(kazakhstan, Tier::Restricted),
        ];
        let mut clients: Vec<_> =
            readers.into_iter().map(|reader| Client::new(&record, reader)).collect();
        let mut watchers: Vec<_> = clients.iter().map(Client::begin).collect();
        let (mut random, mut through) = (Random(11), 0);
        for _ in 0..150 {
            for _ in 0..random.below(6) {
                change_something(&record, &mut random).await;
            }
            for (client, watcher) in clients.iter_mut().zip(&mut watchers) {
                if random.below(3) == 0 {
                    continue;
                }
                if client.take_or_begin(watcher, random.below(8)).await {
                    through += 1;
                    assert_eq!(client.known, listed(&record, &client.reader, None).await);
                } else {
                    // Cut off: what it did not take is sent again.
                    *watcher = client.begin();
                }
            }
        }
        let snapshots: usize = clients.iter().map(|client| client.snapshots).sum();
        println!("{through} times through, {snapshots} times begun anew");
        assert!(through > 100 && snapshots < through);
        for (client, watcher) in clients.iter_mut().zip(&mut watchers) {
            while !client.take_or_begin(watcher, usize::MAX).await {}
            assert_eq!(client.known, listed(&record, &client.reader, None).await);
        }
        let kinds = [Kind::of::<Thing>(), Kind::of::<Part>()];
        assert!(verify(&record.db, &kinds, None, |_| {}).await.unwrap().is_ok());
    })
    .await;
}
