//! The transactions for regions of other vocabularies than that of the DAC.

use chronicle::read::v;
use sea_orm::sea_query::{ExprTrait, SimpleExpr};

/// Returns the condition that the first recipient of a transaction, `v`, may be a region of another
/// vocabulary, `[[["2:145",…`; it is no country, `[[["KG",…`.
pub fn may_be_elsewhere() -> SimpleExpr {
    v("shares").like("[[[\"%:%").and(v("shares").not_like("[[[\"__\",%"))
}
