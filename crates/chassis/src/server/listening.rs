//! Takes a port, or says what to do where that fails.

use std::io::ErrorKind;
use std::net::SocketAddr;

use anyhow::Result;
use tokio::net::{TcpListener, TcpSocket};

/// How many connections may wait to be taken, if the system allows as many. With the 128 of the
/// standard library a burst of connections makes honest callers try again after 1, 3 and 7 seconds.
const BACKLOG: u32 = 4096;

/// Takes the port at an address, which is the value of `setting`.
pub(super) fn listen(address: SocketAddr, setting: &str) -> Result<TcpListener> {
    take(address).map_err(|error| anyhow::anyhow!(advice(address, setting, &error)))
}

fn take(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn advice(address: SocketAddr, setting: &str, error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => {
            format!(
                "{address} is in use: stop what listens there, or choose another address with {setting}"
            )
        }
        ErrorKind::PermissionDenied => {
            format!("may not listen on {address}: choose a port above 1023 with {setting}")
        }
        ErrorKind::AddrNotAvailable => {
            format!("this machine has no address {}: choose another with {setting}", address.ip())
        }
        _ => format!("cannot listen on {address}: {error}"),
    }
}
