//! The pages of the admin port.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Code;

use crate::support::{Slow, call, serve};

/// Asks as a scraper or a probe does, with plain HTTP/1.1, and returns the whole answer.
pub async fn get(address: SocketAddr, path: &str) -> String {
    let mut socket = TcpStream::connect(address).await.expect("it listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: */*\r\n\r\n");
    socket.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("it answers");
    answer
}

/// Returns the value of a line of the metrics.
pub fn value(metrics: &str, start: &str) -> Option<f64> {
    let line = metrics.lines().find(|line| line.starts_with(start))?;
    line.rsplit_once(' ')?.1.parse().ok()
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
    // A caller makes no labels.
    assert_eq!(errors("_OTHER", "UNIMPLEMENTED", "METHOD_UNKNOWN"), Some(1.0));
    assert!(!metrics.contains("Invented"));
    let duration = "rpc_server_call_duration_seconds";
    let nap = counted(&format!("{duration}_count"), "test.Slow/Nap\"");
    assert_eq!(nap, Some(1.0));
    // A nap lasts 300 ms.
    let within = counted(&format!("{duration}_bucket"), "test.Slow/Nap\",le=\"0.25\"");
    assert_eq!(within, Some(0.0));
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
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("probed: not ready: its database is away\n"), "{answer}");
    assert!(get(admin, "/livez").await.starts_with("HTTP/1.1 200 "));
    assert!(get(admin, "/admin").await.starts_with("HTTP/1.1 404 "));
    // The port of callers has no pages.
    assert!(!get(running.address, "/metrics").await.contains("rpc_server"));
}
