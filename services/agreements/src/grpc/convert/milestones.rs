//! The milestones of an agreement, as far as a status follows from them.

use api::registan::agreements::v1::Milestone;
use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType, skip_field};
use prost::{DecodeError, Message};

/// The numbers of the fields `place`, `note` and `source`, which are most of a milestone.
const LEFT_OUT: [u32; 3] = [4, 5, 6];

/// The fields of an agreement that tell its status, with the numbers that the contract has.
#[derive(Clone, PartialEq, Message)]
pub struct Milestones {
    #[prost(message, repeated, tag = "16")]
    all: Vec<Bare>,
}

impl Milestones {
    /// The milestones, without what no status follows from.
    pub fn into_messages(self) -> Vec<Milestone> {
        self.all.into_iter().map(|bare| bare.0).collect()
    }
}

/// A milestone that is read without some of its fields.
#[derive(Clone, Debug, Default, PartialEq)]
struct Bare(Milestone);

impl Message for Bare {
    fn encode_raw(&self, buffer: &mut impl BufMut) {
        self.0.encode_raw(buffer);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        if LEFT_OUT.contains(&tag) {
            return skip_field(wire_type, tag, buffer, context);
        }
        self.0.merge_field(tag, wire_type, buffer, context)
    }

    fn encoded_len(&self) -> usize {
        self.0.encoded_len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use api::registan::agreements::v1::Agreement;
    use api::registan::r#type::v1::{PartialDate, SourceRef};

    use super::*;

    #[test]
    fn all_but_place_note_and_source_is_read() {
        let whole = Milestone {
            kind: 8,
            date: Some(PartialDate { as_given: "2015".to_owned(), ..PartialDate::default() }),
            party: "parties/kz".to_owned(),
            place: "Astana".to_owned(),
            note: "In two languages.".to_owned(),
            source: Some(SourceRef { locator: "p. 3".to_owned(), ..SourceRef::default() }),
            confidence: 1,
            preferred: true,
            scope: "Articles 1 and 2".to_owned(),
            ..Milestone::default()
        };
        let agreement = Agreement {
            title: "A title".to_owned(),
            milestones: vec![whole.clone(), Milestone::default()],
            ..Agreement::default()
        };

        let read = Milestones::decode(agreement.encode_to_vec().as_slice()).unwrap();

        let bare = Milestone { place: String::new(), note: String::new(), source: None, ..whole };
        assert_eq!(read.into_messages(), [bare, Milestone::default()]);
    }
}
