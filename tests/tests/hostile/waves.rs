//! The attacks. Each gives what it sent, and how long the slowest of its connections was borne.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::StatusCode;
use http_body_util::Full;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::ServiceExt;

use crate::frames::{
    CONTINUATION, DATA, END_HEADERS, HEADERS, HELLO, PING, PREFACE, RST_STREAM, SETTINGS, bomb,
    call, field, frame, grpc, whole_call,
};

pub const GET: &str = "/registan.agreements.v1.AgreementService/GetAgreement";
const LIST: &str = "/registan.agreements.v1.AgreementService/ListAgreements";
const CREATE: &str = "/registan.agreements.v1.AgreementService/CreateAgreement";

/// Longer than any connection may last, to see how long it does.
const TIMEOUT: Duration = Duration::from_secs(25);
/// How many write at a time, where it is about what they write.
const ABREAST: usize = 50;

/// The stages at which a connection stalls.
pub const STALLS: [&str; 6] =
    ["TCP only", "half a preface", "no settings", "half the headers", "half a body", "half HTTP/1"];

/// The frames of a flood.
pub const FLOODS: [&str; 5] = ["headers", "continuation", "empty continuation", "ping", "settings"];

/// The bytes of a stall.
fn stall(stage: &str) -> Vec<u8> {
    let head = || [HELLO, &frame(HEADERS, END_HEADERS, 1, &call(GET))].concat();
    match stage {
        "TCP only" => Vec::new(),
        "half a preface" => HELLO[..PREFACE / 2].to_vec(),
        "no settings" => HELLO[..PREFACE].to_vec(),
        "half the headers" => [HELLO, &frame(HEADERS, 0, 1, &call(GET)[..20])].concat(),
        "half a body" => [head(), frame(DATA, 0, 1, &grpc(0, 100, &[0; 50]))].concat(),
        // The head of a record of TLS and some of what it says it holds.
        "half a greeting" => vec![22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3],
        "half HTTP/1" => b"POST / HTTP/1.1\r\nHost: x\r\nContent-".to_vec(),
        other => unreachable!("{other} is no stage"),
    }
}

/// Opens `count` connections that fall silent at a stage; how long the last of them was open.
pub async fn stalled(address: SocketAddr, stage: &'static str, count: usize) -> Duration {
    each(count, count, move |_| async move {
        let mut socket = connect(address).await;
        socket.write_all(&stall(stage)).await.expect("the bytes are sent");
        closed(socket).await
    })
    .await
}

/// Asks and takes it back, `count` times in all, on as many connections as the server wears out.
/// With a `pause` after every ten, so that the server takes each up before it is taken back, it has
/// no reason to close the connection.
pub async fn rapid_resets(
    address: SocketAddr,
    count: usize,
    pause: Option<Duration>,
) -> (usize, usize, Duration) {
    let (mut sent, mut connections, mut longest) = (0, 0, Duration::ZERO);
    while sent < count {
        let mut socket = connect(address).await;
        connections += 1;
        if socket.write_all(HELLO).await.is_err() {
            continue;
        }
        let mut stream = 1;
        while sent < count {
            let asked = whole_call(stream, GET, &[10, 1, b'x']);
            let reset = frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes());
            if socket.write_all(&[asked, reset].concat()).await.is_err() {
                break;
            }
            (sent, stream) = (sent + 1, stream + 2);
            if let Some(pause) = pause.filter(|_| sent.is_multiple_of(10)) {
                tokio::time::sleep(pause).await;
            }
        }
        longest = longest.max(closed(socket).await);
    }
    (sent, connections, longest)
}

/// Writes frames of one kind until the server has enough of it, up to 16 MiB a connection.
pub async fn flood(address: SocketAddr, kind: &'static str, connections: usize) -> Duration {
    each(connections, 10, move |_| async move {
        let mut socket = connect(address).await;
        let filler = "x".repeat(8000);
        let (first, unit) = match kind {
            "headers" => {
                (Vec::new(), frame(HEADERS, END_HEADERS, 1, &field("x", &filler).repeat(2)))
            }
            "continuation" => {
                (frame(HEADERS, 0, 1, &call(GET)), frame(CONTINUATION, 0, 1, &field("x", &filler)))
            }
            "empty continuation" => {
                (frame(HEADERS, 0, 1, &call(GET)), frame(CONTINUATION, 0, 1, b"").repeat(1000))
            }
            "ping" => (Vec::new(), frame(PING, 0, 0, &[0; 8]).repeat(500)),
            "settings" => (Vec::new(), frame(SETTINGS, 0, 0, &[]).repeat(900)),
            other => unreachable!("{other} is no flood"),
        };
        let mut sent = 0;
        let started = [HELLO, &first].concat();
        let mut open = socket.write_all(&started).await.is_ok();
        while open && sent < 16 << 20 {
            // Who does not read the answers is not read either: that is a stall like any other.
            let write = timeout(Duration::from_secs(1), socket.write_all(&unit)).await;
            open = matches!(write, Ok(Ok(())));
            sent += unit.len();
        }
        closed(socket).await
    })
    .await
}

