//! Ports on loopback.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

/// Below the ports that a machine gives to outgoing connections: one of these could take the port
/// of a service that is down, and a client that connects from it to the same port would meet
/// itself.
const PORTS: std::ops::Range<u16> = 15_000..30_000;

/// Returns an address on loopback on which nothing listens.
///
/// It stays reserved until this process ends: no other test gets it, in this process or in another.
///
/// # Panics
/// If the machine has no free port.
pub fn free_address() -> SocketAddr {
    /// Sockets of the other protocol: they hold a port without being in the way of a listener.
    static RESERVED: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());

    let ports = std::iter::repeat_with(any_port).take(10 * PORTS.len());
    let mut addresses = ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let free = addresses.find_map(|address| {
        let reserved = UdpSocket::bind(address).ok()?;
        TcpListener::bind(address).ok()?;
        RESERVED.lock().unwrap_or_else(PoisonError::into_inner).push(reserved);
        Some(address)
    });
    free.expect("a port is free")
}

fn any_port() -> u16 {
    let [high, low, ..] = *Uuid::new_v4().as_bytes();
    let count = PORTS.end - PORTS.start;
    PORTS.start + u16::from_be_bytes([high, low]) % count
}
