//! The pages of the admin port.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http::{Request, StatusCode};
use hyper::client::conn::http2::Builder;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tonic::Code;
use tonic::body::Body;

use crate::support::{Running, Slow, call, serve};

/// Asks as a scraper or a probe does, with plain HTTP/1.1, and returns the whole answer.
pub async fn get(address: SocketAddr, path: &str) -> String {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: */*\r\n\r\n")).await
}

async fn ask(address: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).await.expect("it listens");
    socket.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = Vec::new();
    // What was refused unread breaks the connection after the answer.
    let _ = socket.read_to_end(&mut answer).await;
    String::from_utf8(answer).expect("it answers in text")
}

/// Returns the value of a line of the metrics.
pub fn value(metrics: &str, start: &str) -> Option<f64> {
    let line = metrics.lines().find(|line| line.starts_with(start))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

/// Calls with a deadline, such as `20m` for 20 ms, and waits longer for the code than it says, which a client of
/// gRPC does not.
pub async fn hurried(address: SocketAddr, path: &str, deadline: &str) -> String {
    let socket = TokioIo::new(TcpStream::connect(address).await.expect("it listens"));
    let handshake = Builder::new(TokioExecutor::new()).handshake::<_, Body>(socket);
    let (mut client, connection) = handshake.await.expect("it speaks HTTP/2");
    tokio::spawn(connection);
    let request = Request::post(format!("http://{address}{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", deadline);
    let message = Body::new(http_body_util::Full::from(vec![0_u8; 5]));
    let answer =
        client.send_request(request.body(message).expect("a request")).await.expect("an answer");
    answer.headers()["grpc-status"].to_str().expect("a code").to_owned()
}

#[tokio::test]
async fn calls_are_counted_by_method_code_and_reason() {
    let running = serve(|mut service, settings| {
        service.name = "counted";
        settings.probe_address = Some("127.0.0.1:0".parse().unwrap());
        service.with(Slow::default())
    })
    .await;
    for _ in 0..2 {
        call(running.channel(), "/test.Slow/Panic").await;
    }
    call(running.channel(), "/test.Slow/Nap").await;
    let invented = call(running.channel(), "/test.Slow/Invented").await;
    assert_eq!(invented.code(), Code::Unimplemented);
    assert_eq!(hurried(running.address, "/test.Slow/Nap", "20m").await, "4", "DEADLINE_EXCEEDED");

    let metrics = get(running.probes.unwrap(), "/metrics").await;

    assert!(metrics.starts_with("HTTP/1.1 200 OK\r\n"), "{metrics}");
    let counted = |name: &str, labels: &str| {
        value(&metrics, &format!("{name}{{service_name=\"counted\",rpc_method=\"{labels}}} "))
    };
    let errors = |method: &str, code: &str, reason: &str| {
        let labels =
            format!("{method}\",rpc_response_status_code=\"{code}\",error_type=\"{reason}\"");
        counted("rpc_server_call_errors_total", &labels)
    };
    assert_eq!(errors("test.Slow/Panic", "INTERNAL", "INTERNAL"), Some(2.0));
    // Ended without details of ours.
    assert_eq!(errors("test.Slow/Nap", "ALREADY_EXISTS", "ALREADY_EXISTS"), Some(1.0));
    // A caller who waits less than any call may take finds no fault.
    let late = |reason| errors("test.Slow/Nap", "DEADLINE_EXCEEDED", reason);
    assert_eq!((late("DEADLINE_SHORT"), late("DEADLINE_EXCEEDED")), (Some(1.0), Some(0.0)));
    // Else no rate would tell of the first.
    assert_eq!(errors("test.Slow/Nap", "UNAVAILABLE", "DATABASE_UNAVAILABLE"), Some(0.0));
    // A caller makes no labels.
    assert_eq!(errors("_OTHER", "UNIMPLEMENTED", "METHOD_UNKNOWN"), Some(1.0));
    assert!(!metrics.contains("Invented"));
    let duration = "rpc_server_call_duration_seconds";
    let nap = counted(&format!("{duration}_count"), "test.Slow/Nap\"");
    assert_eq!(nap, Some(2.0));
    // A nap lasts 300 ms.
    let within = counted(&format!("{duration}_bucket"), "test.Slow/Nap\",le=\"0.25\"");
    assert_eq!(within, Some(1.0));
    assert!(value(&metrics, "process_memory_usage_bytes ").unwrap() > 1e6);
}

#[tokio::test]
async fn a_probe_is_told_the_reason_in_plain_text() {
    let (told, ground) = tokio::sync::watch::channel(true);
    let running = serve(|mut service, settings| {
        service.name = "probed";
        service.ground = Some(ground);
        settings.probe_address = Some("127.0.0.1:0".parse().unwrap());
        settings.drain_seconds = 2;
        service.with(Slow::default())
    })
    .await;
    let admin = running.probes.unwrap();
    assert!(get(admin, "/readyz").await.contains("probed: ok\n"));
    assert!(get(admin, "/livez").await.ends_with("\r\n\r\nok\n"));

    told.send(false).unwrap();

    let mut answer = String::new();
    for _ in 0..200 {
        answer = get(admin, "/readyz").await;
        if !answer.contains("probed: ok\n") {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("probed: not ready: its database is away\n"), "{answer}");
    assert!(get(admin, "/livez").await.starts_with("HTTP/1.1 200 "));
    assert!(get(admin, "/admin").await.starts_with("HTTP/1.1 404 "));
    // The port of callers has no pages.
    assert!(!get(running.address, "/metrics").await.contains("rpc_server"));
}

/// A server with an admin port.
async fn probed() -> (Running, SocketAddr) {
    let running = serve(|service, settings| {
        settings.probe_address = Some("127.0.0.1:0".parse().expect("an address"));
        service
    })
    .await;
    let admin = running.probes.expect("it has one");
    (running, admin)
}

#[tokio::test]
async fn connections_that_never_end_their_request_keep_no_probe_away() {
    let (_running, admin) = probed().await;
    // More than there are places. Each sends some of its head, again and again.
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut socket = TcpStream::connect(admin).await.unwrap();
        socket.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
        slow.push(socket);
    }
    let slow = tokio::spawn(async move {
        loop {
            for socket in &mut slow {
                // The server may have closed it.
                let _ = socket.write_all(b"a").await;
            }
            sleep(Duration::from_millis(100)).await;
        }
    });
    sleep(Duration::from_millis(300)).await;

    let began = Instant::now();
    let answer = get(admin, "/livez").await;

    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    // Those that were there have gone, and the next one does not wait.
    sleep(Duration::from_secs(3)).await;
    let began = Instant::now();
    let answer = get(admin, "/livez").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    slow.abort();
}

#[tokio::test]
async fn readers_that_do_not_read_hold_few_pages_and_no_probe() {
    let (_running, admin) = probed().await;
    let socket = TokioIo::new(TcpStream::connect(admin).await.unwrap());
    let (mut client, connection) = Builder::new(TokioExecutor::new())
        .initial_stream_window_size(1)
        .handshake::<_, Body>(socket)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let mut held = Vec::new();
    for _ in 0..9 {
        let request = Request::get(format!("http://{admin}/metrics")).body(Body::empty());
        held.push(client.send_request(request.unwrap()).await.unwrap());
    }

    let (last, others) = held.split_last().unwrap();
    assert!(others.iter().all(|answer| answer.status() == StatusCode::OK));
    assert_eq!(last.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(last.headers()["retry-after"], "1");
    assert!(get(admin, "/metrics").await.starts_with("HTTP/1.1 503 "));
    assert!(get(admin, "/livez").await.starts_with("HTTP/1.1 200 "));

    drop((held, client));
    connection.abort();
    let until = Instant::now() + Duration::from_secs(5);
    while !get(admin, "/metrics").await.starts_with("HTTP/1.1 200 ") {
        assert!(Instant::now() < until, "the pages are free again");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_body_and_large_headers_are_refused() {
    let (_running, admin) = probed().await;
    let start = format!("GET /livez HTTP/1.1\r\nHost: {admin}\r\n");

    let body = ask(admin, &format!("{start}Content-Length: 4\r\n\r\nbody")).await;
    let chunked = ask(admin, &format!("{start}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")).await;
    let large = ask(admin, &format!("{start}X-Large: {}\r\n\r\n", "x".repeat(16 * 1024))).await;
    let other = ask(admin, &format!("{}\r\n", start.replacen("GET", "DELETE", 1))).await;

    assert!(body.starts_with("HTTP/1.1 413 "), "{body}");
    assert!(chunked.starts_with("HTTP/1.1 413 "), "{chunked}");
    assert!(large.starts_with("HTTP/1.1 431 "), "{large}");
    assert!(other.starts_with("HTTP/1.1 405 "), "{other}");
}
