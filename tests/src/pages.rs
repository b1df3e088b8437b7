//! The pages of an admin port, as a scraper or a probe reads them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// Returns the status and the body of a page, asked for with plain HTTP/1.1.
///
/// # Panics
/// If nothing answers there.
pub fn page(address: SocketAddr, path: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(address).expect("the admin port listens");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: */*\r\n\r\n");
    socket.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("it answers in text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("there is a body");
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    (status.expect("there is a status"), body.to_owned())
}
