//! The names of the gRPC codes, as metrics and spans have them.

use instruments::OTHER;
use tonic::Code;

/// By their number.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Returns the name of a code.
pub(crate) fn word(code: Code) -> &'static str {
    let number = usize::try_from(i32::from(code)).unwrap_or_default();
    CODES.get(number).copied().unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_name() {
        for (number, name) in (0..).zip(CODES) {
            let code = Code::from(number);
            let plain = name.replace('_', "").to_lowercase();

            assert_eq!(word(code), name);
            assert_eq!(format!("{code:?}").to_lowercase(), plain);
        }
    }
}
