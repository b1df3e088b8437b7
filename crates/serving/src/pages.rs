//! The size of a page, as a request asks for it.

use chassis::failure::{ErrorReason, Failure, Violation};

/// Returns the items a page that a request asks for: 0 where it leaves them to the method. The one
/// check of all methods that send pages.
pub fn page_size(asked: i32) -> Result<u64, Failure> {
    u64::try_from(asked).map_err(|_| {
        let description = "must not be negative";
        let violation = Violation::new("page_size", ErrorReason::PageSizeInvalid, description);
        Failure::invalid(vec![violation])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_negative_size_is_refused() {
        assert_eq!(page_size(0).ok(), Some(0));
        assert_eq!(page_size(i32::MAX).ok(), Some(2_147_483_647));
        assert!(page_size(-1).is_err());
    }
}
