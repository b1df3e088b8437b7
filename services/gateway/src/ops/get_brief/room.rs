//! How much of what could be listed a part has room and time for. The parts together stay below the
//! 4 MiB that a client takes by default.

use std::time::Duration;

use prost::Message;
use tokio::time::Instant;

/// The most that a part lists.
const MOST_ITEMS: usize = 1000;
/// How long pages are read where the caller does not say how long they wait.
const READING: Duration = Duration::from_secs(5);

/// The bytes left for a part.
pub struct Room {
    items: usize,
    bytes: usize,
    most: usize,
    until: Instant,
    full: bool,
}

impl Room {
    /// Room for items of so many bytes together, and half of the part's time to read them.
    pub fn of(bytes: usize) -> Self {
        let now = Instant::now();
        let left = chassis::deadline::current().map(|end| end.saturating_duration_since(now) / 2);
        let until = now + left.unwrap_or(READING);
        Self { items: 0, bytes: 0, most: bytes, until, full: false }
    }

    /// Takes an item in, if there is room. The first always finds room.
    pub fn take(&mut self, item: &impl Message) -> bool {
        let bytes = item.encoded_len();
        self.full |= self.items == MOST_ITEMS
            || (self.items > 0 && self.bytes.saturating_add(bytes) > self.most);
        if !self.full {
            self.items += 1;
            self.bytes += bytes;
        }
        !self.full
    }

    /// Returns whether to read another page.
    pub fn is_left(&self) -> bool {
        !self.full && self.items < MOST_ITEMS && Instant::now() < self.until
    }

    /// How many items were taken in.
    pub const fn items(&self) -> usize {
        self.items
    }

    /// Returns whether an item was left out.
    pub const fn is_full(&self) -> bool {
        self.full
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_item_finds_room_and_then_what_fits() {
        let mut room = Room::of(10);

        assert!(room.take(&"longer than that".to_owned()));
        assert!(!room.take(&"x".to_owned()) && room.is_full() && !room.is_left());
        assert_eq!(room.items(), 1);

        let mut room = Room::of(1 << 20);
        let taken = (0..2000).take_while(|_| room.take(&"x".to_owned())).count();
        assert_eq!((taken, room.is_full()), (MOST_ITEMS, true));
    }
}