/// Asks for `streams` long answers on each connection and takes none of them.
pub async fn unread(address: SocketAddr, connections: usize, streams: u32) -> Duration {
    each(connections, connections, move |_| async move {
        let mut socket = connect(address).await;
        // A window of one byte: what the server has begun to send it must keep.
        let narrow = frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 1]);
        let mut sent = socket.write_all(&[&HELLO[..PREFACE], &narrow].concat()).await.is_ok();
        for stream in 0..streams {
            let asked = whole_call(1 + 2 * stream, LIST, &[8, 0xe8, 7]);
            sent = sent && socket.write_all(&asked).await.is_ok();
        }
        closed(socket).await
    })
    .await
}

/// The token of the writers: their requests are then refused where they are decoded.
static TOKEN: Mutex<String> = Mutex::new(String::new());

/// Sends what writes with this token from now on.
pub fn write_with(token: String) {
    *TOKEN.lock().expect("nobody panicked") = token;
}

/// Requests that are refused with an answer: `count` of each. Nothing that should have been refused
/// may be answered.
pub async fn refused(address: SocketAddr, count: usize) {
    // 64 MiB in 420 KiB; the claim alone would be as much.
    let zeros = Bytes::from(bomb(260_000));
    let deep = deep(10_000);
    each(count, ABREAST, move |_| {
        let (zeros, deep) = (zeros.clone(), deep.clone());
        async move {
            let gzip = [("grpc-encoding", "gzip")];
            let bombed = post(address, CREATE, &gzip, grpc(1, zeros.len(), &zeros)).await;
            assert_eq!(code(bombed), Code::Unimplemented, "bomb: {bombed:?}");
            let unnamed = post(address, CREATE, &[], grpc(1, zeros.len(), &zeros)).await;
            assert_eq!(code(unnamed), Code::InvalidArgument, "unnamed bomb: {unnamed:?}");
            let claim = post(address, CREATE, &[], grpc(0, 64 << 20, &[0; 1000])).await;
            assert_eq!(code(claim), Code::ResourceExhausted, "claim: {claim:?}");
            let nested = post(address, CREATE, &[], grpc(0, deep.len(), &deep)).await;
            assert_eq!(code(nested), Code::InvalidArgument, "nested: {nested:?}");
            let large = "x".repeat(11_000);
            let headers = post(address, GET, &[("large", &large)], grpc(0, 0, &[])).await;
            assert_eq!(headers, Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
            for kind in ["", "text/html", "application/json", "application/x-protobuf"] {
                let typed = post(address, GET, &[("content-type", kind)], Vec::new()).await;
                assert_eq!(typed, Err(StatusCode::UNSUPPORTED_MEDIA_TYPE), "{kind}");
            }
            Duration::ZERO
        }
    })
    .await;
}

/// HTTP/1.1 is told what this port is, and not kept.
pub async fn http1(address: SocketAddr, count: usize) -> Duration {
    each(count, ABREAST, move |_| async move {
        let mut socket = connect(address).await;
        let request = b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{";
        socket.write_all(request).await.expect("the bytes are sent");
        let started = Instant::now();
        let mut answer = Vec::new();
        let _ = timeout(TIMEOUT, socket.read_to_end(&mut answer)).await;
        assert!(answer.starts_with(b"HTTP/1.1 415"), "{}", answer.escape_ascii());
        started.elapsed()
    })
    .await
}

/// A group in a group in a group: the one thing that any message may hold at any depth.
fn deep(depth: usize) -> Vec<u8> {
    [vec![0x7b; depth], vec![0x7c; depth]].concat()
}

/// The gRPC status of an answer, or the HTTP status where that is not 200.
async fn post(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Result<Code, StatusCode> {
    let mut request = http::Request::post(format!("http://{address}{path}"));
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        request = request.header("content-type", "application/grpc");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if path == CREATE {
        let token = TOKEN.lock().expect("nobody panicked").clone();
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Body::new(Full::from(body))).expect("a request");
    let channel = chassis::client::channel(&format!("http://{address}")).expect("a url");
    let response = channel.oneshot(request).await.expect("there is an answer");
    if response.status() != StatusCode::OK {
        return Err(response.status());
    }
    let status = Status::from_header_map(response.headers()).expect("it is refused at once");
    Ok(status.code())
}

fn code(answer: Result<Code, StatusCode>) -> Code {
    answer.expect("a gRPC answer")
}

async fn connect(address: SocketAddr) -> TcpStream {
    timeout(TIMEOUT, TcpStream::connect(address)).await.expect("in time").expect("the port is open")
}

/// How long the other side keeps the connection from now on.
async fn closed(mut socket: TcpStream) -> Duration {
    let started = Instant::now();
    let mut answer = Vec::new();
    let _ = timeout(TIMEOUT, socket.read_to_end(&mut answer)).await;
    started.elapsed()
}

/// Does something `count` times, some at a time; the longest it took.
async fn each<F>(count: usize, abreast: usize, work: impl Fn(usize) -> F) -> Duration
where
    F: Future<Output = Duration> + Send + 'static,
{
    let (mut running, mut longest) = (JoinSet::new(), Duration::ZERO);
    for number in 0..count {
        if running.len() >= abreast
            && let Some(ended) = running.join_next().await
        {
            longest = longest.max(ended.expect("an attacker does not panic"));
        }
        running.spawn(work(number));
    }
    while let Some(ended) = running.join_next().await {
        longest = longest.max(ended.expect("an attacker does not panic"));
    }
    longest
}
