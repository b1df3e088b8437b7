//! Servers that cut a call off, or say farewell to one that they have seen arrive, written frame by
//! frame (RFC 9113): libraries say it only where the call came too late for them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chassis::client::Connection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const PREFACE: usize = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len();
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `:status: 200` (RFC 7541, appendix A).
const OK: &[u8] = &[0x88];
/// `grpc-status: 0`, each word after its length.
const ENDED: &[u8] = b"\x00\x0bgrpc-status\x010";
/// The stream of the first request on a connection, which asks for health, is taken; none after it.
const AFTER_THE_FIRST: &[u8] = &[0, 0, 0, 1, 0, 0, 0, 0];

/// Connects to two servers that cut the first calls off, say farewell to the next, and answer the
/// others.
pub async fn after(cuts: usize, farewells: usize) -> Connection {
    let left = Arc::new([cuts, farewells].map(AtomicUsize::new));
    let mut urls = Vec::new();
    for _ in 0..2 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        urls.push(format!("http://{}", listener.local_addr().expect("it is bound")));
        tokio::spawn(accept(listener, Arc::clone(&left)));
    }
    Connection::to(&urls.join(",")).expect("these are addresses")
}

async fn accept(listener: TcpListener, left: Arc<[AtomicUsize; 2]>) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(serve(socket, Arc::clone(&left)));
    }
}

/// Ends with the connection.
async fn serve(mut socket: TcpStream, left: Arc<[AtomicUsize; 2]>) -> io::Result<()> {
    let [cuts, farewells] = &*left;
    socket.read_exact(&mut [0; PREFACE]).await?;
    send(&mut socket, SETTINGS, 0, 0, &[]).await?;
    loop {
        let mut head = [0; 9];
        socket.read_exact(&mut head).await?;
        let [_, high, low, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; usize::from(u16::from_be_bytes([high, low]))];
        socket.read_exact(&mut payload).await?;
        let stream = u32::from_be_bytes(stream);
        match kind {
            SETTINGS if flags != ACK => send(&mut socket, SETTINGS, ACK, 0, &[]).await?,
            PING if flags != ACK => send(&mut socket, PING, ACK, 0, &payload).await?,
            HEADERS if stream > 1 && takes_one(cuts) => return Ok(()),
            HEADERS if stream > 1 && takes_one(farewells) => {
                send(&mut socket, GOAWAY, 0, 0, AFTER_THE_FIRST).await?;
            }
            HEADERS => answer(&mut socket, stream).await?,
            _ => {}
        }
    }
}

fn takes_one(left: &AtomicUsize) -> bool {
    let less = |left: usize| left.checked_sub(1);
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
}

/// Answers with an empty message.
async fn answer(socket: &mut TcpStream, stream: u32) -> io::Result<()> {
    send(socket, HEADERS, END_HEADERS, stream, OK).await?;
    send(socket, DATA, 0, stream, &[0; 5]).await?;
    send(socket, HEADERS, END_HEADERS | END_STREAM, stream, ENDED).await
}

async fn send(
    socket: &mut TcpStream,
    kind: u8,
    flags: u8,
    stream: u32,
    payload: &[u8],
) -> io::Result<()> {
    let length = u32::try_from(payload.len()).expect("it is short").to_be_bytes();
    let mut frame = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    frame.extend_from_slice(payload);
    socket.write_all(&frame).await
}
