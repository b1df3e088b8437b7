//! HTTP/2 as an attacker writes it: frames by hand, because no client would.

/// The preface of a client, and settings that change nothing.
pub const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// The length of the preface alone.
pub const PREFACE: usize = 24;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// One frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame is short").to_be_bytes();
    let head = [length[1], length[2], length[3], kind, flags];
    [&head[..], &stream.to_be_bytes(), payload].concat()
}

/// The headers of a call (HPACK, without indexing and Huffman codes).
pub fn call(path: &str) -> Vec<u8> {
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "hostile"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    fields.iter().flat_map(|(name, value)| field(name, value)).collect()
}

/// One header.
pub fn field(name: &str, value: &str) -> Vec<u8> {
    [vec![0], text(name), text(value)].concat()
}

/// The frames that make one whole call.
pub fn whole_call(stream: u32, path: &str, message: &[u8]) -> Vec<u8> {
    let head = frame(HEADERS, END_HEADERS, stream, &call(path));
    [head, frame(DATA, END_STREAM, stream, &grpc(0, message.len(), message))].concat()
}

/// A gRPC message, with whatever head it may have.
pub fn grpc(flag: u8, claimed: usize, message: &[u8]) -> Vec<u8> {
    let claimed = u32::try_from(claimed).expect("32 bits are all there is").to_be_bytes();
    [&[flag], &claimed[..], message].concat()
}

fn text(value: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    match u8::try_from(value.len()) {
        Ok(short) if short < 0x7f => bytes.push(short),
        _ => {
            bytes.push(0x7f);
            let mut rest = value.len() - 0x7f;
            while rest >= 0x80 {
                bytes.push(0x80 | u8::try_from(rest & 0x7f).expect("seven bits"));
                rest >>= 7;
            }
            bytes.push(u8::try_from(rest).expect("less than 128"));
        }
    }
    [bytes, value.as_bytes().to_vec()].concat()
}

/// Zeros that compress a thousandfold: one zero, then "the byte before, 258 times" (a fixed-Huffman
/// block of RFC 1951).
pub fn bomb(repeats: usize) -> Vec<u8> {
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    // The last block, codes as they stand in the RFC: first the literal 0, then length 258 at
    // distance 1.
    let mut bits = vec![true, true, false];
    bits.extend([false, false, true, true, false, false, false, false]);
    for _ in 0..repeats {
        bits.extend([true, true, false, false, false, true, false, true]);
        bits.extend([false; 5]);
    }
    bits.extend([false; 7]);
    let bytes = bits.chunks(8).map(|byte| {
        byte.iter().rev().fold(0, |sum, bit| sum << 1 | u8::from(*bit)) << (8 - byte.len())
    });
    head.into_iter().chain(bytes).collect()
}
