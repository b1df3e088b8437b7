//! Which part of an amount is asked for: that of some countries, regions or sectors; and why a part
//! cannot be attributed to them.

use std::collections::BTreeSet;

pub use api::registan::projects::v1::left_out_sum::Reason;
use facts::region;

/// The answer to whether a part of an amount is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is.
    Asked,
    /// It is somebody else's.
    Elsewhere,
    /// It may be.
    Open(Reason),
}

impl Fit {
    /// Both of two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Elsewhere, _) | (_, Self::Elsewhere) => Self::Elsewhere,
            (Self::Open(reason), _) | (_, Self::Open(reason)) => Self::Open(reason),
            (Self::Asked, Self::Asked) => Self::Asked,
        }
    }
}

/// The codes asked for; empty: all.
pub type Asked = BTreeSet<String>;

/// Returns whether the part of a recipient is asked for. What nobody has (`""`) belongs to those
/// without a stated share together. What lies in a region that is asked for is asked for too.
pub fn recipient(asked: &Asked, code: &str, sharing: &[String]) -> Fit {
    let one = |code: &str| {
        let may_be = |it: &String| region::may_contain(code, it) || region::may_contain(it, code);
        if asked.contains(code) || asked.iter().any(|it| region::contains(it, code)) {
            Fit::Asked
        } else if asked.iter().any(may_be) {
            Fit::Open(Reason::Regional)
        } else {
            Fit::Elsewhere
        }
    };
    fit(asked, code, sharing, one, Reason::RecipientNotSaid)
}

/// Returns whether the part of a sector is asked for.
pub fn sector(asked: &Asked, code: &str, sharing: &[String]) -> Fit {
    let one = |code: &str| if asked.contains(code) { Fit::Asked } else { Fit::Elsewhere };
    fit(asked, code, sharing, one, Reason::SectorNotSaid)
}

/// Returns whether a part is asked for, where `one` says it of a code.
fn fit(
    asked: &Asked,
    code: &str,
    sharing: &[String],
    one: impl Fn(&str) -> Fit,
    not_said: Reason,
) -> Fit {
    if asked.is_empty() {
        return Fit::Asked;
    }
    if !code.is_empty() {
        return one(code);
    }
    let of_sharing: Vec<Fit> = sharing.iter().map(|code| one(code)).collect();
    if of_sharing.is_empty() {
        Fit::Open(not_said)
    } else if of_sharing.iter().all(|fit| *fit == Fit::Asked) {
        Fit::Asked
    } else if of_sharing.contains(&Fit::Asked) {
        Fit::Open(Reason::ShareNotSaid)
    } else {
        let open = of_sharing.into_iter().find(|fit| *fit != Fit::Elsewhere);
        open.unwrap_or(Fit::Elsewhere)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_attributed_is_open_and_what_is_others_is_not() {
        use Fit::{Asked as Yes, Elsewhere, Open};
        use Reason::{RecipientNotSaid, Regional, ShareNotSaid};
        let five = ["KZ", "KG", "TJ", "TM", "UZ", "619"];
        for (asked, code, sharing, wanted) in [
            (&[][..], "AF", &[][..], Yes),
            (&["TM"], "TM", &[], Yes),
            (&["TM"], "KG", &[], Elsewhere),
            (&["TM"], "619", &[], Open(Regional)),
            (&["TM"], "298", &[], Elsewhere),
            (&["TM"], "", &[], Open(RecipientNotSaid)),
            (&["TM"], "", &["TM", "KG"], Open(ShareNotSaid)),
            (&["TM"], "", &["KG", "KZ"], Elsewhere),
            (&["TM"], "", &["AF", "619"], Open(Regional)),
            (&five, "619", &[], Yes),
            (&five, "", &["TM", "KG"], Yes),
            (&five, "", &["TM", "AF"], Open(ShareNotSaid)),
            (&five, "689", &[], Open(Regional)),
            (&five, "AF", &[], Elsewhere),
            (&["AF"], "689", &[], Open(Regional)),
            (&["AF"], "619", &[], Elsewhere),
            (&["619"], "TM", &[], Yes),
            (&["619"], "", &["TM", "KG"], Yes),
            (&["619"], "", &["TM", "AF"], Open(ShareNotSaid)),
            (&["619"], "AF", &[], Elsewhere),
            (&["798"], "619", &[], Yes),
            (&["798"], "AF", &[], Open(Regional)),
            (&["298"], "TM", &[], Elsewhere),
        ] {
            let asked: Asked = asked.iter().map(|&it| it.to_owned()).collect();
            let sharing: Vec<_> = sharing.iter().map(|&it| it.to_owned()).collect();
            assert_eq!(recipient(&asked, code, &sharing), wanted, "{asked:?} {code} {sharing:?}");
        }
        let asked = ["15160".to_owned()].into();
        assert_eq!(sector(&asked, "", &[]), Open(Reason::SectorNotSaid));
    }

    #[test]
    fn an_amount_is_asked_for_if_both_its_parts_are() {
        let open = Fit::Open(Reason::Regional);

        assert_eq!(Fit::Asked.and(open), open);
        assert_eq!(open.and(Fit::Elsewhere), Fit::Elsewhere);
        assert_eq!(Fit::Asked.and(Fit::Asked), Fit::Asked);
    }
}
