//! Days in requests.

use api::registan::r#type::v1::Date;
use chassis::failure::Failure;
use facts::{Check, Day};

use crate::failure::from_violations;

/// Reads the day in a field of a request, if there is one.
pub fn day(field: &str, asked: Option<Date>) -> Result<Option<Day>, Failure> {
    let mut check = Check::default();
    let day = asked.and_then(|day| facts::wire::read_day(&mut check, field, day));
    from_violations(check.finish()).map_or(Ok(day), Err)
}
