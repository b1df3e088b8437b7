//! The protobuf wire format, as far as a pass needs it: where a field begins, what it is, where it
//! ends.

/// An answer of our own that cannot be read, and so not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is no well-formed message")]
pub struct Malformed;

/// As deep as prost decodes; deeper is refused, so that no input can exhaust the stack.
pub(super) const DEEPEST: u32 = 100;

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Varint(u64),
    /// Four or eight bytes.
    Fixed,
    /// A text, bytes, a message or a packed list.
    Bytes(&'a [u8]),
    /// A group, which proto3 does not have.
    Group,
}

/// One field of an encoded message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    pub number: u32,
    pub value: Value<'a>,
    /// Where its tag begins and ends, in bytes of the message.
    pub tag: (usize, usize),
    /// Where it ends.
    pub end: usize,
}

/// The fields of an encoded message, in the order in which they stand there.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    /// The fields of an encoded message.
    pub const fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next field; nothing at the end.
    pub fn next(&mut self) -> Result<Option<Field<'a>>, Malformed> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let start = self.at;
        let (number, kind) = self.tag()?;
        let tag = (start, self.at);
        let value = self.value(number, kind, DEEPEST)?;
        Ok(Some(Field { number, value, tag, end: self.at }))
    }

    fn tag(&mut self) -> Result<(u32, u64), Malformed> {
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).map_err(|_too_large| Malformed)?;
        if number == 0 || number > (1 << 29) - 1 {
            return Err(Malformed);
        }
        Ok((number, key & 7))
    }

    fn value(&mut self, number: u32, kind: u64, depth: u32) -> Result<Value<'a>, Malformed> {
        match kind {
            0 => self.varint().map(Value::Varint),
            1 => self.take(8).map(|_eight| Value::Fixed),
            2 => {
                let length = self.varint()?;
                let length = usize::try_from(length).map_err(|_too_large| Malformed)?;
                self.take(length).map(Value::Bytes)
            }
            3 => self.group(number, depth).map(|()| Value::Group),
            5 => self.take(4).map(|_four| Value::Fixed),
            _ => Err(Malformed),
        }
    }

    /// Goes to the end of a group.
    fn group(&mut self, number: u32, depth: u32) -> Result<(), Malformed> {
        let depth = depth.checked_sub(1).ok_or(Malformed)?;
        loop {
            let (inner, kind) = self.tag()?;
            if kind == 4 {
                return if inner == number { Ok(()) } else { Err(Malformed) };
            }
            self.value(inner, kind, depth)?;
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let end = self.at.checked_add(length).ok_or(Malformed)?;
        let taken = self.bytes.get(self.at..end).ok_or(Malformed)?;
        self.at = end;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, Malformed> {
        let (value, length) = varint(&self.bytes[self.at..])?;
        self.at += length;
        Ok(value)
    }
}

/// The number at the beginning of `bytes`, and how many of them it takes.
fn varint(bytes: &[u8]) -> Result<(u64, usize), Malformed> {
    let mut value = 0;
    for (place, byte) in bytes.iter().take(10).enumerate() {
        if place == 9 && *byte > 1 {
            return Err(Malformed);
        }
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok((value, place + 1));
        }
    }
    Err(Malformed)
}

/// Writes a length.
pub(super) fn put_length(out: &mut Vec<u8>, length: usize) {
    let mut rest = length;
    while rest > 0x7f {
        out.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    out.push(rest.to_le_bytes()[0]);
}
