//! Calls to a service that has several addresses, and loses some.

use std::sync::Arc;
use std::time::{Duration, Instant};

use api::registan::agreements::v1::{
    CreateAgreementRequest, GetAgreementRequest, agreement_service_client::AgreementServiceClient,
};
use chassis::client::Connection;
use futures::future::join_all;
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::backends::Backend;
use crate::farewells::after;

const AT_ONCE: usize = 16;
const SHORT: Duration = Duration::from_millis(1);

fn client(backends: &[&Backend]) -> AgreementServiceClient<Connection> {
    let all = backends.iter().map(|backend| backend.address.to_string()).collect::<Vec<_>>();
    let connection = Connection::to(&format!("http://{}", all.join(",")));
    AgreementServiceClient::new(connection.expect("it is an address"))
}

/// How calls ended: the failures, and the longest.
#[derive(Debug, Default)]
pub struct Told {
    pub failures: Vec<String>,
    longest: Duration,
}

/// Reads until `count` calls were made, some at a time.
pub async fn read(client: &AgreementServiceClient<Connection>, count: usize) -> Told {
    let worker = || {
        let mut client = client.clone();
        tokio::spawn(async move {
            let mut told = Told::default();
            for _ in 0..count / AT_ONCE {
                let begun = Instant::now();
                if let Err(status) = client.get_agreement(GetAgreementRequest::default()).await {
                    told.failures.push(status.to_string());
                }
                told.longest = told.longest.max(begun.elapsed());
            }
            told
        })
    };
    let all = join_all((0..AT_ONCE).map(|_| worker())).await;
    all.into_iter().map(|one| one.expect("it does not panic")).fold(
        Told::default(),
        |mut all, one| {
            all.failures.extend(one.failures);
            all.longest = all.longest.max(one.longest);
            all
        },
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn three_addresses_have_a_third_each() {
    let backends = [SHORT; 3].map(Backend::start);
    let backends = join_all(backends).await;
    let client = client(&backends.iter().collect::<Vec<_>>());

    let told = read(&client, 3_200).await;

    assert_eq!(told.failures, Vec::<String>::new());
    let shares: Vec<_> = backends.iter().map(Backend::answered).collect();
    assert!(shares.iter().all(|share| (800..=1_334).contains(share)), "{shares:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_addresses_of_a_name_are_used() {
    // A name of two addresses that every machine has.
    let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = first.local_addr().unwrap().port();
    let Ok(second) = TcpListener::bind(("::1", port)).await else {
        eprintln!("skipped: this machine has no IPv6");
        return;
    };
    let age = Duration::from_hours(1);
    let backends = [first, second].map(|listener| Backend::on(listener, SHORT, age));
    let connection = Connection::to(&format!("http://localhost:{port}")).unwrap();

    let told = read(&AgreementServiceClient::new(connection), 800).await;

    assert_eq!(told.failures, Vec::<String>::new());
    let shares: Vec<_> = backends.iter().map(Backend::answered).collect();
    let known = tokio::net::lookup_host(("localhost", port)).await.unwrap().count();
    assert!(known < 2 || shares.iter().all(|share| *share > 200), "{shares:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_node_fails_no_read() {
    let (lost, well) = (Backend::start(SHORT).await, Backend::start(SHORT).await);
    let client = client(&[&lost, &well]);
    read(&client, 320).await;
    let reading = tokio::spawn({
        let client = client.clone();
        async move { read(&client, 4_800).await }
    });
    sleep(Duration::from_millis(100)).await;

    lost.kill();

    let told = reading.await.unwrap();
    assert_eq!(told.failures, Vec::<String>::new());
    assert!(told.longest < Duration::from_secs(3), "{:?}", told.longest);
}

/// The one that had lost its database answered at once, was the least busy, and drew all calls.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lost_its_database_fails_no_read_and_draws_none() {
    let (lost, well) = (Backend::start(SHORT).await, Backend::start(SHORT).await);
    let client = client(&[&lost, &well]);
    read(&client, 320).await;
    lost.lose_database();
    let before = lost.answered();

    let told = read(&client, 4_800).await;

    assert_eq!(told.failures, Vec::<String>::new());
    let asked = lost.answered() - before;
    assert!(asked < 480, "{asked} of 4800 went to it");
    well.lose_database();
    let told = read(&client, 160).await;
    assert!(told.failures.iter().all(|it| it.contains("the database is away")), "{told:?}");
    assert_eq!(told.failures.len(), 160);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hangs_costs_three_seconds_once() {
    let (lost, well) = (Backend::start(SHORT).await, Backend::start(SHORT).await);
    let client = client(&[&lost, &well]);
    read(&client, 320).await;

    lost.freeze();

    // Long enough for it to be tried again.
    let mut slow = 0;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(8) {
        let told = read(&client, 320).await;
        assert_eq!(told.failures, Vec::<String>::new());
        slow += usize::from(told.longest > Duration::from_millis(1_500));
        assert!(told.longest < Duration::from_secs(5), "{:?}", told.longest);
    }
    assert!(slow <= 1, "{slow} rounds waited for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hangs_holds_up_no_first_call() {
    let (lost, well) = (Backend::start(SHORT).await, Backend::start(SHORT).await);
    lost.freeze();

    // Each client has no connection yet, and one in two tries the one that hangs first.
    for _ in 0..8 {
        let mut client = client(&[&lost, &well]);
        let begun = Instant::now();
        client.get_agreement(GetAgreementRequest::default()).await.unwrap();
        assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_close_in_good_order_fail_nothing() {
    let age = Duration::from_millis(100);
    let (one, other) = (Backend::aging(SHORT, age).await, Backend::aging(SHORT, age).await);
    let client = client(&[&one, &other]);

    let told = read(&client, 8_000).await;

    assert_eq!(told.failures, Vec::<String>::new());

    let before = one.answered() + other.answered();
    let worker = || {
        let mut client = client.clone();
        tokio::spawn(async move {
            for _ in 0..200 {
                // Such a write may fail.
                let _ = client.create_agreement(CreateAgreementRequest::default()).await;
            }
        })
    };
    join_all((0..AT_ONCE).map(|_| worker())).await;
    // On a machine that is busy more of them cross the farewell of a server.
    let done = one.answered() + other.answered() - before;
    assert!((3_000..=3_200).contains(&done), "{done} of 3200: none is done twice, few are lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn farewells_in_a_row_fail_no_read_and_lose_a_write_that_does_not_name_itself() {
    let request_id = "0b5e0d4e-6ff5-4a2a-8c5a-2f1c0a7d3b11".to_owned();
    let named = CreateAgreementRequest { request_id, ..Default::default() };

    let client = async |cuts, farewells| AgreementServiceClient::new(after(cuts, farewells).await);
    for (cuts, farewells) in [(0, 3), (1, 2)] {
        let mut client = client(cuts, farewells).await;
        client.get_agreement(GetAgreementRequest::default()).await.unwrap();
    }
    client(0, 3).await.create_agreement(named).await.unwrap();
    let unnamed = CreateAgreementRequest::default();
    client(0, 1).await.create_agreement(unnamed).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_repeated_only_if_it_names_itself() {
    for (request_id, done) in [("", 0), ("0b5e0d4e-6ff5-4a2a-8c5a-2f1c0a7d3b11", 1)] {
        let (lost, well) =
            (Backend::start(Duration::from_mins(1)).await, Backend::start(SHORT).await);
        // The first alone, so that the write goes there.
        let mut writer = client(&[&lost, &well]);
        let request =
            CreateAgreementRequest { request_id: request_id.to_owned(), ..Default::default() };
        let mut tries = 0;
        let writing = loop {
            let (mut client, request) = (writer.clone(), request.clone());
            let writing = tokio::spawn(async move { client.create_agreement(request).await });
            sleep(Duration::from_millis(100)).await;
            if lost.answered() == 1 {
                break writing;
            }
            // It went to the other, which has answered.
            writing.await.unwrap().unwrap();
            writer = self::client(&[&lost, &well]);
            tries += 1;
            assert!(tries < 100, "one of two is never asked");
        };
        let before = well.answered();

        lost.kill();

        let told = writing.await.unwrap();
        assert_eq!(told.is_ok(), done == 1, "{told:?}");
        assert_eq!(well.answered() - before, done);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_comes_back_is_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let age = Duration::from_hours(1);
    let first = Backend::on(listener, SHORT, age);
    let client = Arc::new(client(&[&first]));
    assert_eq!(read(&client, 32).await.failures, Vec::<String>::new());
    first.kill();
    assert_eq!(read(&client, 32).await.failures.len(), 32);

    let _second = loop {
        match TcpListener::bind(address).await {
            Ok(listener) => break Backend::on(listener, SHORT, age),
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    };

    sleep(Duration::from_millis(300)).await;
    assert_eq!(read(&client, 32).await.failures, Vec::<String>::new());
}
